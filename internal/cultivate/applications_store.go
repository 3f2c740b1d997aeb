package cultivate

import (
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
)

const (
	documentColumns = `id, maker, kind, name, hash, bytes, by_name, at`
	documentsOf     = `select ` + documentColumns + ` from application_document where maker = $1 order by at, id`
	writeDocument   = `insert into application_document (` + documentColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (maker, kind, hash) do nothing`
	dropDocument    = `delete from application_document where maker = $1 and id = $2`

	writeCopy = `insert into application_copy (maker, at, digest, document, entry) values ($1, $2, $3, $4, $5)`
	copiesOf  = `select at, digest, entry from application_copy where maker = $1 order by at`

	rowTaken = `select maker from application_row where cohort = $1 and file = $2 and line = $3`
	writeRow = `insert into application_row (cohort, file, line, maker, at) values ($1, $2, $3, $4, $5)`

	countAsker = `insert into application_asker (address, times, since) values ($1, 1, $2) on conflict (address) do update set
		times = case when application_asker.since < $3 then 1 else application_asker.times + 1 end,
		since = case when application_asker.since < $3 then excluded.since else application_asker.since end
		returning times`
	oldAskers = `delete from application_asker where since < $1`
)

func scanDocument(r db.Row) (d Document, err error) {
	var at int64
	var hash string
	if err = r.Scan(&d.ID, &d.Maker, &d.Kind, &d.Name, &hash, &d.Bytes, &d.ByName, &at); err != nil {
		return d, err
	}
	d.At = db.Time(at)
	d.Hash, err = blob.Parse(hash)
	return d, err
}

// findApplication is what a maker has answered; an empty one when it has not begun.
func findApplication(tx *db.Tx, id MakerID) (a Application, err error) {
	a.Maker = id
	if a.Replies, err = replies(tx, "application:"+string(id)); err != nil {
		return a, err
	}
	a.Documents, err = db.All(tx, scanDocument, documentsOf, string(id))
	sortDocuments(a.Documents)
	return a, err
}
