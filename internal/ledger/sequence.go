package ledger

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

const (
	// sequenceBatch is how many entries one transaction takes, and one checkpoint covers.
	sequenceBatch = 4096
	// updateRows is how many of them one statement updates: two arguments a row, of SQLite's 32,766.
	updateRows = 1024
	// tick is how long an entry waits at most for its position when nobody nudges.
	tick = 2 * time.Second
	// pause is the least time between two rounds, so that a steady flow of nudges does not make a checkpoint each.
	pause = 250 * time.Millisecond
)

// Sequence takes every entry not yet in the log, gives each its position, extends the hashes and signs checkpoints, a bounded
// number of entries in each transaction. It says how many it took. Several processes may do it at once: one waits for
// the other.
//
// Positions are the order of the log. On PostgreSQL an entry may commit after another with a greater id was
// sequenced; it then stands behind it.
//
// It returns fault.Conflict when the log is signed by another key, or when the stored hashes no longer give the root that was signed last: what
// contradicts an earlier checkpoint is never signed.
func (l *Log) Sequence(ctx context.Context) (int, error) {
	if l.Key == nil {
		return 0, fault.Invalid.Say("This ledger was opened for reading: it has no key.")
	}
	total := 0
	for {
		n, err := l.sequenceSome(ctx)
		total += n
		if err != nil {
			return total, fmt.Errorf("sequence the ledger: %w", err)
		}
		if n < sequenceBatch {
			return total, nil
		}
	}
}

func (l *Log) sequenceSome(ctx context.Context) (n int, err error) {
	// Looking first keeps an idle sequencer from writing.
	var waiting int64
	err = l.DB.View(ctx, func(tx *db.Tx) (err error) {
		waiting, err = db.One(tx, db.Value[int64], anyUnsequenced)
		return err
	})
	if err != nil || waiting == 0 {
		return 0, err
	}
	err = l.DB.Tx(ctx, func(tx *db.Tx) error {
		n = 0
		// The row lock makes other sequencers wait here; what they read afterwards is what this one committed.
		var size int64
		var verifier string
		if err := tx.QueryRow(lockHead).Scan(&size, &verifier); err != nil {
			return err
		}
		if verifier != "" && verifier != l.Key.VerifierKey() {
			return fault.Conflict.Say("The ledger is signed by another key: %s. Give this process that key file, or none.", verifier)
		}
		entries, err := db.All(tx, scanEntry, nextUnsequenced, sequenceBatch)
		if err != nil || len(entries) == 0 {
			return err
		}
		right, err := loadEdge(tx, size)
		if err != nil {
			return err
		}
		if err := unbroken(tx, right); err != nil {
			return err
		}
		right.full = func(at place, hashes []byte) error {
			_, err := tx.Exec(writeTile, at.level, at.number, hashes)
			return err
		}
		for _, e := range entries {
			if err := right.append(e.Hash()); err != nil {
				return err
			}
		}
		err = right.partial(func(at place, t tile) error {
			if !t.changed {
				return nil
			}
			return right.full(at, t.hashes)
		})
		if err != nil {
			return err
		}
		if err := givePlaces(tx, entries, size); err != nil {
			return err
		}
		root, err := right.root()
		if err != nil {
			return err
		}
		c, err := l.Key.sign(right.size, root)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertCheckpoint, c.Size, base64Hash(c.Root), c.Note, db.Micros(tx.Now())); err != nil {
			return err
		}
		moved, err := tx.Exec(moveHead, right.size, l.Key.VerifierKey(), size)
		if err == nil && moved != 1 {
			err = fmt.Errorf("the head moved from %d while it was held", size)
		}
		n = len(entries)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// unbroken checks that the stored hashes still give the root that was signed last.
func unbroken(tx *db.Tx, right *edge) error {
	last, err := newest(tx)
	if fault.Of(err) == fault.NotFound {
		last, err = Checkpoint{Root: emptyRoot}, nil
	}
	if err != nil {
		return err
	}
	root, err := right.root()
	if err != nil || last.Size != right.size || last.Root != root {
		return fault.Conflict.Say("The ledger no longer fits its last checkpoint. Nothing more is signed. Verify the ledger.").Because(err)
	}
	return nil
}

// givePlaces gives entries the positions from first on.
func givePlaces(tx *db.Tx, entries []Entry, first int64) error {
	for len(entries) > 0 {
		some := entries[:min(len(entries), updateRows)]
		args := make([]any, 0, 2*len(some))
		for i, e := range some {
			args = append(args, e.ID, first+int64(i))
		}
		placed, err := tx.Exec(givePositions(len(some)), args...)
		if err != nil {
			return err
		}
		if placed != int64(len(some)) {
			return fmt.Errorf("placed %d of %d entries", placed, len(some))
		}
		entries, first = entries[len(some):], first+int64(len(some))
	}
	return nil
}

// Nudge tells Run that there is something to sequence. It never waits.
func (l *Log) Nudge() {
	select {
	case l.nudge <- struct{}{}:
	default:
	}
}

// Run sequences until ctx ends: soon after each Nudge and now and then by itself. After each round it writes the newest checkpoint to CheckpointFile.
// Errors are logged and tried again; it returns nil when ctx ends.
func (l *Log) Run(ctx context.Context) error {
	every := time.NewTicker(tick)
	defer every.Stop()
	var told int64
	for {
		if err := l.round(ctx, &told); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "ledger not sequenced", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.nudge:
		case <-every.C:
		}
	}
}

func (l *Log) round(ctx context.Context, told *int64) error {
	if _, err := l.Sequence(ctx); err != nil {
		return err
	}
	c, err := l.Newest(ctx)
	if fault.Of(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if c.Size == *told {
		return nil
	}
	if err := l.keepOutside(ctx, c); err != nil {
		return err
	}
	*told = c.Size
	if l.Published != nil {
		l.Published(c)
	}
	return nil
}

// keepOutside writes c to CheckpointFile, unless the file holds a checkpoint that c contradicts: then the file is the
// proof that the log was forked or cut, and it is left alone.
func (l *Log) keepOutside(ctx context.Context, c Checkpoint) error {
	if l.CheckpointFile == "" {
		return nil
	}
	kept, err := ReadCheckpoint(l.CheckpointFile)
	switch {
	case fault.Of(err) == fault.NotFound:
	case err != nil:
		return err
	case kept.Size > c.Size || kept.Origin != c.Origin:
		return contradicts(l.CheckpointFile)
	case kept.Size > 0:
		var root tlog.Hash
		err := l.DB.View(ctx, func(tx *db.Tx) (err error) {
			root, err = tlog.TreeHash(kept.Size, &hashReader{tx: tx})
			return err
		})
		if err != nil {
			return err
		}
		if root != kept.Root {
			return contradicts(l.CheckpointFile)
		}
		if kept.Size == c.Size {
			return nil
		}
	}
	return replaceFile(l.CheckpointFile, []byte(c.Note), 0o644)
}

func contradicts(path string) error {
	return fault.Conflict.Say("The ledger contradicts the checkpoint kept in %s. Verify the ledger.", path)
}
