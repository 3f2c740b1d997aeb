package rights

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type newPage struct {
	ui.Page
	Form      ui.Form
	Vaults    []vault
	More      bool // rights than the list of choices holds
	Preview   preview
	Documents []kept
	Accept    string
}

// vault is one organisation's rights to choose from.
type vault struct {
	Holder string
	Rights []choice
}

// choice is one right to choose; one that does not hold today says why.
type choice struct {
	ID, Text, WhyNot string
}

// preview is what any buyer sees of the listing.
type preview struct {
	Asked bool
	Sight *enforce.Sight // nil when there is no such listing
	Price string
}

// mostChoices is how many rights the form offers; of more, a right's own page leads to the form.
const mostChoices = 500

// vaults are the rights that notices can rest on, those that hold first.
func (p *pages) vaults(r *http.Request, chosen enforce.RightID) (all []vault, more bool, err error) {
	v := ui.Here(r)
	holders, err := p.holders(r)
	if err != nil {
		return nil, false, err
	}
	n := 0
	of := map[access.OrgID]int{}
	add := func(right enforce.Right) {
		at, known := of[right.Organisation]
		if !known {
			at, of[right.Organisation] = len(all), len(all)
			all = append(all, vault{Holder: holderName(holders, right.Organisation)})
		}
		c := choice{ID: string(right.ID), Text: registration(right)}
		if f, ok := fault.As(right.WhyNot(v.Now)); ok {
			c.WhyNot = v.Sentence(f)
		}
		all[at].Rights = append(all[at].Rights, c)
	}
	var resting []enforce.Right
	for right, err := range p.enforce.ExportRights(r.Context(), v.User, enforce.RightFilter{}) {
		if err != nil {
			return nil, false, err
		}
		switch {
		case right.State == enforce.RightWithdrawn:
		case n >= mostChoices && right.ID != chosen:
			more = true
		case right.Holds(v.Now):
			n++
			add(right)
		default:
			n++
			resting = append(resting, right)
		}
	}
	for _, right := range resting {
		add(right)
	}
	return all, more, nil
}

func noticeForm(v *ui.Visit, right, listing string) ui.Form {
	return ui.Form{Path: "/rights/notices/new", Submit: v.T("rights.new.submit"), Cancel: "/rights", Draft: "notice", Upload: true, Fields: []ui.Field{
		{Name: "right", Label: v.T("rights.right"), Type: "select", Value: right, Required: true, Hint: v.T("rights.new.right.hint")},
		{Name: "listing", Label: v.T("rights.new.listing"), Value: listing, Required: true, Hint: v.T("rights.new.listing.hint")},
		{Name: "location", Label: v.T("rights.location"), Type: "url", Hint: v.T("rights.new.location.hint")},
		{Name: "reasons", Label: v.T("rights.reasons"), Type: "textarea", Rows: 5, Required: true, Max: "5000", Hint: v.T("rights.new.reasons.hint")},
		{Name: "evidence", Label: v.T("rights.evidence"), Type: "textarea", Rows: 4, Max: "5000", Hint: v.T("rights.new.evidence.hint")},
		{Name: "documents", Label: v.T("rights.documents"), Type: "file", Accept: acceptDocuments, Hint: v.T("rights.new.documents.hint")},
		{Name: "email", Label: v.T("rights.email"), Type: "email", Value: v.User.Email, Required: true, Complete: "email", Hint: v.T("rights.email.hint")},
		{Name: "good_faith", Label: v.T("rights.goodfaith"), Type: "checkbox", Required: true},
		{Name: "guarantee", Label: v.T("rights.guarantee"), Required: true, Complete: "name", Hint: v.T("rights.guarantee.hint")},
	}}
}

// form is the page of a new notice.
func (p *pages) form(r *http.Request, right, listing string) (newPage, error) {
	v := ui.Here(r)
	page := newPage{Page: ui.Page{Title: v.T("rights.new"), Lead: v.T("rights.new.lead"), Crumbs: crumbs(v)}, Form: noticeForm(v, right, listing), Accept: acceptDocuments}
	var err error
	page.Vaults, page.More, err = p.vaults(r, enforce.RightID(right))
	return page, err
}

func (p *pages) newNotice(w http.ResponseWriter, r *http.Request) error {
	q := ui.Ask(r)
	page, err := p.form(r, q.Get("right"), q.Get("listing"))
	if err != nil {
		return err
	}
	if page.Preview, err = p.seen(r, q.Get("listing")); err != nil {
		return err
	}
	return views.Render(w, r, page)
}

// seen is what any buyer sees of a listing.
func (p *pages) seen(r *http.Request, id string) (preview, error) {
	v := ui.Here(r)
	if id == "" {
		return preview{}, nil
	}
	sight, err := p.enforce.Preview(r.Context(), v.User, market.ListingID(id))
	if fault.Of(err) == fault.NotFound {
		return preview{Asked: true}, nil
	}
	return preview{true, &sight, price(v, sight)}, err
}

// preview is the piece that a script puts into the form once a listing is named.
func (p *pages) preview(w http.ResponseWriter, r *http.Request) error {
	seen, err := p.seen(r, trimmed(r.URL.Query(), "listing"))
	if err != nil {
		return err
	}
	return views.Fragment(w, r, seen)
}

// file takes a notice, or shows the form again: with the listing when that was asked for, with what is wrong else.
func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	end, err := readForm(w, r, maxUpload)
	defer end()
	if err != nil {
		return err
	}
	sent := r.PostForm
	documents, err := p.documents(r, "documents")
	claim := claimOf(sent)
	for _, k := range documents {
		claim.Documents = append(claim.Documents, k.Hash)
	}
	switch {
	case sent.Has("look"):
	case err != nil:
		// What is wrong with the words is told together with what is wrong with the documents.
		tried, tryErr := p.enforce.TryNotices(r.Context(), v.User, []enforce.Claim{claim})
		if tryErr != nil {
			return tryErr
		}
		err = errors.Join(tried[0].Problem, err)
	default:
		var n enforce.Notice
		var again bool
		if n, again, err = p.enforce.FileNotice(r.Context(), v.User, claim); err == nil {
			var toast *ui.Toast
			if again {
				toast = &ui.Toast{Text: v.T("rights.again"), Tone: "info"}
			}
			return web.Done(w, r, NoticePath(n.ID)+"/receipt", toast)
		}
	}
	problems := v.Problems(err)
	if err != nil && problems == nil {
		return err
	}
	page, formErr := p.form(r, sent.Get("right"), "")
	if formErr != nil {
		return formErr
	}
	page.Form.Fill(sent).Problems = problems
	page.Documents = documents
	if page.Preview, formErr = p.seen(r, trimmed(sent, "listing")); formErr != nil {
		return formErr
	}
	if problems != nil {
		page.Status = web.Status(err)
	}
	return views.Render(w, r, page)
}

func claimOf(sent url.Values) enforce.Claim {
	return enforce.Claim{
		Right: enforce.RightID(sent.Get("right")), Listing: market.ListingID(trimmed(sent, "listing")), Location: sent.Get("location"),
		Reasons: sent.Get("reasons"), Evidence: sent.Get("evidence"), Email: sent.Get("email"), GoodFaith: sent.Has("good_faith"), Guarantee: sent.Get("guarantee"),
	}
}

type receiptPage struct {
	ui.Page
	Notice enforce.Notice
	Facts  []ui.Fact
	Clock  listings.Tag
	Steps  []string // what happens next
	Path   string
	Entry  string // the address of the ledger entry; empty where the person may not see it
}

func (p *pages) receipt(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	n, b, err := p.one(r)
	if err != nil {
		return err
	}
	page := receiptPage{Page: ui.Page{Title: v.T("rights.receipt"), Lead: v.T("rights.receipt.lead"), Crumbs: crumbs(v)}, Notice: n, Clock: clock(v, n), Path: NoticePath(n.ID), Entry: entryPath(v, n.Entry)}
	page.Facts = []ui.Fact{
		{Label: v.T("rights.received"), Value: v.Clock(n.ReceivedAt)},
		{Label: v.T("rights.listing"), Value: b.Listing.Title + " (" + string(n.Listing) + ")"},
		{Label: v.T("rights.right"), Value: registration(b.Right), Path: RightPath(b.Right.ID)},
		{Label: v.T("rights.by"), Value: n.ByName},
		{Label: v.T("rights.email"), Value: n.Email},
	}
	switch n.State {
	case enforce.Received:
		page.Steps = []string{v.T("rights.next.review", "Time", v.Clock(n.DueAt)), v.T("rights.next.see"), v.T("rights.next.withdraw")}
	case enforce.Upheld:
		page.Steps = []string{v.T("rights.next.done")}
		if b.Answer == nil || !b.Answer.At.Before(n.ReceivedAt) {
			break
		}
		page.Steps = []string{v.T("rights.next.upheld")}
	default:
		page.Steps = []string{v.T("rights.next.done")}
	}
	return views.Render(w, r, page)
}

func trimmed(sent url.Values, name string) string { return strings.TrimSpace(sent.Get(name)) }
