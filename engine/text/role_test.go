package text

import (
	"strings"
	"testing"
)

var roleNames = []string{"Claim", "Compatible", "Comparison", "Negation", "SecondHand", "Media", "SellerName", "OrdinaryWord"}

// TestRolesDev prints, with -v, the roles of mentions in the development set by trick.
func TestRolesDev(t *testing.T) {
	m := mustMatcher(t, Options{}, brandNames(t)...)
	for _, l := range listings(t) {
		for _, field := range []string{l.Title, l.Description} {
			runes := []rune(field)
			matches := m.Find(nil, field)
			roles := m.Roles(nil, field, l.Language, matches)
			if len(roles) != len(matches) {
				t.Fatalf("%d roles for %d matches", len(roles), len(matches))
			}
			var said []string
			for i, x := range matches {
				said = append(said, m.names[x.Name].text+"="+string(runes[x.Start:x.End])+":"+roleNames[roles[i]])
			}
			if len(said) > 0 {
				t.Logf("%s %s {%s} %s", l.label, l.trick, strings.Join(said, " "), strings.ReplaceAll(field, "\n", " / "))
			}
		}
	}
}
