package market

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/ownmark/ownmark/internal/fault"
)

// entries reads the <item>s of RSS and the <entry>s of Atom, with Google's g: fields.
func (f *Feed) entries(r io.Reader, given map[string]string) func() (*Chunk, error) {
	source := &budget{r: r}
	source.refill()
	d := xml.NewDecoder(source)
	d.Entity = xml.HTMLEntity // a character each; a feed's own entities are refused below
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if f.utf16 {
			return in, nil
		}
		encoding, err := htmlindex.Get(charset)
		if err != nil {
			return nil, fault.Invalid.Say("%s is in an encoding that is not known: %s.", f.name, charset)
		}
		return encoding.NewDecoder().Reader(in), nil
	}
	depth := 0
	found := false // an element, so that the feed is one
	var categories categoryCache
	var done error
	return func() (*Chunk, error) {
		if done != nil {
			return nil, done
		}
		chunk := &Chunk{file: f.name}
		for began := d.InputOffset(); len(chunk.items) < chunkItems && d.InputOffset()-began < chunkSize; {
			if depth < 4 {
				source.refill()
			}
			token, err := d.Token()
			if err != nil {
				if done = f.brokenXML(d, err); errors.Is(done, io.EOF) && !found && d.InputOffset() > 0 {
					done = fault.Invalid.Say("%s is not XML: it has no element.", f.name)
				}
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
				found = true
				if depth++; depth > maxDepth {
					done = fault.Invalid.Say("%s nests its elements more than %d deep.", f.name, maxDepth)
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
				l, bad := fromFields(func(field string) string { return fields[field] }, &categories)
				chunk.add(int64(line), l, bad)
			}
		}
		return chunk, nil
	}
}

// googleNamespace is what g: stands for.
const googleNamespace = "http://base.google.com/ns/1.0"

// entryFields reads one item to its end: the text of each child that is a field of ours, with that of the elements inside it.
func entryFields(d *xml.Decoder, given map[string]string) (map[string]string, error) {
	fields := map[string]string{}
	ranks := map[string]int{}
	depth := 0
	var text strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, fault.Invalid.Say("An item nests its elements more than %d deep.", maxDepth)
			}
			if depth > 1 {
				continue
			}
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if depth == 0 {
				return fields, nil
			}
			if depth--; depth == 0 {
				keep(fields, ranks, t.Name, text.String(), given)
			}
		}
	}
}

// keep puts a child's text under the field it stands for: a sale price goes before a price, what Google asks for before
// what RSS and Atom have, a field's own name before another; pictures add up.
func keep(fields map[string]string, ranks map[string]int, name xml.Name, text string, given map[string]string) {
	key := headerKey(name.Local)
	for ours, theirs := range given {
		if headerKey(theirs) == key {
			fields[ours], ranks[ours] = text, -10
			return
		}
	}
	field, known := fieldOf[key]
	if !known || strings.TrimSpace(text) == "" {
		return
	}
	rank := 0
	if key != headerKey(field) {
		rank = 1
	}
	if name.Space == googleNamespace || name.Space == "g" { // "g" where the feed does not say what it stands for
		rank -= 2
	}
	if key == "saleprice" {
		rank = -5
	}
	was, taken := ranks[field]
	if field == "images" && was > -10 {
		fields[field] = strings.TrimSpace(fields[field] + " " + strings.TrimSpace(text))
		return
	}
	if !taken || rank < was {
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
