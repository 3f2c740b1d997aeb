package web_test

import (
	"net/http"
	"testing/fstest"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type examplePage struct{ ui.Page }

type examplePiece struct{ Text string }

// gallery is a job with entries enough to fill the rail, and a route for each fault.
func gallery() web.Job {
	files := fstest.MapFS{
		"example.html": {Data: []byte(`<p>{{.Title}}</p><div id="out"></div>
			<button id="ask" class="btn" hx-post="/example/piece" hx-target="#out">Ask</button><button id="fail" class="btn" hx-get="/example/conflict" hx-target="#out">Fail</button>`)},
		"piece.html": {Data: []byte(`<p id="piece">{{.Text}}</p>`)},
		"en.toml":    {Data: []byte("\"example.review\" = \"Review\"\n\"example.brands\" = \"Brands\"\n")},
		"zh.toml":    {Data: []byte("\"example.review\" = \"审核\"\n\"example.brands\" = \"品牌\"\n")},
	}
	views := ui.NewViews(files, ui.Templates{"example.html": examplePage{}, "piece.html": examplePiece{}})
	show := func(w http.ResponseWriter, r *http.Request) error {
		return views.Render(w, r, examplePage{ui.Page{Title: ui.Here(r).T("example.review")}})
	}
	fail := func(err error) web.Handler { return func(http.ResponseWriter, *http.Request) error { return err } }
	return web.Job{
		Rail:  ui.Entry{Name: "example.review", Icon: "eye-check", Path: "/design", Verb: access.ReviewRead, Key: "g r"},
		Views: views, Search: "/example/search",
		Routes: []web.Route{
			{Pattern: "GET /example", Verb: access.ReviewRead, Handle: show},
			{Pattern: "GET /example/search", Verb: access.ListingRead, Handle: show},
			{Pattern: "POST /example", Verb: access.ReviewWork, Handle: func(w http.ResponseWriter, r *http.Request) error {
				if err := r.ParseForm(); err != nil {
					return err
				}
				return web.Done(w, r, "/example", &ui.Toast{Text: "Removed.", Undo: &ui.Undo{Path: "/example/undo"}})
			}},
			{Pattern: "POST /example/piece", Verb: access.ReviewWork, Handle: func(w http.ResponseWriter, r *http.Request) error {
				return views.Fragment(w, r, examplePiece{"A <piece>"}, ui.Toast{Text: "Fetched."})
			}},
			{Pattern: "GET /example/conflict", Verb: web.SignedIn, Handle: fail(fault.Conflict.Say("Another Ownmark is running on %s. Stop it first, or use another folder.", "x"))},
			{Pattern: "GET /example/large", Verb: web.Public, Handle: fail(fault.TooLarge)},
			{Pattern: "GET /example/many", Verb: web.Public, Handle: fail(fault.TooMany)},
		},
	}
}

// crowd is as many jobs as the console will have, so that the rail is seen full.
func crowd() []web.Job {
	jobs := []web.Job{gallery()}
	for _, j := range [][5]string{
		{"listings", "list-search", "Listings", "商品", "l"}, {"brands", "tags", "Brands", "品牌", "b"}, {"sellers", "building-store", "Sellers", "卖家", "s"},
		{"people", "users", "People and keys", "人员与密钥", "p"}, {"ledger", "books", "Ledger", "账本", "e"},
	} {
		files := fstest.MapFS{
			"en.toml": {Data: []byte(`"` + j[0] + `.rail" = "` + j[2] + `"`)},
			"zh.toml": {Data: []byte(`"` + j[0] + `.rail" = "` + j[3] + `"`)},
		}
		jobs = append(jobs, web.Job{
			Rail:  ui.Entry{Name: j[0] + ".rail", Icon: j[1], Path: "/" + j[0], Verb: access.BrandRead, Key: "g " + j[4]},
			Views: ui.NewViews(files, ui.Templates{}),
		})
	}
	return jobs
}
