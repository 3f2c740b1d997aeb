package text

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// lexicon is the compiled vocabulary of the trade.
type lexicon struct {
	matcher *Matcher
	phrases []phrase // by Match.Name
	rows    []compiledRow
	scratch sync.Pool
}

// phrase says which rows of the tables a phrase stands in, and the sign it must be followed by (the + of AAA+).
type phrase struct {
	rows  []int32
	clues uint64
	tail  rune
}

type compiledRow struct {
	*termRow
	innocent, needs uint64 // clue sets
}

// termScratch is what one Terms needs.
type termScratch struct {
	matches []Match
	clues   []clueHit
	found   []termHit
}

type clueHit struct {
	set        uint64
	start, end int
}

type termHit struct {
	row        int32
	start, end int
}

const (
	clueReach    = 200 // runes over which a clue may change what a term means
	warningReach = 60  // runes over which "beware of" may reach
)

var trade = sync.OnceValue(func() *lexicon { return compileLexicon(termRows, clueRows) })

func compileLexicon(terms []termRow, clues []clueRow) *lexicon {
	x := &lexicon{}
	x.scratch.New = func() any { return new(termScratch) }
	names := map[string]int{}
	var list []Name
	index := func(text string) int {
		key := strings.ToLower(text)
		i, ok := names[key]
		if !ok {
			i = len(list)
			names[key] = i
			list = append(list, Name{Text: text, Ambiguous: true})
			last, _ := utf8.DecodeLastRuneInString(text)
			p := phrase{}
			if strings.ContainsRune("+❤", last) {
				p.tail = last
			}
			x.phrases = append(x.phrases, p)
		}
		return i
	}
	set := func(names string) (bits uint64) {
		for _, name := range strings.Fields(names) {
			for i := range clues {
				if clues[i].name == name {
					bits |= 1 << i
				}
			}
		}
		return bits
	}
	for i := range clues {
		for _, text := range strings.Split(clues[i].phrases, "|") {
			x.phrases[index(text)].clues |= 1 << i
		}
	}
	for i := range terms {
		row := &terms[i]
		x.rows = append(x.rows, compiledRow{row, set(row.innocent), set(row.needs)})
		for _, text := range strings.Split(row.phrases, "|") {
			at := &x.phrases[index(text)]
			at.rows = append(at.rows, int32(i))
		}
	}
	x.matcher = newMatcher(list, matcherMode{fixed: true})
	return x
}

// Terms appends the terms of the trade in copies found in s to dst, in order of Start. Terms in an innocent
// context are reported too, with Innocent set and Strength 0. language is a BCP 47 tag or empty. Title and description
// are best given together: what makes a term innocent often stands in the other field.
func Terms(dst []Term, s, language string) []Term { return trade().terms(dst, s, language) }

func (x *lexicon) terms(dst []Term, s, language string) []Term {
	sc := x.scratch.Get().(*termScratch)
	sc.matches, sc.clues, sc.found = x.matcher.findAll(sc.matches[:0], s), sc.clues[:0], sc.found[:0]
	var at cursor
	for _, match := range sc.matches {
		p := &x.phrases[match.Name]
		if p.clues != 0 {
			sc.clues = append(sc.clues, clueHit{p.clues, match.Start, match.End})
		}
		if len(p.rows) == 0 || p.tail != 0 && !at.followedBy(s, match.End, p.tail) {
			continue
		}
		for _, row := range p.rows {
			if speaks(x.rows[row].language, language) {
				sc.found = append(sc.found, termHit{row, match.Start, match.End})
			}
		}
	}
	from := 0
	for i, hit := range sc.found {
		for from < len(sc.clues) && sc.clues[from].start < hit.start-clueReach {
			from++
		}
		if x.covered(sc.found, i) {
			continue
		}
		if term, ok := x.weigh(hit, sc.clues[from:], s); ok {
			dst = append(dst, term)
		}
	}
	x.scratch.Put(sc)
	return dst
}

// speaks reports whether a row for some languages holds in the language of the text; unknown languages may be any.
func speaks(row, language string) bool {
	if row == "" || language == "" {
		return true
	}
	primary, _, _ := strings.Cut(language, "-")
	return strings.Contains(row, strings.ToLower(primary))
}

// cursor walks over a text to find the byte at which a rune stands; the runes asked for are nearly in order.
type cursor struct{ rune, byte int }

// followedBy reports whether the rune at offset end is r.
func (c *cursor) followedBy(s string, end int, r rune) bool {
	if end < c.rune {
		*c = cursor{}
	}
	for c.rune < end && c.byte < len(s) {
		_, size := utf8.DecodeRuneInString(s[c.byte:])
		c.byte += size
		c.rune++
	}
	x, _ := utf8.DecodeRuneInString(s[c.byte:])
	return x == r || r == '+' && x == '＋' || r == '❤' && (x == '♥' || x == '💗' || x == '💕')
}

// covered reports whether a longer term overlaps found[i], or an equally long one that is listed before.
func (x *lexicon) covered(found []termHit, i int) bool {
	hit := found[i]
	better := func(other termHit, earlier bool) bool {
		if other.start >= hit.end || hit.start >= other.end {
			return false
		}
		a, b := other.end-other.start, hit.end-hit.start
		if a != b {
			return a > b
		}
		if p, q := x.rows[other.row].strength, x.rows[hit.row].strength; p != q {
			return p > q
		}
		return earlier
	}
	for j := i - 1; j >= 0 && j >= i-8; j-- {
		if better(found[j], true) {
			return true
		}
	}
	for j := i + 1; j < len(found) && found[j].start < hit.end; j++ {
		if better(found[j], false) {
			return true
		}
	}
	return false
}

// weigh asks the clues around a hit what it means there.
func (x *lexicon) weigh(hit termHit, clues []clueHit, s string) (Term, bool) {
	row := &x.rows[hit.row]
	term := Term{Kind: row.kind, Start: hit.start, End: hit.end, Strength: row.strength}
	var near uint64
	for _, clue := range clues {
		if clue.start > hit.end+clueReach {
			break
		}
		if clue.start >= hit.start && clue.end <= hit.end {
			continue // part of the term itself
		}
		set := clue.set
		if clue.start > hit.end+warningReach || clue.end < hit.start-warningReach {
			set &^= warnings
		}
		near |= set
	}
	if row.needs != 0 && near&row.needs == 0 {
		return Term{}, false
	}
	if reason := near & row.innocent; reason != 0 {
		for i := range clueRows {
			if reason&(1<<i) != 0 {
				term.Strength, term.Innocent = 0, clueRows[i].reason
				break
			}
		}
	}
	return term, true
}

// warnings is the clue set of warnings against copies, which reach less far than other clues.
var warnings = func() uint64 {
	for i := range clueRows {
		if clueRows[i].name == "warning" {
			return 1 << i
		}
	}
	return 0
}()
