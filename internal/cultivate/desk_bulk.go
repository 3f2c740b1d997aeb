package cultivate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Seen is a maker as the person saw it.
type Seen struct {
	Maker   MakerID
	Version int64
}

// Outcome is what became of one maker when the same was done with many.
type Outcome struct {
	Seen  Seen
	Maker Maker  // after it; as it is when Err says why not
	Step  string // of a move, for Undo
	Err   error  // a fault; nil when it was done
}

// maxItems bounds what is done at once.
const maxItems = 1_000

// each does the same with many makers in one transaction. do returns a fault before it writes anything: that maker is left as it is, the others are done.
func (s *Service) each(ctx context.Context, by access.User, items []Seen, do func(*db.Tx, Seen) (Outcome, error)) (outcomes []Outcome, err error) {
	if len(items) == 0 {
		return nil, fault.Invalid.Say("Choose at least one maker.").At("id")
	}
	if len(items) > maxItems {
		return nil, fault.TooLarge.Say("At most %d makers at once.", maxItems).At("id")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		outcomes = nil
		seen := map[MakerID]bool{}
		for _, item := range items {
			if seen[item.Maker] {
				continue
			}
			seen[item.Maker] = true
			o, err := do(tx, item)
			o.Seen = item
			if err != nil {
				f, ok := fault.As(err)
				if !ok || !slices.Contains([]fault.Kind{fault.NotFound, fault.Invalid, fault.Conflict, fault.Forbidden}, f.Kind) {
					return err
				}
				o.Err = f
				if o.Maker, err = findMaker(tx, by, item.Maker); err != nil && !errors.Is(err, fault.NotFound) && !errors.Is(err, fault.Forbidden) {
					return err
				}
			}
			outcomes = append(outcomes, o)
		}
		return nil
	})
	return outcomes, err
}

// MoveMany moves makers to a stage, each by the rules of Move; t.Version is not looked at. Each outcome is done or says why not. It returns an error when
// nothing could be tried.
func (s *Service) MoveMany(ctx context.Context, by access.User, items []Seen, t Transition) ([]Outcome, error) {
	if err := joined([]error{checkText("request", t.Request, maxRequest), checkText("why", t.Why, MaxWhy)}); err != nil {
		return nil, err
	}
	outcomes, err := s.each(ctx, by, items, func(tx *db.Tx, item Seen) (Outcome, error) {
		t := t
		t.Version = item.Version
		m, err := s.move(tx, by, item.Maker, t)
		if err != nil {
			return Outcome{}, err
		}
		steps, err := db.All(tx, scanStep, stepsOf, string(m.ID))
		if err != nil || len(steps) == 0 {
			return Outcome{Maker: m}, err
		}
		return Outcome{Maker: m, Step: steps[len(steps)-1].ID}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("move %d makers to %s: %w", len(items), t.To, err)
	}
	return outcomes, nil
}

// LookAfterMany gives makers to a person of the programme, each by the rules of LookAfter.
func (s *Service) LookAfterMany(ctx context.Context, by access.User, items []Seen, owner access.UserID, name string) ([]Outcome, error) {
	outcomes, err := s.each(ctx, by, items, func(tx *db.Tx, item Seen) (Outcome, error) {
		m, err := findMaker(tx, by, item.Maker)
		if err != nil {
			return Outcome{}, err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return Outcome{}, err
		}
		if m.Version != item.Version {
			return Outcome{}, makerChanged(m)
		}
		m.Owner, m.OwnerName = owner, name
		m = m.touch(tx, by)
		if _, err := ledger.Record(tx, "maker.given", m.Subject(), by.Actor(), map[string]any{"owner": owner}); err != nil {
			return Outcome{}, err
		}
		return Outcome{Maker: m}, keepMaker(tx, m)
	})
	if err != nil {
		return nil, fmt.Errorf("give %d makers: %w", len(items), err)
	}
	return outcomes, nil
}

// GiveTaskMany gives the same task for many makers, each by the rules of GiveTask. A task of the firm's is each firm's own.
func (s *Service) GiveTaskMany(ctx context.Context, by access.User, items []Seen, n NewTask, request string) ([]Outcome, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	outcomes, err := s.each(ctx, by, items, func(tx *db.Tx, item Seen) (Outcome, error) {
		if _, err := s.giveTask(tx, by, item.Maker, n, "", request); err != nil {
			return Outcome{}, err
		}
		m, err := findMaker(tx, by, item.Maker)
		return Outcome{Maker: m}, err
	})
	if err != nil {
		return nil, fmt.Errorf("task for %d makers: %w", len(items), err)
	}
	return outcomes, nil
}

// SendMany writes the same message to many makers, each by the rules of Send.
func (s *Service) SendMany(ctx context.Context, by access.User, items []Seen, text string, files []SentFile, request string) ([]Outcome, error) {
	if err := joined([]error{needText("text", text, maxMessage), checkFiles("files", files)}); err != nil {
		return nil, err
	}
	outcomes, err := s.each(ctx, by, items, func(tx *db.Tx, item Seen) (Outcome, error) {
		if _, err := s.send(tx, by, item.Maker, text, files, request); err != nil {
			return Outcome{}, err
		}
		m, err := findMaker(tx, by, item.Maker)
		return Outcome{Maker: m}, err
	})
	if err != nil {
		return nil, fmt.Errorf("message to %d makers: %w", len(items), err)
	}
	return outcomes, nil
}

// TakenBack is why a step was made that takes another back.
const TakenBack = "taken-back"

// undoFor is how long a move can be taken back. Pages offer it for ten seconds; who reads slowly, or without script, has longer.
const undoFor = 15 * time.Minute

const (
	undoneOf    = `select u.step, u.by_step from step_undone u join maker_step s on s.id = u.step where s.maker = $1`
	writeUndo   = `insert into step_undone (step, by_step) values ($1, $2)`
	stepsByForm = `select maker, id from maker_step where by_id = $1 and request = $2`
	undoPrefix  = "undo:"
)

// MayUndo says whether the person may take back a step at a moment, as far as the step itself tells.
func (s Step) MayUndo(by access.User, at time.Time) bool {
	return s.From != "" && s.Why != TakenBack && s.By == by.ID && at.Sub(s.At) < undoFor
}

// Undo takes back a move by the same person while the maker is still where it went and nothing hangs on it. The move stays in the record, and its taking
// back beside it. The same undo twice is one. It returns fault.Conflict when it is too late.
func (s *Service) Undo(ctx context.Context, by access.User, id MakerID, step string) (m Maker, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err = s.undo(tx, by, id, step)
		return err
	})
	if err != nil {
		return Maker{}, fmt.Errorf("undo step %s of maker %s: %w", step, id, err)
	}
	return m, nil
}

// UndoForm takes back the moves that one form made, each by the rules of Undo. request is the form's id, see Transition. It returns fault.NotFound when the
// person sent no such form.
func (s *Service) UndoForm(ctx context.Context, by access.User, request string) ([]Outcome, error) {
	if request == "" || checkText("request", request, maxRequest) != nil {
		return nil, noForm
	}
	steps := map[MakerID]string{}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		_, err := db.All(tx, func(r db.Row) (n struct{}, err error) {
			var maker MakerID
			var step string
			err = r.Scan(&maker, &step)
			steps[maker] = step
			return n, err
		}, stepsByForm, string(by.ID), request)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(steps) == 0 {
		return nil, noForm
	}
	return s.UndoMany(ctx, by, steps)
}

var noForm = fault.NotFound.Say("There is nothing to take back.")

// UndoMany takes back moves, each by the rules of Undo.
func (s *Service) UndoMany(ctx context.Context, by access.User, steps map[MakerID]string) ([]Outcome, error) {
	var items []Seen
	for _, id := range slices.Sorted(maps.Keys(steps)) {
		items = append(items, Seen{Maker: id})
	}
	outcomes, err := s.each(ctx, by, items, func(tx *db.Tx, item Seen) (Outcome, error) {
		m, err := s.undo(tx, by, item.Maker, steps[item.Maker])
		return Outcome{Maker: m}, err
	})
	if err != nil {
		return nil, fmt.Errorf("undo %d moves: %w", len(items), err)
	}
	return outcomes, nil
}

// undo takes back one move in tx. A fault comes before anything is written.
func (s *Service) undo(tx *db.Tx, by access.User, id MakerID, step string) (Maker, error) {
	m, err := findMaker(tx, by, id)
	if err != nil {
		return m, err
	}
	if err := by.May(access.MakerMove, m.Organisation); err != nil {
		return m, err
	}
	steps, err := db.All(tx, scanStep, stepsOf, string(id))
	if err != nil {
		return m, err
	}
	undone := map[string]string{}
	if _, err := db.All(tx, func(r db.Row) (n struct{}, err error) {
		var step, by string
		err = r.Scan(&step, &by)
		undone[step] = by
		return n, err
	}, undoneOf, string(id)); err != nil {
		return m, err
	}
	if undone[step] != "" {
		return m, nil // a second click
	}
	last := steps[len(steps)-1]
	switch {
	case last.ID != step:
		return m, fault.Conflict.Say("This maker has moved on meanwhile. Move it by a step of its own.")
	case last.By != by.ID:
		return m, fault.Conflict.Say("Only who made this move can take it back.")
	case !last.MayUndo(by, tx.Now()):
		return m, fault.Conflict.Say("It is too late to take this back. Move it by a step of its own.")
	}
	before, ok := m.before(steps, undone)
	if !ok {
		return m, fault.Conflict.Say("It is too late to take this back. Move it by a step of its own.")
	}
	given, err := db.All(tx, scanTask, templateOf, string(id))
	if err != nil {
		return m, err
	}
	for _, t := range given {
		if t.Origin == "stage:"+string(m.Stage) && t.State == TaskDone && !t.ClosedAt.Before(last.At) {
			return m, fault.Conflict.Say("A task of this stage is done already, so the move stays.")
		}
	}
	if before.Stage.Member() && !m.Stage.Member() {
		c, err := findCohort(tx, m.Cohort)
		if err != nil {
			return m, err
		}
		if taken, err := members(tx, m.Cohort); err != nil {
			return m, err
		} else if taken >= c.Places {
			return m, fault.Conflict.Say("The place has been given away meanwhile.")
		}
	}
	// What the move asked is not asked any more, and what it made needless is needed again.
	for _, t := range given {
		if !t.UpdatedAt.Equal(last.At) || t.State == TaskDone {
			continue
		}
		kind := "task.dropped"
		if t.State == TaskOpen {
			t.State, t.ClosedAt, t.ClosedBy, t.ClosedName = TaskDropped, tx.Now(), by.ID, by.Name
		} else {
			kind, t.State, t.ClosedAt, t.ClosedBy, t.ClosedName = "task.reopened", TaskOpen, time.Time{}, "", ""
		}
		if err := recordTask(tx, by, kind, &t, ""); err != nil {
			return m, err
		}
	}
	from := m.Stage
	m.Stage, m.Was, m.Since = before.Stage, before.Was, before.Since
	m = m.touch(tx, by)
	request := undoPrefix + step
	if err := s.recordStep(tx, by, m, Step{From: from, To: m.Stage, Why: TakenBack}, request); err != nil {
		return m, err
	}
	back, err := db.One(tx, scanStep, stepByForm, string(id), string(by.ID), request)
	if err != nil {
		return m, err
	}
	if _, err := tx.Exec(writeUndo, step, back.ID); err != nil {
		return m, err
	}
	return m, tx.Emit(Moved{m.ID, m.Cohort, m.Industry, from, m.Stage, m.Seller, m.Brand, tx.Now()})
}

// before is the maker as it was before its last step: its stages gone through once more, what was taken back left out.
func (m Maker) before(steps []Step, undone map[string]string) (Maker, bool) {
	var was []Maker
	for _, step := range steps {
		isUndo := false
		for _, by := range undone {
			isUndo = isUndo || by == step.ID
		}
		switch {
		case isUndo && len(was) > 0:
			was = was[:len(was)-1]
		case len(was) == 0:
			was = append(was, Maker{Stage: step.To, Since: step.At})
		default:
			was = append(was, was[len(was)-1].moved(step.To, step.At))
		}
	}
	if len(was) < 2 || was[len(was)-1].Stage != m.Stage {
		return m, false
	}
	return was[len(was)-2], true
}
