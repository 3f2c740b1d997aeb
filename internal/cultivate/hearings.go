package cultivate

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var noHearing = fault.NotFound.Say("There is no such hearing.")

func findHearing(tx *db.Tx, by access.User, id HearingID) (Hearing, Maker, error) {
	if id == "" || db.Text(string(id)) != nil {
		return Hearing{}, Maker{}, noHearing
	}
	h, err := db.One(tx, scanHearing, oneHearing, string(id))
	if fault.Of(err) == fault.NotFound {
		return h, Maker{}, noHearing
	}
	if err != nil {
		return h, Maker{}, err
	}
	m, err := findMaker(tx, by, h.Maker)
	if fault.Of(err) == fault.NotFound {
		return Hearing{}, m, noHearing
	}
	return h, m, err
}

// recordHearing writes a changed hearing with its ledger entry.
func recordHearing(tx *db.Tx, by access.User, kind string, h *Hearing) (err error) {
	h.Version++
	entry := hearingEntry{h.ID, h.Maker, h.State, h.Reasons, h.Place, h.On, h.CalledBy, h.Statement, h.Minutes, h.Came, h.Outcome, h.Ground, h.Deposit, h.Forfeited, h.Currency, by.Answerable(), by.Name}
	if h.Entry, err = ledger.Record(tx, kind, Maker{ID: h.Maker}.Subject(), by.Actor(), entry); err != nil {
		return err
	}
	return keepHearing(tx, *h)
}

// hearingEntry is what the ledger keeps of a hearing.
type hearingEntry struct {
	Hearing   HearingID      `json:"hearing"`
	Maker     MakerID        `json:"maker"`
	State     HearingState   `json:"state"`
	Reasons   string         `json:"reasons"`
	Place     string         `json:"place"`
	On        time.Time      `json:"on"`
	CalledBy  access.UserID  `json:"called_by"`
	Statement string         `json:"statement,omitempty"`
	Minutes   string         `json:"minutes,omitempty"`
	Came      bool           `json:"came"`
	Outcome   HearingOutcome `json:"outcome,omitempty"`
	Ground    string         `json:"ground,omitempty"`
	Deposit   Deposit        `json:"deposit,omitempty"`
	Forfeited int64          `json:"forfeited,omitempty"`
	Currency  string         `json:"currency,omitempty"`
	By        access.UserID  `json:"by"`
	ByName    string         `json:"by_name"`
}

// CallHearing tells a maker what is alleged and when it will be heard, at least HearingNotice ahead. It returns fault.Invalid for each rule that is not kept, and
// fault.Conflict when an alert is not open any more or the maker has a hearing that is not over.
func (s *Service) CallHearing(ctx context.Context, by access.User, c Call) (h Hearing, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, c.Maker)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if err := c.check(tx.Now()); err != nil {
			return err
		}
		if err := noOtherHearing(tx, m.ID); err != nil {
			return err
		}
		h = Hearing{ID: HearingID(db.NewID()), Maker: m.ID, Organisation: m.Organisation, State: HearingCalled, Reasons: strings.TrimSpace(c.Reasons), Place: strings.TrimSpace(c.Place), On: c.On,
			CalledBy: by.Answerable(), CalledName: by.Name, CalledAt: tx.Now()}
		if err := recordHearing(tx, by, "hearing.called", &h); err != nil {
			return err
		}
		slices.Sort(c.Alerts)
		for _, id := range slices.Compact(c.Alerts) {
			a, err := openAlert(tx, by, id)
			if err != nil {
				return err
			}
			if a.Maker != m.ID {
				return noAlert
			}
			a.State, a.Hearing = AlertCalled, h.ID
			if err := keepAlert(tx, a.touch(tx, by)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Hearing{}, fmt.Errorf("call a hearing of maker %s: %w", c.Maker, err)
	}
	return h, nil
}

func noOtherHearing(tx *db.Tx, id MakerID) error {
	all, err := db.All(tx, scanHearing, hearingsOf, string(id))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(h Hearing) bool { return len(nextHearing[h.State]) > 0 }) {
		return fault.Conflict.Say("A hearing of this maker is not over yet.")
	}
	return nil
}

// HearingOf is a hearing with its alerts, their evidence and the papers of the maker's statement.
func (s *Service) HearingOf(ctx context.Context, by access.User, id HearingID) (h Hearing, alerts []Alert, evidence map[AlertID][]AlertEvidence, papers []HearingDocument, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		evidence = map[AlertID][]AlertEvidence{}
		if h, _, err = findHearing(tx, by, id); err != nil {
			return err
		}
		if alerts, err = db.All(tx, scanAlert, alertsHeard, string(id)); err != nil {
			return err
		}
		for _, a := range alerts {
			if evidence[a.ID], err = db.All(tx, scanEvidence, evidenceOf, string(a.ID)); err != nil {
				return err
			}
		}
		papers, err = db.All(tx, scanHearingDocument, hearingDocumentsOf, string(id))
		return err
	})
	return h, alerts, evidence, papers, err
}

// Hearings is the hearings of a maker, the latest first.
func (s *Service) Hearings(ctx context.Context, by access.User, id MakerID) (all []Hearing, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, scanHearing, hearingsOf, string(id))
		return err
	})
	return all, err
}

// hearing is one step of a hearing: found, at the version the person saw, in the state it has to be in.
func (s *Service) hearing(ctx context.Context, by access.User, id HearingID, version int64, in HearingState, kind string, step func(*db.Tx, *Hearing, Maker) error) (h Hearing, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var m Maker
		if h, m, err = findHearing(tx, by, id); err != nil {
			return err
		}
		if err := by.May(access.MakerEdit, m.Organisation); err != nil {
			return err
		}
		if h.State != in {
			return fault.Conflict.Say("This hearing has gone on meanwhile. Load the page again.")
		}
		if h.Version != version {
			return fault.Conflict.Say("Somebody has changed this hearing meanwhile. Look at the change and try again.")
		}
		if err := step(tx, &h, m); err != nil {
			return err
		}
		return recordHearing(tx, by, kind, &h)
	})
	if err != nil {
		return Hearing{}, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return h, nil
}

// HearingPaper is a file as it comes in.
type HearingPaper struct {
	Name    string
	Content io.Reader
}

// StateCase keeps what the maker says to what is alleged, with its papers. It can be changed until the hearing is held.
func (s *Service) StateCase(ctx context.Context, by access.User, id HearingID, version int64, statement string, papers []HearingPaper) (Hearing, error) {
	if err := needText("statement", statement, maxStatement); err != nil {
		return Hearing{}, err
	}
	kept, err := s.keepPapers(ctx, by, id, papers)
	if err != nil {
		return Hearing{}, err
	}
	return s.hearing(ctx, by, id, version, HearingCalled, "hearing.statement", func(tx *db.Tx, h *Hearing, _ Maker) error {
		h.Statement, h.StatementAt, h.StatementName = strings.TrimSpace(statement), tx.Now(), by.Name
		for _, d := range kept {
			if _, err := tx.Exec(writeHearingDocument, string(id), d.Hash, d.Name, d.Size, by.Name, db.Micros(tx.Now())); err != nil {
				return err
			}
		}
		all, err := db.All(tx, scanHearingDocument, hearingDocumentsOf, string(id))
		if err == nil && len(all) > MaxHearingDocuments {
			return fault.TooLarge.Say("At most %d documents belong to a statement.", MaxHearingDocuments).At("papers")
		}
		return err
	})
}

const maxStatement = 20_000

// keepPapers stores the files before the transaction that speaks of them. Who may not see the hearing stores nothing.
func (s *Service) keepPapers(ctx context.Context, by access.User, id HearingID, papers []HearingPaper) (kept []HearingDocument, err error) {
	if len(papers) == 0 {
		return nil, nil
	}
	if len(papers) > MaxHearingDocuments {
		return nil, fault.TooLarge.Say("At most %d documents belong to a statement.", MaxHearingDocuments).At("papers")
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		_, m, err := findHearing(tx, by, id)
		if err != nil {
			return err
		}
		return by.May(access.MakerEdit, m.Organisation)
	})
	if err != nil {
		return nil, err
	}
	for _, p := range papers {
		hash, size, err := s.Blob.Put(ctx, p.Content, MaxHearingDocumentSize)
		if fault.Of(err) == fault.TooLarge {
			return nil, fault.TooLarge.Say("A document may have at most %d MiB.", MaxHearingDocumentSize>>20).At("papers")
		}
		if err != nil {
			return nil, err
		}
		kept = append(kept, HearingDocument{Hash: hash.String(), Name: hearingDocumentName(p.Name), Size: size})
	}
	return kept, nil
}

// OpenDocument opens a paper of a hearing's statement. It returns fault.NotFound for one that is not of this hearing.
func (s *Service) OpenDocument(ctx context.Context, by access.User, id HearingID, hash string) (d HearingDocument, content io.ReadCloser, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, _, err := findHearing(tx, by, id); err != nil {
			return err
		}
		all, err := db.All(tx, scanHearingDocument, hearingDocumentsOf, string(id))
		at := slices.IndexFunc(all, func(d HearingDocument) bool { return d.Hash == hash })
		if err == nil && at < 0 {
			return fault.NotFound.Say("There is no such document.")
		}
		if err == nil {
			d = all[at]
		}
		return err
	})
	if err != nil {
		return d, nil, err
	}
	h, err := blob.Parse(hash)
	if err != nil {
		return d, nil, err
	}
	content, _, err = s.Blob.Get(ctx, h)
	return d, content, err
}

// Hold keeps what was said at a hearing, on its day or later; came: somebody of the firm was there.
func (s *Service) Hold(ctx context.Context, by access.User, id HearingID, version int64, minutes string, came bool) (Hearing, error) {
	if err := needText("minutes", minutes, maxStatement); err != nil {
		return Hearing{}, err
	}
	return s.hearing(ctx, by, id, version, HearingCalled, "hearing.held", func(tx *db.Tx, h *Hearing, m Maker) error {
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if tx.Now().Before(h.On) {
			return fault.Conflict.Say("The hearing is on %s; before that it cannot be held.", moment(h.On))
		}
		h.State, h.Minutes, h.Came, h.Overdue = HearingHeld, strings.TrimSpace(minutes), came, false
		return nil
	})
}

// Withdraw ends a hearing without a decision, with a reason; its alerts are dismissed with it.
func (s *Service) Withdraw(ctx context.Context, by access.User, id HearingID, version int64, why string) (h Hearing, err error) {
	if err := needText("why", why, MaxWhy); err != nil {
		return h, err
	}
	return s.hearing(ctx, by, id, version, HearingCalled, "hearing.withdrawn", func(tx *db.Tx, h *Hearing, m Maker) error {
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		h.State, h.Ground = HearingWithdrawn, strings.TrimSpace(why)
		return closeAlerts(tx, by, h.ID, AlertDismissed, h.Ground)
	})
}

func closeAlerts(tx *db.Tx, by access.User, id HearingID, to AlertState, why string) error {
	alerts, err := db.All(tx, scanAlert, alertsHeard, string(id))
	if err != nil {
		return err
	}
	for _, a := range alerts {
		if !slices.Contains(nextAlert[a.State], to) {
			continue
		}
		a.State, a.Why = to, why
		if err := keepAlert(tx, a.touch(tx, by)); err != nil {
			return err
		}
	}
	return nil
}

// Rule decides a hearing that was held. In one transaction the maker goes where the ruling takes it, its licences of common marks with it, and the
// alerts are closed. It returns fault.Forbidden to who called the hearing, fault.Invalid for each rule that is not kept, and fault.Conflict when somebody was first.
func (s *Service) Rule(ctx context.Context, by access.User, id HearingID, version int64, r Ruling) (Hearing, error) {
	return s.hearing(ctx, by, id, version, HearingHeld, "hearing.decided", func(tx *db.Tx, h *Hearing, m Maker) error {
		if err := h.MayRule(by); err != nil {
			return err
		}
		if err := r.check(m); err != nil {
			return err
		}
		if r.Deposit == DepositPart {
			if r.Currency = s.Industries[m.Industry].Admission.Deposit.Currency; r.Currency == "" {
				r.Currency = "CNY"
			}
		}
		r.Ground = strings.TrimSpace(r.Ground)
		h.State, h.Ruling, h.DecidedBy, h.DecidedName, h.DecidedAt, h.Overdue = HearingDecided, r, by.Answerable(), by.Name, tx.Now(), false
		if to := r.Outcome.Stage(); to != "" && to != m.Stage {
			var err error
			if m, err = s.move(tx, by, m.ID, Transition{To: to, Why: r.Ground, Version: m.Version}); err != nil {
				return err
			}
		}
		if err := closeAlerts(tx, by, h.ID, AlertHeard, string(r.Outcome)); err != nil {
			return err
		}
		if err := s.sanctionLicences(tx, by, *h); err != nil {
			return err
		}
		return tx.Emit(Heard{h.ID, h.Maker, m.Cohort, r.Outcome, m.Stage, tx.Now()})
	})
}

// SweepOutcomes marks what has waited too long, once each, and ends licences whose time is over. Any number may run at once.
func (s *Service) SweepOutcomes(ctx context.Context) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		alerts, err := db.All(tx, scanAlert, alertsDue, db.Micros(tx.Now()))
		if err != nil {
			return err
		}
		for _, a := range alerts {
			a.Overdue = true
			if err := keepAlert(tx, a.touch(tx, access.System)); err != nil {
				return err
			}
			if err := tx.Emit(Overdue{a.Maker, a.ID, "", tx.Now()}); err != nil {
				return err
			}
		}
		hearings, err := db.All(tx, scanHearing, hearingsOpen, db.Micros(tx.Now()))
		if err != nil {
			return err
		}
		for _, h := range hearings {
			if !tx.Now().After(h.overdueAt()) {
				continue
			}
			h.Overdue = true
			h.Version++
			if err := keepHearing(tx, h); err != nil {
				return err
			}
			if err := tx.Emit(Overdue{h.Maker, "", h.ID, tx.Now()}); err != nil {
				return err
			}
		}
		return s.endLicences(tx)
	})
	if err != nil {
		return fmt.Errorf("sweep outcomes: %w", err)
	}
	return nil
}
