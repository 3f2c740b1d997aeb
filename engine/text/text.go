// Package text finds marks in listing text even when they are disguised, and says in what role each is mentioned.
package text

// Name is one way a mark is written: the brand's name or an alias.
type Name struct {
	Text      string
	Ambiguous bool // also an ordinary word ("Coach", "Gap", "Apple"): no typo tolerance, case and context matter
}

// Matcher finds any of its names in a text. It is immutable and safe for concurrent use.
type Matcher struct {
	names []Name
}

// Options choose what NewMatcher sees through. The zero value sees through everything.
type Options struct {
	ExactOnly bool // only case, width and Unicode normal forms are folded
}

// NewMatcher compiles names. The index of a name in names is what Match.Name refers to.
func NewMatcher(names []Name, o Options) (*Matcher, error) {
	return &Matcher{names: names}, nil
}

// Disguise says how a match differs from the name it stands for, as a set.
type Disguise uint16

// The disguises. Zero is none: the name but for case, width and normal form.
const (
	Homoglyph Disguise = 1 << iota // a look-alike letter of another script (UTS 39)
	Leet                           // a digit or sign for a letter: n1ke, $upreme
	Spaced                         // separators between letters: N.I.K.E, n i k e
	Invisible                      // zero-width characters, combining marks or emoji between letters
	Repeated                       // a letter repeated: Niiike
	Typo                           // an edit: omission, insertion, substitution or transposition
	Homophone                      // Chinese characters that sound the same
	Variant                        // traditional for simplified characters, or the reverse
	Split                          // a character taken apart: 木子 for 李
)

// Match is one mention of a name.
type Match struct {
	Name       int // index into the names given to NewMatcher
	Start, End int // rune offsets into the text as given
	Disguise   Disguise
}

// Find appends the mentions of names in s to dst, in order of Start. Where names nest, the longest stands. Matches
// lie on word boundaries in scripts that have them.
func (m *Matcher) Find(dst []Match, s string) []Match { return dst }

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

// Roles says in which role each match of s is made. language is a BCP 47 tag or empty.
func Roles(s, language string, matches []Match) []Role { return make([]Role, len(matches)) }

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

// Terms appends the terms of the trade in copies found in s to dst, in order of Start. Terms in an innocent
// context are reported too, with Innocent set and Strength 0. language is a BCP 47 tag or empty.
func Terms(dst []Term, s, language string) []Term { return dst }
