package enforce

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// TogetherID is the identity of a proposal to decide on many listings.
type TogetherID string

// Together is a decision on so many listings at once that one person does not take it alone. Nothing holds before another confirms.
type Together struct {
	ID      TogetherID
	Outcome Outcome
	Reason  ReasonCode
	Note    string
	Scope
	Items  []Item
	State  TogetherState
	By     access.UserID
	ByName string
	At     time.Time

	ClosedBy   access.UserID
	ClosedName string
	ClosedAt   time.Time // zero while it waits
	Why        string    // it was declined
	Taken      int       // decisions that were taken: a listing that had changed meanwhile is left as it is
	Group      GroupID   // of the decisions
	Entry      string
}

// TogetherState says how a proposal stands.
type TogetherState string

// The states of a proposal.
const (
	TogetherProposed  TogetherState = "proposed"
	TogetherConfirmed TogetherState = "confirmed"
	TogetherDeclined  TogetherState = "declined"
)

const (
	togetherColumns = `id, outcome, reason, note, territory, until_at, payout, items, state, by_id, by_name, at, closed_by, closed_name, closed_at, why, taken, group_id, entry`
	oneTogether     = `select ` + togetherColumns + ` from together where id = $1`
	togetherByForm  = `select ` + togetherColumns + ` from together where by_id = $1 and request = $2`
	togetherIn      = `select ` + togetherColumns + ` from together where state = $1 order by at desc, id desc limit 100`
	countTogether   = `select count(*) from together where state = 'proposed'`
	writeTogether   = `insert into together (` + togetherColumns + `, listings, request) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		on conflict (id) do update set state = excluded.state, closed_by = excluded.closed_by, closed_name = excluded.closed_name, closed_at = excluded.closed_at, why = excluded.why, taken = excluded.taken,
		group_id = excluded.group_id, entry = excluded.entry`
)

var noTogether = fault.NotFound.Say("There is no such proposal.")

func scanTogether(r db.Row) (t Together, err error) {
	var items, territory string
	var until, at, closed int64
	if err = r.Scan(&t.ID, &t.Outcome, &t.Reason, &t.Note, &territory, &until, &t.Payout, &items, &t.State, &t.By, &t.ByName, &at, &t.ClosedBy, &t.ClosedName, &closed, &t.Why, &t.Taken, &t.Group, &t.Entry); err != nil {
		return t, err
	}
	t.Territory, t.Until, t.At, t.ClosedAt = territoryOf(territory), db.Time(until), db.Time(at), db.Time(closed)
	return t, json.Unmarshal([]byte(items), &t.Items)
}

// keepTogether writes a proposal, and what was done with it into the ledger.
func keepTogether(tx *db.Tx, by access.User, t *Together, request string) error {
	items, err := json.Marshal(t.Items)
	if err != nil {
		return err
	}
	t.Entry, err = ledger.Record(tx, "together."+string(t.State), "together:"+string(t.ID), by.Actor(), struct {
		Outcome  Outcome    `json:"outcome"`
		Reason   ReasonCode `json:"reason"`
		Listings int        `json:"listings"`
		Items    string     `json:"items_sha256"`
		Taken    int        `json:"taken,omitempty"`
		Group    GroupID    `json:"group,omitempty"`
		Why      string     `json:"why,omitempty"`

		Territory []string `json:"territory,omitempty"`
		Until     int64    `json:"until_us,omitempty"`
		Payout    bool     `json:"payout_held,omitempty"`
	}{t.Outcome, t.Reason, len(t.Items), digest(string(items)), t.Taken, t.Group, t.Why, t.Territory, db.Micros(t.Until), t.Payout})
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeTogether, string(t.ID), string(t.Outcome), string(t.Reason), t.Note, territoryText(t.Territory), db.Micros(t.Until), t.Payout, string(items), string(t.State), string(t.By), t.ByName, db.Micros(t.At), string(t.ClosedBy), t.ClosedName,
		db.Micros(t.ClosedAt), t.Why, t.Taken, string(t.Group), t.Entry, len(t.Items), request)
	return err
}

// TakesTwo reports whether a choice on so many listings waits for a second person. What gives something back never does.
func (s *Service) TakesTwo(listings int, o Outcome) bool {
	return s.TwoAbove > 0 && listings > s.TwoAbove && o.Restricts()
}

// ProposeTogether proposes a decision on many listings, which another person is to confirm. The form's request twice is one proposal.
func (s *Service) ProposeTogether(ctx context.Context, by access.User, items []Item, c Choice) (t Together, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return t, err
	}
	if len(items) == 0 || len(items) > MaxTogether {
		return t, fault.TooLarge.Say("Decide on at most %d listings at once.", MaxTogether)
	}
	c = c.clean()
	if err := c.check(); err != nil {
		return t, err
	}
	for _, item := range items {
		if db.Text(string(item.Listing)) != nil {
			return t, noListing
		}
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if c.Request != "" {
			made, err := db.One(tx, scanTogether, togetherByForm, string(by.Answerable()), c.Request)
			if err == nil || fault.Of(err) != fault.NotFound {
				t = made
				return err
			}
		}
		if err := c.begins(tx.Now()); err != nil {
			return err
		}
		t = Together{ID: TogetherID(db.NewID()), Outcome: c.Outcome, Reason: c.Reason, Note: c.Note, Scope: c.Scope, Items: items, State: TogetherProposed, By: by.Answerable(), ByName: by.Name, At: tx.Now()}
		return keepTogether(tx, by, &t, c.Request)
	})
	if err != nil {
		return Together{}, fmt.Errorf("propose to decide on %d listings: %w", len(items), err)
	}
	return t, nil
}

// AllTogether is the proposals in a state, the newest first, at most a hundred.
func (s *Service) AllTogether(ctx context.Context, by access.User, state TogetherState) (all []Together, err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, scanTogether, togetherIn, string(state))
		return err
	})
	return all, err
}

// TogetherWaiting is how many proposals wait for a second person.
func (s *Service) TogetherWaiting(ctx context.Context, by access.User) (n int64, err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, db.Value[int64], countTogether)
		return err
	})
	return n, err
}

// findTogether is a proposal that waits.
func findTogether(tx *db.Tx, id TogetherID) (Together, error) {
	if db.Text(string(id)) != nil {
		return Together{}, noTogether
	}
	t, err := db.One(tx, scanTogether, oneTogether, string(id))
	switch {
	case fault.Of(err) == fault.NotFound:
		return t, noTogether
	case err == nil && t.State != TogetherProposed:
		return t, fault.Conflict.Say("%s has closed this proposal meanwhile.", t.ClosedName)
	}
	return t, err
}

// ConfirmTogether takes the decisions of a proposal: the second of two persons, in whose name they are. Listings that have changed since stay as they are, and are told. It
// returns fault.Forbidden for who proposed it, and fault.Conflict for one that is closed.
func (s *Service) ConfirmTogether(ctx context.Context, by access.User, id TogetherID) (t Together, results []ItemResult, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return t, nil, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if t, err = findTogether(tx, id); err != nil {
			return err
		}
		if t.By == by.Answerable() {
			return fault.Forbidden.Say("You proposed this. Another person confirms it.")
		}
		c := Choice{Outcome: t.Outcome, Reason: t.Reason, Note: t.Note, Scope: t.Scope}
		t.Group, t.Taken, results = GroupID(db.NewID()), 0, make([]ItemResult, 0, len(t.Items))
		for _, item := range t.Items {
			d, err := decide(tx, by, item, c, t.Group)
			if err != nil && !said(err) {
				return err
			}
			if err == nil {
				t.Taken++
			}
			results = append(results, ItemResult{item.Listing, d, err})
		}
		t.State, t.ClosedBy, t.ClosedName, t.ClosedAt = TogetherConfirmed, by.Answerable(), by.Name, tx.Now()
		return keepTogether(tx, by, &t, "")
	})
	if err != nil {
		return Together{}, nil, fmt.Errorf("confirm proposal %s: %w", id, err)
	}
	return t, results, nil
}

// DeclineTogether closes a proposal without a decision. Who proposed it takes it back with the same.
func (s *Service) DeclineTogether(ctx context.Context, by access.User, id TogetherID, why string) (t Together, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return t, err
	}
	why = strings.TrimSpace(why)
	if err := checkText(why, MaxNote); err != nil {
		return t, err.At("why")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if t, err = findTogether(tx, id); err != nil {
			return err
		}
		if why == "" && t.By != by.Answerable() {
			return fault.Invalid.Say("Say why.").At("why")
		}
		t.State, t.ClosedBy, t.ClosedName, t.ClosedAt, t.Why = TogetherDeclined, by.Answerable(), by.Name, tx.Now(), why
		return keepTogether(tx, by, &t, "")
	})
	if err != nil {
		return Together{}, fmt.Errorf("decline proposal %s: %w", id, err)
	}
	return t, nil
}
