package detect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// RescanID is the identity of a rescan.
type RescanID string

// Rescan is a walk over all listings after brands have changed: first those that stand under the brands concerned, then the rest. It goes
// on after a kill where it was, and a younger one takes over what an older one has left.
type Rescan struct {
	ID        RescanID
	Brands    []brand.ID // the brands concerned; empty when it was asked for without any
	Revision  int64      // of the catalogue that called for it
	Because   Occasion
	By        string // the name of who asked; "Ownmark" when a brand changed
	State     RescanState
	Total     int64 // listings to look at, as counted when it began; those concerned count twice
	Done      int64 // looked at
	Changed   int64 // verdicts or brands that became another
	StartedAt time.Time
	UpdatedAt time.Time
	EndedAt   time.Time // zero while it runs

	place   market.ListingID // it has come to
	atBrand int              // of Brands, the one it has come to
}

// RescanState says how far a rescan is.
type RescanState string

// The states of a rescan.
const (
	Concerned RescanState = "concerned" // looking at the listings of the brands concerned
	Rest      RescanState = "rest"      // looking at all listings
	Finished  RescanState = "finished"
	Overtaken RescanState = "overtaken" // a younger rescan does what was left
)

var rescanMoves = map[RescanState][]RescanState{
	Concerned: {Rest, Overtaken},
	Rest:      {Finished, Overtaken},
}

// RescanFilter says what to look at again; the zero one means everything.
type RescanFilter struct {
	Brands []brand.ID // look at the listings of these first
}

// Progress is how detection stands.
type Progress struct {
	Revision int64     // of the catalogue the scanner at hand was made from
	Newest   int64     // of the catalogue
	Waiting  int64     // listings of batches that have no verdict yet
	Rescans  []Rescan  // running, and the five that ended last
	Batches  []Batch   // unfinished, newest first, at most twenty
	At       time.Time // the moment all this is of
}

// Of a rescan.
const (
	pieceListings   = 200   // listings one transaction looks at
	piecesAMessage  = 50    // pieces one message asks for, before others have their turn
	brandsConcerned = 1_000 // past so many brands, to begin with those concerned is to begin with all
)

// changedBrands reads the brands and the revision from an event of BrandEvents.
func changedBrands(m bus.Message) ([]brand.ID, int64, error) {
	var said struct {
		ID       brand.ID   `json:"id"`
		IDs      []brand.ID `json:"ids"`
		Revision int64      `json:"revision"`
	}
	if err := json.Unmarshal(m.Body, &said); err != nil {
		return nil, 0, fault.Invalid.Say("The event names no brands.").Because(err)
	}
	if said.ID != "" {
		said.IDs = append(said.IDs, said.ID)
	}
	return said.IDs, said.Revision, nil
}

// HandleBrandChanged begins a rescan after brands have changed. It is a bus.Handler.
func (s *Service) HandleBrandChanged(ctx context.Context, m bus.Message) error {
	brands, revision, err := changedBrands(m)
	if err != nil {
		return err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		first, err := bus.Once(tx, BrandChangedConsumer, m.ID)
		if err != nil || !first {
			return err
		}
		_, err = beginRescan(tx, Rescan{Brands: brands, Revision: revision, Because: BrandChanged, By: access.System.Name})
		return err
	})
	if err != nil {
		return fmt.Errorf("begin a rescan: %w", err)
	}
	// Also when this is not the first time: the message may come again because what follows failed.
	return s.Resume(ctx)
}

// beginRescan keeps a new rescan, which takes over the brands of those that run.
func beginRescan(tx *db.Tx, r Rescan) (Rescan, error) {
	running, err := db.All(tx, scanRescan, runningRescans)
	if err != nil {
		return Rescan{}, err
	}
	for _, old := range running {
		if old.State == Concerned {
			for _, id := range old.Brands[old.atBrand:] {
				if !slices.Contains(r.Brands, id) {
					r.Brands = append(r.Brands, id)
				}
			}
		}
		r.Revision = max(r.Revision, old.Revision)
		if err := old.move(Overtaken); err != nil {
			return Rescan{}, err
		}
		old.UpdatedAt, old.EndedAt = tx.Now(), tx.Now()
		if err := keepRescan(tx, old); err != nil {
			return Rescan{}, err
		}
	}
	if len(r.Brands) > brandsConcerned {
		r.Brands = nil
	}
	if r.Total, err = market.Count(tx); err != nil {
		return Rescan{}, err
	}
	r.State = Rest
	if len(r.Brands) > 0 {
		concerned, err := db.One(tx, db.Value[int64], countUnderBrand+db.In(1, len(r.Brands)), arguments(r.Brands)...)
		if err != nil {
			return Rescan{}, err
		}
		r.State, r.Total = Concerned, r.Total+concerned
	}
	r.ID, r.StartedAt, r.UpdatedAt = RescanID(db.NewID()), tx.Now(), tx.Now()
	return r, keepRescan(tx, r)
}

// move takes the rescan to another state.
func (r *Rescan) move(to RescanState) error {
	if !slices.Contains(rescanMoves[r.State], to) {
		return fmt.Errorf("rescan %s: no way from %s to %s", r.ID, r.State, to)
	}
	r.State = to
	return nil
}

// Rescan has every listing looked at again. While brands change by themselves this is not needed; a new model or a doubt may call for it.
func (s *Service) Rescan(ctx context.Context, by access.User, f RescanFilter) (r Rescan, err error) {
	if err := by.May(access.OperationsManage, ""); err != nil {
		return r, err
	}
	for _, id := range f.Brands {
		if f, ok := fault.As(db.Text(string(id))); ok {
			return r, f.At("brands")
		}
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		revision, err := brand.Revision(tx)
		if err != nil {
			return err
		}
		if r, err = beginRescan(tx, Rescan{Brands: slices.Clone(f.Brands), Revision: revision, Because: Asked, By: by.Name}); err != nil {
			return err
		}
		_, err = ledger.Record(tx, "rescan.asked", "rescan:"+string(r.ID), by.Actor(), struct {
			Brands   []brand.ID `json:"brands"`
			Revision int64      `json:"revision"`
		}{f.Brands, revision})
		return err
	})
	if err != nil {
		return Rescan{}, fmt.Errorf("rescan: %w", err)
	}
	return r, s.ask(ctx, r)
}

// Resume asks for the next piece of every rescan and of the replay that is not finished. It is called when workers start: a queue that was lost
// with its disk loses no rescan.
func (s *Service) Resume(ctx context.Context) error {
	var running []Rescan
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		running, err = db.All(tx, scanRescan, runningRescans)
		return err
	})
	for _, r := range running {
		err = errors.Join(err, s.ask(ctx, r))
	}
	return errors.Join(err, s.resumeReplay(ctx))
}

// pieceMessage is the body of a message of RescanSubject.
type pieceMessage struct {
	Rescan RescanID `json:"rescan"`
}

// ask puts the next piece into the queue. Asking twice for the same does no harm.
func (s *Service) ask(ctx context.Context, r Rescan) error {
	body, err := json.Marshal(pieceMessage{r.ID})
	if err != nil {
		return err
	}
	if err := s.Bus.Publish(ctx, RescanSubject, fmt.Sprintf("%s.%d.%d.%s", r.ID, r.Done, r.atBrand, r.State), body); err != nil {
		return fmt.Errorf("go on with rescan %s: %w", r.ID, err)
	}
	return nil
}

// HandleRescan does some pieces of a rescan and asks for the next. What is done is where the rescan has come to, kept with the verdicts of each
// piece: a message that comes twice, or not at all and then by Resume, does no harm. It is a bus.Handler.
func (s *Service) HandleRescan(ctx context.Context, m bus.Message) error {
	var asked pieceMessage
	if err := json.Unmarshal(m.Body, &asked); err != nil || asked.Rescan == "" {
		return fault.Invalid.Say("The message names no rescan.").Because(err)
	}
	for range piecesAMessage {
		over, err := s.piece(ctx, asked.Rescan)
		if err != nil {
			return fmt.Errorf("rescan %s: %w", asked.Rescan, err)
		}
		if over {
			return nil
		}
	}
	r, err := s.rescan(ctx, asked.Rescan)
	if err != nil {
		return err
	}
	return s.ask(ctx, r)
}

func (s *Service) rescan(ctx context.Context, id RescanID) (r Rescan, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = db.One(tx, scanRescan, oneRescan, string(id))
		return err
	})
	if fault.Of(err) == fault.NotFound {
		return r, fault.Invalid.Say("There is no such rescan.").Because(err)
	}
	return r, err
}

// piece looks at the next listings of a rescan. Reading and scanning hold up nobody; only what came out otherwise than it stands is
// written, so that a change of one brand among 100 million listings is a walk and not a rewriting.
func (s *Service) piece(ctx context.Context, id RescanID) (over bool, err error) {
	r, err := s.rescan(ctx, id)
	if err != nil || !r.EndedAt.IsZero() {
		return true, err
	}
	scanner, err := s.runningOf(ctx, edition{brands: r.Revision})
	if err != nil {
		return false, err
	}
	next, listings, other, err := s.look(ctx, r, scanner)
	if err != nil {
		return false, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		over = false
		now, err := db.One(tx, scanRescan, oneRescan, string(id))
		if err != nil {
			return err
		}
		if over = !now.EndedAt.IsZero(); over || now.place != r.place || now.atBrand != r.atBrand || now.State != r.State {
			return nil // somebody else has done this piece
		}
		changed, err := s.keepPiece(tx, r, scanner, other)
		if err != nil {
			return err
		}
		next := next
		next.Done, next.Changed, next.UpdatedAt = r.Done+int64(listings), r.Changed+int64(changed), tx.Now()
		if over = next.State == Finished; over {
			next.EndedAt = tx.Now()
		}
		return keepRescan(tx, next)
	})
	if stale, ok := errors.AsType[staleError](err); ok {
		// The younger change has a rescan of its own on the way; until it overtakes this one goes on with its brands.
		_, err = s.runningOf(ctx, stale.newest)
	}
	return over, err
}

// look scans the next listings. It gives where the rescan is after them, how many there were, and those whose verdict came out otherwise
// than it stands.
func (s *Service) look(ctx context.Context, r Rescan, scanner *running) (next Rescan, listings int, other []scanned, err error) {
	next = r
	var records []market.Record
	var ids []market.ListingID
	var stands map[market.ListingID]Opinion
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if records, err = r.following(tx); err != nil {
			return err
		}
		ids = make([]market.ListingID, len(records))
		for i, rec := range records {
			ids[i] = rec.ID
		}
		stands, err = Load(tx, ids)
		return err
	})
	if err != nil {
		return next, 0, nil, err
	}
	if other, err = s.judgeAgain(ctx, scanner, records, stands); err != nil {
		return next, 0, nil, err
	}
	return next, len(records), other, next.advance(ids)
}

// judgeAgain gives those of the listings whose judgement comes out otherwise than it stands.
func (s *Service) judgeAgain(ctx context.Context, run *running, records []market.Record, stands map[market.ListingID]Opinion) (other []scanned, err error) {
	pictures, err := s.see(ctx, run, listingsOf(records), true)
	if err != nil {
		return nil, err
	}
	for i := range records {
		l := &records[i].Listing
		genuine, err := s.genuine(ctx, l)
		if err != nil {
			return nil, err
		}
		judged, _ := run.judge(l, pictures[l.ID], genuine)
		if was, known := stands[judged.ID]; !known || !sameJudgement(was.Judgement, judged) {
			other = append(other, scanned{l.Seller.ID, records[i].Version, judged})
		}
	}
	return other, nil
}

func listingsOf(records []market.Record) []market.Listing {
	all := make([]market.Listing, len(records))
	for i := range records {
		all[i] = records[i].Listing
	}
	return all
}

// following is the next listings of the rescan.
func (r Rescan) following(tx *db.Tx) ([]market.Record, error) {
	if r.State == Rest {
		return market.Following(tx, r.place, pieceListings)
	}
	ids, err := listingsUnder(tx, r.Brands[r.atBrand], r.place, pieceListings)
	if err != nil {
		return nil, err
	}
	byID, err := market.Load(tx, ids)
	if err != nil {
		return nil, err
	}
	records := make([]market.Record, 0, len(ids))
	for _, id := range ids {
		if rec, ok := byID[id]; ok {
			records = append(records, rec)
		}
	}
	return records, nil
}

// advance moves the rescan behind the listings looked at; fewer than a full piece are the last of their kind.
func (r *Rescan) advance(ids []market.ListingID) error {
	if len(ids) == pieceListings {
		r.place = ids[len(ids)-1]
		return nil
	}
	r.place = ""
	if r.State == Rest {
		return r.move(Finished)
	}
	if r.atBrand++; r.atBrand == len(r.Brands) {
		return r.move(Rest)
	}
	return nil
}

// keepPiece makes the other results stand, but for listings that a worker has stored anew meanwhile: those were scanned with brands as new as these.
func (s *Service) keepPiece(tx *db.Tx, r Rescan, scanner *running, other []scanned) (changed int, err error) {
	return keepOther(tx, scanner, other, occasion{because: r.Because, subject: "rescan:" + string(r.ID)})
}

// keepOther is keepPiece for any occasion.
func keepOther(tx *db.Tx, scanner *running, other []scanned, o occasion) (changed int, err error) {
	now, err := newest(tx)
	if err != nil {
		return 0, err
	}
	if !scanner.covers(now) {
		return 0, staleError{now}
	}
	if len(other) == 0 {
		return 0, nil
	}
	ids := make([]market.ListingID, len(other))
	for i, o := range other {
		ids[i] = o.judged.ID
	}
	records, err := market.Load(tx, ids)
	if err != nil {
		return 0, err
	}
	same := make([]scanned, 0, len(other))
	for _, o := range other {
		if records[o.judged.ID].Version == o.version {
			same = append(same, o)
		}
	}
	o.model, o.revision = scanner.Model(), scanner.brands
	return settle(tx, o, same, false)
}
