package cultivate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// whole is the answers of an application that lacks nothing but its documents.
func whole() map[string]string {
	return map[string]string{
		askName: "莆田市海风鞋业有限公司", askCountry: "CN", askNumber: "91330100799655058B", askFounded: "2019-03-01", askSpeaker: "林海风", askResidence: "莆田市荔城区", askContact: "138 0000 0000",
		askAddress: "海风鞋业一厂，莆田市涵江区", askMachines: "成型线 2 条", askCapacity: "30,000", askJobs: "120", askTurnover: "３２０万", askCurrency: "CNY", askShare: "60", askChange: "−30",
		askLines: "休闲鞋\n童鞋", askDesigns: "12", askQuality: QualityOwn, askAccounts: "s-1\ns-2", askKin: "s-3，妻子", askPast: NothingToDeclare,
	}
}

func edits(answers map[string]string) (all []Edit) {
	for name, value := range answers {
		all = append(all, Edit{Field: name, Value: value})
	}
	return all
}

// apply answers everything for a maker.
func (h *house) apply(by access.User, id MakerID, answers map[string]string) {
	h.t.Helper()
	_, collisions, err := h.SaveApplication(h.t.Context(), by, id, edits(answers))
	h.must(err)
	if len(collisions) > 0 {
		h.t.Fatalf("collisions: %+v", collisions)
	}
	for _, kind := range neededDocuments {
		_, err := h.AddDocument(h.t.Context(), by, id, Document{Kind: kind, Name: string(kind) + ".pdf", Hash: blob.Of([]byte(kind)), Bytes: 10})
		h.must(err)
	}
}

func TestFacts(t *testing.T) {
	a := Application{Replies: map[string]Reply{}}
	for name, value := range whole() {
		a.Replies[name] = Reply{Value: value}
	}
	f := a.Facts()
	if *f.Capacity != 30_000 || f.Turnover != (Amount{"CNY", 320_000_000}) || *f.ExportTrend != -30 || len(f.Lines) != 2 || f.Kin[0] != (KinAccount{"s-3", "妻子"}) || f.Declared == nil || len(f.Declared) != 0 {
		t.Errorf("read as %+v", f)
	}
	if gaps := a.Gaps(); len(gaps) != 3 || gaps[0].Field != "documents" {
		t.Errorf("gaps of a whole application without documents: %+v", gaps)
	}
	for name, value := range map[string]string{askNumber: "91330100799655058C", askFounded: "soon", askTurnover: "1e9", askShare: "160", askCountry: "XX", askCurrency: "ABCD", askQuality: "best", askCapacity: "-1", askJobs: "1.5"} {
		was := a.Replies[name]
		a.Replies[name] = Reply{Value: value}
		if gaps := a.Gaps(); len(gaps) != 4 || gaps[0].Field != name {
			t.Errorf("%s = %q is taken: %+v", name, value, gaps)
		}
		a.Replies[name] = was
	}
	a.Replies[askPast] = Reply{Value: Declares}
	if gaps := a.Gaps(); len(gaps) != 4 || gaps[0].Field != "past.1.mark" {
		t.Errorf("declared without saying what: %+v", gaps)
	}
	a.Replies["past.2.mark"], a.Replies["past.2.items"] = Reply{Value: "Halden"}, Reply{Value: "500"}
	if gaps := a.Gaps(); len(gaps) != 5 || gaps[0].Field != "past.2.when" || gaps[1].Field != "past.2.outcome" {
		t.Errorf("half a matter: %+v", gaps)
	}
	a.Replies["past.2.when"], a.Replies["past.2.outcome"] = Reply{Value: "2024年6月"}, Reply{Value: "stopped"}
	if d := a.Facts().Declared; len(d) != 1 || d[0].Until != time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC) || *d[0].Items != 500 {
		t.Errorf("a declared matter: %+v", d)
	}
}

// TestMerge holds the rule: nobody's answer is lost without being shown, and the same edits twice are one.
func TestMerge(t *testing.T) {
	values := []string{"", "a", "b", "c"}
	for _, began := range values {
		for _, stands := range values {
			for _, sent := range values {
				now := map[string]Reply{"f": {Value: stands}}
				write, collisions := merge(now, []Edit{{"f", sent, Digest(began)}})
				wrote := len(write) == 1
				changed, others := sent != began, stands != began
				switch {
				case changed && !others && sent != stands && !wrote:
					t.Errorf("began %q, stands %q, sent %q: not kept", began, stands, sent)
				case !changed && (wrote || len(collisions) > 0):
					t.Errorf("began %q, stands %q, sent %q: what was only shown counts", began, stands, sent)
				case changed && others && sent != stands && (wrote || len(collisions) != 1 || collisions[0].Theirs != stands):
					t.Errorf("began %q, stands %q, sent %q: overwritten or not told", began, stands, sent)
				}
				if wrote {
					again, collide := merge(map[string]Reply{"f": {Value: sent}}, []Edit{{"f", sent, Digest(began)}})
					if len(again)+len(collide) > 0 {
						t.Errorf("the same edit twice: %+v %+v", again, collide)
					}
				}
			}
		}
	}
}

func TestApplication(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t, applicationGates...)
		h := newHouse(t, d)
		h.Industries["shoes"] = Industry{ID: "shoes", Admission: Admission{RegisteredMonths: 12}}
		ctx := t.Context()
		c := h.cohort(3)
		m, own := h.maker(c, "Sea Wind")
		_, stranger := h.maker(c, "Stranger")
		if _, _, err := h.SaveApplication(ctx, stranger, m.ID, edits(map[string]string{askName: "Mine"})); !errors.Is(err, fault.NotFound) {
			t.Errorf("a stranger writes it: %v", err)
		}
		if _, _, err := h.SaveApplication(ctx, own, m.ID, []Edit{{Field: "wages", Value: "1"}, {Field: askCountry, Value: "China"}, {Field: askName, Value: "a\x00"}}); len(fault.All(err)) != 3 {
			t.Errorf("what cannot be kept: %v", err)
		}
		_, err := h.Move(ctx, own, m.ID, Transition{To: Applied, Version: m.Version})
		if !errors.Is(err, fault.Conflict) {
			t.Errorf("an empty application is handed in: %v", err)
		}
		checks, err := h.Checklist(ctx, own, m.ID, Applied)
		h.must(err)
		if len(checks) != 2 || checks[0].Path != "application" || !strings.Contains(checks[0].Detail.Chinese, "企业全称（尚未填写）") || !strings.Contains(checks[0].Detail.English, "and ") {
			t.Errorf("what is missing: %+v", checks)
		}

		h.apply(own, m.ID, whole())
		_, collisions, err := h.SaveApplication(ctx, h.manager, m.ID, []Edit{{askJobs, "130", Digest("120")}})
		h.must(err)
		if len(collisions) != 0 {
			t.Errorf("%+v", collisions)
		}
		a, collisions, err := h.SaveApplication(ctx, own, m.ID, []Edit{{askJobs, "140", Digest("120")}, {askDesigns, "13", Digest("12")}})
		h.must(err)
		if len(collisions) != 1 || collisions[0].Theirs != "130" || collisions[0].ByName != h.manager.Name || a.Says(askDesigns) != "13" || a.Says(askJobs) != "130" {
			t.Errorf("two wrote one answer: %+v, %v", collisions, a.Replies)
		}

		m, err = h.Move(ctx, own, m.ID, Transition{To: Applied, Version: m.Version})
		h.must(err)
		if m.Name != "莆田市海风鞋业有限公司" || m.Number != "91330100799655058B" {
			t.Errorf("the maker keeps its old name: %+v", m)
		}
		copies, err := h.Copies(ctx, own, m.ID)
		h.must(err)
		if len(copies) != 1 || len(copies[0].Digest) != 64 || copies[0].Entry == "" {
			t.Errorf("the copies: %+v", copies)
		}
		if _, _, err := h.SaveApplication(ctx, own, m.ID, []Edit{{askJobs, "1", Digest("130")}}); !errors.Is(err, fault.Conflict) {
			t.Errorf("changed after it was handed in: %v", err)
		}
		if err := h.RemoveDocument(ctx, own, m.ID, a.Documents[0].ID); !errors.Is(err, fault.Conflict) {
			t.Errorf("a document removed after it was handed in: %v", err)
		}

		twin, twins := h.maker(c, "Twin")
		h.apply(twins, twin.ID, whole())
		if _, err = h.Move(ctx, twins, twin.ID, Transition{To: Applied, Version: twin.Version}); !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "registration number") {
			t.Errorf("one number twice in a cohort: %v", err)
		}
	})
}

func TestRegistered(t *testing.T) {
	day := func(text string) time.Time { at, _ := readDay(text); return at }
	for _, c := range []struct {
		founded string
		met     bool
	}{{"2025-11-24", true}, {"2025-11-25", false}, {"2025/01/31", true}, {"", false}, {"2030-01-01", false}} {
		if a := registered(day(c.founded), day("2026-11-24"), 12); a.Met != c.met {
			t.Errorf("registered on %q: %+v", c.founded, a)
		}
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t, clock.System))
	m, own := h.maker(h.cohort(1), "Sea Wind")
	add := func(text string, size int64) error {
		_, err := h.AddDocument(t.Context(), own, m.ID, Document{Kind: PhotoDocument, Name: "p.jpg", Hash: blob.Of([]byte(text)), Bytes: size})
		return err
	}
	h.must(add("1", 5))
	h.must(add("1", 5))
	if a, err := h.Application(t.Context(), own, m.ID); err != nil || len(a.Documents) != 1 {
		t.Errorf("the same file twice: %+v, %v", a.Documents, err)
	}
	if err := add("large", MaxDocumentsBytes); !errors.Is(err, fault.TooLarge) {
		t.Errorf("over the bytes: %v", err)
	}
	for n := 1; n < MaxDocuments; n++ {
		h.must(add(fmt.Sprint("more ", n), 1))
	}
	if err := add("one more", 1); !errors.Is(err, fault.TooLarge) {
		t.Errorf("over the count: %v", err)
	}
}

func TestApplyAsStranger(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx := t.Context()
		c := h.cohort(3)
		m, link, err := h.Apply(ctx, "203.0.113.7:4711", c.ID, Firm{Name: "Sea Wind", Person: "Lin", Email: "lin@example.com", Organisation: access.OperatorID})
		h.must(err)
		if link == "" || m.Organisation == access.OperatorID || m.Stage != Draft {
			t.Errorf("began %+v with link %q", m, link)
		}
		if _, _, err := h.Apply(ctx, "203.0.113.7", c.ID, Firm{Name: "Again", Person: "Lin", Email: "lin@example.com"}); !errors.Is(err, fault.Conflict) {
			t.Errorf("an address that has an account: %v", err)
		}
		if _, _, err := h.Apply(ctx, "203.0.113.7", "nowhere", Firm{Name: "Again", Person: "Lin", Email: "l@example.com"}); !errors.Is(err, fault.NotFound) {
			t.Errorf("a cohort that is not: %v", err)
		}
		for range mostAsked {
			_, _, err = h.Apply(ctx, "203.0.113.7", c.ID, Firm{})
		}
		if !errors.Is(err, fault.TooMany) {
			t.Errorf("after many: %v", err)
		}
		if _, _, err := h.Apply(ctx, "203.0.113.8", c.ID, Firm{Name: "Other", Person: "Li", Email: "li@example.com"}); err != nil {
			t.Errorf("another address pays for it: %v", err)
		}
		open, err := h.OpenCohorts(ctx)
		h.must(err)
		if len(open) != 1 {
			t.Errorf("open: %+v", open)
		}
	})
}

func FuzzReadNumber(f *testing.F) {
	for _, text := range []string{"1,234.5", "３２０万", "−30", "1e9", "0x10", "NaN", "--1", "1.2.3", "亿"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := readNumber(text); ok && !(n >= -maxWhole && n <= maxWhole) {
			t.Errorf("%q is read as %v", text, n)
		}
		if n, ok := readWhole(text); ok && (*n < 0 || *n > maxWhole) {
			t.Errorf("%q is read as %d", text, *n)
		}
		readMonth(text)
		entries(text)
	})
}
