package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/net/html"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
)

const (
	fakeLine = `{"id":"F1","title":"Nike Air Max 1:1 replica top quality, all sizes","category":"shoes","price":19,"currency":"USD","quantity":900,"seller":{"id":"S1","joined":"2026-11-01","ratings":0},"listed_at":"2026-11-20T00:00:00Z"}` + "\n"
	bowlLine = `{"id":"C1","title":"Hand thrown tea bowl","category":"other","price":30,"currency":"USD","seller":{"id":"S2"}}` + "\n"
)

// ran is what a command line came to.
type ran struct {
	code     int
	out, err string
}

func run(t testing.TB, in string, args ...string) ran {
	t.Helper()
	var out, errOut bytes.Buffer
	code := Run(t.Context(), args, strings.NewReader(in), &out, &errOut, nil)
	return ran{code, out.String(), errOut.String()}
}

func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t testing.TB, with, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if with == "zstd" {
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w = z
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExitCodes(t *testing.T) {
	good := file(t, "good.jsonl", fakeLine+bowlLine)
	brands := file(t, "brands.jsonl", `{"id":"x","name":"Xylo","categories":["shoes"]}`)
	folder := t.TempDir()
	for name, c := range map[string]struct {
		args []string
		in   string
		code int
		err  string
	}{
		"done":                   {[]string{"scan", good}, "", 0, "2 listings: 1 fake, 0 to review, 1 clear"},
		"bad lines among good":   {[]string{"scan", "-"}, "{}\n" + bowlLine, 0, "standard input:1: id: missing"},
		"bad lines, strictly":    {[]string{"scan", "-", "--strict"}, "{}\n" + bowlLine, 2, "standard input:1: id: missing"},
		"nothing but bad lines":  {[]string{"scan", "-"}, "{}\n{}\n", 2, "No record could be read"},
		"nothing":                {[]string{"scan", "-"}, "", 0, "0 listings"},
		"no such file":           {[]string{"scan", folder + "/none"}, "", 2, "cannot be opened"},
		"a folder":               {[]string{"scan", folder}, "", 2, "is a folder"},
		"no file named":          {[]string{"scan"}, "", 2, "file"},
		"no such command":        {[]string{"scam"}, "", 2, "ownmark --help"},
		"no such flag":           {[]string{"scan", good, "--fast"}, "", 2, "unknown flag --fast"},
		"no such field":          {[]string{"scan", good, "--map", "colour=x"}, "", 2, `no field "colour"`},
		"no table":               {[]string{"scan", "-"}, "just words\n", 2, "has no column for id"},
		"wrong format":           {[]string{"scan", good, "--input-format", "xml"}, "", 2, "is not XML"},
		"cut in a packed file":   {[]string{"scan", "-"}, packed(t, "gzip", strings.Repeat(bowlLine, 5000))[:300], 2, "damaged"},
		"cut in a JSON array":    {[]string{"scan", "-"}, `[{"id":"1","title":"t"},{"id"`, 2, "middle of a record"},
		"out in no folder":       {[]string{"scan", good, "--out", folder + "/no/out"}, "", 2, "cannot be written"},
		"out over a brands file": {[]string{"scan", "-", "--brands", brands, "--out", brands}, "", 2, "would be written over"},
		"version":                {[]string{"version"}, "", 0, ""},
		"help":                   {[]string{"scan", "--help"}, "", 0, ""},
		"bench without listings": {[]string{"bench", "scan", "--listings", "0"}, "", 2, "at least one"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, c.in, c.args...)
			if got.code != c.code || !strings.Contains(got.err, c.err) {
				t.Errorf("exit %d, said %q; want %d, %q", got.code, got.err, c.code, c.err)
			}
		})
	}
}

func TestEveryFormatAndPacking(t *testing.T) {
	feeds := map[string]string{
		"jsonl":  fakeLine,
		"json":   "[" + fakeLine + "]",
		"csv":    "sku;Titel;Kategorie;Preis\nF1;Nike Air Max 1:1 replica top quality;Schuhe;\"19,00 $\"\n",
		"tsv":    "id\ttitle\tgoogle_product_category\tprice\nF1\tNike Air Max 1:1 replica top quality\tApparel & Accessories > Shoes\t19.00 USD\n",
		"rss":    `<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>F1</g:id><title>Nike Air Max 1:1 replica top quality</title><g:product_type>Shoes</g:product_type><g:price>19.00 USD</g:price></item></channel></rss>`,
		"jsonld": `<html><script type="application/ld+json">{"@type":"Product","sku":"F1","name":"Nike Air Max 1:1 replica top quality","category":"Shoes","offers":{"price":"19.00","priceCurrency":"USD"}}</script></html>`,
	}
	for name, feed := range feeds {
		for _, packing := range []string{"plain", "gzip", "zstd"} {
			text := feed
			if packing != "plain" {
				text = packed(t, packing, feed)
			}
			for _, from := range []string{"-", file(t, "feed", text)} {
				got := run(t, text, "scan", from, "--format", "jsonl")
				if got.code != 0 || !strings.HasPrefix(got.out, `{"id":"F1","verdict":"fake"`) {
					t.Errorf("%s, %s: exit %d\n%s%s", name, packing, got.code, got.out, got.err)
				}
			}
		}
	}
}

// TestUnusableFileAmongGood expects the others to be scanned, in their order, and the exit code to tell.
func TestUnusableFileAmongGood(t *testing.T) {
	one, three := file(t, "1.jsonl", fakeLine), file(t, "3.jsonl", bowlLine)
	two := file(t, "2.gz", packed(t, "gzip", strings.Repeat(bowlLine, 50_000))[:2_000])
	out := filepath.Join(t.TempDir(), "out.jsonl")
	got := run(t, "", "scan", one, two, three, "--format", "jsonl", "--out", out)
	if got.code != 2 || !strings.Contains(got.err, "2.gz is damaged") {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if !strings.Contains(lines[0], `"F1"`) || !strings.Contains(lines[len(lines)-1], `"C1"`) {
		t.Errorf("first %s, last %s", lines[0], lines[len(lines)-1])
	}

	strict := filepath.Join(t.TempDir(), "strict.jsonl")
	if err := os.WriteFile(strict, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	got = run(t, "", "scan", one, two, three, "--format", "jsonl", "--out", strict, "--strict")
	if got.code != 2 || !strings.Contains(got.err, "was not written") {
		t.Errorf("strict: exit %d: %s", got.code, got.err)
	}
	if text, _ := os.ReadFile(strict); string(text) != "as it was" {
		t.Errorf("strict wrote %q", text)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(strict), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestInterrupted stops a scan that waits for more input and expects what came so far to be written, and said.
func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	in, feed := io.Pipe()
	defer feed.Close()
	results, out := io.Pipe()
	var errOut bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- Run(ctx, []string{"scan", "-", "--format", "jsonl"}, in, out, &errOut, nil) }()
	written := make(chan error, 1)
	go func() {
		_, err := io.WriteString(feed, fakeLine+bowlLine)
		written <- err
	}()
	lines := bufio.NewReader(results)
	for _, id := range []string{"F1", "C1"} {
		if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, id) {
			t.Fatalf("%q, %v", line, err)
		}
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	stop()
	if code := <-done; code != 130 {
		t.Errorf("exit %d: %s", code, errOut.String())
	}
	if said := errOut.String(); !strings.Contains(said, "2 listings: 1 fake, 0 to review, 1 clear") || !strings.Contains(said, "stopped before the end") {
		t.Errorf("said %s", said)
	}
}

// TestReaderGone has the reader of the results go away (head) and expects a quiet end.
func TestReaderGone(t *testing.T) {
	for _, format := range []string{"table", "jsonl", "csv", "html"} {
		var errOut bytes.Buffer
		code := Run(t.Context(), []string{"scan", "-", "--format", format}, strings.NewReader(strings.Repeat(fakeLine, 5000)), gone{}, &errOut, nil)
		if code != 0 || errOut.Len() > 0 {
			t.Errorf("%s: exit %d: %s", format, code, errOut.String())
		}
	}
}

type gone struct{}

func (gone) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

// TestConstantMemory scans 200 MB from a stream and looks at the heap on the way.
func TestConstantMemory(t *testing.T) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	row := `{"id":"%d","title":"A pair of shoes","description":"` + strings.Repeat("plain words about it. ", 450) + `","price":5,"currency":"EUR"}` + "\n"
	in := &generated{row: row, bytes: 200 << 20, most: m.HeapInuse}
	before := m.HeapInuse
	var errOut bytes.Buffer
	if code := Run(t.Context(), []string{"scan", "-", "--format", "jsonl"}, in, io.Discard, &errOut, nil); code != 0 {
		t.Fatalf("exit %d: %s", code, errOut.String())
	}
	if grown := (in.most - before) >> 20; in.bytes > 0 || grown > 128 {
		t.Errorf("the heap grew by %d MiB, %d bytes were not read", grown, in.bytes)
	}
}

// generated gives numbered rows until so many bytes were read, and remembers the largest heap seen on the way.
type generated struct {
	row   string
	rest  string
	n     int
	bytes int
	most  uint64
}

func (g *generated) Read(p []byte) (int, error) {
	if g.rest == "" {
		if g.bytes <= 0 {
			return 0, io.EOF
		}
		g.rest = fmt.Sprintf(g.row, g.n)
		g.bytes -= len(g.rest)
		if g.n++; g.n%1000 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			g.most = max(g.most, m.HeapInuse)
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// hostile is a listing whose texts attack whoever shows them.
func hostile() market.Listing {
	return market.Listing{ID: "=1+1\x1b[2J", Title: "\x1b]0;owned\a</h2><script>alert(1)</script> \u202egnp.exe, \"quoted\"\r\nNike 1:1 replica", Seller: market.Seller{ID: "@x", Name: "<img src=x>"}}
}

func hostileResult(l *market.Listing) detect.Result {
	return detect.Result{ID: l.ID, Verdict: detect.Fake, Score: 0.99, Brand: "nike", Signals: []detect.Signal{{Name: "x", Weight: 2, Evidence: "\x1b[31m<b>" + l.Title}}}
}

func rendered(t testing.TB, format string, terminal bool, env ...string) string {
	t.Helper()
	var b bytes.Buffer
	out := bufio.NewWriter(&b)
	w := newResultWriter(format, out, terminal, nil, env)
	l := hostile()
	r := hostileResult(&l)
	text, err := w.render(nil, &l, &r)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.begin(), w.write(text), w.end(&scanRun{listings: 1, counts: map[detect.Verdict]int64{detect.Fake: 1}})); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHostileTexts(t *testing.T) {
	table := rendered(t, "table", false)
	if strings.ContainsAny(table, "\x1b\a\r\u202e") {
		t.Errorf("the table lets control characters through: %q", table)
	}
	rows, err := csv.NewReader(strings.NewReader(rendered(t, "csv", false))).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[1]) != len(rows[0]) {
		t.Fatalf("%v: %q", err, rows)
	}
	for i, cell := range rows[1] {
		if strings.IndexAny(cell, "=+-@\t\r") == 0 {
			t.Errorf("%s is a formula: %q", rows[0][i], cell)
		}
	}
	page := rendered(t, "html", false)
	tokens := html.NewTokenizer(strings.NewReader(page))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		if slices.Contains([]string{"script", "img", "link", "a", "b"}, token.Data) && kind == html.StartTagToken && (token.Data != "b" || len(token.Attr) > 0) {
			t.Errorf("the page has a <%s>", token.Data)
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" {
				t.Errorf("the page has %s=%q", a.Key, a.Val)
			}
		}
	}
	if got := run(t, `{"id":"x","title":"t","a\u001b[2J":1,"a\u001b[2J":2}`+"\n"+bowlLine, "scan", "-"); strings.Contains(got.err, "\x1b") {
		t.Errorf("a bad record reaches the terminal: %q", got.err)
	}
	if got := run(t, "a\x1b[2J,b\n1,2\n", "scan", "-", "--input-format", "csv"); strings.Contains(got.err, "\x1b") || got.code != 2 {
		t.Errorf("a header reaches the terminal: %q", got.err)
	}
}

func TestColourOnlyOnATerminal(t *testing.T) {
	for _, c := range []struct {
		terminal bool
		env      []string
		coloured bool
	}{{true, nil, true}, {true, []string{"NO_COLOR=1"}, false}, {true, []string{"NO_COLOR="}, true}, {false, nil, false}} {
		if got := strings.Contains(rendered(t, "table", c.terminal, c.env...), "\x1b["); got != c.coloured {
			t.Errorf("terminal %v, %v: coloured %v", c.terminal, c.env, got)
		}
	}
}

func TestPad(t *testing.T) {
	for text, want := range map[string]string{"": "      ", "abc": "abc   ", "abcdef": "abcdef", "abcdefg": "abcde…", "鞋子": "鞋子  ", "莆田鞋": "莆田鞋", "莆田鞋子": "莆田… ", "a莆田鞋": "a莆田…"} {
		if got := pad(text, 6); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func FuzzPad(f *testing.F) {
	f.Add("a莆田鞋\x1b", 6)
	f.Fuzz(func(t *testing.T, text string, columns int) {
		if columns < 1 || columns > 500 {
			return
		}
		got := pad(visible(text), columns)
		if utf8.RuneCountInString(got) > columns || strings.ContainsAny(got, "\x1b\n\r") {
			t.Fatalf("%q in %d columns is %q", text, columns, got)
		}
	})
}

func TestProgressLine(t *testing.T) {
	for want, c := range map[string]struct {
		listings int64
		share    float64
		elapsed  time.Duration
	}{
		" 25 %  500 listings  50/s  30 s left": {500, 0.25, 10 * time.Second},
		"500 listings  50/s":                   {500, 0, 10 * time.Second},
		"100 %  500 listings  50/s  0 s left":  {500, 1.2, 10 * time.Second}, // the file grew
		"0 listings  0/s":                      {0, 0, 0},
	} {
		if got := progressLine(c.listings, c.share, c.elapsed); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
