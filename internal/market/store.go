package market

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/db"
)

const (
	listingColumns = `document, version, cents, given_at, first_seen, updated_at`

	listListings  = `select ` + listingColumns + ` from listing`
	countListings = `select count(*) from listing`
	oneListing    = `select ` + listingColumns + ` from listing where id = $1`
	listingsIn    = `select ` + listingColumns + ` from listing where id in `
	listingsPast  = `select ` + listingColumns + ` from listing where id > $1 order by id limit $2`
	hashesIn      = `select id, hash from listing where id in `
	countBySeller = `select seller, count(*) from listing where seller in `

	writeListings = `insert into listing (id, seller, category, brand, cents, search, document, hash, version, given_at, first_seen, updated_at) values `
	// A listing known from a later moment stays as it is, and is not returned.
	overListings = ` on conflict (id) do update set seller = excluded.seller, category = excluded.category, brand = excluded.brand, cents = excluded.cents,
		search = excluded.search, document = excluded.document, hash = excluded.hash, given_at = excluded.given_at,
		version = case when listing.hash = excluded.hash then listing.version else listing.version + 1 end,
		updated_at = case when listing.hash = excluded.hash then listing.updated_at else excluded.updated_at end
		where listing.given_at <= excluded.given_at
		returning id, version`
	writeListingColumns = 12

	sellerColumns = `id, name, country, joined, ratings, positive, first_seen, updated_at`
	listSellers   = `select ` + sellerColumns + ` from seller`
	countSellers  = `select count(*) from seller`
	oneSeller     = `select ` + sellerColumns + ` from seller where id = $1`

	sellersIn    = `select ` + sellerColumns + `, given_at from seller where id in `
	writeSellers = `insert into seller (id, name, sort, search, country, joined, ratings, positive, given_at, first_seen, updated_at) values `
	overSellers  = ` on conflict (id) do update set name = excluded.name, sort = excluded.sort, search = excluded.search, country = excluded.country, joined = excluded.joined,
		ratings = excluded.ratings, positive = excluded.positive, given_at = excluded.given_at, updated_at = excluded.updated_at
		where seller.given_at <= excluded.given_at`
	writeSellerColumns = 11
)

// rowsAtOnce is how many rows one statement writes or asks for.
const rowsAtOnce = 500

func scanRecord(r db.Row) (Record, error) {
	var rec Record
	var document string
	var given, first, updated int64
	if err := r.Scan(&document, &rec.Version, &rec.Cents, &given, &first, &updated); err != nil {
		return Record{}, err
	}
	rec.GivenAt, rec.FirstSeen, rec.UpdatedAt = db.Time(given), db.Time(first), db.Time(updated)
	if err := json.Unmarshal([]byte(document), &rec.Listing); err != nil {
		return Record{}, fmt.Errorf("read a stored listing: %w", err)
	}
	return rec, nil
}

func scanAccount(r db.Row) (Account, error) { return scanAccountAnd(r) }

// scanAccountAnd reads the seller's columns and, behind them, more.
func scanAccountAnd(r db.Row, more ...any) (Account, error) {
	var a Account
	var ratings, first, updated int64
	var positive float64
	into := []any{&a.ID, &a.Name, &a.Country, &a.Joined, &ratings, &positive, &first, &updated}
	if err := r.Scan(append(into, more...)...); err != nil {
		return Account{}, err
	}
	if ratings >= 0 {
		a.Ratings = &ratings
	}
	if positive >= 0 {
		a.Positive = &positive
	}
	a.FirstSeen, a.UpdatedAt = db.Time(first), db.Time(updated)
	return a, nil
}

// Load is those of the listings that are known, by id, as tx sees them.
func Load(tx *db.Tx, ids []ListingID) (map[ListingID]Record, error) {
	all := make(map[ListingID]Record, len(ids))
	for some := range slices.Chunk(ids, rowsAtOnce) {
		rows, err := db.All(tx, scanRecord, listingsIn+db.In(1, len(some)), arguments(some)...)
		if err != nil {
			return nil, fmt.Errorf("load listings: %w", err)
		}
		for _, rec := range rows {
			all[rec.ID] = rec
		}
	}
	return all, nil
}

// LoadSellers is those of the sellers that are known, by id, as tx sees them.
func LoadSellers(tx *db.Tx, ids []SellerID) (map[SellerID]Account, error) {
	all := make(map[SellerID]Account, len(ids))
	for some := range slices.Chunk(ids, rowsAtOnce) {
		rows, err := db.All(tx, scanAccount, listSellers+` where id in `+db.In(1, len(some)), arguments(some)...)
		if err != nil {
			return nil, fmt.Errorf("load sellers: %w", err)
		}
		for _, a := range rows {
			all[a.ID] = a
		}
	}
	return all, nil
}

// Count is how many listings there are, as tx sees it. PostgreSQL reads an index from end to end for it: seconds at 100 million.
func Count(tx *db.Tx) (int64, error) { return db.One(tx, db.Value[int64], countListings) }

// Following is the listings behind after, by id, at most limit: how a walk over all of them goes on.
func Following(tx *db.Tx, after ListingID, limit int) ([]Record, error) {
	return db.All(tx, scanRecord, listingsPast, string(after), limit)
}

func arguments[T ~string](ids []T) []any {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	return args
}

// Save keeps listings and their sellers in tx, which is that of their verdicts. given is when the marketplace handed them in: a listing that
// is known from a later moment is left alone and is not among saved, so that a message which comes late undoes nothing. Of two with one id the last counts.
// It returns fault.Invalid for a listing that Storable refuses; nothing of the transaction stands then.
func Save(tx *db.Tx, given time.Time, listings []Listing) (saved []Saved, err error) {
	for i := range listings {
		if err := Storable(&listings[i]); err != nil {
			return nil, err
		}
	}
	listings = lastOfEach(listings)
	if err := saveSellers(tx, given, listings); err != nil {
		return nil, fmt.Errorf("save sellers: %w", err)
	}
	for some := range slices.Chunk(listings, rowsAtOnce) {
		rows, err := saveListings(tx, given, some)
		if err != nil {
			return nil, fmt.Errorf("save listings: %w", err)
		}
		saved = append(saved, rows...)
	}
	return saved, nil
}

// lastOfEach is the last listing of each id, by id: all who write rows take them in the same order, and nobody waits for another in a circle.
func lastOfEach(listings []Listing) []Listing {
	last := make(map[ListingID]int, len(listings))
	for i := range listings {
		last[listings[i].ID] = i
	}
	kept := make([]Listing, 0, len(last))
	for i := range listings {
		if last[listings[i].ID] == i {
			kept = append(kept, listings[i])
		}
	}
	slices.SortFunc(kept, func(a, b Listing) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return kept
}

func saveListings(tx *db.Tx, given time.Time, listings []Listing) ([]Saved, error) {
	ids := make([]any, len(listings))
	for i := range listings {
		ids[i] = string(listings[i].ID)
	}
	was := make(map[ListingID]string, len(listings))
	is := make(map[ListingID]string, len(listings))
	if _, err := db.All(tx, func(r db.Row) (none, error) {
		var id ListingID
		var hash string
		err := r.Scan(&id, &hash)
		was[id] = hash
		return none{}, err
	}, hashesIn+db.In(1, len(ids)), ids...); err != nil {
		return nil, err
	}
	args := make([]any, 0, len(listings)*writeListingColumns)
	now, at := db.Micros(tx.Now()), db.Micros(given)
	for i := range listings {
		l := &listings[i]
		document, err := json.Marshal(l)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(document)
		is[l.ID] = hex.EncodeToString(sum[:16])
		args = append(args, string(l.ID), string(l.Seller.ID), l.Category, db.Fold(l.Brand), Cents(l), searchText(l),
			string(document), is[l.ID], int64(1), at, now, now)
	}
	return db.All(tx, func(r db.Row) (Saved, error) {
		var s Saved
		err := r.Scan(&s.ID, &s.Version)
		hash, known := was[s.ID]
		s.New, s.Changed = !known, hash != is[s.ID]
		return s, err
	}, writeListings+db.Values(len(listings), writeListingColumns)+overListings, args...)
}

// none is the result of a scan that puts what it reads elsewhere.
type none struct{}

// searchedRunes is how much of a description is searched: the rest is mostly what the shop says of itself.
const searchedRunes = 1_000

func searchText(l *Listing) string {
	description := l.Description
	n := 0
	for i := range description {
		if n++; n > searchedRunes {
			description = description[:i]
			break
		}
	}
	return db.Fold(l.Title, l.Brand, string(l.ID), string(l.Seller.ID), l.Seller.Name, description)
}

func saveSellers(tx *db.Tx, given time.Time, listings []Listing) error {
	said := map[SellerID]Seller{}
	for i := range listings {
		if seller := listings[i].Seller; seller.ID != "" {
			said[seller.ID] = said[seller.ID].learn(seller)
		}
	}
	ids := slices.Sorted(maps.Keys(said))
	for some := range slices.Chunk(ids, rowsAtOnce) {
		if err := saveSomeSellers(tx, given, some, said); err != nil {
			return err
		}
	}
	return nil
}

// saveSomeSellers writes only sellers of whom something new is said: most listings say nothing new, and a row that every worker writes is a row
// that every worker waits for.
func saveSomeSellers(tx *db.Tx, given time.Time, ids []SellerID, said map[SellerID]Seller) error {
	known := make(map[SellerID]Seller, len(ids))
	moments := make(map[SellerID]int64, len(ids))
	if _, err := db.All(tx, func(r db.Row) (none, error) {
		var at int64
		a, err := scanAccountAnd(r, &at)
		known[a.ID], moments[a.ID] = a.Seller, at
		if at > db.Micros(given) {
			// What was said later holds; only of what nobody said later, this is news.
			said[a.ID] = said[a.ID].learn(a.Seller)
		}
		return none{}, err
	}, sellersIn+db.In(1, len(ids)), arguments(ids)...); err != nil {
		return err
	}
	var args []any
	for _, id := range ids {
		old, isKnown := known[id]
		s := old.learn(said[id])
		if isKnown && s.same(old) {
			continue
		}
		ratings, positive := int64(-1), -1.0
		if s.Ratings != nil {
			ratings = *s.Ratings
		}
		if s.Positive != nil {
			positive = *s.Positive
		}
		args = append(args, string(id), s.Name, db.Fold(s.Name), db.Fold(s.Name, string(id)), s.Country, s.Joined, ratings, positive,
			max(moments[id], db.Micros(given)), db.Micros(tx.Now()), db.Micros(tx.Now()))
	}
	if len(args) == 0 {
		return nil
	}
	_, err := tx.Exec(writeSellers+db.Values(len(args)/writeSellerColumns, writeSellerColumns)+overSellers, args...)
	return err
}
