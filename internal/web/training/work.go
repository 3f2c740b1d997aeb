package training

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type waitingPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []waiting
	Pager   ui.Pager
	Empty   ui.Empty
}

type waiting struct {
	cultivate.Practical
	Path  string
	Firm  string
	Title string
	Tag   makers.Badge
}

type workPage struct {
	ui.Page
	Work      cultivate.Practical
	Asked     string
	Tag       makers.Badge
	Documents []ui.Picture
	Files     []ui.Fact
	See       *ui.Form // nil for who may not, or when it was looked at
}

func workPath(id cultivate.PracticalID) string { return "/training/work/" + url.PathEscape(string(id)) }

func (p *pages) waiting(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	state := cultivate.PracticalState(q.Get("state"))
	if state == "" {
		state = cultivate.HandedIn
	}
	found, err := p.cultivate.Practicals(r.Context(), v.User, cultivate.PracticalFilter{State: state, After: q.After()})
	if err != nil {
		return err
	}
	page := waitingPage{Page: ui.Page{Title: v.T("training.waiting"), Lead: v.T("training.waiting.lead"), Wide: true}}
	ids := make([]cultivate.MakerID, len(found.Items))
	for i, one := range found.Items {
		ids[i] = one.Maker
	}
	firms, err := p.cultivate.Among(r.Context(), v.User, ids)
	if err != nil {
		return err
	}
	names := map[cultivate.MakerID]string{}
	for _, m := range firms {
		names[m.ID] = m.Name
	}
	for _, one := range found.Items {
		page.Rows = append(page.Rows, waiting{one, workPath(one.ID), names[one.Maker], p.cultivate.Lessons[one.Lesson].Title().In(v.Language), workTag(v, one.State)})
	}
	states := ui.Menu{Name: "state", Label: v.T("training.state")}
	for _, s := range []cultivate.PracticalState{cultivate.HandedIn, cultivate.SentBack, cultivate.Accepted} {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: workTag(v, s).Text, Count: -1})
	}
	page.Filters = q.Filters(nil, states)
	page.Head = q.Head("", false, ui.Column{Label: v.T("training.lesson")}, ui.Column{Label: v.T("training.firm")}, ui.Column{Label: v.T("training.state")}, ui.Column{Label: v.T("training.handed")})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "check", Title: v.T("training.waiting.none"), Text: v.T("training.waiting.none.text")}
	return views.Render(w, r, page)
}

func (p *pages) work(w http.ResponseWriter, r *http.Request) error { return p.showWork(w, r, nil) }

func (p *pages) showWork(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	work, err := p.cultivate.Practical(r.Context(), v.User, cultivate.PracticalID(r.PathValue("work")))
	if err != nil {
		return err
	}
	m, err := p.cultivate.Maker(r.Context(), v.User, work.Maker)
	if err != nil {
		return err
	}
	lesson := p.cultivate.Lessons[work.Lesson].In(v.Language)
	frame := makers.Page(v, m, lesson.Title)
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Text: v.T("training.title"), Path: makers.Path(m.ID, "training")})
	page := workPage{Page: frame, Work: work, Asked: lesson.Practical, Tag: workTag(v, work.State)}
	for i, d := range work.Documents {
		path := workPath(work.ID) + "/documents/" + strconv.Itoa(i+1)
		picture, err := papers.IsPicture(r.Context(), p.store, d)
		if err != nil {
			return err
		}
		if picture {
			page.Documents = append(page.Documents, ui.Picture{Src: path, Alt: v.T("training.work.picture", "Number", i+1)})
		} else {
			page.Files = append(page.Files, ui.Fact{Label: "PDF", Value: v.T("training.work.file", "Number", i+1), Path: path})
		}
	}
	if work.State == cultivate.HandedIn && v.User.May(access.MakerMove, m.Organisation) == nil {
		page.See = &ui.Form{Path: workPath(work.ID), Fields: []ui.Field{
			{Name: "words", Label: v.T("training.work.words"), Hint: v.T("training.work.words.hint"), Type: "textarea", Rows: 3, Max: "2000"},
			{Name: "version", Type: "hidden", Value: strconv.FormatInt(work.Version, 10)},
		}}
		if problem != nil {
			page.See.Fill(r.PostForm).Problems = v.Problems(problem)
			page.Status = web.Status(problem)
		}
	}
	return views.Render(w, r, page)
}

func (p *pages) see(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id := cultivate.PracticalID(r.PathValue("work"))
	work, err := p.cultivate.SeePractical(r.Context(), v.User, id, version(r), cultivate.PracticalState(r.PostFormValue("state")), r.PostFormValue("words"))
	if fault.Of(err) == fault.Invalid {
		return p.showWork(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/training", &ui.Toast{Text: workTag(v, work.State).Text})
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	work, err := p.cultivate.Practical(r.Context(), ui.Here(r).User, cultivate.PracticalID(r.PathValue("work")))
	if err != nil {
		return err
	}
	return papers.GiveOutOne(w, r, p.store, work.Documents, r.PathValue("document"), "practical-work")
}
