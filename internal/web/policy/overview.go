package policy

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type overviewPage struct {
	ui.Page
	Tabs     []ui.Tab
	Live     row
	Rules    []rule
	Facts    []ui.Fact
	Why      string
	Back     *ui.Form // nil for who may not go back, and when there is nothing to go back to
	BackTo   string
	BackWarn string // what was live before was itself gone back from
	Asks     bool   // the form was sent and not accepted
	Beside   *beside
	Drafts   []row
	Switches []switched
}

// row is a policy in a list.
type row struct {
	detect.Policy
	Name  string
	Path  string
	Tag   listings.Tag
	Rules int
}

// rule is one line of a policy as a person reads it.
type rule struct {
	Number int
	detect.Rule
	Tag   listings.Tag
	Does  string
	Count int64 // listings that it would have matched, on a trial
}

// beside is what runs beside the live policy.
type beside struct {
	row
	Trial     string // its address
	Headlines []string
	Progress  headway
	Asked     string // who proposed it and why
}

type switched struct {
	detect.Switch
	Name string
	Path string
	How  string
	Ask  string // where the ledger has it; empty for who may not read it
}

func rowOf(v *ui.Visit, p detect.Policy) row {
	return row{p, name(v, p), Path(p.Number), stateTag(v, p.State), len(p.Terms.Rules)}
}

func rulesOf(v *ui.Visit, t detect.Terms) []rule {
	var all []rule
	for i, r := range t.Clean().Rules {
		all = append(all, rule{Number: i + 1, Rule: r, Tag: actionTag(v, r.Then), Does: consequence(v, r)})
	}
	return all
}

func (p *pages) overview(w http.ResponseWriter, r *http.Request) error {
	return p.showOverview(w, r, nil, 0)
}

func (p *pages) showOverview(w http.ResponseWriter, r *http.Request, problems []ui.Problem, status int) error {
	v := ui.Here(r)
	o, err := p.detect.Policies(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := overviewPage{Page: ui.Page{Title: v.T("policy.title"), Lead: v.T("policy.lead"), Wide: true, Status: status}, Tabs: tabs(v, "overview"), Live: rowOf(v, o.Live), Rules: rulesOf(v, o.Live.Terms), Asks: problems != nil}
	if v.User.Can(access.PolicyEdit) {
		page.Actions = []ui.Action{{Text: v.T("policy.import"), Path: "/policy/new#import", Icon: "file-import"},
			{Text: v.T("policy.new"), Path: fmt.Sprintf("/policy/new?from=%d", o.Live.Number), Icon: "plus", Key: "n", Primary: true}}
	}
	page.Facts = facts(v, o.Live)
	if o.Since != nil {
		page.Why = o.Since.Why
	}
	page.sinceWhen(v, o)
	page.backForm(v, o)
	if page.Back != nil && problems != nil {
		page.Back.Fill(r.PostForm).Problems = problems
	}
	if o.Beside != nil {
		if page.Beside, err = p.besideOf(r, v, *o.Beside); err != nil {
			return err
		}
	}
	for _, d := range o.Drafts {
		page.Drafts = append(page.Drafts, rowOf(v, d))
	}
	titles := map[detect.PolicyNumber]string{}
	for _, s := range o.Switches {
		one := switched{Switch: s, Path: Path(s.Policy), How: v.T("policy.switches.back")}
		if !s.Back() {
			one.How = v.T("policy.switches.asked", "Name", s.AskedBy.Name)
		}
		if _, known := titles[s.Policy]; !known {
			of, err := p.detect.Policy(r.Context(), v.User, s.Policy)
			if err != nil {
				return err
			}
			titles[s.Policy] = name(v, of)
		}
		one.Name = titles[s.Policy]
		if v.User.Can(access.LedgerRead) && s.Entry != "" {
			one.Ask = "/ledger/" + s.Entry
		}
		page.Switches = append(page.Switches, one)
	}
	return views.Render(w, r, page)
}

// sinceWhen says in the page's facts since when and by whom the live policy is live.
func (page *overviewPage) sinceWhen(v *ui.Visit, o detect.Overview) {
	first := ui.Fact{Label: v.T("policy.since"), Value: v.T("policy.since.always")}
	facts := []ui.Fact{first}
	if o.Since != nil {
		facts = []ui.Fact{{Label: v.T("policy.since"), Value: v.Clock(o.Since.At)}, {Label: v.T("policy.by"), Value: o.Since.By.Name}}
		if !o.Since.Back() {
			facts = append(facts, ui.Fact{Label: v.T("policy.askedby"), Value: o.Since.AskedBy.Name})
		}
	}
	page.Facts = append(facts, page.Facts...)
}

func (page *overviewPage) backForm(v *ui.Visit, o detect.Overview) {
	if o.Before == nil || !v.User.Can(access.PolicySwitch) {
		return
	}
	page.BackTo = name(v, *o.Before)
	page.Back = &ui.Form{Path: "/policy/back", Submit: v.T("policy.back.yes"), Fields: []ui.Field{
		{Name: "from", Type: "hidden", Value: strconv.FormatInt(int64(o.Live.Number), 10)},
		{Name: "why", Label: v.T("policy.why"), Type: "textarea", Rows: 2, Required: true, Max: "4000"},
	}}
	if o.Since != nil && o.Since.Back() {
		page.BackWarn = v.T("policy.back.warn", "Name", o.Since.By.Name, "Time", v.Clock(o.Since.At), "Why", o.Since.Why)
	}
}

// facts are a policy's terms beside its rules.
func facts(v *ui.Visit, p detect.Policy) []ui.Fact {
	return []ui.Fact{
		{Label: v.T("policy.model"), Value: modelName(v, p.Model)},
		{Label: v.T("policy.thresholds"), Value: thresholds(v, p.Thresholds)},
		{Label: v.T("policy.audit"), Value: auditShare(v, p.Audit)},
		{Label: v.T("policy.costs"), Value: costsInWords(v, p.Costs)},
	}
}

func (p *pages) besideOf(r *http.Request, v *ui.Visit, one detect.Policy) (*beside, error) {
	b := &beside{row: rowOf(v, one), Trial: trialPath(one.Number)}
	if one.State == detect.Proposed {
		b.Asked = v.T("policy.proposed.by", "Name", one.ProposedBy.Name, "Time", v.Clock(one.ProposedAt), "Why", one.ProposedWhy)
	}
	trial, found, err := p.detect.TrialOf(r.Context(), v.User, one.Number)
	if err != nil {
		return nil, err
	}
	b.Headlines, b.Progress = headlines(v, trial, found), headwayOf(v, trial)
	b.Progress.Refresh = "" // the overview stands still
	return b, nil
}

type listPage struct {
	ui.Page
	Tabs  []ui.Tab
	Head  ui.Head
	Rows  []row
	Pager ui.Pager
}

// list is every policy.
func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	found, err := p.detect.PolicyList(r.Context(), v.User, q.After(), 50)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("policy.all"), Lead: v.T("policy.all.lead"), Wide: true}, Tabs: tabs(v, "all")}
	if v.User.Can(access.PolicyEdit) {
		page.Actions = []ui.Action{{Text: v.T("policy.new"), Path: "/policy/new", Icon: "plus", Key: "n", Primary: true}}
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("policy.policy")}, ui.Column{Label: v.T("policy.state")}, ui.Column{Label: v.T("policy.rules"), Number: true},
		ui.Column{Label: v.T("policy.madeby")}, ui.Column{Label: v.T("policy.edited")})
	for _, one := range found.Items {
		page.Rows = append(page.Rows, rowOf(v, one))
	}
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	return views.Render(w, r, page)
}

// Edited is when the policy was changed last; zero for the shipped one.
func (r row) Edited() time.Time { return r.EditedAt }
