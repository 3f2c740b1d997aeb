package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
)

var inPath = regexp.MustCompile(`\{[^}]*\}`)

// TestEveryRouteAsEveryRole drives every route of the console as every role and as nobody. What a role may not do is refused before
// anything else is looked at; what it may do is answered with anything but that. The ids in the paths are another
// organisation's.
func TestEveryRouteAsEveryRole(t *testing.T) {
	a := open(t, testConfig(t, dbtest.URL(t, db.SQLite)))
	ctx := t.Context()
	if _, err := a.Brand.Import(ctx, access.System, []brand.Brand{{ID: "held", Name: "Held"}, {ID: "foreign", Name: "Foreign"}}, false); err != nil {
		t.Fatal(err)
	}
	if err := a.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := market.Save(tx, tx.Now(), []market.Listing{{ID: "foreign", Title: "A shoe", Seller: market.Seller{ID: "foreign"}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	people, err := a.DemoPeople(ctx, "held")
	if err != nil {
		t.Fatal(err)
	}
	console, err := web.New(web.Config{Access: a.Access, Now: clock.System, Log: a.Log}, a.jobs()...)
	if err != nil {
		t.Fatal(err)
	}
	sessions := map[access.Role]string{"": ""}
	for _, p := range people {
		link := p.Link[strings.LastIndexByte(p.Link, '/')+1:]
		session, err := a.Access.SignInByLink(ctx, link, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		sessions[p.Role] = session.Token
	}
	cookie := sessionCookie(t, a, console)
	routes := console.Routes()
	if len(routes) < 20 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, route := range routes {
		method, path, ok := strings.Cut(route.Pattern, " ")
		if !ok {
			t.Errorf("the route %q has no method", route.Pattern)
			continue
		}
		if strings.Contains(path, "sign-out") || strings.Contains(path, "everywhere") {
			continue // would end the session the next routes need
		}
		path = inPath.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "foreign")
		for role, token := range sessions {
			r := httptest.NewRequest(method, path, strings.NewReader(url.Values{}.Encode()))
			if method == http.MethodPost {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			if token != "" {
				r.AddCookie(&http.Cookie{Name: cookie, Value: token})
			}
			w := httptest.NewRecorder()
			console.ServeHTTP(w, r)
			status := w.Code
			if status >= 500 {
				t.Errorf("%s as %q: %d\n%.500s", route.Pattern, role, status, w.Body)
			}
			refused := status == http.StatusForbidden || status == http.StatusUnauthorized ||
				status == http.StatusSeeOther && strings.HasPrefix(w.Header().Get("Location"), "/sign-in")
			user := access.User{ID: "somebody", Org: access.OperatorID, Roles: []access.Role{role}}
			may := route.Verb == web.Public || role != "" && (route.Verb == web.SignedIn || user.Can(route.Verb))
			switch {
			case !may && !refused:
				t.Errorf("%s as %q is answered with %d; the matrix refuses %s", route.Pattern, role, status, route.Verb)
			case may && refused && role != access.RightsHolder && route.Verb != web.Public:
				t.Errorf("%s as %q is refused with %d; the matrix allows %s", route.Pattern, role, status, route.Verb)
			}
			if role == access.RightsHolder && strings.Contains(route.Pattern, "{brand}") && status < 300 && strings.Contains(w.Body.String(), "Foreign") {
				t.Errorf("%s shows a rights holder another organisation's brand", route.Pattern)
			}
		}
	}

	// Another site's page can do nothing in a person's name.
	r := httptest.NewRequest(http.MethodPost, "/account/theme", strings.NewReader("theme=dark"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.AddCookie(&http.Cookie{Name: cookie, Value: sessions[access.Reviewer]})
	w := httptest.NewRecorder()
	console.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("a form from another site: %d", w.Code)
	}
}

// sessionCookie is the name of the cookie that a sign-in sets.
func sessionCookie(t *testing.T, a *App, console http.Handler) string {
	t.Helper()
	person, err := a.Access.PersonByEmail(t.Context(), access.System, demoEmail(access.Auditor))
	if err != nil {
		t.Fatal(err)
	}
	link, err := a.Access.NewLink(t.Context(), access.System, person.ID)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/sign-in/"+link, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	console.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.HttpOnly && strings.Contains(c.Name, "session") {
			return c.Name
		}
	}
	body, _ := io.ReadAll(w.Result().Body)
	t.Fatalf("signing in sets no session cookie: %d %v %.200s", w.Code, w.Result().Cookies(), body)
	return ""
}
