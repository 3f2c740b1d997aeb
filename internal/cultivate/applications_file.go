package cultivate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// ApplicationRow is a row of a file of applications: who speaks for the firm, and its answers by field.
type ApplicationRow struct {
	Line    int // of the file, on which the row begins, from 1
	Person  string
	Email   string
	Place   string
	Answers map[string]string
	Cells   []string // as they stood there, for the file of refused rows
	Problem error    // why the row cannot be read; nil when it can
}

// ApplicationFile is a file that was read.
type ApplicationFile struct {
	Digest string // SHA-256 of its bytes: the same file again is known by it
	Header []string
	Rows   []ApplicationRow
}

// The bounds of a file of applications.
const (
	MaxApplicationFile = 8 << 20 // bytes
	MaxApplicationRows = 2_000
)

// The columns of a file that are no fields of the application.
const (
	personColumn  = "person"
	emailColumn   = "email"
	placeColumn   = "place"
	problemColumn = "problem" // of a file of refused rows; not read
	lineColumn    = "line"    // likewise
)

// personColumns are the columns beside the fields, with their Chinese names.
var personColumns = map[string]string{"联系人": personColumn, "电子邮箱": emailColumn, "所在地": placeColumn, "问题": problemColumn, "行号": lineColumn}

// ApplicationColumns is the header of a file of applications, the needed ones first.
func ApplicationColumns() []string {
	columns := []string{askName, personColumn, emailColumn, placeColumn}
	for _, g := range applicationFields {
		for _, f := range g.Fields {
			if f.Name != askName {
				columns = append(columns, f.Name)
			}
		}
	}
	return columns
}

// ReadApplications reads a file of applications: CSV in UTF-8 with a header that names fields, in English as ApplicationColumns has them or in Chinese as the
// form does. A row that cannot be read has its Problem and keeps no other out. It returns fault.TooLarge over a bound and fault.Invalid for a header that is not
// this one's, both at "file".
func ReadApplications(content []byte) (f ApplicationFile, err error) {
	if len(content) > MaxApplicationFile {
		return f, fault.TooLarge.Say("A file of applications has at most %d MB.", MaxApplicationFile>>20).At("file")
	}
	sum := sha256.Sum256(content)
	f.Digest = hex.EncodeToString(sum[:])
	text := bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return f, fault.Invalid.Say("The file is not UTF-8 text. A spreadsheet saves it so as “CSV UTF-8”.").At("file")
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return f, fault.Invalid.Say("The first line must name the columns.").At("file").Because(err)
	}
	f.Header = header
	columns, err := applicationHeader(header)
	if err != nil {
		return f, err
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var row ApplicationRow
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			row = ApplicationRow{Line: broken.StartLine, Problem: fault.Invalid.Say("A quote in this row has no end, or stands where none may.")}
		} else if err != nil {
			return f, err
		} else if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue // a row of nothing, as spreadsheets leave them
		} else {
			row = applicationRow(cells, columns)
			row.Line, _ = in.FieldPos(0)
		}
		if len(f.Rows) == MaxApplicationRows {
			return f, fault.TooLarge.Say("A file of applications has at most %d rows.", MaxApplicationRows).At("file")
		}
		f.Rows = append(f.Rows, row)
	}
	if len(f.Rows) == 0 {
		return f, fault.Invalid.Say("The file has no rows.").At("file")
	}
	return f, nil
}

// applicationHeader says which column is which field.
func applicationHeader(header []string) ([]string, error) {
	columns := make([]string, len(header))
	for i, cell := range header {
		name, known := applicationColumn(strings.TrimSpace(cell))
		if !known {
			return nil, fault.Invalid.Say("The column %q is not known.", short(cell, 40)).At("file")
		}
		if slices.Contains(columns[:i], name) {
			return nil, fault.Invalid.Say("The column %q is there twice.", name).At("file")
		}
		columns[i] = name
	}
	for _, needed := range []string{askName, personColumn, emailColumn} {
		if !slices.Contains(columns, needed) {
			return nil, fault.Invalid.Say("The column %q is missing.", needed).At("file")
		}
	}
	return columns, nil
}

func applicationColumn(cell string) (name string, known bool) {
	if name, known = personColumns[cell]; known {
		return name, true
	}
	lower := strings.ToLower(cell)
	for _, g := range applicationFields {
		for _, f := range g.Fields {
			if f.Name == lower || f.Words.Chinese == cell && !strings.HasPrefix(f.Name, "past.") {
				return f.Name, true
			}
		}
	}
	return lower, slices.Contains([]string{personColumn, emailColumn, placeColumn, problemColumn, lineColumn}, lower)
}

func applicationRow(cells, columns []string) ApplicationRow {
	row := ApplicationRow{Answers: map[string]string{}, Cells: cells}
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
		case i >= len(columns):
			row.Problem = fault.Invalid.Say("The row has more cells than the header.")
		case columns[i] == personColumn:
			row.Person = cell
		case columns[i] == emailColumn:
			row.Email = cell
		case columns[i] == placeColumn:
			row.Place = cell
		case columns[i] == problemColumn || columns[i] == lineColumn:
		default:
			// A quote before =, +, - or @ is how exports keep a spreadsheet from running the cell.
			if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("=+-@", cell[1]) >= 0 {
				cell = cell[1:]
			}
			row.Answers[columns[i]] = cell
		}
	}
	return row
}

func short(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// Imported is what became of a row.
type Imported struct {
	Row   ApplicationRow
	Maker Maker  // whose application began; zero with a Problem
	Link  string // the secret of the person's one-time sign-in link; empty when the row had been taken before
	Again bool   // it had been taken from this very file before
	// Problem is why the row was not taken: a fault.
	Problem error
}

// ImportApplications begins an application for each row of a file, as drafts that the firms complete. Each row is whole or absent, whatever becomes of the
// others; rows that this very file gave before are not taken again.
func (s *Service) ImportApplications(ctx context.Context, by access.User, id CohortID, file ApplicationFile) ([]Imported, error) {
	if err := by.May(access.MakerMove, ""); err != nil {
		return nil, err
	}
	results := make([]Imported, 0, len(file.Rows))
	for _, row := range file.Rows {
		one := Imported{Row: row, Problem: row.Problem}
		if one.Problem == nil {
			one.Problem = s.importRow(ctx, by, id, file.Digest, &one)
		}
		if one.Problem != nil && fault.Of(one.Problem) == fault.Internal {
			return results, fmt.Errorf("import applications, line %d: %w", row.Line, one.Problem)
		}
		results = append(results, one)
	}
	return results, nil
}

func (s *Service) importRow(ctx context.Context, by access.User, id CohortID, digest string, one *Imported) error {
	row := one.Row
	var edits []Edit
	for name, value := range row.Answers {
		edits = append(edits, Edit{Field: name, Value: value})
	}
	slices.SortFunc(edits, func(a, b Edit) int { return strings.Compare(a.Field, b.Field) })
	if err := checkEdits(edits, ApplicationField); err != nil {
		return err
	}
	if number := row.Answers[askNumber]; number != "" && row.Answers[askCountry] == "CN" {
		if _, ok := market.USCC(number); !ok {
			return fault.Invalid.Say("The check character of this code does not fit.").At(askNumber)
		}
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		taken, err := db.One(tx, db.Value[string], rowTaken, string(id), digest, row.Line)
		if err == nil {
			one.Again = true
			one.Maker, err = findMaker(tx, by, MakerID(taken))
			return err
		}
		if fault.Of(err) != fault.NotFound {
			return err
		}
		one.Maker, one.Link, err = s.enrol(tx, by, id, Firm{Name: row.Answers[askName], Place: row.Place, Person: row.Person, Email: row.Email, Language: by.Language})
		if err != nil {
			return err
		}
		if _, _, err := keepEdits(tx, by, "application:"+string(one.Maker.ID), edits); err != nil {
			return err
		}
		_, err = tx.Exec(writeRow, string(id), digest, row.Line, string(one.Maker.ID), db.Micros(tx.Now()))
		return err
	})
}

// RefusedRows is the rows of results that were not taken, as a file that can be mended and sent again: its last columns say why and on which line each stood.
// why puts a problem into words.
func RefusedRows(header []string, results []Imported, why func(error) string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	columns := slices.DeleteFunc(slices.Clone(header), func(c string) bool {
		name, _ := applicationColumn(strings.TrimSpace(c))
		return name == problemColumn || name == lineColumn
	})
	_ = w.Write(append(columns, problemColumn, lineColumn)) // a buffer takes everything
	for _, one := range results {
		if one.Problem == nil {
			continue
		}
		var cells []string
		for i, c := range header {
			if name, _ := applicationColumn(strings.TrimSpace(c)); name == problemColumn || name == lineColumn {
				continue
			}
			cell := ""
			if i < len(one.Row.Cells) {
				cell = armed(one.Row.Cells[i])
			}
			cells = append(cells, cell)
		}
		_ = w.Write(append(cells, why(one.Problem), strconv.Itoa(one.Row.Line)))
	}
	w.Flush()
	return out.Bytes()
}

// armed is a cell that no spreadsheet runs: "=1+1" begins with a quote. Numbers stay as they are.
func armed(cell string) string {
	if cell == "" || strings.IndexByte("=+-@\t\r", cell[0]) < 0 {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}
