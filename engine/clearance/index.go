package clearance

import (
	"cmp"
	"errors"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/ownmark/ownmark/engine/photo"
)

// Index answers which of many marks a proposal may conflict with. It is immutable and safe for concurrent use.
//
// Each mark stands in it under what tells its name apart, whole and word by word,
// and under its other names, as grams: pieces of letters or characters, pieces of sounds, and what it means. A proposal looks up
// its own grams, the rarest first, within a fixed amount of work; the marks that share most are compared in full. So a
// search costs much the same however common the proposal's letters are, and may in principle miss a mark that shares
// only what very many marks have.
type Index struct {
	marks []Mark
	keyOf []uint32 // the mark of each key
	grams []uint8  // how many grams each key has, at most 255
	first []uint32 // where the keys of a gram begin in keys
	mask  uint32   // takes a gram to its place in first
	keys  []uint32
	near  []uint64 // Nice classes of each mark as bits; all set when not known
	logos []logoKey
	work  sync.Pool
}

type logoKey struct {
	hash photo.Hash
	mark uint32
}

const (
	mostBuckets   = 1 << 21  // grams are hashed into; what falls together is told apart by the full comparison
	compared      = 600      // marks compared in full
	workAtMost    = 200_000  // keys looked at for one key of a proposal
	mostSyllables = 4        // of a name in pinyin
	mostMarks     = 64 << 20 // so that keys fit their numbers
)

// ErrTooMany is returned by NewIndex for more marks than its numbers can hold: 64 million.
var ErrTooMany = errors.New("clearance: more than 64 million marks")

// NewIndex indexes marks, which it keeps and which must not be changed afterwards. Some 150 bytes a mark come on top of
// the marks themselves.
func NewIndex(marks []Mark) (*Index, error) {
	if len(marks) > mostMarks {
		return nil, ErrTooMany
	}
	buckets := 1 << 10
	for buckets < 8*len(marks) && buckets < mostBuckets {
		buckets <<= 1
	}
	x := &Index{marks: marks, first: make([]uint32, buckets+1), near: make([]uint64, len(marks)), mask: uint32(buckets - 1)}
	// The grams of all keys one after the other; then a counting sort puts the keys of each gram together.
	var all []uint32
	for i, m := range marks {
		x.near[i] = classBits(m.Classes)
		for _, h := range m.Logos {
			x.logos = append(x.logos, logoKey{h, uint32(i)})
		}
		add := func(grams []uint32) {
			x.keyOf = append(x.keyOf, uint32(i))
			x.grams = append(x.grams, uint8(min(len(grams), 255)))
			all = append(all, grams[:min(len(grams), 255)]...)
		}
		eachKey(readName(m.Name), add)
		for _, also := range m.Also {
			eachKey(readName(also), add)
		}
	}
	for i, g := range all {
		g &= x.mask
		all[i] = g
		x.first[g+1]++
	}
	for i := range buckets {
		x.first[i+1] += x.first[i]
	}
	x.keys = make([]uint32, len(all))
	next := slices.Clone(x.first[:buckets])
	at := 0
	for key, n := range x.grams {
		for _, g := range all[at : at+int(n)] {
			x.keys[next[g]] = uint32(key)
			next[g]++
		}
		at += int(n)
	}
	x.work.New = func() any { return &work{sums: make([]uint8, len(x.keyOf))} }
	return x, nil
}

// work is what one search writes into; sums are zero between searches.
type work struct {
	sums    []uint8 // of the weights of grams in common, for each key; 250 is all of them
	touched []uint32
}

// Search ranks the marks that may stand in the way of a proposal. A mark of the proposal's own Owner is left out.
// Conflicts whose score is below one in twenty are not reported.
func (x *Index) Search(p Proposal) Report {
	limit := p.Limit
	if limit <= 0 {
		limit = 20
	}
	q := read(p)
	candidates := x.candidates(q)
	var conflicts []Conflict
	for _, mark := range candidates {
		m := x.marks[mark]
		if p.Owner != "" && m.Owner == p.Owner {
			continue
		}
		c := q.scored(m)
		if c.Score < 0.05 {
			continue
		}
		c.Index = int(mark)
		conflicts = append(conflicts, c)
	}
	rank(conflicts)
	conflicts = conflicts[:min(len(conflicts), limit)]
	for i, c := range conflicts {
		conflicts[i].Why = q.against(c.Mark).Why
	}
	r := Report{Name: p.Name, Conflicts: conflicts}
	if len(conflicts) > 0 {
		r.Risk = RiskOf(conflicts[0].Score)
	}
	return r
}

// Merge is one report of what several indexes said of the same proposal, with at most limit conflicts; 0 means 20. Of likely equals the earlier report's come first.
func Merge(limit int, reports ...Report) (all Report) {
	if limit <= 0 {
		limit = 20
	}
	for _, r := range reports {
		all.Name = r.Name
		all.Risk = max(all.Risk, r.Risk)
		all.Conflicts = append(all.Conflicts, r.Conflicts...)
	}
	slices.SortStableFunc(all.Conflicts, func(a, b Conflict) int { return cmp.Compare(b.Score, a.Score) })
	all.Conflicts = all.Conflicts[:min(len(all.Conflicts), limit)]
	return all
}

// candidates are the marks worth a full comparison, each once.
func (x *Index) candidates(q *proposal) []uint32 {
	w := x.work.Get().(*work)
	defer x.work.Put(w)
	wanted := nearBits(q.Classes)
	best := map[uint32]float32{}
	look := func(grams []uint32) {
		for i := range grams {
			grams[i] &= x.mask
		}
		x.gather(w, grams, wanted, best)
	}
	eachKey(q.name, look)
	for _, also := range q.also {
		eachKey(also, look)
	}
	type found struct {
		mark uint32
		sum  float32
	}
	ranked := make([]found, 0, len(best))
	for mark, sum := range best {
		ranked = append(ranked, found{mark, sum})
	}
	slices.SortFunc(ranked, func(a, b found) int {
		if a.sum != b.sum {
			return int(math.Copysign(1, float64(b.sum-a.sum)))
		}
		return int(a.mark) - int(b.mark)
	})
	out := make([]uint32, 0, compared)
	for _, f := range ranked[:min(len(ranked), compared)] {
		out = append(out, f.mark)
	}
	return x.addLogos(out, q.Logos)
}

// gather adds the marks that share most grams with one key of the proposal to best.
func (x *Index) gather(w *work, grams []uint32, wanted uint64, best map[uint32]float32) {
	slices.SortFunc(grams, func(a, b uint32) int { return x.count(a) - x.count(b) })
	// What each gram tells, in bits, rarest first, as far as the work allows.
	var told [256]float64
	var whole float64
	budget, used := workAtMost, 0
	for i, g := range grams[:min(len(grams), len(told))] {
		n := x.count(g)
		told[i] = math.Log2(float64(len(x.keyOf)+2) / float64(n+1))
		whole += told[i]
		if n <= budget && used == i || i == 0 {
			budget -= n
			used++
		}
	}
	if whole == 0 {
		return
	}
	for i, g := range grams[:used] {
		weight := uint8(max(1, min(255, 250*told[i]/whole)))
		for _, key := range x.keys[x.first[g]:x.first[g+1]] {
			sum := w.sums[key]
			if sum == 0 {
				w.touched = append(w.touched, key)
			}
			w.sums[key] = sum + min(weight, 255-sum)
		}
	}
	// How many keys reach each sum says from which sum on keys are looked at more closely.
	var reach [256]int
	for _, key := range w.touched {
		reach[w.sums[key]]++
	}
	from, above := 255, 0
	for ; from > 0 && above+reach[from] <= 8*compared; from-- {
		above += reach[from]
	}
	own := float32(len(grams))
	room := 8*compared - above // of those with the sum at the edge only some
	for _, key := range w.touched {
		sum := w.sums[key]
		w.sums[key] = 0
		if int(sum) < from {
			continue
		}
		if int(sum) == from {
			if room--; room < 0 {
				continue
			}
		}
		// How much of the proposal's key is found there, and how little else stands there.
		size := min(own, float32(x.grams[key])) / max(own, float32(x.grams[key]))
		near := float32(sum) / 250 * (0.6 + 0.4*size)
		mark := x.keyOf[key]
		if x.near[mark]&wanted == 0 {
			near *= 0.6
		}
		best[mark] = max(best[mark], near)
	}
	w.touched = w.touched[:0]
}

func (x *Index) count(gram uint32) int { return int(x.first[gram+1] - x.first[gram]) }

// addLogos adds the marks whose logo is a near copy. All logos are looked at: at four words each it is quick.
func (x *Index) addLogos(out []uint32, logos []photo.Hash) []uint32 {
	if len(logos) == 0 {
		return out
	}
	for _, l := range x.logos {
		for _, h := range logos {
			if l.hash.Distance(h) <= photo.Near {
				if !slices.Contains(out, l.mark) {
					out = append(out, l.mark)
				}
				break
			}
		}
	}
	return out
}

// eachKey calls visit with the grams of a name's keys: what tells it apart, whole and each telling word, by sight and
// by sound apart, and what its words mean.
func eachKey(n *name, visit func(grams []uint32)) {
	if len(n.words) == 0 {
		return
	}
	visit(sightGrams(n.core))
	eachSound(n.core, visit)
	if len(n.core.look) < 5 && len(n.core.look) < len(n.whole.look) {
		visit(sightGrams(n.whole)) // "Toys R Us" is more than "r us"
	}
	for _, w := range n.words[:min(len(n.words), mostWords)] {
		if w.weight == 1 && len(w.look) > 1 && len(w.look) < len(n.core.look) {
			visit(sightGrams(w.part))
			visit(soundGrams(w.sounds))
		}
	}
	var concepts []int
	for _, w := range n.words {
		concepts = append(concepts, w.means...)
	}
	if len(concepts) > 1 {
		slices.Sort(concepts)
		g := hashGram(4, uint32(len(concepts)), 0, 0)
		for _, c := range concepts {
			g = hashGram(4, g, uint32(c), 0)
		}
		visit([]uint32{g})
	}
}

// eachSound visits a part as it is spoken and, where that differs, as it is spelt or as it was spoken when it was written
// down: see borrowed.
func eachSound(p part, visit func(grams []uint32)) {
	first := soundGrams(p.sounds)
	visit(first)
	second := p.spelt
	if p.han {
		second = make([]byte, len(p.sounds))
		for i, s := range p.sounds {
			if s == 'J' || s == 'C' || s == 'S' {
				s = 'k'
			}
			second[i] = s
		}
	}
	if grams := soundGrams(second); len(grams) > 0 && !slices.Equal(grams, first) {
		visit(grams)
	}
	if p.han || len(p.letters) < 4 {
		return
	}
	if read := readPinyin(string(p.letters), mostSyllables); read != nil {
		if grams := soundGrams(romanised(nil, read)); !slices.Equal(grams, first) {
			visit(grams)
		}
	}
}

const edge = 1 // stands before and behind the letters of a part

func sightGrams(p part) []uint32 {
	grams := make([]uint32, 0, 2*len(p.look)+2)
	if p.han {
		for i, r := range p.look {
			grams = append(grams, hashGram(1, uint32(r), 0, 0))
			if i > 0 {
				grams = append(grams, hashGram(1, uint32(p.look[i-1]), uint32(r), 0))
			}
		}
	} else {
		at := func(i int) uint32 {
			if i < 0 || i >= len(p.look) {
				return edge
			}
			return uint32(p.look[i])
		}
		for i := -1; i <= len(p.look); i++ {
			grams = append(grams, hashGram(2, at(i-1), at(i), at(i+1)))
		}
	}
	slices.Sort(grams)
	return slices.Compact(grams)
}

// soundGrams are of sounds in the classes that scripts and ears share, with the vowels and without them.
func soundGrams(sounds []byte) []uint32 {
	var classes, consonants []byte
	for _, s := range sounds {
		c := soundClass[s&127]
		if c == 0 || len(classes) > 0 && classes[len(classes)-1] == c {
			continue
		}
		classes = append(classes, c)
		if c != 'a' && c != 'i' && c != 'o' {
			consonants = append(consonants, c)
		}
	}
	if len(classes) == 0 {
		return nil
	}
	grams := make([]uint32, 0, len(classes)+len(consonants)+4)
	at := func(s []byte, i int) uint32 {
		if i < 0 || i >= len(s) {
			return edge
		}
		return uint32(s[i])
	}
	for i := 0; i < len(classes); i++ {
		grams = append(grams, hashGram(3, at(classes, i-1), at(classes, i), at(classes, i+1)))
	}
	for i := 0; i <= len(consonants); i++ {
		grams = append(grams, hashGram(5, at(consonants, i-1), at(consonants, i), at(consonants, i+1)))
	}
	all := uint32(0)
	for _, c := range consonants {
		all = hashGram(6, all, uint32(c), 0)
	}
	grams = append(grams, hashGram(6, all, 0, 0))
	slices.Sort(grams)
	return slices.Compact(grams)
}

func hashGram(kind, a, b, c uint32) uint32 {
	h := uint64(kind)*0x9e3779b97f4a7c15 ^ uint64(a)*0xbf58476d1ce4e5b9
	h = bits.RotateLeft64(h, 23)*0x94d049bb133111eb ^ uint64(b)*0xff51afd7ed558ccd
	h = bits.RotateLeft64(h, 29)*0xc4ceb9fe1a85ec53 ^ uint64(c)*0x9e3779b97f4a7c15
	h ^= h >> 29
	return uint32(h * 0xbf58476d1ce4e5b9 >> 32)
}

// soundClass makes one of the sounds that are near in any of the comparisons of this package.
var soundClass = func() (classes [128]byte) {
	for class, sounds := range map[byte]string{'p': "pb", 't': "tdT", 'k': "kgh", 'f': "fvw", 's': "szSZCJ", 'm': "mn", 'l': "lr", 'a': "ae", 'i': "iy", 'o': "ou"} {
		for i := range len(sounds) {
			classes[sounds[i]] = class
		}
	}
	return classes
}()

// classBits are Nice classes as bits; all when none is known.
func classBits(classes []int) (set uint64) {
	for _, c := range classes {
		if c >= 1 && c <= 45 {
			set |= 1 << c
		}
	}
	if set == 0 {
		return ^uint64(0)
	}
	return set
}

// nearBits are the classes whose goods are like those of a proposal's.
func nearBits(classes []int) (set uint64) {
	if len(classes) == 0 {
		return ^uint64(0)
	}
	for _, c := range classes {
		for other := 1; other <= 45; other++ {
			if classLikeness(c, other) >= 0.2 {
				set |= 1 << other
			}
		}
	}
	return set
}
