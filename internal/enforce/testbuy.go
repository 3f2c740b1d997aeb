package enforce

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// TestBuyID is the identity of a test buy.
type TestBuyID string

// TestBuy is a purchase made to see what is really sent. From the day it is bought it is an exhibit, with a chain of custody.
type TestBuy struct {
	ID      TestBuyID
	Case    CaseID
	Listing market.ListingID // empty when it was bought elsewhere
	Seller  market.SellerID
	Goods   string

	Stage   BuyStage
	Order   string // the order's number at the shop
	Price   Money
	Finding BuyFinding // empty until it was examined

	PlannedAt time.Time
	UpdatedAt time.Time
	UpdatedBy string
	Version   int64
}

// Exhibit names the goods in the chain of custody.
func (b TestBuy) Exhibit() string { return "test-buy:" + string(b.ID) }

// BuyStage is how far a test buy has come.
type BuyStage string

// The stages of a test buy.
const (
	BuyPlanned   BuyStage = "planned"
	BuyBought    BuyStage = "bought"
	BuyReceived  BuyStage = "received"
	BuyExamined  BuyStage = "examined"
	BuyAbandoned BuyStage = "abandoned" // not bought after all, or never sent
)

var buyMoves = map[BuyStage][]BuyStage{
	BuyPlanned:  {BuyBought, BuyAbandoned},
	BuyBought:   {BuyReceived, BuyAbandoned},
	BuyReceived: {BuyExamined},
}

// Next is the stages a test buy can go to from here, the likeliest first.
func (s BuyStage) Next() []BuyStage { return slices.Clone(buyMoves[s]) }

// BuyFinding is what the examination of a test buy says.
type BuyFinding string

// The findings.
const (
	FoundCounterfeit  BuyFinding = "counterfeit"
	FoundGenuine      BuyFinding = "genuine"
	FoundInconclusive BuyFinding = "inconclusive"
)

// BuyFindings is every finding.
func BuyFindings() []BuyFinding {
	return []BuyFinding{FoundCounterfeit, FoundGenuine, FoundInconclusive}
}

// BuyStep is what is said when a test buy moves on.
type BuyStep struct {
	To      BuyStage
	Order   string     // needed with BuyBought
	Price   Money      // needed with BuyBought
	Finding BuyFinding // needed with BuyExamined
	Custody Custody    // who had the goods, when and where; needed but for BuyAbandoned
	Why     string     // needed with BuyAbandoned
}

// move is the test buy one step on. It returns fault.Conflict for a step that does not exist and fault.Invalid for one that lacks something.
func (b TestBuy) move(s BuyStep) (TestBuy, error) {
	if !canMove(buyMoves, b.Stage, s.To) {
		return b, fault.Conflict.Say("A test buy that is %s cannot become %s.", string(b.Stage), string(s.To))
	}
	switch s.To {
	case BuyBought:
		if s.Order = strings.TrimSpace(s.Order); s.Order == "" {
			return b, fault.Invalid.Say("Give the number of the order.").At("order")
		}
		if f := checkText(s.Order, maxRequest); f != nil {
			return b, f.At("order")
		}
		if err := s.Price.check("price"); err != nil {
			return b, err
		}
		if s.Price.Currency == "" {
			return b, fault.Invalid.Say("Give the price that was paid.").At("price")
		}
		b.Order, b.Price = s.Order, s.Price
	case BuyExamined:
		if !slices.Contains(BuyFindings(), s.Finding) {
			return b, fault.Invalid.Say("Choose what the examination found.").At("finding")
		}
		b.Finding = s.Finding
	case BuyAbandoned:
		if strings.TrimSpace(s.Why) == "" {
			return b, fault.Invalid.Say("Say why.").At("why")
		}
	}
	b.Stage = s.To
	return b, nil
}

// PlanTestBuy writes down that something is to be bought. The same request twice is one test buy.
func (c *Cases) PlanTestBuy(ctx context.Context, by access.User, b TestBuy, request string) (TestBuy, error) {
	b.Goods = strings.TrimSpace(b.Goods)
	for _, text := range []struct{ field, value string }{{"goods", b.Goods}, {"listing", string(b.Listing)}, {"seller", string(b.Seller)}} {
		if f := checkText(text.value, maxTitle); f != nil {
			return TestBuy{}, f.At(text.field)
		}
	}
	if b.Goods == "" && b.Listing == "" {
		return TestBuy{}, fault.Invalid.Say("Say what is to be bought.").At("goods")
	}
	_, err := c.change(ctx, by, access.CaseEdit, b.Case, 0, request, func(tx *db.Tx, m *Case) (deed, error) {
		if b.Listing != "" {
			records, err := market.Load(tx, []market.ListingID{b.Listing})
			if err != nil {
				return nothing, err
			}
			l, known := records[b.Listing]
			if !known {
				return nothing, fault.Invalid.Say("There is no such listing.").At("listing")
			}
			b.Seller = l.Seller.ID
			if b.Goods == "" {
				b.Goods = l.Title
			}
		}
		b.ID, b.Stage, b.Version = TestBuyID(db.NewID()), BuyPlanned, 1
		b.PlannedAt, b.UpdatedAt, b.UpdatedBy = tx.Now(), tx.Now(), by.Name
		return deed{kind: ActPlanned, subject: b.Goods, detail: map[string]any{"test_buy": b.ID, "listing": b.Listing, "seller": b.Seller}}, keepTestBuy(tx, b)
	})
	return b, err
}

// MoveTestBuy takes a test buy a step on; version is the one the person saw. Each step but BuyAbandoned is a line in the chain of custody. It returns
// fault.Conflict when somebody else was first.
func (c *Cases) MoveTestBuy(ctx context.Context, by access.User, id CaseID, buy TestBuyID, version int64, s BuyStep) (b TestBuy, err error) {
	if f := checkText(s.Why, MaxNote); f != nil {
		return b, f.At("why")
	}
	_, err = c.change(ctx, by, access.CaseEdit, id, 0, "", func(tx *db.Tx, m *Case) (deed, error) {
		if b, err = oneTestBuyOf(tx, id, buy); err != nil {
			return nothing, err
		}
		if b.Version != version {
			return nothing, caseOlder
		}
		if b, err = b.move(s); err != nil {
			return nothing, err
		}
		b.Version, b.UpdatedAt, b.UpdatedBy = b.Version+1, tx.Now(), by.Name
		if s.To != BuyAbandoned {
			s.Custody.Exhibit = b.Exhibit()
			if s.Custody.What == "" {
				s.Custody.What = string(s.To)
			}
			if err := takeCustody(tx, by, *m, &s.Custody); err != nil {
				return nothing, err
			}
		}
		return deed{kind: ActTestBuy, subject: string(s.To), words: b.Goods + optional(": ", s.Why),
			detail: map[string]any{"test_buy": b.ID, "order": b.Order, "price": b.Price, "finding": b.Finding, "custody": s.Custody.ID}}, keepTestBuy(tx, b)
	})
	return b, err
}

func optional(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// TestBuys is the case's test buys, in the order they were planned.
func (c *Cases) TestBuys(ctx context.Context, by access.User, id CaseID) (all []TestBuy, err error) {
	err = c.view(ctx, by, access.CaseRead, id, func(tx *db.Tx) error {
		all, err = db.All(tx, scanTestBuy, testBuysOf, string(id))
		return err
	})
	return all, err
}

func oneTestBuyOf(tx *db.Tx, id CaseID, buy TestBuyID) (TestBuy, error) {
	missing := fault.NotFound.Say("There is no such test buy.")
	if db.Text(string(buy)) != nil {
		return TestBuy{}, missing
	}
	b, err := db.One(tx, scanTestBuy, oneTestBuy, string(id), string(buy))
	if fault.Of(err) == fault.NotFound {
		err = missing
	}
	return b, err
}

const (
	testBuyColumns = `id, matter, listing, seller, goods, stage, order_number, price, currency, finding, planned_at, updated_at, updated_by, version`
	oneTestBuy     = `select ` + testBuyColumns + ` from test_buy where matter = $1 and id = $2`
	testBuysOf     = `select ` + testBuyColumns + ` from test_buy where matter = $1 order by planned_at, id`
	writeTestBuy   = `insert into test_buy (` + testBuyColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict (id) do update set
		stage = excluded.stage, order_number = excluded.order_number, price = excluded.price, currency = excluded.currency, finding = excluded.finding,
		updated_at = excluded.updated_at, updated_by = excluded.updated_by, version = excluded.version`
)

func scanTestBuy(r db.Row) (b TestBuy, err error) {
	var planned, updated int64
	err = r.Scan(&b.ID, &b.Case, &b.Listing, &b.Seller, &b.Goods, &b.Stage, &b.Order, &b.Price.Minor, &b.Price.Currency, &b.Finding, &planned, &updated, &b.UpdatedBy, &b.Version)
	b.PlannedAt, b.UpdatedAt = db.Time(planned), db.Time(updated)
	return b, err
}

func keepTestBuy(tx *db.Tx, b TestBuy) error {
	_, err := tx.Exec(writeTestBuy, string(b.ID), string(b.Case), string(b.Listing), string(b.Seller), b.Goods, string(b.Stage), b.Order, b.Price.Minor, b.Price.Currency,
		string(b.Finding), db.Micros(b.PlannedAt), db.Micros(b.UpdatedAt), b.UpdatedBy, b.Version)
	return err
}
