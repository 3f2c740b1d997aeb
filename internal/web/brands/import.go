package brands

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
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
	Report    brand.Report
	Work      int // brands added or changed
	Added     []brand.ID
	Changed   []difference
	Bad       []bad
	MoreAdded int // beyond those named; likewise below
	MoreChg   int
	MoreBad   int
	Name      string
	Text      string
}

type difference struct{ Name, Path, What string }

type bad struct {
	Row  int
	ID   brand.ID
	What string
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
		return header.Filename, string(all), nil
	}
	if text = r.FormValue("text"); strings.TrimSpace(text) == "" {
		return "", "", fault.Invalid.Say("Choose a file, or paste its lines.").At("file")
	}
	name = "brands.jsonl"
	if strings.HasSuffix(strings.ToLower(r.FormValue("name")), ".csv") {
		name = "brands.csv"
	}
	return name, text, nil
}

// importBrands shows what an import would do; asked again with what it showed, it does it.
func (p *pages) importBrands(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	web.Upload(w, r, 3*maxImport) // a text that is sent back is longer than the file, escaped
	name, text, err := brandsFile(r)
	if err == nil && len(text) > maxImport {
		err = fault.TooLarge.Say("The console takes brands files of up to %d MiB. Larger ones go through the API.", maxImport>>20).At("file")
	}
	var all []brand.Brand
	if err == nil {
		all, err = brand.Read(strings.NewReader(text), name)
	}
	var report brand.Report
	carryOut := r.FormValue("carry-out") != ""
	if err == nil {
		report, err = p.brands.Import(r.Context(), v.User, all, !carryOut)
	}
	if problems := v.Problems(err); problems != nil {
		page := importForm(v)
		page.Form.Fill(r.PostForm).Problems = problems[:min(len(problems), plannedShown)]
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
	page.Plan = planOf(v, report)
	page.Plan.Name, page.Plan.Text = name, text
	return views.Render(w, r, page)
}

func planOf(v *ui.Visit, report brand.Report) *plan {
	out := &plan{Report: report, Work: len(report.Added) + len(report.Changed), Added: report.Added[:min(len(report.Added), plannedShown)]}
	out.MoreAdded = len(report.Added) - len(out.Added)
	for _, d := range report.Changed[:min(len(report.Changed), plannedShown)] {
		out.Changed = append(out.Changed, difference{d.Name, Path(d.ID), changed(v, d.Fields)})
	}
	out.MoreChg = len(report.Changed) - len(out.Changed)
	for _, b := range report.Bad[:min(len(report.Bad), plannedShown)] {
		var what []string
		for _, f := range b.Problems {
			what = append(what, v.T("brands.plan.problem", "Field", fieldName(v, f.Field), "What", v.Sentence(f)))
		}
		out.Bad = append(out.Bad, bad{b.Row, b.ID, strings.Join(what, " ")})
	}
	out.MoreBad = len(report.Bad) - len(out.Bad)
	return out
}

// newBrand is the form for a brand that is not there yet.
func newBrand(v *ui.Visit) editPage {
	page := editPage{ui.Page{Title: v.T("brands.new"), Crumbs: []ui.Crumb{{Text: v.T("brands.title"), Path: "/brands"}}}, form(v, brand.Brand{})}
	page.Form.Path, page.Form.Cancel, page.Form.Submit = "/brands/new", "/brands", v.T("brands.new.submit")
	return page
}

func (p *pages) newPage(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, newBrand(ui.Here(r)))
}

func (p *pages) create(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	b, err := parse(brand.Brand{}, r.PostForm)
	if err == nil {
		b, err = p.brands.Create(r.Context(), v.User, b)
	}
	if problems := v.Problems(err); problems != nil {
		page := newBrand(v)
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(b.ID), &ui.Toast{Text: v.T("brands.created")})
}

func (p *pages) archive(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), brand.ID(r.PathValue("brand"))
	if err := p.brands.Archive(r.Context(), v.User, id); err != nil {
		return err
	}
	return web.Done(w, r, Path(id), &ui.Toast{Text: v.T("brands.archived.done"), Undo: &ui.Undo{Path: Path(id) + "/restore"}})
}

func (p *pages) restore(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), brand.ID(r.PathValue("brand"))
	if err := p.brands.Restore(r.Context(), v.User, id); err != nil {
		return err
	}
	return web.Done(w, r, Path(id), &ui.Toast{Text: v.T("brands.restored.done")})
}

// keeping are the routes that make, end and bring in brands.
func (p *pages) keeping() []web.Route {
	return []web.Route{
		{Pattern: "GET /brands/new", Verb: access.BrandEdit, Handle: p.newPage},
		{Pattern: "POST /brands/new", Verb: access.BrandEdit, Handle: p.create},
		{Pattern: "GET /brands/import", Verb: access.BrandEdit, Handle: p.importPage},
		{Pattern: "POST /brands/import", Verb: access.BrandEdit, Handle: p.importBrands},
		{Pattern: "POST /brands/{brand}/archive", Verb: access.BrandEdit, Handle: p.archive},
		{Pattern: "POST /brands/{brand}/restore", Verb: access.BrandEdit, Handle: p.restore},
	}
}
