package cultivate

import (
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

// TestReminders has a firm fall behind: it is written to once a week, whoever sweeps and however often, and no more once nothing lags.
func TestReminders(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)) // a Monday
	dbtest.EachAt(t, now.Now, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		industries, lessons, err := Read(Shipped())
		h.must(err)
		h.Industries, h.Lessons = industries, lessons
		c := h.cohort(3)
		m, own := h.maker(c, "海风")
		quick, _ := h.maker(c, "步云")
		m = h.onPlace(m, Admitted)
		written := func(id MakerID) (texts []string) {
			page, _, err := h.Messages(ctx, h.manager, id, "", 50)
			h.must(err)
			for _, one := range page.Items {
				texts = append(texts, one.Text)
			}
			return texts
		}
		sweep := func() {
			for range 2 {
				h.must(h.Remind(ctx))
			}
		}
		sweep()
		if got := written(m.ID); len(got) != 0 {
			t.Errorf("in the first week: %q", got)
		}
		task, err := h.GiveTask(ctx, h.manager, m.ID, NewTask{Side: FirmSide, Title: "寄三双样品", Due: now.Now().Add(24 * time.Hour)}, "")
		h.must(err)
		now.Advance(21 * 24 * time.Hour)
		sweep()
		got := written(m.ID)
		if len(got) != 1 || !strings.Contains(got[0], "课") || !strings.Contains(got[0], "lessons missing") || !strings.Contains(got[0], "寄三双样品") || !strings.Contains(got[0], lessons[industries["shoes"].Required()[0]].Title().Chinese) {
			t.Fatalf("three weeks on: %q", got)
		}
		if all, err := h.Unread(ctx, own); err != nil || all[m.ID] != 1 {
			t.Errorf("unread: %v %v", all, err)
		}
		now.Advance(2 * 24 * time.Hour)
		sweep()
		if got := written(m.ID); len(got) != 1 {
			t.Errorf("in the same week: %d messages", len(got))
		}
		now.Advance(7 * 24 * time.Hour)
		sweep()
		if got := written(m.ID); len(got) != 2 {
			t.Errorf("a week on: %d messages", len(got))
		}
		// What lags no more is not written of: the training is over, the task done.
		h.must(d.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`update maker set stage = 'trained' where id = $1`, string(m.ID))
			return err
		}))
		_, err = h.CloseTask(ctx, own, task.ID, task.Version, TaskDone, "")
		h.must(err)
		templates, err := h.Tasks(ctx, own, TaskFilter{Maker: m.ID, State: TaskOpen})
		h.must(err)
		for _, one := range templates.Items {
			_, err := h.CloseTask(ctx, own, one.ID, one.Version, TaskDone, "")
			h.must(err)
		}
		now.Advance(7 * 24 * time.Hour)
		sweep()
		if got := written(m.ID); len(got) != 2 {
			t.Errorf("nothing lags: %q", got)
		}
		if got := written(quick.ID); len(got) != 0 {
			t.Errorf("one that has not begun is written to: %q", got)
		}
	})
}
