package detect

import (
	"strings"
	"sync"
	"time"

	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/engine/text"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/market"
)

// weighSeller fills what is known of who sells goods that claim, with a strength from 0 to 1, to be of brand p. What a listing does not
// say of its seller adds nothing either way.
func (w *work) weighSeller(c *catalogue, l *market.Listing, p *protected, claim float64, now clock.Clock) {
	s := &l.Seller
	if s.ID != "" && p.authorised[s.ID] {
		w.x[sellerAuthorised] = 1
		w.where[sellerAuthorised] = span{field: "seller.id", mention: -1}
		w.x[talkWholesale], w.x[brandUndeclared] = 0, 0
		return
	}
	if claim == 0 {
		return
	}
	trading := !secondHand(l)
	if s.ID != "" && p.sellers && trading {
		w.x[sellerUnauthorised] = claim
		w.where[sellerUnauthorised] = span{field: "seller.id", mention: -1}
	}
	w.weighName(c, l, p, claim)
	w.weighRecord(l, claim, now)
	w.weighStock(l, p, claim)
	if s.Country != "" && l.ShipsFrom != "" && elsewhere(s.Country, l.ShipsFrom) {
		w.x[shipsElsewhere] = claim
		w.where[shipsElsewhere] = span{field: "ships_from", mention: -1}
	}
}

// weighName: a seller whom the brand has not authorised and whose name says it is the brand's own store is pretending. Where nobody said who
// is authorised, the name proves nothing either way.
func (w *work) weighName(c *catalogue, l *market.Listing, p *protected, claim float64) {
	if l.Seller.Name == "" || !p.sellers {
		return
	}
	named, store := false, false
	w.matches = c.matcher.Find(w.matches[:0], l.Seller.Name)
	for _, m := range w.matches {
		e := &c.entries[m.Name]
		store = store || e.cue == official
		for _, o := range e.owners {
			named = named || o.kind <= aliasEntry && o.brand == w.concerned
		}
	}
	if !store {
		store = officialSounding(l.Seller.Name)
	}
	switch {
	case named && store:
		w.x[sellerLookalike] = claim
	case named && !secondHand(l):
		w.x[sellerLookalike] = 0.4 * claim
	default:
		return
	}
	w.where[sellerLookalike] = span{field: "seller.name", end: runes(l.Seller.Name), mention: -1}
}

// officialSounding sees "Officiall" and "0fficial", which no list of words has.
func officialSounding(name string) bool {
	var matches [4]text.Match
	return len(pretence().Find(matches[:0], name)) > 0
}

const (
	newDays         = 180     // an account younger than this is new
	establishedDays = 3 * 365 // one older than this has stood for a while
)

// weighRecord fills the age of the account and what buyers said.
func (w *work) weighRecord(l *market.Listing, claim float64, now clock.Clock) {
	s := &l.Seller
	aged := false
	if joined, err := time.Parse(time.DateOnly, s.Joined); err == nil {
		at := l.ListedAt
		if at.IsZero() {
			at = now()
		}
		w.age = max(at.Sub(joined).Hours()/24, 0)
		aged = true
	}
	ratings, positive := int64(-1), 1.0
	if s.Ratings != nil {
		ratings = *s.Ratings
	}
	if s.Positive != nil {
		positive = *s.Positive
	}
	// A newcomer with one item is a person with a wardrobe; one with a stock is a trader without a past.
	trader := 1.0
	if l.Quantity != nil && *l.Quantity <= 2 {
		trader = 0.3
	}
	if aged {
		w.x[sellerNew] = claim * trader * score.Ramp(w.age, 2*newDays, newDays/3)
		w.where[sellerNew] = span{field: "seller.joined", mention: -1}
	}
	if aged && ratings >= 0 {
		w.x[sellerEstablished] = score.Ramp(w.age, establishedDays/2, establishedDays) * score.Ramp(float64(ratings), 20, 500) * score.Ramp(positive, 0.9, 0.96)
		w.where[sellerEstablished] = span{field: "seller.joined", mention: -1}
	}
	if ratings >= 10 && s.Positive != nil {
		w.x[sellerPoor] = claim * score.Ramp(positive, 0.93, 0.8)
		w.where[sellerPoor] = span{field: "seller.positive", mention: -1}
	}
}

// weighStock: three thousand dollars' worth of a brand is what a person or a small shop may have; the dearer the brand, the fewer items that
// is. The measure is how many times tenfold the stock exceeds it.
func (w *work) weighStock(l *market.Listing, p *protected, claim float64) {
	if l.Quantity == nil || secondHand(l) {
		return
	}
	r, trust := p.priceOf(l.Category, w.line)
	if trust == 0 {
		return
	}
	usual := max(3000/r.typical, 1)
	w.x[stockBulk] = claim * score.Decades(float64(*l.Quantity)/usual, 2)
	w.where[stockBulk] = span{field: "quantity", mention: -1}
}

// elsewhere reports whether goods are said to ship from another country than the seller's, as far as the text ends in a country's code.
func elsewhere(country, shipsFrom string) bool {
	at := strings.LastIndexAny(shipsFrom, ", ")
	code := shipsFrom[at+1:]
	return at >= 0 && len(code) == 2 && code == strings.ToUpper(code) && code != strings.ToUpper(country)
}

// pretence finds words for an official store through their misspellings.
var pretence = sync.OnceValue(func() *text.Matcher {
	m, err := text.NewMatcher([]text.Name{{Text: "Official"}, {Text: "Officiel"}, {Text: "Flagship"}}, text.Options{})
	if err != nil {
		panic(err) // three names fit
	}
	return m
})
