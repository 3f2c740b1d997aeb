package rights

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type editPage struct {
	ui.Page
	Form ui.Form
	Kept *kept // the certificate there is, or that was sent with a form that was not accepted
}

// lastDay is the last day on which a right holds, as registers write it. To is the moment after it.
func lastDay(r enforce.Right) time.Time { return r.To.Add(-time.Microsecond) }

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// rightForm is the form of a right. holders is empty where there is no choice whose it is.
func rightForm(v *ui.Visit, r enforce.Right, holders []access.Organisation, brands []brand.Summary) ui.Form {
	f := ui.Form{Path: "/rights/vault/new", Submit: v.T("rights.vault.new.submit"), Cancel: "/rights/vault", Upload: true}
	if r.ID != "" {
		f.Path, f.Submit, f.Cancel = RightPath(r.ID)+"/edit", v.T("rights.save"), RightPath(r.ID)
		f.Fields = append(f.Fields, ui.Field{Name: "version", Type: "hidden", Value: strconv.FormatInt(r.Version, 10)})
	}
	if len(holders) > 0 {
		options := []ui.Option{{Text: v.T("rights.choose")}}
		for _, o := range holders {
			options = append(options, ui.Option{Value: string(o.ID), Text: o.Name})
		}
		f.Fields = append(f.Fields, ui.Field{Name: "organisation", Label: v.T("rights.organisation"), Type: "select", Options: options, Value: string(r.Organisation), Required: true, Hint: v.T("rights.organisation.hint")})
	}
	var kinds []ui.Option
	for _, k := range enforce.RightKinds() {
		kinds = append(kinds, ui.Option{Value: string(k), Text: v.T("rights.kind." + string(k))})
	}
	kind := string(r.Kind)
	if kind == "" {
		kind = string(enforce.TradeMark)
	}
	to := ""
	if !r.To.IsZero() {
		to = date(lastDay(r))
	}
	chosen := []ui.Option{{Text: v.T("rights.brand.none")}}
	for _, b := range brands {
		chosen = append(chosen, ui.Option{Value: string(b.ID), Text: b.Name})
	}
	if r.Brand != "" && !slices.ContainsFunc(brands, func(b brand.Summary) bool { return b.ID == r.Brand }) {
		chosen = append(chosen, ui.Option{Value: string(r.Brand), Text: string(r.Brand)})
	}
	f.Fields = append(f.Fields,
		ui.Field{Name: "kind", Label: v.T("rights.kind"), Type: "select", Options: kinds, Value: kind, Required: true},
		ui.Field{Name: "mark", Label: v.T("rights.mark"), Value: r.Mark, Required: true, Hint: v.T("rights.mark.hint")},
		ui.Field{Name: "office", Label: v.T("rights.office"), Value: r.Office, Required: true, Hint: v.T("rights.office.hint")},
		ui.Field{Name: "number", Label: v.T("rights.number"), Value: r.Registered(), Hint: v.T("rights.number.hint")},
		ui.Field{Name: "owner", Label: v.T("rights.owner"), Value: r.Owner, Required: true, Hint: v.T("rights.owner.hint")},
		ui.Field{Name: "classes", Label: v.T("rights.classes"), Value: classes(r.Classes), Hint: v.T("rights.classes.hint")},
		ui.Field{Name: "territory", Label: v.T("rights.where"), Value: strings.Join(r.Territory, " "), Hint: v.T("rights.where.hint")},
		ui.Field{Name: "from", Label: v.T("rights.from"), Type: "date", Value: date(r.From), Required: true},
		ui.Field{Name: "to", Label: v.T("rights.to"), Type: "date", Value: to, Hint: v.T("rights.to.hint")},
		ui.Field{Name: "brand", Label: v.T("rights.brand"), Type: "select", Options: chosen, Value: string(r.Brand)},
		ui.Field{Name: "document", Label: v.T("rights.certificate"), Type: "file", Accept: acceptDocuments, Hint: v.T("rights.certificate.hint")},
		ui.Field{Name: "note", Label: v.T("rights.note"), Type: "textarea", Rows: 3, Value: r.Note, Max: "2000"},
	)
	return f
}

// mostBrands is how many brands the form offers.
const mostBrands = 500

// offered are the brands that a right can be said to protect.
func (p *pages) offered(r *http.Request) (all []brand.Summary, err error) {
	v := ui.Here(r)
	for after := ""; len(all) < mostBrands; {
		page, err := p.brands.Brands(r.Context(), v.User, brand.Filter{After: after, Limit: 200})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if after = page.Next; after == "" {
			break
		}
	}
	return all, nil
}

// page is the form of a right, entered anew when it has no id.
func (p *pages) editPage(r *http.Request, one enforce.Right) (page editPage, holders []access.Organisation, err error) {
	v := ui.Here(r)
	if one.ID == "" {
		if holders, err = p.holders(r); err != nil {
			return page, nil, err
		}
		if len(holders) == 1 && holders[0].ID == v.User.Org {
			holders = nil
		}
	}
	brands, err := p.offered(r)
	if err != nil {
		return page, nil, err
	}
	page = editPage{Page: ui.Page{Title: v.T("rights.vault.new"), Lead: v.T("rights.vault.new.lead"), Crumbs: vaultCrumbs(v)}, Form: rightForm(v, one, holders, brands)}
	if one.ID != "" {
		page.Title, page.Lead = v.T("rights.edit"), v.T("rights.edit.lead")
		page.Crumbs = append(page.Crumbs, ui.Crumb{Text: registration(one), Path: RightPath(one.ID)})
	}
	if one.Document.String() != "" {
		page.Kept = &kept{Hash: one.Document, Name: v.T("rights.certificate.there")}
	}
	return page, holders, nil
}

func (p *pages) newRight(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	one := enforce.Right{}
	if v.User.Reach(access.RightEdit) == access.Own {
		one.Organisation = v.User.Org
	}
	page, _, err := p.editPage(r, one)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) declare(w http.ResponseWriter, r *http.Request) error {
	return p.keepRight(w, r, enforce.Right{})
}

// mine is the right of the address, if the person may edit it.
func (p *pages) mine(r *http.Request) (enforce.Right, error) {
	return p.enforce.Right(r.Context(), ui.Here(r).User, enforce.RightID(r.PathValue("right")))
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	one, err := p.mine(r)
	if err != nil {
		return err
	}
	page, _, err := p.editPage(r, one)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	one, err := p.mine(r)
	if err != nil {
		return err
	}
	return p.keepRight(w, r, one)
}

// keepRight takes the form of a right over what there was of it, or shows it again with what is wrong.
func (p *pages) keepRight(w http.ResponseWriter, r *http.Request, was enforce.Right) error {
	v := ui.Here(r)
	end, err := readForm(w, r, blob.MaxDocumentBytes+1<<20)
	defer end()
	if err != nil {
		return err
	}
	page, holders, err := p.editPage(r, was)
	if err != nil {
		return err
	}
	next, err := parseRight(was, r.PostForm)
	documents, documentErr := p.documents(r, "document")
	if len(documents) > 0 {
		page.Kept = &documents[len(documents)-1] // the newest takes the place of the one before
		next.Document = page.Kept.Hash
	}
	if was.ID == "" && len(holders) > 0 {
		if next.Organisation = access.OrgID(r.PostForm.Get("organisation")); !slices.ContainsFunc(holders, func(o access.Organisation) bool { return o.ID == next.Organisation }) {
			err = errors.Join(err, fault.Invalid.Say("Choose whose right it is.").At("organisation"))
		}
	}
	if next.Brand != was.Brand && next.Brand != "" {
		if _, brandErr := p.brands.Get(r.Context(), v.User, next.Brand); brandErr != nil {
			err = errors.Join(err, fault.Invalid.Say("There is no such brand.").At("brand"))
		}
	}
	if err = errors.Join(err, documentErr); err != nil {
		err = errors.Join(err, next.Check())
	} else if was.ID == "" {
		next, err = p.enforce.DeclareRight(r.Context(), v.User, next)
	} else {
		next, err = p.enforce.SaveRight(r.Context(), v.User, next)
	}
	if problems := v.Problems(err); problems != nil {
		page.Form.Fill(r.PostForm).Problems = once(problems)
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	toast := v.T("rights.saved")
	if was.ID == "" {
		toast = v.T("rights.vault.entered")
	}
	return web.Done(w, r, RightPath(next.ID), &ui.Toast{Text: toast})
}

// once leaves the first problem of each field: a date that cannot be read is not missing, too.
func once(problems []ui.Problem) []ui.Problem {
	seen := map[string]bool{}
	return slices.DeleteFunc(problems, func(p ui.Problem) bool {
		twice := p.Field != "" && seen[p.Field]
		seen[p.Field] = true
		return twice
	})
}

// parseRight puts what a form says over a right. It returns fault.Invalid for each thing that cannot be read.
func parseRight(r enforce.Right, sent url.Values) (enforce.Right, error) {
	var wrong []error
	if r.ID != "" {
		version, err := strconv.ParseInt(sent.Get("version"), 10, 64)
		if err != nil {
			return r, web.Unreadable(err)
		}
		r.Version = version
	}
	r.Kind, r.Mark, r.Owner = enforce.RightKind(sent.Get("kind")), trimmed(sent, "mark"), trimmed(sent, "owner")
	r.Office, r.Note = trimmed(sent, "office"), strings.ReplaceAll(sent.Get("note"), "\r\n", "\n")
	if number := trimmed(sent, "number"); number != r.Registered() {
		r.Number = number
	}
	r.Brand = brand.ID(sent.Get("brand"))
	r.Territory = listed(sent.Get("territory"))
	r.Classes = nil
	for _, text := range listed(sent.Get("classes")) {
		class, err := strconv.Atoi(text)
		if err != nil {
			wrong = append(wrong, fault.Invalid.Say("Classes are those of Nice, 1 to 45, and only marks have them.").At("classes"))
			break
		}
		r.Classes = append(r.Classes, class)
	}
	// A day that was not changed stays the moment it was: programs may have given one that is no midnight.
	if text := trimmed(sent, "from"); text != date(r.From) {
		day, err := day8601(text)
		if err != nil {
			wrong = append(wrong, err.At("from"))
		}
		r.From = day
	}
	was := ""
	if !r.To.IsZero() {
		was = date(lastDay(r))
	}
	if text := trimmed(sent, "to"); text != was {
		day, err := day8601(text)
		if err != nil {
			wrong = append(wrong, err.At("to"))
		}
		if r.To = day; !day.IsZero() {
			r.To = day.AddDate(0, 0, 1)
		}
	}
	return r, errors.Join(wrong...)
}

// day8601 is the midnight with which a day begins; the zero time of nothing.
func day8601(text string) (time.Time, *fault.Fault) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1800 || day.Year() > 2200 {
		return time.Time{}, fault.Invalid.Say("Write a day as year-month-day: 2031-12-31.").Because(err)
	}
	return day, nil
}

// listed takes apart what people separate by spaces, commas or lines.
func listed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;，、；\r\n\t", r) })
}
