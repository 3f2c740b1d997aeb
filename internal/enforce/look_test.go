package enforce

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// TestKappa holds kappa against tables worked out by hand from Cohen's formula: 50 grants read by two readers (20, 5, 10, 15: 0.4), and the two tables
// that show how the same agreement of 60 in 100 means different things (45, 15, 25, 15 and 25, 35, 5, 35).
func TestKappa(t *testing.T) {
	table := func(yesYes, yesNo, noYes, noNo int) (pairs [][2]bool) {
		for range yesYes {
			pairs = append(pairs, [2]bool{true, true})
		}
		for range yesNo {
			pairs = append(pairs, [2]bool{true, false})
		}
		for range noYes {
			pairs = append(pairs, [2]bool{false, true})
		}
		for range noNo {
			pairs = append(pairs, [2]bool{false, false})
		}
		return pairs
	}
	for _, test := range []struct {
		pairs [][2]bool
		want  float64
	}{{table(20, 5, 10, 15), 0.4}, {table(45, 15, 25, 15), 0.130434782608696}, {table(25, 35, 5, 35), 0.259259259259259}, {table(10, 0, 0, 10), 1}, {table(0, 10, 10, 0), -1}} {
		got, ok := Kappa(test.pairs)
		if !ok || math.Abs(got-test.want) > 1e-12 {
			t.Errorf("kappa of %d pairs: %.15f, %v, want %.15f", len(test.pairs), got, ok, test.want)
		}
	}
	for _, none := range [][][2]bool{nil, table(9, 0, 0, 0)} {
		if got, ok := Kappa(none); ok {
			t.Errorf("kappa of %v: %v", none, got)
		}
	}
	// Who judges by a coin agrees by chance alone.
	random := rand.New(rand.NewPCG(1, 2))
	var coins [][2]int
	for range 100_000 {
		coins = append(coins, [2]int{random.IntN(3), random.IntN(3)})
	}
	if got, _ := Kappa(coins); math.Abs(got) > 0.01 {
		t.Errorf("kappa of coins: %v", got)
	}
}

func TestSecondLooks(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.SecondShare, k.GoldenEvery = 1, -1
		for i := range 4 {
			id := fmt.Sprintf("L%d", i)
			k.listing(t, id, 1, detect.Fake, 0.9)
			k.tell(t, id)
			k.now.Advance(time.Minute)
			k.decide(t, rui, market.ListingID(id), []Outcome{Remove, Remove, Approve, Escalate}[i])
		}
		ok(t, k.DrawLooks(ctx))
		ok(t, k.DrawLooks(ctx))
		if _, n, ok, err := k.NextLook(ctx, rui); ok || n != 0 || err != nil {
			t.Fatalf("who decided looks again: %d %v %v", n, ok, err)
		}
		l, n, found, err := k.NextLook(ctx, ana)
		ok(t, err)
		if !found || n != 3 {
			t.Fatalf("%d looks wait, want one of each decision that says stay or go", n)
		}
		if l.FirstOutcome != "" || l.Kind != "" || l.FirstBy != "" || l.Decision != "" {
			t.Errorf("the reviewer is told: %+v", l)
		}
		again, _, _, err := k.NextLook(ctx, ana)
		ok(t, err)
		if again.ID != l.ID {
			t.Errorf("a look that was begun: %s, then %s", l.ID, again.ID)
		}
		other := access.User{ID: "other", Name: "Otto", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}}
		theirs, _, found, err := k.NextLook(ctx, other)
		ok(t, err)
		if !found || theirs.ID == l.ID {
			t.Errorf("two reviewers have the same look")
		}
		want(t, k.AnswerLook(ctx, other, l.ID, Choice{Outcome: Remove, Reason: "counterfeit"}), fault.NotFound)
		want(t, k.AnswerLook(ctx, ana, l.ID, Choice{Outcome: Escalate, Reason: "need-test-buy"}), fault.Invalid)
		want(t, k.AnswerLook(ctx, ana, "none", Choice{Outcome: Remove, Reason: "counterfeit"}), fault.NotFound)
		ok(t, k.AnswerLook(ctx, ana, l.ID, Choice{Outcome: Remove, Reason: "counterfeit"}))
		want(t, k.AnswerLook(ctx, ana, l.ID, Choice{Outcome: Approve, Reason: "genuine"}), fault.Conflict)
		for {
			l, _, found, err := k.NextLook(ctx, ana)
			ok(t, err)
			if !found {
				break
			}
			k.now.Advance(time.Minute)
			ok(t, k.AnswerLook(ctx, ana, l.ID, Choice{Outcome: Remove, Reason: "counterfeit"}))
		}
		k.now.Advance(lookTime)
		l, _, found, err = k.NextLook(ctx, ana) // what Otto left lying
		ok(t, err)
		if !found || l.ID != theirs.ID {
			t.Errorf("a look left lying is lost")
		}
		ok(t, k.AnswerLook(ctx, ana, l.ID, Choice{Outcome: Remove, Reason: "counterfeit"}))
		if v := k.review(t, "L2"); v.Standing != Live {
			t.Errorf("a look has changed what stands: %s", v.Standing)
		}
		q, err := k.Quality(ctx, ana, time.Time{}, k.now.Now().Add(time.Second))
		ok(t, err)
		if q.Seconds.Of != 3 || q.Seconds.Agreed != 2 || q.Goldens.Of != 0 || len(q.Reviewers) != 2 || q.Reviewers[0].Seconds.Of != 3 {
			t.Errorf("%+v", q)
		}
		page, err := k.Looks(ctx, ana, LookFilter{Disagreed: true})
		ok(t, err)
		if len(page.Items) != 1 || page.Items[0].Listing != "L2" {
			t.Errorf("where both came to something else: %+v", page.Items)
		}
		_, err = k.Looks(ctx, rui, LookFilter{})
		want(t, err, fault.Forbidden)
	})
}

func TestGoldenItems(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.SecondShare, k.GoldenEvery = -1, 3
		k.listing(t, "G1", 1, detect.Fake, 0.9)
		want(t, k.SetGolden(ctx, rui, "G1", Remove, "A test buy showed it."), fault.Forbidden)
		want(t, k.SetGolden(ctx, ana, "G1", Escalate, "A test buy showed it."), fault.Invalid)
		want(t, k.SetGolden(ctx, ana, "G1", Remove, " "), fault.Invalid)
		want(t, k.SetGolden(ctx, ana, "none", Remove, "A test buy showed it."), fault.NotFound)
		ok(t, k.SetGolden(ctx, ana, "G1", Remove, "A test buy showed it."))
		for i := range 3 {
			id := fmt.Sprintf("L%d", i)
			k.listing(t, id, 1, detect.Fake, 0.9)
			k.tell(t, id)
			ok(t, k.DrawLooks(ctx))
			if _, n, _, err := k.NextLook(ctx, rui); n != 0 || err != nil {
				t.Fatalf("a golden item after %d decisions: %v", i, err)
			}
			k.now.Advance(time.Minute)
			k.decide(t, rui, market.ListingID(id), Remove)
		}
		ok(t, k.DrawLooks(ctx))
		ok(t, k.DrawLooks(ctx))
		l, n, found, err := k.NextLook(ctx, rui)
		ok(t, err)
		if !found || n != 1 || l.Listing != "G1" || l.Kind != "" {
			t.Fatalf("%d golden items wait: %+v", n, l)
		}
		if _, n, _, err := k.NextLook(ctx, ana); n != 0 || err != nil {
			t.Errorf("another's golden item: %d %v", n, err)
		}
		ok(t, k.AnswerLook(ctx, rui, l.ID, Choice{Outcome: Approve, Reason: "genuine"}))
		q, err := k.Quality(ctx, ana, time.Time{}, k.now.Now().Add(time.Second))
		ok(t, err)
		if q.Goldens.Of != 1 || q.Goldens.Agreed != 0 || q.Reviewers[0].Goldens.Of != 1 || len(q.Reasons) != 0 {
			t.Errorf("%+v", q)
		}
		// The same item does not come twice, and one that has changed does not come at all.
		ok(t, k.DrawLooks(ctx))
		if _, n, _, err := k.NextLook(ctx, rui); n != 0 || err != nil {
			t.Errorf("a golden item twice: %d %v", n, err)
		}
		ok(t, k.SetGolden(ctx, ana, "L0", Remove, "Seen in court."))
		k.listing(t, "L0", 2, detect.Fake, 0.9)
		other := access.User{ID: "other", Name: "Otto", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}}
		for i := range 3 {
			k.now.Advance(time.Minute)
			id := fmt.Sprintf("M%d", i)
			k.listing(t, id, 1, detect.Fake, 0.9)
			k.tell(t, id)
			k.decide(t, other, market.ListingID(id), Remove)
		}
		ok(t, k.DropGolden(ctx, ana, "G1"))
		want(t, k.DropGolden(ctx, ana, "G1"), fault.NotFound)
		ok(t, k.DrawLooks(ctx))
		if _, n, _, err := k.NextLook(ctx, other); n != 0 || err != nil {
			t.Errorf("an item that is none any more: %d %v", n, err)
		}
	})
}

// TestDrawIsTheShare: over many decisions the draw takes the share, and takes the same again.
func TestDrawIsTheShare(t *testing.T) {
	n := 0
	for i := range 100_000 {
		d := Decision{ID: DecisionID(fmt.Sprintf("decision-%d", i))}
		if d.drawn(0.02) {
			n++
		}
		again := Decision{ID: d.ID, Note: "and later"}
		if d.drawn(0.02) != again.drawn(0.02) || d.drawn(0) || !d.drawn(1) {
			t.Fatal("the draw changes")
		}
	}
	if n < 1_850 || n > 2_150 { // 2,000 and more than three standard deviations of 44
		t.Errorf("%d of 100,000 drawn at a share of 2 %%", n)
	}
}
