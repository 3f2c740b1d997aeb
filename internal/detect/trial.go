package detect

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Trial is what a policy would have done: over every listing there is (the replay), and on those that come in while it runs beside the live one.
// It acts on nothing.
type Trial struct {
	Policy    PolicyNumber
	Number    int64 // the first trial of the policy is 1
	State     TrialState
	Live      PolicyNumber // the policy it is held against
	Total     int64        // listings to replay, as counted when it began
	Done      int64
	Past      Comparison // what the replay found so far
	Beside    Comparison // what it found on listings that came in since; a minute behind
	StartedAt time.Time
	StartedBy Person
	UpdatedAt time.Time
	EndedAt   time.Time // of the replay; zero while it runs

	place    market.ListingID
	revision int64
}

// TrialState says how far a trial is.
type TrialState string

// The states of a trial.
const (
	Replaying TrialState = "replaying" // going over past listings, and running beside
	Replayed  TrialState = "replayed"  // running beside
	Ended     TrialState = "ended"
)

// Comparison counts what a policy on trial would have done beside what was done.
type Comparison struct {
	Listings int64            `json:"listings"`
	Moves    map[string]int64 `json:"moves,omitempty"`    // listings by "was>would", those alike too
	Rules    map[string]int64 `json:"rules,omitempty"`    // listings by the name of the rule that would have matched
	Problems map[string]int64 `json:"problems,omitempty"` // listings of which a rule could not be told, by "rule: why"
}

// Move is one kind of difference.
type ActionMove struct {
	Was, Would Action
}

func (m ActionMove) key() string { return string(m.Was) + ">" + string(m.Would) }

// Of is how many listings the policy on trial would have moved so.
func (c Comparison) Of(was, would Action) int64 { return c.Moves[ActionMove{was, would}.key()] }

// Different is how many listings it would have treated otherwise.
func (c Comparison) Different() (n int64) {
	for _, was := range Actions() {
		for _, would := range Actions() {
			if was != would {
				n += c.Of(was, would)
			}
		}
	}
	return n
}

// mostProblems bounds the kinds of problems counted.
const mostProblems = 50

func (c *Comparison) count(was Action, would Judgement, problems []problem) {
	if c.Moves == nil {
		c.Moves, c.Rules, c.Problems = map[string]int64{}, map[string]int64{}, map[string]int64{}
	}
	c.Listings++
	c.Moves[ActionMove{was, would.Action}.key()]++
	if would.Rule != "" {
		c.Rules[would.Rule]++
	}
	for _, p := range problems {
		key := p.rule + ": " + p.err.Error()
		if _, known := c.Problems[key]; known || len(c.Problems) < mostProblems {
			c.Problems[key]++
		}
	}
}

func (c *Comparison) add(other Comparison) {
	c.Listings += other.Listings
	for _, pair := range []struct {
		to   *map[string]int64
		from map[string]int64
	}{{&c.Moves, other.Moves}, {&c.Rules, other.Rules}, {&c.Problems, other.Problems}} {
		for key, n := range pair.from {
			if *pair.to == nil {
				*pair.to = map[string]int64{}
			}
			if _, known := (*pair.to)[key]; known || pair.to != &c.Problems || len(c.Problems) < mostProblems {
				(*pair.to)[key] += n
			}
		}
	}
}

// Difference is a listing that the policy on trial would have treated otherwise.
type Difference struct {
	Listing    market.ListingID
	Beside     bool // it came in while the trial ran
	Was        Action
	Would      Action
	Rule       string // that would have matched
	Verdict    Verdict
	Score      float64
	Brand      brand.ID
	Finding    FindingKind // what people found it to be; empty when nobody has looked
	Overturned bool        // something found of it was taken back
}

// Consequence says of one kind of difference what people have found of the listings, as far as they have looked.
type Consequence struct {
	ActionMove
	Listings   int64 // kept as differences
	Fakes      int64
	Genuine    int64
	Overturned int64 // found one thing first and taken back later
}

// Of a trial.
const (
	ReplaySubject  = "work.replay"
	ReplayConsumer = "detect-replay" // of ReplaySubject: Service.HandleReplay, one worker is enough

	mostDifferences = 200_000 // kept of one trial, to be looked at; all are counted
)

// BeginTrial puts a draft on trial: from now on it runs beside the live policy, and goes over every listing there is. It returns fault.Conflict when
// another policy is on trial, and fault.Invalid for each of its examples that does not come out as it must.
func (s *Service) BeginTrial(ctx context.Context, by access.User, number PolicyNumber, version int64) (Policy, error) {
	if err := by.May(access.PolicyEdit, ""); err != nil {
		return Policy{}, err
	}
	live, err := s.runningOf(ctx, edition{})
	if err != nil {
		return Policy{}, err
	}
	p, err := s.change(ctx, by, number, version, "policy.tried", func(tx *db.Tx, p *Policy) (string, error) {
		if beside, _, err := besidePolicy(tx); err != nil {
			return "", err
		} else if beside != nil {
			return "", fault.Conflict.Say("Policy %d is on trial. Take it off first.", int64(beside.Number))
		}
		if err := checkTerms(tx, p.Terms); err != nil {
			return "", err
		}
		if err := s.holdExamples(ctx, tx, live, *p); err != nil {
			return "", err
		}
		if err := p.move(OnTrial); err != nil {
			return "", err
		}
		return "", beginTrial(tx, by, p.Number)
	})
	if err != nil {
		return Policy{}, err
	}
	return p, s.askReplay(ctx, p.Number, 0)
}

// holdExamples holds the terms against their examples.
func (s *Service) holdExamples(ctx context.Context, tx *db.Tx, live *running, p Policy) error {
	if len(p.Examples) == 0 {
		return nil
	}
	would, err := s.other(tx, live, p)
	if err != nil {
		return err
	}
	ids, expect := examplesOf(p.Terms)
	tried, err := s.try(ctx, tx, live, would, ids, expect)
	if err != nil {
		return err
	}
	if len(tried) < len(ids) {
		for _, id := range ids {
			if !slices.ContainsFunc(tried, func(t Tried) bool { return t.Listing.ID == id }) {
				return fault.Invalid.Say("There is no listing %q.", string(id)).At("examples")
			}
		}
	}
	return failing(tried)
}

func beginTrial(tx *db.Tx, by access.User, number PolicyNumber) error {
	t := Trial{Policy: number, Number: 1, State: Replaying, StartedAt: tx.Now(), StartedBy: personOf(by), UpdatedAt: tx.Now()}
	last, err := lastTrial(tx, number)
	if err != nil {
		return err
	}
	if last != nil {
		t.Number = last.Number + 1
	}
	if t.Live, err = liveNumber(tx); err != nil {
		return err
	}
	if t.Total, err = market.Count(tx); err != nil {
		return err
	}
	revision, err := db.One(tx, db.Value[int64], nowPolicyRevision)
	t.revision = revision + 1 // that of the change this is part of
	if err != nil {
		return err
	}
	return keepTrial(tx, t)
}

func endTrial(tx *db.Tx, number PolicyNumber) error {
	t, err := lastTrial(tx, number)
	if err != nil || t == nil || t.State == Ended {
		return err
	}
	t.State, t.UpdatedAt = Ended, tx.Now()
	if t.EndedAt.IsZero() {
		t.EndedAt = tx.Now()
	}
	return keepTrial(tx, *t)
}

// lastTrial is the newest trial of a policy; nil when it had none.
func lastTrial(tx *db.Tx, number PolicyNumber) (*Trial, error) {
	t, err := db.One(tx, scanTrial, newestTrial, int64(number))
	if fault.Of(err) == fault.NotFound {
		return nil, nil
	}
	return &t, err
}

// TrialOf is the newest trial of a policy with what people have found of what it would have treated otherwise. It returns fault.NotFound for a
// policy that was never tried.
func (s *Service) TrialOf(ctx context.Context, by access.User, number PolicyNumber) (t Trial, found []Consequence, err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return t, nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		last, err := lastTrial(tx, number)
		if err != nil {
			return err
		}
		if last == nil {
			return fault.NotFound.Say("This policy was never tried.")
		}
		t = *last
		found, err = db.All(tx, func(r db.Row) (c Consequence, err error) {
			err = r.Scan(&c.Was, &c.Would, &c.Listings, &c.Fakes, &c.Genuine, &c.Overturned)
			return c, err
		}, consequences, int64(t.Policy), t.Number)
		return err
	})
	return t, found, err
}

// DifferenceFilter says which differences a list shows.
type DifferenceFilter struct {
	Was, Would Action // empty: all
	After      string // the cursor of the page before
	Limit      int    // rows a page, at most 200; 0 means 50
}

// Differences lists what the newest trial of a policy would have treated otherwise, the highest score first.
func (s *Service) Differences(ctx context.Context, by access.User, number PolicyNumber, f DifferenceFilter) (page db.Page[Difference], err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return page, err
	}
	limit := db.Limit(f.Limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		t, err := lastTrial(tx, number)
		if err != nil || t == nil {
			return err
		}
		w := &db.Where{}
		w.And(`d.policy = ? and d.trial = ?`, int64(number), t.Number)
		for _, c := range []struct {
			at, condition string
			value         Action
		}{{"was", `d.was = ?`, f.Was}, {"would", `d.action = ?`, f.Would}} {
			if c.value == "" {
				continue
			}
			if !slices.Contains(Actions(), c.value) {
				return fault.Invalid.Say("There is no such action.").At(c.at)
			}
			w.And(c.condition, string(c.value))
		}
		if f.After != "" {
			var score float64
			var id string
			if err := db.ParseCursor(f.After, "differences", &score, &id); err != nil {
				return err
			}
			w.And(`(d.score, d.listing) < (?, ?)`, score, id)
		}
		w.Then(`order by d.score desc, d.listing desc limit ?`, limit+1)
		rows, err := db.All(tx, scanDifference, listDifferences+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Difference) string { return db.Cursor("differences", last.Score, last.Listing) })
		return err
	})
	return page, err
}

// ExportDifferences gives every difference of the filter, page by page.
func (s *Service) ExportDifferences(ctx context.Context, by access.User, number PolicyNumber, f DifferenceFilter) iter.Seq2[Difference, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Difference], error) {
		f.After = after
		return s.Differences(ctx, by, number, f)
	})
}

// replayMessage is the body of a message of ReplaySubject.
type replayMessage struct {
	Policy PolicyNumber `json:"policy"`
}

func (s *Service) askReplay(ctx context.Context, number PolicyNumber, done int64) error {
	body, err := json.Marshal(replayMessage{number})
	if err != nil {
		return err
	}
	var t *Trial
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		t, err = lastTrial(tx, number)
		return err
	})
	if err != nil || t == nil {
		return err
	}
	if err := s.Bus.Publish(ctx, ReplaySubject, fmt.Sprintf("replay.%d.%d.%d", number, t.Number, done), body); err != nil {
		return fmt.Errorf("go on with the trial of policy %d: %w", number, err)
	}
	return nil
}

// HandleReplay does some pieces of a trial's replay and asks for the next, as HandleRescan does. It is a bus.Handler.
func (s *Service) HandleReplay(ctx context.Context, m bus.Message) error {
	var asked replayMessage
	if err := json.Unmarshal(m.Body, &asked); err != nil || asked.Policy == 0 {
		return fault.Invalid.Say("The message names no policy.").Because(err)
	}
	done := int64(0)
	for range piecesAMessage {
		over, at, err := s.replayPiece(ctx, asked.Policy)
		if err != nil {
			return fmt.Errorf("replay policy %d: %w", asked.Policy, err)
		}
		if over {
			return nil
		}
		done = at
	}
	return s.askReplay(ctx, asked.Policy, done)
}

// replayPiece looks at the next listings of a replay. Reading and scanning hold up nobody.
func (s *Service) replayPiece(ctx context.Context, number PolicyNumber) (over bool, done int64, err error) {
	var t *Trial
	var records []market.Record
	var stands map[market.ListingID]Opinion
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if t, err = lastTrial(tx, number); err != nil || t == nil || t.State != Replaying {
			return err
		}
		if records, err = market.Following(tx, t.place, pieceListings); err != nil {
			return err
		}
		ids := make([]market.ListingID, len(records))
		for i, rec := range records {
			ids[i] = rec.ID
		}
		stands, err = Load(tx, ids)
		return err
	})
	if err != nil || t == nil || t.State != Replaying {
		return true, 0, err
	}
	live, err := s.runningOf(ctx, edition{policy: t.revision})
	if err != nil {
		return false, 0, err
	}
	if live.trial == nil || live.trial.number != number || live.trial.trial != t.Number {
		return true, 0, nil // taken off trial meanwhile
	}
	next := *t
	pictures, err := s.see(ctx, live, listingsOf(records), true)
	if err != nil {
		return false, 0, err
	}
	var other []Difference
	for i := range records {
		was, scanned := stands[records[i].ID]
		if !scanned {
			continue // its first verdict is on the way, and will be looked at then
		}
		known, err := s.genuine(ctx, &records[i].Listing)
		if err != nil {
			return false, 0, err
		}
		// What stands may be of an older model or older brands: what is compared is policy with policy, on today's brands.
		would, problems := live.trial.judge(live, &records[i].Listing, pictures[records[i].ID], nil, known)
		next.Past.count(was.Action, would, problems)
		if would.Action != was.Action {
			other = append(other, difference(was.Action, would, false))
		}
	}
	next.Done += int64(len(records))
	if len(records) == pieceListings {
		next.place = records[len(records)-1].ID
	} else {
		next.State = Replayed
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		over = false
		now, err := lastTrial(tx, number)
		if err != nil {
			return err
		}
		if over = now == nil || now.State != Replaying; over || now.place != t.place || now.Number != t.Number {
			return nil // somebody else has done this piece
		}
		next.Beside, next.UpdatedAt = now.Beside, tx.Now()
		if over = next.State == Replayed; over {
			next.EndedAt = tx.Now()
		}
		if err := keepTrial(tx, next); err != nil {
			return err
		}
		return keepDifferences(tx, number, t.Number, other)
	})
	return over, next.Done, err
}

func difference(was Action, would Judgement, beside bool) Difference {
	return Difference{Listing: would.ID, Beside: beside, Was: was, Would: would.Action, Rule: would.Rule, Verdict: would.Verdict, Score: would.Score, Brand: would.Brand}
}

// PolicyEvents are the events after which other policies run; Service.PolicyChanged watches them in every process, and HandlePolicyChanged consumes
// them once for all.
var PolicyEvents = []string{"event.detect.switched"}

// PolicyChangedConsumer is of PolicyEvents: Service.HandlePolicyChanged, one worker.
const PolicyChangedConsumer = "detect-policy-changed"

func changedPolicy(m bus.Message) (said PolicyChanged, err error) {
	if err := json.Unmarshal(m.Body, &said); err != nil {
		return said, fault.Invalid.Say("The event names no policy.").Because(err)
	}
	return said, nil
}

// HandlePolicyChanged has every listing looked at again when another policy is live. It is a bus.Handler.
func (s *Service) HandlePolicyChanged(ctx context.Context, m bus.Message) error {
	said, err := changedPolicy(m)
	if err != nil {
		return err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		first, err := bus.Once(tx, PolicyChangedConsumer, m.ID)
		if err != nil || !first {
			return err
		}
		live, err := liveNumber(tx)
		if err != nil || live != said.Policy {
			return err // on or off trial: what stands is what the live one says
		}
		e, err := newest(tx)
		if err != nil {
			return err
		}
		_, err = beginRescan(tx, Rescan{Revision: e.brands, Because: PolicySwitched, By: access.System.Name})
		return err
	})
	if err != nil {
		return fmt.Errorf("follow the policy: %w", err)
	}
	return s.Resume(ctx)
}

// resumeReplay asks for the next piece of a replay that is not finished.
func (s *Service) resumeReplay(ctx context.Context) error {
	var t *Trial
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		_, t, err = besidePolicy(tx)
		return err
	})
	if err != nil || t == nil || t.State != Replaying {
		return err
	}
	return s.askReplay(ctx, t.Policy, t.Done)
}
