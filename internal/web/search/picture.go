package search

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/sellers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// byPicture is what a search by picture found.
type byPicture struct {
	Asked      string // where the picture asked for is shown; empty for one that was sent, which is not kept
	Held       int
	References []official
	Listings   []alike
	More       bool
}

// official is a rights holder's picture.
type official struct {
	Brand, Path, Src, Near string
}

// alike is a listing with a picture near to the one asked for.
type alike struct {
	Title, Path        string
	Seller, SellerPath string
	Src                string // of its picture
	Near               string // in words
	Verdict            detect.Verdict
	Score              float64
	Fake               bool // found by a person
	Past               bool // the listing shows the picture no more
}

// pictureForm is the part of the page that takes a picture.
func pictureForm(v *ui.Visit) ui.Form {
	return ui.Form{Path: "/search", Submit: v.T("search.picture.go"), Upload: true, Fields: []ui.Field{
		{Name: "picture", Label: v.T("search.picture.file"), Type: "file", Accept: "image/jpeg,image/png,image/gif,image/webp,image/avif", Hint: v.T("search.picture.file.hint", "Megabytes", v.Number(blob.MaxPictureBytes>>20))},
		{Name: "ref", Label: v.T("search.picture.ref"), Hint: v.T("search.picture.ref.hint")},
	}}
}

// sentPicture is the picture of a form, or the reference pasted into it.
func sentPicture(r *http.Request) (content []byte, ref string, err error) {
	if err := r.ParseMultipartForm(blob.MaxPictureBytes / 4); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, "", web.Unreadable(err)
	}
	file, header, err := r.FormFile("picture")
	if err == nil {
		defer file.Close()
		if header.Size > 0 {
			content, err = io.ReadAll(io.LimitReader(file, blob.MaxPictureBytes+1))
			return content, "", err
		}
	}
	if ref = strings.TrimSpace(r.PostFormValue("ref")); ref == "" {
		return nil, "", fault.Invalid.Say("Choose a picture, or paste its reference.").At("picture")
	}
	return nil, ref, nil
}

// searchPicture answers a picture that was sent.
func (p *pages) searchPicture(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	web.Upload(w, r, blob.MaxPictureBytes+1<<20)
	content, ref, err := sentPicture(r)
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	}
	if err == nil && ref != "" {
		return web.Go(w, r, "/search?picture="+url.QueryEscape(ref))
	}
	var found detect.PicturesFound
	if err == nil {
		found, err = p.detect.FindPicture(r.Context(), v.User, content)
	}
	return p.answer(w, r, found, "", err)
}

// searchPictureOf answers a picture that is kept here.
func (p *pages) searchPictureOf(w http.ResponseWriter, r *http.Request, ref string) error {
	found, err := p.detect.FindPictureOf(r.Context(), ui.Here(r).User, ref)
	return p.answer(w, r, found, ref, err)
}

// answer shows what was found, or what is wrong with the picture.
func (p *pages) answer(w http.ResponseWriter, r *http.Request, found detect.PicturesFound, ref string, err error) error {
	v := ui.Here(r)
	page := searchPage{Page: ui.Page{Title: v.T("search.title")}, Picture: p.picture(v)}
	if page.Picture == nil {
		return v.User.May(access.ListingRead, "")
	}
	problems := v.Problems(err)
	if problems == nil && fault.Of(err) == fault.NotFound {
		f, _ := fault.As(err)
		problems = []ui.Problem{{Field: "ref", Text: v.Sentence(f)}}
	}
	if problems != nil {
		page.Picture.Form.Fill(url.Values{"ref": {ref}}).Problems = problems
		page.Picture.Open, page.Status = true, web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	if page.Found, err = p.alike(r, v, found); err != nil {
		return err
	}
	if ref != "" {
		page.Found.Asked = listings.PicturePath(ref)
	}
	if len(page.Found.Listings)+len(page.Found.References) == 0 {
		page.Empty = ui.Empty{Icon: "zoom-question", Title: v.T("search.picture.none"), Text: v.T("search.picture.none.text", "Count", v.Number(found.Held))}
	}
	return views.Render(w, r, page)
}

// alike puts what was found into words.
func (p *pages) alike(r *http.Request, v *ui.Visit, found detect.PicturesFound) (*byPicture, error) {
	out := &byPicture{Held: found.Held, More: found.More}
	for _, one := range found.References {
		b, err := p.brands.Get(r.Context(), v.User, one.Brand)
		if kind := fault.Of(err); kind == fault.NotFound || kind == fault.Forbidden {
			continue
		}
		if err != nil {
			return nil, err
		}
		out.References = append(out.References, official{b.Name, "/brands/" + url.PathEscape(string(b.ID)) + "#pictures", listings.PicturePath(one.Ref), near(v, one.Likeness)})
	}
	ids := make([]market.ListingID, len(found.Listings))
	for i, one := range found.Listings {
		ids[i] = one.Listing
	}
	records, err := p.market.Many(r.Context(), v.User, ids)
	if err != nil {
		return nil, err
	}
	opinions, err := p.detect.OpinionsOf(r.Context(), v.User, ids)
	if err != nil {
		return nil, err
	}
	for _, one := range found.Listings {
		rec, known := records[one.Listing]
		if !known {
			continue // its pictures were looked at, and then it was not taken in
		}
		a := alike{Title: rec.Title, Path: listings.Path(rec.ID), Src: listings.PicturePath(one.Ref), Near: near(v, one.Likeness),
			Verdict: opinions[rec.ID].Verdict, Score: opinions[rec.ID].Score, Fake: one.Fake, Past: !slices.Contains(rec.Images, one.Ref)}
		if rec.Seller.ID != "" {
			a.Seller, a.SellerPath = rec.Seller.Name, sellers.Path(rec.Seller.ID)
			if a.Seller == "" {
				a.Seller = string(rec.Seller.ID)
			}
		}
		out.Listings = append(out.Listings, a)
	}
	return out, nil
}

// near is a likeness in words.
func near(v *ui.Visit, l detect.Likeness) string {
	text := v.T("search.picture.near." + string(l.Closeness()))
	switch {
	case l.Turn.Mirrored():
		text = v.T("search.picture.mirrored", "Near", text)
	case l.Turn != 0:
		text = v.T("search.picture.turned", "Near", text)
	}
	return text
}

// picture is the way to search by picture, for those who may see listings.
func (p *pages) picture(v *ui.Visit) *pictureSearch {
	if p.detect == nil || v.User.May(access.ListingRead, "") != nil {
		return nil
	}
	return &pictureSearch{Form: pictureForm(v)}
}

// pictureSearch is the form, open or folded.
type pictureSearch struct {
	Form ui.Form
	Open bool
}
