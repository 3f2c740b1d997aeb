// Package letters says what a rune stands for when names are looked for in text: its folded form, the ASCII letter it
// looks like, the sound of a Chinese character, whether it joins, parts or hides between letters.
//
// The tables under data are readable text; the head of each names its source and licence: look-alikes from UTS 39
// (Unicode Security Mechanisms), readings from the Unihan database (UAX 38), traditional and simplified characters from
// OpenCC.
package letters

import (
	_ "embed" // the tables
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Kind is the part a rune plays in finding words.
type Kind uint8

// The kinds.
const (
	Separator Kind = iota // parts words: space, punctuation, emoji, a broken byte
	Letter                // of a script that puts spaces between words
	Digit
	Ideograph // of a script without spaces between words: Han, kana, Hangul, Thai
	Ignored   // combining mark or invisible: stands inside a word without being part of it
	Sign      // a sign that can stand for a letter: $ @ ! € |
)

// Cell says what one rune stands for.
type Cell struct {
	Fold  rune   // lower case, NFKC, without accents, simplified; 0 when the rune stands for itself
	Sound uint16 // toneless reading of a Han character, 0 when none is known
	Look  uint8  // ASCII letter or digit it looks like or is, 0 when none
	Kind  Kind
	Flags Flag
}

// Flag is a set of further facts about a rune.
type Flag uint16

// The flags.
const (
	Accented  Flag = 1 << iota // Fold has lost an accent
	LooksOnly                  // Look is a likeness, not what the rune is
	WeakLook                   // the likeness counts only beside real Latin letters
	Variant                    // Fold is the simplified form
	Invisible                  // Ignored and not a mark
	Expands                    // stands for several letters: see Table.Expand
	Space
	Hyphen
	Apostrophe
	Dot
	Connector // a sign often put between letters: _ * / | ~ + : &
	Picture   // emoji and other pictures
	Stop      // ends a phrase: comma, full stop of Chinese, bracket, line feed
	Shaped    // another Han character looks like it: see Table.Shape
	Part      // may be the first part of a split character: see Table.Whole
)

const pageBits = 8

// Table maps every rune to its Cell.
type Table struct {
	pages  [(unicode.MaxRune + 1) >> pageBits]*[1 << pageBits]Cell
	expand map[rune]string
	alike  map[rune][]rune
	whole  map[[2]rune]rune
	sounds map[string]uint16
	spell  []string
	also   map[rune][]uint16
	starts ['z' + 1][]uint16
}

// Of returns what r stands for.
func (t *Table) Of(r rune) *Cell {
	if uint32(r) > unicode.MaxRune {
		r = unicode.ReplacementChar
	}
	return &t.pages[r>>pageBits][r&(1<<pageBits-1)]
}

// Expand returns the folded letters of a rune whose cell has the flag Expands.
func (t *Table) Expand(r rune) string { return t.expand[r] }

// Shape returns the Han characters that r is easily taken for.
func (t *Table) Shape(r rune) []rune { return t.alike[r] }

// Whole returns the character that a and b side by side are the parts of, or 0.
func (t *Table) Whole(a, b rune) rune { return t.whole[[2]rune{a, b}] }

// Spelling returns the pinyin of a sound, without tone.
func (t *Table) Spelling(sound uint16) string { return t.spell[sound] }

// Sound returns the sound that a syllable in pinyin without tone spells, or 0.
func (t *Table) Sound(syllable []byte) uint16 { return t.sounds[string(syllable)] }

// Initial returns the sounds whose spelling begins with an ASCII letter.
func (t *Table) Initial(letter byte) []uint16 { return t.starts[letter] }

// Readings returns the further sounds of a Han character beside its Cell's.
func (t *Table) Readings(r rune) []uint16 { return t.also[r] }

// Sounds is one more than the highest sound.
func (t *Table) Sounds() int { return len(t.spell) }

// Shared returns the one table of the process; the first call builds it in some 20 ms.
var Shared = sync.OnceValue(build)

//go:embed data/lookalikes.txt
var lookalikesText string

//go:embed data/pinyin.txt
var pinyinText string

//go:embed data/variants.txt
var variantsText string

//go:embed data/shapes.txt
var shapesText string

//go:embed data/parts.txt
var partsText string

func build() *Table {
	t := &Table{
		expand: map[rune]string{}, alike: map[rune][]rune{}, whole: map[[2]rune]rune{},
		sounds: map[string]uint16{}, spell: []string{""}, also: map[rune][]uint16{},
	}
	t.layPages()
	t.foldCases()
	t.markPunctuation()
	t.readLookalikes()
	t.readVariants()
	t.readPinyin()
	t.readShapes()
	t.readParts()
	return t
}

// cell returns the cell of r for writing, with a page of its own.
func (t *Table) cell(r rune) *Cell { return t.Of(r) }

// layPages gives every rune its kind. Pages of one kind throughout are not shared, for cells are written later; pages
// of nothing but separators are.
func (t *Table) layPages() {
	empty := new([1 << pageBits]Cell)
	for p := range t.pages {
		t.pages[p] = empty
	}
	own := func(r rune) *Cell {
		if t.pages[r>>pageBits] == empty {
			t.pages[r>>pageBits] = new([1 << pageBits]Cell)
		}
		return t.Of(r)
	}
	lay := func(table *unicode.RangeTable, kind Kind) {
		for _, x := range table.R16 {
			for r := rune(x.Lo); r <= rune(x.Hi); r += rune(x.Stride) {
				own(r).Kind = kind
			}
		}
		for _, x := range table.R32 {
			if x.Lo >= 0x20000 && x.Hi < 0x33000 && kind == Letter {
				continue // the Han extensions: laid as ideographs below
			}
			for r := rune(x.Lo); r <= rune(x.Hi); r += rune(x.Stride) {
				own(r).Kind = kind
			}
		}
	}
	lay(unicode.L, Letter)
	lay(unicode.M, Letter) // vowel signs are letters; marks that only decorate are set apart below
	lay(unicode.N, Digit)
	for _, script := range []*unicode.RangeTable{
		unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
	} {
		lay(script, Ideograph)
	}
	own('ー').Kind = Ideograph
	for _, span := range [][2]rune{
		{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF},
		{0xFE20, 0xFE2F}, {0x0640, 0x0640},
	} {
		for r := span[0]; r <= span[1]; r++ {
			*own(r) = Cell{Kind: Ignored}
		}
	}
	for _, span := range [][2]rune{
		{0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C}, {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x200B, 0x200F},
		{0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
		{0xE0000, 0xE01EF},
	} {
		for r := span[0]; r <= span[1]; r++ {
			*own(r) = Cell{Kind: Ignored, Flags: Invisible}
		}
	}
	for _, span := range [][2]rune{{0x1F000, 0x1FAFF}, {0x2190, 0x2BFF}, {0x3000, 0x303F}, {0x2000, 0x206F}, {0x1CC00, 0x1CCFF}, {0xFF00, 0xFFEF}, {0, 0xFF}} {
		for r := span[0]; r <= span[1]; r++ {
			own(r)
		}
	}
	for _, x := range unicode.So.R16 {
		for r := rune(x.Lo); r <= rune(x.Hi); r += rune(x.Stride) {
			own(r).Flags |= Picture
		}
	}
	for _, x := range unicode.So.R32 {
		for r := rune(x.Lo); r <= rune(x.Hi); r += rune(x.Stride) {
			own(r).Flags |= Picture
		}
	}
	for r := rune(0x1F3FB); r <= 0x1F3FF; r++ {
		own(r).Flags |= Picture
	}
	for _, line := range strings.Split(lookalikesText, "\n") {
		for _, r := range line {
			own(r)
		}
	}
}

// plainForms are letters that no normal form takes apart, and what readers write for them on a plain keyboard.
var plainForms = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ı': "i",
	'ð': "d", 'Ð': "d", 'ħ': "h", 'Ħ': "h", 'ŧ': "t", 'Ŧ': "t", 'ĸ': "k",
}

func (t *Table) foldCases() {
	for p, page := range t.pages {
		if p >= 0x34 && p < 0xA0 || p >= 0xAC && p < 0xD8 || p >= 0x200 && p < 0x2F8 || p >= 0x2FB {
			continue // Han and Hangul have no case
		}
		for i := range page {
			r := rune(p<<pageBits | i)
			cell := &page[i]
			if cell.Kind == Ignored || r == '™' || r == '℠' || r == '©' || r == '®' {
				continue
			}
			if cell.Kind == Separator && (r < 0x80 || norm.NFKC.PropertiesString(string(r)).Decomposition() == nil) {
				continue
			}
			t.foldCase(r, cell)
		}
	}
}

func (t *Table) foldCase(r rune, cell *Cell) {
	plain, accented := plainForms[r], false
	if plain != "" {
		accented = true
	} else {
		plain, accented = t.withoutAccents(strings.ToLower(norm.NFKC.String(string(r))))
	}
	runes := []rune(plain)
	if len(runes) == 0 {
		return
	}
	if cell.Kind == Separator { // a compatibility form: ①, Ⓝ, ￥, full-width sign
		first := runes[0]
		switch {
		case len(runes) == 1 && first < 0x80 && !isASCIIWord(first):
			cell.Fold = first // takes its punctuation below
			return
		case isASCIIWord(first) || unicode.IsLetter(first):
			cell.Kind = Letter
			if unicode.IsDigit(first) {
				cell.Kind = Digit
			}
			cell.Flags &^= Picture
		default:
			return
		}
	}
	for _, x := range runes {
		if !unicode.IsLetter(x) && !unicode.IsNumber(x) && !unicode.IsMark(x) {
			return // ㈱ and the like: brackets inside
		}
	}
	if len(runes) > 1 {
		t.expand[r] = plain
		cell.Flags |= Expands
		cell.Fold = runes[0]
		return
	}
	if runes[0] != r {
		cell.Fold = runes[0]
	}
	if accented {
		cell.Flags |= Accented
	}
	if isASCIIWord(runes[0]) {
		cell.Look = uint8(runes[0])
		if runes[0] <= '9' {
			cell.Kind = Digit
		} else {
			cell.Kind = Letter // Roman numerals and circled letters
		}
	}
}

func isASCIIWord(r rune) bool { return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' }

// withoutAccents drops the accents of Latin, Greek and Cyrillic letters; those of other scripts are letters of their own.
func (t *Table) withoutAccents(s string) (string, bool) {
	parts := norm.NFD.String(s)
	if parts == s && !strings.ContainsRune(s, 'i') {
		return s, false
	}
	var b strings.Builder
	lost, base := false, rune(0)
	for _, r := range parts {
		if t.Of(r).Kind == Ignored && base < 0x530 {
			lost = true
			continue
		}
		base = r
		b.WriteRune(r)
	}
	if !lost {
		return s, false
	}
	return norm.NFC.String(b.String()), true
}

func (t *Table) markPunctuation() {
	set := func(runes string, flags Flag) {
		for _, r := range runes {
			cell := t.cell(r)
			if cell.Kind == Separator || cell.Kind == Sign {
				cell.Flags |= flags
			}
		}
	}
	set(" \t\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000", Space)
	set("-‐‑‒–—−﹣－〜～﹘", Hyphen)
	set("'’‘`´ʼ＇′‛", Apostrophe)
	set(".．·•・‧∙⋅｡˙", Dot)
	set("_*/\\|~+:&#^=×＿＊／＼｜＋：＆＃＾＝°¤☆★♥●○◆※✱✲✶", Connector)
	set(",;!?()[]{}<>\"\n\r\v\f，；！？（）【】「」『』《》〈〉。、“”„«»…\u2028\u2029\x00", Stop)
	for r, look := range map[rune]byte{
		'$': 's', '@': 'a', '!': 'i', '|': 'i', '€': 'e', '£': 'l', '¢': 'c', '¥': 'y', '+': 't', '＄': 's', '＠': 'a', '！': 'i', '¡': 'i', '₤': 'l',
		'฿': 'b', '§': 's', '₿': 'b', '∂': 'd', '∑': 'e', '¦': 'i', '∀': 'a', '丨': 'i', // the Han stroke stands for | in Chinese listings
	} {
		cell := t.cell(r)
		cell.Kind, cell.Look = Sign, look
		cell.Flags |= LooksOnly
	}
	for _, r := range "¹²³" {
		t.cell(r).Flags |= LooksOnly
	}
}

// lines yields the lines of a table that are not comments.
func lines(text string, each func(string)) {
	for _, line := range strings.Split(text, "\n") {
		if line != "" && !strings.HasPrefix(line, "# ") {
			each(line)
		}
	}
}

func (t *Table) readLookalikes() {
	lines(lookalikesText, func(line string) {
		target, runes, _ := strings.Cut(line, " ")
		weak := strings.HasPrefix(target, "~")
		target = strings.TrimPrefix(target, "~")
		if target == "=" {
			pairs := []rune(runes)
			for i := 0; i+1 < len(pairs); i += 2 {
				t.addShape(pairs[i], pairs[i+1])
			}
			return
		}
		for _, r := range runes {
			cell := t.cell(r)
			if cell.Look != 0 && cell.Flags&LooksOnly == 0 {
				continue
			}
			switch {
			case len(target) > 1:
				if cell.Flags&Expands == 0 && cell.Kind != Ideograph {
					t.expand[r] = target
					cell.Flags |= Expands | LooksOnly
				}
				continue
			case cell.Kind == Separator:
				cell.Kind = Letter
				if target[0] <= '9' {
					cell.Kind = Digit
				}
				cell.Flags &^= Picture | Connector
			case cell.Kind == Ignored:
				continue
			}
			cell.Look = target[0]
			cell.Flags |= LooksOnly
			if weak {
				cell.Flags |= WeakLook
			}
		}
	})
	for _, page := range t.pages[:0x34] { // a capital or accented letter looks like its plain form unless listed itself
		for i := range page {
			if cell := &page[i]; cell.Fold != 0 && cell.Look == 0 && cell.Kind == Letter {
				plain := t.Of(cell.Fold)
				cell.Look = plain.Look
				cell.Flags |= plain.Flags & (LooksOnly | WeakLook)
			}
		}
	}
}

func (t *Table) readVariants() {
	lines(variantsText, func(line string) {
		plain, others, _ := strings.Cut(line, " ")
		for _, r := range others {
			cell := t.cell(r)
			cell.Fold, cell.Flags = []rune(plain)[0], cell.Flags|Variant
		}
	})
	for _, page := range t.pages { // a compatibility character may stand for a traditional one
		for i := range page {
			if cell := &page[i]; cell.Fold != 0 {
				if plain := t.Of(cell.Fold); plain.Fold != 0 {
					cell.Fold, cell.Flags = plain.Fold, cell.Flags|plain.Flags&(Variant|Accented)
				}
			}
		}
	}
}

func (t *Table) readPinyin() {
	lines(pinyinText, func(line string) {
		fields := strings.Fields(line)
		sound := uint16(len(t.spell))
		t.spell = append(t.spell, fields[0])
		t.sounds[fields[0]] = sound
		t.starts[fields[0][0]] = append(t.starts[fields[0][0]], sound)
		for _, field := range fields[1:] {
			if more, ok := strings.CutPrefix(field, "+"); ok {
				for _, r := range more {
					t.also[r] = append(t.also[r], sound)
				}
				continue
			}
			for _, r := range field {
				t.cell(r).Sound = sound
			}
		}
	})
	for _, page := range t.pages[0x2E:] { // a traditional character sounds as its simplified form
		for i := range page {
			if cell := &page[i]; cell.Fold != 0 && cell.Kind == Ideograph {
				cell.Sound = t.Of(cell.Fold).Sound
			}
		}
	}
}

func (t *Table) addShape(a, b rune) {
	t.alike[a] = append(t.alike[a], b)
	t.cell(a).Flags |= Shaped
}

func (t *Table) readShapes() {
	lines(shapesText, func(line string) {
		for _, group := range strings.Fields(line) {
			alike := []rune(group)
			for _, a := range alike {
				for _, b := range alike {
					if a != b {
						t.addShape(a, b)
					}
				}
			}
		}
	})
}

func (t *Table) readParts() {
	lines(partsText, func(line string) {
		for _, entry := range strings.Fields(line) {
			runes := []rune(entry)
			t.whole[[2]rune{runes[1], runes[2]}] = runes[0]
			t.cell(runes[1]).Flags |= Part
		}
	})
}
