package cultivate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// PetitionColumns are the columns of a file of petitions, in the order in which they are written. body and place are needed, and industry or trade.
var PetitionColumns = []string{"body", "asker", "industry", "trade", "place", "person", "email", "phone", "makers", "jobs", "export_loss", "fakes", "fakes_of", "standards_body",
	"city_support", "own_design_share", "received", "note"}

// ProblemColumn is the column in which a file of refused rows says what is wrong. A mended file may keep it.
const ProblemColumn = "problem"

// The bounds of a file of petitions.
const (
	MaxPetitionFile = 4 << 20 // bytes
	maxPetitionRows = 5_000
)

// PetitionRow is one row of a file, as it was written and as it was understood.
type PetitionRow struct {
	Line     int // of the file, the header being 1
	Cells    []string
	Petition Petition
}

// BadPetition is a row that cannot be taken; the others are.
type BadPetition struct {
	Line     int      `json:"line"`
	Cells    []string `json:"cells"`
	Problems []string `json:"problems"`
}

// PetitionReport is what a file brought.
type PetitionReport struct {
	Added  int           `json:"added"`
	Known  int           `json:"known"` // rows that are there already and being looked into
	Bad    []BadPetition `json:"bad"`
	Header []string      `json:"header"`
	Digest string        `json:"digest"` // SHA-256 of the file
	Again  bool          `json:"-"`      // the very same file was taken before; nothing was done this time
	By     string        `json:"by"`
	At     time.Time     `json:"at"`
}

// ReadPetitions reads a CSV file of petitions: comma separated, UTF-8, the header in its first line. A cell that is empty says that the fact is not
// known. It returns fault.Invalid for a file that is no such table; what is wrong with a row stands in bad.
func ReadPetitions(in io.Reader) (header []string, rows []PetitionRow, bad []BadPetition, err error) {
	raw, err := io.ReadAll(io.LimitReader(in, MaxPetitionFile+1))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read a file of petitions: %w", err)
	}
	if len(raw) > MaxPetitionFile {
		return nil, nil, nil, fault.TooLarge.Say("A file has at most %d MB.", MaxPetitionFile>>20).At("file")
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) {
		return nil, nil, nil, fault.Invalid.Say("The file is not UTF-8. Save it as CSV UTF-8 and send it again.").At("file")
	}
	table := csv.NewReader(bytes.NewReader(raw))
	table.FieldsPerRecord = -1
	if header, err = table.Read(); err != nil {
		return nil, nil, nil, fault.Invalid.Say("The file has no header line.").At("file").Because(err)
	}
	if err := checkHeader(header); err != nil {
		return nil, nil, nil, err
	}
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) {
			return header, rows, bad, nil
		}
		if err != nil {
			line := 0
			if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
				line = wrong.StartLine
			}
			return nil, nil, nil, fault.Invalid.Say("The table breaks off in line %d: a quotation mark is missing or misplaced.", line).At("file").Because(err)
		}
		line, _ := table.FieldPos(0)
		if len(rows)+len(bad) >= maxPetitionRows {
			return nil, nil, nil, fault.TooLarge.Say("A file has at most %d rows.", maxPetitionRows).At("file")
		}
		if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue
		}
		if len(cells) != len(header) {
			bad = append(bad, BadPetition{line, cells, words(fault.Invalid.Say("The row has %d cells, the header %d.", len(cells), len(header)))})
			continue
		}
		p, err := readPetition(header, cells)
		if err != nil {
			bad = append(bad, BadPetition{line, cells, words(err)})
			continue
		}
		rows = append(rows, PetitionRow{line, cells, p})
	}
}

func checkHeader(header []string) error {
	seen := map[string]bool{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		header[i] = name
		if name != ProblemColumn && !slices.Contains(PetitionColumns, name) {
			return fault.Invalid.Say("There is no column %q. The columns are %s.", shorten(name), strings.Join(PetitionColumns, ", ")).At("file")
		}
		if seen[name] {
			return fault.Invalid.Say("The column %q is there twice.", name).At("file")
		}
		seen[name] = true
	}
	for _, needed := range []string{"body", "place"} {
		if !seen[needed] {
			return fault.Invalid.Say("The column %q is missing.", needed).At("file")
		}
	}
	return nil
}

// shorten keeps a stranger's text from filling a sentence.
func shorten(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}

// words is each thing wrong as "field: sentence".
func words(err error) []string {
	var all []string
	for _, f := range fault.All(err) {
		text := f.Message()
		if f.Field != "" {
			text = f.Field + ": " + text
		}
		all = append(all, text)
	}
	return all
}

// readPetition reads the facts of one row. It returns fault.Invalid for each cell that cannot be read.
func readPetition(header, cells []string) (Petition, error) {
	p := Petition{Source: FromTable}
	c := cellReader{}
	for i, name := range header {
		text := strings.TrimSpace(cells[i])
		// A program that guards against formulas puts an apostrophe before such a cell; ours does.
		if len(text) > 1 && text[0] == '\'' && strings.ContainsRune("=+-@", rune(text[1])) {
			text = text[1:]
		}
		if db.Text(text) != nil {
			c.wrong = append(c.wrong, fault.Invalid.Say("The text contains a NUL character.").At(name))
			continue
		}
		if text == "" {
			continue
		}
		c.name, c.text = name, text
		switch name {
		case "body":
			p.Body = text
		case "asker":
			p.Facts.AskedBy = Asker(strings.ToLower(text))
		case "industry":
			p.Industry = IndustryID(text)
		case "trade":
			p.Trade = text
		case "place":
			p.Place = text
		case "person":
			p.Contact.Person = text
		case "email":
			p.Contact.Email = text
		case "phone":
			p.Contact.Phone = text
		case "note":
			p.Note = text
		case "makers":
			p.Facts.Makers = c.count()
		case "jobs":
			p.Facts.Jobs = c.count()
		case "export_loss":
			p.Facts.ExportLoss = c.share()
		case "own_design_share":
			p.Facts.OwnDesignShare = c.share()
		case "city_support":
			p.Facts.CitySupport = c.count()
		case "standards_body":
			p.Facts.StandardsBody = c.yes()
		case "fakes":
			if n := c.count(); n != nil {
				p.Facts.Fakes = sampleOf(p.Facts.Fakes)
				p.Facts.Fakes.Fakes = *n
			}
		case "fakes_of":
			if n := c.count(); n != nil {
				p.Facts.Fakes = sampleOf(p.Facts.Fakes)
				p.Facts.Fakes.Of = *n
			}
		case "received":
			p.Received = c.day()
		}
	}
	return p, joined(c.wrong)
}

func sampleOf(s *Sample) *Sample {
	if s == nil {
		return &Sample{}
	}
	return s
}

// cellReader reads the cells of a row and gathers what is wrong.
type cellReader struct {
	name, text string
	wrong      []error
}

func (c *cellReader) bad(f *fault.Fault) { c.wrong = append(c.wrong, f.At(c.name)) }

func (c *cellReader) count() *int {
	n, err := strconv.Atoi(c.text)
	if err != nil || n < 0 || n > maxPeople {
		c.bad(fault.Invalid.Say("This is not a whole number from 0 to %d.", maxPeople))
		return nil
	}
	return &n
}

func (c *cellReader) share() *float64 {
	text, percent := strings.CutSuffix(c.text, "%")
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if percent {
		x /= 100
	}
	if err != nil || math.IsNaN(x) || !isShare(x) {
		c.bad(fault.Invalid.Say("This is not a share: write a number from 0 to 1, or percent."))
		return nil
	}
	return &x
}

func (c *cellReader) yes() *bool {
	var yes bool
	switch strings.ToLower(c.text) {
	case "yes", "true", "1", "是":
		yes = true
	case "no", "false", "0", "否":
	default:
		c.bad(fault.Invalid.Say("Write yes or no."))
		return nil
	}
	return &yes
}

func (c *cellReader) day() time.Time {
	at, err := time.Parse(time.DateOnly, c.text)
	if err != nil || at.Year() < 1990 || at.Year() > 2200 {
		c.bad(fault.Invalid.Say("This is not a date: write 2026-11-24."))
		return time.Time{}
	}
	return at
}

// ImportPetitions takes in the rows of a file that are good, in one transaction, and says which are not. The same file again does nothing: its report
// says Again. It returns fault.Invalid for a file that is no table.
func (s *Service) ImportPetitions(ctx context.Context, by access.User, in io.Reader) (report PetitionReport, err error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return report, err
	}
	hash := sha256.New()
	header, rows, bad, err := ReadPetitions(io.TeeReader(in, hash))
	if err != nil {
		return report, err
	}
	digest := hex.EncodeToString(hash.Sum(nil))
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if report, err = fileReport(tx, digest); err == nil || fault.Of(err) != fault.NotFound {
			report.Again = true
			return err
		}
		report = PetitionReport{Header: header, Digest: digest, Bad: slices.Clone(bad), By: by.Name, At: tx.Now()}
		for _, row := range rows {
			_, err := s.receive(tx, by, row.Petition, "")
			switch {
			case err == nil:
				report.Added++
			case errors.Is(err, fault.Conflict):
				report.Known++
			case errors.Is(err, fault.Invalid):
				report.Bad = append(report.Bad, BadPetition{row.Line, row.Cells, words(err)})
			default:
				return err
			}
		}
		slices.SortFunc(report.Bad, func(a, b BadPetition) int { return a.Line - b.Line })
		raw, err := json.Marshal(report)
		if err != nil {
			return err
		}
		_, err = tx.Exec(addPetitionFile, digest, string(raw), by.Name, db.Micros(tx.Now()))
		return err
	})
	if err != nil {
		return PetitionReport{}, fmt.Errorf("import petitions: %w", err)
	}
	return report, nil
}

func fileReport(tx *db.Tx, digest string) (report PetitionReport, err error) {
	raw, err := db.One(tx, db.Value[string], petitionFile, digest)
	if err != nil {
		return report, err
	}
	return report, json.Unmarshal([]byte(raw), &report)
}

// PetitionReport is what a file with this digest brought when it was taken in; fault.NotFound for one that was not.
func (s *Service) PetitionReport(ctx context.Context, by access.User, digest string) (report PetitionReport, err error) {
	if err := by.May(access.ProgrammeEdit, ""); err != nil {
		return report, err
	}
	if db.Text(digest) != nil {
		return report, noPetition
	}
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		report, err = fileReport(tx, digest)
		return err
	})
	return report, err
}

// Cells is the petition as a row of a file with PetitionColumns.
func (p Petition) Cells() []string {
	count := func(n *int) string {
		if n == nil {
			return ""
		}
		return strconv.Itoa(*n)
	}
	share := func(x *float64) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(*x, 'f', -1, 64)
	}
	var fakes, of, standards, received string
	if f := p.Facts.Fakes; f != nil {
		fakes, of = strconv.Itoa(f.Fakes), strconv.Itoa(f.Of)
	}
	if b := p.Facts.StandardsBody; b != nil {
		standards = map[bool]string{true: "yes", false: "no"}[*b]
	}
	if !p.Received.IsZero() {
		received = p.Received.UTC().Format(time.DateOnly)
	}
	return []string{p.Body, string(p.Facts.AskedBy), string(p.Industry), p.Trade, p.Place, p.Contact.Person, p.Contact.Email, p.Contact.Phone, count(p.Facts.Makers), count(p.Facts.Jobs),
		share(p.Facts.ExportLoss), fakes, of, standards, count(p.Facts.CitySupport), share(p.Facts.OwnDesignShare), received, p.Note}
}
