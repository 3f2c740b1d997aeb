package brands

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func TestEdit(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	ctx := t.Context()
	if _, err := desk.Brand.Import(ctx, access.System, []brand.Brand{{ID: "vetta", Name: "Vetta", Aliases: []string{"维塔"}, Categories: []string{"shoes"},
		Prices: map[string]brand.Price{"shoes": {Currency: "USD", Low: 55, Typical: 110}}}}, false); err != nil {
		t.Fatal(err)
	}
	s.Serve(nil, Job(desk.Brand), listings.Job(desk, s.Access, nil))
	c := s.As(access.Analyst)
	if a := c.Get("/brands?q=vet"); a.Status != 200 || !strings.Contains(a.Body, `href="/brands/vetta"`) {
		t.Errorf("the list: %d %.400s", a.Status, a.Body)
	}
	sent := url.Values{"version": {"1"}, "name": {"Vetta"}, "aliases": {"维塔\nVetta Runner"}, "categories": {"shoes bags"}, "prices": {"shoes USD 60 120\nbags EUR 40 80"}}
	if a := c.Post("/brands/vetta/edit", sent.Encode()); a.Status != 303 {
		t.Fatalf("saving: %d %.600s", a.Status, a.Body)
	}
	b, err := desk.Brand.Get(ctx, access.System, "vetta")
	if err != nil || len(b.Aliases) != 2 || b.Prices["bags"].Currency != "EUR" || b.Prices["shoes"].Low != 60 {
		t.Errorf("saved: %+v %v", b, err)
	}
	if a := c.Post("/brands/vetta/edit", sent.Encode()); a.Status != 409 {
		t.Errorf("saving over somebody's change: %d", a.Status)
	}
	sent.Set("version", "2")
	sent.Set("prices", "shoes dear")
	if a := c.Post("/brands/vetta/edit", sent.Encode()); a.Status != 422 || !strings.Contains(a.Body, "shoes dear") {
		t.Errorf("a price that is none: %d", a.Status)
	}
	if a := c.Post("/brands/vetta/sellers", "sellers=S1%0AS2"); a.Status != 303 {
		t.Errorf("authorising: %d %.400s", a.Status, a.Body)
	}
	if a := c.Post("/brands/vetta/sellers/S1/remove", ""); a.Status != 303 {
		t.Errorf("removing: %d", a.Status)
	}
	if a := c.Get("/brands/vetta"); a.Status != 200 || !strings.Contains(a.Body, "/sellers/S2") || strings.Contains(a.Body, `href="/sellers/S1"`) {
		t.Errorf("the page: %d", a.Status)
	}
	if a := s.As(access.RightsHolder).Get("/brands/vetta"); a.Status != 404 {
		t.Errorf("a rights holder sees another's brand: %d", a.Status)
	}
	if a := s.As(access.Reviewer).Post("/brands/vetta/edit", sent.Encode()); a.Status != 403 {
		t.Errorf("a reviewer edits: %d", a.Status)
	}
	if a := c.Get("/exports/brands"); a.Status != 200 || !strings.Contains(a.Body, `"id":"vetta"`) {
		t.Errorf("the export: %d %.300s", a.Status, a.Body)
	}
	br := browsertest.Open(t, s.Web)
	br.Cookie(webtest.SessionCookie, s.Token(access.Analyst))
	br.Shots("brands", "/brands")
	br.Shots("brand", "/brands/vetta")
	br.Shots("brand-edit", "/brands/vetta/edit")
}
