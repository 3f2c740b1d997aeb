// Package score weighs evidence: an additive score in bits whose weights are fitted from labels under what sense demands,
// calibrated so that 0.8 means eight in ten, and measured with intervals.
//
// # The score
//
// A case is a vector of features. Its score is a bias plus the sum of weight times feature, in bits: one bit doubles the odds. Because it is
// a sum, each feature's part can be shown beside the whole, and nothing else goes into it. Features may be binary or continuous; the
// functions Ramp, Doublings and Decades are monotone transforms that keep a part readable ("each halving of the price adds 1.4 bits").
//
// # The fit
//
// Fit is logistic regression by maximum a posteriori: every weight has a normal prior around what sense says, with a spread that says how
// far labels may move it, a sign that it may not cross, and a bound. The objective is strictly convex, so there is one answer; it is found
// by a projected Newton method (Bertsekas 1982), which identifies the weights that lie on their bounds and solves for the others.
//
// # Calibration and measures
//
// Isotonic regression by pool-adjacent-violators (Ayer et al. 1955; Zadrozny and Elkan 2002), or Platt's sigmoid with his targets for few
// data (Platt 1999, by the method of Lin, Lin and Weng 2007). ROC-AUC as the Mann-Whitney statistic, average precision without interpolation,
// Wilson intervals (1927), expected calibration error over bins of equal width, bootstrap over groups (Efron 1979).
package score

import "math"

// Sign is what sense demands of a weight.
type Sign int8

// The signs.
const (
	Negative Sign = -1 // the weight is at most zero
	Free     Sign = 0
	Positive Sign = +1 // the weight is at least zero
)

// Feature is one input of a score and what is known of its weight beforehand.
type Feature struct {
	Name   string
	Prior  float64 // the weight expected before any label, in bits for each unit
	Spread float64 // standard deviation of the prior in bits; 0 holds the weight at Prior
	Sign   Sign
	Bound  float64 // the weight's greatest magnitude; 0 means none
}

// low and high are the limits of the weight.
func (f Feature) limits() (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if f.Bound > 0 {
		low, high = -f.Bound, f.Bound
	}
	switch f.Sign {
	case Negative:
		high = 0
	case Positive:
		low = 0
	}
	return low, high
}

// Model is a fitted score.
type Model struct {
	Bias    float64   // bits, when every feature is zero
	Weights []float64 // bits for each unit, by feature
}

// Score is the log-odds of x in bits. x has a value for each weight.
func (m Model) Score(x []float64) float64 {
	bits := m.Bias
	for i, w := range m.Weights {
		bits += w * x[i]
	}
	return bits
}

// Contributions appends each feature's part of Score(x), in bits, to dst. With the bias they add up to the score.
func (m Model) Contributions(dst []float64, x []float64) []float64 {
	for i, w := range m.Weights {
		dst = append(dst, w*x[i])
	}
	return dst
}

// Probability is what log-odds in bits mean as a probability.
func Probability(bits float64) float64 {
	if bits < 0 {
		e := math.Exp2(bits)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp2(-bits))
}

// Bits is the log-odds of a probability in bits; infinite at 0 and 1.
func Bits(probability float64) float64 { return math.Log2(probability) - math.Log2(1-probability) }

// Ramp rises from 0 at from to 1 at to, linearly, and stays there; with from above to it falls. It is monotone in x. NaN is 0.
func Ramp(x, from, to float64) float64 {
	switch t := (x - from) / (to - from); {
	case t >= 1:
		return 1
	case t > 0:
		return t
	}
	return 0
}

// Doublings is how often x has doubled over one, from 0 to most: 0 below one and 3 at eight. It is monotone in x. NaN is 0.
func Doublings(x, most float64) float64 {
	if !(x > 1) {
		return 0
	}
	return min(math.Log2(x), most)
}

// Decades is how often x has grown tenfold over one, from 0 to most. It is monotone in x. NaN is 0.
func Decades(x, most float64) float64 {
	if !(x > 1) {
		return 0
	}
	return min(math.Log10(x), most)
}
