package appeals

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/papers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

type paper struct {
	Number int
	Path   string
}

func filesOf(v *ui.Visit, base string, n int) (all []paper) {
	for i := range n {
		all = append(all, paper{i + 1, base + "/documents/" + strconv.Itoa(i+1)})
	}
	return all
}

type appealPage struct {
	ui.Page
	Appeal     enforce.Appeal
	Kind       string
	Tag, Clock tag
	Facts      []ui.Fact
	Documents  []paper
	Passages   []enforce.Passage // the reasons of the decision that the seller was given; nil where there are none or they are not for the reader
	Rulings    []ruling          // to choose from; none where the reader cannot answer
	WhyNot     string            // why the reader cannot
	Reasons    []group
	Form       ui.Form
	Past       []ui.Event
	Counters   []counterRow
	Withdraw   *ui.Confirm
	Action     string
}

// ruling is one way to answer.
type ruling struct {
	Value, Text, Explained string
	Checked                bool
}

// group are the reasons for one outcome.
type group struct {
	Title string
	Items []ui.Option
}

type counterRow struct {
	enforce.Forwarding
	Tag     tag
	Path    string
	Arrival bool // a person can record that it arrived
}

func (p *pages) one(r *http.Request) (appealPage, error) {
	v := ui.Here(r)
	a, err := p.enforce.Appeal(r.Context(), v.User, enforce.AppealID(r.PathValue("appeal")))
	if err != nil {
		return appealPage{}, err
	}
	page := appealPage{
		Page: ui.Page{Title: v.T("appeals.kind." + string(a.Kind)), Lead: string(a.Listing), Crumbs: crumbs(v)}, Appeal: a, Kind: v.T("appeals.kind." + string(a.Kind)), Tag: stateTag(v, a.State), Clock: clock(v, a),
		Documents: filesOf(v, Path(a.ID), len(a.Documents)), Action: Path(a.ID),
	}
	listing := ui.Fact{Label: v.T("appeals.listing"), Value: string(a.Listing)}
	if v.User.Can(access.ListingRead) {
		listing.Path = listings.Path(a.Listing)
	}
	page.Facts = []ui.Fact{listing, {Label: v.T("appeals.by"), Value: a.ByName}, {Label: v.T("appeals.filed"), Value: v.Clock(a.FiledAt)}}
	if a.Guarantee != "" {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("appeals.guarantee"), Value: a.Guarantee})
	}
	var decision *enforce.Decision
	if v.User.Can(access.ListingRead) {
		d, err := p.enforce.Decision(r.Context(), v.User, a.Decision)
		if err != nil {
			return page, err
		}
		decision = &d
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("appeals.decision"), Value: v.T("appeals.decided", "Outcome", listings.OutcomeDone(v, d.Outcome), "Who", d.ByName, "Time", v.Clock(d.At)), Path: "/review/decisions?listing=" + string(a.Listing)})
	}
	if v.User.Can(access.StatementRead) {
		letter, err := p.enforce.Letter(r.Context(), v.User, a.Decision, v.Language)
		if err == nil {
			page.Passages = letter.Passages()
		} else if fault.Of(err) != fault.NotFound {
			return page, err
		}
	}
	if a.Kind == enforce.CounterStatement {
		all, err := p.enforce.Forwardings(r.Context(), v.User, a.ID)
		if err != nil {
			return page, err
		}
		for _, f := range all {
			page.Counters = append(page.Counters, counterRow{f, counterTag(v, f), CounterPath(f.Appeal, f.Organisation), f.State == enforce.OnItsWay && v.User.Can(access.AppealDecide)})
		}
	}
	page.Past = past(v, a, page.Counters)
	if a.Open() && v.User.Can(access.AppealDecide) {
		page.offer(v, a, decision)
	}
	if a.Open() && v.User.May(access.AppealFile, a.Organisation) == nil && v.User.Reach(access.AppealFile) == access.Own {
		page.Withdraw = &ui.Confirm{Label: v.T("appeals.withdraw"), Icon: "arrow-back-up", Question: v.T("appeals.withdraw.question"), Yes: v.T("appeals.withdraw"), Path: Path(a.ID) + "/withdraw", Danger: true}
	}
	return page, nil
}

// offer puts the form of the answer on the page, or why this person cannot give one.
func (page *appealPage) offer(v *ui.Visit, a enforce.Appeal, d *enforce.Decision) {
	if d != nil && d.By == v.User.ID {
		page.WhyNot = v.T("appeals.notyou")
		return
	}
	for _, s := range a.Kind.Rulings() {
		o := a.Kind.Outcome(s)
		if d != nil && o != "" && d.Outcome == o {
			continue // it is so already
		}
		explained := v.T("appeals.ruling." + string(s))
		if o != "" {
			explained = v.T("appeals.becomes." + string(o))
			if !slices.ContainsFunc(page.Reasons, func(g group) bool { return g.Title == listings.OutcomeDone(v, o) }) {
				g := group{Title: listings.OutcomeDone(v, o)}
				for _, reason := range enforce.ReasonsFor(o) {
					g.Items = append(g.Items, ui.Option{Value: string(reason.Code), Text: reason.Title(v.Language)})
				}
				page.Reasons = append(page.Reasons, g)
			}
		}
		page.Rulings = append(page.Rulings, ruling{string(s), v.T("appeals.state." + string(s)), explained, false})
	}
	page.Form = ui.Form{Path: Path(a.ID) + "/answer", Submit: v.T("appeals.answer.submit"), Fields: []ui.Field{
		{Name: "state", Label: v.T("appeals.answer.how"), Type: "radio", Required: true},
		{Name: "reason", Label: v.T("appeals.answer.reason"), Type: "select", Hint: v.T("appeals.answer.reason.hint")},
		{Name: "reasons", Label: v.T("appeals.answer.reasons"), Type: "textarea", Rows: 5, Max: "2000", Required: true, Hint: v.T("appeals.answer.reasons.hint")},
		{Name: "version", Type: "hidden", Value: strconv.FormatInt(a.Version, 10)},
	}}
}

func past(v *ui.Visit, a enforce.Appeal, counters []counterRow) []ui.Event {
	events := []ui.Event{{At: a.FiledAt, Who: a.ByName, What: v.T("appeals.kind." + string(a.Kind)), Icon: "mail", Tone: "info"}}
	for _, f := range counters {
		events = append(events, ui.Event{At: f.ForwardedAt, What: v.T("appeals.counter.forwarded"), Icon: "arrow-right"})
		if !f.ArrivedAt.IsZero() {
			how := f.ArrivedHow
			if how == "opened" {
				how = v.T("appeals.opened")
			}
			events = append(events, ui.Event{At: f.ArrivedAt, What: v.T("appeals.counter.arrived.done"), Detail: how, Icon: "eye"})
		}
		switch f.State {
		case enforce.Arrived:
			events = append(events, ui.Event{At: f.DueAt, What: v.T("appeals.past.ends"), Icon: "clock", Tone: "info"})
		case enforce.Opposed, enforce.Lapsed:
			events = append(events, ui.Event{At: f.ClosedAt, What: v.T("appeals.counter." + string(f.State)), Detail: f.Reference, Icon: f.Tag.Icon, Tone: f.Tag.Tone})
		}
	}
	if !a.ClosedAt.IsZero() {
		mark := stateTag(v, a.State)
		events = append(events, ui.Event{At: a.ClosedAt, Who: a.ClosedName, What: mark.Text, Detail: a.Reasons, Icon: mark.Icon, Tone: mark.Tone})
	}
	slices.SortStableFunc(events, func(a, b ui.Event) int { return b.At.Compare(a.At) })
	return events
}

func (p *pages) appeal(w http.ResponseWriter, r *http.Request) error {
	page, err := p.one(r)
	if err != nil {
		return err
	}
	return views.Render(w, r, page)
}

func (p *pages) rule(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	version, _ := strconv.ParseInt(r.PostForm.Get("version"), 10, 64) // a version that cannot be read is none there is
	a, err := p.enforce.Rehear(r.Context(), v.User, enforce.AppealID(r.PathValue("appeal")), enforce.Ruling{
		State: enforce.AppealState(r.PostForm.Get("state")), Reason: enforce.ReasonCode(r.PostForm.Get("reason")), Reasons: r.PostForm.Get("reasons"), Version: version,
	})
	if err == nil {
		return web.Done(w, r, Path(a.ID), &ui.Toast{Text: v.T("appeals.answered")})
	}
	problems := v.Problems(err)
	if problems == nil {
		return err
	}
	page, pageErr := p.one(r)
	if pageErr != nil {
		return pageErr
	}
	if page.Form.Path == "" {
		return err // answered meanwhile: there is no form to show again
	}
	page.Form.Fill(r.PostForm).Problems = problems
	for i := range page.Rulings {
		page.Rulings[i].Checked = page.Rulings[i].Value == r.PostForm.Get("state")
	}
	page.Status = web.Status(err)
	return views.Render(w, r, page)
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	a, err := p.enforce.WithdrawAppeal(r.Context(), v.User, enforce.AppealID(r.PathValue("appeal")))
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(a.ID), &ui.Toast{Text: v.T("appeals.withdrawn"), Tone: "info"})
}

func (p *pages) arrive(w http.ResponseWriter, r *http.Request) error {
	v := ui.Here(r)
	if err := r.ParseForm(); err != nil {
		return web.Unreadable(err)
	}
	at, err := day(v, r.PostForm.Get("at"))
	if err != nil {
		return fault.Invalid.Say("Give the day as a date.").At("at").Because(err)
	}
	if at.After(v.Now.Add(-24 * time.Hour)) {
		at = v.Now // today: nobody knows the hour better
	}
	f, err := p.enforce.Arrive(r.Context(), v.User, enforce.AppealID(r.PathValue("appeal")), access.OrgID(r.PostForm.Get("to")), at, r.PostForm.Get("how"))
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(f.Appeal), &ui.Toast{Text: v.T("appeals.arrived.done")})
}

// day is the last moment of a day that a form names, in the person's zone.
func day(v *ui.Visit, text string) (time.Time, error) {
	at, err := time.ParseInLocation(time.DateOnly, text, v.Zone)
	if err != nil {
		return at, err
	}
	return at.AddDate(0, 0, 1).Add(-time.Second), nil
}

func (p *pages) document(w http.ResponseWriter, r *http.Request) error {
	a, err := p.enforce.Appeal(r.Context(), ui.Here(r).User, enforce.AppealID(r.PathValue("appeal")))
	if err != nil {
		return err
	}
	return papers.GiveOutOne(w, r, p.store, a.Documents, r.PathValue("document"), "appeal-document")
}
