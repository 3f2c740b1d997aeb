package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

const (
	farthest   = 200 // runes over which a cue may bear on a mention
	longestCue = 64  // runes
)

// roleBook is the compiled table of cues.
type roleBook struct {
	matcher *Matcher
	rows    [][]int32 // by Match.Name of matcher
	scratch sync.Pool
}

type roleScratch struct {
	hits  []Match
	bytes []span // byte offsets of the matches
}

// span is where a mention lies in bytes.
type span struct{ start, end int }

var roleCues = sync.OnceValue(compileRoles)

func compileRoles() *roleBook {
	book := &roleBook{}
	book.scratch.New = func() any { return new(roleScratch) }
	index := map[string]int{}
	var names []Name
	for i := range roleRows {
		for _, cue := range strings.Split(roleRows[i].cues, "|") {
			at, ok := index[cue]
			if !ok {
				at = len(names)
				index[cue] = at
				names = append(names, Name{Text: cue, Ambiguous: true})
				book.rows = append(book.rows, nil)
			}
			book.rows[at] = append(book.rows[at], int32(i))
		}
	}
	book.matcher = newMatcher(names, matcherMode{fixed: true})
	return book
}

// Roles appends to dst the role in which each match of s is made, in the order of matches, which must be as Find gave
// them. language is a BCP 47 tag or empty; it is a hint, since listings mix languages. A name that is also an ordinary
// word needs a further clue to be a Claim: goods of a brand beside it, another mark, or capitals in running text.
func (m *Matcher) Roles(dst []Role, s, language string, matches []Match) []Role {
	if len(matches) == 0 {
		return dst
	}
	book := roleCues()
	sc := book.scratch.Get().(*roleScratch)
	sc.hits = book.matcher.findAll(sc.hits[:0], s)
	sc.bytes = byteSpans(sc.bytes[:0], s, matches)
	base, from := len(dst), 0
	for i := range matches {
		for from < len(sc.hits) && sc.hits[from].End < matches[i].Start-farthest-longestCue {
			from++ // hits ascend by Start, and no mention to come looks so far back
		}
		mention := mention{matcher: m, book: book, s: s, hits: sc.hits[from:], matches: matches, at: i, spans: sc.bytes}
		role := mention.role()
		if role == Claim && i > 0 && dst[base+i-1] != SellerName && dst[base+i-1] != OrdinaryWord && mention.listed() {
			role = dst[base+i-1] // "for Hoka, Brooks and ASICS"
		}
		dst = append(dst, role)
	}
	book.scratch.Put(sc)
	return dst
}

// ideograph reports whether a cue is of a script without spaces.
func (b *roleBook) ideograph(cue int) bool { return len(b.matcher.names[cue].han) > 0 }

// byteSpans turns rune offsets, which ascend, into byte offsets.
func byteSpans(dst []span, s string, matches []Match) []span {
	at, runes := 0, 0
	seek := func(to int) int {
		if to < runes {
			at, runes = 0, 0
		}
		for runes < to && at < len(s) {
			_, size := utf8.DecodeRuneInString(s[at:])
			at += size
			runes++
		}
		return at
	}
	for _, x := range matches {
		dst = append(dst, span{seek(x.Start), seek(x.End)})
	}
	return dst
}

// mention is one match among what surrounds it.
type mention struct {
	matcher *Matcher
	book    *roleBook
	s       string
	hits    []Match
	matches []Match
	spans   []span
	at      int
}

func (x *mention) role() Role {
	match, n := x.matches[x.at], &x.matcher.names[x.matches[x.at].Name]
	best, bestRow := Claim, int32(len(roleRows))
	hasGoods := false
	for i := range x.hits {
		hit := &x.hits[i]
		if hit.Start > match.End+80 && bestRow < int32(len(roleRows)) || hit.Start > match.End+farthest {
			break
		}
		if hit.End < match.Start-farthest || x.hidden(i) {
			continue
		}
		for _, id := range x.book.rows[hit.Name] {
			row := &roleRows[id]
			switch {
			case row.kind == goods:
				hasGoods = hasGoods || x.near(hit, match, 40)
			case row.kind == neutral || id >= bestRow:
			case row.role == OrdinaryWord && row.where != around && !n.ordinary && n.words > 1:
			case x.holds(row, hit, match):
				best, bestRow = row.role, id
			}
		}
	}
	if n.ordinary && best != OrdinaryWord {
		capital := x.capital(n, match)
		if (best == Claim || best == SecondHand || !capital) && !x.isMark(n, match, hasGoods, capital) {
			return OrdinaryWord
		}
	}
	return best
}

// hidden reports whether hit i lies inside a longer cue.
func (x *mention) hidden(i int) bool {
	hit := &x.hits[i]
	for _, step := range [2]int{-1, 1} {
		for j := i + step; j >= 0 && j < len(x.hits) && j-i < 8 && i-j < 8; j += step {
			other := &x.hits[j]
			if other.Start <= hit.Start && other.End >= hit.End && other.End-other.Start > hit.End-hit.Start {
				return true
			}
		}
	}
	return false
}

func (x *mention) near(hit *Match, match Match, reach int) bool {
	if hit.Start < match.End && match.Start < hit.End {
		return false
	}
	return hit.Start < match.End+reach && match.Start < hit.End+reach
}

// holds reports whether a cue stands where its row wants it.
func (x *mention) holds(row *roleRow, hit *Match, match Match) bool {
	reach := row.reach
	switch length := hit.End - hit.Start; {
	case length == 1 && x.book.ideograph(hit.Name):
		reach = 1 // one character is a word only right beside the name
	case x.book.ideograph(hit.Name) && (row.role == Negation || row.role == Comparison):
		reach = min(reach, 2) // Chinese puts them side by side
	case length <= 4 && (row.role == Negation || row.role == Comparison):
		reach = min(reach, 8) // "no returns, Nike": the shorter a cue, the nearer it must stand
	}
	switch row.where {
	case around:
		return hit.Start <= match.Start && match.End <= hit.End && hit.End-hit.Start > match.End-match.Start
	case anywhere:
		if hit.Start < match.End && match.Start < hit.End {
			return false
		}
		return x.near(hit, match, reach)
	case before:
		return hit.End <= match.Start && match.Start-hit.End <= reach && x.oneClause(hit.End, match.Start)
	}
	return hit.Start >= match.End && hit.Start-match.End <= reach && x.oneClause(match.End, hit.Start)
}

// oneClause reports whether no comma, full stop or the like stands between two rune offsets, one of which is an edge of
// the mention; another mark or a relative word between them does not count.
func (x *mention) oneClause(from, to int) bool {
	here := x.spans[x.at]
	match := x.matches[x.at]
	var between string
	if to == match.Start { // the text before the mention, read backwards
		i := here.start
		for range to - from {
			_, size := utf8.DecodeLastRuneInString(x.s[:i])
			i -= size
		}
		between = x.s[i:here.start]
	} else {
		i := here.end
		for range to - from {
			_, size := utf8.DecodeRuneInString(x.s[i:])
			i += size
		}
		between = x.s[here.end:i]
	}
	for i, r := range between {
		switch r {
		case ',', ';', '!', '?', '\n', '，', '。', '；', '！', '？', '、', '|', ':', '：':
			return false
		case '.':
			if i+1 < len(between) && between[i+1] == ' ' {
				return false
			}
		}
	}
	return true
}

// listed reports whether nothing but a list's joints stands between the mention before and this one.
func (x *mention) listed() bool {
	from, to := x.spans[x.at-1].end, x.spans[x.at].start
	if to-from > 24 || to < from {
		return false
	}
	if between := strings.TrimSpace(x.s[from:to]); len(between) > 2 && between[0] == ',' && between[len(between)-1] == ',' {
		return !strings.ContainsAny(between[1:len(between)-1], ".,;:!?()") // one more name, which is not known here
	}
	switch strings.ToLower(strings.Trim(x.s[from:to], " ,/、，+|;(")) {
	case "", "and", "or", "&", "und", "oder", "y", "o", "e", "et", "ou", "и", "или", "dan", "atau", "ve", "veya", "和", "与", "及", "或", "跟":
		return x.s[from:to] != "" && strings.TrimSpace(x.s[from:to]) != ""
	}
	return false
}

// capital reports whether the name is written with a capital where it has one.
func (x *mention) capital(n *name, match Match) bool {
	if len(n.han) > 0 {
		return true
	}
	first, _ := utf8.DecodeRuneInString(x.s[x.spans[x.at].start:])
	named, _ := utf8.DecodeRuneInString(n.text)
	return unicode.IsUpper(first) || !unicode.IsUpper(named)
}

// isMark reports whether a name that is also an ordinary word stands for the mark here.
func (x *mention) isMark(n *name, match Match, hasGoods, capital bool) bool {
	if match.Disguise&^Variant != 0 {
		return true // nobody disguises an ordinary word
	}
	here := x.spans[x.at]
	if rest := x.s[here.end:]; strings.HasPrefix(rest, "®") || strings.HasPrefix(rest, "™") {
		return true
	}
	switch {
	case len(n.han) > 0:
		return true // what 苹果 is besides a mark, the cues say
	case n.digits == n.letters:
		return hasGoods && here.start < 12
	case n.ambiguous && !n.everyday && capital && n.letters > 2:
		return true // Kingston, iPhone: the cues say where it is a town
	case capital && (hasGoods || x.beside(match)), x.besideHan(here), hasGoods && here.start == 0:
		return true
	}
	written := x.s[here.start:here.end]
	return n.ambiguous && capital && here.start > 0 && !x.titled() && strings.ToUpper(written) == written && len(written) > 3
}

// beside reports whether a mark that is no ordinary word is mentioned close by.
func (x *mention) beside(match Match) bool {
	const reach = 40
	for _, step := range [2]int{-1, 1} {
		for i := x.at + step; i >= 0 && i < len(x.matches) && abs(x.matches[i].Start-match.Start) < reach; i += step {
			if n := &x.matcher.names[x.matches[i].Name]; !n.ordinary || !n.everyday && n.letters > 3 {
				return true
			}
		}
	}
	return false
}

func (x *mention) besideHan(here span) bool {
	before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(x.s[:here.start], " "))
	after, _ := utf8.DecodeRuneInString(strings.TrimLeft(x.s[here.end:], " "))
	table := x.matcher.table
	return here.start > 0 && table.Of(before).Kind == letters.Ideograph || here.end < len(x.s) && table.Of(after).Kind == letters.Ideograph
}

// titled reports whether most words of the text begin with a capital, so that one more says nothing.
func (x *mention) titled() bool {
	capitals, words := 0, 0
	inWord := false
	for i, r := range x.s {
		if i > 200 {
			break
		}
		letter := unicode.IsLetter(r)
		if letter && !inWord {
			words++
			if unicode.IsUpper(r) {
				capitals++
			}
		}
		inWord = letter || r == '\''
	}
	return capitals*2 > words
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
