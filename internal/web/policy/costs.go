package policy

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type costsPage struct {
	ui.Page
	Tabs   []ui.Tab
	Form   ui.Form // asks by the address
	Source string  // what the figures rest on, in words
	Caveat string
	Chart  *chart
	Spots  []spotRow
	Table  []curveRow
	Export string
	Use    *ui.Form
	Empty  *ui.Empty
}

// spotRow is a threshold that matters.
type spotRow struct {
	Mark string // the shape of its line in the chart
	Name string
	curveRow
}

// curveRow is what one threshold would have done.
type curveRow struct {
	detect.CurvePoint
	Threshold         string
	Looked, Precision string
	Recall, Cost      string
}

// source is labelled listings by score, and where they come from.
type source struct {
	name       string
	bins       []detect.Bin
	fakes, all float64
	count      int64
}

// ground is what a curve is drawn from: the costs and the share of fakes that the address states, and one of the sources.
type ground struct {
	costs     detect.Costs
	share     float64 // of fakes among the listings; 0: the source's
	source    source
	sources   []source
	live      detect.Policy
	threshold float64 // of the live policy
}

// groundOf reads what the page is asked for. The error says what is wrong with the costs.
func (p *pages) groundOf(r *http.Request, v *ui.Visit, asked url.Values) (g ground, err error) {
	o, err := p.detect.Policies(r.Context(), v.User)
	if err != nil {
		return g, err
	}
	g.live, g.costs = o.Live, o.Live.Costs
	models, err := p.detect.Models(r.Context(), v.User)
	if err != nil {
		return g, err
	}
	l, err := p.detect.Learnt(r.Context(), v.User)
	if err != nil {
		return g, err
	}
	g.sources = []source{sourceOf("findings", l.Bins, l.Findings)}
	g.source = g.sources[0]
	g.threshold = o.Live.Thresholds.Review
	for _, m := range models {
		if m.Version != o.Live.Model && (o.Live.Model != "" || !m.Shipped) {
			continue
		}
		if g.threshold == 0 {
			g.threshold = m.Review
		}
		if of := sourceOf("model", m.Bins, 0); of.all > 0 {
			of.count = int64(math.Round(of.all))
			g.sources = append(g.sources, of)
			if l.Findings < fewFindings {
				g.source = of
			}
		}
	}
	for _, s := range g.sources {
		if s.name == asked.Get("source") {
			g.source = s
		}
	}
	var wrong []error
	number := func(name string, fallback float64) float64 {
		text := strings.TrimSpace(asked.Get(name))
		if text == "" {
			return fallback
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			wrong = append(wrong, fault.Invalid.Say("%q is not a number.", text).At(name))
			return fallback
		}
		return n
	}
	if asked.Has("miss") {
		g.costs = detect.Costs{Currency: strings.ToUpper(strings.TrimSpace(asked.Get("currency"))), Miss: number("miss", 0), Alarm: number("alarm", 0), Look: number("look", 0)}
	}
	if g.share = number("share", 0) / 100; !(g.share >= 0 && g.share < 1) {
		wrong = append(wrong, fault.Invalid.Say("A share is between 0 and 100 in a hundred.").At("share"))
	}
	terms := detect.ShippedPolicy.Terms
	terms.Costs = g.costs
	return g, errors.Join(append(wrong, terms.Check())...)
}

// fewFindings is how many findings are too few to speak before the model's own cross-validation.
const fewFindings = 200

func sourceOf(name string, bins []detect.Bin, count int64) source {
	s := source{name: name, bins: bins, count: count}
	for _, b := range bins {
		s.fakes, s.all = s.fakes+b.Fakes, s.all+b.Fakes+b.Genuine
	}
	return s
}

func (p *pages) costs(w http.ResponseWriter, r *http.Request) error {
	return p.showCosts(w, r, r.URL.Query(), nil)
}

// showCosts draws the page; refusal is what is wrong with the form under the chart.
func (p *pages) showCosts(w http.ResponseWriter, r *http.Request, asked url.Values, refusal error) error {
	v := ui.Here(r)
	g, err := p.groundOf(r, v, asked)
	problems := placed(v, err)
	if err != nil && problems == nil {
		return err
	}
	page := costsPage{Page: ui.Page{Title: v.T("policy.threshold"), Lead: v.T("policy.threshold.lead"), Wide: true}, Tabs: tabs(v, "costs"), Form: costsForm(v, g)}
	if problems != nil {
		page.Form.Fill(asked).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	page.Source = v.T("policy.source."+g.source.name+".words", "Count", v.Number(g.source.count), "Fakes", v.Number(math.Round(g.source.fakes)), "All", v.Number(math.Round(g.source.all)))
	page.Caveat = v.T("policy.source." + g.source.name + ".caveat")
	points := detect.Curve(g.source.bins, g.costs, g.share)
	switch {
	case points == nil:
		page.Empty = &ui.Empty{Icon: "gavel", Title: v.T("policy.threshold.none"), Text: v.T("policy.threshold.none.text")}
	case !g.costs.Stated():
		page.Empty = &ui.Empty{Icon: "coins", Title: v.T("policy.threshold.unstated"), Text: v.T("policy.threshold.unstated.text")}
	default:
		if err := p.drawCosts(r, v, g, points, asked, &page); err != nil {
			return err
		}
	}
	if page.Use != nil && refusal != nil {
		page.Use.Fill(r.PostForm).Problems = placed(v, refusal)
		page.Status = web.Status(refusal)
	}
	return views.Render(w, r, page)
}

func costsForm(v *ui.Visit, g ground) ui.Form {
	f := ui.Form{Path: "/policy/costs", Submit: v.T("policy.threshold.draw"), Fields: []ui.Field{
		{Name: "currency", Label: v.T("policy.field.currency"), Value: g.costs.Currency, Required: true},
		{Name: "miss", Label: v.T("policy.field.miss"), Value: optional(g.costs.Miss), Required: true, Hint: v.T("policy.field.miss.hint")},
		{Name: "alarm", Label: v.T("policy.field.alarm"), Value: plainNumber(g.costs.Alarm), Required: true, Hint: v.T("policy.field.alarm.hint")},
		{Name: "look", Label: v.T("policy.field.look"), Value: plainNumber(g.costs.Look), Required: true, Hint: v.T("policy.field.look.hint")},
		{Name: "share", Label: v.T("policy.field.share"), Value: optional(g.share * 100), Hint: v.T("policy.field.share.hint")},
	}}
	if len(g.sources) > 1 {
		field := ui.Field{Name: "source", Label: v.T("policy.source"), Type: "select", Value: g.source.name, Required: true}
		for _, s := range g.sources {
			field.Options = append(field.Options, ui.Option{Value: s.name, Text: v.T("policy.source." + s.name)})
		}
		f.Fields = append(f.Fields, field)
	}
	return f
}

// drawCosts puts the curve, its table and the form to use a threshold into the page.
func (p *pages) drawCosts(r *http.Request, v *ui.Visit, g ground, points []detect.CurvePoint, asked url.Values, page *costsPage) error {
	cheapest, _ := detect.Cheapest(points)
	at, _ := detect.At(points, g.threshold)
	page.Chart = drawCurve(v, g, points, at, cheapest)
	page.Export = "/exports/policy-curve?" + asked.Encode()
	for _, s := range []struct {
		mark, key string
		at        float64
	}{{"live", "policy.spot.live", g.threshold}, {"cheapest", "policy.spot.cheapest", cheapest.Threshold}, {"break", "policy.spot.break", g.costs.Break()}} {
		point, known := detect.At(points, s.at)
		if !known {
			continue
		}
		row := curveRowOf(v, g.costs, point)
		row.Threshold = v.Decimal(s.at, 2)
		page.Spots = append(page.Spots, spotRow{s.mark, v.T(s.key), row})
	}
	for i, point := range points {
		if i%5 == 0 || i == len(points)-1 {
			page.Table = append(page.Table, curveRowOf(v, g.costs, point))
		}
	}
	if !v.User.Can(access.PolicyEdit) {
		return nil
	}
	o, err := p.detect.Policies(r.Context(), v.User)
	if err != nil {
		return err
	}
	into := ui.Field{Name: "into", Label: v.T("policy.use.into"), Type: "select", Value: "new", Required: true, Options: []ui.Option{{Value: "new", Text: v.T("policy.use.new", "Name", name(v, g.live))}}}
	for _, d := range o.Drafts {
		into.Options = append(into.Options, ui.Option{Value: strconv.FormatInt(int64(d.Number), 10), Text: name(v, d)})
	}
	hidden := func(name string, value float64) ui.Field {
		return ui.Field{Name: name, Type: "hidden", Value: plainNumber(value)}
	}
	page.Use = &ui.Form{Path: "/policy/costs", Submit: v.T("policy.use.submit"), Fields: []ui.Field{
		{Name: "currency", Type: "hidden", Value: g.costs.Currency}, hidden("miss", g.costs.Miss), hidden("alarm", g.costs.Alarm), hidden("look", g.costs.Look), hidden("share", g.share*100),
		{Name: "source", Type: "hidden", Value: g.source.name},
		{Name: "threshold", Label: v.T("policy.use.threshold"), Value: plainNumber(max(cheapest.Threshold, leastThreshold)), Required: true, Hint: v.T("policy.use.threshold.hint")},
		into,
	}}
	return nil
}

// leastThreshold stands for looking at everything: a threshold is above nothing.
const leastThreshold = 0.01

func curveRowOf(v *ui.Visit, c detect.Costs, p detect.CurvePoint) curveRow {
	return curveRow{CurvePoint: p, Threshold: v.Decimal(p.Threshold, 2), Looked: v.Percent(p.Looked), Precision: shareOrDash(v, p.Precision), Recall: shareOrDash(v, p.Recall), Cost: about(v, p.Cost, c.Currency)}
}

func shareOrDash(v *ui.Visit, x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return v.Percent(x)
}

// keepCosts puts the costs and a threshold into a draft.
func (p *pages) keepCosts(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	g, err := p.groundOf(r, v, r.PostForm)
	if err == nil {
		var made detect.Policy
		if made, err = p.useThreshold(r, v, g); err == nil {
			return web.Done(w, r, Path(made.Number), &ui.Toast{Text: v.T("policy.use.done", "Name", name(v, made))})
		}
	}
	if v.Problems(err) == nil {
		return err
	}
	asked := url.Values{}
	for _, key := range []string{"currency", "miss", "alarm", "look", "share", "source"} {
		if r.PostForm.Has(key) {
			asked.Set(key, r.PostForm.Get(key))
		}
	}
	return p.showCosts(w, r, asked, err)
}

func (p *pages) useThreshold(r *http.Request, v *ui.Visit, g ground) (detect.Policy, error) {
	threshold, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(r.PostForm.Get("threshold")), ",", "."), 64)
	if err != nil || !(threshold > 0 && threshold <= 1) {
		return detect.Policy{}, fault.Invalid.Say("A threshold is above 0 and at most 1.").At("threshold")
	}
	into := r.PostForm.Get("into")
	one := g.live
	if into != "new" {
		number, err := strconv.ParseInt(into, 10, 64)
		if err != nil {
			return detect.Policy{}, fault.Invalid.Say("There is no such policy.").At("into")
		}
		if one, err = p.detect.Policy(r.Context(), v.User, detect.PolicyNumber(number)); err != nil {
			return detect.Policy{}, err
		}
	}
	terms := one.Terms
	terms.Costs = g.costs
	fake := terms.Thresholds.Fake
	if fake == 0 {
		models, err := p.detect.Models(r.Context(), v.User)
		if err != nil {
			return detect.Policy{}, err
		}
		for _, m := range models {
			if m.Version == terms.Model || terms.Model == "" && m.Shipped {
				fake = m.Fake
			}
		}
	}
	terms.Thresholds = detect.Thresholds{Review: threshold, Fake: max(fake, threshold)}
	if into == "new" {
		terms.Title = v.T("policy.use.title", "Threshold", plainNumber(threshold))
		return p.detect.ImportPolicy(r.Context(), v.User, terms)
	}
	return p.detect.SavePolicy(r.Context(), v.User, one.Number, one.Version, terms)
}

// exportCurve gives every point of the curve that the address describes.
func (p *pages) exportCurve(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), r.URL.Query()
	g, err := p.groundOf(r, v, q)
	if err != nil {
		return err
	}
	type line struct {
		Threshold float64  `json:"threshold"`
		Looked    float64  `json:"looked_at"`
		Precision *float64 `json:"precision"`
		Recall    *float64 `json:"recall"`
		Cost      float64  `json:"cost_per_1000"`
		Currency  string   `json:"currency"`
	}
	write, end := listings.Exporter(w, "threshold", q.Get("format"), []string{"threshold", "looked_at", "precision", "recall", "cost_per_1000", "currency"})
	for _, point := range detect.Curve(g.source.bins, g.costs, g.share) {
		number := func(x float64) (*float64, string) {
			if math.IsNaN(x) {
				return nil, ""
			}
			return &x, strconv.FormatFloat(x, 'f', 6, 64)
		}
		precision, precisionText := number(point.Precision)
		recall, recallText := number(point.Recall)
		_, looked := number(point.Looked)
		_, cost := number(point.Cost)
		err := write(line{point.Threshold, point.Looked, precision, recall, point.Cost, g.costs.Currency}, []string{plainNumber(point.Threshold), looked, precisionText, recallText, cost, g.costs.Currency})
		if err != nil {
			return err
		}
	}
	return end()
}
