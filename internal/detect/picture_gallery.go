package detect

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
)

// gallery is the pictures that listings' pictures are held against, as one process has them in memory: the rights holders' own, those of listings
// found to be fakes, and the newest of all listings. It is read from SQL, and read on from there: no process asks another. Of the first two the
// rotations and reflections are kept, so that one look-up finds a copy however it was turned.
type gallery struct {
	reading sync.Mutex // one reads from SQL at a time; guards what is below up to mutex

	reference brand.Picture // the last change read
	fakeAt    int64         // of the newest fake's picture read, microseconds
	pictureAt int64         // of the newest picture read, microseconds
	recent    map[string]int64
	held      map[string]span32 // what is in references and fakes
	loaded    bool

	references, fakes, all *photo.Index

	mutex            sync.RWMutex // of what stands behind the indices
	revision         int64        // of the brands, up to which references are here
	referenceEntries []entryOf[ReferenceSeen]
	fakeEntries      []entryOf[FakeSeen]
	shelf            []onShelf // the newest pictures of listings, a ring once it is full; behind id in all stands hash id%2 of shelf[id/2]
	next             int       // where on the shelf the next goes
	bound            int       // of the shelf

	decoding chan struct{} // as many places as pictures may be decoded at once
}

// onShelf is a picture of a listing: its hash, and that of what is inside its border.
type onShelf struct {
	hashes [2]photo.Hash
	n      uint8
}

func shelved(p knownPicture) (s onShelf) {
	s.n = uint8(copy(s.hashes[:], p.hashes))
	return s
}

// entryOf is what stands behind an id of an index.
type entryOf[T any] struct {
	of   *T
	turn Turn
}

// span32 is a run of ids.
type span32 struct {
	first  uint32
	hashes []photo.Hash
}

func newGallery(bound int) *gallery {
	return &gallery{references: photo.NewIndex(), fakes: photo.NewIndex(), all: photo.NewIndex(), recent: map[string]int64{}, held: map[string]span32{}, bound: bound, decoding: make(chan struct{}, decodingAtOnce)}
}

const (
	// overlap is how far behind the newest row it has seen a process begins to read again: what another process writes now may bear an earlier
	// moment than what is here already. A transaction that takes longer is not seen before the next start.
	overlap = 30 * time.Second
	// refreshEvery is how often what others have added is read.
	refreshEvery = 3 * time.Second

	galleryPage = 10_000 // rows read at once

	// decodingAtOnce is how many pictures are decoded at once, of 160 MB in memory at the most.
	decodingAtOnce = 4

	// defaultPictures is how many pictures of listings are kept in memory where nothing else is said, at about 200 bytes each.
	defaultPictures = 1_000_000
)

// turnsOf are the hashes of a picture that is looked for, with the turn of each.
func turnsOf(views, parts []photo.Hash) (hashes []photo.Hash, turns []Turn) {
	for i, h := range views {
		hashes, turns = append(hashes, h), append(turns, Turn(i%8))
	}
	for _, h := range parts {
		hashes, turns = append(hashes, h), append(turns, 0)
	}
	return hashes, turns
}

// put adds what a picture's hashes stand for under a name; again under the same name, it replaces it.
func put[T any](g *gallery, index *photo.Index, entries *[]entryOf[T], name string, of T, hashes []photo.Hash, turns []Turn) {
	g.drop(index, name)
	g.mutex.Lock()
	first := uint32(len(*entries))
	for _, turn := range turns {
		*entries = append(*entries, entryOf[T]{&of, turn})
	}
	g.mutex.Unlock()
	for i, h := range hashes {
		index.Add(h, first+uint32(i))
	}
	g.held[name] = span32{first, hashes}
}

// drop takes out what is held under a name.
func (g *gallery) drop(index *photo.Index, name string) {
	was, ok := g.held[name]
	if !ok {
		return
	}
	for i, h := range was.hashes {
		index.Remove(h, was.first+uint32(i))
	}
	delete(g.held, name)
}

// add takes a picture of a listing in, in place of the oldest when there is no more room.
func (g *gallery) add(p knownPicture) {
	if _, seen := g.recent[p.ref]; seen {
		return
	}
	g.recent[p.ref] = p.at
	one := shelved(p)
	var old onShelf
	g.mutex.Lock()
	place := g.next
	if len(g.shelf) == g.bound {
		old = g.shelf[place]
		g.shelf[place] = one
	} else {
		g.shelf = append(g.shelf, one)
	}
	g.next = (g.next + 1) % g.bound
	g.mutex.Unlock()
	for k := range old.n {
		g.all.Remove(old.hashes[k], uint32(2*place)+uint32(k))
	}
	for k := range one.n {
		g.all.Add(one.hashes[k], uint32(2*place)+uint32(k))
	}
}

// forget drops what need not be remembered to tell new rows from those read before.
func (g *gallery) forget() {
	for ref, at := range g.recent {
		if at < g.pictureAt-2*overlap.Microseconds() {
			delete(g.recent, ref)
		}
	}
}

// gallery is this process's, made at first use.
func (s *Service) pictures() *gallery {
	s.hanging.Do(func() {
		bound := s.MaxPictures
		if bound <= 0 {
			bound = defaultPictures
		}
		s.gallery = newGallery(bound)
	})
	return s.gallery
}

// RefreshPictures reads what has become known of pictures since it was last read, by whichever process; the first time all there is.
func (s *Service) RefreshPictures(ctx context.Context) error {
	g := s.pictures()
	g.reading.Lock()
	defer g.reading.Unlock()
	return s.refresh(ctx, g)
}

func (s *Service) refresh(ctx context.Context, g *gallery) error {
	if err := s.refreshReferences(ctx, g); err != nil {
		return fmt.Errorf("read reference pictures: %w", err)
	}
	if err := s.refreshFakes(ctx, g); err != nil {
		return fmt.Errorf("read pictures of fakes: %w", err)
	}
	if err := s.refreshAll(ctx, g); err != nil {
		return fmt.Errorf("read pictures of listings: %w", err)
	}
	g.loaded = true
	return nil
}

// referencesUpTo has the reference pictures at least of a revision of the brands.
func (s *Service) referencesUpTo(ctx context.Context, revision int64) (*gallery, error) {
	g := s.pictures()
	g.mutex.RLock()
	enough := g.revision >= revision
	g.mutex.RUnlock()
	if enough && s.hung.Load() {
		return g, nil
	}
	g.reading.Lock()
	defer g.reading.Unlock()
	if !g.loaded {
		began := time.Now()
		if err := s.refresh(ctx, g); err != nil {
			return nil, err
		}
		s.hung.Store(true)
		s.log().InfoContext(ctx, "pictures loaded", slog.Int("references", g.references.Len()), slog.Int("fakes", g.fakes.Len()), slog.Int("listings", len(g.shelf)),
			slog.Duration("took", time.Since(began)))
		return g, nil
	}
	s.hung.Store(true)
	return g, s.refreshReferences(ctx, g)
}

func (s *Service) refreshReferences(ctx context.Context, g *gallery) error {
	for {
		var page []brand.Picture
		var revision int64
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			if revision, err = brand.Revision(tx); err != nil {
				return err
			}
			page, err = brand.PicturesSince(tx, g.reference, galleryPage/10)
			return err
		})
		if err != nil {
			return err
		}
		for _, p := range page {
			name := "brand " + string(p.Brand) + " " + p.Ref
			if p.Removed {
				g.drop(g.references, name)
			} else if _, held := g.held[name]; !held {
				hashes, turns := turnsOf(p.Views, p.Parts)
				put(g, g.references, &g.referenceEntries, name, ReferenceSeen{Brand: p.Brand, Ref: p.Ref}, hashes, turns)
			}
			g.reference = p
		}
		if len(page) < galleryPage/10 {
			g.mutex.Lock()
			g.revision = max(g.revision, revision)
			g.mutex.Unlock()
			return nil
		}
	}
}

func (s *Service) refreshFakes(ctx context.Context, g *gallery) error {
	after := fakePicture{at: g.fakeAt - overlap.Microseconds()}
	for {
		var page []fakePicture
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			page, err = db.All(tx, scanFakePicture, fakesAfter, after.at, after.ref, string(after.listing), galleryPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, f := range page {
			g.addFake(f)
			after = f
		}
		if len(page) < galleryPage {
			return nil
		}
	}
}

func (g *gallery) addFake(f fakePicture) {
	g.fakeAt = max(g.fakeAt, f.at)
	name := "fake " + string(f.listing) + " " + f.ref
	if was, held := g.held[name]; held && slices.Equal(was.hashes, f.views) {
		return
	}
	hashes, turns := turnsOf(f.views, nil)
	put(g, g.fakes, &g.fakeEntries, name, FakeSeen{Listing: f.listing, Ref: f.ref}, hashes, turns)
}

func (s *Service) refreshAll(ctx context.Context, g *gallery) error {
	if !g.loaded {
		return s.loadAll(ctx, g)
	}
	after := knownPicture{at: g.pictureAt - overlap.Microseconds()}
	for {
		page, err := s.picturePage(ctx, picturesAfter, after)
		if err != nil {
			return err
		}
		for _, p := range page {
			g.add(p)
			g.pictureAt = max(g.pictureAt, p.at)
			after = p
		}
		if len(page) < galleryPage {
			g.forget()
			return nil
		}
	}
}

// loadAll reads the newest pictures there is room for, and takes them in from the oldest on.
func (s *Service) loadAll(ctx context.Context, g *gallery) error {
	before := knownPicture{at: math.MaxInt64}
	var shelf []onShelf
	for len(shelf) < g.bound {
		page, err := s.picturePage(ctx, picturesBefore, before)
		if err != nil {
			return err
		}
		for _, p := range page {
			g.pictureAt = max(g.pictureAt, p.at)
			if p.at >= g.pictureAt-2*overlap.Microseconds() {
				g.recent[p.ref] = p.at
			}
			shelf = append(shelf, shelved(p))
			before = p
		}
		if len(page) < galleryPage {
			break
		}
	}
	shelf = shelf[:min(len(shelf), g.bound)]
	slices.Reverse(shelf)
	g.mutex.Lock()
	g.shelf, g.next = slices.Clone(shelf), len(shelf)%g.bound
	g.mutex.Unlock()
	for i, one := range shelf {
		for k := range one.n {
			g.all.Add(one.hashes[k], uint32(2*i)+uint32(k))
		}
	}
	return nil
}

// kept is how many pictures of listings are on the shelf.
func (g *gallery) kept() int {
	g.mutex.RLock()
	defer g.mutex.RUnlock()
	return len(g.shelf)
}

func (s *Service) picturePage(ctx context.Context, query string, from knownPicture) (page []knownPicture, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		page, err = db.All(tx, scanKnownPicture, query, from.at, from.ref, galleryPage)
		return err
	})
	return page, err
}

// KeepPictures reads what other processes have added, every few seconds, until ctx ends.
func (s *Service) KeepPictures(ctx context.Context) {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		if err := s.RefreshPictures(ctx); err != nil && ctx.Err() == nil {
			s.log().WarnContext(ctx, "pictures not read", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// nearReferences are the rights holders' pictures near to any of the hashes: of each brand the nearest.
func (g *gallery) nearReferences(hashes []photo.Hash) (found []ReferenceSeen) {
	for _, h := range hashes {
		near := g.references.Near(nil, h, photo.Near)
		g.mutex.RLock()
		for _, n := range near {
			e := g.referenceEntries[n.ID]
			r := *e.of
			r.Likeness = Likeness{n.Distance, e.turn}
			at := slices.IndexFunc(found, func(have ReferenceSeen) bool { return have.Brand == r.Brand })
			switch {
			case at < 0:
				found = append(found, r)
			case r.Distance < found[at].Distance:
				found[at] = r
			}
		}
		g.mutex.RUnlock()
	}
	return found
}

// mostFakes is how many listings found to be fakes are named for one picture.
const mostFakes = 20

// nearFakes are the pictures of fakes near to any of the hashes: of each listing the nearest.
func (g *gallery) nearFakes(hashes []photo.Hash, but market.ListingID) (found []FakeSeen) {
	for _, h := range hashes {
		near := g.fakes.Near(nil, h, photo.Near)
		g.mutex.RLock()
		for _, n := range near {
			e := g.fakeEntries[n.ID]
			f := *e.of
			if f.Listing == but {
				continue
			}
			f.Likeness = Likeness{n.Distance, e.turn}
			at := slices.IndexFunc(found, func(have FakeSeen) bool { return have.Listing == f.Listing })
			switch {
			case at < 0 && len(found) < mostFakes:
				found = append(found, f)
			case at >= 0 && f.Distance < found[at].Distance:
				found[at] = f
			}
		}
		g.mutex.RUnlock()
	}
	return found
}

// nearPicture is a hash of listings' pictures near to one that was asked for.
type nearPicture struct {
	hash photo.Hash
	Likeness
}

// near are the hashes of listings' pictures near to any of those asked for, the nearest first; turned says that ask are eight to a picture.
func (g *gallery) near(ask []photo.Hash, turned bool, within, most int) []nearPicture {
	best := map[photo.Hash]Likeness{}
	for i, h := range ask {
		near := g.all.Near(nil, h, within)
		g.mutex.RLock()
		for _, n := range near {
			is := Likeness{Distance: n.Distance}
			if turned {
				is.Turn = Turn(i % 8)
			}
			hash := g.shelf[n.ID/2].hashes[n.ID%2]
			if was, ok := best[hash]; !ok || is.Distance < was.Distance {
				best[hash] = is
			}
		}
		g.mutex.RUnlock()
	}
	found := make([]nearPicture, 0, len(best))
	for h, is := range best {
		found = append(found, nearPicture{h, is})
	}
	slices.SortFunc(found, func(a, b nearPicture) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), bytes.Compare(a.hash[:], b.hash[:]))
	})
	return found[:min(len(found), most)]
}
