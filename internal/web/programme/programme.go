// Package programme is where cohorts are planned, opened and run: the list of them, the form of one, and its board, on which every maker stands in its
// stage with what blocks it.
package programme

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "edit.html": editPage{}, "board.html": boardPage{}, "invited.html": invitedPage{}, "ask.html": askPage{}, "done.html": donePage{}})

type pages struct {
	cultivate *cultivate.Service
	link      func(secret string) string // the whole address of a one-time sign-in link
}

// Job is the cohorts and their boards. It stands beside the pages of package makers, which must be served too.
func Job(room *cultivate.Service, link func(string) string) web.Job {
	p := &pages{room, link}
	return web.Job{
		Rail:  ui.Entry{Name: "programme.rail", Icon: "seedling", Path: Root, Verb: access.ProgrammeRead, Key: "g c"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /programme", Verb: access.ProgrammeRead, Handle: p.list},
			{Pattern: "GET /programme/new", Verb: access.ProgrammeEdit, Handle: p.blank},
			{Pattern: "POST /programme/new", Verb: access.ProgrammeEdit, Handle: p.save},
			{Pattern: "GET /programme/cohorts/{cohort}", Verb: access.ProgrammeRead, Handle: p.board},
			{Pattern: "GET /programme/cohorts/{cohort}/edit", Verb: access.ProgrammeEdit, Handle: p.edit},
			{Pattern: "POST /programme/cohorts/{cohort}/edit", Verb: access.ProgrammeEdit, Handle: p.save},
			{Pattern: "POST /programme/cohorts/{cohort}/move", Verb: access.ProgrammeEdit, Handle: p.move},
			{Pattern: "POST /programme/cohorts/{cohort}/ask", Verb: access.MakerMove, Handle: p.ask},
			{Pattern: "POST /programme/cohorts/{cohort}/do", Verb: access.MakerMove, Handle: p.do},
			{Pattern: "POST /programme/cohorts/{cohort}/undo", Verb: access.MakerMove, Handle: p.undo},
			{Pattern: "POST /programme/cohorts/{cohort}/invite", Verb: access.MakerMove, Handle: p.invite},
		},
	}
}

// Root is where cohorts stand in the rail.
const Root = "/programme"

// Path is the address of a cohort's board.
func Path(id cultivate.CohortID) string { return Root + "/cohorts/" + url.PathEscape(string(id)) }

type listPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	cultivate.Cohort
	Path     string
	Industry string
	Tag      makers.Badge
	Members  int
	Total    int
}

// tag is a cohort's state as a badge.
func tag(v *ui.Visit, s cultivate.CohortState) makers.Badge {
	b := makers.Badge{Tone: "info", Icon: "player-play", Text: v.T("programme.state." + string(s))}
	switch s {
	case cultivate.CohortPlanned:
		b.Tone, b.Icon = "quiet", "circle-dashed"
	case cultivate.CohortOpen:
		b.Tone, b.Icon = "good", "circle-check"
	case cultivate.CohortSelecting:
		b.Tone, b.Icon = "warn", "scale"
	case cultivate.CohortEnded:
		b.Tone, b.Icon = "quiet", "flag"
	}
	return b
}

func (p *pages) industry(v *ui.Visit, id cultivate.IndustryID) string {
	if i, known := p.cultivate.Industries[id]; known {
		return i.Names.In(v.Language)
	}
	return string(id)
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.cultivate.Cohorts(r.Context(), v.User, cultivate.CohortFilter{State: cultivate.CohortState(q.Get("state")), Industry: cultivate.IndustryID(q.Get("industry")), After: q.After()})
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("programme.title"), Lead: v.T("programme.lead"), Wide: true}}
	ids := make([]cultivate.CohortID, len(found.Items))
	for i, c := range found.Items {
		ids[i] = c.ID
	}
	counts, err := p.cultivate.CountsOf(r.Context(), v.User, ids)
	if err != nil {
		return err
	}
	for _, c := range found.Items {
		one := row{Cohort: c, Path: Path(c.ID), Industry: p.industry(v, c.Industry), Tag: tag(v, c.State)}
		for stage, n := range counts[c.ID] {
			one.Total += n
			if stage.Member() {
				one.Members += n
			}
		}
		page.Rows = append(page.Rows, one)
	}
	states, industries := ui.Menu{Name: "state", Label: v.T("programme.state")}, ui.Menu{Name: "industry", Label: v.T("programme.industry")}
	for _, s := range cultivate.CohortStates() {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: tag(v, s).Text, Count: -1})
	}
	for _, i := range p.cultivate.Industries.Sorted() {
		industries.Options = append(industries.Options, ui.Option{Value: string(i.ID), Text: i.Names.In(v.Language), Count: -1})
	}
	page.Filters = q.Filters(nil, states, industries)
	page.Head = q.Head("", false, ui.Column{Label: v.T("programme.cohort")}, ui.Column{Label: v.T("programme.state")}, ui.Column{Label: v.T("programme.industry")}, ui.Column{Label: v.T("programme.place")},
		ui.Column{Label: v.T("programme.members"), Number: true}, ui.Column{Label: v.T("programme.applicants"), Number: true})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Actions = []ui.Action{{Text: v.T("programme.registers"), Path: "/programme/registers", Icon: "database"}}
	page.Empty = ui.Empty{Icon: "seedling", Title: v.T("programme.none"), Text: v.T("programme.none.text")}
	if v.User.Can(access.ProgrammeEdit) {
		page.Actions = append(page.Actions, ui.Action{Text: v.T("programme.new"), Path: Root + "/new", Icon: "plus", Key: "n", Primary: true})
		page.Empty.Action = &ui.Action{Text: v.T("programme.new"), Path: Root + "/new", Icon: "plus"}
	}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("programme.nomatch"), Text: v.T("programme.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Root}}
	}
	return views.Render(w, r, page)
}

type editPage struct {
	ui.Page
	Form ui.Form
}

// form is the form of a cohort as it is.
func (p *pages) form(v *ui.Visit, c cultivate.Cohort) ui.Form {
	industry := ui.Field{Name: "industry", Label: v.T("programme.industry"), Type: "select", Required: true, Value: string(c.Industry)}
	for _, i := range p.cultivate.Industries.Sorted() {
		industry.Options = append(industry.Options, ui.Option{Value: string(i.ID), Text: i.Names.In(v.Language)})
	}
	day := func(name string, at time.Time) ui.Field {
		f := ui.Field{Name: name, Label: v.T("programme." + name), Type: "date"}
		if !at.IsZero() {
			f.Value = at.UTC().Format(time.DateOnly)
		}
		return f
	}
	places := ""
	if c.Places > 0 {
		places = strconv.Itoa(c.Places)
	}
	path, cancel := Root+"/new", Root
	if c.ID != "" {
		path, cancel = Path(c.ID)+"/edit", Path(c.ID)
	}
	return ui.Form{Path: path, Submit: v.T("programme.save"), Cancel: cancel, Draft: "cohort-" + string(c.ID), Fields: []ui.Field{
		{Name: "name", Label: v.T("programme.name"), Required: true, Value: c.Name, Max: "200", Focus: true}, industry,
		{Name: "place", Label: v.T("programme.place"), Hint: v.T("programme.place.hint"), Value: c.Place, Max: "200"},
		{Name: "places", Label: v.T("programme.places"), Hint: v.T("programme.places.hint"), Type: "number", Required: true, Min: "1", Max: "10000", Value: places},
		day("opens", c.Opens), day("closes", c.Closes), day("starts", c.Starts), day("ends", c.Ends),
		{Name: "note", Label: v.T("programme.note"), Type: "textarea", Rows: 3, Max: "2000", Value: c.Note},
		{Name: "version", Type: "hidden", Value: strconv.FormatInt(c.Version, 10)},
	}}
}

func crumbs(v *ui.Visit) []ui.Crumb { return []ui.Crumb{{Text: v.T("programme.title"), Path: Root}} }

func (p *pages) blank(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	return views.Render(w, r, editPage{ui.Page{Title: v.T("programme.new"), Crumbs: crumbs(v)}, p.form(v, cultivate.Cohort{})})
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	c, err := p.cultivate.Cohort(r.Context(), v.User, cultivate.CohortID(r.PathValue("cohort")))
	if err != nil {
		return err
	}
	return views.Render(w, r, editPage{ui.Page{Title: c.Name, Crumbs: crumbs(v)}, p.form(v, c)})
}

// sent is the cohort that a form describes. A date or number that cannot be read is told with the rest.
func sent(r *http.Request) (c cultivate.Cohort, err error) {
	c = cultivate.Cohort{ID: cultivate.CohortID(r.PathValue("cohort")), Name: r.PostFormValue("name"), Industry: cultivate.IndustryID(r.PostFormValue("industry")), Place: r.PostFormValue("place"), Note: r.PostFormValue("note"), Version: version(r)}
	c.Places, _ = strconv.Atoi(r.PostFormValue("places")) // what is no number is 0, which the room refuses
	for _, f := range []struct {
		name string
		into *time.Time
	}{{"opens", &c.Opens}, {"closes", &c.Closes}, {"starts", &c.Starts}, {"ends", &c.Ends}} {
		if text := r.PostFormValue(f.name); text != "" {
			if *f.into, err = time.Parse(time.DateOnly, text); err != nil {
				return c, fault.Invalid.Say("This is no date.").At(f.name).Because(err)
			}
		}
	}
	return c, nil
}

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	c, err := sent(r)
	form := p.form(v, c)
	if err == nil {
		c, err = p.cultivate.SaveCohort(r.Context(), v.User, c)
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		form.Fill(r.PostForm).Problems = v.Problems(err)
		return views.Render(w, r, editPage{ui.Page{Title: v.T("programme.edit"), Crumbs: crumbs(v), Status: web.Status(err)}, form})
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(c.ID), &ui.Toast{Text: v.T("programme.saved")})
}

type boardPage struct {
	ui.Page
	Board    cultivate.Board
	Industry string
	Tag      makers.Badge
	Facts    []ui.Fact
	Filters  ui.Filters
	Columns  []column
	Moves    []move
	Bulk     *ui.Bulk // nil for who may not move makers
	Invite   *ui.Form
	Empty    *ui.Empty
}

type column struct {
	Stage string
	Cards []card
}

type card struct {
	Name   string
	Path   string
	Days   int
	Stuck  bool
	Blocks string
	Owner  string
	Tick   string // of its box
	Waits  string // tasks, actions and messages, when there are some
}

type move struct {
	Text    string
	Path    string
	To      cultivate.CohortState
	Version int64
}

func (p *pages) board(w http.ResponseWriter, r *http.Request) error { return p.show(w, r, nil) }

func (p *pages) show(w http.ResponseWriter, r *http.Request, problem error) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := cultivate.BoardFilter{Blocker: cultivate.Condition(q.Get("blocker")), Owner: access.UserID(q.Get("owner")), Stuck: q.Get("stuck") != "", Text: q.Get("q")}
	b, err := p.cultivate.Board(r.Context(), v.User, cultivate.CohortID(r.PathValue("cohort")), f)
	if err != nil {
		return err
	}
	c := b.Cohort
	page := boardPage{Page: ui.Page{Title: c.Name, Crumbs: crumbs(v), Wide: true}, Board: b, Industry: p.industry(v, c.Industry), Tag: tag(v, c.State)}
	members := 0
	for _, col := range b.Columns {
		one := column{Stage: makers.Stage(v, col.Stage)}
		if col.Stage.Member() {
			members += len(col.Cards)
		}
		for _, m := range col.Cards {
			k := card{Name: m.Maker.Name, Path: makers.Path(m.Maker.ID, ""), Days: m.Days, Stuck: m.Stuck, Owner: m.Maker.OwnerName, Tick: tick(m.Maker), Waits: waits(v, m)}
			if m.Blocks != nil {
				k.Blocks = m.Blocks.Words.In(v.Language)
			}
			one.Cards = append(one.Cards, k)
		}
		if len(one.Cards) > 0 {
			page.Columns = append(page.Columns, one)
		}
	}
	page.Facts = []ui.Fact{{Label: v.T("programme.industry"), Value: page.Industry}, {Label: v.T("programme.places"), Value: v.T("programme.taken", "Members", members, "Places", c.Places)}}
	for _, d := range []struct {
		name string
		at   time.Time
	}{{"opens", c.Opens}, {"closes", c.Closes}, {"starts", c.Starts}, {"ends", c.Ends}} {
		if !d.at.IsZero() {
			page.Facts = append(page.Facts, ui.Fact{Label: v.T("programme." + d.name), Value: v.Day(d.at)})
		}
	}
	blockers := ui.Menu{Name: "blocker", Label: v.T("programme.blocker")}
	for _, one := range b.Blockers {
		blockers.Options = append(blockers.Options, ui.Option{Value: string(one.Condition), Text: one.Words.In(v.Language), Count: one.Makers})
	}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("programme.find")}, blockers, ui.Menu{Name: "stuck", Label: v.T("programme.stuck"), Options: []ui.Option{{Value: "1", Text: v.T("programme.stuck.long"), Count: b.Stuck}}})
	if len(page.Columns) == 0 {
		page.Empty = &ui.Empty{Icon: "building-factory-2", Title: v.T("programme.board.none"), Text: v.T("programme.board.none.text")}
		if page.Filters.Clear != "" {
			page.Empty = &ui.Empty{Icon: "filter-off", Title: v.T("programme.board.nomatch"), Text: v.T("programme.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Path(c.ID)}}
		}
	}
	if v.User.Can(access.MakerMove) && len(page.Columns) > 0 {
		page.Bulk = bulk(v, c.ID)
	}
	page.Actions = []ui.Action{{Text: v.T("programme.training"), Path: Path(c.ID) + "/training", Icon: "books", Key: "r"}, {Text: v.T("programme.selection"), Path: Path(c.ID) + "/selection", Icon: "list-details", Key: "s"},
		{Text: v.T("programme.livelihood"), Path: Path(c.ID) + "/livelihood", Icon: "users", Key: "l"}}
	if v.User.Can(access.MakerMove) {
		page.Actions = append(page.Actions, ui.Action{Text: v.T("programme.import"), Path: Path(c.ID) + "/import", Icon: "file-import"})
	}
	if v.User.Can(access.ProgrammeEdit) {
		page.Actions = append(page.Actions, ui.Action{Text: v.T("programme.edit"), Path: Path(c.ID) + "/edit", Icon: "pencil", Key: "e"})
		for _, to := range c.State.Next() {
			page.Moves = append(page.Moves, move{v.T("programme.move." + string(to)), Path(c.ID) + "/move", to, c.Version})
		}
	}
	if v.User.Can(access.MakerMove) && c.Takes(v.Now) == nil {
		page.Invite = &ui.Form{Path: Path(c.ID) + "/invite", Submit: v.T("programme.invite"), Fields: []ui.Field{
			{Name: "organisation", Label: v.T("programme.invite.firm"), Required: true, Max: "100"}, {Name: "place", Label: v.T("programme.place"), Max: "200", Value: c.Place},
			{Name: "name", Label: v.T("programme.invite.person"), Required: true, Max: "100"}, {Name: "email", Label: v.T("programme.invite.email"), Type: "email", Required: true},
		}}
		if problem != nil {
			page.Invite.Fill(r.PostForm).Problems = v.Problems(problem)
			page.Status = web.Status(problem)
		}
	}
	return views.Render(w, r, page)
}

// waits is what waits about a maker, in a few words: overdue tasks rather than all, actions, messages not read.
func waits(v *ui.Visit, k cultivate.Card) string {
	var all []string
	for _, one := range []struct {
		word  string
		count int
	}{{"overdue", k.Overdue}, {"actions", k.Actions}, {"unread", k.Unread}} {
		if one.count > 0 {
			all = append(all, v.N("programme.waits."+one.word, one.count))
		}
	}
	return strings.Join(all, " · ")
}

func (p *pages) move(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	c, err := p.cultivate.MoveCohort(r.Context(), v.User, cultivate.CohortID(r.PathValue("cohort")), version(r), cultivate.CohortState(r.PostFormValue("to")), "")
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(c.ID), &ui.Toast{Text: tag(v, c.State).Text})
}

type invitedPage struct {
	ui.Page
	Link  string
	Maker string
	Board string
}

// invite begins the application of a firm that the programme has asked, and shows the link with which its person signs in.
func (p *pages) invite(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id := cultivate.CohortID(r.PathValue("cohort"))
	m, link, err := p.cultivate.Enrol(r.Context(), v.User, id, cultivate.Firm{Name: r.PostFormValue("organisation"), Place: r.PostFormValue("place"), Person: r.PostFormValue("name"), Email: r.PostFormValue("email"), Language: v.Language})
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.show(w, r, err)
	}
	if err != nil {
		return err
	}
	return views.Render(w, r, invitedPage{ui.Page{Title: m.Name, Crumbs: crumbs(v)}, p.link(link), makers.Path(m.ID, ""), Path(id)})
}
