package detect

import (
	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/internal/market"
)

// weighPrice fills what the price says of goods that claim, with a strength from 0 to 1, to be of a brand.
func (w *work) weighPrice(l *market.Listing, p *protected, claim float64) {
	if l.Price == nil || !(*l.Price > 0) || claim == 0 {
		return
	}
	price, ok := market.ToUSD(*l.Price, l.Currency)
	if !ok {
		return
	}
	r, trust := p.priceOf(l.Category, w.line)
	if trust == 0 {
		return
	}
	if w.line < 0 {
		r = r.smaller(w.share)
	}
	w.price, w.reference = price, r
	// Worn goods may cost a fifth of new ones, and a lone item whatever its owner likes: a low price says little of either.
	trust *= claim
	if secondHand(l) {
		trust *= 0.25
	} else if w.worn {
		trust *= 0.6
	} else if l.Quantity != nil && *l.Quantity == 1 {
		trust *= 0.6
	}
	if w.x[partOnly] > 0 {
		trust *= 0.3
	}
	for _, f := range []feature{priceLow, priceFarBelow, pricePlausible, priceUnauthorised} {
		w.where[f] = span{field: "price", mention: -1}
	}
	// The 5th percentile lies 1.645 deviations below. A little under it, and a reference is rough; one and a half under it this is no
	// bargain. From half the low price on each halving adds the same again.
	low := score.Ramp(r.deviations(price), 1.85, 3.15)
	w.x[priceLow] = trust * low
	most := 4.0
	if claim < 0.5 {
		most = 1 // a thing that costs a hundredth and is hardly said to be of the brand is another thing
	}
	w.x[priceFarBelow] = trust * score.Doublings(r.low/2/price, most)
	w.x[pricePlausible] = claim * score.Ramp(price/r.low, 0.75, 1.1)
	if w.x[sellerUnauthorised] > 0 {
		w.x[priceUnauthorised] = trust * low
	}
}

// smaller is the reference for goods that cost a share of the brand's usual ones. What is cheap already does not get cheaper.
func (r reference) smaller(share float64) reference {
	const floor = 15 // US dollars
	share = max(share, min(1, floor/r.typical))
	return reference{r.low * share, r.typical * share}
}
