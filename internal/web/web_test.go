package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.Check(t, web.Views, "account.and") }

// TestDoors drives every route as every role and as nobody: who lacks the verb is refused before the handler runs.
func TestDoors(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(func(c *web.Config) { c.Design = true }, gallery())
	path := regexp.MustCompile(`\{[^}]*\}`)
	for _, route := range s.Web.Routes() {
		if route.Pattern == "POST /sign-out" || route.Pattern == "POST /account/sign-out-everywhere" {
			continue // TestSignOut
		}
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		target := path.ReplaceAllString(pattern, "x")
		for _, role := range append(access.Roles(), "") {
			c := s.As(role)
			var got webtest.Answer
			if method == http.MethodGet {
				got = c.Get(target)
			} else {
				got = c.Post(target, "")
			}
			where := fmt.Sprintf("%s as %q", route.Pattern, role)
			refused := got.Status == http.StatusForbidden
			turned := got.Status == http.StatusUnauthorized || strings.HasPrefix(got.Location(), "/sign-in")
			switch {
			case route.Verb == web.Public:
				if refused || turned && pattern != "/sign-in/{token}" {
					t.Errorf("%s: refused with %d", where, got.Status)
				}
			case role == "":
				if !turned {
					t.Errorf("%s: let in with %d", where, got.Status)
				}
			case route.Verb == web.SignedIn || s.User(role).Can(route.Verb):
				if refused || turned {
					t.Errorf("%s: refused with %d", where, got.Status)
				}
			case !refused:
				t.Errorf("%s: let in with %d", where, got.Status)
			}
		}
	}
}

func TestSignIn(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(nil, gallery())
	const password = "correct horse battery staple"
	first := s.As(access.Reviewer)
	if a := first.Post("/account/password", "password="+url.QueryEscape(password)); a.Status != 303 {
		t.Fatalf("set a password: %d %s", a.Status, a.Body)
	}
	if a := first.Get("/account"); !strings.Contains(a.Body, "The password is set.") {
		t.Error("no toast says that the password is set")
	} else if b := first.Get("/account"); strings.Contains(b.Body, "The password is set.") {
		t.Error("the toast comes twice")
	}

	c := s.As("")
	if a := c.Get("/example?x=1"); a.Status != 303 || a.Location() != "/sign-in?next=%2Fexample%3Fx%3D1" {
		t.Errorf("nobody is led to %d %s", a.Status, a.Location())
	}
	wrong := c.Post("/sign-in", "email=chen@harbour.example&password=wrong&next=/example")
	if wrong.Status != 422 || !strings.Contains(wrong.Body, "The email address or the password is not right.") || strings.Contains(wrong.Body, "wrong\"") {
		t.Errorf("a wrong password: %d", wrong.Status)
	}
	if !strings.Contains(wrong.Body, `value="chen@harbour.example"`) {
		t.Error("the address has to be typed again")
	}
	s.Clock.Advance(time.Minute)
	right := c.Post("/sign-in", "email=chen@harbour.example&next=/example&password="+url.QueryEscape(password))
	if right.Status != 303 || right.Location() != "/example" {
		t.Fatalf("the right password: %d %s", right.Status, right.Location())
	}
	cookie := right.Header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the session's cookie lacks %s: %s", part, cookie)
		}
	}
	if a := c.Get("/sign-in"); a.Status != 303 {
		t.Error("who is signed in is asked to sign in")
	}
	// Other hosts are no place to lead to, however they are written.
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", "/a\nb"} {
		s.Clock.Advance(time.Minute)
		a := s.As("").Post("/sign-in", "email=chen@harbour.example&password="+url.QueryEscape(password)+"&next="+url.QueryEscape(next))
		if a.Status != 303 || a.Location() != "/" {
			t.Errorf("next %q leads to %s", next, a.Header.Get("Location"))
		}
	}
	for range 20 {
		wrong = s.As("").Post("/sign-in", "email=eva@halden.example&password=wrong")
	}
	if wrong.Status != http.StatusTooManyRequests {
		t.Errorf("guessing goes on: %d", wrong.Status)
	}
	if strings.Contains(s.Log.String(), "horse") || strings.Contains(s.Log.String(), s.Token(access.Reviewer)) {
		t.Error("the log holds a secret")
	}
}

func TestSignInByLink(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(nil, gallery())
	_, link, err := s.Access.InvitePerson(t.Context(), s.User(access.Administrator), access.Invitation{
		Name: "Gu Wei", Email: "gu@harbour.example", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}, Language: "zh"})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // a mail program looks at links
		if a := s.As("").Get("/sign-in/" + link); a.Status != 200 || !strings.Contains(a.Body, "<form") {
			t.Fatalf("look at the link: %d", a.Status)
		}
	}
	c := s.As("")
	if a := c.Post("/sign-in/"+link, ""); a.Status != 303 || a.Location() != "/account?first=1" {
		t.Fatalf("use the link: %d %s", a.Status, a.Location())
	}
	if a := c.Get("/account"); a.Status != 200 || !strings.Contains(a.Body, "欢迎。请现在设置密码") {
		t.Error("the invited person is not asked for a password, in the language of the invitation")
	}
	again := s.As("").Post("/sign-in/"+link, "")
	if again.Status != 422 || !strings.Contains(again.Body, "This sign-in link was used already or is too old.") {
		t.Errorf("use the link again: %d", again.Status)
	}
	if strings.Contains(s.Log.String(), link) || strings.Contains(s.Log.String(), link[4:]) {
		t.Error("the link's token is in the log")
	}
	if !strings.Contains(s.Log.String(), "/sign-in/…") {
		t.Error("the request for the link is not in the log")
	}
}

func TestSignOut(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(nil, gallery())
	c := s.As(access.Auditor)
	if a := c.Post("/sign-out", ""); a.Status != 303 || c.Cookie(webtest.SessionCookie) != "" {
		t.Fatalf("sign out: %d", a.Status)
	}
	if a := s.As(access.Auditor).Get("/account"); a.Status != 303 {
		t.Error("the session lives on")
	}
	c = s.As(access.Analyst)
	c.Post("/account/sign-out-everywhere", "")
	if a := s.As(access.Analyst).Get("/account"); a.Status != 303 {
		t.Error("one session lives on")
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(nil, gallery())
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}} {
		r := httptest.NewRequest("POST", "/example", strings.NewReader("x=1"))
		for name, values := range header {
			r.Header[name] = values
		}
		a := s.As(access.Reviewer).Do(r)
		if a.Status != http.StatusForbidden || !strings.Contains(a.Body, "sent from another site") {
			t.Errorf("%v: %d", header, a.Status)
		}
	}
	if a := s.As(access.Reviewer).Post("/example", "x=1"); a.Status != 303 {
		t.Errorf("our own form: %d", a.Status)
	}
}

func TestHeaders(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(func(c *web.Config) { c.Secure = true })
	a := s.As("").Get("/sign-in")
	policy := a.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy: %s", policy)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Strict-Transport-Security": "max-age=31536000", "Referrer-Policy": "same-origin",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if strings.Contains(a.Body, "<script>") || regexp.MustCompile(`\son\w+=|\sstyle=`).MatchString(a.Body) {
		t.Error("the page has inline script or style")
	}
	_, link, err := s.Access.InvitePerson(t.Context(), s.User(access.Administrator), access.Invitation{Name: "Gu", Email: "g@x.example", Org: access.OperatorID, Roles: []access.Role{access.Reviewer}})
	if err != nil {
		t.Fatal(err)
	}
	if cookie := s.As("").Post("/sign-in/"+link, "").Header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-") || !strings.Contains(cookie, "Secure") {
		t.Errorf("cookie over https: %s", cookie)
	}
}

func TestErrorsHaveTheirPages(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(func(c *web.Config) { c.Design = true }, gallery())
	c := s.As(access.Reviewer)
	for path, want := range map[string]struct {
		status int
		words  string
	}{
		"/nothing":             {404, "There is nothing at this address"},
		"/example/conflict":    {409, "Another Ownmark is running on x."},
		"/example/large":       {413, "Too large"},
		"/example/many":        {429, "Too many attempts"},
		"/design?state=error":  {503, "The database does not answer."},
		"/design?state=panic":  {500, "Something went wrong here"},
		"/design?state=fine":   {200, "Components"},
		"/static/nothing.css":  {404, ""},
		"/example/../nothing2": {404, ""},
	} {
		a := c.Get(path)
		if a.Status == 301 || a.Status == 307 {
			a = c.Get(a.Location())
		}
		if a.Status != want.status || !strings.Contains(a.Body, want.words) {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	broken := c.Get("/design?state=panic")
	reference := regexp.MustCompile(`<code>(\w{10})</code>`).FindStringSubmatch(broken.Body)
	if reference == nil || !strings.Contains(s.Log.String(), reference[1]) || strings.Contains(broken.Body, "gallery shows") {
		t.Error("the page of a panic has no reference that the log has, or tells too much")
	}
	c.Header.Set("HX-Request", "true")
	if a := c.Get("/example/conflict"); a.Status != 409 || !strings.HasPrefix(strings.TrimSpace(a.Body), `<div id="toasts" hx-swap-oob`) || a.Header.Get("HX-Reswap") != "none" {
		t.Errorf("htmx gets %d %s", a.Status, a.Body)
	}
	if a := s.As(""); a.Header != nil {
		a.Header.Set("HX-Request", "true")
		if got := a.Get("/example"); got.Header.Get("HX-Redirect") != "/sign-in" {
			t.Errorf("htmx without a session: %v", got.Header)
		}
	}
	c = s.As(access.Reviewer)
	if a := c.Post("/example", "x="+strings.Repeat("a", web.MaxBody)); a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", a.Status)
	}
	for kind := fault.Internal; kind <= fault.Unavailable; kind++ {
		if web.Status(kind) == 0 {
			t.Errorf("%v has no status", kind)
		}
	}
}

func TestLanguageThemeAndZone(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(nil, gallery())
	c := s.As("")
	for header, want := range map[string]string{"zh-TW,zh;q=0.9,en;q=0.8": "zh-CN", "de,en;q=0.5": "en", "en-GB": "en", "": "en", strings.Repeat("zz-", 4000): "en", "zh": "zh-CN"} {
		c.Header.Set("Accept-Language", header)
		if a := c.Get("/sign-in"); !strings.Contains(a.Body, `<html lang="`+want+`"`) {
			t.Errorf("%.30s is answered in another language than %s", header, want)
		}
	}
	c = s.As(access.Reviewer)
	if a := c.Post("/account/language", "language=zh&back=/account"); a.Location() != "/account" {
		t.Errorf("language: %d %s", a.Status, a.Location())
	}
	c.Post("/account/theme", "theme=dark")
	a := c.Get("/account")
	if !strings.Contains(a.Body, `data-bs-theme="dark"`) || !strings.Contains(a.Body, "我的账号") {
		t.Error("language and theme do not stay")
	}
	if fresh := s.As(access.Reviewer).Get("/account"); !strings.Contains(fresh.Body, "我的账号") {
		t.Error("the language is the browser's, not the person's")
	}
	if a := c.Post("/account/language", "language=xx"); a.Status != 422 {
		t.Errorf("a language we do not speak: %d", a.Status)
	}
	r := httptest.NewRequest("GET", "/account", nil)
	r.AddCookie(&http.Cookie{Name: "zone", Value: "Asia/Shanghai"})
	if a := s.As(access.Analyst).Do(r); !strings.Contains(a.Body, "17:30") || !strings.Contains(a.Body, "UTC+08:00") {
		t.Error("times are not in the person's zone")
	}
	for _, zone := range []string{"../../etc/passwd", "Local", "Nowhere/Town", strings.Repeat("A", 5000)} {
		r := httptest.NewRequest("GET", "/account", nil)
		r.AddCookie(&http.Cookie{Name: "zone", Value: zone})
		if a := s.As(access.Analyst).Do(r); a.Status != 200 || !strings.Contains(a.Body, "09:30") {
			t.Errorf("zone %.20s: %d", zone, a.Status)
		}
	}
}

func TestSavedViews(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(nil, gallery())
	c := s.As(access.Reviewer)
	if a := c.Post("/views", "page=/example&name=Mine&query=verdict%3Dfake"); a.Status != 303 || a.Location() != "/example?verdict=fake" {
		t.Fatalf("save a view: %d %s", a.Status, a.Location())
	}
	views, err := s.Access.Views(t.Context(), s.User(access.Reviewer), "/example")
	if err != nil || len(views) != 1 || views[0].Query != "verdict=fake" {
		t.Errorf("saved %v, %v", views, err)
	}
	if a := c.Post("/views", "page=https://evil.example&name=Mine&query=x"); a.Status != 422 {
		t.Errorf("a view of another site: %d", a.Status)
	}
	c.Post("/views/delete", "page=/example&name=Mine")
	if views, _ := s.Access.Views(t.Context(), s.User(access.Reviewer), "/example"); len(views) != 0 {
		t.Error("the view is still there")
	}
}

func TestPagesArePacked(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(func(c *web.Config) { c.Design = true })
	c := s.As("")
	plain := c.Get("/design")
	c.Header.Set("Accept-Encoding", "gzip")
	packed := c.Get("/design")
	if packed.Header.Get("Content-Encoding") != "gzip" || len(packed.Body) > len(plain.Body)/3 {
		t.Errorf("packed to %d of %d bytes", len(packed.Body), len(plain.Body))
	}
}

// TestConcurrentPages draws pages for different people at once: words, zones and names must not cross.
func TestConcurrentPages(t *testing.T) {
	s := webtest.NewSite(t)
	s.Serve(nil, gallery())
	done := make(chan string)
	for _, role := range access.Roles() {
		go func() {
			trouble := ""
			for i := range 20 {
				c := s.As(role)
				lang := []string{"en", "zh"}[i%2]
				c.Header.Set("Accept-Language", lang)
				a := c.Get("/account")
				title := map[string]string{"en": "Your account", "zh": "我的账号"}[lang]
				if !strings.Contains(a.Body, s.User(role).Email) || !strings.Contains(a.Body, "<h1>"+title+"</h1>") {
					trouble = fmt.Sprintf("%s in %s saw another's page", role, lang)
				}
			}
			done <- trouble
		}()
	}
	for range access.Roles() {
		if trouble := <-done; trouble != "" {
			t.Error(trouble)
		}
	}
}

func TestNewRefusesWordsTwice(t *testing.T) {
	s := webtest.NewSite(t)
	if _, err := web.New(web.Config{Access: s.Access, Now: s.Clock.Now}, gallery(), gallery2()); err == nil {
		t.Error("two folders have the same word")
	}
}

// gallery2 has the same words as gallery, and no routes.
func gallery2() web.Job { j := gallery(); return web.Job{Views: j.Views, Rail: ui.Entry{}} }

func TestNewRefusesKeysTwice(t *testing.T) {
	s := webtest.NewSite(t)
	empty := ui.NewViews(fstest.MapFS{"en.toml": {}, "zh.toml": {}}, ui.Templates{})
	first, second := web.Job{Views: empty, Rail: ui.Entry{Name: "ui.search", Path: "/one", Key: "g o"}}, web.Job{Views: empty, Rail: ui.Entry{Name: "ui.search", Path: "/other", Key: "g o"}}
	if _, err := web.New(web.Config{Access: s.Access, Now: s.Clock.Now}, first, second); err == nil || !strings.Contains(err.Error(), "/other") {
		t.Errorf("two jobs have the same keys: %v", err)
	}
}
