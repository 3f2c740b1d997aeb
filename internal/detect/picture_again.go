package detect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// What a picture says of a listing may change after it was scanned: another listing with it is found to be a fake, or more sellers show it. Then the
// listings that show it are looked at again.

// PictureSubject is of listings to be looked at again for their pictures, and PictureConsumer is Service.HandlePictures' name, one worker.
const (
	PictureSubject  = "work.pictures"
	PictureConsumer = "detect-pictures"
)

// mostAgain is how many listings are looked at again for one picture.
const mostAgain = 200

// picturesMessage is the body of a message of PictureSubject.
type picturesMessage struct {
	Listings []market.ListingID `json:"listings"`
}

// telling is at how many sellers a picture counts for more than it did, see work.weighPictures.
var telling = []int{leastSellers, 2 * leastSellers, 4 * leastSellers, 8 * leastSellers}

// lookAgain has the listings that show a picture looked at again when those just handed in have brought its sellers to a telling number. A message lost
// costs nothing but time: the next rescan sees the same.
func (s *Service) lookAgain(ctx context.Context, glances []glance, added []pictureUse) {
	fresh := map[market.ListingID]bool{}
	for _, u := range added {
		fresh[u.listing] = true
	}
	asked := map[string]bool{}
	for i := range glances {
		g := &glances[i]
		if !fresh[g.listing.ID] || len(g.seen.Spread) == 0 || !slices.Contains(telling, len(g.seen.Spread[0].Sellers)) {
			continue
		}
		hashes := make([]photo.Hash, len(g.near))
		for i, n := range g.near {
			hashes[i] = n.hash
		}
		id := fmt.Sprintf("pictures.%s.%d", slices.MinFunc(hashes, compareHashes), len(g.seen.Spread[0].Sellers))
		if asked[id] {
			continue
		}
		asked[id] = true
		if err := s.askPictures(ctx, id, hashes, g.listing.ID); err != nil {
			s.log().WarnContext(ctx, "listings with a picture not looked at again", slog.Any("error", err))
			return
		}
	}
}

// lookAtCopies has the listings that show a picture of a listing looked at again, after a decision on it.
func (s *Service) lookAtCopies(ctx context.Context, id market.ListingID, decision string) error {
	var views []photo.Hash
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		fakes, err := db.All(tx, scanFakePicture, fakesOf, string(id))
		for _, f := range fakes {
			views = append(views, f.views...)
		}
		return err
	})
	if err != nil || len(views) == 0 {
		return err
	}
	if err := s.RefreshPictures(ctx); err != nil {
		return err
	}
	var hashes []photo.Hash
	for _, n := range s.pictures().near(views, true, photo.Near, mostNear) {
		hashes = append(hashes, n.hash)
	}
	if len(hashes) == 0 {
		return nil
	}
	return s.askPictures(ctx, "pictures.decision."+decision, hashes, id)
}

// askPictures puts the listings that show pictures of the hashes, but for one, into the queue.
func (s *Service) askPictures(ctx context.Context, id string, hashes []photo.Hash, but market.ListingID) error {
	var ask picturesMessage
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		ask.Listings, err = db.All(tx, db.Value[market.ListingID], listingsShowing+db.In(1, len(hashes))+listingsShowingOrder, hashArguments(hashes)...)
		return err
	})
	ask.Listings = slices.DeleteFunc(ask.Listings, func(id market.ListingID) bool { return id == but })
	if err != nil || len(ask.Listings) == 0 {
		return err
	}
	ask.Listings = ask.Listings[:min(len(ask.Listings), mostAgain)]
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	return s.Bus.Publish(ctx, PictureSubject, id, body)
}

// HandlePictures looks at listings again for their pictures. What comes out as it stands is not written, so that a message that comes twice does no
// harm. It is a bus.Handler.
func (s *Service) HandlePictures(ctx context.Context, m bus.Message) error {
	var asked picturesMessage
	if err := json.Unmarshal(m.Body, &asked); err != nil || len(asked.Listings) > mostAgain {
		return fault.Invalid.Say("The message names no listings.").Because(err)
	}
	if err := s.RefreshPictures(ctx); err != nil {
		return err
	}
	var want edition
	for range scanAttempts {
		err := s.lookAtPictures(ctx, m.ID, asked.Listings, want)
		if stale, ok := errors.AsType[staleError](err); ok {
			want = stale.newest
			continue
		}
		if err != nil {
			return fmt.Errorf("look at pictures again: %w", err)
		}
		return nil
	}
	return fmt.Errorf("look at pictures again: %w", staleError{want})
}

func (s *Service) lookAtPictures(ctx context.Context, message string, ids []market.ListingID, want edition) error {
	run, err := s.runningOf(ctx, want)
	if err != nil {
		return err
	}
	var records []market.Record
	var stands map[market.ListingID]Opinion
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		byID, err := market.Load(tx, ids)
		if err != nil {
			return err
		}
		if stands, err = Load(tx, ids); err != nil {
			return err
		}
		records = records[:0]
		for _, id := range ids {
			// One that was not scanned yet will see the pictures then.
			_, scanned := stands[id]
			if rec, ok := byID[id]; ok && scanned {
				records = append(records, rec)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	other, err := s.judgeAgain(ctx, run, records, stands)
	if err != nil || len(other) == 0 {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := keepOther(tx, run, other, occasion{because: PictureSeen, subject: "pictures:" + message})
		return err
	})
}
