package search

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func TestSearch(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	listingstest.Fill(t, s, desk, 60)
	s.Serve(nil, Job(desk.Market, desk.Brand, s.Access, desk.Detect), listings.Job(desk, s.Access, nil))
	c := s.As(access.Reviewer)
	if a := c.Get("/search?q=L0001"); a.Status != 303 || a.Location() != "/listings/L0001" {
		t.Errorf("an exact id: %d to %q", a.Status, a.Location())
	}
	if a := c.Get("/search?q=Halden"); a.Status != 200 || !strings.Contains(a.Body, "/brands/halden") {
		t.Errorf("a brand's name: %d %.300s", a.Status, a.Body)
	}
	for _, q := range []string{"", "%00", "%ff", "%25_%5C", strings.Repeat("x", 3000), "no+such+thing"} {
		if a := c.Get("/search?q=" + q); a.Status >= 500 {
			t.Errorf("%.20q: %d", q, a.Status)
		}
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("search", "/search?q=Halden")
	b.Shots("search-none", "/search?q=nothing-here")
}

// send is a form with a picture, as a browser sends it.
func send(t *testing.T, ref string, picture []byte) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("picture", "a.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(picture); err != nil {
		t.Fatal(err)
	}
	if err := form.WriteField("ref", ref); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/search", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func TestSearchByPicture(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	queue := &listingstest.Queue{}
	pictures := listingstest.Album{"img/one": listingstest.Scenery(t, 1, false), "img/other": listingstest.Scenery(t, 1, true), "img/else": listingstest.Scenery(t, 2, false)}
	desk.Detect.Pictures, desk.Detect.Bus = pictures, queue
	store, err := blob.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	desk.Brand.Blob = store
	ctx := t.Context()
	if _, err := desk.Brand.Create(ctx, access.System, brand.Brand{ID: "vetta", Name: "Vetta", Categories: []string{"shoes"}}); err != nil {
		t.Fatal(err)
	}
	added, err := desk.Brand.AddPictures(ctx, access.System, "vetta", brand.Upload{Content: listingstest.Scenery(t, 1, false)})
	if err != nil {
		t.Fatal(err)
	}
	pictures[added[0].Ref] = listingstest.Scenery(t, 1, false)
	price := 20.0
	if _, err := desk.Detect.Submit(ctx, access.System, "b", []market.Listing{
		{ID: "P1", Title: "Trail <runner>", Category: "shoes", Price: &price, Images: []string{"img/one", "https://example.com/a.jpg"}, Seller: market.Seller{ID: "S1", Name: "Quay & Sons"}},
		{ID: "P2", Title: "Boots", Images: []string{"img/other"}, Seller: market.Seller{ID: "S2"}},
		{ID: "P3", Title: "Bag", Images: []string{"img/else"}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, m := range queue.Messages {
		if err := desk.Detect.Handle(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	s.Serve(nil, Job(desk.Market, desk.Brand, s.Access, desk.Detect), listings.Job(desk, s.Access, pictures))
	c := s.As(access.Reviewer)
	if a := c.Get("/search"); !strings.Contains(a.Body, "Search listings by picture") || !strings.Contains(a.Body, `enctype="multipart/form-data"`) {
		t.Errorf("the page: %d", a.Status)
	}
	found := c.Do(send(t, "", listingstest.Scenery(t, 1, false)))
	for _, told := range []string{"Trail &lt;runner&gt;", "Quay &amp; Sons", `href="/listings/P2"`, "The same picture", ", mirrored", "Rights holders&#39; own pictures", "Vetta", "Looked through: "} {
		if !strings.Contains(found.Body, told) {
			t.Errorf("it does not say %q", told)
		}
	}
	if found.Status != 200 || strings.Contains(found.Body, "/listings/P3") {
		t.Errorf("found: %d", found.Status)
	}
	if a := c.Do(send(t, "img/one", nil)); a.Status != 303 || a.Location() != "/search?picture=img%2Fone" {
		t.Errorf("a reference: %d to %q", a.Status, a.Location())
	}
	if a := c.Get("/search?picture=img%2Fone"); a.Status != 200 || !strings.Contains(a.Body, `src="/pictures/img/one"`) || !strings.Contains(a.Body, "/listings/P2") {
		t.Errorf("by reference: %d", a.Status)
	}
	if a := c.Do(send(t, "", listingstest.Scenery(t, 9, false))); a.Status != 200 || !strings.Contains(a.Body, "Nobody shows this picture") {
		t.Errorf("an unknown picture: %d", a.Status)
	}
	for name, a := range map[string]webtest.Answer{
		"nothing": c.Do(send(t, "", nil)), "no picture": c.Do(send(t, "", []byte("<svg onload=alert(1)>"))), "no such": c.Get("/search?picture=img%2Fnone"),
		"an address": c.Get("/search?picture=https%3A%2F%2Fexample.com%2Fa.jpg"), "a zero": c.Get("/search?picture=%00"), "a long one": c.Get("/search?picture=" + strings.Repeat("x", 3000)),
	} {
		if a.Status != 422 && a.Status != 404 || !strings.Contains(a.Body, `role="alert"`) || strings.Contains(a.Body, "<svg onload") {
			t.Errorf("%s: %d %.200s", name, a.Status, a.Body)
		}
	}
	if a := s.As(access.RightsHolder).Do(send(t, "", listingstest.Scenery(t, 1, false))); a.Status != 403 {
		t.Errorf("a rights holder: %d", a.Status)
	}
	if a := s.As(access.RightsHolder).Get("/search"); a.Status != 200 || strings.Contains(a.Body, "multipart") {
		t.Errorf("a rights holder's page: %d", a.Status)
	}
	// The listing's page shows the two side by side.
	page := c.Get("/listings/P2").Body
	for _, told := range []string{"Pictures seen before", "own, mirrored:", `src="/pictures/img/other"`, `src="/pictures/blob:`, `href="/search?picture=img%2Fother"`} {
		if !strings.Contains(page, told) {
			t.Errorf("the listing does not say %q", told)
		}
	}

	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("search-picture", "/search?picture=img%2Fone")
	b.Shots("search-picture-none", "/search?picture=img%2Fnone")
	b.Shots("listing-pictures", "/listings/P2")
}
