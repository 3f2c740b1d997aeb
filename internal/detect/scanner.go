package detect

import (
	"sync"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/market"
)

// Scanner scores listings against a set of brands. It is immutable and safe for concurrent use: when brands change, a
// new one is made.
type Scanner struct {
	catalogue *catalogue
	model     *Model
	now       clock.Clock
	blind     bool      // to the terms of the trade, to see what verdicts rest on
	work      sync.Pool // of *work
}

// NewScanner compiles brands. now is used for the age of sellers without a listing date. The error is that there are more names than fit.
func NewScanner(brands []brand.Brand, now clock.Clock) (*Scanner, error) {
	return NewScannerWith(brands, now, ShippedModel())
}

// NewScannerWith is NewScanner with a model of one's own.
func NewScannerWith(brands []brand.Brand, now clock.Clock, model *Model) (*Scanner, error) {
	c, err := compile(brands)
	if err != nil {
		return nil, err
	}
	s := &Scanner{catalogue: c, model: model, now: now}
	s.work.New = func() any { return new(work) }
	return s, nil
}

// Model is what weighs the signals: the model's version, for the record kept beside each verdict.
func (s *Scanner) Model() string { return s.model.Version }

// Scan gives the machine's opinion of one listing, with the evidence for it, strongest first.
func (s *Scanner) Scan(l *market.Listing) Result {
	w := s.work.Get().(*work)
	w.read(s.catalogue, l, s.now)
	if s.blind {
		clear(w.x[termReplica : termContact+1])
	}
	result := s.model.judge(w)
	result.ID = l.ID
	if concerned := w.concerned; concerned >= 0 {
		result.Brand = s.catalogue.brands[concerned].id
	}
	result.Signals = noSignals
	if w.telling {
		result.Signals = w.signals(s.model, s.catalogue, l)
	}
	w.release()
	s.work.Put(w)
	return result
}
