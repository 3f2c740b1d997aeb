package cultivate

import (
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
)

const (
	cohortColumns = `id, industry, name, place, places, state, opens_at, closes_at, starts_at, ends_at, note, version, made_at, updated_at, updated_by`

	listCohorts = `select ` + cohortColumns + ` from cohort`
	oneCohort   = `select ` + cohortColumns + ` from cohort where id = $1`
	writeCohort = `insert into cohort (` + cohortColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (id) do update
		set industry = excluded.industry, name = excluded.name, place = excluded.place, places = excluded.places, state = excluded.state, opens_at = excluded.opens_at,
		closes_at = excluded.closes_at, starts_at = excluded.starts_at, ends_at = excluded.ends_at, note = excluded.note, version = excluded.version,
		updated_at = excluded.updated_at, updated_by = excluded.updated_by`

	makerColumns = `id, cohort, industry, organisation, name, number, place, stage, was, since, owner, owner_name, seller, brand, version, made_at, updated_at, updated_by`

	listMakers  = `select ` + makerColumns + ` from maker`
	oneMaker    = `select ` + makerColumns + ` from maker where id = $1`
	makerOf     = `select ` + makerColumns + ` from maker where cohort = $1 and organisation = $2`
	sameNumber  = `select id from maker where cohort = $1 and number = $2 and id <> $3`
	countMakers = `select count(*) from maker`
	countStages = `select stage, count(*) from maker where cohort = $1 group by stage`
	writeMaker  = `insert into maker (` + makerColumns + `, search) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		on conflict (id) do update set name = excluded.name, number = excluded.number, place = excluded.place, stage = excluded.stage, was = excluded.was, since = excluded.since,
		owner = excluded.owner, owner_name = excluded.owner_name, seller = excluded.seller, brand = excluded.brand, version = excluded.version,
		updated_at = excluded.updated_at, updated_by = excluded.updated_by, search = excluded.search`

	stepColumns = `id, maker, from_stage, to_stage, why, by_id, by_name, at, entry`
	stepsOf     = `select ` + stepColumns + ` from maker_step where maker = $1 order by at, id`
	stepByForm  = `select ` + stepColumns + ` from maker_step where maker = $1 and by_id = $2 and request = $3`
	writeStep   = `insert into maker_step (` + stepColumns + `, request) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

	waiversOf   = `select condition, why, by_id, by_name, at, entry from waiver where maker = $1`
	writeWaiver = `insert into waiver (maker, condition, why, by_id, by_name, at, entry) values ($1, $2, $3, $4, $5, $6, $7) on conflict (maker, condition) do nothing`
	dropWaiver  = `delete from waiver where maker = $1 and condition = $2`
)

func scanCohort(r db.Row) (c Cohort, err error) {
	var opens, closes, starts, ends, made, updated int64
	err = r.Scan(&c.ID, &c.Industry, &c.Name, &c.Place, &c.Places, &c.State, &opens, &closes, &starts, &ends, &c.Note, &c.Version, &made, &updated, &c.UpdatedBy)
	c.Opens, c.Closes, c.Starts, c.Ends, c.MadeAt, c.UpdatedAt = db.Time(opens), db.Time(closes), db.Time(starts), db.Time(ends), db.Time(made), db.Time(updated)
	return c, err
}

func keepCohort(tx *db.Tx, c Cohort) error {
	_, err := tx.Exec(writeCohort, string(c.ID), string(c.Industry), c.Name, c.Place, c.Places, string(c.State), db.Micros(c.Opens), db.Micros(c.Closes), db.Micros(c.Starts),
		db.Micros(c.Ends), c.Note, c.Version, db.Micros(c.MadeAt), db.Micros(c.UpdatedAt), c.UpdatedBy)
	return err
}

func scanMaker(r db.Row) (m Maker, err error) {
	var since, made, updated int64
	err = r.Scan(&m.ID, &m.Cohort, &m.Industry, &m.Organisation, &m.Name, &m.Number, &m.Place, &m.Stage, &m.Was, &since, &m.Owner, &m.OwnerName, &m.Seller, &m.Brand,
		&m.Version, &made, &updated, &m.UpdatedBy)
	m.Since, m.MadeAt, m.UpdatedAt = db.Time(since), db.Time(made), db.Time(updated)
	return m, err
}

func keepMaker(tx *db.Tx, m Maker) error {
	_, err := tx.Exec(writeMaker, string(m.ID), string(m.Cohort), string(m.Industry), string(m.Organisation), m.Name, m.Number, m.Place, string(m.Stage), string(m.Was),
		db.Micros(m.Since), string(m.Owner), m.OwnerName, string(m.Seller), string(m.Brand), m.Version, db.Micros(m.MadeAt), db.Micros(m.UpdatedAt), m.UpdatedBy,
		db.Fold(m.Name, m.Number, m.Place))
	return err
}

// touch is the maker changed by somebody now.
func (m Maker) touch(tx *db.Tx, by access.User) Maker {
	m.Version, m.UpdatedAt, m.UpdatedBy = m.Version+1, tx.Now(), by.Name
	return m
}

func scanStep(r db.Row) (s Step, err error) {
	var at int64
	err = r.Scan(&s.ID, &s.Maker, &s.From, &s.To, &s.Why, &s.By, &s.ByName, &at, &s.Entry)
	s.At = db.Time(at)
	return s, err
}

func keepStep(tx *db.Tx, s Step, request string) error {
	_, err := tx.Exec(writeStep, s.ID, string(s.Maker), string(s.From), string(s.To), s.Why, string(s.By), s.ByName, db.Micros(s.At), s.Entry, request)
	return err
}

func scanWaiver(r db.Row) (w Waiver, err error) {
	var at int64
	err = r.Scan(&w.Condition, &w.Why, &w.By, &w.ByName, &at, &w.Entry)
	w.At = db.Time(at)
	return w, err
}
