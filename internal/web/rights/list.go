package rights

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type listPage struct {
	ui.Page
	Tabs    []ui.Tab
	Figures *figures // nil where no one organisation is meant
	Filters ui.Filters
	Head    ui.Head
	Several bool // organisations: each row names its own
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

// row is one notice of the list.
type row struct {
	enforce.Notice
	Path   string
	Title  string // of the listing
	Mark   string
	Number string // of the registration
	Holder string
	Tag    listings.Tag
	Clock  listings.Tag
	Answer string // the decision, in words; empty while there is none
}

// figures are how an organisation's notices fare, and what lane that earns it.
type figures struct {
	enforce.Notifier
	Holder string // empty for the asker's own
	InTime float64
	Fast   bool
	How    string // what it takes to get in, or to stay
}

func filter(q ui.Query) enforce.NoticeFilter {
	return enforce.NoticeFilter{
		Organisation: access.OrgID(q.Get("organisation")), Listing: market.ListingID(q.Get("listing")), Right: enforce.RightID(q.Get("right")),
		State: enforce.NoticeState(q.Get("state")), Late: q.Get("late") != "", After: q.After(), Limit: 50,
	}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := filter(q)
	found, err := p.enforce.Notices(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("rights.title"), Lead: v.T("rights.lead"), Wide: true}, Tabs: tabs(v, "/rights"), Several: len(holders) > 1}
	if page.Rows, err = p.rows(r, found.Items, holders); err != nil {
		return err
	}
	if page.Figures, err = p.figures(r, f.Organisation, holders); err != nil {
		return err
	}
	states := ui.Menu{Name: "state", Label: v.T("rights.state")}
	for _, s := range []enforce.NoticeState{enforce.Received, enforce.Upheld, enforce.NoticeRefused, enforce.NoticeWithdrawn} {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: stateTag(v, s).Text, Count: -1})
	}
	menus := []ui.Menu{states, {Name: "late", Label: v.T("rights.intime"), Options: []ui.Option{{Value: "1", Text: v.T("rights.islate"), Count: -1}}}}
	if page.Several {
		menus = append(menus, holderMenu(v, holders))
	}
	saved, err := p.access.Views(r.Context(), v.User, "/rights")
	if err != nil {
		return err
	}
	page.Filters = q.Filters(&ui.Find{Name: "listing", Label: v.T("rights.find")}, menus...)
	page.Filters.Saved = q.Saved(saved)
	page.Filters.Export = exportPath(r, "/exports/notices")
	if v.User.Can(access.NoticeFile) {
		page.Actions = []ui.Action{{Text: v.T("rights.bulk"), Path: "/rights/bulk", Icon: "file-import"}, {Text: v.T("rights.new"), Path: "/rights/notices/new", Icon: "plus", Key: "n", Primary: true}}
	}
	columns := []ui.Column{{Label: v.T("rights.listing")}, {Label: v.T("rights.right")}}
	if page.Several {
		columns = append(columns, ui.Column{Label: v.T("rights.organisation")})
	}
	page.Head = q.Head("", false, append(columns, ui.Column{Label: v.T("rights.state")}, ui.Column{Label: v.T("rights.clock")}, ui.Column{Label: v.T("rights.decision")}, ui.Column{Label: v.T("rights.received")})...)
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "certificate", Title: v.T("rights.none"), Text: v.T("rights.none.text")}
	switch {
	case page.Filters.Clear != "":
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("rights.nomatch"), Text: v.T("rights.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/rights"}}
	case v.User.Can(access.NoticeFile):
		page.Empty.Action = &ui.Action{Text: v.T("rights.new"), Path: "/rights/notices/new", Icon: "plus"}
	}
	return views.Render(w, r, page)
}

// exportPath is the address of the whole list as a file, with the filters in force.
func exportPath(r *http.Request, path string) string {
	asked := r.URL.Query()
	asked.Del("after")
	if len(asked) == 0 {
		return path
	}
	return path + "?" + asked.Encode()
}

func (p *pages) rows(r *http.Request, notices []enforce.Notice, holders []access.Organisation) ([]row, error) {
	v := ui.Here(r)
	ids := make([]enforce.NoticeID, len(notices))
	for i, n := range notices {
		ids[i] = n.ID
	}
	backgrounds, err := p.enforce.Backgrounds(r.Context(), v.User, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(notices))
	for i, n := range notices {
		b := backgrounds[n.ID]
		rows[i] = row{Notice: n, Path: NoticePath(n.ID), Title: b.Listing.Title, Mark: b.Right.Mark, Number: registered(b.Right), Holder: holderName(holders, n.Organisation), Tag: stateTag(v, n.State), Clock: clock(v, n)}
		if rows[i].Title == "" {
			rows[i].Title = string(n.Listing)
		}
		if b.Answer != nil {
			rows[i].Answer = listings.OutcomeDone(v, b.Answer.Outcome) + v.T("rights.colon") + reasonName(v, b.Answer.Reason)
		}
	}
	return rows, nil
}

// figures are the organisation's own; the operator sees those of the one that the list is narrowed to.
func (p *pages) figures(r *http.Request, org access.OrgID, holders []access.Organisation) (*figures, error) {
	v := ui.Here(r)
	f := &figures{}
	switch {
	case org != "" && org != v.User.Org:
		f.Holder = holderName(holders, org)
		if f.Holder == string(org) {
			return nil, nil // no such organisation, or not for this person: the list is empty, too
		}
	case v.User.Reach(access.NoticeRead) == access.All:
		return nil, nil
	default:
		org = v.User.Org
	}
	var err error
	if f.Notifier, err = p.enforce.Notifier(r.Context(), v.User, org); err != nil {
		return nil, err
	}
	if f.Decided > 0 {
		f.InTime = float64(f.Notifier.InTime) / float64(f.Decided)
	}
	f.Fast = f.Lane == enforce.Fast
	rules := enforce.DefaultLaneRules
	switch {
	case f.Fast:
		f.How = v.T("rights.lane.stay", "Share", v.Percent(rules.Accuracy))
	case v.Now.Before(f.ShutUntil):
		f.How = v.T("rights.lane.shut", "Share", v.Percent(rules.Accuracy), "Date", v.Day(f.ShutUntil))
	case f.Decided == 0:
		f.How = v.T("rights.lane.first", "Least", v.Number(rules.Least), "Share", v.Percent(rules.Accuracy))
	default:
		f.How = v.T("rights.lane.in", "Least", v.Number(rules.Least), "Share", v.Percent(rules.Accuracy), "Decided", v.Number(f.Decided), "Upheld", v.Percent(f.Accuracy()))
	}
	return f, nil
}

// export streams every notice of the filter that the person may see.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	f := filter(ui.Ask(r))
	f.After, f.Limit = "", 0
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	write, end := listings.Exporter(w, "notices", "csv", []string{"id", "received", "state", "late", "lane", "due", "decided", "listing", "title", "location", "right", "mark", "office", "number",
		"organisation", "by", "decision", "reason", "reasons", "evidence", "ledger"})
	var some []enforce.Notice
	flush := func() error {
		ids := make([]enforce.NoticeID, len(some))
		for i, n := range some {
			ids[i] = n.ID
		}
		backgrounds, err := p.enforce.Backgrounds(r.Context(), v.User, ids)
		if err != nil {
			return err
		}
		for _, n := range some {
			b := backgrounds[n.ID]
			outcome, reason := "", ""
			if b.Answer != nil {
				outcome, reason = string(b.Answer.Outcome), reasonName(v, b.Answer.Reason)
			}
			late := n.State == enforce.Received && n.DueAt.Before(v.Now) || !n.DecidedAt.IsZero() && n.State != enforce.NoticeWithdrawn && n.DueAt.Before(n.DecidedAt)
			err := write(nil, []string{string(n.ID), moment(n.ReceivedAt), string(n.State), strconv.FormatBool(late), string(n.Lane), moment(n.DueAt), moment(n.DecidedAt), string(n.Listing), b.Listing.Title, n.Location,
				string(n.Claim.Right), b.Right.Mark, b.Right.Office, b.Right.Registered(), holderName(holders, n.Organisation), n.ByName, outcome, reason, n.Reasons, n.Evidence, n.Entry})
			if err != nil {
				return err
			}
		}
		some = some[:0]
		return nil
	}
	for n, err := range p.enforce.ExportNotices(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		if some = append(some, n); len(some) == 200 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return end()
}

// moment is a time as files have it; empty for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
