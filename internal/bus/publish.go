package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ownmark/ownmark/internal/fault"
)

const (
	// attemptWait is how long one attempt may take before it is made again. A leader's death takes the cluster some seconds.
	attemptWait = 5 * time.Second

	// inFlight and inFlightBytes bound what PublishMany has sent and not seen acknowledged.
	inFlight      = 512
	inFlightBytes = 16 << 20

	// idHeader carries a message's id when that is not the one the server tells duplicates by.
	idHeader = "Ownmark-Id"
)

// Publish sends body to subject ("work.…" or "event.…") under id. After nil it is on disk. While the cluster has no leader it is sent
// again, under the same id, until ctx ends. A second message with an id of the last two minutes is taken for the first.
//
// It returns fault.TooLarge for more than MaxMessage, fault.Invalid for a subject or an id that cannot be, and fault.Unavailable when the
// queue is full.
func (b *Bus) Publish(ctx context.Context, subject, id string, body []byte) error {
	m := Message{ID: id, Subject: subject, Body: body}
	if err := b.check(m); err != nil {
		return err
	}
	if err := b.send(ctx, m.wire()); err != nil {
		return fmt.Errorf("publish %s to %s: %w", id, subject, err)
	}
	return nil
}

// PublishMany is Publish for many, which travel together. After nil all are on disk; the error names the first that is not, others
// before and after it may be. It checks all before it sends any.
func (b *Bus) PublishMany(ctx context.Context, messages []Message) error {
	for i, m := range messages {
		if err := b.check(m); err != nil {
			return fmt.Errorf("message %d (%s): %w", i, m.ID, err)
		}
	}
	for first := 0; first < len(messages); {
		last, bytes := first, 0
		for last < len(messages) && last-first < inFlight && (last == first || bytes+len(messages[last].Body) <= inFlightBytes) {
			bytes += len(messages[last].Body)
			last++
		}
		if i, err := b.sendTogether(ctx, messages[first:last]); err != nil {
			m := messages[first+i]
			return fmt.Errorf("publish %s to %s, message %d of %d: %w", m.ID, m.Subject, first+i+1, len(messages), err)
		}
		first = last
	}
	return nil
}

// sendTogether returns the place of the first message that was not acknowledged.
func (b *Bus) sendTogether(ctx context.Context, messages []Message) (int, error) {
	futures := make([]jetstream.PubAckFuture, len(messages))
	for i, m := range messages {
		// An error here is of the connection; the message gets its second attempt below.
		futures[i], _ = b.stream.PublishMsgAsync(m.wire(), jetstream.WithRetryAttempts(1))
	}
	failed, failure := -1, error(nil)
	for i, future := range futures {
		if failure != nil {
			break
		}
		if err := b.acknowledged(ctx, future); err != nil {
			err = given(err)
			if !temporary(err) {
				failed, failure = i, err
			} else if err := b.send(ctx, messages[i].wire()); err != nil {
				failed, failure = i, err
			}
		}
	}
	return failed, failure
}

func (b *Bus) acknowledged(ctx context.Context, future jetstream.PubAckFuture) error {
	if future == nil {
		return nats.ErrConnectionClosed
	}
	select {
	case <-future.Ok():
		return nil
	case err := <-future.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send publishes until it is acknowledged, refused for good, or ctx ends.
func (b *Bus) send(ctx context.Context, m *nats.Msg) error {
	return b.insist(ctx, func(ctx context.Context) error {
		_, err := b.stream.PublishMsg(ctx, m, jetstream.WithRetryAttempts(0))
		return err
	})
}

// insist calls ask until it succeeds, fails for good, or ctx ends.
func (b *Bus) insist(ctx context.Context, ask func(context.Context) error) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		attempt, cancel := context.WithTimeout(ctx, attemptWait)
		err := ask(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if err = given(err); !temporary(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fault.Unavailable.Say("The bus does not answer. Try again later.").Because(errors.Join(ctx.Err(), err))
		case <-time.After(pause):
		}
	}
}

// Codes of the server's answers.
const (
	notLeader    = 10009
	unavailable  = 10008
	storeFailed  = 10077
	noResources  = 10023
	memoryFull   = 10028
	storageFull  = 10047
	tooManyAsked = 429
)

// given gives an error of the library its kind; what may pass by itself stays as it is.
func given(err error) error {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		switch {
		case api.ErrorCode == storeFailed && strings.Contains(api.Description, "maximum"), api.ErrorCode == storageFull, api.ErrorCode == memoryFull, api.ErrorCode == noResources:
			return fault.Unavailable.Say("The queue is full. Try again later.").Because(err)
		}
		return err
	}
	if errors.Is(err, nats.ErrMaxPayload) {
		return fault.TooLarge.Say("The message is too large.").Because(err)
	}
	if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrConnectionDraining) {
		return fault.Unavailable.Say("The bus is closed.").Because(err)
	}
	return err
}

// temporary reports whether err may pass by itself.
func temporary(err error) bool {
	if _, said := fault.As(err); said {
		return false
	}
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.ErrorCode == notLeader || api.ErrorCode == unavailable || api.ErrorCode == storeFailed || api.Code == tooManyAsked || api.Code >= 500
	}
	for _, passing := range []error{
		context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrReconnectBufExceeded,
		jetstream.ErrNoStreamResponse, jetstream.ErrAsyncPublishTimeout, jetstream.ErrTooManyStalledMsgs, nats.ErrNoServers,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

func (m Message) wire() *nats.Msg {
	return &nats.Msg{Subject: m.Subject, Data: m.Body, Header: nats.Header{jetstream.MsgIDHeader: []string{m.ID}}}
}

const (
	maxSubject = 200 // bytes
	maxID      = 200 // bytes
)

func (b *Bus) check(m Message) error {
	if !subjectOf(m.Subject, work) && !subjectOf(m.Subject, events) || !plain(m.Subject, maxSubject) || !whole(m.Subject) || strings.ContainsAny(m.Subject, "*>") {
		return fault.Invalid.Say("The subject %q is not one to publish to.", m.Subject)
	}
	if !plain(m.ID, maxID) {
		return fault.Invalid.Say("A message needs an id of at most %d characters without spaces.", maxID)
	}
	if len(m.Body) > MaxMessage || int64(len(m.Body)) > b.nats.MaxPayload()-headerRoom {
		return fault.TooLarge.Say("The message is too large.")
	}
	return nil
}

// subjectOf reports whether subject is one of the stream.
func subjectOf(subject, stream string) bool {
	if stream == work {
		return strings.HasPrefix(subject, "work.")
	}
	return strings.HasPrefix(subject, "event.")
}

// plain reports whether s may stand in a subject or a header: printable and without spaces.
func plain(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

// whole reports whether no part of the subject is empty.
func whole(subject string) bool {
	return !strings.Contains(subject, "..") && !strings.HasSuffix(subject, ".")
}
