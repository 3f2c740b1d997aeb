package world

import (
	"bufio"
	"encoding/json"
	"io"
)

// WriteListings writes the first n listings as a listings file (JSON Lines), or all of them when n is not positive. It
// holds one listing at a time. The error is out's.
func (w *World) WriteListings(out io.Writer, n int) error {
	return writeLines(out, func(yield func(any) bool) {
		for i := range w.first(n) {
			if item := w.Item(i); !yield(&item.Listing) {
				return
			}
		}
	})
}

// WriteLabels writes the labels of the first n listings, or of all, as WriteListings does.
func (w *World) WriteLabels(out io.Writer, n int) error {
	return writeLines(out, func(yield func(any) bool) {
		for i := range w.first(n) {
			if !yield(w.Item(i).Label()) {
				return
			}
		}
	})
}

// WriteBrands writes a brands file.
func (w *World) WriteBrands(out io.Writer) error {
	return writeLines(out, func(yield func(any) bool) {
		for _, b := range w.brands {
			if !yield(b) {
				return
			}
		}
	})
}

// WriteSellers writes the accounts' records, one a line.
func (w *World) WriteSellers(out io.Writer) error {
	return writeLines(out, func(yield func(any) bool) {
		for _, s := range w.sellers {
			if !yield(s.Record) {
				return
			}
		}
	})
}

// WriteSources writes who is behind each account: {"seller_id", "source_id"}, one a line.
func (w *World) WriteSources(out io.Writer) error {
	type line struct {
		Seller string `json:"seller_id"`
		Source string `json:"source_id"`
	}
	return writeLines(out, func(yield func(any) bool) {
		for _, s := range w.sellers {
			if !yield(line{string(s.Account.ID), s.Source}) {
				return
			}
		}
	})
}

func (w *World) first(n int) int {
	if n <= 0 {
		return w.options.Listings
	}
	return min(n, w.options.Listings)
}

func writeLines(out io.Writer, rows func(yield func(any) bool)) error {
	buffered := bufio.NewWriterSize(out, 1<<16)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	for row := range rows {
		if err := encoder.Encode(row); err != nil {
			return err
		}
	}
	return buffered.Flush()
}
