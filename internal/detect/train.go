package detect

import (
	"fmt"
	"math"
	"slices"

	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// views are the ways a case is shown in training, and how much each counts: marketplaces do not all know their sellers, and a model that
// leans on them would be blind where they are missing. The weights of a case add up to about one.
var views = []struct {
	without Without
	weight  float64
}{
	{Nothing, 0.3}, {WithoutSeller, 0.2}, {WithoutAllBut, 0.2}, {WithoutPrice, 0.05}, {WithoutDescription, 0.05}, {WithoutTerms, 0.2},
}

// example is a case in one view, as features.
type example struct {
	score.Example
	at      int // index of the case
	without Without
}

// Train fits weights, calibration and thresholds to cases. It returns fault.Invalid when there are too few cases of either label to divide
// into folds.
func Train(cases []Case, brands []brand.Brand, now clock.Clock) (*Model, error) {
	examples, err := examine(cases, brands, now)
	if err != nil {
		return nil, err
	}
	return fit(cases, examples)
}

// examine reads the features of every case in every view.
func examine(cases []Case, brands []brand.Brand, now clock.Clock) ([]example, error) {
	s, err := NewScanner(brands, now)
	if err != nil {
		return nil, err
	}
	var examples []example
	for i, c := range cases {
		for _, v := range views {
			if v.without == WithoutAllBut && secondHand(&c.Listing) {
				continue // a catalogue does not say that goods are used, and has none that are
			}
			l := v.without.Strip(c.Listing)
			x := s.features(&l)
			if v.without == WithoutTerms {
				clear(x[termReplica : termContact+1])
			}
			examples = append(examples, example{
				Example: score.Example{X: x, Yes: c.Fake(), Weight: v.weight, Group: group(c)},
				at:      i, without: v.without,
			})
		}
	}
	return examples, nil
}

// group keeps a seller's listings in one fold: a model that has seen a seller's other listings knows more than it will of strangers.
func group(c Case) string { return string(c.Listing.Seller.ID) }

// features is what the scanner sees in a listing.
func (s *Scanner) features(l *market.Listing) []float64 {
	w := s.work.Get().(*work)
	defer s.work.Put(w)
	w.read(s.catalogue, l, s.now)
	x := append([]float64(nil), w.x[:]...)
	w.release()
	return x
}

const innerFolds = 5

// fit fits the weights on all examples, and calibration and thresholds on what models fitted without a case say of it.
func fit(cases []Case, examples []example) (*Model, error) {
	folds := foldsOf(cases, innerFolds)
	outcomes := make([]score.Outcome, 0, len(cases))
	for fold := range innerFolds {
		held, err := weigh(examples, func(e example) bool { return folds[e.at] != fold })
		if err != nil {
			return nil, err
		}
		for _, e := range examples {
			if folds[e.at] == fold && e.without == Nothing {
				outcomes = append(outcomes, score.Outcome{Score: held.Score(e.X), Yes: e.Yes})
			}
		}
	}
	calibration, err := score.Platt(outcomes)
	if err != nil {
		return nil, fault.Invalid.Say("There are too few sellers with listings of either label to divide into folds.").Because(err)
	}
	weights, err := weigh(examples, func(example) bool { return true })
	if err != nil {
		return nil, err
	}
	m := &Model{Bias: rounded(weights.Bias), Weights: map[string]float64{}, Calibration: calibration}
	for i, f := range priors {
		m.Weights[f.Name] = rounded(weights.Weights[i])
	}
	m.Calibration.Slope, m.Calibration.Offset = rounded(calibration.Slope), rounded(calibration.Offset)
	m.Review = threshold(outcomes, m.Calibration, 0.95, 0.35, 0.5)
	m.Fake = threshold(outcomes, m.Calibration, 0.99, 0.9, 0.98)
	return m, m.prepare()
}

// rounded keeps four digits after the point: more would say what the data do not know.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func weigh(examples []example, keep func(example) bool) (score.Model, error) {
	var kept []score.Example
	for _, e := range examples {
		if keep(e) {
			kept = append(kept, e.Example)
		}
	}
	return score.Fit(priors[:], kept, score.Options{Bias: score.Feature{Name: "bias", Prior: biasPrior, Spread: 1}})
}

func foldsOf(cases []Case, k int) []int {
	groups, yes := make([]string, len(cases)), make([]bool, len(cases))
	for i, c := range cases {
		groups[i], yes[i] = group(c), c.Fake()
	}
	return score.Folds(groups, yes, k, foldSeed)
}

// threshold is the least probability, between low and high, from which the verdicts reach a precision.
func threshold(outcomes []score.Outcome, c score.Calibration, precision, low, high float64) float64 {
	const step = 0.01
	for t := low; t < high; t += step {
		var said score.Confusion
		for _, o := range outcomes {
			said.Add(c.Probability(o.Score) >= t, o.Yes)
		}
		if said.Precision() >= precision {
			return math.Round(t*100) / 100
		}
	}
	return high
}

// CrossValidate judges every case by a model that was fitted without its fold, and says how right that was. Cases of one seller share a
// fold.
func CrossValidate(cases []Case, brands []brand.Brand, now clock.Clock, k int, without []Without) (Report, error) {
	examples, err := examine(cases, brands, now)
	if err != nil {
		return Report{}, err
	}
	folds := foldsOf(cases, k)
	results := make([]Result, len(cases))
	for fold := range k {
		var training []Case
		index := make(map[int]int, len(cases))
		for i, c := range cases {
			if folds[i] != fold {
				index[i] = len(training)
				training = append(training, c)
			}
		}
		var seen []example
		for _, e := range examples {
			if at, ok := index[e.at]; ok {
				e.at = at
				seen = append(seen, e)
			}
		}
		model, err := fit(training, seen)
		if err != nil {
			return Report{}, fmt.Errorf("fold %d: %w", fold+1, err)
		}
		s, err := NewScannerWith(brands, now, model)
		if err != nil {
			return Report{}, err
		}
		for i, c := range cases {
			if folds[i] == fold {
				results[i] = s.judge(c.Listing, without)
			}
		}
	}
	r := Evaluate(cases, results)
	r.Folds, r.Without = k, without
	return r, nil
}

// EvaluateModel judges every case by one model.
func EvaluateModel(cases []Case, brands []brand.Brand, now clock.Clock, model *Model, without []Without) (Report, error) {
	s, err := NewScannerWith(brands, now, model)
	if err != nil {
		return Report{}, err
	}
	results := make([]Result, len(cases))
	for i, c := range cases {
		results[i] = s.judge(c.Listing, without)
	}
	r := Evaluate(cases, results)
	r.Without = without
	return r, nil
}

func (s *Scanner) judge(l market.Listing, without []Without) Result {
	s.blind = slices.Contains(without, WithoutTerms)
	for _, w := range without {
		l = w.Strip(l)
	}
	return s.Scan(&l)
}
