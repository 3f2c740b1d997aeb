package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
)

// guard stands before every operation: who calls, how often, may they, what did they send, have they sent it before.
func (s *Server) guard(c huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(c)
	o := c.Operation().Metadata["operation"].(*operation)
	call := callOf(r.Context())
	call.operation = o.id
	by, err := s.authenticate(r)
	if err != nil {
		s.write(w, r, err)
		return
	}
	call.by = by
	if wait := s.rate.take(by.Key); wait > 0 {
		w.Header().Set("Retry-After", seconds(wait))
		s.write(w, r, fault.TooMany.Say("This key may send %v requests a second, and %d at once.", s.Limits.PerSecond, s.Limits.Burst))
		return
	}
	if o.verb != anyKey && !by.Can(o.verb) {
		s.write(w, r, fault.Forbidden.Say("This needs the scope %s, in the key and in the role of who made it.", string(o.verb)))
		return
	}
	if !o.streams {
		ctx, cancel := context.WithTimeout(r.Context(), s.Limits.Time)
		defer cancel()
		r = r.WithContext(ctx)
	}
	release, err := s.room(r, o)
	if err != nil {
		s.write(w, r, err)
		return
	}
	defer release()
	if err := s.readBody(w, r, o, call); err != nil {
		s.write(w, r, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(call.body))
	proceed := func(w http.ResponseWriter) { next(humago.NewContext(c.Operation(), r, w)) }
	if call.idempotency = r.Header.Get("Idempotency-Key"); call.idempotency != "" && o.changes {
		s.once(w, r, call, proceed)
		return
	}
	proceed(w)
}

func (s *Server) authenticate(r *http.Request) (access.User, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return access.User{}, fault.Unauthenticated.Say("Send an API key: Authorization: Bearer omk_….")
	}
	return s.Access.AuthenticateKey(r.Context(), strings.TrimSpace(token))
}

// room waits until there is memory for the body, so that many large ones at once do not end the process.
func (s *Server) room(r *http.Request, o *operation) (release func(), err error) {
	bytes := o.body
	if r.ContentLength >= 0 && r.Header.Get("Content-Encoding") == "" {
		bytes = min(bytes, r.ContentLength)
	}
	if err := s.memory.Acquire(r.Context(), bytes); err != nil {
		return nil, fault.Unavailable.Say("Too many large requests are being worked on.").Because(err)
	}
	return func() { s.memory.Release(bytes) }, nil
}

// readBody reads, unpacks and bounds the body, and holds JSON against the rules that every JSON here keeps.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, o *operation, call *call) error {
	if o.body == 0 {
		return nil
	}
	contentType := r.Header.Get("Content-Type")
	if contentType == "" {
		contentType = o.types[0]
	}
	media, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || !slices.Contains(o.types, media) {
		return newProblem(http.StatusUnsupportedMediaType, "This takes "+strings.Join(o.types, ", ")+".", ProblemError{Location: "header.Content-Type", Field: "Content-Type", Message: "not a type that this operation takes"})
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return newProblem(http.StatusUnsupportedMediaType, "Text is UTF-8 here.", ProblemError{Location: "header.Content-Type", Field: "Content-Type", Message: "the charset is not utf-8"})
	}
	call.contentType = media
	if r.ContentLength > o.body {
		return tooLong(o.body)
	}
	// A sender that dribbles must not hold a place for ever; not every ResponseWriter has deadlines, tests' have none.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(s.Limits.Time))
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	var in io.Reader = http.MaxBytesReader(w, r.Body, o.body)
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip":
		packed, err := gzip.NewReader(in)
		if err != nil {
			return readProblem(err, o.body)
		}
		in = packed
	default:
		return newProblem(http.StatusUnsupportedMediaType, "Bodies are sent as they are or packed with gzip.", ProblemError{Location: "header.Content-Encoding", Field: "Content-Encoding", Message: "not gzip"})
	}
	call.body, err = io.ReadAll(io.LimitReader(in, o.body+1))
	if err != nil {
		return readProblem(err, o.body)
	}
	if int64(len(call.body)) > o.body {
		return tooLong(o.body)
	}
	if media == typeJSON && !o.byRow {
		return checkJSON(call.body, s.Limits.Depth)
	}
	return nil
}

func tooLong(limit int64) error {
	return fault.TooLarge.Say("A body has at most %d bytes here, unpacked.", limit)
}

func readProblem(err error, limit int64) error {
	if errors.As(err, new(*http.MaxBytesError)) {
		return tooLong(limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return newProblem(http.StatusRequestTimeout, "The body came too slowly.")
	}
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || strings.HasPrefix(err.Error(), "flate:") || errors.Is(err, io.EOF) {
		return newProblem(http.StatusBadRequest, "The body ends too early or is no gzip.")
	}
	return newProblem(http.StatusBadRequest, fmt.Sprintf("The body could not be read to its end: %v.", err))
}
