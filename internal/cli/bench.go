package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/world"
)

type benchCommand struct {
	Scan benchScanCommand `cmd:"" help:"From JSONL to verdict, beside one regular expression a brand."`
}

type benchScanCommand struct {
	Listings   int    `default:"100000" help:"Listings generated."`
	Brands     int    `default:"20000" help:"Names searched for: the built-in brands, the rest invented."`
	Seconds    int    `default:"2" help:"Go through the load again until so many seconds are measured."`
	Seed       uint64 `default:"1" help:"The load is the same for the same seed."`
	CPUProfile string `name:"cpuprofile" placeholder:"FILE" help:"Write a CPU profile of the measured part."`
}

// Run generates the load, measures, and prints figures for this machine at this moment.
func (cmd *benchScanCommand) Run(ctx context.Context, c *console) error {
	if cmd.Listings < 1 || cmd.Brands < 1 || cmd.Seconds < 0 {
		return fault.Invalid.Say("Ask for at least one listing and one brand, and no seconds below 0.")
	}
	c.say("generating %d listings…", cmd.Listings)
	brands, names := benchBrands(cmd.Brands, cmd.Seed)
	w, err := world.New(world.Options{Seed: cmd.Seed, Listings: cmd.Listings, Brands: detect.BuiltinBrands()})
	if err != nil {
		return err
	}
	var load bytes.Buffer
	if err := w.WriteListings(&load, cmd.Listings); err != nil {
		return err
	}
	began := time.Now()
	scanner, err := detect.NewScanner(brands, clock.System)
	if err != nil {
		return err
	}
	compiled := time.Since(began)

	workers := runtime.GOMAXPROCS(0)
	if _, err := benchOnce(ctx, scanner, load.Bytes(), workers); err != nil { // caches warm, once
		return err
	}
	stop, err := cmd.profile()
	if err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, passes := benchResult{}, 0
	for ; passes == 0 || m.elapsed < time.Duration(cmd.Seconds)*time.Second; passes++ {
		pass, err := benchOnce(ctx, scanner, load.Bytes(), workers)
		if err != nil {
			return errors.Join(err, stop())
		}
		m.add(pass)
		m.elapsed += pass.elapsed
	}
	runtime.ReadMemStats(&after)
	if err := stop(); err != nil {
		return err
	}

	sample := min(cmd.Listings, 200)
	regexps := compileBaseline(names)
	baseline, err := benchBaseline(regexps, load.Bytes(), sample)
	if err != nil {
		return err
	}

	n := float64(m.listings)
	rate := n / m.elapsed.Seconds()
	baseRate := float64(sample) / baseline.Seconds() * float64(workers)
	slices.Sort(m.each)
	at := func(q float64) time.Duration { return m.each[int(q*float64(len(m.each)-1))] }
	fmt.Fprintf(c.out, "machine      %s/%s, %d processors, %s\n", runtime.GOOS, runtime.GOARCH, workers, runtime.Version())
	fmt.Fprintf(c.out, "load         %d simulated listings, %.1f MB of JSONL, seed %d, %d times in %.1f s; %d names of %d brands\n",
		m.listings/passes, float64(load.Len())/1e6, cmd.Seed, passes, m.elapsed.Seconds(), len(names), len(brands))
	fmt.Fprintf(c.out, "compiled in  %v\n", compiled.Round(time.Millisecond))
	fmt.Fprintf(c.out, "verdicts     %d fake, %d review, %d clear\n", m.counts[2], m.counts[1], m.counts[0])
	fmt.Fprintf(c.out, "rate         %.0f listings/s, %.1f MB/s, JSONL to verdict\n", rate, float64(passes)*float64(load.Len())/1e6/m.elapsed.Seconds())
	fmt.Fprintf(c.out, "per listing  p50 %v, p99 %v, of a sample of %d, verdict only\n", at(0.5), at(0.99), len(m.each))
	fmt.Fprintf(c.out, "allocations  %.1f and %.0f bytes a listing\n", float64(after.Mallocs-before.Mallocs)/n, float64(after.TotalAlloc-before.TotalAlloc)/n)
	fmt.Fprintf(c.out, "baseline     one regular expression a name over title and description, names found only: %.1f listings/s on %d processors (from %d listings on one)\n", baseRate, workers, sample)
	fmt.Fprintf(c.out, "ratio        %.0f times the baseline\n", rate/baseRate)
	return nil
}

// benchBrands is n names: those of the built-in brands, and invented ones of two to four syllables for the rest.
func benchBrands(n int, seed uint64) ([]brand.Brand, []string) {
	brands := detect.BuiltinBrands()
	var names []string
	taken := map[string]bool{}
	for i, b := range brands {
		for _, name := range append([]string{b.Name}, b.Aliases...) {
			taken[strings.ToLower(name)] = true
			names = append(names, name)
		}
		if len(names) >= n {
			return brands[:i+1], names
		}
	}
	r := rand.New(rand.NewPCG(seed, 2015))
	const consonants, vowels = "bcdfgklmnprstvz", "aeiou"
	for len(names) < n {
		var b strings.Builder
		for range 3 + r.IntN(3) {
			b.WriteByte(consonants[r.IntN(len(consonants))])
			b.WriteByte(vowels[r.IntN(len(vowels))])
		}
		name := b.String()
		if r.IntN(4) == 0 {
			name += "x"
		}
		if taken[name] {
			continue
		}
		taken[name] = true
		name = strings.ToUpper(name[:1]) + name[1:]
		names = append(names, name)
		brands = append(brands, brand.Brand{ID: brand.ID("invented-" + strings.ToLower(name)), Name: name})
	}
	return brands, names
}

type benchResult struct {
	listings int
	elapsed  time.Duration
	counts   [3]int64
	each     []time.Duration // of every 64th listing, the verdict alone
}

func (r *benchResult) add(more benchResult) {
	r.listings += more.listings
	r.each = append(r.each, more.each...)
	for i, n := range more.counts {
		r.counts[i] += n
	}
}

// profile begins the CPU profile that was asked for; stop ends it.
func (cmd *benchScanCommand) profile() (stop func() error, err error) {
	if cmd.CPUProfile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(cmd.CPUProfile)
	if err != nil {
		return nil, fault.Invalid.Say("%s cannot be written.", cmd.CPUProfile).Because(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

func benchOnce(ctx context.Context, scanner *detect.Scanner, load []byte, workers int) (benchResult, error) {
	feed, err := market.OpenFeed("bench", bytes.NewReader(load), market.FeedOptions{Format: market.FormatJSONL})
	if err != nil {
		return benchResult{}, err
	}
	defer feed.Close()
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	chunks := make(chan *market.Chunk, workers)
	group.Go(func() error {
		defer close(chunks)
		for {
			chunk, err := feed.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			select {
			case chunks <- chunk:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	parts := make([]benchResult, workers)
	for i := range workers {
		group.Go(func() (err error) {
			part := &parts[i]
			for chunk := range chunks {
				chunk.Each(func(_ int64, l *market.Listing, bad *market.BadRecord) bool {
					if bad != nil {
						err = bad
						return false
					}
					if part.listings++; part.listings%64 == 0 {
						at := time.Now()
						part.counts[rank(scanner.Scan(l).Verdict)]++
						part.each = append(part.each, time.Since(at))
						return true
					}
					part.counts[rank(scanner.Scan(l).Verdict)]++
					return true
				})
			}
			return err
		})
	}
	err = group.Wait()
	all := benchResult{elapsed: time.Since(began)}
	for _, part := range parts {
		all.add(part)
	}
	if len(all.each) == 0 {
		all.each = []time.Duration{all.elapsed / time.Duration(max(all.listings, 1))}
	}
	return all, err
}

func compileBaseline(names []string) []*regexp.Regexp {
	all := make([]*regexp.Regexp, len(names))
	for i, name := range names {
		all[i] = regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(name) + `\b`)
	}
	return all
}

// benchBaseline looks for every name in the first listings, one expression after the other, on one processor.
func benchBaseline(names []*regexp.Regexp, load []byte, sample int) (time.Duration, error) {
	var texts []string
	for l, err := range market.ReadListings("bench", bytes.NewReader(load), market.FeedOptions{Format: market.FormatJSONL}) {
		if err != nil {
			return 0, err
		}
		if texts = append(texts, l.Listing.Title+"\n"+l.Listing.Description); len(texts) == sample {
			break
		}
	}
	began := time.Now()
	found := 0
	for _, text := range texts {
		for _, name := range names {
			if name.MatchString(text) {
				found++
			}
		}
	}
	runtime.KeepAlive(found)
	return time.Since(began), nil
}
