package people

import (
	"net/url"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// choices is one field of which several things can be chosen: boxes under one legend, with one place for what is wrong.
type choices struct {
	ui.Bound
	Groups []group
}

// group is some of the boxes, under a heading where there are several groups.
type group struct {
	Title string
	Items []ui.Field // checkboxes
}

// fill ticks what was sent, and nothing else.
func (c choices) fill(sent url.Values) {
	for _, g := range c.Groups {
		for i := range g.Items {
			g.Items[i].Checked = sent.Has(g.Items[i].Name)
		}
	}
}

// roleChoices are the roles that can be held in organisations of these kinds.
func roleChoices(v *ui.Visit, field ui.Bound, held []access.Role, kinds ...access.OrganisationKind) choices {
	all := choices{Bound: field}
	for _, kind := range kinds {
		var g group
		if len(kinds) > 1 {
			g.Title = v.T("people.roles.in." + string(kind))
		}
		for _, role := range access.RolesIn(kind) {
			g.Items = append(g.Items, ui.Field{Name: "role." + string(role), Label: v.T("ui.role." + string(role)), Hint: v.T("people.role.hint." + string(role)), Checked: slices.Contains(held, role)})
		}
		all.Groups = append(all.Groups, g)
	}
	return all
}

// scopeChoices are the verbs that a key made by this person can have.
func scopeChoices(v *ui.Visit, field ui.Bound) choices {
	var g group
	for _, verb := range access.Verbs() {
		if verb.ForKeys() && v.User.Can(verb) {
			g.Items = append(g.Items, ui.Field{Name: "scope." + string(verb), Label: v.T("people.verb." + string(verb)), Hint: string(verb)})
		}
	}
	return choices{field, []group{g}}
}
