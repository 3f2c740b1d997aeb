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
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
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
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
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

	width, height int64 // of the window

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
	t.Cleanup(func() {
		b.Calm()
		cancel()
		server.Close()
	})
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatalf("browser: %v", err)
	}
	b.Look(1280, 800, "light")
	return b
}

func (b *Browser) listen(event any) {
	var complaint string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			complaint += " " + thrown.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			var words []string
			for _, arg := range e.Args {
				words = append(words, fmt.Sprintf("%s %s", arg.Value, arg.Description))
			}
			complaint = "console: " + strings.Join(words, " ")
			if strings.Contains(complaint, "Response Status Error Code") {
				complaint = "" // htmx repeats that a page answered 409 or 422
			}
		}
	case *log.EventEntryAdded:
		// A page that answers 404 or 422 on purpose is logged too; a file of ours that is missing is a fault.
		answered := e.Entry.Source == log.EntrySourceNetwork && !strings.Contains(e.Entry.URL, "/static/")
		if (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) && !answered {
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
	// What the page complained of before this answer has been heard when the answer comes.
	if err := b.try(chromedp.Evaluate[chromedp.Void]("0")); err != nil {
		b.t.Errorf("browser: %v", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, complaint := range b.faults {
		b.t.Error("browser: " + complaint)
	}
	b.faults = nil
}

// NoScript turns scripts off, as some people do.
func (b *Browser) NoScript() {
	b.t.Helper()
	tell(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// Run does any of chromedp's actions that give nothing back, one after the other.
func (b *Browser) Run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := b.try(actions...); err != nil {
		b.t.Fatalf("browser: %v", err)
	}
}

func (b *Browser) try(actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// ask runs an action that gives something back.
func ask[T any](b *Browser, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("browser: %v", err)
	}
	return value
}

// tell sends a command of the protocol.
func tell[P, R any](b *Browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	return ask(b, func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, command, params) })
}

// Cookie gives the window a cookie: the session's, a language.
func (b *Browser) Cookie(name, value string) {
	b.t.Helper()
	tell(b, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: b.URL})
}

// Forget drops all cookies.
func (b *Browser) Forget() {
	b.t.Helper()
	tell(b, network.ClearBrowserCookies, cdp.Empty{})
}

// Go opens a page and waits until it is loaded.
func (b *Browser) Go(path string) {
	b.t.Helper()
	b.Run(chromedp.Navigate(b.URL + path))
}

// Follow clicks what leads to another page and waits until that is loaded.
func (b *Browser) Follow(selector string) {
	b.t.Helper()
	b.load(chromedp.Click(chromedp.CSS(selector)))
}

// PressTo presses keys that lead to another page and waits until that is loaded.
func (b *Browser) PressTo(keys string) {
	b.t.Helper()
	b.load(press(keys))
}

func (b *Browser) load(action chromedp.Action[chromedp.Void]) {
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
	b.Run(press(keys))
}

// press sends keys as a keyboard does: a page that prevents a key's default also prevents its letter, which chromedp's own
// KeyEvent, sending the letter by itself, would still type.
func press(keys string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		for _, key := range keys {
			letter := string(key)
			if key < ' ' || key >= 0xE000 && key < 0xF900 || key == 0x7F {
				if _, err := chromedp.KeyEvent(letter)(ctx, t); err != nil {
					return chromedp.Void{}, err
				}
				continue
			}
			for _, event := range []input.DispatchKeyEventParams{
				{Type: input.DispatchKeyEventTypeKeyDown, Key: letter, Text: letter, UnmodifiedText: letter},
				{Type: input.DispatchKeyEventTypeKeyUp, Key: letter},
			} {
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, event); err != nil {
					return chromedp.Void{}, err
				}
			}
		}
		return chromedp.Void{}, nil
	}
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
	b.Run(chromedp.Click(chromedp.CSS(selector)))
}

// Type puts text into a field.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	b.Run(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Send fills in the form that selector finds, presses its button and waits for the page that leads to. Of several forms it is the one whose hidden fields agree with
// values; a button with the name and value of one of them is the one pressed. A field that is not there, or cannot be set to its value, fails the test.
func (b *Browser) Send(selector string, values map[string]string) {
	b.t.Helper()
	sent, err := json.Marshal(values)
	if err != nil {
		b.t.Fatal(err)
	}
	if wrong := Eval[string](b, fmt.Sprintf(fillForm, strconv.Quote(selector), sent)); wrong != "" {
		b.t.Fatalf("browser: at %s, form %s: %s", b.Path(), selector, wrong)
	}
	b.load(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Evaluate[bool](`(document.querySelector('[data-test-press]').click(), true)`)(ctx, t)
		return chromedp.Void{}, err
	})
}

const fillForm = `((selector, values) => {
	const all = [...document.querySelectorAll(selector)]
	const form = all.find(f => Object.entries(values).every(([k, v]) => { const h = f.querySelector('input[type="hidden"][name="' + k + '"]'); return !h || h.value === v }))
	if (!form) return all.length + ' forms, none with these hidden values'
	for (let d = form.closest('details'); d; d = d.parentElement.closest('details')) d.open = true
	let press = form.querySelector('button.btn-primary:not([type="button"])') ?? form.querySelector('button:not([type="button"])')
	for (const [k, v] of Object.entries(values)) {
		const button = form.querySelector('button[name="' + k + '"][value="' + v + '"]')
		if (button) { press = button; continue }
		const fields = [...form.querySelectorAll('[name="' + k + '"]')]
		if (fields.length === 0) return 'no field ' + k
		const one = fields.find(f => f.type !== 'radio' && f.type !== 'checkbox' || f.value === v || f.type === 'checkbox')
		if (!one) return k + ' does not offer ' + v
		if (one.type === 'radio' || one.type === 'checkbox') one.checked = true
		else if (one.value = v, one.value !== v) return k + ' does not take ' + v
		one.dispatchEvent(new Event('input', {bubbles: true}))
		one.dispatchEvent(new Event('change', {bubbles: true}))
	}
	if (!press) return 'no button'
	press.setAttribute('data-test-press', '')
	return ''
})(%s, %s ?? {})`

// Files chooses files of this machine in a field.
func (b *Browser) Files(selector string, files ...string) {
	b.t.Helper()
	b.Run(chromedp.SetUploadFiles(chromedp.CSS(selector), files))
}

// See waits until something that selector finds is to be seen.
func (b *Browser) See(selector string) {
	b.t.Helper()
	b.Run(chromedp.WaitVisible(chromedp.CSS(selector)))
}

// Gone waits until selector finds nothing.
func (b *Browser) Gone(selector string) {
	b.t.Helper()
	b.Run(chromedp.WaitNotPresent(chromedp.CSS(selector)))
}

// Text is the text of what selector finds first.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	return strings.TrimSpace(ask(b, chromedp.Text(chromedp.CSS(selector))))
}

// Path is where the window is, with its query.
func (b *Browser) Path() string {
	b.t.Helper()
	return strings.TrimPrefix(ask(b, chromedp.Location()), b.URL)
}

// Eval is the value of a JavaScript expression; a promise is awaited.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Look sets the window's size and the device's colour scheme, "light" or "dark".
func (b *Browser) Look(width, height int64, scheme string) {
	b.t.Helper()
	b.width, b.height = width, height
	b.size(width, height)
	tell(b, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: phone(width)})
	tell(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

func (b *Browser) size(width, height int64) {
	b.t.Helper()
	tell(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: phone(width)})
}

func phone(width int64) bool { return width < 700 }

// Axe holds the page in the window against axe-core's rules for WCAG 2.2 AA and its best practices, and against the
// window's width.
func (b *Browser) Axe() {
	b.t.Helper()
	for _, violation := range b.violations() {
		b.t.Error(violation)
	}
}

func (b *Browser) violations() []string {
	b.t.Helper()
	var all []string
	if !Eval[bool](b, `typeof axe !== 'undefined'`) {
		b.Run(chromedp.Evaluate[chromedp.Void](axe + ";0"))
	}
	found := Eval[string](b, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']})
		.then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 5).map(n => n.target.join(' ') + ' — ' + n.failureSummary)}))))`)
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
		all = append(all, fmt.Sprintf("axe at %s: %s: %s\n\t%s", where, v.ID, v.Help, strings.Join(v.Nodes, "\n\t")))
	}
	if wider := Eval[float64](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wider > 0 {
		culprit := Eval[string](b, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest('.visually-hidden')).map(e => e.tagName + '.' + e.getAttribute('class')).slice(0, 4).join(', ')`)
		all = append(all, fmt.Sprintf("%s is %v px wider than its window: %s", where, wider, culprit))
	}
	return all
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
				// Those of the pages that say so are what some tests are about.
				if trouble := Eval[string](b, `document.querySelector('main .trouble')?.innerText ?? ''`); trouble != "" && !strings.HasPrefix(name, "error-") {
					b.t.Errorf("%s is in trouble: %s", path, trouble)
				}
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
	// The window grows to the page's height, so that what sticks to its edges stands where a person sees it.
	height := max(b.height, min(Eval[int64](b, `document.documentElement.scrollHeight`), 16000))
	b.size(b.width, height)
	picture := tell(b, page.CaptureScreenshot, page.CaptureScreenshotParams{}).Data
	b.size(b.width, b.height)
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
