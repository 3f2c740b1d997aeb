package market

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/net/html"
)

// products reads schema.org Products from JSON-LD: one or many, in an array, under @graph, in an ItemList, or in the script elements of a page.
func (f *Feed) products(r io.Reader) func() (*Chunk, error) {
	lines := &lineCounter{r: r}
	in := bufio.NewReaderSize(lines, sniffSize)
	head, _ := in.Peek(sniffSize)
	if bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("<")) {
		return f.pageProducts(in)
	}
	source := &budget{r: in}
	d := jsontext.NewDecoder(source)
	var done error
	return func() (*Chunk, error) {
		chunk := &Chunk{file: f.name}
		for size := 0; done == nil && len(chunk.items) < chunkItems && size < chunkSize; {
			source.refill()
			switch kind := d.PeekKind(); {
			case kind == '[' && d.StackDepth() == 0, kind == ']':
				if _, err := d.ReadToken(); err != nil {
					done = f.broken(err, lines)
				}
				continue
			}
			raw, err := d.ReadValue()
			if err != nil {
				if done = io.EOF; !errors.Is(err, io.EOF) {
					done = f.broken(err, lines)
				}
				break
			}
			size += len(raw)
			f.addProducts(chunk, lines.at(d.InputOffset()-int64(len(raw))), raw)
		}
		if done != nil {
			return chunk.orEnd(done)
		}
		return chunk, nil
	}
}

// pageProducts reads the script elements of an HTML page.
func (f *Feed) pageProducts(in io.Reader) func() (*Chunk, error) {
	z := html.NewTokenizer(in)
	z.SetMaxBuf(maxRecord)
	line, inScript := int64(1), false
	var done error
	return func() (*Chunk, error) {
		chunk := &Chunk{file: f.name}
		for size := 0; done == nil && len(chunk.items) < chunkItems && size < chunkSize; {
			kind := z.Next()
			raw := z.Raw()
			began := line
			line += int64(bytes.Count(raw, []byte("\n")))
			switch kind {
			case html.ErrorToken:
				if done = z.Err(); errors.Is(done, html.ErrBufferExceeded) {
					done = errRecordTooLong
				}
			case html.StartTagToken:
				token := z.Token()
				inScript = false
				for _, a := range token.Attr {
					if token.Data == "script" && a.Key == "type" && strings.HasPrefix(strings.ToLower(a.Val), "application/ld+json") {
						inScript = true
					}
				}
			case html.TextToken:
				if inScript {
					size += len(raw)
					f.addProducts(chunk, began, bytes.Clone(raw))
				}
			case html.EndTagToken:
				inScript = false
			}
		}
		if done != nil {
			return chunk.orEnd(done)
		}
		return chunk, nil
	}
}

func (f *Feed) addProducts(chunk *Chunk, line int64, raw []byte) {
	if tooDeep(raw) {
		chunk.add(line, Listing{}, &BadRecord{Reason: fmt.Sprintf("nested too deeply: more than %d levels", maxDepth)})
		return
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		chunk.add(line, Listing{}, jsonProblem(err))
		return
	}
	walkProducts(value, func(product map[string]any) {
		l, bad := fromProduct(product)
		chunk.add(line, l, bad)
	})
}

// walkProducts finds the Products in what JSON-LD may wrap them in.
func walkProducts(v any, found func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			walkProducts(one, found)
		}
	case map[string]any:
		if isType(v, "Product", "ProductGroup", "IndividualProduct") {
			found(v)
			return
		}
		for _, key := range []string{"@graph", "mainEntity", "itemListElement", "item", "hasVariant"} {
			walkProducts(v[key], found)
		}
	}
}

func isType(v map[string]any, names ...string) bool {
	types, _ := v["@type"].([]any)
	if one, ok := v["@type"].(string); ok {
		types = []any{one}
	}
	for _, t := range types {
		s, _ := t.(string)
		s = s[strings.LastIndexAny(s, "/#:")+1:]
		for _, name := range names {
			if s == name {
				return true
			}
		}
	}
	return false
}

func fromProduct(p map[string]any) (Listing, *BadRecord) {
	offer := first(p["offers"])
	seller := first(offer["seller"])
	fields := map[string]string{
		"id":          pick(p, "sku", "productID", "mpn", "gtin13", "gtin", "@id", "url", "identifier"),
		"title":       pick(p, "name"),
		"description": pick(p, "description"),
		"brand":       name(p["brand"]),
		"category":    name(p["category"]),
		"price":       pick(offer, "price", "lowPrice"),
		"currency":    pick(offer, "priceCurrency"),
		"condition":   pick(offer, "itemCondition"),
		"listed_at":   pick(p, "releaseDate"),
		"language":    pick(p, "inLanguage"),
		"seller.id":   pick(seller, "@id", "identifier", "url"),
		"seller.name": name(offer["seller"]),
	}
	if specification := first(offer["priceSpecification"]); fields["price"] == "" {
		fields["price"], fields["currency"] = pick(specification, "price"), pick(specification, "priceCurrency")
	}
	if fields["condition"] == "" {
		fields["condition"] = pick(p, "itemCondition")
	}
	if level := first(offer["inventoryLevel"]); level != nil {
		fields["quantity"] = pick(level, "value")
	}
	if id := fields["id"]; id == "" {
		fields["id"] = pick(offer, "sku", "url")
	}
	fields["images"] = strings.Join(addresses(p["image"]), " ")
	return fromFields(func(field string) string { return fields[field] }, new(categoryCache))
}

// first is the object itself, or the first of a list of them.
func first(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		if len(v) > 0 {
			return first(v[0])
		}
	}
	return nil
}

func pick(m map[string]any, keys ...string) string {
	for _, key := range keys {
		if s := scalar(m[key]); s != "" {
			return s
		}
	}
	return ""
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return fmt.Sprint(v)
	case []any:
		if len(v) > 0 {
			return scalar(v[0])
		}
	}
	return ""
}

// name is a text, or the name of an object.
func name(v any) string {
	if m := first(v); m != nil {
		return pick(m, "name", "@id")
	}
	return scalar(v)
}

// addresses are the pictures: texts, or the urls of objects.
func addresses(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{strings.ReplaceAll(strings.TrimSpace(v), " ", "%20")}
	case map[string]any:
		return addresses(scalar(v["url"]))
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, addresses(one)...)
		}
		return all
	}
	return nil
}
