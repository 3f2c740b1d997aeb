package access

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// OperatorID is the organisation that runs the marketplace.
const OperatorID OrgID = "operator"

// Service is the verbs of access. Only DB is needed; share one Service within a process, for it bounds how many passwords are
// hashed at once.
type Service struct {
	DB *db.DB

	Cost     Cost          // of a password's hash; zero means DefaultCost
	Hashes   int           // passwords hashed at once; 0 means one per processor
	Idle     time.Duration // a session not used for so long ends; 0 means 12 hours
	Longest  time.Duration // a session ends after so long in any case; 0 means 14 days
	LinkLife time.Duration // a sign-in link is good for so long; 0 means 3 days

	once   sync.Once
	hasher *hasher
}

const (
	// touchEvery is how often at most the last use of a session or key is written down.
	touchEvery = time.Minute
	// freshLink is how long after signing in by a link a password can be set without the old one.
	freshLink = 30 * time.Minute
)

func (s *Service) idle() time.Duration     { return orElse(s.Idle, 12*time.Hour) }
func (s *Service) longest() time.Duration  { return orElse(s.Longest, 14*24*time.Hour) }
func (s *Service) linkLife() time.Duration { return orElse(s.LinkLife, 3*24*time.Hour) }

func orElse(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

func (s *Service) passwords() *hasher {
	s.once.Do(func() { s.hasher = newHasher(s.Cost, s.Hashes) })
	return s.hasher
}

// Bootstrap makes the operator's organisation and its first administrator, and gives the secret of a one-time sign-in
// link. On a database that has them it does nothing and gives an empty link; of several processes at their first start one gets the link.
func (s *Service) Bootstrap(ctx context.Context, organisation, name, email string) (link string, err error) {
	organisation, err = parseName(organisation, "organisation", maxName)
	if err != nil {
		return "", err
	}
	p, err := newPerson(Invitation{Name: name, Email: email, Org: OperatorID, Roles: []Role{Administrator}}, Operator)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		link = ""
		made, err := tx.Exec(insertOrganisation, string(OperatorID), organisation, string(Operator), db.Micros(tx.Now()))
		if err != nil || made == 0 {
			return err
		}
		if err := record(tx, "organisation.made", organisationSubject(OperatorID), System, map[string]any{"kind": Operator}); err != nil {
			return err
		}
		if err := insert(tx, System, p); err != nil {
			return err
		}
		link, err = s.makeLink(tx, System, p.ID)
		return err
	})
	return link, err
}

// AddOrganisation makes a rights holder's organisation. It returns fault.Invalid.
func (s *Service) AddOrganisation(ctx context.Context, by User, name string) (OrgID, error) {
	return s.addOrganisation(ctx, by, name, RightsHolderOrganisation)
}

// AddAuthority makes an authority's organisation, with which cases can be shared. It returns fault.Invalid.
func (s *Service) AddAuthority(ctx context.Context, by User, name string) (OrgID, error) {
	return s.addOrganisation(ctx, by, name, AuthorityOrganisation)
}

func (s *Service) addOrganisation(ctx context.Context, by User, name string, kind OrganisationKind) (OrgID, error) {
	if err := by.May(PeopleManage, ""); err != nil {
		return "", err
	}
	name, err := parseName(name, "name", maxName)
	if err != nil {
		return "", err
	}
	id := OrgID(db.NewID())
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(insertOrganisation, string(id), name, string(kind), db.Micros(tx.Now())); err != nil {
			return err
		}
		return record(tx, "organisation.made", organisationSubject(id), by, map[string]any{"kind": kind, "name": name})
	})
	return id, err
}

// Join makes an organisation of the kind with its first person, in the caller's transaction, and gives the secret of a one-time sign-in link.
// Whether by may is for the calling room to ask, whose verb it is. It returns fault.Invalid for each thing wrong, or fault.Conflict when the email
// address is taken.
func (s *Service) Join(tx *db.Tx, by User, kind OrganisationKind, name string, first Invitation) (org OrgID, person UserID, link string, err error) {
	org = OrgID(db.NewID())
	first.Org = org
	p, invalid := newPerson(first, kind)
	name, unnamed := parseName(name, "organisation", maxName)
	if err := errors.Join(unnamed, invalid); err != nil {
		return "", "", "", err
	}
	if _, err := tx.Exec(insertOrganisation, string(org), name, string(kind), db.Micros(tx.Now())); err != nil {
		return "", "", "", err
	}
	if err := record(tx, "organisation.made", organisationSubject(org), by, map[string]any{"kind": kind, "name": name}); err != nil {
		return "", "", "", err
	}
	if err := insert(tx, by, p); err != nil {
		return "", "", "", err
	}
	link, err = s.makeLink(tx, by, p.ID)
	return org, p.ID, link, err
}

// AddSeller makes the organisation of the people behind a seller's account of the marketplace, unless there is one. It returns fault.Invalid.
func (s *Service) AddSeller(ctx context.Context, by User, account, name string) (OrgID, error) {
	if err := by.May(PeopleManage, ""); err != nil {
		return "", err
	}
	if account == "" || db.Text(account) != nil || len(account) > maxAccount {
		return "", fault.Invalid.Say("There is no such seller.").At("seller")
	}
	if short := []rune(name); len(short) > maxName {
		name = string(short[:maxName-1]) + "…" // the marketplace's own word for the account may be longer
	}
	name, err := parseName(name, "name", maxName)
	if err != nil {
		return "", err
	}
	id := OrganisationOf(account)
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		made, err := tx.Exec(insertOrganisation, string(id), name, string(SellerOrganisation), db.Micros(tx.Now()))
		if err != nil || made == 0 {
			return err
		}
		return record(tx, "organisation.made", organisationSubject(id), by, map[string]any{"kind": SellerOrganisation, "name": name, "account": account})
	})
	return id, err
}

// maxAccount bounds the id of a seller's account, in bytes.
const maxAccount = 1_000

// Organisations is every organisation for those whose work spans them, else the asker's own; the operator first.
func (s *Service) Organisations(ctx context.Context, by User) ([]Organisation, error) {
	if by.IsNobody() {
		return nil, by.May(BrandRead, "")
	}
	var all []Organisation
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if by.Reach(BrandRead) == All || by.Reach(PeopleRead) == All {
			all, err = db.All(tx, scanOrganisation, allOrganisations)
			return err
		}
		all, err = db.All(tx, scanOrganisation, organisationByID, string(by.Org))
		return err
	})
	return all, err
}

// OfKind checks inside a caller's transaction that an organisation is there and of a kind. It returns fault.Invalid when it is not.
func (s *Service) OfKind(tx *db.Tx, id OrgID, kind OrganisationKind) error {
	missing := fault.Invalid.Say("Choose an organisation.").At("organisation")
	organisation, err := one(tx, missing, scanOrganisation, organisationByID, string(id))
	if err == nil && organisation.Kind != kind {
		return missing
	}
	return err
}

// Invitation is what is known of somebody who is to get access.
type Invitation struct {
	Name     string
	Email    string
	Org      OrgID
	Roles    []Role
	Language string // "en", "zh" or empty
}

// maxName bounds names of people, organisations and keys, in characters.
const maxName = 100

// newPerson checks an invitation as a whole, so that a form can mark every field at once.
func newPerson(in Invitation, kind OrganisationKind) (Person, error) {
	name, nameErr := parseName(in.Name, "name", maxName)
	email, emailErr := ParseEmail(in.Email)
	roles, rolesErr := parseRoles(in.Roles, kind)
	err := errors.Join(nameErr, emailErr, rolesErr, parseLanguage(in.Language))
	return Person{ID: UserID(db.NewID()), Org: in.Org, Name: name, Email: email, Roles: roles, Language: in.Language, Theme: Auto}, err
}

// InvitePerson gives somebody access and returns the secret of the one-time link with which to sign in first. It
// returns fault.Invalid, or fault.Conflict when the email address is taken.
func (s *Service) InvitePerson(ctx context.Context, by User, in Invitation) (id UserID, link string, err error) {
	if err := by.May(PeopleManage, in.Org); err != nil {
		return "", "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		organisation, err := one(tx, fault.Invalid.Say("Choose an organisation.").At("organisation"), scanOrganisation, organisationByID, string(in.Org))
		if err != nil {
			return err
		}
		p, err := newPerson(in, organisation.Kind)
		if err != nil {
			return err
		}
		if err := insert(tx, by, p); err != nil {
			return err
		}
		id = p.ID
		link, err = s.makeLink(tx, by, p.ID)
		return err
	})
	if err != nil {
		return "", "", err
	}
	return id, link, nil
}

func insert(tx *db.Tx, by User, p Person) error {
	search := strings.ToLower(p.Name) + " " + p.Email
	made, err := tx.Exec(insertPerson, string(p.ID), string(p.Org), p.Name, p.Email, search, p.Language, db.Micros(tx.Now()))
	if err != nil {
		return err
	}
	if made == 0 {
		return fault.Conflict.Say("Somebody with this email address already has access.").At("email")
	}
	for _, r := range p.Roles {
		if _, err := tx.Exec(insertRole, string(p.ID), string(r)); err != nil {
			return err
		}
	}
	return record(tx, "person.invited", personSubject(p.ID), by, map[string]any{"organisation": p.Org, "roles": p.Roles})
}

// NewLink makes a fresh sign-in link for a person who lost theirs or the password; earlier unused ones are void. It
// returns fault.NotFound, or fault.Conflict for a disabled person.
func (s *Service) NewLink(ctx context.Context, by User, id UserID) (link string, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, err := managed(tx, by, id)
		if err != nil {
			return err
		}
		if !p.Active() {
			return fault.Conflict.Say("This person is disabled. Enable them first.")
		}
		link, err = s.makeLink(tx, by, id)
		return err
	})
	if err != nil {
		return "", err
	}
	return link, nil
}

func (s *Service) makeLink(tx *db.Tx, by User, id UserID) (string, error) {
	if _, err := tx.Exec(voidLinks, string(id)); err != nil {
		return "", err
	}
	token := newToken(linkPrefix)
	hash, _ := tokenHash(linkPrefix, token)
	if _, err := tx.Exec(insertLink, hash, string(id), db.Micros(tx.Now()), db.Micros(tx.Now().Add(s.linkLife()))); err != nil {
		return "", err
	}
	return token, record(tx, "person.link-made", personSubject(id), by, nil)
}

// SignInByLink opens a session for whom the link was made. A link works once, for one of any number of racing uses.
// It returns fault.Unauthenticated.
//
// A page that calls it does so on a POST: mail programs open links to look at them.
func (s *Service) SignInByLink(ctx context.Context, token, remote string) (Session, error) {
	refused := fault.Unauthenticated.Say("This sign-in link was used already or is too old. Ask for a new one.")
	hash, ok := tokenHash(linkPrefix, token)
	if !ok {
		return Session{}, refused
	}
	var opened Session
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		id, err := one(tx, refused, db.Value[string], useLink, hash, db.Micros(tx.Now()))
		if err != nil {
			return err
		}
		p, err := one(tx, refused, scanPerson, personByID, id)
		if err != nil {
			return err
		}
		if !p.Active() {
			return refused
		}
		opened, err = s.openSession(tx, p, remote, true)
		return err
	})
	return opened, err
}

// SignIn opens a session by email address and password. remote is the address asked from ("203.0.113.7:4711"). It
// returns fault.Unauthenticated, in the same words and after the same work whether or not the address is known, fault.TooMany (see RetryAt) or
// fault.Unavailable.
func (s *Service) SignIn(ctx context.Context, email, attempted, remote string) (Session, error) {
	refused := fault.Unauthenticated.Say("The email address or the password is not right.")
	if parsed, err := ParseEmail(email); err == nil {
		email = parsed
	}
	account, address := accountOf(email), addressOf(remote)
	subject, err := s.attempt(ctx, account, address)
	if err != nil {
		return Session{}, err
	}
	var p Person
	var stored string
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		p, stored = Person{}, ""
		p, err = one(tx, refused, scanPerson, personByEmail, email)
		if err == nil {
			stored, err = db.One(tx, db.Value[string], password, string(p.ID))
		}
		return err
	})
	if err != nil && fault.Of(err) != fault.Unauthenticated {
		return Session{}, err
	}
	right, renew, err := s.passwords().check(ctx, stored, attempted)
	if err != nil {
		return Session{}, err
	}
	if !right || !p.Active() {
		return Session{}, refused
	}
	renewed := stored
	if renew {
		if renewed, err = s.passwords().hash(ctx, attempted); err != nil {
			return Session{}, err
		}
	}
	var opened Session
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		// What was checked may have changed while it was being hashed: the password, or whether the person may come in.
		same, err := tx.Exec(renewPassword, string(p.ID), stored, renewed)
		if err != nil {
			return err
		}
		now, err := one(tx, refused, scanPerson, personByID, string(p.ID))
		if err != nil {
			return err
		}
		if same == 0 || !now.Active() {
			return refused
		}
		if err := succeeded(tx, subject, account, address); err != nil {
			return err
		}
		opened, err = s.openSession(tx, now, remote, false)
		return err
	})
	return opened, err
}

func (s *Service) attempt(ctx context.Context, account, address string) (subject string, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		subject, err = attempt(tx, account, address)
		return err
	})
	return subject, err
}

func (s *Service) openSession(tx *db.Tx, p Person, remote string, byLink bool) (Session, error) {
	token := newToken(sessionPrefix)
	hash, _ := tokenHash(sessionPrefix, token)
	now := tx.Now()
	in := Session{ID: SessionID(db.NewID()), Person: p.ID, Token: token, ByLink: byLink, Opened: now, Seen: now, Expires: now.Add(s.longest()), Remote: addressOf(remote)}
	_, err := tx.Exec(insertSession, string(in.ID), hash, string(p.ID), byLink, db.Micros(now), db.Micros(in.Expires), in.Remote)
	if err != nil {
		return Session{}, err
	}
	if _, err := tx.Exec(setSignedIn, string(p.ID), db.Micros(now)); err != nil {
		return Session{}, err
	}
	return in, record(tx, "session.opened", personSubject(p.ID), p.user(), map[string]any{"session": in.ID, "by_link": byLink})
}

// Authenticate says whose session a cookie's token opens, and keeps the session alive. It returns fault.Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token string) (User, Session, error) {
	ended := fault.Unauthenticated.Say("Your session has ended. Sign in again.")
	hash, ok := tokenHash(sessionPrefix, token)
	if !ok {
		return User{}, Session{}, ended
	}
	var in Session
	var p Person
	var now time.Time
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now()
		if in, err = one(tx, ended, scanSession, sessionByToken, hash); err != nil {
			return err
		}
		p, err = one(tx, ended, scanPerson, personByID, string(in.Person))
		return err
	})
	if err != nil {
		return User{}, Session{}, err
	}
	if !p.Active() || !now.Before(in.Expires) || !now.Before(in.Seen.Add(s.idle())) {
		return User{}, Session{}, ended
	}
	if now.Sub(in.Seen) >= touchEvery {
		if err := s.touch(ctx, touchSession, string(in.ID)); err != nil {
			return User{}, Session{}, err
		}
		in.Seen = now
	}
	return p.user(), in, nil
}

func (s *Service) touch(ctx context.Context, query, id string) error {
	return s.DB.Bulk(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(query, id, db.Micros(tx.Now()))
		return err
	})
}

// SetPassword sets one's own password and ends one's other sessions. current is the password so far; it is not asked
// for where none is set, nor shortly after signing in by a link. It returns fault.Invalid at "current" or "password", or fault.TooMany.
func (s *Service) SetPassword(ctx context.Context, by User, in Session, current, next string) error {
	if err := selfOnly(by); err != nil {
		return err
	}
	var p Person
	var stored string
	asked := true
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		ended := fault.Unauthenticated.Say("Your session has ended. Sign in again.")
		if in, err = one(tx, ended, scanSession, sessionByID, string(in.ID)); err != nil {
			return err
		}
		if in.Person != by.ID {
			return ended
		}
		if p, err = one(tx, ended, scanPerson, personByID, string(by.ID)); err != nil {
			return err
		}
		stored, err = db.One(tx, db.Value[string], password, string(by.ID))
		asked = stored != "" && !(in.ByLink && tx.Now().Sub(in.Opened) < freshLink)
		return err
	})
	if err != nil {
		return err
	}
	if err := acceptable(next, p); err != nil {
		return err
	}
	account, subject := accountOf(p.Email), ""
	if asked {
		// Counted like a sign-in: a session left open must not become a way to guess the password.
		if subject, err = s.attempt(ctx, account, in.Remote); err != nil {
			return err
		}
		right, _, err := s.passwords().check(ctx, stored, current)
		if err != nil {
			return err
		}
		if !right {
			return fault.Invalid.Say("This is not your password so far.").At("current")
		}
	}
	hash, err := s.passwords().hash(ctx, next)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		set, err := tx.Exec(renewPassword, string(by.ID), stored, hash)
		if err != nil {
			return err
		}
		if set == 0 {
			return fault.Conflict.Say("Your password was changed in between. Try again.")
		}
		if asked {
			if err := succeeded(tx, subject, account, in.Remote); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(voidLinks, string(by.ID)); err != nil {
			return err
		}
		if _, err := tx.Exec(deleteSessions, string(by.ID), string(in.ID)); err != nil {
			return err
		}
		return record(tx, "person.password-set", personSubject(by.ID), by, nil)
	})
}

// SignOut ends one session. Doing it again does nothing.
func (s *Service) SignOut(ctx context.Context, in Session) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		ended, err := tx.Exec(deleteSession, string(in.ID))
		if err != nil || ended == 0 {
			return err
		}
		return record(tx, "session.closed", personSubject(in.Person), User{ID: in.Person}, map[string]any{"session": in.ID})
	})
}

// SignOutEverywhere ends every session of a person: one's own, or with PeopleManage another's.
func (s *Service) SignOutEverywhere(ctx context.Context, by User, id UserID) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		if by.ID != id || by.Key != "" {
			if _, err := managed(tx, by, id); err != nil {
				return err
			}
		}
		ended, err := tx.Exec(deleteSessions, string(id), "")
		if err != nil || ended == 0 {
			return err
		}
		return record(tx, "session.closed", personSubject(id), by, map[string]any{"sessions": ended})
	})
}

// Sessions is a person's open sessions, the last used first: one's own, or with PeopleManage another's.
func (s *Service) Sessions(ctx context.Context, by User, id UserID) ([]Session, error) {
	var all []Session
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		if by.ID != id || by.Key != "" {
			if _, err := managed(tx, by, id); err != nil {
				return err
			}
		}
		found, err := db.All(tx, scanSession, sessionsOf, string(id))
		all = slices.DeleteFunc(found, func(in Session) bool {
			return !tx.Now().Before(in.Expires) || !tx.Now().Before(in.Seen.Add(s.idle()))
		})
		return err
	})
	return all, err
}

// managed loads a person whom by may manage. Another organisation's person is fault.NotFound.
func managed(tx *db.Tx, by User, id UserID) (Person, error) { return reached(tx, by, PeopleManage, id) }

func reached(tx *db.Tx, by User, verb Verb, id UserID) (Person, error) {
	if by.IsNobody() {
		return Person{}, by.May(verb, "")
	}
	p, err := one(tx, noPerson, scanPerson, personByID, string(id))
	if err != nil {
		return Person{}, err
	}
	if err := by.May(verb, p.Org); err != nil {
		if by.Org != p.Org {
			return Person{}, noPerson
		}
		return Person{}, err
	}
	return p, nil
}

// Person is one person: oneself, or with PeopleRead another. It returns fault.NotFound, also for another
// organisation's.
func (s *Service) Person(ctx context.Context, by User, id UserID) (Person, error) {
	var p Person
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if by.ID == id && by.Key == "" && !by.IsNobody() {
			p, err = one(tx, noPerson, scanPerson, personByID, string(id))
			return err
		}
		p, err = reached(tx, by, PeopleRead, id)
		return err
	})
	return p, err
}

// PersonByEmail is the person with an email address. It returns fault.Invalid or fault.NotFound.
func (s *Service) PersonByEmail(ctx context.Context, by User, email string) (Person, error) {
	email, err := ParseEmail(email)
	if err != nil {
		return Person{}, err
	}
	var p Person
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		if p, err = one(tx, noPerson, scanPerson, personByEmail, email); err != nil {
			return err
		}
		p, err = reached(tx, by, PeopleRead, p.ID)
		return err
	})
	return p, err
}

// PeopleFilter says which people a list shows. The zero filter shows all who can sign in.
type PeopleFilter struct {
	Org      OrgID
	Role     Role
	Text     string // part of the name or email address
	Disabled bool   // also those who cannot sign in any more
	After    string // the cursor of the page before; empty for the first page
	Limit    int    // rows a page, at most 1000; 0 means 50
}

// People lists, by name. next is the PeopleFilter.After of the following page, empty on the last. Whose PeopleRead reaches
// only their own organisation sees only that.
func (s *Service) People(ctx context.Context, by User, f PeopleFilter) (page []Person, next string, err error) {
	switch by.Reach(PeopleRead) {
	case None:
		return nil, "", by.May(PeopleRead, by.Org)
	case Own:
		f.Org = by.Org
	}
	if err := db.Text(f.Text); err != nil {
		return nil, "", err
	}
	limit := pageSize(f.Limit)
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		places := make([]any, len(values))
		for i := range values {
			places[i] = len(args) + i + 1
		}
		args = append(args, values...)
		where = append(where, fmt.Sprintf(condition, places...))
	}
	if f.Org != "" {
		add("p.org_id = $%d", string(f.Org))
	}
	if f.Role != "" {
		add("exists (select 1 from person_role r where r.person_id = p.id and r.role = $%d)", string(f.Role))
	}
	if text := strings.ToLower(strings.TrimSpace(f.Text)); text != "" {
		add(`p.search like $%d escape '\'`, "%"+likely(text)+"%")
	}
	if !f.Disabled {
		where = append(where, "p.disabled_at = 0")
	}
	if f.After != "" {
		search, id, err := parseCursor(f.After)
		if err != nil {
			return nil, "", err
		}
		add("(p.search, p.id) > ($%d, $%d)", search, id)
	}
	for _, arg := range args {
		if err := db.Text(arg.(string)); err != nil {
			return nil, "", err
		}
	}
	query := selectPeople
	if len(where) > 0 {
		query += " where " + strings.Join(where, " and ")
	}
	args = append(args, limit+1)
	query += fmt.Sprintf(" order by p.search, p.id limit $%d", len(args))
	var rows []personRow
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		rows, err = db.All(tx, scanListed, query, args...)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = formatCursor(rows[limit-1].search, string(rows[limit-1].person.ID))
	}
	for _, row := range rows {
		page = append(page, row.person)
	}
	return page, next, nil
}

func pageSize(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, 1000)
}

func formatCursor(search, id string) string {
	return id + "." + base64.RawURLEncoding.EncodeToString([]byte(search))
}

func parseCursor(cursor string) (search, id string, err error) {
	id, encoded, ok := strings.Cut(cursor, ".")
	raw, decodeErr := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || decodeErr != nil {
		return "", "", fault.Invalid.Say("This page of the list does not exist.").At("after")
	}
	return string(raw), id, nil
}

// Names tells how those who acted are called: people, keys and the system. Ids nobody has are left out.
func (s *Service) Names(ctx context.Context, ids []UserID) (map[UserID]string, error) {
	names := map[UserID]string{}
	var args []any
	for _, id := range ids {
		if id == System.ID {
			names[id] = System.Name
		} else if db.Text(string(id)) == nil && !slices.Contains(args, any(string(id))) {
			args = append(args, string(id))
		}
	}
	type named struct{ id, name string }
	scan := func(r db.Row) (named, error) {
		var n named
		err := r.Scan(&n.id, &n.name)
		return n, err
	}
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		for some := range slices.Chunk(args, 500) {
			in := db.In(1, len(some))
			found, err := db.All(tx, scan, `select id, name from person where id in `+in+` union all select id, name from api_key where id in `+in, some...)
			if err != nil {
				return err
			}
			for _, n := range found {
				names[UserID(n.id)] = n.name
			}
		}
		return nil
	})
	return names, err
}

// ChangeRoles gives a person these roles and no others. It returns fault.NotFound, fault.Invalid, or fault.Conflict for one's own
// raise and for the last administrator.
func (s *Service) ChangeRoles(ctx context.Context, by User, id UserID, roles []Role) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, others, kind, err := held(tx, by, id)
		if err != nil {
			return err
		}
		next, err := parseRoles(roles, kind)
		if err != nil {
			return err
		}
		if err := mayBecome(by, p, next, others); err != nil {
			return err
		}
		if slices.Equal(next, p.Roles) {
			return nil
		}
		if _, err := tx.Exec(deleteRoles, string(id)); err != nil {
			return err
		}
		for _, r := range next {
			if _, err := tx.Exec(insertRole, string(id), string(r)); err != nil {
				return err
			}
		}
		return record(tx, "person.roles-changed", personSubject(id), by, map[string]any{"from": p.Roles, "to": next})
	})
}

// held loads a person for a change of what they may do, so that no other such change in their organisation happens meanwhile, with the
// number of other administrators who can sign in.
func held(tx *db.Tx, by User, id UserID) (p Person, others int64, kind OrganisationKind, err error) {
	if p, err = managed(tx, by, id); err != nil {
		return Person{}, 0, "", err
	}
	if _, err = tx.Exec(holdOrganisation, string(p.Org), db.Micros(tx.Now())); err != nil {
		return Person{}, 0, "", err
	}
	// Once more, now that nobody else changes it; and by may have lost the right in between.
	if p, err = managed(tx, by, id); err != nil {
		return Person{}, 0, "", err
	}
	if by.ID != System.ID {
		asker, err := one(tx, noPerson, scanPerson, personByID, string(by.ID))
		if err != nil {
			return Person{}, 0, "", err
		}
		if err := asker.user().May(PeopleManage, p.Org); err != nil || !asker.Active() {
			return Person{}, 0, "", fault.Forbidden.Say("Your role does not allow this.").Because(err)
		}
	}
	o, err := one(tx, noOrganisation, scanOrganisation, organisationByID, string(p.Org))
	if err != nil {
		return Person{}, 0, "", err
	}
	others, err = db.One(tx, db.Value[int64], otherHolders, string(p.Org), string(Administrator), string(id))
	return p, others, o.Kind, err
}

// Disable takes a person's access away at once: sessions end, links are void, the keys they made stop working. It returns fault.NotFound, or
// fault.Conflict for oneself and for the last administrator.
func (s *Service) Disable(ctx context.Context, by User, id UserID) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, others, _, err := held(tx, by, id)
		if err != nil {
			return err
		}
		if by.ID == id {
			return fault.Conflict.Say("You cannot disable yourself. Ask another administrator.")
		}
		if err := mayBecome(by, p, nil, others); err != nil {
			return err
		}
		if !p.Active() {
			return nil
		}
		if _, err := tx.Exec(setDisabled, string(id), db.Micros(tx.Now())); err != nil {
			return err
		}
		if _, err := tx.Exec(deleteSessions, string(id), ""); err != nil {
			return err
		}
		if _, err := tx.Exec(voidLinks, string(id)); err != nil {
			return err
		}
		return record(tx, "person.disabled", personSubject(id), by, nil)
	})
}

// Enable gives a disabled person access again, with the roles they had. It returns fault.NotFound.
func (s *Service) Enable(ctx context.Context, by User, id UserID) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		p, _, _, err := held(tx, by, id)
		if err != nil || p.Active() {
			return err
		}
		if _, err := tx.Exec(setDisabled, string(id), 0); err != nil {
			return err
		}
		return record(tx, "person.enabled", personSubject(id), by, nil)
	})
}

// selfOnly: some verbs are for people about themselves, not for keys or the system.
func selfOnly(by User) error {
	if by.IsNobody() {
		return fault.Unauthenticated.Say("Sign in first.")
	}
	if by.Key != "" || by.ID == System.ID {
		return fault.Forbidden.Say("Only a person who has signed in can do this.")
	}
	return nil
}

// SetLanguage keeps in which language a person reads: "en", "zh", or empty for the browser's. It is a taste and not an act, so the ledger does not
// record it; the same goes for SetTheme and saved views.
func (s *Service) SetLanguage(ctx context.Context, by User, language string) error {
	if err := selfOnly(by); err != nil {
		return err
	}
	if err := parseLanguage(language); err != nil {
		return err
	}
	return s.prefer(ctx, setLanguage, by, language)
}

// SetTheme keeps how a person likes pages to look.
func (s *Service) SetTheme(ctx context.Context, by User, theme Theme) error {
	if err := selfOnly(by); err != nil {
		return err
	}
	if !slices.Contains(Themes(), theme) {
		return fault.Invalid.Say("Choose light, dark or automatic.").At("theme")
	}
	return s.prefer(ctx, setTheme, by, string(theme))
}

func (s *Service) prefer(ctx context.Context, query string, by User, value string) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		set, err := tx.Exec(query, string(by.ID), value)
		if err == nil && set == 0 {
			err = noPerson
		}
		return err
	})
}

// CreateKey makes an API key that can do what by can, narrowed to scopes. token is the secret: it is shown this once
// and kept nowhere. Zero expires means never. It returns fault.Invalid.
func (s *Service) CreateKey(ctx context.Context, by User, name string, scopes []Verb, expires time.Time) (k Key, token string, err error) {
	org := by.Org
	if by.ID == System.ID {
		org = OperatorID
	}
	if err := by.May(KeyManage, org); err != nil {
		return Key{}, "", err
	}
	name, nameErr := parseName(name, "name", maxName)
	scopes, scopesErr := parseScopes(by, scopes)
	if err := errors.Join(nameErr, scopesErr); err != nil {
		return Key{}, "", err
	}
	token = newToken(keyPrefix)
	hash, _ := tokenHash(keyPrefix, token)
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if !expires.IsZero() && !expires.After(tx.Now()) {
			return fault.Invalid.Say("The key would have expired already.").At("expires")
		}
		k = Key{ID: KeyID(db.NewID()), Org: org, Name: name, Hint: token[len(token)-4:], Scopes: scopes, Maker: by.ID, Made: tx.Now(), Expires: db.Time(db.Micros(expires))}
		_, err := tx.Exec(insertKey, string(k.ID), string(k.Org), k.Name, hash, k.Hint, joinVerbs(scopes), string(by.ID), db.Micros(k.Made), db.Micros(expires))
		if err != nil {
			return err
		}
		return record(tx, "key.made", keySubject(k.ID), by, map[string]any{"name": name, "scopes": scopes, "expires": db.Micros(expires)})
	})
	if err != nil {
		return Key{}, "", err
	}
	return k, token, nil
}

// parseScopes puts scopes in order, each once. It returns fault.Invalid at "scopes" for none, and for what by may not
// do or no key may.
func parseScopes(by User, scopes []Verb) ([]Verb, error) {
	for _, v := range scopes {
		if !slices.Contains(Verbs(), v) || !v.ForKeys() || !by.Can(v) {
			return nil, fault.Invalid.Say("A key of yours cannot be used for %s.", shorten(string(v))).At("scopes")
		}
	}
	ordered := slices.DeleteFunc(Verbs(), func(v Verb) bool { return !slices.Contains(scopes, v) })
	if len(ordered) == 0 {
		return nil, fault.Invalid.Say("Choose what the key is for.").At("scopes")
	}
	return ordered, nil
}

func joinVerbs(verbs []Verb) string {
	words := make([]string, len(verbs))
	for i, v := range verbs {
		words[i] = string(v)
	}
	return strings.Join(words, " ")
}

// Keys lists API keys, newest first, revoked ones too. next is the after of the following page, empty on the last.
func (s *Service) Keys(ctx context.Context, by User, after string, limit int) (page []Key, next string, err error) {
	query, args := selectKeys+` where id < $1`, []any{after}
	if after == "" {
		query, args = selectKeys+` where id > $1`, []any{""}
	}
	switch by.Reach(KeyRead) {
	case None:
		return nil, "", by.May(KeyRead, by.Org)
	case Own:
		query += ` and org_id = $2`
		args = append(args, string(by.Org))
	}
	if err := db.Text(after); err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	args = append(args, limit+1)
	query += fmt.Sprintf(` order by id desc limit $%d`, len(args))
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		page, err = db.All(tx, scanKey, query, args...)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page = page[:limit]
		next = string(page[limit-1].ID)
	}
	return page, next, nil
}

// RevokeKey ends an API key at once; again does nothing. It returns fault.NotFound, also for another organisation's.
func (s *Service) RevokeKey(ctx context.Context, by User, id KeyID) error {
	if by.IsNobody() {
		return by.May(KeyManage, "")
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		k, err := one(tx, noKey, scanKey, keyByID, string(id))
		if err != nil {
			return err
		}
		if err := by.May(KeyManage, k.Org); err != nil {
			if by.Org != k.Org {
				return noKey
			}
			return err
		}
		ended, err := tx.Exec(revokeKey, string(id), db.Micros(tx.Now()))
		if err != nil || ended == 0 {
			return err
		}
		return record(tx, "key.revoked", keySubject(id), by, nil)
	})
}

// AuthenticateKey says for whom an API key acts: whoever made it, with the roles they have now, narrowed to the key's scopes. It returns
// fault.Unauthenticated for a key that is unknown, revoked, expired, or of a person who was disabled.
func (s *Service) AuthenticateKey(ctx context.Context, token string) (User, error) {
	refused := fault.Unauthenticated.Say("This API key is not valid.")
	hash, ok := tokenHash(keyPrefix, token)
	if !ok {
		return User{}, refused
	}
	var k Key
	var now time.Time
	maker := Person{Roles: System.Roles}
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now()
		if k, err = one(tx, refused, scanKey, keyByToken, hash); err != nil || k.Maker == System.ID {
			return err
		}
		maker, err = one(tx, refused, scanPerson, personByID, string(k.Maker))
		return err
	})
	if err != nil {
		return User{}, err
	}
	if !k.Revoked.IsZero() || !k.Expires.IsZero() && !now.Before(k.Expires) || !maker.Active() {
		return User{}, refused
	}
	if now.Sub(k.Seen) >= touchEvery {
		if err := s.touch(ctx, touchKey, string(k.ID)); err != nil {
			return User{}, err
		}
	}
	return User{ID: UserID(k.ID), Name: k.Name, Org: k.Org, Roles: maker.Roles, Key: k.ID, Maker: k.Maker, Scopes: k.Scopes}, nil
}

// SaveView keeps a list's filters under a name, in place of an earlier one of that name. It returns fault.Invalid, or
// fault.Conflict when there are too many.
func (s *Service) SaveView(ctx context.Context, by User, v SavedView) error {
	if err := selfOnly(by); err != nil {
		return err
	}
	page, pageErr := parseName(v.Page, "page", maxViewName)
	name, nameErr := parseName(v.Name, "name", maxViewName)
	queryErr := db.Text(v.Query)
	if queryErr == nil && len(v.Query) > maxViewQuery {
		queryErr = fault.Invalid.Say("This view has too many filters to be kept.").At("query")
	}
	if err := errors.Join(pageErr, nameErr, queryErr); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		others, err := db.One(tx, db.Value[int64], countViews, string(by.ID), page, name)
		if err != nil {
			return err
		}
		if others >= maxViews {
			return fault.Conflict.Say("There are %d saved views already. Delete one first.", others)
		}
		_, err = tx.Exec(saveView, string(by.ID), page, name, v.Query)
		return err
	})
}

// DeleteView forgets a saved view; one that is not there is no error.
func (s *Service) DeleteView(ctx context.Context, by User, page, name string) error {
	if err := selfOnly(by); err != nil {
		return err
	}
	if err := errors.Join(db.Text(page), db.Text(name)); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(deleteView, string(by.ID), page, name)
		return err
	})
}

// Views is the saved views of a person for a page, by name.
func (s *Service) Views(ctx context.Context, by User, page string) ([]SavedView, error) {
	if err := selfOnly(by); err != nil {
		return nil, err
	}
	if err := db.Text(page); err != nil {
		return nil, err
	}
	var all []SavedView
	err := s.DB.View(ctx, func(tx *db.Tx) (err error) {
		all, err = db.All(tx, scanView, listViews, string(by.ID), page)
		return err
	})
	return all, err
}

// Sweep deletes what has expired: sessions, links, counts of attempts. Nothing depends on its being done; it keeps tables small.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Bulk(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		before := func(d time.Duration) int64 { return db.Micros(now.Add(-d)) }
		_, err1 := tx.Exec(expiredSessions, db.Micros(now), before(s.idle()))
		if err1 != nil {
			return err1
		}
		if _, err := tx.Exec(expiredLinks, db.Micros(now)); err != nil {
			return err
		}
		if _, err := tx.Exec(oldAttempts, before(forgetAttempts), db.Micros(now)); err != nil {
			return err
		}
		_, err := tx.Exec(oldAddresses, before(forgetAddress))
		return err
	})
}

func personSubject(id UserID) string      { return "person:" + string(id) }
func organisationSubject(id OrgID) string { return "organisation:" + string(id) }
func keySubject(id KeyID) string          { return "key:" + string(id) }

// record writes what was done into the ledger. No body holds a secret, nor the name or address of a person.
func record(tx *db.Tx, kind, subject string, by User, body any) error {
	_, err := ledger.Record(tx, kind, subject, by.Actor(), body)
	return err
}
