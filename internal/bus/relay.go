package bus

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

const (
	relayBatch = 256
	relayPoll  = 2 * time.Second // for what a process that was killed has left; what this one emits wakes the relay

	relayPatience = 30 * time.Second

	// A message is not delivered again so long after it was handled: events are kept for 7 days by default.
	inboxAge   = 14 * 24 * time.Hour
	inboxSweep = time.Hour
	sweepBatch = 5000
)

// Relay carries the events that transactions have emitted from the outbox to the bus, each under its outbox id, and takes it from the
// outbox once it is acknowledged. A kill in between has it sent again, which its id shows. Several relays, in this process or in
// others, may work on one database. It also sweeps the inbox of Once.
type Relay struct {
	bus   *Bus
	db    *db.DB
	nudge chan struct{}

	mu     sync.Mutex
	cancel context.CancelFunc
	done   chan struct{}
}

// Relay makes a relay from d to the bus; Start starts it.
func (b *Bus) Relay(d *db.DB) *Relay {
	return &Relay{bus: b, db: d, nudge: make(chan struct{}, 1)}
}

// Start begins to relay, whenever a transaction of this process has emitted something and every two seconds. Twice is fine.
func (r *Relay) Start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.done = cancel, make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		defer r.db.OnEmit(r.Nudge)()
		r.run(ctx)
	}(r.done)
}

// Stop returns when the relay has ended; what is not relayed stays in the outbox. Twice is fine.
func (r *Relay) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel == nil {
		return
	}
	r.cancel()
	<-r.done
	r.cancel = nil
}

// Nudge says that there is something in the outbox. It returns at once.
func (r *Relay) Nudge() {
	select {
	case r.nudge <- struct{}{}:
	default:
	}
}

func (r *Relay) run(ctx context.Context) {
	poll := time.NewTicker(relayPoll)
	defer poll.Stop()
	sweep := time.NewTicker(inboxSweep)
	defer sweep.Stop()
	r.sweep(ctx)
	for {
		r.empty(ctx)
		select {
		case <-ctx.Done():
			return
		case <-r.nudge:
		case <-poll.C:
		case <-sweep.C:
			r.sweep(ctx)
		}
	}
}

// empty relays until the outbox is empty, or until something fails: then the next poll tries again.
func (r *Relay) empty(ctx context.Context) {
	for after := ""; ; {
		// Bounded: while the bus is away no rows stay locked for long.
		bounded, cancel := context.WithTimeout(ctx, relayPatience)
		last, err := r.pass(bounded, after)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				r.bus.options.Log.WarnContext(ctx, "events not relayed", slog.Any("error", err))
			}
			return
		}
		if last == "" {
			return
		}
		after = last
	}
}

// pass relays one batch behind the row with the id after. It returns the id of the last row it saw, empty when there was none.
func (r *Relay) pass(ctx context.Context, after string) (last string, err error) {
	if r.db.Dialect() == db.Postgres {
		// The rows stay locked while they travel, and other relays step over them.
		err = r.db.Bulk(ctx, func(tx *db.Tx) error {
			last = ""
			rows, err := db.All(tx, scanEvent, nextEvents+tx.Dialect().SkipLocked(), after, relayBatch)
			if err != nil || len(rows) == 0 {
				return err
			}
			last = rows[len(rows)-1].ID
			return r.carry(ctx, rows, func(sent []any) error { return remove(tx, sent) })
		})
		return last, err
	}
	// A transaction that lasted while they travel would keep every other writer of SQLite waiting.
	var rows []Message
	err = r.db.View(ctx, func(tx *db.Tx) (err error) {
		rows, err = db.All(tx, scanEvent, nextEvents, after, relayBatch)
		return err
	})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[len(rows)-1].ID, r.carry(ctx, rows, func(sent []any) error {
		return r.db.Bulk(ctx, func(tx *db.Tx) error { return remove(tx, sent) })
	})
}

// carry publishes rows and then has those that the bus took removed. One that it can never take stays in the outbox, is spoken of in
// the log, and holds up no other.
func (r *Relay) carry(ctx context.Context, rows []Message, remove func(sent []any) error) error {
	err := r.bus.PublishMany(ctx, rows)
	sent := make([]any, 0, len(rows))
	for _, row := range rows {
		if err != nil {
			one := r.bus.Publish(ctx, row.Subject, row.ID, row.Body)
			if errors.Is(one, fault.Invalid) || errors.Is(one, fault.TooLarge) {
				r.bus.options.Log.ErrorContext(ctx, "event cannot be relayed", slog.String("id", row.ID), slog.String("subject", row.Subject), slog.Any("error", one))
				continue
			}
			if one != nil {
				return one
			}
		}
		sent = append(sent, row.ID)
	}
	if len(sent) == 0 {
		return nil
	}
	return remove(sent)
}

const nextEvents = `select id, name, body from outbox where id > $1 order by id limit $2`

func scanEvent(row db.Row) (Message, error) {
	var m Message
	var name, body string
	err := row.Scan(&m.ID, &name, &body)
	m.Subject, m.Body = "event."+name, []byte(body)
	return m, err
}

func remove(tx *db.Tx, sent []any) error {
	_, err := tx.Exec(`delete from outbox where id in `+db.In(1, len(sent)), sent...)
	return err
}

const oldInbox = `delete from inbox where (consumer, message) in (select consumer, message from inbox where at < $1 order by at limit $2)`

// sweep forgets what was handled too long ago to come again.
func (r *Relay) sweep(ctx context.Context) {
	for {
		var n int64
		err := r.db.Bulk(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(oldInbox, db.Micros(tx.Now().Add(-inboxAge)), sweepBatch)
			return err
		})
		if err != nil && ctx.Err() == nil {
			r.bus.options.Log.WarnContext(ctx, "inbox not swept", slog.Any("error", err))
		}
		if err != nil || n < sweepBatch {
			return
		}
	}
}
