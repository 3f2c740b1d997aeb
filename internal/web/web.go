// Package web serves the console: the frame (routes, sessions, layout, errors, security headers) and the pages that
// belong to no job: signing in, the account, the list of keys. Each job is a folder of its own below this one
// (web/review, web/brands, …) that hands its Job to New; package app wires them.
//
// # How to add a page
//
// The folder is named for the job. It embeds its files (name only kinds of file that are there) and lists which struct
// each template draws:
//
//	//go:embed *.html *.css *.toml
//	var files embed.FS
//
//	var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "brand.html": brandPage{}})
//
// A page is a struct and its template lying together: list.go and list.html, which draws what stands in <main>. Package
// ui lists the functions and components a template has, /design shows them. A list.css, its classes beginning with the
// folder's name, is served with the rest.
//
//	type listPage struct {
//		ui.Page // title, crumbs, actions, status
//		Head    ui.Head
//		Rows    []brand.Brand
//		Pager   ui.Pager
//	}
//
// A handler parses, calls one verb of a room and renders. An error becomes the right status and page in the person's
// language (errors.go). A form that was not accepted is drawn again with Status: 422 and v.Problems(err); one that was
// ends with Done: a redirect, and a toast on the next page.
//
//	func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
//		v, q := ui.Here(r), ui.Ask(r)
//		rows, next, err := p.brands.List(r.Context(), v.User, q.Get("q"), q.After(), 50)
//		if err != nil {
//			return err
//		}
//		return views.Render(w, r, listPage{
//			Page:  ui.Page{Title: v.T("brands.title"), Wide: true},
//			Head:  q.Head("name", false, ui.Column{Key: "name", Label: v.T("brands.name")}),
//			Rows:  rows,
//			Pager: q.Pager(next, len(rows), -1),
//		})
//	}
//
// The Job says where the folder stands in the rail and what each route asks of a person's role. The verb is only the
// first door; the room asks again, for the organisation.
//
//	func Job(brands *brand.Service) web.Job {
//		p := &pages{brands}
//		return web.Job{
//			Rail:  ui.Entry{Name: "brands.rail", Icon: "tags", Path: "/brands", Verb: access.BrandRead, Key: "g b"},
//			Views: views,
//			Routes: []web.Route{
//				{Pattern: "GET /brands", Verb: access.BrandRead, Handle: p.list},
//				{Pattern: "POST /brands/{brand}", Verb: access.BrandEdit, Handle: p.save},
//			},
//		}
//	}
//
// Words are in en.toml and zh.toml, their keys beginning with the folder's name; a plural is a table ["brands.count"] with
// one and other. What faults say goes into ui/locales/faults.zh.toml.
//
// Tests: webtest.Check(t, views) holds templates, words and classes against each other and against their use.
// s := webtest.NewSite(t); s.Serve(nil, Job(…)); s.As(access.Reviewer).Get("/brands") asks for pages as a role does.
// browsertest.Open(t, s.Web) drives Chromium; its Shots("brands", "/brands") takes a page at 1280 and 380 px, light and dark,
// in English and Chinese, and holds each against axe. Look at the pictures.
package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// Handler answers a request. Nothing has been written when it returns an error; the server answers with the error's page.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is one line of a job's map.
type Route struct {
	Pattern string      // as for http.ServeMux, with the method: "POST /listings/{listing}/decision"
	Verb    access.Verb // what the person's role must have; or SignedIn, or Public
	Handle  Handler
}

// Routes that ask for no verb.
const (
	SignedIn access.Verb = ""       // anybody who has signed in
	Public   access.Verb = "public" // anybody at all
)

// Job is one folder of pages.
type Job struct {
	Rail   ui.Entry // its place in the rail; none when its Path is empty
	Views  *ui.Views
	Routes []Route
	Search string // the path of the search page, when this is the job that has it: the field in the top bar leads there
}

// Config is what a server needs. All but Access and Now may be left zero.
type Config struct {
	Access    *access.Service
	Now       clock.Clock
	Log       *slog.Logger  // slog.Default() when nil
	Secure    bool          // people reach us by https: cookies say so, and browsers are told to stay with it
	Simulated bool          // the data is simulated: every page shows the band
	Design    bool          // serve the gallery of components at /design
	Remote    RemoteAddress // who is asking; the connection's address when nil. Behind a proxy, read its header here
	Stay      time.Duration // how long the browser keeps the session's cookie; 14 days when 0. access decides when a session ends
	Origins   []string      // other origins whose pages may post here ("https://console.example"); mostly none
}

// RemoteAddress says from which address a request comes.
type RemoteAddress func(*http.Request) string
