package enforce

import (
	"math"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
)

// Review is a listing's place in the work of people, from the first suspicion on. There is one for each listing that was ever suspected or
// decided on.
type Review struct {
	Listing  market.ListingID
	Title    string
	Seller   market.SellerID
	Brand    brand.ID
	Category string
	Cents    int64 // the price in US cents; market.NoPrice when there is none
	Verdict  detect.Verdict
	Score    float64
	Priority float64       // see Priority
	Queue    string        // where the policy has it wait; empty when nothing says
	Action   detect.Action // what the policy asks for: Restrict and Remove are proposals to the person who looks

	State    State
	Standing Standing
	Decision DecisionID // the standing one; empty when none stands
	Version  int64      // grows with each change of state, content or verdict; Decide wants the one that was read
	Content  int64      // the version of the listing that the verdict is of
	OpenedAt time.Time  // since when it waits, or last waited
	Reopened bool       // it was decided before, and its content has changed for the worse

	Notices int64     // that wait for the decision
	DueAt   time.Time // by when the first of them is to be decided; zero when there is none

	AssignedTo    access.UserID // who is looking at it; empty when nobody is
	AssignedName  string
	AssignedUntil time.Time

	urgency int // the priority that the policy gives
}

// What a waiting notice does to the order of the queue: somebody has looked, says so by name, and waits for an answer by the clock.
const (
	noticedUrgency = 20  // twice twice as urgent
	noticedScore   = 0.5 // at the least, whatever the machine thinks
)

func (r Review) priority() float64 {
	if r.Notices > 0 {
		return Priority(max(r.urgency, detect.UsualPriority)+noticedUrgency, max(r.Score, noticedScore), r.Cents)
	}
	return Priority(r.urgency, r.Score, r.Cents)
}

// ClaimTime is how long a listing is kept for the reviewer who took it.
const ClaimTime = 15 * time.Minute

// claimed reports whether somebody other than who is looking at the listing at the moment.
func (r Review) claimed(who access.UserID, at time.Time) bool {
	return r.AssignedTo != "" && r.AssignedTo != who && at.Before(r.AssignedUntil)
}

// Priority is the order of the queue: about what is lost if a suspected listing stays up.
//
//	score × (1 + log10(1 + dollars)) × 1000 × 2^((policy - 50) / 10)
//
// where policy is the priority its rule gives, 50 as a rule. The price counts by its order of magnitude only: a 4,000-dollar watch stands before a
// 40-dollar shoe of the same score by nearly two, not by a hundred, or the queue would be one of watches. A listing without a price counts as
// one of 10 dollars.
func Priority(policy int, score float64, cents int64) float64 {
	dollars := 10.0
	if cents >= 0 {
		dollars = float64(cents) / 100
	}
	return score * (1 + math.Log10(1+dollars)) * 1000 * math.Exp2(float64(policy-detect.UsualPriority)/10)
}

// see puts what the machine and the marketplace now say of the listing into the review, and reports whether a person would have to look again before
// deciding.
func (r *Review) see(o detect.Opinion, l market.Record) (matters bool) {
	matters = r.Verdict != o.Verdict || r.Brand != o.Brand || r.Content != l.Version || r.Action != o.Action
	r.Listing, r.Title, r.Seller, r.Category, r.Cents, r.Content = l.ID, l.Title, l.Seller.ID, l.Category, l.Cents, l.Version
	r.Brand, r.Verdict, r.Score = o.Brand, o.Verdict, o.Score
	r.Queue, r.Action = o.Queue, o.Action
	// A trusted flagger's notice keeps its place whatever the machine says meanwhile.
	if r.Notices == 0 || r.urgency < trustedUrgency {
		r.urgency = o.Treatment.Priority
	}
	r.Priority = r.priority()
	return matters
}

// follow is the review after a new verdict, at the moment; standing is the decision that stands on it, if any. changed is false when the review stays
// as it is or there is no need of one.
func (r Review) follow(standing *Decision, o detect.Opinion, l market.Record, at time.Time) (next Review, changed bool) {
	suspected := o.Action != detect.Pass || r.Notices > 0
	if r.Version == 0 && !suspected {
		return r, false
	}
	next = r
	matters := next.see(o, l)
	move := Move("")
	switch {
	case r.State == Cleared && suspected:
		move = Suspect
	case r.State == Open && !suspected && standing == nil:
		move = Acquit
	case r.State == Open && !suspected:
		move = Recede
	case r.State == Settled && standing != nil && standing.worse(o, l.Version):
		move = Worsen
	}
	if to, ok := r.State.next(move); ok {
		next.State, matters = to, true
		next.Reopened = move == Worsen
		if to == Open {
			next.OpenedAt = at
		}
		next.leave()
	}
	if matters {
		next.Version++
	}
	return next, next != r
}

// worse reports whether a verdict on changed content is a reason to look again at what was decided. What is removed stays removed.
func (d Decision) worse(o detect.Opinion, content int64) bool {
	if d.Content == content || d.Effective() == Removed {
		return false
	}
	was, is := gravity[d.Verdict], gravity[o.Verdict]
	return is > was || is == was && is > 0 && o.Score >= d.Score+worseScore
}

var gravity = map[detect.Verdict]int{detect.Clear: 0, detect.Review: 1, detect.Fake: 2}

// worseScore is by how much a score has to rise, the verdict being the same, to have a decided listing looked at again.
const worseScore = 0.1

// leave takes the review from whoever was looking at it.
func (r *Review) leave() { r.AssignedTo, r.AssignedName, r.AssignedUntil = "", "", time.Time{} }

// expire is the review when the time of its standing decision has run out.
func (r Review) expire(at time.Time) Review {
	r.Standing = Live
	r.Version++
	if to, ok := r.State.next(Expire); ok && (r.Action != detect.Pass || r.Notices > 0) {
		r.State, r.OpenedAt = to, at
		r.leave()
	}
	return r
}

// afterUndo is the review when the standing decision d is taken back and previous, if any, stands again.
func (r Review) afterUndo(d Decision, previous *Decision, at time.Time) Review {
	next := r
	next.Decision, next.Standing = "", Live
	if previous != nil {
		next.Decision, next.Standing = previous.ID, previous.Effective()
	}
	next.Version++
	next.leave()
	if made, _ := d.wasState.next(d.Outcome.move()); r.State != made {
		return next // it waits again since d was taken, and goes on waiting
	}
	next.State, next.OpenedAt, next.Reopened = d.wasState, d.wasOpened, d.wasReopened
	suspected := r.Action != detect.Pass || next.Notices > 0
	switch {
	case next.State == Open && !suspected && previous == nil:
		next.State = Cleared // acquitted meanwhile
	case next.State == Open && !suspected:
		next.State = Settled
	case next.State == Cleared && suspected:
		next.State, next.OpenedAt = Open, at // suspected meanwhile
	}
	return next
}
