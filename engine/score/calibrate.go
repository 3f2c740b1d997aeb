package score

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"sort"
)

// Outcome is what a score said of a case and what the case turned out to be.
type Outcome struct {
	Score  float64 // bits, or whatever orders cases; for Brier and calibration measures a probability
	Yes    bool
	Weight float64 // how much it counts; 0 means 1
	Group  string  // cases that are not independent share one
}

func (o Outcome) weight() float64 { return cmpOr(o.Weight, 1) }

// Calibration turns a score in bits into a probability. It never falls as the score rises. The zero value is the score's own odds.
type Calibration struct {
	Slope  float64   `json:"slope,omitempty"`  // Platt: the probability of Slope × bits + Offset
	Offset float64   `json:"offset,omitempty"` // bits
	Bits   []float64 `json:"bits,omitempty"`   // isotonic: scores, rising
	Shares []float64 `json:"shares,omitempty"` // the probability at each of Bits, never falling; linear between, level outside
}

// Probability is the calibrated probability at a score in bits.
func (c Calibration) Probability(bits float64) float64 {
	switch n := len(c.Bits); {
	case n > 0:
		i := sort.SearchFloat64s(c.Bits, bits)
		if i == 0 {
			return c.Shares[0]
		}
		if i == n {
			return c.Shares[n-1]
		}
		t := (bits - c.Bits[i-1]) / (c.Bits[i] - c.Bits[i-1])
		return c.Shares[i-1] + t*(c.Shares[i]-c.Shares[i-1])
	case c.Slope != 0 || c.Offset != 0:
		return Probability(c.Slope*bits + c.Offset)
	}
	return Probability(bits)
}

// Check says what is wrong with a calibration read from outside; nil when nothing is.
func (c Calibration) Check() error {
	if len(c.Bits) != len(c.Shares) {
		return errors.New("score: a calibration needs as many shares as scores")
	}
	if !finite(c.Slope) || !finite(c.Offset) || c.Slope < 0 {
		return errors.New("score: the slope of a calibration must not be negative")
	}
	for i := range c.Bits {
		if !finite(c.Bits[i]) || !(c.Shares[i] >= 0 && c.Shares[i] <= 1) || i > 0 && (c.Bits[i] <= c.Bits[i-1] || c.Shares[i] < c.Shares[i-1]) {
			return errors.New("score: a calibration must rise")
		}
	}
	return nil
}

// Monotone is isotonic regression: the values nearest to y, by weighted squares, that never fall. weights may be nil. Pool adjacent violators.
func Monotone(y, weights []float64) []float64 {
	type pool struct {
		mean, weight float64
		count        int
	}
	var pools []pool
	for i, v := range y {
		p := pool{v, 1, 1}
		if weights != nil {
			p.weight = weights[i]
		}
		for len(pools) > 0 && pools[len(pools)-1].mean >= p.mean {
			last := pools[len(pools)-1]
			pools = pools[:len(pools)-1]
			total := last.weight + p.weight
			if total > 0 {
				p.mean = (last.mean*last.weight + p.mean*p.weight) / total
			}
			p.weight, p.count = total, last.count+p.count
		}
		pools = append(pools, p)
	}
	fitted := make([]float64, 0, len(y))
	for _, p := range pools {
		for range p.count {
			fitted = append(fitted, p.mean)
		}
	}
	return fitted
}

// Isotonic calibrates by isotonic regression of the answers on the scores. With fewer than some hundred cases of either answer Platt is the
// better choice. It returns an error when there is no case.
func Isotonic(outcomes []Outcome) (Calibration, error) {
	if len(outcomes) == 0 {
		return Calibration{}, errors.New("score: no outcomes to calibrate by")
	}
	var bits, y, weights []float64
	for _, o := range sorted(outcomes) {
		yes := 0.0
		if o.Yes {
			yes = 1
		}
		if n := len(bits); n > 0 && bits[n-1] == o.Score {
			total := weights[n-1] + o.weight()
			y[n-1] = (y[n-1]*weights[n-1] + yes*o.weight()) / total
			weights[n-1] = total
			continue
		}
		bits, y, weights = append(bits, o.Score), append(y, yes), append(weights, o.weight())
	}
	fitted := Monotone(y, weights)
	var c Calibration
	for i := range bits { // only the ends of each level stretch are kept: what lies between is on the line
		if i > 0 && i < len(bits)-1 && fitted[i] == fitted[i-1] && fitted[i] == fitted[i+1] {
			continue
		}
		c.Bits, c.Shares = append(c.Bits, bits[i]), append(c.Shares, fitted[i])
	}
	return c, nil
}

// Centred is isotonic regression without its steps: each level stretch stands as one point at the mean of its scores, and the probability
// rises on straight lines between them, so that cases which isotonic regression ties keep their order (centred isotonic regression, Oron and
// Flournoy 2017). The lowest and the highest score get a probability short of certainty by one in as many cases as there are, as do all
// beyond them. It returns an error when there are fewer than two scores that differ, or one that is not finite.
func Centred(outcomes []Outcome) (Calibration, error) {
	var bits, y, weights []float64
	for _, o := range sorted(outcomes) {
		if !finite(o.Score) {
			return Calibration{}, errors.New("score: a score to calibrate by is not finite")
		}
		yes := 0.0
		if o.Yes {
			yes = 1
		}
		bits, y, weights = append(bits, o.Score), append(y, yes), append(weights, o.weight())
	}
	n := len(bits)
	if n == 0 || bits[0] == bits[n-1] {
		return Calibration{}, errors.New("score: no outcomes to calibrate by")
	}
	doubt := 1 / float64(n+2)
	fitted := Monotone(tied(bits, y, weights), weights)
	c := Calibration{Bits: []float64{bits[0]}, Shares: []float64{doubt}}
	for i := 0; i < n; {
		j, sum, total := i, 0.0, 0.0
		for ; j < n && fitted[j] == fitted[i]; j++ {
			sum, total = sum+weights[j]*bits[j], total+weights[j]
		}
		at, share := sum/total, min(max(fitted[i], doubt), 1-doubt)
		i = j
		if last := len(c.Bits) - 1; at <= c.Bits[last] { // all of the lowest stretch have the lowest score
			c.Shares[last] = max(share, c.Shares[last])
			continue
		}
		c.Bits, c.Shares = append(c.Bits, at), append(c.Shares, max(share, c.Shares[len(c.Shares)-1]))
	}
	if last := len(c.Bits) - 1; bits[n-1] > c.Bits[last] {
		c.Bits, c.Shares = append(c.Bits, bits[n-1]), append(c.Shares, 1-doubt)
	}
	return c, nil
}

// tied gives cases of one score their mean answer, so that their order does not matter. bits are rising.
func tied(bits, y, weights []float64) []float64 {
	means := make([]float64, len(y))
	for i := 0; i < len(y); {
		j, sum, total := i, 0.0, 0.0
		for ; j < len(y) && bits[j] == bits[i]; j++ {
			sum, total = sum+weights[j]*y[j], total+weights[j]
		}
		for ; i < j; i++ {
			means[i] = sum / total
		}
	}
	return means
}

// Platt calibrates by a sigmoid of the scores in bits, with targets a little inside 0 and 1 so that few cases do not promise certainty. The
// slope is at least a thousandth. It returns an error when a score is not finite or only one answer occurs.
func Platt(outcomes []Outcome) (Calibration, error) {
	var yes, no float64
	for _, o := range outcomes {
		if !finite(o.Score) {
			return Calibration{}, errors.New("score: a score to calibrate by is not finite")
		}
		if o.Yes {
			yes += o.weight()
		} else {
			no += o.weight()
		}
	}
	if yes == 0 || no == 0 {
		return Calibration{}, errors.New("score: calibration needs cases of both answers")
	}
	p := &problem{
		prior: []float64{0, 0}, precision: []float64{1e-12, 1e-12},
		low: []float64{math.Inf(-1), 1e-3}, high: []float64{math.Inf(1), math.Inf(1)},
	}
	for _, o := range outcomes {
		target := 1 / (no + 2)
		if o.Yes {
			target = (yes + 1) / (yes + 2)
		}
		p.x, p.yes, p.weight = append(p.x, []float64{1, o.Score * math.Ln2}), append(p.yes, target), append(p.weight, o.weight())
	}
	w, err := p.solve(200)
	if err != nil {
		return Calibration{}, err
	}
	return Calibration{Slope: w[1], Offset: w[0] / math.Ln2}, nil
}

// sorted is the outcomes by rising score.
func sorted(outcomes []Outcome) []Outcome {
	s := slices.Clone(outcomes)
	slices.SortStableFunc(s, func(a, b Outcome) int { return cmp.Compare(a.Score, b.Score) })
	return s
}
