package text

import (
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// stars are signs put in place of a letter.
const stars = "*#?●✱×_"

const (
	maxWindow  = 64  // letters that a disguised mention may have
	maxPieces  = 26  // pieces that a name may be broken into
	maxChecked = 48  // candidates of one window that are remembered as aligned
	maxAligned = 512 // candidates aligned for one window
)

// element is one letter, digit or sign of a window as written.
type element struct {
	rune  rune // folded
	look  byte
	flags elementFlag
	at    int // rune offset
}

type elementFlag uint16

const (
	isDigit    elementFlag = 1 << iota // a digit or a sign, which may stand for a letter
	isSign                             // a sign
	isLikeness                         // of another script, only looks so
	isWeak                             // looks so only beside real Latin letters
	isAccented
	isSpelling // of those, as honest sellers write whose keyboard has them: Pokémon, Lancôme, Citroën
	isWild     // a star or the like in place of a letter
	afterGap   // separators stand before it
	afterImage // emoji stand before it
	afterBlank // invisible characters stand before it
)

// window is a stretch of text that may be a disguised name.
type window struct {
	text    [maxWindow]element
	n       int
	pieces  int // groups of glued tokens
	odd     int // of these, no ordinary word
	singles int // of these, one letter
	short   int // of these, two letters or fewer
	alien   int // of these, ordinary words that no name of several words has
	signs   int
	numbers int // pieces that are digits only
	wild    int
	work    int   // done with this window since it was made: look-ups and cells of alignments
	half    bool  // part of it is the sound of Chinese characters
	commas  int   // commas between single letters
	doubles int   // letters that repeat the one before them
	tight   int   // pieces parted by a sign without space that is no hyphen
	scripts uint8 // scripts of the look-alikes, as a set
	latin   int   // real Latin letters
	digits  int   // digits and signs
	first   int   // index of the first token
	last    int   // index of the last token
	native  bool
	whole   bool // all of a run of single letters
	key     [maxWindow]byte
	checked [maxChecked]int32
	near    neighbours
	extra   [maxWindow + 1]uint16 // cost of each element standing for nothing
	pair    [maxWindow + 1]byte   // what each element and the one before look like together
	grid    [maxWindow + 1][maxWindow + 1]uint16
}

// glued reports whether token i belongs to the same written word as the token before it.
func glued(tokens []token, i int) bool {
	t := &tokens[i]
	return i > 0 && (t.gap == 0 || t.gap == gapSign) && t.kind != letters.Ideograph && tokens[i-1].kind != letters.Ideograph
}

// isKnown reports whether t is an ordinary word, or the whole name of some mark.
func (m *Matcher) isKnown(t *token) bool {
	if t.flags&knownSeen == 0 {
		t.flags |= knownSeen
		if t.kind != letters.Letter || t.letters > 1 && knownWords().Has(t.hash) || m.named(t.hash) {
			t.flags |= known
		}
	}
	return t.flags&known != 0
}

// named reports whether one token of this hash is a whole name.
func (m *Matcher) named(hash uint64) bool {
	if !m.words.begins(hash) {
		return false
	}
	node, ok := m.words.step(0, hash)
	return ok && m.words.nodes[node].name >= 0
}

// disguisedAt appends the disguised mentions that begin at token i.
func (m *Matcher) disguisedAt(dst []Match, s string, sc *scratch, tokens []token, i int) []Match {
	t := &tokens[i]
	if m.spelt.used > 0 && m.spelt.begins(t.hash) {
		dst = m.speltAt(dst, s, tokens, i)
	}
	if glued(tokens, i) || i < sc.covered {
		return dst
	}
	if t.kind == letters.Letter && (t.gap == 0 || i+1 < len(tokens) && tokens[i+1].kind == letters.Ideograph) {
		dst = m.halfHan(dst, s, sc, tokens, i)
	}
	if t.flags&foreign != 0 && m.said.used > 0 && isCyrillic(s, t) {
		dst = m.saidAt(dst, s, tokens, i)
	}
	plain := t.flags&^(known|knownSeen) == 0 && t.kind == letters.Letter && (i+1 >= len(tokens) || !glued(tokens, i+1)) && t.gap&gapSign == 0
	if plain && t.letters > 2 && (t.end >= len(s) || asciiGap[s[t.end]] != gapSign) {
		if m.isKnown(t) {
			return m.afterKnown(dst, s, sc, tokens, i)
		}
	}
	return m.windows(dst, s, sc, tokens, i)
}

// afterKnown tries names of which the first word or part is an ordinary word: "louis vuiton", "bag_uette".
func (m *Matcher) afterKnown(dst []Match, s string, sc *scratch, tokens []token, i int) []Match {
	if i+1 >= len(tokens) {
		return dst
	}
	next := &tokens[i+1]
	if next.gap&(gapStop|gapOther) != 0 || next.kind != letters.Letter {
		return dst
	}
	plain := next.flags&^(known|knownSeen) == 0 && (i+2 >= len(tokens) || !glued(tokens, i+2))
	switch {
	case next.gap&gapSpace == 0 && next.gap&^gapHyphen != 0 && next.gap&^(gapConnector|gapDot|gapHyphen|gapPicture) == 0:
	case m.parts.has(next.hash) && !everydayWords().Has(tokens[i].hash): // "Ernst Jones"
	case plain && next.letters > 2 && m.isKnown(next) && (!m.parts.has(tokens[i].hash) || everydayWords().Has(next.hash) && !m.parts.has(next.hash)):
		return dst
	case plain && next.letters <= 2 && !m.parts.has(tokens[i].hash):
		return dst
	}
	return m.windows(dst, s, sc, tokens, i)
}

// speltAt appends the Chinese names that are spelt in pinyin from token i on.
func (m *Matcher) speltAt(dst []Match, s string, tokens []token, i int) []Match {
	node, ok := m.spelt.step(0, tokens[i].hash)
	foreigners := 0
	for j := i; ok; {
		at := &m.spelt.nodes[node]
		if !everydayWords().Has(tokens[j].hash) {
			foreigners++
		}
		if at.name >= 0 && (j-i >= 2 || foreigners > j-i || j > i && foreigners > 0) && bounded(&m.names[at.name], s, tokens, i, j) && tokens[i].gap != 0 {
			dst = append(dst, Match{Name: int(at.name), Start: tokens[i].rune, End: tokens[j].endRune(), Disguise: Homophone})
		}
		j++
		if !at.inner || j >= len(tokens) || tokens[j].gap&^(gapSpace|gapHyphen|gapQuote|gapDot|gapConnector) != 0 {
			return dst
		}
		node, ok = m.spelt.step(node, tokens[j].hash)
	}
	return dst
}

// windows tries the stretches of text that begin at token i, longest names first.
func (m *Matcher) windows(dst []Match, s string, sc *scratch, tokens []token, i int) []Match {
	w := &sc.window
	w.begin(i)
	var best Match
	bestLetters, bestCost, bestEnd := 0, 0, 0
	long := 0
	inner := i > 0 && tokens[i-1].letters == 1 && runOn(tokens, i)
	if inner && i > 2 && runOn(tokens, i-1) && runOn(tokens, i-2) {
		return dst // deep inside a run of single letters; strays before a name are one or two
	}
	for k := i; k < len(tokens) && w.pieces < maxPieces; {
		end := k
		for end+1 < len(tokens) && glued(tokens, end+1) {
			end++
		}
		if !m.addPiece(s, w, tokens, k, end) {
			break
		}
		if w.n-w.wild-w.doubles > m.near.longest+2 {
			break
		}
		w.last = end
		if piece := tokens[end].endRune() - tokens[k].rune; piece > 2 {
			long++
		}
		ends := end+1 >= len(tokens) || !runOn(tokens, end+1)
		if w.singles == w.pieces && w.pieces > 1 && inner && !ends {
			k = end + 1
			continue // neither end of this stretch is an end of the run of letters
		}
		w.whole = !inner && ends
		if w.odd > 0 || w.singles >= 3 || w.short >= 2 || w.wild > 0 || w.tight > 0 {
			match, size, cost, ok := m.tryWindow(s, w, tokens)
			if !ok && (w.pieces == 1 || w.singles < w.pieces) && m.addTail(s, w, tokens[end].end) {
				match, size, cost, ok = m.tryWindow(s, w, tokens)
				w.n--
				w.signs--
				w.digits--
			}
			if ok && (size > bestLetters || size == bestLetters && cost < bestCost) {
				best, bestLetters, bestCost, bestEnd = match, size, cost, end
			}
		}
		k = end + 1
		if k >= len(tokens) {
			break
		}
		if comma := tokens[k].listed(); comma && runOn(tokens, k) && w.singles == w.pieces {
			w.commas++
		} else if comma {
			break
		}
		if !tokens[k].listed() && tokens[k].gap&(gapStop|gapOther) != 0 || tokens[k].kind == letters.Ideograph || long > 4 || w.alien > 0 && w.pieces > 1 {
			break
		}
	}
	if bestLetters > 0 {
		dst = append(dst, best)
		sc.covered = max(sc.covered, bestEnd+1)
	}
	return dst
}

// begin empties the window for a mention that begins at token i.
func (w *window) begin(i int) {
	w.n, w.pieces, w.odd, w.singles, w.short, w.alien, w.signs, w.wild, w.tight, w.numbers = 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	w.latin, w.digits, w.first, w.native, w.scripts, w.doubles, w.commas, w.half = 0, 0, i, false, 0, 0, 0, false
}

// spell adds the letters of a spelling, all of which stand at one rune offset.
func (w *window) spell(table *letters.Table, spelling string, at int) {
	for _, r := range spelling {
		w.addRune(table, r, table.Of(r), at, 0)
	}
}

// runOn reports whether token i is a single letter that goes on a run of such.
func runOn(tokens []token, i int) bool {
	t := &tokens[i]
	return t.letters == 1 && (t.gap&(gapStop|gapOther) == 0 || t.listed()) && t.kind != letters.Ideograph
}

// addTail adds the sign right after a word, which may be its last letter: Gucc!
func (m *Matcher) addTail(s string, w *window, i int) bool {
	if i >= len(s) || w.n >= maxWindow-1 {
		return false
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	cell := m.table.Of(r)
	if cell.Kind != letters.Sign || i+size < len(s) && s[i+size] < utf8.RuneSelf && asciiGap[s[i+size]] == 0 {
		return false
	}
	last := &w.text[w.n-1]
	w.addRune(m.table, r, cell, last.at+1, 0)
	return true
}

// barred reports whether single letters are parted by signs: N|I|K|E.
func barred(tokens []token, from, end int) bool {
	for k := from; k <= end; k++ {
		if tokens[k].letters != 1 || k > from && tokens[k].gap != gapSign {
			return false
		}
	}
	return end-from >= 2
}

// addBarred adds letters parted by signs, each as a piece of its own.
func (m *Matcher) addBarred(s string, w *window, tokens []token, from, end int) bool {
	for k := from; k <= end; k++ {
		t := &tokens[k]
		if w.n >= maxWindow-2 {
			return false
		}
		r, _ := utf8.DecodeRuneInString(s[t.start:])
		var flags elementFlag
		if w.pieces > 0 {
			flags = afterGap
		}
		w.addRune(m.table, r, m.table.Of(r), t.rune, flags)
		w.pieces++
		w.singles++
		w.short++
	}
	return true
}

// tightGap is a gap that no space is part of, as between the halves of a name that was broken on purpose.
func tightGap(g gap) bool {
	return g != 0 && g&^(gapConnector|gapDot|gapHyphen|gapPicture) == 0
}

// addPiece adds tokens from to end, one written word, to the window; false when it cannot be part of a name.
func (m *Matcher) addPiece(s string, w *window, tokens []token, from, end int) bool {
	count := w.n
	first := &tokens[from]
	lead := first.start
	if g := first.gap; g&gapSign != 0 && lead > 0 { // $upreme: the sign before the word may be its first letter
		r, size := utf8.DecodeLastRuneInString(s[:lead])
		begins := w.pieces == 0 || g&gapSpace != 0 && s[lead-size-1] == ' ' // and so may that of a later word: k@te $pade
		if m.table.Of(r).Kind == letters.Sign && begins && (first.letters > 1 || from < end) {
			lead -= size
		}
	}
	var pending elementFlag
	if w.pieces > 0 {
		switch g := first.gap; {
		case g&gapPicture != 0:
			pending = afterImage
		case g != 0:
			pending = afterGap
		}
		if tightGap(first.gap) && first.gap != gapHyphen {
			w.tight++
		}
		if wild := first.sign; strings.ContainsRune(stars, wild) && (first.letters > 1 || w.singles < w.pieces) && first.gap&gapSpace == 0 {
			if w.n >= maxWindow {
				return false
			}
			w.text[w.n] = element{flags: isWild, at: first.rune - 1}
			w.n++
			w.wild++
			pending = 0
		}
	}
	at := first.rune - utf8.RuneCountInString(s[lead:first.start])
	stop := tokens[end].end
	if barred(tokens, from, end) {
		return m.addBarred(s, w, tokens, from, end)
	}
	counted, letterCount := 0, 0
	for i := lead; i < stop; {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		cell := m.table.Of(r)
		i += size
		if cell.Kind == letters.Ignored {
			pending |= afterBlank
			w.work++
			at++
			continue
		}
		if cell.Kind == letters.Separator {
			pending |= afterGap
			at++
			continue
		}
		if w.n >= maxWindow-2 {
			return false
		}
		counted++
		w.work++
		if cell.Kind == letters.Letter {
			letterCount++
		}
		w.addRune(m.table, r, cell, at, pending)
		pending = 0
		at++
	}
	w.pieces++
	if letterCount == 0 && w.n-count > 1 && w.pieces == 1 {
		return false // a number begins no disguise
	}
	if letterCount == 0 {
		w.numbers++
	}
	if counted == 1 {
		w.singles++
	}
	if counted <= 2 {
		w.short++
	}
	switch {
	case m.isOdd(tokens, from, end, lead < first.start):
		w.odd++
	case w.pieces == 1 && from == end && end+1 < len(tokens) && counted > 1 && first.kind == letters.Letter && m.parts.has(tokens[end+1].hash) &&
		!m.parts.has(first.hash) && !everydayWords().Has(first.hash):
		w.odd++
	case w.pieces > 1 && from == end && counted > 2 && first.kind == letters.Letter && !everydayWords().Has(first.hash) && m.parts.has(tokens[w.first].hash):
		w.odd++ // "Ray Bann": a word of some language, but here beside the first word of a name
	case counted > 2 && !m.parts.has(first.hash) && (from < end || everydayWords().Has(first.hash)):
		w.alien++
	}
	return true
}

func (w *window) addRune(table *letters.Table, r rune, cell *letters.Cell, at int, flags elementFlag) {
	folded := r
	if cell.Fold != 0 {
		folded = cell.Fold
	}
	if cell.Flags&letters.LooksOnly != 0 {
		flags |= isLikeness
		w.scripts |= scriptOf(r)
	}
	if cell.Flags&letters.WeakLook != 0 {
		flags |= isWeak
	}
	if cell.Flags&letters.Accented != 0 {
		flags |= isAccented
		if strings.ContainsRune(spellingAccents, r) {
			flags |= isSpelling
		}
	}
	switch {
	case cell.Kind == letters.Sign:
		flags |= isDigit | isSign
		w.digits++
		w.signs++
	case cell.Kind == letters.Digit:
		flags |= isDigit
		w.digits++
	case cell.Look != 0 && cell.Flags&letters.LooksOnly == 0:
		w.latin++
	case cell.Look == 0 && cell.Flags&letters.Expands == 0:
		w.native = true
	}
	if cell.Flags&letters.Expands != 0 {
		for _, x := range table.Expand(r) {
			if w.n < maxWindow {
				w.text[w.n] = element{rune: x, look: table.Of(x).Look, flags: flags, at: at}
				w.n++
				flags &^= afterGap | afterImage | afterBlank
			}
		}
		return
	}
	if w.n > 0 && w.text[w.n-1].rune == folded {
		w.doubles++
	}
	w.text[w.n] = element{rune: folded, look: cell.Look, flags: flags, at: at}
	w.n++
}

// spellingAccents are the letters that names are written with in French, Spanish, German and the languages of the north.
// spellingMarks are their accents as marks of their own, as some keyboards and file systems write them.
const (
	spellingAccents = "éèêëôöüçñåäÉÈÊËÔÖÜÇÑÅÄ"
	spellingMarks   = "\u0300\u0301\u0302\u0303\u0308\u030a\u0327"
)

// scriptOf is a bit for the script of a look-alike.
func scriptOf(r rune) uint8 {
	switch {
	case r < 0x370:
		return 0
	case r < 0x400:
		return 1
	case r < 0x530:
		return 2
	case r < 0x590:
		return 4
	case r >= 0x13A0 && r < 0x1400 || r >= 0xAB70 && r < 0xABC0:
		return 8
	case r >= 0x1D00 && r < 0x1D80 || r >= 0xA720 && r < 0xA800 || r >= 0x250 && r < 0x2B0:
		return 16 // phonetic letters
	}
	return 32
}

// mixed reports whether the look-alikes are of several scripts, or beside real Latin letters: no word is written so.
func (w *window) mixed() bool {
	return w.scripts != 0 && (w.latin > 0 || w.scripts&(w.scripts-1) != 0 || w.scripts&48 != 0)
}

// isOdd reports whether a written word is nothing ordinary: unknown, or mixed of letters, digits, signs and scripts.
func (m *Matcher) isOdd(tokens []token, from, end int, signs bool) bool {
	t := &tokens[from]
	if t.flags&hidden != 0 || signs {
		return true
	}
	if from == end {
		if t.kind == letters.Digit {
			return false
		}
		if t.flags&native != 0 && !m.near.native {
			return false
		}
		return t.letters > 1 && !m.isKnown(t)
	}
	for k := from; k <= end; k++ {
		if tokens[k].kind == letters.Letter {
			return true
		}
	}
	return false
}

// tryWindow returns the best name that the window may be, the letters of that name and the cost of the alignment.
func (m *Matcher) tryWindow(s string, w *window, tokens []token) (Match, int, int, bool) {
	x := search{matcher: m, s: s, window: w, tokens: tokens}
	plain := x.key(false)
	if plain>>lengthShift < 2 {
		return Match{}, 0, 0, false
	}
	w.prepare()
	keyed, bag := x.keyed, x.bag
	if w.hasPair() {
		x.paired = true
		x.keys(x.key(true))
		x.keyed, x.bag = keyed, bag
	}
	x.keys(plain)
	return x.match, x.letters, x.cost, x.letters > 0
}

// hasPair reports whether two letters that look like one stand side by side.
func (w *window) hasPair() bool {
	for i := 1; i < w.n; i++ {
		if a, b := w.text[i-1].look, w.text[i].look; a == 'r' && b == 'n' || a == 'c' && b == 'l' {
			return true
		}
	}
	return false
}

// key reduces the window to the first letters of its key, and counts all of them.
func (x *search) key(pairs bool) uint64 {
	w := x.window
	key, before := w.key[:0], byte(0)
	for i := range w.n {
		e := &w.text[i]
		if e.flags&isWild != 0 {
			before = 0
			continue
		}
		if i > 0 && w.text[i-1].flags&isWild != 0 && len(key) > 0 && e.look != 0 && key[len(key)-1] == classes[e.look] {
			key = append(key, classes[e.look]) // the starred letter stood between
		} else {
			key = appendKey(key, e.rune, e.look, before, pairs)
		}
		before = e.look
	}
	x.keyed, x.bag = len(key), bagOf(key)
	return packed(key)
}

// keys looks a key and its neighbourhood up.
func (x *search) keys(p uint64) {
	w := x.window
	depth := 0
	switch run := w.singles == w.pieces; {
	case w.pieces > 3 && !run || run && w.pieces > 1 && !w.whole:
	case x.keyed >= 7 && w.digits == 0:
		depth = 2
	case x.keyed >= 3:
		depth = 1
	}
	if w.pieces > 1 && w.singles != w.pieces && (w.short > 1 || w.odd == 0 || w.alien > 0) {
		depth = min(depth, w.wild)
	}
	index := &x.matcher.near
	if len(index.present) == 0 {
		return
	}
	hits := 0
	w.work += len(w.near)
	for _, hash := range w.near[:neighbourhood(&w.near, p, depth)] { // first the bitmap alone, so that its reads overlap
		bits := presence(hash)
		w.near[hits] = hash
		if index.present[hash>>index.shift]&bits == bits {
			hits++
		}
	}
	var from, to [len(w.near)]uint32
	for i, hash := range w.near[:hits] {
		bucket := hash >> index.narrow
		from[i], to[i] = index.offsets[bucket], index.offsets[bucket+1]
	}
	for i, hash := range w.near[:hits] {
		for _, entry := range index.entries[from[i]:to[i]] {
			if entry.hash == uint32(hash) {
				x.consider(entry.name)
			}
		}
	}
}

// search gathers the best candidate for a window.
type search struct {
	matcher *Matcher
	s       string
	window  *window
	tokens  []token
	keyed   int
	bag     uint32 // letters of the key
	paired  bool   // the key differs when rn is m
	seen    int
	match   Match
	letters int
	cost    int
}

func (x *search) consider(id int32) {
	fact, w := &x.matcher.near.facts[id], x.window
	slack := int(fact.edits) + w.wild + w.signs
	longer := int(fact.keyed) - x.keyed
	if fact.pairs || x.paired {
		if longer > slack+3 || longer < -slack-4 {
			return
		}
	} else if longer > 2*slack || longer < -2*slack-1 || bits.OnesCount32(fact.bag^x.bag) > 2*slack+1 {
		return // one more for a plural
	}
	if x.seen >= maxAligned {
		return // among names made to be alike
	}
	for i := range min(x.seen, maxChecked) {
		if w.checked[i] == id {
			return
		}
	}
	if x.seen < maxChecked {
		w.checked[x.seen] = id
	}
	x.seen++
	n := &x.matcher.names[id]
	cost, ok := x.matcher.align(w, n)
	if !ok || x.letters > 0 && (cost > x.cost || cost == x.cost && n.letters <= x.letters) {
		return
	}
	d, start, end, ok := x.matcher.explain(w, n)
	if !ok || !x.matcher.credible(x.s, w, n, d, cost/edit, x.tokens) {
		return
	}
	x.match = Match{Name: int(n.id), Start: start, End: end, Disguise: d}
	x.letters, x.cost = n.letters, cost
}
