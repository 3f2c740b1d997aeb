package rights

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// attached is a document that was sent with a notice.
type attached struct {
	Number int
	Path   string
}

type noticePage struct {
	ui.Page
	Notice    enforce.Notice
	Sight     enforce.Sight
	Price     string
	Listing   string // the address of the listing's page; empty where the person may not see it
	Place     string // the exact address, when it is one that a browser may open
	Tag       listings.Tag
	Clock     listings.Tag
	Facts     []ui.Fact
	Documents []attached
	Answer    *enforce.Answer
	Outcome   string
	Reason    string
	Redress   string
	Past      []ui.Event
	Entry     string // the address of the ledger entry; empty where the person may not see it
	Withdraw  *ui.Confirm
	Defect    *ui.Form // of a trusted flagger's notice, for who works the queue
}

// one is the notice of the address, with what it is read with.
func (p *pages) one(r *http.Request) (n enforce.Notice, b enforce.Background, err error) {
	v := ui.Here(r)
	if n, err = p.enforce.Notice(r.Context(), v.User, enforce.NoticeID(r.PathValue("notice"))); err != nil {
		return n, b, err
	}
	all, err := p.enforce.Backgrounds(r.Context(), v.User, []enforce.NoticeID{n.ID})
	return n, all[n.ID], err
}

func entryPath(v *ui.Visit, entry string) string {
	if entry == "" || !v.User.Can(access.LedgerRead) {
		return ""
	}
	return "/ledger/" + url.PathEscape(entry)
}

func (p *pages) notice(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	n, b, err := p.one(r)
	if err != nil {
		return err
	}
	holders, err := p.holders(r)
	if err != nil {
		return err
	}
	answers, err := p.enforce.Answers(r.Context(), v.User, n.ID)
	if err != nil {
		return err
	}
	title := b.Listing.Title
	if title == "" {
		title = string(n.Listing)
	}
	page := noticePage{
		Page:   ui.Page{Title: v.T("rights.notice.title", "Title", short(title, 80)), Crumbs: crumbs(v)},
		Notice: n, Sight: b.Listing, Price: price(v, b.Listing), Tag: stateTag(v, n.State), Clock: clock(v, n), Answer: b.Answer, Entry: entryPath(v, n.Entry),
	}
	if v.User.Can(access.ListingRead) {
		page.Listing = listings.Path(n.Listing)
	}
	if u, err := url.Parse(n.Location); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		page.Place = n.Location
	}
	page.Facts = []ui.Fact{
		{Label: v.T("rights.right"), Value: registration(b.Right), Path: RightPath(b.Right.ID)},
		{Label: v.T("rights.organisation"), Value: holderName(holders, n.Organisation)},
		{Label: v.T("rights.by"), Value: n.ByName},
		{Label: v.T("rights.email"), Value: n.Email},
		{Label: v.T("rights.goodfaith.fact"), Value: v.T("rights.goodfaith.yes")},
		{Label: v.T("rights.guarantee"), Value: n.Guarantee},
	}
	for i := range n.Documents {
		page.Documents = append(page.Documents, attached{i + 1, fmt.Sprintf("%s/documents/%d", NoticePath(n.ID), i+1)})
	}
	if b.Answer != nil {
		page.Outcome, page.Reason, page.Redress = v.T("rights.outcome."+string(b.Answer.Outcome)), reasonName(v, b.Answer.Reason), v.T("rights.redress."+string(n.State))
		if !b.Answer.Stands {
			page.Redress = v.T("rights.redress.later")
		}
	}
	page.Past = past(v, n, answers)
	if n.State == enforce.Received && v.User.Can(access.NoticeFile) {
		page.Withdraw = &ui.Confirm{Label: v.T("rights.withdraw"), Icon: "arrow-back-up", Question: v.T("rights.withdraw.question"), Yes: v.T("rights.withdraw"), Path: NoticePath(n.ID) + "/withdraw", Danger: true}
	}
	if n.State == enforce.NoticeRefused && v.User.Can(access.AppealFile) {
		page.Actions = []ui.Action{{Text: v.T("rights.object"), Path: "/appeals/new?notice=" + url.QueryEscape(string(n.ID)), Icon: "gavel"}}
	}
	if n.Lane == enforce.Trusted && v.User.Can(access.ReviewWork) {
		page.Defect = defectForm(v, n.ID)
	}
	return views.Render(w, r, page)
}

// past is the way of a notice, newest first.
func past(v *ui.Visit, n enforce.Notice, answers []enforce.Answer) []ui.Event {
	events := []ui.Event{{At: n.ReceivedAt, Who: n.ByName, What: v.T("rights.past.received"), Icon: "mail", Tone: "info", Path: entryPath(v, n.Entry)}}
	for _, a := range answers {
		tone, icon := listings.OutcomeMark(a.Outcome)
		what := v.T("rights.past." + string(a.Outcome))
		if a.At.Before(n.ReceivedAt) {
			what = v.T("rights.past.before")
		}
		who := v.T("rights.past.person")
		if a.Automated {
			who = v.T("rights.past.machine")
		}
		events = append(events, ui.Event{At: a.At, Who: who, What: what, Detail: reasonName(v, a.Reason), Icon: icon, Tone: tone})
		if !a.Undone.IsZero() {
			events = append(events, ui.Event{At: a.Undone, What: v.T("rights.past.undone"), Icon: "arrow-back-up", Tone: "info"})
		}
	}
	if n.State == enforce.NoticeWithdrawn {
		events = append(events, ui.Event{At: n.DecidedAt, What: v.T("rights.past.withdrawn"), Icon: "arrow-back-up"})
	}
	slices.SortStableFunc(events, func(a, b ui.Event) int { return a.At.Compare(b.At) })
	slices.Reverse(events)
	return events
}

func (p *pages) withdrawNotice(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	n, err := p.enforce.WithdrawNotice(r.Context(), v.User, enforce.NoticeID(r.PathValue("notice")))
	if err != nil {
		return err
	}
	return web.Done(w, r, NoticePath(n.ID), &ui.Toast{Text: v.T("rights.withdrawn.done")})
}
