package detect

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// catalogue is the brands compiled for scanning: one automaton for all names, hints and cues, and what a mention of each means.
type catalogue struct {
	brands  []protected
	byID    map[brand.ID]int32 // index into brands
	matcher *text.Matcher
	entries []entry // by Match.Name
}

// protected is a brand with what scanning asks of it.
type protected struct {
	id         brand.ID
	name       string
	categories map[string]bool
	authorised map[market.SellerID]bool
	sellers    bool // somebody said who may sell, be it nobody
	prices     map[string]reference
	cheapest   reference // of prices; zero when there is none
	tier       float64   // how many times as dear as the mass market, in the geometric mean; 0 when no price is known
	lines      []pricedLine
	usual      map[string]float64 // by category, the share of the brand's usual kind of goods; see usualShares
	piece      float64            // US dollars for each piece at the least; 0 for goods not counted so
}

type pricedLine struct {
	name     string // the first of its names, which stands for it in a PriceBook
	category string
	special  bool
	reference
}

// entryKind says what a string of the automaton is.
type entryKind uint8

const (
	nameEntry  entryKind = iota // the brand's name
	aliasEntry                  // another name of it
	hintEntry                   // what the trade calls it
	lineEntry                   // a model with a price of its own; says nothing of the brand
	cueEntry                    // no brand at all
)

// entry is one string of the automaton.
type entry struct {
	kind      entryKind
	cue       cue
	ambiguous bool
	short     string  // of a name of several words one that has three letters at most, folded: typos are not made in it
	owners    []owner // whose it is; several brands may share a name
}

type owner struct {
	brand int32
	line  int32     // index into protected.lines, -1 for none
	kind  entryKind // what the string is for this brand: "Gucci" names a brand, and a line of shoes that another made with it
}

// compile makes the catalogue. Brands of one name are told apart by category later.
func compile(brands []brand.Brand) (*catalogue, error) {
	c := &catalogue{brands: make([]protected, len(brands)), byID: make(map[brand.ID]int32, len(brands))}
	var names []text.Name
	index := map[string]int{}
	add := func(name string, e entry) {
		if name = strings.TrimSpace(name); name == "" {
			return
		}
		key := strings.ToLower(name)
		at, seen := index[key]
		if !seen {
			index[key] = len(names)
			for i := range e.owners {
				e.owners[i].kind = e.kind
			}
			e.short = shortWord(key)
			names = append(names, text.Name{Text: name, Ambiguous: e.ambiguous})
			c.entries = append(c.entries, e)
			return
		}
		c.entries[at].join(e)
	}
	for i := range brands {
		c.byID[brands[i].ID] = int32(i)
		c.protect(int32(i), &brands[i], add)
	}
	for _, c := range cues {
		for _, phrase := range c.phrases {
			add(phrase, entry{kind: cueEntry, cue: c.cue, ambiguous: true})
		}
	}
	for i, k := range kindsOfGoods {
		for _, phrase := range k.phrases {
			add(phrase, entry{kind: cueEntry, cue: firstKind + cue(i), ambiguous: true})
		}
	}
	matcher, err := text.NewMatcher(names, text.Options{})
	if err != nil {
		return nil, fmt.Errorf("compile brands: %w", err)
	}
	c.matcher = matcher
	return c, nil
}

// shortWord is the first word of at most three letters in a name of several, empty when there is none.
func shortWord(name string) string {
	words := strings.Fields(name)
	if len(words) < 2 || !ascii(name) {
		return ""
	}
	for _, word := range words {
		if len(word) <= 3 {
			return word
		}
	}
	return ""
}

// join adds what a string means for another brand, or means besides.
func (e *entry) join(other entry) {
	if e.cue == noCue {
		e.cue = other.cue
	}
	for i := range other.owners {
		other.owners[i].kind = other.kind
	}
	switch {
	case other.kind == cueEntry:
		return
	case e.kind == cueEntry:
		e.kind, e.ambiguous, e.owners = other.kind, other.ambiguous, other.owners
		return
	case other.kind < e.kind:
		e.kind, e.ambiguous = other.kind, other.ambiguous
	case other.kind == e.kind:
		e.ambiguous = e.ambiguous || other.ambiguous
	}
	for _, o := range other.owners {
		at := slices.IndexFunc(e.owners, func(have owner) bool { return have.brand == o.brand })
		if at < 0 {
			e.owners = append(e.owners, o)
			continue
		}
		e.owners[at].line, e.owners[at].kind = max(e.owners[at].line, o.line), min(e.owners[at].kind, o.kind)
	}
}

func (c *catalogue) protect(i int32, b *brand.Brand, add func(string, entry)) {
	p := &c.brands[i]
	*p = protected{id: b.ID, name: b.Name, categories: map[string]bool{}, prices: map[string]reference{}, sellers: b.AuthorisedSellers != nil}
	for _, category := range b.Categories {
		p.categories[category] = true
	}
	if len(b.AuthorisedSellers) > 0 {
		p.authorised = make(map[market.SellerID]bool, len(b.AuthorisedSellers))
		for _, seller := range b.AuthorisedSellers {
			p.authorised[market.SellerID(seller)] = true
		}
	}
	tiers, logs := 0.0, 0.0
	for category, price := range b.Prices {
		r, ok := newReference(price)
		if !ok {
			continue
		}
		p.prices[category] = r
		p.categories[category] = true
		if p.cheapest.low == 0 || r.low < p.cheapest.low {
			p.cheapest = r
		}
		if usual, ok := massMarket[category]; ok {
			tiers++
			logs += math.Log(r.typical / usual.typical)
		}
	}
	if tiers > 0 {
		p.tier = math.Exp(logs / tiers)
	}
	p.usual = usualShares(b.Name)
	known := knownLore()[foldName(b.Name)]
	ambiguous := map[string]bool{}
	if known != nil {
		for _, name := range known.Ambiguous {
			ambiguous[foldName(name)] = true
		}
	}
	of := func(line int) []owner { return []owner{{brand: i, line: int32(line)}} }
	add(b.Name, entry{kind: nameEntry, ambiguous: b.Ambiguous || slight(b.Name), owners: of(-1)})
	for _, alias := range b.Aliases {
		add(alias, entry{kind: aliasEntry, ambiguous: ambiguous[foldName(alias)] || slight(alias), owners: of(-1)})
	}
	if known == nil {
		return
	}
	for _, model := range known.Models {
		add(model, entry{kind: aliasEntry, ambiguous: ambiguous[foldName(model)] || slight(model), owners: of(-1)})
	}
	for _, hint := range known.Hints {
		add(hint, entry{kind: hintEntry, ambiguous: ambiguous[foldName(hint)] || slight(hint), owners: of(-1)})
	}
	p.piece = known.DollarsPerPiece
	for _, l := range known.Lines {
		p.lines = append(p.lines, pricedLine{l.Names[0], l.Category, l.Special, reference{low: l.Low, typical: l.Typical}})
		for _, name := range l.Names {
			// "AirPods Pro" is found where "AirPods" would be, so it stands for the brand as well as that does.
			e := entry{kind: lineEntry, ambiguous: true, owners: of(len(p.lines) - 1)}
			for _, alias := range append([]string{b.Name}, b.Aliases...) {
				if contains(name, alias) && !ambiguous[foldName(alias)] && !slight(alias) && !(b.Ambiguous && alias == b.Name) {
					e.kind, e.ambiguous = aliasEntry, false
				}
			}
			add(name, e)
		}
	}
}

// contains reports whether a name has another within it, by whole words where they are written with spaces.
func contains(name, part string) bool {
	name, part = " "+strings.ToLower(name)+" ", strings.ToLower(part)
	return strings.Contains(name, " "+part+" ") || !ascii(part) && strings.Contains(name, part)
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// slight reports whether a name is too slight to stand for a brand by itself: a number, or fewer than three letters of an alphabet.
func slight(name string) bool {
	letters, han := 0, 0
	for _, r := range name {
		switch {
		case r >= 0x2e80:
			han++
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0xc0:
			letters++
		}
	}
	return han == 0 && letters < 3 || han == 1 && letters <= 1
}

// priceOf is what goods of the brand cost in a category, and how far that can be trusted from 0 to 1.
func (p *protected) priceOf(category string, line int32) (reference, float64) {
	if line >= 0 {
		if l := p.lines[line]; l.category == category || category == "" {
			return l.reference, 1
		}
	}
	if r, ok := p.prices[category]; ok {
		return r, 1
	}
	if p.tier == 0 {
		return reference{}, 0
	}
	if r, ok := massMarket[category]; ok {
		// A house that is thirty times as dear as others in bags is so in watches, more or less; what it sells at the counter for scent is
		// within reach of many.
		dear := p.tier
		if p.tier > 1 {
			dear = math.Pow(p.tier, tierElsewhere(category))
		}
		return reference{low: r.low * dear * 0.6, typical: r.typical * dear}, 0.7
	}
	return reference{low: p.cheapest.low / 2, typical: p.cheapest.typical}, 0.5
}

// tierElsewhere is how far a house's prices in a category whose prices are not known follow those in others, as an exponent.
func tierElsewhere(category string) float64 {
	switch category {
	case "shoes", "apparel", "bags", "watches":
		return 1
	case "accessories":
		return 0.75
	}
	return 0.5
}

// massMarket is what goods of ordinary brands cost new, in US dollars: the measure of how dear a brand is. Rough estimates.
var massMarket = map[string]reference{
	"shoes": {45, 90}, "apparel": {18, 45}, "bags": {35, 85}, "watches": {50, 140}, "accessories": {18, 55},
	"beauty": {10, 28}, "toys": {9, 28}, "electronics": {25, 110}, "appliances": {30, 120},
}

// reference is what genuine new goods cost, in US dollars.
type reference struct{ low, typical float64 }

func newReference(p brand.Price) (reference, bool) {
	low, ok := market.ToUSD(p.Low, p.Currency)
	typical, also := market.ToUSD(p.Typical, p.Currency)
	if !ok || !also || !(typical > 0) {
		return reference{}, false
	}
	if !(low > 0) {
		low = typical / 3
	}
	return reference{low, max(typical, low)}, true
}

// deviations is how many robust standard deviations a price lies below the typical one, in log space: low, the 5th percentile, lies 1.645 below.
func (r reference) deviations(price float64) float64 {
	sigma := max(math.Log(r.typical/r.low)/1.645, 0.25)
	return math.Log(r.typical/price) / sigma
}

func runes(s string) int { return utf8.RuneCountInString(s) }
