package cultivate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Field is one question of a form that saves itself answer by answer: an application, an inspector's report. What is typed is kept as it is, right or not;
// whether it can be handed in is asked at the end.
type Field struct {
	Name     string
	Kind     FieldKind
	Words    Words
	Hint     Words // what is expected; may be empty
	Choices  []FieldChoice
	Required bool
	Most     int // runes; 0 means maxName
}

// FieldKind says what a field's answer is.
type FieldKind string

// The kinds of field.
const (
	TextField     FieldKind = "text"
	LongField     FieldKind = "long"     // several lines
	WholeField    FieldKind = "whole"    // a count: 0, 1, 2 …
	PercentField  FieldKind = "percent"  // 0 to 100
	ChangeField   FieldKind = "change"   // in percent; may be below nothing
	MoneyField    FieldKind = "money"    // in major units of the currency asked beside it
	CurrencyField FieldKind = "currency" // ISO 4217
	CountryField  FieldKind = "country"  // ISO 3166-1 alpha-2
	DayField      FieldKind = "day"      // 2006-01-02
	ChoiceField   FieldKind = "choice"
)

// FieldChoice is one answer of a ChoiceField.
type FieldChoice struct {
	Value string
	Words Words
}

// most is how many runes the answer may have.
func (f Field) most() int {
	if f.Most > 0 {
		return f.Most
	}
	return maxName
}

// Reply is what stands in a field.
type Reply struct {
	Value  string
	ByName string
	At     time.Time
}

// Edit is one answer as somebody's page sends it. Was is the Digest of what stood in the field when they began: it tells an answer that they changed from
// one that only their page still shows.
type Edit struct{ Field, Value, Was string }

// Collision is an answer that two people changed from the same one. What was first stays until somebody looks at both.
type Collision struct {
	Field  string
	Yours  string
	Theirs string
	ByName string
	At     time.Time
}

// Digest names an answer in a few characters; that of no answer is empty.
func Digest(value string) string {
	if value == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}

// tidy is an answer without what a browser or a hand adds.
func tidy(value string) string {
	return strings.TrimSpace(norm.NFC.String(strings.ReplaceAll(value, "\r\n", "\n")))
}

// merge says which of the edits change what stands, and which collide with what somebody else has written meanwhile. The same edit twice is one.
func merge(stands map[string]Reply, edits []Edit) (write []Edit, collisions []Collision) {
	for _, e := range edits {
		now := stands[e.Field]
		e.Value = tidy(e.Value)
		switch {
		case e.Value == now.Value || Digest(e.Value) == e.Was:
			// Nothing new, or nothing that this person changed.
		case Digest(now.Value) == e.Was:
			write = append(write, e)
		default:
			collisions = append(collisions, Collision{e.Field, e.Value, now.Value, now.ByName, now.At})
		}
	}
	return write, collisions
}

// checkEdits returns fault.Invalid for each edit of a field that there is not, or that is too long.
func checkEdits(edits []Edit, field func(name string) (Field, bool)) error {
	var wrong []error
	for _, e := range edits {
		f, ok := field(e.Field)
		if !ok {
			wrong = append(wrong, fault.Invalid.Say("There is no such field."))
			continue
		}
		wrong = append(wrong, checkText(f.Name, e.Value, f.most()))
	}
	return errors.Join(wrong...)
}

const (
	sheetReplies = `select field, value, by_name, at from sheet_reply where sheet = $1`
	writeReply   = `insert into sheet_reply (sheet, field, value, by_name, at) values ($1, $2, $3, $4, $5)
		on conflict (sheet, field) do update set value = excluded.value, by_name = excluded.by_name, at = excluded.at`
)

// replies is everything that stands in a form.
func replies(tx *db.Tx, name string) (map[string]Reply, error) {
	all := map[string]Reply{}
	_, err := db.All(tx, func(r db.Row) (n struct{}, err error) {
		var field string
		var reply Reply
		var at int64
		err = r.Scan(&field, &reply.Value, &reply.ByName, &at)
		reply.At = db.Time(at)
		all[field] = reply
		return n, err
	}, sheetReplies, name)
	return all, err
}

// keepEdits writes edits that checkEdits let through and gives what stands then.
func keepEdits(tx *db.Tx, by access.User, name string, edits []Edit) (stands map[string]Reply, collisions []Collision, err error) {
	if stands, err = replies(tx, name); err != nil {
		return nil, nil, err
	}
	write, collisions := merge(stands, edits)
	for _, e := range write {
		if _, err := tx.Exec(writeReply, name, e.Field, e.Value, by.Name, db.Micros(tx.Now())); err != nil {
			return nil, nil, err
		}
		stands[e.Field] = Reply{e.Value, by.Name, tx.Now()}
	}
	return stands, collisions, nil
}
