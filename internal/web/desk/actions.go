package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type actionsPage struct {
	ui.Page
	Tabs  []ui.Tab
	Rows  []action
	Find  *ui.Form // nil for who opens none
	Empty ui.Empty
}

type action struct {
	cultivate.Action
	Tag     makers.Badge
	Overdue bool
	Facts   []ui.Fact
	Files   []ui.Fact
	Past    []ui.Event
	Next    *ui.Form // the step on; nil while it is another's turn
	Asides  []*ui.Form
	Waits   string // whose turn it is, when it is not the reader's
}

func actionTag(v *ui.Visit, s cultivate.ActionState) makers.Badge {
	tone := map[cultivate.ActionState][2]string{cultivate.ActionFound: {"warn", "alert-triangle"}, cultivate.ActionPlanned: {"info", "pencil"}, cultivate.ActionShown: {"info", "hourglass"},
		cultivate.ActionVerified: {"good", "circle-check"}, cultivate.ActionDropped: {"quiet", "circle-x"}}[s]
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("desk.action." + string(s))}
}

func (p *pages) actions(w http.ResponseWriter, r *http.Request) error {
	return p.showActions(w, r, nil, "", "")
}

// showActions draws a maker's corrective actions; problem is what was wrong with the step of one of them, or with a new one when id is empty.
func (p *pages) showActions(w http.ResponseWriter, r *http.Request, problem error, id cultivate.ActionID, to cultivate.ActionState) error {
	v := ui.Here(r)
	m, frame, tabs, err := p.maker(r.Context(), r, v.T("desk.actions"), "actions")
	if err != nil {
		return err
	}
	all, err := p.Cultivate.Actions(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := actionsPage{Page: frame, Tabs: tabs}
	programme, firm := v.User.May(access.MakerMove, m.Organisation) == nil, v.User.May(access.MakerEdit, m.Organisation) == nil
	for _, a := range all {
		row := action{Action: a, Tag: actionTag(v, a.State), Overdue: a.State.Open() && !a.Due.IsZero() && v.Now.After(a.Due), Files: filesOf(m.ID, a.Attachments)}
		for _, f := range []struct{ label, value string }{{"desk.action.cause", a.Cause}, {"desk.action.plan", a.Plan}, {"desk.action.evidence", a.Evidence}} {
			if f.value != "" {
				row.Facts = append(row.Facts, ui.Fact{Label: v.T(f.label), Value: f.value})
			}
		}
		for _, s := range slices.Backward(a.Steps) {
			tag := actionTag(v, s.State)
			row.Past = append(row.Past, ui.Event{At: s.At, Who: s.ByName, What: tag.Text, Detail: s.Said, Icon: tag.Icon, Tone: tag.Tone})
		}
		for _, next := range a.State.Next() {
			theirs := next == cultivate.ActionShown || next == cultivate.ActionPlanned && a.State == cultivate.ActionFound
			if theirs && !firm && !programme || !theirs && !programme {
				continue
			}
			form := actionForm(v, m, a, next)
			if problem != nil && a.ID == id && next == to {
				page.Status = web.Status(problem)
				form.Fill(r.PostForm).Problems = v.Problems(problem)
			}
			switch {
			case next == cultivate.ActionVerified && a.Answered == v.User.Answerable(): // another person does
			case row.Next == nil && next != cultivate.ActionDropped && (next != cultivate.ActionPlanned || a.State == cultivate.ActionFound):
				row.Next = form
			default:
				row.Asides = append(row.Asides, form)
			}
		}
		if row.Next == nil && a.State.Open() {
			row.Waits = v.T("desk.action.waits." + string(a.State))
		}
		page.Rows = append(page.Rows, row)
	}
	if programme {
		page.Find = &ui.Form{Path: makers.Path(m.ID, "actions"), Submit: v.T("desk.action.find"), Draft: "finding", Fields: []ui.Field{{Name: "finding", Label: v.T("desk.action.finding"), Hint: v.T("desk.action.finding.hint"), Type: "textarea", Rows: 3, Required: true, Max: "2000"},
			{Name: "due", Label: v.T("desk.due"), Type: "date"}, request()}}
		if problem != nil && id == "" {
			page.Status = web.Status(problem)
			page.Find.Fill(r.PostForm).Problems = v.Problems(problem)
		}
	}
	page.Empty = ui.Empty{Icon: "circle-check", Title: v.T("desk.actions.none"), Text: v.T("desk.actions.none.text")}
	return views.Render(w, r, page)
}

// actionForm is the form of one step of a corrective action.
func actionForm(v *ui.Visit, m cultivate.Maker, a cultivate.Action, to cultivate.ActionState) *ui.Form {
	f := &ui.Form{Path: makers.Path(m.ID, "actions/"+url.PathEscape(string(a.ID))), Submit: v.T("desk.action.to." + string(to)), Upload: true}
	said := ui.Field{Name: "said", Label: v.T("desk.action.why"), Type: "textarea", Rows: 2, Max: "2000"}
	switch to {
	case cultivate.ActionPlanned:
		if a.State == cultivate.ActionFound {
			said.Label, said.Required = v.T("desk.action.plan"), true
			f.Fields = append(f.Fields, ui.Field{Name: "cause", Label: v.T("desk.action.cause"), Hint: v.T("desk.action.cause.hint"), Type: "textarea", Rows: 2, Required: true, Max: "2000"})
		} else {
			f.Submit = v.T("desk.action.back")
		}
	case cultivate.ActionShown:
		said.Label, said.Required = v.T("desk.action.evidence"), true
	default:
	}
	f.Fields = append(f.Fields, said)
	if to == cultivate.ActionShown {
		f.Fields = append(f.Fields, ui.Field{Name: "files", Label: v.T("desk.files"), Type: "file", Accept: papers.Accept, Several: true})
	}
	f.Fields = append(f.Fields, ui.Field{Name: "to", Type: "hidden", Value: string(to)}, ui.Field{Name: "version", Type: "hidden", Value: strconv.FormatInt(a.Version, 10)})
	return f
}

func (p *pages) find(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	due, err := day(v, r.PostFormValue("due"))
	if err == nil {
		_, err = p.Cultivate.Find(r.Context(), v.User, id, r.PostFormValue("finding"), due, r.PostFormValue("request"))
	}
	if again(err) {
		return p.showActions(w, r, err, "", "")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(id, "actions"), &ui.Toast{Text: v.T("desk.action.opened")})
}

func (p *pages) takeOn(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), makers.ID(r)
	files, err := makers.Upload(w, r, p.Cultivate, p.Store, "files")
	move := cultivate.ActionMove{To: cultivate.ActionState(r.PostFormValue("to")), Cause: r.PostFormValue("cause"), Said: r.PostFormValue("said"), Files: files, Version: version(r)}
	var a cultivate.Action
	if err == nil {
		a, err = p.Cultivate.TakeOn(r.Context(), v.User, cultivate.ActionID(r.PathValue("action")), move)
	}
	if again(err) {
		return p.showActions(w, r, err, cultivate.ActionID(r.PathValue("action")), move.To)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(id, "actions"), &ui.Toast{Text: actionTag(v, a.State).Text})
}
