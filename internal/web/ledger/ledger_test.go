package ledgerpages

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

// site is a console whose ledger holds what making the site recorded (people invited, sessions opened).
func site(t *testing.T) (*webtest.Site, *ledger.Log) {
	t.Helper()
	return siteFor(t, t.Context())
}

// siteFor is a site whose server lives as long as alive.
func siteFor(t *testing.T, alive context.Context) (*webtest.Site, *ledger.Log) {
	t.Helper()
	s := webtest.NewSite(t)
	key, err := ledger.NewKey("ledger.example")
	if err != nil {
		t.Fatal(err)
	}
	log := ledger.Open(s.DB, key)
	s.Serve(nil, Job(alive, log, s.Access, s.Clock.Now, slog.New(slog.NewTextHandler(s.Log, nil))))
	return s, log
}

func sequence(t *testing.T, log *ledger.Log) {
	t.Helper()
	if _, err := log.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// verified asks for a check, twice, and gives the page when it has ended.
func verified(t *testing.T, c *webtest.Client) string {
	t.Helper()
	for range 2 {
		if a := c.Post("/ledger/check", ""); a.Status != http.StatusSeeOther || a.Location() != "/ledger" {
			t.Fatalf("asking for a check: %d to %q", a.Status, a.Location())
		}
	}
	for ticks := time.NewTicker(5 * time.Millisecond); ; <-ticks.C {
		if page := c.Get("/ledger").Body; !strings.Contains(page, "<progress") {
			return page
		}
	}
}

func TestEntries(t *testing.T) {
	s, log := site(t)
	c := s.As(access.Auditor)
	page := c.Get("/ledger")
	if page.Status != 200 || !strings.Contains(page.Body, "Person invited") || !strings.Contains(page.Body, "on their way into the log") {
		t.Fatalf("the list before the sequencer ran: %d %.600s", page.Status, page.Body)
	}
	path := regexp.MustCompile(`/ledger/[0-9a-f-]{36}`).FindString(page.Body)
	if entry := c.Get(path); entry.Status != 200 || strings.Contains(entry.Body, "Download the proof") || !strings.Contains(entry.Body, "on its way into the log") {
		t.Errorf("an entry on its way: %d %.600s", entry.Status, entry.Body)
	}
	sequence(t, log)
	entry := c.Get(path)
	if entry.Status != 200 || !strings.Contains(entry.Body, "Download the proof") {
		t.Fatalf("an entry in the log: %d %.600s", entry.Status, entry.Body)
	}
	id := strings.TrimPrefix(path, "/ledger/")
	text := c.Get("/exports/ledger/proofs/" + id)
	var proof ledger.Proof
	if err := proof.UnmarshalText([]byte(text.Body)); err != nil {
		t.Fatalf("the proof, %d: %v", text.Status, err)
	}
	e, err := log.Entry(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.VerifyProof(proof, e, log.Key.Verifier()); err != nil {
		t.Error(err)
	}
	if a := c.Get("/exports/ledger/checkpoint"); a.Status != 200 || !strings.HasPrefix(a.Body, "ledger.example\n") {
		t.Errorf("the checkpoint: %d %q", a.Status, a.Body)
	}
	if a := c.Get("/ledger?kind=session.opened"); a.Status != 200 || strings.Contains(a.Body, ">Person invited</a></td>") {
		t.Errorf("filtered: %d", a.Status)
	}
	if a := c.Get("/ledger?subject=nothing:1"); a.Status != 200 || !strings.Contains(a.Body, "No entry matches") {
		t.Errorf("nothing found: %d", a.Status)
	}
	for _, path := range []string{"/ledger/nobody", "/ledger/%00", "/ledger/%ff", "/exports/ledger/proofs/nobody", "/ledger?after=%ff", "/ledger?subject=%00"} {
		if a := c.Get(path); a.Status >= 500 || a.Status == 200 && !strings.Contains(path, "?") {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for role, want := range map[access.Role]int{access.Reviewer: 403, access.RightsHolder: 403, access.Analyst: 200} {
		if a := s.As(role).Get("/ledger"); a.Status != want {
			t.Errorf("as %s: %d", role, a.Status)
		}
		if a := s.As(role).Get("/exports/ledger/proofs/" + id); a.Status != want {
			t.Errorf("a proof as %s: %d", role, a.Status)
		}
	}
}

func TestVerify(t *testing.T) {
	s, log := site(t)
	c := s.As(access.Auditor)
	if page := c.Get("/ledger").Body; !strings.Contains(page, "Not verified since") {
		t.Errorf("before the first check: %.600s", page)
	}
	sequence(t, log)
	if page := verified(t, c); !strings.Contains(page, "stand as they were signed") {
		t.Errorf("an honest ledger: %.900s", page)
	}
	if _, err := s.DB.SQL().ExecContext(t.Context(), "update ledger_entry set actor = 'person:somebody-else' where position = 2"); err != nil {
		t.Fatal(err)
	}
	page := verified(t, c)
	if !strings.Contains(page, "Not sound") || !strings.Contains(page, "Number 2:") || !strings.Contains(page, "changed after it was recorded") {
		t.Errorf("a changed entry: %.900s", page)
	}
	if err := s.Access.SetLanguage(t.Context(), s.User(access.Auditor), "zh"); err != nil {
		t.Fatal(err)
	}
	if page := c.Get("/ledger").Body; !strings.Contains(page, "该记录在写入后被改动") {
		t.Errorf("the finding in Chinese: %.900s", page)
	}
	if a := s.As(access.Reviewer).Post("/ledger/check", ""); a.Status != 403 {
		t.Errorf("a check as a reviewer: %d", a.Status)
	}
}

// TestCheckEndsWithTheServer: one that could not look is said to have failed, on the page and in the log, and can be asked for again.
func TestCheckEndsWithTheServer(t *testing.T) {
	alive, stop := context.WithCancel(t.Context())
	s, log := siteFor(t, alive)
	sequence(t, log)
	stop()
	page := verified(t, s.As(access.Auditor))
	if !strings.Contains(page, "could not be read to its end") || strings.Contains(page, "stand as they were signed") || !strings.Contains(page, "Verify now") {
		t.Errorf("a check that was cut off: %.900s", page)
	}
	if said := s.Log.String(); !strings.Contains(said, "ledger not verified") {
		t.Errorf("the log says %q", said)
	}
}

func TestLook(t *testing.T) {
	s, log := site(t)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("ledger-new", "/ledger")
	sequence(t, log)
	b.Go("/ledger")
	b.Follow("form[action='/ledger/check'] button")
	b.See("#ledger-check .tag")
	b.Shots("ledger", "/ledger")
	entries, _, err := log.List(t.Context(), ledger.Filter{Kind: "person.invited", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	b.Shots("ledger-entry", Path(entries[0].ID))
}
