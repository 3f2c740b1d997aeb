package cultivate

import "github.com/ownmark/ownmark/internal/db"

const (
	livelihoodColumns  = `id, maker, quarter, kind, value, currency, source, confidence, note, by_id, by_name, at, replaced`
	livelihoodsOf      = `select ` + livelihoodColumns + ` from livelihood where maker = $1 order by quarter, kind, at, id`
	livelihoodStanding = `select ` + livelihoodColumns + ` from livelihood where maker = $1 and quarter = $2 and kind = $3 and source = $4 and replaced = ''`
	livelihoodsAmong   = `select ` + livelihoodColumns + ` from livelihood where replaced = '' and maker in (select id from maker where cohort = $1) order by maker, quarter, kind, at, id`
	writeLivelihood    = `insert into livelihood (` + livelihoodColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '')`
	replaceLivelihood  = `update livelihood set replaced = $1 where id = $2`

	oneLivelihoodFile   = `select count(*) from livelihood_file where hash = $1 and by_id = $2`
	writeLivelihoodFile = `insert into livelihood_file (hash, by_id, at, taken, bad) values ($1, $2, $3, $4, $5)`

	makersByNumber = `select ` + makerColumns + ` from maker where number = $1 or id = $1 order by made_at desc, id desc limit 2`
)

func scanLivelihood(r db.Row) (l Livelihood, err error) {
	var at int64
	err = r.Scan(&l.ID, &l.Maker, &l.Quarter, &l.Kind, &l.Value, &l.Currency, &l.Source, &l.Confidence, &l.Note, &l.By, &l.ByName, &at, &l.Replaced)
	l.At = db.Time(at)
	return l, err
}

func keepLivelihood(tx *db.Tx, l Livelihood) error {
	_, err := tx.Exec(writeLivelihood, l.ID, string(l.Maker), int(l.Quarter), string(l.Kind), l.Value, l.Currency, string(l.Source), int(l.Confidence), l.Note, string(l.By), l.ByName, db.Micros(l.At))
	return err
}
