package cultivate

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var noTask = fault.NotFound.Say("There is no such task.")

// TaskFilter says which tasks a list shows. The zero one shows all that the person may see.
type TaskFilter struct {
	Maker   MakerID
	Cohort  CohortID
	Owner   access.UserID
	Side    Side
	State   TaskState
	Overdue bool // only open ones whose time is over
	Text    string
	After   string
	Limit   int // rows a page, at most 500; 0 means 50
}

func (f TaskFilter) where(by access.User, now time.Time) (*db.Where, error) {
	w := &db.Where{}
	if by.Reach(access.MakerRead) == access.Own {
		w.And(`m.organisation = ?`, string(by.Org))
		w.And(`t.side = ?`, string(FirmSide))
	}
	for _, c := range []struct{ condition, value string }{
		{`t.maker = ?`, string(f.Maker)}, {`m.cohort = ?`, string(f.Cohort)}, {`t.owner = ?`, string(f.Owner)}, {`t.side = ?`, string(f.Side)}, {`t.state = ?`, string(f.State)},
	} {
		if err := checkText("filter", c.value, maxSearch); err != nil {
			return nil, err
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	if f.Overdue {
		w.And(`t.state = 'open' and t.due_at > 0 and t.due_at <= ?`, db.Micros(now))
	}
	if err := checkText("text", f.Text, maxSearch); err != nil {
		return nil, err
	}
	for _, word := range strings.Fields(db.Fold(f.Text))[:min(8, len(strings.Fields(db.Fold(f.Text))))] {
		w.And(`(t.search like ? escape '\' or m.search like ? escape '\')`, db.Containing(word), db.Containing(word))
	}
	return w, nil
}

// Tasks lists tasks: open ones first, then by the date they are due, those without one last.
func (s *Service) Tasks(ctx context.Context, by access.User, f TaskFilter) (page db.Page[Task], err error) {
	if !by.Can(access.MakerRead) {
		return page, by.May(access.MakerRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := f.where(by, tx.Now())
		if err != nil {
			return err
		}
		if f.After != "" {
			var closed, due int64
			var id string
			if err := db.ParseCursor(f.After, "tasks", &closed, &due, &id); err != nil {
				return err
			}
			w.And(`(`+taskOrder+`, t.id) > (?, ?, ?)`, closed, due, id)
		}
		limit := db.Limit(f.Limit, 50, 500)
		w.Then(`order by `+taskOrder+`, t.id limit ?`, limit+1)
		rows, err := db.All(tx, scanTask, listTasks+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Task) string {
			due := db.Micros(last.Due)
			if due == 0 {
				due = never
			}
			return db.Cursor("tasks", map[bool]int64{true: 0, false: 1}[last.State == TaskOpen], due, last.ID)
		})
		return err
	})
	return page, err
}

// taskOrder puts what is open first, and what has no date behind what has one; never is later than any date.
const (
	never     = int64(9_000_000_000_000_000)
	taskOrder = `case when t.state = 'open' then 0 else 1 end, case when t.due_at = 0 then 9000000000000000 else t.due_at end`
)

// CountTasks is how many tasks the filter's pages show together.
func (s *Service) CountTasks(ctx context.Context, by access.User, f TaskFilter) (n int64, err error) {
	if !by.Can(access.MakerRead) {
		return 0, by.May(access.MakerRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := f.where(by, tx.Now())
		if err != nil {
			return err
		}
		n, err = db.One(tx, db.Value[int64], countTasks+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// ExportTasks gives every task of the filter, page by page.
func (s *Service) ExportTasks(ctx context.Context, by access.User, f TaskFilter) iter.Seq2[Task, error] {
	f.Limit = 500
	return db.Pages(f.After, func(after string) (db.Page[Task], error) {
		f.After = after
		return s.Tasks(ctx, by, f)
	})
}

// GiveTask gives a task to a person or a side. request is the form's own id: the same one twice is one task. It returns fault.Invalid for each thing wrong.
func (s *Service) GiveTask(ctx context.Context, by access.User, id MakerID, n NewTask, request string) (t Task, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		t, err = s.giveTask(tx, by, id, n, "", request)
		return err
	})
	if err != nil {
		return Task{}, fmt.Errorf("task for maker %s: %w", id, err)
	}
	return t, nil
}

// giveTask gives one task in tx. A fault comes before anything is written.
func (s *Service) giveTask(tx *db.Tx, by access.User, id MakerID, n NewTask, origin, request string) (Task, error) {
	m, err := findMaker(tx, by, id)
	if err != nil {
		return Task{}, err
	}
	if err := by.May(access.MakerMove, m.Organisation); err != nil {
		return Task{}, err
	}
	if err := joined([]error{n.check(), checkText("request", request, maxRequest)}); err != nil {
		return Task{}, err
	}
	if request != "" {
		t, err := db.One(tx, scanTask, taskByForm, string(id), string(by.ID), request)
		if err == nil || fault.Of(err) != fault.NotFound {
			return t, err
		}
	}
	title, detail := strings.TrimSpace(n.Title), strings.TrimSpace(n.Detail)
	t := Task{ID: TaskID(db.NewID()), Maker: id, MakerName: m.Name, Side: n.Side, Owner: n.Owner, OwnerName: n.Name, Title: Words{title, title}, Detail: Words{detail, detail}, Due: n.Due,
		Origin: origin, State: TaskOpen, MadeAt: tx.Now(), MadeBy: by.ID}
	return t, recordTask(tx, by, "task.given", &t, request)
}

// taskEntry is what the ledger keeps of a task.
type taskEntry struct {
	Task     TaskID        `json:"task"`
	Maker    MakerID       `json:"maker"`
	Side     Side          `json:"side"`
	Owner    access.UserID `json:"owner,omitempty"`
	Title    string        `json:"title"`
	Due      time.Time     `json:"due,omitzero"`
	Template string        `json:"template,omitempty"`
	State    TaskState     `json:"state"`
	Said     string        `json:"said,omitempty"`
	By       access.UserID `json:"by"`
}

func recordTask(tx *db.Tx, by access.User, kind string, t *Task, request string) error {
	t.Version, t.UpdatedAt, t.UpdatedBy = t.Version+1, tx.Now(), by.Name
	entry := taskEntry{t.ID, t.Maker, t.Side, t.Owner, t.Title.English, t.Due, t.Template, t.State, t.Said, by.ID}
	if _, err := ledger.Record(tx, kind, Maker{ID: t.Maker}.Subject(), by.Actor(), entry); err != nil {
		return err
	}
	return keepTask(tx, *t, request)
}

// CloseTask says that a task is done or not needed, or opens it again. The firm's people close their own side's; only the programme drops one. It returns
// fault.Conflict when somebody was first.
func (s *Service) CloseTask(ctx context.Context, by access.User, id TaskID, version int64, to TaskState, said string) (t Task, err error) {
	if err := checkText("said", said, MaxWhy); err != nil {
		return t, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var m Maker
		if t, m, err = findTask(tx, by, id); err != nil {
			return err
		}
		if err := t.mayClose(by, m); err != nil {
			return err
		}
		if to == TaskDropped {
			if err := by.May(access.MakerMove, m.Organisation); err != nil {
				return err
			}
		}
		if t.Version != version {
			if t.State == to {
				return nil // a second click
			}
			return taskChanged(t)
		}
		if !slices.Contains(taskMoves[t.State], to) {
			return fault.Conflict.Say("This task is closed already.")
		}
		t.State, t.Said, t.ClosedAt, t.ClosedBy, t.ClosedName = to, strings.TrimSpace(said), tx.Now(), by.ID, by.Name
		if to == TaskOpen {
			t.ClosedAt, t.ClosedBy, t.ClosedName = time.Time{}, "", ""
		}
		return recordTask(tx, by, "task."+map[TaskState]string{TaskDone: "done", TaskDropped: "dropped", TaskOpen: "reopened"}[to], &t, "")
	})
	if err != nil {
		return Task{}, fmt.Errorf("close task %s: %w", id, err)
	}
	return t, nil
}

// ChangeTask gives an open task another owner on its side or another date. It returns fault.Conflict when somebody was first or the task is closed.
func (s *Service) ChangeTask(ctx context.Context, by access.User, id TaskID, version int64, owner access.UserID, name string, due time.Time) (t Task, err error) {
	if err := checkText("owner", string(owner)+name, maxName); err != nil {
		return t, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var m Maker
		if t, m, err = findTask(tx, by, id); err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if t.Version != version {
			return taskChanged(t)
		}
		if t.State != TaskOpen {
			return fault.Conflict.Say("This task is closed already.")
		}
		t.Owner, t.OwnerName, t.Due = owner, name, due
		return recordTask(tx, by, "task.changed", &t, "")
	})
	if err != nil {
		return Task{}, fmt.Errorf("change task %s: %w", id, err)
	}
	return t, nil
}

func taskChanged(t Task) error {
	return fault.Conflict.Say("%s has changed this task meanwhile, at %s. Look at the change and try again.", t.UpdatedBy, moment(t.UpdatedAt))
}

// findTask is a task that the person may see, with its maker.
func findTask(tx *db.Tx, by access.User, id TaskID) (Task, Maker, error) {
	if id == "" || db.Text(string(id)) != nil {
		return Task{}, Maker{}, noTask
	}
	t, err := db.One(tx, scanTask, oneTask, string(id))
	if fault.Of(err) == fault.NotFound {
		return t, Maker{}, noTask
	}
	if err != nil {
		return t, Maker{}, err
	}
	m, err := findMaker(tx, by, t.Maker)
	if fault.Of(err) == fault.NotFound || err == nil && t.Side == Programme && SideOf(by) == FirmSide {
		return Task{}, Maker{}, noTask
	}
	return t, m, err
}

// Task is one task. It returns fault.NotFound.
func (s *Service) Task(ctx context.Context, by access.User, id TaskID) (t Task, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		t, _, err = findTask(tx, by, id)
		return err
	})
	return t, err
}

// moot reports whether nobody needs a template's task any more of a maker in the stage.
func (t TaskTemplate) moot(now Stage) bool {
	return now.Over() || t.Until != "" && now.After(t.Until)
}

// askOnEntering gives the tasks that a stage asks, once for each maker however often it enters; a dropped one is asked again. What earlier stages asked and nobody
// needs any more is dropped.
func (s *Service) askOnEntering(tx *db.Tx, by access.User, m Maker) error {
	templates := s.TaskTemplates
	if templates == nil {
		templates = shippedTemplates()
	}
	given, err := db.All(tx, scanTask, templateOf, string(m.ID))
	if err != nil {
		return err
	}
	for _, template := range templates {
		at := slices.IndexFunc(given, func(g Task) bool { return g.Template == template.ID && g.State == TaskOpen })
		if at >= 0 && template.moot(m.Stage) {
			t := given[at]
			t.State, t.ClosedAt, t.ClosedBy, t.ClosedName = TaskDropped, tx.Now(), by.ID, by.Name
			if err := recordTask(tx, by, "task.dropped", &t, ""); err != nil {
				return err
			}
		}
		if template.Stage != m.Stage {
			continue
		}
		t := Task{ID: TaskID(db.NewID()), Maker: m.ID, MakerName: m.Name, Side: template.Side, Title: template.Title, Detail: template.Detail, Template: template.ID, MadeAt: tx.Now(), MadeBy: by.ID}
		if at := slices.IndexFunc(given, func(g Task) bool { return g.Template == template.ID }); at >= 0 {
			if t = given[at]; t.State != TaskDropped {
				continue
			}
		}
		if t.Side == Programme {
			t.Owner, t.OwnerName = m.Owner, m.OwnerName
		}
		t.State, t.Origin, t.Said, t.ClosedAt, t.ClosedBy, t.ClosedName = TaskOpen, "stage:"+string(m.Stage), "", time.Time{}, "", ""
		if t.Due = (time.Time{}); template.Days > 0 {
			t.Due = tx.Now().AddDate(0, 0, template.Days)
		}
		if err := recordTask(tx, by, "task.given", &t, ""); err != nil {
			return err
		}
	}
	return nil
}
