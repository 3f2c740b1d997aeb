package rights

import (
	"net/http"
	"net/url"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type mandatesPage struct {
	ui.Page
	Tabs  []ui.Tab
	Own   access.OrgID // for others to name; empty for the operator
	Head  ui.Head
	Rows  []mandateRow
	Pager ui.Pager
	Empty ui.Empty
	Give  *ui.Form // nil for who may not
}

type mandateRow struct {
	enforce.NamedMandate
	Tag   listings.Tag
	Until string
	End   *ui.Confirm // nil where there is nothing to end, or not for this person
}

func (p *pages) mandates(w http.ResponseWriter, r *http.Request) error {
	page, err := p.mandatesPage(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) mandatesPage(r *http.Request) (page mandatesPage, err error) {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.enforce.Mandates(r.Context(), v.User, enforce.MandateFilter{After: q.After(), Limit: 50})
	if err != nil {
		return page, err
	}
	page = mandatesPage{Page: ui.Page{Title: v.T("rights.mandates"), Lead: v.T("rights.mandates.lead"), Crumbs: crumbs(v), Wide: true}, Tabs: tabs(v, "/rights/mandates")}
	for _, m := range found.Items {
		row := mandateRow{NamedMandate: m, Tag: listings.Tag{Tone: "good", Icon: "circle-check", Text: v.T("rights.mandate.stands")}, Until: v.T("rights.mandate.endless")}
		if !m.To.IsZero() {
			row.Until = day(v, m.To.Add(-1))
		}
		switch {
		case !m.Ended.IsZero():
			row.Tag = listings.Tag{Tone: "quiet", Icon: "ban", Text: v.T("rights.mandate.ended")}
			row.Until = v.Day(m.Ended)
		case !m.Stands(v.Now):
			row.Tag = listings.Tag{Tone: "quiet", Icon: "calendar", Text: v.T("rights.mandate.lapsed")}
		case v.User.May(access.RightEdit, m.Owner) == nil:
			row.End = &ui.Confirm{Label: v.T("rights.mandate.end"), Question: v.T("rights.mandate.end.question", "Name", m.AgentName), Yes: v.T("rights.mandate.end"), Danger: true,
				Path: "/rights/mandates/" + url.PathEscape(string(m.Owner)) + "/" + url.PathEscape(string(m.Agent)) + "/end"}
		}
		page.Rows = append(page.Rows, row)
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("rights.mandate.owner")}, ui.Column{Label: v.T("rights.mandate.agent")}, ui.Column{Label: v.T("rights.state")}, ui.Column{Label: v.T("rights.mandate.until")},
		ui.Column{Label: v.T("rights.mandate.given")}, ui.Column{Label: v.T("rights.mandate.end"), Hidden: true})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "users", Title: v.T("rights.mandates.none"), Text: v.T("rights.mandates.none.text")}
	own := v.User.Reach(access.RightRead) == access.Own
	if own {
		page.Own = v.User.Org
	}
	if !v.User.Can(access.RightEdit) {
		return page, nil
	}
	form := ui.Form{Path: "/rights/mandates", Submit: v.T("rights.mandate.give")}
	if own {
		form.Fields = []ui.Field{{Name: "agent", Label: v.T("rights.mandate.agent.id"), Required: true, Hint: v.T("rights.mandate.agent.hint")}}
	} else {
		holders, err := p.holders(r)
		if err != nil {
			return page, err
		}
		options := []ui.Option{{Text: v.T("rights.choose")}}
		for _, o := range holders {
			options = append(options, ui.Option{Value: string(o.ID), Text: o.Name})
		}
		form.Fields = []ui.Field{{Name: "owner", Label: v.T("rights.mandate.owner"), Type: "select", Options: options, Required: true}, {Name: "agent", Label: v.T("rights.mandate.agent"), Type: "select", Options: options, Required: true}}
	}
	form.Fields = append(form.Fields, ui.Field{Name: "to", Label: v.T("rights.mandate.until"), Type: "date", Hint: v.T("rights.mandate.until.hint")})
	page.Give = &form
	return page, nil
}

func (p *pages) giveMandate(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	owner := v.User.Org
	if v.User.Reach(access.RightEdit) == access.All {
		owner = access.OrgID(r.PostForm.Get("owner"))
	}
	until, wrong := day8601(trimmed(r.PostForm, "to"))
	var err error
	if wrong != nil {
		err = wrong.At("to")
	} else {
		if !until.IsZero() {
			until = until.AddDate(0, 0, 1) // the day named is the last
		}
		_, err = p.enforce.GiveMandate(r.Context(), v.User, owner, access.OrgID(trimmed(r.PostForm, "agent")), until)
	}
	if problems := v.Problems(err); problems != nil {
		page, pageErr := p.mandatesPage(r)
		if pageErr != nil {
			return pageErr
		}
		if page.Give == nil {
			return err
		}
		page.Give.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/rights/mandates", &ui.Toast{Text: v.T("rights.mandate.done")})
}

func (p *pages) endMandate(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	owner, agent := access.OrgID(r.PathValue("owner")), access.OrgID(r.PathValue("agent"))
	if err := p.enforce.EndMandate(r.Context(), v.User, owner, agent); err != nil {
		return err
	}
	return web.Done(w, r, "/rights/mandates", &ui.Toast{Text: v.T("rights.mandate.end.done")})
}
