package brand

import "time"

// Change is one line of a brand's history.
type Change struct {
	Brand   ID            `json:"brand"`
	Version int64         `json:"version"` // of the brand after the change
	Kind    ChangeKind    `json:"kind"`
	At      time.Time     `json:"at"`
	By      string        `json:"by"`     // the name of who did it
	Actor   string        `json:"actor"`  // access.User.Actor
	Fields  []FieldChange `json:"fields"` // what became of what
	Entry   string        `json:"entry"`  // the ledger entry that records it
}

// ChangeKind says what was done.
type ChangeKind string

// The kinds of change.
const (
	Created      ChangeKind = "created"
	Edited       ChangeKind = "edited"
	Archived     ChangeKind = "archived"
	Restored     ChangeKind = "restored"
	Authorised   ChangeKind = "authorised"
	Unauthorised ChangeKind = "unauthorised"
	Lapsed       ChangeKind = "lapsed" // an authorisation began or ended by its dates
)

// FieldChange is one field's value before and after, as people read it. Of a list, Old is what went and New what came; past
// twenty the rest is a number.
type FieldChange struct {
	Field string `json:"field"` // "name", "aliases", "prices.shoes", "authorised_sellers"
	Old   string `json:"old"`
	New   string `json:"new"`
}
