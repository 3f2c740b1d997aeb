package enforce

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
)

const (
	reviewColumns = `listing, title, seller, brand, category, cents, verdict, score, priority, state, standing, decision, version, content, opened_at, reopened,
		assigned_to, assigned_name, assigned_until, queue, action, notices, due_at, urgency`

	listReviews  = `select ` + reviewColumns + ` from review`
	countReviews = `select count(*) from review`
	oneReview    = `select ` + reviewColumns + ` from review where listing = $1`
	reviewsIn    = `select ` + reviewColumns + ` from review where listing in `

	writeReview = `insert into review (` + reviewColumns + `, search, waiting) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
		on conflict (listing) do update set title = excluded.title, seller = excluded.seller, brand = excluded.brand, category = excluded.category, cents = excluded.cents,
		verdict = excluded.verdict, score = excluded.score, priority = excluded.priority, state = excluded.state, standing = excluded.standing, decision = excluded.decision,
		version = excluded.version, content = excluded.content, opened_at = excluded.opened_at, reopened = excluded.reopened, assigned_to = excluded.assigned_to,
		assigned_name = excluded.assigned_name, assigned_until = excluded.assigned_until, queue = excluded.queue, action = excluded.action, notices = excluded.notices,
		due_at = excluded.due_at, urgency = excluded.urgency, search = excluded.search, waiting = excluded.waiting`
	assign = `update review set assigned_to = $1, assigned_name = $2, assigned_until = $3 where listing = $4`

	countStates     = `select state, count(*) from review where waiting group by state`
	countMine       = `select count(*) from review where waiting and assigned_to = $1 and assigned_until > $2`
	countByVerdict  = `select verdict, count(*) from review where waiting group by verdict`
	countByCategory = `select category, count(*) from review where waiting group by category`
	countByQueue    = `select queue, count(*) from review where waiting group by queue`
	countByBrand    = `select brand, count(*) from review where waiting group by brand order by 2 desc, brand limit 50`
	oldestWaiting   = `select coalesce(min(opened_at), 0) from review where waiting`

	decisionColumns = `id, listing, outcome, reason, note, by_id, by_name, at, group_id, seller, brand, category, content, verdict, score, signals, model, revision, standing, waited,
		previous, superseded, entry, was_state, was_opened, was_reopened, undone_at, undone_by, undone_name, undone_why, undone_entry, territory, until_at, payout, ended_at, ended_entry`

	listDecisions  = `select ` + decisionColumns + ` from decision`
	countDecisions = `select count(*) from decision`
	oneDecision    = `select ` + decisionColumns + ` from decision where id = $1`
	decisionsIn    = `select ` + decisionColumns + ` from decision where id in `
	byRequest      = `select ` + decisionColumns + ` from decision where by_id = $1 and request = $2 and listing = $3`
	ofGroup        = `select ` + decisionColumns + ` from decision where group_id = $1 order by listing`
	writeDecision  = `insert into decision (id, listing, outcome, reason, note, by_id, by_name, at, group_id, seller, brand, category, content, verdict, score, signals, model, revision, standing, waited,
		previous, superseded, entry, was_state, was_opened, was_reopened, undone_at, undone_by, undone_name, undone_why, undone_entry, territory, until_at, payout, ended_at, ended_entry, request,
		in_union) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36,
		$37, $38)`
	supersede = `update decision set superseded = $1 where id = $2`
	takeBack  = `update decision set undone_at = $1, undone_by = $2, undone_name = $3, undone_why = $4, undone_entry = $5 where id = $6`

	// The decision that upholds a notice, and all that have answered it, also those undone since.
	answersTo = `select ` + decisionColumns + ` from decision where id = $1 or id in (select decision from answer where notice = $2) order by at, id`

	// Whether a person took back what the policy decided on this content.
	refusedToPolicy = `select exists (select 1 from decision where listing = $1 and by_id = $2 and undone_at > 0 and undone_by <> $2 and content = $3)`

	rightColumns = `id, organisation, kind, mark, brand, office, number, owner, document, valid_from, valid_to, state, version, made_at, updated_at, updated_by`
	rightsIn     = `select ` + rightColumns + ` from rights where id in `
	oneRight     = `select ` + rightColumns + ` from rights where id = $1`
	listRights   = `select ` + rightColumns + ` from rights`
	sameRight    = `select id from rights where organisation = $1 and office = $2 and number = $3 and kind = $4`
	writeRight   = `insert into rights (id, organisation, kind, mark, search, brand, office, number, owner, document, valid_from, valid_to, state, version, made_at, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict (id) do update set kind = excluded.kind, mark = excluded.mark, search = excluded.search,
		brand = excluded.brand, office = excluded.office, number = excluded.number, owner = excluded.owner, document = excluded.document, valid_from = excluded.valid_from,
		valid_to = excluded.valid_to, state = excluded.state, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`

	oneMandate   = `select owner, agent, valid_to, given_at, given_by, ended_at from mandate where owner = $1 and agent = $2`
	listMandates = `select owner, agent, valid_to, given_at, given_by, ended_at, coalesce(o.name, ''), coalesce(a.name, '') from mandate
		left join organisation o on o.id = owner left join organisation a on a.id = agent`
	writeMandate = `insert into mandate (owner, agent, valid_to, given_at, given_by, ended_at) values ($1, $2, $3, $4, $5, $6) on conflict (owner, agent) do update
		set valid_to = excluded.valid_to, given_at = excluded.given_at, given_by = excluded.given_by, ended_at = excluded.ended_at`
	countOrganisations = `select count(*) from organisation where id in ($1, $2)`

	noticeColumns = `id, organisation, by_id, by_name, rights, listing, document, lane, state, received_at, due_at, decided_at, decision, entry`
	oneNotice     = `select ` + noticeColumns + ` from notice where id = $1`
	noticesIn     = `select ` + noticeColumns + ` from notice where id in `
	listNotices   = `select ` + noticeColumns + ` from notice`
	// The same claim, waiting or upheld by the decision that stands.
	sameNotice       = `select ` + noticeColumns + ` from notice where organisation = $1 and rights = $2 and listing = $3 and (state = 'received' or state = 'upheld' and decision = $4) order by received_at, id limit 1`
	noticesWaiting   = `select ` + noticeColumns + ` from notice where listing = $1 and state = 'received' order by received_at, id`
	noticesDecidedBy = `select ` + noticeColumns + ` from notice where decision = $1 and decision <> '' order by received_at, id`
	writeNotice      = `insert into notice (` + noticeColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		on conflict (id) do update set state = excluded.state, decided_at = excluded.decided_at, decision = excluded.decision`
	noticeFigures = `select count(*), cast(coalesce(sum(case when state = 'upheld' then 1 else 0 end), 0) as BIGINT),
		cast(coalesce(sum(case when decided_at - received_at <= $3 then 1 else 0 end), 0) as BIGINT) from notice
		where organisation = $1 and decided_at >= $2 and decided_at > 0 and state in ('upheld', 'refused')`
	countWaiting = `select count(*) from notice where organisation = $1 and state = 'received'`

	restricting     = `select ` + decisionColumns + ` from decision where ` + restricts + ` and (at, id) > ($1, $2) and at < $3`
	inUnion         = ` and in_union`
	restrictingPage = ` order by at, id limit $4`
	restricts       = `outcome in ('remove', 'restrict', 'demote', 'label', 'freeze')`
	noticesOf       = `select listing, received_at, decided_at, lane from notice where received_at >= $1 and received_at < $2
		union all select listing, received_at, decided_at, '' from report where received_at >= $1 and received_at < $2`
	noticesAnswered = `select ` + noticeColumns + ` from notice where id in (select notice from answer where decision = $1) order by received_at, id`
	writeAnswer     = `insert into answer (decision, notice) values ($1, $2)`

	oneNotifier   = `select organisation, lane, since, shut_until from notifier where organisation = $1`
	writeNotifier = `insert into notifier (organisation, lane, since, shut_until) values ($1, $2, $3, $4)
		on conflict (organisation) do update set lane = excluded.lane, since = excluded.since, shut_until = excluded.shut_until`

	countOutcomes = `select outcome, count(*) from decision where at >= $1 group by outcome`
	countUndone   = `select count(*) from decision where undone_at > 0 and undone_at >= $1`
	medianWaited  = `select waited, n from (select waited, row_number() over (order by waited) as place, count(*) over () as n from decision where at >= $1 and waited > 0) as ranked
		where place = (n + 1) / 2`

	// The ledger's own table is read here and nowhere else in the room: an attestor holds rows against entries.
	decisionsWithEntries = `select ` + `decision.id, decision.listing, decision.outcome, decision.reason, decision.note, decision.by_id, decision.by_name, decision.at, decision.group_id,
		decision.seller, decision.brand, decision.category, decision.content, decision.verdict, decision.score, decision.signals, decision.model, decision.revision, decision.standing,
		decision.waited, decision.previous, decision.superseded, decision.entry, decision.was_state, decision.was_opened, decision.was_reopened, decision.undone_at, decision.undone_by,
		decision.undone_name, decision.undone_why, decision.undone_entry, decision.territory, decision.until_at, decision.payout, decision.ended_at, decision.ended_entry, coalesce(made.kind, ''), coalesce(made.subject, ''), coalesce(made.at, 0), coalesce(made.body, ''),
		coalesce(undone.kind, ''), coalesce(undone.subject, ''), coalesce(undone.at, 0), coalesce(undone.body, ''),
		coalesce(ended.kind, ''), coalesce(ended.subject, ''), coalesce(ended.at, 0), coalesce(ended.body, '')
		from decision left join ledger_entry made on made.id = decision.entry left join ledger_entry undone on undone.id = decision.undone_entry left join ledger_entry ended on ended.id = decision.ended_entry
		where decision.id > $1 order by decision.id limit $2`
	entriesWithoutDecision = `select ledger_entry.id, ledger_entry.at, subject, exists (select 1 from decision where decision.entry = ledger_entry.id) or exists (select 1 from decision where decision.undone_entry = ledger_entry.id and undone_entry <> '')
		or exists (select 1 from decision where decision.ended_entry = ledger_entry.id and ended_entry <> '')
		from ledger_entry where kind = $1 and (at, id) > ($2, $3) order by at, id limit $4`
	wronglySuperseded = `select id, listing from decision where superseded <> '' and not exists
		(select 1 from decision as later where later.id = decision.superseded and later.previous = decision.id and later.undone_at = 0)`
	wronglyStanding = `select listing, decision from review where decision <> '' and not exists
		(select 1 from decision where decision.id = review.decision and decision.listing = review.listing and superseded = '' and undone_at = 0
		and case when ended_at > 0 then 'live' else decision.standing end = review.standing)`
	unseenStanding = `select decision.listing, decision.id from decision left join review on review.listing = decision.listing
		where superseded = '' and undone_at = 0 and coalesce(review.decision, '') <> decision.id`
)

// rowsAtOnce is how many rows one statement asks for.
const rowsAtOnce = 500

// none is the result of a scan that puts what it reads elsewhere.
type none struct{}

func scanReview(r db.Row) (Review, error) {
	var v Review
	var opened, until, due int64
	err := r.Scan(&v.Listing, &v.Title, &v.Seller, &v.Brand, &v.Category, &v.Cents, &v.Verdict, &v.Score, &v.Priority, &v.State, &v.Standing, &v.Decision, &v.Version, &v.Content,
		&opened, &v.Reopened, &v.AssignedTo, &v.AssignedName, &until, &v.Queue, &v.Action, &v.Notices, &due, &v.urgency)
	v.OpenedAt, v.AssignedUntil, v.DueAt = db.Time(opened), db.Time(until), db.Time(due)
	return v, err
}

func keepReview(tx *db.Tx, v Review) error {
	_, err := tx.Exec(writeReview, string(v.Listing), v.Title, string(v.Seller), string(v.Brand), v.Category, v.Cents, string(v.Verdict), v.Score, v.Priority, string(v.State),
		string(v.Standing), string(v.Decision), v.Version, v.Content, db.Micros(v.OpenedAt), v.Reopened, string(v.AssignedTo), v.AssignedName, db.Micros(v.AssignedUntil),
		v.Queue, string(v.Action), v.Notices, db.Micros(v.DueAt), int64(v.urgency), db.Fold(v.Title, string(v.Listing), string(v.Seller)), v.waits())
	return err
}

// waits reports whether the review is in the queue.
func (r Review) waits() bool { return r.State == Open || r.State == Escalated }

func scanDecision(r db.Row) (Decision, error) { return scanDecisionAnd(r) }

// scanDecisionAnd reads the decision's columns and, behind them, more.
func scanDecisionAnd(r db.Row, more ...any) (Decision, error) {
	var d Decision
	var u Undoing
	var signals string
	var territory string
	var at, waited, opened, undone, until, ended int64
	into := []any{&d.ID, &d.Listing, &d.Outcome, &d.Reason, &d.Note, &d.By, &d.ByName, &at, &d.Group, &d.Seller, &d.Brand, &d.Category, &d.Content, &d.Verdict, &d.Score, &signals,
		&d.Model, &d.Revision, &d.Standing, &waited, &d.Previous, &d.Superseded, &d.Entry, &d.wasState, &opened, &d.wasReopened, &undone, &u.By, &u.ByName, &u.Why, &u.Entry,
		&territory, &until, &d.Payout, &ended, &d.EndedEntry}
	if err := r.Scan(append(into, more...)...); err != nil {
		return Decision{}, err
	}
	d.At, d.Waited, d.wasOpened = db.Time(at), time.Duration(waited)*time.Microsecond, db.Time(opened)
	d.Territory, d.Until, d.Ended = territoryOf(territory), db.Time(until), db.Time(ended)
	if undone > 0 {
		u.At = db.Time(undone)
		d.Undone = &u
	}
	return d, json.Unmarshal([]byte(signals), &d.Signals)
}

func keepDecision(tx *db.Tx, d Decision, request string) error {
	_, err := tx.Exec(writeDecision, string(d.ID), string(d.Listing), string(d.Outcome), string(d.Reason), d.Note, string(d.By), d.ByName, db.Micros(d.At), string(d.Group),
		string(d.Seller), string(d.Brand), d.Category, d.Content, string(d.Verdict), d.Score, namesText(d.Signals), d.Model, d.Revision, string(d.Standing), d.Waited.Microseconds(),
		string(d.Previous), "", d.Entry, string(d.wasState), db.Micros(d.wasOpened), d.wasReopened, int64(0), "", "", "", "",
		territoryText(d.Territory), db.Micros(d.Until), d.Payout, int64(0), "", request, len(d.states()) > 0)
	return err
}

func namesText(names []string) string {
	if names == nil {
		names = []string{}
	}
	text, err := json.Marshal(names)
	if err != nil {
		panic(err) // texts
	}
	return string(text)
}

func loadReviews(tx *db.Tx, ids []market.ListingID) (map[market.ListingID]Review, error) {
	all := make(map[market.ListingID]Review, len(ids))
	for some := range slices.Chunk(ids, rowsAtOnce) {
		rows, err := db.All(tx, scanReview, reviewsIn+db.In(1, len(some)), arguments(some)...)
		if err != nil {
			return nil, fmt.Errorf("load reviews: %w", err)
		}
		for _, v := range rows {
			all[v.Listing] = v
		}
	}
	return all, nil
}

func loadDecisions(tx *db.Tx, ids []DecisionID) (map[DecisionID]Decision, error) {
	all := make(map[DecisionID]Decision, len(ids))
	for some := range slices.Chunk(ids, rowsAtOnce) {
		rows, err := db.All(tx, scanDecision, decisionsIn+db.In(1, len(some)), arguments(some)...)
		if err != nil {
			return nil, fmt.Errorf("load decisions: %w", err)
		}
		for _, d := range rows {
			all[d.ID] = d
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

// tally reads rows of a name and a number.
func tally[K ~string](tx *db.Tx, into map[K]int64, query string, args ...any) error {
	_, err := db.All(tx, func(r db.Row) (none, error) {
		var key K
		var n int64
		err := r.Scan(&key, &n)
		into[key] = n
		return none{}, err
	}, query, args...)
	return err
}

// figures reads all figures as of the transaction's moment.
func figures(tx *db.Tx) (f Figures, err error) {
	f.At = tx.Now()
	if f.Verdicts, err = detect.CountByVerdict(tx); err != nil {
		return f, err
	}
	states := map[State]int64{}
	if err := tally(tx, states, countStates); err != nil {
		return f, err
	}
	f.Open, f.Escalated = states[Open], states[Escalated]
	oldest, err := db.One(tx, db.Value[int64], oldestWaiting)
	if err != nil {
		return f, err
	}
	f.Oldest = db.Time(oldest)
	if f.Day, err = activity(tx, f.At.Add(-24*time.Hour)); err != nil {
		return f, err
	}
	if f.Week, err = activity(tx, f.At.Add(-7*24*time.Hour)); err != nil {
		return f, err
	}
	if _, err := db.All(tx, func(r db.Row) (none, error) {
		var waited int64
		err := r.Scan(&waited, &f.Waited)
		f.WaitedHalf = time.Duration(waited) * time.Microsecond
		return none{}, err
	}, medianWaited, db.Micros(f.Week.From)); err != nil {
		return f, err
	}
	if f.Days, err = detect.ByDay(tx, f.At.AddDate(0, 0, -13)); err != nil {
		return f, err
	}
	if f.Brands, err = detect.TopBrands(tx, 10); err != nil {
		return f, err
	}
	f.Sellers, err = detect.TopSellers(tx, 10)
	return f, err
}

func activity(tx *db.Tx, from time.Time) (a Activity, err error) {
	a = Activity{From: from, ByOutcome: map[Outcome]int64{}}
	for _, o := range Outcomes() {
		a.ByOutcome[o] = 0
	}
	if err := tally(tx, a.ByOutcome, countOutcomes, db.Micros(from)); err != nil {
		return a, err
	}
	a.Undone, err = db.One(tx, db.Value[int64], countUndone, db.Micros(from))
	return a, err
}

func assignTo(tx *db.Tx, v Review, by access.User) (Review, error) {
	v.AssignedTo, v.AssignedName, v.AssignedUntil = by.ID, by.Name, tx.Now().Add(ClaimTime)
	_, err := tx.Exec(assign, string(v.AssignedTo), v.AssignedName, db.Micros(v.AssignedUntil), string(v.Listing))
	return v, err
}
