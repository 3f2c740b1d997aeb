package web_test

import (
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.Check(t, web.Views, "account.and") }

func TestDraw(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(func(c *web.Config) { c.Design = true })
	for _, path := range []string{"/design", "/account", "/keys"} {
		a := s.As(access.Administrator).Get(path)
		if a.Status != 200 {
			t.Error(path, a.Status, s.Log.String())
		}
	}
}
