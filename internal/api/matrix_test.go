package api

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
)

func operations(s *Server) []*huma.Operation {
	var all []*huma.Operation
	for _, item := range s.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete, item.Patch, item.Head, item.Options} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	slices.SortFunc(all, func(a, b *huma.Operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	return all
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// TestEveryOperationAsEveryRole drives each operation of the document as nobody, with a wrong key, as each role, and with a
// key that has every scope but the one needed.
func TestEveryOperationAsEveryRole(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	tried := 0
	for _, op := range operations(h.Server) {
		verb := access.Verb(op.Extensions["x-verb"].(string))
		path := placeholder.ReplaceAllString(op.Path, "zz")
		body := ""
		if op.RequestBody != nil {
			body = "{}"
		}
		ask := func(token string) int {
			tried++
			return h.ask(token, op.Method, path, body).Code
		}
		if got := ask(""); got != http.StatusUnauthorized {
			t.Errorf("%s as nobody: %d", op.OperationID, got)
		}
		if got := ask("omk_" + strings.Repeat("A", 43)); got != http.StatusUnauthorized {
			t.Errorf("%s with a wrong key: %d", op.OperationID, got)
		}
		for role, token := range h.keys {
			may := verb == anyKey || access.Matrix[role][verb] != access.None
			got := ask(token)
			if refused := got == http.StatusForbidden; refused == may || got == http.StatusUnauthorized || got >= 500 {
				t.Errorf("%s as %s: %d, may: %v", op.OperationID, role, got, may)
			}
		}
		if verb == anyKey {
			continue
		}
		others := slices.DeleteFunc(keyVerbs(), func(v access.Verb) bool { return v == verb })
		if got := ask(h.key(access.Administrator, access.OperatorID, others...)); got != http.StatusForbidden {
			t.Errorf("%s without its scope: %d", op.OperationID, got)
		}
	}
	if tried < 100 {
		t.Errorf("only %d requests: the document has lost its operations", tried)
	}
}

func TestAnotherOrganisationsThingsDoNotExist(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		other, err := h.Access.AddOrganisation(t.Context(), access.System, "Other")
		must(t, err)
		for _, b := range []brand.Brand{{ID: "theirs", Name: "Theirs", Organisation: other}, {ID: "ours", Name: "Ours", Organisation: h.org[access.RightsHolder]}, {ID: "free", Name: "Free"}} {
			_, err := h.Brands.Create(t.Context(), access.System, b)
			must(t, err)
		}
		token := h.keys[access.RightsHolder]
		for _, id := range []string{"theirs", "free", "none"} {
			for _, try := range []struct{ method, path, body string }{
				{"GET", "/api/v1/brands/" + id, ""},
				{"GET", "/api/v1/brands/" + id + "/sellers", ""},
				{"PUT", "/api/v1/brands/" + id, `{"name":"Mine now"}`},
				{"PUT", "/api/v1/brands/" + id + "/sellers/S1", `{}`},
				{"DELETE", "/api/v1/brands/" + id + "/sellers/S1", ""},
			} {
				if w := h.ask(token, try.method, try.path, try.body, "If-Match", `"1"`); w.Code != http.StatusNotFound {
					t.Errorf("%s %s: %d %s", try.method, try.path, w.Code, w.Body)
				}
			}
		}
		for _, accept := range []string{typeJSON, typeNDJSON} {
			if w := h.ask(token, "GET", "/api/v1/brands", "", "Accept", accept); strings.Contains(w.Body.String(), "Theirs") || !strings.Contains(w.Body.String(), "Ours") {
				t.Errorf("the list shows %s", w.Body)
			}
		}
	})
}

func TestDocument(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	w := h.ask("", "GET", "/api/openapi.json", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"openapi": "3.1.0"`) {
		t.Fatalf("openapi.json: %d %.300s", w.Code, w.Body)
	}
	text := w.Body.String()
	for _, ref := range regexp.MustCompile(`#/components/schemas/(\w+)`).FindAllStringSubmatch(text, -1) {
		if h.OpenAPI().Components.Schemas.Map()[ref[1]] == nil {
			t.Errorf("the document refers to %s, which it does not have", ref[1])
		}
	}
	if y := h.ask("", "GET", "/api/openapi.yaml", ""); y.Code != 200 || !strings.Contains(y.Body.String(), "openapi: 3.1.0") {
		t.Errorf("openapi.yaml: %d %.100s", y.Code, y.Body)
	}
	if listing := h.OpenAPI().Components.Schemas.Map()["Listing"]; listing.AdditionalProperties != true || listing.Properties["seller"] == nil {
		t.Errorf("a listing takes other keys: %v", listing.AdditionalProperties)
	}
	verbs := append(access.Verbs(), anyKey)
	ids := map[string]bool{}
	for _, op := range operations(h.Server) {
		if ids[op.OperationID] {
			t.Errorf("%s comes twice", op.OperationID)
		}
		ids[op.OperationID] = true
		if op.Summary == "" || len(op.Tags) != 1 || len(op.Security) == 0 {
			t.Errorf("%s %s: summary %q, tags %v, security %v", op.Method, op.Path, op.Summary, op.Tags, op.Security)
		}
		if verb := access.Verb(fmt.Sprint(op.Extensions["x-verb"])); !slices.Contains(verbs, verb) {
			t.Errorf("%s: x-verb %q", op.OperationID, verb)
		}
		for _, code := range []string{"401", "403", "429", "500"} {
			if r := op.Responses[code]; r == nil || r.Content[typeProblem] == nil {
				t.Errorf("%s does not say that it may answer %s", op.OperationID, code)
			}
		}
		takesKey := slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "Idempotency-Key" })
		asks := []string{"scan-listing", "find-picture", "try-policy"} // and change nothing
		if changes := op.Method == http.MethodPost && !slices.Contains(asks, op.OperationID); changes != takesKey {
			t.Errorf("%s: takes an Idempotency-Key: %v", op.OperationID, takesKey)
		}
	}
	if len(ids) < 20 {
		t.Errorf("%d operations", len(ids))
	}
}

func TestDocumentationPageStandsAlone(t *testing.T) {
	h := newHouse(t, dbtest.On(t, db.SQLite), Limits{})
	w := h.ask("", "GET", "/api/docs", "")
	html := w.Body.String()
	if w.Code != 200 || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
		t.Fatalf("%d with policy %s", w.Code, w.Header().Get("Content-Security-Policy"))
	}
	for _, never := range []string{"<script", "src=", " style=", "onclick", `rel="stylesheet"`, "ZgotmplZ"} {
		if strings.Contains(html, never) {
			t.Errorf("the page holds %s", never)
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if !strings.Contains(html, `id="`+link[1]+`"`) {
			t.Errorf("nothing at #%s", link[1])
		}
	}
	for _, op := range operations(h.Server) {
		if !strings.Contains(html, `id="`+op.OperationID+`"`) {
			t.Errorf("%s is not on the page", op.OperationID)
		}
	}
}
