// Package bus carries work and events between the parts of Ownmark over NATS JetStream: in this process by default,
// without a port, or a cluster by URL; the same code path.
//
// Two streams. WORK is a queue: each message is handled by one worker and gone. EVENTS is what rooms say has happened; every consumer
// sees each event. Delivery is at least once; an effect happens exactly once because a handler calls Once in the
// transaction of its effect. A third stream, DEAD, keeps what could not be handled until a person looks at it.
//
// What was published without an error is on disk: a kill or a power cut does not lose it. The order of messages is kept as a rule and not as
// a promise: a redelivery comes later than what followed it.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Message is what a handler is given.
type Message struct {
	ID        string // the publisher's id of it: the same on every redelivery
	Subject   string // "work.scan", "event.brand.changed"
	Body      []byte
	Delivered int // how many times it was handed out, this one included
}

// Handler handles one message. After nil the message is gone for this consumer. fault.Invalid sets it aside for good (the dead
// letters). fault.Unavailable says that a part every message needs is down: the message is kept in hand and the handler called again after a
// growing pause, for as long as it takes. Any other error, and a panic, has it delivered again after a growing pause, and set aside
// after Options.Attempts deliveries.
type Handler func(ctx context.Context, m Message) error

// Once notes in tx that consumer has handled message and reports whether this is the first time. The effect belongs in the
// same transaction, under if first.
func Once(tx *db.Tx, consumer, message string) (first bool, err error) {
	n, err := tx.Exec(`insert into inbox (consumer, message, at) values ($1, $2, $3) on conflict do nothing`, consumer, message, db.Micros(tx.Now()))
	return n == 1, err
}

// Options say where the bus is and how much it may keep. The zero value of each but Dir is a good default.
type Options struct {
	URL         string        // "nats://a,b,c": a cluster with JetStream; empty: a server in this process
	Dir         string        // the folder of the server in this process
	Credentials string        // a NATS credentials file for the cluster
	Replicas    int           // copies of each stream in the cluster; 1
	WorkBytes   int64         // the most that may wait in the queue; then Publish returns fault.Unavailable; 8 GiB
	EventBytes  int64         // the most events kept, the oldest go first; 2 GiB
	DeadBytes   int64         // the most dead letters kept; then no more are set aside, they are delivered again and again; 1 GiB
	EventAge    time.Duration // how long events are kept for consumers that are away; 7 days
	AckWait     time.Duration // how long a message may go without a sign of life from whoever handles it; 30 seconds
	Attempts    int           // deliveries after which a message is set aside; 10
	Log         *slog.Logger
}

func (o Options) withDefaults() Options {
	defaultTo(&o.Replicas, 1)
	defaultTo(&o.WorkBytes, 8<<30)
	defaultTo(&o.EventBytes, 2<<30)
	defaultTo(&o.DeadBytes, 1<<30)
	defaultTo(&o.EventAge, 7*24*time.Hour)
	defaultTo(&o.AckWait, 30*time.Second)
	defaultTo(&o.Attempts, 10)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func defaultTo[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// The streams.
const (
	work   = "WORK"
	events = "EVENTS"
	dead   = "DEAD"
)

// MaxMessage is the most bytes the body of a message may have.
const MaxMessage = 1 << 20

// headerRoom is kept for headers beside the body: the server's bound counts both. A dead letter carries its reason there.
const headerRoom = 8 << 10

// Bus is an open connection, and the server behind it when that is in this process.
type Bus struct {
	options Options
	server  *server.Server // nil for a cluster
	lock    *os.File       // of Options.Dir
	nats    *nats.Conn
	stream  jetstream.JetStream
	closed  chan struct{} // when the connection is

	mu      sync.Mutex
	running map[stopper]struct{} // consumers and watches
	closing sync.Once
}

type stopper interface{ Stop() }

// Open starts the server in this process, or connects to the cluster, and makes the streams. It returns fault.Conflict when another process
// uses Options.Dir, fault.Invalid for options that cannot be, and fault.Unavailable when the cluster does not answer before ctx ends (10
// seconds when it has no end).
func Open(ctx context.Context, options Options) (*Bus, error) {
	b := &Bus{options: options.withDefaults(), closed: make(chan struct{}), running: map[stopper]struct{}{}}
	if _, has := ctx.Deadline(); !has {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
	}
	if err := b.open(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Bus) open(ctx context.Context) error {
	if b.options.URL == "" {
		if err := b.serve(ctx); err != nil {
			return err
		}
	}
	if err := b.connect(ctx); err != nil {
		return err
	}
	var err error
	b.stream, err = jetstream.New(b.nats, jetstream.WithPublishAsyncTimeout(attemptWait), jetstream.WithPublishAsyncMaxPending(4*inFlight))
	if err != nil {
		return fmt.Errorf("open the bus: %w", err)
	}
	return b.makeStreams(ctx)
}

// serve starts a server that listens nowhere.
func (b *Bus) serve(ctx context.Context) error {
	if b.options.Dir == "" {
		return fault.Invalid.Say("The bus needs a folder or a URL.")
	}
	dir, err := filepath.Abs(b.options.Dir)
	if err != nil {
		return fmt.Errorf("open the bus: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.Unavailable.Say("The folder %s cannot be made.", dir).Because(err)
	}
	if b.lock, err = lockDir(dir); err != nil {
		return err
	}
	b.server, err = server.NewServer(&server.Options{
		ServerName: "ownmark",
		DontListen: true,
		NoSigs:     true,
		JetStream:  true,
		StoreDir:   dir,
		SyncAlways: true, // by default the disk is waited for every two minutes
		MaxPayload: MaxMessage + headerRoom,
		// What the streams may hold is said by the streams; a share of the free disk would refuse them on a small one.
		JetStreamMaxStore:      b.options.WorkBytes + b.options.EventBytes + b.options.DeadBytes + 1<<30,
		JetStreamMaxMemory:     64 << 20,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return fmt.Errorf("open the bus: %w", err)
	}
	b.server.SetLoggerV2(serverLog{b.options.Log}, false, false, false)
	b.server.Start()
	end, _ := ctx.Deadline()
	if !b.server.ReadyForConnections(time.Until(end)) {
		return fault.Unavailable.Say("The bus in this process did not start. Its folder is %s.", dir)
	}
	return nil
}

func (b *Bus) connect(ctx context.Context) error {
	end, _ := ctx.Deadline()
	background := context.WithoutCancel(ctx) // the connection outlives the opening
	options := []nats.Option{
		nats.Name("ownmark"),
		nats.Timeout(max(time.Until(end), time.Millisecond)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectBufSize(32 << 20),
		nats.ClosedHandler(func(*nats.Conn) { close(b.closed) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.options.Log.WarnContext(background, "bus disconnected", slog.Any("error", err))
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			b.options.Log.InfoContext(background, "bus connected again", slog.String("server", c.ConnectedServerName()))
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.options.Log.WarnContext(background, "bus error", slog.Any("error", err))
		}),
	}
	if b.server != nil {
		options = append(options, nats.InProcessServer(b.server))
	}
	if b.options.Credentials != "" {
		options = append(options, nats.UserCredentials(b.options.Credentials))
	}
	var err error
	if b.nats, err = nats.Connect(b.options.URL, options...); err != nil {
		kind := fault.Unavailable
		if errors.Is(err, nats.ErrAuthorization) || errors.Is(err, os.ErrNotExist) {
			kind = fault.Invalid
		}
		// The library's error may carry the URL with its password.
		return kind.Say("The bus does not answer at %s.", Redact(b.options.URL)).Because(errors.New(strings.ReplaceAll(err.Error(), b.options.URL, Redact(b.options.URL))))
	}
	return nil
}

// again is before the subjects of replayed letters: "again.event.NAME" reaches the consumer NAME and no other.
const again = "again."

func (b *Bus) makeStreams(ctx context.Context) error {
	for _, config := range []jetstream.StreamConfig{
		{
			Name: work, Description: "work to be done once", Subjects: []string{"work.>", again + "work.>"},
			Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, MaxBytes: b.options.WorkBytes,
		},
		{
			Name: events, Description: "what has happened", Subjects: []string{"event.>", again + "event.>"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, MaxBytes: b.options.EventBytes, MaxAge: b.options.EventAge,
		},
		{
			Name: dead, Description: "what could not be handled", Subjects: []string{"dead.>"},
			Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, MaxBytes: b.options.DeadBytes,
		},
	} {
		config.Storage = jetstream.FileStorage
		config.Replicas = b.options.Replicas
		config.AllowDirect = false // a replica that lags must not hide a letter that was just set aside
		if err := b.insist(ctx, func(ctx context.Context) error {
			_, err := b.stream.CreateOrUpdateStream(ctx, config)
			return err
		}); err != nil {
			return fmt.Errorf("make the stream %s: %w", config.Name, err)
		}
	}
	return nil
}

// Close stops every consumer and watch, waits for the handlers in flight, sends what is unsent and stops the server in this process.
// Twice is fine.
func (b *Bus) Close() {
	b.closing.Do(func() {
		b.mu.Lock()
		running := make([]stopper, 0, len(b.running))
		for s := range b.running {
			running = append(running, s)
		}
		b.mu.Unlock()
		var all sync.WaitGroup
		for _, s := range running {
			all.Go(s.Stop)
		}
		all.Wait()
		if b.nats != nil {
			// Acknowledgements are sent without waiting for an answer: Drain sees them off.
			if err := b.nats.Drain(); err != nil {
				b.nats.Close()
			}
			<-b.closed
		}
		if b.server != nil {
			b.server.Shutdown()
			b.server.WaitForShutdown()
		}
		if b.lock != nil {
			b.lock.Close()
		}
	})
}

// Ready reports whether the bus takes messages now: fault.Unavailable when not.
func (b *Bus) Ready(ctx context.Context) error {
	if status := b.nats.Status(); status != nats.CONNECTED {
		return fault.Unavailable.Say("The bus is not connected.").Because(fmt.Errorf("status %s", status))
	}
	for _, name := range []string{work, events} {
		if _, err := b.stream.Stream(ctx, name); err != nil {
			return fault.Unavailable.Say("The bus does not answer.").Because(fmt.Errorf("stream %s: %w", name, err))
		}
	}
	return nil
}

func (b *Bus) keep(s stopper) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running[s] = struct{}{}
}

func (b *Bus) drop(s stopper) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.running, s)
}

// Redact is a list of NATS URLs as it may be shown: without what stands before an @, which may be a token.
func Redact(urls string) string {
	all := strings.Split(urls, ",")
	for i, one := range all {
		if u, err := url.Parse(strings.TrimSpace(one)); err == nil && u.User == nil && !strings.Contains(one, "@") {
			u.RawQuery = ""
			all[i] = u.String()
			continue
		}
		place := one[strings.LastIndexByte(one, '@')+1:]
		all[i] = "nats://xxxxx@" + place
	}
	return strings.Join(all, ",")
}

// serverLog hands the server's own log on.
type serverLog struct{ log *slog.Logger }

// Noticef is told what is normal.
func (l serverLog) Noticef(format string, args ...any) { l.say(slog.LevelDebug, format, args) }

// Warnf is told what may become a fault.
func (l serverLog) Warnf(format string, args ...any) { l.say(slog.LevelWarn, format, args) }

// Errorf is told of faults.
func (l serverLog) Errorf(format string, args ...any) { l.say(slog.LevelError, format, args) }

// Fatalf is told why the server stops.
func (l serverLog) Fatalf(format string, args ...any) { l.say(slog.LevelError, format, args) }

// Debugf is never called: debugging is off.
func (l serverLog) Debugf(string, ...any) {}

// Tracef is never called: tracing is off.
func (l serverLog) Tracef(string, ...any) {}

func (l serverLog) say(level slog.Level, format string, args []any) {
	l.log.LogAttrs(context.Background(), level, "nats server", slog.String("says", fmt.Sprintf(format, args...)))
}
