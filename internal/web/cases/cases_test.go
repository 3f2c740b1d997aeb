package cases

import (
	"archive/zip"
	"bytes"
	"image"
	"image/png"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/evidence"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/listings/listingstest"
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

// bureau is a site with listings and the cases about them.
func bureau(t *testing.T) (*webtest.Site, *enforce.Cases, *ledger.Key, []string) {
	t.Helper()
	s := webtest.NewSite(t)
	desk := listingstest.Desk(s)
	var ids []string
	for _, id := range listingstest.Fill(t, s, desk, 6) {
		ids = append(ids, string(id))
	}
	store, err := blob.Open(t.Context(), "file://"+t.TempDir())
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	key, err := ledger.NewKey("ownmark.example/test")
	must(t, err)
	room := &enforce.Cases{DB: s.DB, Blobs: store, Log: ledger.Open(s.DB, key)}
	s.Serve(nil, Job(room, s.Access))
	return s, room, key, ids
}

// TestAnOfficerBuildsABundle goes through the officer's desk in a browser: a case, a listing in it, a test buy with its custody, a seizure, the bundle; anybody checks the
// file without a server, and a changed byte is named.
func TestAnOfficerBuildsABundle(t *testing.T) {
	s, room, key, ids := bureau(t)
	officer := s.User(access.Officer)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Officer))
	b.Look(1280, 900, "light")
	b.Go(Root)
	b.Axe()
	b.PressTo("n")
	b.Send(`form[action="/cases"]`, map[string]string{"title": "安福市场夜市仿鞋", "summary": "夜间发货，三个账号，同一仓库。", "city": "莆田", "region": "CN-FJ", "country": "CN"})
	here := b.Path()
	if text := b.Text("main"); !strings.Contains(text, "安福市场夜市仿鞋") || !strings.Contains(text, "C-2026-0001") {
		t.Fatalf("the case: %q", text)
	}
	b.Axe()
	b.Send(`form[action$="/gather"]`, map[string]string{"kind": "listing", "subject": ids[0], "note": "最早发现的一条"})
	b.Send(`form[action$="/note"]`, map[string]string{"text": "线人称每晚十点发货。"})
	b.Send(`form[action$="/move"]`, map[string]string{"stage": "opened", "why": "两名同事核对无误。"})
	b.Shots("case", here)

	b.Go(here + "/test-buys")
	b.Send(`form[action$="/test-buys"]`, map[string]string{"listing": ids[0]})
	b.Follow(".cases-list a")
	buy := b.Path()
	var photo bytes.Buffer
	must(t, png.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 30))))
	file := filepath.Join(t.TempDir(), "parcel.png")
	must(t, os.WriteFile(file, photo.Bytes(), 0o600))
	b.Send(`form[action$="`+buy+`"]`, map[string]string{"order": "A-1", "price": "199.00", "currency": "CNY", "where": "局里"})
	b.Files(`input[name="papers"]`, file)
	b.Send(`form[action$="`+buy+`"]`, map[string]string{"where": "局里收发室", "seal": "0417"})
	b.Send(`form[action$="`+buy+`"]`, map[string]string{"finding": "counterfeit", "where": "检测中心"})
	if text := b.Text("main"); !strings.Contains(text, "Counterfeit") || !strings.Contains(text, "0417") {
		t.Errorf("the test buy: %q", text)
	}
	b.Shots("case-buy", buy)

	b.Go(here + "/facts")
	b.Send(`form[action$="/facts"]`, map[string]string{"kind": "seizure", "date": "2026-11-20", "quantity": "1200", "unit": "pairs", "goods": "运动鞋", "brand": "Halden", "authority": "莆田市市场监管局"})
	b.Send(`form[action$="/facts"]`, map[string]string{"kind": "arrest", "date": "2026-11-20", "quantity": "3", "unit": "persons"})
	b.Shots("case-facts", here+"/facts")

	b.Go(here + "/bundles")
	b.Send(`form[action$="/bundles"]`, map[string]string{"language": "zh"})
	id := enforce.CaseID(strings.TrimPrefix(here, Root+"/"))
	all, err := room.Bundles(t.Context(), officer, id)
	must(t, err)
	must(t, room.MakeBundle(t.Context(), all[0].ID))
	if all, err = room.Bundles(t.Context(), officer, id); err != nil || all[0].State != enforce.BundleReady {
		t.Fatalf("the bundle: %+v %v", all[0], err)
	}
	b.Shots("case-bundles", here+"/bundles")
	b.Go(here + "/bundles")
	download := regexp.MustCompile(`href="(` + regexp.QuoteMeta(here) + `/bundles/[^"]+)"`).FindStringSubmatch(s.As(access.Officer).Get(here + "/bundles").Body)
	if download == nil {
		t.Fatal("no bundle to download")
	}
	a := s.As(access.Officer).Get(download[1])
	if a.Status != 200 || a.Header.Get("Content-Type") != "application/zip" {
		t.Fatalf("download: %d", a.Status)
	}
	verifier, err := ledger.ParseVerifier(key.VerifierKey())
	must(t, err)
	content := []byte(a.Body)
	report, err := evidence.Verify(bytes.NewReader(content), int64(len(content)), evidence.Options{Key: verifier})
	must(t, err)
	if !report.OK() {
		t.Fatalf("the bundle does not hold: %+v", report)
	}
	zipped, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	must(t, err)
	for _, one := range zipped.File {
		r, err := one.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		if bytes.Contains(text, []byte("@bureau.example")) || bytes.Contains(text, []byte("@rights.example")) {
			t.Errorf("%s has an e-mail address", one.Name)
		}
	}
	at := bytes.Index(content, []byte("parcel.png"))
	if at < 0 {
		t.Fatal("the photo's name is not in the bundle")
	}
	content[at] ^= 1
	if report, err = evidence.Verify(bytes.NewReader(content), int64(len(content)), evidence.Options{Key: verifier}); err == nil && report.OK() {
		t.Error("a changed byte is not found")
	}

	if page := s.As(access.Officer).Get("/cases/crackdown?city=" + url.QueryEscape("莆田")); page.Status != 200 || !strings.Contains(page.Body, "1,200 pairs") || !strings.Contains(page.Body, "3 persons") || !strings.Contains(page.Body, "since 2026") {
		t.Errorf("the crackdown: %d %s", page.Status, page.Body)
	}
	b.Shots("crackdown", Root+"/crackdown")
	b.Shots("cases", Root)
}

// TestWhoSeesACase keeps a case from other authorities until it is shared, and from roles that have no business with it.
func TestWhoSeesACase(t *testing.T) {
	s, room, _, _ := bureau(t)
	m, err := room.OpenCase(t.Context(), s.User(access.Administrator), enforce.Case{Title: "Shoes from Anfu", Place: enforce.Place{Country: "CN"}}, "")
	must(t, err)
	for role, status := range map[access.Role]int{access.Officer: 404, access.Seller: 403, access.Maker: 403, access.RightsHolder: 403, access.Analyst: 200} {
		if a := s.As(role).Get(Path(m.ID, "")); a.Status != status {
			t.Errorf("%s: %d, want %d", role, a.Status, status)
		}
	}
	if a := s.As(access.Administrator).Post(Path(m.ID, "share"), "organisation="+url.QueryEscape(string(s.Bureau))); a.Status != 303 {
		t.Fatalf("share: %d %s", a.Status, a.Body)
	}
	officer := s.As(access.Officer)
	if a := officer.Get(Path(m.ID, "")); a.Status != 200 {
		t.Errorf("shared: %d", a.Status)
	}
	// Two move it at once: one wins, the other is told.
	if a := officer.Post(Path(m.ID, "move"), "stage=opened&why=ours&version=1"); a.Status != 303 && a.Status != 409 {
		t.Errorf("moved: %d %s", a.Status, a.Body)
	}
	m, err = room.Case(t.Context(), s.User(access.Administrator), m.ID)
	must(t, err)
	if a := s.As(access.Administrator).Post(Path(m.ID, "move"), "stage=closed&why=x&version=0"); a.Status != 409 {
		t.Errorf("a stale page: %d", a.Status)
	}
	if a := officer.Post(Path(m.ID, "gather"), "kind=listing&subject=nowhere"); a.Status != 422 && a.Status != 404 {
		t.Errorf("a listing that is gone: %d", a.Status)
	}
	form := url.Values{"kind": {"seizure"}, "date": {"2030-01-01"}, "quantity": {"many"}, "unit": {"pairs"}}
	if a := officer.Post(Path(m.ID, "facts"), form.Encode()); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("a bad fact: %d", a.Status)
	}
	if a := officer.Get("/exports/cases?format=jsonl"); a.Status != 200 || !strings.Contains(a.Body, `"title":"Shoes from Anfu"`) {
		t.Errorf("export: %d %s", a.Status, a.Body)
	}
}
