package programme

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// askPage asks what is needed to do the same with the makers that were ticked.
type askPage struct {
	ui.Page
	Form   ui.Form
	Chosen []chosen
}

type chosen struct {
	Name, Stage string
	Blocks      string // why its next step would not go through; empty when it would
}

// donePage says what became of each, when some of it did not go through.
type donePage struct {
	ui.Page
	Done, Refused []result
	Back          string
	Undo          *ui.Undo // nil where nothing can be taken back
}

type result struct{ Name, Path, Text string }

// What can be done with many makers.
const (
	doMove    = "move"
	doTask    = "task"
	doMessage = "message"
	doOwner   = "owner"
)

// bulk is the bar below a board.
func bulk(v *ui.Visit, id cultivate.CohortID) *ui.Bulk {
	return &ui.Bulk{Path: Path(id) + "/ask", Buttons: []ui.Button{
		{Text: v.T("programme.do.move"), Icon: "arrow-right", Name: "do", Value: doMove, Key: "m", Tone: "primary"},
		{Text: v.T("programme.do.task"), Icon: "check", Name: "do", Value: doTask, Key: "t"},
		{Text: v.T("programme.do.message"), Icon: "message", Name: "do", Value: doMessage, Key: "w"},
		{Text: v.T("programme.do.owner"), Icon: "user", Name: "do", Value: doOwner, Key: "o"},
	}}
}

// tick is the value of a maker's box: who it is, and as which version the person saw it.
func tick(m cultivate.Maker) string { return string(m.ID) + ":" + strconv.FormatInt(m.Version, 10) }

// ticked reads the boxes that were ticked.
func ticked(values url.Values) (all []cultivate.Seen) {
	for _, value := range values["id"] {
		id, text, _ := strings.Cut(value, ":")
		if version, err := strconv.ParseInt(text, 10, 64); err == nil {
			all = append(all, cultivate.Seen{Maker: cultivate.MakerID(id), Version: version})
		}
	}
	return all
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	return p.askFor(w, r, nil)
}

// askFor draws the question; problem is what was wrong with the answer.
func (p *pages) askFor(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	id := cultivate.CohortID(r.PathValue("cohort"))
	b, err := p.cultivate.Board(r.Context(), v.User, id, cultivate.BoardFilter{})
	if err != nil {
		return err
	}
	request := r.PostFormValue("request")
	if request == "" {
		request = db.NewID()
	}
	do := r.PostFormValue("do")
	form := ui.Form{Path: Path(id) + "/do", Cancel: Path(id), Fields: []ui.Field{{Name: "request", Type: "hidden", Value: request}, {Name: "do", Type: "hidden", Value: do}}}
	page := askPage{Page: ui.Page{Crumbs: append(crumbs(v), ui.Crumb{Text: b.Cohort.Name, Path: Path(id)})}}
	var cards []cultivate.Card
	items := ticked(r.PostForm)
	for _, col := range b.Columns {
		for _, k := range col.Cards {
			at := slices.IndexFunc(items, func(s cultivate.Seen) bool { return s.Maker == k.Maker.ID })
			if at < 0 {
				continue
			}
			cards = append(cards, k)
			form.Fields = append(form.Fields, ui.Field{Name: "id", Type: "hidden", Value: string(k.Maker.ID) + ":" + strconv.FormatInt(items[at].Version, 10)})
			one := chosen{Name: k.Maker.Name, Stage: makers.Stage(v, k.Maker.Stage)}
			if do == doMove && k.Blocks != nil {
				one.Blocks = k.Blocks.Words.In(v.Language)
			}
			page.Chosen = append(page.Chosen, one)
		}
	}
	if len(cards) == 0 {
		return web.Done(w, r, Path(id), &ui.Toast{Text: v.T("programme.do.nobody"), Tone: "info"})
	}
	fields, err := question(v, r, do, cards)
	if err != nil {
		return err
	}
	form.Fields, form.Submit = append(form.Fields, fields...), v.T("programme.do."+do)
	page.Title, page.Form = v.N("programme.ask."+do, len(cards)), form
	if problem != nil {
		page.Form.Problems = v.Problems(problem)
		page.Status = web.Status(problem)
	}
	return views.Render(w, r, page)
}

// question is what is asked for each thing that can be done with many, with what was answered.
func question(v *ui.Visit, r *http.Request, do string, cards []cultivate.Card) ([]ui.Field, error) {
	said := r.PostFormValue
	switch do {
	case doMove:
		to := ui.Field{Name: "to", Label: v.T("programme.ask.to"), Type: "select", Required: true, Value: said("to"), Focus: true}
		if to.Value == "" {
			to.Value = string(cards[0].Onward)
		}
		for _, k := range cards {
			for _, next := range k.Maker.Next() {
				if !slices.ContainsFunc(to.Options, func(o ui.Option) bool { return o.Value == string(next) }) {
					to.Options = append(to.Options, ui.Option{Value: string(next), Text: makers.Stage(v, next)})
				}
			}
		}
		return []ui.Field{to, {Name: "why", Label: v.T("programme.ask.why"), Hint: v.T("programme.ask.why.hint"), Type: "textarea", Rows: 3, Value: said("why"), Max: strconv.Itoa(cultivate.MaxWhy)}}, nil
	case doTask:
		side := said("side")
		if side == "" {
			side = string(cultivate.FirmSide)
		}
		return []ui.Field{{Name: "title", Label: v.T("programme.ask.title"), Value: said("title"), Required: true, Max: "200", Focus: true},
			{Name: "detail", Label: v.T("programme.ask.detail"), Type: "textarea", Rows: 3, Value: said("detail"), Max: strconv.Itoa(cultivate.MaxWhy)},
			{Name: "side", Label: v.T("programme.ask.side"), Type: "radio", Value: side, Options: []ui.Option{{Value: string(cultivate.FirmSide), Text: v.T("programme.side.firm")}, {Value: string(cultivate.Programme), Text: v.T("programme.side.programme")}}},
			{Name: "due", Label: v.T("programme.ask.due"), Type: "date", Value: said("due")}}, nil
	case doMessage:
		return []ui.Field{{Name: "text", Label: v.T("programme.ask.text"), Hint: v.T("programme.ask.text.hint"), Type: "textarea", Rows: 6, Value: said("text"), Required: true, Max: "5000", Focus: true}}, nil
	case doOwner:
		return []ui.Field{{Name: "owner", Label: v.T("programme.ask.owned"), Type: "select", Value: said("owner"), Options: []ui.Option{{Value: string(v.User.ID), Text: v.User.Name}, {Text: v.T("programme.ask.nobody")}}}}, nil
	}
	return nil, fault.NotFound.Say("There is no such page.")
}

func (p *pages) do(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	outcomes, err := p.doIt(r)
	if k := fault.Of(err); k == fault.Invalid || k == fault.TooLarge {
		return p.askFor(w, r, err)
	}
	if err != nil {
		return err
	}
	return p.tell(w, r, outcomes, r.PostFormValue("do"))
}

func (p *pages) doIt(r *http.Request) ([]cultivate.Outcome, error) {
	v, items, request := ui.Here(r), ticked(r.PostForm), r.PostFormValue("request")
	switch r.PostFormValue("do") {
	case doMove:
		return p.cultivate.MoveMany(r.Context(), v.User, items, cultivate.Transition{To: cultivate.Stage(r.PostFormValue("to")), Why: r.PostFormValue("why"), Request: request})
	case doTask:
		n := cultivate.NewTask{Side: cultivate.Side(r.PostFormValue("side")), Title: r.PostFormValue("title"), Detail: r.PostFormValue("detail")}
		if text := r.PostFormValue("due"); text != "" {
			day, err := time.ParseInLocation(time.DateOnly, text, v.Zone)
			if err != nil || day.Year() < 2000 || day.Year() > 2200 {
				return nil, fault.Invalid.Say("This is no date.").At("due").Because(err)
			}
			n.Due = day.AddDate(0, 0, 1).Add(-time.Second) // what is due on a day is not late during it
		}
		return p.cultivate.GiveTaskMany(r.Context(), v.User, items, n, request)
	case doMessage:
		return p.cultivate.SendMany(r.Context(), v.User, items, r.PostFormValue("text"), nil, request)
	case doOwner:
		owner, name := access.UserID(""), ""
		if r.PostFormValue("owner") == string(v.User.ID) {
			owner, name = v.User.ID, v.User.Name
		}
		return p.cultivate.LookAfterMany(r.Context(), v.User, items, owner, name)
	}
	return nil, fault.NotFound.Say("There is no such page.")
}

// tell says what became of each: a toast when all is done, else a page with the reasons.
func (p *pages) tell(w http.ResponseWriter, r *http.Request, outcomes []cultivate.Outcome, did string) error {
	v := ui.Here(r)
	id := cultivate.CohortID(r.PathValue("cohort"))
	page := donePage{Page: ui.Page{Title: v.T("programme.told"), Crumbs: append(crumbs(v), ui.Crumb{Text: v.T("programme.board"), Path: Path(id)})}, Back: Path(id)}
	for _, o := range outcomes {
		one := result{Name: o.Maker.Name, Path: makers.Path(o.Seen.Maker, ""), Text: makers.Stage(v, o.Maker.Stage)}
		if o.Err == nil {
			page.Done = append(page.Done, one)
			continue
		}
		if f, ok := errors.AsType[*fault.Fault](o.Err); ok {
			one.Text = v.Sentence(f)
		}
		page.Refused = append(page.Refused, one)
	}
	if did == doMove && len(page.Done) > 0 {
		page.Undo = &ui.Undo{Path: Path(id) + "/undo", Hidden: []ui.Hidden{{Name: "request", Value: r.PostFormValue("request")}}, Key: "u"}
	}
	if len(page.Refused) == 0 {
		return web.Done(w, r, Path(id), &ui.Toast{Text: v.N("programme.did."+did, len(page.Done)), Undo: page.Undo})
	}
	page.Lead = v.T("programme.told.some", "Done", v.Number(len(page.Done)), "Refused", v.Number(len(page.Refused)))
	return views.Render(w, r, page)
}

func (p *pages) undo(w http.ResponseWriter, r *http.Request) error {
	outcomes, err := p.cultivate.UndoForm(r.Context(), ui.Here(r).User, r.PostFormValue("request"))
	if err != nil {
		return err
	}
	return p.tell(w, r, outcomes, "undo")
}
