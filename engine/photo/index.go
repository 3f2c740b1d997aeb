package photo

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// Index finds hashes within a Hamming distance. Any number of goroutines may look while one or more add and remove: those
// who look never wait.
//
// It is multi-index hashing (Norouzi, Punjani, Fleet: "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012).
// A hash is cut into eight parts of 32 bits. Of 31 differing bits some part has at most three, so whoever looks up each
// part's neighbours within three bits misses nothing. Each part has a table by its first few bits, about as many as say
// two to four hashes apart. The hashes themselves lie in the order of the first table, which so needs no list; the others
// have a place of three bytes for each different hash. Ten million hashes take 61 bytes each.
//
// What is added goes first to a short tail, which is looked through hash by hash, then to runs of growing size, each with
// tables of its own, that are merged when one is no longer eight times the next: an Add now and then takes as long as
// making the tables anew (seconds, for ten million hashes, and for that while as much memory again). A run has at
// most 2^24 hashes; each further run costs a look-up of its own.
type Index struct {
	mutex sync.Mutex // of those who write
	now   atomic.Pointer[state]
	tail  map[entry]int // places in the tail
	count atomic.Int64
}

// Neighbour is what is found.
type Neighbour struct {
	ID       uint32 // as given to Add
	Distance int    // bits that differ
}

const (
	parts     = 8
	mostTail  = 1 << 15 // hashes that are looked through one by one
	mostRun   = 1 << 24 // places have three bytes
	evictions = 4       // a run is made anew when one in so many of its hashes is removed
)

// state is what there is to look through at one moment.
type state struct {
	runs []*run // the largest first
	tail *tail
}

// entry is one thing added.
type entry struct {
	words words
	id    uint32
}

// words are the bits of a hash as the index orders them; part k is half a word.
type words [4]uint64

func (w *words) part(k int) uint32 { return uint32(w[k/2] >> (32 * (k % 2))) }

func (w *words) distance(other *words) int {
	return bits.OnesCount64(w[0]^other[0]) + bits.OnesCount64(w[1]^other[1]) +
		bits.OnesCount64(w[2]^other[2]) + bits.OnesCount64(w[3]^other[3])
}

func (w words) compare(other words) int { return slices.Compare(w[:], other[:]) }

// spread is where each bit of a hash goes. The bits of neighbouring frequencies, which agree more often than chance has it,
// go to different parts: each part has two bits of every row and of every column of frequencies.
var spread = func() (to [256]uint8) {
	var used [parts]int
	for i := range low {
		for j := range low {
			part := (3*i + j) % parts
			to[i*low+j] = uint8(part*32 + 31 - used[part])
			used[part]++
		}
	}
	return to
}()

// spreadBytes is spread for each value of each byte of a hash.
var spreadBytes = func() (t [32][256]words) {
	for at := range t {
		for value := range t[at] {
			for b := range 8 {
				if value>>b&1 == 1 {
					to := spread[8*(len(t)-1-at)+b]
					t[at][value][to/64] |= 1 << (to % 64)
				}
			}
		}
	}
	return t
}()

func wordsOf(h Hash) (w words) {
	for at, value := range h {
		t := &spreadBytes[at][value]
		w[0] |= t[0]
		w[1] |= t[1]
		w[2] |= t[2]
		w[3] |= t[3]
	}
	return w
}

// NewIndex is an index without hashes.
func NewIndex() *Index {
	x := &Index{tail: map[entry]int{}}
	x.now.Store(&state{tail: newTail(64)})
	return x
}

// Len is how many different pairs of hash and id are in the index.
func (x *Index) Len() int { return int(x.count.Load()) }

// Add puts a hash in under an id. The same hash under the same id twice counts once; a hash may have many ids and an id
// many hashes.
func (x *Index) Add(h Hash, id uint32) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	e := entry{wordsOf(h), id}
	now := x.now.Load()
	for _, r := range now.runs {
		if p, ok := r.find(e); ok {
			if r.revive(p) {
				x.count.Add(1)
			}
			return
		}
	}
	x.count.Add(1)
	if p, ok := x.tail[e]; ok {
		if !now.tail.dead.clear(p) {
			x.count.Add(-1)
		}
		return
	}
	if now.tail.full() {
		now = x.settle(now)
	}
	x.tail[e] = now.tail.append(e)
}

// Remove takes out what Add put in, and says whether it was there.
func (x *Index) Remove(h Hash, id uint32) bool {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	e := entry{wordsOf(h), id}
	now := x.now.Load()
	removed := false
	if p, ok := x.tail[e]; ok {
		removed = now.tail.dead.set(p)
	}
	for _, r := range now.runs {
		if p, ok := r.find(e); ok {
			removed = r.remove(p)
		}
	}
	if removed {
		x.count.Add(-1)
	}
	return removed
}

// settle makes room in the tail: it is given more, or made a run, merged with those before it that are not eight times as
// large or have lost many hashes.
func (x *Index) settle(now *state) *state {
	next := &state{runs: now.runs}
	if size := len(now.tail.words); size < mostTail {
		next.tail = newTail(2 * size)
		for p := range size {
			// The removed come along too: their places stand in x.tail.
			next.tail.append(entry{now.tail.words[p], now.tail.ids[p]})
			if now.tail.dead.has(p) {
				next.tail.dead.set(p)
			}
		}
		x.now.Store(next)
		return next
	}
	size, keep := len(now.tail.words), len(now.runs)
	for i, r := range slices.Backward(now.runs) {
		sum := size
		for _, later := range now.runs[i:] {
			sum += later.live()
		}
		worn := int(r.removed.Load())*evictions > len(r.words)
		if (r.live() <= 8*(sum-r.live()) || worn) && sum <= mostRun {
			keep = i
		}
	}
	next.runs = slices.Clone(now.runs[:keep])
	if merged := merge(now.runs[keep:], now.tail); merged != nil {
		next.runs = append(next.runs, merged)
	}
	next.tail = newTail(mostTail)
	clear(x.tail)
	x.now.Store(next)
	return next
}

// Near appends to dst what lies within radius of h, the nearest first and by id where equally near. An id that was added with
// several hashes comes once for each of them that is near. The index is made for radii up to Near; a greater one looks
// through every hash.
func (x *Index) Near(dst []Neighbour, h Hash, radius int) []Neighbour {
	from := len(dst)
	w, now := wordsOf(h), x.now.Load()
	for _, r := range now.runs {
		if radius > Near {
			dst = r.scan(dst, &w, radius)
		} else {
			dst = r.near(dst, &w, radius)
		}
	}
	dst = now.tail.scan(dst, &w, radius)
	slices.SortFunc(dst[from:], func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID))
	})
	return dst
}

// scan is Near by looking through every hash: what Near is measured against.
func (x *Index) scan(dst []Neighbour, h Hash, radius int) []Neighbour {
	w, now := wordsOf(h), x.now.Load()
	for _, r := range now.runs {
		dst = r.scan(dst, &w, radius)
	}
	return now.tail.scan(dst, &w, radius)
}

// marks are bits that one may set while others read.
type marks []atomic.Uint64

func newMarks(n int) marks { return make(marks, (n+63)/64) }

func (m marks) has(p int) bool { return m[p/64].Load()>>(p%64)&1 == 1 }

// set reports whether p was clear.
func (m marks) set(p int) bool { return m[p/64].Or(1<<(p%64))>>(p%64)&1 == 0 }

// clear reports whether p was set.
func (m marks) clear(p int) bool { return m[p/64].And(^uint64(1<<(p%64)))>>(p%64)&1 == 1 }

// tail is what was added last, in the order of adding.
type tail struct {
	words []words // full length from the beginning; used are the first
	ids   []uint32
	dead  marks
	used  atomic.Int64
}

func newTail(size int) *tail {
	return &tail{words: make([]words, size), ids: make([]uint32, size), dead: newMarks(size)}
}

func (t *tail) full() bool { return int(t.used.Load()) == len(t.words) }

// append is seen by those who look when used says so, after the entry stands there.
func (t *tail) append(e entry) int {
	p := int(t.used.Load())
	t.words[p], t.ids[p] = e.words, e.id
	t.used.Store(int64(p + 1))
	return p
}

func (t *tail) scan(dst []Neighbour, w *words, radius int) []Neighbour {
	for p := range t.words[:t.used.Load()] {
		if d := w.distance(&t.words[p]); d <= radius && !t.dead.has(p) {
			dst = append(dst, Neighbour{t.ids[p], d})
		}
	}
	return dst
}

// run is hashes in the order of their first part's key, then of all their bits and their ids. A hash with many ids stands there
// once for each of them.
type run struct {
	words   []words
	ids     []uint32
	key     int // bits of each part that its table goes by
	tables  [parts]table
	dead    marks
	removed atomic.Int64
}

// table says where the hashes of each key are: the places from one key's to the next, in the run itself for the first part
// and in places for the others, which name only the first of equal hashes.
type table struct {
	groups []group
	wide   [][group16 + 1]uint32
	places []byte // three bytes each, the lowest first
}

const group16 = 16 // keys in a group

// group holds where the places of sixteen neighbouring keys end, counted from where the first begins. When one byte does not
// hold it, from is wideBit and a number in the table's wide.
type group struct {
	from uint32
	ends [group16]uint8
}

const wideBit = 1 << 31

// span is where the places of key lie.
func (t *table) span(key uint32) (from, to uint32) {
	g := &t.groups[key/group16]
	k := key % group16
	if g.from&wideBit != 0 {
		w := &t.wide[g.from&^wideBit]
		return w[k], w[k+1]
	}
	from = g.from
	to = from + uint32(g.ends[k])
	if k > 0 {
		from += uint32(g.ends[k-1])
	}
	return from, to
}

// newTable makes the groups of a table from how many places each key has; counts then say where each key's begin.
func newTable(counts []uint32) (t table) {
	t.groups = make([]group, (len(counts)+group16-1)/group16)
	at := uint32(0)
	for i := range t.groups {
		some := counts[i*group16 : (i+1)*group16]
		g := &t.groups[i]
		g.from = at
		var ends [group16 + 1]uint32
		ends[0] = at
		for k, n := range some {
			some[k] = at
			at += n
			ends[k+1] = at
			g.ends[k] = uint8(min(at-g.from, 255))
		}
		if at-g.from > 255 {
			*g = group{from: wideBit | uint32(len(t.wide))}
			t.wide = append(t.wide, ends)
		}
	}
	return t
}

func (t *table) place(i uint32) uint32 {
	b := t.places[3*i : 3*i+3 : 3*i+3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
}

// merge makes one run of what is left of runs and of the tail; nil when that is nothing.
func merge(runs []*run, last *tail) *run {
	// each calls what it is given with every entry, in the same order every time: removals wait for the same mutex.
	each := func(do func(w *words, id uint32)) {
		for _, r := range runs {
			for p := range r.words {
				if !r.dead.has(p) {
					do(&r.words[p], r.ids[p])
				}
			}
		}
		for p := range last.words[:last.used.Load()] {
			if !last.dead.has(p) {
				do(&last.words[p], last.ids[p])
			}
		}
	}
	n := 0
	each(func(*words, uint32) { n++ })
	if n == 0 {
		return nil
	}
	r := &run{words: make([]words, n), ids: make([]uint32, n), dead: newMarks(n), key: min(max(bits.Len(uint(n))-2, 8), maxKey)}
	shift := 32 - r.key
	counts := make([]uint32, 1<<r.key)
	each(func(w *words, _ uint32) { counts[w.part(0)>>shift]++ })
	r.tables[0] = newTable(counts)
	each(func(w *words, id uint32) {
		k := w.part(0) >> shift
		r.words[counts[k]], r.ids[counts[k]] = *w, id
		counts[k]++
	})
	from := uint32(0)
	for _, to := range counts { // each now says where its key's places end
		r.sort(int(from), int(to))
		from = to
	}
	for k := 1; k < parts; k++ {
		clear(counts)
		heads := 0
		for p := range r.words {
			if r.head(p) {
				counts[r.words[p].part(k)>>shift]++
				heads++
			}
		}
		r.tables[k] = newTable(counts)
		places := make([]byte, 3*heads)
		for p := range r.words {
			if r.head(p) {
				c := &counts[r.words[p].part(k)>>shift]
				b := places[3**c : 3**c+3]
				b[0], b[1], b[2] = byte(p), byte(p>>8), byte(p>>16)
				*c++
			}
		}
		r.tables[k].places = places
	}
	return r
}

// head reports whether p is the first of equal hashes.
func (r *run) head(p int) bool { return p == 0 || r.words[p] != r.words[p-1] }

func (r *run) at(p int) entry { return entry{r.words[p], r.ids[p]} }

func (e entry) compare(other entry) int {
	return cmp.Or(e.words.compare(other.words), cmp.Compare(e.id, other.id))
}

// sort orders the entries of one key.
func (r *run) sort(from, to int) {
	if to-from > 32 {
		some := make([]entry, 0, to-from)
		for p := from; p < to; p++ {
			some = append(some, r.at(p))
		}
		slices.SortFunc(some, entry.compare)
		for i, e := range some {
			r.words[from+i], r.ids[from+i] = e.words, e.id
		}
		return
	}
	for p := from + 1; p < to; p++ {
		for q := p; q > from && r.at(q).compare(r.at(q-1)) < 0; q-- {
			r.words[q], r.words[q-1] = r.words[q-1], r.words[q]
			r.ids[q], r.ids[q-1] = r.ids[q-1], r.ids[q]
		}
	}
}

// find is the place of an entry, removed or not.
func (r *run) find(e entry) (p int, ok bool) {
	from, to := r.tables[0].span(e.words.part(0) >> (32 - r.key))
	for from < to {
		middle := (from + to) / 2
		switch c := r.at(int(middle)).compare(e); {
		case c == 0:
			return int(middle), true
		case c < 0:
			from = middle + 1
		default:
			to = middle
		}
	}
	return 0, false
}

func (r *run) live() int { return len(r.words) - int(r.removed.Load()) }

func (r *run) remove(p int) bool {
	if !r.dead.set(p) {
		return false
	}
	r.removed.Add(1)
	return true
}

func (r *run) revive(p int) bool {
	if !r.dead.clear(p) {
		return false
	}
	r.removed.Add(-1)
	return true
}

func (r *run) scan(dst []Neighbour, w *words, radius int) []Neighbour {
	for p := range r.words {
		if d := w.distance(&r.words[p]); d <= radius && !r.dead.has(p) {
			dst = append(dst, Neighbour{r.ids[p], d})
		}
	}
	return dst
}

// What a key is turned by to get its neighbours: its bits above the lowest four by masks, and those four by nibble, so that
// neighbours in one group come together.
var (
	masks    [maxKey - 4 + 1][]uint32 // of so many bits, those with up to three ones, by how many
	starts   [maxKey - 4 + 1][5]int   // where those with so many ones begin
	nibble   = [group16]uint32{0, 1, 2, 4, 8, 3, 5, 6, 9, 10, 12, 7, 11, 13, 14, 15}
	inNibble = [4]int{1, 5, 11, 15} // how many of nibble have at most so many ones
)

const maxKey = 22

func init() {
	for width := range masks {
		for ones := range 4 {
			starts[width][ones] = len(masks[width])
			for m := range uint32(1) << width {
				if bits.OnesCount32(m) == ones {
					masks[width] = append(masks[width], m)
				}
			}
		}
		starts[width][4] = len(masks[width])
	}
}

// near looks in each table. The work goes in rounds, each without a branch that waits for memory, so that the processor asks
// for many lines of memory at once: where a key's places are, which they are, what hash is there.
func (r *run) near(dst []Neighbour, w *words, radius int) []Neighbour {
	if radius < 0 {
		return dst
	}
	// The parts need not be equal: when the first few are looked up within whole bits and the others within one less, a hash
	// that none finds differs in at least radius+1 bits.
	var radii [parts]int
	for k := range radii {
		radii[k] = (radius+parts-k)/parts - 1
	}
	var spans [1794][2]uint32 // as many as there are keys of 22 bits within three
	var places [1024]uint32
	shift, width := 32-r.key, r.key-4
	for k := range parts {
		if radii[k] < 0 {
			break
		}
		t, key := &r.tables[k], w.part(k)>>shift
		n := 0
		for ones := 0; ones <= radii[k]; ones++ {
			lowest := nibble[:inNibble[radii[k]-ones]]
			for _, mask := range masks[width][starts[width][ones]:starts[width][ones+1]] {
				for _, m := range lowest {
					spans[n][0], spans[n][1] = t.span(key ^ (mask<<4 | m))
					n++
				}
			}
		}
		used := 0
		for _, s := range spans[:n] {
			for i := s[0]; i < s[1]; i++ {
				if used == len(places) {
					dst = r.verify(dst, w, radius, &radii, k, places[:used])
					used = 0
				}
				if k == 0 {
					places[used] = i
				} else {
					places[used] = t.place(i)
				}
				used++
			}
		}
		dst = r.verify(dst, w, radius, &radii, k, places[:used])
	}
	return dst
}

// verify appends what of places, found in table k and in none before it, is near enough.
func (r *run) verify(dst []Neighbour, w *words, radius int, radii *[parts]int, k int, places []uint32) []Neighbour {
	for _, p := range places {
		d := w.distance(&r.words[p])
		if d > radius || r.earlier(w, int(p), radii, k) {
			continue
		}
		for q := int(p); q < len(r.words) && r.words[q] == r.words[p]; q++ {
			if !r.dead.has(q) {
				dst = append(dst, Neighbour{r.ids[q], d})
			}
			if k == 0 {
				break // equal hashes come each for itself
			}
		}
	}
	return dst
}

// earlier reports whether a table before k has found p.
func (r *run) earlier(w *words, p int, radii *[parts]int, k int) bool {
	for before := range k {
		if bits.OnesCount32((w.part(before)^r.words[p].part(before))>>(32-r.key)) <= radii[before] {
			return true
		}
	}
	return false
}
