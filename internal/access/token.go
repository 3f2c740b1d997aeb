package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// The prefixes of secrets tell their kind, so that a scanner for leaked secrets finds them and a person sees what was
// pasted where.
const (
	keyPrefix     = "omk_"
	sessionPrefix = "oms_"
	linkPrefix    = "oml_"
)

const tokenBytes = 32

// newToken makes a secret of 256 random bits.
func newToken(prefix string) string {
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:])
	return prefix + base64.RawURLEncoding.EncodeToString(secret[:])
}

// tokenHash is what is stored of a secret; ok is false for what cannot be one of this kind. A plain hash is enough: 256 random bits cannot be guessed.
func tokenHash(prefix, token string) (hash string, ok bool) {
	rest, ok := strings.CutPrefix(token, prefix)
	if !ok || len(rest) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return "", false
	}
	// Strict: the last character holds four unused bits, and only one spelling is the token.
	if _, err := base64.RawURLEncoding.Strict().DecodeString(rest); err != nil {
		return "", false
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:]), true
}
