package score

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func outcomes(scores []float64, yes []int) []Outcome {
	var os []Outcome
	for i, s := range scores {
		os = append(os, Outcome{Score: s, Yes: yes[i] == 1})
	}
	return os
}

// The examples of scikit-learn's documentation of roc_auc_score, average_precision_score and brier_score_loss.
func TestMeasuresAgreeWithPublishedExamples(t *testing.T) {
	os := outcomes([]float64{0.1, 0.4, 0.35, 0.8}, []int{0, 0, 1, 1})
	near(t, "ROC-AUC", ROCAUC(os), 0.75, 1e-15)
	near(t, "average precision", AveragePrecision(os), 0.8333333333333333, 1e-12)
	near(t, "Brier", Brier(outcomes([]float64{0.1, 0.9, 0.8, 0.3}, []int{0, 1, 1, 0})), 0.0375, 1e-15)
}

func TestMeasuresWithTies(t *testing.T) {
	same := outcomes([]float64{0.5, 0.5, 0.5, 0.5}, []int{1, 0, 0, 0})
	near(t, "ROC-AUC", ROCAUC(same), 0.5, 0)
	near(t, "average precision is the share of yes", AveragePrecision(same), 0.25, 0)
	if !math.IsNaN(ROCAUC(outcomes([]float64{1, 2}, []int{1, 1}))) || !math.IsNaN(AveragePrecision(outcomes([]float64{1}, []int{0}))) {
		t.Error("a measure of nothing must be no number")
	}
}

// TestROCAUCIsTheMannWhitneyStatistic counts the pairs one by one.
func TestROCAUCIsTheMannWhitneyStatistic(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		var os []Outcome
		for range 40 {
			os = append(os, Outcome{Score: float64(r.IntN(12)), Yes: r.IntN(3) == 0, Weight: 0.5 + r.Float64()})
		}
		var won, pairs float64
		for _, a := range os {
			for _, b := range os {
				if !a.Yes || b.Yes {
					continue
				}
				w := a.Weight * b.Weight
				pairs += w
				switch {
				case a.Score > b.Score:
					won += w
				case a.Score == b.Score:
					won += w / 2
				}
			}
		}
		if pairs == 0 {
			continue
		}
		near(t, "ROC-AUC", ROCAUC(os), won/pairs, 1e-12)
	}
}

// Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3: the score interval.
func TestWilsonAgreesWithNewcombe(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0, 0.1611},
		{1, 29, 0.0061, 0.1718},
	} {
		i := Wilson(c.hits, c.n, Z95)
		near(t, fmt.Sprintf("%d of %d, low", c.hits, c.n), i.Low, c.low, 5e-5)
		near(t, fmt.Sprintf("%d of %d, high", c.hits, c.n), i.High, c.high, 5e-5)
	}
	if (Wilson(0, 0, Z95) != Interval{0, 1}) {
		t.Error("nothing seen says nothing")
	}
	if Wilson(7, 7, Z95).High != 1 || Wilson(0, 9, Z95).Low != 0 {
		t.Error("an interval must reach what was seen")
	}
}

// The example of R's isoreg.
func TestMonotoneAgreesWithR(t *testing.T) {
	got := Monotone([]float64{1, 0, 4, 3, 3, 5, 4, 2, 0}, nil)
	for i, want := range []float64{0.5, 0.5, 3, 3, 3, 3, 3, 3, 3} {
		near(t, fmt.Sprint(i), got[i], want, 1e-12)
	}
}

// TestMonotoneIsTheNearest compares with the closed form: the fitted value is the greatest of the least means around it (Robertson et al. 1988).
func TestMonotoneIsTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		n := 1 + r.IntN(12)
		y, w := make([]float64, n), make([]float64, n)
		for i := range y {
			y[i], w[i] = float64(r.IntN(5)), 0.5+r.Float64()
		}
		got := Monotone(y, w)
		for i := range y {
			best := math.Inf(-1)
			for from := 0; from <= i; from++ {
				least := math.Inf(1)
				for to := i; to < n; to++ {
					var sum, total float64
					for k := from; k <= to; k++ {
						sum, total = sum+w[k]*y[k], total+w[k]
					}
					least = min(least, sum/total)
				}
				best = max(best, least)
			}
			near(t, "value", got[i], best, 1e-9)
		}
	}
}

func TestIsotonicIsMonotoneAndTellsTheShares(t *testing.T) {
	c, err := Isotonic(outcomes([]float64{-2, -2, -1, 0, 1, 2, 2, 2}, []int{0, 0, 1, 0, 1, 1, 1, 0}))
	if err != nil || c.Check() != nil {
		t.Fatal(err, c.Check())
	}
	near(t, "lowest", c.Probability(-9), 0, 0)
	near(t, "pooled", c.Probability(-1), 0.5, 1e-12)
	near(t, "highest", c.Probability(9), 0.75, 1e-12)
	last := -1.0
	for bits := -4.0; bits < 4; bits += 0.01 {
		if p := c.Probability(bits); p < last || p > 1 {
			t.Fatalf("%g after %g", p, last)
		} else {
			last = p
		}
	}
	if _, err := Isotonic(nil); err == nil {
		t.Error("nothing cannot be calibrated by")
	}
}

// TestPlattFindsTheTrueSigmoid draws answers from a known sigmoid; the estimate must come near it as cases grow.
func TestPlattFindsTheTrueSigmoid(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	var os []Outcome
	for range 40000 {
		bits := 6*r.Float64() - 3
		os = append(os, Outcome{Score: bits, Yes: r.Float64() < Probability(0.7*bits-0.4)})
	}
	c, err := Platt(os)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "slope", c.Slope, 0.7, 0.03)
	near(t, "offset", c.Offset, -0.4, 0.05)
	var said []Outcome
	for _, o := range os {
		said = append(said, Outcome{Score: c.Probability(o.Score), Yes: o.Yes})
	}
	if e := ECE(said, 10); e > 0.01 {
		t.Errorf("calibration error after calibration: %g", e)
	}
}

func TestPlattOfSeparableScoresPromisesNoCertainty(t *testing.T) {
	c, err := Platt(outcomes([]float64{-3, -2, -1, 1, 2, 3}, []int{0, 0, 0, 1, 1, 1}))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Probability(3); p > 0.97 || p < 0.7 {
		t.Errorf("six cases make it %g", p)
	}
	if _, err := Platt(outcomes([]float64{1, 2}, []int{1, 1})); err == nil {
		t.Error("one answer only")
	}
	if _, err := Platt(outcomes([]float64{math.Inf(1), 2}, []int{1, 0})); err == nil {
		t.Error("an infinite score")
	}
}

func TestCalibrationFromOutsideIsChecked(t *testing.T) {
	for _, c := range []Calibration{
		{Bits: []float64{1}}, {Bits: []float64{1, 1}, Shares: []float64{0, 1}}, {Bits: []float64{0, 1}, Shares: []float64{0.5, 0.4}},
		{Bits: []float64{0}, Shares: []float64{2}}, {Slope: -1}, {Slope: math.NaN()},
	} {
		if c.Check() == nil {
			t.Errorf("%+v passed", c)
		}
	}
	if (Calibration{}).Check() != nil || (Calibration{}).Probability(1) != Probability(1) {
		t.Error("the zero value is the score's own odds")
	}
}

func TestReliabilityAndECE(t *testing.T) {
	os := outcomes([]float64{0.05, 0.05, 0.95, 0.95, 1}, []int{0, 1, 1, 1, 1})
	table := Reliability(os, 10)
	if table[0].Count != 2 || table[0].Was != 0.5 || table[9].Count != 3 || table[9].Was != 1 {
		t.Errorf("%+v", table)
	}
	near(t, "ECE", ECE(os, 10), (2*0.45+3*(1-2.9/3))/5, 1e-12)
}

func TestConfusion(t *testing.T) {
	var c Confusion
	for _, v := range [][2]bool{{true, true}, {true, true}, {true, false}, {false, true}, {false, false}} {
		c.Add(v[0], v[1])
	}
	near(t, "precision", c.Precision(), 2.0/3, 1e-15)
	near(t, "recall", c.Recall(), 2.0/3, 1e-15)
	near(t, "F1", c.F1(), 2.0/3, 1e-15)
	near(t, "fall-out", c.FallOut(), 0.5, 1e-15)
	if c.PrecisionInterval() != Wilson(2, 3, Z95) || c.RecallInterval() != Wilson(2, 3, Z95) {
		t.Error("intervals")
	}
	if !math.IsNaN((Confusion{}).Precision()) {
		t.Error("the precision of nothing is no number")
	}
}

// TestBootstrapCoversTheMean: for a mean the bootstrap must come near the normal interval.
func TestBootstrapCoversTheMean(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 11))
	var os []Outcome
	for range 400 {
		os = append(os, Outcome{Score: r.NormFloat64()})
	}
	mean := func(os []Outcome) float64 {
		sum := 0.0
		for _, o := range os {
			sum += o.Score
		}
		return sum / float64(len(os))
	}
	i := Bootstrap(os, mean, 2000, 1)
	near(t, "half width", (i.High-i.Low)/2, Z95/20, 0.015)
	if j := Bootstrap(os, mean, 2000, 1); i != j {
		t.Error("the same seed must give the same interval")
	}
	for k := range os {
		os[k].Group = fmt.Sprint(k / 20)
		os[k].Score = float64(k/20) / 10
	}
	if g := Bootstrap(os, mean, 500, 1); g.High-g.Low < 0.3 {
		t.Errorf("groups that differ leave %v", g)
	}
}

func TestFoldsKeepGroupsAndShares(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 13))
	var groups []string
	var yes []bool
	for i := range 400 {
		name := fmt.Sprint("g", r.IntN(250))
		if i%10 == 0 {
			name = ""
		}
		groups, yes = append(groups, name), append(yes, r.IntN(3) == 0)
	}
	folds := Folds(groups, yes, 5, 1)
	where := map[string]int{}
	var size, positives [5]int
	for i, f := range folds {
		size[f]++
		if yes[i] {
			positives[f]++
		}
		if g := groups[i]; g != "" {
			if at, seen := where[g]; seen && at != f {
				t.Fatalf("group %s lies in folds %d and %d", g, at, f)
			}
			where[g] = f
		}
	}
	for f := range size {
		if size[f] < 70 || size[f] > 90 || positives[f] < 20 {
			t.Errorf("fold %d has %d cases, %d of them yes", f, size[f], positives[f])
		}
	}
}

func FuzzMonotone(f *testing.F) {
	f.Add([]byte{3, 1, 2, 200, 7})
	f.Fuzz(func(t *testing.T, data []byte) {
		var y []float64
		sum := 0.0
		for _, b := range data {
			y = append(y, float64(b))
			sum += float64(b)
		}
		fitted, total := Monotone(y, nil), 0.0
		for i, v := range fitted {
			total += v
			if i > 0 && v < fitted[i-1] {
				t.Fatalf("%v falls", fitted)
			}
		}
		near(t, "sum", total, sum, 1e-6*(1+sum))
	})
}

func TestLogLossByHand(t *testing.T) {
	// A quarter for what came true costs two bits; three quarters for what did not costs two as well; certainty that is right costs nothing.
	got := LogLoss([]Outcome{{Score: 0.25, Yes: true}, {Score: 0.75}, {Score: 1, Yes: true}, {Score: 0, Weight: 1}})
	if math.Abs(got-1) > 1e-12 {
		t.Errorf("%g bits, want 1", got)
	}
	if got := LogLoss([]Outcome{{Score: 1}, {Score: 0.5, Weight: 3}}); got != (40+3)/4.0 {
		t.Errorf("certainty that is wrong: %g", got)
	}
	if !math.IsNaN(LogLoss(nil)) {
		t.Error("nothing has a mean")
	}
}

func TestCentredRisesBetweenThePools(t *testing.T) {
	// Pools by hand: no at 0 and 1; yes, no, yes at 2, 3, 4 with mean ½ up to 3 and 1 from 4; yes at 5.
	c, err := Centred([]Outcome{{Score: 0}, {Score: 1}, {Score: 2, Yes: true}, {Score: 3}, {Score: 4, Yes: true}, {Score: 5, Yes: true}})
	if err != nil {
		t.Fatal(err)
	}
	want := Calibration{Bits: []float64{0, 0.5, 2.5, 4.5, 5}, Shares: []float64{0.125, 0.125, 0.5, 0.875, 0.875}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	for _, bad := range [][]Outcome{nil, {{Score: 1}}, {{Score: 1}, {Score: 1, Yes: true}}, {{Score: math.NaN()}, {Score: 1}}} {
		if _, err := Centred(bad); err == nil {
			t.Errorf("%v was calibrated by", bad)
		}
	}
}

func TestCentredIsACalibrationAndKeepsTheOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var outcomes []Outcome
		for range 2 + random.IntN(60) {
			bits := float64(random.IntN(40)) / 4
			outcomes = append(outcomes, Outcome{Score: bits, Yes: random.Float64() < bits/10, Weight: 0.5 + random.Float64()})
		}
		c, err := Centred(outcomes)
		if err != nil {
			continue // they are all of one score
		}
		if err := c.Check(); err != nil {
			t.Fatalf("%v: %v from %v", err, c, outcomes)
		}
		again := slices.Clone(outcomes)
		slices.Reverse(again)
		other, err := Centred(again)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if math.Abs(c.Probability(o.Score)-other.Probability(o.Score)) > 1e-9 {
				t.Fatalf("the order of the cases matters: %v, %v", c, other)
			}
		}
	}
}
