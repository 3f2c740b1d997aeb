package review

import (
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type reviewPage struct {
	ui.Page
	Chosen  bool // the address names an item: on a phone it is what is shown
	Counts  enforce.Counts
	Filters ui.Filters
	Rows    []row
	Pager   ui.Pager
	JSONL   string
	Pane    pane
	Bulk    *bulk // nil for who only reads
	Two     int   // proposals that wait for a second person
}

// row is one listing of the queue.
type row struct {
	mark
	Review   enforce.Review
	Brand    string
	Category string
	Price    string
	Taken    string // who is looking at it; empty when nobody else is
	Tick     string // what the box sends
	State    listings.Tag
	Waits    bool
	Proposal string // what the policy would have done to it; empty when only a look is asked for
}

// mark is the link of a row; it is drawn again by itself when another row becomes the current one.
type mark struct {
	ID      market.ListingID
	Title   string
	Path    string
	Current bool
	Swap    bool // it goes to its place in a page that stands
}

// pane is the right side.
type pane struct {
	Empty   *ui.Empty // when there is nothing to show
	ID      market.ListingID
	Dossier template.HTML
	Bar     template.HTML
	Next    string // addresses of its neighbours in the queue
	Prev    string
	Beyond  bool // the next one is on another page of the queue
	Back    string
	Ticks   bool   // its row can be ticked
	Claim   string // where to take it or to give it back; empty when there is nothing to take
	Here    string // this page
	Mine    bool   // the person has taken it
	Taken   string // who else is looking at it; empty when nobody is
}

// windowTitle renames the window when only the pane was asked for.
type windowTitle struct{ Text string }

// bulk is the bar under the queue for the rows ticked.
type bulk struct {
	Request string
	Back    string
	Groups  []group
	Above   int // on more than so many a second person has to confirm; 0: on none
}

type group struct {
	Label   string
	Choices []ui.Option
}

// filter reads the queue's address.
func filter(q ui.Query) enforce.Filter {
	return enforce.Filter{
		State: enforce.State(q.Get("state")), Verdict: detect.Verdict(q.Get("verdict")), Queue: q.Get("queue"), Brand: brand.ID(q.Get("brand")), Category: q.Get("category"),
		Seller: market.SellerID(q.Get("seller")), Text: q.Get("q"), Mine: q.Get("mine") == "1", Order: enforce.Order(q.Get("sort")), After: q.After(), Limit: 50,
	}
}

func (p *pages) queue(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, "", nil)
}

func (p *pages) item(w http.ResponseWriter, r *http.Request) error {
	id := market.ListingID(r.PathValue("listing"))
	v := ui.Here(r)
	if !v.Fragment {
		return p.show(w, r, id, nil)
	}
	q := queueOf(r)
	page, err := p.desk.Enforce.Queue(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	one, title, err := p.pane(r, q, page, id, nil)
	if err != nil {
		return err
	}
	pieces := []any{one, windowTitle{title}}
	for _, review := range page.Items {
		m := markOf(review, r.URL.Query(), review.Listing == id)
		if m.Swap = true; m.Current || strings.Contains(r.Header.Get("HX-Current-URL"), strings.SplitN(m.Path, "?", 2)[0]+"?") ||
			strings.HasSuffix(r.Header.Get("HX-Current-URL"), strings.SplitN(m.Path, "?", 2)[0]) || isFirst(r, page, review) {
			pieces = append(pieces, m)
		}
	}
	return views.Fragment(w, r, pieces...)
}

// isFirst reports whether the row was the current one because the page before named none.
func isFirst(r *http.Request, page db.Page[enforce.Review], review enforce.Review) bool {
	at, err := url.Parse(r.Header.Get("HX-Current-URL"))
	return err == nil && at.Path == "/review" && review.Listing == page.Items[0].Listing
}

// sent is a form that was not accepted.
type sent struct {
	problems []ui.Problem
	outcome  enforce.Outcome
	note     string
	asked    listings.Asked
	status   int
}

// show draws the queue with one of its items; the first one when id is empty.
func (p *pages) show(w http.ResponseWriter, r *http.Request, id market.ListingID, refused *sent) error {
	v, q := ui.Here(r), queueOf(r)
	if refused != nil {
		at, err := url.Parse(back(r))
		if err != nil {
			return err
		}
		again := *r
		again.Method, again.URL = http.MethodGet, at
		r, q = &again, queueOf(&again)
	}
	f := filter(q)
	queue, err := p.desk.Enforce.Queue(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	total, err := p.desk.Enforce.CountQueue(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	counts, err := p.desk.Enforce.Counts(r.Context(), v.User)
	if err != nil {
		return err
	}
	two, err := p.desk.Enforce.TogetherWaiting(r.Context(), v.User)
	if err != nil {
		return err
	}
	saved, err := p.access.Views(r.Context(), v.User, "/review")
	if err != nil {
		return err
	}
	page := reviewPage{Page: ui.Page{Title: v.T("review.title"), Wide: true, Bare: true}, Chosen: id != "", Counts: counts, Two: int(two)}
	if refused != nil {
		page.Status = refused.status
	}
	page.Filters = p.filters(r, v, q, counts)
	page.Filters.Saved = q.Saved(saved)
	page.Filters.Export, page.JSONL = export(q, "csv"), export(q, "jsonl")
	page.Pager = q.Pager(queue.Next, len(queue.Items), int(total))
	if id == "" && len(queue.Items) > 0 {
		id = queue.Items[0].Listing
	}
	for _, review := range queue.Items {
		page.Rows = append(page.Rows, p.row(r, v, review, review.Listing == id))
	}
	if v.User.Can(access.ReviewWork) && len(page.Rows) > 0 {
		page.Bulk = &bulk{Request: db.NewID(), Back: q.Here(), Groups: groups(v), Above: p.desk.Enforce.TwoAbove}
	}
	var title string
	if page.Pane, title, err = p.pane(r, q, queue, id, refused); err != nil {
		return err
	}
	if page.Chosen && title != "" {
		page.Title = title
	}
	page.Pane.Ticks = page.Pane.Ticks && page.Bulk != nil
	return views.Render(w, r, page)
}

func markOf(review enforce.Review, query url.Values, current bool) mark {
	return mark{ID: review.Listing, Title: review.Title, Path: itemPath(review.Listing, query), Current: current}
}

func (p *pages) row(r *http.Request, v *ui.Visit, review enforce.Review, current bool) row {
	one := row{mark: markOf(review, r.URL.Query(), current), Review: review, Category: listings.CategoryName(v, review.Category),
		Brand: p.desk.BrandName(r.Context(), v.User, review.Brand), State: listings.StateTag(v, review.State),
		Waits: review.State == enforce.Open || review.State == enforce.Escalated}
	if review.Cents != market.NoPrice {
		one.Price = v.Money(review.Cents, "USD")
	}
	if review.AssignedTo != "" && review.AssignedTo != v.User.ID && v.Now.Before(review.AssignedUntil) {
		one.Taken = review.AssignedName
	}
	if review.Action == detect.Remove || review.Action == detect.Restrict {
		one.Proposal = listings.ActionName(v, review.Action)
	}
	one.Tick = tick(enforce.Item{Listing: review.Listing, Version: review.Version})
	return one
}

// pane reads the item and its neighbours. title is what the window is called.
func (p *pages) pane(r *http.Request, q ui.Query, queue db.Page[enforce.Review], id market.ListingID, refused *sent) (one pane, title string, err error) {
	v := ui.Here(r)
	if id == "" {
		empty := ui.Empty{Icon: "circle-check", Title: v.T("review.done"), Text: v.T("review.done.text")}
		if len(q.Filters(&ui.Find{Name: "q"}).Chips) > 0 || q.Here() != "/review" {
			empty = ui.Empty{Icon: "filter-off", Title: v.T("review.nomatch"), Text: v.T("review.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/review"}}
		}
		return pane{Empty: &empty}, "", nil
	}
	dossier, err := p.desk.Open(r.Context(), v, id)
	if err != nil {
		return pane{}, "", err
	}
	query := r.URL.Query()
	one = pane{ID: id, Back: q.Here()}
	if after := q.After(); after != "" {
		one.Back += map[bool]string{true: "&", false: "?"}[strings.Contains(one.Back, "?")] + "after=" + url.QueryEscape(after)
	}
	at := slices.IndexFunc(queue.Items, func(review enforce.Review) bool { return review.Listing == id })
	one.Ticks = at >= 0
	switch {
	case at+1 < len(queue.Items):
		one.Next = itemPath(queue.Items[at+1].Listing, query)
	case queue.Next != "":
		one.Next, one.Beyond = q.Pager(queue.Next, 0, 0).Next, true
	}
	if at > 0 {
		one.Prev = itemPath(queue.Items[at-1].Listing, query)
	}
	one.Here = itemPath(id, query)
	review := dossier.Review
	taken := review.AssignedTo != "" && v.Now.Before(review.AssignedUntil)
	one.Mine = taken && review.AssignedTo == v.User.ID
	if taken && !one.Mine {
		one.Taken = v.T("review.taken", "Name", review.AssignedName, "Time", v.Clock(review.AssignedUntil))
	} else if waits := review.State == enforce.Open || review.State == enforce.Escalated; waits && v.User.Can(access.ReviewWork) {
		one.Claim = "/review/" + url.PathEscape(string(id)) + "/claim"
	}
	next := one.Next
	if next == "" {
		next = q.Here()
	}
	bar := listings.NewBar(v, &dossier, itemPath(id, query), next)
	if refused != nil {
		bar.Problems, bar.Sent, bar.Note, bar.Asked = refused.problems, refused.outcome, refused.note, refused.asked
	}
	if one.Dossier, err = listings.Piece(r, dossier); err != nil {
		return pane{}, "", err
	}
	one.Bar, err = listings.Piece(r, bar)
	return one, dossier.Record.Title, err
}

// filters are the menus above the queue, with what waits under each.
func (p *pages) filters(r *http.Request, v *ui.Visit, q ui.Query, counts enforce.Counts) ui.Filters {
	states := ui.Menu{Name: "state", Label: v.T("review.state")}
	for _, s := range enforce.States() {
		count := -1
		switch s {
		case enforce.Open:
			count = int(counts.Open)
		case enforce.Escalated:
			count = int(counts.Escalated)
		}
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: listings.StateName(v, s), Count: count})
	}
	verdicts := ui.Menu{Name: "verdict", Label: v.T("review.verdict")}
	for _, verdict := range []detect.Verdict{detect.Fake, detect.Review, detect.Clear} {
		verdicts.Options = append(verdicts.Options, ui.Option{Value: string(verdict), Text: listings.VerdictName(v, verdict), Count: int(counts.ByVerdict[verdict])})
	}
	queues := ui.Menu{Name: "queue", Label: v.T("review.queue.menu")}
	for _, name := range slices.Sorted(maps.Keys(counts.ByQueue)) {
		if name != "" {
			queues.Options = append(queues.Options, ui.Option{Value: name, Text: listings.QueueName(v, name), Count: int(counts.ByQueue[name])})
		}
	}
	if name := q.Get("queue"); name != "" && counts.ByQueue[name] == 0 {
		queues.Options = append(queues.Options, ui.Option{Value: name, Text: listings.QueueName(v, name), Count: 0})
	}
	brands := ui.Menu{Name: "brand", Label: v.T("review.brand")}
	for _, b := range counts.ByBrand {
		if b.Brand != "" {
			brands.Options = append(brands.Options, ui.Option{Value: string(b.Brand), Text: p.desk.BrandName(r.Context(), v.User, b.Brand), Count: int(b.Suspected)})
		}
	}
	if id := q.Get("brand"); id != "" && !slices.ContainsFunc(brands.Options, func(o ui.Option) bool { return o.Value == id }) {
		brands.Options = append(brands.Options, ui.Option{Value: id, Text: p.desk.BrandName(r.Context(), v.User, brand.ID(id))})
	}
	categories := ui.Menu{Name: "category", Label: v.T("review.category")}
	for _, c := range market.Categories {
		if n := counts.ByCategory[c]; n > 0 || q.Get("category") == c {
			categories.Options = append(categories.Options, ui.Option{Value: c, Text: listings.CategoryName(v, c), Count: int(n)})
		}
	}
	mine := ui.Menu{Name: "mine", Label: v.T("review.whose"), Options: []ui.Option{{Value: "1", Text: v.T("review.mine"), Count: int(counts.Mine)}}}
	sorts := ui.Menu{Name: "sort", Label: v.T("review.sort")}
	for _, o := range []enforce.Order{enforce.ByAge, enforce.ByScore, enforce.ByPrice} {
		sorts.Options = append(sorts.Options, ui.Option{Value: string(o), Text: v.T("review.sort." + string(o)), Count: -1})
	}
	menus := []ui.Menu{states, verdicts, queues, brands, categories, mine, sorts}
	if id := q.Get("seller"); id != "" {
		menus = append(menus, ui.Menu{Name: "seller", Label: v.T("review.seller"), Options: []ui.Option{{Value: id, Text: id, Count: -1}}})
	}
	return q.Filters(&ui.Find{Name: "q", Label: v.T("review.find")}, menus...)
}

// groups are the outcomes with their reasons, for the bar of ticked rows.
func groups(v *ui.Visit) []group {
	var all []group
	for _, o := range []enforce.Outcome{enforce.Approve, enforce.Remove, enforce.Restrict, enforce.Escalate} {
		g := group{Label: listings.OutcomeName(v, o)}
		for _, reason := range enforce.ReasonsFor(o) {
			g.Choices = append(g.Choices, ui.Option{Value: string(o) + ":" + string(reason.Code), Text: g.Label + v.T("review.colon") + reason.Title(v.Language)})
		}
		all = append(all, g)
	}
	return all
}

// export is the address of the same queue as a file.
func export(q ui.Query, format string) string {
	_, query, _ := strings.Cut(q.Here(), "?")
	if query != "" {
		query += "&"
	}
	return "/exports/review?" + query + "format=" + format
}

// exported is one line of an export.
type exported struct {
	Listing  market.ListingID `json:"listing"`
	Title    string           `json:"title"`
	Seller   market.SellerID  `json:"seller,omitempty"`
	Brand    brand.ID         `json:"brand,omitempty"`
	Category string           `json:"category,omitempty"`
	Cents    *int64           `json:"price_usd_cents,omitempty"`
	Verdict  detect.Verdict   `json:"verdict"`
	Score    float64          `json:"score"`
	Priority float64          `json:"priority"`
	State    enforce.State    `json:"state"`
	Standing enforce.Standing `json:"standing"`
	OpenedAt time.Time        `json:"opened_at,omitzero"`
}

// Link is the row's link.
func (r row) Link() mark { return r.mark }
