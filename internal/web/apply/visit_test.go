package apply

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// picture is a small PNG of one colour.
func picture(t *testing.T, grey uint8) []byte {
	t.Helper()
	one := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range one.Pix {
		one.Pix[i] = grey
	}
	var file bytes.Buffer
	must(t, png.Encode(&file, one))
	return file.Bytes()
}

// planned is the site's firm, screened, with a visit planned for the site's inspector.
func plannedVisit(t *testing.T) (*webtest.Site, *cultivate.Service, cultivate.Maker, cultivate.Visit) {
	t.Helper()
	s, room, m := desk(t)
	manager := s.User(access.ProgrammeManager)
	for _, to := range []cultivate.Stage{cultivate.Applied, cultivate.Screened} {
		checks, err := room.Checklist(t.Context(), manager, m.ID, to)
		must(t, err)
		for _, c := range checks {
			if !c.Passes() {
				must(t, room.Waive(t.Context(), manager, m.ID, c.Condition, "known from the pilot"))
			}
		}
		m, err = room.Maker(t.Context(), manager, m.ID)
		must(t, err)
		m, err = room.Move(t.Context(), manager, m.ID, cultivate.Transition{To: to, Why: "known from the pilot", Version: m.Version})
		must(t, err)
	}
	inspector := s.User(access.Inspector)
	a := s.As(access.ProgrammeManager).Post(makers.Path(m.ID, "visits"), "inspector="+string(inspector.ID)+"&day=2026-12-01&note=北门进")
	if a.Status != 303 {
		t.Fatalf("plan: %d %s", a.Status, a.Body)
	}
	all, err := room.VisitsTo(t.Context(), manager, m.ID)
	must(t, err)
	if len(all) != 1 || all[0].Inspector != inspector.ID || all[0].InspectorName == "" {
		t.Fatalf("planned: %+v", all)
	}
	return s, room, m, all[0]
}

func TestPlanVisit(t *testing.T) {
	s, _, m, visit := plannedVisit(t)
	manager := s.As(access.ProgrammeManager)
	for _, wrong := range []struct {
		form   string
		status int
	}{{"inspector=" + string(visit.Inspector) + "&day=2026-12-01", 409}, {"inspector=stranger&day=soon", 409}} {
		if a := manager.Post(makers.Path(m.ID, "visits"), wrong.form); a.Status != wrong.status && a.Status != 422 {
			t.Errorf("%s: %d", wrong.form, a.Status)
		}
	}
	if a := s.As(access.Maker).Get(makers.Path(m.ID, "visits")); a.Status != 200 || !strings.Contains(a.Body, "2026-12-01") || strings.Contains(a.Body, visitPath(visit.ID, "")) {
		t.Errorf("the firm's view: %d %s", a.Status, a.Body)
	}
	if a := s.As(access.Maker).Get(visitPath(visit.ID, "")); a.Status != 403 {
		t.Errorf("the firm reads a report: %d", a.Status)
	}
	if a := s.As(access.Inspector).Get("/visits"); a.Status != 200 || !strings.Contains(a.Body, visitPath(visit.ID, "")) {
		t.Errorf("the inspector's list: %d", a.Status)
	}
	if a := manager.Post(visitPath(visit.ID, "answers"), "marks=x&was.marks="); a.Status != 403 {
		t.Errorf("written by the manager: %d", a.Status)
	}
	if a := manager.Post(visitPath(visit.ID, "cancel"), "version=1&why=moved"); a.Status != 303 {
		t.Errorf("cancel: %d %s", a.Status, a.Body)
	}
	if a := manager.Post(makers.Path(m.ID, "visits"), "inspector=stranger&day=soon"); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("nobody and no day: %d", a.Status)
	}
}

func TestOnlyPicturesAreTaken(t *testing.T) {
	s, room, _, visit := plannedVisit(t)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "report.pdf")
	must(t, err)
	_, err = part.Write([]byte("%PDF-1.7\n%%EOF\n"))
	must(t, err)
	must(t, form.Close())
	sent := httptest.NewRequest(http.MethodPost, visitPath(visit.ID, "photos"), &body)
	sent.Header.Set("Content-Type", form.FormDataContentType())
	if a := s.As(access.Inspector).Do(sent); a.Status != 422 {
		t.Errorf("a PDF as a photo: %d %s", a.Status, a.Body)
	}
	d, err := room.Visit(t.Context(), s.User(access.Inspector), visit.ID)
	must(t, err)
	if len(d.Photos) != 0 {
		t.Errorf("kept: %+v", d.Photos)
	}
}

// handIn presses the button wherever it stands: what sticks to the end of a phone's screen may cover it.
const handIn = `(document.querySelector('form[data-after-all] button').click(), true)`

// TestVisitOnAPhone has an inspector in a workshop without a line: nothing is lost, and another person approves.
func TestVisitOnAPhone(t *testing.T) {
	s, room, m, visit := plannedVisit(t)
	inspector := s.User(access.Inspector)
	path := visitPath(visit.ID, "")
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Inspector))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	b.Go(path)
	b.Axe()
	b.Shot("visit-empty")
	dir := t.TempDir()
	var files []string
	for i, name := range []string{"门口.png", "模具.png"} {
		files = append(files, filepath.Join(dir, name))
		must(t, os.WriteFile(files[i], picture(t, uint8(80*i+60)), 0o600))
	}
	b.Click(`input[name="identity.finding"][value="as-declared"]`)
	b.See(`[data-autosave-field="identity.finding"][data-saved="` + cultivate.Digest("as-declared") + `"]`)

	// The line is lost; answers and photos stay in the browser, also over a fresh page.
	browsertest.Eval[bool](b, `(window.fetch = () => Promise.reject(new Error('no line')), true)`)
	b.Type("#field-marks", "无")
	b.Files("#photo-file", files...)
	b.See(`form[data-photos][data-waiting="2"]`)
	b.Shot("visit-offline")
	browsertest.Eval[bool](b, handIn)
	b.See(`.toaster-bad`)
	d, err := room.Visit(t.Context(), inspector, visit.ID)
	must(t, err)
	if len(d.Photos) != 0 || d.Replies["marks"].Value != "" {
		t.Fatalf("without a line something arrived: %+v", d)
	}
	b.Go(path)
	b.See(`form[data-photos][data-waiting="0"]`)
	b.See(`[data-photos-kept] li:nth-child(2)`)
	b.See(`[data-autosave-field="marks"][data-saved="` + cultivate.Digest("无") + `"]`)
	if d, err = room.Visit(t.Context(), inspector, visit.ID); err != nil || len(d.Photos) != 2 || d.Replies["marks"].Value != "无" {
		t.Fatalf("the line is back: %d photos, %+v %v", len(d.Photos), d.Replies, err)
	}
	edits := []cultivate.Edit{{Field: "order", Value: "4"}, {Field: "words", Value: "整洁，与申报相符。"}, {Field: "moulds.note", Value: "多出 3 副无标模具。"}}
	for _, l := range cultivate.VisitLines() {
		finding := cultivate.AsDeclared
		if l.Name == "moulds" {
			finding = cultivate.Differs
		}
		edits = append(edits, cultivate.Edit{Field: l.Name + ".finding", Value: finding, Was: cultivate.Digest(d.Replies[l.Name+".finding"].Value)})
	}
	for i := range edits {
		if edits[i].Was == "" {
			edits[i].Was = cultivate.Digest("")
		}
	}
	_, collisions, err := room.SaveReport(t.Context(), inspector, visit.ID, edits)
	must(t, err)
	if len(collisions) != 0 {
		t.Fatalf("%+v", collisions)
	}
	b.Go(path)
	b.Shot("visit-ready")
	browsertest.Eval[bool](b, handIn)
	b.See(".apply-report")

	b.Forget()
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("visit-judge", path)
	b.Look(1280, 900, "light")
	b.Go(path)
	b.Click(`button[value="sent-back"]`)
	b.See(".field-error")
	b.Click(`button[value="approved"]`)
	b.See(".toaster")
	done, err := room.Visit(t.Context(), inspector, visit.ID)
	must(t, err)
	if done.Visit.State != cultivate.VisitApproved || done.Visit.Judged.By != s.User(access.ProgrammeManager).ID {
		t.Errorf("approved: %+v", done.Visit)
	}
	b.Shots("visits", "/visits")
	b.Shots("visits-of-a-firm", makers.Path(m.ID, "visits"))
}
