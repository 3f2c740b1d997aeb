package detect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// pictureBounds are those of a picture that is decoded: as those of uploads, 160 MB in memory at the most.
var pictureBounds = photo.Bounds{Bytes: 20 << 20, Pixels: 40_000_000}

// viewsOf are the hashes of a picture, and why there are none.
func (s *Service) viewsOf(ctx context.Context, content []byte) (photo.Views, trouble, error) {
	// As many at once as there are workers may be too much memory where pictures are large.
	select {
	case s.pictures().decoding <- struct{}{}:
		defer func() { <-s.gallery.decoding }()
	case <-ctx.Done():
		return photo.Views{}, noTrouble, ctx.Err()
	}
	m, err := photo.Decode(ctx, bytes.NewReader(content), pictureBounds)
	switch {
	case ctx.Err() != nil:
		return photo.Views{}, noTrouble, ctx.Err()
	case errors.Is(err, photo.ErrTooLarge):
		return photo.Views{}, tooLarge, nil
	case err != nil:
		return photo.Views{}, damaged, nil //nolint:nilerr // what a stranger sent is no failure of ours; the trouble is kept
	}
	v := photo.Look(m)
	if len(v.Keep) == 0 {
		return v, tooLittle, nil
	}
	return v, noTrouble, nil
}

// learnPicture looks at a picture for the first time; false when it cannot be had now, which may be otherwise another time.
func (s *Service) learnPicture(ctx context.Context, ref string) (p knownPicture, had bool, err error) {
	content, _, err := s.Pictures.Picture(ctx, ref)
	if ctx.Err() != nil {
		return p, false, ctx.Err()
	}
	if err != nil {
		if fault.Of(err) != fault.NotFound {
			// A listing without its pictures is judged by its words, and by its pictures when it is looked at again.
			s.log().WarnContext(ctx, "picture not read", slog.String("ref", ref), slog.Any("error", err))
		}
		return p, false, nil
	}
	v, trouble, err := s.viewsOf(ctx, content)
	if err != nil {
		return p, false, err
	}
	return knownPicture{ref: ref, hashes: v.Keep, quality: v.Quality, trouble: trouble}, true, nil
}

// see says where pictures of listings were seen before, by listing; those without any are left out. With keep, what is learnt of the pictures and who
// shows them is kept. Pictures that cannot be read hold up no listing; an error is the database's.
func (s *Service) see(ctx context.Context, run *running, listings []market.Listing, keep bool) (map[market.ListingID]*Seen, error) {
	if s.Pictures == nil {
		return nil, nil
	}
	wanted := refsIn(listings)
	if len(wanted) == 0 {
		return nil, nil
	}
	g, err := s.referencesUpTo(ctx, run.brands)
	if err != nil {
		return nil, err
	}
	known, added, err := s.know(ctx, wanted, listings, keep)
	if err != nil {
		return nil, fmt.Errorf("learn of pictures: %w", err)
	}
	glances := glancesAt(g, known, listings)
	if len(glances) == 0 {
		return nil, nil
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error { return attribute(tx, glances) })
	if err != nil {
		return nil, fmt.Errorf("see pictures: %w", err)
	}
	if keep {
		s.lookAgain(ctx, glances, added)
	}
	return told(glances), nil
}

// seeKept is see by what is known already, within a transaction: nothing is learnt, and nothing is seen before the pictures have been loaded.
func (s *Service) seeKept(tx *db.Tx, records []market.Record) (map[market.ListingID]*Seen, error) {
	if s.Pictures == nil || !s.hung.Load() {
		return nil, nil
	}
	listings := listingsOf(records)
	wanted := refsIn(listings)
	known, err := loadPictures(tx, wanted)
	if err != nil {
		return nil, err
	}
	glances := glancesAt(s.pictures(), known, listings)
	if err := attribute(tx, glances); err != nil {
		return nil, fmt.Errorf("see pictures: %w", err)
	}
	return told(glances), nil
}

// refsIn are the references of the pictures of listings that may be kept here, each once, in order.
func refsIn(listings []market.Listing) []string {
	var all []string
	for i := range listings {
		for _, at := range localPictures(&listings[i]) {
			if db.Text(listings[i].Images[at]) == nil {
				all = append(all, listings[i].Images[at])
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// know is what is known of pictures, learnt now where it was not. With keep it is kept, and who shows them; added are the uses not known before.
func (s *Service) know(ctx context.Context, refs []string, listings []market.Listing, keep bool) (known map[string]knownPicture, added []pictureUse, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		known, err = loadPictures(tx, refs)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var learnt []knownPicture
	for _, ref := range refs {
		if _, ok := known[ref]; ok {
			continue
		}
		p, had, err := s.learnPicture(ctx, ref)
		if err != nil {
			return nil, nil, err
		}
		if had {
			known[ref] = p
			learnt = append(learnt, p)
		}
	}
	if !keep {
		return known, nil, nil
	}
	uses := usesIn(listings, known)
	if len(learnt)+len(uses) == 0 {
		return known, nil, nil
	}
	err = s.DB.Bulk(ctx, func(tx *db.Tx) error {
		if err := keepPictures(tx, learnt); err != nil {
			return err
		}
		for i := range learnt {
			learnt[i].at = db.Micros(tx.Now())
		}
		added, err = keepUses(tx, uses)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	g := s.pictures()
	g.reading.Lock()
	defer g.reading.Unlock()
	for _, p := range learnt {
		g.add(p)
	}
	return known, added, nil
}

// usesIn are the uses of pictures that listings make, in the order of their key: all who write rows take them in the same order.
func usesIn(listings []market.Listing, known map[string]knownPicture) (all []pictureUse) {
	for i := range listings {
		l := &listings[i]
		for _, at := range localPictures(l) {
			for _, h := range known[l.Images[at]].hashes {
				all = append(all, pictureUse{h, l.Seller.ID, l.ID, l.Images[at]})
			}
		}
	}
	slices.SortFunc(all, pictureUse.compare)
	return slices.CompactFunc(all, func(a, b pictureUse) bool { return a == b })
}

// glance is one picture of a listing, and where it was seen.
type glance struct {
	listing *market.Listing
	image   int
	near    []nearPicture // of other listings' pictures and its own
	fakes   []FakeSeen    // of listings that were found to be fakes once
	seen    Seen
}

// sharedWithin is how many bits two pictures may differ by to be held one that sellers share: as VeryNear. At photo.Near goods of one kind on white would
// be shared by all who sell them.
const sharedWithin = 20

// mostNear is how many different hashes near to one picture are asked about.
const mostNear = 50

// glancesAt looks the pictures of listings up in memory.
func glancesAt(g *gallery, known map[string]knownPicture, listings []market.Listing) (all []glance) {
	for i := range listings {
		l := &listings[i]
		for _, at := range localPictures(l) {
			p := known[l.Images[at]]
			if len(p.hashes) == 0 {
				continue
			}
			one := glance{listing: l, image: at}
			one.seen.References = g.nearReferences(p.hashes)
			one.fakes = g.nearFakes(p.hashes, l.ID)
			one.near = g.near(p.hashes, false, sharedWithin, mostNear)
			for _, h := range p.hashes { // its own, also when it is no longer among those in memory
				if !slices.ContainsFunc(one.near, func(n nearPicture) bool { return n.hash == h }) {
					one.near = append(one.near, nearPicture{hash: h})
				}
			}
			all = append(all, one)
		}
	}
	return all
}

// attribute asks who shows what was found near, and which of the fakes still stand as such.
func attribute(tx *db.Tx, glances []glance) error {
	hashes := map[photo.Hash]bool{}
	fakes := map[market.ListingID]bool{}
	for i := range glances {
		for _, n := range glances[i].near {
			hashes[n.hash] = true
		}
		for _, f := range glances[i].fakes {
			fakes[f.Listing] = true
		}
	}
	spread, err := loadSpread(tx, slices.SortedFunc(maps.Keys(hashes), compareHashes))
	if err != nil {
		return err
	}
	standing, err := loadFakes(tx, slices.Sorted(maps.Keys(fakes)))
	if err != nil {
		return err
	}
	for i := range glances {
		glances[i].settle(spread, standing)
	}
	return nil
}

func compareHashes(a, b photo.Hash) int { return bytes.Compare(a[:], b[:]) }

// settle fills in what SQL knows of the picture. It may be called again.
func (g *glance) settle(spread map[photo.Hash][]pictureUse, standing map[market.ListingID]brand.ID) {
	kept := make([]FakeSeen, 0, len(g.fakes))
	for _, f := range g.fakes {
		of, stands := standing[f.Listing]
		if f.Brand = of; stands {
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b FakeSeen) int { return a.Distance - b.Distance })
	g.seen.Fakes = kept
	one := SpreadSeen{Image: g.image}
	for _, n := range g.near {
		for _, u := range spread[n.hash] {
			if one.Listing == "" && u.seller != g.listing.Seller.ID && u.listing != g.listing.ID {
				one.Listing, one.Ref = u.listing, u.ref
			}
			if len(one.Sellers) < mostSellers && !slices.Contains(one.Sellers, u.seller) {
				one.Sellers = append(one.Sellers, u.seller)
			}
		}
	}
	if own := g.listing.Seller.ID; own != "" && !slices.Contains(one.Sellers, own) {
		one.Sellers = append(one.Sellers, own)
	}
	g.seen.Spread = nil
	if len(one.Sellers) > 1 {
		g.seen.Spread = []SpreadSeen{one}
	}
}

// told is where pictures were seen, by listing.
func told(glances []glance) map[market.ListingID]*Seen {
	all := make(map[market.ListingID]*Seen, len(glances))
	for i := range glances {
		glances[i].tell(all)
	}
	return all
}

// tell adds where the picture was seen to what is known of its listing.
func (g *glance) tell(all map[market.ListingID]*Seen) {
	if len(g.seen.References)+len(g.seen.Fakes)+len(g.seen.Spread) == 0 {
		return
	}
	seen := all[g.listing.ID]
	if seen == nil {
		seen = &Seen{}
		all[g.listing.ID] = seen
	}
	for _, r := range g.seen.References {
		r.Image = g.image
		seen.References = append(seen.References, r)
	}
	for _, f := range g.seen.Fakes {
		f.Image = g.image
		seen.Fakes = append(seen.Fakes, f)
	}
	seen.Spread = append(seen.Spread, g.seen.Spread...)
}

// knownFakes keeps the pictures of a listing that was found to be a fake, turned every way, so that they are known again. What cannot be read any
// more is kept as it was learnt. It is called when the finding is made; whether it stands is asked whenever it is used.
func (s *Service) knownFakes(ctx context.Context, id market.ListingID) (fakes []fakePicture, err error) {
	if s.Pictures == nil {
		return nil, nil
	}
	var known map[string]knownPicture
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		refs, err := db.All(tx, db.Value[string], refsOf, string(id), 4*mostPictures)
		if err != nil {
			return err
		}
		known, err = loadPictures(tx, refs)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, ref := range slices.Sorted(maps.Keys(known)) {
		f := fakePicture{ref: ref, listing: id}
		content, _, err := s.Pictures.Picture(ctx, ref)
		if err == nil {
			v, _, err := s.viewsOf(ctx, content)
			if err != nil {
				return nil, err
			}
			f.views = v.Ask
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(f.views) == 0 {
			for _, h := range known[ref].hashes {
				f.views = append(f.views, h, h, h, h, h, h, h, h) // eight at a time; of the others nothing is known
			}
		}
		fakes = append(fakes, f)
	}
	return fakes, nil
}
