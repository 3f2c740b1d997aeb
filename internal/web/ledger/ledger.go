// Package ledgerpages is the console's job of showing the ledger: its entries, the proof of each, and whether all of it
// still stands as it was signed.
package ledgerpages

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "check.html": checkPane{}, "entry.html": entryPage{}})

type pages struct {
	log    *ledger.Log
	people *access.Service
	check  *checking
}

// Job is the list of entries, the page of each, and the check of them all. A check goes on until it is done or alive ends,
// whoever asked for it; said hears of one that could not look.
func Job(alive context.Context, log *ledger.Log, people *access.Service, now clock.Clock, said *slog.Logger) web.Job {
	p := &pages{log, people, &checking{alive: alive, log: log, now: now, said: said}}
	return web.Job{
		Rail:  ui.Entry{Name: "ledger.rail", Icon: "books", Path: "/ledger", Verb: access.LedgerRead, Key: "g v"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /ledger", Verb: access.LedgerRead, Handle: p.list},
			{Pattern: "GET /ledger/check", Verb: access.LedgerRead, Handle: p.progress},
			{Pattern: "POST /ledger/check", Verb: access.LedgerRead, Handle: p.verify},
			{Pattern: "GET /ledger/{entry}", Verb: access.LedgerRead, Handle: p.entry},
			{Pattern: "GET /exports/ledger/checkpoint", Verb: access.LedgerRead, Handle: p.checkpoint},
			{Pattern: "GET /exports/ledger/proofs/{entry}", Verb: access.LedgerRead, Handle: p.proof},
		},
	}
}

// Path is the address of an entry's page.
func Path(id string) string { return "/ledger/" + url.PathEscape(id) }

// kinds are what the filter offers: all that the rooms record today.
var kinds = []string{
	"decision.made", "decision.undone", "verdicts.changed", "brand.created", "brand.edited", "brand.archived", "brand.restored", "brand.authorised", "brand.unauthorised",
	"brand.lapsed", "rescan.asked",
	"person.invited", "person.link-made", "person.password-set", "person.roles-changed", "person.disabled", "person.enabled", "session.opened", "session.closed",
	"key.made", "key.revoked", "organisation.made",
}

// kindName is what happened, in the person's words; a kind that has none yet is shown as it is.
func kindName(v *ui.Visit, kind string) string {
	word := v.T("ledger.kind." + kind)
	if strings.HasPrefix(word, "[") {
		return kind
	}
	return word
}

// subjectPaths are the pages of what entries are about.
var subjectPaths = map[string]string{"listing": "/listings/", "brand": "/brands/", "person": "/people/", "seller": "/sellers/"}

// subjectPath is the page of what an entry is about, empty when there is none or none that the person may see.
func subjectPath(v *ui.Visit, subject string) string {
	kind, id, _ := strings.Cut(subject, ":")
	verbs := map[string]access.Verb{"listing": access.ListingRead, "brand": access.BrandRead, "person": access.PeopleRead, "seller": access.SellerRead}
	if id == "" || !v.User.Can(verbs[kind]) {
		return ""
	}
	return subjectPaths[kind] + url.PathEscape(id)
}

type listPage struct {
	ui.Page
	Status  ledger.Status
	Check   checkPane
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
}

type row struct {
	ledger.Entry
	Path, What, About, AboutPath, Who string
}

// Placed reports whether the log holds the entry already.
func (r row) Placed() bool { return r.Position != ledger.Unsequenced }

func (p *pages) rows(ctx context.Context, v *ui.Visit, entries []ledger.Entry) ([]row, error) {
	var ids []access.UserID
	for _, e := range entries {
		ids = append(ids, idOf(e.Actor), idOf(e.Subject))
	}
	names, err := p.people.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(entries))
	for i, e := range entries {
		rows[i] = row{Entry: e, Path: Path(e.ID), What: kindName(v, e.Kind), AboutPath: subjectPath(v, e.Subject),
			About: cmp.Or(names[idOf(e.Subject)], e.Subject), Who: cmp.Or(names[idOf(e.Actor)], e.Actor)}
	}
	return rows, nil
}

// idOf is the id under which access may know an entry's actor or subject: a person, a key or the system.
func idOf(name string) access.UserID {
	if name == access.System.Actor() {
		return access.System.ID
	}
	_, id, _ := strings.Cut(name, ":")
	return access.UserID(id)
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	page, err := p.page(r.Context(), v, q)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) page(ctx context.Context, v *ui.Visit, q ui.Query) (listPage, error) {
	page := listPage{Page: ui.Page{Title: v.T("ledger.title"), Lead: v.T("ledger.lead"), Wide: true}, Check: p.check.pane(v)}
	var err error
	if page.Status, err = p.log.Status(ctx); err != nil {
		return page, err
	}
	entries, next, err := p.log.List(ctx, ledger.Filter{Subject: strings.TrimSpace(q.Get("subject")), Kind: q.Get("kind"), After: q.After(), Limit: 50})
	if err != nil {
		return page, err
	}
	if page.Rows, err = p.rows(ctx, v, entries); err != nil {
		return page, err
	}
	menu := ui.Menu{Name: "kind", Label: v.T("ledger.what")}
	for _, kind := range kinds {
		menu.Options = append(menu.Options, ui.Option{Value: kind, Text: kindName(v, kind), Count: -1})
	}
	page.Filters = q.Filters(&ui.Find{Name: "subject", Label: v.T("ledger.find")}, menu)
	page.Head = q.Head("", false, ui.Column{Label: v.T("ledger.what")}, ui.Column{Label: v.T("ledger.about")},
		ui.Column{Label: v.T("ledger.who")}, ui.Column{Label: v.T("ledger.when")}, ui.Column{Label: v.T("ledger.number"), Number: true})
	page.Pager = q.Pager(next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "books", Title: v.T("ledger.none"), Text: v.T("ledger.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("ledger.nomatch"), Text: v.T("ledger.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/ledger"}}
	}
	return page, nil
}

type entryPage struct {
	ui.Page
	Row   row
	Facts []ui.Fact
	Body  []ui.Fact
	JSON  string
	Proof string // the address of its proof; empty until a checkpoint covers it
}

func (p *pages) entry(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	e, err := p.log.Entry(r.Context(), r.PathValue("entry"))
	if err != nil {
		return err
	}
	rows, err := p.rows(r.Context(), v, []ledger.Entry{e})
	if err != nil {
		return err
	}
	page := entryPage{Page: ui.Page{Title: rows[0].What, Crumbs: []ui.Crumb{{Text: v.T("ledger.title"), Path: "/ledger"}}}, Row: rows[0], Body: bodyFacts(e.Body)}
	page.Facts = []ui.Fact{{Label: v.T("ledger.about"), Value: rows[0].About, Path: rows[0].AboutPath}, {Label: v.T("ledger.subject"), Value: e.Subject}, {Label: v.T("ledger.who"), Value: rows[0].Who}}
	if rows[0].Placed() {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("ledger.number"), Value: v.Number(e.Position)}, ui.Fact{Label: v.T("ledger.hash"), Value: e.Hash().String()})
		page.Proof = "/exports/ledger/proofs/" + url.PathEscape(e.ID)
	}
	var pretty bytes.Buffer
	if len(e.Body) > 0 && json.Indent(&pretty, e.Body, "", "  ") == nil {
		page.JSON = pretty.String()
	}
	return views.Render(w, r, page)
}

// bodyFacts are the fields of what was recorded, in the order in which they were.
func bodyFacts(body json.RawMessage) []ui.Fact {
	d := json.NewDecoder(bytes.NewReader(body))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	var facts []ui.Fact
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return facts
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return facts
		}
		var text string
		var several []string
		switch {
		case json.Unmarshal(value, &text) == nil:
		case json.Unmarshal(value, &several) == nil:
			text = strings.Join(several, ", ")
		default:
			text = string(value)
		}
		if text != "" && text != "null" {
			facts = append(facts, ui.Fact{Label: fmt.Sprint(name), Value: text})
		}
	}
	return facts
}

// proof sends an entry's proof as a file.
func (p *pages) proof(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("entry")
	proof, err := p.log.Prove(r.Context(), id)
	if err != nil {
		return err
	}
	text, err := proof.MarshalText()
	if err != nil {
		return err
	}
	return send(w, "entry-"+id+".tlog-proof", text)
}

// checkpoint sends the newest signed checkpoint as a file.
func (p *pages) checkpoint(w http.ResponseWriter, r *http.Request) error {
	newest, err := p.log.Newest(r.Context())
	if err != nil {
		return err
	}
	return send(w, fmt.Sprintf("checkpoint-%d.txt", newest.Size), []byte(newest.String()))
}

func send(w http.ResponseWriter, name string, text []byte) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	_, _ = w.Write(text) // a browser that went away needs no answer
	return nil
}
