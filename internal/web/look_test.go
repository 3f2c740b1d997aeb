package web_test

import (
	"os"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestLooks(t *testing.T) {
	s := webtest.NewSite(t)
	b := browsertest.Open(t, s.Serve(func(c *web.Config) { c.Design = true }, crowd()...))
	b.Shots("sign-in", "/sign-in")
	b.Shots("sign-in-by-link", "/sign-in/oml_not-a-real-link")
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("design", "/design?verdict=fake")
	b.Shots("account", "/account")
	b.Shots("keys", "/keys")
	b.Look(380, 780, "light")
	b.Go("/keys")
	b.Click(".rail-more summary")
	b.Axe()
	b.Shot("rail-more-380")
	b.Shots("error-404", "/nothing/here")
	b.Shots("error-503", "/design?state=error")
	b.Shots("error-500", "/design?state=panic")
}
