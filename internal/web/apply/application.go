package apply

import (
	"io"
	"net/http"
	"slices"

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

type applicationPage struct {
	ui.Page
	Maker     cultivate.Maker
	Tabs      []ui.Tab
	Open      bool   // it may be written by this person
	Sheet     *sheet // nil once it was handed in
	Read      []readGroup
	Documents []document
	Upload    *ui.Form // nil where no document can be added
	Gaps      []gap
	Handing   *handing // nil where it cannot be handed in by this person
	Copies    []cultivate.Copy
}

type readGroup struct {
	Title string
	Facts []ui.Fact
}

type document struct {
	Kind, Name, Path, Remove string
	Bytes                    int64
	cultivate.Document
}

type gap struct{ Label, Why, Path string }

// handing is the move by which the application is handed in.
type handing struct {
	Path, Request string
	Version       int64
	Ready         bool
}

func (p *pages) application(w http.ResponseWriter, r *http.Request) error {
	return p.showApplication(w, r, nil, nil)
}

// showApplication draws the application; collisions are answers that were not kept, problem what was wrong with a document.
func (p *pages) showApplication(w http.ResponseWriter, r *http.Request, collisions []cultivate.Collision, problem error) error {
	v := ui.Here(r)
	m, err := p.Cultivate.Maker(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	a, err := p.Cultivate.Application(r.Context(), v.User, m.ID)
	if err != nil {
		return err
	}
	page := applicationPage{Page: makers.Page(v, m, v.T("apply.application")), Maker: m, Tabs: makers.Tabs(v, m, "application")}
	page.Wide = true
	page.Open = m.Stage == cultivate.Draft && v.User.May(access.MakerEdit, m.Organisation) == nil
	kinds := map[string]string{}
	for _, k := range cultivate.DocumentKinds() {
		kinds[k.Value] = k.Words.In(v.Language)
	}
	for _, d := range a.Documents {
		path := makers.Path(m.ID, "application/documents/"+d.ID)
		page.Documents = append(page.Documents, document{kinds[string(d.Kind)], d.Name, path, path + "/remove", d.Bytes, d})
	}
	if page.Copies, err = p.Cultivate.Copies(r.Context(), v.User, m.ID); err != nil {
		return err
	}
	if !page.Open {
		page.Read = read(v, a)
		return views.Render(w, r, page)
	}
	page.Sheet = &sheet{Path: makers.Path(m.ID, "application"), Answers: makers.Path(m.ID, "application/answers"), Submit: v.T("apply.save"),
		Groups: draw(v, cultivate.ApplicationFields(), a.Replies, shownMatters(a))}
	page.Sheet.collide(v, collisions)
	page.Upload = uploadForm(v, m)
	if problem != nil {
		page.Status, page.Upload.Problems = web.Status(problem), v.Problems(problem)
	}
	if len(collisions) > 0 {
		page.Status = http.StatusConflict
	}
	gaps := a.Gaps()
	for _, g := range gaps {
		path := "#" + ui.Field{Name: g.Field}.ID()
		if g.Field == "documents" {
			path = "#documents"
		}
		page.Gaps = append(page.Gaps, gap{g.Words.In(v.Language), g.Why.In(v.Language), path})
	}
	page.Handing = &handing{Path: makers.Path(m.ID, "move"), Request: db.NewID(), Version: m.Version, Ready: len(gaps) == 0}
	return views.Render(w, r, page)
}

// shownMatters shows the declared matters that were begun and one more.
func shownMatters(a cultivate.Application) func(string) bool {
	last := 0
	for n := 1; n <= cultivate.MaxPast; n++ {
		for _, what := range []string{"mark", "when", "items", "outcome"} {
			if a.Says(cultivate.PastField(n, what)) != "" {
				last = n
			}
		}
	}
	return func(name string) bool {
		n, is := past(name)
		return !is || n <= last+1
	}
}

// read is the application for who only reads it; what was not answered shows as such.
func read(v *ui.Visit, a cultivate.Application) (all []readGroup) {
	shown := shownMatters(a)
	for _, g := range cultivate.ApplicationFields() {
		one := readGroup{Title: g.Words.In(v.Language)}
		for _, f := range g.Fields {
			text := a.Says(f.Name)
			if at := slices.IndexFunc(f.Choices, func(c cultivate.FieldChoice) bool { return c.Value == text }); at >= 0 {
				text = f.Choices[at].Words.In(v.Language)
			}
			if _, is := past(f.Name); text == "" && (is || !shown(f.Name)) {
				continue
			}
			if text == "" {
				text = "–"
			}
			one.Facts = append(one.Facts, ui.Fact{Label: f.Words.In(v.Language), Value: text})
		}
		all = append(all, one)
	}
	return all
}

func uploadForm(v *ui.Visit, m cultivate.Maker) *ui.Form {
	kind := ui.Field{Name: "kind", Label: v.T("apply.document.kind"), Type: "select", Required: true}
	for _, k := range cultivate.DocumentKinds() {
		kind.Options = append(kind.Options, ui.Option{Value: k.Value, Text: k.Words.In(v.Language)})
	}
	return &ui.Form{Path: makers.Path(m.ID, "application/documents"), Submit: v.T("apply.document.add"), Upload: true, Fields: []ui.Field{kind,
		{Name: "file", Label: v.T("apply.document.file"), Type: "file", Accept: papers.Accept, Required: true, Hint: v.T("apply.document.hint", "Size", blob.MaxDocumentBytes>>20)}}}
}

// save takes the whole form, for who has no script or presses the button.
func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	_, collisions, err := p.Cultivate.SaveApplication(r.Context(), v.User, makers.ID(r), edits(r.PostForm))
	if err != nil {
		return err
	}
	if len(collisions) > 0 {
		return p.showApplication(w, r, collisions, nil)
	}
	return web.Done(w, r, makers.Path(makers.ID(r), "application"), &ui.Toast{Text: v.T("apply.saved.all")})
}

// answers takes what was typed a moment ago and tells the script what stands.
func (p *pages) answers(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	sent := edits(r.PostForm)
	a, collisions, err := p.Cultivate.SaveApplication(r.Context(), ui.Here(r).User, makers.ID(r), sent)
	if err != nil {
		return err
	}
	return tell(w, ui.Here(r), sent, a.Replies, collisions, len(a.Gaps()))
}

// uploaded is the documents of a form, put into the store.
func (p *pages) uploaded(w http.ResponseWriter, r *http.Request, name string) ([]papers.Kept, error) {
	end, err := papers.Form(w, r, papers.MaxUpload)
	defer end()
	if err != nil {
		return nil, err
	}
	return papers.Take(r, p.Store, name)
}

func (p *pages) addDocument(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	files, err := p.uploaded(w, r, "file")
	if err == nil && len(files) == 0 {
		err = fault.Invalid.Say("Choose a file.").At("file")
	}
	for _, f := range files {
		if err == nil {
			_, err = p.Cultivate.AddDocument(r.Context(), v.User, makers.ID(r), cultivate.Document{Kind: cultivate.DocumentKind(r.PostFormValue("kind")), Name: f.Name, Hash: f.Hash, Bytes: f.Size})
		}
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.TooLarge {
		return p.showApplication(w, r, nil, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(makers.ID(r), "application")+"#documents", &ui.Toast{Text: v.T("apply.document.added")})
}

func (p *pages) removeDocument(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := p.Cultivate.RemoveDocument(r.Context(), v.User, makers.ID(r), r.PathValue("document")); err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(makers.ID(r), "application")+"#documents", &ui.Toast{Text: v.T("apply.document.removed")})
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	a, err := p.Cultivate.Application(r.Context(), ui.Here(r).User, makers.ID(r))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(a.Documents, func(d cultivate.Document) bool { return d.ID == r.PathValue("document") })
	if at < 0 {
		return noFile
	}
	return papers.GiveOut(w, r, p.Store, a.Documents[at].Hash, "application-"+string(a.Documents[at].Kind))
}

var noFile = fault.NotFound.Say("There is no such file.")

// content reads what the store has under a hash, at most so many bytes.
func (p *pages) content(r *http.Request, hash blob.Hash, most int64) ([]byte, error) {
	if hash == (blob.Hash{}) {
		return nil, noFile
	}
	content, size, err := p.Store.Get(r.Context(), hash)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	if size > most {
		return nil, noFile
	}
	return io.ReadAll(content)
}
