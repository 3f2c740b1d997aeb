// Command trim cuts Tabler's style sheet down to the families of classes that Ownmark's pages use: a page loads a
// quarter of it, and what is left can be read. Run it by `go generate ./internal/web/assets`.
package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// kept are the families a page may use. To use another, add it here and run go generate.
var kept = regexp.MustCompile(`^(?:` + strings.Join([]string{
	// components
	`alert(?:-(?:success|warning|danger|info|important|icon|title|description|heading|link|action|list))?`, `avatar(?:-(?:sm|xs|md))?`,
	`badge`, `breadcrumb(?:-item)?`,
	`btn(?:-(?:primary|secondary|danger|success|warning|link|outline-(?:primary|secondary|danger)|ghost-(?:primary|secondary|danger)|sm|lg|icon|list|group|group-sm|close|check|loading))?`,
	`card(?:-(?:sm|md|body|header|footer|title|subtitle|table|actions|options|stacked|link|status-start|status-top))?`, `cards`,
	`datagrid(?:-(?:item|title|content))?`, `divide-y`,
	`empty(?:-(?:icon|title|subtitle|action|header|img))?`,
	`form-(?:control|control-sm|control-lg|control-plaintext|control-color|label|label-description|select|select-sm|hint|check|check-input|check-label|check-inline|switch|fieldset|footer|selectgroup.*|text|range)`,
	`form-selectgroup(?:-.*)?`, `input-group(?:-(?:text|sm|flat))?`, `input-icon(?:-addon)?`, `(?:is-)?(?:in)?valid(?:-feedback)?`, `was-validated`, `required`,
	`list-(?:unstyled|inline|inline-item|group|group-item|group-flush)`,
	`nav`, `nav-(?:link|item|tabs|underline)`, `tab-content`, `tab-pane`,
	`page-(?:item|link)`, `pagination`, `progress(?:-bar|-sm)?`,
	`spinner-border(?:-sm)?`, `status(?:-dot|-sm)?`, `steps?(?:-item)?`,
	`table(?:-(?:sm|hover|responsive|vcenter|nowrap|active))?`,
	// utilities
	`d-(?:none|block|flex|inline|inline-block|inline-flex|grid|table|print-none|print-block)`,
	`flex-(?:fill|row|column|wrap|nowrap|grow-[01]|shrink-[01])`, `justify-content-(?:start|end|center|between)`,
	`align-items-(?:start|end|center|baseline|stretch)`, `align-self-(?:start|end|center)`, `gap-[0-5]`,
	`[mp][tbsexy]?-(?:[0-5]|auto)`, `(?:w|h|mw|mh)-(?:100|auto)`,
	`text-(?:start|end|center|nowrap|break|truncate|reset|secondary|body|danger|success|warning|uppercase|wrap)`,
	`fw-(?:normal|medium|bold|semibold|light)`, `font-monospace`, `lh-(?:1|sm|base)`,
	`border(?:-(?:0|top|bottom|start|end))?`, `rounded(?:-(?:0|1|2|circle|pill))?`, `overflow-(?:hidden|auto)`,
	`position-(?:relative|absolute|sticky)`, `object-(?:cover|contain)`, `visually-hidden(?:-focusable)?`,
	`active`, `disabled`, `show`, `collapsed`, `row`, `col(?:-(?:auto|[0-9]+))?`, `col-(?:sm|md|lg|xl)(?:-(?:auto|[0-9]+))?`, `small`, `h[1-4]`, `mark`, `lead`,
}, "|") + `)$`)

var (
	class = regexp.MustCompile(`\.(-?[_a-zA-Z](?:[_a-zA-Z0-9-]|\\.)*)`)
	not   = regexp.MustCompile(`:not\([^()]*\)`)
	// What Tabler styles for other people's scripts and for its own layouts.
	foreign = regexp.MustCompile(`data-bs-navbar|data-theme|\[class\*=|data-bs-popper|::-webkit-datetime|:not\(\.btn\)`)
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: trim FULL.css TRIMMED.css")
		os.Exit(2)
	}
	full, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = os.WriteFile(os.Args[2], []byte(Trim(string(full))), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Trim gives the rules of a minified style sheet that can match elements with kept classes only, one a line, after
// Tabler's own licence comment.
func Trim(css string) string {
	css = strings.TrimPrefix(css, `@charset "UTF-8";`)
	var licence string
	if end := strings.Index(css, "*/"); strings.HasPrefix(css, "/*") && end > 0 {
		licence, css = css[:end+2]+"\n", css[end+2:]
	}
	return licence + "/* Cut down by internal/web/assets/trim; do not edit. */\n" + used(trim(css))
}

func trim(css string) string {
	var b strings.Builder
	for _, r := range split(css) {
		switch {
		case r.body == "":
			// A statement (@import, source map) is not needed.
		case strings.HasPrefix(r.head, "@media"), strings.HasPrefix(r.head, "@supports"):
			if inner := trim(r.body); inner != "" {
				fmt.Fprintf(&b, "%s{\n%s}\n", r.head, inner)
			}
		case strings.HasPrefix(r.head, "@"):
			fmt.Fprintf(&b, "%s{%s}\n", r.head, r.body)
		default:
			if head := selectors(r.head); head != "" {
				fmt.Fprintf(&b, "%s{%s}\n", head, r.body)
			}
		}
	}
	return b.String()
}

// selectors keeps those of a list that can match.
func selectors(list string) string {
	var keep []string
	for _, s := range commas(list) {
		if wanted(s) {
			keep = append(keep, s)
		}
	}
	return strings.Join(keep, ",")
}

func wanted(selector string) bool {
	if foreign.MatchString(selector) {
		return false
	}
	for _, m := range class.FindAllStringSubmatch(not.ReplaceAllString(selector, ""), -1) {
		if !kept.MatchString(strings.ReplaceAll(m[1], `\`, "")) {
			return false
		}
	}
	return true
}

// used drops keyframes nobody names and custom properties nobody reads, until nothing more falls away.
func used(css string) string {
	frames := regexp.MustCompile(`(?m)^@keyframes ([\w-]+)\{.*\}\n`)
	css = frames.ReplaceAllStringFunc(css, func(rule string) string {
		if name := frames.FindStringSubmatch(rule)[1]; strings.Count(css, name) > strings.Count(rule, name) {
			return rule
		}
		return ""
	})
	property := regexp.MustCompile(`(--tblr-[\w-]+):[^;{}"]*(;|\})`)
	for {
		before := len(css)
		read := map[string]bool{}
		for _, m := range regexp.MustCompile(`var\((--tblr-[\w-]+)`).FindAllStringSubmatch(css, -1) {
			read[m[1]] = true
		}
		css = property.ReplaceAllStringFunc(css, func(declaration string) string {
			m := property.FindStringSubmatch(declaration)
			if read[m[1]] {
				return declaration
			}
			return strings.TrimPrefix(m[2], ";")
		})
		css = regexp.MustCompile(`(?m)^[^@\n{}]*\{\}\n`).ReplaceAllString(css, "")
		if len(css) == before {
			return css
		}
	}
}

// rule is a selector list or at-rule and what stands between its braces.
type rule struct{ head, body string }

// split cuts a style sheet at its top-level braces and semicolons, minding strings.
func split(css string) []rule {
	var rules []rule
	start, open, depth := 0, 0, 0
	var quote byte
	for i := 0; i < len(css); i++ {
		c := css[i]
		switch {
		case quote != 0:
			switch c {
			case '\\':
				i++
			case quote:
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.HasPrefix(css[i:], "/*"):
			end := strings.Index(css[i:], "*/")
			if end < 0 {
				return rules
			}
			if depth == 0 {
				css = css[:i] + css[i+end+2:]
				i--
			} else {
				i += end + 1
			}
		case c == '{':
			if depth == 0 {
				open = i
			}
			depth++
		case c == '}':
			if depth--; depth == 0 {
				rules = append(rules, rule{strings.TrimSpace(css[start:open]), css[open+1 : i]})
				start = i + 1
			}
		case c == ';' && depth == 0:
			start = i + 1
		}
	}
	return rules
}

// commas splits a selector list where a comma stands outside of brackets.
func commas(list string) []string {
	var parts []string
	depth, start := 0, 0
	for i, c := range list {
		switch c {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, list[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, list[start:])
}
