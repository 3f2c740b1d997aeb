package cultivate

import (
	"encoding/json"
	"fmt"

	"github.com/ownmark/ownmark/internal/db"
)

const (
	petitionColumns = `id, industry, trade, place, body, person, email, phone, note, source, facts, state, score, known, reasons, ask_again, cohort, received_at,
		version, made_at, updated_at, updated_by`

	listPetitions  = `select ` + petitionColumns + ` from petition`
	countPetitions = `select count(*) from petition`
	onePetition    = `select ` + petitionColumns + ` from petition where id = $1`
	twinPetition   = `select ` + petitionColumns + ` from petition where twin = $1 and state in ('received', 'reviewing')`
	rankPetition   = `select count(*) from petition where state in ('received', 'reviewing') and score > $1`
	openPetitions  = `select count(*) from petition where state in ('received', 'reviewing')`
	writePetition  = `insert into petition (` + petitionColumns + `, twin, search) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		on conflict (id) do update set industry = excluded.industry, trade = excluded.trade, place = excluded.place, body = excluded.body, person = excluded.person, email = excluded.email,
		phone = excluded.phone, note = excluded.note, facts = excluded.facts, state = excluded.state, score = excluded.score, known = excluded.known, reasons = excluded.reasons,
		ask_again = excluded.ask_again, cohort = excluded.cohort, received_at = excluded.received_at, version = excluded.version, updated_at = excluded.updated_at,
		updated_by = excluded.updated_by, twin = excluded.twin, search = excluded.search`
	allFacts      = `select id, facts from petition`
	writeScore    = `update petition set score = $1, known = $2 where id = $3`
	cohortAskedBy = `select ` + petitionColumns + ` from petition where cohort = $1`

	petitionSteps   = `select from_state, to_state, why, by_name, at, entry from petition_step where petition = $1 order by at, id`
	petitionByForm  = `select petition from petition_step where by_id = $1 and request = $2`
	addPetitionStep = `insert into petition_step (id, petition, from_state, to_state, why, by_id, by_name, at, entry, request) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	petitionFile    = `select report from petition_file where digest = $1`
	addPetitionFile = `insert into petition_file (digest, report, by_name, at) values ($1, $2, $3, $4)`
	countKnock      = `insert into petition_knock (source, hour, times) values ($1, $2, 1) on conflict (source, hour) do update set times = petition_knock.times + 1 returning times`
	forgetKnocks    = `delete from petition_knock where hour < $1`
	newestWeighing  = `select id, weights, why, by_name, at, entry from weighing order by at desc, id desc limit 1`
	allWeighings    = `select id, weights, why, by_name, at, entry from weighing order by at desc, id desc limit 200`
	addWeighing     = `insert into weighing (id, weights, why, by_id, by_name, at, entry) values ($1, $2, $3, $4, $5, $6, $7)`
)

func scanPetition(r db.Row) (p Petition, err error) {
	var facts string
	var ask, received, made, updated int64
	err = r.Scan(&p.ID, &p.Industry, &p.Trade, &p.Place, &p.Body, &p.Contact.Person, &p.Contact.Email, &p.Contact.Phone, &p.Note, &p.Source, &facts, &p.State, &p.Score, &p.Known,
		&p.Reasons, &ask, &p.Cohort, &received, &p.Version, &made, &updated, &p.UpdatedBy)
	if err != nil {
		return p, err
	}
	p.AskAgain, p.Received, p.MadeAt, p.UpdatedAt = db.Time(ask), db.Time(received), db.Time(made), db.Time(updated)
	p.Facts, err = readFacts(facts)
	return p, err
}

func keepPetition(tx *db.Tx, p Petition) error {
	facts, err := writeFacts(p.Facts)
	if err != nil {
		return fmt.Errorf("facts of petition %s: %w", p.ID, err)
	}
	_, err = tx.Exec(writePetition, string(p.ID), string(p.Industry), p.Trade, p.Place, p.Body, p.Contact.Person, p.Contact.Email, p.Contact.Phone, p.Note, string(p.Source), facts,
		string(p.State), p.Score, p.Known, p.Reasons, db.Micros(p.AskAgain), string(p.Cohort), db.Micros(p.Received), p.Version, db.Micros(p.MadeAt), db.Micros(p.UpdatedAt), p.UpdatedBy,
		p.twin(), db.Fold(p.Body, p.Trade, string(p.Industry), p.Place))
	return err
}

func scanPetitionStep(r db.Row) (s PetitionStep, err error) {
	var at int64
	err = r.Scan(&s.From, &s.To, &s.Why, &s.ByName, &at, &s.Entry)
	s.At = db.Time(at)
	return s, err
}

func scanWeighing(r db.Row) (w Weighing, err error) {
	var weights string
	var at int64
	if err := r.Scan(&w.ID, &weights, &w.Why, &w.ByName, &at, &w.Entry); err != nil {
		return w, err
	}
	w.At = db.Time(at)
	if err := json.Unmarshal([]byte(weights), &w.Weights); err != nil {
		return w, fmt.Errorf("weighing %s: %w", w.ID, err)
	}
	return w, nil
}
