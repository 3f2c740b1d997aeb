package outcomes

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
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

func TestGrowth(t *testing.T) {
	s, room, m := house(t)
	own, manager := s.As(access.Maker), s.As(access.ProgrammeManager)
	for i, jobs := range []string{"110", "112", "118", "131"} {
		form := url.Values{"quarter": {fmt.Sprintf("2025-Q%d", i+1)}, "figure": {"jobs"}, "value": {jobs}, "source": {"payroll"}, "confidence": {"documented"}}
		if a := own.Post(makers.Path(m.ID, "livelihood"), form.Encode()); a.Status != 303 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if a := own.Post(makers.Path(m.ID, "livelihood"), "quarter=spring&figure=jobs&value=1&source=maker&confidence=stated"); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("no quarter: %d", a.Status)
	}
	if a := own.Post(makers.Path(m.ID, "livelihood"), "quarter=2025-Q4&figure=average-wage&value=5200.50&currency=cny&source=payroll&confidence=documented"); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := manager.Get(makers.Path(m.ID, "livelihood")); a.Status != 200 || !strings.Contains(a.Body, "131") || !strings.Contains(a.Body, "rising") || !strings.Contains(a.Body, "5,200.50") {
		t.Errorf("the manager's table: %d %s", a.Status, a.Body)
	}
	if a := own.Get(makers.Path(m.ID, "livelihood/export")); !strings.Contains(a.Body, "2025-Q4,jobs,131") {
		t.Errorf("export: %s", a.Body)
	}
	form := url.Values{"measure": {"repeat-buyers"}, "from": {"2026-08-01"}, "to": {"2026-10-31"}, "part": {"300"}, "whole": {"1000"}, "source": {"marketplace"}, "confidence": {"verified"}}
	if a := manager.Post(makers.Path(m.ID, "graduation"), form.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	form.Set("part", "1001")
	if a := manager.Post(makers.Path(m.ID, "graduation"), form.Encode()); a.Status != 422 {
		t.Errorf("more than all: %d", a.Status)
	}
	if a := own.Post(makers.Path(m.ID, "graduation"), form.Encode()); a.Status != 403 {
		t.Errorf("the firm enters results: %d", a.Status)
	}
	found, err := room.Findings(t.Context(), s.User(access.Maker), m.ID)
	must(t, err)
	for _, f := range found {
		if f.Measure == cultivate.RepeatBuyers && !f.Met {
			t.Errorf("30 %% of 1,000 where 15 %% is asked: %+v", f)
		}
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("graduation", makers.Path(m.ID, "graduation"))
	b.Shots("livelihood", makers.Path(m.ID, "livelihood"))
}

// TestACohortsFigures brings figures of three members by a file: good rows are taken, bad ones come back with their line as a file to be mended.
func TestACohortsFigures(t *testing.T) {
	s := makerstest.Admitted(t)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(s.Room, s.Store))
	manager := s.User(access.ProgrammeManager)
	second, _, err := s.Room.Enrol(t.Context(), manager, s.Cohort.ID, cultivate.Firm{Name: "莆田市荔城区步云鞋厂", Place: "福建莆田", Person: "吴厂长", Email: "buyun@example.com"})
	must(t, err)
	makerstest.Move(t, s.Room, manager, second.ID, cultivate.Admitted)
	here := "/programme/cohorts/" + string(s.Cohort.ID) + "/livelihood"
	if a := s.As(access.ProgrammeManager).Get(here); a.Status != 200 || !strings.Contains(a.Body, "No member has reported yet") {
		t.Errorf("empty: %d", a.Status)
	}
	if a := s.As(access.Maker).Get(here); a.Status != 403 {
		t.Errorf("a firm reads the cohort: %d", a.Status)
	}
	send := func(role access.Role, path, file string) webtest.Answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("file", "figures.csv")
		must(t, err)
		_, err = part.Write([]byte(file))
		must(t, err)
		must(t, form.Close())
		sent := httptest.NewRequest(http.MethodPost, path, &body)
		sent.Header.Set("Content-Type", form.FormDataContentType())
		return s.As(role).Do(sent)
	}
	first := string(s.Maker.ID)
	file := "maker,quarter,figure,value,currency,source,confidence\n" + first + ",2026-Q2,jobs,110,,payroll,documented\n" + string(second.ID) + ",2026-Q2,jobs,64,,payroll,documented\n" +
		first + ",2026-Q3,jobs,118,,payroll,documented\n" + first + ",2026-Q3,average-wage,5200.50,CNY,payroll,documented\nnobody,2026-Q3,jobs,1,,payroll,documented\n" + string(second.ID) + ",2026-Q3,jobs,many,,payroll,documented\n"
	a := send(access.ProgrammeManager, here+"/file", file)
	if a.Status != 200 || !strings.Contains(a.Body, "4 figures of 6 rows") || !strings.Contains(a.Body, "Line 6:") || !strings.Contains(a.Body, "Line 7:") || !strings.Contains(a.Body, "2 of 2") || !strings.Contains(a.Body, "64 – 110") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if !strings.Contains(a.Body, "Not reported for 2026-Q3") || !strings.Contains(a.Body, "步云") {
		t.Error("who has not reported is not named")
	}
	again := regexp.MustCompile(`/livelihood-rows/[0-9a-f]{64}`).FindString(a.Body)
	bad := s.As(access.ProgrammeManager).Get(again)
	if bad.Status != 200 || !strings.Contains(bad.Body, "nobody,2026-Q3") || strings.Count(bad.Body, "\n") != 3 {
		t.Errorf("the bad rows: %d %s", bad.Status, bad.Body)
	}
	if a := send(access.ProgrammeManager, here+"/file", strings.Replace(bad.Body, "many", "66", 1)); a.Status != 200 || !strings.Contains(a.Body, "1 figures of 2 rows") {
		t.Errorf("mended: %d", a.Status)
	}
	if a := send(access.ProgrammeManager, here+"/file", file); !strings.Contains(a.Body, "sent this file before") {
		t.Errorf("the same file: %d", a.Status)
	}
	if a := send(access.ProgrammeManager, here+"/file", "a,b\n1,2\n"); a.Status != 422 {
		t.Errorf("no such file: %d", a.Status)
	}
	logo, _, err := s.Store.Put(t.Context(), strings.NewReader("%PDF-1.7 somebody's paper"), 1<<20)
	must(t, err)
	if a := s.As(access.ProgrammeManager).Get("/livelihood-rows/" + logo.String()); a.Status != 404 {
		t.Errorf("another file of the store: %d", a.Status)
	}
	own := "quarter,figure,value,source,confidence\n2026-Q1,jobs,108,maker,stated\n"
	if a := send(access.Maker, makers.Path(s.Maker.ID, "livelihood/file"), own); a.Status != 200 || !strings.Contains(a.Body, "108") {
		t.Errorf("the firm's own file: %d", a.Status)
	}
	if a := send(access.Maker, makers.Path(second.ID, "livelihood/file"), own); a.Status != 404 {
		t.Errorf("another firm's: %d", a.Status)
	}
	if a := s.As(access.ProgrammeManager).Get(here + "/export"); !strings.Contains(a.Body, "2026-Q3,average-wage,5200.50,CNY") {
		t.Errorf("export: %s", a.Body)
	}
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("livelihoods", here)
	b.Shots("livelihood-plot", makers.Path(s.Maker.ID, "livelihood"))
}
