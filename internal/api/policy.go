package api

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// PolicyTerms are what a policy says: the document that the console exports and imports.
type PolicyTerms struct {
	Title      string           `json:"title" maxLength:"200"`
	Note       string           `json:"note,omitempty" doc:"What it is to achieve, for colleagues." maxLength:"4000"`
	Model      string           `json:"model,omitempty" doc:"The version of the model; the shipped one unless said." maxLength:"200"`
	Thresholds PolicyThresholds `json:"thresholds,omitzero" doc:"The model's own unless said."`
	Audit      float64          `json:"audit,omitempty" doc:"The share of all listings that people look at whatever the machine thinks." minimum:"0" maximum:"0.05"`
	Costs      PolicyCosts      `json:"costs,omitzero"`
	Rules      []PolicyRule     `json:"rules" nullable:"false" doc:"The first that matches counts; what none matches is clear." minItems:"1" maxItems:"100"`
	Examples   []PolicyExample  `json:"examples,omitempty" nullable:"false" doc:"What must come out before a trial may begin." maxItems:"200"`
}

// PolicyThresholds are the probabilities from which a verdict is review or fake.
type PolicyThresholds struct {
	Review float64 `json:"review" minimum:"0" maximum:"1"`
	Fake   float64 `json:"fake" minimum:"0" maximum:"1"`
}

// PolicyCosts are what mistakes and work cost.
type PolicyCosts struct {
	Currency string  `json:"currency" doc:"ISO 4217." maxLength:"3"`
	Miss     float64 `json:"miss" doc:"A fake that nobody looks at." minimum:"0"`
	Alarm    float64 `json:"alarm" doc:"A genuine listing that is held up." minimum:"0"`
	Look     float64 `json:"look" doc:"A person's look at one listing." minimum:"0"`
}

// PolicyRule is one line of a policy.
type PolicyRule struct {
	Name     string `json:"name" maxLength:"200"`
	When     string `json:"when" doc:"A condition in CEL." example:"signals[\"term-replica\"] > 2.0 && !seller.authorised" maxLength:"4000"`
	Then     string `json:"then" enum:"clear,review,restrict,remove"`
	Queue    string `json:"queue,omitempty" doc:"Where it waits for a person." maxLength:"40"`
	Priority int    `json:"priority,omitempty" doc:"1 to 100, 50 unless said; ten more is twice as urgent." minimum:"0" maximum:"100"`
	Off      bool   `json:"off,omitempty" doc:"Kept, but not asked."`
}

// PolicyExample is a listing and what the policy must do with it.
type PolicyExample struct {
	Listing string `json:"listing" maxLength:"200"`
	Expect  string `json:"expect" enum:"clear,review,restrict,remove"`
}

// Policy says what is done with listings once the machine has its opinion.
type Policy struct {
	Number      int64       `json:"number" doc:"0 is the shipped one."`
	State       string      `json:"state" enum:"draft,trial,proposed,live,retired,withdrawn"`
	Version     int64       `json:"version" doc:"Also the ETag."`
	MadeAt      time.Time   `json:"made_at,omitzero"`
	MadeBy      string      `json:"made_by,omitempty"`
	EditedAt    time.Time   `json:"edited_at,omitzero"`
	EditedBy    string      `json:"edited_by,omitempty"`
	ProposedAt  time.Time   `json:"proposed_at,omitzero"`
	ProposedBy  string      `json:"proposed_by,omitempty"`
	ProposedWhy string      `json:"proposed_why,omitempty"`
	Terms       PolicyTerms `json:"terms"`
}

func policyOf(p detect.Policy) Policy {
	out := Policy{
		Number: int64(p.Number), State: string(p.State), Version: p.Version, MadeAt: p.MadeAt, MadeBy: p.MadeBy.Name, EditedAt: p.EditedAt, EditedBy: p.EditedBy.Name,
		ProposedAt: p.ProposedAt, ProposedBy: p.ProposedBy.Name, ProposedWhy: p.ProposedWhy,
		Terms: PolicyTerms{Title: p.Title, Note: p.Note, Model: p.Model, Thresholds: PolicyThresholds(p.Thresholds), Audit: p.Audit, Costs: PolicyCosts(p.Costs)},
	}
	out.Terms.Rules = each(p.Rules, func(r detect.Rule) PolicyRule {
		return PolicyRule{r.Name, r.When, string(r.Then), r.Queue, r.Priority, r.Off}
	})
	if len(p.Examples) > 0 {
		out.Terms.Examples = each(p.Examples, func(e detect.Example) PolicyExample { return PolicyExample{string(e.Listing), string(e.Expect)} })
	}
	return out
}

func (t PolicyTerms) terms() detect.Terms {
	return detect.Terms{
		Title: t.Title, Note: t.Note, Model: t.Model, Thresholds: detect.Thresholds(t.Thresholds), Audit: t.Audit, Costs: detect.Costs(t.Costs),
		Rules: each(t.Rules, func(r PolicyRule) detect.Rule {
			return detect.Rule{Name: r.Name, When: r.When, Then: detect.Action(r.Then), Queue: r.Queue, Priority: r.Priority, Off: r.Off}
		}),
		Examples: each(t.Examples, func(e PolicyExample) detect.Example {
			return detect.Example{Listing: market.ListingID(e.Listing), Expect: detect.Action(e.Expect)}
		}),
	}
}

// PolicyTried is what terms would do with a listing, beside what stands.
type PolicyTried struct {
	Listing  string   `json:"listing"`
	Stands   string   `json:"stands,omitempty" doc:"What is done with it now; absent when it was never scanned."`
	Would    string   `json:"would" enum:"clear,review,restrict,remove"`
	Rule     string   `json:"rule,omitempty" doc:"That would match."`
	Queue    string   `json:"queue,omitempty"`
	Verdict  string   `json:"verdict"`
	Score    float64  `json:"score"`
	Expect   string   `json:"expect,omitempty" doc:"Of an example."`
	Wrong    bool     `json:"wrong" doc:"An example that does not come out as it must."`
	Problems []string `json:"problems,omitempty" doc:"Rules that could not be told of it."`
}

func triedOf(t detect.Tried) PolicyTried {
	out := PolicyTried{Listing: string(t.Listing.ID), Would: string(t.Would.Action), Rule: t.Would.Rule, Queue: t.Would.Queue, Verdict: string(t.Would.Verdict), Score: t.Would.Score,
		Expect: string(t.Expect), Wrong: t.Wrong(), Problems: t.Problems}
	if t.Stands != nil {
		out.Stands = string(t.Stands.Action)
	}
	return out
}

// PolicyTrial is what a policy would have done over past listings, and beside the live one since.
type PolicyTrial struct {
	Policy       int64               `json:"policy"`
	Number       int64               `json:"number" doc:"The first trial of the policy is 1."`
	State        string              `json:"state" enum:"replaying,replayed,ended"`
	Live         int64               `json:"live" doc:"The policy it is held against."`
	Total        int64               `json:"total" doc:"Listings to go over."`
	Done         int64               `json:"done"`
	Past         detect.Comparison   `json:"past" doc:"Listings by \"was>would\", by rule and by problem."`
	Beside       detect.Comparison   `json:"beside" doc:"The same of listings that came in since; a minute behind."`
	StartedAt    time.Time           `json:"started_at"`
	StartedBy    string              `json:"started_by"`
	EndedAt      time.Time           `json:"ended_at,omitzero" doc:"Of the going over past listings."`
	Consequences []PolicyConsequence `json:"consequences" nullable:"false"`
}

// PolicyConsequence says of one kind of difference what people have found of the listings.
type PolicyConsequence struct {
	Was        string `json:"was"`
	Would      string `json:"would"`
	Listings   int64  `json:"listings"`
	Fakes      int64  `json:"fakes"`
	Genuine    int64  `json:"genuine"`
	Overturned int64  `json:"overturned" doc:"Found one thing first and taken back later."`
}

// PolicyDifference is a listing that a policy on trial would have treated otherwise.
type PolicyDifference struct {
	Listing    string  `json:"listing"`
	Was        string  `json:"was"`
	Would      string  `json:"would"`
	Rule       string  `json:"rule,omitempty"`
	Verdict    string  `json:"verdict"`
	Score      float64 `json:"score"`
	Brand      string  `json:"brand,omitempty"`
	Beside     bool    `json:"beside" doc:"It came in while the trial ran."`
	Finding    string  `json:"finding,omitempty" doc:"What people found it to be: fake or genuine."`
	Overturned bool    `json:"overturned"`
}

func differenceOf(d detect.Difference) PolicyDifference {
	return PolicyDifference{string(d.Listing), string(d.Was), string(d.Would), d.Rule, string(d.Verdict), d.Score, string(d.Brand), d.Beside, string(d.Finding), d.Overturned}
}

// Finding is what a person found a listing to be, with what the machine said at that moment.
type Finding struct {
	Decision string    `json:"decision"`
	Listing  string    `json:"listing"`
	Kind     string    `json:"kind" enum:"fake,genuine"`
	At       time.Time `json:"at"`
	Audit    bool      `json:"audit" doc:"It was looked at by draw."`
	Verdict  string    `json:"verdict,omitempty"`
	Score    float64   `json:"score"`
	Brand    string    `json:"brand,omitempty"`
	Signals  []string  `json:"signals" nullable:"false"`
	Rule     string    `json:"rule,omitempty"`
	Policy   int64     `json:"policy"`
	Weight   float64   `json:"weight" doc:"How many scanned listings it stands for."`
}

func findingOf(f detect.Finding) Finding {
	return Finding{f.ID, string(f.Listing), string(f.Kind), f.At, f.Audit, string(f.Verdict), f.Score, string(f.Brand), append([]string{}, f.Signals...), f.Rule, int64(f.Policy), f.Weight}
}

// PolicyModel is a model that policies can name.
type PolicyModel struct {
	Version   string    `json:"version"`
	TrainedOn string    `json:"trained_on"`
	Made      string    `json:"made" doc:"YYYY-MM-DD."`
	Review    float64   `json:"review"`
	Fake      float64   `json:"fake"`
	Shipped   bool      `json:"shipped"`
	AddedAt   time.Time `json:"added_at,omitzero"`
	AddedBy   string    `json:"added_by,omitempty"`
}

type (
	// PolicyInput names a policy.
	PolicyInput struct {
		Number int64 `path:"policy" minimum:"0"`
	}
	// DraftInput is the terms of a draft.
	DraftInput struct{ Body PolicyTerms }
	// SavePolicyInput is the terms of a draft as they are to be.
	SavePolicyInput struct {
		PolicyInput
		IfMatch string `header:"If-Match" doc:"The ETag that was read." maxLength:"100" required:"true"`
		Body    PolicyTerms
	}
	// TryInput is terms to be tried.
	TryInput struct {
		Body struct {
			Terms    PolicyTerms `json:"terms"`
			Listings []string    `json:"listings,omitempty" nullable:"false" doc:"Ids; the examples and those nearest to each verdict unless said." maxItems:"200"`
		}
	}
	// MoveInput moves a policy on.
	MoveInput struct {
		PolicyInput
		Body struct {
			Version int64 `json:"version" doc:"That was read." minimum:"1"`
		}
	}
	// ProposeInput asks to have a policy switched to.
	ProposeInput struct {
		PolicyInput
		Body struct {
			Version int64  `json:"version" doc:"That was read." minimum:"1"`
			Why     string `json:"why" doc:"For whoever agrees." minLength:"1" maxLength:"4000"`
		}
	}
	// DifferencesInput narrows the list of differences.
	DifferencesInput struct {
		PolicyInput
		Was   string `query:"was" enum:"clear,review,restrict,remove"`
		Would string `query:"would" enum:"clear,review,restrict,remove"`
		Paging
	}
	// FindingsInput narrows the list of findings.
	FindingsInput struct {
		Kind  string `query:"kind" enum:"fake,genuine"`
		Audit bool   `query:"audit" doc:"Only those looked at by draw."`
		Paging
	}

	policyOutput struct {
		Status   int
		ETag     string `header:"ETag"`
		Location string `header:"Location"`
		Body     Policy
	}
	triesOutput struct {
		Body struct {
			Items []PolicyTried `json:"items" nullable:"false"`
		}
	}
	trialOutput struct{ Body PolicyTrial }
	modelOutput struct {
		Body PolicyModel
	}
)

func (in *DifferencesInput) filter() detect.DifferenceFilter {
	return detect.DifferenceFilter{Was: detect.Action(in.Was), Would: detect.Action(in.Would), After: in.After, Limit: in.Limit}
}

func (in *FindingsInput) filter() detect.FindingFilter {
	return detect.FindingFilter{Kind: detect.FindingKind(in.Kind), Audit: in.Audit, After: in.After, Limit: in.Limit}
}

func policyAnswer(status int, p detect.Policy, err error) (*policyOutput, error) {
	if err != nil {
		return nil, err
	}
	return &policyOutput{status, etag(p.Version), "/api/v1/policies/" + strconv.FormatInt(int64(p.Number), 10), policyOf(p)}, nil
}

// registerPolicies puts all on the map but switching and going back: those are for people, on pages.
func (s *Server) registerPolicies() {
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/policies", id: "list-policies", tag: "Policies", summary: "List policies", description: "Newest first, the shipped one last.", verb: access.PolicyRead,
	}, func(ctx context.Context, by access.User, in *Paging) ([]Policy, string, error) {
		page, err := s.Detect.PolicyList(ctx, by, in.After, in.Limit)
		return each(page.Items, policyOf), page.Next, err
	}, nil)
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/policies", id: "draft-policy", tag: "Policies", summary: "Draft a policy",
		description: "It acts on nothing. Switching to a policy takes two people, on the console's pages.", verb: access.PolicyEdit, status: http.StatusCreated, changes: true, body: s.Limits.Body,
	}, func(ctx context.Context, by access.User, in *DraftInput) (*policyOutput, error) {
		p, err := s.Detect.ImportPolicy(ctx, by, in.Body.terms())
		return policyAnswer(http.StatusCreated, p, err)
	})
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/policies/try", id: "try-policy", tag: "Policies", summary: "Try terms", description: "What they would do with listings, beside what stands. Nothing is kept.",
		verb: access.PolicyRead, body: s.Limits.Body,
	}, func(ctx context.Context, by access.User, in *TryInput) (*triesOutput, error) {
		tried, err := s.Detect.TryPolicy(ctx, by, in.Body.Terms.terms(), each(in.Body.Listings, func(id string) market.ListingID { return market.ListingID(id) }))
		if err != nil {
			return nil, err
		}
		out := &triesOutput{}
		out.Body.Items = each(tried, triedOf)
		return out, nil
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/policies/{policy}", id: "get-policy", tag: "Policies", summary: "Get a policy", verb: access.PolicyRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *PolicyInput) (*policyOutput, error) {
		p, err := s.Detect.Policy(ctx, by, detect.PolicyNumber(in.Number))
		return policyAnswer(http.StatusOK, p, err)
	})
	register(s, operation{
		method: http.MethodPut, path: "/api/v1/policies/{policy}", id: "save-policy", tag: "Policies", summary: "Change a draft", verb: access.PolicyEdit, body: s.Limits.Body, problems: []int{404, 409, 412},
	}, s.savePolicy)
	s.registerTrials()
	s.registerFindings()
}

func (s *Server) savePolicy(ctx context.Context, by access.User, in *SavePolicyInput) (*policyOutput, error) {
	version, err := strconv.ParseInt(strings.Trim(in.IfMatch, `"`), 10, 64)
	if err != nil || version <= 0 || in.IfMatch != etag(version) {
		return nil, newProblem(http.StatusPreconditionFailed, "If-Match is none of this policy's ETags.", ProblemError{Location: "header.If-Match", Field: "If-Match", Message: `as in "7"`})
	}
	p, err := s.Detect.SavePolicy(ctx, by, detect.PolicyNumber(in.Number), version, in.Body.terms())
	if f, ok := fault.As(err); ok && f.Kind == fault.Conflict {
		if now, readErr := s.Detect.Policy(ctx, by, detect.PolicyNumber(in.Number)); readErr == nil && in.Number != 0 && now.Version != version {
			return nil, newProblem(http.StatusPreconditionFailed, f.Message(), ProblemError{Location: "header.If-Match", Field: "If-Match", Message: "not the version there is"})
		}
	}
	return policyAnswer(http.StatusOK, p, err)
}

// registerTrials registers a policy's way from the draft to the proposal.
func (s *Server) registerTrials() {
	move := func(path, id, summary, description string, act func(ctx context.Context, by access.User, number detect.PolicyNumber, version int64) (detect.Policy, error)) {
		register(s, operation{
			method: http.MethodPost, path: "/api/v1/policies/{policy}/" + path, id: id, tag: "Policies", summary: summary, description: description,
			verb: access.PolicyEdit, changes: true, body: s.Limits.Body, problems: []int{404},
		}, func(ctx context.Context, by access.User, in *MoveInput) (*policyOutput, error) {
			p, err := act(ctx, by, detect.PolicyNumber(in.Number), in.Body.Version)
			return policyAnswer(http.StatusOK, p, err)
		})
	}
	move("trial", "begin-trial", "Begin a trial", "The policy goes over every listing there is and runs beside the live one. It acts on nothing. One policy at a time.", s.Detect.BeginTrial)
	move("rework", "rework-policy", "Take a policy off trial", "It is a draft again.", s.Detect.ReworkPolicy)
	move("withdraw", "withdraw-policy", "Give up a policy", "One that is not live and never was.", s.Detect.WithdrawPolicy)
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/policies/{policy}/propose", id: "propose-policy", tag: "Policies", summary: "Propose a policy",
		description: "Its trial must be over. A person other than the one who made the key switches to it, on the console's pages.",
		verb:        access.PolicyEdit, changes: true, body: s.Limits.Body, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *ProposeInput) (*policyOutput, error) {
		p, err := s.Detect.ProposePolicy(ctx, by, detect.PolicyNumber(in.Number), in.Body.Version, in.Body.Why)
		return policyAnswer(http.StatusOK, p, err)
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/policies/{policy}/trial", id: "get-trial", tag: "Policies", summary: "Get a policy's newest trial", verb: access.PolicyRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *PolicyInput) (*trialOutput, error) {
		t, found, err := s.Detect.TrialOf(ctx, by, detect.PolicyNumber(in.Number))
		if err != nil {
			return nil, err
		}
		return &trialOutput{PolicyTrial{
			Policy: int64(t.Policy), Number: t.Number, State: string(t.State), Live: int64(t.Live), Total: t.Total, Done: t.Done, Past: t.Past, Beside: t.Beside,
			StartedAt: t.StartedAt, StartedBy: t.StartedBy.Name, EndedAt: t.EndedAt,
			Consequences: each(found, func(c detect.Consequence) PolicyConsequence {
				return PolicyConsequence{string(c.Was), string(c.Would), c.Listings, c.Fakes, c.Genuine, c.Overturned}
			}),
		}}, nil
	})
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/policies/{policy}/differences", id: "list-differences", tag: "Policies", summary: "List what a trial would treat otherwise",
		description: "Of the newest trial, the highest score first.", verb: access.PolicyRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *DifferencesInput) ([]PolicyDifference, string, error) {
		if _, err := s.Detect.Policy(ctx, by, detect.PolicyNumber(in.Number)); err != nil {
			return nil, "", err
		}
		page, err := s.Detect.Differences(ctx, by, detect.PolicyNumber(in.Number), in.filter())
		return each(page.Items, differenceOf), page.Next, err
	}, func(ctx context.Context, by access.User, in *DifferencesInput) iter.Seq2[PolicyDifference, error] {
		filter := in.filter()
		filter.After = ""
		return convert(s.Detect.ExportDifferences(ctx, by, detect.PolicyNumber(in.Number), filter), differenceOf)
	})
}

// registerFindings registers what people found, and the models that may be made of it.
func (s *Server) registerFindings() {
	registerListAs(s, operation{
		method: http.MethodGet, path: "/api/v1/findings", id: "list-findings", tag: "Policies", summary: "List findings",
		description: "What people found listings to be, newest first, as far as it stands. A line of NDJSON is a label as `ownmark train` and `ownmark eval` read it.", verb: access.PolicyRead,
	}, func(ctx context.Context, by access.User, in *FindingsInput) ([]Finding, string, error) {
		page, err := s.Detect.Findings(ctx, by, in.filter())
		return each(page.Items, findingOf), page.Next, err
	}, func(ctx context.Context, by access.User, in *FindingsInput) iter.Seq2[detect.Label, error] {
		filter := in.filter()
		filter.After = ""
		return convert(s.Detect.ExportFindings(ctx, by, filter), detect.Finding.Label)
	})
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/models", id: "list-models", tag: "Policies", summary: "List the models that policies can name", description: "The shipped one first.", verb: access.PolicyRead,
	}, func(ctx context.Context, by access.User, _ *struct{}) ([]PolicyModel, string, error) {
		all, err := s.Detect.Models(ctx, by)
		return each(all, func(m detect.ModelInfo) PolicyModel {
			return PolicyModel{m.Version, m.TrainedOn, m.Made, m.Review, m.Fake, m.Shipped, m.At, m.By}
		}), "", err
	}, nil)
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/models", id: "add-model", tag: "Policies", summary: "Add a model", description: "The file that `ownmark train` wrote. The same one twice is one.",
		verb: access.PolicyEdit, changes: true, body: 4 << 20, types: []string{typeJSON},
		request: &huma.RequestBody{Required: true, Content: media(&huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, typeJSON)},
	}, func(ctx context.Context, by access.User, _ *struct{}) (*modelOutput, error) {
		m, err := s.Detect.AddModel(ctx, by, bytes.NewReader(callOf(ctx).body))
		if err != nil {
			return nil, err
		}
		return &modelOutput{PolicyModel{Version: m.Version, TrainedOn: m.TrainedOn, Made: m.Made, Review: m.Review, Fake: m.Fake}}, nil
	})
}
