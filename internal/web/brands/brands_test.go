package brands

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
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
	s.Serve(nil, Job(desk.Brand, s.Access), listings.Job(desk, s.Access, nil))
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

// upload is a form with a file, as a browser sends it.
func upload(t *testing.T, path string, fields map[string]string, file, content string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		part, err := form.CreateFormFile("file", file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// TestKeeping makes a brand, ends it and takes it up again, and brings in a file: first to see, then in earnest.
func TestKeeping(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	s.Serve(nil, Job(desk.Brand, s.Access), listings.Job(desk, s.Access, nil))
	c := s.As(access.Analyst)
	if a := c.Post("/brands/new", "version=0&name="); a.Status != 422 {
		t.Errorf("a brand without a name: %d", a.Status)
	}
	a := c.Post("/brands/new", url.Values{"version": {"0"}, "name": {"Örn & Söner"}, "categories": {"shoes"}, "prices": {"shoes SEK 500 900"}}.Encode())
	at := a.Location()
	if a.Status != 303 || !strings.HasPrefix(at, "/brands/") {
		t.Fatalf("making a brand: %d %.400s", a.Status, a.Body)
	}
	for _, act := range []string{"/archive", "/archive", "/restore"} {
		if a := c.Post(at+act, ""); a.Status != 303 {
			t.Errorf("%s: %d", act, a.Status)
		}
		if archived := c.Get("/brands?archived=1").Body; strings.Contains(archived, at+`"`) != (act == "/archive") {
			t.Errorf("after %s the archived ones are not those", act)
		}
	}
	if page := c.Get(at).Body; !strings.Contains(page, "Archived") || !strings.Contains(page, "Restored") {
		t.Error("the history does not tell")
	}

	const file = `{"id":"vetta","name":"Vetta","categories":["shoes"]}` + "\n" + `{"id":"bad","name":"","categories":["shoes"]}` + "\n"
	plan := c.Do(upload(t, "/brands/import", nil, "brands.jsonl", file))
	if plan.Status != 200 || !strings.Contains(plan.Body, "1 new, 0 changed, 0 as they are, 1 refused") || !strings.Contains(plan.Body, "name: This must not be empty") {
		t.Fatalf("what would happen: %d %.900s", plan.Status, plan.Body)
	}
	if _, err := desk.Brand.Get(t.Context(), access.System, "vetta"); err == nil {
		t.Fatal("looking has imported")
	}
	if a := c.Do(upload(t, "/brands/import", map[string]string{"carry-out": "1", "name": "brands.jsonl", "text": file}, "", "")); a.Status != 303 {
		t.Fatalf("carrying it out: %d %.600s", a.Status, a.Body)
	}
	if _, err := desk.Brand.Get(t.Context(), access.System, "vetta"); err != nil {
		t.Error(err)
	}
	for name, content := range map[string]string{"nothing": "", "no JSON": "{", "a bomb of brackets": strings.Repeat("[", 100_000), "no text": "\x00\xff\xfe", "too long": strings.Repeat(`{"id":"x"}`+"\n", maxImport/10)} {
		if a := c.Do(upload(t, "/brands/import", nil, "brands.jsonl", content)); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	if a := s.As(access.Reviewer).Do(upload(t, "/brands/import", nil, "brands.jsonl", file)); a.Status != 403 {
		t.Errorf("an import by a reviewer: %d", a.Status)
	}
	if a := s.As(access.RightsHolder).Post("/brands/vetta/archive", ""); a.Status != 404 && a.Status != 403 {
		t.Errorf("a rights holder archives another's brand: %d", a.Status)
	}
	if export := c.Get("/exports/brands?q=vetta"); export.Status != 200 || strings.Count(export.Body, "\n") != 1 {
		t.Errorf("the export of one: %d %.300s", export.Status, export.Body)
	}

	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Analyst))
	b.Shots("brands-new", "/brands/new")
	b.Shots("brands-import", "/brands/import")
	b.Go("/brands/import")
	b.Type("textarea[name=text]", file)
	b.Follow(".form-end .btn-primary")
	b.Axe()
	b.Shot("brands-plan")
	b.Shots("brands-history", at)
}
