package enforce

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Custody is one line of an exhibit's chain of custody: who had it, from when, where, and what was done with it. Lines are only ever added: a
// mistake is corrected by a further line.
type Custody struct {
	ID      string    `json:"id"`
	Exhibit string    `json:"exhibit"` // "test-buy:ID" or "fact:ID"
	At      time.Time `json:"at"`      // when it happened
	Holder  string    `json:"holder"`
	Place   string    `json:"place"`
	What    string    `json:"what"`             // "bought", "received", "handed to the laboratory"
	Seal    string    `json:"seal,omitempty"`   // the number on the seal
	Hashes  []string  `json:"sha256,omitempty"` // of documents and photographs of the case that show it

	NotedAt time.Time `json:"noted_at"` // when it was written down
	NotedBy string    `json:"noted_by"`
	Entry   string    `json:"-"` // the ledger entry that records it
}

// maxHashes is how many documents a line of custody names.
const maxHashes = 50

// check returns fault.Invalid for each thing wrong.
func (c Custody) check(now time.Time) error {
	var wrong []error
	for _, text := range []struct {
		field, value string
		must         bool
	}{{"holder", c.Holder, true}, {"where", c.Place, true}, {"what", c.What, true}, {"seal", c.Seal, false}} {
		if text.must && text.value == "" {
			wrong = append(wrong, fault.Invalid.Say("Say who had it, where, and what was done.").At(text.field))
		}
		if f := checkText(text.value, maxTitle); f != nil {
			wrong = append(wrong, f.At(text.field))
		}
	}
	if c.At.IsZero() || c.At.After(now) {
		wrong = append(wrong, fault.Invalid.Say("Say when it happened; it cannot lie ahead.").At("at"))
	}
	if len(c.Hashes) > maxHashes {
		wrong = append(wrong, fault.Invalid.Say("Name at most %d documents.", maxHashes).At("documents"))
	}
	return errors.Join(wrong...)
}

// NoteCustody adds a line to the chain of custody of an exhibit of the case: a test buy's goods, or seized ones. The same request twice is one line.
func (c *Cases) NoteCustody(ctx context.Context, by access.User, id CaseID, line Custody, request string) (Custody, error) {
	_, err := c.change(ctx, by, access.CaseEdit, id, 0, request, func(tx *db.Tx, m *Case) (deed, error) {
		if err := isExhibit(tx, id, line.Exhibit); err != nil {
			return nothing, err
		}
		if err := takeCustody(tx, by, *m, &line); err != nil {
			return nothing, err
		}
		return deed{kind: ActCustody, subject: line.Exhibit, words: line.What + optional(", ", line.Holder) + optional(", ", line.Place), detail: map[string]string{"custody": line.ID}}, nil
	})
	return line, err
}

// takeCustody checks, records and keeps a line.
func takeCustody(tx *db.Tx, by access.User, m Case, line *Custody) error {
	line.Holder, line.Place, line.What, line.Seal = strings.TrimSpace(line.Holder), strings.TrimSpace(line.Place), strings.TrimSpace(line.What), strings.TrimSpace(line.Seal)
	line.At = line.At.UTC().Truncate(time.Microsecond)
	if err := line.check(tx.Now()); err != nil {
		return err
	}
	for _, hash := range line.Hashes {
		if db.Text(hash) != nil {
			return fault.Invalid.Say("There is no such document in the case.").At("documents")
		}
		if known, err := db.One(tx, db.Value[bool], hasDocument, string(m.ID), hash); err != nil {
			return err
		} else if !known {
			return fault.Invalid.Say("There is no such document in the case.").At("documents")
		}
	}
	line.ID, line.NotedAt, line.NotedBy = db.NewID(), tx.Now(), by.Name
	entry, err := ledger.Record(tx, "custody.noted", line.Exhibit, by.Actor(), line)
	if err != nil {
		return err
	}
	line.Entry = entry
	hashes, err := json.Marshal(line.Hashes)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeCustody, line.ID, string(m.ID), line.Exhibit, db.Micros(line.At), line.Holder, line.Place, line.What, line.Seal, string(hashes), db.Micros(line.NotedAt), line.NotedBy, line.Entry)
	return err
}

// isExhibit returns fault.Invalid for what is no exhibit of the case.
func isExhibit(tx *db.Tx, id CaseID, exhibit string) error {
	none := fault.Invalid.Say("Choose an exhibit.").At("exhibit")
	kind, which, ok := strings.Cut(exhibit, ":")
	if !ok || db.Text(which) != nil {
		return none
	}
	query := map[string]string{"test-buy": isTestBuy, "fact": isSeizure}[kind]
	if query == "" {
		return none
	}
	known, err := db.One(tx, db.Value[bool], query, string(id), which)
	if err == nil && !known {
		return none
	}
	return err
}

// CustodyLog is every line of custody of the case, by exhibit and time.
func (c *Cases) CustodyLog(ctx context.Context, by access.User, id CaseID) (all []Custody, err error) {
	err = c.view(ctx, by, access.EvidenceRead, id, func(tx *db.Tx) error {
		all, err = db.All(tx, scanCustody, custodyOf, string(id))
		return err
	})
	return all, err
}

const (
	writeCustody = `insert into custody (id, matter, exhibit, at, holder, place, what, seal, hashes, noted_at, noted_by, entry) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	custodyOf    = `select id, exhibit, at, holder, place, what, seal, hashes, noted_at, noted_by, entry from custody where matter = $1 order by exhibit, at, id`
	hasDocument  = `select exists (select 1 from matter_document where matter = $1 and hash = $2)`
	isTestBuy    = `select exists (select 1 from test_buy where matter = $1 and id = $2 and stage <> 'planned')`
	isSeizure    = `select exists (select 1 from fact where matter = $1 and id = $2 and kind = 'seizure')`
)

func scanCustody(r db.Row) (c Custody, err error) {
	var at, noted int64
	var hashes string
	if err := r.Scan(&c.ID, &c.Exhibit, &at, &c.Holder, &c.Place, &c.What, &c.Seal, &hashes, &noted, &c.NotedBy, &c.Entry); err != nil {
		return c, err
	}
	c.At, c.NotedAt = db.Time(at), db.Time(noted)
	return c, json.Unmarshal([]byte(hashes), &c.Hashes)
}
