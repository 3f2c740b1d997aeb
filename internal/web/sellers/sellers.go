// Package sellers is the console's job of knowing who offers: the list of sellers, and each one's page with its
// listings, what people decided on them, and the brands it may sell.
package sellers

import (
	"embed"
	"net/http"
	"net/url"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "seller.html": sellerPage{}})

type pages struct {
	desk   *listings.Desk
	access *access.Service
}

// Job is the list of sellers and the page of each. It draws with words of the listings job, which must be served too.
func Job(desk *listings.Desk, people *access.Service) web.Job {
	p := &pages{desk, people}
	return web.Job{
		Rail:  ui.Entry{Name: "sellers.rail", Icon: "building-store", Path: "/sellers", Verb: access.SellerRead, Key: "g s"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /sellers", Verb: access.SellerRead, Handle: p.list},
			{Pattern: "GET /sellers/{seller}", Verb: access.SellerRead, Handle: p.seller},
			{Pattern: "POST /sellers/{seller}/people", Verb: access.PeopleManage, Handle: p.people},
			{Pattern: "GET /exports/sellers", Verb: access.SellerRead, Handle: p.export},
		},
	}
}

// Path is the address of a seller's page.
func Path(id market.SellerID) string { return "/sellers/" + url.PathEscape(string(id)) }

type listPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	market.Account
	Path  string
	Tally detect.Tally
}

// Suspected is how many of the seller's listings are fake or to review.
func (r row) Suspected() int64 { return r.Tally.Fake + r.Tally.Review }

// Listings is how many of the seller's listings were scanned.
func (r row) Listings() int64 { return r.Suspected() + r.Tally.Clear }

// orders are those a person may choose, beside the newest first.
var orders = []market.SellerOrder{market.LastJoined, market.LeastRated, market.SellerByName}

func filter(q ui.Query) market.SellerFilter {
	return market.SellerFilter{Text: q.Get("q"), Country: q.Get("country"), Order: market.SellerOrder(q.Get("sort")), After: q.After(), Limit: 50}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := filter(q)
	accounts, err := p.desk.Market.Sellers(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	total, err := p.desk.Market.CountSellers(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("sellers.title"), Lead: v.T("sellers.lead"), Wide: true}}
	if page.Rows, err = p.rows(r, v, accounts.Items); err != nil {
		return err
	}
	var menus []ui.Menu
	if country := q.Get("country"); country != "" {
		menus = append(menus, ui.Menu{Name: "country", Label: v.T("sellers.country"), Options: []ui.Option{{Value: country, Text: country, Count: -1}}})
	}
	sorts := ui.Menu{Name: "sort", Label: v.T("sellers.sort")}
	for _, o := range orders {
		sorts.Options = append(sorts.Options, ui.Option{Value: string(o), Text: v.T("sellers.sort." + string(o)), Count: -1})
	}
	menus = append(menus, sorts)
	saved, err := p.access.Views(r.Context(), v.User, "/sellers")
	if err != nil {
		return err
	}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("sellers.find")}, menus...)
	page.Filters.Saved = q.Saved(saved)
	values := r.URL.Query()
	values.Del("after")
	values.Set("format", "csv")
	page.Filters.Export = "/exports/sellers?" + values.Encode()
	page.Head = q.Head("", false, ui.Column{Label: v.T("sellers.seller")}, ui.Column{Label: v.T("sellers.country")}, ui.Column{Label: v.T("sellers.joined")},
		ui.Column{Label: v.T("sellers.ratings"), Number: true}, ui.Column{Label: v.T("sellers.positive"), Number: true},
		ui.Column{Label: v.T("sellers.suspected"), Number: true}, ui.Column{Label: v.T("sellers.listings"), Number: true})
	page.Pager = q.Pager(accounts.Next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "building-store", Title: v.T("sellers.none"), Text: v.T("sellers.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("sellers.nomatch"), Text: v.T("sellers.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/sellers"}}
	}
	return views.Render(w, r, page)
}

func (p *pages) rows(r *http.Request, v *ui.Visit, accounts []market.Account) ([]row, error) {
	ids := make([]market.SellerID, len(accounts))
	for i, a := range accounts {
		ids[i] = a.ID
	}
	tallies, err := p.desk.Detect.TallyOf(r.Context(), v.User, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(accounts))
	for i, a := range accounts {
		rows[i] = row{a, Path(a.ID), tallies[a.ID]}
	}
	return rows, nil
}

// export streams every seller of the filter, without a cap.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	write, end := listings.Exporter(w, "sellers", q.Get("format"), []string{"id", "name", "country", "joined", "ratings", "positive", "first_seen"})
	for a, err := range p.desk.Market.ExportSellers(r.Context(), v.User, filter(q)) {
		if err != nil {
			return err
		}
		if err := write(a.Seller, cells(a)); err != nil {
			return err
		}
	}
	return end()
}

type sellerPage struct {
	ui.Page
	Facts     []ui.Fact
	Row       row
	Offers    []offer
	All       string
	Brands    []authorised
	Decisions []ui.Event
	Invite    *ui.Confirm // nil where the reader invites nobody
}

// offer is one listing of the seller.
type offer struct {
	market.Record
	Path    string
	Verdict detect.Verdict
	Score   float64
}

// authorised is a brand that named the seller.
type authorised struct{ Name, Path string }

func (p *pages) seller(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id := market.SellerID(r.PathValue("seller"))
	account, err := p.desk.Market.Seller(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	rows, err := p.rows(r, v, []market.Account{account})
	if err != nil {
		return err
	}
	page := sellerPage{Row: rows[0], All: "/listings?seller=" + url.QueryEscape(string(id))}
	page.Page = ui.Page{Title: account.Name, Crumbs: []ui.Crumb{{Text: v.T("sellers.title"), Path: "/sellers"}}}
	if page.Title == "" {
		page.Title = string(id)
	}
	page.Facts = facts(v, account)
	if page.Offers, err = p.offers(r, v, id); err != nil {
		return err
	}
	granted, err := p.desk.Brand.AuthorisedFor(r.Context(), v.User, string(id))
	if err != nil {
		return err
	}
	for _, g := range granted {
		page.Brands = append(page.Brands, authorised{p.desk.BrandName(r.Context(), v.User, g.Brand), "/brands/" + url.PathEscape(string(g.Brand))})
	}
	if v.User.Reach(access.ReviewRead) != access.None {
		decided, err := p.desk.Enforce.Decisions(r.Context(), v.User, enforce.DecisionFilter{Seller: id, Limit: 20})
		if err != nil {
			return err
		}
		for _, d := range decided.Items {
			page.Decisions = append(page.Decisions, ui.Event{At: d.At, Who: d.ByName, What: listings.OutcomeDone(v, d.Outcome) + " · " + listings.ReasonName(v, d.Reason), Path: listings.Path(d.Listing)})
		}
	}
	if v.User.Can(access.PeopleManage) {
		page.Invite = &ui.Confirm{Label: v.T("sellers.invite"), Icon: "user-plus", Question: v.T("sellers.invite.question"), Yes: v.T("sellers.invite"), Path: Path(id) + "/people"}
	}
	return views.Render(w, r, page)
}

// people makes the organisation of a seller's people, unless there is one, and leads to where one of them is invited.
func (p *pages) people(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	account, err := p.desk.Market.Seller(r.Context(), v.User, market.SellerID(r.PathValue("seller")))
	if err != nil {
		return err
	}
	name := account.Name
	if name == "" {
		name = string(account.ID)
	}
	org, err := p.access.AddSeller(r.Context(), v.User, string(account.ID), name)
	if err != nil {
		return err
	}
	return web.Go(w, r, "/people/invite?organisation="+url.QueryEscape(string(org)))
}

func facts(v *ui.Visit, a market.Account) []ui.Fact {
	all := []ui.Fact{{Label: v.T("sellers.id"), Value: string(a.ID)}}
	add := func(word string, value any) { all = append(all, ui.Fact{Label: v.T(word), Value: value}) }
	if a.Country != "" {
		add("sellers.country", a.Country)
	}
	if a.Joined != "" {
		add("sellers.joined", a.Joined)
	}
	if a.Ratings != nil {
		add("sellers.ratings", v.Number(*a.Ratings))
	}
	if a.Positive != nil {
		add("sellers.positive", v.Percent(*a.Positive))
	}
	add("sellers.seen", a.FirstSeen)
	return all
}

// offers are the seller's newest listings with their verdicts.
func (p *pages) offers(r *http.Request, v *ui.Visit, id market.SellerID) ([]offer, error) {
	found, err := p.desk.Market.Listings(r.Context(), v.User, market.ListingFilter{Seller: id, Limit: 20})
	if err != nil {
		return nil, err
	}
	ids := make([]market.ListingID, len(found.Items))
	for i, rec := range found.Items {
		ids[i] = rec.ID
	}
	opinions, err := p.desk.Detect.OpinionsOf(r.Context(), v.User, ids)
	if err != nil {
		return nil, err
	}
	offers := make([]offer, len(found.Items))
	for i, rec := range found.Items {
		o := opinions[rec.ID]
		offers[i] = offer{rec, listings.Path(rec.ID), o.Verdict, o.Score}
	}
	return offers, nil
}
