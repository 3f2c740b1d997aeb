package cultivate

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ownmark/ownmark/internal/db/dbtest"
	"github.com/ownmark/ownmark/internal/fault"
)

func TestShippedIndustriesAreWhole(t *testing.T) {
	industries, lessons, err := Read(Shipped())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []IndustryID{"shoes", "bags", "toys", "electronics", TemplateID} {
		if industries[id].ID == "" {
			t.Errorf("%s does not ship", id)
		}
	}
	if len(lessons) < 12 {
		t.Errorf("%d lessons ship", len(lessons))
	}
	for _, i := range industries.Sorted() {
		taught := 0
		for _, c := range i.Curriculum {
			taught += len(c.Lessons)
		}
		if i.ID != TemplateID && (taught < 12 || len(i.Quality.Tests) < 3 || len(i.Quality.Defects) < 12 || len(i.BrandFile) == 0) {
			t.Errorf("%s: %d lessons, %d tests, %d defects, %d lines of a brand file", i.ID, taught, len(i.Quality.Tests), len(i.Quality.Defects), len(i.BrandFile))
		}
	}
}

// TestAFifthIndustryNeedsNoCode adds one by a file in the operator's own folder, as its first comment says, and opens a cohort in it.
func TestAFifthIndustryNeedsNoCode(t *testing.T) {
	template, err := fs.ReadFile(Shipped(), "industries/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	watches := bytes.ReplaceAll(template, []byte("id: template"), []byte("id: watches"))
	watches = bytes.ReplaceAll(watches, []byte("{en: The name of the trade, zh: 行业名称}"), []byte("{en: Watches, zh: 钟表}"))
	watches = bytes.ReplaceAll(watches, []byte("categories: [other]"), []byte("categories: [watches]"))
	own := fstest.MapFS{"industries/watches.yaml": {Data: watches}}
	industries, lessons, err := Read(Over(own, Shipped()))
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, dbtest.SQLite(t, nil))
	h.Industries, h.Lessons = industries, lessons
	c, err := h.SaveCohort(t.Context(), h.manager, Cohort{Industry: "watches", Name: "Watches I", Place: "漳州", Places: 2})
	h.must(err)
	c, err = h.MoveCohort(t.Context(), h.manager, c.ID, c.Version, CohortOpen, "")
	h.must(err)
	m, _ := h.maker(c, "Minute Hand")
	if m.Industry != "watches" || h.Industries[m.Industry].Names.Chinese != "钟表" {
		t.Errorf("%+v", m)
	}
	// A mistake is told with file, line and field.
	broken := bytes.ReplaceAll(watches, []byte("passes: at least"), []byte("passes: perhaps"))
	_, _, err = Read(Over(fstest.MapFS{"industries/watches.yaml": {Data: broken}}, Shipped()))
	faults := fault.All(err)
	if len(faults) == 0 || !strings.Contains(faults[0].Message(), "industries/watches.yaml, line ") || !strings.Contains(faults[0].Message(), "quality.tests[0].passes") {
		t.Errorf("a mistake in the file: %v", err)
	}
}
