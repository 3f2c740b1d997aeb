package market

import (
	"bufio"
	"encoding/csv"
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
	"id":              {"listingid", "itemid", "productid", "offerid", "sku", "asin", "artikelnummer", "referencia", "商品id", "商品编号", "编号", "货号", "宝贝id"},
	"title":           {"name", "productname", "producttitle", "itemname", "listingtitle", "titel", "bezeichnung", "titre", "nom", "titulo", "nombre", "标题", "商品标题", "商品名称", "名称", "宝贝标题"},
	"description":     {"desc", "body", "details", "productdescription", "beschreibung", "descripcion", "详情", "描述", "商品描述", "商品详情"},
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

// rows reads a feed of rows with a header.
func (f *Feed) rows(r io.Reader, given map[string]string) (func() (*Chunk, error), error) {
	source := &budget{r: r}
	source.refill()
	in := bufio.NewReaderSize(source, sniffSize)
	head, err := in.Peek(sniffSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	rows := csv.NewReader(in)
	rows.Comma = separator(head)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	rows.LazyQuotes = rows.Comma == '\t' // merchants' TSV does not quote; an inch sign is just that
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return func() (*Chunk, error) { return nil, io.EOF }, nil
	}
	if err != nil {
		return nil, fault.Invalid.Say("%s has no header that can be read.", f.name).Because(err)
	}
	header = append([]string(nil), header...)
	at, err := columns(header, given)
	if err != nil {
		return nil, err
	}
	for _, must := range []string{"id", "title"} {
		if _, ok := at[must]; !ok {
			return nil, fault.Invalid.Say("%s has no column for %s; its columns are %s. Name it with --map %s=COLUMN.", f.name, must, strings.Join(header, ", "), must)
		}
	}
	var done error
	return func() (*Chunk, error) {
		if done != nil {
			return nil, done
		}
		chunk := &Chunk{file: f.name}
		for len(chunk.items) < chunkItems {
			source.refill()
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				done = io.EOF
				return chunk.orEnd(done)
			}
			if parse, ok := errors.AsType[*csv.ParseError](err); ok {
				if fl, ours := fault.As(err); ours {
					done = fl
					return chunk.orEnd(done)
				}
				chunk.add(int64(parse.StartLine), Listing{}, &BadRecord{Reason: fmt.Sprintf("%v, in line %d column %d", parse.Err, parse.Line, parse.Column)})
				continue
			}
			if err != nil {
				done = f.broken(err, &lineCounter{})
				return chunk.orEnd(done)
			}
			line, _ := rows.FieldPos(0)
			l, bad := fromFields(func(field string) string {
				if i, ok := at[field]; ok && i < len(row) {
					return row[i]
				}
				return ""
			})
			if bad == nil && len(row) > len(header) {
				bad = &BadRecord{Reason: fmt.Sprintf("%d fields under %d columns", len(row), len(header))}
			}
			chunk.add(int64(line), l, bad)
		}
		return chunk, nil
	}, nil
}

// separator is the candidate that comes most often in the header line.
func separator(head []byte) rune {
	line, _, _ := strings.Cut(string(head), "\n")
	best, most := ',', 0
	for _, c := range []rune{'\t', ',', ';', '|'} {
		if n := strings.Count(line, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// fromFields makes a listing of texts, reading numbers as people write them.
func fromFields(field func(string) string) (Listing, *BadRecord) {
	text := func(name string) string { return strings.TrimSpace(field(name)) }
	l := Listing{
		ID: ListingID(text("id")), Title: text("title"), Description: text("description"), Brand: text("brand"),
		Category: Category(text("category")), Currency: strings.ToUpper(text("currency")), Condition: condition(text("condition")),
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
	for name, to := range map[string]**int64{"quantity": &l.Quantity, "seller.ratings": &l.Seller.Ratings} {
		if s := text(name); s != "" {
			amount, _, ok := ParsePrice(s)
			n := int64(amount)
			if !ok || float64(n) != amount {
				return Listing{}, &BadRecord{Field: name, Reason: fmt.Sprintf("%.40q is not a whole number", s)}
			}
			*to = &n
		}
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
	if s := text("images"); s != "" {
		l.Images = strings.FieldsFunc(s, func(r rune) bool { return r == '|' || r == ',' || r == ';' || r == '\n' || r == ' ' })
	}
	return l, checkListing(&l)
}

var timeLayouts = []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/01/02 15:04:05", "2006/01/02", "02.01.2006", time.RFC1123Z, time.RFC1123}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, s); err == nil {
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
