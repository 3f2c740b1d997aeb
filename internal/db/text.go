package db

import (
	"database/sql/driver"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/fault"
)

// Text reports whether s can be stored as text on every engine: valid UTF-8 without NUL. PostgreSQL refuses both, SQLite would keep them
// and compare a text with a NUL by its first part. It returns fault.Invalid; add the field with At.
func Text(s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return fault.Invalid.Say("The text contains a NUL character.")
	}
	if !utf8.ValidString(s) {
		return fault.Invalid.Say("The text is not valid UTF-8.")
	}
	return nil
}

// storable puts in the place of each text that cannot be stored an argument that fails by itself, so that every way to the
// engine refuses it, QueryRow too, which has no error to return.
func storable(args []any) []any {
	for i, arg := range args {
		s, ok := text(arg)
		if !ok {
			continue
		}
		if err := Text(s); err != nil {
			args = append([]any(nil), args...)
			args[i] = unstorable{err}
		}
	}
	return args
}

func text(arg any) (string, bool) {
	switch v := arg.(type) {
	case nil, int64, int, bool, float64, []byte:
		return "", false
	case string:
		return v, true
	case *string:
		if v == nil {
			return "", false
		}
		return *v, true
	case driver.Valuer:
		// sql.NullString and its like.
		value, err := v.Value()
		s, ok := value.(string)
		return s, ok && err == nil
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.String { // an ID type of a room
		return v.String(), true
	}
	return "", false
}

type unstorable struct{ err error }

// Value is the driver's question for what to store.
func (u unstorable) Value() (driver.Value, error) { return nil, u.err }
