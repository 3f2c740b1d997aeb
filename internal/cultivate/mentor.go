package cultivate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// MentorVisitID is the identity of a mentor visit.
type MentorVisitID string

// MentorVisit is a visit of somebody who helps: an old hand of the trade, a teacher, a buyer. It is not an inspection, see the visits of an application.
type MentorVisit struct {
	ID        MentorVisitID
	Maker     MakerID
	MakerName string
	Mentor    string // who comes, by name
	At        time.Time
	Place     string // where, if not at the maker's
	Agenda    string // what it is to be about
	Agreed    string // what came of it; the tasks it made say the rest
	State     MentorVisitState
	Tasks     []Task // that it made; only MentorVisits carry them

	Version   int64
	MadeAt    time.Time
	MadeBy    access.UserID
	UpdatedAt time.Time
	UpdatedBy string
}

// MentorVisitState says how a mentor visit stands.
type MentorVisitState string

// The states of a mentor visit.
const (
	MentorPlanned   MentorVisitState = "planned"
	MentorHeld      MentorVisitState = "held"
	MentorCancelled MentorVisitState = "cancelled"
)

const (
	mentorColumns = `v.id, v.maker, m.name, v.mentor, v.at, v.place, v.agenda, v.agreed, v.state, v.version, v.made_at, v.made_by, v.updated_at, v.updated_by`
	fromMentors   = ` from mentor_visit v join maker m on m.id = v.maker`
	oneMentor     = `select ` + mentorColumns + fromMentors + ` where v.id = $1`
	mentorsOf     = `select ` + mentorColumns + fromMentors + ` where v.maker = $1 order by v.at desc, v.id desc`
	mentorByForm  = `select ` + mentorColumns + fromMentors + ` where v.maker = $1 and v.made_by = $2 and v.request = $3`
	writeMentor   = `insert into mentor_visit (id, maker, mentor, at, place, agenda, agreed, state, version, made_at, made_by, updated_at, updated_by, request)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict (id) do update set mentor = excluded.mentor, at = excluded.at, place = excluded.place,
		agenda = excluded.agenda, agreed = excluded.agreed, state = excluded.state, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`
)

var noMentor = fault.NotFound.Say("There is no such visit.")

func scanMentor(r db.Row) (v MentorVisit, err error) {
	var at, made, updated int64
	err = r.Scan(&v.ID, &v.Maker, &v.MakerName, &v.Mentor, &at, &v.Place, &v.Agenda, &v.Agreed, &v.State, &v.Version, &made, &v.MadeBy, &updated, &v.UpdatedBy)
	v.At, v.MadeAt, v.UpdatedAt = db.Time(at), db.Time(made), db.Time(updated)
	return v, err
}

func (v MentorVisit) check() error {
	wrong := []error{needText("mentor", v.Mentor, maxName), checkText("place", v.Place, maxName), checkText("agenda", v.Agenda, MaxWhy), checkText("agreed", v.Agreed, MaxWhy)}
	if v.At.IsZero() || v.At.Year() < 2000 || v.At.Year() > 2200 {
		wrong = append(wrong, fault.Invalid.Say("Say when it is.").At("at"))
	}
	return joined(wrong)
}

// PlanMentor plans a mentor visit. request is the form's own id.
func (s *Service) PlanMentor(ctx context.Context, by access.User, v MentorVisit, request string) (MentorVisit, error) {
	if err := joined([]error{v.check(), checkText("request", request, maxRequest)}); err != nil {
		return MentorVisit{}, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, v.Maker)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if request != "" {
			planned, err := db.One(tx, scanMentor, mentorByForm, string(v.Maker), string(by.ID), request)
			if err == nil || fault.Of(err) != fault.NotFound {
				v = planned
				return err
			}
		}
		v.ID, v.State, v.MakerName, v.Agreed, v.Version, v.MadeAt, v.MadeBy = MentorVisitID(db.NewID()), MentorPlanned, m.Name, "", 0, tx.Now(), by.ID
		return recordMentor(tx, by, &v, request)
	})
	if err != nil {
		return MentorVisit{}, fmt.Errorf("plan mentor visit to %s: %w", v.Maker, err)
	}
	return v, nil
}

func recordMentor(tx *db.Tx, by access.User, v *MentorVisit, request string) error {
	v.Version, v.UpdatedAt, v.UpdatedBy = v.Version+1, tx.Now(), by.Name
	entry := map[string]any{"visit": v.ID, "maker": v.Maker, "mentor": v.Mentor, "at": v.At, "state": v.State, "agreed": v.Agreed, "by": by.ID}
	if _, err := ledger.Record(tx, "mentor."+string(v.State), Maker{ID: v.Maker}.Subject(), by.Actor(), entry); err != nil {
		return err
	}
	_, err := tx.Exec(writeMentor, string(v.ID), string(v.Maker), v.Mentor, db.Micros(v.At), v.Place, v.Agenda, v.Agreed, string(v.State), v.Version, db.Micros(v.MadeAt), string(v.MadeBy),
		db.Micros(v.UpdatedAt), v.UpdatedBy, request)
	return err
}

// ChangeMentor says when a planned visit is now, or that it does not take place. It returns fault.Conflict when somebody was first or it is over.
func (s *Service) ChangeMentor(ctx context.Context, by access.User, id MentorVisitID, version int64, to MentorVisitState, at time.Time) (v MentorVisit, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if v, err = plannedMentor(tx, by, id, version); err != nil {
			return err
		}
		if to != MentorPlanned && to != MentorCancelled {
			return fault.Conflict.Say("This visit cannot go there from where it is.")
		}
		v.State = to
		if to == MentorPlanned {
			v.At = at
		}
		if err := v.check(); err != nil {
			return err
		}
		return recordMentor(tx, by, &v, "")
	})
	if err != nil {
		return MentorVisit{}, fmt.Errorf("change mentor visit %s: %w", id, err)
	}
	return v, nil
}

func plannedMentor(tx *db.Tx, by access.User, id MentorVisitID, version int64) (MentorVisit, error) {
	if id == "" || db.Text(string(id)) != nil {
		return MentorVisit{}, noMentor
	}
	v, err := db.One(tx, scanMentor, oneMentor, string(id))
	if fault.Of(err) == fault.NotFound {
		return v, noMentor
	}
	if err != nil {
		return v, err
	}
	m, err := findMaker(tx, by, v.Maker)
	if err != nil {
		return v, noMentor.Because(err)
	}
	if err := by.May(access.MakerMove, m.Organisation); err != nil {
		return v, err
	}
	if v.Version != version {
		return v, fault.Conflict.Say("%s has changed this visit meanwhile, at %s. Look at the change and try again.", v.UpdatedBy, moment(v.UpdatedAt))
	}
	if v.State != MentorPlanned {
		return v, fault.Conflict.Say("This visit is over.")
	}
	return v, nil
}

// maxAgreed bounds the tasks that one visit makes.
const maxAgreed = 20

// HoldMentor says what was agreed on a visit and gives the tasks it makes, all or none. It returns fault.Invalid for each thing wrong.
func (s *Service) HoldMentor(ctx context.Context, by access.User, id MentorVisitID, version int64, agreed string, tasks []NewTask) (v MentorVisit, err error) {
	if err := needText("agreed", agreed, MaxWhy); err != nil {
		return v, err
	}
	if len(tasks) > maxAgreed {
		return v, fault.Invalid.Say("A visit makes at most %d tasks.", maxAgreed).At("tasks")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if v, err = plannedMentor(tx, by, id, version); err != nil {
			return err
		}
		v.State, v.Agreed = MentorHeld, strings.TrimSpace(agreed)
		for _, n := range tasks {
			t, err := s.giveTask(tx, by, v.Maker, n, string(id), "")
			if err != nil {
				return err
			}
			v.Tasks = append(v.Tasks, t)
		}
		return recordMentor(tx, by, &v, "")
	})
	if err != nil {
		return MentorVisit{}, fmt.Errorf("hold mentor visit %s: %w", id, err)
	}
	return v, nil
}

// MentorVisits is a maker's mentor visits, latest first, with the tasks they made that the person may see.
func (s *Service) MentorVisits(ctx context.Context, by access.User, id MakerID) (all []MentorVisit, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		if all, err = db.All(tx, scanMentor, mentorsOf, string(id)); err != nil {
			return err
		}
		for i := range all {
			tasks, err := db.All(tx, scanTask, tasksFrom, string(id), string(all[i].ID))
			if err != nil {
				return err
			}
			for _, t := range tasks {
				if t.Side == FirmSide || SideOf(by) == Programme {
					all[i].Tasks = append(all[i].Tasks, t)
				}
			}
		}
		return nil
	})
	return all, err
}
