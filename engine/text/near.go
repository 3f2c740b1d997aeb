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
const keyPrefix = 7

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

// appendKey adds a letter to a key: look-alikes become one, repeats are dropped, rn is m and cl is d.
func appendKey(key []byte, r rune, look, before byte) []byte {
	class := 0x80 | byte(r)&0x7f
	if look != 0 {
		class = classes[look]
	}
	if n := len(key); n > 0 {
		switch {
		case key[n-1] == class:
			return key
		case look == 'n' && before == 'r':
			if n > 1 && key[n-2] == 'm' {
				return key[:n-1]
			}
			key[n-1] = 'm'
			return key
		case look == 'l' && before == 'c':
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
	present []uint64 // bitmap over hashes
	shift   uint
	offsets []uint32 // of buckets, by the upper bits of the hash
	narrow  uint
	hashes  []uint32
	names   []int32
	longest int  // letters of the longest name
	native  bool // some name has letters that look like no Latin letter
}

// allowed is how many edits a name of so many letters bears; indexed tells how many deletions are indexed, which is one
// for names of four letters so that a starred letter is found.
func (n *name) allowed() int {
	switch {
	case n.ambiguous || n.letters < 5:
		return 0
	case n.letters < 9:
		return 1
	}
	return 2
}

func (n *name) indexed() int {
	if n.letters == 4 && !n.ambiguous {
		return 1
	}
	return n.allowed()
}

// packed is the first letters of a key in one word, the length in the top byte.
func packed(key []byte) uint64 {
	n := min(len(key), keyPrefix)
	p := uint64(n) << 56
	for i := range n {
		p |= uint64(key[i]) << (8 * i)
	}
	return p
}

// without is p less its letter i.
func without(p uint64, i int) uint64 {
	n := p >> 56
	body := p & (1<<56 - 1)
	low := body & (1<<(8*i) - 1)
	return (n-1)<<56 | low | body>>(8*(i+1))<<(8*i)
}

func spread(p uint64) uint64 {
	p *= 0x9e3779b97f4a7c15
	p ^= p >> 32
	p *= 0xd6e8feb86659fd93
	return p ^ p>>32
}

// neighbourhood calls each with the hash of p and of all forms of p after at most depth deletions.
func neighbourhood(p uint64, depth int, each func(hash uint64)) {
	each(spread(p))
	if depth == 0 {
		return
	}
	n := int(p >> 56)
	for i := range n {
		if i > 0 && byte(p>>(8*i)) == byte(p>>(8*(i-1))) {
			continue
		}
		q := without(p, i)
		each(spread(q))
		if depth == 2 {
			for j := i; j < n-1; j++ {
				each(spread(without(q, j)))
			}
		}
	}
}

func (n *name) key(buffer []byte) []byte {
	key, before := buffer[:0], byte(0)
	for _, l := range n.pattern {
		key = appendKey(key, l.rune, l.look, before)
		before = l.look
	}
	return key
}

func (x *nearIndex) build(m *Matcher) {
	var buffer [maxWindow]byte
	total := 0
	each := func(put func(hash uint64, id int32)) {
		for i := range m.names {
			n := &m.names[i]
			if len(n.pattern) < 3 || len(n.pattern) > maxWindow-8 || n.digitsOnly {
				continue
			}
			key := n.key(buffer[:])
			n.keyed = uint8(len(key))
			neighbourhood(packed(key), n.indexed(), func(hash uint64) { put(hash, int32(i)) })
		}
	}
	each(func(uint64, int32) { total++ })
	size := 64
	for size < total {
		size *= 2
	}
	x.shift = uint(64 - bits.TrailingZeros(uint(size*16)))
	x.present = make([]uint64, size*16/64)
	x.narrow = uint(64 - bits.TrailingZeros(uint(size)))
	x.offsets = make([]uint32, size+1)
	x.hashes, x.names = make([]uint32, total), make([]int32, total)
	each(func(hash uint64, _ int32) { x.offsets[hash>>x.narrow]++ })
	sum := uint32(0)
	for i, n := range x.offsets {
		x.offsets[i] = sum
		sum += n
	}
	each(func(hash uint64, id int32) {
		at := &x.offsets[hash>>x.narrow]
		x.hashes[*at], x.names[*at] = uint32(hash), id
		*at++
		i := hash >> x.shift
		x.present[i>>6] |= 1 << (i & 63)
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
