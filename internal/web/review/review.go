// Package review is the reviewer's desk: the queue at the left, the listing with its evidence at the right, the bar to
// decide on at the bottom. It is driven by keys, and by plain links and forms where there is no script.
package review

import (
	"embed"
	"net/http"
	"net/url"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{
	"review.html":    reviewPage{},
	"pane.html":      pane{},
	"go.html":        mark{},
	"title.html":     windowTitle{},
	"decisions.html": decisionsPage{},
	"proposals.html": proposalsPage{},
})

type pages struct {
	desk   *listings.Desk
	access *access.Service
}

// Job is the queue, its items and what is decided on them.
func Job(desk *listings.Desk, accounts *access.Service) web.Job {
	p := &pages{desk, accounts}
	return web.Job{
		Rail:  ui.Entry{Name: "review.rail", Icon: "eye-check", Path: "/review", Verb: access.ReviewRead, Key: "g r"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /review", Verb: access.ReviewRead, Handle: p.queue},
			{Pattern: "GET /review/{listing}", Verb: access.ReviewRead, Handle: p.item},
			{Pattern: "POST /review/{listing}/decision", Verb: access.ReviewWork, Handle: p.decide},
			{Pattern: "POST /review/{listing}/claim", Verb: access.ReviewWork, Handle: p.claim},
			{Pattern: "POST /review/decisions", Verb: access.ReviewWork, Handle: p.decideMany},
			{Pattern: "POST /review/decisions/{decision}/undo", Verb: access.ReviewWork, Handle: p.undo},
			{Pattern: "POST /review/groups/{group}/undo", Verb: access.ReviewWork, Handle: p.undoGroup},
			{Pattern: "GET /review/decisions", Verb: access.ReviewRead, Handle: p.decisions},
			{Pattern: "GET " + proposalsPath, Verb: access.ReviewRead, Handle: p.proposals},
			{Pattern: "POST " + proposalsPath + "/{proposal}/confirm", Verb: access.ReviewWork, Handle: p.confirm},
			{Pattern: "POST " + proposalsPath + "/{proposal}/decline", Verb: access.ReviewWork, Handle: p.decline},
			{Pattern: "GET /exports/decisions", Verb: access.ReviewRead, Handle: p.exportDecisions},
			{Pattern: "GET /exports/review", Verb: access.ReviewRead, Handle: p.export},
		},
	}
}

// itemPath is the address of a listing beside the queue that query describes.
func itemPath(id market.ListingID, query url.Values) string {
	path := "/review/" + url.PathEscape(string(id))
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// queueOf is the queue's address of a request for one of its items: filters, order and place stand in the query.
func queueOf(r *http.Request) ui.Query {
	asked := *r
	at := *r.URL
	at.Path = "/review"
	asked.URL = &at
	return ui.Ask(&asked)
}

// back is the page a form came from, if it is one of this server's; the queue otherwise.
func back(r *http.Request) string {
	path := r.PostFormValue("back")
	if !strings.HasPrefix(path, "/review") && !strings.HasPrefix(path, "/listings/") {
		return "/review"
	}
	return path
}
