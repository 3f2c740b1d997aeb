package traders

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views, "traders.file") }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) (*webtest.Site, *market.Service) {
	t.Helper()
	s := webtest.NewSite(t)
	seal, err := market.LoadOrCreateSeal(filepath.Join(t.TempDir(), "trader.key"))
	must(t, err)
	store, err := blob.Open(t.Context(), "mem://")
	must(t, err)
	t.Cleanup(func() { store.Close() })
	room := &market.Service{DB: s.DB, Seal: seal}
	s.Serve(nil, Job(room, store))
	return s, room
}

func sent() url.Values {
	return url.Values{"version": {"0"}, "name": {"莆田市步云鞋业有限公司"}, "country": {"cn"}, "address": {"福建省莆田市荔城区"}, "phone": {"+86 594 2690 000"}, "email": {"lin@buyun.example"},
		"number": {"9144030071526726XG"}, "payment": {"6222 0210 0111 6245 702"}, "certified": {"on"}}
}

func TestTraderPages(t *testing.T) {
	s, room := open(t)
	seller := market.SellerID(webtest.SellerAccount)
	path := Path(seller)
	own, staff := s.As(access.Seller), s.As(access.Administrator)
	if a := own.Get("/traders"); a.Status != 303 || a.Header.Get("Location") != path {
		t.Fatalf("%d %s", a.Status, a.Header.Get("Location"))
	}
	bad := sent()
	bad.Set("number", "123")
	if a := own.Post(path, bad.Encode()); a.Status != 422 || !strings.Contains(a.Body, "unified social credit code") || !strings.Contains(a.Body, "步云") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for range 2 {
		if a := own.Post(path, sent().Encode()); a.Status != 303 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	a := own.Get(path)
	if a.Status != 200 || strings.Contains(a.Body, "0210 0111") || !strings.Contains(a.Body, "•••• 5702") || strings.Contains(a.Body, `/check"`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a = own.Get("/traders/another"); a.Status != 404 {
		t.Errorf("another's file: %d", a.Status)
	}
	if a = staff.Get("/traders?step=verify"); a.Status != 200 || !strings.Contains(a.Body, "步云") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = staff.Get("/exports/traders"); a.Status != 200 || !strings.Contains(a.Body, "9144030071526726XG") || strings.Contains(a.Body, "0210 0111") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	file, err := room.Trader(t.Context(), s.User(access.Administrator), seller)
	must(t, err)
	if a = staff.Post(path+"/check", "field=name&version=1&holds=yes&why=Register"); a.Status != 303 || file.Version != 1 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a = s.As(access.Analyst).Post(path+"/account", "why=payout"); a.Status != 403 {
		t.Errorf("an analyst sees the account: %d", a.Status)
	}
	if a = staff.Post(path+"/account", "why="); a.Status != 422 {
		t.Errorf("without a reason: %d", a.Status)
	}
	if a = staff.Post(path+"/account", "why=A+payout+came+back"); a.Status != 200 || !strings.Contains(a.Body, "6222 0210 0111 6245 702") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = s.As("").Get("/seller-information/" + webtest.SellerAccount); a.Status != 200 || !strings.Contains(a.Body, "lin@buyun.example") || strings.Contains(a.Body, "5702") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = staff.Post("/trader-sales", url.Values{"file": {"seller,month,sales,gross_usd\nS9,2026-11,300,9000\n"}}.Encode()); a.Status != 303 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = staff.Post("/trader-sales", "file=no"); a.Status != 422 {
		t.Errorf("%d", a.Status)
	}
	if a = staff.Post(path+"/end?version=2", ""); a.Status != 303 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a = s.As("").Get("/seller-information/" + webtest.SellerAccount); a.Status != 404 {
		t.Errorf("after the contract: %d", a.Status)
	}
}

func TestLook(t *testing.T) {
	s, _ := open(t)
	path := Path(market.SellerID(webtest.SellerAccount))
	if a := s.As(access.Seller).Post(path, sent().Encode()); a.Status != 303 {
		t.Fatal(a.Body)
	}
	b := browsertest.Open(t, s.Web)
	b.Shots("traders-told", "/seller-information/"+webtest.SellerAccount)
	b.Cookie(webtest.SessionCookie, s.Token(access.Seller))
	b.Shots("traders-own", path)
	b.Cookie(webtest.SessionCookie, s.Token(access.Administrator))
	b.Shots("traders-file", path)
	b.Shots("traders-list", "/traders")
	b.Shots("traders-sales", "/trader-sales")
}
