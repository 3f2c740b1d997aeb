package enforce

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// CaseID is the identity of a case.
type CaseID string

// Case is what is gathered about somebody who is suspected of making or selling fakes, until a court has spoken or the case is closed.
type Case struct {
	ID           CaseID
	Reference    string // as people say it: "C-2026-0001"
	Title        string
	Summary      string
	Organisation access.OrgID // that opened it: the operator, or an authority
	Stage        Stage
	ClosedAs     Stage // the stage it was closed from; empty while it is not closed
	Place        Place // where the goods are thought to come from

	Reached   map[Stage]time.Time // when each stage was first reached; Lead always
	UpdatedAt time.Time
	UpdatedBy string
	Version   int64
}

// Place is where something happened, as closely as is known. Coordinates of a city have no use without the city's name, so they only refine it.
type Place struct {
	Country   string  `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Region    string  `json:"region,omitempty"`  // ISO 3166-2: "CN-FJ"
	City      string  `json:"city,omitempty"`
	Latitude  float64 `json:"latitude,omitempty"` // degrees; both 0 when not known
	Longitude float64 `json:"longitude,omitempty"`
}

// Stage is how far a case has come.
type Stage string

// The stages.
const (
	Lead      Stage = "lead"      // somebody has a suspicion worth keeping
	Opened    Stage = "opened"    // it is being worked on
	Raided    Stage = "raid"      // authorities have searched a place
	Charged   Stage = "charged"   // somebody stands accused
	Convicted Stage = "convicted" // a court has found somebody guilty
	Closed    Stage = "closed"    // nothing more is done
)

// Stages is every stage, in the order of the work.
func Stages() []Stage { return []Stage{Lead, Opened, Raided, Charged, Convicted, Closed} }

// Funnel is the stages that a case passes on its way to a verdict, in order.
func Funnel() []Stage { return []Stage{Lead, Opened, Raided, Charged, Convicted} }

// caseMoves is the state machine of a case; CaseDiagram prints it. A case may be charged without a raid, and taken up again after it was closed.
var caseMoves = map[Stage][]Stage{
	Lead:      {Opened, Closed},
	Opened:    {Raided, Charged, Closed},
	Raided:    {Charged, Closed},
	Charged:   {Convicted, Closed},
	Convicted: {Closed},
	Closed:    {Opened},
}

// Next is the stages a case can go to from here, the likeliest first.
func (s Stage) Next() []Stage { return slices.Clone(caseMoves[s]) }

// CaseDiagram is the case's state machine in Mermaid's words, for the docs.
func CaseDiagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> lead\n")
	for _, from := range Stages() {
		for _, to := range caseMoves[from] {
			fmt.Fprintf(&b, "    %s --> %s\n", from, to)
		}
	}
	return b.String()
}

// The bounds of what is written in a case, in runes.
const (
	maxTitle   = 200
	maxSummary = 4_000
	maxCity    = 100
)

// move is the case in another stage. It returns fault.Conflict for a move that does not exist and fault.Invalid for one without a reason.
func (c Case) move(to Stage, why string, at time.Time) (Case, error) {
	if !slices.Contains(Stages(), to) {
		return c, fault.Invalid.Say("Choose what comes next.").At("stage")
	}
	if !canMove(caseMoves, c.Stage, to) {
		return c, fault.Conflict.Say("A case that is %s cannot become %s.", string(c.Stage), string(to))
	}
	if strings.TrimSpace(why) == "" {
		return c, fault.Invalid.Say("Say why.").At("why")
	}
	c.ClosedAs = ""
	if to == Closed {
		c.ClosedAs = c.Stage
	}
	c.Stage = to
	reached := map[Stage]time.Time{to: at}
	for stage, first := range c.Reached {
		reached[stage] = first
	}
	c.Reached = reached
	if to != Closed {
		delete(c.Reached, Closed) // taken up again
	}
	return c, nil
}

// check holds a case's words against the bounds. It returns fault.Invalid for each thing wrong.
func (c Case) check() error {
	var wrong []error
	if c.Title == "" {
		wrong = append(wrong, fault.Invalid.Say("Give the case a title.").At("title"))
	}
	for _, text := range []struct {
		field, value string
		most         int
	}{{"title", c.Title, maxTitle}, {"summary", c.Summary, maxSummary}} {
		if f := checkText(text.value, text.most); f != nil {
			wrong = append(wrong, f.At(text.field))
		}
	}
	return errors.Join(append(wrong, c.Place.check()...)...)
}

func (c Case) clean() Case {
	c.Title, c.Summary, c.Place = strings.TrimSpace(c.Title), strings.TrimSpace(c.Summary), c.Place.clean()
	return c
}

func (c Case) search() string { return db.Fold(c.Reference, c.Title, c.Place.City, c.Place.Region) }

func caseSubject(id CaseID) string { return "case:" + string(id) }

var regionCode = regexp.MustCompile(`^[A-Z]{2}-[A-Z0-9]{1,3}$`)

func (p Place) clean() Place {
	p.Country, p.Region, p.City = strings.ToUpper(strings.TrimSpace(p.Country)), strings.ToUpper(strings.TrimSpace(p.Region)), strings.TrimSpace(p.City)
	if p.Country == "" && regionCode.MatchString(p.Region) {
		p.Country = p.Region[:2]
	}
	return p
}

// check returns fault.Invalid for each thing wrong.
func (p Place) check() (wrong []error) {
	if p.Country != "" && !isCountry(p.Country) {
		wrong = append(wrong, fault.Invalid.Say("Give the country as two letters: CN, FR.").At("country"))
	}
	if p.Region != "" && (!regionCode.MatchString(p.Region) || p.Region[:2] != p.Country) {
		wrong = append(wrong, fault.Invalid.Say("Give the region by its ISO 3166-2 code, of the same country: CN-FJ.").At("region"))
	}
	if f := checkText(p.City, maxCity); f != nil {
		wrong = append(wrong, f.At("city"))
	}
	if !(p.Latitude >= -90 && p.Latitude <= 90) {
		wrong = append(wrong, fault.Invalid.Say("A latitude is between -90 and 90 degrees.").At("latitude"))
	}
	if !(p.Longitude >= -180 && p.Longitude <= 180) {
		wrong = append(wrong, fault.Invalid.Say("A longitude is between -180 and 180 degrees.").At("longitude"))
	}
	return wrong
}

// isCountry: ISO 3166-1 alpha-2, capital letters.
func isCountry(code string) bool {
	if len(code) != 2 || strings.ContainsFunc(code, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return false
	}
	region, err := language.ParseRegion(code)
	return err == nil && region.IsCountry()
}

// known reports whether anything says where it was.
func (p Place) known() bool { return p.Country != "" || p.Latitude != 0 || p.Longitude != 0 }

// LinkKind says what is gathered in a case.
type LinkKind string

// The kinds of links.
const (
	ListingLink  LinkKind = "listing"
	SellerLink   LinkKind = "seller"
	DecisionLink LinkKind = "decision"
	SourceLink   LinkKind = "source" // a workshop or wholesaler, by the name people give it
)

// LinkKinds is every kind of link, in the order pages show them.
func LinkKinds() []LinkKind { return []LinkKind{ListingLink, SellerLink, DecisionLink, SourceLink} }

// Link is something gathered in a case. Its Title is what is known of it now, for people; empty where nothing is.
type Link struct {
	Kind    LinkKind
	Subject string // a listing's, seller's or decision's id; a source's name
	Title   string
	Note    string
	At      time.Time
	ByName  string
}

// CaseDocument is a document or photograph kept in a case.
type CaseDocument struct {
	Hash      string // SHA-256, hexadecimal; the content is in the blob store
	Name      string // as its owner called it
	MediaType string
	Size      int64 // bytes
	Note      string
	At        time.Time
	ByName    string
}

// Deed is one thing done in a case. All of them, in order, are the case's story; each has an entry in the ledger.
type Deed struct {
	ID      string
	At      time.Time
	By      access.UserID
	ByName  string
	Kind    string // "opened", "moved", "linked", …: see the constants
	Subject string // what it was done to: a stage, a listing's id, a document's name
	Words   string // the person's own
	Entry   string // the ledger entry that records it
}

// The kinds of acts.
const (
	ActOpened    = "opened"
	ActChanged   = "changed"
	ActMoved     = "moved"
	ActShared    = "shared"
	ActUnshared  = "unshared"
	ActLinked    = "linked"
	ActUnlinked  = "unlinked"
	ActNoted     = "noted"
	ActAttached  = "attached"
	ActPlanned   = "test-buy-planned"
	ActTestBuy   = "test-buy-moved"
	ActCustody   = "custody"
	ActFact      = "fact"
	ActWithdrawn = "fact-withdrawn"
	ActSealed    = "bundle-sealed"
)

// Share says that an authority works on a case.
type Share struct {
	Organisation access.OrgID
	Name         string // of the organisation
	At           time.Time
	ByName       string
}
