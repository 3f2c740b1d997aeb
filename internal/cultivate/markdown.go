package cultivate

import (
	"bytes"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// markdown renders CommonMark with tables. Raw HTML and addresses that run something are left out.
var markdown = goldmark.New(goldmark.WithExtensions(extension.Table))

// HTML is the lesson's text for a page. Headings begin at the second level; there is no markup in it that the text brought along.
func (l LessonText) HTML() (template.HTML, error) {
	var b bytes.Buffer
	if err := markdown.Convert([]byte(l.Markdown), &b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // rendered in goldmark's safe mode; FuzzLessonHTML holds it to that
}
