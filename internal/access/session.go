package access

import "time"

// SessionID is the identity of a session; it is no secret.
type SessionID string

// Session is a person's stay after signing in.
type Session struct {
	ID      SessionID
	Person  UserID
	Token   string // the secret for the cookie; only present in the answer of a sign-in
	ByLink  bool   // signed in by a one-time link rather than a password
	Opened  time.Time
	Seen    time.Time // to the minute
	Expires time.Time // when it ends whatever happens; ends earlier when idle
	Remote  string    // the address it was opened from
}
