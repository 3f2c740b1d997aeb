package enforce

import (
	"encoding/json"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

const (
	appealColumns = `id, kind, side, decision, notice, organisation, seller, listing, by_id, by_name, document, state, filed_at, due_at, closed_at, closed_by, closed_name, reasons, rehearing,
		version, entry`
	oneAppeal    = `select ` + appealColumns + ` from appeal where id = $1`
	listAppeals  = `select ` + appealColumns + ` from appeal`
	countAppeals = `select count(*) from appeal`
	writeAppeal  = `insert into appeal (` + appealColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		on conflict (id) do update set state = excluded.state, closed_at = excluded.closed_at, closed_by = excluded.closed_by, closed_name = excluded.closed_name, reasons = excluded.reasons,
		rehearing = excluded.rehearing, version = excluded.version`
	appealsOf          = `select ` + appealColumns + ` from appeal where decision = $1 and side = $2 and organisation = $3 order by filed_at, id`
	openAppealsAgainst = `select ` + appealColumns + ` from appeal where decision = $1 and state = 'filed' order by filed_at, id`
	holdOpenAppeal     = `update appeal set due_at = due_at where id = $1 and state = 'filed'`
	answersAppeal      = `select exists (select 1 from appeal where rehearing = $1 and rehearing <> '')`

	forwardingColumns = `appeal, organisation, notice, state, forwarded_at, arrived_at, arrived_how, due_at, act, reference, acted_at, closed_at`
	oneForwarding     = `select ` + forwardingColumns + ` from forwarding where appeal = $1 and organisation = $2`
	forwardingsOf     = `select ` + forwardingColumns + ` from forwarding where appeal = $1 order by organisation`
	listForwardings   = `select ` + forwardingColumns + ` from forwarding`
	dueForwardings    = `select ` + forwardingColumns + ` from forwarding where state = 'arrived' and due_at <= $1 order by due_at, appeal, organisation limit $2`
	callOff           = `update forwarding set state = $1, closed_at = $2 where appeal = $3 and closed_at = 0`
	writeForwarding   = `insert into forwarding (` + forwardingColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (appeal, organisation) do update set state = excluded.state, arrived_at = excluded.arrived_at, arrived_how = excluded.arrived_how, due_at = excluded.due_at,
		act = excluded.act, reference = excluded.reference, acted_at = excluded.acted_at, closed_at = excluded.closed_at`

	wasNoticed = `select exists (select 1 from answer where decision = $1)`

	// The notices of an organisation that were upheld until a seller's appeal, since a moment.
	countCountered = `select count(*) from notice where organisation = $1 and decision in
		(select rehearing from appeal where side = 'seller' and state = 'reversed' and closed_at >= $2 and rehearing <> '')`

	// Who made the key that decided. It is read here and nowhere else in the room.
	makerOfKey = `select maker from api_key where id = $1`
)

// answersFor is the person who answers for what was decided by id: the person, or who made the key.
func answersFor(tx *db.Tx, id access.UserID) (access.UserID, error) {
	maker, err := db.One(tx, db.Value[string], makerOfKey, string(id))
	if fault.Of(err) == fault.NotFound {
		return id, nil
	}
	return access.UserID(maker), err
}

func scanAppeal(r db.Row) (a Appeal, err error) {
	var document string
	var filed, due, closed int64
	if err := r.Scan(&a.ID, &a.Kind, &a.Side, &a.Decision, &a.Notice, &a.Organisation, &a.Seller, &a.Listing, &a.By, &a.ByName, &document, &a.State, &filed, &due, &closed, &a.ClosedBy, &a.ClosedName,
		&a.Reasons, &a.Rehearing, &a.Version, &a.Entry); err != nil {
		return a, err
	}
	a.FiledAt, a.DueAt, a.ClosedAt = db.Time(filed), db.Time(due), db.Time(closed)
	return a, json.Unmarshal([]byte(document), &a.Plea)
}

func keepAppeal(tx *db.Tx, a Appeal) error {
	document, err := json.Marshal(a.Plea)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeAppeal, string(a.ID), string(a.Kind), string(a.Side), string(a.Decision), string(a.Notice), string(a.Organisation), string(a.Seller), string(a.Listing), string(a.By), a.ByName,
		string(document), string(a.State), db.Micros(a.FiledAt), db.Micros(a.DueAt), db.Micros(a.ClosedAt), string(a.ClosedBy), a.ClosedName, a.Reasons, string(a.Rehearing), a.Version, a.Entry)
	return err
}

func scanForwarding(r db.Row) (f Forwarding, err error) {
	var forwarded, arrived, due, acted, closed int64
	err = r.Scan(&f.Appeal, &f.Organisation, &f.Notice, &f.State, &forwarded, &arrived, &f.ArrivedHow, &due, &f.Act, &f.Reference, &acted, &closed)
	f.ForwardedAt, f.ArrivedAt, f.DueAt, f.ActedAt, f.ClosedAt = db.Time(forwarded), db.Time(arrived), db.Time(due), db.Time(acted), db.Time(closed)
	return f, err
}

func keepForwarding(tx *db.Tx, f Forwarding) error {
	_, err := tx.Exec(writeForwarding, string(f.Appeal), string(f.Organisation), string(f.Notice), string(f.State), db.Micros(f.ForwardedAt), db.Micros(f.ArrivedAt), f.ArrivedHow, db.Micros(f.DueAt),
		string(f.Act), f.Reference, db.Micros(f.ActedAt), db.Micros(f.ClosedAt))
	return err
}

// appealEntry is what the ledger keeps of an appeal that comes in.
type appealEntry struct {
	Appeal       AppealID     `json:"appeal"`
	Kind         AppealKind   `json:"kind"`
	Decision     DecisionID   `json:"decision"`
	Notice       NoticeID     `json:"notice,omitempty"`
	Organisation access.OrgID `json:"organisation"`
	Plea         Plea         `json:"plea"`
}

func (a Appeal) entry() appealEntry {
	return appealEntry{a.ID, a.Kind, a.Decision, a.Notice, a.Organisation, a.Plea}
}

// appealAnswer is what the ledger keeps of how an appeal ended.
type appealAnswer struct {
	Appeal    AppealID    `json:"appeal"`
	State     AppealState `json:"state"`
	Decision  DecisionID  `json:"decision"`
	Rehearing DecisionID  `json:"rehearing,omitempty"`
	Reasons   string      `json:"reasons,omitempty"`
}

func (a Appeal) answer() appealAnswer {
	return appealAnswer{a.ID, a.State, a.Decision, a.Rehearing, a.Reasons}
}

// forwardingEntry is what the ledger keeps of a move of a forwarded counter-statement. Times are microseconds since 1970.
type forwardingEntry struct {
	Appeal       AppealID     `json:"appeal"`
	Organisation access.OrgID `json:"organisation"`
	Arrived      int64        `json:"arrived_us,omitempty"`
	How          string       `json:"how,omitempty"`
	Due          int64        `json:"due_us,omitempty"`
	Act          Act          `json:"act,omitempty"`
	Reference    string       `json:"reference,omitempty"`
	Acted        int64        `json:"acted_us,omitempty"`
}

func (f Forwarding) entry() forwardingEntry {
	return forwardingEntry{f.Appeal, f.Organisation, db.Micros(f.ArrivedAt), f.ArrivedHow, db.Micros(f.DueAt), f.Act, f.Reference, db.Micros(f.ActedAt)}
}
