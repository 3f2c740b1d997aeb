package world

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// filled are the slots a listing brings; every other must be a key of the lexicon.
var filled = []string{"brand", "plain", "line", "own", "city", "year", "month", "sku", "noun", "colour", "size", "coded"}

func TestEverySlotHasWords(t *testing.T) {
	all, err := lexicons()
	if err != nil {
		t.Fatal(err)
	}
	slot := regexp.MustCompile(`\{([^{}]*)\}`)
	picture := regexp.MustCompile(`@(\w*)`)
	number := regexp.MustCompile(`^n:(\d+)-(\d+)$`)
	for _, language := range languages {
		l := all[language]
		for key, patterns := range l.patterns {
			for _, pattern := range patterns {
				for _, found := range slot.FindAllStringSubmatch(pattern, -1) {
					name := found[1]
					resolves := slices.Contains(filled, name) || number.MatchString(name) || l.has(name)
					if !resolves {
						t.Errorf("%s: %s: nothing fills {%s}", language, key, name)
					}
				}
				for _, found := range picture.FindAllStringSubmatch(pattern, -1) {
					if kindNamed(found[1]) == nil {
						t.Errorf("%s: %s: no kind @%s", language, key, found[1])
					}
				}
				if (language == "zh" || language == "zh-Hant") && strings.HasPrefix(key, "desc.") && strings.ContainsAny(pattern, ",;!?") {
					t.Errorf("%s: %s: Latin punctuation in %q", language, key, pattern)
				}
			}
			if name, ok := strings.CutPrefix(key, "noun."); ok && kindNamed(name) == nil {
				t.Errorf("%s: %s: no such kind", language, key)
			}
			// A story told in a title is told in a description too.
			if story, ok := strings.CutPrefix(key, "title."); ok {
				parts := strings.Split(story, ".")
				if kindNamed(parts[len(parts)-1]) != nil || len(kindsIn(parts[len(parts)-1])) > 0 {
					continue
				}
				if story == "sale" || l.has("desc."+story) {
					continue
				}
				t.Errorf("%s: no desc.%s", language, story)
			}
		}
		for _, key := range []string{"title.retail", "title.used", "title.unbranded", "title.other", "other", "title.fake.replica", "desc.fake.plain", "desc.retail", "wrapping", "size", "adj", "noun.running", "noun.tote"} {
			if key == "adj" && language == "zh" {
				key = "selling"
			}
			if !l.has(key) {
				t.Errorf("%s: no %s", language, key)
			}
		}
		for _, colour := range colours {
			if !l.has("colour." + colour) {
				t.Errorf("%s: no word for %s", language, colour)
			}
		}
	}
	for name := range silhouettes {
		if kindNamed(name) == nil {
			t.Errorf("a silhouette of no kind: %s", name)
		}
	}
	for _, k := range kinds {
		if silhouettes[k.name] == nil || !all["en"].has("noun."+k.name) || !all["zh"].has("noun."+k.name) {
			t.Errorf("%s: no silhouette or no noun", k.name)
		}
	}
}

func TestPatterns(t *testing.T) {
	patterns, err := parsePatterns("# c\na:\n(x|y(1|2)) [z] {b}{n:3-3}, {none} {given}\nb:\nw\nloop:\n{loop}\n")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for seed := range uint64(200) {
		c := newChance(seed, "test", 0)
		w := writer{chance: &c, words: &lexicon{patterns: patterns}, kind: kindNamed("mug"), slots: map[string]string{"given": "G"}}
		seen[w.compose("a")] = true
		if got := w.compose("loop"); got != "" {
			t.Fatalf("a pattern of itself wrote %q", got)
		}
		if got := w.compose("missing"); got != "" {
			t.Fatalf("a missing key wrote %q", got)
		}
	}
	want := map[string]bool{"x w3, G": true, "x z w3, G": true, "y1 w3, G": true, "y1 z w3, G": true, "y2 w3, G": true, "y2 z w3, G": true}
	for text := range want {
		if !seen[text] {
			t.Errorf("never wrote %q; wrote %v", text, seen)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("wrote %v", seen)
	}
	for _, bad := range []string{"a:\n(x\n", "a:\nx]\n", "a:\n{x)\n", "x\n", "a:\nx\na:\ny\n"} {
		if _, err := parsePatterns(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzPatterns(f *testing.F) {
	f.Add("a:\n(x|y) [z] {a}{n:9-3}")
	f.Add("a:\n{a}{a}{a}")
	f.Add("a:\n{n:}{n:x-}")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 || strings.Count(text, "{") > 3 {
			return
		}
		patterns, err := parsePatterns(text)
		if err != nil {
			return
		}
		c := newChance(1, "fuzz", 0)
		w := writer{chance: &c, words: &lexicon{patterns: patterns}, kind: kindNamed("mug")}
		for key := range patterns {
			w.compose(key)
		}
	})
}

func TestDisguise(t *testing.T) {
	for _, tactic := range []Tactic{Homoglyph, Leet, Spacing, Typo} {
		for _, name := range []string{"Louis Vuitton", "Nike", "Ray-Ban", "POP MART", "De'Longhi", "Hermès"} {
			for n := range uint64(40) {
				c := newChance(n, "disguise", 0)
				got, ok := disguise(&c, tactic, name, "")
				if !ok {
					continue
				}
				if got == name || strings.EqualFold(got, name) || strings.TrimSpace(got) != got || got == "" {
					t.Errorf("%s of %q is %q", tactic, name, got)
				}
				if tactic == Homoglyph && strings.IndexFunc(got, func(r rune) bool { return r > unicode.MaxASCII || r == '0' }) < 0 {
					t.Errorf("%q has no look-alike letter", got)
				}
			}
		}
	}
	c := newChance(1, "disguise", 0)
	if got, ok := disguise(&c, Homoglyph, "耐克", ""); ok {
		t.Errorf("a name without Latin letters became %q", got)
	}
	if got, ok := disguise(&c, Pinyin, "Nike", ""); ok {
		t.Errorf("a name without Chinese characters became %q", got)
	}
	if got, ok := disguise(&c, Typo, "HP", ""); ok {
		t.Errorf("a short name became %q", got)
	}
}

func TestChance(t *testing.T) {
	c := newChance(1, "test", 0)
	if got := []int{c.n(1000), c.n(1000), c.n(1000)}; !slices.Equal(got, []int{451, 542, 197}) {
		t.Errorf("the stream of seed 1 is %v", got)
	}
	counts := make([]int, 6)
	for range 60_000 {
		counts[c.between(0, 5)]++
	}
	for i, n := range counts {
		if n < 9_500 || n > 10_500 {
			t.Errorf("%d came %d times of 60,000", i, n)
		}
	}
	if got := c.weighted(0, 5, 0); got != 1 {
		t.Errorf("weights 0 5 0 gave %d", got)
	}
	ids := map[string]bool{}
	a := newAffine(&c)
	for i := range 50_000 {
		ids[a.id("L", i)] = true
	}
	if len(ids) != 50_000 {
		t.Errorf("%d ids for 50,000 numbers", len(ids))
	}
}
