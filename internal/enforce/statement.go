package enforce

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/db"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/market"
)

// Statement is a decision as the EU's transparency database takes it: DSA Art. 17 and 24(5), schema of 1 July 2025. It is made from the decision, the
// notices it answered and the listing, and from nothing that anybody types for it; there is no personal data in it. The JSON form is one element of
// the body of POST /api/v1/statements.
type Statement struct {
	PUID                   string   `json:"puid"` // the decision's id
	DecisionVisibility     []string `json:"decision_visibility,omitempty"`
	DecisionMonetary       string   `json:"decision_monetary,omitempty"`
	DecisionFacts          string   `json:"decision_facts"`
	DecisionGround         string   `json:"decision_ground"`
	IllegalGround          string   `json:"illegal_content_legal_ground,omitempty"`
	IllegalExplanation     string   `json:"illegal_content_explanation,omitempty"`
	IncompatibleGround     string   `json:"incompatible_content_ground,omitempty"`
	IncompatibleExplaining string   `json:"incompatible_content_explanation,omitempty"`
	ContentType            []string `json:"content_type"`
	Category               string   `json:"category"`
	CategorySpecification  []string `json:"category_specification,omitempty"`
	ContentLanguage        string   `json:"content_language,omitempty"`
	ContentDate            string   `json:"content_date"`
	ApplicationDate        string   `json:"application_date"`
	EndVisibility          string   `json:"end_date_visibility_restriction,omitempty"` // empty: without an end
	EndMonetary            string   `json:"end_date_monetary_restriction,omitempty"`
	TerritorialScope       []string `json:"territorial_scope"`
	SourceType             string   `json:"source_type"`
	SourceIdentity         string   `json:"source_identity,omitempty"`
	AutomatedDetection     string   `json:"automated_detection"`
	AutomatedDecision      string   `json:"automated_decision"`
}

// The words of the database's schema that statements are made of.
const (
	visibilityRemoved  = "DECISION_VISIBILITY_CONTENT_REMOVED"
	visibilityDisabled = "DECISION_VISIBILITY_CONTENT_DISABLED"
	visibilityDemoted  = "DECISION_VISIBILITY_CONTENT_DEMOTED"
	visibilityLabelled = "DECISION_VISIBILITY_CONTENT_LABELLED"
	monetarySuspension = "DECISION_MONETARY_SUSPENSION"
	groundIllegal      = "DECISION_GROUND_ILLEGAL_CONTENT"
	groundIncompatible = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
	contentProduct     = "CONTENT_TYPE_PRODUCT"
	categoryIP         = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"
	keywordTradeMark   = "KEYWORD_TRADEMARK_INFRINGEMENT"
	keywordDesign      = "KEYWORD_DESIGN_INFRINGEMENT"
	keywordCopyright   = "KEYWORD_COPYRIGHT_INFRINGEMENT"
	keywordPatent      = "KEYWORD_PATENT_INFRINGEMENT"
	sourceNotice       = "SOURCE_ARTICLE_16"
	sourceTrusted      = "SOURCE_TRUSTED_FLAGGER"
	sourceVoluntary    = "SOURCE_VOLUNTARY"
	automatedFully     = "AUTOMATED_DECISION_FULLY"
	automatedNot       = "AUTOMATED_DECISION_NOT_AUTOMATED"
)

// visibilities are what the outcomes are to the database. A frozen payout leaves the listing in sight.
var visibilities = map[Outcome][]string{Remove: {visibilityRemoved}, Restrict: {visibilityDisabled}, Demote: {visibilityDemoted}, Label: {visibilityLabelled}}

// memberStates are where a statement holds unless said otherwise: the EU's and, as the database has them, IS, LI and NO.
var memberStates = []string{"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}

// illegalBy are the reasons that say a right is infringed; the others say that the marketplace's terms are.
var illegalBy = []ReasonCode{"counterfeit", "replica-wording", "misleading-brand-use", "hidden-logo"}

// Art. 9(2) of Regulation (EU) 2017/1001 names what the owner of an EU trade mark can forbid.
const (
	legalGround = "Article 9(2) of Regulation (EU) 2017/1001 on the European Union trade mark"
	termsGround = "The marketplace's terms on offers under other people's marks"
)

// keywords are the database's words for the kinds of rights.
var keywords = map[RightKind]string{TradeMark: keywordTradeMark, Design: keywordDesign, Copyright: keywordCopyright, Patent: keywordPatent}

// answered is a notice that a decision answered, with its right.
type answered struct {
	Notice
	right Right
}

// needsStatement reports whether a decision restricts a listing, so that its seller is owed a statement of reasons.
func (d Decision) needsStatement() bool { return d.Outcome.Restricts() }

// statement is the decision as the database takes it. notices are those it answered, not those that came when it stood already.
func (d Decision) statement(l market.Record, notices []answered) Statement {
	s := Statement{
		PUID: string(d.ID), DecisionVisibility: visibilities[d.Outcome], ContentType: []string{contentProduct}, Category: categoryIP,
		ContentDate: contentDate(l), ApplicationDate: d.At.UTC().Format(time.DateOnly), TerritorialScope: d.states(),
		SourceType: sourceVoluntary, AutomatedDetection: "No", AutomatedDecision: automatedNot, ContentLanguage: contentLanguage(l.Language),
	}
	end := ""
	if !d.Until.IsZero() {
		end = d.Until.UTC().Add(-time.Microsecond).Format(time.DateOnly) // the last day on which it holds
	}
	if len(s.DecisionVisibility) > 0 {
		s.EndVisibility = end
	}
	if d.Payout {
		s.DecisionMonetary, s.EndMonetary = monetarySuspension, end
	}
	reason, _ := ReasonOf(d.Reason)
	for _, n := range notices {
		if s.SourceType != sourceTrusted {
			s.SourceType = sourceNotice
		}
		if n.Lane == Trusted {
			s.SourceType = sourceTrusted
		}
		if word := keywords[n.right.Kind]; !slices.Contains(s.CategorySpecification, word) {
			s.CategorySpecification = append(s.CategorySpecification, word)
		}
	}
	if len(notices) > 0 {
		// Needed to show the infringement: Art. 17(3)(b). The owner as registered is public; who filed is not said.
		s.SourceIdentity = cut(notices[0].right.Owner, 500)
	}
	slices.Sort(s.CategorySpecification)
	if slices.Contains(illegalBy, d.Reason) {
		s.DecisionGround, s.IllegalGround, s.IllegalExplanation = groundIllegal, legalGround, reason.English+"."
		if len(s.CategorySpecification) == 0 {
			s.CategorySpecification = []string{keywordTradeMark}
		}
	} else {
		s.DecisionGround, s.IncompatibleGround, s.IncompatibleExplaining = groundIncompatible, termsGround, reason.English+"."
	}
	if d.detectedByMachine() && len(notices) == 0 {
		s.AutomatedDetection = "Yes"
	}
	if d.Automated() {
		s.AutomatedDecision = automatedFully
	}
	s.DecisionFacts = cut(d.facts(len(notices)), 5000)
	return s
}

// byPublic stands for the number of notices where none rested on a right, and somebody had reported the listing all the same.
const byPublic = -1

// reported is the statement of a decision that answers a buyer's report, or anybody's: that is a notice of Art. 16, too.
func (s Statement) reported(d Decision) Statement {
	s.SourceType, s.AutomatedDetection, s.DecisionFacts = sourceNotice, "No", cut(d.facts(byPublic), 5000)
	return s
}

// detectedByMachine reports whether the machine had brought the listing before whoever decided.
func (d Decision) detectedByMachine() bool {
	return d.Automated() || d.Waited > 0 && d.Verdict != detect.Clear
}

// facts are what the decision relied on, in words that quote nothing of the listing: it may hold personal data.
func (d Decision) facts(notices int) string {
	reason, _ := ReasonOf(d.Reason)
	var b strings.Builder
	fmt.Fprintf(&b, "A listing was held to be: %s.", strings.ToLower(reason.English[:1])+reason.English[1:])
	switch {
	case notices == 1:
		b.WriteString(" A rights holder had given notice of it.")
	case notices > 1:
		fmt.Fprintf(&b, " Rights holders had given notice of it %d times.", notices)
	case notices == byPublic:
		b.WriteString(" Somebody had reported it.")
	case d.detectedByMachine():
		b.WriteString(" The marketplace's own detection had found it.")
	default:
		b.WriteString(" The marketplace's staff had found it.")
	}
	var seen []string
	for _, name := range d.Signals {
		if info, ok := detect.InfoOf(name); ok {
			seen = append(seen, strings.ToLower(info.Title[:1])+info.Title[1:])
		}
	}
	if len(seen) > 0 {
		fmt.Fprintf(&b, " Seen: %s.", strings.Join(seen, "; "))
	}
	if d.Automated() {
		b.WriteString(" The decision was taken by automated means.")
	} else {
		b.WriteString(" A person decided.")
	}
	return b.String()
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// The dates that the database takes.
var (
	earliestContent = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	latestContent   = time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)
)

// contentDate is when the listing was put up, as far as it was said; else when it was first seen.
func contentDate(l market.Record) string {
	at := l.ListedAt.UTC()
	if at.Before(earliestContent) || at.After(latestContent) {
		at = l.FirstSeen.UTC()
	}
	return at.Format(time.DateOnly)
}

var twoLetters = regexp.MustCompile(`^[a-z]{2}$`)

// contentLanguage is the ISO 639-1 code of a language tag in capitals; empty when the tag has none.
func contentLanguage(tag string) string {
	code, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if !twoLetters.MatchString(code) {
		return ""
	}
	return strings.ToUpper(code)
}

// Statements makes the statements of the decisions taken from from on and before to, oldest first. Undone ones are among them: the seller was told,
// and the database forgets nothing.
func (s *Service) Statements(ctx context.Context, by access.User, from, to time.Time) iter.Seq2[Statement, error] {
	return func(yield func(Statement, error) bool) {
		for one, err := range s.stated(ctx, by, from, to) {
			if !yield(one.Statement, err) {
				return
			}
		}
	}
}

// stated is a decision with what is told of it.
type stated struct {
	Decision
	Statement Statement
}

// stated gives the decisions of a period that restrict, with their statements, oldest first; not those that hold in no state which the database is of.
func (s *Service) stated(ctx context.Context, by access.User, from, to time.Time) iter.Seq2[stated, error] {
	return func(yield func(stated, error) bool) {
		if err := by.May(access.LedgerRead, ""); err != nil {
			yield(stated{}, err)
			return
		}
		for chunk, err := range s.chunks(ctx, from, to, true) {
			if err != nil {
				yield(stated{}, fmt.Errorf("make statements: %w", err))
				return
			}
			for _, one := range chunk {
				if !yield(one, nil) {
					return
				}
			}
		}
	}
}

// restrictions gives the decisions of a period that restrict, oldest first.
func (s *Service) restrictions(ctx context.Context, from, to time.Time) iter.Seq2[Decision, error] {
	return func(yield func(Decision, error) bool) {
		for chunk, err := range s.chunks(ctx, from, to, false) {
			if err != nil {
				yield(Decision{}, fmt.Errorf("read decisions: %w", err))
				return
			}
			for _, one := range chunk {
				if !yield(one.Decision, nil) {
					return
				}
			}
		}
	}
}

// chunks gives the decisions of a period that restrict, oldest first, so many at a time; with their statements when these are asked for.
func (s *Service) chunks(ctx context.Context, from, to time.Time, withStatements bool) iter.Seq2[[]stated, error] {
	return func(yield func([]stated, error) bool) {
		at, after := db.Micros(from), ""
		for {
			var chunk []stated
			err := s.DB.View(ctx, func(tx *db.Tx) error {
				query := restricting
				if withStatements {
					query += inUnion
				}
				decisions, err := db.All(tx, scanDecision, query+restrictingPage, at, after, db.Micros(to), statementsAtOnce)
				if err != nil {
					return err
				}
				chunk = make([]stated, len(decisions))
				for i, d := range decisions {
					chunk[i].Decision = d
				}
				if !withStatements {
					return nil
				}
				told, err := statements(tx, decisions)
				for i, one := range told {
					chunk[i].Statement = one
				}
				return err
			})
			if err != nil || len(chunk) > 0 {
				if !yield(chunk, err) || err != nil {
					return
				}
			}
			if len(chunk) < statementsAtOnce {
				return
			}
			last := chunk[len(chunk)-1]
			at, after = db.Micros(last.At), string(last.ID)
		}
	}
}

// statementsAtOnce is how many statements are read at once; the database takes as many.
const statementsAtOnce = 100

func statements(tx *db.Tx, decisions []Decision) ([]Statement, error) {
	ids := make([]market.ListingID, len(decisions))
	for i, d := range decisions {
		ids[i] = d.Listing
	}
	records, err := market.Load(tx, ids)
	if err != nil {
		return nil, err
	}
	all := make([]Statement, len(decisions))
	for i, d := range decisions {
		notices, err := answeredBy(tx, d)
		if err != nil {
			return nil, err
		}
		all[i] = d.statement(records[d.Listing], notices)
		if len(notices) > 0 {
			continue
		}
		reported, err := reportedAt(tx, d)
		if err != nil {
			return nil, err
		}
		if !reported.IsZero() {
			all[i] = all[i].reported(d)
		}
	}
	return all, nil
}

// answeredBy are the notices that a decision answered, whatever became of them since.
func answeredBy(tx *db.Tx, d Decision) ([]answered, error) {
	notices, err := db.All(tx, scanNotice, noticesAnswered, string(d.ID))
	if err != nil {
		return nil, err
	}
	all := make([]answered, len(notices))
	for i, n := range notices {
		r, err := db.One(tx, scanRight, oneRight, string(n.Right))
		if err != nil {
			return nil, err
		}
		all[i] = answered{n, r}
	}
	return all, nil
}
