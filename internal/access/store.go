package access

import (
	"strings"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

const (
	insertOrganisation = `insert into organisation (id, name, kind, made_at, changed_at) values ($1, $2, $3, $4, $4) on conflict do nothing`
	selectOrganisation = `select id, name, kind, made_at from organisation`
	organisationByID   = selectOrganisation + ` where id = $1`
	allOrganisations   = selectOrganisation + ` order by case when kind = 'operator' then 0 else 1 end, name, id limit 10000`
	// holdOrganisation makes changes of who may do what in an organisation wait for each other.
	holdOrganisation = `update organisation set changed_at = $2 where id = $1`

	personColumns = `p.id, p.org_id, p.name, p.email, p.language, p.theme, case when p.password = '' then 0 else 1 end,
		p.invited_at, p.signed_in_at, p.disabled_at,
		coalesce((select string_agg(r.role, ' ') from person_role r where r.person_id = p.id), '')`
	personByID    = `select ` + personColumns + ` from person p where p.id = $1`
	personByEmail = `select ` + personColumns + ` from person p where p.email = $1`
	selectPeople  = `select ` + personColumns + `, p.search from person p`

	insertPerson = `insert into person (id, org_id, name, email, search, password, language, theme, invited_at, signed_in_at, disabled_at)
		values ($1, $2, $3, $4, $5, '', $6, 'auto', $7, 0, 0) on conflict do nothing`
	insertRole  = `insert into person_role (person_id, role) values ($1, $2)`
	deleteRoles = `delete from person_role where person_id = $1`
	// otherHolders counts who else of the organisation holds the role and can sign in.
	otherHolders = `select count(*) from person p join person_role r on r.person_id = p.id
		where p.org_id = $1 and r.role = $2 and p.id <> $3 and p.disabled_at = 0`
	setDisabled = `update person set disabled_at = $2 where id = $1`
	setLanguage = `update person set language = $2 where id = $1`
	setTheme    = `update person set theme = $2 where id = $1`
	setSignedIn = `update person set signed_in_at = $2 where id = $1`
	password    = `select password from person where id = $1`
	// renewPassword keeps a password changed in between.
	renewPassword = `update person set password = $3 where id = $1 and password = $2`

	insertSession = `insert into session (id, token_hash, person_id, by_link, opened_at, seen_at, expires_at, remote)
		values ($1, $2, $3, $4, $5, $5, $6, $7)`
	sessionByToken  = `select id, person_id, by_link, opened_at, seen_at, expires_at, remote from session where token_hash = $1`
	sessionByID     = `select id, person_id, by_link, opened_at, seen_at, expires_at, remote from session where id = $1`
	sessionsOf      = `select id, person_id, by_link, opened_at, seen_at, expires_at, remote from session where person_id = $1 order by seen_at desc, id limit 1000`
	touchSession    = `update session set seen_at = $2 where id = $1 and seen_at < $2`
	deleteSession   = `delete from session where id = $1`
	deleteSessions  = `delete from session where person_id = $1 and id <> $2`
	expiredSessions = `delete from session where expires_at < $1 or seen_at < $2`

	insertLink = `insert into sign_in_link (token_hash, person_id, made_at, expires_at, used_at) values ($1, $2, $3, $4, 0)`
	// useLink succeeds for one of any number of racing uses.
	useLink      = `update sign_in_link set used_at = $2 where token_hash = $1 and used_at = 0 and expires_at > $2 returning person_id`
	voidLinks    = `delete from sign_in_link where person_id = $1 and used_at = 0`
	expiredLinks = `delete from sign_in_link where expires_at < $1`

	isKnown = `select count(*) from sign_in_known where account = $1 and address = $2 and at > $3`
	// countAttempt gives no row while the subject is blocked.
	countAttempt = `insert into sign_in_attempt (subject, failures, last_at, blocked_until) values ($1, 1, $2, 0)
		on conflict (subject) do update set
			failures = case when sign_in_attempt.last_at < $3 then 1 else sign_in_attempt.failures + 1 end, last_at = excluded.last_at
		where sign_in_attempt.blocked_until <= excluded.last_at
		returning failures`
	blockedUntil    = `select blocked_until from sign_in_attempt where subject = $1`
	blockUntil      = `update sign_in_attempt set blocked_until = $2 where subject = $1`
	clearAttempts   = `delete from sign_in_attempt where subject = $1`
	easeAttempts    = `update sign_in_attempt set failures = failures - 1, blocked_until = 0 where subject = $1 and failures > 0`
	rememberAddress = `insert into sign_in_known (account, address, at) values ($1, $2, $3)
		on conflict (account, address) do update set at = excluded.at`
	oldAttempts  = `delete from sign_in_attempt where last_at < $1 and blocked_until < $2`
	oldAddresses = `delete from sign_in_known where at < $1`

	insertKey = `insert into api_key (id, org_id, name, token_hash, hint, scopes, maker, made_at, expires_at, revoked_at, seen_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0)`
	selectKeys = `select id, org_id, name, hint, scopes, maker, made_at, expires_at, revoked_at, seen_at from api_key`
	keyByToken = selectKeys + ` where token_hash = $1`
	keyByID    = selectKeys + ` where id = $1`
	touchKey   = `update api_key set seen_at = $2 where id = $1 and seen_at < $2`
	revokeKey  = `update api_key set revoked_at = $2 where id = $1 and revoked_at = 0`

	saveView = `insert into saved_view (person_id, page, name, query) values ($1, $2, $3, $4)
		on conflict (person_id, page, name) do update set query = excluded.query`
	countViews = `select count(*) from saved_view where person_id = $1 and page = $2 and name <> $3`
	deleteView = `delete from saved_view where person_id = $1 and page = $2 and name = $3`
	listViews  = `select page, name, query from saved_view where person_id = $1 and page = $2 order by name`
)

func scanOrganisation(r db.Row) (Organisation, error) {
	var o Organisation
	var made int64
	err := r.Scan(&o.ID, &o.Name, &o.Kind, &made)
	o.Made = db.Time(made)
	return o, err
}

func scanPerson(r db.Row) (Person, error) {
	p, _, err := scanPersonRow(r, false)
	return p, err
}

type personRow struct {
	person Person
	search string
}

func scanListed(r db.Row) (personRow, error) {
	p, search, err := scanPersonRow(r, true)
	return personRow{p, search}, err
}

func scanPersonRow(r db.Row, listed bool) (Person, string, error) {
	var p Person
	var hasPassword, invited, signedIn, disabled int64
	var held, search string
	into := []any{&p.ID, &p.Org, &p.Name, &p.Email, &p.Language, &p.Theme, &hasPassword, &invited, &signedIn, &disabled, &held}
	if listed {
		into = append(into, &search)
	}
	err := r.Scan(into...)
	p.HasPassword = hasPassword == 1
	p.Invited, p.SignedIn, p.Disabled = db.Time(invited), db.Time(signedIn), db.Time(disabled)
	words := strings.Fields(held)
	for _, role := range Roles() {
		for _, word := range words {
			if word == string(role) {
				p.Roles = append(p.Roles, role)
			}
		}
	}
	return p, search, err
}

func scanSession(r db.Row) (Session, error) {
	var s Session
	var opened, seen, expires int64
	err := r.Scan(&s.ID, &s.Person, &s.ByLink, &opened, &seen, &expires, &s.Remote)
	s.Opened, s.Seen, s.Expires = db.Time(opened), db.Time(seen), db.Time(expires)
	return s, err
}

func scanKey(r db.Row) (Key, error) {
	var k Key
	var scopes string
	var made, expires, revoked, seen int64
	err := r.Scan(&k.ID, &k.Org, &k.Name, &k.Hint, &scopes, &k.Maker, &made, &expires, &revoked, &seen)
	for _, word := range strings.Fields(scopes) {
		k.Scopes = append(k.Scopes, Verb(word))
	}
	k.Made, k.Expires, k.Revoked, k.Seen = db.Time(made), db.Time(expires), db.Time(revoked), db.Time(seen)
	return k, err
}

func scanView(r db.Row) (SavedView, error) {
	var v SavedView
	err := r.Scan(&v.Page, &v.Name, &v.Query)
	return v, err
}

var (
	noPerson       = fault.NotFound.Say("There is no such person.")
	noOrganisation = fault.NotFound.Say("There is no such organisation.")
	noKey          = fault.NotFound.Say("There is no such API key.")
)

// one is db.One with a sentence of its own where there is no row, and for ids that no row can have.
func one[T any](tx *db.Tx, none *fault.Fault, scan func(db.Row) (T, error), query string, args ...any) (T, error) {
	for _, arg := range args {
		if text, ok := arg.(string); ok && db.Text(text) != nil {
			var zero T
			return zero, none
		}
	}
	v, err := db.One(tx, scan, query, args...)
	if fault.Of(err) == fault.NotFound {
		return v, none
	}
	return v, err
}

// likely makes a text the inside of a LIKE pattern that stands for itself.
func likely(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}
