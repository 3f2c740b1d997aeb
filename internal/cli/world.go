package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/world"
)

type worldCommand struct {
	Listings int    `default:"3000" help:"Listings invented."`
	Seed     uint64 `default:"1" help:"The marketplace is the same for the same seed."`
	Out      string `required:"" placeholder:"DIR" help:"The folder for listings, labels, brands, sellers and sources (JSONL); it must not hold them yet."`
}

// Run writes a simulated marketplace and the truth about it, to try scan, eval and train on.
func (cmd *worldCommand) Run(c *console) error {
	if cmd.Listings < 1 {
		return fault.Invalid.Say("Ask for at least one listing.").At("listings")
	}
	w, err := world.New(world.Options{Seed: cmd.Seed, Listings: cmd.Listings, Brands: detect.BuiltinBrands()})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cmd.Out, 0o755); err != nil {
		return fault.Invalid.Say("The folder %s cannot be made.", cmd.Out).At("out").Because(err)
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"listings.jsonl", func(out io.Writer) error { return w.WriteListings(out, 0) }},
		{"labels.jsonl", func(out io.Writer) error { return w.WriteLabels(out, 0) }},
		{"brands.jsonl", w.WriteBrands},
		{"sellers.jsonl", w.WriteSellers},
		{"sources.jsonl", w.WriteSources},
	} {
		if err := writeNew(filepath.Join(cmd.Out, file.name), file.write); err != nil {
			return err
		}
	}
	c.say("%d simulated listings and the truth about them are in %s", cmd.Listings, cmd.Out)
	return nil
}

// writeNew writes a file that is not there yet; one that fails is not left behind.
func writeNew(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fault.Conflict.Say("%s is there already and is not written over.", path).At("out")
	}
	if err != nil {
		return fault.Invalid.Say("%s cannot be written.", path).At("out").Because(err)
	}
	out := bufio.NewWriter(file)
	if err := errors.Join(write(out), out.Flush(), file.Close()); err != nil {
		_ = os.Remove(path)
		return fault.Unavailable.Say("%s could not be written whole.", path).Because(err)
	}
	return nil
}
