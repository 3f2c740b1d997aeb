package enforce

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// TestManyTakeTwo has one person propose what takes two, and another confirm it.
func TestManyTakeTwo(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.TwoAbove = 3
		var items []Item
		for i := range 5 {
			id := fmt.Sprintf("L%d", i)
			k.listing(t, id, 1, detect.Fake, 0.9)
			k.tell(t, id)
			items = append(items, Item{market.ListingID(id), k.review(t, market.ListingID(id)).Version})
		}
		c := Choice{Outcome: Remove, Reason: "counterfeit", Request: "f1", Scope: Scope{Territory: []string{"DE"}, Until: noon.Add(100 * time.Hour)}}
		_, _, err := k.DecideMany(ctx, rui, items, c)
		want(t, err, fault.Conflict, "two persons")
		if k.TakesTwo(5, Approve) || k.TakesTwo(3, Remove) || !k.TakesTwo(4, Label) {
			t.Error("who has to confirm what")
		}
		p, err := k.ProposeTogether(ctx, rui, items, c)
		ok(t, err)
		again, err := k.ProposeTogether(ctx, rui, items, c)
		ok(t, err)
		if again.ID != p.ID {
			t.Error("sent twice, proposed twice")
		}
		if n, err := k.TogetherWaiting(ctx, aud); err != nil || n != 1 {
			t.Errorf("%d wait, %v", n, err)
		}
		_, _, err = k.ConfirmTogether(ctx, rui, p.ID)
		want(t, err, fault.Forbidden, "Another person")
		_, _, err = k.ConfirmTogether(ctx, holder, p.ID)
		want(t, err, fault.Forbidden)
		_, _, err = k.ConfirmTogether(ctx, bo, "no such")
		want(t, err, fault.NotFound)
		_, err = k.DeclineTogether(ctx, bo, p.ID, "")
		want(t, err, fault.Invalid, "why")
		k.decide(t, bo, "L4", Approve) // meanwhile

		// Two press at once: one wins, the other is told.
		var group sync.WaitGroup
		errs := make([]error, 2)
		for i := range 2 {
			group.Go(func() {
				_, _, errs[i] = k.ConfirmTogether(ctx, bo, p.ID)
			})
		}
		group.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v and %v", errs[0], errs[1])
		}
		for _, err := range errs {
			if err != nil {
				want(t, err, fault.Conflict, "Bo")
			}
		}
		for i := range 5 {
			v := k.review(t, market.ListingID(fmt.Sprintf("L%d", i)))
			if (v.Standing == Removed) != (i < 4) {
				t.Errorf("%+v", v)
			}
		}
		all, err := k.AllTogether(ctx, aud, TogetherConfirmed)
		ok(t, err)
		if len(all) != 1 || all[0].Taken != 4 || all[0].ClosedName != "Bo" || all[0].Group == "" || len(all[0].Items) != 5 || !all[0].Scope.Same(c.Scope) {
			t.Errorf("%+v", all)
		}
		decided, err := k.Decisions(ctx, ana, DecisionFilter{Group: all[0].Group})
		ok(t, err)
		if len(decided.Items) != 4 || decided.Items[0].By != bo.ID || !decided.Items[0].Scope.Same(c.Scope) {
			t.Errorf("%+v", decided)
		}
		results, err := k.UndoGroup(ctx, bo, all[0].Group, "")
		ok(t, err)
		for _, r := range results {
			ok(t, r.Problem)
		}
		_, err = k.DeclineTogether(ctx, ana, p.ID, "late")
		want(t, err, fault.Conflict, "Bo")
		if found := k.attest(t); len(found) > 0 {
			t.Error(found)
		}
	})
}

// TestProposalIsDeclined by another with a reason, or taken back by who made it.
func TestProposalIsDeclined(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.listing(t, "L1", 1, detect.Fake, 0.9)
		k.tell(t, "L1")
		items := []Item{{"L1", k.review(t, "L1").Version}}
		propose := func(o Outcome) Together {
			p, err := k.ProposeTogether(ctx, rui, items, Choice{Outcome: o, Reason: ReasonsFor(o)[0].Code})
			ok(t, err)
			return p
		}
		a, b := propose(Remove), propose(Restrict)
		declined, err := k.DeclineTogether(ctx, bo, a.ID, " They are from the brand's outlet. ")
		ok(t, err)
		if declined.State != TogetherDeclined || declined.Why != "They are from the brand's outlet." || declined.ClosedName != "Bo" {
			t.Errorf("%+v", declined)
		}
		_, err = k.DeclineTogether(ctx, rui, b.ID, "")
		ok(t, err)
		if n, err := k.TogetherWaiting(ctx, rui); err != nil || n != 0 || k.review(t, "L1").Standing != Live {
			t.Errorf("%d wait, %v", n, err)
		}
		if n := k.count(t, `select count(*) from ledger_entry where kind like 'together.%'`); n != 4 {
			t.Errorf("%d entries", n)
		}
		_, err = k.ProposeTogether(ctx, rui, nil, Choice{Outcome: Remove, Reason: "counterfeit"})
		want(t, err, fault.TooLarge)
		_, err = k.ProposeTogether(ctx, aud, items, Choice{Outcome: Remove, Reason: "counterfeit"})
		want(t, err, fault.Forbidden)
		_, err = k.ProposeTogether(ctx, rui, items, Choice{Outcome: Remove, Reason: "counterfeit", Scope: Scope{Until: noon}})
		want(t, err, fault.Invalid, "past")
	})
}
