package enforce

import (
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
	olga  = access.User{ID: "p6", Name: "Olga", Org: "swift", Roles: []access.Role{access.RightsHolder}}
	agent = access.User{ID: "p7", Name: "Agnes", Org: "agency", Roles: []access.Role{access.RightsHolder}}
	chief = access.User{ID: "p8", Name: "Chief", Org: "operator", Roles: []access.Role{access.Administrator}}
)

func aRight() Right {
	return Right{Kind: TradeMark, Mark: "Swift", Office: "cn", Number: "12345678", Owner: "Swift AG", Classes: []int{25, 18, 25}, Territory: []string{"cn", "EU", "CN"},
		From: noon.AddDate(-5, 0, 0), To: noon.AddDate(5, 0, 0)}
}

func aClaim(right RightID, listing string) Claim {
	return Claim{Right: right, Listing: market.ListingID(listing), Reasons: "The goods bear our mark and are not ours.", Evidence: "The logo lacks its third stroke.",
		Email: "olga@swift.example", GoodFaith: true, Guarantee: "Olga Swift"}
}

func (k *desk) right(t testing.TB) Right {
	t.Helper()
	r, err := k.DeclareRight(t.Context(), olga, aRight())
	ok(t, err)
	return r
}

func (k *desk) organisations(t testing.TB, ids ...string) {
	t.Helper()
	for _, id := range ids {
		k.exec(t, `insert into organisation (id, name, kind, made_at, changed_at) values ($1, $1, 'rights-holder', 1, 1)`, id)
	}
}

func TestVaultOfRights(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		r := k.right(t)
		if r.Organisation != "swift" || r.State != Declared || r.Office != "CN" || len(r.Classes) != 2 || len(r.Territory) != 2 {
			t.Errorf("%+v", r)
		}
		_, err := k.DeclareRight(ctx, olga, aRight())
		want(t, err, fault.Conflict)
		_, err = k.DeclareRight(ctx, rui, aRight())
		want(t, err, fault.Forbidden)
		elsewhere := aRight()
		elsewhere.Organisation = "zephyr"
		_, err = k.DeclareRight(ctx, olga, elsewhere)
		want(t, err, fault.Forbidden)
		_, err = k.Right(ctx, agent, r.ID)
		want(t, err, fault.NotFound) // it is not even told that there is one

		_, err = k.VerifyRight(ctx, olga, r.ID, r.Version, "")
		want(t, err, fault.Forbidden)
		r, err = k.VerifyRight(ctx, ana, r.ID, r.Version, "")
		ok(t, err)
		noted := r
		noted.Note = "renewal with counsel"
		noted, err = k.SaveRight(ctx, olga, noted)
		ok(t, err)
		if noted.State != Verified {
			t.Error("a note undid the verification")
		}
		_, err = k.SaveRight(ctx, olga, r)
		want(t, err, fault.Conflict)
		wider := noted
		wider.Classes = []int{25, 28}
		wider, err = k.SaveRight(ctx, olga, wider)
		ok(t, err)
		if wider.State != Declared {
			t.Error("other classes need no other verification")
		}
		r, err = k.VerifyRight(ctx, ana, r.ID, wider.Version, "Not in the register.")
		ok(t, err)
		stored, err := k.Right(ctx, olga, r.ID)
		ok(t, err)
		if stored.State != RightRefused || stored.Refusal != "Not in the register." || !stored.To.Equal(r.To) || len(stored.Classes) != 2 {
			t.Errorf("%+v", stored)
		}
		ending := aRight()
		ending.Number, ending.To = "777", noon.AddDate(0, 1, 0)
		_, err = k.DeclareRight(ctx, olga, ending)
		ok(t, err)
		page, err := k.Rights(ctx, olga, RightFilter{Ending: true})
		ok(t, err)
		if len(page.Items) != 1 || !page.Items[0].EndsWithin(EndWarning, k.now.Now()) {
			t.Errorf("%+v", page)
		}
		for want, change := range map[string]func(*Right){
			"kind":      func(r *Right) { r.Kind = "patience" },
			"mark":      func(r *Right) { r.Mark = " " },
			"owner":     func(r *Right) { r.Owner = "" },
			"office":    func(r *Right) { r.Office = "Beijing" },
			"number":    func(r *Right) { r.Number = "" },
			"classes":   func(r *Right) { r.Classes = []int{0} },
			"territory": func(r *Right) { r.Territory = []string{"Europe"} },
			"from":      func(r *Right) { r.From = time.Time{} },
			"to":        func(r *Right) { r.To = r.From },
			"note":      func(r *Right) { r.Note = "a\x00b" },
		} {
			bad := aRight()
			change(&bad)
			_, err := k.DeclareRight(ctx, olga, bad)
			if f, _ := fault.As(err); f == nil || f.Field != want {
				t.Errorf("want a fault at %s: %v", want, err)
			}
		}
	})
}

// TestNoticeIsDecidedWithItsListing walks notices from their arrival to the answer, an undoing, and a second answer.
func TestNoticeIsDecidedWithItsListing(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		r := k.right(t)
		k.listing(t, "L1", 1, detect.Clear, 0.02)
		k.listing(t, "L2", 1, detect.Fake, 0.99)
		k.tell(t, "L1", "L2")
		n, again, err := k.FileNotice(ctx, olga, aClaim(r.ID, "L1"))
		ok(t, err)
		if again || n.State != Received || !n.DueAt.Equal(k.now.Now().Add(NoticeTime)) || n.Entry == "" || n.Organisation != "swift" {
			t.Errorf("%+v", n)
		}
		same, again, err := k.FileNotice(ctx, olga, aClaim(r.ID, "L1"))
		ok(t, err)
		if !again || same.ID != n.ID {
			t.Error("the same notice twice is two")
		}
		v := k.review(t, "L1")
		if v.State != Open || v.Notices != 1 || !v.DueAt.Equal(n.DueAt) || v.Priority <= Priority(50, 0.5, 10_000) {
			t.Errorf("%+v", v)
		}
		k.listing(t, "L1", 1, detect.Clear, 0.01) // scanned again, still clear: what waits for an answer goes on waiting
		k.tell(t, "L1")
		if v := k.review(t, "L1"); v.State != Open || v.Notices != 1 {
			t.Errorf("%+v", v)
		}
		k.now.Advance(2 * time.Hour)
		d := k.decide(t, rui, "L1", Remove)
		n, err = k.Notice(ctx, olga, n.ID)
		ok(t, err)
		if n.State != Upheld || n.Decision != d.ID || !n.DecidedAt.Equal(d.At) || k.review(t, "L1").Notices != 0 {
			t.Errorf("%+v", n)
		}
		// Against what is down already: upheld at once.
		other := aRight()
		other.Number = "87654321"
		r2, err := k.DeclareRight(ctx, olga, other)
		ok(t, err)
		n2, _, err := k.FileNotice(ctx, olga, aClaim(r2.ID, "L1"))
		ok(t, err)
		if n2.State != Upheld || n2.Decision != d.ID {
			t.Errorf("%+v", n2)
		}
		_, err = k.Undo(ctx, ana, d.ID, "wrong listing")
		ok(t, err)
		v = k.review(t, "L1")
		if n, _ := k.Notice(ctx, olga, n.ID); n.State != Received || n.Decision != "" || v.Notices != 2 || v.State != Open || !v.DueAt.Equal(n.DueAt) {
			t.Errorf("after the undoing %+v, %+v", n, v)
		}
		k.decide(t, rui, "L1", Approve)
		if n, _ := k.Notice(ctx, olga, n.ID); n.State != NoticeRefused {
			t.Errorf("%+v", n)
		}
		// A refused claim may be made again, and one that waits be taken back.
		n3, again, err := k.FileNotice(ctx, olga, aClaim(r.ID, "L1"))
		ok(t, err)
		if again || k.review(t, "L1").State != Open || !k.review(t, "L1").Reopened {
			t.Errorf("%+v", k.review(t, "L1"))
		}
		_, err = k.WithdrawNotice(ctx, agent, n3.ID)
		want(t, err, fault.NotFound)
		_, err = k.WithdrawNotice(ctx, olga, n3.ID)
		ok(t, err)
		if v := k.review(t, "L1"); v.State != Settled || v.Notices != 0 {
			t.Errorf("%+v", v)
		}
		_, err = k.WithdrawNotice(ctx, olga, n3.ID)
		want(t, err, fault.Conflict)
		figures, err := k.Notifier(ctx, olga, "swift")
		ok(t, err)
		if figures.Decided != 2 || figures.Upheld != 0 || figures.InTime != 2 || figures.Waiting != 0 || figures.Lane != Ordinary {
			t.Errorf("%+v", figures)
		}
		_, err = k.Notifier(ctx, agent, "swift")
		want(t, err, fault.Forbidden)
		if found := k.attest(t); len(found) > 0 {
			t.Errorf("%q", found)
		}
	})
}

func TestWrongNotices(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		r := k.right(t)
		k.listing(t, "L1", 1, detect.Clear, 0.02)
		expired := aRight()
		expired.Number, expired.To = "1", noon.AddDate(0, 0, -1)
		old, err := k.DeclareRight(ctx, olga, expired)
		ok(t, err)
		future := aRight()
		future.Number, future.From = "2", noon.AddDate(0, 0, 1)
		young, err := k.DeclareRight(ctx, olga, future)
		ok(t, err)
		for want, change := range map[string]func(*Claim){
			"right: There is no such right":     func(c *Claim) { c.Right = "nobody's" },
			"right: This right ran out on":      func(c *Claim) { c.Right = old.ID },
			"right: This right holds from":      func(c *Claim) { c.Right = young.ID },
			"listing: There is no such listing": func(c *Claim) { c.Listing = "gone" },
			"listing: Name the listing":         func(c *Claim) { c.Listing = "" },
			"reasons: Say in a sentence":        func(c *Claim) { c.Reasons = "fake!" },
			"evidence: Say what shows":          func(c *Claim) { c.Evidence = " " },
			"email: Give an e-mail":             func(c *Claim) { c.Email = "olga" },
			"good_faith: A notice needs":        func(c *Claim) { c.GoodFaith = false },
			"guarantee: Sign the guarantee":     func(c *Claim) { c.Guarantee = "" },
			"location: Use at most":             func(c *Claim) { c.Location = strings.Repeat("x", maxLocation+1) },
		} {
			c := aClaim(r.ID, "L1")
			change(&c)
			_, _, err := k.FileNotice(ctx, olga, c)
			if f, _ := fault.As(err); f == nil || !strings.HasPrefix(f.Field+": "+f.Message(), want) {
				t.Errorf("want %q, got %v", want, err)
			}
		}
		_, _, err = k.FileNotice(ctx, agent, aClaim(r.ID, "L1"))
		if f, _ := fault.As(err); f == nil || f.Field != "right" {
			t.Errorf("another's right: %v", err)
		}
		_, _, err = k.FileNotice(ctx, rui, aClaim(r.ID, "L1"))
		want(t, err, fault.Forbidden)
		if n := k.count(t, `select count(*) from notice`); n != 0 {
			t.Errorf("%d notices of wrong claims", n)
		}

		// An agent files on a mandate, until it ends.
		k.organisations(t, "swift", "agency")
		_, err = k.GiveMandate(ctx, agent, "swift", "agency", time.Time{})
		want(t, err, fault.Forbidden)
		_, err = k.GiveMandate(ctx, olga, "swift", "nobody", time.Time{})
		want(t, err, fault.Invalid)
		_, err = k.GiveMandate(ctx, olga, "swift", "agency", k.now.Now().Add(time.Hour))
		ok(t, err)
		n, _, err := k.FileNotice(ctx, agent, aClaim(r.ID, "L1"))
		ok(t, err)
		if n.Organisation != "swift" || n.ByName != "Agnes" {
			t.Errorf("%+v", n)
		}
		page, err := k.Notices(ctx, agent, NoticeFilter{})
		ok(t, err)
		if len(page.Items) != 1 {
			t.Errorf("an agent sees %d", len(page.Items))
		}
		k.now.Advance(time.Hour)
		_, _, err = k.FileNotice(ctx, agent, aClaim(r.ID, "L1"))
		want(t, err, fault.Invalid)
		page, err = k.Notices(ctx, agent, NoticeFilter{})
		ok(t, err)
		if len(page.Items) != 0 {
			t.Error("an agent sees what it saw by a mandate that has ended")
		}
	})
}

// TestBulkOfNotices takes the good ones of a bulk with bad ones, says where the bad ones are, and takes nothing twice.
func TestBulkOfNotices(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		r := k.right(t)
		for i := range 350 {
			k.listing(t, fmt.Sprintf("L%03d", i), 1, detect.Clear, 0.02)
		}
		claims := make([]Claim, 500)
		for i := range claims {
			claims[i] = aClaim(r.ID, fmt.Sprintf("L%03d", i)) // 150 of them of listings that are gone
		}
		for range 2 {
			results, err := k.FileNotices(ctx, olga, claims)
			ok(t, err)
			for i, result := range results {
				if result.Row != i+1 || (result.Problem != nil) != (i >= 350) {
					t.Fatalf("%+v", result)
				}
			}
			if n := k.count(t, `select count(*) from notice`); n != 350 {
				t.Errorf("%d notices", n)
			}
		}
		_, err := k.FileNotices(ctx, olga, make([]Claim, MaxNotices+1))
		want(t, err, fault.TooLarge)
		_, err = k.FileNotices(ctx, rui, claims)
		want(t, err, fault.Forbidden)
		n := 0
		for _, err := range k.ExportNotices(ctx, olga, NoticeFilter{State: Received}) {
			ok(t, err)
			n++
		}
		if n != 350 {
			t.Errorf("%d exported", n)
		}
		k.now.Advance(NoticeTime + time.Hour)
		late, err := k.Notices(ctx, ana, NoticeFilter{Late: true, Limit: 10})
		ok(t, err)
		if len(late.Items) != 10 || late.Next == "" {
			t.Errorf("%d late", len(late.Items))
		}
	})
}

// TestSameNoticeAtOnce has ten programs send the same claim at the same time: one notice.
func TestSameNoticeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		r := k.right(t)
		k.listing(t, "L1", 1, detect.Clear, 0.02)
		var all sync.WaitGroup
		ids := make([]NoticeID, 10)
		for i := range ids {
			all.Go(func() {
				for range 20 {
					n, _, err := k.FileNotice(t.Context(), olga, aClaim(r.ID, "L1"))
					if err == nil {
						ids[i] = n.ID
						return
					}
				}
			})
		}
		all.Wait()
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Fatalf("%q", ids)
			}
		}
		if v := k.review(t, "L1"); v.Notices != 1 {
			t.Errorf("%+v", v)
		}
	})
}

// TestLane draws random histories of decided notices and holds the lane against its rules.
func TestLane(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	rules := DefaultLaneRules
	for range 200 {
		n := Notifier{Lane: Ordinary}
		at := noon
		var left time.Time
		for range 300 {
			at = at.Add(time.Duration(random.IntN(72)) * time.Hour)
			n.Decided = random.Int64N(60)
			n.Upheld = 0
			if n.Decided > 0 {
				n.Upheld = n.Decided - random.Int64N(min(n.Decided, 8)+1)
			}
			next := n.follow(rules, at)
			accurate := n.Accuracy() >= rules.Accuracy
			switch {
			case n.Lane == Ordinary && next.Lane == Fast:
				if !accurate || n.Decided < rules.Least || at.Before(left.Add(rules.Shut)) && !left.IsZero() {
					t.Fatalf("let in: %+v at %v, out since %v", n, at, left)
				}
			case n.Lane == Fast && next.Lane == Ordinary:
				if accurate {
					t.Fatalf("put out: %+v", n)
				}
				left = at
			case n.Lane == Fast && !accurate && n.Decided > 0:
				t.Fatalf("kept in: %+v", n)
			}
			n = next
		}
	}
	each(t, func(t *testing.T, k *desk) {
		r := k.right(t)
		for i := range 25 {
			id := fmt.Sprintf("L%02d", i)
			k.listing(t, id, 1, detect.Clear, 0.02)
			n, _, err := k.FileNotice(t.Context(), olga, aClaim(r.ID, id))
			ok(t, err)
			if lane := map[bool]Lane{true: Fast, false: Ordinary}[i >= 20]; n.Lane != lane {
				t.Fatalf("notice %d is in lane %s", i, n.Lane)
			}
			k.decide(t, rui, market.ListingID(id), Remove)
		}
		for i := 25; i < 30; i++ {
			id := fmt.Sprintf("L%02d", i)
			k.listing(t, id, 1, detect.Clear, 0.02)
			_, _, err := k.FileNotice(t.Context(), olga, aClaim(r.ID, id))
			ok(t, err)
			k.decide(t, rui, market.ListingID(id), Approve)
		}
		figures, err := k.Notifier(t.Context(), chief, "swift")
		ok(t, err)
		if figures.Lane != Ordinary || figures.Decided != 28 && figures.Decided != 30 || figures.ShutUntil.IsZero() {
			t.Errorf("%+v", figures)
		}
		if n := k.count(t, `select count(*) from ledger_entry where kind = 'notifier.lane'`); n != 2 {
			t.Errorf("%d changes of lane in the ledger", n)
		}
	})
}

// TestRightsHolderSees: what any buyer sees and no more, of the own notices and no others, with the answers they were given.
func TestRightsHolderSees(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		k.organisations(t, "swift", "agency")
		r := k.right(t)
		k.listing(t, "L1", 1, detect.Fake, 0.99)
		k.listing(t, "L2", 1, detect.Clear, 0.02)
		k.tell(t, "L1", "L2")
		seen, err := k.Preview(ctx, olga, "L1")
		ok(t, err)
		if seen.Title == "" || seen.Seller == "" || seen.Down {
			t.Errorf("%+v", seen)
		}
		for _, id := range []market.ListingID{"", "L9", "a\x00"} {
			_, err = k.Preview(ctx, olga, id)
			want(t, err, fault.NotFound)
		}
		_, err = k.Preview(ctx, rui, "L1")
		want(t, err, fault.Forbidden)

		tried, err := k.TryNotices(ctx, olga, []Claim{aClaim(r.ID, "L1"), aClaim(r.ID, "L1"), aClaim(r.ID, "L9"), aClaim("r9", "L2"), {}})
		ok(t, err)
		if tried[0].Problem != nil || tried[0].Again || !tried[1].Again || fault.Of(tried[2].Problem) != fault.NotFound || fault.Of(tried[3].Problem) != fault.Invalid || tried[4].Problem == nil {
			t.Errorf("%+v", tried)
		}
		if page, err := k.Notices(ctx, olga, NoticeFilter{}); err != nil || len(page.Items) != 0 {
			t.Errorf("trying has filed: %+v %v", page, err)
		}
		n, _, err := k.FileNotice(ctx, olga, aClaim(r.ID, "L1"))
		ok(t, err)
		k.now.Advance(time.Hour)
		first := k.decide(t, rui, "L1", Approve)
		_, err = k.Undo(ctx, ana, first.ID, "wrong listing")
		ok(t, err)
		k.now.Advance(time.Hour)
		k.decide(t, rui, "L1", Remove)
		backgrounds, err := k.Backgrounds(ctx, olga, []NoticeID{n.ID, "none"})
		ok(t, err)
		b := backgrounds[n.ID]
		if len(backgrounds) != 1 || b.Right.Mark != "Swift" || !b.Listing.Down || b.Answer == nil || b.Answer.Outcome != Remove || !b.Answer.Stands {
			t.Errorf("%+v", backgrounds)
		}
		answers, err := k.Answers(ctx, olga, n.ID)
		ok(t, err)
		if len(answers) != 2 || answers[0].Undone.IsZero() || answers[1].Outcome != Remove {
			t.Errorf("%+v", answers)
		}
		if others, err := k.Backgrounds(ctx, agent, []NoticeID{n.ID}); err != nil || len(others) != 0 {
			t.Errorf("another's: %+v %v", others, err)
		}
		_, err = k.Answers(ctx, agent, n.ID)
		want(t, err, fault.NotFound)

		// With a mandate, the agent sees them, and both sides see the mandate.
		_, err = k.GiveMandate(ctx, olga, "swift", "agency", time.Time{})
		ok(t, err)
		if mine, err := k.Backgrounds(ctx, agent, []NoticeID{n.ID}); err != nil || len(mine) != 1 {
			t.Errorf("with a mandate: %+v %v", mine, err)
		}
		for _, by := range []access.User{olga, agent, ana} {
			page, err := k.Mandates(ctx, by, MandateFilter{})
			ok(t, err)
			if len(page.Items) != 1 || page.Items[0].OwnerName != "swift" || page.Items[0].AgentName != "agency" {
				t.Errorf("%s: %+v", by.Name, page)
			}
		}
		if page, err := k.Mandates(ctx, access.User{ID: "p9", Org: "zephyr", Roles: []access.Role{access.RightsHolder}}, MandateFilter{}); err != nil || len(page.Items) != 0 {
			t.Errorf("a stranger sees %+v %v", page, err)
		}
		for _, number := range []string{"2", "1"} {
			k.now.Advance(time.Minute)
			more := aRight()
			more.Number, more.Mark = number, "A"+number
			_, err = k.DeclareRight(ctx, olga, more)
			ok(t, err)
		}
		var waiting []string
		for after := ""; len(waiting) < 9; {
			page, err := k.Rights(ctx, ana, RightFilter{Waiting: true, After: after, Limit: 1})
			ok(t, err)
			waiting = append(waiting, page.Items[0].Number)
			if after = page.Next; after == "" {
				break
			}
		}
		if !slices.Equal(waiting, []string{"12345678", "2", "1"}) {
			t.Errorf("to be verified: %q", waiting)
		}
		_, err = k.Rights(ctx, ana, RightFilter{After: "x", Waiting: true})
		want(t, err, fault.Invalid)
		found, err := k.FindRight(ctx, agent, " cn", "12345678 ")
		ok(t, err)
		if found.ID != r.ID {
			t.Errorf("%+v", found)
		}
		_, err = k.FindRight(ctx, olga, "CN", "0")
		want(t, err, fault.Invalid)
		_, err = k.FindRight(ctx, olga, "", "")
		want(t, err, fault.Invalid)
		bare := Claim{Email: "nobody"}
		if wrong := fault.All(bare.Signed()); len(wrong) != 3 {
			t.Errorf("%v", wrong)
		}
		ok(t, aClaim(r.ID, "L1").Signed())
	})
}
