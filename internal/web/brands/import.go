package brands

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// maxImport is how large a brands file the console takes, in bytes; the API takes larger ones.
const maxImport = 4 << 20

// plannedShown is how many brands of each kind the plan of an import names.
const plannedShown = 50

type importPage struct {
	ui.Page
	Form ui.Form
	Plan *plan // nil until there is a file
}

// plan is what an import would do, and the file, to carry it out with.
type plan struct {
	Added, Changed, Unchanged, Bad int

	New       []named
	Different []difference
	Refused   []refusal
	MoreNew   int // beyond those named; likewise below
	MoreDiff  int
	MoreBad   int
	Name      string
	Text      string
}

// Work is how many brands would be added or changed.
func (p plan) Work() int { return p.Added + p.Changed }

type named struct {
	ID   brand.ID
	Name string
}

type difference struct {
	ID         brand.ID
	Name, Path string
	What       []string
}

type refusal struct {
	Line int
	ID   brand.ID
	What []string
}

func importForm(v *ui.Visit) importPage {
	return importPage{
		Page: ui.Page{Title: v.T("brands.import"), Lead: v.T("brands.import.lead"), Crumbs: []ui.Crumb{{Text: v.T("brands.title"), Path: "/brands"}}},
		Form: ui.Form{Path: "/brands/import", Submit: v.T("brands.import.check"), Cancel: "/brands", Upload: true, Fields: []ui.Field{
			{Name: "file", Label: v.T("brands.import.file"), Type: "file", Accept: ".jsonl,.json,.ndjson,.csv", Hint: v.T("brands.import.file.hint")},
			{Name: "text", Label: v.T("brands.import.text"), Type: "textarea", Rows: 8, Hint: v.T("brands.import.text.hint")},
		}},
	}
}

func (p *pages) importPage(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, importForm(ui.Here(r)))
}

// brandsFile is the file that was sent, or the text that was pasted, and its name.
func brandsFile(r *http.Request) (name, text string, err error) {
	if err := r.ParseMultipartForm(maxImport); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return "", "", web.Unreadable(err)
	}
	file, header, err := r.FormFile("file")
	if err == nil && header.Size > 0 {
		defer file.Close()
		all, err := io.ReadAll(file)
		if err != nil {
			return "", "", web.Unreadable(err)
		}
		name, text = header.Filename, string(all)
	} else {
		name, text = r.FormValue("name"), r.FormValue("text")
	}
	if strings.TrimSpace(text) == "" {
		return "", "", fault.Invalid.Say("Choose a file, or paste its lines.").At("file")
	}
	if len(text) > maxImport {
		return "", "", fault.TooLarge.Say("The console takes brands files of up to %d MiB. Larger ones go through the API.", maxImport>>20).At("file")
	}
	if strings.HasSuffix(strings.ToLower(name), ".csv") {
		return "brands.csv", text, nil // all that its name is good for is its kind
	}
	return "brands.jsonl", text, nil
}

// importBrands shows what an import would do; asked again with what it showed, it does it. Should the brands have changed
// in between, what it does is what it would do now, and the toast counts that.
func (p *pages) importBrands(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	web.Upload(w, r, 3*maxImport) // a text that is sent back has longer line ends than the file, and must be told from one too long
	name, text, err := brandsFile(r)
	var all []brand.Brand
	if err == nil {
		all, err = brand.Read(strings.NewReader(text), name)
	}
	var report brand.Report
	carryOut := r.FormValue("carry-out") != ""
	if err == nil {
		report, err = p.brands.Import(r.Context(), v.User, all, !carryOut)
	}
	say, wordsErr := p.words(r)
	if wordsErr != nil {
		return wordsErr
	}
	if problems := v.Problems(err); problems != nil {
		page := importForm(v)
		page.Form.Fill(r.PostForm).Problems = say.lines(problems)
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	if carryOut {
		return web.Done(w, r, "/brands", &ui.Toast{Text: v.T("brands.import.done", "Added", v.Number(len(report.Added)), "Changed", v.Number(len(report.Changed)))})
	}
	page := importForm(v)
	page.Plan = say.plan(report, all, entryLines(name, text))
	page.Plan.Name, page.Plan.Text = name, text
	return views.Render(w, r, page)
}

func (say words) plan(report brand.Report, all []brand.Brand, lines []int) *plan {
	names := make(map[brand.ID]string, len(all))
	for _, b := range all {
		names[b.ID] = b.Name
	}
	out := &plan{Added: len(report.Added), Changed: len(report.Changed), Unchanged: report.Unchanged, Bad: len(report.Bad)}
	for _, id := range first(report.Added) {
		out.New = append(out.New, named{id, names[id]})
	}
	for _, d := range first(report.Changed) {
		out.Different = append(out.Different, difference{d.ID, d.Name, Path(d.ID), say.changed(d.Fields, false)})
	}
	for _, b := range first(report.Bad) {
		line := b.Row
		if b.Row <= len(lines) {
			line = lines[b.Row-1]
		}
		out.Refused = append(out.Refused, refusal{line, brand.ID(short(string(b.ID), 60)), say.wrong(b.Problems)})
	}
	out.MoreNew, out.MoreDiff, out.MoreBad = out.Added-len(out.New), out.Changed-len(out.Different), out.Bad-len(out.Refused)
	return out
}

func first[T any](all []T) []T { return all[:min(len(all), plannedShown)] }

// manyProblems is how many things wrong with one brand are told: of 500 aliases each may be too long.
const manyProblems = 8

func (say words) wrong(problems []*fault.Fault) []string {
	var all []string
	for _, f := range problems[:min(len(problems), manyProblems)] {
		all = append(all, say.v.T("brands.problem", "Field", say.field(f.Field), "What", say.v.Sentence(f)))
	}
	if more := len(problems) - len(all); more > 0 {
		all = append(all, say.v.T("brands.plan.more", "Count", say.v.Number(more)))
	}
	return all
}

// lines says at which line and field of the file something is wrong: "lines[3].aliases" is line 3, aliases.
func (say words) lines(problems []ui.Problem) []ui.Problem {
	var all []ui.Problem
	for _, p := range first(problems) {
		rest, ok := strings.CutPrefix(p.Field, "lines[")
		line, field, _ := strings.Cut(rest, "]")
		n, err := strconv.Atoi(line)
		switch field = strings.TrimPrefix(field, "."); {
		case !ok || err != nil:
			all = append(all, p)
		case field == "":
			all = append(all, ui.Problem{Text: say.v.T("brands.problem.line", "Line", say.v.Number(n), "What", p.Text)})
		default:
			all = append(all, ui.Problem{Text: say.v.T("brands.problem.place", "Line", say.v.Number(n), "Field", say.field(short(field, 60)), "What", p.Text)})
		}
	}
	return all
}

// entryLines are the lines of the file on which its brands stand: empty lines and, in CSV, line ends within a cell are no
// brands of their own. The text has been read by brand.Read.
func entryLines(name, text string) []int {
	var all []int
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.HasSuffix(name, ".csv") {
		rows := csv.NewReader(strings.NewReader(text))
		rows.ReuseRecord = true
		for {
			if _, err := rows.Read(); err != nil {
				break
			}
			line, _ := rows.FieldPos(0)
			all = append(all, line)
		}
		return all[min(len(all), 1):] // without the header
	}
	n := 0
	for line := range strings.Lines(text) {
		if n++; strings.TrimSpace(line) != "" {
			all = append(all, n)
		}
	}
	return all
}
