// Package branding leads a maker from a name to a brand: proposals with what is known against each, the choice, the filing at an office, the brand file, and the
// page that buyers see. The firm and the programme work on the same page, each on its part of it.
package branding

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"brand.html": brandPage{}, "name.html": namePage{}, "show.html": showPage{}, "registers.html": registersPage{}})

type pages struct {
	cultivate *cultivate.Service
	store     *blob.Store
}

// Job is the part of a maker's file about its brand, and the brand's page for anybody.
func Job(room *cultivate.Service, store *blob.Store) web.Job {
	p := &pages{room, store}
	return web.Job{
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /makers/{maker}/brand", Verb: access.MakerRead, Handle: p.brand},
			{Pattern: "POST /makers/{maker}/brand/names", Verb: access.MakerEdit, Handle: p.propose},
			{Pattern: "GET /makers/{maker}/brand/names/{name}", Verb: access.MakerRead, Handle: p.name},
			{Pattern: "GET /makers/{maker}/brand/names/{name}/logo", Verb: access.MakerRead, Handle: p.logo},
			{Pattern: "POST /makers/{maker}/brand/names/{name}/choose", Verb: access.MakerEdit, Handle: p.choose},
			{Pattern: "POST /makers/{maker}/brand/names/{name}/again", Verb: access.MakerEdit, Handle: p.searchAgain},
			{Pattern: "POST /makers/{maker}/brand/names/{name}/withdraw", Verb: access.MakerEdit, Handle: p.withdraw},
			{Pattern: "POST /makers/{maker}/brand/filings", Verb: access.MakerMove, Handle: p.prepare},
			{Pattern: "POST /makers/{maker}/brand/filings/{filing}", Verb: access.MakerMove, Handle: p.file},
			{Pattern: "GET /makers/{maker}/brand/filings/{filing}/document", Verb: access.MakerRead, Handle: p.receipt},
			{Pattern: "POST /makers/{maker}/brand/file/{item}", Verb: access.MakerEdit, Handle: p.give},
			{Pattern: "GET /makers/{maker}/brand/file/{item}/document", Verb: access.MakerRead, Handle: p.document},
			{Pattern: "POST /makers/{maker}/brand/file/{item}/judgement", Verb: access.MakerMove, Handle: p.judge},
			{Pattern: "POST /makers/{maker}/brand/page", Verb: access.MakerEdit, Handle: p.turn},
			{Pattern: "GET " + Registers, Verb: access.ProgrammeRead, Handle: p.registers},
			{Pattern: "POST " + Registers, Verb: access.ProgrammeEdit, Handle: p.importRegister},
			{Pattern: "POST " + Registers + "/{register}/remove", Verb: access.ProgrammeEdit, Handle: p.removeRegister},
			{Pattern: "GET /b/{slug}", Verb: web.Public, Handle: p.show},
			{Pattern: "GET /b/{slug}/logo", Verb: web.Public, Handle: p.shownLogo},
		},
	}
}

type brandPage struct {
	ui.Page
	Tabs    []ui.Tab
	Names   []name
	Propose *ui.Form // nil for who may not
	Filings []filing
	Prepare *ui.Form
	Lines   []line
	Done    ui.Progress
	State   makers.Badge // of the page for buyers
	Public  string       // its address; empty while it is not published
	Consent string       // who agreed and when; empty while nobody has
	Turns   []ui.Form
}

// name is a proposed name as the pages draw it.
type name struct {
	cultivate.Proposal
	Path string
	Tag  makers.Badge
	Risk makers.Badge
	Nice string // its classes
}

type filing struct {
	cultivate.Filing
	Office   string
	Tag      makers.Badge
	Nice     string
	Past     []ui.Event
	Document string
	Move     *ui.Form
}

// line is a line of the brand file.
type line struct {
	cultivate.BrandEntry
	Title    string
	Tag      makers.Badge
	Document string
	Give     *ui.Form
	Judge    *ui.Form
}

func nameTag(v *ui.Visit, s cultivate.ProposalState) makers.Badge {
	tone := map[cultivate.ProposalState][2]string{cultivate.NameProposed: {"info", "circle-dot"}, cultivate.NameChosen: {"good", "circle-check"}, cultivate.NameWithdrawn: {"quiet", "circle-x"}}[s]
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("branding.name." + string(s))}
}

func riskTag(v *ui.Visit, risk string) makers.Badge {
	tone := map[string][2]string{"low": {"good", "shield-check"}, "medium": {"warn", "alert-triangle"}, "high": {"bad", "alert-octagon"}}[risk]
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("branding.risk." + risk)}
}

func niceOf(v *ui.Visit, classes []int) string {
	texts := make([]string, len(classes))
	for i, c := range classes {
		texts[i] = strconv.Itoa(c)
	}
	return v.T("branding.classes.are", "Classes", strings.Join(texts, ", "))
}

func path(m cultivate.MakerID, part string) string {
	if part == "" {
		return makers.Path(m, "brand")
	}
	return makers.Path(m, "brand/"+part)
}

func drawName(v *ui.Visit, p cultivate.Proposal) name {
	return name{p, path(p.Maker, "names/"+url.PathEscape(string(p.ID))), nameTag(v, p.State), riskTag(v, p.Report.Risk), niceOf(v, p.Classes)}
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

func (p *pages) brand(w http.ResponseWriter, r *http.Request) error {
	return p.showBrand(w, r, nil, "")
}

// showBrand draws the part about the brand; problem is what was wrong with the form at the path.
func (p *pages) showBrand(w http.ResponseWriter, r *http.Request, problem error, at string) error {
	v := ui.Here(r)
	m, err := p.cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	page := brandPage{Page: makers.Page(v, m, v.T("branding.title")), Tabs: makers.Tabs(v, m, "brand")}
	page.Wide = true
	edits, moves := v.User.May(access.MakerEdit, m.Organisation) == nil, v.User.May(access.MakerMove, m.Organisation) == nil
	var drawn []*ui.Form
	if err := p.names(r, v, m, &page); err != nil {
		return err
	}
	if edits && m.Stage.Member() {
		page.Propose = &ui.Form{Path: path(m.ID, "names"), Submit: v.T("branding.propose"), Upload: true, Fields: []ui.Field{{Name: "name", Label: v.T("branding.name"), Hint: v.T("branding.name.hint"), Required: true, Max: "200"},
			{Name: "also", Label: v.T("branding.also"), Hint: v.T("branding.also.hint"), Max: "400"}, {Name: "meaning", Label: v.T("branding.meaning"), Type: "textarea", Rows: 2, Max: "2000"},
			{Name: "classes", Label: v.T("branding.classes"), Hint: v.T("branding.classes.hint"), Required: true, Value: usualClasses(page.Names)}, {Name: "logo", Label: v.T("branding.logo"), Hint: v.T("branding.logo.hint"), Type: "file", Accept: "image/*"},
			{Name: "request", Type: "hidden", Value: db.NewID()}}}
		drawn = append(drawn, page.Propose)
	}
	if err := p.filings(r, v, m, moves, &page); err != nil {
		return err
	}
	for i := range page.Filings {
		drawn = append(drawn, page.Filings[i].Move)
	}
	if err := p.lines(r, v, m, edits, moves, &page); err != nil {
		return err
	}
	for i := range page.Lines {
		drawn = append(drawn, page.Lines[i].Give, page.Lines[i].Judge)
	}
	if err := p.turns(r, v, m, edits, moves, &page); err != nil {
		return err
	}
	for i := range page.Turns {
		drawn = append(drawn, &page.Turns[i])
	}
	if problem != nil {
		i := slices.IndexFunc(drawn, func(f *ui.Form) bool { return f != nil && f.Path == at })
		if i < 0 {
			return problem
		}
		page.Status = web.Status(problem)
		drawn[i].Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

// usualClasses is the classes of the maker's last name.
func usualClasses(names []name) string {
	if len(names) == 0 {
		return ""
	}
	texts := make([]string, len(names[0].Classes))
	for i, c := range names[0].Classes {
		texts[i] = strconv.Itoa(c)
	}
	return strings.Join(texts, ", ")
}

func (p *pages) names(r *http.Request, v *ui.Visit, m cultivate.Maker, page *brandPage) error {
	all, err := p.cultivate.Proposals(r.Context(), v.User, m.ID)
	for _, one := range all {
		page.Names = append(page.Names, drawName(v, one))
	}
	slices.SortStableFunc(page.Names, func(a, b name) int {
		order := map[cultivate.ProposalState]int{cultivate.NameChosen: 0, cultivate.NameProposed: 1, cultivate.NameWithdrawn: 2}
		return order[a.State] - order[b.State]
	})
	return err
}

func (p *pages) filings(r *http.Request, v *ui.Visit, m cultivate.Maker, moves bool, page *brandPage) error {
	all, err := p.cultivate.Filings(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	for _, f := range all {
		one := filing{Filing: f, Nice: niceOf(v, f.Classes), Tag: filingTag(v, f.State), Office: f.Office}
		if at := slices.IndexFunc(cultivate.Offices(), func(o cultivate.FieldChoice) bool { return o.Value == f.Office }); at >= 0 {
			one.Office = cultivate.Offices()[at].Words.In(v.Language)
		}
		here := path(m.ID, "filings/"+url.PathEscape(string(f.ID)))
		if f.Document != (blob.Hash{}) {
			one.Document = here + "/document"
		}
		for _, s := range slices.Backward(f.Steps) {
			tag := filingTag(v, s.State)
			one.Past = append(one.Past, ui.Event{At: s.At, Who: s.ByName, What: tag.Text + " · " + s.Day, Detail: s.Said, Icon: tag.Icon, Tone: tag.Tone})
		}
		if moves && len(f.State.Next()) > 0 {
			to := ui.Field{Name: "to", Label: v.T("branding.filing.to"), Type: "select", Required: true}
			for _, next := range f.State.Next() {
				to.Options = append(to.Options, ui.Option{Value: string(next), Text: filingTag(v, next).Text})
			}
			one.Move = &ui.Form{Path: here, Submit: v.T("branding.filing.save"), Upload: true, Fields: []ui.Field{to}}
			if f.State == cultivate.FilingPrepared {
				one.Move.Fields = append(one.Move.Fields, ui.Field{Name: "number", Label: v.T("branding.filing.number"), Max: "60"})
			}
			one.Move.Fields = append(one.Move.Fields, ui.Field{Name: "day", Label: v.T("branding.filing.day"), Type: "date", Required: true}, ui.Field{Name: "said", Label: v.T("branding.filing.said"), Max: "2000"},
				ui.Field{Name: "document", Label: v.T("branding.filing.document"), Type: "file", Accept: papers.Accept}, number(f.Version))
		}
		page.Filings = append(page.Filings, one)
	}
	if moves && slices.ContainsFunc(page.Names, func(n name) bool { return n.State == cultivate.NameChosen }) {
		office := ui.Field{Name: "office", Label: v.T("branding.filing.office"), Type: "select", Required: true}
		for _, o := range cultivate.Offices() {
			office.Options = append(office.Options, ui.Option{Value: o.Value, Text: o.Words.In(v.Language)})
		}
		page.Prepare = &ui.Form{Path: path(m.ID, "filings"), Submit: v.T("branding.filing.prepare"), Fields: []ui.Field{office, {Name: "request", Type: "hidden", Value: db.NewID()}}}
	}
	return nil
}

func filingTag(v *ui.Visit, s cultivate.FilingState) makers.Badge {
	tone := map[cultivate.FilingState][2]string{cultivate.FilingPrepared: {"quiet", "pencil"}, cultivate.FilingFiled: {"info", "file-text"}, cultivate.FilingExamined: {"info", "eye"}, cultivate.FilingPublished: {"info", "world"},
		cultivate.FilingOpposed: {"warn", "alert-triangle"}, cultivate.FilingRegistered: {"good", "shield-check"}, cultivate.FilingRejected: {"bad", "circle-x"}, cultivate.FilingWithdrawn: {"quiet", "circle-x"}}[s]
	return makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("branding.filing." + string(s))}
}

func (p *pages) lines(r *http.Request, v *ui.Visit, m cultivate.Maker, edits, moves bool, page *brandPage) error {
	all, err := p.cultivate.BrandFile(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page.Done.Label = v.T("branding.file.done")
	for _, e := range all {
		if e.Item.Required {
			page.Done.Max++
			if e.State == cultivate.EntryAccepted {
				page.Done.Done++
			}
		}
		tone := map[cultivate.EntryState][2]string{cultivate.EntryMissing: {"quiet", "circle-dashed"}, cultivate.EntryGiven: {"info", "hourglass"}, cultivate.EntryAccepted: {"good", "circle-check"}, cultivate.EntrySentBack: {"warn", "arrow-back-up"}}[e.State]
		one := line{BrandEntry: e, Title: e.Item.Names.In(v.Language), Tag: makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("branding.file." + string(e.State))}}
		here := path(m.ID, "file/"+url.PathEscape(e.Item.ID))
		if e.Document != (blob.Hash{}) {
			one.Document = here + "/document"
		}
		if edits && m.Stage.Member() {
			one.Give = &ui.Form{Path: here, Submit: v.T("branding.file.give"), Upload: true, Fields: []ui.Field{{Name: "words", Label: v.T("branding.file.words"), Type: "textarea", Rows: 3, Max: "5000", Value: e.Words},
				{Name: "document", Label: v.T("branding.file.document"), Type: "file", Accept: papers.Accept}, number(e.Version)}}
		}
		if moves && e.State == cultivate.EntryGiven {
			one.Judge = &ui.Form{Path: here + "/judgement", Fields: []ui.Field{{Name: "why", Label: v.T("branding.file.why"), Max: "2000"}, number(e.Version)}}
		}
		page.Lines = append(page.Lines, one)
	}
	return nil
}

func (p *pages) turns(r *http.Request, v *ui.Visit, m cultivate.Maker, edits, moves bool, page *brandPage) error {
	one, err := p.cultivate.BrandPage(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	tone := map[cultivate.PageState][2]string{cultivate.PageDraft: {"quiet", "circle-dashed"}, cultivate.PagePublished: {"good", "world"}, cultivate.PageWithdrawn: {"quiet", "circle-x"}}[one.State]
	page.State = makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("branding.page." + string(one.State))}
	if one.State == cultivate.PagePublished {
		page.Public = "/b/" + one.Slug
	}
	turn := func(move cultivate.PageMove, fields ...ui.Field) {
		fields = append(fields, ui.Field{Name: "move", Type: "hidden", Value: string(move)}, number(one.Version))
		page.Turns = append(page.Turns, ui.Form{Path: path(m.ID, "page"), Submit: v.T("branding.page." + string(move)), Fields: fields})
	}
	if !one.ConsentAt.IsZero() {
		page.Consent = v.T("branding.page.consent", "Name", one.ConsentBy, "Date", v.Day(one.ConsentAt))
	}
	if edits && v.User.Org == m.Organisation {
		if one.ConsentAt.IsZero() {
			turn(cultivate.PageAgree)
		} else {
			turn(cultivate.PageDisagree)
		}
	}
	if moves && !one.ConsentAt.IsZero() {
		slug := one.Slug
		if slug == string(m.ID) {
			slug = ""
		}
		if one.State == cultivate.PagePublished {
			turn(cultivate.PageWithdraw)
		} else {
			turn(cultivate.PagePublish, ui.Field{Name: "slug", Label: v.T("branding.page.slug"), Hint: v.T("branding.page.slug.hint"), Required: true, Value: slug, Max: "60"})
		}
	}
	return nil
}

// ended ends an act: with the page, or with what was wrong.
func (p *pages) ended(w http.ResponseWriter, r *http.Request, err error, word string) error {
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict || k == fault.TooLarge {
		return p.showBrand(w, r, err, r.URL.Path)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path(makers.ID(r), ""), &ui.Toast{Text: word})
}

// one is the file of a form that takes at most one.
func (p *pages) one(w http.ResponseWriter, r *http.Request, field string) (cultivate.SentFile, error) {
	sent, err := makers.Upload(w, r, p.cultivate, p.store, field)
	if err != nil || len(sent) == 0 {
		return cultivate.SentFile{}, err
	}
	return sent[0], nil
}

func (p *pages) propose(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	logo, err := p.one(w, r, "logo")
	if err == nil && logo.Hash != (blob.Hash{}) {
		var picture bool
		if picture, err = papers.IsPicture(r.Context(), p.store, logo.Hash); err == nil && !picture {
			err = fault.Invalid.Say("Choose a picture.").At("logo")
		}
	}
	one := cultivate.Proposal{Name: r.PostFormValue("name"), Meaning: r.PostFormValue("meaning"), Logo: logo.Hash}
	for also := range strings.FieldsFuncSeq(r.PostFormValue("also"), func(c rune) bool { return strings.ContainsRune(",;，；、\n", c) }) {
		if also = strings.TrimSpace(also); also != "" {
			one.Also = append(one.Also, also)
		}
	}
	if err == nil {
		one.Classes, err = cultivate.ReadClasses(r.PostFormValue("classes"))
	}
	if err == nil {
		one, err = p.cultivate.Propose(r.Context(), v.User, makers.ID(r), one, r.PostFormValue("request"))
	}
	if err != nil {
		return p.ended(w, r, err, "")
	}
	return web.Done(w, r, drawName(v, one).Path, &ui.Toast{Text: v.T("branding.proposed")})
}

type namePage struct {
	ui.Page
	Name      name
	Facts     []ui.Fact
	Logo      []ui.Picture
	Searched  string
	Among     string // the registers that were searched
	LogoSaid  string
	Known     *ui.Action // where registers are, for who runs the programme
	Again     *ui.Form
	Rows      []conflict
	Registers []ui.Action
	Choose    *ui.Form
	Withdraw  *ui.Form
}

type conflict struct {
	cultivate.Conflict
	Chance string // in whole per cent
	Nice   string
	Said   []string
	By     []ui.Fact
}

func (p *pages) name(w http.ResponseWriter, r *http.Request) error { return p.showName(w, r, nil) }

// findName is the name of the address, as one of the maker of the address.
func (p *pages) findName(r *http.Request) (m cultivate.Maker, one cultivate.Proposal, err error) {
	v := ui.Here(r)
	if m, err = p.cultivate.Maker(r.Context(), v.User, makers.ID(r)); err != nil {
		return m, one, err
	}
	all, err := p.cultivate.Proposals(r.Context(), v.User, m.ID)
	if err != nil {
		return m, one, err
	}
	at := slices.IndexFunc(all, func(o cultivate.Proposal) bool { return string(o.ID) == r.PathValue("name") })
	if at < 0 {
		return m, one, fault.NotFound.Say("There is no such name.")
	}
	return m, all[at], nil
}

func (p *pages) showName(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	m, one, err := p.findName(r)
	if err != nil {
		return err
	}
	page := namePage{Page: makers.Page(v, m, one.Name), Name: drawName(v, one), Searched: v.T("branding.searched", "Marks", v.Number(one.Report.Marks), "Date", v.Clock(one.Report.At))}
	page.Crumbs = append(page.Crumbs, ui.Crumb{Text: v.T("branding.title"), Path: path(m.ID, "")})
	page.Wide = true
	for _, f := range []struct{ label, value string }{{"branding.also", strings.Join(one.Also, ", ")}, {"branding.meaning", one.Meaning}, {"branding.classes", page.Name.Nice}, {"branding.by", one.MadeName}, {"branding.why", one.Why}, {"branding.digest", one.Report.Digest}} {
		if f.value != "" {
			page.Facts = append(page.Facts, ui.Fact{Label: v.T(f.label), Value: f.value})
		}
	}
	if one.Logo != (blob.Hash{}) {
		page.Logo = []ui.Picture{{Src: page.Name.Path + "/logo", Alt: v.T("branding.logo")}}
	}
	for _, c := range one.Report.Conflicts {
		row := conflict{Conflict: c, Chance: strconv.Itoa(int(100*c.Score+0.5)) + " %", Nice: niceOf(v, c.Classes)}
		for _, why := range c.Why {
			row.Said = append(row.Said, sentence(v.Language, why))
		}
		for _, by := range []struct {
			name  string
			value float64
		}{{"sight", c.By.Sight}, {"sound", c.By.Sound}, {"meaning", c.By.Meaning}, {"goods", c.By.Goods}, {"logo", c.By.Logo}} {
			if by.name == "logo" && one.Report.Logo != cultivate.LogoCompared {
				continue
			}
			row.By = append(row.By, ui.Fact{Label: v.T("branding.by." + by.name), Value: v.Percent(by.value)})
		}
		page.Rows = append(page.Rows, row)
	}
	page.Registers = []ui.Action{{Text: "TMview", Path: "https://www.tmdn.org/tmview/#/tmview/results?basicSearch=" + url.QueryEscape(one.Name)}, {Text: "WIPO Global Brand Database", Path: "https://branddb.wipo.int"}, {Text: "CNIPA", Path: "https://sbj.cnipa.gov.cn"}}
	if len(one.Report.Registers) > 0 {
		page.Among = v.T("branding.among", "Registers", strings.Join(one.Report.Registers, ", "))
	} else {
		page.Among = v.T("branding.among.none")
	}
	if one.Report.Logo != "" {
		page.LogoSaid = v.T("branding.logo." + string(one.Report.Logo))
	}
	if v.User.Can(access.ProgrammeRead) {
		page.Known = &ui.Action{Text: v.T("branding.registers.title"), Path: Registers}
	}
	moves := v.User.May(access.MakerMove, m.Organisation) == nil
	if one.State != cultivate.NameWithdrawn && v.User.May(access.MakerEdit, m.Organisation) == nil {
		page.Again = &ui.Form{Path: page.Name.Path + "/again", Submit: v.T("branding.again"), Fields: []ui.Field{number(one.Version)}}
	}
	if one.State == cultivate.NameProposed && v.User.May(access.MakerEdit, m.Organisation) == nil {
		page.Withdraw = &ui.Form{Path: page.Name.Path + "/withdraw", Submit: v.T("branding.withdraw"), Fields: []ui.Field{number(one.Version)}}
		if !one.Risky() || moves {
			page.Choose = &ui.Form{Path: page.Name.Path + "/choose", Submit: v.T("branding.choose"), Fields: []ui.Field{number(one.Version)}}
			if one.Risky() {
				page.Choose.Fields = append(page.Choose.Fields, ui.Field{Name: "why", Label: v.T("branding.choose.why"), Type: "textarea", Rows: 2, Required: true, Max: "2000"})
			}
		}
	}
	if problem != nil {
		page.Status = web.Status(problem)
		if page.Choose == nil {
			return problem
		}
		page.Choose.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

func (p *pages) choose(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	m, one, err := p.findName(r)
	if err == nil {
		one, err = p.cultivate.Choose(r.Context(), v.User, one.ID, version(r), r.PostFormValue("why"))
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showName(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path(m.ID, ""), &ui.Toast{Text: v.T("branding.chosen", "Name", one.Name)})
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	m, one, err := p.findName(r)
	if err == nil {
		_, err = p.cultivate.WithdrawName(r.Context(), v.User, one.ID, version(r))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path(m.ID, ""), &ui.Toast{Text: v.T("branding.withdrawn")})
}

func (p *pages) logo(w http.ResponseWriter, r *http.Request) error {
	_, one, err := p.findName(r)
	if err != nil {
		return err
	}
	return papers.GiveOut(w, r, p.store, one.Logo, "logo")
}

func (p *pages) prepare(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	_, err := p.cultivate.PrepareFiling(r.Context(), v.User, makers.ID(r), r.PostFormValue("office"), nil, r.PostFormValue("request"))
	return p.ended(w, r, err, v.T("branding.filing.prepared.done"))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	document, err := p.one(w, r, "document")
	var f cultivate.Filing
	if err == nil {
		f, err = p.cultivate.MoveFiling(r.Context(), v.User, cultivate.FilingID(r.PathValue("filing")), cultivate.FilingMove{To: cultivate.FilingState(r.PostFormValue("to")), Number: r.PostFormValue("number"), Day: r.PostFormValue("day"),
			Said: r.PostFormValue("said"), Document: document.Hash, Version: version(r)})
	}
	return p.ended(w, r, err, filingTag(v, f.State).Text)
}

func (p *pages) receipt(w http.ResponseWriter, r *http.Request) error {
	all, err := p.cultivate.Filings(r.Context(), ui.Here(r).User, makers.ID(r))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(f cultivate.Filing) bool { return string(f.ID) == r.PathValue("filing") })
	if at < 0 {
		return fault.NotFound.Say("There is no such file.")
	}
	return papers.GiveOut(w, r, p.store, all[at].Document, "filing")
}

func (p *pages) give(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	document, err := p.one(w, r, "document")
	if err == nil {
		_, err = p.cultivate.GiveEntry(r.Context(), v.User, makers.ID(r), r.PathValue("item"), version(r), r.PostFormValue("words"), document)
	}
	return p.ended(w, r, err, v.T("branding.file.given.done"))
}

func (p *pages) judge(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	e, err := p.cultivate.JudgeEntry(r.Context(), v.User, makers.ID(r), r.PathValue("item"), version(r), cultivate.EntryState(r.PostFormValue("state")), r.PostFormValue("why"))
	return p.ended(w, r, err, v.T("branding.file."+string(e.State)))
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	all, err := p.cultivate.BrandFile(r.Context(), ui.Here(r).User, makers.ID(r))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(e cultivate.BrandEntry) bool { return e.Item.ID == r.PathValue("item") })
	if at < 0 {
		return fault.NotFound.Say("There is no such file.")
	}
	return papers.GiveOut(w, r, p.store, all[at].Document, "brand-file-"+all[at].Item.ID)
}

func (p *pages) turn(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	one, err := p.cultivate.MovePage(r.Context(), v.User, makers.ID(r), version(r), cultivate.PageMove(r.PostFormValue("move")), r.PostFormValue("slug"))
	return p.ended(w, r, err, v.T("branding.page."+string(one.State)))
}
