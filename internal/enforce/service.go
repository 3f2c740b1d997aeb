package enforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// Service is the room's verbs.
type Service struct {
	DB *db.DB

	// Alone is the hardest action that a policy may take without a person: detect.Remove, detect.Restrict, or, as zero, none. What it may not take
	// waits in the queue as a proposal.
	Alone detect.Action

	// TwoAbove is on how many listings at once one person removes or restricts alone; more wait for a second, see Together. 0: no limit.
	TwoAbove int

	// SecondShare is the share of people's decisions that a second person looks at; 0 means the constant of that name, less than 0 none.
	SecondShare float64
	// GoldenEvery is after how many decisions of a reviewer one golden item is due; 0 means the constant of that name, less than 0 never.
	GoldenEvery  int
	Language     string // "en" or "zh": in which sellers are written to whose own is not known; empty means "en"
	Period       Period // how long who gave notice has against a counter-statement; zero means DefaultPeriod
	AppealMonths int    // how long a decision can be complained of; 0 means the constant of that name

	Detect *detect.Service // finds listings by picture; nil: rights holders look by words only
}

var (
	noListing  = fault.NotFound.Say("There is no such listing.")
	noDecision = fault.NotFound.Say("There is no such decision.")
)

// Order is how the queue is sorted.
type Order string

// The orders of the queue.
const (
	ByPriority Order = ""       // the greatest first
	ByAge      Order = "oldest" // waiting longest first
	ByScore    Order = "score"  // the highest first
	ByPrice    Order = "price"  // the dearest first
)

// Filter says which reviews the queue shows. The zero Filter shows what waits: open and escalated.
type Filter struct {
	State    State // empty: Open and Escalated
	Verdict  detect.Verdict
	Queue    string
	Brand    brand.ID
	Category string
	Seller   market.SellerID
	Text     string // words that the listing's title, its id or its seller's id contain
	Mine     bool   // taken by the asker
	Order    Order
	After    string // the cursor of the page before
	Limit    int    // rows a page, at most 200; 0 means 50
}

func (f Filter) where(by access.User, at time.Time) (*db.Where, error) {
	w := &db.Where{}
	if f.State == "" {
		w.And(`waiting`)
	}
	for _, c := range []struct{ field, condition, value string }{
		{"state", `state = ?`, string(f.State)},
		{"verdict", `verdict = ?`, string(f.Verdict)},
		{"queue", `queue = ?`, f.Queue},
		{"brand", `brand = ?`, string(f.Brand)},
		{"category", `category = ?`, f.Category},
		{"seller", `seller = ?`, string(f.Seller)},
	} {
		if f, ok := fault.As(db.Text(c.value)); ok {
			return nil, f.At(c.field)
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	if f.Mine {
		w.And(`assigned_to = ? and assigned_until > ?`, string(by.ID), db.Micros(at))
	}
	if err := checkText(f.Text, maxSearch); err != nil {
		return nil, err.At("text")
	}
	w.AndWords(`search`, f.Text)
	return w, nil
}

// maxSearch is the most runes a search has.
const maxSearch = 500

// orders says by which column each order of the queue goes, in which direction, and where a row is in it.
var orders = map[Order]struct {
	column string
	up     bool
	key    func(Review) any
	empty  func() any // a place to read a key into
}{
	ByPriority: {`priority`, false, func(r Review) any { return r.Priority }, fraction},
	ByAge:      {`opened_at`, true, func(r Review) any { return db.Micros(r.OpenedAt) }, whole},
	ByScore:    {`score`, false, func(r Review) any { return r.Score }, fraction},
	ByPrice:    {`cents`, false, func(r Review) any { return r.Cents }, whole},
}

func fraction() any { return new(float64) }
func whole() any    { return new(int64) }

// page adds to w what the order needs. The cursor is that behind a row.
func (o Order) page(w *db.Where, after string, limit int) (cursor func(Review) string, err error) {
	order, ok := orders[o]
	if !ok {
		return nil, fault.Invalid.Say("There is no such order.").At("order")
	}
	name := "queue-" + string(o)
	compare, direction := `<`, `desc`
	if order.up {
		compare, direction = `>`, `asc`
	}
	if after != "" {
		var id string
		key := order.empty()
		if err := db.ParseCursor(after, name, key, &id); err != nil {
			return nil, err
		}
		w.And(`(`+order.column+`, listing) `+compare+` (?, ?)`, key, id)
	}
	w.Then(`order by `+order.column+` `+direction+`, listing `+direction+` limit ?`, limit)
	return func(last Review) string { return db.Cursor(name, order.key(last), last.Listing) }, nil
}

// Queue lists reviews.
func (s *Service) Queue(ctx context.Context, by access.User, f Filter) (page db.Page[Review], err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return page, err
	}
	limit := db.Limit(f.Limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := f.where(by, tx.Now())
		if err != nil {
			return err
		}
		cursor, err := f.Order.page(w, f.After, limit+1)
		if err != nil {
			return err
		}
		rows, err := db.All(tx, scanReview, listReviews+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, cursor)
		return err
	})
	if err != nil {
		return db.Page[Review]{}, fmt.Errorf("list the queue: %w", err)
	}
	return page, nil
}

// CountQueue is how many reviews the filter's pages show together.
func (s *Service) CountQueue(ctx context.Context, by access.User, f Filter) (n int64, err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := f.where(by, tx.Now())
		if err != nil {
			return err
		}
		n, err = db.One(tx, db.Value[int64], countReviews+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// Counts are the sizes of the queue's parts.
type Counts struct {
	Open       int64
	Escalated  int64
	Mine       int64                    // taken by the asker
	ByVerdict  map[detect.Verdict]int64 // of open and escalated
	ByQueue    map[string]int64         // of open and escalated
	ByBrand    []detect.BrandCount      // the fifty with most open and escalated
	ByCategory map[string]int64         // of open and escalated
	Oldest     time.Time                // since when the oldest waits; zero when the queue is empty
}

// Counts counts the queue.
func (s *Service) Counts(ctx context.Context, by access.User) (c Counts, err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return c, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		c = Counts{ByVerdict: map[detect.Verdict]int64{}, ByCategory: map[string]int64{}, ByQueue: map[string]int64{}}
		states := map[State]int64{}
		if err := tally(tx, states, countStates); err != nil {
			return err
		}
		c.Open, c.Escalated = states[Open], states[Escalated]
		if err := tally(tx, c.ByVerdict, countByVerdict); err != nil {
			return err
		}
		if err := tally(tx, c.ByQueue, countByQueue); err != nil {
			return err
		}
		if err := tally(tx, c.ByCategory, countByCategory); err != nil {
			return err
		}
		if c.ByBrand, err = db.All(tx, func(r db.Row) (b detect.BrandCount, err error) {
			err = r.Scan(&b.Brand, &b.Suspected)
			return b, err
		}, countByBrand); err != nil {
			return err
		}
		if c.Mine, err = db.One(tx, db.Value[int64], countMine, string(by.ID), db.Micros(tx.Now())); err != nil {
			return err
		}
		oldest, err := db.One(tx, db.Value[int64], oldestWaiting)
		c.Oldest = db.Time(oldest)
		return err
	})
	return c, err
}

// Next takes the first waiting review of the filter that nobody is looking at, for ClaimTime. The asker's own claims count as looked at, so that a page
// can take the next listing while one is on the screen; Filter.Mine lists them. Escalated listings are handed only to who may decide
// on them. It returns fault.NotFound when nothing waits.
func (s *Service) Next(ctx context.Context, by access.User, f Filter) (v Review, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return v, err
	}
	if f.Mine, f.After = false, ""; f.State != "" && f.State != Open && f.State != Escalated {
		return v, fault.Invalid.Say("Only what waits can be taken.").At("state")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		w, err := f.where(by, tx.Now())
		if err != nil {
			return err
		}
		w.And(`(assigned_to = '' or assigned_until <= ?)`, db.Micros(tx.Now()))
		if by.May(access.DecisionUndo, "") != nil {
			w.And(`state = ?`, string(Open))
		}
		if _, err := f.Order.page(w, "", 1); err != nil {
			return err
		}
		v, err = db.One(tx, scanReview, listReviews+w.Text()+tx.Dialect().SkipLocked(), w.Args()...)
		if fault.Of(err) == fault.NotFound {
			return fault.NotFound.Say("Nothing waits.")
		}
		if err != nil {
			return err
		}
		v, err = assignTo(tx, v, by)
		return err
	})
	if err != nil {
		return Review{}, fmt.Errorf("take the next review: %w", err)
	}
	return v, nil
}

// Claim takes a review for ClaimTime, again if it is one's own. It returns fault.Conflict, naming whom, when another person has it, and fault.NotFound
// when there is none that waits.
func (s *Service) Claim(ctx context.Context, by access.User, listing market.ListingID) (v Review, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return v, err
	}
	waits := fault.NotFound.Say("This listing does not wait for a decision.")
	if db.Text(string(listing)) != nil {
		return v, waits
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		v, err = db.One(tx, scanReview, oneReview, string(listing))
		if fault.Of(err) == fault.NotFound || err == nil && !v.waits() {
			return waits
		}
		if err != nil {
			return err
		}
		if v.claimed(by.ID, tx.Now()) {
			return fault.Conflict.Say("%s is looking at this listing until %s.", v.AssignedName, moment(v.AssignedUntil))
		}
		v, err = assignTo(tx, v, by)
		return err
	})
	if err != nil {
		return Review{}, fmt.Errorf("claim listing %s: %w", listing, err)
	}
	return v, nil
}

// Release gives a review back to the queue. It does nothing when it is not the asker's.
func (s *Service) Release(ctx context.Context, by access.User, listing market.ListingID) error {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return err
	}
	if db.Text(string(listing)) != nil {
		return nil
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(assign+` and assigned_to = $5`, "", "", int64(0), string(listing), string(by.ID))
		return err
	})
	if err != nil {
		return fmt.Errorf("release listing %s: %w", listing, err)
	}
	return nil
}

// Review is one listing's place. For a listing nobody suspected or decided on it is a Review that is Cleared and Live, of version 0. It returns
// fault.NotFound for a listing that is not known.
func (s *Service) Review(ctx context.Context, by access.User, listing market.ListingID) (v Review, err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return v, err
	}
	if db.Text(string(listing)) != nil {
		return v, noListing
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		v, _, err = place(tx, listing)
		return err
	})
	return v, err
}

// place is a listing's review as it is or would begin, and the opinion that stands for it.
func place(tx *db.Tx, listing market.ListingID) (Review, detect.Opinion, error) {
	opinions, err := detect.Load(tx, []market.ListingID{listing})
	if err != nil {
		return Review{}, detect.Opinion{}, err
	}
	o, scanned := opinions[listing]
	v, err := db.One(tx, scanReview, oneReview, string(listing))
	if fault.Of(err) != fault.NotFound {
		return v, o, err
	}
	records, err := market.Load(tx, []market.ListingID{listing})
	if err != nil {
		return Review{}, o, err
	}
	l, known := records[listing]
	if !known {
		return Review{}, o, noListing
	}
	if !scanned {
		o.ID, o.Verdict, o.Action = listing, detect.Clear, detect.Pass
	}
	v = Review{State: Cleared, Standing: Live}
	v.see(o, l)
	return v, o, nil
}

// ReviewsOf is the reviews of those of the listings that have one; at most 1,000 are asked for.
func (s *Service) ReviewsOf(ctx context.Context, by access.User, listings []market.ListingID) (all map[market.ListingID]Review, err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return nil, err
	}
	if len(listings) > 1_000 {
		return nil, fault.TooLarge.Say("Ask for at most %d at once.", 1_000)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = loadReviews(tx, listings)
		return err
	})
	return all, err
}

// Decide takes a decision. A claim of another person does not hinder it: the claim keeps the listing from being handed out twice, the
// version from being decided twice. An escalated listing, and one that another person has decided on, is decided by who holds access.DecisionUndo.
//
// After nil the decision stands, is in the ledger and will be told of. A request that was already made gives its decision again. It returns
// fault.Conflict "Already decided by … at …." when another decision came first, or when the listing is no longer what the person
// saw; fault.Invalid for a reason that does not fit or lacks its note; fault.NotFound for an unknown listing.
func (s *Service) Decide(ctx context.Context, by access.User, listing market.ListingID, c Choice) (d Decision, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return d, err
	}
	c = c.clean()
	if err := c.check(); err != nil {
		return d, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		d, err = decide(tx, by, Item{listing, c.Version}, c, "")
		return err
	})
	if err != nil {
		return Decision{}, fmt.Errorf("decide on listing %s: %w", listing, err)
	}
	return d, nil
}

// decide takes one decision in tx. A fault comes before anything is written, so that others may be taken in the same transaction.
func decide(tx *db.Tx, by access.User, item Item, c Choice, group GroupID) (Decision, error) {
	if item.Listing == "" || db.Text(string(item.Listing)) != nil {
		return Decision{}, noListing
	}
	if c.Request != "" {
		first, err := db.One(tx, scanDecision, byRequest, string(by.ID), c.Request, string(item.Listing))
		if err == nil && (first.Outcome != c.Outcome || first.Reason != c.Reason || first.Note != c.Note || c.Outcome.Restricts() && !first.Scope.Same(c.Scope)) {
			return Decision{}, fault.Conflict.Say("This form was already sent with another decision. Load the page again.").At("request")
		}
		if fault.Of(err) != fault.NotFound {
			return first, err
		}
	}
	v, o, err := place(tx, item.Listing)
	if err != nil {
		return Decision{}, err
	}
	previous, err := standing(tx, v)
	if err != nil {
		return Decision{}, err
	}
	if v.Version != item.Version {
		if v.State == Settled && previous != nil {
			return Decision{}, alreadyDecided(*previous)
		}
		return Decision{}, fault.Conflict.Say("This listing has changed since you opened it. Look again.")
	}
	if err := may(v, previous, by, c.Outcome); err != nil {
		return Decision{}, err
	}
	if err := c.begins(tx.Now()); err != nil {
		return Decision{}, err
	}
	return conclude(tx, by, v, o, previous, c, group)
}

// standing is the decision that stands on the review, nil when none does.
func standing(tx *db.Tx, v Review) (*Decision, error) {
	if v.Decision == "" {
		return nil, nil
	}
	d, err := db.One(tx, scanDecision, oneDecision, string(v.Decision))
	return &d, err
}

// conclude writes a decision that may be taken: the row, the review, the ledger entry, the event.
func conclude(tx *db.Tx, by access.User, v Review, o detect.Opinion, previous *Decision, c Choice, group GroupID) (Decision, error) {
	d := Decision{
		ID: DecisionID(db.NewID()), Listing: v.Listing, Outcome: c.Outcome, Reason: c.Reason, Note: c.Note, By: by.ID, ByName: by.Name, At: tx.Now(), Group: group,
		Seller: v.Seller, Brand: v.Brand, Category: v.Category, Content: v.Content, Verdict: v.Verdict, Score: v.Score, Signals: names(o.Signals), Model: o.Model, Revision: o.Revision,
		Standing: c.Outcome.standing(v.Standing), Scope: c.Scope, Previous: v.Decision, wasState: v.State, wasOpened: v.OpenedAt, wasReopened: v.Reopened,
	}
	if c.Outcome == Escalate && previous != nil && previous.Ended.IsZero() {
		d.Scope = previous.Scope // it goes on as it was, and no longer
	}
	if v.waits() {
		// At least a microsecond: 0 says that it was not in the queue.
		d.Waited = max(d.At.Sub(v.OpenedAt), time.Microsecond)
	}
	v.State, _ = v.State.next(c.Outcome.move())
	v.Decision, v.Standing, v.Reopened = d.ID, d.Standing, false
	if c.Outcome.decides() != "" {
		v.Notices, v.DueAt = 0, time.Time{}
		v.Priority = v.priority()
	}
	v.Version++
	v.leave()
	if v.waits() && d.Waited == 0 {
		v.OpenedAt = d.At // it comes into the queue by being escalated
	}
	var err error
	if d.Entry, err = ledger.Record(tx, madeKind, Subject(d.Listing), by.Actor(), d.entry()); err != nil {
		return Decision{}, err
	}
	// The earlier one first: two never stand at once.
	if previous != nil {
		if _, err := tx.Exec(supersede, string(d.ID), string(previous.ID)); err != nil {
			return Decision{}, err
		}
		if err := fallen(tx, by, *previous, d.Outcome); err != nil {
			return Decision{}, err
		}
	}
	if err := keepReview(tx, v); err != nil {
		return Decision{}, err
	}
	if err := keepDecision(tx, d, c.Request); err != nil {
		return Decision{}, err
	}
	if err := settleNotices(tx, by, d); err != nil {
		return Decision{}, err
	}
	if d.needsStatement() || previous != nil && (previous.Outcome.Restricts() || previous.Standing != Live) {
		if err := struck(tx, by, d.Seller); err != nil {
			return Decision{}, err
		}
	}
	return d, tx.Emit(Decided{d.ID, d.Listing, d.Seller, d.Brand, d.Outcome, d.Reason, d.Standing, d.Territory, d.Until, d.Payout, d.Automated(), d.At})
}

func names(signals []detect.Signal) []string {
	all := make([]string, 0, len(signals))
	for _, s := range signals {
		if !slices.Contains(all, s.Name) {
			all = append(all, s.Name)
		}
	}
	return all
}

// Subject names a listing in the ledger.
func Subject(listing market.ListingID) string { return "listing:" + string(listing) }

// DecideMany takes one decision on up to MaxTogether listings, in one transaction. Each is taken or says why not; c.Version is ignored. The decisions
// form a group that UndoGroup takes back.
func (s *Service) DecideMany(ctx context.Context, by access.User, items []Item, c Choice) (group GroupID, results []ItemResult, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return "", nil, err
	}
	if len(items) > MaxTogether {
		return "", nil, fault.TooLarge.Say("Decide on at most %d listings at once.", MaxTogether)
	}
	c = c.clean()
	if err := c.check(); err != nil {
		return "", nil, err
	}
	if s.TakesTwo(len(items), c.Outcome) {
		return "", nil, fault.Conflict.Say("More than %d listings at once take two persons. Propose it, and another confirms.", s.TwoAbove)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		group, results = GroupID(db.NewID()), make([]ItemResult, 0, len(items))
		fresh := group
		for _, item := range items {
			d, err := decide(tx, by, item, c, fresh)
			if err != nil && !said(err) {
				return err
			}
			if err == nil && d.Group != "" {
				group = d.Group // that of the first time, when the form was sent twice
			}
			results = append(results, ItemResult{item.Listing, d, err})
		}
		return nil
	})
	if err != nil {
		return "", nil, fmt.Errorf("decide on %d listings: %w", len(items), err)
	}
	return group, results, nil
}

// said reports whether err is a rule's answer and not a failure.
func said(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Kind != fault.Unavailable && f.Kind != fault.Internal
}

// Undo takes a standing decision back: the listing is again what it was before. A reviewer may undo their own within OwnUndo; who
// holds access.DecisionUndo any, and says why when it is another's. It returns fault.Conflict when it was undone already or a later decision
// stands.
func (s *Service) Undo(ctx context.Context, by access.User, id DecisionID, why string) (d Decision, err error) {
	if err := checkUndo(by, why); err != nil {
		return d, err
	}
	if db.Text(string(id)) != nil {
		return d, noDecision
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		d, err = db.One(tx, scanDecision, oneDecision, string(id))
		if fault.Of(err) == fault.NotFound {
			return noDecision
		}
		if err != nil {
			return err
		}
		d, err = undo(tx, by, d, why)
		return err
	})
	if err != nil {
		return Decision{}, fmt.Errorf("undo decision %s: %w", id, err)
	}
	return d, nil
}

func checkUndo(by access.User, why string) error {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return err
	}
	if err := checkText(why, MaxNote); err != nil {
		return err.At("why")
	}
	return nil
}

// undo takes one decision back in tx. A fault comes before anything is written.
func undo(tx *db.Tx, by access.User, d Decision, why string) (Decision, error) {
	if err := d.mayUndo(by, tx.Now(), why); err != nil {
		return Decision{}, err
	}
	if err := mayFall(tx, d.ID); err != nil {
		return Decision{}, err
	}
	v, err := db.One(tx, scanReview, oneReview, string(d.Listing))
	if err != nil {
		return Decision{}, fmt.Errorf("the review of listing %s: %w", d.Listing, errors.New(err.Error()))
	}
	var previous *Decision
	if d.Previous != "" {
		before, err := db.One(tx, scanDecision, oneDecision, string(d.Previous))
		if err != nil {
			return Decision{}, fmt.Errorf("decision %s before it: %w", d.Previous, errors.New(err.Error()))
		}
		previous = &before
	}
	if v.Notices, v.DueAt, err = reopenNotices(tx, d); err != nil {
		return Decision{}, err
	}
	v = v.afterUndo(d, previous, tx.Now())
	v.Priority = v.priority()
	d.Undone = &Undoing{By: by.ID, ByName: by.Name, At: tx.Now(), Why: why}
	if d.Undone.Entry, err = ledger.Record(tx, undoneKind, Subject(d.Listing), by.Actor(), d.undoneEntry()); err != nil {
		return Decision{}, err
	}
	if _, err := tx.Exec(takeBack, db.Micros(d.Undone.At), string(d.Undone.By), d.Undone.ByName, why, d.Undone.Entry, string(d.ID)); err != nil {
		return Decision{}, err
	}
	if previous != nil {
		if _, err := tx.Exec(supersede, "", string(previous.ID)); err != nil {
			return Decision{}, err
		}
	}
	if err := keepReview(tx, v); err != nil {
		return Decision{}, err
	}
	if err := mootAppeals(tx, by, d.ID); err != nil {
		return Decision{}, err
	}
	if err := struck(tx, by, d.Seller); err != nil {
		return Decision{}, err
	}
	return d, tx.Emit(Undone{d.ID, d.Listing, v.Standing, d.Undone.At})
}

// UndoGroup takes back the decisions of a group that still stand, in one transaction; each is undone or says why not. It returns fault.NotFound for
// an unknown group.
func (s *Service) UndoGroup(ctx context.Context, by access.User, group GroupID, why string) (results []ItemResult, err error) {
	if err := checkUndo(by, why); err != nil {
		return nil, err
	}
	if group == "" || db.Text(string(group)) != nil {
		return nil, noDecision
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		all, err := db.All(tx, scanDecision, ofGroup, string(group))
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return noDecision
		}
		results = make([]ItemResult, 0, len(all))
		for _, d := range all {
			undone, err := undo(tx, by, d, why)
			if err != nil {
				if !said(err) {
					return err
				}
				undone = d
			}
			results = append(results, ItemResult{d.Listing, undone, err})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("undo the decisions of group %s: %w", group, err)
	}
	return results, nil
}

// Decision is one decision. It returns fault.NotFound.
func (s *Service) Decision(ctx context.Context, by access.User, id DecisionID) (d Decision, err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return d, err
	}
	if db.Text(string(id)) != nil {
		return d, noDecision
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		d, err = db.One(tx, scanDecision, oneDecision, string(id))
		return err
	})
	if fault.Of(err) == fault.NotFound {
		return d, noDecision
	}
	return d, err
}

// History is every decision on a listing, newest first, undone ones included; 50 a page unless limit says otherwise.
func (s *Service) History(ctx context.Context, by access.User, listing market.ListingID, after string, limit int) (db.Page[Decision], error) {
	return s.Decisions(ctx, by, DecisionFilter{Listing: listing, After: after, Limit: limit})
}

// DecisionFilter says which decisions a list shows.
type DecisionFilter struct {
	Listing market.ListingID
	Outcome Outcome
	Reason  ReasonCode
	Brand   brand.ID
	Seller  market.SellerID
	By      access.UserID
	Group   GroupID
	From    time.Time // taken at or after
	To      time.Time // taken before
	Undone  *bool     // nil: both
	After   string    // the cursor of the page before
	Limit   int       // rows a page, at most 200; 0 means 50
}

func (f DecisionFilter) where() (*db.Where, error) {
	w := &db.Where{}
	for _, c := range []struct{ field, condition, value string }{
		{"listing", `listing = ?`, string(f.Listing)},
		{"outcome", `outcome = ?`, string(f.Outcome)},
		{"reason", `reason = ?`, string(f.Reason)},
		{"brand", `brand = ?`, string(f.Brand)},
		{"seller", `seller = ?`, string(f.Seller)},
		{"by", `by_id = ?`, string(f.By)},
		{"group", `group_id = ?`, string(f.Group)},
	} {
		if f, ok := fault.As(db.Text(c.value)); ok {
			return nil, f.At(c.field)
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	if f.Group != "" {
		w.And(`group_id <> ''`) // as the index has it
	}
	if !f.From.IsZero() {
		w.And(`at >= ?`, db.Micros(f.From))
	}
	if !f.To.IsZero() {
		w.And(`at < ?`, db.Micros(f.To))
	}
	switch {
	case f.Undone == nil:
	case *f.Undone:
		w.And(`undone_at > 0`)
	default:
		w.And(`undone_at = 0`)
	}
	return w, nil
}

// Decisions lists decisions, newest first.
func (s *Service) Decisions(ctx context.Context, by access.User, f DecisionFilter) (page db.Page[Decision], err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return page, err
	}
	w, err := f.where()
	if err != nil {
		return page, err
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "decisions", &at, &id); err != nil {
			return page, err
		}
		w.And(`(at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanDecision, listDecisions+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Decision) string { return db.Cursor("decisions", db.Micros(last.At), last.ID) })
		return err
	})
	if err != nil {
		return db.Page[Decision]{}, fmt.Errorf("list decisions: %w", err)
	}
	return page, nil
}

// CountDecisions is how many decisions the filter's pages show together.
func (s *Service) CountDecisions(ctx context.Context, by access.User, f DecisionFilter) (n int64, err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return 0, err
	}
	w, err := f.where()
	if err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, db.Value[int64], countDecisions+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// Export gives every decision of the filter, newest first, page by page.
func (s *Service) Export(ctx context.Context, by access.User, f DecisionFilter) iter.Seq2[Decision, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Decision], error) {
		f.After = after
		return s.Decisions(ctx, by, f)
	})
}

// HandleScanned opens, changes and closes reviews as verdicts say. It reads the verdicts that stand, so that events may come late, twice or in
// any order. It is a bus.Handler for ScannedSubject.
func (s *Service) HandleScanned(ctx context.Context, m bus.Message) error {
	var e detect.Scanned
	if err := json.Unmarshal(m.Body, &e); err != nil {
		return fault.Invalid.Say("The event names no listings.").Because(err)
	}
	ids := make([]market.ListingID, len(e.Listings))
	for i, o := range e.Listings {
		ids[i] = o.Listing
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		first, err := bus.Once(tx, ScannedConsumer, m.ID)
		if err != nil || !first {
			return err
		}
		return s.follow(tx, ids)
	})
	if err != nil {
		return fmt.Errorf("follow the verdicts of event %s: %w", m.ID, err)
	}
	return nil
}

func (s *Service) follow(tx *db.Tx, ids []market.ListingID) error {
	opinions, err := detect.Load(tx, ids)
	if err != nil {
		return err
	}
	records, err := market.Load(tx, ids)
	if err != nil {
		return err
	}
	reviews, err := loadReviews(tx, ids)
	if err != nil {
		return err
	}
	var stand []DecisionID
	for _, v := range reviews {
		if v.Decision != "" {
			stand = append(stand, v.Decision)
		}
	}
	decisions, err := loadDecisions(tx, stand)
	if err != nil {
		return err
	}
	for _, id := range ids {
		o, scanned := opinions[id]
		l, known := records[id]
		if !scanned || !known {
			continue
		}
		v, has := reviews[id]
		if !has {
			v = Review{Listing: id, State: Cleared, Standing: Live}
		}
		var standing *Decision
		if d, ok := decisions[v.Decision]; ok {
			standing = &d
		}
		next, changed := v.follow(standing, o, l, tx.Now())
		if changed {
			if err := keepReview(tx, next); err != nil {
				return err
			}
		}
		if err := s.act(tx, next, standing, o); err != nil {
			return err
		}
	}
	return nil
}

// act does what the policy may do by itself, and takes back what it did when it no longer says so. What a person decided stays.
func (s *Service) act(tx *db.Tx, v Review, standing *Decision, o detect.Opinion) error {
	outcome := s.alone(o.Action)
	switch {
	case standing == nil && outcome != "" && v.State == Open:
		refused, err := db.One(tx, db.Value[bool], refusedToPolicy, string(v.Listing), string(access.System.ID), v.Content)
		if err != nil || refused {
			return err // a person took it back, and knows more
		}
		_, err = conclude(tx, access.System, v, o, nil, Choice{Outcome: outcome, Reason: "counterfeit", Note: policyNote(o)}, "")
		return err
	case standing == nil || !standing.Automated() || standing.Outcome == outcome || standing.Reason == PeriodOver:
		return nil
	}
	// The listing goes back to where it was, and waits there if the policy still wants somebody to look.
	if _, err := undo(tx, access.System, *standing, policyNote(o)); err != nil {
		return err
	}
	if outcome == "" {
		return nil
	}
	again, err := db.One(tx, scanReview, oneReview, string(v.Listing))
	if err != nil || again.State != Open {
		return err
	}
	_, err = conclude(tx, access.System, again, o, nil, Choice{Outcome: outcome, Reason: "counterfeit", Note: policyNote(o)}, "")
	return err
}

// alone is the outcome of an action that the policy may take by itself; empty for one it may not.
func (s *Service) alone(a detect.Action) Outcome {
	switch {
	case a == detect.Remove && s.Alone == detect.Remove:
		return Remove
	case a == detect.Restrict && (s.Alone == detect.Restrict || s.Alone == detect.Remove):
		return Restrict
	}
	return ""
}

// policyNote says in a decision by which rule it was taken.
func policyNote(o detect.Opinion) string { return fmt.Sprintf("Policy %d: %s", o.Policy, o.Rule) }

// Figures is the state of the marketplace for the start page. At 100 million listings its counts take seconds: a page that many open keeps them for a
// while.
func (s *Service) Figures(ctx context.Context, by access.User) (f Figures, err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return f, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		f, err = figures(tx)
		return err
	})
	if err != nil {
		return Figures{}, fmt.Errorf("read the figures: %w", err)
	}
	return f, nil
}
