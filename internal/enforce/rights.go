package enforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var noRight = fault.NotFound.Say("There is no such right.")

// actsFor says whether the person may do verb on what is org's: by role, or by a mandate that org has given the person's organisation.
func actsFor(tx *db.Tx, by access.User, verb access.Verb, org access.OrgID) error {
	err := by.May(verb, org)
	if err == nil || fault.Of(err) != fault.Forbidden || by.Reach(verb) != access.Own || org == "" {
		return err
	}
	m, missing := db.One(tx, scanMandate, oneMandate, string(org), string(by.Org))
	if fault.Of(missing) == fault.NotFound || missing == nil && !m.Stands(tx.Now()) {
		return err
	}
	return missing
}

// ownOrMandated narrows a list to what is of the person's own organisation and of those whose mandate it has at the moment.
func ownOrMandated(w *db.Where, by access.User, at time.Time) {
	w.And(`(organisation = ? or organisation in (select owner from mandate where agent = ? and ended_at = 0 and (valid_to = 0 or valid_to > ?)))`,
		string(by.Org), string(by.Org), db.Micros(at))
}

// DeclareRight enters a right into the vault of r.Organisation, the asker's own when it is empty. It returns fault.Invalid for each thing wrong, and
// fault.Conflict when the vault has the registration already.
func (s *Service) DeclareRight(ctx context.Context, by access.User, r Right) (Right, error) {
	if r.Organisation == "" {
		r.Organisation = by.Org
	}
	if r = r.clean(); db.Text(string(r.Organisation)+string(r.Brand)) != nil {
		return Right{}, fault.Invalid.Say("There is no such organisation.").At("organisation")
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := actsFor(tx, by, access.RightEdit, r.Organisation); err != nil {
			return err
		}
		if err := errors.Join(r.check()...); err != nil {
			return err
		}
		_, taken := db.One(tx, db.Value[string], sameRight, string(r.Organisation), r.Office, r.Number, string(r.Kind))
		if taken == nil && r.Number != "" {
			return fault.Conflict.Say("This registration is in the vault already.").At("number")
		}
		if taken != nil && fault.Of(taken) != fault.NotFound {
			return taken
		}
		r.ID, r.State, r.Refusal, r.Version, r.MadeAt, r.UpdatedAt, r.UpdatedBy = RightID(db.NewID()), Declared, "", 1, tx.Now(), tx.Now(), by.Name
		if r.Number == "" {
			r.Number = ownNumber + string(r.ID) // without a register, its own
		}
		return keepRightChange(tx, by, "right.declared", r)
	})
	if err != nil {
		return Right{}, fmt.Errorf("declare a right: %w", err)
	}
	return r, nil
}

// keepRightChange writes a right and its ledger entry.
func keepRightChange(tx *db.Tx, by access.User, kind string, r Right) error {
	if _, err := ledger.Record(tx, kind, r.subject(), by.Actor(), rightEntry{r.ID, r.Organisation, r.Version, r.State, r.Kind, r.Mark, r.Office, r.Number, r.Owner, r.From, r.To, r.Refusal}); err != nil {
		return err
	}
	return keepRight(tx, r)
}

func (r Right) subject() string { return "right:" + string(r.ID) }

// rightEntry is what the ledger keeps of a right.
type rightEntry struct {
	Right        RightID      `json:"right"`
	Organisation access.OrgID `json:"organisation"`
	Version      int64        `json:"version"`
	State        RightState   `json:"state"`
	Kind         RightKind    `json:"kind"`
	Mark         string       `json:"mark"`
	Office       string       `json:"office"`
	Number       string       `json:"number"`
	Owner        string       `json:"owner"`
	From         time.Time    `json:"from"`
	To           time.Time    `json:"to,omitzero"`
	Why          string       `json:"why,omitempty"`
}

// findRight is a right that the person may see. Whose rights there are is not told to those who may not see them.
func findRight(tx *db.Tx, by access.User, id RightID) (Right, error) {
	if !by.Can(access.RightRead) {
		return Right{}, by.May(access.RightRead, by.Org)
	}
	if db.Text(string(id)) != nil {
		return Right{}, noRight
	}
	r, err := db.One(tx, scanRight, oneRight, string(id))
	if fault.Of(err) == fault.NotFound {
		return Right{}, noRight
	}
	if err != nil {
		return Right{}, err
	}
	switch err := actsFor(tx, by, access.RightRead, r.Organisation); fault.Of(err) {
	case fault.Forbidden:
		return Right{}, noRight
	default:
		return r, err
	}
}

// Right is one right. It returns fault.NotFound for one there is not, or not for this person.
func (s *Service) Right(ctx context.Context, by access.User, id RightID) (r Right, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		r, err = findRight(tx, by, id)
		return err
	})
	return r, err
}

// SaveRight changes a right; r.Version is the one that was read. What the register says, changed, is to be verified again. It returns fault.Conflict
// when it was changed meanwhile or withdrawn.
func (s *Service) SaveRight(ctx context.Context, by access.User, r Right) (Right, error) {
	r = r.clean()
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		old, err := findRight(tx, by, r.ID)
		if err != nil {
			return err
		}
		if err := actsFor(tx, by, access.RightEdit, old.Organisation); err != nil {
			return err
		}
		if old.Version != r.Version {
			return rightChanged(old)
		}
		if old.State == RightWithdrawn {
			return fault.Conflict.Say("This right was withdrawn. Enter it anew.")
		}
		if err := errors.Join(r.check()...); err != nil {
			return err
		}
		r.Organisation, r.MadeAt, r.State, r.Refusal = old.Organisation, old.MadeAt, old.State, old.Refusal
		if !registered(old, r) {
			r.State, r.Refusal = Declared, ""
		}
		r.Version, r.UpdatedAt, r.UpdatedBy = old.Version+1, tx.Now(), by.Name
		return keepRightChange(tx, by, "right.changed", r)
	})
	if err != nil {
		return Right{}, fmt.Errorf("save right %s: %w", r.ID, err)
	}
	return r, nil
}

func rightChanged(r Right) error {
	return fault.Conflict.Say("%s has changed this right meanwhile, at %s. Look at the change and try again.", r.UpdatedBy, moment(r.UpdatedAt))
}

// VerifyRight says that the register has the right as it was entered, or, with a reason, that it has not.
func (s *Service) VerifyRight(ctx context.Context, by access.User, id RightID, version int64, refusal string) (Right, error) {
	to, kind := Verified, "right.verified"
	if refusal != "" {
		to, kind = RightRefused, "right.refused"
	}
	if f := checkText(refusal, MaxNote); f != nil {
		return Right{}, f.At("refusal")
	}
	return s.moveRight(ctx, by, access.RightVerify, id, version, to, kind, refusal)
}

// WithdrawRight takes a right out of the vault: no notice can rest on it any more. Those that were made stay.
func (s *Service) WithdrawRight(ctx context.Context, by access.User, id RightID, version int64) (Right, error) {
	return s.moveRight(ctx, by, access.RightEdit, id, version, RightWithdrawn, "right.withdrawn", "")
}

func (s *Service) moveRight(ctx context.Context, by access.User, verb access.Verb, id RightID, version int64, to RightState, kind, why string) (r Right, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if r, err = findRight(tx, by, id); err != nil {
			return err
		}
		if err := actsFor(tx, by, verb, r.Organisation); err != nil {
			return err
		}
		if version != 0 && r.Version != version {
			return rightChanged(r)
		}
		if !canMove(rightMoves, r.State, to) {
			return fault.Conflict.Say("A right that is %s cannot become %s.", string(r.State), string(to))
		}
		r.State, r.Refusal, r.Version, r.UpdatedAt, r.UpdatedBy = to, why, r.Version+1, tx.Now(), by.Name
		return keepRightChange(tx, by, kind, r)
	})
	if err != nil {
		return Right{}, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return r, nil
}

func canMove[S comparable](moves map[S][]S, from, to S) bool {
	for _, s := range moves[from] {
		if s == to {
			return true
		}
	}
	return false
}

// RightFilter says which rights a list shows. The zero one shows all that the person may see.
type RightFilter struct {
	Organisation access.OrgID
	State        RightState
	Waiting      bool   // to be verified, the longest waiting first; the others are listed by mark
	Ending       bool   // run out within EndWarning, or have
	Office       string // with Number: this registration
	Number       string
	Text         string // words of the mark, the number, the owner
	After        string // the cursor of the page before
	Limit        int    // rows a page, at most 200; 0 means 50
}

// Rights lists rights, by mark unless those to be verified are asked for.
func (s *Service) Rights(ctx context.Context, by access.User, f RightFilter) (page db.Page[Right], err error) {
	reach := by.Reach(access.RightRead)
	if reach == access.None {
		return page, by.May(access.RightRead, by.Org)
	}
	limit := db.Limit(f.Limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w := &db.Where{}
		if reach == access.Own {
			ownOrMandated(w, by, tx.Now())
		}
		for _, c := range []struct{ field, condition, value string }{{"organisation", `organisation = ?`, string(f.Organisation)}, {"state", `state = ?`, string(f.State)},
			{"office", `office = ?`, f.Office}, {"number", `number = ?`, f.Number}} {
			if f, ok := fault.As(db.Text(c.value)); ok {
				return f.At(c.field)
			}
			if c.value != "" {
				w.And(c.condition, c.value)
			}
		}
		if f.Ending {
			w.And(`valid_to > 0 and valid_to <= ? and state <> ?`, db.Micros(tx.Now().Add(EndWarning)), string(RightWithdrawn))
		}
		if err := checkText(f.Text, maxSearch); err != nil {
			return err.At("text")
		}
		w.AndWords(`search`, f.Text)
		cursor := func(last Right) string { return db.Cursor("rights", last.Mark, last.ID) }
		var mark, id string
		var since int64
		switch {
		case f.Waiting && f.After != "":
			err = db.ParseCursor(f.After, "rights to verify", &since, &id)
			w.And(`(updated_at, id) > (?, ?)`, since, id)
		case f.After != "":
			err = db.ParseCursor(f.After, "rights", &mark, &id)
			w.And(`(mark, id) > (?, ?)`, mark, id)
		}
		if err != nil {
			return err
		}
		if f.Waiting {
			w.And(`state = 'declared'`)
			w.Then(`order by updated_at, id limit ?`, limit+1)
			cursor = func(last Right) string { return db.Cursor("rights to verify", db.Micros(last.UpdatedAt), last.ID) }
		} else {
			w.Then(`order by mark, id limit ?`, limit+1)
		}
		rows, err := db.All(tx, scanRight, listRights+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, cursor)
		return err
	})
	return page, err
}

// ExportRights gives every right of the filter, by mark, page by page.
func (s *Service) ExportRights(ctx context.Context, by access.User, f RightFilter) iter.Seq2[Right, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Right], error) {
		f.After = after
		return s.Rights(ctx, by, f)
	})
}

// FindRight is the right with a registration among those the person may see; of several, the one that holds. It returns fault.Invalid at "right" when
// there is none, or more than one.
func (s *Service) FindRight(ctx context.Context, by access.User, office, number string) (Right, error) {
	page, err := s.Rights(ctx, by, RightFilter{Office: strings.ToUpper(strings.TrimSpace(office)), Number: strings.TrimSpace(number)})
	if err != nil {
		return Right{}, err
	}
	found := page.Items
	if len(found) > 1 {
		err := s.DB.View(ctx, func(tx *db.Tx) error {
			found = slices.DeleteFunc(slices.Clone(found), func(r Right) bool { return !r.Holds(tx.Now()) })
			return nil
		})
		if err != nil {
			return Right{}, err
		}
	}
	switch {
	case len(page.Items) == 0 || number == "":
		return Right{}, fault.Invalid.Say("There is no such right.").At("right")
	case len(found) == 0:
		return page.Items[0], nil // none holds: whichever it is, a notice on it is told why
	case len(found) > 1:
		return Right{}, fault.Invalid.Say("Several rights in the vault have this number. Name the right by its id.").At("right")
	}
	return found[0], nil
}

// GiveMandate lets agent act for the owner's organisation until the moment, which may be zero. Only the owner's own people and the operator may.
func (s *Service) GiveMandate(ctx context.Context, by access.User, owner, agent access.OrgID, to time.Time) (m Mandate, err error) {
	if err := by.May(access.RightEdit, owner); err != nil {
		return m, err
	}
	if owner == "" || agent == "" || owner == agent || db.Text(string(owner)+string(agent)) != nil {
		return m, fault.Invalid.Say("There is no such organisation.").At("agent")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if n, err := db.One(tx, db.Value[int64], countOrganisations, string(owner), string(agent)); err != nil {
			return err
		} else if n != 2 {
			return fault.Invalid.Say("There is no such organisation.").At("agent")
		}
		if !to.IsZero() && !to.After(tx.Now()) {
			return fault.Invalid.Say("The mandate ends in the future, or not at all.").At("to")
		}
		m = Mandate{Owner: owner, Agent: agent, To: to.UTC().Truncate(time.Microsecond), GivenAt: tx.Now(), GivenBy: by.Name}
		return keepMandate(tx, by, "mandate.given", m)
	})
	if err != nil {
		return Mandate{}, fmt.Errorf("give a mandate: %w", err)
	}
	return m, nil
}

// EndMandate takes a mandate back. It does nothing when there is none that stands.
func (s *Service) EndMandate(ctx context.Context, by access.User, owner, agent access.OrgID) error {
	if err := by.May(access.RightEdit, owner); err != nil {
		return err
	}
	if db.Text(string(owner)+string(agent)) != nil {
		return nil
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := db.One(tx, scanMandate, oneMandate, string(owner), string(agent))
		if fault.Of(err) == fault.NotFound || err == nil && !m.Stands(tx.Now()) {
			return nil
		}
		if err != nil {
			return err
		}
		m.Ended = tx.Now()
		return keepMandate(tx, by, "mandate.ended", m)
	})
	if err != nil {
		return fmt.Errorf("end a mandate: %w", err)
	}
	return nil
}

// MandateFilter says which mandates a list shows. The zero one shows all that the person may see.
type MandateFilter struct {
	Organisation access.OrgID // that gave or holds them
	After        string       // the cursor of the page before
	Limit        int          // rows a page, at most 200; 0 means 50
}

// NamedMandate is a mandate with the names of both sides.
type NamedMandate struct {
	Mandate
	OwnerName, AgentName string
}

// Mandates lists mandates, those that ended too, by owner: to either side, and to the operator.
func (s *Service) Mandates(ctx context.Context, by access.User, f MandateFilter) (page db.Page[NamedMandate], err error) {
	reach := by.Reach(access.RightRead)
	if reach == access.None {
		return page, by.May(access.RightRead, by.Org)
	}
	if f, ok := fault.As(db.Text(string(f.Organisation))); ok {
		return page, f.At("organisation")
	}
	limit := db.Limit(f.Limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w := &db.Where{}
		if reach == access.Own {
			w.And(`(owner = ? or agent = ?)`, string(by.Org), string(by.Org))
		}
		if f.Organisation != "" {
			w.And(`(owner = ? or agent = ?)`, string(f.Organisation), string(f.Organisation))
		}
		if f.After != "" {
			var owner, agent string
			if err := db.ParseCursor(f.After, "mandates", &owner, &agent); err != nil {
				return err
			}
			w.And(`(owner, agent) > (?, ?)`, owner, agent)
		}
		w.Then(`order by owner, agent limit ?`, limit+1)
		rows, err := db.All(tx, scanNamedMandate, listMandates+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last NamedMandate) string { return db.Cursor("mandates", last.Owner, last.Agent) })
		return err
	})
	return page, err
}

func scanNamedMandate(r db.Row) (m NamedMandate, err error) {
	var to, given, ended int64
	err = r.Scan(&m.Owner, &m.Agent, &to, &given, &m.GivenBy, &ended, &m.OwnerName, &m.AgentName)
	m.To, m.GivenAt, m.Ended = db.Time(to), db.Time(given), db.Time(ended)
	return m, err
}

func keepMandate(tx *db.Tx, by access.User, kind string, m Mandate) error {
	if _, err := ledger.Record(tx, kind, "organisation:"+string(m.Owner), by.Actor(), m); err != nil {
		return err
	}
	_, err := tx.Exec(writeMandate, string(m.Owner), string(m.Agent), db.Micros(m.To), db.Micros(m.GivenAt), m.GivenBy, db.Micros(m.Ended))
	return err
}

func scanMandate(r db.Row) (m Mandate, err error) {
	var to, given, ended int64
	err = r.Scan(&m.Owner, &m.Agent, &to, &given, &m.GivenBy, &ended)
	m.To, m.GivenAt, m.Ended = db.Time(to), db.Time(given), db.Time(ended)
	return m, err
}

// rightDocument is what of a right the database does not ask for.
type rightDocument struct {
	Classes   []int    `json:"classes,omitempty"`
	Territory []string `json:"territory,omitempty"`
	Document  string   `json:"document,omitempty"`
	Note      string   `json:"note,omitempty"`
	Refusal   string   `json:"refusal,omitempty"`
}

func keepRight(tx *db.Tx, r Right) error {
	document, err := json.Marshal(rightDocument{r.Classes, r.Territory, r.Document.String(), r.Note, r.Refusal})
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeRight, string(r.ID), string(r.Organisation), string(r.Kind), r.Mark, db.Fold(r.Mark, r.Number, r.Owner), string(r.Brand), r.Office, r.Number, r.Owner,
		string(document), db.Micros(r.From), db.Micros(r.To), string(r.State), r.Version, db.Micros(r.MadeAt), db.Micros(r.UpdatedAt), r.UpdatedBy)
	return err
}
