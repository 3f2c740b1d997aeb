// Package report is where anybody reports a listing, without an account and without a right of their own, and follows what became of it by a secret link.
// For those who work the queue it lists what was reported.
package report

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"new.html": newPage{}, "follow.html": followPage{}, "list.html": listPage{}})

type pages struct {
	enforce *enforce.Service
	remote  web.RemoteAddress
}

// Job is the public form, its follow-up page and the list of reports. It draws with words of the listings job, which must be served too. remote tells who asks.
func Job(room *enforce.Service, remote web.RemoteAddress) web.Job {
	p := &pages{room, remote}
	return web.Job{
		Rail:  ui.Entry{Name: "report.rail", Icon: "mail", Path: "/reports", Verb: access.ReviewRead, Key: "g u"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /report", Verb: web.Public, Handle: p.form},
			{Pattern: "POST /report", Verb: web.Public, Handle: p.file},
			{Pattern: "GET /report/{secret}", Verb: web.Public, Handle: p.follow},
			{Pattern: "POST /report/{secret}", Verb: web.Public, Handle: p.object},
			{Pattern: "GET /reports", Verb: access.ReviewRead, Handle: p.list},
			{Pattern: "GET /exports/reports", Verb: access.ReviewRead, Handle: p.export},
		},
	}
}

type newPage struct {
	ui.Page
	Form ui.Form
}

func (p *pages) newPage(v *ui.Visit, place, secret string) newPage {
	kind := ui.Field{Name: "kind", Label: v.T("report.kind"), Type: "radio", Required: true, Value: string(enforce.ReportFake)}
	for _, k := range enforce.ReportKinds() {
		kind.Options = append(kind.Options, ui.Option{Value: string(k), Text: v.T("report.kind." + string(k)), Count: -1})
	}
	return newPage{
		Page: ui.Page{Title: v.T("report.title"), Lead: v.T("report.lead")},
		Form: ui.Form{Path: "/report", Submit: v.T("report.submit"), Draft: "report", Fields: []ui.Field{
			{Name: "secret", Type: "hidden", Value: secret},
			{Name: "place", Label: v.T("report.place"), Value: place, Required: true, Hint: v.T("report.place.hint")},
			kind,
			{Name: "reasons", Label: v.T("report.reasons"), Type: "textarea", Rows: 5, Max: "5000", Required: true, Hint: v.T("report.reasons.hint")},
			{Name: "name", Label: v.T("report.name"), Complete: "name", Hint: v.T("report.name.hint")},
			{Name: "email", Label: v.T("report.email"), Type: "email", Complete: "email", Hint: v.T("report.email.hint")},
			{Name: "good_faith", Label: v.T("report.goodfaith"), Type: "checkbox", Required: true},
		}},
	}
}

func (p *pages) form(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, p.newPage(ui.Here(r), ui.Ask(r).Get("listing"), enforce.ReportSecret()))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	sent := r.PostForm
	secret := sent.Get("secret")
	_, err := p.enforce.FileReport(r.Context(), p.remote(r), secret, enforce.Said{Kind: enforce.ReportKind(sent.Get("kind")), Place: sent.Get("place"), Reasons: sent.Get("reasons"),
		Name: sent.Get("name"), Email: sent.Get("email"), GoodFaith: sent.Has("good_faith"), Language: v.Language})
	problems := v.Problems(err)
	if problems != nil {
		page := p.newPage(v, "", secret)
		page.Form.Fill(sent).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, followPath(secret), &ui.Toast{Text: v.T("report.done")})
}

func followPath(secret string) string { return "/report/" + url.PathEscape(secret) }

// followPage is the receipt, and later the answer. Its address is the key to it.
type followPage struct {
	ui.Page
	Report  enforce.Followed
	Tag     listings.Tag
	Facts   []ui.Fact
	Outcome string // empty while it waits
	Why     string
	Who     string
	Redress string
	Next    string
	Form    *ui.Form // to object; nil where nothing can be objected to
}

func stateTag(v *ui.Visit, state enforce.NoticeState) listings.Tag {
	switch state {
	case enforce.Upheld:
		return listings.Tag{Tone: "good", Icon: "circle-check", Text: v.T("report.state.upheld")}
	case enforce.NoticeRefused:
		return listings.Tag{Tone: "warn", Icon: "circle-x", Text: v.T("report.state.refused")}
	}
	return listings.Tag{Tone: "info", Icon: "clock", Text: v.T("report.state.received")}
}

func (p *pages) followPage(v *ui.Visit, f enforce.Followed, secret string) followPage {
	page := followPage{Page: ui.Page{Title: v.T("report.follow"), Lead: v.T("report.follow.lead")}, Report: f, Tag: stateTag(v, f.State)}
	page.Facts = []ui.Fact{
		{Label: v.T("report.listing"), Value: f.Sight.Title + " (" + string(f.Listing) + ")"},
		{Label: v.T("report.kind"), Value: v.T("report.kind." + string(f.Kind))},
		{Label: v.T("report.received"), Value: v.Clock(f.ReceivedAt)},
		{Label: v.T("report.number"), Value: string(f.ID)},
		{Label: v.T("report.ledger"), Value: f.Entry},
	}
	if f.Answer == nil {
		page.Next = v.T("report.next", "Time", v.Clock(f.DueAt))
		return page
	}
	page.Outcome, page.Why, page.Who = v.T("report.outcome."+string(f.Answer.Outcome)), reasonName(v, f.Answer.Reason), v.T("report.person")
	if f.Answer.Automated {
		page.Who = v.T("report.machine")
	}
	switch {
	case !f.Answer.Stands:
		page.Redress = v.T("report.later")
	case f.State == enforce.Upheld:
		page.Redress = v.T("report.redress.upheld")
	case f.MayObject(v.Now):
		page.Redress = v.T("report.redress.object", "Day", v.Day(f.ObjectUntil))
	default:
		page.Redress = v.T("report.redress.court")
	}
	if f.MayObject(v.Now) {
		page.Form = &ui.Form{Path: followPath(secret), Submit: v.T("report.object"), Fields: []ui.Field{
			{Name: "objection", Label: v.T("report.objection"), Type: "textarea", Rows: 4, Max: "5000", Required: true, Hint: v.T("report.objection.hint")}}}
	}
	return page
}

// reasonName is why a decision was taken; a reason that only points to the reviewer's note says no more, for the note is the marketplace's own.
func reasonName(v *ui.Visit, code enforce.ReasonCode) string {
	if reason, ok := enforce.ReasonOf(code); ok && reason.NeedsNote {
		return v.T("report.reason.other")
	}
	return listings.ReasonName(v, code)
}

func (p *pages) follow(w http.ResponseWriter, r *http.Request) error {
	f, err := p.enforce.Follow(r.Context(), r.PathValue("secret"))
	if err != nil {
		return err
	}
	return views.Render(w, r, p.followPage(ui.Here(r), f, r.PathValue("secret")))
}

func (p *pages) object(w http.ResponseWriter, r *http.Request) error {
	v, secret := ui.Here(r), r.PathValue("secret")
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	_, err := p.enforce.ObjectToRefusal(r.Context(), secret, r.PostForm.Get("objection"))
	if problems := v.Problems(err); problems != nil {
		f, findErr := p.enforce.Follow(r.Context(), secret)
		if findErr != nil {
			return findErr
		}
		page := p.followPage(v, f, secret)
		if page.Form == nil {
			return err
		}
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, followPath(secret), &ui.Toast{Text: v.T("report.objected")})
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
	enforce.PublicReport
	Path, KindName string
	Tag            listings.Tag
	Late           bool
}

func filter(q ui.Query) enforce.ReportFilter {
	return enforce.ReportFilter{State: enforce.NoticeState(q.Get("state")), Kind: enforce.ReportKind(q.Get("kind")), Listing: market.ListingID(q.Get("listing")), After: q.After(), Limit: 50}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.enforce.Reports(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("report.list"), Lead: v.T("report.list.lead"), Wide: true}}
	for _, f := range found.Items {
		page.Rows = append(page.Rows, row{f, listings.Path(f.Listing), v.T("report.kind." + string(f.Kind)), stateTag(v, f.State), f.State == enforce.Received && f.DueAt.Before(v.Now)})
	}
	states := ui.Menu{Name: "state", Label: v.T("report.state")}
	for _, s := range []enforce.NoticeState{enforce.Received, enforce.Upheld, enforce.NoticeRefused} {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: stateTag(v, s).Text, Count: -1})
	}
	kinds := ui.Menu{Name: "kind", Label: v.T("report.kind")}
	for _, k := range enforce.ReportKinds() {
		kinds.Options = append(kinds.Options, ui.Option{Value: string(k), Text: v.T("report.kind." + string(k)), Count: -1})
	}
	page.Filters = q.Filters(&ui.Find{Name: "listing", Label: v.T("report.find")}, states, kinds)
	page.Filters.Export = "/exports/reports"
	if asked := r.URL.Query(); len(asked) > 0 {
		asked.Del("after")
		page.Filters.Export += "?" + asked.Encode()
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("report.listing")}, ui.Column{Label: v.T("report.reasons")}, ui.Column{Label: v.T("report.by")}, ui.Column{Label: v.T("report.state")}, ui.Column{Label: v.T("report.received")})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "mail", Title: v.T("report.none"), Text: v.T("report.none.text")}
	return views.Render(w, r, page)
}

// export streams every report of the filter.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, f := ui.Here(r), filter(ui.Ask(r))
	f.After, f.Limit = "", 0
	write, end := listings.Exporter(w, "reports", "csv", []string{"id", "received", "state", "late", "due", "decided", "kind", "listing", "place", "reasons", "name", "email", "objection", "decision", "ledger"})
	for one, err := range p.enforce.ExportReports(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		late := one.State == enforce.Received && one.DueAt.Before(v.Now) || !one.DecidedAt.IsZero() && one.DueAt.Before(one.DecidedAt)
		if err := write(nil, []string{string(one.ID), moment(one.ReceivedAt), string(one.State), strconv.FormatBool(late), moment(one.DueAt), moment(one.DecidedAt), string(one.Kind), string(one.Listing), one.Place,
			one.Reasons, one.Name, one.Email, one.Objection, string(one.Decision), one.Entry}); err != nil {
			return err
		}
	}
	return end()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
