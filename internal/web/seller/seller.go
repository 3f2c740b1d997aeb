// Package seller is the portal of a seller's people: what was decided about their listings, why, what they can do, and what became of it. It is read on a
// phone more often than not. The marketplace's own people read the same pages, of any seller.
package seller

import (
	"embed"
	"net/http"
	"net/url"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"home.html": homePage{}, "decision.html": decisionPage{}, "letter.html": letterPage{}, "answer.html": answerPage{}})

type pages struct {
	enforce *enforce.Service
	store   *blob.Store
}

// Job is the portal.
func Job(room *enforce.Service, store *blob.Store) web.Job {
	p := &pages{room, store}
	return web.Job{
		Rail:  ui.Entry{Name: "seller.rail", Icon: "scale", Path: "/seller", Verb: access.StatementRead, Key: "g t"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /seller", Verb: access.StatementRead, Handle: p.home},
			{Pattern: "GET /seller/decisions/{decision}", Verb: access.StatementRead, Handle: p.decision},
			{Pattern: "GET /seller/decisions/{decision}/letter", Verb: access.StatementRead, Handle: p.letter},
			{Pattern: "GET /seller/decisions/{decision}/answer", Verb: access.AppealFile, Handle: p.answer},
			{Pattern: "POST /seller/decisions/{decision}/answer", Verb: access.AppealFile, Handle: p.send},
			{Pattern: "POST /seller/appeals/{appeal}/withdraw", Verb: access.AppealFile, Handle: p.withdraw},
			{Pattern: "GET /seller/appeals/{appeal}/documents/{document}", Verb: access.AppealRead, Handle: p.document},
		},
	}
}

// Path is the address of a decision as its seller is told it.
func Path(id enforce.DecisionID) string { return "/seller/decisions/" + url.PathEscape(string(id)) }

// tag is a state in colour, shape and word.
type tag struct{ Tone, Icon, Text string }

// stateTag says in a word where a decision stands for its seller.
func stateTag(v *ui.Visit, t enforce.Told) tag {
	if open := t.Open(); open != nil {
		if running := running(t); running != nil {
			return tag{"info", "clock", v.T("seller.state.period", "Day", v.Day(running.DueAt))}
		}
		return tag{"info", "clock", v.T("seller.state.appealed")}
	}
	switch {
	case !t.Stands && t.Standing == enforce.Live:
		return tag{"good", "circle-check", v.T("seller.state.restored")}
	case !t.Stands:
		return tag{"quiet", "history", v.T("seller.state.replaced")}
	case !t.Ended.IsZero():
		return tag{"good", "circle-check", v.T("seller.state.ended")}
	case t.Outcome == enforce.Restrict:
		return tag{"warn", "lock", v.T("seller.state.restricted")}
	case t.Outcome == enforce.Demote:
		return tag{"warn", "arrow-down", v.T("seller.state.demoted")}
	case t.Outcome == enforce.Label:
		return tag{"info", "tag", v.T("seller.state.labelled")}
	case t.Outcome == enforce.Freeze:
		return tag{"warn", "coins", v.T("seller.state.frozen")}
	}
	return tag{"bad", "ban", v.T("seller.state.removed")}
}

// running is the period against a counter-statement that ends last of those that run; nil when none does.
func running(t enforce.Told) *enforce.Forwarding {
	var last *enforce.Forwarding
	for i, f := range t.Forwardings {
		if f.State == enforce.Arrived && (last == nil || f.DueAt.After(last.DueAt)) {
			last = &t.Forwardings[i]
		}
	}
	return last
}

// next says in a sentence what the seller can do, or waits for.
func next(v *ui.Visit, t enforce.Told) string {
	open := t.Open()
	switch {
	case open != nil && open.Kind == enforce.CounterStatement && running(t) != nil:
		return v.T("seller.next.period", "Day", v.Clock(running(t).DueAt))
	case open != nil && open.Kind == enforce.CounterStatement:
		return v.T("seller.next.forwarded")
	case open != nil:
		return v.T("seller.next.appealed", "Day", v.Day(open.DueAt))
	case t.MayFile(enforce.Complaint, v.Now) || t.MayFile(enforce.CounterStatement, v.Now):
		return v.T("seller.next.appeal", "Day", v.Day(t.AppealUntil))
	case !t.Stands && t.Standing == enforce.Live:
		return v.T("seller.next.restored")
	case !t.Stands:
		return v.T("seller.next.replaced")
	}
	return v.T("seller.next.court")
}

type homePage struct {
	ui.Page
	Seller  string // whose, where the reader sees several
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
	Filters ui.Filters
	Conduct *standing // of the reader's own account; nil where nothing counts against it
}

// standing is what counts against an account, in plain words for its own people.
type standing struct {
	Tag     tag
	Said    string // what it means
	Follows string // what would follow
	Strikes []counted
}

type counted struct{ Day, Reason, Until string }

// standingOf says what counts against an account.
func standingOf(v *ui.Visit, c enforce.Conduct) *standing {
	if c.Level == enforce.Good && len(c.Strikes) == 0 {
		return nil
	}
	look := map[enforce.Level]tag{enforce.Good: {Tone: "info", Icon: "info-circle"}, enforce.Warned: {Tone: "warn", Icon: "alert-triangle"}, enforce.Proposed: {Tone: "warn", Icon: "alert-triangle"}, enforce.Suspended: {Tone: "bad", Icon: "ban"}}[c.Level]
	level := c.Level
	if level == enforce.Proposed { // nothing holds until another person confirms it
		level = enforce.Warned
	}
	look.Text = v.T("seller.standing." + string(level))
	rules := enforce.DefaultStrikeRules
	one := &standing{Tag: look, Follows: v.T("seller.standing.follows", "Warn", v.Decimal(float64(rules.Warn)/1000, 0), "Suspend", v.Decimal(float64(rules.Suspend)/1000, 0), "Days", int(rules.Window/(24*time.Hour)))}
	one.Said = v.T("seller.standing.points", "Points", v.Decimal(float64(c.Points)/1000, 1))
	if c.Level == enforce.Suspended {
		one.Said = v.T("seller.standing.until", "Day", v.Clock(c.Until), "Reasons", c.Reasons)
	}
	for _, s := range c.Strikes {
		if rules.Weight(s, c.WarnedAt, v.Now) == 0 {
			continue
		}
		reason, ok := enforce.ReasonOf(s.Reason)
		words := v.T("seller.reason.other")
		if ok && !reason.NeedsNote {
			words = reason.Title(v.Language)
		}
		one.Strikes = append(one.Strikes, counted{v.Day(s.At), words, v.T("seller.standing.counts", "Day", v.Day(s.At.Add(rules.Window)))})
	}
	return one
}

type row struct {
	enforce.Told
	Path, Title, Why, Next string
	Tag                    tag
}

func titleOf(t enforce.Told) string {
	if t.Title != "" {
		return t.Title
	}
	return string(t.Listing)
}

func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.enforce.Told(r.Context(), v.User, enforce.ToldFilter{Seller: sellerID(q.Get("seller")), Stands: q.Get("stands") != "", After: q.After()})
	if err != nil {
		return err
	}
	page := homePage{Page: ui.Page{Title: v.T("seller.title"), Lead: v.T("seller.lead")}, Pager: q.Pager(found.Next, len(found.Items), -1)}
	if v.User.Reach(access.StatementRead) == access.All {
		page.Title, page.Lead = v.T("seller.title.all"), v.T("seller.lead.all")
	}
	for _, t := range found.Items {
		page.Rows = append(page.Rows, row{t, Path(t.Decision), titleOf(t), reason(v, t), next(v, t), stateTag(v, t)})
	}
	var find *ui.Find
	if v.User.Reach(access.StatementRead) == access.All {
		find = &ui.Find{Name: "seller", Label: v.T("seller.find")}
	}
	page.Filters = q.Filters(find, ui.Menu{Name: "stands", Label: v.T("seller.filter"), Options: []ui.Option{{Value: "1", Text: v.T("seller.filter.stands"), Count: -1}}})
	if _, own := v.User.Org.Account(); own && q.After() == "" && v.User.Can(access.AppealRead) {
		c, err := p.enforce.Conduct(r.Context(), v.User, v.User.Org)
		if err != nil {
			return err
		}
		page.Conduct = standingOf(v, c)
	}
	page.Empty = ui.Empty{Icon: "circle-check", Title: v.T("seller.none"), Text: v.T("seller.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("seller.nomatch"), Text: v.T("seller.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/seller"}}
	}
	return views.Render(w, r, page)
}

func reason(v *ui.Visit, t enforce.Told) string {
	found, ok := enforce.ReasonOf(t.Reason)
	if !ok || found.NeedsNote {
		return v.T("seller.reason.other")
	}
	return found.Title(v.Language)
}
