package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ownmark/ownmark/internal/fault"
)

// emptyRoot is the root of the tree without leaves: SHA-256 of nothing (RFC 6962, 2.1).
var emptyRoot = func() tlog.Hash {
	h, err := tlog.TreeHash(0, tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, nil }))
	if err != nil {
		panic(err)
	}
	return h
}()

// Checkpoint is the log's size and root hash, with the note that signs it (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Note   string // the signed note, as sent and kept
}

// String is the signed note.
func (c Checkpoint) String() string { return c.Note }

// maxNote bounds the text of a checkpoint with its signatures, in bytes.
const maxNote = 64 << 10

func (k *Key) sign(size int64, root tlog.Hash) (Checkpoint, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", k.Origin(), size, base64Hash(root))
	signed, err := note.Sign(&note.Note{Text: text}, k.signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign checkpoint of size %d: %w", size, err)
	}
	return Checkpoint{Origin: k.Origin(), Size: size, Root: root, Note: string(signed)}, nil
}

// ParseCheckpoint reads a checkpoint WITHOUT checking who signed it. It returns fault.Invalid.
func ParseCheckpoint(signed []byte) (Checkpoint, error) {
	text, signatures, ok := strings.Cut(string(signed), "\n\n")
	if len(signed) > maxNote || !ok || !strings.HasPrefix(signatures, "— ") {
		return Checkpoint{}, badCheckpoint(errors.New("no signed note"))
	}
	return parseCheckpointText(text+"\n", string(signed))
}

// OpenCheckpoint reads a checkpoint and checks that verifier's key signed it. It returns fault.Invalid.
func OpenCheckpoint(signed []byte, verifier note.Verifier) (Checkpoint, error) {
	if len(signed) > maxNote {
		return Checkpoint{}, badCheckpoint(errors.New("too long"))
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fault.Invalid.Say("The checkpoint is not signed by the key %s.", verifier.Name()).Because(err)
	}
	c, err := parseCheckpointText(n.Text, string(signed))
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != verifier.Name() {
		return Checkpoint{}, fault.Invalid.Say("The checkpoint is of another log: %s.", c.Origin)
	}
	return c, nil
}

func parseCheckpointText(text, signed string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return Checkpoint{}, badCheckpoint(errors.New("fewer than three lines"))
	}
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			return Checkpoint{}, badCheckpoint(errors.New("an empty line"))
		}
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, badCheckpoint(errors.New("the size is no plain number"))
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, badCheckpoint(err)
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root, Note: signed}, nil
}

func badCheckpoint(cause error) error {
	return fault.Invalid.Say("This is not a checkpoint of a ledger.").Because(cause)
}

// parseHash reads a hash in the one base64 form it has; other spellings of the same bytes are refused.
func parseHash(text string) (tlog.Hash, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != tlog.HashSize || base64.StdEncoding.EncodeToString(raw) != text {
		return tlog.Hash{}, errors.New("a hash cannot be read")
	}
	return tlog.Hash(raw), nil
}

// ReadCheckpoint reads the checkpoint kept in a file, without checking who signed it. It returns fault.NotFound or
// fault.Invalid.
func ReadCheckpoint(path string) (Checkpoint, error) {
	signed, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Checkpoint{}, fault.NotFound.Say("There is no checkpoint at %s.", path)
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %w", err)
	}
	return ParseCheckpoint(signed)
}
