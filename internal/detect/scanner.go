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

// Basis is what a scanner judges by.
type Basis struct {
	Brands []brand.Brand
	Now    clock.Clock // for the age of sellers where a listing has no date; clock.System when nil
	Model  *Model      // the shipped one when nil
	Prices *PriceBook  // what honest sellers were seen to ask; nil for none. The scanner keeps nothing of it.
}

// NewScannerOf compiles brands. The error is that there are more names than fit.
func NewScannerOf(b Basis) (*Scanner, error) {
	c, err := compile(b.Brands)
	if err != nil {
		return nil, err
	}
	s := &Scanner{catalogue: c, model: b.Model, now: b.Now}
	if s.model == nil {
		s.model = ShippedModel()
	}
	if s.now == nil {
		s.now = clock.System
	}
	if b.Prices != nil {
		b.Prices.inform(c)
	}
	s.work.New = func() any { return new(work) }
	return s, nil
}

// NewScanner is NewScannerOf with the shipped model and the prices that brands give.
func NewScanner(brands []brand.Brand, now clock.Clock) (*Scanner, error) {
	return NewScannerOf(Basis{Brands: brands, Now: now})
}

// NewScannerWith is NewScanner with a model of one's own.
func NewScannerWith(brands []brand.Brand, now clock.Clock, model *Model) (*Scanner, error) {
	return NewScannerOf(Basis{Brands: brands, Now: now, Model: model})
}

// Model is what weighs the signals: the model's version, for the record kept beside each verdict.
func (s *Scanner) Model() string { return s.model.Version }

// Scan gives the machine's opinion of one listing by what it says, with the evidence for it, strongest first.
func (s *Scanner) Scan(l *market.Listing) Result { return s.ScanSeen(l, nil) }

// ScanSeen is Scan by where the listing's pictures were seen before, besides; nil says nothing of them.
func (s *Scanner) ScanSeen(l *market.Listing, seen *Seen) Result {
	w := s.work.Get().(*work)
	w.seen = seen
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
