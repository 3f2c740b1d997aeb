package ui

import (
	"context"
	"net/http"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web/assets"
)

// Visit is one request as a page sees it: who reads it, and how. Package web makes it before a handler runs.
type Visit struct {
	User      access.User    // who asks; the zero User before sign-in
	Session   access.Session // the person's session; zero before sign-in
	Language  string         // "en" or "zh"
	Theme     access.Theme   // never empty
	Zone      *time.Location // the person's; UTC until the browser has told us
	Now       time.Time      // one moment for the whole page
	Path      string         // the address asked for, with its query: where a settings form leads back to
	Flash     *Toast         // what the previous request has to say; nil mostly
	KeysOff   bool           // the person turned single-key shortcuts off
	Fragment  bool           // htmx asks for a piece, not for a page
	Remote    string         // the address the request comes from, as the server sees it
	Reference string         // names this request in the log; shown on error pages
	Frame     *Frame
}

// Frame is what all pages of a server share.
type Frame struct {
	Words     *Words
	Rail      []Entry
	Assets    *assets.Set
	Simulated bool   // the data is made by internal/world: every page says so
	Search    string // the path of the search page; empty when there is none
	Secure    bool   // people reach the server by https
}

// Entry is a job's place in the rail. It shows to whoever may do its Verb.
type Entry struct {
	Name string // its word's key: "review.rail"
	Icon string
	Path string // "/review"; also marks the entry as current on every path below it
	Verb access.Verb
	Key  string // the shortcut: "g r"
}

type visitKey struct{}

// With gives r carrying v.
func With(r *http.Request, v *Visit) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// Here is the visit r belongs to. It panics where there is none: a handler that does not run under web.Server.
func Here(r *http.Request) *Visit { return r.Context().Value(visitKey{}).(*Visit) }

// Languages are the languages pages come in, and how each calls itself.
var Languages = []struct{ Tag, Name string }{{"en", "English"}, {"zh", "中文"}}
