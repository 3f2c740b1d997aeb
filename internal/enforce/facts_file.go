package enforce

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
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/fault"
)

// FactColumns is the columns of a file of facts, in the order exports write them. Of an import, kind and date are needed, and the order is free.
func FactColumns() []string {
	return []string{"kind", "date", "country", "region", "city", "latitude", "longitude", "authority", "brand", "goods", "quantity", "unit", "amount", "currency", "case", "note", "source"}
}

// The bounds of a file of facts.
const (
	MaxFactsFile = 16 << 20 // bytes
	MaxFacts     = 100_000  // rows
)

// FactRow is one row of a file: a fact, or what is wrong with it.
type FactRow struct {
	Number    int      // its line's place in the file, the header being 1
	Fields    []string // as given
	Fact      Fact     // its Case is still empty
	Reference string   // of the case it belongs to; empty for none
	Problem   error    // faults; nil when there is a fact
	key       string
}

// ReadFacts reads a CSV file of facts: UTF-8, a header of FactColumns, one fact a row. What is wrong with a row is told of that row. It returns fault.Invalid for a
// file that is none, and fault.TooLarge over the bounds.
func ReadFacts(file io.Reader, now time.Time) (header []string, rows []FactRow, err error) {
	content, err := io.ReadAll(io.LimitReader(file, MaxFactsFile+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read facts: %w", err)
	}
	if len(content) > MaxFactsFile {
		return nil, nil, fault.TooLarge.Say("A file has at most %d MB.", MaxFactsFile>>20)
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if f, ok := fault.As(db.Text(string(content))); ok {
		return nil, nil, f.At("file")
	}
	in := csv.NewReader(bytes.NewReader(content))
	in.FieldsPerRecord = -1
	if header, err = in.Read(); err != nil {
		return nil, nil, fault.Invalid.Say("The file has no header.").At("file").Because(err)
	}
	for i, name := range header {
		header[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(FactColumns(), header[i]) && !slices.Contains(rejectedColumns, header[i]) {
			return nil, nil, fault.Invalid.Say("The file has a column that is not known: %s.", shortened(name, 40)).At("file")
		}
		if slices.Contains(header[:i], header[i]) {
			return nil, nil, fault.Invalid.Say("The file has a column twice: %s.", header[i]).At("file")
		}
	}
	for _, needed := range []string{"kind", "date"} {
		if !slices.Contains(header, needed) {
			return nil, nil, fault.Invalid.Say("The file lacks the column %s.", needed).At("file")
		}
	}
	seen := map[string]int{}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return header, rows, nil
		}
		if len(rows) >= MaxFacts {
			return nil, nil, fault.TooLarge.Say("A file has at most %d rows.", MaxFacts)
		}
		row := FactRow{Number: len(rows) + 2, Fields: fields}
		switch {
		case err != nil:
			row.Problem = fault.Invalid.Say("The row cannot be read: its quotation marks do not match.").Because(err)
		case len(fields) != len(header):
			row.Problem = fault.Invalid.Say("The row has %d fields, the header %d.", len(fields), len(header))
		default:
			given := map[string]string{}
			for i, name := range header {
				given[name] = strings.TrimSpace(disarmed(fields[i]))
			}
			row.Fact, row.Problem = factOf(given, now)
			row.Reference = strings.ToUpper(given["case"])
			// The same fact in another file, or in this one sent again, is the same; twice in one file it is two.
			same := rowKey(row.Fact, row.Reference)
			seen[same]++
			row.key = same + "-" + strconv.Itoa(seen[same])
		}
		rows = append(rows, row)
	}
}

// rowKey names what a row says.
func rowKey(f Fact, reference string) string {
	f.Place.City, f.Brand = db.Fold(f.Place.City), db.Fold(f.Brand)
	raw, err := json.Marshal([]any{f.entry(), f.Place.Latitude, f.Place.Longitude, reference})
	if err != nil {
		panic(err) // texts and numbers that were parsed
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// factOf reads a row's fields.
func factOf(given map[string]string, now time.Time) (Fact, error) {
	var wrong []error
	keep := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	f := Fact{Kind: FactKind(strings.ToLower(given["kind"])), Place: Place{Country: given["country"], Region: given["region"], City: given["city"]}, Authority: given["authority"],
		Brand: given["brand"], Goods: given["goods"], Words: given["note"], Source: given["source"]}
	var err error
	if f.Day, err = parseDay(given["date"]); err != nil {
		keep(fault.Invalid.Say("Give the day as 2026-11-24; it cannot lie ahead.").At("date"))
		f.Day = now
	}
	for name, into := range map[string]*float64{"latitude": &f.Place.Latitude, "longitude": &f.Place.Longitude} {
		if given[name] == "" {
			continue
		}
		if *into, err = strconv.ParseFloat(given[name], 64); err != nil || *into != *into {
			*into = 0
			keep(fault.Invalid.Say("Give coordinates in degrees: 25.43.").At(name))
		}
	}
	if (given["latitude"] == "") != (given["longitude"] == "") {
		keep(fault.Invalid.Say("Give coordinates in degrees: 25.43.").At("latitude"))
	}
	unit := given["unit"]
	if unit == "" && (f.Kind == Arrest || f.Kind == Charge || f.Kind == Conviction) {
		unit = string(Persons)
	}
	if given["quantity"] != "" || unit != "" && f.Kind != Fine && f.Kind != Damages {
		f.Quantity, f.Unit, err = ParseQuantity(given["quantity"], unit)
		keep(err)
	}
	f.Money, err = ParseMoney(given["amount"], given["currency"], "amount")
	keep(err)
	f = f.clean()
	if len(wrong) > 0 {
		return f, errors.Join(wrong...) // what the rules would say of the rest is not to be trusted
	}
	return f, f.check(now)
}

func parseDay(text string) (time.Time, error) {
	if len(text) != len("2006-01-02") {
		return time.Time{}, errors.New("no day")
	}
	return time.Parse("2006-01-02", text)
}

// FactsReport is what became of a file of facts.
type FactsReport struct {
	Header   []string
	Rows     int
	Added    int
	Again    int       // known from an earlier import
	Rejected []FactRow // in the file's order
}

// factsAtOnce is how many rows one transaction takes.
const factsAtOnce = 200

// ImportFacts takes in a file of facts; dry tells what would become of it and keeps nothing. Good rows go in, whatever is wrong with others; the same file
// twice is one import. A row that names a case goes into it. Rows without a case are for those who may edit every case. It returns what ReadFacts returns;
// after an error of the database part may have gone in: sent again, nothing goes in twice.
func (c *Cases) ImportFacts(ctx context.Context, by access.User, file io.Reader, dry bool) (report FactsReport, err error) {
	if !by.Can(access.CaseEdit) {
		return report, by.May(access.CaseEdit, by.Org)
	}
	var now time.Time
	if err := c.DB.View(ctx, func(tx *db.Tx) error { now = tx.Now(); return nil }); err != nil {
		return report, err
	}
	header, rows, err := ReadFacts(file, now)
	if err != nil {
		return report, err
	}
	report = FactsReport{Header: header, Rows: len(rows)}
	run := c.DB.Tx
	if dry {
		run = c.DB.View
	}
	for some := range slices.Chunk(rows, factsAtOnce) {
		var piece FactsReport
		err := run(ctx, func(tx *db.Tx) error {
			piece = FactsReport{}
			for _, row := range some {
				if err := importFact(tx, by, row, dry, &piece); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return report, fmt.Errorf("import facts: %w", err)
		}
		report.Added, report.Again, report.Rejected = report.Added+piece.Added, report.Again+piece.Again, append(report.Rejected, piece.Rejected...)
	}
	return report, nil
}

// importFact takes in one row, or says why not. An error is of the database.
func importFact(tx *db.Tx, by access.User, row FactRow, dry bool, report *FactsReport) error {
	reject := func(why error) error {
		row.Problem = why
		report.Rejected = append(report.Rejected, row)
		return nil
	}
	if row.Problem != nil {
		return reject(row.Problem)
	}
	var m Case
	if row.Reference == "" {
		if err := by.May(access.CaseEdit, ""); err != nil {
			return reject(fault.Invalid.Say("Name the case the row belongs to.").At("case"))
		}
	} else {
		id, err := db.One(tx, db.Value[string], caseByReference, row.Reference)
		if err == nil {
			m, err = findCase(tx, by, access.CaseEdit, CaseID(id))
		}
		if f, ok := fault.As(err); ok && f.Kind != fault.Unavailable {
			return reject(fault.Invalid.Say("There is no such case.").At("case"))
		}
		if err != nil {
			return err
		}
	}
	if known, err := db.One(tx, db.Value[bool], knownFact, row.key); err != nil {
		return err
	} else if known {
		report.Again++
		return nil
	}
	report.Added++
	if dry {
		return nil
	}
	row.Fact.Case = m.ID
	d, err := addFact(tx, by, &row.Fact, row.key)
	if err != nil || m.ID == "" {
		return err
	}
	return perform(tx, by, &m, d)
}

// rejectedColumns are what WriteRejected adds to a file; an import passes over them, so that a mended file goes in as it is.
var rejectedColumns = []string{"row", "reason"}

// WriteRejected writes the rows that did not go in as a file of their own, each with its place and the reason, in words of say.
func (r FactsReport) WriteRejected(w io.Writer, say func(error) string) error {
	out := csv.NewWriter(w)
	kept := func(name string) bool { return !slices.Contains(rejectedColumns, name) }
	var header []string
	for _, name := range r.Header {
		if kept(name) {
			header = append(header, name)
		}
	}
	if err := out.Write(append(header, rejectedColumns...)); err != nil {
		return err
	}
	for _, row := range r.Rejected {
		line := make([]string, 0, len(header)+2)
		for i, name := range r.Header {
			if !kept(name) {
				continue
			}
			cell := ""
			if i < len(row.Fields) {
				cell = row.Fields[i]
			}
			line = append(line, armed(cell))
		}
		if err := out.Write(append(line, strconv.Itoa(row.Number), armed(say(row.Problem)))); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Fields is the fact in the columns of FactColumns, text armed against spreadsheets.
func (f Fact) Fields(reference string) []string {
	degrees := func(d float64) string {
		if f.Place.Latitude == 0 && f.Place.Longitude == 0 {
			return ""
		}
		return strconv.FormatFloat(d, 'f', -1, 64)
	}
	quantity := ""
	if f.Quantity != 0 {
		quantity = f.Quantity.String()
	}
	return []string{string(f.Kind), f.Day.Format("2006-01-02"), f.Place.Country, f.Place.Region, armed(f.Place.City), degrees(f.Place.Latitude), degrees(f.Place.Longitude), armed(f.Authority), armed(f.Brand),
		armed(f.Goods), quantity, string(f.Unit), f.Money.Amount(), f.Money.Currency, reference, armed(f.Words), armed(f.Source)}
}
