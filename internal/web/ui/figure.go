package ui

import (
	"fmt"
	"math"
	"time"
)

// Score is a listing's score with everything that made it: a score is never shown without.
type Score struct {
	Value   float64 // the estimated probability of a fake, 0..1
	Verdict string  // clear, review or fake
	Signals []Contribution
}

// Contribution is what one signal adds.
type Contribution struct {
	Number   int // as in Span; the row's id is "signal-N"
	Label    string
	Evidence string
	Bits     float64 // +1 doubles the odds of a fake, negative speaks for genuine
}

// Bar is the drawn contribution: x and width in percent of a plot whose zero is at Zero percent.
type Bar struct{ X, Width, Zero string }

// Bar places a contribution among all of the score's, on one scale.
func (s Score) Bar(c Contribution) Bar {
	low, high := 0.0, 1.0
	for _, one := range s.Signals {
		low, high = min(low, one.Bits), max(high, one.Bits)
	}
	at := func(bits float64) float64 { return (bits - low) / (high - low) * 100 }
	from, to := at(min(0, c.Bits)), at(max(0, c.Bits))
	return Bar{percentage(from), percentage(max(to-from, 0.5)), percentage(at(0))}
}

// Tone is the colour of a contribution.
func (c Contribution) Tone() string {
	if c.Bits < 0 {
		return "good"
	}
	return "bad"
}

// Range shows a price among what genuine goods cost. The axis begins at nought.
type Range struct {
	Currency     string
	Low, Typical float64 // about the 5th percentile, and the median
	Value        float64
}

// Axis is the end of the axis: everything fits, unless the price is beyond four times what is typical; then it is drawn
// at the end, with an arrow.
func (r Range) axis() float64 { return min(max(r.Typical*1.35, r.Value*1.1), r.Typical*4) }

// Beyond reports whether the price lies past the end of the axis.
func (r Range) Beyond() bool { return r.Value > r.axis() }

// At is where an amount lies, in percent of the axis.
func (r Range) At(amount float64) string {
	if r.axis() <= 0 {
		return "0%"
	}
	return percentage(min(max(amount/r.axis()*100, 0), 100))
}

// Band is the width from low to typical.
func (r Range) Band() string {
	if r.axis() <= 0 {
		return "0%"
	}
	return percentage(max(r.Typical-r.Low, 0) / r.axis() * 100)
}

// Share is the price as a share of what is typical.
func (r Range) Share() float64 {
	if r.Typical <= 0 {
		return math.NaN()
	}
	return r.Value / r.Typical
}

// Below reports whether the price is under what genuine goods cost.
func (r Range) Below() bool { return r.Value < r.Low }

// Right reports whether an amount's label has to be set to its left.
func (r Range) Right(amount float64) bool { return r.axis() > 0 && amount/r.axis() > 0.6 }

func percentage(x float64) string { return fmt.Sprintf("%.2f%%", x) }

// Tab is one of several pages beside each other; tabs are links.
type Tab struct {
	Text, Path string
	Current    bool
	Count      int // negative: not shown
}

// Fact is one line of a description list. Value is text, a number's text or template.HTML; Path makes it a link.
type Fact struct {
	Label string
	Value any
	Path  string
}

// Event is something that happened, newest first in a timeline.
type Event struct {
	At     time.Time
	Who    string
	What   string
	Detail string
	Icon   string
	Tone   string // good, bad, warn, info or quiet (when empty)
	Path   string
}

// Picture is one of a strip. Src is a path of this server.
type Picture struct {
	Src, Alt, Caption string
	Path              string // where a click leads; the picture itself when empty
}

// Progress is how far something is. Max 0 means that nobody knows.
type Progress struct {
	Label     string
	Done, Max int
}

// Width is how much of the meter is filled.
func (s Score) Width() string { return percentage(min(max(s.Value, 0), 1) * 100) }
