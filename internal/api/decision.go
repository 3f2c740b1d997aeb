package api

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Decision is a person's act on a listing. It is never changed; it can be undone or superseded and stays on record.
type Decision struct {
	ID      string    `json:"id"`
	Listing string    `json:"listing"`
	Outcome string    `json:"outcome" enum:"remove,restrict,demote,label,freeze,approve,escalate"`
	Reason  string    `json:"reason" doc:"The code of the reason." example:"counterfeit"`
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by" doc:"The name of who decided."`
	ByID    string    `json:"by_id" doc:"The id of who decided: a person or an API key."`
	At      time.Time `json:"at"`
	Group   string    `json:"group,omitempty" doc:"Of decisions taken together."`

	Seller   string   `json:"seller,omitempty"`
	Brand    string   `json:"brand,omitempty"`
	Category string   `json:"category,omitempty"`
	Content  int64    `json:"listing_version" doc:"The version of the listing that was decided on."`
	Verdict  string   `json:"verdict,omitempty" doc:"What the machine thought then."`
	Score    float64  `json:"score"`
	Signals  []string `json:"signals" nullable:"false" doc:"The names of the signals then, strongest first."`
	Model    string   `json:"model,omitempty"`
	Revision int64    `json:"revision"`

	Standing   string    `json:"standing" doc:"How the marketplace sees the listing by it." enum:"live,labelled,demoted,restricted,removed"`
	Territory  []string  `json:"territory,omitempty" doc:"Where it holds, ISO 3166-1 alpha-2; everywhere unless said."`
	Until      time.Time `json:"until,omitzero" doc:"From when it holds no longer."`
	Payout     bool      `json:"payout_held" doc:"Whether what the listing sold is not paid out as long."`
	Ended      time.Time `json:"ended_at,omitzero" doc:"When its time ran out: it stands, and restricts nothing any more."`
	Stands     bool      `json:"stands" doc:"Whether it is the one the marketplace goes by."`
	Previous   string    `json:"previous,omitempty" doc:"The decision that stood until then."`
	Superseded string    `json:"superseded_by,omitempty"`
	Undone     *Undoing  `json:"undone,omitempty"`
	Ledger     Proven    `json:"ledger" doc:"The entry that records it."`
}

// Undoing is the taking back of a decision.
type Undoing struct {
	By     string    `json:"by"`
	ByID   string    `json:"by_id"`
	At     time.Time `json:"at"`
	Why    string    `json:"why,omitempty"`
	Ledger Proven    `json:"ledger"`
}

func decisionOf(d enforce.Decision) Decision {
	out := Decision{
		ID: string(d.ID), Listing: string(d.Listing), Outcome: string(d.Outcome), Reason: string(d.Reason), Note: d.Note, By: d.ByName, ByID: string(d.By), At: d.At, Group: string(d.Group),
		Seller: string(d.Seller), Brand: string(d.Brand), Category: d.Category, Content: d.Content, Verdict: string(d.Verdict), Score: d.Score,
		Signals: append([]string{}, d.Signals...), Model: d.Model, Revision: d.Revision, Standing: string(d.Standing), Territory: d.Territory, Until: d.Until, Payout: d.Payout, Ended: d.Ended, Stands: d.Stands(),
		Previous: string(d.Previous), Superseded: string(d.Superseded), Ledger: provenBy(d.Entry),
	}
	if d.Undone != nil {
		out.Undone = &Undoing{By: d.Undone.ByName, ByID: string(d.Undone.By), At: d.Undone.At, Why: d.Undone.Why, Ledger: provenBy(d.Undone.Entry)}
	}
	return out
}

// DecisionsInput are the filters of the list of decisions.
type DecisionsInput struct {
	Listing string    `query:"listing" maxLength:"200"`
	Outcome string    `query:"outcome" enum:"remove,restrict,demote,label,freeze,approve,escalate"`
	Reason  string    `query:"reason" maxLength:"100"`
	Brand   string    `query:"brand" maxLength:"100"`
	Seller  string    `query:"seller" maxLength:"200"`
	By      string    `query:"by" doc:"The id of who decided." maxLength:"100"`
	From    time.Time `query:"from" doc:"Taken at or after."`
	To      time.Time `query:"to" doc:"Taken before."`
	Undone  string    `query:"undone" doc:"Only those undone, or only the others; both unless said." enum:"true,false"`
	Paging
}

func (in *DecisionsInput) filter() enforce.DecisionFilter {
	f := enforce.DecisionFilter{
		Listing: market.ListingID(in.Listing), Outcome: enforce.Outcome(in.Outcome), Reason: enforce.ReasonCode(in.Reason), Brand: brand.ID(in.Brand),
		Seller: market.SellerID(in.Seller), By: access.UserID(in.By), From: in.From, To: in.To, After: in.After, Limit: in.Limit,
	}
	if in.Undone != "" {
		f.Undone = new(in.Undone == "true")
	}
	return f
}

// DecideInput is a decision to be taken.
type DecideInput struct {
	Body struct {
		Listing string `json:"listing" minLength:"1" maxLength:"200"`
		Outcome string `json:"outcome" enum:"remove,restrict,demote,label,freeze,approve,escalate"`
		Reason  string `json:"reason" doc:"The code of a reason that fits the outcome; GET /api/v1/reasons lists them." minLength:"1" maxLength:"100"`
		Note    string `json:"note,omitempty" maxLength:"2000"`
		Version int64  `json:"version" doc:"review_version of the listing as you read it; 0 for one that nobody suspected." minimum:"0"`

		Territory []string  `json:"territory,omitempty" doc:"Where it is to hold, ISO 3166-1 alpha-2; everywhere unless said. Only of what restricts." maxItems:"249"`
		Until     time.Time `json:"until,omitzero" doc:"From when it is to hold no longer; without an end unless said. Only of what restricts."`
		Payout    bool      `json:"payout_held,omitempty" doc:"Hold back the payout of what the listing sold. Only of what restricts."`
	}
}

// DecisionInput names a decision.
type DecisionInput struct {
	ID string `path:"decision" maxLength:"100"`
}

// UndoInput says why a decision is taken back.
type UndoInput struct {
	DecisionInput
	Body struct {
		Why string `json:"why,omitempty" doc:"Needed when another person decided." maxLength:"2000"`
	}
}

type decisionOutput struct {
	Location string `header:"Location"`
	Body     Decision
}

func decided(d enforce.Decision) *decisionOutput {
	return &decisionOutput{Location: "/api/v1/decisions/" + url.PathEscape(string(d.ID)), Body: decisionOf(d)}
}

// Reason says why a decision may be taken.
type Reason struct {
	Code      string   `json:"code"`
	English   string   `json:"en"`
	Chinese   string   `json:"zh"`
	Outcomes  []string `json:"outcomes" nullable:"false" doc:"The outcomes it can be a reason for."`
	NeedsNote bool     `json:"needs_note"`
}

func reasonOf(r enforce.Reason) Reason {
	return Reason{Code: string(r.Code), English: r.English, Chinese: r.Chinese, Outcomes: each(r.Fits, func(o enforce.Outcome) string { return string(o) }), NeedsNote: r.NeedsNote}
}

func (s *Server) registerDecisions() {
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/decisions", id: "list-decisions", tag: "Decisions", summary: "List decisions", description: "Newest first.", verb: access.ListingRead,
	}, func(ctx context.Context, by access.User, in *DecisionsInput) ([]Decision, string, error) {
		page, err := s.Enforce.Decisions(ctx, by, in.filter())
		return each(page.Items, decisionOf), page.Next, err
	}, func(ctx context.Context, by access.User, in *DecisionsInput) iter.Seq2[Decision, error] {
		filter := in.filter()
		filter.After = ""
		return convert(s.Enforce.Export(ctx, by, filter), decisionOf)
	})
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/decisions", id: "decide", tag: "Decisions", summary: "Decide on a listing",
		description: "The decision counts as that of the key. It is in the ledger and told to the marketplace once the answer is there.",
		verb:        access.ReviewWork, status: http.StatusCreated, changes: true, body: s.Limits.Body, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *DecideInput) (*decisionOutput, error) {
		d, err := s.Enforce.Decide(ctx, by, market.ListingID(in.Body.Listing), enforce.Choice{
			Outcome: enforce.Outcome(in.Body.Outcome), Reason: enforce.ReasonCode(in.Body.Reason), Note: in.Body.Note, Version: in.Body.Version, Request: callOf(ctx).request(),
			Scope: enforce.Scope{Territory: in.Body.Territory, Until: in.Body.Until, Payout: in.Body.Payout},
		})
		if err != nil {
			return nil, err
		}
		return decided(d), nil
	})
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/decisions/{decision}", id: "get-decision", tag: "Decisions", summary: "Get a decision", verb: access.ListingRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *DecisionInput) (*decisionOutput, error) {
		d, err := s.Enforce.Decision(ctx, by, enforce.DecisionID(in.ID))
		if err != nil {
			return nil, err
		}
		return decided(d), nil
	})
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/decisions/{decision}/undo", id: "undo-decision", tag: "Decisions", summary: "Undo a decision",
		description: "The listing is again what it was before. One's own decision may be undone within an hour; any, with the verb decision.undo and a reason.",
		verb:        access.ReviewWork, changes: true, body: s.Limits.Body, problems: []int{404},
	}, s.undo)
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/reasons", id: "list-reasons", tag: "Decisions", summary: "List the reasons for decisions", verb: anyKey,
	}, func(context.Context, access.User, *struct{}) ([]Reason, string, error) {
		return each(enforce.Reasons, reasonOf), "", nil
	}, nil)
}

func (s *Server) undo(ctx context.Context, by access.User, in *UndoInput) (*decisionOutput, error) {
	id := enforce.DecisionID(in.ID)
	d, err := s.Enforce.Undo(ctx, by, id, in.Body.Why)
	if errors.Is(err, fault.Conflict) && callOf(ctx).interrupted {
		// An earlier attempt may have undone it and ended before it could say so.
		if was, getErr := s.Enforce.Decision(ctx, access.System, id); getErr == nil && was.Undone != nil && was.Undone.By == by.ID {
			return decided(was), nil
		}
	}
	if err != nil {
		return nil, err
	}
	return decided(d), nil
}
