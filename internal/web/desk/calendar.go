package desk

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type calendarPage struct {
	ui.Page
	Made   time.Time // zero: there is no address
	Read   time.Time // zero: no calendar has fetched it
	Link   string    // shown once, when it was made
	Make   ui.Form
	Revoke ui.Form
	Dates  []date
	Empty  ui.Empty
}

// date is an entry of the calendar as the page lists it.
type date struct {
	At          time.Time
	AllDay      bool
	Title, Kind string
	Who, Path   string
}

func (p *pages) calendar(w http.ResponseWriter, r *http.Request) error {
	return p.showCalendar(w, r, "")
}

// showCalendar draws what comes next and the address by which a calendar program follows it; secret is the one just made.
func (p *pages) showCalendar(w http.ResponseWriter, r *http.Request, secret string) error {
	v := ui.Here(r)
	feed, err := p.Cultivate.Feed(r.Context(), v.User)
	if err != nil {
		return err
	}
	all, err := p.Cultivate.Dates(r.Context(), v.User)
	if err != nil {
		return err
	}
	page := calendarPage{Page: ui.Page{Title: v.T("desk.calendar"), Lead: v.T("desk.calendar.lead"), Wide: true}, Made: feed.MadeAt, Read: feed.ReadAt,
		Make: ui.Form{Path: Root + "/calendar", Submit: v.T("desk.calendar.make")}, Revoke: ui.Form{Path: Root + "/calendar/revoke", Submit: v.T("desk.calendar.revoke")},
		Empty: ui.Empty{Icon: "calendar-event", Title: v.T("desk.calendar.none"), Text: v.T("desk.calendar.none.text")}}
	if !feed.MadeAt.IsZero() {
		page.Make.Submit = v.T("desk.calendar.again")
	}
	if secret != "" {
		page.Link = p.Site + "/calendar/" + secret + ".ics"
	}
	for _, e := range inOrder(all, v.Now.Add(-24*time.Hour)) {
		one := date{At: e.At, AllDay: e.AllDay, Title: e.Title.In(v.Language), Kind: v.T("desk.calendar." + string(e.Kind)), Who: e.MakerName}
		if e.Maker != "" {
			one.Path = makers.Path(e.Maker, map[cultivate.CalendarKind]string{cultivate.OnDue: "actions"}[e.Kind])
			if e.Kind != cultivate.OnDue {
				one.Path = makers.Path(e.Maker, "tasks")
			}
		}
		page.Dates = append(page.Dates, one)
	}
	return views.Render(w, r, page)
}

// mostListed is how many dates the page lists.
const mostListed = 100

// inOrder is what comes from a moment on, the next first.
func inOrder(all []cultivate.CalendarEntry, from time.Time) (next []cultivate.CalendarEntry) {
	for _, e := range all {
		if !e.At.Before(from) && !e.Cancelled {
			next = append(next, e)
		}
	}
	slices.SortStableFunc(next, byTime)
	return next[:min(mostListed, len(next))]
}

func byTime(a, b cultivate.CalendarEntry) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
}

func (p *pages) makeCalendar(w http.ResponseWriter, r *http.Request) error {
	secret, err := p.Cultivate.MakeFeed(r.Context(), ui.Here(r).User)
	if err != nil {
		return err
	}
	return p.showCalendar(w, r, secret)
}

func (p *pages) revokeCalendar(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := p.Cultivate.RevokeFeed(r.Context(), v.User); err != nil {
		return err
	}
	return web.Done(w, r, Root+"/calendar", &ui.Toast{Text: v.T("desk.calendar.revoked")})
}

// feed is a person's dates as iCalendar (RFC 5545), for who knows its secret address.
func (p *pages) feed(w http.ResponseWriter, r *http.Request) error {
	secret := strings.TrimSuffix(r.PathValue("secret"), ".ics")
	all, by, err := p.Cultivate.Calendar(r.Context(), secret)
	if err != nil {
		return err
	}
	v := *ui.Here(r) // nobody has signed in: the calendar speaks its person's language
	if by.Language != "" {
		v.Language = by.Language
	}
	body := iCalendar(&v, p.Site, all)
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="ownmark.ics"`)
	h.Set("Cache-Control", "private, no-store")
	_, _ = w.Write(body) // a program that went away needs none
	return nil
}

// iCalendar writes entries as RFC 5545 has them: moments in UTC, days without a time, lines folded at 75 octets and ended with CRLF.
func iCalendar(v *ui.Visit, site string, all []cultivate.CalendarEntry) []byte {
	c := ics.NewCalendarFor("Ownmark")
	c.SetMethod(ics.MethodPublish)
	c.SetXWRCalName("Ownmark")
	slices.SortStableFunc(all, byTime)
	for _, e := range all {
		event := c.AddEvent(e.ID + "@ownmark")
		event.SetDtStampTime(e.Changed.UTC())
		event.SetModifiedAt(e.Changed.UTC())
		event.SetSequence(int(e.Version))
		title := e.Title.In(v.Language)
		if e.MakerName != "" {
			title += " · " + e.MakerName
		}
		event.SetSummary(v.T("desk.calendar."+string(e.Kind)) + ": " + title)
		if detail := e.Detail.In(v.Language); detail != "" {
			event.SetDescription(detail)
		}
		if e.Place != "" {
			event.SetLocation(e.Place)
		}
		if e.Maker != "" {
			event.SetURL(site + makers.Path(e.Maker, ""))
		}
		if e.AllDay {
			event.SetAllDayStartAt(e.At.UTC())
			event.SetAllDayEndAt(e.At.UTC().AddDate(0, 0, 1))
		} else {
			event.SetStartAt(e.At.UTC())
			event.SetEndAt(e.At.UTC().Add(e.Lasts))
		}
		event.SetStatus(ics.ObjectStatusConfirmed)
		if e.Cancelled {
			event.SetStatus(ics.ObjectStatusCancelled)
		}
		event.SetTimeTransparency(ics.TransparencyTransparent) // a deadline keeps nobody busy
		if e.Kind == cultivate.OnMentor {
			event.SetTimeTransparency(ics.TransparencyOpaque)
		}
	}
	var body bytes.Buffer
	_ = c.SerializeTo(&body, ics.WithNewLineWindows) // a buffer takes everything
	return body.Bytes()
}
