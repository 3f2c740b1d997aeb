package outcomes

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a site with the site's firm as a member of a cohort.
func house(t *testing.T) (*webtest.Site, *cultivate.Service, cultivate.Maker) {
	t.Helper()
	s := makerstest.Admitted(t)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(s.Room, s.Store))
	return s.Site, s.Room, s.Maker
}

// TestARelapse goes from an alert to a hearing: the firm answers on a phone, in Chinese; another person than who called it decides, and the maker is moved.
func TestARelapse(t *testing.T) {
	s, room, m := house(t)
	must(t, s.DB.Tx(t.Context(), func(tx *db.Tx) error {
		_, err := room.Alert(tx, cultivate.Suspicion{Ref: "decision:d1", Subject: "listing:l1", Kind: cultivate.RemovedListing, Maker: m.ID, Account: "haifeng-outlet", Title: "1:1 Halden runner, box and receipt", Detail: "Taken down as counterfeit goods by Ana.", Path: "/listings/l1", At: tx.Now()})
		return err
	}))
	manager := s.As(access.ProgrammeManager)
	alerts, err := room.Alerts(t.Context(), s.User(access.ProgrammeManager), cultivate.AlertFilter{})
	must(t, err)
	if len(alerts.Items) != 1 {
		t.Fatalf("%+v", alerts.Items)
	}
	a := alerts.Items[0]
	if page := s.As(access.Maker).Get(alertPath(a.ID)); page.Status != 403 {
		t.Errorf("the firm reads the alert before it is called: %d", page.Status)
	}
	if page := manager.Get("/outcomes"); page.Status != 200 || !strings.Contains(page.Body, m.Name) {
		t.Errorf("the list: %d", page.Status)
	}
	if page := manager.Get("/exports/outcomes"); !strings.Contains(page.Body, string(a.ID)) {
		t.Errorf("export: %s", page.Body)
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("outcomes", "/outcomes")
	b.Shots("outcomes-alert", alertPath(a.ID))
	soon := url.Values{"reasons": {"An outlet account of yours sold copies."}, "place": {"video"}, "on": {s.Clock.Now().Add(48 * time.Hour).Format("2006-01-02T15:04")}}
	if page := manager.Post(alertPath(a.ID)+"/hearing", soon.Encode()); page.Status != 422 {
		t.Errorf("two days ahead: %d", page.Status)
	}
	soon.Set("on", s.Clock.Now().Add(8*24*time.Hour).Format("2006-01-02T15:04"))
	if page := manager.Post(alertPath(a.ID)+"/hearing", soon.Encode()); page.Status != 303 {
		t.Fatalf("call: %d %s", page.Status, page.Body)
	}
	hearings, err := room.Hearings(t.Context(), s.User(access.Maker), m.ID)
	must(t, err)
	id := hearings[0].ID

	b.Forget()
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	b.Go(makers.Path(m.ID, "graduation"))
	b.See(`a[href="` + hearingPath(id) + `"]`)
	b.Go(hearingPath(id))
	b.Axe()
	b.Shot("hearing-phone")
	b.Type("#field-statement", "那个账号是我弟弟在用，我们不知情，已经让他下架。")
	browsertest.Eval[bool](b, `(document.querySelector('form[action$="/statement"] button').click(), true)`)
	b.See(".toaster")
	if page := s.As(access.Maker).Post(hearingPath(id)+"/ruling", "outcome=no-relapse&ground=x&deposit=kept&version=1"); page.Status != 403 {
		t.Errorf("the firm decides: %d", page.Status)
	}
	// Eight days on everybody has to sign in again: the steps that remain are asked of the room.
	s.Clock.Advance(9 * 24 * time.Hour)
	now := func() int64 {
		t.Helper()
		h, _, _, _, err := room.HearingOf(t.Context(), s.User(access.ProgrammeManager), id)
		must(t, err)
		if !strings.Contains(h.Statement, "我弟弟") {
			t.Errorf("the firm's answer: %q", h.Statement)
		}
		return h.Version
	}
	_, err = room.Hold(t.Context(), s.User(access.ProgrammeManager), id, now(), "The firm repeated its answer; the warehouse is its own.", true)
	must(t, err)
	ruling := cultivate.Ruling{Outcome: cultivate.FoundRelapse, Ground: "The goods left the firm's own warehouse.", Deposit: cultivate.DepositWhole}
	if _, err := room.Rule(t.Context(), s.User(access.ProgrammeManager), id, now(), ruling); !errors.Is(err, fault.Forbidden) {
		t.Errorf("who called the hearing decides it: %v", err)
	}
	_, err = room.Rule(t.Context(), s.User(access.Administrator), id, now(), ruling)
	must(t, err)
	m, err = room.Maker(t.Context(), s.User(access.ProgrammeManager), m.ID)
	must(t, err)
	if m.Stage != cultivate.Relapsed {
		t.Errorf("the maker is %s", m.Stage)
	}
}

func TestGrowth(t *testing.T) {
	s, room, m := house(t)
	own, manager := s.As(access.Maker), s.As(access.ProgrammeManager)
	for i, jobs := range []string{"110", "112", "118", "131"} {
		form := url.Values{"quarter": {fmt.Sprintf("2025-Q%d", i+1)}, "figure": {"jobs"}, "value": {jobs}, "source": {"payroll"}, "confidence": {"documented"}}
		if a := own.Post(makers.Path(m.ID, "livelihood"), form.Encode()); a.Status != 303 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if a := own.Post(makers.Path(m.ID, "livelihood"), "quarter=spring&figure=jobs&value=1&source=maker&confidence=stated"); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("no quarter: %d", a.Status)
	}
	if a := own.Post(makers.Path(m.ID, "livelihood"), "quarter=2025-Q4&figure=average-wage&value=5200.50&currency=cny&source=payroll&confidence=documented"); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := manager.Get(makers.Path(m.ID, "livelihood")); a.Status != 200 || !strings.Contains(a.Body, "131") || !strings.Contains(a.Body, "rising") || !strings.Contains(a.Body, "5,200.50") {
		t.Errorf("the manager's table: %d %s", a.Status, a.Body)
	}
	if a := own.Get(makers.Path(m.ID, "livelihood/export")); !strings.Contains(a.Body, "2025-Q4,jobs,131") {
		t.Errorf("export: %s", a.Body)
	}
	form := url.Values{"measure": {"repeat-buyers"}, "from": {"2026-08-01"}, "to": {"2026-10-31"}, "part": {"300"}, "whole": {"1000"}, "source": {"marketplace"}, "confidence": {"verified"}}
	if a := manager.Post(makers.Path(m.ID, "graduation"), form.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form.Set("part", "1001")
	if a := manager.Post(makers.Path(m.ID, "graduation"), form.Encode()); a.Status != 422 {
		t.Errorf("more than all: %d", a.Status)
	}
	if a := own.Post(makers.Path(m.ID, "graduation"), form.Encode()); a.Status != 403 {
		t.Errorf("the firm enters results: %d", a.Status)
	}
	found, err := room.Findings(t.Context(), s.User(access.Maker), m.ID)
	must(t, err)
	for _, f := range found {
		if f.Measure == cultivate.RepeatBuyers && !f.Met {
			t.Errorf("30 %% of 1,000 where 15 %% is asked: %+v", f)
		}
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("graduation", makers.Path(m.ID, "graduation"))
	b.Shots("livelihood", makers.Path(m.ID, "livelihood"))
}
