// Package tsa is a time-stamp authority as a small server (RFC 3161 over HTTP), for tests and for trying bundles of evidence out. Its root is made when
// it starts and vouched for by nobody: what it stamps proves nothing to anybody else.
package tsa

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/digitorus/timestamp"

	"github.com/ownmark/ownmark/internal/clock"
)

// Authority answers time-stamp requests. Make it with New.
type Authority struct {
	now  clock.Clock
	root *x509.Certificate
	own  *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New makes an authority with a root and a certificate of its own, both good for ten years around the clock's moment.
func New(now clock.Clock) (*Authority, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	from, to := now().AddDate(-5, 0, 0), now().AddDate(5, 0, 0)
	root, err := certificate(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test root, vouched for by nobody"}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, rootKey, rootKey)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		return nil, err
	}
	own, err := certificate(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Test time-stamp authority"}, NotBefore: from, NotAfter: to, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}}, root, key, rootKey) // RFC 3161, 2.3: time stamps alone, and critical
	if err != nil {
		return nil, err
	}
	return &Authority{now, root, own, key}, nil
}

func certificate(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	if parent == nil {
		parent = template
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, fmt.Errorf("make a test certificate: %w", err)
	}
	return x509.ParseCertificate(raw)
}

// Root is the certificate to trust.
func (a *Authority) Root() *x509.Certificate { return a.root }

// ServeHTTP answers a request (RFC 3161, 3.4).
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/timestamp-query" {
		http.Error(w, "send a time-stamp query", http.StatusBadRequest)
		return
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	question, err := timestamp.ParseRequest(raw)
	if err != nil {
		http.Error(w, "not a time-stamp query", http.StatusBadRequest)
		return
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		http.Error(w, "no random numbers", http.StatusInternalServerError)
		return
	}
	answer, err := (&timestamp.Timestamp{
		HashAlgorithm: question.HashAlgorithm, HashedMessage: question.HashedMessage, Nonce: question.Nonce, Time: a.now().UTC().Truncate(time.Second), SerialNumber: serial,
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 13762, 3}, AddTSACertificate: question.Certificates,
	}).CreateResponseWithOpts(a.own, a.key, question.HashAlgorithm)
	if err != nil {
		http.Error(w, "cannot sign", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(answer)
}
