package enforce

import (
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// Event names, for those who consume them: "event." + name on the bus.
const (
	DecidedEvent = "enforce.decided"
	UndoneEvent  = "enforce.undone"
	EndedEvent   = "enforce.ended"
)

// The consumer of detect.Scanned, and its subject on the bus.
const (
	ScannedConsumer = "enforce-scanned"
	ScannedSubject  = "event.detect.scanned"
)

// Decided tells of a decision.
type Decided struct {
	Decision DecisionID       `json:"decision"`
	Listing  market.ListingID `json:"listing"`
	Seller   market.SellerID  `json:"seller,omitempty"`
	Brand    brand.ID         `json:"brand,omitempty"`
	Outcome  Outcome          `json:"outcome"`
	Reason   ReasonCode       `json:"reason"`
	Standing Standing         `json:"standing"` // of the listing from now on

	Territory []string  `json:"territory,omitempty"` // ISO 3166-1 alpha-2; empty: everywhere
	Until     time.Time `json:"until,omitzero"`      // from when it holds no longer; an Ended follows
	Payout    bool      `json:"payout_held"`         // what the listing sold is not paid out

	Automated bool      `json:"automated"` // the policy decided, and no person
	At        time.Time `json:"at"`
}

// EventName is the event's name on the bus.
func (Decided) EventName() string { return DecidedEvent }

// Noticed tells that a notice came in.
type Noticed struct {
	Notice       NoticeID         `json:"notice"`
	Listing      market.ListingID `json:"listing"`
	Organisation access.OrgID     `json:"organisation"`
	State        NoticeState      `json:"state"` // Received, or Upheld when the listing was down already
	At           time.Time        `json:"at"`
}

// EventName is the event's name on the bus.
func (Noticed) EventName() string { return "enforce.noticed" }

// NoticeDecided tells that a notice was upheld or refused, or, its decision undone, waits again.
type NoticeDecided struct {
	Notice       NoticeID         `json:"notice"`
	Listing      market.ListingID `json:"listing"`
	Organisation access.OrgID     `json:"organisation"`
	State        NoticeState      `json:"state"`
	Decision     DecisionID       `json:"decision,omitempty"`
	At           time.Time        `json:"at"`
}

// EventName is the event's name on the bus.
func (NoticeDecided) EventName() string { return "enforce.answered" }

// Undone tells that a decision was taken back.
type Undone struct {
	Decision DecisionID       `json:"decision"`
	Listing  market.ListingID `json:"listing"`
	Standing Standing         `json:"standing"` // of the listing from now on
	At       time.Time        `json:"at"`
}

// EventName is the event's name on the bus.
func (Undone) EventName() string { return UndoneEvent }
