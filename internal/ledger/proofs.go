package ledger

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// ProveAll gives several entries with their proofs, all under one checkpoint, in the order asked for. It returns fault.NotFound when one does not exist, or
// fault.Unavailable when one is not in the log yet: try again in a moment.
func (l *Log) ProveAll(ctx context.Context, ids []string) (entries []Entry, proofs []Proof, c Checkpoint, err error) {
	err = l.DB.View(ctx, func(tx *db.Tx) error {
		entries, proofs = nil, nil
		if c, err = newest(tx); err != nil {
			return err
		}
		hashes := &hashReader{tx: tx}
		for _, id := range ids {
			e, err := entry(tx, id)
			if err != nil {
				return err
			}
			if e.Position < 0 || e.Position >= c.Size {
				return fault.Unavailable.Say("This entry is not in the log yet. Try again in a moment.")
			}
			path, err := tlog.ProveRecord(c.Size, e.Position, hashes)
			if err != nil {
				return err
			}
			entries, proofs = append(entries, e), append(proofs, Proof{Position: e.Position, Hashes: path, Checkpoint: c})
		}
		return nil
	})
	return entries, proofs, c, err
}
