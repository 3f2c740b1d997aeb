package people

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func site(t *testing.T) *webtest.Site {
	t.Helper()
	s := webtest.NewSite(t)
	s.Serve(nil, Job(s.Access, func(secret string) string { return "https://console.example/sign-in/" + secret }))
	return s
}

func TestInvite(t *testing.T) {
	s := site(t)
	c := s.As(access.Administrator)
	if a := c.Post("/people/invite", "name=&email=nobody&organisation=operator"); a.Status != 422 || strings.Count(a.Body, "is-invalid") < 2 {
		t.Errorf("an empty invitation: %d %.800s", a.Status, a.Body)
	}
	sent := url.Values{"name": {"林 小雨"}, "email": {"lin@example.com"}, "organisation": {"operator"}, "role.reviewer": {"on"}, "language": {"zh"}}
	a := c.Post("/people/invite", sent.Encode())
	link := regexp.MustCompile(`https://console\.example(/sign-in/oml_[\w-]+)`).FindStringSubmatch(a.Body)
	if a.Status != 200 || link == nil || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("an invitation: %d %.800s", a.Status, a.Body)
	}
	if again := c.Post("/people/invite", sent.Encode()); again.Status != 422 || strings.Contains(again.Body, "oml_") {
		t.Errorf("the same once more: %d", again.Status)
	}
	if a := s.As("").Post(link[1], ""); a.Status != 303 {
		t.Errorf("signing in by the link: %d", a.Status)
	}
	list := c.Get("/people?q=lin%40example")
	path := regexp.MustCompile(`/people/[0-9a-f-]{36}`).FindString(list.Body)
	if list.Status != 200 || path == "" || !strings.Contains(list.Body, "Reviewer") {
		t.Fatalf("the list: %d %.800s", list.Status, list.Body)
	}
	if a := c.Post(path+"/roles", "role.analyst=on"); a.Status != 303 {
		t.Errorf("changing roles: %d", a.Status)
	}
	if a := c.Post(path+"/roles", ""); a.Status != 422 {
		t.Errorf("no role at all: %d", a.Status)
	}
	if a := c.Post(path+"/roles", "role.rights-holder=on"); a.Status != 422 {
		t.Errorf("a rights holder's role for one of the marketplace: %d", a.Status)
	}
	if a := c.Post(path+"/disable", ""); a.Status != 303 {
		t.Errorf("disabling: %d", a.Status)
	}
	if body := c.Get("/people?q=lin%40example&disabled=1").Body; !strings.Contains(body, "Disabled</span>") {
		t.Errorf("disabled: %.600s", body)
	}
	if a := c.Post(path+"/enable", ""); a.Status != 303 {
		t.Errorf("enabling: %d", a.Status)
	}
	for _, act := range []string{"/link", "/sign-out"} {
		if a := c.Post(path+act, ""); a.Status != 200 && a.Status != 303 {
			t.Errorf("%s: %d", act, a.Status)
		}
	}
	own := Path(s.User(access.Administrator).ID)
	if a := c.Post(own+"/disable", ""); a.Status < 400 || a.Status >= 500 {
		t.Errorf("disabling oneself: %d", a.Status)
	}
	if a := c.Post(own+"/roles", "role.reviewer=on"); a.Status != 422 {
		t.Errorf("the last administrator gives up: %d", a.Status)
	}
}

func TestOrganisation(t *testing.T) {
	s := site(t)
	c := s.As(access.Administrator)
	if a := c.Post("/people/organisations", "organisation-name="); a.Status != 422 {
		t.Errorf("without a name: %d", a.Status)
	}
	if a := c.Post("/people/organisations", "organisation-name=Halden+AB"); a.Status != 303 || !strings.Contains(c.Get("/people/invite").Body, "Halden AB") {
		t.Errorf("adding: %d", a.Status)
	}
}

func TestKeys(t *testing.T) {
	s := site(t)
	c := s.As(access.Administrator)
	if a := c.Post("/people/keys", "name=feed"); a.Status != 422 {
		t.Errorf("a key for nothing: %d", a.Status)
	}
	if a := c.Post("/people/keys", "name=feed&expires=tomorrow&scope.listing.read=on"); a.Status != 422 {
		t.Errorf("a day that is none: %d", a.Status)
	}
	a := c.Post("/people/keys", "name=feed&expires=2027-01-31&scope.listing.read=on")
	secret := regexp.MustCompile(`omk_[\w-]+`).FindString(a.Body)
	if a.Status != 200 || secret == "" {
		t.Fatalf("a key: %d %.600s", a.Status, a.Body)
	}
	if _, err := s.Access.AuthenticateKey(t.Context(), secret); err != nil {
		t.Errorf("the key is not in force: %v", err)
	}
	list := c.Get("/people/keys").Body
	if strings.Contains(list, secret) {
		t.Error("the list shows the secret")
	}
	path := regexp.MustCompile(`/people/keys/[0-9a-f-]{36}/revoke`).FindString(list)
	if a := c.Post(path, ""); a.Status != 303 {
		t.Errorf("revoking at %q: %d", path, a.Status)
	}
	if _, err := s.Access.AuthenticateKey(t.Context(), secret); err == nil {
		t.Error("the key is still in force")
	}
	if a := c.Post("/people/keys/nothing/revoke", ""); a.Status != 404 {
		t.Errorf("a key that is not there: %d", a.Status)
	}
}

// TestOthers expects those who may not see or change who has access to be refused.
func TestOthers(t *testing.T) {
	s := site(t)
	own := Path(s.User(access.Administrator).ID)
	for _, role := range []access.Role{access.Reviewer, access.RightsHolder, access.Analyst, access.Auditor} {
		c := s.As(role)
		for _, path := range []string{"/people/invite", "/people/organisations", own + "/roles", own + "/disable", own + "/link", "/people/keys"} {
			if a := c.Post(path, "name=x"); a.Status != 403 {
				t.Errorf("POST %s as %s: %d", path, role, a.Status)
			}
		}
	}
	auditor := s.As(access.Auditor)
	for path, want := range map[string]int{"/people": 200, "/people/roles": 200, own: 200, "/people/nobody": 404, "/people/%00": 404, "/people?after=x": 422, "/people?role=king": 200} {
		if a := auditor.Get(path); a.Status != want && (want != 422 || a.Status >= 500) {
			t.Errorf("GET %s as auditor: %d, want %d", path, a.Status, want)
		}
	}
	if body := auditor.Get(own).Body; strings.Contains(body, "/disable") || strings.Contains(body, "<form method=\"post\" action=\""+own) {
		t.Error("an auditor is offered to change things")
	}
}

func TestLook(t *testing.T) {
	s := site(t)
	if a := s.As(access.Administrator).Post("/people/keys", "name=Feed+of+listings&scope.listing.read=on&scope.listing.submit=on"); a.Status != 200 {
		t.Fatal(a.Status)
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("people", "/people")
	b.Shots("people-invite", "/people/invite")
	b.Shots("people-person", Path(s.User(access.Reviewer).ID))
	b.Shots("people-roles", "/people/roles")
	b.Shots("people-keys", "/people/keys")
}
