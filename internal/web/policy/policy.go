// Package policy is the console's job of tuning what is done with listings: what is live and who switched to it, the drafts with their editor, the
// trial of one beside the live one, the threshold by stated costs, and how each signal fares. Nothing here acts on a listing before two people
// have agreed to it, and one of them can take it back with one form.
package policy

import (
	"embed"
	"fmt"
	"net/http"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{
	"overview.html": overviewPage{},
	"list.html":     listPage{},
	"new.html":      newPage{},
	"edit.html":     editPage{},
	"shown.html":    shownPage{},
	"state.html":    stateLine{},
	"changes.html":  []change{},
	"trial.html":    trialPage{},
	"progress.html": headway{},
	"costs.html":    costsPage{},
	"signals.html":  signalsPage{},
	"findings.html": findingsPage{},
	"models.html":   modelsPage{},
	"words.html":    wordsPage{},
	"names.html":    names{},
	"interval.html": interval{},
})

type pages struct {
	desk   *listings.Desk
	detect *detect.Service
}

// Job is the policies, their trials and what is known of how well they do. It draws with words of the listings job, which must be served too.
func Job(desk *listings.Desk) web.Job {
	p := &pages{desk, desk.Detect}
	return web.Job{
		Rail:  ui.Entry{Name: "policy.rail", Icon: "scale", Path: "/policy", Verb: access.PolicyRead, Key: "g o"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /policy", Verb: access.PolicyRead, Handle: p.overview},
			{Pattern: "POST /policy/back", Verb: access.PolicySwitch, Handle: p.goBack},
			{Pattern: "GET /policy/all", Verb: access.PolicyRead, Handle: p.list},
			{Pattern: "GET /policy/new", Verb: access.PolicyEdit, Handle: p.newPage},
			{Pattern: "POST /policy/new", Verb: access.PolicyEdit, Handle: p.create},
			{Pattern: "POST /policy/import", Verb: access.PolicyEdit, Handle: p.importTerms},
			{Pattern: "GET /policy/words", Verb: access.PolicyRead, Handle: p.words},
			{Pattern: "GET /policy/{policy}", Verb: access.PolicyRead, Handle: p.policy},
			{Pattern: "POST /policy/{policy}", Verb: access.PolicyEdit, Handle: p.edit},
			{Pattern: "POST /policy/{policy}/propose", Verb: access.PolicyEdit, Handle: p.propose},
			{Pattern: "POST /policy/{policy}/rework", Verb: access.PolicyEdit, Handle: p.rework},
			{Pattern: "POST /policy/{policy}/withdraw", Verb: access.PolicyEdit, Handle: p.withdraw},
			{Pattern: "POST /policy/{policy}/switch", Verb: access.PolicySwitch, Handle: p.switchTo},
			{Pattern: "GET /policy/{policy}/trial", Verb: access.PolicyRead, Handle: p.trial},
			{Pattern: "GET /policy/{policy}/trial/progress", Verb: access.PolicyRead, Handle: p.progress},
			{Pattern: "GET /exports/policies/{policy}", Verb: access.PolicyRead, Handle: p.exportTerms},
			{Pattern: "GET /exports/policies/{policy}/differences", Verb: access.PolicyRead, Handle: p.exportDifferences},
			{Pattern: "GET /policy/costs", Verb: access.PolicyRead, Handle: p.costs},
			{Pattern: "POST /policy/costs", Verb: access.PolicyEdit, Handle: p.keepCosts},
			{Pattern: "GET /exports/policy-curve", Verb: access.PolicyRead, Handle: p.exportCurve},
			{Pattern: "GET /policy/signals", Verb: access.PolicyRead, Handle: p.signals},
			{Pattern: "GET /exports/policy-signals", Verb: access.PolicyRead, Handle: p.exportSignals},
			{Pattern: "GET /policy/findings", Verb: access.PolicyRead, Handle: p.findings},
			{Pattern: "GET /exports/findings", Verb: access.PolicyRead, Handle: p.exportFindings},
			{Pattern: "GET /policy/models", Verb: access.PolicyRead, Handle: p.models},
			{Pattern: "POST /policy/models", Verb: access.PolicyEdit, Handle: p.addModel},
		},
	}
}

// Path is the address of a policy's page.
func Path(number detect.PolicyNumber) string { return fmt.Sprintf("/policy/%d", number) }

func trialPath(number detect.PolicyNumber) string { return Path(number) + "/trial" }

// asked is the policy that the address names.
func asked(r *http.Request) (detect.PolicyNumber, error) {
	n, err := strconv.ParseInt(r.PathValue("policy"), 10, 64)
	if err != nil || n < 0 {
		return 0, fault.NotFound.Say("There is no such policy.")
	}
	return detect.PolicyNumber(n), nil
}

// tabs are the pages of the job beside each other.
func tabs(v *ui.Visit, current string) []ui.Tab {
	var all []ui.Tab
	for _, t := range []struct{ key, path string }{
		{"overview", "/policy"}, {"all", "/policy/all"}, {"costs", "/policy/costs"}, {"signals", "/policy/signals"}, {"findings", "/policy/findings"}, {"models", "/policy/models"},
	} {
		all = append(all, ui.Tab{Text: v.T("policy.tab." + t.key), Path: t.path, Current: t.key == current, Count: -1})
	}
	return all
}

// name is a policy by number and title.
func name(v *ui.Visit, p detect.Policy) string { return called(v, p.Number, p.Title) }

func called(v *ui.Visit, number detect.PolicyNumber, title string) string {
	if number == 0 {
		return v.T("policy.shipped")
	}
	return v.T("policy.named", "Number", strconv.FormatInt(int64(number), 10), "Title", title)
}

// actionName is an action in the person's language.
func actionName(v *ui.Visit, a detect.Action) string { return v.T("policy.action." + string(a)) }

// actionTag is an action as a badge.
func actionTag(v *ui.Visit, a detect.Action) listings.Tag {
	switch a {
	case detect.Remove:
		return listings.Tag{Tone: "bad", Icon: "ban", Text: actionName(v, a)}
	case detect.Restrict:
		return listings.Tag{Tone: "warn", Icon: "lock", Text: actionName(v, a)}
	case detect.Look:
		return listings.Tag{Tone: "info", Icon: "eye", Text: actionName(v, a)}
	case detect.Pass:
		return listings.Tag{Tone: "good", Icon: "circle-check", Text: actionName(v, a)}
	}
	return listings.Tag{Tone: "quiet", Icon: "circle-dashed", Text: v.T("policy.action.none")}
}

// stateTag is a policy's state as a badge.
func stateTag(v *ui.Visit, s detect.PolicyState) listings.Tag {
	t := listings.Tag{Tone: "quiet", Icon: "pencil", Text: v.T("policy.state." + string(s))}
	switch s {
	case detect.OnTrial:
		t.Tone, t.Icon = "info", "player-play"
	case detect.Proposed:
		t.Tone, t.Icon = "warn", "hand-stop"
	case detect.Live:
		t.Tone, t.Icon = "good", "circle-check"
	case detect.Retired:
		t.Icon = "history"
	case detect.Withdrawn:
		t.Icon = "x"
	}
	return t
}

// refuse draws a page again with what was wrong with the form, when that is a person's to mend.
func refused(v *ui.Visit, err error) ([]ui.Problem, int) {
	if problems := v.Problems(err); problems != nil {
		return problems, web.Status(err)
	}
	return nil, 0
}
