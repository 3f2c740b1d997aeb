package enforce

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// fits holds a statement against the rules of the database's own validator, as far as statements use its fields.
func fits(s Statement) (wrong []string) {
	must := func(holds bool, what string) {
		if !holds {
			wrong = append(wrong, what)
		}
	}
	within := func(value string, least, most int, field string) {
		n := utf8.RuneCountInString(value)
		must(n >= least && n <= most, field)
	}
	oneOf := func(value, field string, words ...string) { must(slices.Contains(words, value), field+" "+value) }
	must(regexp.MustCompile(`^[a-zA-Z0-9_-]{1,500}$`).MatchString(s.PUID), "puid")
	must(len(s.DecisionVisibility) > 0 || s.DecisionMonetary != "", "none of decision_*")
	must(len(s.DecisionVisibility) <= 1, "decision_visibility")
	for _, v := range s.DecisionVisibility {
		oneOf(v, "decision_visibility", "DECISION_VISIBILITY_CONTENT_REMOVED", "DECISION_VISIBILITY_CONTENT_DISABLED", "DECISION_VISIBILITY_CONTENT_DEMOTED", "DECISION_VISIBILITY_CONTENT_LABELLED")
	}
	oneOf(s.DecisionMonetary, "decision_monetary", "", "DECISION_MONETARY_SUSPENSION")
	must(s.EndVisibility == "" || len(s.DecisionVisibility) > 0, "an end of no visibility restriction")
	must(s.EndMonetary == "" || s.DecisionMonetary != "", "an end of no monetary restriction")
	for _, day := range []string{s.EndVisibility, s.EndMonetary} {
		_, err := time.Parse(time.DateOnly, day)
		must(day == "" || err == nil && day >= s.ApplicationDate, "end_date "+day)
	}
	within(s.DecisionFacts, 1, 5000, "decision_facts")
	oneOf(s.DecisionGround, "decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT")
	if s.DecisionGround == "DECISION_GROUND_ILLEGAL_CONTENT" {
		within(s.IllegalGround, 1, 500, "illegal_content_legal_ground")
		within(s.IllegalExplanation, 1, 2000, "illegal_content_explanation")
		must(s.IncompatibleGround == "" && s.IncompatibleExplaining == "", "both grounds")
	} else {
		within(s.IncompatibleGround, 1, 500, "incompatible_content_ground")
		within(s.IncompatibleExplaining, 1, 2000, "incompatible_content_explanation")
		must(s.IllegalGround == "" && s.IllegalExplanation == "", "both grounds")
	}
	must(slices.Equal(s.ContentType, []string{"CONTENT_TYPE_PRODUCT"}), "content_type")
	oneOf(s.Category, "category", "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS")
	for _, word := range s.CategorySpecification {
		oneOf(word, "category_specification", "KEYWORD_TRADEMARK_INFRINGEMENT", "KEYWORD_DESIGN_INFRINGEMENT", "KEYWORD_COPYRIGHT_INFRINGEMENT", "KEYWORD_PATENT_INFRINGEMENT")
	}
	must(s.ContentLanguage == "" || regexp.MustCompile(`^[A-Z]{2}$`).MatchString(s.ContentLanguage), "content_language")
	for field, date := range map[string]string{"content_date": s.ContentDate, "application_date": s.ApplicationDate} {
		at, err := time.Parse(time.DateOnly, date)
		must(err == nil && at.Year() >= 2000 && at.Year() < 2038 && (field == "content_date" || at.Year() >= 2020), field+" "+date)
	}
	must(len(s.TerritorialScope) > 0 && slices.IsSorted(s.TerritorialScope), "territorial_scope")
	for _, code := range s.TerritorialScope {
		must(slices.Contains(strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"), code), "territorial_scope "+code)
	}
	oneOf(s.SourceType, "source_type", "SOURCE_ARTICLE_16", "SOURCE_VOLUNTARY")
	must((s.SourceIdentity != "") == (s.SourceType == "SOURCE_ARTICLE_16"), "source_identity")
	within(s.SourceIdentity, 0, 500, "source_identity")
	oneOf(s.AutomatedDetection, "automated_detection", "Yes", "No")
	oneOf(s.AutomatedDecision, "automated_decision", "AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_NOT_AUTOMATED")
	return wrong
}

// known is what a random history knows of a decision that restricted a listing.
type knownDecision struct {
	notices   int // that waited
	automated bool
	machine   bool // suspected it, and it waited
	outcome   Outcome
	scope     Scope
	day       string
}

// scopes are what histories draw from.
var scopes = []Scope{{}, {}, {Territory: []string{"FR", "DE"}}, {Territory: []string{"US"}}, {Territory: []string{"CN", "PL"}, Payout: true}, {Payout: true}}

// TestStatementsOfRandomHistories draws histories of verdicts, notices, decisions of people and of the policy and undoings, and holds every statement
// against the database's rules and against what happened.
func TestStatementsOfRandomHistories(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		ctx := t.Context()
		random := rand.New(rand.NewPCG(5, 11))
		r := k.right(t)
		k.Alone = detect.Remove
		truth := map[DecisionID]knownDecision{}
		waiting := map[string]int{}
		answeredWith := map[DecisionID]int{}
		const listings = 12
		over := 0 // decisions whose time ran out
		for i := range listings {
			k.listing(t, fmt.Sprintf("L%02d", i), 1, []detect.Verdict{detect.Clear, detect.Review, detect.Fake}[i%3], 0.7)
			k.tell(t, fmt.Sprintf("L%02d", i))
		}
		down := func(id string) bool {
			v := k.review(t, market.ListingID(id))
			if v.Standing != Removed && v.Standing != Restricted {
				return false
			}
			d, err := k.Decision(ctx, ana, v.Decision)
			ok(t, err)
			return len(d.Territory) == 0
		}
		note := func(id string, d Decision, machine bool) {
			if d.needsStatement() {
				truth[d.ID] = knownDecision{waiting[id], d.Automated(), machine, d.Outcome, d.Scope, d.At.Format(time.DateOnly)}
			}
			if d.Outcome.decides() != "" {
				answeredWith[d.ID], waiting[id] = waiting[id], 0
			}
		}
		for range 500 {
			k.now.Advance(time.Duration(random.IntN(40)) * time.Minute)
			id := fmt.Sprintf("L%02d", random.IntN(listings))
			ok(t, k.Sweep(ctx))
			before := k.review(t, market.ListingID(id))
			switch random.IntN(5) {
			case 0, 1:
				_, again, err := k.FileNotice(ctx, olga, aClaim(r.ID, id))
				ok(t, err)
				switch {
				case again:
				case !down(id):
					waiting[id]++
				default:
					answeredWith[before.Decision] = 1 // by the decision that stands already; it waits when that is undone
				}
			case 2:
				o := []Outcome{Remove, Restrict, Approve, Remove, Demote, Label, Freeze, Approve}[random.IntN(8)]
				reasons := ReasonsFor(o)
				c := Choice{Outcome: o, Reason: reasons[random.IntN(len(reasons))].Code, Note: "a note with a name in it: Max Muster", Version: before.Version}
				if o.Restricts() {
					c.Scope = scopes[random.IntN(len(scopes))]
					if random.IntN(3) == 0 {
						c.Until = k.now.Now().Add(time.Duration(1+random.IntN(600)) * time.Minute)
					}
				}
				d, err := k.Decide(ctx, ana, market.ListingID(id), c)
				ok(t, err)
				note(id, d, before.waits() && before.Verdict != detect.Clear)
			case 3:
				d, err := k.Decision(ctx, ana, before.Decision)
				if err != nil {
					continue
				}
				if _, err := k.Undo(ctx, ana, d.ID, "second thoughts"); err != nil {
					want(t, err, fault.Conflict)
					continue
				}
				if d.Outcome.decides() != "" {
					waiting[id] = max(waiting[id], answeredWith[d.ID])
				}
			case 4:
				k.judge(t, id, detect.Remove, "Fakes go", 3)
				after := k.review(t, market.ListingID(id))
				if after.Decision != before.Decision && after.Decision != "" {
					d, err := k.Decision(ctx, ana, after.Decision)
					ok(t, err)
					note(id, d, true)
				}
			}
		}
		// The report counts the same: every measure once, by the same source, ground, detection and decision.
		report, err := k.Harmonised(ctx, ana, time.Time{}, k.now.Now().Add(time.Second))
		ok(t, err)
		var all, upon, detected, alone, byMachine int
		undone, restricted, abroad := 0, 0, 0
		for id, is := range truth {
			if len(is.scope.states()) == 0 {
				abroad++
				continue // the law of the Union does not ask for it
			}
			all++
			if is.notices == 0 {
				if is.outcome != Freeze {
					restricted++
				}
				if is.scope.Payout {
					restricted++
				}
			}
			if is.notices > 0 {
				upon++
			}
			if (is.machine || is.automated) && is.notices == 0 {
				detected++
			}
			if is.automated {
				byMachine++
				if is.notices == 0 {
					alone++
				}
			}
			d, err := k.Decision(ctx, ana, id)
			ok(t, err)
			if !d.Ended.IsZero() {
				over++
			}
			if d.Undone != nil && d.Undone.By != access.System.ID {
				undone++
			}
		}
		var own, ownDetected, ownAlone, restrictions int
		for _, m := range report.Own {
			own, ownDetected, ownAlone = own+m.Total, ownDetected+m.Detected, ownAlone+m.Automated
			for _, n := range m.Restricted {
				restrictions += n
			}
		}
		if report.Notices.Law+report.Notices.Terms != upon || own != all-upon || restrictions != restricted || ownDetected != detected || ownAlone != alone ||
			report.Machine.Found.Of != detected || report.Machine.Found.Of+report.Machine.ByPeople.Of != all || report.Machine.Decided.Of != byMachine || report.Machine.Found.Wrong+report.Machine.ByPeople.Wrong != undone {
			t.Errorf("the report %+v disagrees with what happened: %d measures, %d upon notices, %d detected, %d alone, %d undone", report, all, upon, detected, alone, undone)
		}
		given, err := k.Notices(ctx, ana, NoticeFilter{Limit: 200})
		ok(t, err)
		if report.Notices.Received != len(given.Items) || given.Next != "" {
			t.Errorf("%d notices received, %d on record", report.Notices.Received, len(given.Items))
		}
		seen := 0
		for s, err := range k.Statements(ctx, ana, time.Time{}, k.now.Now().Add(time.Second)) {
			ok(t, err)
			seen++
			if wrong := fits(s); len(wrong) > 0 {
				t.Fatalf("%q does not fit: %+v", wrong, s)
			}
			is, known := truth[DecisionID(s.PUID)]
			if !known {
				t.Fatalf("a statement of no decision: %+v", s)
			}
			if (s.SourceType == "SOURCE_ARTICLE_16") != (is.notices > 0) || (s.AutomatedDecision == "AUTOMATED_DECISION_FULLY") != is.automated ||
				(s.AutomatedDetection == "Yes") != ((is.machine || is.automated) && is.notices == 0) || slices.Contains(s.DecisionVisibility, "DECISION_VISIBILITY_CONTENT_REMOVED") != (is.outcome == Remove) ||
				(len(s.DecisionVisibility) == 0) != (is.outcome == Freeze) || (s.DecisionMonetary != "") != is.scope.Payout || !slices.Equal(s.TerritorialScope, is.scope.states()) ||
				(s.EndVisibility+s.EndMonetary == "") != is.scope.Until.IsZero() || s.ApplicationDate != is.day {
				t.Errorf("%+v\nis of %+v", s, is)
			}
			if strings.Contains(s.DecisionFacts+s.IllegalExplanation+s.IncompatibleExplaining, "Muster") {
				t.Errorf("a note is told to the world: %+v", s)
			}
			k.agrees(t, s, is)
		}
		if seen != len(truth)-abroad || seen < 40 || abroad < 5 || over < 5 {
			t.Errorf("%d statements of %d decisions, %d of them abroad; %d ended", seen, len(truth), abroad, over)
		}
		if found := k.attest(t); len(found) > 0 {
			t.Error(found)
		}
		// The seller is told of each, also of those abroad: as many letters as decisions.
		told, err := k.Told(ctx, ana, ToldFilter{Limit: 200})
		ok(t, err)
		if len(told.Items) != len(truth) {
			t.Errorf("the seller is told of %d decisions, of %d that were taken", len(told.Items), len(truth))
		}
		for _, one := range told.Items {
			if is := truth[one.Decision]; !one.Scope.Same(is.scope) || one.Outcome != is.outcome {
				t.Errorf("told %+v, was %+v", one, is)
			}
		}
		for _, err := range k.Statements(ctx, access.User{ID: "x", Name: "X", Org: "operator", Roles: []access.Role{access.Reviewer}}, time.Time{}, noon) {
			want(t, err, fault.Forbidden)
		}
	})
}
