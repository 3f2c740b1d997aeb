package seller

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/appeals"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// TestFromANoticeToAReversal goes through pages: a holder files a notice, a reviewer removes the listing, its seller reads on a phone, in Chinese, why and what counts against
// it, and objects with a licence; who decided is told that another answers, and another reverses. The listing stands again, and the strike and the holder's
// figures follow.
func TestFromANoticeToAReversal(t *testing.T) {
	p := open(t)
	ctx := t.Context()
	var mine market.ListingID
	listed, err := p.desk.Market.Listings(ctx, access.System, market.ListingFilter{Limit: 100})
	must(t, err)
	for _, l := range listed.Items {
		if l.Seller.ID == webtest.SellerAccount && l.ID != p.noticed && l.ID != p.initiate {
			mine = l.ID
		}
	}
	p.Clock.Advance(25 * time.Hour) // strikes of one day count once
	for _, role := range []access.Role{access.RightsHolder, access.Reviewer, access.Seller, access.Analyst} {
		p.Return(role)
	}
	b := browsertest.Open(t, p.Web)
	as := func(role access.Role, language string, width int64) {
		b.Forget()
		b.Cookie(webtest.SessionCookie, p.Token(role))
		b.Cookie("language", language)
		b.Look(width, 800, "light")
	}
	upheld := func() float64 {
		t.Helper()
		figures, err := p.desk.Enforce.Notifier(ctx, p.User(access.RightsHolder), p.Rights)
		must(t, err)
		return figures.Accuracy()
	}
	conduct := func() enforce.Conduct {
		t.Helper()
		must(t, p.desk.Enforce.Sweep(ctx))
		c, err := p.desk.Enforce.Conduct(ctx, p.User(access.Seller), p.User(access.Seller).Org)
		must(t, err)
		return c
	}
	before := conduct()

	as(access.RightsHolder, "en", 1280)
	b.Go("/rights/notices/new")
	b.Axe()
	b.Send(`form[action="/rights/notices/new"]`, map[string]string{"right": string(p.right.ID), "listing": string(mine), "reasons": "The goods bear our mark and are not ours.", "evidence": "Stitching and label differ.", "email": "eva@halden.example", "good_faith": "on", "guarantee": "Eva Halden"})
	notice := b.Path()
	if !strings.HasPrefix(notice, "/rights/notices/") || strings.HasSuffix(notice, "/new") {
		t.Fatalf("the notice leads to %s: %q", notice, b.Text("main"))
	}

	as(access.Reviewer, "en", 1280)
	b.Go("/review/" + string(mine))
	browsertest.Eval[bool](b, `(f => (f.querySelector('[name="reason"]') && (f.querySelector('[name="reason"]').value = 'counterfeit'), f.requestSubmit(f.querySelector('button')), true))([...document.querySelectorAll('form[action$="/decision"]')].find(f => f.querySelector('[name="outcome"][value="remove"]')))`)
	b.See(".toaster")
	struck := conduct()
	if struck.Points <= before.Points {
		t.Errorf("the strike does not count: %d, then %d", before.Points, struck.Points)
	}
	accurate := upheld()

	as(access.Seller, "zh", 380)
	b.Go("/seller")
	b.Axe()
	b.Shot("seller-home-phone")
	if text := b.Text(".seller-standing"); !strings.Contains(text, "假冒商品") || !strings.Contains(text, "申诉") {
		t.Errorf("what the seller reads of its account: %q", text)
	}
	b.Follow(".seller-item h2 a")
	decision := b.Path()
	b.Axe()
	b.Shot("seller-decision-phone")
	b.Go(decision + "/answer")
	b.Axe()
	licence := filepath.Join(t.TempDir(), "licence.pdf")
	must(t, os.WriteFile(licence, []byte(pdf), 0o600))
	b.Files(`input[type=file]`, licence)
	b.Shot("seller-answer-phone")
	b.Send(`form[action$="/answer"]`, map[string]string{"kind": "complaint", "statement": "货是我们自己的，附授权书。"})
	if text := b.Text("main"); !strings.Contains(text, "附授权书") {
		t.Errorf("after the answer: %q", text)
	}

	open, err := p.desk.Enforce.Appeals(ctx, access.System, enforce.AppealFilter{})
	must(t, err)
	here := appeals.Path(open.Items[0].ID)
	as(access.Reviewer, "en", 1280)
	b.Go(here)
	if text := b.Text("main"); !strings.Contains(text, "You took this decision") {
		t.Errorf("who decided is not told that another answers: %q", text)
	}
	as(access.Analyst, "en", 1280)
	b.Shots("appeals", "/appeals")
	b.Shots("appeal", here)
	b.Go(here)
	b.Send(`form[action$="/answer"]`, map[string]string{"state": "reversed", "reason": "genuine", "reasons": "The licence is real and covers the goods."})

	item, err := p.desk.Enforce.Review(ctx, p.User(access.Analyst), mine)
	must(t, err)
	if item.Standing != enforce.Live {
		t.Errorf("the listing stands as %s", item.Standing)
	}
	if after := conduct(); after.Points >= struck.Points || after.Points != before.Points {
		t.Errorf("points: %d before, %d struck, %d after the reversal", before.Points, struck.Points, after.Points)
	}
	if now := upheld(); now >= accurate {
		t.Errorf("the holder's notices upheld: %.3f, and %.3f after the reversal", accurate, now)
	}
	as(access.Seller, "zh", 380)
	b.Go(decision)
	b.Axe()
	b.Shot("seller-reversed-phone")
	if text := b.Text("main"); !strings.Contains(text, "The licence is real and covers the goods.") {
		t.Errorf("what the seller reads at the end: %q", text)
	}
	as(access.RightsHolder, "en", 1280)
	b.Go(strings.TrimSuffix(notice, "/receipt"))
	if text := b.Text("main"); !strings.Contains(text, "The licence is real") && !strings.Contains(text, "Object") && !strings.Contains(text, "object") {
		t.Errorf("the holder is not told of the reversal and what can be done: %q", text)
	}
	b.Forget()
	b.Cookie(webtest.SessionCookie, p.Token(access.Seller))
	b.Shots("seller-home", "/seller")
	b.Shots("seller-decision", decision)
}
