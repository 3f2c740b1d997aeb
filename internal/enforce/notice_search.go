package enforce

import (
	"context"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// SightFilter says which listings a rights holder looks for.
type SightFilter struct {
	Text  string // words of the title, the description, the seller
	After string // the cursor of the page before
	Limit int    // rows a page, at most 200; 0 means 50
}

// Search finds listings by words for somebody about to give notice of them, and shows of each what any buyer sees. Without words it finds nothing.
func (s *Service) Search(ctx context.Context, by access.User, f SightFilter) (page db.Page[Sight], err error) {
	if !by.Can(access.NoticeFile) {
		return page, by.May(access.NoticeFile, by.Org)
	}
	if err := checkText(f.Text, maxSearch); err != nil {
		return page, err.At("q")
	}
	if f.Text = strings.TrimSpace(f.Text); f.Text == "" {
		return page, nil
	}
	// The marketplace's own list, whose rows only sights leave this room.
	found, err := (&market.Service{DB: s.DB}).Listings(ctx, access.System, market.ListingFilter{Text: f.Text, After: f.After, Limit: f.Limit})
	if err != nil {
		return page, err
	}
	page.Next = found.Next
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		ids := make([]market.ListingID, len(found.Items))
		for i, rec := range found.Items {
			ids[i] = rec.ID
		}
		page.Items, err = inOrder(tx, ids)
		return err
	})
	return page, err
}

// SearchPicture finds listings that show a picture, however it was turned or mirrored, for somebody about to give notice of them, the nearest first, at most 200; more says
// that there are others. Nothing of the picture is kept. It returns fault.Invalid for what cannot be read or shows too little, and fault.TooLarge.
func (s *Service) SearchPicture(ctx context.Context, by access.User, content []byte) (all []Sight, more bool, err error) {
	if !by.Can(access.NoticeFile) {
		return nil, false, by.May(access.NoticeFile, by.Org)
	}
	if s.Detect == nil {
		return nil, false, fault.Unavailable.Say("Pictures cannot be looked for here.")
	}
	// The marketplace's own search, whose finds leave this room as sights only.
	found, err := s.Detect.FindPicture(ctx, access.System, content)
	if err != nil {
		return nil, false, err
	}
	ids := make([]market.ListingID, len(found.Listings))
	for i, l := range found.Listings {
		ids[i] = l.Listing
	}
	all, err = s.Sights(ctx, by, ids)
	return all, found.More, err
}

// Sights is what any buyer sees of listings, in their order; those that are gone are left out.
func (s *Service) Sights(ctx context.Context, by access.User, ids []market.ListingID) (all []Sight, err error) {
	if !by.Can(access.NoticeFile) {
		return nil, by.May(access.NoticeFile, by.Org)
	}
	if len(ids) > MaxChosen {
		return nil, fault.TooLarge.Say("Choose at most %d listings at once.", MaxChosen).At("listings")
	}
	for _, id := range ids {
		if db.Text(string(id)) != nil {
			return nil, noListing
		}
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = inOrder(tx, ids)
		return err
	})
	return all, err
}

// inOrder is the sights of listings in the order of ids; those that are gone are left out.
func inOrder(tx *db.Tx, ids []market.ListingID) ([]Sight, error) {
	seen, err := sights(tx, ids)
	if err != nil {
		return nil, err
	}
	var all []Sight
	for _, id := range ids {
		if sight, there := seen[id]; there {
			all = append(all, sight)
		}
	}
	return all, nil
}

// MaxChosen is how many listings found by Search one form takes.
const MaxChosen = 300

// FileChosen gives one notice of each of the listings, which are at most MaxChosen, all saying the same. Each is taken or says why not.
func (s *Service) FileChosen(ctx context.Context, by access.User, listings []market.ListingID, same Claim) ([]NoticeResult, error) {
	if len(listings) == 0 {
		return nil, fault.Invalid.Say("Choose at least one listing.").At("listings")
	}
	if len(listings) > MaxChosen {
		return nil, fault.TooLarge.Say("Choose at most %d listings at once.", MaxChosen).At("listings")
	}
	claims := make([]Claim, len(listings))
	for i, id := range listings {
		claims[i] = same
		claims[i].Listing = id
	}
	return s.FileNotices(ctx, by, claims)
}
