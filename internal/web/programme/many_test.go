package programme

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// crowd is a site with an open cohort and three firms in it.
func crowd(t *testing.T) (*webtest.Site, *cultivate.Service, []cultivate.Maker) {
	t.Helper()
	s := webtest.NewSite(t)
	room := makerstest.NewRoom(t, s)
	manager := s.User(access.ProgrammeManager)
	c, err := room.SaveCohort(t.Context(), manager, cultivate.Cohort{Industry: "shoes", Name: "莆田鞋业第一期", Place: "福建莆田", Places: 17})
	must(t, err)
	c, err = room.MoveCohort(t.Context(), manager, c.ID, c.Version, cultivate.CohortOpen, "")
	must(t, err)
	var all []cultivate.Maker
	for i, name := range []string{"莆田市海风鞋业有限公司", "莆田市荔城区步云鞋厂", "Jinjiang Tidewren Footwear Co., Ltd."} {
		m, _, err := room.Enrol(t.Context(), manager, c.ID, cultivate.Firm{Name: name, Place: "福建莆田", Person: "陈师傅", Email: fmt.Sprintf("firm-%d@example.com", i)})
		must(t, err)
		all = append(all, m)
	}
	s.Serve(nil, Job(room, func(secret string) string { return "/sign-in/" + secret }), makers.Job(room, s.Access))
	return s, room, all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestMoveThreeAndBack is a manager who, with the keyboard alone, moves three makers at once and takes it back.
func TestMoveThreeAndBack(t *testing.T) {
	s, room, all := crowd(t)
	stages := func() (found []cultivate.Stage) {
		for _, m := range all {
			m, err := room.Maker(t.Context(), s.User(access.ProgrammeManager), m.ID)
			must(t, err)
			found = append(found, m.Stage)
		}
		return found
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Go(Path(all[0].Cohort))
	for range all {
		b.Press("j")
		b.Press("x")
	}
	b.See("#bulk.bulk-on")
	b.Axe()
	b.Shot("programme-bulk")
	b.PressTo("m")
	b.Axe()
	b.Shot("programme-ask")
	browsertest.Eval[bool](b, `(document.getElementById('field-to').value = 'left', true)`)
	b.Type("#field-why", "They have taken work for export instead.")
	b.Follow(".form-end .btn-primary")
	if got := stages(); got[0] != cultivate.Left || got[1] != cultivate.Left || got[2] != cultivate.Left {
		t.Fatalf("moved: %v", got)
	}
	b.See(".toaster form")
	b.PressTo("u")
	if got := stages(); got[0] != cultivate.Draft || got[1] != cultivate.Draft || got[2] != cultivate.Draft {
		t.Errorf("taken back: %v", got)
	}
}

// TestManyAtOnce says of each why not, acts once on a form sent twice, and asks again when something is missing.
func TestManyAtOnce(t *testing.T) {
	s, room, all := crowd(t)
	manager := s.User(access.ProgrammeManager)
	c := s.As(access.ProgrammeManager)
	path := Path(all[0].Cohort)
	form := url.Values{"do": {"task"}, "request": {"r1"}, "side": {"firm"}, "due": {"2026-12-01"}}
	for _, m := range all {
		form.Add("id", tick(m))
	}
	if a := c.Post(path+"/do", form.Encode()); a.Status != 422 || !strings.Contains(a.Body, `value="r1"`) || strings.Count(a.Body, `name="id"`) != 3 {
		t.Errorf("a task without a title: %d", a.Status)
	}
	form.Set("title", "写尺码表")
	for range 2 {
		if a := c.Post(path+"/do", form.Encode()); a.Status != 303 {
			t.Fatalf("tasks: %d %s", a.Status, a.Body)
		}
	}
	if n, err := room.CountTasks(t.Context(), manager, cultivate.TaskFilter{Text: "写尺码表"}); err != nil || n != 3 {
		t.Errorf("%d tasks, %v", n, err)
	}
	form = url.Values{"do": {"message"}, "request": {"r2"}, "text": {"开课啦。"}, "id": form["id"]}
	if a := c.Post(path+"/do", form.Encode()); a.Status != 303 {
		t.Errorf("messages: %d", a.Status)
	}
	if page, _, err := room.Messages(t.Context(), manager, all[2].ID, "", 0); err != nil || len(page.Items) != 1 {
		t.Errorf("the third firm's messages: %+v, %v", page.Items, err)
	}
	form = url.Values{"do": {"owner"}, "owner": {string(manager.ID)}, "id": form["id"]}
	if a := c.Post(path+"/do", form.Encode()); a.Status != 303 {
		t.Errorf("owners: %d", a.Status)
	}
	// They were read before somebody took them, so each is told of.
	form = url.Values{"do": {"move"}, "request": {"r3"}, "to": {"left"}, "why": {"x"}, "id": form["id"]}
	if a := c.Post(path+"/do", form.Encode()); a.Status != 200 || strings.Count(a.Body, "meanwhile") != 3 {
		t.Errorf("moves of what was changed: %d %s", a.Status, a.Body)
	}
	if a := c.Post(path+"/ask", "do=move"); a.Status != 303 {
		t.Errorf("nobody ticked: %d", a.Status)
	}
	if a := c.Post(path+"/ask", "do=nothing&id="+url.QueryEscape(tick(all[0]))); a.Status != 404 {
		t.Errorf("nothing there is: %d", a.Status)
	}
	if a := c.Post(path+"/undo", "request=never"); a.Status != 404 {
		t.Errorf("nothing to take back: %d", a.Status)
	}
	if a := s.As(access.Maker).Post(path+"/do", form.Encode()); a.Status != 403 {
		t.Errorf("a firm moves many: %d", a.Status)
	}
}
