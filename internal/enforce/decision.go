package enforce

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// The identities of the room.
type (
	DecisionID string
	GroupID    string // of decisions taken together; they can be undone together
)

// Outcome is what a person decides.
type Outcome string

// The outcomes.
const (
	Remove   Outcome = "remove"   // take the listing off the marketplace
	Restrict Outcome = "restrict" // keep it, not found or not sold
	Demote   Outcome = "demote"   // keep it on sale, further down in search and lists
	Label    Outcome = "label"    // keep it on sale, with a word to buyers
	Freeze   Outcome = "freeze"   // keep it on sale, and what it sold unpaid
	Approve  Outcome = "approve"  // let it be
	Escalate Outcome = "escalate" // ask those who lead the review; the listing stays as it is
)

// Outcomes is every outcome, in the order pages show them.
func Outcomes() []Outcome { return append(slices.Clone(restrictions), Approve, Escalate) }

// restrictions are the outcomes that take something from the seller, the hardest first.
var restrictions = []Outcome{Remove, Restrict, Demote, Label, Freeze}

// Restrictions is the outcomes that take something from the seller, who is owed a statement of reasons for them; the hardest first.
func Restrictions() []Outcome { return slices.Clone(restrictions) }

// Restricts reports whether the outcome takes something from the seller.
func (o Outcome) Restricts() bool { return slices.Contains(restrictions, o) }

// Decision is a person's act on a listing. It is never changed: it can be undone or superseded by a later one, and stays on record.
type Decision struct {
	ID      DecisionID
	Listing market.ListingID
	Outcome Outcome
	Reason  ReasonCode
	Note    string
	By      access.UserID
	ByName  string
	At      time.Time
	Group   GroupID // empty when it was taken alone
	Scope

	// What lay before the person.
	Seller   market.SellerID
	Brand    brand.ID
	Category string
	Content  int64 // the version of the listing
	Verdict  detect.Verdict
	Score    float64
	Signals  []string // the names of the signals, strongest first
	Model    string
	Revision int64 // of the brands

	Standing   Standing      // how the marketplace sees the listing by this decision
	Waited     time.Duration // since the listing was put into the queue; 0 when it was not in it
	Previous   DecisionID    // the one that stood until then; empty when none did
	Superseded DecisionID    // the later one that stands in its place; empty while there is none
	Undone     *Undoing      // nil while it was not
	Ended      time.Time     // when its time ran out; zero while it had not. It stands still, and restricts nothing any more
	Entry      string        // the ledger entry that records it
	EndedEntry string        // that records its end; empty while there is none

	// Where the review was before, which Undo restores.
	wasState    State
	wasOpened   time.Time
	wasReopened bool
}

// Stands reports whether the decision is the one the marketplace goes by.
func (d Decision) Stands() bool { return d.Undone == nil && d.Superseded == "" }

// Automated reports whether the policy decided, and no person.
func (d Decision) Automated() bool { return d.By == access.System.ID }

// Undoing is the taking back of a decision.
type Undoing struct {
	By     access.UserID
	ByName string
	At     time.Time
	Why    string
	Entry  string // the ledger entry that records it
}

// Choice is what a person sends in to decide.
type Choice struct {
	Outcome Outcome
	Reason  ReasonCode
	Note    string // at most 2,000 characters
	Version int64  // of the Review as the person saw it; 0 for a listing without one
	Request string // the form's own id: the same one twice is one decision; may be empty
	Scope
}

// clean is the choice as it is kept.
func (c Choice) clean() Choice {
	c.Scope = c.Scope.clean(c.Outcome)
	return c
}

// Item is a listing of DecideMany with the version of its Review as the person saw it.
type Item struct {
	Listing market.ListingID
	Version int64
}

// ItemResult is what became of an Item: a decision, or why there is none.
type ItemResult struct {
	Listing  market.ListingID
	Decision Decision
	Problem  error // a fault; nil when the decision was taken
}

// OwnUndo is how long a reviewer may take back a decision of their own; who holds access.DecisionUndo may at any time.
const OwnUndo = time.Hour

// MaxTogether is how many listings DecideMany takes.
const MaxTogether = 200

// The bounds of what a person writes, in runes.
const (
	MaxNote    = 2_000
	maxRequest = 100
)

// check holds a choice against the table of reasons and the bounds. It returns fault.Invalid with the field.
func (c Choice) check() error {
	if !slices.Contains(Outcomes(), c.Outcome) {
		return fault.Invalid.Say("Choose what to do with the listing.").At("outcome")
	}
	if c.Reason == "" {
		return fault.Invalid.Say("Choose a reason.").At("reason")
	}
	reason, ok := ReasonOf(c.Reason)
	if !ok || c.Reason == PeriodOver || !slices.Contains(reason.Fits, c.Outcome) {
		return fault.Invalid.Say("This reason does not fit the decision.").At("reason")
	}
	if reason.NeedsNote && strings.TrimSpace(c.Note) == "" {
		return fault.Invalid.Say("Say the reason in the note.").At("note")
	}
	if err := checkText(c.Note, MaxNote); err != nil {
		return err.At("note")
	}
	if err := checkText(c.Request, maxRequest); err != nil {
		return err.At("request")
	}
	return c.Scope.check(c.Outcome)
}

func checkText(s string, most int) *fault.Fault {
	if f, ok := fault.As(db.Text(s)); ok {
		return f
	}
	if utf8.RuneCountInString(s) > most {
		return fault.Invalid.Say("Use at most %d characters.", most)
	}
	return nil
}

// standing is how the marketplace sees a listing after the outcome; an escalation leaves it as it was.
func (o Outcome) standing(was Standing) Standing {
	switch o {
	case Remove:
		return Removed
	case Restrict:
		return Restricted
	case Demote:
		return Demoted
	case Label:
		return Labelled
	case Freeze:
		return Live
	case Approve:
		return Live
	}
	return was
}

// move is what the outcome does to a review.
func (o Outcome) move() Move {
	if o == Escalate {
		return Ask
	}
	return Conclude
}

// may says whether the person may decide on the review as it is, standing being the decision that stands on it, if any.
func may(r Review, standing *Decision, by access.User, o Outcome) error {
	leads := by.May(access.DecisionUndo, "") == nil
	if r.State == Escalated && !leads {
		return fault.Forbidden.Say("This listing was escalated: those who lead the review decide.")
	}
	if r.State == Settled && standing != nil && standing.By != by.ID && !leads {
		return alreadyDecided(*standing)
	}
	if _, ok := r.State.next(o.move()); !ok {
		return fault.Conflict.Say("This listing is escalated already.")
	}
	return nil
}

func alreadyDecided(d Decision) error {
	return fault.Conflict.Say("Already decided by %s at %s.", d.ByName, moment(d.At))
}

// moment is a time as a sentence has it.
func moment(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

// mayUndo says whether the person may take the decision back at the moment.
func (d Decision) mayUndo(by access.User, at time.Time, why string) error {
	if d.Undone != nil {
		return fault.Conflict.Say("Already undone by %s at %s.", d.Undone.ByName, moment(d.Undone.At))
	}
	if d.Superseded != "" {
		return fault.Conflict.Say("A later decision stands on this listing. Undo that one first.")
	}
	own := d.By == by.ID
	leads := by.May(access.DecisionUndo, "") == nil
	switch {
	case own && !leads && at.Sub(d.At) > OwnUndo:
		return fault.Forbidden.Say("You can undo a decision for %d minutes. Ask those who lead the review.", int(OwnUndo.Minutes()))
	case !own && !leads:
		return fault.Forbidden.Say("Only those who lead the review undo another's decision.")
	case !own && strings.TrimSpace(why) == "":
		return fault.Invalid.Say("Say why you undo another's decision.").At("why")
	}
	return nil
}
