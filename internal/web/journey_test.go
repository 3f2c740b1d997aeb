package web_test

import (
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// TestJourney goes through the frame with the keyboard alone: in by a link, a password, keys, language, theme, undo, out.
func TestJourney(t *testing.T) {
	s := webtest.NewSite(t)
	link, err := s.Access.NewLink(t.Context(), s.User(access.Administrator), s.User(access.Reviewer).ID)
	if err != nil {
		t.Fatal(err)
	}
	b := browsertest.Open(t, s.Serve(func(c *web.Config) { c.Design = true }, gallery()))

	b.Go("/sign-in/" + link)
	b.PressTo(browsertest.Enter) // the button has the focus
	if b.Path() != "/account?first=1#password" {
		t.Fatalf("the link leads to %s", b.Path())
	}
	b.Type("#field-password", "short")
	b.PressTo(browsertest.Enter)
	if focus := browsertest.Eval[string](b, `document.activeElement.className`); focus != "problems" {
		t.Errorf("the focus is on %q, not on what is wrong", focus)
	}
	if said := b.Text("#field-password-error"); !strings.Contains(said, "at least 12 characters") {
		t.Errorf("the field says %q", said)
	}
	b.Axe()
	b.Shot("account-problem")
	b.Type("#field-password", "correct horse battery staple")
	b.PressTo(browsertest.Enter)
	b.See(".toaster")

	b.Press("?")
	b.See("dialog[open]")
	if list := b.Text("dialog[open]"); !strings.Contains(list, "Search everything") || !strings.Contains(list, "Review") {
		t.Errorf("the list of keys says %q", list)
	}
	b.Axe()
	b.Shot("keys-dialog")
	b.Press(browsertest.Escape)
	b.Gone("dialog[open]")

	b.Press("/")
	if at := browsertest.Eval[string](b, `document.activeElement.id`); at != "search" {
		t.Errorf("/ leads to %q", at)
	}
	b.Press("g r j ?") // typed, not obeyed
	if typed := browsertest.Eval[string](b, `document.activeElement.value`); typed != "g r j ?" {
		t.Errorf("the search field holds %q", typed)
	}
	b.Press(browsertest.Escape)
	b.Press("g")
	b.PressTo("r")
	if b.Path() != "/design" {
		t.Fatalf("g r leads to %s", b.Path())
	}

	// Ticking rows brings the bar; its key sends it; the toast offers to undo.
	if browsertest.Eval[bool](b, `document.getElementById('bulk').checkVisibility()`) {
		t.Error("the bulk bar is there before a row is ticked")
	}
	b.Click("[data-tick-all]")
	b.See("#bulk")
	if count := b.Text(".bulk-count"); count != "Ticked: 3" {
		t.Errorf("the bulk bar says %q", count)
	}
	b.Axe()
	b.Shot("design-bulk")
	b.PressTo("a")
	b.See("#toasts .toaster button")
	b.PressTo("u")

	b.Type("#field-note", "half a thought")
	b.Go("/design")
	if kept := browsertest.Eval[string](b, `document.getElementById('field-note').value`); kept != "half a thought" {
		t.Errorf("the draft is %q", kept)
	}

	b.Click(".top-end details:nth-of-type(1) summary")
	b.Shot("menu-language")
	b.Follow(`button[name=language][value=zh]`)
	if lang := browsertest.Eval[string](b, `document.documentElement.lang`); lang != "zh-CN" {
		t.Errorf("the page is in %s", lang)
	}
	b.Click(".top-end details:nth-of-type(2) summary")
	b.Follow(`button[name=theme][value=dark]`)
	if ground := browsertest.Eval[string](b, `getComputedStyle(document.body).backgroundColor`); ground != "rgb(19, 21, 26)" {
		t.Errorf("the dark ground is %s", ground)
	}
	b.Click("summary.who")
	b.Axe()
	b.Shot("menu-person")
	b.Follow(`form[action="/sign-out"] button`)
	if b.Path() != "/sign-in" {
		t.Errorf("signing out leads to %s", b.Path())
	}
	b.Go("/account")
	if !strings.HasPrefix(b.Path(), "/sign-in") {
		t.Error("still signed in")
	}
}

// TestPieces shows that htmx works under the policy: a piece lands in its place, a toast beside it, an error as a toast only.
func TestPieces(t *testing.T) {
	s := webtest.NewSite(t)
	b := browsertest.Open(t, s.Serve(nil, gallery()))
	b.Cookie(webtest.SessionCookie, s.Token(access.Reviewer))
	b.Go("/example")
	b.Click("#ask")
	b.See("#out #piece")
	b.See("#toasts .toaster-good")
	b.Click("#fail")
	b.See("#toasts .toaster-bad")
	if said := b.Text("#toasts .toaster-bad"); !strings.Contains(said, "Another Ownmark is running on x.") {
		t.Errorf("the toast says %q", said)
	}
	if still := b.Text("#out"); still != "A <piece>" {
		t.Errorf("the error replaced the piece by %q", still)
	}
}

// TestWithoutScript signs in, reads a toast and changes the language with scripts turned off.
func TestWithoutScript(t *testing.T) {
	s := webtest.NewSite(t)
	b := browsertest.Open(t, s.Serve(nil, gallery()))
	b.NoScript()
	link, err := s.Access.NewLink(t.Context(), s.User(access.Administrator), s.User(access.Reviewer).ID)
	if err != nil {
		t.Fatal(err)
	}
	b.Go("/sign-in/" + link)
	b.Follow("main button")
	b.Type("#field-password", "correct horse battery staple")
	b.Follow("#password button")
	b.See("#toasts .toaster-good")
	b.Click(".top-end details:nth-of-type(1) summary")
	b.Follow("button[name=language][value=zh]")
	if title := b.Text("h1"); title != "我的账号" {
		t.Errorf("the page is headed %q", title)
	}
}

// TestKeysOff shows that single-key shortcuts can be turned off (WCAG 2.1.4).
func TestKeysOff(t *testing.T) {
	s := webtest.NewSite(t)
	b := browsertest.Open(t, s.Serve(nil, gallery()))
	b.Cookie(webtest.SessionCookie, s.Token(access.Reviewer))
	b.Go("/keys")
	b.Follow(`button[name=keys]`)
	b.Press("/")
	if at := browsertest.Eval[string](b, `document.activeElement.id`); at == "search" {
		t.Error("/ still searches")
	}
}
