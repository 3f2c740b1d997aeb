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
)

type trainCommand struct {
	labelled
	Out  string `default:"model.json" placeholder:"FILE" help:"Where the model is written (${default})."`
	Note string `placeholder:"WORDS" help:"What the listings are, for whoever reads the model file."`
}

// Run fits a model, judges it by cross-validation, and writes both.
func (cmd *trainCommand) Run(c *console) error {
	cases, brands, err := cmd.read(c)
	if err != nil {
		return err
	}
	model, err := detect.Train(cases, brands, clock.System)
	if err != nil {
		return err
	}
	if model.Data, err = cmd.digests(); err != nil {
		return err
	}
	model.Made = clock.System().Format("2006-01-02")
	model.TrainedOn = cmd.Note
	model.Name()
	for _, without := range [][]detect.Without{nil, {detect.WithoutSeller}, {detect.WithoutPrice}, {detect.WithoutTerms}, {detect.WithoutAllBut}} {
		report, err := detect.CrossValidate(cases, brands, clock.System, 5, without)
		if err != nil {
			return err
		}
		report.Mistakes = nil
		if without != nil {
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
