package cultivate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/ownmark/ownmark/internal/fault"
)

// Request is what is known about an industry or belt that asks to join. Nil means not known, which is neither good nor
// bad: see Weights.Score.
type Request struct {
	AskedBy        Asker    // empty when not known
	Makers         *int     // workshops in the belt
	Jobs           *int     // people who live on them
	ExportLoss     *float64 // share of export orders lost in the last two years, 0 to 1
	Fakes          *Sample  // listings of the belt that were looked at
	StandardsBody  *bool    // a body that writes and checks standards for these goods has agreed to help
	CitySupport    *int     // 0 none, 1 in words, 2 with people, 3 with money
	OwnDesignShare *float64 // share of makers who have designs of their own, 0 to 1
}

// Sample is a count of fakes among listings drawn by lot.
type Sample struct {
	Fakes int
	Of    int
}

// Asker says who asks: the more makers stand behind a request, the more of them will come.
type Asker string

// Who may ask.
const (
	Association Asker = "association" // of the makers themselves
	City        Asker = "city"        // a local government
	Marketplace Asker = "marketplace" // the operator's own proposal
	Company     Asker = "company"     // one maker alone
)

// Part is one part of the score.
type Part string

// The parts of the score. Each is brought to 0 … 1 by the formula beside it.
const (
	PartAsker     Part = "asker"      // association 1, city 0.75, marketplace 0.5, company 0.25
	PartMakers    Part = "makers"     // log10(1 + makers) / 3, at most 1: a thousand workshops are enough
	PartJobs      Part = "jobs"       // log10(1 + jobs) / 5, at most 1: a hundred thousand people are enough
	PartExport    Part = "export"     // share lost / 0.5, at most 1: half the orders gone is as urgent as it gets
	PartFakes     Part = "fakes"      // lower end of Wilson's 95 % interval / 0.4, at most 1: a small sample proves little
	PartStandards Part = "standards"  // 1 with a standards body, 0 without
	PartCity      Part = "city"       // support / 3
	PartDesigns   Part = "own-design" // the share itself
)

var partWords = map[Part]Words{
	PartAsker:     {"Who asks", "申请方"},
	PartMakers:    {"Makers", "厂家数量"},
	PartJobs:      {"Jobs", "就业人数"},
	PartExport:    {"Export orders lost", "外贸订单流失"},
	PartFakes:     {"Sampled share of fakes", "抽样假货比例"},
	PartStandards: {"Standards body", "标准化机构"},
	PartCity:      {"Support of the city", "当地政府支持"},
	PartDesigns:   {"Makers with own designs", "有自主设计的厂家占比"},
}

// Words says the part to a person.
func (p Part) Words() Words { return partWords[p] }

// Parts lists the parts in the order in which they are shown.
func Parts() []Part {
	return []Part{PartAsker, PartMakers, PartJobs, PartExport, PartFakes, PartStandards, PartCity, PartDesigns}
}

// Weights says how much each part counts; they sum to 1.
type Weights map[Part]float64

// DefaultWeights puts need (jobs, export, fakes) at one half and the chance of success at the other. It is a starting
// point for people to argue about, not a finding.
func DefaultWeights() Weights {
	return Weights{
		PartAsker: 0.10, PartMakers: 0.10, PartJobs: 0.15, PartExport: 0.15,
		PartFakes: 0.20, PartStandards: 0.10, PartCity: 0.10, PartDesigns: 0.10,
	}
}

// Check returns fault.Invalid unless every part has a weight from 0 to 1, nothing else has, and they sum to 1.
func (w Weights) Check() error {
	sum := 0.0
	for _, part := range Parts() {
		weight, has := w[part]
		if !has || math.IsNaN(weight) || weight < 0 || weight > 1 {
			return fault.Invalid.Say("The weight of %q has to be from 0 to 1.", string(part)).At(string(part))
		}
		sum += weight
	}
	for _, part := range slices.Sorted(maps.Keys(w)) {
		if _, known := partWords[part]; !known {
			return fault.Invalid.Say("There is no part %q in the score.", string(part)).At(string(part))
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		return fault.Invalid.Say("The weights sum to %s and have to sum to 1.", fmt.Sprintf("%.4g", sum))
	}
	return nil
}

// Check returns fault.Invalid for a number that cannot be.
func (r Request) Check() error {
	switch {
	case r.AskedBy != "" && askerValues[r.AskedBy] == 0:
		return fault.Invalid.Say("Choose who asks.").At("asked_by")
	case r.Makers != nil && *r.Makers < 0:
		return fault.Invalid.Say("A count cannot be less than 0.").At("makers")
	case r.Jobs != nil && *r.Jobs < 0:
		return fault.Invalid.Say("A count cannot be less than 0.").At("jobs")
	case r.ExportLoss != nil && !isShare(*r.ExportLoss):
		return fault.Invalid.Say("A share has to be from 0 to 1.").At("export_loss")
	case r.Fakes != nil && (r.Fakes.Fakes < 0 || r.Fakes.Of < r.Fakes.Fakes):
		return fault.Invalid.Say("There cannot be more fakes than listings looked at.").At("fakes")
	case r.CitySupport != nil && (*r.CitySupport < 0 || *r.CitySupport > 3):
		return fault.Invalid.Say("The city's support has to be from 0 to 3.").At("city_support")
	case r.OwnDesignShare != nil && !isShare(*r.OwnDesignShare):
		return fault.Invalid.Say("A share has to be from 0 to 1.").At("own_design_share")
	}
	return nil
}

func isShare(x float64) bool { return x >= 0 && x <= 1 }

var askerValues = map[Asker]float64{Association: 1, City: 0.75, Marketplace: 0.5, Company: 0.25}

// value brings a part to 0 … 1; false when the request does not know it.
func (r Request) value(part Part) (float64, bool) {
	switch part {
	case PartAsker:
		return askerValues[r.AskedBy], r.AskedBy != ""
	case PartMakers:
		return logarithmic(r.Makers, 3)
	case PartJobs:
		return logarithmic(r.Jobs, 5)
	case PartExport:
		if r.ExportLoss != nil {
			return min(1, *r.ExportLoss/0.5), true
		}
	case PartFakes:
		if r.Fakes != nil && r.Fakes.Of > 0 {
			low, _ := r.Fakes.Interval()
			return min(1, low/0.4), true
		}
	case PartStandards:
		if r.StandardsBody != nil {
			if *r.StandardsBody {
				return 1, true
			}
			return 0, true
		}
	case PartCity:
		if r.CitySupport != nil {
			return float64(*r.CitySupport) / 3, true
		}
	case PartDesigns:
		if r.OwnDesignShare != nil {
			return *r.OwnDesignShare, true
		}
	}
	return 0, false
}

func logarithmic(count *int, decades float64) (float64, bool) {
	if count == nil {
		return 0, false
	}
	return min(1, math.Log10(1+float64(*count))/decades), true
}

// Interval is Wilson's 95 % interval of the share of fakes (Wilson 1927), 0 to 1. It is 0 to 1 when nothing was looked at.
func (s Sample) Interval() (low, high float64) {
	if s.Of <= 0 {
		return 0, 1
	}
	const z = 1.959963984540054 // the normal quantile of 0.975
	n, p := float64(s.Of), float64(s.Fakes)/float64(s.Of)
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}

// Score is a request's total and what made it.
type Score struct {
	Total float64 // 0 to 1; 0 when nothing is known
	Known float64 // the sum of the weights of the parts that are known, 0 to 1
	Parts []PartScore
}

// PartScore is what one part adds.
type PartScore struct {
	Part         Part
	Known        bool
	Value        float64 // 0 to 1 by the part's formula; 0 when not known
	Weight       float64 // as stated
	Shared       float64 // the weight it has here: the weight of unknown parts is shared out in proportion
	Contribution float64 // Shared times Value; the contributions sum to the total
}

// Unknown lists the parts the request does not know.
func (s Score) Unknown() []Part {
	var unknown []Part
	for _, p := range s.Parts {
		if !p.Known {
			unknown = append(unknown, p.Part)
		}
	}
	return unknown
}

// Score weighs a request: the total is Σ weight·value over the known parts, divided by the sum of their weights. So a
// part that is not known counts as if it were like the rest, neither 0 nor 1, and is said to be unknown. Returns
// fault.Invalid for weights or numbers that cannot be.
func (w Weights) Score(r Request) (Score, error) {
	if err := w.Check(); err != nil {
		return Score{}, err
	}
	if err := r.Check(); err != nil {
		return Score{}, err
	}
	var s Score
	for _, part := range Parts() {
		value, known := r.value(part)
		p := PartScore{Part: part, Known: known, Weight: w[part]}
		if known {
			p.Value = value
			s.Known += w[part]
		}
		s.Parts = append(s.Parts, p)
	}
	for i, p := range s.Parts {
		if p.Known && s.Known > 0 {
			s.Parts[i].Shared = p.Weight / s.Known
			s.Parts[i].Contribution = s.Parts[i].Shared * p.Value
			s.Total += s.Parts[i].Contribution
		}
	}
	return s, nil
}

// Swap is a change of one weight that makes two requests equal; beyond it they change places.
type Swap struct {
	Part Part
	From float64 // the weight as it stands
	To   float64 // the weight at which they are equal, the others scaled so that the sum stays 1
}

// Swaps says which single weight would have to change, and how far, for two requests to change places: for each part the
// nearest such weight, smallest change first. It is empty when no single weight can do it. Returns fault.Invalid as Score.
func (w Weights) Swaps(a, b Request) ([]Swap, error) {
	scoreA, err := w.Score(a)
	if err != nil {
		return nil, err
	}
	scoreB, err := w.Score(b)
	if err != nil {
		return nil, err
	}
	var swaps []Swap
	for i, part := range Parts() {
		at := line{scoreA.Parts, scoreB.Parts, i, w[part]}
		if to, ok := at.nearestSwap(); ok {
			swaps = append(swaps, Swap{part, w[part], to})
		}
	}
	slices.SortStableFunc(swaps, func(x, y Swap) int {
		return cmp.Compare(math.Abs(x.To-x.From), math.Abs(y.To-y.From))
	})
	return swaps, nil
}

// line is the way on which one weight goes from 0 to 1 and the others keep their proportions.
type line struct {
	a, b   []PartScore
	part   int
	weight float64
}

// totals gives Σ weight·value and Σ weight over the known parts, with the part's weight at t.
func (l line) totals(parts []PartScore, t float64) (sum, known float64) {
	for i, p := range parts {
		weight := t
		if i != l.part {
			if l.weight < 1 {
				weight = p.Weight * (1 - t) / (1 - l.weight)
			} else {
				weight = (1 - t) / float64(len(parts)-1) // there is no proportion to keep
			}
		}
		if p.Known {
			sum += weight * p.Value
			known += weight
		}
	}
	return sum, known
}

// lead is positive where a leads. It is the difference of the totals times both sums of weights, which makes it a
// quadratic in t; the sums are never negative, so its sign is that of the difference.
func (l line) lead(t float64) float64 {
	sumA, knownA := l.totals(l.a, t)
	sumB, knownB := l.totals(l.b, t)
	return sumA*knownB - sumB*knownA
}

func (l line) nearestSwap() (float64, bool) {
	f0, fHalf, f1 := l.lead(0), l.lead(0.5), l.lead(1)
	square := 2*f0 - 4*fHalf + 2*f1
	linear := f1 - f0 - square
	found, ok := 0.0, false
	for _, t := range roots(square, linear, f0) {
		const step = 1e-7
		if t < step || t > 1-step || l.lead(t-step)*l.lead(t+step) >= 0 {
			continue // outside, or only touched
		}
		if !ok || math.Abs(t-l.weight) < math.Abs(found-l.weight) {
			found, ok = t, true
		}
	}
	return found, ok
}

// roots solves square·t² + linear·t + constant = 0.
func roots(square, linear, constant float64) []float64 {
	const nothing = 1e-12
	if math.Abs(square) < nothing {
		if math.Abs(linear) < nothing {
			return nil
		}
		return []float64{-constant / linear}
	}
	under := linear*linear - 4*square*constant
	if under < 0 {
		return nil
	}
	// The form that does not subtract like from like.
	q := -0.5 * (linear + math.Copysign(math.Sqrt(under), linear))
	if q == 0 {
		return []float64{0}
	}
	return []float64{q / square, constant / q}
}
