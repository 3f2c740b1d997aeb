package cultivate

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// onPlace puts a maker into a stage without asking its conditions.
func (h *house) onPlace(m Maker, stage Stage) Maker {
	h.t.Helper()
	h.must(h.DB.Tx(h.t.Context(), func(tx *db.Tx) error {
		m.Stage, m.Since = stage, tx.Now()
		m = m.touch(tx, h.manager)
		return h.recordStep(tx, h.manager, m, Step{From: Draft, To: stage}, "")
	}))
	return m
}

func quarter(t *testing.T, s string) Quarter {
	t.Helper()
	q, err := ParseQuarter(s)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQuarter(t *testing.T) {
	for _, c := range []struct{ in, want string }{{"2026-Q3", "2026-Q3"}, {" 2026q4 ", "2026-Q4"}, {"2026-Q5", ""}, {"1999-Q1", ""}, {"2026-3", ""}, {"", ""}} {
		q, err := ParseQuarter(c.in)
		if (err == nil) != (c.want != "") || err == nil && q.String() != c.want {
			t.Errorf("%q: %v, %v", c.in, q, err)
		}
	}
	q := quarter(t, "2025-Q4")
	if q.From() != time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC) || q.To() != time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) || QuarterOf(q.To().Add(-1)) != q {
		t.Errorf("%v: %v to %v", q, q.From(), q.To())
	}
}

func TestParseFixed(t *testing.T) {
	for _, c := range []struct {
		in     string
		digits int
		want   int64 // -1: none
	}{{"1200", 0, 1200}, {"1,200,000", 0, 1200000}, {"61.5", 2, 6150}, {"5 200.00", 2, 520000}, {"0", 0, 0}, {"1.5", 0, -1}, {"12,34", 2, -1}, {"-1", 0, -1}, {"1e5", 0, -1}, {"", 0, -1},
		{"999999999999999999", 2, -1}, {"５", 0, -1}, {"0.001", 2, -1}} {
		got, err := parseFixed(c.in, c.digits)
		if (err == nil) != (c.want >= 0) || err == nil && got != c.want {
			t.Errorf("%q with %d digits: %d, %v", c.in, c.digits, got, err)
		}
		if err == nil {
			if again, err := parseFixed(formatFixed(got, c.digits), c.digits); err != nil || again != got {
				t.Errorf("%d written and read is %d, %v", got, again, err)
			}
		}
	}
}

func TestLivelihoodsOfAMaker(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(17)
		m, own := h.maker(c, "海风")
		_, stranger := h.maker(c, "Stranger")
		jobs := LivelihoodEntry{Quarter: quarter(t, "2025-Q3"), Kind: Jobs, Value: "120", Source: MakersWord, Confidence: Said}
		n, err := h.EnterLivelihoods(ctx, own, m.ID, []LivelihoodEntry{jobs})
		h.must(err)
		again, err := h.EnterLivelihoods(ctx, own, m.ID, []LivelihoodEntry{jobs})
		h.must(err)
		if n != 1 || again != 0 {
			t.Errorf("entered %d, and again %d", n, again)
		}
		if _, err := h.EnterLivelihoods(ctx, stranger, m.ID, []LivelihoodEntry{jobs}); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger's figure: %v", err)
		}
		for _, c := range []struct {
			field  string
			change func(*LivelihoodEntry)
		}{
			{"source", func(e *LivelihoodEntry) { e.Source, e.Confidence = InspectorSaw, Verified }},
			{"confidence", func(e *LivelihoodEntry) { e.Source, e.Confidence = Payroll, Verified }},
			{"confidence", func(e *LivelihoodEntry) { e.Confidence = Documented }},
			{"quarter", func(e *LivelihoodEntry) { e.Quarter = QuarterOf(time.Now()) + 4 }},
			{"currency", func(e *LivelihoodEntry) { e.Kind = AverageWage }},
			{"value", func(e *LivelihoodEntry) { e.Kind, e.Value = CapacityUsed, "100.01" }},
			{"value", func(e *LivelihoodEntry) { e.Value = "1.5" }},
			{"figure", func(e *LivelihoodEntry) { e.Kind = "happiness" }},
		} {
			wrong := jobs
			c.change(&wrong)
			_, err := h.EnterLivelihoods(ctx, own, m.ID, []LivelihoodEntry{wrong})
			if f, ok := fault.As(err); !ok || f.Field != c.field || !errors.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v, want a fault at %s", wrong, err, c.field)
			}
		}
		corrected, payroll := jobs, jobs
		corrected.Value = "110"
		payroll.Value, payroll.Source, payroll.Confidence = "96", Payroll, Verified
		_, err = h.EnterLivelihoods(ctx, h.manager, m.ID, []LivelihoodEntry{corrected, payroll})
		h.must(err)
		all, err := h.Livelihoods(ctx, own, m.ID)
		h.must(err)
		if len(all) != 3 {
			t.Fatalf("%d figures kept, want the first, its correction and the payroll's", len(all))
		}
		best := Best(all)
		if len(best) != 1 || best[0].Value != 96 {
			t.Errorf("the surest: %+v", best)
		}
	})
}

func TestCohortLivelihoodsCountsOnlyWhoReported(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(17)
		for i, value := range []string{"10", "40", "", "1000"} {
			m, _ := h.maker(c, "Firm")
			if i < 3 {
				h.onPlace(m, Admitted) // the fourth is no member, and its figure is nobody's
			}
			if value != "" {
				_, err := h.EnterLivelihoods(ctx, h.manager, m.ID, []LivelihoodEntry{{Quarter: quarter(t, "2025-Q3"), Kind: Jobs, Value: value, Source: Payroll, Confidence: Documented}})
				h.must(err)
			}
		}
		figures, err := h.CohortFigures(ctx, h.manager, c.ID)
		h.must(err)
		if missing := figures.Missing(quarter(t, "2025-Q3")); len(figures.Members) != 3 || len(missing) != 1 || len(figures.Quarters) != 1 {
			t.Errorf("who has not reported: %+v", missing)
		}
		if _, err := h.CohortFigures(ctx, access.User{ID: "x", Org: "x", Roles: []access.Role{access.Maker}}, c.ID); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a firm reads the cohort's figures: %v", err)
		}
		all := figures.Spread(Jobs, quarter(t, "2025-Q3"))
		if len(all) != 1 || all[0].Reported != 2 || all[0].Members != 3 || all[0].Median != 25 || all[0].Low != 10 || all[0].High != 40 {
			t.Errorf("the spread: %+v", all)
		}
	})
}

func TestReadLivelihoods(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(17)
		m, own := h.maker(c, "海风")
		other, _ := h.maker(c, "Other")
		file := "\xef\xbb\xbfmaker,quarter,figure,value,currency,source,confidence,note\n" +
			string(m.ID) + ",2025-Q3,jobs,\"1,200\",,payroll,documented,\n" +
			string(m.ID) + ",2025-Q3,average-wage,5200.50,CNY,payroll,documented,\"over\ntwo lines\"\n" +
			string(other.ID) + ",2025-Q3,jobs,7,,payroll,documented,\n" +
			",2025-Q5,jobs,7,,payroll,documented,\n" +
			string(m.ID) + ",2025-Q3,jobs\n" +
			string(m.ID) + ",2025-Q2,jobs,seven,,payroll,documented,=1+1\n"
		report, err := h.ReadLivelihoods(ctx, own, "", strings.NewReader(file))
		h.must(err)
		if report.Rows != 6 || report.Taken != 2 || len(report.Bad) != 4 {
			t.Fatalf("%+v", report)
		}
		for i, want := range []struct {
			line  int
			field string
		}{{5, "maker"}, {6, "quarter"}, {7, ""}, {8, "value"}} {
			if bad := report.Bad[i]; bad.Line != want.line || bad.Field != want.field {
				t.Errorf("bad row %d: line %d field %q (%v), want %+v", i, bad.Line, bad.Field, bad.Error, want)
			}
		}
		bad := string(report.BadRows(func(err error) string { return "wrong" }))
		if !strings.Contains(bad, "'=1+1,8,wrong") || !IsLivelihoodFile([]byte(bad)) {
			t.Errorf("the bad rows as a file:\n%s", bad)
		}
		mended, err := h.ReadLivelihoods(ctx, own, "", strings.NewReader(strings.Replace(bad, "seven", "7", 1)))
		h.must(err)
		if mended.Taken != 1 || len(mended.Bad) != 3 {
			t.Errorf("mended and sent again: %+v", mended)
		}
		again, err := h.ReadLivelihoods(ctx, own, "", strings.NewReader(file))
		h.must(err)
		if !again.Before || again.Taken != 0 {
			t.Errorf("the same file again: %+v", again)
		}
		for _, bad := range []string{"", "a,b\n", "quarter,quarter,figure,value,source,confidence\n", "\xff\xfe", "quarter,figure,value,source\n", "a\x00b"} {
			if _, err := h.ReadLivelihoods(ctx, own, "", strings.NewReader(bad)); !errors.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestTrendSaysOnlyWhatTheFiguresSay(t *testing.T) {
	row := func(source Source, values ...int64) (all []Livelihood) {
		for i, v := range values {
			all = append(all, Livelihood{Quarter: Quarter(8000 + i), Kind: Jobs, Value: v, Source: source})
		}
		return all
	}
	for _, c := range []struct {
		figures []Livelihood
		want    Direction
	}{
		{nil, Unclear}, {row(Payroll, 10, 20, 30), Unclear}, {row(Payroll, 100, 105, 111, 120), Rising}, {row(Payroll, 100, 90, 80, 70), Falling},
		{row(Payroll, 100, 50, 150, 101), Steady}, {row(Payroll, 100, 90, 80, 120, 110), Unclear}, {append(row(MakersWord, 10, 20), row(Payroll, 30, 40)...), Unclear}, {row(Payroll, 0, 1, 2, 3), Unclear},
	} {
		if got := TrendOf(c.figures); got.Says != c.want {
			t.Errorf("%+v says %s, want %s", c.figures, got.Says, c.want)
		}
	}
}

func FuzzReadLivelihoods(f *testing.F) {
	f.Add([]byte("maker,quarter,figure,value,currency,source,confidence,note\n1,2025-Q3,jobs,7,,payroll,documented,\n"))
	f.Add([]byte("quarter,figure,value,source,confidence\n\"2025-Q3\n"))
	f.Add([]byte("quarter,figure,value,source,confidence\n2025-Q3,average-wage,\"5,200.00\",payroll,stated,x\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		rows, err := parseLivelihoods(content)
		if err != nil {
			if !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) {
				t.Fatalf("a fault of its own: %v", err)
			}
			return
		}
		for _, row := range rows {
			if len(row.cells) != len(LivelihoodColumns) || row.line < 1 {
				t.Fatalf("row %+v", row)
			}
			if row.fault != nil {
				continue
			}
			if l, err := row.entry.figure(false, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)); err == nil {
				if again, err := parseFixed(l.Plain(), l.Kind.Digits(l.Currency)); err != nil || again != l.Value {
					t.Fatalf("%q became %q: %v", row.entry.Value, l.Plain(), err)
				}
			}
		}
	})
}
