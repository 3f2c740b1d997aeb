package cultivate

import (
	"encoding/json"
	"fmt"

	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
)

const (
	progressOf = `select p.lesson, p.opened_at, p.passed_at, p.extra, (select count(*) from quiz_attempt a where a.maker = p.maker and a.lesson = p.lesson and a.answered_at > 0),
		exists (select 1 from quiz_attempt a where a.maker = p.maker and a.lesson = p.lesson and a.answered_at = 0) from lesson_progress p where p.maker = $1`
	openLesson = `insert into lesson_progress (maker, lesson, opened_at, passed_at, extra) values ($1, $2, $3, 0, 0) on conflict (maker, lesson) do nothing`
	passLesson = `update lesson_progress set passed_at = $1 where maker = $2 and lesson = $3 and passed_at = 0`
	grantExtra = `update lesson_progress set extra = extra + 1 where maker = $1 and lesson = $2`

	attemptColumns = `id, maker, lesson, seed, begun_at, answered_at, by_id, by_name, answers, asked, was_right, passed`
	oneAttempt     = `select ` + attemptColumns + ` from quiz_attempt where id = $1`
	openAttempt    = `select ` + attemptColumns + ` from quiz_attempt where maker = $1 and lesson = $2 and answered_at = 0`
	attemptsOf     = `select ` + attemptColumns + ` from quiz_attempt where maker = $1 and lesson = $2 and answered_at > 0 order by begun_at desc, id desc limit 20`
	writeAttempt   = `insert into quiz_attempt (` + attemptColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	answerAttempt  = `update quiz_attempt set answered_at = $1, answers = $2, asked = $3, was_right = $4, passed = $5, by_id = $6, by_name = $7 where id = $8 and answered_at = 0`

	practicalColumns = `id, maker, lesson, text, documents, state, words, handed_at, handed_by, handed_name, seen_at, seen_by, seen_name, version`
	onePractical     = `select ` + practicalColumns + ` from practical where id = $1`
	practicalOf      = `select ` + practicalColumns + ` from practical where maker = $1 and lesson = $2`
	practicalsOf     = `select ` + practicalColumns + ` from practical where maker = $1`
	listPracticals   = `select ` + practicalColumns + ` from practical`
	writePractical   = `insert into practical (` + practicalColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict (maker, lesson) do update
		set text = excluded.text, documents = excluded.documents, state = excluded.state, words = excluded.words, handed_at = excluded.handed_at, handed_by = excluded.handed_by,
		handed_name = excluded.handed_name, seen_at = excluded.seen_at, seen_by = excluded.seen_by, seen_name = excluded.seen_name, version = excluded.version`

	certificateColumns  = `id, maker, body, issued_at, revoked_at, revoked_why, entry`
	oneCertificate      = `select ` + certificateColumns + ` from certificate where id = $1`
	standingCertificate = `select ` + certificateColumns + ` from certificate where maker = $1 and revoked_at = 0`
	certificatesOf      = `select ` + certificateColumns + ` from certificate where maker = $1 order by issued_at desc, id desc`
	writeCertificate    = `insert into certificate (` + certificateColumns + `) values ($1, $2, $3, $4, $5, $6, $7)`
	revokeCertificate   = `update certificate set revoked_at = $1, revoked_why = $2 where id = $3 and revoked_at = 0`
)

func scanProgress(r db.Row) (p LessonProgress, err error) {
	var opened, passed int64
	err = r.Scan(&p.Lesson, &opened, &passed, &p.Extra, &p.Attempts, &p.Open)
	p.OpenedAt, p.PassedAt = db.Time(opened), db.Time(passed)
	return p, err
}

func scanAttempt(r db.Row) (a Attempt, err error) {
	var seed, begun, answered int64
	var answers string
	if err := r.Scan(&a.ID, &a.Maker, &a.Lesson, &seed, &begun, &answered, &a.By, &a.ByName, &answers, &a.Grade.Asked, &a.Grade.Right, &a.Grade.Passed); err != nil {
		return a, err
	}
	a.seed, a.BegunAt, a.AnsweredAt = uint64(seed), db.Time(begun), db.Time(answered) //nolint:gosec // the same 64 bits
	if err := json.Unmarshal([]byte(answers), &a.Answers); err != nil {
		return a, fmt.Errorf("answers of attempt %s: %w", a.ID, err)
	}
	return a, nil
}

func scanPractical(r db.Row) (p Practical, err error) {
	var handed, seen int64
	var documents string
	if err := r.Scan(&p.ID, &p.Maker, &p.Lesson, &p.Text, &documents, &p.State, &p.Words, &handed, &p.HandedBy, &p.HandedName, &seen, &p.SeenBy, &p.SeenName, &p.Version); err != nil {
		return p, err
	}
	p.HandedAt, p.SeenAt = db.Time(handed), db.Time(seen)
	if err := json.Unmarshal([]byte(documents), &p.Documents); err != nil {
		return p, fmt.Errorf("documents of practical work %s: %w", p.ID, err)
	}
	return p, nil
}

func keepPractical(tx *db.Tx, p Practical) error {
	if p.Documents == nil {
		p.Documents = []blob.Hash{}
	}
	documents, err := json.Marshal(p.Documents)
	if err != nil {
		return err
	}
	_, err = tx.Exec(writePractical, string(p.ID), string(p.Maker), string(p.Lesson), p.Text, string(documents), string(p.State), p.Words, db.Micros(p.HandedAt), string(p.HandedBy), p.HandedName,
		db.Micros(p.SeenAt), string(p.SeenBy), p.SeenName, p.Version)
	return err
}

func scanCertificate(r db.Row) (c Certificate, err error) {
	var issued, revoked int64
	var body string
	err = r.Scan(&c.ID, &c.Maker, &body, &issued, &revoked, &c.Revoked, &c.Entry)
	c.Body, c.IssuedAt, c.RevokedAt = []byte(body), db.Time(issued), db.Time(revoked)
	return c, err
}
