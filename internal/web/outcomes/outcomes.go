// Package outcomes is what becomes of makers: the figures graduation is held against, the quarterly figures firms and their people live on, the alerts that
// something speaks against a member, and the hearings in which it has its say. Pages about one maker stand under makers.Path.
package outcomes

import (
	"bytes"
	"embed"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "alert.html": alertPage{}, "evidence.html": evidence{}, "hearing.html": hearingPage{}, "graduation.html": graduationPage{}, "livelihood.html": livelihoodPage{}, "cohort.html": cohortPage{}, "plot.html": plot{}, "sent.html": sent{}})

type pages struct {
	cultivate *cultivate.Service
	store     *blob.Store
}

// Root is where alerts stand in the rail.
const Root = "/outcomes"

// Job is the relapse watch with its hearings, and the parts of a maker's file about how it fares.
func Job(room *cultivate.Service, store *blob.Store) web.Job {
	p := &pages{room, store}
	return web.Job{
		Rail:  ui.Entry{Name: "outcomes.rail", Icon: "eye-check", Path: Root, Verb: access.ProgrammeRead, Key: "g w"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /outcomes", Verb: access.ProgrammeRead, Handle: p.list},
			{Pattern: "GET /exports/outcomes", Verb: access.ProgrammeRead, Handle: p.export},
			{Pattern: "GET /outcomes/alerts/{alert}", Verb: access.ProgrammeRead, Handle: p.alert},
			{Pattern: "POST /outcomes/alerts/{alert}/dismiss", Verb: access.MakerMove, Handle: p.dismiss},
			{Pattern: "POST /outcomes/alerts/{alert}/reopen", Verb: access.MakerMove, Handle: p.reopen},
			{Pattern: "POST /outcomes/alerts/{alert}/hearing", Verb: access.MakerMove, Handle: p.call},
			{Pattern: "GET /hearings/{hearing}", Verb: access.MakerRead, Handle: p.hearing},
			{Pattern: "POST /hearings/{hearing}/statement", Verb: access.MakerEdit, Handle: p.state},
			{Pattern: "GET /hearings/{hearing}/documents/{document}", Verb: access.MakerRead, Handle: p.document},
			{Pattern: "POST /hearings/{hearing}/hold", Verb: access.MakerMove, Handle: p.hold},
			{Pattern: "POST /hearings/{hearing}/withdraw", Verb: access.MakerMove, Handle: p.withdraw},
			{Pattern: "POST /hearings/{hearing}/ruling", Verb: access.MakerMove, Handle: p.rule},
			{Pattern: "GET /makers/{maker}/graduation", Verb: access.MakerRead, Handle: p.graduation},
			{Pattern: "POST /makers/{maker}/graduation", Verb: access.MakerMove, Handle: p.enterResult},
			{Pattern: "GET /makers/{maker}/livelihood", Verb: access.MakerRead, Handle: p.livelihood},
			{Pattern: "POST /makers/{maker}/livelihood", Verb: access.MakerEdit, Handle: p.enterLivelihood},
			{Pattern: "POST /makers/{maker}/livelihood/file", Verb: access.MakerEdit, Handle: p.makerFile},
			{Pattern: "GET /makers/{maker}/livelihood/export", Verb: access.MakerRead, Handle: p.exportLivelihood},
			{Pattern: "GET /livelihood-rows/{digest}", Verb: access.MakerEdit, Handle: p.refused},
			{Pattern: "GET /programme/cohorts/{cohort}/livelihood", Verb: access.ProgrammeRead, Handle: p.cohort},
			{Pattern: "POST /programme/cohorts/{cohort}/livelihood/file", Verb: access.MakerMove, Handle: p.cohortFile},
			{Pattern: "GET /programme/cohorts/{cohort}/livelihood/export", Verb: access.ProgrammeRead, Handle: p.exportCohort},
		},
	}
}

func alertPath(id cultivate.AlertID) string     { return Root + "/alerts/" + url.PathEscape(string(id)) }
func hearingPath(id cultivate.HearingID) string { return "/hearings/" + url.PathEscape(string(id)) }

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

func alertTag(v *ui.Visit, s cultivate.AlertState) makers.Badge {
	tone := map[cultivate.AlertState][2]string{cultivate.AlertOpen: {"warn", "alert-triangle"}, cultivate.AlertCalled: {"info", "gavel"}, cultivate.AlertHeard: {"good", "circle-check"}, cultivate.AlertDismissed: {"quiet", "circle-x"},
		cultivate.AlertWithdrawn: {"quiet", "arrow-back-up"}}[s]
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("outcomes.alert." + string(s))}
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
	cultivate.Alert
	Path, Firm, Kind string
	Tag              makers.Badge
}

func filter(q ui.Query) cultivate.AlertFilter {
	return cultivate.AlertFilter{State: cultivate.AlertState(q.Get("state")), Kind: cultivate.AlertKind(q.Get("kind")), After: q.After(), Limit: 50}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.cultivate.Alerts(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	total, err := p.cultivate.CountAlerts(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("outcomes.title"), Lead: v.T("outcomes.lead"), Wide: true}}
	for _, a := range found.Items {
		page.Rows = append(page.Rows, row{a, alertPath(a.ID), makers.Path(a.Maker, ""), v.T("outcomes.kind." + string(a.Kind)), alertTag(v, a.State)})
	}
	states := ui.Menu{Name: "state", Label: v.T("outcomes.state")}
	for _, s := range cultivate.AlertStates() {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: alertTag(v, s).Text, Count: -1})
	}
	kinds := ui.Menu{Name: "kind", Label: v.T("outcomes.kind")}
	for _, k := range cultivate.AlertKinds() {
		kinds.Options = append(kinds.Options, ui.Option{Value: string(k), Text: v.T("outcomes.kind." + string(k)), Count: -1})
	}
	page.Filters = q.Filters(nil, states, kinds)
	page.Filters.Export = "/exports" + q.Here()
	page.Head = q.Head("", false, ui.Column{Label: v.T("outcomes.what")}, ui.Column{Label: v.T("outcomes.firm")}, ui.Column{Label: v.T("outcomes.state")}, ui.Column{Label: v.T("outcomes.since")}, ui.Column{Label: v.T("outcomes.due")})
	page.Pager = q.Pager(found.Next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "circle-check", Title: v.T("outcomes.none"), Text: v.T("outcomes.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("outcomes.nomatch"), Text: v.T("outcomes.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Root}}
	}
	return views.Render(w, r, page)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	f := filter(ui.Ask(r))
	f.After = ""
	write, end := listings.Exporter(w, "alerts", "csv", []string{"id", "maker", "name", "kind", "subject", "state", "at", "due", "hearing", "why"})
	for a, err := range p.cultivate.ExportAlerts(r.Context(), ui.Here(r).User, f) {
		if err != nil {
			return err
		}
		if err := write(nil, []string{string(a.ID), string(a.Maker), a.Name, string(a.Kind), a.Subject, string(a.State), a.At.UTC().Format(time.RFC3339), a.Due.UTC().Format(time.RFC3339), string(a.Hearing), a.Why}); err != nil {
			return err
		}
	}
	return end()
}

type alertPage struct {
	ui.Page
	Tag      makers.Badge
	Facts    []ui.Fact
	Evidence []evidence
	Hearing  string // its address; empty while none was called
	Dismiss  *ui.Form
	Reopen   *ui.Form
	Call     *ui.Form
}

// evidence is one piece with the way from it to the maker.
type evidence struct {
	cultivate.AlertEvidence
	Kind string
	Way  []ui.Fact
}

// draw is the evidence against a maker.
func draw(v *ui.Visit, maker cultivate.MakerID, all []cultivate.AlertEvidence) (drawn []evidence) {
	for _, e := range all {
		one := evidence{AlertEvidence: e, Kind: v.T("outcomes.kind." + string(e.Suspicion.Kind))}
		if e.Title != "" {
			one.Way = append(one.Way, ui.Fact{Label: v.T("outcomes.way.listing"), Value: e.Title, Path: pathFor(v, e)})
		}
		if e.Account != "" {
			account := ui.Fact{Label: v.T("outcomes.way.account"), Value: string(e.Account)}
			if v.User.Can(access.SellerRead) {
				account.Path = "/sellers/" + url.PathEscape(string(e.Account))
			}
			one.Way = append(one.Way, account, ui.Fact{Label: v.T("outcomes.way.tie"), Value: v.T("outcomes.tie." + string(e.Tie.How)), Path: makers.Path(maker, "")})
		}
		if e.Score > 0 {
			one.Way = append(one.Way, ui.Fact{Label: v.T("outcomes.way.score"), Value: v.Percent(e.Score)})
		}
		if e.Detail != "" {
			one.Way = append(one.Way, ui.Fact{Label: v.T("outcomes.way.detail"), Value: e.Said().In(v.Language)})
		}
		drawn = append(drawn, one)
	}
	return drawn
}

// pathFor is where a piece of evidence can be looked at, for who may look there: a firm does not see the marketplace's listings.
func pathFor(v *ui.Visit, e cultivate.AlertEvidence) string {
	if v.User.Can(access.ListingRead) {
		return e.Path
	}
	return ""
}

func (p *pages) alert(w http.ResponseWriter, r *http.Request) error {
	return p.showAlert(w, r, nil, "")
}

func (p *pages) showAlert(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v := ui.Here(r)
	a, all, err := p.cultivate.AlertOf(r.Context(), v.User, cultivate.AlertID(r.PathValue("alert")))
	if err != nil {
		return err
	}
	page := alertPage{Page: ui.Page{Title: v.T("outcomes.kind." + string(a.Kind)), Wide: true, Crumbs: []ui.Crumb{{Text: v.T("outcomes.title"), Path: Root}}}, Tag: alertTag(v, a.State), Evidence: draw(v, a.Maker, all)}
	page.Facts = []ui.Fact{{Label: v.T("outcomes.firm"), Value: a.Name, Path: makers.Path(a.Maker, "")}, {Label: v.T("outcomes.since"), Value: v.Clock(a.At)}}
	if a.State == cultivate.AlertOpen {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("outcomes.due"), Value: v.Day(a.Due)})
	}
	if a.Why != "" {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("outcomes.why"), Value: a.Why})
	}
	if a.Hearing != "" {
		page.Hearing = hearingPath(a.Hearing)
	}
	if a.State == cultivate.AlertOpen && v.User.May(access.MakerMove, a.Organisation) == nil {
		page.Dismiss = &ui.Form{Path: alertPath(a.ID) + "/dismiss", Submit: v.T("outcomes.dismiss"), Fields: []ui.Field{{Name: "why", Label: v.T("outcomes.why"), Type: "textarea", Rows: 2, Required: true, Max: "2000"}, number(a.Version)}}
		page.Call = &ui.Form{Path: alertPath(a.ID) + "/hearing", Submit: v.T("outcomes.call"), Draft: "call", Fields: []ui.Field{{Name: "reasons", Label: v.T("outcomes.reasons"), Hint: v.T("outcomes.reasons.hint"), Type: "textarea", Rows: 4, Required: true, Max: "2000"},
			{Name: "place", Label: v.T("outcomes.place"), Required: true, Max: "200"}, {Name: "on", Label: v.T("outcomes.on"), Hint: v.T("outcomes.on.hint"), Type: "datetime-local", Required: true}}}
		others, err := p.openOf(r, v, a)
		if err != nil {
			return err
		}
		if len(others) > 1 {
			page.Call.Fields = append(page.Call.Fields, ui.Field{Name: "all", Label: v.T("outcomes.all", "Count", len(others)-1), Type: "checkbox", Checked: true})
		}
	}
	if a.State == cultivate.AlertDismissed && a.Hearing == "" && v.User.May(access.MakerMove, a.Organisation) == nil {
		page.Reopen = &ui.Form{Path: alertPath(a.ID) + "/reopen", Submit: v.T("outcomes.reopen"), Fields: []ui.Field{number(a.Version)}}
	}
	if problem != nil {
		drawn := map[string]*ui.Form{"dismiss": page.Dismiss, "call": page.Call}[form]
		if drawn == nil {
			return problem
		}
		page.Status = web.Status(problem)
		drawn.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func (p *pages) dismiss(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	a, err := p.cultivate.Dismiss(r.Context(), v.User, cultivate.AlertID(r.PathValue("alert")), version(r), r.PostFormValue("why"))
	if fault.Of(err) == fault.Invalid {
		return p.showAlert(w, r, err, "dismiss")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, alertPath(a.ID), &ui.Toast{Text: alertTag(v, a.State).Text, Undo: &ui.Undo{Path: alertPath(a.ID) + "/reopen", Key: "u", Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(a.Version, 10)}}}})
}

func (p *pages) reopen(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	a, err := p.cultivate.Reopen(r.Context(), v.User, cultivate.AlertID(r.PathValue("alert")), version(r))
	if err != nil {
		return err
	}
	return web.Done(w, r, alertPath(a.ID), &ui.Toast{Text: v.T("outcomes.reopened")})
}

// openOf is the open alerts of an alert's maker, that one with them.
func (p *pages) openOf(r *http.Request, v *ui.Visit, a cultivate.Alert) (ids []cultivate.AlertID, err error) {
	found, err := p.cultivate.Alerts(r.Context(), v.User, cultivate.AlertFilter{Maker: a.Maker, State: cultivate.AlertOpen, Limit: 500})
	for _, one := range found.Items {
		ids = append(ids, one.ID)
	}
	return ids, err
}

func (p *pages) call(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.AlertID(r.PathValue("alert"))
	a, _, err := p.cultivate.AlertOf(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	on, err := time.ParseInLocation("2006-01-02T15:04", r.PostFormValue("on"), v.Zone)
	if err != nil {
		err = fault.Invalid.Say("Say when it is.").At("on")
	}
	alerts := []cultivate.AlertID{id}
	if err == nil && r.PostFormValue("all") != "" {
		alerts, err = p.openOf(r, v, a)
	}
	var h cultivate.Hearing
	if err == nil {
		h, err = p.cultivate.CallHearing(r.Context(), v.User, cultivate.Call{Maker: a.Maker, Alerts: alerts, Reasons: r.PostFormValue("reasons"), Place: r.PostFormValue("place"), On: on.UTC()})
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showAlert(w, r, err, "call")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, hearingPath(h.ID), &ui.Toast{Text: v.T("outcomes.called")})
}

type hearingPage struct {
	ui.Page
	Hearing  cultivate.Hearing
	Tag      makers.Badge
	Facts    []ui.Fact
	Evidence []evidence
	Papers   []ui.Fact
	Ruling   []ui.Fact
	State    *ui.Form // of the firm's answer
	Hold     *ui.Form
	Withdraw *ui.Form
	Rule     *ui.Form
	Waits    string // why the reader cannot decide
}

func hearingTag(v *ui.Visit, s cultivate.HearingState) makers.Badge {
	tone := map[cultivate.HearingState][2]string{cultivate.HearingCalled: {"info", "calendar-event"}, cultivate.HearingHeld: {"info", "hourglass"}, cultivate.HearingDecided: {"good", "gavel"}, cultivate.HearingWithdrawn: {"quiet", "arrow-back-up"}}[s]
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("outcomes.hearing." + string(s))}
}

func (p *pages) hearing(w http.ResponseWriter, r *http.Request) error {
	return p.showHearing(w, r, nil, "")
}

// showHearing draws a hearing for both sides: what is alleged and on what evidence, the firm's answer, what was said, what was decided.
func (p *pages) showHearing(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v := ui.Here(r)
	h, alerts, found, documents, err := p.cultivate.HearingOf(r.Context(), v.User, cultivate.HearingID(r.PathValue("hearing")))
	if err != nil {
		return err
	}
	m, err := p.cultivate.Maker(r.Context(), v.User, h.Maker)
	if err != nil {
		return err
	}
	page := hearingPage{Page: makers.Page(v, m, v.T("outcomes.hearing")), Hearing: h, Tag: hearingTag(v, h.State)}
	page.Wide = true
	here := hearingPath(h.ID)
	page.Facts = []ui.Fact{{Label: v.T("outcomes.on"), Value: v.Clock(h.On)}, {Label: v.T("outcomes.place"), Value: h.Place}, {Label: v.T("outcomes.called.by"), Value: h.CalledName + " · " + v.Clock(h.CalledAt)}}
	for _, a := range alerts {
		page.Evidence = append(page.Evidence, draw(v, h.Maker, found[a.ID])...)
	}
	for _, d := range documents {
		page.Papers = append(page.Papers, ui.Fact{Label: d.ByName, Value: d.Name, Path: here + "/documents/" + d.Hash})
	}
	if h.State == cultivate.HearingDecided {
		page.Ruling = []ui.Fact{{Label: v.T("outcomes.outcome"), Value: v.T("outcomes.outcome." + string(h.Outcome))}, {Label: v.T("outcomes.ground"), Value: h.Ground}, {Label: v.T("outcomes.deposit"), Value: v.T("outcomes.deposit." + string(h.Deposit))},
			{Label: v.T("outcomes.decided.by"), Value: h.DecidedName + " · " + v.Clock(h.DecidedAt)}}
	}
	moves := v.User.May(access.MakerMove, h.Organisation) == nil
	if h.State == cultivate.HearingCalled && v.User.Org == h.Organisation && v.User.May(access.MakerEdit, h.Organisation) == nil {
		page.State = &ui.Form{Path: here + "/statement", Submit: v.T("outcomes.statement.send"), Upload: true, Draft: "statement", Fields: []ui.Field{{Name: "statement", Label: v.T("outcomes.statement"), Hint: v.T("outcomes.statement.hint"), Type: "textarea", Rows: 6, Required: true, Value: h.Statement, Max: "10000"},
			{Name: "papers", Label: v.T("outcomes.papers"), Type: "file", Accept: papers.Accept, Several: true}, number(h.Version)}}
	}
	if moves && h.State == cultivate.HearingCalled {
		page.Hold = &ui.Form{Path: here + "/hold", Submit: v.T("outcomes.hold"), Draft: "hold", Fields: []ui.Field{{Name: "minutes", Label: v.T("outcomes.minutes"), Type: "textarea", Rows: 5, Required: true, Max: "10000"}, {Name: "came", Label: v.T("outcomes.came"), Type: "checkbox"}, number(h.Version)}}
	}
	if moves && (h.State == cultivate.HearingCalled || h.State == cultivate.HearingHeld) {
		page.Withdraw = &ui.Form{Path: here + "/withdraw", Submit: v.T("outcomes.withdraw"), Fields: []ui.Field{{Name: "why", Label: v.T("outcomes.why"), Type: "textarea", Rows: 2, Required: true, Max: "2000"}, number(h.Version)}}
	}
	if moves && h.State == cultivate.HearingHeld {
		if h.MayRule(v.User) == nil {
			outcome := ui.Field{Name: "outcome", Label: v.T("outcomes.outcome"), Type: "radio", Required: true}
			for _, o := range m.Outcomes() {
				outcome.Options = append(outcome.Options, ui.Option{Value: string(o), Text: v.T("outcomes.outcome." + string(o))})
			}
			deposit := ui.Field{Name: "deposit", Label: v.T("outcomes.deposit"), Type: "select", Required: true}
			for _, d := range []cultivate.Deposit{cultivate.DepositKept, cultivate.DepositWhole} {
				deposit.Options = append(deposit.Options, ui.Option{Value: string(d), Text: v.T("outcomes.deposit." + string(d))})
			}
			page.Rule = &ui.Form{Path: here + "/ruling", Submit: v.T("outcomes.rule"), Draft: "ruling", Fields: []ui.Field{outcome, {Name: "ground", Label: v.T("outcomes.ground"), Hint: v.T("outcomes.ground.hint"), Type: "textarea", Rows: 5, Required: true, Max: "2000"}, deposit, number(h.Version)}}
		} else {
			page.Waits = v.T("outcomes.another")
		}
	}
	if problem != nil {
		drawn := map[string]*ui.Form{"statement": page.State, "hold": page.Hold, "withdraw": page.Withdraw, "ruling": page.Rule}[form]
		if drawn == nil {
			return problem
		}
		page.Status = web.Status(problem)
		drawn.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

// went ends a step of a hearing: with its page, or with what was wrong.
func (p *pages) went(w http.ResponseWriter, r *http.Request, h cultivate.Hearing, err error, form, word string) error {
	if k := fault.Of(err); k == fault.Invalid || k == fault.TooLarge {
		return p.showHearing(w, r, err, form)
	}
	if err != nil {
		return err
	}
	if word == "" {
		word = hearingTag(ui.Here(r), h.State).Text
	}
	return web.Done(w, r, hearingPath(h.ID), &ui.Toast{Text: word})
}

func (p *pages) state(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.HearingID(r.PathValue("hearing"))
	end, err := papers.Form(w, r, papers.MaxUpload)
	defer end()
	if err != nil {
		return err
	}
	var sent []cultivate.HearingPaper
	if r.MultipartForm != nil {
		for _, header := range r.MultipartForm.File["papers"] {
			if header.Size == 0 {
				continue // nothing was chosen
			}
			file, err := header.Open()
			if err != nil {
				return web.Unreadable(err)
			}
			content, err := io.ReadAll(io.LimitReader(file, cultivate.MaxHearingDocumentSize+1))
			file.Close()
			if err != nil {
				return web.Unreadable(err)
			}
			sent = append(sent, cultivate.HearingPaper{Name: header.Filename, Content: bytes.NewReader(content)})
		}
	}
	h, err := p.cultivate.StateCase(r.Context(), v.User, id, version(r), r.PostFormValue("statement"), sent)
	return p.went(w, r, h, err, "statement", v.T("outcomes.stated"))
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	_, content, err := p.cultivate.OpenDocument(r.Context(), ui.Here(r).User, cultivate.HearingID(r.PathValue("hearing")), r.PathValue("document"))
	if err != nil {
		return err
	}
	content.Close()
	hash, err := blob.Parse(r.PathValue("document"))
	if err != nil {
		return fault.NotFound.Say("There is no such file.").Because(err)
	}
	return papers.GiveOut(w, r, p.store, hash, "hearing")
}

func (p *pages) hold(w http.ResponseWriter, r *http.Request) error {
	h, err := p.cultivate.Hold(r.Context(), ui.Here(r).User, cultivate.HearingID(r.PathValue("hearing")), version(r), r.PostFormValue("minutes"), r.PostFormValue("came") != "")
	return p.went(w, r, h, err, "hold", "")
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	h, err := p.cultivate.Withdraw(r.Context(), ui.Here(r).User, cultivate.HearingID(r.PathValue("hearing")), version(r), r.PostFormValue("why"))
	return p.went(w, r, h, err, "withdraw", "")
}

func (p *pages) rule(w http.ResponseWriter, r *http.Request) error {
	h, err := p.cultivate.Rule(r.Context(), ui.Here(r).User, cultivate.HearingID(r.PathValue("hearing")), version(r), cultivate.Ruling{Outcome: cultivate.HearingOutcome(r.PostFormValue("outcome")), Ground: r.PostFormValue("ground"),
		Deposit: cultivate.Deposit(r.PostFormValue("deposit"))})
	return p.went(w, r, h, err, "ruling", "")
}
