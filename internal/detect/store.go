package detect

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
)

const (
	opinionColumns = `listing, verdict, score, brand, signals, version, model, revision, scanned_at, changed_at`

	opinionsIn   = `select ` + opinionColumns + ` from verdict where listing in `
	oneOpinion   = `select ` + opinionColumns + ` from verdict where listing = $1`
	listOpinions = `select ` + opinionColumns + ` from verdict`

	writeOpinions = `insert into verdict (listing, seller, version, verdict, score, brand, signals, model, revision, scanned_at, changed_at) values `
	overOpinions  = ` on conflict (listing) do update set seller = excluded.seller, version = excluded.version, verdict = excluded.verdict, score = excluded.score,
		brand = excluded.brand, signals = excluded.signals, model = excluded.model, revision = excluded.revision, scanned_at = excluded.scanned_at, changed_at = excluded.changed_at`
	writeOpinionColumns = 11

	sinceColumns      = `listing, id, at, was, verdict, score, brand, signals, version, revision, model, because, entry`
	writeSince        = `insert into verdict_change (` + sinceColumns + `) values `
	writeSinceColumns = 13
	listSince         = `select ` + sinceColumns + ` from verdict_change`

	tallies = `select seller, verdict, count(*) from verdict where seller in `

	// Each is read from an index, end to end: about a second for 10 million listings.
	countVerdicts = `select verdict, count(*) from verdict group by verdict`
	topBrands     = `select brand, count(*) from verdict where verdict <> 'clear' and brand <> '' group by brand order by 2 desc, brand limit $1`
	topSellers    = `select seller, count(*) from verdict where verdict <> 'clear' and seller <> '' group by seller order by 2 desc, seller limit $1`
	scansByDay    = `select at / 86400000000, cast(sum(clear) as BIGINT), cast(sum(review) as BIGINT), cast(sum(fake) as BIGINT) from scan where at >= $1 group by at / 86400000000 order by 1`

	writeScan = `insert into scan (message, batch, at, listings, clear, review, fake) values ($1, $2, $3, $4, $5, $6, $7)`

	writeBatch   = `insert into batch (id, organisation, by_name, at, hash, accepted, bad, finished_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`
	sentBefore   = `select at, hash from batch where id = $1`
	finishBatch  = `update batch set finished_at = $1 where id = $2 and finished_at = 0 and accepted <= (select coalesce(sum(listings), 0) from scan where batch = batch.id)`
	batchColumns = `batch.id, batch.organisation, by_name, batch.at, accepted, bad, finished_at, cast(coalesce(sum(scan.listings), 0) as BIGINT), cast(coalesce(sum(clear), 0) as BIGINT),
		cast(coalesce(sum(review), 0) as BIGINT), cast(coalesce(sum(fake), 0) as BIGINT)`
	batchGroup = ` group by batch.id, batch.organisation, by_name, batch.at, accepted, bad, finished_at`
	oneBatch   = `select ` + batchColumns + ` from batch left join scan on scan.batch = batch.id where batch.id = $1` + batchGroup
	unfinished = `select ` + batchColumns + ` from (select * from batch where finished_at = 0 order by at desc, id desc limit $1) as batch left join scan on scan.batch = batch.id` +
		batchGroup + ` order by batch.at desc, batch.id desc`
	waiting = `select cast(coalesce((select sum(accepted) from batch where finished_at = 0), 0) as BIGINT)
		- cast(coalesce((select sum(listings) from scan where batch in (select id from batch where finished_at = 0)), 0) as BIGINT)`

	rescanColumns = `id, brands, revision, because, by_name, state, place, at_brand, total, done, changed, started_at, updated_at, ended_at`
	writeRescan   = `insert into rescan (` + rescanColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		on conflict (id) do update set state = excluded.state, place = excluded.place, at_brand = excluded.at_brand, done = excluded.done, changed = excluded.changed,
		updated_at = excluded.updated_at, ended_at = excluded.ended_at`
	oneRescan      = `select ` + rescanColumns + ` from rescan where id = $1`
	runningRescans = `select ` + rescanColumns + ` from rescan where ended_at = 0 order by started_at, id`
	endedRescans   = `select ` + rescanColumns + ` from rescan where ended_at > 0 order by ended_at desc, id desc limit $1`

	underBrand      = `select listing from verdict where brand = $1 and listing > $2 order by listing limit $3`
	countUnderBrand = `select count(*) from verdict where brand in `
)

// rowsAtOnce is how many rows one statement writes or asks for.
const rowsAtOnce = 500

// nothing is the result of a scan that puts what it reads elsewhere.
type nothing struct{}

func scanOpinion(r db.Row) (Opinion, error) {
	var o Opinion
	var signals string
	var scanned, changed int64
	if err := r.Scan(&o.ID, &o.Verdict, &o.Score, &o.Brand, &signals, &o.Version, &o.Model, &o.Revision, &scanned, &changed); err != nil {
		return Opinion{}, err
	}
	o.ScannedAt, o.ChangedAt = db.Time(scanned), db.Time(changed)
	return o, json.Unmarshal([]byte(signals), &o.Signals)
}

func scanSince(r db.Row) (Since, error) {
	var s Since
	var signals string
	var at int64
	if err := r.Scan(&s.Listing, &s.id, &at, &s.Was, &s.Verdict, &s.Score, &s.Brand, &signals, &s.Version, &s.Revision, &s.Model, &s.Because, &s.Entry); err != nil {
		return Since{}, err
	}
	s.At = db.Time(at)
	return s, json.Unmarshal([]byte(signals), &s.Signals)
}

func scanBatch(r db.Row) (Batch, error) {
	var b Batch
	var at, finished int64
	err := r.Scan(&b.ID, &b.organisation, &b.By, &at, &b.Accepted, &b.Bad, &finished, &b.Scanned, &b.Clear, &b.Review, &b.Fake)
	b.At, b.Finished = db.Time(at), db.Time(finished)
	return b, err
}

func scanRescan(r db.Row) (Rescan, error) {
	var s Rescan
	var brands string
	var started, updated, ended int64
	if err := r.Scan(&s.ID, &brands, &s.Revision, &s.Because, &s.By, &s.State, &s.place, &s.atBrand, &s.Total, &s.Done, &s.Changed, &started, &updated, &ended); err != nil {
		return Rescan{}, err
	}
	s.StartedAt, s.UpdatedAt, s.EndedAt = db.Time(started), db.Time(updated), db.Time(ended)
	return s, json.Unmarshal([]byte(brands), &s.Brands)
}

func keepRescan(tx *db.Tx, s Rescan) error {
	brands, err := json.Marshal(s.Brands)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeRescan, string(s.ID), string(brands), s.Revision, string(s.Because), s.By, string(s.State), string(s.place), int64(s.atBrand), s.Total, s.Done, s.Changed,
		db.Micros(s.StartedAt), db.Micros(s.UpdatedAt), db.Micros(s.EndedAt))
	return err
}

// Load is the verdicts that stand for those of the listings that were scanned, as tx sees them.
func Load(tx *db.Tx, ids []market.ListingID) (map[market.ListingID]Opinion, error) {
	all := make(map[market.ListingID]Opinion, len(ids))
	for some := range slices.Chunk(ids, rowsAtOnce) {
		rows, err := db.All(tx, scanOpinion, opinionsIn+db.In(1, len(some)), arguments(some)...)
		if err != nil {
			return nil, fmt.Errorf("load verdicts: %w", err)
		}
		for _, o := range rows {
			all[o.ID] = o
		}
	}
	return all, nil
}

func arguments[T ~string](ids []T) []any {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	return args
}

func keepOpinions(tx *db.Tx, opinions []Opinion, sellers map[market.ListingID]market.SellerID) error {
	for some := range slices.Chunk(opinions, rowsAtOnce) {
		args := make([]any, 0, len(some)*writeOpinionColumns)
		for i := range some {
			o := &some[i]
			args = append(args, string(o.ID), string(sellers[o.ID]), o.Version, string(o.Verdict), o.Score, string(o.Brand), signalsText(o.Signals), o.Model, o.Revision,
				db.Micros(o.ScannedAt), db.Micros(o.ChangedAt))
		}
		if _, err := tx.Exec(writeOpinions+db.Values(len(some), writeOpinionColumns)+overOpinions, args...); err != nil {
			return err
		}
	}
	return nil
}

func keepSince(tx *db.Tx, all []Since) error {
	for some := range slices.Chunk(all, rowsAtOnce) {
		args := make([]any, 0, len(some)*writeSinceColumns)
		for _, s := range some {
			args = append(args, string(s.Listing), db.NewID(), db.Micros(s.At), string(s.Was), string(s.Verdict), s.Score, string(s.Brand), signalsText(s.Signals),
				s.Version, s.Revision, s.Model, string(s.Because), s.Entry)
		}
		if _, err := tx.Exec(writeSince+db.Values(len(some), writeSinceColumns), args...); err != nil {
			return err
		}
	}
	return nil
}

func signalsText(signals []Signal) string {
	if len(signals) == 0 {
		return "[]"
	}
	text, err := json.Marshal(signals)
	if err != nil {
		panic(err) // sound has seen to the numbers
	}
	return string(text)
}

// CountByVerdict is how many listings stand under each verdict, as tx sees it.
func CountByVerdict(tx *db.Tx) (map[Verdict]int64, error) {
	counts := map[Verdict]int64{Clear: 0, Review: 0, Fake: 0}
	_, err := db.All(tx, func(r db.Row) (nothing, error) {
		var v Verdict
		var n int64
		err := r.Scan(&v, &n)
		counts[v] = n
		return nothing{}, err
	}, countVerdicts)
	return counts, err
}

// ByDay counts the listings handed in on each day from the one of from on, as tx sees it, days without any included, up to the present one.
func ByDay(tx *db.Tx, from time.Time) ([]Day, error) {
	from = from.UTC().Truncate(24 * time.Hour)
	var days []Day
	for date := from; !date.After(tx.Now()); date = date.AddDate(0, 0, 1) {
		days = append(days, Day{Date: date})
	}
	_, err := db.All(tx, func(r db.Row) (nothing, error) {
		var number int64
		var d Day
		if err := r.Scan(&number, &d.Clear, &d.Review, &d.Fake); err != nil {
			return nothing{}, err
		}
		d.Date = time.Unix(number*86400, 0).UTC()
		if i := slices.IndexFunc(days, func(day Day) bool { return day.Date.Equal(d.Date) }); i >= 0 {
			days[i] = d
		}
		return nothing{}, nil
	}, scansByDay, db.Micros(from))
	return days, err
}

// TopBrands is the n brands with most suspected listings, as tx sees it.
func TopBrands(tx *db.Tx, n int) ([]BrandCount, error) {
	return db.All(tx, func(r db.Row) (BrandCount, error) {
		var c BrandCount
		err := r.Scan(&c.Brand, &c.Suspected)
		return c, err
	}, topBrands, n)
}

// TopSellers is the n sellers with most suspected listings, as tx sees it.
func TopSellers(tx *db.Tx, n int) ([]SellerCount, error) {
	top, err := db.All(tx, func(r db.Row) (SellerCount, error) {
		var c SellerCount
		err := r.Scan(&c.Seller, &c.Suspected)
		return c, err
	}, topSellers, n)
	if err != nil {
		return nil, err
	}
	ids := make([]market.SellerID, len(top))
	for i, c := range top {
		ids[i] = c.Seller
	}
	accounts, err := market.LoadSellers(tx, ids)
	for i := range top {
		top[i].Name = accounts[top[i].Seller].Name
	}
	return top, err
}

func listingsUnder(tx *db.Tx, id brand.ID, after market.ListingID, limit int) ([]market.ListingID, error) {
	return db.All(tx, db.Value[market.ListingID], underBrand, string(id), string(after), limit)
}
