package text

import (
	"fmt"
	"math/bits"
	"strings"
	"sync"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// Matcher finds any of its names in a text. It is immutable and safe for concurrent use.
type Matcher struct {
	matcherMode
	table   *letters.Table
	names   []name
	words   wordTrie
	spelt   wordTrie // Chinese names in pinyin
	sounds  soundTrie
	near    nearIndex
	said    saidIndex
	parts   hashSet // tokens that names of several words are made of
	scratch sync.Pool
}

// name is a compiled Name.
type name struct {
	text       string
	id         int32 // index of the Name it was compiled from
	ambiguous  bool  // said to be an ordinary word
	everyday   bool  // an everyday word, a number or too short to stand alone
	ordinary   bool  // ambiguous, or an everyday word, a number or too short to stand alone
	accented   bool
	letters    int      // letters and digits, all words
	edits      int      // edits it bears
	words      int      // tokens
	pattern    []letter // the letters, for keys and alignment
	digits     int
	digitsOnly bool
	han        []rune // folded runes, for names with a script without spaces
	written    []rune // as written but for NFKC and case, beside han
	strict     gap    // gaps a very short name insists on: the & of H&M
	sign       rune
	short      bool // three letters or fewer in several tokens: the gaps must be as in the name
}

// NewMatcher compiles names. The index of a name in names is what Match.Name refers to. A name without a letter or
// digit never matches. The error is that there are more names than fit (16 million).
func NewMatcher(names []Name, o Options) (*Matcher, error) {
	if len(names) >= 1<<24 {
		return nil, fmt.Errorf("text: %d names are more than the 16,777,215 that fit", len(names))
	}
	return newMatcher(names, matcherMode{exact: o.ExactOnly}), nil
}

// matcherMode is Options and what only this package may ask for.
type matcherMode struct {
	exact bool
	fixed bool // phrases of the lexicon: no disguise but traditional characters and invisible ones
}

func newMatcher(names []Name, mode matcherMode) *Matcher {
	m := &Matcher{table: letters.Shared(), matcherMode: mode, names: make([]name, len(names))}
	m.scratch.New = func() any { return new(scratch) }
	m.words.grow(len(names) * 3)
	m.spelt.grow(64)
	var said sayer
	for i, n := range names {
		m.compile(&said, i, n)
	}
	m.words.seal()
	m.spelt.seal()
	m.sounds.seal()
	if !m.exact && !m.fixed {
		m.near.build(m)
	}
	return m
}

func (m *Matcher) compile(said *sayer, i int, given Name) {
	n := &m.names[i]
	n.text, n.id, n.ambiguous = given.Text, int32(i), given.Ambiguous
	tokens := m.tokens(given.Text)
	if len(tokens) == 0 {
		return
	}
	for _, t := range tokens {
		n.letters += t.letters
		if t.kind == letters.Digit {
			n.digits += t.letters
		}
		if t.flags&(accented|marked) != 0 {
			n.accented = true
		}
		if t.kind == letters.Ideograph {
			m.compileHan(i, given.Text)
			return
		}
	}
	n.words = len(tokens)
	n.everyday = m.ordinary(tokens)
	if n.ambiguous && !n.everyday && (n.letters >= 10 || len(tokens) > 1) {
		n.ambiguous = false // the flag was the brand's; no other word is written like this long name of it
	}
	n.ordinary = n.ambiguous || n.everyday
	n.short = len(tokens) > 1 && n.letters <= 3
	if len(tokens) > 1 {
		n.strict, n.sign = tokens[1].gap, tokens[1].sign
	}
	m.words.add(tokens, int32(i))
	n.pattern = m.letters(given.Text)
	n.digitsOnly = n.digits == n.letters
	n.edits = m.tolerance(n)
	if !m.exact && !m.fixed {
		m.compileSaid(said, i, tokens, given.Text)
	}
	if n.short {
		return
	}
	if len(tokens) > 1 {
		m.words.add(m.tokens(joined(given.Text, tokens)), int32(i))
		for _, t := range tokens {
			m.parts.add(t.hash)
		}
	}
	if strings.Contains(given.Text, "&") {
		m.words.add(m.tokens(strings.ReplaceAll(given.Text, "&", " and ")), int32(i))
	}
	if rest, ok := strings.CutPrefix(strings.ToLower(given.Text), "the "); ok && len(tokens) > 2 {
		m.words.add(m.tokens(rest), int32(i))
		m.words.add(m.tokens(joined(rest, m.tokens(rest))), int32(i))
		short := *n
		short.pattern, short.letters = m.letters(rest), n.letters-3
		short.edits = m.tolerance(&short)
		m.names = append(m.names, short)
	}
}

// joined is the name in one word.
func joined(s string, tokens []token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(s[t.start:t.end])
	}
	return b.String()
}

func (m *Matcher) tokens(s string) []token {
	r := reader{s: s, table: m.table}
	var out []token
	for {
		var t token
		if !r.next(&t) {
			return out
		}
		out = append(out, t)
	}
}

// ordinary reports whether a name is no name without a further clue: digits alone, two letters, or everyday words.
func (m *Matcher) ordinary(tokens []token) bool {
	total, digits := 0, 0
	everyday := true
	for i := range tokens {
		t := &tokens[i]
		total += t.letters
		if t.kind == letters.Digit {
			digits += t.letters
			continue
		}
		if !everydayWords().Has(t.hash) {
			everyday = false
		}
	}
	return total == digits || total <= 2 || everyday && len(tokens) == 1
}

// wordTrie is a trie whose steps are folded tokens.
type wordTrie struct {
	keys  []uint64 // open addressing: node mixed with token hash, 0 empty
	next  []int32  // node reached
	mask  uint64
	used  int
	nodes []wordNode
	first []uint64 // bitmap over the hashes of first tokens
	shift uint
}

type wordNode struct {
	name  int32 // -1: no name ends here
	gaps  gap   // unusual gaps that a name has before this token
	sign  rune
	inner bool // names go on from here
}

func (t *wordTrie) grow(steps int) {
	size := 64
	for size < steps*2 {
		size *= 2
	}
	t.keys, t.next, t.mask = make([]uint64, size), make([]int32, size), uint64(size-1)
	t.nodes = append(t.nodes[:0], wordNode{name: -1})
}

func edgeKey(node int32, hash uint64) uint64 {
	return (hash ^ uint64(node)*0x9e3779b97f4a7c15) | 1
}

func (t *wordTrie) step(node int32, hash uint64) (int32, bool) {
	key := edgeKey(node, hash)
	for i := key >> 1 & t.mask; t.keys[i] != 0; i = (i + 1) & t.mask {
		if t.keys[i] == key {
			return t.next[i], true
		}
	}
	return 0, false
}

func (t *wordTrie) add(tokens []token, name int32) {
	if len(tokens) == 0 {
		return
	}
	node := int32(0)
	for i := range tokens {
		to, ok := t.step(node, tokens[i].hash)
		if !ok {
			to = t.put(node, tokens[i].hash)
		}
		if i > 0 {
			t.nodes[to].gaps |= tokens[i].gap
			t.nodes[to].sign = tokens[i].sign
			t.nodes[node].inner = true
		}
		node = to
	}
	if t.nodes[node].name < 0 {
		t.nodes[node].name = name
	}
}

func (t *wordTrie) put(node int32, hash uint64) int32 {
	if t.used*2 >= len(t.keys) {
		t.rehash()
	}
	t.nodes = append(t.nodes, wordNode{name: -1})
	to := int32(len(t.nodes) - 1)
	t.place(edgeKey(node, hash), to)
	if node == 0 {
		t.first = append(t.first, hash) // a list until seal
	}
	return to
}

func (t *wordTrie) place(key uint64, to int32) {
	i := key >> 1 & t.mask
	for t.keys[i] != 0 {
		i = (i + 1) & t.mask
	}
	t.keys[i], t.next[i] = key, to
	t.used++
}

func (t *wordTrie) rehash() {
	keys, next := t.keys, t.next
	t.keys, t.next = make([]uint64, 2*len(keys)), make([]int32, 2*len(keys))
	t.mask, t.used = uint64(len(t.keys)-1), 0
	for i, key := range keys {
		if key != 0 {
			t.place(key, next[i])
		}
	}
}

// seal turns the list of first tokens into a bitmap.
func (t *wordTrie) seal() {
	hashes := t.first
	size := 64
	for size < len(hashes)*24 {
		size *= 2
	}
	t.first, t.shift = make([]uint64, size/64), uint(64-bits.TrailingZeros(uint(size)))
	for _, h := range hashes {
		i := h >> t.shift
		t.first[i>>6] |= 1 << (i & 63)
	}
}

// begins reports whether a name may begin with a token of this hash.
func (t *wordTrie) begins(hash uint64) bool {
	i := hash >> t.shift
	return t.first[i>>6]&(1<<(i&63)) != 0
}

// hashSet is a set of finished hashes.
type hashSet struct {
	slots []uint64
	used  int
}

func (s *hashSet) add(h uint64) {
	if h == 0 || s.has(h) {
		return
	}
	if s.used*2 >= len(s.slots) {
		old := s.slots
		s.slots, s.used = make([]uint64, max(64, 2*len(old))), 0
		for _, x := range old {
			if x != 0 {
				s.add(x)
			}
		}
	}
	i := h & uint64(len(s.slots)-1)
	for s.slots[i] != 0 {
		i = (i + 1) & uint64(len(s.slots)-1)
	}
	s.slots[i] = h
	s.used++
}

func (s *hashSet) has(h uint64) bool {
	if len(s.slots) == 0 {
		return false
	}
	for i := h & uint64(len(s.slots)-1); s.slots[i] != 0; i = (i + 1) & uint64(len(s.slots)-1) {
		if s.slots[i] == h {
			return true
		}
	}
	return false
}
