package clearance

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// invent makes a name as registers hold them: coined words, words of goods beside them, two words, two to four characters.
func invent(r *rand.Rand) string {
	const consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
	coined := func() string {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			if r.IntN(8) > 0 {
				b.WriteByte(consonants[r.IntN(len(consonants))])
			}
			b.WriteByte(vowels[r.IntN(len(vowels))])
			if r.IntN(3) == 0 {
				b.WriteByte("nrslmtxk"[r.IntN(8)])
			}
		}
		return b.String()
	}
	switch r.IntN(10) {
	case 0, 1, 2:
		return coined()
	case 3, 4:
		return coined() + " " + []string{"Sport", "Home", "Group", "Fashion", "Coffee", "Tech"}[r.IntN(6)]
	case 5:
		return coined() + " " + coined()
	}
	var b strings.Builder
	common := commonCharacters()
	for range 2 + r.IntN(3) {
		b.WriteRune(common[min(r.IntN(len(common)), r.IntN(len(common)))])
	}
	return b.String()
}

func inventedMarks(n int, seed uint64) []Mark {
	r := rand.New(rand.NewPCG(seed, 1))
	marks := make([]Mark, n)
	for i := range marks {
		marks[i] = Mark{Name: invent(r), Classes: []int{1 + r.IntN(45)}}
	}
	return marks
}

var million = sync.OnceValues(func() (*Index, error) { return NewIndex(inventedMarks(1_000_000, 1)) })

// BenchmarkSearchMillion searches a register of a million invented marks. p50-ms and p95-ms are of one search by itself.
func BenchmarkSearchMillion(b *testing.B) {
	x, err := million()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(2, 2))
	proposals := make([]Proposal, 500)
	for i := range proposals {
		proposals[i] = Proposal{Name: invent(r), Classes: []int{1 + r.IntN(45)}}
	}
	var took []time.Duration
	i := 0
	for b.Loop() {
		began := time.Now()
		x.Search(proposals[i%len(proposals)])
		took = append(took, time.Since(began))
		i++
	}
	slices.Sort(took)
	b.ReportMetric(float64(len(x.keys)*4+len(x.keyOf)*5)/float64(len(x.marks)), "index-B/mark")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}

// BenchmarkScanMillion is the baseline: plain edits to each of a million names, which knows neither sound nor meaning.
func BenchmarkScanMillion(b *testing.B) {
	marks := inventedMarks(1_000_000, 1)
	names := make([][]rune, len(marks))
	for i, m := range marks {
		names[i] = []rune(m.Name)
	}
	r := rand.New(rand.NewPCG(2, 2))
	for b.Loop() {
		asked := []rune(invent(r))
		least := len(asked)
		for _, n := range names {
			least = min(least, levenshtein(asked, n))
		}
	}
}

// BenchmarkNewIndex is the building of an index of a hundred thousand marks.
func BenchmarkNewIndex(b *testing.B) {
	marks := inventedMarks(100_000, 1)
	for b.Loop() {
		if _, err := NewIndex(marks); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompare is one full comparison of two names.
func BenchmarkCompare(b *testing.B) {
	p := Proposal{Name: "Dreamwerks Shoes", Classes: []int{25}}
	m := Mark{Name: "Dreamworks", Classes: []int{25}}
	for b.Loop() {
		Compare(p, m)
	}
}
