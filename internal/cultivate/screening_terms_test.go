package cultivate

import (
	"errors"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

// walk takes a maker to a stage while no conditions hold.
func (h *house) walk(m Maker, stages ...Stage) Maker {
	h.t.Helper()
	for _, to := range stages {
		var err error
		m, err = h.Move(h.t.Context(), h.manager, m.ID, Transition{To: to, Version: m.Version})
		h.must(err)
	}
	return m
}

func TestTerms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		only(t)
		h := newHouse(t, d)
		industries, _, err := Read(Shipped())
		h.must(err)
		h.Industries = industries
		ctx := t.Context()
		m, own := h.maker(h.cohort(3), "Sea Wind")
		answers := whole()
		answers[askPast], answers["past.1.mark"], answers["past.1.when"], answers["past.1.outcome"] = Declares, "Halden", "2024-06", "停产"
		h.apply(own, m.ID, answers)
		m = h.walk(m, Applied)
		if _, err := h.IssueTerms(ctx, h.manager, m.ID, 0); !errors.Is(err, fault.Conflict) {
			t.Errorf("issued before the screening: %v", err)
		}
		m = h.walk(m, Screened)
		if _, err := h.AddGiven(ctx, own, GivenItem{Maker: m.ID, Kind: "car"}); len(fault.All(err)) != 3 {
			t.Errorf("what is wrong with a line: %v", err)
		}
		item, err := h.AddGiven(ctx, own, GivenItem{Maker: m.ID, Kind: GivenMould, What: "外底模具", Mark: "Halden", Number: 12})
		h.must(err)
		if _, err := h.SignTerms(ctx, own, m.ID, "", "林海风"); !errors.Is(err, fault.Conflict) {
			t.Errorf("signed before it was issued: %v", err)
		}
		if _, err := h.IssueTerms(ctx, own, m.ID, 0); !errors.Is(err, fault.Forbidden) {
			t.Errorf("issued by the firm: %v", err)
		}
		first, err := h.IssueTerms(ctx, h.manager, m.ID, 0)
		h.must(err)
		for _, want := range []string{"入选条款：鞋类", "莆田市海风鞋业有限公司", "Halden，至 2024-06", "外底模具，商标：Halden，数量：12", "24 个月", "CNY 50000.00"} {
			if !strings.Contains(first.Text.Chinese, want) {
				t.Errorf("the Chinese text lacks %q:\n%s", want, first.Text.Chinese)
			}
		}
		if !strings.Contains(first.Text.English, "What is forgiven") || strings.Contains(first.Text.English, "%!") {
			t.Errorf("the English text:\n%s", first.Text.English)
		}
		h.must(h.RemoveGiven(ctx, own, m.ID, item.ID))
		second, err := h.IssueTerms(ctx, h.manager, m.ID, first.Version)
		h.must(err)
		if second.Digest == first.Digest {
			t.Error("another text with the same digest")
		}
		if _, err := h.SignTerms(ctx, own, m.ID, first.Digest, "林海风"); !errors.Is(err, fault.Conflict) {
			t.Errorf("signed what is not the text any more: %v", err)
		}
		if _, err := h.SignTerms(ctx, h.manager, m.ID, second.Digest, "Mia"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the programme signs for the firm: %v", err)
		}
		signed, err := h.SignTerms(ctx, own, m.ID, second.Digest, " 林海风 ")
		h.must(err)
		if signed.Signature.Name != "林海风" || signed.Signature.Entry == "" || signed.ProbationEnds() != signed.Signature.At.AddDate(2, 0, 0) {
			t.Errorf("signed: %+v", signed)
		}
		if _, err := h.AddGiven(ctx, own, GivenItem{Maker: m.ID, Kind: GivenMould, What: "more", Number: 1}); !errors.Is(err, fault.Conflict) {
			t.Errorf("the list changes after it was signed: %v", err)
		}
		if _, err := h.RecordDeposit(ctx, own, m.ID, "B-17", "2026-11-20"); !errors.Is(err, fault.Forbidden) {
			t.Errorf("the firm records its own deposit: %v", err)
		}
		if _, err := h.RecordDeposit(ctx, h.manager, m.ID, "B-17", "2999-01-01"); !errors.Is(err, fault.Invalid) {
			t.Errorf("paid in a thousand years: %v", err)
		}
		m = h.walk(m, Visited)
		only(t, termsGates...)
		if _, err := h.Move(ctx, h.manager, m.ID, Transition{To: Admitted, Version: m.Version}); !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "deposit") {
			t.Errorf("admitted without the deposit: %v", err)
		}
		_, err = h.RecordDeposit(ctx, h.manager, m.ID, "B-17", "2024-11-20")
		h.must(err)
		h.walk(m, Admitted)
		b, err := h.Service.Terms(ctx, access.User{ID: "x", Name: "X", Org: m.Organisation, Roles: []access.Role{access.Maker}}, m.ID)
		h.must(err)
		if !b.Issued || b.Payment.Reference != "B-17" || b.Signature == nil {
			t.Errorf("kept: %+v", b)
		}
	})
}
