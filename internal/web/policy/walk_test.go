package policy

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// queue is a bus in memory; the replay is done when it is taken.
type queue struct {
	mu       sync.Mutex
	messages []bus.Message
}

func (q *queue) Publish(ctx context.Context, subject, id string, body []byte) error {
	return q.PublishMany(ctx, []bus.Message{{ID: id, Subject: subject, Body: body}})
}

func (q *queue) PublishMany(_ context.Context, messages []bus.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = append(q.messages, messages...)
	return nil
}

func (q *queue) take() []bus.Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.messages
	q.messages = nil
	return all
}

// office is a console with listings, and a queue whose work is done by hand.
type office struct {
	*webtest.Site
	desk  *listings.Desk
	queue *queue
	t     *testing.T
}

func open(t *testing.T, n int) *office {
	t.Helper()
	s := webtest.NewSite(t)
	o := &office{Site: s, desk: listingstest.Desk(s), queue: &queue{}, t: t}
	o.desk.Detect.Bus = o.queue
	listingstest.Fill(t, s, o.desk, n)
	s.Serve(nil, listings.Job(o.desk, s.Access, nil), Job(o.desk))
	return o
}

// replay does the work of trials that waits.
func (o *office) replay() {
	o.t.Helper()
	for waiting := o.queue.take(); len(waiting) > 0; waiting = o.queue.take() {
		for _, m := range waiting {
			if m.Subject != detect.ReplaySubject {
				continue
			}
			if err := o.desk.Detect.HandleReplay(o.t.Context(), m); err != nil {
				o.t.Fatal(err)
			}
		}
	}
}

// found keeps what people found of listings, at any score, without the room that decides.
func (o *office) found(n int) {
	o.t.Helper()
	err := o.DB.Tx(o.t.Context(), func(tx *db.Tx) error {
		for i := range n {
			kind, score := "genuine", float64(i%50)/100
			if i%3 == 0 {
				kind, score = "fake", 0.4+float64(i%55)/100
			}
			if _, err := tx.Exec(`insert into finding (id, listing, finding, at, overturned_at, verdict, score, brand, signals, model, action, rule, policy, audit, weight)
				values ($1, $2, $3, $4, 0, 'review', $5, 'halden', '["price-low"]', 'prior', 'review', 'To be looked at', 0, $6, 1)`,
				fmt.Sprintf("d%04d", i), fmt.Sprintf("L%04d", i+1), kind, db.Micros(webtest.Now), score, i%5 == 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// draft makes a draft of terms.
func (o *office) draft(terms detect.Terms) detect.Policy {
	o.t.Helper()
	made, err := o.desk.Detect.ImportPolicy(o.t.Context(), o.User(access.Analyst), terms)
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

var strict = detect.Terms{
	Title: "Copies go", Note: "Words for a copy are enough.", Audit: 0.001, Costs: detect.ShippedPolicy.Costs,
	Rules: []detect.Rule{
		{Name: "Words for a copy", When: `signals["term-replica"] > 1.0 && !seller.authorised`, Then: detect.Remove, Queue: "copies", Priority: 80},
		{Name: "Cheap and unknown", When: `listing.price > 0.0 && listing.price < 40.0`, Then: detect.Restrict, Off: true},
		{Name: "To be looked at", When: `verdict != "clear"`, Then: detect.Look, Queue: "unsure"},
	},
}

func form(fields ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v.Encode()
}

// TestEditor drives the editor without a script: what is wrong is told at its rule, lines are moved, nothing typed is lost.
func TestEditor(t *testing.T) {
	o := open(t, 30)
	ana := o.As(access.Analyst)
	if a := ana.Post("/policy/new", form("from", "0", "title", "")); a.Status != 422 || !strings.Contains(a.Body, "Give the policy a title.") {
		t.Fatalf("no title: %d", a.Status)
	}
	if a := ana.Post("/policy/new", form("from", "0", "title", "Stricter")); a.Status != 303 || a.Location() != "/policy/1" {
		t.Fatalf("new: %d %s", a.Status, a.Location())
	}
	rules := []string{"version", "1", "title", "Stricter", "audit", "1", "rule.0.name", "First", "rule.0.when", "verdict == \"fake\" &&\n  listing.prise > 3", "rule.0.then", "remove",
		"rule.1.name", "Second", "rule.1.when", "true", "rule.1.then", "review", "rule.1.queue", "Bad Queue"}
	a := ana.Post("/policy/1", form(append(rules, "do", "save")...))
	for _, said := range []string{"at line 2, character 10", "  listing.prise &gt; 3\n         ^", `href="#field-rule-0-when"`, `id="field-rule-0-when-error"`, `id="field-rule-1-queue-error"`, "Not saved yet"} {
		if a.Status != 422 || !strings.Contains(a.Body, said) {
			t.Errorf("a wrong condition: %d, not told: %s", a.Status, said)
		}
	}
	rules[9], rules[len(rules)-1] = `verdict == "fake"`, "looks"
	a = ana.Post("/policy/1", form(append(rules, "do", "down:0")...))
	if at := strings.Index(a.Body, `value="Second"`); a.Status != 200 || at < 0 || at > strings.Index(a.Body, `value="First"`) || !strings.Contains(a.Body, "autofocus") {
		t.Errorf("moving down: %d", a.Status)
	}
	if a := ana.Post("/policy/1", form(append(rules, "do", "add")...)); a.Status != 200 || !strings.Contains(a.Body, `name="rule.2.when"`) {
		t.Errorf("adding: %d", a.Status)
	}
	if a := ana.Post("/policy/1", form(append(rules, "do", "remove:0")...)); a.Status != 200 || strings.Contains(a.Body, `value="First"`) || !strings.Contains(a.Body, `value="Second"`) {
		t.Errorf("removing: %d", a.Status)
	}
	if a := ana.Post("/policy/1", form(append(rules, "review", "a lot", "do", "save")...)); a.Status != 422 || !strings.Contains(a.Body, "is not a number") || !strings.Contains(a.Body, `value="a lot"`) {
		t.Errorf("no number: %d", a.Status)
	}
	// Trying keeps nothing and offers examples.
	a = ana.Post("/policy/1", form(append(rules, "do", "try")...))
	if a.Status != 200 || !strings.Contains(a.Body, "would be treated otherwise") || !strings.Contains(a.Body, `value="example:remove:L0001"`) {
		t.Errorf("trying: %d %.300s", a.Status, a.Body)
	}
	a = ana.Post("/policy/1", form(append(rules, "do", "example:clear:L0001")...))
	if !strings.Contains(a.Body, `name="example.0.listing" value="L0001"`) {
		t.Errorf("an example: %d", a.Status)
	}
	examples := append(rules, "example.0.listing", "L0001", "example.0.expect", "clear")
	if a = ana.Post("/policy/1", form(append(examples, "do", "try")...)); !strings.Contains(a.Body, "policy-wrong") || !strings.Contains(a.Body, "Comes out wrong") {
		t.Error("a wrong example is not shown as one")
	}
	if a = ana.Post("/policy/1", form(append(examples, "do", "trial")...)); a.Status != 422 || !strings.Contains(a.Body, "comes out as remove and must be clear") {
		t.Errorf("a trial with a wrong example: %d", a.Status)
	}
	if stored, err := o.desk.Detect.Policy(t.Context(), o.User(access.Analyst), 1); err != nil || stored.Version != 2 || len(stored.Examples) != 1 {
		t.Errorf("beginning a trial saves first: %+v %v", stored, err)
	}

	// Somebody else was faster.
	if a := o.As(access.Administrator).Post("/policy/1", form(append(rules, "version", "2", "do", "save")...)); a.Status != 303 {
		t.Fatalf("the other's: %d", a.Status)
	}
	mine := append(append([]string{}, rules...), "version", "2", "note", "Only mine")
	a = ana.Post("/policy/1", form(append(mine, "do", "save")...))
	if a.Status != 409 || !strings.Contains(a.Body, "Only mine") || !strings.Contains(a.Body, `value="overwrite:3"`) || !strings.Contains(a.Body, `value="fork"`) || !strings.Contains(a.Body, "Ada Lindqvist has changed") {
		t.Errorf("a clash: %d %.600s", a.Status, a.Body)
	}
	if a := ana.Post("/policy/1", form(append(mine, "do", "fork")...)); a.Status != 303 || a.Location() != "/policy/2" {
		t.Errorf("a draft of its own: %d %s", a.Status, a.Location())
	}
	if a := ana.Post("/policy/1", form(append(mine, "do", "overwrite:3")...)); a.Status != 303 {
		t.Errorf("writing over: %d", a.Status)
	}
	if stored, err := o.desk.Detect.Policy(t.Context(), o.User(access.Analyst), 1); err != nil || stored.Note != "Only mine" {
		t.Errorf("written over: %+v %v", stored, err)
	}
	if a := ana.Post("/policy/0", form(append(mine, "do", "save")...)); a.Status != 409 || !strings.Contains(a.Body, `value="fork"`) || strings.Contains(a.Body, "overwrite") {
		t.Errorf("the shipped one: %d", a.Status)
	}
	// Terms go out and in again.
	out := ana.Get("/exports/policies/1")
	if a := ana.Post("/policy/import", form("text", out.Body)); a.Status != 303 || a.Location() != "/policy/3" {
		t.Errorf("import of what was exported: %d %s", a.Status, a.Location())
	}
	if a := ana.Post("/policy/import", form("text", `{"title":"x","rules":[{"name":"a","when":"1","then":"remove"}]}`)); a.Status != 422 || !strings.Contains(a.Body, "rules[0].when") {
		t.Errorf("import of a wrong one: %d", a.Status)
	}
	if a := o.As(access.Reviewer).Get("/policy/1"); a.Status != 200 || strings.Contains(a.Body, "policy-form") || !strings.Contains(a.Body, "Your role may look") {
		t.Errorf("a reviewer sees: %d", a.Status)
	}
	if a := ana.Get("/policy/words?q=ratings"); a.Status != 200 || !strings.Contains(a.Body, "seller.ratings") || strings.Contains(a.Body, ">listing.title<") {
		t.Errorf("names: %d", a.Status)
	}
}

// TestTwoPeople walks a policy from the draft to being live and back without a browser, as two people.
func TestTwoPeople(t *testing.T) {
	o := open(t, 60)
	ana, ada := o.As(access.Analyst), o.As(access.Administrator)
	made := o.draft(strict)
	path := Path(made.Number)
	if a := ana.Get(path); !strings.Contains(a.Body, `value="trial"`) {
		t.Fatalf("no trial to begin: %d", a.Status)
	}
	if _, err := o.desk.Detect.BeginTrial(t.Context(), o.User(access.Analyst), made.Number, made.Version); err != nil {
		t.Fatal(err)
	}
	if a := ana.Get(path + "/trial"); a.Status != 200 || !strings.Contains(a.Body, "hx-trigger") || !strings.Contains(a.Body, "still going over past listings") {
		t.Errorf("while it goes on: %d", a.Status)
	}
	if a := ana.Post(path+"/propose", form("version", "2", "why", "It works")); a.Status != 409 || !strings.Contains(a.Body, "not finished yet") {
		t.Errorf("too early: %d", a.Status)
	}
	o.replay()
	progress := ana.Get(path + "/trial/progress")
	if progress.Header.Get("HX-Refresh") != "true" || strings.Contains(progress.Body, "hx-get") {
		t.Errorf("the end of the replay: %s", progress.Body)
	}
	trial := ana.Get(path + "/trial")
	for _, said := range []string{"It would remove 20 listings", "Words for a copy", "20 listings: Review now, Remove then", "?was=review&amp;would=remove", "format=jsonl"} {
		if !strings.Contains(trial.Body, said) {
			t.Errorf("the trial does not say: %s", said)
		}
	}
	lines := ana.Get(fmt.Sprintf("/exports/policies/%d/differences?was=review&would=remove&format=jsonl", made.Number)).Body
	if strings.Count(lines, "\n") != 20 || !strings.Contains(lines, `"rule":"Words for a copy"`) {
		t.Errorf("the export: %s", lines)
	}
	if a := ana.Get(path + "/trial?was=clear&would=restrict"); !strings.Contains(a.Body, "None moves this way") {
		t.Errorf("narrowed: %d", a.Status)
	}
	if a := ana.Post(path+"/propose", form("version", "2", "why", " ")); a.Status != 422 || !strings.Contains(a.Body, "Say why.") {
		t.Errorf("without a why: %d", a.Status)
	}
	if a := ana.Post(path+"/propose", form("version", "2", "why", "It works")); a.Status != 303 {
		t.Fatalf("proposing: %d %.400s", a.Status, a.Body)
	}
	if a := ana.Get(path); !strings.Contains(a.Body, "Another person must switch: you proposed it.") || strings.Contains(a.Body, path+"/switch") {
		t.Error("the proposer is not told why they cannot switch")
	}
	if a := ana.Post(path+"/switch", form("version", "3")); a.Status != 403 {
		t.Errorf("switching what one proposed: %d", a.Status)
	}
	if a := ada.Get(path); !strings.Contains(a.Body, path+"/switch") || !strings.Contains(a.Body, "It works") || !strings.Contains(a.Body, "policy-change-added") {
		t.Error("the second person is not shown what to agree to")
	}
	if a := ada.Post(path+"/switch", form("version", "3")); a.Status != 303 {
		t.Fatalf("switching: %d %.400s", a.Status, a.Body)
	}
	overview := ana.Get("/policy").Body
	for _, said := range []string{"Copies go", "Switched by", "Ada Lindqvist", "Proposed by", "Bo Nyström", "Go back to 0 · As shipped"} {
		if !strings.Contains(overview, said) {
			t.Errorf("the overview does not say: %s", said)
		}
	}
	if a := ana.Post("/policy/back", form("from", "1", "why", "")); a.Status != 422 || !strings.Contains(a.Body, "<details class=\"policy-back\" open>") {
		t.Errorf("going back without a why: %d", a.Status)
	}
	if a := ana.Post("/policy/back", form("from", "0", "why", "Too strict")); a.Status != 409 {
		t.Errorf("going back from another: %d", a.Status)
	}
	if a := ana.Post("/policy/back", form("from", "1", "why", "Too strict")); a.Status != 303 {
		t.Errorf("going back: %d", a.Status)
	}
	if a := ana.Get("/policy").Body; !strings.Contains(a, "Gone back to") || !strings.Contains(a, "Too strict") || !strings.Contains(a, "went back from it at") {
		t.Error("the going back is not on record")
	}
}

// TestFigures holds the threshold, the signals, the findings and the models against what is known.
func TestFigures(t *testing.T) {
	o := open(t, 60)
	ana := o.As(access.Analyst)
	if a := ana.Get("/policy/costs?source=findings"); a.Status != 200 || !strings.Contains(a.Body, "No findings yet") {
		t.Errorf("without findings: %d", a.Status)
	}
	if a := ana.Get("/policy/costs"); a.Status != 200 || !strings.Contains(a.Body, "each scored by a model that had not seen it") || !strings.Contains(a.Body, "<polyline") {
		t.Errorf("by the model: %d", a.Status)
	}
	if a := ana.Get("/policy/signals"); a.Status != 200 || !strings.Contains(a.Body, "No audits yet: 1 in 1,000 listings are drawn.") {
		t.Errorf("without audits: %d", a.Status)
	}
	if a := ana.Get("/policy/findings"); a.Status != 200 || !strings.Contains(a.Body, "Nothing has been found yet") {
		t.Errorf("no findings: %d", a.Status)
	}
	o.found(60)
	if a := ana.Get("/policy/costs?source=findings&currency=USD&miss=60&alarm=12&look=1.5"); a.Status != 200 || !strings.Contains(a.Body, "<polyline") || !strings.Contains(a.Body, "60 findings that stand") || !strings.Contains(a.Body, `name="threshold" value="`) {
		t.Errorf("the curve: %d", a.Status)
	}
	if a := ana.Get("/policy/costs?currency=dollar&miss=much"); a.Status != 422 || strings.Count(a.Body, "field-error") < 2 {
		t.Errorf("wrong costs: %d", a.Status)
	}
	if a := ana.Post("/policy/costs", form("currency", "USD", "miss", "60", "alarm", "12", "look", "1.5", "threshold", "2", "into", "new")); a.Status != 422 || !strings.Contains(a.Body, "A threshold is above 0 and at most 1.") {
		t.Errorf("a threshold that is none: %d", a.Status)
	}
	if a := ana.Post("/policy/costs", form("currency", "EUR", "miss", "70", "alarm", "12", "look", "1.5", "threshold", "0.22", "into", "new")); a.Status != 303 || a.Location() != "/policy/1" {
		t.Fatalf("using a threshold: %d", a.Status)
	}
	made, err := o.desk.Detect.Policy(t.Context(), o.User(access.Analyst), 1)
	if err != nil || made.Thresholds.Review != 0.22 || made.Thresholds.Fake != 0.9 || made.Costs.Currency != "EUR" || made.Costs.Miss != 70 {
		t.Errorf("%+v %v", made.Terms, err)
	}
	if a := ana.Post("/policy/costs", form("currency", "EUR", "miss", "70", "alarm", "12", "look", "1.5", "threshold", "0.95", "into", "1")); a.Status != 303 {
		t.Errorf("into the same draft: %d", a.Status)
	}
	if lines := ana.Get("/exports/policy-curve?currency=USD&miss=60&alarm=12&look=1.5&format=jsonl").Body; strings.Count(lines, "\n") != 101 {
		t.Errorf("the curve as a file has %d lines", strings.Count(lines, "\n"))
	}
	signals := ana.Get("/policy/signals?sort=-queued").Body
	if at := strings.Index(signals, "price-low"); at < 0 || at > strings.Index(signals, "brand-claimed") || !strings.Contains(signals, "20 of 60") || !strings.Contains(signals, "4 of 12") {
		t.Error("the figures of a signal")
	}
	if labels := ana.Get("/exports/findings?kind=fake&format=jsonl").Body; strings.Count(labels, `"label":"fake"`) != 20 || strings.Count(labels, "\n") != 20 {
		t.Errorf("labels: %.300s", labels)
	}
	if a := ana.Get("/policy/findings?audit=1"); strings.Count(a.Body, "<tr>") != 13 {
		t.Errorf("audited: %d rows", strings.Count(a.Body, "<tr>"))
	}
	if a := ana.Post("/policy/models", form("text", "{}")); a.Status != 422 || !strings.Contains(a.Body, "not the file of a model") {
		t.Errorf("no model: %d", a.Status)
	}
	var file strings.Builder
	m := *detect.ShippedModel()
	m.Review = 0.4
	if err := m.Write(&file); err != nil {
		t.Fatal(err)
	}
	if a := ana.Post("/policy/models", form("text", file.String())); a.Status != 303 {
		t.Errorf("a model: %d", a.Status)
	}
	if a := ana.Get("/policy/1"); !strings.Contains(a.Body, "review") || strings.Count(a.Body, `value="2026-`) != 1 {
		t.Error("the model cannot be chosen")
	}
}

// TestLook takes every page at both widths, in both themes and languages, and holds it against axe.
func TestLook(t *testing.T) {
	o := open(t, 600)
	o.found(60)
	made := o.draft(strict)
	b := browsertest.Open(t, o.Web)
	b.Cookie(webtest.SessionCookie, o.Token(access.Analyst))
	b.Shots("policy-editor", Path(made.Number))
	if _, err := o.desk.Detect.BeginTrial(t.Context(), o.User(access.Analyst), made.Number, made.Version); err != nil {
		t.Fatal(err)
	}
	o.replay()
	b.Shots("policy-overview", "/policy")
	b.Shots("policy-all", "/policy/all")
	b.Shots("policy-new", "/policy/new")
	b.Shots("policy-shown", Path(made.Number))
	b.Shots("policy-trial", trialPath(made.Number))
	b.Shots("policy-costs", "/policy/costs")
	b.Shots("policy-signals", "/policy/signals")
	b.Shots("policy-findings", "/policy/findings")
	b.Shots("policy-models", "/policy/models")
	b.Shots("policy-words", "/policy/words")
}

// TestTwoPeopleInABrowser walks the whole way as two people: a bad condition is told, the draft is tried and put on trial, proposed, refused to its
// proposer, switched to by another person, and gone back from.
func TestTwoPeopleInABrowser(t *testing.T) {
	o := open(t, 60)
	b := browsertest.Open(t, o.Web)
	as := func(role access.Role) {
		b.Forget()
		b.Cookie(webtest.SessionCookie, o.Token(role))
	}
	as(access.Analyst)
	b.Look(1280, 800, "light")
	b.Go("/policy/new")
	b.Type("#field-title", "Copies go")
	b.Follow(".policy-new .btn-primary")
	b.See("#policy-form")
	write := func(field, text string) { // over what stands there
		browsertest.Eval[bool](b, `document.querySelector('`+field+`').value = '', true`)
		b.Type(field, text)
	}
	write("#field-rule-0-when", `signals["term-replika"] > 1.0`)
	b.Follow(".policy-bar .btn-primary")
	b.See("#field-rule-0-when-error")
	if said := b.Text("#field-rule-0-when-error"); !strings.Contains(said, `Did you mean "term-replica"?`) {
		t.Errorf("told: %s", said)
	}
	b.Axe()
	b.Shot("policy-condition-told")
	write("#field-rule-0-when", `signals["term-replica"] > 1.0`)
	browsertest.Eval[string](b, `document.querySelector('#field-rule-0-then').value = 'remove'`)
	b.Follow(`.policy-bar button[value="try"]`)
	b.See("#tried")
	b.Axe()
	b.Shot("policy-tried")
	b.Look(380, 800, "dark")
	b.Shot("policy-tried-phone")
	b.Look(1280, 800, "light")
	b.Type("#policy-find", "ratings")
	b.Gone(`#policy-names [data-copy="listing.title"]`)
	b.See(`#policy-names [data-copy="seller.ratings"]`)
	b.Follow(`.policy-moves button[value="trial"]`)
	b.See(".policy-headway progress")
	o.replay()
	b.See(".policy-moves .btn-primary") // the page asks by itself whether the replay is over
	b.Click(".policy-moves summary.btn-primary")
	b.Type("#propose-why", "Words for a copy are enough.")
	b.Axe()
	b.Shot("policy-propose")
	b.Follow(".policy-moves .menu-form .btn-primary")
	b.See(".policy-nots")
	if said := b.Text(".policy-nots"); !strings.Contains(said, "Another person must switch: you proposed it.") {
		t.Errorf("told: %s", said)
	}
	path := b.Path()
	as(access.Administrator)
	b.Go(path)
	b.Click(".policy-moves summary.btn-primary")
	b.Axe()
	b.Shot("policy-switch")
	b.Follow(".policy-moves .menu-form .btn-primary")
	b.Go("/policy")
	b.Shot("policy-live")
	b.Click(".policy-back summary")
	b.Type("#field-why", "It takes down too much.")
	b.Axe()
	b.Shot("policy-back")
	b.Follow(".policy-back .btn-danger")
	b.See(".event-icon")
	if said := b.Text(".policy-name"); !strings.Contains(said, "As shipped") {
		t.Errorf("live again: %s", said)
	}
}
