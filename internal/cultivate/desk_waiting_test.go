package cultivate

import (
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

// TestWaits is a week of one maker as its manager and its people are told of it.
func TestWaits(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, now.Now, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		h.Industries["shoes"] = Industry{ID: "shoes", Names: Words{"Shoes", "鞋类"}, Curriculum: []Course{{ID: "c", Required: true, Lessons: []LessonID{"a", "b", "c", "d"}}}}
		ctx := t.Context()
		c := h.cohort(3)
		m, own := h.maker(c, "海风")
		_, stranger := h.maker(c, "Stranger")
		m = h.go1(m, Applied, Screened, Visited, Admitted)
		start := now.Now()
		kinds := func(all []Waiting) (k map[WaitingKind]int) {
			k = map[WaitingKind]int{}
			for _, w := range all {
				k[w.Kind]++
			}
			return k
		}
		_, err := h.Send(ctx, own, m.ID, "什么时候开课？", nil, "")
		h.must(err)
		_, err = h.GiveTask(ctx, h.manager, m.ID, NewTask{Side: Programme, Owner: h.manager.ID, Name: h.manager.Name, Title: "Call the bank", Due: now.Now().Add(time.Hour)}, "")
		h.must(err)
		_, err = h.GiveTask(ctx, h.manager, m.ID, NewTask{Side: Programme, Owner: h.other.ID, Name: h.other.Name, Title: "Not hers", Due: now.Now().Add(time.Hour)}, "")
		h.must(err)
		action, err := h.Find(ctx, h.manager, m.ID, "Glue over the edge", now.Now().AddDate(0, 0, 2), "")
		h.must(err)
		_, err = h.PlanMentor(ctx, h.manager, MentorVisit{Maker: m.ID, Mentor: "Teacher Chen", At: now.Now().AddDate(0, 0, 5)}, "")
		h.must(err)

		mine, err := h.Waits(ctx, h.manager)
		h.must(err)
		if k := kinds(mine); len(mine) != 2 || k[WaitingTask] != 1 || k[WaitingMessage] != 1 || mine[0].Words.English != "Call the bank" || mine[0].Overdue {
			t.Errorf("the manager's first day: %+v", mine)
		}
		theirs, err := h.Waits(ctx, own)
		h.must(err)
		if k := kinds(theirs); k[WaitingAction] != 1 || k[WaitingMentor] != 1 || k[WaitingMessage] != 0 || k[WaitingTask] == 0 {
			t.Errorf("the firm's first day: %+v", theirs)
		}
		none, err := h.Waits(ctx, stranger)
		h.must(err)
		if len(none) != 0 {
			t.Errorf("a stranger is told: %+v", none)
		}

		now.Advance(30 * 24 * time.Hour)
		mine, err = h.Waits(ctx, h.manager)
		h.must(err)
		k := kinds(mine)
		if k[WaitingAction] != 1 || k[WaitingMentor] != 1 || k[WaitingTraining] != 1 || !mine[0].Overdue || mine[len(mine)-1].Overdue {
			t.Errorf("the manager after a month: %+v", mine)
		}
		for i := 1; i < len(mine); i++ {
			if mine[i].compare(mine[i-1]) < 0 {
				t.Errorf("out of order at %d: %+v", i, mine)
			}
		}
		roll, err := h.Roll(ctx, h.manager, c.ID)
		h.must(err)
		if len(roll.Rows) != 1 || roll.Rows[0].Behind != 2 || len(roll.Lessons) != 4 {
			t.Errorf("half of the time and none of four lessons: %+v", roll.Rows)
		}

		// What was shown waits for another than who showed it.
		action, err = h.TakeOn(ctx, h.manager, action.ID, ActionMove{To: ActionPlanned, Cause: "A new hand", Said: "Teach", Version: action.Version})
		h.must(err)
		_, err = h.TakeOn(ctx, h.manager, action.ID, ActionMove{To: ActionShown, Said: "Taught", Version: action.Version})
		h.must(err)
		mine, err = h.Waits(ctx, h.manager)
		h.must(err)
		others, err := h.Waits(ctx, h.other)
		h.must(err)
		if kinds(mine)[WaitingAction] != 0 || kinds(others)[WaitingAction] != 1 {
			t.Errorf("who is to verify: %+v, %+v", mine, others)
		}
		now.Advance(start.Sub(now.Now()))
	})
}

// TestCountsAtOnce asks for several cohorts and makers in one query each.
func TestCountsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		one, two := h.cohort(3), h.cohort(3)
		a, _ := h.maker(one, "A")
		b, own := h.maker(one, "B")
		h.go1(b, Applied)
		counts, err := h.CountsOf(t.Context(), h.manager, []CohortID{one.ID, two.ID, one.ID})
		h.must(err)
		if counts[one.ID][Draft] != 1 || counts[one.ID][Applied] != 1 || len(counts[two.ID]) != 0 {
			t.Errorf("counts: %v", counts)
		}
		names, err := h.Among(t.Context(), h.manager, []MakerID{a.ID, b.ID, "none", a.ID})
		h.must(err)
		if len(names) != 2 {
			t.Errorf("names: %v", names)
		}
		if names, err := h.Among(t.Context(), own, []MakerID{a.ID}); err != nil || len(names) != 0 {
			t.Errorf("a firm is told the names of others: %v, %v", names, err)
		}
	})
}
