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
	r = w.adapt(r, p, l.Category)
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
	deviations := r.deviations(price)
	low := score.Ramp(deviations, 1.85, 3.15)
	w.x[priceLow] = trust * low
	most := 4.0
	if claim < 0.5 {
		most = 1 // a thing that costs a hundredth and is hardly said to be of the brand is another thing
	}
	w.x[priceFarBelow] = trust * score.Doublings(r.low/2/price, most)
	w.x[pricePlausible] = claim * score.Ramp(deviations, 1.9, 1.2)
	if w.x[sellerUnauthorised] > 0 {
		w.x[priceUnauthorised] = trust * score.Ramp(deviations, 1.2, 2.6)
	}
}

// adapt is the reference for the kind of goods that the text names. A model's own price is of its kind already, but for children's sizes.
func (w *work) adapt(r reference, p *protected, category string) reference {
	volume := 1.0
	if category == "beauty" {
		if ml := millilitres(w.text); ml > 0 {
			volume = volumeShare(ml)
		}
	}
	if w.line >= 0 {
		if w.makeup.child {
			r = r.scaled(childShare)
		}
		return r.scaled(volume)
	}
	share, known := w.makeup.share(p.usual[category])
	share *= volume
	r = r.scaled(share)
	if known {
		r.low = max(r.low, r.typical*kindSpread) // goods of one kind differ less among themselves than all goods of the brand do
	}
	return r
}

// kindSpread is the least share of the usual price that a brand's cheap goods of one kind cost: exp(-1.645 × 0.55).
const kindSpread = 0.40

// volumeShare is what a bottle costs beside the usual one of fifty to a hundred millilitres: less, but more by the millilitre.
func volumeShare(ml float64) float64 {
	switch {
	case ml <= 3:
		return 0.08
	case ml <= 10:
		return 0.2
	case ml <= 20:
		return 0.4
	case ml <= 30:
		return 0.6
	case ml <= 60:
		return 0.8
	}
	return 1
}

// scaled is the reference for goods that cost a share of the brand's usual ones. What is cheap already does not get cheaper.
func (r reference) scaled(share float64) reference {
	const floor = 15 // US dollars
	share = max(share, min(1, floor/r.typical))
	return reference{r.low * share, r.typical * share}
}
