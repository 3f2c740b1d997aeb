package cultivate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// go1 moves a maker on as the manager.
func (h *house) go1(m Maker, to ...Stage) Maker {
	h.t.Helper()
	for _, to := range to {
		var err error
		m, err = h.Move(h.t.Context(), h.manager, m.ID, Transition{To: to, Why: "So it is.", Version: m.Version})
		h.must(err)
	}
	return m
}

func TestTasks(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, now.Now, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		m, own := h.maker(c, "海风")
		_, stranger := h.maker(c, "Stranger")
		m = h.go1(m, Applied, Screened)
		page, err := h.Tasks(ctx, own, TaskFilter{Maker: m.ID})
		h.must(err)
		if len(page.Items) != 1 || page.Items[0].Template != "name-a-person" || !page.Items[0].Due.Equal(now.Now().AddDate(0, 0, 7)) {
			t.Fatalf("the firm's tasks on being screened: %+v", page.Items)
		}
		task := page.Items[0]
		if n, err := h.CountTasks(ctx, h.manager, TaskFilter{Maker: m.ID, State: TaskOpen}); err != nil || n != 1 {
			t.Errorf("%d open tasks of both sides, %v: that the papers are whole was asked before the screening", n, err)
		}
		if _, err := h.Task(ctx, stranger, task.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger sees a task: %v", err)
		}
		ours, err := h.GiveTask(ctx, h.manager, m.ID, NewTask{Side: Programme, Owner: h.manager.ID, Name: h.manager.Name, Title: "Call the bank", Due: now.Now().Add(time.Hour)}, "form-1")
		h.must(err)
		twice, err := h.GiveTask(ctx, h.manager, m.ID, NewTask{Side: Programme, Title: "Call the bank"}, "form-1")
		h.must(err)
		if twice.ID != ours.ID {
			t.Error("the same form twice is two tasks")
		}
		if _, err := h.CloseTask(ctx, own, ours.ID, ours.Version, TaskDone, ""); !errors.Is(err, fault.NotFound) {
			t.Errorf("the firm closes what it does not see: %v", err)
		}
		if _, err := h.GiveTask(ctx, own, m.ID, NewTask{Side: FirmSide, Title: "x"}, ""); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm gives tasks: %v", err)
		}
		done, err := h.CloseTask(ctx, own, task.ID, task.Version, TaskDone, "林师傅，13800000000")
		h.must(err)
		if _, err := h.CloseTask(ctx, own, task.ID, task.Version, TaskDone, ""); err != nil {
			t.Errorf("a second click: %v", err)
		}
		if _, err := h.CloseTask(ctx, own, done.ID, done.Version, TaskDropped, ""); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm drops a task: %v", err)
		}
		if _, err := h.ChangeTask(ctx, h.other, ours.ID, ours.Version-1, h.other.ID, h.other.Name, time.Time{}); !errors.Is(err, fault.Conflict) {
			t.Errorf("changed on what was read before: %v", err)
		}

		// Entering a stage again asks nothing twice.
		m = h.go1(m, Refused, Draft, Applied, Screened)
		if n, err := h.CountTasks(ctx, h.manager, TaskFilter{Maker: m.ID}); err != nil || n != 3 {
			t.Errorf("%d tasks after it went the way again, %v", n, err)
		}
		now.Advance(2 * time.Hour)
		late, err := h.Tasks(ctx, h.manager, TaskFilter{Overdue: true})
		h.must(err)
		if len(late.Items) != 1 || late.Items[0].ID != ours.ID || !late.Items[0].Overdue(now.Now()) {
			t.Errorf("what is overdue: %+v", late.Items)
		}
		var all []Task
		for after := ""; ; {
			page, err := h.Tasks(ctx, h.manager, TaskFilter{After: after, Limit: 1})
			h.must(err)
			all = append(all, page.Items...)
			if after = page.Next; after == "" {
				break
			}
		}
		if len(all) != 3 || all[0].ID != ours.ID || all[2].State != TaskDone {
			t.Errorf("page by page: %+v", all)
		}
		found, err := h.Tasks(ctx, h.manager, TaskFilter{Text: "海风 bank"})
		h.must(err)
		if len(found.Items) != 1 {
			t.Errorf("by words of the maker and the task: %+v", found.Items)
		}
		now.Advance(-2 * time.Hour)
	})
}

func TestMessages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		m, own := h.maker(c, "海风")
		_, stranger := h.maker(c, "Stranger")
		file := SentFile{blob.Of([]byte("moulds")), "模具清单.pdf"}
		first, err := h.Send(ctx, own, m.ID, "清单在附件里。", []SentFile{file}, "f1")
		h.must(err)
		if again, err := h.Send(ctx, own, m.ID, "清单在附件里。", nil, "f1"); err != nil || again.ID != first.ID {
			t.Errorf("the same form twice: %v", err)
		}
		_, err = h.Send(ctx, own, m.ID, "还有一件事。", nil, "")
		h.must(err)
		unread, err := h.Unread(ctx, h.manager)
		h.must(err)
		if unread[m.ID] != 2 {
			t.Errorf("unread by the programme: %v", unread)
		}
		page, n, err := h.Messages(ctx, h.manager, m.ID, "", 0)
		h.must(err)
		if n != 2 || len(page.Items) != 2 || page.Items[0].ID == first.ID || len(page.Items[1].Attachments) != 1 || page.Items[1].Attachments[0].Name != "模具清单.pdf" {
			t.Errorf("the conversation: %d unread, %+v", n, page.Items)
		}
		h.must(h.Read(ctx, h.manager, m.ID, page.Items[0].At))
		h.must(h.Read(ctx, h.manager, m.ID, page.Items[1].At)) // an older page read later takes nothing back
		if _, n, err := h.Messages(ctx, h.manager, m.ID, "", 0); err != nil || n != 0 {
			t.Errorf("%d unread after reading, %v", n, err)
		}
		_, err = h.Send(ctx, h.manager, m.ID, "Thank you.", nil, "")
		h.must(err)
		if unread, err := h.Unread(ctx, own); err != nil || unread[m.ID] != 1 {
			t.Errorf("unread by the firm: %v, %v", unread, err)
		}
		if _, err := h.Send(ctx, stranger, m.ID, "Hello", nil, ""); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger writes: %v", err)
		}
		if _, _, err := h.Messages(ctx, stranger, m.ID, "", 0); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger reads: %v", err)
		}
		if _, err := h.Send(ctx, own, m.ID, " ", nil, ""); !errors.Is(err, fault.Invalid) {
			t.Errorf("an empty message: %v", err)
		}
		files, err := h.DocumentList(ctx, own, m.ID)
		h.must(err)
		if len(files) != 1 || files[0].Hash != file.Hash {
			t.Errorf("the files: %+v", files)
		}
		if _, err := h.Attachment(ctx, stranger, m.ID, files[0].ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger takes a file: %v", err)
		}
	})
}

func TestCorrectiveAction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		var kept []gate
		for _, g := range gates {
			if g.condition == "actions-closed" {
				kept = append(kept, g)
			}
		}
		only(t, kept...)
		m, own := h.maker(h.cohort(3), "海风")
		m = h.go1(m, Applied, Screened, Visited, Admitted, Trained)
		a, err := h.Find(ctx, h.manager, m.ID, "Soles come off after 20,000 bends.", time.Now().AddDate(0, 0, 14), "f")
		h.must(err)
		if _, err := h.Move(ctx, h.manager, m.ID, Transition{To: Approved, Version: m.Version}); !errors.Is(err, fault.Conflict) {
			t.Errorf("approved with an open action: %v", err)
		}
		board, err := h.Board(ctx, h.manager, m.Cohort, BoardFilter{Blocker: "actions-closed"})
		h.must(err)
		if board.Shown != 1 || len(board.Blockers) != 1 || board.Blockers[0].Makers != 1 {
			t.Errorf("the board: %+v", board)
		}
		take := func(by access.User, to ActionState, cause string) error {
			next, err := h.TakeOn(ctx, by, a.ID, ActionMove{To: to, Cause: cause, Said: "So.", Version: a.Version})
			if err == nil {
				a = next
			}
			return err
		}
		for _, wrong := range []struct {
			by    access.User
			to    ActionState
			cause string
			kind  fault.Kind
		}{{own, ActionPlanned, "", fault.Invalid}, {own, ActionShown, "", fault.Conflict}, {own, ActionDropped, "", fault.Forbidden}} {
			if err := take(wrong.by, wrong.to, wrong.cause); !errors.Is(err, wrong.kind) {
				t.Errorf("%s by %s: %v", wrong.to, wrong.by.Name, err)
			}
		}
		h.must(take(own, ActionPlanned, "Old glue."))
		h.must(take(own, ActionShown, ""))
		if err := take(own, ActionVerified, ""); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm verifies: %v", err)
		}
		h.must(take(h.manager, ActionPlanned, "")) // sent back
		h.must(take(h.manager, ActionShown, ""))   // entered for the firm
		if err := take(h.manager, ActionVerified, ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("verified by who showed it: %v", err)
		}
		h.must(take(h.other, ActionVerified, ""))
		all, err := h.Actions(ctx, own, m.ID)
		h.must(err)
		if len(all) != 1 || len(all[0].Steps) != 6 || all[0].Cause != "Old glue." || all[0].State.Open() {
			t.Errorf("the actions: %+v", all)
		}
		h.go1(m, Approved)
	})
}

func TestMentorVisit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		m, own := h.maker(h.cohort(3), "海风")
		v, err := h.PlanMentor(ctx, h.manager, MentorVisit{Maker: m.ID, Mentor: "黄师傅", At: time.Now().Add(48 * time.Hour), Agenda: "Last moulds"}, "f")
		h.must(err)
		if _, err := h.PlanMentor(ctx, own, MentorVisit{Maker: m.ID, Mentor: "x", At: time.Now()}, ""); !errors.Is(err, fault.Forbidden) {
			t.Errorf("planned by the firm: %v", err)
		}
		bad := []NewTask{{Side: FirmSide, Title: "Order new lasts"}, {Side: "nobody", Title: "x"}}
		if _, err := h.HoldMentor(ctx, h.manager, v.ID, v.Version, "New lasts.", bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("a task for nobody: %v", err)
		}
		if n, err := h.CountTasks(ctx, h.manager, TaskFilter{Maker: m.ID}); err != nil || n != 0 {
			t.Errorf("half of it was kept: %d, %v", n, err)
		}
		bad[1] = NewTask{Side: Programme, Title: "Find a supplier"}
		v, err = h.HoldMentor(ctx, h.manager, v.ID, v.Version, "New lasts.", bad)
		h.must(err)
		if _, err := h.ChangeMentor(ctx, h.manager, v.ID, v.Version, MentorCancelled, v.At); !errors.Is(err, fault.Conflict) {
			t.Errorf("cancelled after it was held: %v", err)
		}
		seen, err := h.MentorVisits(ctx, own, m.ID)
		h.must(err)
		if len(seen) != 1 || len(seen[0].Tasks) != 1 || seen[0].Tasks[0].Title.English != "Order new lasts" {
			t.Errorf("what the firm sees: %+v", seen)
		}
	})
}

func TestMoveManyAndUndo(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, now.Now, func(t *testing.T, d *db.DB) {
		blocked := MakerID("")
		only(t, gate{condition: "ready", stage: Screened, words: Words{"Ready", "就绪"}, answer: func(_ *Service, _ *db.Tx, m Maker) (Answer, error) { return Answer{Met: m.ID != blocked}, nil }})
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		var some []Seen
		var makers []Maker
		for i := range 4 {
			m, _ := h.maker(c, fmt.Sprintf("Maker %d", i))
			m = h.go1(m, Applied)
			makers = append(makers, m)
			some = append(some, Seen{m.ID, m.Version})
		}
		blocked = makers[1].ID
		some[2].Version--
		some = append(some, Seen{"nobody", 1}, some[0])
		entered := now.Now()
		now.Advance(time.Minute)
		outcomes, err := h.MoveMany(ctx, h.manager, some, Transition{To: Screened, Request: "bulk-1"})
		h.must(err)
		want := []error{nil, fault.Conflict, fault.Conflict, nil, fault.NotFound}
		if len(outcomes) != len(want) {
			t.Fatalf("%d outcomes", len(outcomes))
		}
		undo := map[MakerID]string{}
		for i, o := range outcomes {
			if !errors.Is(o.Err, want[i]) {
				t.Errorf("outcome %d: %v, want %v", i, o.Err, want[i])
			}
			if o.Err == nil {
				undo[o.Maker.ID] = o.Step
			}
		}
		again, err := h.MoveMany(ctx, h.manager, some[:1], Transition{To: Screened, Request: "bulk-1"})
		h.must(err)
		if again[0].Err != nil || again[0].Maker.Version != outcomes[0].Maker.Version {
			t.Errorf("the same form again: %+v", again)
		}
		if _, err := h.Undo(ctx, h.other, makers[0].ID, undo[makers[0].ID]); !errors.Is(err, fault.Conflict) {
			t.Errorf("taken back by another: %v", err)
		}
		back, err := h.UndoForm(ctx, h.manager, "bulk-1")
		h.must(err)
		for _, o := range back {
			if o.Err != nil || o.Maker.Stage != Applied || !o.Maker.Since.Equal(entered) {
				t.Errorf("taken back: %+v", o)
			}
		}
		if m, err := h.Undo(ctx, h.manager, makers[0].ID, undo[makers[0].ID]); err != nil || m.Stage != Applied {
			t.Errorf("a second click: %v", err)
		}
		open, err := h.Tasks(ctx, h.manager, TaskFilter{Maker: makers[0].ID, State: TaskOpen})
		h.must(err)
		if len(open.Items) != 1 { // that of Applied stays
			t.Errorf("tasks after the undo: %+v", open.Items)
		}
		steps, err := h.Steps(ctx, h.manager, makers[0].ID)
		h.must(err)
		if len(steps) != 4 || steps[3].Why != TakenBack || steps[3].MayUndo(h.manager, now.Now()) {
			t.Errorf("the steps: %+v", steps)
		}

		// What hangs on a move keeps it.
		m := h.go1(back[0].Maker, Screened)
		steps, err = h.Steps(ctx, h.manager, m.ID)
		h.must(err)
		open, err = h.Tasks(ctx, h.manager, TaskFilter{Maker: m.ID, State: TaskOpen, Side: FirmSide})
		h.must(err)
		_, err = h.CloseTask(ctx, h.manager, open.Items[0].ID, open.Items[0].Version, TaskDone, "")
		h.must(err)
		if _, err := h.Undo(ctx, h.manager, m.ID, steps[len(steps)-1].ID); !errors.Is(err, fault.Conflict) {
			t.Errorf("taken back though a task is done: %v", err)
		}
		m2 := h.go1(back[1].Maker, Screened)
		steps, err = h.Steps(ctx, h.manager, m2.ID)
		h.must(err)
		now.Advance(undoFor)
		if _, err := h.Undo(ctx, h.manager, m2.ID, steps[len(steps)-1].ID); !errors.Is(err, fault.Conflict) {
			t.Errorf("taken back too late: %v", err)
		}
	})
}

// TestUndoRemembersWhereASuspendedMakerWas takes back moves to and from the side of the way.
func TestUndoRemembersWhereASuspendedMakerWas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		m, _ := h.maker(h.cohort(3), "海风")
		m = h.go1(m, Applied, Screened, Visited, Admitted, Trained, Suspended)
		undo := func() {
			t.Helper()
			steps, err := h.Steps(ctx, h.manager, m.ID)
			h.must(err)
			m, err = h.Undo(ctx, h.manager, m.ID, steps[len(steps)-1].ID)
			h.must(err)
		}
		m = h.go1(m, Trained)
		undo()
		if m.Stage != Suspended || m.Was != Trained {
			t.Errorf("back to suspended: %+v", m)
		}
		m = h.go1(m, Relapsed)
		undo()
		if m.Stage != Suspended || m.Was != Trained {
			t.Errorf("back from relapsed: %+v", m)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		a, own := h.maker(c, "A")
		b, _ := h.maker(c, "B")
		both := []Seen{{a.ID, a.Version}, {b.ID, b.Version}}
		given, err := h.LookAfterMany(ctx, h.manager, both, h.other.ID, h.other.Name)
		h.must(err)
		if given[1].Err != nil || given[1].Maker.OwnerName != h.other.Name {
			t.Errorf("given: %+v", given)
		}
		again, err := h.LookAfterMany(ctx, h.manager, both, "", "")
		h.must(err)
		if !errors.Is(again[0].Err, fault.Conflict) {
			t.Errorf("given on what was read before: %+v", again)
		}
		tasks, err := h.GiveTaskMany(ctx, h.manager, both, NewTask{Side: FirmSide, Title: "Come on Tuesday"}, "f")
		h.must(err)
		sent, err := h.SendMany(ctx, h.manager, both, "Come on Tuesday.", nil, "f")
		h.must(err)
		if tasks[0].Err != nil || sent[1].Err != nil {
			t.Errorf("tasks %+v, messages %+v", tasks, sent)
		}
		foreign, err := h.SendMany(ctx, own, both, "Hello", nil, "")
		h.must(err)
		if foreign[0].Err != nil || !errors.Is(foreign[1].Err, fault.NotFound) || foreign[1].Maker.ID != "" {
			t.Errorf("a firm writes to another: %+v", foreign)
		}
	})
}

func TestBoard(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, now.Now, func(t *testing.T, d *db.DB) {
		isReady := map[MakerID]bool{}
		ready := func(_ *Service, _ *db.Tx, m Maker) (Answer, error) { return Answer{Met: isReady[m.ID]}, nil }
		only(t, gate{condition: "a", stage: Screened, words: Words{"A", "甲"}, answer: ready}, gate{condition: "b", stage: Screened, words: Words{"B", "乙"}, answer: met(new(bool))})
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		x, _ := h.maker(c, "X 海风")
		y, _ := h.maker(c, "Y")
		z, _ := h.maker(c, "Z")
		x, y = h.go1(x, Applied), h.go1(y, Applied)
		isReady[x.ID] = true
		z = h.go1(z, Left)
		now.Advance(8 * 24 * time.Hour)
		_, err := h.LookAfter(ctx, h.manager, x.ID, x.Version, h.manager.ID, h.manager.Name)
		h.must(err)
		b, err := h.Board(ctx, h.manager, c.ID, BoardFilter{})
		h.must(err)
		if b.Total != 3 || b.Shown != 3 || b.Stuck != 2 || len(b.Columns) != len(Way())+1 || b.Columns[len(b.Columns)-1].Stage != Left {
			t.Errorf("the board: %+v", b)
		}
		cards := b.Columns[1].Cards
		if len(cards) != 2 || cards[0].Blocks.Condition != "b" || cards[1].Blocks.Condition != "a" || cards[0].Days != 8 || cards[0].Tasks != 1 || cards[0].Overdue != 1 {
			t.Errorf("the cards: %+v", cards)
		}
		h.must(h.Waive(ctx, h.manager, y.ID, "a", "Known."))
		for _, f := range []struct {
			filter BoardFilter
			shown  int
		}{{BoardFilter{Blocker: "b"}, 2}, {BoardFilter{Blocker: "a"}, 0}, {BoardFilter{Owner: h.manager.ID}, 1}, {BoardFilter{Nobody: true}, 2}, {BoardFilter{Stuck: true}, 2}, {BoardFilter{Text: "海风"}, 1}} {
			b, err := h.Board(ctx, h.manager, c.ID, f.filter)
			h.must(err)
			if b.Shown != f.shown || b.Total != 3 {
				t.Errorf("%+v shows %d, want %d", f.filter, b.Shown, f.shown)
			}
		}
		_ = z
		now.Advance(-8 * 24 * time.Hour)
	})
}

func TestCalendar(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		c.Closes = time.Now().AddDate(0, 1, 0)
		_, err := h.SaveCohort(ctx, h.manager, c)
		h.must(err)
		m, link, err := h.Enrol(ctx, h.manager, c.ID, Firm{Name: "海风", Person: "林师傅", Email: "lin@example.com"})
		h.must(err)
		session, err := h.Access.SignInByLink(ctx, link, "192.0.2.1:1")
		h.must(err)
		own, _, err := h.Access.Authenticate(ctx, session.Token)
		h.must(err)
		_, err = h.GiveTask(ctx, h.manager, m.ID, NewTask{Side: FirmSide, Title: "Moulds", Due: time.Now().AddDate(0, 0, 3)}, "")
		h.must(err)
		_, err = h.GiveTask(ctx, h.manager, m.ID, NewTask{Side: Programme, Title: "Bank", Due: time.Now().AddDate(0, 0, 3)}, "")
		h.must(err)
		_, err = h.PlanMentor(ctx, h.manager, MentorVisit{Maker: m.ID, Mentor: "黄师傅", At: time.Now().AddDate(0, 0, 5)}, "")
		h.must(err)
		_, err = h.Find(ctx, h.manager, m.ID, "Glue", time.Now().AddDate(0, 0, 9), "")
		h.must(err)

		if f, err := h.Feed(ctx, own); err != nil || !f.MadeAt.IsZero() {
			t.Errorf("before there is one: %+v, %v", f, err)
		}
		secret, err := h.MakeFeed(ctx, own)
		h.must(err)
		entries, by, err := h.Calendar(ctx, secret)
		h.must(err)
		if by.ID != own.ID || len(entries) != 4 {
			t.Errorf("%s sees %+v", by.Name, entries)
		}
		if f, err := h.Feed(ctx, own); err != nil || f.ReadAt.IsZero() {
			t.Errorf("after it was read: %+v, %v", f, err)
		}
		ours, err := h.Dates(ctx, h.manager)
		h.must(err)
		if len(ours) != 5 {
			t.Errorf("the programme sees %+v", ours)
		}
		next, err := h.MakeFeed(ctx, own)
		h.must(err)
		if _, _, err := h.Calendar(ctx, secret); !errors.Is(err, fault.NotFound) {
			t.Errorf("the old secret: %v", err)
		}
		h.must(h.RevokeFeed(ctx, own))
		for _, wrong := range []string{next, "", "\x00", strings.Repeat("x", 1000)} {
			if _, _, err := h.Calendar(ctx, wrong); !errors.Is(err, fault.NotFound) {
				t.Errorf("secret %.20q: %v", wrong, err)
			}
		}
	})
}

// BenchmarkBoard is the board of a cohort of 300 makers with the gates as they stand.
func BenchmarkBoard(b *testing.B) {
	for _, engine := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(engine), func(b *testing.B) {
			d := dbtest.On(b, engine)
			people := &access.Service{DB: d}
			if _, err := people.Bootstrap(b.Context(), "Marketplace", "Admin", "admin@example.com"); err != nil {
				b.Fatal(err)
			}
			s := &Service{DB: d, Access: people, Industries: Industries{"shoes": {ID: "shoes"}}}
			by := access.User{ID: "m", Name: "M", Org: access.OperatorID, Roles: []access.Role{access.ProgrammeManager}}
			c, err := s.SaveCohort(b.Context(), by, Cohort{Industry: "shoes", Name: "I", Places: 300})
			if err != nil {
				b.Fatal(err)
			}
			err = d.Tx(b.Context(), func(tx *db.Tx) error {
				for i := range 300 {
					m := Maker{ID: MakerID(db.NewID()), Cohort: c.ID, Industry: "shoes", Organisation: access.OrgID(fmt.Sprint(i)), Name: "Maker", Stage: Way()[i%len(Way())], Since: tx.Now(), MadeAt: tx.Now(), Version: 1}
					if err := keepMaker(tx, m); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := s.Board(b.Context(), by, c.ID, BoardFilter{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestTaskTemplates(t *testing.T) {
	if all, err := ReadTaskTemplates(shippedTasks); err != nil || len(all) < 8 {
		t.Errorf("%d templates: %v", len(all), err)
	}
	for name, file := range map[string]string{
		"unknown field": "- {id: a, stage: applied, side: firm, title: {en: a, zh: b}, colour: red}", "no stage": "- {id: a, stage: nowhere, side: firm, title: {en: a, zh: b}}",
		"one language": "- {id: a, stage: applied, side: firm, title: {en: a}}", "twice": "- {id: a, stage: applied, side: firm, title: {en: a, zh: b}}\n- {id: a, stage: applied, side: firm, title: {en: a, zh: b}}",
		"no list": "id: a", "no side": "- {id: a, stage: applied, side: all, title: {en: a, zh: b}}",
		"ends before it begins": "- {id: a, stage: trained, until: applied, side: firm, title: {en: a, zh: b}}", "ends at once": "- {id: a, stage: trained, until: trained, side: firm, title: {en: a, zh: b}}",
		"ends nowhere": "- {id: a, stage: trained, until: rich, side: firm, title: {en: a, zh: b}}",
	} {
		if _, err := ReadTaskTemplates([]byte(file)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
