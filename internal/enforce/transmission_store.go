package enforce

import (
	"github.com/ownmark/ownmark/internal/db"
)

const (
	transmissionColumns = `decision, decided_at, state, batch, changed_at, attempts, receipt, problem`

	listTransmissions  = `select ` + transmissionColumns + ` from transmission`
	oneTransmission    = `select ` + transmissionColumns + ` from transmission where decision = $1`
	batchTransmissions = `select ` + transmissionColumns + ` from transmission where batch = $1 and state = 'sending' order by decided_at, decision`
	countTransmissions = `select state, count(*) from transmission group by state`
	lastTransmission   = `select coalesce(max(decided_at), 0) from transmission`
	oldestTransmission = `select coalesce(min(decided_at), 0) from transmission where state = 'waiting'`

	// Decisions that restrict and are on no way yet, from a moment on.
	untold = `insert into transmission (` + transmissionColumns + `) select id, at, 'waiting', '', cast($1 as BIGINT), 0, '', '' from decision d
		where ` + restricts + inUnion + ` and at >= $2 and not exists (select 1 from transmission t where t.decision = d.id) order by at, id limit $3`

	// A request whose sender fell silent, and the oldest that wait.
	silentBatch = `select batch from transmission where state = 'sending' and changed_at < $1 order by changed_at, batch limit 1`
	firstWait   = `select ` + transmissionColumns + ` from transmission where state = 'waiting' order by decided_at, decision limit $1`

	moveTransmission = `update transmission set state = $1, batch = $2, changed_at = $3, attempts = $4, receipt = $5, problem = $6 where decision = $7 and state = $8`
)

func scanTransmission(r db.Row) (t Transmission, err error) {
	var decided, changed int64
	err = r.Scan(&t.Decision, &decided, &t.State, &t.Batch, &changed, &t.Attempts, &t.Receipt, &t.Problem)
	t.DecidedAt, t.ChangedAt = db.Time(decided), db.Time(changed)
	return t, err
}

// keepTransmission writes a moved transmission; false when somebody else has moved it meanwhile.
func keepTransmission(tx *db.Tx, was TransmissionState, t Transmission) (bool, error) {
	n, err := tx.Exec(moveTransmission, string(t.State), t.Batch, db.Micros(t.ChangedAt), t.Attempts, t.Receipt, t.Problem, string(t.Decision), string(was))
	return n == 1, err
}
