package cultivate

import (
	"errors"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

func TestMarketing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, base *db.DB) {
		only(t)
		h := newHouse(t, base)
		ctx := t.Context()
		m, own := h.maker(h.cohort(3), "Sea Wind")
		_, stranger := h.maker(h.cohort(3), "Stranger")
		plan := Plan{Maker: m.ID, Goal: "Runners in three cities know the name.", Budget: Amount{"CNY", 2_000_000}, Begins: "2026-12-01", Ends: "2027-02-28"}
		if _, err := h.AddStep(ctx, own, PlanStep{Maker: m.ID, Channel: "video", Title: "Film the workshop", Day: "2026-12-10"}, ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("a step without a plan: %v", err)
		}
		if _, err := h.WritePlan(ctx, own, Plan{Maker: m.ID, Budget: Amount{"XX", -1}, Begins: "2026-12-02", Ends: "2026-12-01"}); len(fault.All(err)) != 4 {
			t.Errorf("what is wrong with a plan: %v", err)
		}
		if _, err := h.WritePlan(ctx, stranger, plan); !errors.Is(err, fault.NotFound) {
			t.Errorf("written by a stranger: %v", err)
		}
		_, err := h.WritePlan(ctx, own, plan)
		h.must(err)
		if _, err := h.WritePlan(ctx, h.manager, Plan{Maker: m.ID, Goal: "x", Budget: Amount{"CNY", 1}, Begins: "2026-12-01", Ends: "2026-12-02"}); !errors.Is(err, fault.Conflict) {
			t.Errorf("a stale plan: %v", err)
		}
		for range 2 { // a second click
			if _, err := h.AddStep(ctx, own, PlanStep{Maker: m.ID, Channel: "video", Title: "Film the workshop", Day: "2026-12-10", Budget: 150_000}, "s1"); err != nil {
				t.Fatal(err)
			}
		}
		got, _, _, err := h.Marketing(ctx, own, m.ID)
		h.must(err)
		if len(got.Steps) != 1 || got.Planned() != 150_000 {
			t.Errorf("%+v", got)
		}
		step := got.Steps[0]
		if _, err := h.CloseStep(ctx, own, m.ID, step.ID, step.Version, TaskDropped); err != nil {
			t.Fatal(err)
		}
		if _, err := h.CloseStep(ctx, h.manager, m.ID, step.ID, step.Version, TaskDone); !errors.Is(err, fault.Conflict) {
			t.Errorf("closed twice: %v", err)
		}
		if got, _, _, err = h.Marketing(ctx, own, m.ID); err != nil || got.Planned() != 0 {
			t.Errorf("what was dropped costs nothing: %d %v", got.Planned(), err)
		}

		page, err := h.SaveProductPage(ctx, own, ProductPage{Maker: m.ID, Title: "Tidewren 1", Checks: []string{"name", "name"}}, "p1")
		h.must(err)
		if page.Whole() || len(page.Checks) != 1 {
			t.Errorf("%+v", page)
		}
		if _, err := h.SaveProductPage(ctx, own, ProductPage{Maker: m.ID, Title: "x", Checks: []string{"luck"}}, ""); !errors.Is(err, fault.Invalid) {
			t.Errorf("a check there is not: %v", err)
		}
		for _, c := range PageChecks() {
			page.Checks = append(page.Checks, c.Value)
		}
		page, err = h.SaveProductPage(ctx, own, page, "")
		h.must(err)
		if !page.Whole() {
			t.Errorf("every line ticked: %+v", page)
		}

		now := "2026-11-01"
		result := ChannelResult{Maker: m.ID, Channel: "video", Begins: "2026-10-01", Ends: "2026-10-31", Visits: 1000, Searches: 40, Orders: 25, Spent: Amount{"cny", 50_000}}
		if _, err := h.EnterChannel(ctx, own, ChannelResult{Maker: m.ID, Channel: "luck", Begins: now, Ends: "2026-10-01", Orders: 2, Visits: 1}); len(fault.All(err)) != 3 {
			t.Errorf("what is wrong with a result: %v", err)
		}
		first, err := h.EnterChannel(ctx, own, result)
		h.must(err)
		if again, err := h.EnterChannel(ctx, own, result); err != nil || again.ID != first.ID {
			t.Errorf("the same figures again: %+v %v", again, err)
		}
		overlap := result
		overlap.Ends = "2026-11-05"
		if _, err := h.EnterChannel(ctx, own, overlap); !errors.Is(err, fault.Conflict) {
			t.Errorf("the same visits twice: %v", err)
		}
		file := "channel,begins,ends,visits,searches,orders,spent,currency\nvideo,2026-10-01,2026-10-31,1100,44,27,500.00,CNY\nlive,2026-10-01,2026-10-31,many,0,0,,\nfair,2026-10-05,2026-10-06,200,0,9,,\nvideo,2026-10-20,2026-11-02,1,0,0,,\n"
		for range 2 { // the same file again changes nothing
			taken, bad, err := h.ReadChannels(ctx, own, m.ID, strings.NewReader(file))
			h.must(err)
			if taken != 2 || len(bad) != 2 || bad[0].Line != 3 || bad[1].Line != 5 {
				t.Errorf("%d taken, %+v", taken, bad)
			}
		}
		_, _, results, err := h.Marketing(ctx, own, m.ID)
		h.must(err)
		stand := 0
		for _, r := range results {
			if r.Stands() {
				stand++
			}
		}
		if len(results) != 3 || stand != 2 {
			t.Errorf("a correction takes a figure's place and both stay: %+v", results)
		}
		if _, _, err := h.ReadChannels(ctx, stranger, m.ID, strings.NewReader(file)); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger's file: %v", err)
		}
	})
}

func FuzzParseChannels(f *testing.F) {
	f.Add([]byte("channel,begins,ends,visits,searches,orders,spent,currency\nvideo,2026-10-01,2026-10-31,1100,44,27,500.00,CNY\n"))
	f.Add([]byte("\ufeffchannel,begins\n\"x"))
	f.Add([]byte("channel,begins,ends,visits,searches,orders\nvideo,,,-1,9999999999999999999999,\x00\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		rows, err := parseChannels(content)
		if err != nil {
			if fault.Of(err) == fault.Internal {
				t.Errorf("%q: %v", content, err)
			}
			return
		}
		for _, row := range rows {
			if row.line < 2 && len(rows) > 0 {
				t.Errorf("%q: a row on line %d", content, row.line)
			}
		}
	})
}
