package cultivate

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/ownmark/ownmark/internal/fault"
)

// Quiz is the item bank of a lesson and how it is asked. It holds the key: pages are given a Paper.
type Quiz struct {
	Lesson   LessonID
	Pass     float64 // share of the questions asked that must be right, 0 to 1
	Attempts int     // until a person has to help
	Draw     int     // questions asked at once
	Items    []Item
}

// ItemID names an item within its quiz.
type ItemID string

// Item is one question with its key.
type Item struct {
	ID          ItemID
	Kind        ItemKind
	Question    Words
	Explanation Words // shown after the answer
	choices     []choice
}

// choice is kept out of sight, so that an Item that reaches a page by mistake does not show its key.
type choice struct {
	text  Words
	right bool
}

// ItemKind is how an item is answered.
type ItemKind string

// The kinds of item.
const (
	Single    ItemKind = "single"     // one choice is right
	Multiple  ItemKind = "multiple"   // one or more are; all of them and no other must be chosen
	TrueFalse ItemKind = "true-false" // a sentence that holds or does not
)

var trueOrFalse = [2]Words{{"True", "对"}, {"False", "错"}}

// Paper is what a maker sees: questions drawn from the bank, with nothing in them that tells the answer.
type Paper struct {
	Lesson    LessonID   `json:"lesson"`
	Questions []Question `json:"questions"`
}

// Question is an item without its key.
type Question struct {
	Item    ItemID   `json:"item"`
	Kind    ItemKind `json:"kind"`
	Text    Words    `json:"text"`
	Options []Option `json:"options"`
}

// Option is a choice under the letter it has on this paper only.
type Option struct {
	Letter string `json:"letter"` // "a", "b", …
	Text   Words  `json:"text"`
}

// Answers are the letters chosen, by item.
type Answers map[ItemID][]string

// Grade is how a paper was answered.
type Grade struct {
	Asked  int          `json:"asked"`
	Right  int          `json:"right"`
	Passed bool         `json:"passed"`
	Items  []GradedItem `json:"items"` // in the order of the paper
}

// Share is the part answered right, 0 to 1.
func (g Grade) Share() float64 {
	if g.Asked == 0 {
		return 0
	}
	return float64(g.Right) / float64(g.Asked)
}

// GradedItem is what is said about one answer.
type GradedItem struct {
	Item        ItemID `json:"item"`
	Right       bool   `json:"right"`
	Explanation Words  `json:"explanation"`
}

// dealt is a question with the choices in the order of its paper.
type dealt struct {
	item    Item
	choices []choice
}

// deal draws the questions and shuffles their choices. The same seed deals the same paper, so that an attempt is kept as
// one number; the seed stays on the server.
func (q Quiz) deal(seed uint64) []dealt {
	name := fnv.New64a()
	_, _ = name.Write([]byte(q.Lesson)) // a hash takes everything
	random := rand.New(rand.NewPCG(seed, name.Sum64()))
	questions := make([]dealt, 0, min(q.Draw, len(q.Items)))
	for _, at := range random.Perm(len(q.Items))[:min(q.Draw, len(q.Items))] {
		item := q.Items[at]
		choices := slices.Clone(item.choices)
		if item.Kind != TrueFalse { // true stands before false, as people expect
			random.Shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
		}
		questions = append(questions, dealt{item, choices})
	}
	return questions
}

// Paper draws the questions of one attempt. Use a fresh random seed for each attempt, and keep it to grade by.
func (q Quiz) Paper(seed uint64) Paper {
	paper := Paper{Lesson: q.Lesson}
	for _, d := range q.deal(seed) {
		question := Question{Item: d.item.ID, Kind: d.item.Kind, Text: d.item.Question}
		for i, c := range d.choices {
			question.Options = append(question.Options, Option{letter(i), c.text})
		}
		paper.Questions = append(paper.Questions, question)
	}
	return paper
}

// Grade judges the answers to the paper of this seed. A question not answered is wrong; answers to questions that the
// paper does not ask count for nothing.
func (q Quiz) Grade(seed uint64, answers Answers) Grade {
	var g Grade
	for _, d := range q.deal(seed) {
		var key []string
		for i, c := range d.choices {
			if c.right {
				key = append(key, letter(i))
			}
		}
		chosen := slices.Sorted(slices.Values(answers[d.item.ID]))
		right := slices.Equal(slices.Compact(chosen), key)
		g.Asked++
		if right {
			g.Right++
		}
		g.Items = append(g.Items, GradedItem{d.item.ID, right, d.item.Explanation})
	}
	// The slack is for the product of floats only: it is far less than a question.
	g.Passed = g.Asked > 0 && float64(g.Right) >= q.Pass*float64(g.Asked)-1e-9
	return g
}

func letter(i int) string { return string(rune('a' + i)) }

// MayTry says whether another attempt may begin after so many. Returns fault.Conflict when it is passed already or the
// attempts are used up, which a person of the programme can lift.
func (q Quiz) MayTry(used int, passed bool) error {
	switch {
	case passed:
		return fault.Conflict.Say("You have passed this quiz already.")
	case used >= q.Attempts:
		return fault.Conflict.Say("You have used all %d attempts. Ask your programme manager to open another.", q.Attempts)
	}
	return nil
}
