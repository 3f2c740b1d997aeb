package detect

import (
	"math"
	"regexp"

	"github.com/ownmark/ownmark/internal/fault"
)

// Costs are what mistakes and work cost, in one currency, as those who answer for the marketplace state them.
type Costs struct {
	Currency string  `json:"currency"` // ISO 4217
	Miss     float64 `json:"miss"`     // a fake that nobody looks at
	Alarm    float64 `json:"alarm"`    // a genuine listing that is held up: lost sales, a seller's trust
	Look     float64 `json:"look"`     // a person's look at one listing
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// mostCost bounds a cost, so that sums stay numbers.
const mostCost = 1e9

func (c Costs) check() (wrong []error) {
	if c == (Costs{}) {
		return nil
	}
	if !currencyCode.MatchString(c.Currency) {
		wrong = append(wrong, fault.Invalid.Say("A currency has three capital letters, as USD.").At("costs.currency"))
	}
	for _, amount := range []struct {
		at    string
		value float64
	}{{"costs.miss", c.Miss}, {"costs.alarm", c.Alarm}, {"costs.look", c.Look}} {
		if !(amount.value >= 0 && amount.value <= mostCost) {
			wrong = append(wrong, fault.Invalid.Say("A cost is a number that is not below nothing.").At(amount.at))
		}
	}
	return wrong
}

// Stated reports whether anybody has said what mistakes cost.
func (c Costs) Stated() bool { return c.Miss > 0 }

// Break is the probability from which looking at a listing costs less than leaving it, were the probabilities exact: p·miss > look + (1-p)·alarm.
// 1 when it never does.
func (c Costs) Break() float64 {
	if c.Miss+c.Alarm <= 0 || c.Look > c.Miss {
		return 1
	}
	return min((c.Look+c.Alarm)/(c.Miss+c.Alarm), 1)
}

// Bin counts labelled listings whose score lies in one stretch of the scale.
type Bin struct {
	From    float64 `json:"from"` // the least score in it
	Fakes   float64 `json:"fakes"`
	Genuine float64 `json:"genuine"`
}

// CurvePoint is what a threshold for looking at listings would have done to the labelled ones.
type CurvePoint struct {
	Threshold float64
	Precision float64 // of what would be looked at, how much is fake; NaN when nothing would be
	Recall    float64 // of the fakes, how many would be looked at; NaN when there is none
	Looked    float64 // share of all listings looked at
	Cost      float64 // for each thousand listings, in the costs' currency
}

// Curve is the cost of each threshold over bins, which are in rising order. prevalence is the share of fakes among the listings that the
// curve is to speak of, for the labelled ones often have more of them; 0 keeps the share they have. The points are those at which a bin begins, and
// one past the last, at which nothing is looked at.
func Curve(bins []Bin, c Costs, prevalence float64) []CurvePoint {
	var fakes, genuine float64
	for _, b := range bins {
		fakes, genuine = fakes+b.Fakes, genuine+b.Genuine
	}
	if fakes+genuine == 0 {
		return nil
	}
	// What a labelled listing of each kind stands for.
	ofFakes, ofGenuine := 1.0, 1.0
	if prevalence > 0 && prevalence < 1 && fakes > 0 && genuine > 0 {
		ofFakes, ofGenuine = prevalence/fakes, (1-prevalence)/genuine
	}
	all := fakes*ofFakes + genuine*ofGenuine
	points := make([]CurvePoint, len(bins)+1)
	above := Bin{}
	for i := len(bins); i >= 0; i-- {
		at := 1.0
		if i < len(bins) {
			at = bins[i].From
			above.Fakes, above.Genuine = above.Fakes+bins[i].Fakes, above.Genuine+bins[i].Genuine
		}
		caught, alarms := above.Fakes*ofFakes, above.Genuine*ofGenuine
		points[i] = CurvePoint{
			Threshold: at, Precision: caught / (caught + alarms), Recall: above.Fakes / fakes, Looked: (caught + alarms) / all,
			Cost: 1000 * ((fakes*ofFakes-caught)*c.Miss + alarms*c.Alarm + (caught+alarms)*c.Look) / all,
		}
	}
	return points
}

// Cheapest is the point of a curve that costs least; of equals, the one that looks at most, for what is not looked at is not learnt from.
func Cheapest(points []CurvePoint) (best CurvePoint, ok bool) {
	best.Cost = math.Inf(1)
	for _, p := range points {
		if p.Cost < best.Cost {
			best, ok = p, true
		}
	}
	return best, ok
}

// At is the point of a curve that a threshold comes to: the last that is not above it.
func At(points []CurvePoint, threshold float64) (at CurvePoint, ok bool) {
	for _, p := range points {
		if p.Threshold <= threshold+1e-9 {
			at, ok = p, true
		}
	}
	return at, ok
}
