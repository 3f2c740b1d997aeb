package detect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// PictureFound is a listing that shows, or has shown, a picture near to the one that was looked for.
type PictureFound struct {
	Listing market.ListingID
	Seller  market.SellerID
	Ref     string // of the picture there
	Likeness
	Fake bool // a person found the listing to be a fake, and that stands
}

// PicturesFound is what a search by picture finds.
type PicturesFound struct {
	References []ReferenceSeen // rights holders' pictures, of each brand the nearest; Image says nothing
	Listings   []PictureFound  // the nearest first, at most 200, each listing once
	More       bool            // there are other listings than those
	Held       int             // pictures of listings that were looked through: the newest, as many as this process keeps
}

// mostFound is how many listings a search by picture gives.
const mostFound = 200

// FindPicture looks for a picture among those of listings and of rights holders, however it was turned or mirrored. Nothing is kept. It returns
// fault.Invalid for what cannot be read or shows too little, and fault.TooLarge.
func (s *Service) FindPicture(ctx context.Context, by access.User, content []byte) (PicturesFound, error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return PicturesFound{}, err
	}
	v, trouble, err := s.viewsOf(ctx, content)
	if err != nil {
		return PicturesFound{}, err
	}
	switch trouble {
	case tooLarge:
		return PicturesFound{}, fault.TooLarge.Say("The picture is too large: at most %d MB and %d megapixels.", pictureBounds.Bytes>>20, pictureBounds.Pixels/1_000_000).At("picture")
	case damaged:
		return PicturesFound{}, fault.Invalid.Say("This is no picture that can be read. Send a JPEG, PNG, GIF, WebP or AVIF.").At("picture")
	case tooLittle:
		return PicturesFound{}, fault.Invalid.Say("The picture shows too little to be recognised. Choose one with more in it.").At("picture")
	}
	return s.findViews(ctx, v)
}

// FindPictureOf is FindPicture for a picture kept here, by its reference. It returns fault.NotFound when there is none.
func (s *Service) FindPictureOf(ctx context.Context, by access.User, ref string) (PicturesFound, error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return PicturesFound{}, err
	}
	missing := fault.NotFound.Say("There is no such picture here. Pictures at other addresses are not fetched: save it and send it.").At("ref")
	if s.Pictures == nil || db.Text(ref) != nil || len(ref) > longestRef || strings.Contains(ref, "://") {
		return PicturesFound{}, missing
	}
	content, _, err := s.Pictures.Picture(ctx, ref)
	if fault.Of(err) == fault.NotFound {
		return PicturesFound{}, missing.Because(err)
	}
	if err != nil {
		return PicturesFound{}, err
	}
	return s.FindPicture(ctx, by, content)
}

func (s *Service) findViews(ctx context.Context, v photo.Views) (found PicturesFound, err error) {
	g, err := s.referencesUpTo(ctx, 0)
	if err != nil {
		return found, err
	}
	found.Held = g.kept()
	found.References = g.nearReferences(v.Keep)
	slices.SortStableFunc(found.References, func(a, b ReferenceSeen) int { return a.Distance - b.Distance })
	near := g.near(v.Ask, true, photo.Near, mostFound)
	if len(near) == 0 {
		return found, nil
	}
	is := make(map[photo.Hash]Likeness, len(near))
	hashes := make([]photo.Hash, len(near))
	for i, n := range near {
		hashes[i], is[n.hash] = n.hash, n.Likeness
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		uses, err := db.All(tx, scanUse, usesOf+db.In(1, len(hashes))+usesOrder, hashArguments(hashes)...)
		if err != nil {
			return err
		}
		found.Listings, found.More = nearestUses(uses, is)
		ids := make([]market.ListingID, len(found.Listings))
		for i, l := range found.Listings {
			ids[i] = l.Listing
		}
		fakes, err := loadFakes(tx, ids)
		for i := range found.Listings {
			_, found.Listings[i].Fake = fakes[found.Listings[i].Listing]
		}
		return err
	})
	if err != nil {
		return PicturesFound{}, fmt.Errorf("find a picture: %w", err)
	}
	return found, nil
}

// nearestUses is each listing once with its nearest picture, the nearest first, and whether there are more than are given.
func nearestUses(uses []pictureUse, is map[photo.Hash]Likeness) (found []PictureFound, more bool) {
	at := map[market.ListingID]int{}
	for _, u := range uses {
		f := PictureFound{Listing: u.listing, Seller: u.seller, Ref: u.ref, Likeness: is[u.hash]}
		i, known := at[u.listing]
		switch {
		case !known:
			at[u.listing] = len(found)
			found = append(found, f)
		case f.Distance < found[i].Distance:
			found[i] = f
		}
	}
	slices.SortStableFunc(found, func(a, b PictureFound) int { return a.Distance - b.Distance })
	return found[:min(len(found), mostFound)], len(found) > mostFound
}
