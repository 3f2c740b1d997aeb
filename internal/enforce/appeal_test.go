package enforce

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

var (
	lin = access.User{ID: "s1", Name: "Lin", Org: SellerOrganisation("S1"), Roles: []access.Role{access.Seller}}
	wu  = access.User{ID: "s2", Name: "Wu", Org: SellerOrganisation("S2"), Roles: []access.Role{access.Seller}}
)

func complaint(d DecisionID) Filing {
	return Filing{Kind: Complaint, Decision: d, Plea: Plea{Statement: "These are our own shoes, made under our own mark."}}
}

func counter(d DecisionID) Filing {
	return Filing{Kind: CounterStatement, Decision: d, Plea: Plea{Statement: "The goods do not infringe: we hold a licence.", Evidence: "Licence 77 of 2025.", Guarantee: "Lin Meiling"}}
}

func (k *desk) file(t testing.TB, by access.User, f Filing) Appeal {
	t.Helper()
	a, again, err := k.File(t.Context(), by, f)
	ok(t, err)
	if again {
		t.Fatal("it was filed before")
	}
	return a
}

// removed is a listing that a reviewer removed, upon a notice where noticed.
func (k *desk) removed(t testing.TB, id string, noticed bool) (Decision, Notice) {
	t.Helper()
	k.listing(t, id, 1, detect.Fake, 0.9)
	k.tell(t, id)
	var n Notice
	if noticed {
		page, err := k.Rights(t.Context(), olga, RightFilter{})
		ok(t, err)
		var r Right
		if len(page.Items) > 0 {
			r = page.Items[0]
		} else {
			r = k.right(t)
		}
		n, _, err = k.FileNotice(t.Context(), olga, aClaim(r.ID, id))
		ok(t, err)
	}
	return k.decide(t, rui, market.ListingID(id), Remove), n
}

// tellsOf counts the events of a name that the outbox holds.
func (k *desk) tellsOf(t testing.TB, name string) int64 {
	t.Helper()
	return k.count(t, `select count(*) from outbox where name = $1`, name)
}

func TestSellerAppealsAndIsHeardByAnother(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		d, n := k.removed(t, "L1", true)
		a := k.file(t, lin, complaint(d.ID))
		if a.State != Filed || a.Seller != "S1" || !a.DueAt.Equal(a.FiledAt.Add(AppealTime)) || a.Entry == "" {
			t.Errorf("%+v", a)
		}
		same, again, err := k.File(ctx, lin, complaint(d.ID))
		ok(t, err)
		if !again || same.ID != a.ID {
			t.Error("the same appeal twice is two")
		}
		_, _, err = k.File(ctx, lin, counter(d.ID))
		want(t, err, fault.Conflict, "waits still")
		_, _, err = k.File(ctx, wu, complaint(d.ID))
		want(t, err, fault.NotFound)
		_, _, err = k.File(ctx, rui, complaint(d.ID))
		want(t, err, fault.Forbidden)
		_, err = k.Appeal(ctx, wu, a.ID)
		want(t, err, fault.NotFound)
		_, err = k.Appeal(ctx, olga, a.ID)
		want(t, err, fault.NotFound) // who gave notice is not told of a complaint

		ruling := Ruling{State: Reversed, Reason: "genuine", Reasons: "The invoices are those of the maker.", Version: a.Version}
		_, err = k.Rehear(ctx, rui, a.ID, ruling)
		want(t, err, fault.Forbidden, "You took this decision")
		_, err = k.Rehear(ctx, lin, a.ID, ruling)
		want(t, err, fault.Forbidden)
		_, err = k.Rehear(ctx, aud, a.ID, ruling)
		want(t, err, fault.Forbidden)
		for field, bad := range map[string]Ruling{
			"state":   {State: Contested, Reasons: "Long enough as it is.", Version: 1},
			"reasons": {State: AppealUpheld, Reasons: " short ", Version: 1},
			"reason":  {State: Reversed, Reason: "counterfeit", Reasons: "Long enough as it is.", Version: 1},
		} {
			_, err := k.Rehear(ctx, bo, a.ID, bad)
			if f, _ := fault.As(err); f == nil || f.Field != field {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		stale := ruling
		stale.Version = 9
		_, err = k.Rehear(ctx, bo, a.ID, stale)
		want(t, err, fault.Conflict)

		a, err = k.Rehear(ctx, bo, a.ID, ruling)
		ok(t, err)
		v := k.review(t, "L1")
		rehearing, err := k.Decision(ctx, ana, a.Rehearing)
		ok(t, err)
		first, err := k.Decision(ctx, ana, d.ID)
		ok(t, err)
		if a.State != Reversed || v.Standing != Live || v.Decision != a.Rehearing || rehearing.By != bo.ID || rehearing.Outcome != Approve || first.Superseded != rehearing.ID {
			t.Errorf("%+v\n%+v\n%+v", a, v, rehearing)
		}
		n, err = k.Notice(ctx, olga, n.ID)
		ok(t, err)
		figures, err := k.Notifier(ctx, olga, "swift")
		ok(t, err)
		if n.State != NoticeRefused || n.Decision != rehearing.ID || figures.Countered != 1 || figures.Upheld != 0 || figures.Decided != 1 || figures.InTime != 1 {
			t.Errorf("%+v\n%+v", n, figures)
		}
		answers, err := k.Answers(ctx, olga, n.ID)
		ok(t, err)
		if len(answers) != 2 || answers[1].Outcome != Approve {
			t.Errorf("%+v", answers)
		}
		_, err = k.Rehear(ctx, bo, a.ID, ruling)
		want(t, err, fault.Conflict)
		_, err = k.Undo(ctx, ana, rehearing.ID, "no")
		want(t, err, fault.Conflict, "answers an appeal")
		_, _, err = k.File(ctx, lin, complaint(d.ID))
		want(t, err, fault.Conflict, "does not stand")
		if k.tellsOf(t, AppealedEvent) != 1 || k.tellsOf(t, ReheardEvent) != 1 {
			t.Error("it is not told of once")
		}
		if found := k.attest(t); len(found) > 0 {
			t.Errorf("the ledger says otherwise: %q", found)
		}

		// Now the notifier has its say, and somebody else again hears it.
		o := k.file(t, olga, Filing{Kind: Objection, Notice: n.ID, Plea: Plea{Statement: "The invoices are forged: we never sold to them."}})
		_, err = k.Rehear(ctx, bo, o.ID, Ruling{State: Reversed, Reason: "counterfeit", Reasons: "The maker denies the invoices.", Version: 1})
		want(t, err, fault.Forbidden)
		o, err = k.Rehear(ctx, ana, o.ID, Ruling{State: PartlyReversed, Reason: "need-test-buy", Reasons: "The maker denies the invoices.", Version: 1})
		ok(t, err)
		n, err = k.Notice(ctx, olga, n.ID)
		ok(t, err)
		if v := k.review(t, "L1"); v.Standing != Restricted || n.State != Upheld || n.Decision != o.Rehearing {
			t.Errorf("%+v\n%+v", v, n)
		}
		l, err := k.Letter(ctx, lin, o.Rehearing, "en")
		ok(t, err)
		if l.Record.SourceType != sourceNotice {
			t.Errorf("the seller is not told that a notice led to it: %s", l.Text())
		}
		// A milder decision that upholds the notice keeps it on the decision that stands.
		third := k.file(t, lin, complaint(o.Rehearing))
		_, err = k.Rehear(ctx, chief, third.ID, Ruling{State: PartlyReversed, Reason: "need-test-buy", Reasons: "It is restricted already.", Version: 1})
		want(t, err, fault.Invalid, "only restricted already")
		_, err = k.Rehear(ctx, chief, third.ID, Ruling{State: AppealUpheld, Reasons: "Nothing new was shown.", Version: 1})
		ok(t, err)
		_, _, err = k.File(ctx, lin, complaint(o.Rehearing))
		want(t, err, fault.Conflict, "answered already")
	})
}

func TestAppealsEndWithTheirDecisionAndTheirTime(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		d, _ := k.removed(t, "L1", false)
		_, _, err := k.File(ctx, lin, counter(d.ID))
		want(t, err, fault.Conflict, "No notice led")
		a := k.file(t, lin, complaint(d.ID))
		// A question to those who lead leaves the listing down, so the appeal goes on and can be answered.
		asked, err := k.Decide(ctx, ana, "L1", Choice{Outcome: Escalate, Reason: "need-rights-holder", Version: k.review(t, "L1").Version})
		ok(t, err)
		a, err = k.Appeal(ctx, lin, a.ID)
		ok(t, err)
		if !a.Open() {
			t.Errorf("%+v", a)
		}
		_, err = k.Undo(ctx, ana, asked.ID, "")
		ok(t, err)
		_, err = k.Undo(ctx, ana, d.ID, "a mistake")
		ok(t, err)
		a, err = k.Appeal(ctx, lin, a.ID)
		ok(t, err)
		if a.State != Moot || a.ClosedName != "Ana" {
			t.Errorf("%+v", a)
		}
		_, err = k.WithdrawAppeal(ctx, lin, a.ID)
		want(t, err, fault.Conflict)

		d = k.decide(t, rui, "L1", Remove)
		b := k.file(t, lin, complaint(d.ID))
		_, err = k.WithdrawAppeal(ctx, wu, b.ID)
		want(t, err, fault.NotFound)
		b, err = k.WithdrawAppeal(ctx, lin, b.ID)
		ok(t, err)
		if b.State != AppealWithdrawn {
			t.Errorf("%+v", b)
		}
		k.now.Advance(d.At.AddDate(0, 6, 0).Sub(k.now.Now()) - time.Microsecond)
		c := k.file(t, lin, complaint(d.ID))
		_, err = k.WithdrawAppeal(ctx, lin, c.ID)
		ok(t, err)
		k.now.Advance(time.Microsecond)
		_, _, err = k.File(ctx, lin, complaint(d.ID))
		want(t, err, fault.Conflict, "time to appeal is over")
		page, err := k.Appeals(ctx, lin, AppealFilter{State: AppealWithdrawn, Limit: 1})
		ok(t, err)
		rest, err := k.Appeals(ctx, lin, AppealFilter{State: AppealWithdrawn, Limit: 1, After: page.Next})
		ok(t, err)
		n, err := k.CountAppeals(ctx, lin, AppealFilter{})
		ok(t, err)
		if len(page.Items) != 1 || len(rest.Items) != 1 || page.Items[0].ID != c.ID || rest.Items[0].ID != b.ID || n != 3 {
			t.Errorf("%+v\n%+v\n%d", page, rest, n)
		}
		if n, err := k.CountAppeals(ctx, wu, AppealFilter{}); err != nil || n != 0 {
			t.Errorf("another seller sees %d, %v", n, err)
		}
	})
}

func TestKeyAndItsMakerAreOnePerson(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		k.organisations(t, "operator-of-test")
		k.exec(t, `insert into api_key (id, org_id, name, token_hash, hint, scopes, maker, made_at, expires_at, revoked_at, seen_at)
			values ('k1', 'operator-of-test', 'Feed', 'h', 'h', 'review.work', $1, 1, 0, 0, 0)`, string(bo.ID))
		k.listing(t, "L1", 1, detect.Fake, 0.9)
		k.tell(t, "L1")
		key := access.User{ID: "k1", Key: "k1", Maker: bo.ID, Name: "Feed", Org: "operator", Roles: bo.Roles, Scopes: access.Verbs()}
		d := k.decide(t, key, "L1", Remove)
		a := k.file(t, lin, complaint(d.ID))
		_, err := k.Rehear(t.Context(), bo, a.ID, Ruling{State: AppealUpheld, Reasons: "I was right the first time.", Version: 1})
		want(t, err, fault.Forbidden, "You took this decision")
		another := access.User{ID: "k2", Key: "k2", Maker: ana.ID, Name: "Other", Org: "operator", Roles: ana.Roles, Scopes: access.Verbs()}
		_, err = k.Rehear(t.Context(), another, a.ID, Ruling{State: AppealUpheld, Reasons: "A program says so.", Version: 1})
		want(t, err, fault.Forbidden) // no appeal is answered by a machine
	})
}

func TestPleasAreChecked(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		d, _ := k.removed(t, "L1", true)
		for field, change := range map[string]func(*Filing){
			"statement": func(f *Filing) { f.Statement = " no " },
			"evidence":  func(f *Filing) { f.Evidence = "" },
			"guarantee": func(f *Filing) { f.Guarantee = " " },
			"kind":      func(f *Filing) { f.Kind = "song" },
		} {
			f := counter(d.ID)
			change(&f)
			_, _, err := k.File(t.Context(), lin, f)
			if one, _ := fault.As(err); one == nil || one.Field != field {
				t.Errorf("want a fault at %s: %v", field, err)
			}
		}
		for _, bad := range []string{"a\x00b and more words", "\xff\xfe and more words", strings.Repeat("长", maxStatement+1)} {
			f := complaint(d.ID)
			f.Statement = bad
			_, _, err := k.File(t.Context(), lin, f)
			want(t, err, fault.Invalid)
		}
		_, _, err := k.File(t.Context(), lin, complaint("a\x00b"))
		want(t, err, fault.NotFound)
		_, err = k.Appeals(t.Context(), lin, AppealFilter{Listing: "a\x00b"})
		want(t, err, fault.Invalid)
		_, err = k.Appeals(t.Context(), lin, AppealFilter{After: "nonsense"})
		want(t, err, fault.Invalid)
	})
}

func TestTwoPeopleAnswerOneAppealAtOnce(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		d, _ := k.removed(t, "L1", false)
		a := k.file(t, lin, complaint(d.ID))
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, by := range []access.User{ana, bo} {
			both.Go(func() {
				_, errs[i] = k.Rehear(t.Context(), by, a.ID, Ruling{State: Reversed, Reason: "genuine", Reasons: "Both of us think so.", Version: 1})
			})
		}
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v, %v", errs[0], errs[1])
		}
		want(t, errors.Join(errs...), fault.Conflict)
		if n := k.count(t, `select count(*) from decision where listing = 'L1'`); n != 2 {
			t.Errorf("%d decisions", n)
		}
	})
}

// TestAppealsOfRandomHistories draws histories of decisions, appeals and answers to them, and holds after each step that no appeal is open against a decision
// that fell, that a reversal is what the listing stands by, and that the ledger agrees.
func TestAppealsOfRandomHistories(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		random := rand.New(rand.NewPCG(20, 17))
		r := k.right(t)
		const listings = 5
		people := []access.User{ana, rui, bo, chief}
		for i := range listings {
			k.listing(t, fmt.Sprintf("L%d", i), 1, detect.Fake, 0.9)
			k.tell(t, fmt.Sprintf("L%d", i))
		}
		reversed := 0
		for range 600 {
			k.now.Advance(time.Duration(random.IntN(400)) * time.Minute)
			id := market.ListingID(fmt.Sprintf("L%d", random.IntN(listings)))
			v := k.review(t, id)
			by := people[random.IntN(len(people))]
			var err error
			switch random.IntN(9) {
			case 0:
				_, _, err = k.FileNotice(ctx, olga, aClaim(r.ID, string(id)))
			case 1:
				o := Outcomes()[random.IntN(len(Outcomes()))]
				_, err = k.Decide(ctx, by, id, Choice{Outcome: o, Reason: ReasonsFor(o)[0].Code, Version: v.Version})
			case 2:
				_, err = k.Undo(ctx, by, v.Decision, "why not")
			case 3, 4, 5:
				f := complaint(v.Decision)
				if random.IntN(2) == 0 {
					f = counter(v.Decision)
				}
				_, _, err = k.File(ctx, lin, f)
			default:
				page, listErr := k.Appeals(ctx, ana, AppealFilter{State: Filed})
				ok(t, listErr)
				if len(page.Items) == 0 {
					continue
				}
				a := page.Items[random.IntN(len(page.Items))]
				state := a.Kind.Rulings()[random.IntN(len(a.Kind.Rulings()))]
				ruling := Ruling{State: state, Reasons: "Reasons that are long enough.", Version: a.Version}
				if o := a.Kind.Outcome(state); o != "" {
					ruling.Reason = ReasonsFor(o)[0].Code
				}
				if a, err = k.Rehear(ctx, by, a.ID, ruling); err == nil && a.State == Reversed {
					reversed++
					if after := k.review(t, a.Listing); after.Standing != Live || after.Decision != a.Rehearing {
						t.Fatalf("reversed, and the listing stands otherwise: %+v", after)
					}
				}
			}
			if err != nil && !said(err) {
				t.Fatal(err)
			}
			if n := k.count(t, `select count(*) from appeal join decision on decision.id = appeal.decision where appeal.state = 'filed' and (undone_at > 0 or superseded <> '' and not exists
				(select 1 from decision as later where later.id = decision.superseded and later.outcome = 'escalate'))`); n > 0 {
				t.Fatalf("%d appeals are open against decisions that fell", n)
			}
			if n := k.count(t, `select count(*) from forwarding join appeal on appeal.id = forwarding.appeal where forwarding.closed_at = 0 and appeal.state <> 'filed'`); n > 0 {
				t.Fatalf("%d counter-statements are on their way for nothing", n)
			}
		}
		if found := k.attest(t); len(found) > 0 || reversed < 5 {
			t.Errorf("%d reversed, %q", reversed, found)
		}
	})
}

func TestDiagramsShowEveryState(t *testing.T) {
	for _, s := range AppealStates() {
		if !strings.Contains(AppealDiagram(), "--> "+string(s)) {
			t.Errorf("no way to %s in\n%s", s, AppealDiagram())
		}
	}
	for _, s := range ForwardingStates() {
		if !strings.Contains(ForwardingDiagram(), "--> "+string(s)) {
			t.Errorf("no way to %s in\n%s", s, ForwardingDiagram())
		}
	}
}

func TestPeriodEndsWithItsLastDayInChina(t *testing.T) {
	at := func(s string) time.Time {
		m, err := time.Parse(time.RFC3339, s)
		ok(t, err)
		return m
	}
	for _, c := range []struct {
		period     Period
		from, ends string
	}{
		{Period{}, "2026-11-01T10:00:00+08:00", "2026-11-17T00:00:00+08:00"},
		{Period{Days: 15}, "2026-11-01T23:59:59+08:00", "2026-11-17T00:00:00+08:00"},
		{Period{Days: 15}, "2026-11-01T16:00:00Z", "2026-11-18T00:00:00+08:00"}, // the 2nd has begun in China
		{Period{Days: 1}, "2028-02-28T12:00:00+08:00", "2028-03-01T00:00:00+08:00"},
		{Period{Days: 20, Working: true}, "2026-11-06T12:00:00+08:00", "2026-12-05T00:00:00+08:00"}, // a Friday, to the Friday four weeks on
		{Period{Days: 1, Working: true}, "2026-11-06T12:00:00+08:00", "2026-11-10T00:00:00+08:00"},
	} {
		if got := c.period.End(at(c.from)); !got.Equal(at(c.ends)) {
			t.Errorf("%+v from %s ends %s, want %s", c.period, c.from, got.In(beijing), c.ends)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		p := Period{Days: 1 + random.IntN(40), Working: random.IntN(2) == 0}
		from := noon.Add(time.Duration(random.IntN(400*24)) * time.Hour)
		end, next := p.End(from), Period{p.Days + 1, p.Working}.End(from)
		if !end.After(from.Add(time.Duration(p.Days)*24*time.Hour)) || !next.After(end) || p.End(from.Add(time.Hour)).Before(end) {
			t.Errorf("%+v from %s ends %s", p, from, end)
		}
	}
}

func TestMeasuresEndWhenNobodyOpposes(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		d, n := k.removed(t, "L1", true)
		a := k.file(t, lin, counter(d.ID))
		all, err := k.Forwardings(ctx, lin, a.ID)
		ok(t, err)
		if len(all) != 1 || all[0].State != OnItsWay || all[0].Organisation != "swift" || all[0].Notice != n.ID || !all[0].DueAt.IsZero() {
			t.Fatalf("%+v", all)
		}
		_, err = k.Receive(ctx, agent, a.ID, "swift")
		want(t, err, fault.NotFound)
		seen, err := k.Receive(ctx, ana, a.ID, "swift")
		ok(t, err)
		if seen.State != OnItsWay {
			t.Error("that the marketplace reads it makes it arrive")
		}
		k.now.Advance(30 * 24 * time.Hour)
		ok(t, k.Sweep(ctx))
		if k.review(t, "L1").Standing != Removed {
			t.Fatal("the period ran before it began")
		}
		f, err := k.Receive(ctx, olga, a.ID, "swift")
		ok(t, err)
		if f.State != Arrived || f.ArrivedHow != "opened" || !f.ArrivedAt.Equal(k.now.Now()) || !f.DueAt.Equal(Period{}.End(k.now.Now())) || f.Counter.Evidence == "" {
			t.Fatalf("%+v", f)
		}
		arrived := f.ArrivedAt
		k.now.Advance(time.Hour)
		f, err = k.Receive(ctx, olga, a.ID, "swift")
		ok(t, err)
		if !f.ArrivedAt.Equal(arrived) {
			t.Error("it arrives twice")
		}
		k.now.Advance(f.DueAt.Sub(k.now.Now()) - time.Microsecond)
		ok(t, k.Sweep(ctx))
		if k.review(t, "L1").Standing != Removed {
			t.Fatal("restored too early")
		}
		k.now.Advance(time.Microsecond)
		_, err = k.Oppose(ctx, olga, a.ID, "swift", Contest{Suit, "(2026) 123", k.now.Now()})
		want(t, err, fault.Conflict, "The period ended")
		// Two processes sweep at the due moment.
		var both sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			both.Go(func() { errs[i] = k.Sweep(ctx) })
		}
		both.Wait()
		ok(t, errors.Join(errs...))
		ok(t, k.Sweep(ctx))
		v := k.review(t, "L1")
		a, err = k.Appeal(ctx, lin, a.ID)
		ok(t, err)
		n, err = k.Notice(ctx, olga, n.ID)
		ok(t, err)
		if v.Standing != Live || a.State != Reversed || v.Decision != a.Rehearing || n.State != NoticeRefused {
			t.Errorf("%+v\n%+v\n%+v", v, a, n)
		}
		if k.count(t, `select count(*) from decision where listing = 'L1'`) != 2 || k.tellsOf(t, ReheardEvent) != 1 {
			t.Error("restored more than once")
		}
		// The policy that would remove it leaves what the law restored.
		k.Alone = detect.Remove
		k.judge(t, "L1", detect.Remove, "Fakes go", 3)
		if k.review(t, "L1").Decision != a.Rehearing {
			t.Error("the policy took back what the law restored")
		}
		if found := k.attest(t); len(found) > 0 {
			t.Errorf("%q", found)
		}
	})
}

func TestMeasuresStayWhenTheNotifierActs(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		d, _ := k.removed(t, "L1", true)
		a := k.file(t, lin, counter(d.ID))
		now := k.now.Now()
		for field, bad := range map[string]Contest{
			"act": {"letter", "1", now}, "reference": {Suit, " ", now}, "acted_at": {Petition, "1", now.Add(time.Hour)},
		} {
			_, err := k.Oppose(ctx, olga, a.ID, "swift", bad)
			if f, _ := fault.As(err); f == nil || f.Field != field {
				t.Errorf("want a fault at %s: %v", field, err)
			}
		}
		_, err := k.Arrive(ctx, olga, a.ID, "swift", now, "I say so")
		want(t, err, fault.Forbidden)
		_, err = k.Arrive(ctx, ana, a.ID, "swift", now.Add(time.Hour), "courier")
		want(t, err, fault.Invalid)
		f, err := k.Arrive(ctx, ana, a.ID, "swift", now, "Courier's receipt 4711")
		ok(t, err)
		if f.State != Arrived || f.ArrivedHow != "Courier's receipt 4711" {
			t.Errorf("%+v", f)
		}
		_, err = k.Rehear(ctx, ana, a.ID, Ruling{State: AppealUpheld, Reasons: "We do not believe it.", Version: a.Version})
		want(t, err, fault.Invalid)
		_, err = k.Oppose(ctx, agent, a.ID, "swift", Contest{Suit, "(2026) 123", now})
		want(t, err, fault.NotFound)
		f, err = k.Oppose(ctx, olga, a.ID, "swift", Contest{Suit, "(2026) 123", now})
		ok(t, err)
		if f.State != Opposed || f.Counter.State != Contested {
			t.Errorf("%+v", f)
		}
		k.now.Advance(60 * 24 * time.Hour)
		ok(t, k.Sweep(ctx))
		if k.review(t, "L1").Standing != Removed {
			t.Error("restored although the notifier went to court")
		}
		_, _, err = k.File(ctx, lin, counter(d.ID))
		want(t, err, fault.Conflict, "answered already")
		k.file(t, lin, complaint(d.ID)) // the marketplace can still be asked to look again
		page, err := k.ForwardedTo(ctx, olga, ForwardedFilter{})
		ok(t, err)
		open, err := k.ForwardedTo(ctx, olga, ForwardedFilter{Open: true})
		ok(t, err)
		none, err := k.ForwardedTo(ctx, agent, ForwardedFilter{})
		ok(t, err)
		if len(page.Items) != 1 || len(open.Items) != 0 || len(none.Items) != 0 {
			t.Errorf("%+v %+v %+v", page, open, none)
		}
	})
}

func TestMeasureEndsOnlyWhenEveryPeriodIsOver(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.listing(t, "L1", 1, detect.Fake, 0.9)
		k.tell(t, "L1")
		r := k.right(t)
		_, _, err := k.FileNotice(ctx, olga, aClaim(r.ID, "L1"))
		ok(t, err)
		zephyr := access.User{ID: "p9", Name: "Zoe", Org: "zephyr", Roles: []access.Role{access.RightsHolder}}
		other, err := k.DeclareRight(ctx, zephyr, aRight())
		ok(t, err)
		_, _, err = k.FileNotice(ctx, zephyr, aClaim(other.ID, "L1"))
		ok(t, err)
		d := k.decide(t, rui, "L1", Remove)
		a := k.file(t, lin, counter(d.ID))
		_, err = k.Receive(ctx, olga, a.ID, "swift")
		ok(t, err)
		k.now.Advance(10 * 24 * time.Hour)
		_, err = k.Receive(ctx, zephyr, a.ID, "zephyr")
		ok(t, err)
		k.now.Advance(10 * 24 * time.Hour)
		ok(t, k.Sweep(ctx))
		all, err := k.Forwardings(ctx, ana, a.ID)
		ok(t, err)
		if k.review(t, "L1").Standing != Removed || all[0].State != Lapsed || all[1].State != Arrived {
			t.Fatalf("%+v", all)
		}
		k.now.Advance(10 * 24 * time.Hour)
		ok(t, k.Sweep(ctx))
		if k.review(t, "L1").Standing != Live {
			t.Error("not restored when both periods were over")
		}
		figures, err := k.Notifier(ctx, zephyr, "zephyr")
		ok(t, err)
		if figures.Countered != 1 {
			t.Errorf("%+v", figures)
		}
	})
}

func TestCounteredNoticesCloseTheFastLane(t *testing.T) {
	rules := DefaultLaneRules
	n := Notifier{Lane: Fast, Decided: 100, Upheld: 95, Countered: 5}
	if n.follow(rules, noon).Lane != Fast {
		t.Error("one in twenty is too many")
	}
	n.Countered = 6
	if after := n.follow(rules, noon); after.Lane != Ordinary || !after.ShutUntil.Equal(noon.Add(rules.Shut)) {
		t.Errorf("%+v", after)
	}
}

func TestRulingsOfEachKind(t *testing.T) {
	for _, kind := range AppealKinds() {
		for _, s := range kind.Rulings() {
			if o := kind.Outcome(s); o != "" && len(ReasonsFor(o)) == 0 {
				t.Errorf("no reason for %s of %s", s, kind)
			}
		}
		if !slices.Contains(kind.Rulings(), Inadmissible) {
			t.Errorf("%s cannot be inadmissible", kind)
		}
	}
}
