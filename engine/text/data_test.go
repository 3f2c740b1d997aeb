package text

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const shared = "../../../shared/data/"

type brandLine struct {
	Name      string
	Aliases   []string
	Ambiguous bool
}

// brands reads the development set's brands, or skips.
func brands(t testing.TB) []brandLine {
	t.Helper()
	file, err := os.Open(shared + "dev/brands.jsonl")
	if err != nil {
		t.Skip("needs ../shared/data/dev/brands.jsonl: ", err)
	}
	defer file.Close()
	var out []brandLine
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var b brandLine
		if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func brandNames(t testing.TB) []Name {
	var names []Name
	for _, b := range brands(t) {
		names = append(names, Name{Text: b.Name, Ambiguous: b.Ambiguous})
		for _, alias := range b.Aliases {
			names = append(names, Name{Text: alias, Ambiguous: b.Ambiguous})
		}
	}
	return names
}

// shopNames reads the shop brands of the name suggestion index, or skips.
func shopNames(t testing.TB) []Name {
	t.Helper()
	file, err := os.Open(shared + "brands/nsi_shop_brands.csv")
	if err != nil {
		t.Skip("needs ../shared/data/brands/nsi_shop_brands.csv: ", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var names []Name
	for _, row := range rows[1:] {
		for _, text := range append(row[:3:3], strings.Split(row[3], "|")...) {
			if key := strings.ToLower(text); text != "" && !seen[key] {
				seen[key] = true
				names = append(names, Name{Text: text})
			}
		}
	}
	return names
}

type listingLine struct {
	ID, Title, Description, Language string
	Seller                           struct{ Name string }
	label, brand, why, trick         string
}

// listings reads the development set's listings with their labels, or skips.
func listings(t testing.TB) []listingLine {
	t.Helper()
	file, err := os.Open(shared + "dev/listings.jsonl")
	if err != nil {
		t.Skip("needs ../shared/data/dev/listings.jsonl: ", err)
	}
	defer file.Close()
	labelled, err := os.ReadFile(shared + "dev/labels.jsonl")
	if err != nil {
		t.Skip("needs ../shared/data/dev/labels.jsonl: ", err)
	}
	type label struct{ ID, Label, Brand, Why, Trick string }
	labels := map[string]label{}
	for _, line := range strings.Split(strings.TrimSpace(string(labelled)), "\n") {
		var l label
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		labels[l.ID] = l
	}
	var out []listingLine
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var l listingLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		l.label, l.brand, l.why, l.trick = labels[l.ID].Label, labels[l.ID].Brand, labels[l.ID].Why, labels[l.ID].Trick
		out = append(out, l)
	}
	return out
}
