package ui

import (
	"html"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
)

func visit(language string) *Visit {
	return &Visit{Language: language, Zone: time.UTC, Now: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC), Frame: &Frame{Words: NewWords()}}
}

func TestFigures(t *testing.T) {
	en, zh := visit("en"), visit("zh")
	price, none := 1234.5, (*float64)(nil)
	for _, c := range []struct{ got, want string }{
		{en.Number(1234567), "1,234,567"},
		{en.Number(none), "–"},
		{en.Decimal(-1.25, 1), "-1.2"},
		{en.Money(&price, "CNY"), "CNY\u00a01,234.50"},
		{en.Money(int64(123450), "CNY"), "CNY\u00a01,234.50"},
		{en.Money(int64(1234), "JPY"), "JPY\u00a01,234"},
		{en.Money(12345678.90, "EUR"), "EUR\u00a012,345,678.90"},
		{en.Money(0.0, "EUR"), "EUR\u00a00.00"},
		{en.Money(5.0, ""), "5.00"},
		{en.Money(none, "EUR"), "–"},
		{en.Percent(0.0), "0%"},
		{en.Percent(1.0), "100%"},
		{en.Percent(0.97), "97%"},
		{en.Percent(0.9999), "99.99%"},
		{en.Percent(0.0004), "0.04%"},
		{en.Percent(0.996), "99.6%"},
		{en.Compact(950), "950"},
		{en.Compact(12345), "12.3K"},
		{en.Compact(4_560_000), "4.56M"},
		{zh.Compact(9999), "9,999"},
		{zh.Compact(12345), "1.23万"},
		{zh.Compact(456_000_000), "4.56亿"},
		{en.N("ui.ago.days", 1), "1 day ago"},
		{en.N("ui.ago.days", 1234), "1,234 days ago"},
		{zh.N("ui.ago.days", 1), "1 天前"},
		{en.T("ui.copy", "Text", "<x>"), "Copy <x>"},
		{en.T("ui.no-such-word"), "[ui.no-such-word]"},
		{en.Ago(en.Now.Add(-30 * time.Second)), "just now"},
		{en.Ago(en.Now.Add(-90 * time.Minute)), "1 h ago"},
		{en.Ago(en.Now.Add(47 * time.Hour)), "in 47 h"},
		{en.Ago(en.Now.AddDate(-3, 0, 0)), "3 years ago"},
		{zh.Clock(zh.Now), "2026年11月23日 09:30"},
		{en.Day(en.Now), "23 Nov 2026"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTimesSayTheirZone(t *testing.T) {
	v := visit("en")
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	v.Zone = zone
	got := string(v.timeElement(v.Now, v.Clock, true))
	want := `<time datetime="2026-11-23T09:30:00Z" title="Monday 23 November 2026 17:30:00 (CST, UTC+08:00)">23 Nov 2026 17:30 <span class="quiet ago">just now</span></time>`
	if html.UnescapeString(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, nothing := range []any{time.Time{}, (*time.Time)(nil), nil, "x"} {
		if got := v.timeElement(nothing, v.Clock, false); strings.Contains(string(got), "0001") {
			t.Errorf("%v: %s", nothing, got)
		}
	}
}

func TestSentencesAreTranslated(t *testing.T) {
	err := fault.Conflict.Say("There are %d saved views already. Delete one first.", 100)
	if got := visit("en").Sentence(err); got != "There are 100 saved views already. Delete one first." {
		t.Error(got)
	}
	if got := visit("zh").Sentence(err); !strings.Contains(got, "100") || strings.Contains(got, "saved") {
		t.Error(got)
	}
	if got := visit("zh").Sentence(fault.Invalid.Say("Nobody translated this.")); got != "Nobody translated this." {
		t.Error(got)
	}
}

func TestProblems(t *testing.T) {
	v := visit("en")
	if p := v.Problems(fault.Invalid.Say("Choose one.").At("x")); len(p) != 1 || p[0] != (Problem{"x", "Choose one."}) {
		t.Error(p)
	}
	for _, err := range []error{nil, fault.Unavailable.Say("Down."), fault.Forbidden.Say("No."), http404} {
		if p := v.Problems(err); p != nil {
			t.Errorf("%v is no problem of a form: %v", err, p)
		}
	}
	if p := v.Problems(fault.Invalid); len(p) != 1 {
		t.Error("a bare kind is a problem too")
	}
}

var http404 error = fault.NotFound

func TestHighlight(t *testing.T) {
	v := visit("en")
	got := string(v.Highlight(`鞋 <b>1:1</b>`, []Span{{2, 8, 1, "a"}, {5, 40, 2, `"b"`}, {3, 3, 3, "none"}, {-4, 1, 4, "d"}}))
	plain := regexp.MustCompile(`<sup.*?</sup>|<span class="visually-hidden">.*?</span>|<[^>]*>`).ReplaceAllString(got, "")
	if html.UnescapeString(plain) != `鞋 <b>1:1</b>` {
		t.Errorf("the text became %q", plain)
	}
	for _, want := range []string{`href="#signal-4"`, "<sup aria-hidden=\"true\">1</sup>", "Evidence 1: a · Evidence 2: &#34;b&#34;"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "<b>") || strings.Contains(got, "none") {
		t.Error(got)
	}
}

func FuzzHighlight(f *testing.F) {
	f.Add("鞋 <b>1:1</b>", 2, 8, 5, 40)
	f.Add("\xff\x00<", -1, 1, 1, 2)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		v := visit("en")
		got := string(v.Highlight(text, []Span{{a, b, 1, text}, {c, d, 2, "x"}}))
		got = regexp.MustCompile(`(?s)<span class="visually-hidden">.*?</span>|<sup aria-hidden="true">[\d,]*</sup>|<mark class="evidence"><a href="#signal-\d+" title="[^"]*">|</a></mark>`).ReplaceAllString(got, "")
		if strings.ContainsAny(got, `<>"`) {
			t.Fatalf("markup gets through: %q", got)
		}
		if want := string([]rune(text)); html.UnescapeString(got) != html.UnescapeString(html.EscapeString(strings.ReplaceAll(want, "\x00", "\uFFFD"))) {
			t.Fatalf("the text became %q, was %q", got, want)
		}
	})
}

func TestQuery(t *testing.T) {
	q := Ask(httptest.NewRequest("GET", "/review?verdict=fake&after=k7&sort=-score&q=%E9%9E%8B&empty=", nil))
	for _, c := range []struct{ got, want string }{
		{q.Here(), "/review?q=%E9%9E%8B&sort=-score&verdict=fake"},
		{q.With("verdict", ""), "/review?q=%E9%9E%8B&sort=-score"},
		{q.With("verdict", "review"), "/review?q=%E9%9E%8B&sort=-score&verdict=review"},
		{q.Pager("k8", 50, -1).Next, "/review?after=k8&q=%E9%9E%8B&sort=-score&verdict=fake"},
		{q.Pager("", 50, -1).Next, ""},
		{q.Pager("", 50, -1).First, q.Here()},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if column, down := q.Sort("name", "score", "name"); column != "score" || !down {
		t.Error(column, down)
	}
	if column, down := q.Sort("-name", "name"); column != "name" || !down {
		t.Error("a column that is not allowed is sorted by", column, down)
	}
	head := q.Head("score", true, Column{Key: "score", Number: true}, Column{Key: "name"}, Column{Label: "plain"})
	if c := head.Columns[0]; c.State != "descending" || !strings.Contains(c.Path, "sort=score") {
		t.Error(c)
	}
	if c := head.Columns[2]; c.Path != "" {
		t.Error(c)
	}
	f := q.Filters(&Find{Name: "q"}, Menu{Name: "verdict", Options: []Option{{Value: "fake", Text: "Fake"}, {Value: "clear"}}})
	if len(f.Chips) != 2 || f.Clear != "/review" || f.Menus[0].Current().Text != "Fake" || f.Menus[0].Options[0].Path != q.With("verdict", "") {
		t.Errorf("%+v", f)
	}
	saved := q.Saved([]access.SavedView{{Name: "a", Query: "q=%E9%9E%8B&sort=-score&verdict=fake"}, {Name: "b"}})
	if !saved.Items[0].Current || saved.Items[1].Current || saved.Items[1].Path != "/review" {
		t.Errorf("%+v", saved)
	}
}

func TestRangeAndScoreStayInTheirPlot(t *testing.T) {
	for _, r := range []Range{{}, {Low: 5, Typical: 10, Value: 0}, {Low: 5, Typical: 10, Value: 12345678.9}, {Low: 10, Typical: 5, Value: 5}, {Value: 3}} {
		for _, at := range []string{r.At(r.Low), r.At(r.Typical), r.At(r.Value), r.Band()} {
			if strings.HasPrefix(at, "-") || strings.Contains(at, "N") || strings.Contains(at, "Inf") {
				t.Errorf("%+v: %s", r, at)
			}
		}
	}
	s := Score{Signals: []Contribution{{Bits: 3}, {Bits: -1}}}
	if up, down := s.Bar(s.Signals[0]), s.Bar(s.Signals[1]); up.X != "25.00%" || up.Width != "75.00%" || down.X != "0.00%" || down.Width != "25.00%" {
		t.Error(up, down)
	}
}
