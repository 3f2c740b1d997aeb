package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/ownmark/ownmark/internal/app"
	"github.com/ownmark/ownmark/internal/config"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/world"
)

type demoCommand struct {
	Data     string `placeholder:"DIR" help:"Folder for the demo's data (default: ownmark-demo in your data folder)."`
	Fresh    bool   `help:"Throw the demo's data away and start over."`
	Listen   string `default:"localhost:8080" help:"Where to serve; when taken, the next free port is used."`
	Listings int    `default:"3000" help:"Size of the simulated marketplace."`
	Seed     uint64 `default:"2015" help:"Another seed is another marketplace."`
}

// demoMark is the file that says a folder is a demo's: --fresh deletes no other.
const demoMark = "simulated-marketplace"

// Run builds the marketplace unless it is there, and serves it until ctx ends.
func (cmd *demoCommand) Run(ctx context.Context, c *console) error {
	dir, err := cmd.folder(c)
	if err != nil {
		return err
	}
	listener, err := app.Listen(cmd.Listen, true)
	if err != nil {
		return err
	}
	defer listener.Close()
	if listener.Addr().String() != cmd.Listen && !strings.HasSuffix(cmd.Listen, portOf(listener.Addr().String())) {
		c.say("%s is taken; serving at %s instead.", cmd.Listen, listener.Addr())
	}
	in, _, err := config.Load(config.Sources{Args: map[string]string{
		"data": dir, "listen": listener.Addr().String(), "admin-listen": "off", "log-level": "warn",
		"public-url": "http://localhost" + portOf(listener.Addr().String()),
	}})
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, in, logger(c.err, in.Log.Level, in.Log.Format))
	if err != nil {
		return err
	}
	defer a.Close()
	a.Simulated = true

	brands := detect.BuiltinBrands()
	w, err := world.New(world.Options{Seed: cmd.Seed, Listings: cmd.Listings, Brands: brands})
	if err != nil {
		return err
	}
	if err := a.Work(ctx); err != nil {
		return err
	}
	a.Keep(ctx)
	c.say("Simulated marketplace in %s", dir)
	if err := a.Seed(ctx, w, scanning(c.err)); err != nil {
		return err
	}
	people, err := a.DemoPeople(ctx, brands[0].ID)
	if err != nil {
		return err
	}
	if err := a.DemoNotices(ctx, brands[0].ID); err != nil {
		return err
	}
	if err := a.DemoDecision(ctx); err != nil {
		return err
	}
	if err := a.DemoTraders(ctx); err != nil {
		return err
	}
	if err := a.DemoProgramme(ctx); err != nil {
		return err
	}
	if err := a.DemoDesk(ctx); err != nil {
		return err
	}
	if err := a.DemoOutcomes(ctx); err != nil {
		return err
	}
	if err := a.DemoCases(ctx); err != nil {
		return err
	}
	if err := a.DemoPolicy(ctx); err != nil {
		return err
	}
	server, err := a.Server()
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "\nOwnmark's demo is at %s — everything in it is simulated.\nSign in with one click, as:\n\n", in.PublicURL)
	for _, p := range people {
		fmt.Fprintf(c.out, "  %-18s %s\n", p.Role, p.Link)
	}
	fmt.Fprintln(c.out, "\nEach link works once; start again for new ones. Ctrl-C stops.")
	if err := a.Serve(ctx, server, listener); err != nil {
		return err
	}
	fmt.Fprintln(c.out, "Stopped. The next start finds everything again.")
	return nil
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':'):] }

// folder gives the demo's folder, emptied when that was asked for.
func (cmd *demoCommand) folder(c *console) (string, error) {
	dir := cmd.Data
	if dir == "" {
		in, _, err := config.Load(config.Sources{Env: c.env})
		if err != nil {
			return "", err
		}
		dir = filepath.Join(filepath.Dir(in.Data), "ownmark-demo")
	}
	mark := filepath.Join(dir, demoMark)
	inside, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	if _, err := os.Stat(mark); err != nil && len(inside) > 0 {
		return "", fault.Conflict.Say("%s has files that are not a demo's. Choose another folder with --data.", dir)
	}
	want := fmt.Sprintf("seed %d, %d listings\n", cmd.Seed, cmd.Listings)
	if have, err := os.ReadFile(mark); err == nil && string(have) != want && !cmd.Fresh {
		return "", fault.Conflict.Say("The demo in %s is of another size or seed. Start over with --fresh, or choose another folder with --data.", dir)
	}
	if cmd.Fresh {
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, os.WriteFile(mark, []byte(want), 0o600)
}

// scanning draws the progress of scanning: a bar that moves on a terminal, a line at the end elsewhere.
func scanning(w io.Writer) func(done, total int) {
	began := time.Now()
	file, isFile := w.(*os.File)
	moves := isFile && term.IsTerminal(int(file.Fd()))
	first := -1
	return func(done, total int) {
		if first < 0 {
			first = done
		}
		if first >= total {
			return // found as it was left
		}
		line := fmt.Sprintf("scanning  %d of %d listings", done, total)
		if seconds := time.Since(began).Seconds(); done > first && seconds > 0.1 {
			rate := float64(done-first) / seconds
			line += fmt.Sprintf("  %.0f/s", rate)
			if left := float64(total-done) / rate; done < total {
				line += fmt.Sprintf("  %.0f s left", left)
			}
		}
		const width = 24
		filled := width * done / max(total, 1)
		bar := strings.Repeat("█", filled) + strings.Repeat("░", width-filled)
		switch {
		case moves && done < total:
			fmt.Fprintf(w, "\r%s  %s   ", bar, line)
		case moves:
			fmt.Fprintf(w, "\r%s  %s   \n", bar, line)
		case done >= total:
			fmt.Fprintln(w, line)
		}
	}
}
