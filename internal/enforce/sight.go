package enforce

import (
	"context"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Sight is what any buyer sees of a listing. Rights holders are shown no more than that: no signal, no score, nothing of the seller's account.
type Sight struct {
	Listing  market.ListingID
	Title    string
	Price    *float64 // in Currency; nil when not given
	Currency string
	Seller   string // its name; its id where it has none
	Pictures int
	Down     bool // removed or restricted: buyers do not see it any more
}

func sightOf(rec market.Record, stands Decision) Sight {
	s := Sight{Listing: rec.ID, Title: rec.Title, Price: rec.Price, Currency: rec.Currency, Seller: rec.Seller.Name, Pictures: len(rec.Images)}
	if s.Seller == "" {
		s.Seller = string(rec.Seller.ID)
	}
	s.Down = stands.Down()
	return s
}

// Preview shows a listing to somebody about to give notice of it. It returns fault.NotFound at "listing".
func (s *Service) Preview(ctx context.Context, by access.User, id market.ListingID) (sight Sight, err error) {
	if !by.Can(access.NoticeFile) {
		return sight, by.May(access.NoticeFile, by.Org)
	}
	missing := fault.NotFound.Say("There is no such listing.").At("listing")
	if id == "" || db.Text(string(id)) != nil {
		return sight, missing
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		seen, err := sights(tx, []market.ListingID{id})
		if err != nil {
			return err
		}
		var known bool
		if sight, known = seen[id]; !known {
			return missing
		}
		return nil
	})
	return sight, err
}

func sights(tx *db.Tx, ids []market.ListingID) (map[market.ListingID]Sight, error) {
	records, err := market.Load(tx, ids)
	if err != nil {
		return nil, err
	}
	reviews, err := loadReviews(tx, ids)
	if err != nil {
		return nil, err
	}
	var stand []DecisionID
	for _, v := range reviews {
		if v.Decision != "" {
			stand = append(stand, v.Decision)
		}
	}
	decisions, err := loadDecisions(tx, stand)
	if err != nil {
		return nil, err
	}
	all := make(map[market.ListingID]Sight, len(records))
	for id, rec := range records {
		all[id] = sightOf(rec, decisions[reviews[id].Decision])
	}
	return all, nil
}

// Background is what a notice is read with.
type Background struct {
	Right   Right
	Listing Sight
	Answer  *Answer // nil unless a decision on the listing has answered it
}

// Answer is a decision as a notifier is told it: who decided, and their note, stay with the marketplace.
type Answer struct {
	Decision  DecisionID
	Outcome   Outcome
	Reason    ReasonCode
	At        time.Time
	Automated bool      // no person decided
	Undone    time.Time // zero while it was not
	Stands    bool      // the marketplace goes by it still
}

func answerOf(d Decision) Answer {
	a := Answer{Decision: d.ID, Outcome: d.Outcome, Reason: d.Reason, At: d.At, Automated: d.Automated(), Stands: d.Stands()}
	if d.Undone != nil {
		a.Undone = d.Undone.At
	}
	return a
}

// Backgrounds are those of up to 200 notices, by id; of one there is not, or not for this person, there is none.
func (s *Service) Backgrounds(ctx context.Context, by access.User, ids []NoticeID) (all map[NoticeID]Background, err error) {
	if !by.Can(access.NoticeRead) {
		return nil, by.May(access.NoticeRead, by.Org)
	}
	all = map[NoticeID]Background{}
	if len(ids) == 0 {
		return all, nil
	}
	if len(ids) > 200 {
		return nil, fault.TooLarge.Say("Ask for at most %d notices at once.", 200)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		notices, err := db.All(tx, scanNotice, noticesIn+db.In(1, len(ids)), arguments(ids)...)
		if err != nil {
			return err
		}
		if notices, err = visible(tx, by, notices); err != nil || len(notices) == 0 {
			return err
		}
		var listings []market.ListingID
		var decisions []DecisionID
		var named []RightID
		for _, n := range notices {
			listings, named = append(listings, n.Listing), append(named, n.Right)
			if n.Decision != "" {
				decisions = append(decisions, n.Decision)
			}
		}
		seen, err := sights(tx, listings)
		if err != nil {
			return err
		}
		decided, err := loadDecisions(tx, decisions)
		if err != nil {
			return err
		}
		rows, err := db.All(tx, scanRight, rightsIn+db.In(1, len(named)), arguments(named)...)
		if err != nil {
			return err
		}
		rights := map[RightID]Right{}
		for _, r := range rows {
			rights[r.ID] = r
		}
		for _, n := range notices {
			b := Background{Right: rights[n.Right], Listing: seen[n.Listing]}
			if d, ok := decided[n.Decision]; ok {
				b.Answer = new(answerOf(d))
			}
			all[n.ID] = b
		}
		return nil
	})
	return all, err
}

// visible are those of the notices that the person may read.
func visible(tx *db.Tx, by access.User, notices []Notice) (kept []Notice, err error) {
	may := map[access.OrgID]bool{}
	for _, n := range notices {
		if _, asked := may[n.Organisation]; !asked {
			err := actsFor(tx, by, access.NoticeRead, n.Organisation)
			if err != nil && fault.Of(err) != fault.Forbidden {
				return nil, err
			}
			may[n.Organisation] = err == nil
		}
		if may[n.Organisation] {
			kept = append(kept, n)
		}
	}
	return kept, nil
}

// Answers are the decision that answers a notice and those that did until they were undone, in the order they were taken. It returns fault.NotFound for a
// notice there is not, or not for this person.
func (s *Service) Answers(ctx context.Context, by access.User, id NoticeID) (all []Answer, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err := findNotice(tx, by, id)
		if err != nil {
			return err
		}
		decisions, err := db.All(tx, scanDecision, answersTo, string(n.Decision), string(n.ID))
		for _, d := range decisions {
			all = append(all, answerOf(d))
		}
		return err
	})
	return all, err
}
