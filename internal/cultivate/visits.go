package cultivate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var noVisit = fault.NotFound.Say("There is no such visit.")

// findVisit is a visit with its maker. A firm sees visits to itself.
func findVisit(tx *db.Tx, by access.User, id VisitID) (v Visit, m Maker, err error) {
	if id == "" || db.Text(string(id)) != nil {
		return v, m, noVisit
	}
	v, err = db.One(tx, scanVisit, oneVisit, string(id))
	if fault.Of(err) == fault.NotFound {
		return v, m, noVisit
	}
	if err != nil {
		return v, m, err
	}
	m, err = findMaker(tx, by, v.Maker)
	if fault.Of(err) == fault.NotFound {
		return v, m, noVisit
	}
	return v, m, err
}

// PlanVisit plans a visit of an inspector to a maker for a day. It returns fault.Invalid for each thing wrong and fault.Conflict when the maker's stage asks for none
// or one is open already.
func (s *Service) PlanVisit(ctx context.Context, by access.User, v Visit) (Visit, error) {
	var wrong []error
	day, ok := readDay(v.Day)
	if !ok {
		wrong = append(wrong, fault.Invalid.Say("Give a day.").At("day"))
	}
	if v.Inspector == "" {
		wrong = append(wrong, fault.Invalid.Say("Choose an inspector.").At("inspector"))
	}
	wrong = append(wrong, checkText("inspector", v.InspectorName, maxName), checkText("note", v.Note, MaxWhy))
	if err := errors.Join(wrong...); err != nil {
		return v, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, v.Maker)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if m.Stage != Screened {
			return fault.Conflict.Say("A visit is planned once the screening is done, and before the decision on a place.")
		}
		all, err := db.All(tx, scanVisit, visitsOf, string(m.ID))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(one Visit) bool { return one.State.Open() || one.State == VisitReported }) {
			return fault.Conflict.Say("A visit to this maker is open already.")
		}
		v.ID, v.Day, v.State, v.MadeAt, v.Version = VisitID(db.NewID()), day.Format(time.DateOnly), VisitPlanned, tx.Now(), 1
		return recordVisit(tx, by, "visit.planned", v, "", "")
	})
	if err != nil {
		return v, fmt.Errorf("plan visit to maker %s: %w", v.Maker, err)
	}
	return v, nil
}

// visitEntry is what the ledger keeps of a visit.
type visitEntry struct {
	Visit     VisitID       `json:"visit"`
	Maker     MakerID       `json:"maker"`
	State     VisitState    `json:"state"`
	Inspector access.UserID `json:"inspector"`
	Day       string        `json:"day"`
	SHA256    string        `json:"sha256,omitempty"`
	Why       string        `json:"why,omitempty"`
	ByName    string        `json:"by_name"`
}

// recordVisit writes a changed visit and its ledger entry.
func recordVisit(tx *db.Tx, by access.User, kind string, v Visit, why, request string) error {
	digest := ""
	if v.Reported != nil {
		digest = v.Reported.Digest
	}
	entry, err := ledger.Record(tx, kind, "maker:"+string(v.Maker), by.Actor(), visitEntry{v.ID, v.Maker, v.State, v.Inspector, v.Day, digest, why, by.Name})
	if err != nil {
		return err
	}
	if v.Judged != nil {
		v.Judged.Entry = entry
	}
	return keepVisit(tx, v, request, entry)
}

// Dossier is a visit with all that was reported.
type Dossier struct {
	Visit   Visit
	Maker   Maker
	Replies map[string]Reply
	Photos  []Photo
	Gaps    []Gap
	Facts   Application // what the firm declared
}

// Visit is a visit with its report. It returns fault.NotFound for one there is not, or not for this person.
func (s *Service) Visit(ctx context.Context, by access.User, id VisitID) (d Dossier, err error) {
	if err := by.May(access.VisitRead, ""); err != nil {
		return d, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		d, err = dossier(tx, by, id)
		return err
	})
	return d, err
}

func dossier(tx *db.Tx, by access.User, id VisitID) (d Dossier, err error) {
	if d.Visit, d.Maker, err = findVisit(tx, by, id); err != nil {
		return d, err
	}
	if d.Replies, err = replies(tx, "visit:"+string(id)); err != nil {
		return d, err
	}
	if d.Photos, err = db.All(tx, scanPhoto, photosOf, string(id)); err != nil {
		return d, err
	}
	if d.Facts, err = findApplication(tx, d.Maker.ID); err != nil {
		return d, err
	}
	d.Gaps = visitGaps(d.Replies, len(d.Photos))
	return d, nil
}

// VisitsTo is every visit to a maker, newest first. The firm sees when they are and what became of them, not the reports.
func (s *Service) VisitsTo(ctx context.Context, by access.User, id MakerID) (all []Visit, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, scanVisit, visitsOf, string(id))
		return err
	})
	return all, err
}

// NamedVisit is a visit with whom it is to.
type NamedVisit struct {
	Visit
	Name, Place string
}

// VisitFilter says which visits a list shows.
type VisitFilter struct {
	Inspector access.UserID
	State     VisitState
	After     string // the cursor of the page before
	Limit     int    // rows a page, at most 200; 0 means 50
}

// Visits lists visits, the latest day first.
func (s *Service) Visits(ctx context.Context, by access.User, f VisitFilter) (page db.Page[NamedVisit], err error) {
	if err := by.May(access.VisitRead, ""); err != nil {
		return page, err
	}
	if err := checkText("state", string(f.State)+string(f.Inspector), maxSearch); err != nil {
		return page, err
	}
	w := &db.Where{}
	if f.Inspector != "" {
		w.And(`v.inspector = ?`, string(f.Inspector))
	}
	if f.State != "" {
		w.And(`v.state = ?`, string(f.State))
	}
	if f.After != "" {
		var day, id string
		if err := db.ParseCursor(f.After, "visits", &day, &id); err != nil {
			return page, err
		}
		w.And(`(v.day, v.id) < (?, ?)`, day, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by v.day desc, v.id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanNamedVisit, listVisits+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last NamedVisit) string { return db.Cursor("visits", last.Day, last.ID) })
		return err
	})
	return page, err
}

// workVisit is a visit whose report the person may write: the inspector it was given to, while it is open.
func workVisit(tx *db.Tx, by access.User, id VisitID) (v Visit, m Maker, err error) {
	if v, m, err = findVisit(tx, by, id); err != nil {
		return v, m, err
	}
	if err := by.May(access.VisitWork, ""); err != nil {
		return v, m, err
	}
	if by.Answerable() != v.Inspector {
		return v, m, fault.Forbidden.Say("This visit was given to %s.", v.InspectorName)
	}
	if !v.State.Open() {
		return v, m, fault.Conflict.Say("The report of this visit was handed in.")
	}
	return v, m, nil
}

// SaveReport keeps answers of a report as they stand, as SaveApplication does of an application.
func (s *Service) SaveReport(ctx context.Context, by access.User, id VisitID, edits []Edit) (d Dossier, collisions []Collision, err error) {
	if err := checkEdits(edits, VisitField); err != nil {
		return d, nil, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, _, err := workVisit(tx, by, id); err != nil {
			return err
		}
		if _, collisions, err = keepEdits(tx, by, "visit:"+string(id), edits); err != nil {
			return err
		}
		d, err = dossier(tx, by, id)
		return err
	})
	if err != nil {
		return d, nil, fmt.Errorf("save report of visit %s: %w", id, err)
	}
	return d, collisions, nil
}

// AddPhoto puts a picture that lies in the blob store to a visit. The same picture twice is one, so that one whose answer was lost can be sent again.
func (s *Service) AddPhoto(ctx context.Context, by access.User, p Photo) (Photo, error) {
	if _, ok := VisitField(p.Line + ".finding"); p.Line != "" && !ok {
		return p, fault.Invalid.Say("Choose what the photo shows.").At("line")
	}
	if err := checkText("place", p.Place, maxName); err != nil {
		return p, err
	}
	if p.Hash == (blob.Hash{}) {
		return p, fault.Invalid.Say("Choose a file.").At("file")
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, _, err := workVisit(tx, by, p.Visit); err != nil {
			return err
		}
		all, err := db.All(tx, scanPhoto, photosOf, string(p.Visit))
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(all, func(o Photo) bool { return o.Hash == p.Hash }); at >= 0 {
			p = all[at]
			return nil
		}
		if len(all) >= MaxVisitPhotos {
			return fault.TooLarge.Say("A visit has at most %d photos.", MaxVisitPhotos).At("file")
		}
		p.ID, p.ByName, p.At = db.NewID(), by.Name, tx.Now()
		_, err = tx.Exec(writePhoto, p.ID, string(p.Visit), p.Line, p.Hash.String(), p.Place, db.Micros(p.TakenAt), p.ByName, db.Micros(p.At))
		return err
	})
	if err != nil {
		return p, fmt.Errorf("add photo to visit %s: %w", p.Visit, err)
	}
	return p, nil
}

// RemovePhoto takes a picture off an open visit; one that is gone already stays gone.
func (s *Service) RemovePhoto(ctx context.Context, by access.User, id VisitID, photo string) error {
	if err := checkText("photo", photo, maxRequest); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, _, err := workVisit(tx, by, id); err != nil {
			return err
		}
		_, err := tx.Exec(dropPhoto, string(id), photo)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove photo of visit %s: %w", id, err)
	}
	return nil
}

// reported is a report as its digest is taken.
type reported struct {
	Visit   VisitID           `json:"visit"`
	Replies map[string]string `json:"replies"`
	Photos  []blob.Hash       `json:"photos"`
}

// HandInReport hands in what an inspector found; request is the form's own id: the same one twice is one act. It returns fault.Conflict naming what is missing.
func (s *Service) HandInReport(ctx context.Context, by access.User, id VisitID, request string) (v Visit, err error) {
	if err := checkText("request", request, maxRequest); err != nil {
		return v, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if request != "" {
			done, err := db.One(tx, scanVisit, visitByForm, string(id), request)
			if err == nil && done.Reported != nil && done.Reported.By == by.Answerable() {
				v = done
				return nil
			}
			if err != nil && fault.Of(err) != fault.NotFound {
				return err
			}
		}
		if v, _, err = workVisit(tx, by, id); err != nil {
			return err
		}
		d, err := dossier(tx, by, id)
		if err != nil {
			return err
		}
		if len(d.Gaps) > 0 {
			return fault.Conflict.Say("Not yet: %s.", sayGaps(d.Gaps).In(by.Language))
		}
		all := reported{Visit: id, Replies: map[string]string{}, Photos: []blob.Hash{}}
		for name, r := range d.Replies {
			all.Replies[name] = r.Value
		}
		for _, p := range d.Photos {
			all.Photos = append(all.Photos, p.Hash)
		}
		text, err := json.Marshal(all, json.Deterministic(true))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		v.State, v.Version, v.Judged = VisitReported, v.Version+1, nil
		v.Reported = &Report{by.Answerable(), by.Name, tx.Now(), hex.EncodeToString(sum[:])}
		return recordVisit(tx, by, "visit.reported", v, "", request)
	})
	if err != nil {
		return v, fmt.Errorf("hand in report of visit %s: %w", id, err)
	}
	return v, nil
}

// JudgeVisit approves a report or sends it back with a reason; version is the one that was read. Nobody judges what they reported or inspected themselves.
func (s *Service) JudgeVisit(ctx context.Context, by access.User, id VisitID, version int64, to VisitState, why string) (v Visit, err error) {
	why = strings.TrimSpace(why)
	if err := checkText("why", why, MaxWhy); err != nil {
		return v, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if v, _, err = findVisit(tx, by, id); err != nil {
			return err
		}
		if err := by.May(access.VisitApprove, ""); err != nil {
			return err
		}
		switch {
		case v.Version != version:
			return fault.Conflict.Say("This visit was changed meanwhile. Look at it again.")
		case v.State != VisitReported || to != VisitApproved && to != VisitSentBack:
			return fault.Conflict.Say("This visit has no report to judge.")
		case by.Answerable() == v.Reported.By || by.Answerable() == v.Inspector:
			return fault.Forbidden.Say("Another person than the one who reported approves a visit.")
		case to == VisitSentBack && why == "":
			return fault.Invalid.Say("Say why.").At("why")
		}
		v.State, v.Version = to, v.Version+1
		v.Judged = &Verdict{By: by.Answerable(), ByName: by.Name, At: tx.Now(), Why: why}
		return recordVisit(tx, by, "visit."+string(to), v, why, "")
	})
	if err != nil {
		return v, fmt.Errorf("judge visit %s: %w", id, err)
	}
	return v, nil
}

// CancelVisit ends an open visit without a report, with a reason.
func (s *Service) CancelVisit(ctx context.Context, by access.User, id VisitID, version int64, why string) error {
	if err := needText("why", why, MaxWhy); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		v, m, err := findVisit(tx, by, id)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if v.Version != version || !v.State.Open() {
			return fault.Conflict.Say("This visit was changed meanwhile. Look at it again.")
		}
		v.State, v.Version = VisitCancelled, v.Version+1
		v.Judged = &Verdict{By: by.Answerable(), ByName: by.Name, At: tx.Now(), Why: strings.TrimSpace(why)}
		return recordVisit(tx, by, "visit.cancelled", v, why, "")
	})
	if err != nil {
		return fmt.Errorf("cancel visit %s: %w", id, err)
	}
	return nil
}

func visitAnswer(_ *Service, tx *db.Tx, m Maker) (Answer, error) {
	answer := Answer{Detail: Words{"No visit is planned yet.", "尚未安排考察。"}}
	all, err := db.All(tx, scanVisit, visitsOf, string(m.ID))
	if err != nil || len(all) == 0 {
		return answer, err
	}
	at := max(0, slices.IndexFunc(all, func(v Visit) bool { return v.State == VisitApproved }))
	v := all[at]
	stands, err := replies(tx, "visit:"+string(v.ID))
	if err != nil {
		return answer, err
	}
	answer.Met = v.State == VisitApproved
	switch v.State {
	case VisitApproved, VisitReported:
		answer.Detail = sayFindings(findingsOf(stands))
	case VisitPlanned, VisitSentBack:
		answer.Detail = Words{"Planned for " + v.Day, "计划于 " + v.Day + " 考察"}
	case VisitCancelled:
	}
	return answer, nil
}

const (
	visitColumns = `v.id, v.maker, v.inspector, v.inspector_name, v.day, v.note, v.state, v.reported_by, v.reported_name, v.reported_at, v.digest, v.judged_by, v.judged_name, v.judged_at, v.why,
		v.version, v.made_at, v.entry`
	oneVisit    = `select ` + visitColumns + ` from visit v where v.id = $1`
	visitByForm = `select ` + visitColumns + ` from visit v where v.id = $1 and v.request = $2`
	visitsOf    = `select ` + visitColumns + ` from visit v where v.maker = $1 order by v.made_at desc, v.id desc limit 100`
	listVisits  = `select ` + visitColumns + `, m.name, m.place from visit v join maker m on m.id = v.maker`
	writeVisit  = `insert into visit (id, maker, inspector, inspector_name, day, note, state, reported_by, reported_name, reported_at, digest, judged_by, judged_name, judged_at, why,
		version, made_at, entry, request) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		on conflict (id) do update set state = excluded.state, reported_by = excluded.reported_by, reported_name = excluded.reported_name, reported_at = excluded.reported_at,
		digest = excluded.digest, judged_by = excluded.judged_by, judged_name = excluded.judged_name, judged_at = excluded.judged_at, why = excluded.why, version = excluded.version,
		entry = excluded.entry, request = case when excluded.request = '' then visit.request else excluded.request end`

	photoColumns = `id, visit, line, hash, place, taken_at, by_name, at`
	photosOf     = `select ` + photoColumns + ` from visit_photo where visit = $1 order by at, id`
	writePhoto   = `insert into visit_photo (` + photoColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8)`
	dropPhoto    = `delete from visit_photo where visit = $1 and id = $2`
)

// visitInto is where the columns of a visit go; done puts together what was read.
func visitInto(v *Visit) (into []any, done func()) {
	var r Report
	var j Verdict
	var reportedAt, judgedAt, made int64
	return []any{&v.ID, &v.Maker, &v.Inspector, &v.InspectorName, &v.Day, &v.Note, &v.State, &r.By, &r.ByName, &reportedAt, &r.Digest, &j.By, &j.ByName, &judgedAt, &j.Why, &v.Version, &made, &j.Entry}, func() {
		v.MadeAt, r.At, j.At = db.Time(made), db.Time(reportedAt), db.Time(judgedAt)
		if reportedAt != 0 {
			v.Reported = &r
		}
		if judgedAt != 0 {
			v.Judged = &j
		}
	}
}

func scanVisit(r db.Row) (v Visit, err error) {
	into, done := visitInto(&v)
	err = r.Scan(into...)
	done()
	return v, err
}

func scanNamedVisit(r db.Row) (v NamedVisit, err error) {
	into, done := visitInto(&v.Visit)
	err = r.Scan(append(into, &v.Name, &v.Place)...)
	done()
	return v, err
}

func keepVisit(tx *db.Tx, v Visit, request, entry string) error {
	var r Report
	var j Verdict
	if v.Reported != nil {
		r = *v.Reported
	}
	if v.Judged != nil {
		j = *v.Judged
	}
	_, err := tx.Exec(writeVisit, string(v.ID), string(v.Maker), string(v.Inspector), v.InspectorName, v.Day, v.Note, string(v.State), string(r.By), r.ByName, db.Micros(r.At), r.Digest,
		string(j.By), j.ByName, db.Micros(j.At), j.Why, v.Version, db.Micros(v.MadeAt), entry, request)
	return err
}

func scanPhoto(r db.Row) (p Photo, err error) {
	var taken, at int64
	var hash string
	if err = r.Scan(&p.ID, &p.Visit, &p.Line, &hash, &p.Place, &taken, &p.ByName, &at); err != nil {
		return p, err
	}
	p.TakenAt, p.At = db.Time(taken), db.Time(at)
	p.Hash, err = blob.Parse(hash)
	return p, err
}
