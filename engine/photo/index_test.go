package photo

import (
	"bufio"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

func randomHash(r *rand.Rand) (h Hash) {
	for i := range h {
		h[i] = byte(r.Uint32())
	}
	return h
}

// flip changes n different bits.
func flip(r *rand.Rand, h Hash, n int) Hash {
	for _, k := range r.Perm(256)[:n] {
		h[k/8] ^= 1 << (k % 8)
	}
	return h
}

type pair struct {
	hash Hash
	id   uint32
}

// plain is an index that looks through everything and knows nothing of the other's insides.
type plain map[pair]bool

func (x plain) near(h Hash, radius int) (found []Neighbour) {
	for p := range x {
		if d := p.hash.Distance(h); d <= radius {
			found = append(found, Neighbour{p.id, d})
		}
	}
	slices.SortFunc(found, func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID))
	})
	return found
}

// TestIndexAgainstPlain adds, removes and looks at random, with many hashes near to one another, equal ones, and few ids, long
// enough that runs are made and merged.
func TestIndexAgainstPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x, want := NewIndex(), plain{}
	centres := []Hash{{}, randomHash(r), randomHash(r)}
	pick := func() Hash {
		switch r.IntN(4) {
		case 0:
			return randomHash(r)
		case 1:
			return centres[r.IntN(len(centres))]
		default:
			return flip(r, centres[r.IntN(len(centres))], r.IntN(40))
		}
	}
	var known []pair
	steps := 3 * mostTail
	for i := range steps {
		switch roll := r.IntN(100); {
		case roll < 70 || len(known) == 0:
			p := pair{pick(), r.Uint32N(50)}
			x.Add(p.hash, p.id)
			want[p] = true
			known = append(known, p)
		case roll < 95:
			p := known[r.IntN(len(known))]
			if got := x.Remove(p.hash, p.id); got != want[p] {
				t.Fatalf("step %d: removed %t, want %t", i, got, want[p])
			}
			delete(want, p)
		default:
			p := pair{randomHash(r), 1}
			if x.Remove(p.hash, p.id) {
				t.Fatalf("step %d: removed what was never added", i)
			}
		}
		if x.Len() != len(want) {
			t.Fatalf("step %d: %d hashes, want %d", i, x.Len(), len(want))
		}
		if i%(steps/150) == 0 {
			h, radius := pick(), r.IntN(40)
			if i%3 == 0 {
				h = flip(r, known[r.IntN(len(known))].hash, min(radius, 31))
			}
			kept := []Neighbour{{7, 7}}
			got := x.Near(kept, h, radius)
			if got[0] != kept[0] || !slices.Equal(got[1:], want.near(h, radius)) {
				t.Fatalf("step %d: radius %d of %s: %d found, want %d", i, radius, h, len(got)-1, len(want.near(h, radius)))
			}
		}
	}
	if runs := len(x.now.Load().runs); runs == 0 {
		t.Error("no run was ever made")
	}
	for p := range want {
		if !x.Remove(p.hash, p.id) {
			t.Fatal("what was added cannot be removed")
		}
	}
	if found := x.Near(nil, centres[0], 256); x.Len() != 0 || len(found) != 0 {
		t.Errorf("%d left, %d found", x.Len(), len(found))
	}
}

// TestIndexFindsEveryDistance puts the 31 differing bits where the tables are weakest: evenly over the parts.
func TestIndexFindsEveryDistance(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x := NewIndex()
	h := randomHash(r)
	x.Add(h, 1)
	for i := range uint32(mostTail) {
		x.Add(randomHash(r), 2+i)
	}
	if len(x.now.Load().runs) != 1 {
		t.Fatal("the hash is not in a run")
	}
	var of [parts][]int // bits of a hash by part
	for k, to := range spread {
		of[to/32] = append(of[to/32], k)
	}
	for radius := range Near + 1 {
		for range 20 {
			other := h
			first := r.IntN(parts)
			for n := range radius {
				bit := of[(first+n)%parts][n/parts*5+r.IntN(5)]
				other[len(h)-1-bit/8] ^= 1 << (bit % 8)
			}
			if got := x.Near(nil, other, radius); len(got) != 1 || got[0] != (Neighbour{1, radius}) {
				t.Fatalf("at %d: %v", radius, got)
			}
			if radius > 0 {
				if got := x.Near(nil, other, radius-1); len(got) != 0 {
					t.Fatalf("at %d, looked for within %d: %v", radius, radius-1, got)
				}
			}
		}
	}
	if got := x.Near(nil, h, -1); len(got) != 0 {
		t.Errorf("within -1: %v", got)
	}
}

// TestHaystack looks for the reference's needles in its haystack.
func TestHaystack(t *testing.T) {
	haystack, needles := hashesIn(t, "testdata/haystack.txt"), hashesIn(t, "testdata/needles.txt")
	x, want := NewIndex(), plain{}
	for range 1 + mostTail/len(haystack) { // often enough that there is a run
		for _, h := range haystack {
			id := uint32(len(want))
			x.Add(h, id)
			want[pair{h, id}] = true
		}
	}
	found := 0
	for _, h := range needles {
		got := x.Near(nil, h, Near)
		if !slices.Equal(got, want.near(h, Near)) {
			t.Errorf("%s: %d found, want %d", h, len(got), len(want.near(h, Near)))
		}
		if len(got) > 0 {
			found++
		}
	}
	if found != 100 {
		t.Errorf("%d needles found, want all 100, which are near copies", found)
	}
	t.Logf("%d of %d needles are within %d bits of one of %d hashes", found, len(needles), Near, len(haystack))
}

func hashesIn(t testing.TB, path string) (hashes []Hash) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for s := bufio.NewScanner(file); s.Scan(); {
		h, err := Parse(s.Text())
		if err != nil {
			t.Fatalf("%s: %q: %v", path, s.Text(), err)
		}
		hashes = append(hashes, h)
	}
	return hashes
}

// TestIndexWhileAdding looks for what stays in the index while other hashes come and go: it must be found every time.
func TestIndexWhileAdding(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	x := NewIndex()
	stays := randomHash(r)
	x.Add(stays, 1)
	var wait sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		wait.Go(func() {
			for {
				if got := x.Near(nil, stays, 20); len(got) == 0 || got[0] != (Neighbour{1, 0}) {
					t.Errorf("found %v", got)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range uint32(2*mostTail + 100) {
		h := randomHash(r)
		x.Add(h, i+2)
		if i%3 == 0 {
			x.Remove(h, i+2)
		}
	}
	close(done)
	wait.Wait()
}

// collection makes hashes: at random, or skewed as those of a marketplace are: pictures of a few kinds that agree in many of their
// low frequencies, shops' own pictures in many near copies, and one picture used 100,000 times.
func collection(kind string, n int) []Hash {
	r := rand.New(rand.NewPCG(7, 8))
	hashes := make([]Hash, n)
	if kind == "random" {
		for i := range hashes {
			hashes[i] = randomHash(r)
		}
		return hashes
	}
	// Each kind of picture has bits of its own that are the likelier the lower their frequency.
	kinds := make([]Hash, 50)
	for i := range kinds {
		kinds[i] = randomHash(r)
	}
	like := func(kind Hash) (h Hash) {
		for i := range low {
			for j := range low {
				k := i*low + j
				bit := kind[len(h)-1-k/8] >> (k % 8) & 1
				if r.IntN(40) > 40-i-j { // of the highest frequencies three in four are left to chance
					bit = byte(r.Uint32() & 1)
				} else if r.IntN(4) == 0 {
					bit ^= 1
				}
				h[len(h)-1-k/8] |= bit << (k % 8)
			}
		}
		return h
	}
	stock := randomHash(r)
	for i := 0; i < n; {
		switch roll := r.IntN(100); {
		case i < n/100:
			hashes[i] = flip(r, stock, max(0, r.IntN(16)-8)) // one picture, half its uses unchanged
			i++
		case roll < 90:
			hashes[i] = like(kinds[min(r.IntN(50), r.IntN(50))])
			i++
		default:
			h := like(kinds[r.IntN(50)])
			for range min(1+r.IntN(60), n-i) {
				hashes[i] = flip(r, h, r.IntN(20))
				i++
			}
		}
	}
	r.Shuffle(n, func(i, j int) { hashes[i], hashes[j] = hashes[j], hashes[i] })
	return hashes
}

// BenchmarkIndex fills an index of OWNMARK_HASHES hashes (a million unless told) and looks, side by side with the linear scan.
func BenchmarkIndex(b *testing.B) {
	n := 1_000_000
	if text := os.Getenv("OWNMARK_HASHES"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			b.Fatal(err)
		}
	}
	for _, kind := range []string{"random", "skewed"} {
		b.Run(kind, func(b *testing.B) {
			hashes := collection(kind, n)
			before := held()
			x := NewIndex()
			start := time.Now()
			for i, h := range hashes {
				x.Add(h, uint32(i))
			}
			add := time.Since(start)
			memory := held() - before
			r := rand.New(rand.NewPCG(9, 10))
			var strange, copies, scans []time.Duration
			var dst []Neighbour
			found := 0
			for b.Loop() {
				for i := range 2000 {
					h := randomHash(r)
					if kind == "skewed" {
						h = flip(r, hashes[r.IntN(n)], 60) // like the others, but near to none of its kind
					}
					start := time.Now()
					dst = x.Near(dst[:0], h, Near)
					strange = append(strange, time.Since(start))
					h = flip(r, hashes[r.IntN(n)], r.IntN(20))
					start = time.Now()
					dst = x.Near(dst[:0], h, Near)
					copies = append(copies, time.Since(start))
					found = max(found, len(dst))
					if i%100 == 0 {
						start = time.Now()
						dst = x.scan(dst[:0], h, Near)
						scans = append(scans, time.Since(start))
					}
				}
			}
			b.Logf("%s: %d hashes, %d runs, %.1f bytes each, added in %s", kind, x.Len(), len(x.now.Load().runs), float64(memory)/float64(n), add.Round(time.Millisecond))
			b.Logf("%s: index, hash of another picture: %s", kind, percentiles(strange))
			b.Logf("%s: index, near copy of one inside: %s, at most %d found", kind, percentiles(copies), found)
			b.Logf("%s: linear scan: %s", kind, percentiles(scans))
			b.ReportMetric(0, "ns/op")
			runtime.KeepAlive(hashes)
		})
	}
}

// held is how many bytes of the heap are in use.
func held() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func percentiles(d []time.Duration) string {
	slices.Sort(d)
	at := func(share float64) time.Duration { return d[int(share*float64(len(d)-1))].Round(time.Microsecond) }
	return fmt.Sprintf("p50 %s, p99 %s, most %s", at(.5), at(.99), at(1))
}
