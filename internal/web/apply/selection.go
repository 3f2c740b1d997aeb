package apply

import (
	"encoding/hex"
	"net/http"
	"net/url"
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

func selectionPath(id cultivate.SelectionID, part string) string {
	path := "/programme/selections/" + url.PathEscape(string(id))
	if part != "" {
		path += "/" + part
	}
	return path
}

type selectionPage struct {
	ui.Page
	Weights  []weight
	Places   ui.Bound
	Band     ui.Bound
	Path     string // of the form of weights
	Summary  string
	Head     ui.Head
	Rows     []placed
	Before   []earlier
	Freeze   *ui.Form // nil for who may not, or while another is under way
	Problems []ui.Problem
	Empty    ui.Empty
}

type weight struct {
	ui.Bound
	Formula string
}

type placed struct {
	cultivate.Placed
	Path    string
	Parts   []ui.Fact
	Zone    makers.Badge
	Range   string
	Trials  int
	Ticket  string // of the lot; empty while nothing is drawn
	Unknown string // aspects of which nothing is known
}

type earlier struct {
	Path, Text string
	Tag        makers.Badge
	At         time.Time
}

func selectionTag(v *ui.Visit, s cultivate.SelectionState) makers.Badge {
	tone := map[cultivate.SelectionState][2]string{cultivate.SelectionFrozen: {"info", "lock"}, cultivate.SelectionDrawn: {"warn", "dice"}, cultivate.SelectionConcluded: {"good", "circle-check"},
		cultivate.SelectionDropped: {"quiet", "circle-x"}}[s]
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("apply.selection.state." + string(s))}
}

// weighing reads how a ranking is asked for: "w.jobs", "places" and "band" of a query or form. What is no number is NaN, which the room refuses by name.
func weighing(form url.Values) (w cultivate.SelectionWeights, places int, band float64, err error) {
	w = cultivate.DefaultSelectionWeights()
	for _, a := range cultivate.Aspects() {
		if text := form.Get("w." + a.Name); text != "" {
			number, wrong := strconv.ParseFloat(text, 64)
			if wrong != nil {
				return nil, 0, 0, fault.Invalid.Say("Give a number.").At(a.Name)
			}
			w[a.Name] = number
		}
	}
	if text := form.Get("places"); text != "" {
		if places, err = strconv.Atoi(text); err != nil {
			return nil, 0, 0, fault.Invalid.Say("Give a number.").At("places")
		}
	}
	if text := form.Get("band"); text != "" {
		if band, err = strconv.ParseFloat(text, 64); err != nil {
			return nil, 0, 0, fault.Invalid.Say("Give a number.").At("band")
		}
	}
	return w, places, band, nil
}

// ranked draws the firms of a ballot.
func ranked(v *ui.Visit, b cultivate.Ballot, seed string) (rows []placed) {
	trials := cultivate.Trials(b.Weights)
	secret, _ := hex.DecodeString(seed) // the room wrote it
	for _, f := range b.Firms {
		one := placed{Placed: f, Path: makers.Path(f.Maker, ""), Range: v.Number(f.Rank), Trials: trials}
		if f.Best != f.Worst {
			one.Range = v.T("apply.selection.range", "Best", v.Number(f.Best), "Worst", v.Number(f.Worst))
		}
		var unknown []string
		for _, a := range cultivate.Aspects() {
			if part, known := f.Parts[a.Name]; known {
				one.Parts = append(one.Parts, ui.Fact{Label: a.Words.In(v.Language), Value: v.Decimal(part, 3)})
			} else if _, known := f.Values[a.Name]; !known {
				unknown = append(unknown, a.Words.In(v.Language))
			}
		}
		one.Unknown = strings.Join(unknown, v.T("apply.and"))
		switch {
		case f.Zone == cultivate.ZoneIn:
			one.Zone = makers.Badge{Tone: "good", Icon: "check", Text: v.T("apply.selection.in")}
		case f.Drawn:
			one.Zone = makers.Badge{Tone: "good", Icon: "dice", Text: v.T("apply.selection.drawn")}
		case f.Zone == cultivate.ZoneBand && len(secret) > 0:
			one.Zone = makers.Badge{Tone: "quiet", Icon: "dice", Text: v.T("apply.selection.lost")}
		case f.Zone == cultivate.ZoneBand:
			one.Zone = makers.Badge{Tone: "warn", Icon: "dice", Text: v.T("apply.selection.band")}
		default:
			one.Zone = makers.Badge{Tone: "quiet", Icon: "minus", Text: v.T("apply.selection.out")}
		}
		if f.Zone == cultivate.ZoneBand && len(secret) > 0 {
			one.Ticket = cultivate.Ticket(f.Maker, secret)
		}
		rows = append(rows, one)
	}
	return rows
}

// rankedColumns are the columns of ranked.
func rankedColumns(v *ui.Visit, q ui.Query) ui.Head {
	return q.Head("", false, ui.Column{Label: v.T("apply.selection.rank"), Number: true}, ui.Column{Label: v.T("apply.visit.firm")}, ui.Column{Label: v.T("apply.selection.score"), Number: true},
		ui.Column{Label: v.T("apply.selection.steady"), Number: true}, ui.Column{Label: v.T("apply.selection.zone")})
}

// selection ranks a cohort's applicants by the weights in the address, so that a ranking can be sent to somebody and tried without changing anything.
func (p *pages) selection(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	id := cultivate.CohortID(r.PathValue("cohort"))
	c, err := p.Cultivate.Cohort(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	page := selectionPage{Page: ui.Page{Title: v.T("apply.selection"), Lead: v.T("apply.selection.lead"), Wide: true, Crumbs: []ui.Crumb{{Text: c.Name, Path: cohortPath(c.ID, "")}}}, Path: cohortPath(c.ID, "selection")}
	query := r.URL.Query()
	weights, places, band, problem := weighing(query)
	var ranking cultivate.Ranking
	if problem == nil {
		ranking, problem = p.Cultivate.Ranking(r.Context(), v.User, id, weights, places, band)
	}
	page.Problems = v.Problems(problem)
	if problem != nil && page.Problems == nil {
		return problem
	}
	if problem != nil {
		page.Status = web.Status(problem)
		if ranking, err = p.Cultivate.Ranking(r.Context(), v.User, id, cultivate.DefaultSelectionWeights(), 0, 0); err != nil {
			return err
		}
	}
	bound := ui.Form{Problems: page.Problems}
	for _, a := range cultivate.Aspects() {
		value := query.Get("w." + a.Name)
		if value == "" {
			value = strconv.FormatFloat(a.Weight, 'f', -1, 64)
		}
		one := ui.Field{Name: "w." + a.Name, Label: a.Words.In(v.Language), Type: "number", Min: "0", Max: "1000", Step: "any", Value: value, Required: true}
		page.Weights = append(page.Weights, weight{ui.Bound{Field: one, Error: errorOf(bound, a.Name)}, a.Formula.In(v.Language)})
	}
	page.Places = ui.Bound{Field: ui.Field{Name: "places", Label: v.T("apply.selection.places"), Type: "number", Min: "1", Value: query.Get("places"), Hint: v.T("apply.selection.free", "Count", v.Number(ranking.Free))}, Error: errorOf(bound, "places")}
	page.Band = ui.Bound{Field: ui.Field{Name: "band", Label: v.T("apply.selection.bandwidth"), Type: "number", Min: "0", Max: "1", Step: "0.005", Value: query.Get("band"), Hint: v.T("apply.selection.bandwidth.hint")}, Error: errorOf(bound, "band")}
	page.Head, page.Rows = rankedColumns(v, q), ranked(v, ranking.Ballot, "")
	page.Summary = v.T("apply.selection.summary", "Places", v.Number(ranking.Places), "Firms", v.Number(len(ranking.Firms)))
	page.Empty = ui.Empty{Icon: "users", Title: v.T("apply.selection.none"), Text: v.T("apply.selection.none.text")}
	before, err := p.Cultivate.Selections(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	running := false
	for _, s := range before {
		running = running || s.State == cultivate.SelectionFrozen || s.State == cultivate.SelectionDrawn
		page.Before = append(page.Before, earlier{selectionPath(s.ID, ""), v.T("apply.selection.summary", "Places", v.Number(s.Places), "Firms", v.Number(len(s.Firms))), selectionTag(v, s.State), s.MadeAt})
	}
	if v.User.Can(access.ProgrammeEdit) && !running && len(page.Rows) > 0 && problem == nil {
		page.Freeze = &ui.Form{Path: page.Path, Submit: v.T("apply.selection.freeze")}
		for name, values := range query {
			if strings.HasPrefix(name, "w.") || name == "places" || name == "band" {
				page.Freeze.Fields = append(page.Freeze.Fields, ui.Field{Name: name, Type: "hidden", Value: values[0]})
			}
		}
		slices.SortFunc(page.Freeze.Fields, func(a, b ui.Field) int { return strings.Compare(a.Name, b.Name) })
	}
	return views.Render(w, r, page)
}

// errorOf is what is wrong with a field of a form that is drawn by hand.
func errorOf(f ui.Form, name string) string {
	for _, p := range f.Problems {
		if p.Field == name {
			return p.Text
		}
	}
	return ""
}

func (p *pages) freeze(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	weights, places, band, err := weighing(r.PostForm)
	if err != nil {
		return err
	}
	s, err := p.Cultivate.FreezeSelection(r.Context(), v.User, cultivate.CohortID(r.PathValue("cohort")), weights, places, band)
	if err != nil {
		return err
	}
	return web.Done(w, r, selectionPath(s.ID, ""), &ui.Toast{Text: v.T("apply.selection.frozen")})
}

type ballotPage struct {
	ui.Page
	Selection cultivate.Selection
	Tag       makers.Badge
	Facts     []ui.Fact
	Lots      string // how many firms draw for how many places; empty without a lot
	Checked   bool   // the draw comes out of the seed
	Head      ui.Head
	Rows      []placed
	Export    string
	Draw      *ui.Form
	Conclude  *ui.Form
	Drop      *ui.Form
}

func (p *pages) ballot(w http.ResponseWriter, r *http.Request) error {
	return p.showBallot(w, r, nil, "")
}

// showBallot draws a selection; problem is what was wrong with the form of the name.
func (p *pages) showBallot(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v, q := ui.Here(r), ui.Ask(r)
	s, err := p.Cultivate.Selection(r.Context(), v.User, cultivate.SelectionID(r.PathValue("selection")))
	if err != nil {
		return err
	}
	c, err := p.Cultivate.Cohort(r.Context(), v.User, s.Cohort)
	if err != nil {
		return err
	}
	page := ballotPage{Page: ui.Page{Title: v.T("apply.selection.of", "Date", v.Day(s.MadeAt)), Wide: true, Crumbs: []ui.Crumb{{Text: c.Name, Path: cohortPath(c.ID, "")}, {Text: v.T("apply.selection"), Path: cohortPath(c.ID, "selection")}}},
		Selection: s, Tag: selectionTag(v, s.State), Head: rankedColumns(v, q), Rows: ranked(v, s.Ballot, s.Seed), Export: selectionPath(s.ID, "export")}
	page.Facts = []ui.Fact{{Label: v.T("apply.selection.places"), Value: v.T("apply.selection.summary", "Places", v.Number(s.Places), "Firms", v.Number(len(s.Firms)))}, {Label: v.T("apply.selection.made"), Value: s.MadeBy + " · " + v.Clock(s.MadeAt)}}
	if firms, places := s.Lots(); firms > 0 {
		page.Lots = v.T("apply.selection.lots", "Firms", v.Number(firms), "Places", v.Number(places))
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("apply.selection.bandwidth"), Value: v.Decimal(s.Band, 3)})
	}
	if !s.DrawnAt.IsZero() {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("apply.selection.drawn.by"), Value: s.DrawnBy + " · " + v.Clock(s.DrawnAt)})
		page.Checked = s.Recheck() == nil
	}
	if !s.ConcludedAt.IsZero() {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("apply.selection.concluded.by"), Value: s.ConcludedBy + " · " + v.Clock(s.ConcludedAt)})
	}
	if v.User.Can(access.ProgrammeEdit) {
		if s.State == cultivate.SelectionFrozen && s.Commitment != "" {
			page.Draw = &ui.Form{Path: selectionPath(s.ID, "draw"), Submit: v.T("apply.selection.draw"), Fields: []ui.Field{versionField(s.Version)}}
		}
		if s.State == cultivate.SelectionFrozen {
			page.Drop = &ui.Form{Path: selectionPath(s.ID, "drop"), Submit: v.T("apply.selection.drop"), Fields: []ui.Field{{Name: "why", Label: v.T("apply.visit.why"), Required: true, Max: "2000"}, versionField(s.Version)}}
		}
		if s.State == cultivate.SelectionDrawn || s.State == cultivate.SelectionFrozen && s.Commitment == "" {
			page.Conclude = &ui.Form{Path: selectionPath(s.ID, "conclude"), Submit: v.T("apply.selection.conclude"), Draft: "conclude", Fields: []ui.Field{
				{Name: "wait", Label: v.T("apply.selection.wait"), Hint: v.T("apply.selection.wait.hint"), Type: "textarea", Rows: 2, Required: true, Max: "2000"},
				{Name: "below", Label: v.T("apply.selection.below"), Hint: v.T("apply.selection.below.hint"), Type: "number", Min: "0", Max: "1", Step: "any", Value: "0", Required: true},
				{Name: "why", Label: v.T("apply.selection.why"), Type: "textarea", Rows: 2, Max: "2000"}, {Name: "again", Label: v.T("apply.selection.again"), Type: "date"}, versionField(s.Version)}}
		}
	}
	if problem != nil {
		drawn := map[string]*ui.Form{"draw": page.Draw, "drop": page.Drop, "conclude": page.Conclude}[form]
		if drawn == nil {
			return problem
		}
		page.Status = web.Status(problem)
		drawn.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

// chosen ends an act on a selection: with its page, or with what was wrong.
func (p *pages) chosen(w http.ResponseWriter, r *http.Request, s cultivate.Selection, err error, form string) error {
	if fault.Of(err) == fault.Invalid {
		return p.showBallot(w, r, err, form)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, selectionPath(s.ID, ""), &ui.Toast{Text: selectionTag(ui.Here(r), s.State).Text})
}

func (p *pages) drawLots(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Cultivate.DrawSelection(r.Context(), ui.Here(r).User, cultivate.SelectionID(r.PathValue("selection")), version(r))
	return p.chosen(w, r, s, err, "draw")
}

func (p *pages) dropSelection(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Cultivate.DropSelection(r.Context(), ui.Here(r).User, cultivate.SelectionID(r.PathValue("selection")), version(r), r.PostFormValue("why"))
	return p.chosen(w, r, s, err, "drop")
}

func (p *pages) conclude(w http.ResponseWriter, r *http.Request) error {
	c := cultivate.Conclusion{Why: r.PostFormValue("why"), Again: r.PostFormValue("again"), Wait: r.PostFormValue("wait")}
	var err error
	if text := r.PostFormValue("below"); text != "" {
		if c.Below, err = strconv.ParseFloat(text, 64); err != nil {
			err = fault.Invalid.Say("Give a number.").At("below")
		}
	}
	var s cultivate.Selection
	if err == nil {
		s, err = p.Cultivate.ConcludeSelection(r.Context(), ui.Here(r).User, cultivate.SelectionID(r.PathValue("selection")), version(r), c)
	}
	return p.chosen(w, r, s, err, "conclude")
}

// exportSelection writes a selection with all that is needed to do it again: scores, parts, tickets.
func (p *pages) exportSelection(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	s, err := p.Cultivate.Selection(r.Context(), v.User, cultivate.SelectionID(r.PathValue("selection")))
	if err != nil {
		return err
	}
	columns := []string{"rank", "maker", "name", "score", "best", "worst", "in", "trials", "zone", "place", "ticket"}
	for _, a := range cultivate.Aspects() {
		columns = append(columns, a.Name)
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	write, end := listings.Exporter(w, "selection", "csv", columns)
	for _, one := range ranked(v, s.Ballot, s.Seed) {
		row := []string{strconv.Itoa(one.Rank), string(one.Maker), one.Name, number(one.Score), strconv.Itoa(one.Best), strconv.Itoa(one.Worst), strconv.Itoa(one.In), strconv.Itoa(one.Trials),
			string(one.Placed.Zone), strconv.FormatBool(one.Chosen()), one.Ticket}
		for _, a := range cultivate.Aspects() {
			value := ""
			if part, known := one.Values[a.Name]; known {
				value = number(part)
			}
			row = append(row, value)
		}
		if err := write(nil, row); err != nil {
			return err
		}
	}
	return end()
}
