package enforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
	"github.com/ownmark/ownmark/internal/market"
)

var noNotice = fault.NotFound.Say("There is no such notice.")

// NoticeResult is what became of one claim: a notice, or why there is none.
type NoticeResult struct {
	Row     int // its place among those sent, from 1
	Notice  Notice
	Again   bool  // the same notice was waiting already
	Problem error // a fault; nil when there is a notice
}

// FileNotice takes a notice. After nil it is in the ledger, its listing waits for a decision, and the notice itself is the receipt. The same claim twice
// is one notice. A notice against a listing that is down already is upheld by the decision that took it down. It returns fault.Invalid for each thing
// wrong, also for a right that does not hold today; fault.NotFound for a listing that is not known; fault.Forbidden for whom nobody has given a mandate.
func (s *Service) FileNotice(ctx context.Context, by access.User, c Claim) (n Notice, again bool, err error) {
	if !by.Can(access.NoticeFile) {
		return n, false, by.May(access.NoticeFile, by.Org)
	}
	c = c.clean()
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		n, again, err = s.fileNotice(tx, by, c)
		return err
	})
	if err != nil {
		return Notice{}, false, fmt.Errorf("file a notice: %w", err)
	}
	return n, again, nil
}

// noticesAtOnce is how many notices of a bulk one transaction takes: a durable commit each would be the cost of it.
const noticesAtOnce = 100

// FileNotices takes up to MaxNotices claims. Each is taken or says why not; what is wrong with one keeps no other out. An error is of the database, and
// says that part may have been taken: sent again, nothing is taken twice.
func (s *Service) FileNotices(ctx context.Context, by access.User, claims []Claim) (results []NoticeResult, err error) {
	if !by.Can(access.NoticeFile) {
		return nil, by.May(access.NoticeFile, by.Org)
	}
	if len(claims) > MaxNotices {
		return nil, fault.TooLarge.Say("Send at most %d notices at once.", MaxNotices)
	}
	row := 0
	for some := range slices.Chunk(claims, noticesAtOnce) {
		var taken []NoticeResult
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			taken = taken[:0]
			for i, c := range some {
				n, again, err := s.fileNotice(tx, by, c.clean())
				if err != nil && !said(err) {
					return err
				}
				taken = append(taken, NoticeResult{row + i + 1, n, again, err})
			}
			return nil
		})
		if err != nil {
			return results, fmt.Errorf("file notices from the %dth on: %w", row+1, err)
		}
		results = append(results, taken...)
		row += len(some)
	}
	return results, nil
}

// TryNotices says what FileNotices would make of up to MaxNotices claims, and does nothing: a result without a problem would be a notice. A claim that
// stands among them twice is Again the second time.
func (s *Service) TryNotices(ctx context.Context, by access.User, claims []Claim) (results []NoticeResult, err error) {
	if !by.Can(access.NoticeFile) {
		return nil, by.May(access.NoticeFile, by.Org)
	}
	if len(claims) > MaxNotices {
		return nil, fault.TooLarge.Say("Send at most %d notices at once.", MaxNotices)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		type against struct {
			right   RightID
			listing market.ListingID
		}
		seen := map[against]bool{}
		for i, c := range claims {
			c = c.clean()
			w, err := weigh(tx, by, c)
			if err != nil && !said(err) {
				return err
			}
			same := against{c.Right, c.Listing}
			results = append(results, NoticeResult{i + 1, w.same, err == nil && (seen[same] || w.same.ID != ""), err})
			seen[same] = seen[same] || err == nil
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("try notices: %w", err)
	}
	return results, nil
}

// weighed is what a claim stands on.
type weighed struct {
	right  Right
	review Review // of its listing
	same   Notice // the same claim, made before: it waits, or is upheld by the decision that stands; zero when there is none
}

// weigh holds a claim against the rules, the right and the listing. It writes nothing.
func weigh(tx *db.Tx, by access.User, c Claim) (w weighed, err error) {
	if err := errors.Join(c.check()...); err != nil {
		return w, err
	}
	if w.right, err = findRight(tx, by, c.Right); err != nil {
		if fault.Of(err) == fault.NotFound {
			return w, fault.Invalid.Say("There is no such right.").At("right")
		}
		return w, err
	}
	if err := actsFor(tx, by, access.NoticeFile, w.right.Organisation); err != nil {
		return w, err
	}
	if err := processed(tx, w.right.Organisation); err != nil {
		return w, err
	}
	if err := w.right.WhyNot(tx.Now()); err != nil {
		return w, err
	}
	if w.review, _, err = place(tx, c.Listing); err != nil {
		if fault.Of(err) == fault.NotFound {
			return w, fault.NotFound.Say("There is no such listing.").At("listing")
		}
		return w, err
	}
	w.same, err = db.One(tx, scanNotice, sameNotice, string(w.right.Organisation), string(c.Right), string(c.Listing), string(w.review.Decision))
	if fault.Of(err) == fault.NotFound {
		err = nil
	}
	return w, err
}

// fileNotice takes one notice in tx. A fault comes before anything is written, so that others may be taken in the same transaction.
func (s *Service) fileNotice(tx *db.Tx, by access.User, c Claim) (n Notice, again bool, err error) {
	w, err := weigh(tx, by, c)
	if err != nil || w.same.ID != "" {
		return w.same, err == nil, err
	}
	right, v := w.right, w.review
	lane, err := laneOf(tx, right.Organisation)
	if err != nil {
		return n, false, err
	}
	n = Notice{
		ID: NoticeID(db.NewID()), Organisation: right.Organisation, By: by.ID, ByName: by.Name, Claim: c, Lane: lane, State: Received,
		ReceivedAt: tx.Now(), DueAt: tx.Now().Add(NoticeTime),
	}
	if lane == Trusted {
		n.DueAt = tx.Now().Add(TrustedTime)
	}
	down, err := isDown(tx, v)
	if err != nil {
		return n, false, err
	}
	if down {
		n.State, n.DecidedAt, n.Decision = Upheld, tx.Now(), v.Decision
	}
	if n.Entry, err = ledger.Record(tx, "notice.received", Subject(c.Listing), by.Actor(), noticeEntry{n.ID, n.Organisation, n.Claim, n.State, n.Decision}); err != nil {
		return Notice{}, false, err
	}
	if err := keepNotice(tx, n); err != nil {
		return Notice{}, false, err
	}
	if n.State == Received {
		if err := keepReview(tx, v.noticed(n, tx.Now())); err != nil {
			return Notice{}, false, err
		}
	}
	return n, false, tx.Emit(Noticed{n.ID, n.Listing, n.Organisation, n.State, n.ReceivedAt})
}

// noticeEntry is what the ledger keeps of a notice that comes in.
type noticeEntry struct {
	Notice       NoticeID     `json:"notice"`
	Organisation access.OrgID `json:"organisation"`
	Claim        Claim        `json:"claim"`
	State        NoticeState  `json:"state"`
	Decision     DecisionID   `json:"decision,omitempty"` // that upholds it already
}

// noticed is the review when a notice about its listing has come in.
func (r Review) noticed(n Notice, at time.Time) Review {
	next := r
	next.Notices++
	if next.DueAt.IsZero() || n.DueAt.Before(next.DueAt) {
		next.DueAt = n.DueAt
	}
	if to, ok := r.State.next(Report); ok {
		next.State, next.OpenedAt = to, at
		next.Reopened = r.State == Settled
		next.leave()
	}
	if n.Lane == Trusted {
		next.urgency = max(next.urgency, trustedUrgency)
	}
	next.Version++
	next.Priority = next.priority()
	return next
}

// trustedUrgency is the least priority of a listing of which a trusted flagger has given notice: with what any notice adds, sixteen times as urgent as usual.
const trustedUrgency = detect.UsualPriority + noticedUrgency

// settleNotices answers the notices that wait for a decision on the listing, and keeps which those were.
func settleNotices(tx *db.Tx, by access.User, d Decision) error {
	state := d.Outcome.decides()
	if state == "" {
		return nil
	}
	if err := settleReports(tx, by, d, state); err != nil {
		return err
	}
	waiting, err := db.All(tx, scanNotice, noticesWaiting, string(d.Listing))
	if err != nil || len(waiting) == 0 {
		return err
	}
	ids := make([]NoticeID, len(waiting))
	for i, n := range waiting {
		ids[i] = n.ID
		if _, err := tx.Exec(writeAnswer, string(d.ID), string(n.ID)); err != nil {
			return err
		}
	}
	_, err = ledger.Record(tx, "notices.answered", Subject(d.Listing), by.Actor(), struct {
		Decision DecisionID  `json:"decision"`
		State    NoticeState `json:"state"`
		Notices  []NoticeID  `json:"notices"`
	}{d.ID, state, ids})
	if err != nil {
		return err
	}
	return moveNotices(tx, noticesWaiting, string(d.Listing), func(n *Notice) bool {
		n.State, n.DecidedAt, n.Decision = state, d.At, d.ID
		return true
	})
}

// reopenNotices has the notices wait again that an undone decision had decided, and says how many wait then and until when. One that was made
// again meanwhile stays as it is: the later one waits in its place.
func reopenNotices(tx *db.Tx, d Decision) (n int64, due time.Time, err error) {
	waiting, err := db.All(tx, scanNotice, noticesWaiting, string(d.Listing))
	if err != nil {
		return 0, due, err
	}
	err = moveNotices(tx, noticesDecidedBy, string(d.ID), func(notice *Notice) bool {
		if slices.ContainsFunc(waiting, func(w Notice) bool { return w.Organisation == notice.Organisation && w.Right == notice.Right }) {
			return false
		}
		notice.State, notice.DecidedAt, notice.Decision = Received, time.Time{}, ""
		waiting = append(waiting, *notice)
		return true
	})
	if err != nil {
		return 0, due, err
	}
	if _, err := tx.Exec(reopenReports, string(d.ID)); err != nil {
		return 0, due, err
	}
	if n, due, err = waitingReports(tx, d.Listing); err != nil {
		return 0, due, err
	}
	for _, w := range waiting {
		if due.IsZero() || w.DueAt.Before(due) {
			due = w.DueAt
		}
	}
	return n + int64(len(waiting)), due, nil
}

// moveNotices moves the notices of a query, but for those that move leaves alone.
func moveNotices(tx *db.Tx, which, of string, move func(n *Notice) bool) error {
	all, err := db.All(tx, scanNotice, which, of)
	if err != nil {
		return err
	}
	var organisations []access.OrgID
	for _, n := range all {
		was := n.State
		if !move(&n) {
			continue
		}
		if !canMove(noticeMoves, was, n.State) {
			return fmt.Errorf("notice %s: no way from %s to %s", n.ID, was, n.State)
		}
		if err := keepNotice(tx, n); err != nil {
			return err
		}
		if err := tx.Emit(NoticeDecided{n.ID, n.Listing, n.Organisation, n.State, n.Decision, tx.Now()}); err != nil {
			return err
		}
		if !slices.Contains(organisations, n.Organisation) {
			organisations = append(organisations, n.Organisation)
		}
	}
	slices.Sort(organisations)
	for _, org := range organisations {
		if err := changeLane(tx, org); err != nil {
			return err
		}
	}
	return nil
}

// changeLane moves a notifier between the lanes as its figures say.
func changeLane(tx *db.Tx, org access.OrgID) error {
	was, err := notifier(tx, org)
	if err != nil {
		return err
	}
	if was.Decided >= DefaultMisuseRules.Least {
		if _, err := reassess(tx, access.System, org, NotifierSide); err != nil {
			return err
		}
	}
	now := was.follow(DefaultLaneRules, tx.Now())
	if now == was {
		return nil
	}
	if _, err := ledger.Record(tx, "notifier.lane", "organisation:"+string(org), access.System.Actor(), now); err != nil {
		return err
	}
	_, err = tx.Exec(writeNotifier, string(org), string(now.Lane), db.Micros(now.Since), db.Micros(now.ShutUntil))
	return err
}

func laneOf(tx *db.Tx, org access.OrgID) (Lane, error) {
	if first, err := trusted(tx, org); err != nil || first {
		return Trusted, err
	}
	n, err := db.One(tx, scanNotifier, oneNotifier, string(org))
	if fault.Of(err) == fault.NotFound {
		return Ordinary, nil
	}
	return n.Lane, err
}

// notifier is an organisation with the figures of its notices.
func notifier(tx *db.Tx, org access.OrgID) (Notifier, error) {
	n, err := db.One(tx, scanNotifier, oneNotifier, string(org))
	if err != nil && fault.Of(err) != fault.NotFound {
		return n, err
	}
	if n.Lane == "" {
		n.Lane = Ordinary
	}
	n.Organisation = org
	_, err = db.One(tx, func(r db.Row) (none, error) { return none{}, r.Scan(&n.Decided, &n.Upheld, &n.InTime) }, noticeFigures, string(org), db.Micros(tx.Now().Add(-NotifierWindow)), NoticeTime.Microseconds())
	if err != nil {
		return n, err
	}
	if n.Countered, err = db.One(tx, db.Value[int64], countCountered, string(org), db.Micros(tx.Now().Add(-NotifierWindow))); err != nil {
		return n, err
	}
	n.Waiting, err = db.One(tx, db.Value[int64], countWaiting, string(org))
	return n, err
}

// Notifier tells an organisation's figures, to itself, to those it has given a mandate, and to the operator.
func (s *Service) Notifier(ctx context.Context, by access.User, org access.OrgID) (n Notifier, err error) {
	if !by.Can(access.NoticeRead) || db.Text(string(org)) != nil {
		return n, by.May(access.NoticeRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if err := actsFor(tx, by, access.NoticeRead, org); err != nil {
			return err
		}
		n, err = notifier(tx, org)
		return err
	})
	return n, err
}

// WithdrawNotice takes a notice back that waits. Its listing goes on waiting as far as anything else asks for it.
func (s *Service) WithdrawNotice(ctx context.Context, by access.User, id NoticeID) (n Notice, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if n, err = findNotice(tx, by, id); err != nil {
			return err
		}
		if err := actsFor(tx, by, access.NoticeFile, n.Organisation); err != nil {
			return err
		}
		if !canMove(noticeMoves, n.State, NoticeWithdrawn) {
			return fault.Conflict.Say("This notice does not wait any more.")
		}
		n.State, n.DecidedAt = NoticeWithdrawn, tx.Now()
		if _, err := ledger.Record(tx, "notice.withdrawn", Subject(n.Listing), by.Actor(), noticeEntry{n.ID, n.Organisation, n.Claim, n.State, ""}); err != nil {
			return err
		}
		if err := keepNotice(tx, n); err != nil {
			return err
		}
		return s.unnotice(tx, n.Listing)
	})
	if err != nil {
		return Notice{}, fmt.Errorf("withdraw notice %s: %w", id, err)
	}
	return n, nil
}

// unnotice counts anew what waits for the listing's decision, and closes its review when nothing does.
func (s *Service) unnotice(tx *db.Tx, listing market.ListingID) error {
	v, _, err := place(tx, listing)
	if err != nil || v.Version == 0 {
		return err
	}
	waiting, err := db.All(tx, scanNotice, noticesWaiting, string(listing))
	if err != nil {
		return err
	}
	if v.Notices, v.DueAt, err = waitingReports(tx, listing); err != nil {
		return err
	}
	v.Notices += int64(len(waiting))
	for _, n := range waiting {
		if v.DueAt.IsZero() || n.DueAt.Before(v.DueAt) {
			v.DueAt = n.DueAt
		}
	}
	v.Version++
	v.Priority = v.priority()
	if err := keepReview(tx, v); err != nil {
		return err
	}
	return s.follow(tx, []market.ListingID{listing})
}

func findNotice(tx *db.Tx, by access.User, id NoticeID) (Notice, error) {
	if !by.Can(access.NoticeRead) {
		return Notice{}, by.May(access.NoticeRead, by.Org)
	}
	if db.Text(string(id)) != nil {
		return Notice{}, noNotice
	}
	n, err := db.One(tx, scanNotice, oneNotice, string(id))
	if fault.Of(err) == fault.NotFound {
		return n, noNotice
	}
	if err != nil {
		return n, err
	}
	if err := actsFor(tx, by, access.NoticeRead, n.Organisation); err != nil {
		if fault.Of(err) == fault.Forbidden {
			return Notice{}, noNotice
		}
		return Notice{}, err
	}
	return n, nil
}

// Notice is one notice. It returns fault.NotFound for one there is not, or not for this person.
func (s *Service) Notice(ctx context.Context, by access.User, id NoticeID) (n Notice, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = findNotice(tx, by, id)
		return err
	})
	return n, err
}

// NoticeFilter says which notices a list shows.
type NoticeFilter struct {
	Organisation access.OrgID
	Listing      market.ListingID
	Right        RightID
	State        NoticeState
	Late         bool   // wait, and ought to have been decided
	After        string // the cursor of the page before
	Limit        int    // rows a page, at most 200; 0 means 50
}

// Notices lists notices, newest first.
func (s *Service) Notices(ctx context.Context, by access.User, f NoticeFilter) (page db.Page[Notice], err error) {
	reach := by.Reach(access.NoticeRead)
	if reach == access.None {
		return page, by.May(access.NoticeRead, by.Org)
	}
	limit := db.Limit(f.Limit, 50, 200)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		w := &db.Where{}
		if reach == access.Own {
			ownOrMandated(w, by, tx.Now())
		}
		for _, c := range []struct{ field, condition, value string }{
			{"organisation", `organisation = ?`, string(f.Organisation)}, {"listing", `listing = ?`, string(f.Listing)},
			{"right", `rights = ?`, string(f.Right)}, {"state", `state = ?`, string(f.State)},
		} {
			if f, ok := fault.As(db.Text(c.value)); ok {
				return f.At(c.field)
			}
			if c.value != "" {
				w.And(c.condition, c.value)
			}
		}
		if f.Late {
			w.And(`state = ? and due_at < ?`, string(Received), db.Micros(tx.Now()))
		}
		if f.After != "" {
			var at int64
			var id string
			if err := db.ParseCursor(f.After, "notices", &at, &id); err != nil {
				return err
			}
			w.And(`(received_at, id) < (?, ?)`, at, id)
		}
		w.Then(`order by received_at desc, id desc limit ?`, limit+1)
		rows, err := db.All(tx, scanNotice, listNotices+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Notice) string { return db.Cursor("notices", db.Micros(last.ReceivedAt), last.ID) })
		return err
	})
	return page, err
}

// ExportNotices gives every notice of the filter, newest first, page by page.
func (s *Service) ExportNotices(ctx context.Context, by access.User, f NoticeFilter) iter.Seq2[Notice, error] {
	f.Limit = 200
	return db.Pages(f.After, func(after string) (db.Page[Notice], error) {
		f.After = after
		return s.Notices(ctx, by, f)
	})
}

func scanNotice(r db.Row) (n Notice, err error) {
	var document string
	var received, due, decided int64
	if err := r.Scan(&n.ID, &n.Organisation, &n.By, &n.ByName, &n.Claim.Right, &n.Claim.Listing, &document, &n.Lane, &n.State, &received, &due, &decided, &n.Decision, &n.Entry); err != nil {
		return n, err
	}
	n.ReceivedAt, n.DueAt, n.DecidedAt = db.Time(received), db.Time(due), db.Time(decided)
	return n, json.Unmarshal([]byte(document), &n.Claim)
}

func keepNotice(tx *db.Tx, n Notice) error {
	document, err := json.Marshal(n.Claim)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writeNotice, string(n.ID), string(n.Organisation), string(n.By), n.ByName, string(n.Right), string(n.Listing), string(document), string(n.Lane), string(n.State),
		db.Micros(n.ReceivedAt), db.Micros(n.DueAt), db.Micros(n.DecidedAt), string(n.Decision), n.Entry)
	return err
}

func scanNotifier(r db.Row) (n Notifier, err error) {
	var since, shut int64
	err = r.Scan(&n.Organisation, &n.Lane, &since, &shut)
	n.Since, n.ShutUntil = db.Time(since), db.Time(shut)
	return n, err
}

func scanRight(r db.Row) (right Right, err error) {
	var document string
	var d rightDocument
	var from, to, made, updated int64
	if err := r.Scan(&right.ID, &right.Organisation, &right.Kind, &right.Mark, &right.Brand, &right.Office, &right.Number, &right.Owner, &document, &from, &to, &right.State, &right.Version,
		&made, &updated, &right.UpdatedBy); err != nil {
		return right, err
	}
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		return right, err
	}
	right.Classes, right.Territory, right.Note, right.Refusal = d.Classes, d.Territory, d.Note, d.Refusal
	right.From, right.To, right.MadeAt, right.UpdatedAt = db.Time(from), db.Time(to), db.Time(made), db.Time(updated)
	if d.Document != "" {
		right.Document, err = blob.Parse(d.Document)
	}
	return right, err
}
