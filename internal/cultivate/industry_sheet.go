package cultivate

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/ownmark/ownmark/internal/fault"
)

// The bounds of a file. They are far above what a careful author writes, and keep a wrong file from being more than wrong.
const (
	maxFileBytes = 1 << 20
	maxFaults    = 100   // of one reading; what follows is not told
	maxText      = 4_000 // runes of one text
	maxListed    = 500   // entries of one list
)

// sheet reads one YAML file strictly and keeps every fault it meets. YAML is here a way of writing a table by hand, so
// all that makes it a language is refused: anchors, aliases, tags, merge keys, several documents.
type sheet struct {
	file   string
	line   int // of the file above the YAML: that of a lesson's front matter begins at 1
	faults []error
}

// place is a value of the file with the way to it.
type place struct {
	sheet *sheet
	node  *yaml.Node
	path  string
}

// Say keeps a fault at this place. The sentence begins with "%s, line %d: %s": file, line and field, which Say fills in
// before args.
func (p place) Say(format string, args ...any) {
	line := p.sheet.line + 1
	if p.node != nil {
		line = p.sheet.line + p.node.Line
	}
	p.sheet.say(&fault.Fault{
		Kind: fault.Invalid, Format: format, Field: p.path,
		Args: append([]any{p.sheet.file, line, p.path}, args...),
	})
}

func (s *sheet) say(f *fault.Fault) {
	switch {
	case len(s.faults) < maxFaults:
		s.faults = append(s.faults, f)
	case len(s.faults) == maxFaults:
		s.faults = append(s.faults, fault.Invalid.Say("%s has more faults than these %d; mend these first.", s.file, maxFaults))
	}
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// open parses the file's one document. It returns false when there is nothing to read on.
func (s *sheet) open(data []byte) (place, bool) {
	if len(data) > maxFileBytes {
		s.say(fault.TooLarge.Say("%s is larger than %d KiB.", s.file, maxFileBytes>>10))
		return place{}, false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		s.say(fault.Invalid.Say("%s is not UTF-8 text.", s.file))
		return place{}, false
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, more yaml.Node
	err := decoder.Decode(&document)
	if err == nil && decoder.Decode(&more) != io.EOF {
		s.say(fault.Invalid.Say("%s holds more than one YAML document.", s.file))
		return place{}, false
	}
	switch {
	case errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0:
		s.say(fault.Invalid.Say("%s is empty.", s.file))
		return place{}, false
	case err != nil:
		line, words := 1, strings.TrimPrefix(err.Error(), "yaml: ")
		if m := yamlLine.FindStringSubmatch(words); m != nil {
			line, _ = strconv.Atoi(m[1]) // the pattern lets only digits through
			words = strings.Replace(words, m[0], "", 1)
		}
		s.say(fault.Invalid.Say("%s, line %d: this is not YAML: %s.", s.file, s.line+line, words))
		return place{}, false
	}
	root := place{s, document.Content[0], "file"}
	return root, root.isPlain()
}

// isPlain refuses what YAML can do beyond maps, lists and texts. An alias is refused before it is followed, so that a
// file cannot grow while it is read.
func (p place) isPlain() bool {
	if p.node.Anchor != "" || p.node.Kind == yaml.AliasNode || p.node.Style&yaml.TaggedStyle != 0 {
		p.Say("%s, line %d: %s uses an anchor, an alias or a tag; write the text out.")
		return false
	}
	plain := true
	for _, child := range p.node.Content {
		plain = place{p.sheet, child, p.path}.isPlain() && plain
		if !plain && len(p.sheet.faults) > maxFaults {
			return false
		}
	}
	return plain
}

// record is a map of the file, its keys checked.
type record struct {
	place
	values map[string]place
}

// record reads a map with exactly these fields; a name that ends in "?" may be missing.
func (p place) record(fields ...string) record {
	r := record{p, map[string]place{}}
	if p.node == nil {
		return r
	}
	if p.node.Kind != yaml.MappingNode {
		p.Say("%s, line %d: %s has to be a map of %s.", strings.ReplaceAll(strings.Join(fields, ", "), "?", ""))
		return r
	}
	known := make([]string, len(fields))
	for i, field := range fields {
		known[i] = strings.TrimSuffix(field, "?")
	}
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		key := p.node.Content[i]
		at := place{p.sheet, key, p.under(key.Value)}
		switch _, twice := r.values[key.Value]; {
		case key.Kind != yaml.ScalarNode || !slices.Contains(known, key.Value):
			at.Say("%s, line %d: %s is not a field here; the fields are %s.", strings.Join(known, ", "))
		case twice:
			at.Say("%s, line %d: %s stands here twice.")
		default:
			r.values[key.Value] = place{p.sheet, p.node.Content[i+1], at.path}
		}
	}
	for _, field := range fields {
		name, optional := strings.CutSuffix(field, "?")
		if value, has := r.values[name]; has && value.isNull() {
			delete(r.values, name)
		}
		if _, has := r.values[name]; !has && !optional {
			place{p.sheet, p.node, p.under(name)}.Say("%s, line %d: %s is missing.")
		}
	}
	return r
}

func (p place) under(name string) string {
	if p.path == "file" {
		return name
	}
	return p.path + "." + name
}

func (p place) isNull() bool {
	return p.node.Kind == yaml.ScalarNode && p.node.ShortTag() == "!!null"
}

// has reports whether the field is there; that a required one is missing has been told already.
func (r record) has(field string) bool {
	_, has := r.values[field]
	return has
}

func (r record) record(field string, fields ...string) record {
	return r.values[field].record(fields...)
}

// list gives the entries of a list that has at least one.
func (r record) list(field string) []place {
	p, has := r.values[field]
	if !has {
		return nil
	}
	if p.node.Kind != yaml.SequenceNode || len(p.node.Content) == 0 {
		p.Say("%s, line %d: %s has to be a list with at least one entry.")
		return nil
	}
	if len(p.node.Content) > maxListed {
		p.Say("%s, line %d: %s has more than %d entries.", maxListed)
		return nil
	}
	entries := make([]place, len(p.node.Content))
	for i, node := range p.node.Content {
		entries[i] = place{p.sheet, node, p.path + "[" + strconv.Itoa(i) + "]"}
	}
	return entries
}

// text reads a text that says something.
func (r record) text(field string) string {
	p, has := r.values[field]
	if !has {
		return ""
	}
	return p.text()
}

func (p place) text() string {
	if p.node == nil {
		return ""
	}
	text := strings.TrimSpace(p.node.Value)
	switch {
	case p.node.Kind != yaml.ScalarNode:
		p.Say("%s, line %d: %s has to be a text.")
		return ""
	case text == "":
		p.Say("%s, line %d: %s is missing.")
	case utf8.RuneCountInString(text) > maxText:
		p.Say("%s, line %d: %s has more than %d characters.", maxText)
		return ""
	case strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' }):
		p.Say("%s, line %d: %s has a control character.")
		return ""
	}
	return text
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// id reads a name for machines: lower-case letters and digits, joined by hyphens, at most 60.
func (p place) id() string {
	text := p.text()
	if text != "" && (len(text) > 60 || !idPattern.MatchString(text)) {
		p.Say("%s, line %d: %s has to be lower-case letters and digits joined by hyphens, at most 60.")
		return ""
	}
	return text
}

func (r record) id(field string) string { return r.values[field].id() }

// words reads a text in both languages. That the Chinese holds no Chinese character is a translation forgotten.
func (r record) words(field string) Words {
	if !r.has(field) {
		return Words{}
	}
	both := r.record(field, "en", "zh")
	w := Words{both.text("en"), both.text("zh")}
	if w.Chinese != "" && !strings.ContainsFunc(w.Chinese, func(c rune) bool { return unicode.Is(unicode.Han, c) }) {
		both.values["zh"].Say("%s, line %d: %s is not Chinese.")
	}
	return w
}

// choice reads one of a few words.
func (r record) choice(field string, from ...string) string {
	text := r.text(field)
	if text != "" && !slices.Contains(from, text) {
		r.values[field].Say("%s, line %d: %s has to be one of %s.", strings.Join(from, ", "))
		return ""
	}
	return text
}

// yes reads "yes" or "no", also written true or false.
func (r record) yes(field string) bool {
	switch r.choice(field, "yes", "no", "true", "false") {
	case "yes", "true":
		return true
	}
	return false
}

var quantityPattern = regexp.MustCompile(`^(\d{1,12}(?:\.\d{1,6})?) ?(\S+)$`)

// quantity reads a number with its unit, like "48 h". It returns false when there is none, which has been told.
func (r record) quantity(field string) (float64, Unit, bool) {
	text := r.text(field)
	if text == "" {
		return 0, "", false
	}
	m := quantityPattern.FindStringSubmatch(text)
	if m == nil {
		r.values[field].Say("%s, line %d: %s has to be a number with its unit, like \"48 h\".")
		return 0, "", false
	}
	unit := Unit(m[2])
	if _, known := unitWords[unit]; !known {
		r.values[field].Say("%s, line %d: %s has an unknown unit, %q.", m[2])
		return 0, "", false
	}
	value, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		r.values[field].Say("%s, line %d: %s has to be a number with its unit, like \"48 h\".")
		return 0, "", false
	}
	return value, unit, true
}

// whole reads a whole number of one unit between bounds.
func (r record) whole(field string, unit Unit, from, to int) int {
	value, is, ok := r.quantity(field)
	switch {
	case !ok:
		return 0
	case is != unit:
		r.values[field].Say("%s, line %d: %s has to be given in %s.", string(unit))
		return 0
	case value != math.Trunc(value) || value < float64(from) || value > float64(to):
		r.values[field].Say("%s, line %d: %s has to be a whole number from %d to %d.", from, to)
		return 0
	}
	return int(value)
}

// count reads a whole number without a unit between bounds.
func (r record) count(field string, from, to int) int {
	text := r.text(field)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < from || n > to {
		r.values[field].Say("%s, line %d: %s has to be a whole number from %d to %d.", from, to)
		return 0
	}
	return n
}

var amountPattern = regexp.MustCompile(`^([A-Z]{3}) (\d{1,12})(?:\.(\d\d))?$`)

// amount reads money, like "CNY 30000" or "CNY 30000.00": a currency with two decimals, more than nothing.
func (r record) amount(field string) Amount {
	text := r.text(field)
	if text == "" {
		return Amount{}
	}
	m := amountPattern.FindStringSubmatch(text)
	if m == nil {
		r.values[field].Say("%s, line %d: %s has to be an amount like \"CNY 30000.00\".")
		return Amount{}
	}
	minor, err := strconv.ParseInt(m[2]+(m[3] + "00")[:2], 10, 64)
	if err != nil {
		r.values[field].Say("%s, line %d: %s has to be an amount like \"CNY 30000.00\".")
		return Amount{}
	}
	return Amount{m[1], minor}
}

// once tells of a value that has been there before.
func (p place) once(seen map[string]bool, value string) {
	if value == "" {
		return
	}
	if seen[value] {
		p.Say("%s, line %d: %s repeats %q.", value)
	}
	seen[value] = true
}

// readFile reads at most one byte more than a file may have, so that its size is judged without reading it all.
func readFile(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFileBytes+1))
}
