package apply

import (
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// TestLook opens each page as those who use it, in both sizes, themes and languages.
func TestLook(t *testing.T) {
	s, _, m := desk(t)
	b := browsertest.Open(t, s.Web)
	b.Shots("apply-open", "/apply")
	b.Shots("apply-begin", "/apply/"+string(m.Cohort))
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Shots("apply-application", makers.Path(m.ID, "application"))
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("apply-import", cohortPath(m.Cohort, "import"))
}

// TestNothingIsLost has a maker on a phone lose the line while typing, load the page again, and another person change the same answer meanwhile.
func TestNothingIsLost(t *testing.T) {
	s, room, m := desk(t)
	path := makers.Path(m.ID, "application")
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	b.Go(path)
	says := func(field string) string {
		a, err := room.Application(t.Context(), s.User(access.Maker), m.ID)
		must(t, err)
		return a.Says(field)
	}
	b.Type("#field-jobs", "120")
	b.See(`[data-autosave-field="jobs"][data-saved="` + cultivate.Digest("120") + `"]`)
	if got := says("jobs"); got != "120" {
		t.Errorf("saved as it was typed: %q", got)
	}

	browsertest.Eval[bool](b, `(window.fetch = () => Promise.reject(new Error('no line')), true)`)
	b.Type("#field-designs", "12")
	b.Type("#field-jobs", "0")
	if kept := browsertest.Eval[string](b, `localStorage.getItem('answers:`+path+`/answers')`); kept == "" || says("designs") != "" {
		t.Errorf("without a line: kept %q, saved %q", kept, says("designs"))
	}
	// Somebody of the programme changes one of the two meanwhile.
	if a := s.As(access.ProgrammeManager).Post(path+"/answers", "jobs=130&was.jobs="+browsertest.Eval[string](b, `document.querySelector('[name="was.jobs"]').value`)); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	b.Go(path)
	b.See(".apply-collision")
	if got := says("designs"); got != "12" {
		t.Errorf("after the line came back: %q", got)
	}
	if got := says("jobs"); got != "130" {
		t.Errorf("the other's answer is overwritten: %q", got)
	}
	b.Axe()
	b.Shot("apply-collision")
	b.Click(".apply-collision .btn")
	b.See(`[data-autosave-field="jobs"][data-saved="` + cultivate.Digest("1200") + `"]`)
	if got := says("jobs"); got != "1200" {
		t.Errorf("kept mine: %q", got)
	}
}
