package ui

import (
	"net/url"
	"strings"
)

// Form is a form that works without script: it is posted, and answered by a redirect or by itself with its problems.
//
//	form := ui.Form{Path: "/brands", Submit: v.T("brands.save"), Fields: []ui.Field{{Name: "name", Label: …, Required: true}}}
//	if problems := v.Problems(err); problems != nil {
//		form.Fill(r.PostForm).Problems = problems // then render the page with Status: 422
//	}
//
// {{template "ui/form" .Form}} draws all of it. For a layout of one's own: {{template "ui/problems" .Form}} and
// {{template "ui/field" (.Form.Get "name")}} within <form method="post" action="{{.Form.Path}}">.
type Form struct {
	Path     string
	Fields   []Field
	Problems []Problem
	Submit   string // the button's word
	Cancel   string // where to go instead; may be empty
	Draft    string // a name under which the browser keeps what was typed until it is sent; may be empty
	Upload   bool   // sends files
}

// Field is one input with its label.
type Field struct {
	Name, Label string
	Type        string // text (when empty), email, password, number, date, url, search, textarea, select, radio, checkbox, file, hidden
	Value       string
	Hint        string // what is expected, said before the mistake
	Complete    string // autocomplete: "username", "current-password", …
	Accept      string // of a file: ".csv,.jsonl"
	Options     []Option
	Required    bool
	Checked     bool
	Several     bool // of a file: more than one may be chosen
	Focus       bool // where typing begins
	Rows        int  // of a textarea
	Min, Max    string
	Step        string
}

// Bound is a field with what is wrong with it.
type Bound struct {
	Field
	Error string
}

// Get is the field of this name with its problem. A name that is not there is a mistake in the page, and panics.
func (f Form) Get(name string) Bound {
	for _, field := range f.Fields {
		if field.Name == name {
			return f.bind(field)
		}
	}
	panic("ui: the form has no field " + name)
}

// Bound are all fields with their problems.
func (f Form) Bound() []Bound {
	all := make([]Bound, len(f.Fields))
	for i, field := range f.Fields {
		all[i] = f.bind(field)
	}
	return all
}

func (f Form) bind(field Field) Bound {
	b := Bound{Field: field}
	for _, p := range f.Problems {
		if p.Field == field.Name && p.Field != "" {
			b.Error = strings.TrimSpace(b.Error + " " + p.Text)
		}
	}
	return b
}

// Labelled is the label of the field a problem is about; empty when it is about none of this form's.
func (f Form) Labelled(p Problem) string {
	for _, field := range f.Fields {
		if field.Name == p.Field {
			return field.Label
		}
	}
	return ""
}

// Fill puts what was sent back into the fields, except passwords and files.
func (f *Form) Fill(sent url.Values) *Form {
	for i := range f.Fields {
		field := &f.Fields[i]
		switch field.Type {
		case "password", "file":
		case "checkbox":
			field.Checked = sent.Has(field.Name)
		default:
			if sent.Has(field.Name) {
				field.Value = sent.Get(field.Name)
			}
		}
	}
	return f
}

// Kind is the input's type attribute.
func (f Field) Kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// ID is the element's id.
func (f Field) ID() string {
	return "field-" + strings.NewReplacer(".", "-", "[", "-", "]", "").Replace(f.Name)
}

// Describedby names the elements that describe the input; empty when none does.
func (b Bound) Describedby() string {
	var ids []string
	if b.Error != "" {
		ids = append(ids, b.ID()+"-error")
	}
	if b.Hint != "" {
		ids = append(ids, b.ID()+"-hint")
	}
	return strings.Join(ids, " ")
}

// Confirm is a second step in place: a button that unfolds a question and the button that does it.
type Confirm struct {
	Label, Icon string // of the first button
	Question    string // what will happen, to whom, and whether it can be undone
	Yes         string
	Path        string
	Hidden      []Hidden
	Danger      bool
}

// Toast says what has just been done, and offers to undo it. It goes after ten seconds, not while it is pointed at or
// has focus; without script it stays. After a redirect: web.Done. Beside an htmx answer: views.Fragment(w, r, piece, toast).
type Toast struct {
	Text string
	Tone string // "good" (when empty), "bad", "info"
	Undo *Undo
}

// Undo is a form that takes it back.
type Undo struct {
	Path   string
	Hidden []Hidden
	Key    string // its shortcut, mostly "u"
}
