package rights

import (
	"net/url"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// TestSearchAndFile has a rights holder find listings by words and give notice of two of them with one form.
func TestSearchAndFile(t *testing.T) {
	p := open(t, 8)
	own := p.As(access.RightsHolder)
	if a := own.Get("/rights/search"); a.Status != 200 || strings.Contains(a.Body, `name="listings"`) {
		t.Fatalf("%d", a.Status)
	}
	a := own.Get("/rights/search?q=halden")
	if a.Status != 200 || strings.Count(a.Body, `name="listings"`) < 2 || strings.Contains(a.Body, "score") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form := p.notice(p.right, "")
	form.Del("listing")
	if a = own.Post("/rights/search?q=halden", form.Encode()); a.Status != 422 || !strings.Contains(a.Body, "Choose at least one listing.") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form["listings"] = []string{"L0001", "gone"}
	if a = own.Post("/rights/search?q=halden", form.Encode()); a.Status != 422 || !strings.Contains(a.Body, "There is no such listing.") || p.count(t) != 1 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form["listings"] = []string{"L0001", "L0002"}
	for range 2 {
		if a = own.Post("/rights/search?q=halden", form.Encode()); a.Status != 303 || p.count(t) != 2 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	unsigned := url.Values{"listings": {"L0003"}, "right": {string(p.right.ID)}}
	if a = own.Post("/rights/search?q=halden", unsigned.Encode()); a.Status != 422 || p.count(t) != 2 {
		t.Errorf("%d", a.Status)
	}
	if a = p.As(access.Reviewer).Get("/rights/search?q=halden"); a.Status != 403 {
		t.Errorf("%d", a.Status)
	}
	b := browsertest.Open(t, p.Web)
	b.Cookie(webtest.SessionCookie, p.Token(access.RightsHolder))
	b.Shots("rights-search", "/rights/search?q=halden")
}
