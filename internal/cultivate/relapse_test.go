package cultivate

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// watch is a house with a graduated member that sells, and reviewers who decide on its listings.
type watch struct {
	*house
	now     *clock.Manual
	enforce *enforce.Service
	analyst access.User
	member  Maker
	own     access.User
}

func eachWatch(t *testing.T, fn func(t *testing.T, w *watch)) {
	t.Helper()
	var now *clock.Manual
	dbtest.EachAt(t, func() time.Time { return now.Now() }, func(t *testing.T, d *db.DB) {
		now = clock.At(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC))
		only(t)
		h := newHouse(t, d)
		store, err := blob.Open(t.Context(), "mem://")
		h.must(err)
		t.Cleanup(func() { h.must(store.Close()) })
		h.Blob = store
		w := &watch{house: h, now: now, enforce: &enforce.Service{DB: d}, analyst: access.User{ID: "a1", Name: "Ana", Org: access.OperatorID, Roles: []access.Role{access.Analyst}}}
		w.member, w.own = h.maker(h.cohort(17), "莆田市海风鞋业有限公司")
		w.member.Seller = "S1"
		w.member = h.onPlace(w.member, Admitted)
		w.member = h.onPlace(w.member, Graduated)
		fn(t, w)
	})
}

// listing is one of the account's, with what the machine makes of it.
func (w *watch) listing(id market.ListingID, account string, verdict detect.Verdict, score, price float64) {
	w.t.Helper()
	l := market.Listing{ID: id, Title: "Shoe", Category: "shoes", Price: &price, Currency: "CNY", Seller: market.Seller{ID: market.SellerID(account), Name: account}}
	w.must(w.DB.Tx(w.t.Context(), func(tx *db.Tx) error {
		if _, err := market.Save(tx, tx.Now(), []market.Listing{l}); err != nil {
			return err
		}
		_, err := tx.Exec(`insert into verdict (listing, seller, version, verdict, score, brand, signals, model, revision, scanned_at, changed_at, action, priority)
			values ($1, $2, 1, $3, $4, 'swift', '[{"name":"price-low","evidence":"far below"}]', 'm1', 7, 1, 1, 'review', 60)
			on conflict (listing) do update set verdict = excluded.verdict, score = excluded.score`, string(id), account, string(verdict), score)
		return err
	}))
}

func (w *watch) hear(id, subject string, event any) {
	w.t.Helper()
	body, err := json.Marshal(event)
	w.must(err)
	for range 2 { // each event may come twice
		w.must(w.HandleRelapse(w.t.Context(), bus.Message{ID: id, Subject: subject, Body: body}))
	}
}

func (w *watch) scanned(event string, id market.ListingID) {
	w.t.Helper()
	w.hear(event, enforce.ScannedSubject, detect.Scanned{Listings: []detect.Outcome{{Listing: id, Verdict: detect.Fake, Was: detect.Fake}}})
}

func (w *watch) decide(id market.ListingID, o enforce.Outcome, reason enforce.ReasonCode) enforce.Decision {
	w.t.Helper()
	review, err := w.enforce.Review(w.t.Context(), w.analyst, id)
	if err != nil && !errors.Is(err, fault.NotFound) {
		w.t.Fatal(err)
	}
	d, err := w.enforce.Decide(w.t.Context(), w.analyst, id, enforce.Choice{Outcome: o, Reason: reason, Version: review.Version})
	w.must(err)
	w.hear("event of "+string(d.ID), "event."+enforce.DecidedEvent, enforce.Decided{Decision: d.ID, Listing: id, Seller: d.Seller, Outcome: o, Reason: reason, At: d.At})
	return d
}

func (w *watch) undo(d enforce.Decision) {
	w.t.Helper()
	_, err := w.enforce.Undo(w.t.Context(), w.analyst, d.ID, "A mistake.")
	w.must(err)
	w.hear("undo of "+string(d.ID), "event."+enforce.UndoneEvent, enforce.Undone{Decision: d.ID, Listing: d.Listing, At: w.now.Now()})
}

func (w *watch) alerts() []Alert {
	w.t.Helper()
	page, err := w.Alerts(w.t.Context(), w.manager, AlertFilter{})
	w.must(err)
	return page.Items
}

// one is the only alert there is, which has to be in the state.
func (w *watch) one(state AlertState, kind AlertKind, evidence int) Alert {
	w.t.Helper()
	all := w.alerts()
	if len(all) != 1 || all[0].State != state || all[0].Kind != kind {
		w.t.Fatalf("the alerts are %+v, want one that is %s for %s", all, state, kind)
	}
	_, found, err := w.AlertOf(w.t.Context(), w.manager, all[0].ID)
	w.must(err)
	stands := 0
	for _, e := range found {
		if e.Stands() {
			stands++
		}
	}
	if stands != evidence {
		w.t.Fatalf("%d pieces of evidence stand, want %d: %+v", stands, evidence, found)
	}
	return all[0]
}

func TestRelapseIsFoundBySomebodyElse(t *testing.T) {
	eachWatch(t, func(t *testing.T, w *watch) {
		ctx := t.Context()
		_, err := w.SaveMark(ctx, w.manager, CommonMark{ID: "putian-shoes", Name: "莆田鞋", Owner: "莆田市鞋业协会", Office: "CNIPA", Number: "123", Goods: "Shoes"})
		w.must(err)
		_, err = w.AddRules(ctx, w.manager, 1, MarkRules{Mark: "putian-shoes", Text: Words{"Rules", "规则"}, Floor: 199_00, Currency: "CNY"})
		w.must(err)
		l, err := w.ApplyLicence(ctx, w.own, "putian-shoes", w.member.ID, "Running shoes")
		w.must(err)
		l, err = w.MoveLicence(ctx, w.manager, l.ID, LicenceMove{To: LicenceGranted, Number: "PX-1", Lines: "Running shoes", From: w.now.Now(), Until: w.now.Now().AddDate(2, 0, 0), Version: l.Version})
		w.must(err)

		w.listing("L1", "S1", detect.Fake, 0.97, 150)
		w.scanned("e1", "L1")
		w.one(AlertOpen, SuspectListing, 1)
		w.decide("L1", enforce.Remove, "counterfeit")
		a := w.one(AlertOpen, RemovedListing, 2)

		if _, _, err := w.AlertOf(ctx, w.own, a.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("the firm sees what nobody has put to it: %v", err)
		}
		call := Call{Maker: w.member.ID, Alerts: []AlertID{a.ID}, Reasons: "A listing of your shop was taken down as a copy.", Place: "Room 3", On: w.now.Now().Add(HearingNotice - time.Minute)}
		if _, err := w.CallHearing(ctx, w.manager, call); !errors.Is(err, fault.Invalid) {
			t.Errorf("called at too short notice: %v", err)
		}
		call.On = w.now.Now().Add(HearingNotice)
		if _, err := w.CallHearing(ctx, w.own, call); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm calls its own hearing: %v", err)
		}
		h, err := w.CallHearing(ctx, w.manager, call)
		w.must(err)
		if _, err := w.CallHearing(ctx, w.other, call); !errors.Is(err, fault.Conflict) {
			t.Errorf("called twice: %v", err)
		}
		if _, _, err := w.AlertOf(ctx, w.own, a.ID); err != nil {
			t.Errorf("the firm does not see what it is heard about: %v", err)
		}

		h, err = w.StateCase(ctx, w.own, h.ID, h.Version, "The account was used by my nephew.", []HearingPaper{{`C:\evil/..name.pdf`, strings.NewReader("paper")}})
		w.must(err)
		_, _, evidence, papers, err := w.HearingOf(ctx, w.own, h.ID)
		w.must(err)
		if len(papers) != 1 || strings.ContainsAny(papers[0].Name, `\/:`) || len(evidence[a.ID]) != 2 {
			t.Fatalf("papers %+v, evidence %+v", papers, evidence)
		}
		_, content, err := w.OpenDocument(ctx, w.manager, h.ID, papers[0].Hash)
		w.must(err)
		read, err := io.ReadAll(content)
		w.must(errors.Join(err, content.Close()))
		if string(read) != "paper" {
			t.Errorf("the paper reads %q", read)
		}
		_, stranger := w.maker(w.cohort(3), "Stranger")
		if _, _, _, _, err := w.HearingOf(ctx, stranger, h.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger reads the hearing: %v", err)
		}
		if _, _, err := w.OpenDocument(ctx, stranger, h.ID, papers[0].Hash); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger opens the paper: %v", err)
		}

		if _, err := w.Hold(ctx, w.manager, h.ID, h.Version, "What was said.", true); !errors.Is(err, fault.Conflict) {
			t.Errorf("held before its day: %v", err)
		}
		w.now.Advance(HearingNotice)
		h, err = w.Hold(ctx, w.manager, h.ID, h.Version, "What was said.", true)
		w.must(err)
		ruling := Ruling{Outcome: FoundRelapse, Ground: "The shoes came from its line.", Deposit: DepositPart, Forfeited: 5_000_00}
		if _, err := w.Rule(ctx, w.manager, h.ID, h.Version, ruling); !errors.Is(err, fault.Forbidden) {
			t.Errorf("who called the hearing decides it: %v", err)
		}
		key := access.User{ID: "k1", Key: "k1", Maker: w.manager.ID, Name: "Key", Org: access.OperatorID, Roles: []access.Role{access.ProgrammeManager}, Scopes: []access.Verb{access.MakerRead, access.MakerEdit, access.MakerMove}}
		if _, err := w.Rule(ctx, key, h.ID, h.Version, ruling); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a key of who called it decides: %v", err)
		}
		h, err = w.Rule(ctx, w.other, h.ID, h.Version, ruling)
		w.must(err)
		m, err := w.Maker(ctx, w.own, w.member.ID)
		w.must(err)
		file, err := w.LicenceFile(ctx, w.own, l.ID)
		w.must(err)
		if m.Stage != Relapsed || file.State != LicenceSuspended || file.Hearing != h.ID || h.Currency != "CNY" {
			t.Errorf("after the ruling: %s, licence %s, %+v", m.Stage, file.State, h)
		}
		if len(file.Cheap) != 1 || file.Cheap[0].ID != "L1" {
			t.Errorf("what is offered under the floor: %+v", file.Cheap)
		}
		w.one(AlertHeard, RemovedListing, 2)
		if _, err := w.MoveLicence(ctx, w.manager, l.ID, LicenceMove{To: LicenceGranted, Why: "Again.", Version: file.Version}); !errors.Is(err, fault.Conflict) {
			t.Errorf("a relapsed maker bears the mark again: %v", err)
		}
		_, public, err := w.LookUp(ctx, "putian-shoes", "PX-1")
		w.must(err)
		if len(public) != 1 || public[0].ValidOn(w.now.Now()) {
			t.Errorf("the public register: %+v", public)
		}
		var heard int
		w.must(w.DB.View(ctx, func(tx *db.Tx) (err error) {
			heard, err = db.One(tx, db.Value[int], `select count(*) from outbox where name = $1`, HeardEvent)
			return err
		}))
		if heard != 1 {
			t.Errorf("%d events tell of the hearing", heard)
		}
	})
}

func TestAlertGoesWithItsEvidence(t *testing.T) {
	eachWatch(t, func(t *testing.T, w *watch) {
		ctx := t.Context()
		w.listing("L1", "S1", detect.Fake, SuspectScore-0.01, 100)
		w.scanned("e1", "L1")
		w.listing("L2", "another", detect.Fake, 0.99, 100)
		w.scanned("e2", "L2")
		if all := w.alerts(); len(all) != 0 {
			t.Fatalf("alerts for a weak suspicion or a stranger: %+v", all)
		}
		w.listing("L1", "S1", detect.Fake, 0.95, 100)
		w.scanned("e3", "L1")
		a := w.one(AlertOpen, SuspectListing, 1)
		_, err := w.Dismiss(ctx, w.manager, a.ID, a.Version, "It is the firm's own design.")
		w.must(err)
		if _, err := w.Dismiss(ctx, w.other, a.ID, a.Version, "Me too."); !errors.Is(err, fault.Conflict) {
			t.Errorf("dismissed twice: %v", err)
		}
		dismissed := w.one(AlertDismissed, SuspectListing, 1)
		if _, err := w.Reopen(ctx, w.manager, a.ID, a.Version); !errors.Is(err, fault.Conflict) {
			t.Errorf("taken back as of an old page: %v", err)
		}
		if _, err := w.Reopen(ctx, access.User{ID: "r", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}}, a.ID, dismissed.Version); err == nil {
			t.Error("a reviewer takes the dismissal back")
		}
		open, err := w.Reopen(ctx, w.other, a.ID, dismissed.Version)
		w.must(err)
		if open.State != AlertOpen || open.Why != "" {
			t.Errorf("taken back: %+v", open)
		}
		if _, err := w.Reopen(ctx, w.other, a.ID, open.Version); !errors.Is(err, fault.Conflict) {
			t.Errorf("an open alert is opened: %v", err)
		}
		_, err = w.Dismiss(ctx, w.manager, a.ID, open.Version, "It is the firm's own design.")
		w.must(err)
		w.scanned("e4", "L1")
		w.one(AlertDismissed, SuspectListing, 1)

		removal := w.decide("L1", enforce.Remove, "counterfeit")
		w.one(AlertOpen, RemovedListing, 2)
		approval := w.decide("L1", enforce.Approve, "genuine")
		w.one(AlertWithdrawn, SuspectListing, 0)
		w.scanned("e5", "L1")
		w.one(AlertWithdrawn, SuspectListing, 0)
		w.undo(approval)
		a = w.one(AlertOpen, RemovedListing, 2)

		h, err := w.CallHearing(ctx, w.manager, Call{Maker: w.member.ID, Alerts: []AlertID{a.ID}, Reasons: "A listing.", Place: "Here", On: w.now.Now().Add(HearingNotice)})
		w.must(err)
		w.listing("L1", "S1", detect.Clear, 0.1, 100)
		w.undo(removal)
		w.one(AlertWithdrawn, SuspectListing, 0)
		h, _, _, _, err = w.HearingOf(ctx, w.own, h.ID)
		w.must(err)
		if h.State != HearingWithdrawn {
			t.Errorf("a hearing without ground is %s", h.State)
		}
	})
}

// TestUndoneBeforeItWasHeardOf has the undoing come first.
func TestUndoneBeforeItWasHeardOf(t *testing.T) {
	eachWatch(t, func(t *testing.T, w *watch) {
		w.listing("L1", "S1", detect.Review, 0.5, 100)
		w.hear("first", "event."+enforce.UndoneEvent, enforce.Undone{Decision: "d1", Listing: "L1", At: w.now.Now()})
		w.must(w.DB.Tx(t.Context(), func(tx *db.Tx) error {
			raised, err := w.Alert(tx, Suspicion{Ref: "decision:d1", Subject: "listing:L1", Kind: RemovedListing, Account: "S1", At: tx.Now()})
			if len(raised) > 0 {
				t.Errorf("raised %v", raised)
			}
			return err
		}))
	})
}

func TestKinAndDeclaredAccounts(t *testing.T) {
	eachWatch(t, func(t *testing.T, w *watch) {
		ctx := t.Context()
		w.must(w.DeclareAccount(ctx, w.own, w.member.ID, "S2", FamilyAccount, "My brother's shop."))
		if err := w.DropAccount(ctx, w.own, w.member.ID, "S2"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm hides what it declared: %v", err)
		}
		w.Kin = traced{w.member.ID}
		w.listing("L3", "far", detect.Fake, 0.99, 100)
		w.scanned("e1", "L3")
		if all := w.alerts(); len(all) != 0 {
			t.Errorf("a machine's opinion on a traced account: %+v", all)
		}
		w.listing("L2", "S2", detect.Fake, 0.99, 100)
		w.decide("L2", enforce.Remove, "counterfeit")
		a := w.one(AlertOpen, RemovedListing, 1)
		_, found, err := w.AlertOf(ctx, w.manager, a.ID)
		w.must(err)
		if found[0].Tie.How != FamilyAccount || found[0].Tie.Detail != "My brother's shop." {
			t.Errorf("the tie: %+v", found[0].Tie)
		}
	})
}

// traced ties one account to a maker.
type traced struct{ maker MakerID }

func (k traced) MakersBehind(_ *db.Tx, account market.SellerID) ([]AccountTie, error) {
	return []AccountTie{{Maker: k.maker, Account: account, How: TracedAccount, Detail: "same warehouse"}}, nil
}

func TestTwoRuleAtOnce(t *testing.T) {
	eachWatch(t, func(t *testing.T, w *watch) {
		ctx := t.Context()
		w.listing("L1", "S1", detect.Fake, 0.97, 150)
		w.scanned("e1", "L1")
		a := w.one(AlertOpen, SuspectListing, 1)
		h, err := w.CallHearing(ctx, w.manager, Call{Maker: w.member.ID, Alerts: []AlertID{a.ID}, Reasons: "A listing.", Place: "Here", On: w.now.Now().Add(HearingNotice)})
		w.must(err)
		w.now.Advance(HearingNotice)
		h, err = w.Hold(ctx, w.manager, h.ID, h.Version, "Said.", false)
		w.must(err)
		third := access.User{ID: "m3", Name: "Mo Manager", Org: access.OperatorID, Roles: []access.Role{access.ProgrammeManager}}
		var all sync.WaitGroup
		results := make([]error, 2)
		for i, by := range []access.User{w.other, third} {
			all.Go(func() {
				_, results[i] = w.Rule(ctx, by, h.ID, h.Version, Ruling{Outcome: []HearingOutcome{NoRelapse, SuspendedFor}[i], Ground: "So it is.", Deposit: DepositKept})
			})
		}
		all.Wait()
		if (results[0] == nil) == (results[1] == nil) {
			t.Fatalf("both or neither: %v, %v", results[0], results[1])
		}
		for _, err := range results {
			if err != nil && !errors.Is(err, fault.Conflict) {
				t.Errorf("the other is told %v", err)
			}
		}
	})
}

func TestSweepOutcomesMarksOnce(t *testing.T) {
	eachWatch(t, func(t *testing.T, w *watch) {
		ctx := t.Context()
		w.listing("L1", "S1", detect.Fake, 0.97, 150)
		w.scanned("e1", "L1")
		w.now.Advance(AlertDays*24*time.Hour + time.Second)
		for range 2 {
			w.must(w.SweepOutcomes(ctx))
		}
		var told int
		w.must(w.DB.View(ctx, func(tx *db.Tx) (err error) {
			told, err = db.One(tx, db.Value[int], `select count(*) from outbox where name = $1`, OverdueEvent)
			return err
		}))
		if a := w.alerts()[0]; !a.Overdue || told != 1 {
			t.Errorf("overdue %v, told %d times", a.Overdue, told)
		}
	})
}

func TestOutcomesFitTheStage(t *testing.T) {
	for stage, want := range map[Stage]int{Graduated: 4, Campaigning: 5, Relapsed: 5, Suspended: 5} {
		if got := (Maker{Stage: stage}).Outcomes(); len(got) != want {
			t.Errorf("%s: %v", stage, got)
		}
	}
	for from, tos := range nextAlert {
		for _, to := range tos {
			if _, known := nextAlert[to]; !known {
				t.Errorf("%s leads to %s, which there is not", from, to)
			}
		}
	}
}
