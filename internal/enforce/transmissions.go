package enforce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

const (
	// gatherOverlap is how far back decisions are looked through again: one may be committed later than another that was taken after it.
	gatherOverlap = time.Hour
	// gatherAtOnce bounds how many decisions one transaction puts on their way.
	gatherAtOnce = 5_000
	// silence is after how long a request without an answer counts as lost.
	silence = 10 * time.Minute
)

// Transmit sends every statement that waits, in requests of at most MaxStatements, and first finds out what became of requests that were interrupted.
// told is called after each request with how many statements it carried; it may be nil. It can be stopped at any moment and goes on where it was; two at
// once share the work. It returns fault.Unauthenticated when the database does not know the token, and fault.Unavailable when it does not answer.
func (s *Service) Transmit(ctx context.Context, to TransparencyDatabase, told func(sent int)) error {
	if err := s.gather(ctx); err != nil {
		return err
	}
	for {
		if done, err := s.reconcile(ctx, to); err != nil || !done {
			if err != nil {
				return err
			}
			continue
		}
		n, err := s.transmitBatch(ctx, to)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		if told != nil {
			told(n)
		}
	}
}

// gather puts decisions that restrict on their way, those not there yet.
func (s *Service) gather(ctx context.Context) error {
	for {
		var n int64
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			last, err := db.One(tx, db.Value[int64], lastTransmission)
			if err != nil {
				return err
			}
			n, err = tx.Exec(untold, db.Micros(tx.Now()), max(0, last-gatherOverlap.Microseconds()), gatherAtOnce)
			return err
		})
		if err != nil {
			return fmt.Errorf("gather statements: %w", err)
		}
		if n < gatherAtOnce {
			return nil
		}
	}
}

// transmitBatch takes the oldest statements that wait, sends them, and writes down what the database said.
func (s *Service) transmitBatch(ctx context.Context, to TransparencyDatabase) (int, error) {
	var taken []Transmission
	var bodies []Statement
	batch := db.NewID()
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		taken, bodies = nil, nil
		waiting, err := db.All(tx, scanTransmission, firstWait, MaxStatements)
		if err != nil {
			return err
		}
		var ids []DecisionID
		for _, t := range waiting {
			t.State, t.Batch, t.ChangedAt, t.Attempts, t.Problem = TransmissionSending, batch, tx.Now(), t.Attempts+1, ""
			mine, err := keepTransmission(tx, TransmissionWaiting, t)
			if err != nil {
				return err
			}
			if mine {
				taken, ids = append(taken, t), append(ids, t.Decision)
			}
		}
		decisions, err := loadDecisions(tx, ids)
		if err != nil {
			return err
		}
		ordered := make([]Decision, len(ids))
		for i, id := range ids {
			ordered[i] = decisions[id]
		}
		bodies, err = statements(tx, ordered)
		return err
	})
	if err != nil || len(taken) == 0 {
		return 0, err
	}
	receipts, err := to.Send(ctx, bodies)
	if err != nil {
		// Not looked at: they wait again. Else nobody knows, and reconcile will ask.
		if k := fault.Of(err); k == fault.Unauthenticated || k == fault.Invalid {
			err = errors.Join(err, s.settle(context.WithoutCancel(ctx), taken, nil))
		}
		return 0, fmt.Errorf("send %d statements: %w", len(taken), err)
	}
	byID := map[DecisionID]Receipt{}
	for _, r := range receipts {
		byID[DecisionID(r.PUID)] = r
	}
	// What it knew already without saying under which id.
	for id, r := range byID {
		if r.Known && r.ID == "" {
			if r.ID, err = to.Find(ctx, string(id)); err != nil {
				return 0, fmt.Errorf("find statement %s: %w", id, err)
			}
			byID[id] = r
		}
	}
	return len(taken), s.settle(context.WithoutCancel(ctx), taken, byID)
}

// settle writes down what the database said of each statement of a request. One it said nothing of waits again.
func (s *Service) settle(ctx context.Context, taken []Transmission, receipts map[DecisionID]Receipt) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		for _, t := range taken {
			r := receipts[t.Decision]
			t.State, t.ChangedAt, t.Receipt, t.Problem = TransmissionWaiting, tx.Now(), r.ID, ""
			switch {
			case r.ID != "" || r.Known:
				t.State = TransmissionSent
				entry := transmissionEntry{t.Decision, t.Batch, t.Receipt}
				if _, err := ledger.Record(tx, "statement.sent", "decision:"+string(t.Decision), access.System.Actor(), entry); err != nil {
					return err
				}
			case r.Problem != "":
				t.State, t.Problem = TransmissionRefused, cut(r.Problem, MaxNote)
			}
			if _, err := keepTransmission(tx, TransmissionSending, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write down what became of %d statements: %w", len(taken), err)
	}
	return nil
}

// transmissionEntry is what the ledger keeps of a statement that arrived.
type transmissionEntry struct {
	Decision DecisionID `json:"decision"`
	Batch    string     `json:"batch"`
	Receipt  string     `json:"receipt"`
}

// reconcile asks the database for each statement of one request that was interrupted. It reports whether there was none.
func (s *Service) reconcile(ctx context.Context, to TransparencyDatabase) (done bool, err error) {
	var lost []Transmission
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		lost = nil
		batch, err := db.One(tx, db.Value[string], silentBatch, db.Micros(tx.Now().Add(-silence)))
		if fault.Of(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		all, err := db.All(tx, scanTransmission, batchTransmissions, batch)
		for _, t := range all {
			// Taken over: another process does not ask as well.
			t.ChangedAt = tx.Now()
			if _, err := keepTransmission(tx, TransmissionSending, t); err != nil {
				return err
			}
			lost = append(lost, t)
		}
		return err
	})
	if err != nil || len(lost) == 0 {
		return true, err
	}
	found := map[DecisionID]Receipt{}
	for _, t := range lost {
		id, err := to.Find(ctx, string(t.Decision))
		if err != nil {
			return false, fmt.Errorf("find statement %s: %w", t.Decision, err)
		}
		found[t.Decision] = Receipt{PUID: string(t.Decision), ID: id} // without an id it did not arrive, and waits again
	}
	return false, s.settle(context.WithoutCancel(ctx), lost, found)
}

// SendAgain has a statement that was refused sent once more. It returns fault.Conflict for one that was not.
func (s *Service) SendAgain(ctx context.Context, by access.User, id DecisionID) error {
	if err := by.May(access.OperationsManage, ""); err != nil {
		return err
	}
	if db.Text(string(id)) != nil {
		return noDecision
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		t, err := db.One(tx, scanTransmission, oneTransmission, string(id))
		if fault.Of(err) == fault.NotFound {
			return noDecision
		}
		if err != nil {
			return err
		}
		if !canMove(transmissionMoves, t.State, TransmissionWaiting) || t.State != TransmissionRefused {
			return fault.Conflict.Say("This statement was not refused.")
		}
		t.State, t.Batch, t.ChangedAt = TransmissionWaiting, "", tx.Now()
		if _, err := ledger.Record(tx, "statement.again", "decision:"+string(id), by.Actor(), transmissionEntry{Decision: id}); err != nil {
			return err
		}
		_, err = keepTransmission(tx, TransmissionRefused, t)
		return err
	})
}

// Transmitted is how many statements are in each state, and since when the oldest waits.
type Transmitted struct {
	States map[TransmissionState]int64
	Oldest time.Time // decision whose statement waits longest; zero when none waits
}

// Transmitted counts statements on their way.
func (s *Service) Transmitted(ctx context.Context, by access.User) (t Transmitted, err error) {
	if err := by.May(access.LedgerRead, ""); err != nil {
		return t, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		t.States = map[TransmissionState]int64{}
		if err := tally(tx, t.States, countTransmissions); err != nil {
			return err
		}
		oldest, err := db.One(tx, db.Value[int64], oldestTransmission)
		t.Oldest = db.Time(oldest)
		return err
	})
	return t, err
}

// TransmissionFilter says which statements a list shows.
type TransmissionFilter struct {
	State TransmissionState
	After string // the cursor of the page before
	Limit int    // rows a page, at most 200; 0 means 50
}

// Transmissions lists statements on their way, the newest decision first.
func (s *Service) Transmissions(ctx context.Context, by access.User, f TransmissionFilter) (page db.Page[Transmission], err error) {
	if err := by.May(access.LedgerRead, ""); err != nil {
		return page, err
	}
	w := &db.Where{}
	if err := checkText(string(f.State), maxSearch); err != nil {
		return page, err.At("state")
	}
	if f.State != "" {
		w.And(`state = ?`, string(f.State))
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "transmissions", &at, &id); err != nil {
			return page, err
		}
		w.And(`(decided_at, decision) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by decided_at desc, decision desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanTransmission, listTransmissions+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Transmission) string {
			return db.Cursor("transmissions", db.Micros(last.DecidedAt), last.Decision)
		})
		return err
	})
	return page, err
}
