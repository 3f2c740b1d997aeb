package cultivate

import (
	"errors"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// answers are a report that lacks nothing but a photo.
func answersOfVisit() map[string]string {
	all := map[string]string{"marks": "无", "order": "4", "words": "整洁，与申报相符。"}
	for _, l := range visitLines {
		all[l.Name+".finding"] = AsDeclared
	}
	return all
}

func TestVisit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, base *db.DB) {
		only(t)
		h := newHouse(t, base)
		ctx := t.Context()
		inspector := access.User{ID: "i1", Name: "郑志强", Org: access.OperatorID, Roles: []access.Role{access.Inspector, access.ProgrammeManager}}
		other := access.User{ID: "i2", Name: "Ivo", Org: access.OperatorID, Roles: []access.Role{access.Inspector}}
		m, own := h.maker(h.cohort(3), "Sea Wind")
		plan := Visit{Maker: m.ID, Inspector: inspector.ID, InspectorName: inspector.Name, Day: "2026-12-01"}
		if _, err := h.PlanVisit(ctx, h.manager, plan); !errors.Is(err, fault.Conflict) {
			t.Errorf("planned before the screening: %v", err)
		}
		m = h.walk(m, Applied, Screened)
		if _, err := h.PlanVisit(ctx, h.manager, Visit{Maker: m.ID, Day: "soon"}); len(fault.All(err)) != 2 {
			t.Errorf("what is wrong with a plan: %v", err)
		}
		if _, err := h.PlanVisit(ctx, own, plan); !errors.Is(err, fault.Forbidden) {
			t.Errorf("planned by the firm: %v", err)
		}
		v, err := h.PlanVisit(ctx, h.manager, plan)
		h.must(err)
		if _, err := h.PlanVisit(ctx, h.manager, plan); !errors.Is(err, fault.Conflict) {
			t.Errorf("two open visits: %v", err)
		}
		if _, _, err := h.SaveReport(ctx, other, v.ID, edits(map[string]string{"marks": "x"})); !errors.Is(err, fault.Forbidden) {
			t.Errorf("written by another inspector: %v", err)
		}
		if _, err := h.HandInReport(ctx, inspector, v.ID, "form"); !errors.Is(err, fault.Conflict) {
			t.Errorf("an empty report: %v", err)
		}
		answers := answersOfVisit()
		answers["moulds.finding"] = Differs
		d, _, err := h.SaveReport(ctx, inspector, v.ID, edits(answers))
		h.must(err)
		if len(d.Gaps) != 2 || d.Gaps[0].Field != "moulds.note" || d.Gaps[1].Field != "photos" {
			t.Errorf("what is missing: %+v", d.Gaps)
		}
		_, _, err = h.SaveReport(ctx, inspector, v.ID, edits(map[string]string{"moulds.note": "多出 3 副模具"}))
		h.must(err)
		photo := Photo{Visit: v.ID, Line: "moulds", Hash: blob.Of([]byte("photo")), Place: "一车间", TakenAt: noonOfVisit}
		_, err = h.AddPhoto(ctx, inspector, photo)
		h.must(err)
		_, err = h.AddPhoto(ctx, inspector, photo)
		h.must(err)
		if _, err := h.AddPhoto(ctx, inspector, Photo{Visit: v.ID, Line: "cars", Hash: photo.Hash}); !errors.Is(err, fault.Invalid) {
			t.Errorf("a photo of nothing that is asked: %v", err)
		}
		v, err = h.HandInReport(ctx, inspector, v.ID, "form")
		h.must(err)
		again, err := h.HandInReport(ctx, inspector, v.ID, "form")
		h.must(err)
		if again.Version != v.Version || again.Reported == nil || again.Reported.Digest != v.Reported.Digest {
			t.Errorf("handed in twice: %+v", again)
		}
		if _, _, err := h.SaveReport(ctx, inspector, v.ID, edits(map[string]string{"words": "x"})); !errors.Is(err, fault.Conflict) {
			t.Errorf("changed after it was handed in: %v", err)
		}
		key := access.User{ID: "key-of-i1", Name: "key", Key: "k", Maker: inspector.ID, Org: access.OperatorID, Roles: []access.Role{access.ProgrammeManager}, Scopes: []access.Verb{access.VisitApprove, access.MakerRead}}
		for _, by := range []access.User{inspector, key} {
			if _, err := h.JudgeVisit(ctx, by, v.ID, v.Version, VisitApproved, ""); !errors.Is(err, fault.Forbidden) {
				t.Errorf("%s approves what is their own: %v", by.Name, err)
			}
		}
		if _, err := h.JudgeVisit(ctx, h.manager, v.ID, v.Version, VisitSentBack, ""); !errors.Is(err, fault.Invalid) {
			t.Errorf("sent back without a reason: %v", err)
		}
		v, err = h.JudgeVisit(ctx, h.manager, v.ID, v.Version, VisitSentBack, "Which moulds?")
		h.must(err)
		only(t, visitGates...)
		if _, err := h.Move(ctx, h.manager, m.ID, Transition{To: Visited, Version: m.Version}); !errors.Is(err, fault.Conflict) {
			t.Errorf("visited without approval: %v", err)
		}
		v, err = h.HandInReport(ctx, inspector, v.ID, "form-2")
		h.must(err)
		if _, err := h.JudgeVisit(ctx, h.other, v.ID, v.Version-1, VisitApproved, ""); !errors.Is(err, fault.Conflict) {
			t.Errorf("judged what was read before: %v", err)
		}
		_, err = h.JudgeVisit(ctx, h.manager, v.ID, v.Version, VisitApproved, "")
		h.must(err)
		h.walk(m, Visited)
		page, err := h.Visits(ctx, other, VisitFilter{State: VisitApproved})
		h.must(err)
		if len(page.Items) != 1 || page.Items[0].Name != "Sea Wind" {
			t.Errorf("the list: %+v", page.Items)
		}
		if _, err := h.Visits(ctx, own, VisitFilter{}); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm lists visits to all: %v", err)
		}
		if _, err := h.Service.Visit(ctx, own, v.ID); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm reads the report: %v", err)
		}
		if all, err := h.VisitsTo(ctx, own, m.ID); err != nil || len(all) != 1 || all[0].State != VisitApproved {
			t.Errorf("visits to the firm: %+v, %v", all, err)
		}
	})
}

var noonOfVisit = weighedAt

func TestVisitMoves(t *testing.T) {
	for _, s := range VisitStates() {
		for _, to := range s.Next() {
			if _, known := visitMoves[to]; !known {
				t.Errorf("%s leads to %s, which there is not", s, to)
			}
		}
	}
}
