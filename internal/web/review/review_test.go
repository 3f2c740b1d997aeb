package review_test

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/review"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, review.Views, "review.bulk.done") }

func site(t *testing.T, n int) *webtest.Site {
	t.Helper()
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	listingstest.Fill(t, s, desk, n)
	s.Serve(nil, review.Job(desk, s.Access), listings.Job(desk, s.Access, nil))
	return s
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// form is the fields of the form on the page that decides on an outcome.
func form(t *testing.T, body, outcome, reason string) string {
	t.Helper()
	at := strings.LastIndex(body, `name="outcome" value="`+outcome+`"`)
	if at < 0 {
		t.Fatalf("the page offers no %s", outcome)
	}
	values := url.Values{"outcome": {outcome}, "reason": {reason}}
	rest := body[at:]
	for _, m := range hidden.FindAllStringSubmatch(rest[:strings.Index(rest, "</form>")], -1) {
		values.Set(m[1], strings.ReplaceAll(m[2], "&amp;", "&"))
	}
	return values.Encode()
}

func TestDecideUndoDecideTwice(t *testing.T) {
	s := site(t, 12)
	c := s.As(access.Reviewer)
	page := c.Get("/review/L0001?verdict=fake")
	if page.Status != 200 {
		t.Fatal(page.Status, s.Log.String())
	}
	sent := form(t, page.Body, "remove", "counterfeit")
	first := c.Post("/review/L0001/decision", sent)
	if first.Status != 303 || first.Location() != "/review/L0007?verdict=fake" {
		t.Fatal("after the decision:", first.Status, first.Location())
	}
	next := c.Get(first.Location())
	if !strings.Contains(next.Body, "Removed: L0001") || strings.Contains(next.Body, `id="go-L0001"`) {
		t.Error("the next page does not tell of the decision, or still shows its listing in the queue")
	}
	undo := regexp.MustCompile(`/review/decisions/[^"]+/undo`).FindString(next.Body)
	if undo == "" {
		t.Fatal("no way to undo")
	}
	// The same form once more is the same decision; another person's form of before tells who was first.
	if again := c.Post("/review/L0001/decision", sent); again.Status != 303 {
		t.Error("sent twice:", again.Status, again.Body)
	}
	late, err := url.ParseQuery(sent)
	if err != nil {
		t.Fatal(err)
	}
	late.Set("request", "another")
	if a := s.As(access.Analyst).Post("/review/L0001/decision", late.Encode()); a.Status != 409 || !strings.Contains(a.Body, "Already decided by 陈晓雯") {
		t.Error("a late form:", a.Status)
	}
	if a := c.Post(undo, "back=%2Freview%2FL0001"); a.Location() != "/review/L0001" {
		t.Error("undo leads to", a.Status, a.Location())
	}
	if a := c.Get("/review/L0001"); !strings.Contains(a.Body, `id="go-L0001"`) || !strings.Contains(a.Body, "Undone: Removed") {
		t.Error("the listing is not back in the queue with its history")
	}
}

func TestReasonThatNeedsANote(t *testing.T) {
	s := site(t, 6)
	c := s.As(access.Reviewer)
	a := c.Post("/review/L0001/decision", form(t, c.Get("/review/L0001").Body, "remove", "other"))
	if a.Status != 422 || !strings.Contains(a.Body, "Say the reason in the note.") {
		t.Error(a.Status)
	}
	if a := s.As(access.Auditor).Post("/review/L0001/decision", "outcome=remove&reason=counterfeit&version=1"); a.Status != 403 {
		t.Error("an auditor decides:", a.Status)
	}
}

func TestTakenByOneIsSeenByAnother(t *testing.T) {
	s := site(t, 6)
	c := s.As(access.Reviewer)
	c.Post("/review/L0001/claim", "back=%2Freview%2FL0001")
	if a := c.Get("/review?mine=1"); strings.Count(a.Body, `class="review-go"`) != 1 {
		t.Error("what was taken is not under “mine”")
	}
	if a := s.As(access.Analyst).Get("/review/L0001"); !strings.Contains(a.Body, "陈晓雯 is looking at this listing until") {
		t.Error("another person does not see who is looking")
	}
	c.Post("/review/L0001/claim", "release=1&back=%2Freview")
	if a := c.Get("/review?mine=1"); strings.Contains(a.Body, `class="review-go"`) {
		t.Error("it was given back and is still taken")
	}
}

func TestBulkDecidesAndUndoesTogether(t *testing.T) {
	s := site(t, 12)
	c := s.As(access.Analyst)
	page := c.Get("/review")
	values := url.Values{"choice": {"remove:counterfeit"}, "request": {"r1"}, "back": {"/review"}}
	for _, m := range regexp.MustCompile(`name="id" value="(\d+:L\d+)"`).FindAllStringSubmatch(page.Body, 3) {
		values.Add("id", m[1])
	}
	values.Add("id", "1:L-nowhere")
	if a := c.Post("/review/decisions", values.Encode()); a.Location() != "/review" {
		t.Fatal(a.Status, a.Body)
	}
	page = c.Get("/review")
	if !strings.Contains(page.Body, "Removed: 3 listings. 1 was left as it is") {
		t.Error("the toast does not count")
	}
	left := strings.Count(page.Body, `class="review-go"`)
	undo := regexp.MustCompile(`/review/groups/[^"]+/undo`).FindString(page.Body)
	c.Post(undo, "back=%2Freview")
	if now := strings.Count(c.Get("/review").Body, `class="review-go"`); now != left+3 {
		t.Error(left, "waited,", now, "after the undo")
	}
	if a := c.Get("/exports/review?format=jsonl"); strings.Count(a.Body, "\n") != 10 {
		t.Error("export:", a.Body)
	}
}

func TestByKeyboard(t *testing.T) {
	s := site(t, 30)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Reviewer))
	b.Go("/review")
	first := b.Text(`.review-go[aria-current]`)
	b.Press("j")
	b.See(`[data-key=k]`)
	b.Press("x")
	b.See(`#bulk.bulk-on`)
	b.Press("k")
	b.Gone(`[data-key=k]`)
	if again := b.Text(`.review-go[aria-current]`); again != first {
		t.Error("k leads back to", again, "not to", first)
	}
	was := b.Text(`.review-pane code`)
	b.PressTo("a")
	b.See(`.toaster`)
	if now := b.Text(`.review-pane code`); now == was {
		t.Error("the approved listing is still shown")
	}
	b.PressTo("u")
	if now := b.Text(`.review-pane code`); now != was {
		t.Error("undo leads to", now, "not to", was)
	}
	b.Press("r")
	b.See(`#decide-remove:popover-open`)
	b.Shot("review-reasons")
	b.PressTo(browsertest.Enter)
	b.See(`.toaster`)
	if !strings.Contains(b.Text(`.toaster`), "Removed: "+was) {
		t.Error("r and Enter:", b.Text(`.toaster`))
	}
}

func TestLooks(t *testing.T) {
	s := site(t, 130)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Reviewer))
	b.Shots("review", "/review")
	b.Shots("review-item", "/review/L0001?verdict=fake")
	b.Shots("review-none", "/review?q=nowhere")
	b.Shots("review-decisions", "/review/decisions")
}

// TestPolicyProposes has the queue narrowed to one of the policy's queues, and what the policy asks for told in the list and beside the listing.
func TestPolicyProposes(t *testing.T) {
	s := site(t, 12)
	if err := s.DB.Tx(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`update verdict set action = 'remove', queue = 'copies', rule = 'Words for a copy', priority = 80 where listing = 'L0001'`); err != nil {
			return err
		}
		_, err := tx.Exec(`update review set action = 'remove', queue = 'copies' where listing = 'L0001'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	a := s.As(access.Reviewer).Get("/review?queue=copies")
	if a.Status != 200 || strings.Count(a.Body, `class="review-row"`) != 1 {
		t.Errorf("narrowed: %d, %d rows", a.Status, strings.Count(a.Body, `class="review-row"`))
	}
	for _, said := range []string{"Policy proposes: remove</span>", "Policy proposes: remove — rule “Words for a copy”", "It proposes to remove it.", `href="/review?queue=copies"`, `href="/policy/0"`} {
		if !strings.Contains(a.Body, said) {
			t.Errorf("not told: %s", said)
		}
	}
}

// TestScopeOfADecision bounds a removal by country and day, and shows again what was wrong in the form.
func TestScopeOfADecision(t *testing.T) {
	s := site(t, 6)
	c := s.As(access.Reviewer)
	fields := func(more string) string { return form(t, c.Get("/review/L0001").Body, "remove", "counterfeit") + more }
	a := c.Post("/review/L0001/decision", fields("&territory=DE+Germany&payout=1"))
	if a.Status != 422 || !strings.Contains(a.Body, "“GERMANY” is no country") || !strings.Contains(a.Body, `value="DE Germany"`) || !strings.Contains(a.Body, `name="payout" value="1" checked`) {
		t.Error(a.Status, a.Body)
	}
	if a := c.Post("/review/L0001/decision", fields("&until=2020-01-01")); a.Status != 422 || !strings.Contains(a.Body, "The end lies in the past.") {
		t.Error(a.Status)
	}
	if a := c.Post("/review/L0001/decision", fields("&until=tomorrow")); a.Status != 422 || !strings.Contains(a.Body, "is not a day") {
		t.Error(a.Status)
	}
	if a := c.Post("/review/L0001/decision", fields("&territory=eu+ch&until=2030-01-31&payout=1")); a.Status != 303 {
		t.Fatal(a.Status, a.Body)
	}
	for path, words := range map[string][]string{
		"/review/L0001":                   {"Austria, Belgium, Bulgaria, Switzerland, Cyprus", "and 23 more", "payout held", "2030"},
		"/review/decisions":               {"and 23 more", "payout held"},
		"/exports/decisions?format=csv":   {"territory,until,payout_held,ended_at", "AT BE BG CH CY"},
		"/exports/decisions?format=jsonl": {`"payout_held":true`, `"AT"`},
	} {
		page := c.Get(path)
		for _, word := range words {
			if !strings.Contains(page.Body, word) {
				t.Errorf("%s does not say %q", path, word)
			}
		}
	}
	// The milder measures stand in the same form.
	page := c.Get("/review/L0003")
	for _, measure := range []string{"restrict", "demote", "label", "freeze"} {
		if !strings.Contains(page.Body, `<option value="`+measure+`"`) {
			t.Errorf("%s is not offered", measure)
		}
	}
}

// TestManyWaitForASecondPerson proposes on three listings where two are the most, and has another confirm, and another decline.
func TestManyWaitForASecondPerson(t *testing.T) {
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	desk.Enforce.TwoAbove = 2
	listingstest.Fill(t, s, desk, 40)
	s.Serve(nil, review.Job(desk, s.Access), listings.Job(desk, s.Access, nil))
	first, second := s.As(access.Reviewer), s.As(access.Analyst)
	propose := func(request string, from int) {
		t.Helper()
		page := first.Get("/review")
		values := url.Values{"choice": {"remove:counterfeit"}, "request": {request}, "back": {"/review"}, "note": {"All from one album."}}
		for _, m := range regexp.MustCompile(`name="id" value="(\d+:L\d+)"`).FindAllStringSubmatch(page.Body, -1)[from : from+3] {
			values.Add("id", m[1])
		}
		for range 2 { // sent twice
			if a := first.Post("/review/decisions", values.Encode()); a.Location() != "/review/proposals" {
				t.Fatal(a.Status, a.Location(), a.Body)
			}
		}
	}
	propose("r1", 0)
	propose("r2", 3)
	page := first.Get("/review/proposals")
	if strings.Count(page.Body, "review-proposal\"") != 2 || !strings.Contains(page.Body, "You proposed this.") || strings.Contains(page.Body, "/confirm") || !strings.Contains(page.Body, "All from one album.") {
		t.Fatal(page.Body)
	}
	if a := first.Get("/review"); !strings.Contains(a.Body, "2 wait for a second person") {
		t.Error("the queue does not tell of them")
	}
	ids := regexp.MustCompile(`/review/proposals/[^"/]+/`).FindAllString(page.Body, -1)
	first.Post(ids[0]+"confirm", "")
	if a := first.Get("/review/proposals"); !strings.Contains(a.Body, "Another person confirms it.") || strings.Count(a.Body, "review-proposal\"") != 2 {
		t.Error("the proposer confirmed")
	}
	if a := second.Post(ids[0]+"confirm", ""); a.Location() != "/review/proposals" {
		t.Error(a.Status)
	}
	if a := second.Get("/review/proposals"); !strings.Contains(a.Body, "Removed: 3 listings.") || !strings.Contains(a.Body, "/undo") {
		t.Error("not told of the decisions", a.Body)
	}
	second.Post(ids[0]+"confirm", "")
	if a := second.Get("/review/proposals"); !strings.Contains(a.Body, "has closed this proposal meanwhile.") {
		t.Error("confirmed twice")
	}
	second.Post(ids[1]+"decline", "why=")
	second.Post(ids[1]+"decline", "why=They+are+genuine")
	if a := first.Get("/review/proposals?state=declined"); !strings.Contains(a.Body, "They are genuine") {
		t.Error(a.Body)
	}
	if a := s.As(access.Auditor).Get("/review/proposals?state=confirmed"); !strings.Contains(a.Body, "confirmed, ") || strings.Contains(a.Body, "<form method=\"post\" action=\"/review/groups") {
		t.Error("an auditor may undo, or does not see")
	}
	if a := s.As(access.Auditor).Post(ids[1]+"confirm", ""); a.Status != 403 {
		t.Error("an auditor confirms:", a.Status)
	}
	propose("r3", 0)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Analyst))
	b.Shots("review-proposals", "/review/proposals")
	b.Shots("review-proposals-confirmed", "/review/proposals?state=confirmed")
	b.Shots("review-proposals-none", "/review/proposals?state=nothing")
	b.Go("/review/L0005")
	b.Press("s")
	b.See(`#decide-restrict:popover-open`)
	b.Click(`#decide-restrict .listings-scope summary`)
	b.Shot("review-scope")
}
