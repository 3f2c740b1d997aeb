package cultivate

import (
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// Event names, for those who consume them: "event." + name on the bus.
const (
	EnrolledEvent = "cultivate.enrolled"
	MovedEvent    = "cultivate.moved"
)

// Enrolled tells that a firm began an application.
type Enrolled struct {
	Maker        MakerID      `json:"maker"`
	Cohort       CohortID     `json:"cohort"`
	Organisation access.OrgID `json:"organisation"`
	At           time.Time    `json:"at"`
}

// EventName is the event's name on the bus.
func (Enrolled) EventName() string { return EnrolledEvent }

// Moved tells that a maker entered a stage.
type Moved struct {
	Maker    MakerID         `json:"maker"`
	Cohort   CohortID        `json:"cohort"`
	Industry IndustryID      `json:"industry"`
	From     Stage           `json:"from"`
	To       Stage           `json:"to"`
	Seller   market.SellerID `json:"seller,omitempty"`
	Brand    brand.ID        `json:"brand,omitempty"`
	At       time.Time       `json:"at"`
}

// EventName is the event's name on the bus.
func (Moved) EventName() string { return MovedEvent }
