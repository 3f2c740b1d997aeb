package appeals

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type objectPage struct {
	ui.Page
	Notice    enforce.Notice
	Form      ui.Form
	Documents []papers.Kept
	Accept    string
}

// objection is the form in which who gave notice objects to its refusal.
func (p *pages) objection(r *http.Request, id enforce.NoticeID) (objectPage, error) {
	v := ui.Here(r)
	n, err := p.enforce.Notice(r.Context(), v.User, id)
	if err != nil {
		return objectPage{}, err
	}
	page := objectPage{Page: ui.Page{Title: v.T("appeals.object"), Lead: v.T("appeals.object.lead"), Crumbs: crumbs(v)}, Notice: n, Accept: papers.Accept}
	page.Form = ui.Form{Path: "/appeals/new", Submit: v.T("appeals.object.submit"), Cancel: "/rights/notices/" + string(n.ID), Draft: "objection-" + string(n.ID), Upload: true, Fields: []ui.Field{
		{Name: "notice", Type: "hidden", Value: string(n.ID)},
		{Name: "statement", Label: v.T("appeals.statement"), Type: "textarea", Rows: 6, Required: true, Max: "10000", Hint: v.T("appeals.statement.hint")},
		{Name: "evidence", Label: v.T("appeals.evidence"), Type: "textarea", Rows: 3, Max: "5000"},
		{Name: "documents", Label: v.T("appeals.documents"), Type: "file", Accept: papers.Accept, Hint: v.T("appeals.documents.hint")},
	}}
	return page, nil
}

func (p *pages) object(w http.ResponseWriter, r *http.Request) error {
	page, err := p.objection(r, enforce.NoticeID(ui.Ask(r).Get("notice")))
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) sendObjection(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	end, err := papers.Form(w, r, papers.MaxUpload)
	defer end()
	if err != nil {
		return err
	}
	sent := r.PostForm
	documents, err := papers.Take(r, p.store, "documents")
	if err != nil && v.Problems(err) == nil {
		return err
	}
	id := enforce.NoticeID(sent.Get("notice"))
	if err == nil {
		var a enforce.Appeal
		a, _, err = p.enforce.File(r.Context(), v.User, enforce.Filing{Kind: enforce.Objection, Notice: id, Plea: enforce.Plea{
			Statement: sent.Get("statement"), Evidence: sent.Get("evidence"), Documents: papers.Hashes(documents),
		}})
		if err == nil {
			return web.Done(w, r, Path(a.ID), &ui.Toast{Text: v.T("appeals.object.sent")})
		}
	}
	problems := v.Problems(err)
	if problems == nil || fault.Of(err) == fault.NotFound {
		return err
	}
	page, formErr := p.objection(r, id)
	if formErr != nil {
		return formErr
	}
	page.Form.Fill(sent).Problems = problems
	page.Documents, page.Status = documents, web.Status(err)
	return views.Render(w, r, page)
}
