package brands

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type editPage struct {
	ui.Page
	Form ui.Form
}

// kind is one row of the form's table: whether the brand sells goods of a category, and what they cost.
type kind struct {
	Name     string
	Sells    ui.Bound
	Currency ui.Bound
	Low      ui.Bound
	Typical  ui.Bound
	Error    string // what is wrong with the row
	ErrorID  string // names it to its inputs; empty when nothing is
}

// Kinds are the rows of the form's table.
func (p editPage) Kinds() []kind {
	var all []kind
	for _, c := range brand.Categories {
		k := kind{Sells: p.Form.Get("sells." + c), Currency: p.Form.Get("currency." + c), Low: p.Form.Get("low." + c), Typical: p.Form.Get("typical." + c)}
		k.Name = k.Sells.Label
		k.Error = strings.TrimSpace(k.Currency.Error + " " + k.Low.Error)
		if typical := k.Typical.Error; typical != k.Low.Error {
			k.Error = strings.TrimSpace(k.Error + " " + typical)
		}
		if k.Error != "" {
			k.ErrorID = k.Sells.ID() + "-error"
		}
		all = append(all, k)
	}
	return all
}

// Gives reports whether the person may say to whom the brand belongs.
func (p editPage) Gives() bool {
	return slices.ContainsFunc(p.Form.Fields, func(f ui.Field) bool { return f.Name == "organisation" })
}

// holders are the organisations a brand may be given to; nil for a person who may edit only the own one's brands.
func (p *pages) holders(r *http.Request) ([]access.Organisation, error) {
	v := ui.Here(r)
	if v.User.Reach(access.BrandEdit) != access.All {
		return nil, nil
	}
	all, err := p.access.Organisations(r.Context(), v.User)
	return slices.DeleteFunc(all, func(o access.Organisation) bool { return o.Kind != access.RightsHolderOrganisation }), err
}

func form(v *ui.Visit, b brand.Brand, holders []access.Organisation) ui.Form {
	f := ui.Form{Path: Path(b.ID) + "/edit", Submit: v.T("brands.save"), Cancel: Path(b.ID), Fields: []ui.Field{
		{Name: "version", Type: "hidden", Value: strconv.FormatInt(b.Version, 10)},
		{Name: "name", Label: v.T("brands.name"), Value: b.Name, Required: true, Focus: true},
		{Name: "aliases", Label: v.T("brands.aliases"), Type: "textarea", Rows: 6, Value: strings.Join(b.Aliases, "\n"), Hint: v.T("brands.aliases.hint")},
		{Name: "ambiguous", Label: v.T("brands.ambiguous"), Type: "checkbox", Checked: b.Ambiguous, Hint: v.T("brands.ambiguous.hint")},
		{Name: "nice_classes", Label: v.T("brands.nice_classes"), Value: classes(b.NiceClasses), Hint: v.T("brands.nice_classes.hint")},
		{Name: "note", Label: v.T("brands.note"), Type: "textarea", Rows: 3, Value: b.Note, Hint: v.T("brands.note.hint")},
	}}
	for _, c := range brand.Categories {
		name, cost, priced := listings.CategoryName(v, c), b.Prices[c], b.Prices[c] != brand.Price{}
		low, typical := "", ""
		if priced {
			low, typical = number(cost.Low), number(cost.Typical)
		}
		f.Fields = append(f.Fields,
			ui.Field{Name: "sells." + c, Label: name, Type: "checkbox", Checked: slices.Contains(b.Categories, c)},
			ui.Field{Name: "currency." + c, Label: v.T("brands.field.of", "Field", v.T("brands.currency"), "Category", name), Value: cost.Currency},
			ui.Field{Name: "low." + c, Label: v.T("brands.field.of", "Field", v.T("brands.low"), "Category", name), Value: low},
			ui.Field{Name: "typical." + c, Label: v.T("brands.field.of", "Field", v.T("brands.typical"), "Category", name), Value: typical})
	}
	if holders != nil {
		options := []ui.Option{{Text: v.T("brands.organisation.none")}}
		for _, o := range holders {
			options = append(options, ui.Option{Value: string(o.ID), Text: o.Name})
		}
		f.Fields = append(f.Fields, ui.Field{Name: "organisation", Label: v.T("brands.organisation"), Type: "select", Options: options, Value: string(b.Organisation), Hint: v.T("brands.organisation.hint")})
	}
	return f
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func classes(nice []int) string {
	var all []string
	for _, n := range nice {
		all = append(all, strconv.Itoa(n))
	}
	return strings.Join(all, " ")
}

func head(v *ui.Visit, b brand.Brand) ui.Page {
	return ui.Page{Title: v.T("brands.edit.title", "Name", b.Name), Crumbs: []ui.Crumb{{Text: v.T("brands.title"), Path: "/brands"}, {Text: b.Name, Path: Path(b.ID)}}}
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	b, err := p.mine(r)
	if err != nil {
		return err
	}
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	v := ui.Here(r)
	return views.Render(w, r, editPage{head(v, b), form(v, b, holders)})
}

// mine is the brand of the address, if the person may edit it.
func (p *pages) mine(r *http.Request) (brand.Brand, error) {
	v := ui.Here(r)
	b, err := p.brands.Get(r.Context(), v.User, brand.ID(r.PathValue("brand")))
	if err != nil {
		return b, err
	}
	return b, v.User.May(access.BrandEdit, b.Organisation)
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	b, err := p.mine(r)
	if err != nil {
		return err
	}
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	next, err := parse(b, r.PostForm, holders)
	if err == nil {
		_, err = p.brands.Save(r.Context(), v.User, next)
	}
	if problems := placed(v, v.Problems(err), next); problems != nil {
		page := editPage{head(v, b), form(v, b, holders)}
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(b.ID), &ui.Toast{Text: v.T("brands.saved")})
}

// blank is the form for a brand that is not there yet.
func blank(v *ui.Visit, holders []access.Organisation) editPage {
	page := editPage{ui.Page{Title: v.T("brands.new"), Crumbs: []ui.Crumb{{Text: v.T("brands.title"), Path: "/brands"}}}, form(v, brand.Brand{}, holders)}
	page.Form.Path, page.Form.Cancel, page.Form.Submit = "/brands/new", "/brands", v.T("brands.new.submit")
	return page
}

func (p *pages) newPage(w http.ResponseWriter, r *http.Request) error {
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, blank(ui.Here(r), holders))
}

func (p *pages) create(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	b, err := parse(brand.Brand{}, r.PostForm, holders)
	var made brand.Brand
	if err == nil {
		made, err = p.brands.Create(r.Context(), v.User, b)
	}
	if problems := placed(v, v.Problems(err), b); problems != nil {
		page := blank(v, holders)
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(made.ID), &ui.Toast{Text: v.T("brands.created")})
}

// parse puts what a form says over a brand. Its sellers stay as they are: they have a form of their own. It returns
// every fault.Invalid, joined: those of the form's own making and, with them, those of brand.Check.
func parse(b brand.Brand, sent url.Values, holders []access.Organisation) (brand.Brand, error) {
	version, err := strconv.ParseInt(sent.Get("version"), 10, 64)
	if err != nil {
		return b, web.Unreadable(err)
	}
	var wrong []error
	b.Version, b.Name, b.Note = version, strings.TrimSpace(sent.Get("name")), strings.ReplaceAll(sent.Get("note"), "\r\n", "\n")
	b.Aliases, b.Ambiguous, b.AuthorisedSellers = lines(sent.Get("aliases")), sent.Has("ambiguous"), nil
	b.NiceClasses = nil
	for _, text := range listed(sent.Get("nice_classes")) {
		class, err := strconv.Atoi(text)
		if err != nil {
			wrong = append(wrong, fault.Invalid.Say("Nice classes go from 1 to 45.").At("nice_classes"))
			break
		}
		b.NiceClasses = append(b.NiceClasses, class)
	}
	b.Categories, b.Prices = nil, map[string]brand.Price{}
	for _, c := range brand.Categories {
		if sent.Has("sells." + c) {
			b.Categories = append(b.Categories, c)
		}
		cost, said, err := cost(c, sent)
		if err != nil {
			wrong = append(wrong, err)
		} else if said {
			b.Prices[c] = cost
		}
	}
	if holders != nil && sent.Has("organisation") {
		org := access.OrgID(sent.Get("organisation"))
		if org != b.Organisation && org != "" && !slices.ContainsFunc(holders, func(o access.Organisation) bool { return o.ID == org }) {
			wrong = append(wrong, fault.Invalid.Say("There is no such organisation.").At("organisation"))
		}
		b.Organisation = org
	}
	if wrong == nil {
		return b, nil
	}
	checked := brand.Clean(b)
	if checked.ID == "" {
		checked.ID = "new" // it gets one when it is kept
	}
	return b, errors.Join(append(wrong, brand.Check(checked))...)
}

// cost is the price that the form's row of a category says, and whether it says one.
func cost(category string, sent url.Values) (price brand.Price, said bool, err error) {
	field := func(name string) string { return strings.TrimSpace(sent.Get(name + "." + category)) }
	currency, low, typical := field("currency"), field("low"), field("typical")
	if currency+low+typical == "" {
		return price, false, nil
	}
	price.Currency = strings.ToUpper(currency)
	var lowErr, typicalErr error
	if price.Low, lowErr = strconv.ParseFloat(low, 64); lowErr != nil {
		return price, true, fault.Invalid.Say("A price must be a number from 0 up.").At("low." + category)
	}
	if price.Typical, typicalErr = strconv.ParseFloat(typical, 64); typicalErr != nil {
		return price, true, fault.Invalid.Say("A price must be a number from 0 up.").At("typical." + category)
	}
	return price, true, nil
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// placed puts each problem at the input that it is about: "aliases[3]" at the aliases, naming the one, and "prices.shoes" into the
// row of shoes.
func placed(v *ui.Visit, problems []ui.Problem, b brand.Brand) []ui.Problem {
	b = brand.Clean(b) // the places are those of the clean brand
	for i, p := range problems {
		field, rest, _ := strings.Cut(p.Field, "[")
		if n, err := strconv.Atoi(strings.TrimSuffix(rest, "]")); err == nil && field == "aliases" && n < len(b.Aliases) {
			p.Text = v.T("brands.problem.of", "Value", short(b.Aliases[n], 40), "What", p.Text)
		}
		if category, ok := strings.CutPrefix(field, "prices."); ok {
			field = "low." + category
			if !currencyCode.MatchString(b.Prices[category].Currency) {
				field = "currency." + category
			}
		}
		problems[i] = ui.Problem{Field: field, Text: p.Text}
	}
	return problems
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

// listed takes apart what people separate by spaces, commas or lines.
func listed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;，、；\r\n\t", r) })
}
