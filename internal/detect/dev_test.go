package detect

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
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

func TestDevelopmentFigures(t *testing.T) {
	cases, brands := development(t)
	for _, without := range [][]Without{nil, {WithoutSeller}, {WithoutPrice}, {WithoutTerms}, {WithoutAllBut}} {
		r, err := CrossValidate(cases, brands, today, 5, without)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("without %v: suspected P %.3f R %.3f F1 %.3f (%d alarms); fake P %.3f R %.3f; ROC %.3f PR %.3f ECE %.3f Brier %.3f", without,
			*r.Suspected.Precision, *r.Suspected.Recall, *r.Suspected.F1, r.Suspected.FalsePositives, *r.Fake.Precision, *r.Fake.Recall, *r.ROCAUC, *r.PRAUC, r.ECE, r.Brier)
		if os.Getenv("MISTAKES") == "" {
			continue
		}
		for _, m := range r.Mistakes {
			var said []string
			for _, s := range m.Signals {
				said = append(said, s.Name+"="+jsonNumber(s.Weight)+" "+s.Evidence)
			}
			t.Logf("  %s %s %s %.3f %s | %s", m.Truth, m.Trick, m.Verdict, m.Score, m.Title, strings.Join(said, "; "))
		}
	}
}

func jsonNumber(x float64) string { b, _ := json.Marshal(x); return string(b) }
