package detect

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// tally is what is counted of one message scanned. It is kept as a row of its own and added up later, by one process: workers that
// counted in one place would wait for each other at it.
type tally struct {
	Day       int64                  `json:"day"` // since 1970
	Listings  int64                  `json:"listings"`
	Suspected int64                  `json:"suspected"`
	Signals   map[string]signalTally `json:"signals,omitempty"`

	Policy PolicyNumber `json:"policy,omitempty"` // that ran beside; 0 for none
	Trial  int64        `json:"trial,omitempty"`
	Beside Comparison   `json:"beside,omitzero"`

	Prices []byte `json:"prices,omitempty"` // what the message's listings teach: a PriceBook
}

type signalTally struct {
	Listings  int64   `json:"n"`
	Suspected int64   `json:"s,omitempty"`
	Bits      float64 `json:"b,omitempty"`
}

func (t *tally) count(r *Result) {
	if t.Signals == nil {
		t.Signals = map[string]signalTally{}
	}
	suspected := one(r.Verdict != Clear)
	t.Listings++
	t.Suspected += suspected
	for i := range r.Signals {
		n := t.Signals[r.Signals[i].Name]
		n.Listings++
		n.Suspected += suspected
		n.Bits += r.Signals[i].Weight
		t.Signals[r.Signals[i].Name] = n
	}
}

func (t *tally) add(other tally) {
	t.Listings, t.Suspected = t.Listings+other.Listings, t.Suspected+other.Suspected
	for name, n := range other.Signals {
		if t.Signals == nil {
			t.Signals = map[string]signalTally{}
		}
		sum := t.Signals[name]
		t.Signals[name] = signalTally{sum.Listings + n.Listings, sum.Suspected + n.Suspected, sum.Bits + n.Bits}
	}
}

func keepTally(tx *db.Tx, message string, t tally) error {
	document, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeTally, message, db.Micros(tx.Now()), string(document))
	return err
}

// talliesAtOnce is how many messages one transaction adds up.
const talliesAtOnce = 1_000

// Sweep adds up what was counted since the last time. One process does it, every minute; a kill on the way loses nothing and counts nothing
// twice.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		n := 0
		err := s.DB.Bulk(ctx, func(tx *db.Tx) (err error) {
			n, err = addUp(tx)
			return err
		})
		if err != nil {
			return fmt.Errorf("add up what was scanned: %w", err)
		}
		if n < talliesAtOnce {
			return nil
		}
	}
}

func addUp(tx *db.Tx) (n int, err error) {
	type row struct{ message, document string }
	rows, err := db.All(tx, func(r db.Row) (w row, err error) {
		err = r.Scan(&w.message, &w.document)
		return w, err
	}, oldestTallies, talliesAtOnce)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	type onTrial struct {
		policy PolicyNumber
		trial  int64
	}
	days, trials := map[int64]*tally{}, map[onTrial]*Comparison{}
	var prices PriceBook
	messages := make([]any, len(rows))
	for i, w := range rows {
		messages[i] = w.message
		var t tally
		if err := json.Unmarshal([]byte(w.document), &t); err != nil {
			return 0, err
		}
		if days[t.Day] == nil {
			days[t.Day] = &tally{}
		}
		days[t.Day].add(t)
		if len(t.Prices) > 0 {
			var taught PriceBook
			if err := taught.UnmarshalBinary(t.Prices); err != nil {
				return 0, err
			}
			prices.Merge(&taught)
		}
		if t.Policy != 0 {
			key := onTrial{t.Policy, t.Trial}
			if trials[key] == nil {
				trials[key] = &Comparison{}
			}
			trials[key].add(t.Beside)
		}
	}
	for day, t := range days {
		t.Signals = orEmpty(t.Signals)
		t.Signals[""] = signalTally{t.Listings, t.Suspected, 0}
		for name, n := range t.Signals {
			if _, err := tx.Exec(addSignalDay, day, name, n.Listings, n.Suspected, n.Bits); err != nil {
				return 0, err
			}
		}
	}
	for key, c := range trials {
		t, err := lastTrial(tx, key.policy)
		if err != nil {
			return 0, err
		}
		if t == nil || t.Number != key.trial {
			continue // of a trial that was begun anew
		}
		t.Beside.add(*c)
		if err := keepTrial(tx, *t); err != nil {
			return 0, err
		}
	}
	if err := keepPrices(tx, &prices); err != nil {
		return 0, err
	}
	_, err = tx.Exec(dropTallies+db.In(1, len(messages)), messages...)
	return len(rows), err
}

// keepPrices merges what was learnt into the books that are kept, one a brand.
func keepPrices(tx *db.Tx, learnt *PriceBook) error {
	for id, book := range learnt.ByBrand() {
		kept, err := db.One(tx, db.Value[[]byte], oneBook, string(id))
		if err != nil && fault.Of(err) != fault.NotFound {
			return err
		}
		if err == nil {
			var before PriceBook
			if err := before.UnmarshalBinary(kept); err != nil {
				return fmt.Errorf("the prices of brand %s: %w", id, err)
			}
			book.Merge(&before)
		}
		document, err := book.MarshalBinary()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(writeBook, string(id), document, db.Micros(tx.Now())); err != nil {
			return err
		}
	}
	return nil
}

// loadPrices is everything that was learnt.
func loadPrices(tx *db.Tx) (*PriceBook, error) {
	all := &PriceBook{}
	_, err := db.All(tx, func(r db.Row) (nothing, error) {
		var document []byte
		if err := r.Scan(&document); err != nil {
			return nothing{}, err
		}
		var book PriceBook
		if err := book.UnmarshalBinary(document); err != nil {
			return nothing{}, err
		}
		all.Merge(&book)
		return nothing{}, nil
	}, allBooks)
	return all, err
}

func orEmpty(m map[string]signalTally) map[string]signalTally {
	if m == nil {
		return map[string]signalTally{}
	}
	return m
}
