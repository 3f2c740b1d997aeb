package brand

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/ownmark/ownmark/internal/fault"
)

// The bounds of a brands file.
const (
	maxLine     = 8 << 20 // bytes: 20,000 sellers fit
	maxBrands   = 200_000
	maxProblems = 100 // after so many the rest of the file is not looked at
)

var fileFields = []string{"id", "name", "aliases", "categories", "nice_classes", "ambiguous", "authorised_sellers", "prices", "note"}

// Read reads a brands file: CSV when name ends in .csv, else JSONL as of Brand. The brands are Clean; whether they keep the rules is for
// Check, which Import asks for each. It returns every fault.Invalid, joined, each at its line ("lines[3]", "lines[3].aliases"), and
// fault.TooLarge past 200,000 brands.
//
// In CSV lists are separated by "|", and the price of a category is a column of its own: price_shoes with "USD 55 110" for currency, low
// and typical. A list of sellers that the file does not have is nil, which Import takes for "as it is".
func Read(r io.Reader, name string) ([]Brand, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
	}
	if strings.HasSuffix(strings.ToLower(name), ".csv") {
		return readCSV(in)
	}
	return readLines(in)
}

type problems []error

func (p *problems) at(line int, field string, f *fault.Fault) {
	where := fmt.Sprintf("lines[%d]", line)
	if field != "" {
		where += "." + field
	}
	*p = append(*p, f.At(where))
}

func readLines(in *bufio.Reader) ([]Brand, error) {
	var brands []Brand
	var wrong problems
	for line := 1; len(wrong) < maxProblems; line++ {
		text, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if f, ok := fault.As(err); ok {
			wrong.at(line, "", f)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read brands, line %d: %w", line, err)
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		b, field, f := parseLine(text)
		if f != nil {
			wrong.at(line, field, f)
			continue
		}
		if len(brands) == maxBrands {
			return nil, fault.TooLarge.Say("A brands file has at most %d brands.", maxBrands)
		}
		brands = append(brands, Clean(b))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return brands, nil
}

// readLine reads one line without its end. Of a line that is too long it reads on to the end and returns fault.Invalid.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			return nil, fault.Invalid.Say("The line is longer than %d MiB.", maxLine>>20)
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimRight(line, "\r\n"), nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

func parseLine(text []byte) (b Brand, field string, wrong *fault.Fault) {
	if !utf8.Valid(text) {
		return b, "", fault.Invalid.Say("The line is not valid UTF-8.")
	}
	err := json.Unmarshal(text, &b, json.RejectUnknownMembers(true))
	if err == nil {
		return b, "", nil
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		path := strings.TrimPrefix(string(semantic.JSONPointer), "/")
		first, _, _ := strings.Cut(path, "/")
		if errors.Is(err, json.ErrUnknownName) {
			if strings.Contains(path, "/") {
				return b, path, fault.Invalid.Say("The field is not known. A price has currency, low and typical.").Because(err)
			}
			return b, path, fault.Invalid.Say("The field is not known. Known fields are %s.", strings.Join(fileFields, ", ")).Because(err)
		}
		return b, first, fault.Invalid.Say("The field has a value of the wrong kind.").Because(err)
	}
	return b, "", fault.Invalid.Say("The line is not a JSON object.").Because(err)
}

const (
	listSeparator = "|"
	pricePrefix   = "price_"
)

func readCSV(in io.Reader) ([]Brand, error) {
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Invalid.Say("The file's first line is not a CSV header.").At("lines[1]").Because(err)
	}
	header = slices.Clone(header)
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	var brands []Brand
	var wrong problems
	for len(wrong) < maxProblems {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			wrong.at(bad.Line, "", fault.Invalid.Say("The line does not have the header's columns.").Because(err))
			if errors.Is(err, csv.ErrFieldCount) {
				continue
			}
			break // after a stray quote nothing else is where it seems
		}
		if err != nil {
			return nil, fmt.Errorf("read brands: %w", err)
		}
		line, _ := rows.FieldPos(0)
		b, field, f := parseRow(header, row)
		if f != nil {
			wrong.at(line, field, f)
			continue
		}
		if len(brands) == maxBrands {
			return nil, fault.TooLarge.Say("A brands file has at most %d brands.", maxBrands)
		}
		brands = append(brands, Clean(b))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return brands, nil
}

func checkHeader(header []string) error {
	for i, column := range header {
		column = strings.ToLower(strings.TrimSpace(column))
		header[i] = column
		category, isPrice := strings.CutPrefix(column, pricePrefix)
		if isPrice && slices.Contains(Categories, category) || column != "prices" && slices.Contains(fileFields, column) {
			if slices.Contains(header[:i], column) {
				return fault.Invalid.Say("The column %q is there twice.", column).At("lines[1]")
			}
			continue
		}
		return fault.Invalid.Say("The column %q is not known. Known are %s, and a column such as price_shoes for each category.", column, "id, name, aliases, categories, nice_classes, ambiguous, authorised_sellers, note").At("lines[1]")
	}
	if !slices.Contains(header, "id") || !slices.Contains(header, "name") {
		return fault.Invalid.Say("The file needs the columns id and name.").At("lines[1]")
	}
	return nil
}

func parseRow(header, row []string) (b Brand, field string, wrong *fault.Fault) {
	for i, column := range header {
		cell := strings.TrimSpace(row[i])
		if !utf8.ValidString(cell) {
			return b, column, fault.Invalid.Say("The text is not valid UTF-8.")
		}
		switch column {
		case "id":
			b.ID = ID(cell)
		case "name":
			b.Name = cell
		case "aliases":
			b.Aliases = split(cell)
		case "categories":
			b.Categories = split(cell)
		case "authorised_sellers":
			b.AuthorisedSellers = split(cell)
		case "note":
			b.Note = cell
		case "nice_classes":
			for _, text := range split(cell) {
				class, err := strconv.Atoi(strings.TrimSpace(text))
				if err != nil {
					return b, column, fault.Invalid.Say("Nice classes go from 1 to 45.").Because(err)
				}
				b.NiceClasses = append(b.NiceClasses, class)
			}
		case "ambiguous":
			if cell == "" {
				continue
			}
			yes, err := strconv.ParseBool(strings.ToLower(cell))
			if err != nil {
				return b, column, fault.Invalid.Say("This must be true or false.").Because(err)
			}
			b.Ambiguous = yes
		default:
			if cell == "" {
				continue
			}
			price, err := parsePrice(cell)
			if err != nil {
				return b, column, fault.Invalid.Say(`A price is written as "USD 55 110": currency, low, typical.`).Because(err)
			}
			if b.Prices == nil {
				b.Prices = map[string]Price{}
			}
			b.Prices[strings.TrimPrefix(column, pricePrefix)] = price
		}
	}
	return b, "", nil
}

// split is never nil: the column is there, so an empty cell says "none".
func split(cell string) []string {
	if cell == "" {
		return []string{}
	}
	return strings.Split(cell, listSeparator)
}

func parsePrice(cell string) (Price, error) {
	parts := strings.Fields(cell)
	if len(parts) != 3 {
		return Price{}, fmt.Errorf("%d parts", len(parts))
	}
	low, err := strconv.ParseFloat(parts[1], 64)
	if err != nil {
		return Price{}, err
	}
	typical, err := strconv.ParseFloat(parts[2], 64)
	if err != nil {
		return Price{}, err
	}
	if math.IsInf(low, 0) || math.IsInf(typical, 0) {
		return Price{}, errors.New("infinite")
	}
	return Price{parts[0], low, typical}, nil
}

// Write writes brands as Read reads them: CSV when name ends in .csv, else JSONL. It returns the first error of brands or of w.
func Write(w io.Writer, name string, brands iter.Seq2[Brand, error]) error {
	if strings.HasSuffix(strings.ToLower(name), ".csv") {
		return writeCSV(w, brands)
	}
	for b, err := range brands {
		if err != nil {
			return err
		}
		line, err := json.Marshal(b, json.Deterministic(true))
		if err != nil {
			return fmt.Errorf("write brand %s: %w", b.ID, err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func writeCSV(w io.Writer, brands iter.Seq2[Brand, error]) error {
	out := csv.NewWriter(w)
	header := []string{"id", "name", "aliases", "categories", "nice_classes", "ambiguous", "authorised_sellers", "note"}
	for _, category := range Categories {
		header = append(header, pricePrefix+category)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for b, err := range brands {
		if err != nil {
			return err
		}
		row := []string{
			string(b.ID), b.Name, strings.Join(b.Aliases, listSeparator), strings.Join(b.Categories, listSeparator), strings.Join(numbers(b.NiceClasses), listSeparator),
			strconv.FormatBool(b.Ambiguous), strings.Join(b.AuthorisedSellers, listSeparator), b.Note,
		}
		for _, category := range Categories {
			cell := ""
			if p, ok := b.Prices[category]; ok {
				cell = p.Currency + " " + number(p.Low) + " " + number(p.Typical)
			}
			row = append(row, cell)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
