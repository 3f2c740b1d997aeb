package cultivate

import (
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
)

// AlertID is the identity of an alert.
type AlertID string

// Alert says that something speaks against a member: that it, or an account tied to it, may have gone back to copies. It is a suspicion with its evidence,
// and a person answers it: dismisses it, or calls a hearing. There is one alert for each thing it is about; more evidence of the same thing joins it.
type Alert struct {
	ID           AlertID
	Maker        MakerID
	Cohort       CohortID
	Organisation access.OrgID
	Name         string    // of the maker
	Subject      string    // what it is about: "listing:…", "code:…", "seizure:…"
	Kind         AlertKind // of the gravest evidence that stands
	State        AlertState
	Hearing      HearingID // that was called for it; else empty
	Why          string    // it was dismissed
	Due          time.Time // by when somebody should have answered
	Overdue      bool
	Version      int64
	At           time.Time
	UpdatedAt    time.Time
	UpdatedBy    string
}

// AlertKind is what raised an alert.
type AlertKind string

// The kinds, mildest first.
const (
	SuspectListing AlertKind = "suspect" // the machine takes a listing for a fake; nobody has decided
	CodeClone      AlertKind = "clone"   // copies of the maker's item codes turned up
	RemovedListing AlertKind = "removal" // a person took a listing down as a fake
	Seizure        AlertKind = "seizure" // goods were seized
)

// AlertKinds lists the kinds, mildest first.
func AlertKinds() []AlertKind {
	return []AlertKind{SuspectListing, CodeClone, RemovedListing, Seizure}
}

// rank orders kinds by how grave they are.
func (k AlertKind) rank() int { return slices.Index(AlertKinds(), k) }

// AlertState is how far an alert has come.
type AlertState string

// The states.
const (
	AlertOpen      AlertState = "open"
	AlertDismissed AlertState = "dismissed" // with a reason
	AlertCalled    AlertState = "hearing"   // a hearing was called
	AlertHeard     AlertState = "heard"     // the hearing decided
	AlertWithdrawn AlertState = "withdrawn" // what it rested on was taken back
)

// AlertStates lists the states.
func AlertStates() []AlertState {
	return []AlertState{AlertOpen, AlertCalled, AlertHeard, AlertDismissed, AlertWithdrawn}
}

// nextAlert is where an alert can go. What was closed opens again when graver evidence, or evidence of something new, joins it.
var nextAlert = map[AlertState][]AlertState{
	AlertOpen:      {AlertDismissed, AlertCalled, AlertWithdrawn},
	AlertCalled:    {AlertHeard, AlertDismissed, AlertWithdrawn},
	AlertDismissed: {AlertOpen},
	AlertWithdrawn: {AlertOpen},
	AlertHeard:     {AlertOpen},
}

// Suspicion is one piece of evidence as whoever found it tells it.
type Suspicion struct {
	Ref     string // who can find it again: "decision:…", "verdict:…", "seizure:…"; the same one twice is one
	Subject string // what it is about; evidence of one subject makes one alert
	Kind    AlertKind
	Account market.SellerID // on which it was found; empty when Maker is given
	Maker   MakerID         // whom it concerns, where that is known without an account
	Listing market.ListingID
	Title   string  // of the listing, or of what was found
	Detail  string  // what was found, in a sentence: a decision's reason and who took it, a signal's words
	Path    string  // where it can be looked at
	Score   float64 // 0..1, of a machine's opinion; 0 for a person's finding
	At      time.Time
}

// AlertEvidence is a suspicion that concerns a maker, with how the account is tied to it.
type AlertEvidence struct {
	Suspicion
	Tie       AccountTie
	Withdrawn time.Time // zero while it stands
}

// Stands reports whether nobody has taken it back.
func (e AlertEvidence) Stands() bool { return e.Withdrawn.IsZero() }

// AccountTie says how an account belongs to a maker.
type AccountTie struct {
	Maker   MakerID         `json:"maker"`
	Account market.SellerID `json:"account"`
	How     AccountTieKind  `json:"how"`
	Detail  string          `json:"detail,omitempty"` // what is known of it: the words of the declaration, the links found
}

// AccountTieKind is how an account is tied to a maker.
type AccountTieKind string

// The kinds of ties.
const (
	OwnAccount      AccountTieKind = "own"      // the account the firm sells from in the programme
	DeclaredAccount AccountTieKind = "declared" // another of its own, as it declared
	FamilyAccount   AccountTieKind = "family"   // of a relative or a partner, as it declared
	FormerAccount   AccountTieKind = "former"   // it had, as it declared, and has given up
	TracedAccount   AccountTieKind = "traced"   // found by links, not declared
)

// declaredTies are those a person can enter.
var declaredTies = []AccountTieKind{DeclaredAccount, FamilyAccount, FormerAccount}

// Kin knows which makers may stand behind an account. The room that traces accounts to their sources answers.
type Kin interface {
	MakersBehind(tx *db.Tx, account market.SellerID) ([]AccountTie, error)
}

// SuspectScore is the least probability of a fake at which the machine's opinion alone raises an alert on a member's account.
const SuspectScore = 0.9

// AlertDays is within how many days an alert should be answered.
const AlertDays = 14

// Watched reports whether alerts are raised on makers in the stage: those with a place, also after graduation and after a relapse.
func (s Stage) Watched() bool { return s.Member() }

// opens reports whether new evidence opens an alert that was closed: what was dismissed opens for graver evidence alone, the rest for anything new.
func (a Alert) opens(k AlertKind) bool {
	switch a.State {
	case AlertDismissed:
		return k.rank() > a.Kind.rank()
	case AlertWithdrawn:
		return true
	case AlertHeard:
		return k.rank() >= RemovedListing.rank()
	}
	return false
}

// gravest is the kind of the gravest evidence that stands; ok is false when none does.
func gravest(all []AlertEvidence) (k AlertKind, ok bool) {
	for _, e := range all {
		if e.Stands() && (!ok || e.Kind.rank() > k.rank()) {
			k, ok = e.Kind, true
		}
	}
	return k, ok
}
