package detect

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/market"
)

// TestOverTheBus walks a batch and the edit of a brand over the real bus, as the program is wired.
func TestOverTheBus(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		quiet := slog.New(slog.DiscardHandler)
		b, err := bus.Open(ctx, bus.Options{Dir: t.TempDir(), Log: quiet})
		ok(t, err)
		defer b.Close()
		h := open(d)
		s := &Service{DB: d, Bus: b, Brands: h.brands, Now: clock.System, Log: quiet, compile: h.compile}
		relay := b.Relay(d)
		relay.Start()
		defer relay.Stop()
		done := make(chan string, 100)
		signal := func(name string, handle bus.Handler) bus.Handler {
			return func(ctx context.Context, m bus.Message) error {
				err := handle(ctx, m)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				done <- name
				return err
			}
		}
		_, err = b.Watch(ctx, BrandEvents, s.BrandChanged)
		ok(t, err)
		_, err = b.Consume(ctx, ScanConsumer, []string{ScanSubject}, 2, signal("scan", s.Handle))
		ok(t, err)
		_, err = b.Consume(ctx, BrandChangedConsumer, BrandEvents, 1, signal("brand", s.HandleBrandChanged))
		ok(t, err)
		_, err = b.Consume(ctx, RescanConsumer, []string{RescanSubject}, 1, signal("rescan", s.HandleRescan))
		ok(t, err)
		await := func(counts map[string]int) {
			t.Helper()
			for len(counts) > 0 {
				name := <-done
				if counts[name]--; counts[name] == 0 {
					delete(counts, name)
				}
			}
		}

		swift := h.addBrand(t)
		await(map[string]int{"brand": 1, "rescan": 1})
		var listings []market.Listing
		for i := range 450 {
			listings = append(listings, listing(fmt.Sprintf("L%03d", i), []string{"Swift shoe", "Zephyr shoe"}[i%2]))
		}
		receipt, err := s.Submit(ctx, analyst, "", listings)
		ok(t, err)
		await(map[string]int{"scan": 3})
		batch, err := s.Batch(ctx, analyst, receipt.Batch)
		ok(t, err)
		if batch.Scanned != 450 || batch.Review != 225 || batch.Finished.IsZero() {
			t.Errorf("%+v", batch)
		}
		swift.Aliases = []string{"Zephyr"}
		_, err = h.brands.Save(ctx, analyst, swift)
		ok(t, err)
		await(map[string]int{"brand": 1, "rescan": 1})
		n, err := s.CountOpinions(ctx, reviewer, Filter{Verdict: Review, Brand: brand.ID("swift")})
		ok(t, err)
		if n != 450 {
			t.Errorf("%d suspected after the edit of the brand", n)
		}
	})
}

// TestShippedScannerScans has the room work without a test's machine in it.
func TestShippedScannerScans(t *testing.T) {
	d := dbtest.SQLite(t, clock.System)
	h := open(d)
	h.compile = nil
	h.addBrand(t)
	_, err := h.Submit(t.Context(), analyst, "b1", []market.Listing{listing("L1", "Swift running shoes, replica AAA 1:1")})
	ok(t, err)
	h.run(t)
	checked, err := h.Scan(t.Context(), analyst, listing("L1", "Swift running shoes, replica AAA 1:1"))
	ok(t, err)
	o := h.opinion(t, "L1")
	if o.Model == "" || o.Verdict == Clear || o.Brand != "swift" || !sameJudgement(o.Judgement, checked) {
		t.Errorf("kept %+v\nchecked %+v", o, checked)
	}
}
