package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/blob"
	"github.com/ownmark/ownmark/internal/brand"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
	"github.com/ownmark/ownmark/internal/market"
)

// Right is what notices rest on.
type Right struct {
	ID           string    `json:"id"`
	Organisation string    `json:"organisation"`
	State        string    `json:"state" enum:"declared,verified,refused,withdrawn"`
	Refusal      string    `json:"refusal,omitempty" doc:"Why it was refused."`
	Version      int64     `json:"version"`
	UpdatedAt    time.Time `json:"updated_at"`
	UpdatedBy    string    `json:"updated_by"`
	RightWords
}

// RightWords are what a rights holder says of a right.
type RightWords struct {
	Kind      string    `json:"kind" enum:"trade-mark,design,copyright,patent"`
	Mark      string    `json:"mark" doc:"The words of the mark, or what the right is of." maxLength:"300"`
	Brand     string    `json:"brand,omitempty" doc:"The id of the brand it protects." maxLength:"100"`
	Office    string    `json:"office" doc:"That granted it, as a WIPO ST.3 code." example:"EM" maxLength:"2"`
	Number    string    `json:"number,omitempty" doc:"Of the registration; copyright may have none." maxLength:"100"`
	Owner     string    `json:"owner" doc:"As registered." maxLength:"300"`
	Classes   []int     `json:"classes,omitempty" doc:"Nice classes; of marks."`
	Territory []string  `json:"territory,omitempty" doc:"ISO 3166 codes or EU; the office's own unless said."`
	From      time.Time `json:"from" doc:"The right holds from then on."`
	To        time.Time `json:"to,omitzero" doc:"And until then."`
	Note      string    `json:"note,omitempty" maxLength:"2000"`
}

func rightOf(r enforce.Right) Right {
	return Right{
		ID: string(r.ID), Organisation: string(r.Organisation), State: string(r.State), Refusal: r.Refusal, Version: r.Version, UpdatedAt: r.UpdatedAt, UpdatedBy: r.UpdatedBy,
		RightWords: RightWords{string(r.Kind), r.Mark, string(r.Brand), r.Office, r.Number, r.Owner, r.Classes, r.Territory, r.From, r.To, r.Note},
	}
}

// Notice is a rights holder's word that a listing infringes a right.
type Notice struct {
	ID           string    `json:"id" doc:"Also its receipt."`
	Organisation string    `json:"organisation" doc:"On whose behalf."`
	By           string    `json:"by"`
	State        string    `json:"state" enum:"received,upheld,refused,withdrawn"`
	Lane         string    `json:"lane" enum:"ordinary,fast"`
	ReceivedAt   time.Time `json:"received_at"`
	DueAt        time.Time `json:"due_at" doc:"By when it is to be decided."`
	DecidedAt    time.Time `json:"decided_at,omitzero"`
	Decision     string    `json:"decision,omitempty" doc:"The decision on the listing that answers it."`
	Ledger       Proven    `json:"ledger"`
	Claim
}

// Claim is what a notice says: Art. 16(2) of the EU's DSA and Art. 42 of China's E-Commerce Law ask for it.
type Claim struct {
	Right     string   `json:"right" doc:"The id of the right that is infringed."`
	Listing   string   `json:"listing" doc:"The marketplace's id of the listing."`
	Location  string   `json:"location,omitempty" doc:"Its exact address, as you saw it."`
	Reasons   string   `json:"reasons" doc:"Why it infringes the right."`
	Evidence  string   `json:"evidence,omitempty" doc:"What shows it at first sight."`
	Documents []string `json:"documents,omitempty" doc:"Content hashes of what was sent."`
	Email     string   `json:"email" doc:"For the answer."`
	GoodFaith bool     `json:"good_faith" doc:"You believe in good faith that all this is accurate and complete."`
	Guarantee string   `json:"guarantee" doc:"The name of who vouches for it."`
}

func noticeOf(n enforce.Notice) Notice {
	return Notice{
		ID: string(n.ID), Organisation: string(n.Organisation), By: n.ByName, State: string(n.State), Lane: string(n.Lane), ReceivedAt: n.ReceivedAt, DueAt: n.DueAt, DecidedAt: n.DecidedAt,
		Decision: string(n.Decision), Ledger: provenBy(n.Entry),
		Claim: Claim{string(n.Right), string(n.Listing), n.Location, n.Reasons, n.Evidence, each(n.Documents, blob.Hash.String), n.Email, n.GoodFaith, n.Guarantee},
	}
}

func (c Claim) claim() (enforce.Claim, error) {
	claim := enforce.Claim{Right: enforce.RightID(c.Right), Listing: market.ListingID(c.Listing), Location: c.Location, Reasons: c.Reasons, Evidence: c.Evidence, Email: c.Email,
		GoodFaith: c.GoodFaith, Guarantee: c.Guarantee}
	for _, text := range c.Documents {
		hash, err := blob.Parse(text)
		if f, ok := fault.As(err); ok {
			return claim, f.At("documents")
		}
		claim.Documents = append(claim.Documents, hash)
	}
	return claim, nil
}

// NoticeResult is what became of one claim of several.
type NoticeResult struct {
	Row    int            `json:"row" doc:"Its place among those sent, from 1."`
	Notice *Notice        `json:"notice,omitempty"`
	Again  bool           `json:"again,omitempty" doc:"The same notice was waiting already; this is it."`
	Errors []ProblemError `json:"errors,omitempty" doc:"Why there is no notice: each thing wrong."`
}

// RightsInput are the filters of the list of rights.
type RightsInput struct {
	State  string `query:"state" enum:"declared,verified,refused,withdrawn"`
	Ending string `query:"ending" doc:"Only those that run out within 90 days, or have." enum:"true"`
	Text   string `query:"text" maxLength:"500"`
	Paging
}

// DeclareInput is a right to be entered.
type DeclareInput struct{ Body RightWords }

type rightOutput struct{ Body Right }

// NoticesInput are the filters of the list of notices.
type NoticesInput struct {
	Listing string `query:"listing" maxLength:"200"`
	Right   string `query:"right" maxLength:"100"`
	State   string `query:"state" enum:"received,upheld,refused,withdrawn"`
	Late    string `query:"late" doc:"Only those that wait and ought to have been decided." enum:"true"`
	Paging
}

func (in *NoticesInput) filter() enforce.NoticeFilter {
	return enforce.NoticeFilter{Listing: market.ListingID(in.Listing), Right: enforce.RightID(in.Right), State: enforce.NoticeState(in.State), Late: in.Late != "", After: in.After, Limit: in.Limit}
}

// FileInput are notices to be filed.
type FileInput struct {
	Body struct {
		Notices []Claim `json:"notices" minItems:"1" maxItems:"1000"`
	}
}

type filedOutput struct {
	Body struct {
		Filed   int            `json:"filed" doc:"Notices there are now, those that waited already included."`
		Refused int            `json:"refused"`
		Results []NoticeResult `json:"results" nullable:"false"`
	}
}

// NoticeInput names a notice.
type NoticeInput struct {
	ID string `path:"notice" maxLength:"100"`
}

type noticeOutput struct {
	Location string `header:"Location"`
	Body     Notice
}

func (s *Server) registerNotices() {
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/rights", id: "list-rights", tag: "Notices", summary: "List rights",
		description: "Those of your organisation, and of those you have a mandate of, by mark.", verb: access.RightRead,
	}, func(ctx context.Context, by access.User, in *RightsInput) ([]Right, string, error) {
		page, err := s.Enforce.Rights(ctx, by, enforce.RightFilter{State: enforce.RightState(in.State), Ending: in.Ending != "", Text: in.Text, After: in.After, Limit: in.Limit})
		return each(page.Items, rightOf), page.Next, err
	}, nil)
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/rights", id: "declare-right", tag: "Notices", summary: "Enter a right into the vault",
		description: "Once; every notice names it. The marketplace holds it against the register.", verb: access.RightEdit, status: http.StatusCreated, changes: true, body: s.Limits.Body,
	}, func(ctx context.Context, by access.User, in *DeclareInput) (*rightOutput, error) {
		w := in.Body
		r, err := s.Enforce.DeclareRight(ctx, by, enforce.Right{Kind: enforce.RightKind(w.Kind), Mark: w.Mark, Brand: brand.ID(w.Brand), Office: w.Office, Number: w.Number, Owner: w.Owner,
			Classes: w.Classes, Territory: w.Territory, From: w.From, To: w.To, Note: w.Note})
		if err != nil {
			return nil, err
		}
		return &rightOutput{rightOf(r)}, nil
	})
	registerList(s, operation{
		method: http.MethodGet, path: "/api/v1/notices", id: "list-notices", tag: "Notices", summary: "List notices", description: "Newest first.", verb: access.NoticeRead,
	}, func(ctx context.Context, by access.User, in *NoticesInput) ([]Notice, string, error) {
		page, err := s.Enforce.Notices(ctx, by, in.filter())
		return each(page.Items, noticeOf), page.Next, err
	}, func(ctx context.Context, by access.User, in *NoticesInput) iter.Seq2[Notice, error] {
		filter := in.filter()
		filter.After = ""
		return convert(s.Enforce.ExportNotices(ctx, by, filter), noticeOf)
	})
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/notices", id: "file-notices", tag: "Notices", summary: "File notices",
		description: "Up to 1,000 at once. Each is taken or says why not; the receipt is its id. The same notice twice is one, so sending again after an error is right.",
		verb:        access.NoticeFile, changes: true, body: s.Limits.Batch, streams: true,
	}, s.fileNotices)
	register(s, operation{
		method: http.MethodGet, path: "/api/v1/notices/{notice}", id: "get-notice", tag: "Notices", summary: "Get a notice", verb: access.NoticeRead, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *NoticeInput) (*noticeOutput, error) {
		n, err := s.Enforce.Notice(ctx, by, enforce.NoticeID(in.ID))
		if err != nil {
			return nil, err
		}
		return noticed(n), nil
	})
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/notices/{notice}/withdraw", id: "withdraw-notice", tag: "Notices", summary: "Withdraw a notice", description: "One that waits.",
		verb: access.NoticeFile, changes: true, body: s.Limits.Body, problems: []int{404},
	}, func(ctx context.Context, by access.User, in *NoticeInput) (*noticeOutput, error) {
		n, err := s.Enforce.WithdrawNotice(ctx, by, enforce.NoticeID(in.ID))
		if err != nil {
			return nil, err
		}
		return noticed(n), nil
	})
}

func noticed(n enforce.Notice) *noticeOutput {
	return &noticeOutput{Location: "/api/v1/notices/" + url.PathEscape(string(n.ID)), Body: noticeOf(n)}
}

func (s *Server) fileNotices(ctx context.Context, by access.User, in *FileInput) (*filedOutput, error) {
	claims := make([]enforce.Claim, 0, len(in.Body.Notices))
	place := make([]int, 0, len(in.Body.Notices)) // of each claim among the rows
	results := make([]NoticeResult, len(in.Body.Notices))
	for i, c := range in.Body.Notices {
		results[i].Row = i + 1
		claim, err := c.claim()
		if err != nil {
			results[i].Errors = errorsOf(err)
			continue
		}
		claims, place = append(claims, claim), append(place, i)
	}
	filed, err := s.Enforce.FileNotices(ctx, by, claims)
	if err != nil {
		return nil, err
	}
	out := &filedOutput{}
	for i, result := range filed {
		row := &results[place[i]]
		if result.Problem != nil {
			row.Errors = errorsOf(result.Problem)
			continue
		}
		row.Notice, row.Again = new(noticeOf(result.Notice)), result.Again
		out.Body.Filed++
	}
	out.Body.Refused, out.Body.Results = len(results)-out.Body.Filed, results
	return out, nil
}

// errorsOf is each thing wrong with a claim.
func errorsOf(err error) (all []ProblemError) {
	for _, f := range fault.All(err) {
		all = append(all, ProblemError{Field: f.Field, Message: f.Message()})
	}
	return all
}
