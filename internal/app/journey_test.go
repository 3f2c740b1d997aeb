package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/world"
)

// demo is the demo with a small marketplace, working, and the sign-in link of each role.
func demo(t *testing.T, listings int) (a *App, links map[access.Role]string) {
	t.Helper()
	a = open(t, testConfig(t, dbtest.URL(t, db.SQLite)))
	a.Simulated = true
	brands := detect.BuiltinBrands()
	w, err := world.New(world.Options{Seed: 7, Listings: listings, Brands: brands})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Keep(t.Context())
	if err := a.Seed(t.Context(), w, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	people, err := a.DemoPeople(t.Context(), brands[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	links = map[access.Role]string{}
	for _, p := range people {
		links[p.Role] = p.Link[strings.LastIndex(p.Link, "/sign-in/"):]
	}
	return a, links
}

// TestReviewersDay signs in by link, reviews twenty listings by keyboard, undoes one, and changes language and theme.
func TestReviewersDay(t *testing.T) {
	a, links := demo(t, 1000)
	await(t, "the queue holds enough", func() bool { return count(t, a, "select count(*) from review where state = 'open'") >= 25 })
	open := count(t, a, "select count(*) from review where state = 'open'")
	handler, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	b := browsertest.Open(t, handler)
	b.Go(links[access.Reviewer])
	b.Follow("main form button")
	b.Go("/review")
	b.Axe()
	for i := range 20 {
		if i%4 == 3 {
			b.Press("r")
			b.See(`#decide-remove:popover-open`)
			b.PressTo(browsertest.Enter)
		} else {
			b.PressTo("a")
		}
		b.See(`.toaster`)
	}
	if n := count(t, a, "select count(*) from decision"); n != 20 {
		t.Errorf("%d decisions after twenty", n)
	}
	b.PressTo("u")
	if n := count(t, a, "select count(*) from review where state = 'open'"); n != open-19 {
		t.Errorf("%d wait, want %d: twenty decided, one undone", n, open-19)
	}
	at := b.Path()
	b.Click(`.menu:has([name=language]) summary`)
	b.Follow(`button[name=language][value=zh]`)
	b.See(`html[lang=zh-CN]`)
	b.Click(`.menu:has([name=theme]) summary`)
	b.Follow(`button[name=theme][value=dark]`)
	b.See(`html[data-bs-theme=dark]`)
	if title := b.Text("h1"); title != "审核商品" || b.Path() != at {
		t.Errorf("after the change of language the page at %s is called %q", b.Path(), title)
	}
	b.Axe()
	b.Shots("journey-review", "/review")
	b.Shots("api-docs", "/api/docs")
	b.Shots("journey-start", "/")
	b.Shots("journey-listings", "/listings")
}

// TestEditedBrandChangesVerdicts gives a brand a new alias on its page and sees a listing that was clear come under suspicion.
func TestEditedBrandChangesVerdicts(t *testing.T) {
	a, links := demo(t, 100)
	price := 9.0
	if _, err := a.Detect.Submit(t.Context(), access.System, "one", []market.Listing{{ID: "quillovane", Title: "Quillovane runner 1:1 replica, top quality", Category: "shoes",
		Price: &price, Currency: "USD", Seller: market.Seller{ID: "S-new"}}}); err != nil {
		t.Fatal(err)
	}
	brandOf := func() string {
		o, err := a.Detect.Opinion(t.Context(), access.System, "quillovane")
		if err != nil {
			return "not scanned yet"
		}
		return string(o.Brand)
	}
	await(t, "the listing is scanned", func() bool { return brandOf() == "" })
	handler, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	b := browsertest.Open(t, handler)
	b.Go(links[access.Analyst])
	b.Follow("main form button")
	b.Go("/brands/nike/edit")
	b.Axe()
	b.Type("textarea[name=aliases]", "Quillovane\n")
	b.Follow(".form-end .btn-primary")
	b.See(".toaster")
	if nike, err := a.Brand.Get(t.Context(), access.System, "nike"); err != nil || !slices.Contains(nike.Aliases, "Quillovane") {
		t.Fatalf("the alias is not kept: %q %v", nike.Aliases, err)
	}
	await(t, "the listing stands under the brand", func() bool { return brandOf() == "nike" })
	b.Go("/listings/quillovane")
	b.See("mark.evidence")
}

// TestLedgerHoldsTheDay verifies the ledger of a marketplace at work on its page, then tampers with it behind its back.
func TestLedgerHoldsTheDay(t *testing.T) {
	a, links := demo(t, 300)
	if _, err := a.Ledger.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := a.Ledger.Verify(t.Context(), ledger.VerifyOptions{})
	if err != nil || !report.OK() {
		t.Fatalf("an honest ledger: %v %+v", err, report.Findings)
	}
	handler, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	b := browsertest.Open(t, handler)
	b.Go(links[access.Auditor])
	b.Follow("main form button")
	b.Press("g")
	b.PressTo("v")
	b.PressTo("v")
	b.See("#ledger-check .tag-good")
	b.Axe()
	if _, err := a.DB.SQL().ExecContext(t.Context(), "update ledger_entry set actor = 'person:somebody-else' where position = 3"); err != nil {
		t.Fatal(err)
	}
	report, err = a.Ledger.Verify(t.Context(), ledger.VerifyOptions{})
	if err != nil || report.OK() {
		t.Fatalf("a changed entry is not found: %v", err)
	}
	b.PressTo("v")
	b.See("#ledger-check .tag-bad")
	if said := b.Text("#ledger-check"); !strings.Contains(said, "Number 3:") {
		t.Errorf("the page says %q", said)
	}
	if report.Findings[0].Position != 3 {
		t.Errorf("found at %d, not 3: %v", report.Findings[0].Position, report.Findings)
	}
}

// TestDemoPolicy has one policy on trial however often the demo starts, and nothing is done by it.
func TestDemoPolicy(t *testing.T) {
	a := open(t, testConfig(t, dbtest.URL(t, db.SQLite)))
	if _, err := a.importBrands(t.Context(), []brand.Brand{{ID: "halden", Name: "Halden", Categories: []string{"shoes"}}}); err != nil {
		t.Fatal(err)
	}
	if err := a.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.DemoPeople(t.Context(), "halden"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Detect.Submit(t.Context(), access.System, "some", []market.Listing{{ID: "L1", Title: "Halden Aero replica 1:1 AAA quality", Category: "shoes"}}); err != nil {
		t.Fatal(err)
	}
	await(t, "the listing has its verdict", func() bool { return count(t, a, "select count(*) from verdict where verdict <> 'clear'") == 1 })
	for range 2 {
		if err := a.DemoPolicy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the replay is over", func() bool {
		trial, _, err := a.Detect.TrialOf(t.Context(), access.System, 1)
		return err == nil && trial.State == detect.Replayed && trial.Past.Different() > 0
	})
	o, err := a.Detect.Policies(t.Context(), access.System)
	if err != nil || o.Live.Number != 0 || o.Beside == nil || o.Beside.Number != 1 || len(o.Drafts) != 0 {
		t.Errorf("%+v %v", o, err)
	}
}
