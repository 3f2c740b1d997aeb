package cli

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/term"
	"golang.org/x/text/width"

	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
)

// resultWriter writes results in one format. render runs on many goroutines at once and appends one result; the other
// methods are called in order by one.
type resultWriter interface {
	begin() error
	render(dst []byte, l *market.Listing, r *detect.Result) ([]byte, error)
	write(rendered []byte) error
	flush() error // what was written, when nothing follows at the moment
	end(run *scanRun) error
}

func newResultWriter(format string, w *bufio.Writer, terminal bool, brands []brand.Brand, env []string) resultWriter {
	names := make(map[brand.ID]string, len(brands))
	for _, b := range brands {
		names[b.ID] = b.Name
	}
	base := plainWriter{w: w}
	switch format {
	case "jsonl":
		return jsonlWriter{base}
	case "csv":
		return csvWriter{base}
	case "html":
		return htmlWriter{base, names}
	}
	columns := 120
	if terminal {
		if n, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && n > 40 {
			columns = n
		}
	}
	colour := terminal && !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "NO_COLOR=") && e != "NO_COLOR=" })
	return tableWriter{base, names, columns, colour}
}

type plainWriter struct{ w *bufio.Writer }

func (p plainWriter) begin() error { return nil }

func (p plainWriter) write(rendered []byte) error {
	_, err := p.w.Write(rendered)
	return err
}

func (p plainWriter) flush() error { return p.w.Flush() }

func (p plainWriter) end(*scanRun) error { return p.w.Flush() }

type jsonlWriter struct{ plainWriter }

func (jsonlWriter) render(dst []byte, _ *market.Listing, r *detect.Result) ([]byte, error) {
	if r.Signals == nil {
		r.Signals = []detect.Signal{}
	}
	for i := range r.Signals {
		r.Signals[i].Args = detect.Arguments{} // Evidence says it in words already
	}
	out := bytes.NewBuffer(dst)
	// Evidence may cut a text in the middle of a character.
	err := json.MarshalWrite(out, r, jsontext.AllowInvalidUTF8(true))
	return append(out.Bytes(), '\n'), err
}

type csvWriter struct{ plainWriter }

func (c csvWriter) begin() error {
	return c.write([]byte("id,verdict,score,brand,title,price,currency,seller,why\n"))
}

func (csvWriter) render(dst []byte, l *market.Listing, r *detect.Result) ([]byte, error) {
	price := ""
	if l.Price != nil {
		price = strconv.FormatFloat(*l.Price, 'f', -1, 64)
	}
	for i, cell := range [...]string{string(r.ID), string(r.Verdict), strconv.FormatFloat(r.Score, 'f', 4, 64), string(r.Brand), l.Title, price, l.Currency, string(l.Seller.ID), why(r, 8)} {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, cell)
	}
	return append(dst, '\n'), nil
}

// appendCell writes a cell, in quotes where it needs them. A spreadsheet takes a cell that begins with one of these signs for a formula, so
// an apostrophe goes before it.
func appendCell(dst []byte, cell string) []byte {
	formula := cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0
	if !formula && !strings.ContainsAny(cell, "\",\r\n") {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	if formula {
		dst = append(dst, '\'')
	}
	dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
	return append(dst, '"')
}

// why is the strongest signals for the verdict in words.
func why(r *detect.Result, most int) string {
	var words []string
	for _, s := range r.Signals {
		if s.Weight <= 0 && r.Verdict != detect.Clear {
			continue
		}
		if words = append(words, s.Evidence); len(words) == most {
			break
		}
	}
	return strings.Join(words, "; ")
}

type tableWriter struct {
	plainWriter
	names  map[brand.ID]string
	width  int
	colour bool
}

const tableID, tableBrand = 14, 14

func (t tableWriter) begin() error {
	return t.write([]byte(t.row("VERDICT", "SCORE", "LISTING", "BRAND", "TITLE AND WHY", "")))
}

func (t tableWriter) row(verdict, score, id, brandName, text, colour string) string {
	left := fmt.Sprintf("%s  %s  %s  %s  ", pad(verdict, 7), pad(score, 5), pad(visible(id), tableID), pad(visible(brandName), tableBrand))
	text = strings.TrimRight(pad(visible(text), max(t.width-7-5-tableID-tableBrand-8, 20)), " ")
	if colour != "" {
		return colour + left + "\x1b[0m" + text + "\n"
	}
	return strings.TrimRight(left+text, " ") + "\n"
}

func (t tableWriter) render(dst []byte, l *market.Listing, r *detect.Result) ([]byte, error) {
	colour := ""
	if t.colour {
		colour = map[detect.Verdict]string{detect.Fake: "\x1b[1;31m", detect.Review: "\x1b[33m", detect.Clear: "\x1b[32m"}[r.Verdict]
	}
	dst = append(dst, t.row(string(r.Verdict), fmt.Sprintf("%.2f", r.Score), string(r.ID), t.names[r.Brand], l.Title, colour)...)
	for i, s := range r.Signals {
		if i == 3 {
			break
		}
		dst = append(dst, t.row("", "", "", "", fmt.Sprintf("%+5.1f  %s", s.Weight, s.Evidence), "")...)
	}
	return dst, nil
}

func (t tableWriter) end(run *scanRun) error {
	shown := run.listings
	if run.least != "" {
		shown = run.counts[detect.Fake]
		if run.least == detect.Review {
			shown += run.counts[detect.Review]
		}
	}
	if shown == 0 {
		if err := t.write([]byte("nothing to show at this verdict\n")); err != nil {
			return err
		}
	}
	return t.w.Flush()
}

// visible takes away what a hostile title could do to a terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x200b || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s)
}

// pad cuts or fills a text to a number of columns; Han and full-width characters take two.
func pad(s string, columns int) string {
	used := 0
	for i, r := range s {
		w := 1
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			w = 2
		}
		if used+w > columns || used+w == columns && i+len(string(r)) < len(s) {
			return s[:i] + "…" + strings.Repeat(" ", max(columns-used-1, 0))
		}
		used += w
	}
	return s + strings.Repeat(" ", columns-used)
}

// A report in HTML stands on its own: no script, no file beside it, dark where the reader's system is dark, and fit to print.
type htmlWriter struct {
	plainWriter
	names map[brand.ID]string
}

//go:embed report.html
var reportText string

var reportTemplate = template.Must(template.New("report").Parse(reportText))

func (h htmlWriter) part(name string, data any) error {
	return reportTemplate.ExecuteTemplate(h.w, name, data)
}

func (h htmlWriter) begin() error { return h.part("head", nil) }

type reportFoot struct {
	Listings, Fake, Review, Clear, Bad int64
	Stopped                            bool
}

type reportRow struct {
	*detect.Result
	Listing   *market.Listing
	BrandName string
	Price     string
	Percent   string
}

func (h htmlWriter) render(dst []byte, l *market.Listing, r *detect.Result) ([]byte, error) {
	out := bytes.NewBuffer(dst)
	row := reportRow{Result: r, Listing: l, BrandName: h.names[r.Brand], Percent: fmt.Sprintf("%.0f %%", 100*r.Score)}
	if l.Price != nil {
		row.Price = strconv.FormatFloat(*l.Price, 'f', -1, 64) + " " + l.Currency
	}
	err := reportTemplate.ExecuteTemplate(out, "row", row)
	return out.Bytes(), err
}

func (h htmlWriter) end(run *scanRun) error {
	err := h.part("foot", reportFoot{run.listings, run.counts[detect.Fake], run.counts[detect.Review], run.counts[detect.Clear], run.bad, run.stopped})
	if err != nil {
		return err
	}
	return h.w.Flush()
}
