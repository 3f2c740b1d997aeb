package detect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

var second = access.User{ID: "p4", Name: "Bo", Org: "operator", Roles: []access.Role{access.Analyst}}

// strict removes what the shipped policy has a person look at, and looks at what costs little.
var strict = Terms{
	Title: "Strict",
	Rules: []Rule{
		{Name: "Fakes go", When: `verdict == "fake"`, Then: Remove, Queue: "gone", Priority: 90},
		{Name: "Authorised", When: `seller.authorised`, Then: Pass},
		{Name: "Swift by anybody", When: `brand.id == "swift"`, Then: Restrict},
		{Name: "Cheap", When: `listing.price >= 0.0 && listing.price < 5.0`, Then: Look, Queue: "cheap", Priority: 20},
	},
}

// fill submits n listings: of ten, one is a fake, two are to be looked at, one is clear and cheap.
func (h *house) fill(t testing.TB, batch BatchID, n int) {
	t.Helper()
	all := make([]market.Listing, n)
	for i := range all {
		l := listing(fmt.Sprintf("%s-%04d", batch, i), "Plain shoe")
		switch i % 10 {
		case 0:
			l.Title = "Swift replica"
		case 1, 2:
			l.Title = "Swift shoe"
		case 3:
			price := 2.0
			l.Price, l.Currency = &price, "USD"
		}
		all[i] = l
	}
	_, err := h.Submit(t.Context(), analyst, batch, all)
	ok(t, err)
	h.run(t)
}

func (h *house) actions(t testing.TB) map[Action]int64 {
	t.Helper()
	counts := map[Action]int64{}
	ok(t, h.d.View(t.Context(), func(tx *db.Tx) error {
		_, err := db.All(tx, func(r db.Row) (nothing, error) {
			var a Action
			var n int64
			err := r.Scan(&a, &n)
			counts[a] = n
			return nothing{}, err
		}, `select action, count(*) from verdict where not audit group by action`)
		return err
	}))
	return counts
}

// quietly is the shipped policy without its audit, so that counts are round.
func (h *house) quietly(t testing.TB) {
	t.Helper()
	terms := ShippedPolicy.Terms
	terms.Audit = 0
	h.goLive(t, terms)
}

// goLive takes terms the whole way.
func (h *house) goLive(t testing.TB, terms Terms) Policy {
	t.Helper()
	ctx := t.Context()
	p, err := h.ImportPolicy(ctx, analyst, terms)
	ok(t, err)
	p, err = h.BeginTrial(ctx, analyst, p.Number, p.Version)
	ok(t, err)
	h.run(t)
	p, err = h.ProposePolicy(ctx, analyst, p.Number, 0, "for the test")
	ok(t, err)
	p, err = h.SwitchPolicy(ctx, second, p.Number, p.Version)
	ok(t, err)
	h.run(t)
	return p
}

// TestPolicyGoesLive walks a policy from the draft to being live and back, and counts what it would do, does, and no longer does.
func TestPolicyGoesLive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.addBrand(t)
		h.quietly(t)
		h.fill(t, "a", 500)
		if got := h.actions(t); got[Look] != 150 || got[Pass] != 350 {
			t.Fatalf("by the shipped rules: %v", got)
		}

		p, err := h.ImportPolicy(ctx, analyst, strict)
		ok(t, err)
		_, err = h.ProposePolicy(ctx, analyst, p.Number, p.Version, "at once")
		want(t, err, fault.Conflict) // untried
		p, err = h.BeginTrial(ctx, analyst, p.Number, p.Version)
		ok(t, err)
		_, err = h.SavePolicy(ctx, analyst, p.Number, p.Version, strict)
		want(t, err, fault.Conflict)
		_, err = h.ProposePolicy(ctx, analyst, p.Number, p.Version, "before it is over")
		want(t, err, fault.Conflict)
		another, err := h.DraftPolicy(ctx, second, p.Number, "Another")
		ok(t, err)
		_, err = h.BeginTrial(ctx, second, another.Number, 0)
		want(t, err, fault.Conflict) // one at a time
		h.run(t)
		h.fill(t, "b", 100)
		ok(t, h.Sweep(ctx))
		ok(t, h.Sweep(ctx)) // counts nothing twice

		trial, _, err := h.TrialOf(ctx, reviewer, p.Number)
		ok(t, err)
		for from, n := range map[*Comparison]int64{&trial.Past: 500, &trial.Beside: 100} {
			if from.Listings != n || from.Of(Look, Remove) != n/10 || from.Of(Look, Restrict) != n/5 || from.Of(Pass, Look) != n/10 || from.Of(Pass, Pass) != n*6/10 ||
				from.Different() != n*4/10 || from.Rules["Fakes go"] != n/10 || len(from.Problems) != 0 {
				t.Errorf("of %d: %+v", n, from)
			}
		}
		if trial.State != Replayed || trial.Done != 500 || trial.Total != 500 || trial.EndedAt.IsZero() {
			t.Errorf("%+v", trial)
		}
		// Nothing was done by it.
		if got := h.actions(t); got[Remove] != 0 || got[Look] != 180 {
			t.Errorf("on trial: %v", got)
		}
		seen := map[market.ListingID]bool{}
		for difference, err := range h.ExportDifferences(ctx, reviewer, p.Number, DifferenceFilter{Was: Look, Would: Remove}) {
			ok(t, err)
			if seen[difference.Listing] || difference.Rule != "Fakes go" || difference.Beside != strings.HasPrefix(string(difference.Listing), "b") {
				t.Errorf("%+v", difference)
			}
			seen[difference.Listing] = true
		}
		if len(seen) != 60 {
			t.Errorf("%d to be removed", len(seen))
		}

		p, err = h.ProposePolicy(ctx, analyst, p.Number, 0, "It removes what we remove.")
		ok(t, err)
		_, err = h.SwitchPolicy(ctx, analyst, p.Number, p.Version)
		want(t, err, fault.Forbidden)
		_, err = h.SwitchPolicy(ctx, reviewer, p.Number, p.Version)
		want(t, err, fault.Forbidden)
		_, err = h.SwitchPolicy(ctx, access.User{ID: "p5", Name: "Robot", Org: "operator", Roles: []access.Role{access.Administrator}, Key: "k1", Scopes: access.Verbs()}, p.Number, p.Version)
		want(t, err, fault.Forbidden) // a program is no second person
		_, err = h.SwitchPolicy(ctx, second, p.Number, p.Version-1)
		want(t, err, fault.Conflict)
		before := p.Number
		p, err = h.SwitchPolicy(ctx, second, p.Number, p.Version)
		ok(t, err)
		h.run(t)
		if got := h.actions(t); got[Remove] != 60 || got[Restrict] != 120 || got[Look] != 60 || got[Pass] != 360 {
			t.Errorf("live: %v", got)
		}
		o := h.opinion(t, "a-0000")
		if o.Action != Remove || o.Rule != "Fakes go" || o.Policy != p.Number || o.Treatment.Priority != 90 || o.Queue != "gone" {
			t.Errorf("%+v", o.Treatment)
		}
		history, err := h.History(ctx, reviewer, "a-0000", "", 0)
		ok(t, err)
		if len(history.Items) < 2 || history.Items[0].Because != PolicySwitched || history.Items[0].Action != Remove || history.Items[0].Entry == "" {
			t.Errorf("%+v", history.Items)
		}
		now, err := h.Policies(ctx, reviewer)
		ok(t, err)
		if now.Live.Number != before || now.Since.By.ID != second.ID || now.Since.AskedBy.ID != analyst.ID || now.Since.Back() || now.Before == nil || now.Beside != nil || now.Since.Entry == "" {
			t.Errorf("%+v", now)
		}

		_, err = h.GoBack(ctx, analyst, now.Before.Number, "wrong page")
		want(t, err, fault.Conflict)
		_, err = h.GoBack(ctx, analyst, p.Number, " ")
		want(t, err, fault.Invalid)
		back, err := h.GoBack(ctx, analyst, p.Number, "It takes too much down.")
		ok(t, err)
		h.run(t)
		if got := h.actions(t); back.Number != now.Before.Number || got[Look] != 180 || got[Pass] != 420 {
			t.Errorf("gone back to %d: %v", back.Number, got)
		}
		now, err = h.Policies(ctx, reviewer)
		ok(t, err)
		retired, err := h.Policy(ctx, reviewer, p.Number)
		ok(t, err)
		if now.Live.Number != back.Number || now.Live.State != Live || !now.Since.Back() || retired.State != Retired || len(now.Switches) != 3 {
			t.Errorf("%+v\n%+v", now, retired)
		}
	})
}

// TestShippedPolicyIsThere: without any policy of one's own the shipped one is live, and can be gone back to.
func TestShippedPolicyIsThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.addBrand(t)
		now, err := h.Policies(ctx, reviewer)
		ok(t, err)
		if now.Live.Number != 0 || now.Live.State != Live || now.Since != nil || now.Before != nil {
			t.Errorf("%+v", now)
		}
		_, err = h.GoBack(ctx, analyst, 0, "why not")
		want(t, err, fault.Conflict)
		_, err = h.SavePolicy(ctx, analyst, 0, 0, strict)
		want(t, err, fault.Conflict)
		p := h.goLive(t, strict)
		back, err := h.GoBack(ctx, analyst, p.Number, "a test")
		ok(t, err)
		if back.Number != 0 || back.State != Live {
			t.Errorf("%+v", back)
		}
		list, err := h.PolicyList(ctx, reviewer, "", 1)
		ok(t, err)
		rest, err := h.PolicyList(ctx, reviewer, list.Next, 1)
		ok(t, err)
		if len(list.Items) != 1 || list.Items[0].Number != p.Number || len(rest.Items) != 1 || rest.Items[0].Number != 0 || rest.Next != "" {
			t.Errorf("%+v\n%+v", list, rest)
		}
	})
}

// TestPolicyVerbsAskWho has every verb refuse those who may not.
func TestPolicyVerbsAskWho(t *testing.T) {
	h := open(dbtest.SQLite(t, nil))
	ctx := t.Context()
	for name, verb := range map[string]func(by access.User) error{
		"draft":    func(by access.User) error { _, err := h.DraftPolicy(ctx, by, 0, ""); return err },
		"import":   func(by access.User) error { _, err := h.ImportPolicy(ctx, by, strict); return err },
		"save":     func(by access.User) error { _, err := h.SavePolicy(ctx, by, 1, 1, strict); return err },
		"trial":    func(by access.User) error { _, err := h.BeginTrial(ctx, by, 1, 1); return err },
		"propose":  func(by access.User) error { _, err := h.ProposePolicy(ctx, by, 1, 1, "x"); return err },
		"switch":   func(by access.User) error { _, err := h.SwitchPolicy(ctx, by, 1, 1); return err },
		"back":     func(by access.User) error { _, err := h.GoBack(ctx, by, 1, "x"); return err },
		"withdraw": func(by access.User) error { _, err := h.WithdrawPolicy(ctx, by, 1, 1); return err },
		"rework":   func(by access.User) error { _, err := h.ReworkPolicy(ctx, by, 1, 1); return err },
		"model":    func(by access.User) error { _, err := h.AddModel(ctx, by, strings.NewReader("{}")); return err },
	} {
		for _, by := range []access.User{reviewer, holder} {
			if err := verb(by); fault.Of(err) != fault.Forbidden {
				t.Errorf("%s by %s: %v", name, by.Name, err)
			}
		}
		if err := verb(access.User{}); fault.Of(err) != fault.Unauthenticated {
			t.Errorf("%s by nobody: %v", name, err)
		}
	}
	for name, verb := range map[string]func(by access.User) error{
		"policies":    func(by access.User) error { _, err := h.Policies(ctx, by); return err },
		"list":        func(by access.User) error { _, err := h.PolicyList(ctx, by, "", 0); return err },
		"policy":      func(by access.User) error { _, err := h.Policy(ctx, by, 0); return err },
		"try":         func(by access.User) error { _, err := h.TryPolicy(ctx, by, strict, nil); return err },
		"trial":       func(by access.User) error { _, _, err := h.TrialOf(ctx, by, 1); return err },
		"differences": func(by access.User) error { _, err := h.Differences(ctx, by, 1, DifferenceFilter{}); return err },
		"models":      func(by access.User) error { _, err := h.Models(ctx, by); return err },
		"learnt":      func(by access.User) error { _, err := h.Learnt(ctx, by); return err },
	} {
		if err := verb(holder); fault.Of(err) != fault.Forbidden {
			t.Errorf("%s by a rights holder: %v", name, err)
		}
	}
}

// TestTryPolicy tries terms in place, on listings named and on those of the store, and keeps nothing.
func TestTryPolicy(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.addBrand(t)
		h.fill(t, "a", 50)
		tried, err := h.TryPolicy(ctx, reviewer, strict, []market.ListingID{"a-0000", "a-0003", "a-0000"})
		ok(t, err)
		if len(tried) != 2 || tried[0].Would.Action != Remove || tried[0].Stands.Action != Look || tried[1].Would.Rule != "Cheap" || tried[1].Stands.Action != Pass {
			t.Errorf("%+v", tried)
		}
		tried, err = h.TryPolicy(ctx, reviewer, strict, nil)
		ok(t, err)
		if len(tried) != 50 || tried[0].Stands.Verdict != Fake {
			t.Errorf("%d tried, first %+v", len(tried), tried[0])
		}
		broken := strict
		broken.Rules = append(slices.Clone(strict.Rules), Rule{Name: "broken", When: "verdict =", Then: Look})
		_, err = h.TryPolicy(ctx, reviewer, broken, nil)
		want(t, err, fault.Invalid)
		_, err = h.TryPolicy(ctx, reviewer, strict, []market.ListingID{"nobody's"})
		want(t, err, fault.Invalid)
		_, err = h.TryPolicy(ctx, reviewer, strict, make([]market.ListingID, mostTried+1))
		want(t, err, fault.TooLarge)
		unknown := strict
		unknown.Model = "2020-01-01.deadbeef"
		_, err = h.TryPolicy(ctx, reviewer, unknown, nil)
		want(t, err, fault.Invalid)

		// Examples come first, are told apart, and hold a trial up while they come out wrong.
		exemplary := strict
		exemplary.Examples = []Example{{"a-0005", Look}, {"a-0000", Remove}}
		tried, err = h.TryPolicy(ctx, reviewer, exemplary, nil)
		ok(t, err)
		if !tried[0].Wrong() || tried[1].Wrong() || tried[2].Expect != "" {
			t.Errorf("%+v", tried[:3])
		}
		p, err := h.ImportPolicy(ctx, analyst, exemplary)
		ok(t, err)
		_, err = h.BeginTrial(ctx, analyst, p.Number, p.Version)
		want(t, err, fault.Invalid)
		exemplary.Examples = []Example{{"a-0000", Remove}, {"gone", Pass}}
		p, err = h.SavePolicy(ctx, analyst, p.Number, p.Version, exemplary)
		ok(t, err)
		_, err = h.BeginTrial(ctx, analyst, p.Number, p.Version)
		want(t, err, fault.Invalid)
		exemplary.Examples = exemplary.Examples[:1]
		p, err = h.SavePolicy(ctx, analyst, p.Number, p.Version, exemplary)
		ok(t, err)
		_, err = h.SavePolicy(ctx, second, p.Number, p.Version-1, exemplary)
		want(t, err, fault.Conflict)
		_, err = h.BeginTrial(ctx, analyst, p.Number, p.Version)
		ok(t, err)
	})
}

// TestThresholdsAndModels has a policy with thresholds of its own, and one with another model, judge otherwise.
func TestThresholdsAndModels(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.addBrand(t)
		h.quietly(t)
		h.fill(t, "a", 100)
		lenient := ShippedPolicy.Terms
		lenient.Title, lenient.Audit, lenient.Thresholds = "Lenient", 0, Thresholds{Review: 0.9, Fake: 0.99}
		h.goLive(t, lenient)
		if got := h.actions(t); got[Look] != 10 || h.opinion(t, "a-0000").Verdict != Review || h.opinion(t, "a-0001").Verdict != Clear {
			t.Errorf("%v", got)
		}
		// Beside thresholds of its own, a policy with the model's sees the model's verdicts.
		plain := ShippedPolicy.Terms
		plain.Title, plain.Audit = "Plain", 0
		p, err := h.ImportPolicy(ctx, analyst, plain)
		ok(t, err)
		_, err = h.BeginTrial(ctx, analyst, p.Number, p.Version)
		ok(t, err)
		h.run(t)
		h.fill(t, "b", 100)
		ok(t, h.Sweep(ctx))
		trial, _, err := h.TrialOf(ctx, analyst, p.Number)
		ok(t, err)
		if trial.Past.Of(Pass, Look) != 20 || trial.Beside.Of(Pass, Look) != 20 {
			t.Errorf("%+v", trial)
		}

		h.compile = nil // from here on the real machine
		var file bytes.Buffer
		other := *ShippedModel()
		other.Made, other.Review, other.Fake = "2026-11-24", 0.2, 0.9
		ok(t, other.Write(&file))
		m, err := h.AddModel(ctx, analyst, bytes.NewReader(file.Bytes()))
		ok(t, err)
		again, err := h.AddModel(ctx, second, bytes.NewReader(file.Bytes()))
		ok(t, err)
		models, err := h.Models(ctx, reviewer)
		ok(t, err)
		if again.Version != m.Version || len(models) != 2 || !models[0].Shipped || models[1].By != analyst.Name || models[1].Review != 0.2 {
			t.Errorf("%+v", models)
		}
		_, err = h.AddModel(ctx, analyst, strings.NewReader(`{"weights":{"no-such":1},"review":0.5,"fake":0.9}`))
		want(t, err, fault.Invalid)
		_, err = h.ReworkPolicy(ctx, analyst, p.Number, 0)
		ok(t, err)
		with := plain
		with.Title, with.Model = "Other model", m.Version
		h.goLive(t, with)
		o := h.opinion(t, "a-0000")
		if o.Model != m.Version {
			t.Errorf("judged by %s", o.Model)
		}
	})
}

// TestSwitchWhileScanning has no worker store what an older policy made: the switch comes between its look and its transaction.
func TestSwitchWhileScanning(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.addBrand(t)
		worker := &Service{DB: d, Bus: h.queue, Brands: h.brands, Now: h.Now, compile: h.compile}
		ok(t, worker.Ready(ctx)) // it has the shipped policy in memory, and hears no event
		p := h.goLive(t, strict)
		_, err := h.Submit(ctx, analyst, "late", []market.Listing{listing("L1", "Swift replica")})
		ok(t, err)
		m, _ := h.queue.take()
		ok(t, worker.Handle(ctx, m))
		if o := h.opinion(t, "L1"); o.Policy != p.Number || o.Action != Remove {
			t.Errorf("%+v", o.Treatment)
		}
	})
}

// TestKilledReplay goes on where it was after messages were lost or came twice.
func TestKilledReplay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.addBrand(t)
		h.quietly(t)
		h.fill(t, "a", 450)
		p, err := h.ImportPolicy(ctx, analyst, strict)
		ok(t, err)
		_, err = h.BeginTrial(ctx, analyst, p.Number, p.Version)
		ok(t, err)
		over, _, err := h.replayPiece(ctx, p.Number)
		ok(t, err)
		if over {
			t.Fatal("over after 200 of 450")
		}
		after := open(d) // a new process
		after.queue, after.Bus = h.queue, h.queue
		message, _ := h.queue.take() // the message that was asked for first, delivered late
		ok(t, after.Resume(ctx))
		after.run(t)
		ok(t, after.HandleReplay(ctx, message))
		trial, _, err := after.TrialOf(ctx, analyst, p.Number)
		ok(t, err)
		if trial.Past.Listings != 450 || trial.State != Replayed || trial.Past.Of(Look, Remove) != 45 {
			t.Errorf("%+v", trial)
		}
		// Taken off trial, a replay stops, and begun anew it counts from nothing.
		_, err = h.ReworkPolicy(ctx, analyst, p.Number, 0)
		ok(t, err)
		_, err = h.BeginTrial(ctx, analyst, p.Number, 0)
		ok(t, err)
		_, err = h.WithdrawPolicy(ctx, analyst, p.Number, 0)
		ok(t, err)
		h.run(t)
		trial, _, err = h.TrialOf(ctx, analyst, p.Number)
		ok(t, err)
		if trial.Number != 2 || trial.State != Ended || trial.Past.Listings != 0 {
			t.Errorf("%+v", trial)
		}
		_, err = h.BeginTrial(ctx, analyst, p.Number, 0)
		want(t, err, fault.Conflict) // withdrawn is withdrawn
	})
}

// known says of some sellers that their goods are genuine.
type known []market.SellerID

func (k known) Genuine(_ context.Context, l *market.Listing) (bool, error) {
	return slices.Contains(k, l.Seller.ID), nil
}

func TestGenuineIsAskedFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(d)
		h.addBrand(t)
		h.Genuine = known{"S1"}
		h.fill(t, "a", 10)
		o := h.opinion(t, "a-0000")
		if o.Action != Pass || o.Rule != KnownGenuine || o.Verdict != Fake {
			t.Errorf("%+v", o)
		}
		judged, err := h.Scan(t.Context(), analyst, listing("x", "Swift replica"))
		ok(t, err)
		if judged.Action != Pass {
			t.Errorf("%+v", judged)
		}
	})
}

func decided(id, listing, outcome string, at time.Time, more ...string) bus.Message {
	said := map[string]any{"decision": id, "listing": listing, "outcome": outcome, "at": at}
	subject := DecisionEvents[0]
	if outcome == "" {
		delete(said, "outcome")
		subject = DecisionEvents[1]
	}
	for _, m := range more {
		said[m] = true
	}
	body, err := json.Marshal(said)
	if err != nil {
		panic(err)
	}
	return bus.Message{ID: "event-" + id + outcome, Subject: subject, Body: body}
}

// TestFindings learns from decisions however their events come.
func TestFindings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.addBrand(t)
		terms := ShippedPolicy.Terms
		terms.Audit = 0.05
		h.goLive(t, terms)
		h.fill(t, "a", 300)
		p, err := h.ImportPolicy(ctx, analyst, strict)
		ok(t, err)
		_, err = h.BeginTrial(ctx, analyst, p.Number, p.Version)
		ok(t, err)
		h.run(t)
		at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		for _, m := range []bus.Message{
			decided("d1", "a-0000", "remove", at),
			decided("d1", "a-0000", "remove", at), // twice
			decided("d2", "a-0010", "remove", at),
			decided("d3", "a-0010", "approve", at.Add(time.Hour)), // decided otherwise
			decided("d4", "a-0020", "", at.Add(time.Hour)),        // undone before it is heard of
			decided("d4", "a-0020", "restrict", at),
			decided("d5", "a-0001", "approve", at),
			decided("d6", "a-0011", "escalate", at),
			decided("d7", "a-0030", "remove", at, "automated"),
		} {
			ok(t, h.HandleDecision(ctx, m))
		}
		l, err := h.Learnt(ctx, reviewer)
		ok(t, err)
		if l.Findings != 3 || l.Fakes != 1 || l.Overturned != 2 || l.Audits < 0 {
			t.Errorf("%+v", l)
		}
		claimed := l.Signals[slices.IndexFunc(l.Signals, func(f SignalFigures) bool { return f.Name == "brand-claimed" })]
		if claimed.Queued.Fakes != 1 || claimed.Queued.Findings != 3 || math.Abs(claimed.Queued.Share-1.0/3) > 1e-9 || claimed.Queued.Low <= 0 || claimed.Queued.Top >= 1 {
			t.Errorf("%+v", claimed)
		}
		_, found, err := h.TrialOf(ctx, reviewer, p.Number)
		ok(t, err)
		i := slices.IndexFunc(found, func(c Consequence) bool { return c.Was == Look && c.Would == Remove })
		if i < 0 || found[i].Listings != 30 || found[i].Fakes != 1 || found[i].Genuine != 1 || found[i].Overturned != 2 {
			t.Errorf("%+v", found)
		}

		// Of what was drawn, each stands for twenty.
		var drawn market.ListingID
		ok(t, d.View(ctx, func(tx *db.Tx) (err error) {
			drawn, err = db.One(tx, db.Value[market.ListingID], `select listing from verdict where queue = 'audit' order by listing limit 1`)
			return err
		}))
		ok(t, h.HandleDecision(ctx, decided("d8", string(drawn), "remove", at)))
		l, err = h.Learnt(ctx, reviewer)
		ok(t, err)
		if l.Audits == 0 || l.Bins[0].Fakes != 20 {
			t.Errorf("%d audits, the lowest bin is %+v", l.Audits, l.Bins[0])
		}
		kinds := map[FindingKind]int{}
		for f, err := range h.ExportFindings(ctx, reviewer, FindingFilter{}) {
			ok(t, err)
			kinds[f.Kind]++
			if label := f.Label(); label.ID != f.Listing || label.Label != string(f.Kind) || !f.Overturned.IsZero() {
				t.Errorf("%+v of %+v", label, f)
			}
		}
		if kinds[FoundFake] != 2 || kinds[FoundGenuine] != 2 {
			t.Errorf("%v", kinds)
		}
		_, err = h.Findings(ctx, reviewer, FindingFilter{Kind: "perhaps"})
		want(t, err, fault.Invalid)
		for _, bad := range []string{``, `{}`, `{"decision":"d"}`, `[]`} {
			want(t, h.HandleDecision(ctx, bus.Message{ID: "bad", Body: []byte(bad)}), fault.Invalid)
		}
	})
}

// TestDrift has a signal that fires far more often than it did be told, and none that does not.
func TestDrift(t *testing.T) {
	for _, c := range []struct {
		now, of, before, ofBefore int64
		drift                     bool
	}{
		{200, 1000, 1000, 10_000, true}, {110, 1000, 1000, 10_000, false}, {2, 10, 1, 10, false}, {0, 1000, 1000, 10_000, true}, {0, 0, 5, 10, false}, {0, 10, 0, 10, false},
	} {
		if got := drifted(c.now, c.of, c.before, c.ofBefore); got != c.drift {
			t.Errorf("%+v", c)
		}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.addBrand(t)
		h.fill(t, "a", 400)
		l, err := h.Learnt(ctx, reviewer)
		ok(t, err)
		if l.ScannedIn != 0 || l.AddedUpTo.IsZero() {
			t.Errorf("counted before it is added up: %+v", l)
		}
		ok(t, h.Sweep(ctx))
		// A month ago the brand was claimed a third as often.
		ok(t, d.Tx(ctx, func(tx *db.Tx) error {
			day := tx.Now().Unix()/86400 - 20
			for signal, n := range map[string]int64{"": 4000, "brand-claimed": 400} {
				if _, err := tx.Exec(addSignalDay, day, signal, n, int64(0), 0.0); err != nil {
					return err
				}
			}
			return nil
		}))
		l, err = h.Learnt(ctx, reviewer)
		ok(t, err)
		claimed := l.Signals[slices.IndexFunc(l.Signals, func(f SignalFigures) bool { return f.Name == "brand-claimed" })]
		if l.ScannedIn != 400 || l.ScannedBy != 4000 || !l.AddedUpTo.IsZero() || !claimed.Drift || math.Abs(claimed.Now-0.3) > 1e-9 || math.Abs(claimed.Before-0.1) > 1e-9 {
			t.Errorf("%+v\n%+v", l, claimed)
		}
		for _, f := range l.Signals {
			if f.Drift && f.Name != "brand-claimed" {
				t.Errorf("%+v", f)
			}
		}
	})
}

// TestPricesAreLearnt: what authorised sellers ask is kept, added up once, and known to a scanner made later.
func TestPricesAreLearnt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		h := open(d)
		h.compile = nil
		_, err := h.brands.Create(ctx, analyst, brand.Brand{ID: "velmora", Name: "Velmora", Categories: []string{"shoes"}, AuthorisedSellers: []string{"A0", "A1", "A2", "A3"},
			Prices: map[string]brand.Price{"shoes": {Currency: "USD", Low: 60, Typical: 100}}})
		ok(t, err)
		var all []market.Listing
		for i := range 80 {
			price := 30 + float64(i%5)
			l := listing(fmt.Sprintf("L%02d", i), "Velmora running shoes")
			l.Price, l.Currency, l.Brand, l.Seller = &price, "USD", "Velmora", market.Seller{ID: market.SellerID(fmt.Sprintf("A%d", i%4))}
			all = append(all, l)
		}
		_, err = h.Submit(ctx, analyst, "b", all)
		ok(t, err)
		h.run(t)
		price := 33.0
		stranger := listing("S", "Velmora running shoes")
		stranger.Price, stranger.Currency, stranger.Seller = &price, "USD", market.Seller{ID: "other"}
		before, err := h.Scan(ctx, analyst, stranger)
		ok(t, err)
		for range 2 {
			ok(t, h.Sweep(ctx))
		}
		after := &Service{DB: d, Bus: h.queue, Brands: h.brands, Now: h.Now} // a process that starts later
		later, err := after.Scan(ctx, analyst, stranger)
		ok(t, err)
		if later.Score >= before.Score {
			t.Errorf("33 dollars is what authorised sellers ask; it weighs %.3f, and before it was known %.3f", later.Score, before.Score)
		}
		running, err := after.runningOf(ctx, edition{})
		ok(t, err)
		after.Now = func() time.Time { return running.madeAt.Add(pricesLast) }
		again, err := after.runningOf(ctx, edition{})
		ok(t, err)
		if again == running || again.machine == running.machine {
			t.Error("prices a day old are not read anew")
		}
	})
}
