package policy

import (
	"fmt"
	"math"
	"strings"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// chart is the cost against the threshold as one line, the axes beginning at nought. Places are in percent of the plot.
type chart struct {
	Title    string // the finding
	Subtitle string // measure, unit, n
	Line     string // points of a polyline in a box of 100 by 100
	Costs    []tick
	Scale    []tick
	Marks    []mark
}

type tick struct{ At, Text, Anchor string }

// mark is a threshold that matters, with its label in a row of its own above the plot so that labels never meet.
type mark struct {
	Kind   string // live, cheapest or break: the dashes of its line
	X      string
	Row    int // in px from the top
	Text   string
	Anchor string
	Shift  int // of the label from the line, in px
}

// rowHeight is the height of one label above the plot, in px.
const rowHeight = 18

func drawCurve(v *ui.Visit, g ground, points []detect.CurvePoint, live, cheapest detect.CurvePoint) *chart {
	c := &chart{}
	money := func(x float64) string { return about(v, x, g.costs.Currency) }
	if live.Cost <= cheapest.Cost*1.005 {
		c.Title = v.T("policy.chart.best", "Threshold", v.Decimal(g.threshold, 2), "Cost", money(live.Cost))
	} else {
		c.Title = v.T("policy.chart.better", "Threshold", v.Decimal(g.threshold, 2), "Cost", money(live.Cost), "Better", v.Decimal(cheapest.Threshold, 2), "Less", money(cheapest.Cost))
	}
	c.Subtitle = v.T("policy.chart.subtitle", "Currency", g.costs.Currency, "Count", v.Number(g.source.count))
	highest := 0.0
	for _, p := range points {
		highest = max(highest, p.Cost)
	}
	step := niceStep(highest / 4)
	top := max(math.Ceil(highest/step), 1) * step
	var line strings.Builder
	for _, p := range points {
		fmt.Fprintf(&line, "%.2f,%.2f ", p.Threshold*100, 100-p.Cost/top*100)
	}
	c.Line = strings.TrimSpace(line.String())
	for y := 0.0; y <= top+step/2; y += step {
		c.Costs = append(c.Costs, tick{At: percentage(100 - y/top*100), Text: money(y)})
	}
	for i := range 6 {
		x, anchor := float64(i)/5, "middle"
		switch i {
		case 0:
			anchor = "start"
		case 5:
			anchor = "end"
		}
		c.Scale = append(c.Scale, tick{percentage(x * 100), v.Decimal(x, 1), anchor})
	}
	for i, m := range []struct {
		kind, key string
		at        float64
	}{{"live", "policy.spot.live", g.threshold}, {"cheapest", "policy.spot.cheapest", cheapest.Threshold}, {"break", "policy.spot.break", g.costs.Break()}} {
		one := mark{Kind: m.kind, X: percentage(m.at * 100), Row: i*rowHeight + 12, Text: v.T("policy.chart.mark", "Name", v.T(m.key), "Threshold", v.Decimal(m.at, 2)), Anchor: "start", Shift: 6}
		if m.at > 0.5 {
			one.Anchor, one.Shift = "end", -6
		}
		c.Marks = append(c.Marks, one)
	}
	return c
}

// about is an amount as precise as its size asks for: no cents from a hundred up.
func about(v *ui.Visit, amount float64, currency string) string {
	if amount >= 100 || amount == 0 {
		return currency + " " + v.Number(math.Round(amount))
	}
	return v.Money(amount, currency)
}

// niceStep is the least of 1, 2, 5 times a power of ten that is not below x.
func niceStep(x float64) float64 {
	if !(x > 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= x*(1-1e-9) {
			return times * power
		}
	}
	return 10 * power
}
