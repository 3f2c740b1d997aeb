package branding

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

// TestReasonsSpeakChinese holds our sentences against those the engine says.
func TestReasonsSpeakChinese(t *testing.T) {
	source, err := os.ReadFile("../../../engine/clearance/weigh.go")
	must(t, err)
	said := map[string]bool{}
	for _, found := range regexp.MustCompile(`say\("((?:[^"\\]|\\.)*)"`).FindAllSubmatch(source, -1) {
		said[string(found[1])] = true
	}
	if len(said) < 10 {
		t.Fatalf("found %d sentences: this test reads the engine wrongly", len(said))
	}
	for one := range said {
		if reasons[one] == "" {
			t.Errorf("no Chinese for %q", one)
		}
		if strings.Count(one, "%") != strings.Count(reasons[one], "%") {
			t.Errorf("%q and %q fill in other things", one, reasons[one])
		}
	}
	for one := range reasons {
		if !said[one] {
			t.Errorf("the engine does not say %q any more", one)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a site with the site's firm as a member of a cohort, and a known mark.
func house(t *testing.T) (*webtest.Site, *cultivate.Service, cultivate.Maker) {
	t.Helper()
	s := makerstest.Admitted(t)
	_, err := s.Room.Brand.Create(t.Context(), access.System, brand.Brand{ID: "halden", Name: "Halden", Aliases: []string{"哈尔登"}, Categories: []string{"shoes"}, NiceClasses: []int{25}})
	must(t, err)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(s.Room, s.Store))
	return s.Site, s.Room, s.Maker
}

// TestFromANameToAPage has a maker on a phone, in Chinese, propose two names and choose one; the programme files it, and buyers see its page.
func TestFromANameToAPage(t *testing.T) {
	s, room, m := house(t)
	manager, own := s.User(access.ProgrammeManager), s.User(access.Maker)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	propose := func(name, also string) {
		b.Go(path(m.ID, ""))
		browsertest.Eval[bool](b, `(document.querySelector('form[action$="/brand/names"]').closest('details').open = true)`)
		b.Type(`form[action$="/brand/names"] #field-name`, name)
		b.Type(`form[action$="/brand/names"] #field-also`, also)
		browsertest.Eval[bool](b, `(document.querySelector('#field-classes').value = '25', document.querySelector('form[action$="/brand/names"] button').click(), true)`)
		b.See(`form[action$="/withdraw"]`)
	}
	propose("Haldenn", "哈登")
	if text := b.Text(".branding-conflict"); !strings.Contains(text, "Halden") || !strings.Contains(text, "近似") {
		t.Errorf("what stands in the way: %q", text)
	}
	b.Axe()
	b.Shot("brand-risky")
	propose("Tidewren", "潮鹪")
	b.Shot("brand-fresh")
	b.Go(path(m.ID, ""))
	all, err := room.Proposals(t.Context(), own, m.ID)
	must(t, err)
	if len(all) != 2 || !all[1].Risky() || all[0].Risky() {
		t.Fatalf("%+v", all)
	}
	if a := s.As(access.Maker).Post(drawPath(all[1])+"/choose", fmt.Sprintf("version=%d", all[1].Version)); a.Status != 409 {
		t.Errorf("the firm chooses a risky name: %d", a.Status)
	}
	b.Go(drawPath(all[0]))
	browsertest.Eval[bool](b, `(document.querySelector('form[action$="/choose"] button').click(), true)`)
	b.See(".branding-list")

	programme := s.As(access.ProgrammeManager)
	if a := programme.Post(path(m.ID, "filings"), "office=CN&request=f1"); a.Status != 303 {
		t.Fatalf("prepare: %d %s", a.Status, a.Body)
	}
	filings, err := room.Filings(t.Context(), manager, m.ID)
	must(t, err)
	file := url.Values{"to": {"filed"}, "number": {"81234567"}, "day": {"2026-12-01"}, "version": {fmt.Sprint(filings[0].Version)}}
	if a := programme.Post(path(m.ID, "filings/"+string(filings[0].ID)), "to=filed&version="+file.Get("version")); a.Status != 422 || !strings.Contains(a.Body, "field-error") {
		t.Errorf("no number and no day: %d", a.Status)
	}
	if a := programme.Post(path(m.ID, "filings/"+string(filings[0].ID)), file.Encode()); a.Status != 303 {
		t.Fatalf("filed: %d %s", a.Status, a.Body)
	}
	lines, err := room.BrandFile(t.Context(), own, m.ID)
	must(t, err)
	for i, one := range lines[:3] {
		if a := s.As(access.Maker).Post(path(m.ID, "file/"+one.Item.ID), url.Values{"words": {"祖父在涵江做胶鞋，父亲给别人代工，我们想做自己的鞋。"}, "version": {"0"}}.Encode()); a.Status != 303 {
			t.Fatalf("given: %d %s", a.Status, a.Body)
		}
		if i < 2 {
			if a := programme.Post(path(m.ID, "file/"+one.Item.ID+"/judgement"), "state=accepted&version=1"); a.Status != 303 {
				t.Fatalf("accepted: %d %s", a.Status, a.Body)
			}
		}
	}
	if a := s.As("").Get("/b/tidewren"); a.Status != 404 {
		t.Errorf("before it is published: %d", a.Status)
	}
	if a := s.As(access.Maker).Post(path(m.ID, "page"), "move=agree&version=0"); a.Status != 303 {
		t.Fatalf("agree: %d %s", a.Status, a.Body)
	}
	if a := programme.Post(path(m.ID, "page"), "move=publish&slug=tidewren&version=1"); a.Status != 303 {
		t.Fatalf("publish: %d %s", a.Status, a.Body)
	}
	a := s.As("").Get("/b/tidewren")
	if a.Status != 200 || !strings.Contains(a.Body, "祖父在涵江") || !strings.Contains(a.Body, "81234567") {
		t.Errorf("the page for buyers: %d %s", a.Status, a.Body)
	}
	if len(a.Body) > 30<<10 {
		t.Errorf("the page for buyers has %d bytes", len(a.Body))
	}
	b.Shots("brand-page", "/b/tidewren")
	b.Shots("brand-of-a-firm", path(m.ID, ""))
	b.Forget()
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("brand-of-the-programme", path(m.ID, ""))
	b.Shots("brand-name", drawPath(all[1]))
}

func drawPath(p cultivate.Proposal) string {
	return path(p.Maker, "names/"+url.PathEscape(string(p.ID)))
}

// TestNothingIsKeptOfAStranger sends a logo for a maker of somebody else: it is not found, and the store stays empty.
func TestNothingIsKeptOfAStranger(t *testing.T) {
	s := makerstest.Admitted(t)
	s.Serve(nil, makers.Job(s.Room, s.Access), Job(s.Room, s.Store))
	var drawn bytes.Buffer
	must(t, png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 8, 8))))
	picture := drawn.Bytes()
	send := func(id cultivate.MakerID) webtest.Answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("logo", "logo.png")
		must(t, err)
		_, err = part.Write(picture)
		must(t, err)
		must(t, form.Close())
		sent := httptest.NewRequest(http.MethodPost, path(id, "names"), &body)
		sent.Header.Set("Content-Type", form.FormDataContentType())
		return s.As(access.Maker).Do(sent)
	}
	if a := send("foreign"); a.Status != 404 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if kept, err := s.Store.Has(t.Context(), blob.Of(picture)); err != nil || kept {
		t.Errorf("the picture of a stranger is kept: %v", err)
	}
	if a := send(s.Maker.ID); a.Status != 422 {
		t.Errorf("a logo without a name: %d", a.Status)
	}
	if kept, err := s.Store.Has(t.Context(), blob.Of(picture)); err != nil || !kept {
		t.Errorf("one's own is not: %v", err)
	}
}

// TestRegistersPage imports a register, mends a bad file, has a name searched again, and removes it.
func TestRegistersPage(t *testing.T) {
	s, room, m := house(t)
	manager, own := s.As(access.ProgrammeManager), s.As(access.Maker)
	send := func(name, version, file string) webtest.Answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		must(t, form.WriteField("name", name))
		must(t, form.WriteField("version", version))
		part, err := form.CreateFormFile("file", "marks.csv")
		must(t, err)
		_, err = part.Write([]byte(file))
		must(t, err)
		must(t, form.Close())
		sent := httptest.NewRequest(http.MethodPost, Registers, &body)
		sent.Header.Set("Content-Type", form.FormDataContentType())
		return manager.Do(sent)
	}
	if a := manager.Get(Registers); a.Status != 200 || !strings.Contains(a.Body, "No register yet") {
		t.Errorf("empty: %d", a.Status)
	}
	if a := own.Get(Registers); a.Status != 403 {
		t.Errorf("a firm at the registers: %d", a.Status)
	}
	p, err := room.Propose(t.Context(), s.User(access.Maker), m.ID, cultivate.Proposal{Name: "Brightpath", Classes: []int{25}}, "")
	must(t, err)
	name := path(m.ID, "names/"+string(p.ID))
	if a := own.Get(name); !strings.Contains(a.Body, "no register has been imported") {
		t.Error("the page does not say what was searched")
	}
	if a := send("CNIPA", "0", "mark,classes\nBright Path,99\n"); a.Status != 422 || !strings.Contains(a.Body, "line 2") || !strings.Contains(a.Body, `value="CNIPA"`) {
		t.Errorf("a class that is none: %d", a.Status)
	}
	table := "mark,classes,owner\nBright Path,25,Somebody Ltd\n"
	if a := send("CNIPA", "0", table); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := send("CNIPA", "0", table); a.Status != 409 || !strings.Contains(a.Body, "Replace CNIPA by a newer file") {
		t.Errorf("another of the name: %d", a.Status)
	}
	if a := own.Post(name+"/again", "version="+fmt.Sprint(p.Version)); a.Status != 303 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := own.Get(name); !strings.Contains(a.Body, "CNIPA") || !strings.Contains(a.Body, "Somebody Ltd") {
		t.Error("searched again")
	}
	all, err := room.Registers(t.Context(), s.User(access.ProgrammeManager))
	must(t, err)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("registers", Registers)
	b.Shots("name-searched", name)
	if a := manager.Post(Registers+"/"+string(all[0].ID)+"/remove", "version=1"); a.Status != 303 {
		t.Errorf("removed: %d %s", a.Status, a.Body)
	}
}
