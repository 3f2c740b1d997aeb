package apply

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type importPage struct {
	ui.Page
	Form    ui.Form
	Columns string
	Done    bool
	Taken   []takenRow
	Again   int
	Refused []refusedRow
	File    string // the address of the refused rows; empty when all were taken
}

type takenRow struct {
	Name, Path, Link string
	Line             int
}

type refusedRow struct {
	Line int
	Why  []string
}

func (p *pages) importPage(r *http.Request) (importPage, error) {
	v := ui.Here(r)
	c, err := p.Cultivate.Cohort(r.Context(), v.User, cultivate.CohortID(r.PathValue("cohort")))
	page := importPage{Page: ui.Page{Title: v.T("apply.import"), Lead: v.T("apply.import.lead", "Cohort", c.Name), Crumbs: []ui.Crumb{{Text: v.T("apply.makers"), Path: makers.Root}}},
		Columns: strings.Join(cultivate.ApplicationColumns()[:8], ",")}
	page.Form = ui.Form{Path: cohortPath(c.ID, "import"), Upload: true, Submit: v.T("apply.import.submit"),
		Fields: []ui.Field{{Name: "file", Label: v.T("apply.import.file"), Type: "file", Accept: ".csv", Required: true, Hint: v.T("apply.import.hint", "Rows", cultivate.MaxApplicationRows)}}}
	return page, err
}

// cohortPath is the address of a part of a cohort's pages.
func cohortPath(id cultivate.CohortID, part string) string {
	return "/programme/cohorts/" + url.PathEscape(string(id)) + "/" + part
}

func (p *pages) importForm(w http.ResponseWriter, r *http.Request) error {
	page, err := p.importPage(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) importFile(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	page, err := p.importPage(r)
	if err != nil {
		return err
	}
	end, err := papers.Form(w, r, cultivate.MaxApplicationFile+(1<<20))
	defer end()
	if err != nil {
		return err
	}
	content, err := formFile(r, cultivate.MaxApplicationFile)
	var file cultivate.ApplicationFile
	if err == nil {
		file, err = cultivate.ReadApplications(content)
	}
	if problems := v.Problems(err); problems != nil {
		page.Form.Problems, page.Status = problems, web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	results, err := p.Cultivate.ImportApplications(r.Context(), v.User, cultivate.CohortID(r.PathValue("cohort")), file)
	if err != nil {
		return err
	}
	page.Done = true
	for _, one := range results {
		switch {
		case one.Problem != nil:
			page.Refused = append(page.Refused, refusedRow{one.Row.Line, reasons(v, one.Problem)})
		case one.Again:
			page.Again++
		default:
			page.Taken = append(page.Taken, takenRow{one.Maker.Name, makers.Path(one.Maker.ID, ""), p.SignInURL(one.Link), one.Row.Line})
		}
	}
	if len(page.Refused) > 0 {
		refused := cultivate.RefusedRows(file.Header, results, func(err error) string { return strings.Join(reasons(v, err), " ") })
		hash, _, err := p.Store.Put(r.Context(), bytes.NewReader(refused), 4*cultivate.MaxApplicationFile)
		if err != nil {
			return err
		}
		page.File = cohortPath(cultivate.CohortID(r.PathValue("cohort")), "import/"+hash.String())
	}
	return views.Render(w, r, page)
}

// formFile is the file of a form.
func formFile(r *http.Request, most int64) ([]byte, error) {
	if r.MultipartForm == nil {
		return nil, fault.Invalid.Say("Choose a file.").At("file")
	}
	headers := r.MultipartForm.File["file"]
	if len(headers) == 0 || headers[0].Size == 0 {
		return nil, fault.Invalid.Say("Choose a file.").At("file")
	}
	file, err := headers[0].Open()
	if err != nil {
		return nil, web.Unreadable(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, web.Unreadable(err)
	}
	return content, nil
}

// reasons are the sentences of a problem.
func reasons(v *ui.Visit, problem error) (all []string) {
	for _, f := range fault.All(problem) {
		all = append(all, v.Sentence(f))
	}
	return all
}

// refusedRows gives out the rows of a file that were not taken.
func (p *pages) refusedRows(w http.ResponseWriter, r *http.Request) error {
	hash, err := blob.Parse(r.PathValue("file"))
	if err != nil {
		return noFile.Because(err)
	}
	content, err := p.content(r, hash, 4*cultivate.MaxApplicationFile)
	if err != nil {
		return err
	}
	if _, err := cultivate.ReadApplications(content); err != nil {
		return noFile.Because(err) // the store keeps other things, too
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", `attachment; filename="ownmark-refused-rows.csv"`)
	_, _ = w.Write(content) // a browser that went away needs none
	return nil
}
