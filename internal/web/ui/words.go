package ui

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/ownmark/ownmark/internal/fault"
)

//go:embed locales
var locales embed.FS

// Words are the messages of all pages in each language, and the Chinese sentences of faults. Load everything first;
// Words do not change while they are read.
type Words struct {
	bundle    *i18n.Bundle
	localizer map[string]*i18n.Localizer
	plain     map[string]map[string]string // by language and key: messages in which nothing is to be filled in
	faults    map[string]string            // the Chinese sentence, by the English format
}

// NewWords has the words of ui itself.
func NewWords() *Words {
	w := &Words{
		bundle:    i18n.NewBundle(language.English),
		localizer: map[string]*i18n.Localizer{},
		plain:     map[string]map[string]string{},
		faults:    map[string]string{},
	}
	w.bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	for _, l := range Languages {
		w.plain[l.Tag] = map[string]string{}
	}
	if err := w.Load(locales, "locales"); err != nil {
		panic(err) // it is embedded, and a test reads it
	}
	sentences, err := locales.ReadFile("locales/faults.zh.toml")
	if err == nil {
		err = toml.Unmarshal(sentences, &w.faults)
	}
	if err != nil {
		panic(err)
	}
	for _, l := range Languages {
		w.localizer[l.Tag] = i18n.NewLocalizer(w.bundle, l.Tag)
	}
	return w
}

// Load adds en.toml and zh.toml of dir. It fails on a file that is missing or no TOML, and on a key that is already
// taken: each folder's keys begin with its own name.
func (w *Words) Load(files fs.FS, dir string) error {
	for _, l := range Languages {
		messages, err := readMessages(files, dir, l.Tag)
		if err != nil {
			return err
		}
		plain := w.plain[l.Tag]
		for _, m := range messages {
			if _, taken := plain[m.ID]; taken {
				return fmt.Errorf("words %s/%s.toml: the key %q is taken", dir, l.Tag, m.ID)
			}
			plain[m.ID] = ""
			if m.One == "" && !strings.Contains(m.Other, "{{") {
				plain[m.ID] = m.Other
			}
		}
		if err := w.bundle.AddMessages(language.Make(l.Tag), messages...); err != nil {
			return fmt.Errorf("words %s/%s.toml: %w", dir, l.Tag, err)
		}
	}
	return nil
}

func readMessages(files fs.FS, dir, tag string) ([]*i18n.Message, error) {
	name := tag + ".toml"
	if dir != "" && dir != "." {
		name = dir + "/" + name
	}
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	parsed, err := i18n.ParseMessageFileBytes(content, tag+".toml", map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
	if err != nil {
		return nil, fmt.Errorf("words %s: %w", name, err)
	}
	return parsed.Messages, nil
}

// Has reports whether key is known in the language.
func (w *Words) Has(tag, key string) bool { _, ok := w.plain[tag][key]; return ok }

// T is the word for key in the person's language. pairs are names and values for the message: T("x.by", "Name", n). A key that
// is missing shows itself in brackets; the words test does not let it come to that.
func (v *Visit) T(key string, pairs ...any) string {
	if plain := v.Frame.Words.plain[v.Language][key]; plain != "" {
		return plain
	}
	return v.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data(pairs)})
}

// N is the plural for key; the message has {{.Count}}, grouped as the language does.
func (v *Visit) N(key string, count int, pairs ...any) string {
	values := data(pairs)
	values["Count"] = v.Number(count)
	return v.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: values, PluralCount: count})
}

func (v *Visit) localize(c *i18n.LocalizeConfig) string {
	text, err := v.Frame.Words.localizer[v.Language].Localize(c)
	if err != nil {
		return "[" + c.MessageID + "]"
	}
	return text
}

func data(pairs []any) map[string]any {
	values := make(map[string]any, len(pairs)/2+1)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			values[name] = pairs[i+1]
		}
	}
	return values
}

// Sentence is what a fault says to the person, in the person's language.
func (v *Visit) Sentence(f *fault.Fault) string {
	if v.Language == "zh" {
		if format := v.Frame.Words.faults[f.Format]; format != "" {
			if len(f.Args) == 0 {
				return format
			}
			return fmt.Sprintf(format, f.Args...)
		}
	}
	return f.Message()
}

// Problem is one thing wrong with what a person entered.
type Problem struct {
	Field string // the input's name; empty when it concerns the whole form
	Text  string
}

// Problems are the faults of err as a form shows them, when err is a person's to mend (Invalid, Conflict, TooLarge,
// TooMany, and Forbidden or NotFound about one of the inputs); nil otherwise, and then the handler returns err.
func (v *Visit) Problems(err error) []Problem {
	var problems []Problem
	for _, f := range fault.All(err) {
		switch f.Kind {
		case fault.Invalid, fault.Conflict, fault.TooLarge, fault.TooMany:
		case fault.Forbidden, fault.NotFound:
			if f.Field == "" {
				return nil
			}
		default:
			return nil
		}
		problems = append(problems, Problem{Field: f.Field, Text: v.Sentence(f)})
	}
	if problems == nil && errors.Is(err, fault.Invalid) {
		return []Problem{{Text: v.T("ui.invalid")}}
	}
	return problems
}

// Keys are the keys of all words, in no order; checks read them.
func (w *Words) Keys() []string { return slices.Collect(maps.Keys(w.plain["en"])) }

// Faults are the Chinese sentences of faults by their English; checks read them.
func (w *Words) Faults() map[string]string { return maps.Clone(w.faults) }
