package brand

import (
	"context"
	"fmt"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// Report is what an import did, or would do.
type Report struct {
	DryRun    bool         `json:"dry_run"`
	Added     []ID         `json:"added"`
	Changed   []Difference `json:"changed"`
	Unchanged int          `json:"unchanged"`
	Bad       []BadBrand   `json:"bad"`
}

// Difference is how a brand of the file differs from the one kept.
type Difference struct {
	ID     ID            `json:"id"`
	Name   string        `json:"name"`
	Fields []FieldChange `json:"fields"`
}

// BadBrand is a brand of the file that cannot be taken; the others are.
type BadBrand struct {
	Row      int            `json:"row"` // its place in the file, from 1
	ID       ID             `json:"id"`
	Problems []*fault.Fault `json:"-"`
}

// Import adds the brands that are new and changes those that differ, in one transaction; with dryRun it only says what it would do. Brands
// that the file does not name stay; of a brand whose sellers it names (AuthorisedSellers is not nil) the others are no longer
// authorised. What is wrong with a brand is reported, and the others are taken.
func (s *Service) Import(ctx context.Context, by access.User, brands []Brand, dryRun bool) (Report, error) {
	if !by.Can(access.BrandEdit) {
		return Report{}, by.May(access.BrandEdit, by.Org)
	}
	run := s.DB.Tx
	if dryRun {
		run = s.DB.View
	}
	var report Report
	err := run(ctx, func(tx *db.Tx) error {
		p, err := plan(tx, by, brands)
		if err != nil {
			return err
		}
		report = p.report
		report.DryRun = dryRun
		if dryRun {
			return nil
		}
		return p.carryOut(tx, by)
	})
	if err != nil {
		return Report{}, fmt.Errorf("import %d brands: %w", len(brands), err)
	}
	return report, nil
}

// importPlan is what an import is going to write.
type importPlan struct {
	report     Report
	brands     []Brand
	kinds      []ChangeKind
	fields     [][]FieldChange
	authorised []Authorisation
	gone       map[ID][]string
}

func plan(tx *db.Tx, by access.User, brands []Brand) (*importPlan, error) {
	p := &importPlan{gone: map[ID][]string{}}
	good := make([]Brand, 0, len(brands))
	seen := map[ID]bool{}
	for i, b := range brands {
		b = Clean(b)
		problems := fault.All(Check(b))
		if seen[b.ID] {
			problems = append(problems, fault.Invalid.Say("This id is in the file twice.").At("id"))
		}
		if len(problems) > 0 {
			p.report.Bad = append(p.report.Bad, BadBrand{i + 1, b.ID, problems})
			continue
		}
		seen[b.ID] = true
		good = append(good, b)
	}
	ids := make([]ID, len(good))
	for i, b := range good {
		ids[i] = b.ID
	}
	known, err := load(tx, ids)
	if err != nil {
		return nil, err
	}
	row := map[ID]int{}
	for i, b := range brands {
		row[Clean(b).ID] = i + 1
	}
	for _, b := range good {
		if old, ok := known[b.ID]; !ok {
			p.add(tx, by, b)
		} else if by.May(access.BrandEdit, old.Organisation) == nil {
			p.change(tx, by, old, b)
		} else {
			p.report.Bad = append(p.report.Bad, BadBrand{row[b.ID], b.ID, []*fault.Fault{fault.Conflict.Say("There is a brand with this id already.").At("id")}})
		}
	}
	slices.SortFunc(p.report.Bad, func(a, b BadBrand) int { return a.Row - b.Row })
	return p, nil
}

func (p *importPlan) add(tx *db.Tx, by access.User, b Brand) {
	b.Organisation = ""
	if by.Reach(access.BrandEdit) == access.Own {
		b.Organisation = by.Org
	}
	b.Version, b.MadeAt, b.UpdatedAt, b.UpdatedBy = 1, tx.Now(), tx.Now(), by.Name
	p.report.Added = append(p.report.Added, b.ID)
	p.write(b, Created, append(Compare(Brand{}, b), compareLists("authorised_sellers", nil, b.AuthorisedSellers)...))
	p.authorised = append(p.authorised, undated(b.ID, b.AuthorisedSellers, by, tx.Now())...)
}

func (p *importPlan) change(tx *db.Tx, by access.User, old, b Brand) {
	sellers := b.AuthorisedSellers
	b.Organisation, b.MadeAt = old.Organisation, old.MadeAt // a file is about protected brands: an archived one comes back
	fields := Compare(old, b)
	if !old.Archived.IsZero() {
		fields = append(fields, FieldChange{"archived", "true", "false"})
	}
	if sellers != nil {
		fields = append(fields, compareLists("authorised_sellers", old.AuthorisedSellers, sellers)...)
		p.authorised = append(p.authorised, undated(b.ID, without(sellers, old.AuthorisedSellers), by, tx.Now())...)
		if gone := without(old.AuthorisedSellers, sellers); len(gone) > 0 {
			p.gone[b.ID] = gone
		}
	}
	if len(fields) == 0 {
		p.report.Unchanged++
		return
	}
	b.Version, b.UpdatedAt, b.UpdatedBy = old.Version+1, tx.Now(), by.Name
	p.report.Changed = append(p.report.Changed, Difference{b.ID, b.Name, fields})
	p.write(b, Edited, fields)
}

func (p *importPlan) write(b Brand, kind ChangeKind, fields []FieldChange) {
	p.brands, p.kinds, p.fields = append(p.brands, b), append(p.kinds, kind), append(p.fields, fields)
}

// toldAtOnce is how many brands one Imported names: with ids of 100 runes it stays far below what an event may have.
const toldAtOnce = 1_000

func (p *importPlan) carryOut(tx *db.Tx, by access.User) error {
	if len(p.brands) == 0 {
		return nil
	}
	revision, err := db.One(tx, db.Value[int64], nextRevision)
	if err != nil {
		return err
	}
	if err := keep(tx, p.brands); err != nil {
		return err
	}
	for _, id := range sortedKeys(p.gone) {
		if err := forget(tx, id, p.gone[id]); err != nil {
			return err
		}
	}
	if err := keepAuthorisations(tx, p.authorised); err != nil {
		return err
	}
	ids := make([]ID, len(p.brands))
	for i, b := range p.brands {
		ids[i] = b.ID
		if err := record(tx, by, b, p.kinds[i], p.fields[i]); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(ids, toldAtOnce) {
		if err := tx.Emit(Imported{some, revision}); err != nil {
			return err
		}
	}
	return nil
}
