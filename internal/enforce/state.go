package enforce

import (
	"fmt"
	"slices"
	"strings"
)

// State is where a listing stands in the work of people.
type State string

// The states. A listing that was neither suspected nor decided on has no review and is as good as Cleared.
const (
	Cleared   State = "cleared"   // nothing to decide: the policy asks for nobody, or no longer
	Open      State = "open"      // waits for a reviewer
	Escalated State = "escalated" // a reviewer has asked those who lead
	Settled   State = "settled"   // a decision stands
)

// Move is what takes a listing from one state to another.
type Move string

// The moves.
const (
	Report   Move = "report"   // somebody gave notice of it
	Suspect  Move = "suspect"  // the policy wants a person to look
	Acquit   Move = "acquit"   // the policy asks for nobody any more, before anybody decided
	Worsen   Move = "worsen"   // after a decision the content changed and the verdict is a reason to look again
	Recede   Move = "recede"   // opened once more, the verdict became clear: what was decided goes on standing
	Conclude Move = "conclude" // a person decided: remove, restrict or approve
	Ask      Move = "ask"      // a person escalated
	Expire   Move = "expire"   // the time of the decision ran out, and the policy wants a person to look
	TakeBack Move = "undo"     // the standing decision was undone; back to what was before, see afterUndo
)

// moves is the room's state machine; Diagram prints it. TakeBack is not in it as its end depends on the decision.
var moves = map[State]map[Move]State{
	Cleared: {
		Suspect:  Open,
		Report:   Open,
		Conclude: Settled, // a person may act on what the machine thinks is clear
		Ask:      Escalated,
	},
	Open: {
		Acquit:   Cleared,
		Recede:   Settled,
		Conclude: Settled,
		Ask:      Escalated,
	},
	Escalated: {
		// A question put by a person is answered by a person: a clear verdict does not withdraw it.
		Conclude: Settled,
	},
	Settled: {
		Worsen:   Open,
		Report:   Open,
		Expire:   Open,
		Conclude: Settled, // decided anew; the earlier decision is superseded
		Ask:      Escalated,
	},
}

// next is the state after a move. ok is false when the move does not exist from there.
func (s State) next(m Move) (to State, ok bool) {
	to, ok = moves[s][m]
	return to, ok
}

// States is every state, in the order of the work.
func States() []State { return []State{Cleared, Open, Escalated, Settled} }

// Diagram is the state machine in Mermaid's words, for the docs.
func Diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> cleared\n")
	for _, from := range States() {
		steps := make([]string, 0, len(moves[from]))
		for move, to := range moves[from] {
			steps = append(steps, fmt.Sprintf("    %s --> %s: %s\n", from, to, move))
		}
		slices.Sort(steps)
		b.WriteString(strings.Join(steps, ""))
	}
	for _, to := range []State{Cleared, Open, Escalated, Settled} {
		fmt.Fprintf(&b, "    settled --> %s: %s\n", to, TakeBack)
	}
	fmt.Fprintf(&b, "    escalated --> open: %s\n    escalated --> cleared: %s\n    escalated --> settled: %s\n", TakeBack, TakeBack, TakeBack)
	return b.String()
}

// Standing is how the marketplace sees a listing: what the standing decision makes of it.
type Standing string

// The standings.
const (
	Live       Standing = "live"       // on sale; also when nobody decided
	Labelled   Standing = "labelled"   // on sale, with a word to buyers
	Demoted    Standing = "demoted"    // on sale, further down in search and lists
	Restricted Standing = "restricted" // kept, but not found or not sold
	Removed    Standing = "removed"    // gone from the marketplace
)
