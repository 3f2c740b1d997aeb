package cultivate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// some is n candidates with values made from the seed; a fifth of the values is unknown.
func some(n int, seed uint64) (all []Candidate) {
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		c := Candidate{Maker: MakerID(fmt.Sprintf("m%03d", i)), Values: map[string]float64{}}
		for _, a := range Aspects() {
			if random.IntN(5) > 0 {
				c.Values[a.Name] = random.Float64()
			}
		}
		all = append(all, c)
	}
	return all
}

func TestRank(t *testing.T) {
	w := DefaultSelectionWeights()
	all := Rank(some(60, 3), w, 17, 0.02)
	in, band := 0, 0
	for i, p := range all {
		sum := 0.0
		for _, part := range p.Parts {
			sum += part
		}
		if len(p.Parts) > 0 && math.Abs(sum-p.Score) > 1e-12 || p.Score < 0 || p.Score > 1 {
			t.Errorf("%s: the parts sum to %v, the score is %v", p.Maker, sum, p.Score)
		}
		if p.Rank != i+1 || p.Best > p.Rank || p.Worst < p.Rank || p.In < 0 || p.In > Trials(w) {
			t.Errorf("%s: rank %d of %d to %d, in %d", p.Maker, p.Rank, p.Best, p.Worst, p.In)
		}
		if i > 0 && all[i-1].Score < p.Score {
			t.Errorf("%s stands behind a lower score", p.Maker)
		}
		switch p.Zone {
		case ZoneIn:
			in++
		case ZoneBand:
			band++
		}
		if p.Best > 17 && p.In > 0 || p.Worst <= 17 && p.In != Trials(w) {
			t.Errorf("%s: ranks %d to %d and in %d of %d", p.Maker, p.Best, p.Worst, p.In, Trials(w))
		}
	}
	if in+band < 17 || in > 17 || band == 0 {
		t.Errorf("%d in, %d in the band, for 17 places", in, band)
	}
	for _, p := range Rank(some(5, 3), w, 17, 0.5) {
		if p.Zone != ZoneIn {
			t.Errorf("places for all, and %s is %s", p.Maker, p.Zone)
		}
	}
}

// TestUnknownIsNeutral: leaving out an aspect changes nothing for a firm whose value there is its score.
func TestUnknownIsNeutral(t *testing.T) {
	w := DefaultSelectionWeights()
	for _, c := range some(50, 9) {
		if len(c.Values) == 0 {
			continue
		}
		before, _ := score(c, w)
		for _, a := range Aspects() {
			if _, known := c.Values[a.Name]; known {
				continue
			}
			c.Values[a.Name] = before
			after, _ := score(c, w)
			delete(c.Values, a.Name)
			if math.Abs(after-before) > 1e-12 {
				t.Errorf("%s: unknown counts as something else than the rest: %v, %v", a.Name, before, after)
			}
		}
	}
	if nothing, _ := score(Candidate{}, w); nothing != 0.5 {
		t.Errorf("of whom nothing is known: %v", nothing)
	}
}

func TestDraw(t *testing.T) {
	var makers []MakerID
	for i := range 10 {
		makers = append(makers, MakerID(fmt.Sprint("m", i)))
	}
	// The draw does not depend on the order in which firms are listed, and each wins about as often as the others.
	wins := map[MakerID]int{}
	for n := range 2_000 {
		seed := []byte(fmt.Sprint("seed ", n))
		won := Draw(makers, 3, seed)
		turned := slices.Clone(makers)
		slices.Reverse(turned)
		if again := Draw(turned, 3, seed); !slices.Equal(won, again) || len(won) != 3 {
			t.Fatalf("drawn twice: %v, %v", won, again)
		}
		for _, m := range won {
			wins[m]++
		}
	}
	for _, m := range makers {
		// 600 expected, standard deviation about 20.5; six of them.
		if wins[m] < 480 || wins[m] > 720 {
			t.Errorf("%s won %d of 2,000 draws", m, wins[m])
		}
	}
	if len(Draw(makers, 20, nil)) != 10 || len(Draw(makers, -1, nil)) != 0 || len(Draw(nil, 3, nil)) != 0 {
		t.Error("more places than firms, or fewer than none")
	}
}

func TestSelection(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(2)
		var firms []Maker
		for i := range 5 {
			m, own := h.maker(c, fmt.Sprint("Firm ", i))
			answers := whole()
			answers[askNumber], answers[askCountry] = fmt.Sprint("N", i), "VN"
			answers[askJobs] = fmt.Sprint(100 + 10*min(i, 3)) // the last two are alike
			h.apply(own, m.ID, answers)
			firms = append(firms, h.walk(m, Applied, Screened, Visited))
		}
		w := SelectionWeights{byJobs: 1}
		if _, err := h.Ranking(ctx, h.manager, c.ID, SelectionWeights{"looks": 1, byJobs: -1}, 0, 0); len(fault.All(err)) != 2 {
			t.Errorf("weights that are none: %v", err)
		}
		if _, err := h.Ranking(ctx, h.manager, c.ID, w, 3, 0); !errors.Is(err, fault.Invalid) {
			t.Errorf("more places than are free: %v", err)
		}
		r, err := h.Ranking(ctx, h.manager, c.ID, DefaultSelectionWeights(), 0, 0)
		h.must(err)
		if r.Free != 2 || len(r.Firms) != 5 {
			t.Fatalf("the ranking: %+v", r)
		}
		if _, known := r.Firms[0].Values[byPast]; known {
			t.Error("a past that nobody looked at counts as clean")
		}

		// The band takes in the three that are nearest to the cut.
		sel, err := h.FreezeSelection(ctx, h.manager, c.ID, w, 2, 0.02)
		h.must(err)
		if sel.Commitment == "" || sel.Seed != "" {
			t.Fatalf("frozen: %+v", sel)
		}
		if seen, err := h.Service.Selection(ctx, h.manager, sel.ID); err != nil || seen.Seed != "" {
			t.Errorf("the seed is told before the draw: %q, %v", seen.Seed, err)
		}
		if _, err := h.FreezeSelection(ctx, h.other, c.ID, w, 2, 0.02); !errors.Is(err, fault.Conflict) {
			t.Errorf("two at once: %v", err)
		}
		conclusion := Conclusion{Below: 0.51, Why: "The places went to firms with more jobs.", Again: "2027-06-01", Wait: "You are next when a place comes free."}
		if _, err := h.ConcludeSelection(ctx, h.manager, sel.ID, sel.Version, conclusion); !errors.Is(err, fault.Conflict) {
			t.Errorf("concluded before the draw: %v", err)
		}
		drawn, err := h.DrawSelection(ctx, h.manager, sel.ID, sel.Version)
		h.must(err)
		if err := drawn.Recheck(); err != nil || drawn.Commitment != sel.Commitment {
			t.Errorf("the draw cannot be done again: %v", err)
		}
		forged := drawn
		forged.Seed = strings.Repeat("00", 32)
		if forged.Recheck() == nil {
			t.Error("another seed passes")
		}
		if _, err := h.DropSelection(ctx, h.manager, sel.ID, drawn.Version, "I do not like it."); !errors.Is(err, fault.Conflict) {
			t.Errorf("a draw is thrown away: %v", err)
		}
		done, err := h.ConcludeSelection(ctx, h.manager, sel.ID, drawn.Version, conclusion)
		h.must(err)
		if done.State != SelectionConcluded {
			t.Errorf("concluded: %s", done.State)
		}
		stages := map[Stage]int{}
		var chosen []Maker
		for _, m := range firms {
			now, err := h.Maker(ctx, h.manager, m.ID)
			h.must(err)
			stages[now.Stage]++
			places, err := h.PlacesOf(ctx, h.manager, m.ID)
			h.must(err)
			if len(places) != 1 {
				t.Fatalf("%s was given %+v", m.Name, places)
			}
			if places[0].Outcome == PlaceOffered {
				chosen = append(chosen, now)
			}
			if places[0].Outcome == PlaceRefused && (places[0].Again != "2027-06-01" || now.Stage != Refused) {
				t.Errorf("refused: %+v", places[0])
			}
		}
		if len(chosen) != 2 || stages[Visited] != 2 || stages[Waitlisted] != 2 || stages[Refused] != 1 {
			t.Errorf("%d chosen, stages %v", len(chosen), stages)
		}

		only(t, selectionGates...)
		for _, m := range chosen {
			h.walk(m, Admitted)
		}
		at := slices.IndexFunc(firms, func(m Maker) bool { return m.ID != chosen[0].ID && m.ID != chosen[1].ID && m.ID != firms[0].ID })
		waits, err := h.Maker(ctx, h.manager, firms[at].ID)
		h.must(err)
		if _, err := h.Move(ctx, h.manager, waits.ID, Transition{To: Admitted, Version: waits.Version}); !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "offered") {
			t.Errorf("admitted from the waiting list without an offer: %v", err)
		}
		h.must(h.OfferPlace(ctx, h.manager, waits.ID, "Somebody left."))
		if _, err := h.Move(ctx, h.manager, waits.ID, Transition{To: Admitted, Version: waits.Version}); !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "free place") {
			t.Errorf("a third on two places: %v", err)
		}
		if err := h.Waive(ctx, h.manager, waits.ID, PlaceFree, "Squeeze in."); !errors.Is(err, fault.Conflict) {
			t.Errorf("the count of places is waived: %v", err)
		}
	})
}

func BenchmarkRank(b *testing.B) {
	all := some(300, 1)
	for b.Loop() {
		Rank(all, DefaultSelectionWeights(), 17, 0.02)
	}
}
