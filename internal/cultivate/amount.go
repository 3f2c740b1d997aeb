package cultivate

import (
	"strings"

	"golang.org/x/text/currency"
	"golang.org/x/text/unicode/norm"

	"github.com/ownmark/ownmark/internal/fault"
)

// Amount is money in minor units of a currency of ISO 4217: 120.50 yuan are 12050, 120 yen are 120.
type Amount struct {
	Currency string
	Minor    int64
}

// ReadAmount reads an amount that is not negative as people write it, in major units: "1,200.50" of a code like "CNY". field is the name of the form's field, under
// which it returns fault.Invalid for what is no number or has more digits than the currency; an unknown currency is fault.Invalid at "currency".
func ReadAmount(text, code, field string) (Amount, error) {
	code = strings.ToUpper(strings.TrimSpace(code))
	if _, err := currency.ParseISO(code); err != nil {
		return Amount{}, fault.Invalid.Say("Name the currency, like CNY.").At("currency").Because(err)
	}
	minor, err := parseFixed(norm.NFKC.String(text), minorDigits(code))
	if wrong, ok := fault.As(err); ok {
		return Amount{}, wrong.At(field)
	}
	return Amount{code, minor}, err
}

// Plain is the amount in major units without the currency, as ReadAmount reads it and a file has it; nothing for no amount.
func (a Amount) Plain() string {
	if a == (Amount{}) {
		return ""
	}
	return formatFixed(a.Minor, minorDigits(a.Currency))
}

// minorDigits is how many digits the minor unit of a currency has, after ISO 4217.
func minorDigits(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	digits, _ := currency.Standard.Rounding(unit)
	return digits
}
