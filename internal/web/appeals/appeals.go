// Package appeals is where the other side is heard: the queue of complaints, counter-statements and objections for those who answer them, and, for who
// gave notice, their own objections and the counter-statements that were sent to them.
package appeals

import (
	"embed"
	"net/http"
	"net/url"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "appeal.html": appealPage{}, "counters.html": countersPage{}, "counter.html": counterPage{}, "object.html": objectPage{}})

type pages struct {
	enforce *enforce.Service
	store   *blob.Store
}

// Job is the queue and its pages.
func Job(room *enforce.Service, store *blob.Store) web.Job {
	p := &pages{room, store}
	return web.Job{
		// A seller's own appeals stand in the seller's portal: the rail shows this way to those who see notices.
		Rail:  ui.Entry{Name: "appeals.rail", Icon: "gavel", Path: "/appeals", Verb: access.NoticeRead, Key: "g a"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /appeals", Verb: access.AppealRead, Handle: p.list},
			{Pattern: "GET /exports/appeals", Verb: access.AppealRead, Handle: p.export},
			{Pattern: "GET /appeals/new", Verb: access.NoticeFile, Handle: p.object},
			{Pattern: "POST /appeals/new", Verb: access.NoticeFile, Handle: p.sendObjection},
			{Pattern: "GET /appeals/{appeal}", Verb: access.AppealRead, Handle: p.appeal},
			{Pattern: "GET /appeals/{appeal}/documents/{document}", Verb: access.AppealRead, Handle: p.document},
			{Pattern: "POST /appeals/{appeal}/answer", Verb: access.AppealDecide, Handle: p.rule},
			{Pattern: "POST /appeals/{appeal}/withdraw", Verb: access.AppealFile, Handle: p.withdraw},
			{Pattern: "POST /appeals/{appeal}/arrival", Verb: access.AppealDecide, Handle: p.arrive},
			{Pattern: "GET /counters", Verb: access.AppealRead, Handle: p.counters},
			{Pattern: "GET /counters/{appeal}/{organisation}", Verb: access.AppealRead, Handle: p.counter},
			{Pattern: "GET /counters/{appeal}/{organisation}/documents/{document}", Verb: access.AppealRead, Handle: p.counterDocument},
			{Pattern: "POST /counters/{appeal}/{organisation}/oppose", Verb: access.AppealRead, Handle: p.oppose},
		},
	}
}

// Path is the address of an appeal.
func Path(id enforce.AppealID) string { return "/appeals/" + url.PathEscape(string(id)) }

// CounterPath is the address of a counter-statement as it was sent to an organisation.
func CounterPath(id enforce.AppealID, to access.OrgID) string {
	return "/counters/" + url.PathEscape(string(id)) + "/" + url.PathEscape(string(to))
}

// tag is a state in colour, shape and word.
type tag struct{ Tone, Icon, Text string }

func stateTag(v *ui.Visit, s enforce.AppealState) tag {
	marks := map[enforce.AppealState]tag{
		enforce.Filed: {"info", "clock", ""}, enforce.AppealUpheld: {"quiet", "circle-x", ""}, enforce.Reversed: {"good", "circle-check", ""}, enforce.PartlyReversed: {"good", "circle-check", ""},
		enforce.Inadmissible: {"warn", "alert-circle", ""}, enforce.Contested: {"warn", "gavel", ""}, enforce.Moot: {"quiet", "history", ""}, enforce.AppealWithdrawn: {"quiet", "arrow-back-up", ""},
	}
	mark, ok := marks[s]
	if !ok {
		mark = tag{"quiet", "circle-dashed", ""}
	}
	mark.Text = v.T("appeals.state." + string(s))
	return mark
}

// clock says how an open appeal stands in time; empty when it is closed.
func clock(v *ui.Visit, a enforce.Appeal) tag {
	switch {
	case !a.Open():
		return tag{}
	case a.Kind == enforce.CounterStatement:
		return tag{"quiet", "clock", v.T("appeals.clock.period")}
	case v.Now.Before(a.DueAt):
		return tag{"quiet", "clock", v.T("appeals.clock.due", "Time", v.Ago(a.DueAt))}
	}
	return tag{"bad", "alert-triangle", v.T("appeals.clock.late", "Time", v.Ago(a.DueAt))}
}

func counterTag(v *ui.Visit, f enforce.Forwarding) tag {
	mark := map[enforce.ForwardingState]tag{
		enforce.OnItsWay: {"quiet", "mail", ""}, enforce.Arrived: {"info", "clock", ""}, enforce.Opposed: {"warn", "gavel", ""}, enforce.Lapsed: {"good", "check", ""}, enforce.CalledOff: {"quiet", "history", ""},
	}[f.State]
	mark.Text = v.T("appeals.counter." + string(f.State))
	return mark
}

func tabs(v *ui.Visit, current string) []ui.Tab {
	all := []ui.Tab{{Text: v.T("appeals.title"), Path: "/appeals"}, {Text: v.T("appeals.counters"), Path: "/counters"}}
	for i := range all {
		all[i].Current, all[i].Count = all[i].Path == current, -1
	}
	return all
}

func crumbs(v *ui.Visit) []ui.Crumb {
	return []ui.Crumb{{Text: v.T("appeals.title"), Path: "/appeals"}}
}

type listPage struct {
	ui.Page
	Tabs    []ui.Tab
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	enforce.Appeal
	Path, Kind string
	Tag, Clock tag
}

func filter(q ui.Query) enforce.AppealFilter {
	f := enforce.AppealFilter{
		State: enforce.AppealState(q.Get("state")), Kind: enforce.AppealKind(q.Get("kind")), Seller: market.SellerID(q.Get("seller")), Listing: market.ListingID(q.Get("listing")),
		Notice: enforce.NoticeID(q.Get("notice")), Decision: enforce.DecisionID(q.Get("decision")), Late: q.Get("late") != "", After: q.After(),
	}
	return f
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := filter(q)
	found, err := p.enforce.Appeals(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	count, err := p.enforce.CountAppeals(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("appeals.title"), Lead: v.T("appeals.lead"), Wide: true}, Tabs: tabs(v, "/appeals")}
	for _, a := range found.Items {
		page.Rows = append(page.Rows, row{a, Path(a.ID), v.T("appeals.kind." + string(a.Kind)), stateTag(v, a.State), clock(v, a)})
	}
	states := ui.Menu{Name: "state", Label: v.T("appeals.state")}
	for _, s := range enforce.AppealStates() {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: v.T("appeals.state." + string(s)), Count: -1})
	}
	kinds := ui.Menu{Name: "kind", Label: v.T("appeals.kind")}
	for _, k := range enforce.AppealKinds() {
		kinds.Options = append(kinds.Options, ui.Option{Value: string(k), Text: v.T("appeals.kind." + string(k)), Count: -1})
	}
	late := ui.Menu{Name: "late", Label: v.T("appeals.clock"), Options: []ui.Option{{Value: "1", Text: v.T("appeals.late"), Count: -1}}}
	page.Filters = q.Filters(&ui.Find{Name: "listing", Label: v.T("appeals.find")}, states, kinds, late)
	page.Filters.Export = "/exports/appeals"
	asked := r.URL.Query()
	asked.Del("after")
	if len(asked) > 0 {
		page.Filters.Export += "?" + asked.Encode()
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("appeals.listing")}, ui.Column{Label: v.T("appeals.kind")}, ui.Column{Label: v.T("appeals.by")}, ui.Column{Label: v.T("appeals.state")},
		ui.Column{Label: v.T("appeals.clock")}, ui.Column{Label: v.T("appeals.filed")})
	page.Pager = q.Pager(found.Next, len(page.Rows), int(count))
	page.Empty = ui.Empty{Icon: "gavel", Title: v.T("appeals.none"), Text: v.T("appeals.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("appeals.nomatch"), Text: v.T("appeals.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/appeals"}}
	}
	return views.Render(w, r, page)
}

// export streams every appeal of the filter that the person may see.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := filter(q)
	f.After = ""
	write, end := listings.Exporter(w, "appeals", q.Get("format"), []string{"id", "kind", "side", "state", "decision", "notice", "listing", "seller", "organisation", "by", "filed", "due", "closed", "closed_by",
		"rehearing", "statement", "evidence", "reasons", "ledger"})
	for a, err := range p.enforce.ExportAppeals(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		err := write(a, []string{string(a.ID), string(a.Kind), string(a.Side), string(a.State), string(a.Decision), string(a.Notice), string(a.Listing), string(a.Seller), string(a.Organisation), a.ByName,
			stamp(a.FiledAt), stamp(a.DueAt), stamp(a.ClosedAt), a.ClosedName, string(a.Rehearing), a.Statement, a.Evidence, a.Reasons, a.Entry})
		if err != nil {
			return err
		}
	}
	return end()
}

// stamp is a time as files have it; empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
