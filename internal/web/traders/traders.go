// Package traders shows who is behind sellers' accounts: the seller's own form, the marketplace's list of files with their clocks, the page on which each fact is held
// against a register, and what consumers are told.
package traders

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "file.html": filePage{}, "account.html": accountPage{}, "sales.html": salesPage{}, "told.html": toldPage{}})

type pages struct {
	market *market.Service
	store  *blob.Store
}

// Job is the pages of traders' files.
func Job(room *market.Service, store *blob.Store) web.Job {
	p := &pages{room, store}
	return web.Job{
		Rail:  ui.Entry{Name: "traders.rail", Icon: "building-store", Path: "/traders", Verb: access.TraderRead, Key: "g y"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /traders", Verb: access.TraderRead, Handle: p.list},
			{Pattern: "GET /exports/traders", Verb: access.TraderRead, Handle: p.export},
			{Pattern: "GET /trader-sales", Verb: access.TraderVerify, Handle: p.sales},
			{Pattern: "POST /trader-sales", Verb: access.TraderVerify, Handle: p.saveSales},
			{Pattern: "GET /traders/{seller}", Verb: access.TraderRead, Handle: p.file},
			{Pattern: "POST /traders/{seller}", Verb: access.TraderEdit, Handle: p.save},
			{Pattern: "POST /traders/{seller}/check", Verb: access.TraderVerify, Handle: p.check},
			{Pattern: "POST /traders/{seller}/account", Verb: access.TraderUnmask, Handle: p.account},
			{Pattern: "POST /traders/{seller}/end", Verb: access.TraderVerify, Handle: p.end},
			{Pattern: "GET /traders/{seller}/documents/{document}", Verb: access.TraderRead, Handle: p.document},
			{Pattern: "GET /seller-information/{seller}", Verb: web.Public, Handle: p.told},
		},
	}
}

// Path is the address of a seller's file.
func Path(seller market.SellerID) string { return "/traders/" + url.PathEscape(string(seller)) }

type tag struct{ Tone, Icon, Text string }

// stepTag says in a word what a file waits for.
func stepTag(v *ui.Visit, t market.Trader) tag {
	switch {
	case t.Step == market.TraderEnded:
		return tag{"quiet", "history", v.T("traders.step.ended")}
	case t.Overdue(v.Now):
		return tag{"bad", "alert-triangle", v.T("traders.overdue." + string(t.Step))}
	case t.Step == market.TraderRenew:
		return tag{"good", "circle-check", v.T("traders.step.renew")}
	case t.Step == market.TraderVerify:
		return tag{"info", "clock", v.T("traders.step.verify")}
	}
	return tag{"warn", "clock", v.T("traders.step.collect")}
}

type listPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	market.Trader
	Path, Name, Number, Due string
	Tag                     tag
	Missing                 int
}

func filter(q ui.Query) market.TraderFilter {
	return market.TraderFilter{Text: q.Get("text"), Step: market.TraderStep(q.Get("step")), Overdue: q.Get("overdue") != "", High: q.Get("high") != "", After: q.After(), Limit: 50}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	if account, is := v.User.Org.Account(); is && v.User.Reach(access.TraderRead) == access.Own {
		http.Redirect(w, r, Path(market.SellerID(account)), http.StatusSeeOther)
		return nil
	}
	found, err := p.market.Traders(r.Context(), v.User, filter(q))
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("traders.title"), Lead: v.T("traders.lead"), Wide: true}}
	for _, t := range found.Items {
		one := row{Trader: t, Path: Path(t.Seller), Name: t.Facts[market.TraderName].Text, Number: t.Facts[market.TraderNumber].Text, Tag: stepTag(v, t), Missing: len(t.Missing())}
		if !t.DueAt.IsZero() {
			one.Due = v.Day(t.DueAt)
		}
		page.Rows = append(page.Rows, one)
	}
	steps := ui.Menu{Name: "step", Label: v.T("traders.step")}
	for _, s := range market.TraderSteps() {
		steps.Options = append(steps.Options, ui.Option{Value: string(s), Text: v.T("traders.step." + string(s)), Count: -1})
	}
	page.Filters = q.Filters(&ui.Find{Name: "text", Label: v.T("traders.find")}, steps,
		ui.Menu{Name: "overdue", Label: v.T("traders.clock"), Options: []ui.Option{{Value: "1", Text: v.T("traders.isoverdue"), Count: -1}}},
		ui.Menu{Name: "high", Label: v.T("traders.volume"), Options: []ui.Option{{Value: "1", Text: v.T("traders.high"), Count: -1}}})
	page.Filters.Export = "/exports/traders"
	if asked := r.URL.Query(); len(asked) > 0 {
		asked.Del("after")
		page.Filters.Export += "?" + asked.Encode()
	}
	if v.User.Can(access.TraderVerify) {
		page.Actions = []ui.Action{{Text: v.T("traders.sales"), Path: "/trader-sales", Icon: "file-import"}}
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("traders.seller")}, ui.Column{Label: v.T("traders.field.number")}, ui.Column{Label: v.T("traders.step")}, ui.Column{Label: v.T("traders.due")}, ui.Column{Label: v.T("traders.volume")})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "building-store", Title: v.T("traders.none"), Text: v.T("traders.none.text")}
	return views.Render(w, r, page)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, f := ui.Here(r), filter(ui.Ask(r))
	f.After, f.Limit = "", 0
	header := []string{"seller", "step", "due", "overdue", "high_volume", "discloses", "asked", "ended", "delete"}
	for _, field := range market.TraderFields() {
		header = append(header, string(field), string(field)+"_state")
	}
	write, end := listings.Exporter(w, "traders", "csv", header)
	for t, err := range p.market.ExportTraders(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		cells := []string{string(t.Seller), string(t.Step), moment(t.DueAt), strconv.FormatBool(t.Overdue(v.Now)), strconv.FormatBool(t.High), strconv.FormatBool(t.Discloses), moment(t.AskedAt), moment(t.EndedAt), moment(t.DeleteAt)}
		for _, field := range market.TraderFields() {
			cells = append(cells, t.Facts[field].Text, string(t.Facts[field].State))
		}
		if err := write(nil, cells); err != nil {
			return err
		}
	}
	return end()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

type filePage struct {
	ui.Page
	Trader    market.Trader
	Tag       tag
	Next      string // what is to be done now, in a sentence
	Form      *ui.Form
	Accept    string
	Version   string
	Facts     []fact
	Documents []document
	Account   *ui.Form // to see the payment account; nil for who may not
	End       *ui.Confirm
	Told      string // the address of what consumers read; empty while there is nothing
}

// fact is one fact with its state, and the form to check it for who may.
type fact struct {
	Field, Label, Text, Detail string
	Tag                        tag
	Check                      string // where to send the check; empty for who may not, or where nothing is to be checked
}

type document struct{ Name, Path string }

func (p *pages) filePage(v *ui.Visit, t market.Trader) filePage {
	name := t.Facts[market.TraderName].Text
	if name == "" {
		name = string(t.Seller)
	}
	own := v.User.Reach(access.TraderRead) == access.Own
	page := filePage{Page: ui.Page{Title: v.T("traders.file", "Name", name), Lead: v.T("traders.file.lead")}, Trader: t, Tag: stepTag(v, t), Version: strconv.FormatInt(t.Version, 10), Accept: "image/*,.pdf"}
	if !own {
		page.Crumbs = []ui.Crumb{{Text: v.T("traders.title"), Path: "/traders"}}
		page.Lead = v.T("traders.file.staff", "Seller", string(t.Seller))
	}
	switch {
	case t.Step == market.TraderEnded:
		page.Next = v.T("traders.next.ended", "Day", v.Day(t.DeleteAt))
	case t.Overdue(v.Now) && t.Step == market.TraderCollect:
		page.Next = v.T("traders.next.overdue", "Day", v.Day(t.DueAt))
	default:
		page.Next = v.T("traders.next."+string(t.Step), "Day", v.Day(t.DueAt))
	}
	for _, f := range market.TraderFields() {
		one, given := t.Facts[f]
		if !given && !f.Needed() {
			continue
		}
		shown := fact{Field: string(f), Label: v.T("traders.field." + string(f)), Text: one.Text, Detail: one.Why, Tag: tag{"warn", "circle-dashed", v.T("traders.state.missing")}}
		switch {
		case !given:
		case one.State == market.FactVerified:
			shown.Tag = tag{"good", "circle-check", v.T("traders.state.verified")}
		case one.State == market.FactRefused:
			shown.Tag = tag{"bad", "circle-x", v.T("traders.state.refused")}
		default:
			shown.Tag = tag{"quiet", "clock", v.T("traders.state.given")}
		}
		if !f.Checked() && given {
			shown.Text, shown.Tag = v.T("traders.yes"), tag{"good", "check", v.T("traders.state.said")}
		}
		if given && f.Checked() && t.EndedAt.IsZero() && v.User.Reach(access.TraderVerify) == access.All {
			shown.Check = Path(t.Seller) + "/check"
		}
		page.Facts = append(page.Facts, shown)
	}
	for i, d := range t.Documents {
		page.Documents = append(page.Documents, document{d.Name, Path(t.Seller) + "/documents/" + strconv.Itoa(i+1)})
	}
	if t.EndedAt.IsZero() && v.User.Can(access.TraderEdit) {
		page.Form = p.form(v, t)
	}
	if t.Facts[market.TraderPayment].Text != "" && v.User.Can(access.TraderUnmask) {
		page.Account = &ui.Form{Path: Path(t.Seller) + "/account", Submit: v.T("traders.unmask"), Fields: []ui.Field{{Name: "why", Label: v.T("traders.unmask.why"), Hint: v.T("traders.unmask.hint"), Required: true}}}
	}
	if t.Version > 0 && t.EndedAt.IsZero() && v.User.Can(access.TraderVerify) {
		page.End = &ui.Confirm{Label: v.T("traders.end"), Icon: "ban", Question: v.T("traders.end.question"), Yes: v.T("traders.end"), Path: Path(t.Seller) + "/end?version=" + page.Version, Danger: true}
	}
	if t.Facts[market.TraderName].Text != "" && t.EndedAt.IsZero() {
		page.Told = "/seller-information/" + url.PathEscape(string(t.Seller))
	}
	return page
}

var types = map[market.TraderField]string{market.TraderEmail: "email", market.TraderAddress: "textarea", market.TraderFactory: "textarea", market.TraderWarehouse: "textarea", market.TraderHome: "checkbox", market.TraderCertified: "checkbox"}

var completes = map[market.TraderField]string{market.TraderName: "organization", market.TraderPerson: "name", market.TraderCountry: "country", market.TraderAddress: "street-address", market.TraderPhone: "tel", market.TraderEmail: "email"}

func (p *pages) form(v *ui.Visit, t market.Trader) *ui.Form {
	form := &ui.Form{Path: Path(t.Seller), Submit: v.T("traders.save"), Draft: "trader-" + string(t.Seller), Upload: true, Fields: []ui.Field{{Name: "version", Type: "hidden", Value: strconv.FormatInt(t.Version, 10)}}}
	for _, f := range market.TraderFields() {
		field := ui.Field{Name: string(f), Label: v.T("traders.field." + string(f)), Type: types[f], Complete: completes[f], Value: t.Facts[f].Text, Hint: v.T("traders.hint." + string(f)), Required: f.Needed() && f != market.TraderCertified}
		if field.Type == "checkbox" {
			field.Checked, field.Value = t.Facts[f].Text == "yes", ""
		}
		if field.Type == "textarea" {
			field.Rows = 2
		}
		form.Fields = append(form.Fields, field)
	}
	form.Fields = append(form.Fields, ui.Field{Name: "documents", Label: v.T("traders.documents"), Type: "file", Several: true, Accept: "image/*,.pdf", Hint: v.T("traders.documents.hint")})
	return form
}

func (p *pages) one(r *http.Request) (market.Trader, error) {
	return p.market.Trader(r.Context(), ui.Here(r).User, market.SellerID(r.PathValue("seller")))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	t, err := p.one(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, p.filePage(ui.Here(r), t))
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	end, err := papers.Form(w, r, 40<<20)
	defer end()
	if err != nil {
		return err
	}
	t, err := p.one(r)
	if err != nil {
		return err
	}
	sent := r.PostForm
	version, _ := strconv.ParseInt(sent.Get("version"), 10, 64) // one that is no number is none that was read
	facts := map[market.TraderField]string{}
	for _, f := range market.TraderFields() {
		switch {
		case types[f] == "checkbox" && sent.Has(string(f)):
			facts[f] = "yes"
		case types[f] == "checkbox":
			facts[f] = ""
		case sent.Has(string(f)):
			facts[f] = sent.Get(string(f))
		}
	}
	kept, err := papers.Take(r, p.store, "documents")
	if err == nil {
		documents := make([]market.TraderDocument, len(kept))
		for i, k := range kept {
			documents[i] = market.TraderDocument{Hash: k.Hash, Name: k.Name}
		}
		if _, err = p.market.SaveTrader(r.Context(), v.User, t.Seller, version, facts, documents...); err == nil {
			return web.Done(w, r, Path(t.Seller), &ui.Toast{Text: v.T("traders.saved")})
		}
	}
	return p.again(w, r, t, err, func(page *filePage) *ui.Form { return page.Form })
}

// again shows the file with what is wrong with one of its forms.
func (p *pages) again(w http.ResponseWriter, r *http.Request, t market.Trader, err error, which func(*filePage) *ui.Form) error {
	v := ui.Here(r)
	page := p.filePage(v, t)
	problems, form := v.Problems(err), which(&page)
	if problems == nil || form == nil {
		return err
	}
	form.Fill(r.PostForm).Problems = problems
	page.Status = web.Status(err)
	return views.Render(w, r, page)
}

func (p *pages) check(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	sent := r.PostForm
	version, err := strconv.ParseInt(sent.Get("version"), 10, 64)
	if err != nil {
		return fault.Invalid.Say("This form is out of date. Load the page again.")
	}
	t, err := p.market.CheckFact(r.Context(), v.User, market.SellerID(r.PathValue("seller")), version, market.TraderField(sent.Get("field")), sent.Get("holds") == "yes", sent.Get("why"))
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(t.Seller), &ui.Toast{Text: v.T("traders.checked")})
}

type accountPage struct {
	ui.Page
	Account string
	Back    string
}

func (p *pages) account(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	t, err := p.one(r)
	if err != nil {
		return err
	}
	account, err := p.market.UnmaskPayment(r.Context(), v.User, t.Seller, r.PostForm.Get("why"))
	if err != nil {
		return p.again(w, r, t, err, func(page *filePage) *ui.Form { return page.Account })
	}
	w.Header().Set("Cache-Control", "no-store")
	return views.Render(w, r, accountPage{ui.Page{Title: v.T("traders.account"), Lead: v.T("traders.account.lead")}, account, Path(t.Seller)})
}

func (p *pages) end(w http.ResponseWriter, r *http.Request) error {
	version, err := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64)
	if err != nil {
		return fault.Invalid.Say("This form is out of date. Load the page again.")
	}
	t, err := p.market.EndTrader(r.Context(), ui.Here(r).User, market.SellerID(r.PathValue("seller")), version)
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(t.Seller), &ui.Toast{Text: ui.Here(r).T("traders.ended")})
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	t, err := p.one(r)
	if err != nil {
		return err
	}
	hashes := make([]blob.Hash, len(t.Documents))
	for i, one := range t.Documents {
		hashes[i] = one.Hash
	}
	return papers.GiveOutOne(w, r, p.store, hashes, r.PathValue("document"), "trader")
}

type salesPage struct {
	ui.Page
	Form ui.Form
}

func salesForm(v *ui.Visit) salesPage {
	return salesPage{ui.Page{Title: v.T("traders.sales"), Lead: v.T("traders.sales.lead"), Crumbs: []ui.Crumb{{Text: v.T("traders.title"), Path: "/traders"}}},
		ui.Form{Path: "/trader-sales", Submit: v.T("traders.sales.submit"), Cancel: "/traders", Fields: []ui.Field{{Name: "file", Label: v.T("traders.sales.file"), Type: "textarea", Rows: 10, Hint: v.T("traders.sales.hint"), Required: true}}}}
}

func (p *pages) sales(w http.ResponseWriter, r *http.Request) error {
	return views.Render(w, r, salesForm(ui.Here(r)))
}

func (p *pages) saveSales(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	months, err := market.ReadSales(strings.NewReader(r.PostForm.Get("file")))
	if err == nil {
		err = p.market.SaveSales(r.Context(), v.User, months)
	}
	if problems := v.Problems(err); problems != nil {
		page := salesForm(v)
		page.Form.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/traders", &ui.Toast{Text: v.N("traders.sales.done", len(months))})
}

type toldPage struct {
	ui.Page
	Facts []ui.Fact
}

func (p *pages) told(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	d, err := p.market.Disclose(r.Context(), market.SellerID(r.PathValue("seller")))
	if err != nil {
		return err
	}
	page := toldPage{Page: ui.Page{Title: d.Name, Lead: v.T("traders.told.lead")}}
	certified := v.T("traders.told.uncertified")
	if d.Certified {
		certified = v.T("traders.told.certified")
	}
	for _, one := range []ui.Fact{{Label: v.T("traders.field.name"), Value: d.Name}, {Label: v.T("traders.field.country"), Value: d.Country}, {Label: v.T("traders.field.address"), Value: d.Address}, {Label: v.T("traders.field.phone"), Value: d.Phone},
		{Label: v.T("traders.field.email"), Value: d.Email}, {Label: v.T("traders.field.register"), Value: d.Register}, {Label: v.T("traders.field.number"), Value: d.Number}, {Label: v.T("traders.told.law"), Value: certified}} {
		if one.Value != "" {
			page.Facts = append(page.Facts, one)
		}
	}
	return views.Render(w, r, page)
}
