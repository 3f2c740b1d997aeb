package bus_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

type done struct{ N int }

func (done) EventName() string { return "test.done" }

func emit(t *testing.T, d *db.DB, from, to int) {
	t.Helper()
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		for n := from; n < to; n++ {
			if err := tx.Emit(done{n}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func outbox(t *testing.T, d *db.DB) (rows []bus.Message) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) (err error) {
		rows, err = db.All(tx, func(r db.Row) (m bus.Message, err error) {
			err = r.Scan(&m.ID, &m.Subject, &m.Body)
			return m, err
		}, "select id, 'event.' || name, body from outbox order by id")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRelay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		b := open(t, bus.Options{})
		seen := make(chan bus.Message, 1000)
		consume(t, b, "watcher", "event.>", 1, func(_ context.Context, m bus.Message) error { seen <- m; return nil })
		emit(t, d, 0, 300) // before the relay, more than a batch
		r := b.Relay(d)
		r.Start()
		r.Start()
		emit(t, d, 300, 310) // wakes it
		for n := range 310 {
			m := <-seen
			if want := fmt.Sprintf(`{"N":%d}`, n); string(m.Body) != want || m.Subject != "event.test.done" || m.ID == "" {
				t.Fatalf("saw %s %s, want %s", m.Subject, m.Body, want)
			}
		}
		r.Stop()
		r.Stop()
		emit(t, d, 310, 311)
		// What was published just before Stop may not have been taken away yet.
		if rows := outbox(t, d); len(rows) == 0 || string(rows[len(rows)-1].Body) != `{"N":310}` {
			t.Errorf("the outbox has %d rows", len(rows))
		}
		r.Start()
		defer r.Stop()
		for m := range seen {
			if string(m.Body) == `{"N":310}` {
				break
			}
			t.Errorf("told again: %s", m.Body)
		}
	})
}

// TestRelayDiesBeforeTheDelete: what was published but is still in the outbox is published again, and told once.
func TestRelayDiesBeforeTheDelete(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		b := open(t, bus.Options{})
		emit(t, d, 0, 20)
		rows := outbox(t, d)
		if err := b.PublishMany(t.Context(), rows[:15]); err != nil { // the relay that died
			t.Fatal(err)
		}
		r := b.Relay(d)
		r.Start()
		defer r.Stop()
		emit(t, d, 20, 21)
		seen := make(chan bus.Message, 100)
		consume(t, b, "watcher", "event.>", 1, func(_ context.Context, m bus.Message) error { seen <- m; return nil })
		for n := range 21 {
			if m := <-seen; string(m.Body) != fmt.Sprintf(`{"N":%d}`, n) {
				t.Fatalf("event %d is %s", n, m.Body)
			}
		}
	})
}

func TestTwoRelays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		b := open(t, bus.Options{})
		effects, total := map[string]int{}, 0
		seen := make(chan string, 5000)
		consume(t, b, "watcher", "event.>", 1, func(ctx context.Context, m bus.Message) error {
			return d.Tx(ctx, func(tx *db.Tx) error {
				first, err := bus.Once(tx, "watcher", m.ID)
				if first {
					seen <- string(m.Body)
				}
				return err
			})
		})
		for range 2 {
			r := b.Relay(d)
			r.Start()
			defer r.Stop()
		}
		const count = 600
		for n := 0; n < count; n += 20 {
			emit(t, d, n, n+20)
		}
		for range count {
			effects[<-seen]++
			total++
		}
		if len(effects) != count || len(seen) != 0 {
			t.Errorf("%d different of %d, %d more", len(effects), total, len(seen))
		}
	})
}

// TestRelayStepsOverWhatCannotTravel: a row that no bus takes stays, and the others pass it.
func TestRelayStepsOverWhatCannotTravel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("insert into outbox (id, name, body, at) values ('0', 'too large', $1, 0), ('1', 'too.large', $1, 0)", strings.Repeat("x", bus.MaxMessage+1))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		emit(t, d, 0, 3)
		b := open(t, bus.Options{})
		seen := make(chan bus.Message, 10)
		consume(t, b, "watcher", "event.>", 1, func(_ context.Context, m bus.Message) error { seen <- m; return nil })
		r := b.Relay(d)
		r.Start()
		for range 3 {
			<-seen
		}
		r.Stop()
		left := map[string]bool{}
		for _, row := range outbox(t, d) {
			left[row.ID] = true
		}
		if !left["0"] || !left["1"] {
			t.Errorf("the outbox has %v", left)
		}
	})
}

func TestRelaySweepsTheInbox(t *testing.T) {
	now := clock.At(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, now.Now, func(t *testing.T, d *db.DB) {
		once := func(id string) bool {
			var first bool
			err := d.Tx(t.Context(), func(tx *db.Tx) (err error) {
				first, err = bus.Once(tx, "c", id)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return first
		}
		at := func(days int) { now.Advance(time.Duration(days) * 24 * time.Hour) }
		b := open(t, bus.Options{})
		seen := make(chan bus.Message, 10)
		consume(t, b, "watcher", "event.>", 1, func(_ context.Context, m bus.Message) error { seen <- m; return nil })
		if !once("old") || once("old") {
			t.Error("Once is not once")
		}
		at(10)
		once("young")
		at(5)
		r := b.Relay(d)
		emit(t, d, 0, 1)
		r.Start()
		<-seen // sent after the sweep
		r.Stop()
		if once("young") {
			t.Error("swept too early")
		}
		if !once("old") {
			t.Error("not swept")
		}
	})
}

func BenchmarkPublish(b *testing.B) {
	bench := open(b, bus.Options{})
	body := make([]byte, 1000)
	n := 0
	for b.Loop() {
		n++
		if err := bench.Publish(b.Context(), "work.scan", fmt.Sprint(n), body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkPublishMany(b *testing.B) {
	bench := open(b, bus.Options{})
	messages := make([]bus.Message, 1000)
	n := 0
	for b.Loop() {
		for i := range messages {
			n++
			messages[i] = bus.Message{ID: fmt.Sprint(n), Subject: "work.scan", Body: make([]byte, 1000)}
		}
		if err := bench.PublishMany(b.Context(), messages); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(messages)*b.N)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkConsume(b *testing.B) {
	bench := open(b, bus.Options{})
	messages := make([]bus.Message, b.N)
	for i := range messages {
		messages[i] = bus.Message{ID: fmt.Sprint(i), Subject: "work.scan", Body: make([]byte, 1000)}
	}
	if err := bench.PublishMany(b.Context(), messages); err != nil {
		b.Fatal(err)
	}
	handled := make(chan struct{}, b.N)
	b.ResetTimer()
	consume(b, bench, "scanner", "work.scan", 8, func(context.Context, bus.Message) error { handled <- struct{}{}; return nil })
	for range messages {
		<-handled
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
