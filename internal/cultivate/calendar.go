package cultivate

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// CalendarEntry is something with a date that concerns a person.
type CalendarEntry struct {
	ID        string // the same as long as the thing is the same: "task-…"
	Kind      CalendarKind
	Title     Words
	Detail    Words
	Maker     MakerID // empty for a cohort's dates
	MakerName string
	Cohort    CohortID // of a cohort's dates
	Place     string
	At        time.Time
	Lasts     time.Duration // 0: a day, or a moment that is a deadline
	AllDay    bool
	Changed   time.Time
	Version   int64 // grows with each change
	Cancelled bool
}

// CalendarKind says what a calendar entry is about.
type CalendarKind string

// The kinds of calendar entries.
const (
	OnTask   CalendarKind = "task"
	OnMentor CalendarKind = "mentor"
	OnDue    CalendarKind = "action"
	OnOpens  CalendarKind = "opens"
	OnCloses CalendarKind = "closes"
	OnStarts CalendarKind = "starts"
	OnEnds   CalendarKind = "ends"
)

// mostDates bounds each kind of entry in one calendar.
const mostDates = 2_000

// Feed is a person's secret calendar address as it stands.
type Feed struct {
	MadeAt time.Time // zero: there is none
	ReadAt time.Time // when a calendar last fetched it; zero: never
}

var noFeed = fault.NotFound.Say("There is no such calendar.")

const (
	feedOf     = `select made_at, read_at from calendar_feed where person = $1`
	feedBy     = `select person from calendar_feed where secret = $1`
	writeFeed  = `insert into calendar_feed (person, secret, made_at, read_at) values ($1, $2, $3, 0) on conflict (person) do update set secret = excluded.secret, made_at = excluded.made_at, read_at = 0`
	dropFeed   = `delete from calendar_feed where person = $1`
	feedIsRead = `update calendar_feed set read_at = $1 where secret = $2`

	calendarTasks   = `select ` + taskColumns + fromTasks
	calendarMentors = `select ` + mentorColumns + fromMentors
	calendarActions = `select ` + actionColumns + fromActions
	calendarCohorts = `select ` + cohortColumns + ` from cohort c`
)

// Feed is how the person's own calendar address stands.
func (s *Service) Feed(ctx context.Context, by access.User) (f Feed, err error) {
	if err := mayFeed(by); err != nil {
		return f, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		f, err = db.One(tx, func(r db.Row) (f Feed, err error) {
			var made, read int64
			err = r.Scan(&made, &read)
			f.MadeAt, f.ReadAt = db.Time(made), db.Time(read)
			return f, err
		}, feedOf, string(by.ID))
		if fault.Of(err) == fault.NotFound {
			err = nil
		}
		return err
	})
	return f, err
}

// mayFeed says who has a calendar: people who see makers. A key has none.
func mayFeed(by access.User) error {
	if !by.Can(access.MakerRead) {
		return by.May(access.MakerRead, by.Org)
	}
	if by.Key != "" {
		return fault.Forbidden.Say("A calendar is a person's.")
	}
	return nil
}

// MakeFeed gives the person's calendar a new secret; an earlier one stops working. The secret is told once and only its hash kept.
func (s *Service) MakeFeed(ctx context.Context, by access.User) (secret string, err error) {
	if err := mayFeed(by); err != nil {
		return "", err
	}
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // it never fails, see crypto/rand
	secret = base64.RawURLEncoding.EncodeToString(raw)
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := ledger.Record(tx, "calendar.made", "person:"+string(by.ID), by.Actor(), map[string]any{"by": by.ID}); err != nil {
			return err
		}
		_, err := tx.Exec(writeFeed, string(by.ID), shortHash(secret), db.Micros(tx.Now()))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("calendar of %s: %w", by.ID, err)
	}
	return secret, nil
}

// RevokeFeed makes the person's calendar address stop working.
func (s *Service) RevokeFeed(ctx context.Context, by access.User) error {
	if err := mayFeed(by); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(dropFeed, string(by.ID))
		if err != nil || n == 0 {
			return err
		}
		_, err = ledger.Record(tx, "calendar.revoked", "person:"+string(by.ID), by.Actor(), map[string]any{"by": by.ID})
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke calendar of %s: %w", by.ID, err)
	}
	return nil
}

// Calendar is what stands in the calendar with this secret, and whose it is. What the person may see is asked each time. It returns fault.NotFound for a
// secret that is none, was revoked, or whose person has no access any more.
func (s *Service) Calendar(ctx context.Context, secret string) (entries []CalendarEntry, by access.User, err error) {
	if secret == "" || len(secret) > 100 || db.Text(secret) != nil {
		return nil, by, noFeed
	}
	var person string
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		person, err = db.One(tx, db.Value[string], feedBy, shortHash(secret))
		return err
	})
	if fault.Of(err) == fault.NotFound {
		return nil, by, noFeed
	}
	if err != nil {
		return nil, by, err
	}
	p, err := s.Access.Person(ctx, access.System, access.UserID(person))
	if err != nil {
		return nil, by, noFeed.Because(err)
	}
	by = access.User{ID: p.ID, Name: p.Name, Org: p.Org, Roles: p.Roles, Language: p.Language}
	if !p.Active() || mayFeed(by) != nil {
		return nil, access.User{}, noFeed
	}
	if entries, err = s.Dates(ctx, by); err != nil {
		return nil, by, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(feedIsRead, db.Micros(tx.Now()), shortHash(secret))
		return err
	})
	return entries, by, err
}

// past is how far back a calendar reaches.
const past = 90 * 24 * time.Hour

// Dates is what concerns a person and has a date: for the firm's people their tasks, mentor visits, corrective actions and the dates of their cohorts; for
// the programme's those of makers they look after or nobody does, their own tasks, and every cohort that is not over.
func (s *Service) Dates(ctx context.Context, by access.User) (entries []CalendarEntry, err error) {
	if err := mayFeed(by); err != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		entries = nil
		since := db.Micros(tx.Now().Add(-past))
		ofTasks := &db.Where{}
		ofTasks.And(`t.state = 'open' and t.due_at > ?`, since)
		if SideOf(by) == FirmSide {
			ofTasks.And(`t.side = 'firm' and m.organisation = ?`, string(by.Org))
		} else {
			ofTasks.And(`(t.owner = ? or (t.owner = '' or t.side = 'firm') and (m.owner = ? or m.owner = ''))`, string(by.ID), string(by.ID))
		}
		ofTasks.Then(`order by t.due_at, t.id limit ?`, mostDates)
		tasks, err := db.All(tx, scanTask, calendarTasks+ofTasks.Text(), ofTasks.Args()...)
		if err != nil {
			return err
		}
		for _, t := range tasks {
			entries = append(entries, CalendarEntry{ID: "task-" + string(t.ID), Kind: OnTask, Title: t.Title, Detail: t.Detail, Maker: t.Maker, MakerName: t.MakerName, At: t.Due, Changed: t.UpdatedAt, Version: t.Version})
		}
		ofVisits := concerning(by, `v.state <> 'held' and v.at > ?`, since)
		ofVisits.Then(`order by v.at, v.id limit ?`, mostDates)
		visits, err := db.All(tx, scanMentor, calendarMentors+ofVisits.Text(), ofVisits.Args()...)
		if err != nil {
			return err
		}
		for _, v := range visits {
			entries = append(entries, CalendarEntry{ID: "mentor-" + string(v.ID), Kind: OnMentor, Title: Words{v.Mentor, v.Mentor}, Detail: Words{v.Agenda, v.Agenda}, Maker: v.Maker, MakerName: v.MakerName,
				Place: v.Place, At: v.At, Lasts: time.Hour, Changed: v.UpdatedAt, Version: v.Version, Cancelled: v.State == MentorCancelled})
		}
		ofActions := concerning(by, `a.state in ('found', 'planned', 'shown') and a.due_at > ?`, since)
		ofActions.Then(`order by a.due_at, a.id limit ?`, mostDates)
		actions, err := db.All(tx, scanAction, calendarActions+ofActions.Text(), ofActions.Args()...)
		if err != nil {
			return err
		}
		for _, a := range actions {
			entries = append(entries, CalendarEntry{ID: "action-" + string(a.ID), Kind: OnDue, Title: Words{a.Finding, a.Finding}, Maker: a.Maker, MakerName: a.MakerName, At: a.Due, Changed: a.UpdatedAt, Version: a.Version})
		}
		cohorts, err := cohortsOf(tx, by)
		if err != nil {
			return err
		}
		for _, c := range cohorts {
			for _, date := range []struct {
				kind CalendarKind
				at   time.Time
			}{{OnOpens, c.Opens}, {OnCloses, c.Closes}, {OnStarts, c.Starts}, {OnEnds, c.Ends}} {
				if !date.at.IsZero() {
					entries = append(entries, CalendarEntry{ID: "cohort-" + string(date.kind) + "-" + string(c.ID), Kind: date.kind, Title: Words{c.Name, c.Name}, Cohort: c.ID, Place: c.Place, At: date.at, AllDay: true,
						Changed: c.UpdatedAt, Version: c.Version})
				}
			}
		}
		return nil
	})
	return entries, err
}

// concerning is a condition on things of makers, and that the maker concerns the person.
func concerning(by access.User, condition string, since int64) *db.Where {
	w := &db.Where{}
	w.And(condition, since)
	if SideOf(by) == FirmSide {
		w.And(`m.organisation = ?`, string(by.Org))
	} else {
		w.And(`(m.owner = ? or m.owner = '')`, string(by.ID))
	}
	return w
}

// cohortsOf is the cohorts whose dates concern a person.
func cohortsOf(tx *db.Tx, by access.User) ([]Cohort, error) {
	w := &db.Where{}
	w.And(`c.state <> 'ended'`)
	if SideOf(by) == FirmSide {
		w.And(`exists (select 1 from maker m where m.cohort = c.id and m.organisation = ?)`, string(by.Org))
	}
	w.Then(`order by c.made_at desc, c.id limit ?`, mostDates/4)
	return db.All(tx, scanCohort, calendarCohorts+w.Text(), w.Args()...)
}
