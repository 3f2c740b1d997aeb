package brands

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// words says changes in the person's language, with organisations by name.
type words struct {
	v     *ui.Visit
	names map[access.OrgID]string
}

func (p *pages) words(r *http.Request) (words, error) {
	v := ui.Here(r)
	all, err := p.access.Organisations(r.Context(), v.User)
	if err != nil {
		return words{}, err
	}
	names := make(map[access.OrgID]string, len(all))
	for _, o := range all {
		names[o.ID] = o.Name
	}
	return words{v, names}, nil
}

// icons stand before each kind of change.
var icons = map[brand.ChangeKind]string{
	brand.Created: "plus", brand.Edited: "pencil", brand.Archived: "ban", brand.Restored: "refresh",
	brand.Authorised: "user-plus", brand.Unauthorised: "x", brand.Lapsed: "clock",
}

// event is a change as a line of the brand's history.
func (say words) event(c brand.Change) ui.Event {
	e := ui.Event{At: c.At, Who: c.By, What: say.v.T("brands.change." + string(c.Kind)), Icon: icons[c.Kind]}
	fields := c.Fields
	if c.Kind == brand.Archived || c.Kind == brand.Restored {
		fields = nil // the kind says it
	}
	e.Detail = strings.Join(say.changed(fields, c.Kind == brand.Created), "\n")
	if c.Entry != "" && say.v.User.Can(access.LedgerRead) {
		e.Path = "/ledger/" + url.PathEscape(c.Entry)
	}
	return e
}

// matters reports whether listings are held against something else since the change.
func matters(c brand.Change) bool {
	if c.Kind != brand.Edited {
		return true
	}
	for _, f := range c.Fields {
		if f.Field != "note" && f.Field != "organisation" {
			return true
		}
	}
	return false
}

// changed says what became of what, a line for each field. Of a brand just made it says what it has.
func (say words) changed(fields []brand.FieldChange, made bool) []string {
	var all []string
	for _, f := range fields {
		name := say.field(f.Field)
		was, is := say.value(f.Field, f.Old), say.value(f.Field, f.New)
		switch f.Field {
		case "archived":
			if f.New == "false" {
				all = append(all, say.v.T("brands.change.back"))
			}
			continue
		case "aliases", "categories", "nice_classes", "authorised_sellers": // Old is what went, New what came
			if made {
				all = append(all, say.v.T("brands.change.set", "Field", name, "New", is))
				continue
			}
			if is != "" {
				all = append(all, say.v.T("brands.change.came", "Field", name, "New", is))
			}
			if was != "" {
				all = append(all, say.v.T("brands.change.went", "Field", name, "Old", was))
			}
			continue
		}
		switch {
		case was == "":
			all = append(all, say.v.T("brands.change.set", "Field", name, "New", is))
		case is == "":
			all = append(all, say.v.T("brands.change.went", "Field", name, "Old", was))
		default:
			all = append(all, say.v.T("brands.change.became", "Field", name, "Old", was, "New", is))
		}
	}
	return all
}

// field is a field of a brand in the person's words: "prices.shoes" is its price for shoes, "aliases[2]" its third alias.
func (say words) field(field string) string {
	field, index, indexed := strings.Cut(field, "[")
	field, category, _ := strings.Cut(field, ".")
	if kind, ok := strings.CutPrefix(field, "price_"); ok { // a column of a CSV file
		field, category = "prices", kind
	}
	name := say.v.T("brands.field." + field)
	if strings.HasPrefix(name, "[") {
		name = field // a field that no brand has: the file's own word
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(index, "]")); indexed && err == nil {
		return say.v.T("brands.field.item", "Field", name, "Number", say.v.Number(n+1))
	}
	if category != "" {
		return say.v.T("brands.field.of", "Field", name, "Category", listings.CategoryName(say.v, category))
	}
	return name
}

// longest is how many characters of a value a history shows: a note may have 2,000.
const longest = 160

// value is a field's value in the person's words.
func (say words) value(field, text string) string {
	switch field {
	case "categories":
		if text != "" {
			return kinds(say.v, strings.Split(text, ", "))
		}
	case "ambiguous":
		if text == "true" {
			return say.v.T("brands.yes")
		}
		return say.v.T("brands.no")
	case "organisation":
		return say.organisation(text)
	case "note":
		return short(text, longest)
	}
	return text
}

// organisation is the name of a rights holder, or its id for one whom the person may not see.
func (say words) organisation(id string) string {
	if name := say.names[access.OrgID(id)]; name != "" {
		return name
	}
	return id
}

// short is the text on one line, cut after so many characters.
func short(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
