package enforce

import (
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Infringing reports whether the reason says that the goods copy somebody's: those for which a person takes a listing down as a fake, and not for a
// doubt or a want of papers.
func (c ReasonCode) Infringing() bool {
	return slices.Contains([]ReasonCode{"counterfeit", "replica-wording", "hidden-logo"}, c)
}

// Finds reports whether the decision is a person's that goods infringe.
func (d Decision) Finds() bool {
	return !d.Automated() && d.Outcome.Restricts() && d.Reason.Infringing()
}

const foundAgainst = `select ` + decisionColumns + ` from decision where undone_at = 0 and superseded = '' and at >= $1 and seller in `

// FoundAgainst is the decisions that stand by which people found goods of the accounts to infringe, taken at since or later; the latest first.
func FoundAgainst(tx *db.Tx, accounts []market.SellerID, since time.Time) ([]Decision, error) {
	var found []Decision
	for some := range slices.Chunk(accounts, 200) {
		args := []any{db.Micros(since)}
		for _, a := range some {
			args = append(args, string(a))
		}
		all, err := db.All(tx, scanDecision, foundAgainst+db.In(2, len(some))+` order by at desc, id`, args...)
		if err != nil {
			return nil, err
		}
		found = append(found, slices.DeleteFunc(all, func(d Decision) bool { return !d.Finds() })...)
	}
	slices.SortStableFunc(found, func(a, b Decision) int { return b.At.Compare(a.At) })
	return found, nil
}

// Load is one decision as tx sees it. It returns fault.NotFound.
func Load(tx *db.Tx, id DecisionID) (Decision, error) {
	d, err := db.One(tx, scanDecision, oneDecision, string(id))
	if fault.Of(err) == fault.NotFound {
		return d, noDecision
	}
	return d, err
}

const standingOn = `select ` + decisionColumns + ` from decision where listing = $1 and undone_at = 0 and superseded = ''`

// StandingOn is the decision that stands on a listing as tx sees it; known is false when none does.
func StandingOn(tx *db.Tx, listing market.ListingID) (d Decision, known bool, err error) {
	d, err = db.One(tx, scanDecision, standingOn, string(listing))
	if fault.Of(err) == fault.NotFound {
		return d, false, nil
	}
	return d, err == nil, err
}
