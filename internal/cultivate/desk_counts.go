package cultivate

import (
	"cmp"
	"context"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

const (
	countStagesIn = `select cohort, stage, count(*) from maker where cohort in `
	namesOf       = `select id, name from maker where id in `
)

// CountsOf is how many makers are in each stage of several cohorts, asked at once.
func (s *Service) CountsOf(ctx context.Context, by access.User, cohorts []CohortID) (counts map[CohortID]map[Stage]int, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return nil, err
	}
	counts = map[CohortID]map[Stage]int{}
	args, err := asked(cohorts)
	if err != nil || len(args) == 0 {
		return counts, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		_, err := db.All(tx, func(r db.Row) (n struct{}, err error) {
			var cohort CohortID
			var stage Stage
			var count int
			err = r.Scan(&cohort, &stage, &count)
			if counts[cohort] == nil {
				counts[cohort] = map[Stage]int{}
			}
			counts[cohort][stage] = count
			return n, err
		}, countStagesIn+db.In(1, len(args))+` group by cohort, stage`, args...)
		return err
	})
	return counts, err
}

func makerNames(tx *db.Tx, ids []MakerID) (map[MakerID]string, error) {
	names := map[MakerID]string{}
	args, err := asked(ids)
	if err != nil || len(args) == 0 {
		return names, err
	}
	_, err = db.All(tx, func(r db.Row) (n struct{}, err error) {
		var id MakerID
		var name string
		err = r.Scan(&id, &name)
		names[id] = name
		return n, err
	}, namesOf+db.In(1, len(args)), args...)
	return names, err
}

// asked is ids as the arguments of a query, each once. It returns fault.TooLarge for more than 1,000.
func asked[ID ~string](ids []ID) (args []any, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) > maxItems {
		return nil, fault.TooLarge.Say("At most %d makers at once.", maxItems).At("id")
	}
	for _, id := range ids {
		if err := db.Text(string(id)); err != nil {
			return nil, err
		}
		args = append(args, string(id))
	}
	return args, nil
}

// sortRoll puts who is furthest behind first, then who has passed least.
func sortRoll(rows []RollRow) {
	slices.SortStableFunc(rows, func(a, b RollRow) int {
		return cmp.Or(cmp.Compare(b.Behind, a.Behind), cmp.Compare(a.Progress.Passed, b.Progress.Passed))
	})
}
