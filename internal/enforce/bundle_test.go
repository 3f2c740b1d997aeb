package enforce

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/evidence"
	"github.com/ownmark/ownmark/internal/fake/tsa"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// drawn gives a picture for references that begin with "sim/".
type drawn struct{ content []byte }

func (d drawn) Picture(_ context.Context, ref string) ([]byte, string, error) {
	if strings.HasPrefix(ref, "sim/") {
		return d.content, "image/png", nil
	}
	return nil, "", fault.NotFound.Say("There is no such picture here.")
}

// full is a case with something of everything.
func (b *bureau) full(t testing.TB) Case {
	t.Helper()
	ctx := t.Context()
	b.listing(t, "L1", 1, "fake", 0.97)
	b.exec(t, `update listing set document = replace(document, '"title"', '"images":["sim/1","sim/2","https://elsewhere.example/3.jpg"],"title"') where id = 'L1'`)
	b.tell(t, "L1")
	d := b.decide(t, rui, "L1", Remove)
	m := b.open(t, ana, "Shoes <script>alert(1)</script>")
	ok(t, b.Gather(ctx, ana, m.ID, ListingLink, "L1", ""))
	ok(t, b.Gather(ctx, ana, m.ID, SellerLink, "S1", ""))
	ok(t, b.Gather(ctx, ana, m.ID, DecisionLink, string(d.ID), ""))
	document, err := b.Attach(ctx, ana, m.ID, "label.png", "", picture(t, 8))
	ok(t, err)
	buy, err := b.PlanTestBuy(ctx, ana, TestBuy{Case: m.ID, Listing: "L1"}, "")
	ok(t, err)
	_, err = b.MoveTestBuy(ctx, ana, m.ID, buy.ID, buy.Version, BuyStep{To: BuyBought, Order: "O-1", Price: Money{19900, "CNY"},
		Custody: Custody{At: noon, Holder: "Ana", Place: "Hangzhou", Hashes: []string{document.Hash}}})
	ok(t, err)
	_, err = b.AddFact(ctx, ana, Fact{Case: m.ID, Kind: Seizure, Day: noon, Quantity: 1_200_000, Unit: Pairs, Goods: "shoes", Money: Money{100, "CNY"}}, "")
	ok(t, err)
	m, err = b.MoveCase(ctx, ana, m.ID, m.Version, Opened, "enough to begin with")
	ok(t, err)
	return m
}

func (b *bureau) bundle(t testing.TB, by access.User, m Case) (Bundle, []byte) {
	t.Helper()
	asked, err := b.AskBundle(t.Context(), by, m.ID, "en")
	ok(t, err)
	body, err := json.Marshal(BundleRequested{asked.ID})
	ok(t, err)
	for range 2 { // handed out again, it is one bundle
		ok(t, b.HandleBundle(t.Context(), bus.Message{ID: "m", Body: body}))
	}
	made, content, err := b.OpenBundle(t.Context(), by, m.ID, asked.ID)
	ok(t, err)
	defer content.Close()
	raw, err := io.ReadAll(content)
	ok(t, err)
	return made, raw
}

func TestBundleOfACase(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		ctx := t.Context()
		b.Pictures = drawn{picture(t, 16)}
		authority, err := tsa.New(b.now.Now)
		ok(t, err)
		server := httptest.NewServer(authority)
		defer server.Close()
		b.Stamp = &evidence.Authority{URL: server.URL}
		m := b.full(t)
		ok(t, b.ShareCase(ctx, ana, m.ID, "putian"))

		first, err := b.AskBundle(ctx, officer, m.ID, "zh")
		ok(t, err)
		second, err := b.AskBundle(ctx, ana, m.ID, "en")
		ok(t, err)
		if first.ID != second.ID {
			t.Error("two bundles are made of one case at once")
		}
		made, raw := b.bundle(t, officer, m)
		report, err := evidence.Verify(bytes.NewReader(raw), int64(len(raw)), evidence.Options{Key: b.key.Verifier()})
		ok(t, err)
		if !report.OK() || report.Entries < 9 || report.Reference != m.Reference || report.Stamp == nil || !made.Stamped || made.Size != int64(len(raw)) || made.ID != first.ID {
			t.Errorf("%+v\n%+v", report, made)
		}
		in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		ok(t, err)
		var names []string
		pages := map[string]string{}
		for _, f := range in.File {
			names = append(names, f.Name)
			if strings.HasSuffix(f.Name, ".html") || strings.HasSuffix(f.Name, ".json") {
				r, err := f.Open()
				ok(t, err)
				content, err := io.ReadAll(r)
				ok(t, err)
				pages[f.Name] = string(content)
			}
		}
		if n := len(slices.DeleteFunc(slices.Clone(names), func(s string) bool { return !strings.HasPrefix(s, "pictures/") })); n != 1 {
			t.Errorf("%d pictures for one content: %v", n, names)
		}
		for _, want := range []string{"证据包", "1200 双", "Hangzhou", "&lt;script&gt;", "documents/", "ledger/entries/000001.json"} {
			if !strings.Contains(pages["index.html"], want) {
				t.Errorf("the index does not say %q", want)
			}
		}
		for _, want := range []string{"pictures/", "elsewhere.example", "price-low"} {
			if !strings.Contains(pages["pages/listing-0001.html"], want) {
				t.Errorf("the listing's page does not say %q", want)
			}
		}
		for name, page := range pages {
			if strings.Contains(page, "<script") {
				t.Errorf("%s has a script", name)
			}
		}
		if !strings.Contains(pages["custody.json"], `"place": "Hangzhou"`) || !json.Valid([]byte(pages["case.json"])) {
			t.Error(pages["custody.json"])
		}
		all, err := b.Bundles(ctx, officer, m.ID)
		ok(t, err)
		if len(all) != 1 || all[0].State != BundleReady || all[0].Done != all[0].Files || all[0].Files == 0 {
			t.Errorf("%+v", all)
		}
		_, _, err = b.OpenBundle(ctx, stranger, m.ID, made.ID)
		want(t, err, fault.NotFound)
		_, _, err = b.OpenBundle(ctx, aud, m.ID, made.ID)
		want(t, err, fault.Forbidden)
		other := b.open(t, ana, "Other")
		_, _, err = b.OpenBundle(ctx, ana, other.ID, made.ID)
		want(t, err, fault.NotFound)
		_, err = b.AskBundle(ctx, rui, m.ID, "en")
		want(t, err, fault.Forbidden)
		if found := b.attestCases(t); found != nil {
			t.Error(found)
		}
		whole, err := b.Log.Verify(ctx, ledger.VerifyOptions{Verifier: b.key.Verifier()})
		ok(t, err)
		if !whole.OK() {
			t.Errorf("%+v", whole)
		}
	})
}

func TestBundleWithoutItsAuthority(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		b.Stamp = &evidence.Authority{URL: "http://127.0.0.1:1/"}
		m := b.full(t)
		asked, err := b.AskBundle(t.Context(), ana, m.ID, "en")
		ok(t, err)
		ok(t, b.MakeBundle(t.Context(), asked.ID))
		all, err := b.Bundles(t.Context(), ana, m.ID)
		ok(t, err)
		if len(all) != 1 || all[0].State != BundleFailed || all[0].Problem != "The time-stamp authority does not answer." {
			t.Errorf("%+v", all)
		}
		_, _, err = b.OpenBundle(t.Context(), ana, m.ID, asked.ID)
		want(t, err, fault.NotFound)
		b.Stamp = nil
		if made, _ := b.bundle(t, ana, m); made.Stamped || made.ID == asked.ID {
			t.Errorf("%+v", made)
		}
		stopped, cancel := context.WithCancel(t.Context())
		again, err := b.AskBundle(t.Context(), ana, m.ID, "en")
		ok(t, err)
		cancel()
		if err := b.MakeBundle(stopped, again.ID); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		ok(t, b.MakeBundle(t.Context(), again.ID)) // whoever takes the message next
	})
}

// TestBundleWords: every word on a bundle's pages has its Chinese.
func TestBundleWords(t *testing.T) {
	for part := range strings.SplitSeq(bundleHTML, `{{word "`) {
		english, _, ok := strings.Cut(part, `"}}`)
		if ok && !strings.HasPrefix(part, "{{define") && bundleWords[english] == "" {
			t.Errorf("no Chinese for %q", english)
		}
	}
}
