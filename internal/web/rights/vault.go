package rights

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// toVerify is the queue of what is to be held against the register, the longest waiting first.
const toVerify = "/rights/vault?waiting=1"

type vaultPage struct {
	ui.Page
	Tabs    []ui.Tab
	Filters ui.Filters
	Head    ui.Head
	Several bool // organisations: each row names its own
	Rows    []rightRow
	Pager   ui.Pager
	Empty   ui.Empty
}

type rightRow struct {
	enforce.Right
	Path   string
	Kind   string
	Number string
	Holder string
	Where  string
	Tag    listings.Tag
	Ends   string        // the last day, in words
	Warned *listings.Tag // nil while there is nothing to warn of
}

func rightFilter(q ui.Query) enforce.RightFilter {
	return enforce.RightFilter{Organisation: access.OrgID(q.Get("organisation")), State: enforce.RightState(q.Get("state")), Waiting: q.Get("waiting") != "", Ending: q.Get("ending") != "", Text: q.Get("q"), After: q.After(), Limit: 50}
}

// rightTag is a right's state as a badge.
func rightTag(v *ui.Visit, state enforce.RightState) listings.Tag {
	switch state {
	case enforce.Verified:
		return listings.Tag{Tone: "good", Icon: "shield-check", Text: v.T("rights.verified")}
	case enforce.RightRefused:
		return listings.Tag{Tone: "bad", Icon: "circle-x", Text: v.T("rights.verified.not")}
	case enforce.RightWithdrawn:
		return listings.Tag{Tone: "quiet", Icon: "arrow-back-up", Text: v.T("rights.state.withdrawn")}
	}
	return listings.Tag{Tone: "info", Icon: "clock", Text: v.T("rights.declared")}
}

// ends says when a right runs out, and whether that is a warning.
func ends(v *ui.Visit, r enforce.Right) (tag listings.Tag, warned bool) {
	switch {
	case r.To.IsZero():
		return listings.Tag{Tone: "quiet", Icon: "calendar", Text: v.T("rights.endless")}, false
	case r.State == enforce.RightWithdrawn:
	case !v.Now.Before(r.To):
		return listings.Tag{Tone: "bad", Icon: "alert-triangle", Text: v.T("rights.ended", "Date", day(v, lastDay(r)))}, true
	case r.EndsWithin(enforce.EndWarning, v.Now):
		tone := "warn"
		if r.EndsWithin(7*24*time.Hour, v.Now) {
			tone = "bad" // what is not renewed by now will lapse
		}
		return listings.Tag{Tone: tone, Icon: "alert-triangle", Text: v.T("rights.ending", "Date", day(v, lastDay(r)), "Time", span(v, r.To.Sub(v.Now)))}, true
	}
	return listings.Tag{Tone: "quiet", Icon: "calendar", Text: day(v, lastDay(r))}, false
}

func territory(r enforce.Right) string {
	if len(r.Territory) == 0 {
		return r.Office
	}
	return strings.Join(r.Territory, " ")
}

func (p *pages) vault(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.enforce.Rights(r.Context(), v.User, rightFilter(q))
	if err != nil {
		return err
	}
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	current := "/rights/vault"
	if q.Get("waiting") != "" {
		current = toVerify
	}
	page := vaultPage{Page: ui.Page{Title: v.T("rights.vault"), Lead: v.T("rights.vault.lead"), Crumbs: crumbs(v), Wide: true}, Tabs: tabs(v, current), Several: len(holders) > 1}
	for _, one := range found.Items {
		row := rightRow{Right: one, Path: RightPath(one.ID), Kind: v.T("rights.kind." + string(one.Kind)), Holder: holderName(holders, one.Organisation), Where: territory(one), Tag: rightTag(v, one.State)}
		row.Number = one.Registered()
		tag, warned := ends(v, one)
		row.Ends = tag.Text
		if warned {
			row.Ends, row.Warned = day(v, lastDay(one)), &tag
			row.Warned.Text = v.T("rights.over")
			if v.Now.Before(one.To) {
				row.Warned.Text = v.T("rights.soon", "Time", span(v, one.To.Sub(v.Now)))
			}
		}
		page.Rows = append(page.Rows, row)
	}
	states := ui.Menu{Name: "state", Label: v.T("rights.state")}
	for _, s := range []enforce.RightState{enforce.Declared, enforce.Verified, enforce.RightRefused, enforce.RightWithdrawn} {
		states.Options = append(states.Options, ui.Option{Value: string(s), Text: rightTag(v, s).Text, Count: -1})
	}
	menus := []ui.Menu{states, {Name: "ending", Label: v.T("rights.end"), Options: []ui.Option{{Value: "1", Text: v.T("rights.endsoon"), Count: -1}}}}
	columns := []ui.Column{{Label: v.T("rights.mark")}, {Label: v.T("rights.registration")}, {Label: v.T("rights.where")}}
	if page.Several {
		menus = append(menus, holderMenu(v, holders))
		columns = append(columns, ui.Column{Label: v.T("rights.organisation")})
	}
	page.Filters = q.Filters(&ui.Find{Name: "q", Label: v.T("rights.vault.find")}, menus...)
	page.Filters.Export = exportPath(r, "/exports/rights")
	page.Head = q.Head("", false, append(columns, ui.Column{Label: v.T("rights.state")}, ui.Column{Label: v.T("rights.end")})...)
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "certificate", Title: v.T("rights.vault.none"), Text: v.T("rights.vault.none.text")}
	if v.User.Can(access.RightEdit) {
		page.Actions = []ui.Action{{Text: v.T("rights.vault.new"), Path: "/rights/vault/new", Icon: "plus", Key: "n", Primary: true}}
		page.Empty.Action = &ui.Action{Text: v.T("rights.vault.new"), Path: "/rights/vault/new", Icon: "plus"}
	}
	if current == toVerify {
		page.Lead = v.T("rights.toverify.lead")
		page.Empty = ui.Empty{Icon: "shield-check", Title: v.T("rights.toverify.none"), Text: v.T("rights.toverify.none.text")}
	}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("rights.vault.nomatch"), Text: v.T("rights.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: "/rights/vault"}}
	}
	return views.Render(w, r, page)
}

func (p *pages) exportRights(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	f := rightFilter(ui.Ask(r))
	f.After = ""
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	write, end := listings.Exporter(w, "rights", "csv", []string{"id", "mark", "kind", "office", "number", "owner", "classes", "territory", "from", "to", "state", "refusal", "organisation", "updated"})
	for one, err := range p.enforce.ExportRights(r.Context(), v.User, f) {
		if err != nil {
			return err
		}
		err := write(nil, []string{string(one.ID), one.Mark, string(one.Kind), one.Office, one.Registered(), one.Owner, classes(one.Classes), territory(one), moment(one.From), moment(one.To), string(one.State), one.Refusal,
			holderName(holders, one.Organisation), moment(one.UpdatedAt)})
		if err != nil {
			return err
		}
	}
	return end()
}

func classes(nice []int) string {
	var all []string
	for _, n := range nice {
		all = append(all, strconv.Itoa(n))
	}
	return strings.Join(all, " ")
}

type rightPage struct {
	ui.Page
	Right    enforce.Right
	Tag      listings.Tag
	Warning  *listings.Tag
	WhyNot   string // no notice can rest on it today; empty when one can
	Facts    []ui.Fact
	Document string // its address; empty while there is none
	Notices  string
	Verify   *verification // nil for who may not, and when there is nothing to verify
	Withdraw *ui.Confirm
}

// verification is what the marketplace says of a right once it has held it against the register.
type verification struct {
	Path    string
	Version int64
	Refuse  ui.Form
	Accepts bool // it is not verified yet
}

func (p *pages) right(w http.ResponseWriter, r *http.Request) error {
	page, err := p.rightPage(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) rightPage(r *http.Request) (page rightPage, err error) {
	v := ui.Here(r)
	one, err := p.enforce.Right(r.Context(), v.User, enforce.RightID(r.PathValue("right")))
	if err != nil {
		return page, err
	}
	holders, err := p.holders(r)
	if err != nil {
		return page, err
	}
	at := RightPath(one.ID)
	page = rightPage{Page: ui.Page{Title: registration(one), Crumbs: vaultCrumbs(v)}, Right: one, Tag: rightTag(v, one.State), Notices: "/rights?right=" + string(one.ID)}
	if tag, warned := ends(v, one); warned {
		page.Warning = &tag
	}
	if f, ok := fault.As(one.WhyNot(v.Now)); ok {
		page.WhyNot = v.Sentence(f)
	} else if v.User.Can(access.NoticeFile) {
		page.Actions = append(page.Actions, ui.Action{Text: v.T("rights.new"), Path: "/rights/notices/new?right=" + string(one.ID), Icon: "plus", Key: "n", Primary: true})
	}
	mayEdit := v.User.Can(access.RightEdit) && one.State != enforce.RightWithdrawn
	if mayEdit {
		page.Actions = append(page.Actions, ui.Action{Text: v.T("rights.edit"), Path: at + "/edit", Icon: "pencil", Key: "e"})
		page.Withdraw = &ui.Confirm{Label: v.T("rights.vault.withdraw"), Icon: "arrow-back-up", Question: v.T("rights.vault.withdraw.question"), Yes: v.T("rights.vault.withdraw"), Path: at + "/withdraw",
			Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(one.Version, 10)}}, Danger: true}
	}
	if v.User.Can(access.RightVerify) && (one.State == enforce.Declared || one.State == enforce.Verified || one.State == enforce.RightRefused) {
		version := strconv.FormatInt(one.Version, 10)
		page.Verify = &verification{Path: at + "/verify", Version: one.Version, Accepts: one.State != enforce.Verified, Refuse: ui.Form{Path: at + "/refuse", Submit: v.T("rights.verify.refuse"), Fields: []ui.Field{
			{Name: "version", Type: "hidden", Value: version},
			{Name: "refusal", Label: v.T("rights.verify.why"), Type: "textarea", Rows: 3, Required: true, Max: "2000", Hint: v.T("rights.verify.why.hint")},
		}}}
	}
	page.Facts = []ui.Fact{{Label: v.T("rights.kind"), Value: v.T("rights.kind." + string(one.Kind))}, {Label: v.T("rights.mark"), Value: one.Mark}}
	add := func(label, value, path string) {
		if value != "" {
			page.Facts = append(page.Facts, ui.Fact{Label: v.T(label), Value: value, Path: path})
		}
	}
	add("rights.office", one.Office, "")
	add("rights.number", one.Registered(), "")
	add("rights.owner", one.Owner, "")
	add("rights.classes", classes(one.Classes), "")
	add("rights.where", territory(one), "")
	add("rights.from", day(v, one.From), "")
	end, _ := ends(v, one)
	add("rights.to", end.Text, "")
	add("rights.organisation", holderName(holders, one.Organisation), "")
	if one.Brand != "" {
		name, path := string(one.Brand), ""
		if b, err := p.brands.Get(r.Context(), v.User, one.Brand); err == nil {
			name, path = b.Name, "/brands/"+string(one.Brand)
		}
		add("rights.brand", name, path)
	}
	add("rights.note", one.Note, "")
	add("rights.updated", v.T("rights.updated.by", "Time", v.Clock(one.UpdatedAt), "Name", one.UpdatedBy), "")
	if one.Document.String() != "" {
		page.Document = at + "/document"
	}
	return page, nil
}

// version is that of the right as the person saw it.
func version(r *http.Request) (int64, error) {
	if err := r.ParseForm(); err != nil {
		return 0, web.Unreadable(err)
	}
	n, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil || n < 1 {
		return 0, web.Unreadable(err)
	}
	return n, nil
}

func (p *pages) withdrawRight(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), enforce.RightID(r.PathValue("right"))
	seen, err := version(r)
	if err != nil {
		return err
	}
	if _, err := p.enforce.WithdrawRight(r.Context(), v.User, id, seen); err != nil {
		return err
	}
	return web.Done(w, r, RightPath(id), &ui.Toast{Text: v.T("rights.vault.withdrawn")})
}

func (p *pages) verify(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), enforce.RightID(r.PathValue("right"))
	seen, err := version(r)
	if err != nil {
		return err
	}
	if _, err := p.enforce.VerifyRight(r.Context(), v.User, id, seen, ""); err != nil {
		return err
	}
	return web.Done(w, r, toVerify, &ui.Toast{Text: v.T("rights.verify.done")})
}

func (p *pages) refuse(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), enforce.RightID(r.PathValue("right"))
	seen, err := version(r)
	if err != nil {
		return err
	}
	refusal := trimmed(r.PostForm, "refusal")
	if refusal == "" {
		err = fault.Invalid.Say("Say why: the holder reads it.").At("refusal")
	} else {
		_, err = p.enforce.VerifyRight(r.Context(), v.User, id, seen, refusal)
	}
	problems := v.Problems(err)
	if problems != nil && slices.ContainsFunc(problems, func(p ui.Problem) bool { return p.Field == "refusal" }) {
		page, pageErr := p.rightPage(r)
		if pageErr != nil {
			return pageErr
		}
		if page.Verify == nil {
			return err
		}
		page.Verify.Refuse.Fill(r.PostForm).Problems = problems
		page.Status = web.Status(err)
		return views.Render(w, r, page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, toVerify, &ui.Toast{Text: v.T("rights.verify.refused"), Tone: "info"})
}
