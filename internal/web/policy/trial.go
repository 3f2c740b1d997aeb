package policy

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type trialPage struct {
	ui.Page
	Tabs         []ui.Tab
	Number       detect.PolicyNumber
	Tag          listings.Tag
	Line         stateLine
	Form         ui.Form // only its problems
	Progress     headway
	Headlines    []string
	Columns      []string
	Matrix       []matrixRow
	Total        int64
	Different    int64
	Rules        []hit
	Troubles     []hit
	Consequences []consequenceRow
	Filters      ui.Filters
	Head         ui.Head
	Rows         []differenceRow
	Pager        ui.Pager
	JSONL        string
	Empty        ui.Empty
	Untried      *ui.Empty
}

// headway is how far the replay is; it asks for itself again until it is over.
type headway struct {
	Progress ui.Progress
	Over     bool
	Words    string
	Refresh  string // its address; empty when it stands still
}

type matrixRow struct {
	Was   string
	Cells []cell
}

// cell is how many listings the live policy treats so, and the one on trial so.
type cell struct {
	Count  int64
	Path   string // to the listings; empty for those treated alike and for none
	Same   bool
	Milder bool
	Words  string
}

type hit struct {
	Name  string
	Count int64
}

type consequenceRow struct {
	detect.Consequence
	Was, Would listings.Tag
	Path       string
}

type differenceRow struct {
	detect.Difference
	Title        string
	Path         string
	BrandName    string
	WasTag, Tag  listings.Tag
	FindingWords string
}

func headwayOf(v *ui.Visit, t detect.Trial) headway {
	h := headway{Over: !t.EndedAt.IsZero(), Refresh: trialPath(t.Policy) + "/progress"}
	if h.Over {
		h.Refresh = ""
	}
	h.Progress = ui.Progress{Label: v.T("policy.trial.replay"), Done: int(min(t.Done, t.Total)), Max: int(t.Total)}
	key := "policy.trial.words"
	if t.State == detect.Ended {
		key = "policy.trial.ended"
	}
	h.Words = v.T(key, "Past", v.Number(t.Past.Listings), "Beside", v.Number(t.Beside.Listings), "Time", v.Clock(t.StartedAt), "Name", t.StartedBy.Name)
	return h
}

// headlines say what a trial has found, the gravest first: how many listings would be treated otherwise, and what people have found of them.
func headlines(v *ui.Visit, t detect.Trial, found []detect.Consequence) []string {
	var all []string
	for _, would := range []detect.Action{detect.Remove, detect.Restrict, detect.Look, detect.Pass} {
		var n int64
		for _, was := range detect.Actions() {
			if was != would {
				n += t.Past.Of(was, would) + t.Beside.Of(was, would)
			}
		}
		if n == 0 {
			continue
		}
		var fakes, genuine, overturned int64
		for _, c := range found {
			if c.Would == would {
				fakes, genuine, overturned = fakes+c.Fakes, genuine+c.Genuine, overturned+c.Overturned
			}
		}
		said := v.T("policy.head.nobody")
		if fakes+genuine+overturned > 0 {
			said = v.T("policy.head.found", "Fakes", v.Number(fakes), "Genuine", v.Number(genuine), "Overturned", v.Number(overturned))
		}
		all = append(all, v.N("policy.head."+string(would), int(n))+said)
	}
	switch {
	case len(all) > 0:
	case t.Past.Listings+t.Beside.Listings == 0:
		all = []string{v.T("policy.head.none")}
	default:
		all = []string{v.T("policy.head.same", "Count", v.Number(t.Past.Listings+t.Beside.Listings))}
	}
	return all
}

func (p *pages) trial(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	number, err := asked(r)
	if err != nil {
		return err
	}
	one, err := p.detect.Policy(r.Context(), v.User, number)
	if err != nil {
		return err
	}
	page := trialPage{Page: ui.Page{Title: v.T("policy.trial.of", "Name", name(v, one)), Wide: true, Crumbs: crumbs(v)}, Number: number, Tag: stateTag(v, one.State), Tabs: policyTabs(v, number, "trial")}
	t, found, err := p.detect.TrialOf(r.Context(), v.User, number)
	if fault.Of(err) == fault.NotFound {
		page.Untried = &ui.Empty{Icon: "player-play", Title: v.T("policy.trial.none"), Text: v.T("policy.trial.none.text"), Action: &ui.Action{Text: v.T("policy.trial.toterms"), Path: Path(number)}}
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	if page.Line, err = p.line(r, v, one, &t); err != nil {
		return err
	}
	page.Progress, page.Headlines = headwayOf(v, t), headlines(v, t, found)
	page.compare(v, q, t)
	for _, c := range found {
		page.Consequences = append(page.Consequences, consequenceRow{c, actionTag(v, c.Was), actionTag(v, c.Would), narrowed(number, c.Was, c.Would)})
	}
	if err := p.differences(r, v, q, number, &page); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

// narrowed is the list of the differences of one kind.
func narrowed(number detect.PolicyNumber, was, would detect.Action) string {
	return fmt.Sprintf("%s?was=%s&would=%s#differences", trialPath(number), was, would)
}

// compare fills in the matrix and the rules.
func (page *trialPage) compare(v *ui.Visit, q ui.Query, t detect.Trial) {
	for i, was := range detect.Actions() {
		line := matrixRow{Was: actionName(v, was)}
		page.Columns = append(page.Columns, actionName(v, was))
		for j, would := range detect.Actions() {
			n := t.Past.Of(was, would) + t.Beside.Of(was, would)
			page.Total += n
			c := cell{Count: n, Same: i == j, Milder: j < i, Words: v.T("policy.matrix.cell", "Count", v.Number(n), "Was", actionName(v, was), "Would", actionName(v, would))}
			if !c.Same {
				page.Different += n
				if n > 0 {
					c.Path = narrowed(page.Number, was, would)
				}
			}
			line.Cells = append(line.Cells, c)
		}
		page.Matrix = append(page.Matrix, line)
	}
	page.Rules = hits(t.Past.Rules, t.Beside.Rules)
	page.Troubles = hits(t.Past.Problems, t.Beside.Problems)
}

// hits adds up counts by name, the most first.
func hits(of ...map[string]int64) []hit {
	sum := map[string]int64{}
	for _, counts := range of {
		for name, n := range counts {
			sum[name] += n
		}
	}
	var all []hit
	for _, name := range slices.Sorted(maps.Keys(sum)) {
		all = append(all, hit{name, sum[name]})
	}
	slices.SortStableFunc(all, func(a, b hit) int { return int(b.Count - a.Count) })
	return all
}

func differenceFilter(q ui.Query) detect.DifferenceFilter {
	return detect.DifferenceFilter{Was: detect.Action(q.Get("was")), Would: detect.Action(q.Get("would")), After: q.After(), Limit: 50}
}

func (p *pages) differences(r *http.Request, v *ui.Visit, q ui.Query, number detect.PolicyNumber, page *trialPage) error {
	found, err := p.detect.Differences(r.Context(), v.User, number, differenceFilter(q))
	if err != nil {
		return err
	}
	menus := []ui.Menu{{Name: "was", Label: v.T("policy.was")}, {Name: "would", Label: v.T("policy.would")}}
	for i := range menus {
		for _, a := range detect.Actions() {
			menus[i].Options = append(menus[i].Options, ui.Option{Value: string(a), Text: actionName(v, a), Count: -1})
		}
	}
	page.Filters = q.Filters(nil, menus...)
	_, query, _ := strings.Cut(q.Here(), "?")
	if query != "" {
		query += "&"
	}
	export := fmt.Sprintf("/exports/policies/%d/differences?%sformat=", number, query)
	page.Filters.Export, page.JSONL = export+"csv", export+"jsonl"
	page.Head = q.Head("", false, ui.Column{Label: v.T("policy.listing")}, ui.Column{Label: v.T("policy.was")}, ui.Column{Label: v.T("policy.would")}, ui.Column{Label: v.T("policy.rule")},
		ui.Column{Label: v.T("policy.verdict")}, ui.Column{Label: v.T("policy.score"), Number: true}, ui.Column{Label: v.T("policy.found")})
	ids := make([]market.ListingID, len(found.Items))
	for i, d := range found.Items {
		ids[i] = d.Listing
	}
	records, err := p.desk.Market.Many(r.Context(), v.User, ids)
	if err != nil {
		return err
	}
	for _, d := range found.Items {
		one := differenceRow{Difference: d, Title: string(d.Listing), Path: listings.Path(d.Listing), BrandName: p.desk.BrandName(r.Context(), v.User, d.Brand), WasTag: actionTag(v, d.Was), Tag: actionTag(v, d.Would)}
		if rec, known := records[d.Listing]; known {
			one.Title = rec.Title
		}
		switch {
		case d.Overturned:
			one.FindingWords = v.T("policy.found.overturned")
		case d.Finding != "":
			one.FindingWords = v.T("policy.finding." + string(d.Finding))
		}
		page.Rows = append(page.Rows, one)
	}
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "circle-check", Title: v.T("policy.differences.none"), Text: v.T("policy.differences.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("policy.differences.nomatch"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: trialPath(number)}}
	}
	return nil
}

// progress is the piece of the trial's page that asks for itself; when the replay is over the page is loaded anew.
func (p *pages) progress(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	number, err := asked(r)
	if err != nil {
		return err
	}
	t, _, err := p.detect.TrialOf(r.Context(), v.User, number)
	if err != nil {
		return err
	}
	h := headwayOf(v, t)
	if h.Over {
		w.Header().Set("HX-Refresh", "true")
	}
	return views.Fragment(w, r, h)
}

// exportedDifference is one line of the export of differences.
type exportedDifference struct {
	Listing    market.ListingID   `json:"listing"`
	Title      string             `json:"title,omitempty"`
	Was        detect.Action      `json:"was"`
	Would      detect.Action      `json:"would"`
	Rule       string             `json:"rule,omitempty"`
	Verdict    detect.Verdict     `json:"verdict"`
	Score      float64            `json:"score"`
	Brand      brand.ID           `json:"brand,omitempty"`
	Beside     bool               `json:"beside"` // it came in while the trial ran
	Finding    detect.FindingKind `json:"finding,omitempty"`
	Overturned bool               `json:"overturned"`
}

// exportDifferences streams every difference of the filter, without a cap.
func (p *pages) exportDifferences(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	number, err := asked(r)
	if err != nil {
		return err
	}
	if _, err := p.detect.Policy(r.Context(), v.User, number); err != nil {
		return err
	}
	write, end := listings.Exporter(w, fmt.Sprintf("policy-%d-differences", number), q.Get("format"),
		[]string{"listing", "title", "was", "would", "rule", "verdict", "score", "brand", "beside", "finding", "overturned"})
	chunk := make([]detect.Difference, 0, 200)
	flush := func() error {
		ids := make([]market.ListingID, len(chunk))
		for i, d := range chunk {
			ids[i] = d.Listing
		}
		records, err := p.desk.Market.Many(r.Context(), v.User, ids)
		if err != nil {
			return err
		}
		for _, d := range chunk {
			line := exportedDifference{d.Listing, records[d.Listing].Title, d.Was, d.Would, d.Rule, d.Verdict, d.Score, d.Brand, d.Beside, d.Finding, d.Overturned}
			err := write(line, []string{string(d.Listing), line.Title, string(d.Was), string(d.Would), d.Rule, string(d.Verdict), strconv.FormatFloat(d.Score, 'f', 4, 64), string(d.Brand),
				strconv.FormatBool(d.Beside), string(d.Finding), strconv.FormatBool(d.Overturned)})
			if err != nil {
				return err
			}
		}
		chunk = chunk[:0]
		return nil
	}
	f := differenceFilter(q)
	f.After = ""
	for d, err := range p.detect.ExportDifferences(r.Context(), v.User, number, f) {
		if err != nil {
			return err
		}
		if chunk = append(chunk, d); len(chunk) == cap(chunk) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return end()
}
