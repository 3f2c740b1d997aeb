package bus_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

// asWorker in the environment makes the test binary the process that is killed: "DIR URL FIRST COUNT".
const asWorker = "OWNMARK_BUS_TEST_WORKER"

func TestMain(m *testing.M) {
	if job := os.Getenv(asWorker); job != "" {
		if err := worker(job); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// worker publishes the messages FIRST to COUNT, saying "acked N" for each that was acknowledged, and handles all that come, until each
// has had its effect.
func worker(job string) error {
	var dir, url string
	var first, count int
	if _, err := fmt.Sscan(job, &dir, &url, &first, &count); err != nil {
		return err
	}
	ctx := context.Background()
	d, err := db.Open(ctx, url, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	b, err := bus.Open(ctx, bus.Options{Dir: dir, AckWait: time.Second, Log: quiet, Attempts: 100})
	if err != nil {
		return err
	}
	defer b.Close()
	handled := make(chan struct{}, 1)
	_, err = b.Consume(ctx, "scanner", []string{"work.scan"}, 4, func(ctx context.Context, m bus.Message) error {
		err := d.Tx(ctx, func(tx *db.Tx) error {
			first, err := bus.Once(tx, "scanner", m.ID)
			if err != nil || !first {
				return err
			}
			_, err = tx.Exec("insert into effect (message) values ($1)", m.ID)
			return err
		})
		select {
		case handled <- struct{}{}:
		default:
		}
		return err
	})
	if err != nil {
		return err
	}
	for i := first; i < count; i++ {
		if err := b.Publish(ctx, "work.scan", strconv.Itoa(i), make([]byte, 500)); err != nil {
			return err
		}
		fmt.Println("acked", i)
	}
	for {
		var effects int
		err := d.View(ctx, func(tx *db.Tx) (err error) {
			effects, err = db.One(tx, db.Value[int], "select count(distinct message) from effect")
			return err
		})
		if err != nil {
			return err
		}
		if effects == count {
			return nil
		}
		<-handled
	}
}

// TestKill kills the process that publishes and handles, server and all, several times on the way: nothing acknowledged is lost, no effect is
// there twice.
func TestKill(t *testing.T) {
	const count, kills = 600, 4
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			url, dir := dbtest.URL(t, engine), t.TempDir()
			d, err := db.Open(t.Context(), url, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if _, err := d.SQL().ExecContext(t.Context(), "create table effect (message text not null)"); err != nil {
				t.Fatal(err)
			}
			next := 0
			for round := range kills + 1 {
				stopAt := count // the last round runs to its end
				if round < kills {
					stopAt = count * (round + 1) / (kills + 1)
				}
				next = runWorker(t, fmt.Sprint(dir, " ", url, " ", next, " ", count), next, stopAt, round < kills)
			}
			if next != count {
				t.Fatalf("published %d of %d", next, count)
			}
			var effects, messages int
			if err := d.SQL().QueryRowContext(t.Context(), "select count(*), count(distinct message) from effect").Scan(&effects, &messages); err != nil {
				t.Fatal(err)
			}
			if effects != count || messages != count {
				t.Errorf("%d effects of %d messages, want %d", effects, messages, count)
			}
		})
	}
}

// runWorker runs the worker until it has acknowledged the message before stopAt, or has ended, and gives the first that was not acknowledged.
func runWorker(t *testing.T, job string, next, stopAt int, kill bool) int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(self)
	process.Env = append(os.Environ(), asWorker+"="+job)
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		number, ok := strings.CutPrefix(lines.Text(), "acked ")
		if !ok {
			t.Errorf("the worker said %q", lines.Text())
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Error(err)
		}
		next = n + 1
		if kill && next >= stopAt {
			_ = process.Process.Kill()
			kill = false
		}
	}
	if err := process.Wait(); err != nil && process.ProcessState.Exited() {
		t.Errorf("the worker ended with %v", err)
	}
	return next
}
