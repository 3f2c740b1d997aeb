package seller

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/appeals"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
	"github.com/ownmark/ownmark/internal/web/review"
	"github.com/ownmark/ownmark/internal/web/rights"
	"github.com/ownmark/ownmark/internal/web/sellers"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// portal is a site with a seller whose listing was removed upon a notice, and one that was restricted on the marketplace's own initiative.
type portal struct {
	*webtest.Site
	desk              *listings.Desk
	right             enforce.Right
	removed           enforce.Decision
	restricted        enforce.Decision
	noticed, initiate market.ListingID
}

func open(t *testing.T) *portal {
	t.Helper()
	s := webtest.NewSite(t)
	p := &portal{Site: s, desk: listingstest.Desk(s)}
	ids := listingstest.Fill(t, s, p.desk, 24)
	store, err := blob.Open(t.Context(), "mem://")
	must(t, err)
	t.Cleanup(func() { store.Close() })
	var own []market.ListingID
	for _, id := range ids {
		l, err := p.desk.Market.Get(t.Context(), access.System, id)
		must(t, err)
		if l.Seller.ID == webtest.SellerAccount {
			own = append(own, id)
		}
	}
	if len(own) < 3 {
		t.Fatalf("the seller has %d listings", len(own))
	}
	p.noticed, p.initiate = own[0], own[1]
	p.right, err = p.desk.Enforce.DeclareRight(t.Context(), access.System, enforce.Right{Organisation: p.Rights, Kind: enforce.TradeMark, Mark: "Halden", Office: "EM", Number: "018123456", Owner: "Halden Footwear AB", Classes: []int{25},
		Territory: []string{"EU"}, From: webtest.Now.AddDate(-5, 0, 0), To: webtest.Now.AddDate(5, 0, 0)})
	must(t, err)
	_, _, err = p.desk.Enforce.FileNotice(t.Context(), p.User(access.RightsHolder), enforce.Claim{Right: p.right.ID, Listing: p.noticed, Reasons: "The goods bear our mark.", Evidence: "The logo", Email: "eva@halden.example",
		GoodFaith: true, Guarantee: "Eva Halden"})
	must(t, err)
	p.removed = p.decide(t, p.noticed, enforce.Remove, "counterfeit")
	p.restricted = p.decide(t, p.initiate, enforce.Restrict, "need-test-buy")
	s.Serve(nil, Job(p.desk.Enforce, store), appeals.Job(p.desk.Enforce, store), rights.Job(p.desk.Enforce, s.Access, p.desk.Brand, store), listings.Job(p.desk, s.Access, nil), review.Job(p.desk, s.Access), sellers.Job(p.desk, s.Access))
	return p
}

func (p *portal) decide(t *testing.T, id market.ListingID, o enforce.Outcome, reason enforce.ReasonCode) enforce.Decision {
	t.Helper()
	v, err := p.desk.Enforce.Review(t.Context(), access.System, id)
	must(t, err)
	d, err := p.desk.Enforce.Decide(t.Context(), p.User(access.Reviewer), id, enforce.Choice{Outcome: o, Reason: reason, Version: v.Version})
	must(t, err)
	return d
}

// sending is a form with one file, as a browser sends it.
func sending(t *testing.T, path string, fields url.Values, name, content string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, values := range fields {
		for _, value := range values {
			must(t, form.WriteField(field, value))
		}
	}
	if name != "" {
		part, err := form.CreateFormFile("documents", name)
		must(t, err)
		_, err = io.WriteString(part, content)
		must(t, err)
	}
	must(t, form.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func has(t *testing.T, what string, a webtest.Answer, status int, told ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("%s: %d, want %d\n%.600s", what, a.Status, status, a.Body)
	}
	for _, words := range told {
		if !strings.Contains(a.Body, words) {
			t.Errorf("%s does not say %q", what, words)
		}
	}
}

const pdf = "%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"

func TestSellerReadsAndAnswers(t *testing.T) {
	p := open(t)
	c := p.As(access.Seller)
	path := Path(p.removed.ID)
	has(t, "the list", c.Get("/seller"), 200, path, Path(p.restricted.ID), "Removed", "Not shown, not sold", "If you disagree")
	has(t, "a decision", c.Get(path), 200, "Statement of reasons", "It was removed", "It answers a notice", "A person took the decision.", path+"/answer")
	if a := c.Get(path); strings.Contains(a.Body, p.User(access.Reviewer).Name) {
		t.Error("the seller is told who decided")
	}
	has(t, "the letter", c.Get(path+"/letter?language=zh"), 200, "处理决定说明", "假冒商品")
	has(t, "the form", c.Get(path+"/answer"), 200, `value="complaint"`, `value="counter-statement"`)
	own := c.Get(Path(p.restricted.ID) + "/answer")
	has(t, "the form without a notice", own, 200, `value="complaint"`)
	if strings.Contains(own.Body, "ounter-statement") {
		t.Error("a counter-statement is offered where nobody gave notice")
	}

	bad := url.Values{"kind": {"counter-statement"}, "statement": {"Our goods are our own, by licence."}}
	answer := c.Do(sending(t, path+"/answer", bad, "licence.pdf", pdf))
	has(t, "an answer that is not signed", answer, 422, "Sign the counter-statement with a name.", "Our goods are our own", "licence.pdf", `name="documents" value="`)
	has(t, "an answer with a program", c.Do(sending(t, path+"/answer", bad, "x.pdf", "#!/bin/sh\nrm")), 422)
	good := url.Values{"kind": {"complaint"}, "statement": {"Our goods are our own, by licence."}}
	if a := c.Do(sending(t, path+"/answer", good, "licence.pdf", pdf)); a.Status != 303 || a.Location() != path {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	has(t, "the decision with its answer", c.Get(path), 200, "Your answer is being looked at", "Our goods are our own", "/documents/1", "/withdraw")
	if a := c.Get(path + "/answer"); a.Status != 303 {
		t.Errorf("a second form: %d", a.Status)
	}
	found, err := p.desk.Enforce.Appeals(t.Context(), access.System, enforce.AppealFilter{})
	must(t, err)
	appeal := found.Items[0]
	document := "/seller/appeals/" + string(appeal.ID) + "/documents/1"
	if a := c.Get(document); a.Status != 200 || a.Header.Get("Content-Type") != "application/pdf" || a.Body != pdf {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	has(t, "another document", c.Get("/seller/appeals/"+string(appeal.ID)+"/documents/2"), 404)
	has(t, "the rights holder", p.As(access.RightsHolder).Get(document), 404)

	// The queue: who decided cannot answer, another can.
	queue := p.As(access.Analyst).Get("/appeals")
	has(t, "the queue", queue, 200, appeals.Path(appeal.ID), "Complaint of a seller", "Waits")
	has(t, "the first decider", p.As(access.Reviewer).Get(appeals.Path(appeal.ID)), 200, "You took this decision")
	has(t, "the second", p.As(access.Analyst).Get(appeals.Path(appeal.ID)), 200, `value="reversed"`, "Give the answer", "It answers a notice")
	has(t, "without reasons", p.As(access.Analyst).Post(appeals.Path(appeal.ID)+"/answer", "state=reversed&version=1"), 422, "Give the reasons")
	if a := p.As(access.Analyst).Post(appeals.Path(appeal.ID)+"/answer", "state=reversed&reason=genuine&reasons=The+licence+is+real.&version=1"); a.Status != 303 {
		t.Fatalf("%d %.800s", a.Status, a.Body)
	}
	has(t, "the decision at the end", c.Get(path), 200, "Back on sale", "The licence is real.")
	has(t, "the export", p.As(access.Auditor).Get("/exports/appeals?format=csv"), 200, string(appeal.ID), "The licence is real.")
	has(t, "the export in lines", p.As(access.Auditor).Get("/exports/appeals?format=jsonl&state=reversed"), 200, string(appeal.ID))

	// The notifier objects.
	notices, err := p.desk.Enforce.Notices(t.Context(), access.System, enforce.NoticeFilter{})
	must(t, err)
	n := notices.Items[0]
	h := p.As(access.RightsHolder)
	has(t, "the refused notice", h.Get(rights.NoticePath(n.ID)), 200, "/appeals/new?notice=")
	has(t, "the objection", h.Get("/appeals/new?notice="+string(n.ID)), 200, "Object to the refusal")
	has(t, "an empty objection", h.Do(sending(t, "/appeals/new", url.Values{"notice": {string(n.ID)}}, "", "")), 422, "Say in a sentence")
	if a := h.Do(sending(t, "/appeals/new", url.Values{"notice": {string(n.ID)}, "statement": {"The licence ended last year."}}, "", "")); a.Status != 303 {
		t.Fatalf("%d %.600s", a.Status, a.Body)
	}
	has(t, "the holder's appeals", h.Get("/appeals"), 200, "Objection of who gave notice")
	has(t, "somebody else's", c.Get("/appeals"), 200)
	if strings.Contains(c.Get("/appeals").Body, "The licence ended last year.") {
		t.Error("the seller reads the holder's objection")
	}
}

func TestCounterStatementGoesToTheNotifier(t *testing.T) {
	p := open(t)
	c, h := p.As(access.Seller), p.As(access.RightsHolder)
	path := Path(p.removed.ID)
	form := url.Values{"kind": {"counter-statement"}, "statement": {"Our goods are our own, by licence."}, "evidence": {"Licence 77"}, "guarantee": {"林美玲"}}
	if a := c.Do(sending(t, path+"/answer", form, "licence.pdf", pdf)); a.Status != 303 {
		t.Fatalf("%d %.800s", a.Status, a.Body)
	}
	has(t, "on its way", c.Get(path), 200, "on its way to who gave notice", "Passed on to who gave notice")
	found, err := p.desk.Enforce.ForwardedTo(t.Context(), access.System, enforce.ForwardedFilter{})
	must(t, err)
	counter := appeals.CounterPath(found.Items[0].Appeal, p.Rights)
	has(t, "the holder's list", h.Get("/counters"), 200, counter)
	has(t, "the seller", c.Get(counter), 404)
	a := found.Items[0].Appeal
	has(t, "the arrival without its proof", p.As(access.Analyst).Post(appeals.Path(a)+"/arrival", url.Values{"to": {string(p.Rights)}, "at": {"2026-11-23"}}.Encode()), 422)
	has(t, "the holder reads it", h.Get(counter), 200, "You can oppose it until", "Our goods are our own", "Licence 77", "You can go to court")
	has(t, "its document", h.Get(counter+"/documents/1"), 200)
	has(t, "the seller sees the period", c.Get(path), 200, "The period ends", "neither go to court nor to the authorities")
	has(t, "a contest that lacks its number", h.Post(counter+"/oppose", "act=suit&acted_at=2026-11-22"), 422, "Give the number")
	has(t, "a contest without a day", h.Post(counter+"/oppose", "act=suit&reference=1&acted_at=soon"), 422, "Give the day as a date.")
	if a := h.Post(counter+"/oppose", "act=suit&reference=(2026)+Min+Chu+123&acted_at=2026-11-23"); a.Status != 303 || a.Location() != counter {
		t.Fatalf("%d %.600s", a.Status, a.Body)
	}
	has(t, "the holder afterwards", h.Get(counter), 200, "It was opposed.")
	has(t, "the seller afterwards", c.Get(path), 200, "The notifier went to court", "(2026) Min Chu 123")
}

func TestAnotherSellerSeesNothing(t *testing.T) {
	p := open(t)
	org, err := p.Access.AddSeller(t.Context(), access.System, "S-902", "海蓝星鞋业")
	must(t, err)
	other := access.User{ID: "other", Name: "O", Org: org, Roles: []access.Role{access.Seller}}
	page, err := p.desk.Enforce.Told(t.Context(), other, enforce.ToldFilter{Seller: webtest.SellerAccount})
	must(t, err)
	if len(page.Items) != 0 {
		t.Errorf("%+v", page.Items)
	}
	if _, err := p.desk.Enforce.ToldOne(t.Context(), other, p.removed.ID); err == nil {
		t.Error("another seller reads the decision")
	}
	for _, path := range []string{"/review", "/listings", "/rights", "/sellers", "/listings/" + string(p.noticed)} {
		if a := p.As(access.Seller).Get(path); a.Status != 403 {
			t.Errorf("a seller gets %s: %d", path, a.Status)
		}
	}
	if a := p.As(access.RightsHolder).Get("/seller"); a.Status != 403 {
		t.Errorf("a rights holder gets the portal of sellers: %d", a.Status)
	}
	has(t, "the marketplace's own", p.As(access.Auditor).Get("/seller?seller="+webtest.SellerAccount), 200, Path(p.removed.ID))
	has(t, "an auditor answers", p.As(access.Auditor).Get(Path(p.removed.ID)+"/answer"), 403)
}

func TestInviteFromTheSellersPage(t *testing.T) {
	p := open(t)
	c := p.As(access.Administrator)
	has(t, "the seller's page", c.Get("/sellers/S-902"), 200, "Invite a person of this seller")
	if a := c.Post("/sellers/S-902/people", ""); a.Status != 303 || a.Location() != "/people/invite?organisation=seller%3AS-902" {
		t.Errorf("%d %s", a.Status, a.Location())
	}
	has(t, "an analyst", p.As(access.Analyst).Post("/sellers/S-902/people", ""), 403)
}
