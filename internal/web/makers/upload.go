package makers

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// Upload puts the files of a field of a form about a maker into the store, and reads the rest of the form. Who does not see the maker leaves nothing there. It returns
// fault.NotFound for them, and what papers.Form and papers.Take return.
func Upload(w http.ResponseWriter, r *http.Request, programme *cultivate.Service, store *blob.Store, field string) ([]cultivate.SentFile, error) {
	if _, err := programme.Maker(r.Context(), ui.Here(r).User, ID(r)); err != nil {
		return nil, err
	}
	end, err := papers.Form(w, r, papers.MaxUpload)
	defer end()
	if err != nil {
		return nil, err
	}
	kept, err := papers.Take(r, store, field)
	var sent []cultivate.SentFile
	for _, k := range kept {
		sent = append(sent, cultivate.SentFile{Hash: k.Hash, Name: k.Name})
	}
	return sent, err
}
