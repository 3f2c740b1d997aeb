package access

import "slices"

// Role is a set of verbs; see Matrix.
type Role string

// The roles that have work to do in Ownmark today.
const (
	Administrator Role = "administrator" // people, keys, settings; and everything below
	Analyst       Role = "analyst"       // leads review: brands, sellers, all queues, undo of others' decisions
	Reviewer      Role = "reviewer"      // works the queue
	RightsHolder  Role = "rights-holder" // keeps the brands of its own organisation
	Seller        Role = "seller"        // reads and answers what was decided about the listings of its own account
	Auditor       Role = "auditor"       // reads everything, changes nothing, verifies the ledger

	ProgrammeManager Role = "programme-manager" // picks industries and makers, runs cohorts through the stages
	Inspector        Role = "inspector"         // looks at makers where they work
	Maker            Role = "maker"             // a workshop becoming a brand: its own file, tasks, training, brand
	Officer          Role = "officer"           // works on the cases that are shared with its authority
)

// Verb is something that can be asked for: "listing.read".
type Verb string

// The verbs.
const (
	ListingRead      Verb = "listing.read"      // see listings with their verdicts, decisions and history
	ListingSubmit    Verb = "listing.submit"    // send listings for scanning
	ReviewRead       Verb = "review.read"       // see the queue
	ReviewWork       Verb = "review.work"       // decide, and undo one's own decision
	DecisionUndo     Verb = "decision.undo"     // undo another person's decision
	BrandRead        Verb = "brand.read"        // see brands, their prices and authorised sellers
	BrandEdit        Verb = "brand.edit"        // change and import them
	PolicyRead       Verb = "policy.read"       // see what is done with listings and why, and how well that works
	PolicyEdit       Verb = "policy.edit"       // draft, try and propose policies
	PolicySwitch     Verb = "policy.switch"     // make live what another person proposed, and go back
	RightRead        Verb = "right.read"        // see the vault of rights
	RightEdit        Verb = "right.edit"        // enter rights and mandates, change and withdraw them
	RightVerify      Verb = "right.verify"      // hold rights against the register
	NoticeRead       Verb = "notice.read"       // see notices and what became of them
	NoticeFile       Verb = "notice.file"       // give notice of listings
	StatementRead    Verb = "statement.read"    // read the reasons given to a seller
	AppealRead       Verb = "appeal.read"       // see complaints and counter-statements, and what became of them
	AppealFile       Verb = "appeal.file"       // complain of a decision, answer a notice
	AppealDecide     Verb = "appeal.decide"     // decide on what others complain of
	AccountSuspend   Verb = "account.suspend"   // propose and confirm that an account is suspended, or end it
	CaseRead         Verb = "case.read"         // see cases and what came of them
	CaseEdit         Verb = "case.edit"         // open cases, gather in them, move them on
	CaseShare        Verb = "case.share"        // let an authority work on a case, and end that
	EvidenceRead     Verb = "evidence.read"     // see a case's documents, custody and captured listings
	BundleMake       Verb = "bundle.make"       // make a bundle of a case's evidence and take it away
	SellerRead       Verb = "seller.read"       // see sellers and what they offer
	TraderRead       Verb = "trader.read"       // see the files of who is behind sellers' accounts, payment accounts masked
	TraderEdit       Verb = "trader.edit"       // fill in such a file
	TraderVerify     Verb = "trader.verify"     // hold it against registers, end it, bring sales in
	TraderUnmask     Verb = "trader.unmask"     // see a payment account in full
	ProgrammeRead    Verb = "programme.read"    // see industries, requests to join, cohorts and what becomes of them
	ProgrammeEdit    Verb = "programme.edit"    // decide on requests, open cohorts, set their terms
	MakerRead        Verb = "maker.read"        // see a maker's file
	MakerEdit        Verb = "maker.edit"        // fill in a maker's file: application, answers, drafts of the brand
	MakerMove        Verb = "maker.move"        // move makers from stage to stage, waive a condition, give tasks
	VisitRead        Verb = "visit.read"        // see visits to makers
	VisitWork        Verb = "visit.work"        // visit a maker and report what was found there
	VisitApprove     Verb = "visit.approve"     // accept the report of another person's visit
	LedgerRead       Verb = "ledger.read"       // see the ledger, verify it, take proofs
	PeopleRead       Verb = "people.read"       // see who has access, and in which role
	PeopleManage     Verb = "people.manage"     // invite, change roles, disable
	KeyRead          Verb = "key.read"          // see API keys (never their secret)
	KeyManage        Verb = "key.manage"        // make and revoke them
	SettingsRead     Verb = "settings.read"     // see the configuration in force
	OperationsRead   Verb = "operations.read"   // see queues, workers and what was set aside
	OperationsManage Verb = "operations.manage" // scan again, hand out again what was set aside
)

// Scope says on whose things a verb may be done. The greater scope includes the smaller.
type Scope uint8

// The scopes.
const (
	None Scope = iota // on nothing
	Own               // on what belongs to one's own organisation
	All               // on everything
)

// String is the scope in one word.
func (s Scope) String() string {
	switch s {
	case Own:
		return "own"
	case All:
		return "all"
	}
	return "none"
}

// Matrix is who may do what, on whose things; what is not written here is refused. May reads it, the page on roles
// shows it, and a test drives every route against it. It is never written to.
var Matrix = map[Role]map[Verb]Scope{
	Administrator: {
		ListingRead: All, ListingSubmit: All,
		ReviewRead: All, ReviewWork: All, DecisionUndo: All,
		BrandRead: All, BrandEdit: All,
		PolicyRead: All, PolicyEdit: All, PolicySwitch: All,
		RightRead: All, RightEdit: All, RightVerify: All, NoticeRead: All, NoticeFile: All,
		SellerRead: All, TraderRead: All, TraderEdit: All, TraderVerify: All, TraderUnmask: All,
		ProgrammeRead: All, ProgrammeEdit: All, MakerRead: All, MakerEdit: All, MakerMove: All,
		VisitRead: All, VisitWork: All, VisitApprove: All,
		StatementRead: All, AppealRead: All, AppealFile: All, AppealDecide: All, AccountSuspend: All,
		CaseRead: All, CaseEdit: All, CaseShare: All, EvidenceRead: All, BundleMake: All,
		LedgerRead: All,
		PeopleRead: All, PeopleManage: All,
		KeyRead: All, KeyManage: All,
		SettingsRead: All, OperationsRead: All, OperationsManage: All,
	},
	Analyst: {
		ListingRead: All, ListingSubmit: All,
		ReviewRead: All, ReviewWork: All, DecisionUndo: All,
		BrandRead: All, BrandEdit: All,
		PolicyRead: All, PolicyEdit: All, PolicySwitch: All,
		RightRead: All, RightVerify: All, NoticeRead: All,
		StatementRead: All, AppealRead: All, AppealDecide: All, AccountSuspend: All,
		CaseRead: All, CaseEdit: All, CaseShare: All, EvidenceRead: All, BundleMake: All,
		SellerRead: All, TraderRead: All, TraderVerify: All,
		LedgerRead:     All,
		OperationsRead: All, OperationsManage: All,
	},
	Reviewer: {
		ListingRead: All,
		ReviewRead:  All, ReviewWork: All,
		BrandRead:  All,
		PolicyRead: All,
		RightRead:  All, NoticeRead: All,
		StatementRead: All, AppealRead: All, AppealDecide: All,
		CaseRead:   All,
		SellerRead: All,
	},
	RightsHolder: {
		BrandRead: Own, BrandEdit: Own,
		RightRead: Own, RightEdit: Own, NoticeRead: Own, NoticeFile: Own,
		AppealRead: Own, AppealFile: Own,
	},
	Seller: {
		StatementRead: Own, AppealRead: Own, AppealFile: Own,
		TraderRead: Own, TraderEdit: Own,
	},
	ProgrammeManager: {
		ListingRead: All, ReviewRead: All, BrandRead: All, SellerRead: All,
		ProgrammeRead: All, ProgrammeEdit: All, MakerRead: All, MakerEdit: All, MakerMove: All,
		VisitRead: All, VisitApprove: All,
	},
	Inspector: {
		MakerRead: All,
		VisitRead: All, VisitWork: All,
	},
	Maker: {
		MakerRead: Own, MakerEdit: Own,
	},
	Auditor: {
		ListingRead:   All,
		ReviewRead:    All,
		BrandRead:     All,
		PolicyRead:    All,
		RightRead:     All,
		NoticeRead:    All,
		SellerRead:    All,
		TraderRead:    All,
		ProgrammeRead: All, MakerRead: All, VisitRead: All,
		StatementRead: All, AppealRead: All,
		CaseRead: All, EvidenceRead: All,
		LedgerRead:   All,
		PeopleRead:   All,
		KeyRead:      All,
		SettingsRead: All, OperationsRead: All,
	},
	// Cases that its own organisation opened, and those shared with it.
	Officer: {
		CaseRead: Own, CaseEdit: Own, EvidenceRead: Own, BundleMake: Own,
	},
}

// Roles is every role, the widest first.
func Roles() []Role {
	return []Role{Administrator, Analyst, Reviewer, ProgrammeManager, Inspector, RightsHolder, Seller, Maker, Officer, Auditor}
}

// Verbs is every verb, in the order of the work.
func Verbs() []Verb {
	return []Verb{ListingRead, ListingSubmit, ReviewRead, ReviewWork, DecisionUndo, BrandRead, BrandEdit, PolicyRead, PolicyEdit, PolicySwitch,
		RightRead, RightEdit, RightVerify, NoticeRead, NoticeFile, StatementRead, AppealRead, AppealFile, AppealDecide, AccountSuspend,
		CaseRead, CaseEdit, CaseShare, EvidenceRead, BundleMake, SellerRead, TraderRead, TraderEdit, TraderVerify, TraderUnmask,
		ProgrammeRead, ProgrammeEdit, MakerRead, MakerEdit, MakerMove, VisitRead, VisitWork, VisitApprove,
		LedgerRead, PeopleRead, PeopleManage, KeyRead, KeyManage, SettingsRead, OperationsRead, OperationsManage}
}

// ForKeys reports whether an API key may have this verb. Who has access is for people to change: a leaked key must not
// be able to make another. What is done with every listing is for two people to change,
// and so is what was decided against somebody.
func (v Verb) ForKeys() bool {
	switch v {
	case PeopleManage, KeyManage, PolicySwitch, AppealDecide, AccountSuspend, TraderUnmask:
		return false
	}
	return true
}

// kinds says in which kind of organisation a role can be held.
var kinds = map[Role]OrganisationKind{
	Administrator: Operator,
	Analyst:       Operator,
	Reviewer:      Operator,
	Auditor:       Operator,
	RightsHolder:  RightsHolderOrganisation,

	ProgrammeManager: Operator,
	Inspector:        Operator,
	Maker:            MakerOrganisation,
	Seller:           SellerOrganisation,
	Officer:          AuthorityOrganisation,
}

// RolesIn is the roles that can be held in an organisation of this kind.
func RolesIn(kind OrganisationKind) []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return kinds[r] != kind })
}
