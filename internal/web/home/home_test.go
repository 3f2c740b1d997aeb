package home_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/home"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/review"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, home.Views) }

func site(t *testing.T, n int) (*webtest.Site, *listings.Desk) {
	t.Helper()
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	if n > 0 {
		listingstest.Fill(t, s, desk, n)
	}
	s.Serve(nil, home.Job(desk), review.Job(desk, s.Access), listings.Job(desk, s.Access, nil))
	return s, desk
}

func TestFreshInstallSaysHowToBegin(t *testing.T) {
	s, _ := site(t, 0)
	a := s.As(access.Administrator).Get("/")
	if a.Status != 200 || !strings.Contains(a.Body, "ownmark scan listings.jsonl") {
		t.Error(a.Status, s.Log.String())
	}
	if a := s.As(access.RightsHolder).Get("/"); a.Status != 303 || a.Location() == "/" {
		t.Error("a rights holder is led to", a.Status, a.Location())
	}
}

func TestFiguresLeadToTheirRows(t *testing.T) {
	s, desk := site(t, 60)
	d, err := desk.Enforce.Decide(context.Background(), s.User(access.Reviewer), "L0001", enforce.Choice{Outcome: enforce.Remove, Reason: "counterfeit", Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Enforce.Undo(context.Background(), s.User(access.Reviewer), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	c := s.As(access.Reviewer)
	a := c.Get("/")
	for _, want := range []string{
		`<span class="figure">50</span>`,                         // open again after the undo
		`href="/listings?verdict=fake"`, `<b class="num">20</b>`, // verdicts
		`24 hours: 1">1</a>`, `7 days: 1">1</a>`, // one decision in 24 hours and in 7 days
		`href="/review?brand=halden"`, `href="/review?seller=S-901"`, // the way to the rows
	} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if a := c.Get("/review/decisions?outcome=remove&within=24h"); strings.Count(a.Body, `<td class="main">`) != 1 || !strings.Contains(a.Body, "Undone") {
		t.Error("the figure of removals does not lead to the one, undone since:", a.Status)
	}
	if rows := strings.Count(c.Get("/review?seller=S-901").Body, `class="review-go"`); rows != 10 {
		t.Error("the seller's figure leads to", rows, "rows")
	}
}

func TestLooks(t *testing.T) {
	s, _ := site(t, 130)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("home", "/")
	fresh, _ := site(t, 0)
	b = browsertest.Open(t, fresh.Web)
	b.Cookie(webtest.SessionCookie, fresh.Token(access.Administrator))
	b.Shots("home-fresh", "/")
}
