package detect

import (
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// Verdict is what the machine makes of a listing. It is an opinion with evidence; only a decision (enforce) acts.
type Verdict string

// The verdicts.
const (
	Clear  Verdict = "clear"  // nothing to look at
	Review Verdict = "review" // a person should look
	Fake   Verdict = "fake"   // strong enough to act on before a person looks, where policy allows
)

// Signal is one piece of evidence and what it weighs.
type Signal struct {
	Name     string    `json:"name"`          // "brand-claimed", "price-low"; the catalogue of names is signals.go
	Weight   float64   `json:"weight"`        // in bits: +1 doubles the odds of a fake, negative speaks for genuine
	Evidence string    `json:"evidence"`      // in plain English words: what was seen and what it is held against; EvidenceIn has other languages
	Field    string    `json:"field"`         // the listing's field ("title", "seller.joined"), empty if several
	Start    int       `json:"start"`         // rune offsets into the field as given; 0, 0 when the whole field is meant
	End      int       `json:"end"`           //
	Args     Arguments `json:"args,omitzero"` // what the evidence says beyond its fixed words, for EvidenceIn
}

// Result is the machine's opinion of one listing. The JSON form is one line of scan's output.
type Result struct {
	ID      market.ListingID `json:"id"`
	Verdict Verdict          `json:"verdict"`
	Score   float64          `json:"score"` // probability of a fake, 0..1
	Brand   brand.ID         `json:"brand"` // the brand concerned, empty when none is
	Signals []Signal         `json:"signals"`
}
