package enforce

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

var noLook = fault.NotFound.Say("There is no such look.")

// drawOverlap is how far back decisions are drawn from again: one may be committed later than another that was taken after it. The draw comes out the same.
const drawOverlap = time.Hour

// drawAtOnce bounds how many decisions one transaction draws from.
const drawAtOnce = 2_000

// DrawLooks draws which decisions a second person looks at, and gives each reviewer whose turn it is a golden item. It is for the sweep; twice is fine.
func (s *Service) DrawLooks(ctx context.Context) error {
	if err := s.drawSeconds(ctx); err != nil {
		return fmt.Errorf("draw second looks: %w", err)
	}
	if err := s.giveGoldens(ctx); err != nil {
		return fmt.Errorf("give golden items: %w", err)
	}
	return nil
}

func (s *Service) drawSeconds(ctx context.Context) error {
	drawn := share(s.SecondShare, SecondShare)
	var head int64
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		head, err = db.One(tx, db.Value[int64], lookHead)
		return err
	})
	if err != nil {
		return err
	}
	from := max(0, head-drawOverlap.Microseconds())
	at, id := from-1, ""
	for {
		n := 0
		toAt, toID := at, id // where this batch ends; a transaction that is tried again begins where it began
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			decisions, err := db.All(tx, scanDecision, toDraw, from, string(access.System.ID), at, id, drawAtOnce)
			if err != nil {
				return err
			}
			for _, d := range decisions {
				if !d.drawn(drawn) {
					continue
				}
				l := Look{ID: LookID(db.NewID()), Kind: Second, Listing: d.Listing, Content: d.Content, Decision: d.ID, FirstBy: d.By, FirstName: d.ByName, FirstOutcome: d.Outcome, FirstReason: d.Reason, MadeAt: tx.Now()}
				if _, err := keepLook(tx, l, due(string(d.ID))); err != nil {
					return err
				}
			}
			if n = len(decisions); n == 0 {
				return nil
			}
			last := decisions[n-1]
			toAt, toID = db.Micros(last.At), string(last.ID)
			_, err = tx.Exec(writeHead, toAt)
			return err
		})
		if err != nil || n < drawAtOnce {
			return err
		}
		at, id = toAt, toID
	}
}

// due is where in the order a look stands: by a draw, so that the order tells nothing.
func due(of string) string { return fmt.Sprintf("%.15f", lot("order", of)) }

// reviewedLately is how far back a reviewer's decisions count for the next golden item.
const reviewedLately = 90 * 24 * time.Hour

func (s *Service) giveGoldens(ctx context.Context) error {
	every := s.GoldenEvery
	if every == 0 {
		every = GoldenEvery
	}
	if every < 0 {
		return nil
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		counts := map[access.UserID]int64{}
		if err := tally(tx, counts, sinceGolden, string(access.System.ID), db.Micros(tx.Now().Add(-reviewedLately))); err != nil {
			return err
		}
		for _, reviewer := range slices.Sorted(maps.Keys(counts)) {
			if counts[reviewer] < int64(every) {
				continue
			}
			g, err := db.One(tx, scanGolden, nextGolden, string(reviewer))
			if fault.Of(err) == fault.NotFound {
				continue
			}
			if err != nil {
				return err
			}
			l := Look{ID: LookID(db.NewID()), Kind: Golden, Listing: g.Listing, Content: g.Content, FirstOutcome: g.Outcome, MadeAt: tx.Now(), reviewer: reviewer}
			if _, err := keepLook(tx, l, due(string(l.ID))); err != nil {
				return err
			}
		}
		return nil
	})
}

// NextLook is the next listing that the person is to judge without being told what was decided on it, and how many wait. ok is false when none does.
// A second look that was begun is the person's for half an hour.
func (s *Service) NextLook(ctx context.Context, by access.User) (l Look, waiting int64, ok bool, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return l, 0, false, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		l, ok = Look{}, false
		for {
			var err error
			if waiting, err = db.One(tx, db.Value[int64], countNext, string(by.Answerable()), db.Micros(tx.Now())); err != nil || waiting == 0 {
				return err
			}
			if l, err = db.One(tx, scanLook, nextLook, string(by.Answerable()), db.Micros(tx.Now())); err != nil {
				return err
			}
			// What has changed since cannot be judged as it was.
			records, err := market.Load(tx, []market.ListingID{l.Listing})
			if err != nil {
				return err
			}
			if records[l.Listing].Version == l.Content {
				break
			}
			if _, err := tx.Exec(dropLook, string(l.ID)); err != nil {
				return err
			}
		}
		ok = true
		until := tx.Now().Add(lookTime)
		if l.Kind == Golden {
			until = time.Time{}
		}
		_, err := tx.Exec(beginLook, string(by.Answerable()), db.Micros(until), string(l.ID))
		return err
	})
	if err != nil {
		return Look{}, 0, false, fmt.Errorf("find the next look: %w", err)
	}
	return l.blind(), waiting, ok, nil
}

// blind is the look as its reviewer sees it.
func (l Look) blind() Look { return Look{ID: l.ID, Listing: l.Listing, Content: l.Content} }

// AnswerLook takes a reviewer's judgement; Version and Request of the choice are not looked at. It returns fault.NotFound for a look that is not the
// person's, and fault.Conflict for one that was answered.
func (s *Service) AnswerLook(ctx context.Context, by access.User, id LookID, c Choice) error {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	if c.Outcome == Escalate {
		return fault.Invalid.Say("Choose whether the listing stays or goes.").At("outcome")
	}
	if db.Text(string(id)) != nil {
		return noLook
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		l, err := db.One(tx, scanLook, oneLook, string(id))
		if fault.Of(err) == fault.NotFound || err == nil && l.reviewer != by.Answerable() {
			return noLook
		}
		if err != nil {
			return err
		}
		if !l.DoneAt.IsZero() {
			return fault.Conflict.Say("You have answered this already.")
		}
		entry, err := ledger.Record(tx, "look.answered", Subject(l.Listing), by.Actor(), lookEntry{l.ID, l.Kind, l.Decision, l.FirstOutcome, c.Outcome, c.Reason, c.Note, by.Answerable()})
		if err != nil {
			return err
		}
		_, err = tx.Exec(finish, db.Micros(tx.Now()), string(by.Answerable()), by.Name, string(c.Outcome), string(c.Reason), c.Note, entry, string(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("answer look %s: %w", id, err)
	}
	return nil
}

// lookEntry is what the ledger keeps of a look.
type lookEntry struct {
	Look     LookID        `json:"look"`
	Kind     LookKind      `json:"kind"`
	Decision DecisionID    `json:"decision,omitempty"`
	First    Outcome       `json:"first"`
	Outcome  Outcome       `json:"outcome"`
	Reason   ReasonCode    `json:"reason"`
	Note     string        `json:"note,omitempty"`
	By       access.UserID `json:"by"`
}

// LookFilter says which looks a list shows: those that were answered, the newest first.
type LookFilter struct {
	Disagreed bool // only those in which both came to something else
	Reviewer  access.UserID
	After     string // the cursor of the page before
	Limit     int    // rows a page, at most 200; 0 means 50
}

// Looks lists looks that were answered, for those who lead the review.
func (s *Service) Looks(ctx context.Context, by access.User, f LookFilter) (page db.Page[Look], err error) {
	if err := by.May(access.DecisionUndo, ""); err != nil {
		return page, err
	}
	w := &db.Where{}
	w.And(`done_at > 0`)
	if f.Disagreed {
		w.And(`(case when first_outcome = 'approve' then 1 else 0 end) <> (case when outcome = 'approve' then 1 else 0 end)`)
	}
	if err := checkText(string(f.Reviewer), maxSearch); err != nil {
		return page, err.At("reviewer")
	}
	if f.Reviewer != "" {
		w.And(`(by_id = ? or first_by = ?)`, string(f.Reviewer), string(f.Reviewer))
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "looks", &at, &id); err != nil {
			return page, err
		}
		w.And(`(done_at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by done_at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanLook, listLooks+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Look) string { return db.Cursor("looks", db.Micros(last.DoneAt), last.ID) })
		return err
	})
	return page, err
}

// Quality is how well the review of a period was done: from looks answered in it, and from measures taken in it.
func (s *Service) Quality(ctx context.Context, by access.User, from, to time.Time) (q Quality, err error) {
	if err := by.May(access.DecisionUndo, ""); err != nil && by.May(access.LedgerRead, "") != nil {
		return q, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		looks, err := db.All(tx, scanLook, looksDone, db.Micros(from), db.Micros(to))
		if err != nil {
			return err
		}
		q = judge(looks)
		return nil
	})
	if err != nil {
		return q, fmt.Errorf("judge the review: %w", err)
	}
	q.From, q.To = from, to
	rates := map[string]*Rate{}
	for d, err := range s.restrictions(ctx, from, to) {
		if err != nil {
			return q, err
		}
		names := slices.Clone(d.Signals)
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if rates[name] == nil {
				rates[name] = &Rate{}
			}
			rates[name].add(d.wrong())
		}
	}
	for name, r := range rates {
		q.Signals = append(q.Signals, SignalOverturn{name, *r})
	}
	slices.SortFunc(q.Signals, func(a, b SignalOverturn) int {
		return cmp.Or(cmp.Compare(b.Of, a.Of), strings.Compare(a.Signal, b.Signal))
	})
	return q, nil
}

// OwnQuality is what looks of a period say of the person's own judgements. Which they were is not told: some may be looked at again.
func (s *Service) OwnQuality(ctx context.Context, by access.User, from, to time.Time) (own ReviewerQuality, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return own, err
	}
	own = ReviewerQuality{Reviewer: by.Answerable(), Name: by.Name}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		looks, err := db.All(tx, scanLook, looksDone, db.Micros(from), db.Micros(to))
		if err != nil {
			return err
		}
		for _, one := range judge(looks).Reviewers {
			if one.Reviewer == own.Reviewer {
				own = one
			}
		}
		return nil
	})
	return own, err
}

// LooksWaiting is how many listings wait for the person's judgement, see NextLook. None is begun by asking.
func (s *Service) LooksWaiting(ctx context.Context, by access.User) (n int64, err error) {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, db.Value[int64], countNext, string(by.Answerable()), db.Micros(tx.Now()))
		return err
	})
	return n, err
}

// SetGolden says of a listing, as it is now, what is right. It returns fault.Invalid, and fault.NotFound for a listing there is not.
func (s *Service) SetGolden(ctx context.Context, by access.User, listing market.ListingID, right Outcome, why string) error {
	if err := by.May(access.DecisionUndo, ""); err != nil {
		return err
	}
	if right != Remove && right != Approve {
		return fault.Invalid.Say("Choose whether the listing stays or goes.").At("outcome")
	}
	if strings.TrimSpace(why) == "" {
		return fault.Invalid.Say("Say why.").At("why")
	}
	if err := checkText(why, MaxNote); err != nil {
		return err.At("why")
	}
	if listing == "" || db.Text(string(listing)) != nil {
		return noListing
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		records, err := market.Load(tx, []market.ListingID{listing})
		if err != nil {
			return err
		}
		record, ok := records[listing]
		if !ok {
			return noListing
		}
		if _, err := ledger.Record(tx, "golden.set", Subject(listing), by.Actor(), map[string]any{"outcome": right, "why": why, "content": record.Version}); err != nil {
			return err
		}
		_, err = tx.Exec(writeGolden, string(listing), string(right), strings.TrimSpace(why), record.Version, string(by.Answerable()), by.Name, db.Micros(tx.Now()))
		return err
	})
}

// DropGolden takes a listing from the golden items. Looks at it that were answered stay.
func (s *Service) DropGolden(ctx context.Context, by access.User, listing market.ListingID) error {
	if err := by.May(access.DecisionUndo, ""); err != nil {
		return err
	}
	if db.Text(string(listing)) != nil {
		return noListing
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		if n, err := tx.Exec(dropGolden, string(listing)); err != nil || n == 0 {
			if err == nil {
				err = fault.NotFound.Say("This listing is no golden item.")
			}
			return err
		}
		_, err := ledger.Record(tx, "golden.dropped", Subject(listing), by.Actor(), nil)
		return err
	})
}

// GoldenItems is every golden item, the newest first.
func (s *Service) GoldenItems(ctx context.Context, by access.User) (all []GoldenItem, err error) {
	if err := by.May(access.DecisionUndo, ""); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, scanGolden, listGolden)
		return err
	})
	return all, err
}
