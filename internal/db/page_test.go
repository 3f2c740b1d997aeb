package db

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ownmark/ownmark/internal/fault"
)

func TestCursorIsReadBackByItsOwnOrderOnly(t *testing.T) {
	cursor := Cursor("newest", int64(1)<<60+1, "a\"ü", 0.1)
	var number int64
	var text string
	var fraction float64
	if err := ParseCursor(cursor, "newest", &number, &text, &fraction); err != nil || number != 1<<60+1 || text != "a\"ü" || fraction != 0.1 {
		t.Errorf("%v: %d %q %v", err, number, text, fraction)
	}
	for _, bad := range []error{
		ParseCursor(cursor, "oldest", &number, &text, &fraction),
		ParseCursor(cursor, "newest", &number, &text),
		ParseCursor(cursor, "newest", &text, &number, &fraction),
		ParseCursor("", "newest", &number),
		ParseCursor("%%%", "newest", &number),
		ParseCursor(Cursor("newest", nil), "newest", &number),
		ParseCursor(Cursor("newest", "a\x00"), "newest", &text),
		ParseCursor(Cursor("newest", 1.5), "newest", &number),
	} {
		if f, ok := fault.As(bad); !ok || !errors.Is(bad, fault.Invalid) || f.Field != "after" {
			t.Errorf("got %v", bad)
		}
	}
}

func TestWhereNumbersItsArguments(t *testing.T) {
	w := &Where{}
	w.And(`a = ?`, 1)
	w.And(`b`)
	w.AndWords(`search`, ` ÜBER  100%_\ `)
	w.And(`(c, d) < (?, ?)`, "x", "y")
	w.Then(`order by c limit ?`, 5)
	if want := ` where a = $1 and b and search like $2 escape '\' and search like $3 escape '\' and (c, d) < ($4, $5) order by c limit $6`; w.Text() != want {
		t.Errorf("got  %s\nwant %s", w.Text(), want)
	}
	if want := []any{1, "%über%", `%100\%\_\\%`, "x", "y", 5}; !slices.Equal(w.Args(), want) {
		t.Errorf("%q", w.Args())
	}
	many := &Where{}
	many.AndWords(`search`, strings.Repeat("word ", 100))
	if n := len(many.Args()); n != mostWords {
		t.Errorf("%d words are looked for", n)
	}
	if none := (&Where{}); none.Text() != "" {
		t.Errorf("%q", none.Text())
	}
}

func TestFold(t *testing.T) {
	for text, want := range map[string]string{"  ＮＩＫＥ\u3000Ａｉｒ\n": "nike air", "Ünïted": "ünïted", "耐克": "耐克", "ﬁne": "fine", "": ""} {
		if got := Fold(text); got != want {
			t.Errorf("%q folds to %q, want %q", text, got, want)
		}
	}
	if got := Fold("A", "", "b "); got != "a b" {
		t.Errorf("%q", got)
	}
}

func TestCutSaysWhetherThereIsMore(t *testing.T) {
	cursor := func(last int) string { return Cursor("n", last) }
	if p := Cut([]int{1, 2, 3}, 2, cursor); len(p.Items) != 2 || p.Next != Cursor("n", 2) {
		t.Errorf("%+v", p)
	}
	if p := Cut([]int{1, 2}, 2, cursor); len(p.Items) != 2 || p.Next != "" {
		t.Errorf("%+v", p)
	}
	if Limit(0, 50, 200) != 50 || Limit(-3, 50, 200) != 50 || Limit(70, 50, 200) != 70 || Limit(900, 50, 200) != 200 {
		t.Error("limits")
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add(Cursor("o", int64(5), "id"))
	f.Fuzz(func(t *testing.T, cursor string) {
		var number int64
		var id string
		if err := ParseCursor(cursor, "o", &number, &id); err == nil {
			if Text(id) != nil {
				t.Errorf("%q cannot be asked for", id)
			}
		} else if !errors.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

func TestPagesGivesEveryRowOnceAndEndsAtAnError(t *testing.T) {
	broken := errors.New("the disk is gone")
	pages := map[string]Page[int]{"": {Items: []int{1, 2}, Next: "b"}, "b": {Next: "c"}, "c": {Items: []int{3}, Next: "d"}}
	ask := func(after string) (Page[int], error) {
		page, ok := pages[after]
		if !ok {
			return Page[int]{Items: []int{99}}, broken
		}
		return page, nil
	}
	for after, want := range map[string][]int{"": {1, 2, 3}, "c": {3}, "d": nil} {
		var got []int
		var failed error
		for n, err := range Pages(after, ask) {
			if err != nil {
				failed = err
				continue
			}
			got = append(got, n)
		}
		if !slices.Equal(got, want) || !errors.Is(failed, broken) {
			t.Errorf("from %q: %v, %v", after, got, failed)
		}
	}
	for n := range Pages("", ask) {
		if n != 1 {
			t.Fatalf("%d after the reader had gone", n)
		}
		break
	}
}
