package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/app"
	"github.com/ownmark/ownmark/internal/config"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
)

type reportCommand struct {
	DSA reportDSACommand `cmd:"" name:"dsa" help:"Write the statements of reasons of a period as the EU's transparency database takes them, and their counts."`

	Send reportSendCommand `cmd:"" help:"Send the statements of reasons that wait to the EU's transparency database."`
}

type reportSendCommand struct {
	settings
}

// Run sends every statement that waits to the database that the settings name. A running server does so by itself every minute.
func (cmd *reportSendCommand) Run(ctx context.Context, c *console) error {
	in, _, err := cmd.load(c)
	if err != nil {
		return err
	}
	to, err := app.Transparency(in)
	if err != nil {
		return err
	}
	if to == nil {
		return fault.Invalid.Say("The settings name no transparency database: see transparency_url.")
	}
	d, err := existing(ctx, in)
	if err != nil {
		return err
	}
	defer d.Close()
	service := &enforce.Service{DB: d}
	all := 0
	err = service.Transmit(ctx, to, func(sent int) {
		all += sent
		c.say("%d statements sent", all)
	})
	if err != nil {
		return err
	}
	sum, err := service.Transmitted(ctx, access.System)
	if err != nil {
		return err
	}
	c.say("%d with the database, %d waiting, %d on their way, %d refused", sum.States[enforce.TransmissionSent], sum.States[enforce.TransmissionWaiting],
		sum.States[enforce.TransmissionSending], sum.States[enforce.TransmissionRefused])
	return nil
}

// existing opens a database that is there; it makes none.
func existing(ctx context.Context, in config.Config) (*db.DB, error) {
	if path, ok := strings.CutPrefix(in.Database, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil {
			return nil, fault.NotFound.Say("There is no database at %s.", path).Because(err)
		}
	}
	return db.Open(ctx, in.Database, nil)
}

type reportDSACommand struct {
	settings
	From string `required:"" placeholder:"YYYY-MM-DD" help:"The first day, UTC."`
	To   string `required:"" placeholder:"YYYY-MM-DD" help:"The last day, UTC."`
	Out  string `required:"" placeholder:"DIR" help:"The folder to write to; it must be new or empty."`
}

// Run writes bodies of 100 statements each and a table of counts. Both come from the same decisions; nothing is sent anywhere.
func (cmd *reportDSACommand) Run(ctx context.Context, c *console) error {
	from, to, err := cmd.period()
	if err != nil {
		return err
	}
	in, _, err := cmd.load(c)
	if err != nil {
		return err
	}
	if err := emptyFolder(cmd.Out); err != nil {
		return err
	}
	d, err := existing(ctx, in)
	if err != nil {
		return err
	}
	defer d.Close()
	sum, err := (&enforce.Service{DB: d}).ReportFiles(ctx, access.System, from, to, func(name string, content []byte) error {
		return os.WriteFile(filepath.Join(cmd.Out, name), content, 0o644)
	})
	if err != nil {
		return err
	}
	c.say("%d statements in %d files of at most %d, counts.csv, review-quality.csv and %d parts of the report, in %s", sum.Statements, sum.Bodies, enforce.StatementsPerBody, sum.Parts, cmd.Out)
	return nil
}

func (cmd *reportDSACommand) period() (from, to time.Time, err error) {
	from, err = time.Parse(time.DateOnly, cmd.From)
	if err != nil {
		return from, to, fault.Invalid.Say("%q is not a day as YYYY-MM-DD.", cmd.From).Because(err)
	}
	to, err = time.Parse(time.DateOnly, cmd.To)
	if err != nil {
		return from, to, fault.Invalid.Say("%q is not a day as YYYY-MM-DD.", cmd.To).Because(err)
	}
	if to.Before(from) {
		return from, to, fault.Invalid.Say("The period ends before it begins.")
	}
	return from, to.AddDate(0, 0, 1), nil
}

func emptyFolder(dir string) error {
	found, err := os.ReadDir(dir)
	if err == nil && len(found) > 0 {
		return fault.Conflict.Say("The folder %s is not empty.", dir)
	}
	return os.MkdirAll(dir, 0o755)
}
