package detect

import (
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// BatchID is the identity of a batch; the sender may choose it, and sending a batch twice under one id is sending it once.
type BatchID string

// Receipt is the answer to a batch: what was taken and what could not be.
type Receipt struct {
	Batch    BatchID      `json:"batch"`
	Accepted int          `json:"accepted"`
	Bad      []BadListing `json:"bad"`
}

// BadListing is a listing of a batch that cannot be taken; the others are.
type BadListing struct {
	Row     int              `json:"row"` // its place in the batch, from 1
	ID      market.ListingID `json:"id"`
	Problem *fault.Fault     `json:"-"`
}

// Batch is how a batch stands.
type Batch struct {
	ID       BatchID
	By       string    // the name of who sent it
	At       time.Time // when
	Accepted int64     // listings taken
	Bad      int64     // refused at once
	Scanned  int64     // that have their verdict
	Clear    int64     // of those scanned
	Review   int64
	Fake     int64
	Finished time.Time // when the last was scanned; zero while some wait

	organisation access.OrgID
}
