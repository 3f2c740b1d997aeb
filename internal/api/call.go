package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ownmark/ownmark/internal/access"
)

var (
	requestsAnswered = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "ownmark_api_requests_total", Help: "Requests answered, by operation (its id, \"none\" without) and HTTP status.",
	}, []string{"operation", "status"})
	requestSeconds = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "ownmark_api_request_seconds", Help: "Seconds from a request's header to the end of its answer, by operation.",
		Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 30},
	}, []string{"operation"})
	panics = promauto.NewCounter(prometheus.CounterOpts{Name: "ownmark_api_panics_total", Help: "Requests that ended in a panic."})
)

// call is what is known of a request while it is answered.
type call struct {
	reference   string // names it in the log
	url         *url.URL
	accept      string
	place       string // where its fields are: "body" or "query"
	operation   string // the id; "none" before one is found
	by          access.User
	body        []byte // unpacked
	contentType string // of the body, without parameters
	idempotency string // the Idempotency-Key; empty without
	interrupted bool   // an earlier attempt under this Idempotency-Key ended without an answer
	cause       error  // why it was refused, for the log
}

type callKey struct{}

// callOf is the call that ctx belongs to.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// ServeHTTP answers a request below /api/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	c := &call{reference: newReference(), url: r.URL, accept: r.Header.Get("Accept"), place: "query", operation: "none"}
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		c.place = "body"
	}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	out := &answer{ResponseWriter: w}
	header := w.Header()
	header.Set("X-Request-Id", c.reference)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	defer func() {
		caught := recover()
		if caught != nil && caught != any(http.ErrAbortHandler) {
			panics.Inc()
			s.Log.ErrorContext(r.Context(), "api request panicked", slog.String("reference", c.reference), slog.Any("panic", caught), slog.String("stack", string(debug.Stack())))
			if out.status == 0 {
				s.write(out, r, fmt.Errorf("panic: %v", caught))
				caught = nil
			}
		}
		s.record(r, c, out, time.Since(began))
		if caught != nil {
			// The answer has begun: only its end can show that it is not whole.
			panic(http.ErrAbortHandler)
		}
	}()
	handler, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(out, r)
		return
	}
	s.nowhere(out, r, handler)
}

// nowhere tells 404 from 405 as the mux does, in the words of a problem.
func (s *Server) nowhere(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	said := &discard{header: http.Header{}}
	handler.ServeHTTP(said, r)
	if allow := said.header.Get("Allow"); said.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", allow)
		s.write(w, r, newProblem(http.StatusMethodNotAllowed, "This address takes "+allow+"."))
		return
	}
	s.write(w, r, newProblem(http.StatusNotFound, "There is nothing at this address."))
}

func (s *Server) record(r *http.Request, c *call, out *answer, took time.Duration) {
	status := out.status
	if status == 0 {
		status = http.StatusOK
	}
	requestsAnswered.WithLabelValues(c.operation, strconv.Itoa(status)).Inc()
	requestSeconds.WithLabelValues(c.operation).Observe(took.Seconds())
	attributes := []slog.Attr{
		slog.String("reference", c.reference), slog.String("operation", c.operation), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", status), slog.Int64("bytes", out.bytes), slog.Duration("took", took), slog.String("key", string(c.by.Key)),
	}
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelError
	}
	if c.cause != nil && (status >= 500 || !errors.As(c.cause, new(*Problem))) {
		attributes = append(attributes, slog.Any("error", c.cause))
	}
	s.Log.LogAttrs(r.Context(), level, "api request answered", attributes...)
}

func newReference() string {
	var raw [8]byte
	// Read never fails: crypto/rand ends the process instead.
	_, _ = rand.Read(raw[:])
	return hex.EncodeToString(raw[:])
}

// answer counts what is sent.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader is http.ResponseWriter's.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write is http.ResponseWriter's.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController through.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// discard keeps only what the mux says of a request nobody handles.
type discard struct {
	header http.Header
	status int
}

// Header is http.ResponseWriter's.
func (d *discard) Header() http.Header { return d.header }

// Write is http.ResponseWriter's.
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader is http.ResponseWriter's.
func (d *discard) WriteHeader(status int) { d.status = status }
