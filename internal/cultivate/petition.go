package cultivate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// PetitionID is the identity of a petition.
type PetitionID string

// Petition is the request of an industry or belt to be taken into the programme, as it is kept.
type Petition struct {
	ID       PetitionID
	Industry IndustryID // a known one; empty when Trade says it in words
	Trade    string     // "Ceramic tableware"; empty for a known industry
	Place    string     // the belt
	Body     string     // who asks, by name
	Contact  Contact
	Facts    Request // what its score is made of
	Note     string
	Source   PetitionSource

	State    PetitionState
	Score    float64   // by the weights in force
	Known    float64   // share of the weights whose part is known
	Reasons  string    // of the decision
	AskAgain time.Time // from when it may ask again; zero: no date was given
	Cohort   CohortID  // opened for it; empty while none was
	Received time.Time

	Version   int64
	MadeAt    time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

// Contact is the person who speaks for who asks.
type Contact struct {
	Person string
	Email  string
	Phone  string
}

// PetitionSource says how a petition came in.
type PetitionSource string

// How petitions come in.
const (
	FromForm  PetitionSource = "form"  // the public page
	FromDesk  PetitionSource = "desk"  // a person of the programme entered it
	FromTable PetitionSource = "table" // a file of many
)

// PetitionState is what has become of a petition.
type PetitionState string

// The states of a petition.
const (
	PetitionReceived  PetitionState = "received"
	PetitionReviewing PetitionState = "reviewing" // somebody is looking into it
	PetitionAccepted  PetitionState = "accepted"  // a cohort can be opened for it
	PetitionRefused   PetitionState = "refused"   // with reasons, and mostly a date to ask again
	PetitionWithdrawn PetitionState = "withdrawn" // by who asked
)

// petitionMoves is the way of a petition. A refused one is looked into again when it is asked again.
var petitionMoves = map[PetitionState][]PetitionState{
	PetitionReceived:  {PetitionReviewing, PetitionRefused, PetitionWithdrawn},
	PetitionReviewing: {PetitionAccepted, PetitionRefused, PetitionWithdrawn},
	PetitionAccepted:  {PetitionReviewing, PetitionWithdrawn},
	PetitionRefused:   {PetitionReviewing},
	PetitionWithdrawn: {PetitionReceived},
}

// PetitionStates is every state, in order.
func PetitionStates() []PetitionState {
	return []PetitionState{PetitionReceived, PetitionReviewing, PetitionAccepted, PetitionRefused, PetitionWithdrawn}
}

// Next is where a petition can go from its state. One for which a cohort was opened stays accepted.
func (p Petition) Next() []PetitionState {
	if p.Cohort != "" {
		return nil
	}
	return slices.Clone(petitionMoves[p.State])
}

// PetitionStep is one thing that happened to a petition.
type PetitionStep struct {
	From   PetitionState // empty when it came in; the same as To when only its facts changed
	To     PetitionState
	Why    string
	ByName string
	At     time.Time
	Entry  string
}

// PetitionMove is what a person sends in to decide on a petition.
type PetitionMove struct {
	To       PetitionState
	Why      string    // needed to refuse and to accept
	AskAgain time.Time // of a refusal
	Version  int64
	Request  string
}

// Clean is the petition with the blanks around what people write taken away.
func (p Petition) Clean() Petition {
	for _, text := range []*string{&p.Trade, &p.Place, &p.Body, &p.Contact.Person, &p.Contact.Email, &p.Contact.Phone, &p.Note} {
		*text = strings.TrimSpace(*text)
	}
	return p
}

// check returns fault.Invalid for each thing wrong.
func (p Petition) check(known Industries) error {
	wrong := []error{
		needText("body", p.Body, maxName), needText("place", p.Place, maxName), checkText("trade", p.Trade, maxName), checkText("person", p.Contact.Person, maxName),
		checkText("email", p.Contact.Email, maxName), checkText("phone", p.Contact.Phone, maxNumber), checkText("note", p.Note, MaxWhy), p.Facts.Check(),
	}
	if i, ok := known[p.Industry]; p.Industry != "" && (!ok || i.IsTemplate()) {
		wrong = append(wrong, fault.Invalid.Say("There is no industry with this id.").At("industry"))
	}
	if p.Industry == "" && p.Trade == "" {
		wrong = append(wrong, fault.Invalid.Say("Choose an industry or say in words which it is.").At("trade"))
	}
	if p.Contact.Email != "" {
		if at, err := mail.ParseAddress(p.Contact.Email); err != nil || at.Address != p.Contact.Email {
			wrong = append(wrong, fault.Invalid.Say("This is not an email address.").At("email"))
		}
	}
	for _, n := range []*int{p.Facts.Makers, p.Facts.Jobs} {
		if n != nil && *n > maxPeople {
			wrong = append(wrong, fault.Invalid.Say("This count is too large to be true.").At("jobs"))
		}
	}
	if p.Facts.Fakes != nil && p.Facts.Fakes.Of > maxPeople {
		wrong = append(wrong, fault.Invalid.Say("This count is too large to be true.").At("fakes_of"))
	}
	return errors.Join(wrong...)
}

// maxPeople is more than any trade has.
const maxPeople = 1_000_000_000

// twin is what two petitions for the same have in common.
func (p Petition) twin() string {
	return db.Fold(p.Body) + "\n" + db.Fold(string(p.Industry)+" "+p.Trade) + "\n" + db.Fold(p.Place)
}

// Subject names the petition in the ledger.
func (p Petition) Subject() string { return "petition:" + string(p.ID) }

// scored is the petition with its score by weights.
func (p Petition) scored(w Weights) (Petition, error) {
	score, err := w.Score(p.Facts)
	p.Score, p.Known = score.Total, score.Known
	return p, err
}

// factsRecord is a Request as the database keeps it. It has the same fields, so that a fact that is added there does not get lost here.
type factsRecord struct {
	AskedBy        Asker    `json:"asked_by,omitempty"`
	Makers         *int     `json:"makers,omitempty"`
	Jobs           *int     `json:"jobs,omitempty"`
	ExportLoss     *float64 `json:"export_loss,omitempty"`
	Fakes          *Sample  `json:"fakes,omitempty"`
	StandardsBody  *bool    `json:"standards_body,omitempty"`
	CitySupport    *int     `json:"city_support,omitempty"`
	OwnDesignShare *float64 `json:"own_design_share,omitempty"`
}

// writeFacts is a request as JSON.
func writeFacts(r Request) (string, error) {
	raw, err := json.Marshal(factsRecord(r))
	return string(raw), err
}

// readFacts reads what writeFacts wrote.
func readFacts(raw string) (Request, error) {
	var f factsRecord
	if err := json.Unmarshal([]byte(raw), &f); err != nil {
		return Request{}, fmt.Errorf("facts of a petition: %w", err)
	}
	return Request(f), nil
}

// Weighing is the weights of the score from a moment on, and who set them.
type Weighing struct {
	ID      string // empty for the weights that ship
	Weights Weights
	Why     string
	ByName  string
	At      time.Time
	Entry   string
}

// RankRange is the best and the worst rank a request has while one weight moves.
type RankRange struct {
	Rank  int // by the weights as they stand, from 1
	Best  int
	Worst int
	Part  Part // the weight that moves it most; empty when none does
}

// Sensitivity says for each request how its rank moves when one weight is taken half away or half as much again, the others keeping their proportions.
// Equal scores share the better rank. Returns fault.Invalid as Score.
func (w Weights) Sensitivity(requests []Request) ([]RankRange, error) {
	ranks, err := w.ranks(requests)
	if err != nil {
		return nil, err
	}
	ranges := make([]RankRange, len(requests))
	for i, rank := range ranks {
		ranges[i] = RankRange{Rank: rank, Best: rank, Worst: rank}
	}
	widest := make([]int, len(requests))
	for _, part := range Parts() {
		for _, factor := range []float64{0.5, 1.5} {
			moved, err := w.With(part, w[part]*factor).ranks(requests)
			if err != nil {
				return nil, err
			}
			for i, rank := range moved {
				r := &ranges[i]
				r.Best, r.Worst = min(r.Best, rank), max(r.Worst, rank)
				if far := max(rank-r.Rank, r.Rank-rank); far > widest[i] {
					widest[i], r.Part = far, part
				}
			}
		}
	}
	return ranges, nil
}

// With is the weights with one set to a value from 0 to 1, the others scaled so that they sum to 1 again. A weight that had everything shares
// what it gives up equally.
func (w Weights) With(part Part, to float64) Weights {
	to = min(max(to, 0), 1)
	others := 1 - w[part]
	next := Weights{part: to}
	for _, p := range Parts() {
		switch {
		case p == part:
		case others > 1e-12:
			next[p] = w[p] * (1 - to) / others
		default:
			next[p] = (1 - to) / float64(len(Parts())-1)
		}
	}
	return next
}

func (w Weights) ranks(requests []Request) ([]int, error) {
	totals := make([]float64, len(requests))
	for i, r := range requests {
		score, err := w.Score(r)
		if err != nil {
			return nil, err
		}
		totals[i] = score.Total
	}
	ranks := make([]int, len(requests))
	for i, total := range totals {
		ranks[i] = 1
		for _, other := range totals {
			if other > total+1e-12 {
				ranks[i]++
			}
		}
	}
	return ranks, nil
}

// Prefilled is the cohort that a petition asks for, for a person to complete. It returns fault.Conflict while its industry has no file.
func (p Petition) Prefilled(known Industries) (Cohort, error) {
	i, ok := known[p.Industry]
	if !ok || i.IsTemplate() {
		return Cohort{}, fault.Conflict.Say("There is no industry file for this trade yet. Copy template.yaml in the folder of industries, fill it in, start Ownmark again and give this request that industry.").At("industry")
	}
	return Cohort{Industry: p.Industry, Name: p.Place, Place: p.Place, Places: 17}, nil
}

// petitionEntry is what the ledger keeps of a petition: no person's name or number.
type petitionEntry struct {
	Petition PetitionID     `json:"petition"`
	Industry IndustryID     `json:"industry,omitempty"`
	Trade    string         `json:"trade,omitempty"`
	Place    string         `json:"place"`
	Body     string         `json:"body"`
	Source   PetitionSource `json:"source"`
	State    PetitionState  `json:"state"`
	Facts    factsRecord    `json:"facts"`
	Score    float64        `json:"score"`
	Why      string         `json:"why,omitempty"`
	AskAgain time.Time      `json:"ask_again,omitzero"`
	Cohort   CohortID       `json:"cohort,omitempty"`
	By       access.UserID  `json:"by"`
}

func (p Petition) entry(by access.User, why string) petitionEntry {
	return petitionEntry{p.ID, p.Industry, p.Trade, p.Place, p.Body, p.Source, p.State, factsRecord(p.Facts), p.Score, why, p.AskAgain, p.Cohort, by.ID}
}
