// Package search is the console's search over everything: brands, listings, sellers and people, each in what the
// person may see; and over listings by picture. An exact id of a listing or seller leads straight to its page.
package search

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/sellers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"search.html": searchPage{}})

type pages struct {
	market *market.Service
	brands *brand.Service
	people *access.Service
	detect *detect.Service
}

// Job is the page that the field in the top bar leads to.
func Job(m *market.Service, brands *brand.Service, people *access.Service, d *detect.Service) web.Job {
	p := &pages{m, brands, people, d}
	return web.Job{Views: views, Search: "/search", Routes: []web.Route{
		{Pattern: "GET /search", Verb: web.SignedIn, Handle: p.search},
		{Pattern: "POST /search", Verb: access.ListingRead, Handle: p.searchPicture},
	}}
}

type searchPage struct {
	ui.Page
	Asked   string
	Groups  []group
	Picture *pictureSearch // nil for those who may not see listings
	Found   *byPicture     // nil unless a picture was asked for
	Empty   ui.Empty
}

// group is the findings of one kind, at most shown, with a way to all of them.
type group struct {
	Title string
	Total int64  // 0 when they were not counted
	All   string // the address of all of them
	Hits  []hit
	More  bool // there are others than those shown
}

type hit struct{ Text, Note, Path string }

// shown is how many findings of a kind the page shows.
const shown = 8

func (p *pages) search(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	asked := strings.TrimSpace(r.URL.Query().Get("q"))
	if ref := r.URL.Query().Get("picture"); ref != "" && asked == "" && p.detect != nil {
		return p.searchPictureOf(w, r, ref)
	}
	page := searchPage{Page: ui.Page{Title: v.T("search.title")}, Asked: asked, Picture: p.picture(v)}
	if asked == "" {
		if page.Picture != nil {
			page.Picture.Open = true
		}
		page.Empty = ui.Empty{Icon: "search", Title: v.T("search.ask"), Text: v.T("search.ask.text")}
		return views.Render(w, r, page)
	}
	for _, find := range []func(*http.Request, *ui.Visit, string) (group, string, error){p.brandsNamed, p.listings, p.sellers, p.peopleNamed} {
		found, exact, err := find(r, v, asked)
		if errors.Is(err, fault.Forbidden) {
			continue // this kind is not for this role
		}
		if err != nil {
			return err
		}
		if exact != "" {
			return web.Go(w, r, exact)
		}
		if len(found.Hits) > 0 {
			page.Groups = append(page.Groups, found)
		}
	}
	if len(page.Groups) == 0 {
		page.Empty = ui.Empty{Icon: "zoom-question", Title: v.T("search.none", "Asked", asked), Text: v.T("search.none.text")}
	}
	return views.Render(w, r, page)
}

func (p *pages) listings(r *http.Request, v *ui.Visit, asked string) (group, string, error) {
	f := market.ListingFilter{Text: asked, Limit: shown}
	found, err := p.market.Listings(r.Context(), v.User, f)
	if err != nil {
		return group{}, "", err
	}
	g := group{Title: v.T("search.listings"), All: "/listings?q=" + url.QueryEscape(asked)}
	for _, rec := range found.Items {
		if string(rec.ID) == asked {
			return group{}, listings.Path(rec.ID), nil
		}
		g.Hits = append(g.Hits, hit{rec.Title, string(rec.ID), listings.Path(rec.ID)})
	}
	g.Total, err = p.market.CountListings(r.Context(), v.User, f)
	g.More = g.Total > shown
	return g, "", err
}

func (p *pages) sellers(r *http.Request, v *ui.Visit, asked string) (group, string, error) {
	f := market.SellerFilter{Text: asked, Limit: shown}
	found, err := p.market.Sellers(r.Context(), v.User, f)
	if err != nil {
		return group{}, "", err
	}
	g := group{Title: v.T("search.sellers"), All: "/sellers?q=" + url.QueryEscape(asked)}
	for _, a := range found.Items {
		if string(a.ID) == asked {
			return group{}, sellers.Path(a.ID), nil
		}
		g.Hits = append(g.Hits, hit{a.Name, string(a.ID), sellers.Path(a.ID)})
	}
	g.Total, err = p.market.CountSellers(r.Context(), v.User, f)
	g.More = g.Total > shown
	return g, "", err
}

func (p *pages) brandsNamed(r *http.Request, v *ui.Visit, asked string) (group, string, error) {
	f := brand.Filter{Text: asked, Limit: shown}
	found, err := p.brands.Brands(r.Context(), v.User, f)
	if err != nil {
		return group{}, "", err
	}
	g := group{Title: v.T("search.brands"), All: "/brands?q=" + url.QueryEscape(asked)}
	for _, b := range found.Items {
		g.Hits = append(g.Hits, hit{b.Name, strings.Join(b.Aliases[:min(len(b.Aliases), 3)], ", "), "/brands/" + url.PathEscape(string(b.ID))})
	}
	g.Total, err = p.brands.Count(r.Context(), v.User, f)
	g.More = g.Total > shown
	return g, "", err
}

func (p *pages) peopleNamed(r *http.Request, v *ui.Visit, asked string) (group, string, error) {
	found, next, err := p.people.People(r.Context(), v.User, access.PeopleFilter{Text: asked, Limit: shown})
	if err != nil {
		return group{}, "", err
	}
	g := group{Title: v.T("search.people"), All: "/people?q=" + url.QueryEscape(asked), More: next != ""}
	for _, one := range found {
		g.Hits = append(g.Hits, hit{one.Name, one.Email, "/people/" + url.PathEscape(string(one.ID))})
	}
	return g, "", nil
}
