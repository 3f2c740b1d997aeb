package sellers

import (
	"os"
	"regexp"
	"slices"
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

func site(t *testing.T, n int) *webtest.Site {
	t.Helper()
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	if n > 0 {
		listingstest.Fill(t, s, desk, n)
	}
	s.Serve(nil, Job(desk, s.Access), listings.Job(desk, s.Access, nil))
	return s
}

func TestSellers(t *testing.T) {
	s := site(t, 60)
	c := s.As(access.Reviewer)
	if a := c.Get("/sellers"); a.Status != 200 || !strings.Contains(a.Body, `href="/sellers/S-901"`) {
		t.Errorf("the list: %d %.400s", a.Status, a.Body)
	}
	if a := c.Get("/sellers/S-901"); a.Status != 200 || !strings.Contains(a.Body, "/listings?seller=S-901") || !strings.Contains(a.Body, "suspected") {
		t.Errorf("a seller: %d %.400s", a.Status, a.Body)
	}
	if a := c.Get("/sellers/nobody"); a.Status != 404 {
		t.Errorf("an unknown seller: %d", a.Status)
	}
	if a := c.Get("/sellers?q=no-such-name"); a.Status != 200 || strings.Contains(a.Body, "S-901") {
		t.Errorf("a search without finding: %d", a.Status)
	}
	byName := func(query string) []string {
		return regexp.MustCompile(`href="/sellers/(S-\d+)"`).FindAllString(c.Get("/sellers"+query).Body, -1)
	}
	if newest, named := byName(""), byName("?sort=name"); len(named) != len(newest) || slices.Equal(newest, named) {
		t.Errorf("sorting by name shows %d of %d sellers, in an order of its own: %v", len(named), len(newest), !slices.Equal(newest, named))
	}
	if a := c.Get("/sellers?sort=luck"); a.Status >= 500 {
		t.Errorf("an order that is none: %d", a.Status)
	}
	if a := c.Get("/exports/sellers?format=csv"); a.Status != 200 || !strings.Contains(a.Body, "S-901") {
		t.Errorf("the export: %d %.200s", a.Status, a.Body)
	}
	if a := site(t, 0).As(access.Reviewer).Get("/sellers"); a.Status != 200 || !strings.Contains(a.Body, "No sellers yet") {
		t.Errorf("without sellers: %d", a.Status)
	}
}

func TestLook(t *testing.T) {
	s := site(t, 60)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("sellers", "/sellers")
	b.Shots("seller", "/sellers/S-901")
}
