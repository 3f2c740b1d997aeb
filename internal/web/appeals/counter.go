package appeals

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type countersPage struct {
	ui.Page
	Tabs    []ui.Tab
	Filters ui.Filters
	Head    ui.Head
	Rows    []counterRow
	Pager   ui.Pager
	Empty   ui.Empty
}

func (p *pages) counters(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.enforce.ForwardedTo(r.Context(), v.User, enforce.ForwardedFilter{Open: q.Get("open") != "", After: q.After()})
	if err != nil {
		return err
	}
	page := countersPage{Page: ui.Page{Title: v.T("appeals.counters"), Lead: v.T("appeals.counters.lead"), Wide: true}, Tabs: tabs(v, "/counters")}
	for _, f := range found.Items {
		page.Rows = append(page.Rows, counterRow{Forwarding: f, Tag: counterTag(v, f), Path: CounterPath(f.Appeal, f.Organisation)})
	}
	page.Filters = q.Filters(nil, ui.Menu{Name: "open", Label: v.T("appeals.state"), Options: []ui.Option{{Value: "1", Text: v.T("appeals.counters.open"), Count: -1}}})
	page.Head = q.Head("", false, ui.Column{Label: v.T("appeals.kind.counter-statement")}, ui.Column{Label: v.T("appeals.state")}, ui.Column{Label: v.T("appeals.due")}, ui.Column{Label: v.T("appeals.counter.forwarded")})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "mail", Title: v.T("appeals.counters.none"), Text: v.T("appeals.counters.none.text")}
	return views.Render(w, r, page)
}

type counterPage struct {
	ui.Page
	Counter   enforce.Forwarded
	Tag       tag
	Notice    string // the address of the notice it answers
	Documents []paper
	Clock     string
	Form      *ui.Form // nil where nothing can be done any more
}

func (p *pages) sent(r *http.Request) (counterPage, error) {
	v := ui.Here(r)
	f, err := p.enforce.Receive(r.Context(), v.User, enforce.AppealID(r.PathValue("appeal")), access.OrgID(r.PathValue("organisation")))
	if err != nil {
		return counterPage{}, err
	}
	path := CounterPath(f.Appeal, f.Organisation)
	page := counterPage{
		Page:    ui.Page{Title: v.T("appeals.kind.counter-statement"), Lead: string(f.Counter.Listing), Crumbs: append(crumbs(v), ui.Crumb{Text: v.T("appeals.counters"), Path: "/counters"})},
		Counter: f, Tag: counterTag(v, f.Forwarding), Notice: "/rights/notices/" + string(f.Notice), Documents: filesOf(v, path, len(f.Counter.Documents)),
	}
	switch f.State {
	case enforce.Arrived:
		page.Clock = v.T("appeals.counter.until", "Time", v.Clock(f.DueAt))
	case enforce.OnItsWay:
		page.Clock = v.T("appeals.counter.notyet")
	default:
		page.Clock = v.T("appeals.counter.closed." + string(f.State))
	}
	if !f.ClosedAt.IsZero() || !v.User.Can(access.AppealFile) && !v.User.Can(access.AppealDecide) {
		return page, nil
	}
	acts := ui.Field{Name: "act", Label: v.T("appeals.act"), Type: "select", Required: true}
	for _, act := range enforce.Acts() {
		acts.Options = append(acts.Options, ui.Option{Value: string(act), Text: v.T("appeals.act." + string(act))})
	}
	page.Form = &ui.Form{Path: path + "/oppose", Submit: v.T("appeals.oppose"), Fields: []ui.Field{
		acts,
		{Name: "reference", Label: v.T("appeals.reference"), Required: true, Max: "200", Hint: v.T("appeals.reference.hint")},
		{Name: "acted_at", Label: v.T("appeals.acted"), Type: "date", Required: true},
	}}
	return page, nil
}

// counter is a counter-statement as it was sent. That the notifier's people open it is what makes it arrive, and the page says so.
func (p *pages) counter(w http.ResponseWriter, r *http.Request) error {
	page, err := p.sent(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) oppose(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	contest := enforce.Contest{Act: enforce.Act(r.PostForm.Get("act")), Reference: r.PostForm.Get("reference")}
	at, err := day(v, r.PostForm.Get("acted_at"))
	if err != nil {
		err = fault.Invalid.Say("Give the day as a date.").At("acted_at").Because(err)
	} else {
		if contest.ActedAt = at; at.After(v.Now) && at.AddDate(0, 0, -1).Before(v.Now) {
			contest.ActedAt = v.Now // today
		}
		_, err = p.enforce.Oppose(r.Context(), v.User, enforce.AppealID(r.PathValue("appeal")), access.OrgID(r.PathValue("organisation")), contest)
	}
	if err == nil {
		return web.Done(w, r, r.URL.Path[:len(r.URL.Path)-len("/oppose")], &ui.Toast{Text: v.T("appeals.opposed")})
	}
	problems := v.Problems(err)
	if problems == nil {
		return err
	}
	page, pageErr := p.sent(r)
	if pageErr != nil {
		return pageErr
	}
	if page.Form == nil {
		return err
	}
	page.Form.Fill(r.PostForm).Problems = problems
	page.Status = web.Status(err)
	return views.Render(w, r, page)
}

func (p *pages) counterDocument(w http.ResponseWriter, r *http.Request) error {
	f, err := p.enforce.Receive(r.Context(), ui.Here(r).User, enforce.AppealID(r.PathValue("appeal")), access.OrgID(r.PathValue("organisation")))
	if err != nil {
		return err
	}
	return papers.GiveOutOne(w, r, p.store, f.Counter.Documents, r.PathValue("document"), "counter-document")
}
