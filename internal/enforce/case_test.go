package enforce

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var (
	officer  = access.User{ID: "p20", Name: "Officer Lin", Org: "putian", Roles: []access.Role{access.Officer}}
	stranger = access.User{ID: "p21", Name: "Officer Roux", Org: "douane", Roles: []access.Role{access.Officer}}
)

// bureau is a desk with cases.
type bureau struct {
	*desk
	*Cases
	key *ledger.Key
}

func eachBureau(t *testing.T, fn func(t *testing.T, b *bureau)) {
	each(t, func(t *testing.T, k *desk) {
		store, err := blob.Open(t.Context(), "mem://")
		ok(t, err)
		t.Cleanup(func() { _ = store.Close() })
		key, err := ledger.NewKey("ownmark.example/test")
		ok(t, err)
		for _, o := range []string{"putian", "douane"} {
			k.exec(t, `insert into organisation (id, name, kind, made_at, changed_at) values ($1, $1, 'authority', 1, 1)`, o)
		}
		fn(t, &bureau{k, &Cases{DB: k.d, Blobs: store, Log: ledger.Open(k.d, key)}, key})
	})
}

func (b *bureau) open(t testing.TB, by access.User, title string) Case {
	t.Helper()
	m, err := b.OpenCase(t.Context(), by, Case{Title: title, Place: Place{Country: "cn", Region: "cn-fj", City: "莆田"}}, "")
	ok(t, err)
	return m
}

func (b *bureau) attestCases(t testing.TB) (found []string) {
	t.Helper()
	ok(t, b.d.View(t.Context(), func(tx *db.Tx) error {
		found = nil
		return AttestCases(t.Context(), tx, func(subject, what string) { found = append(found, subject+": "+what) })
	}))
	return found
}

func picture(t testing.TB, width int) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 8))))
	return b.Bytes()
}

func TestCaseStory(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		ctx := t.Context()
		b.listing(t, "L1", 1, detect.Fake, 0.97)
		m, err := b.OpenCase(ctx, ana, Case{Title: " Shoes from Anfu ", Place: Place{Region: "cn-fj", City: "莆田"}}, "form-1")
		ok(t, err)
		again, err := b.OpenCase(ctx, ana, Case{Title: "Shoes from Anfu"}, "form-1")
		ok(t, err)
		if again.ID != m.ID || m.Reference != "C-2026-0001" || m.Title != "Shoes from Anfu" || m.Place.Country != "CN" || m.Stage != Lead {
			t.Errorf("%+v, then %+v", m, again)
		}
		if second := b.open(t, ana, "Another"); second.Reference != "C-2026-0002" {
			t.Error(second.Reference)
		}
		ok(t, b.Gather(ctx, ana, m.ID, ListingLink, "L1", "first seen"))
		ok(t, b.Gather(ctx, ana, m.ID, ListingLink, "L1", "again"))
		ok(t, b.Gather(ctx, ana, m.ID, SellerLink, "S1", ""))
		ok(t, b.Gather(ctx, ana, m.ID, SourceLink, "仓库三号", "told by a buyer"))
		want(t, b.Gather(ctx, ana, m.ID, ListingLink, "L9", ""), fault.Invalid)
		want(t, b.Gather(ctx, ana, m.ID, DecisionLink, "", ""), fault.Invalid)
		want(t, b.Gather(ctx, ana, m.ID, "rumour", "x", ""), fault.Invalid)
		want(t, b.Gather(ctx, ana, m.ID, SourceLink, " ", ""), fault.Invalid)
		ok(t, b.Note(ctx, ana, m.ID, "Called the bureau.", "form-2"))
		ok(t, b.Note(ctx, ana, m.ID, "Called the bureau.", "form-2"))
		d, err := b.Attach(ctx, ana, m.ID, "label.png", "the label", picture(t, 8))
		ok(t, err)
		if d.MediaType != "image/png" {
			t.Error(d)
		}
		_, err = b.Attach(ctx, ana, m.ID, "label again.png", "", picture(t, 8))
		ok(t, err)
		_, err = b.Attach(ctx, ana, m.ID, "page.html", "", []byte("<script>"))
		want(t, err, fault.Invalid)
		documents, err := b.Documents(ctx, ana, m.ID)
		ok(t, err)
		if len(documents) != 1 {
			t.Errorf("%+v", documents)
		}

		found, err := b.Links(ctx, ana, m.ID)
		ok(t, err)
		if len(found) != 3 || found[0].Title == "" || found[0].Note != "first seen" || found[1].Title != "Fast" {
			t.Errorf("%+v", found)
		}
		ok(t, b.Ungather(ctx, ana, m.ID, SellerLink, "S1"))
		ok(t, b.Ungather(ctx, ana, m.ID, SellerLink, "S1"))

		acts, err := b.Acts(ctx, ana, m.ID)
		ok(t, err)
		var kinds []string
		for _, a := range acts {
			kinds = append(kinds, a.Kind)
		}
		if got := strings.Join(kinds, " "); got != "opened linked linked linked noted attached unlinked" {
			t.Error(got)
		}
		page, err := b.Cases.Cases(ctx, ana, CaseFilter{Kind: ListingLink, Subject: "L1"})
		ok(t, err)
		if len(page.Items) != 1 || page.Items[0].ID != m.ID {
			t.Errorf("%+v", page)
		}
		if found := b.attestCases(t); found != nil {
			t.Error(found)
		}
		b.exec(t, `update matter_act set kind = 'moved' where id = $1`, acts[4].ID)
		b.exec(t, `delete from matter_act where id = $1`, acts[5].ID)
		if found := b.attestCases(t); len(found) != 2 {
			t.Error(found)
		}
	})
}

func TestCaseStages(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		ctx := t.Context()
		m := b.open(t, ana, "Bags")
		_, err := b.MoveCase(ctx, ana, m.ID, m.Version, Charged, "too soon")
		want(t, err, fault.Conflict)
		_, err = b.MoveCase(ctx, ana, m.ID, m.Version, Opened, " ")
		want(t, err, fault.Invalid)
		_, err = b.MoveCase(ctx, ana, m.ID, m.Version, "dream", "x")
		want(t, err, fault.Invalid)
		for i, to := range []Stage{Opened, Raided, Charged, Convicted, Closed, Opened} {
			b.now.Advance(24 * time.Hour)
			next, err := b.MoveCase(ctx, ana, m.ID, m.Version, to, fmt.Sprintf("step %d", i))
			ok(t, err)
			_, err = b.MoveCase(ctx, ana, m.ID, m.Version, to, "by another at once")
			want(t, err, fault.Conflict)
			m = next
		}
		stored, err := b.Case(ctx, ana, m.ID)
		ok(t, err)
		if !stored.Reached[Opened].Equal(noon.Add(24*time.Hour)) || !stored.Reached[Closed].IsZero() || stored.Stage != Opened || stored.ClosedAs != "" || stored.Version != 7 {
			t.Errorf("%+v", stored)
		}
		saved := stored
		saved.Title = "Bags of two brands"
		_, err = b.SaveCase(ctx, ana, saved)
		ok(t, err)
		_, err = b.SaveCase(ctx, ana, stored)
		want(t, err, fault.Conflict)
	})
}

func TestCaseIsOfferedToFew(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		ctx := t.Context()
		m := b.open(t, ana, "Shoes")
		own := b.open(t, officer, "A raid of ours")
		for _, by := range []access.User{officer, stranger} {
			_, err := b.Case(ctx, by, m.ID)
			want(t, err, fault.NotFound)
			want(t, b.Note(ctx, by, m.ID, "x", ""), fault.NotFound)
			_, err = b.MoveCase(ctx, by, m.ID, 1, Opened, "x")
			want(t, err, fault.NotFound)
			_, err = b.Attach(ctx, by, m.ID, "x", "", picture(t, 9))
			want(t, err, fault.NotFound)
		}
		want(t, b.ShareCase(ctx, officer, own.ID, "douane"), fault.Forbidden)
		want(t, b.ShareCase(ctx, ana, m.ID, "operator"), fault.Invalid)
		want(t, b.ShareCase(ctx, ana, m.ID, "nowhere"), fault.Invalid)
		ok(t, b.ShareCase(ctx, ana, m.ID, "putian"))
		ok(t, b.ShareCase(ctx, ana, m.ID, "putian"))
		ok(t, b.Note(ctx, officer, m.ID, "We go in on Monday.", ""))
		shares, err := b.Shares(ctx, officer, m.ID)
		ok(t, err)
		if len(shares) != 1 || shares[0].Name != "putian" {
			t.Errorf("%+v", shares)
		}
		for by, n := range map[string]int64{"putian": 2, "douane": 0} {
			u := officer
			u.Org = access.OrgID(by)
			count, err := b.CountCases(ctx, u, CaseFilter{})
			ok(t, err)
			if count != n {
				t.Errorf("%s sees %d cases, want %d", by, count, n)
			}
		}
		ok(t, b.UnshareCase(ctx, ana, m.ID, "putian"))
		ok(t, b.UnshareCase(ctx, ana, m.ID, "putian"))
		want(t, b.Note(ctx, officer, m.ID, "late", ""), fault.NotFound)

		_, err = b.Case(ctx, holder, m.ID)
		want(t, err, fault.Forbidden)
		_, err = b.Case(ctx, nobody, m.ID)
		want(t, err, fault.Unauthenticated)
		want(t, b.Note(ctx, aud, m.ID, "x", ""), fault.Forbidden)
		want(t, b.Note(ctx, rui, m.ID, "x", ""), fault.Forbidden)
		for _, hostile := range []CaseID{"", "\x00", "' or 1=1", "\xff"} {
			_, err := b.Case(ctx, ana, hostile)
			want(t, err, fault.NotFound)
		}
	})
}

func TestCaseNumbersUnderLoad(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				if _, err := b.OpenCase(t.Context(), ana, Case{Title: fmt.Sprint("Case ", i)}, ""); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		page, err := b.Cases.Cases(t.Context(), ana, CaseFilter{Limit: 3})
		ok(t, err)
		seen := map[string]bool{}
		for m, err := range b.ExportCases(t.Context(), ana, CaseFilter{Open: true}) {
			ok(t, err)
			seen[m.Reference] = true
		}
		if len(page.Items) != 3 || page.Next == "" || len(seen) != 8 || !seen["C-2026-0008"] {
			t.Errorf("%v", seen)
		}
	})
}

func TestCasePlaces(t *testing.T) {
	for field, p := range map[string]Place{
		"country": {Country: "XQ1"}, "region": {Country: "CN", Region: "FR-75"}, "city": {City: strings.Repeat("x", maxCity+1)}, "latitude": {Latitude: 91}, "longitude": {Longitude: -181},
	} {
		wrong := p.clean().check()
		if len(wrong) != 1 {
			t.Errorf("%s: %v", field, wrong)
			continue
		}
		if f, _ := fault.As(wrong[0]); f == nil || f.Field != field {
			t.Errorf("%s: %v", field, wrong)
		}
	}
	if wrong := (Place{Country: "EU"}).check(); len(wrong) != 1 {
		t.Error("a union is taken for a country")
	}
}

func TestCaseDiagram(t *testing.T) {
	for _, stage := range Stages() {
		if !strings.Contains(CaseDiagram(), "--> "+string(stage)+"\n") {
			t.Errorf("nothing leads to %s", stage)
		}
		if len(stage.Next()) == 0 {
			t.Errorf("nothing follows %s", stage)
		}
	}
}
