package letters

import (
	_ "embed" // the word filters
	"encoding/binary"
)

// Seed starts the hash of a word.
const Seed uint64 = 0xcbf29ce484222325

const prime = 0x100000001b3

// Add adds a folded letter to the hash of a word.
func Add(hash uint64, letter rune) uint64 { return (hash ^ uint64(uint32(letter))) * prime }

// Finish spreads a hash built by Add over all 64 bits.
func Finish(hash uint64) uint64 {
	hash ^= hash >> 32
	hash *= 0x9e3779b97f4a7c15
	return hash ^ hash>>29
}

// HashWord returns the finished hash of a word as it stands folded: accents dropped, lower case, simplified.
func (t *Table) HashWord(word string) uint64 {
	hash := Seed
	for _, r := range word {
		cell := t.Of(r)
		switch {
		case cell.Kind == Ignored:
		case cell.Flags&Expands != 0 && cell.Flags&LooksOnly == 0:
			for _, x := range t.expand[r] {
				hash = Add(hash, x)
			}
		case cell.Fold != 0:
			hash = Add(hash, cell.Fold)
		default:
			hash = Add(hash, r)
		}
	}
	return Finish(hash)
}

// Words is a set of words in a blocked Bloom filter: one cache line a word, no false "no", about one false "yes" in a
// hundred.
type Words struct{ bits []uint64 }

// NewWords returns an empty set with room for n words.
func NewWords(n int) *Words {
	return &Words{bits: make([]uint64, (n*10/512+1)*8)}
}

// Put adds a word by its finished hash.
func (w *Words) Put(hash uint64) {
	block := w.block(hash)
	for range 5 {
		block[hash>>6&7] |= 1 << (hash & 63)
		hash >>= 9
	}
}

// Has reports whether a word is in the set.
func (w *Words) Has(hash uint64) bool {
	block := w.block(hash)
	for range 5 {
		if block[hash>>6&7]&(1<<(hash&63)) == 0 {
			return false
		}
		hash >>= 9
	}
	return true
}

func (w *Words) block(hash uint64) []uint64 {
	i := (hash >> 45) * uint64(len(w.bits)/8) >> 19 * 8 // the upper 19 bits; Put and Has spend the lower 45
	return w.bits[i : i+8 : i+8]
}

// Bytes is the set as it is kept in a file.
func (w *Words) Bytes() []byte {
	out := make([]byte, 0, len(w.bits)*8)
	for _, x := range w.bits {
		out = binary.LittleEndian.AppendUint64(out, x)
	}
	return out
}

// ReadWords is the reverse of Bytes.
func ReadWords(data []byte) *Words {
	w := &Words{bits: make([]uint64, len(data)/8)}
	for i := range w.bits {
		w.bits[i] = binary.LittleEndian.Uint64(data[i*8:])
	}
	return w
}
