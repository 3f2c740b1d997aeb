package cultivate

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

func count(n int64) *int64 { return &n }

var weighedAt = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func TestWeigh(t *testing.T) {
	recent, old := weighedAt.AddDate(0, -6, 0), weighedAt.AddDate(-4, 0, 0)
	for _, c := range []struct {
		name            string
		declared, found []Matter
		points          float64
		level           PastLevel
	}{
		{"nothing", nil, nil, 0, PastClear},
		{"declared and never found", []Matter{{Mark: "Halden", Items: count(5000)}}, nil, 0, PastClear},
		{"hidden", nil, []Matter{{Mark: "Halden", Items: count(5000), Until: recent}}, 4, PastHeavy},
		{"hidden long ago", nil, []Matter{{Mark: "Halden", Items: count(5000), Until: old}}, 2, PastLight},
		{"declared whole", []Matter{{Mark: "HALDEN", Items: count(5000)}}, []Matter{{Mark: "Halden", Items: count(5000), Until: recent}}, 1, PastLight},
		{"declared half", []Matter{{Mark: "Halden", Items: count(2500)}}, []Matter{{Mark: "Halden", Items: count(5000), Until: recent}}, 4 * (1 - 0.375), PastHeavy},
		{"two findings of one mark", nil, []Matter{{Mark: "Halden", Items: count(60)}, {Mark: "halden", Items: count(60)}}, 3, PastHeavy},
		{"many", nil, []Matter{{Mark: "A", Items: count(2000)}, {Mark: "B", Items: count(2000)}}, 8, PastGrave},
	} {
		if w := Weigh(c.declared, c.found, weighedAt); w.Points != c.points || w.Level != c.level {
			t.Errorf("%s: %v points, %s; want %v, %s", c.name, w.Points, w.Level, c.points, c.level)
		}
	}
}

// TestDeclaringIsNeverWorse is the promise made to firms: of two that did the same, who declares it, or more of it, does not stand worse.
func TestDeclaringIsNeverWorse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	matter := func() Matter {
		m := Matter{Mark: string(rune('A' + random.IntN(5)))}
		if random.IntN(4) > 0 {
			m.Items = count(int64(1 + random.IntN(3000)))
		}
		if random.IntN(4) > 0 {
			m.Until = weighedAt.AddDate(0, -random.IntN(90), 0)
		}
		return m
	}
	for range 5_000 {
		var declared, found []Matter
		for range random.IntN(4) {
			declared = append(declared, matter())
		}
		for range random.IntN(4) {
			found = append(found, matter())
		}
		more := append(slices.Clone(declared), matter())
		hides, tells := Weigh(declared, found, weighedAt), Weigh(more, found, weighedAt)
		// A second word about one mark that leaves out the count must not take away from the first; together sees to it.
		if tells.Points > hides.Points+1e-9 {
			t.Fatalf("declaring %+v beside %+v, found %+v: %v points instead of %v", more[len(more)-1], declared, found, tells.Points, hides.Points)
		}
		if again := Weigh(more, found, weighedAt); again.Points != tells.Points {
			t.Fatal("weighed twice differently")
		}
	}
}

type recordsOf []Matter

func (r recordsOf) Records(_ context.Context, _ *db.Tx, sellers []market.SellerID) ([]Matter, error) {
	if !slices.Contains(sellers, "s-3") {
		return nil, errors.New("the accounts of kin are not asked for")
	}
	return r, nil
}

func TestScreening(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t, screeningGates...)
		h := newHouse(t, d)
		h.Records = recordsOf{{Mark: "Halden", Items: count(12), Source: "s-3"}}
		ctx := t.Context()
		c := h.cohort(3)
		m, own := h.maker(c, "Sea Wind")
		h.apply(own, m.ID, whole())
		if _, err := h.Screen(ctx, h.manager, Screening{Maker: m.ID, Conflict: ConflictNone, Outcome: ScreeningPassed, Why: "Fine."}); !errors.Is(err, fault.Conflict) {
			t.Errorf("screened before it was handed in: %v", err)
		}
		m, err := h.Move(ctx, own, m.ID, Transition{To: Applied, Version: m.Version})
		h.must(err)
		if _, err := h.Service.Screening(ctx, own, m.ID); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a maker reads what was found about it: %v", err)
		}
		sight, err := h.Service.Screening(ctx, h.manager, m.ID)
		h.must(err)
		if len(sight.Recorded) != 1 || sight.Burden.Points != 2 || sight.TiesKnown || !sight.Answered {
			t.Errorf("the sight: %+v", sight)
		}
		_, err = h.Screen(ctx, h.manager, Screening{Maker: m.ID, Outcome: ScreeningPassed, Found: []Matter{{}}})
		if all := fault.All(err); len(all) != 4 {
			t.Errorf("what is wrong: %v", all)
		}
		if _, err := h.Screen(ctx, h.manager, Screening{Maker: m.ID, Outcome: ScreeningPassed, Why: "My cousin's.", Conflict: ConflictSome, Note: "A cousin."}); !errors.Is(err, fault.Invalid) {
			t.Errorf("passed by who has an interest: %v", err)
		}
		first, err := h.Screen(ctx, h.manager, Screening{Maker: m.ID, Found: []Matter{{Mark: "Other", Items: count(3), Source: "Customs, 2024"}}})
		h.must(err)
		if _, err := h.Move(ctx, h.manager, m.ID, Transition{To: Screened, Version: m.Version}); !errors.Is(err, fault.Conflict) {
			t.Errorf("moved on without an outcome: %v", err)
		}
		if _, err := h.Screen(ctx, h.other, Screening{Maker: m.ID, Conflict: ConflictNone}); !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "Manager") {
			t.Errorf("changed what was read before: %v", err)
		}
		first.Outcome, first.Why, first.Conflict = ScreeningPassed, "Small, old, and the firm talks about it.", ConflictNone
		done, err := h.Screen(ctx, h.manager, first)
		h.must(err)
		if done.Entry == "" || done.Version != 2 {
			t.Errorf("screened: %+v", done)
		}
		_, err = h.Move(ctx, h.manager, m.ID, Transition{To: Screened, Version: m.Version})
		h.must(err)
	})
}
