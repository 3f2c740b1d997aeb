package enforce

import (
	"testing"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// TestSearchAndFile finds listings by words, files one notice of several, and is shown no more than a buyer is.
func TestSearchAndFile(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		r := k.right(t)
		k.listings(t, 12)
		k.listing(t, "L1", 1, detect.Fake, 0.99)
		found, err := k.Search(ctx, olga, SightFilter{Text: "swift RUNNER", Limit: 10})
		ok(t, err)
		more, err := k.Search(ctx, olga, SightFilter{Text: "swift RUNNER", Limit: 10, After: found.Next})
		ok(t, err)
		if len(found.Items) != 10 || len(more.Items) != 2 || found.Items[0].Title == "" || found.Items[0].Seller == "" {
			t.Fatalf("%d and %d", len(found.Items), len(more.Items))
		}
		if none, err := k.Search(ctx, olga, SightFilter{Text: "  "}); err != nil || len(none.Items) != 0 {
			t.Errorf("without words: %+v %v", none, err)
		}
		_, err = k.Search(ctx, rui, SightFilter{Text: "swift"})
		want(t, err, fault.Forbidden)
		ids := []market.ListingID{"gone", "B1", "B2", "B1"}
		results, err := k.FileChosen(ctx, olga, ids, aClaim(r.ID, ""))
		ok(t, err)
		if results[0].Problem == nil || results[1].Problem != nil || results[2].Problem != nil || !results[3].Again || k.count(t, `select count(*) from notice`) != 2 {
			t.Errorf("%+v", results)
		}
		_, err = k.FileChosen(ctx, olga, nil, aClaim(r.ID, ""))
		want(t, err, fault.Invalid)
		_, err = k.FileChosen(ctx, olga, make([]market.ListingID, MaxChosen+1), aClaim(r.ID, ""))
		want(t, err, fault.TooLarge)
	})
}
