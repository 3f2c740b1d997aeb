package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type tasksPage struct {
	ui.Page
	Tabs    []ui.Tab
	Open    []task
	Closed  []task
	More    bool // there are more closed ones than are shown
	Mentors []mentor
	Give    *ui.Form // nil for who gives none
	Plan    *ui.Form
}

// mentor is a visit of somebody who helps.
type mentor struct {
	cultivate.MentorVisit
	Tag    makers.Badge
	Hold   *ui.Form // nil once it is over, and for who may not
	Cancel *ui.Form
}

func (p *pages) tasks(w http.ResponseWriter, r *http.Request) error {
	return p.showTasks(w, r, nil, "")
}

// mostClosed is how many closed tasks a maker's page shows.
const mostClosed = 50

// showTasks draws a maker's tasks and mentor visits; problem is what was wrong with the form of the name.
func (p *pages) showTasks(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v := ui.Here(r)
	m, frame, tabs, err := p.maker(r.Context(), r, v.T("desk.tasks"), "tasks")
	if err != nil {
		return err
	}
	page := tasksPage{Page: frame, Tabs: tabs}
	page.Actions = []ui.Action{{Text: v.T("desk.calendar"), Path: Root + "/calendar", Icon: "calendar-event"}}
	here := makers.Path(m.ID, "tasks")
	open, err := p.Cultivate.Tasks(r.Context(), v.User, cultivate.TaskFilter{Maker: m.ID, State: cultivate.TaskOpen, Limit: 500})
	if err != nil {
		return err
	}
	for _, t := range open.Items {
		page.Open = append(page.Open, p.drawTask(v, t, here))
	}
	for _, state := range []cultivate.TaskState{cultivate.TaskDone, cultivate.TaskDropped} {
		closed, err := p.Cultivate.Tasks(r.Context(), v.User, cultivate.TaskFilter{Maker: m.ID, State: state, Limit: mostClosed})
		if err != nil {
			return err
		}
		page.More = page.More || closed.Next != ""
		for _, t := range closed.Items {
			page.Closed = append(page.Closed, p.drawTask(v, t, here))
		}
	}
	slices.SortStableFunc(page.Closed, func(a, b task) int { return b.ClosedAt.Compare(a.ClosedAt) })
	visits, err := p.Cultivate.MentorVisits(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	programme := v.User.May(access.MakerMove, m.Organisation) == nil
	for _, one := range visits {
		tone := map[cultivate.MentorVisitState][2]string{cultivate.MentorPlanned: {"info", "calendar-event"}, cultivate.MentorHeld: {"good", "circle-check"}, cultivate.MentorCancelled: {"quiet", "circle-x"}}[one.State]
		row := mentor{MentorVisit: one, Tag: makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("desk.mentor." + string(one.State))}}
		if programme && one.State == cultivate.MentorPlanned {
			path := makers.Path(m.ID, "mentors/"+url.PathEscape(string(one.ID)))
			number := ui.Field{Name: "version", Type: "hidden", Value: strconv.FormatInt(one.Version, 10)}
			row.Hold = &ui.Form{Path: path, Submit: v.T("desk.mentor.hold"), Fields: []ui.Field{{Name: "agreed", Label: v.T("desk.mentor.agreed"), Type: "textarea", Rows: 3, Required: true, Max: "2000"},
				{Name: "tasks", Label: v.T("desk.mentor.tasks"), Hint: v.T("desk.mentor.tasks.hint"), Type: "textarea", Rows: 3}, {Name: "to", Type: "hidden", Value: "held"}, number}}
			row.Cancel = &ui.Form{Path: path, Submit: v.T("desk.mentor.cancel"), Fields: []ui.Field{{Name: "to", Type: "hidden", Value: "cancelled"}, number}}
		}
		page.Mentors = append(page.Mentors, row)
	}
	if programme {
		if page.Give, err = p.giveForm(r, m); err != nil {
			return err
		}
		page.Plan = &ui.Form{Path: makers.Path(m.ID, "mentors"), Submit: v.T("desk.mentor.plan"), Fields: []ui.Field{{Name: "mentor", Label: v.T("desk.mentor"), Required: true, Max: "200"},
			{Name: "at", Label: v.T("desk.mentor.at"), Type: "datetime-local", Required: true}, {Name: "place", Label: v.T("desk.mentor.place"), Max: "200"},
			{Name: "agenda", Label: v.T("desk.mentor.agenda"), Type: "textarea", Rows: 2, Max: "2000"}, request()}}
	}
	if problem != nil {
		drawn := map[string]*ui.Form{"give": page.Give, "plan": page.Plan}[form]
		if drawn == nil {
			return problem
		}
		page.Status = web.Status(problem)
		drawn.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

// giveForm is the form of a new task. Whom it can be given to are the programme's people; on the firm's side it is whoever comes first.
func (p *pages) giveForm(r *http.Request, m cultivate.Maker) (*ui.Form, error) {
	v := ui.Here(r)
	colleagues, err := p.Access.Colleagues(r.Context(), v.User, access.ProgrammeManager)
	if err != nil {
		return nil, err
	}
	who := ui.Field{Name: "who", Label: v.T("desk.who"), Type: "select", Required: true, Options: []ui.Option{{Value: "firm", Text: v.T("desk.side.firm")}, {Value: "programme", Text: v.T("desk.side.programme")}}}
	for _, c := range colleagues {
		who.Options = append(who.Options, ui.Option{Value: string(c.ID), Text: c.Name})
	}
	return &ui.Form{Path: makers.Path(m.ID, "tasks"), Submit: v.T("desk.give"), Fields: []ui.Field{{Name: "title", Label: v.T("desk.task"), Required: true, Max: "200"},
		{Name: "detail", Label: v.T("desk.detail"), Type: "textarea", Rows: 2, Max: "2000"}, who, {Name: "due", Label: v.T("desk.due"), Type: "date"}, request()}}, nil
}

func (p *pages) give(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	n := cultivate.NewTask{Title: r.PostFormValue("title"), Detail: r.PostFormValue("detail"), Side: cultivate.Side(r.PostFormValue("who"))}
	if n.Side != cultivate.FirmSide && n.Side != cultivate.Programme {
		colleagues, err := p.Access.Colleagues(r.Context(), v.User, access.ProgrammeManager)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(colleagues, func(c access.Colleague) bool { return string(c.ID) == r.PostFormValue("who") })
		if at < 0 {
			return p.showTasks(w, r, fault.Invalid.Say("Choose who is to do it.").At("who"), "give")
		}
		n.Side, n.Owner, n.Name = cultivate.Programme, colleagues[at].ID, colleagues[at].Name
	}
	var err error
	if n.Due, err = day(v, r.PostFormValue("due")); err == nil {
		_, err = p.Cultivate.GiveTask(r.Context(), v.User, id, n, r.PostFormValue("request"))
	}
	if again(err) {
		return p.showTasks(w, r, err, "give")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(id, "tasks"), &ui.Toast{Text: v.T("desk.given")})
}

// close says that a task is done, not needed, or open again; the toast takes it back.
func (p *pages) close(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	to := cultivate.TaskState(r.PostFormValue("to"))
	t, err := p.Cultivate.CloseTask(r.Context(), v.User, cultivate.TaskID(r.PathValue("task")), version(r), to, r.PostFormValue("said"))
	if err != nil {
		return err
	}
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, Root) {
		back = makers.Path(t.Maker, "tasks")
	}
	toast := &ui.Toast{Text: v.T("desk.closed." + string(t.State))}
	if t.State != cultivate.TaskOpen {
		toast.Undo = &ui.Undo{Path: makers.Path(t.Maker, "tasks/"+url.PathEscape(string(t.ID))), Key: "u",
			Hidden: []ui.Hidden{{Name: "to", Value: string(cultivate.TaskOpen)}, {Name: "version", Value: strconv.FormatInt(t.Version, 10)}, {Name: "back", Value: back}}}
	}
	return web.Done(w, r, back, toast)
}

func (p *pages) planMentor(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	at, err := time.ParseInLocation("2006-01-02T15:04", r.PostFormValue("at"), v.Zone)
	if err != nil {
		err = fault.Invalid.Say("Say when it is.").At("at")
	} else {
		_, err = p.Cultivate.PlanMentor(r.Context(), v.User, cultivate.MentorVisit{Maker: id, Mentor: r.PostFormValue("mentor"), At: at.UTC(), Place: r.PostFormValue("place"), Agenda: r.PostFormValue("agenda")}, r.PostFormValue("request"))
	}
	if again(err) {
		return p.showTasks(w, r, err, "plan")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(id, "tasks"), &ui.Toast{Text: v.T("desk.mentor.planned.done")})
}

// holdMentor says what came of a visit, with a task for the firm from each line, or that it does not take place.
func (p *pages) holdMentor(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	visit := cultivate.MentorVisitID(r.PathValue("visit"))
	var err error
	if r.PostFormValue("to") == string(cultivate.MentorCancelled) {
		_, err = p.Cultivate.ChangeMentor(r.Context(), v.User, visit, version(r), cultivate.MentorCancelled, time.Time{})
	} else {
		var tasks []cultivate.NewTask
		for line := range strings.Lines(r.PostFormValue("tasks")) {
			if title := strings.TrimSpace(line); title != "" {
				tasks = append(tasks, cultivate.NewTask{Side: cultivate.FirmSide, Title: title})
			}
		}
		_, err = p.Cultivate.HoldMentor(r.Context(), v.User, visit, version(r), r.PostFormValue("agreed"), tasks)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(id, "tasks"), &ui.Toast{Text: v.T("desk.mentor.kept")})
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	f := taskFilter(v, ui.Ask(r))
	f.After = ""
	write, end := listings.Exporter(w, "tasks", "csv", []string{"id", "maker", "name", "side", "owner", "title", "detail", "due", "state", "closed", "closed_by", "said"})
	moment := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format(time.RFC3339)
	}
	for t, err := range p.Cultivate.ExportTasks(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		err := write(nil, []string{string(t.ID), string(t.Maker), t.MakerName, string(t.Side), t.OwnerName, t.Title.In(v.Language), t.Detail.In(v.Language), moment(t.Due), string(t.State), moment(t.ClosedAt), t.ClosedName, t.Said})
		if err != nil {
			return err
		}
	}
	return end()
}
