package market

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/ownmark/ownmark/internal/fault"
)

// maxXMLDepth is how deeply a feed's elements may nest.
const maxXMLDepth = 64

// entries reads the <item>s of RSS and the <entry>s of Atom, with Google's g: fields.
func (f *Feed) entries(r io.Reader, given map[string]string) func() (*Chunk, error) {
	source := &budget{r: r}
	source.refill()
	d := xml.NewDecoder(source)
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		encoding, err := htmlindex.Get(charset)
		if err != nil {
			return nil, fault.Invalid.Say("%s is in an encoding that is not known: %s.", f.name, charset)
		}
		return encoding.NewDecoder().Reader(in), nil
	}
	depth := 0
	var done error
	return func() (*Chunk, error) {
		if done != nil {
			return nil, done
		}
		chunk := &Chunk{file: f.name}
		for len(chunk.items) < chunkItems {
			if depth < 4 {
				source.refill()
			}
			token, err := d.Token()
			if err != nil {
				done = f.brokenXML(d, err)
				return chunk.orEnd(done)
			}
			switch t := token.(type) {
			case xml.Directive:
				if strings.HasPrefix(strings.ToUpper(string(t)), "DOCTYPE") && strings.Contains(string(t), "[") {
					done = fault.Invalid.Say("%s declares entities of its own, which feeds do not; it is not read.", f.name)
					return chunk.orEnd(done)
				}
			case xml.EndElement:
				depth--
			case xml.StartElement:
				if depth++; depth > maxXMLDepth {
					done = fault.Invalid.Say("%s nests its elements more than %d deep.", f.name, maxXMLDepth)
					return chunk.orEnd(done)
				}
				if t.Name.Local != "item" && t.Name.Local != "entry" {
					continue
				}
				line, _ := d.InputPos()
				source.refill()
				fields, err := entryFields(d, given)
				depth--
				if err != nil {
					done = f.brokenXML(d, err)
					return chunk.orEnd(done)
				}
				l, bad := fromFields(func(field string) string { return fields[field] })
				chunk.add(int64(line), l, bad)
			}
		}
		return chunk, nil
	}
}

// entryFields reads one item to its end: the text of each child that is a field of ours.
func entryFields(d *xml.Decoder, given map[string]string) (map[string]string, error) {
	fields := map[string]string{}
	ranks := map[string]int{}
	var path []string
	var text strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > maxXMLDepth {
				return nil, fault.Invalid.Say("An item nests its elements more than %d deep.", maxXMLDepth)
			}
			text.Reset()
			if t.Name.Local == "link" {
				for _, a := range t.Attr {
					if a.Name.Local == "href" {
						text.WriteString(a.Value)
					}
				}
			}
		case xml.CharData:
			if len(path) == 1 {
				text.Write(t)
			}
		case xml.EndElement:
			if len(path) == 0 {
				return fields, nil
			}
			name := path[len(path)-1]
			path = path[:len(path)-1]
			if len(path) > 0 {
				continue
			}
			keep(fields, ranks, name, text.String(), given)
		}
	}
}

// keep puts a child's text under the field it stands for; a sale price goes before a price, and pictures add up.
func keep(fields map[string]string, ranks map[string]int, name, text string, given map[string]string) {
	key := headerKey(name)
	for ours, theirs := range given {
		if headerKey(theirs) == key {
			fields[ours], ranks[ours] = text, -2
			return
		}
	}
	field, known := fieldOf[key]
	if !known || strings.TrimSpace(text) == "" {
		return
	}
	if field == "images" {
		fields[field] = strings.TrimSpace(fields[field] + " " + strings.TrimSpace(text))
		return
	}
	rank := 0
	if key != headerKey(field) {
		rank = 1
	}
	if key == "saleprice" {
		rank = -1
	}
	if was, taken := ranks[field]; !taken || rank < was {
		fields[field], ranks[field] = text, rank
	}
}

func (f *Feed) brokenXML(d *xml.Decoder, err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if fl, ok := fault.As(err); ok {
		return fl
	}
	line, _ := d.InputPos()
	return fault.Invalid.Say("%s cannot be read past line %d: it is not well-formed XML.", f.name, line).Because(err)
}
