package detect

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
)

// Judgement is the machine's opinion of a listing and what the policy makes of it.
type Judgement struct {
	Result
	Treatment
}

// Genuine knows goods that are what they claim to be: bearers of a code of their maker's, lots that passed inspection. Rooms to the right of
// this one answer; it is asked before any rule.
type Genuine interface {
	Genuine(ctx context.Context, l *market.Listing) (bool, error)
}

// KnownGenuine is the Rule of a Treatment of goods that Genuine knows.
const KnownGenuine = "known-genuine"

// edition is which brands and which policies something was made from; each grows with every change.
type edition struct{ brands, policy int64 }

// covers reports whether e is of nothing older than other.
func (e edition) covers(other edition) bool {
	return e.brands >= other.brands && e.policy >= other.policy
}

// running is what judges listings: the live policy with its machine, and the one on trial. It is immutable.
type running struct {
	machine
	edition
	catalogue []brand.Brand // of edition.brands, for a second machine
	names     map[brand.ID]string
	model     string // the version the live policy names; empty for the shipped one
	rules     *rulebook
	trial     *shadow // nil when nothing is on trial
	now       clock.Clock
	madeAt    time.Time // of the machine, and so of the prices it has learnt
}

// pricesLast is how old the prices that a scanner has learnt may be.
const pricesLast = 24 * time.Hour

// stale reports whether the scanner's prices are to be read anew.
func (r *running) stale(now time.Time) bool { return now.Sub(r.madeAt) >= pricesLast }

// shadow is a policy that runs beside the live one.
type shadow struct {
	number  PolicyNumber
	trial   int64
	machine machine // nil: the live one's model will do
	rules   *rulebook
}

// judge is the machine's opinion of a listing and what the live policy makes of it.
func (r *running) judge(l *market.Listing, seen *Seen, genuine bool) (Judgement, []problem) {
	j := Judgement{Result: sound(r.ScanSeen(l, seen), l.ID)}
	problems := r.rules.apply(r, l, &j, genuine)
	return j, problems
}

// judge is what the policy beside makes of a listing of which the live one's result is known, or nil.
func (s *shadow) judge(r *running, l *market.Listing, seen *Seen, live *Result, genuine bool) (Judgement, []problem) {
	var j Judgement
	switch {
	case s.machine != nil:
		j.Result = sound(s.machine.ScanSeen(l, seen), l.ID)
	case live != nil:
		j.Result = *live
		if s.rules.thresholds == (Thresholds{}) && r.rules.thresholds != (Thresholds{}) {
			j.Result = sound(r.ScanSeen(l, seen), l.ID) // the live verdict is by the live policy's thresholds
		}
	default:
		j.Result = sound(r.ScanSeen(l, seen), l.ID)
	}
	problems := s.rules.apply(r, l, &j, genuine)
	return j, problems
}

// apply puts the verdict by the policy's thresholds, and the treatment, into j.
func (b *rulebook) apply(r *running, l *market.Listing, j *Judgement, genuine bool) []problem {
	if b.thresholds != (Thresholds{}) {
		j.Verdict = b.thresholds.verdict(j.Score)
	}
	if genuine {
		j.Treatment = Treatment{Action: Pass, Rule: KnownGenuine, Policy: b.number}
		return nil
	}
	t, problems := b.treat(&facts{listing: l, result: &j.Result, brand: r.names[j.Brand], now: r.now})
	j.Treatment = t
	return problems
}

// genuine asks whoever knows; nobody does as long as no room answers.
func (s *Service) genuine(ctx context.Context, l *market.Listing) (bool, error) {
	if s.Genuine == nil {
		return false, nil
	}
	return s.Genuine.Genuine(ctx, l)
}

// runningOf is what is at hand, or made anew when that is of an older edition than asked for.
func (s *Service) runningOf(ctx context.Context, want edition) (*running, error) {
	at := s.clock()()
	if now := s.current.Load(); now != nil && now.covers(want) && !now.stale(at) {
		return now, nil
	}
	s.making.Lock()
	defer s.making.Unlock()
	was := s.current.Load()
	if was != nil && was.covers(want) && !was.stale(at) {
		return was, nil
	}
	began := time.Now()
	brands, revision, err := s.Brands.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	next := &running{edition: edition{brands: revision}, catalogue: brands, now: s.clock(), madeAt: at}
	err = s.DB.View(ctx, func(tx *db.Tx) error { return s.make(tx, was, next) })
	if err != nil {
		return nil, fmt.Errorf("make a scanner of %d brands: %w", len(brands), err)
	}
	s.current.Store(next)
	s.log().InfoContext(ctx, "scanner made", slog.Int("brands", len(brands)), slog.Int64("revision", revision), slog.Int64("policy", int64(next.rules.number)),
		slog.Bool("beside", next.trial != nil), slog.Duration("took", time.Since(began)))
	return next, nil
}

// make fills in what runs by the policies as tx sees them. What the one before has of the same brands and model is taken over.
func (s *Service) make(tx *db.Tx, was, next *running) (err error) {
	if next.policy, err = db.One(tx, db.Value[int64], nowPolicyRevision); err != nil {
		return err
	}
	live, err := livePolicy(tx)
	if err != nil {
		return err
	}
	next.model = live.Model
	if was != nil && was.brands == next.brands && was.model == next.model && !was.stale(next.madeAt) {
		next.machine, next.names, next.madeAt = was.machine, was.names, was.madeAt
	} else {
		if next.machine, err = s.machineOf(tx, next.catalogue, live.Model); err != nil {
			return err
		}
		next.names = make(map[brand.ID]string, len(next.catalogue))
		for i := range next.catalogue {
			next.names[next.catalogue[i].ID] = next.catalogue[i].Name
		}
	}
	if next.rules, err = compileRules(live); err != nil {
		return err
	}
	beside, trial, err := besidePolicy(tx)
	if err != nil || beside == nil || trial == nil {
		return err
	}
	if next.trial, err = s.other(tx, next, *beside); err == nil {
		next.trial.trial = trial.Number
	}
	return err
}

// other is a policy made to run beside r.
func (s *Service) other(tx *db.Tx, r *running, p Policy) (*shadow, error) {
	rules, err := compileRules(p)
	if err != nil {
		return nil, err
	}
	beside := &shadow{number: p.Number, rules: rules}
	if p.Model == r.model {
		return beside, nil
	}
	beside.machine, err = s.machineOf(tx, r.catalogue, p.Model)
	return beside, err
}

func (s *Service) machineOf(tx *db.Tx, brands []brand.Brand, version string) (machine, error) {
	if s.compile != nil {
		return s.compile(brands, s.clock())
	}
	model, err := modelOf(tx, version)
	if err != nil {
		return nil, err
	}
	prices, err := loadPrices(tx)
	if err != nil {
		return nil, err
	}
	return NewScannerOf(Basis{Brands: brands, Now: s.clock(), Model: model, Prices: prices})
}

// PolicyChanged has the next scan be by what runs now. It is what bus.Watch calls in every process for PolicyEvents.
func (s *Service) PolicyChanged(ctx context.Context, m bus.Message) {
	said, err := changedPolicy(m)
	if err == nil {
		_, err = s.runningOf(ctx, edition{policy: said.Revision})
	}
	if err != nil {
		// No verdict is lost by it: what a worker stores is checked against the revision.
		s.log().WarnContext(ctx, "policy not read anew", slog.Any("error", err))
	}
}

// newest is the edition of what is in force, as tx sees it.
func newest(tx *db.Tx) (e edition, err error) {
	if e.brands, err = brand.Revision(tx); err != nil {
		return e, err
	}
	e.policy, err = db.One(tx, db.Value[int64], nowPolicyRevision)
	return e, err
}
