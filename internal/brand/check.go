package brand

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ownmark/ownmark/internal/fault"
)

// The bounds of a brand. They are far above what real catalogues hold, and keep one brand from filling the memory of every worker.
const (
	MaxID      = 100    // runes of an id
	MaxName    = 200    // runes of a name or an alias
	MaxAliases = 500    // of one brand
	MaxSellers = 20_000 // authorised by one brand
	MaxSeller  = 200    // runes of a seller's id
	MaxNote    = 2_000  // runes
	maxAmount  = 1e12   // of a price
)

var (
	idPattern       = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]*$`)
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Clean is the brand as it is kept: texts in Unicode's composed form and without space around them, lists without what is empty or
// said twice.
func Clean(b Brand) Brand {
	b.ID = ID(clean(string(b.ID)))
	b.Name = clean(b.Name)
	b.Note = clean(b.Note)
	b.Aliases = slices.DeleteFunc(cleanList(b.Aliases), func(alias string) bool { return alias == b.Name })
	b.Categories = cleanList(b.Categories)
	if b.AuthorisedSellers != nil { // nil is "not said", empty is "none"
		b.AuthorisedSellers = cleanList(b.AuthorisedSellers)
		slices.Sort(b.AuthorisedSellers)
	}
	b.NiceClasses = slices.Compact(slices.Sorted(slices.Values(b.NiceClasses)))
	return b
}

func clean(s string) string { return strings.TrimSpace(norm.NFC.String(s)) }

func cleanList(texts []string) []string {
	seen := make(map[string]bool, len(texts))
	kept := make([]string, 0, len(texts))
	for _, text := range texts {
		if text = clean(text); text != "" && !seen[text] {
			seen[text] = true
			kept = append(kept, text)
		}
	}
	return kept
}

// Check holds a clean brand against the rules. It returns every fault.Invalid, each with its field, joined; nil when there is none. fault.All takes
// them apart.
func Check(b Brand) error {
	var problems []error
	wrong := func(err error, field string) {
		if f, ok := fault.As(err); ok {
			problems = append(problems, f.At(field))
		}
	}
	wrong(checkID(b.ID), "id")
	wrong(checkText(b.Name, 1, MaxName), "name")
	wrong(checkText(b.Note, 0, MaxNote), "note")
	if len(b.Aliases) > MaxAliases {
		wrong(fault.Invalid.Say("A brand has at most %d aliases.", MaxAliases), "aliases")
	}
	for i, alias := range b.Aliases {
		wrong(checkText(alias, 1, MaxName), fmt.Sprintf("aliases[%d]", i))
	}
	for i, category := range b.Categories {
		wrong(checkCategory(category), fmt.Sprintf("categories[%d]", i))
	}
	for i, class := range b.NiceClasses {
		if class < 1 || class > 45 {
			wrong(fault.Invalid.Say("Nice classes go from 1 to 45."), fmt.Sprintf("nice_classes[%d]", i))
		}
	}
	if len(b.AuthorisedSellers) > MaxSellers {
		wrong(fault.Invalid.Say("A brand authorises at most %d sellers.", MaxSellers), "authorised_sellers")
	}
	for i, seller := range b.AuthorisedSellers {
		wrong(checkSeller(seller), fmt.Sprintf("authorised_sellers[%d]", i))
	}
	for _, category := range sortedKeys(b.Prices) {
		wrong(checkCategory(category), "prices."+category)
		wrong(checkPrice(b.Prices[category]), "prices."+category)
	}
	return errors.Join(problems...)
}

func checkID(id ID) error {
	switch {
	case id == "":
		return fault.Invalid.Say("A brand needs an id.")
	case utf8.RuneCountInString(string(id)) > MaxID:
		return fault.Invalid.Say("Use at most %d characters.", MaxID)
	case !utf8.ValidString(string(id)) || !idPattern.MatchString(string(id)):
		return fault.Invalid.Say("An id has letters, digits, dots, hyphens and underscores only.")
	}
	return nil
}

func checkText(s string, least, most int) error {
	switch n := utf8.RuneCountInString(s); {
	case n < least:
		return fault.Invalid.Say("This must not be empty.")
	case n > most:
		return fault.Invalid.Say("Use at most %d characters.", most)
	case !utf8.ValidString(s):
		return fault.Invalid.Say("The text is not valid UTF-8.")
	case strings.ContainsFunc(s, unprintable):
		return fault.Invalid.Say("The text contains control characters.")
	}
	return nil
}

// unprintable: line ends are for notes too, but nothing else that steers a terminal or turns the direction of writing.
func unprintable(r rune) bool {
	return unicode.IsControl(r) && r != '\n' || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func checkSeller(id string) error {
	if strings.ContainsFunc(id, unicode.IsSpace) {
		return fault.Invalid.Say("A seller's id has no spaces.")
	}
	return checkText(id, 1, MaxSeller)
}

func checkCategory(category string) error {
	if !slices.Contains(Categories, category) {
		return fault.Invalid.Say("The category must be one of %s.", strings.Join(Categories, ", "))
	}
	return nil
}

func checkPrice(p Price) error {
	switch {
	case !currencyPattern.MatchString(p.Currency):
		return fault.Invalid.Say("The currency must be a code of three letters, as USD.")
	case !amount(p.Low) || !amount(p.Typical):
		return fault.Invalid.Say("A price must be a number from 0 up.")
	case p.Typical < p.Low:
		return fault.Invalid.Say("The typical price cannot be below the low one.")
	}
	return nil
}

func amount(x float64) bool { return !math.IsNaN(x) && x >= 0 && x <= maxAmount }

// CheckAuthorisation holds an authorisation against the rules. It returns fault.Invalid with the field.
func CheckAuthorisation(a Authorisation) error {
	if f, ok := fault.As(checkSeller(a.Seller)); ok {
		return f.At("seller")
	}
	if f, ok := fault.As(checkText(a.Note, 0, MaxNote)); ok {
		return f.At("note")
	}
	if !a.To.IsZero() && !a.From.Before(a.To) {
		return fault.Invalid.Say("It must begin before it ends.").At("to")
	}
	return nil
}
