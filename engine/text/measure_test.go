package text

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// This file holds the matcher against a second generator of disguises, which shares nothing with the first: neither its
// tables nor its names nor its random numbers. What neither generator was tuned on is the better figure.

// testBrands reads testdata/brands.txt.
func testBrands(t testing.TB) (latin []string, chinese [][2]string) {
	t.Helper()
	data, err := os.ReadFile("testdata/brands.txt")
	if err != nil {
		t.Fatal(err)
	}
	part := ""
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "latin" || line == "chinese":
			part = line
		case part == "latin":
			latin = append(latin, line)
		default:
			plain, traditional, _ := strings.Cut(line, " ")
			chinese = append(chinese, [2]string{plain, traditional})
		}
	}
	return latin, chinese
}

// A forger changes a name; it returns the name unchanged when it cannot.
type forger struct {
	name   string
	family string // two forgeries at once are never of one family
	floor  float64
	forge  func(r *rand.Rand, s string) string
}

// alphabets are places in Unicode where the Latin letters stand again, by the rune of A and of a.
var alphabets = map[string][2]rune{
	"fullwidth": {0xFF21, 0xFF41}, "bold": {0x1D400, 0x1D41A}, "bold italic": {0x1D468, 0x1D482}, "bold script": {0x1D4D0, 0x1D4EA},
	"bold fraktur": {0x1D56C, 0x1D586}, "sans": {0x1D5A0, 0x1D5BA}, "sans bold": {0x1D5D4, 0x1D5EE}, "mono": {0x1D670, 0x1D68A}, "circled": {0x24B6, 0x24D0},
}

// faces are letters of other scripts that a reader takes for the Latin letter; strokes are the letter with something on it.
var (
	cyrillicFaces = strings.Fields("aа cс eе hһ iі jј oо pр sѕ xх yу AА BВ CС EЕ HН IІ JЈ KК MМ OО PР SЅ TТ XХ YУ kк tт mм bЬ rг nп")
	greekFaces    = strings.Fields("aα iι kκ nη oο pρ tτ uυ vν xχ yγ AΑ BΒ EΕ HΗ IΙ KΚ MΜ NΝ OΟ PΡ TΤ XΧ YΥ ZΖ eε wω")
	strokeFaces   = strings.Fields("aàáâãäåāăąǎ cçćĉċč dďđ eèéêëēĕėęě gĝğġģ hĥħ iìíîïĩīĭį jĵ kķ lĺļľł nñńņň oòóôõöøōŏő rŕŗř sśŝşš tţťŧ uùúûüũūŭůűų wŵ yýÿŷ zźżž " +
		"AÀÁÂÃÄÅĀĂĄ CÇĆĈĊČ DĎĐ EÈÉÊËĒĔĖĘĚ GĜĞĠĢ HĤĦ IÌÍÎÏĨĪĬĮİ JĴ KĶ LĹĻĽŁ NÑŃŅŇ OÒÓÔÕÖØŌŎŐ RŔŖŘ SŚŜŞŠ TŢŤŦ UÙÚÛÜŨŪŬŮŰŲ WŴ YÝŶŸ ZŹŻŽ")
	digitFaces = strings.Fields("a4@ b8 e3 g9 i1! l1| o0 s5$ t7 A4@ B8 E3 G9 I1! L1| O0 S5$ T7")
)

func facesOf(lists ...[]string) map[rune][]rune {
	out := map[rune][]rune{}
	for _, list := range lists {
		for _, entry := range list {
			runes := []rune(entry)
			out[runes[0]] = append(out[runes[0]], runes[1:]...)
		}
	}
	return out
}

// masked replaces count letters of s, or all of them when count is 0, by one of their faces.
func masked(r *rand.Rand, s string, faces map[rune][]rune, count int) string {
	runes := []rune(s)
	var places []int
	for i, x := range runes {
		if len(faces[x]) > 0 {
			places = append(places, i)
		}
	}
	r.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	if count > 0 && len(places) > count {
		places = places[:count]
	}
	for _, i := range places {
		runes[i] = faces[runes[i]][r.IntN(len(faces[runes[i]]))]
	}
	return string(runes)
}

func otherAlphabet(r *rand.Rand, s string, part float64) string {
	var keys []string
	for k := range alphabets {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	at := alphabets[keys[r.IntN(len(keys))]]
	return strings.Map(func(x rune) rune {
		switch {
		case r.Float64() >= part:
		case x >= 'A' && x <= 'Z':
			return at[0] + x - 'A'
		case x >= 'a' && x <= 'z':
			return at[1] + x - 'a'
		}
		return x
	}, s)
}

// beside are the neighbours of each key of a QWERTY keyboard.
var beside = map[rune]string{
	'q': "wa", 'w': "qes", 'e': "wrd", 'r': "etf", 't': "ryg", 'y': "tuh", 'u': "yij", 'i': "uok", 'o': "ipl", 'p': "ol", 'a': "qsz", 's': "awdx", 'd': "sefc",
	'f': "drgv", 'g': "fthb", 'h': "gyjn", 'j': "hukm", 'k': "jil", 'l': "ko", 'z': "asx", 'x': "zsdc", 'c': "xdfv", 'v': "cfgb", 'b': "vghn", 'n': "bhjm", 'm': "njk",
}

// spot is the place of a random letter of s, not before rune from.
func spot(r *rand.Rand, runes []rune, from int) int {
	for range 50 {
		if i := from + r.IntN(len(runes)-from); unicode.IsLetter(runes[i]) {
			return i
		}
	}
	return from
}

// between puts one of the separators between all letters of each word, or at a single place inside the name.
func between(r *rand.Rand, s string, separators []string, everywhere bool) string {
	by := separators[r.IntN(len(separators))]
	runes := []rune(s)
	var inside []int // places between two letters
	for i := 1; i < len(runes); i++ {
		if unicode.IsLetter(runes[i-1]) && unicode.IsLetter(runes[i]) {
			inside = append(inside, i)
		}
	}
	if len(inside) == 0 {
		return s
	}
	only := inside[r.IntN(len(inside))]
	var b strings.Builder
	for i, x := range runes {
		if everywhere && slices.Contains(inside, i) || !everywhere && i == only {
			b.WriteString(by)
		}
		b.WriteRune(x)
	}
	return b.String()
}

func forgers() []forger {
	foreign := facesOf(cyrillicFaces, greekFaces)
	strokes, digits := facesOf(strokeFaces), facesOf(digitFaces)
	several := func(r *rand.Rand, s string, faces map[rune][]rune) string { return masked(r, s, faces, 2+r.IntN(2)) }
	keyed := func(change func(r *rand.Rand, runes []rune) []rune) func(*rand.Rand, string) string {
		return func(r *rand.Rand, s string) string { return string(change(r, []rune(s))) }
	}
	list := []forger{
		{"one look-alike", "face", 0.95, func(r *rand.Rand, s string) string { return masked(r, s, foreign, 1) }},
		{"several look-alikes", "face", 0.95, func(r *rand.Rand, s string) string { return several(r, s, foreign) }},
		{"all Cyrillic look-alikes", "face", 0.95, func(r *rand.Rand, s string) string { return masked(r, s, facesOf(cyrillicFaces), 0) }},
		{"all Greek look-alikes", "face", 0.95, func(r *rand.Rand, s string) string { return masked(r, s, facesOf(greekFaces), 0) }},
		{"another alphabet", "face", 0.97, func(r *rand.Rand, s string) string { return otherAlphabet(r, s, 1) }},
		{"half another alphabet", "face", 0.97, func(r *rand.Rand, s string) string { return otherAlphabet(r, s, 0.5) }},
		{"one accent", "face", 0.97, func(r *rand.Rand, s string) string { return masked(r, s, strokes, 1) }},
		{"all accents", "face", 0.97, func(r *rand.Rand, s string) string { return masked(r, s, strokes, 0) }},
		{"one digit or sign", "leet", 0.93, func(r *rand.Rand, s string) string { return masked(r, s, digits, 1) }},
		{"several digits or signs", "leet", 0.9, func(r *rand.Rand, s string) string { return several(r, s, digits) }},
		{"all digits or signs", "leet", 0.85, func(r *rand.Rand, s string) string { return masked(r, s, digits, 0) }},
		{"omission", "edit", 0.9, keyed(func(r *rand.Rand, x []rune) []rune { i := spot(r, x, 0); return slices.Delete(x, i, i+1) })},
		{"inner omission", "edit", 0.93, keyed(func(r *rand.Rand, x []rune) []rune { i := spot(r, x, 1); return slices.Delete(x, i, i+1) })},
		{"insertion", "edit", 0.9, keyed(func(r *rand.Rand, x []rune) []rune { return slices.Insert(x, spot(r, x, 0), rune('a'+r.IntN(26))) })},
		{"keyboard neighbour", "edit", 0.9, keyed(func(r *rand.Rand, x []rune) []rune {
			i := spot(r, x, 0)
			if keys := beside[unicode.ToLower(x[i])]; keys != "" {
				x[i] = rune(keys[r.IntN(len(keys))])
			}
			return x
		})},
		{"transposition", "edit", 0.93, keyed(func(r *rand.Rand, x []rune) []rune {
			for range 20 {
				if i := 1 + spot(r, x[1:], 0); i+1 < len(x) && unicode.IsLetter(x[i+1]) && x[i] != x[i+1] {
					x[i], x[i+1] = x[i+1], x[i]
					break
				}
			}
			return x
		})},
		{"first letters swapped", "edit", 0.85, keyed(func(_ *rand.Rand, x []rune) []rune {
			x[0], x[1] = unicode.ToUpper(x[1]), unicode.ToLower(x[0])
			return x
		})},
		{"repetition", "repeat", 0.95, keyed(func(r *rand.Rand, x []rune) []rune {
			i := spot(r, x, 0)
			return slices.Insert(x, i, slices.Repeat(x[i:i+1], 1+r.IntN(3))...)
		})},
		{"all letters repeated", "repeat", 0.95, func(_ *rand.Rand, s string) string {
			var b strings.Builder
			for _, x := range s {
				b.WriteString(strings.Repeat(string(x), 1+btoi(unicode.IsLetter(x))))
			}
			return b.String()
		}},
		{"spaces everywhere", "gap", 0.95, func(r *rand.Rand, s string) string { return between(r, s, []string{" "}, true) }},
		{"separators everywhere", "gap", 0.95, func(r *rand.Rand, s string) string {
			return between(r, s, []string{".", "-", "_", "*", "/", "·", "~", "|", ",", "'"}, true)
		}},
		{"one separator", "gap", 0.9, func(r *rand.Rand, s string) string {
			return between(r, s, []string{".", "-", "_", "*", "/", "·", "|"}, false)
		}},
		{"one space", "gap", 0.9, func(r *rand.Rand, s string) string { return between(r, s, []string{" "}, false) }},
		{"zero width everywhere", "hidden", 0.97, func(r *rand.Rand, s string) string {
			return between(r, s, []string{"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u2063"}, true)
		}},
		{"one zero width", "hidden", 0.97, func(r *rand.Rand, s string) string {
			return between(r, s, []string{"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"}, false)
		}},
		{"combining marks", "hidden", 0.97, func(r *rand.Rand, s string) string {
			var b strings.Builder
			for _, x := range s {
				b.WriteRune(x)
				for range btoi(unicode.IsLetter(x)) * r.IntN(4) {
					b.WriteRune(rune(0x300 + r.IntN(0x70)))
				}
			}
			return b.String()
		}},
		{"emoji everywhere", "hidden", 0.97, func(r *rand.Rand, s string) string {
			return between(r, s, []string{"🔥", "❤️", "⭐", "👟", "✨", "💎", "👜", "🏃‍♂️"}, true)
		}},
		{"one emoji", "hidden", 0.9, func(r *rand.Rand, s string) string {
			return between(r, s, []string{"🔥", "❤️", "⭐", "👟"}, false)
		}},
		{"case at random", "case", 0.99, func(r *rand.Rand, s string) string {
			return strings.Map(func(x rune) rune {
				if r.IntN(2) == 0 {
					return unicode.ToUpper(x)
				}
				return unicode.ToLower(x)
			}, s)
		}},
		{"words joined", "case", 0.97, func(_ *rand.Rand, s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }},
		{"words parted otherwise", "gap", 0.97, func(r *rand.Rand, s string) string {
			return strings.ReplaceAll(s, " ", []string{"-", "_", ".", "  ", "/", "*", "+"}[r.IntN(7)])
		}},
	}
	single := slices.Clone(list)
	return append(list, forger{"two at once", "", 0.9, func(r *rand.Rand, s string) string {
		for {
			a, b := single[r.IntN(len(single))], single[r.IntN(len(single))]
			if a.family != b.family && a.family != "gap" { // a separator put in first would leave no letters side by side
				return b.forge(r, a.forge(r, s))
			}
		}
	}})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// settings are what a name stands among.
var settings = []string{"%s", "%s sneakers for men", "new %s handbag, leather", "Authentic %s 2025", "zapatos %s nuevos", "Sac %s neuf avec boîte", "кроссовки %s новые", "%s女鞋新款", "tas %s original", "Herren Jacke %s Größe L"}

func TestSecondGenerator(t *testing.T) {
	latin, chinese := testBrands(t)
	var names []Name
	for _, text := range latin {
		names = append(names, Name{Text: text})
	}
	for _, pair := range chinese {
		names = append(names, Name{Text: pair[0]})
	}
	m := mustMatcher(t, Options{}, names...)
	all, allTried := 0, 0
	for k, f := range forgers() {
		r := rand.New(rand.NewPCG(2026, uint64(k)))
		tried, hits, excused := 0, 0, 0
		var missed []string
		for round := range 12 {
			for id, text := range latin {
				forged := f.forge(r, text)
				if forged == text || strings.EqualFold(forged, text) && f.family != "case" {
					continue
				}
				if f.family != "case" && saysWord(m, forged) && !finds(m, forged, id) {
					excused++ // by chance a word that exists
					continue
				}
				tried++
				where := fmt.Sprintf(settings[(id+round)%len(settings)], forged)
				if finds(m, where, id) {
					hits++
				} else if len(missed) < 200 {
					missed = append(missed, text+" → "+where)
				}
			}
		}
		all, allTried = all+hits, allTried+tried
		recall := float64(hits) / float64(max(tried, 1))
		t.Logf("%-26s %6.2f %% of %d; with the %d that are ordinary words %6.2f %%", f.name, 100*recall, tried, excused, 100*float64(hits)/float64(max(tried+excused, 1)))
		if recall < f.floor {
			t.Errorf("%s: recall %.3f is below %.2f", f.name, recall, f.floor)
		}
		if os.Getenv("SHOW") == f.name {
			t.Log(strings.Join(missed, "\n"))
		}
	}
	t.Logf("all together %.2f %% of %d", 100*float64(all)/float64(allTried), allTried)
}

func TestSecondGeneratorChinese(t *testing.T) {
	latin, chinese := testBrands(t)
	var names []Name
	for _, pair := range chinese {
		names = append(names, Name{Text: pair[0]})
	}
	for _, text := range latin {
		names = append(names, Name{Text: text})
	}
	m := mustMatcher(t, Options{}, names...)
	table := letters.Shared()
	syllables := func(s string) (out []string) {
		for _, x := range s {
			out = append(out, table.Spelling(table.Of(x).Sound))
		}
		return out
	}
	alike := map[uint16][]rune{}
	for x := rune(0x4e00); x < 0x9fa0; x++ {
		if cell := table.Of(x); cell.Sound != 0 && cell.Flags&letters.Variant == 0 {
			alike[cell.Sound] = append(alike[cell.Sound], x)
		}
	}
	halves := map[rune]string{}
	for pair, whole := range partsForTest(table) {
		halves[whole] = pair
	}
	forge := []struct {
		name  string
		floor float64
		forge func(r *rand.Rand, plain, traditional string) string
	}{
		{"traditional", 0.98, func(_ *rand.Rand, _, traditional string) string { return traditional }},
		{"one character traditional", 0.95, func(r *rand.Rand, plain, traditional string) string {
			a, b := []rune(plain), []rune(traditional)
			i := r.IntN(len(a))
			a[i] = b[i]
			return string(a)
		}},
		{"one homophone", 0.9, func(r *rand.Rand, plain, _ string) string {
			a := []rune(plain)
			i := r.IntN(len(a))
			if others := alike[table.Of(a[i]).Sound]; len(others) > 1 {
				a[i] = others[r.IntN(len(others))]
			}
			return string(a)
		}},
		{"split character", 0.9, func(_ *rand.Rand, plain, _ string) string {
			for _, x := range plain {
				if halves[x] != "" {
					return strings.Replace(plain, string(x), halves[x], 1)
				}
			}
			return plain
		}},
		{"separators", 0.95, func(r *rand.Rand, plain, _ string) string {
			return strings.Join(strings.Split(plain, ""), []string{".", "-", "_", "*", "/", "·", " ", "|", "~", "+", "、", "丨"}[r.IntN(12)])
		}},
		{"emoji and hidden", 0.97, func(r *rand.Rand, plain, _ string) string {
			return strings.Join(strings.Split(plain, ""), []string{"🔥", "❤️", "\u200b", "\u200d", "⭐", "\u2060"}[r.IntN(6)])
		}},
		{"pinyin with separators", 0.9, func(r *rand.Rand, plain, _ string) string {
			return strings.Join(syllables(plain), []string{" ", "-", ".", "'", "_", "·"}[r.IntN(6)])
		}},
		{"pinyin joined", 0.85, func(_ *rand.Rand, plain, _ string) string { return strings.Join(syllables(plain), "") }},
		{"last character as an initial", 0.85, func(_ *rand.Rand, plain, _ string) string {
			a, s := []rune(plain), syllables(plain)
			return string(a[:len(a)-1]) + s[len(s)-1][:1]
		}},
		{"some characters in pinyin", 0.9, func(r *rand.Rand, plain, _ string) string {
			a, s := []rune(plain), syllables(plain)
			at := 1 + r.IntN(len(a)-1)
			return string(a[:at]) + strings.Join(s[at:], "")
		}},
		{"first character in pinyin", 0.85, func(_ *rand.Rand, plain, _ string) string {
			a, s := []rune(plain), syllables(plain)
			return s[0] + string(a[1:])
		}},
	}
	for k, f := range forge {
		r := rand.New(rand.NewPCG(2027, uint64(k)))
		tried, hits := 0, 0
		var missed []string
		for round := range 6 {
			for id, pair := range chinese {
				forged := f.forge(r, pair[0], pair[1])
				if forged == pair[0] {
					continue
				}
				tried++
				where := fmt.Sprintf([]string{"%s 女鞋 新款", "2025款 %s 手提包", "【%s】男表", "%s,包邮"}[(id+round)%4], forged)
				if finds(m, where, id) {
					hits++
				} else if len(missed) < 200 {
					missed = append(missed, pair[0]+" → "+where)
				}
			}
		}
		recall := float64(hits) / float64(max(tried, 1))
		t.Logf("%-28s %6.2f %% of %d", f.name, 100*recall, tried)
		if recall < f.floor {
			t.Errorf("%s: recall %.3f is below %.2f", f.name, recall, f.floor)
		}
		if os.Getenv("SHOW") == f.name {
			t.Log(strings.Join(missed, "\n"))
		}
	}
}

// partsForTest are the split characters, by their two parts.
func partsForTest(table *letters.Table) map[string]rune {
	out := map[string]rune{}
	for _, entry := range strings.Fields("亻尔你 女子好 禾口和 木子李 木林森 氵每海 弓长张 古月胡 言兑说 口乞吃 王马玛 扌立拉 马也驰 亻木休 革圭鞋 亻九仇 宀女安 足沓踏 日生星 氵每海 王里理 禾中种 又欠欢 又鸟鸡 土也地 亻也他") {
		runes := []rune(entry)
		if whole := table.Whole(runes[0], runes[1]); whole == runes[2] {
			out[string(runes[:2])] = whole
		}
	}
	return out
}

// A wordList is a list of ordinary words of one language on this machine, which is measured with where it is found.
type wordList struct{ language, path string }

var wordLists = []wordList{
	{"English", "/usr/share/dict/american-english-large"}, {"Spanish", "/usr/share/dict/spanish"}, {"French", "/usr/share/dict/french"},
	{"German", "/usr/share/dict/ngerman"}, {"Portuguese", "/usr/share/dict/portuguese"}, {"Brazilian", "/usr/share/dict/brazilian"},
	{"Russian", "/usr/share/hunspell/ru_RU.dic"}, {"Indonesian", "/usr/share/hunspell/id_ID.dic"}, {"Turkish", "/usr/share/hunspell/tr_TR.dic"},
}

// readWords reads the small-letter words of a list; German nouns too, which are written with a capital.
func readWords(t testing.TB, l wordList) []string {
	t.Helper()
	file, err := os.Open(l.path)
	if err != nil {
		return nil
	}
	defer file.Close()
	var out []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		word, _, _ := strings.Cut(lines.Text(), "/")
		if utf8.RuneCountInString(word) < 2 || strings.ContainsAny(word, "'.0123456789 ") || strings.ToLower(word) != word && l.language != "German" || strings.ToUpper(word) == word {
			continue
		}
		out = append(out, word)
	}
	return out
}

// falseAlarms counts the words that are taken for a disguised mark.
func falseAlarms(m *Matcher, words []string) (wrong int, shown []string) {
	for _, word := range words {
		for _, x := range m.Find(nil, word) {
			if x.Disguise != 0 {
				wrong++
				shown = append(shown, word+"→"+m.names[x.Name].text)
				break
			}
		}
	}
	return wrong, shown
}

func TestSecondOrdinaryWords(t *testing.T) {
	latin, chinese := testBrands(t)
	var names []Name
	for _, text := range latin {
		names = append(names, Name{Text: text})
	}
	for _, pair := range chinese {
		names = append(names, Name{Text: pair[0]})
	}
	m := mustMatcher(t, Options{}, names...)
	for _, list := range wordLists {
		words := readWords(t, list)
		if len(words) == 0 {
			t.Logf("%s: %s is not there", list.language, list.path)
			continue
		}
		wrong, shown := falseAlarms(m, words)
		rate := float64(wrong) / float64(len(words))
		t.Logf("%-10s %4d of %6d words (%.4f %%)", list.language, wrong, len(words), 100*rate)
		if list.language == "Russian" { // a capital makes a word rather a name
			for i, word := range words {
				first, size := utf8.DecodeRuneInString(word)
				words[i] = string(unicode.ToUpper(first)) + word[size:]
			}
			more, those := falseAlarms(m, words)
			shown = append(shown, those...)
			t.Logf("%-10s %4d of %6d words with a capital", list.language, more, len(words))
			rate = max(rate, float64(more)/float64(len(words)))
		}
		if rate > 0.001 {
			t.Errorf("%s: %.4f %% of ordinary words are taken for a mark", list.language, 100*rate)
		}
		if os.Getenv("SHOW") != "" {
			t.Log(shown[:min(len(shown), 80)])
		}
	}
}

// TestOrdinaryWordsAmongManyNames counts ordinary words taken for one of 100,000 names: the shop brands at hand and names
// made of syllables.
func TestOrdinaryWordsAmongManyNames(t *testing.T) {
	names := shopNames(t)
	names = append(names, benchNames(100000-len(names))...)
	m := mustMatcher(t, Options{}, names...)
	for _, list := range wordLists {
		words := readWords(t, list)
		if len(words) == 0 {
			t.Logf("%s: %s is not there", list.language, list.path)
			continue
		}
		wrong, shown := falseAlarms(m, words)
		rate := float64(wrong) / float64(len(words))
		t.Logf("%-10s %4d of %6d words (%.4f %%)", list.language, wrong, len(words), 100*rate)
		if rate > 0.005 {
			t.Errorf("%s: %.4f %% of ordinary words are taken for one of 100,000 names", list.language, 100*rate)
		}
		if os.Getenv("SHOW") != "" {
			r := rand.New(rand.NewPCG(1, 1))
			r.Shuffle(len(shown), func(i, j int) { shown[i], shown[j] = shown[j], shown[i] })
			t.Log(shown[:min(len(shown), 40)])
		}
	}
}
