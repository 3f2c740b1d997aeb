package seller

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type answerPage struct {
	ui.Page
	Told      enforce.Told
	Why       string
	Form      ui.Form
	Kinds     []kind
	Signs     bool // a counter-statement is among them, which is signed
	Documents []papers.Kept
	Accept    string
}

// kind is one way to answer.
type kind struct {
	Value, Text, Explained string
	Checked                bool
}

// form is the page of the answer to a decision. It returns fault.Conflict when there is nothing to answer any more.
func (p *pages) form(r *http.Request) (answerPage, error) {
	v := ui.Here(r)
	t, err := p.enforce.ToldOne(r.Context(), v.User, enforce.DecisionID(r.PathValue("decision")))
	if err != nil {
		return answerPage{}, err
	}
	page := answerPage{Page: ui.Page{Title: v.T("seller.answer"), Lead: titleOf(t), Crumbs: append(crumbs(v), ui.Crumb{Text: titleOf(t), Path: Path(t.Decision)})}, Told: t, Why: reason(v, t), Accept: papers.Accept}
	for _, k := range []enforce.AppealKind{enforce.Complaint, enforce.CounterStatement} {
		if t.MayFile(k, v.Now) {
			page.Kinds = append(page.Kinds, kind{string(k), v.T("seller.kind." + string(k)), v.T("seller.kind." + string(k) + ".text"), len(page.Kinds) == 0})
		}
	}
	page.Signs = t.MayFile(enforce.CounterStatement, v.Now)
	evidence := v.T("seller.evidence.hint")
	if page.Signs {
		evidence = v.T("seller.evidence.hint.counter")
	}
	fields := []ui.Field{
		{Name: "kind", Label: v.T("seller.kind"), Type: "radio", Required: true},
		{Name: "statement", Label: v.T("seller.statement"), Type: "textarea", Rows: 6, Required: true, Max: "10000", Hint: v.T("seller.statement.hint")},
		{Name: "evidence", Label: v.T("seller.evidence"), Type: "textarea", Rows: 3, Max: "5000", Hint: evidence},
		{Name: "documents", Label: v.T("seller.documents"), Type: "file", Accept: papers.Accept, Hint: v.T("seller.documents.hint")},
		{Name: "guarantee", Label: v.T("seller.guarantee"), Complete: "name", Hint: v.T("seller.guarantee.hint")},
	}
	page.Form = ui.Form{Path: Path(t.Decision) + "/answer", Submit: v.T("seller.send"), Cancel: Path(t.Decision), Draft: "answer-" + string(t.Decision), Upload: true, Fields: fields}
	return page, nil
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request) error {
	page, err := p.form(r)
	if err != nil {
		return err
	}
	if len(page.Kinds) == 0 {
		return web.Go(w, r, Path(page.Told.Decision))
	}
	return views.Render(w, r, page)
}

func (p *pages) send(w http.ResponseWriter, r *http.Request) error {
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
	id := enforce.DecisionID(r.PathValue("decision"))
	if err == nil {
		var again bool
		_, again, err = p.enforce.File(r.Context(), v.User, enforce.Filing{Kind: enforce.AppealKind(sent.Get("kind")), Decision: id, Plea: enforce.Plea{
			Statement: sent.Get("statement"), Evidence: sent.Get("evidence"), Documents: papers.Hashes(documents), Guarantee: sent.Get("guarantee"),
		}})
		if err == nil {
			toast := &ui.Toast{Text: v.T("seller.sent")}
			if again {
				toast = &ui.Toast{Text: v.T("seller.sent.again"), Tone: "info"}
			}
			return web.Done(w, r, Path(id), toast)
		}
	}
	problems := v.Problems(err)
	if problems == nil || fault.Of(err) == fault.NotFound {
		return err
	}
	page, formErr := p.form(r)
	if formErr != nil {
		return formErr
	}
	page.Form.Fill(sent).Problems = problems
	for i := range page.Kinds {
		page.Kinds[i].Checked = page.Kinds[i].Value == sent.Get("kind")
	}
	page.Documents, page.Status = documents, web.Status(err)
	return views.Render(w, r, page)
}
