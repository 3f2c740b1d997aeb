package enforce

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// TestDecisionEndsByItself has decisions run out: the listing is as before, what was found stays found, and what the policy still suspects waits for a person.
func TestDecisionEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		until := noon.Add(48 * time.Hour)
		scope := Scope{Territory: []string{"FR", "DE", "DE"}, Until: until, Payout: true}
		take := func(id string, o Outcome) Decision {
			t.Helper()
			d, err := k.Decide(ctx, rui, market.ListingID(id), Choice{Outcome: o, Reason: ReasonsFor(o)[0].Code, Version: k.review(t, market.ListingID(id)).Version, Scope: scope})
			ok(t, err)
			return d
		}
		k.listing(t, "L1", 1, detect.Fake, 0.9)
		k.listing(t, "L2", 1, detect.Clear, 0.1)
		k.listing(t, "L3", 1, detect.Clear, 0.1)
		k.tell(t, "L1", "L2", "L3")
		suspect, fine, undone := take("L1", Remove), take("L2", Demote), take("L3", Freeze)
		if !slices.Equal(suspect.Territory, []string{"DE", "FR"}) || fine.Standing != Demoted || undone.Standing != Live || !undone.Payout {
			t.Errorf("%+v\n%+v\n%+v", suspect, fine, undone)
		}
		strikes := func() int64 {
			c, err := k.Conduct(ctx, ana, SellerOrganisation("S1"))
			ok(t, err)
			return c.Points
		}
		before := strikes()
		k.now.Advance(48*time.Hour - time.Second)
		ok(t, k.Sweep(ctx))
		if v := k.review(t, "L1"); v.Standing != Removed {
			t.Errorf("it ended too early: %+v", v)
		}
		// A question in between takes the end with it, and gives it back.
		question, err := k.Decide(ctx, ana, "L2", Choice{Outcome: Escalate, Reason: "need-test-buy", Version: k.review(t, "L2").Version})
		ok(t, err)
		if !question.Scope.Same(fine.Scope) || question.Standing != Demoted {
			t.Errorf("%+v", question)
		}
		_, err = k.Undo(ctx, ana, undone.ID, "no")
		ok(t, err)
		k.now.Advance(time.Second)
		for range 2 {
			ok(t, k.Sweep(ctx))
		}
		if v := k.review(t, "L1"); v.Standing != Live || v.State != Open || !v.OpenedAt.Equal(until) || v.Decision != suspect.ID {
			t.Errorf("%+v", v)
		}
		if v := k.review(t, "L2"); v.Standing != Live || v.State != Escalated {
			t.Errorf("%+v", v)
		}
		d, err := k.Decision(ctx, ana, suspect.ID)
		ok(t, err)
		if !d.Ended.Equal(until) || !d.Stands() || d.Effective() != Live || d.Down() {
			t.Errorf("%+v", d)
		}
		if after := strikes(); after != before {
			t.Errorf("%d points before the end, %d after", before, after)
		}
		if n := k.count(t, `select count(*) from outbox where name = 'enforce.ended'`); n != 2 {
			t.Errorf("told of %d ends", n)
		}
		// Undone, it was wrong: nothing stands, and nothing ends twice.
		_, err = k.Undo(ctx, ana, question.ID, "answered")
		ok(t, err)
		ok(t, k.Sweep(ctx))
		if v := k.review(t, "L2"); v.Standing != Live || v.Decision != fine.ID {
			t.Errorf("%+v", v)
		}
		_, err = k.Undo(ctx, ana, suspect.ID, "genuine after all")
		ok(t, err)
		if found := k.attest(t); len(found) > 0 {
			t.Error(found)
		}
		k.exec(t, `update decision set ended_at = ended_at + 1 where id = $1`, string(fine.ID))
		if found := k.attest(t); !slices.Equal(found, []string{"decision:" + string(fine.ID) + ": " + sayEndElse}) {
			t.Error(found)
		}
		k.exec(t, `update decision set ended_at = 0, ended_entry = '' where id = $1`, string(fine.ID))
		if found := k.attest(t); !slices.Contains(found, "listing:L2: "+sayNotEnded) || !slices.Contains(found, "listing:L2: "+sayStandingWrong) {
			t.Error(found)
		}
	})
}

// TestScopeIsChecked refuses what no scope can be.
func TestScopeIsChecked(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		k.listing(t, "L1", 1, detect.Fake, 0.9)
		k.tell(t, "L1")
		for _, c := range []struct {
			outcome Outcome
			scope   Scope
			words   string
		}{
			{Approve, Scope{Territory: []string{"DE"}}, "some countries"},
			{Approve, Scope{Until: noon.Add(time.Hour)}, "has an end"},
			{Escalate, Scope{Payout: true}, "payout"},
			{Remove, Scope{Territory: []string{"DE", "EU"}}, "EU"},
			{Remove, Scope{Territory: []string{"de"}}, "de"},
			{Remove, Scope{Territory: []string{"ZZ"}}, "ZZ"},
			{Remove, Scope{Territory: []string{"419"}}, "419"},
			{Remove, Scope{Territory: []string{strings.Repeat("X", 9_000)}}, "X…"},
			{Remove, Scope{Until: noon}, "in the past"},
			{Remove, Scope{Until: noon.AddDate(11, 0, 0)}, "10 years"},
		} {
			_, err := k.Decide(t.Context(), rui, "L1", Choice{Outcome: c.outcome, Reason: ReasonsFor(c.outcome)[0].Code, Version: k.review(t, "L1").Version, Scope: c.scope})
			want(t, err, fault.Invalid, c.words)
		}
		if n := k.count(t, `select count(*) from decision`); n != 0 {
			t.Errorf("%d decisions", n)
		}
	})
}

// TestNoticeOfWhatIsDownElsewhere waits for a person where a listing is down in other countries only, or merely further down.
func TestNoticeOfWhatIsDownElsewhere(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		r := k.right(t)
		for id, c := range map[string]struct {
			choice Choice
			state  NoticeState
		}{
			"L1": {Choice{Outcome: Remove, Reason: "counterfeit"}, Upheld},
			"L2": {Choice{Outcome: Remove, Reason: "counterfeit", Scope: Scope{Territory: []string{"DE"}}}, Received},
			"L3": {Choice{Outcome: Demote, Reason: "counterfeit"}, Received},
			"L4": {Choice{Outcome: Freeze, Reason: "counterfeit"}, Received},
		} {
			k.listing(t, id, 1, detect.Fake, 0.9)
			k.tell(t, id)
			c.choice.Version = k.review(t, market.ListingID(id)).Version
			_, err := k.Decide(ctx, rui, market.ListingID(id), c.choice)
			ok(t, err)
			n, _, err := k.FileNotice(ctx, olga, aClaim(r.ID, id))
			ok(t, err)
			sight, err := k.Preview(ctx, olga, market.ListingID(id))
			ok(t, err)
			if n.State != c.state || sight.Down != (c.state == Upheld) {
				t.Errorf("%s: the notice is %s, down %t", id, n.State, sight.Down)
			}
		}
	})
}

func TestReadTerritory(t *testing.T) {
	for text, want := range map[string]string{"": "", " de, fr；CN ": "CN DE FR", "UK el": "GB GR", "eu": strings.Join(Union, " "), "EEA": strings.Join(Area, " "), "DE EU": strings.Join(Union, " ")} {
		got, err := ReadTerritory(text)
		if err != nil || territoryText(got) != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if len(Union) != 27 || len(Area) != 30 {
		t.Errorf("%d and %d states", len(Union), len(Area))
	}
	for _, wrong := range []string{"Germany", "D", "DE-BY", "XX", "ZZ", "QO", "D\x00"} {
		if got, err := ReadTerritory(wrong); err == nil {
			t.Errorf("%q is %v", wrong, got)
		}
	}
	if CountryName("CN", "zh") != "中国" || CountryName("DE", "en") != "Germany" || CountryName("??", "en") != "??" {
		t.Error(CountryName("CN", "zh"), CountryName("DE", "en"))
	}
}

// FuzzReadTerritory reads again what it read.
func FuzzReadTerritory(f *testing.F) {
	f.Add("DE, FR")
	f.Add("eu；cn")
	f.Fuzz(func(t *testing.T, text string) {
		codes, err := ReadTerritory(text)
		if err != nil {
			return
		}
		again, err := ReadTerritory(territoryText(codes))
		if err != nil || !slices.Equal(codes, again) {
			t.Errorf("%q: %v, then %v, %v", text, codes, again, err)
		}
	})
}
