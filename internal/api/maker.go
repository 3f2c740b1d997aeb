package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/cultivate"
	"github.com/ownmark/ownmark/internal/fault"
)

// ChannelResult is what a channel brought a maker's brand over a period.
type ChannelResult struct {
	Channel  string `json:"channel" doc:"Where buyers were met." enum:"store,search,video,live,social,mail,fair,press,other"`
	Begins   string `json:"begins" doc:"The first day of the period." format:"date" example:"2026-10-01"`
	Ends     string `json:"ends" doc:"The last day of the period." format:"date" example:"2026-10-31"`
	Visits   int64  `json:"visits" minimum:"0"`
	Searches int64  `json:"searches" doc:"Searches for the brand's name." minimum:"0"`
	Orders   int64  `json:"orders" minimum:"0"`
	Spent    int64  `json:"spent,omitempty" doc:"In minor units of the currency." minimum:"0"`
	Currency string `json:"currency,omitempty" doc:"ISO 4217; needed where something was spent." maxLength:"3"`
}

// KeptChannelResult is a result as it was kept.
type KeptChannelResult struct {
	ID string `json:"id"`
	ChannelResult
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// ChannelResultInput hands in a result.
type ChannelResultInput struct {
	Maker string `path:"maker" doc:"The maker's id." maxLength:"100"`
	Body  ChannelResult
}

type channelResultOutput struct {
	Body KeptChannelResult
}

func (s *Server) registerMakers() {
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/makers/{maker}/channel-results", id: "enter-channel-result", tag: "Makers", summary: "Enter what a channel brought",
		description: "The same figures again change nothing; other figures for the same period take the earlier ones' place, and both stay on record. A period that meets another without being it is refused: the same visits would count twice.",
		verb:        access.MakerEdit, changes: true, body: s.Limits.Body, problems: []int{404, 409},
	}, s.enterChannelResult)
	register(s, operation{
		method: http.MethodPost, path: "/api/v1/makers/{maker}/results", id: "enter-result", tag: "Makers", summary: "Enter what a maker is held against before it graduates",
		description: "So many of so many in a period: the share is judged by the cautious end of its interval. The same figures again change nothing; other figures for the same period take the earlier ones' place, and both stay on record. A period that meets another without being it is refused.",
		verb:        access.MakerMove, changes: true, body: s.Limits.Body, problems: []int{404, 409},
	}, s.enterResult)
}

func (s *Server) enterChannelResult(ctx context.Context, by access.User, in *ChannelResultInput) (*channelResultOutput, error) {
	b := in.Body
	kept, err := s.Cultivate.EnterChannel(ctx, by, cultivate.ChannelResult{Maker: cultivate.MakerID(in.Maker), Channel: cultivate.Channel(b.Channel), Begins: b.Begins, Ends: b.Ends, Visits: b.Visits, Searches: b.Searches, Orders: b.Orders,
		Spent: cultivate.Amount{Currency: b.Currency, Minor: b.Spent}})
	if err != nil {
		return nil, err
	}
	return &channelResultOutput{KeptChannelResult{ID: kept.ID, By: kept.ByName, At: kept.At,
		ChannelResult: ChannelResult{string(kept.Channel), kept.Begins, kept.Ends, kept.Visits, kept.Searches, kept.Orders, kept.Spent.Minor, kept.Spent.Currency}}}, nil
}

// Result is a count of what a maker did in a period, against which graduation is held.
type Result struct {
	Measure    string `json:"measure" doc:"What was counted." enum:"own-brand-orders,repeat-buyers,dispatched-soon,quality-returns,organic-orders,full-price-orders"`
	Begins     string `json:"begins" doc:"The first day of the period." format:"date" example:"2026-08-01"`
	Ends       string `json:"ends" doc:"The last day of the period." format:"date" example:"2026-10-31"`
	Part       int64  `json:"part" doc:"So many …" minimum:"0"`
	Whole      int64  `json:"whole" doc:"… of so many." minimum:"1"`
	Source     string `json:"source" doc:"Where the figures come from." enum:"maker,payroll,tax-return,marketplace,inspector"`
	Confidence string `json:"confidence" doc:"A word alone counts nothing towards graduation." enum:"stated,documented,verified"`
	Note       string `json:"note,omitempty" maxLength:"2000"`
}

// KeptResult is a result as it was kept.
type KeptResult struct {
	ID string `json:"id"`
	Result
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// ResultInput hands in a result.
type ResultInput struct {
	Maker string `path:"maker" doc:"The maker's id." maxLength:"100"`
	Body  Result
}

type resultOutput struct {
	Body KeptResult
}

func (s *Server) enterResult(ctx context.Context, by access.User, in *ResultInput) (*resultOutput, error) {
	b := in.Body
	one := cultivate.Result{Measure: cultivate.Measure(b.Measure), Part: b.Part, Whole: b.Whole, Source: cultivate.Source(b.Source), Note: b.Note}
	var err error
	if one.Confidence, err = cultivate.ParseConfidence(b.Confidence); err != nil {
		return nil, err
	}
	if one.From, err = time.Parse(time.DateOnly, b.Begins); err != nil {
		return nil, fault.Invalid.Say("Give a day.").At("begins").Because(err)
	}
	if one.To, err = time.Parse(time.DateOnly, b.Ends); err != nil {
		return nil, fault.Invalid.Say("Give a day.").At("ends").Because(err)
	}
	one.To = one.To.AddDate(0, 0, 1)
	kept, err := s.Cultivate.EnterResult(ctx, by, cultivate.MakerID(in.Maker), one)
	if err != nil {
		return nil, err
	}
	return &resultOutput{KeptResult{ID: kept.ID, By: kept.ByName, At: kept.At, Result: b}}, nil
}
