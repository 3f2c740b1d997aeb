package enforce

import (
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/market"
)

// Against is what stands against a seller account about one brand: decisions that took listings off or restricted them, none of them undone or superseded.
type Against struct {
	Seller   market.SellerID
	Brand    brand.ID // empty when no brand was named
	Name     string   // of the brand, or its id when it is gone
	Listings int64
	Upheld   int64 // of them, those that answered a notice
	Last     time.Time
}

// maxAgainst is how many accounts can be asked about at once.
const maxAgainst = 400

// FindAgainst is what stands against seller accounts, in the caller's transaction, the most listings first. Rooms to the right ask it of accounts that a firm
// declares; whether their person may see the answer is for them to ask.
func FindAgainst(tx *db.Tx, sellers []market.SellerID) ([]Against, error) {
	if len(sellers) == 0 {
		return nil, nil
	}
	sellers = sellers[:min(len(sellers), maxAgainst)]
	args := []any{"other"}
	for _, s := range sellers {
		args = append(args, string(s))
	}
	return db.All(tx, func(r db.Row) (a Against, err error) {
		var last int64
		err = r.Scan(&a.Seller, &a.Brand, &a.Name, &a.Listings, &a.Upheld, &last)
		a.Last = db.Time(last)
		return a, err
	}, `select d.seller, d.brand, coalesce(b.name, d.brand), count(*), sum(case when exists (select 1 from answer a where a.decision = d.id) then 1 else 0 end), max(d.at)
		from decision d left join brand b on b.id = d.brand
		where d.undone_at = 0 and d.superseded = '' and d.`+restricts+` and d.reason <> $1 and d.seller in `+db.In(2, len(sellers))+`
		group by d.seller, d.brand, b.name order by count(*) desc, d.seller, d.brand`, args...)
}
