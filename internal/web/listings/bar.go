package listings

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// Bar is the line at the bottom on which a person decides. It is made of plain forms to web/review; the reasons of each
// outcome unfold without script.
type Bar struct {
	Path     string // where decisions go
	Back     string // the page to draw again, or to return to after an undo
	Next     string // where to go once it is decided
	Version  int64
	Standing string          // what was decided, by whom, when; empty when nothing stands
	Undo     *Undo           // nil when it cannot be undone by this person now
	Closed   string          // why this person cannot decide; empty when they can
	Problems []ui.Problem    // what was wrong with the form sent
	Note     string          // what the form said
	Choices  []Choice        // the first is the quick one
	Sent     enforce.Outcome // of the form that was wrong
	Asked    Asked           // what it said of the scope
	Soonest  string          // the first day on which a decision can end
}

// Asked is what a form says of how far a decision reaches, as it was written.
type Asked struct{ Territory, Until, Payout string }

// Any reports whether it says anything.
func (a Asked) Any() bool { return a != Asked{} }

// ReadScope reads how far a decision is to reach: the countries, the last day, whether the payout is held. The day is the person's own.
func ReadScope(v *ui.Visit, form func(string) string) (s enforce.Scope, a Asked, err error) {
	a = Asked{form("territory"), form("until"), form("payout")}
	s.Payout = a.Payout != ""
	if s.Territory, err = enforce.ReadTerritory(a.Territory); err != nil {
		return s, a, err
	}
	if a.Until == "" {
		return s, a, nil
	}
	last, err := time.ParseInLocation(time.DateOnly, a.Until, v.Zone)
	if err != nil {
		return s, a, fault.Invalid.Say("“%s” is not a day. Write it as 2026-12-31.", a.Until).At("until")
	}
	s.Until = last.AddDate(0, 0, 1)
	return s, a, nil
}

// shownCountries is how many countries are named before the rest are counted.
const shownCountries = 5

// ScopeName is how far a decision reaches, in words; empty when it reaches everywhere, without an end, and leaves the payout alone.
func ScopeName(v *ui.Visit, s enforce.Scope) string {
	var parts []string
	switch codes := s.Territory; {
	case len(codes) == 0:
	case slices.Equal(codes, enforce.Union):
		parts = append(parts, v.T("listings.scope.eu"))
	default:
		var names []string
		for _, code := range codes[:min(len(codes), shownCountries)] {
			names = append(names, enforce.CountryName(code, v.Language))
		}
		text := strings.Join(names, v.T("listings.scope.comma"))
		if more := len(codes) - shownCountries; more > 0 {
			text += " " + v.T("listings.scope.more", "Count", v.Number(more))
		}
		parts = append(parts, v.T("listings.scope.only", "Countries", text))
	}
	if !s.Until.IsZero() {
		parts = append(parts, v.T("listings.scope.until", "Time", v.Clock(s.Until)))
	}
	if s.Payout {
		parts = append(parts, v.T("listings.scope.payout"))
	}
	return strings.Join(parts, " · ")
}

// Choice is one outcome with its reasons, the likeliest first.
type Choice struct {
	Outcome enforce.Outcome
	Label   string
	Ask     string // the question over the reasons
	Icon    string
	Key     string
	Tone    string
	Request string
	Quick   bool        // may be taken with its first reason at once
	Scoped  bool        // it can be bounded, and hold back the payout
	Milder  []ui.Option // the measures to choose from, the usual first; empty when it is the one
	Reasons []Reason
}

// Was reports whether the form of this choice is the one that was sent.
func (c Choice) Was(sent enforce.Outcome) bool {
	return sent == c.Outcome || slices.ContainsFunc(c.Milder, func(o ui.Option) bool { return o.Value == string(sent) })
}

// Reason is one button.
type Reason struct {
	Code  enforce.ReasonCode
	Text  string
	Key   string
	Needs bool // of a note
}

// Undo is how the standing decision is taken back.
type Undo struct {
	Path string
	Why  bool // it is another person's, so a reason is asked
}

// keys of the outcomes; a quick one's other reasons open under the capital.
var outcomeKeys = map[enforce.Outcome]string{enforce.Approve: "a", enforce.Remove: "r", enforce.Restrict: "s", enforce.Escalate: "e"}

// NewBar is the bar of a dossier.
func NewBar(v *ui.Visit, o *Dossier, back, next string) Bar {
	id := o.Record.ID
	b := Bar{Soonest: v.Now.In(v.Zone).Format(time.DateOnly), Path: "/review/" + url.PathEscape(string(id)) + "/decision", Back: back, Next: next, Version: o.Review.Version}
	leads := v.User.Can(access.DecisionUndo)
	if d := o.Decision; d != nil {
		b.Standing = v.T("listings.bar.standing", "Outcome", OutcomeDone(v, d.Outcome), "Name", d.ByName, "Time", v.Clock(d.At), "Reason", ReasonName(v, d.Reason))
		switch scope := ScopeName(v, d.Scope); {
		case !d.Ended.IsZero():
			b.Standing += " " + v.T("listings.bar.ended", "Time", v.Clock(d.Ended))
		case scope != "":
			b.Standing += " " + scope
		}
		own := d.By == v.User.ID
		if v.User.Can(access.ReviewWork) && (leads || own && v.Now.Before(d.At.Add(enforce.OwnUndo))) {
			b.Undo = &Undo{"/review/decisions/" + url.PathEscape(string(d.ID)) + "/undo", !own}
		}
		if !own && !leads {
			b.Closed = v.T("listings.bar.other")
		}
	}
	switch {
	case !v.User.Can(access.ReviewWork):
		b.Closed = v.T("listings.bar.reader")
	case o.Review.State == enforce.Escalated && !leads:
		b.Closed = v.T("listings.bar.escalated")
	}
	if b.Closed != "" {
		return b
	}
	for _, outcome := range []enforce.Outcome{enforce.Approve, enforce.Remove, enforce.Restrict, enforce.Escalate} {
		if outcome == enforce.Escalate && o.Review.State == enforce.Escalated {
			continue
		}
		tone, icon := OutcomeMark(outcome)
		c := Choice{Outcome: outcome, Label: OutcomeName(v, outcome), Ask: v.T("listings.ask." + string(outcome)), Icon: icon, Key: outcomeKeys[outcome], Tone: tone,
			Request: db.NewID(), Quick: outcome == enforce.Approve, Scoped: outcome.Restricts()}
		if outcome == enforce.Restrict {
			for _, milder := range []enforce.Outcome{enforce.Restrict, enforce.Demote, enforce.Label, enforce.Freeze} {
				c.Milder = append(c.Milder, ui.Option{Value: string(milder), Text: v.T("listings.measure." + string(milder))})
			}
		}
		for i, r := range ordered(outcome, o.Opinion.Signals) {
			key := string(rune('1' + i))
			if i == 0 {
				key = c.Key
			}
			c.Reasons = append(c.Reasons, Reason{r.Code, r.Title(v.Language), key, r.NeedsNote})
		}
		b.Choices = append(b.Choices, c)
	}
	return b
}

// ordered is the reasons for an outcome, the one that the signals speak for first.
func ordered(o enforce.Outcome, signals []detect.Signal) []enforce.Reason {
	reasons := enforce.ReasonsFor(o)
	first := Suggest(o, signals)
	if i := slices.IndexFunc(reasons, func(r enforce.Reason) bool { return r.Code == first }); i > 0 {
		reasons = slices.Concat(reasons[i:i+1], reasons[:i], reasons[i+1:])
	}
	return reasons
}

// suggestions say which reason a signal speaks for.
var suggestions = map[enforce.Outcome]map[string]enforce.ReasonCode{
	enforce.Remove: {
		"term-replica": "replica-wording", "term-grade": "replica-wording", "term-source": "replica-wording", "term-denial": "replica-wording",
		"brand-disguised": "hidden-logo", "brand-misspelt": "hidden-logo", "term-evasion": "hidden-logo",
		"brand-mix": "misleading-brand-use", "seller-lookalike": "misleading-brand-use",
		"stock-bulk": "unauthorised-bulk", "talk-wholesale": "unauthorised-bulk",
	},
	enforce.Approve: {
		"seller-authorised": "authorised-genuine", "goods-used": "second-hand-genuine", "part-only": "compatible-use", "brand-otherwise": "not-this-brand",
	},
}

// Suggest is the reason that the strongest telling signal speaks for; where none does, the plainest. A decision for
// removal is told by what speaks for a fake, an approval by what speaks against.
func Suggest(o enforce.Outcome, signals []detect.Signal) enforce.ReasonCode {
	fallback := map[enforce.Outcome]enforce.ReasonCode{enforce.Remove: "counterfeit", enforce.Restrict: "counterfeit", enforce.Approve: "genuine", enforce.Escalate: "need-test-buy"}[o]
	told := suggestions[o]
	if o == enforce.Restrict {
		told = suggestions[enforce.Remove]
	}
	best := 0.0
	for _, s := range signals {
		weight := s.Weight
		if o == enforce.Approve {
			weight = -weight
		}
		if code, ok := told[s.Name]; ok && weight > best {
			best, fallback = weight, code
		}
	}
	return fallback
}
