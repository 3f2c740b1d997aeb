package cultivate

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

func known[T any](x T) *T { return &x }

// tableware is a request for a trade that has no file.
func tableware() Petition {
	return Petition{Body: "Chaozhou Ceramics Association", Trade: "Ceramic tableware", Place: "潮州", Contact: Contact{Person: "陈会长", Email: "chen@example.com"},
		Facts: Request{AskedBy: Association, Makers: known(1200), Jobs: known(80_000), ExportLoss: known(0.31), Fakes: &Sample{41, 200}, CitySupport: known(2)}}
}

func TestPetition(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		p, err := h.SavePetition(ctx, h.manager, tableware(), "form-1")
		h.must(err)
		again, err := h.SavePetition(ctx, h.manager, tableware(), "form-1")
		h.must(err)
		if again.ID != p.ID {
			t.Error("the same form twice is two petitions")
		}
		if _, err := h.SavePetition(ctx, h.other, tableware(), "form-2"); !errors.Is(err, fault.Conflict) {
			t.Errorf("the same request twice: %v", err)
		}
		want, err := DefaultWeights().Score(p.Facts)
		h.must(err)
		if p.Score != want.Total || math.Abs(p.Known-0.8) > 1e-9 {
			t.Errorf("score %v known %v, want %v and 0.8", p.Score, p.Known, want.Total)
		}

		if _, err := h.DecidePetition(ctx, h.manager, p.ID, PetitionMove{To: PetitionAccepted, Why: "x", Version: p.Version}); !errors.Is(err, fault.Conflict) {
			t.Errorf("accepted without a look: %v", err)
		}
		p, err = h.DecidePetition(ctx, h.manager, p.ID, PetitionMove{To: PetitionReviewing, Version: p.Version})
		h.must(err)
		if _, err := h.DecidePetition(ctx, h.other, p.ID, PetitionMove{To: PetitionRefused, Why: "x", Version: p.Version - 1}); !errors.Is(err, fault.Conflict) {
			t.Errorf("decided on what was read before: %v", err)
		}
		if _, err := h.DecidePetition(ctx, h.manager, p.ID, PetitionMove{To: PetitionRefused, Version: p.Version}); !errors.Is(err, fault.Invalid) {
			t.Errorf("refused without a reason: %v", err)
		}
		ask := time.Now().AddDate(1, 0, 0).UTC().Truncate(24 * time.Hour)
		p, err = h.DecidePetition(ctx, h.manager, p.ID, PetitionMove{To: PetitionRefused, Why: "No standards body yet.", AskAgain: ask, Version: p.Version})
		h.must(err)
		if !p.AskAgain.Equal(ask) || p.Reasons == "" {
			t.Errorf("refused: %+v", p)
		}
		// A refused belt may send the same request once more.
		second, err := h.SavePetition(ctx, h.manager, tableware(), "")
		h.must(err)
		if _, err := h.DecidePetition(ctx, h.manager, p.ID, PetitionMove{To: PetitionReviewing, Version: p.Version}); !errors.Is(err, fault.Conflict) {
			t.Errorf("two for the same are looked into: %v", err)
		}

		second, err = h.DecidePetition(ctx, h.manager, second.ID, PetitionMove{To: PetitionReviewing, Version: second.Version})
		h.must(err)
		second, err = h.DecidePetition(ctx, h.manager, second.ID, PetitionMove{To: PetitionAccepted, Why: "The city helps.", Version: second.Version})
		h.must(err)
		c := Cohort{Name: "Chaozhou I", Places: 17}
		_, err = h.OpenCohort(ctx, h.manager, second.ID, second.Version, c)
		if !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "template.yaml") {
			t.Errorf("a cohort without an industry file: %v", err)
		}
		second.Industry, second.Trade = "shoes", ""
		second, err = h.SavePetition(ctx, h.manager, second, "")
		h.must(err)
		c, err = h.OpenCohort(ctx, h.manager, second.ID, second.Version, c)
		h.must(err)
		of, err := h.PetitionOf(ctx, h.manager, c.ID)
		h.must(err)
		if of.ID != second.ID || c.Industry != "shoes" || c.State != CohortPlanned || len(of.Next()) != 0 {
			t.Errorf("the cohort %+v of %+v", c, of)
		}
		if _, err := h.OpenCohort(ctx, h.manager, second.ID, of.Version, c); !errors.Is(err, fault.Conflict) {
			t.Errorf("a second cohort: %v", err)
		}
		_, steps, err := h.Petition(ctx, h.manager, second.ID)
		h.must(err)
		if len(steps) != 5 || steps[0].To != PetitionReceived || steps[4].Entry == "" {
			t.Errorf("the steps: %+v", steps)
		}
		maker := access.User{ID: "x", Org: "firm", Roles: []access.Role{access.Maker}}
		if _, _, err := h.Petition(ctx, maker, second.ID); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a maker reads requests: %v", err)
		}
	})
}

func TestAskFromThePublicPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ask := func(i int, address string) error {
			p := tableware()
			p.Body = fmt.Sprintf("Association %d", i)
			_, err := h.Ask(t.Context(), address, p, "")
			return err
		}
		for i := range knocksEach {
			h.must(ask(i, "203.0.113.7"))
		}
		if err := ask(99, "203.0.113.7"); !errors.Is(err, fault.TooMany) {
			t.Errorf("the sixth within the hour: %v", err)
		}
		h.must(ask(100, "203.0.113.8"))
		p := tableware()
		p.Contact = Contact{}
		if _, err := h.Ask(t.Context(), "203.0.113.9", p, ""); len(fault.All(err)) != 2 {
			t.Errorf("without a person: %v", err)
		}
		page, err := h.Petitions(t.Context(), h.manager, PetitionFilter{ByTime: true, Limit: 4})
		h.must(err)
		rest, err := h.Petitions(t.Context(), h.manager, PetitionFilter{ByTime: true, After: page.Next})
		h.must(err)
		if len(page.Items) != 4 || len(rest.Items) != 2 || page.Items[0].Source != FromForm {
			t.Errorf("%d and %d petitions by time", len(page.Items), len(rest.Items))
		}
	})
}

func TestWeights(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		p, err := h.SavePetition(ctx, h.manager, tableware(), "")
		h.must(err)
		poor := tableware()
		poor.Body, poor.Facts = "One maker", Request{AskedBy: Company, Jobs: known(12), Fakes: &Sample{9, 10}}
		_, err = h.SavePetition(ctx, h.manager, poor, "")
		h.must(err)
		next := DefaultWeights().With(PartFakes, 0.9)
		if _, err := h.SetWeights(ctx, h.manager, "", next, " "); !errors.Is(err, fault.Invalid) {
			t.Errorf("set without a reason: %v", err)
		}
		set, err := h.SetWeights(ctx, h.manager, "", next, "Fakes are what we are here for.")
		h.must(err)
		if _, err := h.SetWeights(ctx, h.other, "", DefaultWeights(), "No."); !errors.Is(err, fault.Conflict) {
			t.Errorf("set on what was read before: %v", err)
		}
		all, err := h.Weighings(ctx, h.manager)
		h.must(err)
		if len(all) != 2 || all[0].ID != set.ID || all[0].Weights[PartFakes] != 0.9 || all[1].ID != "" {
			t.Errorf("the weighings: %+v", all)
		}
		page, err := h.Petitions(ctx, h.manager, PetitionFilter{})
		h.must(err)
		if page.Items[0].Body != "One maker" || page.Items[1].ID != p.ID || page.Items[1].Score == p.Score {
			t.Errorf("scored anew: %+v", page.Items)
		}
	})
}

func TestWeightsWithOneMoved(t *testing.T) {
	for _, part := range Parts() {
		for _, to := range []float64{0, 0.07, 1, 3} {
			if err := DefaultWeights().With(part, to).Check(); err != nil {
				t.Errorf("%s to %v: %v", part, to, err)
			}
		}
	}
	whole := Weights{}.With(PartJobs, 1)
	if err := whole.With(PartJobs, 0.3).Check(); err != nil {
		t.Error(err)
	}
}

// TestSensitivity holds the rank ranges against all weights tried one by one.
func TestSensitivity(t *testing.T) {
	strong := tableware().Facts
	near := strong
	near.ExportLoss, near.CitySupport = known(0.30), known(3)
	weak := Request{AskedBy: Company, Makers: known(3)}
	ranges, err := DefaultWeights().Sensitivity([]Request{strong, near, weak})
	if err != nil {
		t.Fatal(err)
	}
	if ranges[1].Rank != 1 || ranges[0].Rank != 2 || ranges[0].Worst < 2 || ranges[2].Best < ranges[2].Rank-2 {
		t.Errorf("ranges: %+v", ranges)
	}
	for i, r := range ranges {
		if r.Best > r.Rank || r.Worst < r.Rank || (r.Part == "") != (r.Best == r.Worst) {
			t.Errorf("range %d: %+v", i, r)
		}
	}
	same, err := DefaultWeights().Sensitivity([]Request{strong, strong})
	if err != nil || same[0] != same[1] || same[0].Worst != 1 {
		t.Errorf("equals share the better rank: %+v, %v", same, err)
	}
}

const someRows = "\ufeffbody,asker,trade,place,makers,jobs,export_loss,fakes,fakes_of,standards_body,city_support,received\r\n" +
	"Zhuji Socks Association,association,Socks,诸暨,\"8000\",120000,12%,30,200,yes,3,2026-03-01\r\n" +
	"Yangjiang Knives,guild,Knives,阳江,many,,1.4,5,2,perhaps,9,1.3.2026\r\n" +
	",,Buttons,桥头,,,,,,,,\r\n" +
	"Cixi Kettles,city,Kettles,慈溪\r\n"

func TestImportPetitions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		report, err := h.ImportPetitions(ctx, h.manager, strings.NewReader(someRows))
		h.must(err)
		if report.Added != 1 || len(report.Bad) != 3 || report.Bad[0].Line != 3 || report.Bad[2].Line != 5 {
			t.Fatalf("the report: %+v", report)
		}
		if got := len(report.Bad[0].Problems); got != 4 {
			t.Errorf("%d problems of the second row: %v", got, report.Bad[0].Problems)
		}
		again, err := h.ImportPetitions(ctx, h.other, strings.NewReader(someRows))
		h.must(err)
		if !again.Again || again.Added != 1 || again.By != h.manager.Name {
			t.Errorf("the same file again: %+v", again)
		}
		n, err := h.CountPetitions(ctx, h.manager, PetitionFilter{})
		h.must(err)
		if n != 1 {
			t.Errorf("%d petitions", n)
		}
		page, err := h.Petitions(ctx, h.manager, PetitionFilter{Text: "诸暨"})
		h.must(err)
		facts := page.Items[0].Facts
		if *facts.ExportLoss != 0.12 || *facts.Fakes != (Sample{30, 200}) || !*facts.StandardsBody || facts.OwnDesignShare != nil {
			t.Errorf("the facts: %+v", facts)
		}
		for name, file := range map[string]string{"empty": "", "unknown column": "body,place,colour\n", "no place": "body\n", "twice": "body,place,body\n", "open quote": "body,place\n\"a,b\n", "latin-1": "body,place\n\xe9,b\n"} {
			if _, err := h.ImportPetitions(ctx, h.manager, strings.NewReader(file)); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func FuzzReadPetitions(f *testing.F) {
	f.Add(someRows)
	f.Add("body,place,problem\n'=cmd,\"b\nc\",x\n")
	f.Add("body,place,fakes_of\na,b,-1\n")
	f.Fuzz(func(t *testing.T, file string) {
		header, rows, bad, err := ReadPetitions(strings.NewReader(file))
		if err != nil {
			if len(fault.All(err)) == 0 {
				t.Fatalf("no words for people: %v", err)
			}
			return
		}
		for _, row := range rows {
			if len(row.Cells) != len(header) || row.Line < 2 {
				t.Fatalf("row %+v of %q", row, header)
			}
			// What was read is written as it can be read again.
			again, err := readPetition(PetitionColumns, row.Petition.Cells())
			if err != nil {
				t.Fatalf("%q is not read again: %v", row.Petition.Cells(), err)
			}
			again.Source = row.Petition.Source
			if row.Petition.Facts.Check() == nil && fmt.Sprint(again.Cells()) != fmt.Sprint(row.Petition.Cells()) {
				t.Fatalf("%q became %q", row.Petition.Cells(), again.Cells())
			}
		}
		for _, b := range bad {
			if len(b.Problems) == 0 {
				t.Fatalf("line %d is bad for no reason", b.Line)
			}
		}
	})
}
