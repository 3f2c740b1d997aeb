package makers

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type makerPage struct {
	ui.Page
	Maker   cultivate.Maker
	Tabs    []ui.Tab
	Where   string // one sentence: where the maker is
	Tag     Badge
	Way     []leg
	Next    *step  // the step on; nil where there is none
	Asides  []step // the other moves the person may make
	Facts   []ui.Fact
	Waits   []wait   // what is to be done, the longest due first
	Unread  int      // messages this person has not read
	Owner   *ui.Form // nil for who may not give it to somebody
	Cards   []Card
	Own     bool  // the person is of the firm
	Thing   thing // of an own page
	Past    []ui.Event
	Version int64
	Path    string
}

// wait is a task that waits.
type wait struct {
	Title   string
	Due     time.Time // zero: none
	Overdue bool
	Path    string
}

// mostWaits is how many tasks the overview shows; the rest are on their own page.
const mostWaits = 4

// waits is what is to be done about a maker by the side of whoever looks, and how much they have not read.
func (p *pages) waits(r *http.Request, v *ui.Visit, m cultivate.Maker) (all []wait, unread int, err error) {
	found, err := p.cultivate.Tasks(r.Context(), v.User, cultivate.TaskFilter{Maker: m.ID, State: cultivate.TaskOpen, Limit: mostWaits})
	if err != nil {
		return nil, 0, err
	}
	for _, t := range found.Items {
		all = append(all, wait{t.Title.In(v.Language), t.Due, t.Overdue(v.Now), Path(m.ID, "tasks")})
	}
	counts, err := p.cultivate.Unread(r.Context(), v.User)
	return all, counts[m.ID], err
}

// leg is a stage of the way as the page draws it.
type leg struct {
	Text    string
	State   string // "done", "here" or "ahead"
	Current bool

	Asks, Gives string // on a firm's own page
	stage       cultivate.Stage
}

// step is a move with what it asks.
type step struct {
	To      cultivate.Stage
	Text    string // of the button
	Path    string
	Version int64
	Request string
	Checks  []check
	Missing int // checks that stand in the way
	May     bool
	Reason  bool // there is room for one: a firm that goes on along its way is not asked
	Danger  bool
	Form    ui.Form // of the reason
}

// check is a condition as the page draws it.
type check struct {
	cultivate.Check
	Text, Detail string
	Path         string
	Waive        string // the address of the form that waives or asks again; empty for who may not
	Request      string
}

func (p *pages) maker(w http.ResponseWriter, r *http.Request) error { return p.show(w, r, nil, "") }

// show draws a maker's page; problem is what was wrong with a move to the stage.
func (p *pages) show(w http.ResponseWriter, r *http.Request, problem error, to cultivate.Stage) error {
	v := ui.Here(r)
	m, err := p.cultivate.Maker(r.Context(), v.User, ID(r))
	if err != nil {
		return err
	}
	page := makerPage{Page: Page(v, m, ""), Maker: m, Tabs: Tabs(v, m, ""), Tag: Tag(v, m.Stage), Where: v.T("makers.where."+string(m.Stage), "Days", days(m.Since, v.Now)), Version: m.Version, Way: way(v, m), Path: Path(m.ID, "")}
	page.Wide = true
	if problem != nil {
		page.Status = web.Status(problem)
	}
	for _, next := range m.Next() {
		one, err := p.step(r, v, m, next)
		if err != nil {
			return err
		}
		if problem != nil && next == to {
			one.Form.Problems = v.Problems(problem)
			one.Form.Fill(r.PostForm)
		}
		switch {
		case next == m.Onward():
			page.Next = &one
		case one.May:
			page.Asides = append(page.Asides, one)
		}
	}
	if page.Cards, err = p.cards(r, m); err != nil {
		return err
	}
	if page.Past, err = p.past(r, v, m); err != nil {
		return err
	}
	page.Facts = p.facts(r, v, m)
	if page.Waits, page.Unread, err = p.waits(r, v, m); err != nil {
		return err
	}
	if isOwn(v) {
		if err := p.fill(r, v, &page); err != nil {
			return err
		}
	}
	if v.User.May(access.MakerMove, m.Organisation) == nil {
		if page.Owner, err = p.owner(r, v, m); err != nil {
			return err
		}
	}
	return views.Render(w, r, page)
}

// way is the stages with those behind the maker marked.
func way(v *ui.Visit, m cultivate.Maker) []leg {
	all := cultivate.Way()
	at := slices.Index(all, m.Stage)
	if at < 0 {
		at = slices.Index(all, m.Was)
	}
	var legs []leg
	for i, s := range all {
		one := leg{Text: Stage(v, s), State: "ahead", Current: i == at, stage: s}
		switch {
		case i == at:
			one.State = "here"
		case i < at:
			one.State = "done"
		}
		legs = append(legs, one)
	}
	return legs
}

func (p *pages) step(r *http.Request, v *ui.Visit, m cultivate.Maker, to cultivate.Stage) (step, error) {
	s := step{To: to, Text: v.T("makers.move." + string(to)), Path: Path(m.ID, "move"), Version: m.Version, Request: db.NewID(), May: m.MayMove(v.User, to) == nil,
		Reason: m.NeedsWhy(to) || v.User.May(access.MakerMove, m.Organisation) == nil, Danger: to == cultivate.Refused || to == cultivate.Expelled || to == cultivate.Relapsed || to == cultivate.Suspended}
	if m.Stage == cultivate.Suspended && to == m.Was {
		s.Text = v.T("makers.move.back", "Stage", Stage(v, to))
	}
	s.Form = ui.Form{Path: s.Path, Submit: s.Text, Fields: []ui.Field{{Name: "why", Label: v.T("makers.why"), Hint: v.T("makers.why.hint"), Type: "textarea", Rows: 2, Required: m.NeedsWhy(to), Max: strconv.Itoa(cultivate.MaxWhy)}}}
	checks, err := p.cultivate.Checklist(r.Context(), v.User, m.ID, to)
	for _, c := range checks {
		one := check{Check: c, Text: c.Words.In(v.Language), Detail: c.Detail.In(v.Language)}
		if c.Path != "" {
			one.Path = Path(m.ID, c.Path)
		}
		if c.Waivable && !c.Met && v.User.May(access.MakerMove, m.Organisation) == nil {
			one.Waive = Path(m.ID, "waive")
			if c.Waiver != nil {
				one.Waive = Path(m.ID, "unwaive")
			}
		}
		if !c.Passes() {
			s.Missing++
		}
		s.Checks = append(s.Checks, one)
	}
	return s, err
}

func (p *pages) past(r *http.Request, v *ui.Visit, m cultivate.Maker) ([]ui.Event, error) {
	steps, err := p.cultivate.Steps(r.Context(), v.User, m.ID)
	var events []ui.Event
	for _, s := range slices.Backward(steps) {
		tag := Tag(v, s.To)
		what := Stage(v, s.To)
		if s.From == "" {
			what = v.T("makers.enrolled")
		}
		events = append(events, ui.Event{At: s.At, Who: s.ByName, What: what, Detail: s.Why, Icon: tag.Icon, Tone: tag.Tone})
	}
	return events, err
}

func (p *pages) facts(r *http.Request, v *ui.Visit, m cultivate.Maker) []ui.Fact {
	facts := []ui.Fact{{Label: v.T("makers.industry"), Value: p.industry(v, m.Industry)}}
	if c, err := p.cultivate.Cohort(r.Context(), v.User, m.Cohort); err == nil {
		facts = append(facts, ui.Fact{Label: v.T("makers.cohort"), Value: c.Name})
	}
	for _, f := range []struct{ label, value string }{{"makers.place", m.Place}, {"makers.number", m.Number}, {"makers.seller", string(m.Seller)}, {"makers.owner", m.OwnerName}} {
		if f.value != "" {
			facts = append(facts, ui.Fact{Label: v.T(f.label), Value: f.value})
		}
	}
	return append(facts, ui.Fact{Label: v.T("makers.since"), Value: v.Day(m.MadeAt)})
}

// owner is the form by which a maker is given to somebody of the programme.
func (p *pages) owner(r *http.Request, v *ui.Visit, m cultivate.Maker) (*ui.Form, error) {
	field := ui.Field{Name: "owner", Label: v.T("makers.owner"), Type: "select", Value: string(m.Owner), Options: []ui.Option{{Text: v.T("makers.nobody")}, {Value: string(v.User.ID), Text: v.User.Name}}}
	if m.Owner != "" && m.Owner != v.User.ID {
		field.Options = append(field.Options, ui.Option{Value: string(m.Owner), Text: m.OwnerName})
	}
	if v.User.Can(access.PeopleRead) {
		people, _, err := p.access.People(r.Context(), v.User, access.PeopleFilter{Role: access.ProgrammeManager, Limit: 200})
		if err != nil {
			return nil, err
		}
		for _, one := range people {
			if !slices.ContainsFunc(field.Options, func(o ui.Option) bool { return o.Value == string(one.ID) }) {
				field.Options = append(field.Options, ui.Option{Value: string(one.ID), Text: one.Name})
			}
		}
	}
	return &ui.Form{Path: Path(m.ID, "owner"), Submit: v.T("makers.owner.save"), Fields: []ui.Field{field, {Name: "version", Type: "hidden", Value: strconv.FormatInt(m.Version, 10)}}}, nil
}

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}

func (p *pages) move(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	t := cultivate.Transition{To: cultivate.Stage(r.PostFormValue("to")), Why: r.PostFormValue("why"), Version: version(r), Request: r.PostFormValue("request")}
	m, err := p.cultivate.Move(r.Context(), v.User, ID(r), t)
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.show(w, r, err, t.To)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(m.ID, ""), &ui.Toast{Text: v.T("makers.moved", "Name", m.Name, "Stage", Stage(v, m.Stage))})
}

func (p *pages) waive(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := p.cultivate.Waive(r.Context(), v.User, ID(r), cultivate.Condition(r.PostFormValue("condition")), r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, Path(ID(r), ""), &ui.Toast{Text: v.T("makers.waived.done")})
}

func (p *pages) unwaive(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := p.cultivate.Unwaive(r.Context(), v.User, ID(r), cultivate.Condition(r.PostFormValue("condition")), r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, Path(ID(r), ""), &ui.Toast{Text: v.T("makers.unwaived.done")})
}

func (p *pages) own(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	owner := access.UserID(r.PostFormValue("owner"))
	names, err := p.access.Names(r.Context(), []access.UserID{owner})
	if err != nil {
		return err
	}
	if owner != "" && names[owner] == "" {
		return fault.Invalid.Say("There is no such person.").At("owner")
	}
	if _, err := p.cultivate.LookAfter(r.Context(), v.User, ID(r), version(r), owner, names[owner]); err != nil {
		return err
	}
	return web.Done(w, r, Path(ID(r), ""), &ui.Toast{Text: v.T("makers.owner.done")})
}
