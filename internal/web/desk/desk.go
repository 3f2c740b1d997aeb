// Package desk is the daily work around makers: what waits for a person today, and for each maker its tasks and appointments, the conversation with it, its
// corrective actions and its papers. The firm sees the same pages with its own side of them. Pages about one maker stand under makers.Path.
package desk

import (
	"context"
	"embed"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"desk.html": deskPage{}, "tasks.html": tasksPage{}, "task.html": task{}, "messages.html": messagesPage{}, "actions.html": actionsPage{}, "documents.html": documentsPage{},
	"calendar.html": calendarPage{}, "roll.html": rollPage{}})

// Config is what the pages need.
type Config struct {
	Cultivate *cultivate.Service
	Access    *access.Service
	Store     *blob.Store
	Site      string // the address people reach this server by, for calendars: "https://console.example"
}

type pages struct{ Config }

// Root is where the desk stands in the rail.
const Root = "/desk"

// Job is the desk and the parts of a maker's file that are worked on every day.
func Job(c Config) web.Job {
	p := &pages{c}
	return web.Job{
		Rail:  ui.Entry{Name: "desk.rail", Icon: "list-details", Path: Root, Verb: access.MakerMove, Key: "g d"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /desk", Verb: access.MakerMove, Handle: p.desk},
			{Pattern: "GET /exports/desk", Verb: access.MakerMove, Handle: p.export},
			{Pattern: "GET /desk/calendar", Verb: access.MakerRead, Handle: p.calendar},
			{Pattern: "POST /desk/calendar", Verb: access.MakerRead, Handle: p.makeCalendar},
			{Pattern: "POST /desk/calendar/revoke", Verb: access.MakerRead, Handle: p.revokeCalendar},
			{Pattern: "GET /calendar/{secret}", Verb: web.Public, Handle: p.feed},
			{Pattern: "GET /programme/cohorts/{cohort}/training", Verb: access.ProgrammeRead, Handle: p.roll},
			{Pattern: "GET /makers/{maker}/tasks", Verb: access.MakerRead, Handle: p.tasks},
			{Pattern: "POST /makers/{maker}/tasks", Verb: access.MakerMove, Handle: p.give},
			{Pattern: "POST /makers/{maker}/tasks/{task}", Verb: access.MakerEdit, Handle: p.close},
			{Pattern: "POST /makers/{maker}/mentors", Verb: access.MakerMove, Handle: p.planMentor},
			{Pattern: "POST /makers/{maker}/mentors/{visit}", Verb: access.MakerMove, Handle: p.holdMentor},
			{Pattern: "GET /makers/{maker}/messages", Verb: access.MakerRead, Handle: p.messages},
			{Pattern: "POST /makers/{maker}/messages", Verb: access.MakerEdit, Handle: p.send},
			{Pattern: "GET /makers/{maker}/actions", Verb: access.MakerRead, Handle: p.actions},
			{Pattern: "POST /makers/{maker}/actions", Verb: access.MakerMove, Handle: p.find},
			{Pattern: "POST /makers/{maker}/actions/{action}", Verb: access.MakerEdit, Handle: p.takeOn},
			{Pattern: "GET /makers/{maker}/documents", Verb: access.MakerRead, Handle: p.documents},
			{Pattern: "GET /makers/{maker}/documents/{document}", Verb: access.MakerRead, Handle: p.document},
		},
	}
}

type deskPage struct {
	ui.Page
	Filters ui.Filters
	Unread  []unread
	Waiting []waiting
	Head    ui.Head
	Rows    []task
	Pager   ui.Pager
	Empty   ui.Empty
}

type unread struct {
	Name, Path string
	Count      int
}

// task is a task as the pages draw it, with the form that closes it.
type task struct {
	cultivate.Task
	Title, Detail string
	Firm          string // the maker's page
	Overdue       bool
	Whose         string // who is to do it
	Path          string // of the form
	To            cultivate.TaskState
	Button        string // empty for who may not
	Drop          bool   // may also say that it is not needed
	Back          string // where the form leads afterwards
}

func (p *pages) drawTask(v *ui.Visit, t cultivate.Task, back string) task {
	one := task{Task: t, Title: t.Title.In(v.Language), Detail: t.Detail.In(v.Language), Firm: makers.Path(t.Maker, "tasks"), Overdue: t.Overdue(v.Now), Whose: t.OwnerName, Back: back,
		Path: makers.Path(t.Maker, "tasks/"+url.PathEscape(string(t.ID))), To: cultivate.TaskDone, Button: v.T("desk.task.done")}
	if one.Whose == "" {
		one.Whose = v.T("desk.side." + string(t.Side))
	}
	if t.State != cultivate.TaskOpen {
		one.To, one.Button = cultivate.TaskOpen, v.T("desk.task.again")
	}
	programme := v.User.Can(access.MakerMove)
	if !programme && (t.Side != cultivate.FirmSide || !v.User.Can(access.MakerEdit)) {
		one.Button = ""
	}
	one.Drop = programme && t.State == cultivate.TaskOpen
	return one
}

func taskFilter(v *ui.Visit, q ui.Query) cultivate.TaskFilter {
	f := cultivate.TaskFilter{Text: q.Get("q"), Overdue: q.Get("overdue") == "1", Side: cultivate.Side(q.Get("side")), State: cultivate.TaskState(q.Get("state")), After: q.After(), Limit: 50}
	if f.State == "" {
		f.State = cultivate.TaskOpen
	}
	if q.Get("whose") == "mine" {
		f.Owner = v.User.ID
	}
	return f
}

// desk is what waits for the programme's people: what firms wrote that nobody has read, and tasks, the longest due first.
func (p *pages) desk(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := taskFilter(v, q)
	found, err := p.Cultivate.Tasks(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	total, err := p.Cultivate.CountTasks(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	page := deskPage{Page: ui.Page{Title: v.T("desk.title"), Lead: v.T("desk.lead"), Wide: true, Actions: []ui.Action{{Text: v.T("desk.calendar"), Path: Root + "/calendar", Icon: "calendar-event"}}}}
	for _, t := range found.Items {
		page.Rows = append(page.Rows, p.drawTask(v, t, q.Here()))
	}
	counts, err := p.Cultivate.Unread(r.Context(), v.User)
	if err != nil {
		return err
	}
	names, err := p.Cultivate.Among(r.Context(), v.User, slices.Collect(maps.Keys(counts)))
	if err != nil {
		return err
	}
	for _, m := range names {
		page.Unread = append(page.Unread, unread{m.Name, makers.Path(m.ID, "messages"), counts[m.ID]})
	}
	waits, err := p.Cultivate.Waits(r.Context(), v.User)
	if err != nil {
		return err
	}
	page.Waiting = waitings(v, waits)
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("desk.find")},
		ui.Menu{Name: "whose", Label: v.T("desk.whose"), Options: []ui.Option{{Value: "mine", Text: v.T("desk.mine"), Count: -1}}},
		ui.Menu{Name: "side", Label: v.T("desk.side"), Options: []ui.Option{{Value: "programme", Text: v.T("desk.side.programme"), Count: -1}, {Value: "firm", Text: v.T("desk.side.firm"), Count: -1}}},
		ui.Menu{Name: "overdue", Label: v.T("desk.due"), Options: []ui.Option{{Value: "1", Text: v.T("desk.overdue"), Count: -1}}},
		ui.Menu{Name: "state", Label: v.T("desk.state"), Options: []ui.Option{{Value: "done", Text: v.T("desk.state.done"), Count: -1}, {Value: "dropped", Text: v.T("desk.state.dropped"), Count: -1}}})
	page.Filters.Export = "/exports" + q.Here()
	page.Head = q.Head("", false, ui.Column{Label: v.T("desk.due")}, ui.Column{Label: v.T("desk.task")}, ui.Column{Label: v.T("desk.firm")}, ui.Column{Label: v.T("desk.who")}, ui.Column{Label: v.T("desk.do"), Number: true})
	page.Pager = q.Pager(found.Next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "circle-check", Title: v.T("desk.none"), Text: v.T("desk.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("desk.nomatch"), Text: v.T("desk.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Root}}
	}
	return views.Render(w, r, page)
}

// request is a form's own id: sent twice, it acts once.
func request() ui.Field { return ui.Field{Name: "request", Type: "hidden", Value: db.NewID()} }

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}

// day reads a date as the end of that day where the person is; an empty one is none.
func day(v *ui.Visit, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, text, v.Zone)
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		return time.Time{}, fault.Invalid.Say("Give a day.").At("due").Because(err)
	}
	return at.AddDate(0, 0, 1).Add(-time.Second).UTC(), nil
}

// maker is the maker of the address and the frame of a page about it.
func (p *pages) maker(ctx context.Context, r *http.Request, title, part string) (m cultivate.Maker, page ui.Page, tabs []ui.Tab, err error) {
	v := ui.Here(r)
	if m, err = p.Cultivate.Maker(ctx, v.User, makers.ID(r)); err != nil {
		return m, page, nil, err
	}
	page = makers.Page(v, m, title)
	page.Wide = true
	return m, page, makers.Tabs(v, m, part), nil
}

// again reports whether an error is drawn into the form it came from.
func again(err error) bool {
	k := fault.Of(err)
	return k == fault.Invalid || k == fault.TooLarge
}
