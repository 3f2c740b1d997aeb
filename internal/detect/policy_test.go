package detect

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// sample is a listing and an opinion of it that conditions are tried on.
func sample() *facts {
	price, quantity, positive := 87.0, int64(300), 0.91
	return &facts{
		listing: &market.Listing{
			ID: "L1", Title: "Swift Runner", Description: strings.Repeat("soft ", 2_000), Category: "shoes", Condition: "NEW", Price: &price, Currency: "EUR", Quantity: &quantity,
			Images: []string{"a", "b"}, Seller: market.Seller{ID: "S1", Country: "CN", Joined: "2026-10-01", Positive: &positive}, ListedAt: clock.System(),
		},
		result: &Result{ID: "L1", Verdict: Review, Score: 0.61, Brand: "swift", Signals: []Signal{{Name: "price-low", Weight: 2.5}, {Name: "seller-established", Weight: -1.2}}},
		brand:  "Swift", now: clock.System,
	}
}

func TestConditions(t *testing.T) {
	for condition, want := range map[string]bool{
		`true`:                              true,
		`verdict != "clear" && score > 0.6`: true,
		`signals["price-low"] >= 2.5`:       true,
		`signals["term-replica"] > 0.0`:     false, // absent weighs nothing
		`"price-low" in signals && !("term-replica" in signals)`: true,
		`signals.exists(name, name.startsWith("seller-"))`:       true,
		`size(signals) == 2`:                                       true,
		`listing.price > 99 && listing.price < 101`:                true, // 87 euros
		`listing.quantity > 100 && listing.pictures == 2`:          true,
		`listing.condition == "new"`:                               true,
		`listing.title.lowerAscii().contains("swift")`:             true,
		`listing.title.matches("(?i)^swift\\s+run")`:               true,
		`brand.name == "Swift" && brand.id in ["swift", "zephyr"]`: true,
		`seller.ratings == -1 && seller.positive > 0.9`:            true,
		`seller.age_days >= 0 && seller.country == "CN"`:           true,
		`seller.authorised`:                                        false,
		`listing.language == "" && listing.ships_from == ""`:       true,
		`score > 1`: false, // an int beside a double
		`listing.brand == "" ? listing.category == "shoes" : false`: true,
	} {
		c, err := compileCondition(condition)
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		got, problem := c.holds(sample())
		if problem != nil || got != want {
			t.Errorf("%s is %v, %v", condition, got, problem)
		}
	}
}

func TestWrongConditions(t *testing.T) {
	for condition, want := range map[string]string{
		"  ":                                  "Say when the rule applies",
		`score >`:                             "at line 1, character",
		"score > 0.5 &&\n  scor > 0.1":        "at line 2, character 3",
		`score`:                               "must be true or false; this one gives double",
		`listing.price > "100"`:               "no matching overload",
		`signals["price-lwo"] > 1.0`:          `Did you mean "price-low"?`,
		`"term-replcia" in signals`:           `Did you mean "term-replica"?`,
		`listing.weight > 1`:                  "undeclared",
		strings.Repeat("true && ", 1_000):     "at most 4000 characters",
		strings.Repeat("(", 500) + "true":     "cannot be read",
		`listing.title.matches("(unclose)(")`: "cannot be read",
	} {
		_, err := compileCondition(condition)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", condition, err, want)
		}
	}
}

// TestConditionsAreBounded has conditions that cost too much, or cannot be told, fail and not hang, and the rules behind them go on.
func TestConditionsAreBounded(t *testing.T) {
	p := Policy{Number: 7, Terms: Terms{Title: "x", Rules: []Rule{
		{Name: "costly", When: `listing.description.split("").exists(a, listing.description.split("").exists(b, a + b == "zz"))`, Then: Remove},
		{Name: "undefined", When: `1 / (listing.pictures - 2) == 1`, Then: Remove},
		{Name: "last", When: `true`, Then: Look, Queue: "rest"},
		{Name: "never", When: `true`, Then: Remove},
	}}}
	ok(t, p.Clean().Check())
	rules, err := compileRules(p)
	ok(t, err)
	got, problems := rules.treat(sample())
	if len(problems) != 2 || problems[0].rule != "costly" || problems[1].rule != "undefined" {
		t.Errorf("%v", problems)
	}
	if want := (Treatment{Action: Look, Rule: "last", Queue: "rest", Priority: UsualPriority, Policy: 7}); got != want {
		t.Errorf("%+v", got)
	}
}

func TestTermsAreChecked(t *testing.T) {
	good := ShippedPolicy.Terms
	ok(t, good.Clean().Check())
	for want, change := range map[string]func(*Terms){
		"title: Give the policy a title.":        func(t *Terms) { t.Title = " " },
		"thresholds: The thresholds must rise":   func(t *Terms) { t.Thresholds = Thresholds{0.9, 0.3} },
		"audit: At most 5 in a hundred":          func(t *Terms) { t.Audit = 0.06 },
		"audit: At most 5 in a hundred listings": func(t *Terms) { t.Audit = math.NaN() },
		"costs.currency: A currency":             func(t *Terms) { t.Costs.Currency = "usd" },
		"costs.miss: A cost is":                  func(t *Terms) { t.Costs.Miss = math.Inf(1) },
		"rules: A policy needs a rule":           func(t *Terms) { t.Rules = nil },
		"rules: A policy has at most 100":        func(t *Terms) { t.Rules = make([]Rule, 101) },
		"rules[1].name: Another rule":            func(t *Terms) { t.Rules[1].Name = t.Rules[0].Name },
		"rules[0].name: Give the rule a name":    func(t *Terms) { t.Rules[0].Name = "" },
		"rules[0].when: The condition cannot":    func(t *Terms) { t.Rules[0].When = "verdict ==" },
		"rules[1].then: Choose what":             func(t *Terms) { t.Rules[1].Then = "burn" },
		"rules[0].queue: A queue's name":         func(t *Terms) { t.Rules[0].Queue = "Very Urgent" },
		"rules[0].queue: The queue \"audit\"":    func(t *Terms) { t.Rules[0].Queue = AuditQueue },
		"rules[0].priority: The priority is":     func(t *Terms) { t.Rules[0].Priority = 101 },
		"examples[0]: An example needs":          func(t *Terms) { t.Examples = []Example{{"", Look}} },
		"rules[0].name: Use at most 200 charact": func(t *Terms) { t.Rules[0].Name = strings.Repeat("好", 201) },
		"note: Use at most 4000 characters":      func(t *Terms) { t.Note = strings.Repeat("n", 4_001) },
	} {
		terms := good.Clean()
		change(&terms)
		err := terms.Clean().Check()
		said := false
		for _, f := range fault.All(err) {
			said = said || strings.HasPrefix(f.Field+": "+f.Message(), want)
		}
		if !said {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// TestAuditDraw holds the draw against the share asked for, and against itself.
func TestAuditDraw(t *testing.T) {
	for _, share := range []float64{0.001, 0.01, 0.05} {
		const n = 200_000
		drawn, again := 0, 0
		for i := range n {
			id := fmt.Sprintf("L%d", i)
			if audited(share, id, 1) {
				drawn++
				if audited(share, id, 2) {
					again++ // a new version is a new draw
				}
				if !audited(share, id, 1) {
					t.Fatalf("%s is drawn once and not again", id)
				}
			}
		}
		deviation := math.Sqrt(n * share * (1 - share))
		if off := math.Abs(float64(drawn) - n*share); off > 5*deviation {
			t.Errorf("share %v: %d of %d drawn", share, drawn, n)
		}
		if float64(again) > 5+3*float64(drawn)*share {
			t.Errorf("share %v: %d of %d drawn again for another version", share, again, drawn)
		}
	}
	if audited(0, "L1", 1) {
		t.Error("drawn without an audit")
	}
}

// TestCurve holds the curve against counting by hand, and its cheapest point on calibrated scores against theory.
func TestCurve(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	bins := emptyBins()
	type outcome struct {
		score float64
		fake  bool
	}
	var all []outcome
	for range 200_000 {
		p := random.Float64()
		o := outcome{p, random.Float64() < p}
		all = append(all, o)
		if o.fake {
			bins[binOf(p)].Fakes++
		} else {
			bins[binOf(p)].Genuine++
		}
	}
	costs := Costs{Currency: "USD", Miss: 60, Alarm: 12, Look: 1.5}
	points := Curve(bins, costs, 0)
	if len(points) != len(bins)+1 {
		t.Fatalf("%d points", len(points))
	}
	for _, at := range []int{0, 17, 50, 99, 100} {
		want := 0.0
		for _, o := range all {
			switch looked := o.score >= points[at].Threshold-1e-12; {
			case looked && o.fake:
				want += costs.Look
			case looked:
				want += costs.Look + costs.Alarm
			case o.fake:
				want += costs.Miss
			}
		}
		want = 1000 * want / float64(len(all))
		if math.Abs(want-points[at].Cost) > 1e-6*want {
			t.Errorf("at %v the curve says %v, counting %v", points[at].Threshold, points[at].Cost, want)
		}
	}
	best, some := Cheapest(points)
	if !some || math.Abs(best.Threshold-costs.Break()) > 0.03 {
		t.Errorf("cheapest at %v, theory says %v", best.Threshold, costs.Break())
	}
	// Fewer fakes than were labelled move nothing but the cost: the curve speaks of listings as they come.
	rare := Curve(bins, costs, 0.01)
	if got := rare[100].Cost; math.Abs(got-0.01*costs.Miss*1000) > 1e-6 {
		t.Errorf("with one fake in a hundred, looking at nothing costs %v", got)
	}
	if math.Abs(rare[40].Recall-points[40].Recall) > 1e-12 || rare[40].Precision >= points[40].Precision {
		t.Errorf("%+v beside %+v", rare[40], points[40])
	}
	if got := Curve(emptyBins(), costs, 0); got != nil {
		t.Errorf("a curve of nothing: %v", got)
	}
}

func TestReadTerms(t *testing.T) {
	terms, err := ReadTerms(strings.NewReader(`{"title":"Strict","audit":0.01,"rules":[{"name":"a","when":"true","then":"review"}]}`))
	ok(t, err)
	if want := (Terms{Title: "Strict", Audit: 0.01, Rules: []Rule{{Name: "a", When: "true", Then: Look}}}); !cmp.Equal(terms, want) {
		t.Errorf("%+v", terms)
	}
	for _, bad := range []string{``, `[]`, `{"title":1}`, `{"titel":"x"}`, `{"title":"x"} {}`, "{\"title\":\"" + strings.Repeat("x", maxTerms) + "\"}"} {
		if _, err := ReadTerms(strings.NewReader(bad)); err == nil {
			t.Errorf("%.30q is taken", bad)
		}
	}
}

func FuzzCondition(f *testing.F) {
	for _, r := range ShippedPolicy.Rules {
		f.Add(r.When)
	}
	f.Add(`signals["price-low"] > 2.0 && listing.title.matches("a+$")`)
	f.Add(`[1,2,3].all(x, x in [1])`)
	f.Fuzz(func(t *testing.T, source string) {
		c, err := compileCondition(source)
		if err != nil {
			return
		}
		first, wrong := c.holds(sample())
		second, again := c.holds(sample())
		if first != second || (wrong == nil) != (again == nil) {
			t.Errorf("%q is %v and then %v", source, first, second)
		}
	})
}

func FuzzReadTerms(f *testing.F) {
	f.Add([]byte(`{"title":"Strict","audit":0.01,"rules":[{"name":"a","when":"true","then":"review"}],"examples":[{"listing":"L1","expect":"clear"}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		terms, err := ReadTerms(bytes.NewReader(file))
		if err != nil {
			return
		}
		if terms = terms.Clean(); terms.Check() == nil {
			if _, err := compileRules(Policy{Terms: terms}); err != nil {
				t.Errorf("found good, but cannot be compiled: %v", err)
			}
		}
	})
}

func BenchmarkTreat(b *testing.B) {
	for _, n := range []int{2, 20} {
		p := Policy{Terms: Terms{Audit: 0.001}}
		for i := range n {
			p.Rules = append(p.Rules, Rule{Name: fmt.Sprint(i), When: fmt.Sprintf(`verdict == "fake" && signals["price-low"] > %d.0 && brand.id == "b%d"`, i, i), Then: Look})
		}
		rules, err := compileRules(p)
		ok(b, err)
		b.Run(fmt.Sprintf("%d rules", n), func(b *testing.B) {
			f := sample()
			b.ReportAllocs()
			for b.Loop() {
				rules.treat(f)
			}
		})
	}
}
