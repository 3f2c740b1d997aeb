package api

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
)

var rowsReceived = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "ownmark_api_rows_total", Help: "Rows of batches of listings: accepted or bad.",
}, []string{"outcome"})

// maxTold is how many bad rows an answer tells of; all are counted.
const maxTold = 1000

// Receipt is the answer to a batch.
type Receipt struct {
	Batch    string   `json:"batch" doc:"The batch's id."`
	Href     string   `json:"href" doc:"Where to ask how far it is."`
	Accepted int      `json:"accepted" doc:"Listings that went in."`
	Refused  int      `json:"refused" doc:"Rows that did not."`
	Bad      []BadRow `json:"bad" nullable:"false" doc:"The refused rows, in order; at most 1,000 of them."`
}

// BadRow is a row that is not a listing.
type BadRow struct {
	Row    int    `json:"row" doc:"From 1: the element of the array, or the line that is not empty."`
	ID     string `json:"id,omitempty"`
	Field  string `json:"field,omitempty" doc:"Empty when the whole row is meant."`
	Reason string `json:"reason"`
}

type receiptOutput struct {
	Location string `header:"Location" doc:"Where to ask how far the batch is."`
	Body     Receipt
}

// batchPattern is what detect takes as the id of a batch.
var batchPattern = regexp.MustCompile(`^[A-Za-z0-9_:-]{1,100}$`)

func (s *Server) submit(ctx context.Context, by access.User, _ *struct{}) (*receiptOutput, error) {
	call := callOf(ctx)
	batch, err := parseBatch(call, s.Limits)
	if err != nil {
		return nil, err
	}
	if len(batch.listings) == 0 {
		return nil, allBad(batch)
	}
	id := call.idempotency
	if id != "" && !batchPattern.MatchString(id) {
		id = call.request()
	}
	receipt, err := s.Detect.Submit(ctx, by, detect.BatchID(id), batch.listings)
	if err != nil {
		return nil, err
	}
	for _, bad := range receipt.Bad {
		batch.bad = append(batch.bad, badRow{Row: batch.rows[bad.Row-1], ID: string(bad.ID), Field: bad.Problem.Field, Reason: bad.Problem.Message()})
	}
	slices.SortFunc(batch.bad, func(a, b badRow) int { return a.Row - b.Row })
	rowsReceived.WithLabelValues("accepted").Add(float64(receipt.Accepted))
	rowsReceived.WithLabelValues("bad").Add(float64(len(batch.bad)))
	href := "/api/v1/batches/" + url.PathEscape(string(receipt.Batch))
	out := Receipt{Batch: string(receipt.Batch), Href: href, Accepted: receipt.Accepted, Refused: len(batch.bad), Bad: []BadRow{}}
	for _, bad := range batch.bad[:min(len(batch.bad), maxTold)] {
		out.Bad = append(out.Bad, BadRow(bad))
	}
	return &receiptOutput{Location: href, Body: out}, nil
}

// allBad is the problem of a batch without one good row.
func allBad(batch parsed) error {
	rowsReceived.WithLabelValues("bad").Add(float64(len(batch.bad)))
	p := newProblem(http.StatusUnprocessableEntity, "No row of this batch is a listing.")
	slices.SortFunc(batch.bad, func(a, b badRow) int { return a.Row - b.Row })
	for _, bad := range batch.bad[:min(len(batch.bad), maxTold)] {
		field := rowField(bad)
		p.Errors = append(p.Errors, ProblemError{Location: "body." + field, Field: field, Message: sentence(bad.Reason)})
	}
	return p
}

func rowField(bad badRow) string {
	field := "rows[" + itoa(bad.Row) + "]"
	if bad.Field != "" {
		field += "." + bad.Field
	}
	return field
}

// sentence makes a sentence of a reason.
func sentence(reason string) string {
	first, size := utf8.DecodeRuneInString(reason)
	if size == 0 {
		return "It cannot be read."
	}
	reason = string(unicode.ToUpper(first)) + reason[size:]
	if last := reason[len(reason)-1]; last != '.' && last != '!' && last != '?' {
		reason += "."
	}
	return reason
}

// Batch is how a batch stands.
type Batch struct {
	ID       string    `json:"id"`
	By       string    `json:"by" doc:"The name of who sent it."`
	At       time.Time `json:"at"`
	Accepted int64     `json:"accepted"`
	Scanned  int64     `json:"scanned" doc:"That have their verdict."`
	Clear    int64     `json:"clear"`
	Review   int64     `json:"review"`
	Fake     int64     `json:"fake"`
	Finished time.Time `json:"finished,omitzero" doc:"When the last was scanned; absent while some wait."`
}

// BatchInput names a batch.
type BatchInput struct {
	ID string `path:"batch" maxLength:"300"`
}

type batchOutput struct {
	Body Batch
}

func (s *Server) registerBatches() {
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/batches/{batch}", id: "get-batch", tag: "Listings", summary: "Ask how far a batch is",
		description: "How many listings of it are scanned, and with which verdicts.",
		verb:        access.ListingSubmit, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *BatchInput) (*batchOutput, error) {
		b, err := s.Detect.Batch(ctx, by, detect.BatchID(in.ID))
		if err != nil {
			return nil, err
		}
		return &batchOutput{Batch{
			ID: string(b.ID), By: b.By, At: b.At, Accepted: b.Accepted, Scanned: b.Scanned, Clear: b.Clear, Review: b.Review, Fake: b.Fake, Finished: b.Finished,
		}}, nil
	})
}
