package enforce

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// AppealID is the identity of an appeal.
type AppealID string

// Appeal is the other side's say on a decision: a seller's complaint or counter-statement, or the objection of whose notice was refused.
type Appeal struct {
	ID           AppealID
	Kind         AppealKind
	Side         Side
	Decision     DecisionID       // against which
	Notice       NoticeID         // that was refused; empty for a seller's
	Organisation access.OrgID     // whose people filed it
	Seller       market.SellerID  // whose listing it is about
	Listing      market.ListingID // that it is about
	By           access.UserID
	ByName       string
	Plea
	State   AppealState
	FiledAt time.Time
	DueAt   time.Time // by when it is to be answered

	ClosedAt   time.Time // zero while it is open
	ClosedBy   access.UserID
	ClosedName string
	Reasons    string     // of the answer
	Rehearing  DecisionID // the decision taken in the other's place; empty when there is none
	Version    int64
	Entry      string // the ledger entry that records its arrival
}

// Plea is what an appeal says.
type Plea struct {
	Statement string      `json:"statement"`          // why the decision is wrong
	Evidence  string      `json:"evidence,omitempty"` // what shows it at first sight
	Documents []blob.Hash `json:"documents,omitempty"`
	Guarantee string      `json:"guarantee,omitempty"` // of a counter-statement: the name of who vouches for it
}

// AppealKind says what law an appeal rests on.
type AppealKind string

// The kinds of appeals.
const (
	Complaint        AppealKind = "complaint"         // a seller's, DSA Art. 20
	CounterStatement AppealKind = "counter-statement" // a seller's that the goods do not infringe, E-Commerce Law Art. 43; it goes on to who gave notice
	Objection        AppealKind = "objection"         // a notifier's against a refusal, DSA Art. 20
)

// AppealKinds is every kind.
func AppealKinds() []AppealKind { return []AppealKind{Complaint, CounterStatement, Objection} }

// Side is who speaks.
type Side string

// The sides.
const (
	SellerSide   Side = "seller"
	NotifierSide Side = "notifier"
)

func (k AppealKind) side() Side {
	if k == Objection {
		return NotifierSide
	}
	return SellerSide
}

// AppealState says where an appeal stands.
type AppealState string

// The states of an appeal.
const (
	Filed           AppealState = "filed"           // waits for a person other than who decided, or for its period to end
	AppealUpheld    AppealState = "upheld"          // the decision stands
	Reversed        AppealState = "reversed"        // another decision stands in its place
	PartlyReversed  AppealState = "partly-reversed" // a milder one does
	Inadmissible    AppealState = "inadmissible"    // it could not be heard; it can be filed again, mended
	Contested       AppealState = "contested"       // the notifier went to court or to the authorities: the matter is theirs
	Moot            AppealState = "moot"            // the decision fell for another reason
	AppealWithdrawn AppealState = "withdrawn"       // by who filed it
)

// AppealStates is every state, in the order of the work.
func AppealStates() []AppealState {
	return []AppealState{Filed, AppealUpheld, Reversed, PartlyReversed, Inadmissible, Contested, Moot, AppealWithdrawn}
}

// appealMoves is the way of an appeal, by its kind; AppealDiagram prints it. A counter-statement is not upheld by the marketplace: what it states is for the
// notifier to contest, or for the marketplace to believe at once.
var appealMoves = map[AppealKind]map[AppealState][]AppealState{
	Complaint:        {Filed: {AppealUpheld, Reversed, PartlyReversed, Inadmissible, Moot, AppealWithdrawn}},
	CounterStatement: {Filed: {Reversed, Inadmissible, Contested, Moot, AppealWithdrawn}},
	Objection:        {Filed: {AppealUpheld, Reversed, PartlyReversed, Inadmissible, Moot, AppealWithdrawn}},
}

// AppealDiagram is the way of an appeal in Mermaid's words, for the docs; what only some kinds can do names them.
func AppealDiagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> filed\n")
	for _, to := range AppealStates() {
		var kinds []string
		for _, kind := range AppealKinds() {
			if slices.Contains(appealMoves[kind][Filed], to) {
				kinds = append(kinds, string(kind))
			}
		}
		switch len(kinds) {
		case 0:
		case len(AppealKinds()):
			fmt.Fprintf(&b, "    filed --> %s\n", to)
		default:
			fmt.Fprintf(&b, "    filed --> %s: %s\n", to, strings.Join(kinds, ", "))
		}
	}
	return b.String()
}

// Open reports whether the appeal waits.
func (a Appeal) Open() bool { return a.State == Filed }

// Rulings are the answers that a person may give to an appeal of this kind.
func (k AppealKind) Rulings() []AppealState {
	return slices.DeleteFunc(slices.Clone(appealMoves[k][Filed]), func(s AppealState) bool { return s == Contested || s == Moot || s == AppealWithdrawn })
}

// Ruling is a person's answer to an appeal.
type Ruling struct {
	State   AppealState
	Reason  ReasonCode // of the decision that a reversal puts in the other's place; empty where nothing is reversed
	Reasons string     // in words, to both sides; at most MaxNote
	Version int64      // of the Appeal as the person saw it
}

// Outcome is what a ruling makes of the listing; empty when it leaves the decision standing.
func (k AppealKind) Outcome(ruling AppealState) Outcome {
	switch {
	case ruling == PartlyReversed:
		return Restrict
	case ruling == Reversed && k == Objection:
		return Remove
	case ruling == Reversed:
		return Approve
	}
	return ""
}

// check holds a ruling against the appeal, the decision and the table of reasons.
func (r Ruling) check(a Appeal, d Decision) error {
	if !slices.Contains(a.Kind.Rulings(), r.State) {
		return fault.Invalid.Say("Choose how the appeal is answered.").At("state")
	}
	if err := checkText(r.Reasons, MaxNote); err != nil {
		return err.At("reasons")
	}
	if len([]rune(strings.TrimSpace(r.Reasons))) < leastReasons {
		return fault.Invalid.Say("Give the reasons of your answer: both sides read them.").At("reasons")
	}
	outcome := a.Kind.Outcome(r.State)
	if outcome == "" {
		return nil
	}
	if d.Outcome == outcome || r.State == PartlyReversed && a.Kind != Objection && d.Outcome != Remove {
		return fault.Invalid.Say("The listing is only restricted already. Uphold the decision or reverse it.").At("state")
	}
	if r.State == PartlyReversed && !d.Ended.IsZero() {
		return fault.Invalid.Say("The time of the decision has run out already. Uphold it or reverse it.").At("state")
	}
	if reason, ok := ReasonOf(r.Reason); !ok || r.Reason == PeriodOver || !slices.Contains(reason.Fits, outcome) {
		return fault.Invalid.Say("Choose a reason that fits what becomes of the listing.").At("reason")
	}
	return nil
}

// Filing is what a party sends in to appeal.
type Filing struct {
	Kind     AppealKind
	Decision DecisionID // of a seller's
	Notice   NoticeID   // of an objection
	Plea
}

// Of appeals.
const (
	AppealTime     = 14 * 24 * time.Hour // in which an appeal is to be answered
	maxStatement   = 10_000              // runes
	leastStatement = 10
)

func (p Plea) clean() Plea {
	c := Claim{Reasons: p.Statement, Evidence: p.Evidence, Guarantee: p.Guarantee, Documents: p.Documents}.clean()
	return Plea{c.Reasons, c.Evidence, c.Documents, c.Guarantee}
}

// check holds what an appeal says against what the law asks of its kind; each thing wrong stands at its field.
func (p Plea) check(kind AppealKind) (wrong []error) {
	for _, text := range []struct {
		field, value string
		most         int
	}{{"statement", p.Statement, maxStatement}, {"evidence", p.Evidence, maxReasons}, {"guarantee", p.Guarantee, maxMark}} {
		if f := checkText(text.value, text.most); f != nil {
			wrong = append(wrong, f.At(text.field))
		}
	}
	if !slices.Contains(AppealKinds(), kind) {
		wrong = append(wrong, fault.Invalid.Say("Choose how you want to answer.").At("kind"))
	}
	if len([]rune(p.Statement)) < leastStatement {
		wrong = append(wrong, fault.Invalid.Say("Say in a sentence why the decision is wrong.").At("statement"))
	}
	if len(p.Documents) > maxDocuments {
		wrong = append(wrong, fault.TooLarge.Say("An answer has at most %d documents.", maxDocuments).At("documents"))
	}
	if kind != CounterStatement {
		return wrong
	}
	if p.Evidence == "" && len(p.Documents) == 0 {
		wrong = append(wrong, fault.Invalid.Say("A counter-statement needs evidence: say what shows it at first sight, or add a document.").At("evidence"))
	}
	if p.Guarantee == "" {
		wrong = append(wrong, fault.Invalid.Say("Sign the counter-statement with a name.").At("guarantee"))
	}
	return wrong
}

// mayRehear says whether a person may answer the appeal: not who answers for the decision, and not who is a party to it.
func (a Appeal) mayRehear(by access.User, decider access.UserID) error {
	switch {
	case by.Answerable() == decider:
		return fault.Forbidden.Say("You took this decision. Another person answers the appeal.")
	case by.ID == a.By || by.Answerable() == a.By:
		return fault.Forbidden.Say("You filed this appeal. Another person answers it.")
	case !a.Open():
		return fault.Conflict.Say("This appeal was answered already.")
	}
	return nil
}
