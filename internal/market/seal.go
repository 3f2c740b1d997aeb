package market

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/keyfile"
)

// Seal keeps payment accounts from who reads the database without the key: AES-256-GCM, the seller's id being part of what is sealed, so that no row can be put in
// another's place.
type Seal struct{ box cipher.AEAD }

const sealKey = 32 // bytes

// LoadOrCreateSeal is the seal whose key stands in the file, which is made, readable by its owner alone, when there is none. Who loses the file loses the accounts.
func LoadOrCreateSeal(path string) (*Seal, error) {
	key, err := keyfile.LoadOrCreate(path, func() ([]byte, error) {
		key := make([]byte, sealKey)
		_, err := rand.Read(key)
		return key, err
	})
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
