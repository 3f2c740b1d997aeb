package policy

import (
	"net/http"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type modelsPage struct {
	ui.Page
	Tabs   []ui.Tab
	Models []modelRow
	Form   *ui.Form // nil for who may not add one
}

type modelRow struct {
	detect.ModelInfo
	Added string
	Said  string // its own cross-validation in words; empty when the file has none
}

func (p *pages) models(w http.ResponseWriter, r *http.Request) error {
	return p.showModels(w, r, nil, 0)
}

func (p *pages) showModels(w http.ResponseWriter, r *http.Request, problems []ui.Problem, status int) error {
	v := ui.Here(r)
	all, err := p.detect.Models(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := modelsPage{Page: ui.Page{Title: v.T("policy.models"), Lead: v.T("policy.models.lead"), Status: status}, Tabs: tabs(v, "models")}
	for _, m := range all {
		row := modelRow{ModelInfo: m, Added: v.T("policy.models.with")}
		if !m.Shipped {
			row.Added = v.T("policy.who", "Name", m.By, "Time", v.Clock(m.At))
		}
		if report := m.Report; report != nil && report.Suspected.Precision != nil && report.Suspected.Recall != nil {
			row.Said = v.T("policy.models.said", "Listings", v.Number(report.Listings), "Fakes", v.Number(report.Fakes),
				"Precision", v.Percent(*report.Suspected.Precision), "PrecisionLow", v.Percent(report.Suspected.PrecisionInterval[0]), "PrecisionTop", v.Percent(report.Suspected.PrecisionInterval[1]),
				"Recall", v.Percent(*report.Suspected.Recall), "RecallLow", v.Percent(report.Suspected.RecallInterval[0]), "RecallTop", v.Percent(report.Suspected.RecallInterval[1]))
		}
		page.Models = append(page.Models, row)
	}
	if v.User.Can(access.PolicyEdit) {
		page.Form = &ui.Form{Path: "/policy/models", Submit: v.T("policy.models.add"), Upload: true, Problems: problems, Fields: []ui.Field{
			{Name: "model", Label: v.T("policy.models.file"), Type: "file", Accept: ".json", Required: true, Hint: v.T("policy.models.file.hint")},
		}}
	}
	return views.Render(w, r, page)
}

func (p *pages) addModel(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	text, err := sentFile(w, r, "model")
	var m *detect.Model
	if err == nil {
		m, err = p.detect.AddModel(r.Context(), v.User, strings.NewReader(text))
	}
	if problems, status := refused(v, err); problems != nil {
		return p.showModels(w, r, problems, status)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/policy/models", &ui.Toast{Text: v.T("policy.models.done", "Version", m.Version)})
}
