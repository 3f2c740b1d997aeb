package review

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// decide takes one decision and leads on to the next listing, with the way to take it back.
func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), market.ListingID(r.PathValue("listing"))
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	version, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return web.Unreadable(err)
	}
	choice := enforce.Choice{
		Outcome: enforce.Outcome(r.PostForm.Get("outcome")), Reason: enforce.ReasonCode(r.PostForm.Get("reason")),
		Note: strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get("note"), "\r\n", "\n")), Version: version, Request: r.PostForm.Get("request"),
	}
	scope, asked, err := listings.ReadScope(v, r.PostForm.Get)
	choice.Scope = scope
	var d enforce.Decision
	if err == nil {
		d, err = p.desk.Enforce.Decide(r.Context(), v.User, id, choice)
	}
	if problems := v.Problems(err); problems != nil {
		if strings.HasPrefix(back(r), "/listings/") {
			return web.Done(w, r, back(r), &ui.Toast{Text: problems[0].Text, Tone: "bad"})
		}
		return p.show(w, r, id, &sent{problems, choice.Outcome, choice.Note, asked, web.Status(err)})
	}
	if err != nil {
		return err
	}
	next := r.PostForm.Get("next")
	if next == "" {
		next = "/review"
	}
	return web.Done(w, r, next, &ui.Toast{
		Text: v.T("review.decided", "Outcome", listings.OutcomeDone(v, d.Outcome), "Listing", string(id), "Reason", listings.ReasonName(v, d.Reason)),
		Undo: &ui.Undo{Path: "/review/decisions/" + string(d.ID) + "/undo", Hidden: []ui.Hidden{{Name: "back", Value: back(r)}}, Key: "u"},
	})
}

// undo takes a decision back and leads to its listing.
func (p *pages) undo(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	d, err := p.desk.Enforce.Undo(r.Context(), v.User, enforce.DecisionID(r.PathValue("decision")), strings.TrimSpace(r.PostFormValue("why")))
	if problems := v.Problems(err); problems != nil {
		return web.Done(w, r, back(r), &ui.Toast{Text: problems[0].Text, Tone: "bad"})
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, back(r), &ui.Toast{Text: v.T("review.undone", "Outcome", listings.OutcomeDone(v, d.Outcome), "Listing", string(d.Listing)), Tone: "info"})
}

// claim takes a listing for a while, so that nobody else is handed it, or gives it back.
func (p *pages) claim(w http.ResponseWriter, r *http.Request) error {
	v, id := ui.Here(r), market.ListingID(r.PathValue("listing"))
	if r.PostFormValue("release") != "" {
		if err := p.desk.Enforce.Release(r.Context(), v.User, id); err != nil {
			return err
		}
		return web.Done(w, r, back(r), nil)
	}
	_, err := p.desk.Enforce.Claim(r.Context(), v.User, id)
	if problems := v.Problems(err); problems != nil {
		return web.Done(w, r, back(r), &ui.Toast{Text: problems[0].Text, Tone: "bad"})
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, back(r), nil)
}

// tick is what the box of a row sends: the version first, as ids may hold anything.
func tick(item enforce.Item) string {
	return strconv.FormatInt(item.Version, 10) + ":" + string(item.Listing)
}

func parseTick(text string) (enforce.Item, bool) {
	version, id, ok := strings.Cut(text, ":")
	n, err := strconv.ParseInt(version, 10, 64)
	return enforce.Item{Listing: market.ListingID(id), Version: n}, ok && err == nil && id != ""
}

// decideMany takes one decision on all rows ticked.
func (p *pages) decideMany(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	var items []enforce.Item
	for _, text := range r.PostForm["id"] {
		if item, ok := parseTick(text); ok {
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return web.Done(w, r, back(r), &ui.Toast{Text: v.T("review.bulk.none"), Tone: "bad"})
	}
	outcome, reason, _ := strings.Cut(r.PostForm.Get("choice"), ":")
	choice := enforce.Choice{Outcome: enforce.Outcome(outcome), Reason: enforce.ReasonCode(reason), Note: strings.TrimSpace(r.PostForm.Get("note")), Request: r.PostForm.Get("request")}
	if p.desk.Enforce.TakesTwo(len(items), choice.Outcome) {
		_, err := p.desk.Enforce.ProposeTogether(r.Context(), v.User, items, choice)
		if problems := v.Problems(err); problems != nil {
			return web.Done(w, r, back(r), &ui.Toast{Text: problems[0].Text, Tone: "bad"})
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, proposalsPath, &ui.Toast{Text: v.N("review.proposals.made", len(items)), Tone: "info"})
	}
	group, results, err := p.desk.Enforce.DecideMany(r.Context(), v.User, items, choice)
	if problems := v.Problems(err); problems != nil {
		return web.Done(w, r, back(r), &ui.Toast{Text: problems[0].Text, Tone: "bad"})
	}
	if err != nil {
		return err
	}
	toast := p.together(v, results, v.T("review.bulk.done", "Outcome", listings.OutcomeDone(v, enforce.Outcome(outcome))))
	if group != "" {
		toast.Undo = &ui.Undo{Path: "/review/groups/" + string(group) + "/undo", Hidden: []ui.Hidden{{Name: "back", Value: back(r)}}, Key: "u"}
	}
	return web.Done(w, r, back(r), toast)
}

// undoGroup takes back what was decided together.
func (p *pages) undoGroup(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	results, err := p.desk.Enforce.UndoGroup(r.Context(), v.User, enforce.GroupID(r.PathValue("group")), strings.TrimSpace(r.PostFormValue("why")))
	if problems := v.Problems(err); problems != nil {
		return web.Done(w, r, back(r), &ui.Toast{Text: problems[0].Text, Tone: "bad"})
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, back(r), p.together(v, results, v.T("review.bulk.undone")))
}

// together says what became of several listings: how many, and why the others were not.
func (p *pages) together(v *ui.Visit, results []enforce.ItemResult, what string) *ui.Toast {
	done, why := 0, ""
	for _, result := range results {
		if result.Problem == nil {
			done++
			continue
		}
		if f, ok := fault.As(result.Problem); ok && why == "" && !errors.Is(f, fault.Internal) {
			why = v.Sentence(f)
		}
	}
	text := v.N("review.bulk.count", done, "What", what)
	toast := &ui.Toast{Text: text}
	if left := len(results) - done; left > 0 {
		toast.Text += " " + v.N("review.bulk.left", left, "Why", why)
		toast.Tone = "info"
	}
	return toast
}

// export streams the whole queue of the filter, without a cap.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	write, end := listings.Exporter(w, "review", q.Get("format"), []string{"listing", "title", "seller", "brand", "category", "price_usd", "verdict", "score", "priority", "state", "standing", "opened_at"})
	f := filter(q)
	f.After, f.Limit = "", 200
	for {
		page, err := p.desk.Enforce.Queue(r.Context(), v.User, f)
		if err != nil {
			return err
		}
		for _, one := range page.Items {
			line := exported{Listing: one.Listing, Title: one.Title, Seller: one.Seller, Brand: one.Brand, Category: one.Category, Verdict: one.Verdict, Score: one.Score,
				Priority: one.Priority, State: one.State, Standing: one.Standing, OpenedAt: one.OpenedAt}
			price, opened := "", ""
			if one.Cents != market.NoPrice {
				line.Cents = &one.Cents
				price = strconv.FormatFloat(float64(one.Cents)/100, 'f', 2, 64)
			}
			if !one.OpenedAt.IsZero() {
				opened = one.OpenedAt.UTC().Format(time.RFC3339)
			}
			err := write(line, []string{string(one.Listing), one.Title, string(one.Seller), string(one.Brand), one.Category, price, string(one.Verdict), strconv.FormatFloat(one.Score, 'f', 4, 64),
				strconv.FormatFloat(one.Priority, 'f', 0, 64), string(one.State), string(one.Standing), opened})
			if err != nil {
				return err
			}
		}
		if f.After = page.Next; page.Next == "" {
			return end()
		}
	}
}
