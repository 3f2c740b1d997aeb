package market

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/fault"
)

// Fields are the names of a listing's fields in feeds of rows; a seller's are "seller.id" and so on.
var Fields = []string{
	"id", "title", "description", "brand", "category", "price", "currency", "quantity", "condition", "images", "ships_from", "listed_at", "language",
	"seller.id", "seller.name", "seller.country", "seller.joined", "seller.ratings", "seller.positive",
}

// synonyms are other names of the fields in feeds, in the order they are preferred: a sale price goes before a price. They are compared
// as headerKey writes them.
var synonyms = map[string][]string{
	"id":              {"listingid", "itemid", "productid", "offerid", "sku", "asin", "guid", "artikelnummer", "referencia", "商品id", "商品编号", "编号", "货号", "宝贝id"},
	"title":           {"name", "productname", "producttitle", "itemname", "listingtitle", "titel", "bezeichnung", "titre", "nom", "titulo", "nombre", "标题", "商品标题", "商品名称", "名称", "宝贝标题"},
	"description":     {"desc", "body", "details", "productdescription", "summary", "content", "beschreibung", "descripcion", "详情", "描述", "商品描述", "商品详情"},
	"brand":           {"brandname", "manufacturer", "marke", "hersteller", "marque", "marca", "品牌"},
	"category":        {"producttype", "googleproductcategory", "categoryname", "kategorie", "categorie", "categoria", "类目", "分类", "商品类目"},
	"price":           {"saleprice", "currentprice", "amount", "unitprice", "preis", "prix", "precio", "价格", "售价", "单价", "现价"},
	"currency":        {"pricecurrency", "currencycode", "wahrung", "devise", "moneda", "币种", "货币"},
	"quantity":        {"qty", "stock", "inventory", "available", "menge", "bestand", "quantite", "cantidad", "数量", "库存"},
	"condition":       {"itemcondition", "zustand", "etat", "estado", "成色", "新旧"},
	"images":          {"image", "imagelink", "imageurl", "imageurls", "picture", "pictures", "photo", "bild", "imagen", "additionalimagelink", "图片", "主图"},
	"ships_from":      {"shipsfrom", "shipfrom", "location", "itemlocation", "shipfromcountry", "versandort", "发货地", "所在地"},
	"listed_at":       {"listedat", "created", "createdat", "date", "publishedat", "pubdate", "published", "listingdate", "上架时间", "发布时间"},
	"language":        {"lang", "contentlanguage", "sprache", "langue", "idioma", "语言"},
	"seller.id":       {"sellerid", "merchantid", "shopid", "storeid", "vendorid", "卖家id", "店铺id"},
	"seller.name":     {"seller", "sellername", "shop", "shopname", "store", "storename", "vendor", "merchant", "verkaufer", "vendeur", "vendedor", "卖家", "店铺", "店铺名称", "商家"},
	"seller.country":  {"sellercountry", "shopcountry", "卖家国家"},
	"seller.joined":   {"sellerjoined", "membersince", "registered", "注册时间", "开店时间"},
	"seller.ratings":  {"sellerratings", "feedbackcount", "reviews", "评价数"},
	"seller.positive": {"sellerpositive", "positivefeedback", "feedbackpercent", "好评率"},
}

var fieldOf = func() map[string]string {
	of := map[string]string{}
	for _, field := range Fields {
		of[headerKey(field)] = field
		for _, word := range synonyms[field] {
			of[word] = field
		}
	}
	return of
}()

var foldLatin = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "é", "e", "è", "e", "á", "a", "í", "i", "ó", "o", "ú", "u", "ñ", "n", "ç", "c", "_", "", "-", "", " ", "", ".", "", ":", "", "/", "")

// headerKey is a header's name with what people write differently taken away.
func headerKey(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(s, "g:")
	return foldLatin.Replace(s)
}

// columns says which column holds which field: by --map, else by its own name, else by a synonym, the better one first.
func columns(header []string, given map[string]string) (map[string]int, error) {
	at := map[string]int{}
	rank := map[string]int{}
	for ours, theirs := range given {
		found := -1
		for i, h := range header {
			if headerKey(h) == headerKey(theirs) {
				found = i
			}
		}
		if found < 0 {
			return nil, fault.Invalid.Say("There is no column %q for %s; the columns are %s.", theirs, ours, strings.Join(header, ", ")).At("map")
		}
		at[ours], rank[ours] = found, -1
	}
	for i, h := range header {
		key := headerKey(h)
		field, known := fieldOf[key]
		if !known {
			continue
		}
		r := 0
		if key != headerKey(field) {
			for j, word := range synonyms[field] {
				if word == key {
					r = j + 1
				}
			}
		}
		if key == "saleprice" {
			r = -1 // what is paid, where both stand
		}
		if was, taken := rank[field]; !taken || r < was {
			if _, mapped := given[field]; mapped {
				continue
			}
			at[field], rank[field] = i, r
		}
	}
	return at, nil
}

// layout is what a header says of the rows under it.
type layout struct {
	separator byte
	columns   int
	at        map[string]int // field → column
}

// separators are what may stand between fields; where several come equally often, the first is taken.
const separators = "\t,;|"

// maxColumns bounds what one row may be split into.
const maxColumns = 10_000

// rows reads a feed of rows with a header.
func (f *Feed) rows(r io.Reader, given map[string]string) (func() (*Chunk, error), error) {
	in := bufio.NewReaderSize(r, sniffSize)
	head, err := in.Peek(sniffSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	line := int64(0)
	var table layout
	// Excel's own line about the separator.
	if first, _, _ := bytes.Cut(head, []byte("\n")); len(bytes.TrimRight(first, "\r")) == len("sep=,") && bytes.HasPrefix(first, []byte("sep=")) && bytes.IndexByte([]byte(separators), first[len("sep=")]) >= 0 {
		table.separator = first[len("sep=")]
		_, _ = in.Discard(len(first) + 1)
		line = 1
	} else {
		table.separator = separator(head)
	}
	next := f.lines(in, table.ends, "a quoted field that begins in this line does not end")

	var first *Chunk
	var header []string
	for header == nil {
		if first, err = next(); errors.Is(err, io.EOF) {
			return next, nil
		}
		if err != nil {
			return nil, err
		}
		if len(first.items) > 0 {
			return nil, fault.Invalid.Say("%s has no header that can be read: %s.", f.name, first.items[0].bad.Reason)
		}
		for header == nil && len(first.lines) > 0 {
			end := table.firstEnd(first.lines, 0)
			fields, reason := table.split(first.lines[:end], string(first.lines[:end]), nil)
			if reason != "" {
				return nil, fault.Invalid.Say("%s has no header that can be read: %s.", f.name, reason)
			}
			if len(fields) > 0 {
				header = fields
			}
			first.line += int64(bytes.Count(first.lines[:end], []byte("\n")))
			first.lines = first.lines[end:]
		}
	}
	if table.at, err = columns(header, given); err != nil {
		return nil, err
	}
	table.columns = len(header)
	for _, must := range []string{"id", "title"} {
		if _, ok := table.at[must]; !ok {
			return nil, fault.Invalid.Say("%s has no column for %s; its columns are %s. Name it with --map %s=COLUMN.", f.name, must, strings.Join(header, ", "), must)
		}
	}
	return func() (*Chunk, error) {
		chunk := first
		if first = nil; chunk == nil {
			if chunk, err = next(); err != nil {
				return nil, err
			}
		}
		chunk.line += line
		for i := range chunk.items {
			chunk.items[i].line += line
			chunk.items[i].bad.Line += line
		}
		if chunk.items == nil {
			chunk.table = &table
		}
		return chunk, nil
	}, nil
}

// separator is the candidate that comes most often in the header line.
func separator(head []byte) byte {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := byte(','), 0
	for _, c := range []byte(separators) {
		if n := bytes.Count(line, []byte{c}); n > most {
			best, most = c, n
		}
	}
	return best
}

func (c *Chunk) eachRow(yield func(int64, *Listing, *BadRecord) bool) {
	line := c.line
	// One copy for the whole chunk: the texts of its listings are slices of it.
	text := string(c.lines)
	var row []string
	var categories categoryCache
	field := func(name string) string {
		if i, ok := c.table.at[name]; ok && i < len(row) {
			return row[i]
		}
		return ""
	}
	for from := 0; from < len(text); {
		end := c.table.firstEnd(c.lines, from)
		var reason string
		row, reason = c.table.split(c.lines[from:end], text[from:end], row[:0])
		at := line
		line += int64(strings.Count(text[from:end], "\n"))
		from = end
		if reason == "" && len(row) == 0 {
			continue
		}
		var l Listing
		var bad *BadRecord
		if reason != "" {
			bad = &BadRecord{Reason: reason}
		} else {
			l, bad = fromFields(field, &categories)
			for _, more := range row[min(len(row), c.table.columns):] {
				if bad == nil && more != "" {
					bad = &BadRecord{Reason: fmt.Sprintf("%d fields under %d columns", len(row), c.table.columns)}
				}
			}
		}
		if bad != nil {
			bad.File, bad.Line = c.file, at
		}
		if !yield(at, &l, bad) {
			return
		}
	}
}

// ends is where the last whole row in buf ends.
func (t *layout) ends(buf []byte, last bool) int {
	at := 0
	for at < len(buf) {
		end := t.end(buf, at, last)
		if end == 0 {
			break
		}
		at = end
	}
	return at
}

// end is where the row that begins at from ends, just past its line break; 0 when it is not known from buf. A row that
// breaks the rules of quoting ends with its first line, so that the rows after it are not lost.
func (t *layout) end(buf []byte, from int, last bool) int {
	i := from
	for {
		if i < len(buf) && buf[i] == '"' {
			switch end, how := t.quoted(buf, i, last); how {
			case fieldEnds:
				i = end
			case rowEnds:
				return end
			case quoteOpen:
				if t.separator != '\t' || !last {
					return 0
				}
				i = t.plain(buf, i)
			case quoteBroken:
				if t.separator != '\t' {
					return lineEnd(buf, from, last)
				}
				i = t.plain(buf, i)
			}
		} else {
			i = t.plain(buf, i)
		}
		switch {
		case i == len(buf) && last:
			return i
		case i == len(buf):
			return 0
		case buf[i] == '\n':
			return i + 1
		case buf[i] == '"':
			return lineEnd(buf, from, last)
		}
		i++ // past the separator
	}
}

// firstEnd is end within a chunk. A quote that is broken only by what lies past the chunk looks open here: its row is one line too.
func (t *layout) firstEnd(buf []byte, from int) int {
	if end := t.end(buf, from, true); end > 0 {
		return end
	}
	return lineEnd(buf, from, true)
}

func lineEnd(buf []byte, from int, last bool) int {
	if n := bytes.IndexByte(buf[from:], '\n'); n >= 0 {
		return from + n + 1
	}
	if last {
		return len(buf)
	}
	return 0
}

// plain is where a field without quotes ends: at a separator, a line break, the end of buf or, but for tabs, a quote.
func (t *layout) plain(buf []byte, i int) int {
	for i < len(buf) && buf[i] != t.separator && buf[i] != '\n' && (buf[i] != '"' || t.separator == '\t') {
		i++
	}
	return i
}

// How a field in quotes ends.
type quoting int

const (
	fieldEnds   quoting = iota // at a separator
	rowEnds                    // at a line break or the end of the feed
	quoteOpen                  // not within buf
	quoteBroken                // something else follows the closing quote
)

// maxTabbedQuote is how far the closing quote is looked for in tables with tabs, where a field may just begin with an inch sign.
const maxTabbedQuote = 64 << 10

// quoted is where the field in quotes that begins at i ends: at the separator, or just past the row.
func (t *layout) quoted(buf []byte, i int, last bool) (int, quoting) {
	begin := i
	for i++; ; i += 2 {
		n := bytes.IndexByte(buf[i:], '"')
		if t.separator == '\t' && (n < 0 && len(buf)-begin > maxTabbedQuote || i+n-begin > maxTabbedQuote) {
			return 0, quoteBroken
		}
		if n < 0 {
			return 0, quoteOpen
		}
		i += n
		rest := buf[i+1:]
		switch {
		case len(rest) > 0 && rest[0] == '"':
			continue
		case len(rest) > 0 && rest[0] == t.separator:
			return i + 1, fieldEnds
		case len(rest) > 0 && rest[0] == '\n':
			return i + 2, rowEnds
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return i + 3, rowEnds
		case len(rest) == 0 && last, len(rest) == 1 && rest[0] == '\r' && last:
			return len(buf), rowEnds
		case len(rest) == 0, len(rest) == 1 && rest[0] == '\r':
			return 0, quoteOpen
		}
		return 0, quoteBroken
	}
}

// split gives the fields of one row, which is buf and, for the texts to be part of, row: none for a row that holds nothing, or why it cannot be read. Fields in quotes lose
// them, but in tables with tabs only those that keep the rules: Google's feeds do not quote, and an inch sign is just that.
func (t *layout) split(buf []byte, row string, fields []string) ([]string, string) {
	something := false
	for i := 0; ; {
		if len(fields) == maxColumns {
			return nil, fmt.Sprintf("more than %d fields", maxColumns)
		}
		end, how := 0, quoteBroken
		if i < len(buf) && buf[i] == '"' {
			end, how = t.quoted(buf, i, true)
			if how > rowEnds && t.separator != '\t' {
				if how == quoteOpen {
					return nil, "a quoted field does not end"
				}
				return nil, `a quoted field is followed by something else than a separator; write a quote inside it twice`
			}
		}
		var field string
		switch how {
		case fieldEnds:
			field = unquoted(row[i+1 : end-1])
		case rowEnds:
			field = unquoted(row[i+1 : strings.LastIndexByte(row, '"')])
			end = len(row)
		default:
			end = t.plain(buf, i)
			if end < len(buf) && buf[end] == '"' {
				return nil, "a quote inside a field that is not in quotes"
			}
			field = row[i:end]
			if end == len(buf) || buf[end] == '\n' {
				field = strings.TrimSuffix(field, "\r")
				end = len(row)
			}
		}
		something = something || strings.TrimSpace(field) != ""
		fields = append(fields, field)
		if end >= len(row) {
			break
		}
		i = end + 1
	}
	if !something {
		return fields[:0], ""
	}
	return fields, ""
}

func unquoted(s string) string {
	if strings.IndexByte(s, '"') >= 0 {
		s = strings.ReplaceAll(s, `""`, `"`)
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	return s
}

// fromFields makes a listing of texts, reading numbers as people write them.
func fromFields(field func(string) string, categories *categoryCache) (Listing, *BadRecord) {
	text := func(name string) string { return strings.TrimSpace(field(name)) }
	l := Listing{
		ID: ListingID(text("id")), Title: text("title"), Description: text("description"), Brand: text("brand"),
		Category: categories.of(text("category")), Currency: strings.ToUpper(text("currency")), Condition: condition(text("condition")),
		ShipsFrom: text("ships_from"), Language: text("language"),
		Seller: Seller{ID: SellerID(text("seller.id")), Name: text("seller.name"), Country: text("seller.country"), Joined: text("seller.joined")},
	}
	if s := text("price"); s != "" {
		amount, currency, ok := ParsePrice(s)
		if !ok {
			return Listing{}, &BadRecord{Field: "price", Reason: fmt.Sprintf("%.40q is not a price", s)}
		}
		l.Price = &amount
		if l.Currency == "" {
			l.Currency = currency
		}
	}
	for _, count := range []struct {
		name string
		to   **int64
	}{{"quantity", &l.Quantity}, {"seller.ratings", &l.Seller.Ratings}} {
		s := text(count.name)
		if s == "" {
			continue
		}
		amount, _, ok := ParsePrice(s)
		n, bad := whole(count.name, &amount)
		if !ok || bad != nil {
			return Listing{}, &BadRecord{Field: count.name, Reason: fmt.Sprintf("%.40q is not a whole number", s)}
		}
		*count.to = n
	}
	if s := text("seller.positive"); s != "" {
		share, err := strconv.ParseFloat(strings.TrimSuffix(strings.Replace(s, ",", ".", 1), "%"), 64)
		if err != nil {
			return Listing{}, &BadRecord{Field: "seller.positive", Reason: fmt.Sprintf("%.40q is not a share", s)}
		}
		if strings.HasSuffix(s, "%") || share > 1 {
			share /= 100
		}
		l.Seller.Positive = &share
	}
	if s := text("listed_at"); s != "" {
		at, ok := parseTime(s)
		if !ok {
			return Listing{}, &BadRecord{Field: "listed_at", Reason: fmt.Sprintf("%.40q is not a time", s)}
		}
		l.ListedAt = at
	}
	if s := l.Seller.Joined; s != "" {
		at, ok := parseTime(s)
		if !ok {
			return Listing{}, &BadRecord{Field: "seller.joined", Reason: fmt.Sprintf("%.40q is not a date", s)}
		}
		l.Seller.Joined = at.Format(time.DateOnly)
	}
	if s := text("images"); s != "" {
		l.Images = strings.FieldsFunc(s, func(r rune) bool { return r == '|' || r == ',' || r == ';' || r == '\n' || r == ' ' })
	}
	return l, checkListing(&l)
}

var timeLayouts = []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/01/02 15:04:05", "2006/01/02", "02.01.2006", time.RFC1123Z, time.RFC1123}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		// Year 0 is a spreadsheet's empty date; past 9999 nothing can be written again.
		if at, err := time.Parse(layout, s); err == nil && at.Year() >= 1 && at.UTC().Year() >= 1 && at.UTC().Year() <= 9999 {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// condition maps feeds' words onto new, used and refurbished; others stay as they are.
func condition(s string) string {
	lower := strings.ToLower(s)
	lower = lower[strings.LastIndexByte(lower, '/')+1:]
	switch lower {
	case "new", "newcondition", "neu", "neuf", "nuevo", "brand new", "全新":
		return "new"
	case "used", "usedcondition", "gebraucht", "occasion", "usado", "pre-owned", "second hand", "二手":
		return "used"
	case "refurbished", "refurbishedcondition", "renewed", "翻新":
		return "refurbished"
	}
	return s
}

var currencySigns = []struct{ sign, code string }{
	{"US$", "USD"}, {"A$", "AUD"}, {"C$", "CAD"}, {"HK$", "HKD"}, {"NT$", "TWD"}, {"S$", "SGD"}, {"R$", "BRL"}, {"$", "USD"}, {"€", "EUR"}, {"£", "GBP"},
	{"￥", "CNY"}, {"¥", "CNY"}, {"元", "CNY"}, {"円", "JPY"}, {"₩", "KRW"}, {"₽", "RUB"}, {"руб", "RUB"}, {"₺", "TRY"}, {"₹", "INR"}, {"Rp", "IDR"}, {"฿", "THB"}, {"₫", "VND"}, {"₱", "PHP"}, {"zł", "PLN"},
}

// ParsePrice reads an amount as people write it, with its currency if that stands beside it: "12.99 USD", "1.299,00 €", "￥99", "1 299,50".
// A lone point or comma before exactly three digits separates thousands. ok is false when there is no one number.
func ParsePrice(s string) (amount float64, currency string, ok bool) {
	if len(s) > 100 {
		return 0, "", false
	}
	for _, c := range currencySigns {
		if strings.Contains(s, c.sign) {
			s, currency = strings.Replace(s, c.sign, " ", 1), c.code
			break
		}
	}
	var number strings.Builder
	var letters strings.Builder
	ended := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '.', r == ',', r == '\'':
			if ended && number.Len() > 0 && letters.Len() > 0 {
				return 0, "", false // a second number
			}
			if r != '\'' {
				number.WriteRune(r)
			}
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			letters.WriteRune(r)
			ended = true
		case r == '-' || r == '−':
			return 0, "", false
		}
	}
	if code := strings.ToUpper(letters.String()); code != "" {
		if _, known := perDollar[code]; known {
			currency = code
		}
	}
	amount, err := strconv.ParseFloat(plainNumber(strings.Trim(number.String(), ".,")), 64)
	return amount, currency, err == nil
}

// plainNumber takes thousands' separators away and makes the decimal one a point.
func plainNumber(s string) string {
	point, comma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ',')
	decimal := max(point, comma)
	if decimal < 0 {
		return s
	}
	one := point < 0 || comma < 0
	if one && (strings.Count(s, s[decimal:decimal+1]) > 1 || len(s)-decimal == 4 && s[0] != '0') {
		decimal = len(s)
	}
	var b strings.Builder
	for i := range len(s) {
		switch {
		case i == decimal:
			b.WriteByte('.')
		case s[i] != '.' && s[i] != ',':
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
