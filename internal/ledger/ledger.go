// Package ledger remembers every decision and change so that nobody can alter the past unseen.
//
// A room calls Record in the transaction of what it records: the entry and the deed are whole together or absent
// together. A sequencer (Log.Sequence, Log.Run) gives entries their positions in a Merkle log as of RFC 6962, and
// signs a checkpoint: the log's size and root hash. From then on a changed, dropped, moved or added entry no longer
// gives the signed root. Formats are those of C2SP, so that other tools can read them: tlog-tiles, tlog-checkpoint,
// tlog-proof and signed-note (https://c2sp.org), through golang.org/x/mod/sumdb/tlog and note.
//
// # What a leaf commits to
//
// The leaf of an entry is one JSON object without white space, its members in this order:
//
//	{"id":"…","at":1795000000000000,"kind":"…","subject":"…","actor":"…","body":…}
//
// at is microseconds since 1970 UTC. Strings escape only the quotation mark, the backslash and control characters, as
// RFC 8785 (3.2.2.2) has them. body is the text as recorded, byte by byte. Where that would make the leaf longer than 65,535 bytes,
// which is all that an entry bundle of tlog-tiles can hold, the last member is "body_sha256":"…" instead, in hexadecimal.
// The leaf hash is SHA-256 of a zero byte and the leaf.
//
// # What it does not prove
//
// An entry can be altered unseen before it is sequenced, which takes about a second. Who holds both the database and
// the key can write a whole new log: only a checkpoint kept elsewhere (VerifyOptions.Against) tells. And the ledger speaks of its own rows; whether a
// room's rows still say the same is for the room's Attestor.
package ledger

import (
	"context"
	"encoding/base64"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Log is the Merkle log over the ledger's entries.
type Log struct {
	// DB holds entries, hashes and checkpoints.
	DB *db.DB
	// Key signs checkpoints; nil for a Log that only reads.
	Key *Key
	// CheckpointFile is where Run writes the newest checkpoint, outside the database, for a later Verify to hold the
	// log against. Empty: nowhere.
	CheckpointFile string
	// Published, when set, is told by Run of each new checkpoint.
	Published func(Checkpoint)

	nudge chan struct{}

	mu        sync.Mutex
	attestors []namedAttestor
}

// Open makes a Log. key may be nil where nothing is to be signed.
func Open(d *db.DB, key *Key) *Log {
	return &Log{DB: d, Key: key, nudge: make(chan struct{}, 1)}
}

// Newest is the newest checkpoint. It returns fault.NotFound while nothing has been sequenced.
func (l *Log) Newest(ctx context.Context) (Checkpoint, error) {
	var c Checkpoint
	err := l.DB.View(ctx, func(tx *db.Tx) (err error) {
		c, err = newest(tx)
		return err
	})
	return c, err
}

func newest(tx *db.Tx) (Checkpoint, error) {
	row, err := db.One(tx, scanCheckpoint, newestCheckpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	return row.checkpoint()
}

// Status is what a page or a metric shows of the log.
type Status struct {
	Size        int64     // entries in the log
	Unsequenced int64     // entries not yet in it
	Root        string    // base64; empty while the log is
	At          time.Time // of the newest checkpoint
	Verifier    string    // the key that signs, as note.NewVerifier reads it
}

// Status tells how the log stands.
func (l *Log) Status(ctx context.Context) (Status, error) {
	var s Status
	err := l.DB.View(ctx, func(tx *db.Tx) (err error) {
		s = Status{}
		if err := tx.QueryRow(head).Scan(&s.Size, &s.Verifier); err != nil {
			return err
		}
		if s.Unsequenced, err = db.One(tx, db.Value[int64], countUnsequenced); err != nil {
			return err
		}
		row, err := db.One(tx, scanCheckpoint, newestCheckpoint)
		if fault.Of(err) == fault.NotFound {
			return nil
		}
		s.Root, s.At = row.root, db.Time(row.at)
		return err
	})
	return s, err
}

func base64Hash(h tlog.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
