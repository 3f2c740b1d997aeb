// Package people is the console's job of saying who has access: the people, what each role may do, and the API keys.
package people

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{
	"list.html": listPage{}, "invite.html": invitePage{}, "person.html": personPage{}, "roles.html": rolesPage{}, "keys.html": keysPage{}, "secret.html": secretPage{}, "choices.html": choices{},
})

type pages struct {
	access *access.Service
	link   func(secret string) string
}

// Job is who has access. link makes the address at which a one-time link's secret signs in.
func Job(accounts *access.Service, link func(secret string) string) web.Job {
	p := &pages{accounts, link}
	return web.Job{
		Rail:  ui.Entry{Name: "people.rail", Icon: "users", Path: "/people", Verb: access.PeopleRead, Key: "g p"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /people", Verb: access.PeopleRead, Handle: p.list},
			{Pattern: "GET /people/invite", Verb: access.PeopleManage, Handle: p.invite},
			{Pattern: "POST /people/invite", Verb: access.PeopleManage, Handle: p.sendInvite},
			{Pattern: "POST /people/organisations", Verb: access.PeopleManage, Handle: p.addOrganisation},
			{Pattern: "GET /people/roles", Verb: access.PeopleRead, Handle: p.roles},
			{Pattern: "GET /people/keys", Verb: access.KeyRead, Handle: p.keys},
			{Pattern: "POST /people/keys", Verb: access.KeyManage, Handle: p.makeKey},
			{Pattern: "POST /people/keys/{key}/revoke", Verb: access.KeyManage, Handle: p.revoke},
			{Pattern: "GET /people/{person}", Verb: access.PeopleRead, Handle: p.person},
			{Pattern: "GET /people/{person}/{deed}", Verb: access.PeopleRead, Handle: p.back},
			{Pattern: "POST /people/{person}/roles", Verb: access.PeopleManage, Handle: p.changeRoles},
			{Pattern: "POST /people/{person}/link", Verb: access.PeopleManage, Handle: p.newLink},
			{Pattern: "POST /people/{person}/disable", Verb: access.PeopleManage, Handle: p.disable},
			{Pattern: "POST /people/{person}/enable", Verb: access.PeopleManage, Handle: p.enable},
			{Pattern: "POST /people/{person}/sign-out", Verb: access.PeopleManage, Handle: p.signOut},
		},
	}
}

// Path is the address of a person's page.
func Path(id access.UserID) string { return "/people/" + url.PathEscape(string(id)) }

// tabs join the pages of this job that the person may see.
func tabs(v *ui.Visit, current string) []ui.Tab {
	all := []ui.Tab{{Text: v.T("people.tab.people"), Path: "/people", Count: -1}, {Text: v.T("people.tab.roles"), Path: "/people/roles", Count: -1}}
	if v.User.Can(access.KeyRead) {
		all = append(all, ui.Tab{Text: v.T("people.tab.keys"), Path: "/people/keys", Count: -1})
	}
	for i := range all {
		all[i].Current = all[i].Path == current
	}
	return all
}

type listPage struct {
	ui.Page
	Tabs    []ui.Tab
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	access.Person
	Path, Organisation, Does string
	State                    state
}

// state is whether somebody can sign in, as a badge.
type state struct{ Tone, Icon, Text string }

func stateOf(v *ui.Visit, p access.Person) state {
	switch statusOf(p) {
	case disabled:
		return state{"quiet", "ban", v.T("people.disabled")}
	case invited:
		return state{"info", "mail", v.T("people.invited")}
	}
	return state{"good", "circle-check", v.T("people.active")}
}

// status is what a list of people can be narrowed to, as its address has it. Any other word shows all who may sign in.
type status string

const (
	active   status = "active"   // may sign in, and has
	invited  status = "invited"  // may, and has not yet
	disabled status = "disabled" // may not any more
	everyone status = "all"
)

func statusOf(p access.Person) status {
	switch {
	case !p.Active():
		return disabled
	case p.SignedIn.IsZero():
		return invited
	}
	return active
}

// find is one page of people of a status. Access tells apart only who may sign in and everyone, so the finer statuses
// are picked here from its pages, whole ones, so that its cursor stays good: up to twice f.Limit come back.
func (p *pages) find(ctx context.Context, by access.User, f access.PeopleFilter, s status) (found []access.Person, next string, err error) {
	f.Disabled = s == disabled || s == everyone
	picks := s == active || s == invited || s == disabled
	for {
		some, after, err := p.access.People(ctx, by, f)
		if err != nil {
			return nil, "", err
		}
		for _, one := range some {
			if !picks || statusOf(one) == s {
				found = append(found, one)
			}
		}
		if after == "" || len(found) >= f.Limit {
			return found, after, nil
		}
		f.After = after
	}
}

func roleNames(v *ui.Visit, roles []access.Role) string {
	var names []string
	for _, role := range roles {
		names = append(names, v.T("ui.role."+string(role)))
	}
	return strings.Join(names, " · ")
}

// organisations are the names of those the person may see.
func (p *pages) organisations(r *http.Request, v *ui.Visit) ([]access.Organisation, map[access.OrgID]string, error) {
	all, err := p.access.Organisations(r.Context(), v.User)
	names := map[access.OrgID]string{}
	for _, o := range all {
		names[o.ID] = o.Name
	}
	return all, names, err
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	people, next, err := p.find(r.Context(), v.User, access.PeopleFilter{
		Text: q.Get("q"), Role: access.Role(q.Get("role")), Org: access.OrgID(q.Get("organisation")), After: q.After(), Limit: 50,
	}, status(q.Get("state")))
	if err != nil {
		return err
	}
	all, names, err := p.organisations(r, v)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("people.title"), Lead: v.T("people.lead"), Wide: true}, Tabs: tabs(v, "/people")}
	if v.User.Can(access.PeopleManage) {
		page.Actions = []ui.Action{{Text: v.T("people.invite"), Path: "/people/invite", Icon: "user-plus", Key: "n", Primary: true}}
	}
	for _, one := range people {
		page.Rows = append(page.Rows, row{one, Path(one.ID), names[one.Org], roleNames(v, one.Roles), stateOf(v, one)})
	}
	role := ui.Menu{Name: "role", Label: v.T("people.role")}
	for _, one := range access.Roles() {
		role.Options = append(role.Options, ui.Option{Value: string(one), Text: v.T("ui.role." + string(one)), Count: -1})
	}
	organisation := ui.Menu{Name: "organisation", Label: v.T("people.organisation")}
	for _, one := range all {
		organisation.Options = append(organisation.Options, ui.Option{Value: string(one.ID), Text: one.Name, Count: -1})
	}
	states := ui.Menu{Name: "state", Label: v.T("people.state"), Options: []ui.Option{
		{Value: string(active), Text: v.T("people.active"), Count: -1}, {Value: string(invited), Text: v.T("people.invited"), Count: -1},
		{Value: string(disabled), Text: v.T("people.disabled"), Count: -1}, {Value: string(everyone), Text: v.T("people.disabled.also"), Count: -1},
	}}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("people.find")}, role, organisation, states)
	page.Head = q.Head("", false, ui.Column{Label: v.T("people.name")}, ui.Column{Label: v.T("people.state")}, ui.Column{Label: v.T("people.role")},
		ui.Column{Label: v.T("people.organisation")}, ui.Column{Label: v.T("people.seen")})
	page.Pager = q.Pager(next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "users", Title: v.T("people.nomatch"), Text: v.T("people.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/people"}}
	return views.Render(w, r, page)
}

type rolesPage struct {
	ui.Page
	Tabs  []ui.Tab
	Roles []string
	Rows  []permission
}

// permission is one verb with what each role may do it on.
type permission struct {
	What   string
	Verb   access.Verb
	Scopes []scope
}

type scope struct{ Role, Tone, Icon, Text string }

func (p *pages) roles(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	page := rolesPage{Page: ui.Page{Title: v.T("people.roles.title"), Lead: v.T("people.roles.lead"), Wide: true}, Tabs: tabs(v, "/people/roles")}
	for _, role := range access.Roles() {
		page.Roles = append(page.Roles, v.T("ui.role."+string(role)))
	}
	for _, verb := range access.Verbs() {
		one := permission{What: v.T("people.verb." + string(verb)), Verb: verb}
		for i, role := range access.Roles() {
			s := scope{Role: page.Roles[i]}
			switch access.Matrix[role][verb] {
			case access.All:
				s.Tone, s.Icon, s.Text = "good", "check", v.T("people.scope.all")
			case access.Own:
				s.Tone, s.Icon, s.Text = "info", "building", v.T("people.scope.own")
			case access.None:
				s.Text = v.T("people.scope.none")
			}
			one.Scopes = append(one.Scopes, s)
		}
		page.Rows = append(page.Rows, one)
	}
	return views.Render(w, r, page)
}
