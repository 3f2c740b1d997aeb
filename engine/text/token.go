package text

import (
	"unicode/utf8"

	"github.com/ownmark/ownmark/engine/text/internal/letters"
)

// gap is what stands between two tokens, as a set. Zero is nothing at all.
type gap uint16

const (
	gapSpace     gap = 1 << iota
	gapHyphen        // - –
	gapQuote         // ' ’
	gapDot           // . ·
	gapConnector     // _ * / & : +
	gapPicture       // emoji
	gapSign          // $ @ ! |, which may stand for a letter
	gapStop          // comma, bracket, line end, or the edge of the text
	gapOther         // any other separator, or a gap longer than three runes
)

// token is a run of letters, of digits, or of runes of a script without spaces.
type token struct {
	start, end int    // bytes
	rune       int    // rune offset of start
	runes      int    // runes from start to end
	hash       uint64 // of the folded letters, finished
	stem       uint64 // of all but the last letter, finished; 0 when not known
	letters    int
	sign       rune // the last rune of the gap that is not a space
	gap        gap  // what stands before the token
	kind       letters.Kind
	flags      tokenFlag
}

type tokenFlag uint8

const (
	foreign   tokenFlag = 1 << iota // not all ASCII
	accented                        // carries accents
	hidden                          // has invisible characters inside
	disguised                       // has a letter of another script that looks like a Latin one
	native                          // has a letter of another script that looks like no Latin one
	marked                          // has combining marks
	known                           // an ordinary word of some language; filled in by the matcher
	knownSeen                       // known has been looked up
)

// endRune is the rune offset after the token.
func (t *token) endRune() int { return t.rune + t.runes }

// asciiLower has the lower-case letter of each ASCII letter, else 0.
var asciiLower [256]uint8

// asciiGap has the gap each ASCII separator makes; 0 for letters, digits and bytes past ASCII.
var asciiGap [256]gap

func init() {
	for c := 'a'; c <= 'z'; c++ {
		asciiLower[c], asciiLower[c-'a'+'A'] = uint8(c), uint8(c)
	}
	for c := range asciiGap[:0x80] {
		switch {
		case asciiLower[c] != 0 || c >= '0' && c <= '9':
		case c == ' ' || c == '\t':
			asciiGap[c] = gapSpace
		case c == '-':
			asciiGap[c] = gapHyphen
		case c == '\'' || c == '`':
			asciiGap[c] = gapQuote
		case c == '.':
			asciiGap[c] = gapDot
		case c == '$' || c == '@' || c == '!' || c == '|' || c == '+':
			asciiGap[c] = gapSign
		case c == '_' || c == '*' || c == '/' || c == '\\' || c == '~' || c == ':' || c == '&' || c == '#' || c == '^' || c == '=':
			asciiGap[c] = gapConnector
		case c == ',' || c == ';' || c == '?' || c == '(' || c == ')' || c == '[' || c == ']' || c == '{' || c == '}' || c == '<' || c == '>' || c == '"' || c < ' ':
			asciiGap[c] = gapStop
		default:
			asciiGap[c] = gapOther
		}
	}
}

// listed reports whether nothing but a comma stands before a token: N,I,K,E.
func (t *token) listed() bool { return t.gap == gapStop && t.sign == ',' }

// gapOf says what gap a separator or sign makes.
func gapOf(cell *letters.Cell) gap {
	switch f := cell.Flags; {
	case cell.Kind == letters.Sign:
		return gapSign
	case f&letters.Space != 0:
		return gapSpace
	case f&letters.Hyphen != 0:
		return gapHyphen
	case f&letters.Apostrophe != 0:
		return gapQuote
	case f&letters.Dot != 0:
		return gapDot
	case f&letters.Connector != 0:
		return gapConnector
	case f&letters.Stop != 0:
		return gapStop
	case f&letters.Picture != 0:
		return gapPicture
	}
	return gapOther
}

// reader cuts a text into tokens.
type reader struct {
	s     string
	table *letters.Table
	pos   int // bytes
	rune  int // runes before pos
}

// next fills t with the next token; false at the end of the text.
func (r *reader) next(t *token) bool {
	s, i, runes := r.s, r.pos, r.rune
	var between gap
	var sign rune
	if i == 0 {
		between = gapStop
	}
	from := runes
	for i < len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			x, size := utf8.DecodeRuneInString(s[i:])
			cell := r.table.Of(x)
			switch cell.Kind {
			case letters.Letter, letters.Digit, letters.Ideograph:
				r.pos, r.rune = i, runes
				t.gap, t.sign = r.closeGap(between, i, runes-from), sign
				r.word(t, cell.Kind)
				return true
			case letters.Ignored:
			default:
				between |= gapOf(cell)
				if cell.Flags&letters.Space == 0 {
					sign = x
					if cell.Fold != 0 {
						sign = cell.Fold // a full-width sign
					}
				}
			}
			i += size
			runes++
			continue
		}
		if g := asciiGap[c]; g != 0 {
			between |= g
			if g != gapSpace {
				sign = rune(c)
			}
			i++
			runes++
			continue
		}
		start := i
		hash, before := letters.Seed, letters.Seed
		if asciiLower[c] != 0 {
			for i < len(s) && asciiLower[s[i]] != 0 {
				before = hash
				hash = letters.Add(hash, rune(asciiLower[s[i]]))
				i++
			}
			t.kind = letters.Letter
		} else {
			for i < len(s) && s[i]-'0' <= 9 {
				hash = letters.Add(hash, rune(s[i]))
				i++
			}
			t.kind = letters.Digit
		}
		t.gap, t.sign = r.closeGap(between, start, runes-from), sign
		if i < len(s) && s[i] >= utf8.RuneSelf { // the word may go on with an accent, a look-alike or a mark
			r.pos, r.rune = start, runes
			r.word(t, t.kind)
			return true
		}
		t.start, t.end, t.rune, t.runes, t.letters = start, i, runes, i-start, i-start
		t.hash, t.stem, t.flags = letters.Finish(hash), before, 0
		r.pos, r.rune = i, runes+i-start
		return true
	}
	r.pos, r.rune = i, runes
	return false
}

// widestGap is how many signs may stand inside a name side by side.
const widestGap = 3

// closeGap marks gaps that are too long to stand inside a name. The gap of so many runes ends at byte end.
func (r *reader) closeGap(g gap, end, runes int) gap {
	if runes > widestGap && r.signs(end) > widestGap {
		g |= gapOther
	}
	return g
}

// signs counts what stands between the last token and byte end, at most to one more than widestGap. The joiners that
// make one picture of several count for nothing, and spaces side by side for one.
func (r *reader) signs(end int) (n int) {
	space := false
	for i := r.pos; i < end && n <= widestGap; {
		x, size := utf8.DecodeRuneInString(r.s[i:end])
		i += size
		cell := r.table.Of(x)
		if cell.Kind == letters.Ignored || space && cell.Flags&letters.Space != 0 {
			continue
		}
		space = cell.Flags&letters.Space != 0
		n++
	}
	return n
}

// word reads a token that is not plain ASCII, from r.pos.
func (r *reader) word(t *token, kind letters.Kind) {
	s, i, runes := r.s, r.pos, r.rune
	t.start, t.rune, t.kind, t.flags, t.letters, t.stem = i, runes, kind, 0, 0, 0
	t.end, t.runes = i, 0
	hash := letters.Seed
	var pending tokenFlag
	for i < len(s) {
		x, size := rune(s[i]), 1
		if x >= utf8.RuneSelf {
			x, size = utf8.DecodeRuneInString(s[i:])
		}
		cell := r.table.Of(x)
		if cell.Kind == letters.Ignored {
			if cell.Flags&letters.Invisible != 0 {
				pending |= hidden
			} else {
				pending |= marked
			}
			i += size
			runes++
			if pending == marked { // a mark belongs to the letter before it
				t.end, t.runes = i, runes-t.rune
				t.flags |= marked | foreign
			}
			continue
		}
		if cell.Kind != kind {
			break
		}
		t.flags |= pending
		pending = 0
		hash = r.addLetter(hash, t, x, cell)
		t.letters++
		i += size
		runes++
		t.end, t.runes = i, runes-t.rune
	}
	t.hash = letters.Finish(hash)
	r.pos, r.rune = t.end, t.rune+t.runes
}

func (r *reader) addLetter(hash uint64, t *token, x rune, cell *letters.Cell) uint64 {
	if x >= utf8.RuneSelf {
		t.flags |= foreign
		switch {
		case cell.Flags&letters.LooksOnly != 0:
			t.flags |= disguised
		case cell.Look == 0 && cell.Flags&letters.Expands == 0:
			t.flags |= native
		}
		if cell.Flags&letters.Accented != 0 {
			t.flags |= accented
		}
	}
	switch {
	case cell.Flags&letters.Expands != 0 && cell.Flags&letters.LooksOnly == 0:
		for _, y := range r.table.Expand(x) {
			hash = letters.Add(hash, y)
		}
		return hash
	case cell.Fold != 0:
		return letters.Add(hash, cell.Fold)
	}
	return letters.Add(hash, x)
}
