package enforce

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/encoding/unicode"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// ClaimRow is one row of a file of claims. Who speaks (e-mail, good faith, guarantee) is said once for all rows, not in the file.
type ClaimRow struct {
	Line     int    `json:"-"` // of the file, on which the row begins, from 1
	Listing  string `json:"listing"`
	Right    string `json:"right"`  // its id; or else:
	Office   string `json:"office"` // and number, of a registration in the vault
	Number   string `json:"number"`
	Reasons  string `json:"reasons"`
	Evidence string `json:"evidence"`
	Location string `json:"location"`

	Raw     string `json:"-"` // of a row that cannot be read: what stood there, shortened
	Problem error  `json:"-"` // why it cannot be read; nil when it can
}

// Claim is the row as a claim, signed as the other one is.
func (r ClaimRow) Claim(signed Claim) Claim {
	signed.Listing, signed.Right = market.ListingID(r.Listing), RightID(r.Right)
	signed.Reasons, signed.Evidence, signed.Location = r.Reasons, r.Evidence, r.Location
	return signed
}

// The bounds of a file of claims.
const (
	MaxClaimFile = 32 << 20 // bytes
	MaxClaimRows = 50_000
	maxRaw       = 500 // runes
)

// claimColumns are the columns of a file of claims and what else they may be called. The last three are those of a file of refused rows, which may be mended and
// sent as it is; they are not read.
var claimColumns = []claimColumn{
	{"listing", []string{"listing_id", "商品编号", "商品id"}, func(r *ClaimRow) *string { return &r.Listing }},
	{"right", []string{"right_id", "权利编号", "权利"}, func(r *ClaimRow) *string { return &r.Right }},
	{"office", []string{"授权机构"}, func(r *ClaimRow) *string { return &r.Office }},
	{"number", []string{"registration", "注册号"}, func(r *ClaimRow) *string { return &r.Number }},
	{"reasons", []string{"reason", "理由"}, func(r *ClaimRow) *string { return &r.Reasons }},
	{"evidence", []string{"证据"}, func(r *ClaimRow) *string { return &r.Evidence }},
	{"location", []string{"url", "网址"}, func(r *ClaimRow) *string { return &r.Location }},
	{"problem", nil, nil},
	{"line", nil, nil},
	{"row", nil, nil},
}

type claimColumn struct {
	name  string
	also  []string
	field func(*ClaimRow) *string // where its cells go; nil when they are not read
}

// ReadClaims reads a file of claims: CSV with a header, its cells separated by commas, semicolons or tabs, or JSONL, an object a line. It is UTF-8, or
// UTF-16 with a byte order mark, as spreadsheets write it. A row that cannot be read has its Problem and keeps no other out. It returns
// fault.TooLarge over a bound and fault.Invalid for what is no such file, both at "file".
func ReadClaims(content []byte) ([]ClaimRow, error) {
	if len(content) > MaxClaimFile {
		return nil, fault.TooLarge.Say("A file of notices has at most %d MB.", MaxClaimFile>>20).At("file")
	}
	text, err := plainText(content)
	if err != nil {
		return nil, err
	}
	first := bytes.TrimLeft(text, " \t\r\n")
	if len(first) == 0 {
		return nil, fault.Invalid.Say("The file is empty.").At("file")
	}
	var rows []ClaimRow
	if first[0] == '{' {
		rows, err = claimLines(text)
	} else {
		rows, err = claimTable(text)
	}
	if err == nil && len(rows) == 0 {
		err = fault.Invalid.Say("The file has no rows.").At("file")
	}
	return rows, err
}

func plainText(content []byte) ([]byte, error) {
	unreadable := fault.Invalid.Say("The file is not UTF-8 text. A spreadsheet saves it so as “CSV UTF-8”.").At("file")
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(content)
		if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
			return nil, unreadable.Because(err)
		}
		return text, nil
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if !utf8.Valid(content) {
		return nil, unreadable
	}
	return content, nil
}

func tooManyRows() error {
	return fault.TooLarge.Say("A file of notices has at most %d rows.", MaxClaimRows).At("file")
}

func claimTable(text []byte) ([]ClaimRow, error) {
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma = cellsEnd(text)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, fault.Invalid.Say("The first line must name the columns: listing, right, reasons, evidence, location.").At("file").Because(err)
	}
	fields, err := claimHeader(header)
	if err != nil {
		return nil, err
	}
	var rows []ClaimRow
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		var row ClaimRow
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			row = ClaimRow{Line: broken.StartLine, Problem: fault.Invalid.Say("A quote in this row has no end, or stands where none may.")}
		} else if err != nil {
			return nil, err
		} else if row = tableRow(cells, fields); row == (ClaimRow{}) {
			continue // a row of nothing, as spreadsheets leave them
		} else {
			row.Line, _ = in.FieldPos(0)
		}
		if len(rows) == MaxClaimRows {
			return nil, tooManyRows()
		}
		rows = append(rows, row)
	}
}

// claimHeader says which column is which; nil for one that is not read.
func claimHeader(header []string) ([]func(*ClaimRow) *string, error) {
	fields := make([]func(*ClaimRow) *string, len(header))
	named := map[string]bool{}
	for i, cell := range header {
		cell = strings.ToLower(strings.TrimSpace(cell))
		if cell == "" {
			continue
		}
		at := slices.IndexFunc(claimColumns, func(c claimColumn) bool { return c.name == cell || slices.Contains(c.also, cell) })
		if at < 0 {
			return nil, fault.Invalid.Say("The column %q is not known. The columns are listing, right or office and number, reasons, evidence, location.", shortened(cell, 40)).At("file")
		}
		column := claimColumns[at]
		if named[column.name] {
			return nil, fault.Invalid.Say("The column %q is there twice.", column.name).At("file")
		}
		named[column.name], fields[i] = true, column.field
	}
	for _, needed := range []string{"listing", "reasons"} {
		if !named[needed] {
			return nil, fault.Invalid.Say("The column %q is missing.", needed).At("file")
		}
	}
	if !named["right"] && !named["number"] {
		return nil, fault.Invalid.Say("The column %q is missing.", "right").At("file")
	}
	return fields, nil
}

// tableRow is a row of cells; the zero row when there is nothing in it.
func tableRow(cells []string, fields []func(*ClaimRow) *string) (row ClaimRow) {
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
		case i >= len(fields):
			row.Problem = fault.Invalid.Say("The row has more cells than the header.")
			row.Raw = shortened(strings.Join(cells, ","), maxRaw)
		case fields[i] != nil:
			*fields[i](&row) = disarmed(cell)
		}
	}
	return row
}

// cellsEnd is what stands between the cells of the first line.
func cellsEnd(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, r := range ";\t" {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

func claimLines(text []byte) ([]ClaimRow, error) {
	var rows []ClaimRow
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(rows) == MaxClaimRows {
			return nil, tooManyRows()
		}
		row := ClaimRow{}
		if err := json.Unmarshal(line, &row, json.RejectUnknownMembers(true)); err != nil {
			row = ClaimRow{Raw: shortened(string(line), maxRaw), Problem: fault.Invalid.Say("The line is no JSON object with these texts: listing, right or office and number, reasons, evidence, location.").Because(err)}
		}
		row.Line = number
		rows = append(rows, row)
	}
	return rows, nil
}

// Refused is a row that became no notice, and why in words.
type Refused struct {
	ClaimRow
	Why string
}

// WriteRefused writes rows as a table that can be mended and sent again: with a byte order mark, which spreadsheets need to read Chinese, and no cell that they would
// take for a formula.
func WriteRefused(w io.Writer, rows []Refused) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	header := []string{"problem", "line", "listing", "right", "office", "number", "reasons", "evidence", "location", "row"}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, r := range rows {
		cells := []string{r.Why, strconv.Itoa(r.Line), r.Listing, r.Right, r.Office, r.Number, r.Reasons, r.Evidence, r.Location, r.Raw}
		for i := range cells {
			cells[i] = armed(cells[i])
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formulaSigns begin what a spreadsheet takes for a formula.
const formulaSigns = "=+-@\t\r"

// armed keeps a spreadsheet from taking a stranger's text for a formula; disarmed takes that away again.
func armed(cell string) string {
	if cell != "" && strings.IndexByte(formulaSigns, cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

func disarmed(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte(formulaSigns, cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}

func shortened(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
