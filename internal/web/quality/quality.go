// Package quality shows how well the review is done: listings judged again without being told what was decided, agreement between people, and how often measures were
// taken back.
package quality

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"quality.html": qualityPage{}, "look.html": lookPage{}, "looks.html": looksPage{}})

type pages struct {
	enforce *enforce.Service
	market  *market.Service
}

// Root is where the review's quality stands in the rail.
const Root = "/quality"

// Figures is the same for those who audit and judge no listings.
const Figures = "/quality/figures"

// Job is the quality of the review.
func Job(room *enforce.Service, goods *market.Service) web.Job {
	p := &pages{room, goods}
	return web.Job{
		Rail:  ui.Entry{Name: "quality.rail", Icon: "chart-bar", Path: Root, Verb: access.ReviewWork, Key: "g x"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /quality", Verb: access.ReviewWork, Handle: p.quality},
			{Pattern: "GET " + Figures, Verb: access.LedgerRead, Handle: p.quality},
			{Pattern: "GET /exports/quality", Verb: access.LedgerRead, Handle: p.export},
			{Pattern: "GET /quality/look", Verb: access.ReviewWork, Handle: p.look},
			{Pattern: "POST /quality/look/{look}", Verb: access.ReviewWork, Handle: p.answer},
			{Pattern: "GET /quality/looks", Verb: access.DecisionUndo, Handle: p.looks},
			{Pattern: "POST /quality/golden", Verb: access.DecisionUndo, Handle: p.setGolden},
			{Pattern: "POST /quality/golden/{listing}/drop", Verb: access.DecisionUndo, Handle: p.dropGolden},
		},
	}
}

type qualityPage struct {
	ui.Page
	Here      string
	From, To  string
	Waiting   string // how many listings wait for the reader, in a sentence; empty for who judges none
	Few       string // how many looks are still needed before the figures say anything; empty when they do
	Sums      []figure
	Reviewers []reviewer
	Reasons   []figure
	Signals   []figure
	Golden    []golden
	Add       *ui.Form
	Leads     bool // sees everybody's figures
	Disagreed string
	Export    string
}

// figure is a share with its interval.
type figure struct{ Text, Share, Interval, Kappa, Of string }

type reviewer struct {
	Name             string
	Seconds, Goldens figure
}

type golden struct {
	enforce.GoldenItem
	Path, Said string
	Drop       ui.Confirm
}

// period is the quarter of a year that ends with today, unless the address says otherwise.
func period(v *ui.Visit, q ui.Query) (from, to time.Time) {
	year, month, day := v.Now.In(v.Zone).Date()
	to = time.Date(year, month, day+1, 0, 0, 0, 0, v.Zone)
	from = to.AddDate(0, -3, 0)
	if at, err := time.ParseInLocation(time.DateOnly, q.Get("from"), v.Zone); err == nil {
		from = at
	}
	if at, err := time.ParseInLocation(time.DateOnly, q.Get("to"), v.Zone); err == nil {
		to = at.AddDate(0, 0, 1)
	}
	return from, to
}

// enough is from how many looks on a share is worth a title.
const enough = 30

func agreement(v *ui.Visit, text string, a enforce.Agreement) figure {
	f := figure{Text: text, Of: v.T("quality.of", "Agreed", v.Number(a.Agreed), "Of", v.Number(a.Of)), Share: "–", Interval: "–", Kappa: "–"}
	if a.Of > 0 {
		i := a.Interval()
		f.Share, f.Interval = v.Percent(float64(a.Agreed)/float64(a.Of)), v.Percent(i.Low)+" – "+v.Percent(i.High)
	}
	if a.HasKappa {
		f.Kappa = v.Decimal(a.Kappa, 2)
	}
	return f
}

func (p *pages) quality(w http.ResponseWriter, r *http.Request) error { return p.show(w, r, nil) }

func (p *pages) show(w http.ResponseWriter, r *http.Request, problem error) error {
	v, q := ui.Here(r), ui.Ask(r)
	page := qualityPage{Page: ui.Page{Title: v.T("quality.title"), Lead: v.T("quality.lead"), Wide: true}, Here: Root}
	if v.User.May(access.ReviewWork, "") != nil {
		page.Here = Figures
	}
	if v.User.May(access.ReviewWork, "") == nil {
		waiting, err := p.enforce.LooksWaiting(r.Context(), v.User)
		if err != nil {
			return err
		}
		page.Waiting = v.N("quality.waiting", int(waiting))
		if waiting > 0 {
			page.Actions = []ui.Action{{Text: v.T("quality.begin"), Path: Root + "/look", Icon: "eye-check", Key: "n", Primary: true}}
		}
	}
	from, to := period(v, q)
	page.From, page.To = from.In(v.Zone).Format(time.DateOnly), to.Add(-time.Nanosecond).In(v.Zone).Format(time.DateOnly)
	found, err := p.enforce.Quality(r.Context(), v.User, from, to)
	switch {
	case fault.Of(err) == fault.Forbidden: // a reviewer sees what waits, and nobody's figures but the own
		own, err := p.enforce.OwnQuality(r.Context(), v.User, from, to)
		if err != nil {
			return err
		}
		page.Sums = []figure{agreement(v, v.T("quality.seconds"), own.Seconds), agreement(v, v.T("quality.goldens"), own.Goldens)}
		return views.Render(w, r, page)
	case err != nil:
		return err
	}
	page.Leads, page.Export = true, "/exports/quality?"+r.URL.RawQuery
	page.Sums = []figure{agreement(v, v.T("quality.seconds"), found.Seconds), agreement(v, v.T("quality.goldens"), found.Goldens)}
	if left := enough - found.Seconds.Of - found.Goldens.Of; left > 0 {
		page.Few = v.N("quality.few", left)
	}
	for _, one := range found.Reviewers {
		page.Reviewers = append(page.Reviewers, reviewer{one.Name, agreement(v, one.Name, one.Seconds), agreement(v, one.Name, one.Goldens)})
	}
	for _, one := range found.Reasons {
		if one.Of > 0 {
			page.Reasons = append(page.Reasons, agreement(v, reasonName(v, one.Reason), one.Agreement))
		}
	}
	for _, one := range found.Signals {
		i := one.Interval()
		f := figure{Text: listings.SignalName(v, one.Signal), Of: v.T("quality.taken", "Wrong", v.Number(one.Wrong), "Of", v.Number(one.Of)), Share: "–", Interval: "–"}
		if one.Of > 0 {
			f.Share, f.Interval = v.Percent(float64(one.Wrong)/float64(one.Of)), v.Percent(i.Low)+" – "+v.Percent(i.High)
		}
		page.Signals = append(page.Signals, f)
	}
	if v.User.May(access.DecisionUndo, "") == nil {
		page.Disagreed = Root + "/looks"
		if err := p.golden(r, v, &page); err != nil {
			return err
		}
	}
	if problem != nil {
		if page.Add == nil {
			return problem
		}
		page.Status = web.Status(problem)
		page.Add.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func (p *pages) golden(r *http.Request, v *ui.Visit, page *qualityPage) error {
	all, err := p.enforce.GoldenItems(r.Context(), v.User)
	if err != nil {
		return err
	}
	for _, g := range all {
		page.Golden = append(page.Golden, golden{g, listings.Path(g.Listing), v.T("quality.right." + string(g.Outcome)), ui.Confirm{Label: v.T("quality.golden.drop"), Question: v.T("quality.golden.question"), Yes: v.T("quality.golden.drop"), Path: Root + "/golden/" + url.PathEscape(string(g.Listing)) + "/drop"}})
	}
	page.Add = &ui.Form{Path: Root + "/golden", Submit: v.T("quality.golden.add"), Fields: []ui.Field{{Name: "listing", Label: v.T("quality.listing"), Required: true, Max: "200"},
		{Name: "right", Label: v.T("quality.right"), Type: "select", Required: true, Options: []ui.Option{{Value: string(enforce.Remove), Text: v.T("quality.right.remove")}, {Value: string(enforce.Approve), Text: v.T("quality.right.approve")}}},
		{Name: "why", Label: v.T("quality.why"), Type: "textarea", Rows: 2, Required: true, Max: strconv.Itoa(enforce.MaxNote)}}}
	return nil
}

func reasonName(v *ui.Visit, code enforce.ReasonCode) string {
	reason, _ := enforce.ReasonOf(code)
	if v.Language == "zh" {
		return reason.Chinese
	}
	return reason.English
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	from, to := period(v, q)
	found, err := p.enforce.Quality(r.Context(), v.User, from, to)
	if err != nil {
		return err
	}
	type line struct {
		Figure string   `json:"figure"`
		Of     string   `json:"of,omitempty"`
		Part   int      `json:"part"`
		Whole  int      `json:"whole"`
		Low    float64  `json:"low"`
		High   float64  `json:"high"`
		Kappa  *float64 `json:"kappa,omitempty"`
	}
	write, end := listings.Exporter(w, "quality", q.Get("format"), []string{"figure", "of", "part", "whole", "low", "high", "kappa"})
	put := func(figure, of string, part, whole int, low, high float64, kappa *float64) error {
		text := ""
		if kappa != nil {
			text = strconv.FormatFloat(*kappa, 'f', 4, 64)
		}
		return write(line{figure, of, part, whole, low, high, kappa}, []string{figure, of, strconv.Itoa(part), strconv.Itoa(whole), strconv.FormatFloat(low, 'f', 4, 64), strconv.FormatFloat(high, 'f', 4, 64), text})
	}
	agreed := func(figure, of string, a enforce.Agreement) error {
		i := a.Interval()
		var kappa *float64
		if a.HasKappa {
			kappa = &a.Kappa
		}
		return put(figure, of, a.Agreed, a.Of, i.Low, i.High, kappa)
	}
	if err := agreed("seconds", "", found.Seconds); err != nil {
		return err
	}
	if err := agreed("goldens", "", found.Goldens); err != nil {
		return err
	}
	for _, one := range found.Reviewers {
		if err := agreed("reviewer-seconds", one.Name, one.Seconds); err != nil {
			return err
		}
		if err := agreed("reviewer-goldens", one.Name, one.Goldens); err != nil {
			return err
		}
	}
	for _, one := range found.Reasons {
		if err := agreed("reason", string(one.Reason), one.Agreement); err != nil {
			return err
		}
	}
	for _, one := range found.Signals {
		i := one.Interval()
		if err := put("signal-taken-back", one.Signal, one.Wrong, one.Of, i.Low, i.High, nil); err != nil {
			return err
		}
	}
	return end()
}

type lookPage struct {
	ui.Page
	Facts    []ui.Fact
	Words    string
	Pictures []ui.Picture
	Form     *ui.Form // nil when nothing waits
	Empty    ui.Empty
}

func (p *pages) look(w http.ResponseWriter, r *http.Request) error { return p.showLook(w, r, nil) }

// showLook draws the next listing to be judged, with nothing of what was decided on it or what the machine makes of it.
func (p *pages) showLook(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	l, waiting, ok, err := p.enforce.NextLook(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := lookPage{Page: ui.Page{Title: v.T("quality.look"), Lead: v.T("quality.look.lead"), Wide: true, Crumbs: []ui.Crumb{{Text: v.T("quality.title"), Path: Root}}}, Empty: ui.Empty{Icon: "circle-check", Title: v.T("quality.look.none"), Text: v.T("quality.look.none.text"), Action: &ui.Action{Text: v.T("quality.title"), Path: Root}}}
	if !ok {
		return views.Render(w, r, page)
	}
	rec, err := p.market.Get(r.Context(), v.User, l.Listing)
	if err != nil {
		return err
	}
	page.Title, page.Words = rec.Title, rec.Description
	page.Facts = []ui.Fact{{Label: v.T("quality.waits"), Value: v.Number(int(waiting))}, {Label: v.T("quality.price"), Value: v.Money(rec.Price, rec.Currency)}, {Label: v.T("quality.category"), Value: rec.Category}, {Label: v.T("quality.seller"), Value: rec.Seller.Name}}
	for i, ref := range rec.Images {
		page.Pictures = append(page.Pictures, ui.Picture{Src: listings.PicturePath(ref), Alt: v.T("quality.picture", "Number", i+1)})
	}
	outcome := ui.Field{Name: "outcome", Label: v.T("quality.outcome"), Type: "radio", Required: true}
	for _, o := range []enforce.Outcome{enforce.Remove, enforce.Restrict, enforce.Approve} {
		outcome.Options = append(outcome.Options, ui.Option{Value: string(o), Text: v.T("quality.outcome." + string(o))})
	}
	reason := ui.Field{Name: "reason", Label: v.T("quality.reason"), Type: "select", Required: true}
	for _, one := range enforce.Reasons {
		reason.Options = append(reason.Options, ui.Option{Value: string(one.Code), Text: reasonName(v, one.Code)})
	}
	page.Form = &ui.Form{Path: Root + "/look/" + url.PathEscape(string(l.ID)), Submit: v.T("quality.answer"), Fields: []ui.Field{outcome, reason, {Name: "note", Label: v.T("quality.note"), Type: "textarea", Rows: 2, Max: strconv.Itoa(enforce.MaxNote)}}}
	if problem != nil {
		page.Status = web.Status(problem)
		page.Form.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	err := p.enforce.AnswerLook(r.Context(), v.User, enforce.LookID(r.PathValue("look")), enforce.Choice{Outcome: enforce.Outcome(r.PostFormValue("outcome")), Reason: enforce.ReasonCode(r.PostFormValue("reason")), Note: r.PostFormValue("note")})
	if fault.Of(err) == fault.Invalid {
		return p.showLook(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Root+"/look", &ui.Toast{Text: v.T("quality.answered")})
}

type looksPage struct {
	ui.Page
	Filters ui.Filters
	Rows    []looked
	Pager   ui.Pager
	Empty   ui.Empty
}

type looked struct {
	enforce.Look
	Path, Kind, First, Second string
	Agree                     bool
}

func (p *pages) looks(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.enforce.Looks(r.Context(), v.User, enforce.LookFilter{Disagreed: q.Get("all") == "", After: q.After()})
	if err != nil {
		return err
	}
	page := looksPage{Page: ui.Page{Title: v.T("quality.disagreed"), Lead: v.T("quality.disagreed.lead"), Wide: true, Crumbs: []ui.Crumb{{Text: v.T("quality.title"), Path: Root}}}, Empty: ui.Empty{Icon: "circle-check", Title: v.T("quality.disagreed.none"), Text: v.T("quality.disagreed.none.text")}}
	for _, l := range found.Items {
		one := looked{Look: l, Path: listings.Path(l.Listing), Kind: v.T("quality.kind." + string(l.Kind)), Second: l.ByName + ": " + v.T("quality.outcome."+string(l.Outcome)), Agree: l.Agrees()}
		if one.First = v.T("quality.outcome." + string(l.FirstOutcome)); l.FirstName != "" {
			one.First = l.FirstName + ": " + one.First
		}
		page.Rows = append(page.Rows, one)
	}
	page.Filters = q.Filters(nil, ui.Menu{Name: "all", Label: v.T("quality.show"), Options: []ui.Option{{Value: "yes", Text: v.T("quality.show.all"), Count: -1}}})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	return views.Render(w, r, page)
}

func (p *pages) setGolden(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	err := p.enforce.SetGolden(r.Context(), v.User, market.ListingID(r.PostFormValue("listing")), enforce.Outcome(r.PostFormValue("right")), r.PostFormValue("why"))
	if fault.Of(err) == fault.NotFound {
		err = fault.Invalid.Say("There is no such listing.").At("listing").Because(err)
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.show(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Root, &ui.Toast{Text: v.T("quality.golden.added")})
}

func (p *pages) dropGolden(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := p.enforce.DropGolden(r.Context(), v.User, market.ListingID(r.PathValue("listing"))); err != nil {
		return err
	}
	return web.Done(w, r, Root, &ui.Toast{Text: v.T("quality.golden.dropped")})
}
