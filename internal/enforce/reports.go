package enforce

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

var noReport = fault.NotFound.Say("There is no such report.")

// Of reports from one address.
const (
	mostReports   = 20 // within reportedWithin
	reportedIn    = 24 * time.Hour
	objectMonths  = 6 // DSA Art. 20(1)
	reportEntries = "report.received"
)

// ReportSecret is what the address of a report's follow-up page ends with. A form draws it before it is filled in, so that the form sent twice is one report.
func ReportSecret() string { return rand.Text() }

var reportSecret = regexp.MustCompile(`^[A-Z2-7]{26}$`)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// FileReport takes a stranger's report. After nil it is in the ledger and its listing waits for a decision; secret, drawn by ReportSecret, is how they follow it.
// The same secret again is the same report. address is where they ask from, for counting only, and is forgotten after a day. It returns fault.Invalid
// for each thing wrong, fault.NotFound at "place" for a listing that is not known, and fault.TooMany when too many came from the address.
func (s *Service) FileReport(ctx context.Context, address, secret string, said Said) (r PublicReport, err error) {
	if !reportSecret.MatchString(secret) {
		return r, fault.Invalid.Say("This form is out of date. Load the page again.")
	}
	said = said.clean()
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err = db.One(tx, scanReport, reportBySecret, digest(secret))
		if fault.Of(err) != fault.NotFound {
			return err
		}
		if err := errors.Join(said.check()...); err != nil {
			return err
		}
		from := digest(customer(address))
		old := db.Micros(tx.Now().Add(-reportedIn))
		if _, err := tx.Exec(forgetOrigins, old); err != nil {
			return err
		}
		if n, err := db.One(tx, db.Value[int64], reportsFrom, from, old); err != nil {
			return err
		} else if n >= mostReports {
			return fault.TooMany.Say("Too many reports came from here today. Try again tomorrow.")
		}
		candidates := named(said.Place)
		known, err := market.Load(tx, candidates)
		if err != nil {
			return err
		}
		r = PublicReport{ID: ReportID(db.NewID()), Said: said, State: Received, ReceivedAt: tx.Now(), DueAt: tx.Now().Add(NoticeTime)}
		for _, id := range candidates {
			if _, is := known[id]; is {
				r.Listing = id
				break
			}
		}
		if r.Listing == "" {
			return fault.NotFound.Say("There is no such listing.").At("place")
		}
		v, _, err := place(tx, r.Listing)
		if err != nil {
			return err
		}
		down, err := isDown(tx, v)
		if err != nil {
			return err
		}
		if down {
			r.State, r.DecidedAt, r.Decision = Upheld, tx.Now(), v.Decision
		}
		// Who spoke stays out of the ledger, which forgets nothing; what was said is held by its digest.
		if r.Entry, err = ledger.Record(tx, reportEntries, Subject(r.Listing), access.System.Actor(), struct {
			Report ReportID    `json:"report"`
			Kind   ReportKind  `json:"kind"`
			Words  string      `json:"words"` // SHA-256 of the reasons
			State  NoticeState `json:"state"`
		}{r.ID, r.Kind, digest(r.Reasons), r.State}); err != nil {
			return err
		}
		if _, err := tx.Exec(writeReport, string(r.ID), digest(secret), string(r.Listing), string(r.Kind), r.Place, r.Reasons, r.Name, r.Email, r.Language, from, string(r.State),
			db.Micros(r.ReceivedAt), db.Micros(r.DueAt), db.Micros(r.DecidedAt), string(r.Decision), "", int64(0), r.Entry); err != nil {
			return err
		}
		if r.State != Received {
			return nil
		}
		return keepReview(tx, v.noticed(Notice{DueAt: r.DueAt}, tx.Now()))
	})
	if err != nil {
		return PublicReport{}, fmt.Errorf("file a report: %w", err)
	}
	return r, nil
}

// customer is the address of one customer: of IPv6 the /64 that each has.
func customer(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil {
		port, err := netip.ParseAddrPort(address)
		if err != nil {
			return "elsewhere"
		}
		at = port.Addr()
	}
	at = at.Unmap().WithZone("")
	if at.Is6() {
		if prefix, err := at.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return at.String()
}

// Followed is a report as who made it sees it.
type Followed struct {
	PublicReport
	Sight       Sight
	Answer      *Answer // nil while it waits
	ObjectUntil time.Time
}

// MayObject reports whether a refusal can be objected to at the moment: once, within six months.
func (f Followed) MayObject(now time.Time) bool {
	return f.State == NoticeRefused && f.ObjectedAt.IsZero() && now.Before(f.ObjectUntil)
}

// Follow is the report of a follow-up link. It returns fault.NotFound for a link there is not.
func (s *Service) Follow(ctx context.Context, secret string) (f Followed, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		f, err = followed(tx, secret)
		return err
	})
	return f, err
}

func followed(tx *db.Tx, secret string) (f Followed, err error) {
	if !reportSecret.MatchString(secret) {
		return f, noReport
	}
	f.PublicReport, err = db.One(tx, scanReport, reportBySecret, digest(secret))
	if fault.Of(err) == fault.NotFound {
		return f, noReport
	}
	if err != nil {
		return f, err
	}
	seen, err := sights(tx, []market.ListingID{f.Listing})
	if err != nil {
		return f, err
	}
	f.Sight = seen[f.Listing]
	if f.Decision == "" {
		return f, nil
	}
	d, err := db.One(tx, scanDecision, oneDecision, string(f.Decision))
	if err != nil {
		return f, err
	}
	f.Answer, f.ObjectUntil = new(answerOf(d)), f.DecidedAt.AddDate(0, objectMonths, 0)
	return f, nil
}

// ObjectToRefusal has a refused report looked at again, by who may undo other people's decisions: its listing is escalated. It returns fault.Conflict when the report was not refused, was objected to before, or six months are over.
func (s *Service) ObjectToRefusal(ctx context.Context, secret, why string) (f Followed, err error) {
	why = strings.TrimSpace(why)
	if err := checkText(why, maxReasons); err != nil {
		return f, err.At("objection")
	}
	if len([]rune(why)) < leastReasons {
		return f, fault.Invalid.Say("Say in a sentence why the decision is wrong.").At("objection")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if f, err = followed(tx, secret); err != nil {
			return err
		}
		if f.Objection == why {
			return nil // sent twice
		}
		if !f.MayObject(tx.Now()) {
			return fault.Conflict.Say("This decision cannot be objected to any more.")
		}
		v, _, err := place(tx, f.Listing)
		if err != nil {
			return err
		}
		f.State, f.DecidedAt, f.Decision, f.Answer = Received, time.Time{}, "", nil
		f.Objection, f.ObjectedAt, f.DueAt = why, tx.Now(), tx.Now().Add(NoticeTime)
		down, err := isDown(tx, v)
		if err != nil {
			return err
		}
		if down { // it went down meanwhile
			f.State, f.DecidedAt, f.Decision = Upheld, tx.Now(), v.Decision
		}
		if _, err := ledger.Record(tx, "report.objected", Subject(f.Listing), access.System.Actor(), struct {
			Report ReportID `json:"report"`
			Words  string   `json:"words"`
		}{f.ID, digest(why)}); err != nil {
			return err
		}
		if _, err := tx.Exec(objectReport, string(f.State), db.Micros(f.DueAt), db.Micros(f.DecidedAt), string(f.Decision), f.Objection, db.Micros(f.ObjectedAt), string(f.ID)); err != nil {
			return err
		}
		if f.State != Received {
			return nil
		}
		v = v.noticed(Notice{DueAt: f.DueAt}, tx.Now())
		v.State = Escalated
		return keepReview(tx, v)
	})
	if err != nil {
		return Followed{}, fmt.Errorf("object to a refusal: %w", err)
	}
	return f, nil
}

// settleReports answers the reports that wait for a decision on the listing.
func settleReports(tx *db.Tx, by access.User, d Decision, state NoticeState) error {
	waiting, err := db.All(tx, db.Value[string], reportsWaitingIDs, string(d.Listing))
	if err != nil || len(waiting) == 0 {
		return err
	}
	if err := notTheSame(tx, by, d); err != nil {
		return err
	}
	if _, err := ledger.Record(tx, "reports.answered", Subject(d.Listing), by.Actor(), struct {
		Decision DecisionID  `json:"decision"`
		State    NoticeState `json:"state"`
		Reports  []string    `json:"reports"`
	}{d.ID, state, waiting}); err != nil {
		return err
	}
	_, err = tx.Exec(answerReports, string(state), db.Micros(d.At), string(d.ID), string(d.Listing))
	return err
}

// notTheSame returns fault.Forbidden where somebody has objected to a decision that the person took: another answers, as on every appeal.
func notTheSame(tx *db.Tx, by access.User, d Decision) error {
	at, err := db.One(tx, db.Value[int64], lastObjection, string(d.Listing))
	if err != nil || at == 0 {
		return err
	}
	all, err := db.All(tx, scanDecision, decisionsOf, string(d.Listing))
	if err != nil {
		return err
	}
	for _, one := range slices.Backward(all) {
		if one.ID != d.ID && one.Outcome == Approve && !one.At.After(db.Time(at)) {
			if one.By == by.Answerable() {
				return fault.Forbidden.Say("Somebody objects to a decision of yours on this listing. Another person answers.")
			}
			return nil
		}
	}
	return nil
}

// waitingReports is how many reports wait for the listing's decision, and until when the first of them.
func waitingReports(tx *db.Tx, listing market.ListingID) (n int64, due time.Time, err error) {
	var at int64
	_, err = db.One(tx, func(r db.Row) (none, error) { return none{}, r.Scan(&n, &at) }, reportsWaiting, string(listing))
	return n, db.Time(at), err
}

// reportedAt is when the first report came that a decision answered; zero when it answered none.
func reportedAt(tx *db.Tx, d Decision) (time.Time, error) {
	at, err := db.One(tx, db.Value[int64], firstAnswered, string(d.ID), db.Micros(d.At))
	return db.Time(at), err
}

// ReportFilter says which reports a list shows.
type ReportFilter struct {
	State   NoticeState
	Kind    ReportKind
	Listing market.ListingID
	After   string // the cursor of the page before
	Limit   int    // rows a page, at most 200; 0 means 50
}

// Reports lists what the public reported, newest first, for who works the queue.
func (s *Service) Reports(ctx context.Context, by access.User, f ReportFilter) (page db.Page[PublicReport], err error) {
	if err := by.May(access.ReviewRead, ""); err != nil {
		return page, err
	}
	w := &db.Where{}
	for _, c := range []struct{ field, condition, value string }{{"state", `state = ?`, string(f.State)}, {"kind", `kind = ?`, string(f.Kind)}, {"listing", `listing = ?`, string(f.Listing)}} {
		if f, ok := fault.As(db.Text(c.value)); ok {
			return page, f.At(c.field)
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "reports", &at, &id); err != nil {
			return page, err
		}
		w.And(`(received_at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by received_at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanReport, listReports+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last PublicReport) string { return db.Cursor("reports", db.Micros(last.ReceivedAt), last.ID) })
		return err
	})
	return page, err
}

// ExportReports gives every report of the filter, newest first, page by page.
func (s *Service) ExportReports(ctx context.Context, by access.User, f ReportFilter) iter.Seq2[PublicReport, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[PublicReport], error) {
		f.After = after
		return s.Reports(ctx, by, f)
	})
}
