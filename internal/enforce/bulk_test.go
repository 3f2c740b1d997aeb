package enforce

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// listings puts n plain listings in, "B0" and on, without verdicts.
func (k *desk) listings(t testing.TB, n int) {
	t.Helper()
	ok(t, k.d.Tx(t.Context(), func(tx *db.Tx) error {
		some := make([]market.Listing, 0, 500)
		for i := range n {
			price := 20 + float64(i%400)
			some = append(some, market.Listing{ID: market.ListingID(fmt.Sprintf("B%d", i)), Title: "Swift runner", Category: "shoes", Price: &price, Currency: "USD",
				Seller: market.Seller{ID: market.SellerID(fmt.Sprintf("S%d", i%97)), Name: "A shop"}})
			if len(some) < cap(some) && i < n-1 {
				continue
			}
			if _, err := market.Save(tx, tx.Now(), some); err != nil {
				return err
			}
			some = some[:0]
		}
		return nil
	}))
}

// TestBulkOfBadRows files 1,000 rows of which 301 are bad in every way a row can be: the others are notices, the bad ones come back with their reasons.
func TestBulkOfBadRows(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		r := k.right(t)
		over := aRight()
		over.Number, over.To = "999", noon.AddDate(0, 0, -1)
		over, err := k.DeclareRight(ctx, olga, over)
		ok(t, err)
		k.listings(t, 699)
		bad := []struct {
			words  string
			change func(*Claim)
		}{
			{"There is no such right.", func(c *Claim) { c.Right = "nothing" }},
			{"This right ran out on", func(c *Claim) { c.Right = over.ID }},
			{"There is no such listing.", func(c *Claim) { c.Listing = "gone" }},
			{"Say in a sentence why", func(c *Claim) { c.Reasons = "Fake" }},
			{"Say what shows it at first sight", func(c *Claim) { c.Evidence = "" }},
			{"Name the listing.", func(c *Claim) { c.Listing = " " }},
			{"", func(c *Claim) { c.Reasons = "a\x00b" + strings.Repeat("c", 20) }},
		}
		var claims []Claim
		why := map[int]string{} // by row
		for i := range 699 {
			claims = append(claims, aClaim(r.ID, fmt.Sprintf("B%d", i)))
			if len(why) < 301 && (i%2 == 0 || i > 697-(301-len(why))) {
				c := aClaim(r.ID, "B1")
				b := bad[len(why)%len(bad)]
				b.change(&c)
				claims = append(claims, c)
				why[len(claims)] = b.words
			}
		}
		if len(claims) != 1_000 || len(why) != 301 {
			t.Fatalf("%d claims, %d bad", len(claims), len(why))
		}
		results, err := k.FileNotices(ctx, olga, claims)
		ok(t, err)
		var refused []Refused
		filed := 0
		for _, res := range results {
			words, isBad := why[res.Row]
			if !isBad {
				if res.Problem != nil || res.Again {
					t.Fatalf("row %d: %v", res.Row, res.Problem)
				}
				filed++
				continue
			}
			f, said := fault.As(res.Problem)
			if !said || !strings.Contains(f.Message(), words) {
				t.Fatalf("row %d: %v does not say %q", res.Row, res.Problem, words)
			}
			c := claims[res.Row-1]
			refused = append(refused, Refused{ClaimRow{Line: res.Row, Listing: string(c.Listing), Right: string(c.Right), Reasons: c.Reasons, Evidence: c.Evidence}, f.Message()})
		}
		if filed != 699 || len(refused) != 301 {
			t.Errorf("%d filed, %d refused", filed, len(refused))
		}
		var file bytes.Buffer
		ok(t, WriteRefused(&file, refused))
		if n := strings.Count(file.String(), "This right ran out on"); n != 43 {
			t.Errorf("the file names the expired right %d times", n)
		}
		if n := k.count(t, `select count(*) from notice`); n != 699 {
			t.Errorf("%d notices", n)
		}
		again, err := k.FileNotices(ctx, olga, claims)
		ok(t, err)
		for _, res := range again {
			if res.Problem == nil && !res.Again {
				t.Fatalf("row %d was taken twice", res.Row)
			}
		}
		if n := k.count(t, `select count(*) from notice`); n != 699 {
			t.Errorf("%d notices after the file was sent twice", n)
		}
		// An agent nobody gave a mandate is not even told that the right exists, and one whose mandate ended neither.
		foreign, err := k.FileNotices(ctx, agent, claims[:1])
		ok(t, err)
		if !errors.Is(foreign[0].Problem, fault.Invalid) {
			t.Errorf("%v", foreign[0].Problem)
		}
	})
}

// BenchmarkFileNotices files 10,000 notices in one bulk, each in the ledger, on SQLite.
func BenchmarkFileNotices(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		now := clock.At(noon)
		k := &desk{Service: &Service{DB: dbtest.SQLite(b, now.Now)}, now: now}
		k.d = k.DB
		r := k.right(b)
		k.listings(b, MaxNotices)
		k.listing(b, "known", 1, detect.Fake, 0.9)
		claims := make([]Claim, MaxNotices)
		for i := range claims {
			claims[i] = aClaim(r.ID, fmt.Sprintf("B%d", i))
		}
		b.StartTimer()
		results, err := k.FileNotices(b.Context(), olga, claims)
		ok(b, err)
		for _, res := range results {
			ok(b, res.Problem)
		}
	}
	b.ReportMetric(float64(MaxNotices), "notices/op")
}
