package market

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Service is the room's verbs. Listings come in by Save, which detect calls in the transaction of their verdicts.
type Service struct {
	DB   *db.DB
	Seal *Seal // of payment accounts; without it none is taken or shown
}

// ListingOrder is how a list of listings is sorted.
type ListingOrder string

// The orders of listings.
const (
	NewestListing   ListingOrder = ""         // stored last first
	CheapestListing ListingOrder = "cheapest" // by price in US cents; those without a price are left out
	DearestListing  ListingOrder = "dearest"  // the reverse
	ListingByID     ListingOrder = "id"
)

// ListingFilter says which listings a list shows.
type ListingFilter struct {
	Text     string // a listing's id, or words that title, declared brand, description, id, seller's id or name contain
	Seller   SellerID
	Category string
	Brand    string    // the declared one, whatever its case
	MinCents int64     // price in US cents, at least; 0: any
	MaxCents int64     // at most; 0: any
	From     time.Time // stored at or after
	To       time.Time // stored before
	Order    ListingOrder
	After    string // the cursor of the page before
	Limit    int    // rows a page, at most 200; 0 means 50
}

// where is the filter as conditions. Each but Text is served by an index. Words are looked for in every listing that the other conditions leave:
// some 2 million listings a second on a laptop, so about a minute over 100 million, which is when words want an index of their own. Listings asks for an id first, by its
// key, so that a pasted id costs the same at any size.
func (f ListingFilter) where() (*db.Where, error) {
	if err := texts(map[string]string{"text": f.Text, "seller": string(f.Seller), "category": f.Category, "brand": f.Brand}); err != nil {
		return nil, err
	}
	w := &db.Where{}
	if f.Seller != "" {
		w.And(`seller = ?`, string(f.Seller))
	}
	if f.Category != "" {
		w.And(`category = ?`, f.Category)
	}
	if f.Brand != "" {
		w.And(`brand = ?`, db.Fold(f.Brand))
	}
	if f.MinCents > 0 {
		w.And(`cents >= ?`, f.MinCents)
	}
	if f.MaxCents > 0 {
		w.And(`cents >= 0 and cents <= ?`, f.MaxCents)
	}
	if !f.From.IsZero() {
		w.And(`updated_at >= ?`, db.Micros(f.From))
	}
	if !f.To.IsZero() {
		w.And(`updated_at < ?`, db.Micros(f.To))
	}
	if f.Order == CheapestListing || f.Order == DearestListing {
		w.And(`cents >= 0`)
	}
	w.AndWords(`search`, f.Text)
	return w, nil
}

// texts refuses what no engine can be asked for.
func texts(fields map[string]string) error {
	for field, text := range fields {
		if f, ok := fault.As(db.Text(text)); ok {
			return f.At(field)
		}
		if len(text) > maxSearch {
			return fault.TooLarge.Say("Use at most %d characters.", maxSearch).At(field)
		}
	}
	return nil
}

// maxSearch is the most bytes a filter's text has.
const maxSearch = 1_000

// page adds to w what the order needs. The cursor is that behind a row.
func (o ListingOrder) page(w *db.Where, after string, limit int) (cursor func(Record) string, err error) {
	order := "listings-" + string(o)
	var number int64
	var id string
	switch o {
	case NewestListing, DearestListing, CheapestListing:
		column, compare, direction := `updated_at`, `<`, `desc`
		if o != NewestListing {
			column = `cents`
		}
		if o == CheapestListing {
			compare, direction = `>`, `asc`
		}
		if after != "" {
			if err := db.ParseCursor(after, order, &number, &id); err != nil {
				return nil, err
			}
			w.And(`(`+column+`, id) `+compare+` (?, ?)`, number, id)
		}
		w.Then(`order by `+column+` `+direction+`, id `+direction+` limit ?`, limit+1)
		return func(last Record) string {
			if o == NewestListing {
				return db.Cursor(order, db.Micros(last.UpdatedAt), last.ID)
			}
			return db.Cursor(order, last.Cents, last.ID)
		}, nil
	case ListingByID:
		if after != "" {
			if err := db.ParseCursor(after, order, &id); err != nil {
				return nil, err
			}
			w.And(`id > ?`, id)
		}
		w.Then(`order by id limit ?`, limit+1)
		return func(last Record) string { return db.Cursor(order, last.ID) }, nil
	}
	return nil, fault.Invalid.Say("There is no such order.").At("order")
}

// Listings lists listings. A Text that is a listing's id gives that listing alone.
func (s *Service) Listings(ctx context.Context, by access.User, f ListingFilter) (page db.Page[Record], err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return page, err
	}
	w, err := f.where()
	if err != nil {
		return page, err
	}
	limit := db.Limit(f.Limit, 50, 200)
	cursor, err := f.Order.page(w, f.After, limit)
	if err != nil {
		return page, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if f.Text != "" && f.After == "" {
			one, err := db.One(tx, scanRecord, oneListing, f.Text)
			if err == nil {
				page = db.Page[Record]{Items: []Record{one}}
				return nil
			}
			if fault.Of(err) != fault.NotFound {
				return err
			}
		}
		rows, err := db.All(tx, scanRecord, listListings+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, cursor)
		return err
	})
	if err != nil {
		return db.Page[Record]{}, fmt.Errorf("list listings: %w", err)
	}
	return page, nil
}

// CountListings is how many listings the filter's pages show together.
func (s *Service) CountListings(ctx context.Context, by access.User, f ListingFilter) (n int64, err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return 0, err
	}
	w, err := f.where()
	if err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if f.Text != "" {
			_, err := db.One(tx, scanRecord, oneListing, f.Text)
			if err == nil {
				n = 1
				return nil
			}
			if fault.Of(err) != fault.NotFound {
				return err
			}
		}
		n, err = db.One(tx, db.Value[int64], countListings+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// ExportListings gives every listing of the filter in its order, page by page.
func (s *Service) ExportListings(ctx context.Context, by access.User, f ListingFilter) iter.Seq2[Record, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Record], error) {
		f.After = after
		return s.Listings(ctx, by, f)
	})
}

var (
	noListing = fault.NotFound.Say("There is no such listing.")
	noSeller  = fault.NotFound.Say("There is no such seller.")
)

// Get is one listing. It returns fault.NotFound.
func (s *Service) Get(ctx context.Context, by access.User, id ListingID) (rec Record, err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return rec, err
	}
	if db.Text(string(id)) != nil {
		return rec, noListing
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rec, err = db.One(tx, scanRecord, oneListing, string(id))
		return err
	})
	if fault.Of(err) == fault.NotFound {
		return rec, noListing
	}
	return rec, err
}

// Many is those of the listings that are known, by id; at most 1,000 are asked for.
func (s *Service) Many(ctx context.Context, by access.User, ids []ListingID) (all map[ListingID]Record, err error) {
	if err := by.May(access.ListingRead, ""); err != nil {
		return nil, err
	}
	if err := bounded(ids); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = Load(tx, ids)
		return err
	})
	return all, err
}

func bounded[T ~string](ids []T) error {
	if len(ids) > 1_000 {
		return fault.TooLarge.Say("Ask for at most %d at once.", 1_000)
	}
	return nil
}

// SellerOrder is how a list of sellers is sorted.
type SellerOrder string

// The orders of sellers.
const (
	NewestSeller SellerOrder = "" // first seen last first
	SellerByName SellerOrder = "name"
	LeastRated   SellerOrder = "ratings" // fewest ratings first; those whose ratings are not known before them
	LastJoined   SellerOrder = "joined"  // joined the marketplace last first, those of whom that is not known at the end
)

// SellerFilter says which sellers a list shows.
type SellerFilter struct {
	Text    string // a seller's id, or words that its name or id contain
	Country string // ISO 3166-1 alpha-2
	Order   SellerOrder
	After   string // the cursor of the page before
	Limit   int    // rows a page, at most 200; 0 means 50
}

func (f SellerFilter) where() (*db.Where, error) {
	if err := texts(map[string]string{"text": f.Text, "country": f.Country}); err != nil {
		return nil, err
	}
	w := &db.Where{}
	if f.Country != "" {
		w.And(`country = ?`, f.Country)
	}
	w.AndWords(`search`, f.Text)
	return w, nil
}

// page adds to w what the order needs. The cursor is that behind a row.
func (o SellerOrder) page(w *db.Where, after string, limit int) (cursor func(Account) string, err error) {
	order := "sellers-" + string(o)
	var number int64
	var text, id string
	column, compare, direction := `first_seen`, `<`, `desc`
	var key any = &number
	switch o {
	case NewestSeller:
		cursor = func(last Account) string { return db.Cursor(order, db.Micros(last.FirstSeen), last.ID) }
	case SellerByName:
		column, compare, direction, key = `sort`, `>`, `asc`, &text
		cursor = func(last Account) string { return db.Cursor(order, db.Fold(last.Name), last.ID) }
	case LeastRated:
		column, compare, direction = `ratings`, `>`, `asc`
		cursor = func(last Account) string {
			ratings := int64(-1)
			if last.Ratings != nil {
				ratings = *last.Ratings
			}
			return db.Cursor(order, ratings, last.ID)
		}
	case LastJoined:
		column, key = `joined`, &text
		cursor = func(last Account) string { return db.Cursor(order, last.Joined, last.ID) }
	default:
		return nil, fault.Invalid.Say("There is no such order.").At("order")
	}
	if after != "" {
		if err := db.ParseCursor(after, order, key, &id); err != nil {
			return nil, err
		}
		var value any = number
		if key == &text {
			value = text
		}
		w.And(`(`+column+`, id) `+compare+` (?, ?)`, value, id)
	}
	w.Then(`order by `+column+` `+direction+`, id `+direction+` limit ?`, limit+1)
	return cursor, nil
}

// Sellers lists sellers. A Text that is a seller's id gives that seller alone.
func (s *Service) Sellers(ctx context.Context, by access.User, f SellerFilter) (page db.Page[Account], err error) {
	if err := by.May(access.SellerRead, ""); err != nil {
		return page, err
	}
	w, err := f.where()
	if err != nil {
		return page, err
	}
	limit := db.Limit(f.Limit, 50, 200)
	cursor, err := f.Order.page(w, f.After, limit)
	if err != nil {
		return page, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if f.Text != "" && f.After == "" {
			one, err := db.One(tx, scanAccount, oneSeller, f.Text)
			if err == nil {
				page = db.Page[Account]{Items: []Account{one}}
				return nil
			}
			if fault.Of(err) != fault.NotFound {
				return err
			}
		}
		rows, err := db.All(tx, scanAccount, listSellers+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, cursor)
		return err
	})
	if err != nil {
		return db.Page[Account]{}, fmt.Errorf("list sellers: %w", err)
	}
	return page, nil
}

// CountSellers is how many sellers the filter's pages show together.
func (s *Service) CountSellers(ctx context.Context, by access.User, f SellerFilter) (n int64, err error) {
	if err := by.May(access.SellerRead, ""); err != nil {
		return 0, err
	}
	w, err := f.where()
	if err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if f.Text != "" {
			_, err := db.One(tx, scanAccount, oneSeller, f.Text)
			if err == nil {
				n = 1
				return nil
			}
			if fault.Of(err) != fault.NotFound {
				return err
			}
		}
		n, err = db.One(tx, db.Value[int64], countSellers+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// ExportSellers gives every seller of the filter in its order, page by page.
func (s *Service) ExportSellers(ctx context.Context, by access.User, f SellerFilter) iter.Seq2[Account, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Account], error) {
		f.After = after
		return s.Sellers(ctx, by, f)
	})
}

// Seller is one seller. It returns fault.NotFound.
func (s *Service) Seller(ctx context.Context, by access.User, id SellerID) (a Account, err error) {
	if err := by.May(access.SellerRead, ""); err != nil {
		return a, err
	}
	if db.Text(string(id)) != nil {
		return a, noSeller
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		a, err = db.One(tx, scanAccount, oneSeller, string(id))
		return err
	})
	if fault.Of(err) == fault.NotFound {
		return a, noSeller
	}
	return a, err
}

// ListingsOf is how many listings each seller has; sellers without one are absent. At most 1,000 are asked for.
func (s *Service) ListingsOf(ctx context.Context, by access.User, ids []SellerID) (map[SellerID]int64, error) {
	if err := by.May(access.SellerRead, ""); err != nil {
		return nil, err
	}
	if err := bounded(ids); err != nil || len(ids) == 0 {
		return nil, err
	}
	counts := make(map[SellerID]int64, len(ids))
	err := s.DB.View(ctx, func(tx *db.Tx) error {
		_, err := db.All(tx, func(r db.Row) (none, error) {
			var id SellerID
			var n int64
			err := r.Scan(&id, &n)
			counts[id] = n
			return none{}, err
		}, countBySeller+db.In(1, len(ids))+` group by seller`, arguments(ids)...)
		return err
	})
	return counts, err
}
