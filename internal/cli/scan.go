package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

type scanCommand struct {
	Files       []string          `arg:"" name:"file" help:"Files of listings; - reads standard input."`
	Brands      string            `placeholder:"FILE" help:"Brands to protect (JSONL or CSV); without it a built-in list of well-known ones."`
	Format      string            `enum:"table,jsonl,csv,html" default:"table" help:"How results are written: ${enum}."`
	Out         string            `placeholder:"FILE" help:"Write results here instead of to standard output."`
	Min         string            `enum:",review,fake" default:"" placeholder:"VERDICT" help:"Only results of at least this verdict: review or fake (table and html show review unless told otherwise)."`
	All         bool              `help:"Show clear listings too, in a table or html."`
	Workers     int               `placeholder:"N" help:"Listings scanned at once (default: one per processor)."`
	Map         map[string]string `mapsep:"," placeholder:"OURS=THEIRS" help:"The feed's own name of a field, as in price=sale_price."`
	InputFormat string            `enum:",jsonl,json,csv,xml,jsonld" default:"" placeholder:"FORMAT" help:"Do not guess the input's format: jsonl, json, csv, xml or jsonld."`
	Strict      bool              `help:"Stop at the first bad record."`
}

// maxBadShown is how many bad records are reported one by one; the rest are counted.
const maxBadShown = 100

// Run scans the files in order.
func (cmd *scanCommand) Run(ctx context.Context, c *console) error {
	brands, err := readBrands(cmd.Brands)
	if err != nil {
		return err
	}
	scanner, err := detect.NewScanner(brands, clock.System)
	if err != nil {
		return err
	}
	inputs, size, err := cmd.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() {
		for _, in := range inputs {
			in.close()
		}
	}()
	out, err := cmd.create(c)
	if err != nil {
		return err
	}
	defer out.abandon()

	least := detect.Verdict(cmd.Min)
	if least == "" && !cmd.All && (cmd.Format == "table" || cmd.Format == "html") {
		least = detect.Review
	}
	run := &scanRun{
		console: c, scanner: scanner, least: least, strict: cmd.Strict, size: size, began: time.Now(),
		workers: cmd.Workers, counts: map[detect.Verdict]int64{},
		writer: newResultWriter(cmd.Format, out.w, cmd.Out == "" && isTerminal(c.out), brands, c.env),
	}
	if run.workers <= 0 {
		run.workers = runtime.GOMAXPROCS(0)
	}
	run.progress = cmd.Out != "" || cmd.Format != "table" || !isTerminal(c.out)
	run.progress = run.progress && isTerminal(c.err)

	if err := run.writer.begin(); err != nil {
		return ignoreBrokenPipe(err)
	}
	options := market.FeedOptions{Format: market.Format(cmd.InputFormat), Map: cmd.Map}
	var unusable []error
	for _, in := range inputs {
		unread, stopped := run.input(ctx, in, options)
		if err = stopped; err != nil {
			break
		}
		if unread != nil {
			unusable = append(unusable, unread)
			if cmd.Strict {
				break
			}
		}
	}
	run.clearProgress()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if isBrokenPipe(err) {
		return nil
	}
	run.stopped = err != nil
	endErr := run.writer.end(run)
	if isBrokenPipe(endErr) {
		return nil
	}
	err = errors.Join(append([]error{err}, unusable...)...)
	if err = errors.Join(err, endErr); run.stopped || endErr != nil || cmd.Strict && err != nil {
		run.summary()
		if cmd.Out != "" {
			run.say("%s was not written", cmd.Out)
		}
		return err
	}
	if keepErr := out.keep(); keepErr != nil {
		return fault.Unavailable.Say("%s cannot be written.", cmd.Out).Because(keepErr)
	}
	run.summary()
	if err == nil && run.listings == 0 && run.bad > 0 {
		return fault.Invalid.Say("No record could be read as a listing.")
	}
	return err
}

// Help is what `ownmark scan --help` says beyond the flags.
func (scanCommand) Help() string {
	return `Files hold listings as JSON Lines, a JSON array, CSV, a Google Merchant feed (TSV, RSS, Atom) or schema.org Products (JSON-LD, also inside HTML pages), plain or packed with gzip or zstd. The format is found from the content.

Examples:
  ownmark scan listings.jsonl
  ownmark scan feed.xml.gz --min fake
  ownmark scan export.csv --map price=sale_price --format html --out report.html
  zcat listings.jsonl.gz | ownmark scan - --format jsonl | jq -r 'select(.verdict=="fake").id'

A record that cannot be read is reported and the rest goes on; a file that cannot be read on is reported and the next is read. Exit codes: 0 done, 2 unusable input, 130 stopped by Ctrl-C.`
}

// readBrands reads a brands file, or the built-in list.
func readBrands(file string) ([]brand.Brand, error) {
	if file == "" {
		return detect.BuiltinBrands(), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fault.Invalid.Say("The brands file %s cannot be opened.", file).Because(err)
	}
	defer f.Close()
	var wrong []error
	brands, err := brand.Read(f, file)
	for _, one := range fault.All(err) {
		wrong = append(wrong, one.At(file+": "+one.Field))
	}
	if err != nil && len(wrong) == 0 {
		return nil, fmt.Errorf("brands file %s: %w", file, err)
	}
	for _, b := range brands {
		for _, one := range fault.All(brand.Check(b)) {
			wrong = append(wrong, one.At(file+": "+string(b.ID)+": "+one.Field))
		}
	}
	return brands, errors.Join(wrong...)
}

// input is one file to be read.
type input struct {
	name  string
	r     io.Reader
	read  func() int64 // bytes of it read so far
	close func()
}

// open opens every file before the first is read: a misspelt name is told at once. size is that of all together, 0 when unknown.
func (cmd *scanCommand) open(ctx context.Context, c *console) (inputs []input, size int64, err error) {
	known := true
	if cmd.Out != "" && cmd.Brands != "" && sameFile(cmd.Brands, cmd.Out) {
		return nil, 0, fault.Invalid.Say("%s would be written over. Choose another --out.", cmd.Brands)
	}
	for _, name := range cmd.Files {
		if name == "-" {
			counting := &countingReader{r: &interruptible{ctx: ctx, r: c.in}}
			inputs = append(inputs, input{"standard input", counting, counting.count, func() {}})
			known = false
			continue
		}
		if cmd.Out != "" && sameFile(name, cmd.Out) {
			err = fault.Invalid.Say("%s would be written over while it is read. Choose another --out.", name)
		}
		f, openErr := os.Open(name)
		if openErr != nil && err == nil {
			err = fault.Invalid.Say("%s cannot be opened.", name).Because(openErr)
		}
		if openErr == nil {
			info, statErr := f.Stat()
			switch {
			case statErr == nil && info.IsDir() && err == nil:
				err = fault.Invalid.Say("%s is a folder; name the files in it.", name)
			case statErr != nil || !info.Mode().IsRegular():
				known = false
			default:
				size += info.Size()
			}
			counting := &countingReader{r: f}
			if statErr == nil && !info.Mode().IsRegular() {
				counting.r = &interruptible{ctx: ctx, r: f}
			}
			inputs = append(inputs, input{name, counting, counting.count, func() { f.Close() }})
		}
		if err != nil {
			for _, in := range inputs {
				in.close()
			}
			return nil, 0, err
		}
	}
	if !known {
		size = 0
	}
	return inputs, size, nil
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

type countingReader struct {
	r io.Reader
	n atomic.Int64 // the progress line is drawn by another goroutine
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.n.Add(int64(n))
	return n, err
}

func (r *countingReader) count() int64 { return r.n.Load() }

// interruptible is a reader that gives up when ctx ends, even while it waits for a terminal or a pipe.
type interruptible struct {
	ctx  context.Context
	r    io.Reader
	buf  []byte
	rest []byte // of buf, read and not yet handed out
	done chan error
	busy bool
}

func (i *interruptible) Read(p []byte) (int, error) {
	if len(i.rest) == 0 {
		if i.done == nil {
			i.buf, i.done = make([]byte, 64<<10), make(chan error, 1)
		}
		if !i.busy {
			i.busy = true
			// Nothing interrupts a read of standard input: this goroutine may be left waiting in it, and ends with the process.
			go func() {
				n, err := i.r.Read(i.buf)
				i.rest = i.buf[:n]
				i.done <- err
			}()
		}
		select {
		case err := <-i.done:
			if i.busy = false; err != nil {
				n := copy(p, i.rest)
				i.rest = i.rest[n:]
				if len(i.rest) > 0 {
					i.busy = true
					i.done <- err // again, once the rest is handed out
					return n, nil
				}
				return n, err
			}
		case <-i.ctx.Done():
			return 0, i.ctx.Err()
		}
	}
	n := copy(p, i.rest)
	i.rest = i.rest[n:]
	return n, nil
}

// output is where results go: a file appears only once it is whole.
type output struct {
	w     *bufio.Writer
	file  *os.File
	final string
}

func (cmd *scanCommand) create(c *console) (*output, error) {
	if cmd.Out == "" {
		return &output{w: bufio.NewWriterSize(c.out, 64<<10)}, nil
	}
	f, err := os.CreateTemp(filepath.Dir(cmd.Out), "."+filepath.Base(cmd.Out)+"-*")
	if err != nil {
		return nil, fault.Invalid.Say("%s cannot be written.", cmd.Out).Because(err)
	}
	return &output{w: bufio.NewWriterSize(f, 256<<10), file: f, final: cmd.Out}, nil
}

func (o *output) keep() error {
	if err := o.w.Flush(); err != nil || o.file == nil {
		return err
	}
	if err := o.file.Chmod(0o644); err != nil {
		return err
	}
	if err := o.file.Close(); err != nil {
		return err
	}
	err := os.Rename(o.file.Name(), o.final)
	o.file = nil
	return err
}

func (o *output) abandon() {
	if o.file != nil {
		o.file.Close()
		os.Remove(o.file.Name())
	}
}

// scanRun is the state of one scan.
type scanRun struct {
	*console
	scanner  *detect.Scanner
	writer   resultWriter
	least    detect.Verdict
	strict   bool
	workers  int
	progress bool

	stopped  bool // before the end
	began    time.Time
	size     int64
	done     int64 // bytes of the files before this one
	read     func() int64
	shown    time.Time
	listings int64
	bad      int64
	badShown int
	counts   map[detect.Verdict]int64
}

// scanned is a chunk's results, rendered by the worker that scanned it, so that one goroutine is left with writing only.
type scanned struct {
	out    []byte
	err    error // of the rendering
	counts [3]int64
	bad    []*market.BadRecord
}

var verdicts = [3]detect.Verdict{detect.Clear, detect.Review, detect.Fake}

func rank(v detect.Verdict) int {
	for i, one := range verdicts {
		if one == v {
			return i
		}
	}
	return 0
}

// input scans one file. unread is why the file cannot be read, or not to its end: what came before is written, and the
// scan may go on with the next. err ends the scan.
func (run *scanRun) input(ctx context.Context, in input, options market.FeedOptions) (unread, err error) {
	run.read = in.read
	defer func() { run.done += in.read() }()
	feed, unread := market.OpenFeed(in.name, in.r, options)
	if unread == nil {
		defer feed.Close()
		unread, err = run.feed(ctx, feed)
	}
	if _, said := fault.As(unread); unread != nil && !said {
		unread = fault.Invalid.Say("%s cannot be read to its end.", in.name).Because(unread)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return unread, err
}

// feed scans one feed: a goroutine cuts it into chunks, workers parse and scan them, and the results are written in the
// order of the input. At most a few chunks a worker are held at once.
func (run *scanRun) feed(ctx context.Context, feed *market.Feed) (unread, err error) {
	group, ctx := errgroup.WithContext(ctx)
	type job struct {
		chunk *market.Chunk
		done  chan *scanned
	}
	jobs := make(chan job)
	order := make(chan chan *scanned, 3*run.workers)
	group.Go(func() error {
		defer close(jobs)
		defer close(order)
		for {
			chunk, err := feed.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					unread = err
				}
				return nil // what was read before is still written
			}
			j := job{chunk, make(chan *scanned, 1)}
			select {
			case order <- j.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	for range run.workers {
		group.Go(func() error {
			for j := range jobs {
				j.done <- run.scan(j.chunk)
			}
			return nil
		})
	}
	group.Go(func() error {
		for done := range order {
			select {
			case s := <-done:
				if err := run.write(s); err != nil {
					return err
				}
				if len(order) == 0 {
					if err := run.writer.flush(); err != nil {
						return err
					}
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	err = group.Wait()
	return unread, err
}

// scan runs on a worker.
func (run *scanRun) scan(chunk *market.Chunk) *scanned {
	s := &scanned{}
	chunk.Each(func(_ int64, l *market.Listing, bad *market.BadRecord) bool {
		if bad != nil {
			s.bad = append(s.bad, bad)
			return !run.strict
		}
		result := run.scanner.Scan(l)
		r := rank(result.Verdict)
		s.counts[r]++
		if run.least == "" || r >= rank(run.least) {
			if s.out, s.err = run.writer.render(s.out, l, &result); s.err != nil {
				s.err = fmt.Errorf("result of %s: %w", l.ID, s.err)
				return false
			}
		}
		return true
	})
	return s
}

func (run *scanRun) write(s *scanned) error {
	for i, n := range s.counts {
		run.counts[verdicts[i]] += n
		run.listings += n
	}
	for _, bad := range s.bad {
		run.bad++
		if run.strict {
			if err := run.writer.write(s.out); err != nil {
				return err
			}
			return fault.Invalid.Say("%s", visible(bad.Error()))
		}
		if run.badShown < maxBadShown {
			run.clearProgress()
			run.say("%s", visible(bad.Error()))
		} else if run.badShown == maxBadShown {
			run.say("more bad records follow; they are only counted")
		}
		run.badShown++
	}
	if err := run.writer.write(s.out); err != nil {
		return err
	}
	run.showProgress()
	return s.err
}

func (run *scanRun) showProgress() {
	if !run.progress || time.Since(run.shown) < 100*time.Millisecond {
		return
	}
	run.shown = time.Now()
	share := 0.0
	if run.size > 0 {
		share = float64(run.done+run.read()) / float64(run.size)
	}
	fmt.Fprintf(run.err, "\r%s\x1b[K", progressLine(run.listings, share, run.shown.Sub(run.began)))
}

// progressLine says how far a scan is; share is that of the bytes read, 0 when it is not known.
func progressLine(listings int64, share float64, elapsed time.Duration) string {
	line := fmt.Sprintf("%d listings  %.0f/s", listings, float64(listings)/max(elapsed.Seconds(), 0.001))
	if share <= 0 {
		return line
	}
	share = min(share, 1)
	return fmt.Sprintf("%3.0f %%  %s  %.0f s left", 100*share, line, elapsed.Seconds()*(1-share)/share)
}

func (run *scanRun) clearProgress() {
	if run.progress && !run.shown.IsZero() {
		fmt.Fprint(run.err, "\r\x1b[K")
	}
}

func (run *scanRun) summary() {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d fake, %d to review, %d clear", plural(run.listings, "listing", "listings"),
		run.counts[detect.Fake], run.counts[detect.Review], run.counts[detect.Clear])
	if run.bad > 0 {
		fmt.Fprintf(&b, "; %s not read", plural(run.bad, "bad record", "bad records"))
	}
	fmt.Fprintf(&b, "; %.1f s", time.Since(run.began).Seconds())
	run.say("%s", b.String())
}

func plural(n int64, one, other string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, other)
}

// isBrokenPipe reports whether the reader of the results has gone (head): a wish, not a failure.
func isBrokenPipe(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe)
}

// ignoreBrokenPipe is err, or nil for a reader that has gone.
func ignoreBrokenPipe(err error) error {
	if isBrokenPipe(err) {
		return nil
	}
	return err
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
