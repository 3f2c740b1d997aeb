package text

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/cloudflare/ahocorasick"
	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// syllables make names and words that look like ones without being any.
var syllables = strings.Fields(`ba bel bri ca chan clo cor da del dren du el en fa fen flo ga gel gra har hel in jo ka kel kor la lin lo lux ma mer mi mon
	na nel no nor o or pa pel pro qui ra ren ri ros sa sel shi sol sta stra su ta tel tor tri u ul va ven vi vor wa wen xi ya yo za zel zu bur cas dor fal gim
	hax jor kim lam mod nex pax rig sul tav vex wol yan zor`)

func made(r *rand.Rand) string {
	var b strings.Builder
	for range 3 + r.IntN(2) {
		b.WriteString(syllables[r.IntN(len(syllables))])
	}
	return b.String()
}

// benchNames are n names of one to three words, a tenth of them Chinese.
func benchNames(n int) []Name {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	var names []Name
	for len(names) < n {
		text := made(r)
		switch r.IntN(10) {
		case 0, 1, 2:
			text += " " + made(r)
		case 3:
			text += " " + made(r) + " " + made(r)
		case 4:
			text = ""
			for range 2 + r.IntN(3) {
				text += string(max(0x4e00+rune(r.IntN(6000)), '丨'+1)) // those before are strokes and signs
			}
		}
		if !seen[text] {
			seen[text] = true
			names = append(names, Name{Text: text})
		}
	}
	return names
}

var listingWords = strings.Fields(`the new with and for men women shoes running black white leather bag size free shipping original box quality fast
	delivery style jacket cotton summer winter watch steel quartz waterproof wireless headphones charger cable case cover phone compatible replacement filter
	kitchen blender set pack pieces vintage used good condition worn twice smoke home collector edition limited gift packed photos ask questions before buying
	returns accepted days warranty one year seller store official outlet sale discount percent season fashion luxury design soft comfortable breathable sole
	rubber strap sleeve hooded zip pocket regular fit slim wide narrow length width height weight colour navy red blue green yellow pink purple brown`)

// benchText is size bytes of listing text in which one word in two hundred begins one of names and some are disguised.
func benchText(names []Name, size int) string {
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for b.Len() < size {
		switch k := r.IntN(1000); {
		case k < 5:
			b.WriteString(names[r.IntN(len(names))].Text)
		case k < 7:
			b.WriteString(strings.Join(strings.Split(names[r.IntN(len(names))].Text, ""), "."))
		case k < 12:
			b.WriteString(editLetter(r, listingWords[r.IntN(len(listingWords))], "transpose")) // words no list knows
		case k < 17:
			fmt.Fprintf(&b, "%c%c-%d%c", 'A'+rune(r.IntN(26)), 'A'+rune(r.IntN(26)), r.IntN(9000), 'A'+rune(r.IntN(26))) // models
		case k < 27:
			fmt.Fprint(&b, r.IntN(3000))
		default:
			b.WriteString(listingWords[r.IntN(len(listingWords))])
		}
		switch r.IntN(20) {
		case 0:
			b.WriteString(", ")
		case 1:
			b.WriteString(".\n")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

var bench = sync.OnceValues(func() ([]Name, string) {
	names := benchNames(20000)
	return names, benchText(names, 50<<20)
})

func benchmarkFind(b *testing.B, o Options) {
	names, s := bench()
	m := mustMatcher(b, o, names...)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	var dst []Match
	for b.Loop() {
		dst = m.Find(dst[:0], s)
	}
	b.ReportMetric(float64(len(dst)), "matches")
}

// The Find benchmarks run 20,000 names over 50 MB of English listing text in one call.
func BenchmarkFindExact(b *testing.B) { benchmarkFind(b, Options{ExactOnly: true}) }

func BenchmarkFindDisguised(b *testing.B) { benchmarkFind(b, Options{}) }

// BenchmarkTerms looks for the vocabulary of the trade in the same text.
func BenchmarkTerms(b *testing.B) {
	_, s := bench()
	s = s[:8<<20]
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	var dst []Term
	for b.Loop() {
		dst = Terms(dst[:0], s, "en")
	}
}

// benchmarkListings runs over short texts, as a scan does.
func benchmarkListings(b *testing.B, o Options) {
	ls := listings(b)
	m := mustMatcher(b, o, append(brandNames(b), append(shopNames(b), benchNames(17000)...)...)...)
	size := 0
	for _, l := range ls {
		size += len(l.Title) + len(l.Description)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var dst []Match
	for b.Loop() {
		for _, l := range ls {
			dst = m.Find(dst[:0], l.Title)
			dst = m.Find(dst[:0], l.Description)
		}
	}
}

func BenchmarkListingsExact(b *testing.B) { benchmarkListings(b, Options{ExactOnly: true}) }

func BenchmarkListingsDisguised(b *testing.B) { benchmarkListings(b, Options{}) }

func BenchmarkListingsTerms(b *testing.B) {
	ls := listings(b)
	size := 0
	for _, l := range ls {
		size += len(l.Title) + len(l.Description)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var dst []Term
	for b.Loop() {
		for _, l := range ls {
			dst = Terms(dst[:0], l.Title, l.Language)
			dst = Terms(dst[:0], l.Description, l.Language)
		}
	}
}

// BenchmarkPeerAhoCorasick is github.com/cloudflare/ahocorasick on the same names and text: plain substrings, case as
// written, no word boundaries, no offsets.
func BenchmarkPeerAhoCorasick(b *testing.B) {
	names, s := bench()
	var dictionary [][]byte
	for _, n := range names {
		dictionary = append(dictionary, []byte(n.Text))
	}
	matcher := ahocorasick.NewMatcher(dictionary)
	in := []byte(s)
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		matcher.Match(in)
	}
}

// BenchmarkPeerRegexp is one stdlib regexp of 1,000 of the names; with 20,000 it does not end in reasonable time.
func BenchmarkPeerRegexp(b *testing.B) {
	names, s := bench()
	var alternatives []string
	for _, n := range names[:1000] {
		alternatives = append(alternatives, regexp.QuoteMeta(n.Text))
	}
	re := regexp.MustCompile(`(?i)\b(?:` + strings.Join(alternatives, "|") + `)\b`)
	s = s[:1<<20]
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		re.FindAllStringIndex(s, -1)
	}
}

// The same at 100,000 names, over text that mentions some of them.
var wideBench = sync.OnceValues(func() ([]Name, string) {
	names := benchNames(100000)
	return names, benchText(names, 50<<20)
})

func benchmarkWide(b *testing.B, o Options) {
	names, s := wideBench()
	m := mustMatcher(b, o, names...)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	var dst []Match
	for b.Loop() {
		dst = m.Find(dst[:0], s)
	}
	b.ReportMetric(float64(len(dst)), "matches")
}

func BenchmarkFindExact100000(b *testing.B) { benchmarkWide(b, Options{ExactOnly: true}) }

func BenchmarkFindDisguised100000(b *testing.B) { benchmarkWide(b, Options{}) }

// BenchmarkMatcherSize100000 reports what a compiled matcher of 100,000 names keeps in memory.
func BenchmarkMatcherSize100000(b *testing.B) {
	names := benchNames(100000)
	letters.Shared()
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m := mustMatcher(b, Options{}, names...)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB-kept")
		runtime.KeepAlive(m)
	}
}

func BenchmarkNewMatcher100000(b *testing.B) {
	names := benchNames(100000)
	b.ReportAllocs()
	for b.Loop() {
		mustMatcher(b, Options{}, names...)
	}
}
