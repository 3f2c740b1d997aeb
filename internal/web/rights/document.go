package rights

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// maxUpload is how much a form with documents may send, in bytes.
const maxUpload = papers.MaxUpload

// acceptDocuments is what a browser offers to choose from.
const acceptDocuments = papers.Accept

// kept is a document that was sent with a form and is in the store, whether or not the form was accepted.
type kept = papers.Kept

// readForm reads a form with files. The caller ends it.
func readForm(w http.ResponseWriter, r *http.Request, limit int64) (end func(), err error) {
	return papers.Form(w, r, limit)
}

// documents are those that the form kept from before and those it sends now.
func (p *pages) documents(r *http.Request, field string) ([]kept, error) {
	return papers.Take(r, p.store, field)
}

func (p *pages) giveOut(w http.ResponseWriter, r *http.Request, hash blob.Hash, name string) error {
	return papers.GiveOut(w, r, p.store, hash, name)
}

func (p *pages) noticeDocument(w http.ResponseWriter, r *http.Request) error {
	n, err := p.enforce.Notice(r.Context(), ui.Here(r).User, enforce.NoticeID(r.PathValue("notice")))
	if err != nil {
		return err
	}
	return papers.GiveOutOne(w, r, p.store, n.Documents, r.PathValue("document"), "notice-document")
}

func (p *pages) rightDocument(w http.ResponseWriter, r *http.Request) error {
	right, err := p.enforce.Right(r.Context(), ui.Here(r).User, enforce.RightID(r.PathValue("right")))
	if err != nil {
		return err
	}
	return p.giveOut(w, r, right.Document, "right-certificate")
}

// short is a text of at most so many runes.
func short(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
