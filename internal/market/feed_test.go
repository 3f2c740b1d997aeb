package market

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/ownmark/ownmark/internal/fault"
)

// read reads all of a feed: the listings, the bad records, and what ended it early.
func read(t testing.TB, text string, o FeedOptions) (listings []Listing, bad []*BadRecord, last error) {
	t.Helper()
	feed, err := OpenFeed("feed", strings.NewReader(text), o)
	if err != nil {
		return nil, nil, err
	}
	defer feed.Close()
	for {
		chunk, err := feed.Next()
		if errors.Is(err, io.EOF) {
			return listings, bad, nil
		}
		if err != nil {
			return listings, bad, err
		}
		chunk.Each(func(_ int64, l *Listing, b *BadRecord) bool {
			if b != nil {
				bad = append(bad, b)
			} else {
				listings = append(listings, l.clone())
			}
			return true
		})
	}
}

// TestReadListingsKeepsTheBounds expects a listing that can be scanned but not kept to be a bad record, with its line.
func TestReadListingsKeepsTheBounds(t *testing.T) {
	text := `{"id":"1","title":"t"}` + "\n" + `{"id":"2","title":"` + strings.Repeat("x", MaxTitle+1) + `"}`
	if got, bad, err := read(t, text, FeedOptions{}); len(got) != 2 {
		t.Fatal(bad, err)
	}
	n := 0
	for l, err := range ReadListings("feed", strings.NewReader(text), FeedOptions{}) {
		bad, isBad := errors.AsType[*BadRecord](err)
		if n++; l.Line != int64(n) || isBad != (n == 2) || isBad && (bad.Field != "title" || bad.Line != 2 || bad.File != "feed") {
			t.Errorf("%d: %+v, %v", n, l, err)
		}
	}
	if n != 2 {
		t.Errorf("%d records", n)
	}
}

// TestSameListingFromEveryFormat writes one listing in each format and expects the same of all.
func TestSameListingFromEveryFormat(t *testing.T) {
	feeds := map[string]struct {
		text   string
		format Format
	}{
		"jsonl":  {`{"id":"A1","title":"Air Max 90","brand":"Nike","category":"shoes","price":49.9,"currency":"EUR","condition":"new","images":["http://x/1.jpg","http://x/2.jpg"],"seller":{"name":"Shop"}}`, FormatJSONL},
		"array":  {`[{"id":"A1","title":"Air Max 90","brand":"Nike","category":"shoes","price":"49.90","currency":"EUR","condition":"new","images":["http://x/1.jpg","http://x/2.jpg"],"seller":{"name":"Shop"}}]`, FormatJSON},
		"pretty": {"{\n \"id\": \"A1\", \"title\":\"Air Max 90\",\"brand\":\"Nike\",\"category\":\"shoes\",\"price\":49.9,\"currency\":\"EUR\",\"condition\":\"new\",\"images\":[\"http://x/1.jpg\",\"http://x/2.jpg\"],\"seller\":{\"name\":\"Shop\"}\n}\n", FormatJSON},
		"csv":    {"sku,name,brand,category,price,condition,image,seller name\nA1,Air Max 90,Nike,Footwear,\"49,90 €\",New,http://x/1.jpg|http://x/2.jpg,Shop\n", FormatCSV},
		"semi":   {"Artikelnummer;Titel;Marke;Kategorie;Preis;Währung;Zustand;Bild;Verkäufer\nA1;Air Max 90;Nike;Schuhe;49,90;EUR;Neu;http://x/1.jpg http://x/2.jpg;Shop\n", FormatCSV},
		"zh":     {"商品编号,标题,品牌,类目,价格,货币,成色,图片,店铺\nA1,Air Max 90,Nike,男鞋,49.9,EUR,全新,http://x/1.jpg http://x/2.jpg,Shop\n", FormatCSV},
		"tsv":    {"id\ttitle\tbrand\tgoogle_product_category\tprice\tsale_price\tcondition\timage_link\tstore_name\nA1\tAir Max 90\tNike\tApparel & Accessories > Shoes\t99.00 EUR\t49.90 EUR\tnew\thttp://x/1.jpg,http://x/2.jpg\tShop\n", FormatCSV},
		"rss":    {`<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Feed</title><item><g:id>A1</g:id><title>Air Max 90</title><g:brand>Nike</g:brand><g:google_product_category>Apparel &amp; Accessories &gt; Shoes</g:google_product_category><g:price>49.90 EUR</g:price><g:condition>new</g:condition><g:image_link>http://x/1.jpg</g:image_link><g:additional_image_link>http://x/2.jpg</g:additional_image_link><g:store_name>Shop</g:store_name></item></channel></rss>`, FormatXML},
		"atom":   {`<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><entry><g:id>A1</g:id><g:title>Air Max 90</g:title><g:brand>Nike</g:brand><g:product_type>Shoes</g:product_type><g:price>99 EUR</g:price><g:sale_price>49.90 EUR</g:sale_price><g:condition>new</g:condition><g:image_link>http://x/1.jpg</g:image_link><g:image_link>http://x/2.jpg</g:image_link><g:seller>Shop</g:seller></entry></feed>`, FormatXML},
		"jsonld": {`{"@context":"https://schema.org","@graph":[{"@type":"Product","sku":"A1","name":"Air Max 90","brand":{"@type":"Brand","name":"Nike"},"category":"Shoes","image":["http://x/1.jpg",{"url":"http://x/2.jpg"}],"offers":[{"price":"49.90","priceCurrency":"EUR","itemCondition":"https://schema.org/NewCondition","seller":{"name":"Shop"}}]}]}`, FormatJSONLD},
		"html":   {`<!doctype html><html><head><script>var x="{";</script><script type="application/ld+json">{"@type":["Product"],"sku":"A1","name":"Air Max 90","brand":"Nike","category":"Shoes","image":["http://x/1.jpg","http://x/2.jpg"],"offers":{"@type":"AggregateOffer","lowPrice":49.9,"priceCurrency":"EUR","itemCondition":"NewCondition","seller":{"name":"Shop"}}}</script></head></html>`, FormatJSONLD},
	}
	price := 49.9
	want := Listing{ID: "A1", Title: "Air Max 90", Brand: "Nike", Category: "shoes", Price: &price, Currency: "EUR", Condition: "new",
		Images: []string{"http://x/1.jpg", "http://x/2.jpg"}, Seller: Seller{Name: "Shop"}}
	for name, feed := range feeds {
		for _, packing := range []string{"plain", "gzip", "zstd", "utf-16"} {
			t.Run(name+"/"+packing, func(t *testing.T) {
				got, bad, err := read(t, pack(t, packing, feed.text), FeedOptions{})
				if err != nil || len(bad) > 0 {
					t.Fatal(err, bad)
				}
				if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
					t.Errorf("got  %s\nwant %s", show(got), show(want))
				}
				f, err := OpenFeed("x", strings.NewReader(pack(t, packing, feed.text)), FeedOptions{})
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if f.Format() != feed.format {
					t.Errorf("took it for %s, want %s", f.Format(), feed.format)
				}
			})
		}
	}
}

func show(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func pack(t testing.TB, packing, text string) string {
	t.Helper()
	var b bytes.Buffer
	switch packing {
	case "gzip":
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		z.Close()
	case "zstd":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = z.Write([]byte(text))
		z.Close()
	case "utf-16":
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	default:
		return text
	}
	return b.String()
}

func TestGB18030(t *testing.T) {
	text, err := simplifiedchinese.GB18030.NewEncoder().String("编号,标题,价格\n1,莆田鞋 高仿,￥99\n")
	if err != nil {
		t.Fatal(err)
	}
	got, bad, err := read(t, text, FeedOptions{})
	if err != nil || len(bad) > 0 || len(got) != 1 || got[0].Title != "莆田鞋 高仿" || got[0].Currency != "CNY" {
		t.Fatal(show(got), bad, err)
	}
}

// TestBadRecords expects each bad record to be named with line and field, and the good ones around it to be read.
func TestBadRecords(t *testing.T) {
	for _, c := range []struct{ name, row, field, reason string }{
		{"no id", `{"title":"x"}`, "id", "missing"},
		{"no title", `{"id":"x","title":"  "}`, "title", "missing"},
		{"price is a word", `{"id":"x","title":"t","price":"cheap"}`, "price", "not a number"},
		{"price below 0", `{"id":"x","title":"t","price":-1}`, "price", "not a price"},
		{"price is a list", `{"id":"x","title":"t","price":[1]}`, "price", "number is needed"},
		{"half a shoe", `{"id":"x","title":"t","quantity":1.5}`, "quantity", "whole number"},
		{"share", `{"id":"x","title":"t","seller":{"positive":7}}`, "seller.positive", "share"},
		{"date", `{"id":"x","title":"t","listed_at":"yesterday"}`, "listed_at", "not a time"},
		{"currency", `{"id":"x","title":"t","currency":"US dollars"}`, "currency", "ISO 4217"},
		{"NUL", `{"id":"x","title":"a\u0000b"}`, "title", ""},
		{"broken UTF-8", "{\"id\":\"x\",\"title\":\"a\xffb\"}", "title", "UTF-8"},
		{"key twice", `{"id":"x","title":"a","title":"b"}`, "title", "twice"},
		{"cut off", `{"id":"x","title":"a`, "title", "too early"},
		{"not an object", `["x"]`, "", ""},
		{"two on a line", `{"id":"x","title":"a"}{"id":"y","title":"b"}`, "", "not valid JSON"},
		{"deep", `{"id":"x","title":"t","extra":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`, "", "deeply"},
		{"very deep", `{"id":"x","title":"t","extra":` + strings.Repeat("[", 1<<20), "", "deeply"},
		{"long title", `{"id":"x","title":"` + strings.Repeat("鞋", maxReadTitle+1) + `"}`, "title", "longer than 10000 characters"},
		{"long description", `{"id":"x","title":"t","description":"` + strings.Repeat("x", maxReadText+1) + `"}`, "description", "longer than 1048576 characters"},
		{"many pictures", `{"id":"x","title":"t","images":["a"` + strings.Repeat(`,"a"`, maxReadImages) + `]}`, "images", "more than 1000 pictures"},
		{"NUL in a picture", `{"id":"x","title":"t","images":["a","b\u0000"]}`, "images[1]", "NUL"},
		{"price without end", `{"id":"x","title":"t","price":1e13}`, "price", "not a price"},
		{"price beyond numbers", `{"id":"x","title":"t","price":1e999}`, "price", ""},
		{"price not a number", `{"id":"x","title":"t","price":"NaN"}`, "price", "not a price"},
		{"currency of nowhere", `{"id":"x","title":"t","currency":"QQQ"}`, "currency", "ISO 4217"},
		{"joined no day", `{"id":"x","title":"t","seller":{"joined":"2026-02-30"}}`, "seller.joined", "not a date"},
		{"unknown key twice", `{"id":"x","title":"t","a":1,"a":2}`, "a", "twice"},
		{"very long line", `{"id":"x","title":"` + strings.Repeat("x", maxRecord+10) + `"}`, "", "longer than 4 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := `{"id":"before","title":"t"}` + "\n\n" + c.row + "\n" + `{"id":"after","title":"t"}`
			got, bad, err := read(t, text, FeedOptions{Format: FormatJSONL})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 2 || got[0].ID != "before" || got[1].ID != "after" {
				t.Errorf("the good listings around it: %s", show(got))
			}
			if len(bad) != 1 {
				t.Fatalf("%d bad records: %v", len(bad), bad)
			}
			if b := bad[0]; b.Line != 3 || (c.field != "" && b.Field != c.field) || !strings.Contains(b.Reason, c.reason) || b.File != "feed" {
				t.Errorf("said %q (field %q), want line 3, field %q, reason with %q", b, b.Field, c.field, c.reason)
			}
		})
	}
}

func TestBadRows(t *testing.T) {
	text := "id,title,price\n1,ok,5\n2,\"bro\"ken,5\n3,,5\n4,ok,5,6,7\n5,ok,dear\n6,ok,\"1,299.00\"\n"
	got, bad, err := read(t, text, FeedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[1].ID != "6" || *got[1].Price != 1299 {
		t.Errorf("listings: %s", show(got))
	}
	if !strings.Contains(bad[0].Reason, "quoted field") {
		t.Errorf("a broken quote: %v", bad[0])
	}
	var lines []int64
	for _, b := range bad {
		lines = append(lines, b.Line)
	}
	if !reflect.DeepEqual(lines, []int64{3, 4, 5, 6}) {
		t.Errorf("bad lines %v: %v", lines, bad)
	}
}

func TestUnusableFeeds(t *testing.T) {
	bomb := func() string {
		var b bytes.Buffer
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		row := []byte(`{"id":"x","title":"` + strings.Repeat("a", 1000) + "\"}\n")
		for range 400_000 {
			_, _ = z.Write(row)
		}
		z.Close()
		return b.String()
	}
	for name, c := range map[string]struct {
		text string
		kind fault.Kind
	}{
		"packed twice":     {pack(t, "gzip", pack(t, "gzip", "x")), fault.Invalid},
		"cut gzip":         {pack(t, "gzip", strings.Repeat(`{"id":"x","title":"t"}`+"\n", 1000))[:40], fault.Invalid},
		"bomb":             {bomb(), fault.TooLarge},
		"no title column":  {"id,price\n1,2\n", fault.Invalid},
		"billion laughs":   {`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><rss><item><id>1</id></item></rss>`, fault.Invalid},
		"XML cut off":      {`<rss><channel><item><id>1</id>`, fault.Invalid},
		"deep XML":         {strings.Repeat("<a>", 1000), fault.Invalid},
		"endless element":  {"<rss><item><title>" + strings.Repeat("x", 6<<20), fault.TooLarge},
		"endless value":    {`[{"id":"` + strings.Repeat("x", 6<<20), fault.TooLarge},
		"array cut off":    {`[{"id":"1","title":"t"},{"id"`, fault.Invalid},
		"endless LD value": {`{"@type":"Product","name":"` + strings.Repeat("x", 6<<20), fault.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(t, c.text, FeedOptions{})
			if fault.Of(err) != c.kind {
				t.Errorf("got %v, want %v", err, c.kind)
			}
		})
	}
	if _, _, err := read(t, "", FeedOptions{}); err != nil {
		t.Errorf("an empty feed: %v", err)
	}
}

func TestMap(t *testing.T) {
	got, bad, err := read(t, "id,title,price,was\n1,t,5,9\n", FeedOptions{Map: map[string]string{"price": "was"}})
	if err != nil || len(bad) > 0 || *got[0].Price != 9 {
		t.Error(show(got), bad, err)
	}
	for ours, theirs := range map[string]string{"price": "nowhere", "colour": "was"} {
		if _, _, err := read(t, "id,title,was\n1,t,9\n", FeedOptions{Map: map[string]string{ours: theirs}}); !errors.Is(err, fault.Invalid) {
			t.Errorf("map %s=%s: %v", ours, theirs, err)
		}
	}
}

func TestParsePrice(t *testing.T) {
	for text, want := range map[string]struct {
		amount   float64
		currency string
	}{
		"12.99 USD": {12.99, "USD"}, "1,299.00": {1299, ""}, "1.299,00 €": {1299, "EUR"}, "￥99": {99, "CNY"}, "价格 99元": {99, "CNY"},
		"1 299,50 zł": {1299.5, "PLN"}, "Rp 250.000": {250000, "IDR"}, "1'200.50 CHF": {1200.5, "CHF"}, "$1,000": {1000, "USD"}, "0,999": {0.999, ""}, "5": {5, ""}, "1.000.000": {1e6, ""},
	} {
		amount, currency, ok := ParsePrice(text)
		if !ok || math.Abs(amount-want.amount) > 1e-9 || currency != want.currency {
			t.Errorf("%q: %v %q %v, want %v", text, amount, currency, ok, want)
		}
	}
	for _, text := range []string{"", "free", "-5", "ab", "."} {
		if amount, _, ok := ParsePrice(text); ok {
			t.Errorf("%q is %v", text, amount)
		}
	}
}

func TestCategory(t *testing.T) {
	for words, want := range map[string]string{
		"shoes": "shoes", "Apparel & Accessories > Shoes": "shoes", "女鞋": "shoes", "Luggage & Bags > Backpacks": "bags", "Smart Watches": "watches",
		"Jewelry > Watch Bands": "accessories", "Home & Garden > Kitchen": "appliances", "Garden gnomes": "other", "": "", "手机数码": "electronics", "Spielzeug": "toys", "Apparel & Accessories": "accessories", "187": "shoes",
	} {
		if got := Category(words); got != want {
			t.Errorf("%q is %q, want %q", words, got, want)
		}
	}
}

// TestConstantMemory streams 300 MB through a feed and looks at the heap on the way.
func TestConstantMemory(t *testing.T) {
	row := []byte(`{"id":"x","title":"A pair of shoes","description":"` + strings.Repeat("long ", 190) + "\"}\n")
	in := &repeated{row: row, left: 300_000}
	feed, err := OpenFeed("big", in, FeedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n, most := 0, uint64(0)
	for {
		chunk, err := feed.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		chunk.Each(func(_ int64, _ *Listing, bad *BadRecord) bool {
			if bad != nil {
				t.Fatal(bad)
			}
			n++
			return true
		})
		if n%20_000 < 300 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if n != 300_000 || most > 64<<20 {
		t.Errorf("%d listings with up to %d MiB live", n, most>>20)
	}
}

type repeated struct {
	row  []byte
	left int
	rest []byte
}

func (r *repeated) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		r.left--
		r.rest = r.row
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// FuzzLineParser holds the fast parser against the strict one: what it reads, the other reads alike.
func FuzzLineParser(f *testing.F) {
	f.Add(`{"id":"A","title":"t\u00e9 \"x\"","price":12.50,"quantity":3,"images":["a","b"],"seller":{"id":"s","ratings":5,"positive":0.9},"listed_at":"2026-11-14T04:53:41Z"}`)
	f.Add(`{"id":1,"title":"t","price":"5"}`)
	f.Add(`{"id":"","title":null,"images":[]} `)
	f.Add(`{"id":"A","title":"t","price":"12.5","quantity":" 3","views":3,"x":true,"x":null,"seller":{"joined":null,"y":"\ud800"}}`)
	f.Fuzz(func(t *testing.T, line string) { parsersAgree(t, line) })
}

// parsersAgree reports whether the fast parser took the line; if so the strict one must read the same.
func parsersAgree(t *testing.T, line string) bool {
	t.Helper()
	line = strings.Trim(line, " \t\r")
	var p lineParser
	if strings.ContainsRune(line, '\n') || !p.parse(line) || checkListing(&p.listing) != nil {
		return false
	}
	want, bad := parseListing([]byte(line))
	if bad != nil {
		t.Fatalf("the strict parser refuses: %v\n%s", bad, line)
	}
	if len(want.Images) == 0 {
		want.Images = nil
	}
	got := p.listing.clone()
	if len(got.Images) == 0 {
		got.Images = nil
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("fast   %s\nstrict %s\n%s", show(got), show(want), line)
	}
	return true
}

// TestParsersAgree writes listings in every way it can think of and holds the two parsers together on each.
func TestParsersAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	keys := []string{"id", "title", "description", "brand", "category", "price", "currency", "quantity", "condition", "images", "seller", "ships_from", "listed_at", "language", "ID", "x", "\\u0069d", "name", "joined", "ratings", "positive", "country"}
	values := []string{`"a"`, `"é鞋"`, `"\n\"\\"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\u0000"`, `""`, `null`, `true`, `false`, `0`, `5`, `-1`, `12.50`, `1e3`, `01`, `1.`, `.5`, `"7"`, `" 7"`, `"7 "`, `"1e2"`, `"0x10"`, `"inf"`, `123456789012345`, `1234567890123456`,
		`0.1`, `"0.30"`, `[]`, `["a","b"]`, `[null]`, `["a",]`, `{}`, `{"a":1}`, `"USD"`, `"2026-11-14T04:53:41Z"`, `"2026-11-14T04:53:41.5+08:00"`, `"2026-02-30"`, `"2026-11-14"`, "\"\t\"", "\"\xff\"", `nul`, `"open`, ``}
	spaces := []string{"", "", "", "", " ", "\t", "\r", "\v"}
	space := func() string { return spaces[r.IntN(len(spaces))] }
	var object func(depth int) string
	object = func(depth int) string {
		var b strings.Builder
		b.WriteString("{")
		for i := range r.IntN(8) {
			if i > 0 {
				b.WriteString(space() + "," + space())
			}
			key := keys[r.IntN(len(keys))]
			value := values[r.IntN(len(values))]
			if key == "seller" && depth == 0 && r.IntN(4) > 0 {
				value = object(1)
			}
			b.WriteString(`"` + key + `"` + space() + ":" + space() + value)
		}
		return b.String() + space() + "}"
	}
	taken := 0
	for range 200_000 {
		line := object(0)
		if r.IntN(3) > 0 { // most lines shall be listings
			line = `{"id":"1","title":"t",` + line[1:]
		}
		if parsersAgree(t, line) {
			taken++
		}
	}
	if taken < 3_000 {
		t.Errorf("only %d lines were taken by the fast parser", taken)
	}
}

// FuzzFeed throws anything at every format: no panic, and every listing keeps the rules.
func FuzzFeed(f *testing.F) {
	f.Add("", `{"id":"A","title":"t"}`)
	f.Add("csv", "id,title\n1,\"a\n\"\n")
	f.Add("xml", "<rss><item><id>1</id><title>t</title></item></rss>")
	f.Add("jsonld", `{"@type":"Product","sku":"1","name":"t"}`)
	f.Add("json", `[{"id":"A","title":"t"}]`)
	f.Add("jsonld", `<html><script type="application/ld+json">{"@type":"Product","sku":"1","name":"t"}</script>`)
	f.Fuzz(func(t *testing.T, format, text string) {
		for l, err := range ReadListings("x", strings.NewReader(text), FeedOptions{Format: Format(format)}) {
			if err == nil && Storable(&l.Listing) != nil {
				t.Fatalf("not storable: %s", show(l.Listing))
			}
			if err == nil && l.Line < 1 {
				t.Fatalf("line %d", l.Line)
			}
		}
	})
}

func BenchmarkJSONL(b *testing.B) {
	text, err := os.ReadFile("../../../shared/data/dev/listings.jsonl")
	if err != nil {
		b.Skip("needs the development data beside the project")
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	b.Run("fast", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			c := &Chunk{lines: text, line: 1}
			c.Each(func(int64, *Listing, *BadRecord) bool { return true })
		}
		b.ReportMetric(float64(b.N*len(lines))/b.Elapsed().Seconds(), "listings/s")
	})
	b.Run("strict", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			for _, line := range lines {
				if _, bad := parseListing(line); bad != nil {
					b.Fatal(bad)
				}
			}
		}
		b.ReportMetric(float64(b.N*len(lines))/b.Elapsed().Seconds(), "listings/s")
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			for _, line := range lines {
				var l Listing
				if err := json.Unmarshal(line, &l); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N*len(lines))/b.Elapsed().Seconds(), "listings/s")
	})
}
