package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// perBody is how many statements one request to the database carries.
const perBody = 100

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
	service := &enforce.Service{DB: d}
	counts := map[statementKind]int{}
	var body []enforce.Statement
	files, all := 0, 0
	flush := func() error {
		if len(body) == 0 {
			return nil
		}
		files++
		err := writeJSON(filepath.Join(cmd.Out, fmt.Sprintf("statements-%05d.json", files)), map[string]any{"statements": body})
		body = body[:0]
		return err
	}
	for statement, err := range service.Statements(ctx, access.System, from, to) {
		if err != nil {
			return err
		}
		body = append(body, statement)
		counts[kindOf(statement)]++
		if all++; len(body) == perBody {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	report, err := service.Harmonised(ctx, access.System, from, to)
	if err != nil {
		return err
	}
	parts := report.Tables()
	written := []error{flush(), writeCounts(filepath.Join(cmd.Out, "counts.csv"), counts)}
	for _, part := range parts {
		written = append(written, writeCSV(filepath.Join(cmd.Out, part.Name+".csv"), part.Rows))
	}
	if err := errors.Join(written...); err != nil {
		return err
	}
	c.say("%d statements in %d files of at most %d, counts.csv and %d parts of the report, in %s", all, files, perBody, len(parts), cmd.Out)
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

func writeJSON(path string, body any) error {
	text, err := json.MarshalIndent(body, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// statementKind is what the harmonised report of Implementing Regulation (EU) 2024/2835 counts measures by.
type statementKind struct{ ground, source, visibility, detection, decision string }

func kindOf(s enforce.Statement) statementKind {
	return statementKind{s.DecisionGround, s.SourceType, s.DecisionVisibility[0], s.AutomatedDetection, s.AutomatedDecision}
}

func writeCounts(path string, counts map[statementKind]int) error {
	kinds := make([]statementKind, 0, len(counts))
	for kind := range counts {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b statementKind) int {
		return slices.Compare([]string{a.ground, a.source, a.visibility, a.detection, a.decision}, []string{b.ground, b.source, b.visibility, b.detection, b.decision})
	})
	rows := [][]string{{"decision_ground", "source_type", "decision_visibility", "automated_detection", "automated_decision", "statements"}}
	for _, kind := range kinds {
		rows = append(rows, []string{kind.ground, kind.source, kind.visibility, kind.detection, kind.decision, strconv.Itoa(counts[kind])})
	}
	return writeCSV(path, rows)
}

// writeCSV writes rows as of RFC 4180, in UTF-8.
func writeCSV(path string, rows [][]string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := csv.NewWriter(f)
	w.UseCRLF = true
	return w.WriteAll(rows)
}
