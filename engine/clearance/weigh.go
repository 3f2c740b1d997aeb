package clearance

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/ownmark/ownmark/engine/score"
)

// likeness is everything the score looks at in two marks; each value is 0 to 1.
type likeness struct {
	named     bool // both have a name
	same      bool // the names are equal but for case, accents, spaces and look-alikes
	sight     float64
	sound     float64
	mandarin  bool // the sound is that of characters on both sides
	across    bool // one name is in Latin letters, the other in characters
	meaning   float64
	covered   float64 // how much of the lesser name's words comes back in the other
	apart     float64 // both names have words of their own: the product of what is not covered
	inside    float64 // one name lies whole within the other: its share of the longer
	beginning float64 // letters in common from the start, as a share of the shorter name
	first     float64 // how alike the first words that tell are, where a name has several
	core      float64 // the likeness of what tells the names apart, by itself
	short     bool
	goods     float64
	sameGroup bool
	reputed   bool
	logo      float64
}

// alike compares two names; goods, reputation and logos are the caller's to add.
func alike(a, b *name) (f likeness) {
	if len(a.words) == 0 || len(b.words) == 0 {
		return f
	}
	f.named = true
	f.across = a.whole.han != b.whole.han
	f.mandarin = len(a.core.syllables) > 0 && len(b.core.syllables) > 0
	f.same = slices.Equal(a.whole.look, b.whole.look)
	if f.same {
		f.sight, f.sound, f.covered, f.inside, f.beginning, f.first, f.core = 1, 1, 1, 1, 1, 1, 1
		if meanings(a, b) > 0 {
			f.meaning = 1
		}
		f.short = len(a.core.look) <= 3 && !a.core.han
		return f
	}
	coreSight, coreSound := sight(a.core, b.core), sound(a.core, b.core)
	f.core = max(coreSight, coreSound)
	bySight := cover(a, b, sight)
	bySound := cover(a, b, sound)
	f.sight = max(sight(a.whole, b.whole), 0.98*coreSight, bySight.likeness())
	f.sound = max(sound(a.whole, b.whole), 0.98*coreSound, bySound.likeness())
	f.covered = max(bySight.lesser(), bySound.lesser())
	f.apart = min(bySight.apart(), bySound.apart())
	f.meaning = meanings(a, b)
	f.first = firstWords(a, b)
	f.inside = inside(a.core, b.core)
	f.beginning = beginning(a.core.look, b.core.look)
	shorter := min(len(a.core.look), len(b.core.look))
	f.short = shorter <= 3 && !a.core.han && !b.core.han
	return f
}

// coverage is how much of each of two names comes back in the other, word by word.
type coverage struct{ a, b float64 }

func (c coverage) lesser() float64   { return max(c.a, c.b) }
func (c coverage) likeness() float64 { return max(c.a, c.b) * (0.5 + 0.5*min(c.a, c.b)) }
func (c coverage) apart() float64    { return (1 - c.a) * (1 - c.b) }

const mostWords = 8 // of a name that are held against the other's one by one

func cover(a, b *name, by func(part, part) float64) (c coverage) {
	wordsA, wordsB := a.words[:min(len(a.words), mostWords)], b.words[:min(len(b.words), mostWords)]
	if len(wordsA) == 1 && len(wordsB) == 1 {
		like := by(wordsA[0].part, wordsB[0].part)
		return coverage{like, like}
	}
	var bestA, bestB [mostWords]float64
	for i, x := range wordsA {
		for j, y := range wordsB {
			like := by(x.part, y.part)
			if like < 0.6 {
				continue // chance
			}
			// A word that tells little does not stand for one that tells much.
			if x.weight != y.weight {
				like *= 0.5
			}
			bestA[i], bestB[j] = max(bestA[i], like), max(bestB[j], like)
		}
	}
	share := func(words []word, best []float64) float64 {
		var sum, total float64
		for i, w := range words {
			sum += w.weight * best[i]
			total += w.weight
		}
		return sum / total
	}
	return coverage{share(wordsA, bestA[:]), share(wordsB, bestB[:])}
}

// meanings is the share of words that mean the same though they are not the same word; 0 when no such word is known.
func meanings(a, b *name) float64 {
	var translated bool
	var common, totalA, totalB float64
	used := map[int]bool{}
	listed := map[int]bool{}
	for _, w := range b.words {
		for _, c := range w.means {
			listed[c] = true
		}
		totalB += w.weight * float64(max(1, len(w.means)))
	}
	for _, w := range a.words {
		totalA += w.weight * float64(max(1, len(w.means)))
		for _, c := range w.means {
			if listed[c] && !used[c] {
				used[c] = true
				translated = true
				common += w.weight
			}
		}
		if len(w.means) == 0 && w.weight == 1 && slices.ContainsFunc(b.words, func(v word) bool { return slices.Equal(v.look, w.look) }) {
			common++
		}
	}
	if !translated {
		return 0
	}
	return min(1, common/max(totalA, totalB))
}

// inside is the share one name has in the other when it lies whole within it, more when it stands at the beginning.
func inside(a, b part) float64 {
	if len(a.look) > len(b.look) {
		a, b = b, a
	}
	if len(a.look) < 3 && !(a.han && len(a.look) == 2) {
		return 0
	}
	longer, shorter := string(b.look), string(a.look)
	at := strings.Index(longer, shorter)
	switch {
	case at < 0:
		return 0
	case at == 0:
		return min(1, 0.35+float64(len(a.look))/float64(len(b.look)))
	}
	return min(1, 0.15+float64(len(a.look))/float64(len(b.look)))
}

// firstWords is how alike the first telling words are; 0 when neither name has another, or one is a single letter.
func firstWords(a, b *name) float64 {
	if len(a.words) == 1 && len(b.words) == 1 {
		return 0
	}
	tells := func(w word) bool { return w.weight == 1 }
	i, j := slices.IndexFunc(a.words, tells), slices.IndexFunc(b.words, tells)
	if i < 0 || j < 0 || min(len(a.words[i].look), len(b.words[j].look)) < 2 {
		return 0
	}
	return max(sight(a.words[i].part, b.words[j].part), sound(a.words[i].part, b.words[j].part))
}

func beginning(a, b []rune) float64 {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return float64(n) / float64(min(len(a), len(b)))
}

func (f likeness) best() float64 { return max(f.sight, f.sound, f.meaning) }

// features are what the model weighs. The priors are what one would guess; labels moved most of the weight to a few.
var features = []score.Feature{
	{Name: "sight", Prior: 2, Spread: 3, Sign: score.Positive},
	{Name: "sound", Prior: 2, Spread: 3, Sign: score.Positive},
	{Name: "best", Prior: 4, Spread: 3, Sign: score.Positive},
	{Name: "very near", Prior: 3, Spread: 3, Sign: score.Positive},
	{Name: "meaning", Prior: 2, Spread: 2, Sign: score.Positive},
	{Name: "covered", Prior: 2, Spread: 2, Sign: score.Positive},
	{Name: "inside", Prior: 2, Spread: 2, Sign: score.Positive},
	{Name: "beginning", Prior: 1, Spread: 1, Sign: score.Positive},
	{Name: "first word", Prior: 1, Spread: 2, Sign: score.Positive},
	{Name: "core", Prior: 2, Spread: 2, Sign: score.Positive},
	{Name: "goods", Prior: 5, Spread: 3, Sign: score.Positive},
	{Name: "same goods", Prior: 1, Spread: 2, Sign: score.Positive},
	{Name: "near and same goods", Prior: 2, Spread: 2, Sign: score.Positive},
	{Name: "same name", Prior: 2, Spread: 2, Sign: score.Positive},
	{Name: "reputed", Prior: 2, Spread: 2, Sign: score.Positive},
	{Name: "short and unlike", Prior: -3, Spread: 3, Sign: score.Negative},
	{Name: "words of their own", Prior: -2, Spread: 2, Sign: score.Negative},
	{Name: "across scripts", Prior: 0, Spread: 3, Sign: score.Free},
	{Name: "transliterated", Prior: 2, Spread: 3, Sign: score.Positive},
	{Name: "mandarin one syllable off", Prior: 0, Spread: 2, Sign: score.Free},
}

func (f likeness) vector() []float64 {
	best := f.best()
	flag := func(is bool) float64 {
		if is {
			return 1
		}
		return 0
	}
	x := []float64{
		score.Ramp(f.sight, 0.3, 1),
		score.Ramp(f.sound, 0.3, 1),
		score.Ramp(best, 0.5, 0.9),
		score.Ramp(best, 0.75, 0.95),
		f.meaning,
		score.Ramp(f.covered, 0.6, 1),
		f.inside,
		f.beginning,
		score.Ramp(f.first, 0.6, 1),
		score.Ramp(f.core, 0.4, 0.95),
		score.Ramp(f.goods, 0, 0.6),
		score.Ramp(f.goods, 0.6, 1),
		best * f.goods,
		flag(f.same),
		// Reputation makes near names conflict over distant goods; it makes no unlike name near.
		flag(f.reputed) * score.Ramp(best, 0.65, 0.9),
		flag(f.short) * (1 - best),
		f.apart,
		flag(f.across),
		flag(f.across) * score.Ramp(f.sound, 0.45, 0.75),
		flag(f.mandarin) * (1 - f.sight),
	}
	return x
}

// fitted is what data/model.json holds; the test TestModelIsFresh writes it with -update.
type fitted struct {
	Bias    float64            `json:"bias"`
	Weights map[string]float64 `json:"weights"`
	Platt   score.Calibration  `json:"calibration"`
}

var model = sync.OnceValue(func() (m struct {
	score.Model
	score.Calibration
}) {
	text, err := data.ReadFile("data/model.json")
	if err != nil {
		panic(err) // embedded
	}
	var f fitted
	if err := json.Unmarshal(text, &f); err != nil {
		panic(err)
	}
	m.Bias, m.Calibration = f.Bias, f.Platt
	for _, feature := range features {
		m.Weights = append(m.Weights, f.Weights[feature.Name])
	}
	return m
})

// AtMedium and AtHigh are the scores from which a conflict makes the risk of a proposal medium and high. Medium is the
// highest, in steps of 0.05, at which 97 % of the conflicts of the half of the pairs the model was fitted to are found:
// missing one costs a maker its brand, looking at one too many costs an hour.
const (
	AtMedium = 0.35
	AtHigh   = 0.7
)

// probability is the chance that two marks so alike would be held in conflict. Names and logos are two ways to
// conflict; what logos say holds as far as goods are alike.
func (f likeness) probability() float64 {
	var byName float64
	if f.named {
		m := model()
		byName = m.Probability(m.Score(f.vector()))
	}
	near := f.goods
	if f.reputed {
		near = max(near, 0.7)
	}
	byLogo := 0.95 * f.logo * min(1, near*1.4)
	return 1 - (1-byName)*(1-byLogo)
}

// reasons say what the score rests on, strongest first; known is the other name through which a meaning was found.
func (f likeness) reasons(p *proposal, m Mark, known string) (why []Reason) {
	say := func(sentence string, args ...any) { why = append(why, Reason{sentence, args}) }
	percent := func(x float64) int { return int(100*x + 0.5) }
	switch {
	case f.same:
		say("“%s” and “%s” are the same name.", p.Name, m.Name)
	case f.named:
		if f.inside > 0 {
			say("One of “%s” and “%s” holds the whole of the other.", p.Name, m.Name)
		}
		if f.sight >= 0.7 {
			say("“%s” and “%s” look alike (%d of 100).", p.Name, m.Name, percent(f.sight))
		}
		if f.sound >= 0.7 || f.across && f.sound >= 0.6 {
			switch {
			case f.across:
				say("“%s” and “%s” sound alike: one is how the other would be written in characters (%d of 100).", p.Name, m.Name, percent(f.sound))
			case f.mandarin:
				say("“%s” and “%s” sound alike in Mandarin (%d of 100).", p.Name, m.Name, percent(f.sound))
			default:
				say("“%s” and “%s” sound alike (%d of 100).", p.Name, m.Name, percent(f.sound))
			}
		}
		if f.inside == 0 && f.covered >= 0.9 && f.apart == 0 && max(f.sight, f.sound) < 0.95 {
			say("A word that tells “%s” apart comes back in “%s”.", p.Name, m.Name)
		}
		if f.best() < 0.7 && f.inside == 0 {
			say("“%s” and “%s” are alike in parts only (%d of 100).", p.Name, m.Name, percent(f.best()))
		}
	}
	switch {
	case known != "" && f.meaning >= 0.7:
		say("This mark is also known as “%s”.", known)
	case !f.same && f.meaning >= 0.5:
		say("“%s” and “%s” mean the same.", p.Name, m.Name)
	}
	if f.logo > 0 {
		say("The logos are near copies of one another (%d of 100).", percent(f.logo))
	}
	switch {
	case f.sameGroup:
		say("The goods are in the same similar group.")
	case len(p.Classes) == 0 || len(m.Classes) == 0:
		say("The classes of one of them are not known; the goods may be alike.")
	case f.goods == 1:
		say("The goods are in the same class.")
	case f.goods >= 0.3:
		say("The goods are in other classes, which are often found similar (%d of 100).", percent(f.goods))
	default:
		say("The goods are far apart.")
	}
	if f.reputed {
		say("The mark is widely known, so that other goods conflict too.")
	}
	if f.short {
		say("In so short a name each letter tells.")
	}
	return why
}
