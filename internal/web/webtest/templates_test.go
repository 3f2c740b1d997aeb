package webtest

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ownmark/ownmark/internal/web/ui"
)

type checked struct {
	ui.Page
	Rows  []row
	Names map[string]row
	At    *time.Time
	Any   any
	Share float64
}

type row struct {
	Title string
	Count int
}

func (row) Upper(s string) string { return strings.ToUpper(s) }

// TestTemplatesFindsMistakes shows that each kind of mistake is found, also on a branch that no sample would take.
func TestTemplatesFindsMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`{{range .Rows}}{{if .Title}}{{.Count}}{{else}}{{.Cuont}}{{end}}{{end}}`: "has no Cuont",
		`{{with $x := index .Rows 0}}{{$x.Titel}}{{end}}`:                        "has no Titel",
		`{{range $name, $row := .Names}}{{$name}}{{$row.Nope}}{{end}}`:           "has no Nope",
		`{{range .Title}}{{end}}`:                                                "cannot range over string",
		`{{template "ui/pager" .Rows}}`:                                          "has no",
		`{{template "ui/nothing" .}}`:                                            "no template",
		`{{icon "no-such-icon"}}`:                                                "no icon",
		`{{time}}`:                                                               "wants 1 arguments",
		`{{range .Rows}}{{.Upper .Count}}{{end}}`:                                "wants string",
		`{{if gt .Share 0}}x{{end}}`:                                             "is an error",
		`{{(index .Rows 0).Missing}}`:                                            "has no Missing",
		`<a href="{{if .Title}}x">{{end}}`:                                       "different contexts",
		`{{.At.Jahr}}`:                                                           "has no Jahr",
	} {
		errors := Templates(views(text))
		found := false
		for _, err := range errors {
			found = found || strings.Contains(err.Error(), want)
		}
		if !found {
			t.Errorf("%s: found %v, want %q", text, errors, want)
		}
	}
	for _, text := range []string{
		`{{range $i, $r := .Rows}}{{$i}}{{$r.Title}}{{$r.Upper "x"}}{{else}}{{$.Share}}{{end}}`, `{{.Any.Whatever.It.Is}}`, `{{.At.Year}}`,
		`{{with .Names}}{{(index . "x").Count}}{{end}}`, `{{T "x" "Name" .Title}}{{N "x" (len .Rows)}}`, `{{if and .Title (gt .Share 0.5)}}x{{end}}`,
	} {
		if errors := Templates(views(text)); errors != nil {
			t.Errorf("%s: %v", text, errors)
		}
	}
}

func views(text string) *ui.Views {
	return ui.NewViews(fstest.MapFS{"page.html": {Data: []byte(text)}}, ui.Templates{"page.html": checked{}})
}

func TestMarkupFindsMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`<p class="card no-such-class">`:            `"no-such-class"`,
		`<p class="{{if .X}}card{{end}} misspelt">`: `"misspelt"`,
		`<p style="color:red">`:                     "inline style",
		`<p onclick="x()">`:                         "inline style or script",
		`<script>x()</script>`:                      "inline script",
		`<p hx-on:click="x()">`:                     "inline style or script",
	} {
		errors := Markup(fstest.MapFS{"page.html": {Data: []byte(text)}})
		if len(errors) != 1 || !strings.Contains(errors[0].Error(), want) {
			t.Errorf("%s: found %v", text, errors)
		}
	}
	if errors := Markup(fstest.MapFS{"page.html": {Data: []byte(`<p class="card tag-{{.Tone}}{{if .X}} btn{{else}} btn-sm{{end}}"><script src="x"></script>`)}}); errors != nil {
		t.Error(errors)
	}
	if errors := Markup(fstest.MapFS{"page.css": {Data: []byte(`.x{color:var(--no-such)}`)}}); len(errors) != 1 {
		t.Error(errors)
	}
}

func TestWordsFindsMistakes(t *testing.T) {
	const en = "\"x.a\" = \"{{.Name}} wins\"\n\"x.b\" = \"B\"\n\"x.c\" = \"C\"\n[\"x.n\"]\none = \"one\"\nother = \"{{.Count}}\"\n"
	used := Uses{Asked: map[string]string{"x.a": "p", "x.gone": "p"}, Prefixes: []string{"x.n", "y."}, Named: map[string]bool{"x.b": true}}
	errors := Words(fstest.MapFS{"en.toml": {Data: []byte(en)}, "zh.toml": {Data: []byte("\"x.a\" = \"赢了\"\n\"x.b\" = \"B\"\n\"x.d\" = \"丁\"\n[\"x.n\"]\nother = \"{{.Count}}\"\n")}}, ".", used, nil)
	var all []string
	for _, err := range errors {
		all = append(all, err.Error())
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{`"x.a" fills in [Name]`, `Chinese of "x.b" is not`, `zh.toml has no "x.c"`, `en.toml has no "x.d"`, `there is no word "x.gone"`, `no word begins with "y."`} {
		if !strings.Contains(text, want) {
			t.Errorf("missed %s in\n%s", want, text)
		}
	}
	if len(errors) != 6 {
		t.Errorf("found too much:\n%s", text)
	}
}

func TestVerbs(t *testing.T) {
	for format, want := range map[string]string{"%d of %s": "1d 2s", "%[2]s 的 %[1]d": "1d 2s", "100%% of %q": "1q", "none": ""} {
		if got := strings.Join(Verbs(format), " "); got != want {
			t.Errorf("%s: %s", format, got)
		}
	}
}
