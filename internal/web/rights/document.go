package rights

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// maxUpload is how much a form with documents may send, in bytes; inMemory how much of it is not put on disk meanwhile.
const (
	maxUpload = 64 << 20
	inMemory  = 4 << 20
)

// acceptDocuments is what a browser offers to choose from.
const acceptDocuments = ".pdf,.jpg,.jpeg,.png,.gif,.webp,.avif"

// kept is a document that was sent with a form and is in the store, whether or not the form was accepted.
type kept struct {
	Hash blob.Hash
	Name string // as the person's device called it
}

// Value is what the form sends of it when it is sent again.
func (k kept) Value() string { return k.Hash.String() + " " + k.Name }

// readForm reads a form with files. The caller ends it.
func readForm(w http.ResponseWriter, r *http.Request, limit int64) (end func(), err error) {
	web.Upload(w, r, limit)
	err = r.ParseMultipartForm(inMemory)
	end = func() {
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll() // the system clears what stays
		}
	}
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return end, web.Unreadable(err)
	}
	return end, nil
}

// documents are those that the form kept from before and those it sends now, which it puts into the store. It returns fault.Invalid and fault.TooLarge
// at field for each that is none, with the others.
func (p *pages) documents(r *http.Request, field string) (all []kept, err error) {
	var wrong []error
	add := func(k kept) {
		for _, one := range all {
			if one.Hash == k.Hash {
				return
			}
		}
		all = append(all, k)
	}
	for _, value := range r.PostForm[field] {
		digits, name, _ := strings.Cut(value, " ")
		hash, err := blob.Parse(digits)
		if err != nil {
			continue
		}
		if has, err := p.store.Has(r.Context(), hash); err != nil {
			return all, err
		} else if has {
			add(kept{hash, short(name, 100)})
		}
	}
	if r.MultipartForm == nil {
		return all, nil
	}
	for _, header := range r.MultipartForm.File[field] {
		if header.Size == 0 {
			continue // nothing was chosen
		}
		hash, err := p.keep(r.Context(), header)
		if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge) {
			wrong = append(wrong, f.At(field))
			continue
		}
		if err != nil {
			return all, err
		}
		add(kept{hash, short(header.Filename, 100)})
	}
	return all, errors.Join(wrong...)
}

func (p *pages) keep(ctx context.Context, header *multipart.FileHeader) (blob.Hash, error) {
	file, err := header.Open()
	if err != nil {
		return blob.Hash{}, web.Unreadable(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, blob.MaxDocumentBytes+1))
	if err != nil {
		return blob.Hash{}, web.Unreadable(err)
	}
	if _, err := blob.CheckDocument(content); err != nil {
		return blob.Hash{}, err
	}
	hash, _, err := p.store.Put(ctx, bytes.NewReader(content), blob.MaxDocumentBytes)
	return hash, err
}

// giveOut sends a document to be kept by whoever asked. It is never shown in place: a PDF may hold scripts.
func (p *pages) giveOut(w http.ResponseWriter, r *http.Request, hash blob.Hash, name string) error {
	missing := fault.NotFound.Say("There is no such file.")
	if hash == (blob.Hash{}) {
		return missing
	}
	content, size, err := p.store.Get(r.Context(), hash)
	if err != nil {
		return err
	}
	defer content.Close()
	if size > blob.MaxDocumentBytes {
		return missing
	}
	body, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	mediaType, err := blob.CheckDocument(body) // the store keeps other things, too, and a program may name any
	if err != nil {
		return missing.Because(err)
	}
	_, kind, _ := strings.Cut(mediaType, "/")
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Disposition", `attachment; filename="ownmark-`+name+`.`+kind+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = w.Write(body) // a browser that went away needs none
	return nil
}

func (p *pages) noticeDocument(w http.ResponseWriter, r *http.Request) error {
	n, err := p.enforce.Notice(r.Context(), ui.Here(r).User, enforce.NoticeID(r.PathValue("notice")))
	if err != nil {
		return err
	}
	at, err := strconv.Atoi(r.PathValue("document"))
	if err != nil || at < 1 || at > len(n.Documents) {
		return fault.NotFound.Say("There is no such file.").Because(err)
	}
	return p.giveOut(w, r, n.Documents[at-1], "notice-document-"+strconv.Itoa(at))
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
