package detect

import (
	"math"
	"testing"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

func TestKindsOfGoodsAreOfBrandsThatAre(t *testing.T) {
	known := map[string]bool{}
	for _, b := range BuiltinBrands() {
		known[b.Name] = true
	}
	seen := map[string]string{}
	for i, k := range kindsOfGoods {
		if kindNamed(k.name) != i || !(k.share > 0) {
			t.Errorf("%s is there twice or costs nothing", k.name)
		}
		for _, phrase := range k.phrases {
			if other, ok := seen[phrase]; ok {
				t.Errorf("%q is of %s and of %s", phrase, other, k.name)
			}
			seen[phrase] = k.name
		}
	}
	for category, brands := range usualKind {
		for name, kind := range brands {
			if _, listed := massMarket[category]; !listed || !known[name] {
				t.Errorf("%s of %s is neither a category nor a brand here", category, name)
			}
			kindNamed(kind)
		}
	}
}

func TestLinesArePricedSensibly(t *testing.T) {
	for _, l := range knownLore() {
		for _, line := range l.Lines {
			if !(line.Low > 0 && line.Low < line.Typical) || line.Typical > 12*line.Low {
				t.Errorf("%s %v: %g to %g", l.Brand, line.Names, line.Low, line.Typical)
			}
		}
	}
}

func scannerOf(t *testing.T, brands ...brand.Brand) *Scanner {
	t.Helper()
	s, err := NewScanner(brands, today)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAPriceIsHeldAgainstItsKind: the same price is nothing for socks and far too little for a coat.
func TestAPriceIsHeldAgainstItsKind(t *testing.T) {
	s := scannerOf(t, brand.Brand{ID: "z", Name: "Zyphoria", Categories: []string{"apparel"}, AuthorisedSellers: []string{}, Prices: map[string]brand.Price{"apparel": {Currency: "USD", Low: 60, Typical: 200}}})
	last := math.Inf(-1)
	for _, title := range []string{"Zyphoria socks", "Zyphoria T-shirt", "Zyphoria hoodie", "Zyphoria down jacket"} {
		price := 50.0
		l := market.Listing{ID: "1", Title: title, Category: "apparel", Price: &price, Currency: "USD", Seller: market.Seller{ID: "s"}}
		r := s.Scan(&l)
		if r.Score < last {
			t.Errorf("%s at 50: %g, less than for what is cheaper", title, r.Score)
		}
		last = r.Score
	}
	if last < 0.5 {
		t.Errorf("a coat at a quarter of the usual price scores %g", last)
	}
	price := 50.0
	child := market.Listing{ID: "1", Title: "Zyphoria kids hoodie", Category: "apparel", Price: &price, Currency: "USD", Seller: market.Seller{ID: "s"}}
	grown := child
	grown.Title = "Zyphoria hoodie"
	if s.Scan(&child).Score >= s.Scan(&grown).Score {
		t.Error("children's sizes do not cost less")
	}
}

func TestABottleIsHeldAgainstItsSize(t *testing.T) {
	last := 2.0
	for _, ml := range []float64{2, 5, 15, 30, 50, 100, 200} {
		if share := volumeShare(ml); share <= 0 || share > 1 {
			t.Errorf("%g ml: %g", ml, share)
		}
	}
	for _, ml := range []float64{200, 100, 50, 30, 15, 5, 2} {
		if share := volumeShare(ml); share > last {
			t.Errorf("%g ml cost more than more", ml)
		} else {
			last = share
		}
	}
}

// TestAModelIsNotItsBrand: a line named after another house says what the goods cost, not that they are of both brands.
func TestAModelIsNotItsBrand(t *testing.T) {
	s := scannerOf(t, BuiltinBrands()...)
	price := 2300.0
	l := market.Listing{ID: "1", Title: "Gucci Horsebit 1955 shoulder bag", Category: "bags", Price: &price, Currency: "USD"}
	if r := s.Scan(&l); r.Brand != "gucci" || r.Verdict != Clear {
		t.Errorf("%s, %s", r.Brand, r.Verdict)
	}
	price = 110
	l = market.Listing{ID: "2", Title: "adidas Gucci Gazelle", Category: "shoes", Price: &price, Currency: "USD"}
	if r := s.Scan(&l); r.Verdict == Clear {
		t.Errorf("a tenth of the price of what two houses made together is %s, %g", r.Verdict, r.Score)
	}
}

// TestPartNumbersAreNoGrades and words that only resemble a short one of a name are no typos of it.
func TestPartNumbersAreNoGrades(t *testing.T) {
	s := scannerOf(t, BuiltinBrands()...)
	for _, title := range []string{"Casio G-Shock GA-2100-1A1", "adidas Duramo SL Running Shoes"} {
		price, category := 79.0, "watches"
		if title[0] == 'a' {
			price, category = 60, "shoes"
		}
		l := market.Listing{ID: "1", Title: title, Category: category, Price: &price, Currency: "USD"}
		r := s.Scan(&l)
		for _, signal := range r.Signals {
			if signal.Name == "term-replica" || signal.Name == "term-grade" || signal.Name == "brand-misspelt" {
				t.Errorf("%s: %s", title, signal.Evidence)
			}
		}
		if r.Verdict != Clear {
			t.Errorf("%s is %s", title, r.Verdict)
		}
	}
	l := market.Listing{ID: "1", Title: "On Runing Cloud 5", Category: "shoes"} // a typo in the other word still is one
	if r := s.Scan(&l); r.Brand != "on" {
		t.Errorf("%q is of brand %q", l.Title, r.Brand)
	}
}
