package enforce

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// Scope is how far a decision that restricts a listing reaches: DSA Art. 17(3)(a). The zero Scope holds everywhere and without an end, and leaves the seller's
// money alone.
type Scope struct {
	Territory []string  // ISO 3166-1 alpha-2, sorted; empty: wherever the marketplace shows listings
	Until     time.Time // from when it holds no longer; zero: until it is lifted
	Payout    bool      // what the listing sold is not paid out as long
}

// MaxTerm is how far ahead the end of a decision may lie, in years.
const MaxTerm = 10

// Zero reports whether the scope says nothing.
func (s Scope) Zero() bool { return len(s.Territory) == 0 && s.Until.IsZero() && !s.Payout }

// Same reports whether two scopes say the same.
func (s Scope) Same(other Scope) bool {
	return slices.Equal(s.Territory, other.Territory) && s.Until.Equal(other.Until) && s.Payout == other.Payout
}

// clean is the scope as it is kept.
func (s Scope) clean(o Outcome) Scope {
	if s.Territory = slices.Compact(slices.Sorted(slices.Values(s.Territory))); len(s.Territory) == 0 {
		s.Territory = nil
	}
	s.Until = s.Until.Truncate(time.Microsecond)
	s.Payout = s.Payout || o == Freeze
	return s
}

// check holds a clean scope against the outcome. That the end lies ahead is asked when the decision is taken.
func (s Scope) check(o Outcome) error {
	if !o.Restricts() {
		switch {
		case len(s.Territory) > 0:
			return fault.Invalid.Say("Only what restricts a listing holds in some countries alone.").At("territory")
		case !s.Until.IsZero():
			return fault.Invalid.Say("Only what restricts a listing has an end.").At("until")
		case s.Payout:
			return fault.Invalid.Say("Only what restricts a listing holds back the payout.").At("payout")
		}
	}
	for _, code := range s.Territory {
		if _, ok := country(code); !ok {
			return fault.Invalid.Say("“%s” is no country's code. Give two letters, as DE or CN.", cut(code, 20)).At("territory")
		}
	}
	return nil
}

// begins says whether a decision with the scope can be taken at the moment.
func (s Scope) begins(at time.Time) error {
	switch {
	case s.Until.IsZero():
	case !s.Until.After(at):
		return fault.Invalid.Say("The end lies in the past.").At("until")
	case s.Until.After(at.AddDate(MaxTerm, 0, 0)):
		return fault.Invalid.Say("The end lies at most %d years ahead.", MaxTerm).At("until")
	}
	return nil
}

// country is the region of a code of ISO 3166-1 alpha-2 in capitals.
func country(code string) (language.Region, bool) {
	if len(code) != 2 || strings.ToUpper(code) != code {
		return language.Region{}, false
	}
	r, err := language.ParseRegion(code)
	return r, err == nil && r.IsCountry() && r.String() == code && r.ISO3() != "ZZZ" && !r.IsPrivateUse()
}

// CountryName is a country's name in a language ("zh", else English); the code where it has none.
func CountryName(code, lang string) string {
	r, ok := country(code)
	if !ok {
		return code
	}
	names := display.English.Regions()
	if lang == "zh" {
		names = display.SimplifiedChinese.Regions()
	}
	if name := names.Name(r); name != "" {
		return name
	}
	return code
}

// Union is the member states of the European Union, and Area those and the other states of the European Economic Area: what "EU" and "EEA" mean in a territory.
var (
	Union = slices.DeleteFunc(slices.Clone(memberStates), func(c string) bool { return c == "IS" || c == "LI" || c == "NO" })
	Area  = slices.Clone(memberStates)
)

// ReadTerritory reads the codes that a person writes, apart by commas, semicolons or spaces, in either case. EU and EEA stand for their states, UK for GB and EL
// for GR. It returns fault.Invalid at "territory" for a word that is no code.
func ReadTerritory(text string) ([]string, error) {
	if utf := checkText(text, MaxNote); utf != nil {
		return nil, utf.At("territory")
	}
	var codes []string
	for _, word := range strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return strings.ContainsRune(",;，；、 \t\r\n", r) }) {
		switch word {
		case "EU":
			codes = append(codes, Union...)
		case "EEA":
			codes = append(codes, Area...)
		case "UK":
			codes = append(codes, "GB")
		case "EL":
			codes = append(codes, "GR")
		default:
			codes = append(codes, word)
		}
	}
	s := Scope{Territory: codes}.clean(Restrict)
	return s.Territory, s.check(Restrict)
}

// states is where in the EU's database's area the scope holds; empty when nowhere.
func (s Scope) states() []string {
	if len(s.Territory) == 0 {
		return memberStates
	}
	var in []string
	for _, code := range s.Territory {
		if slices.Contains(memberStates, code) {
			in = append(in, code)
		}
	}
	return in
}

// Effective is how the marketplace sees the listing by the decision now: its standing, until it has ended.
func (d Decision) Effective() Standing {
	if !d.Ended.IsZero() {
		return Live
	}
	return d.Standing
}

// Down reports whether buyers do not see the listing any more, wherever they are: it was removed or restricted without bounds, and that has not ended.
func (d Decision) Down() bool {
	is := d.Effective()
	return (is == Removed || is == Restricted) && len(d.Territory) == 0
}

// isDown reports whether buyers do not see a listing any more.
func isDown(tx *db.Tx, v Review) (bool, error) {
	if v.Standing != Removed && v.Standing != Restricted {
		return false, nil
	}
	d, err := standing(tx, v)
	return err == nil && d != nil && d.Down(), err
}

// Ended tells that the time of a decision has run out: the listing is again what it would be without.
type Ended struct {
	Decision DecisionID       `json:"decision"`
	Listing  market.ListingID `json:"listing"`
	Standing Standing         `json:"standing"` // of the listing from now on
	At       time.Time        `json:"at"`
}

// EventName is the event's name on the bus.
func (Ended) EventName() string { return EndedEvent }

// endedEntry is what the ledger keeps of an end.
type endedEntry struct {
	Decision DecisionID `json:"decision"`
	Until    int64      `json:"until_us"` // microseconds since 1970
}

const (
	dueDecisions = `select ` + decisionColumns + ` from decision where until_at > 0 and until_at <= $1 and ended_at = 0 and undone_at = 0 and superseded = '' order by until_at, id limit $2`
	endDecision  = `update decision set ended_at = $1, ended_entry = $2 where id = $3 and ended_at = 0 and undone_at = 0 and superseded = ''`
)

// sweepTerms ends the decisions whose time has run out.
func (s *Service) sweepTerms(ctx context.Context) error {
	for {
		var due []Decision
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			due, err = db.All(tx, scanDecision, dueDecisions, db.Micros(tx.Now()), sweepAtOnce)
			return err
		})
		if err != nil {
			return err
		}
		for _, d := range due {
			err := s.DB.Tx(ctx, func(tx *db.Tx) error { return end(tx, d) })
			// Another process ended it, or a person decided anew: nothing is left to do.
			if err != nil && fault.Of(err) != fault.Conflict {
				return fmt.Errorf("end decision %s: %w", d.ID, err)
			}
		}
		if len(due) < sweepAtOnce {
			return nil
		}
	}
}

// end ends a decision. What was found stays found: strikes, notices and appeals are as they were, and only the listing is no longer restricted. Where the policy
// still asks for somebody to look, the listing waits for a person again.
func end(tx *db.Tx, d Decision) error {
	entry, err := ledger.Record(tx, endedKind, Subject(d.Listing), access.System.Actor(), d.endedEntry())
	if err != nil {
		return err
	}
	n, err := tx.Exec(endDecision, db.Micros(tx.Now()), entry, string(d.ID))
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Conflict.Say("This decision does not stand any more.")
	}
	v, err := db.One(tx, scanReview, oneReview, string(d.Listing))
	if err != nil {
		return err
	}
	if v.Decision != d.ID {
		return fault.Conflict.Say("This decision does not stand any more.")
	}
	if err := keepReview(tx, v.expire(tx.Now())); err != nil {
		return err
	}
	return tx.Emit(Ended{d.ID, d.Listing, Live, tx.Now()})
}

func (d Decision) endedEntry() endedEntry { return endedEntry{d.ID, db.Micros(d.Until)} }

// territoryOf and territoryText are a territory from a column and for it.
func territoryOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Fields(text)
}

func territoryText(codes []string) string { return strings.Join(codes, " ") }
