package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
)

// Problem is what went wrong, as of RFC 9457.
type Problem struct {
	Type      string         `json:"type" doc:"What kind of problem this is; the address leads to its explanation." example:"/api/docs#problem-invalid"`
	Title     string         `json:"title" doc:"The kind in a few words."`
	Status    int            `json:"status" doc:"The HTTP status."`
	Detail    string         `json:"detail" doc:"What went wrong this time, for people."`
	Reference string         `json:"reference,omitempty" doc:"Names this request in the server's log; also in the header X-Request-Id."`
	Errors    []ProblemError `json:"errors,omitempty" nullable:"false" doc:"Each thing wrong with the request."`
}

// ProblemError is one thing wrong with a request.
type ProblemError struct {
	Location string `json:"location,omitempty" doc:"Where it is: body, query, path or header, and the field." example:"body.seller.joined"`
	Field    string `json:"field,omitempty" doc:"The field alone." example:"seller.joined"`
	Message  string `json:"message" doc:"What is wrong with it, for people."`
}

// Error makes a Problem the error of a handler.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is huma.StatusError's.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is huma.ContentTypeFilter's.
func (p *Problem) ContentType(string) string { return typeProblem }

// statuses is the HTTP status of each kind of fault.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.NotFound:        http.StatusNotFound,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Conflict:        http.StatusConflict,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// problemKinds explains every status that comes as a problem: its name in Problem.Type, its title, and what to do. The
// documentation page shows it.
var problemKinds = map[int]struct{ Name, Title, Advice string }{
	400: {"malformed", "The request cannot be read", "The body is not the JSON it should be: broken text, a key twice, too deep. Mend the sender."},
	401: {"unauthenticated", "No valid API key", "Send Authorization: Bearer omk_… with a key that is in force."},
	403: {"forbidden", "Not allowed", "The key's scopes or the role of who made it do not allow this. The operation names the verb it needs."},
	404: {"not-found", "Not found", "There is no such thing, or not for this key."},
	405: {"method-not-allowed", "Method not allowed", "The header Allow says which methods this address has."},
	408: {"timeout", "The body came too slowly", "Send it again."},
	409: {"conflict", "Conflict", "The thing has changed or was decided in between, or the same request is still being worked on. Read it again, then decide."},
	412: {"precondition-failed", "It has changed meanwhile", "Read it again and send its new ETag in If-Match."},
	413: {"too-large", "Too large", "The detail names the bound. Send less at a time."},
	415: {"unsupported-type", "Unsupported type", "Content-Type or Content-Encoding is none that the operation takes."},
	422: {"invalid", "Cannot be accepted as it is", "Each entry of errors names a field and what is wrong with it."},
	428: {"precondition-required", "A precondition is needed", "Send If-Match with the ETag that was read, or If-None-Match: * to make something new."},
	429: {"too-many", "Too many requests", "Wait as long as the header Retry-After says."},
	500: {"internal", "A fault of ours", "Report the reference. Sending it again may help; with an Idempotency-Key it is safe."},
	503: {"unavailable", "Unavailable just now", "Try again later, as the header Retry-After says."},
}

func newProblem(status int, detail string, errs ...ProblemError) *Problem {
	kind := problemKinds[status]
	return &Problem{Type: "/api/docs#problem-" + kind.Name, Title: kind.Title, Status: status, Detail: detail, Errors: errs}
}

// problem is err as a program is told it. What is ours and not the caller's stays in the log.
func (s *Server) problem(ctx context.Context, err error) error {
	call := callOf(ctx)
	call.cause = err
	header := http.Header{}
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		p = s.faultProblem(call, err)
	}
	p.bounded().Reference = call.reference
	if p.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="Ownmark"`)
	}
	if at, ok := access.RetryAt(err); ok {
		header.Set("Retry-After", seconds(time.Until(at)))
	} else if p.Status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "5")
	}
	return huma.ErrorWithHeaders(p, header)
}

func (s *Server) faultProblem(call *call, err error) *Problem {
	kind := fault.Of(err)
	switch {
	case kind == fault.Internal && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)):
		return newProblem(statuses[fault.Unavailable], "This took too long and was given up.")
	case kind == fault.Internal:
		return newProblem(statuses[kind], "Something went wrong on our side. It is logged under the reference.")
	}
	all := fault.All(err)
	p := newProblem(statuses[kind], "")
	for _, f := range all {
		p.Detail = cmp.Or(p.Detail, f.Message())
		if f.Field != "" {
			p.Errors = append(p.Errors, ProblemError{Location: call.place + "." + f.Field, Field: f.Field, Message: f.Message()})
		}
	}
	p.Detail = cmp.Or(p.Detail, p.Title+".")
	if len(all) > 1 {
		p.Detail = "Several things are wrong with the request."
	}
	return p
}

// fromHuma makes Problems of what huma itself finds wrong. It leaves out the values: they may be long, or secret.
func fromHuma(ctx huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := newProblem(model.Status, "The request cannot be accepted as it is.")
	if model.Status == http.StatusBadRequest && len(model.Errors) == 0 {
		p.Detail = "The request has no body."
	}
	p.Reference = callOf(ctx.Context()).reference
	for _, e := range model.Errors {
		place, field, _ := strings.Cut(e.Location, ".")
		if field == "" && place != "body" {
			field = place
		}
		p.Errors = append(p.Errors, ProblemError{Location: e.Location, Field: field, Message: e.Message})
	}
	return p.bounded(), nil
}

// maxErrors is how many things wrong with a request a problem tells of.
const maxErrors = 1000

// bounded keeps a problem from growing with what it is about.
func (p *Problem) bounded() *Problem {
	p.Errors = p.Errors[:min(len(p.Errors), maxErrors)]
	for i, e := range p.Errors {
		p.Errors[i] = ProblemError{Location: truncated(e.Location), Field: truncated(e.Field), Message: truncated(e.Message)}
	}
	return p
}

// write sends a problem outside of huma.
func (s *Server) write(w http.ResponseWriter, r *http.Request, err error) {
	err = s.problem(r.Context(), err)
	p, _ := errors.AsType[*Problem](err)
	if with, ok := errors.AsType[huma.HeadersError](err); ok {
		for name, values := range with.GetHeaders() {
			w.Header()[name] = values
		}
	}
	w.Header().Set("Content-Type", typeProblem)
	w.WriteHeader(p.Status)
	// An error means that the caller has gone.
	_ = json.NewEncoder(w).Encode(p)
}

// seconds is a time to wait as Retry-After has it: whole seconds, at least one.
func seconds(d time.Duration) string { return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second))) }
