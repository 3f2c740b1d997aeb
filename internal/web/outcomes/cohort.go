package outcomes

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

func cohortPath(id cultivate.CohortID) string {
	return "/programme/cohorts/" + url.PathEscape(string(id)) + "/livelihood"
}

type cohortPage struct {
	ui.Page
	Quarters []string
	Lines    []spread
	Missing  []makers.Line // who has reported nothing of the last quarter that anybody has reported
	Last     string        // that quarter
	Export   string
	Empty    ui.Empty
	Import   *ui.Form
	Sent     *sent
}

// spread is one kind of figure among the members, quarter by quarter.
type spread struct {
	Text  string
	Cells []spreadCell
	Plot  plot
}

type spreadCell struct{ Quarter, Median, Range, Reported string }

// plot is quarters side by side, the axis beginning at nought: a bar up to a value, or a band from the least to the greatest with a mark at the median.
// Places are in percent of the plot.
type plot struct {
	Words string
	Bars  []plotBar
}

type plotBar struct{ X, Width, Y, Height, Median, Words string }

// draw adds a bar at one of several places; without a band low is 0 and median is high.
func (p *plot) add(place, places int, low, median, high, top int64, words string) {
	step := 100 / float64(places)
	at := func(n int64) float64 { return 100 - 96*float64(n)/float64(max(top, 1)) }
	p.Bars = append(p.Bars, plotBar{percentage(float64(place)*step + step*0.2), percentage(step * 0.6), percentage(at(high)), percentage(max(at(low)-at(high), 2)), percentage(at(median)), words})
}

func percentage(x float64) string { return fmt.Sprintf("%.2f%%", x) }

// sent is what became of a file.
type sent struct {
	Said  []string
	Bad   []badRow
	Again string // where the rows that were not taken are given out
}

type badRow struct {
	Line  int
	Field string
	Error string
}

// cohort is how the members of a cohort live: the median of each figure with its range, who has not reported, and a file of figures for all.
func (p *pages) cohort(w http.ResponseWriter, r *http.Request) error {
	return p.showCohort(w, r, nil, nil)
}

func (p *pages) showCohort(w http.ResponseWriter, r *http.Request, problem error, sent *sent) error {
	v := ui.Here(r)
	found, err := p.cultivate.CohortFigures(r.Context(), v.User, cultivate.CohortID(r.PathValue("cohort")))
	if err != nil {
		return err
	}
	here := cohortPath(found.Cohort.ID)
	page := cohortPage{Page: ui.Page{Title: v.T("outcomes.livelihoods"), Lead: v.T("outcomes.livelihoods.lead"), Wide: true, Crumbs: []ui.Crumb{{Text: found.Cohort.Name, Path: strings.TrimSuffix(here, "/livelihood")}}},
		Empty: ui.Empty{Icon: "users", Title: v.T("outcomes.livelihoods.none"), Text: v.T("outcomes.livelihoods.none.text")}, Sent: sent}
	quarters := found.Quarters[max(0, len(found.Quarters)-mostQuarters):]
	for _, q := range quarters {
		page.Quarters = append(page.Quarters, q.String())
	}
	for _, kind := range cultivate.LivelihoodKinds() {
		for _, code := range currencies(found.Spreads, kind) {
			page.Lines = append(page.Lines, spreadLine(v, found, kind, code, quarters))
		}
	}
	if len(quarters) > 0 {
		last := quarters[len(quarters)-1]
		page.Last, page.Export = last.String(), here+"/export"
		for _, m := range found.Missing(last) {
			page.Missing = append(page.Missing, makers.Line{Text: m.Name, Path: makers.Path(m.ID, "livelihood")})
		}
	}
	if v.User.May(access.MakerEdit, "") == nil {
		page.Import = figuresFile(v, here+"/file")
	}
	if problem != nil {
		if page.Import == nil {
			return problem
		}
		page.Status, page.Import.Problems = web.Status(problem), v.Problems(problem)
	}
	return views.Render(w, r, page)
}

// currencies are those in which a kind was reported, one empty one for what is not money; none when nobody reported it.
func currencies(all []cultivate.Spread, kind cultivate.LivelihoodKind) (codes []string) {
	seen := map[string]bool{}
	for _, s := range all {
		if s.Kind == kind && !seen[s.Currency] {
			seen[s.Currency] = true
			codes = append(codes, s.Currency)
		}
	}
	return codes
}

func spreadLine(v *ui.Visit, found cultivate.CohortFigures, kind cultivate.LivelihoodKind, code string, quarters []cultivate.Quarter) spread {
	line := spread{Text: kind.Words().In(v.Language)}
	if code != "" {
		line.Text += " (" + code + ")"
	}
	said := func(n int64) string { return said(v, cultivate.Livelihood{Kind: kind, Currency: code, Value: n}) }
	var top int64
	for _, s := range found.Spreads {
		if s.Kind == kind && s.Currency == code {
			top = max(top, s.High)
		}
	}
	line.Plot.Words = line.Text
	for i, q := range quarters {
		one := spreadCell{Quarter: q.String(), Median: "–"}
		for _, s := range found.Spread(kind, q) {
			if s.Currency != code {
				continue
			}
			one.Median, one.Range = said(s.Median), said(s.Low)+" – "+said(s.High)
			one.Reported = v.T("outcomes.reported", "Reported", s.Reported, "Members", s.Members)
			line.Plot.add(i, len(quarters), s.Low, s.Median, s.High, top, q.String()+": "+one.Median+" ("+one.Range+")")
		}
		line.Cells = append(line.Cells, one)
	}
	return line
}

func (p *pages) exportCohort(w http.ResponseWriter, r *http.Request) error {
	found, err := p.cultivate.CohortFigures(r.Context(), ui.Here(r).User, cultivate.CohortID(r.PathValue("cohort")))
	if err != nil {
		return err
	}
	names := map[cultivate.MakerID]string{}
	for _, m := range found.Members {
		names[m.ID] = m.Name
	}
	write, end := listings.Exporter(w, "livelihoods", "csv", append(append([]string{}, cultivate.LivelihoodColumns...), "name"))
	for _, l := range found.Figures {
		if err := write(nil, []string{string(l.Maker), l.Quarter.String(), string(l.Kind), l.Plain(), l.Currency, string(l.Source), l.Confidence.Words().English, l.Note, names[l.Maker]}); err != nil {
			return err
		}
	}
	return end()
}

// tell says what is wrong to a person.
func tell(v *ui.Visit) func(error) string {
	return func(err error) string {
		var said []string
		for _, f := range fault.All(err) {
			said = append(said, v.Sentence(f))
		}
		return strings.Join(said, " ")
	}
}

// figuresFile is the form that sends a file of figures.
func figuresFile(v *ui.Visit, path string) *ui.Form {
	return &ui.Form{Path: path, Upload: true, Submit: v.T("outcomes.file.send"), Fields: []ui.Field{{Name: "file", Label: v.T("outcomes.file"), Hint: v.T("outcomes.file.hint", "Columns", strings.Join(cultivate.LivelihoodColumns, ", ")), Type: "file", Accept: ".csv,text/csv", Required: true}}}
}

// take reads the file of a form, for one maker or, when only is empty, for all that the file names.
func (p *pages) take(w http.ResponseWriter, r *http.Request, only cultivate.MakerID) (*sent, error) {
	v := ui.Here(r)
	web.Upload(w, r, cultivate.MaxLivelihoodFile+1<<16)
	file, _, err := r.FormFile("file")
	if err != nil {
		return nil, fault.Invalid.Say("Choose a file.").At("file").Because(err)
	}
	defer file.Close()
	report, err := p.cultivate.ReadLivelihoods(r.Context(), v.User, only, file)
	if err != nil {
		return nil, err
	}
	told := &sent{Said: []string{v.T("outcomes.file.taken", "Taken", report.Taken, "Rows", report.Rows)}}
	if report.Before {
		told.Said = []string{v.T("outcomes.file.before")}
	}
	for _, bad := range report.Bad {
		told.Bad = append(told.Bad, badRow{bad.Line, bad.Field, tell(v)(bad.Error)})
	}
	if len(report.Bad) > 0 {
		hash, _, err := p.store.Put(r.Context(), bytes.NewReader(report.BadRows(tell(v))), 2*cultivate.MaxLivelihoodFile)
		if err != nil {
			return nil, err
		}
		told.Again = "/livelihood-rows/" + hash.String()
	}
	return told, nil
}

func (p *pages) cohortFile(w http.ResponseWriter, r *http.Request) error {
	told, err := p.take(w, r, "")
	if k := fault.Of(err); k == fault.Invalid || k == fault.TooLarge {
		return p.showCohort(w, r, err, nil)
	}
	if err != nil {
		return err
	}
	return p.showCohort(w, r, nil, told)
}

func (p *pages) makerFile(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.cultivate.Maker(r.Context(), ui.Here(r).User, makers.ID(r)); err != nil {
		return err
	}
	told, err := p.take(w, r, makers.ID(r))
	if k := fault.Of(err); k == fault.Invalid || k == fault.TooLarge {
		return p.showLivelihood(w, r, err, "file", nil)
	}
	if err != nil {
		return err
	}
	return p.showLivelihood(w, r, nil, "", told)
}

// refused gives out the rows of a file that were not taken, with what was wrong: mended, they can be sent again. Only who sent them knows their digest.
func (p *pages) refused(w http.ResponseWriter, r *http.Request) error {
	hash, err := blob.Parse(r.PathValue("digest"))
	if err != nil {
		return fault.NotFound.Say("There is no such file.").Because(err)
	}
	file, size, err := p.store.Get(r.Context(), hash)
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, 2*cultivate.MaxLivelihoodFile))
	if err != nil {
		return err
	}
	if int64(len(content)) != size || !cultivate.IsLivelihoodFile(content) {
		return fault.NotFound.Say("There is no such file.")
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.Header().Set("Content-Disposition", `attachment; filename="livelihood-refused.csv"`)
	_, _ = w.Write(content) // a browser that went away needs none
	return nil
}
