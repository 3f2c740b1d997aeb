package detect

import (
	"cmp"
	"errors"
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

// Corpus is a set of cases with the brands that they are judged against, and what it is, in words.
type Corpus struct {
	Name   string
	Cases  []Case
	Brands []brand.Brand

	// Weight is how much the corpus counts beside the first one, whatever its size; 0 means 1. The share of its listings that are fakes stays as
	// it is: between sets chosen to be hard, full of fakes, and a marketplace, where they are few, the bias comes to lie in the middle.
	Weight float64
}

// example is a case in one view, as features.
type example struct {
	score.Example
	corpus  int
	at      int // index of the case in its corpus
	without Without
}

// Train fits weights, calibration and thresholds to cases. It returns fault.Invalid when there are too few cases of either label to divide
// into folds.
func Train(cases []Case, brands []brand.Brand, now clock.Clock) (*Model, error) {
	return TrainOn([]Corpus{{Cases: cases, Brands: brands}}, now)
}

// TrainOn is Train on several corpora. The first is the one that the others are weighed against.
func TrainOn(corpora []Corpus, now clock.Clock) (*Model, error) {
	examples, err := examineAll(corpora, now)
	if err != nil {
		return nil, err
	}
	return fit(corpora, examples)
}

// examineAll reads the features of every case of every corpus in every view, and weighs them.
func examineAll(corpora []Corpus, now clock.Clock) ([]example, error) {
	var examples []example
	for i, c := range corpora {
		some, err := examine(c.Cases, c.Brands, now)
		if err != nil {
			return nil, err
		}
		each := 1.0
		if i > 0 {
			each = cmp.Or(c.Weight, 1) * float64(len(corpora[0].Cases)) / float64(len(c.Cases))
		}
		for _, e := range some {
			e.corpus = i
			e.Weight *= each
			examples = append(examples, e)
		}
	}
	return examples, nil
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
func fit(corpora []Corpus, examples []example) (*Model, error) {
	folds := foldsOfAll(corpora, innerFolds)
	var outcomes []score.Outcome
	var foldOf []int
	for fold := range innerFolds {
		held, err := weigh(examples, func(e example) bool { return folds[e.corpus][e.at] != fold })
		if err != nil {
			return nil, err
		}
		for _, e := range examples {
			if folds[e.corpus][e.at] == fold && e.without == Nothing {
				outcomes = append(outcomes, score.Outcome{Score: held.Score(e.X), Yes: e.Yes, Weight: e.Weight / views[0].weight})
				foldOf = append(foldOf, fold)
			}
		}
	}
	calibration, how, err := calibrate(outcomes, foldOf)
	if err != nil {
		return nil, err
	}
	weights, err := weigh(examples, func(example) bool { return true })
	if err != nil {
		return nil, err
	}
	m := &Model{Bias: rounded(weights.Bias), Weights: map[string]float64{}, Calibration: calibration, CalibratedBy: how}
	for i, f := range priors {
		if slices.Contains(unfitted, feature(i)) && !shows(examples, i) {
			continue // it keeps its prior, whatever that will be
		}
		m.Weights[f.Name] = rounded(weights.Weights[i])
	}
	// From 0.42 at the least: below it lie the sales of honest shops that nobody authorised, of which the labels have few.
	m.Review = threshold(outcomes, m.Calibration, 0.95, 0.42, 0.5)
	m.Fake = threshold(outcomes, m.Calibration, 0.99, 0.9, 0.98)
	m.Curve = curveOf(outcomes, m.Calibration)
	return m, m.prepare()
}

// Methods of calibration, and how each did on cases that it had not seen.
const (
	byPlatt    = "platt"
	byIsotonic = "isotonic"
)

// CalibratedBy says which calibration was chosen, and what it was chosen by: the mean log loss, in bits, and the expected calibration error on
// cases that neither the weights nor the calibration had seen.
type CalibratedBy struct {
	Method          string  `json:"method"`
	PlattLogLoss    float64 `json:"platt_log_loss"`
	PlattECE        float64 `json:"platt_ece"`
	IsotonicLogLoss float64 `json:"isotonic_log_loss"`
	IsotonicECE     float64 `json:"isotonic_ece"`
}

// calibrate chooses between a sigmoid and centred isotonic regression by the log loss on folds that they were not fitted to.
func calibrate(outcomes []score.Outcome, foldOf []int) (score.Calibration, CalibratedBy, error) {
	var unseen [2][]score.Outcome
	for fold := range innerFolds {
		var seen []score.Outcome
		for i, o := range outcomes {
			if foldOf[i] != fold {
				seen = append(seen, o)
			}
		}
		sigmoid, isotonic, err := calibrations(seen)
		if err != nil {
			return score.Calibration{}, CalibratedBy{}, err
		}
		for i, o := range outcomes {
			if foldOf[i] != fold {
				continue
			}
			for method, c := range []score.Calibration{sigmoid, isotonic} {
				judged := o
				judged.Score = c.Probability(o.Score)
				unseen[method] = append(unseen[method], judged)
			}
		}
	}
	sigmoid, isotonic, err := calibrations(outcomes)
	if err != nil {
		return score.Calibration{}, CalibratedBy{}, err
	}
	by := CalibratedBy{
		Method:       byPlatt,
		PlattLogLoss: rounded(score.LogLoss(unseen[0])), PlattECE: rounded(score.ECE(unseen[0], reliabilityBins)),
		IsotonicLogLoss: rounded(score.LogLoss(unseen[1])), IsotonicECE: rounded(score.ECE(unseen[1], reliabilityBins)),
	}
	if by.IsotonicLogLoss < by.PlattLogLoss {
		by.Method = byIsotonic
		return isotonic, by, nil
	}
	return sigmoid, by, nil
}

// calibrations are both, rounded.
func calibrations(outcomes []score.Outcome) (sigmoid, isotonic score.Calibration, err error) {
	if sigmoid, err = score.Platt(outcomes); err == nil {
		isotonic, err = score.Centred(outcomes)
	}
	if err != nil {
		return sigmoid, isotonic, fault.Invalid.Say("There are too few sellers with listings of either label to divide into folds.").Because(err)
	}
	sigmoid.Slope, sigmoid.Offset = rounded(sigmoid.Slope), rounded(sigmoid.Offset)
	return sigmoid, isotonic, nil
}

// curveBins divide the scores from 0 to 1.
const curveBins = 100

// curveOf counts the cases that a model was trained on by the score that a model fitted without them gave: what Curve asks for.
func curveOf(outcomes []score.Outcome, c score.Calibration) []Bin {
	bins := make([]Bin, curveBins)
	for i := range bins {
		bins[i].From = float64(i) / curveBins
	}
	for _, o := range outcomes {
		b := &bins[min(int(c.Probability(o.Score)*curveBins), curveBins-1)]
		if o.Yes {
			b.Fakes++
		} else {
			b.Genuine++
		}
	}
	return bins
}

// checkCurve says what is wrong with a curve read from a file.
func checkCurve(bins []Bin) error {
	for i, b := range bins {
		if !(b.From >= 0 && b.From < 1) || i > 0 && b.From <= bins[i-1].From || !(b.Fakes >= 0 && b.Genuine >= 0) || math.IsInf(b.Fakes+b.Genuine, 1) {
			return errors.New("the bins of a model's curve rise from 0 to 1 and count from 0")
		}
	}
	return nil
}

// shows reports whether any example has a feature.
func shows(examples []example, feature int) bool {
	return slices.ContainsFunc(examples, func(e example) bool { return e.X[feature] != 0 })
}

// rounded keeps four digits after the point: more would say what the data do not know.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func weigh(examples []example, keep func(example) bool) (score.Model, error) {
	// What no example has is left out of the fit and keeps its prior: it would only change where the fit stops.
	fitted := featureCount
	for fitted > 0 && slices.Contains(unfitted, fitted-1) && !shows(examples, int(fitted-1)) {
		fitted--
	}
	var kept []score.Example
	for _, e := range examples {
		if keep(e) {
			e.X = e.X[:fitted]
			kept = append(kept, e.Example)
		}
	}
	m, err := score.Fit(priors[:fitted], kept, score.Options{Bias: score.Feature{Name: "bias", Prior: biasPrior, Spread: 1}})
	if err != nil {
		return m, err
	}
	for _, f := range priors[fitted:] {
		m.Weights = append(m.Weights, f.Prior)
	}
	return m, nil
}

func foldsOf(cases []Case, k int) []int {
	groups, yes := make([]string, len(cases)), make([]bool, len(cases))
	for i, c := range cases {
		groups[i], yes[i] = group(c), c.Fake()
	}
	return score.Folds(groups, yes, k, foldSeed)
}

func foldsOfAll(corpora []Corpus, k int) [][]int {
	var folds [][]int
	for _, c := range corpora {
		folds = append(folds, foldsOf(c.Cases, k))
	}
	return folds
}

// threshold is the least probability, between low and high, from which the verdicts reach a precision.
func threshold(outcomes []score.Outcome, c score.Calibration, precision, low, high float64) float64 {
	const step = 0.01
	for t := low; t < high; t += step {
		var said, right float64
		for _, o := range outcomes {
			if c.Probability(o.Score) < t {
				continue
			}
			said += o.Weight
			if o.Yes {
				right += o.Weight
			}
		}
		if right >= precision*said {
			return math.Round(t*100) / 100
		}
	}
	return high
}

// CrossValidate judges every case by a model that was fitted without its fold, and says how right that was. Cases of one seller share a
// fold.
func CrossValidate(cases []Case, brands []brand.Brand, now clock.Clock, k int, without []Without) (Report, error) {
	reports, err := CrossValidateOn([]Corpus{{Cases: cases, Brands: brands}}, now, k, [][]Without{without})
	if err != nil {
		return Report{}, err
	}
	return reports[0], nil
}

// CrossValidateOn judges every case of the first corpus by a model that was fitted without its fold, to the others as a whole besides, and
// reports once for each way of leaving things out.
func CrossValidateOn(corpora []Corpus, now clock.Clock, k int, withouts [][]Without) ([]Report, error) {
	examples, err := examineAll(corpora, now)
	if err != nil {
		return nil, err
	}
	judged := corpora[0]
	folds := foldsOf(judged.Cases, k)
	results := make([][]Result, len(withouts))
	for i := range results {
		results[i] = make([]Result, len(judged.Cases))
	}
	for fold := range k {
		training := slices.Clone(corpora)
		training[0].Cases = nil
		index := make(map[int]int, len(judged.Cases))
		for i, c := range judged.Cases {
			if folds[i] != fold {
				index[i] = len(training[0].Cases)
				training[0].Cases = append(training[0].Cases, c)
			}
		}
		var seen []example
		for _, e := range examples {
			if e.corpus > 0 {
				seen = append(seen, e)
				continue
			}
			if at, ok := index[e.at]; ok {
				e.at = at
				seen = append(seen, e)
			}
		}
		model, err := fit(training, seen)
		if err != nil {
			return nil, fmt.Errorf("fold %d: %w", fold+1, err)
		}
		s, err := NewScannerWith(judged.Brands, now, model)
		if err != nil {
			return nil, err
		}
		for i, c := range judged.Cases {
			if folds[i] != fold {
				continue
			}
			for j, without := range withouts {
				results[j][i] = s.judge(c.Listing, without)
			}
		}
	}
	var reports []Report
	for i, without := range withouts {
		r := Evaluate(judged.Cases, results[i])
		r.Folds, r.Without = k, without
		reports = append(reports, r)
	}
	return reports, nil
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
