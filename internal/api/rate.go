package api

import (
	"container/list"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"golang.org/x/time/rate"

	"github.com/ownmark/ownmark/internal/access"
)

var throttled = promauto.NewCounter(prometheus.CounterOpts{
	Name: "ownmark_api_throttled_total", Help: "Requests refused because their API key sent too many.",
})

// rates counts each key's requests in this process, and remembers at most so many keys: the one unused for longest is
// forgotten, which at worst gives it a fresh burst.
type rates struct {
	perSecond rate.Limit
	burst     int
	most      int

	mu     sync.Mutex
	byKey  map[access.KeyID]*list.Element
	recent *list.List // of *keyRate, used last first
}

type keyRate struct {
	key     access.KeyID
	limiter *rate.Limiter
}

func newRates(l Limits) *rates {
	return &rates{perSecond: rate.Limit(l.PerSecond), burst: l.Burst, most: l.Keys, byKey: map[access.KeyID]*list.Element{}, recent: list.New()}
}

// take counts one request and says how long to wait before it may be made; 0 means now.
func (r *rates) take(key access.KeyID) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	element := r.byKey[key]
	if element == nil {
		if r.recent.Len() >= r.most {
			oldest := r.recent.Remove(r.recent.Back()).(*keyRate)
			delete(r.byKey, oldest.key)
		}
		element = r.recent.PushFront(&keyRate{key, rate.NewLimiter(r.perSecond, r.burst)})
		r.byKey[key] = element
	}
	r.recent.MoveToFront(element)
	now := time.Now()
	reservation := element.Value.(*keyRate).limiter.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
		throttled.Inc()
	}
	return wait
}
