package policy

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// typed is the editor's form as it was sent: text, so that nothing typed is lost however wrong it is.
type typed struct {
	Version                     int64
	Title, Note, Model          string
	Review, Fake, Audit         string // Audit is of a thousand listings
	Currency, Miss, Alarm, Look string
	Rules                       []typedRule
	Examples                    []typedExample
	Listings                    string // to try the terms with, beside the examples
}

type typedRule struct {
	Name, When, Then, Queue, Priority string
	Off                               bool
}

type typedExample struct{ Listing, Expect string }

// typedOf is terms as the form shows them.
func typedOf(version int64, t detect.Terms) typed {
	f := typed{Version: version, Title: t.Title, Note: t.Note, Model: t.Model, Review: optional(t.Thresholds.Review), Fake: optional(t.Thresholds.Fake),
		Audit: plainNumber(t.Audit * 1000), Currency: t.Costs.Currency}
	if t.Costs != (detect.Costs{}) {
		f.Miss, f.Alarm, f.Look = plainNumber(t.Costs.Miss), plainNumber(t.Costs.Alarm), plainNumber(t.Costs.Look)
	}
	for _, r := range t.Rules {
		one := typedRule{Name: r.Name, When: r.When, Then: string(r.Then), Queue: r.Queue, Off: r.Off}
		if r.Priority != 0 && r.Then != detect.Pass {
			one.Priority = strconv.Itoa(r.Priority)
		}
		f.Rules = append(f.Rules, one)
	}
	for _, e := range t.Examples {
		f.Examples = append(f.Examples, typedExample{string(e.Listing), string(e.Expect)})
	}
	return f
}

// readTyped reads the form. What names no rule or example that the policy may have is passed over.
func readTyped(sent url.Values) typed {
	get := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(sent.Get(name), "\r\n", "\n"))
	}
	f := typed{Title: get("title"), Note: get("note"), Model: get("model"), Review: get("review"), Fake: get("fake"), Audit: get("audit"),
		Currency: strings.ToUpper(get("currency")), Miss: get("miss"), Alarm: get("alarm"), Look: get("look"), Listings: get("listings")}
	f.Version, _ = strconv.ParseInt(get("version"), 10, 64) // a form of no version is of none that stands
	for i := range detect.MaxRules + 1 {
		at := fmt.Sprintf("rule.%d.", i)
		if !sent.Has(at + "name") {
			break
		}
		f.Rules = append(f.Rules, typedRule{get(at + "name"), get(at + "when"), get(at + "then"), get(at + "queue"), get(at + "priority"), get(at+"off") == "off"})
	}
	for i := range detect.MaxExamples + 1 {
		at := fmt.Sprintf("example.%d.", i)
		if !sent.Has(at + "listing") {
			break
		}
		f.Examples = append(f.Examples, typedExample{get(at + "listing"), get(at + "expect")})
	}
	if listing := get("example.new.listing"); listing != "" {
		f.Examples = append(f.Examples, typedExample{listing, get("example.new.expect")})
	}
	return f
}

// terms are what the form says. The faults are of numbers that are none; what the terms may say is for the room to check.
func (f typed) terms() (t detect.Terms, wrong []error) {
	number := func(at, text string) float64 {
		if text == "" {
			return 0
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			wrong = append(wrong, fault.Invalid.Say("%q is not a number.", text).At(at))
			return 0
		}
		return n
	}
	t = detect.Terms{Title: f.Title, Note: f.Note, Model: f.Model, Audit: number("audit", f.Audit) / 1000}
	t.Thresholds = detect.Thresholds{Review: number("review", f.Review), Fake: number("fake", f.Fake)}
	if f.Miss+f.Alarm+f.Look != "" {
		t.Costs = detect.Costs{Currency: f.Currency, Miss: number("miss", f.Miss), Alarm: number("alarm", f.Alarm), Look: number("look", f.Look)}
	}
	for i, r := range f.Rules {
		t.Rules = append(t.Rules, detect.Rule{Name: r.Name, When: r.When, Then: detect.Action(r.Then), Queue: r.Queue,
			Priority: int(math.Round(number(fmt.Sprintf("rule.%d.priority", i), r.Priority))), Off: r.Off})
	}
	for _, e := range f.Examples {
		t.Examples = append(t.Examples, detect.Example{Listing: market.ListingID(e.Listing), Expect: detect.Action(e.Expect)})
	}
	return t, wrong
}

// listingsToTry are the ids that the person named, one a line.
func (f typed) listingsToTry() (ids []market.ListingID) {
	for _, id := range strings.FieldsFunc(f.Listings, func(r rune) bool { return strings.ContainsRune(" ,;，、；\n\t", r) }) {
		ids = append(ids, market.ListingID(id))
	}
	return ids
}

var place = regexp.MustCompile(`^(rules|examples)\[(\d+)\](?:\.(\w+))?$`)

// inputOf is the form's input that a place in the terms is shown by: "rules[2].when" by "rule.2.when".
func inputOf(field string) string {
	if m := place.FindStringSubmatch(field); m != nil {
		if m[1] == "examples" {
			return "example." + m[2] + ".listing"
		}
		return "rule." + m[2] + "." + m[3]
	}
	switch field {
	case "thresholds":
		return "review"
	case "rules":
		return "rules"
	}
	return strings.TrimPrefix(field, "costs.")
}

// placed are the problems of err at their inputs.
func placed(v *ui.Visit, err error) []ui.Problem {
	problems := v.Problems(err)
	for i := range problems {
		problems[i].Field = inputOf(problems[i].Field)
	}
	return problems
}

// spot is where a condition cannot be read: the line, and under it as many blanks as lead to the character.
type spot struct{ Line, Blanks string }

// spots are the places that the faults of err name within conditions, by input.
func spots(err error, f typed) map[string]spot {
	all := map[string]spot{}
	for _, one := range fault.All(err) {
		input := inputOf(one.Field)
		m := place.FindStringSubmatch(one.Field)
		if m == nil || m[3] != "when" || len(one.Args) < 2 {
			continue
		}
		line, known := one.Args[0].(int)
		column, also := one.Args[1].(int)
		i, err := strconv.Atoi(m[2])
		if !known || !also || err != nil || i >= len(f.Rules) {
			continue
		}
		lines := strings.Split(f.Rules[i].When, "\n")
		if line < 1 || line > len(lines) || column < 1 {
			continue
		}
		all[input] = spot{lines[line-1], strings.Repeat(" ", min(column-1, len([]rune(lines[line-1]))))}
	}
	return all
}

// plainNumber is a number as a form shows it.
func plainNumber(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e6)/1e6, 'f', -1, 64)
}

// optional is a number, or nothing for none.
func optional(x float64) string {
	if x == 0 {
		return ""
	}
	return plainNumber(x)
}
