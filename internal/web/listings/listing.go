package listings

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type listingPage struct {
	ui.Page
	Dossier Dossier
	Bar     Bar
}

func (p *pages) listing(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), market.ListingID(r.PathValue("listing"))
	dossier, err := p.desk.Open(r.Context(), v, id)
	if err != nil {
		return err
	}
	dossier.Alone = true
	return views.Render(w, r, listingPage{
		Page:    ui.Page{Title: short(dossier.Record.Title, 80), Bare: true, Wide: true},
		Dossier: dossier, Bar: NewBar(v, &dossier, Path(id), Path(id)),
	})
}

// short is a text of at most so many runes, for a window's title.
func short(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return strings.TrimSpace(string(runes[:most-1])) + "…"
	}
	return text
}

// pictureTypes are what a browser is allowed to draw of what a listing brings along; an SVG could run a script.
var pictureTypes = map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true, "image/avif": true}

func (p *pages) picture(w http.ResponseWriter, r *http.Request) error {
	ref := r.PathValue("ref")
	if u, err := url.Parse(ref); p.pictures == nil || err != nil || u.Scheme != "" && u.Scheme != "blob" || u.Host != "" {
		return fault.NotFound.Say("There is no such picture.").Because(err)
	}
	body, mediaType, err := p.pictures.Picture(r.Context(), ref)
	if err != nil {
		return err
	}
	return ServePicture(w, body, mediaType)
}

// ServePicture answers with a picture that a stranger may have made: as what it is, and as nothing that could do anything.
func ServePicture(w http.ResponseWriter, body []byte, mediaType string) error {
	if !pictureTypes[mediaType] {
		return fault.NotFound.Say("There is no such picture.")
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Disposition", "inline")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=3600")
	if _, err := w.Write(body); err != nil {
		return nil //nolint:nilerr // the browser went away: there is nobody to tell
	}
	return nil
}
