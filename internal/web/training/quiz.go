package training

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type quizPage struct {
	ui.Page
	Path      string
	Questions []question
	Draft     string
}

type question struct {
	Number  int
	Item    cultivate.ItemID
	Text    string
	Several bool
	Options []option
}

type option struct {
	Letter string
	Text   string
	Chosen bool
}

type resultPage struct {
	ui.Page
	Tag       makers.Badge
	Sentence  string
	Questions []judged
	Lesson    string
	Again     bool
	Courses   string
}

type judged struct {
	question
	Right       bool
	Answered    bool
	Explanation string
}

func quizPath(a cultivate.Attempt) string { return makers.Path(a.Maker, "quiz") + "/" + string(a.ID) }

func (p *pages) quiz(w http.ResponseWriter, r *http.Request) error {
	v, m, _, err := p.frame(r, "")
	if err != nil {
		return err
	}
	a, paper, err := p.cultivate.Attempt(r.Context(), v.User, m.ID, cultivate.AttemptID(r.PathValue("attempt")))
	if err != nil {
		return err
	}
	lesson := p.cultivate.Lessons[a.Lesson]
	frame := makers.Page(v, m, v.T("training.quiz.of", "Title", lesson.Title().In(v.Language)))
	frame.Crumbs = append(frame.Crumbs, ui.Crumb{Text: v.T("training.title"), Path: makers.Path(m.ID, "training")})
	var asked []question
	for i, q := range paper.Questions {
		one := question{Number: i + 1, Item: q.Item, Text: q.Text.In(v.Language), Several: q.Kind == cultivate.Multiple}
		for _, o := range q.Options {
			chosen := false
			for _, letter := range a.Answers[q.Item] {
				chosen = chosen || letter == o.Letter
			}
			one.Options = append(one.Options, option{o.Letter, o.Text.In(v.Language), chosen})
		}
		asked = append(asked, one)
	}
	if a.AnsweredAt.IsZero() {
		return views.Render(w, r, quizPage{Page: frame, Path: quizPath(a), Questions: asked, Draft: "quiz-" + string(a.ID)})
	}
	page := resultPage{Page: frame, Lesson: lessonPath(m.ID, a.Lesson), Courses: makers.Path(m.ID, "training"), Again: !a.Grade.Passed}
	page.Tag = makers.Badge{Tone: "warn", Icon: "refresh", Text: v.T("training.again")}
	page.Sentence = v.T("training.failed.sentence", "Right", a.Grade.Right, "Asked", a.Grade.Asked)
	if a.Grade.Passed {
		page.Tag = makers.Badge{Tone: "good", Icon: "check", Text: v.T("training.passed")}
		page.Sentence = v.T("training.passed.sentence", "Right", a.Grade.Right, "Asked", a.Grade.Asked)
	}
	for i, g := range a.Grade.Items {
		page.Questions = append(page.Questions, judged{asked[i], g.Right, len(a.Answers[g.Item]) > 0, g.Explanation.In(v.Language)})
	}
	return views.Render(w, r, page)
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	answers := cultivate.Answers{}
	if err := r.ParseForm(); err != nil {
		return err
	}
	for name, letters := range r.PostForm {
		if item, ok := cutQuestion(name); ok {
			answers[item] = letters
		}
	}
	a, err := p.cultivate.AnswerQuiz(r.Context(), v.User, makers.ID(r), cultivate.AttemptID(r.PathValue("attempt")), answers)
	if err != nil {
		return err
	}
	return web.Done(w, r, quizPath(a), nil)
}

// cutQuestion is the item that a field of the paper answers.
func cutQuestion(name string) (cultivate.ItemID, bool) {
	const prefix = "q."
	if len(name) <= len(prefix) || name[:len(prefix)] != prefix {
		return "", false
	}
	return cultivate.ItemID(name[len(prefix):]), true
}
