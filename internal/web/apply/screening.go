package apply

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/makers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type screeningPage struct {
	ui.Page
	Tabs      []ui.Tab
	Sight     cultivate.Sight
	Weighed   []weighed
	Level     makers.Badge
	Recorded  []record
	Elsewhere []named
	Ties      []tie
	Found     []found
	Done      string // the outcome in a sentence; empty while there is none
	Form      *ui.Form
	Add       *ui.Form
	Version   int64
	Path      string
}

type weighed struct {
	Mark, Declared, Found, Share string
	Points                       float64
}

type record struct {
	Mark, Account string
	Listings      *int64
	Last          time.Time
}

type named struct{ Name, Path, Stage string }

type tie struct {
	To, Path, Why string
	Bits          float64
}

type found struct {
	cultivate.Matter
	Until string
	At    int
}

func (p *pages) screening(w http.ResponseWriter, r *http.Request) error {
	return p.showScreening(w, r, nil)
}

func (p *pages) showScreening(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	sight, err := p.Cultivate.Screening(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	m := sight.Maker
	page := screeningPage{Page: makers.Page(v, m, v.T("apply.screening")), Tabs: makers.Tabs(v, m, "screening"), Sight: sight, Version: sight.Screening.Version, Path: makers.Path(m.ID, "screening")}
	page.Wide = true
	tone := map[cultivate.PastLevel][2]string{cultivate.PastClear: {"good", "circle-check"}, cultivate.PastLight: {"info", "info-circle"}, cultivate.PastHeavy: {"warn", "alert-triangle"}, cultivate.PastGrave: {"bad", "alert-octagon"}}[sight.Burden.Level]
	page.Level = makers.Badge{Tone: tone[0], Icon: tone[1], Text: v.T("apply.past." + string(sight.Burden.Level))}
	for _, one := range sight.Burden.Matters {
		page.Weighed = append(page.Weighed, weighed{one.Mark, extentOf(v, one.Declared), extentOf(v, one.Found), v.Percent(one.Share), one.Points})
	}
	for _, m := range sight.Recorded {
		page.Recorded = append(page.Recorded, record{m.Mark, m.Source, m.Items, m.Until})
	}
	for _, m := range sight.Elsewhere {
		page.Elsewhere = append(page.Elsewhere, named{m.Name, makers.Path(m.ID, ""), makers.Stage(v, m.Stage)})
	}
	for _, t := range sight.Ties {
		page.Ties = append(page.Ties, tie{t.To, t.Path, t.Why.In(v.Language), t.Bits})
	}
	for i, f := range sight.Screening.Found {
		page.Found = append(page.Found, found{f, month(f.Until), i})
	}
	c := sight.Screening
	if c.Outcome != "" {
		page.Done = v.T("apply.screened."+string(c.Outcome), "Name", c.ByName, "Date", v.Day(c.At))
	}
	if v.User.May(access.MakerMove, m.Organisation) == nil && m.Stage == cultivate.Applied {
		version := ui.Field{Name: "version", Type: "hidden", Value: strconv.FormatInt(c.Version, 10)}
		page.Form = &ui.Form{Path: page.Path, Submit: v.T("apply.screening.save"), Draft: "screening", Fields: []ui.Field{
			{Name: "conflict", Label: v.T("apply.conflict"), Type: "radio", Value: string(c.Conflict), Required: true, Options: []ui.Option{{Value: "none", Text: v.T("apply.conflict.none")}, {Value: "some", Text: v.T("apply.conflict.some")}}},
			{Name: "note", Label: v.T("apply.conflict.note"), Type: "textarea", Rows: 2, Value: c.Note},
			{Name: "outcome", Label: v.T("apply.outcome"), Type: "radio", Value: string(c.Outcome), Options: []ui.Option{{Text: v.T("apply.outcome.open")}, {Value: "passed", Text: v.T("apply.outcome.passed")}, {Value: "failed", Text: v.T("apply.outcome.failed")}}},
			{Name: "why", Label: v.T("apply.reasons"), Type: "textarea", Rows: 3, Value: c.Why}, version}}
		page.Add = &ui.Form{Path: page.Path + "/found", Submit: v.T("apply.found.add"), Fields: []ui.Field{
			{Name: "mark", Label: v.T("apply.found.mark"), Required: true}, {Name: "source", Label: v.T("apply.found.source"), Required: true},
			{Name: "items", Label: v.T("apply.found.items"), Type: "number", Min: "0"}, {Name: "until", Label: v.T("apply.found.until"), Hint: "2024-06"}, version}}
		if problem != nil {
			form := page.Form
			if r.PostForm.Has("mark") {
				form = page.Add
			}
			form.Problems = v.Problems(problem)
			form.Fill(r.PostForm)
		}
	}
	if problem != nil {
		page.Status = web.Status(problem)
	}
	return views.Render(w, r, page)
}

func extentOf(v *ui.Visit, m *cultivate.Matter) string {
	switch {
	case m == nil:
		return "–"
	case m.Items == nil:
		return v.T("apply.unknown")
	}
	return v.Number(*m.Items)
}

func month(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return at.Format("2006-01")
}

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}

// screen changes what stands of a screening and keeps it.
func (p *pages) screen(w http.ResponseWriter, r *http.Request, change func(*cultivate.Screening) error) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	sight, err := p.Cultivate.Screening(r.Context(), v.User, makers.ID(r))
	if err != nil {
		return err
	}
	c := sight.Screening
	c.Version = version(r)
	if err = change(&c); err == nil {
		_, err = p.Cultivate.Screen(r.Context(), v.User, c)
	}
	if k := fault.Of(err); k == fault.Invalid || k == fault.Conflict {
		return p.showScreening(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, makers.Path(makers.ID(r), "screening"), &ui.Toast{Text: v.T("apply.screening.saved")})
}

func (p *pages) saveScreening(w http.ResponseWriter, r *http.Request) error {
	return p.screen(w, r, func(c *cultivate.Screening) error {
		c.Outcome, c.Why = cultivate.ScreeningOutcome(r.PostForm.Get("outcome")), r.PostForm.Get("why")
		c.Conflict, c.Note = cultivate.ConflictOfInterest(r.PostForm.Get("conflict")), r.PostForm.Get("note")
		return nil
	})
}

func (p *pages) addFound(w http.ResponseWriter, r *http.Request) error {
	return p.screen(w, r, func(c *cultivate.Screening) error {
		m := cultivate.Matter{Mark: r.PostForm.Get("mark"), Source: r.PostForm.Get("source")}
		if m.Mark == "" || m.Source == "" {
			return fault.Invalid.Say("Fill this in.").At("mark")
		}
		if text := r.PostForm.Get("items"); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return fault.Invalid.Say("Give a count.").At("items").Because(err)
			}
			m.Items = &n
		}
		if text := r.PostForm.Get("until"); text != "" {
			at, err := time.Parse("2006-01", text)
			if err != nil {
				return fault.Invalid.Say("Give a month, like 2024-06.").At("until").Because(err)
			}
			m.Until = at
		}
		c.Found = append(c.Found, m)
		return nil
	})
}

func (p *pages) dropFound(w http.ResponseWriter, r *http.Request) error {
	return p.screen(w, r, func(c *cultivate.Screening) error {
		at, err := strconv.Atoi(r.PostForm.Get("at"))
		if err != nil || at < 0 || at >= len(c.Found) {
			return fault.Conflict.Say("This screening was changed meanwhile. Look at it again.")
		}
		c.Found = append(c.Found[:at:at], c.Found[at+1:]...)
		return nil
	})
}

// versionField is the version of what a form was drawn from.
func versionField(version int64) ui.Field {
	return ui.Field{Name: "version", Type: "hidden", Value: strconv.FormatInt(version, 10)}
}
