// Package cases is the officer's desk: the cases, what is gathered in each, test buys with their custody, what authorities did, bundles of evidence, and the
// crackdown that adds it all up.
package cases

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{
	"list.html": listPage{}, "edit.html": editPage{}, "case.html": casePage{}, "buys.html": buysPage{}, "exhibit.html": exhibitPage{}, "facts.html": factsPage{},
	"documents.html": documentsPage{}, "bundles.html": bundlesPage{}, "headway.html": headway{}, "add.html": addPage{}, "import.html": importPage{}, "crackdown.html": crackdownPage{},
})

type pages struct {
	cases  *enforce.Cases
	access *access.Service
}

// Root is where cases stand in the rail.
const Root = "/cases"

// Job is the cases and the crackdown.
func Job(room *enforce.Cases, accounts *access.Service) web.Job {
	p := &pages{room, accounts}
	return web.Job{
		Rail:  ui.Entry{Name: "cases.rail", Icon: "briefcase", Path: Root, Verb: access.CaseRead, Key: "g k"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /cases", Verb: access.CaseRead, Handle: p.list},
			{Pattern: "GET /exports/cases", Verb: access.CaseRead, Handle: p.export},
			{Pattern: "GET /cases/new", Verb: access.CaseEdit, Handle: p.begin},
			{Pattern: "POST /cases", Verb: access.CaseEdit, Handle: p.open},
			{Pattern: "GET /cases/add", Verb: access.CaseEdit, Handle: p.choose},
			{Pattern: "POST /cases/add", Verb: access.CaseEdit, Handle: p.add},
			{Pattern: "GET /cases/import", Verb: access.CaseEdit, Handle: p.bring},
			{Pattern: "POST /cases/import", Verb: access.CaseEdit, Handle: p.take},
			{Pattern: "GET /cases/crackdown", Verb: access.CaseRead, Handle: p.crackdown},
			{Pattern: "GET /exports/cases/crackdown", Verb: access.CaseRead, Handle: p.exportCrackdown},
			{Pattern: "GET /exports/cases/facts", Verb: access.CaseRead, Handle: p.exportFacts},
			{Pattern: "GET /cases/{case}", Verb: access.CaseRead, Handle: p.one},
			{Pattern: "GET /cases/{case}/edit", Verb: access.CaseEdit, Handle: p.edit},
			{Pattern: "POST /cases/{case}/edit", Verb: access.CaseEdit, Handle: p.save},
			{Pattern: "POST /cases/{case}/move", Verb: access.CaseEdit, Handle: p.move},
			{Pattern: "POST /cases/{case}/note", Verb: access.CaseEdit, Handle: p.note},
			{Pattern: "POST /cases/{case}/gather", Verb: access.CaseEdit, Handle: p.gather},
			{Pattern: "POST /cases/{case}/ungather", Verb: access.CaseEdit, Handle: p.ungather},
			{Pattern: "POST /cases/{case}/share", Verb: access.CaseShare, Handle: p.share},
			{Pattern: "POST /cases/{case}/unshare", Verb: access.CaseShare, Handle: p.unshare},
			{Pattern: "GET /cases/{case}/test-buys", Verb: access.EvidenceRead, Handle: p.buys},
			{Pattern: "POST /cases/{case}/test-buys", Verb: access.CaseEdit, Handle: p.plan},
			{Pattern: "GET /cases/{case}/test-buys/{buy}", Verb: access.EvidenceRead, Handle: p.buy},
			{Pattern: "POST /cases/{case}/test-buys/{buy}", Verb: access.CaseEdit, Handle: p.step},
			{Pattern: "GET /cases/{case}/facts", Verb: access.CaseRead, Handle: p.facts},
			{Pattern: "POST /cases/{case}/facts", Verb: access.CaseEdit, Handle: p.addFact},
			{Pattern: "GET /cases/{case}/facts/{fact}", Verb: access.EvidenceRead, Handle: p.fact},
			{Pattern: "POST /cases/{case}/facts/{fact}", Verb: access.CaseEdit, Handle: p.hold},
			{Pattern: "POST /cases/{case}/facts/{fact}/withdraw", Verb: access.CaseEdit, Handle: p.withdraw},
			{Pattern: "GET /cases/{case}/documents", Verb: access.EvidenceRead, Handle: p.documents},
			{Pattern: "POST /cases/{case}/documents", Verb: access.CaseEdit, Handle: p.attach},
			{Pattern: "GET /cases/{case}/documents/{document}", Verb: access.EvidenceRead, Handle: p.document},
			{Pattern: "GET /cases/{case}/bundles", Verb: access.EvidenceRead, Handle: p.bundles},
			{Pattern: "POST /cases/{case}/bundles", Verb: access.BundleMake, Handle: p.ask},
			{Pattern: "GET /cases/{case}/bundles/{bundle}", Verb: access.BundleMake, Handle: p.bundle},
			{Pattern: "GET /cases/{case}/bundles/{bundle}/headway", Verb: access.EvidenceRead, Handle: p.headway},
		},
	}
}

// Path is a case's page, or a part of it.
func Path(id enforce.CaseID, part string) string {
	path := Root + "/" + url.PathEscape(string(id))
	if part != "" {
		path += "/" + part
	}
	return path
}

func caseID(r *http.Request) enforce.CaseID { return enforce.CaseID(r.PathValue("case")) }

// mendable reports whether a problem is one that the form shows: the person mends it, or looks at what has changed.
func mendable(err error) bool {
	switch fault.Of(err) {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		return true
	}
	return false
}

// refill puts a problem into its form, with what was typed. It gives the problem back where the page has no such form for the person.
func refill(v *ui.Visit, r *http.Request, page *ui.Page, form *ui.Form, problem error) error {
	if problem == nil {
		return nil
	}
	if form == nil {
		return problem
	}
	page.Status = web.Status(problem)
	form.Fill(r.PostForm).Problems = v.Problems(problem)
	return nil
}

func hidden(name, value string) ui.Field { return ui.Field{Name: name, Type: "hidden", Value: value} }

// request is the form's own id, by which a form that is sent twice is one act.
func request() ui.Field { return hidden("request", db.NewID()) }

func versioned(n int64) ui.Field { return hidden("version", strconv.FormatInt(n, 10)) }

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}

// badge is a state in colour, shape and word.
type badge struct{ Tone, Icon, Text string }

func stageTag(v *ui.Visit, s enforce.Stage) badge {
	look := map[enforce.Stage][2]string{enforce.Lead: {"quiet", "zoom-question"}, enforce.Opened: {"info", "briefcase"}, enforce.Raided: {"warn", "shield-lock"}, enforce.Charged: {"warn", "scale"},
		enforce.Convicted: {"good", "gavel"}, enforce.Closed: {"quiet", "lock"}}[s]
	return badge{look[0], look[1], stageName(v, s)}
}

func stageName(v *ui.Visit, s enforce.Stage) string { return v.T("cases.stage." + string(s)) }

// place is where something was, the closest first.
func place(v *ui.Visit, p enforce.Place) string {
	var parts []string
	for _, part := range []string{p.City, p.Region, p.Country} {
		if part != "" && !(part == p.Country && p.Region != "") {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return v.T("cases.place.none")
	}
	return strings.Join(parts, ", ")
}

// day is a day of a calendar, which is no moment: it is the same one in every zone.
func day(v *ui.Visit, t time.Time) string {
	return v.Day(time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, v.Zone))
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
	enforce.Case
	Path, Where string
	Tag         badge
	Begun       time.Time
}

func filter(q ui.Query) enforce.CaseFilter {
	_, down := q.Sort("-touched", "touched", "lead")
	return enforce.CaseFilter{Stage: enforce.Stage(q.Get("stage")), Open: q.Get("open") == "yes", Country: q.Get("country"), Region: q.Get("region"), City: q.Get("city"), Brand: q.Get("brand"), Text: q.Get("q"),
		Kind: enforce.LinkKind(q.Get("kind")), Subject: q.Get("subject"), Oldest: !down, After: q.After(), Limit: 50}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.cases.Cases(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	total, err := p.cases.CountCases(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	places, err := p.cases.CasePlaces(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("cases.title"), Lead: v.T("cases.lead"), Wide: true}}
	page.Actions = []ui.Action{{Text: v.T("cases.crackdown"), Path: Root + "/crackdown", Icon: "chart-bar"}}
	if v.User.Can(access.CaseEdit) {
		page.Actions = append(page.Actions, ui.Action{Text: v.T("cases.import"), Path: Root + "/import", Icon: "file-import"}, ui.Action{Text: v.T("cases.new"), Path: Root + "/new", Icon: "plus", Key: "n", Primary: true})
	}
	for _, m := range found.Items {
		page.Rows = append(page.Rows, row{m, Path(m.ID, ""), place(v, m.Place), stageTag(v, m.Stage), m.Reached[enforce.Lead]})
	}
	stages := ui.Menu{Name: "stage", Label: v.T("cases.stage")}
	for _, s := range enforce.Stages() {
		stages.Options = append(stages.Options, ui.Option{Value: string(s), Text: stageName(v, s), Count: -1})
	}
	regions := ui.Menu{Name: "region", Label: v.T("cases.region")}
	cities := ui.Menu{Name: "city", Label: v.T("cases.city")}
	brands := ui.Menu{Name: "brand", Label: v.T("cases.brand")}
	for _, m := range []struct {
		menu   *ui.Menu
		values []string
	}{{&regions, places.Regions}, {&cities, places.Cities}, {&brands, places.Brands}} {
		for _, value := range m.values {
			m.menu.Options = append(m.menu.Options, ui.Option{Value: value, Text: value, Count: -1})
		}
	}
	menus := []ui.Menu{stages}
	for _, m := range []ui.Menu{regions, cities, brands} {
		if len(m.Options) > 0 {
			menus = append(menus, m)
		}
	}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("cases.find")}, menus...)
	page.Filters.Export = "/exports" + q.Here()
	current, down := q.Sort("-touched", "touched", "lead")
	page.Head = q.Head(current, down, ui.Column{Label: v.T("cases.case")}, ui.Column{Label: v.T("cases.stage")}, ui.Column{Label: v.T("cases.place")}, ui.Column{Key: "lead", Label: v.T("cases.since")}, ui.Column{Key: "touched", Label: v.T("cases.touched"), Number: true})
	page.Pager = q.Pager(found.Next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "briefcase", Title: v.T("cases.none"), Text: v.T("cases.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("cases.nomatch"), Text: v.T("cases.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Root}}
	}
	return views.Render(w, r, page)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	q := ui.Ask(r)
	f := filter(q)
	f.After = ""
	write, end := listings.Exporter(w, "cases", q.Get("format"), enforce.CaseColumns())
	for m, err := range p.cases.ExportCases(r.Context(), ui.Here(r).User, f) {
		if err != nil {
			return err
		}
		if err := write(m.Export(), m.Fields()); err != nil {
			return err
		}
	}
	return end()
}

type editPage struct {
	ui.Page
	Form ui.Form
}

func caseForm(v *ui.Visit, m enforce.Case) ui.Form {
	return ui.Form{Fields: append([]ui.Field{
		{Name: "title", Label: v.T("cases.name"), Hint: v.T("cases.name.hint"), Required: true, Value: m.Title, Max: "200", Focus: true},
		{Name: "summary", Label: v.T("cases.summary"), Type: "textarea", Rows: 5, Value: m.Summary, Max: "4000"},
	}, placeFields(v, m.Place)...)}
}

func placeFields(v *ui.Visit, p enforce.Place) []ui.Field {
	return []ui.Field{
		{Name: "city", Label: v.T("cases.city"), Value: p.City, Max: "100"},
		{Name: "region", Label: v.T("cases.region"), Hint: v.T("cases.region.hint"), Value: p.Region, Max: "6"},
		{Name: "country", Label: v.T("cases.country"), Hint: v.T("cases.country.hint"), Value: p.Country, Max: "2"},
	}
}

func placeOf(r *http.Request) enforce.Place {
	return enforce.Place{City: r.PostFormValue("city"), Region: r.PostFormValue("region"), Country: r.PostFormValue("country")}
}

func (p *pages) begin(w http.ResponseWriter, r *http.Request) error { return p.showNew(w, r, nil) }

func (p *pages) showNew(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	page := editPage{Page: ui.Page{Title: v.T("cases.new"), Lead: v.T("cases.new.lead"), Crumbs: []ui.Crumb{{Text: v.T("cases.title"), Path: Root}}}, Form: caseForm(v, enforce.Case{Place: enforce.Place{Country: "CN"}})}
	page.Form.Path, page.Form.Submit, page.Form.Cancel, page.Form.Draft = Root, v.T("cases.open"), Root, "case"
	page.Form.Fields = append(page.Form.Fields, request(), hidden("kind", r.FormValue("kind")), hidden("subject", r.FormValue("subject")))
	if err := refill(v, r, &page.Page, &page.Form, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) open(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	m, err := p.cases.OpenCase(r.Context(), v.User, enforce.Case{Title: r.PostFormValue("title"), Summary: r.PostFormValue("summary"), Place: placeOf(r)}, r.PostFormValue("request"))
	if mendable(err) {
		return p.showNew(w, r, err)
	}
	if err != nil {
		return err
	}
	if subject := r.PostFormValue("subject"); subject != "" {
		if err := p.cases.Gather(r.Context(), v.User, m.ID, enforce.LinkKind(r.PostFormValue("kind")), subject, ""); err != nil {
			return err
		}
	}
	return web.Done(w, r, Path(m.ID, ""), &ui.Toast{Text: v.T("cases.opened", "Reference", m.Reference)})
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error { return p.showEdit(w, r, nil) }

func (p *pages) showEdit(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, err := p.cases.Case(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	page := editPage{Page: ui.Page{Title: v.T("cases.edit"), Crumbs: crumbs(v, m)}, Form: caseForm(v, m)}
	page.Form.Path, page.Form.Submit, page.Form.Cancel = Path(m.ID, "edit"), v.T("ui.save"), Path(m.ID, "")
	page.Form.Fields = append(page.Form.Fields, versioned(m.Version))
	if err := refill(v, r, &page.Page, &page.Form, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	old, err := p.cases.Case(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	where := placeOf(r)
	where.Latitude, where.Longitude = old.Place.Latitude, old.Place.Longitude
	if !strings.EqualFold(where.City, old.Place.City) {
		where.Latitude, where.Longitude = 0, 0 // those of the other city
	}
	m, err := p.cases.SaveCase(r.Context(), v.User, enforce.Case{ID: old.ID, Title: r.PostFormValue("title"), Summary: r.PostFormValue("summary"), Place: where, Version: version(r)})
	if mendable(err) {
		return p.showEdit(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(m.ID, ""), &ui.Toast{Text: v.T("cases.saved")})
}
