package text

import (
	"strings"
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// soundTrie holds names with Han, kana, Hangul or Thai letters. A step is the toneless sound of a Han character, or the
// folded rune itself.
type soundTrie struct {
	edges map[uint64]int32
	nodes []soundNode
	first []uint64 // bitmap over pairs of first and second step, or the first alone for names of one rune
	mixed bool     // some name begins with a letter or digit
}

type soundNode struct {
	names []int32
	inner bool
}

// pathStep is one rune of the text on a way through the trie.
type pathStep struct {
	written rune // as it stands in the text
	folded  rune
	gap     gap
	split   bool // two runes stood for this one
	hidden  bool // invisible characters stood before it
	spelt   bool // Latin letters stood for this one: its pinyin
	initial bool // of these only the first
	start   int  // rune offset
	end     int
	from    int // byte offsets of the rune
	last    int
}

const longestHan = 24 // runes of a name that are compared

type soundWalk struct {
	path   [longestHan]pathStep
	dst    []Match
	work   int // nodes visited and names judged since it was made
	budget int // steps in Latin letters that may still be tried, so that a hostile text cannot walk the whole trie
}

// spellings is how many steps in Latin letters are tried for one mention.
const spellings = 96

// latinStep is the second step of the bitmap for a name whose second character may be written in Latin letters.
const latinStep = 1 << 30

const runeStep = 1 << 12 // steps from here on are runes, below sounds

func stepOf(folded rune, sound uint16) uint32 {
	if sound != 0 {
		return uint32(sound)
	}
	return runeStep + uint32(folded)
}

func pairBit(a, b uint32) uint32 { return (a*0x9e3779b1 ^ b*0x85ebca6b) >> 13 }

func (t *soundTrie) mark(a, b uint32) {
	if t.first == nil {
		t.first = make([]uint64, 1<<19/64)
	}
	i := pairBit(a, b)
	t.first[i>>6] |= 1 << (i & 63)
}

func (t *soundTrie) begins(a, b uint32) bool {
	i := pairBit(a, b)
	return t.first[i>>6]&(1<<(i&63)) != 0
}

func (t *soundTrie) add(steps []uint32, name int32) {
	if t.edges == nil {
		t.edges = map[uint64]int32{}
		t.nodes = []soundNode{{}}
	}
	if len(steps) == 1 {
		t.mark(steps[0], 0)
	} else {
		t.mark(steps[0], steps[1])
		t.mark(steps[0], latinStep)
	}
	node := int32(0)
	for _, s := range steps {
		t.nodes[node].inner = true
		key := uint64(node)<<32 | uint64(s)
		to, ok := t.edges[key]
		if !ok {
			to = int32(len(t.nodes))
			t.nodes = append(t.nodes, soundNode{})
			t.edges[key] = to
		}
		node = to
	}
	t.nodes[node].names = append(t.nodes[node].names, name)
}

func (t *soundTrie) seal() {}

// compileHan compiles a name that has letters of a script without spaces.
func (m *Matcher) compileHan(i int, s string) {
	n := &m.names[i]
	var steps [][]uint32
	for _, r := range s {
		cell := m.table.Of(r)
		if cell.Kind == letters.Separator || cell.Kind == letters.Ignored || cell.Kind == letters.Sign {
			continue
		}
		folded := r
		if cell.Fold != 0 {
			folded = cell.Fold
		}
		if len(n.han) == 0 && cell.Kind != letters.Ideograph {
			m.sounds.mixed = true
		}
		n.han = append(n.han, folded)
		n.written = append(n.written, r)
		of := m.table.Of(folded)
		options := []uint32{stepOf(folded, of.Sound)}
		for _, sound := range m.table.Readings(folded) {
			options = append(options, uint32(sound))
		}
		steps = append(steps, options)
	}
	n.letters, n.words = len(n.han), 1
	if len(n.han) == 0 || len(n.han) > longestHan {
		n.han = nil
		return
	}
	n.everyday = len(n.han) == 1
	n.ordinary = n.ambiguous || n.everyday
	ways := [][]uint32{nil}
	for _, options := range steps {
		var longer [][]uint32
		for _, way := range ways {
			for k, o := range options {
				if k > 0 && len(ways) >= 8 {
					break
				}
				longer = append(longer, append(way[:len(way):len(way)], o))
			}
		}
		ways = longer
	}
	for _, way := range ways {
		m.sounds.add(way, int32(i))
	}
	if !m.exact && !m.fixed && !n.ambiguous {
		m.compilePinyin(i)
	}
}

// compilePinyin lets a Chinese name be found in Latin letters, syllable by syllable.
func (m *Matcher) compilePinyin(i int) {
	n := &m.names[i]
	if len(n.han) < 2 || len(n.han) > 8 {
		return
	}
	var syllables []token
	spelt := ""
	for _, r := range n.han {
		cell := m.table.Of(r)
		if cell.Sound == 0 {
			return
		}
		spelling := m.table.Spelling(cell.Sound)
		spelt += spelling
		syllables = append(syllables, token{hash: m.table.HashWord(spelling), letters: len(spelling), kind: letters.Letter, gap: gapSpace})
	}
	if len(spelt) < 4 {
		return
	}
	m.spelt.add(syllables, int32(i))
	if len(spelt) >= 5 {
		whole := token{hash: m.table.HashWord(spelt), letters: len(spelt), kind: letters.Letter}
		if !knownWords().Has(whole.hash) {
			m.spelt.add([]token{whole}, int32(i))
		}
	}
}

// inRun appends the names that begin inside a run of runes without spaces.
func (m *Matcher) inRun(dst []Match, s string, sc *scratch, t *token) []Match {
	if m.sounds.first == nil {
		return dst
	}
	table, walk := m.table, &sc.walk
	at := t.rune
	for i := t.start; i < t.end; {
		r, size := utf8.DecodeRuneInString(s[i:])
		if table.Of(r).Kind == letters.Ideograph {
			dst = m.hanAt(dst, s, walk, i, at)
		}
		i += size
		at++
	}
	return dst
}

// mixedAt tries names such as KT系列, which begin with letters or digits, at the start of a token; and if glued is set
// Chinese names of which the first characters are spelt: a迪达斯.
func (m *Matcher) mixedAt(dst []Match, s string, sc *scratch, t *token, glued bool) []Match {
	if m.sounds.mixed {
		dst = m.hanAt(dst, s, &sc.walk, t.start, t.rune)
	}
	if glued && t.kind == letters.Letter && t.letters <= 12 && !m.exact && !m.fixed && t.gap != 0 {
		walk := &sc.walk
		walk.dst, walk.budget = dst, spellings
		m.spell(s, walk, t.start, t.rune, t.rune, 0, 0, pathStep{})
		dst, walk.dst = walk.dst, nil
	}
	return dst
}

// spell goes on from node with characters spelt in Latin letters from byte i on: whole syllables, or a first letter.
func (m *Matcher) spell(s string, w *soundWalk, i, at, start int, node int32, depth int, step pathStep) {
	var syllable [6]byte
	step.spelt, step.initial = true, false
	step.start, step.from = at, i
	for n, j := 0, i; n < len(syllable) && j < len(s) && w.budget > 0; n++ {
		r, size := utf8.DecodeRuneInString(s[j:])
		cell := m.table.Of(r)
		if cell.Kind != letters.Letter || cell.Look < 'a' {
			return
		}
		syllable[n] = cell.Look
		j += size
		step.end, step.last = at+n+1, j
		if n == 0 {
			step.initial = true
			w.work += len(m.table.Initial(cell.Look))
			for _, sound := range m.table.Initial(cell.Look) {
				w.path[depth] = step
				m.follow(s, w, j, at+1, start, node, depth, uint32(sound))
			}
			step.initial = false
		}
		if sound := m.table.Sound(syllable[:n+1]); sound != 0 {
			w.budget--
			w.path[depth] = step
			m.follow(s, w, j, at+n+1, start, node, depth, uint32(sound))
		}
	}
}

func (m *Matcher) hanAt(dst []Match, s string, walk *soundWalk, i, at int) []Match {
	r, size := utf8.DecodeRuneInString(s[i:])
	cell := m.table.Of(r)
	folded := r
	if cell.Fold != 0 {
		folded = cell.Fold
	}
	first := stepOf(folded, cell.Sound)
	next, nextCell, _, ok := m.following(s, i+size)
	if m.exact || cell.Flags&(letters.Shaped|letters.Part) == 0 && (!ok || nextCell.Flags&(letters.Shaped|letters.Part) == 0) {
		second := uint32(0)
		if ok {
			if nextCell.Fold != 0 {
				next = nextCell.Fold
			}
			second = stepOf(next, nextCell.Sound)
		}
		spelt := ok && nextCell.Kind == letters.Letter && !m.exact && m.sounds.begins(first, latinStep)
		if !spelt && !m.sounds.begins(first, second) && !m.sounds.begins(first, 0) {
			return dst
		}
	}
	walk.dst, walk.budget = dst, spellings
	m.walk(s, walk, i, at, at, 0, 0)
	dst, walk.dst = walk.dst, nil
	return dst
}

// following returns the next rune that belongs to a word, past at most three that do not.
func (m *Matcher) following(s string, i int) (r rune, cell *letters.Cell, at int, ok bool) {
	for skipped, ignored := 0, 0; i < len(s) && skipped <= 3 && ignored < longestHan; skipped++ {
		r, size := utf8.DecodeRuneInString(s[i:])
		cell := m.table.Of(r)
		if cell.Kind == letters.Ignored {
			ignored, skipped = ignored+1, skipped-1
		}
		if cell.Kind == letters.Ideograph || cell.Kind == letters.Letter || cell.Kind == letters.Digit {
			return r, cell, i, true
		}
		i += size
	}
	return 0, nil, i, false
}

// walk goes on from node with the runes from byte i, rune offset at; the mention began at rune start.
func (m *Matcher) walk(s string, w *soundWalk, i, at, start int, node int32, depth int) {
	here := &m.sounds.nodes[node]
	w.work += 1 + len(here.names)
	if len(here.names) > 0 && depth > 0 {
		for _, id := range here.names {
			m.judge(s, w, int(id), depth)
		}
	}
	if !here.inner || depth == longestHan {
		return
	}
	var between gap
	hid := false
	for skipped, ignored := 0, 0; i < len(s); skipped++ {
		r, size := utf8.DecodeRuneInString(s[i:])
		cell := m.table.Of(r)
		switch cell.Kind {
		case letters.Separator, letters.Sign, letters.Ignored:
			if depth == 0 || skipped == 3 || ignored == longestHan {
				return
			}
			if cell.Kind == letters.Ignored {
				hid = true
				ignored, skipped = ignored+1, skipped-1
			} else {
				between |= gapOf(cell)
			}
			if between&gapStop != 0 && !(between == gapStop && isComma(r)) {
				return
			}
			i += size
			at++
			continue
		}
		folded := r
		if cell.Fold != 0 {
			folded = cell.Fold
		}
		step := &w.path[depth]
		*step = pathStep{written: r, folded: folded, gap: between, hidden: hid, start: at, end: at + 1, from: i, last: i + size}
		m.follow(s, w, i+size, at+1, start, node, depth, stepOf(folded, cell.Sound))
		if m.exact {
			return
		}
		if cell.Kind == letters.Letter && cell.Look >= 'a' && !m.fixed && depth > 0 && w.budget > 0 {
			m.spell(s, w, i, at, start, node, depth, pathStep{gap: between, hidden: hid})
		}
		if cell.Flags&letters.Shaped != 0 {
			for _, like := range m.table.Shape(r) {
				*step = pathStep{written: r, folded: folded, gap: between, hidden: hid, start: at, end: at + 1, from: i, last: i + size}
				m.follow(s, w, i+size, at+1, start, node, depth, stepOf(like, m.table.Of(like).Sound))
			}
		}
		if cell.Flags&letters.Part != 0 && i+size < len(s) {
			r2, size2 := utf8.DecodeRuneInString(s[i+size:])
			if whole := m.table.Whole(r, r2); whole != 0 {
				*step = pathStep{written: whole, folded: whole, gap: between, hidden: hid, split: true, start: at, end: at + 2, from: i, last: i + size + size2}
				m.follow(s, w, i+size+size2, at+2, start, node, depth, stepOf(whole, m.table.Of(whole).Sound))
			}
		}
		return
	}
}

// isComma reports whether r is a comma of some kind, which sellers put between the characters of a name.
func isComma(r rune) bool { return r == ',' || r == '，' || r == '、' }

func (m *Matcher) follow(s string, w *soundWalk, i, at, start int, node int32, depth int, step uint32) {
	if to, ok := m.sounds.edges[uint64(node)<<32|uint64(step)]; ok {
		if w.path[depth].spelt {
			w.budget--
		}
		m.walk(s, w, i, at, start, to, depth+1)
	}
}

// judge compares what is written on the path with name id and appends a match if they are near enough.
func (m *Matcher) judge(s string, w *soundWalk, id, depth int) {
	n := &m.names[id]
	if len(n.han) != depth {
		return
	}
	var d Disguise
	alike, spaced, commas, loose, spelt := 0, 0, 0, 0, 0
	for k := range depth {
		step := &w.path[k]
		switch {
		case step.spelt:
			spelt++
			d |= Homophone
		case step.split:
			if step.folded != n.han[k] {
				return
			}
			d |= Split
		case step.written == n.written[k]:
		case step.folded == n.han[k]:
			if m.table.Of(step.written).Flags&letters.Variant != 0 || m.table.Of(n.written[k]).Flags&letters.Variant != 0 {
				d |= Variant
			}
		case m.looksLike(step.written, n.han[k]):
			d |= Homoglyph
			alike++
		default:
			if m.table.Of(step.folded).Kind != letters.Ideograph {
				return
			}
			d |= Homophone
			alike++
		}
		if step.hidden {
			d |= Invisible
		}
		if step.gap != 0 && k > 0 {
			spaced++
			commas += int(step.gap & gapStop / gapStop)
			if step.gap&^(gapConnector|gapDot|gapHyphen|gapPicture|gapSign) != 0 {
				loose++
			}
			if step.gap&gapPicture != 0 {
				d |= Invisible
			} else {
				d |= Spaced
			}
		}
	}
	if m.exact && d != 0 {
		return
	}
	start, end := w.path[0].start, w.path[depth-1].end
	first, last := w.path[0].from, w.path[depth-1].last
	left, right := m.leftOpen(s, first), m.rightOpen(s, last)
	if !m.standsAlone(s, n, first, last, left, right) {
		return
	}
	if spelt > 0 {
		if spelt == depth || spaced > 0 || alike > 0 || !m.maySpell(s, w, n, depth, left) {
			return
		}
		w.dst = append(w.dst, Match{Name: id, Start: start, End: end, Disguise: d})
		return
	}
	if d&(Homophone|Homoglyph|Split) != 0 && !m.mayDiffer(s, w, n, d, alike, depth, left, right) {
		return
	}
	if spaced > 0 && depth == 2 && (!left || !right) && (loose > 0 || m.crossed(s, n, first, last)) {
		return
	}
	if commas > 0 && (commas < depth-1 || !left || !right || m.enumerated(s, first, last)) {
		return
	}
	w.dst = append(w.dst, Match{Name: id, Start: start, End: end, Disguise: d})
}

// maySpell reports whether some characters of a name may be spelt in Latin letters as on the path. The letters must be a
// word of their own; one letter for a character needs either another character beside it that is the name's, and no
// Chinese word before the name.
func (m *Matcher) maySpell(s string, w *soundWalk, n *name, depth int, left bool) bool {
	if n.ambiguous {
		return false
	}
	initials := 0
	for k := range depth {
		step := &w.path[k]
		if step.initial {
			initials++
		}
		if !step.spelt {
			continue
		}
		if k == 0 || !w.path[k-1].spelt {
			if r, size := utf8.DecodeLastRuneInString(s[:step.from]); size > 0 && m.inWord(r) {
				return false
			}
		}
		if k == depth-1 || !w.path[k+1].spelt {
			if r, size := utf8.DecodeRuneInString(s[step.last:]); size > 0 && m.inWord(r) {
				return false
			}
		}
	}
	if first := &w.path[0]; first.spelt {
		return depth > 2 || !first.initial && n.han[1] != 0 && m.rightOpen(s, w.path[depth-1].last)
	}
	if initials > 0 && depth == 2 {
		return left
	}
	before, _ := m.neighbours(s, w.path[0].from, w.path[0].last)
	return left || !chinese(before[0], n.han[0]) && !chinese(before[1], before[0], n.han[0])
}

// inWord reports whether r is a letter or digit of a script with spaces between words.
func (m *Matcher) inWord(r rune) bool {
	kind := m.table.Of(r).Kind
	return kind == letters.Letter || kind == letters.Digit
}

// halfHan appends the name of which the first or last letters are written by the sound of Chinese characters: 普ada,
// 古cci, Pra达. Token i is the word of letters.
func (m *Matcher) halfHan(dst []Match, s string, sc *scratch, tokens []token, i int) []Match {
	t := &tokens[i]
	before := i > 0 && t.gap == 0 && tokens[i-1].kind == letters.Ideograph
	after := i+1 < len(tokens) && tokens[i+1].kind == letters.Ideograph && tokens[i+1].gap == 0
	if !before && !after || t.letters < 2 || t.letters > 12 || t.flags&(hidden|native) != 0 || everydayWords().Has(t.hash) || m.named(t.hash) {
		return dst
	}
	var sounds [2]uint16 // of the characters beside the word, nearest first
	var open [2]bool     // whether no further character stands beyond
	if before {
		end := t.start
		for k := range sounds {
			r, size := utf8.DecodeLastRuneInString(s[:end])
			sounds[k] = m.table.Of(r).Sound
			end -= size
			open[k] = m.leftOpen(s, end)
			if sounds[k] == 0 || open[k] {
				break
			}
		}
		if sounds[1] != 0 {
			dst = m.trySpelt(dst, s, sc, tokens, i, m.table.Spelling(sounds[1])+m.table.Spelling(sounds[0]), 2, open[1])
		}
		if sounds[0] != 0 {
			spelling := m.table.Spelling(sounds[0])
			dst = m.trySpelt(dst, s, sc, tokens, i, spelling, 1, open[0])
			if t.letters > 2 && open[0] {
				dst = m.trySpelt(dst, s, sc, tokens, i, spelling[:1], 1, false)
			}
		}
	}
	if r, _ := utf8.DecodeRuneInString(s[t.end:]); after && m.table.Of(r).Sound != 0 {
		dst = m.trySpelt(dst, s, sc, tokens, i, m.table.Spelling(m.table.Of(r).Sound), -1, false)
	}
	return dst
}

// trySpelt tries the word of letters at token i with the spelling of so many characters before it, or of the one after
// it if characters is -1. One edit is borne if loose is set: a character stands for a syllable as best it can.
func (m *Matcher) trySpelt(dst []Match, s string, sc *scratch, tokens []token, i int, spelling string, characters int, loose bool) []Match {
	w, t := &sc.window, &tokens[i]
	if len(spelling)+t.letters > maxWindow-4 || len(spelling)+t.letters < 4 {
		return dst
	}
	w.begin(i)
	start, end := t.rune, t.endRune()
	if characters > 0 {
		start -= characters
		w.spell(m.table, spelling, start)
	} else {
		end++
	}
	for j := t.start; j < t.end; {
		r, size := utf8.DecodeRuneInString(s[j:])
		if cell := m.table.Of(r); cell.Kind == letters.Letter {
			w.addRune(m.table, r, cell, start, 0)
		}
		j += size
	}
	if characters < 0 {
		w.spell(m.table, spelling, start)
	}
	w.pieces, w.odd, w.last, w.half = 1, 1, i, true
	match, size, cost, ok := m.tryWindow(s, w, tokens)
	if !ok || cost >= edit && !loose || cost >= 2*edit || m.names[match.Name].letters < 4 || size < w.n-2 {
		return dst
	}
	return append(dst, Match{Name: match.Name, Start: start, End: end, Disguise: match.Disguise | Homophone})
}

// crossed reports whether the first or last character of a name that is pulled apart is better read as part of a word
// with what stands beside it: 黑/白色.
func (m *Matcher) crossed(s string, n *name, first, last int) bool {
	before, after := m.neighbours(s, first, last)
	head, tail := n.han[0], n.han[len(n.han)-1]
	return chinese(before[0], head) || chinese(before[1], before[0], head) || chinese(tail, after[0]) || chinese(tail, after[0], after[1])
}

// enumerated reports whether a comma and one more character stand on either side, so that what looks like a name pulled
// apart is a list: 上、下、左、右.
func (m *Matcher) enumerated(s string, first, last int) bool {
	before, size := utf8.DecodeLastRuneInString(s[:first])
	if isComma(before) && !m.leftOpen(s, first-size) {
		return true
	}
	after, size := utf8.DecodeRuneInString(s[last:])
	return isComma(after) && last+size < len(s) && !m.rightOpen(s, last+size) && m.alone(s[last+size:])
}

// alone reports whether s begins with a single character before the next comma.
func (m *Matcher) alone(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	next, _ := utf8.DecodeRuneInString(s[size:])
	return isComma(next)
}

func (m *Matcher) looksLike(written, name rune) bool {
	if m.table.Of(written).Flags&letters.Shaped == 0 {
		return false
	}
	for _, like := range m.table.Shape(written) {
		if like == name {
			return true
		}
	}
	return false
}

// leftOpen and rightOpen report whether no rune of a script without spaces stands beside the byte offset.
func (m *Matcher) leftOpen(s string, i int) bool {
	if i <= 0 {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return m.table.Of(r).Kind != letters.Ideograph
}

func (m *Matcher) rightOpen(s string, i int) bool {
	if i >= len(s) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return m.table.Of(r).Kind != letters.Ideograph
}

// standsAlone reports whether runes first to last of the text can be the name, and not a piece of a longer word.
func (m *Matcher) standsAlone(s string, n *name, first, last int, left, right bool) bool {
	if len(n.han) == 1 {
		return left && right || m.fixed
	}
	before, _ := utf8.DecodeLastRuneInString(s[:first])
	after, _ := utf8.DecodeRuneInString(s[last:])
	head, tail := n.han[0], n.han[len(n.han)-1]
	switch {
	case isKatakana(head) && isKatakana(before), isKatakana(tail) && isKatakana(after):
		return false
	case isHangul(head) && isHangul(before):
		return false
	case !left || !right:
		return len(n.han) > 2 && !n.ambiguous || !m.insideWord(s, n, first, last)
	}
	if kind := m.table.Of(tail).Kind; kind == letters.Letter || kind == letters.Digit {
		return m.table.Of(after).Kind != kind || last >= len(s)
	}
	return true
}

func isKatakana(r rune) bool { return r >= 'ァ' && r <= 'ヺ' || r == 'ー' }

func isHangul(r rune) bool { return r >= '가' && r <= '힣' }

// neighbours fetches up to two folded runes on each side of a span, nearest first; 0 where there is none.
func (m *Matcher) neighbours(s string, first, last int) (before, after [2]rune) {
	for k := range before {
		r, size := utf8.DecodeLastRuneInString(s[:first])
		if size == 0 || m.table.Of(r).Kind != letters.Ideograph {
			break
		}
		before[k] = m.fold(r)
		first -= size
	}
	for k := range after {
		r, size := utf8.DecodeRuneInString(s[last:])
		if size == 0 || m.table.Of(r).Kind != letters.Ideograph {
			break
		}
		after[k] = m.fold(r)
		last += size
	}
	return before, after
}

func (m *Matcher) fold(r rune) rune {
	if f := m.table.Of(r).Fold; f != 0 {
		return f
	}
	return r
}

// chinese reports whether the runes are a Chinese word.
func chinese(runes ...rune) bool {
	hash := letters.Seed
	for _, r := range runes {
		if r == 0 {
			return false
		}
		hash = letters.Add(hash, r)
	}
	return chineseWords().Has(letters.Finish(hash))
}

// insideWord reports whether a short name is better read as a piece of ordinary words: 美的 in 完美的, 回力 in 轮回力,
// 苹果 in 苹果树.
func (m *Matcher) insideWord(s string, n *name, first, last int) bool {
	before, after := m.neighbours(s, first, last)
	head, tail := n.han[0], n.han[len(n.han)-1]
	if chinese(before[0], head) || chinese(before[1], before[0], head) {
		return true
	}
	if len(n.han) == 2 {
		return chinese(before[0], head, tail) || chinese(head, tail, after[0]) || chinese(before[1], before[0], head, tail)
	}
	return n.ambiguous && chinese(tail, after[0])
}

// commonest are characters so common that two that sound like a name are no disguise of it.
const commonest = "的一是不了在人有我他她它这个们中来上为和国地到以说时要就出会可也你对生能子那得于着下自之年过发后作里没用道行所然家种事成方多经么去法学如都同现当起看定天分还进好部其些主样理心本前开但因只从想日者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"

// mayDiffer reports whether a name may be written so differently here. The shorter the name the less: two characters
// that sound like a name are mostly two other words.
func (m *Matcher) mayDiffer(s string, w *soundWalk, n *name, d Disguise, alike, depth int, left, right bool) bool {
	if n.ambiguous {
		return false
	}
	first, last := w.path[0].from, w.path[depth-1].last
	var runes [longestHan]rune
	for k := range depth {
		runes[k] = w.path[k].folded
	}
	if alike > 0 && depth <= 4 && chinese(runes[:depth]...) {
		return false
	}
	for k := 0; k < 2 && depth == 2; k++ {
		if runes[k] != n.han[k] && strings.ContainsRune(commonest, runes[k]) {
			return false
		}
	}
	if depth == 3 && alike <= 1 && left {
		return true
	}
	if depth >= 4 {
		return alike < depth || left
	}
	for k := 0; k+1 < depth && depth == 3; k++ {
		if chinese(runes[k], runes[k+1]) && !chinese(n.han[k], n.han[k+1]) {
			return false
		}
	}
	before, after := m.neighbours(s, first, last)
	if chinese(before[0], runes[0]) || chinese(runes[depth-1], after[0]) || chinese(before[1], before[0], runes[0]) {
		return false
	}
	if depth == 3 {
		return alike < 3 || left
	}
	return d&Split != 0 && alike == 0 || alike < 2 && left || left && right
}
