package quality

import (
	"os"
	"regexp"
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

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestBlindLooks has one person decide, every decision drawn for a second look: another judges it on the page, which tells nothing of the first decision, comes to
// something else, and that shows in the figures of those who lead the review, and nowhere on the listing.
func TestBlindLooks(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	ids := listingstest.Fill(t, s, desk, 6)
	desk.Enforce.SecondShare = 1
	s.Serve(nil, Job(desk.Enforce, desk.Market))
	first := s.User(access.Reviewer)
	for _, id := range ids[:2] {
		item, err := desk.Enforce.Review(t.Context(), first, id)
		must(t, err)
		_, err = desk.Enforce.Decide(t.Context(), first, id, enforce.Choice{Outcome: enforce.Remove, Reason: "counterfeit", Version: item.Version})
		must(t, err)
	}
	must(t, desk.Enforce.DrawLooks(t.Context()))

	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Reviewer))
	b.Go(Root)
	if text := b.Text("main"); !strings.Contains(text, "0 listings wait") {
		t.Errorf("whose decisions are looked at looks again: %q", text)
	}
	b.Forget()
	b.Cookie(webtest.SessionCookie, s.Token(access.Analyst))
	b.Shots("quality-empty", Root)
	b.Go(Root)
	b.PressTo("n")
	if text := b.Text("main"); strings.Contains(text, first.Name) || strings.Contains(text, "Removed") {
		t.Errorf("the look is not blind: %q", text)
	}
	b.Axe()
	b.Shots("quality-look", Root+"/look")
	b.Go(Root + "/look")
	b.Send(`form[action*="/quality/look/"]`, map[string]string{"outcome": "approve", "reason": "genuine"})
	b.Send(`form[action*="/quality/look/"]`, map[string]string{"outcome": "remove", "reason": "counterfeit"})
	if text := b.Text("main"); !strings.Contains(text, "Nothing waits") {
		t.Errorf("after both: %q", text)
	}
	b.Go(Root)
	if text := b.Text("main"); !strings.Contains(text, "1 of 2") || !strings.Contains(text, "28 more looks") {
		t.Errorf("the figures: %q", text)
	}
	b.Shots("quality", Root)
	if a := s.As(access.Analyst).Get("/quality/looks"); a.Status != 200 || !strings.Contains(a.Body, first.Name) || strings.Count(a.Body, "Second look") != 1 {
		t.Errorf("where they differ: %d", a.Status)
	}
	if a := s.As(access.Reviewer).Get(Root); a.Status != 200 || strings.Contains(a.Body, "By reviewer") || !strings.Contains(a.Body, "1 of 2") {
		t.Errorf("a reviewer sees the own figures alone: %d", a.Status)
	}
	if a := s.As(access.Reviewer).Get("/quality/looks"); a.Status != 403 {
		t.Errorf("a reviewer reads who differs: %d", a.Status)
	}
	if a := s.As(access.Auditor).Get(Figures); a.Status != 200 || !strings.Contains(a.Body, "By reviewer") || strings.Contains(a.Body, "wait for your judgement") {
		t.Errorf("an auditor: %d", a.Status)
	}
	if a := s.As(access.Analyst).Get("/exports/quality"); !strings.Contains(a.Body, "seconds,,1,2,") || !strings.Contains(a.Body, "signal-taken-back,") {
		t.Errorf("export: %s", a.Body)
	}
	standing, err := desk.Enforce.Review(t.Context(), first, ids[0])
	must(t, err)
	if standing.Standing == enforce.Live {
		t.Error("a look changed what stands")
	}
}

func TestGoldenItems(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	ids := listingstest.Fill(t, s, desk, 6)
	s.Serve(nil, Job(desk.Enforce, desk.Market))
	lead := s.As(access.Analyst)
	if a := lead.Post("/quality/golden", "listing=nowhere&right=remove&why=x"); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("a listing there is not: %d", a.Status)
	}
	if a := lead.Post("/quality/golden", "listing="+string(ids[0])+"&right=remove&why=Confirmed+by+the+rights+holder."); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := s.As(access.Reviewer).Post("/quality/golden", "listing="+string(ids[1])+"&right=remove&why=x"); a.Status != 403 {
		t.Errorf("a reviewer sets one: %d", a.Status)
	}
	page := lead.Get(Root)
	drop := regexp.MustCompile(`/quality/golden/[^"]+/drop`).FindString(page.Body)
	if drop == "" || !strings.Contains(page.Body, "Confirmed by the rights holder.") {
		t.Fatal("the item is not listed")
	}
	if a := lead.Post(drop, ""); a.Status != 303 {
		t.Errorf("drop: %d", a.Status)
	}
	all, err := desk.Enforce.GoldenItems(t.Context(), s.User(access.Analyst))
	must(t, err)
	if len(all) != 0 {
		t.Errorf("%+v", all)
	}
}
