package enforce

import (
	"context"
	"encoding/json"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
)

// The kinds of the room's ledger entries.
const (
	madeKind   = "decision.made"
	undoneKind = "decision.undone"
	endedKind  = "decision.ended"
)

// madeEntry is what the ledger keeps of a decision.
type madeEntry struct {
	Decision DecisionID      `json:"decision"`
	Outcome  Outcome         `json:"outcome"`
	Reason   ReasonCode      `json:"reason"`
	Note     string          `json:"note,omitempty"`
	By       access.UserID   `json:"by"`
	ByName   string          `json:"by_name"`
	Group    GroupID         `json:"group,omitempty"`
	Seller   market.SellerID `json:"seller,omitempty"`
	Brand    brand.ID        `json:"brand,omitempty"`
	Category string          `json:"category,omitempty"`
	Content  int64           `json:"content"`
	Verdict  detect.Verdict  `json:"verdict"`
	Score    float64         `json:"score"`
	Signals  []string        `json:"signals,omitempty"`
	Model    string          `json:"model,omitempty"`
	Revision int64           `json:"revision"`
	Standing Standing        `json:"standing"`
	Waited   int64           `json:"waited_us,omitempty"`
	Previous DecisionID      `json:"previous,omitempty"`
	Was      State           `json:"was"`

	Territory []string `json:"territory,omitempty"`
	Until     int64    `json:"until_us,omitempty"` // microseconds since 1970
	Payout    bool     `json:"payout_held,omitempty"`
}

func (d Decision) entry() madeEntry {
	return madeEntry{d.ID, d.Outcome, d.Reason, d.Note, d.By, d.ByName, d.Group, d.Seller, d.Brand, d.Category, d.Content, d.Verdict, d.Score, d.Signals, d.Model, d.Revision,
		d.Standing, d.Waited.Microseconds(), d.Previous, d.wasState, d.Territory, db.Micros(d.Until), d.Payout}
}

// undoneEntry is what the ledger keeps of an undoing.
type undoneEntry struct {
	Decision DecisionID    `json:"decision"`
	By       access.UserID `json:"by"`
	ByName   string        `json:"by_name"`
	Why      string        `json:"why,omitempty"`
}

func (d Decision) undoneEntry() undoneEntry {
	return undoneEntry{d.ID, d.Undone.By, d.Undone.ByName, d.Undone.Why}
}

// What Attest says. Each is a translation key.
const (
	sayNoEntry       = "The decision has no entry in the ledger."
	sayOtherwise     = "The decision is not what its entry in the ledger records."
	sayNoUndone      = "The undoing of the decision has no entry in the ledger."
	sayUndoneElse    = "The undoing of the decision is not what its entry in the ledger records."
	sayNoEnd         = "The end of the decision has no entry in the ledger."
	sayEndElse       = "The end of the decision is not what its entry in the ledger records."
	sayNotEnded      = "The ledger records that a decision ended, which has not."
	sayNoDecision    = "The ledger records a decision that is gone."
	sayNotUndone     = "The ledger records that a decision was undone, which is not."
	saySuperseded    = "The decision is said to be superseded by one that is not there, or no longer."
	sayStandingWrong = "The listing stands otherwise than its standing decision says."
	sayNotFollowed   = "A decision stands which the listing does not follow."
)

// attestPage is how many decisions, or entries, are read at once.
const attestPage = 1_000

// Attest holds every decision against the ledger entries that recorded it, the entries against the decisions, and the listings' standing against
// both. It is a ledger.Attestor.
func Attest(_ context.Context, tx *db.Tx, report func(subject, what string)) error {
	for _, check := range []func(*db.Tx, func(subject, what string)) error{attestDecisions, attestEntries, attestStanding} {
		if err := check(tx, report); err != nil {
			return err
		}
	}
	return nil
}

// storedEntry is what of an entry is held against a row.
type storedEntry struct {
	kind, subject string
	at            int64
	body          string
}

// says reports whether the entry records body, word by word, of the listing at the moment.
func (e storedEntry) says(kind string, listing market.ListingID, at int64, body any) (bool, error) {
	want, err := json.Marshal(body)
	return e.kind == kind && e.subject == Subject(listing) && e.at == at && e.body == string(want), err
}

func attestDecisions(tx *db.Tx, report func(subject, what string)) error {
	type row struct {
		decision            Decision
		made, undone, ended storedEntry
	}
	for after := DecisionID(""); ; {
		rows, err := db.All(tx, func(r db.Row) (w row, err error) {
			w.decision, err = scanDecisionAnd(r, &w.made.kind, &w.made.subject, &w.made.at, &w.made.body, &w.undone.kind, &w.undone.subject, &w.undone.at, &w.undone.body,
				&w.ended.kind, &w.ended.subject, &w.ended.at, &w.ended.body)
			return w, err
		}, decisionsWithEntries, string(after), attestPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].decision.ID
		for _, w := range rows {
			d := w.decision
			subject := "decision:" + string(d.ID)
			same, err := w.made.says(madeKind, d.Listing, db.Micros(d.At), d.entry())
			switch {
			case err != nil:
				return err
			case w.made.kind == "":
				report(subject, sayNoEntry)
			case !same:
				report(subject, sayOtherwise)
			}
			if !d.Ended.IsZero() {
				same, err = w.ended.says(endedKind, d.Listing, db.Micros(d.Ended), d.endedEntry())
				switch {
				case err != nil:
					return err
				case w.ended.kind == "":
					report(subject, sayNoEnd)
				case !same:
					report(subject, sayEndElse)
				}
			}
			if d.Undone == nil {
				continue // that it was undone is found from the entry's side
			}
			same, err = w.undone.says(undoneKind, d.Listing, db.Micros(d.Undone.At), d.undoneEntry())
			switch {
			case err != nil:
				return err
			case w.undone.kind == "":
				report(subject, sayNoUndone)
			case !same:
				report(subject, sayUndoneElse)
			}
		}
	}
}

// attestEntries looks for entries whose decision, or undoing, is gone.
func attestEntries(tx *db.Tx, report func(subject, what string)) error {
	type row struct {
		id, subject string
		at          int64
		known       bool
	}
	for kind, what := range map[string]string{madeKind: sayNoDecision, undoneKind: sayNotUndone, endedKind: sayNotEnded} {
		for last := (row{}); ; {
			rows, err := db.All(tx, func(r db.Row) (w row, err error) {
				err = r.Scan(&w.id, &w.at, &w.subject, &w.known)
				return w, err
			}, entriesWithoutDecision, kind, last.at, last.id, attestPage)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			last = rows[len(rows)-1]
			for _, w := range rows {
				if !w.known {
					report(w.subject, what)
				}
			}
		}
	}
	return nil
}

func attestStanding(tx *db.Tx, report func(subject, what string)) error {
	pair := func(r db.Row) (ids [2]string, err error) {
		err = r.Scan(&ids[0], &ids[1])
		return ids, err
	}
	for _, check := range []struct{ query, before, what string }{
		{wronglySuperseded, "decision:", saySuperseded},
		{wronglyStanding, "listing:", sayStandingWrong},
		{unseenStanding, "listing:", sayNotFollowed},
	} {
		rows, err := db.All(tx, pair, check.query)
		if err != nil {
			return err
		}
		for _, ids := range rows {
			report(check.before+ids[0], check.what)
		}
	}
	return nil
}
