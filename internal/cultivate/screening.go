package cultivate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Tie is a link between a maker and something suspect that was found by following evidence.
type Tie struct {
	To   string  // what it is tied to, in words a person reads
	Path string  // where the evidence is shown; may be empty
	Why  Words   // "same warehouse, same telephone"
	Bits float64 // of evidence: how strong
}

// Ties answers which ties a maker has. The room that traces sources fills it.
type Ties interface {
	Ties(ctx context.Context, tx *db.Tx, m Maker) ([]Tie, error)
}

// Records answers what was decided against seller accounts: one Matter for each account and brand, its Mark the brand's name, its Source the account.
type Records interface {
	Records(ctx context.Context, tx *db.Tx, sellers []market.SellerID) ([]Matter, error)
}

// Screening is what the programme's people make of a firm's past and ties.
type Screening struct {
	Maker    MakerID
	Outcome  ScreeningOutcome // empty while it is under way
	Why      string
	Conflict ConflictOfInterest
	Note     string   // about the conflict
	Found    []Matter // by people: seizures, judgments, reports

	Version int64
	By      access.UserID
	ByName  string
	At      time.Time
	Entry   string
}

// ScreeningOutcome is the end of a screening.
type ScreeningOutcome string

// The outcomes.
const (
	ScreeningPassed ScreeningOutcome = "passed" // nothing stands against a visit
	ScreeningFailed ScreeningOutcome = "failed" // the firm ought to be refused
)

// ConflictOfInterest is what the screening person says of the own interest in the firm.
type ConflictOfInterest string

// What can be said.
const (
	ConflictNone ConflictOfInterest = "none"
	ConflictSome ConflictOfInterest = "some"
)

// maxFound bounds the matters that people enter.
const maxFound = 50

// check returns fault.Invalid for each thing wrong.
func (s Screening) check() error {
	var wrong []error
	switch s.Outcome {
	case "":
		wrong = append(wrong, checkText("why", s.Why, MaxWhy))
	case ScreeningPassed, ScreeningFailed:
		wrong = append(wrong, needText("why", s.Why, MaxWhy))
	default:
		wrong = append(wrong, fault.Invalid.Say("Choose what came out.").At("outcome"))
	}
	switch s.Conflict {
	case ConflictNone:
		wrong = append(wrong, checkText("note", s.Note, MaxWhy))
	case ConflictSome:
		wrong = append(wrong, needText("note", s.Note, MaxWhy))
		if s.Outcome == ScreeningPassed {
			wrong = append(wrong, fault.Invalid.Say("Who has an interest in the firm leaves the outcome to another person.").At("conflict"))
		}
	case "":
		if s.Outcome != "" {
			wrong = append(wrong, fault.Invalid.Say("Say whether you have an interest in the firm.").At("conflict"))
		}
	default:
		wrong = append(wrong, fault.Invalid.Say("Say whether you have an interest in the firm.").At("conflict"))
	}
	if len(s.Found) > maxFound {
		wrong = append(wrong, fault.Invalid.Say("At most %d matters can be entered.", maxFound).At("found"))
	}
	for i, m := range s.Found {
		at := fmt.Sprintf("found.%d.", i+1)
		wrong = append(wrong, needText(at+"mark", m.Mark, maxName), needText(at+"source", m.Source, 500), checkText(at+"outcome", m.Outcome, 500))
		if m.Items != nil && (*m.Items < 0 || *m.Items > maxWhole) {
			wrong = append(wrong, fault.Invalid.Say("Give a count.").At(at+"items"))
		}
	}
	return errors.Join(wrong...)
}

// Burden is how much a firm's past weighs, matter by matter.
type Burden struct {
	Matters []Weighed
	Points  float64
	Level   PastLevel
}

// Weighed is one matter with what it weighs.
type Weighed struct {
	Mark     string
	Declared *Matter // nil when it was hidden
	Found    *Matter // nil when nothing of it was found
	Extent   float64 // points for how much was found
	Age      float64 // factor for how long ago it ended
	Share    float64 // of what was found, how much had been declared: 0 to 1
	Points   float64 // Extent × Age × (1 − ¾ Share); nothing for what was only declared
}

// PastLevel puts the points in a word. It helps to read them and decides nothing.
type PastLevel string

// The levels.
const (
	PastClear PastLevel = "clear" // nothing
	PastLight PastLevel = "light" // up to 2 points
	PastHeavy PastLevel = "heavy" // up to 6
	PastGrave PastLevel = "grave" // more
)

// The table of weights.
//
//	found, pieces or listings     below 10: 1   below 100: 2   below 1,000: 3   more: 4   not known: 2
//	ended, before the weighing    5 years or more: ×¼   3 years or more: ×½   later or not known: ×1
//	declared by the firm          all of it: ×¼   half of it: ×⅝   nothing: ×1   the extent not stated: as if half
//	declared and never found      0
//
// So declaring a thing never makes a firm's standing worse than hiding it, whether or not it is found, and declaring more of it never makes it worse than declaring
// less; a test holds that. What was declared shows all the same, and the terms ask for the tools it was made with.
const (
	declaredRelief = 0.75
	shareUnstated  = 0.5
)

func extent(items *int64) float64 {
	switch {
	case items == nil:
		return 2
	case *items < 10:
		return 1
	case *items < 100:
		return 2
	case *items < 1_000:
		return 3
	}
	return 4
}

func age(until, at time.Time) float64 {
	switch months := monthsBetween(until, at); {
	case until.IsZero():
		return 1
	case months >= 60:
		return 0.25
	case months >= 36:
		return 0.5
	}
	return 1
}

// share is how much of what was found had been declared.
func share(declared, found Matter) float64 {
	switch {
	case declared.Items == nil || *declared.Items == 0:
		return shareUnstated
	case found.Items == nil || *found.Items == 0:
		return 1
	}
	// A stated count is at least as good as none, so that nobody is better off by leaving it out.
	return min(1, max(shareUnstated, float64(*declared.Items)/float64(*found.Items)))
}

// Weigh holds what a firm declared against what was found, at a moment, by the table above. Matters are the same when they are about the same mark.
func Weigh(declared, found []Matter, at time.Time) Burden {
	told := together(declared)
	var w Burden
	for _, f := range together(found) {
		one := Weighed{Mark: f.Mark, Found: &f, Extent: extent(f.Items), Age: age(f.Until, at)}
		if i := slices.IndexFunc(told, func(d Matter) bool { return sameMark(d.Mark, f.Mark) }); i >= 0 {
			d := told[i]
			one.Declared, one.Share = &d, share(d, f)
			told = slices.Delete(told, i, i+1)
		}
		one.Points = one.Extent * one.Age * (1 - declaredRelief*one.Share)
		w.Points += one.Points
		w.Matters = append(w.Matters, one)
	}
	slices.SortStableFunc(w.Matters, func(a, b Weighed) int { return -cmpFloat(a.Points, b.Points) })
	for _, d := range told {
		w.Matters = append(w.Matters, Weighed{Mark: d.Mark, Declared: &d, Extent: extent(d.Items), Age: age(d.Until, at), Share: 1})
	}
	switch {
	case w.Points == 0:
		w.Level = PastClear
	case w.Points <= 2:
		w.Level = PastLight
	case w.Points <= 6:
		w.Level = PastHeavy
	default:
		w.Level = PastGrave
	}
	return w
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func sameMark(a, b string) bool { return db.Fold(a) == db.Fold(b) }

// together joins matters about one mark: the pieces add up, the latest end counts. Where one count is not known the known ones stand.
func together(matters []Matter) (all []Matter) {
	for _, m := range matters {
		at := slices.IndexFunc(all, func(o Matter) bool { return sameMark(o.Mark, m.Mark) })
		if at < 0 {
			all = append(all, m)
			continue
		}
		one := &all[at]
		switch {
		case one.Items == nil:
			one.Items = m.Items
		case m.Items != nil:
			sum := *one.Items
			if *m.Items > math.MaxInt64-sum {
				sum = math.MaxInt64
			} else {
				sum += *m.Items
			}
			one.Items = &sum
		}
		if one.Until.IsZero() || m.Until.IsZero() {
			one.Until = time.Time{} // not known to have ended
		} else if m.Until.After(one.Until) {
			one.Until = m.Until
		}
		if m.Source != "" && !strings.Contains(one.Source, m.Source) {
			one.Source = strings.Trim(one.Source+", "+m.Source, ", ")
		}
	}
	return all
}

// The conditions of screening.
const (
	PastKnown Condition = "past-known"
)

var screeningGates = []gate{
	{condition: PastKnown, stage: Screened, words: Words{"Past and ties were looked at, and nothing stands against a visit", "过往与关联已核查，可以实地考察"}, answer: pastAnswer},
}

var screeningWords = map[ScreeningOutcome]Words{
	"":              {"The screening is not finished.", "核查尚未结束。"},
	ScreeningPassed: {"Passed", "已通过"},
	ScreeningFailed: {"The screening came out against it.", "核查结论为不通过。"},
}

func pastAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	s, err := findScreening(tx, m.ID)
	return Answer{Met: s.Outcome == ScreeningPassed, Detail: screeningWords[s.Outcome], Path: "screening"}, err
}
