package report

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func open(t *testing.T) (*webtest.Site, *listings.Desk, market.ListingID) {
	t.Helper()
	s := webtest.NewSite(t)
	d := listingstest.Desk(s)
	ids := listingstest.Fill(t, s, d, 4)
	s.Serve(nil, Job(d.Enforce, func(*http.Request) string { return "203.0.113.7" }), listings.Job(d, s.Access, nil))
	return s, d, ids[0]
}

var secretField = regexp.MustCompile(`name="secret"[^>]*value="([A-Z2-7]{26})"|value="([A-Z2-7]{26})"[^>]*name="secret"`)

func said(secret string, listing market.ListingID) url.Values {
	return url.Values{"secret": {secret}, "place": {"https://market.example/" + string(listing)}, "kind": {"bought"}, "reasons": {"I bought it, and the sole fell off."}, "name": {"Nell Buyer"},
		"email": {"nell@example.com"}, "good_faith": {"on"}}
}

func TestReportForm(t *testing.T) {
	s, d, listing := open(t)
	stranger := s.As("")
	a := stranger.Get("/report?listing=" + string(listing))
	found := secretField.FindStringSubmatch(a.Body)
	if a.Status != 200 || found == nil || !strings.Contains(a.Body, string(listing)) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	secret := found[1] + found[2]
	bad := said(secret, listing)
	bad.Del("name")
	bad.Del("good_faith")
	if a = stranger.Post("/report", bad.Encode()); a.Status != 422 || !strings.Contains(a.Body, "Give your name.") || !strings.Contains(a.Body, secret) || !strings.Contains(a.Body, "the sole fell off") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for range 2 {
		if a = stranger.Post("/report", said(secret, listing).Encode()); a.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	page, err := d.Enforce.Reports(t.Context(), access.System, enforce.ReportFilter{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("sent twice: %+v %v", page, err)
	}
	if a = stranger.Get("/report/" + secret); a.Status != 200 || !strings.Contains(a.Body, "Waits for a decision") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = stranger.Get("/report/" + enforce.ReportSecret()); a.Status != 404 || strings.Contains(a.Body, "Nell") {
		t.Errorf("%d", a.Status)
	}
	if a = s.As(access.Reviewer).Get("/reports?state=received"); a.Status != 200 || !strings.Contains(a.Body, "Nell Buyer") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = s.As(access.Reviewer).Get("/exports/reports"); a.Status != 200 || !strings.Contains(a.Body, "nell@example.com") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = s.As(access.RightsHolder).Get("/reports"); a.Status != 403 {
		t.Errorf("a rights holder reads who reported: %d", a.Status)
	}
	if a = stranger.Get("/reports"); strings.Contains(a.Body, "Nell") {
		t.Error("a stranger reads who reported")
	}
}

// TestWalk has a buyer report a listing on a phone, without script, and read the refusal, object, and read the answer, all by the follow-up link.
func TestWalk(t *testing.T) {
	s, d, listing := open(t)
	b := browsertest.Open(t, s.Web)
	b.Look(380, 780, "light")
	b.NoScript()
	b.Go("/report?listing=" + string(listing))
	b.Type("#field-reasons", "I bought it, and the sole fell off.")
	b.Type("#field-name", "Nell Buyer")
	b.Type("#field-email", "nell@example.com")
	b.Click(`[name="good_faith"]`)
	b.Follow(".report-form button")
	b.See("#report-next")
	path := b.Path()
	decide := func(role access.Role, outcome enforce.Outcome, reason enforce.ReasonCode) {
		t.Helper()
		v, err := d.Enforce.Review(t.Context(), s.User(role), listing)
		if err == nil {
			_, err = d.Enforce.Decide(t.Context(), s.User(role), listing, enforce.Choice{Outcome: outcome, Reason: reason, Version: v.Version})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	decide(access.Reviewer, enforce.Approve, "genuine")
	b.Go(path)
	b.Type("#field-objection", "The sole is glued; look at it again.")
	b.Follow(".report-card button")
	b.See("#report-next")
	decide(access.Analyst, enforce.Remove, "counterfeit")
	b.Go(path)
	if got := b.Text(".report-tags"); !strings.Contains(got, "Upheld") {
		t.Errorf("%q", got)
	}
	b.Shot("report-upheld")
}

func TestLook(t *testing.T) {
	s, d, listing := open(t)
	secret := enforce.ReportSecret()
	_, err := d.Enforce.FileReport(t.Context(), "203.0.113.7", secret, enforce.Said{Kind: enforce.ReportBought, Place: string(listing), Reasons: "I bought it, and the sole fell off.", Name: "Nell Buyer",
		Email: "nell@example.com", GoodFaith: true})
	if err != nil {
		t.Fatal(err)
	}
	b := browsertest.Open(t, s.Web)
	b.Shots("report-new", "/report?listing="+string(listing))
	b.Shots("report-follow", "/report/"+secret)
	b.Cookie(webtest.SessionCookie, s.Token(access.Reviewer))
	b.Shots("report-list", "/reports")
}
