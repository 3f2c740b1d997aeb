package market

import "time"

// ListingID is the marketplace's own id of a listing; SellerID of a seller's account.
type (
	ListingID string
	SellerID  string
)

// Listing is an offer as the marketplace gave it. The JSON form is one line of a listings file.
// Quantity and Price are pointers' worth of meaning kept plain: HasPrice and HasQuantity say whether they were given.
type Listing struct {
	ID          ListingID `json:"id"`
	Title       string    `json:"title"`
	Description string    `json:"description,omitempty"`
	Brand       string    `json:"brand,omitempty"` // as declared by the seller in the structured field
	Category    string    `json:"category,omitempty"`
	Price       *float64  `json:"price,omitempty"` // in Currency; nil when not given
	Currency    string    `json:"currency,omitempty"`
	Quantity    *int64    `json:"quantity,omitempty"`
	Condition   string    `json:"condition,omitempty"` // new, used, refurbished
	Images      []string  `json:"images,omitempty"`
	Seller      Seller    `json:"seller,omitzero"`
	ShipsFrom   string    `json:"ships_from,omitempty"`
	ListedAt    time.Time `json:"listed_at,omitzero"`
	Language    string    `json:"language,omitempty"` // BCP 47
}

// Seller is the account behind a listing as the marketplace describes it.
type Seller struct {
	ID       SellerID `json:"id,omitempty"`
	Name     string   `json:"name,omitempty"`
	Country  string   `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Joined   string   `json:"joined,omitempty"`  // YYYY-MM-DD
	Ratings  *int64   `json:"ratings,omitempty"`
	Positive *float64 `json:"positive,omitempty"` // share of positive ratings, 0..1
}

// Categories are the categories Ownmark knows; feeds' own words are mapped onto them, what fits nowhere is "other".
var Categories = []string{"shoes", "apparel", "bags", "toys", "electronics", "appliances", "watches", "beauty", "accessories", "other"}
