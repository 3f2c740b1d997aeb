package api

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ownmark/ownmark/internal/access"
)

// Paging is how a list is paged: by key, so that a row that comes or goes elsewhere moves nothing.
type Paging struct {
	After string `query:"after" doc:"The next of the page before. Leave it out for the first page." maxLength:"2000"`
	Limit int    `query:"limit" doc:"Rows a page." minimum:"1" maximum:"200" default:"50"`
}

type page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The after of the following page; absent on the last. The header Link has the whole address."`
}

// listOutput is a page in JSON or, when the caller accepts NDJSON, every row of the filter.
type listOutput struct {
	Body func(huma.Context)
}

// registerList registers a list. rows gives one page; export, if there is one, every row of the filter for callers that
// accept application/x-ndjson.
func registerList[I, T any](s *Server, o operation, rows func(context.Context, access.User, *I) ([]T, string, error), export func(context.Context, access.User, *I) iter.Seq2[T, error]) {
	registerListAs(s, o, rows, export)
}

// registerListAs is registerList where a line of the export has a form of its own.
func registerListAs[I, T, L any](s *Server, o operation, rows func(context.Context, access.User, *I) ([]T, string, error), export func(context.Context, access.User, *I) iter.Seq2[L, error]) {
	content := media(s.schema(reflect.TypeFor[page[T]]()), typeJSON)
	if export != nil {
		content[typeNDJSON] = &huma.MediaType{Schema: s.schema(reflect.TypeFor[L]())}
		o.description = strings.TrimSpace(o.description + " With Accept: application/x-ndjson every row of the filter is sent, one a line, without a cap; after and limit are passed over. A stream that ends early is cut off, not closed.")
		o.streams = true
	}
	o.response = map[string]*huma.Response{"200": {
		Description: "A page of rows", Content: content,
		Headers: map[string]*huma.Param{"Link": {Schema: &huma.Schema{Type: huma.TypeString}, Description: `The following page: <…>; rel="next".`}},
	}}
	register(s, o, func(ctx context.Context, by access.User, in *I) (*listOutput, error) {
		call := callOf(ctx)
		if export != nil && wantsLines(call.accept) {
			return &listOutput{func(c huma.Context) { sendLines(s, c, export(ctx, by, in)) }}, nil
		}
		items, next, err := rows(ctx, by, in)
		if err != nil {
			return nil, err
		}
		if items == nil {
			items = []T{}
		}
		return &listOutput{func(c huma.Context) {
			if next != "" {
				c.SetHeader("Link", nextLink(call.url, next))
			}
			c.SetHeader("Content-Type", typeJSON)
			c.SetStatus(http.StatusOK)
			// An error means that the caller has gone.
			_ = encoder(c).Encode(page[T]{items, next})
		}}, nil
	})
}

func wantsLines(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		media, _, _ := strings.Cut(part, ";")
		switch strings.TrimSpace(media) {
		case typeNDJSON, "application/ndjson", "application/jsonl":
			return true
		case typeJSON:
			return false
		}
	}
	return false
}

func nextLink(at *url.URL, next string) string {
	query := at.Query()
	query.Set("after", next)
	return "<" + (&url.URL{Path: at.Path, RawPath: at.RawPath, RawQuery: query.Encode()}).String() + `>; rel="next"`
}

// sendLines streams rows. Before the first one an error is a problem; after it the connection is cut, since nothing
// else tells the caller that rows are missing.
func sendLines[T any](s *Server, c huma.Context, rows iter.Seq2[T, error]) {
	r, w := humago.Unwrap(c)
	started := false
	start := func() {
		c.SetHeader("Content-Type", typeNDJSON)
		c.SetStatus(http.StatusOK)
		started = true
	}
	lines := encoder(c)
	for row, err := range rows {
		if err != nil && !started {
			s.write(w, r, err)
			return
		}
		if err != nil {
			s.Log.ErrorContext(r.Context(), "export cut off", slog.String("reference", callOf(r.Context()).reference), slog.Any("error", err))
			panic(http.ErrAbortHandler)
		}
		if !started {
			start()
		}
		if lines.Encode(row) != nil {
			return // the caller has gone
		}
	}
	if !started {
		start()
	}
}

func encoder(c huma.Context) *json.Encoder {
	e := json.NewEncoder(c.BodyWriter())
	e.SetEscapeHTML(false)
	return e
}
