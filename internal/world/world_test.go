package world

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

func newWorld(t testing.TB, o Options) *World {
	t.Helper()
	if o.Brands == nil {
		o.Brands = testBrands()
	}
	w, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// golden is the digest of the world of seed 1. It changes when what is simulated changes, and then on purpose; a
// change with a Go version or a processor is a bug.
const golden = "683253c8ecc126fe66092ef460c01a2f48a6cf96192435ae7aff237e6c55081f"

func TestGoldenWorld(t *testing.T) {
	w := newWorld(t, Options{Seed: 1})
	digest := sha256.New()
	for _, err := range []error{w.WriteBrands(digest), w.WriteSellers(digest), w.WriteSources(digest), w.WriteListings(digest, 0), w.WriteLabels(digest, 0)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := json.NewEncoder(digest).Encode(w.Workshops()); err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != golden {
		t.Errorf("the world of seed 1 has changed: digest %s, was %s", got, golden)
	}
}

func TestItemStandsAlone(t *testing.T) {
	w, again, other := newWorld(t, Options{Seed: 7}), newWorld(t, Options{Seed: 7}), newWorld(t, Options{Seed: 8})
	same := 0
	i := 0
	for item := range w.Listings() {
		if i%97 == 0 {
			if a, b := lineOf(t, item), lineOf(t, again.Item(i)); a != b {
				t.Fatalf("listing %d alone differs:\n%s\n%s", i, a, b)
			}
			if item.Listing.Title == other.Item(i).Listing.Title {
				same++
			}
		}
		i++
	}
	if i != w.Len() || same > 1 {
		t.Errorf("%d listings of %d; %d titles shared with another seed", i, w.Len(), same)
	}
}

func lineOf(t *testing.T, v any) string {
	t.Helper()
	line, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func TestListingsAreWellFormed(t *testing.T) {
	w := newWorld(t, Options{Seed: 3, Listings: 10_000})
	accounts := map[market.SellerID]Seller{}
	for _, s := range w.Sellers() {
		if accounts[s.Account.ID].Source != "" {
			t.Errorf("two sellers have id %s", s.Account.ID)
		}
		accounts[s.Account.ID] = s
	}
	workshops := map[WorkshopID]bool{}
	for _, shop := range w.Workshops() {
		workshops[shop.ID] = true
	}
	ids := map[market.ListingID]bool{}
	last := w.Options().Start
	for item := range w.Listings() {
		l, truth := item.Listing, item.Truth
		report := func(problem string) { t.Errorf("%s: %s", problem, lineOf(t, item)) }
		if ids[l.ID] {
			report("id used twice")
		}
		ids[l.ID] = true
		if l.Title == "" || !utf8.ValidString(l.Title+l.Description) || strings.ContainsAny(l.Title+l.Description, "{}[]|@\x00\n") || strings.Contains(l.Title, "  ") {
			report("text is not clean")
		}
		if n := utf8.RuneCountInString(l.Title); n < 4 || n > 140 {
			report("title is too short or too long")
		}
		if !slices.Contains(market.Categories, l.Category) || !slices.Contains([]string{"new", "used", "refurbished"}, l.Condition) {
			report("unknown category or condition")
		}
		if l.Price == nil || math.IsNaN(*l.Price) || *l.Price <= 0 || *l.Price > 2e9 || perDollar[l.Currency] == 0 {
			report("price")
		}
		if l.Quantity != nil && *l.Quantity < 1 {
			report("quantity")
		}
		if l.Language != "" && !slices.Contains(languages, l.Language) {
			report("language")
		}
		if l.ListedAt.Before(last) || !l.ListedAt.Before(w.Options().End) || l.ListedAt.Location() != time.UTC {
			report("listed out of order or out of the period")
		}
		last = l.ListedAt
		s, known := accounts[l.Seller.ID]
		if !known || s.Account.Name != l.Seller.Name || s.Kind != truth.SellerKind {
			report("seller")
		}
		if joined, err := time.Parse(time.DateOnly, l.Seller.Joined); err != nil || joined.After(l.ListedAt) {
			report("seller joined after listing")
		}
		if *l.Seller.Ratings < 0 || l.Seller.Positive != nil && (*l.Seller.Positive < 0.5 || *l.Seller.Positive > 1) {
			report("ratings")
		}
		if truth.Workshop != "" && !workshops[truth.Workshop] {
			report("workshop")
		}
		if truth.Fake && (truth.Brand == "" || s.Kind != Copier && s.Kind != Trader) {
			report("a fake of no brand, or from an honest seller")
		}
		if why[truth.Tactic] == "" {
			report("tactic without a reason")
		}
		if len(l.Images) > 5 || len(slices.Compact(slices.Sorted(slices.Values(l.Images)))) != len(l.Images) {
			report("pictures")
		}
		for _, ref := range l.Images {
			if _, err := parsePhoto(ref); err != nil {
				report("picture " + ref)
			}
		}
	}
}

// TestShares holds the mix against what the demo promises: base rates as in life, all languages, texts that differ.
func TestShares(t *testing.T) {
	w := newWorld(t, Options{Seed: 5, Listings: 10_000})
	var fakes, chinese, english, other int
	titles, tactics := map[string]bool{}, map[Tactic]int{}
	fakesBy := map[market.SellerID]int{}
	for item := range w.Listings() {
		if item.Truth.Fake {
			fakes++
			fakesBy[item.Listing.Seller.ID]++
		}
		tactics[item.Truth.Tactic]++
		titles[item.Listing.Title] = true
		switch w.sellerNamed(item.Listing.Seller.ID).Language {
		case "en":
			english++
		case "zh", "zh-Hant":
			chinese++
		default:
			other++
		}
	}
	share := func(what string, n, low, high int) {
		t.Helper()
		if n < low*100 || n > high*100 {
			t.Errorf("%s: %d of 10,000, want %d %% to %d %%", what, n, low, high)
		}
	}
	share("fakes", fakes, 4, 13)
	share("Chinese", chinese, 30, 42)
	share("English", english, 38, 52)
	share("other languages", other, 12, 26)
	share("distinct titles", len(titles), 95, 100)
	if len(fakesBy) > len(w.sellers)*3/10 {
		t.Errorf("fakes come from %d of %d sellers: not concentrated", len(fakesBy), len(w.sellers))
	}
	for tactic := range why {
		if tactics[tactic] == 0 {
			t.Errorf("no listing has tactic %s", tactic)
		}
	}
}

func (w *World) sellerNamed(id market.SellerID) *Seller {
	for i := range w.sellers {
		if w.sellers[i].Account.ID == id {
			return &w.sellers[i]
		}
	}
	return nil
}

// TestPricesTell: most copies cost less than the brand's shops ask, most genuine goods do not, and both have exceptions,
// or a detector on prices would look better here than it is.
func TestPricesTell(t *testing.T) {
	w := newWorld(t, Options{Seed: 11, Listings: 8000})
	cheap, all := map[bool]int{}, map[bool]int{}
	for item := range w.Listings() {
		l, truth := item.Listing, item.Truth
		if l.Condition != "new" || truth.Brand == "" || slices.Contains([]Tactic{Compatible, Comparison, Negation, OrdinaryWord, BookMedia}, truth.Tactic) {
			continue
		}
		b := w.brandNamed(truth.Brand)
		p, priced := b.Prices[l.Category]
		if !priced {
			continue
		}
		all[truth.Fake]++
		if int64(*l.Price*100) < exchange(int64(p.Low*100), p.Currency, l.Currency)*95/100 {
			cheap[truth.Fake]++
		}
	}
	if got := 100 * cheap[true] / all[true]; got < 60 || got > 95 {
		t.Errorf("%d %% of copies are cheaper than shops ask", got)
	}
	if got := 100 * cheap[false] / all[false]; got < 1 || got > 20 {
		t.Errorf("%d %% of genuine new goods are cheaper than shops ask", got)
	}
}

func (w *World) brandNamed(id brand.ID) brand.Brand {
	i := slices.IndexFunc(w.brands, func(b brand.Brand) bool { return b.ID == id })
	return w.brands[i]
}

func TestAuthorisedShops(t *testing.T) {
	w := newWorld(t, Options{Seed: 2})
	named := 0
	for _, b := range w.Brands() {
		for _, id := range b.AuthorisedSellers {
			s := w.sellerNamed(market.SellerID(id))
			if s == nil || s.Kind != Authorised || !slices.Contains(s.Brands, b.ID) {
				t.Errorf("%s names %s as authorised, which is not", b.ID, id)
			}
			named++
		}
	}
	if named < 30 {
		t.Errorf("%d authorisations", named)
	}
	for _, b := range testBrands() {
		if b.AuthorisedSellers[0] != "left over" {
			t.Error("the brands given were changed")
		}
	}
}

// TestTies: accounts of one hand mostly hang together by exact identifiers, and those of different hands never do, save
// by the three traps.
func TestTies(t *testing.T) {
	w := newWorld(t, Options{Seed: 4})
	head := map[string]string{}
	var find func(string) string
	find = func(x string) string {
		if head[x] == "" || head[x] == x {
			head[x] = x
			return x
		}
		head[x] = find(head[x])
		return head[x]
	}
	traps := 0
	for _, s := range w.Sellers() {
		r := s.Record
		if r.ID != s.Account.ID || r.LegalName == "" || r.Address == "" || !strings.HasSuffix(r.Email, ".example") {
			t.Errorf("record %+v", r)
		}
		keys := []string{"phone " + lastDigits(r.Phone, 11)}
		if card := strings.ReplaceAll(r.BankAccount, " ", ""); card != aggregatorCard {
			keys = append(keys, "card "+card)
		} else {
			traps++
		}
		for _, device := range r.DeviceIDs {
			if device != serviceDevice {
				keys = append(keys, "device "+device)
			}
		}
		if r.CreditCode != "" {
			keys = append(keys, "code "+r.CreditCode)
			if len(r.CreditCode) != 18 || creditCheck(r.CreditCode) != r.CreditCode[17] {
				t.Errorf("credit code %s", r.CreditCode)
			}
		}
		for _, key := range keys {
			head[find("seller "+string(r.ID))] = find(key)
		}
	}
	sources, pieces := map[string]map[string]int{}, map[string]string{}
	for _, s := range w.Sellers() {
		piece := find("seller " + string(s.Account.ID))
		if before, ok := pieces[piece]; ok && before != s.Source {
			t.Errorf("%s and %s are tied without a trap", before, s.Source)
		}
		pieces[piece] = s.Source
		if sources[s.Source] == nil {
			sources[s.Source] = map[string]int{}
		}
		sources[s.Source][piece]++
	}
	tied, several := 0, 0
	for _, found := range sources {
		total, most := 0, 0
		for _, n := range found {
			total, most = total+n, max(most, n)
		}
		if total > 1 {
			several += total
			tied += most
		}
	}
	if several < 80 || tied*100 < several*80 || tied == several {
		t.Errorf("%d of %d accounts that share a hand hang together", tied, several)
	}
	if traps == 0 {
		t.Error("no account is paid through the aggregator")
	}
}

func lastDigits(text string, n int) string {
	var digits []byte
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			digits = append(digits, text[i])
		}
	}
	return string(digits[max(len(digits)-n, 0):])
}

func TestCheckCharacters(t *testing.T) {
	// Codes from the development set, which were checked against GB 11714 and GB 32100-2015 by other means.
	for _, code := range []string{"91350304YY1Q87XR0B", "91510104YY7E2Q7A5Q", "92440306YYWCL7GE0P"} {
		if got := organisationCheck(code[8:16]); got != code[16] {
			t.Errorf("%s: organisation check %c", code, got)
		}
		if got := creditCheck(code); got != code[17] {
			t.Errorf("%s: check %c", code, got)
		}
	}
}

func TestConstantMemory(t *testing.T) {
	w := newWorld(t, Options{Seed: 1, Listings: 200_000})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var early uint64
	n := 0
	for item := range w.Listings() {
		if n++; n == 5000 {
			early = heap()
		}
		if item.Listing.Title == "" {
			t.Fatal("a listing without a title")
		}
	}
	if late := heap(); n != 200_000 || late > early+(4<<20) {
		t.Errorf("%d listings; the heap grew from %d to %d bytes", n, early, late)
	}
	runtime.KeepAlive(w)
}

func TestWriters(t *testing.T) {
	w := newWorld(t, Options{Seed: 6, Listings: 50})
	var listings, labels bytes.Buffer
	if err := errors.Join(w.WriteListings(&listings, 20), w.WriteLabels(&labels, 999)); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(&listings)
	n := 0
	for ; lines.Scan(); n++ {
		var l market.Listing
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if got, want := lineOf(t, l), lineOf(t, w.Item(n).Listing); got != want {
			t.Errorf("read back %s, was %s", got, want)
		}
	}
	if n != 20 || bytes.Count(labels.Bytes(), []byte("\n")) != 50 {
		t.Errorf("%d listings, labels:\n%s", n, labels.Bytes())
	}
	if err := w.WriteListings(failingWriter{}, 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a writer's error became %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestOptions(t *testing.T) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for field, o := range map[string]Options{
		"brands":    {Brands: []brand.Brand{}},
		"listings":  {Listings: -1},
		"sellers":   {Sellers: 5},
		"workshops": {Sellers: 50, Workshops: 40},
		"end":       {Start: day, End: day},
	} {
		if o.Brands == nil {
			o.Brands = testBrands()
		}
		_, err := New(o)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	// Odd worlds work: one brand without a category or price, a single listing, a period of a second, and one of years.
	for _, o := range []Options{
		{Brands: []brand.Brand{{ID: "x", Name: "X"}}, Sellers: 40},
		{Listings: 1}, {Start: day, End: day.Add(time.Second), Listings: 30},
		{Start: day.AddDate(-9, 0, 0), End: day}, {Sellers: 60, Workshops: 1}, {Sellers: 100, Workshops: 50},
	} {
		w := newWorld(t, o)
		for item := range w.Listings() {
			if item.Listing.Title == "" || item.Listing.ListedAt.Before(w.Options().Start) {
				t.Fatalf("%+v: %+v", o, item)
			}
		}
	}
}

func TestDevelopmentBrands(t *testing.T) {
	file, err := os.Open(filepath.FromSlash("../../../shared/data/dev/brands.jsonl"))
	if err != nil {
		t.Skip("needs ../shared/data beside the project:", err)
	}
	defer file.Close()
	var brands []brand.Brand
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var b brand.Brand
		if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
			t.Fatal(err)
		}
		brands = append(brands, b)
	}
	w := newWorld(t, Options{Seed: 1, Brands: brands})
	fakes := 0
	concerned := map[brand.ID]bool{}
	for item := range w.Listings() {
		if item.Truth.Fake {
			fakes++
		}
		concerned[item.Truth.Brand] = true
	}
	if fakes < 100 || fakes > 400 || len(concerned) < 90 {
		t.Errorf("%d fakes, %d brands concerned", fakes, len(concerned))
	}
	// Each line of goods and each nickname belongs to a brand that is there.
	keys := map[string]bool{}
	for _, b := range brands {
		keys[keyOf(b.Name)] = true
	}
	lines, err := readLines()
	if err != nil {
		t.Fatal(err)
	}
	coded, err := readCoded()
	if err != nil {
		t.Fatal(err)
	}
	for key := range lines {
		if !keys[key] {
			t.Errorf("words/lines.txt: no brand %q", key)
		}
	}
	for key := range coded {
		if !keys[key] {
			t.Errorf("words/coded.txt: no brand %q", key)
		}
	}
}

func BenchmarkItem(b *testing.B) {
	w := newWorld(b, Options{Seed: 1, Listings: 1_000_000})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		w.Item(i % w.Len())
		i++
	}
}
