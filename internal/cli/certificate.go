package cli

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/ownmark/ownmark/engine/credential"
	"github.com/ownmark/ownmark/internal/fault"
)

type certificateCommand struct {
	Verify certificateVerifyCommand `cmd:"" help:"Check a certificate; nobody is asked unless --status is an address."`
}

type certificateVerifyCommand struct {
	File   string `arg:"" help:"The certificate as JSON."`
	Status string `placeholder:"FILE|URL" help:"The status list that the certificate names, as a file or fetched from an address: says whether the certificate was taken back. Nothing is fetched otherwise."`
	Key    string `placeholder:"z6Mk…" help:"The key that has to have signed it, as the certificate's public page shows it."`
}

// Run says whether a certificate is whole and in force, of whom it speaks, and, with a status list, whether it was taken back.
func (cmd *certificateVerifyCommand) Run(ctx context.Context, c *console) error {
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
		c.say("whole, as far as it says itself; give --key to know whose it is")
	}
	if cmd.Status == "" {
		c.say("Whether it was taken back is told at %v", whereTold(verified))
		return nil
	}
	list, err := statusList(ctx, cmd.Status)
	if err != nil {
		return err
	}
	asOf, err := verified.CheckStatus(list, time.Now())
	if p, ok := errors.AsType[*credential.Problem](err); ok {
		return fault.Invalid.Say("This certificate does not hold: %s.", p.Why)
	}
	if err != nil {
		return err
	}
	c.say("not taken back, as of %s", asOf.Format(time.DateTime+" MST"))
	return nil
}

// whereTold is where a certificate says that its taking back is told: its status list, else its own address.
func whereTold(v credential.Verified) any {
	if status, err := v.Status(); err == nil {
		return status.List + " (give it with --status)"
	}
	return v.Document["id"]
}

// statusWait is how long the publisher of a list may take.
const statusWait = 30 * time.Second

// statusList reads a status list from a file, or from an address that begins with https:// or http://. An address may be a stranger's: what it sends is bounded and has to be signed.
func statusList(ctx context.Context, from string) ([]byte, error) {
	if !strings.HasPrefix(from, "https://") && !strings.HasPrefix(from, "http://") {
		in, err := os.Open(from)
		if err != nil {
			return nil, fault.NotFound.Say("%s cannot be opened.", from).Because(err)
		}
		defer in.Close()
		return readStatusList(in, from)
	}
	ctx, cancel := context.WithTimeout(ctx, statusWait)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, fault.Invalid.Say("%q is no address.", from).Because(err)
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return nil, fault.Unavailable.Say("%s does not answer.", from).Because(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fault.Unavailable.Say("%s answers with %s.", from, answer.Status)
	}
	return readStatusList(answer.Body, from)
}

func readStatusList(in io.Reader, from string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, credential.MaxBytes+1))
	if err != nil {
		return nil, fault.Invalid.Say("%s cannot be read to its end.", from).Because(err)
	}
	return text, nil
}
