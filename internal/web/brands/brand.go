package brands

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// fresh is how long after a change the page says that listings are being scanned again. Nothing tells when the last
// of them is done, so the page says "may", not "will".
const fresh = time.Hour

type brandPage struct {
	ui.Page
	Brand    brand.Brand
	Changed  time.Time // of the last change that matters to scanning; zero when it is long ago
	Facts    []ui.Fact
	Listings string // the address of the listings that concern the brand; empty when the person may not see them
	Prices   []price
	Sellers  []seller
	More     string // the address of further sellers; empty at the end
	May      bool   // the person may edit
	Add      ui.Form
	Pictures pictures
	Past     []ui.Event
	Earlier  string      // the address of earlier changes; empty at the end
	End      *ui.Confirm // archives or restores; nil when the person may not edit
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
	v, q := ui.Here(r), ui.Ask(r)
	b, err := p.brands.Get(r.Context(), v.User, brand.ID(r.PathValue("brand")))
	if err != nil {
		return brandPage{}, err
	}
	say, err := p.words(r)
	if err != nil {
		return brandPage{}, err
	}
	page := brandPage{Brand: b, May: v.User.May(access.BrandEdit, b.Organisation) == nil}
	page.Page = ui.Page{Title: b.Name, Crumbs: []ui.Crumb{{Text: v.T("brands.title"), Path: "/brands"}}}
	if page.May {
		page.Actions = []ui.Action{{Text: v.T("brands.edit"), Path: Path(b.ID) + "/edit", Icon: "pencil", Key: "e", Primary: true}}
		page.End = end(v, b)
	}
	if v.User.Can(access.ListingRead) {
		page.Listings = "/listings?brand=" + url.QueryEscape(string(b.ID))
	}
	page.Facts = facts(say, b, page.Listings)
	for _, c := range brand.Categories {
		if cost, ok := b.Prices[c]; ok {
			page.Prices = append(page.Prices, price{listings.CategoryName(v, c), cost.Currency, cost.Low, cost.Typical})
		}
	}
	named, err := p.brands.Sellers(r.Context(), v.User, b.ID, brand.SellerFilter{After: q.Get("sellers"), Limit: 50})
	if err != nil {
		return brandPage{}, err
	}
	if named.Next != "" {
		page.More = q.With("sellers", named.Next)
	}
	for _, a := range named.Items {
		at := "/sellers/" + url.PathEscape(a.Seller)
		page.Sellers = append(page.Sellers, seller{a, at, Path(b.ID) + at + "/remove"})
	}
	page.Add = ui.Form{Path: Path(b.ID) + "/sellers", Submit: v.T("brands.sellers.add"), Fields: []ui.Field{
		{Name: "sellers", Label: v.T("brands.sellers.ids"), Type: "textarea", Rows: 3, Hint: v.T("brands.sellers.hint"), Required: true},
	}}
	if page.Pictures, err = p.pictures(r, b.ID); err != nil {
		return brandPage{}, err
	}
	past, err := p.brands.History(r.Context(), v.User, b.ID, q.Get("earlier"), 20)
	if err != nil {
		return brandPage{}, err
	}
	if past.Next != "" {
		page.Earlier = q.With("earlier", past.Next)
	}
	for _, c := range past.Items {
		page.Past = append(page.Past, say.event(c))
		if page.Changed.IsZero() && q.Get("earlier") == "" && matters(c) && v.Now.Sub(c.At) < fresh {
			page.Changed = c.At
		}
	}
	return page, nil
}

// facts are what the brand's page says at its head.
func facts(say words, b brand.Brand, offered string) []ui.Fact {
	v := say.v
	all := []ui.Fact{{Label: v.T("brands.id"), Value: string(b.ID)}}
	add := func(label, value, path string) {
		if value != "" {
			all = append(all, ui.Fact{Label: v.T(label), Value: value, Path: path})
		}
	}
	add("brands.organisation", say.organisation(string(b.Organisation)), "")
	add("brands.aliases", strings.Join(b.Aliases, v.T("brands.comma")), "")
	add("brands.categories", kinds(v, b.Categories), "")
	if b.Ambiguous {
		add("brands.ambiguous", v.T("brands.ambiguous.yes"), "")
	}
	add("brands.nice_classes", classes(b.NiceClasses), "")
	add("brands.note", b.Note, "")
	if offered != "" {
		add("brands.listings", v.T("brands.listings.all"), offered)
	}
	if v.User.Can(access.ReviewRead) {
		add("brands.suspected", v.T("brands.queue"), "/review?brand="+url.QueryEscape(string(b.ID)))
	}
	return all
}

// end is the way to archive a brand, or to take an archived one up again.
func end(v *ui.Visit, b brand.Brand) *ui.Confirm {
	if b.Archived.IsZero() {
		return &ui.Confirm{Label: v.T("brands.archive"), Icon: "ban", Question: v.T("brands.archive.question"), Yes: v.T("brands.archive"), Path: Path(b.ID) + "/archive", Danger: true}
	}
	return &ui.Confirm{Label: v.T("brands.restore"), Icon: "refresh", Question: v.T("brands.restore.question"), Yes: v.T("brands.restore"), Path: Path(b.ID) + "/restore"}
}

func (p *pages) archive(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), brand.ID(r.PathValue("brand"))
	if err := p.brands.Archive(r.Context(), v.User, id); err != nil {
		return err
	}
	return web.Done(w, r, Path(id), &ui.Toast{Text: v.T("brands.archived.done"), Undo: &ui.Undo{Path: Path(id) + "/restore", Key: "u"}})
}

func (p *pages) restore(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), brand.ID(r.PathValue("brand"))
	if err := p.brands.Restore(r.Context(), v.User, id); err != nil {
		return err
	}
	return web.Done(w, r, Path(id), &ui.Toast{Text: v.T("brands.restored.done")})
}

func (p *pages) authorise(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	var named []brand.Authorisation
	for _, id := range listed(r.PostForm.Get("sellers")) {
		named = append(named, brand.Authorisation{Seller: id})
	}
	err := error(fault.Invalid.Say("This must not be empty.").At("sellers"))
	if len(named) > 0 {
		err = p.brands.Authorise(r.Context(), v.User, brand.ID(r.PathValue("brand")), named...)
	}
	if problems := v.Problems(err); problems != nil {
		page, pageErr := p.page(r)
		if pageErr != nil {
			return pageErr
		}
		for i := range problems {
			problems[i].Field = "sellers" // the form has but this one
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
