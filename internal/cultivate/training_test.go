package cultivate

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ownmark/ownmark/engine/credential"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// aQuiz is a bank of n items, of which all are asked; "right" is right.
func aQuiz(lesson LessonID, n int) Quiz {
	q := Quiz{Lesson: lesson, Pass: 0.8, Attempts: 2, Draw: n}
	for i := range n {
		q.Items = append(q.Items, Item{ID: ItemID("i" + string(rune('0'+i))), Kind: Single, Question: Words{"Which?", "哪个？"}, Explanation: Words{"Because.", "因为。"},
			choices: []choice{{Words{"right", "对的"}, true}, {Words{"wrong", "错的"}, false}, {Words{"odd", "怪的"}, false}}})
	}
	return q
}

// school is a house with a curriculum of two required lessons, the second with practical work, and one that is not required.
func school(t *testing.T, d *db.DB) (*house, Maker, access.User) {
	t.Helper()
	h := newHouse(t, d)
	h.Lessons = Lessons{}
	for _, id := range []LessonID{"first", "second", "extra"} {
		l := Lesson{ID: id, Minutes: 5, English: LessonText{Title: string(id)}, Chinese: LessonText{Title: "课"}, Quiz: aQuiz(id, 5)}
		if id == "second" {
			l.English.Practical, l.Chinese.Practical = "Take nine photos.", "拍九张照片。"
		}
		h.Lessons[id] = l
	}
	h.Industries["shoes"] = Industry{ID: "shoes", Names: Words{"Shoes", "鞋类"}, Curriculum: []Course{
		{ID: "one", Names: Words{"Selling", "销售"}, Required: true, Lessons: []LessonID{"first", "second"}}, {ID: "two", Names: Words{"More", "更多"}, Lessons: []LessonID{"extra"}},
	}}
	h.Site = Site{Key: ed25519.NewKeyFromSeed(make([]byte, 32)), Address: "https://ownmark.example"}
	m, own := h.maker(h.cohort(3), "莆田市海风鞋业有限公司")
	return h, m, own
}

// choose answers a paper with the choices of this text.
func choose(p Paper, text string) Answers {
	a := Answers{}
	for _, q := range p.Questions {
		for _, o := range q.Options {
			if o.Text.English == text {
				a[q.Item] = []string{o.Letter}
			}
		}
	}
	return a
}

func (h *house) sit(own access.User, m Maker, lesson LessonID, text string) (Attempt, error) {
	h.t.Helper()
	a, err := h.BeginQuiz(h.t.Context(), own, m.ID, lesson)
	if err != nil {
		return a, err
	}
	_, paper, err := h.Attempt(h.t.Context(), own, m.ID, a.ID)
	h.must(err)
	return h.AnswerQuiz(h.t.Context(), own, m.ID, a.ID, choose(paper, text))
}

func TestTraining(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, m, own := school(t, d)
		ctx := t.Context()
		if _, err := h.OpenLesson(ctx, own, m.ID, "none"); !errors.Is(err, fault.NotFound) {
			t.Errorf("a lesson there is not: %v", err)
		}
		_, err := h.OpenLesson(ctx, h.manager, m.ID, "first")
		h.must(err)
		state, err := h.Training(ctx, own, m.ID)
		h.must(err)
		if len(state.Learnt) != 0 || state.Progress.Required != 2 || state.Progress.Next != "first" {
			t.Errorf("before anything: %+v", state)
		}
		if _, err := h.BeginQuiz(ctx, h.manager, m.ID, "first"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a manager takes the quiz: %v", err)
		}

		// The same paper lies open for whoever comes back; nothing of the key is on it.
		a, err := h.BeginQuiz(ctx, own, m.ID, "first")
		h.must(err)
		again, err := h.BeginQuiz(ctx, own, m.ID, "first")
		h.must(err)
		if a.ID != again.ID {
			t.Error("a second paper was dealt")
		}
		before, paper, err := h.Attempt(ctx, own, m.ID, a.ID)
		h.must(err)
		if before.Grade.Asked != 0 || len(before.Grade.Items) != 0 || len(paper.Questions) != 5 {
			t.Errorf("before it is answered: %+v", before.Grade)
		}
		failed, err := h.AnswerQuiz(ctx, own, m.ID, a.ID, choose(paper, "wrong"))
		h.must(err)
		if failed.Grade.Passed || failed.Grade.Right != 0 {
			t.Errorf("all wrong: %+v", failed.Grade)
		}
		// Sent once more with the right answers: the first stand.
		twice, err := h.AnswerQuiz(ctx, own, m.ID, a.ID, choose(paper, "right"))
		h.must(err)
		if twice.Grade.Right != 0 || len(twice.Grade.Items) != 5 {
			t.Errorf("answered twice: %+v", twice.Grade)
		}
		_, err = h.sit(own, m, "first", "wrong")
		h.must(err)
		if _, err := h.BeginQuiz(ctx, own, m.ID, "first"); !errors.Is(err, fault.Conflict) {
			t.Errorf("a third of two attempts: %v", err)
		}
		if err := h.GrantAttempt(ctx, own, m.ID, "first", "please"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a maker grants itself an attempt: %v", err)
		}
		h.must(h.GrantAttempt(ctx, h.manager, m.ID, "first", "The line was lost."))
		passed, err := h.sit(own, m, "first", "right")
		h.must(err)
		if !passed.Grade.Passed {
			t.Errorf("all right: %+v", passed.Grade)
		}
		if _, err := h.BeginQuiz(ctx, own, m.ID, "first"); !errors.Is(err, fault.Conflict) {
			t.Errorf("passed, and again: %v", err)
		}

		checks, err := h.Checklist(ctx, own, m.ID, Trained)
		h.must(err)
		if len(checks) < 2 || checks[0].Met || checks[0].Detail.English != "1 of 2 lessons passed" {
			t.Errorf("the checklist: %+v", checks)
		}
		_, err = h.sit(own, m, "second", "right")
		h.must(err)
		state, err = h.Training(ctx, own, m.ID)
		h.must(err)
		if !state.Progress.Done() || len(state.Certificates) != 0 {
			t.Errorf("the practical work is missing, and yet: %+v", state)
		}

		// Practical work: by the maker, seen by another.
		if _, err := h.HandIn(ctx, own, m.ID, "second", " ", nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("nothing handed in: %v", err)
		}
		if _, err := h.HandIn(ctx, own, m.ID, "first", "Here.", nil); !errors.Is(err, fault.Conflict) {
			t.Errorf("work that nobody asked for: %v", err)
		}
		work, err := h.HandIn(ctx, own, m.ID, "second", "九张照片在这里。", nil)
		h.must(err)
		if _, err := h.SeePractical(ctx, own, work.ID, work.Version, Accepted, ""); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the maker accepts its own work: %v", err)
		}
		if _, err := h.SeePractical(ctx, h.manager, work.ID, work.Version, SentBack, ""); !errors.Is(err, fault.Invalid) {
			t.Errorf("sent back without words: %v", err)
		}
		_, err = h.SeePractical(ctx, h.manager, work.ID, work.Version, SentBack, "The sole is missing.")
		h.must(err)
		if _, err := h.SeePractical(ctx, h.other, work.ID, work.Version, Accepted, ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("two look at once: %v", err)
		}
		work, err = h.HandIn(ctx, own, m.ID, "second", "鞋底也拍了。", nil)
		h.must(err)
		_, err = h.SeePractical(ctx, h.manager, work.ID, work.Version, Accepted, "Well done.")
		h.must(err)

		state, err = h.Training(ctx, own, m.ID)
		h.must(err)
		if len(state.Certificates) != 1 {
			t.Fatalf("%d certificates", len(state.Certificates))
		}
		c, firm, err := h.Certificate(ctx, state.Certificates[0].ID)
		h.must(err)
		verified, err := credential.Verify(c.Body, h.Site.Key.Public().(ed25519.PublicKey), time.Now())
		if err != nil || firm.ID != m.ID || !strings.Contains(verified.Document["id"].(string), string(c.ID)) {
			t.Errorf("the certificate: %v", err)
		}
		list, err := h.StatusList(ctx, 1)
		h.must(err)
		if _, err := verified.CheckStatus(list, time.Now()); err != nil {
			t.Errorf("a certificate that stands: %v", err)
		}
		if _, err := credential.Verify([]byte(strings.Replace(string(c.Body), "海风", "山风", 1)), nil, time.Now()); err == nil {
			t.Error("another firm's name, and it verifies")
		}
		if err := h.RevokeCertificate(ctx, own, c.ID, "x"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("a maker revokes: %v", err)
		}
		h.must(h.RevokeCertificate(ctx, h.manager, c.ID, "The answers came from somebody else."))
		list, err = h.StatusList(ctx, 1)
		h.must(err)
		if _, err := verified.CheckStatus(list, time.Now()); err == nil || err.(*credential.Problem).Kind != credential.Revoked {
			t.Errorf("a certificate that was taken back, by its list: %v", err)
		}
		if _, err := h.StatusList(ctx, 2); !errors.Is(err, fault.NotFound) {
			t.Errorf("a list that was never begun: %v", err)
		}
		if err := h.RevokeCertificate(ctx, h.manager, c.ID, "Again."); !errors.Is(err, fault.Conflict) {
			t.Errorf("revoked twice: %v", err)
		}
		if c, _, err = h.Certificate(ctx, c.ID); err != nil || c.RevokedAt.IsZero() || c.Revoked == "" {
			t.Errorf("revoked: %+v %v", c, err)
		}
		if _, _, err := h.Certificate(ctx, "none"); !errors.Is(err, fault.NotFound) {
			t.Errorf("no certificate: %v", err)
		}
	})
}

func TestTrainingOfAnotherFirm(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, m, own := school(t, d)
		ctx := t.Context()
		_, stranger := h.maker(h.cohort(3), "Stranger")
		a, err := h.BeginQuiz(ctx, own, m.ID, "first")
		h.must(err)
		_, errTraining := h.Training(ctx, stranger, m.ID)
		_, errBegin := h.BeginQuiz(ctx, stranger, m.ID, "first")
		_, _, errAttempt := h.Attempt(ctx, stranger, m.ID, a.ID)
		_, errAnswer := h.AnswerQuiz(ctx, stranger, m.ID, a.ID, nil)
		_, errHand := h.HandIn(ctx, stranger, m.ID, "second", "x", nil)
		for i, err := range []error{errTraining, errBegin, errAttempt, errAnswer, errHand} {
			if !errors.Is(err, fault.NotFound) {
				t.Errorf("verb %d: %v", i, err)
			}
		}
	})
}

// TestAnsweredByTwoAtOnce: two of a firm send the same paper; it is graded once, and both are told the same.
func TestAnsweredByTwoAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, m, own := school(t, d)
		a, err := h.BeginQuiz(t.Context(), own, m.ID, "first")
		h.must(err)
		_, paper, err := h.Attempt(t.Context(), own, m.ID, a.ID)
		h.must(err)
		var both sync.WaitGroup
		grades := make([]Grade, 2)
		errs := make([]error, 2)
		for i := range 2 {
			both.Go(func() {
				var a2 Attempt
				a2, errs[i] = h.AnswerQuiz(t.Context(), own, m.ID, a.ID, choose(paper, []string{"right", "wrong"}[i]))
				grades[i] = a2.Grade
			})
		}
		both.Wait()
		h.must(errors.Join(errs...))
		if grades[0].Right != grades[1].Right {
			t.Errorf("graded %d and %d", grades[0].Right, grades[1].Right)
		}
	})
}

// TestPlaceTellsNothing: over many papers the right choice of three stands at each place as often as at another.
func TestPlaceTellsNothing(t *testing.T) {
	places := map[string]int{}
	const papers = 600
	for seed := range uint64(papers) {
		for _, q := range aQuiz("first", 5).Paper(seed).Questions {
			for _, o := range q.Options {
				if o.Text.English == "right" {
					places[o.Letter]++
				}
			}
		}
	}
	for _, letter := range []string{"a", "b", "c"} {
		if n := places[letter]; n < 870 || n > 1130 { // 1,000 and five standard deviations of 26
			t.Errorf("the right choice stands at %s %d times of %d", letter, n, papers*5)
		}
	}
}

func TestStatusListsFillUp(t *testing.T) {
	for taken, want := range map[int]int{0: 3, mostInList - 1: 3, mostInList: 4, mostInList + 1: 4} {
		if got := listFor(3, taken); got != want {
			t.Errorf("with %d in list 3, the next goes to list %d, want %d", taken, got, want)
		}
	}
}
