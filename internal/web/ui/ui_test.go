package ui_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/ownmark/ownmark/internal/web/webtest"

	"github.com/ownmark/ownmark/internal/web/ui"
)

// TestFaultsSpeakChinese holds every sentence a fault says in the code against locales/faults.zh.toml.
func TestFaultsSpeakChinese(t *testing.T) {
	said, err := webtest.Sentences()
	if err != nil {
		t.Error(err)
	}
	if len(said) == 0 {
		t.Fatal("found no sentence: this test reads the code wrongly")
	}
	chinese := ui.NewWords().Faults()
	unused := maps.Clone(chinese)
	missing := map[string]string{}
	for _, s := range said {
		delete(unused, s.Text)
		zh := chinese[s.Text]
		if zh == "" {
			missing[s.Text] = s.Place
			continue
		}
		if !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("the Chinese of %q is not Chinese: %s", s.Text, zh)
		}
		if a, b := webtest.Verbs(s.Text), webtest.Verbs(zh); !slices.Equal(a, b) {
			t.Errorf("%q fills in %v, its Chinese %v", s.Text, a, b)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(missing)) {
		t.Errorf("%s: locales/faults.zh.toml lacks %q", missing[text], text)
	}
	for _, text := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("no fault says %q any more", text)
	}
}

func TestComponents(t *testing.T) {
	for _, err := range webtest.Markup(os.DirFS(".")) {
		t.Error(err)
	}
	webtest.CheckComponents(t)
}
