package detect

import (
	"fmt"
	"math"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// scanned is a listing with the result that is to stand for it.
type scanned struct {
	seller  market.SellerID
	version int64
	judged  Judgement
}

// occasion is why listings were scanned and under which name the ledger keeps what came of it.
type occasion struct {
	because  Occasion
	batch    BatchID
	subject  string // in the ledger
	model    string
	revision int64
}

// settle makes results stand: verdicts, their history, one entry in the ledger for all that came to or from suspicion, and one event. It says how many
// verdicts became another.
func settle(tx *db.Tx, o occasion, all []scanned, tellUnchanged bool) (changed int, err error) {
	ids := make([]market.ListingID, len(all))
	sellers := make(map[market.ListingID]market.SellerID, len(all))
	for i, s := range all {
		ids[i], sellers[s.judged.ID] = s.judged.ID, s.seller
	}
	old, err := Load(tx, ids)
	if err != nil {
		return 0, err
	}
	var opinions []Opinion
	var history []Since
	var told []Outcome
	for _, s := range all {
		was, known := old[s.judged.ID]
		r := s.judged
		next := Opinion{Judgement: r, Version: s.version, Model: o.model, Revision: o.revision, ScannedAt: tx.Now(), ChangedAt: tx.Now()}
		became := was.Verdict != r.Verdict || was.Action != r.Action
		if known && !became && was.Brand == r.Brand {
			next.ChangedAt = was.ChangedAt
			if was.Version == s.version && sameJudgement(was.Judgement, r) {
				next.ScannedAt = was.ScannedAt
			}
		}
		opinions = append(opinions, next)
		if became || known && was.Brand != r.Brand {
			if known || r.Verdict != Clear || r.Action != Pass {
				changed++
				history = append(history, Since{Listing: r.ID, At: tx.Now(), Was: was.Verdict, Verdict: r.Verdict, Score: r.Score, Brand: r.Brand, Signals: r.Signals,
					Version: s.version, Revision: o.revision, Model: o.model, Because: o.because, Action: r.Action, Rule: r.Rule, Policy: r.Policy})
			}
		}
		concerns := r.Verdict != Clear || r.Action != Pass || known && (was.Verdict != Clear || was.Action != Pass)
		if concerns && (tellUnchanged || became || was.Brand != r.Brand || was.Score != r.Score || was.Version != s.version || was.Treatment != r.Treatment) {
			told = append(told, Outcome{r.ID, s.version, r.Verdict, was.Verdict, r.Score, r.Brand, r.Action})
		}
	}
	if err := keepOpinions(tx, opinions, sellers); err != nil {
		return 0, fmt.Errorf("keep verdicts: %w", err)
	}
	if err := recordChanges(tx, o, history); err != nil {
		return 0, err
	}
	if err := keepSince(tx, history); err != nil {
		return 0, fmt.Errorf("keep the history of verdicts: %w", err)
	}
	if len(told) == 0 {
		return changed, nil
	}
	return changed, tx.Emit(Scanned{o.batch, o.because, told})
}

// entryBody is what the ledger keeps of the verdicts that changed.
type entryBody struct {
	Because  Occasion      `json:"because"`
	Model    string        `json:"model"`
	Revision int64         `json:"revision"`
	Changes  []entryChange `json:"changes"`
}

type entryChange struct {
	Listing market.ListingID `json:"listing"`
	Version int64            `json:"version"`
	Was     Verdict          `json:"was,omitempty"`
	Verdict Verdict          `json:"verdict"`
	Score   float64          `json:"score"`
	Brand   brand.ID         `json:"brand,omitempty"`
	Action  Action           `json:"action"`
	Rule    string           `json:"rule,omitempty"`
	Policy  PolicyNumber     `json:"policy"`
}

// recordChanges writes one entry for all changes of a message that come to or from suspicion, and notes it in each of them: an entry a listing
// would make the ledger as large as the marketplace.
func recordChanges(tx *db.Tx, o occasion, history []Since) error {
	body := entryBody{Because: o.because, Model: o.model, Revision: o.revision}
	var noted []int
	for i, s := range history {
		if s.Verdict == Clear && (s.Was == Clear || s.Was == "") && s.Action == Pass {
			continue
		}
		noted = append(noted, i)
		body.Changes = append(body.Changes, entryChange{s.Listing, s.Version, s.Was, s.Verdict, s.Score, s.Brand, s.Action, s.Rule, s.Policy})
	}
	if len(noted) == 0 {
		return nil
	}
	entry, err := ledger.Record(tx, "verdicts.changed", o.subject, access.System.Actor(), body)
	for _, i := range noted {
		history[i].Entry = entry
	}
	return err
}

// sameJudgement reports whether two judgements say the same for the same reasons.
func sameJudgement(a, b Judgement) bool {
	return a.Verdict == b.Verdict && a.Brand == b.Brand && a.Score == b.Score && a.Treatment == b.Treatment && slices.Equal(a.Signals, b.Signals)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// sound is a result that can be kept whatever the listing made of the arithmetic.
func sound(r Result, id market.ListingID) Result {
	r.ID = id
	if !finite(r.Score) {
		r.Score = 0.5
	}
	for i := range r.Signals {
		if !finite(r.Signals[i].Weight) {
			r.Signals[i].Weight = 0
		}
	}
	return r
}
