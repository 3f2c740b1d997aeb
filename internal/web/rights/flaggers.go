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

type flaggersPage struct {
	ui.Page
	Tabs  []ui.Tab
	Rows  []flaggerRow
	Empty ui.Empty
	Mark  *ui.Form // nil for who may not
}

type flaggerRow struct {
	enforce.Flagger
	Tag     listings.Tag
	Share   string
	Defects []flaggerDefect
	Suspend *ui.Form // nil where there is nothing to suspend, or not for this person
}

type flaggerDefect struct {
	enforce.Defect
	Path, What string
}

func (p *pages) flaggersPage(r *http.Request) (page flaggersPage, err error) {
	v := ui.Here(r)
	all, err := p.enforce.Flaggers(r.Context(), v.User)
	if err != nil {
		return page, err
	}
	page = flaggersPage{Page: ui.Page{Title: v.T("rights.flaggers"), Lead: v.T("rights.flaggers.lead"), Crumbs: crumbs(v)}, Tabs: tabs(v, "/rights/flaggers"),
		Empty: ui.Empty{Icon: "certificate", Title: v.T("rights.flaggers.none"), Text: v.T("rights.flaggers.none.text")}}
	for _, f := range all {
		row := flaggerRow{Flagger: f, Tag: listings.Tag{Tone: "good", Icon: "circle-check", Text: v.T("rights.flagger.counts")},
			Share: v.T("rights.flagger.share", "Share", v.Percent(f.Share()), "Defects", v.Number(f.Defects), "Notices", v.Number(f.Notices))}
		defects, err := p.enforce.Defects(r.Context(), v.User, f.Organisation)
		if err != nil {
			return page, err
		}
		for _, d := range defects {
			row.Defects = append(row.Defects, flaggerDefect{d, NoticePath(d.Notice), v.T("rights.defect." + string(d.Kind))})
		}
		switch {
		case !f.SuspendedAt.IsZero():
			row.Tag = listings.Tag{Tone: "warn", Icon: "ban", Text: v.T("rights.flagger.suspended")}
		case v.User.Can(access.AccountSuspend):
			row.Suspend = &ui.Form{Path: "/rights/flaggers/" + url.PathEscape(string(f.Organisation)) + "/suspend", Submit: v.T("rights.flagger.suspend"),
				Fields: []ui.Field{{Name: "why", Label: v.T("rights.flagger.why"), Required: true, Hint: v.T("rights.flagger.why.hint")}}}
		}
		page.Rows = append(page.Rows, row)
	}
	if !v.User.Can(access.PeopleManage) {
		return page, nil
	}
	holders, err := p.holders(r)
	if err != nil {
		return page, err
	}
	options := []ui.Option{{Text: v.T("rights.choose")}}
	for _, o := range holders {
		options = append(options, ui.Option{Value: string(o.ID), Text: o.Name})
	}
	page.Mark = &ui.Form{Path: "/rights/flaggers", Submit: v.T("rights.flagger.submit"), Fields: []ui.Field{
		{Name: "organisation", Label: v.T("rights.organisation"), Type: "select", Options: options, Required: true},
		{Name: "coordinator", Label: v.T("rights.flagger.coordinator"), Required: true},
		{Name: "country", Label: v.T("rights.flagger.country"), Required: true, Hint: v.T("rights.flagger.country.hint")},
		{Name: "area", Label: v.T("rights.flagger.area"), Required: true},
		{Name: "awarded", Label: v.T("rights.flagger.awarded"), Type: "date", Required: true},
	}}
	return page, nil
}

func (p *pages) flaggers(w http.ResponseWriter, r *http.Request) error {
	page, err := p.flaggersPage(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) markFlagger(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	sent := r.PostForm
	awarded, wrong := day8601(trimmed(sent, "awarded"))
	var err error
	if wrong != nil {
		err = wrong.At("awarded")
	} else {
		_, err = p.enforce.MarkFlagger(r.Context(), v.User, access.OrgID(sent.Get("organisation")), enforce.Award{Coordinator: sent.Get("coordinator"), Country: sent.Get("country"), Area: sent.Get("area"), AwardedAt: awarded})
	}
	if problems := v.Problems(err); problems != nil {
		page, pageErr := p.flaggersPage(r)
		if pageErr != nil || page.Mark == nil {
			return pageErr
		}
		page.Mark.Fill(sent).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/rights/flaggers", &ui.Toast{Text: v.T("rights.flagger.done")})
}

func (p *pages) suspendFlagger(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	if _, err := p.enforce.SuspendFlagger(r.Context(), v.User, access.OrgID(r.PathValue("organisation")), r.PostForm.Get("why")); err != nil {
		return err
	}
	return web.Done(w, r, "/rights/flaggers", &ui.Toast{Text: v.T("rights.flagger.done")})
}

func defectForm(v *ui.Visit, id enforce.NoticeID) *ui.Form {
	kind := ui.Field{Name: "kind", Label: v.T("rights.defect.kind"), Type: "radio", Required: true}
	for _, k := range enforce.DefectKinds() {
		kind.Options = append(kind.Options, ui.Option{Value: string(k), Text: v.T("rights.defect." + string(k)), Count: -1})
	}
	return &ui.Form{Path: NoticePath(id) + "/defect", Submit: v.T("rights.defect.submit"), Fields: []ui.Field{kind, {Name: "note", Label: v.T("rights.defect.note"), Required: true}}}
}

func (p *pages) logDefect(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	id := enforce.NoticeID(r.PathValue("notice"))
	if err := p.enforce.LogDefect(r.Context(), v.User, id, enforce.DefectKind(r.PostForm.Get("kind")), r.PostForm.Get("note")); err != nil {
		return err
	}
	return web.Done(w, r, NoticePath(id), &ui.Toast{Text: v.T("rights.flagger.done")})
}
