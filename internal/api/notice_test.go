package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

// TestHolderFilesNotices walks a rights holder's program: a right, a bulk of notices with bad ones in it, the answers.
func TestHolderFilesNotices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		holder := h.keys[access.RightsHolder]
		var rows []string
		for i := range 300 {
			rows = append(rows, fmt.Sprintf(`{"id":"L%03d","title":"Swift shoe"}`, i))
		}
		if w := h.ask(h.keys[access.Administrator], "POST", "/api/v1/listings", strings.Join(rows, "\n"), "Content-Type", typeNDJSON); w.Code != http.StatusAccepted {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		h.work()
		post := func(path string, body any, status int, into any) {
			t.Helper()
			text, err := json.Marshal(body)
			must(t, err)
			w := h.ask(holder, "POST", path, string(text), "Content-Type", typeJSON)
			if w.Code != status {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
			if into != nil {
				must(t, json.Unmarshal(w.Body.Bytes(), into))
			}
		}
		var right Right
		post("/api/v1/rights", map[string]any{"kind": "trade-mark", "mark": "Swift", "office": "EM", "number": "018", "owner": "Swift AG", "classes": []int{25}, "from": "2020-01-01T00:00:00Z"},
			http.StatusCreated, &right)
		post("/api/v1/rights", map[string]any{"kind": "trade-mark", "mark": "Swift", "office": "Alicante", "owner": "Swift AG", "from": "2020-01-01T00:00:00Z"}, http.StatusUnprocessableEntity, nil)
		var claims []Claim
		for i := range 320 { // the last 20 are gone
			claims = append(claims, Claim{Right: right.ID, Listing: fmt.Sprintf("L%03d", i), Reasons: "It bears our mark and is not ours.", Evidence: "See the stitching.",
				Email: "legal@swift.example", GoodFaith: true, Guarantee: "Olga"})
		}
		claims[7].GoodFaith, claims[7].Email = false, "nobody"
		claims[8].Documents = []string{"not a hash"}
		var filed struct {
			Filed, Refused int
			Results        []NoticeResult
		}
		for range 2 {
			post("/api/v1/notices", map[string]any{"notices": claims}, http.StatusOK, &filed)
			if filed.Filed != 298 || filed.Refused != 22 || len(filed.Results) != 320 {
				t.Fatalf("%d filed, %d refused", filed.Filed, filed.Refused)
			}
		}
		if r := filed.Results[7]; r.Row != 8 || len(r.Errors) != 2 || r.Errors[0].Field != "email" || r.Notice != nil {
			t.Errorf("%+v", r)
		}
		if r := filed.Results[8]; len(r.Errors) != 1 || r.Errors[0].Field != "documents" {
			t.Errorf("%+v", r)
		}
		if r := filed.Results[0]; !r.Again || r.Notice.State != "received" || r.Notice.DueAt.IsZero() {
			t.Errorf("%+v", r)
		}
		decide := `{"listing":"L000","outcome":"remove","reason":"counterfeit","version":` + fmt.Sprint(reviewVersion(h, "L000")) + `}`
		if w := h.ask(h.keys[access.Reviewer], "POST", "/api/v1/decisions", decide, "Content-Type", typeJSON); w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		var n Notice
		must(t, json.Unmarshal(h.ask(holder, "GET", "/api/v1/notices/"+filed.Results[0].Notice.ID, "").Body.Bytes(), &n))
		if n.State != "upheld" || n.Decision == "" || n.DecidedAt.IsZero() {
			t.Errorf("%+v", n)
		}
		post("/api/v1/notices/"+filed.Results[0].Notice.ID+"/withdraw", map[string]any{}, http.StatusConflict, nil)
		post("/api/v1/notices/"+filed.Results[1].Notice.ID+"/withdraw", map[string]any{}, http.StatusOK, &n)
		if n.State != "withdrawn" {
			t.Errorf("%+v", n)
		}
		stranger := h.key(access.RightsHolder, func() access.OrgID {
			id, err := h.Access.AddOrganisation(t.Context(), access.System, "Stranger")
			must(t, err)
			return id
		}(), keyVerbs()...)
		if w := h.ask(stranger, "GET", "/api/v1/notices/"+n.ID, ""); w.Code != http.StatusNotFound {
			t.Errorf("another organisation's notice: %d", w.Code)
		}
		if w := h.ask(stranger, "GET", "/api/v1/notices", ""); w.Code != http.StatusOK || strings.Contains(w.Body.String(), right.ID) {
			t.Errorf("another organisation's notices: %d %s", w.Code, w.Body)
		}
	})
}

func reviewVersion(h *house, listing string) int64 {
	var l struct {
		Version int64 `json:"review_version"`
	}
	must(h.t, json.Unmarshal(h.ask(h.keys[access.Reviewer], "GET", "/api/v1/listings/"+listing, "").Body.Bytes(), &l))
	return l.Version
}
