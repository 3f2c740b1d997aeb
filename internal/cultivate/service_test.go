package cultivate

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// house is a room with people in it: a manager, and makers as they are enrolled.
type house struct {
	*Service
	t       *testing.T
	manager access.User
	other   access.User // another manager
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	people := &access.Service{DB: d}
	if _, err := people.Bootstrap(t.Context(), "Marketplace", "Admin", "admin@example.com"); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, Service: &Service{DB: d, Access: people, Industries: Industries{"shoes": {ID: "shoes", Names: Words{"Shoes", "鞋类"}}, TemplateID: {ID: TemplateID}}}}
	h.manager = access.User{ID: "m1", Name: "Mia Manager", Org: access.OperatorID, Roles: []access.Role{access.ProgrammeManager}}
	h.other = access.User{ID: "m2", Name: "Max Manager", Org: access.OperatorID, Roles: []access.Role{access.ProgrammeManager}}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// cohort is an open cohort for shoes.
func (h *house) cohort(places int) Cohort {
	h.t.Helper()
	c, err := h.SaveCohort(h.t.Context(), h.manager, Cohort{Industry: "shoes", Name: "Putian I", Place: "Putian", Places: places})
	h.must(err)
	c, err = h.MoveCohort(h.t.Context(), h.manager, c.ID, c.Version, CohortOpen, "")
	h.must(err)
	return c
}

// maker is a firm in the cohort, in Draft, with the person who speaks for it.
func (h *house) maker(c Cohort, name string) (Maker, access.User) {
	h.t.Helper()
	m, link, err := h.Enrol(h.t.Context(), h.manager, c.ID, Firm{Name: name, Place: "莆田", Person: "林师傅", Email: strings.ToLower(db.NewID()) + "@example.com"})
	h.must(err)
	if link == "" {
		h.t.Fatal("a new firm's person got no link")
	}
	return m, access.User{ID: access.UserID("of " + m.ID), Name: "林师傅", Org: m.Organisation, Roles: []access.Role{access.Maker}}
}

// only makes the conditions those given, for a test of moving alone.
func only(t *testing.T, some ...gate) {
	t.Helper()
	were := gates
	gates = some
	t.Cleanup(func() { gates = were })
}

func met(met *bool) func(*Service, *db.Tx, Maker) (Answer, error) {
	return func(*Service, *db.Tx, Maker) (Answer, error) { return Answer{Met: *met}, nil }
}

func TestMove(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ready := false
		only(t, gate{condition: "ready", stage: Screened, words: Words{"The past is known", "过往已核实"}, answer: met(&ready)},
			gate{condition: "sure", stage: Visited, words: Words{"Sure", "确定"}, fixed: true, answer: met(&ready)},
			gate{condition: "elsewhere", stage: Screened, answer: nil, has: func(*Service) bool { return false }})
		h := newHouse(t, d)
		ctx := t.Context()
		m, own := h.maker(h.cohort(17), "莆田市海风鞋业有限公司")

		m, err := h.Move(ctx, own, m.ID, Transition{To: Applied, Version: m.Version, Request: "form-1"})
		h.must(err)
		again, err := h.Move(ctx, own, m.ID, Transition{To: Applied, Version: 1, Request: "form-1"})
		h.must(err)
		if again.Version != m.Version || again.Stage != Applied {
			t.Errorf("the same form twice moved the maker twice: %+v", again)
		}
		if _, err := h.Move(ctx, own, m.ID, Transition{To: Screened, Version: m.Version}); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a maker screens itself: %v", err)
		}

		_, err = h.Move(ctx, h.manager, m.ID, Transition{To: Screened, Version: m.Version})
		if !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "past is known") {
			t.Errorf("moved without a condition: %v", err)
		}
		checks, err := h.Checklist(ctx, own, m.ID, Screened)
		h.must(err)
		if len(checks) != 1 || checks[0].Passes() {
			t.Errorf("the checklist: %+v", checks)
		}
		if err := h.Waive(ctx, h.manager, m.ID, "ready", " "); !errors.Is(err, fault.Invalid) {
			t.Errorf("waived without a reason: %v", err)
		}
		if err := h.Waive(ctx, own, m.ID, "ready", "because"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a maker waives: %v", err)
		}
		if err := h.Waive(ctx, h.manager, m.ID, "sure", "because"); !errors.Is(err, fault.Conflict) {
			t.Errorf("waived what nobody may: %v", err)
		}
		h.must(h.Waive(ctx, h.manager, m.ID, "ready", "Known to us for years."))
		if err := h.Waive(ctx, h.other, m.ID, "ready", "Again."); !errors.Is(err, fault.Conflict) {
			t.Errorf("waived twice: %v", err)
		}
		m, err = h.Move(ctx, h.manager, m.ID, Transition{To: Screened, Version: m.Version})
		h.must(err)
		h.must(h.Unwaive(ctx, h.manager, m.ID, "ready", "It was the other firm."))

		if _, err := h.Move(ctx, h.manager, m.ID, Transition{To: Graduated, Version: m.Version}); !errors.Is(err, fault.Conflict) {
			t.Errorf("a leap over the way: %v", err)
		}
		if _, err := h.Move(ctx, h.manager, m.ID, Transition{To: Refused, Version: m.Version}); !errors.Is(err, fault.Invalid) {
			t.Errorf("refused without a reason: %v", err)
		}
		steps, err := h.Steps(ctx, own, m.ID)
		h.must(err)
		if len(steps) != 3 || steps[0].To != Draft || steps[2].To != Screened || steps[2].By != h.manager.ID || steps[2].Entry == "" {
			t.Errorf("the steps: %+v", steps)
		}
		var entries int
		h.must(d.View(ctx, func(tx *db.Tx) (err error) {
			entries, err = db.One(tx, db.Value[int], `select count(*) from ledger_entry where subject = $1 and kind not like 'task.%'`, m.Subject())
			return err
		}))
		if entries != 5 {
			t.Errorf("%d entries in the ledger, want 3 moves, a waiver and its end", entries)
		}
	})
}

func TestSuspendedGoesOnWhereItWas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		m, _ := h.maker(h.cohort(3), "Sea Wind")
		go1 := func(to Stage, why string) {
			t.Helper()
			var err error
			m, err = h.Move(ctx, h.manager, m.ID, Transition{To: to, Why: why, Version: m.Version})
			h.must(err)
		}
		for _, to := range Way()[1:7] {
			go1(to, "")
		}
		go1(Suspended, "A new listing of copies.")
		if want := []Stage{Approved, Relapsed, Expelled, Left}; !slices.Equal(m.Next(), want) {
			t.Errorf("next of a suspended maker: %v, want %v", m.Next(), want)
		}
		go1(Relapsed, "Found to be so.")
		go1(Suspended, "On new terms.")
		only(t, gate{condition: "hard", stage: Approved, answer: met(new(bool))})
		go1(Approved, "The terms are kept.")
		if m.Was != "" || m.Stage != Approved {
			t.Errorf("back on the way: %+v", m)
		}
	})
}

// TestTwoAtOnce has two managers move one maker: one wins, the other is told.
func TestTwoAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		m, _ := h.maker(h.cohort(3), "Sea Wind")
		m, err := h.Move(t.Context(), h.manager, m.ID, Transition{To: Applied, Version: m.Version})
		h.must(err)
		var all sync.WaitGroup
		results := make([]error, 2)
		for i, by := range []access.User{h.manager, h.other} {
			all.Go(func() {
				_, results[i] = h.Move(t.Context(), by, m.ID, Transition{To: []Stage{Screened, Refused}[i], Why: "So it is.", Version: m.Version})
			})
		}
		all.Wait()
		if (results[0] == nil) == (results[1] == nil) {
			t.Fatalf("both or neither won: %v, %v", results[0], results[1])
		}
		for _, err := range results {
			if err != nil && (!errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "Manager")) {
				t.Errorf("the other is not told who was first: %v", err)
			}
		}
	})
}

func TestAnotherFirmDoesNotExist(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		m, own := h.maker(c, "Sea Wind")
		_, stranger := h.maker(c, "Stranger")
		_, err := h.Maker(ctx, stranger, m.ID)
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger sees it: %v", err)
		}
		if _, err := h.Move(ctx, stranger, m.ID, Transition{To: Left, Why: "x", Version: 1}); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger moves it: %v", err)
		}
		if _, err := h.Steps(ctx, stranger, m.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger reads its steps: %v", err)
		}
		page, err := h.Makers(ctx, own, MakerFilter{})
		h.must(err)
		if len(page.Items) != 1 || page.Items[0].ID != m.ID {
			t.Errorf("a maker's list: %+v", page.Items)
		}
		if _, _, err := h.Enrol(ctx, own, c.ID, Firm{Organisation: own.Org, Name: "Sea Wind"}); !errors.Is(err, fault.Conflict) {
			t.Errorf("in one cohort twice: %v", err)
		}
		if _, _, err := h.Enrol(ctx, stranger, c.ID, Firm{Organisation: own.Org, Name: "Sea Wind"}); !errors.Is(err, fault.Forbidden) {
			t.Errorf("enrolled by a stranger: %v", err)
		}
		for _, org := range []access.OrgID{h.manager.Org, "nowhere"} {
			if _, _, err := h.Enrol(ctx, h.manager, c.ID, Firm{Organisation: org, Name: "Sea Wind"}); !errors.Is(err, fault.Invalid) {
				t.Errorf("an organisation that is no maker's (%s) enrolled: %v", org, err)
			}
		}
		if _, err := h.Counts(ctx, own, c.ID); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a maker counts the others: %v", err)
		}
	})
}

func TestCohort(t *testing.T) {
	start := clock.At(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC))
	h := newHouse(t, dbtest.SQLite(t, start.Now))
	ctx := t.Context()
	_, err := h.SaveCohort(ctx, h.manager, Cohort{Industry: TemplateID, Places: 0, Opens: start.Now(), Closes: start.Now().Add(-time.Hour)})
	if faults := fault.All(err); len(faults) != 4 {
		t.Errorf("what is wrong with a cohort: %v", err)
	}
	c, err := h.SaveCohort(ctx, h.manager, Cohort{Industry: "shoes", Name: "Putian I", Places: 17, Opens: start.Now().Add(time.Hour), Closes: start.Now().Add(2 * time.Hour)})
	h.must(err)
	c, err = h.MoveCohort(ctx, h.manager, c.ID, c.Version, CohortOpen, "")
	h.must(err)
	stale := c.Version - 1
	if _, err := h.MoveCohort(ctx, h.other, c.ID, stale, CohortEnded, ""); !errors.Is(err, fault.Conflict) {
		t.Errorf("moved on what was read before: %v", err)
	}
	firm := Firm{Name: "Sea Wind", Person: "Lin", Email: "lin@example.com"}
	for _, when := range []struct {
		wait  time.Duration
		takes bool
	}{{0, false}, {time.Hour, true}, {time.Hour, false}} {
		start.Advance(when.wait)
		_, _, err := h.Enrol(ctx, h.manager, c.ID, firm)
		if (err == nil) != when.takes {
			t.Errorf("at %v: %v", start.Now(), err)
		}
	}
}

func TestStages(t *testing.T) {
	for _, s := range Stages() {
		if !s.Known() {
			t.Errorf("%s has no moves", s)
		}
		for _, to := range next[s] {
			if !to.Known() {
				t.Errorf("%s leads to %s, which there is not", s, to)
			}
		}
		if s.Over() && s != Refused && len(next[s]) > 0 {
			t.Errorf("%s is over and goes on", s)
		}
	}
	way := Way()
	for i, s := range way[:len(way)-1] {
		m := Maker{Stage: s}
		if m.Onward() != way[i+1] {
			t.Errorf("onward from %s: %s, want %s", s, m.Onward(), way[i+1])
		}
	}
	if !Trained.After(Admitted) || Admitted.After(Trained) || Suspended.After(Draft) {
		t.Error("the order of the way")
	}
}
