package app

import (
	"context"

	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
)

// records tells cultivate what enforce decided against seller accounts.
type records struct{}

// Records is one matter for each account and brand.
func (records) Records(_ context.Context, tx *db.Tx, sellers []market.SellerID) (all []cultivate.Matter, err error) {
	against, err := enforce.FindAgainst(tx, sellers)
	for _, a := range against {
		all = append(all, cultivate.Matter{Mark: a.Name, Until: a.Last, Items: &a.Listings, Source: string(a.Seller)})
	}
	return all, err
}
