package enforce

import (
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/market"
)

// Event names, for those who consume them: "event." + name on the bus.
const (
	AppealedEvent = "enforce.appealed"
	ReheardEvent  = "enforce.reheard"
)

// Appealed tells that an appeal came in.
type Appealed struct {
	Appeal       AppealID         `json:"appeal"`
	Kind         AppealKind       `json:"kind"`
	Side         Side             `json:"side"`
	Decision     DecisionID       `json:"decision"`
	Listing      market.ListingID `json:"listing"`
	Seller       market.SellerID  `json:"seller,omitempty"`
	Organisation access.OrgID     `json:"organisation"`
	At           time.Time        `json:"at"`
}

// EventName is the event's name on the bus.
func (Appealed) EventName() string { return AppealedEvent }

// Reheard tells how an appeal ended; a decision that took the other's place is told of by Decided as well.
type Reheard struct {
	Appeal    AppealID         `json:"appeal"`
	Kind      AppealKind       `json:"kind"`
	State     AppealState      `json:"state"`
	Decision  DecisionID       `json:"decision"`            // that was appealed against
	Rehearing DecisionID       `json:"rehearing,omitempty"` // that took its place
	Listing   market.ListingID `json:"listing"`
	Seller    market.SellerID  `json:"seller,omitempty"`
	At        time.Time        `json:"at"`
}

// EventName is the event's name on the bus.
func (Reheard) EventName() string { return ReheardEvent }

func (a Appeal) reheard() Reheard {
	return Reheard{a.ID, a.Kind, a.State, a.Decision, a.Rehearing, a.Listing, a.Seller, a.ClosedAt}
}
