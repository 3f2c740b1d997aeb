package enforce

import (
	"github.com/ownmark/ownmark/internal/db"
)

const (
	lookColumns = `id, kind, listing, content, decision, first_by, first_name, first_outcome, first_reason, reviewer, until, made_at, done_at, by_id, by_name, outcome, reason, note, entry`

	// A look that there is already is not written again.
	writeLook = `insert into look (` + lookColumns + `, due) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) on conflict do nothing`
	oneLook   = `select ` + lookColumns + ` from look where id = $1`
	listLooks = `select ` + lookColumns + ` from look`
	beginLook = `update look set reviewer = $1, until = $2 where id = $3 and done_at = 0`
	finish    = `update look set done_at = $1, by_id = $2, by_name = $3, outcome = $4, reason = $5, note = $6, entry = $7, reviewer = $2, until = 0 where id = $8 and done_at = 0`
	dropLook  = `delete from look where id = $1 and done_at = 0`

	// What a person may look at: golden items that are theirs, and decisions of others that nobody else has begun.
	nextLook = `select ` + lookColumns + ` from look where done_at = 0 and (kind = 'golden' and reviewer = $1
		or kind = 'second' and first_by <> $1 and (reviewer = '' or reviewer = $1 or until <= $2)) order by due, id limit 1`
	countNext = `select count(*) from look where done_at = 0 and (kind = 'golden' and reviewer = $1
		or kind = 'second' and first_by <> $1 and (reviewer = '' or reviewer = $1 or until <= $2))`
	looksDone = `select ` + lookColumns + ` from look where done_at >= $1 and done_at < $2 and done_at > 0 order by done_at, id`

	lookHead  = `select coalesce(max(at), 0) from look_head`
	writeHead = `insert into look_head (name, at) values ('seconds', $1) on conflict (name) do update set at = excluded.at`

	// People's decisions that say whether a listing stays, from a moment on.
	toDraw = `select ` + decisionColumns + ` from decision where at >= $1 and by_id <> $2 and outcome <> 'escalate' and (at, id) > ($3, $4) order by at, id limit $5`

	// Reviewers with how many decisions they took since their last golden item was made.
	sinceGolden = `select d.by_id, count(*) from decision d where d.by_id <> $1 and d.at >= $2 and d.at > (select coalesce(max(l.made_at), 0) from look l where l.kind = 'golden' and l.reviewer = d.by_id)
		group by d.by_id order by d.by_id`
	// A golden item that a reviewer has not been given, nor decided on; the same one for everybody first.
	nextGolden = `select g.listing, g.outcome, g.why, g.content, g.by_id, g.by_name, g.at from golden g join listing m on m.id = g.listing and m.version = g.content
		where not exists (select 1 from look l where l.kind = 'golden' and l.listing = g.listing and l.reviewer = $1)
		and not exists (select 1 from decision d where d.listing = g.listing and d.by_id = $1) and g.by_id <> $1 order by g.at, g.listing limit 1`

	goldenColumns = `listing, outcome, why, content, by_id, by_name, at`
	listGolden    = `select ` + goldenColumns + ` from golden order by at desc, listing`
	oneGolden     = `select ` + goldenColumns + ` from golden where listing = $1`
	writeGolden   = `insert into golden (` + goldenColumns + `) values ($1, $2, $3, $4, $5, $6, $7) on conflict (listing) do update set outcome = excluded.outcome, why = excluded.why,
		content = excluded.content, by_id = excluded.by_id, by_name = excluded.by_name, at = excluded.at`
	dropGolden = `delete from golden where listing = $1`
)

func scanLook(r db.Row) (l Look, err error) {
	var until, made, done int64
	err = r.Scan(&l.ID, &l.Kind, &l.Listing, &l.Content, &l.Decision, &l.FirstBy, &l.FirstName, &l.FirstOutcome, &l.FirstReason, &l.reviewer, &until, &made, &done, &l.By, &l.ByName,
		&l.Outcome, &l.Reason, &l.Note, &l.Entry)
	l.until, l.MadeAt, l.DoneAt = db.Time(until), db.Time(made), db.Time(done)
	return l, err
}

func keepLook(tx *db.Tx, l Look, due string) (int64, error) {
	return tx.Exec(writeLook, string(l.ID), string(l.Kind), string(l.Listing), l.Content, string(l.Decision), string(l.FirstBy), l.FirstName, string(l.FirstOutcome), string(l.FirstReason),
		string(l.reviewer), db.Micros(l.until), db.Micros(l.MadeAt), db.Micros(l.DoneAt), string(l.By), l.ByName, string(l.Outcome), string(l.Reason), l.Note, l.Entry, due)
}

func scanGolden(r db.Row) (g GoldenItem, err error) {
	var at int64
	err = r.Scan(&g.Listing, &g.Outcome, &g.Why, &g.Content, &g.By, &g.ByName, &at)
	g.At = db.Time(at)
	return g, err
}
