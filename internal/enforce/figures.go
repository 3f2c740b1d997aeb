package enforce

import (
	"time"

	"github.com/ownmark/ownmark/internal/detect"
)

// Figures is the state of the marketplace for the start page. Each figure is of the moment At, or of the period its comment names.
type Figures struct {
	At       time.Time
	Verdicts map[detect.Verdict]int64 // listings by the verdict that stands now

	Open      int64     // reviews that wait for a reviewer
	Escalated int64     // that wait for those who lead
	Oldest    time.Time // since when the oldest of both waits; zero when none does

	Day        Activity      // decisions of the last 24 hours
	Week       Activity      // of the last 7 days
	WaitedHalf time.Duration // the median time from queue to decision, of the last 7 days' decisions on queued listings
	Waited     int64         // how many decisions that median is of

	Days    []detect.Day         // listings scanned, by day in UTC, the last 14, oldest first
	Brands  []detect.BrandCount  // the ten brands with most suspected listings now
	Sellers []detect.SellerCount // the ten sellers with most suspected listings now
}

// Activity counts decisions of a period that ends now.
type Activity struct {
	From      time.Time
	ByOutcome map[Outcome]int64 // taken in the period, those undone since included
	Undone    int64             // undone in the period, whenever taken
}

// Total is how many decisions were taken.
func (a Activity) Total() int64 {
	var n int64
	for _, count := range a.ByOutcome {
		n += count
	}
	return n
}
