package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/app"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/evidence"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

type bundleCommand struct {
	Verify bundleVerifyCommand `cmd:"" help:"Check a bundle of evidence; no server is asked."`
	Make   bundleMakeCommand   `cmd:"" help:"Make a bundle of a case's evidence, where the ledger's key is."`
}

type bundleMakeCommand struct {
	Case string `arg:"" help:"The case's reference, as C-2026-0001."`
	Out  string `required:"" placeholder:"FILE" help:"Where the bundle goes; a file that is there stays as it is."`
	Lang string `name:"pages" enum:"en,zh" default:"en" help:"The language of its pages: ${enum}."`

	settings
}

// Run makes a bundle and writes it to a file. The case's story tells that it was made, as when a person asks for it on its page.
func (cmd *bundleMakeCommand) Run(ctx context.Context, c *console) (err error) {
	in, _, err := cmd.load(c)
	if err != nil {
		return err
	}
	d, err := existing(ctx, in)
	if err != nil {
		return err
	}
	defer d.Close()
	store, err := blob.Open(ctx, in.Blob)
	if err != nil {
		return err
	}
	defer store.Close()
	path := filepath.Join(in.Data, "ledger.key")
	if _, err := os.Stat(path); err != nil { // a key made now would not be the ledger's
		return fault.Unavailable.Say("Bundles are made where the ledger's key is.").Because(err)
	}
	key, err := ledger.LoadOrCreateKey(path, app.LedgerOrigin)
	if err != nil {
		return err
	}
	room := app.Cases(in, d, store, ledger.Open(d, key))
	m, err := room.CaseByReference(ctx, access.System, cmd.Case)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(cmd.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault.Invalid.Say("%s cannot be written.", cmd.Out).Because(err)
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			_ = os.Remove(cmd.Out) // half a bundle is none
		}
	}()
	asked, err := room.AskBundle(ctx, access.System, m.ID, cmd.Lang)
	if err != nil {
		return err
	}
	if err := room.MakeBundle(ctx, asked.ID); err != nil {
		return err
	}
	made, content, err := room.OpenBundle(ctx, access.System, m.ID, asked.ID)
	if err != nil {
		return err
	}
	defer content.Close()
	if _, err := io.Copy(out, content); err != nil {
		return err
	}
	c.say("%s: %d files, %d bytes, manifest %s", cmd.Out, made.Files, made.Size, made.Manifest)
	return nil
}

type bundleVerifyCommand struct {
	File string `arg:"" help:"The bundle."`
	Key  string `placeholder:"FILE" help:"The ledger's public key, as got from somebody other than who gave the bundle."`
	Root string `placeholder:"FILE" help:"Certificates (PEM) of time-stamp authorities that are trusted."`
}

// Run says whether a bundle is whole, and names what is wrong with one that is not: then the exit code is 1.
func (cmd *bundleVerifyCommand) Run(c *console) error {
	var o evidence.Options
	if cmd.Key != "" {
		text, err := os.ReadFile(cmd.Key)
		if err != nil {
			return fault.NotFound.Say("%s cannot be opened.", cmd.Key).Because(err)
		}
		if o.Key, err = ledger.ParseVerifier(string(text)); err != nil {
			return err
		}
	}
	if cmd.Root != "" {
		text, err := os.ReadFile(cmd.Root)
		if err != nil {
			return fault.NotFound.Say("%s cannot be opened.", cmd.Root).Because(err)
		}
		o.Roots = x509.NewCertPool()
		if !o.Roots.AppendCertsFromPEM(text) {
			return fault.Invalid.Say("%s has no certificate.", cmd.Root)
		}
	}
	file, err := os.Open(cmd.File)
	if err != nil {
		return fault.NotFound.Say("%s cannot be opened.", cmd.File).Because(err)
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return err
	}
	report, err := evidence.Verify(file, about.Size(), o)
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		c.say("%s", f)
	}
	if !report.OK() {
		c.say("the bundle does not hold: %d things are wrong with it", len(report.Findings))
		return errAnswerNo
	}
	if report.OwnKey {
		c.say("the key is the one in the bundle: nobody outside vouches for it; give --key to know whose it is")
	}
	if stamp := report.Stamp; stamp != nil {
		trust := "nobody was asked whether it is to be trusted; give --root"
		if stamp.Trusted {
			trust = "trusted by the certificates given"
		}
		c.say("time stamp of %s by %s: %s", stamp.At.Format(time.RFC3339), stamp.Authority, trust)
	}
	c.say("whole: %d files, %d entries of a ledger of %d, sealed %s", report.Files, report.Entries, report.Size, report.SealedAt.Format(time.RFC3339))
	return nil
}
