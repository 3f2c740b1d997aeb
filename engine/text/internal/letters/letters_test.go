package letters

import "testing"

func TestOf(t *testing.T) {
	table := Shared()
	for _, c := range []struct {
		r    rune
		fold rune
		look byte
		kind Kind
	}{
		{'N', 'n', 'n', Letter}, {'n', 0, 'n', Letter}, {'５', '5', '5', Digit}, {'Ｎ', 'n', 'n', Letter}, {'é', 'e', 'e', Letter}, {'𝐍', 'n', 'n', Letter},
		{'Ⓝ', 'n', 'n', Letter}, {'а', 0, 'a', Letter}, {'Н', 'н', 'h', Letter}, {'ո', 0, 'n', Letter}, {'🅽', 0, 'n', Letter}, {'ɴ', 0, 'n', Letter},
		{'耐', 0, 0, Ideograph}, {'愛', '爱', 0, Ideograph}, {'\u200b', 0, 0, Ignored}, {'\u0301', 0, 0, Ignored}, {'$', 0, 's', Sign}, {'😀', 0, 0, Separator},
		{'™', 0, 0, Separator}, {'й', 'и', 'n', Letter}, {'ﾆ', 'ニ', 0, Ideograph}, {'Ꭺ', 'ꭺ', 'a', Letter}, {'ᴇ', 0, 'e', Letter}, {'ⁿ', 'n', 'n', Letter},
	} {
		cell := table.Of(c.r)
		if cell.Kind != c.kind || cell.Look != c.look || cell.Fold != c.fold {
			t.Errorf("%q: kind %d fold %q look %q", c.r, cell.Kind, cell.Fold, cell.Look)
		}
	}
	if table.Spelling(table.Of('耐').Sound) != "nai" || table.Of('愛').Sound != table.Of('爱').Sound {
		t.Error("sounds are wrong")
	}
	if table.Whole('木', '子') != '李' {
		t.Error("木子 is not 李")
	}
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		build()
	}
}
