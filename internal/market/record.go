package market

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Record is a listing as kept.
type Record struct {
	Listing
	Version   int64     // 1 at first; grows when the content changes
	Cents     int64     // the price in US cents, for comparing; NoPrice when there is none
	FirstSeen time.Time // by Ownmark
	GivenAt   time.Time // when the marketplace last handed it in, changed or not
	UpdatedAt time.Time // when this version was stored
}

// NoPrice stands for a price that was not given or is of an unknown currency.
const NoPrice int64 = -1

// Saved is what became of a listing given to Save.
type Saved struct {
	ID      ListingID
	Version int64
	New     bool // it was not known
	Changed bool // its content differs from what was known; true when New
}

// The bounds of a listing that is kept.
const (
	MaxID          = 200     // runes of a listing's or a seller's id
	MaxTitle       = 2_000   // runes
	MaxDescription = 200_000 // runes; the whole listing has at most MaxDocument bytes
	MaxImages      = 200
	MaxDocument    = 480 << 10 // bytes as JSON: a message on the bus carries it
	maxWord        = 500       // runes of any other text
)

// Storable holds a listing against what can be kept: an id, texts that every engine stores, and bounds. It returns fault.Invalid with the field,
// fault.TooLarge past a bound.
func Storable(l *Listing) error {
	if l.ID == "" {
		return fault.Invalid.Say("A listing needs an id.").At("id")
	}
	for _, text := range []struct {
		field string
		value string
		most  int
	}{
		{"id", string(l.ID), MaxID},
		{"title", l.Title, MaxTitle},
		{"description", l.Description, MaxDescription},
		{"brand", l.Brand, maxWord},
		{"category", l.Category, maxWord},
		{"currency", l.Currency, maxWord},
		{"condition", l.Condition, maxWord},
		{"ships_from", l.ShipsFrom, maxWord},
		{"language", l.Language, maxWord},
		{"seller.id", string(l.Seller.ID), MaxID},
		{"seller.name", l.Seller.Name, maxWord},
		{"seller.country", l.Seller.Country, maxWord},
		{"seller.joined", l.Seller.Joined, maxWord},
	} {
		if err := storableText(text.value, text.most); err != nil {
			return err.At(text.field)
		}
	}
	if len(l.Images) > MaxImages {
		return fault.TooLarge.Say("A listing has at most %d pictures.", MaxImages).At("images")
	}
	for i, image := range l.Images {
		if err := storableText(image, 4*maxWord); err != nil {
			return err.At(fmt.Sprintf("images[%d]", i))
		}
	}
	if l.Price != nil && (math.IsNaN(*l.Price) || math.IsInf(*l.Price, 0)) {
		return fault.Invalid.Say("A price must be a number from 0 up.").At("price")
	}
	if p := l.Seller.Positive; p != nil && (math.IsNaN(*p) || math.IsInf(*p, 0)) {
		return fault.Invalid.Say("The share of positive ratings must be a number from 0 to 1.").At("seller.positive")
	}
	if y := l.ListedAt.Year(); !l.ListedAt.IsZero() && (y < 1 || y > 9999) {
		return fault.Invalid.Say("The date cannot be read.").At("listed_at")
	}
	return nil
}

func storableText(s string, most int) *fault.Fault {
	if f, ok := fault.As(db.Text(s)); ok {
		return f
	}
	if len(s) > most && utf8.RuneCountInString(s) > most {
		return fault.TooLarge.Say("Use at most %d characters.", most)
	}
	return nil
}

// maxCents keeps what compares prices away from the end of the numbers.
const maxCents = 1e15

// Cents is the listing's price in US cents, by the dated table of rates; NoPrice when it has none or its currency is not in the table.
func Cents(l *Listing) int64 {
	if l.Price == nil || *l.Price < 0 {
		return NoPrice
	}
	dollars, ok := ToUSD(*l.Price, l.Currency)
	if !ok || dollars*100 > maxCents {
		return NoPrice
	}
	return int64(math.Round(dollars * 100))
}
