package detect

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/market"
)

// development is the labelled set beside the project; where it is missing the test is skipped.
func development(t testing.TB) ([]Case, []brand.Brand) {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "shared", "data", "dev")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the development set is not beside the project")
	}
	open := func(name string) *os.File {
		file, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file
	}
	brands, err := brand.Read(open("brands.jsonl"), "brands.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := ReadLabels(open("labels.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var listings []market.Listing
	rows := bufio.NewScanner(open("listings.jsonl"))
	for rows.Scan() {
		var l market.Listing
		if err := json.Unmarshal(rows.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		listings = append(listings, l)
	}
	cases, unlabelled, err := Match(listings, labels)
	if err != nil || unlabelled > 0 {
		t.Fatal(err, unlabelled)
	}
	return cases, brands
}

var today = clock.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)).Now
