package cultivate

import (
	"errors"
	"time"

	"github.com/ownmark/ownmark/internal/fault"
)

// CohortID is the identity of a cohort.
type CohortID string

// Cohort is a group of makers of one industry who go the way together.
type Cohort struct {
	ID       CohortID
	Industry IndustryID
	Name     string
	Place    string // the belt: "Putian, Fujian"
	Places   int    // how many makers can be members at once
	State    CohortState
	Opens    time.Time // applications are taken from here; zero: as soon as it is Open
	Closes   time.Time // and until here; zero: until it is moved on
	Starts   time.Time // the training; may be zero
	Ends     time.Time // the programme; may be zero
	Note     string

	Version   int64
	MadeAt    time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// CohortState says what a cohort is doing.
type CohortState string

// The states of a cohort.
const (
	CohortPlanned   CohortState = "planned"   // not announced
	CohortOpen      CohortState = "open"      // takes applications
	CohortSelecting CohortState = "selecting" // takes no more; who gets a place is being decided
	CohortRunning   CohortState = "running"   // its members learn, make and sell
	CohortEnded     CohortState = "ended"
)

// cohortMoves is the way of a cohort. One that is selecting or running may be opened once more for a second round.
var cohortMoves = map[CohortState][]CohortState{
	CohortPlanned:   {CohortOpen, CohortEnded},
	CohortOpen:      {CohortSelecting, CohortEnded},
	CohortSelecting: {CohortRunning, CohortOpen, CohortEnded},
	CohortRunning:   {CohortEnded, CohortOpen},
	CohortEnded:     {},
}

// CohortStates is every state, in order.
func CohortStates() []CohortState {
	return []CohortState{CohortPlanned, CohortOpen, CohortSelecting, CohortRunning, CohortEnded}
}

// Next is where a cohort can go from its state.
func (s CohortState) Next() []CohortState { return cohortMoves[s] }

// maxPlaces bounds the places of a cohort; a list of all its makers must stay readable.
const maxPlaces = 10_000

// Takes says whether a firm may apply at the moment: nil, or fault.Conflict in words.
func (c Cohort) Takes(at time.Time) error {
	switch {
	case c.State != CohortOpen:
		return fault.Conflict.Say("This cohort takes no applications.")
	case !c.Opens.IsZero() && at.Before(c.Opens):
		return fault.Conflict.Say("Applications are taken from %s.", c.Opens.Format(time.DateOnly))
	case !c.Closes.IsZero() && !at.Before(c.Closes):
		return fault.Conflict.Say("Applications were taken until %s.", c.Closes.Format(time.DateOnly))
	}
	return nil
}

// check returns fault.Invalid for each thing wrong.
func (c Cohort) check(known Industries) error {
	var wrong []error
	wrong = append(wrong, needText("name", c.Name, maxName), checkText("place", c.Place, maxName), checkText("note", c.Note, MaxWhy))
	if i, ok := known[c.Industry]; !ok || i.IsTemplate() {
		wrong = append(wrong, fault.Invalid.Say("Choose an industry.").At("industry"))
	}
	if c.Places < 1 || c.Places > maxPlaces {
		wrong = append(wrong, fault.Invalid.Say("A cohort has from 1 to %d places.", maxPlaces).At("places"))
	}
	if !c.Opens.IsZero() && !c.Closes.IsZero() && !c.Closes.After(c.Opens) {
		wrong = append(wrong, fault.Invalid.Say("It closes before it opens.").At("closes"))
	}
	if !c.Starts.IsZero() && !c.Ends.IsZero() && !c.Ends.After(c.Starts) {
		wrong = append(wrong, fault.Invalid.Say("It ends before it starts.").At("ends"))
	}
	return errors.Join(wrong...)
}
