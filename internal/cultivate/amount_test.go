package cultivate

import (
	"errors"
	"testing"

	"github.com/ownmark/ownmark/internal/fault"
)

func TestReadAmount(t *testing.T) {
	for _, c := range []struct {
		text, code string
		minor      int64
		plain      string
	}{
		{"120.5", "cny", 120_50, "120.50"},
		{"1,200", " EUR ", 1200_00, "1200.00"},
		{"１２０", "CNY", 120_00, "120.00"},
		{"1200", "JPY", 1200, "1200"},
		{"1.234", "KWD", 1234, "1.234"},
	} {
		got, err := ReadAmount(c.text, c.code, "cost")
		if err != nil || got.Minor != c.minor || got.Plain() != c.plain {
			t.Errorf("%s %s: %v, %q, %v", c.text, c.code, got, got.Plain(), err)
		}
		if again, err := ReadAmount(got.Plain(), got.Currency, "cost"); err != nil || again != got {
			t.Errorf("%v reads back as %v, %v", got, again, err)
		}
	}
	for _, c := range []struct{ text, code, field string }{
		{"120.555", "CNY", "cost"}, {"0.5", "JPY", "cost"}, {"-1", "CNY", "cost"}, {"", "CNY", "cost"}, {"1e9", "CNY", "cost"}, {"9999999999999999999", "CNY", "cost"},
		{"1", "yuan", "currency"}, {"1", "", "currency"},
	} {
		_, err := ReadAmount(c.text, c.code, "cost")
		if wrong, ok := fault.As(err); !ok || !errors.Is(err, fault.Invalid) || wrong.Field != c.field {
			t.Errorf("%q %q: %v", c.text, c.code, err)
		}
	}
	if plain := (Amount{}).Plain(); plain != "" {
		t.Errorf("no amount is written %q", plain)
	}
}
