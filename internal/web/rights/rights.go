// Package rights is the rights holder's portal: notices and what became of them, one notice at a time or a file of them, the vault of rights they rest on, and
// the mandates by which one organisation acts for another. For the marketplace's own people it is the same, of all organisations, and where rights are
// held against the register.
package rights

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{
	"list.html": listPage{}, "new.html": newPage{}, "preview.html": preview{}, "receipt.html": receiptPage{}, "notice.html": noticePage{},
	"bulk.html": bulkPage{}, "sent.html": sentPage{},
	"vault.html": vaultPage{}, "right.html": rightPage{}, "edit.html": editPage{}, "mandates.html": mandatesPage{}, "flaggers.html": flaggersPage{}, "search.html": searchPage{},
})

type pages struct {
	enforce *enforce.Service
	access  *access.Service
	brands  *brand.Service
	store   *blob.Store
}

// Job is the portal. It draws with words of the listings job, which must be served too.
func Job(notices *enforce.Service, accounts *access.Service, brands *brand.Service, store *blob.Store) web.Job {
	p := &pages{notices, accounts, brands, store}
	return web.Job{
		Rail:  ui.Entry{Name: "rights.rail", Icon: "certificate", Path: "/rights", Verb: access.NoticeRead, Key: "g n"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /rights", Verb: access.NoticeRead, Handle: p.list},
			{Pattern: "GET /exports/notices", Verb: access.NoticeRead, Handle: p.export},
			{Pattern: "GET /rights/preview", Verb: access.NoticeFile, Handle: p.preview},
			{Pattern: "GET /rights/notices/new", Verb: access.NoticeFile, Handle: p.newNotice},
			{Pattern: "POST /rights/notices/new", Verb: access.NoticeFile, Handle: p.file},
			{Pattern: "GET /rights/notices/{notice}", Verb: access.NoticeRead, Handle: p.notice},
			{Pattern: "GET /rights/notices/{notice}/receipt", Verb: access.NoticeRead, Handle: p.receipt},
			{Pattern: "GET /rights/notices/{notice}/documents/{document}", Verb: access.NoticeRead, Handle: p.noticeDocument},
			{Pattern: "POST /rights/notices/{notice}/withdraw", Verb: access.NoticeFile, Handle: p.withdrawNotice},
			{Pattern: "GET /rights/bulk", Verb: access.NoticeFile, Handle: p.bulk},
			{Pattern: "POST /rights/bulk", Verb: access.NoticeFile, Handle: p.look},
			{Pattern: "POST /rights/bulk/send", Verb: access.NoticeFile, Handle: p.send},
			{Pattern: "GET /rights/bulk/{receipt}", Verb: access.NoticeFile, Handle: p.sent},
			{Pattern: "GET /rights/bulk/{receipt}/refused", Verb: access.NoticeFile, Handle: p.refused},
			{Pattern: "GET /rights/vault", Verb: access.RightRead, Handle: p.vault},
			{Pattern: "GET /exports/rights", Verb: access.RightRead, Handle: p.exportRights},
			{Pattern: "GET /rights/vault/new", Verb: access.RightEdit, Handle: p.newRight},
			{Pattern: "POST /rights/vault/new", Verb: access.RightEdit, Handle: p.declare},
			{Pattern: "GET /rights/vault/{right}", Verb: access.RightRead, Handle: p.right},
			{Pattern: "GET /rights/vault/{right}/document", Verb: access.RightRead, Handle: p.rightDocument},
			{Pattern: "GET /rights/vault/{right}/edit", Verb: access.RightEdit, Handle: p.edit},
			{Pattern: "POST /rights/vault/{right}/edit", Verb: access.RightEdit, Handle: p.save},
			{Pattern: "POST /rights/vault/{right}/withdraw", Verb: access.RightEdit, Handle: p.withdrawRight},
			{Pattern: "POST /rights/vault/{right}/verify", Verb: access.RightVerify, Handle: p.verify},
			{Pattern: "POST /rights/vault/{right}/refuse", Verb: access.RightVerify, Handle: p.refuse},
			{Pattern: "GET /rights/search", Verb: access.NoticeFile, Handle: p.search},
			{Pattern: "POST /rights/search", Verb: access.NoticeFile, Handle: p.fileChosen},
			{Pattern: "POST /rights/search/picture", Verb: access.NoticeFile, Handle: p.searchPicture},
			{Pattern: "GET /rights/flaggers", Verb: access.NoticeRead, Handle: p.flaggers},
			{Pattern: "POST /rights/flaggers", Verb: access.PeopleManage, Handle: p.markFlagger},
			{Pattern: "POST /rights/flaggers/{organisation}/suspend", Verb: access.AccountSuspend, Handle: p.suspendFlagger},
			{Pattern: "POST /rights/notices/{notice}/defect", Verb: access.ReviewWork, Handle: p.logDefect},
			{Pattern: "GET /rights/mandates", Verb: access.RightRead, Handle: p.mandates},
			{Pattern: "POST /rights/mandates", Verb: access.RightEdit, Handle: p.giveMandate},
			{Pattern: "POST /rights/mandates/{owner}/{agent}/end", Verb: access.RightEdit, Handle: p.endMandate},
		},
	}
}

// NoticePath is the address of a notice.
func NoticePath(id enforce.NoticeID) string { return "/rights/notices/" + url.PathEscape(string(id)) }

// RightPath is the address of a right in the vault.
func RightPath(id enforce.RightID) string { return "/rights/vault/" + url.PathEscape(string(id)) }

// tabs are the pages of the portal side by side.
func tabs(v *ui.Visit, current string) []ui.Tab {
	all := []ui.Tab{{Text: v.T("rights.notices"), Path: "/rights"}, {Text: v.T("rights.vault"), Path: "/rights/vault"}}
	if v.User.Can(access.NoticeFile) {
		all = append(all, ui.Tab{Text: v.T("rights.search"), Path: "/rights/search"})
	}
	if v.User.Can(access.RightVerify) {
		all = append(all, ui.Tab{Text: v.T("rights.toverify"), Path: toVerify})
	}
	all = append(all, ui.Tab{Text: v.T("rights.mandates"), Path: "/rights/mandates"})
	if v.User.Reach(access.NoticeRead) == access.All {
		all = append(all, ui.Tab{Text: v.T("rights.flaggers"), Path: "/rights/flaggers"})
	}
	for i := range all {
		all[i].Current, all[i].Count = all[i].Path == current, -1
	}
	return all
}

func crumbs(v *ui.Visit) []ui.Crumb { return []ui.Crumb{{Text: v.T("rights.title"), Path: "/rights"}} }

func vaultCrumbs(v *ui.Visit) []ui.Crumb {
	return append(crumbs(v), ui.Crumb{Text: v.T("rights.vault"), Path: "/rights/vault"})
}

// holders are the organisations whose rights and notices the person may see: for the operator all that hold rights, else the own one and those that it
// has a mandate of.
func (p *pages) holders(r *http.Request) ([]access.Organisation, error) {
	v := ui.Here(r)
	all, err := p.access.Organisations(r.Context(), v.User)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(o access.Organisation) bool { return o.Kind != access.RightsHolderOrganisation })
	if v.User.Reach(access.NoticeRead) == access.All {
		return all, nil
	}
	for after := ""; ; {
		page, err := p.enforce.Mandates(r.Context(), v.User, enforce.MandateFilter{Organisation: v.User.Org, After: after, Limit: 200})
		if err != nil {
			return nil, err
		}
		for _, m := range page.Items {
			if m.Agent == v.User.Org && m.Stands(v.Now) {
				all = append(all, access.Organisation{ID: m.Owner, Name: m.OwnerName, Kind: access.RightsHolderOrganisation})
			}
		}
		if after = page.Next; after == "" {
			return all, nil
		}
	}
}

// holderName is an organisation's name; its id where it is not among them.
func holderName(all []access.Organisation, id access.OrgID) string {
	for _, o := range all {
		if o.ID == id {
			return o.Name
		}
	}
	return string(id)
}

// holderMenu narrows a list to one organisation; its options are none where there is but one.
func holderMenu(v *ui.Visit, all []access.Organisation) ui.Menu {
	menu := ui.Menu{Name: "organisation", Label: v.T("rights.organisation")}
	for _, o := range all {
		menu.Options = append(menu.Options, ui.Option{Value: string(o.ID), Text: o.Name, Count: -1})
	}
	return menu
}

// day is a date that a register writes, the same in every zone.
func day(v *ui.Visit, t time.Time) string {
	y, m, d := t.UTC().Date()
	return v.Day(time.Date(y, m, d, 12, 0, 0, 0, v.Zone))
}

// registered is a right's registration alone: "CN 12345678".
func registered(r enforce.Right) string { return strings.TrimSpace(r.Office + " " + r.Registered()) }

// registration names a right as people do: "Swift · CN 12345678".
func registration(r enforce.Right) string {
	if number := r.Registered(); number != "" {
		return r.Mark + " · " + r.Office + " " + number
	}
	return r.Mark
}

// span is a length of time in its largest unit that still says something.
func span(v *ui.Visit, d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Hour:
		return v.N("rights.minutes", max(1, int(d.Minutes())))
	case d < 48*time.Hour:
		return v.N("rights.hours", int(d.Round(time.Hour).Hours()))
	}
	return v.N("rights.days", int(d.Hours()/24))
}

// clock says how a notice stands in time.
func clock(v *ui.Visit, n enforce.Notice) listings.Tag {
	switch {
	case n.State == enforce.Received && v.Now.Before(n.DueAt):
		return listings.Tag{Tone: "quiet", Icon: "clock", Text: v.T("rights.due", "Time", span(v, n.DueAt.Sub(v.Now)))}
	case n.State == enforce.Received:
		return listings.Tag{Tone: "bad", Icon: "alert-triangle", Text: v.T("rights.late", "Time", span(v, v.Now.Sub(n.DueAt)))}
	case n.State == enforce.NoticeWithdrawn:
		return listings.Tag{Tone: "quiet", Icon: "clock", Text: v.T("rights.stopped")}
	}
	return listings.Tag{Tone: "quiet", Icon: "check", Text: v.T("rights.took", "Time", span(v, n.DecidedAt.Sub(n.ReceivedAt)))}
}

// stateTag is a notice's state as a badge.
func stateTag(v *ui.Visit, state enforce.NoticeState) listings.Tag {
	switch state {
	case enforce.Upheld:
		return listings.Tag{Tone: "good", Icon: "circle-check", Text: v.T("rights.state.upheld")}
	case enforce.NoticeRefused:
		return listings.Tag{Tone: "warn", Icon: "circle-x", Text: v.T("rights.state.refused")}
	case enforce.NoticeWithdrawn:
		return listings.Tag{Tone: "quiet", Icon: "arrow-back-up", Text: v.T("rights.state.withdrawn")}
	}
	return listings.Tag{Tone: "info", Icon: "clock", Text: v.T("rights.state.received")}
}

// price is what a listing costs, in words.
func price(v *ui.Visit, s enforce.Sight) string {
	if s.Price == nil {
		return v.T("rights.noprice")
	}
	return v.Money(*s.Price, s.Currency)
}

// reasonName is why a decision was taken, as a notifier is told it. The reviewer's note is the marketplace's own, so a reason that only points to it says so.
func reasonName(v *ui.Visit, code enforce.ReasonCode) string {
	if reason, ok := enforce.ReasonOf(code); ok && reason.NeedsNote {
		return v.T("rights.reason.other")
	}
	return listings.ReasonName(v, code)
}
