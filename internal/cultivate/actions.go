package cultivate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

const (
	actionColumns = `a.id, a.maker, m.name, a.finding, a.cause, a.plan, a.evidence, a.due_at, a.state, a.answered_by, a.made_by, a.made_name, a.version, a.made_at, a.updated_at, a.updated_by`
	fromActions   = ` from corrective_action a join maker m on m.id = a.maker`
	listActions   = `select ` + actionColumns + fromActions
	oneAction     = listActions + ` where a.id = $1`
	actionsOf     = listActions + ` where a.maker = $1 order by a.made_at desc, a.id desc`
	actionByForm  = listActions + ` where a.maker = $1 and a.made_by = $2 and a.request = $3`
	writeAction   = `insert into corrective_action (id, maker, finding, cause, plan, evidence, due_at, state, answered_by, made_by, made_name, version, made_at, updated_at, updated_by, request)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict (id) do update set cause = excluded.cause, plan = excluded.plan,
		evidence = excluded.evidence, due_at = excluded.due_at, state = excluded.state, answered_by = excluded.answered_by, version = excluded.version,
		updated_at = excluded.updated_at, updated_by = excluded.updated_by`
	countOpenActions = `select count(*) from corrective_action where maker = $1 and state in ('found', 'planned', 'shown')`
	openActionsIn    = `select a.maker, count(*)` + fromActions + ` where m.cohort = $1 and a.state in ('found', 'planned', 'shown') group by a.maker`
	addActionStep    = `insert into action_step (id, action, state, said, by_id, by_name, at, entry) values ($1, $2, $3, $4, $5, $6, $7, $8)`
	actionStepsOf    = `select s.action, s.state, s.said, s.by_name, s.at, s.entry from action_step s join corrective_action a on a.id = s.action where a.maker = $1 order by s.at, s.id`
)

var noAction = fault.NotFound.Say("There is no such corrective action.")

func scanAction(r db.Row) (a Action, err error) {
	var due, made, updated int64
	err = r.Scan(&a.ID, &a.Maker, &a.MakerName, &a.Finding, &a.Cause, &a.Plan, &a.Evidence, &due, &a.State, &a.Answered, &a.MadeBy, &a.MadeName, &a.Version, &made, &updated, &a.UpdatedBy)
	a.Due, a.MadeAt, a.UpdatedAt = db.Time(due), db.Time(made), db.Time(updated)
	return a, err
}

// Find opens a corrective action. request is the form's own id. It returns fault.Invalid for a finding that says nothing.
func (s *Service) Find(ctx context.Context, by access.User, id MakerID, finding string, due time.Time, request string) (a Action, err error) {
	if err := joined([]error{needText("finding", finding, MaxWhy), checkText("request", request, maxRequest)}); err != nil {
		return a, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if request != "" {
			a, err = db.One(tx, scanAction, actionByForm, string(id), string(by.ID), request)
			if err == nil || fault.Of(err) != fault.NotFound {
				return err
			}
		}
		a = Action{ID: ActionID(db.NewID()), Maker: id, MakerName: m.Name, Finding: strings.TrimSpace(finding), Due: due, State: ActionFound, MadeBy: by.ID, MadeName: by.Name, MadeAt: tx.Now()}
		return recordAction(tx, by, &a, a.Finding, request)
	})
	if err != nil {
		return Action{}, fmt.Errorf("corrective action for maker %s: %w", id, err)
	}
	return a, nil
}

// actionEntry is what the ledger keeps of a corrective action.
type actionEntry struct {
	Action ActionID      `json:"action"`
	Maker  MakerID       `json:"maker"`
	State  ActionState   `json:"state"`
	Said   string        `json:"said,omitempty"`
	Cause  string        `json:"cause,omitempty"`
	Files  []string      `json:"files,omitempty"` // content hashes
	By     access.UserID `json:"by"`
}

// recordAction writes a changed action with its step and ledger entry.
func recordAction(tx *db.Tx, by access.User, a *Action, said, request string) error {
	a.Version, a.UpdatedAt, a.UpdatedBy = a.Version+1, tx.Now(), by.Name
	body := actionEntry{a.ID, a.Maker, a.State, said, a.Cause, nil, by.ID}
	for _, file := range a.Attachments {
		body.Files = append(body.Files, file.Hash.String())
	}
	entry, err := ledger.Record(tx, "action."+string(a.State), Maker{ID: a.Maker}.Subject(), by.Actor(), body)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeAction, string(a.ID), string(a.Maker), a.Finding, a.Cause, a.Plan, a.Evidence, db.Micros(a.Due), string(a.State), string(a.Answered), string(a.MadeBy), a.MadeName,
		a.Version, db.Micros(a.MadeAt), db.Micros(a.UpdatedAt), a.UpdatedBy, request)
	if err != nil {
		return err
	}
	_, err = tx.Exec(addActionStep, db.NewID(), string(a.ID), string(a.State), said, string(by.ID), by.Name, db.Micros(tx.Now()), entry)
	return err
}

// TakeOn takes a corrective action a step on. The firm's people plan and show, and the programme's for them; who showed it cannot verify it. It
// returns fault.Conflict when somebody was first or there is no such step.
func (s *Service) TakeOn(ctx context.Context, by access.User, id ActionID, move ActionMove) (a Action, err error) {
	if err := joined([]error{needText("said", move.Said, MaxWhy), checkText("cause", move.Cause, MaxWhy), checkFiles("files", move.Files)}); err != nil {
		return a, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if id == "" || db.Text(string(id)) != nil {
			return noAction
		}
		a, err = db.One(tx, scanAction, oneAction, string(id))
		if fault.Of(err) == fault.NotFound {
			return noAction
		}
		if err != nil {
			return err
		}
		m, err := findMaker(tx, by, a.Maker)
		if fault.Of(err) == fault.NotFound {
			return noAction
		}
		if err != nil {
			return err
		}
		if a.Version != move.Version {
			return fault.Conflict.Say("%s has changed this corrective action meanwhile, at %s. Look at the change and try again.", a.UpdatedBy, moment(a.UpdatedAt))
		}
		if a, err = a.take(by, m, move); err != nil {
			return err
		}
		if a.Attachments, err = attach(tx, by, a.Maker, OnAction, string(a.ID), move.Files); err != nil {
			return err
		}
		return recordAction(tx, by, &a, strings.TrimSpace(move.Said), "")
	})
	if err != nil {
		return Action{}, fmt.Errorf("corrective action %s to %s: %w", id, move.To, err)
	}
	return a, nil
}

// take is the action after a step, with the step's rules.
func (a Action) take(by access.User, m Maker, move ActionMove) (Action, error) {
	programme := by.May(access.MakerMove, m.Organisation)
	if !slices.Contains(a.State.Next(), move.To) {
		return a, fault.Conflict.Say("This corrective action cannot go there from where it is.")
	}
	said := strings.TrimSpace(move.Said)
	switch {
	case move.To == ActionPlanned && a.State == ActionFound:
		if programme != nil {
			if err := by.May(access.MakerEdit, m.Organisation); err != nil {
				return a, err
			}
		}
		if strings.TrimSpace(move.Cause) == "" {
			return a, fault.Invalid.Say("Say where it comes from.").At("cause")
		}
		a.Cause, a.Plan = strings.TrimSpace(move.Cause), said
	case move.To == ActionShown:
		if programme != nil {
			if err := by.May(access.MakerEdit, m.Organisation); err != nil {
				return a, err
			}
		}
		a.Evidence, a.Answered = said, by.Answerable()
	case programme != nil:
		return a, programme
	case move.To == ActionVerified && a.Answered == by.Answerable():
		return a, fault.Conflict.Say("Another person has to verify what you said was done.")
	}
	a.State = move.To
	return a, nil
}

// Actions is a maker's corrective actions, newest first, with their steps and files.
func (s *Service) Actions(ctx context.Context, by access.User, id MakerID) (all []Action, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		if all, err = db.All(tx, scanAction, actionsOf, string(id)); err != nil || len(all) == 0 {
			return err
		}
		files, err := db.All(tx, scanAttachment, attachmentsOf, string(id))
		if err != nil {
			return err
		}
		place := map[ActionID]int{}
		for i, a := range all {
			place[a.ID] = i
		}
		for _, f := range files {
			if i, ok := place[ActionID(f.OfID)]; ok {
				all[i].Attachments = append(all[i].Attachments, f)
			}
		}
		_, err = db.All(tx, func(r db.Row) (none struct{}, err error) {
			var of ActionID
			var step ActionStep
			var at int64
			if err := r.Scan(&of, &step.State, &step.Said, &step.ByName, &at, &step.Entry); err != nil {
				return none, err
			}
			step.At = db.Time(at)
			all[place[of]].Steps = append(all[place[of]].Steps, step)
			return none, nil
		}, actionStepsOf, string(id))
		return err
	})
	return all, err
}
