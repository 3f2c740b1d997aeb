package clearance

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ownmark/ownmark/engine/photo"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		proposed, mark string
		conflict       bool
	}{
		{"耐克", "Nike", true},
		{"阿迪达斯", "adidas", true},
		{"gucci", "古驰", true},
		{"Naike", "Nike", true},
		{"耐刻", "耐克", true},
		{"anta", "安踏", true},
		{"新百伦", "百伦", true},
		{"n1ke", "nike", true},
		{"Ηermes", "Hermès", true},
		{"Dreamwerks", "Dreamworks", true},
		{"北面", "THE NORTH FACE", true},
		{"劳力士", "Nike", false},
		{"Silver Shoes", "Golden Shoes", false},
		{"Coach", "Zara", false},
		{"飞跃", "Zara", false},
		{"莆田制造", "安踏", false},
	} {
		got := Compare(Proposal{Name: c.proposed, Classes: []int{25}}, Mark{Name: c.mark, Classes: []int{25}})
		if (got.Score >= AtMedium) != c.conflict {
			t.Errorf("%s, %s: score %.2f, %+v", c.proposed, c.mark, got.Score, got.By)
		}
		if len(got.Why) == 0 {
			t.Errorf("%s, %s: no reason", c.proposed, c.mark)
		}
	}
}

func TestSight(t *testing.T) {
	like := func(a, b string) float64 { return sight(readName(a).core, readName(b).core) }
	for _, c := range []struct{ nearer, further [2]string }{
		{[2]string{"Barlow", "Barlow"}, [2]string{"Barlow", "Barlou"}},
		{[2]string{"Barlow", "Barlou"}, [2]string{"Barlow", "Carlow"}}, // beginnings weigh more
		{[2]string{"Modena", "Nodena"}, [2]string{"Modena", "Zodena"}}, // m looks like n
		{[2]string{"modern", "modem"}, [2]string{"modern", "modep"}},   // rn reads as m
		{[2]string{"Fitness", "Fitnes"}, [2]string{"Fitness", "Fitnss"}},
		{[2]string{"李宁", "李子"}, [2]string{"李宁", "王子"}},
		{[2]string{"王老吉", "玉老吉"}, [2]string{"王老吉", "飞老吉"}}, // alike at a glance
		{[2]string{"nike", "n1ke"}, [2]string{"nike", "nake"}},
	} {
		if near, far := like(c.nearer[0], c.nearer[1]), like(c.further[0], c.further[1]); near <= far {
			t.Errorf("%v %.3f is not nearer than %v %.3f", c.nearer, near, c.further, far)
		}
	}
	if like("耐克體育", "耐克体育") != 1 {
		t.Error("traditional characters are not the simplified ones")
	}
}

func TestSpeak(t *testing.T) {
	for spelling, sounds := range map[string]string{
		"phone": "fon", "fone": "fon", "nike": "naik", "knight": "nait", "xerox": "zeroks", "quick": "kwik", "gucci": "guCi",
		"schuh": "Su", "thin": "Tin", "badge": "baJ", "lake": "leik", "nation": "naSon", "mcdonald": "makdonald", "zoo": "zu", "wright": "rait", "who": "wo",
	} {
		if got := string(speak([]rune(spelling))); got != sounds {
			t.Errorf("%s is spoken %s, not %s", spelling, got, sounds)
		}
	}
}

func TestRussianIsNoDisguise(t *testing.T) {
	if got := sound(readName("Лотос").core, readName("Lotos").core); got < 0.9 {
		t.Errorf("Лотос and Lotos: %.2f", got)
	}
}

func TestRiskInJSON(t *testing.T) {
	for risk, text := range map[Risk]string{Low: `"low"`, Medium: `"medium"`, High: `"high"`} {
		if got, err := json.Marshal(risk); err != nil || string(got) != text {
			t.Errorf("%s, %v", got, err)
		}
	}
	for score, risk := range map[float64]Risk{0: Low, AtMedium: Medium, AtHigh: High, 1: High} {
		if got := RiskOf(score); got != risk {
			t.Errorf("%.2f is %s", score, got)
		}
	}
}

func TestMandarin(t *testing.T) {
	like := func(a, b string) float64 { return sound(readName(a).core, readName(b).core) }
	for _, c := range []struct {
		a, b     string
		from, to float64
	}{
		{"耐克", "耐刻", 1, 1},
		{"安踏", "按塌", 0.85, 0.95}, // tones
		{"李宁", "你宁", 0.8, 0.95},  // l and n
		{"森马", "生马", 0.9, 0.97},  // en and eng
		{"飞跃", "灰跃", 0.6, 0.9},   // f and h
		{"李宁", "lining", 1, 1},
		{"李宁", "Li Ning", 1, 1},
		{"长虹", "changhong", 0.95, 1},
		{"安踏", "茅台", 0, 0.6},
		{"adidas", "阿迪达斯", 0.8, 1},
		{"Rolex", "耐克", 0, 0.5},
	} {
		if got := like(c.a, c.b); got < c.from || got > c.to {
			t.Errorf("%s, %s: %.3f is not from %.2f to %.2f", c.a, c.b, got, c.from, c.to)
		}
	}
}

func TestMeaning(t *testing.T) {
	if got := meanings(readName("Golden Tiger"), readName("金虎")); got < 0.9 {
		t.Errorf("Golden Tiger and 金虎: %.2f", got)
	}
	if got := meanings(readName("Golden Tiger"), readName("金星")); got > 0.6 {
		t.Errorf("Golden Tiger and 金星: %.2f", got)
	}
	known := Compare(Proposal{Name: "三叶草", Classes: []int{25}}, Mark{Name: "adidas", Also: []string{"阿迪达斯", "三叶草"}, Classes: []int{25}})
	if known.By.Meaning != 1 || known.Score < AtHigh || !strings.Contains(Why(known.Why), "also known as “三叶草”") {
		t.Errorf("another name of the mark: %+v", known)
	}
}

func TestGoods(t *testing.T) {
	for _, c := range []struct {
		a, b             []int
		groupsA, groupsB []string
		likeness         float64
		same             bool
	}{
		{a: []int{25}, b: []int{25}, likeness: 1},
		{a: []int{25}, b: []int{18}, likeness: 0.7},
		{a: []int{18}, b: []int{25}, likeness: 0.7},
		{a: []int{25}, b: []int{1}, likeness: 0.05},
		{a: []int{1, 25}, b: []int{25, 33}, likeness: 1},
		{a: []int{25}, likeness: 0.8},
		{a: []int{25}, b: []int{25}, groupsA: []string{"2507"}, groupsB: []string{"2501"}, likeness: 0.6},
		{a: []int{25}, b: []int{25}, groupsA: []string{"2507"}, groupsB: []string{"2501", "2507"}, likeness: 1, same: true},
	} {
		if likeness, same := goods(c.a, c.groupsA, c.b, c.groupsB); likeness != c.likeness || same != c.same {
			t.Errorf("%+v: %.2f %v", c, likeness, same)
		}
	}
	for pair := range related {
		if pair[0] >= pair[1] && pair != [2]int{40, 37} || pair[0] < 1 || pair[1] > 45 {
			t.Errorf("related classes %v are not in order", pair)
		}
	}
	near := Compare(Proposal{Name: "Lotus", Classes: []int{25}}, Mark{Name: "Lotus", Classes: []int{25}})
	far := Compare(Proposal{Name: "Lotus", Classes: []int{25}}, Mark{Name: "Lotus", Classes: []int{1}})
	for _, unlike := range []string{"Cartier", "Chanel", "Givenchy", "Merrell"} {
		c := Compare(Proposal{Name: "Qorvantelle", Classes: []int{25}}, Mark{Name: unlike, Classes: []int{25}, Reputed: true})
		if c.Score >= AtMedium {
			t.Errorf("%s is widely known, and Qorvantelle nothing like it: %.2f", unlike, c.Score)
		}
	}
	reputed := Compare(Proposal{Name: "Lotus", Classes: []int{25}}, Mark{Name: "Lotus", Classes: []int{1}, Reputed: true})
	if near.Score < AtHigh || far.Score >= AtMedium || reputed.Score < AtMedium {
		t.Errorf("same goods %.2f, far goods %.2f, far goods of a reputed mark %.2f", near.Score, far.Score, reputed.Score)
	}
}

func TestLogos(t *testing.T) {
	a := hash(t, strings.Repeat("5a", 32))
	b := a
	b[0] ^= 0xff
	c := hash(t, strings.Repeat("0f", 32))
	mark := Mark{Classes: []int{25}, Logos: []photo.Hash{a}}
	for _, test := range []struct {
		logo photo.Hash
		risk Risk
		zero bool
	}{{a, High, false}, {b, High, false}, {c, Low, true}} {
		x, err := NewIndex([]Mark{{Name: "Quite Another", Classes: []int{25}}, mark})
		if err != nil {
			t.Fatal(err)
		}
		r := x.Search(Proposal{Classes: []int{25}, Logos: []photo.Hash{test.logo}})
		if r.Risk != test.risk || (len(r.Conflicts) == 0) != test.zero {
			t.Errorf("%v: %+v", test.logo, r)
		}
	}
}

func hash(t *testing.T, digits string) (h photo.Hash) {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != len(h) {
		t.Fatalf("%q is no hash", digits)
	}
	return photo.Hash(b)
}

func TestCompareIsEven(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 1500 {
		a, b := invent(r), invent(r)
		if r.IntN(2) == 0 {
			b = a + string(rune('a'+r.IntN(26)))
		}
		there := Compare(Proposal{Name: a, Classes: []int{25}}, Mark{Name: b, Classes: []int{18}})
		back := Compare(Proposal{Name: b, Classes: []int{18}}, Mark{Name: a, Classes: []int{25}})
		if d := there.Score - back.Score; d > 1e-9 || d < -1e-9 {
			t.Fatalf("%s, %s: %v one way and %v the other", a, b, there, back)
		}
		same := Compare(Proposal{Name: a, Classes: []int{25}}, Mark{Name: a, Classes: []int{25}})
		if same.Score < there.Score || same.Score < AtHigh {
			t.Fatalf("%s is nearer to %s than to itself", a, b)
		}
	}
}

// TestSearchIsLikeAScan holds the index against comparing with every mark.
func TestSearchIsLikeAScan(t *testing.T) {
	marks := inventedMarks(3000, 4)
	for i := range marks {
		marks[i].Classes = []int{25}
	}
	x, err := NewIndex(marks)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(11, 11))
	want, got := 0, 0
	for range 40 {
		p := Proposal{Name: edited(r, marks[r.IntN(len(marks))].Name, 1), Classes: []int{25}, Limit: 5}
		if len([]rune(p.Name)) < 3 {
			continue
		}
		var all []Conflict
		for i, m := range marks {
			c := Compare(p, m)
			c.Index = i
			all = append(all, c)
		}
		rank(all)
		found := x.Search(p).Conflicts
		for _, c := range all[:5] {
			if c.Score < AtHigh {
				break
			}
			want++
			if slices.ContainsFunc(found, func(f Conflict) bool { return f.Index == c.Index || f.Score == c.Score }) {
				got++
			}
		}
	}
	t.Logf("%d of the %d likely conflicts of a full scan", got, want)
	if want < 20 || got*100 < want*90 {
		t.Errorf("the index found %d of the %d likely conflicts of a full scan", got, want)
	}
}

func TestSearch(t *testing.T) {
	marks := []Mark{
		{ID: "1", Name: "Dreamworks", Owner: "a", Classes: []int{41}},
		{ID: "2", Name: "Dreamwerks", Owner: "b", Classes: []int{41}},
		{ID: "3", Name: "Nightjar", Owner: "c", Classes: []int{41}},
		{ID: "4", Owner: "d", Classes: []int{41}},
	}
	x, err := NewIndex(marks)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(p Proposal) (all string) {
		for _, c := range x.Search(p).Conflicts {
			all += c.Mark.ID
			if x.marks[c.Index].ID != c.Mark.ID || len(c.Why) == 0 {
				t.Errorf("%+v", c)
			}
		}
		return all
	}
	for _, c := range []struct {
		p   Proposal
		ids string
	}{
		{Proposal{Name: "Dreamworks", Classes: []int{41}}, "12"},
		{Proposal{Name: "DREAM WERKS", Classes: []int{41}}, "21"},
		{Proposal{Name: "Dreamworks", Classes: []int{41}, Limit: 1}, "1"},
		{Proposal{Name: "Dreamworks", Classes: []int{41}, Owner: "a"}, "2"},
		{Proposal{Name: "茅台", Classes: []int{33}}, ""},
		{Proposal{Name: ""}, ""},
		{Proposal{Name: "…!?"}, ""},
	} {
		if got := ids(c.p); got != c.ids {
			t.Errorf("%+v: marks %q, not %q", c.p, got, c.ids)
		}
	}
	if r := x.Search(Proposal{Name: "Dreamworks", Classes: []int{41}}); r.Risk != High {
		t.Errorf("risk %s", r.Risk)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				if len(x.Search(Proposal{Name: "Dreamworks", Classes: []int{41}}).Conflicts) != 2 {
					t.Error("searches at once disturb one another")
				}
			}
		})
	}
	wait.Wait()
	empty, err := NewIndex(nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := empty.Search(Proposal{Name: "Dreamworks"}); len(r.Conflicts) != 0 || r.Risk != Low {
		t.Errorf("an empty register: %+v", r)
	}
}

// FuzzSearch reads any name, and finds a mark that is the name itself.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"Nike", "耐克", "B.V.D.", "ﾅｲｷ", "Ηermes", "n1ke", "\xff\xfe", "㍿", "e\u0301\u0301\u0301", "a\u200bb", "👟", "𠗣", "''", "Łódź ßæ", strings.Repeat("mc", 200)} {
		f.Add(s, "Nike")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, err := NewIndex([]Mark{{Name: "Zwieback"}, {Name: a, Also: []string{b}}})
		if err != nil {
			t.Fatal(err)
		}
		r := x.Search(Proposal{Name: a})
		for _, c := range r.Conflicts {
			for _, v := range []float64{c.Score, c.By.Sight, c.By.Sound, c.By.Meaning, c.By.Goods} {
				if !(v >= 0 && v <= 1) {
					t.Fatalf("%q: %+v", a, c)
				}
			}
		}
		if len(readName(a).words) > 0 && !slices.ContainsFunc(r.Conflicts, func(c Conflict) bool { return c.Index == 1 }) {
			t.Fatalf("%q does not find itself", a)
		}
	})
}
