package training

import (
	"html/template"
	"net/http"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type lessonPage struct {
	ui.Page
	Tabs       []ui.Tab
	Text       cultivate.LessonText
	Body       template.HTML
	Minutes    int
	State      makers.Badge
	Quiz       string // the address that deals a paper; empty for who may not, or when it is passed
	QuizWord   string
	Left       int // attempts
	Questions  int
	UsedUp     bool
	Grant      *ui.Form
	Practical  string
	Work       *cultivate.Practical
	WorkTag    *makers.Badge
	WorkPath   string
	HandIn     *ui.Form
	Following  *row // the next lesson to read; nil on the last
	OwnReading bool
}

func (p *pages) lesson(w http.ResponseWriter, r *http.Request) error {
	return p.showLesson(w, r, nil)
}

func (p *pages) showLesson(w http.ResponseWriter, r *http.Request, problem error) error {
	v, m, frame, err := p.frame(r, "")
	if err != nil {
		return err
	}
	id := cultivate.LessonID(r.PathValue("lesson"))
	l, err := p.cultivate.OpenLesson(r.Context(), v.User, m.ID, id)
	if err != nil {
		return err
	}
	t, err := p.cultivate.Training(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	text := l.In(v.Language)
	body, err := text.HTML()
	if err != nil {
		return err
	}
	frame = makers.Page(v, m, text.Title)
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Text: v.T("training.title"), Path: makers.Path(m.ID, "training")})
	progress := t.Learnt[id]
	page := lessonPage{Page: frame, Text: text, Body: body, Minutes: l.Minutes, State: stateOf(v, progress), Left: max(0, l.Quiz.Attempts+progress.Extra-progress.Attempts), Questions: min(l.Quiz.Draw, len(l.Quiz.Items)),
		Practical: text.Practical, OwnReading: v.User.Org == m.Organisation}
	mayLearn := page.OwnReading && v.User.May(access.MakerEdit, m.Organisation) == nil
	if mayLearn && !progress.Passed() && page.Left > 0 {
		page.Quiz, page.QuizWord = lessonPath(m.ID, id)+"/quiz", v.T("training.quiz.begin")
		if progress.Open {
			page.QuizWord = v.T("training.quiz.resume")
		}
	}
	page.UsedUp = !progress.Passed() && page.Left == 0
	if page.UsedUp && v.User.May(access.MakerMove, m.Organisation) == nil {
		page.Grant = &ui.Form{Path: lessonPath(m.ID, id) + "/grant", Submit: v.T("training.grant"), Fields: []ui.Field{{Name: "why", Label: v.T("training.grant.why"), Required: true, Max: "2000"}}}
	}
	if l.HasPractical() {
		if work, ok := t.Practicals[id]; ok {
			tag := workTag(v, work.State)
			page.Work, page.WorkTag, page.WorkPath = &work, &tag, workPath(work.ID)
		}
		if mayLearn && (page.Work == nil || page.Work.State != cultivate.Accepted) {
			form := &ui.Form{Path: lessonPath(m.ID, id) + "/work", Submit: v.T("training.work.send"), Upload: true, Draft: "work-" + string(m.ID) + "-" + string(id), Fields: []ui.Field{
				{Name: "text", Label: v.T("training.work.text"), Type: "textarea", Rows: 4, Max: "4000"},
				{Name: "documents", Label: v.T("training.work.files"), Type: "file", Accept: papers.Accept, Several: true, Hint: v.T("training.work.files.hint", "Most", cultivate.MaxPracticalDocs)},
			}}
			if problem != nil {
				form.Fill(r.PostForm).Problems = v.Problems(problem)
				page.Status = web.Status(problem)
			}
			page.HandIn = form
		}
	}
	page.Following = p.following(v, m, id, t)
	return views.Render(w, r, page)
}

// following is the lesson after one in the curriculum.
func (p *pages) following(v *ui.Visit, m cultivate.Maker, id cultivate.LessonID, t cultivate.Training) *row {
	found := false
	for _, c := range t.Industry.Curriculum {
		for _, l := range p.cultivate.Lessons.Of(c) {
			if found {
				next := p.row(v, m, l, t)
				return &next
			}
			found = l.ID == id
		}
	}
	return nil
}

func (p *pages) begin(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	a, err := p.cultivate.BeginQuiz(r.Context(), v.User, makers.ID(r), cultivate.LessonID(r.PathValue("lesson")))
	if err != nil {
		return err
	}
	return web.Done(w, r, quizPath(a), nil)
}

func (p *pages) grant(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	lesson := cultivate.LessonID(r.PathValue("lesson"))
	if err := p.cultivate.GrantAttempt(r.Context(), v.User, makers.ID(r), lesson, r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, lessonPath(makers.ID(r), lesson), &ui.Toast{Text: v.T("training.granted")})
}

func (p *pages) handIn(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	maker, lesson := makers.ID(r), cultivate.LessonID(r.PathValue("lesson"))
	end, err := papers.Form(w, r, papers.MaxUpload)
	defer end()
	if err != nil {
		return err
	}
	documents, err := papers.Take(r, p.store, "documents")
	if err == nil {
		_, err = p.cultivate.HandIn(r.Context(), v.User, maker, lesson, r.PostFormValue("text"), papers.Hashes(documents))
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.TooLarge {
		return p.showLesson(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, lessonPath(maker, lesson), &ui.Toast{Text: v.T("training.work.sent")})
}

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}
