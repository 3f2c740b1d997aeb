package cultivate

import (
	"errors"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/fault"
)

func TestSanctionFollowsFailedChecks(t *testing.T) {
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	rules := MarkRules{Floor: 100_00, Currency: "CNY"}
	check := func(daysAgo int, passed bool, price int64, code string) LicenceCheck {
		return LicenceCheck{Day: now.AddDate(0, 0, -daysAgo), Passed: passed, Price: price, Currency: code}
	}
	for _, c := range []struct {
		checks []LicenceCheck
		want   Sanction
	}{
		{nil, NoSanction},
		{[]LicenceCheck{check(1, true, 100_00, "CNY"), check(1, true, 1, "USD"), check(1, true, NoPriceSeen, "")}, NoSanction},
		{[]LicenceCheck{check(1, true, 99_99, "CNY")}, WarnLicence},
		{[]LicenceCheck{check(1, false, NoPriceSeen, ""), check(366, false, NoPriceSeen, "")}, WarnLicence},
		{[]LicenceCheck{check(1, false, NoPriceSeen, ""), check(300, true, 0, "CNY")}, SuspendLicence},
		{[]LicenceCheck{check(1, false, 0, ""), check(2, false, 0, ""), check(3, false, 0, ""), check(4, false, 0, "")}, RevokeLicence},
	} {
		if got := SanctionFor(rules, c.checks, now); got != c.want {
			t.Errorf("%+v lead to %q, want %q", c.checks, got, c.want)
		}
	}
}

func TestLicencesOfACommonMark(t *testing.T) {
	eachWatch(t, func(t *testing.T, w *watch) {
		ctx := t.Context()
		for _, wrong := range []CommonMark{{ID: "Putian Shoes"}, {ID: "x"}, {ID: "x", Name: "n", Owner: "o", Office: "f", Number: "1"}} {
			if _, err := w.SaveMark(ctx, w.manager, wrong); !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		c, err := w.SaveMark(ctx, w.manager, CommonMark{ID: "putian-shoes", Name: "莆田鞋", Owner: "协会", Office: "CNIPA", Number: "123", Goods: "Shoes"})
		w.must(err)
		if _, err := w.ApplyLicence(ctx, w.own, c.ID, w.member.ID, "Shoes"); !errors.Is(err, fault.Conflict) {
			t.Errorf("applied where there are no rules: %v", err)
		}
		for version := range 2 {
			_, err = w.AddRules(ctx, w.manager, int64(version+1), MarkRules{Mark: c.ID, Text: Words{"Rules", "规则"}, Tests: []string{"Bends", "Bond"}})
			w.must(err)
		}
		if _, err := w.AddRules(ctx, w.other, 1, MarkRules{Mark: c.ID, Text: Words{"Rules", "规则"}}); !errors.Is(err, fault.Conflict) {
			t.Errorf("rules on what was read before: %v", err)
		}
		c, rules, err := w.Mark(ctx, c.ID)
		w.must(err)
		if len(rules) != 2 || c.Rules != 2 || len(rules[0].Tests) != 2 {
			t.Errorf("%+v with rules %+v", c, rules)
		}
		draft, other := w.maker(w.cohort(3), "Draft")
		if _, err := w.ApplyLicence(ctx, other, c.ID, draft.ID, "Shoes"); !errors.Is(err, fault.Conflict) {
			t.Errorf("a firm that is no member asks: %v", err)
		}
		l, err := w.ApplyLicence(ctx, w.own, c.ID, w.member.ID, "Shoes")
		w.must(err)
		if _, err := w.ApplyLicence(ctx, w.own, c.ID, w.member.ID, "Shoes"); !errors.Is(err, fault.Conflict) {
			t.Errorf("applied twice: %v", err)
		}
		if _, found, err := w.LookUp(ctx, c.ID, w.member.Name); err != nil || len(found) != 0 {
			t.Errorf("an application is public: %+v, %v", found, err)
		}
		grant := LicenceMove{To: LicenceGranted, Number: "PX-1", Lines: "Shoes", From: w.now.Now(), Until: w.now.Now().AddDate(1, 0, 0), Version: l.Version}
		if _, err := w.MoveLicence(ctx, w.own, l.ID, grant); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a firm grants its own licence: %v", err)
		}
		l, err = w.MoveLicence(ctx, w.manager, l.ID, grant)
		w.must(err)
		if _, err := w.LicenceFile(ctx, other, l.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger reads the file: %v", err)
		}
		for _, what := range []string{"PX-1", w.member.Name} {
			if _, found, err := w.LookUp(ctx, c.ID, what); err != nil || len(found) != 1 || !found[0].ValidOn(w.now.Now()) {
				t.Errorf("%s: %+v, %v", what, found, err)
			}
		}
		_, err = w.CheckLicence(ctx, w.manager, l.ID, LicenceCheck{Day: w.now.Now(), Tested: "Bends", Price: NoPriceSeen})
		w.must(err)
		f, err := w.LicenceFile(ctx, w.own, l.ID)
		w.must(err)
		if f.Proposed != WarnLicence || len(f.Steps) != 2 || f.Under.Number != 2 {
			t.Errorf("%+v", f)
		}
		w.now.Advance(366 * 24 * time.Hour)
		for range 2 {
			w.must(w.SweepOutcomes(ctx))
		}
		f, err = w.LicenceFile(ctx, w.own, l.ID)
		w.must(err)
		if f.State != LicenceExpired || len(f.Steps) != 3 {
			t.Errorf("after its time: %+v", f.Licence)
		}
	})
}
