package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

func TestJudge(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for _, try := range []struct {
		k    kept
		want claim
	}{
		{kept{Request: "r", Status: 201, At: now.Add(-time.Hour)}, again},
		{kept{Request: "x", Status: 201, At: now.Add(-time.Hour)}, other},
		{kept{Request: "x", At: now, Until: now.Add(time.Minute)}, other},
		{kept{Request: "r", At: now, Until: now.Add(time.Minute)}, busy},
		{kept{Request: "r", At: now.Add(-time.Hour), Until: now}, first},
		{kept{Request: "x", Status: 201, At: now.Add(-day)}, first},
	} {
		if got := judge(try.k, "r", now, day); got != try.want {
			t.Errorf("%+v: %s, want %s", try.k, got, try.want)
		}
	}
}

const decide = `{"listing":"L1","outcome":"remove","reason":"counterfeit","version":0}`

func withListing(h *house) {
	h.t.Helper()
	h.want(202, nil, "POST", "/api/v1/listings", fakeShoe, "Content-Type", typeNDJSON)
	h.work()
}

func TestSameRequestTwiceIsOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		withListing(h)
		one := h.want(201, nil, "POST", "/api/v1/decisions", decide, "Idempotency-Key", "k1")
		two := h.want(201, nil, "POST", "/api/v1/decisions", decide, "Idempotency-Key", "k1")
		if one.Body.String() != two.Body.String() || one.Header().Get("Location") != two.Header().Get("Location") || two.Header().Get("Idempotency-Replayed") != "true" {
			t.Errorf("first %s\nthen %s", one.Body, two.Body)
		}
		problemIn(t, h.want(422, nil, "POST", "/api/v1/decisions", strings.Replace(decide, "remove", "restrict", 1), "Idempotency-Key", "k1"))
		problemIn(t, h.want(422, nil, "POST", "/api/v1/decisions", decide, "Idempotency-Key", strings.Repeat("k", 201)))
		problemIn(t, h.want(409, nil, "POST", "/api/v1/decisions", decide, "Idempotency-Key", "k2"))
		// What another key of the marketplace calls k1 is its own.
		w := h.ask(h.keys[access.Analyst], "POST", "/api/v1/brands/import", nike, "Idempotency-Key", "k1", "Content-Type", typeNDJSON)
		if w.Code != http.StatusOK {
			t.Errorf("another key: %d %s", w.Code, w.Body)
		}
		if n := count(h); n != 1 {
			t.Errorf("%d decisions", n)
		}
		must(t, h.Sweep(t.Context()))
		if w := h.ask(h.keys[access.Administrator], "POST", "/api/v1/decisions", decide, "Idempotency-Key", "k1"); w.Header().Get("Idempotency-Replayed") != "true" {
			t.Error("the sweep has taken an answer of today")
		}
	})
}

func count(h *house) int {
	h.t.Helper()
	lines := h.want(200, nil, "GET", "/api/v1/decisions", "", "Accept", typeNDJSON).Body.String()
	return strings.Count(lines, "\n")
}

func TestRacingRequestsAreOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		withListing(h)
		codes := make([]int, 12)
		var all sync.WaitGroup
		for i := range codes {
			all.Go(func() {
				codes[i] = h.ask(h.keys[access.Administrator], "POST", "/api/v1/decisions", decide, "Idempotency-Key", "race").Code
			})
		}
		all.Wait()
		made := 0
		for _, code := range codes {
			switch code {
			case http.StatusCreated:
				made++
			case http.StatusConflict:
			default:
				t.Errorf("codes %v\n%s", codes, h.log)
			}
		}
		if made == 0 {
			t.Errorf("nobody was told of the decision: %v", codes)
		}
		if n := count(h); n != 1 {
			t.Errorf("%d decisions", n)
		}
		h.want(201, nil, "POST", "/api/v1/decisions", decide, "Idempotency-Key", "race")
	})
}

// TestAttemptThatEndedWithoutAnAnswer plays a kill between the effect and the keeping of its answer.
func TestAttemptThatEndedWithoutAnAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		withListing(h)
		var made, again Decision
		h.want(201, &made, "POST", "/api/v1/decisions", decide, "Idempotency-Key", "killed")
		undo := "/api/v1/decisions/" + made.ID + "/undo"
		forget := func(until string) {
			_, err := h.DB.SQL().ExecContext(t.Context(), fmt.Sprintf("update api_request set status = 0, headers = '', body = '', until = %s", until))
			must(t, err)
		}
		forget("9000000000000000")
		problemIn(t, h.want(409, nil, "POST", "/api/v1/decisions", decide, "Idempotency-Key", "killed"))
		forget("0")
		h.want(201, &again, "POST", "/api/v1/decisions", decide, "Idempotency-Key", "killed")
		if again.ID != made.ID {
			t.Errorf("decision %s, then %s", made.ID, again.ID)
		}
		h.want(200, nil, "POST", undo, `{}`, "Idempotency-Key", "undo")
		forget("0")
		h.want(200, nil, "POST", undo, `{}`, "Idempotency-Key", "undo")
		if n := count(h); n != 1 {
			t.Errorf("%d decisions", n)
		}
	})
}
