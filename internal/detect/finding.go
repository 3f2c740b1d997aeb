package detect

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/engine/score"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/bus"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Finding is what a person found a listing to be, with what the machine said of it at that time. Findings are what the machine is measured by and may
// be trained on.
type Finding struct {
	ID         string // the decision's
	Listing    market.ListingID
	Kind       FindingKind
	At         time.Time
	Overturned time.Time // when it was taken back, or another was found; zero while it stands
	Verdict    Verdict
	Score      float64
	Brand      brand.ID
	Signals    []string
	Model      string
	Treatment
	Weight float64 // how many scanned listings it stands for: 1, or more when people looked at it by draw only
}

// FindingKind is what a listing was found to be.
type FindingKind string

// The kinds of findings.
const (
	FoundFake    FindingKind = "fake" // removed or restricted
	FoundGenuine FindingKind = "genuine"
)

// DecisionEvents are the events that tell of people's decisions, and DecisionConsumer is Service.HandleDecision's name, one worker. The room that
// decides stands to the right of this one; the events are read as it writes them.
var DecisionEvents = []string{"event.enforce.decided", "event.enforce.undone"}

// DecisionConsumer is of DecisionEvents: Service.HandleDecision, one worker.
const DecisionConsumer = "detect-decision"

// findingOf is what an outcome says of a listing; empty for one that says nothing.
var findingOf = map[string]FindingKind{"remove": FoundFake, "restrict": FoundFake, "approve": FoundGenuine}

// HandleDecision keeps what a decision says of a listing, and that it was taken back. Events may come late, twice or in any order. It is a bus.Handler.
func (s *Service) HandleDecision(ctx context.Context, m bus.Message) error {
	var said struct {
		Decision  string           `json:"decision"`
		Listing   market.ListingID `json:"listing"`
		Outcome   string           `json:"outcome"` // empty: undone
		Automated bool             `json:"automated"`
		At        time.Time        `json:"at"`
	}
	if err := json.Unmarshal(m.Body, &said); err != nil || said.Decision == "" || said.Listing == "" {
		return fault.Invalid.Say("The event names no decision.").Because(err)
	}
	var fakes []fakePicture
	if findingOf[said.Outcome] == FoundFake && !said.Automated {
		var err error
		if fakes, err = s.knownFakes(ctx, said.Listing); err != nil {
			return fmt.Errorf("learn from decision %s: %w", said.Decision, err)
		}
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		first, err := bus.Once(tx, DecisionConsumer, m.ID)
		if err != nil || !first {
			return err
		}
		if said.Outcome == "" {
			// It may come before the decision itself, and is kept for it then.
			_, err := tx.Exec(overturnFinding, said.Decision, string(said.Listing), db.Micros(said.At))
			return err
		}
		kind := findingOf[said.Outcome]
		if kind == "" || said.Automated {
			return nil // a question, or the machine's own word: neither teaches anything
		}
		if err := keepFakes(tx, fakes); err != nil {
			return err
		}
		return learn(tx, Finding{ID: said.Decision, Listing: said.Listing, Kind: kind, At: said.At})
	})
	if err != nil {
		return fmt.Errorf("learn from decision %s: %w", said.Decision, err)
	}
	return s.lookAtCopies(ctx, said.Listing, m.ID)
}

// learn keeps a finding with what the machine says of the listing. One that says otherwise than an earlier one overturns it.
func learn(tx *db.Tx, f Finding) error {
	opinions, err := Load(tx, []market.ListingID{f.Listing})
	if err != nil {
		return err
	}
	o := opinions[f.Listing]
	f.Verdict, f.Score, f.Brand, f.Model, f.Treatment = o.Verdict, o.Score, o.Brand, o.Model, o.Treatment
	f.Signals = make([]string, 0, len(o.Signals))
	for _, signal := range o.Signals {
		if !slices.Contains(f.Signals, signal.Name) {
			f.Signals = append(f.Signals, signal.Name)
		}
	}
	f.Weight = 1
	if f.Audit && f.Queue == AuditQueue {
		p, err := onePolicy(tx, f.Policy)
		if err != nil {
			return err
		}
		if p.Terms.Audit > 0 {
			f.Weight = 1 / p.Terms.Audit
		}
	}
	signals, err := json.Marshal(f.Signals)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(overturnOthers, db.Micros(f.At), string(f.Listing), string(f.Kind), f.ID); err != nil {
		return err
	}
	_, err = tx.Exec(writeFinding, f.ID, string(f.Listing), string(f.Kind), db.Micros(f.At), int64(0), string(f.Verdict), f.Score, string(f.Brand), string(signals), f.Model,
		string(f.Action), f.Rule, int64(f.Policy), f.Audit, f.Weight)
	return err
}

// mostFindings is how many findings, the newest, figures are made of.
const mostFindings = 50_000

// SignalFigures are how one signal fares.
type SignalFigures struct {
	SignalInfo
	Weight float64 // bits for each unit of the feature, in the live model

	Now    float64 // share of the listings scanned in the last 7 days that had it
	Before float64 // in the 28 days before those
	Drift  bool    // it fires much more or less often than it did, and not by chance

	Audited Precision // among listings people looked at by draw
	Queued  Precision // among all that people looked at; those are chosen by the machine, so it flatters
}

// Precision is how many of the listings with a signal were found to be fakes, with a 95 % Wilson interval.
type Precision struct {
	Fakes, Findings int64
	Share, Low, Top float64 // of fakes; not numbers when there is no finding
}

func precisionOf(fakes, findings int64) Precision {
	p := Precision{Fakes: fakes, Findings: findings, Share: math.NaN(), Low: 0, Top: 1}
	if findings > 0 {
		i := score.Wilson(int(fakes), int(findings), score.Z95)
		p.Share, p.Low, p.Top = float64(fakes)/float64(findings), i.Low, i.High
	}
	return p
}

// Learnt is what decisions tell of the machine.
type Learnt struct {
	Signals   []SignalFigures // in the order of the catalogue
	ScannedIn int64           // listings scanned in the last 7 days
	ScannedBy int64           // in the 28 days before
	AddedUpTo time.Time       // what was scanned since is not counted yet; zero when all is

	Findings   int64 // standing, the newest mostFindings
	Fakes      int64
	Audits     int64 // of Findings: by draw
	AuditFakes int64
	Overturned int64 // findings that were taken back, of as many
	Bins       []Bin // standing findings by score, each counted as often as it stands for a listing scanned
	Prevalence float64
}

// binCount is how many bins the scale of scores has.
const binCount = 100

// Bins makes empty bins over the whole scale.
func emptyBins() []Bin {
	bins := make([]Bin, binCount)
	for i := range bins {
		bins[i].From = float64(i) / binCount
	}
	return bins
}

func binOf(score float64) int { return min(max(int(score*binCount+1e-9), 0), binCount-1) }

// Learnt reads what is known of how well the machine does.
func (s *Service) Learnt(ctx context.Context, by access.User) (l Learnt, err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return l, err
	}
	live, err := s.runningOf(ctx, edition{})
	if err != nil {
		return l, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		l = Learnt{Bins: emptyBins()}
		counts, err := l.readFindings(tx)
		if err != nil {
			return err
		}
		if err := l.readDays(tx); err != nil {
			return err
		}
		model, err := modelOf(tx, live.model)
		if err != nil {
			return err
		}
		for i := range l.Signals {
			f := &l.Signals[i]
			f.Weight = model.Weight(f.Name)
			n := counts[f.Name]
			f.Audited, f.Queued = precisionOf(n.auditFakes, n.audits), precisionOf(n.fakes, n.findings)
		}
		return nil
	})
	if err != nil {
		return Learnt{}, fmt.Errorf("read what was learnt: %w", err)
	}
	return l, nil
}

type findingCounts struct{ findings, fakes, audits, auditFakes int64 }

func (l *Learnt) readFindings(tx *db.Tx) (map[string]findingCounts, error) {
	counts := map[string]findingCounts{}
	fakes, all := 0.0, 0.0
	_, err := db.All(tx, func(r db.Row) (nothing, error) {
		var kind FindingKind
		var overturned int64
		var at, weight float64
		var signals string
		var audit bool
		if err := r.Scan(&kind, &overturned, &at, &signals, &audit, &weight); err != nil {
			return nothing{}, err
		}
		if overturned > 0 {
			l.Overturned++
			return nothing{}, nil
		}
		var names []string
		if err := json.Unmarshal([]byte(signals), &names); err != nil {
			return nothing{}, err
		}
		fake := kind == FoundFake
		l.Findings++
		bin := &l.Bins[binOf(at)]
		all += weight
		if fake {
			l.Fakes++
			bin.Fakes += weight
			fakes += weight
		} else {
			bin.Genuine += weight
		}
		if audit {
			l.Audits++
			if fake {
				l.AuditFakes++
			}
		}
		for _, name := range names {
			n := counts[name]
			n.findings++
			n.audits += one(audit)
			n.fakes += one(fake)
			n.auditFakes += one(fake && audit)
			counts[name] = n
		}
		return nothing{}, nil
	}, newestFindings, mostFindings)
	if all > 0 {
		l.Prevalence = fakes / all
	}
	return counts, err
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// Days of the windows that drift is told by.
const (
	nowDays    = 7
	beforeDays = 28
)

func (l *Learnt) readDays(tx *db.Tx) error {
	today := tx.Now().Unix() / 86400
	now, before := map[string]int64{}, map[string]int64{}
	_, err := db.All(tx, func(r db.Row) (nothing, error) {
		var day, listings int64
		var signal string
		if err := r.Scan(&day, &signal, &listings); err != nil {
			return nothing{}, err
		}
		if day > today-nowDays {
			now[signal] += listings
		} else {
			before[signal] += listings
		}
		return nothing{}, nil
	}, signalDays, today-nowDays-beforeDays)
	if err != nil {
		return err
	}
	l.ScannedIn, l.ScannedBy = now[""], before[""]
	for _, info := range Signals() {
		f := SignalFigures{SignalInfo: info}
		if l.ScannedIn > 0 {
			f.Now = float64(now[info.Name]) / float64(l.ScannedIn)
		}
		if l.ScannedBy > 0 {
			f.Before = float64(before[info.Name]) / float64(l.ScannedBy)
		}
		f.Drift = drifted(now[info.Name], l.ScannedIn, before[info.Name], l.ScannedBy)
		l.Signals = append(l.Signals, f)
	}
	oldest, err := db.One(tx, db.Value[int64], oldestTally)
	l.AddedUpTo = db.Time(oldest)
	return err
}

// drifted reports whether a of b and c of d are shares that differ by half or more, and by more than four standard errors.
func drifted(a, b, c, d int64) bool {
	if b == 0 || d == 0 || a+c == 0 {
		return false
	}
	p, q := float64(a)/float64(b), float64(c)/float64(d)
	if p < 1.5*q && q < 1.5*p {
		return false
	}
	pooled := float64(a+c) / float64(b+d)
	return math.Abs(p-q) > 4*math.Sqrt(pooled*(1-pooled)*(1/float64(b)+1/float64(d)))
}

// FindingFilter says which findings a list shows.
type FindingFilter struct {
	Kind  FindingKind // empty: both
	Audit bool        // by draw only
	After string      // the cursor of the page before
	Limit int         // rows a page, at most 200; 0 means 50
}

// Findings lists the findings that stand, newest first.
func (s *Service) Findings(ctx context.Context, by access.User, f FindingFilter) (page db.Page[Finding], err error) {
	if err := by.May(access.PolicyRead, ""); err != nil {
		return page, err
	}
	w := &db.Where{}
	w.And(`overturned_at = 0`)
	switch f.Kind {
	case "":
		w.And(`finding <> ''`)
	case FoundFake, FoundGenuine:
		w.And(`finding = ?`, string(f.Kind))
	default:
		return page, fault.Invalid.Say("There is no such finding.").At("kind")
	}
	if f.Audit {
		w.And(`audit`)
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "findings", &at, &id); err != nil {
			return page, err
		}
		w.And(`(at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanFinding, listFindings+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Finding) string { return db.Cursor("findings", db.Micros(last.At), last.ID) })
		return err
	})
	return page, err
}

// ExportFindings gives every finding of the filter, newest first, page by page; Finding.Label makes labels of them.
func (s *Service) ExportFindings(ctx context.Context, by access.User, f FindingFilter) iter.Seq2[Finding, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Finding], error) {
		f.After = after
		return s.Findings(ctx, by, f)
	})
}

// Label is one line of the labels file of all findings, which `ownmark train` and `ownmark eval` read.
func (f Finding) Label() Label {
	why := "a person's decision"
	if f.Audit {
		why = "a person's decision, by draw"
	}
	return Label{ID: f.Listing, Label: string(f.Kind), Brand: f.Brand, Why: why, Trick: strings.Join(f.Signals[:min(len(f.Signals), 1)], "")}
}
