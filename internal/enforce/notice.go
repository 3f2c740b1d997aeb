package enforce

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// NoticeID is the identity of a notice; it is also its receipt.
type NoticeID string

// Notice is a rights holder's word that a listing infringes a right: DSA Art. 16(2), and Art. 42 of China's E-Commerce Law.
type Notice struct {
	ID           NoticeID
	Organisation access.OrgID // on whose behalf
	By           access.UserID
	ByName       string
	Claim
	Lane       Lane
	State      NoticeState
	ReceivedAt time.Time
	DueAt      time.Time  // by when it is to be decided
	DecidedAt  time.Time  // zero while it waits
	Decision   DecisionID // that decided it
	Entry      string     // the ledger entry that records its arrival
}

// Claim is what a notice says. Good faith and guarantee are the notifier's own: Art. 16(2)(d) and Art. 42.
type Claim struct {
	Right     RightID          `json:"right"`
	Listing   market.ListingID `json:"listing"`
	Location  string           `json:"location,omitempty"` // the exact address, as the notifier saw it
	Reasons   string           `json:"reasons"`            // why the listing infringes
	Evidence  string           `json:"evidence"`           // what shows it at first sight
	Documents []blob.Hash      `json:"documents,omitempty"`
	Email     string           `json:"email"`
	GoodFaith bool             `json:"good_faith"` // believed accurate and complete
	Guarantee string           `json:"guarantee"`  // the name of who vouches for it
}

// NoticeState says where a notice stands.
type NoticeState string

// The states of a notice.
const (
	Received        NoticeState = "received"  // waits for the decision on its listing
	Upheld          NoticeState = "upheld"    // the listing was removed or restricted
	NoticeRefused   NoticeState = "refused"   // the listing stays
	NoticeWithdrawn NoticeState = "withdrawn" // by the notifier
)

// noticeMoves is the way of a notice. From Upheld and NoticeRefused it goes back to Received when the decision is undone.
var noticeMoves = map[NoticeState][]NoticeState{
	Received:      {Upheld, NoticeRefused, NoticeWithdrawn},
	Upheld:        {Received, NoticeRefused},
	NoticeRefused: {Received, Upheld},
}

// Lane says how urgent a notifier's notices are.
type Lane string

// The lanes.
const (
	Ordinary Lane = "ordinary"
	Fast     Lane = "fast" // earned by accuracy, see Notifier
)

// Of notices.
const (
	NoticeTime = 24 * time.Hour // in which a notice is to be decided

	MaxNotices   = 10_000 // of one FileNotices
	maxReasons   = 5_000  // runes
	maxLocation  = 2_000
	maxDocuments = 20
	leastReasons = 10
)

// clean is the claim without spaces around its words, and each document once.
func (c Claim) clean() Claim {
	for _, text := range []*string{&c.Location, &c.Reasons, &c.Evidence, &c.Email, &c.Guarantee} {
		*text = strings.TrimSpace(*text)
	}
	c.Listing, c.Right = market.ListingID(strings.TrimSpace(string(c.Listing))), RightID(strings.TrimSpace(string(c.Right)))
	var documents []blob.Hash
	for _, d := range c.Documents {
		if !slices.Contains(documents, d) {
			documents = append(documents, d)
		}
	}
	c.Documents = documents
	return c
}

// check holds what a notice says against what the law asks of it. It returns fault.Invalid for each thing wrong, each at its field.
func (c Claim) check() (wrong []error) {
	for _, text := range []struct {
		field, value string
		most         int
	}{
		{"right", string(c.Right), maxRequest}, {"listing", string(c.Listing), market.MaxID}, {"location", c.Location, maxLocation}, {"reasons", c.Reasons, maxReasons},
		{"evidence", c.Evidence, maxReasons}, {"email", c.Email, maxMark}, {"guarantee", c.Guarantee, maxMark},
	} {
		if f := checkText(text.value, text.most); f != nil {
			wrong = append(wrong, f.At(text.field))
		}
	}
	if c.Listing == "" {
		wrong = append(wrong, fault.Invalid.Say("Name the listing.").At("listing"))
	}
	if c.Right == "" {
		wrong = append(wrong, fault.Invalid.Say("Name the right that is infringed.").At("right"))
	}
	if len([]rune(c.Reasons)) < leastReasons {
		wrong = append(wrong, fault.Invalid.Say("Say in a sentence why the listing infringes the right.").At("reasons"))
	}
	if c.Evidence == "" && len(c.Documents) == 0 {
		wrong = append(wrong, fault.Invalid.Say("Say what shows it at first sight, or add a document.").At("evidence"))
	}
	if len(c.Documents) > maxDocuments {
		wrong = append(wrong, fault.TooLarge.Say("A notice has at most %d documents.", maxDocuments).At("documents"))
	}
	return append(wrong, c.unsigned()...)
}

// Signed holds who speaks in a claim against what the law asks: an address for the answer, good faith, the guarantee. It returns fault.Invalid for each that
// is missing, at its field. A bulk asks it once for all its rows.
func (c Claim) Signed() error { return errors.Join(c.clean().unsigned()...) }

func (c Claim) unsigned() (wrong []error) {
	if at := strings.LastIndexByte(c.Email, '@'); at < 1 || at == len(c.Email)-1 || strings.ContainsAny(c.Email, " \t\r\n,;<>") {
		wrong = append(wrong, fault.Invalid.Say("Give an e-mail address for the answer.").At("email"))
	}
	if !c.GoodFaith {
		wrong = append(wrong, fault.Invalid.Say("A notice needs the statement that it is made in good faith.").At("good_faith"))
	}
	if c.Guarantee == "" {
		wrong = append(wrong, fault.Invalid.Say("Sign the guarantee with a name.").At("guarantee"))
	}
	return wrong
}

// decides is what a decision makes of the notices on its listing; empty when it leaves them waiting.
func (o Outcome) decides() NoticeState {
	switch {
	case o.Restricts():
		return Upheld
	case o == Approve:
		return NoticeRefused
	}
	return ""
}

// Notifier is how an organisation's notices fare, and what lane that earns it.
type Notifier struct {
	Organisation access.OrgID
	Lane         Lane
	Since        time.Time
	ShutUntil    time.Time // the fast lane does not open before

	// Of the last NotifierWindow.
	Decided int64
	Upheld  int64
	Waiting int64 // now
	InTime  int64 // of Decided: within NoticeTime

	Countered int64 // notices that were upheld until the seller's appeal turned the decision
}

// Accuracy is the share upheld; 0 of nothing.
func (n Notifier) Accuracy() float64 {
	if n.Decided == 0 {
		return 0
	}
	return float64(n.Upheld) / float64(n.Decided)
}

// LaneRules say how the fast lane is earned and lost.
type LaneRules struct {
	Least     int64   // notices decided before it opens
	Accuracy  float64 // share upheld, to get in and to stay
	Countered float64 // share of the notices decided whose decision the seller's appeal turned, at most
	Shut      time.Duration
}

// NotifierWindow is over how long a notifier's accuracy is told.
const NotifierWindow = 90 * 24 * time.Hour

// DefaultLaneRules are as large programmes have published theirs: nine in ten upheld, at most one in twenty turned by a counter-notice, and a season outside
// after falling below.
var DefaultLaneRules = LaneRules{Least: 20, Accuracy: 0.9, Countered: 0.05, Shut: NotifierWindow}

// CounteredShare is the share of the notices decided that a seller's appeal turned; 0 of nothing.
func (n Notifier) CounteredShare() float64 {
	if n.Decided == 0 {
		return 0
	}
	return float64(n.Countered) / float64(n.Decided)
}

// follow is the notifier after its figures have changed.
func (n Notifier) follow(rules LaneRules, at time.Time) Notifier {
	good := n.Accuracy() >= rules.Accuracy && n.CounteredShare() <= rules.Countered
	accurate := n.Decided >= rules.Least && good
	switch {
	case n.Lane != Fast && accurate && !at.Before(n.ShutUntil):
		n.Lane, n.Since, n.ShutUntil = Fast, at, time.Time{}
	case n.Lane == Fast && n.Decided > 0 && !good:
		n.Lane, n.Since, n.ShutUntil = Ordinary, at, at.Add(rules.Shut)
	}
	return n
}
