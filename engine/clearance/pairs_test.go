package clearance

import (
	"encoding/json"
	"flag"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/ownmark/ownmark/engine/score"
)

// commonCharacters are the 3,755 characters of the first level of GB 2312.
var commonCharacters = sync.OnceValue(func() (all []rune) {
	d := simplifiedchinese.GBK.NewDecoder()
	for row := byte(0xb0); row <= 0xd7; row++ {
		for cell := byte(0xa1); cell <= 0xfe; cell++ {
			if s, err := d.String(string([]byte{row, cell})); err == nil {
				r := []rune(s)
				if len(r) == 1 && r[0] >= 0x4e00 && r[0] <= 0x9fff {
					all = append(all, r[0])
				}
			}
		}
	}
	return all
})

// pair is two signs and whether they conflict.
type pair struct {
	proposal Proposal
	mark     Mark
	conflict bool
	rule     string // what made it
	base     string // pairs of one base are never divided between the halves
}

// held says whether a pair belongs to the half that nothing was fitted to.
func (p pair) held() bool {
	h := fnv.New32a()
	h.Write([]byte(p.base))
	return h.Sum32()>>7&1 == 1
}

func table(t testing.TB, name string, columns int) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != columns {
			t.Fatalf("%s:%d: %d columns, not %d", name, i+1, len(fields), columns)
		}
		rows = append(rows, fields)
	}
	return rows
}

func classes(t testing.TB, s string) (all []int) {
	t.Helper()
	for _, one := range strings.Split(s, ",") {
		n, err := strconv.Atoi(one)
		if err != nil || n < 1 || n > 45 {
			t.Fatalf("class %q", one)
		}
		all = append(all, n)
	}
	return all
}

// decided are the disputes of testdata/decided.tsv.
func decided(t testing.TB) (all []pair) {
	for _, row := range table(t, "decided.tsv", 8) {
		if row[6] != "conflict" && row[6] != "none" {
			t.Fatalf("outcome %q", row[6])
		}
		all = append(all, pair{
			proposal: Proposal{Name: row[0], Classes: classes(t, row[2])},
			mark:     Mark{Name: row[1], Classes: classes(t, row[3]), Reputed: row[7] == "reputed"},
			conflict: row[6] == "conflict",
			rule:     "decided",
			base:     row[1],
		})
	}
	return all
}

// near and far are classes whose goods are often found similar, and never.
var (
	near = map[int]int{25: 18, 18: 25, 9: 42, 20: 24, 14: 14, 21: 21, 28: 28, 3: 5, 12: 12, 11: 7, 15: 15, 30: 29, 29: 30, 32: 33, 33: 32, 43: 43, 5: 3, 7: 11, 35: 35, 42: 9}
	far  = map[int]int{25: 1, 18: 5, 9: 31, 20: 32, 14: 37, 21: 36, 28: 6, 3: 12, 12: 30, 11: 33, 15: 29, 30: 17, 29: 9, 32: 22, 33: 7, 43: 4, 5: 13, 7: 26, 35: 13, 42: 31}
)

// ruled are pairs made by rules that say what a conflict is: see docs/benchmarks.md. They depend on the seed alone.
func ruled(t testing.TB, seed uint64) (all []pair) {
	r := rand.New(rand.NewPCG(seed, 7))
	type named struct {
		name  string
		class int
	}
	var latin, characters []named
	for _, row := range table(t, "names.tsv", 2) {
		n := named{row[0], classes(t, row[1])[0]}
		letters := len([]rune(fold(n.name)))
		if scriptOf([]rune(fold(n.name))[0]) == alphabet && fold(n.name)[0] < 128 && letters >= 4 && letters <= 18 && !readName(n.name).whole.han {
			latin = append(latin, n)
		}
	}
	for _, row := range table(t, "hannames.tsv", 2) {
		characters = append(characters, named{row[0], classes(t, row[1])[0]})
	}
	add := func(rule string, proposed string, class int, mark named, conflict bool) {
		if proposed == mark.name && rule != "same name" && rule != "far goods" || fold(proposed) == fold(mark.name) && !conflict && rule != "far goods" {
			return // the rule changed nothing
		}
		all = append(all, pair{
			proposal: Proposal{Name: proposed, Classes: []int{class}},
			mark:     Mark{Name: mark.name, Classes: []int{mark.class}},
			conflict: conflict, rule: rule, base: mark.name,
		})
	}
	maybeNear := func(n named) int {
		if r.IntN(3) == 0 {
			return near[n.class]
		}
		return n.class
	}
	words := []string{"Sport", "Shoes", "Plus", "Group", "Fashion", "Home", "Paris", "Original", "Store"}
	own := []string{"Falcon", "Harmony", "Valley", "Aurora", "Summit", "Nova", "Cedar", "Breeze"}
	some := func(n int) []named {
		out := make([]named, n)
		for i := range out {
			out[i] = latin[r.IntN(len(latin))]
		}
		return out
	}
	for _, n := range some(220) {
		add("one letter", edited(r, n.name, 1), maybeNear(n), n, true)
	}
	for _, n := range some(120) {
		if len(n.name) >= 9 {
			add("two letters of nine", edited(r, n.name, 2), n.class, n, true)
		}
	}
	for _, n := range some(400) {
		if s := respelt(r, n.name); s != strings.ToLower(n.name) {
			add("respelt", s, maybeNear(n), n, true)
		}
	}
	for _, n := range some(100) {
		add("weak word added", n.name+" "+words[r.IntN(len(words))], maybeNear(n), n, true)
	}
	for _, n := range some(80) {
		add("taken whole", n.name+" "+own[r.IntN(len(own))], n.class, n, true)
	}
	ordinary := []string{"kick", "power", "drive", "bell", "craft", "line", "land", "mart", "jet", "peak"}
	for _, n := range some(110) {
		if len(n.name) >= 5 && !strings.Contains(n.name, " ") {
			if joined := ordinary[r.IntN(len(ordinary))]; r.IntN(3) > 0 {
				add("taken into a longer word", n.name+joined, n.class, n, true)
			} else {
				add("taken into a longer word", joined+n.name, n.class, n, true)
			}
		}
	}
	for _, n := range some(80) {
		first := readName(n.name)
		if len(first.words) == 1 && len(n.name) >= 5 {
			a, b := r.IntN(len(own)), r.IntN(len(own)-1)
			if b >= a {
				b++
			}
			add("first word shared", n.name+" "+own[a], n.class, named{n.name + " " + own[b], n.class}, true)
		}
	}
	for _, n := range some(70) {
		if s := []rune(strings.ToLower(n.name)); len(s) >= 6 {
			s[0] = rune("bcdfghklmnprstvz"[r.IntN(16)])
			add("first letter of six", string(s), n.class, n, true)
		}
	}
	for _, n := range some(80) {
		add("same name", n.name, maybeNear(n), n, true)
	}
	for _, n := range some(80) {
		if s := disguised(r, n.name); s != n.name {
			add("look-alike letters", s, n.class, n, true)
		}
	}
	for _, n := range characters {
		add("homophones", homophones(r, n.name), n.class, n, true)
		switch r.IntN(3) {
		case 0:
			add("weak word added", "新"+n.name, n.class, n, true)
		case 1:
			add("weak word added", n.name+[]string{"运动", "服饰", "电器", "食品"}[r.IntN(4)], n.class, n, true)
		}
		if r.IntN(2) == 0 {
			add("pinyin", inPinyin(n.name), n.class, n, true)
		}
	}
	for _, row := range table(t, "transliterations.tsv", 3) {
		n := named{row[0], classes(t, row[2])[0]}
		add("transliteration", row[1], n.class, n, true)
	}
	for _, row := range table(t, "translations.tsv", 2) {
		add("translation", row[1], 25, named{row[0], 25}, true)
	}

	for _, n := range some(330) {
		add("chance", latin[r.IntN(len(latin))].name, n.class, n, false)
	}
	for _, n := range characters {
		add("chance", characters[r.IntN(len(characters))].name, n.class, n, false)
		if other := sharing(r, n.name, func(i int) string { return characters[i].name }, len(characters)); other != "" {
			add("a character shared", other, n.class, n, false)
		}
	}
	rows := table(t, "transliterations.tsv", 3)
	for _, row := range rows {
		n := named{row[0], classes(t, row[2])[0]}
		for range 2 {
			if other := rows[r.IntN(len(rows))]; other[1] != row[1] {
				add("another's transliteration", other[1], n.class, n, false)
			}
		}
	}
	// Of three hundred names in the other script the one that sounds nearest: none of them is meant to be the same.
	for _, row := range rows {
		n := named{row[0], classes(t, row[2])[0]}
		to, from, best, nearest := readName(row[1]), readName(row[0]), 0.0, ""
		for _, other := range some(300) {
			if read := readName(other.name); soundLikeness(from.core.sounds, read.core.sounds, &spoken) < 0.6 {
				if like := sound(read.core, to.core); like > best {
					best, nearest = like, other.name
				}
			}
		}
		if nearest != "" {
			all = append(all, pair{
				proposal: Proposal{Name: nearest, Classes: []int{n.class}}, mark: Mark{Name: row[1], Classes: []int{n.class}},
				rule: "nearest of 300 across scripts", base: row[0],
			})
		}
	}
	for _, n := range some(160) {
		add("far goods", n.name, far[n.class], n, false)
	}
	for _, n := range some(100) {
		add("far goods", edited(r, n.name, 1), far[n.class], n, false)
	}
	for range 150 {
		a, b := own[r.IntN(len(own))], own[r.IntN(len(own))]
		w := words[r.IntN(len(words))]
		x, y := edited(r, a, 1+r.IntN(2)), latin[r.IntN(len(latin))].name
		if a != b {
			add("weak word shared", x+" "+w, 25, named{y + " " + w, 25}, false)
		}
	}
	for range 80 {
		o := own[r.IntN(len(own))]
		x, y := latin[r.IntN(len(latin))], latin[r.IntN(len(latin))]
		if len(x.name) >= 5 && len(y.name) >= 5 && !sharesWord(x.name, y.name) {
			add("second word shared", x.name+" "+o, y.class, named{y.name + " " + o, y.class}, false)
		}
	}
	// Names that are in use side by side and nearest to one another by plain edits, though not near enough that they may be
	// one firm's.
	for _, n := range some(260) {
		best, nearest := 0.0, ""
		a := []rune(fold(n.name))
		for _, other := range latin {
			b := []rune(fold(other.name))
			if like := 1 - float64(levenshtein(a, b))/float64(max(len(a), len(b))); like > best && like < 0.7 && !strings.Contains(string(b), string(a)) && !strings.Contains(string(a), string(b)) && !sharesWord(n.name, other.name) {
				best, nearest = like, other.name
			}
		}
		if best > 0.4 {
			add("side by side", nearest, n.class, n, false)
		}
	}
	return all
}

func sharesWord(a, b string) bool {
	for _, x := range readName(a).words {
		for _, y := range readName(b).words {
			if x.weight == 1 && y.weight == 1 && (editLikeness(x.look, y.look) > 0.9 || inside(x.part, y.part) > 0) {
				return true
			}
		}
	}
	return false
}

func levenshtein(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// edited changes a number of letters, never the first.
func edited(r *rand.Rand, name string, times int) string {
	s := []rune(strings.ToLower(name))
	for range times {
		i := 1 + r.IntN(len(s)-1)
		for s[i] == ' ' {
			i = 1 + r.IntN(len(s)-1)
		}
		switch r.IntN(4) {
		case 0:
			s = slices.Delete(s, i, i+1)
		case 1:
			s = slices.Insert(s, i, rune('a'+r.IntN(26)))
		case 2:
			if i+1 < len(s) {
				s[i], s[i+1] = s[i+1], s[i]
				break
			}
			fallthrough
		case 3:
			if strings.ContainsRune("aeiou", s[i]) {
				s[i] = rune("aeiou"[r.IntN(5)])
			} else {
				s[i] = rune("bcdfghklmnprstvz"[r.IntN(16)])
			}
		}
	}
	return string(s)
}

// respelt writes a name otherwise so that it sounds much the same.
func respelt(r *rand.Rand, name string) string {
	s := strings.ToLower(name)
	changes := [][2]string{{"ph", "f"}, {"f", "ph"}, {"ck", "k"}, {"c", "k"}, {"k", "c"}, {"qu", "kw"}, {"x", "ks"}, {"y", "i"}, {"oo", "u"}, {"ee", "ea"}, {"ea", "ee"}, {"s", "z"}, {"z", "s"}, {"w", "v"}, {"sh", "sch"}, {"i", "y"}, {"tt", "t"}, {"ll", "l"}, {"ss", "s"}, {"nn", "n"}, {"ou", "u"}, {"ai", "ay"}, {"er", "or"}, {"d", "t"}, {"b", "p"}, {"g", "k"}}
	done := 0
	for _, i := range r.Perm(len(changes)) {
		c := changes[i]
		if c[0] == "c" && strings.ContainsAny(s, "h") || c[0] == "c" && (strings.Contains(s, "ce") || strings.Contains(s, "ci") || strings.Contains(s, "cy")) || c[0] == "g" && (strings.Contains(s, "ge") || strings.Contains(s, "gi") || strings.Contains(s, "gh") || strings.Contains(s, "ng")) {
			continue
		}
		if strings.Contains(s, c[0]) {
			s = strings.Replace(s, c[0], c[1], 1)
			if done++; done == 1+r.IntN(2) {
				break
			}
		}
	}
	return s
}

// disguised puts letters of other scripts, digits and signs for letters.
func disguised(r *rand.Rand, name string) string {
	looks := map[rune]string{'a': "а@4", 'e': "е3", 'o': "о0", 'c': "с", 'p': "р", 'x': "х", 'i': "і1", 's': "ѕ5$", 'l': "1"}
	s := []rune(strings.ToLower(name))
	done := 0
	for _, i := range r.Perm(len(s)) {
		if other := []rune(looks[s[i]]); len(other) > 0 {
			s[i] = other[r.IntN(len(other))]
			if done++; done == 2 {
				break
			}
		}
	}
	if done == 0 {
		return name
	}
	return string(s)
}

// homophones writes one or two of the characters with others that are read alike but perhaps for the tone.
func homophones(r *rand.Rand, name string) string {
	s := []rune(name)
	for _, i := range r.Perm(len(s))[:min(len(s), 1+r.IntN(2))] {
		want := syllablesOf(s[i : i+1])[0]
		var same []rune
		for _, c := range commonCharacters() {
			if read := syllablesOf([]rune{c}); c != s[i] && read != nil && read[0].initial == want.initial && read[0].final == want.final {
				same = append(same, c)
			}
		}
		if len(same) > 0 {
			s[i] = same[r.IntN(len(same))]
		}
	}
	return string(s)
}

func inPinyin(name string) string {
	var b strings.Builder
	for _, s := range syllablesOf([]rune(name)) {
		b.WriteString(s.initial + strings.ReplaceAll(s.final, "v", "u"))
	}
	return b.String()
}

// sharing picks another name that has exactly one character in common with a name of three and more.
func sharing(r *rand.Rand, name string, at func(int) string, n int) string {
	var all []string
	for i := range n {
		other, common := at(i), 0
		for _, c := range other {
			if strings.ContainsRune(name, c) {
				common++
			}
		}
		if other != name && common == 1 && len([]rune(other)) >= 2 {
			all = append(all, other)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return all[r.IntN(len(all))]
}

const pairSeed = 20261124

var made []pair

// pairsOf are all pairs, made once: finding near names takes a second.
func pairsOf(t testing.TB) []pair {
	if made == nil {
		made = append(ruled(t, pairSeed), decided(t)...)
	}
	return made
}

var update = flag.Bool("update", false, "fit the model anew and write data/model.json")

// decidedWeight is how much a decided case counts beside a pair made by a rule: there are few of them, and they are what
// happens.
const decidedWeight = 3

// contested makes conflicts count as if they were two of three pairs, which is near their share among marks that somebody
// went to an office about; among the pairs here they are one of two.
const contested = 2

func weightOf(p pair) float64 {
	if p.conflict {
		return contested
	}
	return 1
}

// TestModelIsFresh fits the model to the half of the pairs that is not held out and compares it with the one shipped.
func TestModelIsFresh(t *testing.T) {
	var examples []score.Example
	var pairs []pair
	for _, p := range pairsOf(t) {
		if p.held() {
			continue
		}
		f, _ := read(p.proposal).likeness(p.mark)
		e := score.Example{X: f.vector(), Yes: p.conflict, Group: p.base}
		if p.rule == "decided" {
			e.Weight = decidedWeight
		}
		examples = append(examples, e)
		pairs = append(pairs, p)
	}
	m, err := score.Fit(features, examples, score.Options{Bias: score.Feature{Prior: -8, Spread: 5}, YesWeight: contested})
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []score.Outcome
	for i, e := range examples {
		outcomes = append(outcomes, score.Outcome{Score: m.Score(e.X), Yes: pairs[i].conflict, Weight: weightOf(pairs[i])})
	}
	calibration, err := score.Platt(outcomes)
	if err != nil {
		t.Fatal(err)
	}
	round := func(x float64) float64 { return math.Round(x*1e4) / 1e4 }
	f := fitted{Bias: round(m.Bias), Weights: map[string]float64{}}
	f.Platt.Slope, f.Platt.Offset = round(calibration.Slope), round(calibration.Offset)
	for i, feature := range features {
		f.Weights[feature.Name] = round(m.Weights[i])
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("data/model.json", append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	shipped, err := data.ReadFile("data/model.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(shipped)) != string(text) {
		t.Errorf("data/model.json is not what the pairs give; go test -run ModelIsFresh -update writes\n%s", text)
	}
}

// TestHeldOut measures the half of the pairs nothing was fitted to against what is asked of the engine.
func TestHeldOut(t *testing.T) {
	for _, half := range []bool{false, true} {
		var byRule, cases score.Confusion
		var said []score.Outcome
		rules := map[string]*score.Confusion{}
		for _, p := range pairsOf(t) {
			if p.held() != half {
				continue
			}
			c := Compare(p.proposal, p.mark)
			yes := c.Score >= AtMedium
			if p.rule == "decided" {
				cases.Add(yes, p.conflict)
			} else {
				byRule.Add(yes, p.conflict)
			}
			said = append(said, score.Outcome{Score: c.Score, Yes: p.conflict, Weight: weightOf(p)})
			if rules[p.rule] == nil {
				rules[p.rule] = &score.Confusion{}
			}
			rules[p.rule].Add(yes, p.conflict)
			if testing.Verbose() && yes != p.conflict && !half {
				t.Logf("%-12s conflict %-5v score %.2f  %s | %s  %v %v  %.2f %.2f %.2f %.2f", p.rule, p.conflict, c.Score, p.proposal.Name, p.mark.Name, p.proposal.Classes, p.mark.Classes, c.By.Sight, c.By.Sound, c.By.Meaning, c.By.Goods)
			}
		}
		all := byRule
		all.TruePositives += cases.TruePositives
		all.FalsePositives += cases.FalsePositives
		all.FalseNegatives += cases.FalseNegatives
		all.TrueNegatives += cases.TrueNegatives
		for _, set := range []struct {
			name string
			score.Confusion
		}{{"by rules", byRule}, {"decided cases", cases}, {"all", all}} {
			p, r := set.PrecisionInterval(), set.RecallInterval()
			t.Logf("held out %v, %s: %+v precision %.3f (%.3f-%.3f) recall %.3f (%.3f-%.3f)", half, set.name, set.Confusion, set.Precision(), p.Low, p.High, set.Recall(), r.Low, r.High)
		}
		for _, at := range []float64{0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9} {
			var c score.Confusion
			for _, o := range said {
				c.Add(o.Score >= at, o.Yes)
			}
			t.Logf("held out %v, from %.2f: precision %.3f recall %.3f", half, at, c.Precision(), c.Recall())
		}
		t.Logf("held out %v: ROC-AUC %.3f, Brier %.3f, expected calibration error %.3f", half, score.ROCAUC(said), score.Brier(said), score.ECE(said, 10))
		for rule, c := range rules {
			t.Logf("held out %v, rule %-26s %+v", half, rule, *c)
		}
		if half && (all.Recall() < 0.95 || all.Precision() < 0.80) {
			t.Errorf("recall %.3f and precision %.3f on held-out pairs; asked are 0.95 and 0.80", all.Recall(), all.Precision())
		}
	}
}

// TestBeatsPlainEdits holds the engine against what one would do first: plain edits as a share of the longer name, in
// classes that are equal or related, from the share that does best on the half that may be looked at.
func TestBeatsPlainEdits(t *testing.T) {
	measure := func(held bool, says func(pair) bool) (c score.Confusion) {
		for _, p := range pairsOf(t) {
			if p.held() == held {
				c.Add(says(p), p.conflict)
			}
		}
		return c
	}
	plain := func(from float64) func(pair) bool {
		return func(p pair) bool {
			like, _ := goods(p.proposal.Classes, nil, p.mark.Classes, nil)
			a, b := []rune(fold(p.proposal.Name)), []rune(fold(p.mark.Name))
			return like >= 0.3 && 1-float64(levenshtein(a, b))/float64(max(len(a), len(b))) >= from
		}
	}
	best, from := 0.0, 0.0
	for at := 0.3; at < 1; at += 0.05 {
		if f := measure(false, plain(at)).F1(); f > best {
			best, from = f, at
		}
	}
	theirs := measure(true, plain(from))
	ours := measure(true, func(p pair) bool { return Compare(p.proposal, p.mark).Score >= AtMedium })
	t.Logf("plain edits from %.2f: precision %.3f recall %.3f F1 %.3f; ours: precision %.3f recall %.3f F1 %.3f", from, theirs.Precision(), theirs.Recall(), theirs.F1(), ours.Precision(), ours.Recall(), ours.F1())
	if ours.F1() <= theirs.F1() {
		t.Error("no better than plain edits")
	}
}

// TestTopFive searches each held-out conflict in a register of all marks of the pairs and a hundred thousand invented ones;
// the mark it conflicts with has to be among the first five.
func TestTopFive(t *testing.T) {
	marks := inventedMarks(100_000, 3)
	type key struct {
		name  string
		class int
	}
	seen := map[key]bool{}
	all := pairsOf(t)
	for _, p := range all {
		if k := (key{p.mark.Name, p.mark.Classes[0]}); !seen[k] {
			seen[k] = true
			marks = append(marks, p.mark)
		}
	}
	x, err := NewIndex(marks)
	if err != nil {
		t.Fatal(err)
	}
	found, lost, asked, missed := 0, 0, 0, 0
	for _, p := range all {
		if !p.held() || !p.conflict {
			continue
		}
		asked++
		p.proposal.Limit = 5
		r := x.Search(p.proposal)
		if slices.ContainsFunc(r.Conflicts, func(c Conflict) bool { return c.Mark.Name == p.mark.Name }) {
			found++
			continue
		}
		// What a full scan would have shown in its first five but the index did not look at.
		if alone := Compare(p.proposal, p.mark); len(r.Conflicts) < 5 || alone.Score > r.Conflicts[4].Score {
			lost++
			t.Logf("the index lost %s, %s: %.2f", p.proposal.Name, p.mark.Name, alone.Score)
		} else {
			missed++
			t.Logf("outranked: %s, %s: %.2f by %s %.2f", p.proposal.Name, p.mark.Name, alone.Score, r.Conflicts[4].Mark.Name, r.Conflicts[4].Score)
		}
	}
	t.Logf("in the first five of %d marks: %d of %d; outranked %d, lost by the index %d", len(marks), found, asked, missed, lost)
	if share := float64(found) / float64(asked); share < 0.9 {
		t.Errorf("only %.3f of the conflicts were in the first five", share)
	}
}
