package detect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

var (
	analyst  = access.User{ID: "p1", Name: "Ana", Org: "operator", Roles: []access.Role{access.Analyst}}
	reviewer = access.User{ID: "p2", Name: "Rui", Org: "operator", Roles: []access.Role{access.Reviewer}}
	holder   = access.User{ID: "p3", Name: "Olga", Org: "swift", Roles: []access.Role{access.RightsHolder}}
)

func want(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// naive finds a brand by its name in the title; "replica" beside it is a fake, an authorised seller clears it.
type naive []brand.Brand

func (n naive) Model() string { return "naive-1" }

func (n naive) ScanSeen(l *market.Listing, _ *Seen) Result {
	r := Result{ID: l.ID, Verdict: Clear}
	for _, b := range n {
		for _, name := range append([]string{b.Name}, b.Aliases...) {
			if !strings.Contains(l.Title, name) {
				continue
			}
			r.Brand, r.Verdict, r.Score = b.ID, Review, 0.6
			r.Signals = []Signal{{Name: "brand-claimed", Weight: 1, Field: "title"}}
			if strings.Contains(l.Title, "replica") {
				r.Verdict, r.Score = Fake, 0.97
			}
			if slices.Contains(b.AuthorisedSellers, string(l.Seller.ID)) {
				r.Verdict, r.Score = Clear, 0.01
			}
			return r
		}
	}
	return r
}

// queue is a bus that keeps what is published until it is run, once each id.
type queue struct {
	mu       sync.Mutex
	seen     map[string]bool
	messages []bus.Message
	full     bool
}

func (q *queue) Publish(ctx context.Context, subject, id string, body []byte) error {
	return q.PublishMany(ctx, []bus.Message{{ID: id, Subject: subject, Body: body}})
}

func (q *queue) PublishMany(_ context.Context, messages []bus.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full {
		return fault.Unavailable.Say("The queue is full. Try again later.")
	}
	if q.seen == nil {
		q.seen = map[string]bool{}
	}
	for _, m := range messages {
		if !q.seen[m.ID] {
			q.seen[m.ID] = true
			q.messages = append(q.messages, m)
		}
	}
	return nil
}

func (q *queue) take() (m bus.Message, some bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.messages) == 0 {
		return m, false
	}
	m, q.messages = q.messages[0], q.messages[1:]
	return m, true
}

type house struct {
	*Service
	brands *brand.Service
	market *market.Service
	queue  *queue
	d      *db.DB
	told   int // events of the outbox handled
}

func open(d *db.DB) *house {
	h := &house{brands: &brand.Service{DB: d}, market: &market.Service{DB: d}, queue: &queue{}, d: d}
	h.Service = &Service{DB: d, Bus: h.queue, Brands: h.brands, Now: clock.System, compile: func(brands []brand.Brand, _ clock.Clock) (machine, error) { return naive(brands), nil }}
	return h
}

// run hands out what is queued and what was emitted until nothing is left.
func (h *house) run(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	for {
		moved := false
		for m, some := h.queue.take(); some; m, some = h.queue.take() {
			moved = true
			switch m.Subject {
			case ScanSubject:
				ok(t, h.Handle(ctx, m))
			case ReplaySubject:
				ok(t, h.HandleReplay(ctx, m))
			case PictureSubject:
				ok(t, h.HandlePictures(ctx, m))
			default:
				ok(t, h.HandleRescan(ctx, m))
			}
		}
		events := h.events(t)
		for _, m := range events[h.told:] {
			moved = true
			if slices.Contains(BrandEvents, m.Subject) {
				ok(t, h.HandleBrandChanged(ctx, m))
			}
			if slices.Contains(PolicyEvents, m.Subject) {
				ok(t, h.HandlePolicyChanged(ctx, m))
			}
		}
		h.told = len(events)
		if !moved {
			return
		}
	}
}

func (h *house) events(t testing.TB) (all []bus.Message) {
	t.Helper()
	ok(t, h.d.View(t.Context(), func(tx *db.Tx) (err error) {
		all, err = db.All(tx, func(r db.Row) (m bus.Message, err error) {
			var body string
			err = r.Scan(&m.ID, &m.Subject, &body)
			m.Subject, m.Body = "event."+m.Subject, []byte(body)
			return m, err
		}, `select id, name, body from outbox order by id`)
		return err
	}))
	return all
}

func (h *house) scanned(t testing.TB) (all []Scanned) {
	t.Helper()
	for _, m := range h.events(t) {
		if m.Subject == "event.detect.scanned" {
			var e Scanned
			ok(t, json.Unmarshal(m.Body, &e))
			all = append(all, e)
		}
	}
	return all
}

func (h *house) opinion(t testing.TB, id market.ListingID) Opinion {
	t.Helper()
	o, err := h.Opinion(t.Context(), reviewer, id)
	ok(t, err)
	return o
}

func listing(id, title string) market.Listing {
	return market.Listing{ID: market.ListingID(id), Title: title, Category: "shoes", Seller: market.Seller{ID: "S1", Name: "Fast"}}
}

func (h *house) addBrand(t testing.TB) brand.Brand {
	t.Helper()
	b, err := h.brands.Create(t.Context(), analyst, brand.Brand{ID: "swift", Name: "Swift"})
	ok(t, err)
	return b
}

func TestBatchIsScannedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(d)
		ctx := t.Context()
		h.addBrand(t)
		listings := []market.Listing{listing("L1", "Swift replica"), listing("L2", "Swift shoe"), listing("L3", "shoe"), listing("", "no id"), listing("L5", "a\x00"), listing("L6", "")}
		receipt, err := h.Submit(ctx, analyst, "b1", listings)
		ok(t, err)
		if receipt.Accepted != 3 || len(receipt.Bad) != 3 || receipt.Bad[0].Row != 4 || receipt.Bad[1].Problem.Field != "title" || receipt.Bad[2].Problem.Field != "title" {
			t.Fatalf("%+v", receipt)
		}
		before, err := h.Batch(ctx, analyst, "b1")
		ok(t, err)
		progress, err := h.Progress(ctx, analyst)
		ok(t, err)
		if before.Scanned != 0 || !before.Finished.IsZero() || progress.Waiting != 3 || len(progress.Batches) != 1 {
			t.Errorf("before: %+v, %+v", before, progress)
		}
		m := h.queue.messages[0]
		h.run(t)
		ok(t, h.Handle(ctx, m)) // delivered again
		again, err := h.Submit(ctx, analyst, "b1", listings)
		ok(t, err)
		if diff := cmp.Diff(receipt.Accepted, again.Accepted); diff != "" || len(h.queue.messages) != 0 {
			t.Errorf("sent again: %+v, %d messages", again, len(h.queue.messages))
		}
		_, err = h.Submit(ctx, analyst, "b1", listings[:2])
		want(t, err, fault.Conflict)

		after, err := h.Batch(ctx, analyst, "b1")
		ok(t, err)
		if after.Scanned != 3 || after.Fake != 1 || after.Review != 1 || after.Clear != 1 || after.Bad != 3 || after.Finished.IsZero() || after.By != "Ana" {
			t.Errorf("after: %+v", after)
		}
		o := h.opinion(t, "L1")
		if o.Verdict != Fake || o.Brand != "swift" || o.Model != "naive-1" || o.Revision != 1 || o.Version != 1 || len(o.Signals) != 1 {
			t.Errorf("%+v", o)
		}
		told := h.scanned(t)
		if len(told) != 1 || len(told[0].Listings) != 2 || told[0].Batch != "b1" {
			t.Errorf("told %+v", told)
		}
		history, err := h.History(ctx, reviewer, "L1", "", 0)
		ok(t, err)
		if len(history.Items) != 1 || history.Items[0].Entry == "" || history.Items[0].Was != "" || history.Items[0].Because != Submitted {
			t.Errorf("history %+v", history)
		}
		empty, err := h.History(ctx, reviewer, "L3", "", 0)
		ok(t, err)
		if len(empty.Items) != 0 {
			t.Errorf("a clear listing has a history: %+v", empty)
		}
		ok(t, d.View(ctx, func(tx *db.Tx) error {
			counts, err := CountByVerdict(tx)
			if diff := cmp.Diff(map[Verdict]int64{Clear: 1, Review: 1, Fake: 1}, counts); diff != "" {
				t.Error(diff)
			}
			if err != nil {
				return err
			}
			days, err := ByDay(tx, tx.Now().AddDate(0, 0, -13))
			if len(days) != 14 || days[13].Fake != 1 || days[0].Clear != 0 {
				t.Errorf("days %+v", days)
			}
			if err != nil {
				return err
			}
			sellers, err := TopSellers(tx, 3)
			if diff := cmp.Diff([]SellerCount{{"S1", "Fast", 2}}, sellers); diff != "" {
				t.Error(diff)
			}
			return err
		}))
		tally, err := h.TallyOf(ctx, reviewer, []market.SellerID{"S1"})
		ok(t, err)
		if tally["S1"] != (Tally{1, 1, 1}) {
			t.Errorf("%+v", tally)
		}
		var pages []market.ListingID
		for f := (Filter{Limit: 1}); ; {
			page, err := h.Opinions(ctx, reviewer, f)
			ok(t, err)
			for _, o := range page.Items {
				pages = append(pages, o.ID)
			}
			if f.After = page.Next; f.After == "" {
				break
			}
		}
		if !slices.Equal(pages, []market.ListingID{"L1", "L2", "L3"}) {
			t.Errorf("pages %v", pages)
		}
	})
}

func TestContentChangesTheVerdict(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(d)
		h.addBrand(t)
		for i, title := range []string{"shoe", "Swift", "Swift", "Swift replica", "shoe"} {
			_, err := h.Submit(t.Context(), analyst, BatchID(fmt.Sprintf("b%d", i)), []market.Listing{listing("L1", title)})
			ok(t, err)
			h.run(t)
		}
		history, err := h.History(t.Context(), reviewer, "L1", "", 2)
		ok(t, err)
		rest, err := h.History(t.Context(), reviewer, "L1", history.Next, 2)
		ok(t, err)
		var became []string
		for _, s := range append(history.Items, rest.Items...) {
			became = append(became, string(s.Was)+">"+string(s.Verdict))
			if s.Entry == "" {
				t.Errorf("no ledger entry: %+v", s)
			}
		}
		if !slices.Equal(became, []string{"fake>clear", "review>fake", "clear>review"}) || rest.Next != "" {
			t.Errorf("%v", became)
		}
		if o := h.opinion(t, "L1"); o.Version != 4 || o.Verdict != Clear {
			t.Errorf("%+v", o)
		}
	})
}

func TestBrandEditChangesVerdicts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(d)
		ctx := t.Context()
		b := h.addBrand(t)
		var listings []market.Listing
		for i := range 450 {
			title := "plain shoe"
			switch i % 50 {
			case 0:
				title = "Swift shoe"
			case 1:
				title = "Zephyr shoe"
			}
			listings = append(listings, listing(fmt.Sprintf("L%03d", i), title))
		}
		_, err := h.Submit(ctx, analyst, "", listings)
		ok(t, err)
		h.run(t)
		suspected := func(id brand.ID) int64 {
			t.Helper()
			n, err := h.CountOpinions(ctx, reviewer, Filter{Brand: id, Verdict: Review})
			ok(t, err)
			return n
		}
		if suspected("swift") != 9 {
			t.Fatalf("%d suspected", suspected("swift"))
		}
		told := len(h.scanned(t))

		// A new alias: listings that were nothing to the brand become suspect.
		b.Aliases = []string{"Zephyr"}
		b, err = h.brands.Save(ctx, analyst, b)
		ok(t, err)
		h.run(t)
		if suspected("swift") != 18 {
			t.Errorf("%d suspected after the alias", suspected("swift"))
		}
		progress, err := h.Progress(ctx, analyst)
		ok(t, err)
		r := progress.Rescans[0]
		if r.State != Finished || r.Changed != 9 || r.Done != 459 || r.Total != 459 || r.Because != BrandChanged || progress.Revision != 2 {
			t.Errorf("%+v, scanner of revision %d", r, progress.Revision)
		}
		if o := h.opinion(t, "L001"); o.Verdict != Review || o.Revision != 2 {
			t.Errorf("%+v", o)
		}
		if o := h.opinion(t, "L000"); o.Revision != 1 {
			t.Errorf("a verdict that is the same was written again: %+v", o)
		}
		var outcomes int
		for _, e := range h.scanned(t)[told:] {
			outcomes += len(e.Listings)
		}
		if outcomes != 9 {
			t.Errorf("told of %d listings", outcomes)
		}

		// The seller is authorised: all is clear, and history says so.
		ok(t, h.brands.Authorise(ctx, analyst, "swift", brand.Authorisation{Seller: "S1"}))
		h.run(t)
		if suspected("swift") != 0 {
			t.Errorf("%d suspected after the authorisation", suspected("swift"))
		}
		history, err := h.History(ctx, reviewer, "L000", "", 0)
		ok(t, err)
		if len(history.Items) != 2 || history.Items[0].Because != BrandChanged || history.Items[0].Was != Review {
			t.Errorf("%+v", history.Items)
		}
		// Archived, it is nobody's any more.
		ok(t, h.brands.Archive(ctx, analyst, "swift"))
		h.run(t)
		n, err := h.CountOpinions(ctx, reviewer, Filter{Brand: "swift"})
		ok(t, err)
		if n != 0 {
			t.Errorf("%d under an archived brand", n)
		}
	})
}

func TestYoungerRescanOvertakesAndTheWalkResumes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(d)
		ctx := t.Context()
		h.addBrand(t)
		var listings []market.Listing
		for i := range 700 {
			listings = append(listings, listing(fmt.Sprintf("L%03d", i), "Swift shoe"))
		}
		_, err := h.Submit(ctx, analyst, "", listings)
		ok(t, err)
		h.run(t)
		first, err := h.Rescan(ctx, analyst, RescanFilter{Brands: []brand.ID{"swift"}})
		ok(t, err)
		for range 2 {
			over, err := h.piece(ctx, first.ID)
			ok(t, err)
			if over {
				t.Fatal("over too soon")
			}
		}
		second, err := h.Rescan(ctx, analyst, RescanFilter{})
		ok(t, err)
		if second.State != Concerned || !slices.Equal(second.Brands, []brand.ID{"swift"}) {
			t.Errorf("the brands were not taken over: %+v", second)
		}
		over, err := h.piece(ctx, first.ID)
		ok(t, err)
		if !over {
			t.Error("an overtaken rescan goes on")
		}
		// The queue is lost with its disk.
		h.queue.messages, h.queue.seen = nil, nil
		ok(t, h.Resume(ctx))
		h.run(t)
		progress, err := h.Progress(ctx, analyst)
		ok(t, err)
		states := map[RescanID]Rescan{}
		for _, r := range progress.Rescans {
			states[r.ID] = r
		}
		if states[first.ID].State != Overtaken || states[second.ID].State != Finished || states[second.ID].Done != 1400 || states[second.ID].Changed != 0 {
			t.Errorf("%+v", states)
		}
		_, err = h.Rescan(ctx, reviewer, RescanFilter{})
		want(t, err, fault.Forbidden)
		want(t, h.HandleRescan(ctx, bus.Message{Body: []byte(`{"rescan":"nothing"}`)}), fault.Invalid)
	})
}

// TestScanUsesTheBrandsOfItsMoment has a brand change between the making of the scanner and the storing of what it found.
func TestScanUsesTheBrandsOfItsMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(d)
		ctx := t.Context()
		ok(t, h.Ready(ctx))
		_, err := h.Submit(ctx, analyst, "b1", []market.Listing{listing("L1", "Swift shoe")})
		ok(t, err)
		h.addBrand(t)
		m, _ := h.queue.take()
		ok(t, h.Handle(ctx, m))
		if o := h.opinion(t, "L1"); o.Verdict != Review || o.Revision != 1 {
			t.Errorf("scanned with old brands: %+v", o)
		}
		for _, e := range h.events(t) {
			if e.Subject == "event.brand.changed" {
				h.BrandChanged(ctx, e)
			}
		}
	})
}

func TestHandlersRefuseWhatIsNoMessage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(d)
		ctx := t.Context()
		for _, body := range []string{"", "x", "[]", `{"listings":3}`, `{"batch":"b","at":"2026-11-23T00:00:00Z","listings":[{"id":"a\u0000","title":"t"}]}`} {
			m := bus.Message{ID: "m" + body, Body: []byte(body)}
			want(t, h.Handle(ctx, m), fault.Invalid)
		}
		want(t, h.HandleBrandChanged(ctx, bus.Message{ID: "e", Body: []byte("x")}), fault.Invalid)
		for _, evil := range []string{"a\x00b", "a\xffb", strings.Repeat("x", 10_000), "a b", "a.b", "ü"} {
			_, err := h.Submit(ctx, analyst, BatchID(evil), nil)
			want(t, err, fault.Invalid)
			_, err = h.Batch(ctx, analyst, BatchID(evil))
			want(t, err, fault.NotFound)
			_, err = h.Opinion(ctx, analyst, market.ListingID(evil))
			want(t, err, fault.NotFound)
			_, err = h.History(ctx, analyst, market.ListingID(evil), "", 0)
			ok(t, err)
		}
		for _, evil := range []string{"a\x00b", "a\xffb"} {
			_, err := h.Opinions(ctx, analyst, Filter{Brand: brand.ID(evil)})
			want(t, err, fault.Invalid)
			_, err = h.Rescan(ctx, analyst, RescanFilter{Brands: []brand.ID{brand.ID(evil)}})
			want(t, err, fault.Invalid)
			_, err = h.Scan(ctx, analyst, listing(evil, "t"))
			want(t, err, fault.Invalid)
		}
		_, err := h.Submit(ctx, analyst, "", make([]market.Listing, MaxBatch+1))
		want(t, err, fault.TooLarge)
		for _, by := range []access.User{holder, reviewer} {
			_, err = h.Submit(ctx, by, "", nil)
			want(t, err, fault.Forbidden)
			_, err = h.Scan(ctx, by, listing("L1", "t"))
			want(t, err, fault.Forbidden)
		}
		_, err = h.Opinion(ctx, holder, "L1")
		want(t, err, fault.Forbidden)
		_, err = h.Opinions(ctx, access.User{}, Filter{})
		want(t, err, fault.Unauthenticated)
		h.queue.full = true
		_, err = h.Submit(ctx, analyst, "full", []market.Listing{listing("L1", "t")})
		want(t, err, fault.Unavailable)
		h.queue.full = false
		_, err = h.Submit(ctx, analyst, "full", []market.Listing{listing("L1", "t")})
		ok(t, err)
		h.run(t)
		if b, err := h.Batch(ctx, analyst, "full"); err != nil || b.Finished.IsZero() {
			t.Errorf("%+v, %v", b, err)
		}
	})
}

// TestWorkersAtOnce has several workers scan chunks that share sellers, while each chunk comes twice.
func TestWorkersAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(d)
		h.addBrand(t)
		var listings []market.Listing
		for i := range 2000 {
			l := listing(fmt.Sprintf("L%04d", i), []string{"shoe", "Swift shoe", "Swift replica"}[i%3])
			l.Seller.ID = market.SellerID(fmt.Sprintf("S%d", i%7))
			listings = append(listings, l)
		}
		_, err := h.Submit(t.Context(), analyst, "b1", listings)
		ok(t, err)
		twice := append(slices.Clone(h.queue.messages), h.queue.messages...)
		work := make(chan bus.Message)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for m := range work {
					if err := h.Handle(t.Context(), m); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for _, m := range twice {
			work <- m
		}
		close(work)
		all.Wait()
		b, err := h.Batch(t.Context(), analyst, "b1")
		ok(t, err)
		n, err := h.CountOpinions(t.Context(), reviewer, Filter{})
		ok(t, err)
		if b.Scanned != 2000 || b.Finished.IsZero() || n != 2000 || len(h.scanned(t)) != 10 {
			t.Errorf("%+v, %d verdicts, %d events", b, n, len(h.scanned(t)))
		}
	})
}

func TestChunksKeepTheirBounds(t *testing.T) {
	var all []json.RawMessage
	for i := range 900 {
		size := 10
		if i%100 == 0 {
			size = market.MaxDocument - 100
		}
		raw, err := json.Marshal(listing(fmt.Sprintf("L%d", i), strings.Repeat("x", size)))
		ok(t, err)
		all = append(all, raw)
	}
	at := time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
	n := 0
	for i, m := range chunks("b", at, all) {
		var c chunk
		ok(t, json.Unmarshal(m.Body, &c))
		if len(c.Listings) > chunkListings || len(m.Body) > chunkBytes+1024 || m.ID != fmt.Sprintf("b.%d", i) || !c.At.Equal(at) {
			t.Errorf("message %d: %d listings, %d bytes, id %s, at %v", i, len(c.Listings), len(m.Body), m.ID, c.At)
		}
		n += len(c.Listings)
	}
	if n != 900 {
		t.Errorf("%d listings in the messages", n)
	}
}

func FuzzHandle(f *testing.F) {
	f.Add([]byte(`{"batch":"b","at":"2026-11-23T00:00:00Z","listings":[{"id":"a","title":"Swift","price":3,"currency":"USD","seller":{"id":"s"}}]}`))
	d := dbtest.SQLite(f, clock.System)
	h := open(d)
	h.addBrand(f)
	n := 0
	f.Fuzz(func(t *testing.T, body []byte) {
		n++
		err := h.Handle(t.Context(), bus.Message{ID: fmt.Sprintf("m%d", n), Body: body})
		if err != nil && fault.Of(err) != fault.Invalid && fault.Of(err) != fault.TooLarge {
			t.Fatal(err)
		}
	})
}

func BenchmarkHandle(b *testing.B) {
	for _, engine := range dbtest.Engines {
		b.Run(string(engine), func(b *testing.B) {
			h := open(dbtest.On(b, engine))
			h.addBrand(b)
			price := 49.9
			description := strings.Repeat("Breathable mesh, rubber sole, all sizes in stock. ", 8)
			for b.Loop() {
				b.StopTimer()
				listings := make([]market.Listing, chunkListings)
				for i := range listings {
					id := db.NewID()
					l := listing(id, "Running shoe model "+id[30:])
					if i%10 == 0 {
						l.Title = "Swift " + l.Title
					}
					l.Description, l.Price, l.Currency, l.Seller.ID = description, &price, "USD", market.SellerID("S"+id[32:])
					listings[i] = l
				}
				_, err := h.Submit(b.Context(), analyst, "", listings)
				ok(b, err)
				m, _ := h.queue.take()
				b.StartTimer()
				ok(b, h.Handle(b.Context(), m))
			}
			b.ReportMetric(float64(b.N*chunkListings)/b.Elapsed().Seconds(), "listings/s")
		})
	}
}
