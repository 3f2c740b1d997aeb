package people

import (
	"cmp"
	"fmt"
	"html"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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
	if again := c.Post("/people/invite", sent.Encode()); again.Status != 409 || strings.Contains(again.Body, "oml_") {
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
	if body := c.Get("/people?q=lin%40example&state=disabled").Body; !strings.Contains(body, "Disabled</span>") {
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
	if a := c.Post(own+"/disable", ""); a.Status != 409 || !strings.Contains(a.Body, "You cannot disable yourself") {
		t.Errorf("disabling oneself: %d", a.Status)
	}
	if a := c.Post(own+"/roles", "role.reviewer=on"); a.Status != 409 || !strings.Contains(a.Body, "You cannot give yourself a role") {
		t.Errorf("raising oneself while the last administrator: %d", a.Status)
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

// TestStates walks the list narrowed to each state, which together hold everybody once.
func TestStates(t *testing.T) {
	s := site(t)
	ctx, admin := t.Context(), s.User(access.Administrator)
	for i := range 130 {
		id, _, err := s.Access.InvitePerson(ctx, admin, access.Invitation{Name: fmt.Sprintf("Person %03d", i), Email: fmt.Sprintf("p%03d@harbour.example", i), Org: access.OperatorID, Roles: []access.Role{access.Reviewer}})
		if err == nil && i%3 == 0 {
			err = s.Access.Disable(ctx, admin, id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	active := len(access.Roles()) // the site has a person of each
	rows := regexp.MustCompile(`class="main"><a href="/people/([0-9a-f-]{36})"`)
	next := regexp.MustCompile(`href="([^"]+)" data-key="]"`)
	for query, want := range map[string]int{"": 86 + active, "?state=active": active, "?state=invited": 86, "?state=disabled": 44, "?state=all": 130 + active, "?state=odd": 86 + active} {
		seen := map[string]int{}
		for path := "/people" + query; path != ""; {
			body := s.As(access.Auditor).Get(path).Body
			for _, m := range rows.FindAllStringSubmatch(body, -1) {
				seen[m[1]]++
			}
			path = ""
			if m := next.FindStringSubmatch(body); m != nil {
				path = html.UnescapeString(m[1])
			}
		}
		if len(seen) != want || slices.Max(slices.Collect(maps.Values(seen))) != 1 {
			t.Errorf("%q shows %d people, want each of %d once", query, len(seen), want)
		}
	}
}

// TestLinkSaysWhenItRunsOut: the page tells the life that access gives the link.
func TestLinkSaysWhenItRunsOut(t *testing.T) {
	s := site(t)
	c, at := s.As(access.Administrator), Path(s.User(access.Reviewer).ID)
	for life, want := range map[time.Duration]string{0: "26 Nov 2026 09:30", time.Hour: "23 Nov 2026 10:30"} {
		s.Access.LinkLife = life
		a := c.Post(at+"/link", "")
		if !strings.Contains(a.Body, want) {
			t.Errorf("a link of %s does not say %s: %d", life, want, a.Status)
		}
		secret := regexp.MustCompile(`oml_[\w-]+`).FindString(a.Body)
		s.Clock.Advance(webtest.Now.Sub(s.Clock.Now()) + cmp.Or(life, 3*24*time.Hour) - time.Second)
		if _, err := s.Access.SignInByLink(t.Context(), secret, "192.0.2.1"); err != nil {
			t.Errorf("a second before its end: %v", err)
		}
		s.Clock.Advance(webtest.Now.Sub(s.Clock.Now()))
	}
	if a := c.Get(at + "/link"); a.Status != 303 || a.Location() != at {
		t.Errorf("reading the address of a deed: %d %s", a.Status, a.Location())
	}
}

// TestLayingDownOnesRole leads to a page that may still be seen.
func TestLayingDownOnesRole(t *testing.T) {
	s := site(t)
	second := s.User(access.Analyst).ID
	if err := s.Access.ChangeRoles(t.Context(), access.System, second, []access.Role{access.Administrator, access.Analyst}); err != nil {
		t.Fatal(err)
	}
	c := s.As(access.Analyst)
	if a := c.Post(Path(second)+"/roles", "role.administrator=on&role.analyst=on&role.auditor=on"); a.Status != 409 || !strings.Contains(a.Body, "You cannot give yourself a role") {
		t.Errorf("raising oneself: %d", a.Status)
	}
	if a := c.Post(Path(second)+"/roles", "role.analyst=on"); a.Status != 303 || a.Location() != "/account" {
		t.Errorf("laying down: %d %s", a.Status, a.Location())
	}
}

// TestKeyDays: a key ends when its page says, and is said to be in force only while it is.
func TestKeyDays(t *testing.T) {
	s := site(t)
	ctx, c := t.Context(), s.As(access.Administrator)
	for _, day := range []string{"0000-12-31", "1969-12-31", "2026-13-01", "99999-01-01"} {
		if a := c.Post("/people/keys", "name=k&scope.listing.read=on&expires="+day); a.Status != 422 || strings.Contains(a.Body, "omk_") {
			t.Errorf("the day %s: %d", day, a.Status)
		}
	}
	if a := c.Post("/people/keys", "name=kept&scope.listing.read=on&expires=2026-11-22"); a.Status != 422 || !strings.Contains(a.Body, `name="scope.listing.read" checked`) || !strings.Contains(a.Body, `value="2026-11-22"`) {
		t.Errorf("a day gone by: %d", a.Status)
	}
	if a := c.Post("/people/keys", "name=k"); a.Status != 422 || !strings.Contains(a.Body, `href="#field-scopes"`) {
		t.Errorf("for nothing: %d", a.Status)
	}
	if a := c.Post("/people/keys", "name=january&scope.listing.read=on&expires=2027-01-31"); a.Status != 200 || !strings.Contains(a.Body, "1 Feb 2027 00:00") {
		t.Errorf("to the end of January: %d", a.Status)
	}
	second := s.User(access.Analyst)
	second.Roles = []access.Role{access.Administrator}
	if err := s.Access.ChangeRoles(ctx, access.System, second.ID, second.Roles); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Access.CreateKey(ctx, second, "theirs", []access.Verb{access.ListingRead}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if a := c.Get("/people/keys"); strings.Contains(a.Body, "Maker disabled") {
		t.Error("a maker is called disabled who is not")
	}
	if err := s.Access.Disable(ctx, s.User(access.Administrator), second.ID); err != nil {
		t.Fatal(err)
	}
	if a := c.Get("/people/keys"); !strings.Contains(a.Body, "Maker disabled") {
		t.Error("a key that does not work is called in force")
	}
}

// TestMatrix holds every cell of the page against access.Matrix.
func TestMatrix(t *testing.T) {
	rows := strings.Split(site(t).As(access.Auditor).Get("/people/roles").Body, "<tr>")
	said := map[access.Scope]string{access.All: "</svg>all<", access.Own: "</svg>own organisation<", access.None: ">no<"}
	for _, verb := range access.Verbs() {
		i := slices.IndexFunc(rows, func(row string) bool { return strings.Contains(row, ">"+string(verb)+"</code>") })
		if i < 0 {
			t.Errorf("no row for %s", verb)
			continue
		}
		cells := strings.Split(rows[i], "<td ")[1:]
		for j, role := range access.Roles() {
			if j >= len(cells) || !strings.Contains(cells[j], said[access.Matrix[role][verb]]) {
				t.Errorf("%s of %s: %.300q", verb, role, cells)
			}
		}
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

	// What only the answer of a form shows.
	b.Look(1280, 800, "light")
	b.Go("/people/invite")
	b.Follow(".people-invite .btn-primary")
	b.See(".problems")
	b.Axe()
	b.Shot("people-invite-problems")
	b.Type("#field-name", "林静")
	b.Type("#field-email", "lin@harbour.example")
	b.Click(`input[name="role.reviewer"]`)
	b.Follow(".people-invite .btn-primary")
	b.See(".people-value")
	for _, width := range []int64{1280, 380} {
		for _, scheme := range []string{"light", "dark"} {
			b.Look(width, 800, scheme)
			b.Axe()
			b.Shot(fmt.Sprintf("people-link-%d-%s", width, scheme))
		}
	}
	b.Look(380, 800, "light")
	b.Follow(".people-secret a.btn")
	b.Click(".people-acts div:last-of-type summary")
	b.See(".confirm[open] .btn-danger")
	b.Axe()
	b.Shot("people-disable-question")
	b.Look(1280, 800, "light")
	b.Go(Path(s.User(access.Administrator).ID))
	b.Axe()
	b.Shot("people-self")
}
