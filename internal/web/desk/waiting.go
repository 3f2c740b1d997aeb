package desk

import (
	"time"

	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// waiting is something other than a task or a message that waits for a person.
type waiting struct {
	Text, Firm string
	Path       string
	Tag        makers.Badge
	Due        time.Time // zero: no date
}

// elsewhere is where each kind of thing that waits is seen to, behind a maker's address, with its icon.
var elsewhere = map[cultivate.WaitingKind]struct{ part, icon string }{
	cultivate.WaitingAction: {"actions", "refresh"}, cultivate.WaitingMentor: {"tasks", "calendar-event"}, cultivate.WaitingTraining: {"training", "books"},
}

// waitings is what waits beside tasks and messages, overdue things first.
func waitings(v *ui.Visit, all []cultivate.Waiting) (rows []waiting) {
	for _, w := range all {
		place, ok := elsewhere[w.Kind]
		if !ok {
			continue
		}
		one := waiting{Text: w.Words.In(v.Language), Firm: w.MakerName, Path: makers.Path(w.Maker, place.part), Due: w.Due,
			Tag: makers.Badge{Tone: "info", Icon: place.icon, Text: v.T("desk.waits." + string(w.Kind))}}
		switch {
		case w.Kind == cultivate.WaitingTraining:
			one.Tag.Tone, one.Text = "warn", v.N("desk.roll.behind", w.Count)
		case w.Overdue:
			one.Tag.Tone = "warn"
		}
		rows = append(rows, one)
	}
	return rows
}
