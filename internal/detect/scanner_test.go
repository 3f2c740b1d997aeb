package detect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

func ptr[T any](x T) *T { return &x }

// fixture are three brands of our own making and one whose name is an ordinary word.
func fixture() []brand.Brand {
	return []brand.Brand{
		{
			ID: "halden", Name: "Haldenfjord", Aliases: []string{"海登峡湾"}, Categories: []string{"shoes", "bags"}, AuthorisedSellers: []string{"S-own"},
			Prices: map[string]brand.Price{"shoes": {Currency: "USD", Low: 80, Typical: 150}, "bags": {Currency: "USD", Low: 60, Typical: 120}},
		},
		{
			ID: "montreve", Name: "Montrevelle", Categories: []string{"bags", "watches"}, AuthorisedSellers: []string{},
			Prices: map[string]brand.Price{"bags": {Currency: "EUR", Low: 900, Typical: 2000}},
		},
		{ID: "quiet", Name: "Quietborough", Categories: []string{"shoes"}},
		{
			ID: "harbour", Name: "Harbour", Ambiguous: true, Categories: []string{"apparel"}, AuthorisedSellers: []string{"S-h"},
			Prices: map[string]brand.Price{"apparel": {Currency: "USD", Low: 40, Typical: 90}},
		},
	}
}

func newScanner(t testing.TB, brands []brand.Brand) *Scanner {
	t.Helper()
	s, err := NewScanner(brands, today)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func names(r Result) []string {
	var list []string
	for _, s := range r.Signals {
		list = append(list, s.Name)
	}
	return list
}

func has(r Result, name string) bool { return slices.Contains(names(r), name) }

func signal(t *testing.T, r Result, name string) Signal {
	t.Helper()
	for _, s := range r.Signals {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no signal %q among %v", name, names(r))
	return Signal{}
}

func TestVerdicts(t *testing.T) {
	s := newScanner(t, fixture())
	for _, c := range []struct {
		name    string
		listing market.Listing
		want    []Verdict
		brand   brand.ID
	}{
		{
			"an ordinary thing",
			market.Listing{Title: "Walnut chopping board", Category: "other", Price: ptr(22.0)},
			[]Verdict{Clear}, "",
		},
		{
			"clean title, price far below, seller not authorised",
			market.Listing{Title: "Montrevelle Rue 9 tote, black", Category: "bags", Price: ptr(120.0), Currency: "EUR", Seller: market.Seller{ID: "S-x"}},
			[]Verdict{Review, Fake}, "montreve",
		},
		{
			"the same without any word about the seller",
			market.Listing{Title: "Montrevelle Rue 9 tote, black", Category: "bags", Price: ptr(120.0), Currency: "EUR"},
			[]Verdict{Review, Fake}, "montreve",
		},
		{
			"a category without a price of its own",
			market.Listing{Title: "Montrevelle quartz watch", Category: "watches", Price: ptr(60.0), Currency: "EUR", Seller: market.Seller{ID: "S-x"}},
			[]Verdict{Review, Fake}, "montreve",
		},
		{
			"the authorised seller's clearance",
			market.Listing{Title: "Haldenfjord Trail, last sizes, 60% off", Brand: "Haldenfjord", Category: "shoes", Price: ptr(49.0), Quantity: ptr(int64(300)), Seller: market.Seller{ID: "S-own"}},
			[]Verdict{Clear}, "halden",
		},
		{
			"a grey importer at a plausible price",
			market.Listing{Title: "Haldenfjord Trail, import", Brand: "Haldenfjord", Category: "shoes", Price: ptr(110.0), Quantity: ptr(int64(12)), Seller: market.Seller{ID: "S-x", Joined: "2019-02-01", Ratings: ptr(int64(900)), Positive: ptr(0.98)}},
			[]Verdict{Clear}, "halden",
		},
		{
			"one used pair",
			market.Listing{Title: "Haldenfjord boots, worn two winters", Category: "shoes", Price: ptr(20.0), Condition: "used", Quantity: ptr(int64(1)), Seller: market.Seller{ID: "S-p", Joined: "2026-10-01", Ratings: ptr(int64(0))}},
			[]Verdict{Clear}, "halden",
		},
		{
			"a disguised name",
			market.Listing{Title: "H.a.l.d.e.n.f.j.o.r.d trail shoes", Category: "shoes", Price: ptr(70.0), Condition: "new"},
			[]Verdict{Review, Fake}, "halden",
		},
		{
			"a store that pretends",
			market.Listing{Title: "Trail shoes", Brand: "Haldenfjord", Category: "shoes", Price: ptr(60.0), Quantity: ptr(int64(400)), Seller: market.Seller{ID: "S-x", Name: "Haldenfjord Official Store", Joined: "2026-10-20"}},
			[]Verdict{Review, Fake}, "halden",
		},
		{
			"a case for it, under a brand of its own",
			market.Listing{Title: "Insoles compatible with Haldenfjord boots", Brand: "Solewell", Category: "shoes", Price: ptr(9.0), Quantity: ptr(int64(900)), Seller: market.Seller{ID: "S-x", Joined: "2018-01-01", Ratings: ptr(int64(3000)), Positive: ptr(0.97)}},
			[]Verdict{Clear}, "halden",
		},
		{
			"the ordinary word",
			market.Listing{Title: "Print of the old harbour at dusk", Category: "other", Price: ptr(12.0), Seller: market.Seller{ID: "S-x"}},
			[]Verdict{Clear}, "",
		},
		{
			"no price is known, nobody said who may sell",
			market.Listing{Title: "Quietborough loafers", Category: "shoes", Price: ptr(3.0), Seller: market.Seller{ID: "S-x"}},
			[]Verdict{Clear}, "quiet",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.listing.ID = "L1"
			r := s.Scan(&c.listing)
			if !slices.Contains(c.want, r.Verdict) || r.Brand != c.brand {
				t.Errorf("%s %.3f of %q, want %v of %q\n%+v", r.Verdict, r.Score, r.Brand, c.want, c.brand, r.Signals)
			}
			if r.ID != "L1" {
				t.Error("the id is lost")
			}
		})
	}
}

func TestEvidenceRestsOnFigures(t *testing.T) {
	s := newScanner(t, fixture())
	r := s.Scan(&market.Listing{
		ID: "L1", Title: "Montrevelle Rue 9 tote", Category: "bags", Price: ptr(120.0), Currency: "EUR", Quantity: ptr(int64(1500)), ShipsFrom: "Lyon",
		Seller: market.Seller{ID: "S-x", Joined: "2026-11-03", Ratings: ptr(int64(40)), Positive: ptr(0.71)},
	})
	for name, want := range map[string][2]string{
		"price-low":           {"€120 against a usual €2,000 for Montrevelle bags; genuine ones seldom cost less than €900", "售价 120 欧元，而 Montrevelle箱包通常 2,000 欧元，正品很少低于 900 欧元"},
		"price-far-below":     {"the price is 6% of the usual one", "价格仅为常价的 6%"},
		"brand-claimed":       {"“Montrevelle” says that the goods are Montrevelle", "“Montrevelle”表示商品是 Montrevelle"},
		"seller-unauthorised": {"Montrevelle has not authorised this seller", "Montrevelle 未授权该卖家"},
		"seller-new":          {"the account was 20 days old when it listed the goods", "上架时账号注册仅 20 天"},
		"seller-poor-ratings": {"71% of 40 ratings are positive", "40 条评价中好评占 71%"},
		"stock-bulk":          {"1,500 pieces of what usually costs $2,300 each", "1,500 件，而每件通常 2,300 美元"},
	} {
		got := signal(t, r, name)
		if got.Evidence != want[0] || got.EvidenceIn("en") != want[0] {
			t.Errorf("%s says %q, want %q", name, got.Evidence, want[0])
		}
		if zh := got.EvidenceIn("zh-Hans"); zh != want[1] {
			t.Errorf("%s says %q, want %q", name, zh, want[1])
		}
	}
	if !slices.IsSortedFunc(r.Signals, func(a, b Signal) int {
		return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight))
	}) {
		t.Errorf("not strongest first: %v", r.Signals)
	}
}

func TestOffsetsAreRunesOfTheField(t *testing.T) {
	s := newScanner(t, fixture())
	l := market.Listing{ID: "L1", Title: "全新 海登峡湾 跑鞋", Description: "Ça marche — Haldenfjord, wholesale welcome", Category: "shoes", Price: ptr(15.0), Brand: "", Seller: market.Seller{ID: "S-x"}}
	r := s.Scan(&l)
	for name, want := range map[string]string{"brand-claimed": "海登峡湾", "talk-wholesale": "wholesale"} {
		got := signal(t, r, name)
		field := l.Title
		if got.Field == "description" {
			field = l.Description
		}
		if text := string([]rune(field)[got.Start:got.End]); text != want {
			t.Errorf("%s points at %q of the %s, want %q", name, text, got.Field, want)
		}
	}
}

func TestWhatIsNotSaidWeighsNothing(t *testing.T) {
	s := newScanner(t, fixture())
	r := s.Scan(&market.Listing{ID: "L1", Title: "Haldenfjord Trail", Category: "shoes", Price: ptr(30.0)})
	for _, name := range names(r) {
		if strings.HasPrefix(name, "seller-") || strings.HasPrefix(name, "stock-") || strings.HasPrefix(name, "ships-") || name == "price-unauthorised" {
			t.Errorf("%s without a word about the seller", name)
		}
	}
	if r := s.Scan(&market.Listing{ID: "L2", Title: "Haldenfjord Trail", Category: "shoes"}); has(r, "price-low") || has(r, "price-plausible") {
		t.Errorf("price without a price: %v", names(r))
	}
	if r := s.Scan(&market.Listing{ID: "L3", Title: "Haldenfjord Trail", Category: "shoes", Price: ptr(30.0), Currency: "XXX"}); has(r, "price-low") {
		t.Error("a currency nobody knows was compared")
	}
}

// TestScoreIsMonotone: all else alike, a lower price, a younger account, a larger stock and a worse record never make a listing less suspect.
func TestScoreIsMonotone(t *testing.T) {
	s := newScanner(t, fixture())
	base := market.Listing{ID: "L", Title: "Haldenfjord Trail", Category: "shoes", Price: ptr(60.0), Quantity: ptr(int64(50)), Seller: market.Seller{ID: "S-x", Joined: "2025-06-01", Ratings: ptr(int64(60)), Positive: ptr(0.93)}}
	rising := func(name string, set func(l *market.Listing, step int)) {
		last := -1.0
		for step := range 40 {
			l := base
			set(&l, step)
			r := s.Scan(&l)
			if r.Score < last {
				t.Errorf("%s: step %d fell from %g to %g", name, step, last, r.Score)
			}
			last = r.Score
		}
	}
	rising("price", func(l *market.Listing, step int) { l.Price = ptr(300 * math.Pow(0.85, float64(step))) })
	rising("stock", func(l *market.Listing, step int) { l.Quantity = ptr(int64(3) << step / 2) })
	rising("age", func(l *market.Listing, step int) {
		l.Seller.Joined = today().AddDate(0, 0, -40*(39-step)).Format(time.DateOnly)
	})
	rising("record", func(l *market.Listing, step int) { l.Seller.Positive = ptr(1 - 0.02*float64(step)) })
}

func TestSpecificationTooGoodForTheMoney(t *testing.T) {
	s := newScanner(t, fixture())
	drive := market.Listing{ID: "L", Title: "Portable SSD 64TB usb-c", Category: "electronics", Price: ptr(19.0)}
	if r := s.Scan(&drive); !has(r, "specification-implausible") {
		t.Errorf("%v", r.Signals)
	}
	for _, title := range []string{"Portable SSD 1TB usb-c", "Sticker that says 64TB", "TB test kit SSD"} {
		l := drive
		l.Title, l.Price = title, ptr(60.0)
		if r := s.Scan(&l); has(r, "specification-implausible") {
			t.Errorf("%q: %v", title, r.Signals)
		}
	}
}

func TestHostileListings(t *testing.T) {
	s := newScanner(t, fixture())
	long := strings.Repeat("Haldenfjord 海登峡湾 \xff ", 20000)
	for _, l := range []market.Listing{
		{},
		{Title: "\xff\xfe\x00", Description: "\xc3\x28", Brand: "\xff"},
		{Title: long, Description: long, Brand: long[:5000], Seller: market.Seller{ID: "x", Name: long[:9000], Joined: "9999-99-99"}},
		{Title: "Harbour coat", Description: strings.Repeat("Harbour coat, ", 50000), Category: "apparel", Brand: strings.Repeat("Harbour ", 20000)},
		{Title: "Haldenfjord", Price: ptr(math.Inf(1)), Quantity: ptr(int64(math.MaxInt64)), Category: "shoes"},
		{Title: "Haldenfjord", Price: ptr(math.NaN()), Quantity: ptr(int64(-5)), Category: "shoes"},
		{Title: "Haldenfjord", Price: ptr(-1.0), Category: "shoes"},
		{Title: "Haldenfjord", Price: ptr(5e-324), Category: "shoes", Seller: market.Seller{ID: "x", Joined: "2999-01-01", Ratings: ptr(int64(-1)), Positive: ptr(math.NaN())}},
	} {
		check(t, s.Scan(&l), &l)
	}
}

// check holds a result against what must be true of any.
func check(t *testing.T, r Result, l *market.Listing) {
	t.Helper()
	if math.IsNaN(r.Score) || r.Score < 0 || r.Score > 1 || r.Signals == nil {
		t.Fatalf("%+v", r)
	}
	fields := map[string]string{"title": l.Title, "description": l.Description, "brand": l.Brand, "seller.name": l.Seller.Name}
	for _, s := range r.Signals {
		if _, ok := InfoOf(s.Name); !ok || math.IsNaN(s.Weight) || s.Evidence == "" || strings.Contains(s.Evidence, "{") || s.EvidenceIn("zh") == "" {
			t.Fatalf("%+v", s)
		}
		if s.Start < 0 || s.Start > s.End || s.End > utf8.RuneCountInString(fields[s.Field]) {
			t.Fatalf("%s points at %d to %d of %q, which has %d runes", s.Name, s.Start, s.End, s.Field, utf8.RuneCountInString(fields[s.Field]))
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add("Haldenfjord trail 1:1", "DM for yupoo", "Montrevelle", "shoes", "USD", 12.0, int64(40), "Haldenfjord Official", "2026-10-01")
	f.Add("H4ld3nfj0rd", "", "", "", "", 0.0, int64(1), "", "")
	f.Add("海登峡灣 原单", "16TB usb", "", "bags", "CNY", 99.0, int64(9000), "旗舰店", "1999-01-01")
	s, err := NewScanner(fixture(), today)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, title, description, declared, category, currency string, price float64, quantity int64, seller, joined string) {
		l := market.Listing{
			ID: "L", Title: title, Description: description, Brand: declared, Category: category, Currency: currency, Price: &price, Quantity: &quantity,
			Seller: market.Seller{ID: "S", Name: seller, Joined: joined, Ratings: &quantity, Positive: &price},
		}
		r := s.Scan(&l)
		check(t, r, &l)
		if again := s.Scan(&l); fmt.Sprint(again) != fmt.Sprint(r) {
			t.Fatalf("the same listing twice: %+v, then %+v", r, again)
		}
	})
}

func TestBrandsThatShareAName(t *testing.T) {
	brands := append(fixture(), brand.Brand{
		ID: "halden-watches", Name: "Haldenfjord", Categories: []string{"watches"},
		Prices: map[string]brand.Price{"watches": {Currency: "USD", Low: 300, Typical: 700}},
	})
	s := newScanner(t, brands)
	for category, want := range map[string]brand.ID{"watches": "halden-watches", "shoes": "halden"} {
		if r := s.Scan(&market.Listing{ID: "L", Title: "Haldenfjord Nord", Category: category, Price: ptr(500.0)}); r.Brand != want {
			t.Errorf("%s: %q, want %q", category, r.Brand, want)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	cases, _ := development(b)
	s := newScanner(b, BuiltinBrands())
	for _, group := range []struct {
		name string
		keep func(Result) bool
	}{
		{"all", func(Result) bool { return true }},
		{"clear", func(r Result) bool { return r.Verdict == Clear }},
		{"nobody's", func(r Result) bool { return len(r.Signals) == 0 }},
	} {
		var listings []market.Listing
		for _, c := range cases {
			if group.keep(s.Scan(&c.Listing)) {
				listings = append(listings, c.Listing)
			}
		}
		b.Run(group.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s.Scan(&listings[i%len(listings)])
				i++
			}
		})
	}
}
