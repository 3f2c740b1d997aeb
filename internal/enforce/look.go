package enforce

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/market"
)

// LookID is the identity of a look.
type LookID string

// Look is a listing that a reviewer judges without being told what was decided on it: by a second person, drawn by lot, or a golden item, of which
// it is known what is right. Neither changes what stands on the listing; both measure the review.
type Look struct {
	ID      LookID
	Kind    LookKind
	Listing market.ListingID
	Content int64 // the version of the listing at the time

	Decision     DecisionID // that is looked at again; empty for a golden item
	FirstBy      access.UserID
	FirstName    string
	FirstOutcome Outcome // or what is known to be right
	FirstReason  ReasonCode

	MadeAt  time.Time
	DoneAt  time.Time // zero while it waits
	By      access.UserID
	ByName  string
	Outcome Outcome
	Reason  ReasonCode
	Note    string
	Entry   string

	reviewer access.UserID // for whom a golden item is, or who has begun
	until    time.Time     // who has begun keeps it so long; zero for a golden item
}

// LookKind says what a look is, which the reviewer is not told.
type LookKind string

// The kinds of looks.
const (
	Second LookKind = "second" // of a decision that another person took
	Golden LookKind = "golden" // of a listing of which it is known what is right
)

// Agrees reports whether both came to the same: whether the listing stays or goes. Whether one that goes is removed or restricted is a matter of degree.
func (l Look) Agrees() bool { return l.Outcome.decides() == l.FirstOutcome.decides() }

// GoldenItem is a listing of which those who lead the review know what is right.
type GoldenItem struct {
	Listing market.ListingID
	Outcome Outcome // Remove or Approve
	Why     string
	Content int64
	By      access.UserID
	ByName  string
	At      time.Time
}

const (
	// SecondShare is the share of people's decisions that a second person looks at, unless Service.SecondShare says otherwise.
	SecondShare = 0.02
	// GoldenEvery is after how many decisions of a reviewer one golden item is due, unless Service.GoldenEvery says otherwise.
	GoldenEvery = 50
	// lookTime is how long a reviewer keeps a second look that was begun.
	lookTime = 30 * time.Minute
)

// drawn reports whether a decision falls into the share that is looked at again. The draw is a hash of the decision's id, which nobody chooses: drawn
// again, it comes out the same.
func (d Decision) drawn(share float64) bool { return lot("second", string(d.ID)) < share }

// lot is a number of 0 to 1 that the texts determine and nobody foresees.
func lot(purpose string, of string) float64 {
	sum := sha256.Sum256([]byte(purpose + "\x00" + of))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
}

// Kappa is Cohen's kappa of paired judgements (Cohen 1960): how much more two agree than they would by chance, given how often each says what.
// 1 is full agreement, 0 what chance gives. ok is false when there are no pairs, or when both say one and the same each time, so that chance alone
// would give full agreement and nothing is left to measure.
func Kappa[T comparable](pairs [][2]T) (kappa float64, ok bool) {
	n := float64(len(pairs))
	if n == 0 {
		return 0, false
	}
	first, second := map[T]float64{}, map[T]float64{}
	agreed := 0.0
	for _, p := range pairs {
		first[p[0]]++
		second[p[1]]++
		if p[0] == p[1] {
			agreed++
		}
	}
	chance := 0.0
	for what, count := range first {
		chance += count / n * second[what] / n
	}
	if chance >= 1 {
		return 0, false
	}
	return (agreed/n - chance) / (1 - chance), true
}

// Agreement is how often two judgements agreed.
type Agreement struct {
	Agreed, Of int
	Kappa      float64
	HasKappa   bool // see Kappa
}

// Interval is Wilson's 95 % interval of the share.
func (a Agreement) Interval() score.Interval { return score.Wilson(a.Agreed, a.Of, score.Z95) }

// Quality is how well the review of a period is done, as far as looks tell.
type Quality struct {
	From, To  time.Time
	Seconds   Agreement         // of all second looks
	Goldens   Agreement         // of all golden items
	Reviewers []ReviewerQuality // by name
	Reasons   []ReasonQuality   // of second looks, in the order of Reasons
	Signals   []SignalOverturn  // most decisions first
}

// ReviewerQuality is one reviewer's part in it.
type ReviewerQuality struct {
	Reviewer access.UserID
	Name     string
	Seconds  Agreement // of second looks at this person's decisions, and of this person's at others'
	Goldens  Agreement
}

// ReasonQuality is how often a second person gives the reason that the first gave: one reason against all others.
type ReasonQuality struct {
	Reason ReasonCode
	Agreement
}

// SignalOverturn is how often measures in which a signal was seen were taken back by a person.
type SignalOverturn struct {
	Signal string
	Rate
}

// pair is a look as Kappa takes it: stays or goes.
func (l Look) pair() [2]NoticeState {
	return [2]NoticeState{l.FirstOutcome.decides(), l.Outcome.decides()}
}

func agreement(looks []Look) Agreement {
	var a Agreement
	var pairs [][2]NoticeState
	for _, l := range looks {
		a.Of++
		if l.Agrees() {
			a.Agreed++
		}
		pairs = append(pairs, l.pair())
	}
	a.Kappa, a.HasKappa = Kappa(pairs)
	return a
}

// judge computes the quality that looks show.
func judge(looks []Look) Quality {
	var q Quality
	seconds, goldens := map[access.UserID][]Look{}, map[access.UserID][]Look{}
	names := map[access.UserID]string{}
	var second, golden []Look
	for _, l := range looks {
		names[l.By] = l.ByName
		if l.Kind == Golden {
			golden, goldens[l.By] = append(golden, l), append(goldens[l.By], l)
			continue
		}
		names[l.FirstBy] = l.FirstName
		second = append(second, l)
		seconds[l.By], seconds[l.FirstBy] = append(seconds[l.By], l), append(seconds[l.FirstBy], l)
	}
	q.Seconds, q.Goldens = agreement(second), agreement(golden)
	for id, name := range names {
		q.Reviewers = append(q.Reviewers, ReviewerQuality{id, name, agreement(seconds[id]), agreement(goldens[id])})
	}
	slices.SortFunc(q.Reviewers, func(a, b ReviewerQuality) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(string(a.Reviewer), string(b.Reviewer)))
	})
	for _, r := range Reasons {
		var a Agreement
		var pairs [][2]bool
		for _, l := range second {
			is := [2]bool{l.FirstReason == r.Code, l.Reason == r.Code}
			pairs = append(pairs, is)
			if is[0] || is[1] {
				a.Of++
				if is[0] && is[1] {
					a.Agreed++
				}
			}
		}
		if a.Of == 0 {
			continue
		}
		a.Kappa, a.HasKappa = Kappa(pairs)
		q.Reasons = append(q.Reasons, ReasonQuality{r.Code, a})
	}
	return q
}

// share is the setting as a share, or the default of a setting left zero; a negative one is none.
func share(setting, otherwise float64) float64 {
	switch {
	case setting == 0:
		return otherwise
	case setting < 0 || math.IsNaN(setting):
		return 0
	}
	return min(setting, 1)
}
