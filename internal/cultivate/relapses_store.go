package cultivate

import "github.com/ownmark/ownmark/internal/db"

const (
	alertColumns = `id, maker, cohort, organisation, name, subject, kind, state, hearing, why, due_at, overdue, version, opened_at, updated_at, updated_by`
	listAlerts   = `select ` + alertColumns + ` from alert`
	countAlerts  = `select count(*) from alert`
	oneAlert     = `select ` + alertColumns + ` from alert where id = $1`
	alertAbout   = `select ` + alertColumns + ` from alert where maker = $1 and subject = $2`
	alertsHeard  = `select ` + alertColumns + ` from alert where hearing = $1 order by opened_at, id`
	alertsDue    = `select ` + alertColumns + ` from alert where state = 'open' and overdue = false and due_at < $1 order by due_at, id limit 500`
	writeAlert   = `insert into alert (` + alertColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict (id) do update
		set kind = excluded.kind, state = excluded.state, hearing = excluded.hearing, why = excluded.why, due_at = excluded.due_at, overdue = excluded.overdue,
		version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`

	evidenceColumns = `ref, kind, account, listing, title, tie, detail, path, score, at, withdrawn_at`
	evidenceOf      = `select ` + evidenceColumns + ` from alert_evidence where alert = $1 order by at, ref`
	writeEvidence   = `insert into alert_evidence (alert, ` + evidenceColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (alert, ref) do nothing`
	reviveEvidence  = `update alert_evidence set withdrawn_at = 0, at = $1, score = $2, detail = $3 where alert = $4 and ref = $5 and withdrawn_at > 0`
	dropEvidence    = `update alert_evidence set withdrawn_at = $1 where ref = $2 and withdrawn_at = 0`
	alertsWithRef   = `select ` + alertColumns + ` from alert where id in (select alert from alert_evidence where ref = $1) order by id`
	refsOfListing   = `select distinct ref from alert_evidence where listing = $1 and withdrawn_at = 0 and kind in ('suspect', 'removal') and ref <> $2 order by ref`
	keepUndone      = `insert into alert_undone (ref, at) values ($1, $2) on conflict do nothing`
	wasUndone       = `select count(*) from alert_undone where ref = $1`

	accountsOfMaker = `select account, tie, note, by_name, at from maker_account where maker = $1 order by account`
	makersByAccount = `select maker, account, tie, note from maker_account where account = $1 order by maker`
	makersBySeller  = `select ` + makerColumns + ` from maker where seller = $1 order by id`
	writeAccount    = `insert into maker_account (maker, account, tie, note, by_name, at) values ($1, $2, $3, $4, $5, $6) on conflict (maker, account) do update
		set tie = excluded.tie, note = excluded.note, by_name = excluded.by_name, at = excluded.at`
	dropAccount = `delete from maker_account where maker = $1 and account = $2`

	hearingColumns = `id, maker, organisation, state, reasons, place, held_on, called_by, called_name, called_at, statement, statement_at, statement_name, minutes, came, outcome, ground, deposit,
		forfeited, currency, decided_by, decided_name, decided_at, entry, overdue, version`
	oneHearing   = `select ` + hearingColumns + ` from hearing where id = $1`
	hearingsOf   = `select ` + hearingColumns + ` from hearing where maker = $1 order by called_at desc, id desc`
	hearingsOpen = `select ` + hearingColumns + ` from hearing where decided_at = 0 and overdue = false and state in ('called', 'held') and held_on < $1 order by held_on, id limit 500`
	writeHearing = `insert into hearing (` + hearingColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
		on conflict (id) do update set state = excluded.state, statement = excluded.statement, statement_at = excluded.statement_at, statement_name = excluded.statement_name,
		minutes = excluded.minutes, came = excluded.came, outcome = excluded.outcome, ground = excluded.ground, deposit = excluded.deposit, forfeited = excluded.forfeited,
		currency = excluded.currency, decided_by = excluded.decided_by, decided_name = excluded.decided_name, decided_at = excluded.decided_at, entry = excluded.entry,
		overdue = excluded.overdue, version = excluded.version`

	hearingDocumentsOf   = `select hash, name, size, by_name, at from hearing_document where hearing = $1 order by at, hash`
	writeHearingDocument = `insert into hearing_document (hearing, hash, name, size, by_name, at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`

	lastFinding = `select coalesce(max(decided_at), 0) from hearing where maker = $1 and state = 'decided' and outcome in ('suspended', 'relapsed', 'expelled')`
)

func scanAlert(r db.Row) (a Alert, err error) {
	var due, at, updated int64
	err = r.Scan(&a.ID, &a.Maker, &a.Cohort, &a.Organisation, &a.Name, &a.Subject, &a.Kind, &a.State, &a.Hearing, &a.Why, &due, &a.Overdue, &a.Version, &at, &updated, &a.UpdatedBy)
	a.Due, a.At, a.UpdatedAt = db.Time(due), db.Time(at), db.Time(updated)
	return a, err
}

func keepAlert(tx *db.Tx, a Alert) error {
	_, err := tx.Exec(writeAlert, string(a.ID), string(a.Maker), string(a.Cohort), string(a.Organisation), a.Name, a.Subject, string(a.Kind), string(a.State), string(a.Hearing), a.Why,
		db.Micros(a.Due), a.Overdue, a.Version, db.Micros(a.At), db.Micros(a.UpdatedAt), a.UpdatedBy)
	return err
}

func scanEvidence(r db.Row) (e AlertEvidence, err error) {
	var at, withdrawn int64
	var tie string
	err = r.Scan(&e.Ref, &e.Kind, &e.Account, &e.Listing, &e.Title, &tie, &e.Detail, &e.Path, &e.Score, &at, &withdrawn)
	e.At, e.Withdrawn = db.Time(at), db.Time(withdrawn)
	if err == nil {
		err = fromJSON(tie, &e.Tie)
	}
	return e, err
}

func scanTie(r db.Row) (t AccountTie, err error) {
	err = r.Scan(&t.Maker, &t.Account, &t.How, &t.Detail)
	return t, err
}

func scanHearing(r db.Row) (h Hearing, err error) {
	var on, called, statement, decided int64
	err = r.Scan(&h.ID, &h.Maker, &h.Organisation, &h.State, &h.Reasons, &h.Place, &on, &h.CalledBy, &h.CalledName, &called, &h.Statement, &statement, &h.StatementName, &h.Minutes, &h.Came,
		&h.Outcome, &h.Ground, &h.Deposit, &h.Forfeited, &h.Currency, &h.DecidedBy, &h.DecidedName, &decided, &h.Entry, &h.Overdue, &h.Version)
	h.On, h.CalledAt, h.StatementAt, h.DecidedAt = db.Time(on), db.Time(called), db.Time(statement), db.Time(decided)
	return h, err
}

func keepHearing(tx *db.Tx, h Hearing) error {
	_, err := tx.Exec(writeHearing, string(h.ID), string(h.Maker), string(h.Organisation), string(h.State), h.Reasons, h.Place, db.Micros(h.On), string(h.CalledBy), h.CalledName, db.Micros(h.CalledAt),
		h.Statement, db.Micros(h.StatementAt), h.StatementName, h.Minutes, h.Came, string(h.Outcome), h.Ground, string(h.Deposit), h.Forfeited, h.Currency, string(h.DecidedBy), h.DecidedName,
		db.Micros(h.DecidedAt), h.Entry, h.Overdue, h.Version)
	return err
}

func scanHearingDocument(r db.Row) (d HearingDocument, err error) {
	var at int64
	err = r.Scan(&d.Hash, &d.Name, &d.Size, &d.ByName, &at)
	d.At = db.Time(at)
	return d, err
}
