package cultivate

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
)

// TestWilson holds the interval against its closed forms where all or none are counted, n/(n+z²) and z²/(n+z²), and one case between.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		part, n   int64
		low, high float64
	}{{3, 3, 43.8503, 100}, {0, 10, 0, 27.7533}, {8, 10, 49.0162, 94.3318}} {
		low, high := Wilson(100*float64(c.part)/float64(c.n), c.n, 1.959963984540054)
		if math.Abs(low-c.low) > 0.001 || math.Abs(high-c.high) > 0.001 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.part, c.n, low, high, c.low, c.high)
		}
	}
	if low, high := Wilson(0, 0, 2); low != 0 || high != 100 {
		t.Errorf("of nothing: %v to %v", low, high)
	}
}

func TestThreeOfThreeIsNotAllOfThem(t *testing.T) {
	lots := Criterion{Measure: LotsAccepted, Limit: 95}
	few := lots.Judge(shareOf(3, 3), true)
	if few.Met || few.Value != 100 || few.Needed != 32 {
		t.Errorf("3 of 3: %+v", few)
	}
	if lots.Judge(shareOf(few.Needed-1, few.Needed-1), true).Met || !lots.Judge(shareOf(few.Needed, few.Needed), true).Met {
		t.Errorf("%d is not the least that is enough", few.Needed)
	}
	back := Criterion{Measure: QualityReturns, Limit: 2}
	if back.Judge(shareOf(0, 10), true).Met || !back.Judge(shareOf(10, 1000), true).Met || back.Judge(shareOf(19, 1000), true).Met {
		t.Error("returns, at most 2 %")
	}
	if !(Criterion{Measure: LessonsPassed, Limit: 100}).Judge(Figure{Value: 100, N: 12, Census: true}, true).Met {
		t.Error("12 of 12 lessons are all there are")
	}
	if (Criterion{Measure: CleanMonths, Limit: 0}).Judge(Figure{}, false).Met {
		t.Error("what nobody knows is met")
	}
}

func TestCriteriaComeFromEvidence(t *testing.T) {
	eachWatch(t, func(t *testing.T, w *watch) {
		ctx := t.Context()
		shoes := w.Industries["shoes"]
		shoes.Graduation = []Criterion{{CleanMonths, 12, 12}, {OwnBrandOrders, 60, 6}, {RepeatBuyers, 15, 6}, {LotsAccepted, 95, 6}}
		w.Industries["shoes"] = shoes
		only(t, graduationGates...)
		finding := func(measure Measure) Finding {
			t.Helper()
			all, err := w.Findings(ctx, w.own, w.member.ID)
			w.must(err)
			if len(all) != 3 {
				t.Fatalf("%d criteria are shown, want the three that somebody can answer", len(all))
			}
			for _, f := range all {
				if f.Measure == measure {
					return f
				}
			}
			return Finding{}
		}
		w.now.Advance(366 * 24 * time.Hour)
		if f := finding(CleanMonths); !f.Met || f.Value != 12 {
			t.Errorf("a year without a finding: %+v", f)
		}
		w.listing("L1", "S1", detect.Fake, 0.97, 150)
		d := w.decide("L1", enforce.Remove, "counterfeit")
		if f := finding(CleanMonths); f.Met || f.Value != 0 || f.N != 1 {
			t.Errorf("after a finding: %+v", f)
		}
		w.undo(d)
		if f := finding(CleanMonths); !f.Met {
			t.Errorf("after it was undone: %+v", f)
		}

		day := func(s string) time.Time {
			at, err := time.Parse(time.DateOnly, s)
			w.must(err)
			return at
		}
		buyers := Result{Measure: RepeatBuyers, From: day("2027-09-01"), To: day("2027-10-01"), Part: 200, Whole: 1000, Source: MakersWord, Confidence: Said}
		_, err := w.EnterResult(ctx, w.manager, w.member.ID, buyers)
		w.must(err)
		if finding(RepeatBuyers).Known {
			t.Error("a word alone counts")
		}
		buyers.Source, buyers.Confidence = MarketplaceData, Verified
		_, err = w.EnterResult(ctx, w.manager, w.member.ID, buyers)
		w.must(err)
		if f := finding(RepeatBuyers); !f.Met || f.N != 1000 || f.Value != 20 {
			t.Errorf("200 of 1000: %+v", f)
		}
		meeting := buyers
		meeting.To = day("2027-10-15")
		if _, err := w.EnterResult(ctx, w.manager, w.member.ID, meeting); !errors.Is(err, fault.Conflict) {
			t.Errorf("the same buyers twice: %v", err)
		}
		if _, err := w.EnterResult(ctx, w.own, w.member.ID, buyers); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm enters its own results: %v", err)
		}

		q := quarter(t, "2027-Q3")
		_, err = w.EnterLivelihoods(ctx, w.manager, w.member.ID, []LivelihoodEntry{
			{Quarter: q, Kind: HomeOrders, Value: "10000", Source: TaxReturn, Confidence: Documented}, {Quarter: q, Kind: OwnBrandShare, Value: "75", Source: TaxReturn, Confidence: Documented}})
		w.must(err)
		if f := finding(OwnBrandOrders); !f.Met || f.N != 10000 || f.Value != 75 {
			t.Errorf("the own brand's share by livelihood: %+v", f)
		}
		checks, err := w.Checklist(ctx, w.own, w.member.ID, Graduated)
		w.must(err)
		if len(checks) != 3 || checks[0].Waivable {
			t.Errorf("the conditions of graduation: %+v", checks)
		}
	})
}
