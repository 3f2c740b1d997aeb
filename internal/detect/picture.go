package detect

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// Pictures gives a listing's picture by its reference.
type Pictures interface {
	// Picture is a picture's bytes and media type. It returns fault.NotFound for one that is not kept here; it never asks another server.
	Picture(ctx context.Context, ref string) (content []byte, mediaType string, err error)
}

// Turn is how one picture is another one turned or mirrored: its place in photo.All.
type Turn uint8

// Mirrored reports whether it was mirrored, turned besides or not.
func (t Turn) Mirrored() bool { return t >= 4 }

// word is the argument of a signal that says it.
func (t Turn) word() string {
	switch {
	case t == 0:
		return "upright"
	case t.Mirrored():
		return "mirrored"
	}
	return "turned"
}

// Likeness is how near one picture is to another.
type Likeness struct {
	Distance int // bits of 256 that differ, at most photo.Near
	Turn     Turn
}

// Closeness says Likeness in a word.
type Closeness string

// The grades of closeness. Saving a picture anew and smaller stays within the first, a watermark mostly within the second.
const (
	SamePicture Closeness = "same"      // at most 10 bits differ
	VeryNear    Closeness = "very-near" // at most 20
	NearPicture Closeness = "near"      // at most photo.Near
)

// Closeness is the likeness in a word.
func (l Likeness) Closeness() Closeness {
	switch {
	case l.Distance <= 10:
		return SamePicture
	case l.Distance <= 20:
		return VeryNear
	}
	return NearPicture
}

// surety is how far evidence of this likeness counts, 0 to 1: two shoes of one kind on white come as near as a copy with a watermark does.
func (l Likeness) surety() float64 {
	switch l.Closeness() {
	case SamePicture:
		return 1
	case VeryNear:
		return 0.75
	}
	return 0.35
}

// Seen is where the pictures of a listing were seen before.
type Seen struct {
	References []ReferenceSeen // of each picture and brand the nearest
	Fakes      []FakeSeen      // of each picture the nearest of each listing
	Spread     []SpreadSeen    // a picture each
}

// ReferenceSeen is a rights holder's picture on a listing.
type ReferenceSeen struct {
	Image int // which of the listing's pictures, from 0
	Likeness
	Brand brand.ID
	Ref   string // of the rights holder's picture
}

// FakeSeen is a picture of a listing that a person found to be a fake, on another listing.
type FakeSeen struct {
	Image int
	Likeness
	Listing market.ListingID // the one found to be a fake
	Brand   brand.ID         // that it was a fake of; empty when none was concerned
	Ref     string           // of the picture there
}

// SpreadSeen is who shows a picture.
type SpreadSeen struct {
	Image   int
	Sellers []market.SellerID // at most mostSellers, the listing's own included
	Listing market.ListingID  // of another seller, for an example; empty when there is none
	Ref     string            // of the picture there
}

// mostSellers is how many of those who show a picture are counted.
const mostSellers = 64

// leastSellers is how many sellers must show a picture before it says anything: two may be one person's two accounts, or a photographer's clients.
const leastSellers = 3

// shown is how surely the goods are of a brand that nothing but a picture speaks for.
const shown = 0.8

// concernShown finds the brand concerned by a picture where the words name none.
func (w *work) concernShown(c *catalogue) {
	best := 0.0
	consider := func(id brand.ID, like Likeness) {
		if i, ok := c.byID[id]; ok && like.surety() > best && like.Closeness() != NearPicture {
			best, w.concerned, w.telling = like.surety(), i, true
		}
	}
	for i, r := range w.seen.References {
		if !w.seen.ambiguous(i) {
			consider(r.Brand, r.Likeness)
		}
	}
	if best == 0 {
		for _, f := range w.seen.Fakes {
			consider(f.Brand, f.Likeness)
		}
	}
	w.shown = shown * best
}

// weighPictures fills where the pictures were seen before. p is the brand concerned and claim how surely the goods are said or shown to be of it.
func (w *work) weighPictures(c *catalogue, l *market.Listing, p *protected, claim float64) {
	var official, known [mostPictures]bool
	for i := range w.seen.References {
		r := &w.seen.References[i]
		at, protects := c.byID[r.Brand]
		if !protects {
			continue
		}
		official[r.Image] = official[r.Image] || r.Closeness() != NearPicture
		owner := &c.brands[at]
		// A seller who may sell the goods may show them, and what they show may resemble what others show.
		if l.Seller.ID == "" || owner.authorised[l.Seller.ID] || p.authorised[l.Seller.ID] {
			continue
		}
		x := r.surety()
		if !owner.sellers {
			x *= 0.4 // nobody said who may sell
		}
		if w.seen.ambiguous(i) && at != w.concerned {
			x *= 0.3
		}
		if secondHand(l) {
			x *= 0.3 // people show what the maker shows, of what they have worn
		}
		if w.x[brandOtherwise] > 0 {
			x *= 0.5 // what goes with the goods shows the goods
		}
		if at != w.concerned {
			x *= 0.95 // of two the one of the brand that the words name tells more
		}
		if x > w.x[pictureCatalogue] {
			w.sight(pictureCatalogue, r.Image, x)
			w.official = r
		}
	}
	for i := range w.seen.Fakes {
		f := &w.seen.Fakes[i]
		// The rights holder's pictures, and those of sellers it has authorised, are on fakes because they were stolen.
		if official[f.Image] || w.seen.shownBy(f.Image, p.authorised) {
			continue
		}
		known[f.Image] = true
		x := f.surety()
		if secondHand(l) {
			x *= 0.5
		}
		if x > w.x[pictureFake] {
			w.sight(pictureFake, f.Image, x)
			w.fake = f
		}
	}
	for i := range w.seen.Spread {
		s := &w.seen.Spread[i]
		if len(s.Sellers) < leastSellers || official[s.Image] || known[s.Image] || w.seen.shownBy(s.Image, p.authorised) {
			continue
		}
		x := claim * min(math.Log2(float64(len(s.Sellers))/1.5), 3)
		if secondHand(l) {
			x *= 0.3
		}
		if x > w.x[pictureShared] {
			w.sight(pictureShared, s.Image, x)
			w.spread = s
		}
	}
}

// sight fills a feature of a picture.
func (w *work) sight(f feature, image int, x float64) {
	w.x[f] = x
	w.where[f] = span{field: imageField(image), mention: -1}
	w.telling = true
}

// ambiguity is how many bits nearer a rights holder's picture must be than another's, to be told from it.
const ambiguity = 6

// ambiguous reports whether another rights holder's picture is about as near to the picture as reference i: then it shows a kind of goods, and not whose.
func (s *Seen) ambiguous(i int) bool {
	r := &s.References[i]
	return slices.ContainsFunc(s.References, func(other ReferenceSeen) bool {
		return other.Image == r.Image && other.Brand != r.Brand && other.Distance < r.Distance+ambiguity
	})
}

// shownBy reports whether any of the sellers shows a picture of the listing.
func (s *Seen) shownBy(image int, sellers map[market.SellerID]bool) bool {
	if len(sellers) == 0 {
		return false
	}
	at := slices.IndexFunc(s.Spread, func(s SpreadSeen) bool { return s.Image == image })
	return at >= 0 && slices.ContainsFunc(s.Spread[at].Sellers, func(id market.SellerID) bool { return sellers[id] })
}

// imageField is the field of a signal that a picture gave rise to.
func imageField(image int) string { return "images[" + strconv.Itoa(image) + "]" }

// Sighting is what a signal of a picture speaks of, for pages that show it.
type Sighting struct {
	Image            int              // which of the listing's pictures, from 0
	Ref              string           // of the other picture
	Listing          market.ListingID // that the other picture is of; empty for a rights holder's
	Distance         int              // bits that differ
	Mirrored, Turned bool
}

// Sighting is what the signal speaks of; false when it is not one of a picture.
func (s Signal) Sighting() (Sighting, bool) {
	digits, ok := strings.CutPrefix(strings.TrimSuffix(s.Field, "]"), "images[")
	image, err := strconv.Atoi(digits)
	if !ok || err != nil || image < 0 {
		return Sighting{}, false
	}
	seen := Sighting{Image: image}
	for i, argument := range s.Args.list() {
		switch kind, value, _ := strings.Cut(argument, ":"); {
		case kind == "r":
			seen.Ref = value
		case kind == "l":
			seen.Listing = market.ListingID(value)
		case kind == "n" && i == 2:
			seen.Distance, _ = strconv.Atoi(value)
		case kind == "w":
			seen.Mirrored = seen.Mirrored || value == "mirrored"
			seen.Turned = seen.Turned || value == "turned"
		}
	}
	return seen, seen.Ref != ""
}

// pictureArguments are what the evidence of a picture says beyond its fixed words. The last is for Sighting alone.
func (w *work) pictureArguments(f feature, c *catalogue) Arguments {
	switch f {
	case pictureCatalogue:
		r := w.official
		return Arguments{textArg(c.brands[c.byID[r.Brand]].name), wordArg("picture-" + string(r.Closeness())), numberArg(float64(r.Distance)), wordArg(r.Turn.word()), "r:" + r.Ref}
	case pictureFake:
		k := w.fake
		return Arguments{"l:" + string(k.Listing), wordArg("picture-" + string(k.Closeness())), numberArg(float64(k.Distance)), wordArg(k.Turn.word()), "r:" + k.Ref}
	}
	if w.spread.Listing == "" {
		return Arguments{numberArg(float64(len(w.spread.Sellers)))}
	}
	return Arguments{numberArg(float64(len(w.spread.Sellers))), "l:" + string(w.spread.Listing), "r:" + w.spread.Ref}
}

// mostPictures is how many of a listing's pictures are looked at.
const mostPictures = 8

// longestRef is the longest reference that is looked for, in bytes.
const longestRef = 500

// localPictures are the references of a listing's pictures that may be kept here, with their places. Pictures at other addresses are not fetched.
func localPictures(l *market.Listing) (at []int) {
	for i, ref := range l.Images[:min(len(l.Images), mostPictures)] {
		if ref != "" && len(ref) <= longestRef && !strings.Contains(ref, "://") && !slices.Contains(l.Images[:i], ref) {
			at = append(at, i)
		}
	}
	return at
}
