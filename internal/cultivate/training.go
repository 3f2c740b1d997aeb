package cultivate

import (
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
)

// LessonProgress is how far a maker is with one lesson.
type LessonProgress struct {
	Lesson   LessonID
	OpenedAt time.Time // zero: never
	PassedAt time.Time // zero: not yet
	Attempts int       // papers answered
	Extra    int       // attempts granted beyond the quiz's own
	Open     bool      // a paper lies open
}

// Passed reports whether the lesson's quiz is passed.
func (p LessonProgress) Passed() bool { return !p.PassedAt.IsZero() }

// Learnt is a maker's progress with every lesson it has opened.
type Learnt map[LessonID]LessonProgress

// Passed is the lessons passed.
func (l Learnt) Passed() []LessonID {
	var passed []LessonID
	for id, p := range l {
		if p.Passed() {
			passed = append(passed, id)
		}
	}
	slices.Sort(passed)
	return passed
}

// AttemptID is the identity of one attempt at a quiz.
type AttemptID string

// Attempt is one paper of a quiz in a maker's hand. Its seed deals the paper and stays in the house.
type Attempt struct {
	ID         AttemptID
	Maker      MakerID
	Lesson     LessonID
	BegunAt    time.Time
	AnsweredAt time.Time // zero while it is open
	By         access.UserID
	ByName     string
	Answers    Answers
	Grade      Grade // of an answered one; Items are dealt anew from the seed

	seed uint64
}

// PracticalState says how practical work stands.
type PracticalState string

// The states of practical work.
const (
	HandedIn PracticalState = "handed-in" // waits for a person of the programme
	SentBack PracticalState = "sent-back" // with words on what is missing
	Accepted PracticalState = "accepted"
)

// practicalMoves is the way of practical work; what was sent back is handed in anew.
var practicalMoves = map[PracticalState][]PracticalState{
	"":       {HandedIn},
	HandedIn: {HandedIn, SentBack, Accepted},
	SentBack: {HandedIn},
}

// PracticalID is the identity of a piece of practical work.
type PracticalID string

// Practical is what a maker did by what a lesson asks, with what shows it.
type Practical struct {
	ID         PracticalID
	Maker      MakerID
	Lesson     LessonID
	Text       string
	Documents  []blob.Hash
	State      PracticalState
	Words      string // of who looked at it
	HandedAt   time.Time
	HandedBy   access.UserID
	HandedName string
	SeenAt     time.Time // zero while nobody has looked
	SeenBy     access.UserID
	SeenName   string
	Version    int64
}

// The bounds of practical work.
const (
	maxPracticalText = 4_000 // runes
	MaxPracticalDocs = 6
)

// Certificate is the proof that a maker has passed the required lessons of its industry: a W3C credential in the form of an Open Badge (1EdTech Open Badges 3.0),
// signed, so that anybody can check it without asking.
type Certificate struct {
	ID        CertificateID
	Maker     MakerID
	Body      []byte // the credential as JSON
	IssuedAt  time.Time
	RevokedAt time.Time // zero while it stands
	Revoked   string    // why
	Entry     string
}

// CertificateID is the identity of a certificate; it is a part of its public address.
type CertificateID string

// credentialOf is what a certificate says, before it is signed. The contexts are those of the Verifiable Credentials Data Model 2.0 and of Open Badges 3.0.
func credentialOf(id CertificateID, issuer, site string, m Maker, i Industry, at time.Time) map[string]any {
	address := site + "/certificates/" + string(id)
	var taught []string
	for _, course := range i.Curriculum {
		if course.Required {
			taught = append(taught, course.Names.English+" / "+course.Names.Chinese)
		}
	}
	return map[string]any{
		"@context":  []string{"https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"},
		"id":        address,
		"type":      []string{"VerifiableCredential", "OpenBadgeCredential"},
		"name":      "Training passed: " + i.Names.English + " / " + i.Names.Chinese,
		"issuer":    map[string]any{"id": issuer, "type": []string{"Profile"}, "name": "Ownmark", "url": site},
		"validFrom": at.UTC().Format(time.RFC3339),
		"credentialSubject": map[string]any{
			"type":       []string{"AchievementSubject"},
			"identifier": []map[string]any{{"type": "IdentityObject", "hashed": false, "identityHash": m.Name, "identityType": "name"}},
			"achievement": map[string]any{
				"id": "urn:ownmark:curriculum:" + string(i.ID), "type": []string{"Achievement"}, "achievementType": "Certificate",
				"name":        "Curriculum: " + i.Names.English + " / " + i.Names.Chinese,
				"description": strings.Join(taught, "; "),
				"criteria":    map[string]any{"narrative": "Every required lesson's quiz passed, and the practical work accepted by a person. / 全部必修课测验合格，实践作业经人工验收。"},
			},
		},
	}
}
