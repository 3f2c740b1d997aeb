package market

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/currency"

	"github.com/ownmark/ownmark/internal/fault"
)

// The bounds of a listing that is read. They are wider than what is kept (see Storable): a listing too long to be kept can
// still be scanned.
const (
	maxReadID     = 2_000   // runes of a listing's or a seller's id; some feeds have only an address
	maxReadTitle  = 10_000  // runes
	maxReadText   = 1 << 20 // runes of any other text
	maxReadImages = 1_000
	maxPrice      = 1e13 // in any currency
)

// checkListing holds a listing that was read against what a listing must be.
func checkListing(l *Listing) *BadRecord {
	switch {
	case l.ID == "":
		return &BadRecord{Field: "id", Reason: "missing"}
	case strings.TrimSpace(l.Title) == "":
		return &BadRecord{Field: "title", Reason: "missing"}
	case l.Price != nil && !(*l.Price >= 0 && *l.Price < maxPrice):
		return &BadRecord{Field: "price", Reason: fmt.Sprintf("%v is not a price", *l.Price)}
	case l.Seller.Positive != nil && !(*l.Seller.Positive >= 0 && *l.Seller.Positive <= 1):
		return &BadRecord{Field: "seller.positive", Reason: fmt.Sprintf("%v is not a share from 0 to 1", *l.Seller.Positive)}
	case l.Currency != "" && !isCurrency(l.Currency):
		return &BadRecord{Field: "currency", Reason: fmt.Sprintf("%.20q is not an ISO 4217 code", l.Currency)}
	case l.Seller.Joined != "" && !isDate(l.Seller.Joined):
		return &BadRecord{Field: "seller.joined", Reason: fmt.Sprintf("%.40q is not a date as in 2026-11-23", l.Seller.Joined)}
	case !l.ListedAt.IsZero() && (l.ListedAt.Year() < 1 || l.ListedAt.Year() > 9999):
		return &BadRecord{Field: "listed_at", Reason: "the year is not one of 1 to 9999"}
	case len(l.Images) > maxReadImages:
		return &BadRecord{Field: "images", Reason: fmt.Sprintf("more than %d pictures", maxReadImages)}
	}
	for i := range l.Images {
		if reason := textProblem(l.Images[i], maxReadText); reason != "" {
			return &BadRecord{Field: fmt.Sprintf("images[%d]", i), Reason: reason}
		}
	}
	for i := range textFields {
		field := &textFields[i]
		if reason := textProblem(*field.of(l), field.most); reason != "" {
			return &BadRecord{Field: field.name, Reason: reason}
		}
	}
	return nil
}

// storableProblem is Storable's refusal as a bad record.
func storableProblem(l *Listing) *BadRecord {
	err := Storable(l)
	if err == nil {
		return nil
	}
	if f, ok := fault.As(err); ok {
		return &BadRecord{Field: f.Field, Reason: f.Message()}
	}
	return &BadRecord{Reason: err.Error()}
}

var textFields = [...]struct {
	name string
	most int // runes
	of   func(*Listing) *string
}{
	{"id", maxReadID, func(l *Listing) *string { return (*string)(&l.ID) }},
	{"title", maxReadTitle, func(l *Listing) *string { return &l.Title }},
	{"description", maxReadText, func(l *Listing) *string { return &l.Description }},
	{"brand", maxReadText, func(l *Listing) *string { return &l.Brand }},
	{"category", maxReadText, func(l *Listing) *string { return &l.Category }},
	{"condition", maxReadText, func(l *Listing) *string { return &l.Condition }},
	{"ships_from", maxReadText, func(l *Listing) *string { return &l.ShipsFrom }},
	{"language", maxReadText, func(l *Listing) *string { return &l.Language }},
	{"seller.id", maxReadID, func(l *Listing) *string { return (*string)(&l.Seller.ID) }},
	{"seller.name", maxReadText, func(l *Listing) *string { return &l.Seller.Name }},
	{"seller.country", maxReadText, func(l *Listing) *string { return &l.Seller.Country }},
}

// textProblem says what is wrong with a text, "" when nothing is.
func textProblem(s string, most int) string {
	switch {
	case s == "":
		return ""
	case strings.IndexByte(s, 0) >= 0:
		return "contains a NUL character"
	case !utf8.ValidString(s):
		return "broken UTF-8"
	case len(s) > most && utf8.RuneCountInString(s) > most:
		return fmt.Sprintf("longer than %d characters", most)
	}
	return ""
}

// lateCurrencies are codes of ISO 4217 that the tables of x/text do not have yet.
var lateCurrencies = map[string]bool{"MRU": true, "SLE": true, "UYW": true, "VED": true, "VES": true, "XCG": true, "ZWG": true}

func isCurrency(code string) bool {
	if _, known := perDollar[code]; known {
		return true
	}
	if len(code) != 3 {
		return false
	}
	_, err := currency.ParseISO(code)
	return err == nil || lateCurrencies[strings.ToUpper(code)]
}

func isDate(s string) bool {
	at, err := time.Parse(time.DateOnly, s)
	return err == nil && at.Year() >= 1
}

// whole reads a number as a count; nil stays nil.
func whole(field string, v *float64) (*int64, *BadRecord) {
	if v == nil {
		return nil, nil
	}
	if !(*v >= 0 && *v <= 1e15) || *v != math.Trunc(*v) {
		return nil, &BadRecord{Field: field, Reason: fmt.Sprintf("%v is not a whole number from 0 up", *v)}
	}
	n := int64(*v)
	return &n, nil
}
