package cultivate

import (
	"context"
	"fmt"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Roll is how the members of a cohort stand with the lessons they have to pass.
type Roll struct {
	Cohort  Cohort
	Lessons []LessonID // required, in the order of the curriculum
	Rows    []RollRow  // who is furthest behind first
}

// RollRow is one member.
type RollRow struct {
	Maker    Maker
	Learnt   Learnt // what it has opened and passed; attempts are not told
	Progress Progress
	Behind   int // required lessons fewer than by now are expected
}

// Behind is by how many lessons a maker in training is behind the pace that brings it through within the stage's patience; 0 for one that is not in
// training.
func (p Progress) Behind(m Maker, at time.Time) int {
	patience := m.Stage.Patience()
	if m.Stage != Admitted || patience == 0 {
		return 0
	}
	gone := min(at.Sub(m.Since), patience)
	expected := int(int64(p.Required) * int64(gone/time.Hour) / int64(patience/time.Hour))
	return max(0, expected-p.Passed)
}

const (
	makersFrom = `select ` + makerColumns + ` from maker m`
	membersIn  = `select ` + makerColumns + ` from maker where cohort = $1 order by since, id limit $2`
	openedFrom = `select p.maker, p.lesson, p.opened_at, p.passed_at from lesson_progress p join maker m on m.id = p.maker`
	openedIn   = openedFrom + ` where m.cohort = $1`
)

// Roll is a cohort's training on one snapshot. It returns fault.NotFound, and fault.TooLarge for a cohort of more than 2,000 makers.
func (s *Service) Roll(ctx context.Context, by access.User, id CohortID) (roll Roll, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return roll, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		roll = Roll{}
		if roll.Cohort, err = findCohort(tx, id); err != nil {
			return err
		}
		industry := s.Industries[roll.Cohort.Industry]
		roll.Lessons = industry.Required()
		makers, err := db.All(tx, scanMaker, membersIn, string(id), maxBoard+1)
		if err != nil {
			return err
		}
		if len(makers) > maxBoard {
			return fault.TooLarge.Say("A board shows at most %d makers. Use the list of makers.", maxBoard)
		}
		learnt, err := learntBy(tx, openedIn, string(id))
		if err != nil {
			return err
		}
		for _, m := range makers {
			if !m.Stage.Member() {
				continue
			}
			progress := industry.Progress(learnt[m.ID].Passed())
			roll.Rows = append(roll.Rows, RollRow{m, learnt[m.ID], progress, progress.Behind(m, tx.Now())})
		}
		return nil
	})
	if err != nil {
		return Roll{}, fmt.Errorf("training of cohort %s: %w", id, err)
	}
	sortRoll(roll.Rows)
	return roll, nil
}

// learntBy reads what makers have opened and passed.
func learntBy(tx *db.Tx, query string, args ...any) (map[MakerID]Learnt, error) {
	all := map[MakerID]Learnt{}
	_, err := db.All(tx, func(r db.Row) (p LessonProgress, err error) {
		var maker MakerID
		var opened, passed int64
		if err := r.Scan(&maker, &p.Lesson, &opened, &passed); err != nil {
			return p, err
		}
		p.OpenedAt, p.PassedAt = db.Time(opened), db.Time(passed)
		if all[maker] == nil {
			all[maker] = Learnt{}
		}
		all[maker][p.Lesson] = p
		return p, nil
	}, query, args...)
	return all, err
}

// passedLessons is the lessons that makers of a condition have passed.
func passedLessons(tx *db.Tx, w *db.Where) (map[MakerID][]LessonID, error) {
	learnt, err := learntBy(tx, openedFrom+w.Text(), w.Args()...)
	passed := map[MakerID][]LessonID{}
	for id, l := range learnt {
		passed[id] = l.Passed()
	}
	return passed, err
}
