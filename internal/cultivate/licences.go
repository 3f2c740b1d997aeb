package cultivate

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

var (
	noMark    = fault.NotFound.Say("There is no such mark.")
	noLicence = fault.NotFound.Say("There is no such licence.")
)

func findMark(tx *db.Tx, id MarkID) (CommonMark, error) {
	if id == "" || db.Text(string(id)) != nil {
		return CommonMark{}, noMark
	}
	m, err := db.One(tx, scanMark, oneMark, string(id))
	if fault.Of(err) == fault.NotFound {
		return m, noMark
	}
	return m, err
}

// SaveMark registers a common mark when c.Version is 0, else changes it. It returns fault.Invalid with the field, and fault.Conflict when the id is taken or somebody was
// first.
func (s *Service) SaveMark(ctx context.Context, by access.User, c CommonMark) (CommonMark, error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return c, err
	}
	if err := c.check(); err != nil {
		return c, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		old, err := findMark(tx, c.ID)
		switch {
		case err == nil && c.Version == 0:
			return fault.Conflict.Say("There is a mark of this name already.").At("id")
		case err != nil && (fault.Of(err) != fault.NotFound || c.Version != 0):
			return err
		case err == nil && old.Version != c.Version:
			return markChanged(old)
		}
		c.Rules = old.Rules
		return recordMark(tx, by, "mark.saved", &c, c)
	})
	if err != nil {
		return CommonMark{}, fmt.Errorf("save mark %s: %w", c.ID, err)
	}
	return c, nil
}

func markChanged(m CommonMark) error {
	return fault.Conflict.Say("%s has changed this mark meanwhile, at %s. Look at the change and try again.", m.UpdatedBy, moment(m.UpdatedAt))
}

func recordMark(tx *db.Tx, by access.User, kind string, c *CommonMark, entry any) error {
	if _, err := ledger.Record(tx, kind, "mark:"+string(c.ID), by.Actor(), entry); err != nil {
		return err
	}
	c.Version, c.UpdatedAt, c.UpdatedBy = c.Version+1, tx.Now(), by.Name
	_, err := tx.Exec(writeMark, string(c.ID), c.Name, c.Owner, c.Office, c.Number, c.Goods, c.Rules, c.Version, db.Micros(c.UpdatedAt), c.UpdatedBy)
	return err
}

// AddRules puts a new version of a mark's rules of use in force. version is the mark's as the person saw it.
func (s *Service) AddRules(ctx context.Context, by access.User, version int64, r MarkRules) (MarkRules, error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return r, err
	}
	if err := r.check(); err != nil {
		return r, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		c, err := findMark(tx, r.Mark)
		if err != nil {
			return err
		}
		if c.Version != version {
			return markChanged(c)
		}
		c.Rules++
		r.Number, r.ByName, r.At = c.Rules, by.Name, tx.Now()
		if r.Entry, err = ledger.Record(tx, "mark.rules", "mark:"+string(c.ID), by.Actor(), r); err != nil {
			return err
		}
		if _, err := tx.Exec(writeRules, string(r.Mark), r.Number, r.Text.English, r.Text.Chinese, r.Material, strings.Join(r.Tests, "\n"), r.Floor, r.Currency, r.ByName, db.Micros(r.At), r.Entry); err != nil {
			return err
		}
		return recordMark(tx, by, "mark.saved", &c, c)
	})
	if err != nil {
		return MarkRules{}, fmt.Errorf("rules of mark %s: %w", r.Mark, err)
	}
	return r, nil
}

// Marks lists the common marks. They are public.
func (s *Service) Marks(ctx context.Context) (all []CommonMark, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, scanMark, allMarks)
		return err
	})
	return all, err
}

// Mark is a common mark with every version of its rules, the latest first. They are public.
func (s *Service) Mark(ctx context.Context, id MarkID) (c CommonMark, rules []MarkRules, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if c, err = findMark(tx, id); err != nil {
			return err
		}
		rules, err = db.All(tx, scanRules, rulesOf, string(id))
		return err
	})
	return c, rules, err
}

// LookUp finds the licences of a mark by their number, or by the whole name of the firm. It is for everybody, and tells only what the register publishes: an application that was never granted is
// not in it.
func (s *Service) LookUp(ctx context.Context, id MarkID, what string) (c CommonMark, found []Licence, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if c, err = findMark(tx, id); err != nil {
			return err
		}
		what = strings.TrimSpace(what)
		if what == "" || checkText("q", what, maxName) != nil {
			return nil
		}
		found, err = db.All(tx, scanLicence, publicLicences, string(id), what, db.Fold(what))
		return err
	})
	return c, found, err
}

// ApplyLicence asks for a licence to use a mark: the firm for itself, or the programme for it. It returns fault.Conflict when the maker has one that runs, may not hold one,
// or the mark has no rules.
func (s *Service) ApplyLicence(ctx context.Context, by access.User, mark MarkID, id MakerID, lines string) (l Licence, err error) {
	if err := needText("lines", lines, MaxWhy); err != nil {
		return l, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := editMaker(tx, by, id)
		if err != nil {
			return err
		}
		c, err := findMark(tx, mark)
		if err != nil {
			return err
		}
		if c.Rules == 0 {
			return fault.Conflict.Say("The mark has no rules of use yet.")
		}
		if err := m.mayHold(); err != nil {
			return err
		}
		_, err = db.One(tx, scanLicence, runningLicence, string(mark), string(id))
		if err == nil {
			return fault.Conflict.Say("This maker has a licence of the mark, or has asked for one.")
		}
		if fault.Of(err) != fault.NotFound {
			return err
		}
		l = Licence{ID: LicenceID(db.NewID()), Mark: mark, Maker: id, Organisation: m.Organisation, Firm: m.Name, State: LicenceApplied, Lines: strings.TrimSpace(lines), Rules: c.Rules, AppliedAt: tx.Now()}
		return recordLicence(tx, by, &l, "", "")
	})
	if err != nil {
		return Licence{}, fmt.Errorf("apply for mark %s: %w", mark, err)
	}
	return l, nil
}

// recordLicence writes a licence that came from a state, with its step and ledger entry.
func recordLicence(tx *db.Tx, by access.User, l *Licence, from LicenceState, why string) error {
	l.Version, l.UpdatedAt, l.UpdatedBy = l.Version+1, tx.Now(), by.Name
	entry, err := ledger.Record(tx, "licence.moved", Maker{ID: l.Maker}.Subject(), by.Actor(), licenceEntry{l.ID, l.Mark, l.Maker, l.Number, from, l.State, l.Lines, l.From, l.To, l.Rules, l.Hearing, why})
	if err != nil {
		return err
	}
	if err := keepLicence(tx, *l); err != nil {
		return err
	}
	_, err = tx.Exec(writeLStep, string(l.ID), db.NewID(), string(from), string(l.State), why, by.Name, db.Micros(tx.Now()), entry)
	return err
}

// licenceEntry is what the ledger keeps of a licence's move.
type licenceEntry struct {
	Licence LicenceID    `json:"licence"`
	Mark    MarkID       `json:"mark"`
	Maker   MakerID      `json:"maker"`
	Number  string       `json:"number,omitempty"`
	Was     LicenceState `json:"was,omitempty"`
	State   LicenceState `json:"state"`
	Lines   string       `json:"lines"`
	From    time.Time    `json:"from,omitzero"`
	To      time.Time    `json:"to,omitzero"`
	Rules   int          `json:"rules"`
	Hearing HearingID    `json:"hearing,omitempty"`
	Why     string       `json:"why,omitempty"`
}

func findLicence(tx *db.Tx, by access.User, id LicenceID) (Licence, Maker, error) {
	if id == "" || db.Text(string(id)) != nil {
		return Licence{}, Maker{}, noLicence
	}
	l, err := db.One(tx, scanLicence, oneLicence, string(id))
	if fault.Of(err) == fault.NotFound {
		return l, Maker{}, noLicence
	}
	if err != nil {
		return l, Maker{}, err
	}
	m, err := findMaker(tx, by, l.Maker)
	if fault.Of(err) == fault.NotFound {
		return Licence{}, m, noLicence
	}
	return l, m, err
}

// MoveLicence grants, refuses, suspends, reinstates or withdraws a licence. A licence is granted to, and given back to, a maker that may hold one. It returns fault.Invalid with
// the field, fault.Conflict when somebody was first, there is no such move, or the number is taken.
func (s *Service) MoveLicence(ctx context.Context, by access.User, id LicenceID, t LicenceMove) (l Licence, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var m Maker
		if l, m, err = findLicence(tx, by, id); err != nil {
			return err
		}
		if err := by.May(access.ProgrammeEdit, ""); err != nil {
			return err
		}
		if l.Version != t.Version {
			return fault.Conflict.Say("%s has changed this licence meanwhile, at %s. Look at the change and try again.", l.UpdatedBy, moment(l.UpdatedAt))
		}
		if err := l.check(t, tx.Now()); err != nil {
			return err
		}
		if t.To == LicenceGranted {
			if err := m.mayHold(); err != nil {
				return err
			}
		}
		from := l.State
		if from == LicenceApplied && t.To == LicenceGranted {
			if err := grant(tx, &l, t); err != nil {
				return err
			}
		}
		l.State = t.To
		if t.To == LicenceGranted {
			l.Hearing = ""
		}
		return recordLicence(tx, by, &l, from, strings.TrimSpace(t.Why))
	})
	if err != nil {
		return Licence{}, fmt.Errorf("move licence %s: %w", id, err)
	}
	return l, nil
}

func grant(tx *db.Tx, l *Licence, t LicenceMove) error {
	c, err := findMark(tx, l.Mark)
	if err != nil {
		return err
	}
	l.Number, l.Lines, l.From, l.To, l.Rules = strings.TrimSpace(t.Number), strings.TrimSpace(t.Lines), t.From, t.Until, c.Rules
	taken, err := db.One(tx, db.Value[int], numberTaken, string(l.Mark), l.Number, string(l.ID))
	if err == nil && taken > 0 {
		return fault.Conflict.Say("Another licence has this number.").At("number")
	}
	return err
}

// sanctionLicences brings a maker's licences in line with what a hearing decided: suspended with the maker, withdrawn when it is put out.
func (s *Service) sanctionLicences(tx *db.Tx, by access.User, h Hearing) error {
	to := map[HearingOutcome]LicenceState{SuspendedFor: LicenceSuspended, FoundRelapse: LicenceSuspended, PutOut: LicenceWithdrawn}[h.Outcome]
	if to == "" {
		return nil
	}
	running, err := db.All(tx, scanLicence, licencesRunning, string(h.Maker))
	if err != nil {
		return err
	}
	for _, l := range running {
		if l.State == to {
			continue
		}
		from := l.State
		l.State, l.Hearing = to, h.ID
		if err := recordLicence(tx, by, &l, from, h.Ground); err != nil {
			return err
		}
	}
	return nil
}

// endLicences expires licences whose time is over.
func (s *Service) endLicences(tx *db.Tx) error {
	over, err := db.All(tx, scanLicence, licencesOver, db.Micros(tx.Now()))
	if err != nil {
		return err
	}
	for _, l := range over {
		from := l.State
		l.State = LicenceExpired
		if err := recordLicence(tx, access.System, &l, from, ""); err != nil {
			return err
		}
	}
	return nil
}

// CheckLicence keeps a look at how a licence is used.
func (s *Service) CheckLicence(ctx context.Context, by access.User, id LicenceID, c LicenceCheck) (LicenceCheck, error) {
	if err := needText("tested", c.Tested, MaxWhy); err != nil {
		return c, err
	}
	if err := checkText("note", c.Note+string(c.Listing), MaxWhy); err != nil {
		return c, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		l, m, err := findLicence(tx, by, id)
		if err != nil {
			return err
		}
		// Who visits makers checks too.
		if by.May(access.VisitWork, "") != nil {
			if err := by.May(access.MakerMove, m.Organisation); err != nil {
				return err
			}
		}
		if l.Number == "" {
			return fault.Conflict.Say("The licence was not granted.")
		}
		if c.Day.IsZero() || c.Day.After(tx.Now()) {
			return fault.Invalid.Say("Choose the day of the check, today or before.").At("day")
		}
		if len(c.Currency) != 3 && c.Price >= 0 {
			return fault.Invalid.Say("Name the currency, like CNY.").At("currency")
		}
		c.ID, c.Licence, c.ByName, c.At = db.NewID(), id, by.Name, tx.Now()
		if c.Entry, err = ledger.Record(tx, "licence.checked", m.Subject(), by.Actor(), c); err != nil {
			return err
		}
		_, err = tx.Exec(writeCheck, c.ID, string(id), db.Micros(c.Day), c.Tested, c.Passed, c.Price, c.Currency, string(c.Listing), c.Note, c.ByName, db.Micros(c.At), c.Entry)
		return err
	})
	if err != nil {
		return LicenceCheck{}, fmt.Errorf("check licence %s: %w", id, err)
	}
	return c, nil
}

// LicenceStep is one move of a licence.
type LicenceStep struct {
	From, To LicenceState
	Why      string
	ByName   string
	At       time.Time
	Entry    string
}

// LicenceFile is all that is known of one licence.
type LicenceFile struct {
	Licence
	Under    MarkRules // the version it was agreed under
	Steps    []LicenceStep
	Checks   []LicenceCheck // the latest first
	Proposed Sanction
	Cheap    []market.Record // listings of the maker's accounts under the price floor
}

// LicenceFile is a licence with its history, its checks, what they lead to, and what the marketplace shows under the price floor.
func (s *Service) LicenceFile(ctx context.Context, by access.User, id LicenceID) (f LicenceFile, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		l, m, err := findLicence(tx, by, id)
		if err != nil {
			return err
		}
		f = LicenceFile{Licence: l}
		if f.Under, err = db.One(tx, scanRules, oneRules, string(l.Mark), l.Rules); err != nil {
			return err
		}
		f.Steps, err = db.All(tx, func(r db.Row) (step LicenceStep, err error) {
			var at int64
			err = r.Scan(&step.From, &step.To, &step.Why, &step.ByName, &at, &step.Entry)
			step.At = db.Time(at)
			return step, err
		}, licenceSteps, string(id))
		if err != nil {
			return err
		}
		if f.Checks, err = db.All(tx, scanCheck, checksOf, string(id)); err != nil {
			return err
		}
		f.Proposed = SanctionFor(f.Under, f.Checks, tx.Now())
		f.Cheap, err = cheap(tx, m, f.Under)
		return err
	})
	return f, err
}

// cheap is the listings of a maker's own accounts that are offered under the floor, at most 20.
func cheap(tx *db.Tx, m Maker, rules MarkRules) (found []market.Record, err error) {
	accounts, err := ownAccounts(tx, m)
	if err != nil || rules.Floor == 0 {
		return nil, err
	}
	for _, account := range accounts {
		records, err := market.LoadOf(tx, account, 500)
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			if rec.Price != nil && rules.Under(int64(math.Round(*rec.Price*math.Pow10(minorDigits(rules.Currency)))), rec.Currency) && len(found) < 20 {
				found = append(found, rec)
			}
		}
	}
	return found, nil
}

// ownAccounts is the accounts from which a maker itself sells.
func ownAccounts(tx *db.Tx, m Maker) (own []market.SellerID, err error) {
	if m.Seller != "" {
		own = append(own, m.Seller)
	}
	declared, err := accountsOf(tx, m.ID)
	for _, a := range declared {
		if a.How == DeclaredAccount && a.Account != m.Seller {
			own = append(own, a.Account)
		}
	}
	return own, err
}

// LicencesOf is the licences of a maker, the latest first.
func (s *Service) LicencesOf(ctx context.Context, by access.User, id MakerID) (all []Licence, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, scanLicence, licencesOf, string(id))
		return err
	})
	return all, err
}

// LicenceFilter says which licences a list shows.
type LicenceFilter struct {
	Mark  MarkID
	State LicenceState
	Text  string // words of the firm's name
	After string
	Limit int // rows a page, at most 500; 0 means 50
}

func (f LicenceFilter) where(by access.User) (*db.Where, error) {
	w := &db.Where{}
	if by.Reach(access.MakerRead) == access.Own {
		w.And(`organisation = ?`, string(by.Org))
	}
	if err := checkText("text", f.Text+string(f.State)+string(f.Mark), maxSearch); err != nil {
		return nil, err
	}
	if f.Mark != "" {
		w.And(`mark = ?`, string(f.Mark))
	}
	if f.State != "" {
		w.And(`state = ?`, string(f.State))
	}
	w.AndWords(`search`, f.Text)
	return w, nil
}

// Licences lists licences, the latest application first; a firm sees its own.
func (s *Service) Licences(ctx context.Context, by access.User, f LicenceFilter) (page db.Page[Licence], err error) {
	if !by.Can(access.MakerRead) {
		return page, by.May(access.MakerRead, by.Org)
	}
	w, err := f.where(by)
	if err != nil {
		return page, err
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "licences", &at, &id); err != nil {
			return page, err
		}
		w.And(`(applied_at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 500)
	w.Then(`order by applied_at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanLicence, listLicences+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Licence) string { return db.Cursor("licences", db.Micros(last.AppliedAt), last.ID) })
		return err
	})
	return page, err
}

// ExportLicences gives every licence of the filter, page by page.
func (s *Service) ExportLicences(ctx context.Context, by access.User, f LicenceFilter) iter.Seq2[Licence, error] {
	f.Limit = 500
	return db.Pages(f.After, func(after string) (db.Page[Licence], error) {
		f.After = after
		return s.Licences(ctx, by, f)
	})
}
