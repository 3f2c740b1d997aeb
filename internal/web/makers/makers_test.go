package makers

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/ui"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

// desk is the programme of a site: an open cohort with the site's firm in it.
func desk(t *testing.T) (*webtest.Site, *cultivate.Service, cultivate.Maker) {
	t.Helper()
	s := makerstest.New(t)
	card := func(r *http.Request, m cultivate.Maker) (*Card, error) {
		if !ui.Here(r).User.Can(access.ProgrammeRead) {
			return nil, nil
		}
		return &Card{Title: "Another job", Lead: "What it knows of " + m.Name + ".", Lines: []Line{{Text: "One thing", Detail: "of two", Path: Path(m.ID, "thing"), Tag: &Badge{"warn", "clock", "late"}}, {Text: "Another"}},
			More: "All of it", Path: Path(m.ID, "things")}, nil
	}
	s.Serve(nil, Job(s.Room, s.Access, card))
	return s.Site, s.Room, s.Maker
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMakerSeesOnlyItsOwn(t *testing.T) {
	s, _, m := desk(t)
	if to := s.As(access.Maker).Get(Root).Location(); to != Path(m.ID, "") {
		t.Errorf("a firm with one way is led to %q", to)
	}
	a := s.As(access.Maker).Get(Path(m.ID, ""))
	if a.Status != 200 || !strings.Contains(a.Body, "莆田市海风鞋业有限公司") || strings.Contains(a.Body, "makers-owner") {
		t.Errorf("the firm's own page: %d", a.Status)
	}
	if a := s.As(access.Maker).Get(Path("foreign", "")); a.Status != 404 {
		t.Errorf("another's page: %d", a.Status)
	}
}

// TestOneNextThing is what a firm's own page asks of it, first things first; the programme's people are not asked.
func TestOneNextThing(t *testing.T) {
	s, room, m := desk(t)
	manager := s.User(access.ProgrammeManager)
	next := func() string {
		_, after, _ := strings.Cut(s.As(access.Maker).Get(Path(m.ID, "")).Body, `class="card makers-thing"`)
		thing, _, _ := strings.Cut(after, "</section>")
		return thing
	}
	if thing := next(); !strings.Contains(thing, Path(m.ID, "application")) {
		t.Errorf("at first the application: %s", thing)
	}
	_, err := room.Send(t.Context(), manager, m.ID, "您好！", nil, "")
	must(t, err)
	if thing := next(); !strings.Contains(thing, Path(m.ID, "messages")) {
		t.Errorf("then what was written: %s", thing)
	}
	task, err := room.GiveTask(t.Context(), manager, m.ID, cultivate.NewTask{Side: cultivate.FirmSide, Title: "写尺码表", Due: s.Clock.Now().Add(-time.Hour)}, "")
	must(t, err)
	if thing := next(); !strings.Contains(thing, "写尺码表") {
		t.Errorf("then what is late: %s", thing)
	}
	_, err = room.CloseTask(t.Context(), s.User(access.Maker), task.ID, task.Version, cultivate.TaskDone, "")
	must(t, err)
	if thing := next(); !strings.Contains(thing, Path(m.ID, "messages")) {
		t.Errorf("and when that is done: %s", thing)
	}
	if a := s.As(access.ProgrammeManager).Get(Path(m.ID, "")); strings.Contains(a.Body, "makers-thing") {
		t.Error("the programme's people are asked what the firm is")
	}
}

// TestCards shows what other jobs contribute to those whom they show it.
func TestCards(t *testing.T) {
	s, _, m := desk(t)
	a := s.As(access.ProgrammeManager).Get(Path(m.ID, ""))
	for _, has := range []string{"What it knows of", `href="` + Path(m.ID, "thing") + `"`, "of two", "late", "All of it"} {
		if !strings.Contains(a.Body, has) {
			t.Errorf("the manager's page lacks %q", has)
		}
	}
	if a := s.As(access.Maker).Get(Path(m.ID, "")); strings.Contains(a.Body, "Another job") {
		t.Error("the maker is shown a card that is not for it")
	}
}

// TestLook opens each page as those who use it, in both sizes, themes and languages.
func TestLook(t *testing.T) {
	s, room, m := desk(t)
	manager := s.User(access.ProgrammeManager)
	other, _, err := room.Enrol(t.Context(), manager, m.Cohort, cultivate.Firm{Name: "福建省莆田市荔城区新度镇海风鞋材鞋业制造实业发展有限责任公司（集团）第二分公司", Place: "福建莆田", Person: "陈师傅", Email: "chen@example.com"})
	must(t, err)
	_, err = room.Move(t.Context(), manager, other.ID, cultivate.Transition{To: cultivate.Left, Why: "They have taken work for export instead.", Version: other.Version})
	must(t, err)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("makers", Root)
	b.Shots("makers-maker", Path(m.ID, ""))
	b.Shots("makers-left", Path(other.ID, ""))
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Shots("makers-own", Path(m.ID, ""))
}
