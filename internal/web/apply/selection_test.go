package apply

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// lead moves a maker on, waiving what its pages ask.
func lead(t *testing.T, s *webtest.Site, room *cultivate.Service, id cultivate.MakerID, way ...cultivate.Stage) {
	t.Helper()
	manager := s.User(access.ProgrammeManager)
	for _, to := range way {
		checks, err := room.Checklist(t.Context(), manager, id, to)
		must(t, err)
		for _, c := range checks {
			if !c.Passes() {
				must(t, room.Waive(t.Context(), manager, id, c.Condition, "known from the pilot"))
			}
		}
		m, err := room.Maker(t.Context(), manager, id)
		must(t, err)
		_, err = room.Move(t.Context(), manager, id, cultivate.Transition{To: to, Why: "known from the pilot", Version: m.Version})
		must(t, err)
	}
}

// TestSelection has a manager choose two of five firms, with a lot between those whose scores do not tell them apart.
func TestSelection(t *testing.T) {
	s, room, m := desk(t)
	manager := s.User(access.ProgrammeManager)
	c, err := room.Cohort(t.Context(), manager, m.Cohort)
	must(t, err)
	c.Places = 2
	c, err = room.SaveCohort(t.Context(), manager, c)
	must(t, err)
	all := []cultivate.MakerID{m.ID}
	for i, name := range []string{"步云鞋厂", "Tidewren Footwear Co., Ltd.", "福建省莆田市涵江区远帆鞋材鞋业制造有限责任公司", "荔城区万里鞋业"} {
		one, _, err := room.Enrol(t.Context(), manager, c.ID, cultivate.Firm{Name: name, Person: "陈师傅", Email: fmt.Sprintf("firm-%d@example.com", i)})
		must(t, err)
		all = append(all, one.ID)
	}
	for i, id := range all {
		_, _, err := room.SaveApplication(t.Context(), manager, id, []cultivate.Edit{{Field: "jobs", Value: fmt.Sprint(60 + 100*i), Was: cultivate.Digest("")}, {Field: "designs", Value: "12", Was: cultivate.Digest("")}})
		must(t, err)
		lead(t, s, room, id, cultivate.Applied, cultivate.Screened, cultivate.Visited)
	}
	path := cohortPath(c.ID, "selection")
	pages := s.As(access.ProgrammeManager)
	if a := s.As(access.Maker).Get(path); a.Status != 403 {
		t.Errorf("a maker sees the ranking: %d", a.Status)
	}
	if a := pages.Get(path + "?places=3"); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("more places than are free: %d", a.Status)
	}
	if a := pages.Get(path + "?w.jobs=lots"); a.Status != 422 {
		t.Errorf("no number: %d", a.Status)
	}
	first := pages.Get(path + "?w.jobs=1000&w.designs=0").Body
	if strings.Index(first, "荔城区万里鞋业") > strings.Index(first, "步云鞋厂") {
		t.Error("with jobs as the weight the firm with most of them does not come first")
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("selection", path+"?band=0.05")
	b.Look(1280, 900, "light")
	b.Go(path + "?band=0.05")
	b.Click(`form[action="` + path + `"][method="post"] button`)
	b.See(`form[action$="/draw"]`)
	selections, err := room.Selections(t.Context(), manager, c.ID)
	must(t, err)
	id := selections[0].ID
	if selections[0].Seed != "" || selections[0].Commitment == "" {
		t.Fatalf("frozen: %+v", selections[0])
	}
	b.Shots("selection-frozen", selectionPath(id, ""))
	b.Look(1280, 900, "light")
	b.Go(selectionPath(id, ""))
	b.Click(`form[action$="/draw"] button`)
	b.See(`form[action$="/conclude"]`)
	b.Shots("selection-drawn", selectionPath(id, ""))
	drawn, err := room.Selection(t.Context(), manager, id)
	must(t, err)
	must(t, drawn.Recheck())
	file := pages.Get(selectionPath(id, "export"))
	for _, f := range drawn.Firms {
		if !strings.Contains(file.Body, string(f.Maker)) {
			t.Errorf("not exported: %s", f.Name)
		}
	}
	form := url.Values{"version": {fmt.Sprint(drawn.Version)}, "wait": {"Places may come free in spring."}, "below": {"0"}}
	if a := pages.Post(selectionPath(id, "conclude"), "version="+form.Get("version")+"&below=0"); a.Status != 422 {
		t.Errorf("nothing said to those who wait: %d", a.Status)
	}
	if a := pages.Post(selectionPath(id, "conclude"), form.Encode()); a.Status != 303 {
		t.Fatalf("conclude: %d %s", a.Status, a.Body)
	}
	offered := 0
	for _, id := range all {
		places, err := room.PlacesOf(t.Context(), manager, id)
		must(t, err)
		if places[0].Outcome == cultivate.PlaceOffered {
			offered++
		}
	}
	if offered != 2 {
		t.Errorf("%d firms have a place", offered)
	}
	b.Shots("place-of-a-firm", makers.Path(m.ID, "visits"))
}
