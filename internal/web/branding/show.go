package branding

import (
	"net/http"
	"slices"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type showPage struct {
	ui.Page
	Name, Also string
	Logo       string // its address; empty: none
	Story      string
	About      string // for whom, for what
	Facts      []ui.Fact
	Honest     string // what the page vouches for, and what not
}

// show is a brand's page for buyers: who makes it, where, and what is on record, in words of the maker where they are the maker's.
func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	b, err := p.cultivate.ShowBrand(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	page := showPage{Page: ui.Page{Title: b.Name.Name}, Name: b.Name.Name, Story: given(b, "story"), About: given(b, "positioning"), Honest: v.T("branding.show.honest")}
	if len(b.Name.Also) > 0 {
		page.Also = b.Name.Also[0]
	}
	if b.Name.Logo != (blob.Hash{}) {
		page.Logo = "/b/" + b.Page.Slug + "/logo"
	}
	page.Facts = []ui.Fact{{Label: v.T("branding.show.maker"), Value: b.Maker.Name}, {Label: v.T("branding.show.place"), Value: b.Maker.Place}, {Label: v.T("branding.show.since"), Value: v.Day(b.Page.PublishedAt)}}
	for _, f := range b.Filings {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("branding.show.mark"), Value: f.Office + " " + f.Number + " · " + filingTag(v, f.State).Text})
	}
	return views.Render(w, r, page)
}

// given is what a maker wrote in a line of its brand file that was accepted.
func given(b cultivate.Shown, item string) string {
	at := slices.IndexFunc(b.Entries, func(e cultivate.BrandEntry) bool { return e.Item.ID == item && e.State == cultivate.EntryAccepted })
	if at < 0 {
		return ""
	}
	return b.Entries[at].Words
}

func (p *pages) shownLogo(w http.ResponseWriter, r *http.Request) error {
	b, err := p.cultivate.ShowBrand(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	return papers.GiveOut(w, r, p.store, b.Name.Logo, "logo")
}
