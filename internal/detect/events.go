package detect

import (
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// Scanned says which listings have a verdict to act on: each that is not clear, and each whose verdict changed. It is told once for the
// listings of one message; those that are and were clear are not told of.
type Scanned struct {
	Batch    BatchID   `json:"batch,omitempty"`
	Because  Occasion  `json:"because"`
	Listings []Outcome `json:"listings"` // at most 200
}

// Outcome is one listing's part in Scanned. What stands by the time the event is read is for Opinions to say.
type Outcome struct {
	Listing market.ListingID `json:"listing"`
	Version int64            `json:"version"`
	Verdict Verdict          `json:"verdict"`
	Was     Verdict          `json:"was,omitempty"` // empty when it had none
	Score   float64          `json:"score"`
	Brand   brand.ID         `json:"brand,omitempty"`
	Action  Action           `json:"action"`
}

// EventName is the event's name on the bus.
func (Scanned) EventName() string { return "detect.scanned" }

// PolicyChanged tells that other policies run than before: one went live, or on or off trial.
type PolicyChanged struct {
	Policy   PolicyNumber `json:"policy"`
	Revision int64        `json:"revision"` // of what runs
}

// EventName is the event's name on the bus.
func (PolicyChanged) EventName() string { return "detect.switched" }
