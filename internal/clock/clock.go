// Package clock says what time it is. Rooms are handed a Clock, never time.Now, so that a deadline can be tested and a
// simulated marketplace can live in its own time.
package clock

import (
	"sync"
	"time"
)

// Clock gives the present moment.
type Clock func() time.Time

// System is the machine's clock in UTC, cut to the microsecond that storage keeps.
func System() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Manual is a clock that moves only when told to. Its zero value stands at the zero time.
type Manual struct {
	mu sync.Mutex
	at time.Time
}

// At makes a Manual clock standing at t.
func At(t time.Time) *Manual { return &Manual{at: t.UTC().Truncate(time.Microsecond)} }

// Now is the moment the clock stands at; use it as a Clock.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = m.at.Add(d)
}
