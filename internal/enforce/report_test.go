package enforce

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
)

func aReport(place string) Said {
	return Said{Kind: ReportBought, Place: place, Reasons: "I bought these shoes and the sole fell off.", Name: "Nell Buyer", Email: "nell@example.com", GoodFaith: true}
}

// TestReportIsDecidedWithItsListing walks a stranger's report from the form to its refusal, the objection, another person's decision, and an undoing.
func TestReportIsDecidedWithItsListing(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.listing(t, "L1", 1, detect.Clear, 0.02)
		secret := ReportSecret()
		r, err := k.FileReport(ctx, "203.0.113.7:80", secret, aReport("https://market.example/goods/L1?from=mail"))
		ok(t, err)
		twice, err := k.FileReport(ctx, "203.0.113.7:80", secret, aReport("L1"))
		ok(t, err)
		if r.Listing != "L1" || r.State != Received || twice.ID != r.ID || k.count(t, `select count(*) from report`) != 1 {
			t.Fatalf("%+v %+v", r, twice)
		}
		if v := k.review(t, "L1"); v.State != Open || v.Notices != 1 || !v.DueAt.Equal(r.DueAt) {
			t.Errorf("%+v", v)
		}
		if n := k.count(t, `select count(*) from ledger_entry where kind = 'report.received' and body not like '%nell%'`); n != 1 {
			t.Error("the ledger has not the report alone, or names who made it")
		}
		k.decide(t, ana, "L1", Approve)
		f, err := k.Follow(ctx, secret)
		ok(t, err)
		if f.State != NoticeRefused || f.Answer == nil || f.Answer.Outcome != Approve || !f.MayObject(k.now.Now()) || f.Sight.Title == "" {
			t.Fatalf("%+v", f)
		}
		_, err = k.ObjectToRefusal(ctx, secret, "No.")
		want(t, err, fault.Invalid)
		f, err = k.ObjectToRefusal(ctx, secret, "The sole is glued, look at my picture.")
		ok(t, err)
		_, err = k.ObjectToRefusal(ctx, secret, "The sole is glued, look at my picture.")
		ok(t, err)
		if v := k.review(t, "L1"); f.State != Received || v.State != Escalated || v.Notices != 1 {
			t.Fatalf("%+v %+v", f, v)
		}
		_, err = k.Decide(ctx, bo, "L1", Choice{Outcome: Remove, Reason: "counterfeit", Version: k.review(t, "L1").Version})
		want(t, err, fault.Forbidden)
		k.now.Advance(time.Minute)
		_, err = k.Decide(ctx, ana, "L1", Choice{Outcome: Remove, Reason: "counterfeit", Version: k.review(t, "L1").Version})
		want(t, err, fault.Forbidden, "Another person answers")
		d := k.decide(t, chief, "L1", Remove)
		f, err = k.Follow(ctx, secret)
		ok(t, err)
		if f.State != Upheld || f.Decision != d.ID || !f.Sight.Down || f.MayObject(k.now.Now()) {
			t.Fatalf("%+v", f)
		}
		_, err = k.ObjectToRefusal(ctx, secret, "I have changed my mind about it.")
		want(t, err, fault.Conflict)
		// The statement says that somebody had given notice.
		var told []Statement
		ok(t, k.d.View(ctx, func(tx *db.Tx) (err error) {
			told, err = statements(tx, []Decision{d})
			return err
		}))
		if told[0].SourceType != sourceNotice || told[0].AutomatedDetection != "No" || !strings.Contains(told[0].DecisionFacts, "Somebody had reported it.") {
			t.Errorf("%+v", told[0])
		}
		_, err = k.Undo(ctx, ana, d.ID, "wrong listing")
		ok(t, err)
		if f, err = k.Follow(ctx, secret); err != nil || f.State != Received || k.review(t, "L1").Notices != 1 {
			t.Errorf("%+v %v", f, err)
		}
		page, err := k.Reports(ctx, rui, ReportFilter{State: Received, Kind: ReportBought})
		ok(t, err)
		if len(page.Items) != 1 {
			t.Errorf("%+v", page)
		}
		_, err = k.Reports(ctx, olga, ReportFilter{})
		want(t, err, fault.Forbidden)
	})
}

func TestReportIsRefusedWithReasons(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.listing(t, "L1", 1, detect.Clear, 0.02)
		for field, change := range map[string]func(*Said){
			"kind":       func(s *Said) { s.Kind = "bad" },
			"place":      func(s *Said) { s.Place = "https://elsewhere.example/L404" },
			"reasons":    func(s *Said) { s.Reasons = "fake" },
			"name":       func(s *Said) { s.Name = " " },
			"email":      func(s *Said) { s.Email = "Nell <nell@example.com>" },
			"good_faith": func(s *Said) { s.GoodFaith = false },
		} {
			bad := aReport("L1")
			change(&bad)
			_, err := k.FileReport(ctx, "203.0.113.7", ReportSecret(), bad)
			if f, _ := fault.As(err); f == nil || f.Field != field {
				t.Errorf("want a fault at %s: %v", field, err)
			}
		}
		nameless := aReport("L1")
		nameless.Kind, nameless.Name, nameless.Email = ReportAbuse, "", ""
		_, err := k.FileReport(ctx, "2001:db8::1", ReportSecret(), nameless)
		ok(t, err)
		for _, secret := range []string{"", "short", "' or ''='", ReportSecret()} {
			_, err = k.Follow(ctx, secret)
			want(t, err, fault.NotFound)
		}
		// One household has its measure for a day, whichever of its addresses it asks from.
		for i := range mostReports - 1 {
			_, err := k.FileReport(ctx, fmt.Sprintf("[2001:db8::%d]:99", i+2), ReportSecret(), aReport("L1"))
			ok(t, err)
		}
		_, err = k.FileReport(ctx, "2001:db8::ffff", ReportSecret(), aReport("L1"))
		want(t, err, fault.TooMany)
		k.now.Advance(25 * time.Hour)
		_, err = k.FileReport(ctx, "2001:db8::ffff", ReportSecret(), aReport("L1"))
		ok(t, err)
		if n := k.count(t, `select count(*) from report where origin <> ''`); n != 1 {
			t.Errorf("%d origins kept after a day", n)
		}
	})
}

func FuzzNamed(f *testing.F) {
	f.Add("https://market.example/a/b?id=7")
	f.Add("::%zz")
	f.Fuzz(func(t *testing.T, place string) {
		if got := named(place); len(got) > 20 {
			t.Errorf("%q names %d listings", place, len(got))
		}
	})
}
