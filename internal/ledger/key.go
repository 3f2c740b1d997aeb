package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/keyfile"
)

// Key signs checkpoints. Its name is the log's origin: the first line of each checkpoint.
type Key struct {
	signer   note.Signer
	verifier note.Verifier
	public   string
}

// Origin is the name of the log.
func (k *Key) Origin() string { return k.signer.Name() }

// Verifier checks what the key signed.
func (k *Key) Verifier() note.Verifier { return k.verifier }

// VerifierKey is the public half, as note.NewVerifier reads it; give it to whoever is to check the log.
func (k *Key) VerifierKey() string { return k.public }

// NewKey makes a fresh key. Empty origin is given a name that no other log has.
func NewKey(origin string) (*Key, error) {
	private, err := newPrivate(origin)
	if err != nil {
		return nil, err
	}
	return parseKey(private)
}

func newPrivate(origin string) (string, error) {
	if origin == "" {
		var unique [6]byte
		_, _ = rand.Read(unique[:])
		origin = "ownmark.invalid/" + hex.EncodeToString(unique[:])
	}
	if strings.ContainsFunc(origin, func(r rune) bool { return r <= ' ' || r == '+' }) || strings.Join(strings.Fields(origin), "") != origin || len(origin) > 255 {
		return "", fault.Invalid.Say("The ledger's name may hold neither spaces nor a plus sign.")
	}
	private, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", fmt.Errorf("make the ledger's key: %w", err)
	}
	return private, nil
}

// LoadOrCreateKey reads the key at path, or makes one there (mode 0600) under the name origin at the first start. The
// public half is kept beside it with the ending .pub. Once made, a key keeps its name whatever origin says.
func LoadOrCreateKey(path, origin string) (*Key, error) {
	made := false
	text, err := keyfile.LoadOrCreate(path, func() ([]byte, error) {
		made = true
		private, err := newPrivate(origin)
		return []byte(private + "\n"), err
	})
	if err != nil {
		return nil, fmt.Errorf("the ledger's key: %w", err)
	}
	k, err := parseKey(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fault.Invalid.Say("The ledger's key file %s cannot be read.", path).Because(err)
	}
	if !made {
		return k, nil
	}
	if err := replaceFile(strings.TrimSuffix(path, ".key")+".pub", []byte(k.public+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("keep the ledger's public key: %w", err)
	}
	return k, nil
}

// parseKey reads a private key as package note encodes it: PRIVATE+KEY+name+hash+base64(algorithm, seed).
func parseKey(private string) (*Key, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, err
	}
	fields := strings.SplitN(private, "+", 5)
	seed, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, errors.New("malformed seed")
	}
	public, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	return &Key{signer: signer, verifier: verifier, public: public}, nil
}

// ParseVerifier reads a public key: "name+hash+key". It returns fault.Invalid.
func ParseVerifier(text string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil {
		return nil, fault.Invalid.Say("This is not a ledger's public key.").Because(err)
	}
	return v, nil
}

// replaceFile puts a file into place whole or not at all.
func replaceFile(path string, data []byte, mode os.FileMode) error {
	aside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(aside.Name())
	_, err = aside.Write(data)
	if err = errors.Join(err, aside.Chmod(mode), aside.Sync(), aside.Close()); err != nil {
		return err
	}
	return os.Rename(aside.Name(), path)
}
