package credential

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"
)

// The example of "Data Integrity EdDSA Cryptosuites v1.0", B.3: a key, a credential, its hashes and its proof.
const (
	exampleSecret = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
	examplePublic = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
	exampleText   = `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],"id":"urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
		"type":["VerifiableCredential","AlumniCredential"],"name":"Alumni Credential","description":"A minimum viable example of an Alumni Credential.",
		"issuer":"https://vc.example/issuers/5678","validFrom":"2023-01-01T00:00:00Z","credentialSubject":{"id":"did:example:abcdefgh","alumniOf":"The School of Examples"}}`
	exampleDocumentHash = "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
	exampleOptionsHash  = "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db"
	exampleProof        = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
)

var exampleTime = time.Date(2023, 2, 24, 23, 36, 38, 0, time.UTC)

func exampleKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	raw, err := base58.Decode(exampleSecret[1:])
	if err != nil || len(raw) != 34 {
		t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(raw[2:])
}

func example(t testing.TB) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(exampleText), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestTheStandardsExample(t *testing.T) {
	key, document := exampleKey(t), example(t)
	if got := Multikey(key.Public().(ed25519.PublicKey)); got != examplePublic {
		t.Errorf("the public key is %s", got)
	}
	text, err := canonical(document)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != exampleDocumentHash {
		t.Errorf("the document's hash is %x", sum)
	}
	signed, err := Sign(document, key, exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	var is struct{ Proof map[string]any }
	if err := json.Unmarshal(signed, &is); err != nil {
		t.Fatal(err)
	}
	if is.Proof["proofValue"] != exampleProof {
		t.Errorf("the proof is %s", is.Proof["proofValue"])
	}
	delete(is.Proof, "proofValue")
	text, err = canonical(is.Proof)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != exampleOptionsHash {
		t.Errorf("the options' hash is %x", sum)
	}
	verified, err := Verify(signed, key.Public().(ed25519.PublicKey), exampleTime)
	if err != nil || !verified.Created.Equal(exampleTime) || verified.Document["name"] != "Alumni Credential" {
		t.Errorf("%+v, %v", verified, err)
	}
}

// TestCanonical holds the canonical form against RFC 8785, 3.2.2 and 3.2.3: numbers, escapes, and the order of names by UTF-16.
func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`:                                        `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
		`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`: "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
	} {
		var value any
		if err := json.Unmarshal([]byte(in), &value); err != nil {
			t.Fatal(err)
		}
		got, err := canonical(value)
		if err != nil || string(got) != want {
			t.Errorf("canonical form of\n%s\n%s, %v, want\n%s", in, got, err, want)
		}
	}
}

// TestEveryChangeIsFound changes each byte of a signed credential in turn: none verifies to say something else.
func TestEveryChangeIsFound(t *testing.T) {
	key := exampleKey(t)
	signed, err := Sign(example(t), key, exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Verify(signed, nil, exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	said, err := canonical(whole.Document)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i := range signed {
		changed := bytes.Clone(signed)
		changed[i] ^= 1
		v, err := Verify(changed, nil, exampleTime)
		if err != nil {
			found++
			continue
		}
		// White space between members is no part of what is said.
		if now, err := canonical(v.Document); err != nil || !bytes.Equal(now, said) {
			t.Fatalf("byte %d changed, and it verifies: %s", i, changed)
		}
	}
	if found < len(signed)*9/10 {
		t.Errorf("only %d of %d changes were found", found, len(signed))
	}
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	key := exampleKey(t)
	document := example(t)
	document["validUntil"] = "2024-01-01T00:00:00Z"
	signed, err := Sign(document, key, exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := string(signed)
	for name, test := range map[string]struct {
		text string
		key  ed25519.PublicKey
		at   time.Time
		kind Kind
	}{
		"no JSON":       {"hello", nil, exampleTime, Unreadable},
		"an array":      {"[]", nil, exampleTime, Unreadable},
		"null":          {"null", nil, exampleTime, Unreadable},
		"no proof":      {exampleText, nil, exampleTime, Unreadable},
		"twice":         {strings.Replace(text, `"name"`, `"name": "X", "name"`, 1), nil, exampleTime, Unreadable},
		"another suite": {strings.Replace(text, cryptosuite, "eddsa-rdfc-2022", 1), nil, exampleTime, Unreadable},
		"a new name":    {strings.Replace(text, "The School of Examples", "The School of Fakes", 1), nil, exampleTime, Altered},
		"a later date":  {strings.Replace(text, "2024-01-01", "2034-01-01", 1), nil, exampleTime, Altered},
		"a new proof":   {strings.Replace(text, exampleTime.Format(time.RFC3339), "2023-02-25T23:36:38Z", 1), nil, exampleTime, Altered},
		"cut signature": {strings.Replace(text, `"proofValue": "z`, `"proofValue": "z1`, 1), nil, exampleTime, Altered},
		"other key":     {text, other, exampleTime, OtherKey},
		"too early":     {text, nil, time.Date(2022, 12, 31, 0, 0, 0, 0, time.UTC), NotYet},
		"too late":      {text, nil, time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), Expired},
		"too large":     {text + strings.Repeat(" ", MaxBytes), nil, exampleTime, Unreadable},
	} {
		_, err := Verify([]byte(test.text), test.key, test.at)
		p, ok := errors.AsType[*Problem](err)
		if !ok || p.Kind != test.kind {
			t.Errorf("%s: %v, want %s", name, err, test.kind)
		}
	}
	if _, err := Sign(map[string]any{"name": "X"}, key, exampleTime); err == nil {
		t.Error("a document without a context was signed")
	}
}

func FuzzVerify(f *testing.F) {
	signed, err := Sign(example(f), exampleKey(f), exampleTime)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte(`{"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := Verify(text, nil, exampleTime)
		if err == nil && (v.Document == nil || v.Key == nil) {
			t.Error("verified nothing")
		}
	})
}

func FuzzParseMultikey(f *testing.F) {
	f.Add(examplePublic)
	f.Add("did:key:" + examplePublic + "#" + examplePublic)
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseMultikey(text)
		if err == nil && len(key) != ed25519.PublicKeySize {
			t.Errorf("a key of %d bytes", len(key))
		}
	})
}

func Example() {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	signed, err := Sign(map[string]any{"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "name": "Training passed"}, key, exampleTime)
	if err != nil {
		panic(err)
	}
	_, err = Verify([]byte(strings.Replace(string(signed), "passed", "failed", 1)), nil, exampleTime)
	fmt.Println(err)
	// Output: it was changed after it was signed
}

func BenchmarkVerify(b *testing.B) {
	signed, err := Sign(example(b), exampleKey(b), exampleTime)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Verify(signed, nil, exampleTime); err != nil {
			b.Fatal(err)
		}
	}
}
