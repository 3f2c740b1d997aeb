package market

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/ownmark/ownmark/internal/fault"
)

// Format is how listings are written down.
type Format string

// The formats a Feed reads.
const (
	FormatAuto   Format = ""       // found from the content
	FormatJSONL  Format = "jsonl"  // one listing a line
	FormatJSON   Format = "json"   // an array of listings, or listings one after the other
	FormatCSV    Format = "csv"    // with a header; separated by comma, semicolon, bar or tab
	FormatXML    Format = "xml"    // Google Merchant feed, RSS 2.0 or Atom with g: fields
	FormatJSONLD Format = "jsonld" // schema.org Product, also inside an HTML page
)

// Formats are the formats by name.
var Formats = []Format{FormatJSONL, FormatJSON, FormatCSV, FormatXML, FormatJSONLD}

// The bounds of a feed.
const (
	maxRecord   = 4 << 20   // bytes of one record
	chunkSize   = 256 << 10 // bytes of lines handed out together
	chunkItems  = 256       // listings handed out together where the format has no lines
	maxDepth    = 64        // levels of arrays, objects or elements
	bombSize    = 256 << 20 // unpacked bytes from which on the ratio is looked at
	bombRatio   = 250       // unpacked bytes for each packed one beyond which a file is taken for a bomb
	maxUnpacked = 256 << 30 // unpacked bytes of one file, unless FeedOptions says otherwise
	sniffSize   = 64 << 10
	zstdWindows = 128 << 20 // bytes of memory a zstd frame may ask for
)

// FeedOptions say what is known of a feed beforehand.
type FeedOptions struct {
	Format Format
	Map    map[string]string // our field → the feed's own name for it; see Fields

	// MaxUnpacked is how many bytes a packed feed may unpack to; 0 is 256 GiB.
	MaxUnpacked int64
}

// BadRecord is a record that is not a listing. The rest of the feed is read on.
type BadRecord struct {
	File   string
	Line   int64  // from 1; where the record begins
	Field  string // "price", "seller.joined"; empty when the whole record is meant
	Reason string
}

func (b *BadRecord) Error() string {
	if b.Field != "" {
		return fmt.Sprintf("%s:%d: %s: %s", b.File, b.Line, b.Field, b.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", b.File, b.Line, b.Reason)
}

// Feed reads listings from a file or stream, in constant memory however long it is.
//
// One goroutine calls Next for chunk after chunk, which is cheap for formats of lines; others may parse the chunks.
type Feed struct {
	name   string
	format Format
	utf16  bool // decoded already, whatever the text says of itself
	next   func() (*Chunk, error)
	close  []func()
}

// Chunk is a run of records. Its Each may be called on another goroutine than Next, once.
type Chunk struct {
	file  string
	line  int64
	lines []byte  // whole records still to be parsed,
	table *layout // rows under this header, or lines of JSON when nil; or
	items []item  // records already parsed
}

type item struct {
	line    int64
	listing Listing
	bad     *BadRecord
}

// OpenFeed begins to read a feed; name is for messages. It unpacks gzip and zstd, finds format and encoding from the first 64
// KiB, and reads a header where there is one. It returns fault.Invalid for what cannot be a feed. An empty feed is one
// without listings.
func OpenFeed(name string, r io.Reader, o FeedOptions) (*Feed, error) {
	f := &Feed{name: name, format: o.Format}
	in, err := f.unpack(r, o.MaxUnpacked)
	if err != nil {
		return nil, err
	}
	in, err = f.decode(in)
	if err != nil {
		f.Close()
		return nil, err
	}
	for ours := range o.Map {
		if !slices.Contains(Fields, ours) {
			f.Close()
			return nil, fault.Invalid.Say("There is no field %q; the fields are %s.", ours, strings.Join(Fields, ", ")).At("map")
		}
	}
	switch f.format {
	case FormatJSONL:
		f.next = f.jsonLines(in)
	case FormatJSON:
		f.next = f.jsonValues(in)
	case FormatCSV:
		f.next, err = f.rows(in, o.Map)
	case FormatXML:
		f.next = f.entries(in, o.Map)
	case FormatJSONLD:
		f.next = f.products(in)
	default:
		err = fault.Invalid.Say("There is no format %q.", f.format)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Format is the format that was given or found.
func (f *Feed) Format() Format { return f.format }

// Next gives the next chunk, or io.EOF at the end. Any other error ends the feed: what follows cannot be found again.
func (f *Feed) Next() (*Chunk, error) { return f.next() }

// Close lets go of what unpacking held. It does not close the reader given.
func (f *Feed) Close() {
	for _, fn := range f.close {
		fn()
	}
	f.close = nil
}

// Each parses the chunk and gives each record in order: a listing, or why it is none. The listing is only valid until yield
// returns. It stops when yield returns false.
func (c *Chunk) Each(yield func(line int64, l *Listing, bad *BadRecord) bool) {
	if c.table != nil {
		c.eachRow(yield)
		return
	}
	if c.lines != nil {
		c.eachLine(yield)
		return
	}
	for i := range c.items {
		it := &c.items[i]
		if !yield(it.line, &it.listing, it.bad) {
			return
		}
	}
}

// Numbered is a listing with the line it began at.
type Numbered struct {
	Line    int64
	Listing Listing
}

// ReadListings reads a feed one listing after the other, for listings that are to be kept: what Storable refuses is a bad record
// too. Bad records come as *BadRecord and reading goes on; any other error is the last.
func ReadListings(name string, r io.Reader, o FeedOptions) iter.Seq2[Numbered, error] {
	return func(yield func(Numbered, error) bool) {
		feed, err := OpenFeed(name, r, o)
		if err != nil {
			yield(Numbered{}, err)
			return
		}
		defer feed.Close()
		for {
			chunk, err := feed.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Numbered{}, err)
				return
			}
			going := true
			chunk.Each(func(line int64, l *Listing, bad *BadRecord) bool {
				if bad == nil {
					if bad = storableProblem(l); bad != nil {
						bad.File, bad.Line = name, line
					}
				}
				if bad != nil {
					going = yield(Numbered{Line: line}, bad)
				} else {
					going = yield(Numbered{line, l.clone()}, nil)
				}
				return going
			})
			if !going {
				return
			}
		}
	}
}

// clone is a listing that shares nothing that is written again.
func (l *Listing) clone() Listing {
	c := *l
	c.Images = slices.Clone(l.Images)
	c.Price, c.Quantity = own(l.Price), own(l.Quantity)
	c.Seller.Ratings, c.Seller.Positive = own(l.Seller.Ratings), own(l.Seller.Positive)
	return c
}

func own[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// unpack takes off one layer of gzip or zstd.
func (f *Feed) unpack(r io.Reader, most int64) (io.Reader, error) {
	if most <= 0 {
		most = maxUnpacked
	}
	packed := &counter{r: r}
	in := bufio.NewReaderSize(packed, sniffSize)
	var out io.Reader
	switch magic, _ := in.Peek(4); {
	case isGzip(magic):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fault.Invalid.Say("%s begins like gzip but cannot be unpacked.", f.name).Because(err)
		}
		out = z
	case isZstd(magic):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(zstdWindows), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, fault.Invalid.Say("%s begins like zstd but cannot be unpacked.", f.name).Because(err)
		}
		f.close = append(f.close, z.Close)
		out = z
	default:
		return in, nil
	}
	inside := bufio.NewReaderSize(&bombGuard{r: out, packed: packed, name: f.name, most: most}, sniffSize)
	if magic, _ := inside.Peek(4); isGzip(magic) || isZstd(magic) {
		return nil, fault.Invalid.Say("%s is packed twice. Unpack it once.", f.name)
	}
	return inside, nil
}

func isGzip(b []byte) bool { return len(b) >= 2 && b[0] == 0x1f && b[1] == 0x8b }
func isZstd(b []byte) bool { return bytes.HasPrefix(b, []byte{0x28, 0xb5, 0x2f, 0xfd}) }

type counter struct {
	r   io.Reader
	n   int64
	err error // that of the last Read, io.EOF left out: what failed is the reader, not the packing
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != io.EOF {
		c.err = err
	}
	return n, err
}

// bombGuard ends a feed that unpacks to far more than feeds do.
type bombGuard struct {
	r      io.Reader
	packed *counter
	name   string
	most   int64
	n      int64
}

func (g *bombGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if g.n += int64(n); g.n > bombSize && g.n/bombRatio > g.packed.n {
		return 0, fault.TooLarge.Say("%s unpacks to more than %d times its size; it is taken for a decompression bomb.", g.name, bombRatio)
	}
	if g.n > g.most {
		return 0, fault.TooLarge.Say("%s unpacks to more than %d bytes. Split it.", g.name, g.most)
	}
	if _, ours := fault.As(err); err != nil && err != io.EOF && !ours && g.packed.err == nil {
		err = fault.Invalid.Say("%s is damaged: it cannot be unpacked to its end.", g.name).Because(err)
	}
	return n, err
}

// decode brings the text to UTF-8 and finds the format where it was not given.
func (f *Feed) decode(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, sniffSize)
	head, err := beginning(in)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		_, _ = in.Discard(3)
		head = head[3:]
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		f.utf16 = true
		utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()
		in = bufio.NewReaderSize(transform.NewReader(in, utf16), sniffSize)
		if head, err = in.Peek(sniffSize); err != nil && err != io.EOF {
			return nil, err
		}
	}
	if f.format == FormatAuto {
		f.format = sniff(head)
	}
	if f.format == FormatCSV && isGB18030(head) {
		// Spreadsheets on Chinese machines write GB18030; no other encoding is guessed at.
		gb := simplifiedchinese.GB18030.NewDecoder()
		return bufio.NewReaderSize(transform.NewReader(in, gb), sniffSize), nil
	}
	return in, nil
}

// beginning is the text by which a feed's encoding and format are told. Listings that somebody writes line by line are told by the
// first that comes, and so answered as they come; any other feed is waited for.
func beginning(in *bufio.Reader) ([]byte, error) {
	if _, err := in.Peek(1); err != nil {
		return nil, err
	}
	head, err := in.Peek(in.Buffered())
	if line, _, whole := bytes.Cut(head, []byte("\n")); whole && sniff(line) == FormatJSONL && json.Valid(line) {
		return head, err
	}
	return in.Peek(sniffSize)
}

// isGB18030 reports whether a text is written in GB18030 rather than in UTF-8 with some of it broken: all of it can be read so, most of
// its characters are of the two high bytes that everyday Chinese has, and fewer are UTF-8's.
func isGB18030(head []byte) bool {
	unlike := 0 // characters beyond ASCII as UTF-8 has them, less the bytes that UTF-8 cannot have
	for b := head; len(b) > 0; {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 && utf8.FullRune(b) {
			unlike--
		} else if size > 1 {
			unlike++
		}
		b = b[size:]
	}
	if unlike >= 0 {
		return false
	}
	everyday, rare := 0, 0
	for i := 0; i+1 < len(head); i++ {
		first, second := head[i], head[i+1]
		switch {
		case first < 0x80:
			continue
		case first == 0x80 || first == 0xff:
			return false
		case second >= 0xa1 && second <= 0xfe && first >= 0xa1:
			everyday++
		case second >= 0x40 && second <= 0xfe && second != 0x7f:
			rare++
		case second >= '0' && second <= '9':
			rare++
			i += 2
		default:
			return false
		}
		i++
	}
	return everyday > rare
}

// sniff finds the format from the first bytes of a feed.
func sniff(head []byte) Format {
	text := bytes.TrimLeft(head, " \t\r\n")
	lower := bytes.ToLower(text)
	switch {
	case len(text) == 0:
		return FormatJSONL
	case text[0] == '<':
		if bytes.HasPrefix(lower, []byte("<!doctype html")) || bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("application/ld+json")) {
			return FormatJSONLD
		}
		return FormatXML
	case text[0] == '[', text[0] == '{':
		if bytes.Contains(text, []byte(`"@type"`)) || bytes.Contains(text, []byte(`"@context"`)) || bytes.Contains(text, []byte(`"@graph"`)) {
			return FormatJSONLD
		}
		line, _, more := bytes.Cut(text, []byte("\n"))
		if line = bytes.TrimSpace(line); text[0] == '[' || more && len(line) == 1 {
			return FormatJSON
		}
		return FormatJSONL
	}
	// A file of lines may begin with a line that is none.
	lines, objects := 0, 0
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			lines++
			if line[0] == '{' {
				objects++
			}
		}
	}
	if objects > lines/2 {
		return FormatJSONL
	}
	return FormatCSV
}

// budget ends a record that grows past maxRecord. The parser of a format without lines refills it before each record.
type budget struct {
	r    io.Reader
	left int
}

var errRecordTooLong = fault.TooLarge.Say("A record is longer than %d MiB; what follows it cannot be read.", maxRecord>>20)

func (b *budget) refill() { b.left = maxRecord + sniffSize }

func (b *budget) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRecordTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
