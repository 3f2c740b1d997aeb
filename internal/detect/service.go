package detect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// The subjects of the bus that this room works on, and the names its consumers go by.
const (
	ScanSubject   = "work.scan"
	RescanSubject = "work.rescan"

	ScanConsumer         = "detect-scan"          // of ScanSubject: Service.Handle, any number of workers
	RescanConsumer       = "detect-rescan"        // of RescanSubject: Service.HandleRescan, one worker is enough
	BrandChangedConsumer = "detect-brand-changed" // of BrandEvents: Service.HandleBrandChanged, one worker
)

// BrandEvents are the events after which verdicts may be others; Service.BrandChanged watches them in every process, and HandleBrandChanged
// consumes them once for all.
var BrandEvents = []string{"event.brand.changed", "event.brand.imported"}

// Publisher is what the room needs of the bus to hand on work.
type Publisher interface {
	Publish(ctx context.Context, subject, id string, body []byte) error
	PublishMany(ctx context.Context, messages []bus.Message) error
}

// Catalogue is what the room needs of brand.
type Catalogue interface {
	Catalogue(ctx context.Context) ([]brand.Brand, int64, error)
}

// Service is the room's verbs. A Service must not be copied.
type Service struct {
	DB     *db.DB
	Bus    Publisher
	Brands Catalogue

	Genuine Genuine // nil: nobody knows goods that are genuine

	Pictures    Pictures // nil: no picture is looked at
	MaxPictures int      // of listings that this process keeps in memory, the newest; 0: a million, which take about 200 MB

	Now clock.Clock  // nil: the machine's
	Log *slog.Logger // nil: slog.Default

	// compile is NewScanner; tests put a simpler machine in its place.
	compile func(brands []brand.Brand, now clock.Clock) (machine, error)

	hanging sync.Once // makes gallery
	gallery *gallery
	hung    atomic.Bool // gallery has been read for the first time

	making  sync.Mutex // held while a scanner is made
	current atomic.Pointer[running]
}

type machine interface {
	ScanSeen(l *market.Listing, seen *Seen) Result // seen may be nil
	Model() string                                 // what weighs the signals
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

func (s *Service) clock() clock.Clock {
	if s.Now == nil {
		return clock.System
	}
	return s.Now
}

// Ready makes the first scanner from the catalogue; without it the first scan does. It returns what reading the brands returns.
func (s *Service) Ready(ctx context.Context) error {
	_, err := s.runningOf(ctx, edition{})
	return err
}

// BrandChanged has the next scan use a new scanner. It is what bus.Watch calls in every process for BrandEvents.
func (s *Service) BrandChanged(ctx context.Context, m bus.Message) {
	_, revision, err := changedBrands(m)
	if err == nil {
		_, err = s.runningOf(ctx, edition{brands: revision})
	}
	if err != nil {
		// No verdict is lost by it: what a worker stores is checked against the catalogue's revision.
		s.log().WarnContext(ctx, "scanner not made anew", slog.Any("error", err))
	}
}

// Scan is the pre-publication check: the machine's opinion of one listing, at once, and what the policy makes of it. Nothing is kept. A brand or
// policy changed in another process a moment ago may not count yet.
func (s *Service) Scan(ctx context.Context, by access.User, l market.Listing) (Judgement, error) {
	if err := by.May(access.ListingSubmit, ""); err != nil {
		return Judgement{}, err
	}
	if err := acceptable(&l); err != nil {
		return Judgement{}, err
	}
	run, err := s.runningOf(ctx, edition{})
	if err != nil {
		return Judgement{}, err
	}
	genuine, err := s.genuine(ctx, &l)
	if err != nil {
		return Judgement{}, err
	}
	seen, err := s.see(ctx, run, []market.Listing{l}, false)
	if err != nil {
		return Judgement{}, err
	}
	judged, _ := run.judge(&l, seen[l.ID], genuine)
	return judged, nil
}

// acceptable is the rule for listings that come in by themselves, not by a file.
func acceptable(l *market.Listing) error {
	if l.Title == "" {
		return fault.Invalid.Say("A listing needs a title.").At("title")
	}
	return market.Storable(l)
}

// What one Submit and one message take.
const (
	MaxBatch      = 10_000 // listings of a batch
	chunkListings = 200
	chunkBytes    = 512 << 10
)

// chunk is the body of a message of ScanSubject.
type chunk struct {
	Batch    BatchID          `json:"batch"`
	At       time.Time        `json:"at"` // when the batch was first handed in
	Listings []market.Listing `json:"listings"`
}

var batchPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_:-]{0,99}$`)

// Submit takes listings for scanning by the workers. Under one batch id the same listings count once, however often they are sent, which is how
// a sender goes on after an error; an empty id makes one up. It returns fault.TooLarge for more than MaxBatch listings,
// fault.Conflict when the id stands for other listings, and fault.Unavailable when the queue is full; then nothing, part or all of
// it was taken, and sending it again is right.
func (s *Service) Submit(ctx context.Context, by access.User, id BatchID, listings []market.Listing) (Receipt, error) {
	if err := by.May(access.ListingSubmit, ""); err != nil {
		return Receipt{}, err
	}
	if len(listings) > MaxBatch {
		return Receipt{}, fault.TooLarge.Say("A batch has at most %d listings.", MaxBatch)
	}
	if id == "" {
		id = BatchID(db.NewID())
	}
	if !batchPattern.MatchString(string(id)) {
		return Receipt{}, fault.Invalid.Say("A batch's id has at most 100 letters, digits, hyphens, colons and underscores.").At("batch")
	}
	receipt := Receipt{Batch: id}
	good := make([]json.RawMessage, 0, len(listings))
	sum := sha256.New()
	for i := range listings {
		raw, problem := encodeListing(&listings[i])
		if problem != nil {
			receipt.Bad = append(receipt.Bad, BadListing{i + 1, listings[i].ID, problem})
			continue
		}
		good = append(good, raw)
		_, _ = sum.Write(append(raw, '\n'))
	}
	receipt.Accepted = len(good)
	at, err := s.openBatch(ctx, by, receipt, hex.EncodeToString(sum.Sum(nil)))
	if err != nil {
		return Receipt{}, fmt.Errorf("submit batch %s: %w", id, err)
	}
	if err := s.Bus.PublishMany(ctx, chunks(id, at, good)); err != nil {
		return Receipt{}, fmt.Errorf("submit batch %s: %w", id, err)
	}
	return receipt, nil
}

func encodeListing(l *market.Listing) (json.RawMessage, *fault.Fault) {
	if err := acceptable(l); err != nil {
		f, _ := fault.As(err)
		return nil, f
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return nil, fault.Invalid.Say("The listing cannot be kept.").Because(err)
	}
	if len(raw) > market.MaxDocument {
		return nil, fault.TooLarge.Say("A listing has at most %d KiB.", market.MaxDocument>>10)
	}
	return raw, nil
}

// openBatch keeps the batch before any of it is on its way. It says when it was first handed in, which may be earlier.
func (s *Service) openBatch(ctx context.Context, by access.User, r Receipt, hash string) (at time.Time, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var micros int64
		var before string
		_, err := db.One(tx, func(row db.Row) (nothing, error) { return nothing{}, row.Scan(&micros, &before) }, sentBefore, string(r.Batch))
		if err == nil {
			if at = db.Time(micros); before != hash {
				return fault.Conflict.Say("This id is that of another batch.").At("batch")
			}
			return nil
		}
		if fault.Of(err) != fault.NotFound {
			return err
		}
		at = tx.Now()
		finished := int64(0)
		if r.Accepted == 0 {
			finished = db.Micros(at)
		}
		_, err = tx.Exec(writeBatch, string(r.Batch), string(by.Org), by.Name, db.Micros(at), hash, int64(r.Accepted), int64(len(r.Bad)), finished)
		return err
	})
	return at, err
}

// chunks makes the messages of a batch; the same listings make the same messages.
func chunks(id BatchID, at time.Time, listings []json.RawMessage) []bus.Message {
	var messages []bus.Message
	for first := 0; first < len(listings); {
		body := fmt.Appendf(nil, `{"batch":%q,"at":%q,"listings":[`, id, at.Format(time.RFC3339Nano))
		last := first
		for last < len(listings) && last-first < chunkListings && (last == first || len(body)+len(listings[last]) < chunkBytes) {
			if last > first {
				body = append(body, ',')
			}
			body = append(body, listings[last]...)
			last++
		}
		messages = append(messages, bus.Message{ID: string(id) + "." + strconv.Itoa(len(messages)), Subject: ScanSubject, Body: append(body, ']', '}')})
		first = last
	}
	return messages
}

// scanAttempts is how often the scan of one message is begun again because brands changed under it.
const scanAttempts = 5

// staleError says that brands or policies have moved on since what runs was made.
type staleError struct{ newest edition }

// Error is for the log.
func (e staleError) Error() string {
	return fmt.Sprintf("the brands have moved on to revision %d, the policies to %d", e.newest.brands, e.newest.policy)
}

// Handle scans the listings of one message of ScanSubject and keeps them with their verdicts, all in one transaction, once however often it is
// called. It is a bus.Handler.
func (s *Service) Handle(ctx context.Context, m bus.Message) error {
	var c chunk
	if err := json.Unmarshal(m.Body, &c); err != nil {
		return fault.Invalid.Say("The message holds no listings.").Because(err)
	}
	var want edition
	for range scanAttempts {
		err := s.scanChunk(ctx, m.ID, c, want)
		if stale, ok := errors.AsType[staleError](err); ok {
			want = stale.newest
			continue
		}
		if err != nil {
			return fmt.Errorf("scan message %s: %w", m.ID, err)
		}
		return s.finish(ctx, c.Batch)
	}
	return fmt.Errorf("scan message %s: %w", m.ID, staleError{want})
}

// looked is what the listings of one message came to.
type looked struct {
	judged    map[market.ListingID]Judgement
	sellers   map[market.ListingID]market.SellerID
	verdicts  map[Verdict]int64
	tally     tally
	different []Difference
}

// lookAt judges the listings of a message by what runs, and beside it by what is on trial.
func (s *Service) lookAt(ctx context.Context, run *running, listings []market.Listing) (looked, error) {
	all := looked{
		judged:  make(map[market.ListingID]Judgement, len(listings)),
		sellers: make(map[market.ListingID]market.SellerID, len(listings)), verdicts: map[Verdict]int64{},
	}
	if run.trial != nil {
		all.tally.Policy, all.tally.Trial = run.trial.number, run.trial.trial
	}
	var prices PriceBook
	teacher, teaches := run.machine.(interface {
		Learn(book *PriceBook, l *market.Listing, r Result)
	})
	seen, err := s.see(ctx, run, listings, true)
	if err != nil {
		return all, err
	}
	for i := range listings {
		l := &listings[i]
		genuine, err := s.genuine(ctx, l)
		if err != nil {
			return all, err
		}
		judged, problems := run.judge(l, seen[l.ID], genuine)
		for _, p := range problems {
			s.log().WarnContext(ctx, "rule not told", slog.String("rule", p.rule), slog.String("listing", string(l.ID)), slog.Any("error", p.err))
		}
		all.judged[l.ID], all.sellers[l.ID] = judged, l.Seller.ID
		all.verdicts[judged.Verdict]++
		all.tally.count(&judged.Result)
		if teaches {
			teacher.Learn(&prices, l, judged.Result)
		}
		if run.trial == nil {
			continue
		}
		would, problems := run.trial.judge(run, l, seen[l.ID], &judged.Result, genuine)
		all.tally.Beside.count(judged.Action, would, problems)
		if would.Action != judged.Action {
			all.different = append(all.different, difference(judged.Action, would, true))
		}
	}
	if !prices.Empty() {
		var err error
		if all.tally.Prices, err = prices.MarshalBinary(); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (s *Service) scanChunk(ctx context.Context, message string, c chunk, want edition) error {
	run, err := s.runningOf(ctx, want)
	if err != nil {
		return err
	}
	looked, err := s.lookAt(ctx, run, c.Listings)
	if err != nil {
		return err
	}
	// Durable although a scan could be done again: once the message is acknowledged nobody keeps the listings.
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		first, err := bus.Once(tx, ScanConsumer, message)
		if err != nil || !first {
			return err
		}
		now, err := newest(tx)
		if err != nil {
			return err
		}
		if !run.covers(now) {
			return staleError{now}
		}
		saved, err := market.Save(tx, c.At, c.Listings)
		if err != nil {
			return err
		}
		all := make([]scanned, len(saved))
		for i, l := range saved {
			all[i] = scanned{looked.sellers[l.ID], l.Version, looked.judged[l.ID]}
		}
		o := occasion{because: Submitted, batch: c.Batch, subject: "batch:" + string(c.Batch), model: run.Model(), revision: run.brands}
		if _, err := settle(tx, o, all, true); err != nil {
			return err
		}
		if looked.tally.Policy != 0 {
			if err := keepDifferences(tx, looked.tally.Policy, looked.tally.Trial, looked.different); err != nil {
				return err
			}
		}
		looked.tally.Day = tx.Now().Unix() / 86400
		if err := keepTally(tx, message, looked.tally); err != nil {
			return err
		}
		_, err = tx.Exec(writeScan, message, string(c.Batch), db.Micros(tx.Now()), int64(len(c.Listings)), looked.verdicts[Clear], looked.verdicts[Review], looked.verdicts[Fake])
		return err
	})
}

// finish notes that all of a batch was scanned. It runs behind the transaction of each message, so that messages scanned at the same time do not
// wait for each other at the count; the last of them sees all.
func (s *Service) finish(ctx context.Context, id BatchID) error {
	if id == "" {
		return nil
	}
	err := s.DB.Bulk(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(finishBatch, db.Micros(tx.Now()), string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("finish batch %s: %w", id, err)
	}
	return nil
}

// Batch tells how a batch stands. It returns fault.NotFound.
func (s *Service) Batch(ctx context.Context, by access.User, id BatchID) (b Batch, err error) {
	if by.May(access.OperationsRead, "") != nil {
		if err := by.May(access.ListingSubmit, ""); err != nil {
			return Batch{}, err
		}
	}
	missing := fault.NotFound.Say("There is no such batch.")
	if db.Text(string(id)) != nil {
		return Batch{}, missing
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		b, err = db.One(tx, scanBatch, oneBatch, string(id))
		return err
	})
	if fault.Of(err) == fault.NotFound {
		return Batch{}, missing
	}
	return b, err
}

// Progress tells how detection stands.
func (s *Service) Progress(ctx context.Context, by access.User) (p Progress, err error) {
	if err := by.May(access.OperationsRead, ""); err != nil {
		return Progress{}, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		p = Progress{At: tx.Now()}
		if p.Newest, err = brand.Revision(tx); err != nil {
			return err
		}
		if p.Waiting, err = db.One(tx, db.Value[int64], waiting); err != nil {
			return err
		}
		if p.Batches, err = db.All(tx, scanBatch, unfinished, 20); err != nil {
			return err
		}
		if p.Rescans, err = db.All(tx, scanRescan, runningRescans); err != nil {
			return err
		}
		ended, err := db.All(tx, scanRescan, endedRescans, 5)
		p.Rescans = append(p.Rescans, ended...)
		return err
	})
	if now := s.current.Load(); now != nil {
		p.Revision = now.brands
	}
	return p, err
}

// Filter says which opinions a list shows.
type Filter struct {
	Verdict Verdict  // empty: all
	Brand   brand.ID // empty: all
	Seller  market.SellerID
	After   string // the cursor of the page before
	Limit   int    // rows a page, at most 200; 0 means 50
}

func (f Filter) where() (*db.Where, error) {
	w := &db.Where{}
	for _, c := range []struct{ field, condition, value string }{
		{"verdict", `verdict = ?`, string(f.Verdict)},
		{"brand", `brand = ?`, string(f.Brand)},
		{"seller", `seller = ?`, string(f.Seller)},
	} {
		if f, ok := fault.As(db.Text(c.value)); ok {
			return nil, f.At(c.field)
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	return w, nil
}

// Opinions lists opinions, the highest score first.
func (s *Service) Opinions(ctx context.Context, by access.User, f Filter) (page db.Page[Opinion], err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return page, err
	}
	w, err := f.where()
	if err != nil {
		return page, err
	}
	if f.After != "" {
		var score float64
		var id string
		if err := db.ParseCursor(f.After, "opinions", &score, &id); err != nil {
			return page, err
		}
		w.And(`(score, listing) < (?, ?)`, score, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by score desc, listing desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanOpinion, listOpinions+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Opinion) string { return db.Cursor("opinions", last.Score, last.ID) })
		return err
	})
	return page, err
}

// CountOpinions is how many opinions the filter's pages show together.
func (s *Service) CountOpinions(ctx context.Context, by access.User, f Filter) (n int64, err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return 0, err
	}
	w, err := f.where()
	if err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, db.Value[int64], `select count(*) from verdict`+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// Opinion is the verdict that stands for a listing. It returns fault.NotFound when it was never scanned.
func (s *Service) Opinion(ctx context.Context, by access.User, id market.ListingID) (o Opinion, err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return o, err
	}
	missing := fault.NotFound.Say("This listing has no verdict.")
	if db.Text(string(id)) != nil {
		return o, missing
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		o, err = db.One(tx, scanOpinion, oneOpinion, string(id))
		return err
	})
	if fault.Of(err) == fault.NotFound {
		return o, missing
	}
	return o, err
}

// OpinionsOf is the verdicts that stand for those of the listings that were scanned; at most 1,000 are asked for.
func (s *Service) OpinionsOf(ctx context.Context, by access.User, ids []market.ListingID) (all map[market.ListingID]Opinion, err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return nil, err
	}
	if len(ids) > mostAsked {
		return nil, fault.TooLarge.Say("Ask for at most %d at once.", mostAsked)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = Load(tx, ids)
		return err
	})
	return all, err
}

const mostAsked = 1_000

// Tally counts a seller's listings by verdict.
type Tally struct{ Clear, Review, Fake int64 }

// TallyOf counts the listings of each seller by verdict; at most 1,000 sellers are asked for.
func (s *Service) TallyOf(ctx context.Context, by access.User, sellers []market.SellerID) (map[market.SellerID]Tally, error) {
	if err := by.May(access.SellerRead, ""); err != nil {
		return nil, err
	}
	if len(sellers) > mostAsked {
		return nil, fault.TooLarge.Say("Ask for at most %d at once.", mostAsked)
	}
	if len(sellers) == 0 {
		return nil, nil
	}
	all := make(map[market.SellerID]Tally, len(sellers))
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		_, err := db.All(tx, func(r db.Row) (nothing, error) {
			var id market.SellerID
			var v Verdict
			var n int64
			err := r.Scan(&id, &v, &n)
			t := all[id]
			switch v {
			case Fake:
				t.Fake = n
			case Review:
				t.Review = n
			default:
				t.Clear = n
			}
			all[id] = t
			return nothing{}, err
		}, tallies+db.In(1, len(sellers))+` group by seller, verdict`, arguments(sellers)...)
		return err
	})
	return all, err
}

// History is what became of a listing's verdict, newest first; 50 a page unless limit says otherwise.
func (s *Service) History(ctx context.Context, by access.User, id market.ListingID, after string, limit int) (page db.Page[Since], err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return page, err
	}
	if db.Text(string(id)) != nil {
		return page, nil
	}
	w := &db.Where{}
	w.And(`listing = ?`, string(id))
	if after != "" {
		var last string
		if err := db.ParseCursor(after, "since", &last); err != nil {
			return page, err
		}
		w.And(`id < ?`, last)
	}
	limit = db.Limit(limit, 50, 200)
	w.Then(`order by id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanSince, listSince+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Since) string { return db.Cursor("since", last.id) })
		return err
	})
	return page, err
}
