package market

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

var (
	reviewer = access.User{ID: "p1", Name: "Rui", Roles: []access.Role{access.Reviewer}}
	holder   = access.User{ID: "p2", Name: "Olga", Org: "swift", Roles: []access.Role{access.RightsHolder}}
	nobody   = access.User{}
)

var monday = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func want(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pointer[T any](v T) *T { return &v }

func shoe(id ListingID) Listing {
	return Listing{ID: id, Title: "Swift Air shoe", Brand: "Swift", Category: "shoes", Price: pointer(29.9), Currency: "USD",
		Seller: Seller{ID: "S1", Name: "Fast Feet", Country: "CN", Ratings: pointer(int64(3))}, ListedAt: monday}
}

func save(t *testing.T, d *db.DB, given time.Time, listings ...Listing) (saved []Saved) {
	t.Helper()
	ok(t, d.Tx(t.Context(), func(tx *db.Tx) (err error) {
		saved, err = Save(tx, given, listings)
		return err
	}))
	return saved
}

func TestSaveKeepsTheNewestContent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		first, second := shoe("L1"), shoe("L1")
		second.Title = "Swift Air shoe, new"
		for i, step := range []struct {
			given time.Time
			l     Listing
			want  []Saved
		}{
			{monday, first, []Saved{{"L1", 1, true, true}}},
			{monday, first, []Saved{{"L1", 1, false, false}}},
			{monday.Add(2 * time.Hour), second, []Saved{{"L1", 2, false, true}}},
			{monday.Add(time.Hour), first, nil}, // comes late
			{monday.Add(2 * time.Hour), second, []Saved{{"L1", 2, false, false}}},
		} {
			if diff := cmp.Diff(step.want, save(t, d, step.given, step.l)); diff != "" {
				t.Errorf("step %d:\n%s", i, diff)
			}
		}
		got, err := s.Get(t.Context(), reviewer, "L1")
		ok(t, err)
		if diff := cmp.Diff(second, got.Listing); diff != "" {
			t.Error(diff)
		}
		if got.Version != 2 || got.Cents != 2990 || !got.GivenAt.Equal(monday.Add(2*time.Hour)) {
			t.Errorf("%+v", got)
		}
		// Of two with one id in one call the last counts.
		if diff := cmp.Diff([]Saved{{"L2", 1, true, true}, {"L3", 1, true, true}}, save(t, d, monday, shoe("L3"), shoe("L2"), shoe("L3"))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSellersLearnFromListings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		save(t, d, monday.Add(time.Hour), shoe("L1"))
		more := shoe("L2")
		more.Seller = Seller{ID: "S1", Positive: pointer(0.5)}
		late := shoe("L3")
		late.Seller = Seller{ID: "S1", Name: "Old name", Joined: "2020-01-01"}
		unknown := shoe("L4")
		unknown.Seller = Seller{}
		save(t, d, monday.Add(2*time.Hour), more, unknown)
		save(t, d, monday, late)
		got, err := s.Seller(t.Context(), reviewer, "S1")
		ok(t, err)
		wanted := Seller{ID: "S1", Name: "Fast Feet", Country: "CN", Ratings: pointer(int64(3)), Positive: pointer(0.5), Joined: "2020-01-01"}
		if diff := cmp.Diff(wanted, got.Seller); diff != "" {
			t.Error(diff)
		}
		counts, err := s.ListingsOf(t.Context(), reviewer, []SellerID{"S1", "S9"})
		ok(t, err)
		if diff := cmp.Diff(map[SellerID]int64{"S1": 3}, counts); diff != "" {
			t.Error(diff)
		}
		_, err = s.Seller(t.Context(), reviewer, "")
		want(t, err, fault.NotFound)
	})
}

func TestListsPageInEveryOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		ctx := t.Context()
		for i := range 23 {
			l := shoe(ListingID(fmt.Sprintf("L%02d", i)))
			l.Seller.ID = SellerID(fmt.Sprintf("S%02d", i))
			l.Price = pointer(float64(i % 5))
			l.Seller.Name = []string{"", "Ａlpha", "beta"}[i%3]
			if l.Category = "bags"; i%2 == 0 {
				l.Category, l.Title = "toys", "100%_ÄFFLE"
			}
			if i == 7 {
				l.Price = nil
			}
			save(t, d, monday, l)
		}
		for order, n := range map[ListingOrder]int{NewestListing: 23, CheapestListing: 22, DearestListing: 22, ListingByID: 23} {
			var all []Record
			for f := (ListingFilter{Order: order, Limit: 4}); ; {
				page, err := s.Listings(ctx, reviewer, f)
				ok(t, err)
				all = append(all, page.Items...)
				if f.After = page.Next; f.After == "" {
					break
				}
			}
			seen := map[ListingID]bool{}
			for _, rec := range all {
				seen[rec.ID] = true
			}
			if len(all) != n || len(seen) != n {
				t.Errorf("order %q: %d rows, %d listings; want %d", order, len(all), len(seen), n)
			}
			sorted := slices.IsSortedFunc(all, func(a, b Record) int {
				switch order {
				case CheapestListing:
					return int(a.Cents - b.Cents)
				case DearestListing:
					return int(b.Cents - a.Cents)
				case ListingByID:
					return strings.Compare(string(a.ID), string(b.ID))
				}
				return b.UpdatedAt.Compare(a.UpdatedAt)
			})
			if !sorted {
				t.Errorf("order %q is none", order)
			}
		}
		for _, order := range []SellerOrder{NewestSeller, SellerByName, LeastRated, LastJoined} {
			seen := map[SellerID]bool{}
			n := 0
			for f := (SellerFilter{Order: order, Limit: 5}); ; {
				page, err := s.Sellers(ctx, reviewer, f)
				ok(t, err)
				for _, a := range page.Items {
					seen[a.ID] = true
					n++
				}
				if f.After = page.Next; f.After == "" {
					break
				}
			}
			if n != 23 || len(seen) != 23 {
				t.Errorf("order %q of sellers: %d rows, %d sellers", order, n, len(seen))
			}
		}
		for _, c := range []struct {
			f    ListingFilter
			want int64
		}{
			{ListingFilter{}, 23},
			{ListingFilter{Text: "äffle"}, 12},
			{ListingFilter{Text: "100%_"}, 12},
			{ListingFilter{Text: "00%_ alpha"}, 4},
			{ListingFilter{Text: "L07"}, 1},
			{ListingFilter{Text: "l07"}, 1},
			{ListingFilter{Category: "toys"}, 12},
			{ListingFilter{Brand: "ＳＷＩＦＴ"}, 23},
			{ListingFilter{Seller: "S03"}, 1},
			{ListingFilter{MinCents: 300, MaxCents: 400}, 8},
			{ListingFilter{MaxCents: 100}, 10},
			{ListingFilter{To: monday.AddDate(-10, 0, 0)}, 0},
			{ListingFilter{From: monday.AddDate(-10, 0, 0)}, 23},
		} {
			n, err := s.CountListings(ctx, reviewer, c.f)
			ok(t, err)
			if n != c.want {
				t.Errorf("%+v counts %d, want %d", c.f, n, c.want)
			}
		}
		exported := 0
		for _, err := range s.ExportListings(ctx, reviewer, ListingFilter{Category: "toys"}) {
			ok(t, err)
			exported++
		}
		n, err := s.CountSellers(ctx, reviewer, SellerFilter{Text: "alpha"})
		ok(t, err)
		if exported != 12 || n != 8 {
			t.Errorf("%d exported, %d sellers found", exported, n)
		}
		for _, err := range s.ExportSellers(ctx, reviewer, SellerFilter{Country: "CN"}) {
			ok(t, err)
			exported++
		}
		if exported != 12+23 {
			t.Errorf("%d sellers exported", exported-12)
		}
	})
}

func TestHostileTextsAreInvalid(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Service{DB: d}
		ctx := t.Context()
		save(t, d, monday, shoe("L1"))
		for _, evil := range []string{"a\x00b", "a\xffb", strings.Repeat("x", 10_000)} {
			l := shoe(ListingID(evil))
			err := d.Tx(ctx, func(tx *db.Tx) error { _, err := Save(tx, monday, []Listing{shoe("L2"), l}); return err })
			if f, _ := fault.As(err); f == nil || f.Field != "id" || f.Kind != fault.Invalid && f.Kind != fault.TooLarge {
				t.Errorf("%.10q: %v", evil, err)
			}
			_, err = s.Get(ctx, reviewer, ListingID(evil))
			want(t, err, fault.NotFound)
			_, err = s.Seller(ctx, reviewer, SellerID(evil))
			want(t, err, fault.NotFound)
			for _, f := range []ListingFilter{{Text: evil}, {Seller: SellerID(evil)}, {Category: evil}, {Brand: evil}} {
				if _, err = s.Listings(ctx, reviewer, f); fault.Of(err) != fault.Invalid && fault.Of(err) != fault.TooLarge {
					t.Errorf("%.20v: %v", f, err)
				}
			}
		}
		_, err := s.Get(ctx, reviewer, "L2")
		want(t, err, fault.NotFound) // nothing of the call stands
		for _, f := range []ListingFilter{{After: "x"}, {After: db.Cursor("listings-", "x", "y")}, {After: db.Cursor("listings-id", "y")}, {Order: "best"}} {
			_, err = s.Listings(ctx, reviewer, f)
			want(t, err, fault.Invalid)
		}
		for _, who := range []struct {
			by   access.User
			kind fault.Kind
		}{{nobody, fault.Unauthenticated}, {holder, fault.Forbidden}} {
			_, err = s.Get(ctx, who.by, "L1")
			want(t, err, who.kind)
			_, err = s.Listings(ctx, who.by, ListingFilter{})
			want(t, err, who.kind)
			_, err = s.CountListings(ctx, who.by, ListingFilter{})
			want(t, err, who.kind)
			_, err = s.Many(ctx, who.by, nil)
			want(t, err, who.kind)
			_, err = s.Seller(ctx, who.by, "S1")
			want(t, err, who.kind)
			_, err = s.Sellers(ctx, who.by, SellerFilter{})
			want(t, err, who.kind)
			_, err = s.CountSellers(ctx, who.by, SellerFilter{})
			want(t, err, who.kind)
			_, err = s.ListingsOf(ctx, who.by, nil)
			want(t, err, who.kind)
			for _, err := range s.ExportListings(ctx, who.by, ListingFilter{}) {
				want(t, err, who.kind)
			}
		}
	})
}

func TestStorableNamesTheField(t *testing.T) {
	for field, spoil := range map[string]func(l *Listing){
		"id":              func(l *Listing) { l.ID = "" },
		"title":           func(l *Listing) { l.Title = "a\x00" },
		"description":     func(l *Listing) { l.Description = strings.Repeat("x", MaxDescription+1) },
		"images[1]":       func(l *Listing) { l.Images = []string{"a", "\xff"} },
		"images":          func(l *Listing) { l.Images = make([]string, MaxImages+1) },
		"price":           func(l *Listing) { l.Price = pointer(math.NaN()) },
		"seller.positive": func(l *Listing) { l.Seller.Positive = pointer(math.Inf(1)) },
		"seller.name":     func(l *Listing) { l.Seller.Name = "\x00" },
		"listed_at":       func(l *Listing) { l.ListedAt = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		l := shoe("L1")
		spoil(&l)
		if f, _ := fault.As(Storable(&l)); f == nil || f.Field != field {
			t.Errorf("%s: %v", field, f)
		}
	}
	l := shoe("L1")
	l.Title = strings.Repeat("鞋", MaxTitle)
	if err := Storable(&l); err != nil {
		t.Error(err)
	}
}

func TestCategoriesAreThoseOfBrands(t *testing.T) {
	if diff := cmp.Diff(brand.Categories, Categories); diff != "" {
		t.Error(diff)
	}
}

func TestCents(t *testing.T) {
	for _, c := range []struct {
		price    *float64
		currency string
		want     int64
	}{
		{nil, "USD", NoPrice}, {pointer(0.0), "USD", 0}, {pointer(12_345_678.90), "USD", 1_234_567_890}, {pointer(-1.0), "USD", NoPrice}, {pointer(1e300), "USD", NoPrice}, {pointer(5.0), "???", NoPrice}, {pointer(71.0), "CNY", 1000},
	} {
		if got := Cents(&Listing{Price: c.price, Currency: c.currency}); got != c.want {
			t.Errorf("%v %s: %d, want %d", c.price, c.currency, got, c.want)
		}
	}
}
