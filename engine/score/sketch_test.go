package score_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ownmark/ownmark/engine/score"
)

// draws are numbers such as prices are: of one shop, of two very different ones, all equal, over many orders of magnitude.
func draws(random *rand.Rand, kind, n int) []float64 {
	var xs []float64
	for i := range n {
		switch kind {
		case 0:
			xs = append(xs, math.Exp(4+0.5*random.NormFloat64()))
		case 1:
			xs = append(xs, []float64{9.99, 1890}[i%2]*(1+random.Float64()/10))
		case 2:
			xs = append(xs, 42)
		default:
			xs = append(xs, math.Pow(10, random.Float64()*14-2.9))
		}
	}
	return xs
}

func TestQuantilesAreWithinTheError(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for kind := range 4 {
		for _, n := range []int{1, 2, 3, 10, 1000, 20_000} {
			xs := draws(random, kind, n)
			var s score.Sketch
			for _, x := range xs {
				if !s.Add(x) {
					t.Fatalf("%g was left out", x)
				}
			}
			slices.Sort(xs)
			for _, q := range []float64{0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999, 1} {
				exact := xs[int(q*float64(n-1))]
				if got := s.Quantile(q); math.Abs(got-exact) > score.Error*exact*(1+1e-9) {
					t.Errorf("kind %d, %d numbers, quantile %g: %g, exactly %g", kind, n, q, got, exact)
				}
			}
			last, counted := 0.0, uint64(0)
			s.Each(func(x float64, count uint64) {
				if x <= last || count == 0 {
					t.Errorf("%d of %g after %g", count, x, last)
				}
				last, counted = x, counted+count
			})
			if s.Count() != uint64(n) || counted != s.Count() {
				t.Errorf("%d counted of %d", s.Count(), n)
			}
		}
	}
}

func TestMergingInAnyOrderIsCountingAll(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		var whole score.Sketch
		parts := make([]*score.Sketch, 1+random.IntN(8))
		for i := range parts {
			parts[i] = &score.Sketch{}
			for _, x := range draws(random, random.IntN(4), random.IntN(50)) {
				parts[i].Add(x)
				whole.Add(x)
			}
		}
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		merged := &score.Sketch{}
		half := parts[0].Clone() // grouped otherwise
		for _, p := range parts[1:] {
			half.Merge(p)
		}
		merged.Merge(half)
		a, _ := whole.MarshalBinary()
		b, _ := merged.MarshalBinary()
		if !bytes.Equal(a, b) {
			t.Fatalf("%x and %x", a, b)
		}
	}
}

func TestSketchKeepsItsBounds(t *testing.T) {
	var s score.Sketch
	for _, x := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if s.Add(x) {
			t.Errorf("%g was counted", x)
		}
	}
	if !math.IsNaN(s.Quantile(0.5)) {
		t.Error("nothing has a median")
	}
	for _, x := range []float64{math.SmallestNonzeroFloat64, math.MaxFloat64, 1e-3, 1e12} {
		s.Add(x)
	}
	if b, _ := s.MarshalBinary(); len(b) > 2000 {
		t.Errorf("%d bytes for the widest sketch of small counts", len(b))
	}
	if low, high := s.Quantile(0), s.Quantile(1); low > 1.03e-3 || high < 0.97e12 {
		t.Errorf("%g to %g", low, high)
	}
	if !math.IsNaN(s.Quantile(1.1)) || !math.IsNaN(s.Quantile(math.NaN())) {
		t.Error("there are no such quantiles")
	}
}

func TestACloneSharesNothing(t *testing.T) {
	var s score.Sketch
	s.Add(10)
	c := s.Clone()
	s.Add(10)
	if c.Count() != 1 || s.Count() != 2 {
		t.Error(c.Count(), s.Count())
	}
}

// FuzzSketch: bytes that are read are the bytes that would be written, and hostile ones cost no memory.
func FuzzSketch(f *testing.F) {
	var s score.Sketch
	f.Add([]byte{1, 0, 0})
	for _, x := range []float64{1, 2, 2, 100, 1e9} {
		s.Add(x)
		b, _ := s.MarshalBinary()
		f.Add(b)
	}
	f.Add([]byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{1, 0, 2, 0, 1})
	f.Add([]byte{1, 0, 1, 0x81, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var s score.Sketch
		s.Add(7)
		if err := s.UnmarshalBinary(b); err != nil {
			if s.Count() != 1 {
				t.Fatal("a sketch was changed by bytes that are none")
			}
			return
		}
		again, _ := s.MarshalBinary()
		if !bytes.Equal(b, again) {
			t.Fatalf("%x was read and would be written %x", b, again)
		}
		if s.Count() > 0 {
			if low, high := s.Quantile(0), s.Quantile(1); !(low > 0 && low <= high && high < 2e12) {
				t.Fatalf("%g to %g", low, high)
			}
		}
		s.Merge(s.Clone())
	})
}

func ExampleSketch() {
	var monday, tuesday score.Sketch
	for price := 80.0; price <= 120; price++ {
		monday.Add(price)
	}
	tuesday.Add(1200)
	monday.Merge(&tuesday)
	fmt.Printf("%d prices, half of them below %.0f\n", monday.Count(), monday.Quantile(0.5))
	// Output: 42 prices, half of them below 102
}

func BenchmarkSketchAdd(b *testing.B) {
	xs := draws(rand.New(rand.NewPCG(5, 5)), 0, 1024)
	var s score.Sketch
	for i := range b.N {
		s.Add(xs[i%1024])
	}
}

func BenchmarkSketchQuantile(b *testing.B) {
	var s score.Sketch
	for _, x := range draws(rand.New(rand.NewPCG(5, 5)), 0, 100_000) {
		s.Add(x)
	}
	for b.Loop() {
		s.Quantile(0.05)
	}
}

func BenchmarkSketchMerge(b *testing.B) {
	var s, other score.Sketch
	for _, x := range draws(rand.New(rand.NewPCG(5, 5)), 0, 10_000) {
		s.Add(x)
		other.Add(x)
	}
	for b.Loop() {
		s.Merge(&other)
	}
}
