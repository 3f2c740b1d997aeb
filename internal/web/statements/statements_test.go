package statements

import (
	"archive/zip"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

// TestTheReport has two listings removed: their statements wait, the report counts them, and the archive has what the command writes.
func TestTheReport(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	ids := listingstest.Fill(t, s, desk, 6)
	s.Serve(nil, Job(desk.Enforce, false))
	c := s.As(access.Auditor)
	if a := c.Get(Root); a.Status != 200 || !strings.Contains(a.Body, "No statement yet") || !strings.Contains(a.Body, "Nothing is sent") {
		t.Errorf("empty: %d", a.Status)
	}
	for _, id := range ids[:2] {
		item, err := desk.Enforce.Review(t.Context(), s.User(access.Reviewer), id)
		if err == nil {
			_, err = desk.Enforce.Decide(t.Context(), s.User(access.Reviewer), id, enforce.Choice{Outcome: enforce.Remove, Reason: "counterfeit", Version: item.Version})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if a := s.As(access.Reviewer).Get(Root); a.Status != 403 {
		t.Errorf("a reviewer: %d", a.Status)
	}
	day := s.Clock.Now().UTC().Format("2006-01-02")
	if a := c.Get("/reports/dsa?from=" + day + "&to=" + day); a.Status != 200 || !strings.Contains(a.Body, "<td>2</td>") {
		t.Errorf("the report: %d %s", a.Status, a.Body)
	}
	if a := c.Get("/reports/dsa?from=soon&to=" + day); a.Status != 422 || !strings.Contains(a.Body, "Give the day as a date.") {
		t.Errorf("no day: %d", a.Status)
	}
	if a := c.Get("/reports/dsa?from=2026-12-01&to=2026-11-01"); a.Status != 422 {
		t.Errorf("backwards: %d", a.Status)
	}
	a := c.Get("/reports/dsa/files?from=" + day + "&to=" + day)
	if a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	archive, err := zip.NewReader(strings.NewReader(a.Body), int64(len(a.Body)))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range archive.File {
		names[f.Name] = true
	}
	for _, want := range []string{"statements-00001.json", "counts.csv", "review-quality.csv"} {
		if !names[want] {
			t.Errorf("no %s among %v", want, names)
		}
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Auditor))
	b.Shots("statements", Root)
	b.Shots("statements-report", "/reports/dsa?from="+day+"&to="+day)
}
