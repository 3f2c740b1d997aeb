package credential

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Whether a credential was taken back is told by a list that its issuer publishes, of one bit for each credential: W3C Recommendation "Bitstring Status List v1.0". Who fetches
// the list asks about all of its credentials at once, so the issuer does not learn which one is being checked.

// StatusBits is how many credentials a list speaks of. It is the least that the standard allows (6.1), so that each is one among many.
const StatusBits = 131_072

// mostStatusBytes bounds what a list of somebody else unpacks to: a few kilobytes of gzip can be gigabytes.
const mostStatusBytes = 4 << 20

const (
	statusEntryType = "BitstringStatusListEntry"
	statusListType  = "BitstringStatusListCredential"
	statusBitsType  = "BitstringStatusList"
	revocation      = "revocation"
)

// What is wrong with a list, or what it says.
const (
	Revoked     Kind = "revoked"      // the issuer has taken the credential back
	NoStatus    Kind = "no-status"    // the credential names no list
	OtherStatus Kind = "other-status" // the list is not the one that the credential names, or does not reach to it
)

// StatusList is a string of bits, the first being the leftmost of the first byte (6.1).
type StatusList []byte

// NewStatusList is a list in which nothing is taken back.
func NewStatusList() StatusList { return make(StatusList, StatusBits/8) }

// Revoke sets the bit of a credential. The index is one of the list's.
func (l StatusList) Revoke(index int) { l[index/8] |= 0x80 >> (index % 8) }

// Revoked reports whether the bit of a credential is set. The index is one of the list's.
func (l StatusList) Revoked(index int) bool { return l[index/8]&(0x80>>(index%8)) != 0 }

// Len is how many bits the list has.
func (l StatusList) Len() int { return 8 * len(l) }

// String is the list as the standard writes it: gzip in base64url without padding, with the multibase prefix u.
func (l StatusList) String() string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(l) // a buffer takes everything
	_ = w.Close()
	return "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes())
}

// ParseStatusList reads a list as String writes it. One of fewer than StatusBits, or of more than 4 MiB, is an error.
func ParseStatusList(text string) (StatusList, error) {
	digits, ok := strings.CutPrefix(text, "u")
	if !ok {
		return nil, errors.New("a list of bits begins with u")
	}
	packed, err := base64.RawURLEncoding.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("the list of bits is not base64url: %w", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("the list of bits is not gzip: %w", err)
	}
	bits, err := io.ReadAll(io.LimitReader(r, mostStatusBytes+1))
	if err != nil {
		return nil, fmt.Errorf("unpack the list of bits: %w", err)
	}
	if len(bits) > mostStatusBytes || len(bits) < StatusBits/8 {
		return nil, fmt.Errorf("a list has between %d and %d bits", StatusBits, 8*mostStatusBytes)
	}
	return bits, nil
}

// Status is where a credential's status is found.
type Status struct {
	List  string // address of the list
	Index int    // of the credential in it
}

// Entry is the status as a credential's "credentialStatus".
func (s Status) Entry() map[string]any {
	index := strconv.Itoa(s.Index)
	return map[string]any{"id": s.List + "#" + index, "type": statusEntryType, "statusPurpose": revocation, "statusListIndex": index, "statusListCredential": s.List}
}

// StatusListCredential is a list as a credential to be signed: under its address, by its issuer, as of the moment from, and not to be relied on after until. Readers may
// keep it for fresh before they ask again.
func StatusListCredential(address string, issuer any, list StatusList, from, until time.Time, fresh time.Duration) map[string]any {
	return map[string]any{
		"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "id": address, "type": []string{"VerifiableCredential", statusListType}, "issuer": issuer,
		"validFrom": from.UTC().Format(time.RFC3339), "validUntil": until.UTC().Format(time.RFC3339),
		"credentialSubject": map[string]any{"id": address + "#list", "type": statusBitsType, "statusPurpose": revocation, "encodedList": list.String(), "ttl": fresh.Milliseconds()},
	}
}

// Status is where the credential says that its revocation is told. The error is a *Problem of kind NoStatus when it says so nowhere.
func (v Verified) Status() (Status, error) {
	for _, one := range objects(v.Document["credentialStatus"]) {
		if one["type"] != statusEntryType || one["statusPurpose"] != revocation {
			continue
		}
		list, _ := one["statusListCredential"].(string)
		digits, _ := one["statusListIndex"].(string)
		index, err := strconv.Atoi(digits)
		// One bit a credential is the standard's own default, and all that a revocation needs.
		if size, said := one["statusSize"]; list == "" || err != nil || index < 0 || said && size != float64(1) {
			return Status{}, problem(Unreadable, "its status cannot be read")
		}
		return Status{list, index}, nil
	}
	return Status{}, problem(NoStatus, "it names no list that would tell whether it was taken back")
}

// CheckStatus holds a credential that was verified against the list it names, as somebody has fetched it. The list has to be signed by the key that signed the credential, and to be in force
// at the moment. It gives the moment as of which the list speaks. The error is a *Problem: of kind Revoked when the credential was taken back, else of why the list tells nothing.
func (v Verified) CheckStatus(list []byte, at time.Time) (asOf time.Time, err error) {
	status, err := v.Status()
	if err != nil {
		return time.Time{}, err
	}
	published, err := Verify(list, v.Key, at)
	if p, ok := errors.AsType[*Problem](err); ok {
		return time.Time{}, problem(p.Kind, "its status list does not hold: %s", p.Why)
	}
	if err != nil {
		return time.Time{}, err
	}
	if !slices.Contains(words(published.Document["type"]), statusListType) {
		return time.Time{}, problem(Unreadable, "what was given as its status list is none")
	}
	if published.Document["id"] != status.List {
		return time.Time{}, problem(OtherStatus, "it names the status list %s, and this one is another", status.List)
	}
	subject, _ := published.Document["credentialSubject"].(map[string]any)
	if subject["type"] != statusBitsType || !slices.Contains(words(subject["statusPurpose"]), revocation) {
		return time.Time{}, problem(OtherStatus, "its status list does not tell of revocations")
	}
	encoded, _ := subject["encodedList"].(string)
	bits, err := ParseStatusList(encoded)
	if err != nil {
		return time.Time{}, problem(Unreadable, "its status list cannot be read: %s", err)
	}
	if status.Index >= bits.Len() {
		return time.Time{}, problem(OtherStatus, "its status list ends before it")
	}
	asOf = published.Created
	if text, ok := published.Document["validFrom"].(string); ok {
		asOf, _ = time.Parse(time.RFC3339, text) // Verify has read it
	}
	if bits.Revoked(status.Index) {
		return asOf, problem(Revoked, "its issuer has taken it back")
	}
	return asOf, nil
}

// objects is a value that is one object or several.
func objects(value any) (all []map[string]any) {
	several, ok := value.([]any)
	if !ok {
		several = []any{value}
	}
	for _, one := range several {
		if o, ok := one.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// words is a value that is one string or several.
func words(value any) (all []string) {
	if one, ok := value.(string); ok {
		return []string{one}
	}
	several, _ := value.([]any)
	for _, one := range several {
		if text, ok := one.(string); ok {
			all = append(all, text)
		}
	}
	return all
}
