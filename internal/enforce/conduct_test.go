package enforce

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

func TestStrikesAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	rules := DefaultStrikeRules
	for range 1_000 {
		var strikes []Strike
		for range random.IntN(12) {
			strikes = append(strikes, Strike{Reasons[random.IntN(5)].Code, noon.Add(-time.Duration(random.IntN(300*24)) * time.Hour), 1})
		}
		warned := noon.AddDate(0, 0, -random.IntN(200))
		points, _, _ := rules.Weigh(strikes, warned, noon)
		random.Shuffle(len(strikes), func(i, j int) { strikes[i], strikes[j] = strikes[j], strikes[i] })
		if again, _, _ := rules.Weigh(strikes, warned, noon); again != points {
			t.Fatalf("%d in one order, %d in another", points, again)
		}
		more, _, _ := rules.Weigh(append(strikes, Strike{"counterfeit", noon.Add(-time.Duration(random.IntN(300*24)) * time.Hour), 1}), warned, noon)
		if later, _, _ := rules.Weigh(strikes, warned, noon.Add(24*time.Hour)); more < points || later > points {
			t.Fatalf("%d, one more %d, a day later %d", points, more, later)
		}
	}
}

func TestStrikesFollowDecisionsAndSuspensionTakesTwo(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx, org := t.Context(), SellerOrganisation("S1")
		var last Decision
		for i := range 3 {
			d, _ := k.removed(t, fmt.Sprintf("L%d", i), false)
			last = d
			k.now.Advance(25 * time.Hour)
		}
		c, err := k.Conduct(ctx, lin, org)
		ok(t, err)
		if c.Level != Warned || c.Points < DefaultStrikeRules.Suspend || !c.Due() || c.Factors.Number != 3 || c.Factors.Of != 3 {
			t.Fatalf("%+v", c)
		}
		_, err = k.Conduct(ctx, wu, org)
		want(t, err, fault.Forbidden)
		_, err = k.Propose(ctx, rui, org, 30, "It went on after the warning.", c.Version)
		want(t, err, fault.Forbidden)
		c, err = k.Propose(ctx, ana, org, 30, "It went on after the warning.", c.Version)
		ok(t, err)
		_, err = k.Confirm(ctx, ana, org, c.Version)
		want(t, err, fault.Forbidden, "You proposed this")
		c, err = k.Confirm(ctx, chief, org, c.Version)
		ok(t, err)
		if c.Level != Suspended || !c.Until.Equal(k.now.Now().AddDate(0, 0, 30)) {
			t.Errorf("%+v", c)
		}
		// A reversed decision takes its strike with it.
		before := c.Points
		a := k.file(t, lin, complaint(last.ID))
		_, err = k.Rehear(ctx, bo, a.ID, Ruling{State: Reversed, Reason: "genuine", Reasons: "The invoices are real.", Version: 1})
		ok(t, err)
		c, err = k.Conduct(ctx, lin, org)
		ok(t, err)
		if c.Points >= before || c.Factors.Number != 2 {
			t.Errorf("%+v", c)
		}
		report, err := k.Harmonised(ctx, ana, time.Time{}, k.now.Now().Add(time.Second))
		ok(t, err)
		if got := report.Appeals[Complaint]; got.Total != 1 || got.Reversed != 1 || got.Upheld != 0 || report.Sides[SellerSide] != 1 || report.Sides[NotifierSide] != 0 {
			t.Errorf("part 7: %+v, %v", report.Appeals, report.Sides)
		}
		table := report.Tables()[3]
		if table.Name != "part_7_appeals_and_recidivism" || !slices.ContainsFunc(table.Rows, func(row []string) bool { return row[1] == "complaints_of_sellers_reversed" && row[2] == "1" }) {
			t.Errorf("%+v", table)
		}
		k.now.Advance(31 * 24 * time.Hour)
		ok(t, k.Sweep(ctx))
		if c, err = k.Conduct(ctx, lin, org); err != nil || c.Level == Suspended {
			t.Errorf("%+v, %v", c, err)
		}
		if k.review(t, market.ListingID("L2")).Standing != Live || k.review(t, "L0").Verdict != detect.Fake {
			t.Error("the listing stands otherwise")
		}
	})
}
