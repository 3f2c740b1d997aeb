package enforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

var (
	ana    = access.User{ID: "p1", Name: "Ana", Org: "operator", Roles: []access.Role{access.Analyst}}
	rui    = access.User{ID: "p2", Name: "Rui", Org: "operator", Roles: []access.Role{access.Reviewer}}
	bo     = access.User{ID: "p3", Name: "Bo", Org: "operator", Roles: []access.Role{access.Reviewer}}
	aud    = access.User{ID: "p4", Name: "Aud", Org: "operator", Roles: []access.Role{access.Auditor}}
	holder = access.User{ID: "p5", Name: "Olga", Org: "swift", Roles: []access.Role{access.RightsHolder}}
	nobody = access.User{}
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func want(t *testing.T, err error, kind fault.Kind, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	for _, w := range words {
		if f, _ := fault.As(err); f == nil || !strings.Contains(f.Message(), w) {
			t.Errorf("%v does not say %q", err, w)
		}
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type desk struct {
	*Service
	d      *db.DB
	now    *clock.Manual
	events int
}

// each opens a desk on every engine, on a clock of its own.
func each(t *testing.T, fn func(t *testing.T, k *desk)) {
	t.Helper()
	var now *clock.Manual
	dbtest.EachAt(t, func() time.Time { return now.Now() }, func(t *testing.T, d *db.DB) {
		now = clock.At(noon)
		fn(t, &desk{Service: &Service{DB: d}, d: d, now: now})
	})
}

// listing puts a listing with a verdict in, as detect keeps it, without telling of it.
func (k *desk) listing(t testing.TB, id string, version int64, verdict detect.Verdict, score float64) {
	t.Helper()
	price := 100.0
	l := market.Listing{ID: market.ListingID(id), Title: fmt.Sprintf("Shoe of version %d", version), Category: "shoes", Price: &price, Currency: "USD", Seller: market.Seller{ID: "S1", Name: "Fast"}}
	ok(t, k.d.Tx(t.Context(), func(tx *db.Tx) error {
		for {
			saved, err := market.Save(tx, tx.Now(), []market.Listing{l})
			if err != nil {
				return err
			}
			if saved[0].Version == version {
				break
			}
			l.Title += "!"
		}
		_, err := tx.Exec(`insert into verdict (listing, seller, version, verdict, score, brand, signals, model, revision, scanned_at, changed_at, action, priority)
			values ($1, 'S1', $2, $3, $4, 'swift', '[{"name":"price-low"},{"name":"brand-claimed"},{"name":"price-low"}]', 'm1', 7, 1, 1, case cast($3 as TEXT) when 'clear' then 'clear' else 'review' end, case cast($3 as TEXT) when 'fake' then 60 else 50 end)
			on conflict (listing) do update set version = excluded.version, verdict = excluded.verdict, score = excluded.score, action = excluded.action, priority = excluded.priority`, id, version, string(verdict), score)
		return err
	}))
}

// tell has enforce handle an event about the listings.
func (k *desk) tell(t testing.TB, ids ...string) bus.Message {
	t.Helper()
	k.events++
	e := detect.Scanned{}
	for _, id := range ids {
		e.Listings = append(e.Listings, detect.Outcome{Listing: market.ListingID(id)})
	}
	body, err := json.Marshal(e)
	ok(t, err)
	m := bus.Message{ID: fmt.Sprintf("e%d", k.events), Subject: ScannedSubject, Body: body}
	ok(t, k.HandleScanned(t.Context(), m))
	return m
}

func (k *desk) review(t testing.TB, id market.ListingID) Review {
	t.Helper()
	v, err := k.Review(t.Context(), rui, id)
	ok(t, err)
	return v
}

func (k *desk) decide(t testing.TB, by access.User, id market.ListingID, o Outcome) Decision {
	t.Helper()
	d, err := k.Decide(t.Context(), by, id, Choice{Outcome: o, Reason: ReasonsFor(o)[0].Code, Version: k.review(t, id).Version})
	ok(t, err)
	return d
}

// attest gives what the attestor finds.
func (k *desk) attest(t testing.TB) (found []string) {
	t.Helper()
	ok(t, k.d.View(t.Context(), func(tx *db.Tx) error {
		found = nil
		return Attest(t.Context(), tx, func(subject, what string) { found = append(found, subject+": "+what) })
	}))
	return found
}

func (k *desk) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	ok(t, k.d.Tx(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(query, args...); return err }))
}

func (k *desk) count(t testing.TB, query string, args ...any) (n int64) {
	t.Helper()
	ok(t, k.d.View(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, db.Value[int64], query, args...)
		return err
	}))
	return n
}

func TestListingIsDecidedAndUndone(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.listing(t, "L1", 1, detect.Fake, 0.9)
		m := k.tell(t, "L1", "L1", "unknown")
		ok(t, k.HandleScanned(ctx, m)) // delivered twice
		v := k.review(t, "L1")
		if v.State != Open || v.Standing != Live || v.Version != 1 || v.Brand != "swift" || v.Cents != 10_000 || !v.OpenedAt.Equal(noon) {
			t.Fatalf("%+v", v)
		}
		k.now.Advance(90 * time.Second)
		d, err := k.Decide(ctx, rui, "L1", Choice{Outcome: Remove, Reason: "counterfeit", Version: 1, Request: "r1"})
		ok(t, err)
		if d.Standing != Removed || d.Waited != 90*time.Second || !slices.Equal(d.Signals, []string{"price-low", "brand-claimed"}) || d.Model != "m1" || d.Revision != 7 {
			t.Errorf("%+v", d)
		}
		again, err := k.Decide(ctx, rui, "L1", Choice{Outcome: Remove, Reason: "counterfeit", Version: 1, Request: "r1"})
		ok(t, err)
		if diff := cmp.Diff(d, again, cmp.AllowUnexported(Decision{})); diff != "" {
			t.Errorf("sent twice:\n%s", diff)
		}
		_, err = k.Decide(ctx, rui, "L1", Choice{Outcome: Approve, Reason: "genuine", Version: 1, Request: "r1"})
		want(t, err, fault.Conflict, "already sent")
		_, err = k.Decide(ctx, bo, "L1", Choice{Outcome: Approve, Reason: "genuine", Version: 1})
		want(t, err, fault.Conflict, "Already decided by Rui at 2026-11-23 12:01 UTC.")
		_, err = k.Decide(ctx, bo, "L1", Choice{Outcome: Approve, Reason: "genuine", Version: 2})
		want(t, err, fault.Conflict, "Already decided by Rui")
		if v := k.review(t, "L1"); v.State != Settled || v.Standing != Removed || v.Decision != d.ID {
			t.Errorf("%+v", v)
		}
		_, err = k.Undo(ctx, bo, d.ID, "I know better")
		want(t, err, fault.Forbidden)
		k.now.Advance(OwnUndo)
		_, err = k.Undo(ctx, rui, d.ID, "")
		ok(t, err)
		_, err = k.Undo(ctx, rui, d.ID, "")
		want(t, err, fault.Conflict, "Already undone by Rui")
		v = k.review(t, "L1")
		if v.State != Open || v.Standing != Live || v.Decision != "" || !v.OpenedAt.Equal(noon) || v.Version != 3 {
			t.Errorf("not restored: %+v", v)
		}
		history, err := k.History(ctx, aud, "L1", "", 0)
		ok(t, err)
		if len(history.Items) != 1 || history.Items[0].Undone == nil || history.Items[0].Stands() {
			t.Errorf("%+v", history.Items)
		}
		if n := k.count(t, `select count(*) from ledger_entry where subject = 'listing:L1'`); n != 2 {
			t.Errorf("%d ledger entries", n)
		}
		if n := k.count(t, `select count(*) from outbox`); n != 2 {
			t.Errorf("%d events", n)
		}
		// Another's decision is undone by who leads, with a reason; one's own only for a time.
		d = k.decide(t, rui, "L1", Restrict)
		k.now.Advance(OwnUndo + time.Second)
		_, err = k.Undo(ctx, rui, d.ID, "late")
		want(t, err, fault.Forbidden, "60 minutes")
		_, err = k.Undo(ctx, ana, d.ID, " ")
		want(t, err, fault.Invalid)
		_, err = k.Undo(ctx, ana, d.ID, "the rights holder withdrew")
		ok(t, err)
		if found := k.attest(t); len(found) > 0 {
			t.Error(found)
		}
	})
}

func TestEscalatedIsDecidedByThoseWhoLead(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.listing(t, "L1", 1, detect.Review, 0.5)
		k.tell(t, "L1")
		asked := k.decide(t, rui, "L1", Escalate)
		v := k.review(t, "L1")
		if v.State != Escalated || v.Standing != Live {
			t.Errorf("%+v", v)
		}
		_, err := k.Decide(ctx, bo, "L1", Choice{Outcome: Remove, Reason: "counterfeit", Version: v.Version})
		want(t, err, fault.Forbidden, "escalated")
		_, err = k.Decide(ctx, ana, "L1", Choice{Outcome: Escalate, Reason: "need-test-buy", Version: v.Version})
		want(t, err, fault.Conflict, "escalated already")
		k.listing(t, "L1", 1, detect.Clear, 0.1)
		k.tell(t, "L1")
		if v := k.review(t, "L1"); v.State != Escalated || v.Verdict != detect.Clear {
			t.Errorf("a clear verdict withdrew a person's question: %+v", v)
		}
		_, err = k.Next(ctx, bo, Filter{})
		want(t, err, fault.NotFound)
		taken, err := k.Next(ctx, ana, Filter{})
		ok(t, err)
		if taken.Listing != "L1" {
			t.Errorf("%+v", taken)
		}
		answer := k.decide(t, ana, "L1", Remove)
		_, err = k.Undo(ctx, rui, asked.ID, "")
		want(t, err, fault.Conflict, "later decision")
		_, err = k.Undo(ctx, ana, answer.ID, "")
		ok(t, err)
		if v := k.review(t, "L1"); v.State != Escalated || v.Decision != asked.ID || v.Standing != Live {
			t.Errorf("%+v", v)
		}
		_, err = k.Undo(ctx, rui, asked.ID, "")
		ok(t, err)
		if v := k.review(t, "L1"); v.State != Cleared || v.Decision != "" {
			t.Errorf("it was acquitted while it was escalated: %+v", v)
		}
		if found := k.attest(t); len(found) > 0 {
			t.Error(found)
		}
	})
}

func TestVerdictsOpenCloseAndReopen(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		step := func(version int64, verdict detect.Verdict, score float64, state State, reopened bool) {
			t.Helper()
			k.now.Advance(time.Minute)
			k.listing(t, "L1", version, verdict, score)
			k.tell(t, "L1")
			if v := k.review(t, "L1"); v.State != state || v.Reopened != reopened || v.Verdict != verdict || v.Content != version && v.Version > 0 {
				t.Errorf("version %d, %s %.2f: %+v", version, verdict, score, v)
			}
		}
		step(1, detect.Clear, 0.1, Cleared, false)
		if n := k.count(t, `select count(*) from review`); n != 0 {
			t.Errorf("%d reviews of a clear listing", n)
		}
		step(1, detect.Review, 0.5, Open, false)
		step(1, detect.Clear, 0.1, Cleared, false)
		step(2, detect.Review, 0.5, Open, false)
		k.decide(t, rui, "L1", Approve)
		step(2, detect.Fake, 0.9, Settled, false) // the same content: a person has seen it
		step(3, detect.Review, 0.55, Settled, false)
		step(4, detect.Review, 0.65, Open, true)
		step(5, detect.Clear, 0.1, Settled, false)
		step(6, detect.Fake, 0.9, Open, true)
		if v := k.review(t, "L1"); v.Standing != Live || v.Decision == "" {
			t.Errorf("%+v", v)
		}
		k.decide(t, bo, "L1", Remove)
		step(7, detect.Fake, 1, Settled, false) // removed is removed
		if found := k.attest(t); len(found) > 0 {
			t.Error(found)
		}
	})
}

func TestTwoReviewersRace(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		for i := range 20 {
			k.listing(t, fmt.Sprintf("L%02d", i), 1, detect.Fake, 0.9)
			k.tell(t, fmt.Sprintf("L%02d", i))
		}
		for i := range 20 {
			id := market.ListingID(fmt.Sprintf("L%02d", i))
			results := make([]error, 2)
			var both sync.WaitGroup
			for j, who := range []access.User{rui, bo} {
				both.Go(func() {
					_, results[j] = k.Decide(t.Context(), who, id, Choice{Outcome: []Outcome{Remove, Approve}[j], Reason: []ReasonCode{"counterfeit", "genuine"}[j], Version: 1})
				})
			}
			both.Wait()
			lost := results[0]
			winner := "Bo"
			if lost == nil {
				lost, winner = results[1], "Rui"
			} else if results[1] != nil {
				t.Fatalf("nobody won: %v", results)
			}
			want(t, lost, fault.Conflict, "Already decided by "+winner)
		}
		if n := k.count(t, `select count(*) from decision`); n != 20 {
			t.Errorf("%d decisions", n)
		}
		if n := k.count(t, `select count(*) from ledger_entry`); n != 20 {
			t.Errorf("%d entries", n)
		}
	})
}

func TestQueueIsHandedOutOnce(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		var ids []string
		for i := range 40 {
			ids = append(ids, fmt.Sprintf("L%02d", i))
			k.listing(t, ids[i], 1, detect.Review, float64(i%10)/10)
		}
		k.tell(t, ids...)
		var mu sync.Mutex
		taken := map[market.ListingID]access.UserID{}
		var all sync.WaitGroup
		for _, who := range []access.User{rui, bo, ana} {
			all.Go(func() {
				for range 10 {
					v, err := k.Next(ctx, who, Filter{})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if other, twice := taken[v.Listing]; twice {
						t.Errorf("%s was handed to %s and %s", v.Listing, other, who.ID)
					}
					taken[v.Listing] = who.ID
					mu.Unlock()
				}
			})
		}
		all.Wait()
		var his market.ListingID
		for id, who := range taken {
			if who == bo.ID {
				his = id
			}
		}
		_, err := k.Claim(ctx, rui, his)
		want(t, err, fault.Conflict, "Bo is looking at this listing until 2026-11-23 12:15 UTC.")
		mine, err := k.Queue(ctx, bo, Filter{Mine: true})
		ok(t, err)
		counts, err := k.Counts(ctx, bo)
		ok(t, err)
		if len(mine.Items) != 10 || counts.Mine != 10 || counts.Open != 40 || counts.ByVerdict[detect.Review] != 40 || counts.ByBrand[0].Suspected != 40 || counts.ByCategory["shoes"] != 40 {
			t.Errorf("%d listed, %+v", len(mine.Items), counts)
		}
		ok(t, k.Release(ctx, rui, his)) // not hers to give
		_, err = k.Claim(ctx, rui, his)
		want(t, err, fault.Conflict)
		ok(t, k.Release(ctx, bo, his))
		_, err = k.Claim(ctx, rui, his)
		ok(t, err)
		k.now.Advance(ClaimTime)
		_, err = k.Claim(ctx, bo, his)
		ok(t, err)
		for range 39 {
			_, err = k.Next(ctx, rui, Filter{})
			ok(t, err)
		}
		_, err = k.Next(ctx, rui, Filter{})
		want(t, err, fault.NotFound, "Nothing waits")
		_, err = k.Claim(ctx, rui, "nowhere")
		want(t, err, fault.NotFound)

		for order := range orders {
			var rows []Review
			for f := (Filter{Order: order, Limit: 7}); ; {
				page, err := k.Queue(ctx, aud, f)
				ok(t, err)
				rows = append(rows, page.Items...)
				if f.After = page.Next; f.After == "" {
					break
				}
			}
			seen := map[market.ListingID]bool{}
			for _, r := range rows {
				seen[r.Listing] = true
			}
			if len(rows) != 40 || len(seen) != 40 {
				t.Errorf("order %q: %d rows, %d listings", order, len(rows), len(seen))
			}
			if order == ByPriority && !slices.IsSortedFunc(rows, func(a, b Review) int { return int(b.Priority - a.Priority) }) {
				t.Error("not sorted by priority")
			}
		}
		n, err := k.CountQueue(ctx, aud, Filter{Text: "shoe l07"})
		ok(t, err)
		if n != 1 {
			t.Errorf("%d found", n)
		}
	})
}

func TestManyAreDecidedAndUndoneTogether(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		var ids []string
		var items []Item
		for i := range 12 {
			id := fmt.Sprintf("L%02d", i)
			ids, items = append(ids, id), append(items, Item{market.ListingID(id), 1})
			k.listing(t, id, 1, detect.Fake, 0.9)
		}
		k.tell(t, ids...)
		k.decide(t, bo, "L03", Approve)
		items = append(items, Item{"unknown", 0}, Item{"a\x00", 0}, Item{"L04", 9})
		c := Choice{Outcome: Remove, Reason: "counterfeit", Request: "form-1"}
		group, results, err := k.DecideMany(ctx, rui, items, c)
		ok(t, err)
		var taken, kinds []string
		for _, r := range results {
			if r.Problem == nil {
				taken = append(taken, string(r.Listing))
			} else {
				kinds = append(kinds, string(r.Listing)+" "+fault.Of(r.Problem).Error())
			}
		}
		if diff := cmp.Diff([]string{"L03 conflict", "unknown not found", "a\x00 not found"}, kinds); diff != "" || len(taken) != 12 {
			t.Errorf("%v: %s", taken, diff)
		}
		twice, again, err := k.DecideMany(ctx, rui, items, c)
		ok(t, err)
		if twice != group || len(again) != len(results) || k.count(t, `select count(*) from decision`) != 12 {
			t.Errorf("sent twice: group %s, %s; %d decisions", group, twice, k.count(t, `select count(*) from decision`))
		}
		one := results[0].Decision
		_, err = k.Undo(ctx, rui, one.ID, "")
		ok(t, err)
		_, err = k.UndoGroup(ctx, bo, group, "not mine")
		ok(t, err)
		if n := k.count(t, `select count(*) from decision where undone_at > 0`); n != 1 {
			t.Errorf("another reviewer undid %d", n-1)
		}
		undone, err := k.UndoGroup(ctx, rui, group, "")
		ok(t, err)
		if len(undone) != 11 || undone[0].Problem == nil || undone[1].Problem != nil {
			t.Errorf("%+v", undone)
		}
		if n := k.count(t, `select count(*) from review where state = 'open' and standing = 'live'`); n != 11 {
			t.Errorf("%d open again", n)
		}
		_, err = k.UndoGroup(ctx, rui, "nothing", "")
		want(t, err, fault.NotFound)
		_, _, err = k.DecideMany(ctx, rui, make([]Item, MaxTogether+1), c)
		want(t, err, fault.TooLarge)
		if found := k.attest(t); len(found) > 0 {
			t.Error(found)
		}
	})
}

func TestChoicesAndTextsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.listing(t, "L1", 1, detect.Fake, 0.9)
		k.tell(t, "L1")
		for _, c := range []struct {
			choice Choice
			field  string
		}{
			{Choice{}, "outcome"},
			{Choice{Outcome: "destroy", Reason: "counterfeit"}, "outcome"},
			{Choice{Outcome: Remove}, "reason"},
			{Choice{Outcome: Remove, Reason: "because"}, "reason"},
			{Choice{Outcome: Approve, Reason: "counterfeit"}, "reason"},
			{Choice{Outcome: Remove, Reason: "other", Note: " "}, "note"},
			{Choice{Outcome: Remove, Reason: "counterfeit", Note: "a\x00b"}, "note"},
			{Choice{Outcome: Remove, Reason: "counterfeit", Note: "a\xffb"}, "note"},
			{Choice{Outcome: Remove, Reason: "counterfeit", Note: strings.Repeat("x", MaxNote+1)}, "note"},
			{Choice{Outcome: Remove, Reason: "counterfeit", Request: strings.Repeat("x", 10_000)}, "request"},
		} {
			c.choice.Version = 1
			_, err := k.Decide(ctx, rui, "L1", c.choice)
			if f, _ := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Field != c.field {
				t.Errorf("%.60v: %v", c.choice, err)
			}
		}
		good := Choice{Outcome: Remove, Reason: "counterfeit", Version: 1}
		for _, evil := range []string{"", "a\x00b", "a\xffb", strings.Repeat("x", 10_000)} {
			_, err := k.Decide(ctx, rui, market.ListingID(evil), good)
			want(t, err, fault.NotFound)
			_, err = k.Review(ctx, rui, market.ListingID(evil))
			want(t, err, fault.NotFound)
			_, err = k.Claim(ctx, rui, market.ListingID(evil))
			want(t, err, fault.NotFound)
			ok(t, k.Release(ctx, rui, market.ListingID(evil)))
			_, err = k.Undo(ctx, rui, DecisionID(evil), "")
			want(t, err, fault.NotFound)
			_, err = k.Decision(ctx, rui, DecisionID(evil))
			want(t, err, fault.NotFound)
			_, err = k.UndoGroup(ctx, rui, GroupID(evil), "")
			want(t, err, fault.NotFound)
		}
		for _, evil := range []string{"a\x00b", "a\xffb"} {
			for _, f := range []Filter{{Text: evil}, {State: State(evil)}, {Seller: market.SellerID(evil)}, {After: evil}, {After: db.Cursor("queue-", "x", "y")}, {Order: Order(evil)}} {
				_, err := k.Queue(ctx, rui, f)
				want(t, err, fault.Invalid)
			}
			_, err := k.Decisions(ctx, rui, DecisionFilter{Reason: ReasonCode(evil)})
			want(t, err, fault.Invalid)
			_, err = k.History(ctx, rui, market.ListingID(evil), "", 0)
			want(t, err, fault.Invalid)
		}
		for _, who := range []struct {
			by   access.User
			kind fault.Kind
		}{{nobody, fault.Unauthenticated}, {holder, fault.Forbidden}, {aud, fault.Forbidden}} {
			_, err := k.Decide(ctx, who.by, "L1", good)
			want(t, err, who.kind)
			_, _, err = k.DecideMany(ctx, who.by, nil, good)
			want(t, err, who.kind)
			_, err = k.Next(ctx, who.by, Filter{})
			want(t, err, who.kind)
			_, err = k.Claim(ctx, who.by, "L1")
			want(t, err, who.kind)
			want(t, k.Release(ctx, who.by, "L1"), who.kind)
			_, err = k.Undo(ctx, who.by, "d", "")
			want(t, err, who.kind)
			_, err = k.UndoGroup(ctx, who.by, "g", "")
			want(t, err, who.kind)
			if who.kind == fault.Forbidden && who.by.ID == aud.ID {
				continue // an auditor reads
			}
			_, err = k.Queue(ctx, who.by, Filter{})
			want(t, err, who.kind)
			_, err = k.Counts(ctx, who.by)
			want(t, err, who.kind)
			_, err = k.Figures(ctx, who.by)
			want(t, err, who.kind)
			_, err = k.Decisions(ctx, who.by, DecisionFilter{})
			want(t, err, who.kind)
			_, err = k.History(ctx, who.by, "L1", "", 0)
			want(t, err, who.kind)
			_, err = k.Review(ctx, who.by, "L1")
			want(t, err, who.kind)
		}
		want(t, k.HandleScanned(ctx, bus.Message{ID: "x", Body: []byte("x")}), fault.Invalid)
	})
}

func TestFigures(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		for i, verdict := range []detect.Verdict{detect.Fake, detect.Fake, detect.Review, detect.Clear, detect.Fake} {
			k.listing(t, fmt.Sprintf("L%d", i), 1, verdict, 0.5)
		}
		k.tell(t, "L0", "L1", "L2", "L3", "L4")
		k.now.Advance(10 * time.Minute)
		first := k.decide(t, rui, "L0", Remove)
		k.now.Advance(20 * time.Minute)
		k.decide(t, rui, "L1", Approve)
		k.now.Advance(48 * time.Hour)
		k.decide(t, rui, "L4", Remove)
		_, err := k.Undo(t.Context(), ana, first.ID, "wrong shop")
		ok(t, err)
		f, err := k.Figures(t.Context(), aud)
		ok(t, err)
		if f.Verdicts[detect.Fake] != 3 || f.Verdicts[detect.Clear] != 1 || f.Open != 2 || !f.Oldest.Equal(noon) {
			t.Errorf("%+v", f)
		}
		if f.Day.Total() != 1 || f.Week.Total() != 3 || f.Week.ByOutcome[Remove] != 2 || f.Day.Undone != 1 || f.Week.ByOutcome[Escalate] != 0 {
			t.Errorf("%+v", f)
		}
		if f.WaitedHalf != 30*time.Minute || f.Waited != 3 || len(f.Days) != 14 {
			t.Errorf("median %v of %d, %d days", f.WaitedHalf, f.Waited, len(f.Days))
		}
		if diff := cmp.Diff([]detect.BrandCount{{Brand: "swift", Suspected: 4}}, f.Brands); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]detect.SellerCount{{Seller: "S1", Name: "Fast", Suspected: 4}}, f.Sellers); diff != "" {
			t.Error(diff)
		}
		no := false
		n, err := k.CountDecisions(t.Context(), aud, DecisionFilter{Undone: &no, From: noon, To: noon.Add(time.Hour), By: rui.ID, Brand: "swift", Seller: "S1"})
		ok(t, err)
		exported := 0
		for _, err := range k.Export(t.Context(), aud, DecisionFilter{}) {
			ok(t, err)
			exported++
		}
		if n != 1 || exported != 3 {
			t.Errorf("%d counted, %d exported", n, exported)
		}
		for _, err := range k.Export(t.Context(), holder, DecisionFilter{}) {
			want(t, err, fault.Forbidden)
		}
	})
}

func TestAttestFindsWhatWasChangedBehindTheRoom(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		var ids []string
		for i := range 6 {
			ids = append(ids, fmt.Sprintf("L%d", i))
			k.listing(t, ids[i], 1, detect.Fake, 0.123456789)
		}
		k.tell(t, ids...)
		var made []Decision
		for _, id := range ids {
			made = append(made, k.decide(t, rui, market.ListingID(id), Remove))
		}
		_, err := k.Undo(t.Context(), rui, made[5].ID, "slip")
		ok(t, err)
		if found := k.attest(t); len(found) > 0 {
			t.Fatal(found)
		}
		k.exec(t, `update decision set note = 'made up' where id = $1`, string(made[0].ID))
		k.exec(t, `delete from ledger_entry where id = $1`, made[1].Entry)
		k.exec(t, `delete from decision where id = $1`, string(made[2].ID))
		k.exec(t, `update review set standing = 'live' where listing = 'L3'`)
		k.exec(t, `update decision set undone_at = 5, undone_by = 'p2' where id = $1`, string(made[4].ID))
		k.exec(t, `update decision set undone_at = 0, undone_entry = '' where id = $1`, string(made[5].ID))
		found := k.attest(t)
		slices.Sort(found)
		wanted := []string{
			"decision:" + string(made[0].ID) + ": " + sayOtherwise,
			"decision:" + string(made[1].ID) + ": " + sayNoEntry,
			"listing:L2: " + sayNoDecision,
			"listing:L2: " + sayStandingWrong,
			"listing:L3: " + sayStandingWrong,
			"decision:" + string(made[4].ID) + ": " + sayNoUndone,
			"listing:L4: " + sayStandingWrong,
			"listing:L5: " + sayNotUndone,
			"listing:L5: " + sayNotFollowed,
		}
		slices.Sort(wanted)
		if diff := cmp.Diff(wanted, found); diff != "" {
			t.Error(diff)
		}
	})
}

// TestRandomHistories draws acts of people and of the machine and holds what comes of them against a model that knows only which decisions stand.
func TestRandomHistories(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		chance := rand.New(rand.NewPCG(7, 11))
		people := []access.User{ana, rui, bo}
		verdicts := []detect.Verdict{detect.Clear, detect.Review, detect.Fake}
		for round := range 30 {
			id := market.ListingID(fmt.Sprintf("R%d", round))
			version := int64(1)
			k.listing(t, string(id), version, verdicts[chance.IntN(3)], chance.Float64())
			k.tell(t, string(id))
			var stack []Decision // that stand, or would when those above are undone
			before := map[DecisionID]Review{}
			quiet := map[DecisionID]bool{} // nothing came from the machine since
			for range 20 {
				k.now.Advance(time.Duration(chance.IntN(40)) * time.Minute)
				by := people[chance.IntN(3)]
				v := k.review(t, id)
				switch chance.IntN(6) {
				case 0, 5:
					if chance.IntN(2) == 0 {
						version++
					}
					k.listing(t, string(id), version, verdicts[chance.IntN(3)], chance.Float64())
					k.tell(t, string(id))
					clear(quiet)
				case 1, 2:
					outcome := Outcomes()[chance.IntN(len(Outcomes()))]
					stale := int64(chance.IntN(8) / 7)
					d, err := k.Decide(ctx, by, id, Choice{Outcome: outcome, Reason: ReasonsFor(outcome)[0].Code, Version: v.Version - stale})
					if err != nil {
						if kind := fault.Of(err); kind != fault.Conflict && kind != fault.Forbidden {
							t.Fatal(err)
						}
						if k.review(t, id) != v {
							t.Fatalf("a refused decision changed %+v into %+v", v, k.review(t, id))
						}
						continue
					}
					if stale > 0 {
						t.Fatalf("decided on version %d of %d", v.Version-stale, v.Version)
					}
					before[d.ID], quiet[d.ID] = v, true
					stack = append(stack, d)
				case 3, 4:
					if len(stack) == 0 {
						continue
					}
					d := stack[len(stack)-1]
					if chance.IntN(4) == 0 {
						d = stack[chance.IntN(len(stack))]
					}
					top := stack[len(stack)-1].ID == d.ID
					_, err := k.Undo(ctx, by, d.ID, "drawn by lot")
					if err != nil {
						if kind := fault.Of(err); kind != fault.Conflict && kind != fault.Forbidden {
							t.Fatal(err)
						}
						continue
					}
					if !top {
						t.Fatal("undid a decision that another stands on")
					}
					stack = stack[:len(stack)-1]
					was, is := before[d.ID], k.review(t, id)
					if quiet[d.ID] {
						// The undo restores: all but the version and who was looking.
						is.Version, was.Version = 0, 0
						was.leave()
						if is != was {
							t.Fatalf("undone, it is\n%+v, and was\n%+v", is, was)
						}
					}
				}
				v = k.review(t, id)
				var stands DecisionID
				standing := Live
				if len(stack) > 0 {
					stands, standing = stack[len(stack)-1].ID, stack[len(stack)-1].Standing
				}
				if v.Decision != stands || v.Standing != standing {
					t.Fatalf("stands %s as %s, want %s as %s", v.Decision, v.Standing, stands, standing)
				}
				if n := k.count(t, `select count(*) from decision where listing = $1 and undone_at = 0 and superseded = ''`, string(id)); n > 1 || n != int64(min(len(stack), 1)) {
					t.Fatalf("%d decisions stand", n)
				}
				switch {
				case v.State == Open && v.Verdict == detect.Clear, v.State == Cleared && v.Verdict != detect.Clear, v.State == Settled && stands == "", v.State == Cleared && stands != "":
					t.Fatalf("%s with verdict %s and decision %q", v.State, v.Verdict, stands)
				}
			}
		}
		if found := k.attest(t); len(found) > 0 {
			t.Error(found)
		}
		decided := k.count(t, `select count(*) from decision`)
		undone := k.count(t, `select count(*) from decision where undone_at > 0`)
		if entries, events := k.count(t, `select count(*) from ledger_entry where kind not like 'conduct.%'`), k.count(t, `select count(*) from outbox where name <> 'enforce.levelled'`); entries != decided+undone || events != decided+undone || undone == 0 {
			t.Errorf("%d decisions, %d undone, %d entries, %d events", decided, undone, entries, events)
		}
		if entries, events := k.count(t, `select count(*) from ledger_entry where kind like 'conduct.%'`), k.count(t, `select count(*) from outbox where name = 'enforce.levelled'`); entries != events {
			t.Errorf("accounts changed their standing: %d entries, %d events", entries, events)
		}
	})
}

func TestReasonsFitEveryOutcome(t *testing.T) {
	seen := map[ReasonCode]bool{}
	for _, r := range Reasons {
		if r.Title("en") == "" || r.Title("zh") == "" || r.Title("zh") == r.Title("en") || len(r.Fits) == 0 || seen[r.Code] {
			t.Errorf("%+v", r)
		}
		seen[r.Code] = true
	}
	for _, o := range Outcomes() {
		if len(ReasonsFor(o)) < 2 {
			t.Errorf("%s has too few reasons", o)
		}
	}
}

func TestDiagramShowsEveryMove(t *testing.T) {
	diagram := Diagram()
	for from, steps := range moves {
		for move, to := range steps {
			if line := fmt.Sprintf("    %s --> %s: %s\n", from, to, move); !strings.Contains(diagram, line) {
				t.Errorf("the diagram lacks %q", line)
			}
		}
	}
	reached := map[State]bool{Cleared: true}
	for range moves {
		for from, steps := range moves {
			for _, to := range steps {
				reached[to] = reached[to] || reached[from]
			}
		}
	}
	for _, s := range States() {
		if !reached[s] {
			t.Errorf("no way leads to %s", s)
		}
	}
}

func TestPriorityGrowsWithScorePriceAndVerdict(t *testing.T) {
	low := Priority(50, 0.5, 4_000)
	for _, higher := range []float64{Priority(50, 0.6, 4_000), Priority(50, 0.5, 400_000), Priority(60, 0.5, 4_000)} {
		if higher <= low {
			t.Errorf("%v is not above %v", higher, low)
		}
	}
	if Priority(50, 0.5, market.NoPrice) != Priority(50, 0.5, 1_000) {
		t.Error("no price is not ten dollars")
	}
}

// The room's Attest is what the ledger asks for.
var _ ledger.Attestor = Attest

// judge has the policy treat a listing so, as detect would keep it, and tells the room of it.
func (k *desk) judge(t *testing.T, id string, action detect.Action, rule string, policy int64) {
	t.Helper()
	ok(t, k.d.Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`update verdict set action = $1, rule = $2, policy = $3 where listing = $4`, string(action), rule, policy, id)
		return err
	}))
	k.tell(t, id)
}

// TestPolicyActsAlone has the policy decide where it may, say so, stay behind people, and take back what it no longer says.
func TestPolicyActsAlone(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		for _, id := range []string{"L1", "L2", "L3", "L4"} {
			k.listing(t, id, 1, detect.Fake, 0.99)
		}
		k.judge(t, "L1", detect.Remove, "Fakes go", 3)
		if v := k.review(t, "L1"); v.State != Open || v.Action != detect.Remove || v.Standing != Live {
			t.Errorf("it may not act, and has: %+v", v)
		}
		k.Alone = detect.Restrict
		k.judge(t, "L2", detect.Restrict, "Doubtful", 3)
		k.judge(t, "L3", detect.Remove, "Fakes go", 3)
		if v := k.review(t, "L2"); v.State != Settled || v.Standing != Restricted {
			t.Errorf("%+v", v)
		}
		if v := k.review(t, "L3"); v.State != Open || v.Standing != Live {
			t.Errorf("it may restrict, and has removed: %+v", v)
		}
		k.Alone = detect.Remove
		k.judge(t, "L3", detect.Remove, "Fakes go", 3)
		d, err := k.Decision(ctx, rui, k.review(t, "L3").Decision)
		ok(t, err)
		if !d.Automated() || d.Outcome != Remove || d.Note != "Policy 3: Fakes go" || d.Entry == "" {
			t.Errorf("%+v", d)
		}
		k.tell(t, "L3") // told again, nothing more is done
		k.judge(t, "L3", detect.Restrict, "Doubtful", 4)
		if v := k.review(t, "L3"); v.Standing != Restricted {
			t.Errorf("the policy has become milder, the listing is %s", v.Standing)
		}
		k.judge(t, "L3", detect.Look, "To be looked at", 5)
		if v := k.review(t, "L3"); v.Standing != Live || v.State != Open {
			t.Errorf("the policy only asks to look: %+v", v)
		}
		k.judge(t, "L2", detect.Pass, "", 5)
		if v := k.review(t, "L2"); v.Standing != Live || v.State != Cleared {
			t.Errorf("the policy lets it pass: %+v", v)
		}

		// What people decided stays, and what they took back the policy does not do again.
		k.decide(t, rui, "L1", Approve)
		k.judge(t, "L1", detect.Remove, "Fakes go", 6)
		if v := k.review(t, "L1"); v.Standing != Live || v.State != Settled {
			t.Errorf("the policy overruled a person: %+v", v)
		}
		k.judge(t, "L4", detect.Remove, "Fakes go", 6)
		_, err = k.Undo(ctx, ana, k.review(t, "L4").Decision, "it is genuine")
		ok(t, err)
		k.judge(t, "L4", detect.Remove, "Fakes go", 7)
		if v := k.review(t, "L4"); v.Standing != Live || v.State != Open {
			t.Errorf("done again what a person took back: %+v", v)
		}
		k.listing(t, "L4", 2, detect.Fake, 0.99) // other content is another matter
		k.judge(t, "L4", detect.Remove, "Fakes go", 7)
		if v := k.review(t, "L4"); v.Standing != Removed {
			t.Errorf("%+v", v)
		}
		if found := k.attest(t); len(found) > 0 {
			t.Errorf("%q", found)
		}
	})
}
