package cultivate

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ownmark/ownmark/engine/credential"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

var (
	noLesson      = fault.NotFound.Say("There is no such lesson.")
	noAttempt     = fault.NotFound.Say("There is no such quiz.")
	noPractical   = fault.NotFound.Say("There is no such practical work.")
	noCertificate = fault.NotFound.Say("There is no such certificate.")
)

// taught is a lesson of the maker's curriculum.
func (s *Service) taught(m Maker, id LessonID) (Lesson, error) {
	for _, course := range s.Industries[m.Industry].Curriculum {
		if slices.Contains(course.Lessons, id) {
			if l, ok := s.Lessons[id]; ok {
				return l, nil
			}
		}
	}
	return Lesson{}, noLesson
}

func learnt(tx *db.Tx, id MakerID) (Learnt, error) {
	rows, err := db.All(tx, scanProgress, progressOf, string(id))
	all := Learnt{}
	for _, p := range rows {
		all[p.Lesson] = p
	}
	return all, err
}

// Training is how a maker stands with its curriculum.
type Training struct {
	Industry     Industry
	Learnt       Learnt
	Progress     Progress
	Practicals   map[LessonID]Practical
	Certificates []Certificate // the newest first
}

// Training is a maker's curriculum with its progress.
func (s *Service) Training(ctx context.Context, by access.User, id MakerID) (t Training, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		t = Training{Industry: s.Industries[m.Industry], Practicals: map[LessonID]Practical{}}
		if t.Learnt, err = learnt(tx, id); err != nil {
			return err
		}
		t.Progress = t.Industry.Progress(t.Learnt.Passed())
		work, err := db.All(tx, scanPractical, practicalsOf, string(id))
		if err != nil {
			return err
		}
		for _, p := range work {
			t.Practicals[p.Lesson] = p
		}
		t.Certificates, err = db.All(tx, scanCertificate, certificatesOf, string(id))
		return err
	})
	return t, err
}

// OpenLesson gives a lesson to read and remembers that the maker's own people opened it.
func (s *Service) OpenLesson(ctx context.Context, by access.User, id MakerID, lesson LessonID) (l Lesson, err error) {
	var m Maker
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if m, err = findMaker(tx, by, id); err != nil {
			return err
		}
		l, err = s.taught(m, lesson)
		return err
	})
	if err != nil || by.Org != m.Organisation {
		return l, err
	}
	return l, s.DB.Bulk(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(openLesson, string(id), string(lesson), db.Micros(tx.Now()))
		return err
	})
}

// learns says whether the person takes the quizzes of the maker: its own people do, and nobody for them.
func (m Maker) learns(by access.User) error {
	if by.Org != m.Organisation {
		return fault.Forbidden.Say("Only the firm's own people take its quizzes.")
	}
	return by.May(access.MakerEdit, m.Organisation)
}

// BeginQuiz deals a paper, or gives the one that lies open. It returns fault.Conflict when the quiz is passed or the attempts are used up.
func (s *Service) BeginQuiz(ctx context.Context, by access.User, id MakerID, lesson LessonID) (a Attempt, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := m.learns(by); err != nil {
			return err
		}
		l, err := s.taught(m, lesson)
		if err != nil {
			return err
		}
		if a, err = db.One(tx, scanAttempt, openAttempt, string(id), string(lesson)); fault.Of(err) != fault.NotFound {
			return err
		}
		if _, err := tx.Exec(openLesson, string(id), string(lesson), db.Micros(tx.Now())); err != nil {
			return err
		}
		all, err := learnt(tx, id)
		if err != nil {
			return err
		}
		p := all[lesson]
		if err := l.Quiz.MayTry(p.Attempts-p.Extra, p.Passed()); err != nil {
			return err
		}
		a = Attempt{ID: AttemptID(db.NewID()), Maker: id, Lesson: lesson, BegunAt: tx.Now(), By: by.ID, ByName: by.Name, seed: rand.Uint64()} //nolint:gosec // it shuffles questions
		_, err = tx.Exec(writeAttempt, string(a.ID), string(id), string(lesson), int64(a.seed), db.Micros(a.BegunAt), 0, string(by.ID), by.Name, `{}`, 0, 0, false)
		return err
	})
	if err != nil {
		return Attempt{}, fmt.Errorf("begin the quiz of lesson %s: %w", lesson, err)
	}
	return a, nil
}

// Attempt is a paper as it was dealt, without its key, and once it is answered with its grade.
func (s *Service) Attempt(ctx context.Context, by access.User, id MakerID, attempt AttemptID) (a Attempt, paper Paper, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		a, paper, err = s.paper(tx, m, attempt)
		return err
	})
	return a, paper, err
}

func (s *Service) paper(tx *db.Tx, m Maker, id AttemptID) (Attempt, Paper, error) {
	if db.Text(string(id)) != nil {
		return Attempt{}, Paper{}, noAttempt
	}
	a, err := db.One(tx, scanAttempt, oneAttempt, string(id))
	if fault.Of(err) == fault.NotFound || err == nil && a.Maker != m.ID {
		return Attempt{}, Paper{}, noAttempt
	}
	if err != nil {
		return a, Paper{}, err
	}
	l, err := s.taught(m, a.Lesson)
	if err != nil {
		return a, Paper{}, err
	}
	if !a.AnsweredAt.IsZero() {
		a.Grade = l.Quiz.Grade(a.seed, a.Answers)
	}
	return a, l.Quiz.Paper(a.seed), nil
}

// AnswerQuiz grades a paper; answered twice, the first answers stand. The last required quiz passed, with all practical work accepted, earns the certificate.
func (s *Service) AnswerQuiz(ctx context.Context, by access.User, id MakerID, attempt AttemptID, answers Answers) (a Attempt, err error) {
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := m.learns(by); err != nil {
			return err
		}
		var paper Paper
		if a, paper, err = s.paper(tx, m, attempt); err != nil || !a.AnsweredAt.IsZero() {
			return err
		}
		// Only what the paper asks is kept.
		a.Answers = Answers{}
		for _, q := range paper.Questions {
			for _, letter := range answers[q.Item] {
				if slices.ContainsFunc(q.Options, func(o Option) bool { return o.Letter == letter }) && !slices.Contains(a.Answers[q.Item], letter) {
					a.Answers[q.Item] = append(a.Answers[q.Item], letter)
				}
			}
		}
		l, err := s.taught(m, a.Lesson)
		if err != nil {
			return err
		}
		a.Grade, a.AnsweredAt, a.By, a.ByName = l.Quiz.Grade(a.seed, a.Answers), tx.Now(), by.ID, by.Name
		text, err := json.Marshal(a.Answers)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(answerAttempt, db.Micros(a.AnsweredAt), string(text), a.Grade.Asked, a.Grade.Right, a.Grade.Passed, string(by.ID), by.Name, string(a.ID)); err != nil {
			return err
		}
		if !a.Grade.Passed {
			return nil
		}
		if _, err := tx.Exec(passLesson, db.Micros(tx.Now()), string(id), string(a.Lesson)); err != nil {
			return err
		}
		if _, err := ledger.Record(tx, "lesson.passed", m.Subject(), by.Actor(), lessonEntry{m.ID, a.Lesson, a.ID, a.Grade.Right, a.Grade.Asked}); err != nil {
			return err
		}
		return s.certify(tx, m)
	})
	if err != nil {
		return Attempt{}, fmt.Errorf("answer quiz %s: %w", attempt, err)
	}
	return a, nil
}

// lessonEntry is what the ledger keeps of a passed lesson.
type lessonEntry struct {
	Maker   MakerID   `json:"maker"`
	Lesson  LessonID  `json:"lesson"`
	Attempt AttemptID `json:"attempt"`
	Right   int       `json:"right"`
	Asked   int       `json:"asked"`
}

// GrantAttempt opens one more attempt at a quiz than it has by itself, with a reason.
func (s *Service) GrantAttempt(ctx context.Context, by access.User, id MakerID, lesson LessonID, why string) error {
	if err := needText("why", why, MaxWhy); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if _, err := s.taught(m, lesson); err != nil {
			return err
		}
		n, err := tx.Exec(grantExtra, string(id), string(lesson))
		if err == nil && n == 0 {
			return fault.Conflict.Say("The firm has not opened this lesson yet.")
		}
		if err != nil {
			return err
		}
		_, err = ledger.Record(tx, "attempt.granted", m.Subject(), by.Actor(), map[string]any{"lesson": lesson, "why": why})
		return err
	})
}

// HandIn takes practical work, or once more what was sent back. It returns fault.Invalid, and fault.Conflict for work that is accepted.
func (s *Service) HandIn(ctx context.Context, by access.User, id MakerID, lesson LessonID, text string, documents []blob.Hash) (p Practical, err error) {
	if err := checkText("text", text, maxPracticalText); err != nil {
		return p, err
	}
	if strings.TrimSpace(text) == "" && len(documents) == 0 {
		return p, fault.Invalid.Say("Say what you did, or add a photo of it.").At("text")
	}
	if len(documents) > MaxPracticalDocs {
		return p, fault.Invalid.Say("Add at most %d files.", MaxPracticalDocs).At("documents")
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		m, err := findMaker(tx, by, id)
		if err != nil {
			return err
		}
		if err := m.learns(by); err != nil {
			return err
		}
		l, err := s.taught(m, lesson)
		if err != nil {
			return err
		}
		if !l.HasPractical() {
			return fault.Conflict.Say("This lesson asks for no practical work.")
		}
		old, err := db.One(tx, scanPractical, practicalOf, string(id), string(lesson))
		if err != nil && fault.Of(err) != fault.NotFound {
			return err
		}
		if !slices.Contains(practicalMoves[old.State], HandedIn) {
			return fault.Conflict.Say("This work is accepted already.")
		}
		if old.ID == "" {
			old.ID = PracticalID(db.NewID())
		}
		p = Practical{ID: old.ID, Maker: id, Lesson: lesson, Text: strings.TrimSpace(text), Documents: documents, State: HandedIn, HandedAt: tx.Now(), HandedBy: by.ID, HandedName: by.Name, Version: old.Version + 1}
		if _, err := ledger.Record(tx, "practical.handed-in", m.Subject(), by.Actor(), practicalEntry{p.ID, lesson, p.State, "", documents}); err != nil {
			return err
		}
		return keepPractical(tx, p)
	})
	if err != nil {
		return Practical{}, fmt.Errorf("hand in work for lesson %s: %w", lesson, err)
	}
	return p, nil
}

// practicalEntry is what the ledger keeps of practical work.
type practicalEntry struct {
	Practical PracticalID    `json:"practical"`
	Lesson    LessonID       `json:"lesson"`
	State     PracticalState `json:"state"`
	Words     string         `json:"words,omitempty"`
	Documents []blob.Hash    `json:"documents,omitempty"`
}

// SeePractical accepts practical work or sends it back with words. The maker's own people cannot. version is the one that was read.
func (s *Service) SeePractical(ctx context.Context, by access.User, id PracticalID, version int64, to PracticalState, words string) (p Practical, err error) {
	if err := checkText("words", words, MaxWhy); err != nil {
		return p, err
	}
	if to == SentBack && strings.TrimSpace(words) == "" {
		return p, fault.Invalid.Say("Say what is missing.").At("words")
	}
	if db.Text(string(id)) != nil {
		return p, noPractical
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if p, err = db.One(tx, scanPractical, onePractical, string(id)); fault.Of(err) == fault.NotFound {
			return noPractical
		}
		if err != nil {
			return err
		}
		m, err := findMaker(tx, by, p.Maker)
		if err != nil {
			return err
		}
		if err := by.May(access.MakerMove, m.Organisation); err != nil {
			return err
		}
		if p.Version != version {
			return fault.Conflict.Say("This work has changed since you opened it. Look again.")
		}
		if to == HandedIn || !slices.Contains(practicalMoves[p.State], to) {
			return fault.Conflict.Say("Somebody has looked at this work already.")
		}
		p.State, p.Words, p.SeenAt, p.SeenBy, p.SeenName, p.Version = to, strings.TrimSpace(words), tx.Now(), by.ID, by.Name, p.Version+1
		if _, err := ledger.Record(tx, "practical.seen", m.Subject(), by.Actor(), practicalEntry{p.ID, p.Lesson, p.State, p.Words, nil}); err != nil {
			return err
		}
		if err := keepPractical(tx, p); err != nil {
			return err
		}
		return s.certify(tx, m)
	})
	if err != nil {
		return Practical{}, fmt.Errorf("look at practical work %s: %w", id, err)
	}
	return p, nil
}

// PracticalFilter says which practical work a list shows.
type PracticalFilter struct {
	State PracticalState
	After string // the cursor of the page before
	Limit int    // rows a page, at most 200; 0 means 50
}

// Practicals lists practical work across makers, what waits longest first.
func (s *Service) Practicals(ctx context.Context, by access.User, f PracticalFilter) (page db.Page[Practical], err error) {
	if err := by.May(access.MakerRead, ""); err != nil {
		return page, err
	}
	w := &db.Where{}
	if err := checkText("state", string(f.State), maxSearch); err != nil {
		return page, err
	}
	if f.State != "" {
		w.And(`state = ?`, string(f.State))
	}
	if f.After != "" {
		var at int64
		var id string
		if err := db.ParseCursor(f.After, "practicals", &at, &id); err != nil {
			return page, err
		}
		w.And(`(handed_at, id) > (?, ?)`, at, id)
	}
	limit := db.Limit(f.Limit, 50, 200)
	w.Then(`order by handed_at, id limit ?`, limit+1)
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, scanPractical, listPracticals+w.Text(), w.Args()...)
		page = db.Cut(rows, limit, func(last Practical) string { return db.Cursor("practicals", db.Micros(last.HandedAt), last.ID) })
		return err
	})
	return page, err
}

// Practical is one piece of practical work. It returns fault.NotFound.
func (s *Service) Practical(ctx context.Context, by access.User, id PracticalID) (p Practical, err error) {
	if db.Text(string(id)) != nil {
		return p, noPractical
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if p, err = db.One(tx, scanPractical, onePractical, string(id)); fault.Of(err) == fault.NotFound {
			return noPractical
		}
		if err != nil {
			return err
		}
		_, err = findMaker(tx, by, p.Maker)
		return err
	})
	return p, err
}

// practicalLeft is the required lessons whose practical work is not accepted, and how many ask for some.
func (s *Service) practicalLeft(tx *db.Tx, m Maker) (left, of int, err error) {
	work, err := db.All(tx, scanPractical, practicalsOf, string(m.ID))
	if err != nil {
		return 0, 0, err
	}
	for _, id := range s.Industries[m.Industry].Required() {
		if !s.Lessons[id].HasPractical() {
			continue
		}
		of++
		if !slices.ContainsFunc(work, func(p Practical) bool { return p.Lesson == id && p.State == Accepted }) {
			left++
		}
	}
	return left, of, nil
}

// Site is who signs certificates, and under which address they are found.
type Site struct {
	Key     ed25519.PrivateKey
	Address string // "https://ownmark.example"
}

// certify issues the certificate that a maker has earned, unless it has it. Without a key nothing is issued.
func (s *Service) certify(tx *db.Tx, m Maker) error {
	if s.Site.Key == nil {
		return nil
	}
	all, err := learnt(tx, m.ID)
	if err != nil {
		return err
	}
	industry := s.Industries[m.Industry]
	left, _, err := s.practicalLeft(tx, m)
	if err != nil || left > 0 || !industry.Progress(all.Passed()).Done() {
		return err
	}
	_, err = db.One(tx, scanCertificate, standingCertificate, string(m.ID))
	if fault.Of(err) != fault.NotFound {
		return err
	}
	id := CertificateID(db.NewID())
	document := credentialOf(id, s.Site.issuer(), s.Site.Address, m, industry, tx.Now())
	place, err := placeStatus(tx)
	if err != nil {
		return err
	}
	document["credentialStatus"] = credential.Status{List: s.Site.statusAddress(place.list), Index: place.position}.Entry()
	body, err := credential.Sign(document, s.Site.Key, tx.Now())
	if err != nil {
		return fmt.Errorf("sign the certificate of maker %s: %w", m.ID, err)
	}
	entry, err := ledger.Record(tx, "certificate.issued", m.Subject(), access.System.Actor(), map[string]any{"certificate": id, "maker": m.ID, "industry": m.Industry, "body": string(body)})
	if err != nil {
		return err
	}
	if _, err = tx.Exec(writeCertificate, string(id), string(m.ID), string(body), db.Micros(tx.Now()), 0, "", entry); err != nil {
		return err
	}
	return keepStatus(tx, place, id)
}

// Certificate is a certificate with the firm it is of; anybody may ask who has its address. It returns fault.NotFound.
func (s *Service) Certificate(ctx context.Context, id CertificateID) (c Certificate, m Maker, err error) {
	if db.Text(string(id)) != nil {
		return c, m, noCertificate
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if c, err = db.One(tx, scanCertificate, oneCertificate, string(id)); fault.Of(err) == fault.NotFound {
			return noCertificate
		}
		if err != nil {
			return err
		}
		m, err = db.One(tx, scanMaker, oneMaker, string(c.Maker))
		return err
	})
	return c, m, err
}

// RevokeCertificate takes a certificate back, with a reason that its public page shows; from now on its bit in the published status list is set.
func (s *Service) RevokeCertificate(ctx context.Context, by access.User, id CertificateID, why string) error {
	if err := needText("why", why, MaxWhy); err != nil {
		return err
	}
	if err := by.May(access.MakerMove, ""); err != nil {
		return err
	}
	if db.Text(string(id)) != nil {
		return noCertificate
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		c, err := db.One(tx, scanCertificate, oneCertificate, string(id))
		if fault.Of(err) == fault.NotFound {
			return noCertificate
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(revokeCertificate, db.Micros(tx.Now()), strings.TrimSpace(why), string(id))
		if err == nil && n == 0 {
			return fault.Conflict.Say("This certificate was taken back already.")
		}
		if err != nil {
			return err
		}
		_, err = ledger.Record(tx, "certificate.revoked", "maker:"+string(c.Maker), by.Actor(), map[string]any{"certificate": id, "why": why})
		return err
	})
}

// trainingGates are the conditions that training answers.
var trainingGates = []gate{
	{condition: "lessons-passed", stage: Trained, words: Words{"Required lessons passed", "必修课测验合格"}, answer: (*Service).lessonsPassed},
	{condition: "practical-accepted", stage: Trained, words: Words{"Practical work accepted", "实践作业通过验收"}, answer: (*Service).practicalAccepted},
}

// lessonsPassed answers whether the required lessons are passed.
func (s *Service) lessonsPassed(tx *db.Tx, m Maker) (Answer, error) {
	all, err := learnt(tx, m.ID)
	if err != nil {
		return Answer{}, err
	}
	p := s.Industries[m.Industry].Progress(all.Passed())
	return Answer{Met: p.Done(), Path: "training", Detail: Words{fmt.Sprintf("%d of %d lessons passed", p.Passed, p.Required), fmt.Sprintf("已通过 %d 课，共 %d 课", p.Passed, p.Required)}}, nil
}

// practicalAccepted answers whether the practical work of required lessons is accepted.
func (s *Service) practicalAccepted(tx *db.Tx, m Maker) (Answer, error) {
	left, of, err := s.practicalLeft(tx, m)
	return Answer{Met: left == 0, Path: "training", Detail: Words{fmt.Sprintf("%d of %d pieces of practical work accepted", of-left, of), fmt.Sprintf("实践作业已通过 %d 项，共 %d 项", of-left, of)}}, err
}
