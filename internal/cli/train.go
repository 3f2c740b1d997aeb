package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/world"
)

type trainCommand struct {
	labelled
	Out  string `default:"model.json" placeholder:"FILE" help:"Where the model is written (${default})."`
	Note string `placeholder:"WORDS" help:"What the listings are, for whoever reads the model file."`

	World       int      `default:"0" placeholder:"N" help:"Learn from N listings of a simulated marketplace besides, for each --seed."`
	Seed        []uint64 `placeholder:"N" help:"Which simulated marketplaces; may be repeated. 1 unless told."`
	WorldWeight float64  `default:"0.5" placeholder:"SHARE" help:"How much each simulated marketplace counts beside the listings given (${default})."`
}

// Run fits a model, judges it by cross-validation, and writes both.
func (cmd *trainCommand) Run(c *console) error {
	cases, brands, err := cmd.read(c)
	if err != nil {
		return err
	}
	corpora := []detect.Corpus{{Name: "the listings given", Cases: cases, Brands: brands}}
	simulated, err := cmd.simulated()
	if err != nil {
		return err
	}
	corpora = append(corpora, simulated...)
	model, err := detect.TrainOn(corpora, clock.System)
	if err != nil {
		return err
	}
	if model.Data, err = cmd.digests(); err != nil {
		return err
	}
	model.Made = clock.System().Format("2006-01-02")
	model.TrainedOn = cmd.Note
	for _, c := range simulated {
		model.TrainedOn += "; " + c.Name
		model.Data[c.Name] = "made by the program"
	}
	model.Name()
	withouts := [][]detect.Without{nil, {detect.WithoutSeller}, {detect.WithoutPrice}, {detect.WithoutTerms}, {detect.WithoutAllBut}}
	reports, err := detect.CrossValidateOn(corpora, clock.System, 5, withouts)
	if err != nil {
		return err
	}
	for i, report := range reports {
		report.Mistakes = nil
		if i > 0 {
			report.Tricks = nil
		}
		model.Reports = append(model.Reports, report)
	}
	if err := writeModel(cmd.Out, model); err != nil {
		return err
	}
	c.say("Model %s is written to %s.", model.Version, cmd.Out)
	return ignoreBrokenPipe(writeReport(c.out, &model.Reports[0]))
}

// simulated are the marketplaces asked for, each with its truth.
func (cmd *trainCommand) simulated() ([]detect.Corpus, error) {
	if cmd.World == 0 {
		if len(cmd.Seed) > 0 {
			return nil, fault.Invalid.Say("Say with --world how many listings each simulated marketplace has.").At("world")
		}
		return nil, nil
	}
	if !(cmd.WorldWeight > 0 && cmd.WorldWeight <= 100) {
		return nil, fault.Invalid.Say("The weight of a simulated marketplace must lie above 0 and be at most 100.").At("world-weight")
	}
	seeds := cmd.Seed
	if len(seeds) == 0 {
		seeds = []uint64{1}
	}
	var corpora []detect.Corpus
	for _, seed := range seeds {
		corpus, err := simulatedCorpus(cmd.World, seed)
		if err != nil {
			return nil, err
		}
		corpus.Weight = cmd.WorldWeight
		corpora = append(corpora, corpus)
	}
	return corpora, nil
}

// simulatedName names a simulated marketplace by its listings and its seed, which is all that it follows from.
const simulatedName = "simulated marketplace, %d listings of seed %d"

// simulatedCorpus is a simulated marketplace as cases to learn from.
func simulatedCorpus(listings int, seed uint64) (detect.Corpus, error) {
	w, err := world.New(world.Options{Seed: seed, Listings: listings, Brands: detect.BuiltinBrands()})
	if err != nil {
		return detect.Corpus{}, err
	}
	corpus := detect.Corpus{Name: fmt.Sprintf(simulatedName, listings, seed), Brands: w.Brands()}
	for item := range w.Listings() {
		label := item.Label()
		corpus.Cases = append(corpus.Cases, detect.Case{
			Listing: item.Listing,
			Label:   detect.Label{ID: label.ID, Label: label.Label, Brand: label.Brand, Why: label.Why, Trick: string(label.Trick)},
		})
	}
	return corpus, nil
}

// digests are the SHA-256 of the files the model is fitted on.
func (files *labelled) digests() (map[string]string, error) {
	digests := map[string]string{}
	for part, name := range map[string]string{"listings": files.Listings, "brands": files.Brands, "labels": files.Labels} {
		if name == "" {
			digests[part] = "built in"
			continue
		}
		file, err := os.Open(name)
		if err != nil {
			return nil, fault.Invalid.Say("The file %s cannot be opened.", name).Because(err)
		}
		hash := sha256.New()
		_, err = io.Copy(hash, file)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("digest of %s: %w", name, err)
		}
		digests[part] = hex.EncodeToString(hash.Sum(nil))
	}
	return digests, nil
}

// writeModel replaces the file at once or not at all.
func writeModel(name string, model *detect.Model) error {
	file, err := os.CreateTemp(filepath.Dir(name), ".model-*")
	if err != nil {
		return fault.Invalid.Say("The model cannot be written beside %s.", name).Because(err)
	}
	defer os.Remove(file.Name())
	if err := model.Write(file); err != nil {
		file.Close()
		return err
	}
	if err := file.Chmod(0o644); err != nil {
		file.Close()
		return fmt.Errorf("write model: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return fault.Invalid.Say("The model cannot be written to %s.", name).Because(err)
	}
	return nil
}
