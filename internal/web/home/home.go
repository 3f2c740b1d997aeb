// Package home is the start page: the state of the marketplace in figures, each with its count, its period and a way to
// its rows.
package home

import (
	"embed"
	"net/http"
	"net/url"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"home.html": homePage{}, "welcome.html": welcomePage{}})

type pages struct{ desk *listings.Desk }

// Job is the start page at "/". Who may not see reviews (a rights holder) is led to their own first page.
func Job(desk *listings.Desk) web.Job {
	p := &pages{desk}
	return web.Job{
		Rail:   ui.Entry{Name: "home.rail", Icon: "home", Path: "/", Verb: access.ReviewRead, Key: "g h"},
		Views:  views,
		Routes: []web.Route{{Pattern: "GET /{$}", Verb: web.SignedIn, Handle: p.home}},
	}
}

type homePage struct {
	ui.Page
	Figures  enforce.Figures
	Verdicts []figure
	Day      []figure
	Week     []figure
	Median   string
	Chart    chart
	Brands   []top
	Sellers  []top
	Work     []ui.Progress // what waits to be scanned; empty when nothing does
}

type welcomePage struct {
	ui.Page
	Work []ui.Progress
}

// figure is a count with its word and the way to its rows.
type figure struct {
	Count   int64
	Text    string
	Path    string // empty when there is no list of them
	Verdict string
}

// top is one line of a ranking.
type top struct {
	Name  string
	Path  string
	Count int64
	Width string // of its bar, in percent of the first
}

func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if !v.User.Can(access.ReviewRead) {
		return web.Go(w, r, first(v))
	}
	f, err := p.desk.Enforce.Figures(r.Context(), v.User)
	if err != nil {
		return err
	}
	var work []ui.Progress
	if v.User.Can(access.OperationsRead) {
		progress, err := p.desk.Detect.Progress(r.Context(), v.User)
		if err != nil {
			return err
		}
		work = waits(v, progress)
	}
	total := int64(0)
	for _, n := range f.Verdicts {
		total += n
	}
	if total == 0 && f.Week.Total() == 0 {
		return views.Render(w, r, welcomePage{Page: ui.Page{Title: v.T("home.welcome"), Lead: v.T("home.welcome.lead")}, Work: work})
	}
	page := homePage{Page: ui.Page{Title: v.T("home.title"), Lead: v.T("home.lead", "Time", v.Clock(f.At)), Wide: true}, Figures: f, Work: work, Chart: draw(v, f.Days)}
	if f.Open > 0 {
		page.Actions = []ui.Action{{Text: v.T("home.review"), Path: "/review", Icon: "eye-check", Primary: true}}
	}
	for _, verdict := range []detect.Verdict{detect.Fake, detect.Review, detect.Clear} {
		page.Verdicts = append(page.Verdicts, figure{f.Verdicts[verdict], listings.VerdictName(v, verdict), "/listings?verdict=" + string(verdict), string(verdict)})
	}
	page.Day, page.Week = activity(v, f.Day, "24h"), activity(v, f.Week, "7d")
	if f.Waited > 0 {
		page.Median = duration(v, f.WaitedHalf)
	}
	for _, b := range f.Brands {
		page.Brands = append(page.Brands, top{p.desk.BrandName(r.Context(), v.User, b.Brand), "/review?brand=" + url.QueryEscape(string(b.Brand)), b.Suspected, ""})
	}
	for _, s := range f.Sellers {
		name := s.Name
		if name == "" {
			name = string(s.Seller)
		}
		page.Sellers = append(page.Sellers, top{name, "/review?seller=" + url.QueryEscape(string(s.Seller)), s.Suspected, ""})
	}
	rank(page.Brands)
	rank(page.Sellers)
	return views.Render(w, r, page)
}

// first is where somebody without the figures begins.
func first(v *ui.Visit) string {
	for _, e := range v.Frame.Rail {
		if e.Path != "/" && v.User.Can(e.Verb) {
			return e.Path
		}
	}
	return "/account"
}

// activity is a period's decisions by outcome; within names the period in the list of decisions. What was undone in the
// period may have been decided before it, so that figure leads to all that were undone.
func activity(v *ui.Visit, a enforce.Activity, within string) []figure {
	var all []figure
	for _, o := range enforce.Outcomes() {
		all = append(all, figure{a.ByOutcome[o], listings.OutcomeDone(v, o), "/review/decisions?outcome=" + string(o) + "&within=" + within, ""})
	}
	return append(all, figure{a.Undone, v.T("home.undone"), "/review/decisions?undone=1", ""})
}

// waits are the scans that run.
func waits(v *ui.Visit, p detect.Progress) []ui.Progress {
	var all []ui.Progress
	for _, b := range p.Batches {
		all = append(all, ui.Progress{Label: v.T("home.batch", "Name", b.By, "Time", v.Clock(b.At)), Done: int(b.Scanned), Max: int(b.Accepted)})
		if len(all) == 3 {
			break
		}
	}
	for _, s := range p.Rescans {
		if s.EndedAt.IsZero() {
			all = append(all, ui.Progress{Label: v.T("home.rescan", "Name", s.By), Done: int(min(s.Done, s.Total)), Max: int(s.Total)})
		}
	}
	return all
}

// duration is a length of time in its largest unit that still says something.
func duration(v *ui.Visit, d time.Duration) string {
	switch {
	case d < time.Minute:
		return v.N("home.seconds", int(d.Seconds()))
	case d < 2*time.Hour:
		return v.N("home.minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return v.N("home.hours", int(d.Hours()))
	}
	return v.N("home.days", int(d.Hours()/24))
}

func rank(rows []top) {
	for i := range rows {
		rows[i].Width = percentage(float64(rows[i].Count) / float64(max(rows[0].Count, 1)) * 100)
	}
}
