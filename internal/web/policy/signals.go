package policy

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type signalsPage struct {
	ui.Page
	Tabs    []ui.Tab
	Notes   []string // what the figures rest on, and what is not known
	Filters ui.Filters
	Head    ui.Head
	Rows    []signalRow
	Empty   ui.Empty
}

type signalRow struct {
	detect.SignalFigures
	Title, Explanation string
	Audited, Queued    interval
	Lately, Earlier    string // shares of what was scanned; a dash when nothing was
}

// interval is a share with its uncertainty; places are in percent of the scale from 0 to 1.
type interval struct {
	detect.Precision
	X, Width, At string
}

// Known reports whether anything was counted.
func (i interval) Known() bool { return i.Findings > 0 }

func intervalOf(p detect.Precision) interval {
	i := interval{Precision: p}
	if p.Findings > 0 {
		i.X, i.Width, i.At = percentage(p.Low*100), percentage((p.Top-p.Low)*100), percentage(p.Share*100)
	}
	return i
}

// rows are the signals that the address asks for, in its order.
func signalRows(v *ui.Visit, q ui.Query, l detect.Learnt) (rows []signalRow, column string, down bool) {
	wanted := strings.ToLower(strings.TrimSpace(q.Get("q")))
	for _, f := range l.Signals {
		row := signalRow{f, f.Title, f.Explanation, intervalOf(f.Audited), intervalOf(f.Queued), share(v, f.Now, l.ScannedIn), share(v, f.Before, l.ScannedBy)}
		if v.Language == "zh" {
			row.Title, row.Explanation = f.TitleChinese, f.ExplanationChinese
		}
		if strings.Contains(strings.ToLower(strings.Join([]string{f.Name, f.SignalInfo.Title, f.TitleChinese, f.SignalInfo.Explanation, f.ExplanationChinese}, "\n")), wanted) && (q.Get("drift") == "" || f.Drift) {
			rows = append(rows, row)
		}
	}
	column, down = q.Sort("", "weight", "now", "before", "audited", "queued")
	value := map[string]func(signalRow) float64{
		"weight": func(r signalRow) float64 { return r.Weight }, "now": func(r signalRow) float64 { return r.Now }, "before": func(r signalRow) float64 { return r.Before },
		"audited": func(r signalRow) float64 { return known(r.Audited.Precision) }, "queued": func(r signalRow) float64 { return known(r.Queued.Precision) },
	}[column]
	if value != nil {
		slices.SortStableFunc(rows, func(a, b signalRow) int {
			if down {
				a, b = b, a
			}
			return cmp.Compare(value(a), value(b))
		})
	}
	return rows, column, down
}

func share(v *ui.Visit, x float64, of int64) string {
	if of == 0 {
		return "–"
	}
	return v.Percent(x)
}

// known is a share to sort by; what is not known comes below nothing.
func known(p detect.Precision) float64 {
	if p.Findings == 0 {
		return -1
	}
	return p.Share
}

func (p *pages) signals(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	l, err := p.detect.Learnt(r.Context(), v.User)
	if err != nil {
		return err
	}
	live, err := p.detect.Policies(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := signalsPage{Page: ui.Page{Title: v.T("policy.signals"), Lead: v.T("policy.signals.lead"), Wide: true}, Tabs: tabs(v, "signals")}
	page.Notes = append(page.Notes, v.T("policy.signals.scanned", "Now", v.Number(l.ScannedIn), "Before", v.Number(l.ScannedBy)))
	if !l.AddedUpTo.IsZero() {
		page.Notes = append(page.Notes, v.T("policy.signals.upto", "Time", v.Clock(l.AddedUpTo)))
	}
	switch {
	case l.Audits > 0:
		page.Notes = append(page.Notes, v.T("policy.signals.audits", "Count", v.Number(l.Audits), "Fakes", v.Number(l.AuditFakes)))
	case live.Live.Audit > 0:
		page.Notes = append(page.Notes, v.T("policy.signals.noaudits", "Share", auditShare(v, live.Live.Audit)))
	default:
		page.Notes = append(page.Notes, v.T("policy.signals.auditoff"))
	}
	page.Notes = append(page.Notes, v.T("policy.signals.findings", "Count", v.Number(l.Findings), "Fakes", v.Number(l.Fakes), "Overturned", v.Number(l.Overturned)))
	var column string
	var down bool
	page.Rows, column, down = signalRows(v, q, l)
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("policy.signals.find")}, ui.Menu{Name: "drift", Label: v.T("policy.drift"), Options: []ui.Option{{Value: "1", Text: v.T("policy.drift.only"), Count: -1}}})
	page.Filters.Export = "/exports/policy-signals"
	page.Head = q.Head(column, down, ui.Column{Label: v.T("policy.signal")}, ui.Column{Key: "weight", Label: v.T("policy.weight"), Number: true},
		ui.Column{Key: "now", Label: v.T("policy.now"), Number: true}, ui.Column{Key: "before", Label: v.T("policy.earlier"), Number: true},
		ui.Column{Key: "audited", Label: v.T("policy.audited")}, ui.Column{Key: "queued", Label: v.T("policy.queued")})
	page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("policy.signals.nomatch"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/policy/signals"}}
	return views.Render(w, r, page)
}

// exportedSignal is one line of the export of signals.
type exportedSignal struct {
	Name         string  `json:"signal"`
	Weight       float64 `json:"weight_bits"`
	Now          float64 `json:"share_7_days"`
	Before       float64 `json:"share_28_days_before"`
	Drift        bool    `json:"drift"`
	AuditFakes   int64   `json:"audited_fakes"`
	Audits       int64   `json:"audited"`
	FindingFakes int64   `json:"queued_fakes"`
	Findings     int64   `json:"queued"`
}

func (p *pages) exportSignals(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	l, err := p.detect.Learnt(r.Context(), v.User)
	if err != nil {
		return err
	}
	write, end := listings.Exporter(w, "signals", q.Get("format"), []string{"signal", "weight_bits", "share_7_days", "share_28_days_before", "drift", "audited_fakes", "audited", "queued_fakes", "queued"})
	for _, f := range l.Signals {
		count := func(n int64) string { return strconv.FormatInt(n, 10) }
		share := func(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
		err := write(exportedSignal{f.Name, f.Weight, f.Now, f.Before, f.Drift, f.Audited.Fakes, f.Audited.Findings, f.Queued.Fakes, f.Queued.Findings},
			[]string{f.Name, share(f.Weight), share(f.Now), share(f.Before), strconv.FormatBool(f.Drift), count(f.Audited.Fakes), count(f.Audited.Findings), count(f.Queued.Fakes), count(f.Queued.Findings)})
		if err != nil {
			return err
		}
	}
	return end()
}

type findingsPage struct {
	ui.Page
	Tabs    []ui.Tab
	Filters ui.Filters
	Head    ui.Head
	Rows    []findingRow
	Pager   ui.Pager
	JSONL   string
	Empty   ui.Empty
}

type findingRow struct {
	detect.Finding
	Title  string
	Path   string
	Brand  string
	Tag    listings.Tag
	Policy string
}

func findingFilter(q ui.Query) detect.FindingFilter {
	return detect.FindingFilter{Kind: detect.FindingKind(q.Get("kind")), Audit: q.Get("audit") == "1", After: q.After(), Limit: 50}
}

// findings lists what people found listings to be: the rows behind the figures of signals and of the threshold.
func (p *pages) findings(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.detect.Findings(r.Context(), v.User, findingFilter(q))
	if err != nil {
		return err
	}
	page := findingsPage{Page: ui.Page{Title: v.T("policy.findings"), Lead: v.T("policy.findings.lead"), Wide: true}, Tabs: tabs(v, "findings")}
	kinds := ui.Menu{Name: "kind", Label: v.T("policy.found")}
	for _, k := range []detect.FindingKind{detect.FoundFake, detect.FoundGenuine} {
		kinds.Options = append(kinds.Options, ui.Option{Value: string(k), Text: v.T("policy.finding." + string(k)), Count: -1})
	}
	page.Filters = q.Filters(nil, kinds, ui.Menu{Name: "audit", Label: v.T("policy.drawn"), Options: []ui.Option{{Value: "1", Text: v.T("policy.drawn.only"), Count: -1}}})
	_, query, _ := strings.Cut(q.Here(), "?")
	if query != "" {
		query += "&"
	}
	page.Filters.Export, page.JSONL = "/exports/findings?"+query+"format=csv", "/exports/findings?"+query+"format=jsonl"
	page.Head = q.Head("", false, ui.Column{Label: v.T("policy.listing")}, ui.Column{Label: v.T("policy.found")}, ui.Column{Label: v.T("policy.found.at")}, ui.Column{Label: v.T("policy.verdict")},
		ui.Column{Label: v.T("policy.score"), Number: true}, ui.Column{Label: v.T("policy.rule")}, ui.Column{Label: v.T("policy.brand")})
	ids := make([]market.ListingID, len(found.Items))
	for i, f := range found.Items {
		ids[i] = f.Listing
	}
	records, err := p.desk.Market.Many(r.Context(), v.User, ids)
	if err != nil {
		return err
	}
	for _, f := range found.Items {
		one := findingRow{Finding: f, Title: string(f.Listing), Path: listings.Path(f.Listing), Brand: p.desk.BrandName(r.Context(), v.User, f.Brand)}
		one.Tag = listings.Tag{Tone: "bad", Icon: "alert-octagon", Text: v.T("policy.finding.fake")}
		if f.Kind == detect.FoundGenuine {
			one.Tag = listings.Tag{Tone: "good", Icon: "circle-check", Text: v.T("policy.finding.genuine")}
		}
		if rec, ok := records[f.Listing]; ok {
			one.Title = rec.Title
		}
		page.Rows = append(page.Rows, one)
	}
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "gavel", Title: v.T("policy.findings.none"), Text: v.T("policy.findings.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("policy.findings.nomatch"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/policy/findings"}}
	}
	return views.Render(w, r, page)
}

// exportFindings streams findings: JSONL as labels that train and eval read, CSV with what the machine said.
func (p *pages) exportFindings(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	write, end := listings.Exporter(w, "labels", q.Get("format"), []string{"listing", "label", "at", "audit", "verdict", "score", "brand", "action", "rule", "policy", "weight"})
	f := findingFilter(q)
	f.After = ""
	for one, err := range p.detect.ExportFindings(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		err := write(one.Label(), []string{string(one.Listing), string(one.Kind), one.At.UTC().Format("2006-01-02T15:04:05Z"), strconv.FormatBool(one.Audit), string(one.Verdict),
			strconv.FormatFloat(one.Score, 'f', 4, 64), string(one.Brand), string(one.Action), one.Rule, strconv.FormatInt(int64(one.Policy), 10), strconv.FormatFloat(one.Weight, 'f', -1, 64)})
		if err != nil {
			return err
		}
	}
	return end()
}

func percentage(x float64) string {
	if math.IsNaN(x) {
		x = 0
	}
	return fmt.Sprintf("%.2f%%", x)
}
