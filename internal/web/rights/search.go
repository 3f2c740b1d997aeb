package rights

import (
	"io"
	"net/http"
	"slices"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type searchPage struct {
	ui.Page
	Tabs    []ui.Tab
	Words   string
	Picture *ui.Form // that sends one to be looked for; nil where none can be
	Told    string   // what a picture found
	Form    ui.Form
	Vaults  []vault
	Rows    []sightRow
	Refused []refusedRow // of what was sent
	Pager   ui.Pager
	Empty   *ui.Empty
}

type sightRow struct {
	enforce.Sight
	Price   string
	Checked bool
}

// refusedRow is a listing that was chosen and became no notice.
type refusedRow struct {
	Listing market.ListingID
	Why     string
}

func (p *pages) searchPage(r *http.Request) (page searchPage, err error) {
	v, q := ui.Here(r), ui.Ask(r)
	words := q.Get("q")
	found, err := p.enforce.Search(r.Context(), v.User, enforce.SightFilter{Text: words, After: q.After(), Limit: 100})
	if err != nil {
		return page, err
	}
	page = searchPage{Page: ui.Page{Title: v.T("rights.search"), Lead: v.T("rights.search.lead"), Crumbs: crumbs(v), Wide: true}, Tabs: tabs(v, "/rights/search"), Words: words}
	if words == "" && len(r.PostForm["listings"]) > 0 { // found by picture: what was chosen stays
		var chosen []market.ListingID
		for _, id := range r.PostForm["listings"] {
			chosen = append(chosen, market.ListingID(id))
		}
		if found.Items, err = p.enforce.Sights(r.Context(), v.User, chosen); err != nil {
			return page, err
		}
	}
	if p.enforce.Detect != nil {
		page.Picture = &ui.Form{Path: "/rights/search/picture", Submit: v.T("rights.search.picture.go"), Upload: true, Fields: []ui.Field{{Name: "picture", Label: v.T("rights.search.picture"), Hint: v.T("rights.search.picture.hint"), Type: "file", Accept: "image/*", Required: true}}}
	}
	for _, s := range found.Items {
		page.Rows = append(page.Rows, sightRow{Sight: s, Price: price(v, s), Checked: slices.Contains(r.PostForm["listings"], string(s.Listing))})
	}
	page.Form = noticeForm(v, "", "")
	page.Form.Path = "/rights/search"
	if asked := r.URL.RawQuery; asked != "" {
		page.Form.Path += "?" + asked
	}
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	switch {
	case words == "" && len(page.Rows) == 0:
		page.Empty = &ui.Empty{Icon: "search", Title: v.T("rights.search.begin"), Text: v.T("rights.search.begin.text")}
	case len(page.Rows) == 0:
		page.Empty = &ui.Empty{Icon: "search", Title: v.T("rights.search.none"), Text: v.T("rights.search.none.text")}
	}
	page.Vaults, _, err = p.vaults(r, enforce.RightID(r.PostForm.Get("right")))
	return page, err
}

// search finds listings by words, so that several can be chosen into one form.
func (p *pages) search(w http.ResponseWriter, r *http.Request) error {
	page, err := p.searchPage(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

// searchPicture finds listings that show a picture; nothing of it is kept.
func (p *pages) searchPicture(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	web.Upload(w, r, blob.MaxPictureBytes+(1<<16))
	file, _, err := r.FormFile("picture")
	var content []byte
	if err != nil {
		err = fault.Invalid.Say("Choose a picture.").At("picture").Because(err)
	} else {
		defer file.Close()
		content, err = io.ReadAll(io.LimitReader(file, blob.MaxPictureBytes+1))
	}
	var found []enforce.Sight
	more := false
	if err == nil {
		found, more, err = p.enforce.SearchPicture(r.Context(), v.User, content)
	}
	problems := v.Problems(err)
	if err != nil && problems == nil {
		return err
	}
	page, pageErr := p.searchPage(r)
	if pageErr != nil {
		return pageErr
	}
	if problems != nil {
		if page.Picture == nil {
			return err
		}
		page.Picture.Problems, page.Status = problems, web.Status(err)
		return views.Render(w, r, page)
	}
	for _, s := range found {
		page.Rows = append(page.Rows, sightRow{Sight: s, Price: price(v, s)})
	}
	page.Empty, page.Told = nil, v.N("rights.search.picture.found", len(found))
	if more {
		page.Told += " " + v.T("rights.search.picture.more")
	}
	return views.Render(w, r, page)
}

// fileChosen gives notice of the listings that were chosen; what is wrong with one keeps no other out.
func (p *pages) fileChosen(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	claim := claimOf(r.PostForm)
	var chosen []market.ListingID
	for _, id := range r.PostForm["listings"] {
		chosen = append(chosen, market.ListingID(id))
	}
	err := claim.Signed()
	var results []enforce.NoticeResult
	if err == nil {
		results, err = p.enforce.FileChosen(r.Context(), v.User, chosen, claim)
	}
	problems := v.Problems(err)
	if err != nil && problems == nil {
		return err
	}
	filed := 0
	var refused []refusedRow
	for i, one := range results {
		if one.Problem == nil {
			filed++
			continue
		}
		why := ""
		for _, problem := range v.Problems(one.Problem) {
			why += problem.Text + " "
		}
		refused = append(refused, refusedRow{chosen[i], why})
	}
	if problems == nil && len(refused) == 0 {
		return web.Done(w, r, "/rights", &ui.Toast{Text: v.N("rights.search.done", filed)})
	}
	page, pageErr := p.searchPage(r)
	if pageErr != nil {
		return pageErr
	}
	page.Form.Fill(r.PostForm).Problems = problems
	page.Refused = refused
	page.Status = http.StatusUnprocessableEntity
	return views.Render(w, r, page)
}
