package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	_ "time/tzdata" // people's zones, also on machines that have no zone files

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/assets"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// MaxBody is how much a request may send unless its route asks for more with Upload.
const MaxBody = 1 << 20

// Server is the console as an http.Handler.
type Server struct {
	Config
	frame    *ui.Frame
	mux      *http.ServeMux
	routes   []Route
	patterns map[string]Route
	handler  http.Handler
}

// New puts the jobs into the frame. It fails on words that are missing or taken, and panics, as http.ServeMux does, on
// patterns that contradict each other. Rail entries stand in the order of jobs.
func New(config Config, jobs ...Job) (*Server, error) {
	s := &Server{Config: config, mux: http.NewServeMux(), patterns: map[string]Route{}}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	if s.Remote == nil {
		s.Remote = connection
	}
	if s.Stay == 0 {
		s.Stay = 14 * 24 * time.Hour
	}
	s.frame = &ui.Frame{Words: ui.NewWords(), Assets: assets.New(), Simulated: config.Simulated, Secure: config.Secure}
	own := s.own()
	sheets := []fs.FS{ui.Files(), files}
	if err := s.frame.Words.Load(files, "."); err != nil {
		return nil, err
	}
	for _, job := range jobs {
		if err := s.frame.Words.Load(job.Views.Files(), "."); err != nil {
			return nil, err
		}
		sheets = append(sheets, job.Views.Files())
		if key := job.Rail.Key; key != "" && slices.ContainsFunc(s.frame.Rail, func(e ui.Entry) bool { return e.Key == key }) {
			return nil, fmt.Errorf("two jobs are reached by the keys %q: %s is the second", key, job.Rail.Path)
		}
		if job.Rail.Path != "" {
			s.frame.Rail = append(s.frame.Rail, job.Rail)
		}
		if job.Search != "" {
			s.frame.Search = job.Search
		}
		s.routes = append(s.routes, job.Routes...)
	}
	css, err := concatenate(sheets)
	if err != nil {
		return nil, err
	}
	s.frame.Assets.Add("ui.css", css)
	s.frame.Assets.Add("ui.js", ui.Script())
	s.routes = append(s.routes, own...)
	for _, route := range s.routes {
		s.patterns[route.Pattern] = route
		s.mux.Handle(route.Pattern, s.serve(route))
	}
	if !slices.ContainsFunc(s.routes, func(r Route) bool { return r.Pattern == "GET /{$}" }) {
		s.mux.Handle("GET /{$}", s.serve(Route{"GET /{$}", SignedIn, s.start}))
	}
	s.mux.Handle("GET "+assets.Prefix, s.frame.Assets)
	s.mux.Handle("/", s.serve(Route{"/", Public, func(http.ResponseWriter, *http.Request) error { return fault.NotFound }}))

	crossOrigin := http.NewCrossOriginProtection()
	for _, origin := range config.Origins {
		if err := crossOrigin.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trusted origin %s: %w", origin, err)
		}
	}
	refused := s.serve(Route{"", Public, func(http.ResponseWriter, *http.Request) error {
		return fault.Forbidden.Say("This form was sent from another site. Open the page here and send it again.")
	}})
	crossOrigin.SetDenyHandler(refused)
	s.handler = s.log(s.secure(crossOrigin.Handler(s.mux)))
	return s, nil
}

// Routes are the lines of the map, those of the frame itself included; a test drives each as each role.
func (s *Server) Routes() []Route { return slices.Clone(s.routes) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// HTTP is an http.Server for this console, with timeouts: whoever sends slowly does not hold a connection for ever.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute, // an import over a slow line
		WriteTimeout:      5 * time.Minute, // an export without a cap
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
}

// Upload lets the request send up to limit bytes; call it before reading the body.
func Upload(w http.ResponseWriter, r *http.Request, limit int64) {
	if whole, ok := r.Context().Value(bodyKey{}).(io.ReadCloser); ok {
		r.Body = http.MaxBytesReader(w, whole, limit)
	}
}

// concatenate joins the style sheets of all folders, the frame's first.
func concatenate(folders []fs.FS) ([]byte, error) {
	var all bytes.Buffer
	for _, folder := range folders {
		names, err := fs.Glob(folder, "*.css")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			css, err := fs.ReadFile(folder, name)
			if err != nil {
				return nil, fmt.Errorf("style sheet: %w", err)
			}
			all.Write(css)
			all.WriteByte('\n')
		}
	}
	return all.Bytes(), nil
}

type (
	bodyKey   struct{} // the body as it came, before MaxBody
	recordKey struct{} // what will be logged
)

// serve makes an http.Handler of a route: who asks, may they, do it; and the page of whatever goes wrong.
func (s *Server) serve(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		record, _ := r.Context().Value(recordKey{}).(*record)
		if record == nil {
			record = newRecord()
		}
		record.route = route.Pattern
		ctx := context.WithValue(r.Context(), bodyKey{}, r.Body)
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)

		visit, err := s.visit(w, r, record.reference)
		r = ui.With(r, visit)
		record.person = string(visit.User.ID)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Vary", "HX-Request, Cookie, Accept-Language")
		out := &buffered{ResponseWriter: w, packs: strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // net/http's own sentinel
					panic(p)
				}
				s.Log.ErrorContext(r.Context(), "handler panicked", slog.String("reference", record.reference), slog.String("route", route.Pattern),
					slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
				s.fail(out, r, record, errors.New("panic"))
			}
			out.flush()
		}()
		if err == nil {
			err = s.admit(route, visit)
		}
		if err == nil {
			err = route.Handle(out, r)
		}
		if err != nil {
			s.fail(out, r, record, err)
		}
	})
}

// admit asks whether the person may pass the route's door.
func (s *Server) admit(route Route, v *ui.Visit) error {
	switch {
	case route.Verb == Public:
		return nil
	case v.User.IsNobody():
		return fault.Unauthenticated.Say("Sign in first.")
	case route.Verb == SignedIn || v.User.Can(route.Verb):
		return nil
	}
	return fault.Forbidden.Say("Your role does not allow this.")
}

// start leads to the first job the person has, when no job draws the home page.
func (s *Server) start(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	for _, entry := range s.frame.Rail {
		if v.User.Can(entry.Verb) {
			return Go(w, r, entry.Path)
		}
	}
	return Go(w, r, "/account")
}

// Go leads the browser to another page of ours after a form: 303, or htmx's own way.
func Go(w http.ResponseWriter, r *http.Request, path string) error {
	path = local(path, "/")
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", path)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// Done ends a form that was accepted: the browser goes to path, whose page shows the toast. toast may be nil.
func Done(w http.ResponseWriter, r *http.Request, path string, toast *ui.Toast) error {
	if toast != nil {
		flash(w, r, toast)
	}
	return Go(w, r, path)
}

// local gives path if it is one of this server's, else fallback: nobody is led away by a link's parameter.
func local(path, fallback string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return fallback
	}
	return path
}

// policy is what a page may load: its own files and nothing else, no inline script, no inline style.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// secure sets the headers every answer has.
func (s *Server) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(self), microphone=(), payment=(), usb=()")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// record is what the log says of a request. The path's secrets and the query are not in it: a sign-in link holds a token,
// a search what a person looks for.
type record struct {
	reference string
	route     string
	person    string
	cause     error
}

func newRecord() *record { return &record{reference: strings.ToLower(rand.Text()[:10])} }

func (s *Server) log(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		record := newRecord()
		counted := &counter{ResponseWriter: w}
		next.ServeHTTP(counted, r.WithContext(context.WithValue(r.Context(), recordKey{}, record)))
		if record.route == "" {
			return // an asset
		}
		level := slog.LevelInfo
		if counted.status >= 500 {
			level = slog.LevelError
		}
		attributes := []slog.Attr{
			slog.String("reference", record.reference),
			slog.String("method", r.Method),
			slog.String("route", record.route),
			slog.String("path", scrub(record.route, r.URL.Path)),
			slog.Int("status", counted.status),
			slog.Int64("bytes", counted.bytes),
			slog.Duration("took", time.Since(begun)),
			slog.String("remote", s.Remote(r)),
			slog.String("person", record.person),
		}
		if record.cause != nil {
			attributes = append(attributes, slog.String("error", record.cause.Error()))
		}
		s.Log.LogAttrs(r.Context(), level, "request", attributes...)
	})
}

// scrub hides what {token} stands for in a path; a path that fits no route of ours is not repeated at all.
func scrub(route, path string) string {
	if route == "/" || route == "" {
		return ""
	}
	_, pattern, _ := strings.Cut(route, " ")
	parts := strings.Split(path, "/")
	for i, part := range strings.Split(pattern, "/") {
		if (part == "{token}" || part == "{token...}") && i < len(parts) {
			return strings.Join(parts[:i], "/") + "/…"
		}
	}
	return path
}

// counter notes status and size of an answer.
type counter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counter) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counter) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(p)
	c.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func connection(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
