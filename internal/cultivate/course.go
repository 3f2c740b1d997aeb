package cultivate

import "slices"

// CourseID names a course within a curriculum.
type CourseID string

// LessonID names a lesson; it is also the name of its files.
type LessonID string

// Course is a part of a curriculum: lessons in the order in which they are taught.
type Course struct {
	ID       CourseID
	Names    Words
	Required bool // for graduation
	Lessons  []LessonID
}

// Lesson is what a maker reads in one sitting, in both languages, with the quiz that follows.
type Lesson struct {
	ID      LessonID
	Minutes int // to read it and to do what it asks, about
	English LessonText
	Chinese LessonText
	Quiz    Quiz
}

// LessonText is a lesson in one language.
type LessonText struct {
	Title      string
	Objectives []string // what a maker can do afterwards
	Sources    []string // laws, standards and books by name
	Practical  string   // what to do and hand in; empty when nothing is
	Markdown   string   // headings from the second level, paragraphs, lists, tables; no HTML, no pictures
}

// In is the lesson in a language by its tag: Chinese for "zh" and its regions, English for every other.
func (l Lesson) In(language string) LessonText {
	if (Words{"", "zh"}).In(language) == "zh" {
		return l.Chinese
	}
	return l.English
}

// Title is the lesson's title in both languages.
func (l Lesson) Title() Words { return Words{l.English.Title, l.Chinese.Title} }

// HasPractical reports whether the lesson asks for practical work.
func (l Lesson) HasPractical() bool { return l.English.Practical != "" }

// Lessons are all lessons there are, by id.
type Lessons map[LessonID]Lesson

// Of gives the lessons of a course, in its order.
func (l Lessons) Of(course Course) []Lesson {
	lessons := make([]Lesson, 0, len(course.Lessons))
	for _, id := range course.Lessons {
		if lesson, known := l[id]; known {
			lessons = append(lessons, lesson)
		}
	}
	return lessons
}

// Required lists the lessons that a maker of the industry must pass, in the order of the curriculum.
func (i Industry) Required() []LessonID {
	var required []LessonID
	for _, course := range i.Curriculum {
		if course.Required {
			required = append(required, course.Lessons...)
		}
	}
	return required
}

// Progress is how far a maker is in a curriculum.
type Progress struct {
	Required int      // lessons that must be passed
	Passed   int      // of those
	Next     LessonID // the first required lesson not passed; empty when all are
}

// Done reports whether all required lessons are passed.
func (p Progress) Done() bool { return p.Passed == p.Required }

// Progress holds the lessons a maker has passed against the curriculum.
func (i Industry) Progress(passed []LessonID) Progress {
	var p Progress
	for _, id := range i.Required() {
		p.Required++
		if slices.Contains(passed, id) {
			p.Passed++
		} else if p.Next == "" {
			p.Next = id
		}
	}
	return p
}
