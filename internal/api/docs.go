package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsHTML string

//go:embed docs.css
var docsCSS string

var docsTemplate = template.Must(template.New("docs").Parse(docsHTML))

// docsPage is the documentation as the template shows it.
type docsPage struct {
	Title, Version string
	Style          template.CSS
	Introduction   []string
	Groups         []docsGroup
	Problems       []docsProblem
	Schemas        []docsSchema
}

type docsGroup struct {
	Name, Description string
	Operations        []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description, Verb string
	Parameters                                   []docsField
	Bodies                                       []docsBody
	Answers                                      []docsBody
	Problems                                     []docsProblem
	Example                                      string
}

type docsField struct {
	Name, In, Type, Link, Description string
	Required                          bool
}

type docsBody struct {
	Status, Media, Type, Link, Description string
}

type docsProblem struct {
	Status              int
	Name, Title, Advice string
}

type docsSchema struct {
	Name   string
	Fields []docsField
}

func (s *Server) introduction() string {
	l := s.Limits
	return fmt.Sprintf("Send an API key with every request: Authorization: Bearer omk_…. "+
		"A key acts for the person who made it, within its scopes; each operation names the verb it needs.\n\n"+
		"A POST that changes something takes an Idempotency-Key: sent again with the same body it gives the first answer again, for %d hours. "+
		"Send one with every such request, and send the request again when you do not know how it ended.\n\n"+
		"Lists are paged by key: pass next as after, or follow the header Link. Lists of listings, sellers, decisions and brands come whole, one row a line, with Accept: application/x-ndjson.\n\n"+
		"What goes wrong is a problem (RFC 9457) that names the field; its reference names the request in the server's log.\n\n"+
		"Bounds: %v requests a second and key on average, %d at once, counted in each process (429 with Retry-After); %d KiB an ordinary body, %d MiB and %d rows a batch, %d MiB a picture, all unpacked; JSON %d levels deep; %d seconds an operation, exports excepted. Bodies may be packed with gzip.\n\n"+
		"Times are RFC 3339 in UTC. Other sites' pages cannot call this API: it sends no CORS headers and reads no cookies.",
		int(l.Keep.Hours()), l.PerSecond, l.Burst, l.Body>>10, l.Batch>>20, l.Rows, l.Picture>>20, l.Depth, int(l.Time.Seconds()))
}

func (s *Server) registerDocs() {
	sum := sha256.Sum256([]byte(docsCSS))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	s.mux.HandleFunc("GET /api/docs", func(w http.ResponseWriter, r *http.Request) {
		callOf(r.Context()).operation = "docs"
		s.renderDocs.Do(func() { s.docs = s.renderPage() })
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		// An error means that the caller has gone.
		_, _ = w.Write(s.docs)
	})
	s.mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		callOf(r.Context()).operation = "openapi"
		document, err := json.MarshalIndent(s.OpenAPI(), "", "  ")
		s.sendDocument(w, r, "application/openapi+json", document, err)
	})
	s.mux.HandleFunc("GET /api/openapi.yaml", func(w http.ResponseWriter, r *http.Request) {
		callOf(r.Context()).operation = "openapi"
		document, err := s.OpenAPI().YAML()
		s.sendDocument(w, r, "application/openapi+yaml", document, err)
	})
	// The way in for somebody who only knows the address.
	s.mux.Handle("GET /api/{$}", http.RedirectHandler("/api/docs", http.StatusFound))
}

func (s *Server) sendDocument(w http.ResponseWriter, r *http.Request, media string, document []byte, err error) {
	if err != nil {
		s.write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", media)
	// An error means that the caller has gone.
	_, _ = w.Write(document)
}

func (s *Server) renderPage() []byte {
	document := s.OpenAPI()
	// The style is our own file, not anybody's input.
	page := docsPage{Title: document.Info.Title, Version: document.Info.Version, Style: template.CSS(docsCSS), Introduction: strings.Split(document.Info.Description, "\n\n")} //nolint:gosec // see above
	for _, tag := range document.Tags {
		page.Groups = append(page.Groups, docsGroup{Name: tag.Name, Description: tag.Description, Operations: operationsOf(document, tag.Name)})
	}
	for _, status := range slices.Sorted(maps.Keys(problemKinds)) {
		page.Problems = append(page.Problems, problemAt(status))
	}
	schemas := document.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		page.Schemas = append(page.Schemas, docsSchema{name, fieldsOf(schemas[name])})
	}
	var out bytes.Buffer
	if err := docsTemplate.Execute(&out, page); err != nil {
		panic(err) // a bug that the first test of the page shows
	}
	return out.Bytes()
}

func operationsOf(document *huma.OpenAPI, tag string) []docsOperation {
	var all []docsOperation
	for _, path := range slices.Sorted(maps.Keys(document.Paths)) {
		item := document.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op != nil && slices.Contains(op.Tags, tag) {
				all = append(all, docsOf(op))
			}
		}
	}
	return all
}

func docsOf(op *huma.Operation) docsOperation {
	verb, _ := op.Extensions["x-verb"].(string)
	out := docsOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description, Verb: verb}
	for _, p := range op.Parameters {
		name, link := typeOf(p.Schema)
		out.Parameters = append(out.Parameters, docsField{p.Name, p.In, name, link, about(p.Description, p.Schema), p.Required})
	}
	if op.RequestBody != nil {
		for _, media := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			name, link := typeOf(op.RequestBody.Content[media].Schema)
			out.Bodies = append(out.Bodies, docsBody{Media: media, Type: name, Link: link})
		}
	}
	for _, code := range slices.Sorted(maps.Keys(op.Responses)) {
		response := op.Responses[code]
		status, _ := strconv.Atoi(code)
		if status >= 400 {
			out.Problems = append(out.Problems, problemAt(status))
			continue
		}
		if len(response.Content) == 0 {
			out.Answers = append(out.Answers, docsBody{Status: code, Description: response.Description})
		}
		for _, media := range slices.Sorted(maps.Keys(response.Content)) {
			name, link := typeOf(response.Content[media].Schema)
			out.Answers = append(out.Answers, docsBody{code, media, name, link, response.Description})
		}
	}
	out.Example = example(op)
	return out
}

func problemAt(status int) docsProblem {
	kind := problemKinds[status]
	return docsProblem{status, kind.Name, kind.Title, kind.Advice}
}

func example(op *huma.Operation) string {
	var b strings.Builder
	b.WriteString("curl -H 'Authorization: Bearer omk_…'")
	if op.Method != http.MethodGet {
		b.WriteString(" -X " + op.Method)
	}
	if op.RequestBody != nil {
		media := slices.Sorted(maps.Keys(op.RequestBody.Content))[0]
		b.WriteString(" -H 'Content-Type: " + media + "' --data-binary @FILE")
	}
	b.WriteString(" https://HOST" + op.Path)
	return b.String()
}

// typeOf names a schema, and the anchor where it is explained if it is one of the components.
func typeOf(s *huma.Schema) (name, anchor string) {
	switch {
	case s == nil:
		return "nothing", ""
	case s.Ref != "":
		name = s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return name, "schema-" + name
	case s.Type == huma.TypeArray:
		name, anchor = typeOf(s.Items)
		return "array of " + name, anchor
	case s.Type == huma.TypeObject && len(s.Properties) > 0:
		var fields []string
		for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
			of, link := typeOf(s.Properties[field])
			fields = append(fields, field+": "+of)
			anchor = link
		}
		return "{" + strings.Join(fields, ", ") + "}", anchor
	case s.Type == huma.TypeObject:
		if of, ok := s.AdditionalProperties.(*huma.Schema); ok {
			name, anchor = typeOf(of)
			return "object of " + name, anchor
		}
	case s.Type == "":
		return "anything", ""
	case s.Format != "":
		return s.Type + " (" + s.Format + ")", ""
	}
	return s.Type, ""
}

// about is a description with the bounds.
func about(description string, s *huma.Schema) string {
	parts := []string{}
	if description != "" {
		parts = append(parts, description)
	} else if s != nil && s.Description != "" {
		parts = append(parts, s.Description)
	}
	if s == nil {
		return strings.Join(parts, " ")
	}
	if len(s.Enum) > 0 {
		words := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			words[i] = fmt.Sprint(v)
		}
		parts = append(parts, "One of "+strings.Join(words, ", ")+".")
	}
	if s.Minimum != nil && s.Maximum != nil {
		parts = append(parts, fmt.Sprintf("From %v to %v.", *s.Minimum, *s.Maximum))
	} else if s.Minimum != nil {
		parts = append(parts, fmt.Sprintf("At least %v.", *s.Minimum))
	}
	if s.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("At most %d characters.", *s.MaxLength))
	}
	if s.MaxItems != nil {
		parts = append(parts, fmt.Sprintf("At most %d.", *s.MaxItems))
	}
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("Default %v.", s.Default))
	}
	return strings.Join(parts, " ")
}

func fieldsOf(s *huma.Schema) []docsField {
	var all []docsField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name]
		of, link := typeOf(property)
		all = append(all, docsField{Name: name, Type: of, Link: link, Description: about("", property), Required: slices.Contains(s.Required, name)})
	}
	// What is always there comes first.
	slices.SortStableFunc(all, func(a, b docsField) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return all
}
