package enforce

import (
	"testing"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
)

// TestTrustedFlagger marks an organisation, has its notice come first and its statement say so, logs a defect, and suspends it.
func TestTrustedFlagger(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.organisations(t, "swift")
		r := k.right(t)
		for _, id := range []string{"L1", "L2", "L3"} {
			k.listing(t, id, 1, detect.Clear, 0.02)
		}
		before, _, err := k.FileNotice(ctx, olga, aClaim(r.ID, "L1"))
		ok(t, err)
		award := Award{"Bundesnetzagentur", "de", "Trade marks", noon.AddDate(0, -1, 0)}
		_, err = k.MarkFlagger(ctx, ana, "swift", award)
		want(t, err, fault.Forbidden)
		for field, bad := range map[string]Award{"coordinator": {"", "DE", "x", noon}, "country": {"x", "US", "x", noon}, "area": {"x", "DE", " ", noon}, "awarded": {"x", "DE", "x", noon.AddDate(0, 0, 1)}} {
			_, err = k.MarkFlagger(ctx, chief, "swift", bad)
			if f, _ := fault.As(err); f == nil || f.Field != field {
				t.Errorf("want a fault at %s: %v", field, err)
			}
		}
		_, err = k.MarkFlagger(ctx, chief, "nobody", award)
		want(t, err, fault.Invalid)
		for range 2 {
			f, err := k.MarkFlagger(ctx, chief, "swift", award)
			ok(t, err)
			if f.Version != 1 {
				t.Errorf("%+v", f)
			}
		}
		n, _, err := k.FileNotice(ctx, olga, aClaim(r.ID, "L2"))
		ok(t, err)
		if n.Lane != Trusted || !n.DueAt.Equal(noon.Add(TrustedTime)) || k.review(t, "L2").Priority <= k.review(t, "L1").Priority {
			t.Errorf("%+v", n)
		}
		k.tell(t, "L2") // another look of the machine does not take its place away
		if k.review(t, "L2").Priority <= k.review(t, "L1").Priority {
			t.Error("scanned again, it lost its place")
		}
		d := k.decide(t, rui, "L2", Remove)
		var told []Statement
		ok(t, k.d.View(ctx, func(tx *db.Tx) (err error) {
			told, err = statements(tx, []Decision{d})
			return err
		}))
		if told[0].SourceType != "SOURCE_TRUSTED_FLAGGER" {
			t.Errorf("%+v", told[0])
		}
		want(t, k.LogDefect(ctx, rui, before.ID, Imprecise, "which listing?"), fault.Conflict)
		want(t, k.LogDefect(ctx, rui, n.ID, "bad", "which listing?"), fault.Invalid)
		want(t, k.LogDefect(ctx, olga, n.ID, Imprecise, "which listing?"), fault.Forbidden)
		for range 2 {
			ok(t, k.LogDefect(ctx, rui, n.ID, Imprecise, "The address leads to a shop and not to a listing."))
		}
		ok(t, k.LogDefect(ctx, rui, n.ID, Unsubstantiated, "Nothing shows it."))
		all, err := k.Flaggers(ctx, rui)
		ok(t, err)
		if len(all) != 1 || all[0].Notices != 1 || all[0].Defects != 1 || all[0].Share() != 1 || all[0].Country != "DE" {
			t.Fatalf("%+v", all)
		}
		defects, err := k.Defects(ctx, rui, "swift")
		ok(t, err)
		if len(defects) != 2 {
			t.Errorf("%+v", defects)
		}
		own, err := k.Flaggers(ctx, olga)
		ok(t, err)
		others, err := k.Flaggers(ctx, agent)
		ok(t, err)
		if len(own) != 1 || len(others) != 0 {
			t.Errorf("%+v %+v", own, others)
		}
		_, err = k.Defects(ctx, agent, "swift")
		want(t, err, fault.Forbidden)
		_, err = k.SuspendFlagger(ctx, rui, "swift", "Every notice had a defect.")
		want(t, err, fault.Forbidden)
		_, err = k.SuspendFlagger(ctx, ana, "swift", " ")
		want(t, err, fault.Invalid)
		_, err = k.SuspendFlagger(ctx, ana, "zephyr", "Every notice had a defect.")
		want(t, err, fault.NotFound)
		_, err = k.SuspendFlagger(ctx, ana, "swift", "Every notice had a defect.")
		ok(t, err)
		n, _, err = k.FileNotice(ctx, olga, aClaim(r.ID, "L3"))
		ok(t, err)
		if n.Lane != Ordinary || !n.DueAt.Equal(noon.Add(NoticeTime)) {
			t.Errorf("%+v", n)
		}
	})
}
