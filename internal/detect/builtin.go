package detect

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/brand"
)

// The brands that Ownmark knows without being told: names, aliases and Nice classes from general knowledge, prices rough estimates of
// what genuine new goods cost in 2026 (low about the 5th percentile, typical the median). Nobody is authorised by them: who may sell is
// for the rights holder to say. Begun from a set under CC0; data/README.md has more.
//
//go:embed data/brands.jsonl
var builtinBrands []byte

// What the trade in copies calls brands when it does not name them, and what some of their models cost.
//
//go:embed data/lore.jsonl
var builtinLore []byte

// BuiltinBrands are the well-known brands that a scan without a brands file holds listings against. The slice is the caller's.
func BuiltinBrands() []brand.Brand {
	brands, err := brand.Read(bytes.NewReader(builtinBrands), "brands.jsonl")
	if err != nil {
		panic(fmt.Sprintf("built-in brands: %v", err)) // a test reads them; a binary that cannot is no binary
	}
	return brands
}

// lore is what is known of a brand beyond its names. It belongs to the brand that has the name, whatever file the brand comes from.
type lore struct {
	Brand     string   `json:"brand"`
	Models    []string `json:"models"`    // what its goods are called, by anybody; as good as an alias
	Hints     []string `json:"hints"`     // what the trade calls it: 驴家, swoosh, coded spellings; evidence, never proof
	Ambiguous []string `json:"ambiguous"` // aliases that are ordinary words or numbers as well
	Lines     []line   `json:"lines"`     // models that cost much more or less than the brand's other goods

	// What a piece costs at the least, in US dollars, of goods that are counted in pieces: bricks on clearance.
	DollarsPerPiece float64 `json:"dollars_per_piece"`
}

// line is a model or a family of models with a price of its own.
type line struct {
	Names    []string `json:"names"`
	Category string   `json:"category"`
	Low      float64  `json:"low"` // US dollars, as for brand.Price
	Typical  float64  `json:"typical"`
	Special  bool     `json:"special"` // counts before the brand's other models named beside it
}

// knownLore is the lore by folded brand name.
var knownLore = sync.OnceValue(func() map[string]*lore {
	known := map[string]*lore{}
	rows := bufio.NewScanner(bytes.NewReader(builtinLore))
	rows.Buffer(nil, 1<<20)
	for rows.Scan() {
		var row lore
		if err := json.Unmarshal(rows.Bytes(), &row, json.RejectUnknownMembers(true)); err != nil {
			panic(fmt.Sprintf("built-in lore: %v", err))
		}
		known[foldName(row.Brand)] = &row
	}
	return known
})

// foldName is a name without case, spaces and signs, for looking it up.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '.', '\'', '’', '&', '·':
			return -1
		case 'é', 'è', 'É', 'È':
			return 'e'
		case 'ü', 'Ü':
			return 'u'
		case 'ä', 'Ä':
			return 'a'
		}
		return r
	}, strings.ToLower(name))
}
