package market

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ownmark/ownmark/internal/fault"
)

// jsonLines hands out whole lines, about chunkSize together; parsing them is left to Each.
func (f *Feed) jsonLines(r io.Reader) func() (*Chunk, error) {
	return f.lines(r, func(buf []byte, last bool) int {
		if last {
			return len(buf)
		}
		return bytes.LastIndexByte(buf, '\n') + 1
	}, "the line does not end")
}

func (c *Chunk) eachLine(yield func(int64, *Listing, *BadRecord) bool) {
	line := c.line
	// One copy for the whole chunk: the texts of its listings are slices of it.
	text := string(c.lines)
	var fast lineParser
	var categories categoryCache
	for len(text) > 0 {
		row, rest, _ := strings.Cut(text, "\n")
		text = rest
		row = strings.Trim(row, " \t\r")
		if row != "" {
			var l *Listing
			var bad *BadRecord
			if len(row) > maxRecord {
				bad = tooLong(int64(len(row)))
			} else if fast.parse(row) && checkListing(&fast.listing) == nil {
				l = &fast.listing
			} else {
				fast.listing, bad = parseListing([]byte(row))
				l = &fast.listing
			}
			if bad != nil {
				bad.File, bad.Line, l = c.file, line, nil
			} else {
				l.Category = categories.of(l.Category)
			}
			if !yield(line, l, bad) {
				return
			}
		}
		line++
	}
}

// wire is a listing as JSON writes it; numbers may stand in quotes.
type wire struct {
	ID          looseText   `json:"id"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Brand       string      `json:"brand"`
	Category    string      `json:"category"`
	Price       looseNumber `json:"price"`
	Currency    string      `json:"currency"`
	Quantity    looseNumber `json:"quantity"`
	Condition   string      `json:"condition"`
	Images      []string    `json:"images"`
	Seller      wireSeller  `json:"seller"`
	ShipsFrom   string      `json:"ships_from"`
	ListedAt    string      `json:"listed_at"`
	Language    string      `json:"language"`
}

type wireSeller struct {
	ID       looseText   `json:"id"`
	Name     string      `json:"name"`
	Country  string      `json:"country"`
	Joined   string      `json:"joined"`
	Ratings  looseNumber `json:"ratings"`
	Positive looseNumber `json:"positive"`
}

// looseText is a text, or a number taken for one: some marketplaces' ids are numbers.
type looseText string

// UnmarshalJSONFrom reads a text, a number or null.
func (t *looseText) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case '"', '0':
		*t = looseText(tok.String())
	case 'n':
	default:
		return errors.New("a text is needed")
	}
	return nil
}

// looseNumber is a number, a number in quotes, or nothing.
type looseNumber struct{ v *float64 }

// UnmarshalJSONFrom reads a number, a text that is one, or null.
func (n *looseNumber) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case 'n':
		return nil
	case '0', '"':
		s := strings.TrimSpace(tok.String())
		if s == "" {
			return nil
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("%.40q is not a number", s)
		}
		n.v = &v
		return nil
	}
	return errors.New("a number is needed")
}

// parseListing reads one listing in JSON, strictly: broken UTF-8, a key that comes twice or a text in a number's place is
// an error that names the field. Keys we do not know are passed over. The category is left as it is.
func parseListing(raw []byte) (Listing, *BadRecord) {
	if tooDeep(raw) {
		return Listing{}, &BadRecord{Reason: fmt.Sprintf("nested too deeply: more than %d levels", maxDepth)}
	}
	var w wire
	if err := json.Unmarshal(raw, &w); err != nil {
		return Listing{}, jsonProblem(err)
	}
	l := Listing{
		ID: ListingID(w.ID), Title: w.Title, Description: w.Description, Brand: w.Brand, Category: w.Category,
		Price: w.Price.v, Currency: w.Currency, Condition: w.Condition, Images: w.Images, ShipsFrom: w.ShipsFrom, Language: w.Language,
		Seller: Seller{ID: SellerID(w.Seller.ID), Name: w.Seller.Name, Country: w.Seller.Country, Joined: w.Seller.Joined, Positive: w.Seller.Positive.v},
	}
	var bad *BadRecord
	if l.Quantity, bad = whole("quantity", w.Quantity.v); bad != nil {
		return Listing{}, bad
	}
	if l.Seller.Ratings, bad = whole("seller.ratings", w.Seller.Ratings.v); bad != nil {
		return Listing{}, bad
	}
	if w.ListedAt != "" {
		at, err := time.Parse(time.RFC3339, w.ListedAt)
		if err != nil {
			return Listing{}, &BadRecord{Field: "listed_at", Reason: fmt.Sprintf("%.40q is not a time as in 2026-11-23T10:00:00Z", w.ListedAt)}
		}
		l.ListedAt = at
	}
	return l, checkListing(&l)
}

// tooDeep reports whether arrays and objects nest beyond maxDepth. It does not care whether raw is JSON.
func tooDeep(raw []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '[' || c == '{'):
			if depth++; depth > maxDepth {
				return true
			}
		case !quoted && (c == ']' || c == '}'):
			depth--
		case quoted && c == '\\':
			i++
		}
	}
	return false
}

// jsonProblem says in words what is wrong and where.
func jsonProblem(err error) *BadRecord {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		reason := "not valid JSON"
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			reason = "the JSON ends too early"
		case errors.Is(err, jsontext.ErrDuplicateName):
			reason = "the same key comes twice"
		case strings.Contains(syntax.Err.Error(), "UTF-8"):
			reason = "broken UTF-8"
		case strings.Contains(syntax.Err.Error(), "depth"):
			reason = "nested too deeply,"
		}
		return &BadRecord{Field: pointerField(syntax.JSONPointer), Reason: fmt.Sprintf("%s at byte %d", reason, syntax.ByteOffset)}
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		reason := "cannot be read as it is"
		if semantic.Err != nil {
			reason = semantic.Err.Error()
		} else if semantic.JSONKind != 0 && semantic.GoType != nil {
			reason = fmt.Sprintf("a %s is not what belongs here", semantic.JSONKind)
		}
		return &BadRecord{Field: pointerField(semantic.JSONPointer), Reason: reason}
	}
	return &BadRecord{Reason: err.Error()}
}

// pointerField turns "/seller/joined" into "seller.joined".
func pointerField(p jsontext.Pointer) string {
	return strings.ReplaceAll(strings.TrimPrefix(string(p), "/"), "/", ".")
}

// jsonValues reads an array of listings, or listings one after the other.
func (f *Feed) jsonValues(r io.Reader) func() (*Chunk, error) {
	lines := &lineCounter{r: r}
	source := &budget{r: lines}
	source.refill()
	d := jsontext.NewDecoder(source)
	var categories categoryCache
	var done error
	return func() (*Chunk, error) {
		if done != nil {
			return nil, done
		}
		chunk := &Chunk{file: f.name}
		for size := 0; len(chunk.items) < chunkItems && size < chunkSize; {
			source.refill()
			switch d.PeekKind() {
			case '[', ']':
				if d.StackDepth() == 0 || d.PeekKind() == ']' {
					if _, err := d.ReadToken(); err != nil {
						done = f.broken(err, lines)
						return chunk.orEnd(done)
					}
					continue
				}
			case 0:
				_, err := d.ReadToken()
				if done = io.EOF; !errors.Is(err, io.EOF) {
					done = f.broken(err, lines)
				}
				return chunk.orEnd(done)
			}
			raw, err := d.ReadValue()
			if err != nil {
				done = f.broken(err, lines)
				return chunk.orEnd(done)
			}
			line := lines.at(d.InputOffset() - int64(len(raw)))
			size += len(raw)
			l, bad := parseListing(raw)
			l.Category = categories.of(l.Category)
			chunk.add(line, l, bad)
		}
		return chunk, nil
	}
}

// broken says where a feed cannot be read on.
func (f *Feed) broken(err error, lines *lineCounter) error {
	if fl, ok := fault.As(err); ok {
		return fl
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.Invalid.Say("%s ends in the middle of a record.", f.name).Because(err)
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fault.Invalid.Say("%s cannot be read past line %d: %s.", f.name, lines.at(syntax.ByteOffset), jsonProblem(err).Reason).Because(err)
	}
	return fault.Invalid.Say("%s cannot be read to its end.", f.name).Because(err)
}

func (c *Chunk) add(line int64, l Listing, bad *BadRecord) {
	if bad != nil {
		bad.File, bad.Line = c.file, line
	}
	c.items = append(c.items, item{line, l, bad})
}

// orEnd gives the chunk when it holds something, else the error.
func (c *Chunk) orEnd(err error) (*Chunk, error) {
	if len(c.items) > 0 {
		return c, nil
	}
	return nil, err
}

// lineCounter remembers where the lines of the last stretch of a stream begin, so that an offset can be told as a line.
type lineCounter struct {
	r      io.Reader
	read   int64
	before int64   // line breaks before starts
	starts []int64 // offsets just past recent line breaks
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.starts = append(c.starts, c.read+int64(i)+1)
		}
	}
	c.read += int64(n)
	return n, err
}

// at is the line of an offset. Offsets must not go back: what lies before is forgotten.
func (c *lineCounter) at(offset int64) int64 {
	i := 0
	for i < len(c.starts) && c.starts[i] <= offset {
		i++
	}
	c.before += int64(i)
	c.starts = c.starts[i:]
	return c.before + 1
}

// lineParser reads the listings that are written as nearly all are, without reflection. What it does not know for certain it leaves
// to parseListing, which is the rule; a fuzz test holds the two together.
type lineParser struct {
	listing           Listing
	price, positive   float64
	quantity, ratings int64
	images            []string
	strange           []string // the keys passed over so far in the objects that are open
	s                 string
	i                 int
}

// maxStrange is how many unknown keys a line may have before it is left to parseListing: each is held against all.
const maxStrange = 32

// parse reports whether it has read the whole line into listing.
func (p *lineParser) parse(s string) bool {
	p.listing = Listing{}
	p.images = p.images[:0]
	p.strange = p.strange[:0]
	p.s, p.i = s, 0
	if !utf8.ValidString(s) {
		return false
	}
	if !p.object((*lineParser).field) {
		return false
	}
	p.space()
	return p.i == len(p.s)
}

func (p *lineParser) space() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t' || p.s[p.i] == '\r') {
		p.i++
	}
}

func (p *lineParser) take(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

// What field makes of a key besides its bit.
const (
	notMine = 0       // the value is written as parseListing must read it
	unknown = 1 << 31 // a key that is passed over with its value
)

// object reads an object, each key at most once; field reads the value of a key it knows and gives the key's bit.
func (p *lineParser) object(field func(p *lineParser, key string) uint32) bool {
	if !p.take('{') {
		return false
	}
	if p.take('}') {
		return true
	}
	seen := uint32(0)
	strangers := len(p.strange)
	for {
		key, ok := p.text()
		if !ok || !p.take(':') {
			return false
		}
		switch bit := field(p, key); {
		case bit == notMine:
			return false
		case bit == unknown:
			if slices.Contains(p.strange[strangers:], key) || len(p.strange) == maxStrange || !p.scalar() {
				return false
			}
			p.strange = append(p.strange, key)
		case seen&bit != 0:
			return false
		default:
			seen |= bit
		}
		if p.take(',') {
			continue
		}
		p.strange = p.strange[:strangers]
		return p.take('}')
	}
}

// scalar passes over a text, a plain number, true, false or null.
func (p *lineParser) scalar() bool {
	p.space()
	if p.i == len(p.s) {
		return false
	}
	switch p.s[p.i] {
	case '"':
		_, ok := p.text()
		return ok
	case 't':
		return p.word("true")
	case 'f':
		return p.word("false")
	case 'n':
		return p.word("null")
	}
	return p.digits() != ""
}

// word takes a literal of JSON. What follows it is looked at by whoever called.
func (p *lineParser) word(w string) bool {
	p.space()
	if !strings.HasPrefix(p.s[p.i:], w) {
		return false
	}
	p.i += len(w)
	return true
}

func (p *lineParser) field(key string) uint32 {
	l := &p.listing
	switch key {
	case "id":
		return p.textInto((*string)(&l.ID), 1<<0)
	case "title":
		return p.textInto(&l.Title, 1<<1)
	case "description":
		return p.textInto(&l.Description, 1<<2)
	case "brand":
		return p.textInto(&l.Brand, 1<<3)
	case "category":
		return p.textInto(&l.Category, 1<<4)
	case "currency":
		return p.textInto(&l.Currency, 1<<5)
	case "condition":
		return p.textInto(&l.Condition, 1<<6)
	case "ships_from":
		return p.textInto(&l.ShipsFrom, 1<<7)
	case "language":
		return p.textInto(&l.Language, 1<<8)
	case "price":
		return p.numberInto(&l.Price, &p.price, 1<<9)
	case "quantity":
		return p.wholeInto(&l.Quantity, &p.quantity, 1<<10)
	case "images":
		if p.texts() {
			l.Images = p.images
			return 1 << 11
		}
		return notMine
	case "seller":
		if p.word("null") || p.object((*lineParser).sellerField) {
			return 1 << 12
		}
		return notMine
	case "listed_at":
		var text string
		if p.textInto(&text, 1) == notMine {
			return notMine
		}
		if text != "" {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return notMine
			}
			l.ListedAt = at
		}
		return 1 << 13
	}
	return unknown
}

func (p *lineParser) sellerField(key string) uint32 {
	s := &p.listing.Seller
	switch key {
	case "id":
		return p.textInto((*string)(&s.ID), 1<<0)
	case "name":
		return p.textInto(&s.Name, 1<<1)
	case "country":
		return p.textInto(&s.Country, 1<<2)
	case "joined":
		return p.textInto(&s.Joined, 1<<3)
	case "ratings":
		return p.wholeInto(&s.Ratings, &p.ratings, 1<<4)
	case "positive":
		return p.numberInto(&s.Positive, &p.positive, 1<<5)
	}
	return unknown
}

func (p *lineParser) textInto(to *string, bit uint32) uint32 {
	if p.word("null") {
		return bit
	}
	text, ok := p.text()
	if !ok {
		return notMine
	}
	*to = text
	return bit
}

func (p *lineParser) numberInto(to **float64, room *float64, bit uint32) uint32 {
	if p.word("null") {
		return bit
	}
	text := p.number()
	if text == "" {
		return notMine
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return notMine
	}
	*room, *to = v, room
	return bit
}

func (p *lineParser) wholeInto(to **int64, room *int64, bit uint32) uint32 {
	if p.word("null") {
		return bit
	}
	v, err := strconv.ParseInt(p.number(), 10, 64)
	if err != nil {
		return notMine
	}
	*room, *to = v, room
	return bit
}

// text reads a string; one with escapes is unquoted by jsontext.
func (p *lineParser) text() (string, bool) {
	if !p.take('"') {
		return "", false
	}
	from := p.i
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return p.s[from : p.i-1], true
		case c == '\\':
			return p.escaped(from)
		case c < ' ':
			return "", false
		}
		p.i++
	}
	return "", false
}

func (p *lineParser) escaped(from int) (string, bool) {
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			text, err := jsontext.AppendUnquote(nil, p.s[from-1:p.i])
			return string(text), err == nil
		case c == '\\':
			p.i++
		case c < ' ':
			return "", false
		}
		p.i++
	}
	return "", false
}

func (p *lineParser) texts() bool {
	if p.word("null") {
		return true
	}
	if !p.take('[') {
		return false
	}
	if p.take(']') {
		return true
	}
	for {
		text, ok := p.text()
		if !ok {
			return false
		}
		p.images = append(p.images, text)
		if p.take(',') {
			continue
		}
		return p.take(']')
	}
}

// number gives the characters of a plain number, in quotes or not; "" for anything else.
func (p *lineParser) number() string {
	if !p.take('"') {
		return p.digits()
	}
	from := p.i
	text := p.digits()
	if !strings.HasPrefix(p.s[p.i:], `"`) || p.i != from+len(text) {
		return ""
	}
	p.i++
	return text
}

// digits gives the number's characters if it is written plainly: 12, 3.5, without sign or exponent.
func (p *lineParser) digits() string {
	p.space()
	from := p.i
	for p.i < len(p.s) && (p.s[p.i] >= '0' && p.s[p.i] <= '9' || p.s[p.i] == '.' && p.i > from) {
		p.i++
	}
	text := p.s[from:p.i]
	if text == "" || len(text) > 15 || len(text) > 1 && text[0] == '0' && text[1] != '.' || text[len(text)-1] == '.' || strings.Count(text, ".") > 1 {
		return ""
	}
	return text
}
