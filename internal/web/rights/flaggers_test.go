package rights

import (
	"net/url"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// TestFlaggers has an administrator enter a trusted flagger, a reviewer log a defect of its notice, and an analyst suspend it.
func TestFlaggers(t *testing.T) {
	p := open(t, 4)
	staff := p.As(access.Administrator)
	award := url.Values{"organisation": {string(p.Rights)}, "coordinator": {"Bundesnetzagentur"}, "country": {"DE"}, "area": {"Trade marks"}, "awarded": {"2026-01-15"}}
	bad := url.Values{"organisation": award["organisation"], "coordinator": {"Bundesnetzagentur"}, "country": {"US"}, "area": {"Trade marks"}, "awarded": {"yesterday"}}
	if a := staff.Post("/rights/flaggers", bad.Encode()); a.Status != 422 || !strings.Contains(a.Body, "Bundesnetzagentur") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := p.As(access.Analyst).Post("/rights/flaggers", award.Encode()); a.Status != 403 {
		t.Errorf("an analyst gives the status: %d", a.Status)
	}
	if a := staff.Post("/rights/flaggers", award.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	n, _, err := p.desk.Enforce.FileNotice(t.Context(), p.User(access.RightsHolder), enforce.Claim{Right: p.right.ID, Listing: "L0001", Reasons: "The goods bear our mark and are not ours.", Evidence: "The logo.", Email: "eva@halden.example",
		GoodFaith: true, Guarantee: "Eva Halden"})
	must(t, err)
	reviewer := p.As(access.Reviewer)
	if a := reviewer.Get(NoticePath(n.ID)); a.Status != 200 || !strings.Contains(a.Body, "Trusted flagger") || !strings.Contains(a.Body, "/defect") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := reviewer.Post(NoticePath(n.ID)+"/defect", "kind=imprecise&note=It+names+a+shop."); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for _, role := range []access.Role{access.Auditor, access.RightsHolder} {
		if a := p.As(role).Get("/rights/flaggers"); a.Status != 200 || !strings.Contains(a.Body, "It names a shop.") || strings.Contains(a.Body, "/suspend") {
			t.Errorf("%s: %d %s", role, a.Status, a.Body)
		}
	}
	b := browsertest.Open(t, p.Web)
	b.Cookie(webtest.SessionCookie, p.Token(access.Administrator))
	b.Shots("rights-flaggers", "/rights/flaggers")
	if a := p.As(access.Analyst).Post("/rights/flaggers/"+string(p.Rights)+"/suspend", "why=Too+many+defects."); a.Status != 303 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := staff.Get("/rights/flaggers"); !strings.Contains(a.Body, "Too many defects.") {
		t.Error(a.Body)
	}
}
