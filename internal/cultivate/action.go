package cultivate

import (
	"fmt"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
)

// ActionID is the identity of a corrective action.
type ActionID string

// Action is a corrective action: something was found wrong; the maker says where it comes from and what it does about it, does it and shows that it did; a
// person of the programme other than who wrote the finding's answer looks at that and closes it.
type Action struct {
	ID        ActionID
	Maker     MakerID
	MakerName string
	Finding   string
	Cause     string // the root cause, as the maker sees it
	Plan      string // what is done so that it does not happen again
	Evidence  string // what shows that it was done
	Due       time.Time

	State    ActionState
	Answered access.UserID // who said that it was done
	MadeBy   access.UserID
	MadeName string

	Attachments []Attachment
	Steps       []ActionStep // oldest first; only Actions of one maker carry them

	Version   int64
	MadeAt    time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// ActionState says how a corrective action stands.
type ActionState string

// The states of a corrective action.
const (
	ActionFound    ActionState = "found"    // waits for the maker's root cause and plan
	ActionPlanned  ActionState = "planned"  // is being done
	ActionShown    ActionState = "shown"    // evidence is in; waits to be verified
	ActionVerified ActionState = "verified" // closed
	ActionDropped  ActionState = "dropped"  // found to be no fault
)

// actionMoves is the way of a corrective action; evidence that does not convince sends it back.
var actionMoves = map[ActionState][]ActionState{
	ActionFound:   {ActionPlanned, ActionDropped},
	ActionPlanned: {ActionShown, ActionDropped},
	ActionShown:   {ActionVerified, ActionPlanned, ActionDropped},
}

// Next is where an action can go from its state.
func (s ActionState) Next() []ActionState { return slices.Clone(actionMoves[s]) }

// Open reports whether the action stands in the way of the next stage.
func (s ActionState) Open() bool { return s != ActionVerified && s != ActionDropped }

// ActionStep is one thing that happened to an action.
type ActionStep struct {
	State  ActionState
	Said   string
	ByName string
	At     time.Time
	Entry  string
}

// ActionMove is what a person sends in to take an action on.
type ActionMove struct {
	To      ActionState
	Cause   string     // when it is planned
	Said    string     // the plan, the evidence, or why it is verified, sent back or dropped
	Files   []SentFile // evidence
	Version int64
}

// actionGates are the conditions that corrective actions answer.
var actionGates = []gate{
	{condition: "actions-closed", stage: Approved, words: Words{"Corrective actions are closed", "整改项已全部关闭"}, answer: answerActions, many: manyActions},
	{condition: "actions-still-closed", stage: Graduated, words: Words{"Corrective actions are closed", "整改项已全部关闭"}, answer: answerActions, many: manyActions},
}

// answerActions says how many corrective actions are open.
func answerActions(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	open, err := db.One(tx, db.Value[int], countOpenActions, string(m.ID))
	return actionsAnswer(open), err
}

func actionsAnswer(open int) Answer {
	a := Answer{Met: open == 0, Path: "actions"}
	if open > 0 {
		a.Detail = Words{fmt.Sprintf("%d open", open), fmt.Sprintf("还有 %d 项未关闭", open)}
	}
	return a
}

// manyActions is answerActions for makers of one cohort.
func manyActions(_ *Service, tx *db.Tx, makers []Maker) (map[MakerID]Answer, error) {
	open, err := countBy(tx, openActionsIn, string(makers[0].Cohort))
	answers := map[MakerID]Answer{}
	for _, m := range makers {
		answers[m.ID] = actionsAnswer(open[m.ID])
	}
	return answers, err
}

// countBy reads rows of a maker and a count.
func countBy(tx *db.Tx, query string, args ...any) (map[MakerID]int, error) {
	counts := map[MakerID]int{}
	_, err := db.All(tx, func(r db.Row) (n struct{}, err error) {
		var id MakerID
		var count int
		err = r.Scan(&id, &count)
		counts[id] = count
		return n, err
	}, query, args...)
	return counts, err
}
