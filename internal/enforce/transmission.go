package enforce

import (
	"context"
	"time"
)

// Transmission is a statement of reasons on its way to the EU's transparency database. Each decision is told of once: the database forgets nothing and
// takes no corrections.
type Transmission struct {
	Decision  DecisionID
	DecidedAt time.Time
	State     TransmissionState
	Batch     string // of the request that carries or carried it
	ChangedAt time.Time
	Attempts  int
	Receipt   string // the database's own id of the statement (a UUID); empty until it has one, and for one long archived there
	Problem   string // what the database said against it
}

// TransmissionState says how far a statement is on its way.
type TransmissionState string

// The states of a transmission.
const (
	TransmissionWaiting TransmissionState = "waiting" // to be sent
	TransmissionSending TransmissionState = "sending" // on its way; after a kill nobody knows whether it arrived until the database is asked
	TransmissionSent    TransmissionState = "sent"    // the database has it
	TransmissionRefused TransmissionState = "refused" // the database says that it is wrong; a person looks
)

// TransmissionStates is every state, in the order of the way.
func TransmissionStates() []TransmissionState {
	return []TransmissionState{TransmissionWaiting, TransmissionSending, TransmissionSent, TransmissionRefused}
}

// transmissionMoves is the way of a statement. What was refused is sent again when a person asks for it.
var transmissionMoves = map[TransmissionState][]TransmissionState{
	TransmissionWaiting: {TransmissionSending},
	TransmissionSending: {TransmissionSent, TransmissionRefused, TransmissionWaiting},
	TransmissionRefused: {TransmissionWaiting},
}

// MaxStatements is how many statements the database takes in one request.
const MaxStatements = 100

// Receipt is what the database says of one statement of a request.
type Receipt struct {
	PUID    string // of the statement
	ID      string // the database's own; empty when it does not have the statement
	Problem string // what is wrong with it; empty when nothing
	Known   bool   // it had a statement of this PUID before; of one long archived it may not tell the ID
}

// TransparencyDatabase is where statements go. Its errors mean that nothing is known of what became of the request, unless fault.Unauthenticated or
// fault.Invalid say that it was not looked at.
type TransparencyDatabase interface {
	// Send hands in at most MaxStatements statements and gives a receipt for each. A receipt without ID, Problem and Known is of a statement that was
	// not taken for the sake of others in the same request.
	Send(ctx context.Context, statements []Statement) ([]Receipt, error)

	// Find is the database's id of the statement with a PUID; empty when it has none.
	Find(ctx context.Context, puid string) (string, error)
}
