package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ownmark/ownmark/internal/fault"
)

// What a dead letter says of itself beside its body.
const (
	subjectHeader   = "Ownmark-Subject"
	reasonHeader    = "Ownmark-Reason"
	deliveredHeader = "Ownmark-Delivered"
	maxReason       = 4 << 10 // bytes
)

// Letter is a message that could not be handled.
type Letter struct {
	ID       uint64 // of the letter; later letters have greater ones
	Consumer string // who could not handle it
	Reason   string // the error, for whoever repairs it
	At       time.Time
	Message  Message
}

// setAside moves a message to the dead letters. When they take none, it stays where it is and comes again.
func (c *Consumer) setAside(m jetstream.Msg, message Message, reason error) {
	log := c.bus.options.Log
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.context), 2*attemptWait)
	defer cancel()
	letter := &nats.Msg{Subject: "dead." + c.stream + "." + c.name, Data: message.Body, Header: nats.Header{}}
	place := strconv.FormatUint(0, 10)
	if about, err := m.Metadata(); err == nil {
		place = strconv.FormatUint(about.Sequence.Stream, 10)
	}
	// The same message is set aside once, even if the process dies before it has answered for it.
	letter.Header.Set(jetstream.MsgIDHeader, c.stream+"/"+place+"/"+c.name)
	letter.Header.Set(idHeader, cut(message.ID, maxID))
	letter.Header.Set(subjectHeader, cut(message.Subject, maxSubject))
	letter.Header.Set(deliveredHeader, strconv.Itoa(message.Delivered))
	letter.Header.Set(reasonHeader, cut(reason.Error(), maxReason))
	if err := c.bus.send(ctx, letter); err != nil {
		log.ErrorContext(ctx, "message not set aside", c.about(message), slog.Any("error", err), slog.Any("reason", reason))
		c.answer(m.NakWithDelay(growing(message.Delivered)))
		return
	}
	log.ErrorContext(ctx, "message set aside", c.about(message), slog.Any("error", reason))
	c.answer(m.Ack())
}

// cut makes s fit a header: one line of at most so many bytes.
func cut(s string, most int) string {
	s = strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s), "\uFFFD")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most-len("…")], "") + "…"
	}
	return s
}

// Dead lists at most limit dead letters after the one with the given id, oldest first; 0 begins at the oldest.
func (b *Bus) Dead(ctx context.Context, after uint64, limit int) ([]Letter, error) {
	stream, err := b.stream.Stream(ctx, dead)
	if err != nil {
		return nil, fmt.Errorf("list the dead letters: %w", err)
	}
	var letters []Letter
	for len(letters) < limit {
		raw, err := stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject("dead.>"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return letters, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the dead letters: %w", err)
		}
		letters = append(letters, letterOf(raw))
		after = raw.Sequence
	}
	return letters, nil
}

func letterOf(raw *jetstream.RawStreamMsg) Letter {
	delivered, _ := strconv.Atoi(raw.Header.Get(deliveredHeader))
	consumer := raw.Subject[strings.LastIndexByte(raw.Subject, '.')+1:]
	return Letter{
		ID: raw.Sequence, Consumer: consumer, Reason: raw.Header.Get(reasonHeader), At: raw.Time.UTC(),
		Message: Message{ID: raw.Header.Get(idHeader), Subject: raw.Header.Get(subjectHeader), Body: raw.Data, Delivered: delivered},
	}
}

// Replay has the consumer that could not handle a letter try it again, under the id it had, and takes it from the dead letters. It returns
// fault.NotFound when there is no such letter.
func (b *Bus) Replay(ctx context.Context, id uint64) error {
	stream, err := b.stream.Stream(ctx, dead)
	if err != nil {
		return fmt.Errorf("replay the letter %d: %w", id, err)
	}
	raw, err := stream.GetMsg(ctx, id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fault.NotFound.Say("There is no such letter.")
	}
	if err != nil {
		return fmt.Errorf("replay the letter %d: %w", id, err)
	}
	letter := letterOf(raw)
	from := work
	if strings.HasPrefix(raw.Subject, "dead."+events+".") {
		from = events
	}
	message := &nats.Msg{Subject: replaySubject(from, letter.Consumer), Data: raw.Data, Header: nats.Header{}}
	// Not the id it had: the server would take it for the first one, which it may remember. A second click is the same replay.
	message.Header.Set(jetstream.MsgIDHeader, fmt.Sprintf("replay/%d/%d", id, raw.Time.UnixNano()))
	message.Header.Set(idHeader, letter.Message.ID)
	message.Header.Set(subjectHeader, letter.Message.Subject)
	if err := b.send(ctx, message); err != nil {
		return fmt.Errorf("replay the letter %d: %w", id, err)
	}
	if err := stream.DeleteMsg(ctx, id); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("take the letter %d away: %w", id, err)
	}
	return nil
}

// replaySubject reaches one consumer of a stream.
func replaySubject(stream, durable string) string {
	if stream == work {
		return again + "work." + durable
	}
	return again + "event." + durable
}
