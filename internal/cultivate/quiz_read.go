package cultivate

import (
	"errors"
	"path"
	"strings"
)

// leastItems is how large an item bank is at least: fewer, and the second attempt asks what the first one explained.
const leastItems = 5

// ParseQuiz reads one item bank, lessons/quiz/LESSON.yaml. The error joins one fault.Invalid for each thing that is
// wrong, with file, line and field (see fault.All).
func ParseQuiz(file string, data []byte) (Quiz, error) {
	s := &sheet{file: file}
	root, ok := s.open(data)
	if !ok {
		return Quiz{}, errors.Join(s.faults...)
	}
	r := root.record("lesson", "pass", "attempts", "draw", "items")
	quiz := Quiz{
		Lesson:   LessonID(r.id("lesson")),
		Pass:     float64(r.whole("pass", "%", 50, 100)) / 100,
		Attempts: r.count("attempts", 1, 10),
		Draw:     r.count("draw", 1, maxListed),
	}
	if is := strings.TrimSuffix(path.Base(file), ".yaml"); quiz.Lesson != "" && string(quiz.Lesson) != is {
		r.values["lesson"].Say("%s, line %d: %s has to be the file's name, %q.", is)
	}
	items := r.list("items")
	ids := map[string]bool{}
	for _, p := range items {
		quiz.Items = append(quiz.Items, readItem(p, ids))
	}
	if len(items) > 0 && len(items) < leastItems {
		r.values["items"].Say("%s, line %d: %s needs at least %d entries.", leastItems)
	}
	if quiz.Draw > len(items) && len(items) > 0 {
		r.values["draw"].Say("%s, line %d: %s has to be a whole number from %d to %d.", 1, len(items))
	}
	if len(s.faults) > 0 {
		return Quiz{}, errors.Join(s.faults...)
	}
	return quiz, nil
}

// readItem reads an item: a sentence that is "true" or "false", or right and wrong choices. It is single when one choice
// is right and the file does not say multiple.
func readItem(p place, ids map[string]bool) Item {
	r := p.record("id", "kind", "question", "right", "wrong?", "explanation")
	item := Item{
		ID: ItemID(r.id("id")), Kind: ItemKind(r.choice("kind", string(Single), string(Multiple), string(TrueFalse))),
		Question: r.words("question"), Explanation: r.words("explanation"),
	}
	r.values["id"].once(ids, string(item.ID))
	if item.Kind == TrueFalse {
		holds := r.yes("right")
		item.choices = []choice{{trueOrFalse[0], holds}, {trueOrFalse[1], !holds}}
		if r.has("wrong") {
			r.values["wrong"].Say("%s, line %d: %s does not go with the kind %q.", string(TrueFalse))
		}
		return item
	}
	if !r.has("wrong") {
		p.Say("%s, line %d: %s has no wrong choice.")
	}
	right, wrong := r.list("right"), r.list("wrong")
	if item.Kind == Single && len(right) > 1 {
		r.values["right"].Say("%s, line %d: %s has more than one right choice; its kind is \"multiple\".")
	}
	english, chinese := map[string]bool{}, map[string]bool{}
	for i, at := range append(right, wrong...) {
		both := at.record("en", "zh")
		c := choice{Words{both.text("en"), both.text("zh")}, i < len(right)} // "2507" is the same in both languages
		at.once(english, c.text.English)
		at.once(chinese, c.text.Chinese)
		item.choices = append(item.choices, c)
	}
	if len(item.choices) > 26 {
		p.Say("%s, line %d: %s has more than %d entries.", 26)
	}
	return item
}
