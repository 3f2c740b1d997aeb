package cultivate

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// TestNaming walks a maker from two names to a protected brand with a page of its own.
func TestNaming(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, base *db.DB) {
		only(t)
		h := newHouse(t, base)
		ctx := t.Context()
		h.Brand = &brand.Service{DB: base}
		shipped, _, err := Read(Shipped())
		h.must(err)
		h.Industries = shipped
		_, err = h.Brand.Create(ctx, access.System, brand.Brand{ID: "halden", Name: "Halden", Categories: []string{"shoes"}, NiceClasses: []int{25}})
		h.must(err)
		m, own := h.maker(h.cohort(3), "Sea Wind")
		_, stranger := h.maker(h.cohort(3), "Stranger")
		proposal := Proposal{Name: "Haldenn", Classes: []int{25}}
		if _, err := h.Propose(ctx, own, m.ID, proposal, ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("a name before there is a place: %v", err)
		}
		m = h.walk(m, Applied, Screened, Visited, Admitted)
		if _, err := h.Propose(ctx, own, m.ID, Proposal{Classes: []int{46}}, ""); len(fault.All(err)) != 2 {
			t.Errorf("what is wrong with a name: %v", err)
		}
		if _, err := h.Propose(ctx, stranger, m.ID, proposal, ""); !errors.Is(err, fault.NotFound) {
			t.Errorf("proposed by a stranger: %v", err)
		}
		near, err := h.Propose(ctx, own, m.ID, proposal, "form")
		h.must(err)
		again, err := h.Propose(ctx, own, m.ID, proposal, "form")
		if err != nil || again.ID != near.ID {
			t.Errorf("a second click: %s %v", again.ID, err)
		}
		if !near.Risky() || len(near.Report.Conflicts) == 0 || near.Report.Conflicts[0].Mark != "Halden" || len(near.Report.Conflicts[0].Why) == 0 {
			t.Errorf("a name one letter from a known mark: %+v", near.Report)
		}
		if _, err := h.Choose(ctx, own, near.ID, near.Version, ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("the firm chooses a risky name: %v", err)
		}
		if _, err := h.Choose(ctx, h.manager, near.ID, near.Version, ""); !errors.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		fine, err := h.Propose(ctx, own, m.ID, Proposal{Name: "Tidewren", Also: []string{"潮鹪"}, Classes: []int{25}}, "")
		h.must(err)
		if fine.Risky() {
			t.Fatalf("a fresh name: %+v", fine.Report)
		}
		if _, err := h.PrepareFiling(ctx, h.manager, m.ID, "CN", nil, ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("filed without a name: %v", err)
		}
		fine, err = h.Choose(ctx, own, fine.ID, fine.Version, "")
		h.must(err)
		if _, err := h.WithdrawName(ctx, own, fine.ID, fine.Version); !errors.Is(err, fault.Conflict) {
			t.Errorf("the chosen name withdrawn: %v", err)
		}
		f, err := h.PrepareFiling(ctx, h.manager, m.ID, "CN", nil, "f1")
		h.must(err)
		move := FilingMove{To: FilingFiled, Number: "81234567", Day: "2026-12-01", Version: f.Version}
		if _, err := h.MoveFiling(ctx, own, f.ID, move); !errors.Is(err, fault.Forbidden) {
			t.Errorf("filed by the firm: %v", err)
		}
		if _, err := h.MoveFiling(ctx, h.manager, f.ID, FilingMove{To: FilingFiled, Version: f.Version}); len(fault.All(err)) != 2 {
			t.Errorf("no number and no day: %v", err)
		}
		// Two managers record it at once: one wins, the other is told, and there is one brand.
		var told sync.Map
		var both sync.WaitGroup
		for i := range 2 {
			both.Go(func() {
				_, err := h.MoveFiling(ctx, h.manager, f.ID, move)
				told.Store(i, err)
			})
		}
		both.Wait()
		won := 0
		told.Range(func(_, err any) bool {
			if err == nil {
				won++
			} else if !errors.Is(err.(error), fault.Conflict) {
				t.Errorf("the other was told: %v", err)
			}
			return true
		})
		if won != 1 {
			t.Fatalf("%d won", won)
		}
		m, err = h.Maker(ctx, h.manager, m.ID)
		h.must(err)
		b, err := h.Brand.Get(ctx, access.System, brand.ID(m.Brand))
		if err != nil || b.Name != "Tidewren" || len(b.Aliases) != 1 || len(b.NiceClasses) != 1 {
			t.Fatalf("under protection: %+v %v", b, err)
		}
		if _, err := h.Choose(ctx, h.manager, near.ID, near.Version, "why not"); !errors.Is(err, fault.Conflict) {
			t.Errorf("another name once it is filed: %v", err)
		}
		// What another maker has chosen stands in the way, too.
		other, otherOwn := h.maker(h.cohort(3), "Harbour")
		other = h.walk(other, Applied, Screened, Visited, Admitted)
		copied, err := h.Propose(ctx, otherOwn, other.ID, Proposal{Name: "Tidewren", Classes: []int{25}}, "")
		h.must(err)
		if !copied.Risky() {
			t.Errorf("another maker's name: %+v", copied.Report)
		}
		second, err := h.PrepareFiling(ctx, h.manager, m.ID, "CN", nil, "f2")
		h.must(err)
		if _, err := h.MoveFiling(ctx, h.manager, second.ID, FilingMove{To: FilingFiled, Number: "81234567", Day: "2026-12-01", Version: second.Version}); !errors.Is(err, fault.Conflict) {
			t.Errorf("one number twice: %v", err)
		}

		// The brand file, line by line.
		lines, err := h.BrandFile(ctx, own, m.ID)
		h.must(err)
		if len(lines) == 0 {
			t.Fatal("the industry asks for nothing")
		}
		if _, err := h.GiveEntry(ctx, own, m.ID, lines[0].Item.ID, 0, "  ", SentFile{}); !errors.Is(err, fault.Invalid) {
			t.Errorf("nothing given: %v", err)
		}
		for _, one := range lines {
			given, err := h.GiveEntry(ctx, own, m.ID, one.Item.ID, one.Version, "我们从祖父起做鞋。", SentFile{})
			h.must(err)
			if _, err := h.GiveEntry(ctx, own, m.ID, one.Item.ID, one.Version, "again", SentFile{}); !errors.Is(err, fault.Conflict) {
				t.Errorf("a stale page: %v", err)
			}
			if _, err := h.JudgeEntry(ctx, own, m.ID, one.Item.ID, given.Version, EntryAccepted, ""); !errors.Is(err, fault.Forbidden) {
				t.Errorf("the firm accepts its own: %v", err)
			}
			_, err = h.JudgeEntry(ctx, h.manager, m.ID, one.Item.ID, given.Version, EntryAccepted, "")
			h.must(err)
		}
		checks, err := h.Checklist(ctx, h.manager, m.ID, Registered)
		h.must(err)
		for _, c := range checks {
			if !c.Met {
				t.Errorf("not met: %s (%s)", c.Condition, c.Detail.English)
			}
		}

		// The page for buyers: with the maker's word, and gone without it.
		if _, err := h.MovePage(ctx, h.manager, m.ID, 0, PagePublish, "tidewren"); !errors.Is(err, fault.Conflict) {
			t.Errorf("published without the maker's word: %v", err)
		}
		if _, err := h.MovePage(ctx, h.manager, m.ID, 0, PageAgree, ""); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the manager agrees for the maker: %v", err)
		}
		p, err := h.MovePage(ctx, own, m.ID, 0, PageAgree, "")
		h.must(err)
		if _, err := h.MovePage(ctx, h.manager, m.ID, p.Version, PagePublish, "Tide Wren"); !errors.Is(err, fault.Invalid) {
			t.Errorf("a slug that is none: %v", err)
		}
		p, err = h.MovePage(ctx, h.manager, m.ID, p.Version, PagePublish, "tidewren")
		h.must(err)
		shown, err := h.ShowBrand(ctx, "tidewren")
		if err != nil || shown.Name.Name != "Tidewren" || len(shown.Filings) != 1 {
			t.Errorf("shown: %+v %v", shown, err)
		}
		_, err = h.MovePage(ctx, own, m.ID, p.Version, PageDisagree, "")
		h.must(err)
		if _, err := h.ShowBrand(ctx, "tidewren"); !errors.Is(err, fault.NotFound) {
			t.Errorf("after the maker took its word back: %v", err)
		}
	})
}

func FuzzReadClasses(f *testing.F) {
	for _, text := range []string{"25", "25, 18", "第25类", "46", "25、18；3", "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ReadClasses(text)
		if err != nil {
			return
		}
		same, err := ReadClasses(classList(all))
		if err != nil || classList(same) != classList(all) {
			t.Errorf("%q: %v, then %v %v", text, all, same, err)
		}
		for _, one := range strings.Split(classList(all), ",") {
			if len(one) > 2 {
				t.Errorf("%q: a class %q", text, one)
			}
		}
	})
}
