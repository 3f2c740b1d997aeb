package enforce

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
)

// Forwarding is a counter-statement on its way to one of those whose notice the decision answered: Art. 43 of China's E-Commerce Law. Unless they go to
// court or to the authorities within the period that begins when it arrives, the measure ends.
type Forwarding struct {
	Appeal       AppealID
	Organisation access.OrgID // to whom
	Notice       NoticeID     // of theirs that it answers
	State        ForwardingState
	ForwardedAt  time.Time
	ArrivedAt    time.Time // zero while it has not
	ArrivedHow   string    // "opened", or what a person recorded
	DueAt        time.Time // the end of the period; zero while it does not run
	Contest
	ClosedAt time.Time // zero while it is open
}

// ForwardingState says where a forwarded counter-statement stands.
type ForwardingState string

// The states of a forwarded counter-statement.
const (
	OnItsWay  ForwardingState = "forwarded" // sent, not known to have arrived
	Arrived   ForwardingState = "arrived"   // the period runs
	Opposed   ForwardingState = "opposed"   // the notifier went to court or to the authorities
	Lapsed    ForwardingState = "lapsed"    // the period is over
	CalledOff ForwardingState = "called-off"
)

// forwardingMoves is the way of a forwarded counter-statement; ForwardingDiagram prints it.
var forwardingMoves = map[ForwardingState][]ForwardingState{
	OnItsWay: {Arrived, Opposed, CalledOff},
	Arrived:  {Opposed, Lapsed, CalledOff},
}

// ForwardingStates is every state, in the order of the way.
func ForwardingStates() []ForwardingState {
	return []ForwardingState{OnItsWay, Arrived, Opposed, Lapsed, CalledOff}
}

// ForwardingDiagram is the way of a forwarded counter-statement in Mermaid's words, for the docs.
func ForwardingDiagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> forwarded\n")
	for _, from := range ForwardingStates() {
		for _, to := range forwardingMoves[from] {
			fmt.Fprintf(&b, "    %s --> %s\n", from, to)
		}
	}
	return b.String()
}

func (f Forwarding) open() bool { return f.State == OnItsWay || f.State == Arrived }

// Contest is what a notifier did against a counter-statement.
type Contest struct {
	Act       Act
	Reference string    // under which the court or the authority keeps it
	ActedAt   time.Time // zero when nothing was done
}

// Act is where a notifier went.
type Act string

// The acts.
const (
	Suit     Act = "suit"     // to court
	Petition Act = "petition" // to the authorities
)

// Acts is every act.
func Acts() []Act { return []Act{Suit, Petition} }

// check holds a contest against what has to be known of it.
func (c Contest) check(forwarded, now time.Time) error {
	if !slices.Contains(Acts(), c.Act) {
		return fault.Invalid.Say("Say whether you went to court or to the authorities.").At("act")
	}
	if err := checkText(c.Reference, maxMark); err != nil {
		return err.At("reference")
	}
	if strings.TrimSpace(c.Reference) == "" {
		return fault.Invalid.Say("Give the number under which it is kept.").At("reference")
	}
	if c.ActedAt.IsZero() || c.ActedAt.After(now) {
		return fault.Invalid.Say("Give the day on which it was filed; it is not in the future.").At("acted_at")
	}
	if c.ActedAt.Before(forwarded.AddDate(-5, 0, 0)) {
		return fault.Invalid.Say("This day is too long ago.").At("acted_at")
	}
	return nil
}

// Period is how long a notifier has, from the day on which a counter-statement arrives.
type Period struct {
	Days    int  // 0 means 15
	Working bool // Saturdays and Sundays do not count. Public holidays do: Ownmark does not know them
}

// DefaultPeriod is the law's: 15 days. The Supreme People's Court's guidance for services that are not trade has 20 working days.
var DefaultPeriod = Period{Days: 15}

// beijing is where days are counted: China has one time, without summer.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// End is the moment at which a period is over that began at from. The day of from does not count, and the last one does to its end: Civil Code Art. 201
// and 203.
func (p Period) End(from time.Time) time.Time {
	days := p.Days
	if days <= 0 {
		days = DefaultPeriod.Days
	}
	y, m, d := from.In(beijing).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, beijing)
	for days > 0 {
		day = day.AddDate(0, 0, 1)
		if w := day.Weekday(); p.Working && (w == time.Saturday || w == time.Sunday) {
			continue
		}
		days--
	}
	return day.AddDate(0, 0, 1).UTC()
}
