package text

import (
	"strings"
	"testing"
)

// TestTermsDev prints, with -v, what the lexicon says of each listing of the development set.
func TestTermsDev(t *testing.T) {
	type count struct{ fake, genuine int }
	said := map[bool]int{}
	total := map[bool]int{}
	for _, l := range listings(t) {
		s := l.Title + "\n" + l.Description
		runes := []rune(s)
		best := 0.0
		var words []string
		for _, term := range Terms(nil, s, l.Language) {
			best = max(best, term.Strength)
			words = append(words, string(runes[term.Start:term.End])+"="+term.Innocent)
		}
		fake := l.label == "fake"
		total[fake]++
		if best >= 0.6 {
			said[fake]++
		}
		if fake != (best >= 0.6) && testing.Verbose() {
			t.Logf("%s %s %.2f [%s] %s", l.label, l.trick, best, strings.Join(words, ", "), strings.ReplaceAll(s, "\n", " / "))
		}
	}
	t.Logf("strength >= 0.6: %d of %d fakes, %d of %d genuine", said[true], total[true], said[false], total[false])
}
