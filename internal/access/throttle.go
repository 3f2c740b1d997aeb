package access

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"time"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Throttling of sign-in. Every attempt is counted before its password is looked at, in SQL, so that it holds across processes and
// for many attempts at once; success clears the count. After some free attempts each further one doubles the wait, up to a bound. An attempt that
// comes too early is not counted, so nobody can push the wait further out for another.
//
// An account's count is kept apart for each address it has signed in from before: strangers who try a person's
// account from elsewhere slow down strangers, not the person. And a sign-in link is never throttled.
type throttle struct {
	free int64         // attempts without a wait
	most time.Duration // the longest wait
}

var (
	accountThrottle = throttle{free: 5, most: 15 * time.Minute}
	addressThrottle = throttle{free: 30, most: 15 * time.Minute}
)

const (
	// forgetAttempts: a count this old starts anew.
	forgetAttempts = 24 * time.Hour
	// forgetAddress: an address not seen for this long is a stranger's again.
	forgetAddress = 180 * 24 * time.Hour
)

// wait is how long after the nth attempt in a row the next is looked at.
func (t throttle) wait(attempts int64) time.Duration {
	over := attempts - t.free
	if over < 0 {
		return 0
	}
	return min(time.Second<<min(over, 20), t.most)
}

// Throttled is the cause of a fault.TooMany of SignIn: it tells when to try again.
type Throttled struct{ Until time.Time }

func (t *Throttled) Error() string { return "throttled until " + t.Until.Format(time.RFC3339) }

// RetryAt is the moment at which what was refused with err may be tried again; ok is false when err is no such refusal.
func RetryAt(err error) (at time.Time, ok bool) {
	t, ok := errors.AsType[*Throttled](err)
	if !ok {
		return time.Time{}, false
	}
	return t.Until, true
}

func tooMany(now, until time.Time) error {
	left := until.Sub(now)
	f := fault.TooMany.Say("Too many attempts. Try again in %d seconds.", int64((left+time.Second-1)/time.Second))
	if left > 2*time.Minute {
		f = fault.TooMany.Say("Too many attempts. Try again in %d minutes.", int64((left+time.Minute-1)/time.Minute))
	}
	return f.Because(&Throttled{until})
}

// attempt counts an attempt to sign in to account from address and gives the subject under which the account's was counted. It returns
// fault.TooMany when it comes too early.
func attempt(tx *db.Tx, account, address string) (subject string, err error) {
	subject = "account:" + account
	known, err := db.One(tx, db.Value[int64], isKnown, account, address, db.Micros(tx.Now().Add(-forgetAddress)))
	if err != nil {
		return "", err
	}
	if known > 0 {
		subject = "pair:" + account + " " + address
	}
	if err := accountThrottle.count(tx, subject); err != nil {
		return "", err
	}
	return subject, addressThrottle.count(tx, "address:"+address)
}

func (t throttle) count(tx *db.Tx, subject string) error {
	now := db.Micros(tx.Now())
	// The update inside the upsert holds the row, so that of two attempts at once the second sees the first.
	attempts, err := db.One(tx, db.Value[int64], countAttempt, subject, now, db.Micros(tx.Now().Add(-forgetAttempts)))
	if fault.Of(err) == fault.NotFound {
		until, err := db.One(tx, db.Value[int64], blockedUntil, subject)
		if err != nil {
			return err
		}
		return tooMany(tx.Now(), db.Time(until))
	}
	if err != nil {
		return err
	}
	wait := t.wait(attempts)
	if wait == 0 {
		return nil
	}
	_, err = tx.Exec(blockUntil, subject, now+wait.Microseconds())
	return err
}

// succeeded clears the count under which the attempt was made, and no other: a person who comes in from a known address does not set
// strangers' guesses back to none. It remembers the address as the account's own. The address's count is not cleared but eased by one:
// whoever has an account must not pay with it for attempts on others'.
func succeeded(tx *db.Tx, subject, account, address string) error {
	if _, err := tx.Exec(clearAttempts, subject); err != nil {
		return err
	}
	if _, err := tx.Exec(easeAttempts, "address:"+address); err != nil {
		return err
	}
	_, err := tx.Exec(rememberAddress, account, address, db.Micros(tx.Now()))
	return err
}

// accountOf names the account behind an email address, existing or not, without keeping what strangers type.
func accountOf(email string) string {
	sum := sha256.Sum256([]byte(email))
	return hex.EncodeToString(sum[:16])
}

// addressOf is the address of a remote ("203.0.113.7:4711"), for IPv6 the /64 that one customer has.
func addressOf(remote string) string {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		port, err := netip.ParseAddrPort(remote)
		if err != nil {
			return "elsewhere"
		}
		addr = port.Addr()
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}
