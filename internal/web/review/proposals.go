package review

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// proposalsPath is where decisions on many listings wait for a second person.
const proposalsPath = "/review/proposals"

type proposalsPage struct {
	ui.Page
	Tabs  []ui.Tab
	Rows  []proposal
	Empty ui.Empty
}

// proposal is a decision on many listings, with what has become of them since.
type proposal struct {
	enforce.Together
	Mark     listings.Tag
	Because  string
	Reach    string
	Listings []proposed
	Changed  int    // of them, those that a confirmation would leave as they are
	Own      bool   // the person made it
	Path     string // where it is answered; empty for who may not
	Undo     string // where its decisions are taken back; empty when there is nothing to
	Closed   listings.Tag
}

// proposed is one of its listings.
type proposed struct {
	Title, Path string
	Changed     bool
}

// proposals lists what waits for a second person, and what became of the rest.
func (p *pages) proposals(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	states := []enforce.TogetherState{enforce.TogetherProposed, enforce.TogetherConfirmed, enforce.TogetherDeclined}
	state := enforce.TogetherState(q.Get("state"))
	page := proposalsPage{Page: ui.Page{Title: v.T("review.proposals"), Lead: v.N("review.proposals.lead", p.desk.Enforce.TwoAbove), Crumbs: []ui.Crumb{{Text: v.T("review.rail"), Path: "/review"}}}}
	if state != enforce.TogetherConfirmed && state != enforce.TogetherDeclined {
		state = enforce.TogetherProposed
	}
	waiting, err := p.desk.Enforce.TogetherWaiting(r.Context(), v.User)
	if err != nil {
		return err
	}
	for _, s := range states {
		tab := ui.Tab{Text: v.T("review.proposals." + string(s)), Path: proposalsPath + "?state=" + string(s), Current: s == state, Count: -1}
		if s == enforce.TogetherProposed {
			tab.Path, tab.Count = proposalsPath, int(waiting)
		}
		page.Tabs = append(page.Tabs, tab)
	}
	all, err := p.desk.Enforce.AllTogether(r.Context(), v.User, state)
	if err != nil {
		return err
	}
	for _, t := range all {
		one, err := p.proposal(r, v, t)
		if err != nil {
			return err
		}
		page.Rows = append(page.Rows, one)
	}
	page.Empty = ui.Empty{Icon: "users", Title: v.T("review.proposals.none." + string(state)), Text: v.N("review.proposals.none.text", p.desk.Enforce.TwoAbove), Action: &ui.Action{Text: v.T("review.rail"), Path: "/review"}}
	return views.Render(w, r, page)
}

func (p *pages) proposal(r *http.Request, v *ui.Visit, t enforce.Together) (proposal, error) {
	tone, icon := listings.OutcomeMark(t.Outcome)
	one := proposal{Together: t, Mark: listings.Tag{Tone: tone, Icon: icon, Text: listings.OutcomeName(v, t.Outcome)}, Because: listings.ReasonName(v, t.Reason), Reach: listings.ScopeName(v, t.Scope),
		Own: t.By == v.User.Answerable()}
	ids := make([]market.ListingID, len(t.Items))
	for i, item := range t.Items {
		ids[i] = item.Listing
	}
	reviews, err := p.desk.Enforce.ReviewsOf(r.Context(), v.User, ids)
	if err != nil {
		return one, err
	}
	waits := t.State == enforce.TogetherProposed
	for _, item := range t.Items {
		review, known := reviews[item.Listing]
		row := proposed{Title: review.Title, Path: listings.Path(item.Listing), Changed: waits && known && review.Version != item.Version}
		if row.Title == "" {
			row.Title = string(item.Listing)
		}
		if row.Changed {
			one.Changed++
		}
		one.Listings = append(one.Listings, row)
	}
	switch {
	case waits && v.User.Can(access.ReviewWork):
		one.Path = proposalsPath + "/" + url.PathEscape(string(t.ID))
	case t.State == enforce.TogetherConfirmed:
		one.Closed = listings.Tag{Tone: "good", Icon: "check", Text: v.N("review.proposals.taken", t.Taken, "Name", t.ClosedName, "Time", v.Clock(t.ClosedAt))}
		if t.Taken > 0 && v.User.Can(access.DecisionUndo) {
			one.Undo = "/review/groups/" + url.PathEscape(string(t.Group)) + "/undo"
		}
	case t.State == enforce.TogetherDeclined:
		one.Closed = listings.Tag{Tone: "quiet", Icon: "x", Text: v.T("review.proposals.closed", "Name", t.ClosedName, "Time", v.Clock(t.ClosedAt))}
	}
	return one, nil
}

// confirm is the second of two persons.
func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	t, results, err := p.desk.Enforce.ConfirmTogether(r.Context(), v.User, enforce.TogetherID(r.PathValue("proposal")))
	if problems := v.Problems(err); problems != nil {
		return web.Done(w, r, proposalsPath, &ui.Toast{Text: problems[0].Text, Tone: "bad"})
	}
	if err != nil {
		return err
	}
	toast := p.together(v, results, v.T("review.bulk.done", "Outcome", listings.OutcomeDone(v, t.Outcome)))
	if t.Taken > 0 {
		toast.Undo = &ui.Undo{Path: "/review/groups/" + string(t.Group) + "/undo", Hidden: []ui.Hidden{{Name: "back", Value: proposalsPath}}, Key: "u"}
	}
	return web.Done(w, r, proposalsPath, toast)
}

// decline closes a proposal, or takes one's own back.
func (p *pages) decline(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	t, err := p.desk.Enforce.DeclineTogether(r.Context(), v.User, enforce.TogetherID(r.PathValue("proposal")), strings.TrimSpace(r.PostFormValue("why")))
	if problems := v.Problems(err); problems != nil {
		return web.Done(w, r, proposalsPath, &ui.Toast{Text: problems[0].Text, Tone: "bad"})
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, proposalsPath, &ui.Toast{Text: v.N("review.proposals.done", len(t.Items)), Tone: "info"})
}
