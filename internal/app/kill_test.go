package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/config"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/browsertest"
)

// childEnv tells a copy of the test binary what it is to be: the JSON of a child.
const childEnv = "OWNMARK_TEST_CHILD"

type child struct {
	Work   string // "scan" or "decide"
	Config config.Config
}

func TestMain(m *testing.M) {
	ackWait = 2 * time.Second
	if raw := os.Getenv(childEnv); raw != "" {
		var c child
		if err := json.Unmarshal([]byte(raw), &c); err != nil {
			panic(err)
		}
		if err := c.run(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(browsertest.Main(m))
}

// run works until it is killed.
func (c child) run(ctx context.Context) error {
	a, err := Open(ctx, c.Config, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Work == "scan" {
		if err := a.Work(ctx); err != nil {
			return err
		}
		fmt.Println("working")
		// The test holds the other end; it closes when the test itself is gone.
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		d, err := a.Enforce.Decide(ctx, access.System, market.ListingID(in.Text()), enforce.Choice{Outcome: enforce.Remove, Reason: "counterfeit"})
		if err != nil {
			return err
		}
		fmt.Println(d.ID)
	}
	return in.Err()
}

// spawn starts a child that dies with the test.
func spawn(t *testing.T, c child) (cmd *exec.Cmd, in io.WriteCloser, out *bufio.Scanner) {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(raw))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, in, bufio.NewScanner(pipe)
}

// stream is a JetStream server that outlives the workers which are killed.
func stream(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the stream does not start")
	}
	return s.ClientURL()
}

func testConfig(t *testing.T, database string) config.Config {
	t.Helper()
	dir := t.TempDir()
	c, _, err := config.Load(config.Sources{Args: map[string]string{
		"data": dir, "database": database, "blob": filepath.Join(dir, "blobs"), "workers": "2", "listen": "127.0.0.1:0", "admin-listen": "off",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, c config.Config) *App {
	t.Helper()
	a, err := Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func count(t *testing.T, a *App, query string) (n int) {
	t.Helper()
	if err := a.DB.View(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, db.Value[int], query)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// await asks until enough, with a bound; it waits for another process, which has no signal to give.
func await(t *testing.T, what string, enough func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(3 * time.Minute)
	for !enough() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// TestKilledWorkers hands in 20,000 listings, kills the worker process five times on the way, and expects every listing to have
// its verdict, and to have been scanned once.
func TestKilledWorkers(t *testing.T) {
	const listings, kills = 20_000, 5
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			c := testConfig(t, dbtest.URL(t, engine))
			c.NATS = stream(t)
			a := open(t, c)
			if _, err := a.Brand.Import(t.Context(), access.System, []brand.Brand{{ID: "zephyrion", Name: "Zephyrion", Categories: []string{"shoes"},
				Prices: map[string]brand.Price{"shoes": {Currency: "USD", Low: 90, Typical: 120}}}}, false); err != nil {
				t.Fatal(err)
			}
			batch := make([]market.Listing, 0, detect.MaxBatch)
			var ids []detect.BatchID
			price := 20.0
			for i := range listings {
				l := market.Listing{ID: market.ListingID(fmt.Sprintf("L%05d", i)), Title: fmt.Sprintf("Plain shoe %d", i), Category: "shoes", Price: &price, Currency: "USD", Seller: market.Seller{ID: market.SellerID(fmt.Sprintf("S%d", i%50))}}
				if i%10 == 0 {
					l.Title = fmt.Sprintf("Zephyrion shoe 1:1 replica top quality %d", i)
				}
				if batch = append(batch, l); len(batch) == detect.MaxBatch {
					id := detect.BatchID(fmt.Sprintf("batch-%d", i))
					receipt, err := a.Detect.Submit(t.Context(), access.System, id, batch)
					if err != nil || len(receipt.Bad) > 0 {
						t.Fatal(err, receipt.Bad)
					}
					ids, batch = append(ids, id), batch[:0]
				}
			}

			scannedOf := func() int { return count(t, a, "select count(*) from verdict") }
			for kill := range kills {
				cmd, _, out := spawn(t, child{"scan", c})
				if !out.Scan() {
					t.Fatal("the worker does not start")
				}
				await(t, "the worker has scanned some", func() bool { return scannedOf() >= (kill+1)*listings/(kills+2) })
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
			}
			if n := scannedOf(); n >= listings {
				t.Fatalf("all %d were scanned before the last kill: this tests nothing", n)
			}
			spawn(t, child{"scan", c})
			await(t, "every listing has its verdict", func() bool { return scannedOf() >= listings })

			if n := scannedOf(); n != listings {
				t.Errorf("%d verdicts for %d listings", n, listings)
			}
			for _, id := range ids {
				b, err := a.Detect.Batch(t.Context(), access.System, id)
				if err != nil {
					t.Fatal(err)
				}
				if b.Scanned != detect.MaxBatch {
					t.Errorf("batch %s counts %d scans of %d listings", id, b.Scanned, detect.MaxBatch)
				}
			}
			if n := count(t, a, "select count(*) from verdict where verdict <> 'clear'"); n != listings/10 {
				t.Errorf("%d suspected, want %d", n, listings/10)
			}
			await(t, "every suspected listing is in the queue", func() bool { return count(t, a, "select count(*) from review where verdict <> 'clear'") >= listings/10 })
			if n := count(t, a, "select count(*) from review where verdict <> 'clear'"); n != listings/10 {
				t.Errorf("%d in the queue, want %d", n, listings/10)
			}
			// One in a thousand of the others is drawn for the standing audit, the same ones whatever was killed.
			drawn := count(t, a, "select count(*) from verdict where queue = 'audit'")
			await(t, "every listing drawn is in the queue", func() bool { return count(t, a, "select count(*) from review where queue = 'audit'") >= drawn })
			if drawn == 0 || drawn > listings/200 {
				t.Errorf("%d of %d drawn for the audit", drawn, listings)
			}
		})
	}
}

// TestKilledDecisions kills a process that takes decision after decision, and expects each to be whole (row, ledger entry, event) or
// absent, and those that were answered to be there.
func TestKilledDecisions(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			c := testConfig(t, dbtest.URL(t, engine))
			a := open(t, c)
			const listings = 400
			if err := a.DB.Tx(t.Context(), func(tx *db.Tx) error {
				var all []market.Listing
				for i := range listings {
					all = append(all, market.Listing{ID: market.ListingID(fmt.Sprintf("L%d", i)), Title: "A shoe"})
				}
				_, err := market.Save(tx, tx.Now(), all)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			a.Close() // the child has the embedded stream to itself

			next := 0
			answered := map[string]bool{}
			for kill := range 6 {
				cmd, in, out := spawn(t, child{"decide", c})
				go func(from int) {
					for i := from; i < from+listings/6; i++ {
						if _, err := fmt.Fprintf(in, "L%d\n", i); err != nil {
							return // killed
						}
					}
				}(next)
				for range 5 + 7*kill {
					if !out.Scan() {
						t.Fatal("the child stopped by itself")
					}
					answered[out.Text()] = true
				}
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				for out.Scan() {
					answered[out.Text()] = true
				}
				_ = cmd.Wait()
				next += listings / 6
			}

			a = open(t, c)
			rows := count(t, a, "select count(*) from decision")
			if rows < len(answered) {
				t.Errorf("%d decisions were answered, %d are there", len(answered), rows)
			}
			if n := count(t, a, "select count(*) from outbox where name = 'enforce.decided'"); n != rows {
				t.Errorf("%d events for %d decisions", n, rows)
			}
			if n := count(t, a, "select count(*) from ledger_entry where kind = 'decision.made'"); n != rows {
				t.Errorf("%d ledger entries for %d decisions", n, rows)
			}
			if err := a.DB.View(t.Context(), func(tx *db.Tx) error {
				return enforce.Attest(t.Context(), tx, func(subject, what string) { t.Errorf("%s: %s", subject, what) })
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
