package cultivate

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/fault"
)

// ReadLessons reads lessons/en/*.md, lessons/zh/*.md and lessons/quiz/*.yaml of a folder. Each lesson needs all three.
// The error joins one fault.Invalid for each thing that is wrong, with file, line and field (see fault.All); other
// errors are of the disk.
func ReadLessons(files fs.FS) (Lessons, error) {
	lessons := Lessons{}
	var wrong []error
	for _, language := range []string{"en", "zh"} {
		names, err := named(files, "lessons/"+language, ".md")
		if err != nil {
			return nil, fmt.Errorf("read lessons: %w", err)
		}
		for _, name := range names {
			data, err := readFile(files, name)
			if err != nil {
				return nil, fmt.Errorf("read lesson %s: %w", name, err)
			}
			id, minutes, text, err := parseLesson(name, data, language)
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			lesson := lessons[id]
			if language == "zh" {
				if lesson.Minutes != 0 && lesson.Minutes != minutes {
					wrong = append(wrong, fault.Invalid.Say("%s says %d minutes, its other language %d.", name, minutes, lesson.Minutes).At("minutes"))
				}
				if lesson.Minutes != 0 && len(lesson.English.Objectives) != len(text.Objectives) {
					wrong = append(wrong, fault.Invalid.Say("%s has %d objectives, its other language %d.", name, len(text.Objectives), len(lesson.English.Objectives)).At("objectives"))
				}
				if (text.Practical == "") != (lesson.English.Practical == "") && lesson.English.Title != "" {
					wrong = append(wrong, fault.Invalid.Say("%s asks for practical work, and its other language does not, or the other way round.", name).At("practical"))
				}
				lesson.Chinese = text
			} else {
				lesson.English = text
			}
			lesson.ID, lesson.Minutes = id, minutes
			lessons[id] = lesson
		}
	}
	quizzes, err := named(files, "lessons/quiz", ".yaml")
	if err != nil {
		return nil, fmt.Errorf("read quizzes: %w", err)
	}
	for _, name := range quizzes {
		data, err := readFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read quiz %s: %w", name, err)
		}
		quiz, err := ParseQuiz(name, data)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		lesson, known := lessons[quiz.Lesson]
		if !known && len(wrong) == 0 {
			wrong = append(wrong, fault.Invalid.Say("%s has no lesson: lessons/en/%s.md is missing.", name, string(quiz.Lesson)).At("lesson"))
		}
		lesson.Quiz = quiz
		lessons[quiz.Lesson] = lesson
	}
	if len(wrong) == 0 {
		wrong = incomplete(lessons)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return lessons, nil
}

// incomplete tells of lessons that lack a language or a quiz.
func incomplete(lessons Lessons) []error {
	var wrong []error
	for id, lesson := range lessons {
		for file, there := range map[string]bool{
			"lessons/en/" + string(id) + ".md":     lesson.English.Title != "",
			"lessons/zh/" + string(id) + ".md":     lesson.Chinese.Title != "",
			"lessons/quiz/" + string(id) + ".yaml": len(lesson.Quiz.Items) > 0,
		} {
			if !there {
				wrong = append(wrong, fault.Invalid.Say("The lesson %q needs the file %s.", string(id), file).At(file))
			}
		}
	}
	return wrong
}

var (
	rawHTML  = regexp.MustCompile(`<[A-Za-z/!?]`)
	linkTo   = regexp.MustCompile(`\]\(([^)]*)\)`)
	topTitle = regexp.MustCompile(`^#\s`)
)

// parseLesson reads one file of a lesson: a front matter in YAML between two lines "---", and Markdown.
func parseLesson(file string, data []byte, language string) (LessonID, int, LessonText, error) {
	s := &sheet{file: file, line: 1}
	if len(data) > maxFileBytes {
		return "", 0, LessonText{}, fault.TooLarge.Say("%s is larger than %d KiB.", file, maxFileBytes>>10)
	}
	if !utf8.Valid(data) || strings.ContainsRune(string(data), 0) {
		return "", 0, LessonText{}, fault.Invalid.Say("%s is not UTF-8 text.", file)
	}
	content := strings.ReplaceAll(strings.TrimPrefix(string(data), "\ufeff"), "\r\n", "\n")
	rest, begins := strings.CutPrefix(content, "---\n")
	front, body, ends := strings.Cut(rest, "\n---\n")
	if !begins || !ends {
		return "", 0, LessonText{}, fault.Invalid.Say("%s has to begin with a front matter between two lines \"---\".", file)
	}
	root, ok := s.open([]byte(front))
	if !ok {
		return "", 0, LessonText{}, errors.Join(s.faults...)
	}
	r := root.record("id", "title", "minutes", "objectives", "sources", "practical?")
	id := LessonID(r.id("id"))
	if is := strings.TrimSuffix(path.Base(file), ".md"); id != "" && string(id) != is {
		r.values["id"].Say("%s, line %d: %s has to be the file's name, %q.", is)
	}
	text := LessonText{Title: r.text("title"), Markdown: strings.TrimSpace(body)}
	if r.has("practical") {
		text.Practical = r.text("practical")
	}
	minutes := r.whole("minutes", "min", 1, 240)
	for _, p := range r.list("objectives") {
		text.Objectives = append(text.Objectives, p.text())
	}
	for _, p := range r.list("sources") {
		text.Sources = append(text.Sources, p.text())
	}
	if language == "zh" && text.Title != "" && !strings.ContainsFunc(text.Title+text.Markdown, isHan) {
		r.values["title"].Say("%s, line %d: %s is not Chinese.")
	}
	s.checkMarkdown(body, 3+strings.Count(front, "\n"))
	if len(s.faults) > 0 {
		return "", 0, LessonText{}, errors.Join(s.faults...)
	}
	return id, minutes, text, nil
}

func isHan(c rune) bool { return unicode.Is(unicode.Han, c) }

// checkMarkdown holds a lesson to the plain part of Markdown: what a page shows is what the author sees, and a folder
// laid over ours cannot bring a script.
func (s *sheet) checkMarkdown(body string, above int) {
	if strings.TrimSpace(body) == "" {
		s.say(fault.Invalid.Say("%s has no text below its front matter.", s.file))
	}
	line := above
	for text := range strings.Lines(body) {
		line++
		switch {
		case rawHTML.MatchString(text):
			s.say(fault.Invalid.Say("%s, line %d: a lesson has no HTML.", s.file, line).At("text"))
		case strings.Contains(text, "!["):
			s.say(fault.Invalid.Say("%s, line %d: a lesson has no pictures yet.", s.file, line).At("text"))
		case topTitle.MatchString(text):
			s.say(fault.Invalid.Say("%s, line %d: the title stands in the front matter; headings begin with \"##\".", s.file, line).At("text"))
		}
		for _, m := range linkTo.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(m[1], "https://") {
				s.say(fault.Invalid.Say("%s, line %d: a link has to begin with https://.", s.file, line).At("text"))
			}
		}
	}
}
