package enforce

import (
	"context"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Told is a decision as its seller is told it: who decided, their note, the score and what the machine is sure of stay with the marketplace.
type Told struct {
	Decision  DecisionID
	Seller    market.SellerID
	Listing   market.ListingID
	Title     string
	Standing  Standing // of the listing now, by whatever decision stands
	Outcome   Outcome
	Reason    ReasonCode
	At        time.Time
	Automated bool
	Noticed   bool      // a notice led to it
	Stands    bool      // the listing stands as it does by it
	Undone    time.Time // zero while it was not
	Ended     time.Time // when its time ran out; zero while it had not
	Scope
	AppealUntil time.Time
	Appeals     []Appeal     // of the seller, oldest first
	Forwardings []Forwarding // of its counter-statements
}

// Open is the seller's appeal that waits; nil when none does.
func (t Told) Open() *Appeal {
	if i := slices.IndexFunc(t.Appeals, Appeal.Open); i >= 0 {
		return &t.Appeals[i]
	}
	return nil
}

// MayFile reports whether an appeal of the kind can be filed at the moment.
func (t Told) MayFile(kind AppealKind, now time.Time) bool {
	if !t.Stands || t.Open() != nil || !now.Before(t.AppealUntil) || kind.side() != SellerSide || kind == CounterStatement && !t.Noticed {
		return false
	}
	return !slices.ContainsFunc(t.Appeals, func(a Appeal) bool { return a.Kind == kind && (a.State == AppealUpheld || a.State == Contested) })
}

// ToldFilter says which decisions a list shows.
type ToldFilter struct {
	Seller market.SellerID // one's own for a seller's people, whatever is asked for
	Stands bool            // only those by which a listing stands as it does
	After  string          // the cursor of the page before
	Limit  int             // rows a page, at most 200; 0 means 50
}

// Told lists the decisions that restricted a seller's listings, newest first: to the seller's own people theirs, to the marketplace's those of any seller.
func (s *Service) Told(ctx context.Context, by access.User, f ToldFilter) (page db.Page[Told], err error) {
	reach := by.Reach(access.StatementRead)
	if reach == access.None {
		return page, by.May(access.StatementRead, by.Org)
	}
	if reach == access.Own {
		account, is := by.Org.Account()
		if !is {
			return page, by.May(access.StatementRead, "")
		}
		f.Seller = market.SellerID(account)
	}
	if f, ok := fault.As(db.Text(string(f.Seller))); ok {
		return page, f.At("seller")
	}
	w := &db.Where{}
	w.And(restricts)
	if f.Seller != "" {
		w.And(`seller = ?`, string(f.Seller))
	}
	if f.Stands {
		w.And(`undone_at = 0 and superseded = ''`)
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "told", &at, &id); err != nil {
			return page, err
		}
		w.And(`(at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanDecision, listDecisions+w.Text(), w.Args()...)
		if err != nil {
			return err
		}
		all := make([]Told, len(rows))
		for i, d := range rows {
			if all[i], err = s.tell(tx, d); err != nil {
				return err
			}
		}
		page = db.Cut(all, limit, func(last Told) string { return db.Cursor("told", db.Micros(last.At), last.Decision) })
		return nil
	})
	return page, err
}

// ToldOne is one of them. It returns fault.NotFound for a decision there is not, that restricts nothing, or that is not this person's.
func (s *Service) ToldOne(ctx context.Context, by access.User, id DecisionID) (t Told, err error) {
	if !by.Can(access.StatementRead) {
		return t, by.May(access.StatementRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		d, err := findOwn(tx, by, access.StatementRead, id)
		if err != nil {
			return err
		}
		t, err = s.tell(tx, d)
		return err
	})
	return t, err
}

// tell reads what a seller is told of a decision.
func (s *Service) tell(tx *db.Tx, d Decision) (Told, error) {
	t := Told{Decision: d.ID, Seller: d.Seller, Listing: d.Listing, Outcome: d.Outcome, Reason: d.Reason, At: d.At, Automated: d.Automated(), Ended: d.Ended, Scope: d.Scope, AppealUntil: d.At.AddDate(0, s.appealMonths(), 0)}
	if d.Undone != nil {
		t.Undone = d.Undone.At
	}
	v, err := db.One(tx, scanReview, oneReview, string(d.Listing))
	if err != nil {
		return t, err
	}
	rests, err := restsOn(tx, v)
	if err != nil {
		return t, err
	}
	t.Title, t.Standing, t.Stands = v.Title, v.Standing, rests != nil && rests.ID == d.ID
	if t.Noticed, err = db.One(tx, db.Value[bool], wasNoticed, string(d.ID)); err != nil {
		return t, err
	}
	if t.Appeals, err = db.All(tx, scanAppeal, appealsOf, string(d.ID), string(SellerSide), string(SellerOrganisation(d.Seller))); err != nil {
		return t, err
	}
	for _, a := range t.Appeals {
		if a.Kind != CounterStatement {
			continue
		}
		some, err := db.All(tx, scanForwarding, forwardingsOf, string(a.ID))
		if err != nil {
			return t, err
		}
		t.Forwardings = append(t.Forwardings, some...)
	}
	return t, nil
}
