package text

import (
	"math/bits"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// letter is one letter of a name.
type letter struct {
	rune  rune // folded
	look  byte // ASCII letter or digit it is or looks like, 0 when none
	first bool // begins a word of the name
}

// keyPrefix is how much of a key is indexed. Two keys within distance d share a form after at most d deletions each
// among their first keyPrefix letters.
const keyPrefix = 9

// classes maps letters and digits that stand for one another to one of them: look-alikes, and digits for the letters
// they replace.
var classes = func() (c [256]byte) {
	for i := range c {
		c[i] = byte(i)
	}
	for _, group := range []string{"il1", "o0", "e3", "s5", "a4", "t7", "bg869", "z2", "vw"} {
		for i := range len(group) {
			c[group[i]] = group[0]
		}
	}
	return c
}()

// appendKey adds a letter to a key: look-alikes become one, repeats are dropped, and if pairs is set rn is m and cl is d.
func appendKey(key []byte, r rune, look, before byte, pairs bool) []byte {
	class := 0x80 | byte(r)&0x7f
	if look != 0 {
		class = classes[look]
	}
	if n := len(key); n > 0 {
		switch {
		case key[n-1] == class:
			return key
		case pairs && look == 'n' && before == 'r':
			if n > 1 && key[n-2] == 'm' {
				return key[:n-1]
			}
			key[n-1] = 'm'
			return key
		case pairs && look == 'l' && before == 'c':
			if n > 1 && key[n-2] == 'd' {
				return key[:n-1]
			}
			key[n-1] = 'd'
			return key
		}
	}
	return append(key, class)
}

// nearIndex finds the names whose keys are within one or two edits of a key.
type nearIndex struct {
	present []uint64 // Bloom filter over hashes, a word and two bits for each
	shift   uint
	offsets []uint32 // of buckets, by the upper bits of the hash
	narrow  uint
	entries []nearEntry
	facts   []nearFact
	longest int  // letters of the longest name
	native  bool // some name has letters that look like no Latin letter
}

// presence is the two bits of a hash in its word of the filter.
func presence(hash uint64) uint64 { return 1<<(hash&63) | 1<<(hash>>6&63) }

// nearEntry is a name under one of its hashes.
type nearEntry struct {
	hash uint32
	name int32
}

// nearFact is what rules most candidates out, close together in memory.
type nearFact struct {
	bag   uint32 // letters of the key
	keyed uint8  // length of the key
	edits uint8  // allowed
	pairs bool   // the key differs when rn is m
}

// Among very many names an ordinary word is near one of them by chance, so that more of a name must stand.
const (
	manyNames      = 50000
	oneEdit        = 5 // letters of a name that bears one edit
	twoEdits       = 9
	oneEditOfMany  = 6
	twoEditsOfMany = 12
)

// tolerance is how many edits a name of so many letters bears.
func (m *Matcher) tolerance(n *name) int {
	one, two := oneEdit, twoEdits
	if len(m.names) > manyNames {
		one, two = oneEditOfMany, twoEditsOfMany
	}
	switch {
	case n.ambiguous || n.letters < one || n.digits > 0 && n.letters-n.digits < one:
		return 0
	case n.letters < two:
		return 1
	}
	return 2
}

// allowed is how many edits the name bears; indexed tells how many deletions are indexed, which is one for names of
// four letters so that a starred letter is found.
func (n *name) allowed() int { return n.edits }

func (n *name) indexed() int {
	if n.letters == 4 && !n.ambiguous {
		return 1
	}
	return n.allowed()
}

// codeBits is what one letter of a key takes in a packed prefix; the length is kept above lengthShift.
const (
	codeBits    = 6
	lengthShift = 60
)

// code is the letter of a key in codeBits bits.
func code(class byte) uint64 {
	if class >= 'a' && class <= 'z' {
		return uint64(class - 'a')
	}
	return 26 + uint64(class)%38
}

// packed is the first letters of a key in one word.
func packed(key []byte) uint64 {
	n := min(len(key), keyPrefix)
	p := uint64(n) << lengthShift
	for i := range n {
		p |= code(key[i]) << (codeBits * i)
	}
	return p
}

// without is p less its letter i.
func without(p uint64, i int) uint64 {
	n := p >> lengthShift
	body := p & (1<<lengthShift - 1)
	low := body & (1<<(codeBits*i) - 1)
	return (n-1)<<lengthShift | low | body>>(codeBits*(i+1))<<(codeBits*i)
}

// bagOf is the set of letters of a key: an edit changes two of it at most.
func bagOf(key []byte) (set uint32) {
	for _, c := range key {
		set |= 1 << (c & 31)
	}
	return set
}

func spread(p uint64) uint64 {
	p *= 0x9e3779b97f4a7c15
	p ^= p >> 32
	p *= 0xd6e8feb86659fd93
	return p ^ p>>32
}

// neighbours are the hashes of a packed key and of its forms after some deletions.
type neighbours [1 + keyPrefix + keyPrefix*(keyPrefix-1)/2]uint64

// neighbourhood fills all with the hash of p and of all forms of p after at most depth deletions, and returns how many
// there are. Letters that a deletion makes neighbours fall together when they are equal, as they do in a key.
func neighbourhood(all *neighbours, p uint64, depth int) int {
	all[0] = spread(p)
	if depth == 0 {
		return 1
	}
	count, n := 1, int(p>>lengthShift)
	for i := range n {
		q := collapsed(without(p, i), i)
		all[count] = spread(q)
		count++
		if depth == 2 {
			for j := i; j < int(q>>lengthShift); j++ {
				all[count] = spread(collapsed(without(q, j), j))
				count++
			}
		}
	}
	return count
}

// collapsed drops letter i of p if it equals the letter before it.
func collapsed(p uint64, i int) uint64 {
	if i > 0 && i < int(p>>lengthShift) && (p>>(codeBits*i)^p>>(codeBits*(i-1)))&(1<<codeBits-1) == 0 {
		return without(p, i)
	}
	return p
}

func (n *name) key(buffer []byte, pairs bool) []byte {
	key, before := buffer[:0], byte(0)
	for _, l := range n.pattern {
		key = appendKey(key, l.rune, l.look, before, pairs)
		before = l.look
	}
	return key
}

func (x *nearIndex) build(m *Matcher) {
	var buffer [maxWindow]byte
	var all neighbours
	x.facts = make([]nearFact, len(m.names))
	total := 0
	each := func(put func(hash uint64, id int32)) {
		for i := range m.names {
			n := &m.names[i]
			if len(n.pattern) < 3 || len(n.pattern) > maxWindow-8 || n.digitsOnly {
				continue
			}
			key := n.key(buffer[:], false)
			x.facts[i] = nearFact{bag: bagOf(key), keyed: uint8(len(key)), edits: uint8(n.allowed())}
			plain := packed(key)
			for _, hash := range all[:neighbourhood(&all, plain, n.indexed())] {
				put(hash, int32(i))
			}
			if paired := n.key(buffer[:], true); len(paired) != int(x.facts[i].keyed) || packed(paired) != plain {
				x.facts[i].pairs = true
				for _, hash := range all[:neighbourhood(&all, packed(paired), n.indexed())] {
					put(hash, int32(i))
				}
			}
		}
	}
	each(func(uint64, int32) { total++ })
	size := 64
	for size < total {
		size *= 2
	}
	x.shift = uint(64 - bits.TrailingZeros(uint(size/8)))
	x.present = make([]uint64, size/8)
	x.narrow = uint(64 - bits.TrailingZeros(uint(size/4))) // two to four entries a bucket
	x.offsets = make([]uint32, size/4+1)
	x.entries = make([]nearEntry, total)
	each(func(hash uint64, _ int32) { x.offsets[hash>>x.narrow]++ })
	sum := uint32(0)
	for i, n := range x.offsets {
		x.offsets[i] = sum
		sum += n
	}
	each(func(hash uint64, id int32) {
		at := &x.offsets[hash>>x.narrow]
		x.entries[*at] = nearEntry{uint32(hash), id}
		*at++
		x.present[hash>>x.shift] |= presence(hash)
	})
	copy(x.offsets[1:], x.offsets) // each offset has moved to the end of its bucket, which is the start of the next
	x.offsets[0] = 0
	for i := range m.names {
		n := &m.names[i]
		x.longest = max(x.longest, len(n.pattern))
		for _, l := range n.pattern {
			x.native = x.native || l.look == 0
		}
	}
}

// letters returns the letters of a name, for keys and alignment.
func (m *Matcher) letters(s string) []letter {
	var out []letter
	first := true
	for _, r := range s {
		cell := m.table.Of(r)
		switch cell.Kind {
		case letters.Ignored:
			continue
		case letters.Separator, letters.Sign:
			first = true
			continue
		}
		folded, look := r, cell.Look
		if cell.Fold != 0 {
			folded = cell.Fold
		}
		if cell.Flags&letters.Expands != 0 {
			for _, x := range m.table.Expand(r) {
				out = append(out, letter{rune: x, look: m.table.Of(x).Look, first: first})
				first = false
			}
			continue
		}
		out = append(out, letter{rune: folded, look: look, first: first})
		first = false
	}
	return out
}
