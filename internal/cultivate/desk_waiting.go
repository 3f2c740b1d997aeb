package cultivate

import (
	"context"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
)

// Waiting is one thing that waits for a person. It is found out when it is asked for and nothing is kept of it: what was done waits no more.
type Waiting struct {
	Kind      WaitingKind
	ID        string // of the task, action or visit; empty for messages and training
	Maker     MakerID
	MakerName string
	Words     Words     // of the thing itself; empty for messages and training
	Due       time.Time // zero: no date
	Overdue   bool
	Count     int // of messages; of lessons that a maker is behind
}

// WaitingKind says what it is that waits.
type WaitingKind string

// The kinds of things that wait.
const (
	WaitingTask     WaitingKind = "task"
	WaitingAction   WaitingKind = "action"  // its time is over, or it is the person's turn
	WaitingMessage  WaitingKind = "message" // not read yet
	WaitingTraining WaitingKind = "training"
	WaitingMentor   WaitingKind = "mentor"
)

// How far ahead what waits is told of: a manager's day, and two weeks for a firm, which looks in seldom.
const (
	managerAhead = 24 * time.Hour
	firmAhead    = 14 * 24 * time.Hour
)

// mostWaiting bounds each kind of thing that waits. Who has more of one kind has other worries than its last row.
const mostWaiting = 200

// Waits is what waits for a person, overdue things first, then by their date, those without one last: for the firm's people their tasks, answers to
// corrective actions, messages, visits and lessons they are behind with; for the programme's the same of makers they look after or nobody does.
func (s *Service) Waits(ctx context.Context, by access.User) (all []Waiting, err error) {
	if !by.Can(access.MakerRead) {
		return nil, by.May(access.MakerRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all = nil
		for _, source := range []func(*db.Tx, access.User) ([]Waiting, error){waitingTasks, waitingActions, waitingMentors, waitingMessages, s.waitingTraining} {
			some, err := source(tx, by)
			if err != nil {
				return err
			}
			all = append(all, some...)
		}
		return nil
	})
	slices.SortStableFunc(all, Waiting.compare)
	return all, err
}

func (w Waiting) compare(other Waiting) int {
	switch {
	case w.Overdue != other.Overdue && w.Overdue, !w.Due.IsZero() && other.Due.IsZero():
		return -1
	case w.Overdue != other.Overdue, w.Due.IsZero() && !other.Due.IsZero():
		return 1
	}
	return w.Due.Compare(other.Due)
}

func waitingTasks(tx *db.Tx, by access.User) (all []Waiting, err error) {
	w := &db.Where{}
	w.And(`t.state = 'open'`)
	now := db.Micros(tx.Now())
	if SideOf(by) == FirmSide {
		w.And(`t.side = 'firm' and m.organisation = ?`, string(by.Org))
	} else {
		w.And(`t.due_at > 0 and t.due_at < ?`, db.Micros(tx.Now().Add(managerAhead)))
		w.And(`(t.side = 'programme' or t.due_at <= ?)`, now)
		w.And(`(t.owner = ? or (t.owner = '' or t.side = 'firm') and (m.owner = ? or m.owner = ''))`, string(by.ID), string(by.ID))
	}
	w.Then(`order by `+taskOrder+`, t.id limit ?`, mostWaiting)
	tasks, err := db.All(tx, scanTask, listTasks+w.Text(), w.Args()...)
	for _, t := range tasks {
		all = append(all, Waiting{Kind: WaitingTask, ID: string(t.ID), Maker: t.Maker, MakerName: t.MakerName, Words: t.Title, Due: t.Due, Overdue: t.Overdue(tx.Now())})
	}
	return all, err
}

func waitingActions(tx *db.Tx, by access.User) (all []Waiting, err error) {
	w := &db.Where{}
	if SideOf(by) == FirmSide {
		w.And(`a.state in ('found', 'planned') and m.organisation = ?`, string(by.Org))
	} else {
		w.And(`(a.state = 'shown' and a.answered_by <> ? or a.state in ('found', 'planned') and a.due_at > 0 and a.due_at <= ?)`, string(by.Answerable()), db.Micros(tx.Now()))
		w.And(`(m.owner = ? or m.owner = '')`, string(by.ID))
	}
	w.Then(`order by a.due_at, a.id limit ?`, mostWaiting)
	actions, err := db.All(tx, scanAction, listActions+w.Text(), w.Args()...)
	for _, a := range actions {
		all = append(all, Waiting{Kind: WaitingAction, ID: string(a.ID), Maker: a.Maker, MakerName: a.MakerName, Words: Words{a.Finding, a.Finding}, Due: a.Due, Overdue: a.Overdue(tx.Now())})
	}
	return all, err
}

// Overdue reports whether the time for an action is over and it is not closed.
func (a Action) Overdue(at time.Time) bool {
	return a.State.Open() && !a.Due.IsZero() && !at.Before(a.Due)
}

func waitingMentors(tx *db.Tx, by access.User) (all []Waiting, err error) {
	ahead := managerAhead
	if SideOf(by) == FirmSide {
		ahead = firmAhead
	}
	w := concerning(by, `v.state = 'planned' and v.at < ?`, db.Micros(tx.Now().Add(ahead)))
	if SideOf(by) == FirmSide {
		w.And(`v.at > ?`, db.Micros(tx.Now())) // what came of an earlier one, the programme writes down
	}
	w.Then(`order by v.at, v.id limit ?`, mostWaiting)
	visits, err := db.All(tx, scanMentor, calendarMentors+w.Text(), w.Args()...)
	for _, v := range visits {
		all = append(all, Waiting{Kind: WaitingMentor, ID: string(v.ID), Maker: v.Maker, MakerName: v.MakerName, Words: Words{v.Mentor, v.Mentor}, Due: v.At, Overdue: v.At.Before(tx.Now())})
	}
	return all, err
}

func waitingMessages(tx *db.Tx, by access.User) (all []Waiting, err error) {
	counts := map[MakerID]int{}
	if err := countUnread(tx, by, counts); err != nil || len(counts) == 0 {
		return nil, err
	}
	ids := make([]MakerID, 0, len(counts))
	for id := range counts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = ids[:min(len(ids), mostWaiting)]
	names, err := makerNames(tx, ids)
	for _, id := range ids {
		all = append(all, Waiting{Kind: WaitingMessage, Maker: id, MakerName: names[id], Count: counts[id]})
	}
	return all, err
}

// waitingTraining is the makers that are behind with the lessons of their curriculum.
func (s *Service) waitingTraining(tx *db.Tx, by access.User) (all []Waiting, err error) {
	w := &db.Where{}
	w.And(`m.stage = ?`, string(Admitted))
	if SideOf(by) == FirmSide {
		w.And(`m.organisation = ?`, string(by.Org))
	} else {
		w.And(`(m.owner = ? or m.owner = '')`, string(by.ID))
	}
	passed, err := passedLessons(tx, w)
	if err != nil {
		return nil, err
	}
	w.Then(`order by m.since, m.id limit ?`, maxBoard)
	makers, err := db.All(tx, scanMaker, makersFrom+w.Text(), w.Args()...)
	for _, m := range makers {
		if behind := s.Industries[m.Industry].Progress(passed[m.ID]).Behind(m, tx.Now()); behind > 0 && len(all) < mostWaiting {
			all = append(all, Waiting{Kind: WaitingTraining, Maker: m.ID, MakerName: m.Name, Count: behind})
		}
	}
	return all, err
}
