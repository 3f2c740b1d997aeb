package detect

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math"
	"slices"

	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// PriceBook is what honest sellers were seen to ask for a brand's goods: by brand, category and model line, for each of a sample of sellers a
// sketch of prices in US dollars. It corrects the prices that a rights holder states, or stands in where none are stated.
//
// It is made to be hard to poison. Only Scanner.Learn decides who teaches it: authorised sellers, and established ones whose listing was
// clear. In what it says each seller counts for a few prices at most, however many were seen, and no line is believed on the word of
// fewer than three sellers. What it says moves a stated price by half at most.
//
// It is small and mergeable: a cell keeps the sellers whose hashes are lowest, which is a fair sample of all however the listings were divided
// and in whatever order the parts are merged. The zero value is empty and ready. It is not safe for concurrent use.
type PriceBook struct {
	cells map[cellKey]*priceCell
}

type cellKey struct {
	brand    brand.ID
	category string
	line     string // the first name of a model line; empty for the brand's goods of the category
}

func (k cellKey) compare(other cellKey) int {
	return cmp.Or(cmp.Compare(k.brand, other.brand), cmp.Compare(k.category, other.category), cmp.Compare(k.line, other.line))
}

// priceCell is the sellers seen, by rising hash.
type priceCell struct{ sellers []pricedBy }

type pricedBy struct {
	seller uint64
	prices score.Sketch
}

const (
	cellSellers = 64 // are kept in a cell, those with the lowest hashes
	sellerVotes = 8  // a seller counts for at most

	fewestSellers = 3
	fewestVotes   = 10
	statedVotes   = 20 // what a stated price counts for beside what is seen
)

// Observe counts one price, in US dollars, that a seller asks. Who may teach is for the caller to say; Scanner.Learn does.
func (b *PriceBook) Observe(of brand.ID, category, line string, seller market.SellerID, dollars float64) {
	if of == "" || seller == "" || !(dollars > 0) || math.IsInf(dollars, 1) {
		return
	}
	if p := b.cell(cellKey{of, category, line}).of(hashOfSeller(seller)); p != nil {
		p.Add(dollars)
	}
}

func (b *PriceBook) cell(k cellKey) *priceCell {
	if b.cells == nil {
		b.cells = map[cellKey]*priceCell{}
	}
	c := b.cells[k]
	if c == nil {
		c = &priceCell{}
		b.cells[k] = c
	}
	return c
}

// of is the sketch of a seller, nil when the cell is full of sellers with lower hashes.
func (c *priceCell) of(seller uint64) *score.Sketch {
	at, found := slices.BinarySearchFunc(c.sellers, seller, func(p pricedBy, seller uint64) int { return cmp.Compare(p.seller, seller) })
	if found {
		return &c.sellers[at].prices
	}
	if at == cellSellers {
		return nil
	}
	c.sellers = slices.Insert(c.sellers, at, pricedBy{seller: seller})
	c.sellers = c.sellers[:min(len(c.sellers), cellSellers)]
	return &c.sellers[at].prices
}

func hashOfSeller(id market.SellerID) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	x := h.Sum64() // ids that differ in their last character must not lie beside each other: the finaliser of SplitMix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Merge adds what other has seen. Parts merged in any order and grouping make the same book.
func (b *PriceBook) Merge(other *PriceBook) {
	for k, theirs := range other.cells {
		ours := b.cell(k)
		for i := range theirs.sellers {
			if p := ours.of(theirs.sellers[i].seller); p != nil {
				p.Merge(&theirs.sellers[i].prices)
			}
		}
	}
}

// ByBrand divides the book into one for each brand; they share its cells.
func (b *PriceBook) ByBrand() map[brand.ID]*PriceBook {
	all := map[brand.ID]*PriceBook{}
	for k, c := range b.cells {
		one := all[k.brand]
		if one == nil {
			one = &PriceBook{cells: map[cellKey]*priceCell{}}
			all[k.brand] = one
		}
		one.cells[k] = c
	}
	return all
}

// Empty reports whether nothing was seen.
func (b *PriceBook) Empty() bool { return len(b.cells) == 0 }

// seen is what the sellers of a cell ask at the least and usually, and for how many votes that counts; no votes when they are too few to be
// believed.
func (c *priceCell) seen() (r reference, votes float64) {
	if len(c.sellers) < fewestSellers {
		return reference{}, 0
	}
	type weighed struct{ price, votes float64 }
	var all []weighed
	for i := range c.sellers {
		p := &c.sellers[i].prices
		each := min(float64(p.Count()), sellerVotes) / float64(p.Count())
		p.Each(func(price float64, count uint64) { all = append(all, weighed{price, each * float64(count)}) })
		votes += min(float64(p.Count()), sellerVotes)
	}
	if votes < fewestVotes {
		return reference{}, 0
	}
	slices.SortFunc(all, func(a, b weighed) int { return cmp.Compare(a.price, b.price) })
	quantile := func(q float64) float64 {
		below := 0.0
		for _, w := range all {
			if below += w.votes; below >= q*votes {
				return w.price
			}
		}
		return all[len(all)-1].price
	}
	return reference{quantile(0.05), quantile(0.5)}, votes
}

// blend moves a stated price, which counts for so many votes, towards what was seen: in proportion to the votes and on the scale of ratios. No
// more than by half, for what honest sellers ask cannot be far from what the rights holder says; and the low price by a quarter upwards
// at most, for suspected listings teach nothing, so that what is seen lacks its cheapest part.
func blend(stated reference, worth float64, seen reference, votes float64) reference {
	if votes == 0 {
		return stated
	}
	if worth == 0 {
		return reference{min(seen.low, seen.typical), seen.typical}
	}
	towards := votes / (votes + worth)
	mix := func(a, b float64) float64 { return math.Exp((1-towards)*math.Log(a) + towards*math.Log(b)) }
	typical := min(max(mix(stated.typical, seen.typical), stated.typical/1.5), stated.typical*1.5)
	low := min(max(mix(stated.low, seen.low), stated.low/1.5), stated.low*1.25)
	return reference{min(low, typical), typical}
}

// inform puts what was seen into the references of a catalogue.
func (b *PriceBook) inform(c *catalogue) {
	index := make(map[brand.ID]*protected, len(c.brands))
	for i := range c.brands {
		index[c.brands[i].id] = &c.brands[i]
	}
	for k, cell := range b.cells {
		p := index[k.brand]
		if p == nil {
			continue
		}
		seen, votes := cell.seen()
		if votes == 0 {
			continue
		}
		if k.line == "" {
			stated, worth := p.prices[k.category], float64(statedVotes)
			if stated.typical == 0 {
				worth = 0
			}
			p.prices[k.category] = blend(stated, worth, seen, votes)
			continue
		}
		for i := range p.lines {
			if l := &p.lines[i]; l.name == k.line && l.category == k.category {
				l.reference = blend(l.reference, statedVotes, seen, votes)
			}
		}
	}
}

// Learn lets a listing that the scanner has judged teach the book what honest sellers ask. Most may not: the verdict must be clear, the
// seller authorised or long established, the goods new and said to be the brand's, and nothing but price said of them. A book made of a
// chunk of listings is small; merge it into the one that is kept. r is what Scan said of l.
func (s *Scanner) Learn(book *PriceBook, l *market.Listing, r Result) {
	if r.Verdict != Clear || r.Brand == "" || l.Seller.ID == "" || l.Category == "" || l.Price == nil || secondHand(l) {
		return
	}
	w := s.work.Get().(*work)
	defer s.work.Put(w)
	defer w.release()
	w.read(s.catalogue, l, s.now)
	if w.teaches() {
		if dollars, ok := market.ToUSD(*l.Price, l.Currency); ok {
			p := &s.catalogue.brands[w.concerned]
			line := ""
			if w.line >= 0 {
				line = p.lines[w.line].name
			}
			book.Observe(p.id, l.Category, line, l.Seller.ID, dollars/w.relative(p, l.Category))
		}
	}
}

// teaches reports whether what was read is honest enough to learn a price from.
func (w *work) teaches() bool {
	if w.concerned < 0 || w.x[brandClaimed] < 0.8 || w.worn {
		return false
	}
	if w.x[sellerAuthorised] == 0 && w.x[sellerEstablished] < 0.5 {
		return false
	}
	for _, f := range []feature{brandOtherwise, brandOwn, brandMix, brandDisguised, termReplica, termGrade, termSource, termEvasion, partOnly, priceFarBelow, goodsUsed, specificationImplausible} {
		if w.x[f] != 0 {
			return false
		}
	}
	return true
}

// relative is what goods of the kind that was read cost beside the brand's usual ones, so that socks and coats teach one price.
func (w *work) relative(p *protected, category string) float64 {
	r, trust := p.priceOf(category, w.line)
	if trust == 0 {
		return 1
	}
	return w.adapt(r, p, category).typical / r.typical
}

const bookVersion = 1

// MarshalBinary is the book's binary form, the same for equal books: the version and the number of cells; for each, rising, its three names,
// the number of sellers and for each its hash and its sketch, every string and sketch with its length before it.
func (b *PriceBook) MarshalBinary() ([]byte, error) {
	keys := make([]cellKey, 0, len(b.cells))
	for k := range b.cells {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, cellKey.compare)
	out := binary.AppendUvarint([]byte{bookVersion}, uint64(len(keys)))
	var sketch []byte
	for _, k := range keys {
		for _, name := range []string{string(k.brand), k.category, k.line} {
			out = append(binary.AppendUvarint(out, uint64(len(name))), name...)
		}
		c := b.cells[k]
		out = binary.AppendUvarint(out, uint64(len(c.sellers)))
		for i := range c.sellers {
			var err error
			if sketch, err = c.sellers[i].prices.AppendBinary(sketch[:0]); err != nil {
				return nil, err
			}
			out = binary.BigEndian.AppendUint64(out, c.sellers[i].seller)
			out = append(binary.AppendUvarint(out, uint64(len(sketch))), sketch...)
		}
	}
	return out, nil
}

var errBook = errors.New("detect: this is no price book")

// UnmarshalBinary reads the binary form in place of what the book holds. It returns an error, and leaves the book as it was, for bytes that
// MarshalBinary would not write.
func (b *PriceBook) UnmarshalBinary(data []byte) error {
	if len(data) == 0 || data[0] != bookVersion {
		return errBook
	}
	r := bookReader{rest: data[1:]}
	cells := map[cellKey]*priceCell{}
	var last cellKey
	for i := range r.number() {
		k := cellKey{brand.ID(r.bytes()), string(r.bytes()), string(r.bytes())}
		c := r.cell()
		if r.broken || k.brand == "" || i > 0 && last.compare(k) >= 0 {
			return errBook
		}
		cells[k], last = c, k
	}
	if r.broken || len(r.rest) > 0 {
		return errBook
	}
	b.cells = cells
	return nil
}

// bookReader reads the binary form from its front; once something was wrong it is broken and gives nothing more.
type bookReader struct {
	rest   []byte
	broken bool
}

// number is a count of things that take a byte each at the least.
func (r *bookReader) number() uint64 {
	x, n := binary.Uvarint(r.rest)
	if r.broken || n <= 0 || n > 1 && r.rest[n-1] == 0 || x > uint64(len(r.rest)-n) {
		r.broken = true
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

func (r *bookReader) bytes() []byte {
	n := r.number()
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *bookReader) cell() *priceCell {
	n := r.number()
	if n == 0 || n > cellSellers {
		r.broken = true
	}
	c := &priceCell{}
	for !r.broken && uint64(len(c.sellers)) < n {
		if len(r.rest) < 8 {
			r.broken = true
			return c
		}
		p := pricedBy{seller: binary.BigEndian.Uint64(r.rest)}
		r.rest = r.rest[8:]
		if err := p.prices.UnmarshalBinary(r.bytes()); err != nil || p.prices.Count() == 0 || len(c.sellers) > 0 && c.sellers[len(c.sellers)-1].seller >= p.seller {
			r.broken = true
			return c
		}
		c.sellers = append(c.sellers, p)
	}
	return c
}
