package desk

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// office is a site with an open cohort and the site's firm in it.
func office(t *testing.T) (*webtest.Site, *cultivate.Service, cultivate.Maker) {
	t.Helper()
	s := makerstest.New(t)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(Config{Cultivate: s.Room, Access: s.Access, Store: s.Store, Site: "https://console.example"}))
	return s.Site, s.Room, s.Maker
}

func TestTasks(t *testing.T) {
	s, room, m := office(t)
	path := makers.Path(m.ID, "tasks")
	manager, own := s.As(access.ProgrammeManager), s.As(access.Maker)
	form := url.Values{"title": {"拍三张产品照片"}, "who": {"firm"}, "due": {"2026-12-01"}, "request": {"r1"}}
	for range 2 { // a second click
		if a := manager.Post(path, form.Encode()); a.Status != 303 {
			t.Fatalf("give: %d %s", a.Status, a.Body)
		}
	}
	if a := manager.Post(path, "title=&who=nobody&request=r2"); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("nothing for nobody: %d", a.Status)
	}
	if a := manager.Post(path, "title=x&who=firm&due=soon&request=r3"); a.Status != 422 {
		t.Errorf("no day: %d", a.Status)
	}
	inside := url.Values{"title": {"call the lab"}, "who": {string(s.User(access.ProgrammeManager).ID)}, "request": {"r4"}}
	if a := manager.Post(path, inside.Encode()); a.Status != 303 {
		t.Fatalf("give to oneself: %d %s", a.Status, a.Body)
	}
	all, err := room.Tasks(t.Context(), s.User(access.Maker), cultivate.TaskFilter{Maker: m.ID, State: cultivate.TaskOpen})
	must(t, err)
	given := 0
	var photo cultivate.Task
	for _, one := range all.Items {
		if one.Title.English == "拍三张产品照片" {
			given++
			photo = one
		}
	}
	if given != 1 {
		t.Fatalf("%d tasks", given)
	}
	if a := own.Get(path); !strings.Contains(a.Body, "拍三张产品照片") || strings.Contains(a.Body, "call the lab") || strings.Contains(a.Body, `value="dropped"`) {
		t.Error("the firm's tasks")
	}
	if a := own.Post(path+"/"+string(photo.ID), "to=done&version="+fmt.Sprint(photo.Version)); a.Status != 303 || a.Header.Get("Location") != path {
		t.Fatalf("done: %d %s", a.Status, a.Body)
	}
	if a := manager.Post(path+"/"+string(photo.ID), "to=dropped&version="+fmt.Sprint(photo.Version)); a.Status != 409 {
		t.Errorf("closed twice: %d", a.Status)
	}
	if a := manager.Get("/desk?whose=mine"); a.Status != 200 || !strings.Contains(a.Body, "call the lab") || strings.Contains(a.Body, "拍三张产品照片") {
		t.Errorf("the manager's own: %d", a.Status)
	}
	if a := manager.Get("/exports/desk?state=done"); !strings.Contains(a.Body, "拍三张产品照片") {
		t.Errorf("export: %s", a.Body)
	}
	if a := own.Get("/desk"); a.Status != 403 {
		t.Errorf("the firm at the desk: %d", a.Status)
	}
	// A mentor comes, and what was agreed becomes tasks.
	if a := manager.Post(makers.Path(m.ID, "mentors"), url.Values{"mentor": {"王老师"}, "at": {"2026-12-03T14:00"}, "request": {"r5"}}.Encode()); a.Status != 303 {
		t.Fatalf("plan: %d %s", a.Status, a.Body)
	}
	visits, err := room.MentorVisits(t.Context(), s.User(access.ProgrammeManager), m.ID)
	must(t, err)
	if a := manager.Post(makers.Path(m.ID, "mentors/"+string(visits[0].ID)), url.Values{"to": {"held"}, "version": {fmt.Sprint(visits[0].Version)}, "agreed": {"先改主图"}, "tasks": {"换主图\n\n写尺码表\n"}}.Encode()); a.Status != 303 {
		t.Fatalf("hold: %d %s", a.Status, a.Body)
	}
	if a := own.Get(path); !strings.Contains(a.Body, "写尺码表") || !strings.Contains(a.Body, "先改主图") {
		t.Error("what was agreed")
	}
}

func TestTheCalendarIsReadByAnotherProgram(t *testing.T) {
	s, room, m := office(t)
	manager := s.User(access.ProgrammeManager)
	long := strings.Repeat("检查鞋底；弯折, 100 次\\", 12)
	due := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	_, err := room.GiveTask(t.Context(), manager, m.ID, cultivate.NewTask{Side: cultivate.FirmSide, Title: "Bend the sole; again, and again", Detail: long + "\nsecond line", Due: due}, "")
	must(t, err)
	visit, err := room.PlanMentor(t.Context(), manager, cultivate.MentorVisit{Maker: m.ID, Mentor: "王老师", At: due.Add(time.Hour), Place: "北门"}, "")
	must(t, err)
	_, err = room.ChangeMentor(t.Context(), manager, visit.ID, visit.Version, cultivate.MentorCancelled, time.Time{})
	must(t, err)
	own := s.As(access.Maker)
	a := own.Post("/desk/calendar", "")
	_, rest, found := strings.Cut(a.Body, "https://console.example/calendar/")
	link, _, _ := strings.Cut(rest, "<")
	if a.Status != 200 || !found {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	a = s.As("").Get("/calendar/" + link)
	if a.Status != 200 || a.Header.Get("Content-Type") != "text/calendar; charset=utf-8" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(a.Body, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	read, err := ical.NewDecoder(strings.NewReader(a.Body)).Decode()
	must(t, err)
	seen := map[string]ical.Event{}
	for _, e := range read.Events() {
		id, err := e.Props.Text(ical.PropUID)
		must(t, err)
		seen[id[:4]] = e
	}
	task := seen["task"]
	summary, _ := task.Props.Text(ical.PropSummary)
	detail, _ := task.Props.Text(ical.PropDescription)
	start, err := task.DateTimeStart(time.UTC)
	if err != nil || !start.Equal(due) || !strings.Contains(summary, "Bend the sole; again, and again · 莆田市海风鞋业有限公司") || detail != long+"\nsecond line" {
		t.Errorf("the task as another program reads it: %s %q %q %v", start, summary, detail, err)
	}
	ment := seen["ment"]
	if status, err := ment.Status(); err != nil || status != ical.EventCancelled {
		t.Errorf("a visit that does not take place: %q %v", status, err)
	}
	if a := own.Post("/desk/calendar/revoke", ""); a.Status != 303 {
		t.Fatal(a.Status)
	}
	if a := s.As("").Get("/calendar/" + link); a.Status != 404 {
		t.Errorf("after it was revoked: %d", a.Status)
	}
}

// TestAMakersDay has a maker on a phone, in Chinese: a message is read and answered, a task ticked off, a corrective action planned and shown, and another
// person closes it.
func TestAMakersDay(t *testing.T) {
	s, room, m := office(t)
	manager := s.User(access.ProgrammeManager)
	_, err := room.Send(t.Context(), manager, m.ID, "林师傅，您好。照片收到了，还差鞋底一张。", nil, "")
	must(t, err)
	_, err = room.GiveTask(t.Context(), manager, m.ID, cultivate.NewTask{Side: cultivate.FirmSide, Title: "补一张鞋底照片", Due: s.Clock.Now().Add(-48 * time.Hour)}, "")
	must(t, err)
	found, err := room.Find(t.Context(), manager, m.ID, "三双鞋的鞋底弯折后开裂。", s.Clock.Now().Add(240*time.Hour), "")
	must(t, err)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	b.Go(makers.Path(m.ID, ""))
	if said := b.Text(".makers-thing"); !strings.Contains(said, "补一张鞋底照片") {
		t.Errorf("what is late comes first: %q", said)
	}
	b.Axe()
	b.Go(makers.Path(m.ID, "messages"))
	b.See(".desk-new")
	b.Type("#field-text", "好的，今天下午补上。")
	browsertest.Eval[bool](b, `(document.querySelector('.desk-write button').click(), true)`)
	b.See(".desk-mine")
	b.Axe()
	b.Shot("messages-phone")
	unread, err := room.Unread(t.Context(), s.User(access.Maker))
	must(t, err)
	if unread[m.ID] != 0 {
		t.Errorf("%d unread after reading", unread[m.ID])
	}
	b.Go(makers.Path(m.ID, "tasks"))
	b.Shot("tasks-phone")
	browsertest.Eval[bool](b, `(document.querySelector('.desk-list button').click(), true)`)
	b.See(".toaster")
	open, err := room.CountTasks(t.Context(), s.User(access.Maker), cultivate.TaskFilter{Maker: m.ID, State: cultivate.TaskOpen, Text: "鞋底照片"})
	must(t, err)
	if open != 0 {
		t.Error("the task is still open")
	}
	b.Go(makers.Path(m.ID, ""))
	if said := b.Text(".makers-thing"); !strings.Contains(said, "鞋底弯折后开裂") {
		t.Errorf("the next thing after that: %q", said)
	}
	b.Shot("home-phone")
	b.Go(makers.Path(m.ID, "actions"))
	b.Type("#field-cause", "胶水固化时间不足。")
	b.Type("#field-said", "延长到 24 小时，并记录。")
	browsertest.Eval[bool](b, `(document.querySelector('.desk-action > form button').click(), true)`)
	b.See("#field-said")
	b.Gone("#field-cause")
	b.Type("#field-said", "三批记录，抽检无开裂。")
	browsertest.Eval[bool](b, `(document.querySelector('.desk-action > form button').click(), true)`)
	b.Gone("#field-said")
	b.Axe()
	b.Shot("actions-phone")
	actions, err := room.Actions(t.Context(), manager, m.ID)
	must(t, err)
	if actions[0].ID != found.ID || actions[0].State != cultivate.ActionShown || actions[0].Cause == "" {
		t.Fatalf("%+v", actions[0])
	}
	form := url.Values{"to": {"verified"}, "version": {fmt.Sprint(actions[0].Version)}, "said": {"看过记录。"}}.Encode()
	if a := s.As(access.Maker).Post(makers.Path(m.ID, "actions/"+string(found.ID)), form); a.Status != 403 {
		t.Errorf("verified by the firm: %d", a.Status)
	}
	if a := s.As(access.ProgrammeManager).Post(makers.Path(m.ID, "actions/"+string(found.ID)), form); a.Status != 303 {
		t.Errorf("verified: %d %s", a.Status, a.Body)
	}
	for _, part := range []string{"tasks", "messages", "actions", "documents"} {
		if a := s.As(access.Maker).Get(makers.Path(cultivate.MakerID(db.NewID()), part)); a.Status != 404 {
			t.Errorf("another's %s: %d", part, a.Status)
		}
	}
}

func TestLook(t *testing.T) {
	s, room, m := office(t)
	manager := s.User(access.ProgrammeManager)
	for i, title := range []string{"补一张鞋底照片", "Ask the laboratory for the report of the second lot, and send it to the firm with a word on what it means", "写尺码表"} {
		_, err := room.GiveTask(t.Context(), manager, m.ID, cultivate.NewTask{Side: []cultivate.Side{cultivate.FirmSide, cultivate.Programme, cultivate.FirmSide}[i], Title: title, Due: s.Clock.Now().Add(time.Duration(i-1) * 72 * time.Hour)}, "")
		must(t, err)
	}
	_, err := room.Send(t.Context(), s.User(access.Maker), m.ID, "老师，第二批报告什么时候出来？", nil, "")
	must(t, err)
	_, err = room.Find(t.Context(), manager, m.ID, "三双鞋的鞋底弯折后开裂。", s.Clock.Now().Add(240*time.Hour), "")
	must(t, err)
	_, err = room.PlanMentor(t.Context(), manager, cultivate.MentorVisit{Maker: m.ID, Mentor: "王老师", At: s.Clock.Now().Add(100 * time.Hour), Agenda: "主图与定价"}, "")
	must(t, err)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("desk", "/desk")
	b.Shots("desk-calendar", "/desk/calendar")
	b.Shots("desk-tasks", makers.Path(m.ID, "tasks"))
	b.Shots("desk-messages", makers.Path(m.ID, "messages"))
	b.Shots("desk-actions", makers.Path(m.ID, "actions"))
	b.Shots("desk-documents", makers.Path(m.ID, "documents"))
}
