package market

import "github.com/ownmark/ownmark/internal/db"

const listingsOfSeller = `select ` + listingColumns + ` from listing where seller = $1 order by updated_at desc, id desc limit $2`

// LoadOf is the listings of a seller's account as tx sees them, the last changed first, at most limit.
func LoadOf(tx *db.Tx, seller SellerID, limit int) ([]Record, error) {
	return db.All(tx, scanRecord, listingsOfSeller, string(seller), limit)
}
