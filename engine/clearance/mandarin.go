package clearance

import (
	"slices"
	"strings"
	"unicode/utf8"

	pinyin "github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// syllable is a syllable of Mandarin.
type syllable struct {
	initial, final string
	tone           int      // 1 to 4; 0 when light or not known
	other          []string // further readings of the character, with their tones
}

// syllablesOf reads Han characters; nil when one of the letters is none or has no known reading.
func syllablesOf(letters []rune) []syllable {
	if len(letters) == 0 {
		return nil
	}
	out := make([]syllable, 0, len(letters))
	for _, r := range letters {
		readings, ok := pinyin.PinyinDict[int(r)]
		if !ok {
			return nil
		}
		first, rest, _ := strings.Cut(readings, ",")
		s := parseSyllable(first)
		if rest != "" {
			s.other = strings.SplitN(rest, ",", 4)
			s.other = s.other[:min(2, len(s.other))]
		}
		out = append(out, s)
	}
	return out
}

// parseSyllable takes a reading such as "líng" apart.
func parseSyllable(reading string) (s syllable) {
	var plain strings.Builder
	for _, r := range norm.NFD.String(reading) {
		switch r {
		case '\u0304':
			s.tone = 1
		case '\u0301':
			s.tone = 2
		case '\u030c':
			s.tone = 3
		case '\u0300':
			s.tone = 4
		case '\u0308': // ü
			last := plain.String()
			plain.Reset()
			plain.WriteString(last[:max(0, len(last)-1)] + "v")
		default:
			if r < utf8.RuneSelf {
				plain.WriteRune(r)
			}
		}
	}
	s.initial, s.final = divide(plain.String())
	return s
}

// divide parts a toneless syllable into initial and final.
func divide(syllable string) (initial, final string) {
	for _, two := range []string{"zh", "ch", "sh"} {
		if strings.HasPrefix(syllable, two) {
			return two, syllable[2:]
		}
	}
	if syllable == "" || strings.ContainsRune("aeiouv", rune(syllable[0])) {
		return "", syllable
	}
	return syllable[:1], syllable[1:]
}

// toneless is every syllable a character is read as, by the dictionary.
func toneless() map[string]bool {
	all := map[string]bool{}
	for r, readings := range pinyin.PinyinDict {
		if r < 0x4e00 || r > 0x9fa5 {
			continue // rare characters have readings nobody spells
		}
		first, _, _ := strings.Cut(readings, ",")
		s := parseSyllable(first)
		if s.final != "" {
			all[s.initial+s.final] = true
		}
	}
	return all
}

// readPinyin reads Latin letters as at most a number of syllables without tones; nil when they cannot be.
func readPinyin(letters string, most int) []syllable {
	if len(letters) > 6*most || len(letters) > longest {
		return nil
	}
	known := shared().syllables
	fewest := make([]int, len(letters)+1) // syllables up to a place, plus one; zero: cannot be read
	from := make([]int, len(letters)+1)
	fewest[0] = 1
	for end := 1; end <= len(letters); end++ {
		for begin := max(0, end-6); begin < end; begin++ {
			if fewest[begin] == 0 || !known[letters[begin:end]] {
				continue
			}
			if fewest[end] == 0 || fewest[begin]+1 < fewest[end] {
				fewest[end], from[end] = fewest[begin]+1, begin
			}
		}
	}
	count := fewest[len(letters)] - 1
	if count < 1 || count > most {
		return nil
	}
	out := make([]syllable, count)
	for end := len(letters); end > 0; end = from[end] {
		count--
		out[count].initial, out[count].final = divide(letters[from[end]:end])
	}
	return out
}

// syllableLikeness aligns syllables; where a character has several readings the nearest counts.
func syllableLikeness(a, b []syllable) float64 {
	a, b = a[:min(len(a), longest)], b[:min(len(b), longest)]
	var space [2][longest + 1]float64
	last, row := space[0][:], space[1][:]
	for j := range b {
		last[j+1] = float64(j + 1)
	}
	for i := range a {
		row[0] = float64(i + 1)
		for j := range b {
			row[j+1] = min(last[j]+nearestReading(a[i], b[j]), last[j+1]+1, row[j]+1)
		}
		last, row = row, last
	}
	return max(0, 1-last[len(b)]/float64(max(len(a), len(b))))
}

func nearestReading(a, b syllable) float64 {
	best := a.distance(b)
	for _, reading := range b.other {
		best = min(best, a.distance(parseSyllable(reading))+0.05)
	}
	for _, reading := range a.other {
		best = min(best, parseSyllable(reading).distance(b)+0.05)
	}
	return best
}

// distance is 0 for the same syllable and tone and 1 for syllables with nothing in common.
func (s syllable) distance(other syllable) float64 {
	var tone float64
	if s.tone != other.tone && s.tone != 0 && other.tone != 0 {
		tone = 0.1
	}
	return min(1, 0.5*initialDistance(s.initial, other.initial)+0.45*finalDistance(s.final, other.final)+tone)
}

// initialDistance knows the mergers of southern speech first, then what differs in breath alone.
func initialDistance(a, b string) float64 {
	if a == b {
		return 0
	}
	if a > b {
		a, b = b, a
	}
	switch a + " " + b {
	case "z zh", "c ch", "s sh", "l n":
		return 0.2
	case "f h", "l r", " y", " w", "g k", "b p", "d t", "j q", "z c", "c z", "ch zh", "j zh", "ch q", "sh x", "s x", "j z", "c q", "r y":
		return 0.45
	case "m n", "f w", "q x", "ch sh", "c s", "s z", "g h", "h k", "h w", "b f", "f p":
		return 0.7
	}
	return 1
}

func finalDistance(a, b string) float64 {
	if a == b {
		return 0
	}
	if strings.TrimSuffix(a, "g") == strings.TrimSuffix(b, "g") {
		return 0.2 // in/ing, en/eng, an/ang
	}
	a, b = strings.TrimSuffix(a, "g"), strings.TrimSuffix(b, "g")
	mainA, mainB := core(a), core(b)
	nasalA, nasalB := strings.HasSuffix(a, "n"), strings.HasSuffix(b, "n")
	switch {
	case mainA == mainB && nasalA == nasalB:
		return 0.4
	case mainA == mainB:
		return 0.65
	case nasalA == nasalB && nasalA:
		return 0.7
	}
	return 1
}

// core is the vowel a final is heard by.
func core(final string) byte {
	for _, v := range []byte("aoeiuv") {
		if strings.IndexByte(final, v) >= 0 {
			return v
		}
	}
	return 0
}

var initialSounds = map[string]string{"zh": "J", "ch": "C", "sh": "S", "z": "z", "c": "s", "j": "J", "q": "C", "x": "S"}

// romanised is Han characters in the sounds of speak, for comparing with names in Latin letters. Letters of a mixed run
// that are no Han characters are spoken as they are.
func romanised(letters []rune, syllables []syllable) (out []byte) {
	if syllables == nil {
		for i, r := range letters {
			if s := syllablesOf(letters[i : i+1]); s != nil {
				out = append(out, romanised(nil, s)...)
			} else {
				out = append(out, speak([]rune{r})...)
			}
		}
		return out
	}
	for _, s := range syllables {
		if sounds, ok := initialSounds[s.initial]; ok {
			out = append(out, sounds...)
		} else {
			out = append(out, s.initial...)
		}
		final := s.final
		switch {
		case final == "i" && strings.Contains(" z c s zh ch sh r ", " "+s.initial+" "):
			final = "e" // hardly a vowel
		case s.initial == "y" && strings.HasPrefix(final, "i"), s.initial == "w" && final == "u":
			out = out[:len(out)-1]
		case final == "er":
			final = "ar"
		}
		final = strings.TrimSuffix(strings.ReplaceAll(final, "v", "u"), "g")
		out = append(out, final...)
	}
	return slices.Compact(out)
}
