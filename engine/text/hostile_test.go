package text

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// workPerByte is the most work, in look-ups and cells of alignments, that a byte of any text may cost. A window of 64
// letters begins at a token at most, tries 26 stretches of it, and aligns what its neighbourhood holds.
const workPerByte = 500

// workOn returns the work one scan of s does.
func workOn(m *Matcher, s string) int {
	sc := new(scratch)
	m.scan(nil, s, sc)
	return sc.window.work + sc.walk.work
}

// TestHostileTextsCostNoMoreThanTheirLength holds the work on texts made to be slow under a bound, and under growth in
// step with their length.
func TestHostileTextsCostNoMoreThanTheirLength(t *testing.T) {
	latin, chinese := testBrands(t)
	var names []Name
	for _, text := range latin {
		names = append(names, Name{Text: text})
	}
	for _, pair := range chinese {
		names = append(names, Name{Text: pair[0]})
	}
	nested, near, han := "", []Name(nil), []Name(nil)
	for i := range 300 {
		nested += "ab "
		near = append(near, Name{Text: fmt.Sprintf("%c%crolex%c%c", 'a'+i%26, 'a'+i/26, 'a'+i/12, 'b'+i%11)})
		han = append(han, Name{Text: "小" + strings.Repeat("小", i%20) + string(rune('一'+i))})
		names = append(names, Name{Text: strings.TrimSpace(nested)})
	}
	m := mustMatcher(t, Options{}, append(append(names, near...), han...)...)
	pieces := []string{
		"a", "ab ", "a ", "N.", "a\u0301", "a" + strings.Repeat("\u0301", 1000) + " ", "\u0301", "\u200b", "n\u200b", "🏃‍♂️", "n🏃‍♂️", "小", "小x", "小xx", "xx小", "小.", "小、", "n,", "nо", "Нai",
		"rоlex", "rolеx ", "rolxe ", "r0lex", "$$$", "r$l@x ", "r*l*x ", "ро", "ро*", "Ролекс ", "Ролёкс-", "аааааа ", "普ada", "i|i|", "louis vuiton ", "L o u i s ", "小 ", "木子", "zzrolexzz ", "丨", "l1I|!", "\xff", " ", "     ab",
	}
	worst := 0
	r := rand.New(rand.NewPCG(8, 8))
	for range 200 {
		var mixed strings.Builder
		for range 2 + r.IntN(5) {
			mixed.WriteString(pieces[r.IntN(45)])
		}
		pieces = append(pieces, mixed.String())
	}
	for _, piece := range pieces {
		once := strings.Repeat(piece, 1+(1<<13)/len(piece))
		small, large := workOn(m, once), workOn(m, strings.Repeat(once, 8))
		perByte := large / (8 * len(once))
		worst = max(worst, perByte)
		if perByte > workPerByte {
			t.Errorf("%.24q: %d units of work a byte, more than %d", piece, perByte, workPerByte)
		}
		if large > 9*small+1<<16 {
			t.Errorf("%.24q: eight times the text is %d times the work", piece, large/max(small, 1))
		}
	}
	t.Logf("at worst %d units of work a byte", worst)
}

// TestHostileLength takes a megabyte of what is worst in one piece.
func TestHostileLength(t *testing.T) {
	m := fuzzMatcher(t)
	for _, s := range []string{
		strings.Repeat("a", 1<<20), strings.Repeat("я", 1<<19), "n" + strings.Repeat("\u0301", 100000) + "ike", strings.Repeat("\u200b", 1<<18) + "nike",
		"耐" + strings.Repeat("\u200b", 100000) + "克", "n" + strings.Repeat(" ", 1<<20) + "ike", strings.Repeat("for ", 1<<15) + "nike", strings.Repeat("coach for ", 1<<14),
	} {
		matches := m.Find(nil, s)
		checkMatches(t, m, s, matches)
		if roles := m.Roles(nil, s, "", matches); len(roles) != len(matches) {
			t.Fatalf("%d roles for %d mentions", len(roles), len(matches))
		}
		Terms(nil, s, "")
	}
}

// TestNestedNames finds the longest of names nested 30 deep, and keeps no more mentions than it returns.
func TestNestedNames(t *testing.T) {
	var names []Name
	text := ""
	for range 30 {
		text += "ab "
		names = append(names, Name{Text: strings.TrimSpace(text)})
	}
	m := mustMatcher(t, Options{}, names...)
	s := strings.Repeat(text, 1000)
	all := m.findAll(nil, s)
	if tokens := len(s) / 3; len(all) > tokens {
		t.Errorf("%d mentions of %d words", len(all), tokens)
	}
	found := m.Find(nil, s)
	if len(found) != 1000 {
		t.Errorf("found %d of 1000", len(found))
	}
	for _, x := range found {
		if m.names[x.Name].words != 30 {
			t.Fatalf("found %q, not the longest", m.names[x.Name].text)
		}
	}
}
