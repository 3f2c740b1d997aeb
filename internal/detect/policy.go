package detect

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// PolicyNumber is the identity of a policy. 0 is the shipped one, which is never edited and can always be gone back to.
type PolicyNumber int64

// Policy says what is done with a listing once the machine has its opinion: rules, the first that matches counts, and the model and thresholds
// whose verdicts they speak of. A policy that is or was live is never changed; another takes its place.
type Policy struct {
	Number PolicyNumber `json:"number"`
	Terms               // what it says
	State  PolicyState  `json:"state"`

	Version  int64     `json:"version"` // grows with each change; SavePolicy wants the one that was read
	MadeAt   time.Time `json:"made_at"`
	MadeBy   Person    `json:"made_by"`
	EditedAt time.Time `json:"edited_at"`
	EditedBy Person    `json:"edited_by"`

	ProposedBy  Person    `json:"proposed_by,omitzero"` // who asked to have it switched to
	ProposedAt  time.Time `json:"proposed_at,omitzero"`
	ProposedWhy string    `json:"proposed_why,omitempty"`
}

// Person is who did something, with the name of that day.
type Person struct {
	ID   access.UserID `json:"id"`
	Name string        `json:"name"`
}

func personOf(u access.User) Person { return Person{u.ID, u.Name} }

// Terms are what a policy says. The JSON form is the one people import and export.
type Terms struct {
	Title      string     `json:"title"`
	Note       string     `json:"note,omitempty"`      // what it is to achieve, for colleagues
	Model      string     `json:"model,omitempty"`     // the version of the model; empty for the shipped one
	Thresholds Thresholds `json:"thresholds,omitzero"` // zero: the model's own
	Audit      float64    `json:"audit,omitempty"`     // the share of all listings that people look at whatever the machine thinks, 0 to MaxAudit
	Costs      Costs      `json:"costs,omitzero"`
	Rules      []Rule     `json:"rules"`
	Examples   []Example  `json:"examples,omitempty"` // what must come out, before a trial may begin
}

// Example is a listing and what the policy must do with it.
type Example struct {
	Listing market.ListingID `json:"listing"`
	Expect  Action           `json:"expect"`
}

// Thresholds are the probabilities from which a verdict is Review or Fake.
type Thresholds struct {
	Review float64 `json:"review"`
	Fake   float64 `json:"fake"`
}

// Rule is one line of a policy.
type Rule struct {
	Name     string `json:"name"`
	When     string `json:"when"` // a condition in CEL over Variables
	Then     Action `json:"then"`
	Queue    string `json:"queue,omitempty"`    // where it waits for a person; a slug
	Priority int    `json:"priority,omitempty"` // 1 to 100; 0 is UsualPriority. Ten more is twice as urgent
	Off      bool   `json:"off,omitempty"`      // kept, but not asked
}

// Action is what a policy does with a listing.
type Action string

// The actions, the mildest first.
const (
	Pass     Action = "clear"    // nothing
	Look     Action = "review"   // a person looks
	Restrict Action = "restrict" // keep it from being found or sold: at once where the policy may act alone, else a person is asked to
	Remove   Action = "remove"   // take it off the marketplace, likewise
)

// Actions is every action, the mildest first.
func Actions() []Action { return []Action{Pass, Look, Restrict, Remove} }

// Treatment is what a policy made of one listing.
type Treatment struct {
	Action   Action       `json:"action"`
	Rule     string       `json:"rule"`            // the name of the rule that matched; empty when none did
	Queue    string       `json:"queue,omitempty"` // of Look and above
	Priority int          `json:"priority,omitempty"`
	Audit    bool         `json:"audit,omitempty"` // drawn for the standing audit
	Policy   PolicyNumber `json:"policy"`
}

// The bounds of a policy.
const (
	MaxRules      = 100
	MaxExamples   = 200
	MaxCondition  = 4_000 // runes of Rule.When
	MaxAudit      = 0.05
	UsualPriority = 50
	AuditPriority = 40

	maxTitle = 200 // runes
	maxNote  = 4_000
)

// AuditQueue is where listings drawn for the standing audit wait that nothing else brings before a person.
const AuditQueue = "audit"

// ShippedPolicy does what the verdict says: what is not clear, a person looks at; what is very likely a fake, first. One listing in a thousand
// is audited, for nobody knows how many fakes a machine misses who looks only where it points.
var ShippedPolicy = Policy{
	State: Retired,
	Terms: Terms{
		Title: "As shipped",
		Audit: 0.001,
		Costs: Costs{Currency: "USD", Miss: 60, Alarm: 12, Look: 1.5},
		Rules: []Rule{
			{Name: "Very likely a fake", When: `verdict == "fake"`, Then: Look, Queue: "likely", Priority: 60},
			{Name: "To be looked at", When: `verdict == "review"`, Then: Look, Queue: "unsure", Priority: 50},
		},
	},
}

// PolicyState says where a policy stands.
type PolicyState string

// The states of a policy.
const (
	Draft     PolicyState = "draft"     // being written
	OnTrial   PolicyState = "trial"     // runs beside the live one and over the past, and acts on nothing
	Proposed  PolicyState = "proposed"  // its trial is over and somebody asks to switch to it; it goes on running beside
	Live      PolicyState = "live"      // decides what happens
	Retired   PolicyState = "retired"   // was live
	Withdrawn PolicyState = "withdrawn" // given up
)

// PolicyStates is every state, in the order of the way.
func PolicyStates() []PolicyState {
	return []PolicyState{Draft, OnTrial, Proposed, Live, Retired, Withdrawn}
}

// policyMoves is the way of a policy. Back from Live is by going back to an earlier one, which makes that Live again.
var policyMoves = map[PolicyState][]PolicyState{
	Draft:    {OnTrial, Withdrawn},
	OnTrial:  {Draft, Proposed, Withdrawn},
	Proposed: {OnTrial, Draft, Live, Withdrawn},
	Live:     {Retired},
	Retired:  {Live},
}

func (p *Policy) move(to PolicyState) error {
	if !slices.Contains(policyMoves[p.State], to) {
		return fault.Conflict.Say("A policy that is %s cannot become %s.", string(p.State), string(to))
	}
	p.State = to
	return nil
}

// Clean is the terms without what means nothing: spaces around words, priorities that are the usual one.
func (t Terms) Clean() Terms {
	t.Title, t.Note, t.Model = strings.TrimSpace(t.Title), strings.TrimSpace(t.Note), strings.TrimSpace(t.Model)
	t.Rules = slices.Clone(t.Rules)
	for i := range t.Rules {
		r := &t.Rules[i]
		r.Name, r.When, r.Queue = strings.TrimSpace(r.Name), strings.TrimSpace(r.When), strings.TrimSpace(r.Queue)
		if r.Then == Pass {
			r.Queue, r.Priority = "", 0
		} else if r.Priority == 0 {
			r.Priority = UsualPriority
		}
	}
	return t
}

// Check holds terms against the rules for them. It returns fault.Invalid for each thing wrong, joined, each at its place: "rules[2].when".
func (t Terms) Check() error {
	var wrong []error
	if t.Title == "" {
		wrong = append(wrong, fault.Invalid.Say("Give the policy a title.").At("title"))
	}
	wrong = append(wrong, bounded("title", t.Title, maxTitle)...)
	wrong = append(wrong, bounded("note", t.Note, maxNote)...)
	if t.Thresholds != (Thresholds{}) && !(t.Thresholds.Review > 0 && t.Thresholds.Review <= t.Thresholds.Fake && t.Thresholds.Fake <= 1) {
		wrong = append(wrong, fault.Invalid.Say("The thresholds must rise from review to fake, between 0 and 1.").At("thresholds"))
	}
	if !(t.Audit >= 0 && t.Audit <= MaxAudit) {
		wrong = append(wrong, fault.Invalid.Say("At most %d in a hundred listings can be audited.", int(MaxAudit*100)).At("audit"))
	}
	wrong = append(wrong, t.Costs.check()...)
	if len(t.Rules) == 0 {
		wrong = append(wrong, fault.Invalid.Say("A policy needs a rule: without one every listing is clear.").At("rules"))
	}
	if len(t.Rules) > MaxRules {
		wrong = append(wrong, fault.Invalid.Say("A policy has at most %d rules.", MaxRules).At("rules"))
	}
	seen := map[string]bool{}
	for i := range t.Rules[:min(len(t.Rules), MaxRules)] {
		wrong = append(wrong, t.Rules[i].check(fmt.Sprintf("rules[%d].", i), seen)...)
	}
	if len(t.Examples) > MaxExamples {
		wrong = append(wrong, fault.Invalid.Say("A policy has at most %d examples.", MaxExamples).At("examples"))
	}
	for i, e := range t.Examples[:min(len(t.Examples), MaxExamples)] {
		if e.Listing == "" || db.Text(string(e.Listing)) != nil || !slices.Contains(Actions(), e.Expect) {
			wrong = append(wrong, fault.Invalid.Say("An example needs a listing's id and what is to be done with it.").At(fmt.Sprintf("examples[%d]", i)))
		}
	}
	return joined(wrong)
}

func (r *Rule) check(at string, seen map[string]bool) (wrong []error) {
	switch key := strings.ToLower(r.Name); {
	case r.Name == "":
		wrong = append(wrong, fault.Invalid.Say("Give the rule a name: it is what people see of it on a listing.").At(at+"name"))
	case seen[key]:
		wrong = append(wrong, fault.Invalid.Say("Another rule has this name.").At(at+"name"))
	default:
		seen[key] = true
		wrong = append(wrong, bounded(at+"name", r.Name, maxTitle)...)
	}
	if !slices.Contains(Actions(), r.Then) {
		wrong = append(wrong, fault.Invalid.Say("Choose what the rule does.").At(at+"then"))
	}
	if r.Queue != "" && !queueName(r.Queue) {
		wrong = append(wrong, fault.Invalid.Say("A queue's name has at most 40 small letters, digits and hyphens.").At(at+"queue"))
	}
	if r.Queue == AuditQueue {
		wrong = append(wrong, fault.Invalid.Say("The queue %q is that of the standing audit.", AuditQueue).At(at+"queue"))
	}
	if r.Priority < 0 || r.Priority > 100 {
		wrong = append(wrong, fault.Invalid.Say("The priority is between 1 and 100.").At(at+"priority"))
	}
	if _, err := compileCondition(r.When); err != nil {
		wrong = append(wrong, err.At(at+"when"))
	}
	return wrong
}

func queueName(s string) bool {
	return len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func bounded(at, s string, most int) []error {
	if f, ok := fault.As(db.Text(s)); ok {
		return []error{f.At(at)}
	}
	if utf8.RuneCountInString(s) > most {
		return []error{fault.Invalid.Say("Use at most %d characters.", most).At(at)}
	}
	return nil
}

// verdict is the verdict on a probability by the thresholds.
func (t Thresholds) verdict(p float64) Verdict {
	switch {
	case p >= t.Fake:
		return Fake
	case p >= t.Review:
		return Review
	}
	return Clear
}

// audited draws a share of listings for the standing audit. The draw is by the listing's id and content, not by chance: scanned again,
// the same listing is drawn again, and a new version is a new draw.
func audited(share float64, id string, content uint64) bool {
	if share <= 0 {
		return false
	}
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(offset)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * prime
	}
	h = (h ^ content) * prime
	// FNV's high bits mix poorly on short ids; a finaliser (Steele, Lea, Flood 2014) spreads them.
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return float64((h^h>>31)>>11) < share*math.Exp2(53)
}
