package makers_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
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

	b    *browsertest.Browser
	role access.Role // who sits at it
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
	w.Serve(nil, makers.Job(w.room, w.Access), training.Job(w.room, w.store), branding.Job(w.room, w.store), marketing.Job(w.room, w.store), outcomes.Job(w.room, w.store), desk.Job(desk.Config{Cultivate: w.room, Access: w.Access, Store: w.store}),
		apply.Job(apply.Config{Cultivate: w.room, Access: w.Access, Store: w.store, Remote: func(*http.Request) string { return "203.0.113.7" }, SignInURL: func(l string) string { return l }}))
	return w
}

func (w *way) path(part string) string { return makers.Path(w.maker.ID, part) }

// as sits somebody down: the firm at a phone, in Chinese, everybody else at a desk.
func (w *way) as(role access.Role) {
	w.t.Helper()
	if w.b == nil {
		w.b = browsertest.Open(w.t, w.Web)
	}
	w.b.Forget()
	w.b.Cookie(webtest.SessionCookie, w.Token(role))
	if role == access.Maker {
		w.b.Cookie("language", "zh")
		w.b.Look(380, 780, "light")
	} else {
		w.b.Cookie("language", "en")
		w.b.Look(1280, 900, "light")
	}
	w.role = role
}

// send opens a page as somebody and sends the form that posts to the address ending in action; it has to be taken.
func (w *way) send(role access.Role, page, action string, values map[string]string) {
	w.t.Helper()
	if w.role != role {
		w.as(role)
	}
	w.b.Go(page)
	w.b.Send(`form[action$="`+action+`"]`, values)
	if wrong := browsertest.Eval[string](w.b, `[...document.querySelectorAll('.problems, .field-error, h1.error-title')].map(e => e.textContent).join(' ')`); wrong != "" {
		w.t.Fatalf("%s, %s: %s", page, action, wrong)
	}
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
	w.send(access.ProgrammeManager, w.path(""), "/move", map[string]string{"to": string(to)})
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
	answers := map[string]string{"name": "莆田市海风鞋业有限公司", "country": "CN", "number": "91330100799655058B", "founded": "2019-03-01", "representative": "林海风", "residence": "莆田市荔城区", "contact": "138 0000 0000",
		"address": "海风鞋业一厂，莆田市涵江区", "machines": "成型线 2 条", "supply": "本地采购", "warehouse": "厂内仓库", "dispatch": "每日发货", "capacity": "30,000", "jobs": "120", "turnover": "3200000", "currency": "CNY", "export.share": "60", "export.change": "-30",
		"lines": "休闲鞋", "designs": "12", "quality": cultivate.QualityOwn, "accounts": "haifeng-shop", "accounts.kin": "无", "past": cultivate.NothingToDeclare}
	for field := range answers {
		if !slices.ContainsFunc(cultivate.ApplicationFields(), func(g cultivate.FieldGroup) bool {
			return slices.ContainsFunc(g.Fields, func(f cultivate.Field) bool { return f.Name == field })
		}) {
			delete(answers, field)
		}
	}
	w.send(access.Maker, w.path("application"), "/application", answers)
	paper := filepath.Join(w.t.TempDir(), "paper.pdf")
	w.must(os.WriteFile(paper, []byte("%PDF-1.7\n%%EOF\n"), 0o600))
	for _, k := range cultivate.DocumentKinds() {
		w.b.Go(w.path("application"))
		w.b.Files(`form[action$="/application/documents"] input[type=file]`, paper)
		w.b.Send(`form[action$="/application/documents"]`, map[string]string{"kind": k.Value})
	}
	a, err := w.room.Application(w.t.Context(), w.User(access.Maker), w.maker.ID)
	w.must(err)
	if gaps := a.Gaps(); len(gaps) > 0 {
		w.t.Fatalf("the application lacks %+v", gaps)
	}
}

// study passes every lesson's quiz by its key, and has its practical work accepted. That pages show and take papers is what training's own tests are about.
func (w *way) study() {
	w.t.Helper()
	ctx, own, manager := w.t.Context(), w.User(access.Maker), w.User(access.ProgrammeManager)
	for _, id := range w.room.Industries["shoes"].Required() {
		file, err := os.ReadFile("../../cultivate/lessons/quiz/" + string(id) + ".yaml")
		w.must(err)
		var quiz struct {
			Items []struct {
				ID    cultivate.ItemID
				Right yaml.Node // choices, or yes or no
			}
		}
		w.must(yaml.Unmarshal(file, &quiz))
		_, err = w.room.OpenLesson(ctx, own, w.maker.ID, id)
		w.must(err)
		begun, err := w.room.BeginQuiz(ctx, own, w.maker.ID, id)
		w.must(err)
		_, paper, err := w.room.Attempt(ctx, own, w.maker.ID, begun.ID)
		w.must(err)
		answers := cultivate.Answers{}
		for _, item := range quiz.Items {
			right := map[string]bool{"True": item.Right.Value == "yes", "False": item.Right.Value == "no"}
			for _, choice := range item.Right.Content {
				var words struct{ En string }
				w.must(choice.Decode(&words))
				right[words.En] = true
			}
			for _, q := range paper.Questions {
				for _, o := range q.Options {
					if q.Item == item.ID && right[o.Text.English] {
						answers[q.Item] = append(answers[q.Item], o.Letter)
					}
				}
			}
		}
		done, err := w.room.AnswerQuiz(ctx, own, w.maker.ID, begun.ID, answers)
		w.must(err)
		if !done.Grade.Passed {
			w.t.Fatalf("the quiz of %s by its own key: %+v", id, done.Grade)
		}
		if !w.room.Lessons[id].HasPractical() {
			continue
		}
		work, err := w.room.HandIn(ctx, own, w.maker.ID, id, "见附件。", nil)
		w.must(err)
		_, err = w.room.SeePractical(ctx, manager, work.ID, work.Version, cultivate.Accepted, "做得好。")
		w.must(err)
	}
}

// TestFromApplicationToGraduation walks one maker the whole way through pages: the firm on a phone, in Chinese, the programme and its inspector at theirs.
func TestFromApplicationToGraduation(t *testing.T) {
	w := newWay(t)
	manager := w.User(access.ProgrammeManager)

	// Applied: the firm fills in and hands in.
	w.application()
	w.send(access.Maker, w.path("application"), "/move", map[string]string{"to": "applied"})
	if w.now().Stage != cultivate.Applied {
		t.Fatalf("handed in: %s", w.now().Stage)
	}

	// Screened.
	w.send(access.ProgrammeManager, w.path("screening"), "/screening", map[string]string{"outcome": "passed", "why": "Nothing declared, nothing found.", "conflict": "none"})
	w.moved(cultivate.Screened)

	// Visited: planned, reported with a photo, approved by another.
	w.send(access.ProgrammeManager, w.path("visits"), "/visits", map[string]string{"inspector": string(w.User(access.Inspector).ID), "day": "2026-11-30"})
	w.as(access.Maker)
	w.b.Go(w.path("visits"))
	if text := w.b.Text("main"); !strings.Contains(text, "2026-11-30") {
		t.Errorf("the firm does not see when somebody comes: %q", text)
	}
	visits, err := w.room.VisitsTo(t.Context(), manager, w.maker.ID)
	w.must(err)
	here := "/visits/" + string(visits[0].ID)
	report := map[string]string{"marks": "无", "order": "4", "words": "与申报相符。"}
	for _, l := range cultivate.VisitLines() {
		report[l.Name+".finding"] = cultivate.AsDeclared
	}
	w.send(access.Inspector, here, here, report)
	var photo bytes.Buffer
	w.must(png.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 30))))
	file := filepath.Join(t.TempDir(), "gate.png")
	w.must(os.WriteFile(file, photo.Bytes(), 0o600))
	w.b.Files("#photo-file", file)
	w.b.See(`form[data-photos][data-waiting="0"]`)
	w.b.See(`[data-photos-kept] li`)
	w.send(access.Inspector, here, "/report", nil)
	w.send(access.ProgrammeManager, here, "/judgement", map[string]string{"state": "approved"})
	w.moved(cultivate.Visited)

	// Admitted: a place, terms issued and signed by typing the name, the deposit.
	w.send(access.ProgrammeManager, w.path("visits"), "/offer", map[string]string{"why": "The first of the ranking."})
	w.send(access.ProgrammeManager, w.path("terms"), "/terms/issue", nil)
	w.send(access.Maker, w.path("terms"), "/terms/sign", map[string]string{"name": "林海风"})
	w.b.Shot("way-signed")
	w.send(access.ProgrammeManager, w.path("terms"), "/terms/deposit", map[string]string{"reference": "B-17", "on": "2026-11-23"})
	w.moved(cultivate.Admitted)

	// Trained, and quality-approved once no corrective action is open.
	w.study()
	w.moved(cultivate.Trained)
	w.moved(cultivate.Approved)

	// Brand registered: a name chosen on the phone, filed, the brand file accepted line by line.
	w.send(access.Maker, w.path("brand"), "/brand/names", map[string]string{"name": "Tidewren", "classes": "25"})
	w.b.Send(`form[action$="/choose"]`, nil)
	w.send(access.ProgrammeManager, w.path("brand"), "/brand/filings", map[string]string{"office": "CN"})
	filings, err := w.room.Filings(t.Context(), manager, w.maker.ID)
	w.must(err)
	w.send(access.ProgrammeManager, w.path("brand"), "/brand/filings/"+string(filings[0].ID), map[string]string{"to": "filed", "number": "81234567", "day": "2026-11-23"})
	lines, err := w.room.BrandFile(t.Context(), manager, w.maker.ID)
	w.must(err)
	for _, l := range lines {
		w.send(access.Maker, w.path("brand"), "/brand/file/"+l.Item.ID, map[string]string{"words": "见附件与样品。"})
	}
	for _, l := range lines {
		w.send(access.ProgrammeManager, w.path("brand"), "/brand/file/"+l.Item.ID+"/judgement", map[string]string{"state": "accepted"})
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

	// Every file is on one page: the visit's photo for the programme alone.
	for role, sees := range map[access.Role]bool{access.ProgrammeManager: true, access.Maker: false} {
		page := w.As(role).Get(w.path("documents"))
		if page.Status != 200 || !strings.Contains(page.Body, "paper.pdf") || strings.Contains(page.Body, "Visit</td>") != sees {
			t.Errorf("the documents as the %s sees them: %d", role, page.Status)
		}
	}

	// From this day detect looks for copies of it, and leaves the firm's own account alone.
	price := 59.0
	watch := &detect.Service{DB: w.DB, Brands: w.room.Brand, Now: w.Clock.Now}
	for account, want := range map[market.SellerID]detect.Verdict{"haifeng-shop": detect.Clear, "cheap-kicks": detect.Fake} {
		text := "Tidewren 1 canvas shoes"
		if want == detect.Fake {
			text = "Tidewren 1 canvas shoes, 1:1 top replica, same factory, with box"
		}
		judged, err := watch.Scan(t.Context(), w.User(access.Administrator), market.Listing{ID: market.ListingID("of-" + account), Title: text, Brand: "Tidewren", Category: "shoes", Price: &price, Currency: "CNY", Seller: market.Seller{ID: account, Name: string(account)}})
		w.must(err)
		if judged.Verdict != want || want == detect.Fake && judged.Brand != w.now().Brand {
			t.Errorf("a listing of %s: %+v", account, judged)
		}
	}

	// Listed with a page for buyers, campaigning.
	w.send(access.Maker, w.path("brand"), "/brand/page", map[string]string{"move": "agree"})
	w.send(access.ProgrammeManager, w.path("brand"), "/brand/page", map[string]string{"move": "publish", "slug": "tidewren"})
	checked := map[string]string{"title": "Tidewren 1"}
	for _, c := range cultivate.PageChecks() {
		checked["check."+c.Value] = "on"
	}
	w.send(access.Maker, w.path("marketing/products/new"), "/products/new", checked)
	w.moved(cultivate.Listed)
	w.send(access.Maker, w.path("marketing"), "/marketing/plan", map[string]string{"goal": "三个城市的跑者认识我们。", "begins": "2026-12-01", "ends": "2027-02-28", "budget": "20000", "currency": "CNY"})
	w.send(access.Maker, w.path("marketing"), "/marketing/steps", map[string]string{"title": "拍摄车间短视频", "channel": "video", "day": "2026-12-10", "cost": "1500"})
	w.moved(cultivate.Campaigning)

	// A year on, results are entered, and the maker graduates.
	if a := w.As(access.ProgrammeManager).Post(w.path("move"), url.Values{"to": {"graduated"}, "version": {fmt.Sprint(w.now().Version)}}.Encode()); a.Status == 303 {
		t.Error("graduated without a figure")
	}
	w.Clock.Advance(400 * 24 * time.Hour)
	for _, role := range []access.Role{access.ProgrammeManager, access.Maker} {
		w.Return(role)
	}
	w.role = ""
	until := w.Clock.Now().AddDate(0, 0, -2)
	for _, c := range w.room.Industries["shoes"].Graduation {
		part := "900"
		if c.Measure.AtMost() {
			part = "2"
		}
		if slices.Contains(cultivate.ResultMeasures(), c.Measure) {
			w.send(access.ProgrammeManager, w.path("graduation"), "/graduation", map[string]string{"measure": string(c.Measure), "from": until.AddDate(0, -2, 0).Format(time.DateOnly), "to": until.Format(time.DateOnly), "part": part, "whole": "910", "source": "marketplace",
				"confidence": "verified"})
		}
	}
	w.moved(cultivate.Graduated)
	w.as(access.Maker)
	w.b.Go(w.path(""))
	w.b.Axe()
	w.b.Shot("way-graduated")
	if text := w.b.Text("main"); !strings.Contains(text, "毕业") {
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
	w.application()
	w.send(access.Maker, w.path("application"), "/move", map[string]string{"to": "applied"})
	w.send(access.ProgrammeManager, w.path("screening"), "/screening", map[string]string{"outcome": "failed", "why": "一百件未申报的仿品。", "conflict": "none"})
	if a := w.As(access.ProgrammeManager).Post(w.path("move"), url.Values{"to": {"refused"}, "version": {fmt.Sprint(w.now().Version)}}.Encode()); a.Status != 422 {
		t.Errorf("refused without a reason: %d", a.Status)
	}
	w.send(access.ProgrammeManager, w.path(""), "/move", map[string]string{"to": "refused", "why": "申报与查实不符，请于明年六月补充后再申请。"})
	w.as(access.Maker)
	w.b.Go(w.path(""))
	w.b.Axe()
	w.b.Shot("way-refused")
	if text := w.b.Text("main"); !strings.Contains(text, "请于明年六月") {
		t.Errorf("what the firm reads: %q", text)
	}
	if a := w.As(access.Maker).Get(w.path("screening")); a.Status != 403 {
		t.Errorf("the firm reads the screening: %d", a.Status)
	}
	if a := w.As(access.Maker).Post(w.path("move"), url.Values{"to": {"applied"}, "version": {fmt.Sprint(w.now().Version)}}.Encode()); a.Status == 303 {
		t.Error("a refused firm applies past the draft")
	}
}
