package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// labelled names the files of listings whose truth is known.
type labelled struct {
	Listings string `required:"" placeholder:"FILE" help:"Listings, in any format that scan reads."`
	Brands   string `placeholder:"FILE" help:"Brands (JSONL or CSV); without it the built-in list."`
	Labels   string `required:"" placeholder:"FILE" help:"Labels (JSONL): id, label (fake or genuine), trick."`
}

type evalCommand struct {
	labelled
	Folds   int      `default:"0" placeholder:"N" help:"Judge each listing by a model fitted to the others, in N folds by seller; 0 uses one model as it is."`
	Without []string `placeholder:"PART" help:"Leave out seller, price, description, brand, category or terms; catalogue leaves only title, price, category and the seller's id. May be repeated."`
	Model   string   `placeholder:"FILE" help:"A model file of ownmark train; without it the one that comes with this program."`
	Format  string   `enum:"table,json" default:"table" help:"How the report is written: ${enum}."`
	Errors  bool     `help:"List each miss and each false alarm with its signals."`
}

// Run measures the verdicts.
func (cmd *evalCommand) Run(c *console) error {
	without, err := parseWithout(cmd.Without)
	if err != nil {
		return err
	}
	if cmd.Folds == 1 || cmd.Folds < 0 {
		return fault.Invalid.Say("Cross-validation needs at least two folds.").At("folds")
	}
	if cmd.Folds > 0 && cmd.Model != "" {
		return fault.Invalid.Say("With folds the models are fitted anew; a model file would not be used.").At("model")
	}
	cases, brands, err := cmd.read(c)
	if err != nil {
		return err
	}
	report, err := cmd.measure(cases, brands, without)
	if err != nil {
		return err
	}
	if !cmd.Errors {
		report.Mistakes = nil
	}
	if cmd.Format == "json" {
		if err := json.MarshalWrite(c.out, report, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
			return ignoreBrokenPipe(err)
		}
		_, err := fmt.Fprintln(c.out)
		return ignoreBrokenPipe(err)
	}
	return ignoreBrokenPipe(writeReport(c.out, &report))
}

func (cmd *evalCommand) measure(cases []detect.Case, brands []brand.Brand, without []detect.Without) (detect.Report, error) {
	if cmd.Folds > 0 {
		return detect.CrossValidate(cases, brands, clock.System, cmd.Folds, without)
	}
	model := detect.ShippedModel()
	if cmd.Model != "" {
		file, err := os.Open(cmd.Model)
		if err != nil {
			return detect.Report{}, fault.Invalid.Say("The model file %s cannot be opened.", cmd.Model).Because(err)
		}
		defer file.Close()
		if model, err = detect.ReadModel(file); err != nil {
			return detect.Report{}, fault.Invalid.Say("%s is no model file of this program.", cmd.Model).Because(err)
		}
	}
	return detect.EvaluateModel(cases, brands, clock.System, model, without)
}

func parseWithout(parts []string) ([]detect.Without, error) {
	var without []detect.Without
	for _, part := range parts {
		w, ok := detect.ParseWithout(part)
		if !ok {
			return nil, fault.Invalid.Say("There is nothing called %q to leave out; there are %s.", part, strings.Join(detect.StrippableNames(), ", ")).At("without")
		}
		without = append(without, w)
	}
	return without, nil
}

// read puts listings and labels together.
func (files *labelled) read(c *console) ([]detect.Case, []brand.Brand, error) {
	brands, err := readBrands(files.Brands)
	if err != nil {
		return nil, nil, err
	}
	listings, err := files.readListings(c)
	if err != nil {
		return nil, nil, err
	}
	file, err := os.Open(files.Labels)
	if err != nil {
		return nil, nil, fault.Invalid.Say("The labels file %s cannot be opened.", files.Labels).Because(err)
	}
	defer file.Close()
	labels, err := detect.ReadLabels(file)
	if err != nil {
		var at []error
		for _, f := range fault.All(err) {
			at = append(at, f.At(files.Labels+": "+f.Field))
		}
		if len(at) > 0 {
			return nil, nil, errors.Join(at...)
		}
		return nil, nil, err
	}
	cases, unlabelled, err := detect.Match(listings, labels)
	if unlabelled > 0 {
		c.say("%d listings have no label and are left out.", unlabelled)
	}
	return cases, brands, err
}

func (files *labelled) readListings(c *console) ([]market.Listing, error) {
	file, err := os.Open(files.Listings)
	if err != nil {
		return nil, fault.Invalid.Say("The listings file %s cannot be opened.", files.Listings).Because(err)
	}
	defer file.Close()
	var listings []market.Listing
	bad := 0
	for l, err := range market.ReadListings(files.Listings, file, market.FeedOptions{}) {
		var record *market.BadRecord
		switch {
		case errors.As(err, &record):
			if bad++; bad <= maxBadShown {
				c.say("%v", record)
			}
		case err != nil:
			return nil, err
		default:
			listings = append(listings, l.Listing)
		}
	}
	return listings, nil
}

// writeReport writes a report for people.
func writeReport(out io.Writer, r *detect.Report) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%d listings, %d of them fakes", r.Listings, r.Fakes)
	if r.Folds > 0 {
		fmt.Fprintf(w, "; %d-fold cross-validation by seller", r.Folds)
	}
	for _, without := range r.Without {
		if without == detect.WithoutAllBut {
			fmt.Fprint(w, "; title, price, category and seller's id only")
			continue
		}
		fmt.Fprintf(w, "; without %s", without)
	}
	fmt.Fprint(w, "\n\nverdict\tprecision\t95 %\trecall\t95 %\tF1\tright\talarms\tmissed\n")
	for _, row := range []struct {
		name string
		detect.Figures
	}{{"review or fake", r.Suspected}, {"fake", r.Fake}} {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\n", row.name, three(row.Precision), span(row.PrecisionInterval), three(row.Recall), span(row.RecallInterval),
			three(row.F1), row.TruePositives, row.FalsePositives, row.FalseNegatives)
	}
	fmt.Fprint(w, "\nmeasure\tvalue\t95 %\n")
	fmt.Fprintf(w, "ROC-AUC\t%s\t%s\n", three(r.ROCAUC), span(r.ROCInterval))
	fmt.Fprintf(w, "PR-AUC (average precision)\t%s\t%s\n", three(r.PRAUC), span(r.PRInterval))
	fmt.Fprintf(w, "Brier score\t%.3f\t\nexpected calibration error, 10 bins\t%.3f\t\n", r.Brier, r.ECE)
	fmt.Fprint(w, "\nscore\tlistings\tsaid\twas\t95 %\n")
	for _, b := range r.Reliability {
		if b.Count > 0 {
			fmt.Fprintf(w, "%.1f to %.1f\t%d\t%.3f\t%.3f\t%s\n", b.From, b.To, b.Count, b.Said, b.Was, span(b.Interval))
		}
	}
	writeTricks(w, r.Tricks)
	writeMistakes(w, r.Mistakes)
	return w.Flush()
}

func writeTricks(w io.Writer, tricks []detect.Trick) {
	fmt.Fprint(w, "\nfakes by trick\tcaught\tof\n")
	for _, t := range tricks {
		if t.Fakes > 0 {
			fmt.Fprintf(w, "%s\t%d\t%d\n", name(t.Trick), t.Caught, t.Fakes)
		}
	}
	fmt.Fprint(w, "\ngenuine by trick\tfalse alarms\tof\n")
	quiet, listings := 0, 0
	for _, t := range tricks {
		switch {
		case t.Alarms > 0:
			fmt.Fprintf(w, "%s\t%d\t%d\n", name(t.Trick), t.Alarms, t.Genuine)
		case t.Genuine > 0:
			quiet++
			listings += t.Genuine
		}
	}
	fmt.Fprintf(w, "%d other tricks\t0\t%d\n", quiet, listings)
}

func writeMistakes(w io.Writer, mistakes []detect.Mistake) {
	for _, m := range mistakes {
		what := "missed"
		if m.Truth == "genuine" {
			what = "false alarm"
		}
		fmt.Fprintf(w, "\n%s: %s, %s, score %.3f (%s): %s\n", what, m.ID, m.Verdict, m.Score, name(m.Trick), visible(m.Title))
		for _, s := range m.Signals {
			fmt.Fprintf(w, "  %+.2f %s: %s\n", s.Weight, s.Name, visible(s.Evidence))
		}
	}
}

func name(trick string) string {
	if trick == "" {
		return "(none)"
	}
	return visible(trick)
}

func three(share *float64) string {
	if share == nil || math.IsNaN(*share) {
		return "none"
	}
	return fmt.Sprintf("%.3f", *share)
}

func span(interval [2]float64) string { return fmt.Sprintf("%.3f to %.3f", interval[0], interval[1]) }
