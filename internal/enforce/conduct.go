package enforce

import (
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
)

// Strike is what the decisions of one day, for one reason, count against a seller. It is read off the decisions that stand: one that is undone or reversed
// is no strike any more, and nobody has to take it away.
type Strike struct {
	Reason ReasonCode
	At     time.Time // of the last of them
	Count  int64     // decisions
}

// StrikeRules say how strikes weigh and what they lead to. Points are thousandths.
type StrikeRules struct {
	Window  time.Duration // after half of it a strike weighs half, after all of it nothing
	Weights map[ReasonCode]int64
	Again   int64 // more for a strike that falls after a warning
	Warn    int64
	Suspend int64
}

// DefaultStrikeRules warn after a second day of counterfeits and propose a suspension after a third. What itself speaks of a copy, or hides one, weighs more:
// whoever writes that knows. What only waits for somebody else's answer weighs nothing.
var DefaultStrikeRules = StrikeRules{
	Window:  180 * 24 * time.Hour,
	Weights: map[ReasonCode]int64{"counterfeit": 2_000, "replica-wording": 3_000, "hidden-logo": 3_000, "misleading-brand-use": 1_000, "unauthorised-bulk": 1_000, "other": 1_000},
	Again:   1_000, Warn: 3_000, Suspend: 6_000,
}

// knowing are the reasons that show intent by themselves: DSA Art. 23(3)(d).
var knowing = []ReasonCode{"replica-wording", "hidden-logo"}

// Weight is what a strike counts at a moment, in thousandths, warned being when the account was warned; zero when it was not.
func (r StrikeRules) Weight(s Strike, warned, at time.Time) int64 {
	w := r.Weights[s.Reason]
	if w > 0 && !warned.IsZero() && s.At.After(warned) {
		w += r.Again
	}
	switch age := at.Sub(s.At); {
	case age >= r.Window:
		return 0
	case age >= r.Window/2:
		return w / 2
	}
	return w
}

// Factors are what DSA Art. 23(3) has a platform look at before it suspends somebody.
type Factors struct {
	Number  int64 `json:"number"`  // decisions against the seller that stand; notices refused of the notifier
	Of      int64 `json:"of"`      // listings of the seller; notices decided of the notifier; 0 while it was not looked at
	Gravity int64 `json:"gravity"` // of the gravest strike, in thousandths
	Knowing int64 `json:"knowing"` // decisions that show intent
	Since   int64 `json:"since"`   // decisions, or refusals, since the warning
}

// Share is Number in proportion; 0 of nothing.
func (f Factors) Share() float64 {
	if f.Of == 0 {
		return 0
	}
	return float64(f.Number) / float64(f.Of)
}

// Weigh adds strikes up at a moment. One day counts once, by its gravest strike: of many listings taken down together the seller could not have learned in
// between. next is when time alone changes the points; zero for never. The order of the strikes does not matter, and one more never lowers the points.
func (r StrikeRules) Weigh(strikes []Strike, warned, at time.Time) (points int64, f Factors, next time.Time) {
	days := map[int64]int64{}
	for _, s := range strikes {
		w := r.Weight(s, warned, at)
		day := s.At.Unix() / (24 * 60 * 60)
		days[day] = max(days[day], w)
		f.Number += s.Count
		f.Gravity = max(f.Gravity, w)
		if slices.Contains(knowing, s.Reason) {
			f.Knowing += s.Count
		}
		if !warned.IsZero() && s.At.After(warned) {
			f.Since += s.Count
		}
		for _, change := range []time.Time{s.At.Add(r.Window / 2), s.At.Add(r.Window)} {
			if change.After(at) && (next.IsZero() || change.Before(next)) {
				next = change
			}
		}
	}
	for _, w := range days {
		points += w
	}
	return points, f, next
}

// MisuseRules say when notices that prove unfounded lead to a warning and to a suspension: DSA Art. 23(2).
type MisuseRules struct {
	Least   int64 // notices decided before anything is said
	Share   int64 // of them refused, in thousandths
	Suspend int64 // refusals since the warning, with the share still reached
}

// DefaultMisuseRules warn when half of ten notices or more are unfounded, and propose a suspension after five more.
var DefaultMisuseRules = MisuseRules{Least: 10, Share: 500, Suspend: 5}

// Weigh is the share of a notifier's notices that proved unfounded, in thousandths; 0 while too few were decided.
func (r MisuseRules) Weigh(decided, refused int64) int64 {
	if decided < r.Least || decided == 0 {
		return 0
	}
	return refused * 1000 / decided
}

// Level is where an account stands.
type Level string

// The levels.
const (
	Good      Level = "good"
	Warned    Level = "warned"
	Proposed  Level = "proposed"  // a person proposes to suspend it; another has to confirm
	Suspended Level = "suspended" // until a day
)

// Levels is every level, the mildest first.
func Levels() []Level { return []Level{Good, Warned, Proposed, Suspended} }

// levelMoves is the way of an account; nobody is suspended who was not warned.
var levelMoves = map[Level][]Level{
	Good:      {Warned},
	Warned:    {Good, Proposed},
	Proposed:  {Good, Warned, Suspended},
	Suspended: {Good, Warned},
}

// LevelDiagram is the way of an account in Mermaid's words, for the docs.
func LevelDiagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> good\n")
	for _, from := range Levels() {
		for _, to := range levelMoves[from] {
			b.WriteString("    " + string(from) + " --> " + string(to) + "\n")
		}
	}
	return b.String()
}

// Conduct is how a seller's account, or a notifier, behaves, and what follows from it.
type Conduct struct {
	Organisation access.OrgID
	Side         Side
	Name         string
	Level        Level
	Points       int64 // thousandths; of a notifier the share of unfounded notices
	Factors      Factors
	Strikes      []Strike  // of a seller, the newest first; only where one account is asked for
	WarnedAt     time.Time // zero while it was not

	ProposedBy    access.UserID
	ProposedName  string
	ProposedAt    time.Time
	Days          int // of the suspension that is proposed
	Reasons       string
	ConfirmedBy   access.UserID
	ConfirmedName string
	SuspendedAt   time.Time
	Until         time.Time // the end of the suspension; zero while there is none

	RecheckAt time.Time // when time alone may change the level; zero for never
	Version   int64
	UpdatedAt time.Time
}

// MaxSuspension is for how many days at most an account can be suspended at once.
const MaxSuspension = 180

// warns reports whether the points are a reason to warn.
func (c Conduct) warns() bool {
	if c.Side == NotifierSide {
		return c.Points >= DefaultMisuseRules.Share
	}
	return c.Points >= DefaultStrikeRules.Warn
}

// Due reports whether a suspension is to be considered: it went on after the warning.
func (c Conduct) Due() bool {
	if c.Level != Warned && c.Level != Proposed {
		return false
	}
	if c.Side == NotifierSide {
		return c.warns() && c.Factors.Since >= DefaultMisuseRules.Suspend
	}
	return c.Points >= DefaultStrikeRules.Suspend && c.Factors.Since > 0
}

// follow is the conduct after its points, or the time, have changed. What persons decided stays until its end, unless its ground is gone.
func (c Conduct) follow(at time.Time) Conduct {
	switch {
	case c.Level == Good && c.warns():
		c.Level, c.WarnedAt, c.Factors.Since = Warned, at, 0
	case c.Level == Suspended && !at.Before(c.Until), c.Level == Suspended && !c.warns():
		c = c.acquit()
		if c.warns() {
			c.Level = Warned
		}
	case (c.Level == Warned || c.Level == Proposed) && !c.warns():
		c = c.acquit()
	}
	return c
}

// acquit is the conduct without what was proposed and confirmed. That it was warned is kept: a warning is told once.
func (c Conduct) acquit() Conduct {
	c.Level = Good
	c.ProposedBy, c.ProposedName, c.ProposedAt, c.Days, c.Reasons = "", "", time.Time{}, 0, ""
	c.ConfirmedBy, c.ConfirmedName, c.SuspendedAt, c.Until = "", "", time.Time{}, time.Time{}
	return c
}

// SuspendedAtMoment reports whether the account is suspended at the moment.
func (c Conduct) SuspendedAtMoment(at time.Time) bool {
	return c.Level == Suspended && at.Before(c.Until)
}

// mayPropose says whether a suspension of so many days can be proposed.
func (c Conduct) mayPropose(days int, reasons string) error {
	if days < 1 || days > MaxSuspension {
		return fault.Invalid.Say("A suspension lasts from 1 to %d days.", MaxSuspension).At("days")
	}
	if err := checkText(reasons, MaxNote); err != nil {
		return err.At("reasons")
	}
	if len([]rune(strings.TrimSpace(reasons))) < leastReasons {
		return fault.Invalid.Say("Say in a sentence why the account ought to be suspended.").At("reasons")
	}
	if !canMove(levelMoves, c.Level, Proposed) {
		if c.Level == Good {
			return fault.Conflict.Say("The account was not warned. A warning comes before a suspension.")
		}
		return fault.Conflict.Say("This account cannot be taken there from where it is.")
	}
	if c.Factors.Since == 0 {
		return fault.Conflict.Say("Nothing was found against the account since it was warned.")
	}
	return nil
}
