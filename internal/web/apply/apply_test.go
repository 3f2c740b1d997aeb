package apply

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// desk is a site with an open cohort and the site's firm in it, as a draft.
func desk(t *testing.T) (*webtest.Site, *cultivate.Service, cultivate.Maker) {
	t.Helper()
	s := makerstest.New(t)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(Config{Cultivate: s.Room, Access: s.Access, Store: s.Store, Remote: func(*http.Request) string { return "203.0.113.7" }, SignInURL: func(l string) string { return "https://console.example/sign-in/" + l }}))
	return s.Site, s.Room, s.Maker
}

func TestApplicationPage(t *testing.T) {
	s, room, m := desk(t)
	path := makers.Path(m.ID, "application")
	own := s.As(access.Maker)
	a := own.Get(path)
	if a.Status != 200 || !strings.Contains(a.Body, `name="was.jobs"`) || !strings.Contains(a.Body, "data-autosave") || strings.Contains(a.Body, `name="past.2.mark"`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	a = own.Post(path+"/answers", "jobs=120&was.jobs=&past.1.mark=Halden&was.past.1.mark=")
	if a.Status != 200 || !strings.Contains(a.Body, cultivate.Digest("120")) || !strings.Contains(a.Body, `"collisions":[]`) {
		t.Fatalf("saved as typed: %d %s", a.Status, a.Body)
	}
	a = s.As(access.ProgrammeManager).Post(path, "jobs=130&was.jobs="+cultivate.Digest("120"))
	if a.Status != 303 {
		t.Fatalf("the button: %d %s", a.Status, a.Body)
	}
	a = own.Post(path, "jobs=140&was.jobs="+cultivate.Digest("120"))
	if a.Status != 409 || !strings.Contains(a.Body, "130") || !strings.Contains(a.Body, `value="140"`) || !strings.Contains(a.Body, `name="was.jobs" value="`+cultivate.Digest("130")) {
		t.Errorf("two wrote one answer: %d", a.Status)
	}
	if a := own.Get(path); !strings.Contains(a.Body, `name="past.2.mark"`) {
		t.Error("a second matter cannot be declared")
	}
	if a := own.Post(makers.Path("foreign", "application"), "jobs=1&was.jobs="); a.Status != 404 {
		t.Errorf("another firm's: %d", a.Status)
	}
	if a := s.As(access.Inspector).Post(path, "jobs=1&was.jobs="); a.Status != 403 {
		t.Errorf("an inspector writes: %d", a.Status)
	}
	if a := s.As(access.Inspector).Get(path); a.Status != 200 || strings.Contains(a.Body, "data-autosave") {
		t.Errorf("an inspector reads: %d", a.Status)
	}
	file, err := room.Application(t.Context(), s.User(access.Maker), m.ID)
	must(t, err)
	if file.Says("jobs") != "130" {
		t.Errorf("jobs: %q", file.Says("jobs"))
	}
}

func TestBeginAsStranger(t *testing.T) {
	s, _, m := desk(t)
	nobody := s.As("")
	if a := nobody.Get("/apply"); a.Status != 200 || !strings.Contains(a.Body, "莆田鞋业第一期") || !strings.Contains(a.Body, "/apply/"+string(m.Cohort)) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	path := "/apply/" + string(m.Cohort)
	if a := nobody.Post(path, "organisation=&name=&email=x"); a.Status != 422 {
		t.Errorf("nothing filled in: %d", a.Status)
	}
	form := url.Values{"organisation": {"新风鞋业"}, "name": {"吴"}, "email": {"wu@example.com"}, "place": {"莆田"}}.Encode()
	a := nobody.Post(path, form)
	if a.Status != 200 || !strings.Contains(a.Body, "https://console.example/sign-in/") || !strings.Contains(a.Body, `action="/sign-in/`) {
		t.Fatalf("begun: %d %s", a.Status, a.Body)
	}
	if a := nobody.Post(path, form); a.Status != 409 {
		t.Errorf("the same address again: %d", a.Status)
	}
	if a := nobody.Get("/apply/nowhere"); a.Status != 404 {
		t.Errorf("no cohort: %d", a.Status)
	}
}
