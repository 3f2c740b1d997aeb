// Package papers takes the documents that people send with forms, keeps them while a form is mended, and gives them out again to be kept by whoever asked.
package papers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
)

// How much a form with documents may send, in bytes, and how much of it is not put on disk meanwhile.
const (
	MaxUpload = 64 << 20
	inMemory  = 4 << 20
)

// Accept is what a browser offers to choose from.
const Accept = ".pdf,.jpg,.jpeg,.png,.gif,.webp,.avif"

// Kept is a document that was sent with a form and is in the store, whether or not the form was accepted.
type Kept struct {
	Hash blob.Hash
	Name string // as the person's device called it
	Size int64  // in bytes; 0 for one that was kept from before
}

// Value is what the form sends of it when it is sent again.
func (k Kept) Value() string { return k.Hash.String() + " " + k.Name }

// Hashes are those of the documents.
func Hashes(all []Kept) []blob.Hash {
	hashes := make([]blob.Hash, len(all))
	for i, k := range all {
		hashes[i] = k.Hash
	}
	return hashes
}

// Form reads a form with files of at most limit bytes. The caller ends it.
func Form(w http.ResponseWriter, r *http.Request, limit int64) (end func(), err error) {
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

// Take is the documents that the form kept from before and those it sends now, which are put into the store. It returns fault.Invalid and fault.TooLarge
// at field for each that is none, with the others.
func Take(r *http.Request, store *blob.Store, field string) (all []Kept, err error) {
	var wrong []error
	add := func(k Kept) {
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
		if has, err := store.Has(r.Context(), hash); err != nil {
			return all, err
		} else if has {
			add(Kept{Hash: hash, Name: short(name, 100)})
		}
	}
	if r.MultipartForm == nil {
		return all, nil
	}
	for _, header := range r.MultipartForm.File[field] {
		if header.Size == 0 {
			continue // nothing was chosen
		}
		hash, size, err := keep(r.Context(), store, header)
		if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge) {
			wrong = append(wrong, f.At(field))
			continue
		}
		if err != nil {
			return all, err
		}
		add(Kept{hash, short(header.Filename, 100), size})
	}
	return all, errors.Join(wrong...)
}

func keep(ctx context.Context, store *blob.Store, header *multipart.FileHeader) (blob.Hash, int64, error) {
	file, err := header.Open()
	if err != nil {
		return blob.Hash{}, 0, web.Unreadable(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, blob.MaxDocumentBytes+1))
	if err != nil {
		return blob.Hash{}, 0, web.Unreadable(err)
	}
	if _, err := blob.CheckDocument(content); err != nil {
		return blob.Hash{}, 0, err
	}
	return store.Put(ctx, bytes.NewReader(content), blob.MaxDocumentBytes)
}

// read is a document out of the store with its media type. It returns fault.NotFound for what is none: the store keeps other things, too, and a program may
// name any.
func read(ctx context.Context, store *blob.Store, hash blob.Hash) (body []byte, mediaType string, err error) {
	missing := fault.NotFound.Say("There is no such file.")
	if hash == (blob.Hash{}) {
		return nil, "", missing
	}
	content, size, err := store.Get(ctx, hash)
	if err != nil {
		return nil, "", err
	}
	defer content.Close()
	if size > blob.MaxDocumentBytes {
		return nil, "", missing
	}
	if body, err = io.ReadAll(content); err != nil {
		return nil, "", err
	}
	if mediaType, err = blob.CheckDocument(body); err != nil {
		return nil, "", missing.Because(err)
	}
	return body, mediaType, nil
}

// IsPicture reports whether a document is a picture, which a page can show by its address; else it is a PDF.
func IsPicture(ctx context.Context, store *blob.Store, hash blob.Hash) (bool, error) {
	_, mediaType, err := read(ctx, store, hash)
	return strings.HasPrefix(mediaType, "image/"), err
}

// GiveOut sends a document to be kept by whoever asked, under a name of small letters, digits and hyphens: a name somebody gave a file could break out of the header,
// or end in .exe. It is never shown in place: a PDF may hold scripts.
func GiveOut(w http.ResponseWriter, r *http.Request, store *blob.Store, hash blob.Hash, name string) error {
	body, mediaType, err := read(r.Context(), store, hash)
	if err != nil {
		return err
	}
	_, kind, _ := strings.Cut(mediaType, "/")
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Disposition", `attachment; filename="ownmark-`+unsafe.ReplaceAllString(strings.ToLower(name), "-")+`.`+kind+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = w.Write(body) // a browser that went away needs none
	return nil
}

var unsafe = regexp.MustCompile(`[^a-z0-9]+`)

// GiveOutOne gives out one of several documents, by its number from 1 as an address has it.
func GiveOutOne(w http.ResponseWriter, r *http.Request, store *blob.Store, all []blob.Hash, number, name string) error {
	at, err := strconv.Atoi(number)
	if err != nil || at < 1 || at > len(all) {
		return fault.NotFound.Say("There is no such file.").Because(err)
	}
	return GiveOut(w, r, store, all[at-1], name+"-"+strconv.Itoa(at))
}

// short is a text of at most so many runes.
func short(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
