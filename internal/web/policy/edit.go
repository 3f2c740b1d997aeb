package policy

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// editPage is a draft in its editor.
type editPage struct {
	ui.Page
	Tabs     []ui.Tab
	Number   detect.PolicyNumber
	Tag      listings.Tag
	Line     stateLine
	Form     ui.Form // every input, with what is wrong
	Version  int64
	Unsaved  bool
	Clash    *clash
	Rules    []ruleFields
	Full     bool // no further rule has room
	Examples []exampleFields
	Tried    *tried
	Names    names
	Changes  []change // against what is live
	LiveName string
}

// ruleFields are the inputs of one rule.
type ruleFields struct {
	Index, Number                           int
	Name, When, Then, Queue, Priority, Mode ui.Bound
	Spot                                    *spot
	First, Last                             bool
	Focus                                   string // the button that has just moved it: "up" or "down"; or "name" of a new one
}

type exampleFields struct {
	Index           int
	Listing, Expect ui.Bound
	Path            string
}

// clash tells that somebody else changed the policy meanwhile.
type clash struct {
	Open    bool // it is a draft still, and can be written over
	Version int64
	Changes []change // from theirs to what was typed
}

// shownPage is a policy to be read.
type shownPage struct {
	ui.Page
	Tabs      []ui.Tab
	Number    detect.PolicyNumber
	Tag       listings.Tag
	Line      stateLine
	Form      ui.Form // only its problems
	Why       string
	Rules     []rule
	Facts     []ui.Fact
	Note      string
	Examples  []detect.Example
	Compared  bool
	Changes   []change
	LiveName  string
	Headlines []string
}

func crumbs(v *ui.Visit) []ui.Crumb { return []ui.Crumb{{Text: v.T("policy.title"), Path: "/policy"}} }

// policyTabs are the pages of one policy.
func policyTabs(v *ui.Visit, number detect.PolicyNumber, current string) []ui.Tab {
	return []ui.Tab{
		{Text: v.T("policy.tab.terms"), Path: Path(number), Current: current == "terms", Count: -1},
		{Text: v.T("policy.tab.trial"), Path: trialPath(number), Current: current == "trial", Count: -1},
	}
}

func actions(v *ui.Visit, number detect.PolicyNumber) []ui.Action {
	all := []ui.Action{{Text: v.T("policy.export"), Path: fmt.Sprintf("/exports/policies/%d", number), Icon: "file-export"}}
	if v.User.Can(access.PolicyEdit) {
		all = append(all, ui.Action{Text: v.T("policy.copy"), Path: fmt.Sprintf("/policy/new?from=%d", number), Icon: "copy"})
	}
	return all
}

// policy shows a policy: a draft in its editor to who may change it.
func (p *pages) policy(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	number, err := asked(r)
	if err != nil {
		return err
	}
	one, err := p.detect.Policy(r.Context(), v.User, number)
	if err != nil {
		return err
	}
	if one.State == detect.Draft && v.User.Can(access.PolicyEdit) {
		return p.editor(w, r, one, typedOf(one.Version, one.Terms), outcome{})
	}
	return p.shown(w, r, number, nil, 0)
}

// shown draws a policy to be read, with what is wrong with a move that was asked for.
func (p *pages) shown(w http.ResponseWriter, r *http.Request, number detect.PolicyNumber, problems []ui.Problem, status int) error {
	v := ui.Here(r)
	one, err := p.detect.Policy(r.Context(), v.User, number)
	if err != nil {
		return err
	}
	o, err := p.detect.Policies(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := shownPage{Page: ui.Page{Title: name(v, one), Crumbs: crumbs(v), Actions: actions(v, number), Wide: true, Status: status}, Number: number, Tag: stateTag(v, one.State),
		Form: ui.Form{Problems: problems}, Rules: rulesOf(v, one.Terms), Facts: facts(v, one), Note: one.Note, Examples: one.Examples, LiveName: name(v, o.Live)}
	trial, found, err := p.detect.TrialOf(r.Context(), v.User, number)
	tried := err == nil
	if err != nil && fault.Of(err) != fault.NotFound {
		return err
	}
	if tried {
		page.Tabs, page.Headlines = policyTabs(v, number, "terms"), headlines(v, trial, found)
		for i := range page.Rules {
			page.Rules[i].Count = trial.Past.Rules[page.Rules[i].Name] + trial.Beside.Rules[page.Rules[i].Name]
		}
	}
	if page.Line, err = p.line(r, v, one, &trial); err != nil {
		return err
	}
	for i := range page.Line.Moves {
		page.Line.Moves[i].Sent = r.PostFormValue("why")
	}
	if number != 0 {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("policy.madeby"), Value: v.T("policy.who", "Name", one.MadeBy.Name, "Time", v.Clock(one.MadeAt))},
			ui.Fact{Label: v.T("policy.edited"), Value: v.T("policy.who", "Name", one.EditedBy.Name, "Time", v.Clock(one.EditedAt))})
	}
	if one.ProposedBy.ID != "" {
		page.Why = v.T("policy.proposed.by", "Name", one.ProposedBy.Name, "Time", v.Clock(one.ProposedAt), "Why", one.ProposedWhy)
	}
	if number != o.Live.Number {
		page.Compared, page.Changes = true, changes(v, o.Live.Terms, one.Terms)
	}
	return views.Render(w, r, page)
}

// outcome is what came of the form that the editor shows again.
type outcome struct {
	err     error
	tried   []detect.Tried
	ran     bool // it was tried
	unsaved bool
	focus   string // the input that has the keyboard, "rule.2.up"
}

// edit does what the editor's form asks for: keep the terms, try them, begin their trial, or only move a line about.
func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	number, err := asked(r)
	if err != nil {
		return err
	}
	web.Upload(w, r, maxFile)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	one, err := p.detect.Policy(r.Context(), v.User, number)
	if err != nil {
		return err
	}
	f := readTyped(r.PostForm)
	verb, rest, _ := strings.Cut(r.PostFormValue("do"), ":")
	if focus, moved := f.move(verb, rest); moved {
		return p.editor(w, r, one, f, outcome{unsaved: true, focus: focus})
	}
	terms, wrong := f.terms()
	if wrong != nil {
		return p.editor(w, r, one, f, outcome{err: errors.Join(append(wrong, terms.Clean().Check())...), unsaved: true})
	}
	switch verb {
	case "try":
		tried, err := p.detect.TryPolicy(r.Context(), v.User, terms, f.listingsToTry())
		return p.editor(w, r, one, f, outcome{err: err, tried: tried, ran: err == nil, unsaved: true})
	case "fork":
		made, err := p.detect.ImportPolicy(r.Context(), v.User, terms)
		if err != nil {
			return p.editor(w, r, one, f, outcome{err: err, unsaved: true})
		}
		return web.Done(w, r, Path(made.Number), &ui.Toast{Text: v.T("policy.new.done", "Name", name(v, made))})
	case "overwrite":
		if f.Version, err = strconv.ParseInt(rest, 10, 64); err != nil {
			return web.Unreadable(err)
		}
	}
	if f.Version == 0 {
		return web.Unreadable(errors.New("the form names no version"))
	}
	saved, err := p.detect.SavePolicy(r.Context(), v.User, number, f.Version, terms)
	if err != nil {
		return p.editor(w, r, one, f, outcome{err: err, unsaved: true})
	}
	if verb != "trial" {
		return web.Done(w, r, Path(number), &ui.Toast{Text: v.T("policy.saved")})
	}
	if _, err := p.detect.BeginTrial(r.Context(), v.User, number, saved.Version); err != nil {
		f.Version = saved.Version
		return p.editor(w, r, saved, f, outcome{err: err})
	}
	return web.Done(w, r, trialPath(number), &ui.Toast{Text: v.T("policy.begin.done")})
}

// move does what concerns only the form: a rule added, taken out, or moved up or down; an example added or taken out. It names the input to go on at.
func (f *typed) move(verb, rest string) (focus string, moved bool) {
	i, _ := strconv.Atoi(rest)
	swap := func(a, b int) {
		if min(a, b) >= 0 && max(a, b) < len(f.Rules) {
			f.Rules[a], f.Rules[b] = f.Rules[b], f.Rules[a]
		}
	}
	switch verb {
	case "add":
		if len(f.Rules) < detect.MaxRules {
			f.Rules = append(f.Rules, typedRule{Then: string(detect.Look)})
		}
		return fmt.Sprintf("rule.%d.name", len(f.Rules)-1), true
	case "up":
		swap(i, i-1)
		return fmt.Sprintf("rule.%d.up", i-1), true
	case "down":
		swap(i, i+1)
		return fmt.Sprintf("rule.%d.down", i+1), true
	case "remove":
		if i >= 0 && i < len(f.Rules) {
			f.Rules = slices.Delete(f.Rules, i, i+1)
		}
		return fmt.Sprintf("rule.%d.name", max(min(i, len(f.Rules)-1), 0)), true
	case "example":
		action, id, _ := strings.Cut(rest, ":")
		if i := slices.IndexFunc(f.Examples, func(e typedExample) bool { return e.Listing == id }); i >= 0 {
			f.Examples[i].Expect = action
		} else if id != "" {
			f.Examples = append(f.Examples, typedExample{id, action})
		}
		return "examples", true
	case "unexample":
		if i >= 0 && i < len(f.Examples) {
			f.Examples = slices.Delete(f.Examples, i, i+1)
		}
		return "examples", true
	}
	return "", false
}

// editor draws the form as it was typed.
func (p *pages) editor(w http.ResponseWriter, r *http.Request, one detect.Policy, f typed, out outcome) error {
	v := ui.Here(r)
	problems := placed(v, out.err)
	if out.err != nil && problems == nil {
		return out.err
	}
	o, err := p.detect.Policies(r.Context(), v.User)
	if err != nil {
		return err
	}
	models, err := p.detect.Models(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := editPage{Page: ui.Page{Title: name(v, one), Crumbs: crumbs(v), Actions: actions(v, one.Number), Wide: true}, Number: one.Number, Tag: stateTag(v, one.State), Version: f.Version,
		Unsaved: out.unsaved, Full: len(f.Rules) >= detect.MaxRules, LiveName: name(v, o.Live), Names: namesOf(v, "")}
	if problems != nil {
		page.Status = web.Status(out.err)
	}
	trial, _, err := p.detect.TrialOf(r.Context(), v.User, one.Number)
	if err == nil {
		page.Tabs = policyTabs(v, one.Number, "terms")
	} else if fault.Of(err) != fault.NotFound {
		return err
	}
	if page.Line, err = p.line(r, v, one, &trial); err != nil {
		return err
	}
	page.Form = editForm(v, one.Number, f, models)
	page.Form.Problems = problems
	if fault.Of(out.err) == fault.Conflict {
		if err := page.clashes(r, v, p, one.Number, f); err != nil {
			return err
		}
	}
	page.fields(f, spots(out.err, f), out.focus)
	if out.ran {
		page.Tried = triedOf(v, out.tried)
	}
	if terms, wrong := f.terms(); wrong == nil {
		page.Changes = changes(v, o.Live.Terms, terms)
	}
	return views.Render(w, r, page)
}

// clashes says how what was typed differs from what somebody else has saved meanwhile.
func (page *editPage) clashes(r *http.Request, v *ui.Visit, p *pages, number detect.PolicyNumber, f typed) error {
	now, err := p.detect.Policy(r.Context(), v.User, number)
	if err != nil || now.State == detect.Draft && now.Version == f.Version {
		return err
	}
	page.Clash = &clash{Open: now.State == detect.Draft, Version: now.Version}
	if terms, wrong := f.terms(); wrong == nil {
		page.Clash.Changes = changes(v, now.Terms, terms)
	}
	return nil
}

// editForm is every input of the editor.
func editForm(v *ui.Visit, number detect.PolicyNumber, f typed, models []detect.ModelInfo) ui.Form {
	model := ui.Field{Name: "model", Label: v.T("policy.model"), Type: "select", Value: f.Model, Hint: v.T("policy.model.hint"), Options: []ui.Option{{Value: "", Text: v.T("policy.model.shipped")}}}
	for _, m := range models {
		if !m.Shipped {
			model.Options = append(model.Options, ui.Option{Value: m.Version, Text: m.Version})
		} else if f.Model == m.Version {
			model.Value = ""
		}
	}
	form := ui.Form{Path: Path(number), Draft: fmt.Sprintf("policy-%d-%d-%d", number, f.Version, len(f.Rules)), Fields: []ui.Field{
		{Name: "title", Label: v.T("policy.field.title"), Value: f.Title, Required: true, Max: "200"},
		{Name: "note", Label: v.T("policy.field.note"), Type: "textarea", Rows: 2, Value: f.Note, Max: "4000", Hint: v.T("policy.field.note.hint")},
		model,
		{Name: "review", Label: v.T("policy.field.review"), Value: f.Review, Hint: v.T("policy.field.review.hint")},
		{Name: "fake", Label: v.T("policy.field.fake"), Value: f.Fake, Hint: v.T("policy.field.fake.hint")},
		{Name: "audit", Label: v.T("policy.field.audit"), Value: f.Audit, Hint: v.T("policy.field.audit.hint")},
		{Name: "currency", Label: v.T("policy.field.currency"), Value: f.Currency},
		{Name: "miss", Label: v.T("policy.field.miss"), Value: f.Miss},
		{Name: "alarm", Label: v.T("policy.field.alarm"), Value: f.Alarm},
		{Name: "look", Label: v.T("policy.field.look"), Value: f.Look},
		{Name: "listings", Label: v.T("policy.field.listings"), Type: "textarea", Rows: 2, Value: f.Listings, Hint: v.T("policy.field.listings.hint")},
		{Name: "example.new.listing", Label: v.T("policy.example.listing")},
		{Name: "example.new.expect", Label: v.T("policy.example.expect"), Type: "select", Value: string(detect.Remove), Options: actionOptions(v)},
	}}
	modes := []ui.Option{{Value: "", Text: v.T("policy.rule.on")}, {Value: "off", Text: v.T("policy.rule.off")}}
	for i, rule := range f.Rules {
		of := func(key string) string { return v.T("policy.rule.of", "Number", i+1, "Field", v.T("policy.rule."+key)) }
		at := fmt.Sprintf("rule.%d.", i)
		mode := ""
		if rule.Off {
			mode = "off"
		}
		form.Fields = append(form.Fields,
			ui.Field{Name: at + "name", Label: of("name"), Value: rule.Name, Required: true, Max: "200"},
			ui.Field{Name: at + "when", Label: of("when"), Type: "textarea", Value: rule.When, Required: true, Rows: min(max(strings.Count(rule.When, "\n")+1, 2), 12)},
			ui.Field{Name: at + "then", Label: of("then"), Type: "select", Value: rule.Then, Options: actionOptions(v), Required: true},
			ui.Field{Name: at + "queue", Label: of("queue"), Value: rule.Queue, Max: "40"},
			ui.Field{Name: at + "priority", Label: of("priority"), Value: rule.Priority},
			ui.Field{Name: at + "off", Label: of("mode"), Type: "select", Value: mode, Options: modes})
	}
	for i, e := range f.Examples {
		at := fmt.Sprintf("example.%d.", i)
		form.Fields = append(form.Fields,
			ui.Field{Name: at + "listing", Label: v.T("policy.example.of", "Number", i+1), Value: e.Listing},
			ui.Field{Name: at + "expect", Label: v.T("policy.example.expect"), Type: "select", Value: e.Expect, Options: actionOptions(v)})
	}
	return form
}

func actionOptions(v *ui.Visit) (all []ui.Option) {
	for _, a := range detect.Actions() {
		all = append(all, ui.Option{Value: string(a), Text: actionName(v, a)})
	}
	return all
}

// fields puts the inputs of rules and examples in their places.
func (page *editPage) fields(f typed, spots map[string]spot, focus string) {
	for i := range f.Rules {
		at := fmt.Sprintf("rule.%d.", i)
		get := func(name string) ui.Bound { return page.Form.Get(at + name) }
		one := ruleFields{Index: i, Number: i + 1, Name: get("name"), When: get("when"), Then: get("then"), Queue: get("queue"), Priority: get("priority"), Mode: get("off"),
			First: i == 0, Last: i == len(f.Rules)-1}
		one.Focus, _ = strings.CutPrefix(focus, at)
		if one.Focus == focus || one.Focus == "up" && one.First || one.Focus == "down" && one.Last {
			one.Focus = ""
			if strings.HasPrefix(focus, at) {
				one.Focus = "name" // the button has nowhere further to go
			}
		}
		if where, known := spots[at+"when"]; known {
			one.Spot = &where
		}
		page.Rules = append(page.Rules, one)
	}
	for i, e := range f.Examples {
		at := fmt.Sprintf("example.%d.", i)
		page.Examples = append(page.Examples, exampleFields{i, page.Form.Get(at + "listing"), page.Form.Get(at + "expect"), "/listings/" + e.Listing})
	}
}

// tried is what terms would do with listings.
type tried struct {
	Words string
	Rows  []triedRow // examples that come out wrong, differences, examples, in this order
	Same  []triedRow // treated as they are
}

type triedRow struct {
	detect.Tried
	Path           string
	StandsTag      listings.Tag
	StandsRule     string
	WouldTag       listings.Tag
	ExpectTag      *listings.Tag
	Different      bool
	Adds           []ui.Button // make an example of it
	Verdict        detect.Verdict
	ProblemsInLine string
}

func triedOf(v *ui.Visit, all []detect.Tried) *tried {
	t := &tried{}
	different, examples, wrong := 0, 0, 0
	var groups [3][]triedRow
	for _, one := range all {
		row := triedRow{Tried: one, Path: listings.Path(one.Listing.ID), WouldTag: actionTag(v, one.Would.Action), StandsTag: actionTag(v, ""), Verdict: one.Would.Verdict, ProblemsInLine: strings.Join(one.Problems, v.T("policy.semicolon"))}
		offers := []detect.Action{one.Would.Action}
		if one.Stands != nil {
			row.StandsTag, row.StandsRule = actionTag(v, one.Stands.Action), one.Stands.Rule
			if row.Different = one.Stands.Action != one.Would.Action; row.Different {
				offers = append(offers, one.Stands.Action)
			}
		}
		if one.Expect != "" {
			examples++
			tag := actionTag(v, one.Expect)
			row.ExpectTag = &tag
		} else {
			for _, a := range offers {
				row.Adds = append(row.Adds, ui.Button{Name: "do", Value: "example:" + string(a) + ":" + string(one.Listing.ID), Text: v.T("policy.example.must", "Action", actionName(v, a))})
			}
		}
		if row.Different {
			different++
		}
		switch {
		case one.Wrong():
			wrong++
			groups[0] = append(groups[0], row)
		case row.Different:
			groups[1] = append(groups[1], row)
		case one.Expect != "":
			groups[2] = append(groups[2], row)
		default:
			t.Same = append(t.Same, row)
		}
	}
	t.Rows = slices.Concat(groups[0], groups[1], groups[2])
	t.Words = v.T("policy.tried.words", "Count", v.Number(len(all)), "Different", v.Number(different), "Examples", v.Number(examples), "Wrong", v.Number(wrong))
	return t
}
