package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
)

// Query is the address of a list: its filters, its order and where it goes on are all in there, so that the way back,
// a bookmark and a saved view find the same rows.
type Query struct {
	path   string
	values url.Values
}

// Ask reads the address of r.
func Ask(r *http.Request) Query { return Query{r.URL.Path, r.URL.Query()} }

// Get is the value of a parameter; "" when not given.
func (q Query) Get(name string) string { return q.values.Get(name) }

// All are the values of a parameter given several times.
func (q Query) All(name string) []string { return q.values[name] }

// After is the key the page goes on after; "" at the beginning.
func (q Query) After() string { return q.values.Get("after") }

// Sort is the column to sort by and whether downwards ("-score"); fallback, written the same way, when none of the
// columns allowed is named.
func (q Query) Sort(fallback string, allowed ...string) (column string, down bool) {
	column, down = strings.CutPrefix(q.values.Get("sort"), "-")
	if !slices.Contains(allowed, column) {
		column, down = strings.CutPrefix(fallback, "-")
	}
	return column, down
}

// With is the address with one parameter changed, or taken out by an empty value, from the list's beginning.
func (q Query) With(name, value string) string {
	changed := q.filters()
	changed.Del(name)
	if value != "" {
		changed.Set(name, value)
	}
	return q.address(changed)
}

// Here is the address as it is, from the list's beginning.
func (q Query) Here() string { return q.address(q.filters()) }

// filters are the parameters that say what the list holds, not where in it we are.
func (q Query) filters() url.Values {
	kept := url.Values{}
	for name, values := range q.values {
		if name != "after" && !slices.Equal(values, []string{""}) {
			kept[name] = slices.Clone(values)
		}
	}
	return kept
}

func (q Query) address(values url.Values) string {
	if len(values) == 0 {
		return q.path
	}
	return q.path + "?" + values.Encode()
}

// Head is the head of a data table:
//
//	<table class="data">{{template "ui/head" .Head}}<tbody>…
//
// In the rows: class "num" aligns figures right, "id" sets identifiers, data-label="…" names the cell on a phone, where
// each row becomes a card; class "main" is the card's heading.
type Head struct {
	Columns []Column
	Tick    bool // the first column has a box for each row, for Bulk
}

// Column is one column. With Key it can be sorted by.
type Column struct {
	Key, Label string
	Number     bool
	Hidden     bool // the label is for screen readers only (a column of pictures or buttons)

	Path  string // filled in by Query.Head
	State string // "ascending", "descending" or ""
}

// Head gives columns their sort links. current and down are what Sort returned.
func (q Query) Head(current string, down bool, columns ...Column) Head {
	for i := range columns {
		c := &columns[i]
		if c.Key == "" {
			continue
		}
		next := c.Key
		switch {
		case c.Key == current && down:
			c.State = "descending"
		case c.Key == current:
			c.State, next = "ascending", "-"+c.Key
		case c.Number:
			next = "-" + c.Key // figures are asked for from the greatest
		}
		c.Path = q.With("sort", next)
	}
	return Head{Columns: columns}
}

// Pager is the way on through a list by key: there is a next page and a way back to the first, no page numbers.
type Pager struct {
	First, Next string // addresses; empty when there is none
	Shown       int    // rows on this page
	Total       int    // rows in all; negative when nobody counted
}

// Pager makes the pager of a list. next is the key of the following page; empty at the end.
func (q Query) Pager(next string, shown, total int) Pager {
	p := Pager{Shown: shown, Total: total}
	if q.After() != "" {
		p.First = q.Here()
	}
	if next != "" {
		values := q.filters()
		values.Set("after", next)
		p.Next = q.address(values)
	}
	return p
}

// Filters is the bar above a list: menus to narrow it, a chip for each filter in force, and saved views.
type Filters struct {
	Menus  []Menu
	Chips  []Chip
	Clear  string // the address without any filter; empty when none is in force
	Find   *Find
	Saved  *SavedViews
	Export string // the address of the same list as a file; empty when there is none
}

// Menu is one filter: a few values to choose from.
type Menu struct {
	Name, Label string
	Options     []Option
}

// Option is one value of a filter. A negative Count is not shown.
type Option struct {
	Value, Text string
	Count       int

	Path    string // filled in by Query.Filters
	Current bool
}

// Chip is a filter in force; Without leads to the list without it.
type Chip struct{ Label, Text, Without string }

// Find is a field that narrows the list by text.
type Find struct {
	Name, Label, Value string

	Path string // filled in by Query.Filters
	Keep []Hidden
}

// Hidden is a value a form sends along.
type Hidden struct{ Name, Value string }

// Current is the option in force; nil when all are shown.
func (m Menu) Current() *Option {
	for i := range m.Options {
		if m.Options[i].Current {
			return &m.Options[i]
		}
	}
	return nil
}

// Filters gives menus their links and chips. find may be nil.
func (q Query) Filters(find *Find, menus ...Menu) Filters {
	f := Filters{Menus: menus, Find: find}
	for i := range menus {
		m := &menus[i]
		for j := range m.Options {
			o := &m.Options[j]
			o.Current = q.Get(m.Name) == o.Value && o.Value != ""
			o.Path = q.With(m.Name, o.Value)
			if o.Current {
				o.Path = q.With(m.Name, "")
				f.Chips = append(f.Chips, Chip{m.Label, o.Text, q.With(m.Name, "")})
			}
		}
	}
	if find != nil {
		find.Path, find.Value = q.path, q.Get(find.Name)
		for name, values := range q.filters() {
			if name != find.Name {
				for _, value := range values {
					find.Keep = append(find.Keep, Hidden{name, value})
				}
			}
		}
		slices.SortFunc(find.Keep, func(a, b Hidden) int { return strings.Compare(a.Name, b.Name) })
		if find.Value != "" {
			f.Chips = append(f.Chips, Chip{find.Label, find.Value, q.With(find.Name, "")})
		}
	}
	if len(f.Chips) > 0 {
		f.Clear = q.path
	}
	return f
}

// SavedViews are a person's own names for addresses of a list. Package web keeps them at POST /views.
type SavedViews struct {
	Page  string // the list's path
	Query string // what would be saved: the filters in force
	Items []SavedView
}

// SavedView is one of them.
type SavedView struct {
	Name, Path string
	Current    bool
}

// Saved makes the saved views of this list from what access keeps.
func (q Query) Saved(views []access.SavedView) *SavedViews {
	here := q.filters().Encode()
	s := &SavedViews{Page: q.path, Query: here}
	for _, v := range views {
		item := SavedView{Name: v.Name, Path: q.path, Current: v.Query == here}
		if v.Query != "" {
			item.Path += "?" + v.Query
		}
		s.Items = append(s.Items, item)
	}
	return s
}

// Bulk is what can be done with the rows ticked. Each row has <input type="checkbox" name="id" value="…" form="bulk"
// aria-label="…">; the bar is the form "bulk" and stays in sight while the list scrolls. Without script it is always
// there, with script from the first tick.
type Bulk struct {
	Path    string // where the form goes
	Buttons []Button
	Hidden  []Hidden
}

// Button sends a form.
type Button struct {
	Text, Icon  string
	Name, Value string
	Path        string // instead of the form's own
	Key         string
	Tone        string // "primary", "danger" or "" for a quiet one
}

// Empty says that there is nothing, why, and what to do.
type Empty struct {
	Icon, Title, Text string
	Action            *Action
}
