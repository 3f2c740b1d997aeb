package sellers

import (
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/market"
)

// cells is a seller as a row of a spreadsheet.
func cells(a market.Account) []string {
	ratings, positive := "", ""
	if a.Ratings != nil {
		ratings = strconv.FormatInt(*a.Ratings, 10)
	}
	if a.Positive != nil {
		positive = strconv.FormatFloat(*a.Positive, 'f', -1, 64)
	}
	return []string{string(a.ID), a.Name, a.Country, a.Joined, ratings, positive, a.FirstSeen.Format(time.RFC3339)}
}
