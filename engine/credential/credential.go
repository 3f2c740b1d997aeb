// Package credential signs and verifies W3C Verifiable Credentials (Data Model 2.0) with Data Integrity proofs of the cryptosuite eddsa-jcs-2022: the
// document and the proof's options are each written in the one canonical form of RFC 8785 and hashed with SHA-256, and Ed25519 (RFC 8032) signs both hashes.
// Keys are Multikeys (base58btc with the prefix of ed25519-pub), named as did:key, so that a credential is verified without asking anybody. Whether the key
// is the issuer's is for the reader to know: see Verify.
//
// Sources: W3C Recommendations "Data Integrity EdDSA Cryptosuites v1.0" (3.3) and "Verifiable Credentials Data Model v2.0".
package credential

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/mr-tron/base58"
)

const (
	proofType   = "DataIntegrityProof"
	cryptosuite = "eddsa-jcs-2022"
	purpose     = "assertionMethod"
	didKey      = "did:key:"
)

// MaxBytes is the largest credential that is read.
const MaxBytes = 1 << 20

// The multicodec prefix of an Ed25519 public key, as varint 0xed.
var publicPrefix = []byte{0xed, 0x01}

// Multikey is a public key as text: "z6Mk…".
func Multikey(key ed25519.PublicKey) string {
	return "z" + base58.Encode(append(slices.Clone(publicPrefix), key...))
}

// ParseMultikey reads a public key from its text, or from a did:key that names it.
func ParseMultikey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), didKey)
	text, _, _ = strings.Cut(text, "#")
	digits, ok := strings.CutPrefix(text, "z")
	if !ok || len(digits) > 100 {
		return nil, errors.New("a key begins with z6Mk")
	}
	raw, err := base58.Decode(digits)
	if err != nil || len(raw) != len(publicPrefix)+ed25519.PublicKeySize || !slices.Equal(raw[:2], publicPrefix) {
		return nil, errors.New("this is no Ed25519 key as a Multikey")
	}
	return ed25519.PublicKey(raw[2:]), nil
}

// method is the name of a key as did:key.
func method(key ed25519.PublicKey) string {
	m := Multikey(key)
	return didKey + m + "#" + m
}

// canonical is JSON in the form of RFC 8785.
func canonical(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	v := jsontext.Value(text)
	if err := v.Canonicalize(); err != nil {
		return nil, err
	}
	return v, nil
}

// hashes is what is signed: the hash of the proof's options, then that of the document.
func hashes(document, options map[string]any) ([]byte, error) {
	o, err := canonical(options)
	if err != nil {
		return nil, err
	}
	d, err := canonical(document)
	if err != nil {
		return nil, err
	}
	first, second := sha256.Sum256(o), sha256.Sum256(d)
	return append(first[:], second[:]...), nil
}

// Sign gives the document with a proof by the key, made at the moment, as indented JSON. The document is an object with "@context" and without "proof".
func Sign(document map[string]any, key ed25519.PrivateKey, at time.Time) ([]byte, error) {
	if document["@context"] == nil || document["proof"] != nil {
		return nil, errors.New("a document to sign has a @context and no proof")
	}
	options := map[string]any{
		"type": proofType, "cryptosuite": cryptosuite, "created": at.UTC().Format(time.RFC3339), "verificationMethod": method(key.Public().(ed25519.PublicKey)),
		"proofPurpose": purpose, "@context": document["@context"],
	}
	message, err := hashes(document, options)
	if err != nil {
		return nil, fmt.Errorf("hash the document: %w", err)
	}
	options["proofValue"] = "z" + base58.Encode(ed25519.Sign(key, message))
	signed := make(map[string]any, len(document)+1)
	for name, value := range document {
		signed[name] = value
	}
	signed["proof"] = options
	return json.MarshalIndent(signed, "", "\t")
}

// Kind says what is wrong with a credential.
type Kind string

// What can be wrong.
const (
	Unreadable Kind = "unreadable" // not a credential with a proof of this suite
	Altered    Kind = "altered"    // the document, the proof or the signature was changed
	OtherKey   Kind = "other-key"  // it is whole, but signed by another key than the one asked for
	NotYet     Kind = "not-yet"    // it is valid only later
	Expired    Kind = "expired"
)

// Problem is why a credential does not hold.
type Problem struct {
	Kind Kind
	Why  string
}

// Error is the problem in words.
func (p *Problem) Error() string { return p.Why }

func problem(kind Kind, format string, args ...any) error {
	return &Problem{kind, fmt.Sprintf(format, args...)}
}

// Verified is what a credential says that holds.
type Verified struct {
	Document map[string]any
	Key      ed25519.PublicKey // that signed it
	Created  time.Time
}

// Verify says whether a credential is whole and in force at the moment. With a nil key any key may have signed it: that the document was not changed is
// known then, and not who signed it. The error is a *Problem.
func Verify(text []byte, key ed25519.PublicKey, at time.Time) (Verified, error) {
	if len(text) > MaxBytes {
		return Verified{}, problem(Unreadable, "it is larger than %d bytes", MaxBytes)
	}
	// Names twice in one object would let two readers read two things.
	if v := jsontext.Value(text); !v.IsValid() {
		return Verified{}, problem(Unreadable, "it is not JSON, or says something twice")
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil || document == nil {
		return Verified{}, problem(Unreadable, "it is not a JSON object")
	}
	proof, ok := document["proof"].(map[string]any)
	if !ok {
		return Verified{}, problem(Unreadable, "it has no proof")
	}
	delete(document, "proof")
	word := func(name string) string { s, _ := proof[name].(string); return s }
	switch {
	case word("type") != proofType || word("cryptosuite") != cryptosuite:
		return Verified{}, problem(Unreadable, "its proof is not of the suite %s", cryptosuite)
	case word("proofPurpose") != purpose:
		return Verified{}, problem(Unreadable, "its proof is not made to assert")
	}
	signer, err := ParseMultikey(word("verificationMethod"))
	if err != nil || word("verificationMethod") != method(signer) {
		return Verified{}, problem(Unreadable, "its proof names no did:key")
	}
	digits, isBase58 := strings.CutPrefix(word("proofValue"), "z")
	signature, err := base58.Decode(digits)
	if !isBase58 || len(digits) > 200 || err != nil || len(signature) != ed25519.SignatureSize {
		return Verified{}, problem(Altered, "its signature cannot be read")
	}
	created, err := time.Parse(time.RFC3339, word("created"))
	if err != nil {
		return Verified{}, problem(Unreadable, "its proof does not say when it was made")
	}
	// The context that was signed is the document's: another would give its words another meaning (3.3.2).
	if context, err := canonical(proof["@context"]); err != nil || !sameJSON(context, document["@context"]) {
		return Verified{}, problem(Altered, "its words do not have the meaning that was signed")
	}
	options := make(map[string]any, len(proof))
	for name, value := range proof {
		if name != "proofValue" {
			options[name] = value
		}
	}
	message, err := hashes(document, options)
	if err != nil {
		return Verified{}, problem(Unreadable, "it cannot be written in canonical form")
	}
	if !ed25519.Verify(signer, message, signature) {
		return Verified{}, problem(Altered, "it was changed after it was signed")
	}
	if key != nil && !key.Equal(signer) {
		return Verified{}, problem(OtherKey, "it was signed by the key %s", Multikey(signer))
	}
	for _, bound := range []struct {
		name string
		kind Kind
		out  func(time.Time) bool
		says string
	}{{"validFrom", NotYet, at.Before, "it is valid from %s"}, {"validUntil", Expired, at.After, "it was valid until %s"}} {
		value, said := document[bound.name].(string)
		if !said {
			continue
		}
		moment, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return Verified{}, problem(Unreadable, "its %s is no time", bound.name)
		}
		if bound.out(moment) {
			return Verified{}, problem(bound.kind, bound.says, value)
		}
	}
	return Verified{document, signer, created}, nil
}

func sameJSON(a []byte, other any) bool {
	b, err := canonical(other)
	return err == nil && slices.Equal(a, b)
}
