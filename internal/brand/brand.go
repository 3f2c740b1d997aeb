// Package brand keeps the marks that are to be protected: names and aliases, who owns them, who may sell the goods, and
// what genuine goods cost. It is the first room: everything else asks it, it asks nobody. It hands brand.Changed to
// whoever keeps a copy (detect reloads its automaton).
package brand

// ID is the identity of a brand: a short slug ("newbalance") when imported, a UUID when made here.
type ID string

// Price is what genuine new goods of a brand cost in one category.
type Price struct {
	Currency string  `json:"currency"` // ISO 4217
	Low      float64 `json:"low"`      // about the 5th percentile
	Typical  float64 `json:"typical"`  // the median
}

// Brand is a mark or family of marks under protection. The JSON form is one line of a brands file.
type Brand struct {
	ID                ID               `json:"id"`
	Name              string           `json:"name"`
	Aliases           []string         `json:"aliases,omitempty"`            // sub-brands, transliterations, nicknames
	Categories        []string         `json:"categories,omitempty"`         // where the brand sells; market.Categories
	NiceClasses       []int            `json:"nice_classes,omitempty"`       // 1..45
	Ambiguous         bool             `json:"ambiguous,omitempty"`          // the name is also an ordinary word
	AuthorisedSellers []string         `json:"authorised_sellers,omitempty"` // the marketplace's seller ids
	Prices            map[string]Price `json:"prices,omitempty"`             // by category
}
