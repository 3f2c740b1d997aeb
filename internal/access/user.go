package access

import (
	"slices"

	"github.com/ownmark/ownmark/internal/fault"
)

// The identities of access.
type (
	UserID string
	OrgID  string
)

// User is whoever asks for something: a signed-in person, an API key or the system itself. The zero User is nobody.
type User struct {
	ID       UserID // the person's id, the key's id or "system"
	Name     string
	Email    string
	Org      OrgID  // the organisation acted for; the marketplace's own people have the operator's
	Roles    []Role // what may be done, by Matrix
	Key      KeyID  // the API key in use; empty for people and the system
	Maker    UserID // with a key, who made it
	Scopes   []Verb // with a key, the only verbs it may be used for; without one, ignored
	Language string // "en" or "zh"; empty means the browser's
	Theme    Theme  // how pages look; empty means Auto
}

// System is the program acting by itself: workers, sweeps, imports at first start.
var System = User{ID: "system", Name: "Ownmark", Roles: []Role{Administrator}}

// Answerable is the person who answers for what the user does: the person, or with a key who made it. What takes two people is not for one
// person and a key of theirs.
func (u User) Answerable() UserID {
	if u.Key != "" && u.Maker != "" {
		return u.Maker
	}
	return u.ID
}

// IsNobody reports whether no one has signed in.
func (u User) IsNobody() bool { return u.ID == "" }

// May says whether the user may do verb on something of organisation org. Empty org is something of no organisation
// in particular (a listing, a brand nobody has claimed): only a role whose scope is All covers it. It returns nil,
// fault.Unauthenticated for nobody, or fault.Forbidden.
func (u User) May(verb Verb, org OrgID) error {
	if u.IsNobody() {
		return fault.Unauthenticated.Say("Sign in first.")
	}
	switch scope := u.Reach(verb); {
	case scope == All:
		return nil
	case scope == Own && org != "" && org == u.Org:
		return nil
	}
	return fault.Forbidden.Say("Your role does not allow this.")
}

// Reach is the widest scope in which the user may do verb. Lists ask it: with All they show everything, with Own
// only what belongs to u.Org, with None nothing.
func (u User) Reach(verb Verb) Scope {
	if u.IsNobody() || u.Key != "" && !(verb.ForKeys() && slices.Contains(u.Scopes, verb)) {
		return None
	}
	reach := None
	for _, role := range u.Roles {
		reach = max(reach, Matrix[role][verb])
	}
	return reach
}

// Can reports whether the user may do verb on anything at all: whether a menu shows the way to it.
func (u User) Can(verb Verb) bool { return u.Reach(verb) != None }

// Has reports whether the user has the role.
func (u User) Has(role Role) bool { return slices.Contains(u.Roles, role) }

// Actor names the user in the ledger: "person:…", "key:…" or "system".
func (u User) Actor() string {
	switch {
	case u.IsNobody():
		return "nobody"
	case u.ID == System.ID:
		return "system"
	case u.Key != "":
		return "key:" + string(u.Key)
	}
	return "person:" + string(u.ID)
}
