package enforce

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// forward sends a counter-statement to each of those whose notice the decision answered.
func forward(tx *db.Tx, by access.User, a Appeal, d Decision) error {
	notices, err := answeredBy(tx, d)
	if err != nil {
		return err
	}
	var sent []access.OrgID
	for _, n := range notices {
		if slices.Contains(sent, n.Organisation) {
			continue
		}
		sent = append(sent, n.Organisation)
		if err := keepForwarding(tx, Forwarding{Appeal: a.ID, Organisation: n.Organisation, Notice: n.ID, State: OnItsWay, ForwardedAt: tx.Now()}); err != nil {
			return err
		}
	}
	_, err = ledger.Record(tx, "appeal.forwarded", Subject(a.Listing), by.Actor(), struct {
		Appeal AppealID       `json:"appeal"`
		To     []access.OrgID `json:"to"`
	}{a.ID, sent})
	return err
}

// Forwarded is a counter-statement as who gave notice reads it.
type Forwarded struct {
	Forwarding
	Counter Appeal
}

// Receive is a forwarded counter-statement, read by those it was sent to: that is when it arrives, and its period begins. Others of the marketplace read
// it without that. It returns fault.NotFound for one that was not sent to this person's organisation.
func (s *Service) Receive(ctx context.Context, by access.User, appeal AppealID, to access.OrgID) (f Forwarded, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if f, err = findForwarded(tx, by, appeal, to); err != nil {
			return err
		}
		own := by.Reach(access.AppealRead) == access.Own
		if !own || f.State != OnItsWay {
			return nil
		}
		f.Forwarding, err = s.arrive(tx, by, f, tx.Now(), "opened")
		return err
	})
	if err != nil {
		return Forwarded{}, fmt.Errorf("receive counter-statement %s: %w", appeal, err)
	}
	return f, nil
}

// Arrive records that a counter-statement arrived at who gave notice, at a moment that a person can show: how says by what.
func (s *Service) Arrive(ctx context.Context, by access.User, appeal AppealID, to access.OrgID, at time.Time, how string) (f Forwarded, err error) {
	if err := by.May(access.AppealDecide, ""); err != nil {
		return f, err
	}
	if err := checkText(how, maxMark); err != nil {
		return f, err.At("how")
	}
	if strings.TrimSpace(how) == "" {
		return f, fault.Invalid.Say("Say what shows that it arrived.").At("how")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if f, err = findForwarded(tx, by, appeal, to); err != nil {
			return err
		}
		if at.After(tx.Now()) || at.Before(f.ForwardedAt.Truncate(24*time.Hour)) {
			return fault.Invalid.Say("It arrived between the day on which it was forwarded and now.").At("at")
		}
		f.Forwarding, err = s.arrive(tx, by, f, at, strings.TrimSpace(how))
		return err
	})
	if err != nil {
		return Forwarded{}, fmt.Errorf("record that counter-statement %s arrived: %w", appeal, err)
	}
	return f, nil
}

func (s *Service) arrive(tx *db.Tx, by access.User, f Forwarded, at time.Time, how string) (Forwarding, error) {
	next := f.Forwarding
	next.ArrivedAt, next.ArrivedHow, next.DueAt = at, how, s.Period.End(at)
	return moveForwarding(tx, by, f, next, Arrived)
}

// moveForwarding takes a forwarded counter-statement from one state to another, with the appeal held.
func moveForwarding(tx *db.Tx, by access.User, f Forwarded, next Forwarding, to ForwardingState) (Forwarding, error) {
	if !canMove(forwardingMoves, f.State, to) {
		return f.Forwarding, fault.Conflict.Say("This counter-statement does not wait for that any more.")
	}
	if err := holdAppeal(tx, f.Appeal); err != nil {
		return f.Forwarding, err
	}
	if next.State = to; to != Arrived {
		next.ClosedAt = tx.Now()
	}
	if err := keepForwarding(tx, next); err != nil {
		return f.Forwarding, err
	}
	_, err := ledger.Record(tx, "counter."+string(to), Subject(f.Counter.Listing), by.Actor(), next.entry())
	return next, err
}

// Oppose records that who gave notice went to court or to the authorities against a counter-statement. The measure stays: the matter is no longer the
// marketplace's. Those it was sent to say so, or a person of the marketplace to whom it was shown. It returns fault.Conflict once the period is over.
func (s *Service) Oppose(ctx context.Context, by access.User, appeal AppealID, to access.OrgID, c Contest) (f Forwarded, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if f, err = findForwarded(tx, by, appeal, to); err != nil {
			return err
		}
		if by.May(access.AppealDecide, "") != nil {
			if err := actsFor(tx, by, access.AppealFile, f.Organisation); err != nil {
				return err
			}
		}
		if err := c.check(f.ForwardedAt, tx.Now()); err != nil {
			return err
		}
		if f.State == Arrived && !tx.Now().Before(f.DueAt) {
			return fault.Conflict.Say("The period ended on %s.", moment(f.DueAt))
		}
		next := f.Forwarding
		next.Contest = c
		if f.Forwarding, err = moveForwarding(tx, by, f, next, Opposed); err != nil {
			return err
		}
		if f.Counter, err = closeAppeal(tx, by, f.Counter, Contested, ""); err != nil {
			return err
		}
		if _, err := ledger.Record(tx, "appeal."+string(Contested), Subject(f.Counter.Listing), by.Actor(), f.Counter.answer()); err != nil {
			return err
		}
		return tx.Emit(f.Counter.reheard())
	})
	if err != nil {
		return Forwarded{}, fmt.Errorf("oppose counter-statement %s: %w", appeal, err)
	}
	return f, nil
}

func findForwarded(tx *db.Tx, by access.User, appeal AppealID, to access.OrgID) (f Forwarded, err error) {
	missing := fault.NotFound.Say("There is no such counter-statement.")
	if !by.Can(access.AppealRead) {
		return f, by.May(access.AppealRead, by.Org)
	}
	if db.Text(string(appeal)+string(to)) != nil {
		return f, missing
	}
	if err := actsFor(tx, by, access.AppealRead, to); err != nil {
		if fault.Of(err) == fault.Forbidden {
			err = missing
		}
		return f, err
	}
	if f.Forwarding, err = db.One(tx, scanForwarding, oneForwarding, string(appeal), string(to)); err == nil {
		f.Counter, err = db.One(tx, scanAppeal, oneAppeal, string(appeal))
	}
	if fault.Of(err) == fault.NotFound {
		err = missing
	}
	return f, err
}

// Forwardings are the ways of a counter-statement to those who gave notice, for who may read the counter-statement.
func (s *Service) Forwardings(ctx context.Context, by access.User, appeal AppealID) (all []Forwarding, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findAppeal(tx, by, appeal); err != nil {
			return err
		}
		all, err = db.All(tx, scanForwarding, forwardingsOf, string(appeal))
		return err
	})
	return all, err
}

// ForwardedFilter says which forwarded counter-statements a list shows.
type ForwardedFilter struct {
	Open  bool   // only those that can be opposed
	After string // the cursor of the page before
	Limit int    // rows a page, at most 200; 0 means 50
}

// ForwardedTo lists the counter-statements that were sent to the asker's organisation and to those it has a mandate of; for the marketplace all. Newest
// first. Listing them is not reading them: none arrives by it.
func (s *Service) ForwardedTo(ctx context.Context, by access.User, f ForwardedFilter) (page db.Page[Forwarding], err error) {
	reach := by.Reach(access.AppealRead)
	if reach == access.None {
		return page, by.May(access.AppealRead, by.Org)
	}
	limit := db.Limit(f.Limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w := &db.Where{}
		if reach == access.Own {
			ownOrMandated(w, by, tx.Now())
		}
		if f.Open {
			w.And(`closed_at = 0`)
		}
		if f.After != "" {
			var at int64
			var appeal, org string
			if err := db.ParseCursor(f.After, "forwarded", &at, &appeal, &org); err != nil {
				return err
			}
			w.And(`(forwarded_at, appeal, organisation) < (?, ?, ?)`, at, appeal, org)
		}
		w.Then(`order by forwarded_at desc, appeal desc, organisation desc limit ?`, limit+1)
		rows, err := db.All(tx, scanForwarding, listForwardings+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Forwarding) string {
			return db.Cursor("forwarded", db.Micros(last.ForwardedAt), last.Appeal, last.Organisation)
		})
		return err
	})
	return page, err
}

// sweepAtOnce is how many rows one sweep takes up before it looks again.
const sweepAtOnce = 100

// Sweep does what time alone brings about: it ends the measures whose counter-statement nobody opposed in time and those whose time has run out, and looks again at the conduct of accounts
// whose strikes have faded. Any number of processes may sweep at once, and one twice: each thing happens once.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.sweepForwardings(ctx); err != nil {
		return fmt.Errorf("sweep counter-statements: %w", err)
	}
	if err := s.sweepTerms(ctx); err != nil {
		return fmt.Errorf("sweep the terms of decisions: %w", err)
	}
	if err := s.sweepConducts(ctx); err != nil {
		return fmt.Errorf("sweep accounts: %w", err)
	}
	return nil
}

func (s *Service) sweepForwardings(ctx context.Context) error {
	for {
		var due []Forwarding
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			due, err = db.All(tx, scanForwarding, dueForwardings, db.Micros(tx.Now()), sweepAtOnce)
			return err
		})
		if err != nil {
			return err
		}
		for _, f := range due {
			err := s.DB.Tx(ctx, func(tx *db.Tx) error { return s.lapse(tx, f) })
			// Another process, a ruling or the notifier came first: nothing is left to do.
			if err != nil && fault.Of(err) != fault.Conflict {
				return err
			}
		}
		if len(due) < sweepAtOnce {
			return nil
		}
	}
}

// lapse ends a period that nobody used, and the measure when it was the last one.
func (s *Service) lapse(tx *db.Tx, seen Forwarding) error {
	if err := holdAppeal(tx, seen.Appeal); err != nil {
		return err
	}
	f := Forwarded{}
	var err error
	if f.Forwarding, err = db.One(tx, scanForwarding, oneForwarding, string(seen.Appeal), string(seen.Organisation)); err != nil {
		return err
	}
	if f.State != Arrived || tx.Now().Before(f.DueAt) {
		return nil
	}
	if f.Counter, err = db.One(tx, scanAppeal, oneAppeal, string(f.Appeal)); err != nil {
		return err
	}
	if _, err := moveForwarding(tx, access.System, f, f.Forwarding, Lapsed); err != nil {
		return err
	}
	all, err := db.All(tx, scanForwarding, forwardingsOf, string(f.Appeal))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, Forwarding.open) {
		return nil // another of those who gave notice has time still
	}
	d, err := db.One(tx, scanDecision, oneDecision, string(f.Counter.Decision))
	if err != nil {
		return err
	}
	_, err = s.rehear(tx, access.System, f.Counter, d, Ruling{State: Reversed, Reason: PeriodOver})
	return err
}
