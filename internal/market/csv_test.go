package market

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/ownmark/ownmark/internal/fault"
)

// TestRowsStandByThemselves puts broken rows among good ones and expects only the broken to be lost, each with its line.
func TestRowsStandByThemselves(t *testing.T) {
	for _, c := range []struct {
		name, text string
		ids        []ListingID
		bad        []int64
	}{
		{"quote never closed", "id,title\n1,a\n2,\"open\n3,c\n4,d\n", []ListingID{"1", "3", "4"}, []int64{3}},
		{"quote never closed in the last row", "id,title\n1,a\n2,\"open", []ListingID{"1"}, []int64{3}},
		{"quote closed in another row", "id,title\n1,\"open\n2,b\n3,\"c\"\n4,d\n", []ListingID{"2", "3", "4"}, []int64{2}},
		{"quote in the middle", "id,title\n1,5\" screen\n2,b\n", []ListingID{"2"}, []int64{2}},
		{"quoted lines", "id,title\n1,\"a\nb\r\nc\"\n2,b\n3,\n", []ListingID{"1", "2"}, []int64{6}},
		{"endless quote", "id,title\n1,a\n2,\"" + strings.Repeat("x\n", 3<<20) + "3,c\n", []ListingID{"1", "3"}, nil},
		{"endless line", "id,title\n1,a\n2," + strings.Repeat("x", 5<<20) + "\n3,c\n", []ListingID{"1", "3"}, []int64{3}},
		{"empty rows", "id,title\n\n1,a\n,\n \r\n2,b\n", []ListingID{"1", "2"}, nil},
		{"empty cells behind", "id,title\n1,a,,\n2,b,x\n", []ListingID{"1"}, []int64{3}},
		{"broken UTF-8", "id,title\n1,caf\xe9 noir\n2,鞋\n", []ListingID{"2"}, []int64{2}},
		{"NUL", "id,title\n1,a\x00b\n2,b\n", []ListingID{"2"}, []int64{2}},
		{"Excel's separator line", "sep=;\r\nid;title\r\n1;a\r\n2;\r\n", []ListingID{"1"}, []int64{4}},
		{"inch signs between tabs", "id\ttitle\tbrand\n1\t\"5\" screen\tx\n2\t\"a \"\"quoted\"\"\nname\"\tx\n3\t\"open\tx\n4\td\t\n", []ListingID{"1", "2", "3", "4"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, bad, err := read(t, c.text, FeedOptions{Format: FormatCSV})
			if err != nil {
				t.Fatal(err)
			}
			var ids []ListingID
			for _, l := range got {
				ids = append(ids, l.ID)
			}
			var lines []int64
			for _, b := range bad {
				lines = append(lines, b.Line)
			}
			if c.name == "endless quote" {
				// Each of the lines inside the quote is a row without a title, once the quote is given up.
				if len(lines) < 3<<20-2 || lines[0] != 3 {
					t.Fatalf("%d bad rows", len(lines))
				}
				lines = nil
			}
			if !reflect.DeepEqual(ids, c.ids) || !reflect.DeepEqual(lines, c.bad) {
				t.Errorf("read %v, bad lines %v; want %v, %v (%v)", ids, lines, c.ids, c.bad, bad[:min(len(bad), 5)])
			}
		})
	}
	got, _, _ := read(t, "id\ttitle\n1\t\"5\" screen\n2\t\"a \"\"b\"\"\nc\"\n", FeedOptions{})
	if len(got) != 2 || got[0].Title != `"5" screen` || got[1].Title != "a \"b\"\nc" {
		t.Errorf("titles between tabs: %s", show(got))
	}
}

// TestRowsAcrossChunks reads many rows with line breaks in them and expects each at the line where it begins.
func TestRowsAcrossChunks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var feed bytes.Buffer
	feed.WriteString("id,title,description\n")
	line, n := int64(2), 20_000
	starts := make([]int64, n)
	for i := range n {
		starts[i] = line
		breaks := r.IntN(4)
		fmt.Fprintf(&feed, "%d,t,\"%s\"\n", i, strings.Repeat("a \"\"b\"\", c\n", breaks)+strings.Repeat("x", r.IntN(60)))
		line += int64(breaks) + 1
	}
	i := 0
	for l, err := range ReadListings("rows", &feed, FeedOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if l.Line != starts[i] || string(l.Listing.ID) != fmt.Sprint(i) {
			t.Fatalf("row %d is %s at line %d, want line %d", i, l.Listing.ID, l.Line, starts[i])
		}
		i++
	}
	if i != n {
		t.Errorf("%d rows of %d", i, n)
	}
}

func TestEncodings(t *testing.T) {
	chinese := []byte("\xb1\xe0\xba\xc5,\xb1\xea\xcc\xe2\n") // 编号,标题
	for name, c := range map[string]struct {
		head []byte
		gb   bool
	}{
		"Chinese in GB18030":        {chinese, true},
		"cut in a character":        {chinese[:len(chinese)-2], true},
		"UTF-8":                     {[]byte("编号,标题\n"), false},
		"UTF-8 with one byte wrong": {[]byte("编号,标题\xb1\n"), false},
		"ASCII with one byte wrong": {[]byte("id,title\n1,a\xffb\n"), false},
		"German in Latin-1":         {[]byte("id,W\xe4hrung,Verk\xe4ufer,gr\xf6\xdfe\n"), false},
	} {
		if got := isGB18030(c.head); got != c.gb {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// FuzzRows holds the reading of rows against encoding/csv: what that reads without complaint is read alike.
func FuzzRows(f *testing.F) {
	f.Add("a,b\n\"c \"\"d\"\"\",\"e\r\nf\"\n,\r\n\"\"\n")
	f.Add("\"a\"b,c\nd,\"e")
	f.Add("a\r,b\n\"\r\",\"c\"\r")
	f.Fuzz(func(t *testing.T, text string) {
		peer := csv.NewReader(strings.NewReader(text))
		peer.FieldsPerRecord = -1
		want, err := peer.ReadAll()
		// What follows are rows that hold nothing, which are passed over here; and encoding/csv drops a lone \r at the end of the text.
		var kept [][]string
		for _, row := range want {
			if strings.TrimSpace(strings.Join(row, "")) != "" {
				kept = append(kept, row)
			}
		}
		for _, separator := range []byte(",\t") {
			table := layout{separator: separator}
			buf := []byte(text)
			whole := table.ends(buf, true)
			var got [][]string
			broken := whole < len(buf)
			for from := 0; from < len(buf); {
				end := table.firstEnd(buf, from)
				if end <= from || end > len(buf) {
					t.Fatalf("a row from %d to %d", from, end)
				}
				if ahead := table.end(buf, from, false); ahead > 0 && ahead != end {
					t.Fatalf("the row at %d ends at %d, at %d when more may follow", from, end, ahead)
				}
				row, reason := table.split(buf[from:end], text[from:end], nil)
				if reason != "" {
					broken = true
				} else if len(row) > 0 {
					got = append(got, row)
				}
				from = end
			}
			if separator != ',' {
				continue
			}
			if broken != (err != nil) {
				t.Fatalf("broken: %v, encoding/csv: %v", broken, err)
			}
			if !broken && !reflect.DeepEqual(got, kept) {
				t.Fatalf("got %q, encoding/csv %q", got, kept)
			}
		}
	})
}

// FuzzParsePrice expects an amount to be one that a listing may have.
func FuzzParsePrice(f *testing.F) {
	f.Add("1.299,00 €")
	f.Add("价格 99元")
	f.Add("12.99 USD")
	f.Fuzz(func(t *testing.T, text string) {
		amount, currency, ok := ParsePrice(text)
		if ok && !(amount >= 0) {
			t.Fatalf("%q is %v", text, amount)
		}
		if currency != "" && !isCurrency(currency) {
			t.Fatalf("%q is in %q", text, currency)
		}
	})
}

// FuzzCategory expects one of the categories, whatever the words.
func FuzzCategory(f *testing.F) {
	f.Add("Apparel & Accessories > Shoes")
	f.Add("女鞋")
	f.Fuzz(func(t *testing.T, words string) {
		category := Category(words)
		for _, known := range Categories {
			if category == known {
				return
			}
		}
		if strings.TrimSpace(words) != "" {
			t.Fatalf("%q is %q", words, category)
		}
	})
}

// TestUnpackedBound expects the bound on what a packed feed unpacks to, and none on a plain one.
func TestUnpackedBound(t *testing.T) {
	rows := strings.Repeat(`{"id":"x","title":"t"}`+"\n", 1000)
	for packing, refused := range map[string]bool{"plain": false, "gzip": true, "zstd": true} {
		_, _, err := read(t, pack(t, packing, rows), FeedOptions{MaxUnpacked: 10_000})
		if (err != nil) != refused || err != nil && !strings.Contains(err.Error(), "more than 10000 bytes") {
			t.Errorf("%s: %v", packing, err)
		}
	}
	if _, _, err := read(t, pack(t, "gzip", rows), FeedOptions{MaxUnpacked: int64(len(rows))}); err != nil {
		t.Error(err)
	}
}

// TestReaderFails expects the reader's own failure, not one of the packing.
func TestReaderFails(t *testing.T) {
	gone := errors.New("the disk is gone")
	for _, packing := range []string{"plain", "gzip", "zstd"} {
		text := pack(t, packing, strings.Repeat(`{"id":"x","title":"t"}`+"\n", 100_000))
		var last error
		for _, err := range ReadListings("x", &failing{text[:len(text)/2], gone}, FeedOptions{}) {
			last = err
		}
		if !errors.Is(last, gone) {
			t.Errorf("%s: %v", packing, last)
		}
	}
}

type failing struct {
	text string
	err  error
}

func (r *failing) Read(p []byte) (int, error) {
	if r.text == "" {
		return 0, r.err
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

// TestGoogleFieldsComeFirst has the fields of RSS and Atom beside Google's.
func TestGoogleFieldsComeFirst(t *testing.T) {
	got, bad, err := read(t, `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><id>the feed</id><entry>
<id>tag:x,2026:1</id><g:id>A1</g:id><title>Plain</title><g:title>Google&#39;s&nbsp;title</g:title><summary>short</summary><content type="xhtml"><div>A <b>bold</b> claim</div></content>
<g:price>20 USD</g:price><g:sale_price>15 USD</g:sale_price><g:shipping><g:price>5 USD</g:price></g:shipping></entry></feed>`, FeedOptions{})
	if err != nil || len(bad) > 0 || len(got) != 1 {
		t.Fatal(show(got), bad, err)
	}
	if l := got[0]; l.ID != "A1" || l.Title != "Google's\u00a0title" || *l.Price != 15 || l.Description != "short" {
		t.Error(show(l))
	}
	got, _, _ = read(t, `<rss xmlns:g="http://base.google.com/ns/1.0"><item><g:id>1</g:id><title>t</title><description>A <b>bold</b> claim</description></item></rss>`, FeedOptions{})
	if len(got) != 1 || got[0].Description != "A bold claim" {
		t.Error(show(got))
	}
}

// TestFirstLineBroken expects the format to be found although the first line is none of it.
func TestFirstLineBroken(t *testing.T) {
	for _, first := range []string{"# exported today", `{"id":"1","title":"cut`, `"id":"1"}`} {
		got, bad, err := read(t, first+"\n"+strings.Repeat(`{"id":"2","title":"t"}`+"\n", 3), FeedOptions{})
		if err != nil || len(bad) != 1 || len(got) != 3 {
			t.Errorf("%s: %s %v %v", first, show(got), bad, err)
		}
	}
}

// TestLooseJSON has what exports put in JSON beside our fields.
func TestLooseJSON(t *testing.T) {
	got, bad, err := read(t, `{"id":7,"title":"t","price":" 12.50 ","quantity":"3","brand":null,"seller":null,"images":null,"category":"Women's Shoes","views":3,"tags":["a"],"hot":true}`, FeedOptions{})
	if err != nil || len(bad) > 0 || len(got) != 1 {
		t.Fatal(show(got), bad, err)
	}
	if l := got[0]; l.ID != "7" || *l.Price != 12.5 || *l.Quantity != 3 || l.Category != "shoes" || l.Brand != "" {
		t.Error(show(l))
	}
	var p lineParser
	for _, line := range []string{
		`{"id":"7","title":"t","price":"12.50","quantity":"3","brand":null,"seller":{"id":"s","rank":1,"rank2":"x"},"images":null,"views":3,"hot":true,"rank":null}`,
	} {
		if !p.parse(line) {
			t.Errorf("left to the slow parser: %s", line)
		}
	}
}

// TestEncodingOfXML expects what the feed says of its encoding to be believed, unless a byte order mark says otherwise.
func TestEncodingOfXML(t *testing.T) {
	const feed = `<?xml version="1.0" encoding="%s"?><rss><item><id>1</id><title>莆田鞋</title></item></rss>`
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(fmt.Sprintf(feed, "GBK"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"gbk": gb, "utf-8": fmt.Sprintf(feed, "UTF-8"), "utf-16": pack(t, "utf-16", fmt.Sprintf(feed, "UTF-16"))} {
		got, bad, err := read(t, text, FeedOptions{})
		if err != nil || len(bad) > 0 || len(got) != 1 || got[0].Title != "莆田鞋" {
			t.Errorf("%s: %s %v %v", name, show(got), bad, err)
		}
	}
	if _, _, err := read(t, fmt.Sprintf(feed, "klingon"), FeedOptions{}); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "klingon") {
		t.Error(err)
	}
}
