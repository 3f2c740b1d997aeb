package intake

import (
	"bytes"
	"fmt"
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
	"github.com/ownmark/ownmark/internal/web/programme"
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

func office(t *testing.T) (*webtest.Site, *cultivate.Service) {
	t.Helper()
	s := webtest.NewSite(t)
	room := makerstest.NewRoom(t, s)
	s.Serve(nil, Job(room, func(*http.Request) string { return "203.0.113.7" }), programme.Job(room, func(string) string { return "" }), makers.Job(room, s.Access))
	return s, room
}

// TestANewIndustry has a belt ask on the public page, in Chinese on a phone; a manager compares it with another, accepts it and opens its cohort, and refuses the
// other with a day to ask again.
func TestANewIndustry(t *testing.T) {
	s, room := office(t)
	manager := s.User(access.ProgrammeManager)
	b := browsertest.Open(t, s.Web)
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	b.Go("/ask-to-join")
	b.Axe()
	b.Shot("ask-phone")
	for field, text := range map[string]string{"trade": "箱包", "place": "河北白沟", "body": "白沟箱包协会", "person": "王秘书长", "email": "wang@example.com", "makers": "800", "jobs": "50000"} {
		b.Type("#field-"+field, text)
	}
	browsertest.Eval[bool](b, `(document.querySelector('#field-asked_by').value = 'association', document.querySelector('form.form .btn-primary').click(), true)`)
	b.See(".intake-number")
	b.Shot("asked-phone")
	all, err := room.Petitions(t.Context(), manager, cultivate.PetitionFilter{})
	must(t, err)
	if len(all.Items) != 1 || all.Items[0].Trade != "箱包" || all.Items[0].Source != cultivate.FromForm {
		t.Fatalf("%+v", all.Items)
	}
	belt := all.Items[0]
	pages := s.As(access.ProgrammeManager)
	other := url.Values{"industry": {"toys"}, "place": {"广东澄海"}, "body": {"One Toy Ltd."}, "asked_by": {"company"}, "makers": {"1"}, "request": {"r1"}}
	if a := pages.Post("/intake/new", "industry=&trade=&place=x&body=y&request=r0"); a.Status != 422 {
		t.Errorf("no trade: %d", a.Status)
	}
	if a := pages.Post("/intake/new", "industry=toys&place=x&body=y&makers=many&request=r0"); a.Status != 422 {
		t.Errorf("no number: %d", a.Status)
	}
	for range 2 {
		if a := pages.Post("/intake/new", other.Encode()); a.Status != 303 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	all, err = room.Petitions(t.Context(), manager, cultivate.PetitionFilter{})
	must(t, err)
	if len(all.Items) != 2 || all.Items[0].ID != belt.ID {
		t.Fatalf("ranked: %+v", all.Items)
	}
	company := all.Items[1]
	if a := pages.Get("/intake/compare?id=" + string(belt.ID) + "&id=" + string(company.ID)); a.Status != 200 || !strings.Contains(a.Body, "广东澄海") || !strings.Contains(a.Body, "河北白沟") {
		t.Errorf("compared: %d", a.Status)
	}
	if a := pages.Get("/exports/intake"); !strings.Contains(a.Body, "白沟箱包协会") {
		t.Errorf("export: %s", a.Body)
	}
	b.Forget()
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("intake", "/intake")
	b.Shots("intake-compare", "/intake/compare?id="+string(belt.ID)+"&id="+string(company.ID))
	b.Shots("intake-weights", "/intake/weights")
	b.Shots("intake-request", path(belt.ID))

	// The other is refused with a day to ask again.
	refuse := url.Values{"to": {"refused"}, "why": {"One firm is no belt."}, "again": {"2027-06-01"}, "version": {fmt.Sprint(company.Version)}, "request": {"r2"}}
	if a := pages.Post(path(company.ID)+"/decision", "to=refused&why=&version="+fmt.Sprint(company.Version)); a.Status != 422 {
		t.Errorf("refused without a reason: %d", a.Status)
	}
	if a := pages.Post(path(company.ID)+"/decision", refuse.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := pages.Get(path(company.ID)); !strings.Contains(a.Body, "One firm is no belt.") || !strings.Contains(a.Body, "1 Jun 2027") {
		t.Error("the reasons and the day")
	}

	// The belt's trade becomes a known industry, and its cohort opens.
	b.Look(1280, 900, "light")
	b.Go(path(belt.ID))
	edit := url.Values{"industry": {"bags"}, "place": {belt.Place}, "body": {belt.Body}, "asked_by": {"association"}, "person": {"王秘书长"}, "email": {"wang@example.com"}, "makers": {"800"}, "jobs": {"50000"}, "version": {fmt.Sprint(belt.Version)}}
	if a := pages.Post(path(belt.ID), edit.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for _, to := range []string{"reviewing", "accepted"} {
		one, _, err := room.Petition(t.Context(), manager, belt.ID)
		must(t, err)
		if a := pages.Post(path(belt.ID)+"/decision", url.Values{"to": {to}, "why": {"Eight hundred makers."}, "version": {fmt.Sprint(one.Version)}}.Encode()); a.Status != 303 {
			t.Fatalf("%s: %d %s", to, a.Status, a.Body)
		}
	}
	b.Go(path(belt.ID))
	browsertest.Eval[bool](b, `(document.querySelector('form[action$="/cohort"] button').click(), true)`)
	b.See(".programme-head")
	cohorts, err := room.Cohorts(t.Context(), manager, cultivate.CohortFilter{})
	must(t, err)
	if len(cohorts.Items) != 1 || cohorts.Items[0].Industry != "bags" || cohorts.Items[0].Place != "河北白沟" {
		t.Errorf("%+v", cohorts.Items)
	}
	if a := s.As(access.Maker).Get("/intake"); a.Status != 403 {
		t.Errorf("a maker reads requests: %d", a.Status)
	}
}

func TestWeights(t *testing.T) {
	s, room := office(t)
	pages := s.As(access.ProgrammeManager)
	form := url.Values{"why": {"jobs first"}, "current": {""}}
	for _, one := range cultivate.Parts() {
		form.Set(string(one), "10")
	}
	if a := pages.Post("/intake/weights", form.Encode()); a.Status != 422 {
		t.Errorf("they sum to 80: %d", a.Status)
	}
	form.Set("jobs", "30")
	if a := pages.Post("/intake/weights", form.Encode()); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := pages.Post("/intake/weights", form.Encode()); a.Status != 409 {
		t.Errorf("a stale page: %d", a.Status)
	}
	all, err := room.Weighings(t.Context(), s.User(access.ProgrammeManager))
	must(t, err)
	if all[0].Weights["jobs"] != 0.3 || all[0].Why != "jobs first" {
		t.Errorf("%+v", all[0])
	}
	file := "body,trade,place,makers\n白沟箱包协会,箱包,河北白沟,800\n,箱包,河北白沟,800\n"
	var body bytes.Buffer
	upload := multipart.NewWriter(&body)
	part, err := upload.CreateFormFile("file", "requests.csv")
	must(t, err)
	_, err = part.Write([]byte(file))
	must(t, err)
	must(t, upload.Close())
	sent := httptest.NewRequest(http.MethodPost, "/intake/import", &body)
	sent.Header.Set("Content-Type", upload.FormDataContentType())
	if a := pages.Do(sent); a.Status != 200 || !strings.Contains(a.Body, "/intake/imports/") {
		t.Errorf("import: %d %s", a.Status, a.Body)
	}
}
