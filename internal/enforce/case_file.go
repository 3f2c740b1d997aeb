package enforce

import (
	"context"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
)

// CaseColumns are the columns of a file of cases.
func CaseColumns() []string {
	return []string{"id", "reference", "title", "stage", "closed_as", "country", "region", "city", "lead", "opened", "raid", "charged", "convicted", "closed", "summary"}
}

// Fields is the case in the columns of CaseColumns, text armed against spreadsheets.
func (m Case) Fields() []string {
	cells := []string{string(m.ID), m.Reference, armed(m.Title), string(m.Stage), string(m.ClosedAs), m.Place.Country, m.Place.Region, armed(m.Place.City)}
	for _, s := range []Stage{Lead, Opened, Raided, Charged, Convicted, Closed} {
		at := ""
		if reached, ok := m.Reached[s]; ok {
			at = reached.UTC().Format(time.RFC3339)
		}
		cells = append(cells, at)
	}
	return append(cells, armed(m.Summary))
}

// CaseLine is a case as machines read it.
type CaseLine struct {
	ID        CaseID              `json:"id"`
	Reference string              `json:"reference"`
	Title     string              `json:"title"`
	Summary   string              `json:"summary,omitempty"`
	Stage     Stage               `json:"stage"`
	ClosedAs  Stage               `json:"closed_as,omitempty"`
	Place     Place               `json:"place"`
	Reached   map[Stage]time.Time `json:"reached"`
}

// Export is the case as machines read it.
func (m Case) Export() CaseLine {
	return CaseLine{m.ID, m.Reference, m.Title, m.Summary, m.Stage, m.ClosedAs, m.Place, m.Reached}
}

// FactLine is a fact as machines read it. Amounts and quantities are decimal numbers in text.
type FactLine struct {
	ID        FactID   `json:"id"`
	Case      string   `json:"case,omitempty"` // its reference
	Kind      FactKind `json:"kind"`
	Date      string   `json:"date"`
	Place     Place    `json:"place"`
	Authority string   `json:"authority,omitempty"`
	Brand     string   `json:"brand,omitempty"`
	Goods     string   `json:"goods,omitempty"`
	Quantity  string   `json:"quantity,omitempty"`
	Unit      Unit     `json:"unit,omitempty"`
	Amount    string   `json:"amount,omitempty"`
	Currency  string   `json:"currency,omitempty"`
	Note      string   `json:"note,omitempty"`
	Source    string   `json:"source,omitempty"`
}

// Export is the fact as machines read it, in the case of the reference.
func (f Fact) Export(reference string) FactLine {
	line := FactLine{f.ID, reference, f.Kind, f.Day.Format(time.DateOnly), f.Place, f.Authority, f.Brand, f.Goods, "", f.Unit, f.Money.Amount(), f.Money.Currency, f.Words, f.Source}
	if f.Quantity != 0 {
		line.Quantity = f.Quantity.String()
	}
	return line
}

// CasePlaces is what cases can be narrowed by: where they are and which brands they are about, each at most a hundred.
type CasePlaces struct{ Regions, Cities, Brands []string }

// CasePlaces is of the cases that the person may see.
func (c *Cases) CasePlaces(ctx context.Context, by access.User) (all CasePlaces, err error) {
	where, err := CaseFilter{}.where(by)
	if err != nil {
		return all, err
	}
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		for _, one := range []struct {
			into        *[]string
			query, tail string
		}{
			{&all.Regions, `select distinct region from matter`, ` order by region limit 100`},
			{&all.Cities, `select distinct city from matter`, ` order by city limit 100`},
			{&all.Brands, `select distinct brand from fact where brand <> '' and withdrawn_at = 0 and matter in (select id from matter`, `) order by brand limit 100`},
		} {
			found, err := db.All(tx, db.Value[string], one.query+where.Text()+one.tail, where.Args()...)
			if err != nil {
				return err
			}
			for _, value := range found {
				if value != "" {
					*one.into = append(*one.into, value)
				}
			}
		}
		return nil
	})
	return all, err
}
