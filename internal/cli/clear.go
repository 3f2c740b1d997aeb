package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ownmark/ownmark/engine/clearance"
	"github.com/ownmark/ownmark/engine/photo"
	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
)

type clearCommand struct {
	Name   string   `arg:"" help:"The name somebody would like to use, in Latin letters, Chinese characters or pinyin."`
	Also   []string `placeholder:"NAME" help:"What it would be called in another script. May be repeated."`
	Class  []int    `placeholder:"N" help:"Nice class of the goods. May be repeated; without one goods are taken to be alike."`
	Marks  string   `placeholder:"FILE" help:"A register's marks, CSV or WIPO ST.96 XML; without it all marks Ownmark knows: famous brands, and what is in its database."`
	Logo   string   `placeholder:"FILE" help:"A picture of the logo."`
	Owner  string   `placeholder:"NAME" help:"Whose own marks are no conflict."`
	Limit  int      `default:"20" placeholder:"N" help:"Most conflicts to report."`
	Format string   `enum:"table,json" default:"table" help:"How the report is written: ${enum}."`

	settings
}

// Run ranks the known marks that may stand in the way of a name.
func (cmd *clearCommand) Run(ctx context.Context, c *console) error {
	proposal := clearance.Proposal{Name: strings.TrimSpace(cmd.Name), Also: cmd.Also, Classes: cmd.Class, Owner: cmd.Owner, Limit: cmd.Limit}
	if proposal.Name == "" && cmd.Logo == "" {
		return fault.Invalid.Say("Give the name, or a logo.")
	}
	for _, class := range cmd.Class {
		if class < 1 || class > 45 {
			return fault.Invalid.Say("Nice classes go from 1 to 45.").At("class")
		}
	}
	if cmd.Limit < 1 {
		return fault.Invalid.Say("Report at least one conflict.").At("limit")
	}
	var err error
	if cmd.Logo != "" {
		if proposal.Logos, err = logoHashes(ctx, cmd.Logo); err != nil {
			return err
		}
	}
	marks, err := cmd.marks()
	if err != nil {
		return err
	}
	index, err := clearance.NewIndex(marks)
	if err != nil {
		return err
	}
	report, searched := index.Search(proposal), len(marks)
	if cmd.Marks == "" {
		kept, more, err := cmd.kept(ctx, c, proposal)
		if err != nil {
			return err
		}
		// What the database knows of a brand is newer than what came with the program.
		report.Conflicts = slices.DeleteFunc(report.Conflicts, func(one clearance.Conflict) bool {
			return slices.ContainsFunc(kept.Conflicts, func(other clearance.Conflict) bool { return other.Mark.ID == one.Mark.ID })
		})
		report, searched = clearance.Merge(cmd.Limit, kept, report), searched+more
	}
	if cmd.Format == "json" {
		return ignoreBrokenPipe(writeClearanceJSON(c.out, report))
	}
	return ignoreBrokenPipe(writeClearance(c.out, report, searched))
}

func logoHashes(ctx context.Context, path string) ([]photo.Hash, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Invalid.Say("The picture %s cannot be opened.", path).Because(err)
	}
	if _, err := blob.CheckPicture(bytes.NewReader(content)); err != nil {
		return nil, err
	}
	picture, err := photo.Decode(ctx, bytes.NewReader(content), photo.Bounds{Bytes: blob.MaxPictureBytes, Pixels: blob.MaxPicturePixels})
	if err != nil {
		return nil, fault.Invalid.Say("The picture %s cannot be read.", path).Because(err)
	}
	hashes, quality := photo.All(picture)
	if quality <= photo.Poor {
		return nil, fault.Invalid.Say("The picture %s has too few features to be compared.", path)
	}
	return hashes[:], nil
}

// kept is what the database says of a proposal, where there is one.
func (cmd *clearCommand) kept(ctx context.Context, c *console, p clearance.Proposal) (clearance.Report, int, error) {
	in, _, err := cmd.load(c)
	if err != nil {
		return clearance.Report{}, 0, err
	}
	d, err := existing(ctx, in)
	if fault.Of(err) == fault.NotFound && cmd.Data == nil && cmd.Database == nil {
		return clearance.Report{Name: p.Name}, 0, nil // nobody named one, and there is none
	}
	if err != nil {
		return clearance.Report{}, 0, err
	}
	defer d.Close()
	store, err := blob.Open(ctx, in.Blob)
	if err != nil {
		return clearance.Report{}, 0, err
	}
	defer store.Close()
	return (&cultivate.Service{DB: d, Brand: &brand.Service{DB: d, Blob: store}, Blob: store}).Clear(ctx, access.System, p)
}

func (cmd *clearCommand) marks() (marks []clearance.Mark, err error) {
	if cmd.Marks == "" {
		for _, b := range detect.BuiltinBrands() {
			marks = append(marks, clearance.Mark{ID: string(b.ID), Name: b.Name, Also: b.Aliases, Owner: b.Name, Classes: b.NiceClasses, Reputed: true})
		}
		return marks, nil
	}
	file, err := os.Open(cmd.Marks)
	if err != nil {
		return nil, fault.Invalid.Say("The file %s cannot be opened.", cmd.Marks).Because(err)
	}
	defer file.Close()
	read := clearance.ReadCSV
	if strings.HasSuffix(strings.ToLower(cmd.Marks), ".xml") {
		read = clearance.ReadST96
	}
	err = read(file, func(m clearance.Mark) error {
		marks = append(marks, m)
		return nil
	})
	if err != nil {
		return nil, fault.Invalid.Say("The file %s cannot be read: %s", cmd.Marks, err.Error()).Because(err)
	}
	if len(marks) == 0 {
		return nil, fault.Invalid.Say("The file %s has no marks.", cmd.Marks)
	}
	return marks, nil
}

// conflictLine is one conflict as programs read it.
type conflictLine struct {
	Mark    string       `json:"mark"`
	ID      string       `json:"id,omitempty"`
	Owner   string       `json:"owner"`
	Classes []int        `json:"classes"`
	Score   float64      `json:"score"`
	By      clearance.By `json:"by"`
	Why     string       `json:"why"`
}

func writeClearanceJSON(w io.Writer, r clearance.Report) error {
	conflicts := make([]conflictLine, len(r.Conflicts))
	for i, c := range r.Conflicts {
		classes := c.Mark.Classes
		if classes == nil {
			classes = []int{}
		}
		conflicts[i] = conflictLine{c.Mark.Name, c.Mark.ID, c.Mark.Owner, classes, c.Score, c.By, clearance.Why(c.Why)}
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return out.Encode(struct {
		Name      string         `json:"name"`
		Risk      clearance.Risk `json:"risk"`
		Conflicts []conflictLine `json:"conflicts"`
	}{r.Name, r.Risk, conflicts})
}

func writeClearance(w io.Writer, r clearance.Report, searched int) error {
	fmt.Fprintf(w, "%s: risk %s, %d possible conflicts among %d marks\n\n", r.Name, r.Risk, len(r.Conflicts), searched)
	if len(r.Conflicts) > 0 {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "CHANCE\tMARK\tCLASSES\tWHY")
		for _, c := range r.Conflicts {
			fmt.Fprintf(table, "%.0f%%\t%s\t%s\t%s\n", 100*c.Score, c.Mark.Name, classList(c.Mark.Classes), clearance.Why(c.Why))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "Look in the registers too:\n  %s\n  %s\n\n%s\n",
		"https://www.tmdn.org/tmview/#/tmview/results?basicSearch="+url.QueryEscape(r.Name), "https://branddb.wipo.int", clearance.Notice)
	return nil
}

func classList(classes []int) string {
	if len(classes) == 0 {
		return "-"
	}
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(classes)), ","), "[]")
}
