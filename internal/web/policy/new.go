package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// maxFile is how large the file of a policy or of a model may be, in bytes.
const maxFile = 4 << 20

type newPage struct {
	ui.Page
	Form   ui.Form
	Import ui.Form
}

// newForms are the two ways to begin a draft: with the terms of another policy, and with a file.
func (p *pages) newForms(r *http.Request) (page newPage, err error) {
	v := ui.Here(r)
	from := r.FormValue("from")
	all, err := p.detect.PolicyList(r.Context(), v.User, "", 200)
	if err != nil {
		return page, err
	}
	choice := ui.Field{Name: "from", Label: v.T("policy.new.from"), Type: "select", Required: true, Value: from, Hint: v.T("policy.new.from.hint")}
	for _, one := range all.Items {
		choice.Options = append(choice.Options, ui.Option{Value: strconv.FormatInt(int64(one.Number), 10), Text: v.T("policy.new.option", "Name", name(v, one), "State", v.T("policy.state."+string(one.State)))})
		if from == "" && one.State == detect.Live {
			choice.Value = strconv.FormatInt(int64(one.Number), 10)
		}
	}
	page = newPage{Page: ui.Page{Title: v.T("policy.new"), Lead: v.T("policy.new.lead"), Crumbs: []ui.Crumb{{Text: v.T("policy.title"), Path: "/policy"}}},
		Form: ui.Form{Path: "/policy/new", Submit: v.T("policy.new.submit"), Cancel: "/policy", Fields: []ui.Field{
			choice, {Name: "title", Label: v.T("policy.field.title"), Required: true, Max: "200", Hint: v.T("policy.field.title.hint"), Focus: true},
		}},
		Import: ui.Form{Path: "/policy/import", Submit: v.T("policy.import.submit"), Upload: true, Fields: []ui.Field{
			{Name: "file", Label: v.T("policy.import.file"), Type: "file", Accept: ".json", Hint: v.T("policy.import.file.hint")},
			{Name: "text", Label: v.T("policy.import.text"), Type: "textarea", Rows: 6},
		}},
	}
	return page, nil
}

func (p *pages) newPage(w http.ResponseWriter, r *http.Request) error {
	page, err := p.newForms(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) create(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	from, err := strconv.ParseInt(r.PostFormValue("from"), 10, 64)
	if err != nil {
		err = fault.Invalid.Say("Choose the policy to begin with.").At("from")
	}
	title := strings.TrimSpace(r.PostFormValue("title"))
	if err == nil && title == "" {
		err = fault.Invalid.Say("Give the policy a title.").At("title")
	}
	var made detect.Policy
	if err == nil {
		made, err = p.detect.DraftPolicy(r.Context(), v.User, detect.PolicyNumber(from), title)
	}
	if problems, status := refused(v, err); problems != nil {
		page, pageErr := p.newForms(r)
		if pageErr != nil {
			return pageErr
		}
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = status
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(made.Number), &ui.Toast{Text: v.T("policy.new.done", "Name", name(v, made))})
}

// sentFile is the file that was sent in a field, or the text pasted beside it.
func sentFile(w http.ResponseWriter, r *http.Request, field string) (string, error) {
	web.Upload(w, r, 2*maxFile)
	if err := r.ParseMultipartForm(maxFile); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return "", web.Unreadable(err)
	}
	text := r.FormValue("text")
	file, header, err := r.FormFile(field)
	if err == nil && header.Size > 0 {
		defer file.Close()
		content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
		if err != nil {
			return "", web.Unreadable(err)
		}
		if len(content) > maxFile {
			return "", fault.TooLarge.Say("This form is too large.").At(field)
		}
		text = string(content)
	}
	if strings.TrimSpace(text) == "" {
		return "", fault.Invalid.Say("Choose a file, or paste its lines.").At(field)
	}
	return text, nil
}

func (p *pages) importTerms(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	text, err := sentFile(w, r, "file")
	var terms detect.Terms
	if err == nil {
		terms, err = detect.ReadTerms(strings.NewReader(text))
	}
	var made detect.Policy
	if err == nil {
		made, err = p.detect.ImportPolicy(r.Context(), v.User, terms)
	}
	if problems, status := refused(v, err); problems != nil {
		page, pageErr := p.newForms(r)
		if pageErr != nil {
			return pageErr
		}
		for i, one := range problems {
			switch {
			case one.Field == "":
				problems[i].Field = "file"
			case one.Field != "file":
				problems[i] = ui.Problem{Field: "file", Text: v.T("policy.import.problem", "Place", one.Field, "What", one.Text)}
			}
		}
		page.Import.Fill(r.Form).Problems = problems
		page.Status = status
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(made.Number), &ui.Toast{Text: v.T("policy.new.done", "Name", name(v, made))})
}

// exportTerms gives what a policy says as the file that import takes.
func (p *pages) exportTerms(w http.ResponseWriter, r *http.Request) error {
	number, err := asked(r)
	if err != nil {
		return err
	}
	one, err := p.detect.Policy(r.Context(), ui.Here(r).User, number)
	if err != nil {
		return err
	}
	document, err := json.MarshalIndent(one.Terms, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("ownmark-policy-%d.json", number)))
	if _, err := w.Write(append(document, '\n')); err != nil {
		return nil //nolint:nilerr // the browser went away: there is nobody to tell
	}
	return nil
}
