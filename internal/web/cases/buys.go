package cases

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type buysPage struct {
	ui.Page
	Tabs  []ui.Tab
	Rows  []bought
	Plan  *ui.Form
	Empty ui.Empty
}

type bought struct {
	enforce.TestBuy
	Path, Paid, Found string
	Tag               badge
}

func buyTag(v *ui.Visit, s enforce.BuyStage) badge {
	look := map[enforce.BuyStage][2]string{enforce.BuyPlanned: {"quiet", "calendar"}, enforce.BuyBought: {"info", "coins"}, enforce.BuyReceived: {"info", "package"}, enforce.BuyExamined: {"good", "eye-check"},
		enforce.BuyAbandoned: {"quiet", "circle-x"}}[s]
	return badge{look[0], look[1], v.T("cases.buy." + string(s))}
}

func buyRow(v *ui.Visit, b enforce.TestBuy) bought {
	one := bought{TestBuy: b, Path: Path(b.Case, "test-buys/"+url.PathEscape(string(b.ID))), Tag: buyTag(v, b.Stage)}
	if b.Price.Currency != "" {
		one.Paid = v.Money(b.Price.Minor, b.Price.Currency)
	}
	if b.Finding != "" {
		one.Found = v.T("cases.finding." + string(b.Finding))
	}
	return one
}

func (p *pages) buys(w http.ResponseWriter, r *http.Request) error { return p.showBuys(w, r, nil) }

func (p *pages) showBuys(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, err := p.cases.Case(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	all, err := p.cases.TestBuys(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := buysPage{Empty: ui.Empty{Icon: "package", Title: v.T("cases.buys.none"), Text: v.T("cases.buys.none.text")}}
	page.Page, page.Tabs = frame(v, m, "test-buys")
	for _, b := range all {
		page.Rows = append(page.Rows, buyRow(v, b))
	}
	if mayEdit(v, m) {
		links, err := p.cases.Links(r.Context(), v.User, m.ID)
		if err != nil {
			return err
		}
		which := ui.Field{Name: "listing", Label: v.T("cases.plan.listing"), Type: "select", Options: []ui.Option{{Text: v.T("cases.plan.elsewhere")}}}
		for _, l := range links {
			if l.Kind == enforce.ListingLink {
				which.Options = append(which.Options, ui.Option{Value: l.Subject, Text: l.Title + " (" + l.Subject + ")"})
			}
		}
		page.Plan = &ui.Form{Path: Path(m.ID, "test-buys"), Submit: v.T("cases.plan.send"), Fields: []ui.Field{which, {Name: "goods", Label: v.T("cases.plan.goods"), Hint: v.T("cases.plan.goods.hint"), Max: "200"}, request()}}
	}
	if err := refill(v, r, &page.Page, page.Plan, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) plan(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	_, err := p.cases.PlanTestBuy(r.Context(), v.User, enforce.TestBuy{Case: caseID(r), Listing: market.ListingID(r.PostFormValue("listing")), Goods: r.PostFormValue("goods")}, r.PostFormValue("request"))
	if mendable(err) {
		return p.showBuys(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(caseID(r), "test-buys"), &ui.Toast{Text: v.T("cases.planned")})
}

// exhibitPage is an exhibit with its chain of custody: the goods of a test buy, or seized ones.
type exhibitPage struct {
	ui.Page
	Tabs     []ui.Tab
	Tag      badge
	Facts    []ui.Fact
	Custody  []held
	Do       []ui.Action // what can be done next, each with its own form
	Heading  string      // of the form
	Form     *ui.Form
	Withdraw *ui.Form
}

// held is a line of custody.
type held struct {
	enforce.Custody
	What   string
	Papers []ui.Fact
}

// chain is an exhibit's lines, in order.
func (p *pages) chain(r *http.Request, v *ui.Visit, m enforce.Case, exhibit string) (lines []held, err error) {
	all, err := p.cases.CustodyLog(r.Context(), v.User, m.ID)
	if err != nil {
		return nil, err
	}
	documents, err := p.cases.Documents(r.Context(), v.User, m.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Exhibit != exhibit {
			continue
		}
		one := held{Custody: c, What: c.What}
		if s := enforce.BuyStage(c.What); s == enforce.BuyBought || s == enforce.BuyReceived || s == enforce.BuyExamined {
			one.What = v.T("cases.buy." + c.What)
		}
		for _, hash := range c.Hashes {
			if at := slices.IndexFunc(documents, func(d enforce.CaseDocument) bool { return d.Hash == hash }); at >= 0 {
				one.Papers = append(one.Papers, ui.Fact{Label: v.T("cases.document"), Value: documents[at].Name, Path: Path(m.ID, "documents/"+hash)})
			}
		}
		lines = append(lines, one)
	}
	return lines, nil
}

// handOn is the form's way of saying that the goods only changed hands.
const handOn = "custody"

// when is how a browser writes a moment.
const when = "2006-01-02T15:04"

func custodyFields(v *ui.Visit) []ui.Field {
	return []ui.Field{
		{Name: "at", Label: v.T("cases.at"), Type: "datetime-local", Required: true, Value: v.Now.In(v.Zone).Format(when)},
		{Name: "holder", Label: v.T("cases.holder"), Hint: v.T("cases.holder.hint"), Required: true, Value: v.User.Name, Max: "200"},
		{Name: "where", Label: v.T("cases.where"), Required: true, Max: "200"},
		{Name: "seal", Label: v.T("cases.seal"), Max: "200"},
		{Name: "papers", Label: v.T("cases.photos"), Type: "file", Accept: papers.Accept, Several: true},
	}
}

// custody is the line of custody in a form, with the documents sent along kept in the case.
func (p *pages) custody(r *http.Request, v *ui.Visit) (c enforce.Custody, err error) {
	c = enforce.Custody{Holder: r.PostFormValue("holder"), Place: r.PostFormValue("where"), Seal: r.PostFormValue("seal"), What: r.PostFormValue("what")}
	if at, wrong := time.ParseInLocation(when, r.PostFormValue("at"), v.Zone); wrong == nil {
		c.At = at
	}
	c.Hashes, err = p.attachAll(r, v, "papers", "")
	return c, err
}

// attachAll keeps every file of a field in the case and gives their hashes.
func (p *pages) attachAll(r *http.Request, v *ui.Visit, field, note string) (hashes []string, err error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	for _, header := range r.MultipartForm.File[field] {
		if header.Size == 0 {
			continue // nothing was chosen
		}
		file, err := header.Open()
		if err != nil {
			return hashes, web.Unreadable(err)
		}
		content, err := io.ReadAll(io.LimitReader(file, blob.MaxDocumentBytes+1))
		_ = file.Close() // only read
		if err != nil {
			return hashes, web.Unreadable(err)
		}
		d, err := p.cases.Attach(r.Context(), v.User, caseID(r), shortName(header.Filename), note, content)
		if f, ok := fault.As(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge) {
			return hashes, f.At(field)
		}
		if err != nil {
			return hashes, err
		}
		hashes = append(hashes, blob.Of(content).String())
		_ = d // the same content may be there already, under another name
	}
	return hashes, nil
}

func shortName(name string) string {
	if runes := []rune(name); len(runes) > 100 {
		return string(runes[:99]) + "…"
	}
	return name
}

func (p *pages) buy(w http.ResponseWriter, r *http.Request) error {
	return p.showBuy(w, r, r.URL.Query().Get("do"), nil)
}

func (p *pages) theBuy(r *http.Request, v *ui.Visit) (b enforce.TestBuy, err error) {
	all, err := p.cases.TestBuys(r.Context(), v.User, caseID(r))
	if err != nil {
		return b, err
	}
	for _, b := range all {
		if string(b.ID) == r.PathValue("buy") {
			return b, nil
		}
	}
	return b, fault.NotFound.Say("There is no such test buy.")
}

func (p *pages) showBuy(w http.ResponseWriter, r *http.Request, do string, problem error) error {
	v := ui.Here(r)
	m, err := p.cases.Case(r.Context(), v.User, caseID(r))
	if err != nil {
		return err
	}
	b, err := p.theBuy(r, v)
	if err != nil {
		return err
	}
	one := buyRow(v, b)
	page := exhibitPage{Tag: one.Tag}
	page.Page, page.Tabs = frame(v, m, "test-buys")
	page.Title, page.Crumbs = b.Goods, append(crumbs(v, m), ui.Crumb{Text: v.T("cases.tab.test-buys"), Path: Path(m.ID, "test-buys")})
	page.Facts = []ui.Fact{{Label: v.T("cases.planned.at"), Value: v.Clock(b.PlannedAt)}}
	for _, f := range []struct{ label, value string }{{"cases.plan.listing", string(b.Listing)}, {"cases.order", b.Order}, {"cases.price", one.Paid}, {"cases.finding", one.Found}} {
		if f.value != "" {
			page.Facts = append(page.Facts, ui.Fact{Label: v.T(f.label), Value: f.value})
		}
	}
	if page.Custody, err = p.chain(r, v, m, b.Exhibit()); err != nil {
		return err
	}
	if mayEdit(v, m) {
		can := []string{}
		for _, s := range b.Stage.Next() {
			can = append(can, string(s))
		}
		if b.Stage != enforce.BuyPlanned && b.Stage != enforce.BuyAbandoned {
			can = append(can, handOn)
		}
		if !slices.Contains(can, do) && len(can) > 0 {
			do = can[0]
		}
		for _, c := range can {
			page.Do = append(page.Do, ui.Action{Text: v.T("cases.do." + c), Path: one.Path + "?do=" + c, Primary: c == do})
		}
		if len(can) > 0 {
			page.Heading, page.Form = v.T("cases.do."+do), stepForm(v, one, do)
		}
	}
	if err := refill(v, r, &page.Page, page.Form, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func stepForm(v *ui.Visit, b bought, do string) *ui.Form {
	f := &ui.Form{Path: b.Path, Submit: v.T("cases.write"), Upload: true}
	switch enforce.BuyStage(do) {
	case enforce.BuyAbandoned:
		f.Fields = []ui.Field{{Name: "why", Label: v.T("cases.why"), Type: "textarea", Rows: 2, Required: true, Max: "2000"}}
	case enforce.BuyBought:
		f.Fields = append([]ui.Field{{Name: "order", Label: v.T("cases.order"), Required: true, Max: "200"}, {Name: "price", Label: v.T("cases.price"), Required: true}, {Name: "currency", Label: v.T("cases.currency"), Required: true, Value: "CNY", Max: "3"}}, custodyFields(v)...)
	case enforce.BuyExamined:
		found := ui.Field{Name: "finding", Label: v.T("cases.finding"), Type: "select", Required: true}
		for _, one := range enforce.BuyFindings() {
			found.Options = append(found.Options, ui.Option{Value: string(one), Text: v.T("cases.finding." + string(one))})
		}
		f.Fields = append([]ui.Field{found}, custodyFields(v)...)
	case enforce.BuyReceived:
		f.Fields = custodyFields(v)
	default:
		f.Fields = append([]ui.Field{{Name: "what", Label: v.T("cases.what"), Hint: v.T("cases.what.hint"), Required: true, Max: "200"}}, custodyFields(v)...)
	}
	f.Fields = append(f.Fields, hidden("to", do), versioned(b.Version), request())
	return f
}

func (p *pages) step(w http.ResponseWriter, r *http.Request) error {
	end, err := papers.Form(w, r, papers.MaxUpload)
	defer end()
	if err != nil {
		return err
	}
	v, do := ui.Here(r), r.PostFormValue("to")
	b, err := p.theBuy(r, v)
	if err != nil {
		return err
	}
	step := enforce.BuyStep{To: enforce.BuyStage(do), Order: r.PostFormValue("order"), Finding: enforce.BuyFinding(r.PostFormValue("finding")), Why: r.PostFormValue("why")}
	if step.Price, err = enforce.ParseMoney(r.PostFormValue("price"), r.PostFormValue("currency"), "price"); err == nil && step.To != enforce.BuyAbandoned {
		step.Custody, err = p.custody(r, v)
	}
	switch {
	case err != nil:
	case do == handOn:
		step.Custody.Exhibit = b.Exhibit()
		_, err = p.cases.NoteCustody(r.Context(), v.User, b.Case, step.Custody, r.PostFormValue("request"))
	default:
		_, err = p.cases.MoveTestBuy(r.Context(), v.User, b.Case, b.ID, version(r), step)
	}
	if mendable(err) {
		return p.showBuy(w, r, do, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, buyRow(v, b).Path, &ui.Toast{Text: v.T("cases.written")})
}
