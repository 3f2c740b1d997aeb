package ledger

import (
	"encoding/json"
	"fmt"

	"github.com/ownmark/ownmark/internal/db"
)

// Record writes an entry in the transaction of what it records and gives its id. kind is the event's name
// ("decision.made"), subject what it is about ("listing:L1"), actor who did it ("user:…"). body is kept as JSON and is what the
// Merkle leaf commits to, together with the rest.
func Record(tx *db.Tx, kind, subject, actor string, body any) (string, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("record %s of %s: %w", kind, subject, err)
	}
	id := db.NewID()
	_, err = tx.Exec(insertEntry, id, db.Micros(tx.Now()), kind, subject, actor, string(raw))
	return id, err
}

const insertEntry = `insert into ledger_entry (id, at, kind, subject, actor, body) values ($1, $2, $3, $4, $5, $6)`
