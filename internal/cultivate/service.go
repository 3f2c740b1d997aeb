package cultivate

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// Service is the room's verbs.
type Service struct {
	DB         *db.DB
	Access     *access.Service // makes a firm's organisation and its first person
	Industries Industries
	Lessons    Lessons
	Site       Site // signs certificates; without a key none are issued

	Brand *brand.Service // where home-grown brands come under protection; nil: names are neither searched nor protected, and not asked for

	// What other rooms know; nil: no room answers, and nothing of it is shown.
	Records Records // of seller accounts
	Ties    Ties    // of makers

	TaskTemplates []TaskTemplate // what is asked on entering a stage; nil: those that ship

	Blob     *blob.Store // keeps the papers of a hearing
	Kin      Kin         // knows accounts tied to makers beside those that were declared; nil while nobody does
	Evidence []Evidence  // rooms that give figures about makers, heard before what people entered here

	knownMarks knownMarks // the registers' marks, once a name was searched
}

// Industries is every industry Ownmark knows, by id.
type Industries map[IndustryID]Industry

// Read reads the lessons and industries of a folder, most often Over(the operator's own, Shipped()). The error joins one fault.Invalid for each
// thing wrong, see fault.All.
func Read(files fs.FS) (Industries, Lessons, error) {
	lessons, err := ReadLessons(files)
	if err != nil {
		return nil, nil, err
	}
	all, err := ReadIndustries(files, lessons)
	if err != nil {
		return nil, nil, err
	}
	known := Industries{}
	for _, i := range all {
		known[i.ID] = i
	}
	return known, lessons, nil
}

// Sorted is the industries that a cohort can open in, by id.
func (known Industries) Sorted() []Industry {
	var all []Industry
	for _, i := range known {
		if !i.IsTemplate() {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b Industry) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all
}

var (
	noCohort = fault.NotFound.Say("There is no such cohort.")
	noMaker  = fault.NotFound.Say("There is no such maker.")
)

// moment is a time as a sentence has it.
func moment(t time.Time) string { return t.Format("2006-01-02 15:04 MST") }

// SaveCohort makes a cohort when c.ID is empty, else changes it; c.Version is the one that was read. State is left as it is: see MoveCohort. It returns
// fault.Invalid for each thing wrong and fault.Conflict when somebody changed it meanwhile.
func (s *Service) SaveCohort(ctx context.Context, by access.User, c Cohort) (Cohort, error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return Cohort{}, err
	}
	if err := c.check(s.Industries); err != nil {
		return Cohort{}, err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		kind := "cohort.made"
		if c.ID == "" {
			c.ID, c.State, c.Version, c.MadeAt = CohortID(db.NewID()), CohortPlanned, 0, tx.Now()
		} else {
			kind = "cohort.changed"
			old, err := findCohort(tx, c.ID)
			if err != nil {
				return err
			}
			if old.Version != c.Version {
				return cohortChanged(old)
			}
			if old.Industry != c.Industry && old.State != CohortPlanned {
				return fault.Conflict.Say("The industry of a cohort that has been opened stays.").At("industry")
			}
			c.State, c.MadeAt = old.State, old.MadeAt
		}
		return recordCohort(tx, by, kind, &c, "")
	})
	if err != nil {
		return Cohort{}, fmt.Errorf("save cohort %s: %w", c.ID, err)
	}
	return c, nil
}

func cohortChanged(c Cohort) error {
	return fault.Conflict.Say("%s has changed this cohort meanwhile, at %s. Look at the change and try again.", c.UpdatedBy, moment(c.UpdatedAt))
}

// recordCohort writes a changed cohort and its ledger entry.
func recordCohort(tx *db.Tx, by access.User, kind string, c *Cohort, why string) error {
	c.Version, c.UpdatedAt, c.UpdatedBy = c.Version+1, tx.Now(), by.Name
	entry := cohortEntry{c.ID, c.Industry, c.Name, c.Place, c.Places, c.State, c.Opens, c.Closes, why}
	if _, err := ledger.Record(tx, kind, "cohort:"+string(c.ID), by.Actor(), entry); err != nil {
		return err
	}
	return keepCohort(tx, *c)
}

// cohortEntry is what the ledger keeps of a cohort.
type cohortEntry struct {
	Cohort   CohortID    `json:"cohort"`
	Industry IndustryID  `json:"industry"`
	Name     string      `json:"name"`
	Place    string      `json:"place"`
	Places   int         `json:"places"`
	State    CohortState `json:"state"`
	Opens    time.Time   `json:"opens,omitzero"`
	Closes   time.Time   `json:"closes,omitzero"`
	Why      string      `json:"why,omitempty"`
}

func findCohort(tx *db.Tx, id CohortID) (Cohort, error) {
	if id == "" || db.Text(string(id)) != nil {
		return Cohort{}, noCohort
	}
	c, err := db.One(tx, scanCohort, oneCohort, string(id))
	if fault.Of(err) == fault.NotFound {
		return c, noCohort
	}
	return c, err
}

// MoveCohort opens a cohort, ends its applications, starts or ends it. It returns fault.Conflict for a move there is not, or when it was changed meanwhile.
func (s *Service) MoveCohort(ctx context.Context, by access.User, id CohortID, version int64, to CohortState, why string) (c Cohort, err error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return c, err
	}
	if err := checkText("why", why, MaxWhy); err != nil {
		return c, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if c, err = findCohort(tx, id); err != nil {
			return err
		}
		if c.Version != version {
			return cohortChanged(c)
		}
		if !slices.Contains(c.State.Next(), to) {
			return fault.Conflict.Say("A cohort that is %s cannot become %s.", string(c.State), string(to))
		}
		c.State = to
		return recordCohort(tx, by, "cohort.moved", &c, why)
	})
	if err != nil {
		return Cohort{}, fmt.Errorf("move cohort %s: %w", id, err)
	}
	return c, nil
}

// Cohort is one cohort. It returns fault.NotFound. A maker's people see those that take applications and those the firm is in.
func (s *Service) Cohort(ctx context.Context, by access.User, id CohortID) (c Cohort, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if c, err = findCohort(tx, id); err != nil {
			return err
		}
		if by.Can(access.ProgrammeRead) || c.State == CohortOpen {
			return nil
		}
		_, err := db.One(tx, scanMaker, makerOf, string(id), string(by.Org))
		if fault.Of(err) == fault.NotFound {
			return noCohort
		}
		return err
	})
	return c, err
}

// CohortFilter says which cohorts a list shows. The zero one shows all.
type CohortFilter struct {
	State    CohortState
	Industry IndustryID
	After    string // the cursor of the page before
	Limit    int    // rows a page, at most 200; 0 means 50
}

// Cohorts lists cohorts, newest first. Who may not see the programme sees those that take applications.
func (s *Service) Cohorts(ctx context.Context, by access.User, f CohortFilter) (page db.Page[Cohort], err error) {
	if !by.Can(access.ProgrammeRead) {
		f.State = CohortOpen
	}
	w := &db.Where{}
	if err := checkText("industry", string(f.Industry)+string(f.State), maxSearch); err != nil {
		return page, err
	}
	if f.State != "" {
		w.And(`state = ?`, string(f.State))
	}
	if f.Industry != "" {
		w.And(`industry = ?`, string(f.Industry))
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "cohorts", &at, &id); err != nil {
			return page, err
		}
		w.And(`(made_at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by made_at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanCohort, listCohorts+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Cohort) string { return db.Cursor("cohorts", db.Micros(last.MadeAt), last.ID) })
		return err
	})
	return page, err
}

// Counts is how many makers of a cohort are in each stage.
func (s *Service) Counts(ctx context.Context, by access.User, id CohortID) (counts map[Stage]int, err error) {
	if err := by.May(access.ProgrammeRead, ""); err != nil {
		return nil, err
	}
	counts = map[Stage]int{}
	err = s.DB.View(ctx, func(tx *db.Tx) error { return countInto(tx, counts, id) })
	return counts, err
}

func countInto(tx *db.Tx, counts map[Stage]int, id CohortID) error {
	_, err := db.All(tx, func(r db.Row) (n struct{}, err error) {
		var stage Stage
		var count int
		err = r.Scan(&stage, &count)
		counts[stage] = count
		return n, err
	}, countStages, string(id))
	return err
}

// members is how many places of a cohort are taken.
func members(tx *db.Tx, id CohortID) (taken int, err error) {
	counts := map[Stage]int{}
	if err := countInto(tx, counts, id); err != nil {
		return 0, err
	}
	for stage, n := range counts {
		if stage.Member() {
			taken += n
		}
	}
	return taken, nil
}

// Firm is who applies: a legal entity and the person who speaks for it.
type Firm struct {
	Organisation access.OrgID // that is known already; empty for a new one
	Name         string       // of the legal entity
	Place        string
	Person       string // who signs in; not asked for a known organisation
	Email        string
	Language     string // of the person: "zh" or "en"; empty: the browser's
}

// Enrol begins a firm's application to a cohort. For a firm that is not known yet it makes its organisation and its person, and gives the secret of a
// one-time sign-in link. Who may not move makers can do so only for the own organisation. It returns fault.Invalid for each thing wrong, fault.Conflict
// when the cohort takes nobody, the firm is in it already, or the email address is taken.
func (s *Service) Enrol(ctx context.Context, by access.User, id CohortID, f Firm) (m Maker, link string, err error) {
	verb := access.MakerMove
	if f.Organisation != "" {
		verb = access.MakerEdit
	}
	if err := by.May(verb, f.Organisation); err != nil {
		return m, "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, link, err = s.enrol(tx, by, id, f)
		return err
	})
	if err != nil {
		return Maker{}, "", fmt.Errorf("enrol in cohort %s: %w", id, err)
	}
	return m, link, nil
}

func (s *Service) enrol(tx *db.Tx, by access.User, id CohortID, f Firm) (m Maker, link string, err error) {
	c, err := findCohort(tx, id)
	if err != nil {
		return m, "", err
	}
	if err := c.Takes(tx.Now()); err != nil {
		return m, "", err
	}
	if err := needText("organisation", f.Name, maxName); err != nil {
		return m, "", err
	}
	if err := checkText("place", f.Place, maxName); err != nil {
		return m, "", err
	}
	if f.Organisation == "" {
		first := access.Invitation{Name: f.Person, Email: f.Email, Roles: []access.Role{access.Maker}, Language: f.Language}
		if f.Organisation, _, link, err = s.Access.Join(tx, by, access.MakerOrganisation, f.Name, first); err != nil {
			return m, "", err
		}
	} else if err := s.Access.OfKind(tx, f.Organisation, access.MakerOrganisation); err != nil {
		return m, "", err
	} else if _, err := db.One(tx, scanMaker, makerOf, string(id), string(f.Organisation)); err == nil {
		return m, "", fault.Conflict.Say("This firm is in this cohort already.")
	} else if fault.Of(err) != fault.NotFound {
		return m, "", err
	}
	m = Maker{ID: MakerID(db.NewID()), Cohort: id, Industry: c.Industry, Organisation: f.Organisation, Name: strings.TrimSpace(f.Name), Place: strings.TrimSpace(f.Place),
		Stage: Draft, Since: tx.Now(), MadeAt: tx.Now()}.touch(tx, by)
	if err := s.recordStep(tx, by, m, Step{To: Draft}, ""); err != nil {
		return m, "", err
	}
	return m, link, tx.Emit(Enrolled{m.ID, m.Cohort, m.Organisation, tx.Now()})
}

// recordStep writes a moved maker with its step and ledger entry.
func (s *Service) recordStep(tx *db.Tx, by access.User, m Maker, step Step, request string) (err error) {
	step.ID, step.Maker, step.By, step.ByName, step.At = db.NewID(), m.ID, by.ID, by.Name, tx.Now()
	if step.Entry, err = ledger.Record(tx, "maker.moved", m.Subject(), by.Actor(), stepEntry{m.ID, m.Cohort, m.Organisation, step.From, step.To, step.Why, by.ID, by.Name}); err != nil {
		return err
	}
	if err := keepMaker(tx, m); err != nil {
		return err
	}
	return keepStep(tx, step, request)
}

// Subject names the maker in the ledger.
func (m Maker) Subject() string { return "maker:" + string(m.ID) }

// stepEntry is what the ledger keeps of a move.
type stepEntry struct {
	Maker        MakerID       `json:"maker"`
	Cohort       CohortID      `json:"cohort"`
	Organisation access.OrgID  `json:"organisation"`
	From         Stage         `json:"from,omitempty"`
	To           Stage         `json:"to"`
	Why          string        `json:"why,omitempty"`
	By           access.UserID `json:"by"`
	ByName       string        `json:"by_name"`
}

// findMaker is a maker that the person may see. Another firm's does not exist.
func findMaker(tx *db.Tx, by access.User, id MakerID) (Maker, error) {
	if !by.Can(access.MakerRead) {
		return Maker{}, by.May(access.MakerRead, by.Org)
	}
	if id == "" || db.Text(string(id)) != nil {
		return Maker{}, noMaker
	}
	m, err := db.One(tx, scanMaker, oneMaker, string(id))
	if fault.Of(err) == fault.NotFound {
		return Maker{}, noMaker
	}
	if err != nil {
		return Maker{}, err
	}
	if by.May(access.MakerRead, m.Organisation) != nil {
		return Maker{}, noMaker
	}
	return m, nil
}

// editMaker is a maker whose file the person may fill in.
func editMaker(tx *db.Tx, by access.User, id MakerID) (Maker, error) {
	m, err := findMaker(tx, by, id)
	if err != nil {
		return m, err
	}
	return m, by.May(access.MakerEdit, m.Organisation)
}

// Maker is one maker. It returns fault.NotFound for one there is not, or not for this person.
func (s *Service) Maker(ctx context.Context, by access.User, id MakerID) (m Maker, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err = findMaker(tx, by, id)
		return err
	})
	return m, err
}

// Steps is the moves of a maker, oldest first.
func (s *Service) Steps(ctx context.Context, by access.User, id MakerID) (steps []Step, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		steps, err = db.All(tx, scanStep, stepsOf, string(id))
		return err
	})
	return steps, err
}

// Checklist is what has to be so before the maker enters a stage; nothing for a stage that asks nothing, or that a suspended maker only goes back to.
func (s *Service) Checklist(ctx context.Context, by access.User, id MakerID, to Stage) (checks []Check, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil || m.resumes(to) {
			return err
		}
		checks, err = s.checklist(tx, m, to)
		return err
	})
	return checks, err
}

// MakerFilter says which makers a list shows. The zero one shows all that the person may see.
type MakerFilter struct {
	Cohort       CohortID
	Organisation access.OrgID
	Stage        Stage
	Industry     IndustryID
	Owner        access.UserID
	Text         string // words of the name, the number, the place
	After        string // the cursor of the page before
	Limit        int    // rows a page, at most 1,000; 0 means 50
}

func (f MakerFilter) where(by access.User) (*db.Where, error) {
	w := &db.Where{}
	if by.Reach(access.MakerRead) == access.Own {
		w.And(`organisation = ?`, string(by.Org))
	}
	for _, c := range []struct{ field, condition, value string }{
		{"cohort", `cohort = ?`, string(f.Cohort)}, {"organisation", `organisation = ?`, string(f.Organisation)}, {"stage", `stage = ?`, string(f.Stage)},
		{"industry", `industry = ?`, string(f.Industry)}, {"owner", `owner = ?`, string(f.Owner)},
	} {
		if err := checkText(c.field, c.value, maxSearch); err != nil {
			return nil, err
		}
		if c.value != "" {
			w.And(c.condition, c.value)
		}
	}
	if err := checkText("text", f.Text, maxSearch); err != nil {
		return nil, err
	}
	w.AndWords(`search`, f.Text)
	return w, nil
}

// Makers lists makers, newest first.
func (s *Service) Makers(ctx context.Context, by access.User, f MakerFilter) (page db.Page[Maker], err error) {
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
		if err := db.ParseCursor(f.After, "makers", &at, &id); err != nil {
			return page, err
		}
		w.And(`(made_at, id) < (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 1000)
	w.Then(`order by made_at desc, id desc limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanMaker, listMakers+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Maker) string { return db.Cursor("makers", db.Micros(last.MadeAt), last.ID) })
		return err
	})
	return page, err
}

// CountMakers is how many makers the filter's pages show together.
func (s *Service) CountMakers(ctx context.Context, by access.User, f MakerFilter) (n int64, err error) {
	if !by.Can(access.MakerRead) {
		return 0, by.May(access.MakerRead, by.Org)
	}
	w, err := f.where(by)
	if err != nil {
		return 0, err
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		n, err = db.One(tx, db.Value[int64], countMakers+w.Text(), w.Args()...)
		return err
	})
	return n, err
}

// ExportMakers gives every maker of the filter, newest first, page by page.
func (s *Service) ExportMakers(ctx context.Context, by access.User, f MakerFilter) iter.Seq2[Maker, error] {
	f.Limit = 500
	return db.Pages(f.After, func(after string) (db.Page[Maker], error) {
		f.After = after
		return s.Makers(ctx, by, f)
	})
}

// Move takes a maker to a stage. Who does not work for the programme can hand in the own application, take it back and leave. It returns fault.Invalid
// when the move needs a reason, fault.Conflict when somebody else was first, there is no such move, or a condition is neither met nor waived.
func (s *Service) Move(ctx context.Context, by access.User, id MakerID, t Transition) (m Maker, err error) {
	if err := checkText("request", t.Request, maxRequest); err != nil {
		return m, err
	}
	if err := checkText("why", t.Why, MaxWhy); err != nil {
		return m, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err = s.move(tx, by, id, t)
		return err
	})
	if err != nil {
		return Maker{}, fmt.Errorf("move maker %s to %s: %w", id, t.To, err)
	}
	return m, nil
}

// ownMoves is what a firm does by itself.
var ownMoves = map[Stage][]Stage{Draft: {Applied}, Applied: {Draft}, Refused: {Draft}}

// MayMove says whether the person may take the maker to a stage.
func (m Maker) MayMove(by access.User, to Stage) error {
	if by.May(access.MakerMove, m.Organisation) == nil {
		return nil
	}
	if to == Left || slices.Contains(ownMoves[m.Stage], to) {
		return by.May(access.MakerEdit, m.Organisation)
	}
	return by.May(access.MakerMove, m.Organisation)
}

// move takes one maker on in tx. A fault comes before anything is written, so that others may be moved in the same transaction.
func (s *Service) move(tx *db.Tx, by access.User, id MakerID, t Transition) (Maker, error) {
	m, err := findMaker(tx, by, id)
	if err != nil {
		return m, err
	}
	if t.Request != "" {
		step, err := db.One(tx, scanStep, stepByForm, string(id), string(by.ID), t.Request)
		if err == nil && step.To != t.To {
			return m, fault.Conflict.Say("This form was already sent with another move. Load the page again.").At("request")
		}
		if fault.Of(err) != fault.NotFound {
			return m, err
		}
	}
	if err := m.MayMove(by, t.To); err != nil {
		return m, err
	}
	if m.Version != t.Version {
		return m, makerChanged(m)
	}
	if !slices.Contains(m.Next(), t.To) {
		return m, fault.Conflict.Say("From this stage a maker cannot go there.").At("to")
	}
	if m.NeedsWhy(t.To) && strings.TrimSpace(t.Why) == "" {
		return m, fault.Invalid.Say("Say why.").At("why")
	}
	if !m.resumes(t.To) {
		checks, err := s.checklist(tx, m, t.To)
		if err != nil {
			return m, err
		}
		if at := slices.IndexFunc(checks, func(c Check) bool { return !c.Passes() }); at >= 0 {
			return m, fault.Conflict.Say("Not yet: %s.", checks[at].Words.In(by.Language))
		}
	}
	from := m.Stage
	m = m.moved(t.To, tx.Now()).touch(tx, by)
	if m, err = s.arrive(tx, by, m); err != nil {
		return m, err
	}
	if err := s.recordStep(tx, by, m, Step{From: from, To: t.To, Why: strings.TrimSpace(t.Why)}, t.Request); err != nil {
		return m, err
	}
	if err := s.askOnEntering(tx, by, m); err != nil {
		return m, err
	}
	return m, tx.Emit(Moved{m.ID, m.Cohort, m.Industry, from, m.Stage, m.Seller, m.Brand, tx.Now()})
}

func makerChanged(m Maker) error {
	return fault.Conflict.Say("%s has changed this maker meanwhile, at %s. Look at the change and try again.", m.UpdatedBy, moment(m.UpdatedAt))
}

// Waive lets a maker go on without a condition, with a reason. It returns fault.Conflict for a condition that nobody may waive or that is waived already.
func (s *Service) Waive(ctx context.Context, by access.User, id MakerID, c Condition, why string) error {
	return s.waiving(ctx, by, id, c, why, "condition.waived", func(tx *db.Tx, g gate, m Maker, entry string) error {
		if g.fixed {
			return fault.Conflict.Say("Nobody can waive this condition.")
		}
		n, err := tx.Exec(writeWaiver, string(id), string(c), strings.TrimSpace(why), string(by.ID), by.Name, db.Micros(tx.Now()), entry)
		if err == nil && n == 0 {
			return fault.Conflict.Say("Somebody has waived this already.")
		}
		return err
	})
}

// Unwaive takes a waiver back, with a reason. A maker that went on because of it stays where it is.
func (s *Service) Unwaive(ctx context.Context, by access.User, id MakerID, c Condition, why string) error {
	return s.waiving(ctx, by, id, c, why, "condition.asked-again", func(tx *db.Tx, _ gate, m Maker, _ string) error {
		n, err := tx.Exec(dropWaiver, string(id), string(c))
		if err == nil && n == 0 {
			return fault.Conflict.Say("Nobody has waived this.")
		}
		return err
	})
}

func (s *Service) waiving(ctx context.Context, by access.User, id MakerID, c Condition, why, kind string, write func(*db.Tx, gate, Maker, string) error) error {
	if err := needText("why", why, MaxWhy); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		g, ok := gateOf(c)
		if !ok {
			return fault.NotFound.Say("There is no such condition.")
		}
		entry, err := ledger.Record(tx, kind, m.Subject(), by.Actor(), waiverEntry{m.ID, c, strings.TrimSpace(why), by.ID, by.Name})
		if err != nil {
			return err
		}
		return write(tx, g, m, entry)
	})
	if err != nil {
		return fmt.Errorf("%s %s of maker %s: %w", kind, c, id, err)
	}
	return nil
}

// waiverEntry is what the ledger keeps of a waiver.
type waiverEntry struct {
	Maker     MakerID       `json:"maker"`
	Condition Condition     `json:"condition"`
	Why       string        `json:"why"`
	By        access.UserID `json:"by"`
	ByName    string        `json:"by_name"`
}

// Look after gives a maker to a person of the programme; empty owner: nobody. version is the one that was read.
func (s *Service) LookAfter(ctx context.Context, by access.User, id MakerID, version int64, owner access.UserID, name string) (m Maker, err error) {
	return s.change(ctx, by, id, version, "maker.given", map[string]any{"owner": owner}, func(m *Maker) error {
		m.Owner, m.OwnerName = owner, name
		return nil
	})
}

// change is a programme person's change of a maker's own fields, with its ledger entry.
func (s *Service) change(ctx context.Context, by access.User, id MakerID, version int64, kind string, entry any, do func(*Maker) error) (m Maker, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if m, err = findMaker(tx, by, id); err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if m.Version != version {
			return makerChanged(m)
		}
		if err := do(&m); err != nil {
			return err
		}
		m = m.touch(tx, by)
		if _, err := ledger.Record(tx, kind, m.Subject(), by.Actor(), entry); err != nil {
			return err
		}
		return keepMaker(tx, m)
	})
	if err != nil {
		return Maker{}, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return m, nil
}
