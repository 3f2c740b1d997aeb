// Package text finds marks in listing text even when they are disguised, and says in what role each is mentioned.
//
// # How names are found
//
// A text is cut once into tokens: runs of letters, of digits, and of runes of scripts that put no spaces between words.
// In scripts with spaces a name can only begin where a word begins, so the automaton is entered there and nowhere else:
// the hash of a folded token is one step, a bitmap that fits the first caches answers nearly every word with "no", and
// no failure links are needed, since each word start is tried by itself (all overlapping mentions are seen, and "anta"
// inside "advantage" never is). Han, kana, Hangul and Thai are entered at every rune, through a trie over toneless
// sounds, so that one walk finds a name, its traditional form and its homophones; what was really written is compared at
// the end. Of overlapping mentions the one that begins first stands, and of those the longest.
//
// Disguises are looked for only where something is odd: a word that no dictionary here knows, letters mixed with digits,
// signs or other scripts, and pieces too short for words. Such a window is reduced to a key in which look-alikes are one
// letter and repeats are dropped; keys of names within one or two edits are found through the deletion neighbourhood of
// both; each candidate is then aligned with the runes as written, which says what the disguise is and whether it is too
// much for a name of that length. Ordinary words are never taken for a mark by an edit, however near it they are.
//
// A Latin name in Cyrillic is found by how it may be said: each name has some keys of sounds, a Cyrillic word has one. A
// name half in Chinese characters and half in letters is read in pinyin throughout, and found as either name.
//
// The work on a text is bounded by its length, whatever it holds: see TestHostileTextsCostNoMoreThanTheirLength.
//
// # Sources
//
// UTS 39 (confusables), UAX 15 (normal forms), UAX 38 (Unihan readings), OpenCC (traditional and simplified characters).
// The deletion neighbourhood is that of SymSpell (Garbe 2012), after Mor and Fraenkel (1982); distance is optimal string
// alignment (Damerau 1964, Boytsov 2011). Tables and their licences: internal/letters/data.
package text

// Name is one way a mark is written: the brand's name or an alias.
type Name struct {
	Text      string
	Ambiguous bool // also an ordinary word ("Coach", "Gap", "Apple"): no typo tolerance, case and context matter
}

// Options choose what NewMatcher sees through. The zero value sees through everything.
type Options struct {
	ExactOnly bool // only case, width and Unicode normal forms are folded
}

// Disguise says how a match differs from the name it stands for, as a set.
type Disguise uint16

// The disguises. Zero is none: the name but for case, width and normal form. Dropped accents ("Hermes"), a plural s and
// joined or hyphenated words of a name ("POPMART", "off white") are no disguise: honest sellers write so.
const (
	Homoglyph Disguise = 1 << iota // a look-alike letter of another script (UTS 39)
	Leet                           // a digit or sign for a letter: n1ke, $upreme
	Spaced                         // separators between letters: N.I.K.E, n i k e
	Invisible                      // zero-width characters, combining marks or emoji between letters
	Repeated                       // a letter repeated: Niiike
	Typo                           // an edit: omission, insertion, substitution or transposition
	Homophone                      // Chinese characters that sound the same, or the name, or part of it, in pinyin
	Variant                        // traditional for simplified characters or the reverse; a Latin name as Cyrillic spells it, or with one accent (Pokémon)
	Split                          // a character taken apart: 木子 for 李
)

// Match is one mention of a name.
type Match struct {
	Name       int // index into the names given to NewMatcher; of equal names the first
	Start, End int // rune offsets into the text as given
	Disguise   Disguise
}

// Role says what a mention does in its sentence.
type Role uint8

// The roles.
const (
	Claim        Role = iota // the goods are said to be of this brand
	Compatible               // for, fits, compatible with
	Comparison               // like, inspired by, style, same as, alternative to
	Negation                 // not, unbranded, no logo
	SecondHand               // said to be used or pre-owned
	Media                    // a book, film, poster, event or service about it
	SellerName               // the seller's own name
	OrdinaryWord             // an ordinary word that happens to be a name
)

// TermKind says what a term of the trade in copies betrays.
type TermKind uint8

// The kinds of term.
const (
	Replica TermKind = iota // says it is a copy: replica, 高仿, AAA quality, 1:1
	Grade                   // a grade of copies: 5A, 纯原, top batch, LJR
	Source                  // where copies are made: 莆田, overrun, original factory tail goods
	Evasion                 // how detection or customs is evaded: logo covered in pictures, label shipped apart, DM for brand
	Denial                  // protests too much: "not fake", "guaranteed not replica"
	Contact                 // leads the buyer off the platform: WhatsApp, 微信, telegram
)

// Term is one term of the trade found in a text.
type Term struct {
	Kind       TermKind
	Start, End int     // rune offsets into the text as given
	Strength   float64 // 0..1: how seldom the term is innocent in this context
	Innocent   string  // why it is innocent here ("a drive duplicator", "batteries"), empty when it is not
}

// The words for roles and kinds of term, as they are shown and stored.
var (
	roleWords = [...]string{"claim", "compatible", "comparison", "negation", "second-hand", "media", "seller name", "ordinary word"}
	kindWords = [...]string{"replica", "grade", "source", "evasion", "denial", "contact"}
)

// String is the role in words.
func (r Role) String() string {
	if int(r) < len(roleWords) {
		return roleWords[r]
	}
	return "unknown role"
}

// String is the kind in words.
func (k TermKind) String() string {
	if int(k) < len(kindWords) {
		return kindWords[k]
	}
	return "unknown kind"
}
