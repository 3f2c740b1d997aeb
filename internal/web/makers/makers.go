// Package makers shows one maker: where it is on its way, what the next step asks, and its history. For the programme's people it is the page from which they
// move it; for the firm's own it is the portal's home. What a step is about (the application, training, the brand) are jobs of their own under the same
// address; this package says how they stand side by side.
package makers

import (
	"embed"
	"net/http"
	"net/url"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "maker.html": makerPage{}, "move.html": step{}})

type pages struct {
	cultivate *cultivate.Service
	access    *access.Service
	sources   []Source
}

// Job is the list of makers and the page of each, which shows the cards of the sources below what it says itself.
func Job(programme *cultivate.Service, accounts *access.Service, sources ...Source) web.Job {
	p := &pages{programme, accounts, sources}
	return web.Job{
		Rail:  ui.Entry{Name: "makers.rail", Icon: "building-factory-2", Path: Root, Verb: access.MakerRead, Key: "g m"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /makers", Verb: access.MakerRead, Handle: p.list},
			{Pattern: "GET /exports/makers", Verb: access.MakerRead, Handle: p.export},
			{Pattern: "GET /makers/{maker}", Verb: access.MakerRead, Handle: p.maker},
			{Pattern: "POST /makers/{maker}/move", Verb: access.MakerEdit, Handle: p.move},
			{Pattern: "POST /makers/{maker}/waive", Verb: access.MakerMove, Handle: p.waive},
			{Pattern: "POST /makers/{maker}/unwaive", Verb: access.MakerMove, Handle: p.unwaive},
			{Pattern: "POST /makers/{maker}/owner", Verb: access.MakerMove, Handle: p.own},
		},
	}
}

// Root is where makers stand in the rail.
const Root = "/makers"

// Path is the address of a part of a maker's file; an empty part is its overview.
func Path(id cultivate.MakerID, part string) string {
	path := Root + "/" + url.PathEscape(string(id))
	if part != "" {
		path += "/" + part
	}
	return path
}

// parts is what a maker's file has beside the overview, in the order of the way. A job that adds a part adds its line here; its words are "makers.part." + name.
var parts = []struct {
	name string
	verb access.Verb // who sees it
}{
	{"", access.MakerRead},
	{"application", access.MakerRead},
	{"screening", access.ProgrammeRead},
	{"visits", access.MakerRead},
	{"terms", access.MakerRead},
	{"training", access.MakerRead},
	{"brand", access.MakerRead},
	{"marketing", access.MakerRead},
	{"livelihood", access.MakerRead},
	{"graduation", access.MakerRead},
	{"licences", access.MakerRead},
	{"tasks", access.MakerRead},
	{"messages", access.MakerRead},
	{"actions", access.MakerRead},
	{"documents", access.MakerRead},
}

// Tabs are the parts of a maker's file side by side, for pages under Path.
func Tabs(v *ui.Visit, m cultivate.Maker, current string) []ui.Tab {
	var tabs []ui.Tab
	for _, p := range parts {
		if v.User.Can(p.verb) {
			name := p.name
			if name == "" {
				name = "overview"
			}
			tabs = append(tabs, ui.Tab{Text: v.T("makers.part." + name), Path: Path(m.ID, p.name), Current: p.name == current, Count: -1})
		}
	}
	return tabs
}

// Page is the frame of a page about a maker: its title, and the way to it. A page with an empty title is the maker's own.
func Page(v *ui.Visit, m cultivate.Maker, title string) ui.Page {
	page := ui.Page{Title: title}
	if v.User.Reach(access.MakerRead) == access.All {
		page.Crumbs = []ui.Crumb{{Text: v.T("makers.title"), Path: Root}}
	}
	if title == "" {
		page.Title = m.Name
	} else {
		page.Crumbs = append(page.Crumbs, ui.Crumb{Text: m.Name, Path: Path(m.ID, "")})
	}
	return page
}

// Stage is a stage in the person's language.
func Stage(v *ui.Visit, s cultivate.Stage) string { return v.T("makers.stage." + string(s)) }

// Tag is a stage as a badge.
func Tag(v *ui.Visit, s cultivate.Stage) Badge {
	switch s {
	case cultivate.Graduated:
		return Badge{"good", "star", Stage(v, s)}
	case cultivate.Waitlisted:
		return Badge{"info", "clock", Stage(v, s)}
	case cultivate.Suspended:
		return Badge{"warn", "player-pause", Stage(v, s)}
	case cultivate.Refused, cultivate.Relapsed, cultivate.Expelled:
		return Badge{"bad", "circle-x", Stage(v, s)}
	case cultivate.Draft, cultivate.Left:
		return Badge{"quiet", "circle-dashed", Stage(v, s)}
	}
	return Badge{"info", "flag", Stage(v, s)}
}

// Badge is what the template function badge draws: {{badge .Tone .Icon .Text}}.
type Badge struct{ Tone, Icon, Text string }

// ID reads the maker's id from a request's path.
func ID(r *http.Request) cultivate.MakerID { return cultivate.MakerID(r.PathValue("maker")) }
