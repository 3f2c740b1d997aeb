package enforce

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
)

// decideAt has the test binary be the process that decides, on the database named.
const decideAt = "ENFORCE_TEST_DECIDE_AT"

func TestMain(m *testing.M) {
	if url := os.Getenv(decideAt); url != "" {
		fmt.Fprintln(os.Stderr, decideForever(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// decideForever decides on one listing after another, undoes every third decision, and says each before it is asked for and after it is done.
func decideForever(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url, clock.System)
	if err != nil {
		return err
	}
	s := &Service{DB: d}
	for i := 0; ; i++ {
		v, err := s.Next(ctx, rui, Filter{Order: ByAge})
		if errors.Is(err, fault.NotFound) {
			return err
		}
		if err != nil {
			return err
		}
		made, err := s.Decide(ctx, rui, v.Listing, Choice{Outcome: Remove, Reason: "counterfeit", Version: v.Version})
		if err != nil {
			return err
		}
		fmt.Println("decided", made.ID)
		if i%3 == 2 {
			if _, err := s.Undo(ctx, rui, made.ID, ""); err != nil {
				return err
			}
			fmt.Println("undone", made.ID)
		}
	}
}

// TestDecisionUnderKillIsWholeOrAbsent kills a process that decides and looks at what it left: every decision it spoke of is there, and each that is there
// has its ledger entry and its event.
func TestDecisionUnderKillIsWholeOrAbsent(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			url := dbtest.URL(t, engine)
			d, err := db.Open(t.Context(), url, clock.System)
			ok(t, err)
			defer d.Close()
			k := &desk{Service: &Service{DB: d}, d: d}
			var ids []string
			for i := range 120 {
				ids = append(ids, fmt.Sprintf("L%03d", i))
				k.listing(t, ids[i], 1, detect.Fake, 0.9)
			}
			k.tell(t, ids...)
			var decided, undone []string
			for round := range 4 {
				child := exec.CommandContext(t.Context(), os.Args[0])
				child.Env = append(os.Environ(), decideAt+"="+url)
				out, err := child.StdoutPipe()
				ok(t, err)
				ok(t, child.Start())
				lines := bufio.NewScanner(out)
				for n := 0; n < 7+5*round && lines.Scan(); n++ {
					switch what, id, _ := strings.Cut(lines.Text(), " "); what {
					case "decided":
						decided = append(decided, id)
					case "undone":
						undone = append(undone, id)
					}
				}
				ok(t, child.Process.Kill())
				_ = child.Wait() // it was killed
			}
			if len(decided) < 20 || len(undone) < 5 {
				t.Fatalf("%d decided, %d undone: the process did not get far", len(decided), len(undone))
			}
			for _, id := range decided {
				_, err := k.Decision(t.Context(), aud, DecisionID(id))
				ok(t, err)
			}
			for _, id := range undone {
				if d, err := k.Decision(t.Context(), aud, DecisionID(id)); err != nil || d.Undone == nil {
					t.Errorf("the undoing of %s is lost: %v", id, err)
				}
			}
			if found := k.attest(t); len(found) > 0 {
				t.Error(found)
			}
			made, taken := k.count(t, `select count(*) from decision`), k.count(t, `select count(*) from decision where undone_at > 0`)
			if entries, events := k.count(t, `select count(*) from ledger_entry`), k.count(t, `select count(*) from outbox`); entries != made+taken || events != made+taken {
				t.Errorf("%d decisions, %d undone, %d entries, %d events", made, taken, entries, events)
			}
		})
	}
}
