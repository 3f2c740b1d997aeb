package policy

import (
	"slices"
	"strings"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/web/ui"
)

// change is one thing that two policies say differently.
type change struct {
	Kind    string // added, removed or changed
	What    string // the field, or the rule's name
	Was, Is string // as a person reads it; empty where there is none
	Code    bool   // they are conditions
	Meaning string // of the kind, in the person's language
	Icon    string
	Tone    string
}

// changes are what is with terms differs from what was, the rules in their order, then what stands beside them.
func changes(v *ui.Visit, was, is detect.Terms) []change {
	var all []change
	add := func(kind, what, from, to string, code bool) {
		c := change{Kind: kind, What: what, Was: from, Is: to, Code: code, Meaning: v.T("policy.diff." + kind), Icon: "pencil", Tone: "info"}
		switch kind {
		case "added":
			c.Icon, c.Tone = "plus", "good"
		case "removed":
			c.Icon, c.Tone = "minus", "bad"
		}
		all = append(all, c)
	}
	old, now := was.Clean(), is.Clean()
	ruleNamed := func(t detect.Terms, name string) int {
		return slices.IndexFunc(t.Rules, func(r detect.Rule) bool { return strings.EqualFold(r.Name, name) })
	}
	for _, r := range now.Rules {
		i := ruleNamed(old, r.Name)
		if i < 0 {
			add("added", r.Name, "", v.T("policy.diff.rule", "When", r.When, "Then", consequence(v, r)), true)
			continue
		}
		before := old.Rules[i]
		if before.When != r.When {
			add("changed", v.T("policy.diff.when", "Rule", r.Name), before.When, r.When, true)
		}
		if a, b := consequence(v, before), consequence(v, r); a != b {
			add("changed", v.T("policy.diff.then", "Rule", r.Name), a, b, false)
		}
	}
	for _, r := range old.Rules {
		if ruleNamed(now, r.Name) < 0 {
			add("removed", r.Name, v.T("policy.diff.rule", "When", r.When, "Then", consequence(v, r)), "", true)
		}
	}
	if a, b := order(old, now), order(now, old); !slices.Equal(a, b) {
		add("changed", v.T("policy.diff.order"), strings.Join(a, v.T("policy.diff.before")), strings.Join(b, v.T("policy.diff.before")), false)
	}
	for _, field := range []struct{ key, was, is string }{
		{"model", modelName(v, old.Model), modelName(v, now.Model)},
		{"thresholds", thresholds(v, old.Thresholds), thresholds(v, now.Thresholds)},
		{"audit", auditShare(v, old.Audit), auditShare(v, now.Audit)},
		{"costs", costsInWords(v, old.Costs), costsInWords(v, now.Costs)},
	} {
		if field.was != field.is {
			add("changed", v.T("policy."+field.key), field.was, field.is, false)
		}
	}
	return all
}

// order is the names of the rules that both have, in the order of the first.
func order(of, other detect.Terms) (names []string) {
	for _, r := range of.Rules {
		if slices.ContainsFunc(other.Rules, func(o detect.Rule) bool { return strings.EqualFold(o.Name, r.Name) }) {
			names = append(names, r.Name)
		}
	}
	return names
}

// consequence is what a rule does, in words.
func consequence(v *ui.Visit, r detect.Rule) string {
	text := actionName(v, r.Then)
	if r.Queue != "" {
		text += v.T("policy.comma") + v.T("policy.rule.inqueue", "Queue", r.Queue)
	}
	if r.Then != detect.Pass && r.Priority != 0 && r.Priority != detect.UsualPriority {
		text += v.T("policy.comma") + v.T("policy.rule.withpriority", "Priority", v.Number(r.Priority))
	}
	if r.Off {
		text += v.T("policy.comma") + v.T("policy.rule.isoff")
	}
	return text
}

func modelName(v *ui.Visit, version string) string {
	if version == "" {
		return v.T("policy.model.shipped")
	}
	return version
}

func thresholds(v *ui.Visit, t detect.Thresholds) string {
	if t == (detect.Thresholds{}) {
		return v.T("policy.thresholds.model")
	}
	return v.T("policy.thresholds.are", "Review", v.Decimal(t.Review, 2), "Fake", v.Decimal(t.Fake, 2))
}

func auditShare(v *ui.Visit, share float64) string {
	if share == 0 {
		return v.T("policy.audit.none")
	}
	return v.T("policy.audit.of", "Count", plainNumber(share*1000))
}

func costsInWords(v *ui.Visit, c detect.Costs) string {
	if !c.Stated() {
		return v.T("policy.costs.none")
	}
	return v.T("policy.costs.are", "Miss", v.Money(c.Miss, c.Currency), "Alarm", v.Money(c.Alarm, c.Currency), "Look", v.Money(c.Look, c.Currency))
}
