package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
)

// anyKey is the x-verb of an operation that every valid key may use.
const anyKey access.Verb = "any"

// The types of what travels.
const (
	typeJSON    = "application/json"
	typeNDJSON  = "application/x-ndjson"
	typeCSV     = "text/csv"
	typeText    = "text/plain"
	typeProblem = "application/problem+json"
)

// operation is one line of the API's map.
type operation struct {
	method, path string
	id           string // of the operation in the document
	tag          string
	summary      string
	description  string
	verb         access.Verb // what the key's scopes and its maker's role must allow
	status       int         // of success; 0: 200
	changes      bool        // takes an Idempotency-Key
	streams      bool        // is not given up after Limits.Time
	body         int64       // the most bytes of the body; 0: it takes none
	byRow        bool        // what is wrong with JSON is for its rows to say
	types        []string    // of the body; nil: JSON
	problems     []int       // statuses beyond those every operation has

	request  *huma.RequestBody         // of bodies that the operation reads by itself
	response map[string]*huma.Response // of answers that it writes by itself
}

// register puts an operation on the map. The handler's errors become problems.
func register[I, O any](s *Server, o operation, handle func(ctx context.Context, by access.User, in *I) (*O, error)) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	if o.body > 0 && o.types == nil {
		o.types = []string{typeJSON}
	}
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Summary: o.summary, Description: o.description, Tags: []string{o.tag},
		DefaultStatus:    o.status,
		MaxBodyBytes:     -1, // guard has read the body within o.body
		RequestBody:      o.request,
		SkipValidateBody: o.request != nil,
		Security:         []map[string][]string{{"key": {}}},
		Responses:        map[string]*huma.Response{},
		Extensions:       map[string]any{"x-verb": string(o.verb)},
		Metadata:         map[string]any{"operation": &o},
	}
	for code, response := range o.response {
		op.Responses[code] = response
	}
	problems := append([]int{401, 403, 422, 429, 500, 503}, o.problems...)
	if o.body > 0 {
		problems = append(problems, 400, 413, 415)
	}
	if o.changes {
		problems = append(problems, 409)
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(maxIdempotencyKey)},
			Description: "The same key with the same request within 24 hours gives the first answer again and does nothing; with another request it is refused (422).",
		})
	}
	schema := s.schema(reflect.TypeFor[Problem]())
	for _, code := range problems {
		op.Responses[strconv.Itoa(code)] = &huma.Response{
			Description: http.StatusText(code), Content: map[string]*huma.MediaType{typeProblem: {Schema: schema}},
		}
	}
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, callOf(ctx).by, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

func (s *Server) schema(t reflect.Type) *huma.Schema {
	return s.huma.OpenAPI().Components.Schemas.Schema(t, true, "")
}

func media(schema *huma.Schema, types ...string) map[string]*huma.MediaType {
	all := map[string]*huma.MediaType{}
	for _, t := range types {
		all[t] = &huma.MediaType{Schema: schema}
	}
	return all
}
