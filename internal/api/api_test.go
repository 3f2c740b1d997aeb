package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// house is an API over real services; the bus is a list that work is taken from by hand.
type house struct {
	*Server
	t     testing.TB
	queue *queue
	keys  map[access.Role]string // a key of each role with every scope that keys may have
	org   map[access.Role]access.OrgID
	log   *bytes.Buffer
}

// queue is a bus in memory.
type queue struct {
	mu       sync.Mutex
	messages []bus.Message
}

func (q *queue) Publish(ctx context.Context, subject, id string, body []byte) error {
	return q.PublishMany(ctx, []bus.Message{{ID: id, Subject: subject, Body: body}})
}

func (q *queue) PublishMany(_ context.Context, messages []bus.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = append(q.messages, messages...)
	return nil
}

func (q *queue) take() []bus.Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.messages
	q.messages = nil
	return all
}

func newHouse(t testing.TB, d *db.DB, limits Limits) *house {
	t.Helper()
	ctx := t.Context()
	key, err := ledger.NewKey("api.test")
	must(t, err)
	store, err := blob.Open(ctx, "mem://")
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	h := &house{t: t, queue: &queue{}, keys: map[access.Role]string{}, org: map[access.Role]access.OrgID{}, log: &bytes.Buffer{}}
	people := &access.Service{DB: d}
	brands := &brand.Service{DB: d}
	if limits.PerSecond == 0 {
		limits.PerSecond, limits.Burst = 1e6, 1e6
	}
	h.Server = New(Config{
		DB: d, Access: people, Brands: brands, Market: &market.Service{DB: d},
		Detect:  &detect.Service{DB: d, Bus: h.queue, Brands: brands, Now: clock.System},
		Enforce: &enforce.Service{DB: d}, Cultivate: &cultivate.Service{DB: d, Access: people, Industries: cultivate.Industries{"shoes": {ID: "shoes"}}}, Ledger: ledger.Open(d, key), Blob: store,
		Log: slog.New(slog.NewJSONHandler(&lockedWriter{w: h.log}, nil)), Limits: limits, Version: "test",
	})
	_, err = people.Bootstrap(ctx, "Market", "Ada", "ada@example.com")
	must(t, err)
	holder, err := people.AddOrganisation(ctx, access.System, "Holder")
	must(t, err)
	account, err := people.AddSeller(ctx, access.System, "S-1", "Seller")
	must(t, err)
	bureau, err := people.AddAuthority(ctx, access.System, "Bureau")
	must(t, err)
	var firm access.OrgID
	must(t, d.Tx(ctx, func(tx *db.Tx) error {
		firm, _, _, err = people.Join(tx, access.System, access.MakerOrganisation, "Firm", access.Invitation{Name: "Lin", Email: "lin@example.com", Roles: []access.Role{access.Maker}})
		return err
	}))
	for _, role := range access.Roles() {
		org := access.OperatorID
		switch role {
		case access.RightsHolder:
			org = holder
		case access.Maker:
			org = firm
		case access.Seller:
			org = account
		case access.Officer:
			org = bureau
		}
		if role == access.Seller {
			org, err = people.AddSeller(ctx, access.System, "S1", "Seller")
			must(t, err)
		}
		h.keys[role] = h.key(role, org, keyVerbs()...)
		h.org[role] = org
	}
	return h
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func keyVerbs() []access.Verb {
	var all []access.Verb
	for _, v := range access.Verbs() {
		if v.ForKeys() {
			all = append(all, v)
		}
	}
	return all
}

// key makes a person of the role and a key in their name.
func (h *house) key(role access.Role, org access.OrgID, scopes ...access.Verb) string {
	h.t.Helper()
	ctx := context.Background()
	id, _, err := h.Access.InvitePerson(ctx, access.System, access.Invitation{Name: "Test", Email: db.NewID() + "@example.com", Org: org, Roles: []access.Role{role}})
	must(h.t, err)
	_, token, err := h.Access.CreateKey(ctx, access.User{ID: id, Name: "Test", Org: org, Roles: []access.Role{access.Administrator}}, "test", scopes, time.Time{})
	must(h.t, err)
	return token
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends a request as whoever has the token; headers are pairs.
func (h *house) ask(token, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// want asks as an administrator and decodes the answer.
func (h *house) want(status int, into any, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	w := h.ask(h.keys[access.Administrator], method, path, body, headers...)
	if w.Code != status {
		h.t.Fatalf("%s %s: status %d, want %d: %s\n%s", method, path, w.Code, status, w.Body, h.log)
	}
	if into != nil {
		must(h.t, json.Unmarshal(w.Body.Bytes(), into))
	}
	return w
}

// work does what waits on the bus.
func (h *house) work() {
	h.t.Helper()
	for _, m := range h.queue.take() {
		must(h.t, h.Detect.Handle(context.Background(), m))
	}
}

const fakeShoe = `{"id":"L1","title":"Nike Air Force 1 replica 1:1 AAA quality","brand":"Nike","category":"shoes","price":19,"currency":"USD","seller":{"id":"S1","name":"Shop"}}`

const nike = `{"id":"nike","name":"Nike","aliases":["耐克"],"categories":["shoes"],"prices":{"shoes":{"currency":"USD","low":55,"typical":110}},"authorised_sellers":["S9"]}`

func (h *house) importNike() {
	h.t.Helper()
	h.want(http.StatusOK, nil, "POST", "/api/v1/brands/import", nike, "Content-Type", typeNDJSON)
	must(h.t, h.Detect.Ready(context.Background()))
}

// problemIn reads a problem and holds it against what every problem keeps.
func problemIn(t testing.TB, w *httptest.ResponseRecorder) Problem {
	t.Helper()
	var p Problem
	if got := w.Header().Get("Content-Type"); got != typeProblem {
		t.Fatalf("status %d with Content-Type %q: %s", w.Code, got, w.Body)
	}
	must(t, json.Unmarshal(w.Body.Bytes(), &p))
	if p.Status != w.Code || p.Title == "" || p.Detail == "" || p.Reference == "" || !strings.HasPrefix(p.Type, "/api/docs#problem-") {
		t.Fatalf("not a whole problem: %s", w.Body)
	}
	return p
}
