package cultivate

import (
	"math"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Evidence gives figures about makers. Rooms that count something about them answer: lots accepted, campaigns' orders, lessons passed. Several may answer for one measure;
// the first that knows is heard, the rooms before what people have entered here.
type Evidence interface {
	// Measures are those it can ever answer. A criterion that nobody can answer is not shown.
	Measures() []Measure

	// Figure is the measure of a maker over the last so many months. known is false when there is nothing to count yet.
	Figure(tx *db.Tx, m Maker, measure Measure, months int) (f Figure, known bool, err error)
}

// Figure is a measured value, with what it was counted from.
type Figure struct {
	Value    float64 // in the measure's unit
	N        int64   // of so many the share was taken; for a count, what was counted
	Census   bool    // the N are all there is, not a sample of how the firm works: required lessons, not orders
	From, To time.Time
	Source   Words
	Path     string // behind the maker's address: where its rows are ("livelihood"); may be empty
}

// shareOf is a Figure of part in whole, in per cent.
func shareOf(part, whole int64) Figure {
	return Figure{Value: 100 * float64(part) / float64(whole), N: whole}
}

// oneSided90 is the 90 % quantile of the normal distribution: a bound that is missed by chance one time in ten.
const oneSided90 = 1.2815515655446004

// Wilson is the interval of a share of n by Wilson's score (JASA 22, 1927), z standard errors wide; value and bounds in per cent. With nothing counted it
// is everything between 0 and 100.
func Wilson(value float64, n int64, z float64) (low, high float64) {
	if n <= 0 {
		return 0, 100
	}
	p, count := value/100, float64(n)
	middle := (p + z*z/(2*count)) / (1 + z*z/count)
	half := z * math.Sqrt(p*(1-p)/count+z*z/(4*count*count)) / (1 + z*z/count)
	return 100 * math.Max(0, middle-half), 100 * math.Min(1, middle+half)
}

// Finding is a criterion held against a figure.
type Finding struct {
	Criterion
	Figure
	Known     bool    // there is a figure
	Low, High float64 // of a share: between them lies what the firm does, eight times in ten
	Interval  bool    // Low and High mean something
	Met       bool
	Needed    int64 // of so many the share must at least be taken before the limit can be met at all; 0 where that does not matter
}

// Judge holds a figure against the criterion. A share that was taken of some orders or lots speaks of the firm only as far as there are enough of them: not the share
// itself but the cautious end of its interval has to meet the limit (for at-least the lower, for at-most the upper, each missed one time in ten). So 3 of 3
// is not 100 %. A census, and what is no share, is taken as it is.
func (c Criterion) Judge(f Figure, known bool) Finding {
	found := Finding{Criterion: c, Figure: f, Known: known}
	if !known {
		return found
	}
	if c.Measure.Unit() != "%" || f.Census {
		found.Met = c.Met(f.Value)
		return found
	}
	found.Interval = true
	found.Low, found.High = Wilson(f.Value, f.N, oneSided90)
	found.Needed = c.needed()
	cautious := found.Low
	if c.Measure.AtMost() {
		cautious = found.High
	}
	found.Met = f.N > 0 && c.Met(cautious)
	return found
}

// needed is the least count of which a faultless share meets the criterion.
func (c Criterion) needed() int64 {
	limit := c.Limit / 100
	if c.Measure.AtMost() {
		limit = 1 - limit
	}
	if limit <= 0 {
		return 1
	}
	if limit >= 1 {
		return 0 // no sample ever shows it
	}
	return int64(math.Ceil(oneSided90*oneSided90*limit/(1-limit) - 1e-9))
}

// Result is a share that somebody counted of a maker's orders or buyers in a period: 230 of 1,000 buyers had bought before.
type Result struct {
	ID          string
	Maker       MakerID
	Measure     Measure
	From, To    time.Time // To is the first moment behind the period
	Part, Whole int64
	Source      Source
	Confidence  Confidence
	Note        string
	By          access.UserID
	ByName      string
	At          time.Time
	Replaced    string // the later one that took its place; empty while it stands
}

// Stands reports whether no later result took its place.
func (r Result) Stands() bool { return r.Replaced == "" }

// ResultMeasures are the measures that people can enter results for, until a room counts them itself.
func ResultMeasures() []Measure {
	return []Measure{OwnBrandOrders, RepeatBuyers, DispatchedSoon, QualityReturns, OrganicOrders, FullPriceOrders}
}

func (r Result) check(now time.Time) error {
	switch {
	case !slices.Contains(ResultMeasures(), r.Measure):
		return fault.Invalid.Say("Choose what the figure is about.").At("measure")
	case r.From.IsZero() || r.From.Year() < 2000:
		return fault.Invalid.Say("Choose the first day.").At("from")
	case !r.To.After(r.From) || r.To.After(now.Add(24*time.Hour)):
		return fault.Invalid.Say("The period has to end after it begins, and not after today.").At("to")
	case r.Whole < 1 || r.Whole > maxFigure:
		return fault.Invalid.Say("Of how many? Write a number of at least 1.").At("whole")
	case r.Part < 0 || r.Part > r.Whole:
		return fault.Invalid.Say("A part is between 0 and the whole.").At("part")
	case sourceWords[r.Source] == Words{}:
		return fault.Invalid.Say("Choose where the figure comes from.").At("source")
	case confidenceWords[r.Confidence] == Words{}:
		return fault.Invalid.Say("How sure is it? Say stated, documented or verified.").At("confidence")
	case r.Source == MakersWord && r.Confidence != Said:
		return fault.Invalid.Say("The maker's word alone is stated, not documented.").At("confidence")
	}
	return checkText("note", r.Note, MaxWhy)
}
