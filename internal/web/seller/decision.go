package seller

import (
	"net/http"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

func sellerID(text string) market.SellerID { return market.SellerID(text) }

type decisionPage struct {
	ui.Page
	Told     enforce.Told
	Title    string
	Tag      tag
	Next     string
	Letter   enforce.Letter
	Passages []enforce.Passage
	Print    string
	Answer   string // where the answer is written; empty when none can be given
	Past     []ui.Event
	Said     []said
	Withdraw *ui.Confirm
}

// said is one of the seller's answers with what became of it.
type said struct {
	enforce.Appeal
	Kind      string
	State     tag
	Documents []paper
}

type paper struct {
	Number int
	Path   string
}

func crumbs(v *ui.Visit) []ui.Crumb {
	title := v.T("seller.title")
	if v.User.Reach(access.StatementRead) == access.All {
		title = v.T("seller.title.all")
	}
	return []ui.Crumb{{Text: title, Path: "/seller"}}
}

func (p *pages) decision(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id := enforce.DecisionID(r.PathValue("decision"))
	t, err := p.enforce.ToldOne(r.Context(), v.User, id)
	if err != nil {
		return err
	}
	letter, err := p.enforce.Letter(r.Context(), v.User, id, v.Language)
	if err != nil {
		return err
	}
	page := decisionPage{
		Page: ui.Page{Title: titleOf(t), Bare: true, Crumbs: crumbs(v)}, Told: t, Title: titleOf(t), Tag: stateTag(v, t), Next: next(v, t), Letter: letter, Passages: letter.Passages(),
		Print: Path(id) + "/letter", Past: past(v, t),
	}
	if v.User.Can(access.AppealFile) && (t.MayFile(enforce.Complaint, v.Now) || t.MayFile(enforce.CounterStatement, v.Now)) {
		page.Answer = Path(id) + "/answer"
	}
	for _, a := range t.Appeals {
		one := said{Appeal: a, Kind: v.T("seller.kind." + string(a.Kind)), State: appealTag(v, a.State)}
		for i := range a.Documents {
			one.Documents = append(one.Documents, paper{i + 1, "/seller/appeals/" + string(a.ID) + "/documents/" + v.Number(i+1)})
		}
		page.Said = append(page.Said, one)
	}
	slices.Reverse(page.Said)
	if open := t.Open(); open != nil && v.User.Can(access.AppealFile) {
		page.Withdraw = &ui.Confirm{Label: v.T("seller.withdraw"), Icon: "arrow-back-up", Question: v.T("seller.withdraw.question"), Yes: v.T("seller.withdraw"), Path: "/seller/appeals/" + string(open.ID) + "/withdraw", Danger: true}
	}
	return views.Render(w, r, page)
}

// appealTag is an appeal's state as a badge.
func appealTag(v *ui.Visit, s enforce.AppealState) tag {
	marks := map[enforce.AppealState]tag{
		enforce.Filed: {"info", "clock", ""}, enforce.AppealUpheld: {"warn", "circle-x", ""}, enforce.Reversed: {"good", "circle-check", ""}, enforce.PartlyReversed: {"good", "circle-check", ""},
		enforce.Inadmissible: {"warn", "alert-circle", ""}, enforce.Contested: {"warn", "gavel", ""}, enforce.Moot: {"quiet", "history", ""}, enforce.AppealWithdrawn: {"quiet", "arrow-back-up", ""},
	}
	mark := marks[s]
	mark.Text = v.T("seller.appeal." + string(s))
	return mark
}

// past is the way of a decision and of what was said against it, newest first; what is still to come stands at its head.
func past(v *ui.Visit, t enforce.Told) []ui.Event {
	what, tone, icon := v.T("seller.past.removed"), "bad", "ban"
	switch t.Outcome {
	case enforce.Restrict:
		what, tone, icon = v.T("seller.past.restricted"), "warn", "lock"
	case enforce.Demote:
		what, tone, icon = v.T("seller.past.demoted"), "warn", "arrow-down"
	case enforce.Label:
		what, tone, icon = v.T("seller.past.labelled"), "info", "tag"
	case enforce.Freeze:
		what, tone, icon = v.T("seller.past.frozen"), "warn", "coins"
	}
	events := []ui.Event{{At: t.At, What: what, Detail: reason(v, t), Tone: tone, Icon: icon}}
	for _, a := range t.Appeals {
		events = append(events, ui.Event{At: a.FiledAt, Who: a.ByName, What: v.T("seller.past." + string(a.Kind)), Tone: "info", Icon: "mail"})
		if !a.ClosedAt.IsZero() {
			mark := appealTag(v, a.State)
			events = append(events, ui.Event{At: a.ClosedAt, What: mark.Text, Detail: a.Reasons, Tone: mark.Tone, Icon: mark.Icon})
		} else if a.Kind == enforce.Complaint {
			events = append(events, ui.Event{At: a.DueAt, What: v.T("seller.past.due"), Icon: "clock"})
		}
	}
	for _, f := range t.Forwardings {
		events = append(events, ui.Event{At: f.ForwardedAt, What: v.T("seller.past.forwarded"), Icon: "arrow-right"})
		if !f.ArrivedAt.IsZero() {
			events = append(events, ui.Event{At: f.ArrivedAt, What: v.T("seller.past.arrived"), Icon: "eye"})
		}
		switch f.State {
		case enforce.Arrived:
			events = append(events, ui.Event{At: f.DueAt, What: v.T("seller.past.ends"), Detail: v.T("seller.past.ends.text"), Tone: "info", Icon: "clock"})
		case enforce.Opposed:
			events = append(events, ui.Event{At: f.ClosedAt, What: v.T("seller.past.opposed." + string(f.Act)), Detail: f.Reference, Tone: "warn", Icon: "gavel"})
		case enforce.Lapsed:
			events = append(events, ui.Event{At: f.ClosedAt, What: v.T("seller.past.lapsed"), Tone: "good", Icon: "check"})
		}
	}
	switch {
	case !t.Ended.IsZero():
		events = append(events, ui.Event{At: t.Ended, What: v.T("seller.past.ended"), Tone: "good", Icon: "clock"})
	case !t.Until.IsZero() && t.Stands:
		events = append(events, ui.Event{At: t.Until, What: v.T("seller.past.until"), Tone: "info", Icon: "clock"})
	}
	if !t.Undone.IsZero() {
		events = append(events, ui.Event{At: t.Undone, What: v.T("seller.past.undone"), Tone: "good", Icon: "arrow-back-up"})
	}
	slices.SortStableFunc(events, func(a, b ui.Event) int { return b.At.Compare(a.At) })
	return events
}

type letterPage struct {
	ui.Page
	Letter   enforce.Letter
	Passages []enforce.Passage
	Back     string
}

// letter is the statement of reasons alone, in the seller's language unless another is asked for: to be printed and kept.
func (p *pages) letter(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	id := enforce.DecisionID(r.PathValue("decision"))
	language := ui.Ask(r).Get("language")
	if language != "en" && language != "zh" {
		language = v.Language
	}
	letter, err := p.enforce.Letter(r.Context(), v.User, id, language)
	if err != nil {
		return err
	}
	return views.Render(w, r, letterPage{Page: ui.Page{Title: letter.Heading(), Bare: true, Crumbs: crumbs(v)}, Letter: letter, Passages: letter.Passages(), Back: Path(id)})
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	a, err := p.enforce.WithdrawAppeal(r.Context(), v.User, enforce.AppealID(r.PathValue("appeal")))
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(a.Decision), &ui.Toast{Text: v.T("seller.withdrawn"), Tone: "info"})
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	a, err := p.enforce.Appeal(r.Context(), ui.Here(r).User, enforce.AppealID(r.PathValue("appeal")))
	if err != nil {
		return err
	}
	return papers.GiveOutOne(w, r, p.store, a.Documents, r.PathValue("document"), "answer-document")
}
