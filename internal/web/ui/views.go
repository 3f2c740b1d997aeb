package ui

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"text/template/parse"

	"github.com/ownmark/ownmark/internal/access"
)

//go:embed *.html
var components embed.FS

// Templates says which struct each template file draws.
type Templates map[string]any

// Views are the templates of one folder, with the structs they draw.
type Views struct {
	files  fs.FS
	types  map[reflect.Type]string
	names  map[string]reflect.Type
	master *template.Template // never executed, so that it can be cloned
	mu     sync.Mutex
	idle   []*set
}

// set is one copy of the templates, whose functions speak for the visit it is drawing. Sets are kept and used again: a
// template escapes itself when first drawn, which takes longer than drawing.
type set struct {
	*template.Template
	visit *Visit
}

// NewViews reads the folder's *.html. It panics on a template that does not parse, a listed file that is missing, a
// file that is not listed, and a type listed twice, because these are mistakes in the program that a start shows.
func NewViews(files fs.FS, templates Templates) *Views {
	v := &Views{files: files, types: map[reflect.Type]string{}, names: map[string]reflect.Type{}}
	v.master = template.New("").Funcs(functions(&set{}))
	for _, file := range glob(components) {
		parseFile(v.master, components, file, "ui/"+strings.TrimSuffix(file, ".html"))
	}
	for _, file := range glob(files) {
		if files == fs.FS(components) {
			break // they are in already
		}
		if _, listed := templates[file]; !listed {
			panic(fmt.Sprintf("ui: %s is in no list of templates", file))
		}
		parseFile(v.master, files, file, file)
	}
	for name, value := range templates {
		if v.master.Lookup(name) == nil {
			panic(fmt.Sprintf("ui: there is no template %s", name))
		}
		t := reflect.TypeOf(value)
		if other, twice := v.types[t]; twice {
			panic(fmt.Sprintf("ui: %s and %s draw the same %s; give each a type of its own", other, name, t))
		}
		v.types[t], v.names[name] = name, t
	}
	return v
}

func glob(files fs.FS) []string {
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return names
}

func parseFile(into *template.Template, files fs.FS, file, name string) {
	text, err := fs.ReadFile(files, file)
	if err != nil {
		panic(err)
	}
	template.Must(into.New(name).Parse(string(text)))
}

// Files are the folder's files: server reads the style sheets and words out of them.
func (v *Views) Files() fs.FS { return v.files }

// Trees are the parse trees of all templates by name, with the struct each listed one draws; checks read them.
func (v *Views) Trees() (trees map[string]*parse.Tree, drawn map[string]reflect.Type) {
	trees = map[string]*parse.Tree{}
	for _, t := range v.master.Templates() {
		if t.Tree != nil && t.Tree.Root != nil {
			trees[t.Name()] = t.Tree
		}
	}
	return trees, maps.Clone(v.names)
}

// Render answers with page, a struct that embeds Page, in the layout. Nothing is written when it returns an error.
func (v *Views) Render(w http.ResponseWriter, r *http.Request, page any) error {
	p, ok := page.(paged)
	if !ok {
		return fmt.Errorf("ui: %T is no page: embed ui.Page or use Fragment", page)
	}
	visit := Here(r)
	body, err := v.draw(visit, page, func(s *set, content template.HTML, out *bytes.Buffer) error {
		return s.ExecuteTemplate(out, "ui/layout", visit.layout(p.page(), content))
	})
	if err != nil {
		return err
	}
	return send(w, p.page().status(), body)
}

// Fragment answers with pieces of pages, one after the other: what htmx asked for, and a Toast beside it.
func (v *Views) Fragment(w http.ResponseWriter, r *http.Request, pieces ...any) error {
	return v.FragmentStatus(w, r, http.StatusOK, pieces...)
}

// FragmentStatus is Fragment with another status than 200: 422 for a form with problems.
func (v *Views) FragmentStatus(w http.ResponseWriter, r *http.Request, status int, pieces ...any) error {
	var all bytes.Buffer
	for _, piece := range pieces {
		body, err := v.draw(Here(r), piece, nil)
		if err != nil {
			return err
		}
		all.Write(body)
	}
	return send(w, status, all.Bytes())
}

// Escape gives what html/template refuses in the listed templates, which it would otherwise find when first drawn.
func (v *Views) Escape() []error {
	var refused []error
	for name := range v.names {
		clone, err := v.master.Clone()
		if err == nil {
			err = clone.Funcs(functions(&set{})).ExecuteTemplate(io.Discard, name, nil)
		}
		if e, ok := errors.AsType[*template.Error](err); ok {
			refused = append(refused, e)
		}
	}
	return refused
}

// draw executes the template of value's type, and wrap around its output.
func (v *Views) draw(visit *Visit, value any, wrap func(*set, template.HTML, *bytes.Buffer) error) ([]byte, error) {
	name, known := v.types[reflect.TypeOf(value)]
	if !known {
		if name, known = componentOf[reflect.TypeOf(value)]; !known {
			return nil, fmt.Errorf("ui: no template draws %T", value)
		}
	}
	s, err := v.take()
	if err != nil {
		return nil, err
	}
	s.visit = visit
	defer v.give(s)
	var content, out bytes.Buffer
	if err := s.ExecuteTemplate(&content, name, value); err != nil {
		return nil, fmt.Errorf("draw %s: %w", name, err)
	}
	if wrap == nil {
		return content.Bytes(), nil
	}
	if err := wrap(s, template.HTML(content.String()), &out); err != nil { //nolint:gosec // html/template has just escaped it
		return nil, fmt.Errorf("draw the layout of %s: %w", name, err)
	}
	return out.Bytes(), nil
}

func (v *Views) take() (*set, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if last := len(v.idle) - 1; last >= 0 {
		s := v.idle[last]
		v.idle = v.idle[:last]
		return s, nil
	}
	clone, err := v.master.Clone()
	if err != nil {
		return nil, fmt.Errorf("ui: clone the templates: %w", err)
	}
	s := &set{Template: clone}
	s.Funcs(functions(s))
	return s, nil
}

func (v *Views) give(s *set) {
	s.visit = nil
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.idle) < 16 {
		v.idle = append(v.idle, s)
	}
}

func send(w http.ResponseWriter, status int, body []byte) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(body)
	if err != nil {
		return nil //nolint:nilerr // the browser went away: there is nobody to tell
	}
	return nil
}

// componentOf says which component draws a struct by itself, in a Fragment.
var componentOf = map[reflect.Type]string{
	reflect.TypeFor[Toast]():     "ui/toast",
	reflect.TypeFor[Head]():      "ui/head",
	reflect.TypeFor[Pager]():     "ui/pager",
	reflect.TypeFor[Filters]():   "ui/filters",
	reflect.TypeFor[Bulk]():      "ui/bulk",
	reflect.TypeFor[Empty]():     "ui/empty",
	reflect.TypeFor[Form]():      "ui/form",
	reflect.TypeFor[Confirm]():   "ui/confirm",
	reflect.TypeFor[Score]():     "ui/score",
	reflect.TypeFor[Range]():     "ui/range",
	reflect.TypeFor[[]Tab]():     "ui/tabs",
	reflect.TypeFor[[]Fact]():    "ui/facts",
	reflect.TypeFor[[]Event]():   "ui/timeline",
	reflect.TypeFor[[]Picture](): "ui/pictures",
	reflect.TypeFor[Progress]():  "ui/progress",
	reflect.TypeFor[layout]():    "ui/layout",
}

// ComponentTypes are the structs the components draw; checks read them.
func ComponentTypes() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for t, name := range componentOf {
		types[name] = t
	}
	return types
}

// Components are the components' templates; checks read them.
func Components() fs.FS { return components }

// Locales are the words of ui; checks read them.
func Locales() fs.FS { return locales }

// functions are what templates can call, speaking for the visit s is drawing.
func functions(s *set) template.FuncMap {
	return template.FuncMap{
		"T":         func(key string, pairs ...any) string { return s.visit.T(key, pairs...) },
		"N":         func(key string, count int, pairs ...any) string { return s.visit.N(key, count, pairs...) },
		"here":      func() *Visit { return s.visit },
		"may":       func(verb access.Verb) bool { return s.visit.User.Can(verb) },
		"number":    func(n any) string { return s.visit.Number(n) },
		"decimal":   func(n any, digits int) string { return s.visit.Decimal(n, digits) },
		"percent":   func(n any) string { return s.visit.Percent(n) },
		"compact":   func(n any) string { return s.visit.Compact(n) },
		"money":     func(amount any, code string) string { return s.visit.Money(amount, code) },
		"time":      func(t any) template.HTML { return s.visit.timeElement(t, s.visit.Clock, false) },
		"date":      func(t any) template.HTML { return s.visit.timeElement(t, s.visit.Day, false) },
		"ago":       func(t any) template.HTML { return s.visit.timeElement(t, s.visit.Clock, true) },
		"icon":      icon,
		"badge":     badge,
		"verdict":   func(v any) (template.HTML, error) { return verdict(s.visit, v) },
		"highlight": func(text string, spans []Span) template.HTML { return s.visit.Highlight(text, spans) },
		"copy":      func(text any) template.HTML { return copyButton(s.visit, text) },
	}
}

// Functions are what templates can call, with their types; checks read them.
func Functions() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for name, function := range functions(&set{}) {
		types[name] = reflect.TypeOf(function)
	}
	return types
}
