// Package marketing is the part of a maker's file about how its brand is made known: the plan with its steps, the checks of product pages, and what each
// channel brought, planned beside actual.
package marketing

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"marketing.html": marketingPage{}, "product.html": productPage{}})

// asset is a file of the kit.
type asset struct {
	cultivate.Attachment
	Path string
	Drop *ui.Confirm
}

type pages struct {
	cultivate *cultivate.Service
	store     *blob.Store
}

// Job is the marketing of a maker.
func Job(room *cultivate.Service, store *blob.Store) web.Job {
	p := &pages{room, store}
	return web.Job{
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /makers/{maker}/marketing", Verb: access.MakerRead, Handle: p.marketing},
			{Pattern: "POST /makers/{maker}/marketing/plan", Verb: access.MakerEdit, Handle: p.plan},
			{Pattern: "POST /makers/{maker}/marketing/steps", Verb: access.MakerEdit, Handle: p.step},
			{Pattern: "POST /makers/{maker}/marketing/steps/{step}", Verb: access.MakerEdit, Handle: p.close},
			{Pattern: "POST /makers/{maker}/marketing/results", Verb: access.MakerEdit, Handle: p.result},
			{Pattern: "POST /makers/{maker}/marketing/file", Verb: access.MakerEdit, Handle: p.file},
			{Pattern: "POST /makers/{maker}/marketing/kit", Verb: access.MakerEdit, Handle: p.addToKit},
			{Pattern: "GET /makers/{maker}/marketing/kit/{file}", Verb: access.MakerRead, Handle: p.kitFile},
			{Pattern: "POST /makers/{maker}/marketing/kit/{file}/remove", Verb: access.MakerEdit, Handle: p.takeFromKit},
			{Pattern: "GET /makers/{maker}/marketing/export", Verb: access.MakerRead, Handle: p.export},
			{Pattern: "GET /makers/{maker}/marketing/products/{product}", Verb: access.MakerRead, Handle: p.product},
			{Pattern: "POST /makers/{maker}/marketing/products/{product}", Verb: access.MakerEdit, Handle: p.saveProduct},
		},
	}
}

func path(m cultivate.MakerID, part string) string {
	if part == "" {
		return makers.Path(m, "marketing")
	}
	return makers.Path(m, "marketing/"+part)
}

func number(version int64) ui.Field {
	return ui.Field{Name: "version", Type: "hidden", Value: strconv.FormatInt(version, 10)}
}

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}

type marketingPage struct {
	ui.Page
	Tabs     []ui.Tab
	Plan     cultivate.Plan
	Facts    []ui.Fact
	Steps    []step
	Products []product
	Channels []channel
	Kit      []ui.Fact // where the brand's own material lies
	Files    []asset   // of the kit
	Said     []string  // what a file brought
	Forms    map[string]*ui.Form
	New      string // address of a new product page; empty for who may not
	Export   string
}

type step struct {
	cultivate.PlanStep
	Where, Cost string
	Late        bool
	Path        string // empty for who may not
}

type product struct {
	cultivate.ProductPage
	Path string
	Tag  makers.Badge
}

// channel is what one channel brought, all its standing periods together.
type channel struct {
	Name, Period, Share, Cost string
	Visits, Searches, Orders  int64
}

func (p *pages) marketing(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, nil, "", nil)
}

// show draws the page; problem is what was wrong with the form of the name, said what a file brought.
func (p *pages) show(w http.ResponseWriter, r *http.Request, problem error, form string, told []string) error {
	v := ui.Here(r)
	m, err := p.cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	plan, products, results, err := p.cultivate.Marketing(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := marketingPage{Page: makers.Page(v, m, v.T("marketing.title")), Tabs: makers.Tabs(v, m, "marketing"), Plan: plan, Said: told, Forms: map[string]*ui.Form{}}
	page.Wide = true
	edits := v.User.May(access.MakerEdit, m.Organisation) == nil && m.Stage.Member()
	if plan.Version > 0 {
		page.Facts = []ui.Fact{{Label: v.T("marketing.goal"), Value: plan.Goal}, {Label: v.T("marketing.period"), Value: plan.Begins + " – " + plan.Ends}, {Label: v.T("marketing.budget"), Value: v.Money(plan.Budget.Minor, plan.Budget.Currency)},
			{Label: v.T("marketing.planned"), Value: v.Money(plan.Planned(), plan.Budget.Currency)}}
	}
	today := v.Now.In(v.Zone).Format(time.DateOnly)
	for _, s := range plan.Steps {
		one := step{PlanStep: s, Where: s.Channel.Words().In(v.Language), Cost: v.Money(s.Budget, plan.Budget.Currency), Late: s.State == cultivate.TaskOpen && s.Day < today}
		if edits {
			one.Path = path(m.ID, "steps/"+url.PathEscape(string(s.ID)))
		}
		page.Steps = append(page.Steps, one)
	}
	for _, one := range products {
		tag := makers.Badge{Tone: "warn", Icon: "circle-dashed", Text: v.T("marketing.checked", "Done", len(one.Checks), "All", len(cultivate.PageChecks()))}
		if one.Whole() {
			tag = makers.Badge{Tone: "good", Icon: "circle-check", Text: v.T("marketing.passes")}
		}
		page.Products = append(page.Products, product{one, path(m.ID, "products/"+url.PathEscape(string(one.ID))), tag})
	}
	page.Channels = channels(v, results)
	if len(results) > 0 {
		page.Export = path(m.ID, "export")
	}
	page.Kit = []ui.Fact{{Label: v.T("marketing.kit.brand"), Value: v.T("marketing.kit.brand.text"), Path: makers.Path(m.ID, "brand")}, {Label: v.T("marketing.kit.documents"), Value: v.T("marketing.kit.documents.text"), Path: makers.Path(m.ID, "documents")}}
	kit, err := p.cultivate.Kit(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	for _, one := range kit {
		drawn := asset{Attachment: one, Path: path(m.ID, "kit/"+url.PathEscape(string(one.ID)))}
		if edits {
			drawn.Drop = &ui.Confirm{Label: v.T("marketing.kit.remove"), Question: v.T("marketing.kit.question", "Name", one.Name), Yes: v.T("marketing.kit.remove"), Path: drawn.Path + "/remove"}
		}
		page.Files = append(page.Files, drawn)
	}
	if edits {
		page.New = path(m.ID, "products/new")
		page.Forms = forms(v, m, plan)
	}
	if problem != nil {
		drawn := page.Forms[form]
		if drawn == nil {
			return problem
		}
		page.Status = web.Status(problem)
		drawn.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

// forms are what who may edit can send.
func forms(v *ui.Visit, m cultivate.Maker, plan cultivate.Plan) map[string]*ui.Form {
	money := ""
	if plan.Version > 0 {
		money = plan.Budget.Plain()
	}
	currency := plan.Budget.Currency
	if currency == "" {
		currency = "CNY"
	}
	where := ui.Field{Name: "channel", Label: v.T("marketing.channel"), Type: "select", Required: true}
	for _, c := range cultivate.Channels() {
		where.Options = append(where.Options, ui.Option{Value: c.Value, Text: c.Words.In(v.Language)})
	}
	all := map[string]*ui.Form{
		"kit": {Path: path(m.ID, "kit"), Submit: v.T("marketing.kit.add"), Upload: true, Fields: []ui.Field{{Name: "files", Label: v.T("marketing.kit.files"), Hint: v.T("marketing.kit.hint"), Type: "file", Accept: papers.Accept, Several: true, Required: true}}},
		"plan": {Path: path(m.ID, "plan"), Submit: v.T("marketing.plan.save"), Draft: "plan", Fields: []ui.Field{{Name: "goal", Label: v.T("marketing.goal"), Hint: v.T("marketing.goal.hint"), Type: "textarea", Rows: 2, Required: true, Value: plan.Goal, Max: "2000"},
			{Name: "begins", Label: v.T("marketing.begins"), Type: "date", Required: true, Value: plan.Begins}, {Name: "ends", Label: v.T("marketing.ends"), Type: "date", Required: true, Value: plan.Ends},
			{Name: "budget", Label: v.T("marketing.budget"), Required: true, Value: money}, {Name: "currency", Label: v.T("marketing.currency"), Required: true, Value: currency, Max: "3"}, number(plan.Version)}},
		"result": {Path: path(m.ID, "results"), Submit: v.T("marketing.result.save"), Fields: []ui.Field{where, {Name: "begins", Label: v.T("marketing.begins"), Type: "date", Required: true}, {Name: "ends", Label: v.T("marketing.ends"), Type: "date", Required: true},
			{Name: "visits", Label: v.T("marketing.visits"), Type: "number", Min: "0", Required: true}, {Name: "searches", Label: v.T("marketing.searches"), Type: "number", Min: "0", Required: true}, {Name: "orders", Label: v.T("marketing.orders"), Type: "number", Min: "0", Required: true},
			{Name: "spent", Label: v.T("marketing.spent"), Value: "0"}, {Name: "currency", Label: v.T("marketing.currency"), Value: currency, Max: "3"}}},
		"file": {Path: path(m.ID, "file"), Submit: v.T("marketing.file.send"), Upload: true, Fields: []ui.Field{{Name: "file", Label: v.T("marketing.file"), Hint: v.T("marketing.file.hint", "Columns", strings.Join(cultivate.ChannelColumns, ", ")), Type: "file", Accept: ".csv", Required: true}}},
	}
	if plan.Version > 0 {
		all["step"] = &ui.Form{Path: path(m.ID, "steps"), Submit: v.T("marketing.step.add"), Fields: []ui.Field{{Name: "title", Label: v.T("marketing.step"), Required: true, Max: "200"}, where, {Name: "day", Label: v.T("marketing.day"), Type: "date", Required: true},
			{Name: "cost", Label: v.T("marketing.cost"), Value: "0"}, {Name: "request", Type: "hidden", Value: db.NewID()}}}
	}
	return all
}

// channels puts the standing results of each channel together; conversion is orders of visits, with both beside it.
func channels(v *ui.Visit, results []cultivate.ChannelResult) (all []channel) {
	for _, c := range cultivate.Channels() {
		one := channel{Name: c.Words.In(v.Language)}
		costs := map[string]int64{}
		first, last, n := "", "", 0
		for _, r := range results {
			if string(r.Channel) != c.Value || !r.Stands() {
				continue
			}
			n++
			one.Visits, one.Searches, one.Orders = one.Visits+r.Visits, one.Searches+r.Searches, one.Orders+r.Orders
			if r.Spent.Minor > 0 {
				costs[r.Spent.Currency] += r.Spent.Minor
			}
			if first == "" || r.Begins < first {
				first = r.Begins
			}
			last = max(last, r.Ends)
		}
		if n == 0 {
			continue
		}
		one.Period, one.Share, one.Cost = first+" – "+last, "–", "–"
		if one.Visits > 0 {
			one.Share = v.Decimal(100*float64(one.Orders)/float64(one.Visits), 1) + " %"
		}
		var texts []string
		for _, code := range sorted(costs) {
			texts = append(texts, v.Money(costs[code], code))
		}
		if len(texts) > 0 {
			one.Cost = strings.Join(texts, ", ")
		}
		all = append(all, one)
	}
	return all
}

func sorted(costs map[string]int64) (codes []string) {
	for code := range costs {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// ended ends an act: with the page, or with what was wrong.
func (p *pages) ended(w http.ResponseWriter, r *http.Request, err error, form, word string) error {
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict || k == fault.TooLarge {
		return p.show(w, r, err, form, nil)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path(makers.ID(r), ""), &ui.Toast{Text: word})
}

func (p *pages) plan(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	budget, err := cultivate.ReadAmount(r.PostFormValue("budget"), r.PostFormValue("currency"), "budget")
	if err == nil {
		_, err = p.cultivate.WritePlan(r.Context(), v.User, cultivate.Plan{Maker: makers.ID(r), Goal: r.PostFormValue("goal"), Begins: r.PostFormValue("begins"), Ends: r.PostFormValue("ends"),
			Budget: budget, Version: version(r)})
	}
	return p.ended(w, r, err, "plan", v.T("marketing.plan.saved"))
}

func (p *pages) step(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	plan, _, _, err := p.cultivate.Marketing(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	if plan.Version == 0 {
		return p.ended(w, r, fault.Conflict.Say("Write the plan first."), "plan", "")
	}
	cost, err := cultivate.ReadAmount(r.PostFormValue("cost"), plan.Budget.Currency, "cost")
	if err == nil {
		_, err = p.cultivate.AddStep(r.Context(), v.User, cultivate.PlanStep{Maker: makers.ID(r), Channel: cultivate.Channel(r.PostFormValue("channel")), Title: r.PostFormValue("title"), Day: r.PostFormValue("day"), Budget: cost.Minor}, r.PostFormValue("request"))
	}
	return p.ended(w, r, err, "step", v.T("marketing.step.added"))
}

func (p *pages) close(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	one, err := p.cultivate.CloseStep(r.Context(), v.User, makers.ID(r), cultivate.PlanStepID(r.PathValue("step")), version(r), cultivate.TaskState(r.PostFormValue("to")))
	if err != nil {
		return err
	}
	toast := &ui.Toast{Text: v.T("marketing.step." + string(one.State))}
	if one.State != cultivate.TaskOpen {
		toast.Undo = &ui.Undo{Path: path(one.Maker, "steps/"+url.PathEscape(string(one.ID))), Key: "u", Hidden: []ui.Hidden{{Name: "to", Value: "open"}, {Name: "version", Value: strconv.FormatInt(one.Version, 10)}}}
	}
	return web.Done(w, r, path(one.Maker, ""), toast)
}

func (p *pages) result(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	one := cultivate.ChannelResult{Maker: makers.ID(r), Channel: cultivate.Channel(r.PostFormValue("channel")), Begins: r.PostFormValue("begins"), Ends: r.PostFormValue("ends")}
	var err error
	if text := strings.TrimSpace(r.PostFormValue("spent")); text != "" && text != "0" {
		one.Spent, err = cultivate.ReadAmount(text, r.PostFormValue("currency"), "spent")
	}
	count := func(name string) int64 {
		n, wrong := strconv.ParseInt(r.PostFormValue(name), 10, 64)
		if wrong != nil && err == nil {
			err = fault.Invalid.Say("Give a number.").At(name)
		}
		return n
	}
	one.Visits, one.Searches, one.Orders = count("visits"), count("searches"), count("orders")
	if err == nil {
		_, err = p.cultivate.EnterChannel(r.Context(), v.User, one)
	}
	return p.ended(w, r, err, "result", v.T("marketing.result.saved"))
}

func (p *pages) addToKit(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	files, err := makers.Upload(w, r, p.cultivate, p.store, "files")
	if err == nil {
		_, err = p.cultivate.AddToKit(r.Context(), v.User, makers.ID(r), files)
	}
	return p.ended(w, r, err, "kit", v.T("marketing.kit.added"))
}

// inKit is the file of the address.
func (p *pages) inKit(r *http.Request) (one cultivate.Attachment, err error) {
	all, err := p.cultivate.Kit(r.Context(), ui.Here(r).User, makers.ID(r))
	for _, one := range all {
		if string(one.ID) == r.PathValue("file") {
			return one, nil
		}
	}
	if err == nil {
		err = fault.NotFound.Say("There is no such file.")
	}
	return one, err
}

func (p *pages) kitFile(w http.ResponseWriter, r *http.Request) error {
	one, err := p.inKit(r)
	if err != nil {
		return err
	}
	return papers.GiveOut(w, r, p.store, one.Hash, "kit-"+one.Hash.String()[:12])
}

func (p *pages) takeFromKit(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if _, err := p.cultivate.TakeFromKit(r.Context(), v.User, makers.ID(r), cultivate.AttachmentID(r.PathValue("file"))); err != nil {
		return err
	}
	return web.Done(w, r, path(makers.ID(r), ""), &ui.Toast{Text: v.T("marketing.kit.removed")})
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	web.Upload(w, r, cultivate.MaxChannelFile+(1<<16))
	file, _, err := r.FormFile("file")
	if err != nil {
		return p.ended(w, r, fault.Invalid.Say("Choose a file.").At("file").Because(err), "file", "")
	}
	defer file.Close()
	taken, bad, err := p.cultivate.ReadChannels(r.Context(), v.User, makers.ID(r), file)
	if err != nil {
		return p.ended(w, r, err, "file", "")
	}
	told := []string{v.N("marketing.taken", taken)}
	for _, b := range bad {
		var said []string
		for _, problem := range v.Problems(b.Err) {
			said = append(said, problem.Field+": "+problem.Text)
		}
		told = append(told, v.T("marketing.line", "Line", b.Line)+" "+strings.Join(said, " "))
	}
	return p.show(w, r, nil, "", told)
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	_, _, results, err := p.cultivate.Marketing(r.Context(), ui.Here(r).User, makers.ID(r))
	if err != nil {
		return err
	}
	write, end := listings.Exporter(w, "channels", "csv", append(slices.Clone(cultivate.ChannelColumns), "by", "at", "stands"))
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, c := range results {
		if err := write(nil, []string{string(c.Channel), c.Begins, c.Ends, whole(c.Visits), whole(c.Searches), whole(c.Orders), c.Spent.Plain(), c.Spent.Currency, c.ByName, c.At.UTC().Format(time.RFC3339),
			strconv.FormatBool(c.Stands())}); err != nil {
			return err
		}
	}
	return end()
}

type productPage struct {
	ui.Page
	Form ui.Form
}

func (p *pages) product(w http.ResponseWriter, r *http.Request) error {
	return p.showProduct(w, r, nil)
}

func (p *pages) showProduct(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, err := p.cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	_, products, _, err := p.cultivate.Marketing(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	one := cultivate.ProductPage{}
	if id := r.PathValue("product"); id != "new" {
		at := slices.IndexFunc(products, func(o cultivate.ProductPage) bool { return string(o.ID) == id })
		if at < 0 {
			return fault.NotFound.Say("There is no such page.")
		}
		one = products[at]
	}
	page := productPage{Page: makers.Page(v, m, v.T("marketing.product"))}
	page.Crumbs = append(page.Crumbs, ui.Crumb{Text: v.T("marketing.title"), Path: path(m.ID, "")})
	page.Lead = v.T("marketing.product.lead")
	page.Form = ui.Form{Path: r.URL.Path, Submit: v.T("marketing.product.save"), Cancel: path(m.ID, ""), Fields: []ui.Field{{Name: "title", Label: v.T("marketing.product.title"), Required: true, Value: one.Title, Max: "200"}, {Name: "address", Label: v.T("marketing.product.address"), Type: "url", Value: one.Address}}}
	for _, c := range cultivate.PageChecks() {
		page.Form.Fields = append(page.Form.Fields, ui.Field{Name: "check." + c.Value, Label: c.Words.In(v.Language), Type: "checkbox", Checked: slices.Contains(one.Checks, c.Value)})
	}
	page.Form.Fields = append(page.Form.Fields, number(one.Version), ui.Field{Name: "request", Type: "hidden", Value: db.NewID()})
	if problem != nil {
		page.Status = web.Status(problem)
		page.Form.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func (p *pages) saveProduct(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	one := cultivate.ProductPage{Maker: makers.ID(r), Title: r.PostFormValue("title"), Address: r.PostFormValue("address")}
	if id := r.PathValue("product"); id != "new" {
		one.ID, one.Version = cultivate.ProductPageID(id), version(r)
	}
	for _, c := range cultivate.PageChecks() {
		if r.PostFormValue("check."+c.Value) != "" {
			one.Checks = append(one.Checks, c.Value)
		}
	}
	_, err := p.cultivate.SaveProductPage(r.Context(), v.User, one, r.PostFormValue("request"))
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showProduct(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path(one.Maker, ""), &ui.Toast{Text: v.T("marketing.product.saved")})
}
