package market

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var noTrader = fault.NotFound.Say("There is no such seller.")

func subjectOf(seller SellerID) string { return "seller:" + string(seller) }

// mayTrader says whether the person may do verb on the seller's file; whose files there are is not told to others.
func mayTrader(by access.User, verb access.Verb, seller SellerID) error {
	if seller == "" || len(seller) > MaxID || db.Text(string(seller)) != nil {
		return noTrader
	}
	err := by.May(verb, access.OrganisationOf(string(seller)))
	if fault.Of(err) == fault.Forbidden && by.Can(verb) {
		return noTrader
	}
	return err
}

// Trader is a seller's file; one nobody has begun is empty, of version 0. It returns fault.NotFound for one that is not this person's.
func (s *Service) Trader(ctx context.Context, by access.User, seller SellerID) (t Trader, err error) {
	if err := mayTrader(by, access.TraderRead, seller); err != nil {
		return t, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		t, err = findTrader(tx, seller)
		return err
	})
	return t, err
}

func findTrader(tx *db.Tx, seller SellerID) (Trader, error) {
	t, err := db.One(tx, scanTrader, oneTrader, string(seller))
	if fault.Of(err) != fault.NotFound {
		return t, err
	}
	months, err := db.All(tx, scanSales, salesOf, string(seller))
	t = Trader{Seller: seller, Facts: map[TraderField]Fact{}, AskedAt: tx.Now(), Volume: VolumeOf(months, tx.Now())}
	return t.follow(), err
}

// SaveTrader changes the facts that are named, empty ones being taken out, and adds documents; version is the one that was read. A fact that changes is to be
// checked again. A payment account that is sent back as it was shown stays. It returns fault.Invalid for each thing wrong, at its field, and
// fault.Conflict when the file was changed meanwhile.
func (s *Service) SaveTrader(ctx context.Context, by access.User, seller SellerID, version int64, facts map[TraderField]string, documents ...TraderDocument) (t Trader, err error) {
	if err := mayTrader(by, access.TraderEdit, seller); err != nil {
		return t, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if t, err = findTrader(tx, seller); err != nil {
			return err
		}
		if !t.EndedAt.IsZero() {
			return fault.Conflict.Say("This seller's contract has ended. The file is kept as it is until it is deleted.")
		}
		country := t.Facts[TraderCountry].Text
		if text, sent := facts[TraderCountry]; sent {
			country = strings.ToUpper(strings.TrimSpace(text))
		}
		var wrong []error
		var changed []TraderField
		next := map[TraderField]Fact{}
		for field, fact := range t.Facts {
			next[field] = fact
		}
		sealed := t.sealed
		for _, field := range TraderFields() {
			sent, named := facts[field]
			old, had := t.Facts[field]
			if field == TraderPayment && had && strings.TrimSpace(sent) == old.Text {
				continue
			}
			if !named {
				// The country decides how a number is written: it is held against the new one, too.
				if sent = old.Text; !had || country == t.Facts[TraderCountry].Text || field != TraderNumber && field != TraderTax {
					continue
				}
			}
			text, err := checkFact(field, sent, country)
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			if field == TraderPayment && had && text != "" {
				if kept, err := s.Seal.open(seller, t.sealed); err == nil && kept == text {
					continue
				}
			}
			switch {
			case text == old.Text && (had || text == "") && field != TraderPayment:
				continue
			case text == "" && !had:
				continue
			case text == "":
				delete(next, field)
				if field == TraderPayment {
					sealed = ""
				}
			default:
				if field == TraderPayment {
					if len([]rune(text)) < 6 {
						wrong = append(wrong, fault.Invalid.Say("A payment account has six characters or more.").At(string(field)))
						continue
					}
					if sealed, err = s.Seal.close(seller, text); err != nil {
						return err
					}
					text = mask(text)
				}
				next[field] = Fact{Text: text, State: FactGiven, GivenAt: tx.Now()}
			}
			changed = append(changed, field)
		}
		if err := errors.Join(wrong...); err != nil {
			return err
		}
		var added []TraderDocument
		for _, d := range documents {
			if !slices.ContainsFunc(t.Documents, func(have TraderDocument) bool { return have.Hash == d.Hash }) {
				added = append(added, d)
			}
		}
		if len(changed) == 0 && len(added) == 0 && t.Version > 0 {
			return nil // sent twice
		}
		if t.Version != version {
			return fault.Conflict.Say("%s has changed this file meanwhile. Look at the change and try again.", t.UpdatedBy)
		}
		if len(t.Documents)+len(added) > maxTraderFiles {
			return fault.TooLarge.Say("A file has at most %d documents.", maxTraderFiles).At("documents")
		}
		t.Facts, t.sealed, t.Documents = next, sealed, append(t.Documents, added...)
		return keepTrader(tx, by, "trader.saved", &t, struct {
			Fields    []TraderField `json:"fields"`
			Documents int           `json:"documents"`
		}{changed, len(t.Documents)})
	})
	if err != nil {
		return Trader{}, fmt.Errorf("save the file of seller %s: %w", seller, err)
	}
	return t, nil
}

// keepTrader writes the file and its ledger entry, which names fields and no personal data.
func keepTrader(tx *db.Tx, by access.User, kind string, t *Trader, body any) error {
	*t = t.follow()
	t.Version, t.UpdatedAt, t.UpdatedBy = t.Version+1, tx.Now(), by.Name
	if _, err := ledger.Record(tx, kind, subjectOf(t.Seller), by.Actor(), body); err != nil {
		return err
	}
	facts, err := json.Marshal(t.Facts)
	if err != nil {
		return err
	}
	documents, err := json.Marshal(t.Documents)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeTrader, string(t.Seller), db.Fold(string(t.Seller), t.Facts[TraderName].Text, t.Facts[TraderNumber].Text), string(facts), t.sealed, string(documents), string(t.Step),
		db.Micros(t.DueAt), t.High, t.Discloses, db.Micros(t.AskedAt), db.Micros(t.EndedAt), db.Micros(t.DeleteAt), t.Version, db.Micros(t.UpdatedAt), t.UpdatedBy)
	return err
}

// CheckFact says that a fact was held against a register or a document and holds, or does not; why names against what, or what is wrong, and is needed for a
// refusal.
func (s *Service) CheckFact(ctx context.Context, by access.User, seller SellerID, version int64, field TraderField, holds bool, why string) (t Trader, err error) {
	if err := mayTrader(by, access.TraderVerify, seller); err != nil {
		return t, err
	}
	why = strings.TrimSpace(why)
	if f, ok := fault.As(db.Text(why)); ok {
		return t, f.At("why")
	}
	if len([]rune(why)) > maxTraderText {
		return t, fault.TooLarge.Say("Use at most %d characters.", maxTraderText).At("why")
	}
	if why == "" && !holds {
		return t, fault.Invalid.Say("Say what is wrong with it.").At("why")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if t, err = findTrader(tx, seller); err != nil {
			return err
		}
		to := FactRefused
		if holds {
			to = FactVerified
		}
		fact, given := t.Facts[field]
		if given && fact.State == to && fact.Why == why {
			return nil // sent twice
		}
		if !given || !field.Checked() {
			return fault.Conflict.Say("There is nothing to check.")
		}
		if t.Version != version {
			return fault.Conflict.Say("%s has changed this file meanwhile. Look at the change and try again.", t.UpdatedBy)
		}
		fact.State, fact.CheckedAt, fact.CheckedBy, fact.Why = to, tx.Now(), by.Name, why
		t.Facts[field] = fact
		return keepTrader(tx, by, "trader.checked", &t, struct {
			Field TraderField `json:"field"`
			State FactState   `json:"state"`
		}{field, to})
	})
	if err != nil {
		return Trader{}, fmt.Errorf("check %s of seller %s: %w", field, seller, err)
	}
	return t, nil
}

// UnmaskPayment shows a payment account in full. The ledger keeps who asked and why.
func (s *Service) UnmaskPayment(ctx context.Context, by access.User, seller SellerID, why string) (account string, err error) {
	if err := mayTrader(by, access.TraderUnmask, seller); err != nil {
		return "", err
	}
	if why = strings.TrimSpace(why); why == "" || db.Text(why) != nil || len([]rune(why)) > maxTraderText {
		return "", fault.Invalid.Say("Say why you need to see it. The ledger keeps it.").At("why")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		t, err := findTrader(tx, seller)
		if err != nil {
			return err
		}
		if t.sealed == "" {
			return fault.NotFound.Say("No payment account was given.")
		}
		if account, err = s.Seal.open(seller, t.sealed); err != nil {
			return err
		}
		_, err = ledger.Record(tx, "trader.unmasked", subjectOf(seller), by.Actor(), struct {
			Field TraderField `json:"field"`
			Why   string      `json:"why"`
		}{TraderPayment, why})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("unmask the account of seller %s: %w", seller, err)
	}
	return account, nil
}

// EndTrader says that the contract with the seller has ended. The file is kept six months from then, two years for a high-volume seller, and then deleted.
func (s *Service) EndTrader(ctx context.Context, by access.User, seller SellerID, version int64) (t Trader, err error) {
	if err := mayTrader(by, access.TraderVerify, seller); err != nil {
		return t, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if t, err = findTrader(tx, seller); err != nil || !t.EndedAt.IsZero() {
			return err
		}
		if t.Version == 0 {
			return noTrader
		}
		if t.Version != version {
			return fault.Conflict.Say("%s has changed this file meanwhile. Look at the change and try again.", t.UpdatedBy)
		}
		t.EndedAt = tx.Now()
		return keepTrader(tx, by, "trader.ended", &t, struct{}{})
	})
	if err != nil {
		return Trader{}, fmt.Errorf("end the contract of seller %s: %w", seller, err)
	}
	return t, nil
}

// SweepTraders deletes the files whose time is over. Any number of processes may sweep at once, and one twice.
func (s *Service) SweepTraders(ctx context.Context) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		due, err := db.All(tx, db.Value[string], tradersToDelete, db.Micros(tx.Now()))
		if err != nil {
			return err
		}
		for _, seller := range due {
			if _, err := ledger.Record(tx, "trader.deleted", subjectOf(SellerID(seller)), access.System.Actor(), struct{}{}); err != nil {
				return err
			}
			for _, query := range []string{deleteTrader, deleteSales} {
				if _, err := tx.Exec(query, seller); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete files of traders: %w", err)
	}
	return nil
}

// SaveSales takes months of sales as the marketplace's order system counts them; a month that is known is replaced. A seller that becomes a high-volume one has
// TraderTime from now to give its file. It returns fault.Invalid for a month or a count that cannot be.
func (s *Service) SaveSales(ctx context.Context, by access.User, months []Sales) error {
	if err := by.May(access.TraderVerify, ""); err != nil {
		return err
	}
	if len(months) > MaxSales {
		return fault.TooLarge.Say("Send at most %d at once.", MaxSales)
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		var sellers []SellerID
		for _, m := range months {
			if err := m.check(); err != nil {
				return err
			}
			if _, err := tx.Exec(writeSales, string(m.Seller), m.Month, m.Count, m.Cents); err != nil {
				return err
			}
			sellers = append(sellers, m.Seller)
		}
		slices.Sort(sellers)
		for _, seller := range slices.Compact(sellers) {
			all, err := db.All(tx, scanSales, salesOf, string(seller))
			if err != nil {
				return err
			}
			t, err := findTrader(tx, seller)
			if err != nil {
				return err
			}
			volume := VolumeOf(all, tx.Now())
			if t.Version == 0 && !volume.High || t.Version > 0 && volume == t.Volume {
				continue
			}
			if volume.High && !t.High {
				t.AskedAt = tx.Now()
			}
			t.Volume = volume
			if err := keepTrader(tx, by, "trader.volume", &t, volume); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save sales: %w", err)
	}
	return nil
}

// MaxSales is how many months of sales SaveSales takes at once.
const MaxSales = 20_000

func (m Sales) check() error {
	_, err := time.Parse("2006-01", m.Month)
	if m.Seller == "" || len(m.Seller) > MaxID || db.Text(string(m.Seller)) != nil || err != nil || m.Count < 0 || m.Cents < 0 || m.Cents > 1e15 || m.Count > 1e12 {
		return fault.Invalid.Say("Sales need a seller, a month like 2026-11, a count and an amount in US dollars.").At("file")
	}
	return nil
}

// ReadSales reads a CSV of sales with the columns seller, month, sales, gross_usd. It returns fault.Invalid at "file", naming the line.
func ReadSales(r io.Reader) (all []Sales, err error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = 4
	header, err := in.Read()
	if err == nil && strings.TrimPrefix(strings.Join(header, ","), "\ufeff") != "seller,month,sales,gross_usd" {
		err = errors.New("another header")
	}
	if err != nil {
		return nil, fault.Invalid.Say("The first line must name the columns: seller, month, sales, gross_usd.").At("file").Because(err)
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		var line int
		if broken, is := errors.AsType[*csv.ParseError](err); is {
			line = broken.StartLine
		} else if len(cells) > 0 {
			line, _ = in.FieldPos(0)
		}
		m := Sales{}
		if err == nil {
			m.Seller, m.Month = SellerID(strings.TrimSpace(cells[0])), strings.TrimSpace(cells[1])
			m.Count, err = strconv.ParseInt(strings.TrimSpace(cells[2]), 10, 64)
		}
		if err == nil {
			m.Cents, err = cents(strings.TrimSpace(cells[3]))
		}
		if err == nil {
			err = m.check()
		}
		if err != nil {
			return nil, fault.Invalid.Say("Line %d cannot be read: it needs a seller, a month like 2026-11, a count and an amount in US dollars.", line).At("file").Because(err)
		}
		if all = append(all, m); len(all) > MaxSales {
			return nil, fault.TooLarge.Say("Send at most %d at once.", MaxSales).At("file")
		}
	}
}

// cents reads dollars with at most two places behind the point.
func cents(text string) (int64, error) {
	whole, part, _ := strings.Cut(text, ".")
	if len(part) > 2 || len(whole) > 13 || strings.ContainsAny(text, "+-_") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
}

// TraderFilter says which files a list shows.
type TraderFilter struct {
	Text    string // words of the id, the name, the number
	Step    TraderStep
	Overdue bool   // a clock has run out: suspension is proposed
	High    bool   // high-volume sellers
	After   string // the cursor of the page before
	Limit   int    // rows a page, at most 200; 0 means 50
}

// Traders lists files, those due first before the others; to a seller's people their own.
func (s *Service) Traders(ctx context.Context, by access.User, f TraderFilter) (page db.Page[Trader], err error) {
	var own SellerID
	if account, is := by.Org.Account(); is && by.Reach(access.TraderRead) == access.Own {
		own = SellerID(account)
	} else if err := by.May(access.TraderRead, ""); err != nil {
		return page, err
	}
	if err := texts(map[string]string{"text": f.Text, "step": string(f.Step)}); err != nil {
		return page, err
	}
	limit := db.Limit(f.Limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w := &db.Where{}
		if own != "" {
			w.And(`seller = ?`, string(own))
		}
		if f.Step != "" {
			w.And(`step = ?`, string(f.Step))
		}
		if f.Overdue {
			w.And(`due_at > 0 and due_at <= ?`, db.Micros(tx.Now()))
		}
		if f.High {
			w.And(`high`)
		}
		w.AndWords(`search`, f.Text)
		// Files without a clock come last: their deletion is far off.
		if f.After != "" {
			var due int64
			var seller string
			if err := db.ParseCursor(f.After, "traders", &due, &seller); err != nil {
				return err
			}
			w.And(`(`+dueLast+`, seller) > (?, ?)`, due, seller)
		}
		w.Then(`order by `+dueLast+`, seller limit ?`, limit+1)
		rows, err := db.All(tx, scanTrader, listTraders+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Trader) string {
			due := db.Micros(last.DueAt)
			if due == 0 {
				due = math.MaxInt64
			}
			return db.Cursor("traders", due, last.Seller)
		})
		return err
	})
	return page, err
}

// ExportTraders gives every file of the filter, page by page; payment accounts masked.
func (s *Service) ExportTraders(ctx context.Context, by access.User, f TraderFilter) iter.Seq2[Trader, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Trader], error) {
		f.After = after
		return s.Traders(ctx, by, f)
	})
}

// Disclose is what consumers may read of a seller. It returns fault.NotFound where nothing was given.
func (s *Service) Disclose(ctx context.Context, seller SellerID) (d Disclosure, err error) {
	if seller == "" || len(seller) > MaxID || db.Text(string(seller)) != nil {
		return d, noTrader
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		t, err := findTrader(tx, seller)
		if d = t.disclosure(); err == nil && (d.Name == "" || !t.EndedAt.IsZero()) {
			err = noTrader
		}
		return err
	})
	return d, err
}

const (
	traderColumns = `seller, facts, payment, documents, step, due_at, high, discloses, asked_at, ended_at, delete_at, version, updated_at, updated_by`
	dueLast       = `case when due_at = 0 then 9223372036854775807 else due_at end` // no clock runs
	listTraders   = `select ` + traderColumns + ` from trader`
	oneTrader     = `select ` + traderColumns + ` from trader where seller = $1`
	writeTrader   = `insert into trader (seller, search, facts, payment, documents, step, due_at, high, discloses, asked_at, ended_at, delete_at, version, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (seller) do update set search = excluded.search, facts = excluded.facts, payment = excluded.payment,
		documents = excluded.documents, step = excluded.step, due_at = excluded.due_at, high = excluded.high, discloses = excluded.discloses, asked_at = excluded.asked_at,
		ended_at = excluded.ended_at, delete_at = excluded.delete_at, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`
	tradersToDelete = `select seller from trader where delete_at > 0 and delete_at <= $1 order by seller limit 500`
	deleteTrader    = `delete from trader where seller = $1`
	deleteSales     = `delete from trader_sales where seller = $1`
	salesOf         = `select seller, month, sales, cents from trader_sales where seller = $1 order by month`
	writeSales      = `insert into trader_sales (seller, month, sales, cents) values ($1, $2, $3, $4) on conflict (seller, month) do update set sales = excluded.sales, cents = excluded.cents`
)

func scanTrader(r db.Row) (t Trader, err error) {
	var facts, documents string
	var due, asked, ended, deleted, updated int64
	if err := r.Scan(&t.Seller, &facts, &t.sealed, &documents, &t.Step, &due, &t.High, &t.Discloses, &asked, &ended, &deleted, &t.Version, &updated, &t.UpdatedBy); err != nil {
		return t, err
	}
	t.DueAt, t.AskedAt, t.EndedAt, t.DeleteAt, t.UpdatedAt = db.Time(due), db.Time(asked), db.Time(ended), db.Time(deleted), db.Time(updated)
	return t, errors.Join(json.Unmarshal([]byte(facts), &t.Facts), json.Unmarshal([]byte(documents), &t.Documents))
}

func scanSales(r db.Row) (m Sales, err error) {
	return m, r.Scan(&m.Seller, &m.Month, &m.Count, &m.Cents)
}
