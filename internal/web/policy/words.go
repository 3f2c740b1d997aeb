package policy

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type wordsPage struct {
	ui.Page
	Names names
}

// names are what a condition can speak of, narrowed by a word.
type names struct {
	Find      string
	Variables []nameRow
	Signals   []nameRow
}

// nameRow is one name, as it is written in a condition.
type nameRow struct{ Name, Type, Meaning string }

// namesOf finds names by themselves and by their meaning in either language.
func namesOf(v *ui.Visit, find string) names {
	n := names{Find: find}
	wanted := strings.ToLower(strings.TrimSpace(find))
	matches := func(texts ...string) bool {
		return strings.Contains(strings.ToLower(strings.Join(texts, "\n")), wanted)
	}
	for _, one := range detect.Variables() {
		if matches(one.Name, one.Meaning, one.MeaningChinese) {
			row := nameRow{one.Name, one.Type, one.Meaning}
			if v.Language == "zh" {
				row.Meaning = one.MeaningChinese
			}
			n.Variables = append(n.Variables, row)
		}
	}
	for _, one := range detect.Signals() {
		if matches(one.Name, one.Title, one.TitleChinese, one.Explanation, one.ExplanationChinese) {
			row := nameRow{fmt.Sprintf("signals[%q]", one.Name), "double", one.Title}
			if v.Language == "zh" {
				row.Meaning = one.TitleChinese
			}
			n.Signals = append(n.Signals, row)
		}
	}
	return n
}

// words lists the names that conditions can use; for htmx, only the list.
func (p *pages) words(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	n := namesOf(v, r.URL.Query().Get("q"))
	if v.Fragment {
		return views.Fragment(w, r, n)
	}
	return views.Render(w, r, wordsPage{ui.Page{Title: v.T("policy.words"), Lead: v.T("policy.words.lead"), Crumbs: crumbs(v)}, n})
}
