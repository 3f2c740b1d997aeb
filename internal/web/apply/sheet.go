package apply

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// sheet is a form that saves itself answer by answer. Beside each field stands the digest of what it was begun from, by which the room tells an answer that
// this person changed from one that their page only shows.
type sheet struct {
	Path     string // takes the whole form
	Answers  string // takes answers as they are typed
	Groups   []sheetGroup
	Problems []ui.Problem
	Labels   map[string]string // of the fields, for the summary of problems
	Submit   string
}

type sheetGroup struct {
	Name, Title, Lead string
	Declared          []ui.Fact // what the answers are held against; may be empty
	Fields            []sheetField
}

type sheetField struct {
	ui.Bound
	Was  string
	Wide bool // takes the whole line
}

// field draws a question with its reply.
func field(v *ui.Visit, f cultivate.Field, value string) ui.Field {
	one := ui.Field{Name: f.Name, Label: f.Words.In(v.Language), Hint: f.Hint.In(v.Language), Value: value, Required: f.Required, Max: strconv.Itoa(max(f.Most, 200))}
	switch f.Kind {
	case cultivate.LongField:
		one.Type, one.Rows = "textarea", 3
	case cultivate.DayField:
		one.Type, one.Max = "date", ""
	case cultivate.ChoiceField:
		one.Type = "select"
		one.Options = []ui.Option{{Text: v.T("apply.choose")}}
		for _, c := range f.Choices {
			one.Options = append(one.Options, ui.Option{Value: c.Value, Text: c.Words.In(v.Language)})
		}
	default:
		one.Max = "" // an input has no upper bound in characters
	}
	return one
}

// draw makes the groups of a sheet. shown says which fields stand in it.
func draw(v *ui.Visit, groups []cultivate.FieldGroup, replies map[string]cultivate.Reply, shown func(name string) bool) (all []sheetGroup) {
	for _, g := range groups {
		one := sheetGroup{Name: g.Name, Title: g.Words.In(v.Language), Lead: g.Lead.In(v.Language)}
		for _, f := range g.Fields {
			if shown(f.Name) {
				value := replies[f.Name].Value
				one.Fields = append(one.Fields, sheetField{ui.Bound{Field: field(v, f, value)}, cultivate.Digest(value), f.Kind == cultivate.LongField || f.Kind == cultivate.ChoiceField})
			}
		}
		all = append(all, one)
	}
	return all
}

// edits reads a sheet that was sent: every field with its digest.
func edits(form url.Values) (all []cultivate.Edit) {
	for name, values := range form {
		if was, sent := form["was."+name]; sent && len(values) > 0 && len(was) > 0 {
			all = append(all, cultivate.Edit{Field: name, Value: values[0], Was: was[0]})
		}
	}
	return all
}

// collide shows both answers where two people changed one: this person's stands in the field, the other's above it. Sent again, it takes the other's place.
func (s *sheet) collide(v *ui.Visit, collisions []cultivate.Collision) {
	s.Labels = map[string]string{}
	for _, c := range collisions {
		for g := range s.Groups {
			for f := range s.Groups[g].Fields {
				one := &s.Groups[g].Fields[f]
				if one.Name != c.Field {
					continue
				}
				one.Value, one.Was = c.Yours, cultivate.Digest(c.Theirs)
				one.Error = v.T("apply.collision", "Name", c.ByName, "Time", v.Clock(c.At), "Theirs", c.Theirs)
				s.Labels[c.Field] = one.Label
				s.Problems = append(s.Problems, ui.Problem{Field: c.Field, Text: one.Error})
			}
		}
	}
}

// Anchor is the address of a field within the page.
func (s sheet) Anchor(p ui.Problem) string { return ui.Field{Name: p.Field}.ID() }

// Label is what the field of a problem is called.
func (s sheet) Label(p ui.Problem) string { return s.Labels[p.Field] }

// saved is what the script is told of the answers it sent.
type saved struct {
	Saved      map[string]string `json:"saved"` // the digest of each answer as it stands
	Collisions []collision       `json:"collisions"`
	Text       string            `json:"text"`
	Missing    int               `json:"missing"`
}

type collision struct {
	Field  string `json:"field"`
	Theirs string `json:"theirs"`
	Was    string `json:"was"` // the digest of theirs: sent with it, this person's answer takes its place
	Text   string `json:"text"`
	Keep   string `json:"keep"` // the words of the two buttons
	Take   string `json:"take"`
}

// tell answers the script.
func tell(w http.ResponseWriter, v *ui.Visit, sent []cultivate.Edit, replies map[string]cultivate.Reply, collisions []cultivate.Collision, missing int) error {
	answer := saved{Saved: map[string]string{}, Collisions: []collision{}, Text: v.T("apply.saved", "Time", v.Now.In(v.Zone).Format("15:04")), Missing: missing}
	for _, e := range sent {
		answer.Saved[e.Field] = cultivate.Digest(replies[e.Field].Value)
	}
	for _, c := range collisions {
		delete(answer.Saved, c.Field)
		answer.Collisions = append(answer.Collisions, collision{c.Field, c.Theirs, cultivate.Digest(c.Theirs), v.T("apply.collision", "Name", c.ByName, "Time", v.Clock(c.At), "Theirs", c.Theirs),
			v.T("apply.keep"), v.T("apply.take")})
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // a browser that went away sends again
	return nil
}

// past reports whether a field belongs to a declared matter, and to which.
func past(name string) (n int, is bool) {
	rest, is := strings.CutPrefix(name, "past.")
	if !is {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(number)
	return n, err == nil
}
