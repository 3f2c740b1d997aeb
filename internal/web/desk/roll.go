package desk

import (
	"net/http"
	"net/url"

	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type rollPage struct {
	ui.Page
	Lessons []lesson
	Rows    []rollRow
	Empty   ui.Empty
}

// lesson is a column of the table.
type lesson struct {
	Number int
	Title  string
}

type rollRow struct {
	Name, Path string
	Passed, Of int
	Behind     int
	Lessons    []mark
}

// mark is one lesson of one member.
type mark struct{ Tone, Icon, Text string }

// roll is a cohort's training: its members by the lessons they have to pass, who lags first.
func (p *pages) roll(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	found, err := p.Cultivate.Roll(r.Context(), v.User, cultivate.CohortID(r.PathValue("cohort")))
	if err != nil {
		return err
	}
	page := rollPage{Page: ui.Page{Title: v.T("desk.roll"), Lead: v.T("desk.roll.lead"), Wide: true, Crumbs: []ui.Crumb{{Text: found.Cohort.Name, Path: "/programme/cohorts/" + url.PathEscape(string(found.Cohort.ID))}}},
		Empty: ui.Empty{Icon: "books", Title: v.T("desk.roll.none"), Text: v.T("desk.roll.none.text")}}
	for i, id := range found.Lessons {
		page.Lessons = append(page.Lessons, lesson{i + 1, p.Cultivate.Lessons[id].Title().In(v.Language)})
	}
	for _, one := range found.Rows {
		row := rollRow{Name: one.Maker.Name, Path: makers.Path(one.Maker.ID, "training"), Passed: one.Progress.Passed, Of: one.Progress.Required, Behind: one.Behind}
		for _, id := range found.Lessons {
			progress, opened := one.Learnt[id]
			switch {
			case progress.Passed():
				row.Lessons = append(row.Lessons, mark{"good", "check", v.T("desk.roll.passed")})
			case opened:
				row.Lessons = append(row.Lessons, mark{"info", "circle-dot", v.T("desk.roll.opened")})
			default:
				row.Lessons = append(row.Lessons, mark{"quiet", "minus", v.T("desk.roll.new")})
			}
		}
		page.Rows = append(page.Rows, row)
	}
	return views.Render(w, r, page)
}
