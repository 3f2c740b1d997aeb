package access_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

const (
	here     = "203.0.113.7:4711"
	there    = "198.51.100.9:80"
	password = "four plain words do"
)

// house is a database with an administrator, on a clock that stands still.
type house struct {
	*access.Service
	t     *testing.T
	now   *clock.Manual
	admin access.User
	link  string // the administrator's first, unused
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	now := clock.At(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, now.Now, func(t *testing.T, d *db.DB) {
		h := &house{t: t, now: now, Service: &access.Service{DB: d, Cost: access.Cost{Memory: 64, Passes: 1, Lanes: 1}}}
		link, err := h.Bootstrap(t.Context(), "Example Market", "Ada Ost", "Ada@Example.com")
		if err != nil || link == "" {
			t.Fatal(link, err)
		}
		h.link = link
		p, err := h.PersonByEmail(t.Context(), access.System, "ada@example.com")
		if err != nil {
			t.Fatal(err)
		}
		h.admin = access.User{ID: p.ID, Name: p.Name, Org: p.Org, Roles: p.Roles}
		fn(t, h)
	})
}

func (h *house) invite(name string, org access.OrgID, roles ...access.Role) (access.User, string) {
	h.t.Helper()
	id, link, err := h.InvitePerson(h.t.Context(), h.admin, access.Invitation{Name: name, Email: name + "@example.com", Org: org, Roles: roles})
	if err != nil {
		h.t.Fatal(err)
	}
	return access.User{ID: id, Name: name, Org: org, Roles: roles}, link
}

// signedIn lets somebody in by link and gives them the password.
func (h *house) signedIn(by access.User, link string) access.Session {
	h.t.Helper()
	in, err := h.SignInByLink(h.t.Context(), link, here)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.SetPassword(h.t.Context(), by, in, "", password); err != nil {
		h.t.Fatal(err)
	}
	return in
}

func want(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("got %v", err)
	}
}

// TestMatrix is the matrix once more, written down by hand: a change of who may do what shows here in review.
func TestMatrix(t *testing.T) {
	const written = `
listing.read       all  all  all  all  -    -    -    -    -    all
listing.submit     all  all  -    -    -    -    -    -    -    -
review.read        all  all  all  all  -    -    -    -    -    all
review.work        all  all  all  -    -    -    -    -    -    -
decision.undo      all  all  -    -    -    -    -    -    -    -
brand.read         all  all  all  all  -    own  -    -    -    all
brand.edit         all  all  -    -    -    own  -    -    -    -
policy.read        all  all  all  -    -    -    -    -    -    all
policy.edit        all  all  -    -    -    -    -    -    -    -
policy.switch      all  all  -    -    -    -    -    -    -    -
right.read         all  all  all  -    -    own  -    -    -    all
right.edit         all  -    -    -    -    own  -    -    -    -
right.verify       all  all  -    -    -    -    -    -    -    -
notice.read        all  all  all  -    -    own  -    -    -    all
notice.file        all  -    -    -    -    own  -    -    -    -
statement.read     all  all  all  -    -    -    own  -    -    all
appeal.read        all  all  all  -    -    own  own  -    -    all
appeal.file        all  -    -    -    -    own  own  -    -    -
appeal.decide      all  all  all  -    -    -    -    -    -    -
account.suspend    all  all  -    -    -    -    -    -    -    -
case.read          all  all  all  -    -    -    -    -    own  all
case.edit          all  all  -    -    -    -    -    -    own  -
case.share         all  all  -    -    -    -    -    -    -    -
evidence.read      all  all  -    -    -    -    -    -    own  all
bundle.make        all  all  -    -    -    -    -    -    own  -
seller.read        all  all  all  all  -    -    -    -    -    all
trader.read        all  all  -    -    -    -    own  -    -    all
trader.edit        all  -    -    -    -    -    own  -    -    -
trader.verify      all  all  -    -    -    -    -    -    -    -
trader.unmask      all  -    -    -    -    -    -    -    -    -
programme.read     all  -    -    all  -    -    -    -    -    all
programme.edit     all  -    -    all  -    -    -    -    -    -
maker.read         all  -    -    all  all  -    -    own  -    all
maker.edit         all  -    -    all  -    -    -    own  -    -
maker.move         all  -    -    all  -    -    -    -    -    -
visit.read         all  -    -    all  all  -    -    -    -    all
visit.work         all  -    -    -    all  -    -    -    -    -
visit.approve      all  -    -    all  -    -    -    -    -    -
ledger.read        all  all  -    -    -    -    -    -    -    all
people.read        all  -    -    -    -    -    -    -    -    all
people.manage      all  -    -    -    -    -    -    -    -    -
key.read           all  -    -    -    -    -    -    -    -    all
key.manage         all  -    -    -    -    -    -    -    -    -
settings.read      all  -    -    -    -    -    -    -    -    all
operations.read    all  all  -    -    -    -    -    -    -    all
operations.manage  all  all  -    -    -    -    -    -    -    -
`
	var b strings.Builder
	b.WriteByte('\n')
	for _, verb := range access.Verbs() {
		line := fmt.Sprintf("%-19s", verb)
		for _, role := range access.Roles() {
			line += fmt.Sprintf("%-5s", strings.Replace(access.Matrix[role][verb].String(), "none", "-", 1))
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	if b.String() != written {
		t.Errorf("the matrix is now:%s", b.String())
	}
	for role, verbs := range access.Matrix {
		if !slices.Contains(access.Roles(), role) {
			t.Errorf("Roles() lacks %s", role)
		}
		for verb := range verbs {
			if !slices.Contains(access.Verbs(), verb) {
				t.Errorf("Verbs() lacks %s", verb)
			}
		}
	}
}

func TestMay(t *testing.T) {
	for _, role := range access.Roles() {
		for _, verb := range access.Verbs() {
			u := access.User{ID: "u", Org: "mine", Roles: []access.Role{role}}
			scope := access.Matrix[role][verb]
			for org, allowed := range map[access.OrgID]bool{"mine": scope != access.None, "theirs": scope == access.All, "": scope == access.All} {
				err := u.May(verb, org)
				if allowed != (err == nil) || !allowed && !errors.Is(err, fault.Forbidden) {
					t.Errorf("%s %s on %q: %v", role, verb, org, err)
				}
				// A key narrows: with the scope it is as its maker, without it nothing, and some verbs never.
				key := u
				key.Key, key.Scopes = "k", []access.Verb{verb}
				if err := key.May(verb, org); (allowed && verb.ForKeys()) != (err == nil) {
					t.Errorf("key of %s with %s on %q: %v", role, verb, org, err)
				}
				key.Scopes = slices.DeleteFunc(access.Verbs(), func(v access.Verb) bool { return v == verb })
				if key.May(verb, org) == nil {
					t.Errorf("key of %s without %s may do it", role, verb)
				}
			}
			want(t, access.User{Roles: []access.Role{role}}.May(verb, "mine"), fault.Unauthenticated)
		}
	}
	nobody := access.User{ID: "u", Org: ""}
	want(t, nobody.May(access.ListingRead, ""), fault.Forbidden)
	noOrg := access.User{ID: "u", Roles: []access.Role{access.RightsHolder}}
	want(t, noOrg.May(access.BrandEdit, ""), fault.Forbidden)
	if !noOrg.Can(access.BrandRead) || noOrg.Can(access.PeopleRead) || access.System.Can("nonsense") {
		t.Error("Can")
	}
	for u, actor := range map[string]access.User{"system": access.System, "person:p": {ID: "p"}, "key:k": {ID: "k", Key: "k"}, "nobody": {}} {
		if actor.Actor() != u {
			t.Errorf("%s, want %s", actor.Actor(), u)
		}
	}
}

func TestBootstrapOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var links atomic.Int64
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				link, err := h.Bootstrap(t.Context(), "Example Market", "Eve", "eve@example.com")
				if err != nil {
					t.Error(err)
				}
				if link != "" {
					links.Add(1)
				}
			})
		}
		all.Wait()
		if links.Load() != 0 {
			t.Error("bootstrapped again")
		}
		in, err := h.SignInByLink(t.Context(), h.link, here)
		ok(t, err)
		u, _, err := h.Authenticate(t.Context(), in.Token)
		if err != nil || u.Org != access.OperatorID || !u.Has(access.Administrator) || u.Email != "ada@example.com" {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

func TestBootstrapRaced(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &access.Service{DB: d}
		var links atomic.Int64
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				link, err := s.Bootstrap(t.Context(), "Example Market", "Ada", "ada@example.com")
				if err != nil {
					t.Error(err)
				}
				if link != "" {
					links.Add(1)
				}
			})
		}
		all.Wait()
		if links.Load() != 1 {
			t.Errorf("%d links", links.Load())
		}
		_, err := s.Bootstrap(t.Context(), "", "\x00", "nobody")
		want(t, err, fault.Invalid)
	})
}

func TestLinkWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var in, refused atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				switch _, err := h.SignInByLink(t.Context(), h.link, here); {
				case err == nil:
					in.Add(1)
				case errors.Is(err, fault.Unauthenticated):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 || refused.Load() != 7 {
			t.Errorf("%d in, %d refused", in.Load(), refused.Load())
		}
		// A new link voids the one before, and all end.
		first, err := h.NewLink(t.Context(), h.admin, h.admin.ID)
		ok(t, err)
		second, err := h.NewLink(t.Context(), h.admin, h.admin.ID)
		ok(t, err)
		_, err = h.SignInByLink(t.Context(), first, here)
		want(t, err, fault.Unauthenticated)
		h.now.Advance(73 * time.Hour)
		_, err = h.SignInByLink(t.Context(), second, here)
		want(t, err, fault.Unauthenticated)
		for _, token := range hostile {
			_, err := h.SignInByLink(t.Context(), token, here)
			want(t, err, fault.Unauthenticated)
		}
	})
}

// hostile is what is sent in place of tokens and ids.
var hostile = []string{"", "x", "oml_", "oms_" + strings.Repeat("A", 43), "oml_" + strings.Repeat("A", 42) + "B", "omk_" + strings.Repeat("=", 43),
	"oml_\x00" + strings.Repeat("A", 42), "\xff\xfe", strings.Repeat("a", 1<<20), "' or 1=1 --"}

func TestPasswordSignIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		_, err := h.SignIn(ctx, "ada@example.com", "", here)
		want(t, err, fault.Unauthenticated) // no password set: none is right
		h.signedIn(h.admin, h.link)
		in, err := h.SignIn(ctx, " ADA@ｅxample.com ", password, here)
		ok(t, err)
		if in.ByLink || in.Token == "" {
			t.Errorf("%+v", in)
		}
		_, unknown := h.SignIn(ctx, "nobody@example.com", password, here)
		_, wrong := h.SignIn(ctx, "ada@example.com", password+"!", here)
		want(t, unknown, fault.Unauthenticated)
		if unknown == nil || wrong == nil || unknown.Error() != wrong.Error() {
			t.Errorf("an unknown address shows: %v and %v", unknown, wrong)
		}
		for _, bad := range append(hostile, "not an address", "a@b@c") {
			h.now.Advance(25 * time.Hour)
			_, err := h.SignIn(ctx, bad, bad, here)
			want(t, err, fault.Unauthenticated)
			_, err = h.SignIn(ctx, "ada@example.com", bad, bad)
			want(t, err, fault.Unauthenticated)
		}
		h.now.Advance(25 * time.Hour)
		// A dearer hash is made when the person signs in, and works.
		dearer := &access.Service{DB: h.DB, Cost: access.Cost{Memory: 128, Passes: 2, Lanes: 1}}
		for range 2 {
			_, err = dearer.SignIn(ctx, "ada@example.com", password, here)
			ok(t, err)
		}
		var stored string
		ok(t, h.DB.SQL().QueryRow(`select password from person`).Scan(&stored))
		if !strings.HasPrefix(stored, "$argon2id$v=19$m=128,t=2,p=1$") {
			t.Errorf("stored %.40s", stored)
		}
	})
}

func TestSetPassword(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		first := h.signedIn(h.admin, h.link)
		other, err := h.SignIn(ctx, "ada@example.com", password, there)
		ok(t, err)
		want(t, h.SetPassword(ctx, h.admin, other, "", "another good password"), fault.Invalid)
		want(t, h.SetPassword(ctx, h.admin, other, "wrong", "another good password"), fault.Invalid)
		for _, weak := range []string{"", "short", "aaaaaaaaaaaaaaaa", "passwordpassword", "P@ssw0rd1234!", "qwertyuiop123", "qwertyuiopas", "123456789012",
			"abcabcabcabc", "ada@example.com", "AdaOst AdaOst", "Administrator1", "iloveyou2026!!", "1qaz2wsx3edc", strings.Repeat("x y", 100), "ok but \xff broken", "correcthorsecorrecthorse"} {
			err := h.SetPassword(ctx, h.admin, other, password, weak)
			want(t, err, fault.Invalid)
			if f, _ := fault.As(err); f == nil || f.Field != "password" {
				t.Errorf("%q: %v", weak, err)
			}
		}
		ok(t, h.SetPassword(ctx, h.admin, other, password, "一二三四五六七八九十甲乙 ok"))
		_, _, err = h.Authenticate(ctx, first.Token)
		want(t, err, fault.Unauthenticated) // the other session ended
		_, _, err = h.Authenticate(ctx, other.Token)
		ok(t, err)
		_, err = h.SignIn(ctx, "ada@example.com", password, here)
		want(t, err, fault.Unauthenticated)
		_, err = h.SignIn(ctx, "ada@example.com", "一二三四五六七八九十甲乙 ok", here)
		ok(t, err)
		bert, _ := h.invite("bert", access.OperatorID, access.Reviewer)
		want(t, h.SetPassword(ctx, bert, other, "", "another good password"), fault.Unauthenticated) // somebody else's session
		want(t, h.SetPassword(ctx, access.System, other, "", "another good password"), fault.Forbidden)
		// An old link session is no longer enough.
		link, err := h.NewLink(ctx, h.admin, h.admin.ID)
		ok(t, err)
		byLink, err := h.SignInByLink(ctx, link, here)
		ok(t, err)
		h.now.Advance(31 * time.Minute)
		want(t, h.SetPassword(ctx, h.admin, byLink, "", "another good password"), fault.Invalid)
	})
}

func TestThrottle(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.signedIn(h.admin, h.link)
		_, err := h.SignIn(ctx, "ada@example.com", password, here) // here is now an address of hers
		ok(t, err)
		guess := func(remote string) error {
			_, err := h.SignIn(ctx, "ada@example.com", "a wrong password", remote)
			return err
		}
		for range 5 {
			want(t, guess(there), fault.Unauthenticated)
		}
		err = guess(there)
		want(t, err, fault.TooMany)
		at, throttled := access.RetryAt(err)
		if !throttled || at != h.now.Now().Add(time.Second) {
			t.Errorf("retry at %v, %v", at, throttled)
		}
		// The right password does not help a stranger either, from whichever address...
		_, err = h.SignIn(ctx, "ada@example.com", password, "192.0.2.1:1")
		want(t, err, fault.TooMany)
		// ...but she herself is not kept out by them.
		_, err = h.SignIn(ctx, "ada@example.com", password, here)
		ok(t, err)
		// Knocking while blocked does not lengthen the wait; each attempt that is looked at doubles it.
		for _, wait := range []time.Duration{1, 2, 4, 8} {
			_ = guess(there)
			at, _ := access.RetryAt(guess(there))
			if left := at.Sub(h.now.Now()); left != wait*time.Second {
				t.Errorf("waits %v, want %v s", left, int64(wait))
			}
			h.now.Advance(wait * time.Second)
		}
		// However long they go on, the wait has a bound.
		for range 30 {
			h.now.Advance(15 * time.Minute)
			want(t, guess(there), fault.Unauthenticated)
		}
		at, _ = access.RetryAt(guess(there))
		if left := at.Sub(h.now.Now()); left != 15*time.Minute {
			t.Errorf("waits %v", left)
		}
		h.now.Advance(15 * time.Minute)
		_, err = h.SignIn(ctx, "ada@example.com", password, "192.0.2.1:1")
		ok(t, err)
		// One address that tries many accounts.
		blocked := 0
		for i := range 60 {
			if _, err := h.SignIn(ctx, fmt.Sprintf("person%d@example.com", i), "a wrong password", "[2001:db8::1]:9"); errors.Is(err, fault.TooMany) {
				blocked++
			}
		}
		if blocked != 30 {
			t.Errorf("%d of 60 blocked", blocked)
		}
		_, err = h.SignIn(ctx, "x@example.com", "a wrong password", "[2001:db8::ffff]:9") // same /64
		want(t, err, fault.TooMany)
	})
}

// TestThrottleCountsAtOnce: many guesses at the same moment are not looked at all before the first is counted.
func TestThrottleCountsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.signedIn(h.admin, h.link)
		var looked atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := h.SignIn(t.Context(), "ada@example.com", "a wrong password", there)
				if errors.Is(err, fault.Unauthenticated) {
					looked.Add(1)
				} else if !errors.Is(err, fault.TooMany) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if looked.Load() != 5 {
			t.Errorf("%d guesses looked at", looked.Load())
		}
	})
}

func TestSessions(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		in := h.signedIn(h.admin, h.link)
		seen := func() (seen int64) {
			ok(t, h.DB.SQL().QueryRow(`select seen_at from session`).Scan(&seen))
			return seen
		}
		opened := seen()
		h.now.Advance(59 * time.Second)
		_, _, err := h.Authenticate(ctx, in.Token)
		ok(t, err)
		if seen() != opened {
			t.Error("touched within the minute")
		}
		// Use keeps it alive, idleness ends it.
		for range 3 {
			h.now.Advance(11 * time.Hour)
			_, _, err := h.Authenticate(ctx, in.Token)
			ok(t, err)
		}
		if seen() == opened {
			t.Error("never touched")
		}
		h.now.Advance(12 * time.Hour)
		_, _, err = h.Authenticate(ctx, in.Token)
		want(t, err, fault.Unauthenticated)
		in, err = h.SignIn(ctx, "ada@example.com", password, here)
		ok(t, err)
		for range 33 { // 14 days and some: the absolute bound
			h.now.Advance(10 * time.Hour)
			_, _, _ = h.Authenticate(ctx, in.Token)
		}
		_, _, err = h.Authenticate(ctx, in.Token)
		ok(t, err)
		h.now.Advance(10 * time.Hour)
		_, _, err = h.Authenticate(ctx, in.Token)
		want(t, err, fault.Unauthenticated)

		one, err := h.SignIn(ctx, "ada@example.com", password, here)
		ok(t, err)
		two, err := h.SignIn(ctx, "ada@example.com", password, there)
		ok(t, err)
		open, err := h.Sessions(ctx, h.admin, h.admin.ID)
		if err != nil || len(open) != 2 {
			t.Errorf("%d open, %v", len(open), err)
		}
		ok(t, h.SignOut(ctx, one))
		ok(t, h.SignOut(ctx, one))
		_, _, err = h.Authenticate(ctx, one.Token)
		want(t, err, fault.Unauthenticated)
		_, _, err = h.Authenticate(ctx, two.Token)
		ok(t, err)
		bert, _ := h.invite("bert", access.OperatorID, access.Reviewer)
		want(t, h.SignOutEverywhere(ctx, bert, h.admin.ID), fault.Forbidden)
		ok(t, h.SignOutEverywhere(ctx, h.admin, h.admin.ID))
		_, _, err = h.Authenticate(ctx, two.Token)
		want(t, err, fault.Unauthenticated)
		for _, token := range hostile {
			_, _, err := h.Authenticate(ctx, token)
			want(t, err, fault.Unauthenticated)
			_, err = h.AuthenticateKey(ctx, token)
			want(t, err, fault.Unauthenticated)
		}
		h.now.Advance(365 * 24 * time.Hour)
		ok(t, h.Sweep(ctx))
		for _, table := range []string{"session", "sign_in_link", "sign_in_attempt", "sign_in_known"} {
			var left int
			ok(t, h.DB.SQL().QueryRow(`select count(*) from `+table).Scan(&left))
			if left != 0 {
				t.Errorf("%d rows left in %s", left, table)
			}
		}
	})
}

func TestInvite(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		brand, err := h.AddOrganisation(ctx, h.admin, "新百伦 Brands")
		ok(t, err)
		reviewer, _ := h.invite("rita", access.OperatorID, access.Reviewer)
		holder, _ := h.invite("hana", brand, access.RightsHolder)
		for _, test := range []struct {
			by    access.User
			in    access.Invitation
			kind  fault.Kind
			field string
		}{
			{reviewer, access.Invitation{Name: "X", Email: "x@example.com", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}}, fault.Forbidden, ""},
			{access.User{}, access.Invitation{}, fault.Unauthenticated, ""},
			{h.admin, access.Invitation{Name: "X", Email: "RITA@example.com", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}}, fault.Conflict, "email"},
			{h.admin, access.Invitation{Name: "X", Email: "x@example.com", Org: "none", Roles: []access.Role{access.Reviewer}}, fault.Invalid, "organisation"},
			{h.admin, access.Invitation{Name: "X", Email: "x@example.com", Org: "a\x00", Roles: []access.Role{access.Reviewer}}, fault.Invalid, "organisation"},
			{h.admin, access.Invitation{Name: "X", Email: "x@example.com", Org: brand, Roles: []access.Role{access.Administrator}}, fault.Invalid, "roles"},
			{h.admin, access.Invitation{Name: "X", Email: "x@example.com", Org: access.OperatorID, Roles: []access.Role{access.RightsHolder}}, fault.Invalid, "roles"},
			{h.admin, access.Invitation{Name: "X", Email: "x@example.com", Org: access.OperatorID, Roles: []access.Role{"\xff"}}, fault.Invalid, "roles"},
			{h.admin, access.Invitation{Name: "X", Email: "x@example.com", Org: access.OperatorID}, fault.Invalid, "roles"},
			{h.admin, access.Invitation{Name: "X", Email: "x@example.com", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}, Language: "tlh"}, fault.Invalid, "language"},
			{h.admin, access.Invitation{Name: "moc.elpmaxe\u202e", Email: "x@example.com", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}}, fault.Invalid, "name"},
			{h.admin, access.Invitation{Name: strings.Repeat("长", 101), Email: "x@example.com", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}}, fault.Invalid, "name"},
			{h.admin, access.Invitation{Name: "a\x00b", Email: "x@example.com", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}}, fault.Invalid, "name"},
		} {
			_, link, err := h.InvitePerson(ctx, test.by, test.in)
			want(t, err, test.kind)
			if f, _ := fault.As(err); f == nil || f.Field != test.field || link != "" {
				t.Errorf("%+v: %v", test.in, err)
			}
		}
		_, _, err = h.InvitePerson(ctx, h.admin, access.Invitation{Org: access.OperatorID})
		if faults := fault.All(err); len(faults) != 3 {
			t.Errorf("an empty form marks %d fields: %v", len(faults), err)
		}
		_, err = h.AddOrganisation(ctx, reviewer, "X")
		want(t, err, fault.Forbidden)
		all, err := h.Organisations(ctx, h.admin)
		if err != nil || len(all) != 2 || all[0].Kind != access.Operator || all[1].Name != "新百伦 Brands" {
			t.Errorf("%+v, %v", all, err)
		}
		own, err := h.Organisations(ctx, holder)
		if err != nil || len(own) != 1 || own[0].ID != brand {
			t.Errorf("%+v, %v", own, err)
		}
		_, err = h.Organisations(ctx, access.User{})
		want(t, err, fault.Unauthenticated)
	})
}

// TestOtherOrganisation: what belongs to another organisation does not exist.
func TestOtherOrganisation(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		brand, err := h.AddOrganisation(ctx, h.admin, "Brand One")
		ok(t, err)
		other, err := h.AddOrganisation(ctx, h.admin, "Brand Two")
		ok(t, err)
		hana, _ := h.invite("hana", brand, access.RightsHolder)
		hugo, _ := h.invite("hugo", brand, access.RightsHolder)
		olga, _ := h.invite("olga", other, access.RightsHolder)
		key, _, err := h.CreateKey(ctx, h.admin, "feed", []access.Verb{access.ListingSubmit}, time.Time{})
		ok(t, err)
		for _, target := range []struct {
			id   access.UserID
			kind fault.Kind
		}{{hugo.ID, fault.Forbidden}, {olga.ID, fault.NotFound}, {h.admin.ID, fault.NotFound}, {"none", fault.NotFound}, {"\x00", fault.NotFound}} {
			_, err := h.Person(ctx, hana, target.id)
			want(t, err, target.kind)
			want(t, h.ChangeRoles(ctx, hana, target.id, []access.Role{access.RightsHolder}), target.kind)
			want(t, h.Disable(ctx, hana, target.id), target.kind)
			want(t, h.Enable(ctx, hana, target.id), target.kind)
			want(t, h.SignOutEverywhere(ctx, hana, target.id), target.kind)
			_, err = h.Sessions(ctx, hana, target.id)
			want(t, err, target.kind)
			_, err = h.NewLink(ctx, hana, target.id)
			want(t, err, target.kind)
			want(t, h.Disable(ctx, access.User{}, target.id), fault.Unauthenticated)
		}
		want(t, h.RevokeKey(ctx, hana, key.ID), fault.NotFound)
		want(t, h.RevokeKey(ctx, hana, "none"), fault.NotFound)
		want(t, h.RevokeKey(ctx, access.User{}, key.ID), fault.Unauthenticated)
		_, err = h.Person(ctx, hana, hana.ID)
		ok(t, err)
		_, err = h.PersonByEmail(ctx, hana, "olga@example.com")
		want(t, err, fault.NotFound)
		_, _, err = h.People(ctx, hana, access.PeopleFilter{})
		want(t, err, fault.Forbidden)
		_, _, err = h.Keys(ctx, hana, "", 0)
		want(t, err, fault.Forbidden)
	})
}

func TestRolesAndTheLastAdministrator(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		want(t, h.ChangeRoles(ctx, h.admin, h.admin.ID, []access.Role{access.Reviewer}), fault.Conflict)
		want(t, h.ChangeRoles(ctx, h.admin, h.admin.ID, []access.Role{access.Administrator, access.Analyst}), fault.Conflict) // a raise of one's own
		want(t, h.Disable(ctx, access.System, h.admin.ID), fault.Conflict)
		want(t, h.Disable(ctx, h.admin, h.admin.ID), fault.Conflict)
		bert, link := h.invite("bert", access.OperatorID, access.Reviewer, access.Analyst)
		in := h.signedIn(bert, link)
		want(t, h.ChangeRoles(ctx, bert, bert.ID, []access.Role{access.Administrator}), fault.Forbidden)
		ok(t, h.ChangeRoles(ctx, h.admin, bert.ID, []access.Role{access.Auditor, access.Administrator, access.Auditor}))
		p, err := h.Person(ctx, h.admin, bert.ID)
		if err != nil || !slices.Equal(p.Roles, []access.Role{access.Administrator, access.Auditor}) {
			t.Errorf("%v, %v", p.Roles, err)
		}
		u, _, err := h.Authenticate(ctx, in.Token) // at once, without signing in again
		if err != nil || !u.Has(access.Administrator) {
			t.Errorf("%v, %v", u.Roles, err)
		}
		want(t, h.Disable(ctx, u, u.ID), fault.Conflict)
		ok(t, h.Disable(ctx, h.admin, bert.ID))
		_, _, err = h.Authenticate(ctx, in.Token)
		want(t, err, fault.Unauthenticated)
		_, err = h.SignIn(ctx, "bert@example.com", password, here)
		want(t, err, fault.Unauthenticated)
		_, err = h.NewLink(ctx, h.admin, bert.ID)
		want(t, err, fault.Conflict)
		want(t, h.ChangeRoles(ctx, u, h.admin.ID, []access.Role{access.Reviewer}), fault.Forbidden) // disabled in between
		want(t, h.ChangeRoles(ctx, h.admin, h.admin.ID, []access.Role{access.Reviewer}), fault.Conflict)
		ok(t, h.Enable(ctx, h.admin, bert.ID))
		ok(t, h.Enable(ctx, h.admin, bert.ID))
		_, err = h.SignIn(ctx, "bert@example.com", password, here)
		ok(t, err)
		ok(t, h.ChangeRoles(ctx, h.admin, h.admin.ID, []access.Role{access.Administrator})) // no change
	})
}

// TestTwoAdministratorsDemoteEachOther: one of them stays.
func TestTwoAdministratorsDemoteEachOther(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		bert, _ := h.invite("bert", access.OperatorID, access.Administrator)
		for range 5 {
			var all sync.WaitGroup
			for _, pair := range [][2]access.User{{h.admin, bert}, {bert, h.admin}} {
				all.Go(func() {
					err := h.ChangeRoles(t.Context(), pair[0], pair[1].ID, []access.Role{access.Reviewer})
					if err != nil && !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.Forbidden) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			left, _, err := h.People(t.Context(), access.System, access.PeopleFilter{Role: access.Administrator})
			if err != nil || len(left) != 1 {
				t.Fatalf("%d administrators left, %v", len(left), err)
			}
			for _, u := range []access.User{h.admin, bert} {
				ok(t, h.ChangeRoles(t.Context(), access.System, u.ID, []access.Role{access.Administrator}))
			}
		}
	})
}

func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		bert, _ := h.invite("bert", access.OperatorID, access.Administrator)
		for _, scopes := range [][]access.Verb{nil, {}, {access.KeyManage}, {access.PeopleManage}, {"nonsense"}, {"\x00"}} {
			_, _, err := h.CreateKey(ctx, bert, "feed", scopes, time.Time{})
			want(t, err, fault.Invalid)
		}
		_, _, err := h.CreateKey(ctx, bert, "feed", []access.Verb{access.ListingSubmit}, h.now.Now())
		want(t, err, fault.Invalid)
		reviewer, _ := h.invite("rita", access.OperatorID, access.Reviewer)
		_, _, err = h.CreateKey(ctx, reviewer, "feed", []access.Verb{access.ListingRead}, time.Time{})
		want(t, err, fault.Forbidden)

		k, token, err := h.CreateKey(ctx, bert, "feed", []access.Verb{access.ListingSubmit, access.ListingRead, access.ListingSubmit}, h.now.Now().Add(48*time.Hour))
		ok(t, err)
		if !strings.HasPrefix(token, "omk_") || k.Hint != token[len(token)-4:] || !slices.Equal(k.Scopes, []access.Verb{access.ListingRead, access.ListingSubmit}) {
			t.Errorf("%+v", k)
		}
		u, err := h.AuthenticateKey(ctx, token)
		ok(t, err)
		if u.May(access.ListingSubmit, "") != nil || u.May(access.BrandEdit, "") == nil || u.Actor() != "key:"+string(k.ID) {
			t.Errorf("%+v", u)
		}
		_, _, err = h.CreateKey(ctx, u, "another", []access.Verb{access.ListingRead}, time.Time{})
		want(t, err, fault.Forbidden)
		want(t, h.SetTheme(ctx, u, access.Dark), fault.Forbidden)
		page, next, err := h.Keys(ctx, h.admin, "", 0)
		if err != nil || next != "" || len(page) != 1 || page[0].Seen != h.now.Now() || page[0].Maker != bert.ID {
			t.Errorf("%+v, %q, %v", page, next, err)
		}
		names, err := h.Names(ctx, []access.UserID{bert.ID, access.UserID(k.ID), "system", "none", "\xff"})
		if err != nil || len(names) != 3 || names[bert.ID] != "bert" || names[access.UserID(k.ID)] != "feed" || names["system"] != "Ownmark" {
			t.Errorf("%v, %v", names, err)
		}
		// A key never does more than its maker can now.
		ok(t, h.ChangeRoles(ctx, h.admin, bert.ID, []access.Role{access.Reviewer}))
		u, err = h.AuthenticateKey(ctx, token)
		ok(t, err)
		want(t, u.May(access.ListingSubmit, ""), fault.Forbidden)
		ok(t, u.May(access.ListingRead, ""))
		ok(t, h.Disable(ctx, h.admin, bert.ID))
		_, err = h.AuthenticateKey(ctx, token)
		want(t, err, fault.Unauthenticated)
		ok(t, h.Enable(ctx, h.admin, bert.ID))
		_, err = h.AuthenticateKey(ctx, token)
		ok(t, err)
		ok(t, h.RevokeKey(ctx, h.admin, k.ID))
		ok(t, h.RevokeKey(ctx, h.admin, k.ID))
		_, err = h.AuthenticateKey(ctx, token)
		want(t, err, fault.Unauthenticated)

		_, token, err = h.CreateKey(ctx, access.System, "worker", []access.Verb{access.ListingRead}, h.now.Now().Add(time.Hour))
		ok(t, err)
		_, err = h.AuthenticateKey(ctx, token)
		ok(t, err)
		h.now.Advance(time.Hour)
		_, err = h.AuthenticateKey(ctx, token)
		want(t, err, fault.Unauthenticated)
		first, next, err := h.Keys(ctx, h.admin, "", 1)
		ok(t, err)
		second, last, err := h.Keys(ctx, h.admin, next, 1)
		if err != nil || len(first) != 1 || len(second) != 1 || last != "" || first[0].ID <= second[0].ID {
			t.Errorf("%v, %v, %q, %v", first, second, last, err)
		}
	})
}

func TestPeople(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		brand, err := h.AddOrganisation(ctx, h.admin, "Brand")
		ok(t, err)
		for i := range 12 {
			h.invite(fmt.Sprintf("Person%02d", i), access.OperatorID, access.Reviewer)
		}
		ümit := "Ümit_100%"
		_, _, err = h.InvitePerson(ctx, h.admin, access.Invitation{Name: ümit, Email: "umit@example.com", Org: brand, Roles: []access.Role{access.RightsHolder}})
		ok(t, err)
		gone, _ := h.invite("zoe", access.OperatorID, access.Auditor)
		ok(t, h.Disable(ctx, h.admin, gone.ID))
		var names []string
		after := ""
		for {
			page, next, err := h.People(ctx, h.admin, access.PeopleFilter{Limit: 5, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page {
				names = append(names, p.Name)
			}
			if after = next; next == "" {
				break
			}
		}
		if len(names) != 14 || names[0] != "Ada Ost" || names[13] != ümit || !slices.IsSorted(names) {
			t.Errorf("%d: %v", len(names), names)
		}
		for text, n := range map[string]int{"ümit": 1, "ÜMIT": 1, "_100%": 1, "_": 1, "%": 1, `\`: 0, "person0": 10, "@example": 14, "zoe": 0} {
			if page, _, err := h.People(ctx, h.admin, access.PeopleFilter{Text: text}); err != nil || len(page) != n {
				t.Errorf("%q finds %d, want %d, %v", text, len(page), n, err)
			}
		}
		for f, n := range map[access.PeopleFilter]int{{Org: brand}: 1, {Role: access.Reviewer}: 12, {Role: access.Auditor, Disabled: true}: 1, {Org: "none"}: 0} {
			if page, _, err := h.People(ctx, h.admin, f); err != nil || len(page) != n {
				t.Errorf("%+v finds %d, want %d, %v", f, len(page), n, err)
			}
		}
		for _, f := range []access.PeopleFilter{{After: "x"}, {After: "a.!"}, {Text: "\xff"}, {Org: "\x00"}} {
			_, _, err := h.People(ctx, h.admin, f)
			want(t, err, fault.Invalid)
		}
		_, _, err = h.People(ctx, access.User{}, access.PeopleFilter{})
		want(t, err, fault.Unauthenticated)
	})
}

func TestPreferencesAndViews(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		in := h.signedIn(h.admin, h.link)
		ok(t, h.SetLanguage(ctx, h.admin, "zh"))
		ok(t, h.SetTheme(ctx, h.admin, access.Dark))
		want(t, h.SetLanguage(ctx, h.admin, "xx"), fault.Invalid)
		want(t, h.SetTheme(ctx, h.admin, "pink"), fault.Invalid)
		want(t, h.SetTheme(ctx, access.User{}, access.Dark), fault.Unauthenticated)
		u, _, err := h.Authenticate(ctx, in.Token)
		if err != nil || u.Language != "zh" || u.Theme != access.Dark {
			t.Errorf("%+v, %v", u, err)
		}
		ok(t, h.SaveView(ctx, h.admin, access.SavedView{Page: "review", Name: "Shoes", Query: "category=shoes"}))
		ok(t, h.SaveView(ctx, h.admin, access.SavedView{Page: "review", Name: "Shoes", Query: "category=shoes&min=0.9"}))
		ok(t, h.SaveView(ctx, h.admin, access.SavedView{Page: "sellers", Name: "New", Query: "age=7"}))
		bert, _ := h.invite("bert", access.OperatorID, access.Reviewer)
		if none, err := h.Views(ctx, bert, "review"); err != nil || len(none) != 0 {
			t.Errorf("%v, %v", none, err)
		}
		views, err := h.Views(ctx, h.admin, "review")
		if err != nil || len(views) != 1 || views[0].Query != "category=shoes&min=0.9" {
			t.Errorf("%v, %v", views, err)
		}
		ok(t, h.DeleteView(ctx, bert, "review", "Shoes"))
		ok(t, h.DeleteView(ctx, h.admin, "review", "Shoes"))
		views, err = h.Views(ctx, h.admin, "review")
		if err != nil || len(views) != 0 {
			t.Errorf("%v, %v", views, err)
		}
		for _, v := range []access.SavedView{{}, {Page: "p", Name: "n", Query: strings.Repeat("x", 5000)}, {Page: "p", Name: "\x00"}, {Page: "p", Name: "n", Query: "\xff"}} {
			want(t, h.SaveView(ctx, h.admin, v), fault.Invalid)
		}
		for i := range 100 {
			ok(t, h.SaveView(ctx, h.admin, access.SavedView{Page: "p", Name: fmt.Sprint(i)}))
		}
		want(t, h.SaveView(ctx, h.admin, access.SavedView{Page: "p", Name: "one more"}), fault.Conflict)
	})
}

// TestLedgerKnowsAndTellsNoSecret walks through a life and reads what the ledger kept of it.
func TestLedgerKnowsAndTellsNoSecret(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		in := h.signedIn(h.admin, h.link)
		byPassword, err := h.SignIn(ctx, "ada@example.com", password, here)
		ok(t, err)
		_, token, err := h.CreateKey(ctx, h.admin, "feed", []access.Verb{access.ListingRead}, time.Time{})
		ok(t, err)
		bert, link := h.invite("bert", access.OperatorID, access.Reviewer)
		ok(t, h.ChangeRoles(ctx, h.admin, bert.ID, []access.Role{access.Auditor}))
		ok(t, h.Disable(ctx, h.admin, bert.ID))
		ok(t, h.Enable(ctx, h.admin, bert.ID))
		ok(t, h.SignOut(ctx, in))
		entries, _, err := ledger.Open(h.DB, nil).List(ctx, ledger.Filter{Limit: 1000})
		ok(t, err)
		kinds := map[string]int{}
		for _, e := range entries {
			kinds[e.Kind]++
			text := string(e.Leaf())
			for _, secret := range []string{h.link, link, token, in.Token, byPassword.Token, password, "argon2", "@example.com", "bert", "Ada", "203.0.113"} {
				if strings.Contains(text, secret) {
					t.Errorf("the ledger tells %q: %s", secret, text)
				}
			}
		}
		for _, kind := range []string{"organisation.made", "person.invited", "person.link-made", "session.opened", "session.closed", "person.password-set", "person.roles-changed", "person.disabled", "person.enabled", "key.made"} {
			if kinds[kind] == 0 {
				t.Errorf("no %s in %v", kind, kinds)
			}
		}
		// Nor is a secret anywhere in the tables.
		for _, query := range []string{`select token_hash from session`, `select token_hash from sign_in_link`, `select token_hash from api_key`, `select subject from sign_in_attempt`} {
			var kept string
			if err := h.DB.SQL().QueryRow(query).Scan(&kept); err == nil && (strings.HasPrefix(kept, "om") || strings.Contains(kept, "@")) {
				t.Errorf("%s gives %s", query, kept)
			}
		}
	})
}

func TestHashingIsBounded(t *testing.T) {
	d := dbtest.SQLite(t, clock.System)
	s := &access.Service{DB: d, Hashes: 1, Cost: access.Cost{Memory: 1024, Passes: 1, Lanes: 1}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.SignIn(ctx, "a@example.com", "x", here); err == nil || errors.Is(err, fault.Unauthenticated) {
		t.Errorf("a cancelled sign-in was answered: %v", err)
	}
	var all sync.WaitGroup
	var tooBusy, answered atomic.Int64
	for i := range 200 {
		all.Go(func() {
			_, err := s.SignIn(t.Context(), fmt.Sprintf("p%d@example.com", i), "x", fmt.Sprintf("192.0.2.%d:1", i))
			switch {
			case errors.Is(err, fault.Unavailable):
				tooBusy.Add(1)
			case errors.Is(err, fault.Unauthenticated):
				answered.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if answered.Load()+tooBusy.Load() != 200 || answered.Load() == 0 {
		t.Errorf("%d answered, %d sent away", answered.Load(), tooBusy.Load())
	}
}

func TestSellerHasOneOrganisation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &access.Service{DB: d}
		ctx := t.Context()
		org, err := s.AddSeller(ctx, access.System, "shop 鞋/1", strings.Repeat("长", 300))
		ok(t, err)
		again, err := s.AddSeller(ctx, access.System, "shop 鞋/1", "Another name")
		ok(t, err)
		if account, is := org.Account(); org != again || !is || account != "shop 鞋/1" {
			t.Errorf("%q, %q", org, again)
		}
		if _, is := access.OperatorID.Account(); is {
			t.Error("the operator is a seller")
		}
		all, err := s.Organisations(ctx, access.System)
		ok(t, err)
		if len(all) != 1 || all[0].Kind != access.SellerOrganisation || len([]rune(all[0].Name)) != 100 {
			t.Errorf("%+v", all)
		}
		_, err = s.AddSeller(ctx, access.System, "", "Nobody")
		want(t, err, fault.Invalid)
		_, err = s.AddSeller(ctx, access.User{ID: "a", Org: access.OperatorID, Roles: []access.Role{access.Analyst}}, "x", "X")
		want(t, err, fault.Forbidden)
	})
}
