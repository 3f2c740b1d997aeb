// Package clearance says how likely a proposed name or logo is to be held in conflict with marks that are already known,
// ranks the conflicts, and says why. It is an aid to choosing a name and never legal advice: see Notice.
//
// # How likeness is judged
//
// A name is read as words; words that only say what the goods are, what form the firm has or how good it is weigh little
// beside the rest. Two names are then held against each other
//
//   - by sight: edits weighted by how alike the letters look and by where they stand (beginnings weigh more), over
//     letters whose look-alikes are made one; shared pairs of letters; Han characters by shape and by shared parts;
//   - by sound: Latin names as the sounds their spelling stands for, in the manner of Double Metaphone but graded
//     rather than equal or not; Han names as Mandarin initials, finals and tones, with the mergers of southern speech
//     (n/l, zh/z, h/f, in/ing) near; pinyin against characters; and Latin against Han as a transliteration would be;
//   - by meaning: words that mean the same in another language, and other names the mark is known to have;
//   - by goods: Nice classes, and similar groups where they are given;
//   - logos by the PDQ hash of engine/photo, which knows copies of a picture, not pictures of the same idea.
//
// A fitted additive score (engine/score) turns these into the probability that the marks would be held in conflict.
//
// # Sources
//
// Damerau (1964) and Levenshtein (1966) for edits; Philips, "The Double Metaphone Search Algorithm" (2000); UTS 39 for
// look-alikes; UAX 38 (Unihan) through mozillazg/go-pinyin for readings; OpenCC for traditional characters; the Nice
// Classification, 12th edition, for what classes hold. The model was fitted to pairs made by rules and to decided cases:
// see testdata and docs/benchmarks.md.
package clearance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/engine/photo"
)

// Notice stands beside every report that a person sees.
const Notice = "This is an aid to choosing a name. It is not legal advice and does not replace a search by a trade mark attorney."

// Mark is a mark that is already known.
type Mark struct {
	ID      string       // what the caller knows it by, such as a register's number
	Name    string       // as registered; empty for a mark that is only a device
	Also    []string     // other names it is known by: transliterations, translations, nicknames
	Owner   string       // who holds it
	Classes []int        // Nice classes, 1 to 45; none means not known
	Groups  []string     // similar groups within classes as the register writes them, such as CNIPA's "2507"; none means not known
	Reputed bool         // widely known, so that distant goods conflict too
	Logos   []photo.Hash // hashes of its device
}

// Proposal is a name or logo somebody would like to use.
type Proposal struct {
	Name    string
	Also    []string     // what it would be called in another script
	Classes []int        // Nice classes, 1 to 45; none means not known yet, and goods are then taken to be alike
	Groups  []string     // similar groups within classes
	Logos   []photo.Hash // photo.All of the logo, so that turned and reflected copies are seen
	Limit   int          // most conflicts to report; 0 means 20
	Owner   string       // marks of this owner are no conflict; empty leaves none out
}

// By says how alike two marks are in each respect, 0 to 1.
type By struct {
	Sight   float64 `json:"sight"`
	Sound   float64 `json:"sound"`
	Meaning float64 `json:"meaning"`
	Goods   float64 `json:"goods"`
	Logo    float64 `json:"logo,omitempty"`
}

// Conflict is a known mark that may stand in the way of a proposal.
type Conflict struct {
	Mark  Mark
	Index int     // of the mark in what NewIndex was given; 0 from Compare
	Score float64 // the estimated probability that the two would be held in conflict, 0 to 1
	By    By
	Why   []Reason // strongest first
}

// Reason is one plain sentence. Says is constant, a key for translation, and Args fill its verbs.
type Reason struct {
	Says string
	Args []any
}

// String is the sentence in English.
func (r Reason) String() string { return fmt.Sprintf(r.Says, r.Args...) }

// Why is the reasons in English as one line.
func Why(reasons []Reason) string {
	words := make([]string, len(reasons))
	for i, r := range reasons {
		words[i] = r.String()
	}
	return strings.Join(words, " ")
}

// Risk is the verdict on a whole proposal.
type Risk uint8

// The risks.
const (
	Low    Risk = iota // no known mark is likely to stand in the way
	Medium             // somebody should look at the conflicts
	High               // a conflict is more likely than not
)

// String is the risk in a word.
func (r Risk) String() string { return [...]string{"low", "medium", "high"}[r] }

// MarshalText is String, for JSON.
func (r Risk) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// RiskOf is the risk of a proposal whose likeliest conflict has a score.
func RiskOf(score float64) Risk {
	switch {
	case score >= AtHigh:
		return High
	case score >= AtMedium:
		return Medium
	}
	return Low
}

// Report is what is known against a proposal.
type Report struct {
	Name      string
	Risk      Risk
	Conflicts []Conflict // likeliest first
}

// Compare holds one proposal against one mark.
func Compare(p Proposal, m Mark) Conflict {
	return read(p).against(m)
}

// proposal is a Proposal read once, to be held against many marks.
type proposal struct {
	Proposal
	name *name
	also []*name
}

func read(p Proposal) *proposal {
	r := &proposal{Proposal: p, name: readName(p.Name)}
	for _, other := range p.Also {
		r.also = append(r.also, readName(other))
	}
	return r
}

// against compares names as registered, then every other name either is known by: a likeness through those is one of
// meaning, since it is not in the signs themselves.
func (p *proposal) against(m Mark) Conflict {
	f, known := p.likeness(m)
	c := f.conflict(m)
	c.Why = f.reasons(p, m, known)
	return c
}

// scored is against without the reasons.
func (p *proposal) scored(m Mark) Conflict {
	f, _ := p.likeness(m)
	return f.conflict(m)
}

func (f likeness) conflict(m Mark) Conflict {
	return Conflict{
		Mark:  m,
		Score: f.probability(),
		By:    By{Sight: f.sight, Sound: f.sound, Meaning: f.meaning, Goods: f.goods, Logo: f.logo},
	}
}

// likeness also says through which other name a meaning was found.
func (p *proposal) likeness(m Mark) (f likeness, known string) {
	mark := readName(m.Name)
	f = alike(p.name, mark)
	other := func(a, b *name, called string) {
		g := alike(a, b)
		if through := max(g.sight, g.sound); through > f.meaning && through >= 0.7 {
			f.meaning, known = through, called
		}
	}
	for _, called := range m.Also {
		also := readName(called)
		other(p.name, also, called)
		for _, a := range p.also {
			other(a, also, called)
		}
	}
	for i, a := range p.also {
		other(a, mark, p.Also[i])
	}
	f.goods, f.sameGroup = goods(p.Classes, p.Groups, m.Classes, m.Groups)
	f.reputed = m.Reputed
	f.logo = logos(p.Logos, m.Logos)
	return f, known
}

// rank puts conflicts in order, likeliest first; equals by likeness and then by index, so that an order is always the same.
func rank(conflicts []Conflict) {
	slices.SortFunc(conflicts, func(a, b Conflict) int {
		return cmp.Or(
			cmp.Compare(b.Score, a.Score),
			cmp.Compare(b.By.Sight+b.By.Sound+b.By.Meaning, a.By.Sight+a.By.Sound+a.By.Meaning),
			cmp.Compare(a.Index, b.Index),
		)
	})
}

// logos is 1 for equal pictures and falls to 0.5 at the distance to which PDQ holds two to be copies, and is 0 beyond it.
func logos(a, b []photo.Hash) float64 {
	nearest := photo.Near + 1
	for _, x := range a {
		for _, y := range b {
			nearest = min(nearest, x.Distance(y))
		}
	}
	if nearest > photo.Near {
		return 0
	}
	return 1 - 0.5*float64(nearest)/photo.Near
}
