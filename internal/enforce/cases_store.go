package enforce

import (
	"time"

	"github.com/ownmark/ownmark/internal/db"
)

const (
	caseColumns = `id, reference, title, summary, organisation, stage, closed_as, country, region, city, latitude, longitude, lead_at, opened_at, raid_at, charged_at, convicted_at, closed_at, updated_at, updated_by, version`

	oneCase         = `select ` + caseColumns + ` from matter where id = $1`
	listCases       = `select ` + caseColumns + ` from matter`
	countCases      = `select count(*) from matter`
	caseByReference = `select id from matter where reference = $1`
	writeCase       = `insert into matter (` + caseColumns + `, search) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
		on conflict (id) do update set title = excluded.title, summary = excluded.summary, stage = excluded.stage, closed_as = excluded.closed_as, country = excluded.country,
		region = excluded.region, city = excluded.city, latitude = excluded.latitude, longitude = excluded.longitude, lead_at = excluded.lead_at, opened_at = excluded.opened_at, raid_at = excluded.raid_at, charged_at = excluded.charged_at,
		convicted_at = excluded.convicted_at, closed_at = excluded.closed_at, updated_at = excluded.updated_at, updated_by = excluded.updated_by, version = excluded.version, search = excluded.search`
	nextNumber = `insert into matter_number (year, number) values ($1, 1) on conflict (year) do update set number = matter_number.number + 1 returning number`
	seenBy     = `(organisation = ? or id in (select matter from matter_share where organisation = ? and ended_at = 0))`

	ofBrand = `(id in (select matter from fact where brand = ? and withdrawn_at = 0) or id in (select matter from matter_link join verdict on verdict.listing = matter_link.subject where matter_link.kind = 'listing' and verdict.brand = ?))`

	isShared  = `select exists (select 1 from matter_share where matter = $1 and organisation = $2 and ended_at = 0)`
	shareCase = `insert into matter_share (matter, organisation, shared_at, shared_by, ended_at) values ($1, $2, $3, $4, 0)
		on conflict (matter, organisation) do update set shared_at = excluded.shared_at, shared_by = excluded.shared_by, ended_at = 0`
	unshareCase   = `update matter_share set ended_at = $1 where matter = $2 and organisation = $3 and ended_at = 0`
	sharesOf      = `select organisation, coalesce(o.name, ''), shared_at, shared_by from matter_share left join organisation o on o.id = organisation where matter = $1 and ended_at = 0 order by 2, 1`
	authorityName = `select name from organisation where id = $1 and kind = $2`

	writeLink  = `insert into matter_link (matter, kind, subject, note, linked_at, linked_by) values ($1, $2, $3, $4, $5, $6) on conflict (matter, kind, subject) do nothing`
	dropLink   = `delete from matter_link where matter = $1 and kind = $2 and subject = $3`
	linksOf    = `select kind, subject, note, linked_at, linked_by from matter_link where matter = $1 order by kind, linked_at, subject`
	countLinks = `select count(*) from matter_link where matter = $1 and kind = $2`
	isListing  = `select exists (select 1 from listing where id = $1)`
	isSeller   = `select exists (select 1 from seller where id = $1)`
	isDecision = `select exists (select 1 from decision where id = $1)`

	writeAct      = `insert into matter_act (id, matter, at, by_id, by_name, kind, subject, words, request, entry) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	actsOf        = `select id, at, by_id, by_name, kind, subject, words, entry from matter_act where matter = $1 order by at, id`
	caseOfRequest = `select matter from matter_act where by_id = $1 and request = $2 and request <> ''`

	writeCaseDocument = `insert into matter_document (matter, hash, name, media_type, size, note, added_at, added_by) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (matter, hash) do nothing`
	documentsOf       = `select hash, name, media_type, size, note, added_at, added_by from matter_document where matter = $1 order by added_at, hash`

	// The ledger's own table is read by attestors alone.
	actsWithoutEntry = `select matter, matter_act.id from matter_act left join ledger_entry on ledger_entry.id = matter_act.entry
		where ledger_entry.id is null or ledger_entry.kind <> 'case.' || matter_act.kind or ledger_entry.subject <> 'case:' || matter or ledger_entry.at <> matter_act.at`
	entriesWithoutAct = `select substr(subject, 6), ledger_entry.id from ledger_entry where subject like 'case:%' and not exists (select 1 from matter_act where matter_act.entry = ledger_entry.id)`
)

func scanCase(r db.Row) (Case, error) {
	var c Case
	var lead, opened, raid, charged, convicted, closed, updated int64
	err := r.Scan(&c.ID, &c.Reference, &c.Title, &c.Summary, &c.Organisation, &c.Stage, &c.ClosedAs, &c.Place.Country, &c.Place.Region, &c.Place.City, &c.Place.Latitude, &c.Place.Longitude,
		&lead, &opened, &raid, &charged, &convicted, &closed, &updated, &c.UpdatedBy, &c.Version)
	c.UpdatedAt = db.Time(updated)
	c.Reached = map[Stage]time.Time{}
	for stage, at := range map[Stage]int64{Lead: lead, Opened: opened, Raided: raid, Charged: charged, Convicted: convicted, Closed: closed} {
		if at > 0 {
			c.Reached[stage] = db.Time(at)
		}
	}
	return c, err
}

func keepCase(tx *db.Tx, c Case) error {
	at := func(s Stage) int64 { return db.Micros(c.Reached[s]) }
	_, err := tx.Exec(writeCase, string(c.ID), c.Reference, c.Title, c.Summary, string(c.Organisation), string(c.Stage), string(c.ClosedAs), c.Place.Country, c.Place.Region, c.Place.City, c.Place.Latitude, c.Place.Longitude,
		at(Lead), at(Opened), at(Raided), at(Charged), at(Convicted), at(Closed), db.Micros(c.UpdatedAt), c.UpdatedBy, c.Version, c.search())
	return err
}

func keepAct(tx *db.Tx, id CaseID, a Deed, request string) error {
	_, err := tx.Exec(writeAct, a.ID, string(id), db.Micros(a.At), string(a.By), a.ByName, a.Kind, a.Subject, a.Words, request, a.Entry)
	return err
}

func scanAct(r db.Row) (a Deed, err error) {
	var at int64
	err = r.Scan(&a.ID, &at, &a.By, &a.ByName, &a.Kind, &a.Subject, &a.Words, &a.Entry)
	a.At = db.Time(at)
	return a, err
}

func scanLink(r db.Row) (l Link, err error) {
	var at int64
	err = r.Scan(&l.Kind, &l.Subject, &l.Note, &at, &l.ByName)
	l.At = db.Time(at)
	return l, err
}

func scanShare(r db.Row) (s Share, err error) {
	var at int64
	err = r.Scan(&s.Organisation, &s.Name, &at, &s.ByName)
	s.At = db.Time(at)
	return s, err
}

func scanCaseDocument(r db.Row) (d CaseDocument, err error) {
	var at int64
	err = r.Scan(&d.Hash, &d.Name, &d.MediaType, &d.Size, &d.Note, &at, &d.ByName)
	d.At = db.Time(at)
	return d, err
}
