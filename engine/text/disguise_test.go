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

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// disguises are ways sellers write a name so that a plain search misses it. Each gives "" when it cannot be done.
var disguises = []struct {
	name  string
	write func(r *rand.Rand, name string) string
	floor float64 // recall that must be reached on names of five letters and more
}{
	{"homoglyph, one letter", func(r *rand.Rand, s string) string { return swapLetters(r, s, lookalikes, 1) }, 0.95},
	{"homoglyph, all letters", func(r *rand.Rand, s string) string { return swapLetters(r, s, lookalikes, 99) }, 0.95},
	{"fullwidth", func(r *rand.Rand, s string) string { return shift(s, 0xFF21, 0xFF41) }, 0.95},
	{"mathematical", func(r *rand.Rand, s string) string { return shift(s, 0x1D400, 0x1D41A) }, 0.95},
	{"squared", func(r *rand.Rand, s string) string { return shift(s, 0x1F170, 0x1F170) }, 0.95},
	{"circled", func(r *rand.Rand, s string) string { return shift(s, 0x24B6, 0x24D0) }, 0.95},
	{"small capitals", func(r *rand.Rand, s string) string { return swapLetters(r, strings.ToLower(s), smallCapitals, 99) }, 0.95},
	{"leet, one letter", func(r *rand.Rand, s string) string { return swapLetters(r, s, leetLetters, 1) }, 0.95},
	{"leet, two letters", func(r *rand.Rand, s string) string { return swapLetters(r, s, leetLetters, 2) }, 0.95},
	{"zero for o", func(r *rand.Rand, s string) string { return swapLetters(r, s, map[rune]string{'o': "0"}, 99) }, 0.95},
	{"rn for m, vv for w", func(r *rand.Rand, s string) string { return swapPairs(s) }, 0.95},
	{"l for i", func(r *rand.Rand, s string) string {
		return swapLetters(r, s, map[rune]string{'i': "l", 'l': "I"}, 1)
	}, 0.9},
	{"omission", func(r *rand.Rand, s string) string { return editLetter(r, s, "omit") }, 0.9},
	{"insertion", func(r *rand.Rand, s string) string { return editLetter(r, s, "insert") }, 0.9},
	{"substitution", func(r *rand.Rand, s string) string { return editLetter(r, s, "substitute") }, 0.9},
	{"transposition", func(r *rand.Rand, s string) string { return editLetter(r, s, "transpose") }, 0.9},
	{"repetition", func(r *rand.Rand, s string) string { return editLetter(r, s, "repeat") }, 0.95},
	{"vowels repeated", func(r *rand.Rand, s string) string {
		for _, v := range "aeiou" {
			s = strings.ReplaceAll(s, string(v), strings.Repeat(string(v), 2+r.IntN(2)))
		}
		return s
	}, 0.95},
	{"dots", func(r *rand.Rand, s string) string { return spaced(s, ".") }, 0.95},
	{"spaces", func(r *rand.Rand, s string) string { return spaced(s, " ") }, 0.95},
	{"dashes", func(r *rand.Rand, s string) string { return spaced(s, "-") }, 0.95},
	{"underscores", func(r *rand.Rand, s string) string { return spaced(s, "_") }, 0.95},
	{"stars", func(r *rand.Rand, s string) string { return spaced(s, "*") }, 0.95},
	{"slashes", func(r *rand.Rand, s string) string { return spaced(s, "/") }, 0.95},
	{"bars", func(r *rand.Rand, s string) string { return spaced(s, "|") }, 0.9},
	{"emoji", func(r *rand.Rand, s string) string { return spaced(s, "🔥") }, 0.95},
	{"zero width", func(r *rand.Rand, s string) string { return spaced(s, "\u200b") }, 0.95},
	{"combining marks", func(r *rand.Rand, s string) string { return spaced(s, "\u0336") }, 0.95},
	{"one separator", func(r *rand.Rand, s string) string {
		return split(r, s, []string{".", "-", "_", "*", "/", "·"}[r.IntN(6)])
	}, 0.9},
	{"word split", func(r *rand.Rand, s string) string { return split(r, s, " ") }, 0.85},
	{"words joined", func(r *rand.Rand, s string) string {
		if joined := strings.ReplaceAll(s, " ", ""); joined != s {
			return strings.ToLower(joined)
		}
		return ""
	}, 0.99},
	{"homoglyph and omission", func(r *rand.Rand, s string) string {
		return swapLetters(r, editLetter(r, s, "omit"), lookalikes, 1)
	}, 0.8},
	{"leet and repetition", func(r *rand.Rand, s string) string {
		return swapLetters(r, editLetter(r, s, "repeat"), leetLetters, 1)
	}, 0.9},
	{"starred letter", func(r *rand.Rand, s string) string {
		runes := []rune(s)
		i := 1 + r.IntN(len(runes)-2)
		if !unicode.IsLetter(runes[i]) {
			return ""
		}
		runes[i] = '*'
		return string(runes)
	}, 0.85},
}

var lookalikes = map[rune]string{
	'a': "аαа", 'b': "Ьᖯ", 'c': "сϲ", 'd': "ԁժ", 'e': "еҽ", 'f': "ϝſ", 'g': "ɡց", 'h': "һհ", 'i': "іι", 'j': "ј", 'k': "κк", 'l': "ⅼӏ", 'm': "ⅿм", 'n': "ոո",
	'o': "оοօ", 'p': "рρ", 'q': "ԛզ", 'r': "гᴦ", 's': "ѕꜱ", 't': "тτ", 'u': "υս", 'v': "ѵν", 'w': "ԝѡ", 'x': "хⅹ", 'y': "уγ", 'z': "ᴢ",
	'A': "АΑᎪ", 'B': "ВΒᏴ", 'C': "СϹᏟ", 'D': "Ꭰᗪꓓ", 'E': "ЕΕᎬ", 'F': "ϜꓝҒ", 'G': "ԌᏀ", 'H': "НΗᎻ", 'I': "ІΙӀ", 'J': "ЈᎫ", 'K': "КΚᏦ", 'L': "Ꮮꓡ", 'M': "МΜᎷ",
	'N': "Νꓠ", 'O': "ОΟՕ", 'P': "РΡᏢ", 'R': "ᏒꓣᎡ", 'S': "ЅᏚՏ", 'T': "ТΤᎢ", 'U': "Սꓴ", 'V': "ᏙѴ", 'W': "ԜᎳ", 'X': "ХΧ", 'Y': "ΥҮ", 'Z': "ΖᏃ",
}

var smallCapitals = map[rune]string{
	'a': "ᴀ", 'b': "ʙ", 'c': "ᴄ", 'd': "ᴅ", 'e': "ᴇ", 'f': "ꜰ", 'g': "ɢ", 'h': "ʜ", 'i': "ɪ", 'j': "ᴊ", 'k': "ᴋ", 'l': "ʟ", 'm': "ᴍ", 'n': "ɴ", 'o': "ᴏ", 'p': "ᴘ",
	'r': "ʀ", 's': "ꜱ", 't': "ᴛ", 'u': "ᴜ", 'v': "ᴠ", 'w': "ᴡ", 'y': "ʏ", 'z': "ᴢ",
}

var leetLetters = map[rune]string{
	'a': "4@", 'b': "8", 'e': "3", 'g': "9", 'i': "1!", 'l': "1|", 'o': "0", 's': "5$", 't': "7+", 'z': "2",
	'A': "4@", 'B': "8", 'E': "3", 'G': "6", 'I': "1!", 'L': "1", 'O': "0", 'S': "5$", 'T': "7", 'Z': "2",
}

// swapLetters replaces up to n letters, chosen at random, by one of what stands for them.
func swapLetters(r *rand.Rand, s string, by map[rune]string, n int) string {
	runes := []rune(s)
	for _, i := range r.Perm(len(runes)) {
		if choices := []rune(by[runes[i]]); len(choices) > 0 && n > 0 {
			runes[i] = choices[r.IntN(len(choices))]
			n--
		}
	}
	if out := string(runes); out != s {
		return out
	}
	return ""
}

func shift(s string, upper, lower rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return upper + r - 'A'
		case 'a' <= r && r <= 'z':
			return lower + r - 'a'
		}
		return r
	}, s)
}

func swapPairs(s string) string {
	out := strings.NewReplacer("m", "rn", "M", "RN", "w", "vv", "W", "VV").Replace(s)
	if out == s {
		return ""
	}
	return out
}

func editLetter(r *rand.Rand, s, how string) string {
	runes := []rune(s)
	var places []int
	for i, x := range runes {
		if unicode.IsLetter(x) {
			places = append(places, i)
		}
	}
	i := places[r.IntN(len(places))]
	random := rune('a' + r.IntN(26))
	switch how {
	case "omit":
		runes = slices.Delete(runes, i, i+1)
	case "insert":
		runes = slices.Insert(runes, i, random)
	case "substitute":
		runes[i] = random
	case "repeat":
		runes = slices.Insert(runes, i, slices.Repeat(runes[i:i+1], 1+r.IntN(2))...)
	case "transpose":
		if i+1 >= len(runes) || !unicode.IsLetter(runes[i+1]) || unicode.ToLower(runes[i]) == unicode.ToLower(runes[i+1]) {
			return ""
		}
		runes[i], runes[i+1] = runes[i+1], runes[i]
	}
	if strings.EqualFold(string(runes), s) {
		return ""
	}
	return string(runes)
}

// spaced puts a separator between all letters; words keep their spaces where the separator is not one.
func spaced(s, by string) string {
	var words []string
	for _, word := range strings.Fields(s) {
		words = append(words, strings.Join(strings.Split(word, ""), by))
	}
	return strings.Join(words, " ")
}

// split puts one separator inside the longest word.
func split(r *rand.Rand, s, by string) string {
	words := strings.Fields(s)
	longest := 0
	for i, word := range words {
		if len([]rune(word)) > len([]rune(words[longest])) {
			longest = i
		}
	}
	runes := []rune(words[longest])
	if len(runes) < 5 {
		return ""
	}
	i := 2 + r.IntN(len(runes)-3)
	words[longest] = string(runes[:i]) + by + string(runes[i:])
	return strings.Join(words, " ")
}

// carriers are ordinary listing texts around a mention.
var carriers = []string{"%s", "%s shoes size 42", "new %s bag with box", "men's jacket %s", "original %s, fast shipping", "2024 %s 100%% cotton", "Top %s! Best price", "【%s】女包 2024新款"}

func TestDisguises(t *testing.T) {
	for _, set := range []struct {
		name  string
		names []Name
	}{{"brands", brandNames(t)}, {"shops", shopNames(t)}} {
		m := mustMatcher(t, Options{}, set.names...)
		for _, d := range disguises {
			r := rand.New(rand.NewPCG(7, 11))
			tried, hits, words := 0, 0, 0
			var missed []string
			for round := range 3 {
				for id := range set.names {
					n := &m.names[id]
					if n.ambiguous || len(n.pattern) < 5 || len(n.pattern) > 30 || !plainLatin(n.text) {
						continue
					}
					written := d.write(r, n.text)
					if written == "" {
						continue
					}
					text := fmt.Sprintf(carriers[(id+round)%len(carriers)], written)
					if saysWord(m, written) {
						words++
						continue // by chance nothing but ordinary words: these must not be found
					}
					tried++
					if finds(m, text, id) {
						hits++
					} else if len(missed) < 400 {
						missed = append(missed, n.text+" → "+text)
					}
				}
			}
			recall := float64(hits) / float64(tried)
			t.Logf("%s: %-24s %6.2f %% of %d; %d more became ordinary words", set.name, d.name, 100*recall, tried, words)
			if recall < d.floor {
				t.Errorf("%s: %s: recall %.3f is below %.2f", set.name, d.name, recall, d.floor)
			}
			if os.Getenv("SHOW") == d.name {
				t.Log(strings.Join(missed, "\n"))
			}
		}
	}
}

func plainLatin(s string) bool {
	for _, r := range s {
		if r > 0x17f || unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

// saysWord reports whether what was made is nothing but words that exist, or another name.
func saysWord(m *Matcher, written string) bool {
	tokens := m.tokens(written)
	for i := range tokens {
		if tokens[i].kind != letters.Letter || tokens[i].letters < 2 || tokens[i].flags != 0 || !m.isKnown(&tokens[i]) && !furtherWords().Has(tokens[i].hash) {
			return false
		}
	}
	return true
}

// finds reports whether name id, or one written alike, is found.
func finds(m *Matcher, text string, id int) bool {
	for _, match := range m.Find(nil, text) {
		if match.Name == id || strings.EqualFold(plainKey(m.names[match.Name].text), plainKey(m.names[id].text)) {
			return true
		}
		a, b := plainKey(m.names[match.Name].text), plainKey(m.names[id].text)
		if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) || strings.HasSuffix(a, b) || strings.HasSuffix(b, a) {
			return true // "Adidas Originals" for "Adidas": the same mark
		}
	}
	return false
}

func plainKey(s string) string {
	table := letters.Shared()
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		if folded := table.Of(r).Fold; folded != 0 {
			return folded
		}
		return r
	}, s)
}

// TestOrdinaryWords counts ordinary words taken for a mark by a disguise, or for a name they are not.
func TestOrdinaryWords(t *testing.T) {
	m := mustMatcher(t, Options{}, append(brandNames(t), shopNames(t)...)...)
	for _, path := range []string{"/usr/share/dict/american-english", "/usr/share/dict/spanish", "/usr/share/dict/french", "/usr/share/dict/ngerman", "data/common.txt"} {
		file, err := os.Open(path)
		if err != nil {
			t.Logf("%s is not there", path)
			continue
		}
		total, wrong := 0, 0
		var shown []string
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			for _, word := range strings.Fields(lines.Text()) {
				if word == "#" || strings.ContainsAny(word, "'") || strings.ToLower(word) != word && path != "/usr/share/dict/ngerman" {
					continue
				}
				total++
				for _, x := range m.Find(nil, word) {
					if x.Disguise != 0 {
						wrong++
						shown = append(shown, word+"→"+m.names[x.Name].text)
						break
					}
				}
			}
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		rate := float64(wrong) / float64(max(total, 1))
		t.Logf("%s: %d of %d words (%.4f %%)", path, wrong, total, 100*rate)
		if rate > 0.001 && path != "/usr/share/dict/ngerman" {
			t.Errorf("%s: %.4f %% of ordinary words are taken for a mark", path, 100*rate)
		}
		if os.Getenv("SHOW") != "" {
			t.Log(shown[:min(len(shown), 60)])
		}
	}
}
