package marketing

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
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

// house is a site with the site's firm as a member of a cohort.
func house(t *testing.T) (*webtest.Site, *cultivate.Service, cultivate.Maker) {
	t.Helper()
	s := makerstest.Admitted(t)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(s.Room, s.Store))
	return s.Site, s.Room, s.Maker
}

// TestAPlan has a maker on a phone, in Chinese, write its plan; the programme adds a step, a file brings results, and a page is checked.
func TestAPlan(t *testing.T) {
	s, room, m := house(t)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	b.Go(path(m.ID, ""))
	b.Axe()
	b.Shot("marketing-empty")
	b.Type(`form[action$="/plan"] #field-goal`, "三个城市的跑者认识我们。")
	b.Type(`form[action$="/plan"] #field-budget`, "20,000.00")
	browsertest.Eval[bool](b, `(f => (f.begins.value = '2026-12-01', f.ends.value = '2027-02-28', f.querySelector('button').click(), true))(document.querySelector('form[action$="/plan"]'))`)
	b.See(".toaster")
	own, manager := s.As(access.Maker), s.As(access.ProgrammeManager)
	step := url.Values{"title": {"拍摄车间短视频"}, "channel": {"video"}, "day": {"2026-11-20"}, "cost": {"1500.5"}, "request": {"s1"}}
	if a := manager.Post(path(m.ID, "steps"), step.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	step.Set("cost", "cheap")
	if a := manager.Post(path(m.ID, "steps"), step.Encode()); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("no amount: %d", a.Status)
	}
	plan, _, _, err := room.Marketing(t.Context(), s.User(access.Maker), m.ID)
	must(t, err)
	if plan.Budget.Minor != 2_000_000 || plan.Planned() != 150_050 {
		t.Errorf("%+v", plan)
	}
	var body bytes.Buffer
	upload := multipart.NewWriter(&body)
	part, err := upload.CreateFormFile("file", "results.csv")
	must(t, err)
	_, err = part.Write([]byte("channel,begins,ends,visits,searches,orders,spent,currency\nvideo,2026-10-01,2026-10-31,1200,48,30,500.00,CNY\nlive,2026-10-01,2026-10-31,many,0,0,,\n"))
	must(t, err)
	must(t, upload.Close())
	sent := httptest.NewRequest(http.MethodPost, path(m.ID, "file"), &body)
	sent.Header.Set("Content-Type", upload.FormDataContentType())
	if a := own.Do(sent); a.Status != 200 || !strings.Contains(a.Body, "Line 3:") || !strings.Contains(a.Body, "1,200") || !strings.Contains(a.Body, "2.5 %") {
		t.Errorf("a file: %d %s", a.Status, a.Body)
	}
	if a := own.Get(path(m.ID, "export")); !strings.Contains(a.Body, "video,2026-10-01,2026-10-31,1200,48,30,500.00,CNY") {
		t.Errorf("export: %s", a.Body)
	}
	form := url.Values{"title": {"Tidewren 1"}, "request": {"p1"}, "version": {"0"}}
	for _, c := range cultivate.PageChecks()[1:] {
		form.Set("check."+c.Value, "on")
	}
	if a := own.Post(path(m.ID, "products/new"), form.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := own.Get(path(m.ID, "")); !strings.Contains(a.Body, "8 of 9") {
		t.Error("a page with one line open")
	}
	if a := own.Get(path("foreign", "")); a.Status != 404 {
		t.Errorf("another's: %d", a.Status)
	}
	b.Shots("marketing", path(m.ID, ""))
	b.Shots("marketing-product", path(m.ID, "products/new"))
}

// TestYenHaveNoFraction plans in a currency without minor units: what was typed is what is kept and told.
func TestYenHaveNoFraction(t *testing.T) {
	s, room, m := house(t)
	own := s.As(access.Maker)
	plan := url.Values{"goal": {"Runners in Osaka know us."}, "begins": {"2026-12-01"}, "ends": {"2027-02-28"}, "budget": {"20,000.50"}, "currency": {"JPY"}, "version": {"0"}}
	if a := own.Post(path(m.ID, "plan"), plan.Encode()); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("half a yen: %d", a.Status)
	}
	step := url.Values{"title": {"A film"}, "channel": {"video"}, "day": {"2026-12-20"}, "cost": {"1500"}, "request": {"s1"}}
	if a := own.Post(path(m.ID, "steps"), step.Encode()); a.Status != 409 {
		t.Errorf("a step without a plan: %d", a.Status)
	}
	plan.Set("budget", "20,000")
	if a := own.Post(path(m.ID, "plan"), plan.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := own.Post(path(m.ID, "steps"), step.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	kept, _, _, err := room.Marketing(t.Context(), s.User(access.Maker), m.ID)
	must(t, err)
	if kept.Budget.Minor != 20_000 || kept.Planned() != 1_500 {
		t.Errorf("%+v", kept)
	}
	if a := own.Get(path(m.ID, "")); !strings.Contains(a.Body, "JPY\u00a020,000") || !strings.Contains(a.Body, `value="20000"`) {
		t.Error("the page tells other sums")
	}
}

// TestTheKit puts a picture into the kit twice and takes it out; another firm neither adds nor reads.
func TestTheKit(t *testing.T) {
	s, room, m := house(t)
	var drawn bytes.Buffer
	must(t, png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 40, 30))))
	send := func(id cultivate.MakerID, content []byte) webtest.Answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("files", "logo.png")
		must(t, err)
		_, err = part.Write(content)
		must(t, err)
		must(t, form.Close())
		sent := httptest.NewRequest(http.MethodPost, path(id, "kit"), &body)
		sent.Header.Set("Content-Type", form.FormDataContentType())
		return s.As(access.Maker).Do(sent)
	}
	for range 2 {
		if a := send(m.ID, drawn.Bytes()); a.Status != 303 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if a := send(m.ID, []byte("#!/bin/sh")); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("a program: %d", a.Status)
	}
	if a := send("foreign", drawn.Bytes()); a.Status != 404 {
		t.Errorf("another firm's: %d", a.Status)
	}
	all, err := room.Kit(t.Context(), s.User(access.ProgrammeManager), m.ID)
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	file := path(m.ID, "kit/"+string(all[0].ID))
	if a := s.As(access.ProgrammeManager).Get(file); a.Status != 200 || a.Body != drawn.String() {
		t.Errorf("the file: %d", a.Status)
	}
	if documents, err := room.DocumentList(t.Context(), s.User(access.ProgrammeManager), m.ID); err != nil || len(documents) != 1 || documents[0].Of != cultivate.OnKit {
		t.Errorf("among the maker's documents: %+v %v", documents, err)
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Shots("marketing-kit", path(m.ID, ""))
	if a := s.As(access.Maker).Post(file+"/remove", ""); a.Status != 303 {
		t.Errorf("remove: %d %s", a.Status, a.Body)
	}
	if a := s.As(access.Maker).Post(file+"/remove", ""); a.Status != 404 {
		t.Errorf("remove again: %d", a.Status)
	}
}
