package training

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type coursesPage struct {
	ui.Page
	Tabs         []ui.Tab
	Done, Of     int
	Percent      int
	Next         *row // the one lesson to go on with; nil when all are passed
	Courses      []course
	Certificates []issued
	Own          bool
}

type course struct {
	Name     string
	Required bool
	Rows     []row
}

type row struct {
	Title   string
	Path    string
	Minutes int
	State   makers.Badge
	Work    *makers.Badge
}

type issued struct {
	Path    string
	At      string
	Revoked string
}

// stateOf is how a maker stands with a lesson.
func stateOf(v *ui.Visit, p cultivate.LessonProgress) makers.Badge {
	switch {
	case p.Passed():
		return makers.Badge{Tone: "good", Icon: "check", Text: v.T("training.passed")}
	case p.Open:
		return makers.Badge{Tone: "info", Icon: "pencil", Text: v.T("training.open")}
	case p.Attempts > 0:
		return makers.Badge{Tone: "warn", Icon: "refresh", Text: v.T("training.again")}
	case !p.OpenedAt.IsZero():
		return makers.Badge{Tone: "info", Icon: "eye", Text: v.T("training.read")}
	}
	return makers.Badge{Tone: "quiet", Icon: "circle-dashed", Text: v.T("training.new")}
}

func workTag(v *ui.Visit, s cultivate.PracticalState) makers.Badge {
	switch s {
	case cultivate.Accepted:
		return makers.Badge{Tone: "good", Icon: "check", Text: v.T("training.work.accepted")}
	case cultivate.SentBack:
		return makers.Badge{Tone: "warn", Icon: "arrow-back-up", Text: v.T("training.work.sentback")}
	case cultivate.HandedIn:
		return makers.Badge{Tone: "info", Icon: "clock", Text: v.T("training.work.handedin")}
	}
	return makers.Badge{Tone: "quiet", Icon: "writing", Text: v.T("training.work.asked")}
}

func (p *pages) row(v *ui.Visit, m cultivate.Maker, l cultivate.Lesson, t cultivate.Training) row {
	one := row{Title: l.Title().In(v.Language), Path: lessonPath(m.ID, l.ID), Minutes: l.Minutes, State: stateOf(v, t.Learnt[l.ID])}
	if l.HasPractical() {
		tag := workTag(v, t.Practicals[l.ID].State)
		one.Work = &tag
	}
	return one
}

func (p *pages) courses(w http.ResponseWriter, r *http.Request) error {
	v, m, frame, err := p.frame(r, ui.Here(r).T("training.title"))
	if err != nil {
		return err
	}
	t, err := p.cultivate.Training(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := coursesPage{Page: frame, Tabs: makers.Tabs(v, m, "training"), Done: t.Progress.Passed, Of: t.Progress.Required, Own: v.User.Org == m.Organisation}
	if page.Of > 0 {
		page.Percent = 100 * page.Done / page.Of
	}
	for _, c := range t.Industry.Curriculum {
		one := course{Name: c.Names.In(v.Language), Required: c.Required}
		for _, l := range p.cultivate.Lessons.Of(c) {
			one.Rows = append(one.Rows, p.row(v, m, l, t))
		}
		page.Courses = append(page.Courses, one)
	}
	if l, ok := p.cultivate.Lessons[t.Progress.Next]; ok {
		next := p.row(v, m, l, t)
		page.Next = &next
	}
	for _, c := range t.Certificates {
		one := issued{Path: certificatePath(c.ID), At: v.Day(c.IssuedAt)}
		if !c.RevokedAt.IsZero() {
			one.Revoked = v.T("training.certificate.revoked.on", "Date", v.Day(c.RevokedAt))
		}
		page.Certificates = append(page.Certificates, one)
	}
	return views.Render(w, r, page)
}
