package enforce

import (
	"testing"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
)

func TestAgainst(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		for _, id := range []string{"L1", "L2", "L3", "L4"} {
			k.listing(t, id, 1, detect.Fake, 0.99)
		}
		for id, c := range map[market.ListingID]Choice{"L1": {Outcome: Remove, Reason: "counterfeit"}, "L2": {Outcome: Restrict, Reason: "counterfeit"}, "L3": {Outcome: Approve, Reason: "genuine"}, "L4": {Outcome: Remove, Reason: "counterfeit"}} {
			d, err := k.Decide(ctx, ana, id, c)
			ok(t, err)
			if id == "L4" {
				_, err := k.Undo(ctx, ana, d.ID, "A mistake.")
				ok(t, err)
			}
		}
		ok(t, k.d.View(ctx, func(tx *db.Tx) error {
			all, err := FindAgainst(tx, []market.SellerID{"S1", "nobody"})
			if err != nil || len(all) != 1 || all[0].Seller != "S1" || all[0].Listings != 2 || all[0].Upheld != 0 || !all[0].Last.Equal(noon) {
				t.Errorf("against S1: %+v, %v", all, err)
			}
			if all, err := FindAgainst(tx, []market.SellerID{"nobody"}); err != nil || len(all) != 0 {
				t.Errorf("against nobody: %+v, %v", all, err)
			}
			return nil
		}))
	})
}
