package cultivate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// graduationGates is a condition of graduation for each measure that an industry may ask for.
var graduationGates = []gate{
	graduationGate(CleanMonths), graduationGate(OwnBrandOrders), graduationGate(RepeatBuyers), graduationGate(LotsAccepted), graduationGate(DispatchedSoon),
	graduationGate(QualityReturns), graduationGate(OrganicOrders), graduationGate(LessonsPassed), graduationGate(FullPriceOrders),
}

// graduationGate is the condition of graduation that a measure's criterion is.
func graduationGate(measure Measure) gate {
	return gate{
		condition: Condition("graduation-" + string(measure)), stage: Graduated, words: measure.Words(),
		fixed: measure == CleanMonths, // nobody can waive that copies were found
		has:   func(s *Service) bool { return s.answers(measure) },
		asked: func(s *Service, m Maker) bool { _, asked := s.criterion(m, measure); return asked },
		answer: func(s *Service, tx *db.Tx, m Maker) (Answer, error) {
			c, _ := s.criterion(m, measure)
			found, err := s.judge(tx, m, c)
			return Answer{Met: found.Met, Detail: found.Words(), Path: "graduation"}, err
		},
	}
}

// criterion is what the maker's industry asks of a measure.
func (s *Service) criterion(m Maker, measure Measure) (Criterion, bool) {
	all := s.Industries[m.Industry].Graduation
	at := slices.IndexFunc(all, func(c Criterion) bool { return c.Measure == measure })
	if at < 0 {
		return Criterion{}, false
	}
	return all[at], true
}

// answerers is who gives figures, in the order they are heard.
func (s *Service) answerers() []Evidence { return append(slices.Clone(s.Evidence), ownRecord{s}) }

func (s *Service) answers(measure Measure) bool {
	return slices.ContainsFunc(s.answerers(), func(e Evidence) bool { return slices.Contains(e.Measures(), measure) })
}

func (s *Service) judge(tx *db.Tx, m Maker, c Criterion) (Finding, error) {
	for _, e := range s.answerers() {
		if !slices.Contains(e.Measures(), c.Measure) {
			continue
		}
		f, known, err := e.Figure(tx, m, c.Measure, c.WindowMonths)
		if err != nil {
			return Finding{}, fmt.Errorf("%s of maker %s: %w", c.Measure, m.ID, err)
		}
		if known {
			return c.Judge(f, true), nil
		}
	}
	return c.Judge(Figure{}, false), nil
}

// Findings holds every criterion of the maker's industry that somebody can answer against the evidence.
func (s *Service) Findings(ctx context.Context, by access.User, id MakerID) (all []Finding, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		all = nil
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		for _, c := range s.Industries[m.Industry].Graduation {
			if !s.answers(c.Measure) {
				continue
			}
			found, err := s.judge(tx, m, c)
			if err != nil {
				return err
			}
			all = append(all, found)
		}
		return nil
	})
	return all, err
}

// Words says how a finding stands, to a person.
func (f Finding) Words() Words {
	limit := strconv.FormatFloat(f.Limit, 'f', -1, 64)
	if !f.Known {
		return Words{"No figure yet", "暂无数据"}
	}
	value := strconv.FormatFloat(f.Value, 'f', -1, 64)
	if f.Measure.Unit() != "%" {
		return Words{fmt.Sprintf("%s of %s", value, Quantity(f.Limit, f.Measure.Unit(), "en")), fmt.Sprintf("%s／%s", value, Quantity(f.Limit, f.Measure.Unit(), "zh"))}
	}
	value = strconv.FormatFloat(f.Value, 'f', 1, 64)
	en, zh := "at least", "不低于"
	if f.Measure.AtMost() {
		en, zh = "at most", "不高于"
	}
	words := Words{fmt.Sprintf("%s %% of %d; asked is %s %s %%", value, f.N, en, limit), fmt.Sprintf("%d 件中占 %s%%；要求%s %s%%", f.N, value, zh, limit)}
	if f.Interval && !f.Met && f.Criterion.Met(f.Value) {
		words.English += fmt.Sprintf(". Too few to be sure: it may be between %.1f and %.1f %%", f.Low, f.High)
		words.Chinese += fmt.Sprintf("。样本不足，尚不能确定：可能在 %.1f%% 至 %.1f%% 之间", f.Low, f.High)
	}
	return words
}

// ownRecord is what this room itself knows of makers: what was found against them, the results that were entered, and their livelihoods.
type ownRecord struct{ s *Service }

// Measures are those this room answers.
func (ownRecord) Measures() []Measure { return append([]Measure{CleanMonths}, ResultMeasures()...) }

// Figure answers from the decisions on the maker's accounts, the results entered, and for the own brand's share from the livelihoods.
func (r ownRecord) Figure(tx *db.Tx, m Maker, measure Measure, months int) (Figure, bool, error) {
	if measure == CleanMonths {
		return cleanMonths(tx, m)
	}
	since := tx.Now().AddDate(0, -months, 0)
	f, known, err := entered(tx, m, measure, since)
	if err != nil || known || measure != OwnBrandOrders {
		return f, known, err
	}
	return ownBrandShare(tx, m, since)
}

const admittedAt = `select coalesce(min(at), 0) from maker_step where maker = $1 and to_stage = 'admitted'`

// cleanMonths counts from the day the maker was admitted, or from the last time copies were found on its own accounts or by a hearing. What relatives sell is for a hearing to find.
func cleanMonths(tx *db.Tx, m Maker) (Figure, bool, error) {
	admitted, err := db.One(tx, db.Value[int64], admittedAt, string(m.ID))
	if err != nil {
		return Figure{}, false, err
	}
	if admitted == 0 {
		return Figure{}, false, nil
	}
	from, count := db.Time(admitted), int64(0)
	accounts, err := ownAccounts(tx, m)
	if err != nil {
		return Figure{}, false, err
	}
	found, err := enforce.FoundAgainst(tx, accounts, from)
	if err != nil {
		return Figure{}, false, err
	}
	if len(found) > 0 {
		from, count = found[0].At, int64(len(found))
	}
	heard, err := db.One(tx, db.Value[int64], lastFinding, string(m.ID))
	if err != nil {
		return Figure{}, false, err
	}
	if at := db.Time(heard); at.After(from) {
		from = at
		count++
	}
	return Figure{Value: float64(max(0, monthsBetween(from.UTC(), tx.Now().UTC()))), N: count, Census: true, From: from, To: tx.Now(), Path: "hearings",
		Source: Words{"decisions on the maker's accounts and hearings", "对其账号的处理决定及听证记录"}}, true, nil
}

// entered is the results of a measure that end within the window, taken together. What is only somebody's word does not count.
func entered(tx *db.Tx, m Maker, measure Measure, since time.Time) (f Figure, known bool, err error) {
	all, err := db.All(tx, scanResult, resultsOfMeasure, string(m.ID), string(measure), db.Micros(since))
	if err != nil {
		return f, false, err
	}
	var part, whole int64
	var from, to time.Time
	for _, r := range all {
		if r.Confidence < Documented {
			continue
		}
		part, whole = part+r.Part, whole+r.Whole
		if from.IsZero() || r.From.Before(from) {
			from = r.From
		}
		if r.To.After(to) {
			to = r.To
		}
		f.Source = r.Source.Words()
	}
	if whole == 0 {
		return f, false, nil
	}
	source := f.Source
	f = shareOf(part, whole)
	f.From, f.To, f.Source, f.Path = from, to, source, "graduation"
	return f, true, nil
}

// ownBrandShare takes the own brand's share of the quarters in the window together, each by the pieces ordered in it.
func ownBrandShare(tx *db.Tx, m Maker, since time.Time) (f Figure, known bool, err error) {
	all, err := db.All(tx, scanLivelihood, livelihoodsOf, string(m.ID))
	if err != nil {
		return f, false, err
	}
	pieces, shares := map[Quarter]int64{}, map[Quarter]Livelihood{}
	for _, l := range Best(all) {
		switch {
		case l.Quarter.To().Before(since) || l.Confidence < Documented:
		case l.Kind == HomeOrders || l.Kind == ExportOrders:
			pieces[l.Quarter] += l.Value
		case l.Kind == OwnBrandShare:
			shares[l.Quarter] = l
		}
	}
	var part, whole int64
	for q, l := range shares {
		if pieces[q] == 0 {
			continue
		}
		part += int64(float64(pieces[q]) * float64(l.Value) / 100_00)
		whole += pieces[q]
		f.Source = l.Source.Words()
		if f.From.IsZero() || q.From().Before(f.From) {
			f.From = q.From()
		}
		if q.To().After(f.To) {
			f.To = q.To()
		}
	}
	if whole == 0 {
		return Figure{}, false, nil
	}
	counted := shareOf(part, whole)
	f.Value, f.N, f.Path = counted.Value, counted.N, "livelihood"
	return f, true, nil
}

const (
	resultColumns    = `id, maker, measure, from_at, to_at, part, whole, source, confidence, note, by_id, by_name, at, replaced`
	resultsOf        = `select ` + resultColumns + ` from result where maker = $1 order by measure, from_at, at, id`
	resultsOfMeasure = `select ` + resultColumns + ` from result where maker = $1 and measure = $2 and to_at > $3 and replaced = '' order by from_at, id`
	resultsMeeting   = `select ` + resultColumns + ` from result where maker = $1 and measure = $2 and from_at < $3 and to_at > $4 and replaced = '' order by from_at, id`
	writeResult      = `insert into result (` + resultColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '')`
	replaceResult    = `update result set replaced = $1 where id = $2`
)

func scanResult(r db.Row) (v Result, err error) {
	var from, to, at int64
	err = r.Scan(&v.ID, &v.Maker, &v.Measure, &from, &to, &v.Part, &v.Whole, &v.Source, &v.Confidence, &v.Note, &v.By, &v.ByName, &at, &v.Replaced)
	v.From, v.To, v.At = db.Time(from), db.Time(to), db.Time(at)
	return v, err
}

// EnterResult keeps a share that was counted; the programme enters it. One for a period that has a result takes its place; the same one again is no other. It returns fault.Invalid with the field, and fault.Conflict when
// the period meets another without being it: the same orders would count twice.
func (s *Service) EnterResult(ctx context.Context, by access.User, id MakerID, r Result) (Result, error) {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if err := r.check(tx.Now()); err != nil {
			return err
		}
		meeting, err := db.All(tx, scanResult, resultsMeeting, string(id), string(r.Measure), db.Micros(r.To), db.Micros(r.From))
		if err != nil {
			return err
		}
		r.ID, r.Maker, r.By, r.ByName, r.At, r.Note = db.NewID(), id, by.ID, by.Name, tx.Now(), strings.TrimSpace(r.Note)
		for _, old := range meeting {
			if !old.From.Equal(r.From) || !old.To.Equal(r.To) {
				return fault.Conflict.Say("Another figure covers part of this period: from %s to %s.", old.From.Format(time.DateOnly), old.To.AddDate(0, 0, -1).Format(time.DateOnly)).At("from")
			}
			if old.Part == r.Part && old.Whole == r.Whole && old.Source == r.Source && old.Confidence == r.Confidence && old.Note == r.Note {
				r = old // the same once more
				return nil
			}
			if _, err := tx.Exec(replaceResult, r.ID, old.ID); err != nil {
				return err
			}
		}
		if _, err := ledger.Record(tx, "result.entered", m.Subject(), by.Actor(), r); err != nil {
			return err
		}
		_, err = tx.Exec(writeResult, r.ID, string(id), string(r.Measure), db.Micros(r.From), db.Micros(r.To), r.Part, r.Whole, string(r.Source), int(r.Confidence), r.Note, string(r.By), r.ByName, db.Micros(r.At))
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("enter a result of maker %s: %w", id, err)
	}
	return r, nil
}

// Results is every result of a maker, those that were corrected with them.
func (s *Service) Results(ctx context.Context, by access.User, id MakerID) (all []Result, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, scanResult, resultsOf, string(id))
		return err
	})
	return all, err
}
