package ledger

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Proof shows that an entry stands at a position of the log that a checkpoint signs. Its text is a C2SP tlog-proof, which
// VerifyProof and other tools check without the log.
type Proof struct {
	Position   int64
	Hashes     []tlog.Hash // RFC 6962, 2.1.1, from the leaf's sibling up
	Checkpoint Checkpoint
}

const proofHeader = "c2sp.org/tlog-proof@v1"

// MarshalText writes the proof in the tlog-proof format.
func (p Proof) MarshalText() ([]byte, error) {
	b := fmt.Appendf(nil, "%s\nindex %d\n", proofHeader, p.Position)
	for _, h := range p.Hashes {
		b = append(append(b, base64Hash(h)...), '\n')
	}
	return append(append(b, '\n'), p.Checkpoint.Note...), nil
}

// UnmarshalText reads a proof without checking it. It returns fault.Invalid.
func (p *Proof) UnmarshalText(text []byte) error {
	read, err := parseProof(string(text))
	if err != nil {
		return fault.Invalid.Say("This is not a proof of a ledger.").Because(err)
	}
	*p = read
	return nil
}

// maxProofHashes is the height of a tree of 2^63 leaves.
const maxProofHashes = 63

func parseProof(text string) (Proof, error) {
	if len(text) > maxNote+8<<10 {
		return Proof{}, errors.New("too long")
	}
	start, signed, ok := strings.Cut(text, "\n\n")
	if !ok {
		return Proof{}, errors.New("no checkpoint")
	}
	lines := strings.Split(start, "\n")
	if lines[0] != proofHeader {
		return Proof{}, errors.New("another header")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:] // what is said there is not covered by the proof, and we have no use for it
	}
	if len(lines) == 0 {
		return Proof{}, errors.New("no index")
	}
	number, ok := strings.CutPrefix(lines[0], "index ")
	position, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || position < 0 || strconv.FormatInt(position, 10) != number {
		return Proof{}, errors.New("the index is no plain number")
	}
	if len(lines)-1 > maxProofHashes {
		return Proof{}, errors.New("more hashes than a tree is high")
	}
	p := Proof{Position: position}
	for _, line := range lines[1:] {
		h, err := parseHash(line)
		if err != nil {
			return Proof{}, err
		}
		p.Hashes = append(p.Hashes, h)
	}
	p.Checkpoint, err = ParseCheckpoint([]byte(signed))
	return p, err
}

// Prove gives the proof of an entry under the newest checkpoint. It returns fault.NotFound, or fault.Unavailable when the entry is not in the
// log yet: try again in a moment.
func (l *Log) Prove(ctx context.Context, entryID string) (Proof, error) {
	var p Proof
	err := l.DB.View(ctx, func(tx *db.Tx) error {
		e, err := entry(tx, entryID)
		if err != nil {
			return err
		}
		if e.Position == Unsequenced {
			return fault.Unavailable.Say("This entry is not in the log yet. Try again in a moment.")
		}
		c, err := newest(tx)
		if err != nil {
			return err
		}
		if e.Position < 0 || e.Position >= c.Size {
			return fault.Conflict.Say("This entry stands past the end of the log. Verify the ledger.")
		}
		hashes, err := tlog.ProveRecord(c.Size, e.Position, &hashReader{tx: tx})
		p = Proof{Position: e.Position, Hashes: hashes, Checkpoint: c}
		return err
	})
	return p, err
}

// VerifyProof checks offline that the entry, as given, stands where the proof says in a log whose key is verifier's.
// It returns fault.Invalid with what is wrong.
func VerifyProof(p Proof, e Entry, verifier note.Verifier) error {
	c, err := OpenCheckpoint([]byte(p.Checkpoint.Note), verifier)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Position, e.Hash()); err != nil {
		return fault.Invalid.Say("The proof does not lead from this entry to the signed root.").Because(err)
	}
	return nil
}

// ConsistencyProof shows that a log of one size begins with the log of a smaller one (RFC 6962, 2.1.2).
type ConsistencyProof struct {
	OldSize int64       `json:"old_size"`
	NewSize int64       `json:"new_size"`
	Hashes  []tlog.Hash `json:"hashes"`
}

// Consistency proves that the log at newSize begins with the log at oldSize. It returns fault.Invalid for sizes the
// log never had.
func (l *Log) Consistency(ctx context.Context, oldSize, newSize int64) (ConsistencyProof, error) {
	p := ConsistencyProof{OldSize: oldSize, NewSize: newSize}
	err := l.DB.View(ctx, func(tx *db.Tx) (err error) {
		var size int64
		var verifier string
		if err := tx.QueryRow(head).Scan(&size, &verifier); err != nil {
			return err
		}
		if oldSize < 0 || oldSize > newSize || newSize > size {
			return fault.Invalid.Say("The log has %d entries and was never of these sizes.", size)
		}
		if oldSize == 0 {
			return nil // every log begins with the empty one
		}
		p.Hashes, err = tlog.ProveTree(newSize, oldSize, &hashReader{tx: tx})
		return err
	})
	return p, err
}

// VerifyConsistency checks that newer's log begins with older's. Whether the checkpoints are signed is for OpenCheckpoint to say.
// It returns fault.Invalid with what is wrong.
func VerifyConsistency(p ConsistencyProof, older, newer Checkpoint) error {
	forked := fault.Invalid.Say("The newer checkpoint does not continue the older one.")
	if p.OldSize != older.Size || p.NewSize != newer.Size || older.Size > newer.Size || older.Origin != newer.Origin {
		return forked.Because(errors.New("the proof is about other checkpoints"))
	}
	if older.Size == 0 {
		if older.Root != emptyRoot || len(p.Hashes) > 0 {
			return forked.Because(errors.New("an empty log has one root"))
		}
		return nil
	}
	if err := tlog.CheckTree(p.Hashes, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return forked.Because(err)
	}
	return nil
}
