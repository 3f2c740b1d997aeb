package detect

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// catalogueRow is one row of testdata/catalogues: goods as a shop's price list has them.
type catalogueRow struct {
	half, brand string
	listing     market.Listing
}

func readCatalogue(t testing.TB, name string) []catalogueRow {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "catalogues", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows := csv.NewReader(file)
	rows.Comma, rows.LazyQuotes = '\t', true
	records, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var catalogue []catalogueRow
	for i, r := range records[1:] {
		price, err := strconv.ParseFloat(r[3], 64)
		if err != nil {
			t.Fatal(name, i, err)
		}
		catalogue = append(catalogue, catalogueRow{r[0], r[1], market.Listing{
			ID: market.ListingID(fmt.Sprint(name, i)), Title: r[2], Price: &price, Currency: r[4], Category: r[5],
		}})
	}
	return catalogue
}

// standing is what the brands say of who may sell.
type standing string

const (
	nobodySaid   standing = "no brand says who may sell"
	authorised   standing = "every seller is authorised"
	unauthorised standing = "no seller is authorised"
)

// shopBrands are the brands with one authorised seller each, or with none said, and the names among them.
func shopBrands(given []brand.Brand, how standing) ([]brand.Brand, map[string]brand.ID) {
	known := map[string]brand.ID{}
	brands := append([]brand.Brand(nil), given...)
	for i := range brands {
		known[brands[i].Name] = brands[i].ID
		brands[i].AuthorisedSellers = nil
		if how != nobodySaid {
			brands[i].AuthorisedSellers = []string{"own-" + string(brands[i].ID)}
		}
	}
	return brands, known
}

// flagged counts the rows of a catalogue whose verdict is not clear, by half. Rows of brands that are not protected are left out.
func flagged(t testing.TB, name string, given []brand.Brand, how standing) (counts map[string][2]int) {
	t.Helper()
	brands, known := shopBrands(given, how)
	s, err := NewScanner(brands, today)
	if err != nil {
		t.Fatal(err)
	}
	counts = map[string][2]int{}
	for _, row := range readCatalogue(t, name) {
		id, ok := known[row.brand]
		if !ok {
			continue
		}
		row.listing.Seller.ID = "shop-1"
		if how == authorised {
			row.listing.Seller.ID = market.SellerID("own-" + id)
		}
		r := s.Scan(&row.listing)
		n := counts[row.half]
		n[1]++
		if r.Verdict != Clear {
			n[0]++
		}
		counts[row.half] = n
	}
	return counts
}

// TestPriceListsAreJudged with `-v` says the totals, of half B too; what half B gets wrong is not to be looked at.
func TestPriceListsAreJudged(t *testing.T) {
	for _, want := range []struct {
		file        string
		how         standing
		least, most float64 // of the share flagged, over both halves
	}{
		{"replica.tsv", unauthorised, 0.90, 1},
		{"replica.tsv", nobodySaid, 0.82, 1},
		{"genuine.tsv", authorised, 0, 0.005},
		{"genuine.tsv", unauthorised, 0, 0.03},
		{"genuine.tsv", nobodySaid, 0, 0.015},
	} {
		n := flagged(t, want.file, BuiltinBrands(), want.how)
		t.Logf("%s, %s: flagged %d of %d in half A, %d of %d in half B", want.file, want.how, n["A"][0], n["A"][1], n["B"][0], n["B"][1])
		share := float64(n["A"][0]+n["B"][0]) / float64(n["A"][1]+n["B"][1])
		if n["A"][1]+n["B"][1] < 300 || share < want.least || share > want.most {
			t.Errorf("%s, %s: %.3f flagged of %v, want %.2f to %.2f", want.file, want.how, share, n, want.least, want.most)
		}
	}
}
