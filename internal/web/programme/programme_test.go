package programme

import (
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

// TestOpenACohort is a manager's way with the keyboard: a cohort planned, opened, a firm invited, which signs in and sees its own file.
func TestOpenACohort(t *testing.T) {
	s := webtest.NewSite(t)
	room := makerstest.NewRoom(t, s)
	s.Serve(nil, Job(room, func(secret string) string { return "/sign-in/" + secret }), makers.Job(room, s.Access))
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Go(Root)
	b.Axe()
	b.PressTo("n")
	b.Axe()
	b.Type("#field-name", "莆田鞋业第一期")
	b.Type("#field-place", "福建莆田")
	b.Follow(".form-end .btn-primary")
	if said := b.Text(".problems"); !strings.Contains(said, "places") && !strings.Contains(said, "Places") {
		t.Errorf("without places: %q", said)
	}
	b.Type("#field-places", "17")
	b.Follow(".form-end .btn-primary")
	b.Follow(".programme-head button") // take applications
	b.Click(".programme-invite summary")
	b.Type("#field-organisation", "福建省莆田市荔城区新度镇海风鞋材鞋业制造实业发展有限责任公司")
	b.Type("#field-name", "陈师傅")
	b.Type("#field-email", "chen@example.com")
	b.Axe()
	b.Follow(".programme-invite .btn-primary")
	b.Axe()
	link := b.Text(".copy code")
	board := browsertest.Eval[string](b, `[...document.querySelectorAll('.btn-list a')].at(-1).getAttribute('href')`)
	b.Go(board)
	if said := b.Text(".programme-card"); !strings.Contains(said, "海风鞋材") {
		t.Errorf("the board says %q", said)
	}
	if testing.Short() {
		return
	}
	b.Shots("programme", Root)
	b.Shots("programme-board", board)
	b.Shots("programme-new", Root+"/new")
	b.Forget()
	b.Go(link)
	b.Follow("main form button")
	b.Go(makers.Root)
	if !strings.HasPrefix(b.Path(), makers.Root+"/") {
		t.Errorf("the firm's person is led to %s", b.Path())
	}
}
