package enforce

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
)

// RightID is the identity of a right.
type RightID string

// Right is what a notice rests on: a mark, a design, a copyright or a patent, as registered. It is entered once and used in every notice.
type Right struct {
	ID           RightID
	Organisation access.OrgID // whose vault it is in
	Kind         RightKind
	Mark         string   // the words of the mark, or what the right is of
	Brand        brand.ID // that it protects; empty when none is named
	Office       string   // that granted it: a WIPO ST.3 code ("CN", "EM", "US", "WO")
	Number       string   // of the registration, as the office writes it
	Owner        string   // as registered
	Classes      []int    // of Nice, 1 to 45; of marks
	Territory    []string // where it holds: ISO 3166 codes, "EU"; empty means where the office is
	From         time.Time
	To           time.Time // exclusive; zero: without end
	Document     blob.Hash // the certificate; zero while there is none
	Note         string

	State     RightState
	Refusal   string // why verification was refused
	Version   int64
	MadeAt    time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// RightKind says what kind of right it is.
type RightKind string

// The kinds of rights.
const (
	TradeMark RightKind = "trade-mark"
	Design    RightKind = "design"
	Copyright RightKind = "copyright"
	Patent    RightKind = "patent"
)

// RightKinds is every kind, the most common first.
func RightKinds() []RightKind { return []RightKind{TradeMark, Design, Copyright, Patent} }

// RightState says how far the marketplace has checked a right.
type RightState string

// The states of a right. That it has run out is told by the clock: see Right.Holds.
const (
	Declared       RightState = "declared"  // entered by its holder, not checked
	Verified       RightState = "verified"  // held against the register
	RightRefused   RightState = "refused"   // not in the register, or not the holder's
	RightWithdrawn RightState = "withdrawn" // taken out by its holder
)

// rightMoves is the way of a right. An edit of what the register says makes it Declared again.
var rightMoves = map[RightState][]RightState{
	Declared:     {Declared, Verified, RightRefused, RightWithdrawn},
	Verified:     {Declared, RightRefused, RightWithdrawn},
	RightRefused: {Declared, Verified, RightWithdrawn},
}

// Holds reports whether a notice can rest on the right at the moment.
func (r Right) Holds(at time.Time) bool {
	return (r.State == Declared || r.State == Verified) && !at.Before(r.From) && (r.To.IsZero() || at.Before(r.To))
}

// WhyNot says why no notice can rest on the right at the moment: fault.Invalid at "right"; nil when one can.
func (r Right) WhyNot(at time.Time) error {
	switch {
	case r.Holds(at):
		return nil
	case r.State == RightRefused:
		return fault.Invalid.Say("This right was held against the register and refused.").At("right")
	case r.State == RightWithdrawn:
		return fault.Invalid.Say("This right was withdrawn.").At("right")
	case at.Before(r.From):
		return fault.Invalid.Say("This right holds from %s.", r.From.Format(time.DateOnly)).At("right")
	}
	return fault.Invalid.Say("This right ran out on %s.", r.To.Format(time.DateOnly)).At("right")
}

// Registered is the number as the register has it; empty where there is no register.
func (r Right) Registered() string {
	if strings.HasPrefix(r.Number, ownNumber) {
		return ""
	}
	return r.Number
}

// ownNumber begins the number that a copyright without a register is given.
const ownNumber = "copyright:"

// EndsWithin reports whether the right runs out in the time that is left, and has not yet.
func (r Right) EndsWithin(left time.Duration, at time.Time) bool {
	return !r.To.IsZero() && at.Before(r.To) && r.To.Sub(at) <= left
}

// EndWarning is how long before its end a right is warned of: renewals take months.
const EndWarning = 90 * 24 * time.Hour

// The bounds of a right, in runes.
const (
	maxMark      = 300
	maxNumber    = 100
	maxTerritory = 250
)

var (
	officeCode    = regexp.MustCompile(`^[A-Z]{2}$`)
	territoryCode = regexp.MustCompile(`^([A-Z]{2}|EU)$`)
)

// clean is the right without spaces around its words, codes in capitals, lists in order and each thing once.
func (r Right) clean() Right {
	for _, text := range []*string{&r.Mark, &r.Number, &r.Owner, &r.Note, &r.Office, &r.Refusal} {
		*text = strings.TrimSpace(*text)
	}
	r.Office = strings.ToUpper(r.Office)
	r.Classes = slices.Compact(slices.Sorted(slices.Values(r.Classes)))
	territory := make([]string, 0, len(r.Territory))
	for _, code := range r.Territory {
		if code = strings.ToUpper(strings.TrimSpace(code)); code != "" {
			territory = append(territory, code)
		}
	}
	slices.Sort(territory)
	r.Territory = slices.Compact(territory)
	r.From, r.To = r.From.UTC().Truncate(time.Microsecond), r.To.UTC().Truncate(time.Microsecond)
	return r
}

// check holds a right against the rules for it. It returns fault.Invalid for each thing wrong, each at its field.
func (r Right) check() (wrong []error) {
	for _, text := range []struct {
		field, value string
		most         int
	}{{"mark", r.Mark, maxMark}, {"number", r.Number, maxNumber}, {"owner", r.Owner, maxMark}, {"note", r.Note, MaxNote}} {
		if f := checkText(text.value, text.most); f != nil {
			wrong = append(wrong, f.At(text.field))
		}
	}
	if !slices.Contains(RightKinds(), r.Kind) {
		wrong = append(wrong, fault.Invalid.Say("Choose what kind of right it is.").At("kind"))
	}
	if r.Mark == "" {
		wrong = append(wrong, fault.Invalid.Say("Give the words of the mark, or say what the right is of.").At("mark"))
	}
	if r.Owner == "" {
		wrong = append(wrong, fault.Invalid.Say("Give the owner as registered.").At("owner"))
	}
	if !officeCode.MatchString(r.Office) {
		wrong = append(wrong, fault.Invalid.Say("An office has a code of two letters: CN, EM, US, WO.").At("office"))
	}
	if r.Number == "" && r.Kind != Copyright {
		wrong = append(wrong, fault.Invalid.Say("Give the number of the registration.").At("number"))
	}
	if len(r.Classes) > 0 && (r.Kind != TradeMark || r.Classes[0] < 1 || r.Classes[len(r.Classes)-1] > 45) {
		wrong = append(wrong, fault.Invalid.Say("Classes are those of Nice, 1 to 45, and only marks have them.").At("classes"))
	}
	if r.Kind == TradeMark && len(r.Classes) == 0 {
		wrong = append(wrong, fault.Invalid.Say("Give the Nice classes of the mark.").At("classes"))
	}
	if len(r.Territory) > maxTerritory || slices.ContainsFunc(r.Territory, func(code string) bool { return !territoryCode.MatchString(code) }) {
		wrong = append(wrong, fault.Invalid.Say("A territory is a country's code of two letters, or EU.").At("territory"))
	}
	if r.From.IsZero() {
		wrong = append(wrong, fault.Invalid.Say("Give the day from which the right holds.").At("from"))
	}
	if !r.To.IsZero() && !r.To.After(r.From) {
		wrong = append(wrong, fault.Invalid.Say("The right ends after it begins.").At("to"))
	}
	return wrong
}

// registered reports whether two rights say the same of what the register has: if not, what was verified is to be verified again.
func registered(a, b Right) bool {
	return a.Kind == b.Kind && a.Mark == b.Mark && a.Office == b.Office && a.Number == b.Number && a.Owner == b.Owner && slices.Equal(a.Classes, b.Classes) &&
		slices.Equal(a.Territory, b.Territory) && a.From.Equal(b.From) && a.To.Equal(b.To)
}

// Mandate is an owner's word that another organisation acts for it: its people enter rights and file notices on the owner's behalf.
type Mandate struct {
	Owner   access.OrgID
	Agent   access.OrgID
	To      time.Time // exclusive; zero: without end
	GivenAt time.Time
	GivenBy string
	Ended   time.Time // zero while it stands
}

// Stands reports whether the mandate is in force at the moment.
func (m Mandate) Stands(at time.Time) bool {
	return m.Ended.IsZero() && (m.To.IsZero() || at.Before(m.To))
}

// Check holds a right against the rules for it, as DeclareRight and SaveRight do. It returns fault.Invalid for each thing wrong, each at its field.
func (r Right) Check() error { return errors.Join(r.clean().check()...) }
