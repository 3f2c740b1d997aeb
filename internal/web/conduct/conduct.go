// Package conduct shows how accounts behave: strikes of sellers and unfounded notices of notifiers, what follows from them, and the suspensions that take two persons.
package conduct

import (
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web"
	"github.com/ownmark/ownmark/internal/web/listings"
	"github.com/ownmark/ownmark/internal/web/sellers"
	"github.com/ownmark/ownmark/internal/web/ui"
)

//go:embed *.html *.css *.toml
var files embed.FS

var views = ui.NewViews(files, ui.Templates{"list.html": listPage{}, "account.html": accountPage{}})

type pages struct{ enforce *enforce.Service }

// Root is where accounts stand in the rail.
const Root = "/strikes"

// Job is the accounts with strikes, for those who may read appeals.
func Job(room *enforce.Service) web.Job {
	p := &pages{room}
	return web.Job{
		Rail:  ui.Entry{Name: "conduct.rail", Icon: "alert-triangle", Path: Root, Verb: access.AccountSuspend, Key: "g j"},
		Views: views,
		Routes: []web.Route{
			{Pattern: "GET /strikes", Verb: access.AccountSuspend, Handle: p.list},
			{Pattern: "GET /exports/strikes", Verb: access.AccountSuspend, Handle: p.export},
			{Pattern: "GET /strikes/{account}", Verb: access.AccountSuspend, Handle: p.account},
			{Pattern: "POST /strikes/{account}/propose", Verb: access.AccountSuspend, Handle: p.propose},
			{Pattern: "POST /strikes/{account}/confirm", Verb: access.AccountSuspend, Handle: p.confirm},
			{Pattern: "POST /strikes/{account}/lift", Verb: access.AccountSuspend, Handle: p.lift},
		},
	}
}

// Path is the page of an account.
func Path(org access.OrgID) string { return Root + "/" + url.PathEscape(string(org)) }

type badge struct{ Tone, Icon, Text string }

func tag(v *ui.Visit, l enforce.Level) badge {
	look := map[enforce.Level][2]string{enforce.Good: {"good", "circle-check"}, enforce.Warned: {"warn", "alert-triangle"}, enforce.Proposed: {"warn", "hourglass"}, enforce.Suspended: {"bad", "ban"}}[l]
	return badge{look[0], look[1], v.T("conduct.level." + string(l))}
}

// points says what weighs against an account: points of a seller, a share of a notifier.
func points(v *ui.Visit, c enforce.Conduct) string {
	if c.Side == enforce.NotifierSide {
		return v.Percent(float64(c.Points) / 1000)
	}
	return v.Decimal(float64(c.Points)/1000, 1)
}

type listPage struct {
	ui.Page
	Filters ui.Filters
	Head    ui.Head
	Rows    []row
	Pager   ui.Pager
	Empty   ui.Empty
	Rules   string
}

type row struct {
	enforce.Conduct
	Path, Said string
	Tag        badge
	Due        bool
}

func filter(q ui.Query) enforce.ConductFilter {
	side := enforce.SellerSide
	if q.Get("side") == string(enforce.NotifierSide) {
		side = enforce.NotifierSide
	}
	return enforce.ConductFilter{Side: side, Level: enforce.Level(q.Get("level")), After: q.After()}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := filter(q)
	found, err := p.enforce.Conducts(r.Context(), v.User, f)
	if err != nil {
		return err
	}
	page := listPage{Page: ui.Page{Title: v.T("conduct.title"), Lead: v.T("conduct.lead"), Wide: true}, Rules: rules(v, f.Side)}
	for _, c := range found.Items {
		page.Rows = append(page.Rows, row{c, Path(c.Organisation), points(v, c), tag(v, c.Level), c.Due()})
	}
	side := ui.Menu{Name: "side", Label: v.T("conduct.side"), Options: []ui.Option{{Value: string(enforce.NotifierSide), Text: v.T("conduct.side.notifier"), Count: -1}}}
	level := ui.Menu{Name: "level", Label: v.T("conduct.level")}
	for _, l := range enforce.Levels() {
		level.Options = append(level.Options, ui.Option{Value: string(l), Text: tag(v, l).Text, Count: -1})
	}
	page.Filters = q.Filters(nil, side, level)
	page.Filters.Export = "/exports" + q.Here()
	weight := v.T("conduct.points")
	if f.Side == enforce.NotifierSide {
		weight = v.T("conduct.share")
	}
	page.Head = q.Head("", false, ui.Column{Label: v.T("conduct.account")}, ui.Column{Label: v.T("conduct.level")}, ui.Column{Label: weight, Number: true}, ui.Column{Label: v.T("conduct.number"), Number: true}, ui.Column{Label: v.T("conduct.since"), Number: true}, ui.Column{Label: v.T("conduct.until")})
	page.Pager = q.Pager(found.Next, len(page.Rows), -1)
	page.Empty = ui.Empty{Icon: "circle-check", Title: v.T("conduct.none"), Text: v.T("conduct.none.text")}
	if page.Filters.Clear != "" {
		page.Empty = ui.Empty{Icon: "filter-off", Title: v.T("conduct.nomatch"), Text: v.T("conduct.nomatch.text"), Action: &ui.Action{Text: v.T("ui.filters.clear"), Path: Root}}
	}
	return views.Render(w, r, page)
}

// rules says what leads to what, with the figures that hold.
func rules(v *ui.Visit, side enforce.Side) string {
	if side == enforce.NotifierSide {
		m := enforce.DefaultMisuseRules
		return v.T("conduct.rules.notifier", "Least", m.Least, "Share", v.Percent(float64(m.Share)/1000), "More", m.Suspend)
	}
	s := enforce.DefaultStrikeRules
	return v.T("conduct.rules.seller", "Warn", v.Decimal(float64(s.Warn)/1000, 0), "Suspend", v.Decimal(float64(s.Suspend)/1000, 0), "Days", int(s.Window/(24*time.Hour)))
}

func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	v, q := ui.Here(r), ui.Ask(r)
	f := filter(q)
	f.After, f.Limit = "", 200
	write, end := listings.Exporter(w, "strikes", q.Get("format"), []string{"account", "name", "side", "level", "points", "number", "of", "gravity", "knowing", "since_warning", "warned", "until"})
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	for {
		found, err := p.enforce.Conducts(r.Context(), v.User, f)
		if err != nil {
			return err
		}
		for _, c := range found.Items {
			whole := func(n int64) string { return strconv.FormatInt(n, 10) }
			if err := write(c, []string{string(c.Organisation), c.Name, string(c.Side), string(c.Level), whole(c.Points), whole(c.Factors.Number), whole(c.Factors.Of), whole(c.Factors.Gravity), whole(c.Factors.Knowing), whole(c.Factors.Since), when(c.WarnedAt), when(c.Until)}); err != nil {
				return err
			}
		}
		if f.After = found.Next; f.After == "" {
			return end()
		}
	}
}

type accountPage struct {
	ui.Page
	Tag     badge
	Facts   []ui.Fact
	Factors []ui.Fact // DSA Art. 23(3)
	Strikes []strike
	Rules   string
	Waits   string // why the reader cannot confirm
	Propose *ui.Form
	Confirm *ui.Form
	Lift    *ui.Form
	Asked   []ui.Fact // what is proposed, or holds
}

type strike struct {
	Day, Reason, Weight string
	Count               int64
}

func (p *pages) account(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, nil)
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, problem error) error {
	v := ui.Here(r)
	c, err := p.enforce.Conduct(r.Context(), v.User, access.OrgID(r.PathValue("account")))
	if err != nil {
		return err
	}
	page := accountPage{Page: ui.Page{Title: c.Name, Lead: v.T("conduct.side." + string(c.Side)), Wide: true, Crumbs: []ui.Crumb{{Text: v.T("conduct.title"), Path: Root}}}, Tag: tag(v, c.Level), Rules: rules(v, c.Side)}
	label := "conduct.points"
	if c.Side == enforce.NotifierSide {
		label = "conduct.share"
	}
	page.Facts = []ui.Fact{{Label: v.T(label), Value: points(v, c)}}
	if account, is := c.Organisation.Account(); is {
		fact := ui.Fact{Label: v.T("conduct.account"), Value: account}
		if v.User.Can(access.SellerRead) {
			fact.Path = sellers.Path(market.SellerID(account))
		}
		page.Facts = append(page.Facts, fact)
	}
	if !c.WarnedAt.IsZero() {
		page.Facts = append(page.Facts, ui.Fact{Label: v.T("conduct.warned"), Value: v.Clock(c.WarnedAt)})
	}
	page.Factors = factors(v, c)
	for _, s := range c.Strikes {
		reason, _ := enforce.ReasonOf(s.Reason)
		said := reason.English
		if v.Language == "zh" {
			said = reason.Chinese
		}
		page.Strikes = append(page.Strikes, strike{v.Day(s.At), said, v.Decimal(float64(enforce.DefaultStrikeRules.Weight(s, c.WarnedAt, v.Now))/1000, 1), s.Count})
	}
	if c.Level == enforce.Proposed || c.Level == enforce.Suspended {
		page.Asked = []ui.Fact{{Label: v.T("conduct.proposed.by"), Value: c.ProposedName + " · " + v.Clock(c.ProposedAt)}, {Label: v.T("conduct.days"), Value: v.Number(c.Days)}, {Label: v.T("conduct.reasons"), Value: c.Reasons}}
	}
	if c.Level == enforce.Suspended {
		page.Asked = append(page.Asked, ui.Fact{Label: v.T("conduct.confirmed.by"), Value: c.ConfirmedName + " · " + v.Clock(c.SuspendedAt)}, ui.Fact{Label: v.T("conduct.until"), Value: v.Clock(c.Until)})
	}
	version := ui.Field{Name: "version", Type: "hidden", Value: strconv.FormatInt(c.Version, 10)}
	switch c.Level {
	case enforce.Warned:
		page.Propose = &ui.Form{Path: Path(c.Organisation) + "/propose", Submit: v.T("conduct.propose"), Draft: "suspension", Fields: []ui.Field{{Name: "days", Label: v.T("conduct.days"), Hint: v.T("conduct.days.hint", "Most", enforce.MaxSuspension), Type: "number", Min: "1", Max: strconv.Itoa(enforce.MaxSuspension), Required: true, Value: "30"},
			{Name: "reasons", Label: v.T("conduct.reasons"), Hint: v.T("conduct.reasons.hint"), Type: "textarea", Rows: 4, Required: true, Max: strconv.Itoa(enforce.MaxNote)}, version}}
	case enforce.Proposed:
		page.Lift = &ui.Form{Path: Path(c.Organisation) + "/lift", Submit: v.T("conduct.take-back"), Fields: []ui.Field{version}}
		if c.ProposedBy == v.User.Answerable() {
			page.Waits = v.T("conduct.another")
		} else {
			page.Confirm = &ui.Form{Path: Path(c.Organisation) + "/confirm", Submit: v.T("conduct.confirm"), Fields: []ui.Field{version}}
		}
	case enforce.Suspended:
		page.Lift = &ui.Form{Path: Path(c.Organisation) + "/lift", Submit: v.T("conduct.end"), Fields: []ui.Field{version}}
	}
	if problem != nil {
		if page.Propose == nil {
			return problem
		}
		page.Status = web.Status(problem)
		page.Propose.Fill(r.PostForm).Problems = v.Problems(problem)
	}
	return views.Render(w, r, page)
}

// factors are what DSA Art. 23(3) has a platform look at, in the order of its letters.
func factors(v *ui.Visit, c enforce.Conduct) []ui.Fact {
	f := c.Factors
	share := v.Number(f.Number)
	if f.Of > 0 {
		share = v.T("conduct.factor.share", "Number", v.Number(f.Number), "Of", v.Number(f.Of), "Share", v.Percent(f.Share()))
	}
	all := []ui.Fact{{Label: v.T("conduct.factor.number"), Value: v.Number(f.Number)}, {Label: v.T("conduct.factor.proportion"), Value: share}}
	if c.Side == enforce.SellerSide {
		all = append(all, ui.Fact{Label: v.T("conduct.factor.gravity"), Value: v.Decimal(float64(f.Gravity)/1000, 1)}, ui.Fact{Label: v.T("conduct.factor.intent"), Value: v.Number(f.Knowing)})
	}
	return append(all, ui.Fact{Label: v.T("conduct.since"), Value: v.Number(f.Since)})
}

func (p *pages) propose(w http.ResponseWriter, r *http.Request) error {
	v, org := ui.Here(r), access.OrgID(r.PathValue("account"))
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil {
		err = fault.Invalid.Say("A suspension lasts from 1 to %d days.", enforce.MaxSuspension).At("days")
	} else {
		_, err = p.enforce.Propose(r.Context(), v.User, org, days, r.PostFormValue("reasons"), version(r))
	}
	return p.done(w, r, err, "conduct.proposed.done")
}

func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	_, err := p.enforce.Confirm(r.Context(), ui.Here(r).User, access.OrgID(r.PathValue("account")), version(r))
	return p.done(w, r, err, "conduct.confirmed.done")
}

func (p *pages) lift(w http.ResponseWriter, r *http.Request) error {
	_, err := p.enforce.Lift(r.Context(), ui.Here(r).User, access.OrgID(r.PathValue("account")), version(r))
	return p.done(w, r, err, "conduct.lifted.done")
}

// done shows the account again: with what was wrong, or with what was done.
func (p *pages) done(w http.ResponseWriter, r *http.Request, err error, word string) error {
	if fault.Of(err) == fault.Invalid {
		return p.show(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, Path(access.OrgID(r.PathValue("account"))), &ui.Toast{Text: ui.Here(r).T(word)})
}

func version(r *http.Request) int64 {
	n, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	if err != nil {
		return -1 // no version of anything: the form was not ours
	}
	return n
}
