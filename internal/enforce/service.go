package enforce

import (
	"context"
	"iter"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

var soon = fault.Unavailable.Say("Being built.")

// Service is the room's verbs.
type Service struct {
	DB *db.DB
}

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
	Brand    brand.ID
	Category string
	Seller   market.SellerID
	Text     string // words that the listing's title, id, or seller contain
	Mine     bool   // taken by the asker
	Order    Order
	After    string // the cursor of the page before
	Limit    int    // rows a page, at most 200; 0 means 50
}

// Queue lists reviews.
func (s *Service) Queue(ctx context.Context, by access.User, f Filter) (db.Page[Review], error) {
	return db.Page[Review]{}, soon
}

// Counts are the sizes of the queue's parts.
type Counts struct {
	Open       int64
	Escalated  int64
	Mine       int64                    // taken by the asker
	ByVerdict  map[detect.Verdict]int64 // of open and escalated
	ByBrand    []detect.BrandCount      // the fifty with most open and escalated
	ByCategory map[string]int64
	Oldest     time.Time // zero when the queue is empty
}

// Counts counts the queue.
func (s *Service) Counts(ctx context.Context, by access.User) (Counts, error) { return Counts{}, soon }

// CountQueue is how many reviews the filter's pages show together.
func (s *Service) CountQueue(ctx context.Context, by access.User, f Filter) (int64, error) {
	return 0, soon
}

// Next takes the first review of the filter that nobody else is looking at, for ClaimTime. Whoever works through a queue gets their
// own oldest claim again until it is decided or released. It returns fault.NotFound when nothing waits.
func (s *Service) Next(ctx context.Context, by access.User, f Filter) (Review, error) {
	return Review{}, soon
}

// Claim takes a review for ClaimTime, again if it is one's own. It returns fault.Conflict, naming whom, when another person has it, and fault.NotFound
// when there is none that waits.
func (s *Service) Claim(ctx context.Context, by access.User, listing market.ListingID) (Review, error) {
	return Review{}, soon
}

// Release gives a review back to the queue. It does nothing when it is not the asker's.
func (s *Service) Release(ctx context.Context, by access.User, listing market.ListingID) error {
	return soon
}

// Review is one listing's place. For a listing nobody suspected or decided on it is a Review that is Cleared and Live, of version 0. It returns
// fault.NotFound for a listing that is not known.
func (s *Service) Review(ctx context.Context, by access.User, listing market.ListingID) (Review, error) {
	return Review{}, soon
}

// ReviewsOf is the reviews of those of the listings that have one; at most 1,000 are asked for.
func (s *Service) ReviewsOf(ctx context.Context, by access.User, listings []market.ListingID) (map[market.ListingID]Review, error) {
	return nil, soon
}

// Decide takes a decision. A claim of another person does not hinder it: the claim keeps the listing from being handed out twice, the
// version from being decided twice. An escalated listing is decided by who holds access.DecisionUndo.
//
// After nil the decision stands, is in the ledger and will be told of. A request that was already made gives its decision again. It returns
// fault.Conflict "Already decided by … at …." when another decision came first, or when the listing is no longer what the person
// saw; fault.Invalid for a reason that does not fit or lacks its note; fault.NotFound for an unknown listing.
func (s *Service) Decide(ctx context.Context, by access.User, listing market.ListingID, c Choice) (Decision, error) {
	return Decision{}, soon
}

// DecideMany takes one decision on up to MaxTogether listings. Each is taken or says why not; c.Version is ignored. The decisions
// form a group that UndoGroup takes back.
func (s *Service) DecideMany(ctx context.Context, by access.User, items []Item, c Choice) (GroupID, []ItemResult, error) {
	return "", nil, soon
}

// Undo takes a standing decision back: the listing is again what it was before. A reviewer may undo their own within OwnUndo; who
// holds access.DecisionUndo any, and says why when it is another's. It returns fault.Conflict when it was undone already or a later decision
// stands.
func (s *Service) Undo(ctx context.Context, by access.User, id DecisionID, why string) (Decision, error) {
	return Decision{}, soon
}

// UndoGroup takes back the decisions of a group that still stand; each is undone or says why not.
func (s *Service) UndoGroup(ctx context.Context, by access.User, group GroupID, why string) ([]ItemResult, error) {
	return nil, soon
}

// Decision is one decision. It returns fault.NotFound.
func (s *Service) Decision(ctx context.Context, by access.User, id DecisionID) (Decision, error) {
	return Decision{}, soon
}

// History is every decision on a listing, newest first, undone ones included; 50 a page unless limit says otherwise.
func (s *Service) History(ctx context.Context, by access.User, listing market.ListingID, after string, limit int) (db.Page[Decision], error) {
	return db.Page[Decision]{}, soon
}

// DecisionFilter says which decisions a list shows.
type DecisionFilter struct {
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

// Decisions lists decisions, newest first.
func (s *Service) Decisions(ctx context.Context, by access.User, f DecisionFilter) (db.Page[Decision], error) {
	return db.Page[Decision]{}, soon
}

// CountDecisions is how many decisions the filter's pages show together.
func (s *Service) CountDecisions(ctx context.Context, by access.User, f DecisionFilter) (int64, error) {
	return 0, soon
}

// Export gives every decision of the filter, newest first, page by page.
func (s *Service) Export(ctx context.Context, by access.User, f DecisionFilter) iter.Seq2[Decision, error] {
	return nil
}

// HandleScanned opens, changes and closes reviews as verdicts say. It reads the verdicts that stand, so that events may come late, twice or in
// any order. It is a bus.Handler for ScannedSubject.
func (s *Service) HandleScanned(ctx context.Context, m bus.Message) error { return soon }

// Figures is the state of the marketplace for the start page.
func (s *Service) Figures(ctx context.Context, by access.User) (Figures, error) {
	return Figures{}, soon
}

// Attest holds every decision against the ledger entries that recorded it, and the entries against the decisions. It is a ledger.Attestor.
func Attest(ctx context.Context, tx *db.Tx, report func(subject, what string)) error { return soon }
