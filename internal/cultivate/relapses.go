package cultivate

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

// RelapseEvents are the events the relapse watch hears; RelapseConsumer is Service.HandleRelapse's name, one worker.
var RelapseEvents = []string{"event." + enforce.DecidedEvent, "event." + enforce.UndoneEvent, enforce.ScannedSubject}

// RelapseConsumer is of RelapseEvents.
const RelapseConsumer = "cultivate-relapse"

// Events of the watch.
const (
	AlertedEvent = "cultivate.alerted"
	HeardEvent   = "cultivate.heard"
	OverdueEvent = "cultivate.overdue"
)

// Alerted tells that an alert was raised, or opened again.
type Alerted struct {
	Alert AlertID   `json:"alert"`
	Maker MakerID   `json:"maker"`
	Kind  AlertKind `json:"kind"`
	At    time.Time `json:"at"`
}

// EventName is the event's name on the bus.
func (Alerted) EventName() string { return AlertedEvent }

// Heard tells what a hearing decided.
type Heard struct {
	Hearing HearingID      `json:"hearing"`
	Maker   MakerID        `json:"maker"`
	Cohort  CohortID       `json:"cohort"`
	Outcome HearingOutcome `json:"outcome"`
	Stage   Stage          `json:"stage"` // of the maker from now on
	At      time.Time      `json:"at"`
}

// EventName is the event's name on the bus.
func (Heard) EventName() string { return HeardEvent }

// Overdue tells that something has waited too long: an alert for an answer, a hearing for its day or its decision.
type Overdue struct {
	Maker   MakerID   `json:"maker"`
	Alert   AlertID   `json:"alert,omitempty"`
	Hearing HearingID `json:"hearing,omitempty"`
	At      time.Time `json:"at"`
}

// EventName is the event's name on the bus.
func (Overdue) EventName() string { return OverdueEvent }

func fromJSON(text string, into any) error { return json.Unmarshal([]byte(text), into) }

// HandleRelapse raises and withdraws alerts as decisions and verdicts come in. Events may come late, twice or in any order. It is a bus.Handler for
// RelapseEvents.
func (s *Service) HandleRelapse(ctx context.Context, m bus.Message) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		first, err := bus.Once(tx, RelapseConsumer, m.ID)
		if err != nil || !first {
			return err
		}
		switch m.Subject {
		case "event." + enforce.DecidedEvent:
			return s.hearDecision(tx, m.Body)
		case "event." + enforce.UndoneEvent:
			return s.hearUndoing(tx, m.Body)
		}
		return s.hearVerdicts(tx, m.Body)
	})
	if err != nil {
		return fmt.Errorf("watch for relapses, event %s: %w", m.ID, err)
	}
	return nil
}

// hearDecision raises an alert for a person's finding, and withdraws what a decision for the listing has answered.
func (s *Service) hearDecision(tx *db.Tx, body []byte) error {
	var e enforce.Decided
	if err := json.Unmarshal(body, &e); err != nil || e.Decision == "" || e.Listing == "" {
		return fault.Invalid.Say("The event names no decision.").Because(err)
	}
	if e.Automated || e.Outcome == enforce.Escalate {
		return nil // nobody has found anything yet
	}
	ref := "decision:" + string(e.Decision)
	// What stands now is what counts: the event may come late.
	d, err := enforce.Load(tx, e.Decision)
	if fault.Of(err) == fault.NotFound {
		return fault.Invalid.Say("The event names no decision.").Because(err)
	}
	if err != nil || !d.Stands() {
		return err
	}
	if e.Outcome == enforce.Approve {
		refs, err := db.All(tx, db.Value[string], refsOfListing, string(e.Listing), ref)
		if err != nil {
			return err
		}
		for _, other := range refs {
			if err := s.withdraw(tx, other, e.At); err != nil {
				return err
			}
		}
		return nil
	}
	return s.follow(tx, d)
}

// follow raises an alert for a decision that finds goods of an account to be fakes.
func (s *Service) follow(tx *db.Tx, d enforce.Decision) error {
	if !d.Finds() || d.Seller == "" {
		return nil
	}
	title, err := titleOf(tx, d.Listing)
	if err != nil {
		return err
	}
	_, err = s.Alert(tx, Suspicion{Ref: "decision:" + string(d.ID), Subject: "listing:" + string(d.Listing), Kind: RemovedListing, Account: d.Seller, Listing: d.Listing, Title: title,
		Detail: saidReason + string(d.Reason), Path: "/listings/" + string(d.Listing), At: d.At})
	return err
}

// saidReason begins the detail of evidence that is a decision: behind it stands the code of the decision's reason. Who decided is not the firm's to know.
const saidReason = "reason:"

// Said is the detail in words.
func (e AlertEvidence) Said() Words {
	if code, found := strings.CutPrefix(e.Detail, saidReason); found {
		if reason, known := enforce.ReasonOf(enforce.ReasonCode(code)); known {
			return Words{reason.English, reason.Chinese}
		}
	}
	return Words{e.Detail, e.Detail}
}

func titleOf(tx *db.Tx, id market.ListingID) (string, error) {
	records, err := market.Load(tx, []market.ListingID{id})
	return records[id].Title, err
}

func (s *Service) hearUndoing(tx *db.Tx, body []byte) error {
	var e enforce.Undone
	if err := json.Unmarshal(body, &e); err != nil || e.Decision == "" {
		return fault.Invalid.Say("The event names no decision.").Because(err)
	}
	if err := s.Absolve(tx, "decision:"+string(e.Decision), e.At); err != nil {
		return err
	}
	// What stood before stands again: an earlier finding, or the machine's opinion that an approval had answered.
	d, known, err := enforce.StandingOn(tx, e.Listing)
	if err != nil {
		return err
	}
	if known {
		if err := s.follow(tx, d); err != nil {
			return err
		}
	}
	return s.weighAll(tx, []market.ListingID{e.Listing})
}

func (s *Service) hearVerdicts(tx *db.Tx, body []byte) error {
	var e detect.Scanned
	if err := json.Unmarshal(body, &e); err != nil {
		return fault.Invalid.Say("The event names no listings.").Because(err)
	}
	var ids []market.ListingID
	for _, o := range e.Listings {
		if o.Verdict == detect.Fake || o.Was == detect.Fake {
			ids = append(ids, o.Listing)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	return s.weighAll(tx, slices.Compact(ids))
}

func (s *Service) weighAll(tx *db.Tx, ids []market.ListingID) error {
	opinions, err := detect.Load(tx, ids)
	if err != nil {
		return err
	}
	records, err := market.Load(tx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		o, known := opinions[id]
		if !known {
			continue
		}
		if err := s.weigh(tx, records[id], o); err != nil {
			return err
		}
	}
	return nil
}

// weigh raises an alert for what the machine makes of a listing now, or withdraws the one there was.
func (s *Service) weigh(tx *db.Tx, rec market.Record, o detect.Opinion) error {
	ref := "verdict:" + string(o.ID)
	if o.Verdict != detect.Fake || o.Score < SuspectScore {
		return s.withdraw(tx, ref, tx.Now())
	}
	d, known, err := enforce.StandingOn(tx, o.ID)
	if err != nil || rec.Seller.ID == "" || known && d.Outcome == enforce.Approve {
		return err // a person has said otherwise
	}
	var detail string
	if len(o.Signals) > 0 {
		detail = o.Signals[0].Evidence
	}
	_, err = s.Alert(tx, Suspicion{Ref: ref, Subject: "listing:" + string(o.ID), Kind: SuspectListing, Account: rec.Seller.ID, Listing: o.ID, Title: rec.Title, Detail: detail,
		Path: "/listings/" + string(o.ID), Score: o.Score, At: o.ScannedAt})
	return err
}

// Alert tells the watch of a suspicion. Each member that stands behind the account, or is named, gets an alert; one that has an alert about the same subject gets the evidence.
// What only links tie to a maker counts for what people found, not for a machine's opinion. It gives the alerts concerned; none when nobody watched is.
func (s *Service) Alert(tx *db.Tx, found Suspicion) ([]AlertID, error) {
	if found.Ref == "" || found.Subject == "" || found.Kind.rank() < 0 {
		return nil, fault.Invalid.Say("A suspicion needs a reference, a subject and a kind.")
	}
	undone, err := db.One(tx, db.Value[int], wasUndone, found.Ref)
	if err != nil || undone > 0 {
		return nil, err
	}
	ties, err := s.behind(tx, found)
	if err != nil {
		return nil, err
	}
	var raised []AlertID
	for _, tie := range ties {
		m, err := db.One(tx, scanMaker, oneMaker, string(tie.Maker))
		if fault.Of(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !m.Stage.Watched() || tie.How == TracedAccount && found.Kind == SuspectListing {
			continue
		}
		id, err := s.raise(tx, m, AlertEvidence{Suspicion: found, Tie: tie})
		if err != nil {
			return nil, err
		}
		raised = append(raised, id)
	}
	return raised, nil
}

// behind is the makers a suspicion concerns, each once, by its closest tie.
func (s *Service) behind(tx *db.Tx, found Suspicion) (ties []AccountTie, err error) {
	if found.Maker != "" {
		return []AccountTie{{Maker: found.Maker, Account: found.Account, How: OwnAccount}}, nil
	}
	if found.Account == "" {
		return nil, nil
	}
	own, err := db.All(tx, scanMaker, makersBySeller, string(found.Account))
	if err != nil {
		return nil, err
	}
	for _, m := range own {
		ties = append(ties, AccountTie{Maker: m.ID, Account: found.Account, How: OwnAccount})
	}
	declared, err := db.All(tx, scanTie, makersByAccount, string(found.Account))
	if err != nil {
		return nil, err
	}
	ties = append(ties, declared...)
	if s.Kin != nil {
		traced, err := s.Kin.MakersBehind(tx, found.Account)
		if err != nil {
			return nil, err
		}
		ties = append(ties, traced...)
	}
	var once []AccountTie
	for _, t := range ties {
		if !slices.ContainsFunc(once, func(o AccountTie) bool { return o.Maker == t.Maker }) {
			once = append(once, t)
		}
	}
	return once, nil
}

func (s *Service) raise(tx *db.Tx, m Maker, e AlertEvidence) (AlertID, error) {
	a, err := db.One(tx, scanAlert, alertAbout, string(m.ID), e.Subject)
	isNew := fault.Of(err) == fault.NotFound
	if err != nil && !isNew {
		return "", err
	}
	opened := isNew
	if isNew {
		a = Alert{ID: AlertID(db.NewID()), Maker: m.ID, Cohort: m.Cohort, Organisation: m.Organisation, Name: m.Name, Subject: e.Subject, Kind: e.Kind, State: AlertOpen, At: tx.Now(), Due: tx.Now().AddDate(0, 0, AlertDays)}
		if err := keepAlert(tx, a.touch(tx, access.System)); err != nil {
			return "", err
		}
	}
	added, err := addEvidence(tx, a.ID, e)
	if err != nil || !added && !isNew {
		return a.ID, err
	}
	if a.opens(e.Kind) {
		a.State, a.Hearing, a.Why, a.Overdue, a.Due, opened = AlertOpen, "", "", false, tx.Now().AddDate(0, 0, AlertDays), true
	}
	if e.Kind.rank() > a.Kind.rank() {
		a.Kind = e.Kind
	}
	a = a.touch(tx, access.System)
	entry := map[string]any{"alert": a.ID, "maker": m.ID, "subject": e.Subject, "kind": e.Kind, "ref": e.Ref, "tie": e.Tie, "opened": opened}
	if _, err := ledger.Record(tx, "alert.raised", m.Subject(), access.System.Actor(), entry); err != nil {
		return "", err
	}
	if err := keepAlert(tx, a); err != nil {
		return "", err
	}
	if !opened {
		return a.ID, nil
	}
	return a.ID, tx.Emit(Alerted{a.ID, a.Maker, a.Kind, tx.Now()})
}

// addEvidence reports whether it was not there, or had been withdrawn.
func addEvidence(tx *db.Tx, alert AlertID, e AlertEvidence) (bool, error) {
	tie, err := json.Marshal(e.Tie)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(writeEvidence, string(alert), e.Ref, string(e.Kind), string(e.Account), string(e.Listing), e.Title, string(tie), e.Detail, e.Path, e.Score, db.Micros(e.At), int64(0))
	if err != nil || n > 0 {
		return n > 0, err
	}
	n, err = tx.Exec(reviveEvidence, db.Micros(e.At), e.Score, e.Detail, string(alert), e.Ref)
	return n > 0, err
}

// Absolve takes a piece of evidence back for good, because what it rests on was: it cannot be raised again. Alerts without other evidence are withdrawn, and hearings
// that were called for nothing else and have not decided.
func (s *Service) Absolve(tx *db.Tx, ref string, at time.Time) error {
	if _, err := tx.Exec(keepUndone, ref, db.Micros(at)); err != nil {
		return err
	}
	return s.withdraw(tx, ref, at)
}

// withdraw takes evidence back that may come again.
func (s *Service) withdraw(tx *db.Tx, ref string, at time.Time) error {
	n, err := tx.Exec(dropEvidence, db.Micros(at), ref)
	if err != nil || n == 0 {
		return err
	}
	alerts, err := db.All(tx, scanAlert, alertsWithRef, ref)
	if err != nil {
		return err
	}
	for _, a := range alerts {
		if err := s.settle(tx, a, ref); err != nil {
			return err
		}
	}
	return nil
}

// settle brings an alert in line with the evidence that still stands.
func (s *Service) settle(tx *db.Tx, a Alert, ref string) error {
	all, err := db.All(tx, scanEvidence, evidenceOf, string(a.ID))
	if err != nil {
		return err
	}
	kind, stands := gravest(all)
	if stands {
		a.Kind = kind
	} else if slices.Contains(nextAlert[a.State], AlertWithdrawn) {
		a.State = AlertWithdrawn
	}
	entry := map[string]any{"alert": a.ID, "maker": a.Maker, "ref": ref, "state": a.State}
	if _, err := ledger.Record(tx, "alert.evidence-withdrawn", Maker{ID: a.Maker}.Subject(), access.System.Actor(), entry); err != nil {
		return err
	}
	if err := keepAlert(tx, a.touch(tx, access.System)); err != nil || a.State != AlertWithdrawn || a.Hearing == "" {
		return err
	}
	return s.endEmptyHearing(tx, a.Hearing)
}

// endEmptyHearing withdraws a hearing of which every alert was withdrawn.
func (s *Service) endEmptyHearing(tx *db.Tx, id HearingID) error {
	h, err := db.One(tx, scanHearing, oneHearing, string(id))
	if err != nil || !slices.Contains(nextHearing[h.State], HearingWithdrawn) {
		return err
	}
	alerts, err := db.All(tx, scanAlert, alertsHeard, string(id))
	if err != nil || slices.ContainsFunc(alerts, func(a Alert) bool { return a.State != AlertWithdrawn }) {
		return err
	}
	h.State = HearingWithdrawn
	h.Ground = "What it rested on was taken back."
	return recordHearing(tx, access.System, "hearing.withdrawn", &h)
}

// touch is the alert changed by somebody now.
func (a Alert) touch(tx *db.Tx, by access.User) Alert {
	a.Version, a.UpdatedAt, a.UpdatedBy = a.Version+1, tx.Now(), by.Name
	return a
}

var noAlert = fault.NotFound.Say("There is no such alert.")

// findAlert is an alert that the person may see: the programme's people every one, a firm its own.
func findAlert(tx *db.Tx, by access.User, id AlertID) (Alert, error) {
	if !by.Can(access.MakerRead) {
		return Alert{}, by.May(access.MakerRead, by.Org)
	}
	if id == "" || db.Text(string(id)) != nil {
		return Alert{}, noAlert
	}
	a, err := db.One(tx, scanAlert, oneAlert, string(id))
	if fault.Of(err) == fault.NotFound || err == nil && by.May(access.MakerRead, a.Organisation) != nil {
		return Alert{}, noAlert
	}
	return a, err
}

// AlertOf is an alert with its evidence, oldest first. A firm sees an alert about itself once a hearing was called: until then it is a question the programme asks itself.
func (s *Service) AlertOf(ctx context.Context, by access.User, id AlertID) (a Alert, evidence []AlertEvidence, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if a, err = findAlert(tx, by, id); err != nil {
			return err
		}
		if a.Hearing == "" && by.May(access.MakerRead, "") != nil {
			return noAlert
		}
		evidence, err = db.All(tx, scanEvidence, evidenceOf, string(id))
		return err
	})
	return a, evidence, err
}

// AlertFilter says which alerts a list shows.
type AlertFilter struct {
	State  AlertState
	Kind   AlertKind
	Maker  MakerID
	Cohort CohortID
	After  string
	Limit  int // rows a page, at most 500; 0 means 50
}

func (f AlertFilter) where(by access.User) (*db.Where, error) {
	w := &db.Where{}
	if by.Reach(access.MakerRead) == access.Own {
		w.And(`organisation = ?`, string(by.Org))
		w.And(`hearing <> ''`)
	}
	for _, c := range []struct{ field, condition, value string }{{"state", `state = ?`, string(f.State)}, {"kind", `kind = ?`, string(f.Kind)}, {"maker", `maker = ?`, string(f.Maker)}, {"cohort", `cohort = ?`, string(f.Cohort)}} {
		if err := checkText(c.field, c.value, maxSearch); err != nil {
			return nil, err
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	return w, nil
}

// Alerts lists alerts, newest first; a firm sees those about itself for which a hearing was called.
func (s *Service) Alerts(ctx context.Context, by access.User, f AlertFilter) (page db.Page[Alert], err error) {
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
		if err := db.ParseCursor(f.After, "alerts", &at, &id); err != nil {
			return page, err
		}
		w.And(`(opened_at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 500)
	w.Then(`order by opened_at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanAlert, listAlerts+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Alert) string { return db.Cursor("alerts", db.Micros(last.At), last.ID) })
		return err
	})
	return page, err
}

// CountAlerts is how many alerts the filter's pages show together.
func (s *Service) CountAlerts(ctx context.Context, by access.User, f AlertFilter) (n int64, err error) {
	if !by.Can(access.MakerRead) {
		return 0, by.May(access.MakerRead, by.Org)
	}
	w, err := f.where(by)
	if err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, db.Value[int64], countAlerts+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// ExportAlerts gives every alert of the filter, newest first, page by page.
func (s *Service) ExportAlerts(ctx context.Context, by access.User, f AlertFilter) iter.Seq2[Alert, error] {
	f.Limit = 500
	return db.Pages(f.After, func(after string) (db.Page[Alert], error) {
		f.After = after
		return s.Alerts(ctx, by, f)
	})
}

// Dismiss closes an open alert with a reason. It returns fault.Conflict when somebody else has answered it.
func (s *Service) Dismiss(ctx context.Context, by access.User, id AlertID, version int64, why string) (a Alert, err error) {
	if err := needText("why", why, MaxWhy); err != nil {
		return a, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a, err = openAlert(tx, by, id); err != nil {
			return err
		}
		if a.Version != version {
			return alertChanged(a)
		}
		a.State, a.Why = AlertDismissed, strings.TrimSpace(why)
		a = a.touch(tx, by)
		entry := map[string]any{"alert": a.ID, "maker": a.Maker, "why": a.Why}
		if _, err := ledger.Record(tx, "alert.dismissed", Maker{ID: a.Maker}.Subject(), by.Actor(), entry); err != nil {
			return err
		}
		return keepAlert(tx, a)
	})
	if err != nil {
		return Alert{}, fmt.Errorf("dismiss alert %s: %w", id, err)
	}
	return a, nil
}

// Reopen takes a dismissal back: the alert waits for an answer again, as it did before. It returns fault.Conflict for one that was not dismissed by itself, or when somebody was first.
func (s *Service) Reopen(ctx context.Context, by access.User, id AlertID, version int64) (a Alert, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if a, err = findAlert(tx, by, id); err != nil {
			return err
		}
		if err := by.May(access.MakerMove, a.Organisation); err != nil {
			return err
		}
		if a.Version != version {
			return alertChanged(a)
		}
		if a.State != AlertDismissed || a.Hearing != "" {
			return fault.Conflict.Say("This alert was not dismissed.")
		}
		evidence, err := db.All(tx, scanEvidence, evidenceOf, string(id))
		if err != nil {
			return err
		}
		if _, stands := gravest(evidence); !stands {
			return fault.Conflict.Say("What this alert rested on was taken back meanwhile.")
		}
		a.State, a.Why = AlertOpen, ""
		a = a.touch(tx, by)
		if _, err := ledger.Record(tx, "alert.reopened", Maker{ID: a.Maker}.Subject(), by.Actor(), map[string]any{"alert": a.ID, "maker": a.Maker}); err != nil {
			return err
		}
		return keepAlert(tx, a)
	})
	if err != nil {
		return Alert{}, fmt.Errorf("reopen alert %s: %w", id, err)
	}
	return a, nil
}

func alertChanged(a Alert) error {
	return fault.Conflict.Say("%s has changed this alert meanwhile, at %s. Look at the change and try again.", a.UpdatedBy, moment(a.UpdatedAt))
}

// openAlert is an alert the person may answer.
func openAlert(tx *db.Tx, by access.User, id AlertID) (Alert, error) {
	a, err := findAlert(tx, by, id)
	if err != nil {
		return a, err
	}
	if err := by.May(access.MakerMove, a.Organisation); err != nil {
		return a, err
	}
	if a.State != AlertOpen {
		return a, fault.Conflict.Say("%s has answered this alert already, at %s.", a.UpdatedBy, moment(a.UpdatedAt))
	}
	return a, nil
}

// Account is a seller's account that a maker has declared.
type Account struct {
	Account market.SellerID
	How     AccountTieKind
	Note    string
	ByName  string
	At      time.Time
}

// DeclareAccount enters an account as the maker's own or its kin's, or changes what is said of it. The firm declares, or the programme does for it.
func (s *Service) DeclareAccount(ctx context.Context, by access.User, id MakerID, account market.SellerID, how AccountTieKind, note string) error {
	if err := needText("account", string(account), maxNumber); err != nil {
		return err
	}
	if err := checkText("note", note, MaxWhy); err != nil {
		return err
	}
	if !slices.Contains(declaredTies, how) {
		return fault.Invalid.Say("Choose how the account is tied to the firm.").At("tie")
	}
	account = market.SellerID(strings.TrimSpace(string(account)))
	return s.accounting(ctx, by, id, "account.declared", map[string]any{"maker": id, "account": account, "tie": how, "note": note}, func(tx *db.Tx) error {
		_, err := tx.Exec(writeAccount, string(id), string(account), string(how), strings.TrimSpace(note), by.Name, db.Micros(tx.Now()))
		return err
	})
}

// DropAccount takes a declared account off. Only the programme does: what was once declared is not for the firm to hide.
func (s *Service) DropAccount(ctx context.Context, by access.User, id MakerID, account market.SellerID) error {
	if !by.Can(access.MakerMove) {
		return by.May(access.MakerMove, by.Org)
	}
	return s.accounting(ctx, by, id, "account.dropped", map[string]any{"maker": id, "account": account}, func(tx *db.Tx) error {
		n, err := tx.Exec(dropAccount, string(id), string(account))
		if err == nil && n == 0 {
			return fault.NotFound.Say("This account was not declared.")
		}
		return err
	})
}

func (s *Service) accounting(ctx context.Context, by access.User, id MakerID, kind string, entry any, write func(*db.Tx) error) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := editMaker(tx, by, id)
		if err != nil {
			return err
		}
		if _, err := ledger.Record(tx, kind, m.Subject(), by.Actor(), entry); err != nil {
			return err
		}
		return write(tx)
	})
	if err != nil {
		return fmt.Errorf("%s of maker %s: %w", kind, id, err)
	}
	return nil
}

// Accounts is the accounts a maker has declared.
func (s *Service) Accounts(ctx context.Context, by access.User, id MakerID) (all []Account, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = accountsOf(tx, id)
		return err
	})
	return all, err
}

func accountsOf(tx *db.Tx, id MakerID) ([]Account, error) {
	return db.All(tx, func(r db.Row) (a Account, err error) {
		var at int64
		err = r.Scan(&a.Account, &a.How, &a.Note, &a.ByName, &at)
		a.At = db.Time(at)
		return a, err
	}, accountsOfMaker, string(id))
}
