package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
)

const strictTerms = `{"title":"Copies go","rules":[{"name":"Words for a copy","when":"signals[\"term-replica\"] > 1.0","then":"remove","queue":"copies"},{"name":"Rest","when":"verdict != \"clear\"","then":"review"}]}`

// TestPolicyByProgram walks a policy from the draft to the proposal as a program does; who made its key cannot be the second person.
func TestPolicyByProgram(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, Limits{})
		h.importNike()
		h.want(http.StatusAccepted, nil, "POST", "/api/v1/listings", fakeShoe, "Content-Type", typeNDJSON)
		h.work()
		maker, _, err := h.Access.InvitePerson(t.Context(), access.System, access.Invitation{Name: "Ana", Email: "ana@example.com", Org: access.OperatorID, Roles: []access.Role{access.Analyst}})
		must(t, err)
		ana := access.User{ID: maker, Name: "Ana", Org: access.OperatorID, Roles: []access.Role{access.Administrator}}
		_, token, err := h.Access.CreateKey(t.Context(), ana, "tuning", []access.Verb{access.PolicyRead, access.PolicyEdit}, h.Detect.Now().AddDate(1, 0, 0))
		must(t, err)
		ask := func(status int, into any, method, path, body string, headers ...string) {
			t.Helper()
			w := h.ask(token, method, path, body, headers...)
			if w.Code != status {
				t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
			}
			if into != nil {
				must(t, json.Unmarshal(w.Body.Bytes(), into))
			}
		}
		wrong := problemIn(t, h.ask(token, "POST", "/api/v1/policies", strings.Replace(strictTerms, "verdict !=", "verdikt !=", 1)))
		if wrong.Status != 422 || len(wrong.Errors) != 1 || !strings.HasSuffix(wrong.Errors[0].Location, "rules[1].when") {
			t.Errorf("a wrong condition: %+v", wrong)
		}
		var p Policy
		ask(http.StatusCreated, &p, "POST", "/api/v1/policies", strictTerms)
		if p.State != "draft" || p.Version != 1 || len(p.Terms.Rules) != 2 || p.MadeBy != "tuning" {
			t.Errorf("%+v", p)
		}
		var tried struct{ Items []PolicyTried }
		ask(http.StatusOK, &tried, "POST", "/api/v1/policies/try", `{"terms":`+strictTerms+`}`)
		if len(tried.Items) != 1 || tried.Items[0].Stands != "review" || tried.Items[0].Would != "remove" || tried.Items[0].Rule != "Words for a copy" {
			t.Errorf("%+v", tried)
		}
		ask(http.StatusPreconditionFailed, nil, "PUT", "/api/v1/policies/1", strictTerms, "If-Match", `"7"`)
		ask(http.StatusOK, &p, "PUT", "/api/v1/policies/1", strings.Replace(strictTerms, "Copies go", "Copies go away", 1), "If-Match", `"1"`)
		if p.Version != 2 || p.Terms.Title != "Copies go away" {
			t.Errorf("%+v", p)
		}
		ask(http.StatusConflict, nil, "PUT", "/api/v1/policies/0", strictTerms, "If-Match", `"1"`)
		ask(http.StatusNotFound, nil, "GET", "/api/v1/policies/1/trial", "")
		ask(http.StatusOK, &p, "POST", "/api/v1/policies/1/trial", `{"version":2}`)
		ask(http.StatusConflict, nil, "POST", "/api/v1/policies/1/propose", `{"version":3,"why":"Too early"}`)
		for waiting := h.queue.take(); len(waiting) > 0; waiting = h.queue.take() {
			for _, m := range waiting {
				if m.Subject == detect.ReplaySubject {
					must(t, h.Detect.HandleReplay(t.Context(), m))
				}
			}
		}
		var trial PolicyTrial
		ask(http.StatusOK, &trial, "GET", "/api/v1/policies/1/trial", "")
		if trial.State != "replayed" || trial.Past.Listings != 1 || trial.Past.Moves["review>remove"] != 1 || len(trial.Consequences) != 1 {
			t.Errorf("%+v", trial)
		}
		if w := h.ask(token, "GET", "/api/v1/policies/1/differences?would=remove", "", "Accept", typeNDJSON); w.Code != 200 || strings.Count(w.Body.String(), "\n") != 1 || !strings.Contains(w.Body.String(), `"would":"remove"`) {
			t.Errorf("differences: %d %s", w.Code, w.Body)
		}
		ask(http.StatusNotFound, nil, "GET", "/api/v1/policies/9/differences", "")
		ask(http.StatusOK, &p, "POST", "/api/v1/policies/1/propose", `{"version":3,"why":"It works"}`)
		if p.State != "proposed" || p.ProposedBy != "tuning" {
			t.Errorf("%+v", p)
		}
		_, err = h.Detect.SwitchPolicy(t.Context(), access.User{ID: maker, Name: "Ana", Org: access.OperatorID, Roles: []access.Role{access.Analyst}}, 1, 0)
		if fault.Of(err) != fault.Forbidden {
			t.Errorf("who made the key switches to what it proposed: %v", err)
		}
		ask(http.StatusOK, &p, "POST", "/api/v1/policies/1/rework", `{"version":4}`)
		ask(http.StatusOK, &p, "POST", "/api/v1/policies/1/withdraw", `{"version":5}`)
		if p.State != "withdrawn" {
			t.Errorf("%+v", p)
		}
		var list struct{ Items []Policy }
		ask(http.StatusOK, &list, "GET", "/api/v1/policies", "")
		if len(list.Items) != 2 || list.Items[1].Number != 0 || list.Items[1].State != "live" {
			t.Errorf("%+v", list)
		}
		var file strings.Builder
		must(t, detect.ShippedModel().Write(&file))
		var model PolicyModel
		ask(http.StatusOK, &model, "POST", "/api/v1/models", file.String())
		if model.Version != detect.ShippedModel().Version {
			t.Errorf("%+v", model)
		}
		ask(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/models", `{"weights":{"no-such":1}}`)
		var models struct{ Items []PolicyModel }
		ask(http.StatusOK, &models, "GET", "/api/v1/models", "")
		if len(models.Items) < 1 || !models.Items[0].Shipped {
			t.Errorf("%+v", models)
		}
		if w := h.ask(token, "GET", "/api/v1/findings?kind=fake", "", "Accept", typeNDJSON); w.Code != 200 || w.Body.Len() != 0 {
			t.Errorf("findings: %d %s", w.Code, w.Body)
		}
	})
}
