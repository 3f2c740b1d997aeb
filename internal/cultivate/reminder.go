package cultivate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
)

// Reminder is what a firm is reminded of, once a week while something lags.
type Reminder struct {
	Behind int     // lessons fewer than by now are expected
	Next   []Words // the titles of the lessons that come next, at most three
	Late   []Words // the titles of its own tasks that are overdue, at most five
	Others int     // overdue tasks beside those
}

// Needed reports whether there is anything to remind of.
func (r Reminder) Needed() bool { return r.Behind > 0 || len(r.Late) > 0 }

// Text is the message, in Chinese and then in English: which of the two its reader would choose is known to the reader's browser only.
func (r Reminder) Text() string {
	var lines []string
	titles := func(all []Words, chinese bool) string {
		names := make([]string, len(all))
		for i, w := range all {
			if names[i] = w.English; chinese {
				names[i] = w.Chinese
			}
		}
		if chinese {
			return strings.Join(names, "、")
		}
		return strings.Join(names, ", ")
	}
	more := map[bool]string{}
	if r.Others > 0 {
		more[true], more[false] = fmt.Sprintf("，另有 %d 项", r.Others), fmt.Sprintf(" and %d more", r.Others)
	}
	for _, chinese := range []bool{true, false} {
		switch {
		case chinese && r.Behind > 0:
			lines = append(lines, fmt.Sprintf("培训比计划慢了 %d 课。接下来：%s。每课一刻钟左右，手机上就能学。", r.Behind, titles(r.Next, true)))
		case r.Behind > 0:
			lines = append(lines, fmt.Sprintf("The training is behind its plan; lessons missing by now: %d. Next: %s. A lesson takes about a quarter of an hour, on a phone too.", r.Behind, titles(r.Next, false)))
		}
		switch {
		case chinese && len(r.Late) > 0:
			lines = append(lines, "已过期限的任务："+titles(r.Late, true)+more[true]+"。有困难请直接回复。")
		case len(r.Late) > 0:
			lines = append(lines, "Tasks past their day: "+titles(r.Late, false)+more[false]+". If something is in the way, answer here.")
		}
	}
	return strings.Join(lines, "\n")
}

// Those who lag and were not reminded in the week $2: members in training, and whoever has a task past its day.
const (
	remindable = `select ` + makerColumns + ` from maker m where (m.stage = 'admitted' or exists (select 1 from maker_task t where t.maker = m.id and t.side = 'firm' and t.state = 'open' and t.due_at > 0 and t.due_at <= $1))
		and m.stage not in ('refused', 'expelled', 'left') and m.since <= $3
		and not exists (select 1 from maker_message x where x.maker = m.id and x.by_id = $4 and x.request = $2) order by m.id limit 500`
	lateTasks = `select ` + taskColumns + fromTasks + ` where t.maker = $1 and t.side = 'firm' and t.state = 'open' and t.due_at > 0 and t.due_at <= $2 order by t.due_at, t.id limit 100`
	openedBy  = openedFrom + ` where p.maker = $1`
)

// Remind writes a message to each firm that lags behind in its training or with its tasks, at most one a week and none in its first week in a stage.
// It is called often and from several processes; the form's id makes it one message.
func (s *Service) Remind(ctx context.Context) error {
	var due []Maker
	var week string
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		year, number := tx.Now().ISOWeek()
		week = fmt.Sprintf("reminder:%d-W%02d", year, number)
		due, err = db.All(tx, scanMaker, remindable, db.Micros(tx.Now()), week, db.Micros(tx.Now().Add(-7*24*time.Hour)), string(access.System.ID))
		return err
	})
	if err != nil {
		return fmt.Errorf("who is to be reminded: %w", err)
	}
	for _, m := range due {
		if err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			r, err := s.reminder(tx, m)
			if err != nil || !r.Needed() {
				return err
			}
			_, err = s.send(tx, access.System, m.ID, r.Text(), nil, week)
			return err
		}); err != nil {
			return fmt.Errorf("remind maker %s: %w", m.ID, err)
		}
	}
	return nil
}

func (s *Service) reminder(tx *db.Tx, m Maker) (r Reminder, err error) {
	learnt, err := learntBy(tx, openedBy, string(m.ID))
	if err != nil {
		return r, err
	}
	industry := s.Industries[m.Industry]
	passed := learnt[m.ID].Passed()
	if r.Behind = industry.Progress(passed).Behind(m, tx.Now()); r.Behind > 0 {
		for _, id := range industry.Required() {
			if !slices.Contains(passed, id) && len(r.Next) < 3 {
				r.Next = append(r.Next, s.Lessons[id].Title())
			}
		}
	}
	late, err := db.All(tx, scanTask, lateTasks, string(m.ID), db.Micros(tx.Now()))
	for _, t := range late {
		if len(r.Late) == 5 {
			r.Others++
			continue
		}
		title := t.Title
		if title.Chinese == "" {
			title.Chinese = title.English
		}
		r.Late = append(r.Late, title)
	}
	return r, err
}
