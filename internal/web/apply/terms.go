package apply

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type termsPage struct {
	ui.Page
	Tabs   []ui.Tab
	Text   string
	Issued bool
	Digest string
	Facts  []ui.Fact
	Items  []given
	Open   bool     // the list may be changed
	Add    *ui.Form // nil for who may not
	Issue  *ui.Form
	Sign   *ui.Form
	Pay    *ui.Form
}

type given struct {
	cultivate.GivenItem
	KindName, Photo, Remove string
}

func (p *pages) terms(w http.ResponseWriter, r *http.Request) error {
	return p.showTerms(w, r, nil, "")
}

// showTerms draws a maker's terms; problem is what was wrong with the form of the name.
func (p *pages) showTerms(w http.ResponseWriter, r *http.Request, problem error, form string) error {
	v := ui.Here(r)
	m, err := p.Cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	b, err := p.Cultivate.Terms(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := termsPage{Page: makers.Page(v, m, v.T("apply.terms.title")), Tabs: makers.Tabs(v, m, "terms"), Text: b.Text.In(v.Language), Issued: b.Issued, Digest: b.Digest}
	page.Wide = true
	making := m.Stage == cultivate.Screened || m.Stage == cultivate.Visited || m.Stage == cultivate.Waitlisted
	programme := v.User.May(access.MakerMove, m.Organisation) == nil
	page.Open = making && b.Signature == nil && v.User.May(access.MakerEdit, m.Organisation) == nil
	page.Facts = []ui.Fact{{Label: v.T("apply.deposit"), Value: v.Money(b.Deposit.Minor, b.Deposit.Currency)}, {Label: v.T("apply.probation"), Value: v.N("apply.months", b.Probation)}}
	if s := b.Signature; s != nil {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("apply.signed"), Value: s.Name}, ui.Fact{Label: v.T("apply.signed.at"), Value: v.Clock(s.At)}, ui.Fact{Label: v.T("apply.probation.ends"), Value: v.Day(b.ProbationEnds())})
	}
	if pay := b.Payment; pay != nil {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("apply.paid"), Value: pay.On}, ui.Fact{Label: v.T("apply.paid.reference"), Value: pay.Reference})
	}
	kinds := map[string]string{}
	kind := ui.Field{Name: "kind", Label: v.T("apply.given.kind"), Type: "select", Required: true}
	for _, k := range cultivate.GivenKinds() {
		kinds[k.Value] = k.Words.In(v.Language)
		kind.Options = append(kind.Options, ui.Option{Value: k.Value, Text: k.Words.In(v.Language)})
	}
	for _, i := range b.Items {
		one := given{GivenItem: i, KindName: kinds[string(i.Kind)], Remove: makers.Path(m.ID, "terms/given/"+i.ID+"/remove")}
		if i.Photo.String() != "" {
			one.Photo = makers.Path(m.ID, "terms/given/"+i.ID)
		}
		page.Items = append(page.Items, one)
	}
	if page.Open {
		page.Add = &ui.Form{Path: makers.Path(m.ID, "terms/given"), Submit: v.T("apply.given.add"), Upload: true, Fields: []ui.Field{kind, {Name: "what", Label: v.T("apply.given.what"), Required: true},
			{Name: "mark", Label: v.T("apply.given.mark")}, {Name: "number", Label: v.T("apply.given.number"), Type: "number", Min: "1", Required: true}, {Name: "file", Label: v.T("apply.given.photo"), Type: "file", Accept: "image/*"}}}
	}
	if making && programme {
		page.Issue = &ui.Form{Path: makers.Path(m.ID, "terms/issue"), Submit: v.T("apply.issue"), Fields: []ui.Field{{Name: "version", Type: "hidden", Value: strconv.FormatInt(b.Version, 10)}}}
		if b.Issued {
			page.Issue.Submit = v.T("apply.issue.again")
			page.Pay = &ui.Form{Path: makers.Path(m.ID, "terms/deposit"), Submit: v.T("apply.pay"), Fields: []ui.Field{{Name: "reference", Label: v.T("apply.paid.reference"), Required: true}, {Name: "on", Label: v.T("apply.paid"), Type: "date", Required: true}}}
		}
	}
	if making && b.Issued && b.Signature == nil && v.User.Org == m.Organisation {
		page.Sign = &ui.Form{Path: makers.Path(m.ID, "terms/sign"), Submit: v.T("apply.sign"), Fields: []ui.Field{{Name: "name", Label: v.T("apply.sign.name"), Hint: v.T("apply.sign.hint"), Required: true, Complete: "name"},
			{Name: "digest", Type: "hidden", Value: b.Digest}}}
	}
	if problem != nil {
		page.Status = web.Status(problem)
		for name, f := range map[string]*ui.Form{"given": page.Add, "issue": page.Issue, "sign": page.Sign, "deposit": page.Pay} {
			if name == form && f != nil {
				if name != "sign" && name != "issue" {
					f.Fill(r.PostForm)
				}
				f.Problems = v.Problems(problem)
			}
		}
	}
	return views.Render(w, r, page)
}

// bargained ends an act on the terms: with the page, or with what was wrong.
func (p *pages) bargained(w http.ResponseWriter, r *http.Request, err error, form, word string) error {
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict || k == fault.TooLarge {
		return p.showTerms(w, r, err, form)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(makers.ID(r), "terms"), &ui.Toast{Text: word})
}

func (p *pages) addGiven(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	files, err := p.uploaded(w, r, "file")
	if err == nil {
		number, _ := strconv.ParseInt(r.PostFormValue("number"), 10, 64) // none is refused by the room
		one := cultivate.GivenItem{Maker: makers.ID(r), Kind: cultivate.GivenKind(r.PostFormValue("kind")), What: r.PostFormValue("what"), Mark: r.PostFormValue("mark"), Number: number}
		if len(files) > 0 {
			one.Photo = files[0].Hash
		}
		_, err = p.Cultivate.AddGiven(r.Context(), v.User, one)
	}
	return p.bargained(w, r, err, "given", v.T("apply.given.added"))
}

func (p *pages) removeGiven(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	return p.bargained(w, r, p.Cultivate.RemoveGiven(r.Context(), v.User, makers.ID(r), r.PathValue("item")), "given", v.T("apply.given.removed"))
}

func (p *pages) givenPhoto(w http.ResponseWriter, r *http.Request) error {
	b, err := p.Cultivate.Terms(r.Context(), ui.Here(r).User, makers.ID(r))
	if err != nil {
		return err
	}
	for _, one := range b.Items {
		if one.ID == r.PathValue("item") {
			return papers.GiveOut(w, r, p.Store, one.Photo, "given-up")
		}
	}
	return noFile
}

func (p *pages) issue(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	_, err := p.Cultivate.IssueTerms(r.Context(), v.User, makers.ID(r), version(r))
	return p.bargained(w, r, err, "issue", v.T("apply.issued.done"))
}

func (p *pages) sign(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	_, err := p.Cultivate.SignTerms(r.Context(), v.User, makers.ID(r), r.PostFormValue("digest"), r.PostFormValue("name"))
	return p.bargained(w, r, err, "sign", v.T("apply.signed.done"))
}

func (p *pages) deposit(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	on := r.PostFormValue("on")
	if at, err := time.Parse(time.DateOnly, on); err == nil {
		on = at.Format(time.DateOnly)
	}
	_, err := p.Cultivate.RecordDeposit(r.Context(), v.User, makers.ID(r), r.PostFormValue("reference"), on)
	return p.bargained(w, r, err, "deposit", v.T("apply.paid.done"))
}
