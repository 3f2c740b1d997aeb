// Package training is where makers learn: the curriculum with its progress, lessons to read on a phone, quizzes, practical work, and the certificate that
// anybody can check. The programme's people see the same of each maker, and the practical work of all that waits to be looked at.
package training

import (
	"embed"
	"net/http"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{
	"courses.html": coursesPage{}, "lesson.html": lessonPage{}, "quiz.html": quizPage{}, "result.html": resultPage{}, "work.html": workPage{}, "waiting.html": waitingPage{},
	"certificate.html": certificatePage{},
})

type pages struct {
	cultivate *cultivate.Service
	store     *blob.Store
}

// Job is the training of each maker. It stands beside the pages of package makers, which must be served too.
func Job(programme *cultivate.Service, store *blob.Store) web.Job {
	p := &pages{programme, store}
	return web.Job{
		Rail:  ui.Entry{Name: "training.rail", Icon: "books", Path: "/training", Verb: access.MakerMove, Key: "g e"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /training", Verb: access.MakerMove, Handle: p.waiting},
			{Pattern: "GET /makers/{maker}/training", Verb: access.MakerRead, Handle: p.courses},
			{Pattern: "GET /makers/{maker}/training/{lesson}", Verb: access.MakerRead, Handle: p.lesson},
			{Pattern: "POST /makers/{maker}/training/{lesson}/quiz", Verb: access.MakerEdit, Handle: p.begin},
			{Pattern: "POST /makers/{maker}/training/{lesson}/grant", Verb: access.MakerMove, Handle: p.grant},
			{Pattern: "POST /makers/{maker}/training/{lesson}/work", Verb: access.MakerEdit, Handle: p.handIn},
			{Pattern: "GET /makers/{maker}/quiz/{attempt}", Verb: access.MakerRead, Handle: p.quiz},
			{Pattern: "POST /makers/{maker}/quiz/{attempt}", Verb: access.MakerEdit, Handle: p.answer},
			{Pattern: "GET /training/work/{work}", Verb: access.MakerRead, Handle: p.work},
			{Pattern: "POST /training/work/{work}", Verb: access.MakerMove, Handle: p.see},
			{Pattern: "GET /training/work/{work}/documents/{document}", Verb: access.MakerRead, Handle: p.document},
			{Pattern: "POST /training/certificates/{certificate}/revoke", Verb: access.MakerMove, Handle: p.revoke},
			{Pattern: "GET /certificates/{certificate}", Verb: web.Public, Handle: p.certificate},
			{Pattern: "GET /certificates/{certificate}/credential.json", Verb: web.Public, Handle: p.credential},
			{Pattern: "GET /status-lists/{list}", Verb: web.Public, Handle: p.statusList},
		},
	}
}

// frame is what every page of a maker's training begins with.
func (p *pages) frame(r *http.Request, title string) (v *ui.Visit, m cultivate.Maker, page ui.Page, err error) {
	v = ui.Here(r)
	if m, err = p.cultivate.Maker(r.Context(), v.User, makers.ID(r)); err != nil {
		return v, m, page, err
	}
	return v, m, makers.Page(v, m, title), nil
}

func lessonPath(m cultivate.MakerID, l cultivate.LessonID) string {
	return makers.Path(m, "training") + "/" + string(l)
}
