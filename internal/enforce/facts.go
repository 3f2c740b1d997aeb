package enforce

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// factEntry is what the ledger keeps of a fact that belongs to no case.
type factEntry struct {
	Fact      FactID   `json:"fact"`
	Kind      FactKind `json:"kind"`
	Day       string   `json:"day"`
	Place     Place    `json:"place"`
	Authority string   `json:"authority,omitempty"`
	Brand     string   `json:"brand,omitempty"`
	Goods     string   `json:"goods,omitempty"`
	Quantity  string   `json:"quantity,omitempty"`
	Unit      Unit     `json:"unit,omitempty"`
	Money     string   `json:"money,omitempty"`
	Words     string   `json:"words,omitempty"`
	Source    string   `json:"source,omitempty"`
}

func (f Fact) entry() factEntry {
	e := factEntry{f.ID, f.Kind, f.Day.Format("2006-01-02"), f.Place, f.Authority, f.Brand, f.Goods, "", f.Unit, f.Money.String(), f.Words, f.Source}
	if f.Quantity != 0 {
		e.Quantity = f.Quantity.String()
	}
	return e
}

// AddFact writes down, in its case, what an authority or a court did. The same request twice is one fact.
func (c *Cases) AddFact(ctx context.Context, by access.User, f Fact, request string) (Fact, error) {
	f = f.clean()
	_, err := c.change(ctx, by, access.CaseEdit, f.Case, 0, request, func(tx *db.Tx, m *Case) (deed, error) {
		if !f.Place.known() {
			f.Place = m.Place
		}
		if err := f.check(tx.Now()); err != nil {
			return nothing, err
		}
		return addFact(tx, by, &f, "")
	})
	return f, err
}

// addFact keeps a checked fact. Of one without a case the ledger entry is made here, of another with the act in the case.
func addFact(tx *db.Tx, by access.User, f *Fact, key string) (deed, error) {
	f.ID, f.AddedAt, f.AddedBy = FactID(db.NewID()), tx.Now(), by.Name
	if f.Case == "" {
		entry, err := ledger.Record(tx, "fact.added", "fact:"+string(f.ID), by.Actor(), f.entry())
		if err != nil {
			return nothing, err
		}
		f.Entry = entry
	}
	words := f.Goods
	if f.Quantity != 0 {
		words = f.Quantity.String() + " " + string(f.Unit) + optional(" ", f.Goods)
	}
	if money := f.Money.String(); money != "" {
		words += optional(", ", money)
	}
	return deed{kind: ActFact, subject: string(f.Kind), words: strings.TrimPrefix(words, ", ") + optional(". ", f.Words), detail: f.entry()}, keepFact(tx, *f, key)
}

// WithdrawFact says that a fact does not count: it was entered wrongly, or a court has undone it. It stays on record. It does nothing when it was withdrawn
// already.
func (c *Cases) WithdrawFact(ctx context.Context, by access.User, id CaseID, which FactID, why string) error {
	why = strings.TrimSpace(why)
	if why == "" {
		return fault.Invalid.Say("Say why.").At("why")
	}
	if f := checkText(why, MaxNote); f != nil {
		return f.At("why")
	}
	_, err := c.change(ctx, by, access.CaseEdit, id, 0, "", func(tx *db.Tx, m *Case) (deed, error) {
		missing := fault.NotFound.Say("There is no such record in the case.")
		if db.Text(string(which)) != nil {
			return nothing, missing
		}
		f, err := db.One(tx, scanFact, factOfCase, string(id), string(which))
		if fault.Of(err) == fault.NotFound {
			return nothing, missing
		}
		if err != nil || !f.Withdrawn.IsZero() {
			return nothing, err
		}
		_, err = tx.Exec(withdrawFact, db.Micros(tx.Now()), string(which))
		return deed{kind: ActWithdrawn, subject: string(f.Kind), words: why, detail: map[string]FactID{"fact": which}}, err
	})
	return err
}

// FactFilter says which facts are listed and added up. The zero one takes all that the person may see.
type FactFilter struct {
	Case      CaseID
	Kind      FactKind
	Country   string
	Region    string
	City      string // in whatever case and width
	Brand     string
	From, To  string // days, "2014-01-01"; To included
	Withdrawn bool   // also those that do not count
	After     string // the cursor of the page before
	Limit     int    // rows a page, at most 200; 0 means 50
}

func (f FactFilter) where(by access.User) (*db.Where, error) {
	w := &db.Where{}
	switch by.Reach(access.CaseRead) {
	case access.None:
		return nil, by.May(access.CaseRead, by.Org)
	case access.Own:
		w.And(`matter in (select id from matter where `+seenBy+`)`, string(by.Org), string(by.Org))
	}
	for _, c := range []struct{ field, condition, value string }{{"case", `matter = ?`, string(f.Case)}, {"kind", `kind = ?`, string(f.Kind)},
		{"country", `country = ?`, strings.ToUpper(f.Country)}, {"region", `region = ?`, strings.ToUpper(f.Region)}, {"city", `city_key = ?`, db.Fold(f.City)}, {"brand", `brand = ?`, f.Brand}} {
		if f, ok := fault.As(db.Text(c.value)); ok {
			return nil, f.At(c.field)
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	for _, c := range []struct{ field, condition, value string }{{"from", `day >= ?`, f.From}, {"to", `day <= ?`, f.To}} {
		if c.value == "" {
			continue
		}
		day, err := parseDay(c.value)
		if err != nil {
			return nil, noDay(c.field)
		}
		w.And(c.condition, db.Micros(day))
	}
	if !f.Withdrawn {
		w.And(`withdrawn_at = 0`)
	}
	return w, nil
}

func noDay(field string) error { return fault.Invalid.Say("Give the day as 2026-11-24.").At(field) }

// Facts lists facts, the newest day first.
func (c *Cases) Facts(ctx context.Context, by access.User, f FactFilter) (page db.Page[Fact], err error) {
	w, err := f.where(by)
	if err != nil {
		return page, err
	}
	if f.After != "" {
		var day int64
		var id string
		if err := db.ParseCursor(f.After, "facts", &day, &id); err != nil {
			return page, err
		}
		w.And(`(day, id) < (?, ?)`, day, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by day desc, id desc limit ?`, limit+1)
	err = c.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanFact, listFacts+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Fact) string { return db.Cursor("facts", db.Micros(last.Day), last.ID) })
		return err
	})
	if err != nil {
		return db.Page[Fact]{}, fmt.Errorf("list facts: %w", err)
	}
	return page, nil
}

// Fact is one fact of a case, also one that was withdrawn. It returns fault.NotFound.
func (c *Cases) Fact(ctx context.Context, by access.User, id CaseID, which FactID) (f Fact, err error) {
	err = c.view(ctx, by, access.CaseRead, id, func(tx *db.Tx) error {
		f, err = db.One(tx, scanFact, factOfCase, string(id), string(which))
		if fault.Of(err) == fault.NotFound {
			return fault.NotFound.Say("There is no such fact.")
		}
		return err
	})
	return f, err
}

// ExportFacts gives every fact of the filter, page by page.
func (c *Cases) ExportFacts(ctx context.Context, by access.User, f FactFilter) iter.Seq2[Fact, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Fact], error) {
		f.After = after
		return c.Facts(ctx, by, f)
	})
}

const (
	factColumns = `id, matter, kind, day, country, region, city, latitude, longitude, authority, brand, goods, quantity, unit, amount, currency, words, source, withdrawn_at, added_at, added_by, entry`
	listFacts   = `select ` + factColumns + ` from fact`
	factOfCase  = `select ` + factColumns + ` from fact where matter = $1 and id = $2`
	writeFact   = `insert into fact (` + factColumns + `, city_key, source_key) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)`
	knownFact   = `select exists (select 1 from fact where source_key = $1 and source_key <> '')`

	withdrawFact = `update fact set withdrawn_at = $1 where id = $2`
)

func scanFact(r db.Row) (f Fact, err error) {
	var day, withdrawn, added, quantity int64
	err = r.Scan(&f.ID, &f.Case, &f.Kind, &day, &f.Place.Country, &f.Place.Region, &f.Place.City, &f.Place.Latitude, &f.Place.Longitude, &f.Authority, &f.Brand, &f.Goods,
		&quantity, &f.Unit, &f.Money.Minor, &f.Money.Currency, &f.Words, &f.Source, &withdrawn, &added, &f.AddedBy, &f.Entry)
	f.Day, f.Withdrawn, f.AddedAt, f.Quantity = db.Time(day), db.Time(withdrawn), db.Time(added), Quantity(quantity)
	return f, err
}

func keepFact(tx *db.Tx, f Fact, key string) error {
	_, err := tx.Exec(writeFact, string(f.ID), string(f.Case), string(f.Kind), db.Micros(f.Day), f.Place.Country, f.Place.Region, f.Place.City, f.Place.Latitude, f.Place.Longitude,
		f.Authority, f.Brand, f.Goods, int64(f.Quantity), string(f.Unit), f.Money.Minor, f.Money.Currency, f.Words, f.Source, db.Micros(f.Withdrawn), db.Micros(f.AddedAt), f.AddedBy, f.Entry,
		db.Fold(f.Place.City), key)
	return err
}
