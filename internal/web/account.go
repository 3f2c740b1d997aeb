package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// own is the map of the frame's pages.
func (s *Server) own() []Route {
	routes := []Route{
		{"GET /sign-in", Public, s.signInPage},
		{"POST /sign-in", Public, s.signIn},
		{"GET /sign-in/{token}", Public, s.linkPage},
		{"POST /sign-in/{token}", Public, s.signInByLink},
		{"POST /sign-out", Public, s.signOut},
		{"GET /account", SignedIn, s.account},
		{"POST /account/password", SignedIn, s.setPassword},
		{"POST /account/sign-out-everywhere", SignedIn, s.signOutEverywhere},
		{"POST /account/language", Public, s.setLanguage},
		{"POST /account/theme", Public, s.setTheme},
		{"POST /account/keys", Public, s.setKeys},
		{"POST /views", SignedIn, s.saveView},
		{"POST /views/delete", SignedIn, s.deleteView},
		{"GET /keys", Public, s.keys},
	}
	if s.Design {
		routes = append(routes, Route{"GET /design", Public, s.design}, Route{"POST /design", Public, s.designForm})
	}
	return routes
}

type signInPage struct {
	ui.Page
	Form ui.Form
	Next string
}

func (s *Server) signInForm(v *ui.Visit, next string) signInPage {
	return signInPage{
		Page: ui.Page{Title: v.T("signin.title"), Bare: true},
		Next: next,
		Form: ui.Form{Path: "/sign-in", Submit: v.T("signin.submit"), Fields: []ui.Field{
			{Name: "email", Label: v.T("signin.email"), Type: "email", Complete: "username", Required: true, Focus: true},
			{Name: "password", Label: v.T("signin.password"), Type: "password", Complete: "current-password", Required: true},
			{Name: "next", Type: "hidden", Value: next},
		}},
	}
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	next := local(r.URL.Query().Get("next"), "")
	if !v.User.IsNobody() {
		return Go(w, r, cmp.Or(next, "/"))
	}
	return views.Render(w, r, s.signInForm(v, next))
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return Unreadable(err)
	}
	next := local(r.PostForm.Get("next"), "/")
	session, err := s.Access.SignIn(r.Context(), r.PostForm.Get("email"), r.PostForm.Get("password"), s.Remote(r))
	if err == nil {
		s.keep(w, session)
		return Go(w, r, next)
	}
	page := s.signInForm(v, next)
	page.Form.Fill(r.PostForm)
	switch f, _ := fault.As(err); fault.Of(err) {
	case fault.Unauthenticated, fault.Invalid:
		page.Status = http.StatusUnprocessableEntity
		page.Form.Problems = []ui.Problem{{Text: v.Sentence(f)}}
	case fault.TooMany:
		page.Status = http.StatusTooManyRequests
		page.Form.Problems = []ui.Problem{{Text: v.Sentence(f)}}
	default:
		return err
	}
	page.Form.Fields[0].Focus = false // the summary of problems has it
	return views.Render(w, r, page)
}

type linkPage struct {
	ui.Page
	Path string
	As   string // who is signed in already in this browser; empty when nobody
}

// linkPage only shows a button: mail programs open links to look at them, and must not use up what works once.
func (s *Server) linkPage(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	return views.Render(w, r, linkPage{
		Page: ui.Page{Title: v.T("signin.link"), Bare: true},
		Path: "/sign-in/" + url.PathEscape(r.PathValue("token")), As: v.User.Name,
	})
}

func (s *Server) signInByLink(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	session, err := s.Access.SignInByLink(r.Context(), r.PathValue("token"), s.Remote(r))
	if errors.Is(err, fault.Unauthenticated) {
		page := s.signInForm(v, "")
		page.Status = http.StatusUnprocessableEntity
		if f, ok := fault.As(err); ok {
			page.Form.Problems = []ui.Problem{{Text: v.Sentence(f)}}
		}
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	s.keep(w, session)
	user, _, err := s.Access.Authenticate(r.Context(), session.Token)
	if err != nil {
		return err
	}
	person, err := s.Access.Person(r.Context(), user, user.ID)
	if err != nil {
		return err
	}
	if !person.HasPassword {
		return Go(w, r, "/account?first=1#password")
	}
	return Go(w, r, "/")
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if !v.User.IsNobody() {
		if err := s.Access.SignOut(r.Context(), v.Session); err != nil {
			return err
		}
	}
	s.drop(w)
	return Done(w, r, "/sign-in", &ui.Toast{Text: v.T("signin.out")})
}

type accountPage struct {
	ui.Page
	Person   access.Person
	First    bool // just came by an invitation: a password first
	Facts    []ui.Fact
	Password ui.Form
	Sessions []accountSession
	Everyway ui.Confirm // sign out everywhere
}

type accountSession struct {
	access.Session
	This bool
}

func (s *Server) accountPage(r *http.Request) (accountPage, error) {
	v := ui.Here(r)
	person, err := s.Access.Person(r.Context(), v.User, v.User.ID)
	if err != nil {
		return accountPage{}, err
	}
	sessions, err := s.Access.Sessions(r.Context(), v.User, v.User.ID)
	if err != nil {
		return accountPage{}, err
	}
	var roles []string
	for _, role := range person.Roles {
		roles = append(roles, v.T("ui.role."+string(role)))
	}
	page := accountPage{
		Page:   ui.Page{Title: v.T("account.title")},
		Person: person,
		First:  !person.HasPassword,
		Facts: []ui.Fact{
			{Label: v.T("account.name"), Value: person.Name},
			{Label: v.T("account.email"), Value: person.Email},
			{Label: v.T("account.roles"), Value: strings.Join(roles, v.T("account.and"))},
			{Label: v.T("account.zone"), Value: v.Zone.String()},
		},
		Password: ui.Form{Path: "/account/password", Submit: v.T("account.password.submit")},
		Everyway: ui.Confirm{
			Label: v.T("account.everywhere"), Icon: "logout", Question: v.T("account.everywhere.question"),
			Yes: v.T("account.everywhere"), Path: "/account/sign-out-everywhere", Danger: true,
		},
	}
	if person.HasPassword && !v.Session.ByLink {
		page.Password.Fields = append(page.Password.Fields, ui.Field{Name: "current", Label: v.T("account.password.current"), Type: "password", Complete: "current-password", Required: true})
	}
	page.Password.Fields = append(page.Password.Fields, ui.Field{
		Name: "password", Label: v.T("account.password.next"), Hint: v.T("account.password.hint"), Type: "password", Complete: "new-password", Required: true,
	})
	for _, session := range sessions {
		page.Sessions = append(page.Sessions, accountSession{session, session.ID == v.Session.ID})
	}
	return page, nil
}

func (s *Server) account(w http.ResponseWriter, r *http.Request) error {
	page, err := s.accountPage(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (s *Server) setPassword(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return Unreadable(err)
	}
	err := s.Access.SetPassword(r.Context(), v.User, v.Session, r.PostForm.Get("current"), r.PostForm.Get("password"))
	if err == nil {
		return Done(w, r, "/account", &ui.Toast{Text: v.T("account.password.set")})
	}
	problems := v.Problems(err)
	if problems == nil {
		return err
	}
	page, perr := s.accountPage(r)
	if perr != nil {
		return perr
	}
	if !slices.ContainsFunc(page.Password.Fields, func(f ui.Field) bool { return f.Name == "current" }) &&
		slices.ContainsFunc(problems, func(p ui.Problem) bool { return p.Field == "current" }) {
		// Came by a link, but so long ago that the old password is asked for.
		page.Password.Fields = slices.Insert(page.Password.Fields, 0, ui.Field{Name: "current", Label: v.T("account.password.current"), Type: "password", Complete: "current-password", Required: true})
	}
	page.Password.Problems = problems
	page.Status = Status(err)
	return views.Render(w, r, page)
}

func (s *Server) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := s.Access.SignOutEverywhere(r.Context(), v.User, v.User.ID); err != nil {
		return err
	}
	s.drop(w)
	return Done(w, r, "/sign-in", &ui.Toast{Text: v.T("account.everywhere.done")})
}

// setLanguage, setTheme and setKeys lead back to the page they were asked on.

func (s *Server) setLanguage(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	chosen := r.FormValue("language")
	if !slices.ContainsFunc(ui.Languages, func(l struct{ Tag, Name string }) bool { return l.Tag == chosen }) {
		return fault.Invalid.Say("There is no such language.").At("language")
	}
	if !v.User.IsNobody() {
		if err := s.Access.SetLanguage(r.Context(), v.User, chosen); err != nil {
			return err
		}
	}
	s.prefer(w, languageCookie, chosen)
	return Go(w, r, local(r.FormValue("back"), "/"))
}

func (s *Server) setTheme(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	chosen := access.Theme(r.FormValue("theme"))
	if chosen != access.Auto && chosen != access.Light && chosen != access.Dark {
		return fault.Invalid.Say("There is no such theme.").At("theme")
	}
	if !v.User.IsNobody() {
		if err := s.Access.SetTheme(r.Context(), v.User, chosen); err != nil {
			return err
		}
	}
	s.prefer(w, themeCookie, string(chosen))
	return Go(w, r, local(r.FormValue("back"), "/"))
}

func (s *Server) setKeys(w http.ResponseWriter, r *http.Request) error {
	chosen := "on"
	if r.FormValue("keys") == "off" {
		chosen = "off"
	}
	s.prefer(w, keysCookie, chosen)
	return Go(w, r, local(r.FormValue("back"), "/keys"))
}

func (s *Server) saveView(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return Unreadable(err)
	}
	view := access.SavedView{Page: r.PostForm.Get("page"), Name: r.PostForm.Get("name"), Query: r.PostForm.Get("query")}
	if _, err := url.ParseQuery(view.Query); err != nil || local(view.Page, "") == "" {
		return fault.Invalid.Say("This view cannot be kept.").Because(err)
	}
	if err := s.Access.SaveView(r.Context(), v.User, view); err != nil {
		return err
	}
	return Done(w, r, view.Page+"?"+view.Query, &ui.Toast{Text: v.T("views.saved", "Name", view.Name)})
}

func (s *Server) deleteView(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	page, name := r.PostFormValue("page"), r.PostFormValue("name")
	if err := s.Access.DeleteView(r.Context(), v.User, page, name); err != nil {
		return err
	}
	return Done(w, r, page, &ui.Toast{Text: v.T("views.deleted", "Name", name)})
}

type keysPage struct {
	ui.Page
	Off  bool
	Rail []ui.Entry
}

func (s *Server) keys(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	page := keysPage{Page: ui.Page{Title: v.T("keys.title"), Lead: v.T("keys.lead")}, Off: v.KeysOff}
	for _, entry := range s.frame.Rail {
		if v.User.Can(entry.Verb) {
			page.Rail = append(page.Rail, entry)
		}
	}
	return views.Render(w, r, page)
}

// Unreadable is what is wrong with a form that does not parse.
func Unreadable(err error) error {
	if kind(err) == fault.TooLarge {
		return fault.TooLarge.Say("This form is too large.").Because(err)
	}
	return fault.Invalid.Say("This form cannot be read.").Because(err)
}
