package makers

import (
	"net/http"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// thing is the one next thing that a firm's own page asks of it. An empty Path asks nothing.
type thing struct {
	Text   string
	Detail string
	Path   string
	Button string
}

// seen is where each kind of thing that waits is seen to, behind a maker's address.
var seen = map[cultivate.WaitingKind]string{
	cultivate.WaitingTask: "tasks", cultivate.WaitingAction: "actions", cultivate.WaitingMessage: "messages", cultivate.WaitingTraining: "training", cultivate.WaitingMentor: "tasks",
}

// fill adds what only the firm's own people are shown: the one next thing, what else waits, and what each stage asks and gives.
func (p *pages) fill(r *http.Request, v *ui.Visit, page *makerPage) error {
	all, err := p.cultivate.Waits(r.Context(), v.User)
	if err != nil {
		return err
	}
	m := page.Maker
	page.Own, page.Waits = true, nil
	var first *thing
	for _, w := range all {
		if w.Maker != m.ID || w.Kind == cultivate.WaitingMessage {
			continue // messages are counted on a line of their own
		}
		one := wait{Title: waitText(v, w), Due: w.Due, Overdue: w.Overdue, Path: Path(m.ID, seen[w.Kind])}
		if first == nil && (w.Overdue || w.Kind == cultivate.WaitingAction) {
			first = &thing{Text: one.Title, Path: one.Path, Button: v.T("makers.thing.do")}
			if !w.Due.IsZero() {
				first.Detail = v.T("makers.thing.until", "Date", v.Day(w.Due))
			}
		}
		if len(page.Waits) < mostWaits {
			page.Waits = append(page.Waits, one)
		}
	}
	page.Thing = p.thing(v, page, first)
	for i := range page.Way {
		leg := &page.Way[i]
		leg.Asks, leg.Gives = v.T("makers.asks."+string(leg.stage)), v.T("makers.gives."+string(leg.stage))
	}
	return nil
}

// thing chooses the next thing: what is late, then an unread message, then what the next step still asks, then the step itself.
func (p *pages) thing(v *ui.Visit, page *makerPage, late *thing) thing {
	m := page.Maker
	switch {
	case late != nil:
		return *late
	case page.Unread > 0:
		return thing{Text: v.N("makers.unread", page.Unread), Path: Path(m.ID, "messages"), Button: v.T("makers.thing.read")}
	}
	if page.Next != nil {
		for _, c := range page.Next.Checks {
			if !c.Passes() && c.Path != "" {
				return thing{Text: c.Text, Detail: c.Detail, Path: c.Path, Button: v.T("makers.thing.do")}
			}
		}
		if page.Next.May && page.Next.Missing == 0 {
			return thing{Text: page.Next.Text, Detail: v.T("makers.thing.ready"), Path: "#makers-next", Button: v.T("makers.thing.look")}
		}
	}
	if len(page.Waits) > 0 {
		return thing{Text: page.Waits[0].Title, Path: page.Waits[0].Path, Button: v.T("makers.thing.do")}
	}
	return thing{Text: v.T("makers.thing.none")}
}

// waitText is a thing that waits in a few words.
func waitText(v *ui.Visit, w cultivate.Waiting) string {
	switch w.Kind {
	case cultivate.WaitingMentor:
		return v.T("makers.wait.mentor", "Name", w.Words.In(v.Language))
	case cultivate.WaitingTraining:
		return v.T("makers.wait.training")
	case cultivate.WaitingAction:
		return v.T("makers.wait.action", "Finding", w.Words.In(v.Language))
	}
	return w.Words.In(v.Language)
}

// isOwn reports whether the person is of the firm, rather than of the programme.
func isOwn(v *ui.Visit) bool { return v.User.Reach(access.MakerRead) == access.Own }
