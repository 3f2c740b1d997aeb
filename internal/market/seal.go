package market

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ownmark/ownmark/internal/fault"
)

// Seal keeps payment accounts from who reads the database without the key: AES-256-GCM, the seller's id being part of what is sealed, so that no row can be put in
// another's place.
type Seal struct{ box cipher.AEAD }

const sealKey = 32 // bytes

// LoadOrCreateSeal is the seal whose key stands in the file, which is made, readable by its owner alone, when there is none. Who loses the file loses the accounts.
func LoadOrCreateSeal(path string) (*Seal, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, sealKey)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		var file *os.File
		// Exclusively: of two processes that begin at once, one makes the key.
		if file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); errors.Is(err, fs.ErrExist) {
			return LoadOrCreateSeal(path)
		}
		if err == nil {
			_, err = file.Write(key)
			err = errors.Join(err, file.Sync(), file.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the key of payment accounts: %w", err)
	}
	if len(key) != sealKey {
		return nil, fmt.Errorf("the key of payment accounts, %s, has %d bytes and not %d", path, len(key), sealKey)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	box, err := cipher.NewGCM(block)
	return &Seal{box}, err
}

var noSeal = fault.Unavailable.Say("Payment accounts cannot be kept or shown: their key is not there.")

func (s *Seal) close(seller SellerID, account string) (string, error) {
	if s == nil {
		return "", noSeal
	}
	nonce := make([]byte, s.box.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(s.box.Seal(nonce, nonce, []byte(account), []byte(seller))), nil
}

func (s *Seal) open(seller SellerID, sealed string) (string, error) {
	if s == nil {
		return "", noSeal
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < s.box.NonceSize() {
		return "", fmt.Errorf("the payment account of seller %s is damaged", seller)
	}
	text, err := s.box.Open(nil, raw[:s.box.NonceSize()], raw[s.box.NonceSize():], []byte(seller))
	if err != nil {
		return "", fmt.Errorf("the payment account of seller %s: %w", seller, err)
	}
	return string(text), nil
}
