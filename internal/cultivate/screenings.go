package cultivate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

const (
	oneScreening   = `select maker, outcome, why, conflict, conflict_note, found, version, by_id, by_name, at, entry from screening where maker = $1`
	writeScreening = `insert into screening (maker, outcome, why, conflict, conflict_note, found, version, by_id, by_name, at, entry)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (maker) do update set outcome = excluded.outcome, why = excluded.why, conflict = excluded.conflict,
		conflict_note = excluded.conflict_note, found = excluded.found, version = excluded.version, by_id = excluded.by_id, by_name = excluded.by_name, at = excluded.at,
		entry = excluded.entry`
	numberElsewhere = `select ` + makerColumns + ` from maker where number = $1 and id <> $2 order by made_at desc, id desc limit 50`
)

func scanScreening(r db.Row) (s Screening, err error) {
	var at int64
	var found string
	if err = r.Scan(&s.Maker, &s.Outcome, &s.Why, &s.Conflict, &s.Note, &found, &s.Version, &s.By, &s.ByName, &at, &s.Entry); err != nil {
		return s, err
	}
	s.At = db.Time(at)
	return s, json.Unmarshal([]byte(found), &s.Found)
}

// findScreening is what was found about a maker so far; an empty one before anybody has looked.
func findScreening(tx *db.Tx, id MakerID) (Screening, error) {
	s, err := db.One(tx, scanScreening, oneScreening, string(id))
	if fault.Of(err) == fault.NotFound {
		return Screening{Maker: id}, nil
	}
	return s, err
}

// Sight is what a screening person looks at. What no room answers is absent.
type Sight struct {
	Maker     Maker
	Screening Screening
	Facts     Facts
	Answered  bool     // what was decided against the accounts is known here
	Recorded  []Matter // against the declared accounts, those of kin too
	TiesKnown bool     // ties are followed here
	Ties      []Tie    // strongest first, as the tracing room gives them
	Elsewhere []Maker  // of other cohorts with the same registration number
	Burden    Burden
}

// Screening shows all that is known of a maker's past and ties. Only the programme's people see it.
func (s *Service) Screening(ctx context.Context, by access.User, id MakerID) (sight Sight, err error) {
	if err := by.May(access.MakerMove, ""); err != nil && !by.Can(access.ProgrammeRead) {
		return sight, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		sight, err = s.sight(tx, m)
		return err
	})
	return sight, err
}

func (s *Service) sight(tx *db.Tx, m Maker) (sight Sight, err error) {
	sight.Maker = m
	if sight.Screening, err = findScreening(tx, m.ID); err != nil {
		return sight, err
	}
	a, err := findApplication(tx, m.ID)
	if err != nil {
		return sight, err
	}
	sight.Facts = a.Facts()
	accounts := sight.Facts.Accounts
	for _, k := range sight.Facts.Kin {
		accounts = append(accounts, k.Account)
	}
	if s.Records != nil {
		sight.Answered = true
		if len(accounts) > 0 {
			if sight.Recorded, err = s.Records.Records(tx.Context(), tx, accounts); err != nil {
				return sight, err
			}
		}
	}
	if s.Ties != nil {
		sight.TiesKnown = true
		if sight.Ties, err = s.Ties.Ties(tx.Context(), tx, m); err != nil {
			return sight, err
		}
	}
	if number := m.Number; number != "" {
		if sight.Elsewhere, err = db.All(tx, scanMaker, numberElsewhere, number, string(m.ID)); err != nil {
			return sight, err
		}
	}
	found := append(append([]Matter{}, sight.Recorded...), sight.Screening.Found...)
	sight.Burden = Weigh(sight.Facts.Declared, found, tx.Now())
	return sight, nil
}

// Screen keeps what a person of the programme makes of a maker's past, with or without an outcome; version is the one that was read. An outcome needs reasons and
// a word on conflicts of interest. It returns fault.Invalid for each thing wrong and fault.Conflict when somebody changed it meanwhile.
func (s *Service) Screen(ctx context.Context, by access.User, c Screening) (Screening, error) {
	c.Why, c.Note = strings.TrimSpace(c.Why), strings.TrimSpace(c.Note)
	if err := c.check(); err != nil {
		return c, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, c.Maker)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		old, err := findScreening(tx, c.Maker)
		if err != nil {
			return err
		}
		if old.Version != c.Version {
			return fault.Conflict.Say("%s has changed this screening meanwhile, at %s. Look at the change and try again.", old.ByName, moment(old.At))
		}
		if m.Stage == Draft {
			return fault.Conflict.Say("The application has not been handed in.")
		}
		sight, err := s.sight(tx, m)
		if err != nil {
			return err
		}
		weighing := Weigh(sight.Facts.Declared, append(sight.Recorded, c.Found...), tx.Now())
		c.Version, c.By, c.ByName, c.At = c.Version+1, by.ID, by.Name, tx.Now()
		entry := screeningEntry{m.ID, c.Outcome, c.Why, c.Conflict, len(c.Found), weighing.Points, by.Name, c.At}
		if c.Entry, err = ledger.Record(tx, "maker.screened", m.Subject(), by.Actor(), entry); err != nil {
			return err
		}
		if c.Found == nil {
			c.Found = []Matter{}
		}
		found, err := json.Marshal(c.Found)
		if err != nil {
			return err
		}
		_, err = tx.Exec(writeScreening, string(c.Maker), string(c.Outcome), c.Why, string(c.Conflict), c.Note, string(found), c.Version, string(c.By), c.ByName, db.Micros(c.At), c.Entry)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("screen maker %s: %w", c.Maker, err)
	}
	return c, nil
}

// screeningEntry is what the ledger keeps of a screening.
type screeningEntry struct {
	Maker    MakerID            `json:"maker"`
	Outcome  ScreeningOutcome   `json:"outcome,omitempty"`
	Why      string             `json:"why,omitempty"`
	Conflict ConflictOfInterest `json:"conflict,omitempty"`
	Found    int                `json:"found"`
	Points   float64            `json:"points"`
	ByName   string             `json:"by_name"`
	At       time.Time          `json:"at"`
}
