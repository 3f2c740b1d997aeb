package cases

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/sellers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type casePage struct {
	ui.Page
	Tabs   []ui.Tab
	Case   enforce.Case
	Tag    badge
	Steps  []step
	Facts  []ui.Fact
	Sums   []ui.Fact
	Groups []group
	Story  []ui.Event
	Shares []shared
	Move   *ui.Form
	Gather *ui.Form
	Note   *ui.Form
	Share  *ui.Form
}

// step is a stage of the case's way, with the day it came there.
type step struct {
	Text, Day     string
	Done, Current bool
}

// group is what of one kind is gathered.
type group struct {
	Title string
	Items []item
}

type item struct {
	Title, Path, Note, Who string
	Drop                   *ui.Confirm
}

type shared struct {
	enforce.Share
	End *ui.Confirm
}

func crumbs(v *ui.Visit, m enforce.Case) []ui.Crumb {
	return []ui.Crumb{{Text: v.T("cases.title"), Path: Root}, {Text: m.Reference, Path: Path(m.ID, "")}}
}

// frame is the head that all pages of a case share.
func frame(v *ui.Visit, m enforce.Case, part string) (ui.Page, []ui.Tab) {
	page := ui.Page{Title: m.Title, Lead: m.Reference, Wide: true, Crumbs: []ui.Crumb{{Text: v.T("cases.title"), Path: Root}}}
	tabs := []ui.Tab{{Text: v.T("cases.tab.case"), Path: Path(m.ID, ""), Current: part == "", Count: -1}}
	for _, t := range []struct {
		part string
		verb access.Verb
	}{{"test-buys", access.EvidenceRead}, {"facts", access.CaseRead}, {"documents", access.EvidenceRead}, {"bundles", access.EvidenceRead}} {
		if v.User.Can(t.verb) {
			tabs = append(tabs, ui.Tab{Text: v.T("cases.tab." + t.part), Path: Path(m.ID, t.part), Current: part == t.part, Count: -1})
		}
	}
	return page, tabs
}

func mayEdit(v *ui.Visit, m enforce.Case) bool {
	// Whoever sees a case by being given it, edits it by the same right; the room asks again.
	return v.User.May(access.CaseEdit, m.Organisation) == nil || v.User.Reach(access.CaseEdit) == access.Own
}

func (p *pages) one(w http.ResponseWriter, r *http.Request) error { return p.show(w, r, nil, "") }

func (p *pages) show(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v, ctx := ui.Here(r), r.Context()
	m, err := p.cases.Case(ctx, v.User, caseID(r))
	if err != nil {
		return err
	}
	page := casePage{Case: m, Tag: stageTag(v, m.Stage), Steps: steps(v, m)}
	page.Page, page.Tabs = frame(v, m, "")
	page.Facts = []ui.Fact{{Label: v.T("cases.place"), Value: place(v, m.Place)}, {Label: v.T("cases.touched"), Value: m.UpdatedBy + " · " + v.Clock(m.UpdatedAt)}}
	if err := p.gathered(r, v, m, &page); err != nil {
		return err
	}
	if page.Shares, err = p.shares(r, v, m); err != nil {
		return err
	}
	total, err := p.cases.Crackdown(ctx, v.User, enforce.FactFilter{Case: m.ID})
	if err != nil {
		return err
	}
	for _, s := range total.Sums {
		page.Sums = append(page.Sums, ui.Fact{Label: v.T("cases.kind." + string(s.Kind)), Value: said(v, s)})
	}
	acts, err := p.cases.Acts(ctx, v.User, m.ID)
	if err != nil {
		return err
	}
	slices.Reverse(acts)
	for _, a := range acts {
		page.Story = append(page.Story, event(v, a))
	}
	if mayEdit(v, m) {
		page.Actions = []ui.Action{{Text: v.T("cases.edit"), Path: Path(m.ID, "edit"), Icon: "pencil", Key: "e"}}
		page.Move, page.Gather, page.Note = moveForm(v, m), gatherForm(v, m), noteForm(v, m)
	}
	if v.User.May(access.CaseShare, m.Organisation) == nil {
		if page.Share, err = p.shareForm(r, v, m, page.Shares); err != nil {
			return err
		}
	}
	drawn := map[string]*ui.Form{"move": page.Move, "gather": page.Gather, "note": page.Note, "share": page.Share}[form]
	if err := refill(v, r, &page.Page, drawn, problem); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

// steps is the way to a verdict; a closed case stands where it was closed.
func steps(v *ui.Visit, m enforce.Case) (all []step) {
	at := m.Stage
	if at == enforce.Closed {
		at = m.ClosedAs
	}
	order := enforce.Funnel()
	for i, s := range order {
		one := step{Text: stageName(v, s), Done: i <= slices.Index(order, at), Current: s == m.Stage}
		if reached, ok := m.Reached[s]; ok {
			one.Day = v.Day(reached)
		}
		all = append(all, one)
	}
	if m.Stage == enforce.Closed {
		all = append(all, step{Text: stageName(v, enforce.Closed), Day: v.Day(m.Reached[enforce.Closed]), Done: true, Current: true})
	}
	return all
}

// said is a sum in its unit.
func said(v *ui.Visit, s enforce.Sum) string {
	if s.Money.Currency != "" {
		return v.Money(s.Money.Minor, s.Money.Currency)
	}
	return quantity(v, s.Quantity, s.Unit)
}

func quantity(v *ui.Visit, q enforce.Quantity, unit enforce.Unit) string {
	if q == 0 {
		return ""
	}
	number := v.Number(q.Whole())
	if q%1000 != 0 {
		number = v.Decimal(float64(q)/1000, 3)
	}
	return number + " " + v.T("cases.unit."+string(unit))
}

// event is an act as the story tells it.
func event(v *ui.Visit, a enforce.Deed) ui.Event {
	e := ui.Event{At: a.At, Who: a.ByName, What: v.T("cases.act." + a.Kind), Detail: a.Words}
	subject := a.Subject
	switch a.Kind {
	case enforce.ActMoved:
		subject, e.Icon, e.Tone = stageName(v, enforce.Stage(a.Subject)), "arrow-right", "info"
	case enforce.ActTestBuy:
		subject, e.Icon = v.T("cases.buy."+a.Subject), "package"
	case enforce.ActFact, enforce.ActWithdrawn:
		subject, e.Icon = v.T("cases.kind."+a.Subject), "gavel"
	case enforce.ActLinked, enforce.ActUnlinked:
		kind, id, _ := strings.Cut(a.Subject, ":")
		subject, e.Icon = v.T("cases.link."+kind)+" "+id, "link"
	case enforce.ActAttached:
		e.Icon = "file-text"
	case enforce.ActSealed:
		subject, e.Icon, e.Tone = "", "shield-check", "good"
	case enforce.ActCustody:
		subject, e.Icon = "", "hand-stop"
	case enforce.ActNoted:
		e.Icon = "message"
	}
	if subject != "" {
		e.What += ": " + subject
	}
	return e
}

func (p *pages) gathered(r *http.Request, v *ui.Visit, m enforce.Case, page *casePage) error {
	links, err := p.cases.Links(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	for _, kind := range enforce.LinkKinds() {
		g := group{Title: v.T("cases.links." + string(kind))}
		for _, l := range links {
			if l.Kind != kind {
				continue
			}
			one := item{Title: l.Title, Note: l.Note, Who: l.ByName}
			if one.Title == "" {
				one.Title = l.Subject
			}
			switch { // a page the person may not see is no link
			case kind == enforce.ListingLink && v.User.Can(access.ListingRead):
				one.Path = listings.Path(market.ListingID(l.Subject))
			case kind == enforce.SellerLink && v.User.Can(access.SellerRead):
				one.Path = sellers.Path(market.SellerID(l.Subject))
			}
			if mayEdit(v, m) {
				one.Drop = &ui.Confirm{Label: v.T("cases.drop"), Question: v.T("cases.drop.question"), Yes: v.T("cases.drop"), Path: Path(m.ID, "ungather"), Hidden: []ui.Hidden{{Name: "kind", Value: string(l.Kind)}, {Name: "subject", Value: l.Subject}}}
			}
			g.Items = append(g.Items, one)
		}
		if len(g.Items) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	return nil
}

func (p *pages) shares(r *http.Request, v *ui.Visit, m enforce.Case) (all []shared, err error) {
	found, err := p.cases.Shares(r.Context(), v.User, m.ID)
	for _, s := range found {
		one := shared{Share: s}
		if v.User.May(access.CaseShare, m.Organisation) == nil {
			one.End = &ui.Confirm{Label: v.T("cases.unshare"), Question: v.T("cases.unshare.question", "Name", s.Name), Yes: v.T("cases.unshare"), Path: Path(m.ID, "unshare"), Hidden: []ui.Hidden{{Name: "organisation", Value: string(s.Organisation)}}}
		}
		all = append(all, one)
	}
	return all, err
}

func moveForm(v *ui.Visit, m enforce.Case) *ui.Form {
	stage := ui.Field{Name: "stage", Label: v.T("cases.move.to"), Type: "select", Required: true}
	for _, s := range m.Stage.Next() {
		stage.Options = append(stage.Options, ui.Option{Value: string(s), Text: stageName(v, s)})
	}
	return &ui.Form{Path: Path(m.ID, "move"), Submit: v.T("cases.move"), Fields: []ui.Field{stage, {Name: "why", Label: v.T("cases.why"), Type: "textarea", Rows: 2, Required: true, Max: "2000"}, versioned(m.Version)}}
}

func gatherForm(v *ui.Visit, m enforce.Case) *ui.Form {
	kind := ui.Field{Name: "kind", Label: v.T("cases.gather.kind"), Type: "select", Required: true}
	// Sources are told by the tracing of goods, which is not there yet: nothing offers them.
	for _, k := range []enforce.LinkKind{enforce.ListingLink, enforce.SellerLink, enforce.DecisionLink} {
		kind.Options = append(kind.Options, ui.Option{Value: string(k), Text: v.T("cases.link." + string(k))})
	}
	return &ui.Form{Path: Path(m.ID, "gather"), Submit: v.T("cases.gather"), Fields: []ui.Field{kind, {Name: "subject", Label: v.T("cases.gather.subject"), Required: true, Max: "200"}, {Name: "note", Label: v.T("cases.note.short"), Max: "2000"}}}
}

func noteForm(v *ui.Visit, m enforce.Case) *ui.Form {
	return &ui.Form{Path: Path(m.ID, "note"), Submit: v.T("cases.note.send"), Draft: "note-" + string(m.ID), Fields: []ui.Field{{Name: "text", Label: v.T("cases.note"), Type: "textarea", Rows: 3, Required: true, Max: "4000"}, request()}}
}

func (p *pages) shareForm(r *http.Request, v *ui.Visit, m enforce.Case, already []shared) (*ui.Form, error) {
	all, err := p.access.Organisations(r.Context(), v.User)
	if err != nil {
		return nil, err
	}
	who := ui.Field{Name: "organisation", Label: v.T("cases.share.with"), Type: "select", Required: true}
	for _, o := range all {
		if o.Kind == access.AuthorityOrganisation && o.ID != m.Organisation && !slices.ContainsFunc(already, func(s shared) bool { return s.Organisation == o.ID }) {
			who.Options = append(who.Options, ui.Option{Value: string(o.ID), Text: o.Name})
		}
	}
	if len(who.Options) == 0 {
		return nil, nil
	}
	return &ui.Form{Path: Path(m.ID, "share"), Submit: v.T("cases.share"), Fields: []ui.Field{who}}, nil
}

// act does one verb on the case and shows the case again: with its problem beside the form, or with what was done.
func (p *pages) act(w http.ResponseWriter, r *http.Request, form, done string, do func(v *ui.Visit) error) error {
	v := ui.Here(r)
	err := do(v)
	if mendable(err) {
		return p.show(w, r, err, form)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(caseID(r), ""), &ui.Toast{Text: v.T(done)})
}

func (p *pages) move(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "move", "cases.moved", func(v *ui.Visit) error {
		_, err := p.cases.MoveCase(r.Context(), v.User, caseID(r), version(r), enforce.Stage(r.PostFormValue("stage")), r.PostFormValue("why"))
		return err
	})
}

func (p *pages) note(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "note", "cases.noted", func(v *ui.Visit) error {
		return p.cases.Note(r.Context(), v.User, caseID(r), r.PostFormValue("text"), r.PostFormValue("request"))
	})
}

func (p *pages) gather(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "gather", "cases.gathered", func(v *ui.Visit) error {
		return p.cases.Gather(r.Context(), v.User, caseID(r), enforce.LinkKind(r.PostFormValue("kind")), r.PostFormValue("subject"), r.PostFormValue("note"))
	})
}

func (p *pages) ungather(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "", "cases.dropped", func(v *ui.Visit) error {
		return p.cases.Ungather(r.Context(), v.User, caseID(r), enforce.LinkKind(r.PostFormValue("kind")), r.PostFormValue("subject"))
	})
}

func (p *pages) share(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "share", "cases.shared", func(v *ui.Visit) error {
		return p.cases.ShareCase(r.Context(), v.User, caseID(r), access.OrgID(r.PostFormValue("organisation")))
	})
}

func (p *pages) unshare(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "", "cases.unshared", func(v *ui.Visit) error {
		return p.cases.UnshareCase(r.Context(), v.User, caseID(r), access.OrgID(r.PostFormValue("organisation")))
	})
}

type addPage struct {
	ui.Page
	What, Subject string
	Kind          enforce.LinkKind
	Find          ui.Filters
	Rows          []row
	New           string
}

// choose asks into which case a listing or a seller goes: the way here is an action of its own page.
func (p *pages) choose(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	page := addPage{Page: ui.Page{Title: v.T("cases.add"), Lead: v.T("cases.add.lead"), Crumbs: []ui.Crumb{{Text: v.T("cases.title"), Path: Root}}}, Kind: enforce.LinkKind(q.Get("kind")), Subject: q.Get("subject")}
	page.What = v.T("cases.link.listing") + " " + page.Subject
	if page.Kind == enforce.SellerLink {
		page.What = v.T("cases.link.seller") + " " + page.Subject
	}
	found, err := p.cases.Cases(r.Context(), v.User, enforce.CaseFilter{Open: true, Text: q.Get("q"), Limit: 20})
	if err != nil {
		return err
	}
	for _, m := range found.Items {
		page.Rows = append(page.Rows, row{m, Path(m.ID, ""), place(v, m.Place), stageTag(v, m.Stage), m.Reached[enforce.Lead]})
	}
	page.Find = q.Filters(&ui.Find{Name: "q", Label: v.T("cases.find")})
	page.Find.Chips, page.Find.Clear = nil, ""
	page.New = Root + "/new?" + url.Values{"kind": {string(page.Kind)}, "subject": {page.Subject}}.Encode()
	return views.Render(w, r, page)
}

func (p *pages) add(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), enforce.CaseID(r.PostFormValue("case"))
	if err := p.cases.Gather(r.Context(), v.User, id, enforce.LinkKind(r.PostFormValue("kind")), r.PostFormValue("subject"), ""); err != nil {
		return err
	}
	return web.Done(w, r, Path(id, ""), &ui.Toast{Text: v.T("cases.gathered")})
}
