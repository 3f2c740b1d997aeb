package cases

import (
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type documentsPage struct {
	ui.Page
	Tabs   []ui.Tab
	Rows   []paper
	Attach *ui.Form
	Empty  ui.Empty
}

type paper struct {
	enforce.CaseDocument
	Path, Long string
}

func (p *pages) documents(w http.ResponseWriter, r *http.Request) error {
	return p.showDocuments(w, r, nil)
}

func (p *pages) showDocuments(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, err := p.cases.Case(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	all, err := p.cases.Documents(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := documentsPage{Empty: ui.Empty{Icon: "file-text", Title: v.T("cases.documents.none"), Text: v.T("cases.documents.none.text")}}
	page.Page, page.Tabs = frame(v, m, "documents")
	for _, d := range all {
		page.Rows = append(page.Rows, paper{d, Path(m.ID, "documents/"+d.Hash), size(v, d.Size)})
	}
	if mayEdit(v, m) {
		page.Attach = &ui.Form{Path: Path(m.ID, "documents"), Submit: v.T("cases.attach"), Upload: true, Fields: []ui.Field{{Name: "papers", Label: v.T("cases.papers"), Hint: v.T("cases.papers.hint"), Type: "file", Required: true, Accept: papers.Accept, Several: true},
			{Name: "note", Label: v.T("cases.note.short"), Max: "200"}}}
	}
	if err := refill(v, r, &page.Page, page.Attach, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

// size is so many bytes in kilobytes or megabytes.
func size(v *ui.Visit, bytes int64) string {
	if bytes < 1<<20 {
		return v.Number((bytes+1023)>>10) + " KB"
	}
	return v.Decimal(float64(bytes)/(1<<20), 1) + " MB"
}

func (p *pages) attach(w http.ResponseWriter, r *http.Request) error {
	end, err := papers.Form(w, r, papers.MaxUpload)
	defer end()
	if err != nil {
		return err
	}
	v := ui.Here(r)
	hashes, err := p.attachAll(r, v, "papers", r.PostFormValue("note"))
	if err == nil && len(hashes) == 0 {
		err = fault.Invalid.Say("Choose a file.").At("papers")
	}
	if mendable(err) {
		return p.showDocuments(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(caseID(r), "documents"), &ui.Toast{Text: v.T("cases.attached")})
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	d, content, err := p.cases.OpenDocument(r.Context(), ui.Here(r).User, caseID(r), r.PathValue("document"))
	if err != nil {
		return err
	}
	defer content.Close()
	return giveOut(w, d.MediaType, "ownmark-document-"+d.Hash[:12], d.Size, content)
}

// giveOut sends a file to be kept by whoever asked. It is never shown in place: a PDF may hold scripts.
func giveOut(w http.ResponseWriter, mediaType, name string, bytes int64, content io.Reader) error {
	ending := map[string]string{"application/pdf": ".pdf", "application/zip": ".zip", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/avif": ".avif"}[mediaType]
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.FormatInt(bytes, 10))
	h.Set("Content-Disposition", `attachment; filename="`+name+ending+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = io.Copy(w, content) // a browser that went away needs none
	return nil
}

type bundlesPage struct {
	ui.Page
	Tabs  []ui.Tab
	Rows  []bundled
	Ask   *ui.Form
	Empty ui.Empty
}

type bundled struct {
	enforce.Bundle
	Path    string // to download; empty while there is nothing
	Long    string
	Count   int // of its files
	Trouble string
	Headway headway
}

// headway is how far a bundle is; it asks again by itself until it is over.
type headway struct {
	Refresh  string
	Tag      badge
	Progress ui.Progress
	Making   bool
}

func bundlePath(b enforce.Bundle) string {
	return Path(b.Case, "bundles/"+url.PathEscape(string(b.ID)))
}

func headwayOf(v *ui.Visit, b enforce.Bundle) headway {
	look := map[enforce.BundleState][2]string{enforce.BundleAsked: {"quiet", "hourglass"}, enforce.BundleMaking: {"info", "loader-2"}, enforce.BundleReady: {"good", "shield-check"}, enforce.BundleFailed: {"bad", "alert-triangle"}}[b.State]
	h := headway{Tag: badge{look[0], look[1], v.T("cases.bundle." + string(b.State))}}
	if !b.Over() {
		h.Refresh, h.Making = bundlePath(b)+"/headway", true
		h.Progress = ui.Progress{Label: v.T("cases.bundle.files"), Done: int(b.Done), Max: int(b.Files)}
	}
	return h
}

func (p *pages) bundles(w http.ResponseWriter, r *http.Request) error {
	return p.showBundles(w, r, nil)
}

func (p *pages) showBundles(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, err := p.cases.Case(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	all, err := p.cases.Bundles(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := bundlesPage{Empty: ui.Empty{Icon: "shield-check", Title: v.T("cases.bundles.none"), Text: v.T("cases.bundles.none.text")}}
	page.Page, page.Tabs = frame(v, m, "bundles")
	for _, b := range all {
		one := bundled{Bundle: b, Count: int(b.Files), Headway: headwayOf(v, b)}
		if b.State == enforce.BundleReady {
			one.Long = size(v, b.Size)
			if v.User.Can(access.BundleMake) {
				one.Path = bundlePath(b)
			}
		}
		if b.Problem != "" {
			one.Trouble = b.Problem
		}
		page.Rows = append(page.Rows, one)
	}
	if v.User.Can(access.BundleMake) {
		page.Ask = &ui.Form{Path: Path(m.ID, "bundles"), Submit: v.T("cases.bundle.ask"), Fields: []ui.Field{{Name: "language", Label: v.T("cases.bundle.language"), Type: "select", Required: true, Value: v.Language, Options: []ui.Option{{Value: "en", Text: "English"}, {Value: "zh", Text: "中文"}}}}}
	}
	if err := refill(v, r, &page.Page, page.Ask, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) headway(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	all, err := p.cases.Bundles(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	for _, b := range all {
		if string(b.ID) != r.PathValue("bundle") {
			continue
		}
		if b.Over() {
			w.Header().Set("HX-Refresh", "true") // the page then offers the download
		}
		return views.Fragment(w, r, headwayOf(v, b))
	}
	return fault.NotFound.Say("There is no such bundle.")
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	_, err := p.cases.AskBundle(r.Context(), v.User, caseID(r), r.PostFormValue("language"))
	if mendable(err) {
		return p.showBundles(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(caseID(r), "bundles"), &ui.Toast{Text: v.T("cases.bundle.asked.toast")})
}

func (p *pages) bundle(w http.ResponseWriter, r *http.Request) error {
	b, content, err := p.cases.OpenBundle(r.Context(), ui.Here(r).User, caseID(r), enforce.BundleID(r.PathValue("bundle")))
	if err != nil {
		return err
	}
	defer content.Close()
	return giveOut(w, "application/zip", "ownmark-bundle-"+b.Manifest[:12], b.Size, content)
}
