package cultivate

import (
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
)

// HearingID is the identity of a hearing.
type HearingID string

// Hearing is a maker's say before anything is found: it is told what is alleged and on what evidence, has time to answer, is heard, and a person who
// did not call the hearing decides.
type Hearing struct {
	ID           HearingID
	Maker        MakerID
	Organisation access.OrgID
	State        HearingState
	Reasons      string // what is alleged, in the words of the notice
	Place        string
	On           time.Time // when it takes place

	CalledBy   access.UserID // who answers for the calling
	CalledName string
	CalledAt   time.Time

	Statement     string // of the maker; empty while it has made none
	StatementAt   time.Time
	StatementName string

	Minutes string // what was said
	Came    bool   // somebody of the firm was there

	Ruling
	DecidedBy   access.UserID
	DecidedName string
	DecidedAt   time.Time
	Entry       string // of the ledger

	Overdue bool
	Version int64
}

// HearingState is how far a hearing has come.
type HearingState string

// The states.
const (
	HearingCalled    HearingState = "called"
	HearingHeld      HearingState = "held"
	HearingDecided   HearingState = "decided"
	HearingWithdrawn HearingState = "withdrawn" // what it rested on was taken back, or who called it did
)

// nextHearing is where a hearing can go.
var nextHearing = map[HearingState][]HearingState{
	HearingCalled:    {HearingHeld, HearingWithdrawn},
	HearingHeld:      {HearingDecided, HearingWithdrawn},
	HearingDecided:   {},
	HearingWithdrawn: {},
}

// Ruling is what a hearing decides.
type Ruling struct {
	Outcome   HearingOutcome
	Ground    string // the facts that were found and what follows from them
	Deposit   Deposit
	Forfeited int64  // of the deposit, in minor units of Currency; only with DepositPart
	Currency  string // of ISO 4217
}

// HearingOutcome is what was found.
type HearingOutcome string

// The outcomes.
const (
	NoRelapse    HearingOutcome = "no-relapse"
	Warned       HearingOutcome = "warning"
	SuspendedFor HearingOutcome = "suspended"
	FoundRelapse HearingOutcome = "relapsed"
	PutOut       HearingOutcome = "expelled"
)

// HearingOutcomes lists the outcomes, mildest first.
func HearingOutcomes() []HearingOutcome {
	return []HearingOutcome{NoRelapse, Warned, SuspendedFor, FoundRelapse, PutOut}
}

// Stage is where the outcome takes a maker; empty when it stays where it is.
func (o HearingOutcome) Stage() Stage {
	switch o {
	case SuspendedFor:
		return Suspended
	case FoundRelapse:
		return Relapsed
	case PutOut:
		return Expelled
	}
	return ""
}

// Outcomes is what a hearing of the maker can decide as the maker stands now.
func (m Maker) Outcomes() []HearingOutcome {
	return slices.DeleteFunc(HearingOutcomes(), func(o HearingOutcome) bool {
		to := o.Stage()
		return to != "" && to != m.Stage && !slices.Contains(m.Next(), to)
	})
}

// Deposit is what becomes of the guarantee a maker has paid.
type Deposit string

// What becomes of it.
const (
	DepositKept  Deposit = "kept" // it stays as it is
	DepositPart  Deposit = "part" // a part is forfeited
	DepositWhole Deposit = "whole"
)

// Deposits lists what can become of it.
func Deposits() []Deposit { return []Deposit{DepositKept, DepositPart, DepositWhole} }

// HearingNotice is how long before a hearing the maker has to be told.
const HearingNotice = 7 * 24 * time.Hour

// How long a hearing may wait: for being held after its day, for its decision after that.
const (
	holdWithin   = 3 * 24 * time.Hour
	decideWithin = 14 * 24 * time.Hour
)

// Call is what a person sends in to call a hearing.
type Call struct {
	Maker   MakerID
	Alerts  []AlertID // of this maker, open; at least one
	Reasons string
	Place   string // where, or how one takes part from afar
	On      time.Time
}

// check holds a call against the rules at a moment. It returns fault.Invalid with the field.
func (c Call) check(now time.Time) error {
	if len(c.Alerts) == 0 {
		return fault.Invalid.Say("Choose what the hearing is about.").At("alert")
	}
	if err := needText("reasons", c.Reasons, MaxWhy); err != nil {
		return err
	}
	if err := needText("place", c.Place, maxName); err != nil {
		return err
	}
	if c.On.Before(now.Add(HearingNotice)) {
		return fault.Invalid.Say("A maker has at least %d days to prepare.", int(HearingNotice.Hours()/24)).At("on")
	}
	if c.On.After(now.AddDate(1, 0, 0)) {
		return fault.Invalid.Say("Choose a day within a year.").At("on")
	}
	return nil
}

// check holds a ruling against what the maker's stage allows. It returns fault.Invalid with the field.
func (r Ruling) check(m Maker) error {
	if !slices.Contains(HearingOutcomes(), r.Outcome) {
		return fault.Invalid.Say("Choose what was found.").At("outcome")
	}
	if !slices.Contains(m.Outcomes(), r.Outcome) {
		return fault.Conflict.Say("From this stage a maker cannot go there.").At("outcome")
	}
	if err := needText("ground", r.Ground, MaxWhy); err != nil {
		return err
	}
	if !slices.Contains(Deposits(), r.Deposit) {
		return fault.Invalid.Say("Say what becomes of the deposit.").At("deposit")
	}
	if r.Outcome == NoRelapse && r.Deposit != DepositKept {
		return fault.Invalid.Say("Where nothing was found, the deposit stays as it is.").At("deposit")
	}
	if (r.Deposit == DepositPart) != (r.Forfeited > 0) {
		return fault.Invalid.Say("Name the amount for a part of the deposit, and for nothing else.").At("forfeited")
	}
	return nil
}

// MayRule says whether the person may decide: one who moves makers, and did not call the hearing.
func (h Hearing) MayRule(by access.User) error {
	if err := by.May(access.MakerMove, h.Organisation); err != nil {
		return err
	}
	if by.Answerable() == h.CalledBy {
		return fault.Forbidden.Say("You called this hearing. Another person decides it.")
	}
	return nil
}

// overdueAt is when the hearing has waited too long; zero for one that is over.
func (h Hearing) overdueAt() time.Time {
	switch h.State {
	case HearingCalled:
		return h.On.Add(holdWithin)
	case HearingHeld:
		return h.On.Add(decideWithin)
	}
	return time.Time{}
}

// HearingDocument is a paper that belongs to a maker's statement.
type HearingDocument struct {
	Hash   string // of the content, see package blob
	Name   string
	Size   int64
	ByName string
	At     time.Time
}

// The bounds of a statement's papers.
const (
	MaxHearingDocuments    = 10
	MaxHearingDocumentSize = 10 << 20
)

// hearingDocumentName is a file's name made fit to be shown and downloaded.
func hearingDocumentName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(name), "_"))
	if r := []rune(name); len(r) > 120 {
		name = string(r[len(r)-120:])
	}
	if name == "" {
		name = "document"
	}
	return name
}
