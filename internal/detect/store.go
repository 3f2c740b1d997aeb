package detect

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
)

const (
	opinionColumns = `listing, verdict, score, brand, signals, version, model, revision, scanned_at, changed_at, action, queue, priority, rule, policy, audit`

	opinionsIn   = `select ` + opinionColumns + ` from verdict where listing in `
	oneOpinion   = `select ` + opinionColumns + ` from verdict where listing = $1`
	listOpinions = `select ` + opinionColumns + ` from verdict`

	writeOpinions = `insert into verdict (listing, seller, version, verdict, score, brand, signals, model, revision, scanned_at, changed_at, action, queue,
		priority, rule, policy, audit) values `
	overOpinions = ` on conflict (listing) do update set seller = excluded.seller, version = excluded.version, verdict = excluded.verdict, score = excluded.score,
		brand = excluded.brand, signals = excluded.signals, model = excluded.model, revision = excluded.revision, scanned_at = excluded.scanned_at, changed_at = excluded.changed_at,
		action = excluded.action, queue = excluded.queue, priority = excluded.priority, rule = excluded.rule, policy = excluded.policy, audit = excluded.audit`
	writeOpinionColumns = 17

	sinceColumns      = `listing, id, at, was, verdict, score, brand, signals, version, revision, model, because, entry, action, rule, policy`
	writeSince        = `insert into verdict_change (` + sinceColumns + `) values `
	writeSinceColumns = 16
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

	policyColumns = `number, document, state, version, made_at, made_by, made_name, edited_at, edited_by, edited_name, proposed_at, proposed_by, proposed_name, proposed_why`
	keepPolicies  = `insert into policy (` + policyColumns + `, title) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (number) do update set document = excluded.document, state = excluded.state, version = excluded.version, edited_at = excluded.edited_at, edited_by = excluded.edited_by,
		edited_name = excluded.edited_name, proposed_at = excluded.proposed_at, proposed_by = excluded.proposed_by, proposed_name = excluded.proposed_name,
		proposed_why = excluded.proposed_why, title = excluded.title`
	policyOf       = `select ` + policyColumns + ` from policy where number = $1`
	policiesIn     = `select ` + policyColumns + ` from policy where state = $1 order by number desc limit $2`
	policiesBeside = `select ` + policyColumns + ` from policy where state in ($1, $2) order by number desc`
	policiesBefore = `select ` + policyColumns + ` from policy where number < $1 order by number desc limit $2`
	lastPolicy     = `select coalesce(max(number), 0) from policy`

	switches    = `select number, policy, at, by_id, by_name, asked_id, asked_name, why, entry from policy_switch order by number desc limit $1`
	lastSwitch  = `select coalesce(max(number), 0) from policy_switch`
	writeSwitch = `insert into policy_switch (number, policy, at, by_id, by_name, asked_id, asked_name, why, entry) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

	nowPolicyRevision  = `select revision from policy_revision where one = 1`
	nextPolicyRevision = `update policy_revision set revision = revision + 1 where one = 1 returning revision`
	holdPolicies       = `update policy_revision set revision = revision where one = 1`

	modelDocument  = `select document from model where version = $1`
	modelDocuments = `select document, at, by_name from model order by at desc, version limit $1`
	writeModel     = `insert into model (version, document, at, by_id, by_name, entry) values ($1, $2, $3, $4, $5, $6)`

	highestOf = `select listing from verdict where verdict = $1 order by score desc, listing desc limit $2`

	trialColumns = `policy, number, state, live, revision, place, total, done, past, beside, started_at, updated_at, ended_at, started_by, started_name`
	writeTrial   = `insert into trial (` + trialColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (policy, number) do update set state = excluded.state, place = excluded.place, done = excluded.done, past = excluded.past, beside = excluded.beside,
		updated_at = excluded.updated_at, ended_at = excluded.ended_at`
	newestTrial = `select ` + trialColumns + ` from trial where policy = $1 order by number desc limit 1`

	countDifferences = `select count(*) from trial_difference where policy = $1 and trial = $2`
	writeDifferences = `insert into trial_difference (policy, trial, listing, beside, was, action, rule, verdict, score, brand) values `
	overDifferences  = ` on conflict (policy, trial, listing) do update set beside = excluded.beside, was = excluded.was, action = excluded.action, rule = excluded.rule,
		verdict = excluded.verdict, score = excluded.score, brand = excluded.brand`
	writeDifferenceColumns = 10

	// What was found of a listing last, and whether anything found of it was ever taken back.
	found = `coalesce((select finding from finding f where f.listing = d.listing and finding <> '' and overturned_at = 0 order by at desc, id desc limit 1), '')`
	taken = `exists (select 1 from finding f where f.listing = d.listing and finding <> '' and overturned_at > 0)`

	listDifferences = `select d.listing, d.beside, d.was, d.action, d.rule, d.verdict, d.score, d.brand, ` + found + `, ` + taken + ` from trial_difference d`
	consequences    = `select was, action, count(*), cast(sum(case when kind = 'fake' then 1 else 0 end) as BIGINT), cast(sum(case when kind = 'genuine' then 1 else 0 end) as BIGINT),
		cast(sum(case when back then 1 else 0 end) as BIGINT) from (select d.was, d.action, ` + found + ` as kind, ` + taken + ` as back from trial_difference d
		where d.policy = $1 and d.trial = $2) as seen group by was, action order by was, action`

	writeFinding = `insert into finding (id, listing, finding, at, overturned_at, verdict, score, brand, signals, model, action, rule, policy, audit, weight)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (id) do update set finding = excluded.finding, at = excluded.at, verdict = excluded.verdict,
		score = excluded.score, brand = excluded.brand, signals = excluded.signals, model = excluded.model, action = excluded.action, rule = excluded.rule, policy = excluded.policy,
		audit = excluded.audit, weight = excluded.weight`
	overturnFinding = `insert into finding (id, listing, finding, at, overturned_at, verdict, score, brand, signals, model, action, rule, policy, audit, weight)
		values ($1, $2, '', $3, $3, '', 0, '', '[]', '', '', '', 0, false, 1) on conflict (id) do update set overturned_at = excluded.overturned_at`
	overturnOthers = `update finding set overturned_at = $1 where listing = $2 and finding <> '' and finding <> $3 and id <> $4 and overturned_at = 0 and at <= $1`
	listFindings   = `select id, listing, finding, at, overturned_at, verdict, score, brand, signals, model, action, rule, policy, audit, weight from finding`
	newestFindings = `select finding, overturned_at, score, signals, audit, weight from finding where finding <> '' order by at desc, id desc limit $1`

	writeTally    = `insert into scan_tally (message, at, document) values ($1, $2, $3)`
	oldestTallies = `select message, document from scan_tally order by at, message limit $1`
	oldestTally   = `select coalesce(min(at), 0) from scan_tally`
	dropTallies   = `delete from scan_tally where message in `
	addSignalDay  = `insert into signal_day (day, signal, listings, suspected, bits) values ($1, $2, $3, $4, $5) on conflict (day, signal) do update
		set listings = signal_day.listings + excluded.listings, suspected = signal_day.suspected + excluded.suspected, bits = signal_day.bits + excluded.bits`
	oneBook    = `select document from price_book where brand = $1`
	allBooks   = `select document from price_book order by brand`
	writeBook  = `insert into price_book (brand, document, updated_at) values ($1, $2, $3) on conflict (brand) do update set document = excluded.document, updated_at = excluded.updated_at`
	signalDays = `select day, signal, listings from signal_day where day > $1`

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
	if err := r.Scan(&o.ID, &o.Verdict, &o.Score, &o.Brand, &signals, &o.Version, &o.Model, &o.Revision, &scanned, &changed,
		&o.Action, &o.Queue, &o.Priority, &o.Rule, &o.Policy, &o.Audit); err != nil {
		return Opinion{}, err
	}
	o.ScannedAt, o.ChangedAt = db.Time(scanned), db.Time(changed)
	return o, json.Unmarshal([]byte(signals), &o.Signals)
}

func scanSince(r db.Row) (Since, error) {
	var s Since
	var signals string
	var at int64
	if err := r.Scan(&s.Listing, &s.id, &at, &s.Was, &s.Verdict, &s.Score, &s.Brand, &signals, &s.Version, &s.Revision, &s.Model, &s.Because, &s.Entry,
		&s.Action, &s.Rule, &s.Policy); err != nil {
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

func scanPolicy(r db.Row) (Policy, error) {
	var p Policy
	var document string
	var made, edited, proposed int64
	if err := r.Scan(&p.Number, &document, &p.State, &p.Version, &made, &p.MadeBy.ID, &p.MadeBy.Name, &edited, &p.EditedBy.ID, &p.EditedBy.Name,
		&proposed, &p.ProposedBy.ID, &p.ProposedBy.Name, &p.ProposedWhy); err != nil {
		return Policy{}, err
	}
	p.MadeAt, p.EditedAt, p.ProposedAt = db.Time(made), db.Time(edited), db.Time(proposed)
	return p, json.Unmarshal([]byte(document), &p.Terms)
}

func keepPolicy(tx *db.Tx, p Policy) error {
	document, err := json.Marshal(p.Terms)
	if err != nil {
		return err
	}
	_, err = tx.Exec(keepPolicies, int64(p.Number), string(document), string(p.State), p.Version, db.Micros(p.MadeAt), string(p.MadeBy.ID), p.MadeBy.Name,
		db.Micros(p.EditedAt), string(p.EditedBy.ID), p.EditedBy.Name, db.Micros(p.ProposedAt), string(p.ProposedBy.ID), p.ProposedBy.Name, p.ProposedWhy, p.Title)
	return err
}

func scanSwitch(r db.Row) (Switch, error) {
	var s Switch
	var at int64
	err := r.Scan(&s.Number, &s.Policy, &at, &s.By.ID, &s.By.Name, &s.AskedBy.ID, &s.AskedBy.Name, &s.Why, &s.Entry)
	s.At = db.Time(at)
	return s, err
}

func scanTrial(r db.Row) (Trial, error) {
	var t Trial
	var past, beside string
	var started, updated, ended int64
	if err := r.Scan(&t.Policy, &t.Number, &t.State, &t.Live, &t.revision, &t.place, &t.Total, &t.Done, &past, &beside, &started, &updated, &ended, &t.StartedBy.ID, &t.StartedBy.Name); err != nil {
		return Trial{}, err
	}
	t.StartedAt, t.UpdatedAt, t.EndedAt = db.Time(started), db.Time(updated), db.Time(ended)
	return t, errors.Join(json.Unmarshal([]byte(past), &t.Past), json.Unmarshal([]byte(beside), &t.Beside))
}

func keepTrial(tx *db.Tx, t Trial) error {
	past, err := json.Marshal(t.Past)
	if err != nil {
		return err
	}
	beside, err := json.Marshal(t.Beside)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeTrial, int64(t.Policy), t.Number, string(t.State), int64(t.Live), t.revision, string(t.place), t.Total, t.Done, string(past), string(beside),
		db.Micros(t.StartedAt), db.Micros(t.UpdatedAt), db.Micros(t.EndedAt), string(t.StartedBy.ID), t.StartedBy.Name)
	return err
}

func scanFinding(r db.Row) (f Finding, err error) {
	var at, overturned int64
	var signals string
	if err := r.Scan(&f.ID, &f.Listing, &f.Kind, &at, &overturned, &f.Verdict, &f.Score, &f.Brand, &signals, &f.Model, &f.Action, &f.Rule, &f.Policy, &f.Audit, &f.Weight); err != nil {
		return f, err
	}
	f.At, f.Overturned = db.Time(at), db.Time(overturned)
	return f, json.Unmarshal([]byte(signals), &f.Signals)
}

func scanDifference(r db.Row) (d Difference, err error) {
	err = r.Scan(&d.Listing, &d.Beside, &d.Was, &d.Would, &d.Rule, &d.Verdict, &d.Score, &d.Brand, &d.Finding, &d.Overturned)
	return d, err
}

// keepDifferences keeps what a trial would have treated otherwise, as far as there is room.
func keepDifferences(tx *db.Tx, number PolicyNumber, trial int64, all []Difference) error {
	if len(all) == 0 {
		return nil
	}
	have, err := db.One(tx, db.Value[int64], countDifferences, int64(number), trial)
	if err != nil || have >= mostDifferences {
		return err
	}
	for some := range slices.Chunk(all, rowsAtOnce) {
		args := make([]any, 0, len(some)*writeDifferenceColumns)
		for _, d := range some {
			args = append(args, int64(number), trial, string(d.Listing), d.Beside, string(d.Was), string(d.Would), d.Rule, string(d.Verdict), d.Score, string(d.Brand))
		}
		if _, err := tx.Exec(writeDifferences+db.Values(len(some), writeDifferenceColumns)+overDifferences, args...); err != nil {
			return err
		}
	}
	return nil
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
				db.Micros(o.ScannedAt), db.Micros(o.ChangedAt), string(o.Action), o.Queue, int64(o.Priority), o.Rule, int64(o.Policy), o.Audit)
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
				s.Version, s.Revision, s.Model, string(s.Because), s.Entry, string(s.Action), s.Rule, int64(s.Policy))
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
