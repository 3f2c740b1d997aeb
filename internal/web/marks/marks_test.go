package marks

import (
	"fmt"
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

// TestACommonMark has an association's mark entered with its rules; a maker asks for a licence, gets one, fails two checks, and anybody looks it up.
func TestACommonMark(t *testing.T) {
	s := makerstest.New(t)
	room, m, manager := s.Room, s.Maker, s.User(access.ProgrammeManager)
	s.Serve(nil, makers.Job(room, s.Access), Job(room))
	programme, own, anybody := s.As(access.ProgrammeManager), s.As(access.Maker), s.As("")
	mark := url.Values{"id": {"putian-shoes"}, "name": {"莆田鞋"}, "owner": {"莆田市鞋业协会"}, "office": {"CNIPA"}, "number": {"60000000"}, "goods": {"鞋"}, "version": {"0"}}
	if a := programme.Post("/programme/marks/new", "id=Putian Shoes&version=0"); a.Status != 422 {
		t.Errorf("no address: %d", a.Status)
	}
	if a := programme.Post("/programme/marks/new", mark.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := programme.Post("/programme/marks/new", mark.Encode()); a.Status != 409 {
		t.Errorf("entered twice: %d", a.Status)
	}
	rules := url.Values{"text_en": {"Shoes made in Putian."}, "text_zh": {"在莆田生产的鞋。"}, "material": {"rubber 45 %"}, "tests": {"GB/T 3903.1\nGB/T 3903.3"}, "floor": {"99.00"}, "currency": {"CNY"}, "version": {"1"}}
	if a := programme.Post("/programme/marks/putian-shoes/rules", rules.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	apply := url.Values{"mark": {"putian-shoes"}, "lines": {"休闲鞋"}}
	if a := own.Post(makers.Path(m.ID, "licences"), apply.Encode()); a.Status != 409 {
		t.Errorf("asked for before the goods are approved: %d", a.Status)
	}
	m = makerstest.Move(t, room, manager, m.ID, cultivate.Approved)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	b.Go(makers.Path(m.ID, "licences"))
	b.Type("#field-lines", "休闲鞋")
	browsertest.Eval[bool](b, `(document.querySelector('form[action$="/licences"] button').click(), true)`)
	b.See(".marks-words")
	b.Shot("licence-phone")
	all, err := room.LicencesOf(t.Context(), manager, m.ID)
	must(t, err)
	here := licencePath(all[0].ID)
	if a := anybody.Get("/marks/putian-shoes?q=" + url.QueryEscape(m.Name)); a.Status != 200 || strings.Contains(a.Body, "休闲鞋") {
		t.Errorf("an application is in the register: %d", a.Status)
	}
	grant := url.Values{"to": {"granted"}, "number": {"PT-0001"}, "lines": {"休闲鞋"}, "from": {"2026-11-23"}, "until": {"2028-11-23"}, "version": {fmt.Sprint(all[0].Version)}}
	if a := own.Post(here+"/move", grant.Encode()); a.Status != 403 {
		t.Errorf("the firm grants itself: %d", a.Status)
	}
	if a := programme.Post(here+"/move", grant.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := own.Post(here+"/check", "day=2026-11-23&tested=x&passed=on"); a.Status != 403 {
		t.Errorf("the firm checks itself: %d", a.Status)
	}
	for _, form := range []url.Values{{"day": {"2026-11-23"}, "tested": {"GB/T 3903.1"}}, {"day": {"2026-11-23"}, "tested": {"price"}, "passed": {"on"}, "price": {"59.90"}, "currency": {"CNY"}}} {
		if a := s.As(access.Inspector).Post(here+"/check", form.Encode()); a.Status != 303 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if a := programme.Get(here); !strings.Contains(a.Body, "a suspension is proposed") {
		t.Errorf("two failed checks: %d", a.Status)
	}
	a := anybody.Get("/marks/putian-shoes?q=PT-0001")
	if a.Status != 200 || !strings.Contains(a.Body, m.Name) || !strings.Contains(a.Body, "In force") || len(a.Body) > 30<<10 {
		t.Errorf("looked up: %d, %d bytes", a.Status, len(a.Body))
	}
	if a := anybody.Get("/marks/putian-shoes?q=PT-9999"); !strings.Contains(a.Body, "Not in the register") {
		t.Error("a number that is none")
	}
	if a := programme.Get("/exports/licences"); !strings.Contains(a.Body, "PT-0001") {
		t.Errorf("export: %s", a.Body)
	}
	b.Forget()
	b.Shots("marks", "/marks")
	b.Shots("mark", "/marks/putian-shoes?q=PT-0001")
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("licences", "/licences")
	b.Shots("licence", here)
	b.Shots("mark-form", "/programme/marks/putian-shoes")
}
