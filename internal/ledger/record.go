package ledger

import (
	"encoding/json"
	"fmt"

	"github.com/ownmark/ownmark/internal/db"
)

// maxName bounds kind, subject and actor, in bytes.
const maxName = 1024

// Record writes an entry in the transaction of what it records and gives its id. kind is the event's name
// ("decision.made"), subject what it is about ("listing:L1"), actor who did it (access.User.Actor). body is kept as JSON
// and is what the Merkle leaf commits to, together with the rest; it holds no secret, since whoever reads the ledger
// reads it. An error is the caller's mistake or the database's.
func Record(tx *db.Tx, kind, subject, actor string, body any) (string, error) {
	for _, name := range []string{kind, subject, actor} {
		if name == "" || len(name) > maxName || !storable(name) {
			return "", fmt.Errorf("record %q of %.100q by %.100q: a name is empty, too long or not text", kind, subject, actor)
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("record %s of %s: %w", kind, subject, err)
	}
	id := db.NewID()
	_, err = tx.Exec(insertEntry, id, db.Micros(tx.Now()), kind, subject, actor, string(raw))
	return id, err
}
