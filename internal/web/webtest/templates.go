package webtest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/ownmark/ownmark/internal/web/assets"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// Templates holds each template against the struct it draws: every field, method, function and component it names must
// be there, with the arguments it gets, on every branch. It also finds icons that do not exist, and
// what html/template refuses to escape.
func Templates(views *ui.Views) []error {
	trees, drawn := views.Trees()
	return append(templates(trees, drawn), views.Escape()...)
}

func templates(trees map[string]*parse.Tree, drawn map[string]reflect.Type) []error {
	c := &checker{trees: trees, functions: ui.Functions(), seen: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(drawn)) {
		c.template(name, drawn[name])
	}
	return c.errors
}

type checker struct {
	trees     map[string]*parse.Tree
	functions map[string]reflect.Type
	seen      map[string]bool
	errors    []error
	tree      *parse.Tree
}

// variable is a template's $name in its scope.
type variable struct {
	name string
	t    reflect.Type
}

// unknown is the type of what only running can tell: any, and what comes of it.
var unknown reflect.Type

func (c *checker) fail(node parse.Node, format string, args ...any) {
	where, _ := c.tree.ErrorContext(node)
	c.errors = append(c.errors, fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...)))
}

func (c *checker) template(name string, dot reflect.Type) {
	key := fmt.Sprint(name, " ", dot)
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	outer := c.tree
	c.tree = c.trees[name]
	c.walk(c.tree.Root, dot, &[]variable{{"$", dot}})
	c.tree = outer
}

func (c *checker) walk(node parse.Node, dot reflect.Type, scope *[]variable) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			c.walk(child, dot, scope)
		}
	case *parse.ActionNode:
		c.pipe(n.Pipe, dot, scope)
	case *parse.IfNode:
		c.branch(func(inner *[]variable) reflect.Type { c.pipe(n.Pipe, dot, inner); return dot }, n.List, scope)
		c.branch(func(inner *[]variable) reflect.Type { return dot }, n.ElseList, scope)
	case *parse.WithNode:
		c.branch(func(inner *[]variable) reflect.Type { return c.pipe(n.Pipe, dot, inner) }, n.List, scope)
		c.branch(func(inner *[]variable) reflect.Type { return dot }, n.ElseList, scope)
	case *parse.RangeNode:
		c.branch(func(inner *[]variable) reflect.Type { return c.ranged(n, dot, inner) }, n.List, scope)
		c.branch(func(inner *[]variable) reflect.Type { return dot }, n.ElseList, scope)
	case *parse.TemplateNode:
		given := reflect.TypeFor[struct{}]()
		if n.Pipe != nil {
			given = c.pipe(n.Pipe, dot, scope)
		}
		if c.trees[n.Name] == nil {
			c.fail(n, "there is no template %q", n.Name)
			return
		}
		c.template(n.Name, given)
	}
}

func (c *checker) branch(open func(*[]variable) reflect.Type, list *parse.ListNode, scope *[]variable) {
	inner := slices.Clone(*scope)
	dot := open(&inner)
	c.walk(list, dot, &inner)
}

func (c *checker) ranged(n *parse.RangeNode, dot reflect.Type, scope *[]variable) reflect.Type {
	over := deref(c.commands(n.Pipe, dot, scope))
	index, element := reflect.TypeFor[int](), unknown
	if over != unknown {
		switch over.Kind() {
		case reflect.Slice, reflect.Array, reflect.Chan:
			element = over.Elem()
		case reflect.Map:
			index, element = over.Key(), over.Elem()
		case reflect.Int, reflect.Int64:
			element = over
		case reflect.Func, reflect.Interface:
			index = unknown
		default:
			c.fail(n, "cannot range over %s", over)
		}
	}
	switch len(n.Pipe.Decl) {
	case 1:
		*scope = append(*scope, variable{n.Pipe.Decl[0].Ident[0], element})
	case 2:
		*scope = append(*scope, variable{n.Pipe.Decl[0].Ident[0], index}, variable{n.Pipe.Decl[1].Ident[0], element})
	}
	return element
}

// pipe is the type a pipeline gives; what it declares goes into scope.
func (c *checker) pipe(p *parse.PipeNode, dot reflect.Type, scope *[]variable) reflect.Type {
	t := c.commands(p, dot, scope)
	for _, declared := range p.Decl {
		*scope = append(*scope, variable{declared.Ident[0], t})
	}
	return t
}

func (c *checker) commands(p *parse.PipeNode, dot reflect.Type, scope *[]variable) reflect.Type {
	var t reflect.Type
	for i, command := range p.Cmds {
		var piped []reflect.Type
		if i > 0 {
			piped = []reflect.Type{t}
		}
		t = c.command(command, dot, scope, piped)
	}
	return t
}

func (c *checker) command(n *parse.CommandNode, dot reflect.Type, scope *[]variable, piped []reflect.Type) reflect.Type {
	var args []reflect.Type
	for _, arg := range n.Args[1:] {
		args = append(args, c.value(arg, dot, scope))
	}
	args = append(args, piped...)
	switch first := n.Args[0].(type) {
	case *parse.IdentifierNode:
		return c.call(first, n.Args[1:], args)
	case *parse.FieldNode:
		return c.fields(n, dot, first.Ident, args)
	case *parse.VariableNode:
		return c.fields(n, c.variable(first, scope), first.Ident[1:], args)
	case *parse.ChainNode:
		return c.fields(n, c.value(first.Node, dot, scope), first.Field, args)
	}
	if len(args) > 0 {
		c.fail(n, "%s is no function", n.Args[0])
	}
	return c.value(n.Args[0], dot, scope)
}

func (c *checker) value(node parse.Node, dot reflect.Type, scope *[]variable) reflect.Type {
	switch n := node.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return c.fields(n, dot, n.Ident, nil)
	case *parse.VariableNode:
		return c.fields(n, c.variable(n, scope), n.Ident[1:], nil)
	case *parse.ChainNode:
		return c.fields(n, c.value(n.Node, dot, scope), n.Field, nil)
	case *parse.PipeNode:
		return c.pipe(n, dot, scope)
	case *parse.IdentifierNode:
		return c.call(n, nil, nil)
	case *parse.StringNode:
		return reflect.TypeFor[string]()
	case *parse.BoolNode:
		return reflect.TypeFor[bool]()
	case *parse.NumberNode:
		if n.IsFloat && strings.ContainsAny(n.Text, ".eEpP") || !n.IsInt {
			return reflect.TypeFor[float64]()
		}
		return reflect.TypeFor[int]()
	}
	return unknown
}

func (c *checker) variable(n *parse.VariableNode, scope *[]variable) reflect.Type {
	for _, v := range slices.Backward(*scope) {
		if v.name == n.Ident[0] {
			return v.t
		}
	}
	c.fail(n, "there is no variable %s", n.Ident[0])
	return unknown
}

func (c *checker) fields(node parse.Node, t reflect.Type, names []string, args []reflect.Type) reflect.Type {
	for i, name := range names {
		if t == unknown {
			return unknown
		}
		last := i == len(names)-1
		method, ok := t.MethodByName(name)
		if !ok && t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
			method, ok = reflect.PointerTo(t).MethodByName(name)
		}
		if ok {
			receiver := 1
			if t.Kind() == reflect.Interface {
				receiver = 0
			}
			var given []reflect.Type
			if last {
				given = args
			}
			c.arguments(node, name, method.Type, receiver, given)
			t = method.Type.Out(0)
			continue
		}
		if last && len(args) > 0 {
			c.fail(node, "%s of %s is no method", name, t)
		}
		from := deref(t)
		switch from.Kind() {
		case reflect.Struct:
			field, ok := from.FieldByName(name)
			if !ok || !field.IsExported() {
				c.fail(node, "%s has no %s", from, name)
				return unknown
			}
			t = field.Type
		case reflect.Map:
			t = from.Elem()
		case reflect.Interface:
			return unknown
		default:
			c.fail(node, "%s has no %s", from, name)
			return unknown
		}
	}
	if t != unknown && t.Kind() == reflect.Interface && t.NumMethod() == 0 {
		return unknown
	}
	return t
}

// call is the type a function gives.
func (c *checker) call(n *parse.IdentifierNode, nodes []parse.Node, args []reflect.Type) reflect.Type {
	if f, ok := c.functions[n.Ident]; ok {
		c.arguments(n, n.Ident, f, 0, args)
		c.drawings(n, nodes)
		return f.Out(0)
	}
	switch n.Ident {
	case "and", "or":
		for _, arg := range args {
			if arg != args[0] {
				return unknown
			}
		}
		return args[0]
	case "eq", "ne", "lt", "le", "gt", "ge":
		for _, arg := range args[1:] {
			if a, b := kindOf(args[0]), kindOf(arg); a != b && a != "" && b != "" {
				c.fail(n, "%s of %s and %s is an error", n.Ident, args[0], arg)
			}
		}
		return reflect.TypeFor[bool]()
	case "not":
		return reflect.TypeFor[bool]()
	case "len":
		return reflect.TypeFor[int]()
	case "index":
		t := args[0]
		for range args[1:] {
			if t = deref(t); t == unknown || t.Kind() != reflect.Slice && t.Kind() != reflect.Map && t.Kind() != reflect.Array {
				return unknown
			}
			t = t.Elem()
		}
		return t
	case "slice":
		return args[0]
	case "call":
		return unknown
	}
	return reflect.TypeFor[string]()
}

// drawings finds icons and tones, written out, that do not exist.
func (c *checker) drawings(n *parse.IdentifierNode, args []parse.Node) {
	for i, arg := range args {
		text, ok := arg.(*parse.StringNode)
		drawn := n.Ident == "icon" && i == 0 || n.Ident == "badge" && i == 1
		if !ok || !drawn || text.Text == "" {
			continue
		}
		if _, ok := assets.Icon(text.Text); !ok {
			c.fail(n, "there is no icon %q in internal/web/assets/icons", text.Text)
		}
	}
}

func (c *checker) arguments(node parse.Node, name string, f reflect.Type, skip int, args []reflect.Type) {
	want := f.NumIn() - skip
	if f.IsVariadic() && len(args) < want-1 || !f.IsVariadic() && len(args) != want {
		c.fail(node, "%s wants %d arguments, has %d", name, want, len(args))
		return
	}
	for i, arg := range args {
		param := f.In(min(i+skip, f.NumIn()-1))
		if f.IsVariadic() && i+skip >= f.NumIn()-1 {
			param = param.Elem()
		}
		if arg == unknown || arg.AssignableTo(param) || deref(arg).AssignableTo(param) || kindOf(arg) == kindOf(param) && kindOf(arg) != "" && arg.Name() == arg.Kind().String() {
			continue
		}
		if kindOf(arg) == "int" && kindOf(param) == "float" && arg == reflect.TypeFor[int]() {
			continue // a constant: 0 for a float
		}
		c.fail(node, "%s wants %s as argument %d, has %s", name, param, i+1, arg)
	}
}

func deref(t reflect.Type) reflect.Type {
	for t != unknown && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// kindOf is what templates compare: values of different kinds cannot be.
func kindOf(t reflect.Type) string {
	if t == unknown {
		return ""
	}
	switch k := t.Kind().String(); {
	case strings.HasPrefix(k, "int"), strings.HasPrefix(k, "uint"):
		return "int"
	case strings.HasPrefix(k, "float"):
		return "float"
	case k == "string", k == "bool":
		return k
	}
	return ""
}
