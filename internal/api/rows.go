package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// badRow is a row of a batch that is not a listing.
type badRow struct {
	Row    int    // from 1
	ID     string // when it could be read
	Field  string
	Reason string
}

// lines gives the rows of NDJSON: the lines that hold something, each without the space around it.
func lines(body []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for line := range bytes.SplitSeq(bytes.TrimPrefix(body, []byte("\ufeff")), []byte("\n")) {
			if line = bytes.Trim(line, " \t\r"); len(line) > 0 && !yield(line) {
				return
			}
		}
	}
}

// elements gives the raw elements of the array named listings in a JSON object. What is wrong inside an element is for
// whoever reads it: the others are good. The last error is about the document.
func elements(body []byte, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		fail := func(err error) {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			yield(nil, malformed(err))
		}
		if d.PeekKind() != '{' {
			yield(nil, fault.Invalid.Say(`Send an object with the array "listings".`).At(name))
			return
		}
		if _, err := d.ReadToken(); err != nil {
			fail(err)
			return
		}
		found := false
		for d.PeekKind() == '"' {
			key, err := d.ReadToken()
			if err != nil {
				fail(err)
				return
			}
			switch key := key.String(); {
			case key != name:
				yield(nil, fault.Invalid.Say("This is not known here.").At(truncated(key)))
				return
			case found:
				yield(nil, fault.Invalid.Say("This comes twice.").At(name))
				return
			case d.PeekKind() != '[':
				yield(nil, fault.Invalid.Say("An array is needed.").At(name))
				return
			}
			found = true
			if _, err := d.ReadToken(); err != nil {
				fail(err)
				return
			}
			for d.PeekKind() != ']' {
				raw, err := d.ReadValue()
				if err != nil {
					fail(err)
					return
				}
				if !yield(raw, nil) {
					return
				}
			}
			if _, err := d.ReadToken(); err != nil {
				fail(err)
				return
			}
		}
		if _, err := d.ReadToken(); err != nil {
			fail(err)
			return
		}
		if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
			yield(nil, fault.Invalid.Say("There is something behind the JSON."))
			return
		}
		if !found {
			yield(nil, fault.Invalid.Say("Send the listings.").At(name))
		}
	}
}

// truncated is a text that came from outside as an answer tells it again.
func truncated(s string) string {
	if len(s) <= maxTruncated {
		return s
	}
	return strings.ToValidUTF8(s[:maxTruncated], "") + "…"
}

const maxTruncated = 300 // bytes

// parsed is a batch as read: rows[i] is the row of listings[i].
type parsed struct {
	listings []market.Listing
	rows     []int
	bad      []badRow
	count    int // rows in all
}

// parseBatch reads the listings of a batch. Rows that are none are in bad; the error is about the whole.
func parseBatch(call *call, limits Limits) (parsed, error) {
	var p parsed
	var feed bytes.Buffer // one line a row, which is what market reads fastest
	feed.Grow(len(call.body) + 1)
	add := func(raw []byte) error {
		if p.count++; p.count > limits.Rows {
			return fault.TooLarge.Say("A batch has at most %d listings.", limits.Rows).At("listings")
		}
		reason := ""
		switch {
		case !utf8.Valid(raw):
			reason = "broken UTF-8"
		case raw[0] != '{':
			reason = "not a JSON object"
		case depthOf(raw) > limits.Depth:
			reason = fmt.Sprintf("more than %d levels deep", limits.Depth)
		}
		if reason != "" {
			p.bad = append(p.bad, badRow{Row: p.count, Reason: reason})
			raw = nil // an empty line keeps the count
		}
		// Line breaks in JSON stand only between its tokens.
		feed.Write(bytes.ReplaceAll(raw, []byte("\n"), []byte(" ")))
		feed.WriteByte('\n')
		return nil
	}
	if call.contentType == typeNDJSON {
		for raw := range lines(call.body) {
			if err := add(raw); err != nil {
				return parsed{}, err
			}
		}
	} else {
		for raw, err := range elements(call.body, "listings") {
			if err == nil {
				err = add(raw)
			}
			if err != nil {
				return parsed{}, err
			}
		}
	}
	if p.count == 0 {
		return parsed{}, fault.Invalid.Say("There is no listing in this batch.").At("listings")
	}
	if p.count == len(p.bad) {
		return p, nil
	}
	for row, err := range market.ReadListings("body", &feed, market.FeedOptions{Format: market.FormatJSONL}) {
		if bad, ok := errors.AsType[*market.BadRecord](err); ok {
			p.bad = append(p.bad, badRow{Row: int(bad.Line), Field: truncated(bad.Field), Reason: truncated(bad.Reason)})
			continue
		}
		if err != nil {
			return parsed{}, err
		}
		p.listings = append(p.listings, row.Listing)
		p.rows = append(p.rows, int(row.Line))
	}
	return p, nil
}
