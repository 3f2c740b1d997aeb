package cultivate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Board is a cohort as its manager sees it: a column a stage, a card a maker.
type Board struct {
	Cohort   Cohort
	Columns  []Column  // those of the way, and those beside it in which somebody is
	Blockers []Blocker // what stands in the way of makers, most often first; of the whole cohort, whatever the filter
	Stuck    int       // makers longer in their stage than its patience; of the whole cohort
	Total    int       // makers of the whole cohort
	Shown    int       // cards after the filter
}

// Column is the makers in one stage, longest there first.
type Column struct {
	Stage Stage
	Cards []Card
}

// Card is one maker on the board.
type Card struct {
	Maker   Maker
	Days    int // whole days in the stage
	Stuck   bool
	Blocks  *Check // the first condition of the next stage that is neither met nor waived; nil when none is, or there is no next stage
	Onward  Stage
	Tasks   int // open
	Overdue int // of them
	Actions int // corrective actions that are open
	Unread  int // messages from the firm that this person has not read
}

// Blocker is a condition and how many makers it stops.
type Blocker struct {
	Condition Condition
	Words     Words
	Makers    int
}

// BoardFilter says which cards a board shows.
type BoardFilter struct {
	Blocker Condition
	Owner   access.UserID
	Nobody  bool // only makers that nobody looks after
	Stuck   bool
	Text    string // words of the name, the number, the place
}

// patience is how many days a maker is expected to stay in a stage at most.
var patience = map[Stage]int{
	Draft: 14, Applied: 7, Screened: 14, Visited: 14, Waitlisted: 90, Admitted: 60, Trained: 45, Approved: 45, Registered: 30, Listed: 30, Campaigning: 180,
	Suspended: 30, Relapsed: 14,
}

// Patience is how long a maker is expected to stay in a stage at most; 0: as long as it likes.
func (s Stage) Patience() time.Duration { return time.Duration(patience[s]) * 24 * time.Hour }

// Stuck reports whether the maker is in its stage longer than that.
func (m Maker) Stuck(at time.Time) bool {
	most := m.Stage.Patience()
	return most > 0 && at.Sub(m.Since) > most
}

// maxBoard bounds a board, which is computed whole.
const maxBoard = 2_000

const (
	makersOnBoard = `select ` + makerColumns + ` from maker where cohort = $1 order by since, id limit $2`
	waiversIn     = `select w.maker, w.condition, w.why, w.by_id, w.by_name, w.at, w.entry from waiver w join maker m on m.id = w.maker where m.cohort = $1`
)

// Board computes a cohort's board on one snapshot. It returns fault.NotFound, and fault.TooLarge for a cohort of more than 2,000 makers, of which there is
// the list.
func (s *Service) Board(ctx context.Context, by access.User, id CohortID, f BoardFilter) (b Board, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return b, err
	}
	if err := checkText("text", f.Text, maxSearch); err != nil {
		return b, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		b, err = s.board(tx, by, id, f)
		return err
	})
	if err != nil {
		return Board{}, fmt.Errorf("board of cohort %s: %w", id, err)
	}
	return b, nil
}

func (s *Service) board(tx *db.Tx, by access.User, id CohortID, f BoardFilter) (b Board, err error) {
	if b.Cohort, err = findCohort(tx, id); err != nil {
		return b, err
	}
	makers, err := db.All(tx, scanMaker, makersOnBoard, string(id), maxBoard+1)
	if err != nil {
		return b, err
	}
	if len(makers) > maxBoard {
		return b, fault.TooLarge.Say("A board shows at most %d makers. Use the list of makers.", maxBoard)
	}
	cards, err := s.cards(tx, by, id, makers)
	if err != nil {
		return b, err
	}
	b.Total = len(cards)
	byStage := map[Stage][]Card{}
	for _, c := range cards {
		b.count(c)
		if f.shows(c) {
			byStage[c.Maker.Stage] = append(byStage[c.Maker.Stage], c)
			b.Shown++
		}
	}
	slices.SortStableFunc(b.Blockers, func(x, y Blocker) int { return cmp.Compare(y.Makers, x.Makers) })
	for _, stage := range Stages() {
		if len(byStage[stage]) > 0 || slices.Contains(Way(), stage) {
			b.Columns = append(b.Columns, Column{stage, byStage[stage]})
		}
	}
	return b, nil
}

// count adds a card to what is told of the whole cohort.
func (b *Board) count(c Card) {
	if c.Stuck {
		b.Stuck++
	}
	if c.Blocks == nil {
		return
	}
	at := slices.IndexFunc(b.Blockers, func(x Blocker) bool { return x.Condition == c.Blocks.Condition })
	if at < 0 {
		b.Blockers = append(b.Blockers, Blocker{Condition: c.Blocks.Condition, Words: c.Blocks.Words})
		at = len(b.Blockers) - 1
	}
	b.Blockers[at].Makers++
}

func (f BoardFilter) shows(c Card) bool {
	switch {
	case f.Blocker != "" && (c.Blocks == nil || c.Blocks.Condition != f.Blocker),
		f.Owner != "" && c.Maker.Owner != f.Owner,
		f.Nobody && c.Maker.Owner != "",
		f.Stuck && !c.Stuck:
		return false
	}
	text := db.Fold(c.Maker.Name, c.Maker.Number, c.Maker.Place)
	for word := range strings.FieldsSeq(db.Fold(f.Text)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// cards is a card for each maker of a cohort. What is counted is counted once for all of them; conditions are asked for all at once where they can be.
func (s *Service) cards(tx *db.Tx, by access.User, id CohortID, makers []Maker) ([]Card, error) {
	tasks, overdue, err := openTasks(tx, id)
	if err != nil {
		return nil, err
	}
	actions, err := countBy(tx, openActionsIn, string(id))
	if err != nil {
		return nil, err
	}
	unread, err := countBy(tx, unreadInCohort, string(by.ID), string(id))
	if err != nil {
		return nil, err
	}
	waived, err := waiversOfCohort(tx, id)
	if err != nil {
		return nil, err
	}
	cards := make([]Card, len(makers))
	towards := map[Stage][]int{} // the cards of those who go there next
	for i, m := range makers {
		cards[i] = Card{Maker: m, Days: max(0, int(tx.Now().Sub(m.Since).Hours()/24)), Stuck: m.Stuck(tx.Now()), Onward: m.Onward(), Tasks: tasks[m.ID], Overdue: overdue[m.ID],
			Actions: actions[m.ID], Unread: unread[m.ID]}
		if to := m.Onward(); to != "" && !m.resumes(to) {
			towards[to] = append(towards[to], i)
		}
	}
	for to, some := range towards {
		if err := s.block(tx, cards, some, to, waived); err != nil {
			return nil, err
		}
	}
	return cards, nil
}

// block finds what stops those cards from entering a stage, the gates in their order.
func (s *Service) block(tx *db.Tx, cards []Card, some []int, to Stage, waived map[MakerID]map[Condition]bool) error {
	for _, g := range s.gatesTo(to) {
		asked := slices.DeleteFunc(slices.Clone(some), func(i int) bool {
			return cards[i].Blocks != nil || waived[cards[i].Maker.ID][g.condition] || g.asked != nil && !g.asked(s, cards[i].Maker)
		})
		if len(asked) == 0 {
			continue
		}
		var answers map[MakerID]Answer
		if g.many != nil {
			makers := make([]Maker, len(asked))
			for n, i := range asked {
				makers[n] = cards[i].Maker
			}
			var err error
			if answers, err = g.many(s, tx, makers); err != nil {
				return err
			}
		}
		for _, i := range asked {
			answer := answers[cards[i].Maker.ID]
			if g.many == nil {
				var err error
				if answer, err = g.answer(s, tx, cards[i].Maker); err != nil {
					return err
				}
			}
			if !answer.Met {
				cards[i].Blocks = &Check{Condition: g.condition, Stage: to, Words: g.words, Answer: answer, Waivable: !g.fixed}
			}
		}
	}
	return nil
}

func waiversOfCohort(tx *db.Tx, id CohortID) (map[MakerID]map[Condition]bool, error) {
	waived := map[MakerID]map[Condition]bool{}
	_, err := db.All(tx, func(r db.Row) (w Waiver, err error) {
		var maker MakerID
		var at int64
		err = r.Scan(&maker, &w.Condition, &w.Why, &w.By, &w.ByName, &at, &w.Entry)
		if waived[maker] == nil {
			waived[maker] = map[Condition]bool{}
		}
		waived[maker][w.Condition] = true
		return w, err
	}, waiversIn, string(id))
	return waived, err
}

// openTasks is how many tasks are open, and overdue, for each maker of a cohort.
func openTasks(tx *db.Tx, id CohortID) (open, overdue map[MakerID]int, err error) {
	open, overdue = map[MakerID]int{}, map[MakerID]int{}
	_, err = db.All(tx, func(r db.Row) (n struct{}, err error) {
		var maker MakerID
		var all, late int
		err = r.Scan(&maker, &all, &late)
		open[maker], overdue[maker] = all, late
		return n, err
	}, openTaskCounts, db.Micros(tx.Now()), string(id))
	return open, overdue, err
}
