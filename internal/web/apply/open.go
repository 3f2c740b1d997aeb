package apply

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// openPage is what anybody sees: the cohorts that take applications, with their terms.
type openPage struct {
	ui.Page
	Cohorts []openCohort
	Empty   ui.Empty
}

type openCohort struct {
	cultivate.Cohort
	Path, Industry, Summary string
	Facts                   []ui.Fact
	Clauses                 []string
}

type beginPage struct {
	ui.Page
	Cohort openCohort
	Form   ui.Form
}

// begunPage shows the one-time link, once.
type begunPage struct {
	ui.Page
	Link string // to keep
	Path string // where its button leads
	Firm string
}

func (p *pages) cohort(v *ui.Visit, c cultivate.Cohort) openCohort {
	i := p.Cultivate.Industries[c.Industry]
	one := openCohort{Cohort: c, Path: "/apply/" + url.PathEscape(string(c.ID)), Industry: i.Names.In(v.Language), Summary: i.Summary.In(v.Language)}
	one.Facts = []ui.Fact{{Label: v.T("apply.industry"), Value: one.Industry}, {Label: v.T("apply.places"), Value: v.Number(c.Places)}}
	if c.Place != "" {
		one.Facts = append(one.Facts, ui.Fact{Label: v.T("apply.place"), Value: c.Place})
	}
	if !c.Closes.IsZero() {
		one.Facts = append(one.Facts, ui.Fact{Label: v.T("apply.until"), Value: v.Day(c.Closes)})
	}
	if n := i.Admission.RegisteredMonths; n > 0 {
		one.Facts = append(one.Facts, ui.Fact{Label: v.T("apply.registered"), Value: v.N("apply.months", n)})
	}
	if n := i.Admission.ProbationMonths; n > 0 {
		one.Facts = append(one.Facts, ui.Fact{Label: v.T("apply.probation"), Value: v.N("apply.months", n)})
	}
	if d := i.Admission.Deposit; d.Minor > 0 {
		one.Facts = append(one.Facts, ui.Fact{Label: v.T("apply.deposit"), Value: v.Money(d.Minor, d.Currency)})
	}
	for _, clause := range i.Admission.Clauses {
		one.Clauses = append(one.Clauses, clause.Text.In(v.Language))
	}
	return one
}

func (p *pages) open(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	open, err := p.Cultivate.OpenCohorts(r.Context())
	if err != nil {
		return err
	}
	page := openPage{Page: ui.Page{Title: v.T("apply.title"), Lead: v.T("apply.lead")}, Empty: ui.Empty{Icon: "calendar", Title: v.T("apply.none"), Text: v.T("apply.none.text")}}
	for _, c := range open {
		page.Cohorts = append(page.Cohorts, p.cohort(v, c))
	}
	return views.Render(w, r, page)
}

// find is a cohort that takes applications; any other does not exist for strangers.
func (p *pages) find(r *http.Request) (cultivate.Cohort, error) {
	open, err := p.Cultivate.OpenCohorts(r.Context())
	at := slices.IndexFunc(open, func(c cultivate.Cohort) bool { return string(c.ID) == r.PathValue("cohort") })
	if err == nil && at < 0 {
		err = fault.NotFound.Say("This cohort takes no applications.")
	}
	if err != nil {
		return cultivate.Cohort{}, err
	}
	return open[at], nil
}

// firm reports whether the person speaks for a firm that is known already.
func firm(v *ui.Visit) bool { return v.User.Has(access.Maker) }

func (p *pages) beginPage(v *ui.Visit, c cultivate.Cohort) beginPage {
	page := beginPage{Page: ui.Page{Title: v.T("apply.begin"), Crumbs: []ui.Crumb{{Text: v.T("apply.title"), Path: "/apply"}}}, Cohort: p.cohort(v, c)}
	page.Form = ui.Form{Path: page.Cohort.Path, Submit: v.T("apply.begin.submit"), Draft: "begin", Fields: []ui.Field{
		{Name: "organisation", Label: v.T("apply.firm"), Hint: v.T("apply.firm.hint"), Required: true, Complete: "organization"},
		{Name: "place", Label: v.T("apply.where"), Hint: v.T("apply.where.hint")},
	}}
	if !firm(v) {
		page.Form.Fields = append(page.Form.Fields, ui.Field{Name: "name", Label: v.T("apply.person"), Required: true, Complete: "name"},
			ui.Field{Name: "email", Label: v.T("apply.email"), Hint: v.T("apply.email.hint"), Type: "email", Required: true, Complete: "email"})
	}
	return page
}

func (p *pages) begin(w http.ResponseWriter, r *http.Request) error {
	c, err := p.find(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, p.beginPage(ui.Here(r), c))
}

func (p *pages) start(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	c, err := p.find(r)
	if err != nil {
		return err
	}
	f := cultivate.Firm{Name: r.PostForm.Get("organisation"), Place: r.PostForm.Get("place"), Person: r.PostForm.Get("name"), Email: r.PostForm.Get("email"), Language: v.Language}
	var m cultivate.Maker
	var link string
	if firm(v) {
		f.Organisation = v.User.Org
		m, _, err = p.Cultivate.Enrol(r.Context(), v.User, c.ID, f)
	} else {
		m, link, err = p.Cultivate.Apply(r.Context(), p.Remote(r), c.ID, f)
	}
	if problems := v.Problems(err); problems != nil {
		page := p.beginPage(v, c)
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	if link == "" {
		return web.Done(w, r, makers.Path(m.ID, "application"), &ui.Toast{Text: v.T("apply.begun")})
	}
	return views.Render(w, r, begunPage{Page: ui.Page{Title: v.T("apply.begun")}, Firm: m.Name, Link: p.SignInURL(link), Path: "/sign-in/" + url.PathEscape(link)})
}
