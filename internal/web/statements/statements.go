// Package statements shows the statements of reasons on their way to the EU's transparency database, and makes the report of a period.
package statements

import (
	"archive/zip"
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "report.html": reportPage{}})

type pages struct {
	enforce *enforce.Service
	sent    bool
}

// Root is where statements stand in the rail.
const Root = "/reports/statements"

// Job is the statements and the report; sent says that the settings name a database to which they go.
func Job(room *enforce.Service, sent bool) web.Job {
	p := &pages{room, sent}
	return web.Job{
		Rail:  ui.Entry{Name: "statements.rail", Icon: "send", Path: Root, Verb: access.LedgerRead, Key: "g f"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET " + Root, Verb: access.LedgerRead, Handle: p.list},
			{Pattern: "GET /exports" + Root, Verb: access.LedgerRead, Handle: p.export},
			{Pattern: "POST " + Root + "/{decision}/again", Verb: access.OperationsManage, Handle: p.again},
			{Pattern: "GET /reports/dsa", Verb: access.LedgerRead, Handle: p.report},
			{Pattern: "GET /reports/dsa/files", Verb: access.LedgerRead, Handle: p.files},
		},
	}
}

type badge struct{ Tone, Icon, Text string }

func tag(v *ui.Visit, s enforce.TransmissionState) badge {
	look := map[enforce.TransmissionState][2]string{enforce.TransmissionWaiting: {"quiet", "hourglass"}, enforce.TransmissionSending: {"info", "loader-2"}, enforce.TransmissionSent: {"good", "circle-check"}, enforce.TransmissionRefused: {"bad", "alert-triangle"}}[s]
	return badge{look[0], look[1], v.T("statements.state." + string(s))}
}

type listPage struct {
	ui.Page
	Sums    []ui.Fact
	Off     bool // no database is named, so that nothing is sent
	Filters ui.Filters
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	enforce.Transmission
	Tag   badge
	Again string // where it is sent once more; empty where it is not to be
}

func filter(q ui.Query) enforce.TransmissionFilter {
	return enforce.TransmissionFilter{State: enforce.TransmissionState(q.Get("state")), After: q.After()}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.enforce.Transmissions(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	sum, err := p.enforce.Transmitted(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("statements.title"), Lead: v.T("statements.lead"), Wide: true, Actions: []ui.Action{{Text: v.T("statements.report"), Path: "/reports/dsa", Icon: "chart-bar", Key: "n"}, {Text: v.T("statements.quality"), Path: "/quality/figures", Icon: "scale"}}}, Off: !p.sent,
		Empty: ui.Empty{Icon: "send", Title: v.T("statements.none"), Text: v.T("statements.none.text")}}
	states := ui.Menu{Name: "state", Label: v.T("statements.state")}
	for _, s := range enforce.TransmissionStates() {
		page.Sums = append(page.Sums, ui.Fact{Label: tag(v, s).Text, Value: v.Number(sum.States[s])})
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: tag(v, s).Text, Count: -1})
	}
	if !sum.Oldest.IsZero() {
		page.Sums = append(page.Sums, ui.Fact{Label: v.T("statements.oldest"), Value: v.Clock(sum.Oldest)})
	}
	for _, t := range found.Items {
		one := row{Transmission: t, Tag: tag(v, t.State)}
		if t.State == enforce.TransmissionRefused && v.User.Can(access.OperationsManage) {
			one.Again = Root + "/" + url.PathEscape(string(t.Decision)) + "/again"
		}
		page.Rows = append(page.Rows, one)
	}
	page.Filters = q.Filters(nil, states)
	page.Filters.Export = "/exports" + q.Here()
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("statements.nomatch"), Text: v.T("statements.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Root}}
	}
	return views.Render(w, r, page)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := filter(q)
	f.After, f.Limit = "", 200
	write, end := listings.Exporter(w, "statements", q.Get("format"), []string{"decision", "decided", "state", "attempts", "receipt", "problem"})
	for {
		found, err := p.enforce.Transmissions(r.Context(), v.User, f)
		if err != nil {
			return err
		}
		for _, t := range found.Items {
			if err := write(t, []string{string(t.Decision), t.DecidedAt.UTC().Format(time.RFC3339), string(t.State), strconv.Itoa(t.Attempts), t.Receipt, t.Problem}); err != nil {
				return err
			}
		}
		if f.After = found.Next; f.After == "" {
			return end()
		}
	}
}

func (p *pages) again(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := p.enforce.SendAgain(r.Context(), v.User, enforce.DecisionID(r.PathValue("decision"))); err != nil {
		return err
	}
	return web.Done(w, r, Root, &ui.Toast{Text: v.T("statements.again.done")})
}

type reportPage struct {
	ui.Page
	From, To string
	Wrong    string
	Tables   []enforce.Table
	Files    string
}

// period is what the address asks for, days of UTC; the half of the year before this one when it asks for nothing.
func period(r *http.Request, now time.Time) (from, to time.Time, err error) {
	q := r.URL.Query()
	if q.Get("from") == "" && q.Get("to") == "" {
		year, half := now.UTC().Year(), 1
		if now.UTC().Month() <= 6 {
			year, half = year-1, 7
		}
		from = time.Date(year, time.Month(half), 1, 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(0, 6, 0), nil
	}
	if from, err = time.Parse(time.DateOnly, q.Get("from")); err == nil {
		to, err = time.Parse(time.DateOnly, q.Get("to"))
	}
	if err != nil {
		return from, to, fault.Invalid.Say("Give the day as a date.").Because(err)
	}
	if to.Before(from) {
		return from, to, fault.Invalid.Say("The period ends before it begins.")
	}
	return from, to.AddDate(0, 0, 1), nil
}

func (p *pages) report(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	page := reportPage{Page: ui.Page{Title: v.T("statements.report"), Lead: v.T("statements.report.lead"), Wide: true, Crumbs: []ui.Crumb{{Text: v.T("statements.title"), Path: Root}}}}
	from, to, err := period(r, v.Now)
	if f, ok := fault.As(err); ok {
		page.From, page.To, page.Wrong, page.Status = r.URL.Query().Get("from"), r.URL.Query().Get("to"), v.Sentence(f), http.StatusUnprocessableEntity
		return views.Render(w, r, page)
	}
	found, err := p.enforce.Harmonised(r.Context(), v.User, from, to)
	if err != nil {
		return err
	}
	page.From, page.To, page.Tables = from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly), found.Tables()
	page.Files = "/reports/dsa/files?" + url.Values{"from": {page.From}, "to": {page.To}}.Encode()
	return views.Render(w, r, page)
}

// files gives out the same files as the command writes, in one archive.
func (p *pages) files(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	from, to, err := period(r, v.Now)
	if err != nil {
		return err
	}
	name := "ownmark-dsa-" + from.Format(time.DateOnly) + "-" + to.AddDate(0, 0, -1).Format(time.DateOnly) + ".zip"
	var archive *zip.Writer
	_, err = p.enforce.ReportFiles(r.Context(), v.User, from, to, func(file string, content []byte) error {
		if archive == nil { // an error before the first file is a page, not half an archive
			w.Header().Set("Content-Type", "application/zip")
			w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
			archive = zip.NewWriter(w)
		}
		into, err := archive.CreateHeader(&zip.FileHeader{Name: file, Method: zip.Deflate, Modified: v.Now})
		if err != nil {
			return err
		}
		_, err = into.Write(content)
		return err
	})
	if err != nil {
		return err
	}
	return archive.Close()
}
