package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

const (
	blockTokens = 256 // tokens held at a time
	lookahead   = 40  // tokens that a name or a window may reach over
)

// scratch is what one Find needs; it is kept between calls.
type scratch struct {
	tokens  [blockTokens]token
	covered int // tokens before this one are part of a mention already
	window  window
	walk    soundWalk
}

// Find appends the mentions of names in s to dst, in order of Start. Where names nest, the longest stands. Matches
// lie on word boundaries in scripts that have them.
func (m *Matcher) Find(dst []Match, s string) []Match {
	base := len(dst)
	return resolve(m.findAll(dst, s), base)
}

// findAll appends all mentions, overlapping ones too, in no certain order of those that begin together.
func (m *Matcher) findAll(dst []Match, s string) []Match {
	if len(m.names) == 0 || s == "" {
		return dst
	}
	sc := m.scratch.Get().(*scratch)
	dst = m.scan(dst, s, sc)
	m.scratch.Put(sc)
	return dst
}

// scan is findAll with a scratch, which counts the work done.
func (m *Matcher) scan(dst []Match, s string, sc *scratch) []Match {
	r := reader{s: s, table: m.table}
	n, from, more := 0, 0, true
	sc.covered = 0
	for {
		for more && n < blockTokens {
			if more = r.next(&sc.tokens[n]); more {
				n++
			}
		}
		stop := n
		if more {
			stop = n - lookahead
		}
		for i := from; i < stop; i++ {
			dst = m.at(dst, s, sc, sc.tokens[:n], i)
		}
		if !more {
			break
		}
		sc.covered = max(0, sc.covered-stop+1)
		n = copy(sc.tokens[:], sc.tokens[stop-1:n]) // the last token stays, for what stands to the left
		from = 1
	}
	return dst
}

// at appends what begins at token i.
func (m *Matcher) at(dst []Match, s string, sc *scratch, tokens []token, i int) []Match {
	t := &tokens[i]
	if t.kind == letters.Ideograph {
		return m.inRun(dst, s, sc, t)
	}
	if m.words.begins(t.hash) {
		before := len(dst)
		dst = m.exactAt(dst, s, sc, tokens, i)
		if len(dst) > before {
			sc.cover(tokens, i, dst[len(dst)-1].End)
		}
	}
	if i+1 < len(tokens) && tokens[i+1].kind == letters.Ideograph && m.sounds.first != nil {
		dst = m.mixedAt(dst, s, sc, t, tokens[i+1].gap == 0)
	}
	if m.exact || m.fixed {
		return dst
	}
	return m.disguisedAt(dst, s, sc, tokens, i)
}

// cover marks the tokens of a plain mention of several words, which ends at a rune offset, as done with.
func (sc *scratch) cover(tokens []token, i, end int) {
	j := i
	for j < len(tokens) && tokens[j].rune < end {
		j++
	}
	if j > i+1 {
		sc.covered = max(sc.covered, j)
	}
}

// exactAt appends the names that are written out from token i on.
func (m *Matcher) exactAt(dst []Match, s string, sc *scratch, tokens []token, i int) []Match {
	node, ok := m.words.step(0, tokens[i].hash)
	if !ok {
		return dst
	}
	base := len(dst)
	for j := i; ; {
		at := &m.words.nodes[node]
		if at.name >= 0 {
			if d, ok := m.plain(int(at.name), s, tokens, i, j); ok && bounded(&m.names[at.name], s, tokens, i, j) {
				if !m.fixed {
					dst = dst[:base] // the longest of those that begin together stands: names nested deep cost no memory
				}
				dst = append(dst, Match{Name: int(at.name), Start: tokens[i].rune, End: tokens[j].endRune(), Disguise: d})
			}
		}
		j++
		if !at.inner || j >= len(tokens) || j-i >= lookahead {
			return dst
		}
		sc.window.work++
		if node, ok = m.words.step(node, tokens[j].hash); !ok || !joins(&tokens[j], &m.words.nodes[node]) {
			return dst
		}
	}
}

// joins reports whether the gap before t may stand between two words of a name.
func joins(t *token, node *wordNode) bool {
	const usual = gapSpace | gapHyphen | gapQuote | gapDot
	g := t.gap
	if g&^(usual|node.gaps) != 0 {
		return false
	}
	if g&gapSpace != 0 && g&(gapHyphen|gapDot) != 0 && g&(gapHyphen|gapDot)&node.gaps == 0 {
		return false // "off. White": a new sentence
	}
	return g&(gapConnector|gapSign|gapOther|gapPicture|gapStop) == 0 || t.sign == node.sign
}

// plain says how tokens i to j, which spell the name, are disguised, and whether the name may be written so at all.
func (m *Matcher) plain(id int, s string, tokens []token, i, j int) (Disguise, bool) {
	n := &m.names[id]
	var d Disguise
	accents := 0
	for k := i; k <= j; k++ {
		t := &tokens[k]
		if t.flags&hidden != 0 {
			d |= Invisible
		}
		if t.flags&(accented|marked) != 0 && !n.accented {
			if n.ordinary && (t.flags&marked == 0 || t.runes-t.letters < 2) {
				return 0, false // "puré" is not the mark Pure, but "P̶u̶r̶e̶" is
			}
			honest, others := accentsOf(s[t.start:t.end])
			if accents += honest; others > 0 || accents > 1 {
				d |= Invisible
			}
		}
		if n.short && k > i && (t.gap&^gapSpace != n.strict&^gapSpace || t.sign != n.sign) {
			return 0, false
		}
	}
	if d == 0 && accents > 0 {
		d = Variant
	}
	return d, d == 0 || !m.exact
}

// accentsOf counts the accents of a word that names are spelt with, and all others.
func accentsOf(word string) (honest, others int) {
	for _, r := range word {
		switch {
		case r < utf8.RuneSelf:
		case strings.ContainsRune(spellingAccents, r), strings.ContainsRune(spellingMarks, r):
			honest++
		default:
			others++
		}
	}
	return honest, others
}

// bounded reports whether tokens i to j stand by themselves: not glued to letters or digits that belong to another word.
func bounded(n *name, s string, tokens []token, i, j int) bool {
	first, last := &tokens[i], &tokens[j]
	if first.gap == 0 && first.kind == letters.Letter && i > 0 && tokens[i-1].kind != letters.Ideograph {
		if n.ordinary || first.letters < 3 {
			return false
		}
	}
	if first.gap == 0 && first.kind == letters.Digit && i > 0 && tokens[i-1].kind != letters.Ideograph {
		return false
	}
	if j+1 >= len(tokens) {
		return true
	}
	after := &tokens[j+1]
	if after.kind == letters.Ideograph {
		return true
	}
	if after.gap == 0 {
		return last.kind == letters.Letter && last.letters >= 3 && !n.ordinary
	}
	return after.gap != gapQuote || !contraction(s[after.start:after.end])
}

// contraction reports whether what follows an apostrophe makes one English word with what stands before: don't, you'll.
func contraction(s string) bool {
	switch s {
	case "t", "ll", "re", "ve", "m", "d", "T", "LL", "RE", "VE", "M", "D":
		return true
	}
	return false
}

// weight orders disguises: of two readings of the same runes the plainer one stands.
func weight(d Disguise) int {
	w := 0
	if d&(Typo|Homophone) != 0 {
		w += 8
	}
	if d&Spaced != 0 {
		w += 2
	}
	if d != 0 {
		w++
	}
	return w
}

// resolve orders the matches from base on and drops those that overlap a better one.
func resolve(dst []Match, base int) []Match {
	found := dst[base:]
	if len(found) < 2 {
		return dst
	}
	order := func(a, b Match) int {
		if c := cmp.Compare(a.Start, b.Start); c != 0 {
			return c
		}
		if c := cmp.Compare(b.End, a.End); c != 0 {
			return c
		}
		if c := cmp.Compare(weight(a.Disguise), weight(b.Disguise)); c != 0 {
			return c
		}
		return cmp.Compare(a.Name, b.Name)
	}
	if !slices.IsSortedFunc(found, order) {
		slices.SortFunc(found, order)
	}
	kept := found[:0]
	for _, f := range found {
		if len(kept) > 0 && f.Start < kept[len(kept)-1].End {
			continue
		}
		kept = append(kept, f)
	}
	return dst[:base+len(kept)]
}
