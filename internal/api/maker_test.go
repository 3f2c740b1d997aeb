package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

// enrolled is a firm of the house's maker in an open cohort.
func enrolled(t *testing.T, h *house) cultivate.Maker {
	t.Helper()
	manager := access.User{ID: "m1", Name: "Mia", Org: access.OperatorID, Roles: []access.Role{access.ProgrammeManager}}
	c, err := h.Cultivate.SaveCohort(t.Context(), manager, cultivate.Cohort{Industry: "shoes", Name: "Putian I", Place: "Putian", Places: 3})
	must(t, err)
	c, err = h.Cultivate.MoveCohort(t.Context(), manager, c.ID, c.Version, cultivate.CohortOpen, "")
	must(t, err)
	m, _, err := h.Cultivate.Enrol(t.Context(), manager, c.ID, cultivate.Firm{Organisation: h.org[access.Maker], Name: "Firm", Place: "Putian"})
	must(t, err)
	return m
}

// TestChannelResults has a maker's program enter what a channel brought, correct it, and be refused what would count twice; another firm finds nothing.
func TestChannelResults(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		m := enrolled(t, h)
		path := "/api/v1/makers/" + string(m.ID) + "/channel-results"
		result := ChannelResult{Channel: "video", Begins: "2026-01-01", Ends: "2026-01-31", Visits: 1000, Searches: 40, Orders: 25, Spent: 50_000, Currency: "CNY"}
		ask := func(role access.Role, r ChannelResult) (int, KeptChannelResult) {
			t.Helper()
			body, err := json.Marshal(r)
			must(t, err)
			w := h.ask(h.keys[role], "POST", path, string(body), "Content-Type", typeJSON)
			var kept KeptChannelResult
			if w.Code == http.StatusOK {
				must(t, json.Unmarshal(w.Body.Bytes(), &kept))
			}
			return w.Code, kept
		}
		status, first := ask(access.Maker, result)
		if status != http.StatusOK || first.ID == "" || first.ChannelResult != result {
			t.Fatalf("%d %+v", status, first)
		}
		if _, again := ask(access.Maker, result); again.ID != first.ID {
			t.Errorf("the same figures again: %s, then %s", first.ID, again.ID)
		}
		corrected := result
		corrected.Visits = 1100
		if status, kept := ask(access.ProgrammeManager, corrected); status != http.StatusOK || kept.ID == first.ID {
			t.Errorf("a correction: %d %+v", status, kept)
		}
		overlap := result
		overlap.Ends = "2026-02-03"
		if status, _ := ask(access.Maker, overlap); status != http.StatusConflict {
			t.Errorf("the same visits twice: %d", status)
		}
		wrong := result
		wrong.Orders = 5000
		if status, _ := ask(access.Maker, wrong); status != http.StatusUnprocessableEntity {
			t.Errorf("more orders than visits: %d", status)
		}
		path = "/api/v1/makers/nowhere/channel-results"
		if status, _ := ask(access.Maker, result); status != http.StatusNotFound {
			t.Errorf("another's maker: %d", status)
		}
	})
}

// TestResults has the programme's program enter what graduation is held against; the firm may not, and what cannot be is refused.
func TestResults(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		m := enrolled(t, h)
		ask := func(role access.Role, maker string, r Result) (int, KeptResult) {
			t.Helper()
			body, err := json.Marshal(r)
			must(t, err)
			w := h.ask(h.keys[role], "POST", "/api/v1/makers/"+maker+"/results", string(body), "Content-Type", typeJSON)
			var kept KeptResult
			if w.Code == http.StatusOK {
				must(t, json.Unmarshal(w.Body.Bytes(), &kept))
			}
			return w.Code, kept
		}
		result := Result{Measure: "repeat-buyers", Begins: "2026-01-01", Ends: "2026-01-31", Part: 300, Whole: 1000, Source: "marketplace", Confidence: "verified"}
		status, first := ask(access.ProgrammeManager, string(m.ID), result)
		if status != http.StatusOK || first.ID == "" || first.Result != result {
			t.Fatalf("%d %+v", status, first)
		}
		if _, again := ask(access.ProgrammeManager, string(m.ID), result); again.ID != first.ID {
			t.Errorf("the same again: %s, then %s", first.ID, again.ID)
		}
		if status, _ := ask(access.Maker, string(m.ID), result); status != http.StatusForbidden {
			t.Errorf("the firm itself: %d", status)
		}
		if status, _ := ask(access.ProgrammeManager, "nowhere", result); status != http.StatusNotFound {
			t.Errorf("no maker: %d", status)
		}
		for name, change := range map[string]func(*Result){"more than all": func(r *Result) { r.Part = 1001 }, "no day": func(r *Result) { r.Begins = "2026-13-01" }, "no measure": func(r *Result) { r.Measure = "beauty" }, "no confidence": func(r *Result) { r.Confidence = "sure" }} {
			wrong := result
			change(&wrong)
			if status, _ := ask(access.ProgrammeManager, string(m.ID), wrong); status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", name, status)
			}
		}
	})
}
