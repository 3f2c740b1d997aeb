package enforce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Trusted is the lane of trusted flaggers: DSA Art. 22(1). It is not earned here; see Flagger.
const Trusted Lane = "trusted"

// TrustedTime is in which a trusted flagger's notice is to be decided: "with priority and without undue delay", Art. 22(1).
const TrustedTime = 8 * time.Hour

// Flagger is an organisation to which a member state's Digital Services Coordinator has given the status of a trusted flagger. The marketplace does not give it, it
// records it; and it stops counting it while a person has suspended it, until the coordinator, who is told with the documents, has decided: Art. 22(6) and (7).
type Flagger struct {
	Organisation access.OrgID
	Name         string // of the organisation
	Award
	SuspendedAt time.Time // zero while it counts
	Why         string    // it was suspended
	ChangedBy   string
	ChangedAt   time.Time
	Version     int64

	// Of the last DefectWindow.
	Notices int64 // received
	Defects int64 // notices that had one
}

// Award is who gave the status, when, and for what.
type Award struct {
	Coordinator string
	Country     string // a member state's code; Greece is GR
	Area        string // of expertise
	AwardedAt   time.Time
}

// DefectWindow is over how long the defects of a trusted flagger's notices are counted.
const DefectWindow = 365 * 24 * time.Hour

// Share is the share of its notices that had a defect; 0 of nothing.
func (f Flagger) Share() float64 {
	if f.Notices == 0 {
		return 0
	}
	return float64(f.Defects) / float64(f.Notices)
}

// DefectKind says what was wrong with a trusted flagger's notice, in the words of Art. 22(6).
type DefectKind string

// The kinds of defects.
const (
	Imprecise       DefectKind = "imprecise"
	Inaccurate      DefectKind = "inaccurate"
	Unsubstantiated DefectKind = "unsubstantiated"
)

// DefectKinds is every kind.
func DefectKinds() []DefectKind { return []DefectKind{Imprecise, Inaccurate, Unsubstantiated} }

// Defect is what a person found wrong with a trusted flagger's notice.
type Defect struct {
	Notice       NoticeID
	Kind         DefectKind
	Organisation access.OrgID
	Note         string
	ByName       string
	At           time.Time
}

func (a Award) check(now time.Time) (wrong []error) {
	for _, text := range []struct{ field, value string }{{"coordinator", a.Coordinator}, {"area", a.Area}} {
		if f := checkText(text.value, maxMark); f != nil {
			wrong = append(wrong, f.At(text.field))
		} else if text.value == "" {
			wrong = append(wrong, fault.Invalid.Say("Fill this in.").At(text.field))
		}
	}
	if !slices.Contains(memberStates, a.Country) {
		wrong = append(wrong, fault.Invalid.Say("Only a member state's coordinator gives this status: name the state by its two letters.").At("country"))
	}
	if a.AwardedAt.IsZero() || a.AwardedAt.After(now) {
		wrong = append(wrong, fault.Invalid.Say("Give the day on which the status was given; it is not in the future.").At("awarded"))
	}
	return wrong
}

// MarkFlagger records that a coordinator gave an organisation the status, or changes what is recorded and lets a suspended one count again. It returns fault.Invalid for
// each thing wrong.
func (s *Service) MarkFlagger(ctx context.Context, by access.User, org access.OrgID, a Award) (f Flagger, err error) {
	if err := by.May(access.PeopleManage, ""); err != nil {
		return f, err
	}
	a.Coordinator, a.Area, a.Country = strings.TrimSpace(a.Coordinator), strings.TrimSpace(a.Area), strings.ToUpper(strings.TrimSpace(a.Country))
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := errors.Join(a.check(tx.Now())...); err != nil {
			return err
		}
		if org == "" || db.Text(string(org)) != nil {
			return fault.Invalid.Say("There is no such organisation.").At("organisation")
		}
		if n, err := db.One(tx, db.Value[int64], countOrganisations, string(org), string(org)); err != nil {
			return err
		} else if n != 1 {
			return fault.Invalid.Say("There is no such organisation.").At("organisation")
		}
		if f, err = db.One(tx, scanFlagger, oneFlagger, string(org)); err != nil && fault.Of(err) != fault.NotFound {
			return err
		}
		if f.Award == a && f.SuspendedAt.IsZero() {
			return nil // sent twice
		}
		f.Organisation, f.Award, f.SuspendedAt, f.Why = org, a, time.Time{}, ""
		return keepFlagger(tx, by, "flagger.marked", &f)
	})
	if err != nil {
		return Flagger{}, fmt.Errorf("mark a trusted flagger: %w", err)
	}
	return f, nil
}

// SuspendFlagger has the organisation's notices wait like others' from now on, and says why: a significant number of them had defects. It returns fault.NotFound for an
// organisation without the status.
func (s *Service) SuspendFlagger(ctx context.Context, by access.User, org access.OrgID, why string) (f Flagger, err error) {
	if err := by.May(access.AccountSuspend, ""); err != nil {
		return f, err
	}
	why = strings.TrimSpace(why)
	if err := checkText(why, MaxNote); err != nil {
		return f, err.At("why")
	}
	if why == "" {
		return f, fault.Invalid.Say("Say why. The coordinator will read it.").At("why")
	}
	missing := fault.NotFound.Say("This organisation is no trusted flagger.")
	if db.Text(string(org)) != nil {
		return f, missing
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if f, err = db.One(tx, scanFlagger, oneFlagger, string(org)); fault.Of(err) == fault.NotFound {
			return missing
		}
		if err != nil || !f.SuspendedAt.IsZero() {
			return err
		}
		f.SuspendedAt, f.Why = tx.Now(), why
		return keepFlagger(tx, by, "flagger.suspended", &f)
	})
	if err != nil {
		return Flagger{}, fmt.Errorf("suspend a trusted flagger: %w", err)
	}
	return f, nil
}

func keepFlagger(tx *db.Tx, by access.User, kind string, f *Flagger) error {
	f.ChangedBy, f.ChangedAt, f.Version = by.Name, tx.Now(), f.Version+1
	if _, err := ledger.Record(tx, kind, "organisation:"+string(f.Organisation), by.Actor(), struct {
		Award Award  `json:"award"`
		Why   string `json:"why,omitempty"`
	}{f.Award, f.Why}); err != nil {
		return err
	}
	_, err := tx.Exec(writeFlagger, string(f.Organisation), f.Coordinator, f.Country, f.Area, db.Micros(f.AwardedAt), db.Micros(f.SuspendedAt), f.Why, f.ChangedBy, db.Micros(f.ChangedAt), f.Version)
	return err
}

// LogDefect records what is wrong with a trusted flagger's notice. Each kind counts once a notice. It returns fault.Conflict for a notice that did not come by that
// lane.
func (s *Service) LogDefect(ctx context.Context, by access.User, id NoticeID, kind DefectKind, note string) error {
	if err := by.May(access.ReviewWork, ""); err != nil {
		return err
	}
	note = strings.TrimSpace(note)
	if err := checkText(note, MaxNote); err != nil {
		return err.At("note")
	}
	if !slices.Contains(DefectKinds(), kind) {
		return fault.Invalid.Say("Choose what is wrong with the notice.").At("kind")
	}
	if note == "" {
		return fault.Invalid.Say("Say what is wrong with it.").At("note")
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		n, err := findNotice(tx, by, id)
		if err != nil {
			return err
		}
		if n.Lane != Trusted {
			return fault.Conflict.Say("This is no trusted flagger's notice.")
		}
		rows, err := tx.Exec(writeDefect, string(n.ID), string(kind), string(n.Organisation), note, by.Name, db.Micros(tx.Now()))
		if err != nil || rows == 0 {
			return err // it was logged already
		}
		_, err = ledger.Record(tx, "flagger.defect", Subject(n.Listing), by.Actor(), struct {
			Notice NoticeID   `json:"notice"`
			Kind   DefectKind `json:"kind"`
			Note   string     `json:"note"`
		}{n.ID, kind, note})
		return err
	})
	if err != nil {
		return fmt.Errorf("log a defect of notice %s: %w", id, err)
	}
	return nil
}

// Flaggers are all trusted flaggers with their figures, by name; to a rights holder its own organisation alone.
func (s *Service) Flaggers(ctx context.Context, by access.User) (all []Flagger, err error) {
	if !by.Can(access.NoticeRead) {
		return nil, by.May(access.NoticeRead, by.Org)
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, func(r db.Row) (f Flagger, err error) {
			var awarded, suspended, changed int64
			err = r.Scan(&f.Organisation, &f.Coordinator, &f.Country, &f.Area, &awarded, &suspended, &f.Why, &f.ChangedBy, &changed, &f.Version, &f.Name, &f.Notices, &f.Defects)
			f.AwardedAt, f.SuspendedAt, f.ChangedAt = db.Time(awarded), db.Time(suspended), db.Time(changed)
			return f, err
		}, listFlaggers, db.Micros(tx.Now().Add(-DefectWindow)))
		if by.Reach(access.NoticeRead) == access.Own {
			all = slices.DeleteFunc(all, func(f Flagger) bool { return f.Organisation != by.Org })
		}
		return err
	})
	return all, err
}

// Defects are what was found wrong with an organisation's notices, newest first, 500 at most.
func (s *Service) Defects(ctx context.Context, by access.User, org access.OrgID) (all []Defect, err error) {
	if err := by.May(access.NoticeRead, org); err != nil || db.Text(string(org)) != nil {
		return nil, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, func(r db.Row) (d Defect, err error) {
			var at int64
			err = r.Scan(&d.Notice, &d.Kind, &d.Organisation, &d.Note, &d.ByName, &at)
			d.At = db.Time(at)
			return d, err
		}, defectsOf, string(org))
		return err
	})
	return all, err
}

// trusted reports whether an organisation's notices come first now.
func trusted(tx *db.Tx, org access.OrgID) (bool, error) {
	f, err := db.One(tx, scanFlagger, oneFlagger, string(org))
	if fault.Of(err) == fault.NotFound {
		return false, nil
	}
	return err == nil && f.SuspendedAt.IsZero(), err
}

const (
	flaggerColumns = `organisation, coordinator, country, area, awarded_at, suspended_at, why, changed_by, changed_at, version`
	oneFlagger     = `select ` + flaggerColumns + ` from flagger where organisation = $1`
	writeFlagger   = `insert into flagger (` + flaggerColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (organisation) do update set coordinator = excluded.coordinator,
		country = excluded.country, area = excluded.area, awarded_at = excluded.awarded_at, suspended_at = excluded.suspended_at, why = excluded.why, changed_by = excluded.changed_by,
		changed_at = excluded.changed_at, version = excluded.version`
	listFlaggers = `select organisation, coordinator, country, area, awarded_at, suspended_at, why, changed_by, flagger.changed_at, version, coalesce(o.name, organisation),
		(select count(*) from notice where notice.organisation = flagger.organisation and lane = 'trusted' and received_at >= $1),
		(select count(distinct notice) from flagger_defect where flagger_defect.organisation = flagger.organisation and at >= $1)
		from flagger left join organisation o on o.id = organisation order by 11, 1`
	writeDefect = `insert into flagger_defect (notice, kind, organisation, note, by_name, at) values ($1, $2, $3, $4, $5, $6) on conflict (notice, kind) do nothing`
	defectsOf   = `select notice, kind, organisation, note, by_name, at from flagger_defect where organisation = $1 order by at desc, notice desc limit 500`
)

func scanFlagger(r db.Row) (f Flagger, err error) {
	var awarded, suspended, changed int64
	err = r.Scan(&f.Organisation, &f.Coordinator, &f.Country, &f.Area, &awarded, &suspended, &f.Why, &f.ChangedBy, &changed, &f.Version)
	f.AwardedAt, f.SuspendedAt, f.ChangedAt = db.Time(awarded), db.Time(suspended), db.Time(changed)
	return f, err
}
