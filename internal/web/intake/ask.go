package intake

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type formPage struct {
	ui.Page
	Form ui.Form
}

type askedPage struct {
	ui.Page
	Number string
}

// form is what is asked about a request, on the public page and at the desk.
func (p *pages) form(v *ui.Visit, one cultivate.Petition) *ui.Form {
	count := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	percent := func(x *float64) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(100**x, 'g', 6, 64)
	}
	choice := func(name, value string, values ...string) ui.Field {
		f := ui.Field{Name: name, Label: v.T("intake." + name), Type: "select", Value: value, Options: []ui.Option{{Text: v.T("intake.unknown")}}}
		for _, one := range values {
			f.Options = append(f.Options, ui.Option{Value: one, Text: v.T("intake." + name + "." + one)})
		}
		return f
	}
	var fakes, of, standards, city string
	if f := one.Facts.Fakes; f != nil {
		fakes, of = strconv.Itoa(f.Fakes), strconv.Itoa(f.Of)
	}
	if one.Facts.StandardsBody != nil {
		standards = map[bool]string{true: "yes", false: "no"}[*one.Facts.StandardsBody]
	}
	if one.Facts.CitySupport != nil {
		city = strconv.Itoa(*one.Facts.CitySupport)
	}
	industry := ui.Field{Name: "industry", Label: v.T("intake.industry"), Type: "select", Value: string(one.Industry), Options: []ui.Option{{Text: v.T("intake.industry.other")}}}
	for _, i := range p.cultivate.Industries.Sorted() {
		if !i.IsTemplate() {
			industry.Options = append(industry.Options, ui.Option{Value: string(i.ID), Text: i.Names.In(v.Language)})
		}
	}
	return &ui.Form{Draft: "request", Fields: []ui.Field{industry, {Name: "trade", Label: v.T("intake.trade"), Hint: v.T("intake.trade.hint"), Value: one.Trade, Max: "200"},
		{Name: "place", Label: v.T("intake.place"), Value: one.Place, Required: true, Max: "200"}, {Name: "body", Label: v.T("intake.body"), Value: one.Body, Required: true, Max: "200"}, choice("asked_by", string(one.Facts.AskedBy), "association", "city", "marketplace", "company"),
		{Name: "person", Label: v.T("intake.person"), Value: one.Contact.Person, Complete: "name", Max: "200"}, {Name: "email", Label: v.T("intake.email"), Type: "email", Value: one.Contact.Email, Complete: "email"}, {Name: "phone", Label: v.T("intake.phone"), Value: one.Contact.Phone, Complete: "tel"},
		{Name: "makers", Label: v.T("intake.makers"), Type: "number", Min: "0", Value: count(one.Facts.Makers)}, {Name: "jobs", Label: v.T("intake.jobs"), Type: "number", Min: "0", Value: count(one.Facts.Jobs)},
		{Name: "export_loss", Label: v.T("intake.export_loss"), Type: "number", Min: "0", Max: "100", Step: "any", Value: percent(one.Facts.ExportLoss)},
		{Name: "fakes", Label: v.T("intake.fakes"), Hint: v.T("intake.fakes.hint"), Type: "number", Min: "0", Value: fakes}, {Name: "fakes_of", Label: v.T("intake.fakes_of"), Type: "number", Min: "0", Value: of},
		choice("standards_body", standards, "yes", "no"), choice("city_support", city, "0", "1", "2", "3"),
		{Name: "own_design_share", Label: v.T("intake.own_design_share"), Type: "number", Min: "0", Max: "100", Step: "any", Value: percent(one.Facts.OwnDesignShare)},
		{Name: "note", Label: v.T("intake.note"), Type: "textarea", Rows: 3, Value: one.Note, Max: "2000"}, {Name: "request", Type: "hidden", Value: db.NewID()}}}
}

// read is the request of a form. What is left empty is not known.
func read(r *http.Request) (one cultivate.Petition, err error) {
	if err := r.ParseForm(); err != nil {
		return one, web.Unreadable(err)
	}
	text := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	wrong := func(name string) {
		if err == nil {
			err = fault.Invalid.Say("Give a number.").At(name)
		}
	}
	count := func(name string) *int {
		if text(name) == "" {
			return nil
		}
		n, bad := strconv.Atoi(text(name))
		if bad != nil {
			wrong(name)
		}
		return &n
	}
	percent := func(name string) *float64 {
		if text(name) == "" {
			return nil
		}
		x, bad := strconv.ParseFloat(text(name), 64)
		if bad != nil {
			wrong(name)
		}
		x /= 100
		return &x
	}
	one = cultivate.Petition{Industry: cultivate.IndustryID(text("industry")), Trade: text("trade"), Place: text("place"), Body: text("body"), Contact: cultivate.Contact{Person: text("person"), Email: text("email"), Phone: text("phone")}, Note: text("note"),
		Facts: cultivate.Request{AskedBy: cultivate.Asker(text("asked_by")), Makers: count("makers"), Jobs: count("jobs"), ExportLoss: percent("export_loss"), CitySupport: count("city_support"), OwnDesignShare: percent("own_design_share")}}
	if fakes, of := count("fakes"), count("fakes_of"); fakes != nil && of != nil {
		one.Facts.Fakes = &cultivate.Sample{Fakes: *fakes, Of: *of}
	} else if fakes != nil || of != nil {
		wrong("fakes_of")
	}
	if answer := text("standards_body"); answer != "" {
		yes := answer == "yes"
		one.Facts.StandardsBody = &yes
	}
	if one.Industry != "" {
		one.Trade = ""
	}
	return one, err
}

func (p *pages) askPage(v *ui.Visit) formPage {
	f := p.form(v, cultivate.Petition{})
	f.Path, f.Submit = "/ask-to-join", v.T("intake.ask.submit")
	f.Fields[0].Options = f.Fields[0].Options[:1] // strangers say it in words: which industry it is the programme decides
	f.Fields = f.Fields[1:]
	return formPage{Page: ui.Page{Title: v.T("intake.ask"), Lead: v.T("intake.ask.lead")}, Form: *f}
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, p.askPage(ui.Here(r)))
}

func (p *pages) asked(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	one, err := read(r)
	if err == nil {
		one, err = p.cultivate.Ask(r.Context(), p.remote(r), one, r.PostFormValue("request"))
	}
	if problems := v.Problems(err); problems != nil {
		page := p.askPage(v)
		page.Status = web.Status(err)
		page.Form.Fill(r.PostForm).Problems = problems
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return views.Render(w, r, askedPage{Page: ui.Page{Title: v.T("intake.asked")}, Number: string(one.ID)})
}

func (p *pages) blank(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, p.newPage(ui.Here(r)))
}

func (p *pages) newPage(v *ui.Visit) formPage {
	f := p.form(v, cultivate.Petition{})
	f.Path, f.Submit = Root+"/new", v.T("intake.save")
	return formPage{Page: ui.Page{Title: v.T("intake.new"), Crumbs: []ui.Crumb{{Text: v.T("intake.title"), Path: Root}}}, Form: *f}
}

// save takes a request that a person of the programme entered or changed.
func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	one, err := read(r)
	one.ID = cultivate.PetitionID(r.PathValue("petition"))
	if one.ID != "" {
		one.Version = version(r)
	}
	if err == nil {
		one, err = p.cultivate.SavePetition(r.Context(), v.User, one, r.PostFormValue("request"))
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		if r.PathValue("petition") != "" {
			return p.showPetition(w, r, err, "edit")
		}
		page := p.newPage(v)
		page.Status = web.Status(err)
		page.Form.Fill(r.PostForm).Problems = v.Problems(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path(one.ID), &ui.Toast{Text: v.T("intake.saved")})
}
