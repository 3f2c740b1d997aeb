package webtest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/web"
)

// Now is the moment at which the clock of a Site stands at first.
var Now = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// SellerAccount is the marketplace's id of the account of the site's seller.
const SellerAccount = "S-901"

// Site is a console for a test: a fresh SQLite database, a clock that stands still, a person of each role. Make the rooms on
// its DB, then Serve the jobs.
type Site struct {
	DB     *db.DB
	Access *access.Service
	Clock  *clock.Manual
	Rights access.OrgID // the rights holder's organisation
	Firm   access.OrgID // the maker's
	Seller access.OrgID // the organisation of the people behind the account SellerAccount
	Bureau access.OrgID // the authority's organisation
	Web    *web.Server  // after Serve
	Log    *Log         // what the server logged

	t      *testing.T
	people map[access.Role]access.User
	tokens map[access.Role]string
}

// NewSite makes the people.
func NewSite(t *testing.T) *Site {
	t.Helper()
	now := clock.At(Now)
	d := dbtest.SQLite(t, now.Now)
	s := &Site{
		DB: d, Clock: now, Log: &Log{}, t: t,
		Access: &access.Service{DB: d, Cost: access.Cost{Memory: 64, Passes: 1, Lanes: 1}},
		people: map[access.Role]access.User{}, tokens: map[access.Role]string{},
	}
	ctx := context.Background()
	link, err := s.Access.Bootstrap(ctx, "Harbour Market", "Ada Lindqvist", "ada@harbour.example")
	s.must(err)
	s.arrive(access.Administrator, link)
	admin := s.people[access.Administrator]
	s.Rights, err = s.Access.AddOrganisation(ctx, admin, "Halden Footwear")
	s.must(err)
	s.Seller, err = s.Access.AddSeller(ctx, admin, SellerAccount, "莆田市步云鞋业有限公司")
	s.must(err)
	s.Bureau, err = s.Access.AddAuthority(ctx, admin, "莆田市市场监督管理局")
	s.must(err)
	for _, p := range []struct {
		role        access.Role
		name, email string
		org         access.OrgID
	}{
		{access.Analyst, "Bo Nyström", "bo@harbour.example", access.OperatorID},
		{access.Reviewer, "陈晓雯", "chen@harbour.example", access.OperatorID},
		{access.RightsHolder, "Eva Halden", "eva@halden.example", s.Rights},
		{access.Seller, "林美玲", "lin@buyun.example", s.Seller},
		{access.Auditor, "Femi Adeyemi", "femi@harbour.example", access.OperatorID},
		{access.ProgrammeManager, "Mia Okafor", "mia@harbour.example", access.OperatorID},
		{access.Inspector, "郑志强", "zheng@harbour.example", access.OperatorID},
		{access.Officer, "林秀英", "lin@bureau.example", s.Bureau},
	} {
		_, link, err := s.Access.InvitePerson(ctx, admin, access.Invitation{Name: p.name, Email: p.email, Org: p.org, Roles: []access.Role{p.role}})
		s.must(err)
		s.arrive(p.role, link)
	}
	s.must(d.Tx(ctx, func(tx *db.Tx) error {
		s.Firm, _, link, err = s.Access.Join(tx, admin, access.MakerOrganisation, "莆田市海风鞋业有限公司", access.Invitation{
			Name: "林师傅", Email: "lin@haifeng.example", Roles: []access.Role{access.Maker},
		})
		return err
	}))
	s.arrive(access.Maker, link)
	return s
}

func (s *Site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *Site) arrive(role access.Role, link string) {
	s.t.Helper()
	session, err := s.Access.SignInByLink(context.Background(), link, "192.0.2.1:1")
	s.must(err)
	user, _, err := s.Access.Authenticate(context.Background(), session.Token)
	s.must(err)
	s.people[role], s.tokens[role] = user, session.Token
}

// Serve puts jobs into a server of this site. change may be nil.
func (s *Site) Serve(change func(*web.Config), jobs ...web.Job) *web.Server {
	s.t.Helper()
	config := web.Config{Access: s.Access, Now: s.Clock.Now, Log: slog.New(slog.NewJSONHandler(s.Log, nil)), Simulated: true}
	if change != nil {
		change(&config)
	}
	server, err := web.New(config, jobs...)
	s.must(err)
	s.Web = server
	return server
}

// User is the site's person of a role.
func (s *Site) User(role access.Role) access.User { return s.people[role] }

// Token is the secret of the session's cookie of the person of a role.
func (s *Site) Token(role access.Role) string { return s.tokens[role] }

// SessionCookie is the name of the session's cookie on a Site.
const SessionCookie = "ownmark_session"

// As sends requests as the person of a role; as nobody when role is empty.
func (s *Site) As(role access.Role) *Client {
	c := &Client{t: s.t, handler: s.Web, cookies: map[string]string{}, Header: http.Header{}}
	if role != "" {
		c.cookies[SessionCookie] = s.tokens[role]
	}
	return c
}

// Client is a browser without eyes. It keeps cookies.
type Client struct {
	Header  http.Header // sent with every request
	t       *testing.T
	handler http.Handler
	cookies map[string]string
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Get asks for a page.
func (c *Client) Get(path string) Answer { return c.Do(httptest.NewRequest(http.MethodGet, path, nil)) }

// Post sends a form as the site's own page does. form is "name=value&…".
func (c *Client) Post(path, form string) Answer {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return c.Do(r)
}

// Do sends any request.
func (c *Client) Do(r *http.Request) Answer {
	for name, values := range c.Header {
		r.Header[name] = values
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	result := w.Result()
	body, err := io.ReadAll(result.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cookie := range result.Cookies() {
		if cookie.MaxAge < 0 {
			delete(c.cookies, cookie.Name)
		} else {
			c.cookies[cookie.Name] = cookie.Value
		}
	}
	return Answer{result.StatusCode, result.Header, string(body)}
}

// Cookie is a cookie the client holds; empty when it does not.
func (c *Client) Cookie(name string) string { return c.cookies[name] }

// Location is where a redirect leads, without its host.
func (a Answer) Location() string {
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil {
		return ""
	}
	return u.RequestURI()
}

// Log is what a server logged; it may be read while the server runs.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write takes a line.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is all lines so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Return signs the person of a role in again, as after days away.
func (s *Site) Return(role access.Role) {
	s.t.Helper()
	link, err := s.Access.NewLink(context.Background(), access.System, s.people[role].ID)
	s.must(err)
	s.arrive(role, link)
}
