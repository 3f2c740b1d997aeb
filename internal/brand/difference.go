package brand

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Compare says in which fields a brand has changed, sellers apart.
func Compare(old, next Brand) []FieldChange {
	var fields []FieldChange
	add := func(field, was, is string) {
		if was != is {
			fields = append(fields, FieldChange{field, was, is})
		}
	}
	add("name", old.Name, next.Name)
	add("organisation", string(old.Organisation), string(next.Organisation))
	fields = append(fields, compareLists("aliases", old.Aliases, next.Aliases)...)
	fields = append(fields, compareLists("categories", old.Categories, next.Categories)...)
	fields = append(fields, compareLists("nice_classes", numbers(old.NiceClasses), numbers(next.NiceClasses))...)
	if old.Ambiguous != next.Ambiguous {
		add("ambiguous", strconv.FormatBool(old.Ambiguous), strconv.FormatBool(next.Ambiguous))
	}
	both := maps.Clone(old.Prices)
	if both == nil {
		both = map[string]Price{}
	}
	maps.Copy(both, next.Prices)
	for _, category := range sortedKeys(both) {
		add("prices."+category, priceText(old.Prices, category), priceText(next.Prices, category))
	}
	add("note", old.Note, next.Note)
	return fields
}

// compareLists says what went and what came. The order of a list has no meaning.
func compareLists(field string, old, next []string) []FieldChange {
	went, came := without(old, next), without(next, old)
	if len(went) == 0 && len(came) == 0 {
		return nil
	}
	return []FieldChange{{field, listText(went), listText(came)}}
}

// without is what of a is not in b.
func without(a, b []string) []string {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	var rest []string
	for _, s := range a {
		if !in[s] {
			rest = append(rest, s)
		}
	}
	return rest
}

const listedInFull = 20

func listText(list []string) string {
	if len(list) <= listedInFull {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s … +%d", strings.Join(list[:listedInFull], ", "), len(list)-listedInFull)
}

func priceText(prices map[string]Price, category string) string {
	p, ok := prices[category]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s %s – %s", p.Currency, number(p.Low), number(p.Typical))
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func numbers(list []int) []string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return texts
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
