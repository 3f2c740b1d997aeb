package cultivate

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var noPetition = fault.NotFound.Say("There is no such request.")

// Visitor is who sends a form of the public pages: nobody that is known.
var Visitor = access.User{ID: "visitor", Name: "A visitor"}

// The bounds of the public form, an hour: one address, and all together.
const (
	knocksEach = 5
	knocksAll  = 200
)

// Petition is one petition with its steps, oldest first. It returns fault.NotFound.
func (s *Service) Petition(ctx context.Context, by access.User, id PetitionID) (p Petition, steps []PetitionStep, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return p, nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if p, err = findPetition(tx, id); err != nil {
			return err
		}
		steps, err = db.All(tx, scanPetitionStep, petitionSteps, string(id))
		return err
	})
	return p, steps, err
}

func findPetition(tx *db.Tx, id PetitionID) (Petition, error) {
	if id == "" || db.Text(string(id)) != nil {
		return Petition{}, noPetition
	}
	p, err := db.One(tx, scanPetition, onePetition, string(id))
	if fault.Of(err) == fault.NotFound {
		return p, noPetition
	}
	return p, err
}

// PetitionFilter says which petitions a list shows. The zero one shows all.
type PetitionFilter struct {
	State    PetitionState
	Industry IndustryID
	Text     string // words of who asks, the trade, the place
	ByTime   bool   // newest first; otherwise the highest score first
	After    string
	Limit    int // rows a page, at most 500; 0 means 50
}

func (f PetitionFilter) where() (*db.Where, error) {
	if err := checkText("text", f.Text+string(f.State)+string(f.Industry), maxSearch); err != nil {
		return nil, err
	}
	w := &db.Where{}
	if f.State != "" {
		w.And(`state = ?`, string(f.State))
	}
	if f.Industry != "" {
		w.And(`industry = ?`, string(f.Industry))
	}
	w.AndWords(`search`, f.Text)
	return w, nil
}

// Petitions lists petitions.
func (s *Service) Petitions(ctx context.Context, by access.User, f PetitionFilter) (page db.Page[Petition], err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return page, err
	}
	w, err := f.where()
	if err != nil {
		return page, err
	}
	limit := db.Limit(f.Limit, 50, 500)
	cursor := func(last Petition) string { return db.Cursor("petitions", last.Score, last.ID) }
	if f.ByTime {
		cursor = func(last Petition) string { return db.Cursor("petitions-by-time", db.Micros(last.Received), last.ID) }
	}
	if f.After != "" {
		var id string
		if f.ByTime {
			var at int64
			if err := db.ParseCursor(f.After, "petitions-by-time", &at, &id); err != nil {
				return page, err
			}
			w.And(`(received_at, id) < (?, ?)`, at, id)
		} else {
			var score float64
			if err := db.ParseCursor(f.After, "petitions", &score, &id); err != nil {
				return page, err
			}
			w.And(`(score, id) < (?, ?)`, score, id)
		}
	}
	if f.ByTime {
		w.Then(`order by received_at desc, id desc limit ?`, limit+1)
	} else {
		w.Then(`order by score desc, id desc limit ?`, limit+1)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanPetition, listPetitions+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, cursor)
		return err
	})
	return page, err
}

// CountPetitions is how many petitions the filter's pages show together.
func (s *Service) CountPetitions(ctx context.Context, by access.User, f PetitionFilter) (n int64, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return 0, err
	}
	w, err := f.where()
	if err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, db.Value[int64], countPetitions+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// ExportPetitions gives every petition of the filter, page by page.
func (s *Service) ExportPetitions(ctx context.Context, by access.User, f PetitionFilter) iter.Seq2[Petition, error] {
	f.Limit = 500
	return db.Pages(f.After, func(after string) (db.Page[Petition], error) {
		f.After = after
		return s.Petitions(ctx, by, f)
	})
}

// RankPetition is where a score stands among the petitions nobody has decided on, and how many those are.
func (s *Service) RankPetition(ctx context.Context, by access.User, p Petition) (rank, of int, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return 0, 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if rank, err = db.One(tx, db.Value[int], rankPetition, p.Score); err != nil {
			return err
		}
		of, err = db.One(tx, db.Value[int], openPetitions)
		return err
	})
	return rank + 1, of, err
}

// SavePetition enters a petition when p.ID is empty, else changes what is known of it; p.Version is the one that was read. State, reasons and cohort are
// left as they are. It returns fault.Invalid for each thing wrong and fault.Conflict when somebody changed it meanwhile, or when the same request is
// being looked into already. request is the form's own id.
func (s *Service) SavePetition(ctx context.Context, by access.User, p Petition, request string) (Petition, error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return Petition{}, err
	}
	if p.ID == "" {
		p.Source = FromDesk
		err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
			p, err = s.receive(tx, by, p, request)
			return err
		})
		if err != nil {
			return Petition{}, fmt.Errorf("enter petition: %w", err)
		}
		return p, nil
	}
	p = p.Clean()
	if err := p.check(s.Industries); err != nil {
		return Petition{}, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		old, err := findPetition(tx, p.ID)
		if err != nil {
			return err
		}
		if old.Version != p.Version {
			return petitionChanged(old)
		}
		p.State, p.Reasons, p.AskAgain, p.Cohort, p.Source, p.MadeAt = old.State, old.Reasons, old.AskAgain, old.Cohort, old.Source, old.MadeAt
		if p.Received.IsZero() {
			p.Received = old.Received
		}
		if err := noTwin(tx, p); err != nil {
			return err
		}
		return s.recordPetition(tx, by, "petition.changed", &p, PetitionStep{From: p.State, To: p.State}, "")
	})
	if err != nil {
		return Petition{}, fmt.Errorf("change petition %s: %w", p.ID, err)
	}
	return p, nil
}

// Ask takes in a petition from the public page. address is where it comes from; it is counted, not kept with the petition. It returns fault.Invalid for
// each thing wrong and fault.TooMany when too many came from there, or in all, within the hour.
func (s *Service) Ask(ctx context.Context, address string, p Petition, request string) (Petition, error) {
	p.ID, p.Source, p.Industry, p.Received = "", FromForm, "", time.Time{}
	p = p.Clean()
	wrong := []error{p.check(s.Industries)}
	if p.Contact.Person == "" {
		wrong = append(wrong, fault.Invalid.Say("Fill this in.").At("person"))
	}
	if p.Contact.Email == "" && p.Contact.Phone == "" {
		wrong = append(wrong, fault.Invalid.Say("Give an email address or a telephone number, so that somebody can answer.").At("email"))
	}
	if err := joined(wrong); err != nil {
		return Petition{}, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		if err := knock(tx, address); err != nil {
			return err
		}
		p, err = s.receive(tx, Visitor, p, request)
		return err
	})
	if err != nil {
		return Petition{}, fmt.Errorf("petition from the public page: %w", err)
	}
	return p, nil
}

// knock counts a form that anybody may send.
func knock(tx *db.Tx, address string) error {
	hour := tx.Now().Unix() / 3600
	if _, err := tx.Exec(forgetKnocks, hour-24); err != nil {
		return err
	}
	for _, bound := range []struct {
		source string
		most   int
	}{{"", knocksAll}, {shortHash(address), knocksEach}} {
		times, err := db.One(tx, db.Value[int], countKnock, bound.source, hour)
		if err != nil {
			return err
		}
		if times > bound.most {
			return fault.TooMany.Say("Too many requests came from here within the hour. Try again later.")
		}
	}
	return nil
}

// receive takes in a petition that is new. The same form twice is one petition.
func (s *Service) receive(tx *db.Tx, by access.User, p Petition, request string) (Petition, error) {
	p = p.Clean()
	if err := joined([]error{p.check(s.Industries), checkText("request", request, maxRequest)}); err != nil {
		return p, err
	}
	if request != "" {
		id, err := db.One(tx, db.Value[string], petitionByForm, string(by.ID), request)
		if err == nil {
			return findPetition(tx, PetitionID(id))
		}
		if fault.Of(err) != fault.NotFound {
			return p, err
		}
	}
	p.ID, p.State, p.MadeAt = PetitionID(db.NewID()), PetitionReceived, tx.Now()
	if p.Received.IsZero() {
		p.Received = tx.Now()
	}
	if err := noTwin(tx, p); err != nil {
		return p, err
	}
	return p, s.recordPetition(tx, by, "petition.received", &p, PetitionStep{To: PetitionReceived}, request)
}

// noTwin returns fault.Conflict when another petition that nobody has decided on asks for the same.
func noTwin(tx *db.Tx, p Petition) error {
	if p.State != PetitionReceived && p.State != PetitionReviewing {
		return nil
	}
	other, err := db.One(tx, scanPetition, twinPetition, p.twin())
	switch {
	case fault.Of(err) == fault.NotFound || err == nil && other.ID == p.ID:
		return nil
	case err != nil:
		return err
	}
	return fault.Conflict.Say("This request is there already and is being looked into.").At("body")
}

func petitionChanged(p Petition) error {
	return fault.Conflict.Say("%s has changed this request meanwhile, at %s. Look at the change and try again.", p.UpdatedBy, moment(p.UpdatedAt))
}

// recordPetition writes a changed petition with its score, its step and its ledger entry.
func (s *Service) recordPetition(tx *db.Tx, by access.User, kind string, p *Petition, step PetitionStep, request string) error {
	w, err := weighing(tx)
	if err != nil {
		return err
	}
	if *p, err = p.scored(w.Weights); err != nil {
		return err
	}
	p.Version, p.UpdatedAt, p.UpdatedBy = p.Version+1, tx.Now(), by.Name
	actor := by.Actor()
	if by.ID == Visitor.ID {
		actor = "visitor"
	}
	entry, err := ledger.Record(tx, kind, p.Subject(), actor, p.entry(by, step.Why))
	if err != nil {
		return err
	}
	if err := keepPetition(tx, *p); err != nil {
		return err
	}
	_, err = tx.Exec(addPetitionStep, db.NewID(), string(p.ID), string(step.From), string(step.To), step.Why, string(by.ID), by.Name, db.Micros(tx.Now()), entry, request)
	return err
}

// DecidePetition moves a petition: looks into it, accepts, refuses, withdraws it. It returns fault.Invalid for a decision without a reason, fault.Conflict
// when somebody else was first or there is no such move.
func (s *Service) DecidePetition(ctx context.Context, by access.User, id PetitionID, m PetitionMove) (p Petition, err error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return p, err
	}
	if err := joined([]error{checkText("why", m.Why, MaxWhy), checkText("request", m.Request, maxRequest)}); err != nil {
		return p, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err = s.decidePetition(tx, by, id, m)
		return err
	})
	if err != nil {
		return Petition{}, fmt.Errorf("petition %s to %s: %w", id, m.To, err)
	}
	return p, nil
}

func (s *Service) decidePetition(tx *db.Tx, by access.User, id PetitionID, m PetitionMove) (Petition, error) {
	p, err := findPetition(tx, id)
	if err != nil {
		return p, err
	}
	if m.Request != "" {
		done, err := db.One(tx, db.Value[string], petitionByForm, string(by.ID), m.Request)
		if err == nil && done == string(id) && p.State == m.To {
			return p, nil
		}
		if fault.Of(err) != fault.NotFound && err != nil {
			return p, err
		}
	}
	if p.Version != m.Version {
		return p, petitionChanged(p)
	}
	if !slices.Contains(p.Next(), m.To) {
		return p, fault.Conflict.Say("This request cannot go there from where it is.").At("to")
	}
	why := strings.TrimSpace(m.Why)
	if why == "" && (m.To == PetitionAccepted || m.To == PetitionRefused) {
		return p, fault.Invalid.Say("Say why.").At("why")
	}
	if m.To == PetitionRefused && !m.AskAgain.IsZero() && !m.AskAgain.After(tx.Now()) {
		return p, fault.Invalid.Say("The date to ask again has to be in the future.").At("ask_again")
	}
	from := p.State
	p.State, p.Reasons, p.AskAgain = m.To, why, time.Time{}
	if m.To == PetitionRefused {
		p.AskAgain = m.AskAgain
	}
	if err := noTwin(tx, p); err != nil {
		return p, err
	}
	return p, s.recordPetition(tx, by, "petition.decided", &p, PetitionStep{From: from, To: m.To, Why: why}, m.Request)
}

// OpenCohort makes the cohort that an accepted petition asked for. It stays planned until somebody opens it. It returns fault.Conflict for a petition that
// is not accepted, has its cohort, or whose industry has no file, and fault.Invalid for each thing wrong with the cohort.
func (s *Service) OpenCohort(ctx context.Context, by access.User, id PetitionID, version int64, c Cohort) (Cohort, error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return Cohort{}, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := findPetition(tx, id)
		if err != nil {
			return err
		}
		if p.Version != version {
			return petitionChanged(p)
		}
		if p.State != PetitionAccepted || p.Cohort != "" {
			return fault.Conflict.Say("A cohort opens once, for a request that was accepted.")
		}
		if _, err := p.Prefilled(s.Industries); err != nil {
			return err
		}
		c.Industry = p.Industry
		if err := c.check(s.Industries); err != nil {
			return err
		}
		c.ID, c.State, c.Version, c.MadeAt = CohortID(db.NewID()), CohortPlanned, 0, tx.Now()
		if err := recordCohort(tx, by, "cohort.made", &c, "petition:"+string(p.ID)); err != nil {
			return err
		}
		p.Cohort = c.ID
		return s.recordPetition(tx, by, "petition.cohort-made", &p, PetitionStep{From: p.State, To: p.State, Why: c.Name}, "")
	})
	if err != nil {
		return Cohort{}, fmt.Errorf("cohort for petition %s: %w", id, err)
	}
	return c, nil
}

// PetitionOf is the petition for which a cohort was opened; fault.NotFound when none was.
func (s *Service) PetitionOf(ctx context.Context, by access.User, id CohortID) (p Petition, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return p, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		p, err = db.One(tx, scanPetition, cohortAskedBy, string(id))
		return err
	})
	return p, err
}

// weighing is the weights in force.
func weighing(tx *db.Tx) (Weighing, error) {
	w, err := db.One(tx, scanWeighing, newestWeighing)
	if fault.Of(err) == fault.NotFound {
		return Weighing{Weights: DefaultWeights()}, nil
	}
	return w, err
}

// Weighings is the weights of the score, those in force first; the weights that ship when nobody has set any.
func (s *Service) Weighings(ctx context.Context, by access.User) (all []Weighing, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, scanWeighing, allWeighings)
		return err
	})
	return append(all, Weighing{Weights: DefaultWeights()}), err
}

// SetWeights puts other weights in force and scores every petition anew. current is the id of the Weighing that was read. It returns fault.Invalid for
// weights that cannot be or without a reason, and fault.Conflict when somebody else was first.
func (s *Service) SetWeights(ctx context.Context, by access.User, current string, weights Weights, why string) (w Weighing, err error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return w, err
	}
	if err := joined([]error{weights.Check(), needText("why", why, MaxWhy)}); err != nil {
		return w, err
	}
	raw, err := json.Marshal(weights)
	if err != nil {
		return w, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		was, err := weighing(tx)
		if err != nil {
			return err
		}
		if was.ID != current {
			return fault.Conflict.Say("%s has changed the weights meanwhile, at %s. Look at the change and try again.", was.ByName, moment(was.At))
		}
		w = Weighing{ID: db.NewID(), Weights: weights, Why: strings.TrimSpace(why), ByName: by.Name, At: tx.Now()}
		if w.Entry, err = ledger.Record(tx, "weights.set", "weights:"+w.ID, by.Actor(), map[string]any{"from": was.Weights, "to": weights, "why": w.Why, "by": by.ID}); err != nil {
			return err
		}
		if _, err := tx.Exec(addWeighing, w.ID, string(raw), w.Why, string(by.ID), by.Name, db.Micros(tx.Now()), w.Entry); err != nil {
			return err
		}
		return rescore(tx, weights)
	})
	if err != nil {
		return Weighing{}, fmt.Errorf("set weights: %w", err)
	}
	return w, nil
}

// rescore scores every petition by weights.
func rescore(tx *db.Tx, weights Weights) error {
	type row struct{ id, facts string }
	rows, err := db.All(tx, func(r db.Row) (one row, err error) { err = r.Scan(&one.id, &one.facts); return one, err }, allFacts)
	if err != nil {
		return err
	}
	for _, one := range rows {
		facts, err := readFacts(one.facts)
		if err != nil {
			return err
		}
		score, err := weights.Score(facts)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(writeScore, score.Total, score.Known, one.id); err != nil {
			return err
		}
	}
	return nil
}
