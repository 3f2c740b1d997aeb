package ui

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
)

// Page is what the layout needs to know of every page; a page's struct embeds it first. Its words are already in the
// person's language.
type Page struct {
	Title   string   // of the window and, unless Bare, the page's heading
	Lead    string   // one sentence under the heading; may be empty
	Crumbs  []Crumb  // the way here, without the page itself
	Actions []Action // at the end of the heading's line; at most one is Primary
	Wide    bool     // uses the whole width: tables, split views
	Bare    bool     // draws its own heading (an <h1> in its template)
	Status  int      // HTTP status; 0 means 200
}

// Crumb is one step of the way to a page.
type Crumb struct{ Text, Path string }

// Action is a link that looks like a button.
type Action struct {
	Text, Path, Icon string
	Key              string // its shortcut, "n"
	Primary          bool
}

func (p Page) page() Page { return p }

// paged is any struct that embeds Page.
type paged interface{ page() Page }

// layout is the data of layout.html.
type layout struct {
	Page
	Content template.HTML
	Visit   *Visit
	Rail    []railEntry
	Themes  []choice
	Tongues []choice
	Styles  []string
	Scripts []string
}

type railEntry struct {
	Entry
	Current bool
}

type choice struct {
	Value, Text, Icon string
	Current           bool
}

func (v *Visit) layout(p Page, content template.HTML) layout {
	l := layout{Page: p, Content: content, Visit: v}
	for _, name := range []string{"tabler.css", "ui.css"} {
		l.Styles = append(l.Styles, v.Frame.Assets.URL(name))
	}
	for _, name := range []string{"htmx.min.js", "ui.js"} {
		l.Scripts = append(l.Scripts, v.Frame.Assets.URL(name))
	}
	path, _, _ := strings.Cut(v.Path, "?")
	for _, e := range v.Frame.Rail {
		if v.User.Can(e.Verb) {
			within := path == e.Path || e.Path != "/" && strings.HasPrefix(path, e.Path+"/")
			l.Rail = append(l.Rail, railEntry{e, within})
		}
	}
	for _, t := range []struct{ theme, icon, word string }{
		{string(access.Auto), "device-desktop", v.T("ui.theme.auto")},
		{string(access.Light), "sun", v.T("ui.theme.light")},
		{string(access.Dark), "moon", v.T("ui.theme.dark")},
	} {
		l.Themes = append(l.Themes, choice{t.theme, t.word, t.icon, t.theme == string(v.Theme)})
	}
	for _, lang := range Languages {
		l.Tongues = append(l.Tongues, choice{Value: lang.Tag, Text: lang.Name, Current: lang.Tag == v.Language})
	}
	return l
}

// Initials are one or two letters for the person's badge: of two Latin names the first letters, of a Chinese name its
// last character, as is the custom.
func (l layout) Initials() string {
	words := strings.Fields(l.Visit.User.Name)
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])
	if first[0] >= 0x2E80 {
		return string(first[len(first)-1])
	}
	if len(words) == 1 {
		return strings.ToUpper(string(first[0]))
	}
	return strings.ToUpper(string(first[0]) + string([]rune(words[len(words)-1])[0]))
}

// status writes the status of a page, for Render.
func (p Page) status() int {
	if p.Status == 0 {
		return http.StatusOK
	}
	return p.Status
}
