package clearance

import (
	"bufio"
	"embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// longest is how many runes of a name are looked at. The longest registered word marks are shorter.
const longest = 120

// name is a name as it is compared.
type name struct {
	words []word
	whole part // all its words joined
	core  part // those that tell it apart joined; all when there are no others
}

// word is a run of letters and digits of one script.
type word struct {
	part
	weight float64 // 1, or weak when it tells little
	means  []int   // concepts, of a Han run one after the other; empty when not known
}

const weak = 0.15

// part is a stretch of a name to be compared by itself.
type part struct {
	letters   []rune // folded: lower case, without accents, simplified
	look      []rune // look-alikes made one
	han       bool   // has Han characters
	sounds    []byte // see speak
	spelt     []byte // the sounds of each letter as much of Europe says it; for Latin names
	syllables []syllable
}

// readName folds a name and cuts it into words. It never fails: what cannot be read has no words.
func readName(s string) *name {
	n := &name{}
	var current []rune
	var kind script
	flush := func() {
		if len(current) > 0 {
			n.add(current, kind)
		}
		current = nil
	}
	folded := []rune(fold(s))
	if len(folded) > longest {
		folded = folded[:longest]
	}
	for i, r := range folded {
		k := scriptOf(r)
		if k == separator {
			// "B.V.D." and "levi's" are one word.
			if r == '\'' || r == '’' || r == '.' && len(current) > 0 && (i < 2 || scriptOf(folded[i-2]) == separator) {
				continue
			}
			flush()
			continue
		}
		if k != kind {
			flush()
		}
		kind = k
		current = append(current, r)
	}
	flush()
	n.join()
	return n
}

type script uint8

const (
	separator script = iota
	alphabet
	han
)

func scriptOf(r rune) script {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return alphabet
		}
		if r == '$' || r == '@' || r == '!' {
			return alphabet // stand for letters: see look
		}
		return separator
	case unicode.Is(unicode.Han, r):
		return han
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		return alphabet
	}
	return separator
}

// fold makes lower case, takes accents off and makes traditional characters simplified.
func fold(s string) string {
	if len(s) > longest*utf8.UTFMax*4 {
		s = s[:longest*utf8.UTFMax*4] // a rune may carry many marks
	}
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(s)
	}
	t := shared()
	latin := strings.ContainsFunc(s, func(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) })
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		// A capital may look like another letter than its small form does: Greek "Η" is an h, "η" an n.
		if alike, ok := t.lookalikes[r]; ok && latin && unicode.IsUpper(r) {
			b.WriteRune(alike)
			continue
		}
		r = unicode.ToLower(r)
		switch r {
		case 'ß':
			b.WriteString("ss")
			continue
		case 'æ':
			b.WriteString("ae")
			continue
		case 'œ':
			b.WriteString("oe")
			continue
		case 'ø':
			r = 'o'
		case 'ł':
			r = 'l'
		case 'đ', 'ð':
			r = 'd'
		case 'ı':
			r = 'i'
		case 'þ':
			b.WriteString("th")
			continue
		}
		if simple, ok := t.simplified[r]; ok {
			r = simple
		}
		b.WriteRune(r)
	}
	// Hangul stays whole.
	return norm.NFC.String(b.String())
}

// add appends the word or, of a Han run, the words it is made of.
func (n *name) add(letters []rune, kind script) {
	t := shared()
	if kind == alphabet {
		if !strings.ContainsFunc(string(letters), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			return
		}
		w := word{part: newPart(letters, false), weight: 1}
		text := string(letters)
		if t.weak[text] {
			w.weight = weak
		}
		if c, ok := t.concepts[text]; ok {
			w.means = []int{c}
		}
		n.words = append(n.words, w)
		return
	}
	var before, after [][]rune
	for cut := cutWeak(letters, false); cut > 0; cut = cutWeak(letters, false) {
		after = append(after, letters[len(letters)-cut:])
		letters = letters[:len(letters)-cut]
	}
	for cut := cutWeak(letters, true); cut > 0; cut = cutWeak(letters, true) {
		before = append(before, letters[:cut])
		letters = letters[cut:]
	}
	for _, piece := range before {
		n.words = append(n.words, word{part: newPart(piece, true), weight: weak})
	}
	w := word{part: newPart(letters, true), weight: 1, means: t.conceptsOf(letters)}
	if t.weak[string(letters)] {
		w.weight = weak
	}
	n.words = append(n.words, w)
	for i := len(after) - 1; i >= 0; i-- {
		n.words = append(n.words, word{part: newPart(after[i], true), weight: weak})
	}
}

// cutWeak says how many runes at the beginning or end of a Han run are a word that tells little. Two characters are
// always left, for names are seldom shorter.
func cutWeak(letters []rune, front bool) int {
	t := shared()
	for size := min(4, len(letters)-2); size > 0; size-- {
		piece := letters[:size]
		if !front {
			piece = letters[len(letters)-size:]
		}
		if t.weak[string(piece)] {
			return size
		}
	}
	return 0
}

func (n *name) join() {
	var all, core []rune
	isHan, coreHan := false, false
	for _, w := range n.words {
		all = append(all, w.letters...)
		isHan = isHan || w.han
		if w.weight == 1 {
			core = append(core, w.letters...)
			coreHan = coreHan || w.han
		}
	}
	n.whole = newPart(all, isHan)
	if len(core) < 2 || len(core) == len(all) {
		// Of a name made of weak words, or of them and a letter, no word is weaker than another.
		if len(core) < 2 {
			for i := range n.words {
				n.words[i].weight = 1
			}
		}
		n.core = n.whole
		return
	}
	n.core = newPart(core, coreHan)
}

func newPart(letters []rune, han bool) part {
	p := part{letters: letters, look: look(letters), han: han}
	if han {
		p.syllables = syllablesOf(letters)
		p.sounds = romanised(letters, p.syllables)
		return p
	}
	spelling := p.look
	if !strings.ContainsFunc(string(letters), func(r rune) bool { return r < utf8.RuneSelf }) {
		spelling = letters // no disguise: Russian "р" is an r and no p
	}
	p.sounds = speak(spelling)
	p.spelt = spell(spelling)
	return p
}

// look makes look-alikes one: letters of other scripts, digits and signs among letters, and pairs that read as one letter.
func look(letters []rune) []rune {
	t := shared()
	out := make([]rune, 0, len(letters))
	var alphabetic bool
	for _, r := range letters {
		alphabetic = alphabetic || unicode.IsLetter(r) && r < 0x2000
	}
	for i, r := range letters {
		if alike, ok := t.lookalikes[r]; ok {
			r = alike
		}
		if alphabetic {
			switch r {
			case '0':
				r = 'o'
			case '1', '!':
				// Between consonants it stands for a vowel.
				if r = 'l'; consonant(letters, i-1) && consonant(letters, i+1) {
					r = 'i'
				}
			case '3':
				r = 'e'
			case '4', '@':
				r = 'a'
			case '5', '$':
				r = 's'
			case '7':
				r = 't'
			}
		}
		if n := len(out); n > 0 && out[n-1] == 'r' && r == 'n' {
			out[n-1] = 'm'
			continue
		} else if n > 0 && out[n-1] == 'v' && r == 'v' {
			out[n-1] = 'w'
			continue
		}
		out = append(out, r)
	}
	return out
}

func consonant(letters []rune, i int) bool {
	return i >= 0 && i < len(letters) && letters[i] >= 'a' && letters[i] <= 'z' && !strings.ContainsRune("aeiou", letters[i])
}

//go:embed data
var data embed.FS

type tables struct {
	simplified map[rune]rune
	lookalikes map[rune]rune
	weak       map[string]bool
	shapes     map[[2]rune]bool // characters taken for one another at a glance
	parts      map[rune][2]rune // of a character
	concepts   map[string]int
	syllables  map[string]bool // toneless pinyin
}

// shared are the tables of the process, built at first use.
var shared = sync.OnceValue(func() *tables {
	t := &tables{
		simplified: map[rune]rune{}, lookalikes: map[rune]rune{}, weak: map[string]bool{}, shapes: map[[2]rune]bool{},
		parts: map[rune][2]rune{}, concepts: map[string]int{}, syllables: toneless(),
	}
	for fields := range rows("variants.txt") {
		simple, _ := utf8.DecodeRuneInString(fields[0])
		for _, other := range fields[1] {
			t.simplified[other] = simple
		}
	}
	for fields := range rows("lookalikes.txt") {
		if len(fields) < 2 || len(strings.TrimPrefix(fields[0], "~")) != 1 {
			continue
		}
		stands := rune(strings.ToLower(strings.TrimPrefix(fields[0], "~"))[0])
		for _, r := range strings.Join(fields[1:], "") {
			if r >= utf8.RuneSelf {
				t.lookalikes[r] = stands
			}
		}
	}
	for fields := range rows("weak.txt") {
		for _, w := range fields {
			t.weak[w] = true
		}
	}
	for fields := range rows("shapes.txt") {
		for _, alike := range fields {
			for _, a := range alike {
				for _, b := range alike {
					t.shapes[[2]rune{a, b}] = true
				}
			}
		}
	}
	for fields := range rows("parts.txt") {
		for _, field := range fields {
			if r := []rune(field); len(r) == 3 {
				t.parts[r[0]] = [2]rune{r[1], r[2]}
			}
		}
	}
	concept := 0
	for fields := range rows("concepts.txt") {
		concept++
		for _, w := range fields {
			if _, taken := t.concepts[w]; !taken {
				t.concepts[w] = concept
			}
		}
	}
	return t
})

// rows are the lines of a table as fields, without remarks and empty lines.
func rows(table string) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		file, err := data.Open("data/" + table)
		if err != nil {
			panic(err) // embedded
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			line := lines.Text()
			if line == "" || line[0] == '#' {
				continue
			}
			if !yield(strings.Fields(line)) {
				return
			}
		}
	}
}

// conceptsOf cuts a Han run into words whose meaning is known, the longest first; empty when a character is left over.
func (t *tables) conceptsOf(letters []rune) (means []int) {
	for i := 0; i < len(letters); {
		size := min(3, len(letters)-i)
		for ; size > 0; size-- {
			if c, ok := t.concepts[string(letters[i:i+size])]; ok {
				means = append(means, c)
				break
			}
		}
		if size == 0 {
			return nil
		}
		i += size
	}
	return means
}
