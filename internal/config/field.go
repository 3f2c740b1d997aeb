package config

import (
	_ "embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

//go:embed config.go
var source string

// Field is one setting.
type Field struct {
	Key     string // in the file: "log.level"
	Flag    string // without dashes before it: "log-level"
	Env     string // "OWNMARK_LOG_LEVEL"
	Comment string // the manual, in one paragraph

	index []int
	bytes bool
}

// Fields is every setting in the order of the manual.
func Fields() []Field { return fields() }

var fields = sync.OnceValue(func() []Field {
	comments := manual()
	var all []Field
	var add func(t reflect.Type, prefix string, index []int)
	add = func(t reflect.Type, prefix string, index []int) {
		for i := range t.NumField() {
			f := t.Field(i)
			at := append(append([]int(nil), index...), i)
			key := prefix + snake(f.Name)
			if f.Type.Kind() == reflect.Struct {
				add(f.Type, key+".", at)
				continue
			}
			name := strings.NewReplacer(".", "-", "_", "-").Replace(key)
			all = append(all, Field{
				Key:     key,
				Flag:    name,
				Env:     "OWNMARK_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")),
				Comment: comments[t.Name()+"."+f.Name],
				index:   at,
				bytes:   strings.HasSuffix(f.Name, "Bytes"),
			})
		}
	}
	add(reflect.TypeFor[Config](), "", nil)
	return all
})

// manual reads the comments on fields out of this package's own source: "Log.Level" → text.
func manual() map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		panic(err) // it compiled
	}
	comments := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		t, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		s, ok := t.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, f := range s.Fields.List {
			for _, name := range f.Names {
				comments[t.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
		return true
	})
	return comments
}

// snake: AdminListen → admin_listen, PublicURL → public_url, NATS → nats.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func (f Field) of(c *Config) reflect.Value { return reflect.ValueOf(c).Elem().FieldByIndex(f.index) }

var errKind = errors.New("wrong kind of value")

// setText sets the field from a flag or the environment.
func (f Field) setText(c *Config, text string) error {
	v := f.of(c)
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Slice:
		var list []string
		for _, one := range strings.Split(text, ",") {
			if one = strings.TrimSpace(one); one != "" {
				list = append(list, one)
			}
		}
		v.Set(reflect.ValueOf(list))
	default:
		n, err := f.number(text)
		if err != nil || v.OverflowInt(n) {
			return errKind
		}
		v.SetInt(n)
	}
	return nil
}

// setValue sets the field from what TOML holds.
func (f Field) setValue(c *Config, value any) error {
	v := f.of(c)
	switch given := value.(type) {
	case string:
		if v.Kind() == reflect.String || f.bytes {
			return f.setText(c, given)
		}
	case int64:
		if v.CanInt() && !v.OverflowInt(given) {
			v.SetInt(given)
			return nil
		}
	case []any:
		if v.Kind() != reflect.Slice {
			return errKind
		}
		var list []string
		for _, one := range given {
			text, ok := one.(string)
			if !ok {
				return errKind
			}
			list = append(list, text)
		}
		v.Set(reflect.ValueOf(list))
		return nil
	}
	return errKind
}

var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}}

// number reads "4096" and, for bytes, "16MiB".
func (f Field) number(text string) (int64, error) {
	text = strings.TrimSpace(text)
	unit := int64(1)
	if f.bytes {
		for _, u := range units {
			if rest, ok := strings.CutSuffix(text, u.name); ok {
				text, unit = strings.TrimSpace(rest), u.bytes
				break
			}
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, err
	}
	if n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, errKind
	}
	return n * unit, nil
}

// kind names what the field wants, for a sentence.
func (f Field) kind() string {
	var c Config
	switch f.of(&c).Kind() {
	case reflect.String:
		return "a text in quotation marks"
	case reflect.Slice:
		return "a list of texts"
	}
	if f.bytes {
		return "a number of bytes"
	}
	return "a whole number"
}

// shown is the value as the file would have it, secrets hidden.
func (f Field) shown(c Config) string {
	switch v := f.of(&c); v.Kind() {
	case reflect.String:
		return quote(hide(v.String()))
	case reflect.Slice:
		var list []string
		for i := range v.Len() {
			list = append(list, quote(hide(v.Index(i).String())))
		}
		return "[" + strings.Join(list, ", ") + "]"
	default:
		return strconv.FormatInt(v.Int(), 10)
	}
}

// quote writes a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
