package text

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// oracle finds names in a text of small letters, spaces and hyphens by trying every name at every place.
func oracle(names []Name, s string) []Match {
	letter := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= 'a' && s[i] <= 'z' }
	type hit struct{ name, start, end int }
	var hits []hit
	for id, n := range names {
		for i := range s {
			if letter(i - 1) {
				continue
			}
			for _, ways := range [][]string{{""}, {" ", "  ", "   ", "-", "--", "---"}} {
				ends := []int{i}
				for k, word := range strings.Fields(n.Text) {
					var next []int
					for _, at := range ends {
						for _, gap := range ways {
							if k == 0 {
								gap = ""
							}
							if strings.HasPrefix(s[at:], gap+word) {
								next = append(next, at+len(gap)+len(word))
							}
						}
					}
					slices.Sort(next)
					ends = slices.Compact(next)
				}
				for _, end := range ends {
					if !letter(end) && end > i {
						hits = append(hits, hit{id, i, end})
					}
				}
			}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		if a.end != b.end {
			return b.end - a.end
		}
		return a.name - b.name
	})
	var out []Match
	last := 0
	for _, h := range hits {
		if h.start >= last {
			out = append(out, Match{Name: h.name, Start: h.start, End: h.end})
			last = h.end
		}
	}
	return out
}

func TestFindAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	word := func() string {
		var b strings.Builder
		for range 2 + r.IntN(2) {
			b.WriteByte("ab"[r.IntN(2)])
		}
		return b.String()
	}
	for range 3000 {
		var names []Name
		for range 1 + r.IntN(8) {
			text := word()
			for range r.IntN(3) {
				text += " " + word()
			}
			if !slices.Contains(names, Name{Text: text}) {
				names = append(names, Name{Text: text})
			}
		}
		var b strings.Builder
		for range 1 + r.IntN(60) {
			b.WriteString([]string{"a", "b", "a", "b", " ", "-", "aab"}[r.IntN(7)])
		}
		s := b.String()
		m := mustMatcher(t, Options{ExactOnly: true}, names...)
		got, want := m.Find(nil, s), oracle(names, s)
		if !sameSpans(m, got, want) {
			t.Fatalf("names %v in %q: got %v, want %v", names, s, got, want)
		}
	}
}

// sameSpans compares matches; where two names are the same but for spaces, either will do.
func sameSpans(m *Matcher, got, want []Match) bool {
	return slices.EqualFunc(got, want, func(a, b Match) bool {
		return a.Start == b.Start && a.End == b.End && plainKey(m.names[a.Name].text) == plainKey(m.names[b.Name].text)
	})
}

// TestPlainNamesAreFound finds every name, written plainly inside a sentence, in both modes.
func TestPlainNamesAreFound(t *testing.T) {
	names := benchNames(3000)
	for _, o := range []Options{{}, {ExactOnly: true}} {
		m := mustMatcher(t, o, names...)
		for id, n := range names {
			text := "new, " + n.Text + " (2024)"
			found := m.Find(nil, text)
			if len(found) == 0 || found[0].Start > 5 || found[0].Name != id && found[0].End < 5+utf8.RuneCountInString(n.Text) {
				t.Fatalf("%v: %q: found %v", o, text, found)
			}
		}
	}
}

func checkMatches(t *testing.T, m *Matcher, s string, matches []Match) {
	t.Helper()
	runes, last := 0, 0
	for range s {
		runes++
	}
	for _, x := range matches {
		if x.Start < last || x.End <= x.Start || x.End > runes || x.Name < 0 || x.Name >= len(m.names) {
			t.Fatalf("%q (%d runes): bad match %+v after offset %d", s, runes, x, last)
		}
		last = x.End
	}
}

var fuzzSeeds = []string{
	"Nike", "N.I.K.E n i k e", "n1k3 $upreme", "Лоuis Vuitт0n", "愛.馬.仕", "Ｎｉｋｅ 𝐍𝐢𝐤𝐞 Ⓝⓘⓚⓔ", "N\u200bi\u0301ke", "\xff\xfe\x80", "louis vuiton", "!!!$$$@@@", "木子宁 shi zu niao",
	"L*coste g00d_le", "aaaa|b|c|d", "Guccccci", "🅽🅸🅺🅴", "ﬁﬂ ㎏ ẞ ß æ", "1:1 AAA replica 高仿 微信", "not for Nike, Adidas and 耐克同款", strings.Repeat("a b ", 40), "Gucc!", "$", "+v❤",
	"普ada 耐k 阿迪dasi", "nai克 li宁", "Найк РОЛ*КС Луи Виттон", "n,i,k,e", "耐、克", "n🏃‍♂️i🏃‍♂️k🏃‍♂️e", "Seiko NH35 inside", "耐丨克", "ﳮｉｋｅ",
}

func fuzzMatcher(t testing.TB) *Matcher {
	return mustMatcher(t, Options{}, append(plainNames("Nike", "Louis Vuitton", "Gucci", "Lacoste", "H&M", "耐克", "爱马仕", "李宁", "始祖鸟", "KT系列", "Levi's", "Адидас", "C&A", "アップル",
		"The North Face", "4℃", "361°", "Σίγμα", ""), Name{"Supreme", true}, Name{"Coach", true}, Name{"苹果", true})...)
}

func FuzzFind(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	m := fuzzMatcher(f)
	f.Fuzz(func(t *testing.T, s string) { checkMatches(t, m, s, m.Find(nil, s)) })
}

func FuzzNames(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, s string) {
		m := mustMatcher(t, Options{}, Name{Text: name}, Name{Text: name, Ambiguous: true})
		checkMatches(t, m, s, m.Find(nil, s))
	})
}

func FuzzTerms(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s, "en")
	}
	f.Fuzz(func(t *testing.T, s, language string) {
		runes, last := utf8.RuneCountInString(s), 0
		for _, term := range Terms(nil, s, language) {
			if term.Start < last || term.End <= term.Start || term.End > runes || term.Strength < 0 || term.Strength > 1 {
				t.Fatalf("%q: bad term %+v", s, term)
			}
			if (term.Innocent != "") != (term.Strength == 0) {
				t.Fatalf("%q: innocence and strength disagree: %+v", s, term)
			}
			last = term.Start
		}
	})
}

func FuzzRoles(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	m := fuzzMatcher(f)
	f.Fuzz(func(t *testing.T, s string) {
		matches := m.Find(nil, s)
		if roles := m.Roles(nil, s, "", matches); len(roles) != len(matches) {
			t.Fatalf("%q: %d roles for %d matches", s, len(roles), len(matches))
		}
	})
}

func TestLongLine(t *testing.T) {
	m := fuzzMatcher(t)
	for _, piece := range []string{"a", "a ", "N.", "耐", "耐.", "$", "nike ", "\xff", "é", "a|", "1:1", "微信"} {
		s := strings.Repeat(piece, (10<<20)/len(piece))
		matches := m.Find(nil, s)
		checkMatches(t, m, s, matches)
		if piece == "nike " && len(matches) != len(s)/len(piece) {
			t.Errorf("%d mentions of %d", len(matches), len(s)/len(piece))
		}
		s = s[:1<<20]
		Terms(nil, s, "")
		m.Roles(nil, s[:1<<12], "", m.Find(nil, s[:1<<12]))
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	m := fuzzMatcher(t)
	dst := make([]Match, 0, 64)
	s := "Brand new Nike shoes, black and white, size 42, fits all; not a Gucci bag. Nikee n1ke 正品耐克 爱.马.仕"
	if n := testing.AllocsPerRun(200, func() { dst = m.Find(dst[:0], s) }); n >= 1 {
		t.Errorf("%v allocations a call", n)
	}
}
