package listings_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, listings.Views, "listings.history.stop") }

// pictures knows one picture, and a page that pretends to be one.
type pictures struct{}

func (pictures) Picture(_ context.Context, ref string) ([]byte, string, error) {
	switch ref {
	case "img/a.png":
		var b bytes.Buffer
		err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)))
		return b.Bytes(), "image/png", err
	case "img/page.svg":
		return []byte("<svg onload=alert(1)>"), "image/svg+xml", nil
	}
	return nil, "", fault.NotFound
}

func site(t *testing.T, n int) *webtest.Site {
	t.Helper()
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	listingstest.Fill(t, s, desk, n)
	s.Serve(nil, listings.Job(desk, s.Access, pictures{}))
	return s
}

func TestListingShowsItsEvidence(t *testing.T) {
	s := site(t, 12)
	page := s.As(access.Reviewer).Get("/listings/L0001")
	if page.Status != 200 {
		t.Fatal(page.Status, s.Log.String())
	}
	for _, want := range []string{
		`<mark class="evidence"><a href="#signal-1"`, "1:1 top quality", "Words for a copy", "97%", // the evidence, in its place and by name
		"range-value range-below", // the price, marked in the plot
		`href="https://pictures.example/L0001.jpg"`, "pictures.example", `src="/pictures/img/a.png"`,
		`href="/sellers/S-901"`, `href="/listings/L0007"`, // the seller and another listing of theirs
		`name="reason" value="replica-wording"`, // the reason that the evidence speaks for
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(page.Body, `<img src="http`) {
		t.Error("a picture of another server is loaded")
	}
	if strings.Contains(page.Body, "/scan\"") {
		t.Error("a reviewer may not send listings for scanning, and is offered it")
	}
	if a := s.As(access.Reviewer).Get("/listings/L9999"); a.Status != 404 {
		t.Error("unknown listing:", a.Status)
	}
	if a := s.As(access.RightsHolder).Get("/listings/L0001"); a.Status != 403 {
		t.Error("rights holder:", a.Status)
	}
	if a := s.As(access.Auditor).Get("/listings/L0001"); strings.Contains(a.Body, `name="outcome"`) {
		t.Error("an auditor is offered to decide")
	}
}

func TestPicturesAreOnlyPictures(t *testing.T) {
	s := site(t, 1)
	a := s.As(access.Reviewer).Get("/pictures/img/a.png")
	if a.Status != 200 || a.Header.Get("Content-Type") != "image/png" {
		t.Error(a.Status, a.Header)
	}
	for _, path := range []string{"/pictures/img/page.svg", "/pictures/img/none.png", "/pictures/https:%2F%2Felsewhere.example%2Fa.png"} {
		if a := s.As(access.Reviewer).Get(path); a.Status != 404 {
			t.Error(path, a.Status)
		}
	}
	if a := s.As("").Get("/pictures/img/a.png"); a.Status == 200 {
		t.Error("nobody sees pictures")
	}
}

func TestListFiltersAndExports(t *testing.T) {
	s := site(t, 130)
	c := s.As(access.Analyst)
	for path, want := range map[string]int{"/listings": 50, "/listings?q=mug": 21, "/listings?verdict=clear": 21, "/listings?seller=S-905": 21, "/listings?q=nowhere": 0} {
		if a := c.Get(path); strings.Count(a.Body, `<td class="main">`) != want {
			t.Error(path, a.Status, strings.Count(a.Body, `<td class="main">`), "rows, want", want)
		}
	}
	all := c.Get("/exports/listings?format=jsonl")
	if n := strings.Count(all.Body, "\n"); n != 130 {
		t.Error("JSONL has", n, "lines")
	}
	table := c.Get("/exports/listings?format=csv&verdict=fake")
	if n := strings.Count(table.Body, ",fake,"); n != 44 {
		t.Error("CSV has", n, "suspected fakes")
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		outcome enforce.Outcome
		signals []detect.Signal
		want    enforce.ReasonCode
	}{
		{enforce.Remove, nil, "counterfeit"},
		{enforce.Remove, []detect.Signal{{Name: "brand-disguised", Weight: 3}, {Name: "term-replica", Weight: 4}}, "replica-wording"},
		{enforce.Restrict, []detect.Signal{{Name: "stock-bulk", Weight: 0.8}}, "unauthorised-bulk"},
		{enforce.Approve, []detect.Signal{{Name: "term-replica", Weight: 4}, {Name: "goods-used", Weight: -2}}, "second-hand-genuine"},
		{enforce.Approve, []detect.Signal{{Name: "goods-used", Weight: 2}}, "genuine"},
		{enforce.Escalate, nil, "need-test-buy"},
	} {
		if got := listings.Suggest(c.outcome, c.signals); got != c.want {
			t.Errorf("%s with %v: %s, want %s", c.outcome, c.signals, got, c.want)
		}
	}
}

func TestLooks(t *testing.T) {
	s := site(t, 130)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("listing", "/listings/L0001")
	b.Shots("listings", "/listings")
}
