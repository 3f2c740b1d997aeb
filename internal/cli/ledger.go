package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/ownmark/ownmark/internal/app"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

type ledgerCommand struct {
	Verify ledgerVerifyCommand `cmd:"" help:"Check every entry, every proof's root and every signature; exit 1 when something is wrong."`
	Export ledgerExportCommand `cmd:"" help:"Write the ledger as C2SP tiles that anyone can verify without a server."`
}

type ledgerVerifyCommand struct {
	settings
	Folder  string `arg:"" optional:"" help:"An exported ledger; without it the database is verified."`
	Key     string `placeholder:"KEY" help:"The public key that must have signed, as text or as a file; by default the one in the data folder."`
	Against string `placeholder:"FILE" help:"A checkpoint kept outside; by default the one in the data folder."`
	JSON    bool   `name:"json" help:"Print the report as JSON."`
}

// Run verifies and names what is wrong.
func (cmd *ledgerVerifyCommand) Run(ctx context.Context, c *console) error {
	in, _, err := cmd.load(c)
	if err != nil {
		return err
	}
	verifier, err := publicKey(cmd.Key, filepath.Join(in.Data, "ledger.pub"))
	if err != nil {
		return err
	}
	var report ledger.Report
	if cmd.Folder != "" {
		report, err = ledger.VerifyDir(cmd.Folder, verifier)
	} else {
		report, err = cmd.database(ctx, c, in.Database, verifier, app.CheckpointFile(in))
	}
	if err != nil {
		return err
	}
	if cmd.JSON {
		out := json.NewEncoder(c.out)
		out.SetIndent("", "  ")
		if err := out.Encode(report); err != nil {
			return err
		}
	} else {
		describe(c, report)
	}
	if !report.OK() {
		return errAnswerNo
	}
	return nil
}

func (cmd *ledgerVerifyCommand) database(ctx context.Context, c *console, url string, verifier note.Verifier, usual string) (ledger.Report, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if _, err := os.Stat(path); err != nil {
			return ledger.Report{}, fault.NotFound.Say("There is no database at %s.", path).Because(err)
		}
	}
	d, err := db.Open(ctx, url, nil)
	if err != nil {
		return ledger.Report{}, err
	}
	defer d.Close()
	log := ledger.Open(d, nil)
	log.Attest("decisions", enforce.Attest)
	log.Attest("cases", enforce.AttestCases)
	options := ledger.VerifyOptions{Verifier: verifier, Progress: func(done, total int64) {
		if total > 10_000 {
			fmt.Fprintf(c.err, "\r%d of %d entries", done, total)
		}
	}}
	file := cmd.Against
	if file == "" {
		file = usual
	}
	outside, err := ledger.ReadCheckpoint(file)
	switch {
	case err == nil:
		options.Against = &outside
	case cmd.Against != "" || !errors.Is(err, fault.NotFound):
		return ledger.Report{}, err
	}
	return log.Verify(ctx, options)
}

// publicKey reads a key given as text or as a file.
func publicKey(given, usual string) (note.Verifier, error) {
	if given == "" {
		given = usual
	}
	if raw, err := os.ReadFile(given); err == nil {
		given = strings.TrimSpace(string(raw))
	} else if given == usual {
		return nil, fault.NotFound.Say("There is no public key at %s; give one with --key.", usual).Because(err)
	}
	return ledger.ParseVerifier(given)
}

func describe(c *console, r ledger.Report) {
	fmt.Fprintf(c.out, "ledger %s: %d entries, root %s\n", r.Origin, r.Size, r.Root)
	fmt.Fprintf(c.out, "%d checkpoints; %d entries not yet in the log\n", r.Checkpoints, r.Unsequenced)
	if r.Against >= 0 {
		fmt.Fprintf(c.out, "held against an outside checkpoint of %d entries\n", r.Against)
	} else {
		fmt.Fprintln(c.out, "no outside checkpoint to hold it against: a log cut and signed anew would not show")
	}
	for _, room := range r.Attested {
		fmt.Fprintf(c.out, "held against their entries: %s\n", room)
	}
	for _, f := range r.Findings {
		fmt.Fprintln(c.out, "WRONG:", f)
	}
	if more := r.Found - int64(len(r.Findings)); more > 0 {
		fmt.Fprintf(c.out, "and %d more\n", more)
	}
	if r.OK() {
		fmt.Fprintln(c.out, "verified")
	} else {
		fmt.Fprintln(c.out, "NOT verified")
	}
}

type ledgerExportCommand struct {
	settings
	Out string `required:"" placeholder:"DIR" help:"An empty or new folder."`
}

// Run exports the ledger.
func (cmd *ledgerExportCommand) Run(ctx context.Context, c *console) error {
	in, _, err := cmd.load(c)
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, in.Database, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	checkpoint, err := ledger.Open(d, nil).Export(ctx, cmd.Out)
	if err != nil {
		return err
	}
	c.say("%d entries in %s. Verify them with: ownmark ledger verify %s --key ledger.pub", checkpoint.Size, cmd.Out, cmd.Out)
	return nil
}
