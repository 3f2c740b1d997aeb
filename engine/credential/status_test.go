package credential

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"
)

const (
	// An empty list, as "Bitstring Status List v1.0" prints it in its examples.
	standardsList = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
	// The bits 0, 9, 94567 and 131071, as Python's gzip and base64 write them.
	anothersList = "uH4sIAAAAAAACA-3QAREAAAQEMN9MNNHl4LYImy4AAAAAAAAAAAAAAJ6JAgAAAIBrsn61UNYAQAAA"

	listAddress = "https://ownmark.example/status-lists/1"
)

func TestStatusListsOfOthers(t *testing.T) {
	empty, err := ParseStatusList(standardsList)
	if err != nil || empty.Len() != StatusBits || bytes.ContainsFunc(empty, func(r rune) bool { return r != 0 }) {
		t.Errorf("the standard's empty list: %d bits, %v", empty.Len(), err)
	}
	some, err := ParseStatusList(anothersList)
	if err != nil {
		t.Fatal(err)
	}
	var set []int
	for i := range some.Len() {
		if some.Revoked(i) {
			set = append(set, i)
		}
	}
	if fmt.Sprint(set) != "[0 9 94567 131071]" {
		t.Errorf("the bits of another's list: %v", set)
	}
	own := NewStatusList()
	for _, i := range set {
		own.Revoke(i)
	}
	if again, err := ParseStatusList(own.String()); err != nil || !bytes.Equal(again, some) {
		t.Errorf("written and read again: %v", err)
	}
}

func exampleKeyOfAnother() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, 32)) }

func packed(t testing.TB, size int) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "u" + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

func TestHostileStatusLists(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no prefix": standardsList[1:], "another base": "z" + standardsList[1:], "no base64": "u+/+/", "no gzip": "uAAAA", "cut": standardsList[:40],
		"too few bits": packed(t, StatusBits/8-1), "a bomb of 64 MiB": packed(t, 64<<20),
	} {
		if l, err := ParseStatusList(text); err == nil {
			t.Errorf("%s: a list of %d bits", name, l.Len())
		}
	}
}

// withStatus is the example, signed with a status.
func withStatus(t testing.TB, status any) Verified {
	t.Helper()
	document := maps.Clone(example(t))
	if status != nil {
		document["credentialStatus"] = status
	}
	signed, err := Sign(document, exampleKey(t), exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	v, err := Verify(signed, nil, exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// published is a list that was signed, changed before by change.
func published(t testing.TB, list StatusList, change func(document, subject map[string]any)) []byte {
	t.Helper()
	document := StatusListCredential(listAddress, "did:key:"+examplePublic, list, exampleTime, exampleTime.AddDate(0, 0, 7), 5*time.Minute)
	if change != nil {
		change(document, document["credentialSubject"].(map[string]any))
	}
	signed, err := Sign(document, exampleKey(t), exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestCheckStatus(t *testing.T) {
	certificate := withStatus(t, Status{listAddress, 94567}.Entry())
	neighbours := NewStatusList()
	neighbours.Revoke(94566)
	neighbours.Revoke(94568)
	if at, err := certificate.CheckStatus(published(t, neighbours, nil), exampleTime); err != nil || !at.Equal(exampleTime) {
		t.Errorf("it stands, its neighbours do not: %v as of %s", err, at)
	}
	back := NewStatusList()
	back.Revoke(94567)
	other := NewStatusList()
	signed := published(t, back, nil)
	for name, test := range map[string]struct {
		certificate Verified
		list        []byte
		at          time.Time
		kind        Kind
	}{
		"taken back":      {certificate, signed, exampleTime, Revoked},
		"among several":   {withStatus(t, []any{map[string]any{"type": statusEntryType, "statusPurpose": "suspension"}, Status{listAddress, 94567}.Entry()}), signed, exampleTime, Revoked},
		"names none":      {withStatus(t, nil), signed, exampleTime, NoStatus},
		"only suspension": {withStatus(t, map[string]any{"type": statusEntryType, "statusPurpose": "suspension"}), signed, exampleTime, NoStatus},
		"no index":        {withStatus(t, map[string]any{"type": statusEntryType, "statusPurpose": revocation, "statusListCredential": listAddress, "statusListIndex": "-1"}), signed, exampleTime, Unreadable},
		"two bits each":   {withStatus(t, map[string]any{"type": statusEntryType, "statusPurpose": revocation, "statusListCredential": listAddress, "statusListIndex": "1", "statusSize": 2}), signed, exampleTime, Unreadable},
		"behind its end":  {withStatus(t, Status{listAddress, StatusBits}.Entry()), signed, exampleTime, OtherStatus},
		"another list":    {withStatus(t, Status{listAddress + "0", 94567}.Entry()), signed, exampleTime, OtherStatus},
		"no list":         {certificate, []byte("hello"), exampleTime, Unreadable},
		"a list too old":  {certificate, signed, exampleTime.AddDate(0, 0, 8), Expired},
		"a changed list":  {certificate, bytes.Replace(signed, []byte(back.String()), []byte(other.String()), 1), exampleTime, Altered},
		"another's type":  {certificate, published(t, back, func(d, _ map[string]any) { d["type"] = []string{"VerifiableCredential"} }), exampleTime, Unreadable},
		"other purpose":   {certificate, published(t, back, func(_, s map[string]any) { s["statusPurpose"] = "suspension" }), exampleTime, OtherStatus},
		"no bits":         {certificate, published(t, back, func(_, s map[string]any) { s["encodedList"] = "u" }), exampleTime, Unreadable},
	} {
		_, err := test.certificate.CheckStatus(test.list, test.at)
		p, ok := errors.AsType[*Problem](err)
		if !ok || p.Kind != test.kind {
			t.Errorf("%s: %v, want %s", name, err, test.kind)
		}
	}
	// A list is only worth the word of who signed the credential.
	document := StatusListCredential(listAddress, "did:key:"+examplePublic, NewStatusList(), exampleTime, exampleTime.AddDate(0, 0, 7), time.Minute)
	forged, err := Sign(document, exampleKeyOfAnother(), exampleTime)
	if err != nil {
		t.Fatal(err)
	}
	_, err = certificate.CheckStatus(forged, exampleTime)
	if p, ok := errors.AsType[*Problem](err); !ok || p.Kind != OtherKey {
		t.Errorf("signed by somebody else: %v", err)
	}
}

func FuzzParseStatusList(f *testing.F) {
	f.Add(standardsList)
	f.Add(anothersList)
	f.Add(packed(f, 1))
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseStatusList(text)
		if err != nil {
			return
		}
		if list.Len() < StatusBits || len(list) > mostStatusBytes {
			t.Errorf("a list of %d bits", list.Len())
		}
		if again, err := ParseStatusList(list.String()); err != nil || !bytes.Equal(again, list) {
			t.Errorf("written and read again: %v", err)
		}
	})
}

func FuzzStatus(f *testing.F) {
	f.Add(`{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"https://a.example/1"}`)
	f.Add(`[1,null,{"statusPurpose":[]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			return
		}
		s, err := Verified{Document: map[string]any{"credentialStatus": value}}.Status()
		if err == nil && (s.Index < 0 || s.List == "") {
			t.Errorf("%+v", s)
		}
	})
}

func ExampleVerified_CheckStatus() {
	list := NewStatusList()
	list.Revoke(7)
	key, at := exampleKeyOfAnother(), exampleTime
	sign := func(document map[string]any) []byte {
		signed, err := Sign(document, key, at)
		if err != nil {
			panic(err)
		}
		return signed
	}
	certificate, err := Verify(sign(map[string]any{"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "credentialStatus": Status{listAddress, 7}.Entry()}), nil, at)
	if err != nil {
		panic(err)
	}
	_, err = certificate.CheckStatus(sign(StatusListCredential(listAddress, "https://ownmark.example", list, at, at.AddDate(0, 0, 7), time.Minute)), at)
	fmt.Println(err)
	// Output: its issuer has taken it back
}
