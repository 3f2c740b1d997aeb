package people

import (
	"net/http"
	"net/url"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type keysPage struct {
	ui.Page
	Tabs  []ui.Tab
	Head  ui.Head
	Rows  []keyRow
	Pager ui.Pager
	Empty ui.Empty
	New   *ui.Form // nil when the person may not make keys
	For   choices  // the scopes of that form
}

type keyRow struct {
	access.Key
	By, For string
	State   state
	Revoke  *ui.Confirm
}

func (p *pages) keysPage(r *http.Request, v *ui.Visit) (keysPage, error) {
	q := ui.Ask(r)
	page := keysPage{Page: ui.Page{Title: v.T("people.keys.title"), Lead: v.T("people.keys.lead"), Wide: true}, Tabs: tabs(v, "/people/keys")}
	keys, next, err := p.access.Keys(r.Context(), v.User, q.After(), 50)
	if err != nil {
		return page, err
	}
	var makers []access.UserID
	for _, k := range keys {
		makers = append(makers, k.Maker)
	}
	names, err := p.access.Names(r.Context(), makers)
	if err != nil {
		return page, err
	}
	gone, err := p.gone(r, v, makers)
	if err != nil {
		return page, err
	}
	for _, k := range keys {
		one := keyRow{Key: k, By: names[k.Maker], For: scopeNames(v, k.Scopes), State: state{"good", "circle-check", v.T("people.keys.inforce")}}
		switch {
		case !k.Revoked.IsZero():
			one.State = state{"quiet", "ban", v.T("people.keys.revoked")}
		case !k.Expires.IsZero() && !k.Expires.After(v.Now):
			one.State = state{"quiet", "clock", v.T("people.keys.expired")}
		case gone[k.Maker]:
			one.State = state{"warn", "alert-triangle", v.T("people.keys.stopped")}
		}
		if k.Revoked.IsZero() && v.User.May(access.KeyManage, k.Org) == nil {
			one.Revoke = &ui.Confirm{Label: v.T("people.keys.revoke"), Question: v.T("people.keys.revoke.question", "Name", k.Name), Yes: v.T("people.keys.revoke"),
				Path: "/people/keys/" + url.PathEscape(string(k.ID)) + "/revoke", Danger: true}
		}
		page.Rows = append(page.Rows, one)
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("people.keys.name")}, ui.Column{Label: v.T("people.state")}, ui.Column{Label: v.T("people.keys.scopes")},
		ui.Column{Label: v.T("people.keys.by")}, ui.Column{Label: v.T("people.keys.expires")}, ui.Column{Label: v.T("people.keys.seen")}, ui.Column{Label: v.T("people.keys.revoke"), Hidden: true})
	page.Pager = q.Pager(next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "key", Title: v.T("people.keys.none"), Text: v.T("people.keys.none.text")}
	if !v.User.Can(access.KeyManage) {
		return page, nil
	}
	form := ui.Form{Path: "/people/keys", Submit: v.T("people.keys.make"), Fields: []ui.Field{
		{Name: "name", Label: v.T("people.keys.name"), Hint: v.T("people.keys.name.hint"), Required: true, Max: "100", Complete: "off"},
		{Name: "scopes", Label: v.T("people.keys.scopes"), Hint: v.T("people.keys.scopes.hint"), Required: true},
		{Name: "expires", Label: v.T("people.keys.last"), Type: "date", Hint: v.T("people.keys.expires.hint"), Min: v.Now.In(v.Zone).Format(time.DateOnly)},
	}}
	page.New, page.For = &form, scopeChoices(v, form.Get("scopes"))
	return page, nil
}

// gone says whose keys do not work because their maker was disabled. Of a maker the person may not see it says nothing.
func (p *pages) gone(r *http.Request, v *ui.Visit, makers []access.UserID) (map[access.UserID]bool, error) {
	gone := map[access.UserID]bool{access.System.ID: false}
	for _, id := range makers {
		if _, asked := gone[id]; asked {
			continue
		}
		maker, err := p.access.Person(r.Context(), v.User, id)
		if k := fault.Of(err); err != nil && k != fault.NotFound && k != fault.Forbidden {
			return nil, err
		}
		gone[id] = err == nil && !maker.Active()
	}
	return gone, nil
}

func scopeNames(v *ui.Visit, scopes []access.Verb) string {
	names := ""
	for i, verb := range scopes {
		if i > 0 {
			names += " · "
		}
		names += v.T("people.verb." + string(verb))
	}
	return names
}

func (p *pages) keys(w http.ResponseWriter, r *http.Request) error {
	page, err := p.keysPage(r, ui.Here(r))
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) makeKey(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	var scopes []access.Verb
	for _, verb := range access.Verbs() {
		if r.PostForm.Has("scope." + string(verb)) {
			scopes = append(scopes, verb)
		}
	}
	expires, err := lastMoment(r.PostForm.Get("expires"), v.Zone)
	var key access.Key
	var secret string
	if err == nil {
		key, secret, err = p.access.CreateKey(r.Context(), v.User, r.PostForm.Get("name"), scopes, expires)
	}
	if err == nil {
		w.Header().Set("Cache-Control", "no-store")
		return views.Render(w, r, secretPage{
			Page: ui.Page{Title: v.T("people.keys.made", "Name", key.Name), Crumbs: []ui.Crumb{{Text: v.T("people.keys.title"), Path: "/people/keys"}}},
			Text: v.T("people.keys.made.text"), Secret: secret, Until: key.Expires, Back: ui.Action{Text: v.T("people.keys.title"), Path: "/people/keys", Icon: "key"},
		})
	}
	problems := v.Problems(err)
	if problems == nil {
		return err
	}
	page, perr := p.keysPage(r, v)
	if perr != nil || page.New == nil {
		return err
	}
	page.New.Fill(r.PostForm).Problems = problems
	page.For.Bound = page.New.Get("scopes")
	page.For.fill(r.PostForm)
	page.Status = web.Status(err)
	return views.Render(w, r, page)
}

// lastMoment is the end of a day as a form sends it; zero for none. Years before 1970 are refused here: the day before
// the year 1 ends at the zero time, with which a key would never expire.
func lastMoment(day string, zone *time.Location) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	begins, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil || begins.Year() < 1970 {
		return time.Time{}, fault.Invalid.Say("Write the day as 2026-12-31.").At("expires").Because(err)
	}
	return begins.AddDate(0, 0, 1), nil
}

func (p *pages) revoke(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := p.access.RevokeKey(r.Context(), v.User, access.KeyID(r.PathValue("key"))); err != nil {
		return err
	}
	return web.Done(w, r, "/people/keys", &ui.Toast{Text: v.T("people.keys.revoked.done")})
}
