// Package listings shows what the marketplace offers: the list of everything handed in, and a listing's own page with the
// evidence, the price against what genuine goods cost, its seller, its history, and the bar on which a person decides. The
// review queue (web/review) shows the same dossier and the same bar beside its queue.
package listings

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{
	"list.html":    listPage{},
	"listing.html": listingPage{},
	"dossier.html": Dossier{},
	"bar.html":     Bar{},
})

// Pictures gives the picture that a listing's reference names. A reference that is an http address is never asked for.
type Pictures interface {
	// Picture is a picture's bytes and media type. It returns fault.NotFound.
	Picture(ctx context.Context, ref string) (body []byte, contentType string, err error)
}

// Desk reads everything a dossier needs from the rooms.
type Desk struct {
	Market  *market.Service
	Detect  *detect.Service
	Enforce *enforce.Service
	Brand   *brand.Service
	Ledger  *ledger.Log // may be nil: no entries are shown then

	mu    sync.Mutex
	names map[brand.ID]called
}

// called is a brand's name as read a moment ago.
type called struct {
	name  string
	until time.Time
}

type pages struct {
	desk     *Desk
	access   *access.Service
	pictures Pictures
}

// Job is the list of all listings, the page of each, and its pictures.
func Job(desk *Desk, accounts *access.Service, pictures Pictures) web.Job {
	p := &pages{desk, accounts, pictures}
	return web.Job{
		Rail:  ui.Entry{Name: "listings.rail", Icon: "shopping-bag", Path: "/listings", Verb: access.ListingRead, Key: "g l"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /listings", Verb: access.ListingRead, Handle: p.list},
			{Pattern: "GET /listings/{listing}", Verb: access.ListingRead, Handle: p.listing},
			{Pattern: "POST /listings/{listing}/scan", Verb: access.ListingSubmit, Handle: p.scan},
			{Pattern: "GET /exports/listings", Verb: access.ListingRead, Handle: p.export},
			{Pattern: "GET /pictures/{ref...}", Verb: access.ListingRead, Handle: p.picture},
		},
	}
}

// Path is the address of a listing's page.
func Path(id market.ListingID) string { return "/listings/" + url.PathEscape(string(id)) }

// brandPath is the address of a brand's page.
func brandPath(id brand.ID) string { return "/brands/" + url.PathEscape(string(id)) }

// sellerPath is the address of a seller's page.
func sellerPath(id market.SellerID) string { return "/sellers/" + url.PathEscape(string(id)) }

// BrandName is a brand's name; its id where the person may not see the brand or it is gone. Names are kept for a minute,
// as lists ask for the same few again and again.
func (d *Desk) BrandName(ctx context.Context, by access.User, id brand.ID) string {
	if id == "" {
		return ""
	}
	now := time.Now()
	d.mu.Lock()
	known, ok := d.names[id]
	d.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.name
	}
	name := string(id)
	if b, err := d.Brand.Get(ctx, by, id); err == nil {
		name = b.Name
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names == nil || len(d.names) > 10_000 {
		d.names = map[brand.ID]called{}
	}
	d.names[id] = called{name, now.Add(time.Minute)}
	return name
}

// CategoryName is a category in the person's language.
func CategoryName(v *ui.Visit, category string) string {
	return named(v.T("listings.category."+category), category)
}

// VerdictName is a verdict in the person's language.
func VerdictName(v *ui.Visit, verdict detect.Verdict) string {
	return v.T("ui.verdict." + string(verdict))
}

// StateName is a review's state in the person's language.
func StateName(v *ui.Visit, state enforce.State) string {
	return named(v.T("listings.state."+string(state)), string(state))
}

// ActionName is what a policy asks for, as a verb in the person's language.
func ActionName(v *ui.Visit, a detect.Action) string {
	return named(v.T("listings.action."+string(a)), string(a))
}

// QueueName is a queue as people see it: the name that the policy gave it, and a word for that of the standing audit.
func QueueName(v *ui.Visit, queue string) string {
	if queue == detect.AuditQueue {
		return v.T("listings.queue.audit")
	}
	return queue
}

// SignalName is a signal's title in the person's language; the name itself where detection no longer knows it.
func SignalName(v *ui.Visit, name string) string {
	info, known := detect.InfoOf(name)
	switch {
	case !known:
		return name
	case v.Language == "zh":
		return info.TitleChinese
	}
	return info.Title
}

// OutcomeName is an outcome as a verb: "Remove".
func OutcomeName(v *ui.Visit, o enforce.Outcome) string {
	return v.T("listings.outcome." + string(o))
}

// OutcomeDone is an outcome as something done: "Removed".
func OutcomeDone(v *ui.Visit, o enforce.Outcome) string { return v.T("listings.done." + string(o)) }

// ReasonName is a reason's title in the person's language.
func ReasonName(v *ui.Visit, code enforce.ReasonCode) string {
	if r, ok := enforce.ReasonOf(code); ok {
		return r.Title(v.Language)
	}
	return string(code)
}

// named is a word, or the value itself where the words do not know it, which T shows in brackets.
func named(word, value string) string {
	if strings.HasPrefix(word, "[") {
		return value
	}
	return word
}

// Tag is a state drawn as a badge.
type Tag struct{ Tone, Icon, Text string }

// StateTag is a review's state as a badge.
func StateTag(v *ui.Visit, state enforce.State) Tag {
	switch state {
	case enforce.Open:
		return Tag{"info", "clock", v.T("listings.state.open")}
	case enforce.Escalated:
		return Tag{"warn", "flag", v.T("listings.state.escalated")}
	case enforce.Settled:
		return Tag{"quiet", "gavel", v.T("listings.state.settled")}
	}
	return Tag{"quiet", "circle-dashed", v.T("listings.state.cleared")}
}

// StandingTag is how the marketplace sees a listing, as a badge.
func StandingTag(v *ui.Visit, standing enforce.Standing) Tag {
	switch standing {
	case enforce.Removed:
		return Tag{"bad", "ban", v.T("listings.standing.removed")}
	case enforce.Restricted:
		return Tag{"warn", "lock", v.T("listings.standing.restricted")}
	case enforce.Demoted:
		return Tag{"warn", "arrow-down", v.T("listings.standing.demoted")}
	case enforce.Labelled:
		return Tag{"info", "tag", v.T("listings.standing.labelled")}
	}
	return Tag{"good", "circle-check", v.T("listings.standing.live")}
}

// scan sends a listing to the workers once more.
func (p *pages) scan(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), market.ListingID(r.PathValue("listing"))
	rec, err := p.desk.Market.Get(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	receipt, err := p.desk.Detect.Submit(r.Context(), v.User, "", []market.Listing{rec.Listing})
	if err != nil {
		return err
	}
	for _, bad := range receipt.Bad {
		return bad.Problem
	}
	return web.Done(w, r, Path(id), &ui.Toast{Text: v.T("listings.scan.done"), Tone: "info"})
}
