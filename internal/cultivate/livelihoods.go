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
	"strings"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/ledger"
)

// EnterLivelihoods keeps figures of a maker's quarters. A figure for a quarter, kind and source that has one already takes its place when it differs, and is
// nothing when it is the same. All are kept or none. taken is how many were new or different. It returns fault.Invalid with the field for the first
// entry that is wrong, and fault.NotFound for a maker that is not this person's.
func (s *Service) EnterLivelihoods(ctx context.Context, by access.User, id MakerID, entries []LivelihoodEntry) (taken int, err error) {
	if len(entries) > 500 {
		return 0, fault.TooLarge.Say("Ask for at most %d at once.", 500)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		taken = 0
		m, err := editMaker(tx, by, id)
		if err != nil {
			return err
		}
		for _, e := range entries {
			changed, err := enterLivelihood(tx, by, m, e)
			if err != nil {
				return err
			}
			if changed {
				taken++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("enter livelihoods of maker %s: %w", id, err)
	}
	return taken, nil
}

// enterLivelihood keeps one figure. A fault comes before anything is written.
func enterLivelihood(tx *db.Tx, by access.User, m Maker, e LivelihoodEntry) (changed bool, err error) {
	l, err := e.figure(by.May(access.MakerMove, m.Organisation) != nil, tx.Now())
	if err != nil {
		return false, err
	}
	old, err := db.One(tx, scanLivelihood, livelihoodStanding, string(m.ID), int(l.Quarter), string(l.Kind), string(l.Source))
	if err != nil && fault.Of(err) != fault.NotFound {
		return false, err
	}
	known := err == nil
	if known && old.Value == l.Value && old.Currency == l.Currency && old.Confidence == l.Confidence && old.Note == l.Note {
		return false, nil
	}
	l.ID, l.Maker, l.By, l.ByName, l.At = db.NewID(), m.ID, by.ID, by.Name, tx.Now()
	if known {
		if _, err := tx.Exec(replaceLivelihood, l.ID, old.ID); err != nil {
			return false, err
		}
	}
	entry := map[string]any{"maker": m.ID, "quarter": l.Quarter.String(), "figure": l.Kind, "value": l.Plain(), "currency": l.Currency, "source": l.Source,
		"confidence": l.Confidence.Words().English, "instead_of": old.ID}
	if _, err := ledger.Record(tx, "livelihood.entered", m.Subject(), by.Actor(), entry); err != nil {
		return false, err
	}
	return true, keepLivelihood(tx, l)
}

// Livelihoods is every figure of a maker, those that were corrected with them, earliest quarter first.
func (s *Service) Livelihoods(ctx context.Context, by access.User, id MakerID) (all []Livelihood, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if _, err := findMaker(tx, by, id); err != nil {
			return err
		}
		all, err = db.All(tx, scanLivelihood, livelihoodsOf, string(id))
		return err
	})
	return all, err
}

const makersOfCohort = `select ` + makerColumns + ` from maker where cohort = $1 order by made_at, id`

// LivelihoodColumns are the columns of a file of figures. maker is its id or the number of its registration; a file for one maker may leave it out.
var LivelihoodColumns = []string{"maker", "quarter", "figure", "value", "currency", "source", "confidence", "note"}

// The bounds of a file of figures.
const (
	MaxLivelihoodFile = 4 << 20 // bytes
	maxLivelihoodRows = 20_000
)

// LivelihoodReport is what became of a file.
type LivelihoodReport struct {
	Rows, Taken int  // rows read; figures that were new or different
	Before      bool // the same person sent the same file before; nothing was done
	Bad         []BadRow
}

// BadRow is a row of a file that was not taken.
type BadRow struct {
	Line  int // of the file, the header being the first
	Cells []string
	Field string // the column that is wrong; empty when the row is
	Error error
}

// ReadLivelihoods takes a file of figures: comma-separated, UTF-8, the header naming LivelihoodColumns in any order. Good rows are kept, bad ones reported
// with their line. The same file from the same person is taken once. With a maker given, its rows are for that maker alone. It returns fault.Invalid for what is no such file,
// and fault.TooLarge.
func (s *Service) ReadLivelihoods(ctx context.Context, by access.User, only MakerID, r io.Reader) (report LivelihoodReport, err error) {
	if !by.Can(access.MakerEdit) {
		return report, by.May(access.MakerEdit, by.Org)
	}
	content, err := io.ReadAll(io.LimitReader(r, MaxLivelihoodFile+1))
	if err != nil {
		return report, fault.Invalid.Say("The file cannot be read.").At("file").Because(err)
	}
	if len(content) > MaxLivelihoodFile {
		return report, fault.TooLarge.Say("The file is larger than %d MiB.", MaxLivelihoodFile>>20).At("file")
	}
	rows, err := parseLivelihoods(content)
	if err != nil {
		return report, err
	}
	sum := sha256.Sum256(append([]byte(string(only)+"\n"), content...))
	hash := hex.EncodeToString(sum[:])
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		report = LivelihoodReport{Rows: len(rows)}
		before, err := db.One(tx, db.Value[int], oneLivelihoodFile, hash, string(by.ID))
		if err != nil {
			return err
		}
		if before > 0 {
			report.Before = true
			return nil
		}
		if only != "" {
			if _, err := editMaker(tx, by, only); err != nil {
				return err
			}
		}
		for _, row := range rows {
			changed, err := s.takeRow(tx, by, only, row)
			switch {
			case fault.Of(err) == fault.Invalid || fault.Of(err) == fault.NotFound || fault.Of(err) == fault.Forbidden:
				bad := BadRow{Line: row.line, Cells: row.cells, Error: err}
				if f, ok := fault.As(err); ok {
					bad.Field = f.Field
				}
				report.Bad = append(report.Bad, bad)
			case err != nil:
				return err
			case changed:
				report.Taken++
			}
		}
		_, err = tx.Exec(writeLivelihoodFile, hash, string(by.ID), db.Micros(tx.Now()), report.Taken, len(report.Bad))
		return err
	})
	if err != nil {
		return LivelihoodReport{}, fmt.Errorf("read livelihoods: %w", err)
	}
	return report, nil
}

// livelihoodRow is a row of a file as it was read.
type livelihoodRow struct {
	line  int
	cells []string // in the order of LivelihoodColumns
	fault error    // what was wrong with it before anybody looked at a maker
	maker string
	entry LivelihoodEntry
}

func (s *Service) takeRow(tx *db.Tx, by access.User, only MakerID, row livelihoodRow) (bool, error) {
	if row.fault != nil {
		return false, row.fault
	}
	name := row.maker
	if name == "" {
		name = string(only)
	}
	found, err := db.All(tx, scanMaker, makersByNumber, name)
	if err != nil {
		return false, err
	}
	found = slices.DeleteFunc(found, func(m Maker) bool {
		return by.May(access.MakerEdit, m.Organisation) != nil || only != "" && m.ID != only
	})
	switch len(found) {
	case 0:
		return false, fault.Invalid.Say("There is no such maker.").At("maker")
	case 1:
		return enterLivelihood(tx, by, found[0], row.entry)
	}
	return false, fault.Invalid.Say("Several makers have this number. Use the maker's id.").At("maker")
}

// parseLivelihoods reads the rows of a file. It returns fault.Invalid for what is no file of figures; a row that is wrong carries its own fault.
func parseLivelihoods(content []byte) ([]livelihoodRow, error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0 {
		return nil, fault.Invalid.Say("The file is not text in UTF-8.").At("file")
	}
	reader := csv.NewReader(bytes.NewReader(content))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if err != nil {
		return nil, fault.Invalid.Say("The file has no header.").At("file").Because(err)
	}
	at, err := livelihoodHeader(header)
	if err != nil {
		return nil, err
	}
	var rows []livelihoodRow
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if len(rows) == maxLivelihoodRows {
			return nil, fault.TooLarge.Say("The file has more than %d rows.", maxLivelihoodRows).At("file")
		}
		if err != nil {
			var where *csv.ParseError
			if !errors.As(err, &where) {
				return nil, fault.Invalid.Say("The file cannot be read.").At("file").Because(err)
			}
			// What follows a broken quote may belong to anything, so the reading ends here, with the line named.
			rows = append(rows, livelihoodRow{line: where.StartLine, cells: make([]string, len(LivelihoodColumns)), fault: fault.Invalid.Say("A quotation mark is out of place here; nothing behind it was read.")})
			return rows, nil
		}
		line, _ := reader.FieldPos(0)
		rows = append(rows, readLivelihoodRow(line, at, record, len(header)))
	}
}

// livelihoodHeader says in which column of the file each of LivelihoodColumns stands; -1: in none.
func livelihoodHeader(header []string) (at []int, err error) {
	at = make([]int, len(LivelihoodColumns))
	for i := range at {
		at[i] = -1
	}
	for i, name := range header {
		column := slices.Index(LivelihoodColumns, strings.ToLower(strings.TrimSpace(name)))
		// The file of rows that were not taken can be mended and sent again as it is.
		if column < 0 && (name == "line" || name == "error") {
			continue
		}
		if column < 0 {
			return nil, fault.Invalid.Say("The file has a column %q, which there is not.", name).At("file")
		}
		if at[column] >= 0 {
			return nil, fault.Invalid.Say("The file has the column %q twice.", name).At("file")
		}
		at[column] = i
	}
	for _, needed := range []string{"quarter", "figure", "value", "source", "confidence"} {
		if at[slices.Index(LivelihoodColumns, needed)] < 0 {
			return nil, fault.Invalid.Say("The file has no column %q.", needed).At("file")
		}
	}
	return at, nil
}

func readLivelihoodRow(line int, at []int, record []string, width int) livelihoodRow {
	row := livelihoodRow{line: line, cells: make([]string, len(at))}
	for i, column := range at {
		if column >= 0 && column < len(record) {
			row.cells[i] = strings.TrimSpace(record[column])
		}
	}
	if len(record) != width {
		row.fault = fault.Invalid.Say("The row has %d cells, the header %d.", len(record), width)
		return row
	}
	row.maker = row.cells[0]
	row.entry = LivelihoodEntry{Kind: LivelihoodKind(row.cells[2]), Value: row.cells[3], Currency: row.cells[4], Source: Source(row.cells[5]), Note: row.cells[7]}
	if row.entry.Quarter, row.fault = ParseQuarter(row.cells[1]); row.fault != nil {
		return row
	}
	row.entry.Confidence, row.fault = ParseConfidence(row.cells[6])
	return row
}
