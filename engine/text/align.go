package text

// What a step of an alignment costs. An edit outweighs any number of look-alikes.
const (
	edit     = 128
	likeness = 1
	repeat   = 2
	wildcard = 3
	pair     = 2 // two letters for one: rn for m
	never    = 1 << 14
)

// unplain are the flags of elements that even the same letter must be asked about.
const unplain = isWild | isLikeness | isDigit

// differ is the cost of element e standing for letter l.
func differ(l *letter, e *element) uint16 {
	switch {
	case e.flags&isWild != 0:
		return wildcard
	case l.look != 0 && e.look != 0 && e.flags&unplain == 0 && classes[l.look] != classes[e.look]:
		return edit
	case l.rune == e.rune && (e.flags&isLikeness == 0 || l.look == 0 || l.rune >= 0x80):
		return 0
	case l.look == 0 || e.look == 0:
		return edit
	case l.look <= '9' && e.look <= '9' && l.look != e.look:
		return never // the next model is no typo
	case l.look == e.look:
		return likeness
	case classes[l.look] != classes[e.look]:
		return edit
	}
	letterName, letterText := l.look > '9', e.look > '9'
	switch {
	case letterName && !letterText: // a digit for a letter
		return likeness
	case !letterName && letterText: // O for 0, l for 1
		if l.look == '0' || l.look == '1' {
			return likeness + 1
		}
		return edit
	case letterName && letterText && classes[l.look] == 'i':
		return likeness + 1
	}
	return edit
}

// prepare works out, once a window, what align asks of each of its elements again and again.
func (w *window) prepare() {
	for j := 1; j <= w.n; j++ {
		w.extra[j] = extra(w, j)
		w.pair[j] = 0
		if j > 1 {
			w.pair[j] = pairOf(w.text[j-2].look, w.text[j-1].look)
		}
	}
}

// align fills the window's grid with the cost of standing for the first letters of the name, and returns the whole
// cost; false when the name bears less.
func (m *Matcher) align(w *window, n *name) (int, bool) {
	limit := uint16((n.allowed()+1)*edit - 1)
	rows, columns := len(n.pattern), w.n
	if rows > columns+2 || w.n > maxWindow {
		return 0, false
	}
	band := max(rows, columns) - min(rows, columns) + n.allowed() + 2
	grid := &w.grid
	grid[0][0] = 0
	for j := 1; j <= min(columns, band+1); j++ {
		grid[0][j] = min(grid[0][j-1]+w.extra[j], never)
	}
	pattern := n.pattern
	for i := 1; i <= rows; i++ {
		l := pattern[i-1]
		low, high := max(1, i-band), min(columns, i+band)
		w.work += high - low + 1
		above, here := &grid[i-1], &grid[i]
		lowest := uint16(never)
		here[low-1] = never
		if low == 1 {
			here[0] = min(above[0]+lack(&l), never)
			lowest = here[0]
		}
		if high < columns {
			here[high+1] = never
		}
		var joint byte // the letter that this and the one before look like
		if i > 1 {
			joint = pairOf(pattern[i-2].look, l.look)
		}
		left := here[low-1]
		for j := low; j <= high; j++ {
			e := &w.text[j-1]
			cost := above[j-1]
			if e.look != l.look || l.look == 0 || e.flags&unplain != 0 {
				cost += differ(&l, e)
			}
			cost = min(cost, left+w.extra[j], above[j]+lack(&l))
			if j > 1 && i > 1 && l.rune == w.text[j-2].rune && pattern[i-2].rune == e.rune && l.rune != e.rune {
				cost = min(cost, grid[i-2][j-2]+edit)
			}
			if w.pair[j] != 0 && w.pair[j] == l.look {
				cost = min(cost, above[j-2]+pair)
			}
			if joint != 0 && joint == e.look {
				cost = min(cost, grid[i-2][j-1]+pair)
			}
			cost = min(cost, never)
			here[j], left = cost, cost
			lowest = min(lowest, cost)
		}
		if lowest > limit && i > 1 {
			return 0, false
		}
	}
	cost := grid[rows][columns]
	if cost >= edit && grid[rows][columns-1] < edit && columns > 1 && w.pieces == 1 && w.text[columns-1].rune == 's' && n.pattern[rows-1].rune != 's' {
		return int(grid[rows][columns-1]) + likeness, true // a plural
	}
	return int(cost), cost <= limit
}

// lack is the cost of nothing standing for a letter: a digit left out makes another model.
func lack(l *letter) uint16 {
	if l.look != 0 && l.look <= '9' {
		return 2 * edit
	}
	return edit
}

// extra is the cost of element j (from 1) standing for nothing.
func extra(w *window, j int) uint16 {
	e := &w.text[j-1]
	switch {
	case e.flags&isWild != 0:
		return likeness
	case e.flags&isSign != 0:
		return repeat
	case j > 1 && e.look != 0 && e.look == w.text[j-2].look, j > 1 && e.look == 0 && e.rune == w.text[j-2].rune:
		return repeat
	}
	return edit
}

// pairOf is the letter that two letters side by side look like, or 0.
func pairOf(a, b byte) byte {
	switch {
	case a == 'r' && b == 'n':
		return 'm'
	case a == 'v' && b == 'v':
		return 'w'
	case a == 'c' && b == 'l':
		return 'd'
	}
	return 0
}

// doubled reports whether two letters side by side look like one.
func doubled(one, a, b byte) bool { return one != 0 && pairOf(a, b) == one }

// explain goes back through the grid and says what the disguise is and where the mention begins and ends.
func (m *Matcher) explain(w *window, n *name) (d Disguise, start, end int, ok bool) {
	i, j := len(n.pattern), w.n
	grid := &w.grid
	if grid[i][j] >= edit && j > 1 && grid[i][j-1] < edit && w.pieces == 1 && w.text[j-1].rune == 's' && n.pattern[i-1].rune != 's' {
		j-- // the plural, see align
	}
	end = w.text[w.n-1].at + 1
	edges := w.pieces > 1
	spellings := 0 // accents that may be no more than how the name is spelt
	for i > 0 || j > 0 {
		here := grid[i][j]
		switch {
		case i > 0 && j > 0 && here == grid[i-1][j-1]+differ(&n.pattern[i-1], &w.text[j-1]):
			kind := kindOf(&n.pattern[i-1], &w.text[j-1], n)
			if kind == Invisible && w.text[j-1].flags&isSpelling != 0 {
				kind = 0
				spellings++
			}
			d |= kind | gapOfElement(&n.pattern[i-1], &w.text[j-1], j)
			i, j = i-1, j-1
		case i > 0 && j > 1 && doubled(n.pattern[i-1].look, w.text[j-2].look, w.text[j-1].look) && here == grid[i-1][j-2]+pair:
			d |= Homoglyph
			i, j = i-1, j-2
		case i > 1 && j > 0 && doubled(w.text[j-1].look, n.pattern[i-2].look, n.pattern[i-1].look) && here == grid[i-2][j-1]+pair:
			d |= Homoglyph
			i, j = i-2, j-1
		case i > 1 && j > 1 && here == grid[i-2][j-2]+edit && n.pattern[i-2].rune == w.text[j-1].rune && n.pattern[i-1].rune == w.text[j-2].rune:
			d |= Typo
			i, j = i-2, j-2
		case j > 0 && here == grid[i][j-1]+extra(w, j):
			cost := extra(w, j)
			switch {
			case cost == edit:
				d |= Typo
				if edges && (j == 1 || j == w.n) {
					return 0, 0, 0, false // the word beside it is no part of the name
				}
			case cost == repeat && w.text[j-1].flags&isSign == 0:
				d |= Repeated
			default:
				if j == 1 || j == w.n {
					return 0, 0, 0, false // a sign that stands for nothing is none of the mention
				}
				d |= Spaced
			}
			j--
		case i > 0 && here == grid[i-1][j]+lack(&n.pattern[i-1]):
			d |= Typo
			i--
		default:
			return 0, 0, 0, false
		}
	}
	switch {
	case spellings == 1 && d == 0:
		d = Variant
	case spellings > 0:
		d |= Invisible
	}
	return d, w.text[0].at, end, true
}

// kindOf names the disguise of one letter.
func kindOf(l *letter, e *element, n *name) (d Disguise) {
	switch cost := differ(l, e); {
	case e.flags&isWild != 0:
		return Leet
	case cost == edit:
		d = Typo
	case cost > 0 && e.flags&isDigit != 0 && l.look > '9':
		d = Leet
	case cost > 0:
		d = Homoglyph
	case e.flags&isAccented != 0 && !n.accented:
		d = Invisible
	}
	return d
}

// gapOfElement names the disguise of what stands before one letter inside a name.
func gapOfElement(l *letter, e *element, j int) (d Disguise) {
	if j == 1 {
		return 0
	}
	if e.flags&afterBlank != 0 || e.flags&afterImage != 0 {
		d |= Invisible
	}
	if e.flags&afterGap != 0 && !l.first {
		d |= Spaced
	}
	return d
}

// credible reports whether a name may be disguised so; the rules that keep ordinary text from being taken for a mark.
func (m *Matcher) credible(s string, w *window, n *name, d Disguise, edits int, tokens []token) bool {
	switch {
	case d == 0 && w.pieces == 1 && !w.native && n.words == 1:
		return n.letters > 3 && !n.ambiguous // a plural; all else is found plainly
	case n.letters < 3:
		return false
	}
	if d&Typo != 0 && w.first == w.last && !w.half && furtherWords().Has(tokens[w.first].hash) {
		return false
	}
	replaced := w.digits - n.digits
	if d&(Typo|Repeated) != 0 && n.ambiguous {
		return false
	}
	if d&Leet != 0 {
		switch {
		case n.letters <= 3 && d != Leet, n.letters <= 3 && w.digits > 0 && !w.hasSign(), n.letters > 3 && replaced*2 > n.letters && replaced > 2 && !w.legible(n, edits):
			return false
		case edits > 0 && n.letters < 6:
			return false
		case w.latin == 0:
			return false
		case w.wild > 0 && (w.wild*3 > n.letters || edits > 0):
			return false
		}
	}
	if w.numbers > 0 && w.pieces > 1 && w.singles != w.pieces && n.digits == 0 {
		return false // "1/4 to 1/2" is no leet
	}
	if d&Repeated != 0 && n.letters < 4 {
		return false
	}
	if d&Homoglyph != 0 && edits > 0 && w.scripts == 0 && n.letters < 7 {
		return false // l for i and an edit besides
	}
	if d&Homoglyph != 0 && !m.credibleLikeness(w, n, tokens) {
		return false
	}
	if edits > 0 && w.native && !n.native() {
		return false
	}
	if edits > 1 && w.pieces == 1 && n.words > 1 {
		return false // one word for several, and two edits besides
	}
	if edits > 0 && w.latin == 0 && !w.native && !w.mixed() {
		return false // a word of look-alikes with an edit besides is a word of that script
	}
	if w.pieces > 1 && d&(Spaced|Invisible) != 0 {
		return m.credibleSpacing(s, w, n, edits, tokens)
	}
	if w.pieces > 1 && d == 0 {
		return w.odd > 0 && n.letters >= 5
	}
	if w.pieces > 1 && edits > 0 && w.odd == 0 {
		return false
	}
	return true
}

// legible reports whether a name most of whose letters are digits and signs can still be read: C@r713r, but no 10531.
func (w *window) legible(n *name, edits int) bool {
	return edits == 0 && n.letters >= 5 && (w.latin >= 2 || w.latin > 0 && w.signs > 0)
}

func (w *window) hasSign() bool {
	for i := range w.n {
		if w.text[i].flags&isSign != 0 {
			return true
		}
	}
	return false
}

// native reports whether the name has a letter that looks like no Latin one.
func (n *name) native() bool {
	for _, l := range n.pattern {
		if l.look == 0 {
			return true
		}
	}
	return false
}

func (m *Matcher) credibleLikeness(w *window, n *name, tokens []token) bool {
	likenesses, weak, swapped := 0, 0, 0
	for i := range w.n {
		f := w.text[i].flags
		if f&isLikeness != 0 && f&isSign == 0 {
			likenesses++
		}
		if f&isWeak != 0 {
			weak++
		}
	}
	if likenesses == 0 {
		swapped = 1
	}
	switch {
	case w.mixed():
		return n.letters > 2
	case weak > 0 && w.latin == 0:
		return w.plain(n) // Хіаомі: a word that no dictionary of that script knows and that is the name to the eye
	case swapped > 0:
		return n.letters > 3 && !n.ambiguous
	case w.latin == 0 && w.digits == 0:
		if n.letters < 4 {
			return false
		}
		if n.letters < 6 && (w.first > 0 && tokens[w.first-1].flags&native != 0 || w.last+1 < len(tokens) && tokens[w.last+1].flags&native != 0) {
			return false
		}
	}
	return n.letters > 2
}

// plain reports whether the window is one word, or one a word of the name, and nothing but look-alikes.
func (w *window) plain(n *name) bool {
	return n.letters >= 5 && w.n == len(n.pattern) && w.pieces <= n.words && w.digits == 0
}

// capitals reports whether all pieces begin with an ASCII capital.
func (w *window) capitals(s string, tokens []token) bool {
	for k := w.first; k <= w.last; k++ {
		if c := s[tokens[k].start]; c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

// credibleSpacing keeps two ordinary words side by side from being one name.
func (m *Matcher) credibleSpacing(s string, w *window, n *name, edits int, tokens []token) bool {
	run := w.singles >= w.pieces-1 && w.pieces >= 3
	spaces := false
	for k := w.first + 1; k <= w.last; k++ {
		if glued(tokens, k) {
			continue
		}
		spaces = spaces || tokens[k].gap&gapSpace != 0
	}
	if w.commas > 0 {
		return run && w.whole && edits == 0 && n.letters >= 5 // and no list of letters
	}
	if run {
		if n.letters <= 3 {
			return edits == 0 && w.singles == w.pieces && (!n.ordinary || !spaces || w.capitals(s, tokens))
		}
		return edits <= 1 && (edits == 0 || n.letters >= 7)
	}
	if n.ambiguous || n.letters < 4 || edits > 1 || edits > 0 && n.letters < 8 {
		return false
	}
	strange, ordinary := 0, 0 // letters of pieces that are no everyday word, and how many pieces are one
	for k := w.first; k <= w.last; k++ {
		t := &tokens[k]
		if t.flags&hidden == 0 && t.letters > 1 && everydayWords().Has(t.hash) {
			ordinary++
		} else {
			strange += t.letters
		}
	}
	switch {
	case !spaces && w.tight > 0:
		return strange > 1 || !n.ordinary && n.letters > 4
	case n.letters < 6:
		return ordinary == 0 && strange > 1 || strange > 2 && n.letters == 5
	}
	return strange > 2 || strange > 1 && ordinary == 0
}
