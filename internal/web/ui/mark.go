package ui

import (
	"fmt"
	"html/template"
	"reflect"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/internal/web/assets"
)

// icon draws an icon beside a word; whoever uses it alone gives the button an aria-label.
func icon(name string) (template.HTML, error) {
	drawing, ok := assets.Icon(name)
	if !ok {
		return "", fmt.Errorf("there is no icon %q in internal/web/assets/icons", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">` + drawing + `</svg>`), nil //nolint:gosec // our own file
}

var tones = []string{"good", "bad", "warn", "info", "quiet"}

// badge is a state in colour, shape and word.
func badge(tone, iconName, text string) (template.HTML, error) {
	if !slices.Contains(tones, tone) {
		return "", fmt.Errorf("there is no tone %q; there are %v", tone, tones)
	}
	drawn := template.HTML("")
	if iconName != "" {
		var err error
		if drawn, err = icon(iconName); err != nil {
			return "", err
		}
	}
	return template.HTML(`<span class="tag tag-` + tone + `">` + string(drawn) + template.HTMLEscapeString(text) + `</span>`), nil //nolint:gosec // escaped
}

// verdict is the badge of the machine's opinion, a string kind: clear, review or fake.
func verdict(v *Visit, value any) (template.HTML, error) {
	switch word := reflect.ValueOf(value).String(); word {
	case "clear":
		return badge("good", "circle-check", v.T("ui.verdict.clear"))
	case "review":
		return badge("warn", "eye", v.T("ui.verdict.review"))
	case "fake":
		return badge("bad", "alert-octagon", v.T("ui.verdict.fake"))
	case "":
		return badge("quiet", "circle-dashed", v.T("ui.verdict.none"))
	default:
		return "", fmt.Errorf("there is no verdict %q", word)
	}
}

func copyButton(v *Visit, value any) template.HTML {
	text := template.HTMLEscapeString(fmt.Sprint(value))
	drawn, _ := icon("copy")
	return template.HTML(`<span class="copy"><code>` + text + `</code><button type="button" class="bare" data-copy="` + text + //nolint:gosec // escaped
		`" aria-label="` + template.HTMLEscapeString(v.T("ui.copy", "Text", fmt.Sprint(value))) + `">` + string(drawn) + `</button></span>`)
}

// Span is a piece of evidence within a text.
type Span struct {
	Start, End int    // rune offsets, End exclusive; what lies outside of the text is cut off
	Number     int    // of the signal, as in the list of signals: its row has the id "signal-N"
	Label      string // the signal in words
}

// Highlight gives text with its evidence marked: each mark is a link to its signal, which says its name on hover and
// to screen readers, and bears its number. Spans may overlap; spans of no length are left out.
func (v *Visit) Highlight(text string, spans []Span) template.HTML {
	runes := []rune(text)
	cuts := []int{0, len(runes)}
	var sound []Span
	for _, s := range spans {
		s.Start, s.End = max(s.Start, 0), min(s.End, len(runes))
		if s.Start < s.End {
			sound = append(sound, s)
			cuts = append(cuts, s.Start, s.End)
		}
	}
	slices.SortStableFunc(sound, func(a, b Span) int { return a.Start - b.Start })
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var b strings.Builder
	for i := 0; i+1 < len(cuts); i++ {
		start, end := cuts[i], cuts[i+1]
		piece := template.HTMLEscapeString(string(runes[start:end]))
		var over []Span
		for _, s := range sound {
			if s.Start <= start && end <= s.End {
				over = append(over, s)
			}
		}
		if len(over) == 0 {
			b.WriteString(piece)
			continue
		}
		var labels, ends []string
		for _, s := range over {
			label := v.T("ui.evidence", "Number", s.Number, "Label", s.Label)
			labels = append(labels, label)
			if s.End == end {
				ends = append(ends, fmt.Sprint(s.Number))
			}
		}
		title := template.HTMLEscapeString(strings.Join(labels, " · "))
		fmt.Fprintf(&b, `<mark class="evidence"><a href="#signal-%d" title="%s">%s`, over[0].Number, title, piece)
		if len(ends) > 0 {
			fmt.Fprintf(&b, `<sup aria-hidden="true">%s</sup>`, strings.Join(ends, ","))
		}
		fmt.Fprintf(&b, `<span class="visually-hidden"> (%s)</span></a></mark>`, title)
	}
	return template.HTML(b.String()) //nolint:gosec // every part is escaped above
}
