package cultivate

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/engine/credential"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// StatusFresh is how long a reader may keep a status list before asking again; statusFor is how long a list that was kept can be relied on at all.
const (
	StatusFresh = 5 * time.Minute
	statusFor   = 7 * 24 * time.Hour
)

// mostInList is how many certificates a list is given before the next one is begun: with half of its places free, a free one is found at the second guess.
const mostInList = credential.StatusBits / 2

const (
	lastStatusList = `select coalesce(max(list), 1) from certificate_status`
	statusesInList = `select count(*) from certificate_status where list = $1`
	statusTaken    = `select count(*) from certificate_status where list = $1 and position = $2`
	takeStatus     = `insert into certificate_status (list, position, certificate) values ($1, $2, $3) on conflict (list, position) do nothing`
	revokedInList  = `select s.position from certificate_status s join certificate c on c.id = s.certificate where s.list = $1 and c.revoked_at > 0 order by s.position`
)

var noStatusList = fault.NotFound.Say("There is no such status list.")

// statusAddress is where a list is published, for as long as certificates name it.
func (s Site) statusAddress(list int) string {
	return s.Address + "/status-lists/" + strconv.Itoa(list)
}

// issuer is the site as it signs.
func (s Site) issuer() string {
	return "did:key:" + credential.Multikey(s.Key.Public().(ed25519.PublicKey))
}

// statusPlace is a place that was drawn in the lists for a certificate to come.
type statusPlace struct{ list, position int }

// placeStatus draws a free place. It is drawn by chance, so that neighbours in a list have nothing to do with each other (Bitstring Status List v1.0, 5.2).
func placeStatus(tx *db.Tx) (p statusPlace, err error) {
	if p.list, err = db.One(tx, db.Value[int], lastStatusList); err != nil {
		return p, err
	}
	taken, err := db.One(tx, db.Value[int], statusesInList, p.list)
	if err != nil {
		return p, err
	}
	p.list = listFor(p.list, taken)
	for {
		drawn, err := rand.Int(rand.Reader, big.NewInt(credential.StatusBits))
		if err != nil {
			return p, fmt.Errorf("draw a place in status list %d: %w", p.list, err)
		}
		p.position = int(drawn.Int64())
		taken, err := db.One(tx, db.Value[int], statusTaken, p.list, p.position)
		if err != nil || taken == 0 {
			return p, err
		}
	}
}

// listFor is the list a new certificate goes to, when the last one holds so many.
func listFor(last, taken int) int {
	if taken >= mostInList {
		return last + 1
	}
	return last
}

// keepStatus writes the place of a certificate that was written.
func keepStatus(tx *db.Tx, p statusPlace, id CertificateID) error {
	n, err := tx.Exec(takeStatus, p.list, p.position, string(id))
	if err == nil && n == 0 {
		return fault.Conflict.Say("Somebody else was faster. Try again.")
	}
	return err
}

// StatusList is a published list of which certificates were taken back, signed by the site as of now. It is for everybody. The first list is there from the beginning. It returns
// fault.NotFound for one that is not, and on a site that signs nothing.
func (s *Service) StatusList(ctx context.Context, list int) (signed []byte, err error) {
	if s.Site.Key == nil || list < 1 {
		return nil, noStatusList
	}
	bits := credential.NewStatusList()
	var now time.Time
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		now = tx.Now()
		last, err := db.One(tx, db.Value[int], lastStatusList)
		if err == nil && list > last {
			return noStatusList
		}
		if err != nil {
			return err
		}
		revoked, err := db.All(tx, db.Value[int], revokedInList, list)
		for _, position := range revoked {
			bits.Revoke(position)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("status list %d: %w", list, err)
	}
	document := credential.StatusListCredential(s.Site.statusAddress(list), map[string]any{"id": s.Site.issuer(), "type": []string{"Profile"}, "name": "Ownmark", "url": s.Site.Address}, bits, now, now.Add(statusFor), StatusFresh)
	return credential.Sign(document, s.Site.Key, now)
}
