// Package brands is the console's job of keeping what is protected: the list of brands, each one's page with its
// history, the form that edits it, and the sellers it has authorised.
package brands

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
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

// Job is the list of brands, the page of each, and the form that edits it. It draws with words of the listings job,
// which must be served too.
func Job(brands *brand.Service, accounts *access.Service) web.Job {
	p := &pages{brands, accounts}
	return web.Job{
		Rail:  ui.Entry{Name: "brands.rail", Icon: "tags", Path: "/brands", Verb: access.BrandRead, Key: "g b"},
		Views: views,
		Routes: append(p.keeping(), []web.Route{
			{Pattern: "GET /brands", Verb: access.BrandRead, Handle: p.list},
			{Pattern: "GET /brands/{brand}", Verb: access.BrandRead, Handle: p.brand},
			{Pattern: "GET /brands/{brand}/edit", Verb: access.BrandEdit, Handle: p.edit},
			{Pattern: "POST /brands/{brand}/edit", Verb: access.BrandEdit, Handle: p.save},
			{Pattern: "POST /brands/{brand}/sellers", Verb: access.BrandEdit, Handle: p.authorise},
			{Pattern: "POST /brands/{brand}/sellers/{seller}/remove", Verb: access.BrandEdit, Handle: p.unauthorise},
			{Pattern: "GET /exports/brands", Verb: access.BrandRead, Handle: p.export},
		}...),
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
		page.Rows = append(page.Rows, row{b, Path(b.ID), kinds(v, b.Categories), strings.Join(b.Aliases[:min(len(b.Aliases), 4)], ", ")})
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
	return views.Render(w, r, page)
}

func kinds(v *ui.Visit, categories []string) string {
	var names []string
	for _, c := range categories {
		names = append(names, listings.CategoryName(v, c))
	}
	return strings.Join(names, " · ")
}

// export streams every brand of the filter that the person may see, as a brands file.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	f := filter(ui.Ask(r))
	f.After, f.Limit = "", 0
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="brands.jsonl"`)
	return brand.Write(w, "brands.jsonl", p.brands.Export(r.Context(), v.User, f))
}

type brandPage struct {
	ui.Page
	Brand   brand.Brand
	Facts   []ui.Fact
	Prices  []price
	Sellers []seller
	More    bool // there are more sellers than are shown
	May     bool // the person may edit
	Add     ui.Form
	Past    []ui.Event
	End     *ui.Confirm // archives or restores; nil when the person may not edit
}

// price is what the brand's goods cost in one category.
type price struct {
	Kind, Currency string
	Low, Typical   float64
}

type seller struct {
	brand.Authorisation
	Path, Remove string
}

func (p *pages) brand(w http.ResponseWriter, r *http.Request) error {
	page, err := p.page(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) page(r *http.Request) (brandPage, error) {
	v := ui.Here(r)
	b, err := p.brands.Get(r.Context(), v.User, brand.ID(r.PathValue("brand")))
	if err != nil {
		return brandPage{}, err
	}
	page := brandPage{Brand: b, May: v.User.May(access.BrandEdit, b.Organisation) == nil}
	page.Page = ui.Page{Title: b.Name, Crumbs: []ui.Crumb{{Text: v.T("brands.title"), Path: "/brands"}}}
	if page.May {
		page.Actions = []ui.Action{{Text: v.T("brands.edit"), Path: Path(b.ID) + "/edit", Icon: "pencil", Key: "e", Primary: true}}
	}
	if page.May && b.Archived.IsZero() {
		page.End = &ui.Confirm{Label: v.T("brands.archive"), Icon: "ban", Question: v.T("brands.archive.question"), Yes: v.T("brands.archive"), Path: Path(b.ID) + "/archive", Danger: true}
	} else if page.May {
		page.End = &ui.Confirm{Label: v.T("brands.restore"), Icon: "refresh", Question: v.T("brands.restore.question"), Yes: v.T("brands.restore"), Path: Path(b.ID) + "/restore"}
	}
	page.Facts = []ui.Fact{
		{Label: v.T("brands.id"), Value: string(b.ID)},
		{Label: v.T("brands.aliases"), Value: strings.Join(b.Aliases, ", ")},
		{Label: v.T("brands.categories"), Value: kinds(v, b.Categories)},
		{Label: v.T("brands.suspected"), Value: v.T("brands.queue"), Path: "/review?brand=" + url.QueryEscape(string(b.ID))},
	}
	if b.Ambiguous {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("brands.ambiguous"), Value: v.T("brands.ambiguous.yes")})
	}
	for _, c := range brand.Categories {
		if cost, ok := b.Prices[c]; ok {
			page.Prices = append(page.Prices, price{listings.CategoryName(v, c), cost.Currency, cost.Low, cost.Typical})
		}
	}
	named, err := p.brands.Sellers(r.Context(), v.User, b.ID, brand.SellerFilter{Limit: 50})
	if err != nil {
		return brandPage{}, err
	}
	page.More = named.Next != ""
	for _, a := range named.Items {
		at := "/sellers/" + url.PathEscape(a.Seller)
		page.Sellers = append(page.Sellers, seller{a, at, Path(b.ID) + at + "/remove"})
	}
	page.Add = ui.Form{Path: Path(b.ID) + "/sellers", Submit: v.T("brands.sellers.add"), Fields: []ui.Field{
		{Name: "sellers", Label: v.T("brands.sellers.ids"), Type: "textarea", Rows: 3, Hint: v.T("brands.sellers.hint"), Required: true},
	}}
	past, err := p.brands.History(r.Context(), v.User, b.ID, "", 20)
	if err != nil {
		return brandPage{}, err
	}
	for _, c := range past.Items {
		page.Past = append(page.Past, ui.Event{At: c.At, Who: c.By, What: v.T("brands.change." + string(c.Kind)), Detail: changed(v, c.Fields), Path: p.entry(v, c.Entry)})
	}
	return page, nil
}

// changed says what became of what, field by field, in the person's words.
func changed(v *ui.Visit, fields []brand.FieldChange) string {
	var all []string
	for _, f := range fields {
		name := fieldName(v, f.Field)
		if f.Field == "archived" {
			continue // the kind of change says it
		}
		switch {
		case f.Old == "":
			all = append(all, v.T("brands.change.came", "Field", name, "New", f.New))
		case f.New == "":
			all = append(all, v.T("brands.change.went", "Field", name, "Old", f.Old))
		default:
			all = append(all, v.T("brands.change.became", "Field", name, "Old", f.Old, "New", f.New))
		}
	}
	return strings.Join(all, v.T("brands.change.stop"))
}

// fieldName is a field of a brand in the person's words: "prices.shoes" is its price for shoes.
func fieldName(v *ui.Visit, field string) string {
	field, category, _ := strings.Cut(field, ".")
	name := v.T("brands.field." + field)
	if strings.HasPrefix(name, "[") {
		name = field
	}
	if category != "" {
		name += " (" + listings.CategoryName(v, category) + ")"
	}
	return name
}

// entry is the address of a ledger entry, empty when the person may not see it.
func (p *pages) entry(v *ui.Visit, id string) string {
	if id == "" || !v.User.Can(access.LedgerRead) {
		return ""
	}
	return "/ledger/" + url.PathEscape(id)
}

type editPage struct {
	ui.Page
	Form ui.Form
}

func form(v *ui.Visit, b brand.Brand) ui.Form {
	var prices []string
	for _, c := range brand.Categories {
		if cost, ok := b.Prices[c]; ok {
			prices = append(prices, strings.Join([]string{c, cost.Currency, number(cost.Low), number(cost.Typical)}, " "))
		}
	}
	return ui.Form{Path: Path(b.ID) + "/edit", Submit: v.T("brands.save"), Cancel: Path(b.ID), Fields: []ui.Field{
		{Name: "version", Type: "hidden", Value: strconv.FormatInt(b.Version, 10)},
		{Name: "name", Label: v.T("brands.name"), Value: b.Name, Required: true, Focus: true},
		{Name: "aliases", Label: v.T("brands.aliases"), Type: "textarea", Rows: 8, Value: strings.Join(b.Aliases, "\n"), Hint: v.T("brands.aliases.hint")},
		{Name: "categories", Label: v.T("brands.categories"), Value: strings.Join(b.Categories, " "), Hint: strings.Join(brand.Categories, " ")},
		{Name: "prices", Label: v.T("brands.prices"), Type: "textarea", Rows: 5, Value: strings.Join(prices, "\n"), Hint: v.T("brands.prices.hint")},
		{Name: "ambiguous", Label: v.T("brands.ambiguous"), Type: "checkbox", Checked: b.Ambiguous},
	}}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	b, err := p.brands.Get(r.Context(), v.User, brand.ID(r.PathValue("brand")))
	if err != nil {
		return err
	}
	return views.Render(w, r, editPage{head(v, b), form(v, b)})
}

func head(v *ui.Visit, b brand.Brand) ui.Page {
	return ui.Page{Title: v.T("brands.edit.title", "Name", b.Name), Crumbs: []ui.Crumb{{Text: v.T("brands.title"), Path: "/brands"}, {Text: b.Name, Path: Path(b.ID)}}}
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	b, err := p.brands.Get(r.Context(), v.User, brand.ID(r.PathValue("brand")))
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	next, err := parse(b, r.PostForm)
	if err == nil {
		_, err = p.brands.Save(r.Context(), v.User, next)
	}
	if problems := v.Problems(err); problems != nil {
		page := editPage{head(v, b), form(v, b)}
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(b.ID), &ui.Toast{Text: v.T("brands.saved")})
}

// parse puts what a form says over a brand. Its sellers stay as they are: they have a form of their own.
func parse(b brand.Brand, sent url.Values) (brand.Brand, error) {
	version, err := strconv.ParseInt(sent.Get("version"), 10, 64)
	if err != nil {
		return b, web.Unreadable(err)
	}
	b.Version, b.Name = version, strings.TrimSpace(sent.Get("name"))
	b.Aliases = lines(sent.Get("aliases"))
	b.Categories = strings.FieldsFunc(sent.Get("categories"), func(r rune) bool { return strings.ContainsRune(" ,;，、\n\t", r) })
	b.Ambiguous = sent.Has("ambiguous")
	b.Prices = map[string]brand.Price{}
	b.AuthorisedSellers = nil
	for _, line := range lines(sent.Get("prices")) {
		words := strings.Fields(line)
		if len(words) != 4 {
			return b, fault.Invalid.Say("%q is not a price as in: shoes USD 55 110", line).At("prices")
		}
		low, lowErr := strconv.ParseFloat(words[2], 64)
		typical, typicalErr := strconv.ParseFloat(words[3], 64)
		if lowErr != nil || typicalErr != nil {
			return b, fault.Invalid.Say("%q is not a price as in: shoes USD 55 110", line).At("prices")
		}
		b.Prices[words[0]] = brand.Price{Currency: strings.ToUpper(words[1]), Low: low, Typical: typical}
	}
	return b, nil
}

func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func (p *pages) authorise(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	var named []brand.Authorisation
	for _, id := range strings.FieldsFunc(r.FormValue("sellers"), func(r rune) bool { return strings.ContainsRune(" ,;，、\r\n\t", r) }) {
		named = append(named, brand.Authorisation{Seller: id})
	}
	err := p.brands.Authorise(r.Context(), v.User, brand.ID(r.PathValue("brand")), named...)
	if problems := v.Problems(err); problems != nil {
		page, pageErr := p.page(r)
		if pageErr != nil {
			return pageErr
		}
		page.Add.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(brand.ID(r.PathValue("brand"))), &ui.Toast{Text: v.N("brands.sellers.added", len(named))})
}

func (p *pages) unauthorise(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id := brand.ID(r.PathValue("brand"))
	if err := p.brands.Unauthorise(r.Context(), v.User, id, r.PathValue("seller")); err != nil {
		return err
	}
	return web.Done(w, r, Path(id), &ui.Toast{Text: v.T("brands.sellers.removed", "Seller", r.PathValue("seller"))})
}
