package cases

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type crackdownPage struct {
	ui.Page
	Form    ui.Form
	Said    string // all of it in a sentence
	Sums    []ui.Fact
	Funnel  []funnelStep
	Charts  []chart
	Places  []locality
	Export  string
	Facts   string
	Cleared string // the page without a filter; empty when there is none
	Empty   ui.Empty
}

// funnelStep is how many cases of the base have come so far; Share is of those that became a lead.
type funnelStep struct {
	Text, Cases, Share, Width, Days string
}

// chart is one kind of sum year by year, with the same figures as a table.
type chart struct {
	Title, Slug string
	Bars        []bar
}

type bar struct{ Year, X, Width, Y, Height, Middle, Words, Value string }

type locality struct {
	Name, Path, Facts string
	Sums              []string
}

func factFilter(q ui.Query) enforce.FactFilter {
	return enforce.FactFilter{Country: q.Get("country"), Region: q.Get("region"), City: q.Get("city"), Brand: q.Get("brand"), From: q.Get("from"), To: q.Get("to")}
}

// crackdown answers "how many arrests, how many pairs, since when" for everything, a city or a brand, in one query.
func (p *pages) crackdown(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := factFilter(q)
	page := crackdownPage{Page: ui.Page{Title: v.T("cases.crackdown"), Lead: v.T("cases.crackdown.lead"), Wide: true, Crumbs: []ui.Crumb{{Text: v.T("cases.title"), Path: Root}}},
		Empty: ui.Empty{Icon: "gavel", Title: v.T("cases.crackdown.none"), Text: v.T("cases.crackdown.none.text")}}
	page.Form = ui.Form{Path: Root + "/crackdown", Submit: v.T("cases.crackdown.ask"), Fields: []ui.Field{{Name: "city", Label: v.T("cases.city"), Value: f.City, Max: "100"}, {Name: "country", Label: v.T("cases.country"), Value: f.Country, Max: "2"},
		{Name: "brand", Label: v.T("cases.brand"), Value: f.Brand, Max: "200"}, {Name: "from", Label: v.T("cases.from"), Type: "date", Value: f.From}, {Name: "to", Label: v.T("cases.to"), Type: "date", Value: f.To}}}
	all, err := p.cases.Crackdown(r.Context(), v.User, f)
	if problems := v.Problems(err); problems != nil {
		page.Form.Problems, page.Status = problems, http.StatusUnprocessableEntity
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	if f != (enforce.FactFilter{}) {
		page.Cleared = Root + "/crackdown"
	}
	page.Export, page.Facts = "/exports"+q.Here(), "/exports/cases/facts?"+r.URL.RawQuery
	if all.Facts > 0 {
		where := v.T("cases.everywhere")
		if f.City != "" {
			where = f.City
		}
		page.Said = v.T("cases.crackdown.said", "Where", where, "Facts", v.Number(all.Facts), "Year", strconv.Itoa(all.First.Year()))
	}
	for _, s := range all.Sums {
		page.Sums = append(page.Sums, ui.Fact{Label: v.T("cases.kind." + string(s.Kind)), Value: said(v, s)})
	}
	page.Funnel = funnel(v, all.Funnel)
	page.Charts = charts(v, all)
	for _, one := range all.Places {
		drawn := locality{Name: place(v, one.Place), Facts: v.Number(one.Facts)}
		if one.Place.City != "" {
			drawn.Path = Root + "/crackdown?" + url.Values{"city": {one.Place.City}, "country": {one.Place.Country}}.Encode()
		}
		for _, s := range one.Sums {
			drawn.Sums = append(drawn.Sums, v.T("cases.kind."+string(s.Kind))+" "+said(v, s))
		}
		page.Places = append(page.Places, drawn)
	}
	return views.Render(w, r, page)
}

func funnel(v *ui.Visit, steps []enforce.Step) (drawn []funnelStep) {
	if len(steps) == 0 || steps[0].Cases == 0 {
		return nil
	}
	base := float64(steps[0].Cases)
	for i, s := range steps {
		one := funnelStep{Text: stageName(v, s.Stage), Cases: v.Number(s.Cases), Share: v.Percent(float64(s.Cases) / base), Width: percentage(100 * float64(s.Cases) / base)}
		if i > 0 && s.Known > 0 {
			one.Days = v.T("cases.funnel.days", "Days", v.Decimal(s.Days, 0))
		}
		drawn = append(drawn, one)
	}
	return drawn
}

func percentage(x float64) string { return fmt.Sprintf("%.2f%%", x) }

// charts draws each sum over the years from the first fact to the last; a year without one is an empty place, not left out.
func charts(v *ui.Visit, all enforce.Crackdown) (drawn []chart) {
	if all.Facts == 0 {
		return nil
	}
	first, last := all.First.Year(), all.Last.Year()
	first = min(max(first, last-19), last-4) // five bars at least; more than twenty cannot be read, and the export has every year
	same := func(a, b enforce.Sum) bool {
		return a.Kind == b.Kind && a.Unit == b.Unit && a.Money.Currency == b.Money.Currency
	}
	size := func(s enforce.Sum) float64 {
		if s.Money.Currency != "" {
			return float64(s.Money.Minor)
		}
		return float64(s.Quantity)
	}
	for i, total := range all.Sums {
		c := chart{Title: v.T("cases.kind."+string(total.Kind)) + ": " + said(v, total), Slug: "chart-" + strconv.Itoa(i)}
		top := 0.0
		of := map[int]enforce.Sum{}
		for _, year := range all.Years {
			for _, s := range year.Sums {
				if same(s, total) {
					of[year.From.Year()] = s
					if year.From.Year() >= first {
						top = max(top, size(s))
					}
				}
			}
		}
		if top == 0 {
			continue
		}
		step := 100 / float64(last-first+1)
		for year := first; year <= last; year++ {
			s, there := of[year]
			x := float64(year-first) * step
			one := bar{Year: strconv.Itoa(year), X: percentage(x + step*0.15), Width: percentage(step * 0.7), Middle: percentage(x + step/2), Value: "–"}
			height := 0.0
			if there {
				one.Value, height = said(v, s), max(100*size(s)/top, 1)
			}
			one.Y, one.Height, one.Words = percentage(100-height), percentage(height), one.Year+": "+one.Value
			c.Bars = append(c.Bars, one)
		}
		drawn = append(drawn, c)
	}
	return drawn
}

// exportCrackdown gives the sums by month and place.
func (p *pages) exportCrackdown(w http.ResponseWriter, r *http.Request) error {
	q := ui.Ask(r)
	all, err := p.cases.Crackdown(r.Context(), ui.Here(r).User, factFilter(q))
	if err != nil {
		return err
	}
	type line struct {
		Part     string `json:"part"`
		At       string `json:"at"`
		Kind     string `json:"kind"`
		Quantity string `json:"quantity,omitempty"`
		Unit     string `json:"unit,omitempty"`
		Amount   string `json:"amount,omitempty"`
		Currency string `json:"currency,omitempty"`
		Facts    int64  `json:"facts"`
	}
	write, end := listings.Exporter(w, "crackdown", q.Get("format"), []string{"part", "at", "kind", "quantity", "unit", "amount", "currency", "facts"})
	sums := func(part, at string, all []enforce.Sum) error {
		for _, s := range all {
			one := line{part, at, string(s.Kind), "", string(s.Unit), s.Money.Amount(), s.Money.Currency, s.Facts}
			if s.Money.Currency == "" {
				one.Quantity = s.Quantity.String()
			}
			if err := write(one, []string{one.Part, one.At, one.Kind, one.Quantity, one.Unit, one.Amount, one.Currency, strconv.FormatInt(one.Facts, 10)}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := sums("all", "", all.Sums); err != nil {
		return err
	}
	for _, month := range all.Months {
		if err := sums("month", month.From.Format("2006-01"), month.Sums); err != nil {
			return err
		}
	}
	for _, year := range all.Years {
		if err := sums("year", year.From.Format("2006"), year.Sums); err != nil {
			return err
		}
	}
	for _, one := range all.Places {
		if err := sums("place", one.Place.Country+" "+one.Place.Region+" "+one.Place.City, one.Sums); err != nil {
			return err
		}
	}
	return end()
}
