package cultivate

import (
	"fmt"
	"slices"
	"strings"
)

// Stage is where a maker is on its way.
type Stage string

// The way, in its order.
const (
	Draft       Stage = "draft"       // the application is being written
	Applied     Stage = "applied"     // it was handed in
	Screened    Stage = "screened"    // past and ties were looked at
	Visited     Stage = "visited"     // the site was visited and what was declared found to be so
	Admitted    Stage = "admitted"    // on terms that both sides signed
	Trained     Stage = "trained"     // the required lessons and tasks are passed
	Approved    Stage = "approved"    // the goods pass the quality plan
	Registered  Stage = "registered"  // a brand of its own is chosen and filed for
	Listed      Stage = "listed"      // goods under that brand are on sale
	Campaigning Stage = "campaigning" // takes part in sales campaigns
	Graduated   Stage = "graduated"   // a brand without the programme's help; still watched
)

// Beside the way.
const (
	Waitlisted Stage = "waitlisted" // good enough, but there was no place
	Refused    Stage = "refused"    // with reasons and a date to ask again
	Suspended  Stage = "suspended"  // stopped until something is cleared up; goes on where it was
	Relapsed   Stage = "relapsed"   // found to have made or sold copies again
	Expelled   Stage = "expelled"   // put out
	Left       Stage = "left"       // by its own wish
)

// Way is the stages of a maker for whom all goes well, in order.
func Way() []Stage {
	return []Stage{Draft, Applied, Screened, Visited, Admitted, Trained, Approved, Registered, Listed, Campaigning, Graduated}
}

// Stages is every stage, those of the way first.
func Stages() []Stage {
	return append(Way(), Waitlisted, Refused, Suspended, Relapsed, Expelled, Left)
}

// next is where a maker can go from each stage. A suspended maker can also go back to the stage it was taken from, see Maker.Next.
var next = map[Stage][]Stage{
	Draft:       {Applied, Left},
	Applied:     {Screened, Draft, Refused, Left},
	Screened:    {Visited, Refused, Left},
	Visited:     {Admitted, Waitlisted, Refused, Left},
	Waitlisted:  {Admitted, Refused, Left},
	Admitted:    {Trained, Suspended, Relapsed, Expelled, Left},
	Trained:     {Approved, Suspended, Relapsed, Expelled, Left},
	Approved:    {Registered, Suspended, Relapsed, Expelled, Left},
	Registered:  {Listed, Suspended, Relapsed, Expelled, Left},
	Listed:      {Campaigning, Suspended, Relapsed, Expelled, Left},
	Campaigning: {Graduated, Suspended, Relapsed, Expelled, Left},
	Graduated:   {Suspended, Relapsed, Left},
	Suspended:   {Relapsed, Expelled, Left},
	Relapsed:    {Suspended, Expelled, Left},
	Refused:     {Draft},
	Expelled:    {},
	Left:        {},
}

// Known reports whether it is one of Stages.
func (s Stage) Known() bool { _, ok := next[s]; return ok }

// Over reports whether the way ends here; a refused firm may ask again.
func (s Stage) Over() bool { return s == Refused || s == Expelled || s == Left }

// Member reports whether a maker in the stage has a place of its cohort. A suspended member keeps it.
func (s Stage) Member() bool {
	switch s {
	case Admitted, Trained, Approved, Registered, Listed, Campaigning, Graduated, Suspended, Relapsed:
		return true
	}
	return false
}

// After reports whether s lies on the way at or behind other: what was asked for other was asked of who is at s.
func (s Stage) After(other Stage) bool {
	way := Way()
	here, there := slices.Index(way, s), slices.Index(way, other)
	return here >= 0 && there >= 0 && here >= there
}

// Next is where a maker can go now, the way on first.
func (m Maker) Next() []Stage {
	if m.Stage == Suspended && m.Was != "" {
		return append([]Stage{m.Was}, next[Suspended]...)
	}
	return slices.Clone(next[m.Stage])
}

// Onward is the next stage of the way; empty when there is none from here.
func (m Maker) Onward() Stage {
	for _, to := range m.Next() {
		if to != Draft && slices.Contains(Way(), to) {
			return to
		}
	}
	return ""
}

// Diagram is the table of moves in Mermaid's words, for the docs.
func Diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> draft\n")
	for _, from := range Stages() {
		for _, to := range next[from] {
			fmt.Fprintf(&b, "    %s --> %s\n", from, to)
		}
	}
	for _, s := range Way() {
		if slices.Contains(next[s], Suspended) {
			fmt.Fprintf(&b, "    suspended --> %s: went from there\n", s)
		}
	}
	return b.String()
}
