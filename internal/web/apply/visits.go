package apply

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// visitsRoot is where visits stand in the rail.
const visitsRoot = "/visits"

func visitPath(id cultivate.VisitID, part string) string {
	path := visitsRoot + "/" + url.PathEscape(string(id))
	if part != "" {
		path += "/" + part
	}
	return path
}

type visitsPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []visitRow
	Pager   ui.Pager
	Empty   ui.Empty
}

type visitRow struct {
	cultivate.NamedVisit
	Path string
	Tag  makers.Badge
	Late bool // the day is past and nothing was reported
}

// visitTag is the state of a visit as a badge.
func visitTag(v *ui.Visit, s cultivate.VisitState) makers.Badge {
	tone := map[cultivate.VisitState][2]string{cultivate.VisitPlanned: {"info", "calendar-event"}, cultivate.VisitSentBack: {"warn", "arrow-back-up"}, cultivate.VisitReported: {"info", "hourglass"},
		cultivate.VisitApproved: {"good", "circle-check"}, cultivate.VisitCancelled: {"quiet", "circle-x"}}[s]
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("apply.visit.state." + string(s))}
}

// today is the day it is where the person is, as visits have it.
func today(v *ui.Visit) string { return v.Now.In(v.Zone).Format("2006-01-02") }

// visits lists visits. An inspector sees the own ones first, since that is the work of the day.
func (p *pages) visits(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	mine := q.Get("whose") == "mine" || q.Get("whose") == "" && v.User.Can(access.VisitWork) && !v.User.Can(access.MakerMove)
	f := cultivate.VisitFilter{State: cultivate.VisitState(q.Get("state")), After: q.After()}
	if mine {
		f.Inspector = v.User.Answerable()
	}
	found, err := p.Cultivate.Visits(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	page := visitsPage{Page: ui.Page{Title: v.T("apply.visits"), Lead: v.T("apply.visits.lead"), Wide: true}}
	for _, one := range found.Items {
		page.Rows = append(page.Rows, visitRow{one, visitPath(one.ID, ""), visitTag(v, one.State), one.State.Open() && one.Day < today(v)})
	}
	states := ui.Menu{Name: "state", Label: v.T("apply.visit.state")}
	for _, s := range cultivate.VisitStates() {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: visitTag(v, s).Text, Count: -1})
	}
	whose := ui.Menu{Name: "whose", Label: v.T("apply.visits.whose"), Options: []ui.Option{{Value: "mine", Text: v.T("apply.visits.mine"), Count: -1}, {Value: "all", Text: v.T("apply.visits.all"), Count: -1}}}
	if v.User.Can(access.VisitWork) {
		page.Filters = q.Filters(nil, whose, states)
	} else {
		page.Filters = q.Filters(nil, states)
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("apply.visit.day")}, ui.Column{Label: v.T("apply.visit.firm")}, ui.Column{Label: v.T("apply.visit.state")}, ui.Column{Label: v.T("apply.visit.inspector")})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "calendar-event", Title: v.T("apply.visits.none"), Text: v.T("apply.visits.none.text")}
	return views.Render(w, r, page)
}

type planPage struct {
	ui.Page
	Tabs  []ui.Tab
	Rows  []planned
	Looks []string // what an inspector looks at
	Form  *ui.Form // nil for who does not plan, or when nothing can be planned now
	Given []outcome
	Offer *ui.Form // nil for who does not give places, or when this firm can have none
	Empty ui.Empty
}

type planned struct {
	cultivate.Visit
	Path   string // empty for who sees no report
	Tag    makers.Badge
	Cancel *ui.Form
}

// outcome is what a selection gave the firm.
type outcome struct {
	Tag        makers.Badge
	Why, Again string
	At         time.Time
}

// planning is a maker's visits: for the firm when somebody comes and what is looked at, for the programme also the plan of the next one.
func (p *pages) planning(w http.ResponseWriter, r *http.Request) error {
	return p.showPlanning(w, r, nil)
}

func (p *pages) showPlanning(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, err := p.Cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	all, err := p.Cultivate.VisitsTo(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := planPage{Page: makers.Page(v, m, v.T("apply.visits")), Tabs: makers.Tabs(v, m, "visits")}
	page.Wide = true
	for _, l := range cultivate.VisitLines() {
		page.Looks = append(page.Looks, l.Words.In(v.Language))
	}
	plans := v.User.May(access.MakerMove, m.Organisation) == nil
	busy := false
	for _, one := range all {
		row := planned{Visit: one, Tag: visitTag(v, one.State)}
		if v.User.Can(access.VisitRead) {
			row.Path = visitPath(one.ID, "")
		}
		busy = busy || one.State.Open() || one.State == cultivate.VisitReported
		if plans && one.State.Open() {
			row.Cancel = &ui.Form{Path: visitPath(one.ID, "cancel"), Submit: v.T("apply.visit.cancel"), Fields: []ui.Field{{Name: "why", Label: v.T("apply.visit.why"), Required: true}, versionField(one.Version)}}
		}
		page.Rows = append(page.Rows, row)
	}
	page.Empty = ui.Empty{Icon: "calendar-event", Title: v.T("apply.visits.none"), Text: v.T("apply.plan.none")}
	if plans && m.Stage == cultivate.Screened && !busy {
		if page.Form, err = p.planForm(r, m); err != nil {
			return err
		}
	}
	places, err := p.Cultivate.PlacesOf(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	for _, one := range places {
		tone := map[cultivate.PlaceOutcome][2]string{cultivate.PlaceOffered: {"good", "circle-check"}, cultivate.PlaceWaitlisted: {"info", "clock"}, cultivate.PlaceRefused: {"quiet", "circle-x"}}[one.Outcome]
		o := outcome{Tag: makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("apply.gets." + string(one.Outcome))}, Why: one.Why, At: one.At}
		if one.Again != "" {
			o.Again = v.T("apply.gets.again", "Date", one.Again)
		}
		page.Given = append(page.Given, o)
	}
	if plans && (m.Stage == cultivate.Visited || m.Stage == cultivate.Waitlisted) && (len(places) == 0 || places[0].Outcome != cultivate.PlaceOffered) {
		page.Offer = &ui.Form{Path: makers.Path(m.ID, "offer"), Submit: v.T("apply.gets.offer"), Fields: []ui.Field{{Name: "why", Label: v.T("apply.gets.offer.why"), Required: true, Max: "2000"}}}
	}
	if problem != nil {
		if page.Form == nil {
			return problem
		}
		page.Status = web.Status(problem)
		page.Form.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func (p *pages) offer(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := p.Cultivate.OfferPlace(r.Context(), v.User, makers.ID(r), r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(makers.ID(r), "visits"), &ui.Toast{Text: v.T("apply.gets.offered.done")})
}

func (p *pages) planForm(r *http.Request, m cultivate.Maker) (*ui.Form, error) {
	v := ui.Here(r)
	inspectors, err := p.Access.Colleagues(r.Context(), v.User, access.Inspector)
	if err != nil {
		return nil, err
	}
	who := ui.Field{Name: "inspector", Label: v.T("apply.visit.inspector"), Type: "select", Required: true, Options: []ui.Option{{Text: v.T("apply.choose")}}}
	for _, c := range inspectors {
		who.Options = append(who.Options, ui.Option{Value: string(c.ID), Text: c.Name})
	}
	return &ui.Form{Path: makers.Path(m.ID, "visits"), Submit: v.T("apply.plan"), Fields: []ui.Field{who, {Name: "day", Label: v.T("apply.visit.day"), Type: "date", Required: true, Min: today(v)},
		{Name: "note", Label: v.T("apply.visit.note"), Hint: v.T("apply.visit.note.hint"), Type: "textarea", Rows: 2, Max: "2000"}}}, nil
}

func (p *pages) plan(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	visit := cultivate.Visit{Maker: makers.ID(r), Inspector: access.UserID(r.PostFormValue("inspector")), Day: r.PostFormValue("day"), Note: r.PostFormValue("note")}
	inspectors, err := p.Access.Colleagues(r.Context(), v.User, access.Inspector)
	if err != nil {
		return err
	}
	if at := slices.IndexFunc(inspectors, func(c access.Colleague) bool { return c.ID == visit.Inspector }); at >= 0 {
		visit.InspectorName = inspectors[at].Name
	} else {
		visit.Inspector = "" // nobody a visit can be given to: the room asks for one
	}
	visit, err = p.Cultivate.PlanVisit(r.Context(), v.User, visit)
	if fault.Of(err) == fault.Invalid {
		return p.showPlanning(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(visit.Maker, "visits"), &ui.Toast{Text: v.T("apply.planned")})
}

func (p *pages) cancelVisit(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id := cultivate.VisitID(r.PathValue("visit"))
	d, err := p.Cultivate.Visit(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	if err := p.Cultivate.CancelVisit(r.Context(), v.User, id, version(r), r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(d.Maker.ID, "visits"), &ui.Toast{Text: v.T("apply.cancelled")})
}
