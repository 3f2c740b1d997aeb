package makers

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/cultivate"
)

// Card is a section of a maker's page that another job contributes: what it knows of the maker, on a few lines, with the way to all of it.
type Card struct {
	Title string
	Lead  string // one sentence; may be empty
	Lines []Line
	More  string // the words of the link to the whole; empty: none
	Path  string // its address
}

// Line is one thing on a card.
type Line struct {
	Text   string
	Detail string // beside or below it; may be empty
	Path   string // where it is seen to; empty: nowhere
	Tag    *Badge // its state; nil where it has none
}

// Source gives a job's card about a maker that the person may see; nil where there is nothing to show to whoever asks. The sources are handed to Job where
// the console is wired, so that this package need not know them.
type Source func(r *http.Request, m cultivate.Maker) (*Card, error)

// cards are what the sources tell of a maker, in the order in which they were wired.
func (p *pages) cards(r *http.Request, m cultivate.Maker) (all []Card, err error) {
	for _, source := range p.sources {
		card, err := source(r, m)
		if err != nil {
			return nil, err
		}
		if card != nil {
			all = append(all, *card)
		}
	}
	return all, nil
}
