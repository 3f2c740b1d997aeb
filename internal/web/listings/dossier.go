package listings

import (
	"bytes"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// Dossier is everything known about a listing, laid out for a person who has to judge it.
type Dossier struct {
	Record  market.Record
	Review  enforce.Review
	Opinion detect.Opinion
	Alone   bool // it is a page of its own, not the pane beside the queue
	Scanned bool // an opinion stands

	TitleSpans, TextSpans, BrandSpans []ui.Span

	Score      ui.Score
	Treatment  []ui.Fact // by which rule and policy
	Proposal   string    // what it would have done to the listing, and by which rule; empty when it asks for no more than a look
	Treated    string    // what the policy makes of it, in a sentence
	Model      string
	BrandName  string
	BrandPath  string
	Category   string
	State      Tag
	Standing   Tag
	Decision   *enforce.Decision // the one that stands
	Range      *ui.Range
	Converted  string // the price as given, when the plot is in another currency
	NoRange    string // why there is no plot
	Facts      []ui.Fact
	Pictures   []ui.Picture
	Links      []Link       // pictures that lie elsewhere and are not loaded
	Missing    int          // pictures referred to that cannot be shown
	Find       []ui.Picture // the ways to look for each of Pictures elsewhere
	Pairs      []Pair       // pictures that were seen before, beside where
	SellerPath string
	Seller     []ui.Fact
	Tally      detect.Tally
	Others     []Other
	OthersPath string
	Notices    []Told // what rights holders say of the listing, newest first; none where the person may not read notices
	MoreTold   string // the address of further ones; empty when these are all
	History    []ui.Event
	Path       string
}

// Pair is a picture of the listing beside the one it was found to be near to.
type Pair struct {
	Number      int // of the signal
	Label       string
	Evidence    string
	Mine, Other ui.Picture
}

// Both are the two pictures.
func (p Pair) Both() []ui.Picture { return []ui.Picture{p.Mine, p.Other} }

// Link is a picture that lies on another server.
type Link struct{ Host, Address string }

// Other is another listing of the seller.
type Other struct {
	Title    string
	Path     string
	Verdict  detect.Verdict
	Score    float64
	Standing *Tag // nil while nobody decided anything that shows
}

// Told is a rights holder's notice of the listing.
type Told struct {
	enforce.Notice
	Path  string
	Right string // the mark and its registration
	Owner string
	Tag   Tag
}

const (
	toldShown    = 10
	othersShown  = 6
	historyShown = 50
	picturesMost = 24
)

// Open reads a listing's dossier. It returns fault.NotFound.
func (d *Desk) Open(ctx context.Context, v *ui.Visit, id market.ListingID) (Dossier, error) {
	rec, err := d.Market.Get(ctx, v.User, id)
	if err != nil {
		return Dossier{}, err
	}
	o := Dossier{Record: rec, Path: Path(id), Category: CategoryName(v, rec.Category)}
	if o.Review, err = d.Enforce.Review(ctx, v.User, id); err != nil {
		return Dossier{}, err
	}
	o.Opinion, err = d.Detect.Opinion(ctx, v.User, id)
	if err != nil && fault.Of(err) != fault.NotFound {
		return Dossier{}, err
	}
	o.Scanned = err == nil
	o.State, o.Standing = StateTag(v, o.Review.State), StandingTag(v, o.Review.Standing)
	o.evidence(v)
	o.treatment(v)
	if err := d.price(ctx, v, &o); err != nil {
		return Dossier{}, err
	}
	o.facts(v)
	o.pictures(v)
	o.pairs(v)
	if err := d.seller(ctx, v, &o); err != nil {
		return Dossier{}, err
	}
	if err := d.told(ctx, v, &o); err != nil {
		return Dossier{}, err
	}
	return o, d.history(ctx, v, &o)
}

// told reads the notices of the listing, waiting and decided.
func (d *Desk) told(ctx context.Context, v *ui.Visit, o *Dossier) error {
	if !v.User.Can(access.NoticeRead) {
		return nil
	}
	page, err := d.Enforce.Notices(ctx, v.User, enforce.NoticeFilter{Listing: o.Record.ID, Limit: toldShown})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	ids := make([]enforce.NoticeID, len(page.Items))
	for i, n := range page.Items {
		ids[i] = n.ID
	}
	backgrounds, err := d.Enforce.Backgrounds(ctx, v.User, ids)
	if err != nil {
		return err
	}
	if page.Next != "" {
		o.MoreTold = "/rights?listing=" + url.QueryEscape(string(o.Record.ID))
	}
	for _, n := range page.Items {
		right := backgrounds[n.ID].Right
		told := Told{Notice: n, Path: "/rights/notices/" + url.PathEscape(string(n.ID)), Right: right.Mark, Owner: right.Owner, Tag: noticeTag(v, n)}
		if number := right.Registered(); number != "" {
			told.Right += " · " + right.Office + " " + number
		}
		o.Notices = append(o.Notices, told)
	}
	return nil
}

// noticeTag is how a notice stands, as a badge.
func noticeTag(v *ui.Visit, n enforce.Notice) Tag {
	switch {
	case n.State == enforce.Upheld:
		return Tag{"quiet", "circle-check", v.T("listings.notice.upheld")}
	case n.State == enforce.NoticeRefused:
		return Tag{"quiet", "circle-x", v.T("listings.notice.refused")}
	case n.State == enforce.NoticeWithdrawn:
		return Tag{"quiet", "arrow-back-up", v.T("listings.notice.withdrawn")}
	case n.DueAt.Before(v.Now):
		return Tag{"bad", "alert-triangle", v.T("listings.notice.late", "Time", v.Clock(n.DueAt))}
	}
	return Tag{"info", "clock", v.T("listings.notice.due", "Time", v.Clock(n.DueAt))}
}

// evidence numbers the signals and marks what they were seen in.
func (o *Dossier) evidence(v *ui.Visit) {
	if !o.Scanned {
		return
	}
	o.Score = ui.Score{Value: o.Opinion.Score, Verdict: string(o.Opinion.Verdict)}
	o.Model = o.Opinion.Model
	for i, s := range o.Opinion.Signals {
		label := SignalName(v, s.Name)
		o.Score.Signals = append(o.Score.Signals, ui.Contribution{Number: i + 1, Label: label, Evidence: s.EvidenceIn(v.Language), Bits: s.Weight})
		span := ui.Span{Start: s.Start, End: s.End, Number: i + 1, Label: label}
		switch s.Field {
		case "title":
			o.TitleSpans = append(o.TitleSpans, span)
		case "description":
			o.TextSpans = append(o.TextSpans, span)
		case "brand":
			o.BrandSpans = append(o.BrandSpans, span)
		}
	}
}

// treatment says what the live policy made of the listing.
func (o *Dossier) treatment(v *ui.Visit) {
	if !o.Scanned {
		return
	}
	t := o.Opinion.Treatment
	switch {
	case t.Rule == detect.KnownGenuine:
		o.Treated = v.T("listings.treatment.genuine")
	case t.Action == detect.Pass && t.Rule != "":
		o.Treated = v.T("listings.treatment.passrule", "Rule", t.Rule)
	case t.Action == detect.Pass:
		o.Treated = v.T("listings.treatment.pass")
	case t.Action == detect.Look:
		o.Treated = v.T("listings.treatment.look")
	default:
		o.Treated = v.T("listings.treatment.proposes", "Action", ActionName(v, t.Action))
		o.Proposal = v.T("listings.proposes", "Action", ActionName(v, t.Action), "Rule", t.Rule)
	}
	add := func(key string, value any, path string) {
		o.Treatment = append(o.Treatment, ui.Fact{Label: v.T("listings.treatment." + key), Value: value, Path: path})
	}
	if t.Rule != "" && t.Rule != detect.KnownGenuine {
		add("rule", t.Rule, "")
	}
	if t.Queue != "" {
		path := ""
		if v.User.Can(access.ReviewRead) {
			path = "/review?queue=" + url.QueryEscape(t.Queue)
		}
		add("queue", QueueName(v, t.Queue), path)
	}
	if t.Priority != 0 {
		add("priority", v.Number(t.Priority), "")
	}
	number, path := v.T("listings.treatment.shipped"), ""
	if t.Policy != 0 {
		number = v.T("listings.treatment.number", "Number", strconv.FormatInt(int64(t.Policy), 10))
	}
	if v.User.Can(access.PolicyRead) {
		path = "/policy/" + strconv.FormatInt(int64(t.Policy), 10)
	}
	add("policy", number, path)
}

// price holds the price against what the brand's genuine goods cost in the category.
func (d *Desk) price(ctx context.Context, v *ui.Visit, o *Dossier) error {
	if o.Opinion.Brand == "" {
		o.NoRange = v.T("listings.range.nobrand")
		return nil
	}
	o.BrandName, o.BrandPath = string(o.Opinion.Brand), brandPath(o.Opinion.Brand)
	b, err := d.Brand.Get(ctx, v.User, o.Opinion.Brand)
	if k := fault.Of(err); err != nil && (k == fault.NotFound || k == fault.Forbidden) {
		o.NoRange = v.T("listings.range.unknown", "Brand", o.BrandName, "Category", o.Category)
		return nil
	}
	if err != nil {
		return err
	}
	o.BrandName = b.Name
	genuine, known := b.Prices[o.Record.Category]
	if !known {
		o.NoRange = v.T("listings.range.unknown", "Brand", o.BrandName, "Category", o.Category)
		return nil
	}
	if o.Record.Price == nil {
		o.NoRange = v.T("listings.range.noprice")
		return nil
	}
	if genuine.Currency == o.Record.Currency {
		o.Range = &ui.Range{Currency: genuine.Currency, Low: genuine.Low, Typical: genuine.Typical, Value: *o.Record.Price}
		return nil
	}
	low, typical := dollars(genuine, genuine.Low), dollars(genuine, genuine.Typical)
	if o.Record.Cents == market.NoPrice || low == market.NoPrice || typical == market.NoPrice {
		o.NoRange = v.T("listings.range.currency", "Currency", o.Record.Currency)
		return nil
	}
	o.Range = &ui.Range{Currency: "USD", Low: float64(low) / 100, Typical: float64(typical) / 100, Value: float64(o.Record.Cents) / 100}
	o.Converted = v.T("listings.range.converted", "Price", v.Money(*o.Record.Price, o.Record.Currency))
	return nil
}

// dollars is an amount of a brand's price in US cents, by the rates that market compares listings with.
func dollars(p brand.Price, amount float64) int64 {
	return market.Cents(&market.Listing{Price: &amount, Currency: p.Currency})
}

// facts are what the marketplace says of the listing beyond its words.
func (o *Dossier) facts(v *ui.Visit) {
	l := o.Record
	price := "–"
	if l.Price != nil {
		price = v.Money(*l.Price, l.Currency)
	}
	o.Facts = []ui.Fact{
		{Label: v.T("listings.fact.price"), Value: price},
		{Label: v.T("listings.fact.category"), Value: o.Category},
	}
	add := func(label string, value any) { o.Facts = append(o.Facts, ui.Fact{Label: label, Value: value}) }
	if l.Quantity != nil {
		add(v.T("listings.fact.quantity"), v.Number(*l.Quantity))
	}
	if l.Condition != "" {
		add(v.T("listings.fact.condition"), named(v.T("listings.condition."+l.Condition), l.Condition))
	}
	if l.ShipsFrom != "" {
		add(v.T("listings.fact.ships"), l.ShipsFrom)
	}
	if !l.ListedAt.IsZero() {
		add(v.T("listings.fact.listed"), v.Clock(l.ListedAt))
	}
	add(v.T("listings.fact.seen"), v.Clock(l.FirstSeen))
	add(v.T("listings.fact.version"), v.Number(l.Version))
	if o.Scanned {
		add(v.T("listings.fact.scanned"), v.Clock(o.Opinion.ScannedAt))
		add(v.T("listings.fact.model"), o.Model)
	}
}

// pictures are those kept here; those that lie elsewhere are named with their host and never loaded: whose server it is
// would learn that somebody looks.
func (o *Dossier) pictures(v *ui.Visit) {
	for i, ref := range o.Record.Images {
		if u, err := url.Parse(ref); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			o.Links = append(o.Links, Link{u.Host, ref})
			continue
		}
		if strings.Contains(ref, "://") || len(o.Pictures) >= picturesMost {
			o.Missing++
			continue
		}
		o.Find = append(o.Find, ui.Picture{Path: "/search?picture=" + url.QueryEscape(ref), Caption: v.T("listings.picture.number", "Number", i+1)})
		o.Pictures = append(o.Pictures, ui.Picture{Src: PicturePath(ref), Alt: v.T("listings.picture.alt", "Number", i+1), Caption: v.T("listings.picture.number", "Number", i+1)})
	}
}

// pairs puts what the signals of pictures speak of side by side, where both pictures are kept here.
func (o *Dossier) pairs(v *ui.Visit) {
	for i, s := range o.Opinion.Signals {
		seen, is := s.Sighting()
		if !is || seen.Image >= len(o.Record.Images) || strings.Contains(o.Record.Images[seen.Image], "://") || strings.Contains(seen.Ref, "://") {
			continue
		}
		one := Pair{Number: i + 1, Label: SignalName(v, s.Name), Evidence: s.EvidenceIn(v.Language)}
		one.Mine = ui.Picture{Src: PicturePath(o.Record.Images[seen.Image]), Alt: v.T("listings.picture.alt", "Number", seen.Image+1), Caption: v.T("listings.pair.mine", "Number", seen.Image+1)}
		one.Other = ui.Picture{Src: PicturePath(seen.Ref), Alt: v.T("listings.pair.alt"), Caption: v.T("listings.pair.catalogue")}
		if seen.Listing != "" {
			one.Other.Path, one.Other.Caption = Path(seen.Listing), v.T("listings.pair.listing", "Listing", string(seen.Listing))
		}
		o.Pairs = append(o.Pairs, one)
	}
}

// PicturePath is the address of a picture kept here.
func PicturePath(ref string) string {
	parts := strings.Split(ref, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "/pictures/" + strings.Join(parts, "/")
}

// seller reads who offers it, and what else they offer.
func (d *Desk) seller(ctx context.Context, v *ui.Visit, o *Dossier) error {
	s := o.Record.Seller
	if s.ID == "" {
		return nil
	}
	o.SellerPath, o.OthersPath = sellerPath(s.ID), "/listings?seller="+url.QueryEscape(string(s.ID))
	add := func(label string, value any) { o.Seller = append(o.Seller, ui.Fact{Label: label, Value: value}) }
	if s.Country != "" {
		add(v.T("listings.seller.country"), s.Country)
	}
	if s.Joined != "" {
		joined := s.Joined
		if t, err := time.Parse(time.DateOnly, s.Joined); err == nil {
			joined = v.Day(t)
		}
		add(v.T("listings.seller.joined"), joined)
	}
	if s.Ratings != nil {
		text := v.Number(*s.Ratings)
		if s.Positive != nil {
			text = v.T("listings.seller.positive", "Ratings", text, "Share", v.Percent(*s.Positive))
		}
		add(v.T("listings.seller.ratings"), text)
	}
	tallies, err := d.Detect.TallyOf(ctx, v.User, []market.SellerID{s.ID})
	if err != nil {
		return err
	}
	o.Tally = tallies[s.ID]
	page, err := d.Market.Listings(ctx, v.User, market.ListingFilter{Seller: s.ID, Limit: othersShown + 1})
	if err != nil {
		return err
	}
	var ids []market.ListingID
	for _, l := range page.Items {
		ids = append(ids, l.ID)
	}
	opinions, err := d.Detect.OpinionsOf(ctx, v.User, ids)
	if err != nil {
		return err
	}
	reviews, err := d.Enforce.ReviewsOf(ctx, v.User, ids)
	if err != nil {
		return err
	}
	for _, l := range page.Items {
		if l.ID == o.Record.ID || len(o.Others) == othersShown {
			continue
		}
		other := Other{Title: l.Title, Path: Path(l.ID), Verdict: opinions[l.ID].Verdict, Score: opinions[l.ID].Score}
		if review := reviews[l.ID]; review.Standing != "" && review.Standing != enforce.Live {
			tag := StandingTag(v, review.Standing)
			other.Standing = &tag
		}
		o.Others = append(o.Others, other)
	}
	return nil
}

// history is what people and the machine did, newest first.
func (d *Desk) history(ctx context.Context, v *ui.Visit, o *Dossier) error {
	id := o.Record.ID
	decisions, err := d.Enforce.History(ctx, v.User, id, "", historyShown)
	if err != nil {
		return err
	}
	changes, err := d.Detect.History(ctx, v.User, id, "", historyShown)
	if err != nil {
		return err
	}
	reads := v.User.Can(access.LedgerRead)
	entry := func(id string) string {
		if !reads || id == "" {
			return ""
		}
		return "/ledger/" + url.PathEscape(id)
	}
	told := map[string]bool{}
	for _, n := range o.Notices {
		told[n.Entry] = true
		o.History = append(o.History, ui.Event{At: n.ReceivedAt, Who: n.ByName, What: v.T("listings.history.notice"), Detail: n.Right, Icon: "mail", Tone: "info", Path: n.Path})
	}
	for i, one := range decisions.Items {
		if one.Stands() {
			o.Decision = &decisions.Items[i]
		}
		told[one.Entry] = true
		detail := ReasonName(v, one.Reason)
		if scope := ScopeName(v, one.Scope); scope != "" {
			detail += v.T("listings.history.stop") + scope
		}
		if one.Note != "" {
			detail += v.T("listings.history.stop") + one.Note
		}
		tone, icon := OutcomeMark(one.Outcome)
		o.History = append(o.History, ui.Event{At: one.At, Who: one.ByName, What: OutcomeDone(v, one.Outcome), Detail: detail, Icon: icon, Tone: tone, Path: entry(one.Entry)})
		if !one.Ended.IsZero() {
			told[one.EndedEntry] = true
			o.History = append(o.History, ui.Event{At: one.Ended, Who: "Ownmark", What: v.T("listings.history.ended", "Outcome", OutcomeDone(v, one.Outcome)), Icon: "clock", Tone: "info", Path: entry(one.EndedEntry)})
		}
		if one.Undone != nil {
			told[one.Undone.Entry] = true
			o.History = append(o.History, ui.Event{At: one.Undone.At, Who: one.Undone.ByName, What: v.T("listings.history.undone", "Outcome", OutcomeDone(v, one.Outcome)),
				Detail: one.Undone.Why, Icon: "arrow-back-up", Tone: "info", Path: entry(one.Undone.Entry)})
		}
	}
	for _, c := range changes.Items {
		told[c.Entry] = true
		what := v.T("listings.history.verdict", "Verdict", VerdictName(v, c.Verdict), "Score", v.Percent(c.Score))
		detail := named(v.T("listings.because."+string(c.Because)), string(c.Because))
		if c.Was != "" && c.Was != c.Verdict {
			detail += v.T("listings.history.stop") + v.T("listings.history.was", "Verdict", VerdictName(v, c.Was))
		}
		if c.Rule != "" && c.Rule != detect.KnownGenuine {
			detail += v.T("listings.history.stop") + v.T("listings.history.rule", "Action", ActionName(v, c.Action), "Rule", c.Rule)
		}
		tone, icon := "good", "circle-check"
		switch c.Verdict {
		case detect.Review:
			tone, icon = "warn", "eye"
		case detect.Fake:
			tone, icon = "bad", "alert-octagon"
		}
		o.History = append(o.History, ui.Event{At: c.At, Who: "Ownmark", What: what, Detail: detail, Icon: icon, Tone: tone, Path: entry(c.Entry)})
	}
	if reads && d.Ledger != nil {
		entries, err := d.Ledger.BySubject(ctx, enforce.Subject(id))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !told[e.ID] {
				o.History = append(o.History, ui.Event{At: e.At, What: v.T("listings.history.entry", "Kind", e.Kind), Icon: "books", Path: entry(e.ID)})
			}
		}
	}
	o.History = append(o.History, ui.Event{At: o.Record.FirstSeen, What: v.T("listings.history.seen"), Icon: "package"})
	slices.SortStableFunc(o.History, func(a, b ui.Event) int { return b.At.Compare(a.At) })
	return nil
}

// OutcomeMark is the tone and the icon of what a person did.
func OutcomeMark(o enforce.Outcome) (tone, icon string) {
	switch o {
	case enforce.Remove:
		return "bad", "ban"
	case enforce.Restrict:
		return "warn", "lock"
	case enforce.Demote:
		return "warn", "arrow-down"
	case enforce.Label:
		return "info", "tag"
	case enforce.Freeze:
		return "warn", "coins"
	case enforce.Approve:
		return "good", "check"
	}
	return "warn", "flag"
}

// Piece draws a dossier or a bar for a page of another folder.
func Piece(r *http.Request, value any) (template.HTML, error) {
	sink := &sink{header: http.Header{}}
	if err := views.Fragment(sink, r, value); err != nil {
		return "", err
	}
	return template.HTML(sink.String()), nil //nolint:gosec // html/template has just escaped it
}

// sink takes a fragment that goes into a page instead of to the browser.
type sink struct {
	bytes.Buffer
	header http.Header
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
