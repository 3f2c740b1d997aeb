// Package brands is the console's job of keeping what is protected: the list of brands, each one's page with its
// history and the sellers it has authorised, the form that makes and edits it, and the import of a brands file.
package brands

import (
	"embed"
	"net/http"
	"net/url"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "brand.html": brandPage{}, "edit.html": editPage{}, "import.html": importPage{}})

type pages struct {
	brands *brand.Service
	access *access.Service
}

// Job is the list of brands, the page of each, the form that makes and edits them, and their import. It draws with words of the listings job,
// which must be served too.
func Job(brands *brand.Service, accounts *access.Service) web.Job {
	p := &pages{brands, accounts}
	return web.Job{
		Rail:  ui.Entry{Name: "brands.rail", Icon: "tags", Path: "/brands", Verb: access.BrandRead, Key: "g b"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /brands", Verb: access.BrandRead, Handle: p.list},
			{Pattern: "GET /exports/brands", Verb: access.BrandRead, Handle: p.export},
			{Pattern: "GET /brands/new", Verb: access.BrandEdit, Handle: p.newPage},
			{Pattern: "POST /brands/new", Verb: access.BrandEdit, Handle: p.create},
			{Pattern: "GET /brands/import", Verb: access.BrandEdit, Handle: p.importPage},
			{Pattern: "POST /brands/import", Verb: access.BrandEdit, Handle: p.importBrands},
			{Pattern: "GET /brands/{brand}", Verb: access.BrandRead, Handle: p.brand},
			{Pattern: "GET /brands/{brand}/edit", Verb: access.BrandEdit, Handle: p.edit},
			{Pattern: "POST /brands/{brand}/edit", Verb: access.BrandEdit, Handle: p.save},
			{Pattern: "POST /brands/{brand}/sellers", Verb: access.BrandEdit, Handle: p.authorise},
			{Pattern: "POST /brands/{brand}/sellers/{seller}/remove", Verb: access.BrandEdit, Handle: p.unauthorise},
			{Pattern: "POST /brands/{brand}/pictures", Verb: access.BrandEdit, Handle: p.addPictures},
			{Pattern: "GET /brands/{brand}/pictures/{picture}", Verb: access.BrandRead, Handle: p.picture},
			{Pattern: "POST /brands/{brand}/pictures/{picture}/remove", Verb: access.BrandEdit, Handle: p.removePicture},
			{Pattern: "POST /brands/{brand}/archive", Verb: access.BrandEdit, Handle: p.archive},
			{Pattern: "POST /brands/{brand}/restore", Verb: access.BrandEdit, Handle: p.restore},
		},
	}
}

// Path is the address of a brand's page.
func Path(id brand.ID) string { return "/brands/" + url.PathEscape(string(id)) }

type listPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	brand.Summary
	Path  string
	Kinds string // categories in the person's language
	Known string // a few of the aliases
}

func filter(q ui.Query) brand.Filter {
	return brand.Filter{Text: q.Get("q"), Category: q.Get("category"), Archived: q.Get("archived") != "", After: q.After(), Limit: 50}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := filter(q)
	found, err := p.brands.Brands(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	total, err := p.brands.Count(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("brands.title"), Lead: v.T("brands.lead"), Wide: true}}
	for _, b := range found.Items {
		page.Rows = append(page.Rows, row{b, Path(b.ID), kinds(v, b.Categories), strings.Join(b.Aliases[:min(len(b.Aliases), 4)], v.T("brands.comma"))})
	}
	categories := ui.Menu{Name: "category", Label: v.T("brands.categories")}
	for _, c := range brand.Categories {
		categories.Options = append(categories.Options, ui.Option{Value: c, Text: listings.CategoryName(v, c), Count: -1})
	}
	archived := ui.Menu{Name: "archived", Label: v.T("brands.state"), Options: []ui.Option{{Value: "1", Text: v.T("brands.archived"), Count: -1}}}
	saved, err := p.access.Views(r.Context(), v.User, "/brands")
	if err != nil {
		return err
	}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("brands.find")}, categories, archived)
	page.Filters.Saved = q.Saved(saved)
	page.Filters.Export = "/exports/brands"
	if asked := r.URL.Query(); len(asked) > 0 {
		asked.Del("after")
		page.Filters.Export += "?" + asked.Encode()
	}
	if v.User.Can(access.BrandEdit) {
		page.Actions = []ui.Action{{Text: v.T("brands.import"), Path: "/brands/import", Icon: "file-import"}, {Text: v.T("brands.new"), Path: "/brands/new", Icon: "plus", Key: "n", Primary: true}}
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("brands.name")}, ui.Column{Label: v.T("brands.aliases")}, ui.Column{Label: v.T("brands.categories")},
		ui.Column{Label: v.T("brands.sellers"), Number: true}, ui.Column{Label: v.T("brands.updated")})
	page.Pager = q.Pager(found.Next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "tags", Title: v.T("brands.none"), Text: v.T("brands.none.text")}
	if page.Filters.Clear != "" || f.Text != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("brands.nomatch"), Text: v.T("brands.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/brands"}}
	}
	return views.Render(w, r, page)
}

func kinds(v *ui.Visit, categories []string) string {
	var names []string
	for _, c := range categories {
		names = append(names, listings.CategoryName(v, c))
	}
	return strings.Join(names, v.T("brands.comma"))
}

// export streams every brand of the filter that the person may see, as a brands file.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	f := filter(ui.Ask(r))
	f.After, f.Limit = "", 0
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="ownmark-brands.jsonl"`)
	if err := brand.Write(w, "brands.jsonl", p.brands.Export(r.Context(), v.User, f)); err != nil {
		w.Header().Del("Content-Disposition") // the page that says so is no file to keep
		return err
	}
	return nil
}
