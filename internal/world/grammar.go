package world

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed words/*.txt
var wordFiles embed.FS

// lexicon holds the patterns of one language: for each key its alternatives. In a pattern (a|b) is a choice, [a] is
// there or not, {key} is one alternative of that key, {n:3-9} a number; a slot the caller fills goes before the
// lexicon's keys, "key.kind" before "key.category" before "key". Files are lists of "key:" lines followed by alternatives.
type lexicon struct {
	language string
	patterns map[string][]string
	keys     []string // of titles made for one brand ("compat.apple"), sorted
}

// languages that listings are written in. zh-Hant shares nothing with zh: it has a file of its own.
var languages = []string{"en", "zh", "zh-Hant", "de", "es", "fr", "ru", "pt", "id", "tr"}

var lexicons = sync.OnceValues(func() (map[string]*lexicon, error) {
	all := map[string]*lexicon{}
	for _, language := range languages {
		text, err := wordFiles.ReadFile("words/" + language + ".txt")
		if err != nil {
			return nil, fmt.Errorf("words of the simulated marketplace: %w", err)
		}
		patterns, err := parsePatterns(string(text))
		if err != nil {
			return nil, fmt.Errorf("words/%s.txt: %w", language, err)
		}
		l := &lexicon{language: language, patterns: patterns}
		for key := range patterns {
			if strings.HasPrefix(key, "compat.") || strings.HasPrefix(key, "ordinary.") {
				l.keys = append(l.keys, key)
			}
		}
		slices.Sort(l.keys)
		all[language] = l
	}
	return all, nil
})

func parsePatterns(text string) (map[string][]string, error) {
	patterns := map[string][]string{}
	key, number := "", 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasSuffix(line, ":") && !strings.Contains(line, " "):
			key = strings.TrimSuffix(line, ":")
			if patterns[key] != nil {
				return nil, fmt.Errorf("line %d: key %q stands twice", number, key)
			}
		case key == "":
			return nil, fmt.Errorf("line %d: a pattern before any key", number)
		default:
			if err := checkPattern(line); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			patterns[key] = append(patterns[key], line)
		}
	}
	return patterns, nil
}

// checkPattern makes sure that brackets close in order, which write relies on.
func checkPattern(pattern string) error {
	var open []byte
	for i := range len(pattern) {
		switch b := pattern[i]; b {
		case '(', '[', '{':
			open = append(open, b)
		case ')', ']', '}':
			want := map[byte]byte{')': '(', ']': '[', '}': '{'}[b]
			if len(open) == 0 || open[len(open)-1] != want {
				return fmt.Errorf("bracket %q does not match in %q", b, pattern)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("bracket %q is not closed in %q", open[len(open)-1], pattern)
	}
	return nil
}

func (l *lexicon) has(key string) bool { return len(l.patterns[key]) > 0 }

// alternatives are those of key for this kind of goods, else for its category, else those of key alone.
func (l *lexicon) alternatives(key string, k *kind) []string {
	if found := l.patterns[key+"."+k.name]; len(found) > 0 {
		return found
	}
	if found := l.patterns[key+"."+k.category]; len(found) > 0 {
		return found
	}
	return l.patterns[key]
}

// writer composes one text: its chance, its words, the slots of the listing at hand.
type writer struct {
	chance *chance
	words  *lexicon
	kind   *kind // for "key.kind" and "key.category"
	slots  map[string]string
	text   []byte
	steps  int
	last   string // the word before from a list, so that a list does not give it twice running
}

// compose writes a text for key, or nothing when the language has no such key.
func (w *writer) compose(key string) string {
	found := w.words.alternatives(key, w.kind)
	if len(found) == 0 {
		return ""
	}
	return w.expand(pick(w.chance, found))
}

func (w *writer) expand(pattern string) string {
	w.text, w.steps = w.text[:0], 0
	w.write(pattern)
	return tidy(string(w.text))
}

func (w *writer) write(pattern string) {
	// Words refer to words, and a file that refers to itself must not hang the demo.
	if w.steps++; w.steps > 1000 {
		return
	}
	for len(pattern) > 0 {
		at := strings.IndexAny(pattern, "([{")
		if at < 0 {
			w.text = append(w.text, pattern...)
			break
		}
		w.text = append(w.text, pattern[:at]...)
		end := at + closing(pattern[at:])
		inner := pattern[at+1 : end]
		switch pattern[at] {
		case '(':
			w.writeOneOf(inner)
		case '[':
			if w.chance.percent(50) {
				w.write(inner)
			}
		case '{':
			w.writeSlot(inner)
		}
		pattern = pattern[end+1:]
	}
}

// closing is where the bracket that pattern starts with closes. Patterns were checked when they were read.
func closing(pattern string) int {
	depth := 0
	for i := range len(pattern) {
		switch pattern[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(pattern) - 1
}

func (w *writer) writeOneOf(inner string) {
	var starts [64]int
	count, depth := 1, 0
	for i := range len(inner) {
		switch inner[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '|':
			if depth == 0 && count < len(starts) {
				starts[count] = i + 1
				count++
			}
		}
	}
	chosen := w.chance.n(count)
	end := len(inner)
	if chosen+1 < count {
		end = starts[chosen+1] - 1
	}
	w.write(inner[starts[chosen]:end])
}

func (w *writer) writeSlot(slot string) {
	if value, ok := w.slots[slot]; ok {
		// Chinese runs on without spaces; two Latin names beside each other do not.
		before, _ := utf8.DecodeLastRune(w.text)
		after, _ := utf8.DecodeRuneInString(value)
		if inLatinWord(before) && inLatinWord(after) {
			w.text = append(w.text, ' ')
		}
		w.text = append(w.text, value...)
		return
	}
	if span, ok := strings.CutPrefix(slot, "n:"); ok {
		low, high, _ := strings.Cut(span, "-")
		from, _ := strconv.Atoi(low)
		to, _ := strconv.Atoi(high)
		w.text = strconv.AppendInt(w.text, int64(w.chance.between(from, max(from, to))), 10)
		return
	}
	if found := w.words.alternatives(slot, w.kind); len(found) > 0 {
		word := pick(w.chance, found)
		if word == w.last {
			word = pick(w.chance, found)
		}
		w.last = word
		w.write(word)
	}
}

func inLatinWord(r rune) bool {
	return unicode.IsDigit(r) || unicode.Is(unicode.Latin, r)
}

// tidy takes out what empty slots leave behind: doubled spaces, a space before a comma, a comma at an end.
func tidy(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range text {
		switch r {
		case ' ':
			space = b.Len() > 0
			continue
		case ',', '.', ';', '\uff0c', '。', '、':
			space = false
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return strings.Trim(b.String(), " ,、-·/|+")
}
