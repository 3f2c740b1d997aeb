package cases

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type factsPage struct {
	ui.Page
	Tabs   []ui.Tab
	Rows   []fact
	Pager  ui.Pager
	Export string
	Add    *ui.Form
	Empty  ui.Empty
}

type fact struct {
	enforce.Fact
	Path, Kind, Date, Many, Worth, Where string
	Withdrawn                            bool
}

func factRow(v *ui.Visit, f enforce.Fact) fact {
	one := fact{Fact: f, Kind: v.T("cases.kind." + string(f.Kind)), Date: day(v, f.Day), Many: quantity(v, f.Quantity, f.Unit), Where: place(v, f.Place), Withdrawn: !f.Withdrawn.IsZero()}
	if f.Case != "" {
		one.Path = Path(f.Case, "facts/"+url.PathEscape(string(f.ID)))
	}
	if f.Money.Currency != "" {
		one.Worth = v.Money(f.Money.Minor, f.Money.Currency)
	}
	return one
}

func (p *pages) facts(w http.ResponseWriter, r *http.Request) error { return p.showFacts(w, r, nil) }

func (p *pages) showFacts(w http.ResponseWriter, r *http.Request, problem error) error {
	v, q := ui.Here(r), ui.Ask(r)
	m, err := p.cases.Case(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	found, err := p.cases.Facts(r.Context(), v.User, enforce.FactFilter{Case: m.ID, Withdrawn: true, After: q.After()})
	if err != nil {
		return err
	}
	page := factsPage{Empty: ui.Empty{Icon: "gavel", Title: v.T("cases.facts.none"), Text: v.T("cases.facts.none.text")}}
	page.Page, page.Tabs = frame(v, m, "facts")
	for _, f := range found.Items {
		page.Rows = append(page.Rows, factRow(v, f))
	}
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Export = "/exports/cases/facts?case=" + url.QueryEscape(string(m.ID))
	if mayEdit(v, m) {
		page.Add = factForm(v, m)
	}
	if err := refill(v, r, &page.Page, page.Add, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func factForm(v *ui.Visit, m enforce.Case) *ui.Form {
	kind := ui.Field{Name: "kind", Label: v.T("cases.what"), Type: "select", Required: true}
	for _, k := range enforce.FactKinds() {
		kind.Options = append(kind.Options, ui.Option{Value: string(k), Text: v.T("cases.kind." + string(k))})
	}
	unit := ui.Field{Name: "unit", Label: v.T("cases.unit"), Type: "select", Options: []ui.Option{{Text: "–"}}}
	for _, u := range append(enforce.GoodsUnits(), enforce.Persons) {
		unit.Options = append(unit.Options, ui.Option{Value: string(u), Text: v.T("cases.unit." + string(u))})
	}
	fields := []ui.Field{kind, {Name: "date", Label: v.T("cases.day"), Type: "date", Required: true}, {Name: "quantity", Label: v.T("cases.quantity"), Hint: v.T("cases.quantity.hint")}, unit,
		{Name: "goods", Label: v.T("cases.goods"), Max: "200"}, {Name: "brand", Label: v.T("cases.brand"), Max: "200"}, {Name: "amount", Label: v.T("cases.amount"), Hint: v.T("cases.amount.hint")}, {Name: "currency", Label: v.T("cases.currency"), Value: "CNY", Max: "3"},
		{Name: "authority", Label: v.T("cases.authority"), Max: "200"}}
	fields = append(fields, placeFields(v, m.Place)...)
	return &ui.Form{Path: Path(m.ID, "facts"), Submit: v.T("cases.fact.add"), Draft: "fact-" + string(m.ID), Fields: append(fields, ui.Field{Name: "note", Label: v.T("cases.note.short"), Max: "2000"}, ui.Field{Name: "source", Label: v.T("cases.source"), Hint: v.T("cases.source.hint"), Max: "200"}, request())}
}

// factOf reads the form of a fact.
func factOf(r *http.Request) (f enforce.Fact, err error) {
	f = enforce.Fact{Case: caseID(r), Kind: enforce.FactKind(r.PostFormValue("kind")), Place: placeOf(r), Authority: r.PostFormValue("authority"), Brand: r.PostFormValue("brand"), Goods: r.PostFormValue("goods"),
		Words: r.PostFormValue("note"), Source: r.PostFormValue("source")}
	if f.Day, err = time.Parse(time.DateOnly, r.PostFormValue("date")); err != nil {
		return f, fault.Invalid.Say("Give the day as 2026-11-24; it cannot lie ahead.").At("date").Because(err)
	}
	if strings.TrimSpace(r.PostFormValue("quantity")) != "" {
		if f.Quantity, f.Unit, err = enforce.ParseQuantity(r.PostFormValue("quantity"), r.PostFormValue("unit")); err != nil {
			return f, err
		}
	}
	f.Money, err = enforce.ParseMoney(r.PostFormValue("amount"), r.PostFormValue("currency"), "amount")
	return f, err
}

func (p *pages) addFact(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	f, err := factOf(r)
	if err == nil {
		_, err = p.cases.AddFact(r.Context(), v.User, f, r.PostFormValue("request"))
	}
	if mendable(err) {
		return p.showFacts(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(caseID(r), "facts"), &ui.Toast{Text: v.T("cases.fact.added")})
}

func (p *pages) fact(w http.ResponseWriter, r *http.Request) error { return p.showFact(w, r, nil, "") }

func (p *pages) theFact(r *http.Request, v *ui.Visit) (enforce.Fact, error) {
	return p.cases.Fact(r.Context(), v.User, caseID(r), enforce.FactID(r.PathValue("fact")))
}

func (p *pages) showFact(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v := ui.Here(r)
	m, err := p.cases.Case(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	f, err := p.theFact(r, v)
	if err != nil {
		return err
	}
	one := factRow(v, f)
	page := exhibitPage{Tag: badge{"info", "gavel", one.Kind}}
	page.Page, page.Tabs = frame(v, m, "facts")
	page.Title, page.Crumbs = one.Kind+" · "+one.Date, append(crumbs(v, m), ui.Crumb{Text: v.T("cases.tab.facts"), Path: Path(m.ID, "facts")})
	for _, line := range []struct{ label, value string }{{"cases.quantity", one.Many}, {"cases.goods", f.Goods}, {"cases.brand", f.Brand}, {"cases.amount", one.Worth}, {"cases.place", one.Where}, {"cases.authority", f.Authority}, {"cases.note.short", f.Words},
		{"cases.source", f.Source}, {"cases.added", f.AddedBy + " · " + v.Clock(f.AddedAt)}} {
		if line.value != "" {
			page.Facts = append(page.Facts, ui.Fact{Label: v.T(line.label), Value: line.value})
		}
	}
	if one.Withdrawn {
		page.Tag = badge{"quiet", "circle-x", v.T("cases.fact.withdrawn")}
	}
	if page.Custody, err = p.chain(r, v, m, f.Exhibit()); err != nil {
		return err
	}
	if mayEdit(v, m) {
		if f.Kind == enforce.Seizure {
			page.Heading = v.T("cases.do.custody")
			page.Form = &ui.Form{Path: one.Path, Submit: v.T("cases.write"), Upload: true, Fields: append(append([]ui.Field{{Name: "what", Label: v.T("cases.what"), Hint: v.T("cases.what.hint"), Required: true, Max: "200"}}, custodyFields(v)...), request())}
		}
		if !one.Withdrawn {
			page.Withdraw = &ui.Form{Path: one.Path + "/withdraw", Submit: v.T("cases.fact.withdraw"), Fields: []ui.Field{{Name: "why", Label: v.T("cases.why"), Hint: v.T("cases.fact.withdraw.hint"), Type: "textarea", Rows: 2, Required: true, Max: "2000"}}}
		}
	}
	drawn := map[string]*ui.Form{"custody": page.Form, "withdraw": page.Withdraw}[form]
	if err := refill(v, r, &page.Page, drawn, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

// hold adds a line to the custody of seized goods.
func (p *pages) hold(w http.ResponseWriter, r *http.Request) error {
	end, err := papers.Form(w, r, papers.MaxUpload)
	defer end()
	if err != nil {
		return err
	}
	v := ui.Here(r)
	f, err := p.theFact(r, v)
	if err != nil {
		return err
	}
	line, err := p.custody(r, v)
	line.Exhibit = f.Exhibit()
	if err == nil {
		_, err = p.cases.NoteCustody(r.Context(), v.User, f.Case, line, r.PostFormValue("request"))
	}
	if mendable(err) {
		return p.showFact(w, r, err, "custody")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, factRow(v, f).Path, &ui.Toast{Text: v.T("cases.written")})
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	err := p.cases.WithdrawFact(r.Context(), v.User, caseID(r), enforce.FactID(r.PathValue("fact")), r.PostFormValue("why"))
	if mendable(err) {
		return p.showFact(w, r, err, "withdraw")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(caseID(r), "facts"), &ui.Toast{Text: v.T("cases.fact.withdrawn")})
}

// exportFacts gives the facts of a case, or of the crackdown's filter, to customs and police.
func (p *pages) exportFacts(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := factFilter(q)
	f.Case = enforce.CaseID(q.Get("case"))
	references := map[enforce.CaseID]string{"": ""}
	write, end := listings.Exporter(w, "facts", q.Get("format"), enforce.FactColumns())
	for one, err := range p.cases.ExportFacts(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		if _, known := references[one.Case]; !known {
			m, err := p.cases.Case(r.Context(), v.User, one.Case)
			if err != nil {
				return err
			}
			references[one.Case] = m.Reference
		}
		if err := write(one.Export(references[one.Case]), one.Fields(references[one.Case])); err != nil {
			return err
		}
	}
	return end()
}

type importPage struct {
	ui.Page
	Form    ui.Form
	Columns string
	Report  *enforce.FactsReport
	Refused []refusal
	More    int
}

type refusal struct {
	Number int
	Why    []string
}

// refusedShown is how many bad rows the page names; the file has them all.
const refusedShown = 20

func (p *pages) bring(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, importHead(ui.Here(r)))
}

func importHead(v *ui.Visit) importPage {
	do := ui.Field{Name: "do", Label: v.T("cases.import.do"), Type: "radio", Required: true, Value: "look", Options: []ui.Option{{Value: "look", Text: v.T("cases.import.look")}, {Value: "take", Text: v.T("cases.import.take")}, {Value: "refused", Text: v.T("cases.import.refused")}}}
	return importPage{Page: ui.Page{Title: v.T("cases.import"), Lead: v.T("cases.import.lead"), Crumbs: []ui.Crumb{{Text: v.T("cases.title"), Path: Root}}}, Columns: strings.Join(enforce.FactColumns(), ", "),
		Form: ui.Form{Path: Root + "/import", Submit: v.T("cases.import.send"), Cancel: Root, Upload: true, Fields: []ui.Field{{Name: "file", Label: v.T("cases.import.file"), Type: "file", Required: true, Accept: ".csv"}, do}}}
}

// take reads a file of facts: it tells what would become of it, takes it in, or gives the rows that are wrong back as a file.
func (p *pages) take(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	end, err := papers.Form(w, r, enforce.MaxFactsFile+1<<20)
	defer end()
	if err != nil {
		return err
	}
	page := importHead(v)
	do := r.PostFormValue("do")
	file, _, err := r.FormFile("file")
	var report enforce.FactsReport
	if err != nil {
		err = fault.Invalid.Say("Choose a file.").At("file").Because(err)
	} else {
		defer file.Close()
		report, err = p.cases.ImportFacts(r.Context(), v.User, file, do != "take")
	}
	if mendable(err) {
		if err := refill(v, r, &page.Page, &page.Form, err); err != nil {
			return err
		}
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	said := func(why error) []string {
		var words []string
		for _, problem := range v.Problems(why) {
			words = append(words, problem.Text)
		}
		return words
	}
	if do == "refused" {
		var out bytes.Buffer
		if err := report.WriteRejected(&out, func(why error) string { return strings.Join(said(why), " ") }); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="ownmark-facts-refused.csv"`)
		_, _ = w.Write(append([]byte("\xef\xbb\xbf"), out.Bytes()...)) // a browser that went away needs none
		return nil
	}
	page.Form.Fill(r.PostForm)
	page.Report = &report
	for _, row := range report.Rejected {
		if len(page.Refused) == refusedShown {
			page.More = len(report.Rejected) - refusedShown
			break
		}
		page.Refused = append(page.Refused, refusal{row.Number, said(row.Problem)})
	}
	if do == "take" {
		page.Lead = v.T("cases.import.done")
	}
	return views.Render(w, r, page)
}
