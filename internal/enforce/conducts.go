package enforce

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

var noAccount = fault.NotFound.Say("There is no such account.")

// AccountChanged tells that an account was warned, suspended, or stands well again.
type AccountChanged struct {
	Organisation access.OrgID    `json:"organisation"`
	Side         Side            `json:"side"`
	Seller       market.SellerID `json:"seller,omitempty"`
	Was          Level           `json:"was"`
	Level        Level           `json:"level"`
	Until        time.Time       `json:"until,omitzero"` // the end of a suspension
	At           time.Time       `json:"at"`
}

// EventName is the event's name on the bus.
func (AccountChanged) EventName() string { return "enforce.levelled" }

// struck has the seller's conduct follow a decision that came or went. What the program does alone may concern thousands of listings of one seller at once,
// so the sweep looks at that once; a person's act shows at once.
func struck(tx *db.Tx, by access.User, seller market.SellerID) error {
	if seller == "" {
		return nil
	}
	org := SellerOrganisation(seller)
	if by.ID == access.System.ID {
		_, err := tx.Exec(recheckConduct, string(org), string(SellerSide), string(Good), `{}`, db.Micros(tx.Now()))
		return err
	}
	_, err := reassess(tx, by, org, SellerSide)
	return err
}

// reassess reads an account's conduct anew and keeps what has changed.
func reassess(tx *db.Tx, by access.User, org access.OrgID, side Side) (Conduct, error) {
	// One at a time: two that read at once would each miss what the other writes.
	if _, err := tx.Exec(holdConduct, string(org), string(side), string(Good), `{}`); err != nil {
		return Conduct{}, err
	}
	was, err := db.One(tx, scanConduct, oneConduct, string(org))
	if err != nil {
		return was, err
	}
	now, err := assess(tx, was)
	if err != nil {
		return was, err
	}
	return now, keepChange(tx, by, was, now)
}

// assess is the conduct with its points, factors and level as of now. It writes nothing.
func assess(tx *db.Tx, c Conduct) (Conduct, error) {
	var err error
	if account, is := c.Organisation.Account(); is && c.Side == SellerSide {
		err = c.assessSeller(tx, market.SellerID(account))
	} else {
		err = c.assessNotifier(tx)
	}
	if err != nil {
		return c, err
	}
	c = c.follow(tx.Now())
	if c.Level == Suspended && (c.RecheckAt.IsZero() || c.Until.Before(c.RecheckAt)) {
		c.RecheckAt = c.Until
	}
	c.UpdatedAt = tx.Now()
	return c, nil
}

func (c *Conduct) assessSeller(tx *db.Tx, seller market.SellerID) error {
	strikes, err := db.All(tx, scanStrike, strikesOf, string(seller), db.Micros(tx.Now().Add(-DefaultStrikeRules.Window)))
	if err != nil {
		return err
	}
	of := c.Factors.Of
	c.Strikes = strikes
	c.Points, c.Factors, c.RecheckAt = DefaultStrikeRules.Weigh(strikes, c.WarnedAt, tx.Now())
	if c.Factors.Of = of; c.warns() { // counting a great seller's listings costs: only where it matters
		if c.Factors.Of, err = db.One(tx, db.Value[int64], countListingsOf, string(seller)); err != nil {
			return err
		}
	}
	known, err := market.LoadSellers(tx, []market.SellerID{seller})
	if c.Name = known[seller].Name; c.Name == "" {
		c.Name = string(seller)
	}
	return err
}

func (c *Conduct) assessNotifier(tx *db.Tx) error {
	n, err := notifier(tx, c.Organisation)
	if err != nil {
		return err
	}
	refused := n.Decided - n.Upheld
	c.Points, c.Factors = DefaultMisuseRules.Weigh(n.Decided, refused), Factors{Number: refused, Of: n.Decided}
	c.RecheckAt = time.Time{}
	if c.Points > 0 {
		c.RecheckAt = tx.Now().Add(24 * time.Hour) // figures leave their window day by day
	}
	if !c.WarnedAt.IsZero() {
		if c.Factors.Since, err = db.One(tx, db.Value[int64], refusedSince, string(c.Organisation), db.Micros(c.WarnedAt)); err != nil {
			return err
		}
	}
	name, err := db.One(tx, db.Value[string], organisationName, string(c.Organisation))
	if fault.Of(err) == fault.NotFound {
		name, err = string(c.Organisation), nil
	}
	c.Name = name
	return err
}

// keepChange writes a conduct, and tells of it when its level changed.
func keepChange(tx *db.Tx, by access.User, was, now Conduct) error {
	if now.Level != was.Level || now.Version == 0 {
		now.Version++
	}
	if err := keepConduct(tx, now); err != nil {
		return err
	}
	if now.Level == was.Level {
		return nil
	}
	if !canMove(levelMoves, was.Level, now.Level) {
		return fmt.Errorf("account %s: no way from %s to %s", now.Organisation, was.Level, now.Level)
	}
	now.Strikes = nil
	if _, err := ledger.Record(tx, "conduct."+string(now.Level), "organisation:"+string(now.Organisation), by.Actor(), now.entry(was.Level)); err != nil {
		return err
	}
	account, _ := now.Organisation.Account()
	return tx.Emit(AccountChanged{now.Organisation, now.Side, market.SellerID(account), was.Level, now.Level, now.Until, tx.Now()})
}

// Conduct is how an account behaves, as of now: to its own people, and to the marketplace's.
func (s *Service) Conduct(ctx context.Context, by access.User, org access.OrgID) (c Conduct, err error) {
	if !by.Can(access.AppealRead) || db.Text(string(org)) != nil {
		return c, by.May(access.AppealRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if err := actsFor(tx, by, access.AppealRead, org); err != nil {
			return err
		}
		c, err = findConduct(tx, org)
		if err != nil {
			return err
		}
		level := c.Level
		c, err = assess(tx, c)
		if c.Level != level && c.Level == Warned && level == Good {
			c.Level, c.WarnedAt = level, time.Time{} // the next sweep warns, and tells of it
		}
		return err
	})
	return c, err
}

// findConduct is the conduct that is kept of an account, or the good one of an account that nothing is kept of.
func findConduct(tx *db.Tx, org access.OrgID) (Conduct, error) {
	c, err := db.One(tx, scanConduct, oneConduct, string(org))
	if fault.Of(err) != fault.NotFound {
		return c, err
	}
	c = Conduct{Organisation: org, Side: NotifierSide, Level: Good}
	if _, is := org.Account(); is {
		c.Side = SellerSide
	}
	return c, nil
}

// ConductFilter says which accounts a list shows.
type ConductFilter struct {
	Side  Side
	Level Level
	After string // the cursor of the page before
	Limit int    // rows a page, at most 200; 0 means 50
}

// Conducts lists the accounts that have points, most first: those near a threshold or above it. Points are as of when they last changed.
func (s *Service) Conducts(ctx context.Context, by access.User, f ConductFilter) (page db.Page[Conduct], err error) {
	if err := by.May(access.AppealRead, ""); err != nil {
		return page, err
	}
	w := &db.Where{}
	w.And(`side = ?`, string(NotifierSide))
	if f.Side != NotifierSide {
		w = &db.Where{}
		w.And(`side = ?`, string(SellerSide))
	}
	w.And(`(points > 0 or level <> 'good')`)
	if f, ok := fault.As(db.Text(string(f.Level))); ok {
		return page, f.At("level")
	}
	if f.Level != "" {
		w.And(`level = ?`, string(f.Level))
	}
	if f.After != "" {
		var points int64
		var org string
		if err := db.ParseCursor(f.After, "conducts", &points, &org); err != nil {
			return page, err
		}
		w.And(`(points, organisation) < (?, ?)`, points, org)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by points desc, organisation desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanConduct, listConducts+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Conduct) string { return db.Cursor("conducts", last.Points, last.Organisation) })
		return err
	})
	return page, err
}

// Propose proposes to suspend an account for so many days: the first of two persons. It returns fault.Conflict for an account that was not warned, or against
// which nothing was found since.
func (s *Service) Propose(ctx context.Context, by access.User, org access.OrgID, days int, reasons string, version int64) (Conduct, error) {
	return s.changeConduct(ctx, by, org, version, func(c Conduct, at time.Time) (Conduct, error) {
		if err := c.mayPropose(days, reasons); err != nil {
			return c, err
		}
		c.Level, c.ProposedBy, c.ProposedName, c.ProposedAt, c.Days, c.Reasons = Proposed, by.Answerable(), by.Name, at, days, reasons
		return c, nil
	})
}

// Confirm suspends an account as another person has proposed: the second of two persons.
func (s *Service) Confirm(ctx context.Context, by access.User, org access.OrgID, version int64) (Conduct, error) {
	return s.changeConduct(ctx, by, org, version, func(c Conduct, at time.Time) (Conduct, error) {
		switch {
		case !canMove(levelMoves, c.Level, Suspended):
			return c, fault.Conflict.Say("This account cannot be taken there from where it is.")
		case c.ProposedBy == by.Answerable():
			return c, fault.Forbidden.Say("You proposed this. Another person confirms it.")
		}
		c.Level, c.ConfirmedBy, c.ConfirmedName, c.SuspendedAt, c.Until = Suspended, by.Answerable(), by.Name, at, at.AddDate(0, 0, c.Days)
		c.RecheckAt = c.Until
		return c, nil
	})
}

// Lift takes a proposal back or ends a suspension: one person is enough for what is milder. The account is warned still.
func (s *Service) Lift(ctx context.Context, by access.User, org access.OrgID, version int64) (Conduct, error) {
	return s.changeConduct(ctx, by, org, version, func(c Conduct, _ time.Time) (Conduct, error) {
		if c.Level != Proposed && c.Level != Suspended {
			return c, fault.Conflict.Say("This account cannot be taken there from where it is.")
		}
		c = c.acquit()
		c.Level = Warned
		return c, nil
	})
}

// changeConduct takes a person's act on an account, as of now.
func (s *Service) changeConduct(ctx context.Context, by access.User, org access.OrgID, version int64, change func(c Conduct, at time.Time) (Conduct, error)) (c Conduct, err error) {
	if err := by.May(access.AccountSuspend, ""); err != nil {
		return c, err
	}
	if db.Text(string(org)) != nil {
		return c, noAccount
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		was, err := db.One(tx, scanConduct, oneConduct, string(org))
		if fault.Of(err) == fault.NotFound {
			return noAccount
		}
		if err != nil {
			return err
		}
		if was, err = reassess(tx, by, org, was.Side); err != nil {
			return err
		}
		if was, err = db.One(tx, scanConduct, oneConduct, string(org)); err != nil {
			return err
		}
		if was.Version != version {
			return fault.Conflict.Say("The account has changed since you opened it. Look again.")
		}
		if c, err = change(was, tx.Now()); err != nil {
			return err
		}
		return keepChange(tx, by, was, c)
	})
	if err != nil {
		return Conduct{}, fmt.Errorf("change the conduct of %s: %w", org, err)
	}
	c.Version++
	return c, nil
}

// sweepConducts looks again at the accounts whose level time may have changed, and at those the program itself acted against.
func (s *Service) sweepConducts(ctx context.Context) error {
	for {
		var due []Conduct
		err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
			due, err = db.All(tx, scanConduct, conductsToRecheck, db.Micros(tx.Now()), sweepAtOnce)
			return err
		})
		if err != nil {
			return err
		}
		for _, c := range due {
			err := s.DB.Tx(ctx, func(tx *db.Tx) error {
				_, err := reassess(tx, access.System, c.Organisation, c.Side)
				return err
			})
			if err != nil {
				return err
			}
		}
		if len(due) < sweepAtOnce {
			return nil
		}
	}
}

// processed says whether a notifier's notices are taken: not while it is suspended.
func processed(tx *db.Tx, org access.OrgID) error {
	c, err := db.One(tx, scanConduct, oneConduct, string(org))
	if fault.Of(err) == fault.NotFound {
		return nil
	}
	if err == nil && c.SuspendedAtMoment(tx.Now()) {
		err = fault.Forbidden.Say("Your notices are not processed until %s: too many were unfounded.", moment(c.Until)).At("right")
	}
	return err
}

const (
	conductColumns = `organisation, side, name, level, points, factors, warned_at, proposed_by, proposed_name, proposed_at, reasons, confirmed_by, confirmed_name, suspended_at, until_at, recheck_at,
		version, updated_at`
	oneConduct   = `select ` + conductColumns + ` from conduct where organisation = $1`
	listConducts = `select ` + conductColumns + ` from conduct`
	writeConduct = `insert into conduct (` + conductColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		on conflict (organisation) do update set name = excluded.name, level = excluded.level, points = excluded.points, factors = excluded.factors, warned_at = excluded.warned_at,
		proposed_by = excluded.proposed_by, proposed_name = excluded.proposed_name, proposed_at = excluded.proposed_at, reasons = excluded.reasons, confirmed_by = excluded.confirmed_by,
		confirmed_name = excluded.confirmed_name, suspended_at = excluded.suspended_at, until_at = excluded.until_at, recheck_at = excluded.recheck_at, version = excluded.version,
		updated_at = excluded.updated_at`
	emptyConduct = `insert into conduct (` + conductColumns + `) values ($1, $2, '', $3, 0, $4, 0, '', '', 0, '', '', '', 0, 0, `
	holdConduct  = emptyConduct + `0, 0, 0) on conflict (organisation) do update set side = excluded.side`
	// Looked at by the next sweep.
	recheckConduct    = emptyConduct + `$5, 0, 0) on conflict (organisation) do update set recheck_at = excluded.recheck_at`
	conductsToRecheck = `select ` + conductColumns + ` from conduct where recheck_at > 0 and recheck_at <= $1 order by recheck_at, organisation limit $2`

	// What stands against a seller, by day and reason. A question to those who lead leaves the decision before it in force.
	strikesOf = `select reason, max(at), count(*) from decision where seller = $1 and at > $2 and ` + restricts + ` and undone_at = 0 and (superseded = '' or exists
		(select 1 from decision as later where later.id = decision.superseded and later.outcome = 'escalate' and later.undone_at = 0 and later.superseded = ''))
		group by at / 86400000000, reason order by 2 desc, 1`
	countListingsOf  = `select count(*) from listing where seller = $1`
	refusedSince     = `select count(*) from notice where organisation = $1 and state = 'refused' and decided_at > $2`
	organisationName = `select name from organisation where id = $1`
)

func scanStrike(r db.Row) (s Strike, err error) {
	var at int64
	err = r.Scan(&s.Reason, &at, &s.Count)
	s.At = db.Time(at)
	return s, err
}

// conductDocument is what of a conduct is kept as JSON.
type conductDocument struct {
	Factors
	Days int `json:"days,omitempty"`
}

func scanConduct(r db.Row) (c Conduct, err error) {
	var document string
	var warned, proposed, suspended, until, recheck, updated int64
	if err := r.Scan(&c.Organisation, &c.Side, &c.Name, &c.Level, &c.Points, &document, &warned, &c.ProposedBy, &c.ProposedName, &proposed, &c.Reasons, &c.ConfirmedBy, &c.ConfirmedName, &suspended,
		&until, &recheck, &c.Version, &updated); err != nil {
		return c, err
	}
	c.WarnedAt, c.ProposedAt, c.SuspendedAt, c.Until = db.Time(warned), db.Time(proposed), db.Time(suspended), db.Time(until)
	c.RecheckAt, c.UpdatedAt = db.Time(recheck), db.Time(updated)
	var d conductDocument
	err = json.Unmarshal([]byte(document), &d)
	c.Factors, c.Days = d.Factors, d.Days
	return c, err
}

func keepConduct(tx *db.Tx, c Conduct) error {
	document, err := json.Marshal(conductDocument{c.Factors, c.Days})
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeConduct, string(c.Organisation), string(c.Side), c.Name, string(c.Level), c.Points, string(document), db.Micros(c.WarnedAt), string(c.ProposedBy), c.ProposedName,
		db.Micros(c.ProposedAt), c.Reasons, string(c.ConfirmedBy), c.ConfirmedName, db.Micros(c.SuspendedAt), db.Micros(c.Until), db.Micros(c.RecheckAt), c.Version, db.Micros(c.UpdatedAt))
	return err
}

// conductEntry is what the ledger keeps of a change of level.
type conductEntry struct {
	Organisation access.OrgID `json:"organisation"`
	Was          Level        `json:"was"`
	Level        Level        `json:"level"`
	Points       int64        `json:"points"`
	Factors      Factors      `json:"factors"`
	Reasons      string       `json:"reasons,omitempty"`
	Days         int          `json:"days,omitempty"`
	Until        int64        `json:"until_us,omitempty"` // microseconds since 1970
}

func (c Conduct) entry(was Level) conductEntry {
	e := conductEntry{Organisation: c.Organisation, Was: was, Level: c.Level, Points: c.Points, Factors: c.Factors, Reasons: c.Reasons, Days: c.Days}
	if !c.Until.IsZero() {
		e.Until = db.Micros(c.Until)
	}
	return e
}
