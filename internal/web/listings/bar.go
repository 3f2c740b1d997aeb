package listings

import (
	"slices"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/web/ui"
	"net/url"
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
	Quick   bool // may be taken with its first reason at once
	Reasons []Reason
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
	b := Bar{Path: "/review/" + url.PathEscape(string(id)) + "/decision", Back: back, Next: next, Version: o.Review.Version}
	leads := v.User.Can(access.DecisionUndo)
	if d := o.Decision; d != nil {
		b.Standing = v.T("listings.bar.standing", "Outcome", OutcomeDone(v, d.Outcome), "Name", d.ByName, "Time", v.Clock(d.At), "Reason", ReasonName(v, d.Reason))
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
			Request: db.NewID(), Quick: outcome == enforce.Approve}
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
