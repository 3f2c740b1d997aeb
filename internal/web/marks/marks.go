// Package marks is the register of common marks: the mark of an association with its rules of use, the licences of makers, the checks of how they are used, and the
// page on which anybody looks a licence up.
package marks

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "mark.html": markPage{}, "form.html": formPage{}, "licences.html": licencesPage{}, "licence.html": licencePage{}, "own.html": ownPage{}})

type pages struct{ cultivate *cultivate.Service }

// Root is where marks stand, for anybody.
const Root = "/marks"

// Job is the register of common marks.
func Job(room *cultivate.Service) web.Job {
	p := &pages{room}
	return web.Job{
		Rail:  ui.Entry{Name: "marks.rail", Icon: "rubber-stamp", Path: "/licences", Verb: access.ProgrammeRead, Key: "g z"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /marks", Verb: web.Public, Handle: p.list},
			{Pattern: "GET /marks/{mark}", Verb: web.Public, Handle: p.mark},
			{Pattern: "GET /licences", Verb: access.ProgrammeRead, Handle: p.licences},
			{Pattern: "GET /exports/licences", Verb: access.ProgrammeRead, Handle: p.export},
			{Pattern: "GET /programme/marks/new", Verb: access.ProgrammeEdit, Handle: p.blank},
			{Pattern: "POST /programme/marks/new", Verb: access.ProgrammeEdit, Handle: p.save},
			{Pattern: "GET /programme/marks/{mark}", Verb: access.ProgrammeEdit, Handle: p.edit},
			{Pattern: "POST /programme/marks/{mark}", Verb: access.ProgrammeEdit, Handle: p.save},
			{Pattern: "POST /programme/marks/{mark}/rules", Verb: access.ProgrammeEdit, Handle: p.rules},
			{Pattern: "GET /licences/{licence}", Verb: access.MakerRead, Handle: p.licence},
			{Pattern: "POST /licences/{licence}/move", Verb: access.MakerMove, Handle: p.move},
			{Pattern: "POST /licences/{licence}/check", Verb: access.MakerRead, Handle: p.check},
			{Pattern: "GET /makers/{maker}/licences", Verb: access.MakerRead, Handle: p.own},
			{Pattern: "POST /makers/{maker}/licences", Verb: access.MakerEdit, Handle: p.apply},
		},
	}
}

func markPath(id cultivate.MarkID) string       { return Root + "/" + url.PathEscape(string(id)) }
func licencePath(id cultivate.LicenceID) string { return "/licences/" + url.PathEscape(string(id)) }

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

func tag(v *ui.Visit, l cultivate.Licence) makers.Badge {
	tone := map[cultivate.LicenceState][2]string{cultivate.LicenceApplied: {"info", "hourglass"}, cultivate.LicenceGranted: {"good", "shield-check"}, cultivate.LicenceSuspended: {"warn", "player-pause"},
		cultivate.LicenceWithdrawn: {"bad", "circle-x"}, cultivate.LicenceRefused: {"quiet", "circle-x"}, cultivate.LicenceExpired: {"quiet", "clock"}}[l.State]
	if l.State == cultivate.LicenceGranted && !l.ValidOn(v.Now) {
		return makers.Badge{Tone: "quiet", Icon: "clock", Text: v.T("marks.outside")}
	}
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("marks.state." + string(l.State))}
}

type listPage struct {
	ui.Page
	Marks []shown
	Empty ui.Empty
}

type shown struct {
	cultivate.CommonMark
	Path string
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	all, err := p.cultivate.Marks(r.Context())
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("marks.title"), Lead: v.T("marks.lead")}, Empty: ui.Empty{Icon: "rubber-stamp", Title: v.T("marks.none"), Text: v.T("marks.none.text")}}
	for _, m := range all {
		page.Marks = append(page.Marks, shown{m, markPath(m.ID)})
	}
	return views.Render(w, r, page)
}

type markPage struct {
	ui.Page
	Mark   cultivate.CommonMark
	Facts  []ui.Fact
	Rules  string
	Terms  []ui.Fact
	Asked  string
	Path   string
	Found  []found
	Nobody bool // something was asked and nothing found
}

type found struct {
	cultivate.Licence
	Tag    makers.Badge
	Period string
}

// mark is a mark for anybody: its rules, and the look-up of a licence by number or firm.
func (p *pages) mark(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id, asked := cultivate.MarkID(r.PathValue("mark")), strings.TrimSpace(r.URL.Query().Get("q"))
	m, rules, err := p.cultivate.Mark(r.Context(), id)
	if err != nil {
		return err
	}
	_, licences, err := p.cultivate.LookUp(r.Context(), id, asked)
	if err != nil {
		return err
	}
	page := markPage{Page: ui.Page{Title: m.Name, Crumbs: []ui.Crumb{{Text: v.T("marks.title"), Path: Root}}}, Mark: m, Asked: asked, Path: markPath(id), Nobody: asked != "" && len(licences) == 0,
		Facts: []ui.Fact{{Label: v.T("marks.owner"), Value: m.Owner}, {Label: v.T("marks.registered"), Value: m.Office + " " + m.Number}, {Label: v.T("marks.goods"), Value: m.Goods}}}
	if at := slices.IndexFunc(rules, func(one cultivate.MarkRules) bool { return one.Number == m.Rules }); at >= 0 {
		page.Rules, page.Terms = rules[at].Text.In(v.Language), terms(v, rules[at])
	}
	for _, l := range licences {
		page.Found = append(page.Found, found{l, tag(v, l), v.Day(l.From) + " – " + v.Day(l.To)})
	}
	return views.Render(w, r, page)
}

// terms are the rules that can be held against an item.
func terms(v *ui.Visit, r cultivate.MarkRules) []ui.Fact {
	facts := []ui.Fact{{Label: v.T("marks.version"), Value: strconv.Itoa(r.Number) + " · " + v.Day(r.At)}}
	if r.Material != "" {
		facts = append(facts, ui.Fact{Label: v.T("marks.material"), Value: r.Material})
	}
	if len(r.Tests) > 0 {
		facts = append(facts, ui.Fact{Label: v.T("marks.tests"), Value: strings.Join(r.Tests, "; ")})
	}
	if r.Floor > 0 {
		facts = append(facts, ui.Fact{Label: v.T("marks.floor"), Value: v.Money(r.Floor, r.Currency)})
	}
	return facts
}

type licencesPage struct {
	ui.Page
	Filters ui.Filters
	Marks   []shown
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	cultivate.Licence
	Path, Firm, Period string
	Tag                makers.Badge
}

func filter(q ui.Query) cultivate.LicenceFilter {
	return cultivate.LicenceFilter{Mark: cultivate.MarkID(q.Get("mark")), State: cultivate.LicenceState(q.Get("state")), Text: q.Get("q"), After: q.After(), Limit: 50}
}

func period(v *ui.Visit, l cultivate.Licence) string {
	if l.From.IsZero() {
		return "–"
	}
	return v.Day(l.From) + " – " + v.Day(l.To)
}

func (p *pages) licences(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	all, err := p.cultivate.Licences(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	marks, err := p.cultivate.Marks(r.Context())
	if err != nil {
		return err
	}
	page := licencesPage{Page: ui.Page{Title: v.T("marks.licences"), Lead: v.T("marks.licences.lead"), Wide: true}}
	menu := ui.Menu{Name: "mark", Label: v.T("marks.mark")}
	for _, m := range marks {
		page.Marks = append(page.Marks, shown{m, "/programme/marks/" + url.PathEscape(string(m.ID))})
		menu.Options = append(menu.Options, ui.Option{Value: string(m.ID), Text: m.Name, Count: -1})
	}
	states := ui.Menu{Name: "state", Label: v.T("marks.state")}
	for _, s := range cultivate.LicenceStates() {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: v.T("marks.state." + string(s)), Count: -1})
	}
	if v.User.Can(access.ProgrammeEdit) {
		page.Actions = []ui.Action{{Text: v.T("marks.new"), Path: "/programme/marks/new", Icon: "plus", Key: "n", Primary: true}}
	}
	for _, l := range all.Items {
		page.Rows = append(page.Rows, row{l, licencePath(l.ID), makers.Path(l.Maker, "licences"), period(v, l), tag(v, l)})
	}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("marks.find")}, menu, states)
	page.Filters.Export = "/exports" + q.Here()
	page.Head = q.Head("", false, ui.Column{Label: v.T("marks.number")}, ui.Column{Label: v.T("marks.firm")}, ui.Column{Label: v.T("marks.state")}, ui.Column{Label: v.T("marks.period")})
	page.Pager = q.Pager(all.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "rubber-stamp", Title: v.T("marks.licences.none"), Text: v.T("marks.licences.none.text")}
	return views.Render(w, r, page)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	f := filter(ui.Ask(r))
	f.After = ""
	write, end := listings.Exporter(w, "licences", "csv", []string{"id", "mark", "maker", "firm", "number", "state", "lines", "from", "to", "rules"})
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format(time.DateOnly)
	}
	for l, err := range p.cultivate.ExportLicences(r.Context(), ui.Here(r).User, f) {
		if err != nil {
			return err
		}
		if err := write(nil, []string{string(l.ID), string(l.Mark), string(l.Maker), l.Firm, l.Number, string(l.State), l.Lines, day(l.From), day(l.To), strconv.Itoa(l.Rules)}); err != nil {
			return err
		}
	}
	return end()
}

type formPage struct {
	ui.Page
	Public string // the mark's page for anybody; empty for a new one
	Mark   ui.Form
	Rules  *ui.Form
	Terms  []ui.Fact
}

func (p *pages) blank(w http.ResponseWriter, r *http.Request) error { return p.showForm(w, r, nil, "") }
func (p *pages) edit(w http.ResponseWriter, r *http.Request) error  { return p.showForm(w, r, nil, "") }

// showForm draws the form of a mark and of its next rules; problem is what was wrong with the form of the name.
func (p *pages) showForm(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v := ui.Here(r)
	page := formPage{Page: ui.Page{Title: v.T("marks.new"), Crumbs: []ui.Crumb{{Text: v.T("marks.licences"), Path: "/licences"}}}}
	var m cultivate.CommonMark
	if id := r.PathValue("mark"); id != "" {
		var rules []cultivate.MarkRules
		var err error
		if m, rules, err = p.cultivate.Mark(r.Context(), cultivate.MarkID(id)); err != nil {
			return err
		}
		page.Title, page.Public = m.Name, markPath(m.ID)
		page.Rules = &ui.Form{Path: "/programme/marks/" + url.PathEscape(id) + "/rules", Submit: v.T("marks.rules.add"), Draft: "rules", Fields: []ui.Field{{Name: "text_en", Label: v.T("marks.rules.en"), Type: "textarea", Rows: 5, Required: true, Max: "10000"},
			{Name: "text_zh", Label: v.T("marks.rules.zh"), Type: "textarea", Rows: 5, Required: true, Max: "10000"}, {Name: "material", Label: v.T("marks.material"), Max: "2000"}, {Name: "tests", Label: v.T("marks.tests"), Hint: v.T("marks.tests.hint"), Type: "textarea", Rows: 3, Max: "2000"},
			{Name: "floor", Label: v.T("marks.floor"), Hint: v.T("marks.floor.hint"), Value: "0"}, {Name: "currency", Label: v.T("marks.currency"), Value: "CNY", Max: "3"}, number(m.Version)}}
		if at := slices.IndexFunc(rules, func(one cultivate.MarkRules) bool { return one.Number == m.Rules }); at >= 0 {
			page.Terms = terms(v, rules[at])
		}
	}
	page.Mark = ui.Form{Path: r.URL.Path, Submit: v.T("marks.save"), Fields: []ui.Field{{Name: "name", Label: v.T("marks.name"), Required: true, Value: m.Name, Max: "200"}, {Name: "owner", Label: v.T("marks.owner"), Required: true, Value: m.Owner, Max: "200"},
		{Name: "office", Label: v.T("marks.office"), Required: true, Value: m.Office, Max: "200"}, {Name: "number", Label: v.T("marks.office.number"), Required: true, Value: m.Number, Max: "200"}, {Name: "goods", Label: v.T("marks.goods"), Type: "textarea", Rows: 2, Required: true, Value: m.Goods, Max: "2000"}, number(m.Version)}}
	if page.Public == "" {
		page.Mark.Fields = append([]ui.Field{{Name: "id", Label: v.T("marks.id"), Hint: v.T("marks.id.hint"), Required: true, Max: "60"}}, page.Mark.Fields...)
	} else {
		page.Mark.Path = "/programme/marks/" + url.PathEscape(string(m.ID))
	}
	if problem != nil {
		drawn := &page.Mark
		if form == "rules" {
			drawn = page.Rules
		}
		page.Status = web.Status(problem)
		drawn.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	m := cultivate.CommonMark{ID: cultivate.MarkID(r.PathValue("mark")), Name: r.PostFormValue("name"), Owner: r.PostFormValue("owner"), Office: r.PostFormValue("office"), Number: r.PostFormValue("number"), Goods: r.PostFormValue("goods"), Version: version(r)}
	if m.ID == "" {
		m.ID, m.Version = cultivate.MarkID(r.PostFormValue("id")), 0
	}
	m, err := p.cultivate.SaveMark(r.Context(), v.User, m)
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showForm(w, r, err, "mark")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/programme/marks/"+url.PathEscape(string(m.ID)), &ui.Toast{Text: v.T("marks.saved")})
}

func (p *pages) rules(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	one := cultivate.MarkRules{Mark: cultivate.MarkID(r.PathValue("mark")), Text: cultivate.Words{English: r.PostFormValue("text_en"), Chinese: r.PostFormValue("text_zh")}, Material: r.PostFormValue("material"), Currency: strings.ToUpper(strings.TrimSpace(r.PostFormValue("currency")))}
	for line := range strings.Lines(r.PostFormValue("tests")) {
		if test := strings.TrimSpace(line); test != "" {
			one.Tests = append(one.Tests, test)
		}
	}
	floor, err := cultivate.ReadAmount(r.PostFormValue("floor"), one.Currency, "floor")
	if err == nil {
		one.Floor = floor.Minor
		_, err = p.cultivate.AddRules(r.Context(), v.User, version(r), one)
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showForm(w, r, err, "rules")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/programme/marks/"+url.PathEscape(string(one.Mark)), &ui.Toast{Text: v.T("marks.rules.added")})
}

type ownPage struct {
	ui.Page
	Tabs  []ui.Tab
	Rows  []row
	Apply *ui.Form
	Empty ui.Empty
}

func (p *pages) own(w http.ResponseWriter, r *http.Request) error { return p.showOwn(w, r, nil) }

func (p *pages) showOwn(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, err := p.cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	all, err := p.cultivate.LicencesOf(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	marks, err := p.cultivate.Marks(r.Context())
	if err != nil {
		return err
	}
	page := ownPage{Page: makers.Page(v, m, v.T("marks.own")), Tabs: makers.Tabs(v, m, "licences"), Empty: ui.Empty{Icon: "rubber-stamp", Title: v.T("marks.own.none"), Text: v.T("marks.own.none.text")}}
	page.Wide = true
	names := map[cultivate.MarkID]string{}
	choose := ui.Field{Name: "mark", Label: v.T("marks.mark"), Type: "select", Required: true}
	for _, one := range marks {
		names[one.ID] = one.Name
		if one.Rules > 0 {
			choose.Options = append(choose.Options, ui.Option{Value: string(one.ID), Text: one.Name})
		}
	}
	for _, l := range all {
		page.Rows = append(page.Rows, row{l, licencePath(l.ID), names[l.Mark], period(v, l), tag(v, l)})
	}
	if len(choose.Options) > 0 && m.Stage.After(cultivate.Approved) && v.User.May(access.MakerEdit, m.Organisation) == nil {
		page.Apply = &ui.Form{Path: makers.Path(m.ID, "licences"), Submit: v.T("marks.apply"), Fields: []ui.Field{choose, {Name: "lines", Label: v.T("marks.lines"), Hint: v.T("marks.lines.hint"), Type: "textarea", Rows: 2, Required: true, Max: "2000"}}}
		if problem != nil {
			page.Status = web.Status(problem)
			page.Apply.Fill(r.PostForm).Problems = v.Problems(problem)
		}
	} else if problem != nil {
		return problem
	}
	return views.Render(w, r, page)
}

func (p *pages) apply(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	l, err := p.cultivate.ApplyLicence(r.Context(), v.User, cultivate.MarkID(r.PostFormValue("mark")), id, r.PostFormValue("lines"))
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showOwn(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, licencePath(l.ID), &ui.Toast{Text: v.T("marks.applied")})
}

type licencePage struct {
	ui.Page
	Tag      makers.Badge
	Facts    []ui.Fact
	Rules    string
	Terms    []ui.Fact
	Checks   []checked
	Proposed string
	Cheap    []ui.Fact
	Moves    []ui.Form
	Check    *ui.Form
	Past     []ui.Event
}

type checked struct {
	cultivate.LicenceCheck
	Tag   makers.Badge
	Price string
}

func (p *pages) licence(w http.ResponseWriter, r *http.Request) error {
	return p.showLicence(w, r, nil, "")
}

// showLicence draws a licence; problem is what was wrong with the form of the name.
func (p *pages) showLicence(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v := ui.Here(r)
	f, err := p.cultivate.LicenceFile(r.Context(), v.User, cultivate.LicenceID(r.PathValue("licence")))
	if err != nil {
		return err
	}
	m, err := p.cultivate.Maker(r.Context(), v.User, f.Maker)
	if err != nil {
		return err
	}
	page := licencePage{Page: makers.Page(v, m, v.T("marks.licence")), Tag: tag(v, f.Licence), Rules: f.Under.Text.In(v.Language), Terms: terms(v, f.Under)}
	page.Wide = true
	page.Facts = []ui.Fact{{Label: v.T("marks.mark"), Value: string(f.Mark), Path: markPath(f.Mark)}, {Label: v.T("marks.lines"), Value: f.Lines}, {Label: v.T("marks.period"), Value: period(v, f.Licence)}}
	if f.Number != "" {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("marks.number"), Value: f.Number})
	}
	for _, c := range f.Checks {
		one := checked{LicenceCheck: c, Tag: makers.Badge{Tone: "good", Icon: "circle-check", Text: v.T("marks.passed")}}
		if f.Under.Fails(c) {
			one.Tag = makers.Badge{Tone: "bad", Icon: "circle-x", Text: v.T("marks.failed")}
		}
		if c.Price != cultivate.NoPriceSeen {
			one.Price = v.Money(c.Price, c.Currency)
		}
		page.Checks = append(page.Checks, one)
	}
	if f.Proposed != cultivate.NoSanction {
		page.Proposed = v.T("marks.proposed." + string(f.Proposed))
	}
	for _, c := range f.Cheap {
		page.Cheap = append(page.Cheap, ui.Fact{Label: c.Title, Value: string(c.Listing.ID)})
	}
	for _, s := range slices.Backward(f.Steps) {
		t := tag(v, cultivate.Licence{State: s.To, From: f.From, To: f.To})
		page.Past = append(page.Past, ui.Event{At: s.At, Who: s.ByName, What: v.T("marks.state." + string(s.To)), Detail: s.Why, Icon: t.Icon, Tone: t.Tone})
	}
	forms := map[string]*ui.Form{}
	if v.User.May(access.MakerMove, f.Organisation) == nil {
		for _, to := range f.Next() {
			if to == cultivate.LicenceExpired {
				continue // time does that
			}
			one := ui.Form{Path: licencePath(f.ID) + "/move", Submit: v.T("marks.to." + string(to)), Fields: []ui.Field{{Name: "to", Type: "hidden", Value: string(to)}, number(f.Version)}}
			if f.State == cultivate.LicenceApplied && to == cultivate.LicenceGranted {
				one.Fields = append(one.Fields, ui.Field{Name: "number", Label: v.T("marks.number"), Required: true, Max: "60"}, ui.Field{Name: "lines", Label: v.T("marks.lines"), Required: true, Value: f.Lines, Max: "2000"},
					ui.Field{Name: "from", Label: v.T("marks.from"), Type: "date", Required: true, Value: v.Now.Format(time.DateOnly)}, ui.Field{Name: "until", Label: v.T("marks.until"), Type: "date", Required: true, Value: v.Now.AddDate(2, 0, 0).Format(time.DateOnly)})
			} else {
				one.Fields = append(one.Fields, ui.Field{Name: "why", Label: v.T("marks.why"), Type: "textarea", Rows: 2, Required: true, Max: "2000"})
			}
			page.Moves = append(page.Moves, one)
		}
		for i := range page.Moves {
			forms["move "+page.Moves[i].Fields[0].Value] = &page.Moves[i]
		}
	}
	if f.Number != "" && (v.User.Can(access.VisitWork) || v.User.May(access.MakerMove, f.Organisation) == nil) {
		page.Check = &ui.Form{Path: licencePath(f.ID) + "/check", Submit: v.T("marks.check"), Fields: []ui.Field{{Name: "day", Label: v.T("marks.day"), Type: "date", Required: true, Value: v.Now.Format(time.DateOnly)}, {Name: "tested", Label: v.T("marks.tested"), Required: true, Max: "2000"},
			{Name: "passed", Label: v.T("marks.passed"), Type: "checkbox"}, {Name: "price", Label: v.T("marks.price"), Hint: v.T("marks.price.hint")}, {Name: "currency", Label: v.T("marks.currency"), Value: f.Under.Currency, Max: "3"}, {Name: "listing", Label: v.T("marks.listing"), Max: "200"}, {Name: "note", Label: v.T("marks.note"), Max: "2000"}}}
		forms["check"] = page.Check
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

func (p *pages) move(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.LicenceID(r.PathValue("licence"))
	t := cultivate.LicenceMove{To: cultivate.LicenceState(r.PostFormValue("to")), Why: r.PostFormValue("why"), Number: r.PostFormValue("number"), Lines: r.PostFormValue("lines"), Version: version(r)}
	t.From, _ = time.Parse(time.DateOnly, r.PostFormValue("from")) // the room refuses a time that is none
	t.Until, _ = time.Parse(time.DateOnly, r.PostFormValue("until"))
	l, err := p.cultivate.MoveLicence(r.Context(), v.User, id, t)
	if fault.Of(err) == fault.Invalid {
		return p.showLicence(w, r, err, "move "+string(t.To))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, licencePath(id), &ui.Toast{Text: v.T("marks.state." + string(l.State))})
}

func (p *pages) check(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), cultivate.LicenceID(r.PathValue("licence"))
	c := cultivate.LicenceCheck{Licence: id, Tested: r.PostFormValue("tested"), Passed: r.PostFormValue("passed") != "", Price: cultivate.NoPriceSeen, Listing: market.ListingID(strings.TrimSpace(r.PostFormValue("listing"))), Note: r.PostFormValue("note")}
	c.Day, _ = time.Parse(time.DateOnly, r.PostFormValue("day")) // the room refuses a day that is none
	var err error
	if text := strings.TrimSpace(r.PostFormValue("price")); text != "" {
		var price cultivate.Amount
		price, err = cultivate.ReadAmount(text, r.PostFormValue("currency"), "price")
		c.Price, c.Currency = price.Minor, price.Currency
	}
	if err == nil {
		_, err = p.cultivate.CheckLicence(r.Context(), v.User, id, c)
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showLicence(w, r, err, "check")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, licencePath(id), &ui.Toast{Text: v.T("marks.checked")})
}
