// Package webtest holds a folder of pages against itself: templates against structs, words against both languages and
// their use, classes against style sheets. It also serves a console for tests, with a person of each role.
package webtest

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"

	"github.com/ownmark/ownmark/internal/web/ui"
)

// Check is the one test each folder of pages has: call it from the folder's own test, so that "." is the folder.
//
//	func TestPages(t *testing.T) { webtest.Check(t, views) }
//
// alike are keys whose Chinese may do without a Chinese character (a unit, a name).
func Check(t *testing.T, views *ui.Views, alike ...string) {
	t.Helper()
	trees, drawn := views.Trees()
	for name := range trees {
		if _, own := drawn[name]; !own {
			delete(trees, name)
		}
	}
	check(t, views, views.Files(), ".", trees, alike)
}

func check(t *testing.T, views *ui.Views, files fs.FS, words string, trees map[string]*parse.Tree, alike []string) {
	t.Helper()
	for _, err := range Templates(views) {
		t.Error(err)
	}
	for _, err := range Markup(files) {
		t.Error(err)
	}
	used, err := uses(trees, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range Words(files, words, used, alike) {
		t.Error(err)
	}
}

// Uses are the keys of words that templates and Go files name.
type Uses struct {
	Asked    map[string]string // keys asked for, with the place
	Prefixes []string          // beginnings of keys that are put together: T (print "ui.role." .Role)
	Named    map[string]bool   // every string of the Go files: ui.Entry{Name: "review.rail"}
}

func uses(trees map[string]*parse.Tree, dir string) (Uses, error) {
	u := Uses{Asked: map[string]string{}, Named: map[string]bool{}}
	for name, tree := range trees {
		u.template(name, tree.Root)
	}
	err := sources(dir, func(fset *token.FileSet, file *ast.File) { u.source(fset, file) })
	return u, err
}

func sources(dir string, read func(*token.FileSet, *ast.File)) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			return err
		}
		read(fset, file)
	}
	return nil
}

func (u *Uses) template(name string, node parse.Node) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				u.template(name, child)
			}
		}
	case *parse.ActionNode:
		u.template(name, n.Pipe)
	case *parse.IfNode:
		u.branch(name, n.BranchNode)
	case *parse.WithNode:
		u.branch(name, n.BranchNode)
	case *parse.RangeNode:
		u.branch(name, n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			u.template(name, n.Pipe)
		}
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			u.command(name, command)
		}
	}
}

func (u *Uses) branch(name string, n parse.BranchNode) {
	u.template(name, n.Pipe)
	u.template(name, n.List)
	u.template(name, n.ElseList)
}

func (u *Uses) command(name string, n *parse.CommandNode) {
	for _, arg := range n.Args {
		u.template(name, arg)
		if chain, ok := arg.(*parse.ChainNode); ok {
			u.template(name, chain.Node)
		}
	}
	if f, ok := n.Args[0].(*parse.IdentifierNode); !ok || f.Ident != "T" && f.Ident != "N" || len(n.Args) < 2 {
		return
	}
	switch key := n.Args[1].(type) {
	case *parse.StringNode:
		u.Asked[key.Text] = name
	case *parse.PipeNode:
		if args := key.Cmds[0].Args; len(args) > 1 && (args[0].String() == "print" || args[0].String() == "printf") {
			if text, ok := args[1].(*parse.StringNode); ok {
				prefix, _, _ := strings.Cut(text.Text, "%")
				u.Prefixes = append(u.Prefixes, prefix)
			}
		}
	}
}

func (u *Uses) source(fset *token.FileSet, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if text, ok := literal(n); ok {
				u.Named[text] = true
			}
		case *ast.CallExpr:
			f, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "T" && f.Sel.Name != "N" || len(n.Args) == 0 {
				return true
			}
			if key, ok := literal(n.Args[0]); ok {
				u.Asked[key] = fset.Position(n.Pos()).String()
			} else if sum, ok := n.Args[0].(*ast.BinaryExpr); ok {
				for left, ok := sum.X.(*ast.BinaryExpr); ok; left, ok = left.X.(*ast.BinaryExpr) {
					sum = left
				}
				if prefix, ok := literal(sum.X); ok {
					u.Prefixes = append(u.Prefixes, prefix)
				}
			}
		}
		return true
	})
}

// literal is the string of a literal, or of literals added up.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		return constant.StringVal(constant.MakeFromLiteral(e.Value, token.STRING, 0)), true
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, also := literal(e.Y)
		return left + right, e.Op == token.ADD && ok && also
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return "", false
}

// Words holds the messages of dir in both languages against each other and against their use.
func Words(files fs.FS, dir string, used Uses, alike []string) []error {
	english, err := messages(files, dir, "en")
	if err != nil {
		return []error{err}
	}
	chinese, err := messages(files, dir, "zh")
	if err != nil {
		return []error{err}
	}
	var errors []error
	fail := func(format string, args ...any) { errors = append(errors, fmt.Errorf(format, args...)) }
	for _, key := range slices.Sorted(maps.Keys(english)) {
		en, zh := english[key], chinese[key]
		if zh == nil {
			fail("zh.toml has no %q", key)
			continue
		}
		if en.Other == "" || zh.Other == "" {
			fail("%q says nothing", key)
		}
		if a, b := blanks(en.Other), blanks(zh.Other); !slices.Equal(a, b) {
			fail("%q fills in %v in English, %v in Chinese", key, a, b)
		}
		if !slices.Contains(alike, key) && hasLetters(blank.ReplaceAllString(zh.Other, "")) && !hasHan(zh.Other) {
			fail("the Chinese of %q is not Chinese: %s", key, zh.Other)
		}
		if hasHan(en.Other) && !slices.Contains(alike, key) {
			fail("the English of %q is Chinese", key)
		}
		if _, asked := used.Asked[key]; !asked && !used.Named[key] && !slices.ContainsFunc(used.Prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			fail("nothing uses the word %q", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(chinese)) {
		if english[key] == nil {
			fail("en.toml has no %q", key)
		}
	}
	shared := ui.NewWords()
	for _, key := range slices.Sorted(maps.Keys(used.Asked)) {
		if english[key] == nil && !shared.Has("en", key) {
			fail("%s: there is no word %q", used.Asked[key], key)
		}
	}
	for _, prefix := range used.Prefixes {
		begins := func(key string) bool { return strings.HasPrefix(key, prefix) }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(english)), begins) && !slices.ContainsFunc(shared.Keys(), begins) {
			fail("no word begins with %q", prefix)
		}
	}
	return errors
}

func messages(files fs.FS, dir, tag string) (map[string]*i18n.Message, error) {
	text, err := fs.ReadFile(files, strings.TrimPrefix(dir+"/", "./")+tag+".toml")
	if err != nil {
		return nil, err
	}
	parsed, err := i18n.ParseMessageFileBytes(text, tag+".toml", map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
	if err != nil {
		return nil, fmt.Errorf("%s.toml: %w", tag, err)
	}
	all := map[string]*i18n.Message{}
	for _, m := range parsed.Messages {
		all[m.ID] = m
	}
	return all, nil
}

var blank = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// blanks are the names a message fills in.
func blanks(text string) []string {
	var names []string
	for _, m := range blank.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
func hasLetters(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

var (
	action   = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	classes  = regexp.MustCompile(`\bclass="([^"]*)"`)
	defined  = regexp.MustCompile(`\.(-?[_a-zA-Z][\w-]*)`)
	property = regexp.MustCompile(`(--[\w-]+)\s*:`)
	read     = regexp.MustCompile(`var\((--[\w-]+)\s*\)`)
	inline   = regexp.MustCompile(`(?i)\s(style|on[a-z]+|hx-on[\w:-]*|hx-vals="js:|hx-headers="js:)\s*=|<style|javascript:`)
	scripted = regexp.MustCompile(`(?i)<script(?:\s[^>]*)?>`)
)

// Markup finds what a page must not have: a class or custom property no style sheet knows, inline style or script.
func Markup(files fs.FS) []error {
	var errors []error
	known, properties := map[string]bool{}, map[string]bool{}
	tabler, err := os.ReadFile(filepath.Join(root(), "internal/web/assets/tabler.css"))
	if err != nil {
		return []error{err}
	}
	sheets := []string{string(tabler)}
	for _, folder := range []fs.FS{ui.Files(), files} {
		names, _ := fs.Glob(folder, "*.css") // the pattern is a constant
		for _, name := range names {
			css, err := fs.ReadFile(folder, name)
			if err != nil {
				return []error{err}
			}
			sheets = append(sheets, string(css))
		}
	}
	for _, css := range sheets {
		for _, m := range defined.FindAllStringSubmatch(css, -1) {
			known[m[1]] = true
		}
		for _, m := range property.FindAllStringSubmatch(css, -1) {
			properties[m[1]] = true
		}
	}
	for _, css := range sheets[1:] {
		for _, m := range read.FindAllStringSubmatch(css, -1) {
			if !properties[m[1]] {
				errors = append(errors, fmt.Errorf("no style sheet sets %s", m[1]))
			}
		}
	}
	names, _ := fs.Glob(files, "*.html") // the pattern is a constant
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return []error{err}
		}
		plain := action.ReplaceAllStringFunc(string(text), func(a string) string {
			if word, _, _ := strings.Cut(strings.Trim(a, "{}- "), " "); slices.Contains([]string{"if", "else", "end", "with", "range"}, word) {
				return strings.Repeat(" ", strings.Count(word, "else")) // the words around it stand for themselves
			}
			return "\x00"
		})
		if m := inline.FindString(plain); m != "" {
			errors = append(errors, fmt.Errorf("%s: inline style or script: %s", name, m))
		}
		for _, tag := range scripted.FindAllString(plain, -1) {
			if !strings.Contains(tag, " src=") {
				errors = append(errors, fmt.Errorf("%s: inline script", name))
			}
		}
		for _, m := range classes.FindAllStringSubmatch(plain, -1) {
			for _, class := range strings.Fields(m[1]) {
				if !strings.Contains(class, "\x00") && !known[class] {
					errors = append(errors, fmt.Errorf("%s: no style sheet knows the class %q", name, class))
				}
			}
		}
	}
	return errors
}

// root is the folder of go.mod.
func root() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "."
		}
		dir = up
	}
}

// Sentence is a fault's sentence where the code says it.
type Sentence struct{ Text, Place string }

// constantSaid is the name of a constant that holds a sentence for people: sayDropped.
var constantSaid = regexp.MustCompile(`^say[A-Z]`)

// Sentences are all fault sentences below internal/ that can come to a page: the first argument of every Say on a kind of
// fault, save those of the command line, which speaks English, and every constant named say…. One that is not written out is an error:
// it could not be translated.
func Sentences() ([]Sentence, error) {
	var all []Sentence
	var unreadable []string
	err := filepath.WalkDir(filepath.Join(root(), "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "testdata" || strings.HasPrefix(name, ".") || path == filepath.Join(root(), "internal/cli") || path == filepath.Join(root(), "internal/api") {
			return filepath.SkipDir
		}
		return sources(path, func(fset *token.FileSet, file *ast.File) {
			ast.Inspect(file, func(n ast.Node) bool {
				if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 && constantSaid.MatchString(spec.Names[0].Name) {
					if text, ok := literal(spec.Values[0]); ok {
						all = append(all, Sentence{text, strings.TrimPrefix(fset.Position(spec.Pos()).String(), root()+"/")})
					}
				}
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				f, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || f.Sel.Name != "Say" {
					return true
				}
				place := fset.Position(call.Pos())
				place.Filename = strings.TrimPrefix(place.Filename, root()+"/")
				if text, ok := literal(call.Args[0]); ok {
					all = append(all, Sentence{text, place.String()})
				} else {
					unreadable = append(unreadable, place.String())
				}
				return true
			})
		})
	})
	if err == nil && len(unreadable) > 0 {
		err = fmt.Errorf("a fault's sentence must be written out where it is said, to be translated: %s", strings.Join(unreadable, ", "))
	}
	return all, err
}

// Verbs are what a format fills in, in the order of its arguments: "%s of %d" and "%[2]d … %[1]s" are alike.
func Verbs(format string) []string {
	found := map[int]string{}
	next := 1
	for _, m := range regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*[\d.]*([a-zA-Z%])`).FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1]) // the pattern lets only digits through
		}
		found[next] = m[2]
		next++
	}
	var verbs []string
	for _, i := range slices.Sorted(maps.Keys(found)) {
		verbs = append(verbs, strconv.Itoa(i)+found[i])
	}
	return verbs
}

// CheckComponents is Check for package ui itself: each component against the struct of its name.
func CheckComponents(t *testing.T) {
	t.Helper()
	views := ui.NewViews(ui.Components(), ui.Templates{})
	trees, _ := views.Trees()
	for _, err := range templates(trees, ui.ComponentTypes()) {
		t.Error(err)
	}
	used, err := uses(trees, ".")
	if err != nil {
		t.Fatal(err)
	}
	used.Prefixes = append(used.Prefixes, "ui.role.") // pages about people say them
	for _, err := range Words(ui.Locales(), "locales", used, nil) {
		t.Error(err)
	}
}
