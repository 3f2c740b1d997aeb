package brands

import (
	"bytes"
	"io"
	"maps"
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
	sent := url.Values{"version": {"1"}, "name": {"Vetta"}, "aliases": {"维塔\nVetta Runner"}, "sells.shoes": {"on"}, "sells.bags": {"on"},
		"currency.shoes": {"usd"}, "low.shoes": {"60"}, "typical.shoes": {"120"}, "currency.bags": {"EUR"}, "low.bags": {"40"}, "typical.bags": {"80"},
		"nice_classes": {"25，18"}, "note": {"Made in\r\nHalmstad"}, "organisation": {string(s.Rights)}}
	if a := c.Post("/brands/vetta/edit", sent.Encode()); a.Status != 303 {
		t.Fatalf("saving: %d %.600s", a.Status, a.Body)
	}
	b, err := desk.Brand.Get(ctx, access.System, "vetta")
	if err != nil || len(b.Aliases) != 2 || b.Prices["bags"].Currency != "EUR" || b.Prices["shoes"] != (brand.Price{Currency: "USD", Low: 60, Typical: 120}) ||
		len(b.Categories) != 2 || len(b.NiceClasses) != 2 || b.NiceClasses[0] != 18 || b.Note != "Made in\nHalmstad" || b.Organisation != s.Rights {
		t.Errorf("saved: %+v %v", b, err)
	}
	if a := c.Post("/brands/vetta/edit", sent.Encode()); a.Status != 409 {
		t.Errorf("saving over somebody's change: %d", a.Status)
	}
	sent.Set("version", "2")
	for name, wrong := range map[string]struct{ field, value, says string }{
		"a price that is none":         {"low.shoes", "dear", "Low (Shoes)</a>: A price must be a number"},
		"a price that is no number":    {"low.shoes", "NaN", "Low (Shoes)</a>: A price must be a number"},
		"half a price":                 {"typical.toys", "9", "Low (Toys)</a>: A price must be a number"},
		"a price upside down":          {"low.shoes", "500", "Low (Shoes)</a>: The typical price cannot be below"},
		"a currency that is none":      {"currency.bags", "€", "Currency (Bags)</a>: The currency must be a code"},
		"a class that is none":         {"nice_classes", "46", "Nice classes</a>: Nice classes go from 1 to 45."},
		"a class in words":             {"nice_classes", "shoes", "Nice classes</a>: Nice classes go from 1 to 45."},
		"a name of nothing":            {"name", " ", "Name</a>: This must not be empty."},
		"an alias that turns writing":  {"aliases", "Vetta Fit\nevil\u202e x", "Aliases</a>: “evil\u202e x”: The text contains control characters."},
		"an organisation that is none": {"organisation", "nobody", "Rights holder</a>: There is no such organisation."},
	} {
		bad := maps.Clone(sent)
		bad.Set(wrong.field, wrong.value)
		a := c.Post("/brands/vetta/edit", bad.Encode())
		if a.Status != 422 || !strings.Contains(a.Body, wrong.says) || !strings.Contains(a.Body, `value="120"`) {
			t.Errorf("%s: %d, or it does not say %q, or forgets what was typed", name, a.Status, wrong.says)
		}
	}
	for name, form := range map[string]string{"nobody": "sellers=+%0A", "a control character": "sellers=S1%07"} {
		if a := c.Post("/brands/vetta/sellers", form); a.Status != 422 || !strings.Contains(a.Body, "ids</a>: ") {
			t.Errorf("authorising %s: %d", name, a.Status)
		}
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
	page := c.Get("/brands/vetta").Body
	for _, told := range []string{"Rights holder: ", "Aliases: 维塔\n", "Aliases: Vetta Runner added", "Categories: Bags added", "Price (Bags): EUR 40 – 80", "Price (Shoes): USD 55 – 110 → USD 60 – 120",
		"Note: Made in Halmstad", "Authorised sellers: S1 removed", "/listings?brand=vetta", "Listings are being scanned again"} {
		if !strings.Contains(page, told) {
			t.Errorf("the page does not say %q", told)
		}
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
	br.Type("#field-low-shoes", "dear")
	br.Follow(".form-end .btn-primary")
	br.Axe()
	br.Shot("brand-edit-wrong")
}

// TestOthers: a rights holder keeps the own organisation's brands, and can neither see nor touch another's.
func TestOthers(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	other, err := s.Access.AddOrganisation(t.Context(), access.System, "其他权利人有限公司")
	if err != nil {
		t.Fatal(err)
	}
	for id, org := range map[brand.ID]access.OrgID{"mine": s.Rights, "theirs": other, "nobodys": ""} {
		if _, err := desk.Brand.Create(t.Context(), access.System, brand.Brand{ID: id, Name: "Brand " + string(id), Organisation: org}); err != nil {
			t.Fatal(err)
		}
	}
	s.Serve(nil, Job(desk.Brand, s.Access), listings.Job(desk, s.Access, nil))
	c := s.As(access.RightsHolder)
	for _, id := range []string{"theirs", "nobodys", "absent"} {
		at := "/brands/" + id
		for _, path := range []string{at, at + "/edit"} {
			if a := c.Get(path); a.Status != 404 {
				t.Errorf("GET %s: %d", path, a.Status)
			}
		}
		for _, path := range []string{at + "/edit", at + "/archive", at + "/restore", at + "/sellers", at + "/sellers/S1/remove"} {
			if a := c.Post(path, "version=1&name=Stolen&sellers=S1"); a.Status != 404 {
				t.Errorf("POST %s: %d", path, a.Status)
			}
		}
	}
	if list := c.Get("/brands").Body + c.Get("/exports/brands").Body; strings.Contains(list, "theirs") || strings.Contains(list, "nobodys") || !strings.Contains(list, "Brand mine") {
		t.Error("the list or the export shows another's brand, or not the own one")
	}
	if page := c.Get("/brands/mine/edit"); page.Status != 200 || strings.Contains(page.Body, `name="organisation"`) || strings.Contains(page.Body, "其他权利人") {
		t.Errorf("the form offers to give the brand away: %d", page.Status)
	}
	if a := c.Post("/brands/mine/edit", "version=1&name=Mine&organisation="+string(other)); a.Status != 303 {
		t.Errorf("saving the own: %d", a.Status)
	}
	a := c.Post("/brands/new", "version=0&name=Second&organisation="+string(other))
	made, err := desk.Brand.Get(t.Context(), access.System, brand.ID(strings.TrimPrefix(a.Location(), "/brands/")))
	if a.Status != 303 || err != nil || made.Organisation != s.Rights {
		t.Errorf("making one: %d %+v %v", a.Status, made, err)
	}
	plan := c.Do(upload(t, "/brands/import", nil, "b.jsonl", `{"id":"theirs","name":"Stolen"}`+"\n"+`{"id":"mine","name":"Renamed"}`))
	if plan.Status != 200 || !strings.Contains(plan.Body, "There is a brand with this id already.") || strings.Contains(plan.Body, "Brand theirs") || !strings.Contains(plan.Body, "Name: Mine → Renamed") {
		t.Errorf("the plan over another's brand: %d", plan.Status)
	}
	c.Do(upload(t, "/brands/import", map[string]string{"carry-out": "1", "text": `{"id":"theirs","name":"Stolen"}`}, "", ""))
	for id, name := range map[brand.ID]string{"theirs": "Brand theirs", "nobodys": "Brand nobodys", "mine": "Mine"} {
		if b, err := desk.Brand.Get(t.Context(), access.System, id); err != nil || b.Name != name || !b.Archived.IsZero() || len(b.AuthorisedSellers) > 0 || id == "mine" && b.Organisation != s.Rights {
			t.Errorf("after all that: %+v %v", b, err)
		}
	}
	for _, path := range []string{"/brands/new", "/brands/import", "/brands/mine/edit"} {
		if a := s.As(access.Reviewer).Get(path); a.Status != 403 {
			t.Errorf("a reviewer at %s: %d", path, a.Status)
		}
	}
	if page := s.As(access.Reviewer).Get("/brands/mine").Body; strings.Contains(page, "/archive") || strings.Contains(page, "/edit") {
		t.Error("a reviewer is offered to edit")
	}
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
	a := c.Post("/brands/new", url.Values{"version": {"0"}, "name": {"Örn & Söner"}, "sells.shoes": {"on"}, "currency.shoes": {"SEK"}, "low.shoes": {"500"}, "typical.shoes": {"900"}}.Encode())
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

	const file = `{"id":"vetta","name":"Vetta","categories":["shoes"]}` + "\n\n" + `{"id":"bad","name":"","aliases":["a\u0007b"],"categories":["shoes"]}` + "\n"
	plan := c.Do(upload(t, "/brands/import", nil, `C:\fake\brands.JSONL`, file))
	if plan.Status != 200 {
		t.Fatalf("what would happen: %d %.900s", plan.Status, plan.Body)
	}
	for _, told := range []string{"<b>1</b> new", "<b>0</b> changed", "<b>0</b> as they are", "<b>1</b> refused", "Import this one brand", "Vetta <code>vetta</code>",
		"<b>Line 3</b>", "Name: This must not be empty.", "Aliases, no. 1: The text contains control characters."} {
		if !strings.Contains(plan.Body, told) {
			t.Errorf("the plan does not say %q", told)
		}
	}
	if _, err := desk.Brand.Get(t.Context(), access.System, "vetta"); err == nil {
		t.Fatal("looking has imported")
	}
	done := c.Do(upload(t, "/brands/import", map[string]string{"carry-out": "1", "name": "brands.jsonl", "text": strings.ReplaceAll(file, "\n", "\r\n")}, "", ""))
	if done.Status != 303 || done.Location() != "/brands" {
		t.Fatalf("carrying it out: %d %.600s", done.Status, done.Body)
	}
	if _, err := desk.Brand.Get(t.Context(), access.System, "vetta"); err != nil {
		t.Error(err)
	}
	// What the export writes changes nothing, and a change says in which field.
	if a := c.Do(upload(t, "/brands/import", nil, "brands.jsonl", c.Get("/exports/brands").Body)); !strings.Contains(a.Body, "<b>2</b> as they are") || !strings.Contains(a.Body, "There is nothing to import.") {
		t.Errorf("importing the export: %d", a.Status)
	}
	c.Post("/brands/vetta/archive", "")
	const table = "id,name,aliases,price_shoes\nvetta,Vetta,\"Two\nlines\",USD 5 9\nvetta,Vetta,,\n"
	a = c.Do(upload(t, "/brands/import", nil, "brands.csv", table))
	for _, told := range []string{"<b>1</b> changed", "Categories: Shoes removed", "Price (Shoes): USD 5 – 9", "Protected again", "<b>Line 4</b>", "Id: This id is in the file twice."} {
		if !strings.Contains(a.Body, told) {
			t.Errorf("the plan of a table does not say %q", told)
		}
	}
	for name, hostile := range map[string]struct{ file, content, says string }{
		"nothing":             {"brands.jsonl", " \n", "Brands file</a>: Choose a file"},
		"no JSON":             {"brands.jsonl", "\n{", "Line 2: The line is not a JSON object."},
		"a bomb of brackets":  {"brands.jsonl", strings.Repeat("[", 100_000), "Line 1"},
		"no text":             {"brands.jsonl", "\x00\xff\xfe", "Line 1: The line is not valid UTF-8."},
		"a field of no brand": {"brands.jsonl", `{"id":"x","name":"X","<script>":1}`, "Line 1, &lt;script&gt;: The field is not known."},
		"a value of no kind":  {"brands.jsonl", `{"id":"x","name":7}`, "Line 1, Name: The field has a value of the wrong kind."},
		"a header of no kind": {"brands.csv", "id,name,evil\n", "Line 1: The column"},
		"a price of no kind":  {"brands.csv", "id,name,price_shoes\nx,X,dear\n", "Line 2, Price (Shoes): A price is written as"},
		"a stray quote":       {"brands.csv", "id,name\nx,\"X\n", "does not have the header"},
		"too long":            {"brands.jsonl", strings.Repeat(`{"id":"x"}`+"\n", maxImport/10), "up to 4 MiB"},
		"far too long":        {"brands.jsonl", strings.Repeat(" ", 3*maxImport+1), ""},
		"a thousand lines":    {"brands.jsonl", strings.Repeat("{\n", 1_000), "Line 50: "},
	} {
		if a := c.Do(upload(t, "/brands/import", nil, hostile.file, hostile.content)); a.Status != 422 && a.Status != 413 || !strings.Contains(a.Body, hostile.says) || strings.Contains(a.Body, "<script>") {
			t.Errorf("%s: %d, or it does not say %q", name, a.Status, hostile.says)
		}
	}
	if a := c.Do(upload(t, "/brands/import", nil, "brands.jsonl", `{"id":"x","name":"</textarea><script>alert(1)</script>"}`)); a.Status != 200 || strings.Contains(a.Body, "<script>alert") {
		t.Errorf("a name that is markup: %d", a.Status)
	}
	for _, query := range []string{"earlier=x", "sellers=%00"} {
		if a := c.Get("/brands/vetta?" + query); a.Status != 422 {
			t.Errorf("the brand at ?%s: %d", query, a.Status)
		}
	}
	if a := s.As(access.Reviewer).Do(upload(t, "/brands/import", nil, "brands.jsonl", file)); a.Status != 403 {
		t.Errorf("an import by a reviewer: %d", a.Status)
	}
	c.Post("/brands/vetta/restore", "")
	if export := c.Get("/exports/brands?q=vetta"); export.Status != 200 || strings.Count(export.Body, "\n") != 1 {
		t.Errorf("the export of one: %d %.300s", export.Status, export.Body)
	}

	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Analyst))
	b.Shots("brands-new", "/brands/new")
	b.Shots("brands-import", "/brands/import")
	const long = `{"id":"vetta","name":"Vetta","aliases":["维塔","Vetta Runner"],"categories":["shoes","bags"],"prices":{"shoes":{"currency":"CNY","low":0,"typical":12345678.9}}}` + "\n" +
		`{"id":"fujian","name":"福建省莆田市荔城区黄石镇沟边村恒远达鞋业体育用品进出口贸易有限责任公司第二分公司","categories":["shoes"]}` + "\n" + `{"id":"bad name","name":"","categories":["boats"]}`
	for _, look := range []struct {
		name, tongue, scheme string
		width                int64
	}{{"1280-light-en", "en", "light", 1280}, {"1280-dark-zh", "zh", "dark", 1280}, {"380-light-zh", "zh", "light", 380}, {"380-dark-en", "en", "dark", 380}} {
		b.Cookie("language", look.tongue)
		b.Look(look.width, 800, look.scheme)
		b.Go("/brands/import")
		b.Type("textarea[name=text]", long)
		b.Follow(".form-end .btn-primary")
		b.Axe()
		b.Shot("brands-plan-" + look.name)
	}
	b.Cookie("language", "en")
	b.Look(1280, 800, "light")
	b.Follow(".brands-do .btn-primary")
	if got, err := desk.Brand.Get(t.Context(), access.System, "fujian"); err != nil || b.Path() != "/brands" {
		t.Errorf("the plan carried out in the browser leads to %s: %+v %v", b.Path(), got, err)
	}
	b.Shots("brands-history", at)
}
