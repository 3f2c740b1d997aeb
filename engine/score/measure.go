package score

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// ROCAUC is the chance that a yes scores above a no, ties counting half. NaN when either answer does not occur.
func ROCAUC(outcomes []Outcome) float64 {
	var below, yes, pairs float64 // weight of no below, weight of yes
	s := sorted(outcomes)
	for i := 0; i < len(s); {
		var tiedYes, tiedNo float64
		j := i
		for ; j < len(s) && s[j].Score == s[i].Score; j++ {
			if s[j].Yes {
				tiedYes += s[j].weight()
			} else {
				tiedNo += s[j].weight()
			}
		}
		pairs += tiedYes * (below + tiedNo/2)
		below += tiedNo
		yes += tiedYes
		i = j
	}
	return pairs / (below * yes)
}

// AveragePrecision is the area under the precision-recall curve: precision at each threshold, weighted by the recall it adds, without
// interpolation. NaN when no yes occurs.
func AveragePrecision(outcomes []Outcome) float64 {
	s := sorted(outcomes)
	var yes, no, sum float64
	for i := len(s); i > 0; {
		var tiedYes float64
		j := i
		for ; j > 0 && s[j-1].Score == s[i-1].Score; j-- {
			if s[j-1].Yes {
				tiedYes += s[j-1].weight()
			} else {
				no += s[j-1].weight()
			}
		}
		yes += tiedYes
		sum += tiedYes * yes / (yes + no)
		i = j
	}
	return sum / yes
}

// Brier is the mean squared distance of the probabilities from the answers. NaN without outcomes.
func Brier(outcomes []Outcome) float64 {
	var sum, total float64
	for _, o := range outcomes {
		d := o.Score
		if o.Yes {
			d--
		}
		sum += o.weight() * d * d
		total += o.weight()
	}
	return sum / total
}

// LogLoss is the mean surprise at the answers, in bits, of probabilities; what a probability of 0 or 1 gets wrong counts as forty bits.
// NaN without outcomes.
func LogLoss(outcomes []Outcome) float64 {
	const most = 40
	var sum, total float64
	for _, o := range outcomes {
		p := o.Score
		if !o.Yes {
			p = 1 - p
		}
		sum += o.weight() * min(-math.Log2(p), most)
		total += o.weight()
	}
	return sum / total
}

// Bin is a row of a reliability table: cases whose probability lies in [From, To), To included in the last.
type Bin struct {
	From, To float64
	Count    int
	Said     float64 // the mean probability; 0 without cases
	Was      float64 // the share of yes; 0 without cases
	Interval Interval
}

// Reliability puts probabilities beside what came true, over bins of equal width.
func Reliability(outcomes []Outcome, bins int) []Bin {
	table := make([]Bin, bins)
	sums := make([]struct{ weight, said, yes float64 }, bins)
	count := make([]int, bins)
	for _, o := range outcomes {
		i := min(max(int(o.Score*float64(bins)), 0), bins-1)
		table[i].Count++
		sums[i].weight += o.weight()
		sums[i].said += o.weight() * o.Score
		if o.Yes {
			sums[i].yes += o.weight()
			count[i]++
		}
	}
	for i := range table {
		table[i].From, table[i].To = float64(i)/float64(bins), float64(i+1)/float64(bins)
		table[i].Interval = Wilson(count[i], table[i].Count, Z95)
		if sums[i].weight > 0 {
			table[i].Said, table[i].Was = sums[i].said/sums[i].weight, sums[i].yes/sums[i].weight
		}
	}
	return table
}

// ECE is the expected calibration error: the distance of what was said from what came true, averaged over the cases in bins of equal width.
// NaN without outcomes.
func ECE(outcomes []Outcome, bins int) float64 {
	gap, total := make([]float64, bins), 0.0
	for _, o := range outcomes {
		i := min(max(int(o.Score*float64(bins)), 0), bins-1)
		gap[i] += o.weight() * o.Score
		if o.Yes {
			gap[i] -= o.weight()
		}
		total += o.weight()
	}
	sum := 0.0
	for _, g := range gap {
		sum += math.Abs(g)
	}
	return sum / total
}

// Confusion counts answers against truth.
type Confusion struct {
	TruePositives, FalsePositives, FalseNegatives, TrueNegatives int
}

// Add counts one case.
func (c *Confusion) Add(said, was bool) {
	switch {
	case said && was:
		c.TruePositives++
	case said:
		c.FalsePositives++
	case was:
		c.FalseNegatives++
	default:
		c.TrueNegatives++
	}
}

// Precision is the share of what was said to be a yes that was one; NaN when nothing was.
func (c Confusion) Precision() float64 {
	return float64(c.TruePositives) / float64(c.TruePositives+c.FalsePositives)
}

// Recall is the share of what was a yes that was said to be one; NaN when nothing was.
func (c Confusion) Recall() float64 {
	return float64(c.TruePositives) / float64(c.TruePositives+c.FalseNegatives)
}

// FallOut is the share of what was a no that was said to be a yes; NaN when nothing was.
func (c Confusion) FallOut() float64 {
	return float64(c.FalsePositives) / float64(c.FalsePositives+c.TrueNegatives)
}

// F1 is the harmonic mean of precision and recall; NaN when there was neither a yes nor anything said to be one.
func (c Confusion) F1() float64 {
	return 2 * float64(c.TruePositives) / float64(2*c.TruePositives+c.FalsePositives+c.FalseNegatives)
}

// PrecisionInterval is the 95 % Wilson interval of the precision; RecallInterval that of the recall.
func (c Confusion) PrecisionInterval() Interval {
	return Wilson(c.TruePositives, c.TruePositives+c.FalsePositives, Z95)
}

// RecallInterval is the 95 % Wilson interval of the recall.
func (c Confusion) RecallInterval() Interval {
	return Wilson(c.TruePositives, c.TruePositives+c.FalseNegatives, Z95)
}

// Interval is a range that holds the true value with the confidence asked for.
type Interval struct{ Low, High float64 }

// Z95 is the normal quantile of a two-sided 95 % interval.
const Z95 = 1.959963984540054

// Wilson is the score interval for a share of hits among n without continuity correction (Wilson 1927). With n = 0 it is the whole of 0 to 1.
func Wilson(hits, n int, z float64) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	total, p := float64(n), float64(hits)/float64(n)
	centre := (p + z*z/(2*total)) / (1 + z*z/total)
	half := z / (1 + z*z/total) * math.Sqrt(p*(1-p)/total+z*z/(4*total*total))
	i := Interval{max(centre-half, 0), min(centre+half, 1)}
	if hits <= 0 {
		i.Low = 0 // exactly, where rounding leaves a speck
	}
	if hits >= n {
		i.High = 1
	}
	return i
}

// Bootstrap is the percentile interval of a statistic at 95 %: the outcomes are drawn again, whole groups at a time, and the statistic is
// taken each time. Draws for which it is NaN are left out. The same seed gives the same interval.
func Bootstrap(outcomes []Outcome, statistic func([]Outcome) float64, draws int, seed uint64) Interval {
	groups := grouped(outcomes)
	random := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	var values []float64
	sample := make([]Outcome, 0, len(outcomes))
	for range draws {
		sample = sample[:0]
		for range groups {
			sample = append(sample, groups[random.IntN(len(groups))]...)
		}
		if v := statistic(sample); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	slices.Sort(values)
	return Interval{quantile(values, 0.025), quantile(values, 0.975)}
}

// grouped is the outcomes by group, in order of first appearance; each without a group is one of its own.
func grouped(outcomes []Outcome) [][]Outcome {
	index := map[string]int{}
	var groups [][]Outcome
	for _, o := range outcomes {
		i, seen := index[o.Group]
		if !seen || o.Group == "" {
			i = len(groups)
			index[o.Group] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], o)
	}
	return groups
}

// quantile interpolates linearly in a sorted slice (type 7 of Hyndman and Fan 1996).
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Folds deals cases into k folds for cross-validation so that a group is never divided and each fold gets its share of both answers: groups
// in order of size go to the fold that has the fewest cases with the group's commoner answer. It returns the fold of each case, from 0.
// A case with an empty group is a group of its own. The result depends on nothing but its input and the seed.
func Folds(groups []string, yes []bool, k int, seed uint64) []int {
	type group struct {
		cases     []int
		yes, rank int
		hash      uint64
	}
	index := map[string]int{}
	var all []group
	for i, name := range groups {
		j, seen := index[name]
		if !seen || name == "" {
			j = len(all)
			index[name] = j
			all = append(all, group{rank: i, hash: hashOf(name, i, seed)})
		}
		all[j].cases = append(all[j].cases, i)
		if yes[i] {
			all[j].yes++
		}
	}
	slices.SortFunc(all, func(a, b group) int {
		return cmp.Or(cmp.Compare(len(b.cases), len(a.cases)), cmp.Compare(a.hash, b.hash), cmp.Compare(a.rank, b.rank))
	})
	type load struct{ yes, no int }
	loads := make([]load, k)
	folds := make([]int, len(groups))
	for _, g := range all {
		best := 0
		for f := range loads {
			a, b := loads[f], loads[best]
			if 2*g.yes >= len(g.cases) && cmp.Or(cmp.Compare(a.yes, b.yes), cmp.Compare(a.no, b.no)) < 0 ||
				2*g.yes < len(g.cases) && cmp.Or(cmp.Compare(a.no, b.no), cmp.Compare(a.yes, b.yes)) < 0 {
				best = f
			}
		}
		loads[best].yes += g.yes
		loads[best].no += len(g.cases) - g.yes
		for _, i := range g.cases {
			folds[i] = best
		}
	}
	return folds
}

func hashOf(name string, at int, seed uint64) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	if name == "" {
		h.Write([]byte{byte(at), byte(at >> 8), byte(at >> 16), byte(at >> 24)})
	}
	return mix(h.Sum64() ^ seed*0x9e3779b97f4a7c15)
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
