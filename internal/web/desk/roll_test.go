package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// TestWhoLags shows a cohort's training and what else waits at the desk, to those who run the programme.
func TestWhoLags(t *testing.T) {
	s, room, m := office(t)
	manager := s.User(access.ProgrammeManager)
	path := "/programme/cohorts/" + string(m.Cohort) + "/training"
	if a := s.As(access.ProgrammeManager).Get(path); a.Status != 200 || !strings.Contains(a.Body, "No members yet") {
		t.Errorf("before anybody is in: %d", a.Status)
	}
	s.Clock.Advance(-40 * 24 * time.Hour) // sessions do not last as long as the training
	m = makerstest.Move(t, room, manager, m.ID, cultivate.Admitted)
	_, err := room.Find(t.Context(), manager, m.ID, "Glue over the edge", s.Clock.Now().Add(time.Hour), "")
	must(t, err)
	s.Clock.Advance(40 * 24 * time.Hour)
	if a := s.As(access.ProgrammeManager).Get(path); a.Status != 200 || !strings.Contains(a.Body, "lessons behind") || !strings.Contains(a.Body, makers.Path(m.ID, "training")) {
		t.Errorf("after forty days: %d", a.Status)
	}
	a := s.As(access.ProgrammeManager).Get(Root)
	for _, has := range []string{"Glue over the edge", "lessons behind", makers.Path(m.ID, "actions")} {
		if !strings.Contains(a.Body, has) {
			t.Errorf("the desk lacks %q", has)
		}
	}
	if a := s.As(access.Maker).Get(path); a.Status != 403 {
		t.Errorf("a firm sees others' training: %d", a.Status)
	}
	if testing.Short() {
		return
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("desk-roll", path)
	b.Shots("desk-late", Root)
}
