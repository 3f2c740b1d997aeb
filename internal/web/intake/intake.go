// Package intake is where industries and belts ask to be taken into the programme: the public form, the list of requests ranked by a stated score with what each
// part adds, requests side by side, the weights, and the decision with its reasons.
package intake

import (
	"bytes"
	"embed"
	"encoding/csv"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "petition.html": petitionPage{}, "compare.html": comparePage{}, "weights.html": weightsPage{}, "form.html": formPage{}, "asked.html": askedPage{},
	"import.html": importPage{}})

type pages struct {
	cultivate *cultivate.Service
	remote    web.RemoteAddress // who asks on the public page
}

// Root is where requests stand in the rail.
const Root = "/intake"

// Job is the requests to join, and the public page on which anybody asks.
func Job(room *cultivate.Service, remote web.RemoteAddress) web.Job {
	p := &pages{room, remote}
	return web.Job{
		Rail:  ui.Entry{Name: "intake.rail", Icon: "list-search", Path: Root, Verb: access.ProgrammeRead, Key: "g q"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /ask-to-join", Verb: web.Public, Handle: p.ask},
			{Pattern: "POST /ask-to-join", Verb: web.Public, Handle: p.asked},
			{Pattern: "GET /intake", Verb: access.ProgrammeRead, Handle: p.list},
			{Pattern: "GET /exports/intake", Verb: access.ProgrammeRead, Handle: p.export},
			{Pattern: "GET /intake/compare", Verb: access.ProgrammeRead, Handle: p.compare},
			{Pattern: "GET /intake/weights", Verb: access.ProgrammeRead, Handle: p.weights},
			{Pattern: "POST /intake/weights", Verb: access.ProgrammeEdit, Handle: p.setWeights},
			{Pattern: "GET /intake/import", Verb: access.ProgrammeEdit, Handle: p.importForm},
			{Pattern: "POST /intake/import", Verb: access.ProgrammeEdit, Handle: p.importFile},
			{Pattern: "GET /intake/imports/{digest}", Verb: access.ProgrammeEdit, Handle: p.refused},
			{Pattern: "GET /intake/new", Verb: access.ProgrammeEdit, Handle: p.blank},
			{Pattern: "POST /intake/new", Verb: access.ProgrammeEdit, Handle: p.save},
			{Pattern: "GET /intake/{petition}", Verb: access.ProgrammeRead, Handle: p.petition},
			{Pattern: "POST /intake/{petition}", Verb: access.ProgrammeEdit, Handle: p.save},
			{Pattern: "POST /intake/{petition}/decision", Verb: access.ProgrammeEdit, Handle: p.decide},
			{Pattern: "POST /intake/{petition}/cohort", Verb: access.ProgrammeEdit, Handle: p.open},
		},
	}
}

func path(id cultivate.PetitionID) string { return Root + "/" + url.PathEscape(string(id)) }

// badge is what the template function badge draws.
type badge struct{ Tone, Icon, Text string }

func tag(v *ui.Visit, s cultivate.PetitionState) badge {
	tone := map[cultivate.PetitionState][2]string{cultivate.PetitionReceived: {"info", "mail"}, cultivate.PetitionReviewing: {"info", "eye"}, cultivate.PetitionAccepted: {"good", "circle-check"},
		cultivate.PetitionRefused: {"quiet", "circle-x"}, cultivate.PetitionWithdrawn: {"quiet", "arrow-back-up"}}[s]
	return badge{tone[0], tone[1], v.T("intake.state." + string(s))}
}

type listPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	cultivate.Petition
	Path, Trade string
	Tag         badge
	Points      string // of 100
	KnownShare  string
}

// trade is what a request is about in words.
func (p *pages) trade(v *ui.Visit, one cultivate.Petition) string {
	if i, known := p.cultivate.Industries[one.Industry]; known {
		return i.Names.In(v.Language)
	}
	return one.Trade
}

func points(v *ui.Visit, score float64) string { return v.Decimal(100*score, 1) }

func (p *pages) draw(v *ui.Visit, one cultivate.Petition) row {
	return row{one, path(one.ID), p.trade(v, one), tag(v, one.State), points(v, one.Score), v.Percent(math.Round(one.Known*1e6) / 1e6)}
}

func filter(q ui.Query) cultivate.PetitionFilter {
	return cultivate.PetitionFilter{State: cultivate.PetitionState(q.Get("state")), Industry: cultivate.IndustryID(q.Get("industry")), Text: q.Get("q"), ByTime: q.Get("order") == "time", After: q.After(), Limit: 50}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.cultivate.Petitions(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	total, err := p.cultivate.CountPetitions(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("intake.title"), Lead: v.T("intake.lead"), Wide: true, Actions: []ui.Action{{Text: v.T("intake.weights"), Path: Root + "/weights", Icon: "scale"}}}}
	if v.User.Can(access.ProgrammeEdit) {
		page.Actions = append(page.Actions, ui.Action{Text: v.T("intake.import"), Path: Root + "/import", Icon: "file-import"}, ui.Action{Text: v.T("intake.new"), Path: Root + "/new", Icon: "plus", Key: "n", Primary: true})
	}
	for _, one := range found.Items {
		page.Rows = append(page.Rows, p.draw(v, one))
	}
	states := ui.Menu{Name: "state", Label: v.T("intake.state")}
	for _, s := range cultivate.PetitionStates() {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: tag(v, s).Text, Count: -1})
	}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("intake.find")}, states, ui.Menu{Name: "order", Label: v.T("intake.order"), Options: []ui.Option{{Value: "time", Text: v.T("intake.order.time"), Count: -1}}})
	page.Filters.Export = "/exports" + q.Here()
	page.Head = q.Head("", false, ui.Column{Label: v.T("intake.pick")}, ui.Column{Label: v.T("intake.trade")}, ui.Column{Label: v.T("intake.body")}, ui.Column{Label: v.T("intake.state")}, ui.Column{Label: v.T("intake.score"), Number: true},
		ui.Column{Label: v.T("intake.known"), Number: true}, ui.Column{Label: v.T("intake.received")})
	page.Pager = q.Pager(found.Next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "mail", Title: v.T("intake.none"), Text: v.T("intake.none.text"), Action: &ui.Action{Text: v.T("intake.public"), Path: "/ask-to-join"}}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("intake.nomatch"), Text: v.T("intake.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Root}}
	}
	return views.Render(w, r, page)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	f := filter(ui.Ask(r))
	f.After = ""
	write, end := listings.Exporter(w, "requests", "csv", append([]string{"id", "state", "score", "known"}, cultivate.PetitionColumns...))
	for one, err := range p.cultivate.ExportPetitions(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		number := func(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
		if err := write(nil, append([]string{string(one.ID), string(one.State), number(one.Score), number(one.Known)}, one.Cells()...)); err != nil {
			return err
		}
	}
	return end()
}

type petitionPage struct {
	ui.Page
	Petition cultivate.Petition
	Tag      badge
	Rank     string
	Parts    []part
	Score    string
	Facts    []ui.Fact
	Past     []ui.Event
	Edit     *ui.Form
	Moves    []ui.Form
	Open     *ui.Form // of the cohort
	Cohort   string   // its address, once it was opened
}

// part is what one part of the score adds.
type part struct {
	Text, Value, Weight, Adds string
	Known                     bool
	Width                     ui.Progress // of 100 points
}

func parts(v *ui.Visit, s cultivate.Score) (all []part) {
	for _, one := range s.Parts {
		drawn := part{Text: one.Part.Words().In(v.Language), Known: one.Known, Value: "–", Weight: v.Percent(one.Weight), Adds: "–"}
		if one.Known {
			drawn.Value, drawn.Adds = v.Decimal(one.Value, 2), points(v, one.Contribution)
		}
		drawn.Width = ui.Progress{Done: int(1000*one.Contribution + 0.5), Max: 200, Label: drawn.Text}
		all = append(all, drawn)
	}
	return all
}

func (p *pages) petition(w http.ResponseWriter, r *http.Request) error {
	return p.showPetition(w, r, nil, "")
}

// showPetition draws a request; problem is what was wrong with the form of the name.
func (p *pages) showPetition(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v := ui.Here(r)
	one, steps, err := p.cultivate.Petition(r.Context(), v.User, cultivate.PetitionID(r.PathValue("petition")))
	if err != nil {
		return err
	}
	weighings, err := p.cultivate.Weighings(r.Context(), v.User)
	if err != nil {
		return err
	}
	score, err := weighings[0].Weights.Score(one.Facts)
	if err != nil {
		return err
	}
	rank, of, err := p.cultivate.RankPetition(r.Context(), v.User, one)
	if err != nil {
		return err
	}
	page := petitionPage{Page: ui.Page{Title: p.trade(v, one) + " · " + one.Place, Wide: true, Crumbs: []ui.Crumb{{Text: v.T("intake.title"), Path: Root}}}, Petition: one, Tag: tag(v, one.State),
		Rank: v.T("intake.rank", "Rank", v.Number(rank), "Of", v.Number(of)), Parts: parts(v, score), Score: points(v, score.Total)}
	for _, f := range []struct{ label, value string }{{"intake.body", one.Body}, {"intake.person", one.Contact.Person}, {"intake.email", one.Contact.Email}, {"intake.phone", one.Contact.Phone}, {"intake.note", one.Note}, {"intake.reasons", one.Reasons}} {
		if f.value != "" {
			page.Facts = append(page.Facts, ui.Fact{Label: v.T(f.label), Value: f.value})
		}
	}
	if !one.AskAgain.IsZero() {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("intake.again"), Value: v.Day(one.AskAgain)})
	}
	for _, s := range slices.Backward(steps) {
		t := tag(v, s.To)
		what := t.Text
		if s.From == s.To {
			what = v.T("intake.changed")
		}
		page.Past = append(page.Past, ui.Event{At: s.At, Who: s.ByName, What: what, Detail: s.Why, Icon: t.Icon, Tone: t.Tone})
	}
	if one.Cohort != "" {
		page.Cohort = "/programme/cohorts/" + url.PathEscape(string(one.Cohort))
	}
	forms := map[string]*ui.Form{}
	if v.User.Can(access.ProgrammeEdit) {
		edit := p.form(v, one)
		edit.Path, edit.Submit = path(one.ID), v.T("intake.save")
		edit.Fields = append(edit.Fields, number(one.Version))
		page.Edit = edit
		forms["edit"] = page.Edit
		for _, to := range one.Next() {
			f := ui.Form{Path: path(one.ID) + "/decision", Submit: v.T("intake.to." + string(to)), Fields: []ui.Field{{Name: "why", Label: v.T("intake.why"), Type: "textarea", Rows: 2, Max: "2000", Required: to == cultivate.PetitionRefused || to == cultivate.PetitionAccepted}}}
			if to == cultivate.PetitionRefused {
				f.Fields = append(f.Fields, ui.Field{Name: "again", Label: v.T("intake.again"), Type: "date"})
			}
			f.Fields = append(f.Fields, ui.Field{Name: "to", Type: "hidden", Value: string(to)}, ui.Field{Name: "request", Type: "hidden", Value: db.NewID()}, number(one.Version))
			page.Moves = append(page.Moves, f)
		}
		for i := range page.Moves {
			forms["decision "+page.Moves[i].Submit] = &page.Moves[i]
		}
		if one.State == cultivate.PetitionAccepted && one.Cohort == "" {
			c, err := one.Prefilled(p.cultivate.Industries)
			if err == nil {
				page.Open = &ui.Form{Path: path(one.ID) + "/cohort", Submit: v.T("intake.open"), Fields: []ui.Field{{Name: "name", Label: v.T("intake.cohort.name"), Required: true, Value: c.Name, Max: "200"},
					{Name: "places", Label: v.T("intake.cohort.places"), Type: "number", Min: "1", Required: true, Value: strconv.Itoa(c.Places)}, number(one.Version)}}
				forms["open"] = page.Open
			} else {
				page.Facts = append(page.Facts, ui.Fact{Label: v.T("intake.open"), Value: v.Problems(err)[0].Text})
			}
		}
	}
	if problem != nil {
		drawn := forms[form]
		if drawn == nil {
			return problem
		}
		page.Status = web.Status(problem)
		drawn.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func number(version int64) ui.Field {
	return ui.Field{Name: "version", Type: "hidden", Value: strconv.FormatInt(version, 10)}
}

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}

func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.PetitionID(r.PathValue("petition"))
	m := cultivate.PetitionMove{To: cultivate.PetitionState(r.PostFormValue("to")), Why: r.PostFormValue("why"), Version: version(r), Request: r.PostFormValue("request")}
	var err error
	if text := r.PostFormValue("again"); text != "" {
		if m.AskAgain, err = time.Parse(time.DateOnly, text); err != nil {
			err = fault.Invalid.Say("Give a day.").At("again")
		}
	}
	var one cultivate.Petition
	if err == nil {
		one, err = p.cultivate.DecidePetition(r.Context(), v.User, id, m)
	}
	if fault.Of(err) == fault.Invalid {
		return p.showPetition(w, r, err, "decision "+v.T("intake.to."+string(m.To)))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path(id), &ui.Toast{Text: tag(v, one.State).Text})
}

func (p *pages) open(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.PetitionID(r.PathValue("petition"))
	one, _, err := p.cultivate.Petition(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	places, err := strconv.Atoi(r.PostFormValue("places"))
	if err != nil {
		err = fault.Invalid.Say("Give a number.").At("places")
	}
	var c cultivate.Cohort
	if err == nil {
		c, err = p.cultivate.OpenCohort(r.Context(), v.User, id, version(r), cultivate.Cohort{Name: r.PostFormValue("name"), Place: one.Place, Places: places})
	}
	if fault.Of(err) == fault.Invalid {
		return p.showPetition(w, r, err, "open")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/programme/cohorts/"+url.PathEscape(string(c.ID)), &ui.Toast{Text: v.T("intake.opened")})
}

type comparePage struct {
	ui.Page
	Columns []row
	Lines   []compared
	Swaps   []string // which weight would have to move for the second to pass the first
	Empty   ui.Empty
}

type compared struct {
	Text  string
	Cells []part
}

// mostCompared is how many requests stand side by side.
const mostCompared = 4

// compare sets requests side by side, part by part, and says what would turn the first two around.
func (p *pages) compare(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	weighings, err := p.cultivate.Weighings(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := comparePage{Page: ui.Page{Title: v.T("intake.compare"), Wide: true, Crumbs: []ui.Crumb{{Text: v.T("intake.title"), Path: Root}}}, Empty: ui.Empty{Icon: "table", Title: v.T("intake.compare.none"), Text: v.T("intake.compare.none.text"), Action: &ui.Action{Text: v.T("intake.title"), Path: Root}}}
	ids := r.URL.Query()["id"]
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var all []cultivate.Petition
	for _, id := range ids[:min(len(ids), mostCompared)] {
		one, _, err := p.cultivate.Petition(r.Context(), v.User, cultivate.PetitionID(id))
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b cultivate.Petition) int { return -cmpFloat(a.Score, b.Score) })
	for i, one := range all {
		score, err := weighings[0].Weights.Score(one.Facts)
		if err != nil {
			return err
		}
		page.Columns = append(page.Columns, p.draw(v, one))
		for j, drawn := range parts(v, score) {
			if i == 0 {
				page.Lines = append(page.Lines, compared{Text: drawn.Text})
			}
			page.Lines[j].Cells = append(page.Lines[j].Cells, drawn)
		}
	}
	if len(all) >= 2 {
		swaps, err := weighings[0].Weights.Swaps(all[0].Facts, all[1].Facts)
		if err != nil {
			return err
		}
		for _, s := range swaps {
			page.Swaps = append(page.Swaps, v.T("intake.swap", "Part", s.Part.Words().In(v.Language), "From", v.Percent(s.From), "To", v.Percent(s.To)))
		}
	}
	return views.Render(w, r, page)
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

type weightsPage struct {
	ui.Page
	Form  ui.Form
	Rules []ui.Fact
	Past  []ui.Event
	May   bool
}

func (p *pages) weights(w http.ResponseWriter, r *http.Request) error {
	return p.showWeights(w, r, nil)
}

func (p *pages) showWeights(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	all, err := p.cultivate.Weighings(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := weightsPage{Page: ui.Page{Title: v.T("intake.weights"), Lead: v.T("intake.weights.lead"), Crumbs: []ui.Crumb{{Text: v.T("intake.title"), Path: Root}}}, May: v.User.Can(access.ProgrammeEdit)}
	page.Form = ui.Form{Path: Root + "/weights", Submit: v.T("intake.weights.save")}
	for _, one := range cultivate.Parts() {
		page.Form.Fields = append(page.Form.Fields, ui.Field{Name: string(one), Label: one.Words().In(v.Language), Hint: v.T("intake.rule." + string(one)), Type: "number", Min: "0", Max: "100", Step: "any", Required: true,
			Value: strconv.FormatFloat(100*all[0].Weights[one], 'g', 6, 64)})
		page.Rules = append(page.Rules, ui.Fact{Label: one.Words().In(v.Language) + " · " + v.Percent(all[0].Weights[one]), Value: v.T("intake.rule." + string(one))})
	}
	page.Form.Fields = append(page.Form.Fields, ui.Field{Name: "why", Label: v.T("intake.why"), Type: "textarea", Rows: 2, Required: true, Max: "2000"}, ui.Field{Name: "current", Type: "hidden", Value: all[0].ID})
	for _, one := range all {
		if one.ID != "" {
			page.Past = append(page.Past, ui.Event{At: one.At, Who: one.ByName, What: one.Why, Icon: "scale"})
		}
	}
	if problem != nil {
		page.Status = web.Status(problem)
		page.Form.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func (p *pages) setWeights(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	weights := cultivate.Weights{}
	var err error
	for _, one := range cultivate.Parts() {
		percent, wrong := strconv.ParseFloat(strings.TrimSpace(r.PostFormValue(string(one))), 64)
		if wrong != nil {
			err = fault.Invalid.Say("Give a number.").At(string(one))
			break
		}
		weights[one] = percent / 100
	}
	if err == nil {
		_, err = p.cultivate.SetWeights(r.Context(), v.User, r.PostFormValue("current"), weights, r.PostFormValue("why"))
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showWeights(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Root, &ui.Toast{Text: v.T("intake.weights.saved")})
}

type importPage struct {
	ui.Page
	Form    ui.Form
	Columns []string
	Done    bool
	Said    []string
	Bad     []cultivate.BadPetition
	File    string // of the rows that were not taken
}

func (p *pages) importPage(v *ui.Visit) importPage {
	return importPage{Page: ui.Page{Title: v.T("intake.import"), Crumbs: []ui.Crumb{{Text: v.T("intake.title"), Path: Root}}}, Columns: cultivate.PetitionColumns,
		Form: ui.Form{Path: Root + "/import", Submit: v.T("intake.import"), Upload: true, Fields: []ui.Field{{Name: "file", Label: v.T("intake.file"), Hint: v.T("intake.file.hint"), Type: "file", Accept: ".csv", Required: true}}}}
}

func (p *pages) importForm(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, p.importPage(ui.Here(r)))
}

func (p *pages) importFile(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	page := p.importPage(v)
	web.Upload(w, r, cultivate.MaxPetitionFile+(1<<16))
	file, _, err := r.FormFile("file")
	if err != nil {
		err = fault.Invalid.Say("Choose a file.").At("file").Because(err)
	}
	var report cultivate.PetitionReport
	if err == nil {
		defer file.Close()
		report, err = p.cultivate.ImportPetitions(r.Context(), v.User, file)
	}
	if problems := v.Problems(err); problems != nil {
		page.Form.Problems, page.Status = problems, web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	page.Done, page.Bad = true, report.Bad
	page.Said = []string{v.N("intake.added", report.Added), v.N("intake.known.rows", report.Known)}
	if report.Again {
		page.Said = []string{v.T("intake.file.again")}
	}
	if len(report.Bad) > 0 {
		page.File = Root + "/imports/" + report.Digest
	}
	return views.Render(w, r, page)
}

// refused is the rows of a file that were not taken, with what was wrong: mended, it can be sent again.
func (p *pages) refused(w http.ResponseWriter, r *http.Request) error {
	report, err := p.cultivate.PetitionReport(r.Context(), ui.Here(r).User, r.PathValue("digest"))
	if err != nil {
		return err
	}
	var body bytes.Buffer
	out := csv.NewWriter(&body)
	_ = out.Write(append(slices.Clone(report.Header), cultivate.ProblemColumn)) // a buffer takes everything
	for _, b := range report.Bad {
		_ = out.Write(append(slices.Clone(b.Cells), strings.Join(b.Problems, " ")))
	}
	out.Flush()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="requests-refused.csv"`)
	_, _ = w.Write(body.Bytes()) // a browser that went away needs none
	return nil
}
