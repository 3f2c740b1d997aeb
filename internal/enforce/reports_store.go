package enforce

import "github.com/ownmark/ownmark/internal/db"

const (
	reportColumns  = `id, listing, kind, place, reasons, name, email, language, state, received_at, due_at, decided_at, decision, objection, objected_at, entry`
	listReports    = `select ` + reportColumns + ` from report`
	reportBySecret = `select ` + reportColumns + ` from report where secret = $1`
	writeReport    = `insert into report (id, secret, listing, kind, place, reasons, name, email, language, origin, state, received_at, due_at, decided_at, decision, objection, objected_at, entry)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`
	forgetOrigins     = `update report set origin = '' where origin <> '' and received_at <= $1`
	reportsFrom       = `select count(*) from report where origin = $1 and origin <> '' and received_at > $2`
	reportsWaiting    = `select count(*), coalesce(min(due_at), 0) from report where listing = $1 and state = 'received'`
	reportsWaitingIDs = `select id from report where listing = $1 and state = 'received' order by received_at, id`
	lastObjection     = `select coalesce(max(objected_at), 0) from report where listing = $1 and state = 'received'`
	answerReports     = `update report set state = $1, decided_at = $2, decision = $3 where listing = $4 and state = 'received'`
	reopenReports     = `update report set state = 'received', decided_at = 0, decision = '' where decision = $1 and decision <> ''`
	objectReport      = `update report set state = $1, due_at = $2, decided_at = $3, decision = $4, objection = $5, objected_at = $6 where id = $7`
	firstAnswered     = `select coalesce(min(received_at), 0) from report where decision = $1 and decision <> '' and received_at < $2`
)

func scanReport(row db.Row) (r PublicReport, err error) {
	var received, due, decided, objected int64
	err = row.Scan(&r.ID, &r.Listing, &r.Kind, &r.Place, &r.Reasons, &r.Name, &r.Email, &r.Language, &r.State, &received, &due, &decided, &r.Decision, &r.Objection, &objected, &r.Entry)
	r.ReceivedAt, r.DueAt, r.DecidedAt, r.ObjectedAt = db.Time(received), db.Time(due), db.Time(decided), db.Time(objected)
	r.GoodFaith = true // none is kept without
	return r, err
}
