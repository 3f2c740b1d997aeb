package cli

import (
	"crypto/ed25519"
	"errors"
	"io"
	"os"
	"time"

	"github.com/ownmark/ownmark/engine/credential"
	"github.com/ownmark/ownmark/internal/fault"
)

type certificateCommand struct {
	Verify certificateVerifyCommand `cmd:"" help:"Check a certificate without asking anybody."`
}

type certificateVerifyCommand struct {
	File string `arg:"" help:"The certificate as JSON."`
	Key  string `placeholder:"z6Mk…" help:"The key that has to have signed it, as the certificate's public page shows it."`
}

// Run says whether a certificate is whole and in force, and of whom it speaks.
func (cmd *certificateVerifyCommand) Run(c *console) error {
	var key ed25519.PublicKey
	if cmd.Key != "" {
		var err error
		if key, err = credential.ParseMultikey(cmd.Key); err != nil {
			return fault.Invalid.Say("%q is no key: it begins with z6Mk.", cmd.Key).Because(err)
		}
	}
	in, err := os.Open(cmd.File)
	if err != nil {
		return fault.NotFound.Say("%s cannot be opened.", cmd.File).Because(err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, credential.MaxBytes+1))
	if err != nil {
		return fault.Invalid.Say("%s cannot be read to its end.", cmd.File).Because(err)
	}
	verified, err := credential.Verify(text, key, time.Now())
	if p, ok := errors.AsType[*credential.Problem](err); ok {
		return fault.Invalid.Say("This certificate does not hold: %s.", p.Why)
	}
	if err != nil {
		return err
	}
	c.say("%v", verified.Document["name"])
	c.say("signed %s by %s", verified.Created.Format(time.DateOnly), credential.Multikey(verified.Key))
	if key == nil {
		c.say("whole, as far as it says itself; give --key to know whose it is. Whether it was taken back is told at %v", verified.Document["id"])
	}
	return nil
}
