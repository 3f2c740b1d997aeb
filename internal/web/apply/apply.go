// Package apply leads a firm from its application to a place: the page on which anybody can begin, the application itself, what is found about the firm,
// the terms it signs, the visits to its workshop, and the choice of who gets a place. Pages about one maker stand under makers.Path.
package apply

import (
	"embed"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"open.html": openPage{}, "begin.html": beginPage{}, "begun.html": begunPage{}, "application.html": applicationPage{}, "sheet.html": sheet{},
	"import.html": importPage{}, "screening.html": screeningPage{}, "terms.html": termsPage{},
	"visits.html": visitsPage{}, "plan.html": planPage{}, "visit.html": visitPage{},
	"selection.html": selectionPage{}, "ballot.html": ballotPage{}, "ranked.html": placed{}})

// Config is what the pages need.
type Config struct {
	Cultivate *cultivate.Service
	Access    *access.Service
	Store     *blob.Store
	Remote    web.RemoteAddress          // who asks on the public page
	SignInURL func(secret string) string // the address of a one-time sign-in link
}

type pages struct{ Config }

// Job is the way from application to place. Its line in the rail is the visits, an inspector's work; a maker's pages stand under makers, a cohort's under the programme.
func Job(c Config) web.Job {
	p := &pages{c}
	return web.Job{
		Rail:  ui.Entry{Name: "apply.visits.rail", Icon: "calendar-event", Path: visitsRoot, Verb: access.VisitRead, Key: "g i"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /apply", Verb: web.Public, Handle: p.open},
			{Pattern: "GET /apply/{cohort}", Verb: web.Public, Handle: p.begin},
			{Pattern: "POST /apply/{cohort}", Verb: web.Public, Handle: p.start},
			{Pattern: "GET /makers/{maker}/application", Verb: access.MakerRead, Handle: p.application},
			{Pattern: "POST /makers/{maker}/application", Verb: access.MakerEdit, Handle: p.save},
			{Pattern: "POST /makers/{maker}/application/answers", Verb: access.MakerEdit, Handle: p.answers},
			{Pattern: "POST /makers/{maker}/application/documents", Verb: access.MakerEdit, Handle: p.addDocument},
			{Pattern: "GET /makers/{maker}/application/documents/{document}", Verb: access.MakerRead, Handle: p.document},
			{Pattern: "POST /makers/{maker}/application/documents/{document}/remove", Verb: access.MakerEdit, Handle: p.removeDocument},
			{Pattern: "GET /makers/{maker}/screening", Verb: access.ProgrammeRead, Handle: p.screening},
			{Pattern: "POST /makers/{maker}/screening", Verb: access.MakerMove, Handle: p.saveScreening},
			{Pattern: "POST /makers/{maker}/screening/found", Verb: access.MakerMove, Handle: p.addFound},
			{Pattern: "POST /makers/{maker}/screening/found/remove", Verb: access.MakerMove, Handle: p.dropFound},
			{Pattern: "GET /makers/{maker}/terms", Verb: access.MakerRead, Handle: p.terms},
			{Pattern: "POST /makers/{maker}/terms/given", Verb: access.MakerEdit, Handle: p.addGiven},
			{Pattern: "GET /makers/{maker}/terms/given/{item}", Verb: access.MakerRead, Handle: p.givenPhoto},
			{Pattern: "POST /makers/{maker}/terms/given/{item}/remove", Verb: access.MakerEdit, Handle: p.removeGiven},
			{Pattern: "POST /makers/{maker}/terms/issue", Verb: access.MakerMove, Handle: p.issue},
			{Pattern: "POST /makers/{maker}/terms/sign", Verb: access.MakerEdit, Handle: p.sign},
			{Pattern: "POST /makers/{maker}/terms/deposit", Verb: access.MakerMove, Handle: p.deposit},
			{Pattern: "GET /makers/{maker}/visits", Verb: access.MakerRead, Handle: p.planning},
			{Pattern: "POST /makers/{maker}/visits", Verb: access.MakerMove, Handle: p.plan},
			{Pattern: "GET /visits", Verb: access.VisitRead, Handle: p.visits},
			{Pattern: "GET /visits/{visit}", Verb: access.VisitRead, Handle: p.visit},
			{Pattern: "POST /visits/{visit}", Verb: access.VisitWork, Handle: p.saveVisit},
			{Pattern: "POST /visits/{visit}/answers", Verb: access.VisitWork, Handle: p.visitAnswers},
			{Pattern: "POST /visits/{visit}/photos", Verb: access.VisitWork, Handle: p.addPhoto},
			{Pattern: "GET /visits/{visit}/photos/{photo}", Verb: access.VisitRead, Handle: p.photo},
			{Pattern: "POST /visits/{visit}/photos/{photo}/remove", Verb: access.VisitWork, Handle: p.removePhoto},
			{Pattern: "POST /visits/{visit}/report", Verb: access.VisitWork, Handle: p.handInVisit},
			{Pattern: "POST /visits/{visit}/judgement", Verb: access.VisitApprove, Handle: p.judgeVisit},
			{Pattern: "POST /visits/{visit}/cancel", Verb: access.MakerMove, Handle: p.cancelVisit},
			{Pattern: "GET /programme/cohorts/{cohort}/selection", Verb: access.ProgrammeRead, Handle: p.selection},
			{Pattern: "POST /programme/cohorts/{cohort}/selection", Verb: access.ProgrammeEdit, Handle: p.freeze},
			{Pattern: "GET /programme/selections/{selection}", Verb: access.ProgrammeRead, Handle: p.ballot},
			{Pattern: "GET /programme/selections/{selection}/export", Verb: access.ProgrammeRead, Handle: p.exportSelection},
			{Pattern: "POST /programme/selections/{selection}/draw", Verb: access.ProgrammeEdit, Handle: p.drawLots},
			{Pattern: "POST /programme/selections/{selection}/drop", Verb: access.ProgrammeEdit, Handle: p.dropSelection},
			{Pattern: "POST /programme/selections/{selection}/conclude", Verb: access.MakerMove, Handle: p.conclude},
			{Pattern: "POST /makers/{maker}/offer", Verb: access.MakerMove, Handle: p.offer},
			{Pattern: "GET /programme/cohorts/{cohort}/import", Verb: access.MakerMove, Handle: p.importForm},
			{Pattern: "POST /programme/cohorts/{cohort}/import", Verb: access.MakerMove, Handle: p.importFile},
			{Pattern: "GET /programme/cohorts/{cohort}/import/{file}", Verb: access.MakerMove, Handle: p.refusedRows},
		},
	}
}
