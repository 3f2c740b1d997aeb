package market

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Trader is the file of who is behind a seller's account. One file serves DSA Art. 30, the INFORM Consumers Act of the United States, and the programme's
// field certification.
type Trader struct {
	Seller    SellerID
	Facts     map[TraderField]Fact // those that were given; of Payment only its end
	Documents []TraderDocument
	Step      TraderStep
	DueAt     time.Time // by when the step is to be done; zero: no clock runs
	Volume
	AskedAt   time.Time // since when the marketplace waits for the file
	EndedAt   time.Time // the end of the contract; zero while it stands
	DeleteAt  time.Time // when the file is deleted; zero while the contract stands
	Version   int64
	UpdatedAt time.Time
	UpdatedBy string

	sealed string // the payment account
}

// TraderField is a fact of the file.
type TraderField string

// The facts of the file.
const (
	TraderName      TraderField = "name"      // full, as registered
	TraderPerson    TraderField = "person"    // who acts for an entity
	TraderAddress   TraderField = "address"   // geographical, not a box
	TraderHome      TraderField = "home"      // "yes": the address is a home; INFORM lets it be told in part
	TraderCountry   TraderField = "country"   // ISO 3166, two letters
	TraderPhone     TraderField = "phone"     // with the country's prefix
	TraderEmail     TraderField = "email"     // that works
	TraderRegister  TraderField = "register"  // trade register or the like
	TraderNumber    TraderField = "number"    // in that register; China's unified social credit code
	TraderTax       TraderField = "tax"       // VAT number in the EU, tax identification number elsewhere
	TraderPayment   TraderField = "payment"   // account; kept sealed, shown masked
	TraderFactory   TraderField = "factory"   // name and address
	TraderWarehouse TraderField = "warehouse" // address from which goods are sent
	TraderCertified TraderField = "certified" // "yes": offers only goods that comply with the law, DSA Art. 30(1)(e)
)

// TraderFields is every fact, in the order in which it is asked for.
func TraderFields() []TraderField {
	return []TraderField{TraderName, TraderPerson, TraderCountry, TraderAddress, TraderHome, TraderPhone, TraderEmail, TraderRegister, TraderNumber, TraderTax, TraderPayment, TraderFactory,
		TraderWarehouse, TraderCertified}
}

// Needed reports whether the laws ask for the fact of every trader; the register is asked for where there is a number in it.
func (f TraderField) Needed() bool {
	return slices.Contains([]TraderField{TraderName, TraderCountry, TraderAddress, TraderPhone, TraderEmail, TraderNumber, TraderPayment, TraderCertified}, f)
}

// Checked reports whether a person holds the fact against a register or a document; what is a yes or a no of the seller's own is not checked.
func (f TraderField) Checked() bool { return f != TraderHome && f != TraderCertified }

// Fact is one fact of the file and how far it was checked.
type Fact struct {
	Text      string    `json:"text"`
	State     FactState `json:"state"`
	GivenAt   time.Time `json:"given_at"`
	CheckedAt time.Time `json:"checked_at,omitzero"`
	CheckedBy string    `json:"checked_by,omitempty"`
	Why       string    `json:"why,omitempty"` // what it was held against, or why it was refused
}

// FactState says how far a fact was checked.
type FactState string

// The states of a fact. One that changes is Given again.
const (
	FactGiven    FactState = "given"
	FactVerified FactState = "verified"
	FactRefused  FactState = "refused"
)

// TraderDocument is a document that shows a fact: an identity card, a licence.
type TraderDocument struct {
	Hash blob.Hash `json:"hash"`
	Name string    `json:"name"`
}

// TraderStep is what a file waits for.
type TraderStep string

// The steps. What is overdue at Collect or Verify is proposed for suspension: INFORM § (a)(2) and (3), DSA Art. 30(3).
const (
	TraderCollect TraderStep = "collect" // for the seller: something is missing or was refused
	TraderVerify  TraderStep = "verify"  // for the marketplace: something was not checked yet
	TraderRenew   TraderStep = "renew"   // for the seller, a year after: that nothing has changed
	TraderEnded   TraderStep = "ended"   // for its deletion
)

// TraderSteps is every step.
func TraderSteps() []TraderStep {
	return []TraderStep{TraderCollect, TraderVerify, TraderRenew, TraderEnded}
}

// The clocks of the file.
const (
	TraderTime     = 10 * 24 * time.Hour // to give, to check, and to answer after a change: INFORM § (a)(1)(A), (2), (1)(B)
	renewMonths    = 12                  // INFORM § (a)(1)(B): at least yearly
	keepMonthsEU   = 6                   // DSA Art. 30(5)
	keepMonthsUS   = 24                  // INFORM § (a)(3): two years
	maxTraderText  = 500                 // runes
	maxTraderFiles = 20
)

// Sales are a month's sales of one seller, of new or unused goods, paid through the marketplace.
type Sales struct {
	Seller SellerID
	Month  string // "2026-11"
	Count  int64
	Cents  int64 // gross, US cents
}

// Volume is what a seller's sales make of it under INFORM.
type Volume struct {
	High      bool // 200 sales and $5,000 in some continuous 12 months of the last 24
	Discloses bool // $20,000 gross in a year: tells consumers who it is
}

// INFORM's thresholds, § (f)(3) and (b)(1).
const (
	highSales      = 200
	highCents      = 5_000_00
	discloseCents  = 20_000_00
	monthsLookedAt = 24
)

// VolumeOf is the volume of a seller at the moment, from its months in any order.
func VolumeOf(months []Sales, at time.Time) (v Volume) {
	byMonth := map[string]Sales{}
	for _, m := range months {
		byMonth[m.Month] = m
	}
	last := time.Date(at.UTC().Year(), at.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	year := map[int]int64{}
	for end := range monthsLookedAt - 11 { // windows that lie in the last 24 months wholly
		var count, cents int64
		for i := range 12 {
			m := byMonth[last.AddDate(0, -end-i, 0).Format("2006-01")]
			count, cents = count+m.Count, cents+m.Cents
		}
		v.High = v.High || count >= highSales && cents >= highCents
	}
	for i := range monthsLookedAt {
		month := last.AddDate(0, -i, 0)
		year[month.Year()] += byMonth[month.Format("2006-01")].Cents
	}
	for _, cents := range year {
		v.Discloses = v.Discloses || cents >= discloseCents
	}
	v.Discloses = v.Discloses && v.High
	return v
}

// Missing are the facts that the laws ask for and that are not there, or were refused.
func (t Trader) Missing() (all []TraderField) {
	for _, f := range TraderFields() {
		fact, given := t.Facts[f]
		if fact.State == FactRefused || f.Needed() && !given {
			all = append(all, f)
		}
	}
	return all
}

// Unchecked are the facts that a person has still to check.
func (t Trader) Unchecked() (all []TraderField) {
	for _, f := range TraderFields() {
		if t.Facts[f].State == FactGiven && f.Checked() {
			all = append(all, f)
		}
	}
	return all
}

// Overdue reports whether a clock has run out, so that a suspension is proposed.
func (t Trader) Overdue(at time.Time) bool {
	return t.Step != TraderEnded && !t.DueAt.IsZero() && !at.Before(t.DueAt)
}

// follow is the file with its step and clock as its facts say.
func (t Trader) follow() Trader {
	since := t.AskedAt
	for _, fact := range t.Facts {
		for _, at := range []time.Time{fact.CheckedAt, fact.GivenAt} {
			if at.After(since) {
				since = at
			}
		}
	}
	switch {
	case !t.EndedAt.IsZero():
		months := keepMonthsEU
		if t.High {
			months = keepMonthsUS
		}
		t.Step, t.DueAt, t.DeleteAt = TraderEnded, time.Time{}, t.EndedAt.AddDate(0, months, 0)
	case len(t.Missing()) > 0:
		// From when it was asked for, or refused: giving one fact does not stop the clock of another.
		asked := t.AskedAt
		for _, f := range t.Missing() {
			if at := t.Facts[f].CheckedAt; at.After(asked) {
				asked = at
			}
		}
		t.Step, t.DueAt = TraderCollect, asked.Add(TraderTime)
	case len(t.Unchecked()) > 0:
		var oldest time.Time
		for _, f := range t.Unchecked() {
			if at := t.Facts[f].GivenAt; oldest.IsZero() || at.Before(oldest) {
				oldest = at
			}
		}
		t.Step, t.DueAt = TraderVerify, oldest.Add(TraderTime)
	default:
		t.Step, t.DueAt = TraderRenew, since.AddDate(0, renewMonths, 0)
	}
	return t
}

var (
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	phoneNumber = regexp.MustCompile(`^\+[0-9][0-9 ().-]{5,30}$`)
)

// vatFormats are the VAT numbers of the member states behind their prefix, as the Commission's VIES describes them.
var vatFormats = map[string]*regexp.Regexp{
	"AT": exactly(`U[0-9]{8}`), "BE": exactly(`[01][0-9]{9}`), "BG": exactly(`[0-9]{9,10}`), "CY": exactly(`[0-9]{8}[A-Z]`), "CZ": exactly(`[0-9]{8,10}`), "DE": exactly(`[0-9]{9}`),
	"DK": exactly(`[0-9]{8}`), "EE": exactly(`[0-9]{9}`), "EL": exactly(`[0-9]{9}`), "ES": exactly(`[A-Z0-9][0-9]{7}[A-Z0-9]`), "FI": exactly(`[0-9]{8}`), "FR": exactly(`[A-Z0-9]{2}[0-9]{9}`),
	"HR": exactly(`[0-9]{11}`), "HU": exactly(`[0-9]{8}`), "IE": exactly(`[0-9][A-Z0-9+*][0-9]{5}[A-Z]{1,2}`), "IT": exactly(`[0-9]{11}`), "LT": exactly(`([0-9]{9}|[0-9]{12})`),
	"LU": exactly(`[0-9]{8}`), "LV": exactly(`[0-9]{11}`), "MT": exactly(`[0-9]{8}`), "NL": exactly(`[A-Z0-9+*]{9}B[A-Z0-9+*]{2}`), "PL": exactly(`[0-9]{10}`), "PT": exactly(`[0-9]{9}`),
	"RO": exactly(`[0-9]{2,10}`), "SE": exactly(`[0-9]{12}`), "SI": exactly(`[0-9]{8}`), "SK": exactly(`[0-9]{10}`),
}

func exactly(pattern string) *regexp.Regexp { return regexp.MustCompile(`^` + pattern + `$`) }

// VAT reads a VAT number of a member state of the EU with its prefix. It is of the right form when ok; whether it was given out only the state knows. Spaces, dots,
// hyphens and small letters are read as people write them; Greece is EL.
func VAT(text string) (number string, ok bool) {
	number = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", ".", "").Replace(text))
	if len(number) < 4 {
		return "", false
	}
	format, member := vatFormats[number[:2]]
	if !member || !format.MatchString(number[2:]) {
		return "", false
	}
	return number, true
}

// checkFact is a fact's text as it is kept. country is the trader's. It returns fault.Invalid at the field.
func checkFact(field TraderField, text, country string) (string, error) {
	text = strings.TrimSpace(text)
	if f, ok := fault.As(db.Text(text)); ok {
		return "", f.At(string(field))
	}
	if len([]rune(text)) > maxTraderText {
		return "", fault.TooLarge.Say("Use at most %d characters.", maxTraderText).At(string(field))
	}
	if text == "" {
		return "", nil
	}
	wrong := func(f *fault.Fault) (string, error) { return "", f.At(string(field)) }
	switch field {
	case TraderCountry:
		if text = strings.ToUpper(text); !countryCode.MatchString(text) {
			return wrong(fault.Invalid.Say("A country has a code of two letters: CN, DE, US."))
		}
	case TraderPhone:
		if !phoneNumber.MatchString(text) {
			return wrong(fault.Invalid.Say("Give the telephone number with + and the country's prefix."))
		}
	case TraderEmail:
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return wrong(fault.Invalid.Say("This is not an e-mail address."))
		}
	case TraderNumber:
		if country == "CN" {
			code, ok := USCC(text)
			if !ok {
				return wrong(fault.Invalid.Say("This is not a unified social credit code: 18 characters, the last of which checks the others."))
			}
			return code, nil
		}
	case TraderTax:
		prefix := country
		if country == "GR" {
			prefix = "EL"
		}
		if _, member := vatFormats[prefix]; member {
			number, ok := VAT(text)
			if !ok {
				return wrong(fault.Invalid.Say("This is not a VAT number as %s writes them, with its prefix.", country))
			}
			return number, nil
		}
	case TraderHome, TraderCertified:
		if text != "yes" {
			return wrong(fault.Invalid.Say("Write yes or no."))
		}
	}
	return text, nil
}

// mask is the end of an account number, by which its owner knows it.
func mask(account string) string {
	runes := []rune(strings.ReplaceAll(account, " ", ""))
	return fmt.Sprintf("•••• %s", string(runes[max(len(runes)-4, len(runes)/2):]))
}

// Disclosure is what consumers are told of a trader: DSA Art. 30(7), INFORM § (b). A home's address is told by its country alone.
type Disclosure struct {
	Name, Address, Country, Phone, Email, Register, Number string
	Certified                                              bool
}

func (t Trader) disclosure() Disclosure {
	says := func(f TraderField) string {
		if fact := t.Facts[f]; fact.State != FactRefused {
			return fact.Text
		}
		return ""
	}
	d := Disclosure{says(TraderName), says(TraderAddress), says(TraderCountry), says(TraderPhone), says(TraderEmail), says(TraderRegister), says(TraderNumber), says(TraderCertified) == "yes"}
	if says(TraderHome) == "yes" {
		d.Address = ""
	}
	return d
}
