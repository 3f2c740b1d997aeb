package letters

import (
	"fmt"
	"testing"
)

func TestWords(t *testing.T) {
	table := Shared()
	words := NewWords(10000)
	for i := range 10000 {
		words.Put(table.HashWord(fmt.Sprintf("word%d", i)))
	}
	words = ReadWords(words.Bytes())
	for i := range 10000 {
		if !words.Has(table.HashWord(fmt.Sprintf("WORD%d", i))) {
			t.Fatalf("word%d is lost", i)
		}
	}
	wrong := 0
	for i := range 10000 {
		if words.Has(table.HashWord(fmt.Sprintf("other%d", i))) {
			wrong++
		}
	}
	if wrong > 300 {
		t.Errorf("%d of 10,000 words that are not in the set seem to be", wrong)
	}
}

func TestTablesAgree(t *testing.T) {
	table := Shared()
	for p := range table.pages {
		for i := range table.pages[p] {
			r, cell := rune(p<<pageBits|i), table.pages[p][i]
			if cell.Fold != 0 && cell.Flags&Expands == 0 && cell.Kind != Separator {
				if again := table.Of(cell.Fold).Fold; again != 0 && again != cell.Fold {
					t.Errorf("%q folds to %q, and that to %q", r, cell.Fold, again)
				}
			}
			if cell.Look != 0 && !isASCIIWord(rune(cell.Look)) {
				t.Errorf("%q looks like %q", r, cell.Look)
			}
			if int(cell.Sound) >= table.Sounds() {
				t.Errorf("%q has sound %d of %d", r, cell.Sound, table.Sounds())
			}
		}
	}
}
