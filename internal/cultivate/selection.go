package cultivate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/fault"
)

// Aspect is one thing by which applicants are ranked.
type Aspect struct {
	Name    string
	Words   Words
	Formula Words   // how it comes to lie between 0 and 1
	Weight  float64 // by default, of 100
}

// The names of the aspects.
const (
	byCapacity = "capacity"
	byJobs     = "jobs"
	byDesigns  = "designs"
	byExport   = "export"
	byQuality  = "quality"
	byPast     = "past"
	byVisit    = "visit"
)

// The counts at which an aspect is worth a half: what a small workshop of a belt has.
const (
	halfCapacity = 20_000 // pieces a month
	halfJobs     = 100
	halfDesigns  = 12 // a year
	halfPoints   = 2  // of Weigh
)

// Aspects are what applicants are ranked by.
func Aspects() []Aspect {
	return []Aspect{
		{byCapacity, Words{"Capacity", "产能"}, Words{"x ÷ (x + 20,000) of pieces a month", "月产量 x ÷（x + 20000）"}, 15},
		{byJobs, Words{"Jobs", "就业"}, Words{"x ÷ (x + 100) of people at work", "用工数 x ÷（x + 100）"}, 15},
		{byDesigns, Words{"Own designs", "自有设计"}, Words{"x ÷ (x + 12) of own designs in the last year", "上年自有设计款数 x ÷（x + 12）"}, 20},
		{byExport, Words{"Export loss", "外销损失"}, Words{"twice the share of exports times their fall in a year, at most 1: half a business lost counts in full", "外销占比 × 年降幅 × 2，最高为 1：失去一半生意即为满分"}, 10},
		{byQuality, Words{"Quality control", "质量管理"}, Words{"none 0, own ⅓, outside laboratory ⅔, certified 1", "无 0，自检 ⅓，第三方 ⅔，体系认证 1"}, 10},
		{byPast, Words{"Clean past", "过往清白"}, Words{"2 ÷ (2 + points of the screening)", "2 ÷（2 + 核查分值）"}, 15},
		{byVisit, Words{"Site visit", "实地考察"}, Words{"half the share of lines as declared, half the order in the workshop (1 to 5 brought to 0 to 1)", "与申报一致的项目占比与车间管理评分（1 至 5 折算为 0 至 1）各占一半"}, 15},
	}
}

// SelectionWeights says how much each aspect counts; one that is not there counts nothing.
type SelectionWeights map[string]float64

// DefaultSelectionWeights are those of Aspects.
func DefaultSelectionWeights() SelectionWeights {
	w := SelectionWeights{}
	for _, a := range Aspects() {
		w[a.Name] = a.Weight
	}
	return w
}

const maxWeight = 1_000

func (w SelectionWeights) check() error {
	var wrong []error
	sum := 0.0
	for name, weight := range w {
		if !slices.ContainsFunc(Aspects(), func(a Aspect) bool { return a.Name == name }) {
			wrong = append(wrong, fault.Invalid.Say("There is nothing called %q to weigh.", short(name, 40)))
		}
		if math.IsNaN(weight) || weight < 0 || weight > maxWeight {
			wrong = append(wrong, fault.Invalid.Say("A weight lies between 0 and %d.", maxWeight).At(name))
			continue
		}
		sum += weight
	}
	if len(wrong) == 0 && sum == 0 {
		wrong = append(wrong, fault.Invalid.Say("At least one weight must be more than nothing."))
	}
	return errors.Join(wrong...)
}

// Candidate is an applicant with what is known of each aspect, between 0 and 1. What is not there is unknown: it is left out, and the others share its weight, so
// that not knowing is neither good nor bad.
type Candidate struct {
	Maker  MakerID            `json:"maker"`
	Name   string             `json:"name"`
	Values map[string]float64 `json:"values"`
}

// Placed is a candidate with its place in a ranking.
type Placed struct {
	Candidate
	Score float64            `json:"score"`
	Parts map[string]float64 `json:"parts"` // what each known aspect contributes; they sum to Score
	Rank  int                `json:"rank"`  // from 1
	Best  int                `json:"best"`  // the range of ranks while each weight by itself moves by half up and down
	Worst int                `json:"worst"`
	In    int                `json:"in"` // in how many of the Trials the candidate gets a place
	Zone  Zone               `json:"zone"`
	Drawn bool               `json:"drawn,omitempty"` // got its place by lot
}

// Zone says where a candidate lies to the cut between places and none.
type Zone string

// The zones.
const (
	ZoneIn   Zone = "in"
	ZoneBand Zone = "band" // so near to the cut that the score does not tell: drawn by lot
	ZoneOut  Zone = "out"
)

// score is the weighted mean of what is known; a half when nothing is.
func score(c Candidate, w SelectionWeights) (total float64, parts map[string]float64) {
	sum := 0.0
	for _, a := range Aspects() {
		if _, known := c.Values[a.Name]; known {
			sum += w[a.Name]
		}
	}
	parts = map[string]float64{}
	if sum == 0 {
		return 0.5, parts
	}
	for _, a := range Aspects() {
		if value, known := c.Values[a.Name]; known && w[a.Name] > 0 {
			parts[a.Name] = value * w[a.Name] / sum
			total += parts[a.Name]
		}
	}
	return total, parts
}

// order ranks candidates by their score, those of equal score by their identity so that the same input has one answer.
func order(candidates []Candidate, w SelectionWeights) []Placed {
	all := make([]Placed, 0, len(candidates))
	for _, c := range candidates {
		total, parts := score(c, w)
		all = append(all, Placed{Candidate: c, Score: total, Parts: parts})
	}
	slices.SortFunc(all, func(a, b Placed) int { return cmp.Or(-cmp.Compare(a.Score, b.Score), cmp.Compare(a.Maker, b.Maker)) })
	for i := range all {
		all[i].Rank, all[i].Best, all[i].Worst = i+1, i+1, i+1
	}
	return all
}

// Trials is how many rankings the sensitivity looks at: each weight half as much again, and half.
func Trials(w SelectionWeights) int {
	n := 0
	for _, a := range Aspects() {
		if w[a.Name] > 0 {
			n += 2
		}
	}
	return n
}

// Rank orders candidates for so many places, with the range of ranks each has while one weight moves by half, and marks those within band of the cut. The cut lies
// halfway between the last score with a place and the first without.
func Rank(candidates []Candidate, w SelectionWeights, places int, band float64) []Placed {
	all := order(candidates, w)
	at := map[MakerID]int{}
	for i, p := range all {
		at[p.Maker] = i
	}
	for _, a := range Aspects() {
		if w[a.Name] <= 0 {
			continue
		}
		for _, factor := range []float64{0.5, 1.5} {
			moved := SelectionWeights{}
			for name, weight := range w {
				moved[name] = weight
			}
			moved[a.Name] *= factor
			for _, p := range order(candidates, moved) {
				one := &all[at[p.Maker]]
				one.Best, one.Worst = min(one.Best, p.Rank), max(one.Worst, p.Rank)
				if p.Rank <= places {
					one.In++
				}
			}
		}
	}
	for i := range all {
		all[i].Zone = ZoneOut
		if i < places {
			all[i].Zone = ZoneIn
		}
	}
	if places <= 0 || places >= len(all) || band <= 0 {
		return all
	}
	cut := (all[places-1].Score + all[places].Score) / 2
	for i := range all {
		if math.Abs(all[i].Score-cut) <= band {
			all[i].Zone = ZoneBand
		}
	}
	return all
}

// Commit is what is published of a seed before a draw: its SHA-256.
func Commit(seed []byte) string {
	sum := sha256.Sum256(seed)
	return hex.EncodeToString(sum[:])
}

// Draw gives so many of the makers a place by lot: each one's ticket is the SHA-256 of the seed, a zero byte and its identity; the lowest tickets win. Anybody who
// has the seed can do it again, and nobody who does not have it can foresee it.
func Draw(makers []MakerID, places int, seed []byte) []MakerID {
	tickets := slices.Clone(makers)
	slices.SortFunc(tickets, func(a, b MakerID) int {
		return cmp.Or(cmp.Compare(Ticket(a, seed), Ticket(b, seed)), cmp.Compare(a, b))
	})
	return tickets[:max(0, min(places, len(tickets)))]
}

// Ticket is a maker's lot in hexadecimal; see Draw.
func Ticket(m MakerID, seed []byte) string {
	sum := sha256.Sum256(slices.Concat(seed, []byte{0}, []byte(m)))
	return hex.EncodeToString(sum[:])
}

// SelectionID is the identity of a selection.
type SelectionID string

// SelectionState is where a selection is.
type SelectionState string

// The states of a selection.
const (
	SelectionFrozen    SelectionState = "frozen"    // scores and, with a band, the commitment to a seed are recorded
	SelectionDrawn     SelectionState = "drawn"     // the seed is shown, and who won
	SelectionConcluded SelectionState = "concluded" // offers, waiting list and refusals are given
	SelectionDropped   SelectionState = "dropped"   // before anything was drawn
)

// Selection is one choice of who gets the places of a cohort. Its ranking is frozen before anything is drawn.
type Selection struct {
	ID     SelectionID
	Cohort CohortID
	State  SelectionState
	Ballot

	Commitment string // SHA-256 of the seed, in hexadecimal; empty without a band
	Seed       string // in hexadecimal; empty until it is drawn

	Version     int64
	MadeAt      time.Time
	MadeBy      string
	DrawnAt     time.Time
	DrawnBy     string
	ConcludedAt time.Time
	ConcludedBy string
}

// Ballot is what was frozen.
type Ballot struct {
	Weights SelectionWeights `json:"weights"`
	Places  int              `json:"places"`
	Band    float64          `json:"band"` // the distance from the cut within which lots are drawn; 0: none
	Firms   []Placed         `json:"firms"`
}

// lots is who takes part in the draw, and for how many places.
func (b Ballot) lots() (makers []MakerID, places int) {
	places = b.Places
	for _, f := range b.Firms {
		switch f.Zone {
		case ZoneIn:
			places--
		case ZoneBand:
			makers = append(makers, f.Maker)
		case ZoneOut:
		}
	}
	return makers, places
}

// Lots is how many firms draw for how many places.
func (b Ballot) Lots() (firms, places int) {
	makers, places := b.lots()
	return len(makers), places
}

// Recheck does the draw of a selection again from its seed. It returns nil when seed and commitment belong together and the same firms won.
func (s Selection) Recheck() error {
	seed, err := hex.DecodeString(s.Seed)
	if err != nil || Commit(seed) != s.Commitment {
		return fmt.Errorf("the seed of selection %s is not the one that was committed to", s.ID)
	}
	makers, places := s.lots()
	won := Draw(makers, places, seed)
	for _, f := range s.Firms {
		if f.Drawn != slices.Contains(won, f.Maker) {
			return fmt.Errorf("selection %s: the lot of %s does not come out of the seed", s.ID, f.Maker)
		}
	}
	return nil
}

// chosen says whether a firm has a place.
func (p Placed) chosen() bool { return p.Zone == ZoneIn || p.Drawn }

// Chosen reports whether the firm gets a place.
func (p Placed) Chosen() bool { return p.chosen() }

// PlaceOutcome is what a selection gave a maker.
type PlaceOutcome string

// The outcomes.
const (
	PlaceOffered    PlaceOutcome = "offered"
	PlaceWaitlisted PlaceOutcome = "waitlisted"
	PlaceRefused    PlaceOutcome = "refused"
)

// Place is what a maker was given, and when a refused one may ask again.
type Place struct {
	Maker     MakerID
	Selection SelectionID // empty for a single offer
	Outcome   PlaceOutcome
	Why       string
	Again     string // a day; empty: not said
	ByName    string
	At        time.Time
	Entry     string
}

// Selected tells, for each maker of a concluded selection, how it came out: with the score and whether lots decided, measuring can compare like with like.
type Selected struct {
	Selection SelectionID  `json:"selection"`
	Cohort    CohortID     `json:"cohort"`
	Maker     MakerID      `json:"maker"`
	Outcome   PlaceOutcome `json:"outcome"`
	Score     float64      `json:"score"`
	ByLot     bool         `json:"by_lot"` // the firm was in the band: chance alone decided
	At        time.Time    `json:"at"`
}

// SelectedEvent is the name of Selected: "event." + name on the bus.
const SelectedEvent = "cultivate.selected"

// EventName is the event's name on the bus.
func (Selected) EventName() string { return SelectedEvent }

// The conditions of a place.
const (
	PlaceSelected Condition = "selected"
	PlaceFree     Condition = "place-free"
)

var selectionGates = []gate{
	{condition: PlaceSelected, stage: Admitted, words: Words{"A place was offered", "已获得入选名额"}, answer: selectedAnswer},
	{condition: PlaceFree, stage: Admitted, words: Words{"The cohort has a free place", "本批次尚有空额"}, fixed: true, answer: freeAnswer},
}
