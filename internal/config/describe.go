package config

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// Describe prints every setting with its comment, where it comes from and its value, in the format of the file, so that what is printed
// can be kept as one. Secrets are hidden.
func (c Config) Describe(w io.Writer, origins Origins) error {
	table := ""
	for i, f := range Fields() {
		var b strings.Builder
		in, name := "", f.Key
		if at := strings.LastIndexByte(f.Key, '.'); at >= 0 {
			in, name = f.Key[:at], f.Key[at+1:]
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		if in != table {
			table = in
			fmt.Fprintf(&b, "[%s]\n\n", table)
		}
		for _, line := range wrap(f.Comment, 98) {
			fmt.Fprintf(&b, "# %s\n", line)
		}
		origin := origins[f.Key]
		if origin == "" {
			origin = Default
		}
		fmt.Fprintf(&b, "# --%s, %s; now from: %s\n", f.Flag, f.Env, quote(string(origin)))
		fmt.Fprintf(&b, "%s = %s\n", name, f.shown(c))
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// String is the configuration with secrets hidden, so that no careless %v tells them.
func (c Config) String() string {
	var parts []string
	for _, f := range Fields() {
		parts = append(parts, f.Key+"="+f.shown(c))
	}
	return strings.Join(parts, " ")
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is the configuration in a log, with secrets hidden.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, f := range Fields() {
		attrs = append(attrs, slog.String(f.Key, f.shown(c)))
	}
	return slog.GroupValue(attrs...)
}

const hidden = "(hidden)"

// secretParameter: options of an address that hold a secret by their name.
var secretParameter = regexp.MustCompile(`(?i)([?&;][^=&;]*(?:pass|pwd|secret|token|key|credential|signature)[^=&;]*=)[^&;]*`)

var nextServer = regexp.MustCompile(`,\s*[A-Za-z][A-Za-z0-9+.-]*://`)

// hide takes the secrets out of an address: postgres://anna:(hidden)@host/db. It would rather hide too much.
func hide(value string) string {
	// Each server of a list has its own; a comma inside a password is hidden with the rest.
	if next := nextServer.FindStringIndex(value); next != nil {
		at := next[0] + 1
		return hide(value[:at-1]) + "," + hide(value[at:])
	}
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		return secretParameter.ReplaceAllString(value, "${1}"+hidden)
	}
	// The last @: a password may hold others, unescaped.
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		name, _, hasPassword := strings.Cut(rest[:at], ":")
		if hasPassword {
			name += ":" + hidden
		} else if !strings.HasPrefix(scheme, "postgres") {
			name = hidden // for NATS a lone name is a token
		}
		rest = name + rest[at:]
	}
	return scheme + "://" + secretParameter.ReplaceAllString(rest, "${1}"+hidden)
}
