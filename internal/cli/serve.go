package cli

import (
	"context"
	"log/slog"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/ownmark/ownmark/internal/app"
	"github.com/ownmark/ownmark/internal/db"
)

type serveCommand struct {
	settings
	Organisation string `default:"Marketplace" help:"Name of the marketplace, for the first start."`
	Email        string `default:"admin@localhost.example" help:"Address of the first administrator, for the first start."`
}

// Run serves until ctx ends.
func (cmd *serveCommand) Run(ctx context.Context, c *console) error {
	in, _, err := cmd.load(c)
	if err != nil {
		return err
	}
	log := logger(c.err, in.Log.Level, in.Log.Format)
	listener, err := app.Listen(in.Listen, false)
	if err != nil {
		return err
	}
	defer listener.Close()
	a, err := app.Open(ctx, in, log)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.FirstStart(ctx); err != nil {
		return err
	}
	if err := a.Work(ctx); err != nil {
		return err
	}
	a.Keep(ctx)
	link, err := a.Access.Bootstrap(ctx, cmd.Organisation, "Administrator", cmd.Email)
	if err != nil {
		return err
	}
	if link != "" {
		c.say("First start. Sign in once with this link, then set a password:\n  %s", a.SignInURL(link))
	}
	server, err := a.Server()
	if err != nil {
		return err
	}
	c.say("Ownmark serves at %s", in.PublicURL)
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return a.Serve(ctx, server, listener) })
	if in.AdminListen != "off" {
		admin, err := app.Listen(in.AdminListen, false)
		if err != nil {
			return err
		}
		both.Go(func() error { return a.Serve(ctx, a.Admin(), admin) })
	}
	err = both.Wait()
	log.InfoContext(ctx, "stopped")
	return err
}

type workerCommand struct {
	settings
}

// Run works until ctx ends.
func (cmd *workerCommand) Run(ctx context.Context, c *console) error {
	in, _, err := cmd.load(c)
	if err != nil {
		return err
	}
	log := logger(c.err, in.Log.Level, in.Log.Format)
	a, err := app.Open(ctx, in, log)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Work(ctx); err != nil {
		return err
	}
	log.InfoContext(ctx, "working", slog.Int("workers", in.Workers))
	if in.AdminListen != "off" {
		admin, err := app.Listen(in.AdminListen, true)
		if err != nil {
			return err
		}
		return a.Serve(ctx, a.Admin(), admin)
	}
	<-ctx.Done()
	return nil
}

type migrateCommand struct {
	settings
	DryRun bool `help:"Only say how many steps there are to take."`
}

// Run migrates the database.
func (cmd *migrateCommand) Run(ctx context.Context, c *console) error {
	in, _, err := cmd.load(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(in.Data, 0o700); err != nil {
		return err
	}
	d, err := db.Open(ctx, in.Database, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	if cmd.DryRun {
		n, err := d.Pending(ctx)
		if err != nil {
			return err
		}
		c.say("%s: %d steps to take.", db.Redact(in.Database), n)
		return nil
	}
	n, err := d.Migrate(ctx)
	if err != nil {
		return err
	}
	c.say("%s: %d steps taken; the schema is up to date.", db.Redact(in.Database), n)
	return nil
}
