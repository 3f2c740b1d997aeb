package outcomes

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type graduationPage struct {
	ui.Page
	Tabs     []ui.Tab
	Rows     []finding
	Hearings []heard
	Results  []result
	Enter    *ui.Form
	Empty    ui.Empty
}

// finding is a criterion held against its figure.
type finding struct {
	Text, Said, Source, Period string
	Tag                        makers.Badge
}

type heard struct {
	Path, Text string
	Tag        makers.Badge
}

type result struct {
	cultivate.Result
	Text, Share, Period, From string
	Stood                     bool
}

func (p *pages) graduation(w http.ResponseWriter, r *http.Request) error {
	return p.showGraduation(w, r, nil)
}

func (p *pages) showGraduation(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, err := p.cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	all, err := p.cultivate.Findings(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := graduationPage{Page: makers.Page(v, m, v.T("outcomes.graduation")), Tabs: makers.Tabs(v, m, "graduation"), Empty: ui.Empty{Icon: "star", Title: v.T("outcomes.graduation.none"), Text: v.T("outcomes.graduation.none.text")}}
	page.Wide = true
	for _, f := range all {
		one := finding{Text: f.Measure.Words().In(v.Language), Said: f.Words().In(v.Language), Source: f.Source.In(v.Language), Tag: makers.Badge{Tone: "quiet", Icon: "circle-dashed", Text: v.T("outcomes.unknown")}}
		if f.Known {
			one.Tag = makers.Badge{Tone: "warn", Icon: "clock", Text: v.T("outcomes.notyet")}
			if f.Met {
				one.Tag = makers.Badge{Tone: "good", Icon: "circle-check", Text: v.T("outcomes.met")}
			}
			if !f.From.IsZero() && !f.To.IsZero() {
				one.Period = v.Day(f.From) + " – " + v.Day(f.To)
			}
		}
		page.Rows = append(page.Rows, one)
	}
	hearings, err := p.cultivate.Hearings(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	for _, h := range hearings {
		page.Hearings = append(page.Hearings, heard{hearingPath(h.ID), v.Clock(h.On), hearingTag(v, h.State)})
	}
	results, err := p.cultivate.Results(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	for _, one := range results {
		page.Results = append(page.Results, result{one, one.Measure.Words().In(v.Language), v.Number(one.Part) + " / " + v.Number(one.Whole), v.Day(one.From) + " – " + v.Day(one.To.AddDate(0, 0, -1)), one.Source.Words().In(v.Language), one.Stands()})
	}
	if v.User.May(access.MakerMove, m.Organisation) == nil {
		measure := ui.Field{Name: "measure", Label: v.T("outcomes.measure"), Type: "select", Required: true}
		for _, one := range cultivate.ResultMeasures() {
			measure.Options = append(measure.Options, ui.Option{Value: string(one), Text: one.Words().In(v.Language)})
		}
		page.Enter = &ui.Form{Path: makers.Path(m.ID, "graduation"), Submit: v.T("outcomes.enter"), Fields: []ui.Field{measure, {Name: "from", Label: v.T("outcomes.from"), Type: "date", Required: true}, {Name: "to", Label: v.T("outcomes.to"), Type: "date", Required: true},
			{Name: "part", Label: v.T("outcomes.part"), Type: "number", Min: "0", Required: true}, {Name: "whole", Label: v.T("outcomes.whole"), Type: "number", Min: "1", Required: true}, sources(v, ""), confidences(v, ""), {Name: "note", Label: v.T("outcomes.note"), Max: "2000"}}}
		if problem != nil {
			page.Status = web.Status(problem)
			page.Enter.Fill(r.PostForm).Problems = v.Problems(problem)
		}
	}
	return views.Render(w, r, page)
}

func sources(v *ui.Visit, value string) ui.Field {
	f := ui.Field{Name: "source", Label: v.T("outcomes.source"), Type: "select", Required: true, Value: value}
	for _, s := range cultivate.Sources() {
		f.Options = append(f.Options, ui.Option{Value: string(s), Text: s.Words().In(v.Language)})
	}
	return f
}

func confidences(v *ui.Visit, value string) ui.Field {
	f := ui.Field{Name: "confidence", Label: v.T("outcomes.confidence"), Type: "select", Required: true, Value: value}
	for _, c := range cultivate.Confidences() {
		f.Options = append(f.Options, ui.Option{Value: c.Words().English, Text: c.Words().In(v.Language)})
	}
	return f
}

func (p *pages) enterResult(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	one := cultivate.Result{Measure: cultivate.Measure(r.PostFormValue("measure")), Source: cultivate.Source(r.PostFormValue("source")), Note: r.PostFormValue("note")}
	var err error
	day := func(name string) time.Time {
		at, wrong := time.Parse(time.DateOnly, r.PostFormValue(name))
		if wrong != nil && err == nil {
			err = fault.Invalid.Say("Give a day.").At(name)
		}
		return at
	}
	count := func(name string) int64 {
		n, wrong := strconv.ParseInt(r.PostFormValue(name), 10, 64)
		if wrong != nil && err == nil {
			err = fault.Invalid.Say("Give a number.").At(name)
		}
		return n
	}
	one.From, one.To, one.Part, one.Whole = day("from"), day("to").AddDate(0, 0, 1), count("part"), count("whole")
	if err == nil {
		one.Confidence, err = cultivate.ParseConfidence(r.PostFormValue("confidence"))
	}
	if err == nil {
		_, err = p.cultivate.EnterResult(r.Context(), v.User, id, one)
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showGraduation(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(id, "graduation"), &ui.Toast{Text: v.T("outcomes.entered")})
}

type livelihoodPage struct {
	ui.Page
	Tabs     []ui.Tab
	Quarters []string
	Lines    []livelihood
	Past     []figure // every figure, those that were corrected with them
	Enter    *ui.Form
	Import   *ui.Form
	Sent     *sent
	Export   string
	Empty    ui.Empty
}

// livelihood is one kind of figure over the quarters.
type livelihood struct {
	Text  string
	Cells []cell
	Trend string
	Plot  plot
}

type cell struct{ Quarter, Text, Sure string }

type figure struct {
	cultivate.Livelihood
	Text, Number, From, Sure string
	Stood                    bool
}

// mostQuarters is how many quarters the table shows; the list below and the export have all.
const mostQuarters = 6

func (p *pages) livelihood(w http.ResponseWriter, r *http.Request) error {
	return p.showLivelihood(w, r, nil, "", nil)
}

// showLivelihood draws the page; problem is what was wrong with the form of the name, "enter" or "file", and sent what a file brought.
func (p *pages) showLivelihood(w http.ResponseWriter, r *http.Request, problem error, form string, sent *sent) error {
	v := ui.Here(r)
	m, err := p.cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	all, err := p.cultivate.Livelihoods(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := livelihoodPage{Page: makers.Page(v, m, v.T("outcomes.livelihood")), Tabs: makers.Tabs(v, m, "livelihood"), Empty: ui.Empty{Icon: "users", Title: v.T("outcomes.livelihood.none"), Text: v.T("outcomes.livelihood.none.text")}, Sent: sent}
	page.Wide, page.Lead = true, v.T("outcomes.livelihood.lead")
	var quarters []cultivate.Quarter
	for _, l := range all {
		if !slices.Contains(quarters, l.Quarter) {
			quarters = append(quarters, l.Quarter)
		}
		page.Past = append(page.Past, figure{l, l.Kind.Words().In(v.Language), said(v, l), l.Source.Words().In(v.Language), l.Confidence.Words().In(v.Language), l.Stands()})
	}
	slices.Sort(quarters)
	quarters = quarters[max(0, len(quarters)-mostQuarters):]
	for _, q := range quarters {
		page.Quarters = append(page.Quarters, q.String())
	}
	best := cultivate.Best(all)
	for _, kind := range cultivate.LivelihoodKinds() {
		line := livelihood{Text: kind.Words().In(v.Language)}
		var row []cultivate.Livelihood
		for _, q := range quarters {
			one := cell{Quarter: q.String(), Text: "–"}
			if at := slices.IndexFunc(best, func(l cultivate.Livelihood) bool { return l.Kind == kind && l.Quarter == q }); at >= 0 {
				one.Text, one.Sure = said(v, best[at]), best[at].Confidence.Words().In(v.Language)
				row = append(row, best[at])
			}
			line.Cells = append(line.Cells, one)
		}
		if len(row) == 0 {
			continue
		}
		line.Trend = v.T("outcomes.trend." + string(cultivate.TrendOf(row).Says))
		line.Plot.Words = line.Text
		var top int64
		for _, l := range row {
			top = max(top, l.Value)
		}
		for _, l := range row {
			line.Plot.add(slices.Index(quarters, l.Quarter), len(quarters), 0, l.Value, l.Value, top, l.Quarter.String()+": "+said(v, l))
		}
		page.Lines = append(page.Lines, line)
	}
	if len(all) > 0 {
		page.Export = makers.Path(m.ID, "livelihood/export")
	}
	if v.User.May(access.MakerEdit, m.Organisation) == nil {
		kind := ui.Field{Name: "figure", Label: v.T("outcomes.figure"), Type: "select", Required: true}
		for _, k := range cultivate.LivelihoodKinds() {
			kind.Options = append(kind.Options, ui.Option{Value: string(k), Text: k.Words().In(v.Language)})
		}
		quarter := cultivate.QuarterOf(v.Now) - 1
		page.Enter = &ui.Form{Path: makers.Path(m.ID, "livelihood"), Submit: v.T("outcomes.enter"), Fields: []ui.Field{{Name: "quarter", Label: v.T("outcomes.quarter"), Required: true, Value: quarter.String()}, kind, {Name: "value", Label: v.T("outcomes.value"), Required: true},
			{Name: "currency", Label: v.T("outcomes.currency"), Hint: v.T("outcomes.currency.hint"), Value: "CNY", Max: "3"}, sources(v, string(cultivate.MakersWord)), confidences(v, ""), {Name: "note", Label: v.T("outcomes.note"), Max: "2000"}}}
		page.Import = figuresFile(v, makers.Path(m.ID, "livelihood/file"))
		if problem != nil {
			page.Status = web.Status(problem)
			if form == "file" {
				page.Import.Problems = v.Problems(problem)
			} else {
				page.Enter.Fill(r.PostForm).Problems = v.Problems(problem)
			}
		}
	}
	return views.Render(w, r, page)
}

// said is a figure in its unit.
func said(v *ui.Visit, l cultivate.Livelihood) string {
	switch {
	case l.Kind.Money():
		return v.Money(l.Value, l.Currency)
	case l.Kind.Share():
		return strings.TrimSuffix(strings.TrimRight(l.Plain(), "0"), ".") + " %"
	}
	return v.Number(l.Value)
}

func (p *pages) enterLivelihood(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	e := cultivate.LivelihoodEntry{Kind: cultivate.LivelihoodKind(r.PostFormValue("figure")), Value: r.PostFormValue("value"), Source: cultivate.Source(r.PostFormValue("source")), Note: r.PostFormValue("note")}
	if e.Kind.Money() {
		e.Currency = strings.ToUpper(strings.TrimSpace(r.PostFormValue("currency")))
	}
	var err error
	if e.Quarter, err = cultivate.ParseQuarter(r.PostFormValue("quarter")); err == nil {
		e.Confidence, err = cultivate.ParseConfidence(r.PostFormValue("confidence"))
	}
	if err == nil {
		_, err = p.cultivate.EnterLivelihoods(r.Context(), v.User, id, []cultivate.LivelihoodEntry{e})
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showLivelihood(w, r, err, "enter", nil)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(id, "livelihood"), &ui.Toast{Text: v.T("outcomes.entered")})
}

func (p *pages) exportLivelihood(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	all, err := p.cultivate.Livelihoods(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	write, end := listings.Exporter(w, "livelihood", "csv", append(slices.Clone(cultivate.LivelihoodColumns), "by", "at", "stands"))
	for _, l := range all {
		if err := write(nil, []string{string(l.Maker), l.Quarter.String(), string(l.Kind), l.Plain(), l.Currency, string(l.Source), l.Confidence.Words().English, l.Note, l.ByName, l.At.UTC().Format(time.RFC3339), strconv.FormatBool(l.Stands())}); err != nil {
			return err
		}
	}
	return end()
}
