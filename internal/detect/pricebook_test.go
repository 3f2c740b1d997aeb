package detect

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

func bytesOf(t testing.TB, b *PriceBook) []byte {
	t.Helper()
	data, err := b.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// observed draws what some sellers ask for a brand's shoes.
func observed(random *rand.Rand, book *PriceBook, sellers, each int, typical float64) {
	for s := range sellers {
		for range each {
			book.Observe("nike", "shoes", "", market.SellerID(fmt.Sprint("seller", s)), typical*math.Exp(0.3*random.NormFloat64()))
		}
	}
}

func TestBooksOfPartsAreTheBookOfAll(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 10 {
		whole := &PriceBook{}
		parts := []*PriceBook{{}, {}, {}, {}}
		for range 2400 {
			of, line := brand.ID(fmt.Sprint("b", random.IntN(3))), []string{"", "Dunk"}[random.IntN(2)]
			seller, price := market.SellerID(fmt.Sprint("s", random.IntN(150))), 1+random.Float64()*500
			whole.Observe(of, "shoes", line, seller, price)
			parts[random.IntN(len(parts))].Observe(of, "shoes", line, seller, price)
		}
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		parts[0].Merge(parts[1])
		parts[2].Merge(parts[3])
		parts[2].Merge(parts[0])
		data := bytesOf(t, whole)
		if !bytes.Equal(data, bytesOf(t, parts[2])) {
			t.Fatal("parts merged are not the whole")
		}
		var again PriceBook
		if err := again.UnmarshalBinary(data); err != nil || !bytes.Equal(data, bytesOf(t, &again)) {
			t.Fatal("a book is not read as it was written", err)
		}
		for k, c := range whole.cells {
			if len(c.sellers) != cellSellers {
				t.Errorf("%v keeps %d sellers", k, len(c.sellers))
			}
		}
	}
}

func TestOneSellerCannotMoveAPrice(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	honest, poisoned := &PriceBook{}, &PriceBook{}
	observed(random, honest, 20, 8, 110)
	poisoned.Merge(honest)
	for range 100_000 {
		poisoned.Observe("nike", "shoes", "", "flooder", 3)
	}
	a, _ := honest.cells[cellKey{"nike", "shoes", ""}].seen()
	b, _ := poisoned.cells[cellKey{"nike", "shoes", ""}].seen()
	if math.Abs(b.typical/a.typical-1) > 0.08 {
		t.Errorf("usual %.2f became %.2f", a.typical, b.typical)
	}
	alone := &PriceBook{}
	for range 1000 {
		alone.Observe("nike", "shoes", "", "one", 3)
		alone.Observe("nike", "shoes", "", "two", 3)
	}
	if _, votes := alone.cells[cellKey{"nike", "shoes", ""}].seen(); votes != 0 {
		t.Error("two sellers are believed")
	}
	if stated, moved := (reference{55, 110}), blend(reference{55, 110}, statedVotes, reference{1, 3}, 1e6); moved.low < stated.low/1.5-1e-9 || moved.typical < stated.typical/1.5-1e-9 {
		t.Errorf("a stated price became %v", moved)
	}
}

func TestBlendGoesFromTheStatedToTheSeen(t *testing.T) {
	stated, seen := reference{50, 100}, reference{60, 130}
	if r := blend(stated, statedVotes, seen, 0); r != stated {
		t.Errorf("nothing seen: %v", r)
	}
	if r := blend(reference{}, 0, seen, 30); r != seen {
		t.Errorf("nothing stated: %v", r)
	}
	before := stated
	for _, votes := range []float64{10, 20, 100, 1e6} {
		r := blend(stated, statedVotes, seen, votes)
		if r.typical <= before.typical || r.typical > seen.typical || r.low <= before.low || r.low > seen.low {
			t.Errorf("%g votes: %v after %v", votes, r, before)
		}
		before = r
	}
	if r := blend(stated, statedVotes, seen, statedVotes); math.Abs(r.typical-math.Sqrt(100*130)) > 1e-9 {
		t.Errorf("as many votes on both sides: %v", r)
	}
}

// TestOnlyTheHonestTeach: each way of not being a clear, new, branded listing of a seller with a name to lose.
func TestOnlyTheHonestTeach(t *testing.T) {
	brands := []brand.Brand{{ID: "nike", Name: "Nike", Categories: []string{"shoes"}, AuthorisedSellers: []string{"own"}, Prices: map[string]brand.Price{"shoes": {Currency: "USD", Low: 55, Typical: 110}}}}
	s, err := NewScannerOf(Basis{Brands: brands, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	price := func(dollars float64) *float64 { return &dollars }
	ratings, positive := int64(5000), 0.99
	good := market.Listing{
		ID: "1", Title: "Nike running shoes", Brand: "Nike", Category: "shoes", Price: price(105), Currency: "USD", Condition: "new",
		Seller: market.Seller{ID: "old", Joined: "2015-01-01", Ratings: &ratings, Positive: &positive},
	}
	for _, one := range []struct {
		name    string
		change  func(*market.Listing)
		teaches bool
	}{
		{"established", func(*market.Listing) {}, true},
		{"authorised", func(l *market.Listing) { l.Seller = market.Seller{ID: "own"} }, true},
		{"unknown seller", func(l *market.Listing) { l.Seller = market.Seller{ID: "stranger"} }, false},
		{"no seller", func(l *market.Listing) { l.Seller.ID = "" }, false},
		{"second-hand", func(l *market.Listing) { l.Condition = "used" }, false},
		{"too cheap", func(l *market.Listing) { l.Price = price(9) }, false},
		{"words of the trade", func(l *market.Listing) { l.Title = "Nike shoes replica 1:1" }, false},
		{"a part", func(l *market.Listing) { l.Title = "Nike shoes, empty box" }, false},
		{"no price", func(l *market.Listing) { l.Price = nil }, false},
		{"no category", func(l *market.Listing) { l.Category = "" }, false},
		{"a comparison", func(l *market.Listing) { l.Title, l.Brand = "Running shoes, compare to Nike", "Ownlabel" }, false},
		{"unknown currency", func(l *market.Listing) { l.Currency = "XXX" }, false},
	} {
		l := good
		one.change(&l)
		var book PriceBook
		s.Learn(&book, &l, s.Scan(&l))
		if book.Empty() == one.teaches {
			t.Errorf("%s: taught %t", one.name, !book.Empty())
		}
	}
}

// TestWhatIsSeenMovesTheVerdict: a brand whose prices nobody stated is judged by what its authorised sellers ask.
func TestWhatIsSeenMovesTheVerdict(t *testing.T) {
	brands := []brand.Brand{{ID: "acme", Name: "Zyphoria", Categories: []string{"shoes"}, AuthorisedSellers: []string{"a", "b", "c", "d"}}}
	plain, err := NewScannerOf(Basis{Brands: brands, Now: today})
	if err != nil {
		t.Fatal(err)
	}
	book := &PriceBook{}
	for i := range 40 {
		asked := 180 + float64(i%7)*10
		l := market.Listing{ID: "x", Title: "Zyphoria trail shoes", Brand: "Zyphoria", Category: "shoes", Price: &asked, Currency: "USD", Seller: market.Seller{ID: market.SellerID([]string{"a", "b", "c", "d"}[i%4])}}
		chunk := &PriceBook{}
		plain.Learn(chunk, &l, plain.Scan(&l))
		book.Merge(chunk)
	}
	learnt, err := NewScannerOf(Basis{Brands: brands, Now: today, Prices: book})
	if err != nil {
		t.Fatal(err)
	}
	asked := 29.0
	l := market.Listing{ID: "y", Title: "Zyphoria trail shoes", Category: "shoes", Price: &asked, Currency: "USD", Seller: market.Seller{ID: "stranger"}}
	before, after := plain.Scan(&l), learnt.Scan(&l)
	if before.Score >= after.Score || after.Verdict == Clear {
		t.Errorf("before %v, after %v", before, after)
	}
	// The scanner keeps nothing of the book.
	book.Observe("acme", "shoes", "", "a", 1)
	if again := learnt.Scan(&l); again.Score != after.Score {
		t.Error("the book changed a scanner that was made")
	}
}

func TestHostileObservationsAreLeftOut(t *testing.T) {
	var book PriceBook
	for _, price := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		book.Observe("nike", "shoes", "", "s", price)
	}
	book.Observe("", "shoes", "", "s", 1)
	book.Observe("nike", "shoes", "", "", 1)
	if !book.Empty() {
		t.Error("something was counted")
	}
}

func FuzzPriceBook(f *testing.F) {
	book := &PriceBook{}
	f.Add(bytesOf(f, book))
	observed(rand.New(rand.NewPCG(9, 9)), book, 3, 2, 50)
	book.Observe("adidas", "shoes", "Samba", "s", 80)
	f.Add(bytesOf(f, book))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Add([]byte{1, 1, 1, 'b', 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var b PriceBook
		b.Observe("kept", "shoes", "", "s", 5)
		kept := bytesOf(t, &b)
		if err := b.UnmarshalBinary(data); err != nil {
			if !bytes.Equal(kept, bytesOf(t, &b)) {
				t.Fatal("a book was changed by bytes that are none")
			}
			return
		}
		if !bytes.Equal(data, bytesOf(t, &b)) {
			t.Fatalf("%x was read and is written otherwise", data)
		}
		for _, c := range b.cells {
			c.seen()
		}
		b.inform(&catalogue{brands: []protected{{id: "nike", prices: map[string]reference{}}}})
	})
}

func BenchmarkLearn(b *testing.B) {
	s, err := NewScannerOf(Basis{Brands: BuiltinBrands(), Now: today})
	if err != nil {
		b.Fatal(err)
	}
	asked, ratings, positive := 105.0, int64(5000), 0.99
	l := market.Listing{ID: "1", Title: "Nike running shoes", Brand: "Nike", Category: "shoes", Price: &asked, Currency: "USD", Seller: market.Seller{ID: "old", Joined: "2015-01-01", Ratings: &ratings, Positive: &positive}}
	r := s.Scan(&l)
	book := &PriceBook{}
	for b.Loop() {
		s.Learn(book, &l, r)
	}
}
