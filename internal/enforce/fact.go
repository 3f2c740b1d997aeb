package enforce

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"

	"github.com/ownmark/ownmark/internal/fault"
)

// FactID is the identity of a fact.
type FactID string

// Fact is something an authority or a court did: goods seized, people arrested, charged or convicted, money to be paid. Facts are added up, so each has a
// day, a place and a number in a unit.
type Fact struct {
	ID        FactID
	Case      CaseID // empty for what was imported without a case
	Kind      FactKind
	Day       time.Time // midnight UTC of the day
	Place     Place
	Authority string
	Brand     string // a brand's id, or its name as given
	Goods     string
	Quantity  Quantity // in Unit; of money, none
	Unit      Unit
	Money     Money // a seizure's value, the money of a fine or of damages
	Words     string
	Source    string // where it is known from

	Withdrawn time.Time // zero while it counts
	AddedAt   time.Time
	AddedBy   string
	Entry     string // the ledger entry that records it
}

// FactKind is what was done.
type FactKind string

// The kinds of facts.
const (
	Seizure    FactKind = "seizure"
	Arrest     FactKind = "arrest"
	Charge     FactKind = "charge"
	Conviction FactKind = "conviction"
	Fine       FactKind = "fine"
	Damages    FactKind = "damages"
)

// FactKinds is every kind, in the order they happen.
func FactKinds() []FactKind { return []FactKind{Seizure, Arrest, Charge, Conviction, Fine, Damages} }

// Unit is in what is counted. Numbers of different units are never added up.
type Unit string

// The units.
const (
	Pairs   Unit = "pairs"
	Pieces  Unit = "pieces"
	Kilos   Unit = "kg"
	Persons Unit = "persons"
)

// GoodsUnits is the units of seized goods.
func GoodsUnits() []Unit { return []Unit{Pairs, Pieces, Kilos} }

// units says how words for units are counted: in which unit, and how many thousandths of it.
var units = map[string]struct {
	unit       Unit
	thousandth int64
}{
	"pair": {Pairs, 1000}, "pairs": {Pairs, 1000}, "双": {Pairs, 1000}, "dozen pairs": {Pairs, 12_000},
	"piece": {Pieces, 1000}, "pieces": {Pieces, 1000}, "pcs": {Pieces, 1000}, "item": {Pieces, 1000}, "items": {Pieces, 1000}, "unit": {Pieces, 1000}, "units": {Pieces, 1000},
	"件": {Pieces, 1000}, "个": {Pieces, 1000}, "只": {Pieces, 1000}, "dozen": {Pieces, 12_000},
	"kg": {Kilos, 1000}, "kilogram": {Kilos, 1000}, "kilograms": {Kilos, 1000}, "公斤": {Kilos, 1000}, "千克": {Kilos, 1000}, "斤": {Kilos, 500}, "g": {Kilos, 1}, "t": {Kilos, 1_000_000},
	"tonne": {Kilos, 1_000_000}, "tonnes": {Kilos, 1_000_000}, "吨": {Kilos, 1_000_000},
	"person": {Persons, 1000}, "persons": {Persons, 1000}, "people": {Persons, 1000}, "人": {Persons, 1000}, "名": {Persons, 1000},
}

// Quantity is a number of thousandths of a unit.
type Quantity int64

// String is the number, with at most three decimals, without grouping.
func (q Quantity) String() string {
	text := strconv.FormatInt(int64(q)/1000, 10)
	if rest := int64(q) % 1000; rest != 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(1000+rest, 10)[1:], "0")
	}
	return text
}

// Whole is the number without its decimals.
func (q Quantity) Whole() int64 { return int64(q) / 1000 }

var plainNumber = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,3})?$`)

// ParseQuantity reads a plain number ("1200", "0.5") and a word for its unit, and gives both in the unit that is kept: a dozen is twelve pieces, a tonne is
// a thousand kilograms. It returns fault.Invalid at "quantity" or "unit".
func ParseQuantity(number, unit string) (Quantity, Unit, error) {
	u, known := units[strings.ToLower(strings.TrimSpace(unit))]
	if !known {
		return 0, "", fault.Invalid.Say("Give a unit: pairs, pieces or kg.").At("unit")
	}
	wrong := fault.Invalid.Say("Give the number in digits, without grouping: 1200 or 0.5.").At("quantity")
	if number = strings.TrimSpace(number); !plainNumber.MatchString(number) {
		return 0, "", wrong
	}
	whole, rest, _ := strings.Cut(number, ".")
	n, err := strconv.ParseInt(whole+(rest + "000")[:3], 10, 64) // thousandths of the unit as given
	if err != nil || n == 0 || n > math.MaxInt64/u.thousandth {
		return 0, "", wrong
	}
	total := n * u.thousandth
	if total%1000 != 0 {
		return 0, "", wrong // less than a gram
	}
	q := Quantity(total / 1000)
	if u.unit != Kilos && q%1000 != 0 {
		return 0, "", fault.Invalid.Say("Only kilograms can be parted.").At("quantity")
	}
	if q > maxQuantity {
		return 0, "", wrong
	}
	return q, u.unit, nil
}

// maxQuantity and maxMinor keep sums of a million facts within 63 bits.
const (
	maxQuantity = Quantity(1e12)
	maxMinor    = int64(1e12)
)

// Money is an amount in a currency's minor units: cents, fen. The zero value is none.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"` // ISO 4217
}

// ParseMoney reads a plain amount ("1234.50") in a currency. Both empty is none. It returns fault.Invalid at field or "currency".
func ParseMoney(amount, code, field string) (Money, error) {
	amount, code = strings.TrimSpace(amount), strings.ToUpper(strings.TrimSpace(code))
	if amount == "" {
		return Money{}, nil
	}
	unit, err := currency.ParseISO(code)
	if err != nil {
		return Money{}, fault.Invalid.Say("Give the currency by its three letters: CNY.").At("currency")
	}
	scale, _ := currency.Standard.Rounding(unit)
	wrong := fault.Invalid.Say("Give the amount in digits, without grouping: 1234.50.").At(field)
	whole, rest, _ := strings.Cut(amount, ".")
	if !plainNumber.MatchString(amount) || len(rest) > scale {
		return Money{}, wrong
	}
	minor, err := strconv.ParseInt(whole+rest+strings.Repeat("0", scale-len(rest)), 10, 64)
	if err != nil || minor > maxMinor {
		return Money{}, wrong
	}
	return Money{minor, code}, nil
}

// String is the amount with its decimals and the currency: "1234.50 CNY"; empty for none.
func (m Money) String() string {
	if m.Currency == "" {
		return ""
	}
	return m.Amount() + " " + m.Currency
}

// Amount is the amount with its decimals.
func (m Money) Amount() string {
	if m.Currency == "" {
		return ""
	}
	scale := 2
	if unit, err := currency.ParseISO(m.Currency); err == nil {
		scale, _ = currency.Standard.Rounding(unit)
	}
	text := strconv.FormatInt(m.Minor, 10)
	if scale == 0 {
		return text
	}
	text = strings.Repeat("0", max(0, scale+1-len(text))) + text
	return text[:len(text)-scale] + "." + text[len(text)-scale:]
}

func (m Money) check(field string) error {
	if m == (Money{}) {
		return nil
	}
	if _, err := currency.ParseISO(m.Currency); err != nil || strings.ToUpper(m.Currency) != m.Currency {
		return fault.Invalid.Say("Give the currency by its three letters: CNY.").At("currency")
	}
	if m.Minor < 0 || m.Minor > maxMinor {
		return fault.Invalid.Say("Give the amount in digits, without grouping: 1234.50.").At(field)
	}
	return nil
}

func (f Fact) clean() Fact {
	f.Place = f.Place.clean()
	f.Authority, f.Brand, f.Goods, f.Words, f.Source = strings.TrimSpace(f.Authority), strings.TrimSpace(f.Brand), strings.TrimSpace(f.Goods), strings.TrimSpace(f.Words), strings.TrimSpace(f.Source)
	if !f.Day.IsZero() {
		f.Day = time.Date(f.Day.Year(), f.Day.Month(), f.Day.Day(), 0, 0, 0, 0, time.UTC)
	}
	return f
}

// earliest is the first day a fact may be of: what is older is a slip of the pen.
var earliest = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// check holds a fact against the rules of its kind. It returns fault.Invalid for each thing wrong.
func (f Fact) check(now time.Time) error {
	var wrong []error
	if !slices.Contains(FactKinds(), f.Kind) {
		wrong = append(wrong, fault.Invalid.Say("Choose what was done.").At("kind"))
	}
	if f.Day.Before(earliest) || f.Day.After(now.Add(24*time.Hour)) { // it may be tomorrow where it happened
		wrong = append(wrong, fault.Invalid.Say("Give the day as 2026-11-24; it cannot lie ahead.").At("date"))
	}
	wrong = append(wrong, f.Place.check()...)
	if !f.Place.known() {
		wrong = append(wrong, fault.Invalid.Say("Say where: a country, or coordinates.").At("country"))
	}
	for _, text := range []struct{ field, value string }{{"authority", f.Authority}, {"brand", f.Brand}, {"goods", f.Goods}, {"source", f.Source}} {
		if t := checkText(text.value, maxTitle); t != nil {
			wrong = append(wrong, t.At(text.field))
		}
	}
	if t := checkText(f.Words, MaxNote); t != nil {
		wrong = append(wrong, t.At("note"))
	}
	if err := f.Money.check("amount"); err != nil {
		wrong = append(wrong, err)
	}
	switch f.Kind {
	case Seizure:
		if f.Quantity <= 0 || f.Quantity > maxQuantity || !slices.Contains(GoodsUnits(), f.Unit) {
			wrong = append(wrong, fault.Invalid.Say("Give a unit: pairs, pieces or kg.").At("unit"))
		}
	case Arrest, Charge, Conviction:
		if f.Quantity <= 0 || f.Quantity > maxQuantity || f.Quantity%1000 != 0 || f.Unit != Persons {
			wrong = append(wrong, fault.Invalid.Say("Say how many people.").At("quantity"))
		}
		if f.Money != (Money{}) {
			wrong = append(wrong, fault.Invalid.Say("Money is a fact of its own: a fine or damages.").At("amount"))
		}
	case Fine, Damages:
		if f.Money.Currency == "" || f.Money.Minor == 0 {
			wrong = append(wrong, fault.Invalid.Say("Say how much money.").At("amount"))
		}
		if f.Quantity != 0 || f.Unit != "" {
			wrong = append(wrong, fault.Invalid.Say("Money has no quantity.").At("quantity"))
		}
	}
	return errors.Join(wrong...)
}

// Exhibit names seized goods in the chain of custody.
func (f Fact) Exhibit() string { return "fact:" + string(f.ID) }
