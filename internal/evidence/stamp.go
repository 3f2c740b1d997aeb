package evidence

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"github.com/ownmark/ownmark/internal/fault"
)

// Stamp is a time-stamp authority's word that a manifest existed at a moment.
type Stamp struct {
	At        time.Time
	Authority string // the subject of the certificate that signed
	Trusted   bool   // the certificate leads to a root that the verifier gave
}

// Authority is a time-stamp authority that is asked over HTTP (RFC 3161, 3.4).
type Authority struct {
	URL    string
	Client *http.Client // nil is one that waits 30 seconds
}

// maxStamp is the longest answer that is read, in bytes.
const maxStamp = 256 << 10

// Stamp asks the authority to put its clock under the manifest and gives its answer (TimeStampResp, DER), checked. It returns fault.Unavailable when the
// authority does not answer or answers something else.
func (a *Authority) Stamp(ctx context.Context, manifest []byte) ([]byte, error) {
	down := fault.Unavailable.Say("The time-stamp authority does not answer.")
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(manifest)
	question, err := (&timestamp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Certificates: true, Nonce: nonce}).Marshal()
	if err != nil {
		return nil, fmt.Errorf("write a time-stamp request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(question))
	if err != nil {
		return nil, down.Because(err)
	}
	request.Header.Set("Content-Type", "application/timestamp-query")
	client := a.Client
	if client == nil {
		client = &http.Client{Timeout: 30 * time.Second}
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, down.Because(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxStamp+1))
	if err != nil || response.StatusCode != http.StatusOK || len(answer) > maxStamp {
		return nil, down.Because(errors.Join(fmt.Errorf("status %d, %d bytes", response.StatusCode, len(answer)), err))
	}
	parsed, err := parseStamp(answer)
	if err != nil {
		return nil, down.Because(err)
	}
	if parsed.Nonce == nil || parsed.Nonce.Cmp(nonce) != 0 {
		return nil, down.Because(errors.New("the answer is to another question"))
	}
	if _, err := ReadStamp(answer, manifest, nil); err != nil {
		return nil, down.Because(err)
	}
	return answer, nil
}

// parseStamp reads an answer whose signature holds.
func parseStamp(answer []byte) (t *timestamp.Timestamp, err error) {
	defer unreadable(&err)
	if t, err = timestamp.ParseResponse(answer); err != nil {
		return nil, err
	}
	if len(t.Certificates) == 0 {
		return nil, errors.New("no certificate: the signature cannot be checked")
	}
	return t, nil
}

// unreadable makes an error of a panic: the parsers of ASN.1 are not ours, and read what strangers send.
func unreadable(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the time stamp cannot be read: %v", r)
	}
}

// ReadStamp checks an authority's answer over a manifest. It returns fault.Invalid with what is wrong.
func ReadStamp(answer, manifest []byte, roots *x509.CertPool) (Stamp, error) {
	t, err := parseStamp(answer)
	if err != nil {
		return Stamp{}, fault.Invalid.Say("The time stamp cannot be read, or its signature does not hold.").Because(err)
	}
	sum := sha256.Sum256(manifest)
	if t.HashAlgorithm != crypto.SHA256 || !bytes.Equal(t.HashedMessage, sum[:]) {
		return Stamp{}, fault.Invalid.Say("The time stamp is over another manifest.")
	}
	s := Stamp{At: t.Time.UTC()}
	signed, err := signer(t.RawToken, t.Time, roots)
	if err != nil {
		return Stamp{}, fault.Invalid.Say("The certificate of the time-stamp authority does not lead to a root that is trusted.").Because(err)
	}
	s.Authority, s.Trusted = signed.Subject.String(), roots != nil
	return s, nil
}

// signer is the certificate that signed. With roots, it has to lead to one of them and be made for time stamps (RFC 3161, 2.3).
func signer(token []byte, at time.Time, roots *x509.CertPool) (_ *x509.Certificate, err error) {
	defer unreadable(&err)
	p7, err := pkcs7.Parse(token)
	if err != nil {
		return nil, err
	}
	if roots != nil {
		if err := p7.VerifyWithOpts(x509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}); err != nil {
			return nil, err
		}
	}
	if one := p7.GetOnlySigner(); one != nil {
		return one, nil
	}
	return nil, errors.New("not one signer")
}
