package cultivate

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// MarkID names a common mark in addresses: "putian-shoes".
type MarkID string

// CommonMark is a collective or certification mark that firms use together, under rules that an association keeps.
type CommonMark struct {
	ID        MarkID
	Name      string
	Owner     string // the association
	Office    string // of the register: "CNIPA"
	Number    string // of the registration
	Goods     string
	Rules     int // the version in force; 0 while there are none
	Version   int64
	UpdatedAt time.Time
	UpdatedBy string
}

// MarkRules is one version of a mark's rules of use. A version is never changed; a later one takes its place for licences granted from then on.
type MarkRules struct {
	Mark     MarkID
	Number   int
	Text     Words
	Material string   // what the goods must be made of
	Tests    []string // that a check performs, one a line of the document
	Floor    int64    // the lowest price an item may be offered for, in minor units of Currency; 0: none
	Currency string
	ByName   string
	At       time.Time
	Entry    string
}

// LicenceID is the identity of a licence.
type LicenceID string

// Licence is a maker's leave to put a common mark on its goods.
type Licence struct {
	ID           LicenceID
	Mark         MarkID
	Maker        MakerID
	Organisation access.OrgID
	Firm         string
	Number       string // empty until it is granted
	State        LicenceState
	Lines        string // the products it is for
	From, To     time.Time
	Rules        int       // the version that was agreed to
	Hearing      HearingID // that suspended it; empty when none did
	Version      int64
	AppliedAt    time.Time
	UpdatedAt    time.Time
	UpdatedBy    string
}

// LicenceState is where a licence stands.
type LicenceState string

// The states.
const (
	LicenceApplied   LicenceState = "applied"
	LicenceGranted   LicenceState = "granted"
	LicenceRefused   LicenceState = "refused"
	LicenceSuspended LicenceState = "suspended"
	LicenceWithdrawn LicenceState = "withdrawn"
	LicenceExpired   LicenceState = "expired"
)

// LicenceStates lists the states.
func LicenceStates() []LicenceState {
	return []LicenceState{LicenceApplied, LicenceGranted, LicenceSuspended, LicenceWithdrawn, LicenceExpired, LicenceRefused}
}

var nextLicence = map[LicenceState][]LicenceState{
	LicenceApplied:   {LicenceGranted, LicenceRefused},
	LicenceGranted:   {LicenceSuspended, LicenceWithdrawn, LicenceExpired},
	LicenceSuspended: {LicenceGranted, LicenceWithdrawn, LicenceExpired},
	LicenceRefused:   {},
	LicenceWithdrawn: {},
	LicenceExpired:   {},
}

// Next is where a licence can go now.
func (l Licence) Next() []LicenceState { return nextLicence[l.State] }

// ValidOn reports whether goods may bear the mark at a moment.
func (l Licence) ValidOn(at time.Time) bool {
	return l.State == LicenceGranted && !at.Before(l.From) && at.Before(l.To)
}

// LicenceCheck is one look at how a licence is used.
type LicenceCheck struct {
	ID       string
	Licence  LicenceID
	Day      time.Time
	Tested   string // what was tested, by which of the rules' tests
	Passed   bool
	Price    int64 // seen, in minor units of Currency; NoPriceSeen when none was
	Currency string
	Listing  market.ListingID // where the price was seen; may be empty
	Note     string
	ByName   string
	At       time.Time
	Entry    string
}

// NoPriceSeen stands for a check that saw no price.
const NoPriceSeen int64 = -1

// Under reports whether a price lies under the floor. Prices in another currency are not compared: a rough rate is no ground for a sanction.
func (r MarkRules) Under(price int64, code string) bool {
	return r.Floor > 0 && price >= 0 && code == r.Currency && price < r.Floor
}

// Fails reports whether a check found a breach of the rules.
func (r MarkRules) Fails(c LicenceCheck) bool { return !c.Passed || r.Under(c.Price, c.Currency) }

// Sanction is what follows from the checks of a licence. It is proposed; a person decides.
type Sanction string

// The sanctions, mildest first.
const (
	NoSanction     Sanction = ""
	WarnLicence    Sanction = "warn"
	SuspendLicence Sanction = "suspend"
	RevokeLicence  Sanction = "withdraw"
)

// sanctions is what so many failed checks within sanctionWindow lead to; more than the table has lead to its last line.
var sanctions = []Sanction{NoSanction, WarnLicence, SuspendLicence, RevokeLicence}

// sanctionWindow is how long a failed check counts.
const sanctionWindow = 365 * 24 * time.Hour

// SanctionFor is what the checks of a licence lead to at a moment.
func SanctionFor(rules MarkRules, checks []LicenceCheck, at time.Time) Sanction {
	failed := 0
	for _, c := range checks {
		if rules.Fails(c) && at.Sub(c.Day) < sanctionWindow {
			failed++
		}
	}
	return sanctions[min(failed, len(sanctions)-1)]
}

// mayHold says whether a maker may be given a licence: a member that is not stopped, which has had its goods approved. It returns fault.Conflict.
func (m Maker) mayHold() error {
	if !m.Stage.After(Approved) {
		return fault.Conflict.Say("Only a maker whose goods are approved, and which is not suspended, can bear the mark.")
	}
	return nil
}

var markForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (m CommonMark) check() error {
	if !markForm.MatchString(string(m.ID)) || len(m.ID) > 60 {
		return fault.Invalid.Say("Use small letters, digits and hyphens, like putian-shoes.").At("id")
	}
	for _, f := range []struct{ field, value string }{{"name", m.Name}, {"owner", m.Owner}, {"office", m.Office}, {"number", m.Number}} {
		if err := needText(f.field, f.value, maxName); err != nil {
			return err
		}
	}
	return needText("goods", m.Goods, MaxWhy)
}

func (r MarkRules) check() error {
	if err := needText("text_en", r.Text.English, maxStatement); err != nil {
		return err
	}
	if err := needText("text_zh", r.Text.Chinese, maxStatement); err != nil {
		return err
	}
	if err := checkText("material", r.Material, MaxWhy); err != nil {
		return err
	}
	if err := checkText("tests", strings.Join(r.Tests, "\n"), MaxWhy); err != nil {
		return err
	}
	if _, err := currency.ParseISO(r.Currency); r.Floor > 0 && (err != nil || len(r.Currency) != 3) {
		return fault.Invalid.Say("Name the currency, like CNY.").At("currency")
	}
	return nil
}

// LicenceMove is what a person sends in to take a licence on.
type LicenceMove struct {
	To          LicenceState
	Why         string
	Number      string    // when it is granted first
	Lines       string    // may be changed when it is granted first
	From, Until time.Time // when it is granted first
	Version     int64
}

// check holds a move against the rules. It returns fault.Conflict for one there is not, fault.Invalid with the field.
func (l Licence) check(t LicenceMove, now time.Time) error {
	if !slices.Contains(l.Next(), t.To) {
		return fault.Conflict.Say("From this state a licence cannot go there.").At("to")
	}
	if l.State == LicenceApplied && t.To == LicenceGranted {
		if err := needText("number", t.Number, maxNumber); err != nil {
			return err
		}
		if err := needText("lines", t.Lines, MaxWhy); err != nil {
			return err
		}
		if !t.Until.After(t.From) || !t.Until.After(now) {
			return fault.Invalid.Say("The licence has to end after it begins, and after today.").At("until")
		}
		if t.Until.After(t.From.AddDate(5, 0, 0)) {
			return fault.Invalid.Say("A licence lasts at most %d years.", 5).At("until")
		}
		return checkText("why", t.Why, MaxWhy)
	}
	return needText("why", t.Why, MaxWhy)
}
