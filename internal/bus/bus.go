// Package bus carries work and events between the parts of Ownmark over NATS JetStream: in this process by default,
// without a port, or a cluster by URL; the same code path.
//
// Two streams. WORK is a queue: each message is handled by one worker and gone. EVENTS is what rooms say has happened; every consumer
// sees each event. Delivery is at least once; an effect happens exactly once because a handler calls Once in the
// transaction of its effect.
package bus

import (
	"context"

	"github.com/ownmark/ownmark/internal/db"
)

// Message is what a handler is given.
type Message struct {
	ID        string // the publisher's id of it: the same on every redelivery
	Subject   string // "work.scan", "event.brand.changed"
	Body      []byte
	Delivered int // how many times it was handed out, this one included
}

// Handler handles one message. After nil the message is gone for this consumer. fault.Invalid sets it aside for good (the dead letters);
// any other error has it delivered again after a growing pause.
type Handler func(ctx context.Context, m Message) error

// Once notes in tx that consumer has handled message and reports whether this is the first time. The effect belongs in the
// same transaction, under if first.
func Once(tx *db.Tx, consumer, message string) (first bool, err error) {
	n, err := tx.Exec(`insert into inbox (consumer, message, at) values ($1, $2, $3) on conflict do nothing`, consumer, message, db.Micros(tx.Now()))
	return n == 1, err
}
