package makers

import (
	"net/http"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type listPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	cultivate.Maker
	Path     string
	Tag      Badge
	Industry string
	Days     int // in the stage
}

func filter(q ui.Query) cultivate.MakerFilter {
	return cultivate.MakerFilter{Cohort: cultivate.CohortID(q.Get("cohort")), Stage: cultivate.Stage(q.Get("stage")), Industry: cultivate.IndustryID(q.Get("industry")), Owner: access.UserID(q.Get("owner")),
		Text: q.Get("q"), After: q.After(), Limit: 50}
}

// days is how many whole days lie between two moments.
func days(from, to time.Time) int { return max(0, int(to.Sub(from).Hours()/24)) }

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.cultivate.Makers(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	// A firm with one way to go is led to it.
	if v.User.Reach(access.MakerRead) == access.Own && len(found.Items) == 1 && found.Next == "" && q.After() == "" {
		return web.Done(w, r, Path(found.Items[0].ID, ""), nil)
	}
	total, err := p.cultivate.CountMakers(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("makers.title"), Lead: v.T("makers.lead"), Wide: true}}
	for _, m := range found.Items {
		page.Rows = append(page.Rows, row{m, Path(m.ID, ""), Tag(v, m.Stage), p.industry(v, m.Industry), days(m.Since, v.Now)})
	}
	stages := ui.Menu{Name: "stage", Label: v.T("makers.stage")}
	for _, s := range cultivate.Stages() {
		stages.Options = append(stages.Options, ui.Option{Value: string(s), Text: Stage(v, s), Count: -1})
	}
	industries := ui.Menu{Name: "industry", Label: v.T("makers.industry")}
	for _, i := range p.cultivate.Industries.Sorted() {
		industries.Options = append(industries.Options, ui.Option{Value: string(i.ID), Text: i.Names.In(v.Language), Count: -1})
	}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("makers.find")}, stages, industries)
	page.Filters.Export = "/exports" + q.Here()
	page.Head = q.Head("", false, ui.Column{Label: v.T("makers.firm")}, ui.Column{Label: v.T("makers.stage")}, ui.Column{Label: v.T("makers.industry")}, ui.Column{Label: v.T("makers.place")},
		ui.Column{Label: v.T("makers.owner")}, ui.Column{Label: v.T("makers.days"), Number: true})
	page.Pager = q.Pager(found.Next, len(page.Rows), int(total))
	page.Empty = ui.Empty{Icon: "building-factory-2", Title: v.T("makers.none"), Text: v.T("makers.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("makers.nomatch"), Text: v.T("makers.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Root}}
	}
	return views.Render(w, r, page)
}

// industry is an industry's name; its id when its file is gone.
func (p *pages) industry(v *ui.Visit, id cultivate.IndustryID) string {
	if i, known := p.cultivate.Industries[id]; known {
		return i.Names.In(v.Language)
	}
	return string(id)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	f := filter(ui.Ask(r))
	f.After = ""
	write, end := listings.Exporter(w, "makers", "csv", []string{"id", "name", "number", "place", "industry", "cohort", "stage", "since", "owner", "seller", "brand", "enrolled"})
	for m, err := range p.cultivate.ExportMakers(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		err := write(nil, []string{string(m.ID), m.Name, m.Number, m.Place, string(m.Industry), string(m.Cohort), string(m.Stage), m.Since.UTC().Format(time.RFC3339), m.OwnerName, string(m.Seller), string(m.Brand),
			m.MadeAt.UTC().Format(time.RFC3339)})
		if err != nil {
			return err
		}
	}
	return end()
}
