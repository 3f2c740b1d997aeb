package branding

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// Registers is where the registers stand that names are held against.
const Registers = "/programme/registers"

type registersPage struct {
	ui.Page
	Head   ui.Head
	Rows   []registerRow
	Empty  ui.Empty
	Import *ui.Form
	About  string // the heading of Import
}

type registerRow struct {
	cultivate.Register
	Size    string
	Replace string // where its form is
	Remove  *ui.Form
}

func (p *pages) registers(w http.ResponseWriter, r *http.Request) error {
	return p.showRegisters(w, r, nil, r.URL.Query().Get("replace"))
}

// registerFile is a form that sends a register's file.
func registerFile(v *ui.Visit, name string, version int64) *ui.Form {
	file := ui.Field{Name: "file", Label: v.T("branding.register.file"), Hint: v.T("branding.register.file.hint"), Type: "file", Accept: ".csv,.xml,text/csv,application/xml", Required: true}
	form := &ui.Form{Path: Registers, Upload: true, Submit: v.T("branding.register.import"), Fields: []ui.Field{{Name: "name", Label: v.T("branding.register.name"), Hint: v.T("branding.register.name.hint"), Required: true, Max: "200"}, file, number(version)}}
	if name != "" {
		form.Submit, form.Cancel = v.T("branding.register.replace"), Registers
		form.Fields[0] = ui.Field{Name: "name", Type: "hidden", Value: name}
	}
	return form
}

// showRegisters draws the page with the form that replaces the register of the name, or imports another; problem is what was wrong with it.
func (p *pages) showRegisters(w http.ResponseWriter, r *http.Request, problem error, name string) error {
	v := ui.Here(r)
	all, err := p.cultivate.Registers(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := registersPage{Page: ui.Page{Title: v.T("branding.registers.title"), Lead: v.T("branding.registers.lead"), Wide: true, Crumbs: []ui.Crumb{{Text: v.T("branding.programme"), Path: "/programme"}}},
		Head: ui.Head{Columns: []ui.Column{{Label: v.T("branding.register.name")}, {Label: v.T("branding.register.marks"), Number: true}, {Label: v.T("branding.register.size"), Number: true}, {Label: v.T("branding.register.at")},
			{Label: v.T("branding.register.change"), Hidden: true}}},
		Empty: ui.Empty{Icon: "database", Title: v.T("branding.registers.none"), Text: v.T("branding.registers.none.text")}}
	edits := v.User.May(access.ProgrammeEdit, "") == nil
	if edits {
		page.Import, page.About = registerFile(v, "", 0), v.T("branding.register.new")
	}
	for _, g := range all {
		one := registerRow{Register: g, Size: v.Decimal(float64(g.Bytes)/1e6, 1) + " MB"}
		if edits {
			one.Replace = Registers + "?replace=" + url.QueryEscape(g.Name) + "#import"
			one.Remove = &ui.Form{Path: Registers + "/" + url.PathEscape(string(g.ID)) + "/remove", Submit: v.T("branding.register.remove"), Fields: []ui.Field{number(g.Version)}}
			if g.Name == name {
				page.Import, page.About = registerFile(v, g.Name, g.Version), v.T("branding.register.replacing", "Name", g.Name)
			}
		}
		page.Rows = append(page.Rows, one)
	}
	if problem != nil {
		if page.Import == nil {
			return problem
		}
		page.Status = web.Status(problem)
		if page.Import.Problems = v.Problems(problem); page.Import.Cancel == "" {
			page.Import.Fill(r.PostForm)
		}
	}
	return views.Render(w, r, page)
}

func (p *pages) importRegister(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := v.User.May(access.ProgrammeEdit, ""); err != nil {
		return err
	}
	end, err := papers.Form(w, r, cultivate.MaxRegisterBytes)
	defer end()
	var g cultivate.Register
	if err == nil {
		g, err = p.takeRegister(r)
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict || k == fault.TooLarge {
		return p.showRegisters(w, r, err, r.PostFormValue("name"))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Registers, &ui.Toast{Text: v.T("branding.register.imported", "Name", g.Name, "Marks", v.Number(g.Marks))})
}

func (p *pages) takeRegister(r *http.Request) (cultivate.Register, error) {
	file, _, err := r.FormFile("file")
	if err != nil {
		return cultivate.Register{}, fault.Invalid.Say("Choose a file.").At("file").Because(err)
	}
	defer file.Close()
	return p.cultivate.ImportRegister(r.Context(), ui.Here(r).User, r.PostFormValue("name"), version(r), file)
}

func (p *pages) removeRegister(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	g, err := p.cultivate.RemoveRegister(r.Context(), v.User, cultivate.RegisterID(r.PathValue("register")), version(r))
	if fault.Of(err) == fault.Conflict {
		return p.showRegisters(w, r, err, g.Name)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Registers, &ui.Toast{Text: v.T("branding.register.removed", "Name", g.Name)})
}

func (p *pages) searchAgain(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	_, one, err := p.findName(r)
	if err == nil {
		one, err = p.cultivate.SearchAgain(r.Context(), v.User, one.ID, version(r))
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, drawName(v, one).Path, &ui.Toast{Text: v.T("branding.again.done", "Marks", strconv.Itoa(one.Report.Marks))})
}
