package people

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type invitePage struct {
	ui.Page
	Form         ui.Form
	Roles        choices
	Organisation ui.Form
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
		if asked := ui.Ask(r).Get("organisation"); asked == string(one.ID) {
			organisation.Value = asked
		}
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
	roles := ui.Field{Name: "roles", Label: v.T("people.role"), Required: true}
	page.Form = ui.Form{Path: "/people/invite", Submit: v.T("people.invite.submit"), Cancel: "/people", Fields: append(fields, roles, language)}
	page.Roles = roleChoices(v, page.Form.Get("roles"), nil, kindsOf(all)...)
	page.Organisation = ui.Form{Path: "/people/organisations", Submit: v.T("people.organisation.add"), Fields: []ui.Field{
		{Name: "organisation-name", Label: v.T("people.organisation.name"), Hint: v.T("people.organisation.hint"), Required: true, Max: "100"},
		{Name: "organisation-kind", Label: v.T("people.organisation.kind"), Type: "select", Value: string(access.RightsHolderOrganisation), Options: []ui.Option{
			{Value: string(access.RightsHolderOrganisation), Text: v.T("people.organisation.kind.rights-holder")},
			{Value: string(access.AuthorityOrganisation), Text: v.T("people.organisation.kind.authority")},
		}},
	}}
	return page, nil
}

// kindsOf are the kinds of organisation there are among some, each once.
func kindsOf(some []access.Organisation) []access.OrganisationKind {
	var kinds []access.OrganisationKind
	for _, one := range some {
		if !slices.Contains(kinds, one.Kind) {
			kinds = append(kinds, one.Kind)
		}
	}
	return kinds
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
	page.Roles.Bound = page.Form.Get("roles")
	page.Roles.fill(r.PostForm)
	page.Status = web.Status(err)
	return views.Render(w, r, page)
}

func (p *pages) addOrganisation(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	add := p.access.AddOrganisation
	if r.PostForm.Get("organisation-kind") == string(access.AuthorityOrganisation) {
		add = p.access.AddAuthority
	}
	if _, err := add(r.Context(), v.User, r.PostForm.Get("organisation-name")); err != nil {
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
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	return web.Done(w, r, "/people/invite", &ui.Toast{Text: v.T("people.organisation.added")})
}

// secretPage shows what is shown once: a one-time link or the secret of a key.
type secretPage struct {
	ui.Page
	Text, Secret string
	Until        time.Time // when it runs out; zero for never
	Back         ui.Action
}

// linkLife is how long access makes a one-time link good for where its LinkLife is not set.
const linkLife = 3 * 24 * time.Hour

func (p *pages) showLink(w http.ResponseWriter, r *http.Request, id access.UserID, secret string) error {
	v := ui.Here(r)
	person, err := p.access.Person(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	life := p.access.LinkLife
	if life <= 0 {
		life = linkLife
	}
	w.Header().Set("Cache-Control", "no-store")
	return views.Render(w, r, secretPage{
		Until: v.Now.Add(life),
		Page:  ui.Page{Title: v.T("people.link.title", "Name", person.Name), Crumbs: []ui.Crumb{{Text: v.T("people.title"), Path: "/people"}}},
		Text:  v.T("people.link.text", "Name", person.Name, "Email", person.Email), Secret: p.link(secret), Back: ui.Action{Text: person.Name, Path: Path(id), Icon: "user"},
	})
}

type personPage struct {
	ui.Page
	State    state
	Facts    []ui.Fact
	You      bool     // it is the reader
	Roles    *ui.Form // nil when the reader may not change them
	Choices  choices  // the roles of that form
	Acts     []ui.Confirm
	Sessions []access.Session
	Entries  string // the ledger's entries about the person; empty when not to be seen
}

func (p *pages) personPage(r *http.Request, v *ui.Visit) (personPage, error) {
	person, err := p.access.Person(r.Context(), v.User, access.UserID(r.PathValue("person")))
	if err != nil {
		return personPage{}, err
	}
	all, names, err := p.organisations(r, v)
	if err != nil {
		return personPage{}, err
	}
	page := personPage{You: person.ID == v.User.ID, Page: ui.Page{Title: person.Name, Crumbs: []ui.Crumb{{Text: v.T("people.title"), Path: "/people"}}}, State: stateOf(v, person)}
	page.Facts = []ui.Fact{
		{Label: v.T("people.email"), Value: person.Email}, {Label: v.T("people.organisation"), Value: names[person.Org]},
		{Label: v.T("people.role"), Value: roleNames(v, person.Roles)}, {Label: v.T("people.since"), Value: v.Day(person.Invited)},
		{Label: v.T("people.seen"), Value: v.T("people.never")},
	}
	if !person.SignedIn.IsZero() {
		page.Facts[len(page.Facts)-1].Value = v.Clock(person.SignedIn)
	}
	if !person.Active() {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("people.disabled.since"), Value: v.Clock(person.Disabled)})
	}
	if v.User.Can(access.LedgerRead) {
		page.Entries = "/ledger?" + url.Values{"subject": {"person:" + string(person.ID)}}.Encode()
	}
	if v.User.May(access.PeopleManage, person.Org) != nil {
		return page, nil
	}
	at := Path(person.ID)
	page.Roles = &ui.Form{Path: at + "/roles", Submit: v.T("people.roles.save"), Fields: []ui.Field{{Name: "roles", Label: v.T("people.may"), Required: true}}}
	of := slices.IndexFunc(all, func(o access.Organisation) bool { return o.ID == person.Org })
	if of < 0 {
		return personPage{}, fault.NotFound.Say("There is no such organisation.")
	}
	page.Choices = roleChoices(v, page.Roles.Get("roles"), person.Roles, all[of].Kind)
	if person.Active() {
		page.Acts = append(page.Acts, ui.Confirm{Label: v.T("people.link"), Icon: "link", Question: v.T("people.link.question"), Yes: v.T("people.link"), Path: at + "/link"},
			ui.Confirm{Label: v.T("people.signout"), Icon: "logout", Question: v.T("people.signout.question"), Yes: v.T("people.signout"), Path: at + "/sign-out"})
		if !page.You {
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

// back leads from the address of a deed to its person: there a browser asks for it after the language was changed on
// the answer of a form.
func (p *pages) back(w http.ResponseWriter, r *http.Request) error {
	return web.Go(w, r, Path(access.UserID(r.PathValue("person"))))
}

func (p *pages) changeRoles(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	id, roles := access.UserID(r.PathValue("person")), ticked(r.PostForm)
	err := p.access.ChangeRoles(r.Context(), v.User, id, roles)
	after := access.User{ID: id, Org: v.User.Org, Roles: roles}
	if err == nil && id == v.User.ID && !after.Can(access.PeopleRead) {
		// Who has laid down their own role may not see this page any more.
		return web.Done(w, r, "/account", &ui.Toast{Text: v.T("people.roles.saved")})
	}
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
	page.Roles.Problems = problems
	page.Choices.Bound = page.Roles.Get("roles")
	if strings.HasSuffix(r.URL.Path, "/roles") {
		page.Choices.fill(r.PostForm)
	}
	page.Status = web.Status(err)
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
