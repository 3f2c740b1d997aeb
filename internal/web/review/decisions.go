package review

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type decisionsPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []taken
	Pager   ui.Pager
	JSONL   string
	Empty   ui.Empty
}

// taken is one decision of the list.
type taken struct {
	enforce.Decision
	Path    string
	Mark    listings.Tag
	Because string
	Under   string // the brand
	Reach   string // how far it reaches; empty when everywhere
}

// periods are the spans the list can be narrowed to.
var periods = map[string]time.Duration{"24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "30d": 30 * 24 * time.Hour}

// decisionFilter reads the address of the list of decisions.
func decisionFilter(v *ui.Visit, q ui.Query) enforce.DecisionFilter {
	f := enforce.DecisionFilter{Outcome: enforce.Outcome(q.Get("outcome")), Reason: enforce.ReasonCode(q.Get("reason")), Brand: brand.ID(q.Get("brand")),
		Seller: market.SellerID(q.Get("seller")), After: q.After(), Limit: 50}
	if span, ok := periods[q.Get("within")]; ok {
		f.From = v.Now.Add(-span)
	}
	if undone := q.Get("undone"); undone != "" {
		yes := undone == "1"
		f.Undone = &yes
	}
	if q.Get("mine") == "1" {
		f.By = v.User.ID
	}
	return f
}

// decisions lists what people decided: the rows behind the start page's figures.
func (p *pages) decisions(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := decisionFilter(v, q)
	found, err := p.desk.Enforce.Decisions(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	total, err := p.desk.Enforce.CountDecisions(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	saved, err := p.access.Views(r.Context(), v.User, "/review/decisions")
	if err != nil {
		return err
	}
	page := decisionsPage{Page: ui.Page{Title: v.T("review.decisions"), Lead: v.T("review.decisions.lead"), Crumbs: []ui.Crumb{{Text: v.T("review.rail"), Path: "/review"}}, Wide: true}}
	outcomes := ui.Menu{Name: "outcome", Label: v.T("review.outcome")}
	for _, o := range enforce.Outcomes() {
		outcomes.Options = append(outcomes.Options, ui.Option{Value: string(o), Text: listings.OutcomeDone(v, o), Count: -1})
	}
	within := ui.Menu{Name: "within", Label: v.T("review.within")}
	for _, span := range []string{"24h", "7d", "30d"} {
		within.Options = append(within.Options, ui.Option{Value: span, Text: v.T("review.within." + span), Count: -1})
	}
	reasons := ui.Menu{Name: "reason", Label: v.T("review.reason")}
	for _, reason := range enforce.Reasons {
		reasons.Options = append(reasons.Options, ui.Option{Value: string(reason.Code), Text: reason.Title(v.Language), Count: -1})
	}
	page.Filters = q.Filters(nil, outcomes, within, reasons,
		ui.Menu{Name: "undone", Label: v.T("review.stands"), Options: []ui.Option{{Value: "0", Text: v.T("review.stands.not"), Count: -1}, {Value: "1", Text: v.T("review.stands.undone"), Count: -1}}},
		ui.Menu{Name: "mine", Label: v.T("review.whose"), Options: []ui.Option{{Value: "1", Text: v.T("review.byme"), Count: -1}}})
	page.Filters.Saved = q.Saved(saved)
	_, query, _ := strings.Cut(q.Here(), "?")
	if query != "" {
		query += "&"
	}
	page.Filters.Export, page.JSONL = "/exports/decisions?"+query+"format=csv", "/exports/decisions?"+query+"format=jsonl"
	page.Head = q.Head("", false, ui.Column{Label: v.T("review.listing")}, ui.Column{Label: v.T("review.outcome")}, ui.Column{Label: v.T("review.reason")},
		ui.Column{Label: v.T("review.brand")}, ui.Column{Label: v.T("review.verdict")}, ui.Column{Label: v.T("review.by")}, ui.Column{Label: v.T("review.at")})
	for _, d := range found.Items {
		tone, icon := listings.OutcomeMark(d.Outcome)
		page.Rows = append(page.Rows, taken{d, listings.Path(d.Listing), listings.Tag{Tone: tone, Icon: icon, Text: listings.OutcomeDone(v, d.Outcome)},
			listings.ReasonName(v, d.Reason), p.desk.BrandName(r.Context(), v.User, d.Brand), listings.ScopeName(v, d.Scope)})
	}
	page.Pager = q.Pager(found.Next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "gavel", Title: v.T("review.decisions.none"), Text: v.T("review.decisions.none.text")}
	return views.Render(w, r, page)
}

// exportDecisions streams every decision of the filter, without a cap.
func (p *pages) exportDecisions(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	write, end := listings.Exporter(w, "decisions", q.Get("format"), []string{"decision", "listing", "outcome", "reason", "note", "by", "at", "seller", "brand", "verdict", "undone_at", "undone_by", "entry", "territory", "until", "payout_held", "ended_at"})
	f := decisionFilter(v, q)
	f.After, f.Limit = "", 200
	for d, err := range p.desk.Enforce.Export(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		undoneAt, undoneBy := "", ""
		if d.Undone != nil {
			undoneAt, undoneBy = moment(d.Undone.At), d.Undone.ByName
		}
		err := write(exportedDecision{d.ID, d.Listing, d.Outcome, d.Reason, d.Note, d.ByName, d.At, d.Seller, d.Brand, d.Verdict, d.Score, undoneAt, undoneBy, d.Entry, d.Territory, d.Until, d.Payout, d.Ended}, []string{string(d.ID), string(d.Listing), string(d.Outcome), string(d.Reason), d.Note, d.ByName, moment(d.At), string(d.Seller), string(d.Brand), string(d.Verdict), undoneAt, undoneBy, d.Entry,
			strings.Join(d.Territory, " "), moment(d.Until), strconv.FormatBool(d.Payout), moment(d.Ended)})
		if err != nil {
			return err
		}
	}
	return end()
}

// exportedDecision is one line of the export of decisions.
type exportedDecision struct {
	ID       enforce.DecisionID `json:"decision"`
	Listing  market.ListingID   `json:"listing"`
	Outcome  enforce.Outcome    `json:"outcome"`
	Reason   enforce.ReasonCode `json:"reason"`
	Note     string             `json:"note,omitempty"`
	By       string             `json:"by"`
	At       time.Time          `json:"at"`
	Seller   market.SellerID    `json:"seller,omitempty"`
	Brand    brand.ID           `json:"brand,omitempty"`
	Verdict  detect.Verdict     `json:"verdict"`
	Score    float64            `json:"score"`
	UndoneAt string             `json:"undone_at,omitempty"` // RFC 3339
	UndoneBy string             `json:"undone_by,omitempty"`
	Entry    string             `json:"entry"` // in the ledger

	Territory []string  `json:"territory,omitempty"`
	Until     time.Time `json:"until,omitzero"`
	Payout    bool      `json:"payout_held,omitempty"`
	Ended     time.Time `json:"ended_at,omitzero"`
}

// moment is a time as of RFC 3339, empty when there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
