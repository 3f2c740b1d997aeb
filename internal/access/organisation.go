package access

import (
	"strings"
	"time"
)

// OrganisationKind says what an organisation is in the programme.
type OrganisationKind string

// The kinds of organisation.
const (
	Operator                 OrganisationKind = "operator"      // runs the marketplace; there is one
	RightsHolderOrganisation OrganisationKind = "rights-holder" // owns brands, or acts for owners
	MakerOrganisation        OrganisationKind = "maker"         // a workshop on its way to a brand of its own
	SellerOrganisation       OrganisationKind = "seller"        // the people behind one seller's account
	AuthorityOrganisation    OrganisationKind = "authority"     // police, customs, market supervision, a prosecutor
)

// Organisation is whom a person acts for.
type Organisation struct {
	ID   OrgID
	Name string
	Kind OrganisationKind
	Made time.Time
}

// sellers is how the id of a seller's organisation begins. Behind it stands the marketplace's id of the account, so that one account has one
// organisation, whatever a program does wrong.
const sellers = "seller:"

// OrganisationOf is the organisation of the people behind a seller's account; there need be none yet.
func OrganisationOf(account string) OrgID { return OrgID(sellers + account) }

// Account is the seller's account that the organisation is of; false for other organisations.
func (o OrgID) Account() (string, bool) { return strings.CutPrefix(string(o), sellers) }
