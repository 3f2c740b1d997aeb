package enforce

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

var noAppeal = fault.NotFound.Say("There is no such appeal.")

// File takes an appeal. After nil it is in the ledger and waits for a person other than who decided; a counter-statement is forwarded to each of those
// whose notice the decision answered. The same party's open appeal against the same decision is given again. It returns fault.Invalid for each thing wrong;
// fault.Conflict when the time is over, the decision stands no longer or was appealed before; fault.NotFound for a decision or notice that is not this
// person's.
func (s *Service) File(ctx context.Context, by access.User, f Filing) (a Appeal, again bool, err error) {
	if !by.Can(access.AppealFile) {
		return a, false, by.May(access.AppealFile, by.Org)
	}
	f.Plea = f.Plea.clean()
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		a, again, err = s.file(tx, by, f)
		return err
	})
	if err != nil {
		return Appeal{}, false, fmt.Errorf("file an appeal: %w", err)
	}
	return a, again, nil
}

func (s *Service) file(tx *db.Tx, by access.User, f Filing) (a Appeal, again bool, err error) {
	d, org, err := against(tx, by, f)
	if err != nil {
		return a, false, err
	}
	if err := errors.Join(f.Plea.check(f.Kind)...); err != nil {
		return a, false, err
	}
	before, err := db.All(tx, scanAppeal, appealsOf, string(d.ID), string(f.Kind.side()), string(org))
	if err != nil {
		return a, false, err
	}
	if i := slices.IndexFunc(before, Appeal.Open); i >= 0 {
		if before[i].Kind != f.Kind {
			return a, false, fault.Conflict.Say("Your earlier answer to this decision waits still. Withdraw it first, or wait for what becomes of it.")
		}
		return before[i], true, nil
	}
	v, err := db.One(tx, scanReview, oneReview, string(d.Listing))
	if err != nil {
		return a, false, fmt.Errorf("the review of listing %s: %w", d.Listing, errors.New(err.Error()))
	}
	if err := s.mayAppeal(tx, d, v, f.Kind, before); err != nil {
		return a, false, err
	}
	a = Appeal{
		ID: AppealID(db.NewID()), Kind: f.Kind, Side: f.Kind.side(), Decision: d.ID, Notice: f.Notice, Organisation: org, Seller: d.Seller, Listing: d.Listing, By: by.ID, ByName: by.Name,
		Plea: f.Plea, State: Filed, FiledAt: tx.Now(), DueAt: tx.Now().Add(AppealTime), Version: 1,
	}
	if a.Entry, err = ledger.Record(tx, "appeal.filed", Subject(a.Listing), by.Actor(), a.entry()); err != nil {
		return Appeal{}, false, err
	}
	if err := keepAppeal(tx, a); err != nil {
		return Appeal{}, false, err
	}
	if a.Kind == CounterStatement {
		if err := forward(tx, by, a, d); err != nil {
			return Appeal{}, false, err
		}
	}
	return a, false, tx.Emit(Appealed{a.ID, a.Kind, a.Side, a.Decision, a.Listing, a.Seller, a.Organisation, a.FiledAt})
}

// against is the decision that a filing is about, and the organisation that speaks.
func against(tx *db.Tx, by access.User, f Filing) (d Decision, org access.OrgID, err error) {
	if f.Kind.side() == SellerSide {
		d, err = findOwn(tx, by, access.AppealFile, f.Decision)
		return d, SellerOrganisation(d.Seller), err
	}
	n, err := findNotice(tx, by, f.Notice)
	if err != nil {
		return d, "", err
	}
	if err := actsFor(tx, by, access.AppealFile, n.Organisation); err != nil {
		return d, "", err
	}
	if n.State != NoticeRefused {
		return d, "", fault.Conflict.Say("Only a notice that was refused can be objected to.")
	}
	d, err = db.One(tx, scanDecision, oneDecision, string(n.Decision))
	return d, n.Organisation, err
}

// mayAppeal says whether a decision may be appealed by who has appealed it so before.
func (s *Service) mayAppeal(tx *db.Tx, d Decision, v Review, kind AppealKind, before []Appeal) error {
	if !tx.Now().Before(d.At.AddDate(0, s.appealMonths(), 0)) {
		return fault.Conflict.Say("The time to appeal is over: it ended on %s.", moment(d.At.AddDate(0, s.appealMonths(), 0)))
	}
	rests, err := restsOn(tx, v)
	if err != nil {
		return err
	}
	if rests == nil || rests.ID != d.ID {
		return fault.Conflict.Say("This decision does not stand any more.")
	}
	for _, a := range before {
		if a.Kind == kind && (a.State == AppealUpheld || a.State == Contested) {
			return fault.Conflict.Say("This was answered already. You can still go to an out-of-court body or to court.")
		}
	}
	if kind != CounterStatement {
		return nil
	}
	notices, err := answeredBy(tx, d)
	if err != nil {
		return err
	}
	if len(notices) == 0 {
		return fault.Conflict.Say("No notice led to this decision. Complain of it instead.")
	}
	return nil
}

// restsOn is the decision by which the listing stands as it does: the standing one, or the one before it while that only asks those who lead.
func restsOn(tx *db.Tx, v Review) (*Decision, error) {
	d, err := standing(tx, v)
	for err == nil && d != nil && d.Outcome == Escalate && d.Previous != "" {
		var before Decision
		before, err = db.One(tx, scanDecision, oneDecision, string(d.Previous))
		d = &before
	}
	return d, err
}

// Rehear answers an appeal. A reversal puts another decision in the place of the first, in the same transaction: the listing, its notices, the strikes
// and the notifier's figures follow it. Who decided first, or answers for a key that did, cannot answer. It returns fault.Forbidden for them,
// fault.Conflict when the appeal was answered already, and fault.Invalid for a ruling that does not fit.
func (s *Service) Rehear(ctx context.Context, by access.User, id AppealID, r Ruling) (a Appeal, err error) {
	if err := by.May(access.AppealDecide, ""); err != nil {
		return a, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a, err = findAppeal(tx, by, id); err != nil {
			return err
		}
		d, err := db.One(tx, scanDecision, oneDecision, string(a.Decision))
		if err != nil {
			return err
		}
		decider, err := answersFor(tx, d.By)
		if err != nil {
			return err
		}
		if err := a.mayRehear(by, decider); err != nil {
			return err
		}
		if err := r.check(a, d); err != nil {
			return err
		}
		if a.Version != r.Version {
			return fault.Conflict.Say("This appeal has changed since you opened it. Look again.")
		}
		a, err = s.rehear(tx, by, a, d, r)
		return err
	})
	if err != nil {
		return Appeal{}, fmt.Errorf("rehear appeal %s: %w", id, err)
	}
	return a, nil
}

// rehear closes an appeal by a ruling that may be given.
func (s *Service) rehear(tx *db.Tx, by access.User, a Appeal, d Decision, r Ruling) (Appeal, error) {
	a, err := closeAppeal(tx, by, a, r.State, r.Reasons)
	if err != nil {
		return a, err
	}
	if outcome := a.Kind.Outcome(r.State); outcome != "" {
		c := Choice{Outcome: outcome, Reason: r.Reason, Note: r.Reasons}
		if r.State == PartlyReversed {
			c.Scope = d.Scope // what is milder reaches no further
		}
		rehearing, err := replace(tx, by, a, d, c.clean())
		if err != nil {
			return a, err
		}
		a.Rehearing = rehearing.ID
		if err := keepAppeal(tx, a); err != nil {
			return a, err
		}
		if err := turnNotices(tx, d, rehearing); err != nil {
			return a, err
		}
	}
	if _, err := ledger.Record(tx, "appeal."+string(a.State), Subject(a.Listing), by.Actor(), a.answer()); err != nil {
		return a, err
	}
	return a, tx.Emit(a.reheard())
}

// replace puts another decision in the place of d.
func replace(tx *db.Tx, by access.User, a Appeal, d Decision, c Choice) (Decision, error) {
	v, o, err := place(tx, a.Listing)
	if err != nil {
		return Decision{}, err
	}
	rests, err := restsOn(tx, v)
	if err != nil {
		return Decision{}, err
	}
	if rests == nil || rests.ID != d.ID {
		return Decision{}, fault.Conflict.Say("This decision does not stand any more.")
	}
	previous, err := standing(tx, v)
	if err != nil {
		return Decision{}, err
	}
	return conclude(tx, by, v, o, previous, c, "")
}

// turnNotices has the notices that were decided by one decision be decided by the one that took its place, and the figures of who gave them follow. When
// they were decided first stays: that is what the clock measured.
func turnNotices(tx *db.Tx, was, is Decision) error {
	notices, err := db.All(tx, scanNotice, noticesDecidedBy, string(was.ID))
	if err != nil {
		return err
	}
	state := is.Outcome.decides()
	for _, n := range notices {
		if _, err := tx.Exec(writeAnswer, string(is.ID), string(n.ID)); err != nil {
			return err
		}
		if n.State == state {
			n.Decision = is.ID // a milder decision upholds it still
			if err := keepNotice(tx, n); err != nil {
				return err
			}
		}
	}
	return moveNotices(tx, noticesDecidedBy, string(was.ID), func(n *Notice) bool {
		n.State, n.Decision = state, is.ID
		return true
	})
}

// closeAppeal closes an appeal and what was on its way. It returns fault.Conflict when somebody else did so first.
func closeAppeal(tx *db.Tx, by access.User, a Appeal, state AppealState, reasons string) (Appeal, error) {
	if !canMove(appealMoves[a.Kind], a.State, state) {
		return a, fault.Conflict.Say("This appeal was answered already.")
	}
	if err := holdAppeal(tx, a.ID); err != nil {
		return a, err
	}
	a.State, a.ClosedAt, a.ClosedBy, a.ClosedName, a.Reasons = state, tx.Now(), by.ID, by.Name, reasons
	a.Version++
	if err := keepAppeal(tx, a); err != nil {
		return a, err
	}
	_, err := tx.Exec(callOff, string(CalledOff), db.Micros(tx.Now()), string(a.ID))
	return a, err
}

// holdAppeal makes those who would close one appeal wait for each other. It returns fault.Conflict when it is closed.
func holdAppeal(tx *db.Tx, id AppealID) error {
	held, err := tx.Exec(holdOpenAppeal, string(id))
	if err == nil && held == 0 {
		err = fault.Conflict.Say("This appeal was answered already.")
	}
	return err
}

// mootAppeals closes the open appeals against a decision that fell.
func mootAppeals(tx *db.Tx, by access.User, id DecisionID) error {
	open, err := db.All(tx, scanAppeal, openAppealsAgainst, string(id))
	if err != nil {
		return err
	}
	for _, a := range open {
		if a, err = closeAppeal(tx, by, a, Moot, ""); err != nil {
			return err
		}
		if _, err := ledger.Record(tx, "appeal."+string(a.State), Subject(a.Listing), by.Actor(), a.answer()); err != nil {
			return err
		}
		if err := tx.Emit(a.reheard()); err != nil {
			return err
		}
	}
	return nil
}

// fallen is told by conclude that previous has made way for another decision.
func fallen(tx *db.Tx, by access.User, previous Decision, o Outcome) error {
	if o == Escalate {
		return nil // it goes on making the listing stand as it does
	}
	for previous.Outcome == Escalate && previous.Previous != "" {
		before, err := db.One(tx, scanDecision, oneDecision, string(previous.Previous))
		if err != nil {
			return err
		}
		previous = before
	}
	return mootAppeals(tx, by, previous.ID)
}

// mayFall says whether a decision may be taken back: not when it answers an appeal, whose parties were told that it stands.
func mayFall(tx *db.Tx, id DecisionID) error {
	answers, err := db.One(tx, db.Value[bool], answersAppeal, string(id))
	if err == nil && answers {
		err = fault.Conflict.Say("This decision answers an appeal and cannot be taken back. Decide on the listing anew.")
	}
	return err
}

// WithdrawAppeal takes an appeal back that is open; who filed it may, and the others of their organisation.
func (s *Service) WithdrawAppeal(ctx context.Context, by access.User, id AppealID) (a Appeal, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a, err = findAppeal(tx, by, id); err != nil {
			return err
		}
		if err := actsFor(tx, by, access.AppealFile, a.Organisation); err != nil {
			return err
		}
		if a, err = closeAppeal(tx, by, a, AppealWithdrawn, ""); err != nil {
			return err
		}
		if _, err := ledger.Record(tx, "appeal."+string(a.State), Subject(a.Listing), by.Actor(), a.answer()); err != nil {
			return err
		}
		return tx.Emit(a.reheard())
	})
	if err != nil {
		return Appeal{}, fmt.Errorf("withdraw appeal %s: %w", id, err)
	}
	return a, nil
}

// findAppeal is an appeal for those who may read it. To others there is none.
func findAppeal(tx *db.Tx, by access.User, id AppealID) (Appeal, error) {
	if !by.Can(access.AppealRead) {
		return Appeal{}, by.May(access.AppealRead, by.Org)
	}
	if db.Text(string(id)) != nil {
		return Appeal{}, noAppeal
	}
	a, err := db.One(tx, scanAppeal, oneAppeal, string(id))
	if fault.Of(err) == fault.NotFound {
		return a, noAppeal
	}
	if err != nil {
		return a, err
	}
	if err := actsFor(tx, by, access.AppealRead, a.Organisation); err != nil {
		if fault.Of(err) == fault.Forbidden {
			err = noAppeal
		}
		return Appeal{}, err
	}
	return a, nil
}

// Appeal is one appeal, for those whose it is and for the marketplace. It returns fault.NotFound for one there is not, or not for this person.
func (s *Service) Appeal(ctx context.Context, by access.User, id AppealID) (a Appeal, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		a, err = findAppeal(tx, by, id)
		return err
	})
	return a, err
}

// AppealFilter says which appeals a list shows.
type AppealFilter struct {
	State        AppealState
	Kind         AppealKind
	Organisation access.OrgID
	Seller       market.SellerID
	Listing      market.ListingID
	Decision     DecisionID
	Notice       NoticeID
	Late         bool   // open, and ought to have been answered
	After        string // the cursor of the page before
	Limit        int    // rows a page, at most 200; 0 means 50
}

func (f AppealFilter) where(by access.User, at time.Time) (*db.Where, error) {
	w := &db.Where{}
	if by.Reach(access.AppealRead) == access.Own {
		ownOrMandated(w, by, at)
	}
	for _, c := range []struct{ field, condition, value string }{
		{"state", `state = ?`, string(f.State)}, {"kind", `kind = ?`, string(f.Kind)}, {"organisation", `organisation = ?`, string(f.Organisation)}, {"seller", `seller = ?`, string(f.Seller)},
		{"listing", `listing = ?`, string(f.Listing)}, {"decision", `decision = ?`, string(f.Decision)}, {"notice", `notice = ?`, string(f.Notice)},
	} {
		if f, ok := fault.As(db.Text(c.value)); ok {
			return nil, f.At(c.field)
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	if f.Late {
		w.And(`state = ? and due_at < ?`, string(Filed), db.Micros(at))
	}
	return w, nil
}

// Appeals lists appeals, newest first.
func (s *Service) Appeals(ctx context.Context, by access.User, f AppealFilter) (page db.Page[Appeal], err error) {
	if !by.Can(access.AppealRead) {
		return page, by.May(access.AppealRead, by.Org)
	}
	limit := db.Limit(f.Limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := f.where(by, tx.Now())
		if err != nil {
			return err
		}
		if f.After != "" {
			var at int64
			var id string
			if err := db.ParseCursor(f.After, "appeals", &at, &id); err != nil {
				return err
			}
			w.And(`(filed_at, id) < (?, ?)`, at, id)
		}
		w.Then(`order by filed_at desc, id desc limit ?`, limit+1)
		rows, err := db.All(tx, scanAppeal, listAppeals+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Appeal) string { return db.Cursor("appeals", db.Micros(last.FiledAt), last.ID) })
		return err
	})
	return page, err
}

// CountAppeals is how many appeals the filter's pages show together.
func (s *Service) CountAppeals(ctx context.Context, by access.User, f AppealFilter) (n int64, err error) {
	if !by.Can(access.AppealRead) {
		return 0, by.May(access.AppealRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w, err := f.where(by, tx.Now())
		if err != nil {
			return err
		}
		n, err = db.One(tx, db.Value[int64], countAppeals+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// ExportAppeals gives every appeal of the filter, newest first, page by page.
func (s *Service) ExportAppeals(ctx context.Context, by access.User, f AppealFilter) iter.Seq2[Appeal, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Appeal], error) {
		f.After = after
		return s.Appeals(ctx, by, f)
	})
}
