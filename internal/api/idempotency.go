package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

var idempotent = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "ownmark_api_idempotent_total", Help: "Requests with an Idempotency-Key: first, again (answered from memory), busy, other (the key was used for another request).",
}, []string{"outcome"})

const (
	maxIdempotencyKey = 200     // characters
	maxKept           = 4 << 20 // bytes of an answer that is kept
)

// kept is a request under an Idempotency-Key, and its answer.
type kept struct {
	Request string
	Status  int64 // 0 while there is no answer
	Headers string
	Body    string
	Until   time.Time
	At      time.Time
}

// claim is what to do with a request.
type claim string

const (
	first claim = "first" // do it
	again claim = "again" // give the kept answer
	busy  claim = "busy"  // another attempt is at work
	other claim = "other" // the key stands for another request
)

// judge says what to do with a request whose key is known.
func judge(k kept, request string, now time.Time, keep time.Duration) claim {
	switch {
	case now.Sub(k.At) >= keep:
		return first
	case k.Request != request:
		return other
	case k.Status != 0:
		return again
	case now.Before(k.Until):
		return busy
	}
	return first
}

// once does a request unless its Idempotency-Key has done it before. The answer is kept after the effect, in a
// transaction of its own; a kill in between has the request done again once its attempt has run out, which is why what
// is done twice must come out once in the rooms too: decisions and batches carry the key on as their own request's id.
func (s *Server) once(w http.ResponseWriter, r *http.Request, call *call, do func(http.ResponseWriter)) {
	if err := checkIdempotencyKey(call.idempotency); err != nil {
		s.write(w, r, err)
		return
	}
	key, idempotency, holder := string(call.by.Key), digest(call.idempotency), db.NewID()
	request := digest(r.Method, r.URL.Path, r.URL.RawQuery, call.contentType, r.Header.Get("If-Match"), r.Header.Get("If-None-Match"), string(call.body))
	what, k, err := s.claim(r.Context(), key, idempotency, request, holder)
	if err != nil {
		s.write(w, r, err)
		return
	}
	idempotent.WithLabelValues(string(what)).Inc()
	switch what {
	case busy:
		w.Header().Set("Retry-After", "1")
		s.write(w, r, fault.Conflict.Say("The same request is still being worked on."))
		return
	case other:
		s.write(w, r, newProblem(http.StatusUnprocessableEntity, "This Idempotency-Key was used for another request.", ProblemError{Location: "header.Idempotency-Key", Field: "Idempotency-Key", Message: "used for another request"}))
		return
	case again:
		k.send(w)
		return
	}
	call.interrupted = k.Request != ""
	out := &recorder{header: http.Header{}}
	finished := false
	// The caller may be gone, its answer must be there when it comes back.
	ctx := context.WithoutCancel(r.Context())
	defer func() {
		if !finished {
			s.release(ctx, key, idempotency, holder)
		}
	}()
	do(out)
	if out.status < 500 && out.status != http.StatusTooManyRequests && out.body.Len() <= maxKept {
		finished = s.keep(ctx, key, idempotency, holder, out)
	}
	out.send(w)
}

func checkIdempotencyKey(key string) error {
	ok := len(key) <= maxIdempotencyKey
	for i := range len(key) {
		ok = ok && key[i] > ' ' && key[i] < 0x7f
	}
	if !ok {
		return newProblem(http.StatusUnprocessableEntity, fmt.Sprintf("An Idempotency-Key has at most %d characters of ASCII and no spaces.", maxIdempotencyKey), ProblemError{Location: "header.Idempotency-Key", Field: "Idempotency-Key", Message: "cannot be a key"})
	}
	return nil
}

// request is the id under which a room remembers this request; empty without an Idempotency-Key.
func (c *call) request() string {
	if c.idempotency == "" {
		return ""
	}
	return digest(string(c.by.Key), c.operation, c.idempotency)[:40]
}

// digest is the SHA-256 of the texts, none of which can run into the next.
func digest(texts ...string) string {
	sum := sha256.New()
	for _, text := range texts {
		// A hash takes everything.
		_, _ = fmt.Fprintf(sum, "%d:%s", len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// recorder holds an answer back until it is kept.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is http.ResponseWriter's.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader is http.ResponseWriter's.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write is http.ResponseWriter's.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) send(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	// An error means that the caller has gone.
	_, _ = w.Write(r.body.Bytes())
}

func (k kept) send(w http.ResponseWriter) {
	header := http.Header{}
	// What keep wrote can be read; without it the answer has only its body.
	_ = json.Unmarshal([]byte(k.Headers), &header)
	for name, values := range header {
		w.Header()[name] = values
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(int(k.Status))
	// An error means that the caller has gone.
	_, _ = w.Write([]byte(k.Body))
}

func (s *Server) claim(ctx context.Context, key, idempotency, request, holder string) (what claim, k kept, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		now, until := db.Micros(tx.Now()), db.Micros(tx.Now().Add(2*s.Limits.Time))
		added, err := tx.Exec(addRequest, key, idempotency, request, holder, until, now)
		if err != nil || added == 1 {
			what, k = first, kept{}
			return err
		}
		if k, err = db.One(tx, scanKept, requestOf, key, idempotency); err != nil {
			return err
		}
		if what = judge(k, request, tx.Now(), s.Limits.Keep); what != first {
			return nil
		}
		if k.Request != request || k.Status != 0 {
			k = kept{} // it is from another day, not an interrupted attempt
		}
		_, err = tx.Exec(takeRequest, key, idempotency, request, holder, until, now)
		return err
	})
	return what, k, err
}

// keep reports whether the answer is kept.
func (s *Server) keep(ctx context.Context, key, idempotency, holder string, out *recorder) bool {
	headers, err := json.Marshal(out.header)
	if err == nil {
		err = s.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(answerRequest, key, idempotency, holder, out.status, string(headers), out.body.String())
			return err
		})
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "answer not kept", slog.String("reference", callOf(ctx).reference), slog.Any("error", err))
	}
	// What has happened must not happen again: the attempt is left standing until it runs out.
	return true
}

func (s *Server) release(ctx context.Context, key, idempotency, holder string) {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(releaseRequest, key, idempotency, holder)
		return err
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "request not released", slog.String("reference", callOf(ctx).reference), slog.Any("error", err))
	}
}
