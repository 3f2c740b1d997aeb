package cultivate

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// harmless reports what in the markup could run something or load something from elsewhere.
func harmless(t *testing.T, markup string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			if !strings.Contains(" h1 h2 h3 h4 h5 h6 p ul ol li em strong code pre a img br hr blockquote table thead tbody tr th td ", " "+token.Data+" ") {
				t.Fatalf("an element <%s> in %q", token.Data, markup)
			}
			for _, a := range token.Attr {
				value := strings.ToLower(strings.TrimSpace(a.Val))
				if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:") || strings.HasPrefix(value, "data:text") || strings.HasPrefix(value, "file:") {
					t.Fatalf("%s=%q in %q", a.Key, a.Val, markup)
				}
			}
		}
	}
}

func TestLessonHTML(t *testing.T) {
	got, err := LessonText{Markdown: "## Costs\n\n| what | yuan |\n|---|---|\n| sole | 18 |\n\nA <script>alert(1)</script> and [here](javascript:alert(1)) and **this**."}.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h2", "<table>", "<td>18</td>", "<strong>this</strong>"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	harmless(t, string(got))
}

func FuzzLessonHTML(f *testing.F) {
	for _, seed := range []string{"## A", "<b onclick=x>", "[a](javascript:b)", "[a](JaVaScRiPt&colon;b)", "![x](data:text/html,y)", "| a |\n|---|\n| <i> |", "<javascript:x>", "[a]: vbscript:x\n[a]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := LessonText{Markdown: text}.HTML()
		if err == nil {
			harmless(t, string(got))
		}
	})
}
