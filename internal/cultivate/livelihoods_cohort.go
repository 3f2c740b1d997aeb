package cultivate

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
)

// CohortFigures is what a cohort's members have reported of how they live.
type CohortFigures struct {
	Cohort   Cohort
	Members  []Maker
	Quarters []Quarter // of which anybody has reported, the earliest first
	Figures  []Livelihood
	Spreads  []Spread // of Figures: Best of each member
}

// Missing is the members that have reported nothing of a quarter.
func (f CohortFigures) Missing(q Quarter) []Maker {
	return slices.DeleteFunc(slices.Clone(f.Members), func(m Maker) bool {
		return slices.ContainsFunc(f.Figures, func(l Livelihood) bool { return l.Maker == m.ID && l.Quarter == q })
	})
}

// Spread is that of one kind in a quarter; several when members reported in several currencies, none when nobody did.
func (f CohortFigures) Spread(kind LivelihoodKind, q Quarter) (found []Spread) {
	for _, s := range f.Spreads {
		if s.Kind == kind && s.Quarter == q {
			found = append(found, s)
		}
	}
	return found
}

// CohortFigures is the livelihoods of a cohort's members. It is for who may see the programme.
func (s *Service) CohortFigures(ctx context.Context, by access.User, id CohortID) (f CohortFigures, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return f, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		f = CohortFigures{}
		if f.Cohort, err = findCohort(tx, id); err != nil {
			return err
		}
		if f.Members, err = db.All(tx, scanMaker, makersOfCohort, string(id)); err != nil {
			return err
		}
		f.Members = slices.DeleteFunc(f.Members, func(m Maker) bool { return !m.Stage.Member() })
		rows, err := db.All(tx, scanLivelihood, livelihoodsAmong, string(id))
		of := map[MakerID][]Livelihood{}
		for _, l := range rows {
			of[l.Maker] = append(of[l.Maker], l)
		}
		for _, m := range f.Members {
			f.Figures = append(f.Figures, Best(of[m.ID])...)
		}
		return err
	})
	for _, l := range f.Figures {
		f.Quarters = append(f.Quarters, l.Quarter)
	}
	slices.Sort(f.Quarters)
	f.Quarters = slices.Compact(f.Quarters)
	for _, kind := range LivelihoodKinds() {
		f.Spreads = append(f.Spreads, Spreads(kind, f.Figures, len(f.Members))...)
	}
	return f, err
}

// BadRows is the rows of a file that were not taken, with their line and what is wrong with them, as a file that can be mended and sent again. say tells a fault to a person.
func (r LivelihoodReport) BadRows(say func(error) string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(append(slices.Clone(LivelihoodColumns), "line", "error")) // a buffer takes everything
	for _, bad := range r.Bad {
		cells := make([]string, 0, len(bad.Cells)+2)
		for _, cell := range bad.Cells {
			cells = append(cells, armed(cell))
		}
		_ = w.Write(append(cells, strconv.Itoa(bad.Line), armed(say(bad.Error))))
	}
	w.Flush()
	return out.Bytes()
}

// IsLivelihoodFile reports whether content is a file of figures, whatever its rows are worth.
func IsLivelihoodFile(content []byte) bool {
	_, err := parseLivelihoods(content)
	return err == nil
}
