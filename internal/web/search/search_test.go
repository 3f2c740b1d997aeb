package search

import (
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func TestSearch(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	listingstest.Fill(t, s, desk, 60)
	s.Serve(nil, Job(desk.Market, desk.Brand, s.Access, desk.Detect), listings.Job(desk, s.Access, nil))
	c := s.As(access.Reviewer)
	if a := c.Get("/search?q=L0001"); a.Status != 303 || a.Location() != "/listings/L0001" {
		t.Errorf("an exact id: %d to %q", a.Status, a.Location())
	}
	if a := c.Get("/search?q=Halden"); a.Status != 200 || !strings.Contains(a.Body, "/brands/halden") {
		t.Errorf("a brand's name: %d %.300s", a.Status, a.Body)
	}
	for _, q := range []string{"", "%00", "%ff", "%25_%5C", strings.Repeat("x", 3000), "no+such+thing"} {
		if a := c.Get("/search?q=" + q); a.Status >= 500 {
			t.Errorf("%.20q: %d", q, a.Status)
		}
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("search", "/search?q=Halden")
	b.Shots("search-none", "/search?q=nothing-here")
}
