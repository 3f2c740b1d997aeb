package home

import (
	"fmt"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// chart is the suspected listings of each day as bars, the axis beginning at nought, with the same figures as a table.
type chart struct {
	Title string // the finding
	Bars  []bar
	Top   int64 // the end of the axis
	Days  []detect.Day
}

// bar is one day: suspected fakes below, for review above. Places are in percent of the plot.
type bar struct {
	X, Width            string
	FakeY, FakeHeight   string
	ReviewY, ReviewTall string
	Label               string // of the day, on some bars only
	Words               string // the day's figures
	Middle, Anchor      string // where the label stands
}

// draw lays the days out.
func draw(v *ui.Visit, days []detect.Day) chart {
	c := chart{Days: days, Top: 1}
	var suspected, all int64
	for _, d := range days {
		c.Top = max(c.Top, d.Fake+d.Review)
		suspected += d.Fake + d.Review
		all += d.Fake + d.Review + d.Clear
	}
	share := 0.0
	if all > 0 {
		share = float64(suspected) / float64(all)
	}
	c.Title = v.T("home.chart.title", "Suspected", v.Number(suspected), "All", v.Number(all), "Share", v.Percent(share))
	step := 100 / float64(max(len(days), 1))
	for i, d := range days {
		fake, review := float64(d.Fake)/float64(c.Top)*100, float64(d.Review)/float64(c.Top)*100
		b := bar{
			X: percentage(float64(i)*step + step*0.15), Width: percentage(step * 0.7), Middle: percentage(float64(i)*step + step/2),
			FakeY: percentage(100 - fake), FakeHeight: percentage(fake), ReviewY: percentage(100 - fake - review), ReviewTall: percentage(review),
			Words: v.T("home.chart.day", "Day", d.Date.Format(layout(v)), "Fake", v.Number(d.Fake), "Review", v.Number(d.Review), "Clear", v.Number(d.Clear)),
		}
		if (len(days)-1-i)%4 == 0 {
			b.Label, b.Anchor = d.Date.Format(layout(v)), "middle"
		}
		if i == len(days)-1 {
			b.Middle, b.Anchor = "100%", "end"
		}
		c.Bars = append(c.Bars, b)
	}
	return c
}

// layout is how a day is written on the axis. The days are those of UTC, whatever the person's zone.
func layout(v *ui.Visit) string {
	if v.Language == "zh" {
		return "1月2日"
	}
	return "2 Jan"
}

// Day is a day of the table.
func (c chart) Day(d detect.Day) string { return d.Date.Format("2006-01-02") }

func percentage(x float64) string { return fmt.Sprintf("%.2f%%", x) }
