package db

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"iter"
	"strings"

	"github.com/ownmark/ownmark/internal/fault"
)

// Page is one page of a list that is paged by key: a row that comes or goes elsewhere moves nothing on it.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // the cursor of the following page; empty on the last
}

// Limit is how many rows a page has when want were asked for: fallback when none were, at most most.
func Limit(want, fallback, most int) int {
	if want <= 0 {
		return fallback
	}
	return min(want, most)
}

// Cut makes a page of the rows a query for limit+1 gave: the surplus row only says that there are more. cursor gives the cursor
// behind a row.
func Cut[T any](rows []T, limit int, cursor func(last T) string) Page[T] {
	if len(rows) <= limit {
		return Page[T]{Items: rows}
	}
	return Page[T]{Items: rows[:limit], Next: cursor(rows[limit-1])}
}

// Pages gives the rows of page after page, from that behind the cursor after ("" for the first), until the last or until one fails.
func Pages[T any](after string, page func(after string) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := after; ; {
			p, err := page(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range p.Items {
				if !yield(row, nil) {
					return
				}
			}
			if after = p.Next; after == "" {
				return
			}
		}
	}
}

// Cursor is the place behind a row: the name of the order and the row's keys in it. People and programs hand it back as it is.
func Cursor(order string, keys ...any) string {
	raw, err := json.Marshal(append([]any{order}, keys...))
	if err != nil {
		panic(err) // keys are numbers and texts
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ParseCursor reads into keys what Cursor wrote for the same order. It returns fault.Invalid for anything else.
func ParseCursor(cursor, order string, keys ...any) error {
	bad := fault.Invalid.Say("This page of the list does not exist. Begin again at the first.").At("after")
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return bad.Because(err)
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return bad.Because(err)
	}
	var of string
	if len(parts) != len(keys)+1 || json.Unmarshal(parts[0], &of) != nil || of != order {
		return bad.Because(errors.New("of another list or order"))
	}
	for i, key := range keys {
		if string(parts[i+1]) == "null" {
			return bad.Because(errors.New("a key is null"))
		}
		if err := json.Unmarshal(parts[i+1], key); err != nil {
			return bad.Because(err)
		}
		if s, ok := key.(*string); ok {
			if err := Text(*s); err != nil {
				return bad.Because(err)
			}
		}
	}
	return nil
}

// Where gathers the conditions of a list's filter. The zero Where has none.
type Where struct {
	text strings.Builder
	args []any
}

// And adds a condition; each ? in it stands for the next of args.
func (w *Where) And(condition string, args ...any) {
	if w.text.Len() == 0 {
		w.text.WriteString(" where ")
	} else {
		w.text.WriteString(" and ")
	}
	w.add(condition, args)
}

// Then adds what follows the conditions: the order, the limit. Each ? in it stands for the next of args.
func (w *Where) Then(text string, args ...any) {
	w.text.WriteByte(' ')
	w.add(text, args)
}

func (w *Where) add(text string, args []any) {
	for _, arg := range args {
		before, after, found := strings.Cut(text, "?")
		if !found {
			panic("more arguments than question marks: " + text)
		}
		w.args = append(w.args, arg)
		w.text.WriteString(before)
		w.text.WriteString(place(len(w.args)))
		text = after
	}
	w.text.WriteString(text)
}

// Text is what follows the from clause; empty when nothing was added.
func (w *Where) Text() string { return w.text.String() }

// Args are the arguments of Text, in order.
func (w *Where) Args() []any { return w.args }
