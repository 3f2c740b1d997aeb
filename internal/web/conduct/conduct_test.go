package conduct

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
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

// TestASuspensionTakesTwo has a seller's goods found to be copies on three days: it is warned by itself, one person proposes to suspend it, another confirms, and it ends.
func TestASuspensionTakesTwo(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	listed := listingstest.Fill(t, s, desk, 60)
	s.Serve(nil, Job(desk.Enforce))
	ctx, reviewer := t.Context(), s.User(access.Reviewer)
	var records map[market.ListingID]market.Record
	must(t, s.DB.View(ctx, func(tx *db.Tx) (err error) {
		records, err = market.Load(tx, listed)
		return err
	}))
	of := map[market.SellerID][]market.ListingID{}
	for _, id := range listed {
		of[records[id].Seller.ID] = append(of[records[id].Seller.ID], id)
	}
	seller := records[listed[0]].Seller.ID
	if len(of[seller]) < 3 {
		t.Fatalf("the seller has %d listings", len(of[seller]))
	}
	if a := s.As(access.Analyst).Get(Root); a.Status != 200 || !strings.Contains(a.Body, "No account has a strike") {
		t.Errorf("empty: %d", a.Status)
	}
	for _, id := range of[seller][:3] {
		item, err := desk.Enforce.Review(ctx, reviewer, id)
		must(t, err)
		_, err = desk.Enforce.Decide(ctx, reviewer, id, enforce.Choice{Outcome: enforce.Remove, Reason: "counterfeit", Version: item.Version})
		must(t, err)
		must(t, desk.Enforce.Sweep(ctx))
		s.Clock.Advance(25 * time.Hour)
	}
	for _, role := range []access.Role{access.Analyst, access.Administrator, access.Reviewer} {
		s.Return(role)
	}
	here := Path(enforce.SellerOrganisation(seller))
	analyst := s.As(access.Analyst)
	if a := analyst.Get(Root); a.Status != 200 || !strings.Contains(a.Body, "Warned") || !strings.Contains(a.Body, "To be considered") || !strings.Contains(a.Body, here) {
		t.Fatalf("the list: %d %s", a.Status, a.Body)
	}
	if a := s.As(access.Reviewer).Get(here); a.Status != 403 {
		t.Errorf("a reviewer: %d", a.Status)
	}
	if a := analyst.Get(Path("nobody")); a.Status != 404 && a.Status != 200 {
		t.Errorf("an account there is not: %d", a.Status)
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Analyst))
	b.Shots("strikes", Root)
	b.Shots("strikes-account", here)
	b.Go(here)
	b.Send(`form[action$="/propose"]`, map[string]string{"days": "30", "reasons": "short"})
	if text := b.Text("main"); !strings.Contains(text, "Say in a sentence") {
		t.Errorf("without reasons: %q", text)
	}
	b.Send(`form[action$="/propose"]`, map[string]string{"days": "30", "reasons": "It went on after the warning, from the same warehouse."})
	if text := b.Text("main"); !strings.Contains(text, "Another person confirms it") {
		t.Errorf("proposed: %q", text)
	}
	c, err := desk.Enforce.Conduct(ctx, s.User(access.Analyst), enforce.SellerOrganisation(seller))
	must(t, err)
	if a := analyst.Post(here+"/confirm", "version="+fmt.Sprint(c.Version)); a.Status != 403 {
		t.Errorf("who proposed confirms: %d", a.Status)
	}
	b.Forget()
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Go(here)
	b.Send(`form[action$="/confirm"]`, nil)
	if text := b.Text("main"); !strings.Contains(text, "Suspended") {
		t.Errorf("confirmed: %q", text)
	}
	b.Shots("strikes-suspended", here)
	if a := analyst.Post(here+"/lift", "version="+fmt.Sprint(c.Version)); a.Status != 409 {
		t.Errorf("a stale page: %d", a.Status)
	}
	if a := analyst.Get("/exports/strikes?" + url.Values{"level": {"suspended"}}.Encode()); !strings.Contains(a.Body, string(seller)) {
		t.Errorf("export: %s", a.Body)
	}
	b.Go(here)
	b.Send(`form[action$="/lift"]`, nil)
	if c, err = desk.Enforce.Conduct(ctx, s.User(access.Analyst), enforce.SellerOrganisation(seller)); err != nil || c.Level != enforce.Warned {
		t.Errorf("ended: %+v %v", c.Level, err)
	}
}
