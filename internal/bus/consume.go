package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ownmark/ownmark/internal/fault"
)

// ahead is how many messages a consumer has in hand for each worker, so that none waits for the next to arrive.
const ahead = 4

// maxInHand bounds the messages a consumer has in hand.
const maxInHand = 1000

// Consumer hands messages to a handler until it is stopped.
type Consumer struct {
	bus     *Bus
	name    string
	stream  string
	handle  Handler
	from    jetstream.Consumer
	context context.Context // of the handlers
	hurry   context.CancelFunc

	stopping chan struct{}
	stop     sync.Once
	stopped  chan struct{} // when the last handler has returned
	mu       sync.Mutex
	inHand   map[jetstream.Msg]struct{}
}

// Consume has h called for each message of subjects, by as many goroutines as workers says, until Stop. durable names the consumer: processes
// that use the same name share its messages, and it goes on where it left off after a restart. A new name over events begins with the oldest
// kept. subjects are all "work.…" or all "event.…"; "*" stands for one part and a final ">" for all the rest; each subject of work belongs to one durable.
//
// The end of ctx stops it too, and is passed on to the handlers, which Stop leaves in peace.
func (b *Bus) Consume(ctx context.Context, durable string, subjects []string, workers int, h Handler) (*Consumer, error) {
	stream, err := streamOf(subjects)
	if err != nil {
		return nil, err
	}
	if !plain(durable, 60) || strings.ContainsAny(durable, ".*>/\\") || workers < 1 {
		return nil, fault.Invalid.Say("A consumer needs a plain name and at least one worker.")
	}
	c := &Consumer{
		bus: b, name: durable, stream: stream, handle: h,
		stopping: make(chan struct{}), stopped: make(chan struct{}), inHand: map[jetstream.Msg]struct{}{},
	}
	err = b.insist(ctx, func(ctx context.Context) (err error) {
		c.from, err = b.stream.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
			Durable:        durable,
			FilterSubjects: append([]string{replaySubject(stream, durable)}, subjects...),
			AckPolicy:      jetstream.AckExplicitPolicy,
			AckWait:        b.options.AckWait,
			// Unbounded: the server would drop what it gives up on, Consumer sets it aside.
			MaxDeliver:    -1,
			MaxAckPending: 10 * maxInHand,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("consume %s: %w", durable, err)
	}
	c.context, c.hurry = context.WithCancel(ctx)
	b.keep(c)
	go c.run(workers)
	return c, nil
}

// Stop takes no more messages, waits for the handlers in flight and gives back what they had not begun. Twice is fine.
func (c *Consumer) Stop() {
	c.stop.Do(func() { close(c.stopping) })
	<-c.stopped
}

func (c *Consumer) run(workers int) {
	defer close(c.stopped)
	defer c.bus.drop(c)
	defer c.hurry()
	hands := min(workers*ahead, maxInHand)
	// Each message in hand holds one place in free.
	free := make(chan struct{}, hands)
	for range hands {
		free <- struct{}{}
	}
	queue := make(chan jetstream.Msg, hands)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for m := range queue {
				c.deal(m)
				c.mu.Lock()
				delete(c.inHand, m)
				c.mu.Unlock()
				free <- struct{}{}
			}
		})
	}
	alive := make(chan struct{})
	var heart sync.WaitGroup
	heart.Go(func() { c.signsOfLife(alive) })
	c.fetch(free, queue)
	close(queue)
	all.Wait()
	close(alive)
	heart.Wait()
}

// fetch fills queue until the consumer stops.
func (c *Consumer) fetch(free chan struct{}, queue chan<- jetstream.Msg) {
	ctx, cancel := context.WithCancel(c.context)
	defer cancel()
	go func() {
		select {
		case <-c.stopping:
		case <-ctx.Done():
		}
		cancel()
	}()
	for {
		n := take(ctx, free)
		if n == 0 {
			return
		}
		got := c.fetchSome(ctx, n, queue)
		for range n - got {
			free <- struct{}{}
		}
	}
}

// take waits for a free place and takes all there are; 0 when ctx ends.
func take(ctx context.Context, free <-chan struct{}) int {
	select {
	case <-ctx.Done():
		return 0
	case <-free:
	}
	for n := 1; ; n++ {
		select {
		case <-free:
		default:
			return n
		}
	}
}

// fetchSome asks for n messages and passes on those that come.
func (c *Consumer) fetchSome(ctx context.Context, n int, queue chan<- jetstream.Msg) (got int) {
	// Bounded, so that places which become free while the request stands are asked for soon.
	round, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	batch, err := c.from.Fetch(n, jetstream.FetchContext(round))
	if err == nil {
		for m := range batch.Messages() {
			c.mu.Lock()
			c.inHand[m] = struct{}{}
			c.mu.Unlock()
			queue <- m
			got++
		}
		err = batch.Error()
	}
	if err == nil || ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return got
	}
	c.bus.options.Log.WarnContext(ctx, "messages not fetched", slog.String("consumer", c.name), slog.Any("error", err))
	pause(ctx, time.Second)
	return got
}

const fetchWait = 10 * time.Second

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// signsOfLife tells the server now and then that the messages in hand are being worked on, however long that takes.
func (c *Consumer) signsOfLife(over <-chan struct{}) {
	tick := time.NewTicker(c.bus.options.AckWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		c.mu.Lock()
		for m := range c.inHand {
			_ = m.InProgress() // a lost connection ends in a redelivery
		}
		c.mu.Unlock()
	}
}

// deal handles one message and answers for it.
func (c *Consumer) deal(m jetstream.Msg) {
	select {
	case <-c.stopping:
		c.answer(m.Nak())
		return
	case <-c.context.Done():
		c.answer(m.Nak())
		return
	default:
	}
	message, err := received(m)
	if err != nil {
		c.setAside(m, message, err)
		return
	}
	if message.Delivered > c.bus.options.Attempts {
		// The handler did not live to say so: it is not given another chance to take the process with it.
		c.setAside(m, message, fmt.Errorf("delivered %d times without an end", message.Delivered-1))
		return
	}
	err = c.try(message)
	switch {
	case err == nil:
		c.answer(m.Ack())
	case c.context.Err() != nil || errors.Is(err, errStopped):
		c.answer(m.Nak())
	case fault.Of(err) == fault.Invalid, message.Delivered == c.bus.options.Attempts:
		c.setAside(m, message, err)
	default:
		wait := growing(message.Delivered)
		c.bus.options.Log.WarnContext(c.context, "message failed", c.about(message), slog.Any("error", err), slog.Duration("again_in", wait))
		c.answer(m.NakWithDelay(wait))
	}
}

var errStopped = errors.New("the consumer was stopped")

// try calls the handler until it says something else than fault.Unavailable.
func (c *Consumer) try(message Message) error {
	for attempt := 1; ; attempt++ {
		err := c.call(message)
		if err == nil || fault.Of(err) != fault.Unavailable {
			return err
		}
		wait := min(growing(attempt), 30*time.Second)
		c.bus.options.Log.WarnContext(c.context, "message waits for a part that is down", c.about(message), slog.Any("error", err), slog.Duration("again_in", wait))
		select {
		case <-c.stopping:
			return errStopped
		case <-c.context.Done():
			return errStopped
		case <-time.After(wait):
		}
	}
}

func (c *Consumer) call(message Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.bus.options.Log.ErrorContext(c.context, "handler panicked", c.about(message), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("handler panicked: %v", p)
		}
	}()
	return c.handle(c.context, message)
}

// growing is the pause after the given attempt: 1 s, 2 s, 4 s … 5 minutes.
func growing(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 10), 5*time.Minute)
}

func (c *Consumer) about(message Message) slog.Attr {
	return slog.Group("message", slog.String("consumer", c.name), slog.String("id", message.ID), slog.String("subject", message.Subject), slog.Int("delivered", message.Delivered))
}

// answer notes that an answer could not be sent: the message comes again.
func (c *Consumer) answer(err error) {
	if err != nil {
		c.bus.options.Log.WarnContext(c.context, "message not answered for", slog.String("consumer", c.name), slog.Any("error", err))
	}
}

func received(m jetstream.Msg) (Message, error) {
	header := m.Headers()
	message := Message{ID: header.Get(idHeader), Subject: header.Get(subjectHeader), Body: m.Data()}
	if message.ID == "" {
		message.ID = header.Get(jetstream.MsgIDHeader)
	}
	if message.Subject == "" {
		message.Subject = m.Subject()
	}
	about, err := m.Metadata()
	if err != nil {
		return message, err
	}
	message.Delivered = int(about.NumDelivered)
	if message.ID == "" {
		return message, errors.New("the message has no id")
	}
	return message, nil
}

func streamOf(subjects []string) (string, error) {
	stream := work
	if len(subjects) > 0 && subjectOf(subjects[0], events) {
		stream = events
	}
	for _, subject := range subjects {
		if !subjectOf(subject, stream) || !plain(subject, maxSubject) || !whole(subject) {
			return "", fault.Invalid.Say("The subject %q is not one to consume.", subject)
		}
	}
	if len(subjects) == 0 {
		return "", fault.Invalid.Say("There is no subject to consume.")
	}
	return stream, nil
}

// Pending is how many messages durable has not handled yet, those in hand included. It returns fault.NotFound for an unknown consumer.
func (b *Bus) Pending(ctx context.Context, durable string) (uint64, error) {
	for _, stream := range []string{work, events} {
		consumer, err := b.stream.Consumer(ctx, stream, durable)
		if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrInvalidConsumerName) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("pending of %s: %w", durable, err)
		}
		info := consumer.CachedInfo()
		return info.NumPending + uint64(info.NumAckPending), nil
	}
	return 0, fault.NotFound.Say("There is no such consumer.")
}

// Watcher tells a function of each event until it is stopped.
type Watcher struct {
	bus      *Bus
	messages jetstream.MessagesContext
	stop     sync.Once
	stopped  chan struct{}
}

// Watch has fn called, in order and one at a time, for each event of subjects from now on, in every process that watches. Nothing is kept for
// a process that is away: it reads what it needs when it starts, after Watch returned. It runs until Stop or the end of ctx.
func (b *Bus) Watch(ctx context.Context, subjects []string, fn func(ctx context.Context, m Message)) (*Watcher, error) {
	stream, err := streamOf(subjects)
	if err != nil {
		return nil, err
	}
	if stream != events {
		return nil, fault.Invalid.Say("Only events can be watched.")
	}
	w := &Watcher{bus: b, stopped: make(chan struct{})}
	err = b.insist(ctx, func(ctx context.Context) error {
		s, err := b.stream.Stream(ctx, events)
		if err != nil {
			return err
		}
		// By number and not "new": a consumer that is made again after a broken connection goes on from there and misses nothing.
		from, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
			FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: s.CachedInfo().State.LastSeq + 1,
		})
		if err != nil {
			return err
		}
		w.messages, err = from.Messages()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", strings.Join(subjects, " "), err)
	}
	b.keep(w)
	ended := context.AfterFunc(ctx, w.messages.Stop)
	go func() {
		defer close(w.stopped)
		defer b.drop(w)
		defer ended()
		w.run(ctx, fn)
	}()
	return w, nil
}

// Stop returns when fn has returned for the last time. Twice is fine.
func (w *Watcher) Stop() {
	w.stop.Do(w.messages.Stop)
	<-w.stopped
}

func (w *Watcher) run(ctx context.Context, fn func(ctx context.Context, m Message)) {
	for {
		m, err := w.messages.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return
		}
		if err != nil {
			w.bus.options.Log.WarnContext(ctx, "watch interrupted", slog.Any("error", err))
			if w.bus.nats.IsClosed() || !pause(ctx, time.Second) {
				return
			}
			continue
		}
		message, err := received(m)
		if err != nil {
			w.bus.options.Log.WarnContext(ctx, "watched message not read", slog.Any("error", err))
			continue
		}
		fn(ctx, message)
	}
}
