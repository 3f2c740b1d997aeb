package people

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type invitePage struct {
	ui.Page
	Form         ui.Form
	Organisation ui.Form
}

// roleFields are a checkbox for each role, those in chosen ticked.
func roleFields(v *ui.Visit, chosen []access.Role) []ui.Field {
	var fields []ui.Field
	for _, role := range access.Roles() {
		f := ui.Field{Name: "role." + string(role), Label: v.T("ui.role." + string(role)), Type: "checkbox", Hint: v.T("people.role.hint." + string(role))}
		for _, c := range chosen {
			f.Checked = f.Checked || c == role
		}
		fields = append(fields, f)
	}
	return fields
}

// ticked are the roles whose checkboxes were sent.
func ticked(sent url.Values) []access.Role {
	var roles []access.Role
	for _, role := range access.Roles() {
		if sent.Has("role." + string(role)) {
			roles = append(roles, role)
		}
	}
	return roles
}

func (p *pages) invitePage(r *http.Request, v *ui.Visit) (invitePage, error) {
	all, _, err := p.organisations(r, v)
	if err != nil {
		return invitePage{}, err
	}
	organisation := ui.Field{Name: "organisation", Label: v.T("people.organisation"), Type: "select", Required: true, Value: string(v.User.Org)}
	for _, one := range all {
		organisation.Options = append(organisation.Options, ui.Option{Value: string(one.ID), Text: one.Name})
	}
	language := ui.Field{Name: "language", Label: v.T("people.language"), Type: "select", Options: []ui.Option{{Value: "", Text: v.T("people.language.auto")}}}
	for _, one := range ui.Languages {
		language.Options = append(language.Options, ui.Option{Value: one.Tag, Text: one.Name})
	}
	fields := []ui.Field{
		{Name: "name", Label: v.T("people.name"), Required: true, Max: "100", Focus: true, Complete: "off"},
		{Name: "email", Label: v.T("people.email"), Type: "email", Required: true, Complete: "off"},
		organisation,
	}
	page := invitePage{Page: ui.Page{Title: v.T("people.invite"), Crumbs: []ui.Crumb{{Text: v.T("people.title"), Path: "/people"}}}}
	page.Form = ui.Form{Path: "/people/invite", Submit: v.T("people.invite.submit"), Cancel: "/people", Fields: append(append(fields, roleFields(v, nil)...), language)}
	page.Organisation = ui.Form{Path: "/people/organisations", Submit: v.T("people.organisation.add"), Fields: []ui.Field{
		{Name: "organisation-name", Label: v.T("people.organisation.name"), Hint: v.T("people.organisation.hint"), Required: true, Max: "100"},
	}}
	return page, nil
}

func (p *pages) invite(w http.ResponseWriter, r *http.Request) error {
	page, err := p.invitePage(r, ui.Here(r))
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) sendInvite(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	id, secret, err := p.access.InvitePerson(r.Context(), v.User, access.Invitation{
		Name: r.PostForm.Get("name"), Email: r.PostForm.Get("email"), Org: access.OrgID(r.PostForm.Get("organisation")), Roles: ticked(r.PostForm), Language: r.PostForm.Get("language"),
	})
	if err == nil {
		return p.showLink(w, r, id, secret)
	}
	problems := v.Problems(err)
	if problems == nil {
		return err
	}
	page, perr := p.invitePage(r, v)
	if perr != nil {
		return perr
	}
	page.Form.Fill(r.PostForm).Problems = problems
	page.Form.Fields[0].Focus = false
	page.Status = http.StatusUnprocessableEntity
	return views.Render(w, r, page)
}

func (p *pages) addOrganisation(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	if _, err := p.access.AddOrganisation(r.Context(), v.User, r.PostForm.Get("organisation-name")); err != nil {
		problems := v.Problems(err)
		if problems == nil {
			return err
		}
		page, perr := p.invitePage(r, v)
		if perr != nil {
			return perr
		}
		page.Organisation.Fill(r.PostForm).Problems = problems
		page.Form.Fields[0].Focus = false
		page.Status = http.StatusUnprocessableEntity
		return views.Render(w, r, page)
	}
	return web.Done(w, r, "/people/invite", &ui.Toast{Text: v.T("people.organisation.added")})
}

// secretPage shows what is shown once: a one-time link or the secret of a key.
type secretPage struct {
	ui.Page
	Text, Secret string
	Back         ui.Action
}

func (p *pages) showLink(w http.ResponseWriter, r *http.Request, id access.UserID, secret string) error {
	v := ui.Here(r)
	person, err := p.access.Person(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return views.Render(w, r, secretPage{
		Page: ui.Page{Title: v.T("people.link.title", "Name", person.Name), Crumbs: []ui.Crumb{{Text: v.T("people.title"), Path: "/people"}}},
		Text: v.T("people.link.text"), Secret: p.link(secret), Back: ui.Action{Text: person.Name, Path: Path(id), Icon: "user"},
	})
}

type personPage struct {
	ui.Page
	State    state
	Facts    []ui.Fact
	Roles    *ui.Form // nil when the person may not change them
	Acts     []ui.Confirm
	Sessions []access.Session
	Entries  string // the ledger's entries about the person; empty when not to be seen
}

func (p *pages) personPage(r *http.Request, v *ui.Visit) (personPage, error) {
	person, err := p.access.Person(r.Context(), v.User, access.UserID(r.PathValue("person")))
	if err != nil {
		return personPage{}, err
	}
	_, names, err := p.organisations(r, v)
	if err != nil {
		return personPage{}, err
	}
	page := personPage{Page: ui.Page{Title: person.Name, Crumbs: []ui.Crumb{{Text: v.T("people.title"), Path: "/people"}}}, State: stateOf(v, person)}
	page.Facts = []ui.Fact{
		{Label: v.T("people.email"), Value: person.Email}, {Label: v.T("people.organisation"), Value: names[person.Org]},
		{Label: v.T("people.role"), Value: roleNames(v, person.Roles)}, {Label: v.T("people.since"), Value: v.Day(person.Invited)},
	}
	if v.User.Can(access.LedgerRead) {
		page.Entries = "/ledger?" + url.Values{"subject": {"person:" + string(person.ID)}}.Encode()
	}
	if v.User.May(access.PeopleManage, person.Org) != nil {
		return page, nil
	}
	at := Path(person.ID)
	page.Roles = &ui.Form{Path: at + "/roles", Submit: v.T("people.roles.save"), Fields: roleFields(v, person.Roles)}
	if person.Active() {
		page.Acts = append(page.Acts, ui.Confirm{Label: v.T("people.link"), Icon: "link", Question: v.T("people.link.question"), Yes: v.T("people.link"), Path: at + "/link"},
			ui.Confirm{Label: v.T("people.signout"), Icon: "logout", Question: v.T("people.signout.question"), Yes: v.T("people.signout"), Path: at + "/sign-out"})
		if person.ID != v.User.ID {
			page.Acts = append(page.Acts, ui.Confirm{Label: v.T("people.disable"), Icon: "ban", Question: v.T("people.disable.question"), Yes: v.T("people.disable"), Path: at + "/disable", Danger: true})
		}
	} else {
		page.Acts = append(page.Acts, ui.Confirm{Label: v.T("people.enable"), Icon: "circle-check", Question: v.T("people.enable.question"), Yes: v.T("people.enable"), Path: at + "/enable"})
	}
	page.Sessions, err = p.access.Sessions(r.Context(), v.User, person.ID)
	return page, err
}

func (p *pages) person(w http.ResponseWriter, r *http.Request) error {
	page, err := p.personPage(r, ui.Here(r))
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) changeRoles(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	err := p.access.ChangeRoles(r.Context(), v.User, access.UserID(r.PathValue("person")), ticked(r.PostForm))
	return p.ended(w, r, err, v.T("people.roles.saved"))
}

// ended leads back to the person's page with a toast, or shows there what was wrong.
func (p *pages) ended(w http.ResponseWriter, r *http.Request, err error, said string) error {
	v := ui.Here(r)
	if err == nil {
		return web.Done(w, r, Path(access.UserID(r.PathValue("person"))), &ui.Toast{Text: said})
	}
	problems := v.Problems(err)
	if problems == nil {
		return err
	}
	page, perr := p.personPage(r, v)
	if perr != nil || page.Roles == nil {
		return err
	}
	if strings.HasSuffix(r.URL.Path, "/roles") {
		page.Roles.Fill(r.PostForm)
	}
	page.Roles.Problems = problems
	page.Status = http.StatusUnprocessableEntity
	return views.Render(w, r, page)
}

func (p *pages) newLink(w http.ResponseWriter, r *http.Request) error {
	id := access.UserID(r.PathValue("person"))
	secret, err := p.access.NewLink(r.Context(), ui.Here(r).User, id)
	if err != nil {
		return p.ended(w, r, err, "")
	}
	return p.showLink(w, r, id, secret)
}

func (p *pages) disable(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	return p.ended(w, r, p.access.Disable(r.Context(), v.User, access.UserID(r.PathValue("person"))), v.T("people.disable.done"))
}

func (p *pages) enable(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	return p.ended(w, r, p.access.Enable(r.Context(), v.User, access.UserID(r.PathValue("person"))), v.T("people.enable.done"))
}

func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	return p.ended(w, r, p.access.SignOutEverywhere(r.Context(), v.User, access.UserID(r.PathValue("person"))), v.T("people.signout.done"))
}
