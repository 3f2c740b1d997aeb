package cultivate

import (
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
)

// Condition is one thing that must be so before a maker may enter a stage.
type Condition string

// gate says which stage a condition guards and who answers it.
type gate struct {
	condition Condition
	stage     Stage // that cannot be entered while it is not met
	words     Words
	fixed     bool // cannot be waived
	answer    func(s *Service, tx *db.Tx, m Maker) (Answer, error)

	// many is answer for several makers of one cohort at once, for its board; nil: they are asked one by one. A maker it leaves out has not met it.
	many func(s *Service, tx *db.Tx, makers []Maker) (map[MakerID]Answer, error)

	// has reports whether the room that answers it is there; nil: it always is. A condition nobody can answer is not shown.
	has func(s *Service) bool

	// asked reports whether this maker is asked at all; nil: every one is. What one industry asks another need not.
	asked func(s *Service, m Maker) bool
}

// Answer is how a condition stands with a maker.
type Answer struct {
	Met    bool
	Detail Words  // what is there and what is missing: "9 of 12 lessons passed"; may be empty
	Path   string // behind the maker's address: where it is seen to ("application"); may be empty
}

// Check is a condition with its answer, and who has waived it.
type Check struct {
	Condition Condition
	Stage     Stage
	Words     Words
	Answer
	Waivable bool
	Waiver   *Waiver // nil while nobody has
}

// Passes reports whether the check stands in nobody's way.
func (c Check) Passes() bool { return c.Met || c.Waiver != nil }

// Waiver is a person's word that a maker may go on without a condition.
type Waiver struct {
	Condition Condition
	Why       string
	By        access.UserID
	ByName    string
	At        time.Time
	Entry     string
}

// gates is every condition, in the order of the way. A line here is a condition; the rule stands in the file of its noun.
var gates = slices.Concat(
	applicationGates,
	screeningGates,
	termsGates,
	visitGates,
	selectionGates,
	trainingGates,
	actionGates,
	namingGates,
	marketingGates,
	graduationGates,
)

// gateOf finds a condition.
func gateOf(c Condition) (gate, bool) {
	at := slices.IndexFunc(gates, func(g gate) bool { return g.condition == c })
	if at < 0 {
		return gate{}, false
	}
	return gates[at], true
}

// gatesTo is the conditions of a stage that can be answered here.
func (s *Service) gatesTo(to Stage) []gate {
	var found []gate
	for _, g := range gates {
		if g.stage == to && (g.has == nil || g.has(s)) {
			found = append(found, g)
		}
	}
	return found
}

// checklist answers the conditions of entering a stage.
func (s *Service) checklist(tx *db.Tx, m Maker, to Stage) ([]Check, error) {
	found := s.gatesTo(to)
	if len(found) == 0 {
		return nil, nil
	}
	waivers, err := db.All(tx, scanWaiver, waiversOf, string(m.ID))
	if err != nil {
		return nil, err
	}
	checks := make([]Check, 0, len(found))
	for _, g := range found {
		if g.asked != nil && !g.asked(s, m) {
			continue
		}
		answer, err := g.answer(s, tx, m)
		if err != nil {
			return nil, err
		}
		c := Check{Condition: g.condition, Stage: to, Words: g.words, Answer: answer, Waivable: !g.fixed}
		if at := slices.IndexFunc(waivers, func(w Waiver) bool { return w.Condition == g.condition }); at >= 0 {
			c.Waiver = &waivers[at]
		}
		checks = append(checks, c)
	}
	return checks, nil
}

// resumes reports whether the move only takes up the way where it was left: what was asked then is not asked again.
func (m Maker) resumes(to Stage) bool { return m.Stage == Suspended && to == m.Was }
