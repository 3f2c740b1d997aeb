package score

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/optimize"
)

// The example of Wikipedia's article on logistic regression: hours studied and whether the examination was passed. The article gives the
// intercept as -4.0777 and the slope as 1.5046 for each hour, in nats.
var (
	hours  = []float64{0.50, 0.75, 1.00, 1.25, 1.50, 1.75, 1.75, 2.00, 2.25, 2.50, 2.75, 3.00, 3.25, 3.50, 4.00, 4.25, 4.50, 4.75, 5.00, 5.50}
	passed = []int{0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1}
)

func studied() []Example {
	var examples []Example
	for i, h := range hours {
		examples = append(examples, Example{X: []float64{h}, Yes: passed[i] == 1})
	}
	return examples
}

func TestFitAgreesWithThePublishedExample(t *testing.T) {
	wide := Feature{Name: "hours", Spread: 1e6}
	m, err := Fit([]Feature{wide}, studied(), Options{Bias: Feature{Spread: 1e6}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "intercept", m.Bias*math.Ln2, -4.0777, 5e-5)
	near(t, "slope", m.Weights[0]*math.Ln2, 1.5046, 5e-5)
	for i, want := range []float64{0.07, 0.26, 0.61, 0.87, 0.97} { // the article's table, for one to five hours
		near(t, "chance", Probability(m.Score([]float64{float64(i + 1)})), want, 0.005)
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.12g, want %.12g ± %g", what, got, want, tolerance)
	}
}

// random draws a problem with a known answer: correlated features, some useless.
func random(seed uint64, features, examples int) ([]Feature, []Example) {
	r := rand.New(rand.NewPCG(seed, 1))
	fs := make([]Feature, features)
	truth := make([]float64, features)
	for i := range fs {
		fs[i] = Feature{Prior: r.NormFloat64(), Spread: 0.2 + 2*r.Float64()}
		truth[i] = r.NormFloat64()
	}
	es := make([]Example, examples)
	for i := range es {
		x, z, common := make([]float64, features), -0.5, r.NormFloat64()
		for j := range x {
			if x[j] = common + r.NormFloat64(); r.IntN(3) == 0 {
				x[j] = 0
			}
			z += truth[j] * x[j]
		}
		es[i] = Example{X: x, Yes: r.Float64() < logistic(z), Weight: 0.5 + r.Float64()}
	}
	return fs, es
}

// TestFitAgreesWithGonum holds the free problem against a quasi-Newton method nobody here wrote.
func TestFitAgreesWithGonum(t *testing.T) {
	for seed := range uint64(5) {
		fs, es := random(seed, 8, 300)
		m, err := Fit(fs, es, Options{Bias: Feature{Prior: -1, Spread: 2}, YesWeight: 2})
		if err != nil {
			t.Fatal(err)
		}
		p, err := newProblem(fs, es, Options{Bias: Feature{Prior: -1, Spread: 2}, YesWeight: 2})
		if err != nil {
			t.Fatal(err)
		}
		result, err := optimize.Minimize(optimize.Problem{
			Func: p.loss,
			Grad: func(grad, w []float64) { p.slopes(w, grad, nil) },
		}, make([]float64, 9), &optimize.Settings{GradientThreshold: 1e-9}, &optimize.BFGS{})
		if err != nil && result.F > p.loss(append([]float64{m.Bias * math.Ln2}, scaled(m.Weights)...))+1e-9 {
			t.Fatal(err)
		}
		near(t, "bias", m.Bias*math.Ln2, result.X[0], 1e-6)
		for i, w := range m.Weights {
			near(t, "weight", w*math.Ln2, result.X[i+1], 1e-6)
		}
	}
}

func scaled(bits []float64) []float64 {
	nats := make([]float64, len(bits))
	for i, b := range bits {
		nats[i] = b * math.Ln2
	}
	return nats
}

// TestFitMeetsTheConditionsOfAnOptimum checks Karush-Kuhn-Tucker for random problems with signs, bounds and held weights: inside its limits a
// weight has no slope, on a limit the slope presses outwards. For a strictly convex objective that is the optimum.
func TestFitMeetsTheConditionsOfAnOptimum(t *testing.T) {
	pressed := 0
	for seed := range uint64(40) {
		fs, es := random(100+seed, 7, 120)
		r := rand.New(rand.NewPCG(seed, 2))
		for i := range fs {
			fs[i].Sign = Sign(r.IntN(3) - 1)
			if r.IntN(2) == 0 {
				fs[i].Bound = 0.2 + r.Float64()
			}
			if r.IntN(5) == 0 {
				fs[i] = Feature{Prior: 0.3}
			}
		}
		o := Options{Bias: Feature{Spread: 3}}
		m, err := Fit(fs, es, o)
		if err != nil {
			t.Fatal(err)
		}
		p, err := newProblem(fs, es, o)
		if err != nil {
			t.Fatal(err)
		}
		w := append([]float64{m.Bias * math.Ln2}, scaled(m.Weights)...)
		g := make([]float64, len(w))
		p.slopes(w, g, nil)
		for j := range w {
			const slack = 1e-5 // what is left where the objective is flat to the last digit of a float64
			atLow, atHigh := w[j] <= p.low[j]+1e-12, w[j] >= p.high[j]-1e-12
			switch {
			case atLow && atHigh:
			case atLow && g[j] < -slack, atHigh && g[j] > slack, !atLow && !atHigh && math.Abs(g[j]) > slack:
				t.Errorf("seed %d: weight %d is %g in [%g, %g] with slope %g", seed, j, w[j], p.low[j], p.high[j], g[j])
			case atLow || atHigh:
				pressed++
			}
		}
	}
	if pressed == 0 {
		t.Error("no weight ever lay on a limit: the test tests nothing")
	}
}

func TestFitWithoutEvidenceKeepsThePrior(t *testing.T) {
	fs := []Feature{{Prior: 1.5, Spread: 1}, {Prior: -2, Spread: 0.5, Sign: Negative}}
	es := []Example{{X: []float64{0, 0}, Yes: true}, {X: []float64{0, 0}}}
	m, err := Fit(fs, es, Options{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "first", m.Weights[0], 1.5, 1e-9)
	near(t, "second", m.Weights[1], -2, 1e-9)
	near(t, "bias", m.Bias, 0, 1e-6)
}

func TestFitOfSeparableDataStaysFinite(t *testing.T) {
	var es []Example
	for i := range 50 {
		es = append(es, Example{X: []float64{float64(i)}, Yes: i >= 25})
	}
	m, err := Fit([]Feature{{Spread: 100}}, es, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !(m.Weights[0] > 0.5) || math.IsInf(m.Weights[0], 0) {
		t.Errorf("weight %g", m.Weights[0])
	}
}

func TestFitRefusesWhatCannotBeFitted(t *testing.T) {
	ok := []Example{{X: []float64{1}, Yes: true}}
	for name, c := range map[string]struct {
		features []Feature
		examples []Example
	}{
		"no examples":    {[]Feature{{Spread: 1}}, nil},
		"wrong length":   {[]Feature{{Spread: 1}, {Spread: 1}}, ok},
		"not a number":   {[]Feature{{Spread: 1}}, []Example{{X: []float64{math.NaN()}}}},
		"infinite":       {[]Feature{{Spread: 1}}, []Example{{X: []float64{math.Inf(1)}}}},
		"weight":         {[]Feature{{Spread: 1}}, []Example{{X: []float64{1}, Weight: -1}}},
		"excluded prior": {[]Feature{{Prior: 1, Sign: Negative}}, ok},
		"bad spread":     {[]Feature{{Spread: -1}}, ok},
		"bad bound":      {[]Feature{{Spread: 1, Bound: math.NaN()}}, ok},
	} {
		if _, err := Fit(c.features, c.examples, Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestContributionsAddUp(t *testing.T) {
	m := Model{Bias: -2, Weights: []float64{1, -3, 0.5}}
	x := []float64{2, 1, 4}
	sum := m.Bias
	for _, part := range m.Contributions(nil, x) {
		sum += part
	}
	near(t, "sum", sum, m.Score(x), 1e-12)
	near(t, "score", m.Score(x), -1, 1e-12)
}

func TestBitsAndProbabilityAreInverse(t *testing.T) {
	near(t, "one bit", Probability(1), 2.0/3, 1e-15)
	near(t, "nothing", Probability(0), 0.5, 0)
	for _, bits := range []float64{-30, -3, -0.1, 0, 0.7, 5, 30} {
		near(t, "bits", Bits(Probability(bits)), bits, 1e-6)
	}
	if Probability(-5000) != 0 || Probability(5000) != 1 {
		t.Error("far scores must not overflow")
	}
}

func FuzzTransformsAreMonotone(f *testing.F) {
	f.Add(1.0, 2.0, 0.0, 1.0)
	f.Add(math.Inf(-1), math.Inf(1), -3.0, 7.0)
	f.Fuzz(func(t *testing.T, a, b, from, to float64) {
		if math.IsNaN(a) || math.IsNaN(b) || !finite(from) || !finite(to) || !(from < to) || !finite(to-from) {
			t.Skip()
		}
		if a > b {
			a, b = b, a
		}
		for _, pair := range [][2]float64{{Ramp(a, from, to), Ramp(b, from, to)}, {Doublings(a, 4), Doublings(b, 4)}, {Decades(a, 3), Decades(b, 3)}, {Ramp(b, to, from), Ramp(a, to, from)}} {
			if pair[0] > pair[1] || pair[0] < 0 || pair[1] > 4 {
				t.Errorf("%g, %g became %v", a, b, pair)
			}
		}
	})
}

func BenchmarkFit(b *testing.B) {
	fs, es := random(7, 30, 2000)
	for b.Loop() {
		if _, err := Fit(fs, es, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScore(b *testing.B) {
	fs, es := random(7, 32, 50)
	m, err := Fit(fs, es, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Score(es[0].X)
	}
}
