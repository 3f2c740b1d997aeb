package outcomes

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/marks"
	"github.com/ownmark/ownmark/internal/web/review"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// relay hands the watch what has happened since the site began, as the bus does; what came before is nothing new to it.
func relay(t *testing.T, s *makerstest.Site) {
	t.Helper()
	var messages []bus.Message
	must(t, s.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		messages, err = db.All(tx, func(r db.Row) (m bus.Message, err error) {
			var name, body string
			err = r.Scan(&m.ID, &name, &body)
			m.Subject, m.Body = "event."+name, []byte(body)
			return m, err
		}, `select id, name, body from outbox where name like 'enforce.%' order by id`)
		return err
	}))
	for _, m := range messages {
		for _, subject := range cultivate.RelapseEvents {
			if m.Subject == subject {
				must(t, s.Room.HandleRelapse(t.Context(), m))
			}
		}
	}
}

// TestARelapse goes wholly through pages, from a reviewer's decision on a listing of a relative's account: the alert, the hearing, the firm's answer on a phone in
// Chinese, the ruling by another person than who called it, and the licence of the common mark that is suspended with it.
func TestARelapse(t *testing.T) {
	s := makerstest.Admitted(t)
	desk := listingstest.Desk(s.Site)
	listed := listingstest.Fill(t, s.Site, desk, 6)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(s.Room, s.Store), review.Job(desk, s.Access), marks.Job(s.Room))
	ctx, manager := t.Context(), s.User(access.ProgrammeManager)
	m := makerstest.Move(t, s.Room, manager, s.Maker.ID, cultivate.Approved)
	var records map[market.ListingID]market.Record
	must(t, s.DB.View(ctx, func(tx *db.Tx) (err error) {
		records, err = market.Load(tx, listed[:1])
		return err
	}))
	must(t, s.Room.DeclareAccount(ctx, manager, m.ID, records[listed[0]].Seller.ID, cultivate.FamilyAccount, "弟弟的店"))
	_, err := s.Room.SaveMark(ctx, manager, cultivate.CommonMark{ID: "putian-shoes", Name: "莆田鞋", Owner: "莆田市鞋业协会", Office: "CNIPA", Number: "60000000", Goods: "鞋"})
	must(t, err)
	_, err = s.Room.AddRules(ctx, manager, 1, cultivate.MarkRules{Mark: "putian-shoes", Text: cultivate.Words{English: "Made in Putian.", Chinese: "在莆田生产。"}, Floor: 99_00, Currency: "CNY"})
	must(t, err)
	licence, err := s.Room.ApplyLicence(ctx, s.User(access.Maker), "putian-shoes", m.ID, "休闲鞋")
	must(t, err)
	_, err = s.Room.MoveLicence(ctx, manager, licence.ID, cultivate.LicenceMove{To: cultivate.LicenceGranted, Number: "PT-0001", Lines: "休闲鞋", From: s.Clock.Now(), Until: s.Clock.Now().AddDate(2, 0, 0), Version: licence.Version})
	must(t, err)

	b := browsertest.Open(t, s.Web)
	as := func(role access.Role, language string, width int64) {
		b.Forget()
		b.Cookie(webtest.SessionCookie, s.Token(role))
		b.Cookie("language", language)
		b.Look(width, 780, "light")
	}
	submit := func(form string) {
		browsertest.Eval[bool](b, `(f => (f.closest('details') && (f.closest('details').open = true), f.querySelector('button[type=submit], button:not([type])').click(), true))(document.querySelector('`+form+`'))`)
		b.See(".toaster")
	}

	// A reviewer takes the listing down; nobody has found anything against the firm yet.
	as(access.Reviewer, "en", 1280)
	b.Go("/review/" + string(listed[0]))
	browsertest.Eval[bool](b, `(f => (f.querySelector('[name="reason"]') && (f.querySelector('[name="reason"]').value = 'counterfeit'), f.requestSubmit(f.querySelector('[name="outcome"][value="remove"]').form === f ? f.querySelector('button') : null), true))([...document.querySelectorAll('form[action$="/decision"]')].find(f => f.querySelector('[name="outcome"][value="remove"]')))`)
	b.See(".toaster")
	relay(t, s)
	relay(t, s) // events come twice

	// The alert names the way from the listing to the firm. It is dismissed by mistake, and that is taken back.
	as(access.ProgrammeManager, "en", 1280)
	b.Go(Root)
	b.Follow("td.main a")
	alert := b.Path()
	if said := b.Text(".outcomes-piece"); !strings.Contains(said, "a relative's or partner's") || !strings.Contains(said, "Counterfeit goods") {
		t.Fatalf("the evidence: %q", said)
	}
	if page := s.As(access.Maker).Get(alert); page.Status != 403 {
		t.Errorf("the firm reads the alert before it is called: %d", page.Status)
	}
	b.Axe()
	b.Shots("outcomes-alert", alert)
	b.Go(alert)
	browsertest.Eval[bool](b, `(document.querySelector('form[action$="/dismiss"]').closest('details').open = true)`)
	b.Type(`form[action$="/dismiss"] #field-why`, "wrong firm")
	submit(`form[action$="/dismiss"]`)
	b.PressTo("u")
	b.See(`form[action$="/hearing"]`)

	// Seven days' notice at least.
	call := func(days int) {
		b.Type(`form[action$="/hearing"] #field-reasons`, "An account of your family sold copies.")
		b.Type(`form[action$="/hearing"] #field-place`, "视频会议")
		browsertest.Eval[bool](b, `(document.querySelector('#field-on').value = '`+s.Clock.Now().AddDate(0, 0, days).Format("2006-01-02T15:04")+`', document.querySelector('form[action$="/hearing"] button').click(), true)`)
	}
	call(2)
	b.See(".problems")
	b.Go(alert)
	call(8)
	b.See(".toaster")
	hearing := b.Path()
	if !strings.HasPrefix(hearing, "/hearings/") {
		t.Fatalf("the call leads to %s", hearing)
	}

	// The firm finds it from its own page, and answers.
	as(access.Maker, "zh", 380)
	b.Go(makers.Path(m.ID, "graduation"))
	b.See(`a[href="` + hearing + `"]`)
	b.Go(hearing)
	b.Axe()
	if said := b.Text("main"); strings.Contains(said, s.User(access.Reviewer).Name) || !strings.Contains(said, "假冒商品") {
		t.Errorf("what the firm reads of the decision: %q", said)
	}
	b.Type("#field-statement", "那个账号是我弟弟在用，我们不知情，已经让他下架。")
	submit(`form[action$="/statement"]`)
	b.Shot("hearing-phone")
	if page := s.As(access.Maker).Post(hearing+"/ruling", "outcome=no-relapse&ground=x&deposit=kept&version=1"); page.Status != 403 {
		t.Errorf("the firm decides: %d", page.Status)
	}

	// Nine days on it is held. Who called it writes down what was said, and does not decide.
	s.Clock.Advance(9 * 24 * time.Hour)
	for _, role := range []access.Role{access.ProgrammeManager, access.Administrator, access.Maker} {
		s.Return(role)
	}
	as(access.ProgrammeManager, "en", 1280)
	b.Go(hearing)
	if said := b.Text("main"); !strings.Contains(said, "我弟弟") {
		t.Errorf("the firm's answer: %q", said)
	}
	b.Type("#field-minutes", "The firm repeated its answer. The goods lay in its own warehouse.")
	browsertest.Eval[bool](b, `(document.querySelector('#field-came').checked = true)`)
	submit(`form[action$="/hold"]`)
	if said := b.Text("main"); !strings.Contains(said, "Another person than who called the hearing decides.") {
		t.Errorf("who called it is not told that another decides: %q", said)
	}
	b.Shots("outcomes-hearing", hearing)

	as(access.Administrator, "en", 1280)
	b.Go(hearing)
	browsertest.Eval[bool](b, `(f => (f.querySelector('[name="outcome"][value="relapsed"]').checked = true, f.deposit.value = 'whole', true))(document.querySelector('form[action$="/ruling"]'))`)
	b.Type("#field-ground", "The goods left the firm's own warehouse.")
	submit(`form[action$="/ruling"]`)

	if m, err = s.Room.Maker(ctx, manager, m.ID); err != nil || m.Stage != cultivate.Relapsed {
		t.Errorf("the maker is %s, %v", m.Stage, err)
	}
	if page := s.As("").Get("/marks/putian-shoes?q=" + url.QueryEscape("PT-0001")); !strings.Contains(page.Body, "Suspended") {
		t.Errorf("anybody who looks the licence up: %d", page.Status)
	}
	as(access.Maker, "zh", 380)
	b.Go(hearing)
	if said := b.Text("main"); !strings.Contains(said, "The goods left") {
		t.Errorf("the firm does not read the grounds: %q", said)
	}
	b.Axe()
	b.Shot("ruling-phone")
	if alerts := s.As(access.ProgrammeManager).Get("/exports/outcomes"); strings.Count(alerts.Body, "listing:"+string(listed[0])) != 1 {
		t.Errorf("export: %s", alerts.Body)
	}
}

// TestAlertsAreHeardTogether calls one hearing for both open alerts of a firm.
func TestAlertsAreHeardTogether(t *testing.T) {
	s := makerstest.Admitted(t)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(s.Room, s.Store))
	var raised []cultivate.AlertID
	for _, listing := range []string{"l1", "l2"} {
		must(t, s.DB.Tx(t.Context(), func(tx *db.Tx) error {
			ids, err := s.Room.Alert(tx, cultivate.Suspicion{Ref: "decision:" + listing, Subject: "listing:" + listing, Kind: cultivate.RemovedListing, Maker: s.Maker.ID, Title: "A copy", At: tx.Now()})
			raised = append(raised, ids...)
			return err
		}))
	}
	manager := s.As(access.ProgrammeManager)
	page := manager.Get(alertPath(raised[0]))
	if !strings.Contains(page.Body, "(1 more)") {
		t.Errorf("the other alert is not offered: %d", page.Status)
	}
	call := url.Values{"reasons": {"Two listings."}, "place": {"video"}, "on": {s.Clock.Now().AddDate(0, 0, 9).Format("2006-01-02T15:04")}, "all": {"on"}}
	if a := manager.Post(alertPath(raised[0])+"/hearing", call.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for _, id := range raised {
		if a, _, err := s.Room.AlertOf(t.Context(), s.User(access.ProgrammeManager), id); err != nil || a.State != cultivate.AlertCalled {
			t.Errorf("%+v %v", a, err)
		}
	}
}
