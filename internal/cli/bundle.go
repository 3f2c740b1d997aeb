package cli

import (
	"crypto/x509"
	"os"
	"time"

	"github.com/ownmark/ownmark/internal/evidence"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

type bundleCommand struct {
	Verify bundleVerifyCommand `cmd:"" help:"Check a bundle of evidence; no server is asked."`
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
