package detect

import (
	"time"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/market"
)

// Opinion is the verdict that stands for a listing. Each listing that was scanned has exactly one.
type Opinion struct {
	Judgement
	Version   int64     // of the listing
	Model     string    // what weighed the signals
	Revision  int64     // of the brands it was held against
	ScannedAt time.Time // when this result came out first
	ChangedAt time.Time // since when the verdict and the brand are these
}

// Since is one line of a listing's history: what the verdict became, and when.
type Since struct {
	Listing  market.ListingID `json:"listing"`
	At       time.Time        `json:"at"`
	Was      Verdict          `json:"was"` // empty at first
	Verdict  Verdict          `json:"verdict"`
	Score    float64          `json:"score"`
	Brand    brand.ID         `json:"brand"`
	Signals  []Signal         `json:"signals"`
	Version  int64            `json:"version"`  // of the listing
	Revision int64            `json:"revision"` // of the brands
	Model    string           `json:"model"`
	Because  Occasion         `json:"because"`
	Action   Action           `json:"action"`
	Rule     string           `json:"rule"`
	Policy   PolicyNumber     `json:"policy"`
	Entry    string           `json:"entry"` // the ledger entry that records it, with the others of its message; empty where only the brand changed and the listing is clear

	id string
}

// Occasion says why a listing was scanned.
type Occasion string

// The occasions.
const (
	Submitted    Occasion = "submitted"     // the marketplace handed it in
	BrandChanged Occasion = "brand-changed" // brands are no longer what they were
	Asked        Occasion = "asked"         // a person had it scanned again

	PolicySwitched Occasion = "policy-switched" // another policy is live
	PictureSeen    Occasion = "picture-seen"    // more became known of its pictures
)

// Day counts the listings that the marketplace handed in on a day, by verdict; those scanned again after a change of brands are not counted again.
type Day struct {
	Date                time.Time // midnight UTC
	Clear, Review, Fake int64
}

// BrandCount is how many listings under a brand are suspected or wait.
type BrandCount struct {
	Brand     brand.ID
	Suspected int64
}

// SellerCount is how many listings of a seller are suspected.
type SellerCount struct {
	Seller    market.SellerID
	Name      string
	Suspected int64
}
