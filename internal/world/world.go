// Package world makes a marketplace that never was: workshops in four industrial belts, the sellers' accounts they and
// others keep, listings with generated pictures, and the truth about each: who makes fakes, who is tied to whom. It
// feeds the demo, the end-to-end tests, the load tests and the rooms that need to know how far their figures are from
// the truth.
//
// Everything here is simulated. It is never mixed with real data, and each page that shows it says so. People, shops,
// workshops and their own labels are invented; identifiers are well formed but of ranges nobody is given (see
// identity.go); brands are named only as those whose goods are sold or copied. Pictures are drawn, and carry abstract
// shapes where a mark would be, never a logo.
//
// A world is a function of its Options alone: the same options give the same listings on any platform. Listing number
// i depends on the seed and on i, not on the listings before it, so millions are made without keeping one.
//
// The simulation is simpler than life in ways that matter when figures are read: each listing has one tactic; text is
// composed from a grammar (words/*.txt), so a model that learns from it learns the grammar too; sellers do not react
// to what is done about them. Figures taken on it are for finding regressions, not for quoting.
package world

import (
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
)

// Options say how large a world to make and when. The zero value of each field but Brands is a good default.
type Options struct {
	Seed      uint64
	Brands    []brand.Brand // whose goods are sold and copied; required
	Listings  int           // 3,000 unless told
	Sellers   int           // two for each fifteen listings, 400 to 20,000, unless told; 40 at least
	Workshops int           // one for each ten sellers unless told; two accounts must exist for each
	Start     time.Time     // the first listing appears at or after it; 90 days before End unless told
	End       time.Time     // the last listing appears before it; 2026-11-23 00:00 UTC unless told
}

const maxListings = 1_000_000_000

func (o Options) withDefaults() (Options, error) {
	if len(o.Brands) == 0 {
		return o, fault.Invalid.Say("A simulated marketplace needs at least one brand.").At("brands")
	}
	if o.Listings == 0 {
		o.Listings = 3000
	}
	if o.Sellers == 0 {
		o.Sellers = min(max(o.Listings*2/15, 400), 20_000)
	}
	if o.Workshops == 0 {
		o.Workshops = o.Sellers / 10
	}
	if o.End.IsZero() {
		o.End = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	}
	if o.Start.IsZero() {
		o.Start = o.End.AddDate(0, 0, -90)
	}
	o.Start, o.End = o.Start.UTC().Truncate(time.Second), o.End.UTC().Truncate(time.Second)
	switch {
	case o.Listings < 1 || o.Listings > maxListings:
		return o, fault.Invalid.Say("The number of listings must lie between 1 and %d.", maxListings).At("listings")
	case o.Sellers < 40 || o.Sellers > 1_000_000:
		return o, fault.Invalid.Say("The number of sellers must lie between %d and %d.", 40, 1_000_000).At("sellers")
	case o.Workshops < 1 || 2*o.Workshops > o.Sellers:
		return o, fault.Invalid.Say("There must be at least one workshop, and two sellers for each workshop.").At("workshops")
	case !o.Start.Before(o.End):
		return o, fault.Invalid.Say("The simulated period must end after it starts.").At("end")
	}
	return o, nil
}

// World is a simulated marketplace. It is immutable and safe for concurrent use.
type World struct {
	options   Options
	goods     *goods
	lexicons  map[string]*lexicon
	workshops []Workshop
	sellers   []Seller // in order of joining, so that those open at a moment are a prefix
	volume    []int64  // running sum of the sellers' volumes, in the same order
	brands    []brand.Brand
	listings  affine // numbers to listing ids
}

// New makes a world. Returns fault.Invalid, naming the option, where one is out of bounds.
func New(o Options) (*World, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	g, err := newGoods(o.Seed, o.Brands)
	if err != nil {
		return nil, err
	}
	words, err := lexicons()
	if err != nil {
		return nil, err
	}
	w := &World{options: o, goods: g, lexicons: words}
	ids := newChance(o.Seed, "ids", 0)
	w.listings = newAffine(&ids)
	w.workshops = makeWorkshops(o, g)
	w.sellers = makeSellers(o, g, w.workshops)
	w.volume = make([]int64, len(w.sellers))
	sum := int64(0)
	for i, s := range w.sellers {
		sum += int64(s.volume)
		w.volume[i] = sum
	}
	w.brands = authorise(o.Brands, w.sellers)
	return w, nil
}

// Options are those the world was made with, defaults filled in.
func (w *World) Options() Options { return w.options }

// Brands are the brands given, in their order, with the authorised sellers of this world in place of any they had.
func (w *World) Brands() []brand.Brand { return slices.Clone(w.brands) }

// Workshops are the places where goods of the four belts are made.
func (w *World) Workshops() []Workshop { return slices.Clone(w.workshops) }

// Sellers are the accounts, in order of joining, with the truth about who is behind each.
func (w *World) Sellers() []Seller { return slices.Clone(w.sellers) }

// Len is the number of listings.
func (w *World) Len() int { return w.options.Listings }

func authorise(given []brand.Brand, sellers []Seller) []brand.Brand {
	shops := map[brand.ID][]string{}
	for _, s := range sellers {
		if s.Kind == Authorised {
			for _, id := range s.Brands {
				shops[id] = append(shops[id], string(s.Account.ID))
			}
		}
	}
	brands := slices.Clone(given)
	for i := range brands {
		brands[i].AuthorisedSellers = shops[brands[i].ID]
	}
	return brands
}
