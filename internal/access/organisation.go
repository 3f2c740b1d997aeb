package access

import "time"

// OrganisationKind says what an organisation is in the programme.
type OrganisationKind string

// The kinds of organisation.
const (
	Operator                 OrganisationKind = "operator"      // runs the marketplace; there is one
	RightsHolderOrganisation OrganisationKind = "rights-holder" // owns brands, or acts for owners
	AuthorityOrganisation    OrganisationKind = "authority"     // police, customs, market supervision, a prosecutor
)

// Organisation is whom a person acts for.
type Organisation struct {
	ID   OrgID
	Name string
	Kind OrganisationKind
	Made time.Time
}
