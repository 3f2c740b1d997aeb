package cultivate

import (
	"strings"

	"github.com/ownmark/ownmark/internal/db"
)

const (
	markColumns = `id, name, owner, office, number, goods, rules, version, updated_at, updated_by`
	allMarks    = `select ` + markColumns + ` from common_mark order by id`
	oneMark     = `select ` + markColumns + ` from common_mark where id = $1`
	writeMark   = `insert into common_mark (` + markColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do update set name = excluded.name, owner = excluded.owner,
		office = excluded.office, number = excluded.number, goods = excluded.goods, rules = excluded.rules, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`

	rulesColumns = `mark, number, text_en, text_zh, material, tests, floor, currency, by_name, at, entry`
	rulesOf      = `select ` + rulesColumns + ` from mark_rules where mark = $1 order by number desc`
	oneRules     = `select ` + rulesColumns + ` from mark_rules where mark = $1 and number = $2`
	writeRules   = `insert into mark_rules (` + rulesColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	licenceColumns  = `id, mark, maker, organisation, firm, number, state, lines, from_at, to_at, rules, hearing, version, applied_at, updated_at, updated_by`
	listLicences    = `select ` + licenceColumns + ` from licence`
	oneLicence      = `select ` + licenceColumns + ` from licence where id = $1`
	licencesOf      = `select ` + licenceColumns + ` from licence where maker = $1 order by applied_at desc, id desc`
	licencesRunning = `select ` + licenceColumns + ` from licence where maker = $1 and state in ('granted', 'suspended') order by id`
	licencesOver    = `select ` + licenceColumns + ` from licence where state in ('granted', 'suspended') and to_at <= $1 order by to_at, id limit 500`
	runningLicence  = `select ` + licenceColumns + ` from licence where mark = $1 and maker = $2 and state in ('applied', 'granted', 'suspended')`
	numberTaken     = `select count(*) from licence where mark = $1 and number = $2 and id <> $3`
	publicLicences  = `select ` + licenceColumns + ` from licence where mark = $1 and number <> '' and (number = $2 or search = $3) order by from_at desc, id desc limit 20`
	writeLicence    = `insert into licence (` + licenceColumns + `, search) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict (id) do update
		set number = excluded.number, state = excluded.state, lines = excluded.lines, from_at = excluded.from_at, to_at = excluded.to_at, rules = excluded.rules, hearing = excluded.hearing,
		version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`

	licenceSteps = `select from_state, to_state, why, by_name, at, entry from licence_step where licence = $1 order by at, id`
	writeLStep   = `insert into licence_step (licence, id, from_state, to_state, why, by_name, at, entry) values ($1, $2, $3, $4, $5, $6, $7, $8)`

	checkColumns = `id, licence, day, tested, passed, price, currency, listing, note, by_name, at, entry`
	checksOf     = `select ` + checkColumns + ` from licence_check where licence = $1 order by day desc, id desc`
	writeCheck   = `insert into licence_check (` + checkColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
)

func scanMark(r db.Row) (m CommonMark, err error) {
	var updated int64
	err = r.Scan(&m.ID, &m.Name, &m.Owner, &m.Office, &m.Number, &m.Goods, &m.Rules, &m.Version, &updated, &m.UpdatedBy)
	m.UpdatedAt = db.Time(updated)
	return m, err
}

func scanRules(r db.Row) (m MarkRules, err error) {
	var at int64
	var tests string
	err = r.Scan(&m.Mark, &m.Number, &m.Text.English, &m.Text.Chinese, &m.Material, &tests, &m.Floor, &m.Currency, &m.ByName, &at, &m.Entry)
	m.At = db.Time(at)
	if tests != "" {
		m.Tests = strings.Split(tests, "\n")
	}
	return m, err
}

func scanLicence(r db.Row) (l Licence, err error) {
	var from, to, applied, updated int64
	err = r.Scan(&l.ID, &l.Mark, &l.Maker, &l.Organisation, &l.Firm, &l.Number, &l.State, &l.Lines, &from, &to, &l.Rules, &l.Hearing, &l.Version, &applied, &updated, &l.UpdatedBy)
	l.From, l.To, l.AppliedAt, l.UpdatedAt = db.Time(from), db.Time(to), db.Time(applied), db.Time(updated)
	return l, err
}

func keepLicence(tx *db.Tx, l Licence) error {
	_, err := tx.Exec(writeLicence, string(l.ID), string(l.Mark), string(l.Maker), string(l.Organisation), l.Firm, l.Number, string(l.State), l.Lines, db.Micros(l.From), db.Micros(l.To),
		l.Rules, string(l.Hearing), l.Version, db.Micros(l.AppliedAt), db.Micros(l.UpdatedAt), l.UpdatedBy, db.Fold(l.Firm))
	return err
}

func scanCheck(r db.Row) (c LicenceCheck, err error) {
	var day, at int64
	err = r.Scan(&c.ID, &c.Licence, &day, &c.Tested, &c.Passed, &c.Price, &c.Currency, &c.Listing, &c.Note, &c.ByName, &at, &c.Entry)
	c.Day, c.At = db.Time(day), db.Time(at)
	return c, err
}
