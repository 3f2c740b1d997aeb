// Package browsertest drives Debian's Chromium through pages: journeys by keyboard, axe-core, screenshots in both sizes,
// themes and languages. A console error, a refused script or style, and a page wider than its window fail the test.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }
//
// which starts one browser for all of its tests when the first asks for it. Without Chromium on the PATH the tests are
// skipped; with CI set they fail.
package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed testdata/axe.min.js
var axe string

// patience is how long a single step may take before it has failed.
const patience = 30 * time.Second

// shared is the process's browser.
var shared struct {
	sync.Mutex
	main   bool
	ctx    context.Context
	cancel []context.CancelFunc
	dir    string
}

// Main runs the tests of a package and then ends the browser they used.
func Main(m *testing.M) int {
	shared.main = true
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		if err := chromedp.Cancel(shared.ctx); err != nil {
			fmt.Fprintln(os.Stderr, "browsertest: end the browser:", err)
		}
		for _, cancel := range shared.cancel {
			cancel()
		}
	}
	if shared.dir != "" {
		os.RemoveAll(shared.dir)
	}
	return code
}

// Find is the path of Chromium. Without one the test is skipped, or fails when CI is set.
func Find(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("Chromium is not on the PATH (apt-get install chromium)")
	}
	t.Skip("Chromium is not on the PATH (apt-get install chromium): pages are not driven")
	return ""
}

func browser(t *testing.T) context.Context {
	t.Helper()
	path := Find(t)
	shared.Lock()
	defer shared.Unlock()
	if !shared.main {
		t.Fatal("browsertest: the package needs func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }")
	}
	if shared.ctx != nil {
		return shared.ctx
	}
	dir, err := os.MkdirTemp("", "ownmark-browser-")
	if err != nil {
		t.Fatal(err)
	}
	shared.dir = dir
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-first-run", true), chromedp.Flag("lang", "en"))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	if err := chromedp.Run(ctx); err != nil {
		endBrowser()
		endAllocator()
		t.Fatalf("start %s: %v", path, err)
	}
	shared.ctx, shared.cancel = ctx, []context.CancelFunc{endBrowser, endAllocator}
	return ctx
}

// Browser is a window of its own, without cookies at first, on a server of its own. Motion is reduced.
type Browser struct {
	URL string // of the server, without a slash at the end

	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string // what the console complained about
}

// Open serves handler on 127.0.0.1 and opens a window of 1280×800 onto it. Both end with the test.
func Open(t *testing.T, handler http.Handler) *Browser {
	t.Helper()
	parent := browser(t)
	server := httptest.NewServer(handler)
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext())
	b := &Browser{URL: server.URL, t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, b.listen)
	t.Cleanup(func() {
		b.Calm()
		cancel()
		server.Close()
	})
	b.Run(network.Enable(), log.Enable(), runtime.Enable())
	b.Look(1280, 800, "light")
	return b
}

func (b *Browser) listen(event any) {
	var complaint string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			var words []string
			for _, arg := range e.Args {
				words = append(words, string(arg.Value)+arg.Description)
			}
			complaint = "console: " + strings.Join(words, " ")
		}
	case *log.EventEntryAdded:
		// A page that answers 404 or 422 on purpose is logged too; a file of ours that is missing is a fault.
		answered := e.Entry.Source == log.SourceNetwork && !strings.Contains(e.Entry.URL, "/static/")
		if (e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning) && !answered {
			complaint = fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	}
	if complaint != "" {
		b.mu.Lock()
		b.faults = append(b.faults, complaint)
		b.mu.Unlock()
	}
}

// Calm fails the test if the console has complained since it was last asked; the end of the test asks too.
func (b *Browser) Calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.faults {
		b.t.Error("browser: " + complaint)
	}
	b.faults = nil
}

// Run does any of chromedp's actions, one after the other.
func (b *Browser) Run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := b.try(actions...); err != nil {
		var where string
		b.try(chromedp.Location(&where)) //nolint:errcheck // only to say more about the first error
		b.t.Fatalf("browser at %s: %v", where, err)
	}
}

func (b *Browser) try(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// Cookie gives the window a cookie: the session's, a language.
func (b *Browser) Cookie(name, value string) {
	b.t.Helper()
	b.Run(network.SetCookie(name, value).WithURL(b.URL))
}

// Forget drops all cookies.
func (b *Browser) Forget() {
	b.t.Helper()
	b.Run(storage.ClearCookies())
}

// Go opens a page and waits until it is loaded.
func (b *Browser) Go(path string) {
	b.t.Helper()
	b.Run(chromedp.Navigate(b.URL + path))
}

// Follow clicks what leads to another page and waits until that is loaded.
func (b *Browser) Follow(selector string) {
	b.t.Helper()
	b.load(chromedp.Click(selector, chromedp.ByQuery))
}

// PressTo presses keys that lead to another page and waits until that is loaded.
func (b *Browser) PressTo(keys string) {
	b.t.Helper()
	b.load(chromedp.KeyEvent(keys))
}

func (b *Browser) load(action chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, action); err != nil {
		b.t.Fatalf("browser: wait for the next page: %v", err)
	}
}

// Press presses keys where the focus is; kb has the names of those that are no letters.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	b.Run(chromedp.KeyEvent(keys))
}

// Keys that are no letters.
const (
	Tab    = kb.Tab
	Enter  = kb.Enter
	Escape = kb.Escape
)

// Click clicks what selector finds first, once it is to be seen.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.Run(chromedp.Click(selector, chromedp.ByQuery))
}

// Type puts text into a field.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	b.Run(chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

// See waits until something that selector finds is to be seen.
func (b *Browser) See(selector string) {
	b.t.Helper()
	b.Run(chromedp.WaitVisible(selector, chromedp.ByQuery))
}

// Gone waits until selector finds nothing.
func (b *Browser) Gone(selector string) {
	b.t.Helper()
	b.Run(chromedp.WaitNotPresent(selector, chromedp.ByQuery))
}

// Text is the text of what selector finds first.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	var text string
	b.Run(chromedp.Text(selector, &text, chromedp.ByQuery))
	return strings.TrimSpace(text)
}

// Path is where the window is, with its query.
func (b *Browser) Path() string {
	b.t.Helper()
	var where string
	b.Run(chromedp.Location(&where))
	return strings.TrimPrefix(where, b.URL)
}

// Eval gives the value of a JavaScript expression; promises are awaited.
func (b *Browser) Eval(expression string, value any) {
	b.t.Helper()
	b.Run(chromedp.Evaluate(expression, value, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// Look sets the window's size and the device's colour scheme, "light" or "dark".
func (b *Browser) Look(width, height int64, scheme string) {
	b.t.Helper()
	b.Run(emulation.SetDeviceMetricsOverride(width, height, 1, width < 700),
		emulation.SetTouchEmulationEnabled(width < 700),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}))
}

// Axe holds the page in the window against axe-core's rules for WCAG 2.2 AA and its best practices, and against the
// window's width.
func (b *Browser) Axe() {
	b.t.Helper()
	var loaded bool
	if b.Eval(`typeof axe !== 'undefined'`, &loaded); !loaded {
		b.Run(chromedp.Evaluate(axe+";0", nil))
	}
	var found string
	b.Eval(`axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']})
		.then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 5).map(n => n.target.join(' ') + ' — ' + n.failureSummary)}))))`, &found)
	var violations []struct {
		ID    string
		Help  string
		Nodes []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.t.Fatalf("axe: %v in %s", err, found)
	}
	where := b.Path()
	for _, v := range violations {
		b.t.Errorf("axe at %s: %s: %s\n\t%s", where, v.ID, v.Help, strings.Join(v.Nodes, "\n\t"))
	}
	var wider float64
	b.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wider)
	if wider > 0 {
		var culprit string
		b.Eval(`[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest('.visually-hidden')).map(e => e.tagName + '.' + e.getAttribute('class')).slice(0, 4).join(', ')`, &culprit)
		b.t.Errorf("%s is %v px wider than its window: %s", where, wider, culprit)
	}
}

// Shots takes the page's pictures at 1280 and 380 px, light and dark, English and Chinese, and holds each against Axe.
// They lie in artefacts/screens, or where OWNMARK_SCREENS says, as NAME-1280-dark-zh.png: open them.
func (b *Browser) Shots(name, path string) {
	b.t.Helper()
	folder := Screens()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.t.Fatal(err)
	}
	for _, tongue := range []string{"en", "zh"} {
		b.Cookie("language", tongue)
		for _, size := range [][2]int64{{1280, 800}, {380, 780}} {
			for _, scheme := range []string{"light", "dark"} {
				b.Look(size[0], size[1], scheme)
				b.Go(path)
				b.Axe()
				b.shoot(filepath.Join(folder, fmt.Sprintf("%s-%d-%s-%s.png", name, size[0], scheme, tongue)))
			}
		}
	}
	b.Cookie("language", "en")
	b.Look(1280, 800, "light")
	b.Calm()
}

// Shot takes one picture of the window as it is.
func (b *Browser) Shot(name string) {
	b.t.Helper()
	if err := os.MkdirAll(Screens(), 0o755); err != nil {
		b.t.Fatal(err)
	}
	b.shoot(filepath.Join(Screens(), name+".png"))
}

func (b *Browser) shoot(file string) {
	b.t.Helper()
	var picture []byte
	b.Run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		picture, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatPng).WithCaptureBeyondViewport(true).Do(ctx)
		return err
	}))
	if len(picture) == 0 {
		b.t.Fatalf("browser: the picture %s is empty", file)
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// Screens is the folder of the pictures.
func Screens() string {
	if folder := os.Getenv("OWNMARK_SCREENS"); folder != "" {
		return folder
	}
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "artefacts", "screens")
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(os.TempDir(), "ownmark-screens")
}
