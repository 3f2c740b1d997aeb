package enforce

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

var update = flag.Bool("update", false, "write the golden files anew; a person reads the difference")

// golden holds a text against its file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		ok(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	ok(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is now other (-was +is):\n%s", name, diff)
	}
}

func TestLettersGolden(t *testing.T) {
	at := time.Date(2026, 8, 31, 16, 5, 0, 0, time.UTC)
	l := market.Record{Listing: market.Listing{ID: "7741", Title: "Swift 竞速跑鞋 男款", Seller: market.Seller{ID: "S1", Name: "莆田市步云鞋业有限公司", Country: "CN"}}}
	right := Right{Kind: TradeMark, Mark: "SWIFT", Office: "CN", Number: "12345678", Owner: "Swift AG"}
	noticed := []answered{{Notice{ReceivedAt: at.Add(-5 * time.Hour)}, right}, {Notice{ReceivedAt: at.Add(-3 * time.Hour)}, right}}
	byPerson := Decision{ID: "0199-0001", Listing: "7741", Outcome: Remove, Reason: "hidden-logo", Note: "Max Muster wrote to us", By: "p1", At: at, Seller: "S1", Verdict: detect.Fake, Waited: time.Hour,
		Signals: []string{"brand-obfuscated", "price-low"}}
	byPolicy := Decision{ID: "0199-0002", Listing: "7741", Outcome: Restrict, Reason: "counterfeit", By: access.System.ID, At: at, Seller: "S1", Verdict: detect.Fake, Waited: time.Second, Signals: []string{"price-low"}}
	undone := Decision{ID: "0199-0003", Listing: "7741", Outcome: Remove, Reason: "other", Note: "for the file only", By: "p1", At: at, Seller: "S1", Undone: &Undoing{At: at.Add(50 * time.Hour)}}
	for name, letter := range map[string]func(language string) Letter{
		"notice": func(language string) Letter { return byPerson.letter(l, noticed, language, 6) },
		"policy": func(language string) Letter { return byPolicy.letter(l, nil, language, 6) },
		"undone": func(language string) Letter { return undone.letter(l, nil, language, 6) },
	} {
		for _, language := range []string{"en", "zh"} {
			text := letter(language).Text()
			golden(t, "letter-"+name+"."+language+".txt", text)
			if strings.Contains(text, "Muster") || strings.Contains(text, "for the file only") || strings.Contains(text, "%!") {
				t.Errorf("%s in %s: %s", name, language, text)
			}
		}
	}
	if got := languageOf(market.Seller{Country: "cn"}, ""); got != "zh" {
		t.Errorf("a seller in China is written to in %s", got)
	}
	if a, b := languageOf(market.Seller{Country: "DE"}, "zh"), languageOf(market.Seller{}, ""); a != "zh" || b != "en" {
		t.Errorf("the fallback is %s and %s", a, b)
	}
}

// agrees holds the letter of a decision against its statement and against what happened: what the seller is told is what the EU's database is told.
func (k *desk) agrees(t *testing.T, s Statement, is knownDecision) {
	t.Helper()
	english, err := k.Letter(t.Context(), ana, DecisionID(s.PUID), "en")
	ok(t, err)
	if diff := cmp.Diff(s, english.Record); diff != "" {
		t.Errorf("the letter rests on another record: %s", diff)
	}
	chinese, err := k.Letter(t.Context(), ana, DecisionID(s.PUID), "zh")
	ok(t, err)
	en, zh := english.Text(), chinese.Text()
	for _, said := range []struct {
		holds            bool
		english, foreign string
	}{
		{is.outcome == Remove, "It was removed", "下架"},
		{is.outcome == Restrict, "neither shown nor sold", "予以保留"},
		{is.outcome == Demote, "further down", "排序靠后"},
		{is.outcome == Label, "a word to buyers", "对买家的提示"},
		{is.scope.Payout, "not paid out", "货款暂缓支付"},
		{len(is.scope.Territory) == 0, "wherever the marketplace", "所有地区"},
		{slices.Contains(is.scope.Territory, "DE"), "Germany", "德国"},
		{!is.scope.Until.IsZero() && english.Ended.IsZero() && english.Undone.IsZero() && !english.Superseded, "by itself", "自动终止"},
		{is.notices > 0, "It answers a notice", "系对"},
		{is.notices == 0, "on its own initiative", "平台主动核查"},
		{is.notices > 0, "the goods do not infringe", "不存在侵权行为的声明"},
		{is.automated, "without a person", "未经人工"},
		{!is.automated, "A person took the decision.", "由人工作出"},
		{s.AutomatedDetection == "Yes", "was found by automated means", "该商品由自动化手段发现"},
		{s.AutomatedDetection == "No", "was not found by automated means", "并非由自动化手段发现"},
		{s.DecisionGround == groundIllegal, legalGround, "《欧盟商标条例》"},
		{true, "until " + letterEnglish.moment(english.At.AddDate(0, 6, 0)), letterChinese.moment(english.At.AddDate(0, 6, 0)) + "之前"},
	} {
		if strings.Contains(en, said.english) != said.holds || strings.Contains(zh, said.foreign) != said.holds {
			t.Errorf("%q is told wrongly of %+v:\n%s\n%s", said.english, is, en, zh)
		}
	}
	if english.At.Format(time.DateOnly) != s.ApplicationDate || strings.Contains(en+zh, "Muster") {
		t.Errorf("%s", en)
	}
}

func TestLetterIsForItsSellerOnly(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		seller := access.User{ID: "s1", Name: "Lin", Org: SellerOrganisation("S1"), Roles: []access.Role{access.Seller}}
		other := access.User{ID: "s2", Name: "Wu", Org: SellerOrganisation("S2"), Roles: []access.Role{access.Seller}}
		k.listing(t, "L1", 1, detect.Fake, 0.9)
		k.tell(t, "L1")
		d := k.decide(t, rui, "L1", Remove)
		l, err := k.Letter(ctx, seller, d.ID, "")
		ok(t, err)
		if l.Seller != "S1" || l.Language != "en" || l.SellerName != "Fast" {
			t.Errorf("%+v", l)
		}
		for _, by := range []access.User{rui, ana, aud, chief} {
			_, err := k.Letter(ctx, by, d.ID, "zh")
			ok(t, err)
		}
		_, err = k.Letter(ctx, other, d.ID, "")
		want(t, err, fault.NotFound)
		_, err = k.Letter(ctx, seller, "no such", "")
		want(t, err, fault.NotFound)
		_, err = k.Letter(ctx, seller, "a\x00b", "")
		want(t, err, fault.NotFound)
		_, err = k.Letter(ctx, olga, d.ID, "")
		want(t, err, fault.Forbidden)
		_, err = k.Letter(ctx, nobody, d.ID, "")
		want(t, err, fault.Unauthenticated)
		approved := k.decide(t, ana, "L1", Approve)
		_, err = k.Letter(ctx, seller, approved.ID, "")
		want(t, err, fault.NotFound) // nothing is restricted, so no reasons are owed
		l, err = k.Letter(ctx, seller, d.ID, "")
		ok(t, err)
		if !l.Superseded || !strings.Contains(l.Text(), "A later decision") {
			t.Errorf("%s", l.Text())
		}
	})
}
