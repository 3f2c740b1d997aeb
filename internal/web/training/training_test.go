package training

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"image"
	"image/png"
	"math/rand/v2"
	"mime/multipart"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/engine/credential"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/browsertest"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestPages(t *testing.T) { webtest.Check(t, views) }

type school struct {
	*webtest.Site
	room  *cultivate.Service
	maker cultivate.Maker
	key   ed25519.PrivateKey
}

// answers are of the test's own lesson: every right choice says so.
const bank = `lesson: costs
pass: 80 %
attempts: 2
draw: 5
items:
`

// open is a site with the maker in a curriculum of one short lesson, laid over those that ship.
func open(t *testing.T) *school {
	t.Helper()
	dir := t.TempDir()
	put := func(name, text string) {
		must(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	put("lessons/en/costs.md", "---\nid: costs\ntitle: What a shoe costs you\nminutes: 10 min\nobjectives: [Write a cost sheet]\nsources: [Our own]\npractical: Write the cost sheet of one shoe and photograph it.\n---\n## The sheet\n\n| what | yuan |\n|---|---|\n| sole | 18 |\n| upper | 31 |\n\nAdd returns: 8 of 100 come back.\n")
	put("lessons/zh/costs.md", "---\nid: costs\ntitle: 一双鞋到底花您多少钱\nminutes: 10 min\nobjectives: [会做成本表]\nsources: [Our own]\npractical: 给一双鞋做成本表，拍照交上来。\n---\n## 成本表\n\n| 项目 | 元 |\n|---|---|\n| 鞋底 | 18 |\n| 鞋面 | 31 |\n\n别忘了退货：一百双里约有八双退回。\n")
	quiz := bank
	for _, id := range []string{"one", "two", "three", "four", "five"} {
		quiz += "  - id: " + id + "\n    kind: single\n    question: {en: \"Question " + id + "?\", zh: \"问题 " + id + "？\"}\n    right: [{en: \"The right one\", zh: 对的这个}]\n    wrong: [{en: \"Another\", zh: 另一个}, {en: \"A third\", zh: 第三个}]\n    explanation: {en: \"Explained " + id + ".\", zh: \"解释 " + id + "。\"}\n"
	}
	put("lessons/quiz/costs.yaml", quiz)
	shipped, err := cultivate.Shipped().Open("industries/shoes.yaml")
	must(t, err)
	text := make([]byte, 1<<20)
	n, err := shipped.Read(text)
	must(t, err)
	sheet := string(text[:n])
	begin, end := strings.Index(sheet, "curriculum:"), strings.Index(sheet, "admission:")
	put("industries/shoes.yaml", sheet[:begin]+"curriculum:\n  - {id: selling, names: {en: Selling, zh: 销售}, required: yes, lessons: [costs]}\n\n"+sheet[end:])

	s := &school{Site: webtest.NewSite(t), key: ed25519.NewKeyFromSeed(make([]byte, 32))}
	industries, lessons, err := cultivate.Read(cultivate.Over(os.DirFS(dir), cultivate.Shipped()))
	must(t, err)
	store, err := blob.Open(t.Context(), "mem://")
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	s.room = &cultivate.Service{DB: s.DB, Access: s.Access, Industries: industries, Lessons: lessons, Site: cultivate.Site{Key: s.key, Address: "https://ownmark.example"}}
	manager := s.User(access.ProgrammeManager)
	c, err := s.room.SaveCohort(t.Context(), manager, cultivate.Cohort{Industry: "shoes", Name: "莆田鞋业第一期", Places: 17})
	must(t, err)
	c, err = s.room.MoveCohort(t.Context(), manager, c.ID, c.Version, cultivate.CohortOpen, "")
	must(t, err)
	s.maker, _, err = s.room.Enrol(t.Context(), manager, c.ID, cultivate.Firm{Organisation: s.Firm, Name: "莆田市海风鞋业有限公司", Place: "福建莆田"})
	must(t, err)
	s.Serve(nil, makers.Job(s.room, s.Access), Job(s.room, store))
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestPaperTellsNothing reads the source of a paper before it is handed in: no explanation, and nothing that sets the right choice apart.
func TestPaperTellsNothing(t *testing.T) {
	s := open(t)
	a, err := s.room.BeginQuiz(t.Context(), s.User(access.Maker), s.maker.ID, "costs")
	must(t, err)
	page := s.As(access.Maker).Get(quizPath(a))
	if page.Status != 200 || strings.Count(page.Body, "The right one") != 5 {
		t.Fatalf("%d\n%s", page.Status, page.Body)
	}
	if strings.Contains(page.Body, "Explained") || strings.Contains(page.Body, "checked") {
		t.Error("the paper tells more than its questions")
	}
	options := regexp.MustCompile(`<label class="training-option"><input([^>]*)><span>([^<]*)</span></label>`).FindAllStringSubmatch(page.Body, -1)
	letter := regexp.MustCompile(` value="[a-z]"`)
	for _, o := range options {
		if rest := letter.ReplaceAllString(o[1], ""); !regexp.MustCompile(`^ class="form-check-input" type="radio" name="q\.[a-z]+"$`).MatchString(rest) {
			t.Errorf("a choice has %q", rest)
		}
	}
	if len(options) != 15 {
		t.Errorf("%d choices", len(options))
	}
	for role, want := range map[access.Role]int{access.Maker: 200, access.ProgrammeManager: 200, access.RightsHolder: 403} {
		if got := s.As(role).Get(quizPath(a)).Status; got != want {
			t.Errorf("the paper as %s: %d", role, got)
		}
	}
}

// follow goes where a link or button leads, with the keyboard: on a phone the rail at the window's foot may lie over what a mouse would click.
func follow(b *browsertest.Browser, selector string) {
	b.See(selector)
	browsertest.Eval[bool](b, `(() => { document.querySelector(`+strconv.Quote(selector)+`).focus(); return true })()`)
	b.PressTo(browsertest.Enter)
}

// TestLearn is a maker on a phone, in Chinese: reads, fails, tries again, passes, hands in the work, which is sent back and then accepted; the certificate
// is public and verifies.
func TestLearn(t *testing.T) {
	s := open(t)
	b := browsertest.Open(t, s.Web)
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Cookie("language", "zh")
	b.Look(380, 780, "light")
	b.Go(makers.Path(s.maker.ID, "training"))
	b.Axe()
	follow(b, ".training-next .btn")
	b.Axe()
	if said := b.Text(".training-text"); !strings.Contains(said, "鞋底") {
		t.Errorf("the lesson says %q", said)
	}
	follow(b, ".training-quiz .btn")
	b.Axe()
	follow(b, ".training-send .btn") // nothing answered
	if said := b.Text("#training-result"); !strings.Contains(said, "尚未通过") {
		t.Errorf("nothing answered: %q", said)
	}
	b.Axe()
	follow(b, ".training-links .btn")
	follow(b, ".training-quiz .btn")
	browsertest.Eval[bool](b, `(() => { for (const o of document.querySelectorAll('.training-option')) { if (o.textContent.includes('对的')) o.click() } return true })()`)
	follow(b, ".training-send .btn")
	if said := b.Text("#training-result"); !strings.Contains(said, "已通过") || !strings.Contains(said, "5") {
		t.Errorf("all right: %q", said)
	}
	lesson := lessonPath(s.maker.ID, "costs")
	b.Go(lesson)
	b.Type("#field-text", "成本表见下：鞋底18，鞋面31。")
	follow(b, ".form .btn-primary")
	manager := s.User(access.ProgrammeManager)
	page, err := s.room.Practicals(t.Context(), manager, cultivate.PracticalFilter{State: cultivate.HandedIn})
	must(t, err)
	if len(page.Items) != 1 {
		t.Fatalf("%d pieces of work wait", len(page.Items))
	}
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Look(1280, 800, "light")
	b.Go("/training")
	b.Axe()
	follow(b, ".data a")
	b.Axe()
	b.Type("#field-words", "还缺退货和平台佣金。")
	follow(b, `button[value="sent-back"]`)
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Look(380, 780, "light")
	b.Go(lesson)
	if said := b.Text(".training-words"); !strings.Contains(said, "平台佣金") {
		t.Errorf("the maker reads %q", said)
	}
	b.Type("#field-text", "已加上退货8%和佣金5%。")
	follow(b, ".form .btn-primary")
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Go(workPath(page.Items[0].ID))
	follow(b, `button[value="accepted"]`)

	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Go(makers.Path(s.maker.ID, "training"))
	follow(b, `a[href^="/certificates/"]`)
	certificate := b.Path()
	b.Forget()
	b.Go(certificate)
	b.Axe()
	if said := b.Text(".training-paper-sheet"); !strings.Contains(said, "海风") {
		t.Errorf("anybody reads %q", said)
	}
	file := s.As("").Get(certificate + "/credential.json")
	verified, err := credential.Verify([]byte(file.Body), s.key.Public().(ed25519.PublicKey), webtest.Now)
	if err != nil {
		t.Fatalf("the certificate: %v", err)
	}
	list := s.As("").Get("/status-lists/1")
	if _, err := verified.CheckStatus([]byte(list.Body), webtest.Now); err != nil || list.Status != 200 {
		t.Errorf("its status: %d, %v", list.Status, err)
	}
	if none := s.As("").Get("/status-lists/2"); none.Status != 404 {
		t.Errorf("a list that is not there: %d", none.Status)
	}
	if a := s.As(access.ProgrammeManager).Post("/training"+certificate+"/revoke", "why=Somebody+else+sat+the+quiz."); a.Status != 303 {
		t.Fatalf("taken back: %d %s", a.Status, a.Body)
	}
	_, err = verified.CheckStatus([]byte(s.As("").Get("/status-lists/1").Body), webtest.Now)
	if p, ok := errors.AsType[*credential.Problem](err); !ok || p.Kind != credential.Revoked {
		t.Errorf("taken back, and its status: %v", err)
	}
	if testing.Short() {
		return
	}
	b.Cookie(webtest.SessionCookie, s.Token(access.Maker))
	b.Shots("training", makers.Path(s.maker.ID, "training"))
	b.Shots("training-lesson", lesson)
	b.Shots("training-certificate", certificate)
	b.Cookie(webtest.SessionCookie, s.Token(access.ProgrammeManager))
	b.Shots("training-waiting", "/training?state=accepted")
	b.Shots("training-work", workPath(page.Items[0].ID))
}

// TestHandInFiles sends a photo and a PDF as a phone does; both come back as files to keep, to those who may see the work and to nobody else.
func TestHandInFiles(t *testing.T) {
	s := open(t)
	var photo bytes.Buffer
	noise := image.NewRGBA(image.Rect(0, 0, 900, 700))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	must(t, png.Encode(&photo, noise))
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	must(t, form.WriteField("text", "九张照片。"))
	for name, content := range map[string][]byte{"a.png": photo.Bytes(), "b.pdf": []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")} {
		part, err := form.CreateFormFile("documents", name)
		must(t, err)
		_, err = part.Write(content)
		must(t, err)
	}
	must(t, form.Close())
	r := httptest.NewRequest("POST", lessonPath(s.maker.ID, "costs")+"/work", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if a := s.As(access.Maker).Do(r); a.Status != 303 {
		t.Fatalf("handing in %d bytes: %d\n%.400s", photo.Len(), a.Status, a.Body)
	}
	page, err := s.room.Practicals(t.Context(), s.User(access.ProgrammeManager), cultivate.PracticalFilter{})
	must(t, err)
	if len(page.Items) != 1 || len(page.Items[0].Documents) != 2 {
		t.Fatalf("%+v", page.Items)
	}
	path := workPath(page.Items[0].ID)
	shown := s.As(access.ProgrammeManager).Get(path).Body
	if strings.Count(shown, `<img src="`+path) != 1 || !strings.Contains(shown, path+"/documents/2") {
		t.Errorf("the page shows\n%s", shown)
	}
	for n := range 2 {
		a := s.As(access.ProgrammeManager).Get(path + "/documents/" + strconv.Itoa(n+1))
		if a.Status != 200 || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("document %d: %d %v", n+1, a.Status, a.Header)
		}
	}
	for address, want := range map[string]int{path + "/documents/3": 404, path + "/documents/0": 404, path + "/documents/x": 404, workPath("none"): 404} {
		if a := s.As(access.ProgrammeManager).Get(address); a.Status != want {
			t.Errorf("%s: %d", address, a.Status)
		}
	}
	if a := s.As(access.Seller).Get(path + "/documents/1"); a.Status != 403 {
		t.Errorf("a seller reads it: %d", a.Status)
	}
	other, _, err := s.room.Enrol(t.Context(), s.User(access.ProgrammeManager), s.maker.Cohort, cultivate.Firm{Name: "Stranger", Person: "X", Email: "x@example.com"})
	must(t, err)
	stranger := access.User{ID: "x", Org: other.Organisation, Roles: []access.Role{access.Maker}}
	if _, err := s.room.Practical(t.Context(), stranger, page.Items[0].ID); !errors.Is(err, fault.NotFound) {
		t.Errorf("another firm reads it: %v", err)
	}
}
