package brands

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// maxUpload is how many bytes one upload of pictures may bring, all together.
const maxUpload = 64 << 20

// picturesShown is how many reference pictures a page of a brand shows.
const picturesShown = 24

// pictures is the part of a brand's page that shows the rights holder's own pictures.
type pictures struct {
	Count int64
	Most  int
	Shown []reference
	More  string // the address of further pictures; empty at the end
	Add   ui.Form
}

// reference is one of them.
type reference struct {
	Path, Caption, Remove, Label string
	At                           time.Time
	By                           string
}

// picturePath is the address of a reference picture.
func picturePath(id brand.ID, ref string) string {
	return Path(id) + "/pictures/" + url.PathEscape(strings.TrimPrefix(ref, "blob:"))
}

func (p *pages) pictures(r *http.Request, id brand.ID) (out pictures, err error) {
	v, q := ui.Here(r), ui.Ask(r)
	out.Most = brand.MaxPictures
	if out.Count, err = p.brands.CountPictures(r.Context(), v.User, id); err != nil {
		return out, err
	}
	page, err := p.brands.Pictures(r.Context(), v.User, id, brand.PictureFilter{After: q.Get("pictures"), Limit: picturesShown})
	if err != nil {
		return out, err
	}
	if page.Next != "" {
		out.More = q.With("pictures", page.Next) + "#pictures"
	}
	for _, one := range page.Items {
		label := one.Caption
		if label == "" {
			label = v.T("brands.pictures.unnamed")
		}
		at := picturePath(id, one.Ref)
		out.Shown = append(out.Shown, reference{at, one.Caption, at + "/remove", label, one.AddedAt, one.AddedBy})
	}
	out.Add = ui.Form{Path: Path(id) + "/pictures", Submit: v.T("brands.pictures.add"), Upload: true, Fields: []ui.Field{
		{Name: "pictures", Label: v.T("brands.pictures.files"), Type: "file", Several: true, Required: true, Accept: "image/jpeg,image/png,image/gif,image/webp,image/avif", Hint: v.T("brands.pictures.files.hint",
			"Most", v.Number(brand.MaxPicturesAtOnce), "Megabytes", v.Number(blob.MaxPictureBytes>>20))},
		{Name: "caption", Label: v.T("brands.pictures.caption"), Hint: v.T("brands.pictures.caption.hint")},
	}}
	return out, nil
}

// uploads are the pictures that a form has sent.
func uploads(r *http.Request) ([]brand.Upload, error) {
	if err := r.ParseMultipartForm(maxUpload / 8); err != nil {
		if errors.Is(err, http.ErrNotMultipart) {
			return nil, fault.Invalid.Say("Choose a picture.").At("pictures")
		}
		return nil, web.Unreadable(err)
	}
	var all []brand.Upload
	for _, header := range r.MultipartForm.File["pictures"] {
		if len(all) > brand.MaxPicturesAtOnce {
			break // one too many is enough to be told so
		}
		content, err := contentOf(header)
		if err != nil {
			return nil, web.Unreadable(err)
		}
		if len(content) > 0 {
			all = append(all, brand.Upload{Content: content, Caption: r.PostForm.Get("caption")})
		}
	}
	if len(all) == 0 {
		return nil, fault.Invalid.Say("Choose a picture.").At("pictures")
	}
	return all, nil
}

// contentOf is what a file of a form holds, up to one byte more than a picture may have.
func contentOf(header *multipart.FileHeader) ([]byte, error) {
	file, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, blob.MaxPictureBytes+1))
}

func (p *pages) addPictures(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), brand.ID(r.PathValue("brand"))
	web.Upload(w, r, maxUpload)
	all, err := uploads(r)
	if err == nil {
		_, err = p.brands.AddPictures(r.Context(), v.User, id, all...)
	}
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll() // what large uploads left in temporary files
	}
	if problems := v.Problems(err); problems != nil {
		page, pageErr := p.page(r)
		if pageErr != nil {
			return pageErr
		}
		page.Pictures.Add.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(id)+"#pictures", &ui.Toast{Text: v.N("brands.pictures.added", len(all))})
}

func (p *pages) removePicture(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), brand.ID(r.PathValue("brand"))
	if err := p.brands.RemovePicture(r.Context(), v.User, id, "blob:"+r.PathValue("picture")); err != nil {
		return err
	}
	return web.Done(w, r, Path(id)+"#pictures", &ui.Toast{Text: v.T("brands.pictures.removed")})
}

func (p *pages) picture(w http.ResponseWriter, r *http.Request) error {
	body, mediaType, err := p.brands.PictureContent(r.Context(), ui.Here(r).User, brand.ID(r.PathValue("brand")), "blob:"+r.PathValue("picture"))
	if err != nil {
		return err
	}
	return listings.ServePicture(w, body, mediaType)
}
