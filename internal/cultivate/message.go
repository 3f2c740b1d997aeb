package cultivate

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// MessageID is the identity of a message.
type MessageID string

// Message is what somebody wrote in the conversation between a maker and the programme. There is one conversation a maker, and nothing in it is changed.
type Message struct {
	ID     MessageID
	Maker  MakerID
	Side   Side // of who wrote it
	Text   string
	By     access.UserID
	ByName string
	At     time.Time
	Entry  string // the ledger entry, which keeps the text's hash

	Attachments []Attachment
}

// AttachmentID is the identity of an attachment.
type AttachmentID string

// Attachment is a file that hangs on something of a maker. Its content is in the blob store.
type Attachment struct {
	ID     AttachmentID
	Maker  MakerID
	Of     AttachedTo
	OfID   string
	Hash   blob.Hash
	Name   string // as the person's device called it
	ByName string
	At     time.Time
}

// AttachedTo says what an attachment hangs on.
type AttachedTo string

// What attachments hang on.
const (
	OnMessage AttachedTo = "message"
	OnAction  AttachedTo = "action"

	OnApplication AttachedTo = "application"
	OnPractical   AttachedTo = "practical" // work; what a device called its files is not kept

	OnVisit     AttachedTo = "visit" // a report's photos, which the firm does not see
	OnGivenUp   AttachedTo = "given-up"
	OnFiling    AttachedTo = "filing"
	OnBrandFile AttachedTo = "brand-file"
	OnHearing   AttachedTo = "hearing"

	OnKit AttachedTo = "kit" // what campaigns are made of: logos, photos, texts
)

// SentFile is a content that is in the store already, with the name it came with.
type SentFile struct {
	Hash blob.Hash
	Name string
}

// maxSent bounds what is sent at once.
const maxSent = 10

// checkFiles returns fault.Invalid for files that cannot be kept. field names them.
func checkFiles(field string, files []SentFile) error {
	if len(files) > maxSent {
		return fault.Invalid.Say("Send at most %d files at once.", maxSent).At(field)
	}
	for _, f := range files {
		if f.Hash == (blob.Hash{}) || db.Text(f.Name) != nil {
			return fault.Invalid.Say("This file cannot be kept.").At(field)
		}
	}
	return nil
}

// fileName is a name short enough to be kept; its end, where the kind of file stands, stays.
func fileName(name string) string {
	name = strings.TrimSpace(name)
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName/2]) + "…" + string(runes[len(runes)-maxName/2+1:])
	}
	if name == "" || !utf8.ValidString(name) {
		return "file"
	}
	return name
}
