// Package brand keeps the marks that are to be protected: names and aliases, who owns them, who may sell the goods, and
// what genuine goods cost. It is the first room: everything else asks it, it asks nobody. It hands brand.Changed and
// brand.Imported to whoever keeps a copy (detect reloads its automaton).
package brand

import (
	"time"

	"github.com/ownmark/ownmark/internal/access"
)

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
	Categories        []string         `json:"categories,omitempty"`         // where the brand sells; see Categories
	NiceClasses       []int            `json:"nice_classes,omitempty"`       // 1..45
	Ambiguous         bool             `json:"ambiguous,omitempty"`          // the name is also an ordinary word
	AuthorisedSellers []string         `json:"authorised_sellers,omitempty"` // the marketplace's seller ids, those in force now
	Prices            map[string]Price `json:"prices,omitempty"`             // by category
	Note              string           `json:"note,omitempty"`               // for colleagues; scoring does not read it

	// What storage adds; a file does not carry it.
	Organisation access.OrgID `json:"-"` // the rights holder; empty when nobody has claimed the brand
	Version      int64        `json:"-"` // grows with each change; Save wants the one that was read
	MadeAt       time.Time    `json:"-"`
	UpdatedAt    time.Time    `json:"-"`
	UpdatedBy    string       `json:"-"` // the name of who changed it last
	Archived     time.Time    `json:"-"` // zero while the brand is protected
}

// Categories are the kinds of goods Ownmark knows; what fits nowhere is "other".
var Categories = []string{"shoes", "apparel", "bags", "toys", "electronics", "appliances", "watches", "beauty", "accessories", "other"}
