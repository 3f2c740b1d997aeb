package score

import (
	"errors"
	"fmt"
	"math"
)

// Example is a case whose answer is known.
type Example struct {
	X      []float64 // by feature
	Yes    bool
	Weight float64 // how much it counts; 0 means 1
	Group  string  // cases that are not independent share one; Folds keeps them together
}

// Options steer Fit. The zero value is a good choice but for the bias, which it holds near zero only loosely.
type Options struct {
	Bias       Feature // prior of the bias; a zero Spread with a zero Prior means Spread 10
	YesWeight  float64 // weight of cases with the answer yes; 0 means 1
	NoWeight   float64 // of cases with the answer no; 0 means 1
	Iterations int     // at most; 0 means 200
}

// Fit finds the weights that the examples make likeliest under the priors. Errors: no examples, a vector whose length is not that of
// features, a value that is not finite, limits that exclude the prior of a held weight, or no convergence within the iterations.
func Fit(features []Feature, examples []Example, o Options) (Model, error) {
	p, err := newProblem(features, examples, o)
	if err != nil {
		return Model{}, err
	}
	w, err := p.solve(cmpOr(o.Iterations, 200))
	if err != nil {
		return Model{}, err
	}
	m := Model{Bias: w[0] / math.Ln2, Weights: make([]float64, len(features))}
	for i := range features {
		m.Weights[i] = w[i+1] / math.Ln2
	}
	return m, nil
}

func cmpOr[T int | float64](a, b T) T {
	if a == 0 {
		return b
	}
	return a
}

// problem is the objective in nats: the weighted log loss plus half the squared distance of each weight from its prior in spreads.
// Index 0 is the bias.
type problem struct {
	x         [][]float64
	yes       []float64
	weight    []float64
	prior     []float64
	precision []float64 // 1/spread²
	low, high []float64
}

func newProblem(features []Feature, examples []Example, o Options) (*problem, error) {
	if len(examples) == 0 {
		return nil, errors.New("score: no examples to fit")
	}
	bias := o.Bias
	if bias.Spread == 0 && bias.Prior == 0 {
		bias.Spread = 10
	}
	p := &problem{}
	for i, f := range append([]Feature{bias}, features...) {
		low, high := f.limits()
		if f.Spread == 0 {
			if f.Prior < low || f.Prior > high {
				return nil, fmt.Errorf("score: feature %d (%s) is held at %g, which its sign and bound exclude", i-1, f.Name, f.Prior)
			}
			low, high = f.Prior, f.Prior
		}
		if !finite(f.Prior) || !finite(f.Spread) || f.Spread < 0 || !finite(f.Bound) || f.Bound < 0 {
			return nil, fmt.Errorf("score: feature %d (%s) has a prior, spread or bound that is no plain number", i-1, f.Name)
		}
		p.prior = append(p.prior, f.Prior*math.Ln2)
		p.low, p.high = append(p.low, low*math.Ln2), append(p.high, high*math.Ln2)
		precision := 0.0
		if f.Spread > 0 {
			precision = 1 / (f.Spread * f.Spread * math.Ln2 * math.Ln2)
		}
		p.precision = append(p.precision, precision)
	}
	for i, e := range examples {
		if len(e.X) != len(features) {
			return nil, fmt.Errorf("score: example %d has %d values for %d features", i, len(e.X), len(features))
		}
		row := make([]float64, 1, len(features)+1)
		row[0] = 1
		for j, v := range e.X {
			if !finite(v) {
				return nil, fmt.Errorf("score: example %d has no finite value for feature %d (%s)", i, j, features[j].Name)
			}
			row = append(row, v)
		}
		weight, yes := cmpOr(e.Weight, 1)*cmpOr(o.NoWeight, 1), 0.0
		if e.Yes {
			weight, yes = cmpOr(e.Weight, 1)*cmpOr(o.YesWeight, 1), 1
		}
		if !finite(weight) || weight < 0 {
			return nil, fmt.Errorf("score: example %d has a weight that is no plain number", i)
		}
		p.x, p.yes, p.weight = append(p.x, row), append(p.yes, yes), append(p.weight, weight)
	}
	return p, nil
}

func finite(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) }

// loss is the objective at w.
func (p *problem) loss(w []float64) float64 {
	sum := 0.0
	for i, x := range p.x {
		z := dot(w, x)
		sum += p.weight[i] * (softplus(z) - p.yes[i]*z)
	}
	for j := range w {
		d := w[j] - p.prior[j]
		sum += 0.5 * p.precision[j] * d * d
	}
	return sum
}

// softplus is ln(1+e^z) without overflow.
func softplus(z float64) float64 {
	if z > 0 {
		return z + math.Log1p(math.Exp(-z))
	}
	return math.Log1p(math.Exp(z))
}

func logistic(z float64) float64 {
	if z < 0 {
		e := math.Exp(z)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-z))
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// slopes fills the gradient g and, unless nil, the Hessian h (row by row) of the objective at w.
func (p *problem) slopes(w, g, h []float64) {
	n := len(w)
	clear(g)
	clear(h)
	for i, x := range p.x {
		q := logistic(dot(w, x))
		r, c := p.weight[i]*(q-p.yes[i]), p.weight[i]*q*(1-q)
		for j, v := range x {
			if v == 0 {
				continue
			}
			g[j] += r * v
			if h == nil {
				continue
			}
			for k := j; k < n; k++ {
				h[j*n+k] += c * v * x[k]
			}
		}
	}
	for j := range w {
		g[j] += p.precision[j] * (w[j] - p.prior[j])
	}
	if h == nil {
		return
	}
	for j := range n {
		h[j*n+j] += p.precision[j]
		for k := range j {
			h[j*n+k] = h[k*n+j]
		}
	}
}

// tolerance is how far, in nats for each nat of weight, an answer may be from the optimum's conditions, per example.
const tolerance = 1e-9

// solve is the projected Newton method: weights that press against a limit are held there, the rest take a Newton step, and the step is
// shortened along its projection until the objective falls enough (Bertsekas 1982).
func (p *problem) solve(iterations int) ([]float64, error) {
	n := len(p.prior)
	w := make([]float64, n)
	for j := range w {
		w[j] = min(max(p.prior[j], p.low[j]), p.high[j])
	}
	g, h := make([]float64, n), make([]float64, n*n)
	step, next := make([]float64, n), make([]float64, n)
	free := make([]int, 0, n)
	loss, scale := p.loss(w), float64(len(p.x))
	for range iterations {
		p.slopes(w, g, h)
		free = free[:0]
		worst := 0.0
		for j := range w {
			if w[j] <= p.low[j] && g[j] >= 0 || w[j] >= p.high[j] && g[j] <= 0 {
				continue
			}
			free = append(free, j)
			worst = max(worst, math.Abs(g[j]))
		}
		if worst <= tolerance*scale {
			return w, nil
		}
		newton(step, g, h, free, n)
		t, moved := 1.0, false
		for range 60 {
			fall := 0.0
			for j := range w {
				next[j] = min(max(w[j]-t*step[j], p.low[j]), p.high[j])
				fall += g[j] * (w[j] - next[j])
			}
			if l := p.loss(next); l <= loss-1e-4*fall {
				moved = loss-l > 0
				loss = l
				copy(w, next)
				break
			}
			t /= 2
		}
		if !moved {
			if worst <= math.Sqrt(tolerance)*scale {
				return w, nil // the objective is flat to the last digit a float64 has
			}
			break
		}
	}
	return nil, errors.New("score: the fit did not converge")
}

// newton solves h·step = g over the free weights by Cholesky decomposition; where the Hessian is singular to working precision its diagonal
// is lifted until it is not.
func newton(step, g, h []float64, free []int, n int) {
	clear(step)
	m := len(free)
	l, s := make([]float64, m*m), make([]float64, m)
	for lift := 0.0; ; lift = max(lift*10, 1e-10) {
		if !cholesky(l, h, free, n, lift) {
			continue
		}
		for a := range m {
			sum := g[free[a]]
			for b := range a {
				sum -= l[a*m+b] * s[b]
			}
			s[a] = sum / l[a*m+a]
		}
		for a := m - 1; a >= 0; a-- {
			for b := a + 1; b < m; b++ {
				s[a] -= l[b*m+a] * s[b]
			}
			s[a] /= l[a*m+a]
		}
		for a, j := range free {
			step[j] = s[a]
		}
		return
	}
}

// cholesky decomposes the free part of h with its diagonal lifted; false when that is not positive definite.
func cholesky(l, h []float64, free []int, n int, lift float64) bool {
	m := len(free)
	for a := range m {
		for b := range a + 1 {
			sum := h[free[a]*n+free[b]]
			if a == b {
				sum += lift * (1 + math.Abs(sum))
			}
			for c := range b {
				sum -= l[a*m+c] * l[b*m+c]
			}
			if a != b {
				l[a*m+b] = sum / l[b*m+b]
				continue
			}
			if !(sum > 1e-12*(1+math.Abs(h[free[a]*n+free[a]]))) {
				return false
			}
			l[a*m+a] = math.Sqrt(sum)
		}
	}
	return true
}
