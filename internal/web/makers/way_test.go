package makers_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/apply"
	"github.com/ownmark/ownmark/internal/web/branding"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/desk"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/makers/makerstest"
	"github.com/ownmark/ownmark/internal/web/marketing"
	"github.com/ownmark/ownmark/internal/web/outcomes"
	"github.com/ownmark/ownmark/internal/web/training"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

// way is a site with every page of a maker's file, an open cohort, and two firms that write their applications.
type way struct {
	*webtest.Site
	t     *testing.T
	room  *cultivate.Service
	store *blob.Store
	maker cultivate.Maker
}

func (w *way) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func newWay(t *testing.T) *way {
	t.Helper()
	site := makerstest.New(t)
	w := &way{Site: site.Site, t: t, room: site.Room, store: site.Store, maker: site.Maker}
	w.Serve(nil, makers.Job(w.room, w.Access), training.Job(w.room, w.store), branding.Job(w.room, w.store), marketing.Job(w.room), outcomes.Job(w.room, w.store), desk.Job(desk.Config{Cultivate: w.room, Access: w.Access, Store: w.store}),
		apply.Job(apply.Config{Cultivate: w.room, Access: w.Access, Store: w.store, Remote: func(*http.Request) string { return "203.0.113.7" }, SignInURL: func(l string) string { return l }}))
	return w
}

func (w *way) path(part string) string { return makers.Path(w.maker.ID, part) }

// post sends a form as somebody; it has to be taken.
func (w *way) post(role access.Role, path string, form url.Values) {
	w.t.Helper()
	if a := w.As(role).Post(path, form.Encode()); a.Status != 303 {
		w.t.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
}

// hidden is the value of a hidden field of a page.
func (w *way) hidden(role access.Role, path, name string) string {
	w.t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(w.As(role).Get(path).Body)
	if found == nil {
		w.t.Fatalf("%s has no field %s", path, name)
	}
	return found[1]
}

// moved sends the next step from the maker's page, as its button does.
func (w *way) moved(to cultivate.Stage) {
	w.t.Helper()
	checks, err := w.room.Checklist(w.t.Context(), w.User(access.ProgrammeManager), w.maker.ID, to)
	w.must(err)
	for _, c := range checks {
		if !c.Passes() {
			w.t.Fatalf("before %s: %s is missing (%s)", to, c.Condition, c.Detail.English)
		}
	}
	w.post(access.ProgrammeManager, w.path("move"), url.Values{"to": {string(to)}, "version": {fmt.Sprint(w.now().Version)}, "request": {string(to)}})
	if got := w.now().Stage; got != to {
		w.t.Fatalf("moved to %s, not %s", got, to)
	}
}

func (w *way) now() cultivate.Maker {
	w.t.Helper()
	m, err := w.room.Maker(w.t.Context(), w.User(access.ProgrammeManager), w.maker.ID)
	w.must(err)
	return m
}

// application fills in all that is asked, with papers.
func (w *way) application() {
	w.t.Helper()
	own := w.User(access.Maker)
	var edits []cultivate.Edit
	for name, value := range map[string]string{"name": "莆田市海风鞋业有限公司", "country": "CN", "number": "91330100799655058B", "founded": "2019-03-01", "representative": "林海风", "residence": "莆田市荔城区", "contact": "138 0000 0000",
		"address": "海风鞋业一厂，莆田市涵江区", "machines": "成型线 2 条", "supply": "本地采购", "warehouse": "厂内仓库", "dispatch": "每日发货", "capacity": "30,000", "jobs": "120", "turnover": "3200000", "currency": "CNY", "export.share": "60", "export.change": "-30",
		"lines": "休闲鞋", "designs": "12", "quality": cultivate.QualityOwn, "accounts": "haifeng-shop", "accounts.kin": "无", "past": cultivate.NothingToDeclare} {
		for _, g := range cultivate.ApplicationFields() {
			for _, f := range g.Fields {
				if f.Name == name {
					edits = append(edits, cultivate.Edit{Field: name, Value: value, Was: cultivate.Digest("")})
				}
			}
		}
	}
	_, _, err := w.room.SaveApplication(w.t.Context(), own, w.maker.ID, edits)
	w.must(err)
	paper, size, err := w.store.Put(w.t.Context(), strings.NewReader("%PDF-1.7\n%%EOF\n"), 1<<20)
	w.must(err)
	for _, k := range cultivate.DocumentKinds() {
		_, err := w.room.AddDocument(w.t.Context(), own, w.maker.ID, cultivate.Document{Kind: cultivate.DocumentKind(k.Value), Name: k.Value + ".pdf", Hash: paper, Bytes: size})
		w.must(err)
	}
	a, err := w.room.Application(w.t.Context(), own, w.maker.ID)
	w.must(err)
	if gaps := a.Gaps(); len(gaps) > 0 {
		w.t.Fatalf("the application lacks %+v", gaps)
	}
}

// TestFromApplicationToGraduation walks one maker the whole way. What is the firm's to do it does on a phone, in Chinese; lessons are waived here, since the
// training's own tests pass them.
func TestFromApplicationToGraduation(t *testing.T) {
	w := newWay(t)
	manager, inspector := w.User(access.ProgrammeManager), w.User(access.Inspector)
	b := browsertest.Open(t, w.Web)
	phone := func() {
		b.Forget()
		b.Cookie(webtest.SessionCookie, w.Token(access.Maker))
		b.Cookie("language", "zh")
		b.Look(380, 780, "light")
	}
	press := func(selector string) {
		t.Helper()
		if !browsertest.Eval[bool](b, `(e => e ? (e.click(), true) : false)(document.querySelector('`+selector+`'))`) {
			t.Fatalf("%s: nothing to press at %s", selector, b.Path())
		}
	}
	phone()

	// Applied: the firm hands in what it filled in.
	w.application()
	b.Go(w.path("application"))
	press(`form[action$="/move"] button`)
	b.Gone(`form[data-autosave]`)
	if w.now().Stage != cultivate.Applied {
		t.Fatalf("handed in: %s", w.now().Stage)
	}

	// Screened.
	w.post(access.ProgrammeManager, w.path("screening"), url.Values{"outcome": {"passed"}, "why": {"Nothing declared, nothing found."}, "conflict": {"none"}, "version": {w.hidden(access.ProgrammeManager, w.path("screening"), "version")}})
	w.moved(cultivate.Screened)

	// Visited: planned, reported with a photo, approved by another.
	w.post(access.ProgrammeManager, w.path("visits"), url.Values{"inspector": {string(inspector.ID)}, "day": {"2026-11-30"}})
	b.Go(w.path("visits"))
	if text := b.Text("main"); !strings.Contains(text, "2026-11-30") {
		t.Errorf("the firm does not see when somebody comes: %q", text)
	}
	visits, err := w.room.VisitsTo(t.Context(), manager, w.maker.ID)
	w.must(err)
	report := []cultivate.Edit{{Field: "marks", Value: "无"}, {Field: "order", Value: "4"}, {Field: "words", Value: "与申报相符。"}}
	for _, l := range cultivate.VisitLines() {
		report = append(report, cultivate.Edit{Field: l.Name + ".finding", Value: cultivate.AsDeclared})
	}
	for i := range report {
		report[i].Was = cultivate.Digest("")
	}
	_, _, err = w.room.SaveReport(t.Context(), inspector, visits[0].ID, report)
	w.must(err)
	var photo bytes.Buffer
	w.must(png.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8))))
	hash, _, err := w.store.Put(t.Context(), &photo, 1<<20)
	w.must(err)
	_, err = w.room.AddPhoto(t.Context(), inspector, cultivate.Photo{Visit: visits[0].ID, Hash: hash})
	w.must(err)
	here := "/visits/" + string(visits[0].ID)
	w.post(access.Inspector, here+"/report", url.Values{"request": {"v1"}})
	w.post(access.ProgrammeManager, here+"/judgement", url.Values{"state": {"approved"}, "version": {w.hidden(access.ProgrammeManager, here, "version")}})
	w.moved(cultivate.Visited)

	// Admitted: a place, terms issued and signed by typing the name, the deposit.
	w.post(access.ProgrammeManager, w.path("offer"), url.Values{"why": {"The first of the ranking."}})
	w.post(access.ProgrammeManager, w.path("terms/issue"), url.Values{"version": {w.hidden(access.ProgrammeManager, w.path("terms"), "version")}})
	b.Go(w.path("terms"))
	b.Type("#field-name", "林海风")
	press(`form[action$="/terms/sign"] button`)
	b.See(".toaster")
	b.Shot("way-signed")
	w.post(access.ProgrammeManager, w.path("terms/deposit"), url.Values{"reference": {"B-17"}, "on": {"2026-11-23"}})
	w.moved(cultivate.Admitted)

	// Trained, by a word that it was elsewhere; quality-approved once no corrective action is open.
	checks, err := w.room.Checklist(t.Context(), manager, w.maker.ID, cultivate.Trained)
	w.must(err)
	for _, c := range checks {
		if !c.Passes() {
			w.post(access.ProgrammeManager, w.path("waive"), url.Values{"condition": {string(c.Condition)}, "why": {"Taught and examined on paper in the pilot."}})
		}
	}
	w.moved(cultivate.Trained)
	w.moved(cultivate.Approved)

	// Brand registered: a name chosen on the phone, filed, the brand file accepted line by line.
	b.Go(w.path("brand"))
	b.Type(`form[action$="/brand/names"] #field-name`, "Tidewren")
	browsertest.Eval[bool](b, `(document.querySelector('#field-classes').value = '25', true)`)
	press(`form[action$="/brand/names"] button`)
	b.See(`form[action$="/choose"]`)
	press(`form[action$="/choose"] button`)
	b.See(".branding-list")
	w.post(access.ProgrammeManager, w.path("brand/filings"), url.Values{"office": {"CN"}, "request": {"f1"}})
	filings, err := w.room.Filings(t.Context(), manager, w.maker.ID)
	w.must(err)
	w.post(access.ProgrammeManager, w.path("brand/filings/"+string(filings[0].ID)), url.Values{"to": {"filed"}, "number": {"81234567"}, "day": {"2026-11-23"}, "version": {"1"}})
	lines, err := w.room.BrandFile(t.Context(), manager, w.maker.ID)
	w.must(err)
	for _, l := range lines {
		w.post(access.Maker, w.path("brand/file/"+l.Item.ID), url.Values{"words": {"见附件与样品。"}, "version": {"0"}})
		w.post(access.ProgrammeManager, w.path("brand/file/"+l.Item.ID+"/judgement"), url.Values{"state": {"accepted"}, "version": {"1"}})
	}
	w.moved(cultivate.Registered)
	if got := w.now(); got.Brand == "" {
		t.Error("the name is not under protection")
	}
	protected, err := w.room.Brand.Get(t.Context(), access.System, brand.ID(w.now().Brand))
	w.must(err)
	if protected.Name != "Tidewren" || len(protected.AuthorisedSellers) != 1 || protected.AuthorisedSellers[0] != "haifeng-shop" {
		t.Errorf("under protection: %+v", protected)
	}

	// Listed with a page for buyers, campaigning.
	b.Go(w.path("brand"))
	press(`form[action$="/brand/page"] button`)
	b.See(".toaster")
	w.post(access.ProgrammeManager, w.path("brand/page"), url.Values{"move": {"publish"}, "slug": {"tidewren"}, "version": {"1"}})
	checked := url.Values{"title": {"Tidewren 1"}, "request": {"p1"}, "version": {"0"}}
	for _, c := range cultivate.PageChecks() {
		checked.Set("check."+c.Value, "on")
	}
	w.post(access.Maker, w.path("marketing/products/new"), checked)
	w.moved(cultivate.Listed)
	w.post(access.Maker, w.path("marketing/plan"), url.Values{"goal": {"三个城市的跑者认识我们。"}, "begins": {"2026-12-01"}, "ends": {"2027-02-28"}, "budget": {"20000"}, "currency": {"CNY"}, "version": {"0"}})
	w.post(access.Maker, w.path("marketing/steps"), url.Values{"title": {"拍摄车间短视频"}, "channel": {"video"}, "day": {"2026-12-10"}, "cost": {"1500"}, "request": {"s1"}})
	w.moved(cultivate.Campaigning)

	// A year on, results are entered, and the maker graduates.
	if a := w.As(access.ProgrammeManager).Post(w.path("move"), url.Values{"to": {"graduated"}, "version": {fmt.Sprint(w.now().Version)}}.Encode()); a.Status == 303 {
		t.Error("graduated without a figure")
	}
	w.Clock.Advance(400 * 24 * time.Hour)
	for _, role := range []access.Role{access.ProgrammeManager, access.Maker} {
		w.Return(role)
	}
	until := w.Clock.Now().AddDate(0, 0, -2)
	for _, c := range w.room.Industries["shoes"].Graduation {
		part := int64(900)
		if c.Measure.AtMost() {
			part = 2
		}
		for _, known := range cultivate.ResultMeasures() {
			if known == c.Measure {
				w.post(access.ProgrammeManager, w.path("graduation"), url.Values{"measure": {string(c.Measure)}, "from": {until.AddDate(0, -2, 0).Format(time.DateOnly)}, "to": {until.Format(time.DateOnly)}, "part": {fmt.Sprint(part)}, "whole": {"910"}, "source": {"marketplace"}, "confidence": {"verified"}})
			}
		}
	}
	w.moved(cultivate.Graduated)
	phone()
	b.Go(w.path(""))
	b.Axe()
	b.Shot("way-graduated")
	if text := b.Text("main"); !strings.Contains(text, "毕业") {
		t.Errorf("what the firm reads at the end: %q", text)
	}
	steps, err := w.room.Steps(t.Context(), manager, w.maker.ID)
	w.must(err)
	for _, s := range steps {
		if s.Entry == "" || s.ByName == "" || s.At.IsZero() {
			t.Errorf("a step leaves no trace: %+v", s)
		}
	}
}

// TestRefused walks a firm that is refused: it reads why, in Chinese on a phone, and nothing of what others wrote about it.
func TestRefused(t *testing.T) {
	w := newWay(t)
	b := browsertest.Open(t, w.Web)
	b.Cookie(webtest.SessionCookie, w.Token(access.Maker))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	w.application()
	b.Go(w.path("application"))
	browsertest.Eval[bool](b, `(document.querySelector('form[action$="/move"] button').click(), true)`)
	b.Gone(`form[data-autosave]`)
	w.post(access.ProgrammeManager, w.path("screening"), url.Values{"outcome": {"failed"}, "why": {"一百件未申报的仿品。"}, "conflict": {"none"}, "version": {w.hidden(access.ProgrammeManager, w.path("screening"), "version")}})
	if a := w.As(access.ProgrammeManager).Post(w.path("move"), url.Values{"to": {"refused"}, "version": {fmt.Sprint(w.now().Version)}}.Encode()); a.Status != 422 {
		t.Errorf("refused without a reason: %d", a.Status)
	}
	w.post(access.ProgrammeManager, w.path("move"), url.Values{"to": {"refused"}, "why": {"申报与查实不符，请于明年六月补充后再申请。"}, "version": {fmt.Sprint(w.now().Version)}})
	b.Go(w.path(""))
	b.Axe()
	b.Shot("way-refused")
	if text := b.Text("main"); !strings.Contains(text, "请于明年六月") {
		t.Errorf("what the firm reads: %q", text)
	}
	if a := w.As(access.Maker).Get(w.path("screening")); a.Status != 403 {
		t.Errorf("the firm reads the screening: %d", a.Status)
	}
	if a := w.As(access.Maker).Post(w.path("move"), url.Values{"to": {"applied"}, "version": {fmt.Sprint(w.now().Version)}}.Encode()); a.Status == 303 {
		t.Error("a refused firm applies past the draft")
	}
}
