package access

import "time"

// KeyID is the identity of an API key; it is no secret.
type KeyID string

// Key is an API key: it acts for the person who made it, and never for more than its scopes.
type Key struct {
	ID      KeyID
	Org     OrgID
	Name    string
	Hint    string // the last four characters of the secret
	Scopes  []Verb
	Maker   UserID // "system" when made by the program itself
	Made    time.Time
	Expires time.Time // zero: never
	Revoked time.Time // zero: in force
	Seen    time.Time // last use, to the minute; zero when never
}
