package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// Names of the Latin script are written in Cyrillic as they are said: Найк, Гуччи, Луи Виттон. A name is reduced to
// what it may sound like, each way of saying it a key; a Cyrillic word has one key; they are looked up as they stand.

// A key spells sounds in bytes, none twice side by side: small letters as in Russian transliteration, z as s, and C ч,
// S ш, Z ж, J дж.
const (
	waysToSay   = 24 // keys of one name at most, the likeliest first
	wordsToSay  = 3  // words of a name at most
	shortestKey = 4  // sounds that a key must have: fewer are any word
)

// cyrillicSounds says how each Cyrillic letter sounds, from U+0400 on: up to two sounds; a dot alone is a hard or soft
// sign, which has none, and an empty place a letter that no rule knows.
var cyrillicSounds = func() (sounds [firstBeyond - firstCyrillic]string) {
	for r, sound := range map[rune]string{
		'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "o", 'ж': "Z", 'з': "s", 'и': "i", 'й': "i", 'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o",
		'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h", 'ц': "ts", 'ч': "C", 'ш': "S", 'щ': "S", 'ъ': ".", 'ы': "i", 'ь': ".", 'э': "e", 'ю': "u",
		'я': "a", 'і': "i", 'ї': "i", 'є': "e", 'ґ': "g", 'ў': "u",
	} {
		sounds[r-firstCyrillic], sounds[unicode.ToUpper(r)-firstCyrillic] = sound, sound
	}
	return sounds
}()

// The block of Cyrillic letters and its supplement.
const (
	firstCyrillic = 0x400
	firstBeyond   = 0x530
)

// A spelling says how some Latin letters may sound, the likeliest first.
type spelling struct {
	letters string
	sounds  []string
}

// latinSpellings are tried in order at each letter of a word. A $ at the end wants the end of the word, a ^ at the
// beginning its beginning, a + after letters a further e, i or y, a * a consonant and the last e of the word.
var latinSpellings = func() (list []spelling) {
	for _, line := range strings.Fields(`
		^x:s,ks ^sch:S,sk sch:S,sk ch:C,S,k,h cch:k cc+:C cc:k ck:k c+:s,C c:k sh:S ph:f th:t,s gh:g, gn:n,gn gue:ge,gu gui:gi,gui g+:J,g,Z g:g
		j:J,i,Z,h ^h:h,g, h:h, qu:k,kv q:k x$:ks, x:ks tz:ts zz:ts,s z:s wh:v,u w:v,u y$:i y*:ai y:i,ai
		eaux$:o eau:o ael:l,ael ae:e,a aî:e ai:e,ai,ei a*:ei,a ay:ei,ai aux$:o au:o,au ^a:a,e a:a,e
		ea:i,e,ea ee:i ei:ai,ei,i eu:o,e,u,oi ew:u ey:i,ei e$:,e ^e:e,i e:e
		iers$:e,iers ier$:e,ier ies$:is,i ie:i,ie,e i*:ai,i ia:ia,a i:i,ai
		oe:e,o,oe oi:ua,oi oo:u ou:u,au,ou ow:au,o o*:o,ou o:o,a ue$:,u ue:u,e u*:u ui:ui,i uo:uo,o u:u,a,o
		ss:s s$:s, s:s tt:t t$:t, t:t dt:t d:d b:b f:f k:k l:l m:m n:n p:p r:r v:v`) {
		letters, sounds, _ := strings.Cut(line, ":")
		list = append(list, spelling{letters, strings.Split(sounds, ",")})
	}
	return list
}()

// spellingsBy are the places in latinSpellings of those that begin with a letter.
var spellingsBy = func() (by ['z' + 1][]*spelling) {
	for i := range latinSpellings {
		c := strings.TrimPrefix(latinSpellings[i].letters, "^")[0]
		by[c] = append(by[c], &latinSpellings[i])
	}
	return by
}()

// fits reports whether the spelling stands at letter i of the word, and how many letters it takes.
func (p *spelling) fits(word string, i int) (int, bool) {
	pattern := p.letters
	if pattern[0] == '^' {
		if i > 0 {
			return 0, false
		}
		pattern = pattern[1:]
	}
	last := pattern[len(pattern)-1]
	plain := strings.TrimRight(pattern, "$+*")
	if !strings.HasPrefix(word[i:], plain) {
		return 0, false
	}
	end := i + len(plain)
	switch last {
	case '$':
		return len(plain), end == len(word)
	case '+':
		return len(plain), end < len(word) && strings.IndexByte("eiy", word[end]) >= 0
	case '*':
		return len(plain), len(word) == end+2 && word[end+1] == 'e' && strings.IndexByte("aeiouy", word[end]) < 0
	}
	return len(plain), true
}

// choices appends what each part of a word may sound like; false when the word has a letter that no rule knows.
func choices(out []*spelling, word string) ([]*spelling, bool) {
	for i := 0; i < len(word); {
		taken := 0
		for _, p := range spellingsBy[word[i]] {
			if n, ok := p.fits(word, i); ok {
				out, taken = append(out, p), n
				break
			}
		}
		if taken == 0 {
			return out, false
		}
		i += taken
	}
	return out, true
}

// sayer finds the keys of names, one after the other.
type sayer struct {
	parts  []*spelling
	picked [maxWindow]uint8 // which sound of each part
	key    [2 * maxWindow]byte
	seen   [waysToSay]uint64
	n      int
}

// sayings returns up to waysToSay hashes of keys of a name: of the likeliest sound of each part, then of those with one
// part, two and three parts said otherwise. They hold until the next call.
func (x *sayer) sayings(words []string) []uint64 {
	x.parts, x.n = x.parts[:0], 0
	for _, word := range words {
		var ok bool
		if x.parts, ok = choices(x.parts, word); !ok || len(x.parts) > 24 {
			return nil
		}
	}
	for depth := range 4 {
		x.vary(0, depth)
	}
	return x.seen[:x.n]
}

// vary says depth parts, from one on, otherwise than is likeliest.
func (x *sayer) vary(from, depth int) {
	if depth == 0 {
		x.add()
		return
	}
	for i := from; i < len(x.parts) && x.n < len(x.seen); i++ {
		for k := 1; k < len(x.parts[i].sounds) && x.n < len(x.seen); k++ {
			x.picked[i] = uint8(k)
			x.vary(i+1, depth-1)
		}
		x.picked[i] = 0
	}
}

// add keeps the hash of the key that is picked, unless it is there or the key too short.
func (x *sayer) add() {
	key := x.key[:0]
	for i, p := range x.parts {
		sound := p.sounds[x.picked[i]]
		for k := range len(sound) {
			if n := len(key); n == 0 || key[n-1] != sound[k] {
				key = append(key, sound[k])
			}
		}
	}
	hash := keyHash(key)
	if len(key) >= shortestKey && x.n < len(x.seen) && !slices.Contains(x.seen[:x.n], hash) {
		x.seen[x.n] = hash
		x.n++
	}
}

// saidIndex finds names by the hashes of their keys, in open addressing. A slot holds saidCheck lower bits of the hash,
// by which it is placed too, and above them the name plus one; 0 is empty.
type saidIndex struct {
	slots []uint64
	used  int
}

const saidCheck = 40

func keyHash(key []byte) uint64 {
	hash := letters.Seed
	for _, c := range key {
		hash = letters.Add(hash, rune(c))
	}
	return letters.Finish(hash)
}

// slot returns the place of a hash: where it stands, or the empty place where it may be put.
func (x *saidIndex) slot(hash uint64) uint64 {
	mask := uint64(len(x.slots) - 1)
	i := hash & mask
	for x.slots[i] != 0 && (x.slots[i]^hash)&(1<<saidCheck-1) != 0 {
		i = (i + 1) & mask
	}
	return i
}

// add gives a hash to a name unless another name has it already.
func (x *saidIndex) add(hash uint64, name int32) {
	if x.used*4 >= len(x.slots)*3 {
		old := x.slots
		x.slots = make([]uint64, max(1<<10, 2*len(old)))
		for _, s := range old {
			if s != 0 {
				x.slots[x.slot(s)] = s
			}
		}
	}
	if i := x.slot(hash); x.slots[i] == 0 {
		x.slots[i] = hash&(1<<saidCheck-1) | uint64(name+1)<<saidCheck
		x.used++
	}
}

func (x *saidIndex) find(hash uint64) (int32, bool) {
	s := x.slots[x.slot(hash)]
	return int32(s>>saidCheck) - 1, s != 0
}

// compileSaid indexes how name i may be said.
func (m *Matcher) compileSaid(x *sayer, i int, tokens []token, s string) {
	n := &m.names[i]
	if n.ordinary || n.digits > 0 || len(tokens) > wordsToSay || n.letters < 4 || n.letters > 24 {
		return
	}
	var words []string
	for _, t := range tokens {
		word, ok := m.plainWord(s[t.start:t.end])
		if !ok {
			return
		}
		if n := len(words); n > 0 && t.gap == gapQuote {
			words[n-1] += word // Kiehl's
			continue
		}
		words = append(words, word)
	}
	for _, hash := range x.sayings(words) {
		m.said.add(hash, int32(i))
	}
}

// plainWord is a word of Latin letters in a to z; false when it has letters of another script.
func (m *Matcher) plainWord(s string) (string, bool) {
	var b strings.Builder
	for _, r := range s {
		cell := m.table.Of(r)
		switch {
		case cell.Kind == letters.Ignored:
			continue
		case cell.Flags&letters.LooksOnly != 0:
			return "", false
		case cell.Flags&letters.Expands != 0:
			b.WriteString(m.table.Expand(r))
		default:
			b.WriteByte(cell.Look)
		}
	}
	word := b.String()
	return word, !strings.ContainsFunc(word, func(r rune) bool { return r < 'a' || r > 'z' })
}

// isCyrillic reports whether a token begins with a letter of that script.
func isCyrillic(s string, t *token) bool {
	r, _ := utf8.DecodeRuneInString(s[t.start:])
	return t.kind == letters.Letter && r >= firstCyrillic && r < firstBeyond
}

// say appends the sounds of a Cyrillic word to a key; false when it has a letter of another script.
func say(key []byte, word string) ([]byte, bool) {
	for _, r := range word {
		if r < firstCyrillic || r >= firstBeyond || len(key) > maxWindow {
			return key, false
		}
		sound := cyrillicSounds[r-firstCyrillic]
		switch sound {
		case "":
			return key, false
		case ".":
			continue
		}
		if sound == "Z" && len(key) > 0 && key[len(key)-1] == 'd' {
			key[len(key)-1] = 'J'
			continue
		}
		for i := range len(sound) {
			if n := len(key); n == 0 || key[n-1] != sound[i] {
				key = append(key, sound[i])
			}
		}
	}
	return key, true
}

// saidAt appends the Latin name that is written in Cyrillic from token i on, the longest if there are several.
func (m *Matcher) saidAt(dst []Match, s string, tokens []token, i int) []Match {
	if tokens[i].letters > maxWindow || m.isKnown(&tokens[i]) && !m.maySay(s, tokens, i) {
		return dst
	}
	var buffer [2 * maxWindow]byte
	key := buffer[:0]
	best := Match{Name: -1}
	unknown, capitals := false, true
	for j := i; j < len(tokens) && j < i+wordsToSay; j++ {
		t := &tokens[j]
		if t.letters > maxWindow || j > i && t.gap&^(gapSpace|gapHyphen) != 0 || !isCyrillic(s, t) {
			break
		}
		before := len(key)
		var ok bool
		if key, ok = say(key, s[t.start:t.end]); !ok {
			break
		}
		first, _ := utf8.DecodeRuneInString(s[t.start:])
		unknown, capitals = unknown || !m.isKnown(t), capitals && unicode.IsUpper(first)
		id, found := int32(0), false
		if unknown || capitals && (j > i && len(key) >= 2*shortestKey || len(key) > shortestKey && named(s, tokens, i)) {
			id, found = m.saidName(key, len(key)-before)
		}
		if found && (j+1 >= len(tokens) || tokens[j+1].gap != 0) {
			best = Match{Name: int(id), Start: tokens[i].rune, End: t.endRune(), Disguise: Variant}
		}
		if star := j + 1; j == i && star < len(tokens) && tokens[star].gap == gapConnector && strings.ContainsRune(stars, tokens[star].sign) && tokens[star].letters <= maxWindow && isCyrillic(s, &tokens[star]) {
			if id, found := m.starred(key, s[tokens[star].start:tokens[star].end]); found {
				best = Match{Name: int(id), Start: t.rune, End: tokens[star].endRune(), Disguise: Leet | Variant}
			}
		}
	}
	if best.Name < 0 {
		return dst
	}
	return append(dst, best)
}

// maySay reports whether a name may begin with the ordinary word at token i: a capital, or a word beside it that is
// none.
func (m *Matcher) maySay(s string, tokens []token, i int) bool {
	if first, _ := utf8.DecodeRuneInString(s[tokens[i].start:]); unicode.IsUpper(first) {
		return true
	}
	return i+1 < len(tokens) && tokens[i+1].gap&^(gapSpace|gapHyphen) == 0 && isCyrillic(s, &tokens[i+1]) && !m.isKnown(&tokens[i+1])
}

// named reports whether the capital of token i says that it is a name: the word before it has none.
func named(s string, tokens []token, i int) bool {
	if i == 0 || tokens[i].gap != gapSpace || !isCyrillic(s, &tokens[i-1]) {
		return false
	}
	before, _ := utf8.DecodeRuneInString(s[tokens[i-1].start:])
	return unicode.IsLower(before)
}

// saidName looks a key up, and if the last word has so many sounds the key less a case ending.
func (m *Matcher) saidName(key []byte, last int) (int32, bool) {
	for cut := range 3 {
		if cut > 0 && (last-cut < shortestKey+1 || strings.IndexByte("aeiou", key[len(key)-cut]) < 0) {
			break
		}
		if len(key)-cut < shortestKey {
			break
		}
		if id, ok := m.said.find(keyHash(key[:len(key)-cut])); ok {
			return m.names[id].id, true
		}
	}
	return 0, false
}

// starred looks a word up of which a letter is starred: РОЛ*КС.
func (m *Matcher) starred(head []byte, tail string) (int32, bool) {
	var buffer [2 * maxWindow]byte
	for _, c := range []byte("aeiouCSZJbdfghklmnprstv") {
		key := append(append(buffer[:0], head...), c)
		key, ok := say(key, tail)
		if !ok {
			return 0, false
		}
		if id, found := m.saidName(key, 0); found {
			return id, true
		}
	}
	return 0, false
}
