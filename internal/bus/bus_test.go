package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/fault"
)

// quiet drops what tests provoke.
var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB, options bus.Options) *bus.Bus {
	t.Helper()
	if options.Dir == "" && options.URL == "" {
		options.Dir = t.TempDir()
	}
	if options.Log == nil {
		options.Log = quiet
	}
	b, err := bus.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// natsServer is a server as others run it: with a port.
func natsServer(t testing.TB, options server.Options) *server.Server {
	t.Helper()
	options.Host, options.Port = "127.0.0.1", server.RANDOM_PORT
	options.NoLog, options.NoSigs, options.JetStream, options.StoreDir = true, true, true, t.TempDir()
	s, err := server.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server did not start")
	}
	return s
}

// each runs a test on a bus in this process and on one behind a URL.
func each(t *testing.T, options bus.Options, fn func(t *testing.T, b *bus.Bus)) {
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		fn(t, open(t, options))
	})
	t.Run("by URL", func(t *testing.T) {
		t.Parallel()
		options := options
		options.URL = natsServer(t, server.Options{}).ClientURL()
		fn(t, open(t, options))
	})
}

func publish(t testing.TB, b *bus.Bus, subject, id, body string) {
	t.Helper()
	if err := b.Publish(t.Context(), subject, id, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func consume(t testing.TB, b *bus.Bus, durable, subject string, workers int, h bus.Handler) *bus.Consumer {
	t.Helper()
	c, err := b.Consume(t.Context(), durable, []string{subject}, workers, h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// untilPending asks until the server has dealt with the acknowledgements, which nobody waits for.
func untilPending(t testing.TB, b *bus.Bus, durable string, want uint64) {
	t.Helper()
	for {
		n, err := b.Pending(t.Context(), durable)
		if err != nil {
			t.Fatal(err)
		}
		if n == want {
			return
		}
	}
}

func TestWorkIsHandledOnceAndGone(t *testing.T) {
	each(t, bus.Options{}, func(t *testing.T, b *bus.Bus) {
		const count = 300
		var messages []bus.Message
		for i := range count {
			messages = append(messages, bus.Message{ID: fmt.Sprint("m", i), Subject: "work.scan", Body: fmt.Appendf(nil, "%d", i)})
		}
		if err := b.PublishMany(t.Context(), messages); err != nil {
			t.Fatal(err)
		}
		// The same ids again are the same messages.
		if err := b.PublishMany(t.Context(), messages); err != nil {
			t.Fatal(err)
		}
		handled := make(chan bus.Message, 2*count)
		seen := map[string]bool{}
		c := consume(t, b, "scanner", "work.scan", 3, func(_ context.Context, m bus.Message) error {
			handled <- m
			return nil
		})
		for len(seen) < count {
			m := <-handled
			if want := "m" + string(m.Body); m.ID != want || m.Subject != "work.scan" || m.Delivered != 1 || seen[m.ID] {
				t.Errorf("handled %+v", m)
			}
			seen[m.ID] = true
		}
		c.Stop()
		c.Stop()
		publish(t, b, "work.scan", "late", "late")
		untilPending(t, b, "scanner", 1)
		if _, err := b.Pending(t.Context(), "nobody"); !errors.Is(err, fault.NotFound) {
			t.Errorf("pending of nobody: %v", err)
		}
		if err := b.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestEventsReachEveryConsumer(t *testing.T) {
	each(t, bus.Options{}, func(t *testing.T, b *bus.Bus) {
		publish(t, b, "event.brand.changed", "1", "")
		publish(t, b, "event.listing.seen", "2", "")
		for durable, subject := range map[string]string{"one": "event.>", "two": "event.brand.*"} {
			handled := make(chan bus.Message, 10)
			consume(t, b, durable, subject, 1, func(_ context.Context, m bus.Message) error { handled <- m; return nil })
			if m := <-handled; m.ID != "1" {
				t.Errorf("%s handled %+v", durable, m)
			}
			if durable == "one" {
				if m := <-handled; m.ID != "2" {
					t.Errorf("%s handled %+v", durable, m)
				}
			}
		}
	})
}

func TestWatchBeginsNow(t *testing.T) {
	each(t, bus.Options{}, func(t *testing.T, b *bus.Bus) {
		publish(t, b, "event.brand.changed", "before", "")
		var seen [2]chan bus.Message
		var watchers [2]*bus.Watcher
		for i := range seen {
			seen[i] = make(chan bus.Message, 10)
			var err error
			watchers[i], err = b.Watch(t.Context(), []string{"event.brand.>"}, func(_ context.Context, m bus.Message) { seen[i] <- m })
			if err != nil {
				t.Fatal(err)
			}
		}
		publish(t, b, "event.listing.seen", "other", "")
		publish(t, b, "event.brand.changed", "after", "x")
		for i := range seen {
			if m := <-seen[i]; m.ID != "after" || string(m.Body) != "x" {
				t.Errorf("watcher %d saw %+v", i, m)
			}
		}
		watchers[0].Stop()
		watchers[0].Stop()
		publish(t, b, "event.brand.changed", "later", "")
		if m := <-seen[1]; m.ID != "later" {
			t.Errorf("saw %+v", m)
		}
		if len(seen[0]) != 0 {
			t.Error("a stopped watcher went on")
		}
		if _, err := b.Watch(t.Context(), []string{"work.scan"}, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("watching work: %v", err)
		}
	})
}

func TestFailureIsDeliveredAgain(t *testing.T) {
	b := open(t, bus.Options{})
	handled := make(chan bus.Message, 10)
	consume(t, b, "scanner", "work.scan", 2, func(_ context.Context, m bus.Message) error {
		handled <- m
		switch {
		case m.Delivered > 1:
			return nil
		case m.ID == "panics":
			panic("at the message")
		}
		return errors.New("broken")
	})
	publish(t, b, "work.scan", "fails", "a")
	publish(t, b, "work.scan", "panics", "b")
	times := map[string]int{}
	for range 4 {
		m := <-handled
		times[m.ID] = max(times[m.ID], m.Delivered)
	}
	if times["fails"] != 2 || times["panics"] != 2 {
		t.Errorf("deliveries: %v", times)
	}
}

func TestUnavailableKeepsTheMessageInHand(t *testing.T) {
	b := open(t, bus.Options{Attempts: 1})
	handled := make(chan int, 10)
	calls := 0
	consume(t, b, "scanner", "work.scan", 1, func(_ context.Context, m bus.Message) error {
		calls++
		handled <- m.Delivered
		if calls == 1 {
			return fault.Unavailable.Say("Down.")
		}
		return nil
	})
	publish(t, b, "work.scan", "m", "")
	if first, second := <-handled, <-handled; first != 1 || second != 1 {
		t.Errorf("delivered %d, then %d times", first, second)
	}
}

// TestLongHandlerKeepsItsMessage: a handler that takes longer than AckWait does not see its message given to another.
func TestLongHandlerKeepsItsMessage(t *testing.T) {
	b := open(t, bus.Options{AckWait: 300 * time.Millisecond})
	again := make(chan struct{})
	var deliveries atomic.Int64
	done := make(chan struct{})
	consume(t, b, "scanner", "work.scan", 3, func(_ context.Context, m bus.Message) error {
		if m.ID == "short" {
			if m.Delivered == 1 {
				return errors.New("come again in a second")
			}
			close(again)
			return nil
		}
		deliveries.Add(1)
		<-again // more than three times AckWait
		close(done)
		return nil
	})
	publish(t, b, "work.scan", "long", "")
	publish(t, b, "work.scan", "short", "")
	<-done
	if n := deliveries.Load(); n != 1 {
		t.Errorf("delivered %d times", n)
	}
}

func TestDeadLetters(t *testing.T) {
	each(t, bus.Options{Attempts: 2}, func(t *testing.T, b *bus.Bus) {
		var mended atomic.Bool
		handled := make(chan bus.Message, 20)
		handler := func(_ context.Context, m bus.Message) error {
			defer func() { handled <- m }()
			switch {
			case mended.Load():
				return nil
			case m.ID == "bad":
				return fault.Invalid.Say("Unreadable.").Because(errors.New("line 1\r\nNats-Msg-Id: forged\xff"))
			}
			return errors.New("broken")
		}
		work := consume(t, b, "scanner", "work.scan", 1, handler)
		publish(t, b, "work.scan", "bad", "a")
		publish(t, b, "work.scan", "breaks", "b")
		for range 3 {
			<-handled
		}
		work.Stop() // what was handled has then been set aside
		letters, err := b.Dead(t.Context(), 0, 10)
		if err != nil || len(letters) != 2 {
			t.Fatalf("letters: %+v, %v", letters, err)
		}
		slices.SortFunc(letters, func(a, b bus.Letter) int { return strings.Compare(a.Message.ID, b.Message.ID) })
		for i, want := range []bus.Letter{
			{Consumer: "scanner", Reason: "invalid: Unreadable.: line 1  Nats-Msg-Id: forged\uFFFD", Message: bus.Message{ID: "bad", Body: []byte("a"), Delivered: 1}},
			{Consumer: "scanner", Reason: "broken", Message: bus.Message{ID: "breaks", Body: []byte("b"), Delivered: 2}},
		} {
			got := letters[i]
			if got.Consumer != want.Consumer || got.Reason != want.Reason || got.Message.ID != want.Message.ID || string(got.Message.Body) != string(want.Message.Body) || got.Message.Delivered != want.Message.Delivered || got.Message.Subject != "work.scan" || got.At.IsZero() {
				t.Errorf("letter %d is %+v", i, got)
			}
		}
		// Replayed, it reaches the handler as the message it was.
		mended.Store(true)
		consume(t, b, "scanner", "work.scan", 1, handler)
		for len(handled) > 0 {
			<-handled
		}
		if err := b.Replay(t.Context(), letters[0].ID); err != nil {
			t.Fatal(err)
		}
		if m := <-handled; m.ID != "bad" || m.Subject != "work.scan" || string(m.Body) != "a" {
			t.Errorf("replayed as %+v", m)
		}
		if err := b.Replay(t.Context(), letters[0].ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("replaying twice: %v", err)
		}
		left, err := b.Dead(t.Context(), 0, 10)
		if err != nil || len(left) != 1 || left[0].ID != letters[1].ID {
			t.Errorf("left: %+v, %v", left, err)
		}
	})
}

// TestReplayReachesOnlyWhoFailed: an event that one consumer could not handle is not told to the others again.
func TestReplayReachesOnlyWhoFailed(t *testing.T) {
	b := open(t, bus.Options{})
	var mended atomic.Bool
	good, bad := make(chan bus.Message, 10), make(chan bus.Message, 10)
	consume(t, b, "good", "event.>", 1, func(_ context.Context, m bus.Message) error { good <- m; return nil })
	failing := consume(t, b, "bad", "event.>", 1, func(_ context.Context, m bus.Message) error {
		bad <- m
		if mended.Load() {
			return nil
		}
		return fault.Invalid.Say("No.")
	})
	publish(t, b, "event.brand.changed", "e", "x")
	<-good
	<-bad
	failing.Stop() // the letter is set aside when the handler's message has been dealt with
	letters, err := b.Dead(t.Context(), 0, 10)
	if err != nil || len(letters) != 1 {
		t.Fatalf("letters: %+v, %v", letters, err)
	}
	mended.Store(true)
	consume(t, b, "bad", "event.>", 1, func(_ context.Context, m bus.Message) error { bad <- m; return nil })
	if err := b.Replay(t.Context(), letters[0].ID); err != nil {
		t.Fatal(err)
	}
	if m := <-bad; m.ID != "e" || m.Subject != "event.brand.changed" {
		t.Errorf("replayed as %+v", m)
	}
	publish(t, b, "event.brand.changed", "next", "")
	if m := <-good; m.ID != "next" {
		t.Errorf("the other consumer was told again: %+v", m)
	}
}

func TestQueueFull(t *testing.T) {
	each(t, bus.Options{WorkBytes: 64 << 10}, func(t *testing.T, b *bus.Bus) {
		body := strings.Repeat("x", 8<<10)
		taken := 0
		var err error
		for ; taken < 20 && err == nil; taken++ {
			err = b.Publish(t.Context(), "work.scan", fmt.Sprint(taken), []byte(body))
		}
		if !errors.Is(err, fault.Unavailable) || taken < 5 || taken > 8 {
			t.Fatalf("after %d messages: %v", taken, err)
		}
		if f, _ := fault.As(err); f.Message() != "The queue is full. Try again later." {
			t.Errorf("said %q", f.Message())
		}
		many := []bus.Message{{ID: "a", Subject: "event.x.y", Body: []byte("fits")}, {ID: "b", Subject: "work.scan", Body: []byte(body)}}
		if err := b.PublishMany(t.Context(), many); !errors.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "message 2 of 2") {
			t.Errorf("publish many: %v", err)
		}
		// Work that is done makes room.
		handled := make(chan struct{}, 20)
		c := consume(t, b, "scanner", "work.scan", 1, func(context.Context, bus.Message) error { handled <- struct{}{}; return nil })
		for range taken - 1 {
			<-handled
		}
		c.Stop()
		untilPending(t, b, "scanner", 0)
		publish(t, b, "work.scan", "again", body)
	})
}

func TestPublishRefuses(t *testing.T) {
	each(t, bus.Options{}, func(t *testing.T, b *bus.Bus) {
		large := make([]byte, bus.MaxMessage+1)
		for _, m := range []struct {
			subject, id string
			body        []byte
			want        fault.Kind
		}{
			{"work.scan", "1", large, fault.TooLarge},
			{"", "1", nil, fault.Invalid},
			{"work", "1", nil, fault.Invalid},
			{"work.", "1", nil, fault.Invalid},
			{"work..scan", "1", nil, fault.Invalid},
			{"work.*", "1", nil, fault.Invalid},
			{"work.>", "1", nil, fault.Invalid},
			{"work.a b", "1", nil, fault.Invalid},
			{"work.a\r\nb", "1", nil, fault.Invalid},
			{"work.\xff", "1", nil, fault.Invalid},
			{"dead.x.y", "1", nil, fault.Invalid},
			{"again.work.x", "1", nil, fault.Invalid},
			{"$JS.API.STREAM.DELETE.WORK", "1", nil, fault.Invalid},
			{"work." + strings.Repeat("x", 300), "1", nil, fault.Invalid},
			{"work.scan", "", nil, fault.Invalid},
			{"work.scan", "a\r\nNats-Msg-Id: b", nil, fault.Invalid},
			{"work.scan", strings.Repeat("x", 300), nil, fault.Invalid},
		} {
			if err := b.Publish(t.Context(), m.subject, m.id, m.body); !errors.Is(err, m.want) {
				t.Errorf("publish to %q as %q: %v", m.subject, m.id, err)
			}
		}
		if err := b.Publish(t.Context(), "work.scan", "largest", large[:bus.MaxMessage-8<<10]); err != nil {
			t.Error(err)
		}
		for _, subjects := range [][]string{nil, {"work.scan", "event.>"}, {"dead.>"}, {">"}} {
			if _, err := b.Consume(t.Context(), "x", subjects, 1, nil); !errors.Is(err, fault.Invalid) {
				t.Errorf("consume %q: %v", subjects, err)
			}
		}
		if _, err := b.Consume(t.Context(), "a.b", []string{"work.scan"}, 1, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("a consumer with a dot: %v", err)
		}
	})
}

func TestStopWaitsForTheHandler(t *testing.T) {
	b := open(t, bus.Options{})
	begun, release := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	c := consume(t, b, "scanner", "work.scan", 1, func(ctx context.Context, _ bus.Message) error {
		close(begun)
		<-release
		finished.Store(ctx.Err() == nil)
		return nil
	})
	publish(t, b, "work.scan", "one", "")
	publish(t, b, "work.scan", "two", "")
	<-begun
	stopped := make(chan struct{})
	go func() {
		c.Stop()
		close(stopped)
	}()
	select {
	case <-stopped:
		t.Error("Stop did not wait")
	default:
	}
	close(release)
	<-stopped
	if !finished.Load() {
		t.Error("the handler was not left in peace")
	}
	// The second was given back and waits for whoever comes.
	next := make(chan bus.Message, 1)
	consume(t, b, "scanner", "work.scan", 1, func(_ context.Context, m bus.Message) error { next <- m; return nil })
	if m := <-next; m.ID != "two" {
		t.Errorf("next is %+v", m)
	}
}

func TestEndOfContextStopsTheConsumer(t *testing.T) {
	b := open(t, bus.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan struct{})
	c, err := b.Consume(ctx, "scanner", []string{"work.scan"}, 1, func(ctx context.Context, _ bus.Message) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, b, "work.scan", "one", "")
	<-begun
	cancel()
	c.Stop()
	if n, err := b.Pending(t.Context(), "scanner"); n != 1 || err != nil {
		t.Errorf("pending: %d, %v", n, err)
	}
}

func TestOneProcessAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	b := open(t, bus.Options{Dir: dir})
	if _, err := bus.Open(t.Context(), bus.Options{Dir: dir, Log: quiet}); !errors.Is(err, fault.Conflict) {
		t.Errorf("a second on the folder: %v", err)
	}
	publish(t, b, "work.scan", "kept", "x")
	b.Close()
	b.Close()
	if err := b.Publish(t.Context(), "work.scan", "2", nil); !errors.Is(err, fault.Unavailable) {
		t.Errorf("publish after close: %v", err)
	}
	if err := b.Ready(t.Context()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("ready after close: %v", err)
	}
	b = open(t, bus.Options{Dir: dir})
	handled := make(chan bus.Message, 1)
	consume(t, b, "scanner", "work.scan", 1, func(_ context.Context, m bus.Message) error { handled <- m; return nil })
	if m := <-handled; m.ID != "kept" {
		t.Errorf("kept %+v", m)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	if _, err := bus.Open(t.Context(), bus.Options{}); !errors.Is(err, fault.Invalid) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := bus.Open(t.Context(), bus.Options{Dir: "/dev/null/x"}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("no such folder: %v", err)
	}
	for _, url := range []string{"nats://who:hunter2@127.0.0.1:1", "nats://hunter2@127.0.0.1:1", "nats://:::hunter2@"} {
		_, err := bus.Open(t.Context(), bus.Options{URL: url, Log: quiet})
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("nobody there: %v", err)
		}
		if strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	s := natsServer(t, server.Options{Username: "who", Password: "right"})
	if _, err := bus.Open(t.Context(), bus.Options{URL: strings.Replace(s.ClientURL(), "nats://", "nats://who:wrong@", 1), Log: quiet}); !errors.Is(err, fault.Invalid) {
		t.Errorf("wrong password: %v", err)
	}
}

func TestRedact(t *testing.T) {
	for urls, want := range map[string]string{
		"nats://a:4222,nats://b":           "nats://a:4222,nats://b",
		"nats://u:secret@a,nats://token@b": "nats://xxxxx@a,nats://xxxxx@b",
		"u:se@cret@a":                      "nats://xxxxx@a",
	} {
		if got := bus.Redact(urls); got != want {
			t.Errorf("Redact(%q) = %q", urls, got)
		}
	}
}

// freePorts are ports the kernel has just handed out: members of a cluster have to know them beforehand.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// TestLeaderDies: with three servers the death of the one that leads loses nothing acknowledged and doubles nothing.
func TestLeaderDies(t *testing.T) {
	if testing.Short() {
		t.Skip("an election takes seconds")
	}
	t.Parallel()
	cluster := make([]*server.Server, 3)
	ports, routes := freePorts(t, len(cluster)), ""
	for _, port := range ports {
		routes += fmt.Sprintf(",nats://127.0.0.1:%d", port)
	}
	for i := range cluster {
		cluster[i] = natsServer(t, server.Options{
			ServerName: fmt.Sprint("n", i), Routes: server.RoutesFromStr(routes[1:]),
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: ports[i]},
		})
	}
	var urls []string
	for _, s := range cluster {
		urls = append(urls, s.ClientURL())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := bus.Open(ctx, bus.Options{URL: strings.Join(urls, ","), Replicas: 3, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	const count = 400
	var publishing sync.WaitGroup
	half := make(chan struct{})
	publishing.Go(func() {
		for i := range count {
			if i == count/4 {
				close(half)
			}
			if err := b.Publish(ctx, "work.scan", fmt.Sprint(i), nil); err != nil {
				t.Errorf("message %d: %v", i, err)
				return
			}
		}
	})
	<-half
	for _, s := range cluster {
		if s.JetStreamIsStreamLeader("$G", "WORK") {
			s.Shutdown()
			s.WaitForShutdown()
			break
		}
	}
	publishing.Wait()
	seen := map[string]int{}
	handled := make(chan string, 2*count)
	c, err := b.Consume(ctx, "scanner", []string{"work.scan"}, 4, func(_ context.Context, m bus.Message) error { handled <- m.ID; return nil })
	if err != nil {
		t.Fatal(err)
	}
	for len(seen) < count && ctx.Err() == nil {
		select {
		case id := <-handled:
			seen[id]++
		case <-ctx.Done():
			t.Errorf("%d of %d arrived", len(seen), count)
		}
	}
	// The cluster agrees on acknowledgements after they were sent.
	for asked := time.NewTicker(50 * time.Millisecond); ; {
		n, err := b.Pending(ctx, "scanner")
		if n == 0 && err == nil {
			break
		}
		select {
		case <-handled:
		case <-asked.C:
		case <-ctx.Done():
			t.Fatalf("%d pending for good, %v", n, err)
		}
	}
	c.Stop()
}
